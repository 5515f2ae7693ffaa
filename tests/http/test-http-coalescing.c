/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "http-support.h"

#define N 20
#define SIZE (3 * 1024 * 1024)

/* Each waits at the gate, so that the others come while it is in flight. The answer says how many requests there were when it came. */
static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  TestServer *server = test_connection_get_server (connection);
  g_autofree char *number = g_strdup_printf ("%u", test_server_get_requests (server));
  g_autofree char *path = test_request_get_path (request);

  if (g_str_has_prefix (request, "POST"))
    {
      /* One that came before it and one that came after it are in flight */
      test_server_wait_requests (server, 3);
      test_connection_answer (connection, NULL, "posted", -1);
      return;
    }

  test_connection_wait_gate (connection);
  if (strcmp (path, "/no-store") == 0)
    test_connection_answer (connection, "Cache-Control: private=\"a, no-cache\", No-Store\r\n", number, -1);
  else if (strcmp (path, "/vary") == 0)
    test_connection_answer (connection, "Vary: Accept, *\r\n", number, -1);
  else if (strcmp (path, "/redirect") == 0)
    test_connection_printf (connection, "HTTP/1.1 302 Found\r\nLocation: /number\r\nContent-Length: 0\r\n\r\n");
  else if (strcmp (path, "/missing") == 0)
    test_connection_printf (connection, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
  else if (strcmp (path, "/cut") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab");
      test_connection_close (connection);
    }
  else if (strcmp (path, "/large") == 0 || strcmp (path, "/large-chunked") == 0)
    {
      g_autofree guint8 *bytes = test_bytes_new (SIZE);

      if (strcmp (path, "/large") == 0)
        test_connection_answer (connection, NULL, bytes, SIZE);
      else
        {
          test_connection_printf (connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n", SIZE);
          test_connection_write (connection, bytes, SIZE);
          test_connection_printf (connection, "\r\n0\r\n\r\n");
        }
    }
  else if (strcmp (path, "/coded") == 0)
    {
      g_autoptr (GConverter) converter = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 1));
      g_autoptr (GInputStream) zeros = NULL;
      g_autoptr (GInputStream) coded = NULL;
      g_autofree guint8 *bytes = g_malloc0 (SIZE);
      g_autofree guint8 *sent = g_malloc (SIZE);
      gsize n;

      zeros = g_memory_input_stream_new_from_data (bytes, SIZE, NULL);
      coded = g_converter_input_stream_new (zeros, converter);
      g_assert_true (g_input_stream_read_all (coded, sent, SIZE, &n, NULL, NULL));
      test_connection_answer (connection, "Content-Encoding: gzip\r\n", sent, (gssize) n);
    }
  else
    test_connection_answer (connection, NULL, number, -1);
}

static PillionHttpRequest *
get_request (TestServer *server,
             const char *path)
{
  g_autofree char *url = test_server_url (server, path);

  return pillion_http_request_new ("GET", url);
}

static PillionTask *
send_get (TestFixture *self,
          TestServer *server,
          const char *path)
{
  g_autoptr (PillionHttpRequest) request = get_request (server, path);

  return pillion_http_client_send (self->client, request, NULL);
}

/* Sends N requests, and lets the first one be answered when they all share it */
static void
send_together (TestFixture *self,
               TestServer *server,
               const char *path,
               PillionTask **tasks)
{
  for (guint i = 0; i < N; i++)
    tasks[i] = send_get (self, server, path);
  test_wait_io_thread ();
  test_server_open_gate (server);
}

/* The text of the answer; the reference to the task is taken */
static char *
await_text (TestFixture *self,
            PillionTask *task)
{
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;
  GBytes *body;
  GString *text;

  test_fixture_await (self, task);
  response = pillion_task_get_object (task, &error);
  g_assert_no_error (error);
  g_object_unref (task);
  body = pillion_http_response_get_body (response);
  text = g_string_new_len (g_bytes_get_data (body, NULL), (gssize) g_bytes_get_size (body));

  return g_string_free (text, FALSE);
}

static void
assert_text (TestFixture *self,
             PillionTask *task,
             const char *expected)
{
  g_autofree char *text = await_text (self, task);

  g_assert_cmpstr (text, ==, expected);
}

static void
assert_error (TestFixture *self,
              PillionTask *task,
              GQuark domain,
              int code)
{
  g_autoptr (GError) error = NULL;

  test_fixture_await (self, task);
  g_assert_false (pillion_task_check (task, &error));
  g_assert_error (error, domain, code);
  g_object_unref (task);
}

