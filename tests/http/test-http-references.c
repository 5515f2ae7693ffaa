/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The I/O thread drops no reference to a loop, nor to an object that has one: it might be the last one, and then the loop
 * would end on the wrong thread. The library's calls of g_object_unref () end up in the function of that name below,
 * because it is linked into this program. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for RTLD_NEXT */
#endif

#include <dlfcn.h>
#include <string.h>

#include "core/pillion-private.h"
#include "http-support.h"

typedef void (*UnrefFunc) (gpointer object);

static GThread *main_thread;
static int n_dropped; /* atomic: references that other threads dropped and should not have had */

static gboolean
belongs_to_loop (gpointer object)
{
  return PILLION_IS_LOOP (object) || PILLION_HTTP_IS_CLIENT (object) || PILLION_HTTP_IS_STREAM (object) ||
         PILLION_HTTP_IS_WEB_SOCKET (object) || PILLION_HTTP_IS_EVENT_STREAM (object);
}

void
g_object_unref (gpointer object)
{
  if (main_thread != NULL && g_thread_self () != main_thread && belongs_to_loop (object))
    g_atomic_int_inc (&n_dropped);

  ((UnrefFunc) dlsym (RTLD_NEXT, "g_object_unref")) (object);
}

static void
set_up (TestFixture *self,
        gconstpointer data)
{
  g_atomic_int_set (&n_dropped, 0);
  test_fixture_set_up (self, data);
}

static void
tear_down (TestFixture *self,
           gconstpointer data)
{
  test_fixture_tear_down (self, data);
  g_assert_cmpint (g_atomic_int_get (&n_dropped), ==, 0);
}

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  g_autofree char *authorization = test_request_get_field (request, "Authorization");
  g_autofree char *path = test_request_get_path (request);

  if (strcmp (path, "/web-socket") == 0)
    test_connection_accept_web_socket (connection, request, NULL);
  else if (g_str_has_prefix (path, "/private/") && authorization == NULL)
    test_connection_printf (connection,
                            "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"one\"\r\nContent-Length: 0\r\n\r\n");
  else
    test_connection_answer (connection, NULL, "hello", -1);
}

static void
test_stream (TestFixture *self,
             gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionTask) task = pillion_http_client_open (self->client, request, NULL);

  test_fixture_await (self, task);
  g_assert_true (pillion_task_check (task, NULL));
  test_server_free (server);
}

static void
test_web_socket (TestFixture *self,
                 gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/web-socket");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionTask) task = pillion_http_client_open_web_socket (self->client, request, NULL, NULL);

  test_fixture_await (self, task);
  g_assert_true (pillion_task_check (task, NULL));
  test_server_free (server);
}

static PillionTask *
on_authenticate (PillionHttpClient *client,
                 PillionHttpChallenge *challenge,
                 gpointer data)
{
  PillionTask **asking = data;

  g_assert_null (*asking);
  *asking = pillion_task_new (pillion_http_client_get_loop (client), "ask", NULL);
  return g_object_ref (*asking);
}

static void
await_asking (TestFixture *self,
              PillionTask **asking)
{
  while (*asking == NULL)
    pillion_loop_kick (self->loop);
}

/* It is cancelled once nobody waits for it */
static void
end_asking (TestFixture *self,
            PillionTask *asking)
{
  while (!pillion_task_return_if_cancelled (asking))
    pillion_loop_kick (self->loop);
  test_fixture_await (self, asking);
}

/* Nobody waits for the answer any more */
static void
test_question (TestFixture *self,
               gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/private/file");
  g_autofree char *open_url = test_server_url (server, "/");
  g_autoptr (PillionTask) asking = NULL;
  g_autoptr (PillionTask) first = NULL;
  g_autoptr (PillionTask) second = NULL;

  /* One request after the other, so that the third one shows that the second one was refused */
  pillion_http_client_set_max_connections_per_host (self->client, 1);
  g_signal_connect (self->client, "authenticate", G_CALLBACK (on_authenticate), &asking);
  first = pillion_http_client_get_bytes (self->client, url, NULL);
  await_asking (self, &asking);
  second = pillion_http_client_get_bytes (self->client, url, NULL);
  /* It waits for the same answer now */
  test_fixture_assert_get (self, open_url, "hello");

  pillion_task_cancel (first);
  pillion_task_cancel (second);
  test_fixture_await (self, first);
  test_fixture_await (self, second);
  end_asking (self, asking);
  test_server_free (server);
}

