/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http-support.h"

#include <string.h>

/* The time limits of a call over real connections, each of which ends a call that would never end otherwise. What must not end
 * a call is tested by test-http-limits.c on a virtual clock. */

#define MSEC ((GTimeSpan) 1000)

/* The path is what the server does */
static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  g_autofree char *path = test_request_get_path (request);

  if (strcmp (path, "/silent") == 0)
    {
      test_connection_wait_closed (connection);
    }
  else if (strcmp (path, "/stalls") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
      test_connection_wait_closed (connection);
    }
  else if (strcmp (path, "/redirects") == 0)
    {
      g_usleep (20 * 1000);
      test_connection_printf (connection, "HTTP/1.1 302 Found\r\nLocation: /redirects\r\nContent-Length: 0\r\n\r\n");
    }
  else if (strcmp (path, "/drips") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
      while (test_connection_write (connection, "x", 1))
        g_usleep (20 * 1000);
    }
  else
    {
      g_autoptr (GBytes) body = test_connection_read_body (connection, request);

      test_connection_answer (connection, NULL, "hello", -1);
    }
}

static PillionHttpRequest *
make_request (TestServer *server,
              const char *path)
{
  g_autofree char *url = test_server_url (server, path);

  return pillion_http_request_new ("GET", url);
}

static void
assert_sends (TestFixture *self,
              PillionHttpRequest *request,
              const char *message)
{
  g_autoptr (PillionTask) task = pillion_http_client_send (self->client, request, NULL);
  g_autoptr (GObject) response = NULL;
  g_autoptr (GError) error = NULL;

  test_fixture_await (self, task);
  response = pillion_task_get_object (task, &error);
  if (message == NULL)
    {
      g_assert_no_error (error);
      return;
    }

  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, message));
}

/* A server that accepts, and knows nothing of TLS */
static void
test_connect (TestFixture *self,
              gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *secure = g_strconcat ("https", url + strlen ("http"), NULL);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", secure);

  pillion_http_request_set_connect_timeout_usec (request, 50 * MSEC);
  assert_sends (self, request, "the connection took longer than 0.05 seconds");

  /* The client's own */
  pillion_http_request_set_connect_timeout_usec (request, 0);
  pillion_http_client_set_connect_timeout_usec (self->client, 60 * MSEC);
  assert_sends (self, request, "the connection took longer than 0.06 seconds");

  /* Longer than anybody lives, and none at all */
  pillion_http_request_set_total_timeout_usec (request, 100 * MSEC);
  pillion_http_request_set_connect_timeout_usec (request, G_MAXINT64);
  assert_sends (self, request, "the whole call");
  pillion_http_request_set_connect_timeout_usec (request, -1);
  assert_sends (self, request, "the whole call");

  test_server_free (server);
}

static void
test_first_byte (TestFixture *self,
                 gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autoptr (PillionHttpRequest) silent = make_request (server, "/silent");
  g_autoptr (PillionHttpRequest) answers = make_request (server, "/");

  /* On a new connection, and on one that is there */
  for (guint i = 0; i < 2; i++)
    {
      pillion_http_request_set_first_byte_timeout_usec (silent, 50 * MSEC);
      assert_sends (self, silent, "did not answer within 0.05 seconds");
      assert_sends (self, answers, NULL);
    }

  /* Also for a call that is running */
  pillion_http_request_set_first_byte_timeout_usec (silent, 0);
  {
    g_autoptr (PillionTask) task = pillion_http_client_send (self->client, silent, NULL);
    g_autoptr (GError) error = NULL;

    test_server_wait_requests (server, 5);
    pillion_http_client_set_first_byte_timeout_usec (self->client, 50 * MSEC);
    test_fixture_await (self, task);
    g_assert_false (pillion_task_check (task, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  }

  test_server_free (server);
}

/* A body that is being sent is a sign of life */
static void
test_first_byte_after_upload (TestFixture *self,
                              gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("POST", url);
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (8 * 1024 * 1024), 8 * 1024 * 1024);

  pillion_http_request_set_body (request, body, NULL);
  pillion_http_request_set_first_byte_timeout_usec (request, 10 * G_USEC_PER_SEC);
  assert_sends (self, request, NULL);
  test_server_free (server);
}

static void
test_total (TestFixture *self,
            gconstpointer data)
{
  static const char *const paths[] = { "/silent", "/stalls", "/redirects", "/drips" };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (PillionHttpRequest) request = make_request (server, paths[i]);

      pillion_http_request_set_total_timeout_usec (request, 100 * MSEC);
      assert_sends (self, request, "the whole call took longer than 0.1 seconds");
    }

  /* The time in the queue counts */
  {
    g_autoptr (PillionHttpRequest) first = make_request (server, "/silent");
    g_autoptr (PillionHttpRequest) second = make_request (server, "/");
    g_autoptr (PillionTask) task = NULL;
    /* Not every call above had the time to send one */
    guint n_requests = test_server_get_requests (server);

    pillion_http_client_set_max_connections (self->client, 1);
    task = pillion_http_client_send (self->client, first, NULL);
    test_server_wait_requests (server, n_requests + 1);
    pillion_http_request_set_total_timeout_usec (second, 60 * MSEC);
    assert_sends (self, second, "longer than 0.06 seconds");

    /* A limit of the client's that is set now is over at once */
    pillion_http_client_set_total_timeout_usec (self->client, 1);
    test_fixture_await (self, task);
    g_assert_false (pillion_task_check (task, NULL));
  }

  test_server_free (server);
}

static void
test_lowest_rate (TestFixture *self,
                  gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autoptr (PillionHttpRequest) request = make_request (server, "/drips");

  pillion_http_client_set_lowest_rate (self->client, 1);
  pillion_http_request_set_lowest_rate (request, 1000);
  assert_sends (self, request, "at least 1000 were expected");
  test_server_free (server);
}

static void
test_properties (TestFixture *self,
                 gconstpointer data)
{
  g_autoptr (PillionHttpClient) client = pillion_http_client_new (self->loop);
  gint64 connect;
  gint64 first_byte;
  gint64 total;
  gint64 rate;

  g_assert_cmpint (pillion_http_client_get_connect_timeout_usec (client), ==, 10 * G_USEC_PER_SEC);
  g_assert_cmpint (pillion_http_client_get_first_byte_timeout_usec (client), ==, 30 * G_USEC_PER_SEC);
  g_assert_cmpint (pillion_http_client_get_total_timeout_usec (client), ==, 0);
  g_assert_cmpint (pillion_http_client_get_lowest_rate (client), ==, 0);
  g_object_set (client, "connect-timeout-usec", (gint64) 1, "first-byte-timeout-usec", (gint64) 2, "total-timeout-usec",
                (gint64) 3, "lowest-rate", (gint64) 4, NULL);
  g_object_get (client, "connect-timeout-usec", &connect, "first-byte-timeout-usec", &first_byte, "total-timeout-usec", &total,
                "lowest-rate", &rate, NULL);
  g_assert_cmpint (connect, ==, 1);
  g_assert_cmpint (first_byte, ==, 2);
  g_assert_cmpint (total, ==, 3);
  g_assert_cmpint (rate, ==, 4);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/timeouts/connect", test_connect);
  test_case ("/http/timeouts/first-byte", test_first_byte);
  test_case ("/http/timeouts/first-byte-after-upload", test_first_byte_after_upload);
  test_case ("/http/timeouts/total", test_total);
  test_case ("/http/timeouts/lowest-rate", test_lowest_rate);
  test_case ("/http/timeouts/properties", test_properties);

  return g_test_run ();
}
