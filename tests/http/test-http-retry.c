/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Requests that are sent again */

#include <pillion-http/pillion-http.h>

#include <glib/gstdio.h>
#include <string.h>

#define TEXT "0123456789"
#define DIGEST "84d89877f0d4041efb6bf91a16f0248f2fd573e6af05c19f96bedb9f882f7882"

/* A server that refuses or fails for some time */
typedef struct
{
  PillionHttpTestServer *server;
  PillionHttpClient *client;
  guint n_failures;  /* how often it is to fail */
  guint status;      /* with that, or 0 to cut the connection */
  const char *retry_after;
  const char *etag;
  guint n_requests;
  GString *bodies;   /* of the requests, one after the other */
  GString *ranges;
} Fixture;

static PillionTask *
on_request (PillionHttpTestExchange *exchange,
            gpointer data)
{
  Fixture *self = data;
  GBytes *body = pillion_http_test_exchange_get_body (exchange);
  const char *range = pillion_http_test_exchange_get_header (exchange, "Range");
  const char *if_range = pillion_http_test_exchange_get_header (exchange, "If-Range");
  gboolean fails = self->n_requests++ < self->n_failures;

  g_string_append_len (self->bodies, g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  g_string_append_printf (self->ranges, "%s;", range != NULL ? range : "");
  if (self->etag != NULL)
    pillion_http_test_exchange_add_header (exchange, "ETag", self->etag);

  if (fails && self->status != 0)
    {
      pillion_http_test_exchange_set_status (exchange, self->status);
      if (self->retry_after != NULL)
        pillion_http_test_exchange_add_header (exchange, "Retry-After", self->retry_after);
      return NULL;
    }

  if (range != NULL && g_str_equal (range, "bytes=4-") && g_strcmp0 (if_range, self->etag) == 0)
    {
      pillion_http_test_exchange_set_status (exchange, 206);
      pillion_http_test_exchange_add_header (exchange, "Content-Range", "bytes 4-9/10");
      pillion_http_test_exchange_set_text (exchange, TEXT + 4, NULL);
    }
  else
    {
      pillion_http_test_exchange_set_text (exchange, TEXT, NULL);
    }
  if (fails)
    pillion_http_test_exchange_cut (exchange, 4);

  return NULL;
}

static void
fixture_init (Fixture *self,
              PillionLoop *loop)
{
  g_autoptr (GError) error = NULL;

  self->server = pillion_http_test_server_new (loop, &error);
  g_assert_no_error (error);
  self->client = pillion_http_client_new (loop);
  pillion_http_client_set_base_url (self->client, pillion_http_test_server_get_url (self->server));
  self->bodies = g_string_new (NULL);
  self->ranges = g_string_new (NULL);
  pillion_http_test_server_add_handler (self->server, "/", on_request, self, NULL);
}

static void
fixture_clear (Fixture *self)
{
  g_clear_object (&self->client);
  g_clear_object (&self->server);
  g_string_free (self->bodies, TRUE);
  g_string_free (self->ranges, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fixture, fixture_clear)

/* Not by the clock, which waits for the call */
static void
wait_for_request (Fixture *self)
{
  while (self->n_requests == 0)
    {
      g_thread_yield ();
      g_assert_true (pillion_yield (NULL));
    }
}

static void
assert_gets (Fixture *self,
             guint n_requests)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, "/a", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = pillion_await_bytes (task, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), TEXT, strlen (TEXT));
  g_assert_cmpuint (self->n_requests, ==, n_requests);
}

static void
assert_refused (Fixture *self,
                int status,
                guint n_requests)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, "/a", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, PILLION_HTTP_STATUS_ERROR, status);
  g_assert_cmpuint (self->n_requests, ==, n_requests);
}

static void
test_status (PillionLoop *loop,
             gpointer data)
{
  g_auto (Fixture) self = { .n_failures = 2, .status = 503, .retry_after = "0" };

  fixture_init (&self, loop);
  pillion_http_client_set_max_retries (self.client, 2);
  assert_gets (&self, 3);
}

static void
test_gives_up (PillionLoop *loop,
               gpointer data)
{
  g_auto (Fixture) self = { .n_failures = G_MAXUINT, .status = 429, .retry_after = "0" };

  fixture_init (&self, loop);
  pillion_http_client_set_max_retries (self.client, 1);
  assert_refused (&self, 429, 2);
}

static void
test_off (PillionLoop *loop,
          gpointer data)
{
  g_auto (Fixture) self = { .n_failures = 1, .status = 503, .retry_after = "0" };

  fixture_init (&self, loop);
  g_assert_cmpuint (pillion_http_client_get_max_retries (self.client), ==, 0);
  assert_refused (&self, 503, 1);
}

