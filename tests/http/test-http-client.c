/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "http-support.h"

/* Answers by path: the one program that most tests here talk to */
static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  g_autofree char *path = test_request_get_path (request);

  path[strcspn (path, "?")] = '\0';
  if (strcmp (path, "/hello") == 0)
    test_connection_answer (connection, NULL, "hello", -1);
  else if (strcmp (path, "/empty") == 0)
    test_connection_answer (connection, NULL, "", 0);
  else if (strcmp (path, "/none") == 0)
    test_connection_printf (connection, "HTTP/1.1 204 No Content\r\n\r\n");
  else if (strcmp (path, "/chunked") == 0)
    test_connection_printf (connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                        "5\r\nhello\r\n7;x=y\r\n, world\r\n0\r\nX-Trailer: 1\r\n\r\n");
  else if (strcmp (path, "/to-the-end") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello");
      test_connection_close (connection);
    }
  else if (strcmp (path, "/old") == 0)
    {
      test_connection_printf (connection, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello");
      test_connection_close (connection);
    }
  else if (strcmp (path, "/informational") == 0)
    test_connection_printf (connection, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                                        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  else if (strcmp (path, "/request") == 0)
    test_connection_answer (connection, NULL, request, -1);
  else if (strcmp (path, "/gated") == 0)
    {
      test_connection_wait_gate (connection);
      test_connection_answer (connection, NULL, "hello", -1);
    }
  else if (strcmp (path, "/silent") == 0)
    test_connection_wait_closed (connection);
  else if (strcmp (path, "/silent-body") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello");
      test_connection_wait_closed (connection);
    }
  else if (g_str_has_prefix (path, "/status/"))
    test_connection_printf (connection, "HTTP/1.1 %s Some Reason\r\nContent-Length: 4\r\n\r\nbody", path + 8);
  else if (g_str_has_prefix (path, "/bytes/"))
    {
      gsize length = g_ascii_strtoull (path + 7, NULL, 10);
      g_autofree guint8 *bytes = test_bytes_new (length);

      test_connection_answer (connection, NULL, bytes, (gssize) length);
    }
  else
    test_connection_printf (connection, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
}

static void
test_bytes (TestFixture *self,
            gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  static const struct
  {
    const char *path;
    const char *text;
  } cases[] = {
    { "/hello", "hello" },      { "/empty", "" },      { "/none", "" },           { "/chunked", "hello, world" },
    { "/to-the-end", "hello" }, { "/old", "hello" },   { "/informational", "hello" }, { "/hello", "hello" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *url = test_server_url (server, cases[i].path);

      test_fixture_assert_get (self, url, cases[i].text);
    }

  test_server_free (server);
}

static void
test_large (TestFixture *self,
            gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  const gsize sizes[] = { 1, 255 * 1024, 256 * 1024, 1024 * 1024 - 1, 1024 * 1024, 1024 * 1024 + 1, 5 * 1024 * 1024,
                          9 * 1024 * 1024 + 7 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *path = g_strdup_printf ("/bytes/%zu", sizes[i]);
      g_autofree char *url = test_server_url (server, path);
      g_autofree guint8 *expected = test_bytes_new (sizes[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes =
        test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, url, NULL), &error);

      g_assert_no_error (error);
      g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected, sizes[i]);
    }

  test_server_free (server);
}

/* One connection is enough for calls that follow each other, whatever framing the answers have */
static void
serve_announcement (TestConnection *connection,
                    const char *request,
                    gpointer data)
{
  test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\nhello", (const char *) data);
  test_connection_close (connection);
}

/* Whatever is announced, only what comes takes memory, and the limit holds */
static void
test_announcement (TestFixture *self,
                   gconstpointer data)
{
  const struct
  {
    gint64 limit;
    const char *length;
    int code;
  } cases[] = {
    { 64 << 20, "67108864", PILLION_HTTP_ERROR_TRUNCATED },
    { 64 << 20, "67108865", PILLION_HTTP_ERROR_TOO_LARGE },
    { 6, "6", PILLION_HTTP_ERROR_TRUNCATED },
    { 6, "7", PILLION_HTTP_ERROR_TOO_LARGE },
    { 0, "1073741823", PILLION_HTTP_ERROR_TRUNCATED },
    { 0, "1073741824", PILLION_HTTP_ERROR_TRUNCATED },
    { 0, "1073741825", PILLION_HTTP_ERROR_TOO_LARGE },
    { 0, "9223372036854775807", PILLION_HTTP_ERROR_TOO_LARGE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_announcement, (gpointer) cases[i].length);
      g_autofree char *url = test_server_url (server, "/");

      pillion_http_client_set_max_body_size (self->client, cases[i].limit);
      test_fixture_assert_error (self, url, PILLION_HTTP_ERROR, cases[i].code);
      test_server_free (server);
    }
}

/* The last progress is the whole, even if it came right after the one before it */
static void
test_progress (TestFixture *self,
               gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  const gint64 size = 20 * 1024 * 1024;
  g_autofree char *path = g_strdup_printf ("/bytes/%" G_GINT64_FORMAT, size);
  g_autofree char *url = test_server_url (server, path);
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, url, NULL);

  test_fixture_await (self, task);
  g_assert_true (pillion_task_check (task, NULL));
  g_assert_cmpint (pillion_task_get_completed (task), ==, size);
  g_assert_cmpint (pillion_task_get_total (task), ==, size);
  g_assert_cmpstr (pillion_task_get_unit (task), ==, "bytes");
  test_server_free (server);
}

static void
test_keep_alive (TestFixture *self,
                 gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  const char *const paths[] = { "/hello", "/chunked", "/empty", "/status/404", "/chunked", "/hello" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *url = test_server_url (server, paths[i]);
      PillionTask *task = pillion_http_client_get_bytes (self->client, url, NULL);
      g_autoptr (GBytes) bytes = test_fixture_await_bytes (self, task, NULL);

      g_assert_cmpint (bytes != NULL, ==, strcmp (paths[i], "/status/404") != 0);
    }

  g_assert_cmpuint (test_server_get_requests (server), ==, G_N_ELEMENTS (paths));
  g_assert_cmpuint (test_server_get_connections (server), ==, 1);
  test_server_free (server);
}

/* A connection that the server closes between two requests costs nothing but another one */
static void
serve_and_close (TestConnection *connection,
                 const char *request,
                 gpointer data)
{
  test_connection_answer (connection, NULL, "hello", -1);
  test_connection_close (connection);
}

static void
test_closed_between (TestFixture *self,
                     gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_and_close, NULL);
  g_autofree char *url = test_server_url (server, "/");

  for (guint i = 0; i < 20; i++)
    test_fixture_assert_get (self, url, "hello");

  g_assert_cmpuint (test_server_get_connections (server), ==, 20);
  test_server_free (server);
}

