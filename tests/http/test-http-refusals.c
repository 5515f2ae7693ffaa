/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Responses that libsoup gathers in memory, and others that refuse */

#include "http-support.h"

#define WANTED_REFUSAL 200000

/* A refusal whose body has no end is not waited for, and not gathered */
static void
serve_endless_refusal (TestConnection *connection,
                       const char *request,
                       gpointer data)
{
  test_connection_printf (connection, "HTTP/1.1 %d Some Reason\r\nContent-Length: 1000000000\r\n\r\nbegin", *(const int *) data);
  test_connection_wait_closed (connection);
}

static void
test_endless_refusal (TestFixture *self,
                      gconstpointer data)
{
  const int codes[] = { 401, 407, 421, 403, 500 };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_endless_refusal, (gpointer) &codes[i]);
      g_autofree char *url = test_server_url (server, "/");

      test_fixture_assert_error (self, url, PILLION_HTTP_STATUS_ERROR, codes[i]);
      g_assert_cmpuint (test_server_get_requests (server), ==, 1);
      test_server_free (server);
    }
}

static void
serve_wanted_refusal (TestConnection *connection,
                      const char *request,
                      gpointer data)
{
  g_autofree char *body = g_strnfill (WANTED_REFUSAL, 'b');

  test_connection_printf (connection, "HTTP/1.1 %d Some Reason\r\nContent-Length: %d\r\n\r\n%s", *(const int *) data, WANTED_REFUSAL, body);
}

static PillionTask *
send_accepting_all (TestFixture *self,
                    TestServer *server,
                    gint64 max_body_size)
{
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  PillionTask *task;

  pillion_http_request_accept_statuses (request, 200, 999);
  pillion_http_request_set_max_body_size (request, max_body_size);
  task = pillion_http_client_send (self->client, request, NULL);
  test_fixture_await (self, task);
  return task;
}

/* A refusal that the request accepts is a response like any other, also one that libsoup gathers in memory */
static void
test_wanted_refusal (TestFixture *self,
                     gconstpointer data)
{
  const int codes[] = { 401, 407, 421, 403, 500 };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_wanted_refusal, (gpointer) &codes[i]);
      g_autoptr (PillionTask) task = send_accepting_all (self, server, 0);
      g_autoptr (PillionTask) limited = NULL;
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpResponse) response = pillion_task_get_object (task, &error);

      g_assert_no_error (error);
      g_assert_cmpuint (pillion_http_response_get_status (response), ==, (guint) codes[i]);
      g_assert_cmpuint (g_bytes_get_size (pillion_http_response_get_body (response)), ==, WANTED_REFUSAL);
      g_assert_cmpuint (test_server_get_requests (server), ==, 1);

      limited = send_accepting_all (self, server, WANTED_REFUSAL - 1);
      g_assert_null (pillion_task_get_object (limited, &error));
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE);
      test_server_free (server);
    }
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/refusals/endless-ones-are-not-waited-for", test_endless_refusal);
  test_case ("/http/refusals/accepted-ones-are-responses", test_wanted_refusal);

  return g_test_run ();
}