static void
test_statuses (PillionLoop *loop,
               gpointer data)
{
  static const guint again[] = { 408, 425, 429, 500, 502, 503, 504, 599 };
  static const guint once[] = { 400, 401, 403, 404, 409, 410, 501, 505 };

  for (guint i = 0; i < G_N_ELEMENTS (again); i++)
    {
      g_auto (Fixture) self = { .n_failures = 1, .status = again[i], .retry_after = "0" };

      fixture_init (&self, loop);
      pillion_http_client_set_max_retries (self.client, 1);
      assert_gets (&self, 2);
    }
  for (guint i = 0; i < G_N_ELEMENTS (once); i++)
    {
      g_auto (Fixture) self = { .n_failures = 1, .status = once[i], .retry_after = "0" };

      fixture_init (&self, loop);
      pillion_http_client_set_max_retries (self.client, 1);
      assert_refused (&self, (int) once[i], 1);
    }
}

static void
send (Fixture *self,
      const char *method,
      const char *key,
      int max_retries,
      guint status)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new (method, "/a");
  g_autoptr (GBytes) body = g_bytes_new_static ("abc", 3);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpResponse) response = NULL;

  self->n_requests = 0;
  pillion_http_request_set_body (request, body, "text/plain");
  pillion_http_request_accept_statuses (request, 200, 999);
  pillion_http_request_set_max_retries (request, max_retries);
  if (key != NULL)
    pillion_http_request_set_header (request, "Idempotency-Key", key);
  task = pillion_http_client_send (self->client, request, NULL);
  response = pillion_await_object (task, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (pillion_http_response_get_status (response), ==, status);
}

static void
test_methods (PillionLoop *loop,
              gpointer data)
{
  g_auto (Fixture) self = { .n_failures = 1, .status = 503, .retry_after = "0" };

  fixture_init (&self, loop);
  pillion_http_client_set_max_retries (self.client, 1);
  send (&self, "POST", NULL, 0, 503);
  send (&self, "PATCH", NULL, 0, 503);
  g_assert_cmpstr (self.bodies->str, ==, "abcabc");

  g_string_truncate (self.bodies, 0);
  send (&self, "PUT", NULL, 0, 200);
  send (&self, "POST", "4711", 0, 200);
  g_assert_cmpstr (self.bodies->str, ==, "abcabcabcabc");
}

static void
test_request_decides (PillionLoop *loop,
                      gpointer data)
{
  g_auto (Fixture) self = { .n_failures = 2, .status = 503, .retry_after = "0" };

  fixture_init (&self, loop);
  send (&self, "PUT", NULL, 2, 200);
  g_assert_cmpuint (self.n_requests, ==, 3);
  pillion_http_client_set_max_retries (self.client, 2);
  send (&self, "PUT", NULL, -1, 503);
  g_assert_cmpuint (self.n_requests, ==, 1);
}

static void
test_retry_after (PillionLoop *loop,
                  gpointer data)
{
  g_auto (Fixture) dated = { .n_failures = 1, .status = 503, .retry_after = "Sun, 06 Nov 1994 08:49:37 GMT" };
  g_auto (Fixture) far = { .n_failures = 1, .status = 503, .retry_after = "121" };
  g_auto (Fixture) soon = { .n_failures = 1, .status = 503, .retry_after = "1" };
  gint64 start;

  fixture_init (&dated, loop);
  pillion_http_client_set_max_retries (dated.client, 1);
  assert_gets (&dated, 2);

  fixture_init (&far, loop);
  pillion_http_client_set_max_retries (far.client, 1);
  assert_refused (&far, 503, 1);

  fixture_init (&soon, loop);
  pillion_http_client_set_max_retries (soon.client, 1);
  start = g_get_monotonic_time ();
  assert_gets (&soon, 2);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, G_USEC_PER_SEC);
}

static void
test_lost_connection (PillionLoop *loop,
                      gpointer data)
{
  g_auto (Fixture) self = { .n_failures = 1 };
  gint64 start = g_get_monotonic_time ();

  fixture_init (&self, loop);
  pillion_http_client_set_max_retries (self.client, 1);
  assert_gets (&self, 2);
  /* It backed off */
  g_assert_cmpint (g_get_monotonic_time () - start, >=, G_USEC_PER_SEC / 4);
}

/* What never left can be sent again whatever it is */
static void
test_refused_connection (PillionLoop *loop,
                         gpointer data)
{
  g_auto (Fixture) self = { 0 };
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  fixture_init (&self, loop);
  pillion_http_test_server_close (self.server);
  pillion_http_client_set_max_retries (self.client, 1);
  task = pillion_http_client_post_json (self.client, "/a", "{}", NULL);
  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, G_USEC_PER_SEC / 4);
}

