/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for RTLD_NEXT */
#endif

#include <dlfcn.h>
#include <string.h>

#include "http-support.h"
#include "base/pillion-sync.h"

#define LIMIT (1024 * 1024)
#define SIZE (3 * 1024 * 1024 + 11)

/* How long the client waits for an answer to the question, in ms, and how long it waits here: on a busy machine, a server may take longer to say
 * what it wants. */
#define EXPECT_MSEC 1000
#define PATIENCE_MSEC (600 * 1000)

static int is_patient; /* atomic */

/* Instead of GLib's */
GSource *
g_timeout_source_new (guint msec)
{
  GSource *(*next) (guint) = (GSource * (*) (guint)) dlsym (RTLD_NEXT, "g_timeout_source_new");

  return next (msec == EXPECT_MSEC && g_atomic_int_get (&is_patient) ? PATIENCE_MSEC : msec);
}

/* A server that was asked whether it wants the body */
typedef struct
{
  TestServer *server;
  guint8 *bytes;
  gboolean silent; /* it ignores the question, and reads the body */

  GMutex lock; /* for the rest */
  guint status;     /* it refuses the body with this, or 0 */
  guint n_expected; /* requests with the question */
  gsize n_unwanted; /* bytes that it got without asking for them */
} Server;

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  Server *self = data;
  g_autofree char *expect = test_request_get_field (request, "Expect");
  g_autofree char *path = test_request_get_path (request);
  g_autoptr (GBytes) body = NULL;
  guint status;

  pillion_mutex_lock (&self->lock);
  self->n_expected += expect != NULL;
  status = self->status;
  pillion_mutex_unlock (&self->lock);
  if (expect != NULL)
    g_assert_cmpstr (expect, ==, "100-continue");

  if (status != 0 && expect != NULL && strcmp (path, "/moved") != 0)
    {
      gsize n_unwanted;

      test_connection_printf (connection, "HTTP/1.1 %u Reason\r\nLocation: /moved\r\nContent-Length: 4\r\n\r\nwhy?", status);
      n_unwanted = test_connection_wait_closed (connection);
      pillion_mutex_lock (&self->lock);
      self->n_unwanted += n_unwanted;
      pillion_mutex_unlock (&self->lock);
      return;
    }

  if (self->silent)
    {
      g_autofree char *unheard = test_request_hide_field (request, "Expect");

      body = test_connection_read_body (connection, unheard);
    }
  else
    {
      body = test_connection_read_body (connection, request);
    }
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), self->bytes, g_bytes_get_size (body));
  if (self->silent)
    test_connection_printf (connection, "HTTP/1.1 100 Continue\r\n\r\n");
  test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Size: %zu\r\n\r\n", g_bytes_get_size (body));
}

static void
server_init (Server *self)
{
  g_atomic_int_set (&is_patient, !self->silent);
  g_mutex_init (&self->lock);
  self->bytes = test_bytes_new (SIZE);
  self->server = test_server_new (TEST_SERVER_PLAIN, serve, self);
}

static void
server_clear (Server *self)
{
  test_server_free (self->server);
  /* Only now has every handler returned, and so seen all that was sent to it */
  g_assert_cmpuint (self->n_unwanted, ==, 0);
  g_mutex_clear (&self->lock);
  g_free (self->bytes);
}

static PillionTask *
put (TestFixture *fixture,
     Server *server,
     gsize size,
     gboolean asks)
{
  g_autofree char *url = test_server_url (server->server, "/put");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("PUT", url);
  g_autoptr (GBytes) body = g_bytes_new_static (server->bytes, size);

  pillion_http_request_set_body (request, body, NULL);
  if (asks)
    pillion_http_request_set_header (request, "Expect", "100-continue");

  return pillion_http_client_send (fixture->client, request, NULL);
}

static void
assert_put (TestFixture *fixture,
            Server *server,
            gsize size,
            gboolean asks)
{
  g_autoptr (PillionTask) task = put (fixture, server, size, asks);
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;

  test_fixture_await (fixture, task);
  response = pillion_task_get_object (task, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_ascii_strtoull (pillion_http_response_get_header (response, "X-Size"), NULL, 10), ==, size);
}

static void
assert_expected (Server *server,
                 guint n,
                 guint n_requests)
{
  pillion_mutex_lock (&server->lock);
  g_assert_cmpuint (server->n_expected, ==, n);
  pillion_mutex_unlock (&server->lock);
  g_assert_cmpuint (test_server_get_requests (server->server), ==, n_requests);
}