static void
test_request (TestFixture *self,
              gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/request");
  g_autofree char *with_password = NULL;
  const char *const agents[] = { "Pillion/1.0.0", "Something/2 (else)", "\303\251", NULL };

  for (guint i = 0; i < G_N_ELEMENTS (agents); i++)
    {
      g_autoptr (GBytes) bytes = NULL;
      g_autofree char *request = NULL;
      g_autofree char *agent = NULL;
      g_autofree char *coding = NULL;
      g_autofree char *authorization = NULL;

      pillion_http_client_set_user_agent (self->client, agents[i]);
      bytes = test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, url, NULL), NULL);
      request = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
      agent = test_request_get_field (request, "User-Agent");
      coding = test_request_get_field (request, "Accept-Encoding");
      authorization = test_request_get_field (request, "Authorization");
      g_assert_true (g_str_has_prefix (request, "GET /request HTTP/1.1\r\n"));
      g_assert_cmpstr (agent, ==, agents[i]);
      g_assert_cmpstr (coding, ==, "gzip, deflate");
      g_assert_null (authorization);
    }

  {
    g_autoptr (GBytes) bytes = NULL;
    g_autofree char *request = NULL;
    g_autofree char *authorization = NULL;

    with_password = g_strdup_printf ("http://user:secret@%s", url + strlen ("http://"));
    bytes = test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, with_password, NULL), NULL);
    request = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
    authorization = test_request_get_field (request, "Authorization");
    g_assert_cmpstr (authorization, ==, "Basic dXNlcjpzZWNyZXQ=");
  }

  /* A line break would begin another field */
  pillion_http_client_set_user_agent (self->client, "a\r\nX: y");
  test_fixture_assert_error (self, url, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST);

  test_server_free (server);
}