static void
test_share (TestFixture *self,
            gconstpointer data)
{
  static const char *const paths[] = { "/large", "/large-chunked", "/coded" };

  for (guint k = 0; k < G_N_ELEMENTS (paths); k++)
    {
      TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
      g_autofree char *url = test_server_url (server, paths[k]);
      g_autoptr (GBytes) first = NULL;
      PillionHttpResponse *responses[N] = { NULL };
      PillionTask *tasks[N];
      PillionTask *bytes_task;

      for (guint i = 0; i < N; i++)
        tasks[i] = send_get (self, server, paths[k]);
      bytes_task = pillion_http_client_get_bytes (self->client, url, NULL);
      test_wait_io_thread ();
      test_server_open_gate (server);

      for (guint i = 0; i < N; i++)
        {
          g_autoptr (GError) error = NULL;

          test_fixture_await (self, tasks[i]);
          responses[i] = pillion_task_get_object (tasks[i], &error);
          g_assert_no_error (error);
          /* What comes fast has no progress */
          if (pillion_task_get_unit (tasks[i]) != NULL)
            g_assert_cmpint (pillion_task_get_completed (tasks[i]), ==, pillion_task_get_total (tasks[i]));
          g_object_unref (tasks[i]);

          /* A response for each, and one body for all */
          g_assert_true (i == 0 || responses[i] != responses[0]);
          g_assert_true (pillion_http_response_get_body (responses[i]) == pillion_http_response_get_body (responses[0]));
          g_assert_cmpint (pillion_http_response_get_elapsed (responses[i], PILLION_HTTP_PHASE_REQUEST), >=,
                           pillion_http_response_get_elapsed (responses[i], PILLION_HTTP_PHASE_QUEUE));
        }
      g_assert_cmpuint (g_bytes_get_size (pillion_http_response_get_body (responses[0])), ==, SIZE);
      first = test_fixture_await_bytes (self, bytes_task, NULL);
      g_assert_true (first == pillion_http_response_get_body (responses[0]));

      for (guint i = 0; i < N; i++)
        g_object_unref (responses[i]);
      g_assert_cmpuint (test_server_get_requests (server), ==, 1);
      test_server_free (server);
    }
}

/* One that is done is nothing to join */
static void
test_later (TestFixture *self,
            gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);

  test_server_open_gate (server);
  assert_text (self, send_get (self, server, "/number"), "1");
  assert_text (self, send_get (self, server, "/number"), "2");
  test_server_free (server);
}

static void
test_unequal (TestFixture *self,
              gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/number");
  g_autofree char *with_user = g_strconcat ("http://me:secret@", url + strlen ("http://"), NULL);
  PillionHttpRequest *requests[] = {
    get_request (server, "/number"), get_request (server, "/other"), get_request (server, "/number?"), get_request (server, "/number"),
    get_request (server, "/number"), get_request (server, "/number"), get_request (server, "/number"),
    pillion_http_request_new ("HEAD", url), pillion_http_request_new ("OPTIONS", url), pillion_http_request_new ("GET", with_user),
  };
  PillionTask *tasks[G_N_ELEMENTS (requests)];

  pillion_http_client_set_max_connections_per_host (self->client, G_N_ELEMENTS (requests));
  pillion_http_request_set_header (requests[3], "Accept", "text/plain");
  pillion_http_request_set_header (requests[4], "Accept", "text/html");
  pillion_http_request_set_header (requests[5], "Cache-Control", "max-age=0, no-cache");
  pillion_http_request_set_coalescing (requests[6], FALSE);
  g_assert_false (pillion_http_request_get_coalescing (requests[6]));
  g_assert_true (pillion_http_request_get_coalescing (requests[0]));

  for (guint i = 0; i < G_N_ELEMENTS (requests); i++)
    tasks[i] = pillion_http_client_send (self->client, requests[i], NULL);
  test_server_wait_requests (server, G_N_ELEMENTS (requests));
  test_server_open_gate (server);

  for (guint i = 0; i < G_N_ELEMENTS (requests); i++)
    {
      g_autofree char *text = await_text (self, tasks[i]);

      g_object_unref (requests[i]);
    }
  test_server_free (server);
}

/* Another client has other credentials and cookies */
static void
test_clients (TestFixture *self,
              gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autoptr (PillionHttpClient) other = pillion_http_client_new (self->loop);
  g_autoptr (PillionHttpRequest) request = get_request (server, "/number");
  PillionTask *tasks[] = { pillion_http_client_send (self->client, request, NULL), pillion_http_client_send (other, request, NULL) };

  test_server_wait_requests (server, 2);
  test_server_open_gate (server);
  g_free (await_text (self, tasks[0]));
  g_free (await_text (self, tasks[1]));
  test_server_free (server);
}

