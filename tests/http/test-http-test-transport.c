/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What answers in place of the network, on the clock of the loop */

#include "await-support.h"

#include <string.h>

#include <glib/gstdio.h>

#define ITEM "https://api.example.org/item"

typedef struct
{
  PillionHttpTestTransport *transport;
  PillionHttpClient *client;
} Fixture;

static Fixture
fixture_new (PillionLoop *loop)
{
  Fixture self = { pillion_http_test_transport_new (loop), pillion_http_client_new (loop) };

  pillion_http_client_set_transport (self.client, self.transport);
  return self;
}

static void
fixture_clear (Fixture *self)
{
  g_clear_object (&self->transport);
  g_clear_object (&self->client);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fixture, fixture_clear)

static void
add_text (PillionHttpTestTransport *transport,
          const char *url,
          const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  pillion_http_test_transport_add_bytes (transport, url, bytes, "text/plain");
}

static void
assert_gets (PillionHttpClient *client,
             const char *url,
             const char *text)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (client, url, NULL);

  assert_text (task, text);
}

static void
assert_fails (PillionHttpClient *client,
              const char *url,
              GQuark domain,
              int code)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (client, url, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, domain, code);
}

static void
test_urls (PillionLoop *loop,
           gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);

  add_text (self.transport, ITEM, "this host's");
  add_text (self.transport, "/item", "another host's");
  add_text (self.transport, "/below/", "below");
  add_text (self.transport, "http://localhost:8080", "root");

  assert_gets (self.client, ITEM, "this host's");
  assert_gets (self.client, ITEM "?page=2", "this host's");
  assert_gets (self.client, "https://api.example.org:443/item", "this host's");
  assert_gets (self.client, "http://example.com/item", "another host's");
  assert_gets (self.client, "http://example.com/below/it", "below");
  assert_gets (self.client, "http://localhost:8080/", "root");
  assert_fails (self.client, "http://localhost/", PILLION_HTTP_STATUS_ERROR, 404);

  g_assert_cmpuint (pillion_http_test_transport_get_n_requests (self.transport, ITEM), ==, 3);
  g_assert_cmpuint (pillion_http_test_transport_get_n_requests (self.transport, "/item"), ==, 4);
  g_assert_cmpuint (pillion_http_test_transport_get_n_requests (self.transport, "/"), ==, 2);
  g_assert_cmpuint (pillion_http_test_transport_get_n_requests (self.transport, "/none"), ==, 0);
  g_assert_cmpuint (pillion_http_test_transport_get_n_requests (self.transport, NULL), ==, 7);

  add_text (self.transport, ITEM, "new");
  assert_gets (self.client, ITEM, "new");
}

static void
count_progress (PillionTask *task,
                gpointer n)
{
  ++*(guint *) n;
}

/* The host has to deal with every report */
static void
test_progress (PillionLoop *loop,
               gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (1000000), 1000000);
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);
  const gint64 start = pillion_loop_get_now (loop);
  const guint n_tasks = 50;
  /* Not on the stack of the fiber, which valgrind doesn't let others read */
  g_autofree guint *counts = g_new0 (guint, n_tasks);
  guint n = 0;
  gint64 msec;

  pillion_http_test_transport_add_bytes (self.transport, "/large", bytes, NULL);
  pillion_http_client_set_max_connections (self.client, n_tasks);
  pillion_http_client_set_max_connections_per_host (self.client, n_tasks);
  for (guint i = 0; i < n_tasks; i++)
    {
      g_autofree char *url = g_strdup_printf ("https://example.org/large?%u", i);
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
      PillionTask *task;

      pillion_http_request_set_rate_limit (request, 200000);
      task = pillion_http_client_send (self.client, request, NULL);
      g_signal_connect (task, "progress", G_CALLBACK (count_progress), &counts[i]);
      g_ptr_array_add (tasks, task);
    }
  for (guint i = 0; i < tasks->len; i++)
    g_assert_true (pillion_await (tasks->pdata[i], NULL));

  msec = (pillion_loop_get_now (loop) - start) / 1000;
  g_assert_cmpint (msec, >=, 2000);
  for (guint i = 0; i < n_tasks; i++)
    {
      /* The last report comes with the next kick */
      g_signal_handlers_disconnect_by_data (tasks->pdata[i], &counts[i]);
      g_assert_cmpuint (counts[i], >=, 5);
      n += counts[i];
    }
  /* The first and the last report of each are at once */
  g_assert_cmpint (n, <=, msec + 2 * (gint64) n_tasks);
}

