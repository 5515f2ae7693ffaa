/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Kept connections that end at the worst moment. libsoup's calls of GLib end up in the functions of the same names below. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for RTLD_NEXT */
#endif

#include <dlfcn.h>

#include "base/pillion-sync.h"
#include "http-support.h"

typedef gssize (*ReadFunc) (GPollableInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error);
typedef gssize (*WriteFunc) (GOutputStream *stream, const void *buffer, gsize count, gboolean blocking, GCancellable *cancellable, GError **error);
typedef void (*ReadyFunc) (GSource *source, gint64 ready_time);
typedef void (*NameFunc) (GSource *source, const char *name);
typedef gint64 (*TimeFunc) (void);

/* Before libsoup uses a connection again, it looks several times whether it is still open, by reading a byte */
static int n_looks;  /* atomic: how many there were */
static int closed_at; /* atomic: the look that finds the connection closed, and all later ones, or 0 */

gssize
g_pollable_input_stream_read_nonblocking (GPollableInputStream *stream,
                                          void *buffer,
                                          gsize count,
                                          GCancellable *cancellable,
                                          GError **error)
{
  int at = g_atomic_int_get (&closed_at);

  if (count == 1 && g_atomic_int_add (&n_looks, 1) + 1 >= at && at > 0)
    return 0;

  return ((ReadFunc) dlsym (RTLD_NEXT, "g_pollable_input_stream_read_nonblocking")) (stream, buffer, count, cancellable, error);
}

/* libsoup's timer for idle connections */
static GSource *idle_timer; /* only in the I/O thread: the one that was started last, or NULL */
static int expires;         /* atomic: whether that expires in the iteration of the main loop that sends the next request */

void
g_source_set_ready_time (GSource *source,
                         gint64 ready_time)
{
  ReadyFunc real = (ReadyFunc) dlsym (RTLD_NEXT, "g_source_set_ready_time");
  const char *name = g_source_get_name (source);

  if (ready_time > 0 && g_strcmp0 (name, "Soup connection idle timeout") == 0)
    idle_timer = source;
  real (source, ready_time);
  if (ready_time == 0 && g_strcmp0 (name, "SoupMessageQueue") == 0 && idle_timer != NULL && g_atomic_int_get (&expires))
    real (idle_timer, 0);
}

static GMutex lock;
static GCond cond;
static guint n_answers;  /* under the lock: how many are still to come before a request counts as sent */
static gboolean closed;  /* under the lock: whether a connection was closed that serve_last () waits for */
static GSource *expiry;  /* under the lock: our own timer for idle connections that was started last, or NULL */
static int seconds_late; /* atomic: how much time seems to have passed in addition */

gint64
g_get_monotonic_time (void)
{
  return ((TimeFunc) dlsym (RTLD_NEXT, "g_get_monotonic_time")) () + g_atomic_int_get (&seconds_late) * (gint64) G_USEC_PER_SEC;
}

void
g_source_set_static_name (GSource *source,
                          const char *name)
{
  ((NameFunc) dlsym (RTLD_NEXT, "g_source_set_static_name")) (source, name);

  if (g_strcmp0 (name, "pillion keep-alive") == 0)
    {
      pillion_mutex_lock (&lock);
      g_clear_pointer (&expiry, g_source_unref);
      expiry = g_source_ref (source);
      g_cond_broadcast (&cond);
      pillion_mutex_unlock (&lock);
    }
}

/* Waits until there is our own timer */
static GSource *
take_expiry (void)
{
  GSource *source;

  pillion_mutex_lock (&lock);
  while (expiry == NULL)
    pillion_cond_wait (&cond, &lock);
  source = g_steal_pointer (&expiry);
  pillion_mutex_unlock (&lock);

  return source;
}

gssize
g_pollable_stream_write (GOutputStream *stream,
                         const void *buffer,
                         gsize count,
                         gboolean blocking,
                         GCancellable *cancellable,
                         GError **error)
{
  gssize n_written =
    ((WriteFunc) dlsym (RTLD_NEXT, "g_pollable_stream_write")) (stream, buffer, count, blocking, cancellable, error);

  pillion_mutex_lock (&lock);
  while (n_answers > 0)
    pillion_cond_wait (&cond, &lock);
  pillion_mutex_unlock (&lock);

  return n_written;
}

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  test_connection_answer (connection, NULL, "hello", -1);
  pillion_mutex_lock (&lock);
  if (n_answers > 0)
    n_answers--;
  g_cond_broadcast (&cond);
  pillion_mutex_unlock (&lock);
}