/* What a program reads after it has changed something was not made before that */
static void
test_after_change (TestFixture *self,
                   gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/number");
  PillionTask *before = send_get (self, server, "/number");
  PillionTask *during;
  PillionTask *post;
  PillionTask *after[2];

  test_server_wait_requests (server, 1);
  post = pillion_http_client_post_json (self->client, url, "{}", NULL);
  during = send_get (self, server, "/number");
  assert_text (self, post, "posted");

  for (guint i = 0; i < 2; i++)
    after[i] = send_get (self, server, "/number");
  test_wait_io_thread ();
  test_server_wait_requests (server, 4);
  test_server_open_gate (server);

  g_free (await_text (self, before));
  g_free (await_text (self, during));
  assert_text (self, after[0], "4");
  assert_text (self, after[1], "4");
  g_assert_cmpuint (test_server_get_requests (server), ==, 4);
  test_server_free (server);
}

/* The server may have done what was asked for, so this holds as well if the change fails */
static void
test_after_cancelled_change (TestFixture *self,
                             gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/number");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("DELETE", url);
  PillionTask *change = pillion_http_client_send (self->client, request, NULL);
  PillionTask *gets[2];

  gets[0] = send_get (self, server, "/number");
  test_server_wait_requests (server, 2);
  pillion_task_cancel (change);
  assert_error (self, change, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  gets[1] = send_get (self, server, "/number");
  test_server_wait_requests (server, 3);
  test_server_open_gate (server);
  g_free (await_text (self, gets[0]));
  g_free (await_text (self, gets[1]));
  test_server_free (server);
}

static void
test_cancel (TestFixture *self,
             gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  PillionTask *tasks[N];

  for (guint i = 0; i < N; i++)
    tasks[i] = send_get (self, server, "/large");
  test_server_wait_requests (server, 1);

  /* The first one, too */
  for (guint i = 0; i < N; i += 2)
    {
      pillion_task_cancel (tasks[i]);
      assert_error (self, tasks[i], G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
  test_server_open_gate (server);
  for (guint i = 1; i < N; i += 2)
    {
      g_autofree char *text = await_text (self, tasks[i]);
      g_autofree guint8 *bytes = test_bytes_new (SIZE);

      g_assert_cmpmem (text, SIZE, bytes, SIZE);
    }

  g_assert_cmpuint (test_server_get_requests (server), ==, 1);
  test_server_free (server);
}

static void
wait_closed (TestConnection *connection,
             const char *request,
             gpointer data)
{
  test_connection_wait_gate (connection);
  test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
  test_connection_wait_closed (connection);
}

/* In the middle of the body; the last one ends the exchange */
static void
test_cancel_all (TestFixture *self,
                 gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, wait_closed, NULL);
  PillionTask *tasks[N];

  pillion_http_client_set_max_connections_per_host (self->client, 1);
  send_together (self, server, "/", tasks);
  while (pillion_task_get_completed (tasks[N - 1]) < 5)
    g_thread_yield ();

  for (guint i = 0; i < N; i++)
    {
      g_assert_cmpint (pillion_task_get_completed (tasks[i]), ==, 5);
      pillion_task_cancel (tasks[i]);
      assert_error (self, tasks[i], G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }

  /* The only place is free */
  tasks[0] = send_get (self, server, "/");
  test_server_wait_requests (server, 2);
  pillion_task_cancel (tasks[0]);
  assert_error (self, tasks[0], G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_server_free (server);
}

/* Each keeps to its own limits, accepted statuses and time limits */
static void
test_own_limits (TestFixture *self,
                 gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  PillionHttpRequest *requests[] = { get_request (server, "/large-chunked"), get_request (server, "/large-chunked"),
                                     get_request (server, "/large-chunked") };
  PillionTask *tasks[3];

  pillion_http_request_set_max_body_size (requests[0], 1024);
  pillion_http_request_set_total_timeout_usec (requests[1], 10000);
  for (guint i = 0; i < 3; i++)
    tasks[i] = pillion_http_client_send (self->client, requests[i], NULL);
  assert_error (self, tasks[1], G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  test_wait_io_thread ();
  test_server_open_gate (server);
  assert_error (self, tasks[0], PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE);
  {
    g_autofree char *text = await_text (self, tasks[2]);
    g_autofree guint8 *bytes = test_bytes_new (SIZE);

    g_assert_cmpmem (text, SIZE, bytes, SIZE);
  }
  g_assert_cmpuint (test_server_get_requests (server), ==, 1);

  for (guint i = 0; i < 3; i++)
    g_object_unref (requests[i]);
  test_server_free (server);
}

static void
test_own_statuses (TestFixture *self,
                   gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autoptr (PillionHttpRequest) strict = get_request (server, "/missing");
  g_autoptr (PillionHttpRequest) lenient = get_request (server, "/missing");
  PillionTask *tasks[4];

  pillion_http_request_accept_statuses (lenient, 404, 404);
  for (guint i = 0; i < 4; i++)
    tasks[i] = pillion_http_client_send (self->client, i % 2 == 0 ? strict : lenient, NULL);
  test_wait_io_thread ();
  test_server_open_gate (server);
  for (guint i = 0; i < 4; i++)
    if (i % 2 == 0)
      assert_error (self, tasks[i], PILLION_HTTP_STATUS_ERROR, 404);
    else
      assert_text (self, tasks[i], "none");

  g_assert_cmpuint (test_server_get_requests (server), ==, 1);
  test_server_free (server);
}

static void
test_redirect (TestFixture *self,
               gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  PillionTask *tasks[N];

  send_together (self, server, "/redirect", tasks);
  for (guint i = 0; i < N; i++)
    assert_text (self, tasks[i], "2");

  g_assert_cmpuint (test_server_get_requests (server), ==, 2);
  test_server_free (server);
}

static void
test_failure (TestFixture *self,
              gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  PillionTask *tasks[N];

  send_together (self, server, "/cut", tasks);
  for (guint i = 0; i < N; i++)
    assert_error (self, tasks[i], PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);

  g_assert_cmpuint (test_server_get_requests (server), ==, 1);
  test_server_free (server);
}

/* Such an answer is for one request only, so the others are sent for themselves */
static void
test_no_store (TestFixture *self,
               gconstpointer data)
{
  static const char *const paths[] = { "/no-store", "/vary" };

  for (guint k = 0; k < G_N_ELEMENTS (paths); k++)
    {
      TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
      PillionTask *tasks[N];

      send_together (self, server, paths[k], tasks);
      for (guint i = 0; i < N; i++)
        g_free (await_text (self, tasks[i]));

      g_assert_cmpuint (test_server_get_requests (server), ==, N);
      test_server_free (server);
    }
}

/* The most urgent of its calls says when the exchange begins */
static void
test_priority (TestFixture *self,
               gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autoptr (PillionHttpRequest) low = get_request (server, "/shared");
  g_autoptr (PillionHttpRequest) high = get_request (server, "/shared");
  PillionTask *first;
  PillionTask *normal;
  PillionTask *shared[2];

  pillion_http_client_set_max_connections_per_host (self->client, 1);
  pillion_http_request_set_priority (low, PILLION_HTTP_PRIORITY_LOW);
  pillion_http_request_set_priority (high, PILLION_HTTP_PRIORITY_HIGH);

  first = send_get (self, server, "/first");
  test_server_wait_requests (server, 1);
  shared[0] = pillion_http_client_send (self->client, low, NULL);
  normal = send_get (self, server, "/normal");
  shared[1] = pillion_http_client_send (self->client, high, NULL);
  test_wait_io_thread ();
  test_server_open_gate (server);

  assert_text (self, first, "1");
  assert_text (self, shared[0], "2");
  assert_text (self, shared[1], "2");
  assert_text (self, normal, "3");
  test_server_free (server);
}

/* A body that is read as it comes, or goes to a file, is its caller's alone */
static void
test_streams (TestFixture *self,
              gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  PillionTask *tasks[2];

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionHttpRequest) request = get_request (server, "/number");

      tasks[i] = pillion_http_client_open (self->client, request, NULL);
    }
  test_server_wait_requests (server, 2);
  test_server_open_gate (server);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionHttpStream) stream = NULL;
      g_autoptr (GError) error = NULL;

      test_fixture_await (self, tasks[i]);
      stream = pillion_task_get_object (tasks[i], &error);
      g_assert_no_error (error);
      g_object_unref (tasks[i]);
    }
  test_server_free (server);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/coalescing/equal-calls-share-one-request", test_share);
  test_case ("/http/coalescing/later-calls-are-sent", test_later);
  test_case ("/http/coalescing/unequal-calls-are-sent", test_unequal);
  test_case ("/http/coalescing/clients-share-nothing", test_clients);
  test_case ("/http/coalescing/reads-after-a-change-are-sent", test_after_change);
  test_case ("/http/coalescing/reads-after-a-cancelled-change-are-sent", test_after_cancelled_change);
  test_case ("/http/coalescing/cancelling-one-leaves-the-others", test_cancel);
  test_case ("/http/coalescing/cancelling-all-ends-the-exchange", test_cancel_all);
  test_case ("/http/coalescing/each-has-its-own-limits", test_own_limits);
  test_case ("/http/coalescing/each-has-its-own-statuses", test_own_statuses);
  test_case ("/http/coalescing/redirected-calls-share-again", test_redirect);
  test_case ("/http/coalescing/all-see-a-failure", test_failure);
  test_case ("/http/coalescing/no-store-is-not-shared", test_no_store);
  test_case ("/http/coalescing/highest-priority-counts", test_priority);
  test_case ("/http/coalescing/streams-are-not-shared", test_streams);

  return g_test_run ();
}