static void
assert_downloads (Fixture *self,
                  const char *method,
                  const char *ranges)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new (method, "/a");
  g_autofree char *folder = g_dir_make_tmp ("pillion-retry-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "file", NULL);
  g_autoptr (GFile) target = g_file_new_for_path (path);
  g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();
  g_autofree char *content = NULL;
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  pillion_http_client_set_max_retries (self->client, 1);
  pillion_http_download_options_set_digest (options, DIGEST);
  task = pillion_http_client_send_to_file (self->client, request, target, options, NULL);
  pillion_await (task, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, TEXT);
  g_assert_cmpstr (self->ranges->str, ==, ranges);

  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_download_goes_on (PillionLoop *loop,
                       gpointer data)
{
  g_auto (Fixture) self = { .n_failures = 1, .etag = "\"one\"" };

  fixture_init (&self, loop);
  assert_downloads (&self, "GET", ";bytes=4-;");
}

/* Nothing says that the rest would be of the same version */
static void
test_download_starts_over (PillionLoop *loop,
                           gpointer data)
{
  g_auto (Fixture) self = { .n_failures = 1 };

  fixture_init (&self, loop);
  assert_downloads (&self, "GET", ";;");
}

/* What another method gives is not told by the URL alone */
static void
test_other_method_starts_over (PillionLoop *loop,
                               gpointer data)
{
  g_auto (Fixture) self = { .n_failures = 1, .etag = "\"one\"" };

  fixture_init (&self, loop);
  assert_downloads (&self, "PUT", ";;");
}

/* The program has the beginning */
static void
test_stream (PillionLoop *loop,
             gpointer data)
{
  g_auto (Fixture) self = { .n_failures = 1 };
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", "/a");
  g_autoptr (PillionTask) opening = NULL, first = NULL, second = NULL;
  g_autoptr (PillionHttpStream) stream = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  pillion_http_client_set_max_retries (self.client, 1);
  opening = pillion_http_client_open (self.client, request, NULL);
  stream = pillion_await_object (opening, &error);
  g_assert_no_error (error);
  first = pillion_http_stream_read (stream, 0, NULL);
  bytes = pillion_await_bytes (first, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "0123", 4);
  second = pillion_http_stream_read (stream, 0, NULL);
  g_assert_false (pillion_await (second, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_assert_cmpuint (self.n_requests, ==, 1);
}

static void
test_cancel (PillionLoop *loop,
             gpointer data)
{
  g_auto (Fixture) self = { .n_failures = 1, .status = 503, .retry_after = "100" };
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  pillion_http_client_set_max_retries (self.client, 1);
  task = pillion_http_client_get_bytes (self.client, "/a", NULL);
  wait_for_request (&self);
  g_assert_false (pillion_task_is_done (task));
  pillion_task_cancel (task);
  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (self.n_requests, ==, 1);
}

static void
test_whole_time (PillionLoop *loop,
                 gpointer data)
{
  g_auto (Fixture) self = { .n_failures = 1, .status = 503, .retry_after = "100" };
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  pillion_http_client_set_max_retries (self.client, 1);
  task = pillion_http_client_get_bytes (self.client, "/a", NULL);
  wait_for_request (&self);
  g_assert_false (pillion_task_is_done (task));
  pillion_http_client_set_total_timeout_usec (self.client, G_USEC_PER_SEC / 5);
  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpuint (self.n_requests, ==, 1);
}

/* While it waits for its retry, a call holds no place in the queue */
static void
test_place (PillionLoop *loop,
            gpointer data)
{
  g_auto (Fixture) self = { .n_failures = 1, .status = 503, .retry_after = "100" };
  g_autoptr (PillionTask) waiting = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  pillion_http_client_set_max_retries (self.client, 1);
  pillion_http_client_set_max_connections (self.client, 1);
  /* Not the address of the others, which would share its answer */
  waiting = pillion_http_client_get_bytes (self.client, "/a?waiting", NULL);
  wait_for_request (&self);
  assert_gets (&self, 2);
  g_assert_false (pillion_task_is_done (waiting));
  pillion_task_cancel (waiting);
  g_assert_false (pillion_await (waiting, &error));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  pillion_test_add_func ("/http/retry/status-that-passes", test_status);
  pillion_test_add_func ("/http/retry/gives-up-with-the-last-error", test_gives_up);
  pillion_test_add_func ("/http/retry/off-by-default", test_off);
  pillion_test_add_func ("/http/retry/statuses", test_statuses);
  pillion_test_add_func ("/http/retry/methods", test_methods);
  pillion_test_add_func ("/http/retry/request-decides", test_request_decides);
  pillion_test_add_func ("/http/retry/retry-after", test_retry_after);
  pillion_test_add_func ("/http/retry/lost-connection", test_lost_connection);
  pillion_test_add_func ("/http/retry/refused-connection", test_refused_connection);
  pillion_test_add_func ("/http/retry/download-goes-on", test_download_goes_on);
  pillion_test_add_func ("/http/retry/download-starts-over", test_download_starts_over);
  pillion_test_add_func ("/http/retry/download-with-another-method-starts-over", test_other_method_starts_over);
  pillion_test_add_func ("/http/retry/stream-that-was-opened-is-not-retried", test_stream);
  pillion_test_add_func ("/http/retry/cancel-while-waiting", test_cancel);
  pillion_test_add_func ("/http/retry/whole-time-counts-the-waits", test_whole_time);
  pillion_test_add_func ("/http/retry/holds-no-place-while-waiting", test_place);

  return g_test_run ();
}
