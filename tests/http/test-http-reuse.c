/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Kept connections that the server closes at the worst moment. Before libsoup uses one again it looks several times whether it is still open, by
 * reading a byte: these calls end up in the function of that name below. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for RTLD_NEXT */
#endif

#include <dlfcn.h>

#include "http-support.h"

typedef gssize (*ReadFunc) (GPollableInputStream *stream, void *buffer, gsize count, GCancellable *cancellable, GError **error);

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

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  test_connection_answer (connection, NULL, "hello", -1);
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
  test_case ("/http/reuse/response-without-a-body", test_no_body);

  return g_test_run ();
}