static void
test_status (TestFixture *self,
             gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  const int codes[] = { 300, 304, 400, 401, 403, 404, 407, 410, 429, 500, 503, 599 };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_autofree char *path = g_strdup_printf ("/status/%d", codes[i]);
      g_autofree char *url = test_server_url (server, path);

      test_fixture_assert_error (self, url, PILLION_HTTP_STATUS_ERROR, codes[i]);
    }

  test_server_free (server);
}

/* What a message says is for people: no password is in it */
static void
test_no_password (TestFixture *self,
                  gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/status/500");
  g_autofree char *with_password = g_strdup_printf ("http://user:secret@%s", url + strlen ("http://"));
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes =
    test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, with_password, NULL), &error);

  g_assert_error (error, PILLION_HTTP_STATUS_ERROR, 500);
  g_assert_null (strstr (error->message, "secret"));
  g_assert_nonnull (strstr (error->message, "/status/500"));
  test_server_free (server);
}

static void
test_limits (TestFixture *self,
             gconstpointer data)
{
  TestServer *servers[4];
  GPtrArray *tasks = g_ptr_array_new_with_free_func (g_object_unref);

  pillion_http_client_set_max_connections (self->client, 7);
  pillion_http_client_set_max_connections_per_host (self->client, 2);

  for (guint i = 0; i < G_N_ELEMENTS (servers); i++)
    {
      servers[i] = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
      for (guint j = 0; j < 10; j++)
        {
          g_autofree char *url = test_server_url (servers[i], "/gated");
          g_autofree char *numbered = test_numbered_url (url, j);

          g_ptr_array_add (tasks, pillion_http_client_get_bytes (self->client, numbered, NULL));
        }
    }

  /* As many as may run have come: two to each server, and seven in all */
  for (guint i = 0; i < 3; i++)
    test_server_wait_requests (servers[i], 2);
  test_server_wait_requests (servers[3], 1);
  for (guint i = 0; i < G_N_ELEMENTS (servers); i++)
    test_server_open_gate (servers[i]);

  for (guint i = 0; i < tasks->len; i++)
    {
      g_autoptr (GBytes) bytes = NULL;

      test_fixture_await (self, tasks->pdata[i]);
      bytes = pillion_task_get_bytes (tasks->pdata[i], NULL);
      g_assert_nonnull (bytes);
    }

  for (guint i = 0; i < G_N_ELEMENTS (servers); i++)
    {
      g_assert_cmpuint (test_server_get_requests (servers[i]), ==, 10);
      g_assert_cmpuint (test_server_get_peak (servers[i]), <=, 2);
      test_server_free (servers[i]);
    }

  g_ptr_array_unref (tasks);
}

static void
count_done (PillionTask *task,
            gpointer data)
{
  (*(guint *) data)++;
}

static void
test_thousand (TestFixture *self,
               gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/hello");
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);
  guint n_done = 0;

  for (guint i = 0; i < 1000; i++)
    {
      g_autofree char *numbered = test_numbered_url (url, i);

      g_ptr_array_add (tasks, pillion_http_client_get_bytes (self->client, numbered, NULL));
      pillion_task_add_done_callback (tasks->pdata[i], count_done, &n_done, NULL);
    }

  for (guint i = 0; i < tasks->len; i++)
    {
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GError) error = NULL;

      test_fixture_await (self, tasks->pdata[i]);
      bytes = pillion_task_get_bytes (tasks->pdata[i], &error);
      g_assert_no_error (error);
      g_assert_cmpuint (g_bytes_get_size (bytes), ==, 5);
    }

  g_assert_cmpuint (n_done, ==, 1000);
  g_assert_cmpuint (test_server_get_peak (server), <=, 6);
  g_assert_cmpuint (test_server_get_connections (server), <=, 6);
  test_server_free (server);
}