typedef struct
{
  PillionLoop *loop;
  PillionTask *asking;
  gboolean freed;
} Renewal;

static PillionTask *
renew (gpointer data)
{
  Renewal *self = data;

  self->asking = pillion_task_new (self->loop, "renew", NULL);
  return g_object_ref (self->asking);
}

static void
renewal_freed (gpointer data)
{
  Renewal *self = data;

  g_assert_true (g_thread_self () == main_thread);
  self->freed = TRUE;
}

/* The I/O thread has the credentials last, which it uses while the function is asked */
static void
test_renewing (TestFixture *self,
               gconstpointer data)
{
  Renewal renewal = { self->loop };
  PillionHttpCredentials *credentials = pillion_http_credentials_new_renewing (self->loop, renew, &renewal, renewal_freed);
  g_autoptr (PillionTask) task = NULL;

  pillion_http_client_set_credentials (self->client, credentials);
  g_object_unref (credentials);
  task = pillion_http_client_get_bytes (self->client, "http://127.0.0.1:1/", NULL);
  await_asking (self, &renewal.asking);
  pillion_task_cancel (task);
  test_fixture_await (self, task);
  end_asking (self, renewal.asking);
  g_object_unref (renewal.asking);

  g_assert_false (renewal.freed);
  g_clear_object (&self->client);
  while (!renewal.freed)
    pillion_loop_kick (self->loop);
}

/* The loop is closed before the I/O thread drops the credentials */
static void
test_renewing_closed (TestFixture *self,
                      gconstpointer data)
{
  Renewal renewal = { self->loop };
  PillionHttpCredentials *credentials = pillion_http_credentials_new_renewing (self->loop, renew, &renewal, renewal_freed);
  g_autoptr (PillionTask) task = NULL;

  pillion_http_client_set_credentials (self->client, credentials);
  g_object_unref (credentials);
  task = pillion_http_client_get_bytes (self->client, "http://127.0.0.1:1/", NULL);
  await_asking (self, &renewal.asking);
  pillion_task_cancel (task);
  end_asking (self, renewal.asking);
  g_object_unref (renewal.asking);

  g_assert_false (renewal.freed);
  g_assert_true (pillion_loop_close (self->loop, -1, NULL));
  g_assert_true (renewal.freed);
}

typedef struct
{
  PillionLoop *loop;
  int done; /* atomic */
} Last;

static void
do_nothing (gpointer data)
{
}

static void
drop_last (gpointer data)
{
  Last *self = data;

  /* The host is woken later, at the end of what this thread does just now */
  pillion_loop_call_soon_threadsafe (self->loop, do_nothing, NULL, NULL);
  g_clear_object (&self->loop);
  g_atomic_int_set (&self->done, TRUE);
}

/* A program's own objects, which the thread frees, may have the last reference all the same */
static void
test_last (void)
{
  PillionIoThread *io = pillion_private_io_thread_ref (NULL);
  Last last = { .loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT) };

  pillion_private_io_thread_post (io, drop_last, &last);
  while (!g_atomic_int_get (&last.done))
    g_thread_yield ();
  g_assert_cmpint (g_atomic_int_get (&n_dropped), ==, 1);
  pillion_private_io_thread_unref (io);
}

#define references_case(path, func) g_test_add (path, TestFixture, NULL, set_up, func, tear_down)

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  main_thread = g_thread_self ();

  references_case ("/http/references/of-a-stream", test_stream);
  references_case ("/http/references/of-a-web-socket", test_web_socket);
  references_case ("/http/references/of-a-question-that-nobody-asks-any-more", test_question);
  references_case ("/http/references/of-a-function-that-renews-tokens", test_renewing);
  references_case ("/http/references/of-a-function-that-renews-tokens-when-the-loop-is-closed", test_renewing_closed);
  g_test_add_func ("/http/references/last-one-may-go-on-the-i-o-thread", test_last);

  return g_test_run ();
}