static void
test_asks (TestFixture *fixture,
           gconstpointer data)
{
  Server server = { NULL };

  server_init (&server);
  for (guint i = 0; i < 2; i++)
    assert_put (fixture, &server, SIZE, FALSE);
  assert_expected (&server, 2, 2);
  g_assert_cmpuint (test_server_get_connections (server.server), ==, 1);

  /* Up to a limit it costs more than it spares, unless the program wants it */
  assert_put (fixture, &server, LIMIT, FALSE);
  assert_expected (&server, 2, 3);
  assert_put (fixture, &server, LIMIT + 1, FALSE);
  assert_expected (&server, 3, 4);
  assert_put (fixture, &server, 5, TRUE);
  assert_expected (&server, 4, 5);
  server_clear (&server);
}

/* One that says nothing gets the body all the same, and may say it too late */
static void
test_silent (TestFixture *fixture,
             gconstpointer data)
{
  Server server = { .silent = TRUE };

  server_init (&server);
  assert_put (fixture, &server, SIZE, FALSE);
  assert_put (fixture, &server, 5, TRUE);
  assert_expected (&server, 2, 2);
  server_clear (&server);
}

/* The answer is what the server said, and not a connection that broke */
static void
test_refused (TestFixture *fixture,
              gconstpointer data)
{
  static const guint statuses[] = { 413, 401, 503 };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      Server server = { .status = statuses[i] };
      g_autoptr (PillionTask) task = NULL;
      g_autoptr (GError) error = NULL;

      server_init (&server);
      task = put (fixture, &server, SIZE, FALSE);
      test_fixture_await (fixture, task);
      g_assert_false (pillion_task_check (task, &error));
      g_assert_error (error, PILLION_HTTP_STATUS_ERROR, (int) statuses[i]);
      assert_expected (&server, 1, 1);
      server_clear (&server);
    }
}

/* The connection on which no body came after its announcement is not used again */
static void
test_not_followed (TestFixture *fixture,
                   gconstpointer data)
{
  Server server = { .status = 307 };
  g_autofree char *url = NULL;
  g_autoptr (PillionHttpRequest) request = NULL;
  g_autoptr (GBytes) body = NULL;
  g_autoptr (PillionTask) task = NULL;

  server_init (&server);
  url = test_server_url (server.server, "/put");
  request = pillion_http_request_new ("PUT", url);
  body = g_bytes_new_static (server.bytes, SIZE);
  pillion_http_request_set_body (request, body, NULL);
  pillion_http_request_set_redirect_policy (request, PILLION_HTTP_REDIRECT_POLICY_MANUAL);
  pillion_http_request_accept_statuses (request, 307, 307);
  task = pillion_http_client_send (fixture->client, request, NULL);
  test_fixture_await (fixture, task);
  g_assert_true (pillion_task_check (task, NULL));

  pillion_mutex_lock (&server.lock);
  server.status = 0;
  pillion_mutex_unlock (&server.lock);
  assert_put (fixture, &server, SIZE, FALSE);
  assert_expected (&server, 2, 2);
  g_assert_cmpuint (test_server_get_connections (server.server), ==, 2);
  server_clear (&server);
}

/* It goes where it is wanted */
static void
test_redirect (TestFixture *fixture,
               gconstpointer data)
{
  Server server = { .status = 307 };

  server_init (&server);
  assert_put (fixture, &server, SIZE, FALSE);
  assert_expected (&server, 2, 2);
  server_clear (&server);
}

/* A server that knows no expectations is not asked again */
static void
test_expectation_failed (TestFixture *fixture,
                         gconstpointer data)
{
  Server server = { .status = 417 };

  server_init (&server);
  assert_put (fixture, &server, SIZE, FALSE);
  assert_expected (&server, 1, 2);
  server_clear (&server);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/expect/large-bodies-wait-for-the-server", test_asks);
  test_case ("/http/expect/a-silent-server-gets-the-body", test_silent);
  test_case ("/http/expect/a-refusal-is-the-answer", test_refused);
  test_case ("/http/expect/an-unused-connection-is-closed", test_not_followed);
  test_case ("/http/expect/a-redirect-is-followed", test_redirect);
  test_case ("/http/expect/a-failed-expectation-is-dropped", test_expectation_failed);

  return g_test_run ();
}