/* No kick is needed for anything but the callbacks */
static void
test_stalled_host (TestFixture *self,
                   gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/hello");
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);
  guint n_done = 0;

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *numbered = test_numbered_url (url, i);

      g_ptr_array_add (tasks, pillion_http_client_get_bytes (self->client, numbered, NULL));
      pillion_task_add_done_callback (tasks->pdata[i], count_done, &n_done, NULL);
    }

  /* Nobody kicks */
  test_server_wait_requests (server, 100);
  for (guint i = 0; i < tasks->len; i++)
    while (!pillion_task_is_done (tasks->pdata[i]))
      g_thread_yield ();
  g_assert_cmpuint (n_done, ==, 0);

  test_fixture_await (self, tasks->pdata[99]);
  for (guint i = 0; i < tasks->len; i++)
    {
      g_autoptr (GBytes) bytes = NULL;

      test_fixture_await (self, tasks->pdata[i]);
      bytes = pillion_task_get_bytes (tasks->pdata[i], NULL);
      g_assert_nonnull (bytes);
    }
  g_assert_cmpuint (n_done, ==, 100);
  test_server_free (server);
}

static void
assert_cancelled (TestFixture *self,
                  PillionTask *task)
{
  g_autoptr (GError) error = NULL;

  test_fixture_await (self, task);
  g_assert_null (pillion_task_get_bytes (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_CANCELLED);
  g_object_unref (task);
}

static void
test_cancel (TestFixture *self,
             gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *silent = test_server_url (server, "/silent");
  g_autofree char *silent_body = test_server_url (server, "/silent-body");
  g_autofree char *hello = test_server_url (server, "/hello");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  PillionTask *task;
  PillionTask *queued;
  guint n = 0;

  pillion_http_client_set_max_connections_per_host (self->client, 1);

  /* Before it began */
  g_cancellable_cancel (cancellable);
  assert_cancelled (self, pillion_http_client_get_bytes (self->client, silent, cancellable));
  g_cancellable_reset (cancellable);

  /* At once, wherever it is then */
  for (guint i = 0; i < 20; i++)
    {
      task = pillion_http_client_get_bytes (self->client, silent, NULL);
      pillion_task_cancel (task);
      assert_cancelled (self, task);
    }

  /* Before the head, and in the queue, through the caller's cancellable */
  n = test_server_get_requests (server);
  task = pillion_http_client_get_bytes (self->client, silent, cancellable);
  queued = pillion_http_client_get_bytes (self->client, hello, cancellable);
  test_server_wait_requests (server, n + 1);
  g_cancellable_cancel (cancellable);
  assert_cancelled (self, queued);
  assert_cancelled (self, task);

  /* In the body */
  n = test_server_get_requests (server);
  task = pillion_http_client_get_bytes (self->client, silent_body, NULL);
  test_server_wait_requests (server, n + 1);
  while (pillion_task_get_completed (task) < 5)
    g_thread_yield ();
  g_assert_cmpint (pillion_task_get_total (task), ==, 100);
  g_assert_cmpstr (pillion_task_get_unit (task), ==, "bytes");
  pillion_task_cancel (task);
  assert_cancelled (self, task);

  /* After the end it does nothing */
  task = pillion_http_client_get_bytes (self->client, hello, NULL);
  test_fixture_await (self, task);
  pillion_task_cancel (task);
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_SUCCEEDED);
  g_object_unref (task);

  /* And the client still works */
  test_fixture_assert_get (self, hello, "hello");
  test_server_free (server);
}

static gpointer
cancel_in_thread (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return NULL;
}