static void
sleep_for (PillionLoop *loop,
           GTimeSpan usec)
{
  g_autoptr (PillionTask) sleeping = pillion_loop_sleep (loop, usec, NULL);

  g_assert_true (pillion_await (sleeping, NULL));
}

/* A report that comes too soon after another one is made when it may be, even if nothing arrives any more. Each 20 ms bring 4,000 bytes. */
static void
test_late_progress (PillionLoop *loop,
                    gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  g_autoptr (GBytes) bytes = g_bytes_new_take (g_malloc0 (1000000), 1000000);
  g_autofree char *folder = g_dir_make_tmp ("pillion-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "file", NULL);
  g_autofree char *part = g_build_filename (folder, ".file.pillion-part", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  const char *const url = "https://example.org/large";
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionTask) getting = NULL, downloading = NULL;
  guint n = 0;

  pillion_http_test_transport_add_bytes (self.transport, "/large", bytes, NULL);
  pillion_http_request_set_rate_limit (request, 200000);
  getting = pillion_http_client_send (self.client, request, NULL);
  downloading = pillion_http_client_send_to_file (self.client, request, file, NULL, NULL);
  sleep_for (loop, 25000);
  g_assert_cmpint (pillion_task_get_completed (getting), ==, 4000);
  g_assert_cmpint (pillion_task_get_completed (downloading), ==, 4000);

  pillion_http_client_pause_download (self.client, downloading);
  sleep_for (loop, 10000);
  g_assert_cmpint (pillion_task_get_completed (getting), ==, 8000);
  g_assert_cmpint (pillion_task_get_completed (downloading), ==, 8000);
  g_assert_cmpint (pillion_task_get_total (downloading), ==, 1000000);

  /* There are no more of them than arrives */
  g_signal_connect (downloading, "progress", G_CALLBACK (count_progress), &n);
  sleep_for (loop, 100000);
  g_assert_cmpuint (n, ==, 0);

  /* What has come is told before the end, and nothing after it */
  sleep_for (loop, 6000);
  pillion_task_cancel (getting);
  g_assert_false (pillion_await (getting, NULL));
  g_assert_cmpint (pillion_task_get_completed (getting), ==, 32000);
  pillion_task_cancel (downloading);
  g_assert_false (pillion_await (downloading, NULL));
  sleep_for (loop, 100000);
  g_unlink (part);
  g_rmdir (folder);
}

static PillionTask *
on_echo (PillionHttpTestExchange *exchange,
         gpointer data)
{
  g_autofree char *text = g_strdup_printf ("%s %s?%s %s %s ", pillion_http_test_exchange_get_method (exchange),
                                           pillion_http_test_exchange_get_path (exchange),
                                           pillion_http_test_exchange_get_query (exchange),
                                           pillion_http_test_exchange_get_header (exchange, "host"),
                                           pillion_http_test_exchange_get_header (exchange, "x-tag"));
  GBytes *body = pillion_http_test_exchange_get_body (exchange);
  g_autoptr (GByteArray) all = g_byte_array_new ();
  g_autoptr (GBytes) answer = NULL;

  g_byte_array_append (all, (const guint8 *) text, (guint) strlen (text));
  g_byte_array_append (all, g_bytes_get_data (body, NULL), (guint) g_bytes_get_size (body));
  answer = g_bytes_new (all->data, all->len);
  pillion_http_test_exchange_set_status (exchange, 201);
  pillion_http_test_exchange_add_header (exchange, "X-Answer", "1");
  pillion_http_test_exchange_add_header (exchange, "X-Answer", "2");
  pillion_http_test_exchange_set_body (exchange, answer, "text/plain");

  return NULL;
}

static void
test_request_and_response (PillionLoop *loop,
                           gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("PUT", "https://api.example.org:444/echo?a=b");
  g_autoptr (GBytes) body = g_bytes_new ("body", 4);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  pillion_http_test_transport_add_handler (self.transport, "/echo", on_echo, NULL, NULL);
  pillion_http_request_set_header (request, "X-Tag", "tag");
  pillion_http_request_set_body (request, body, NULL);
  task = pillion_http_client_send (self.client, request, NULL);
  response = pillion_await_object (task, &error);
  g_assert_no_error (error);

  text = pillion_http_response_dup_text (response, NULL);
  g_assert_cmpstr (text, ==, "PUT /echo?a=b api.example.org:444 tag body");
  g_assert_cmpuint (pillion_http_response_get_status (response), ==, 201);
  g_assert_cmpstr (pillion_http_response_get_reason (response), ==, "Created");
  g_assert_cmpstr (pillion_http_response_get_header (response, "x-answer"), ==, "1, 2");
  g_assert_cmpstr (pillion_http_response_get_header (response, "content-length"), ==, "42");
}

/* A file is read on another thread, for which the clock waits */
static void
test_upload_and_download (PillionLoop *loop,
                          gpointer data)
{
  const gsize size = 3 * 1024 * 1024 + 1;
  g_auto (Fixture) self = fixture_new (loop);
  g_autofree char *folder = g_dir_make_tmp ("pillion-XXXXXX", NULL);
  g_autofree char *from_path = g_build_filename (folder, "from", NULL);
  g_autofree char *to_path = g_build_filename (folder, "to", NULL);
  g_autoptr (GFile) from = g_file_new_for_path (from_path);
  g_autoptr (GFile) to = g_file_new_for_path (to_path);
  g_autofree char *content = g_malloc (size);
  g_autofree char *arrived = NULL;
  g_autoptr (PillionTask) upload = NULL, download = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  memset (content, 'x', size);
  g_assert_true (g_file_set_contents (from_path, content, (gssize) size, NULL));
  pillion_http_test_transport_add_handler (self.transport, "/echo", on_echo, NULL, NULL);
  pillion_http_client_set_idle_timeout_usec (self.client, 1);
  upload = pillion_http_client_upload (self.client, "https://example.org/echo", from, NULL);
  g_assert_true (pillion_await (upload, &error));
  g_assert_no_error (error);
  g_assert_cmpint (pillion_task_get_completed (upload), ==, (gint64) size);

  bytes = g_bytes_new_static (content, size);
  pillion_http_test_transport_add_bytes (self.transport, "/big", bytes, NULL);
  download = pillion_http_client_download (self.client, "https://example.org/big", to, NULL, NULL);
  g_assert_true (pillion_await (download, &error));
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (to_path, &arrived, &length, NULL));
  g_assert_cmpmem (arrived, length, content, size);

  g_unlink (from_path);
  g_unlink (to_path);
  g_rmdir (folder);
}