static void
test_closed (TestFixture *self,
             gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/");
  int n_all;

  g_atomic_int_set (&closed_at, 0);
  test_fixture_assert_get (self, url, "hello");
  g_atomic_int_set (&n_looks, 0);
  test_fixture_assert_get (self, url, "hello");
  n_all = g_atomic_int_get (&n_looks);
  g_assert_cmpint (n_all, >=, 2);
  g_assert_cmpuint (test_server_get_connections (server), ==, 1);

  for (int i = 1; i <= n_all; i++)
    {
      g_test_message ("look %d of %d", i, n_all);
      g_atomic_int_set (&n_looks, 0);
      g_atomic_int_set (&closed_at, i);
      test_fixture_assert_get (self, url, "hello");
      g_atomic_int_set (&closed_at, 0);
    }
  g_assert_cmpuint (test_server_get_requests (server), ==, 2 + (guint) n_all);
  test_server_free (server);
}

/* In the second round, libsoup has read the head of the answer by the time the timer expires */
static void
test_expiring (TestFixture *self,
               gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/");

  test_fixture_assert_get (self, url, "hello");
  for (guint round = 0; round < 2; round++)
    {
      pillion_mutex_lock (&lock);
      n_answers = round;
      pillion_mutex_unlock (&lock);
      g_atomic_int_set (&expires, TRUE);
      test_fixture_assert_get (self, url, "hello");
      g_atomic_int_set (&expires, FALSE);
    }
  g_assert_cmpuint (test_server_get_connections (server), ==, 1);
  test_server_free (server);
}

/* The client has to close the connection */
static void
serve_last (TestConnection *connection,
            const char *request,
            gpointer data)
{
  test_connection_answer (connection, NULL, "hello", -1);
  if (strstr (request, "last") == NULL)
    return;

  test_connection_wait_closed (connection);
  pillion_mutex_lock (&lock);
  closed = TRUE;
  g_cond_broadcast (&cond);
  pillion_mutex_unlock (&lock);
}

static void
test_kept (TestFixture *self,
           gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_last, NULL);
  TestServer *other = test_server_new (TEST_SERVER_PLAIN, serve_last, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *last = test_server_url (server, "/last");
  g_autofree char *other_url = test_server_url (other, "/");
  g_autoptr (GSource) first = NULL;
  g_autoptr (GSource) second = NULL;

  /* What other tests left */
  pillion_mutex_lock (&lock);
  g_clear_pointer (&expiry, g_source_unref);
  pillion_mutex_unlock (&lock);

  test_fixture_assert_get (self, url, "hello");
  first = take_expiry ();
  /* The connection was used a moment ago, so it goes on waiting */
  g_source_set_ready_time (first, 0);
  second = take_expiry ();
  test_fixture_assert_get (self, last, "hello");
  g_assert_cmpuint (test_server_get_connections (server), ==, 1);

  /* By the end of this, the connection is known to be idle again */
  test_fixture_assert_get (self, other_url, "hello");
  g_atomic_int_set (&seconds_late, 31);
  g_source_set_ready_time (second, 0);
  pillion_mutex_lock (&lock);
  while (!closed)
    pillion_cond_wait (&cond, &lock);
  pillion_mutex_unlock (&lock);
  g_atomic_int_set (&seconds_late, 0);

  test_fixture_assert_get (self, url, "hello");
  g_assert_cmpuint (test_server_get_connections (server), ==, 2);
  test_server_free (server);
  test_server_free (other);
}

/* The second request is answered without a body, and without a length */
static void
serve_no_body (TestConnection *connection,
               const char *request,
               gpointer data)
{
  if (strstr (request, "empty") != NULL)
    test_connection_printf (connection, "%s", (const char *) data);
  else
    test_connection_answer (connection, NULL, "hello", -1);
}

static void
get_empty (TestFixture *self,
           const char *url)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;

  pillion_http_request_accept_statuses (request, 204, 304);
  task = pillion_http_client_send (self->client, request, NULL);
  test_fixture_await (self, task);
  response = pillion_task_get_object (task, &error);
  g_assert_no_error (error);
  g_assert_nonnull (response);
}

static void
test_no_body (TestFixture *self,
              gconstpointer data)
{
  const char *heads[] = { "HTTP/1.1 204 No Content\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\n\r\n" };

  g_atomic_int_set (&closed_at, 0);
  for (guint i = 0; i < G_N_ELEMENTS (heads); i++)
    {
      TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_no_body, (gpointer) heads[i]);
      g_autofree char *url = test_server_url (server, "/");
      g_autofree char *empty = test_server_url (server, "/empty");

      test_fixture_assert_get (self, url, "hello");
      get_empty (self, empty);
      get_empty (self, empty);
      test_fixture_assert_get (self, url, "hello");
      g_assert_cmpuint (test_server_get_connections (server), ==, 1);
      test_server_free (server);
    }
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/reuse/closed-while-libsoup-looks", test_closed);
  test_case ("/http/reuse/expires-while-it-is-used", test_expiring);
  test_case ("/http/reuse/idle-connections-are-closed", test_kept);
  test_case ("/http/reuse/response-without-a-body", test_no_body);

  return g_test_run ();
}