/* Like any task's work, a transfer obeys the task's own cancellable. It does so at once: no kick takes the request to it. */
static void
test_cancel_own_cancellable (TestFixture *self,
                             gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *silent = test_server_url (server, "/silent");

  for (guint i = 0; i < 20; i++)
    {
      PillionTask *task = pillion_http_client_get_bytes (self->client, silent, NULL);
      GCancellable *cancellable = pillion_task_get_cancellable (task);
      gint64 end = g_get_monotonic_time () + 20 * G_USEC_PER_SEC;

      if (i % 2 == 0)
        test_server_wait_requests (server, i / 2 + 1);
      g_thread_join (g_thread_new ("cancels", cancel_in_thread, cancellable));
      while (pillion_task_get_state (task) == PILLION_TASK_PENDING)
        {
          g_assert_cmpint (g_get_monotonic_time (), <, end);
          g_thread_yield ();
        }
      assert_cancelled (self, task);
    }

  test_server_free (server);
}

/* A request to end may come from anywhere while the transfer ends by itself */
static void
test_cancel_at_the_end (TestFixture *self,
                        gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *hello = test_server_url (server, "/hello");

  test_fixture_assert_get (self, hello, "hello");
  for (guint i = 0; i < 200; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, hello, cancellable);
      g_autoptr (GError) error = NULL;
      gint64 until = g_get_monotonic_time () + i * 5;
      g_autoptr (GBytes) bytes = NULL;
      GThread *thread;

      while (g_get_monotonic_time () < until)
        g_thread_yield ();
      thread = g_thread_new ("cancels", cancel_in_thread, cancellable);
      test_fixture_await (self, task);
      bytes = pillion_task_get_bytes (task, &error);
      if (bytes == NULL)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      else
        g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "hello", 5);
      g_thread_join (thread);
    }

  test_fixture_assert_get (self, hello, "hello");
  test_server_free (server);
}

/* Somebody may keep a task for its result: that keeps no thread and no connection */
static void
test_finished_task_keeps_nothing (TestFixture *self,
                                  gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *hello = test_server_url (server, "/hello");
  g_autofree char *silent = test_server_url (server, "/silent");
  g_autoptr (PillionTask) succeeded = pillion_http_client_get_bytes (self->client, hello, NULL);
  g_autoptr (PillionTask) cancelled = pillion_http_client_get_bytes (self->client, silent, NULL);

  test_fixture_await (self, succeeded);
  pillion_task_cancel (cancelled);
  test_fixture_await (self, cancelled);
  g_clear_object (&self->client);
  test_wait_io_thread_gone ();

  pillion_task_cancel (succeeded);
  g_assert_cmpint (pillion_task_get_state (succeeded), ==, PILLION_TASK_SUCCEEDED);
  g_assert_cmpint (pillion_task_get_state (cancelled), ==, PILLION_TASK_CANCELLED);
  test_server_free (server);
}

/* Closing the loop ends what runs, what waits, and what nobody holds any more */
static void
test_close (TestFixture *self,
            gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/silent");
  g_autoptr (GError) error = NULL;
  guint n_done = 0;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *numbered = test_numbered_url (url, i);
      PillionTask *task = pillion_http_client_get_bytes (self->client, numbered, NULL);

      pillion_task_add_done_callback (task, count_done, &n_done, NULL);
      g_object_unref (task);
    }
  test_server_wait_requests (server, 6);

  g_assert_true (pillion_loop_close (self->loop, 60 * G_TIME_SPAN_SECOND, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_done, ==, 20);

  /* A client of a closed loop says so */
  {
    g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, url, NULL);

    g_assert_true (pillion_task_is_done (task));
    g_assert_null (pillion_task_get_bytes (task, &error));
    g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  }

  test_server_free (server);
}