static PillionTask *
on_slow (PillionHttpTestExchange *exchange,
         gpointer data)
{
  pillion_http_test_exchange_set_text (exchange, "late", NULL);
  pillion_http_test_exchange_set_delay (exchange, G_TIME_SPAN_HOUR);

  return NULL;
}

static void
assert_fails_saying (PillionHttpClient *client,
                     const char *end)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (client, ITEM, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_true (g_str_has_suffix (error->message, end));
}

static void
test_time (PillionLoop *loop,
           gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  gint64 start = pillion_loop_get_now (loop);

  pillion_http_test_transport_add_handler (self.transport, "/", on_slow, NULL, NULL);
  pillion_http_client_set_idle_timeout_usec (self.client, 0);
  pillion_http_client_set_first_byte_timeout_usec (self.client, 0);
  assert_gets (self.client, ITEM, "late");
  g_assert_cmpint (pillion_loop_get_now (loop) - start, ==, G_TIME_SPAN_HOUR);

  /* Each limit at its own time */
  start = pillion_loop_get_now (loop);
  pillion_http_client_set_total_timeout_usec (self.client, 30 * G_TIME_SPAN_MINUTE);
  assert_fails (self.client, ITEM, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpint (pillion_loop_get_now (loop) - start, ==, 30 * G_TIME_SPAN_MINUTE);

  start = pillion_loop_get_now (loop);
  pillion_http_client_set_first_byte_timeout_usec (self.client, 20 * G_TIME_SPAN_MINUTE);
  assert_fails (self.client, ITEM, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpint (pillion_loop_get_now (loop) - start, ==, 20 * G_TIME_SPAN_MINUTE);

  start = pillion_loop_get_now (loop);
  pillion_http_client_set_idle_timeout_usec (self.client, 10 * G_TIME_SPAN_MINUTE);
  assert_fails (self.client, ITEM, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpint (pillion_loop_get_now (loop) - start, ==, 10 * G_TIME_SPAN_MINUTE);

  assert_fails_saying (self.client, "sent nothing for 600 seconds");
  pillion_http_client_set_idle_timeout_usec (self.client, G_TIME_SPAN_SECOND);
  assert_fails_saying (self.client, "sent nothing for 1 second");
  pillion_http_client_set_idle_timeout_usec (self.client, 3 * G_TIME_SPAN_SECOND / 2);
  assert_fails_saying (self.client, "sent nothing for 1.5 seconds");
  pillion_http_client_set_first_byte_timeout_usec (self.client, G_TIME_SPAN_SECOND);
  assert_fails_saying (self.client, "did not answer within 1 second");
  pillion_http_client_set_first_byte_timeout_usec (self.client, 0);
  pillion_http_client_set_total_timeout_usec (self.client, G_TIME_SPAN_SECOND);
  assert_fails_saying (self.client, "the whole call took longer than 1 second");
}

static PillionTask *
on_busy (PillionHttpTestExchange *exchange,
         gpointer data)
{
  guint *n_left = data;

  if (*n_left == 0)
    {
      pillion_http_test_exchange_set_text (exchange, "done", NULL);
      return NULL;
    }

  --*n_left;
  pillion_http_test_exchange_set_status (exchange, 503);
  pillion_http_test_exchange_add_header (exchange, "Retry-After", "100");
  return NULL;
}

static void
test_retries (PillionLoop *loop,
              gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  gint64 start = pillion_loop_get_now (loop);
  guint n_left = 3;

  pillion_http_test_transport_add_handler (self.transport, "/", on_busy, &n_left, NULL);
  pillion_http_client_set_max_retries (self.client, 3);
  assert_gets (self.client, ITEM, "done");
  g_assert_cmpint (pillion_loop_get_now (loop) - start, ==, 300 * G_TIME_SPAN_SECOND);
}

static PillionTask *
on_fault (PillionHttpTestExchange *exchange,
          gpointer data)
{
  pillion_http_test_exchange_set_text (exchange, "0123456789", NULL);
  pillion_http_test_exchange_cut (exchange, 4);

  return NULL;
}

static void
test_faults (PillionLoop *loop,
             gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  g_autoptr (GError) error = g_error_new (G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "no such host");

  pillion_http_test_transport_add_handler (self.transport, "/cut", on_fault, NULL, NULL);
  assert_fails (self.client, "https://example.org/cut", PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);

  pillion_http_test_transport_add_error (self.transport, "https://nowhere.example.org/", error);
  assert_fails (self.client, "https://nowhere.example.org/a/b", G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND);
  assert_fails (self.client, "https://example.org/a/b", PILLION_HTTP_STATUS_ERROR, 404);
}

static void
test_ranges (PillionLoop *loop,
             gpointer data)
{
  const struct
  {
    const char *range;
    guint status;
    const char *body;
    const char *content_range;
  } cases[] = {
    { "bytes=2-4", 206, "234", "bytes 2-4/10" },
    { "bytes=7-", 206, "789", "bytes 7-9/10" },
    { "bytes=-2", 206, "89", "bytes 8-9/10" },
    { "bytes=x", 200, "0123456789", NULL },
  };
  g_auto (Fixture) self = fixture_new (loop);

  add_text (self.transport, "/", "0123456789");
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", ITEM);
      g_autoptr (PillionTask) task = NULL;
      g_autoptr (PillionHttpResponse) response = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *text = NULL;

      pillion_http_request_set_header (request, "Range", cases[i].range);
      task = pillion_http_client_send (self.client, request, NULL);
      response = pillion_await_object (task, &error);
      g_assert_no_error (error);
      text = pillion_http_response_dup_text (response, NULL);
      g_assert_cmpuint (pillion_http_response_get_status (response), ==, cases[i].status);
      g_assert_cmpstr (text, ==, cases[i].body);
      g_assert_cmpstr (pillion_http_response_get_header (response, "Content-Range"), ==, cases[i].content_range);
    }
}

static void
test_head (PillionLoop *loop,
           gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;

  add_text (self.transport, "/", "0123456789");
  task = pillion_http_client_head (self.client, ITEM, NULL);
  response = pillion_await_object (task, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (pillion_http_response_get_header (response, "Content-Length"), ==, "10");
  g_assert_cmpuint (g_bytes_get_size (pillion_http_response_get_body (response)), ==, 0);
}

/* A reader that stops is waited for, and can leave */
static void
test_stream (PillionLoop *loop,
             gpointer data)
{
  const gsize size = 5 * 1024 * 1024;
  g_auto (Fixture) self = fixture_new (loop);
  g_autofree char *content = g_malloc0 (size);
  g_autoptr (GBytes) bytes = g_bytes_new_static (content, size);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", ITEM);
  g_autoptr (GError) error = NULL;

  pillion_http_test_transport_add_bytes (self.transport, "/", bytes, NULL);
  for (guint whole = 0; whole < 2; whole++)
    {
      g_autoptr (PillionTask) opening = pillion_http_client_open (self.client, request, NULL);
      g_autoptr (PillionHttpStream) stream = pillion_await_object (opening, &error);
      gsize n = 0;

      g_assert_no_error (error);
      while (n < size && (whole || n == 0))
        {
          g_autoptr (PillionTask) reading = pillion_http_stream_read (stream, 0, NULL);
          g_autoptr (GBytes) piece = pillion_await_bytes (reading, &error);

          g_assert_no_error (error);
          g_assert_cmpuint (g_bytes_get_size (piece), >, 0);
          n += g_bytes_get_size (piece);
        }
      pillion_http_stream_close (stream);
    }
}

static PillionTask *
answer_closure (PillionHttpTestExchange *exchange,
                const char *text)
{
  pillion_http_test_exchange_set_text (exchange, text, NULL);

  return NULL;
}

static void
test_closure (PillionLoop *loop,
              gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);

  g_assert_true (pillion_http_test_transport_get_loop (self.transport) == loop);
  pillion_http_test_transport_add_handler_closure (self.transport, "/", g_cclosure_new (G_CALLBACK (answer_closure), (gpointer) "closure", NULL));
  assert_gets (self.client, ITEM, "closure");
}

static void
test_cancel (PillionLoop *loop,
             gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  g_autoptr (PillionTask) waiting = NULL, fresh = NULL;
  g_autoptr (PillionTask) pause = NULL;
  g_autoptr (GError) error = NULL;

  pillion_http_test_transport_add_handler (self.transport, "/", on_slow, NULL, NULL);
  waiting = pillion_http_client_get_bytes (self.client, ITEM, NULL);
  pause = pillion_loop_sleep (loop, G_TIME_SPAN_SECOND, NULL);
  g_assert_true (pillion_await (pause, NULL));
  pillion_task_cancel (waiting);
  g_assert_false (pillion_await (waiting, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  fresh = pillion_http_client_get_bytes (self.client, ITEM, NULL);
  pillion_task_cancel (fresh);
  g_assert_false (pillion_await (fresh, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
add_task (PillionTask *task,
          gpointer data)
{
  ++*(guint *) data;
}

/* A call that waits for its answer doesn't keep a loop from being closed, and the client and the transport may go before it */
static void
test_close (void)
{
  g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  Fixture self = fixture_new (loop);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;
  guint n_done = 0;

  pillion_http_test_transport_add_handler (self.transport, "/", on_slow, NULL, NULL);
  task = pillion_http_client_get_bytes (self.client, ITEM, NULL);
  pillion_task_add_done_callback (task, add_task, &n_done, NULL);
  while (pillion_http_test_transport_get_n_requests (self.transport, NULL) == 0)
    pillion_loop_kick (loop);
  fixture_clear (&self);

  g_assert_true (pillion_loop_close (loop, -1, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (n_done, ==, 1);
  g_assert_false (pillion_task_check (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* What had no place yet gets one when the call that was sent is cancelled, but the loop calls nobody back by then */
static void
test_close_with_queue (void)
{
  g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  g_auto (Fixture) self = fixture_new (loop);
  PillionTask *tasks[4];

  pillion_http_client_set_max_connections (self.client, 1);
  pillion_http_test_transport_add_handler (self.transport, "/", on_slow, NULL, NULL);
  add_text (self.transport, "/other", "other");
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = pillion_http_client_get_bytes (self.client, i % 2 == 0 ? ITEM : "http://example.org/other", NULL);
  while (pillion_http_test_transport_get_n_requests (self.transport, NULL) == 0)
    pillion_loop_kick (loop);

  g_assert_true (pillion_loop_close (loop, -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (pillion_task_check (tasks[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_object_unref (tasks[i]);
    }
}

/* Nothing holds a loop without work: neither a client nor a time limit that was not reached */
static void
test_out_of_work (void)
{
  g_autoptr (PillionTestHost) host = pillion_test_host_new ();
  g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  g_auto (Fixture) self = fixture_new (loop);
  g_autoptr (PillionTask) task = NULL;
  gint64 start;

  g_assert_true (pillion_loop_ensure (loop, PILLION_HOST (host), NULL));
  add_text (self.transport, "/", "text");
  start = pillion_loop_get_now (loop);
  task = pillion_http_client_get_bytes (self.client, ITEM, NULL);
  pillion_test_host_run_until_idle (host);
  g_assert_true (pillion_task_check (task, NULL));
  g_assert_cmpint (pillion_loop_get_now (loop), ==, start);
  g_assert_false (pillion_loop_kick (loop));
}

static void
test_set_and_unset (PillionLoop *loop,
                    gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  g_autoptr (PillionHttpTestTransport) other = pillion_http_test_transport_new (loop);
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpTestServer) server = pillion_http_test_server_new (loop, &error);
  g_autofree char *url = g_strconcat (pillion_http_test_server_get_url (server), "/", NULL);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("a server's", 10);

  g_assert_no_error (error);
  add_text (self.transport, "/", "one");
  add_text (other, "/", "two");
  pillion_http_test_server_add_bytes (server, "/", bytes, NULL);

  assert_gets (self.client, url, "one");
  pillion_http_client_set_transport (self.client, other);
  assert_gets (self.client, url, "two");
  pillion_http_client_set_transport (self.client, NULL);
  g_assert_null (pillion_http_client_get_transport (self.client));
  assert_gets (self.client, url, "a server's");
}

static void
test_misuse (PillionLoop *loop,
             gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("", 0);

  ASSERT_CRITICAL (pillion_http_test_transport_add_bytes (self.transport, "item", bytes, NULL));
  ASSERT_CRITICAL (pillion_http_test_transport_add_bytes (self.transport, "ftp://example.org/", bytes, NULL));
  ASSERT_CRITICAL (pillion_http_test_transport_add_bytes (self.transport, "/", bytes, "text/plain\r\nX: y"));
  ASSERT_CRITICAL (pillion_http_test_transport_add_error (self.transport, "/", NULL));
  ASSERT_CRITICAL (pillion_http_test_transport_add_handler (self.transport, "/", NULL, NULL, NULL));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  pillion_test_add_func ("/http/test-transport/a-url-finds-its-answer", test_urls);
  pillion_test_add_func ("/http/test-transport/a-handler-sees-the-request-and-makes-the-response", test_request_and_response);
  pillion_test_add_func ("/http/test-transport/files-are-sent-and-received", test_upload_and_download);
  pillion_test_add_func ("/http/test-transport/delays-and-limits-take-virtual-time", test_time);
  pillion_test_add_func ("/http/test-transport/many-transfers-do-not-flood-the-host-with-progress", test_progress);
  pillion_test_add_func ("/http/test-transport/progress-is-told-even-if-nothing-follows", test_late_progress);
  pillion_test_add_func ("/http/test-transport/retries-wait-in-virtual-time", test_retries);
  pillion_test_add_func ("/http/test-transport/cuts-and-errors-arrive", test_faults);
  pillion_test_add_func ("/http/test-transport/ranges-are-answered", test_ranges);
  pillion_test_add_func ("/http/test-transport/head-has-a-length-and-no-body", test_head);
  pillion_test_add_func ("/http/test-transport/a-stream-has-back-pressure", test_stream);
  pillion_test_add_func ("/http/test-transport/a-closure-answers", test_closure);
  pillion_test_add_func ("/http/test-transport/a-call-can-be-cancelled-at-any-time", test_cancel);
  g_test_add_func ("/http/test-transport/closing-the-loop-cancels-what-waits", test_close);
  g_test_add_func ("/http/test-transport/closing-the-loop-cancels-what-has-no-place", test_close_with_queue);
  g_test_add_func ("/http/test-transport/a-loop-without-calls-is-out-of-work", test_out_of_work);
  pillion_test_add_func ("/http/test-transport/a-client-can-change-it", test_set_and_unset);
  pillion_test_add_func ("/http/test-transport/mistakes-are-told", test_misuse);

  return g_test_run ();
}