/* Transfers outlive the client that began them */
static void
test_client_first (TestFixture *self,
                   gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/gated");
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *numbered = test_numbered_url (url, i);

      g_ptr_array_add (tasks, pillion_http_client_get_bytes (self->client, numbered, NULL));
    }
  g_assert_finalize_object (g_steal_pointer (&self->client));
  test_server_open_gate (server);

  for (guint i = 0; i < tasks->len; i++)
    {
      g_autoptr (GBytes) bytes = NULL;

      test_fixture_await (self, tasks->pdata[i]);
      bytes = pillion_task_get_bytes (tasks->pdata[i], NULL);
      g_assert_nonnull (bytes);
    }

  test_server_free (server);
}

static void
test_idle_timeout (TestFixture *self,
                   gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *silent = test_server_url (server, "/silent");
  g_autofree char *silent_body = test_server_url (server, "/silent-body");
  PillionTask *tasks[2];
  guint n;

  pillion_http_client_set_idle_timeout_usec (self->client, G_USEC_PER_SEC);
  tasks[0] = pillion_http_client_get_bytes (self->client, silent, NULL);
  tasks[1] = pillion_http_client_get_bytes (self->client, silent_body, NULL);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      test_fixture_await (self, tasks[i]);
      g_assert_null (pillion_task_get_bytes (tasks[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
      g_object_unref (tasks[i]);
    }

  /* What runs already hears of another timeout */
  pillion_http_client_set_idle_timeout_usec (self->client, 0);
  /* Not every call above had the time to send one */
  n = test_server_get_requests (server);
  tasks[0] = pillion_http_client_get_bytes (self->client, silent, NULL);
  test_server_wait_requests (server, n + 1);
  pillion_http_client_set_idle_timeout_usec (self->client, G_USEC_PER_SEC);
  {
    g_autoptr (GError) error = NULL;

    test_fixture_await (self, tasks[0]);
    g_assert_null (pillion_task_get_bytes (tasks[0], &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
    g_object_unref (tasks[0]);
  }

  test_server_free (server);
}

/* A host that stalls longer than the timeout loses nothing that has come meanwhile */
static void
test_idle_timeout_stalled_host (TestFixture *self,
                                gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *hello = test_server_url (server, "/hello");
  g_autofree char *silent = test_server_url (server, "/silent");
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (PillionTask) other = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  task = pillion_http_client_get_bytes (self->client, hello, NULL);
  while (!pillion_task_is_done (task))
    g_thread_yield ();
  pillion_http_client_set_idle_timeout_usec (self->client, G_USEC_PER_SEC);
  other = pillion_http_client_get_bytes (self->client, silent, NULL);

  /* The other one says when the timeout is over, without a kick */
  while (!pillion_task_is_done (other))
    g_thread_yield ();

  test_fixture_await (self, task);
  bytes = pillion_task_get_bytes (task, &error);
  g_assert_no_error (error);
  test_fixture_await (self, other);
  g_assert_false (pillion_task_check (other, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  test_server_free (server);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/client/bytes", test_bytes);
  test_case ("/http/client/large", test_large);
  test_case ("/http/client/announcement", test_announcement);
  test_case ("/http/client/progress-is-whole-in-the-end", test_progress);
  test_case ("/http/client/keep-alive", test_keep_alive);
  test_case ("/http/client/closed-between", test_closed_between);
  test_case ("/http/client/request", test_request);
  test_case ("/http/client/status", test_status);
  test_case ("/http/client/no-password", test_no_password);
  test_case ("/http/client/limits", test_limits);
  test_case ("/http/client/thousand", test_thousand);
  test_case ("/http/client/stalled-host", test_stalled_host);
  test_case ("/http/client/cancel", test_cancel);
  test_case ("/http/client/cancel-own-cancellable", test_cancel_own_cancellable);
  test_case ("/http/client/cancel-at-the-end", test_cancel_at_the_end);
  test_case ("/http/client/finished-task-keeps-nothing", test_finished_task_keeps_nothing);
  test_case ("/http/client/close", test_close);
  test_case ("/http/client/client-first", test_client_first);
  test_case ("/http/client/idle-timeout", test_idle_timeout);
  test_case ("/http/client/idle-timeout-stalled-host", test_idle_timeout_stalled_host);

  return g_test_run ();
}
