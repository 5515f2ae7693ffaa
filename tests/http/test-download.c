/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "download-support.h"

static void
test_plain (TestFixture *self,
            gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autofree char *path = test_fixture_path (self, "file");
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFile) got = NULL;
  PillionHttpResponse *response;
  g_autoptr (PillionHttpDownload) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *coding = NULL;
  g_autofree char *range = NULL;
  g_autofree char *url = NULL;
  g_autofree char *sha256 = NULL;
  g_autofree char *etag = NULL;
  g_autofree char *type = NULL;
  gint64 size;
  gint64 resumed_from;
  PillionHttpIntegrity integrity;

  test_resource_behave (resource, (TestBehaviour) { .fields = "ETag: W/\"weak\"\r\nContent-Type: text/plain; charset=utf-8\r\n" });
  result = test_fixture_download (self, resource->url, "file", NULL, &error);
  g_assert_no_error (error);
  test_fixture_assert_content (self, "file", resource->bytes, TEST_SIZE);
  g_assert_cmpuint (test_fixture_count_files (self), ==, 1);

  g_assert_cmpstr (pillion_http_download_get_url (result), ==, resource->url);
  g_assert_true (g_file_equal (pillion_http_download_get_file (result), file));
  g_assert_cmpint (pillion_http_download_get_size (result), ==, TEST_SIZE);
  g_assert_cmpint (pillion_http_download_get_resumed_from (result), ==, 0);
  g_assert_null (pillion_http_download_get_sha256 (result));
  g_assert_cmpstr (pillion_http_download_get_etag (result), ==, "W/\"weak\"");
  g_assert_cmpstr (pillion_http_download_get_content_type (result), ==, "text/plain; charset=utf-8");
  response = pillion_http_download_get_response (result);
  g_assert_cmpuint (pillion_http_response_get_status (response), ==, 200);
  g_assert_cmpstr (pillion_http_response_get_header (response, "Content-Type"), ==, "text/plain; charset=utf-8");
  g_assert_cmpuint (g_bytes_get_size (pillion_http_response_get_body (response)), ==, 0);
  g_assert_cmpint (pillion_http_download_get_integrity (result), ==, PILLION_HTTP_INTEGRITY_LENGTH);
  g_object_get (result, "url", &url, "file", &got, "size", &size, "resumed-from", &resumed_from, "sha256", &sha256, "etag",
                &etag, "content-type", &type, "integrity", &integrity, NULL);
  g_assert_cmpstr (url, ==, resource->url);
  g_assert_true (g_file_equal (got, file));
  g_assert_cmpint (size, ==, TEST_SIZE);
  g_assert_cmpint (resumed_from, ==, 0);
  g_assert_null (sha256);
  g_assert_cmpstr (etag, ==, "W/\"weak\"");
  g_assert_cmpstr (type, ==, "text/plain; charset=utf-8");
  g_assert_cmpint (integrity, ==, PILLION_HTTP_INTEGRITY_LENGTH);

  coding = test_resource_get_field (resource, 0, "Accept-Encoding");
  range = test_resource_get_field (resource, 0, "Range");
  g_assert_cmpstr (coding, ==, "identity");
  g_assert_null (range);
  test_resource_free (resource);
}

static void
test_framings (TestFixture *self,
               gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autofree char *sha256 = test_sha256 (resource->bytes, TEST_SIZE);
  g_autofree char *upper = g_ascii_strup (sha256, -1);
  g_autoptr (PillionHttpDownload) result = NULL;

  test_resource_behave (resource, (TestBehaviour) { .chunked = TRUE });
  test_fixture_assert_whole (self, resource, NULL, 0, PILLION_HTTP_INTEGRITY_LENGTH);
  /* Nothing would tell a cut from an end: the result says so */
  test_resource_behave (resource, (TestBehaviour) { .without_length = TRUE });
  test_fixture_assert_whole (self, resource, NULL, 0, PILLION_HTTP_INTEGRITY_UNKNOWN);
  test_fixture_assert_whole (self, resource, sha256, 0, PILLION_HTTP_INTEGRITY_DIGEST);
  test_fixture_assert_whole (self, resource, upper, 0, PILLION_HTTP_INTEGRITY_DIGEST);

  result = test_fixture_download (self, resource->url, "file", upper, NULL);
  g_assert_cmpstr (pillion_http_download_get_sha256 (result), ==, sha256);
  test_resource_free (resource);
}

static void
test_empty (TestFixture *self,
            gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autofree char *sha256 = test_sha256 ("", 0);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionHttpDownload) result = NULL;
      g_autoptr (GError) error = NULL;

      test_resource_behave (resource, (TestBehaviour) { .bytes = (const guint8 *) "", .length = 0, .chunked = i == 1 });
      result = test_fixture_download (self, resource->url, "file", sha256, &error);
      g_assert_no_error (error);
      g_assert_cmpint (pillion_http_download_get_size (result), ==, 0);
      test_fixture_assert_content (self, "file", "", 0);
      g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
    }

  test_resource_free (resource);
}

static void
test_digest_mismatch (TestFixture *self,
                      gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autofree char *wrong = test_sha256 ("something else", 14);

  test_resource_behave (resource, (TestBehaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
  test_fixture_assert_fails (self, resource, wrong, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_DIGEST_MISMATCH, 0);
  test_resource_free (resource);
}

static void
test_status (TestFixture *self,
             gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  const guint codes[] = { 204, 205, 304, 403, 404, 410, 416, 500, 503 };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      test_resource_behave (resource, (TestBehaviour) { .status = codes[i] });
      test_fixture_assert_fails (self, resource, NULL, PILLION_HTTP_STATUS_ERROR, (int) codes[i], 0);
    }

  /* A part of what was asked for as a whole */
  test_resource_behave (resource, (TestBehaviour) { .status = 206 });
  test_fixture_assert_fails (self, resource, NULL, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL, 0);
  test_resource_free (resource);
}

static void
assert_cancelled (TestFixture *self,
                  PillionTask *task,
                  gsize part_size)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (test_fixture_await_download (self, task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  test_fixture_assert_content (self, "file", TEST_OLD, strlen (TEST_OLD));
  g_assert_cmpuint (test_fixture_get_size (self, ".file.pillion-part"), ==, part_size);
  g_assert_cmpuint (test_fixture_count_files (self), ==, part_size > 0 ? 3 : 1);
}

static void
test_cancel (TestFixture *self,
             gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autofree char *path = test_fixture_path (self, "file");
  g_autofree char *sha256 = test_sha256 (resource->bytes, TEST_SIZE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GFile) file = g_file_new_for_path (path);
  PillionTask *task;

  g_assert_true (g_file_set_contents (path, TEST_OLD, -1, NULL));
  pillion_http_client_set_max_connections (self->client, 1);

  /* Before it began */
  g_cancellable_cancel (cancellable);
  assert_cancelled (self, pillion_http_client_download (self->client, resource->url, file, NULL, cancellable), 0);

  /* At once */
  test_resource_behave (resource, (TestBehaviour) { .gated = TRUE });
  for (guint i = 0; i < 20; i++)
    {
      task = test_fixture_start (self, resource->url, "file", sha256);
      pillion_task_cancel (task);
      assert_cancelled (self, task, 0);
    }

  /* In the body, without and with something to resume by; and one in the queue behind it */
  for (guint i = 0; i < 2; i++)
    {
      PillionTask *queued;

      test_resource_behave (resource, (TestBehaviour) { .gated = TRUE, .fields = i == 1 ? "ETag: \"one\"\r\n" : NULL, .validator = "\"one\"" });
      task = test_fixture_start (self, resource->url, "file", NULL);
      queued = test_fixture_start (self, resource->url, "file", NULL);
      /* The second half waits for the gate */
      while (test_fixture_get_size (self, ".file.pillion-part") < TEST_SIZE / 2)
        g_thread_yield ();
      g_assert_cmpint (pillion_task_get_total (task), ==, TEST_SIZE);
      g_assert_cmpstr (pillion_task_get_unit (task), ==, "bytes");
      pillion_task_cancel (queued);
      pillion_task_cancel (task);
      test_fixture_await (self, task);
      assert_cancelled (self, queued, i == 1 ? TEST_SIZE / 2 : 0);
      assert_cancelled (self, task, i == 1 ? TEST_SIZE / 2 : 0);
    }

  test_server_open_gate (resource->server);
  test_resource_behave (resource, (TestBehaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
  test_fixture_assert_whole (self, resource, sha256, TEST_SIZE / 2, PILLION_HTTP_INTEGRITY_DIGEST);
  test_resource_free (resource);
}

/* While the digest is computed: either it comes in time, or it is too late */
static void
test_cancel_verifying (TestFixture *self,
                       gconstpointer data)
{
  const gsize length = 24 * 1024 * 1024;
  g_autofree guint8 *bytes = test_bytes_new (length);
  g_autofree char *sha256 = test_sha256 (bytes, length);
  g_autofree char *path = test_fixture_path (self, "file");
  TestResource *resource = test_resource_new ();
  guint n_cancelled = 0;

  test_resource_behave (resource, (TestBehaviour) { .bytes = bytes, .length = length });
  for (guint i = 0; i < 5; i++)
    {
      PillionTask *task;
      g_autoptr (PillionHttpDownload) result = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_true (g_file_set_contents (path, TEST_OLD, -1, NULL));
      task = test_fixture_start (self, resource->url, "file", sha256);
      while (pillion_task_get_completed (task) < (gint64) length)
        g_thread_yield ();
      pillion_task_cancel (task);
      result = test_fixture_await_download (self, task, &error);
      if (result != NULL)
        {
          test_fixture_assert_content (self, "file", bytes, length);
        }
      else
        {
          n_cancelled++;
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
          test_fixture_assert_content (self, "file", TEST_OLD, strlen (TEST_OLD));
        }
      g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
    }

  g_test_message ("%u of 5 in time", n_cancelled);
  test_resource_free (resource);
}

/* Several workers' steps long, with steps for the digest and the disk on the way; and resumed with a digest */
static void
test_large (TestFixture *self,
            gconstpointer data)
{
  const gsize length = 90 * 1024 * 1024;
  g_autofree guint8 *bytes = test_bytes_new (length);
  g_autofree char *sha256 = test_sha256 (bytes, length);
  TestResource *resource = test_resource_new ();

  test_resource_behave (resource, (TestBehaviour) { .bytes = bytes, .length = length, .fields = "ETag: \"one\"\r\n", .validator = "\"one\"",
                                                .cut = 70 * 1024 * 1024 });
  /* On a slow machine, further connections would fetch what is cut off */
  pillion_http_client_set_max_connections_per_download (self->client, 1);
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (GKeyFile) record = g_key_file_new ();
    g_autofree char *info = test_fixture_path (self, ".file.pillion-part.info");

    g_assert_null (test_fixture_download (self, resource->url, "file", sha256, &error));
    g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
    g_assert_cmpuint (test_fixture_get_size (self, ".file.pillion-part"), ==, 70 * 1024 * 1024);
    g_assert_true (g_key_file_load_from_file (record, info, G_KEY_FILE_NONE, NULL));
    g_assert_cmpint (g_key_file_get_int64 (record, "pillion-part", "safe", NULL), >=, 0);
  }

  test_resource_behave (resource, (TestBehaviour) { .bytes = bytes, .length = length, .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (PillionHttpDownload) result = test_fixture_download (self, resource->url, "file", sha256, &error);

    g_assert_no_error (error);
    g_assert_cmpint (pillion_http_download_get_resumed_from (result), ==, 70 * 1024 * 1024);
    test_fixture_assert_content (self, "file", bytes, length);
  }

  test_resource_free (resource);
}

/* Redirected, and over TLS, where the connection speaks HTTP/1.1 */
static void
serve_redirect (TestConnection *connection,
                const char *request,
                gpointer data)
{
  g_autofree char *path = test_request_get_path (request);

  if (strcmp (path, "/first") == 0)
    test_connection_printf (connection, "HTTP/1.1 302 Found\r\nLocation: /second\r\nContent-Length: 0\r\n\r\n");
  else
    test_connection_answer (connection, NULL, "hello", -1);
}

static void
test_redirect_tls (TestFixture *self,
                   gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_TLS, serve_redirect, NULL);
  g_autofree char *url = test_server_url (server, "/first");
  g_autofree char *cert = g_test_build_filename (G_TEST_DIST, "http", "data", "cert.pem", NULL);
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (cert, NULL);
  g_autoptr (PillionHttpDownload) result = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (test_fixture_download (self, url, "file", NULL, &error));
  g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  g_clear_error (&error);
  g_assert_cmpuint (test_fixture_count_files (self), ==, 0);

  pillion_http_client_set_tls_database (self->client, database);
  result = test_fixture_download (self, url, "file", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (pillion_http_download_get_url (result), ==, url);
  test_fixture_assert_content (self, "file", "hello", 5);
  test_server_free (server);
}

/* Many at once, with a queue behind them */
static void
test_many (TestFixture *self,
           gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autofree char *sha256 = test_sha256 (resource->bytes, TEST_SIZE);
  g_autoptr (GPtrArray) tasks = g_ptr_array_new ();

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *name = g_strdup_printf ("file%u", i);

      g_ptr_array_add (tasks, test_fixture_start (self, resource->url, name, sha256));
    }

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *name = g_strdup_printf ("file%u", i);
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpDownload) result = test_fixture_await_download (self, tasks->pdata[i], &error);

      g_assert_no_error (error);
      test_fixture_assert_content (self, name, resource->bytes, TEST_SIZE);
    }

  g_assert_cmpuint (test_fixture_count_files (self), ==, 100);
  g_assert_cmpuint (test_server_get_peak (resource->server), <=, 6);
  test_resource_free (resource);
}

/* More than a gigabyte, made as it goes, to a disk that keeps no byte of it: it is handled in pieces, and counted right */
#define GIGABYTE G_GINT64_CONSTANT (1200000000)

static void
serve_gigabyte (TestConnection *connection,
                const char *request,
                gpointer data)
{
  const gsize piece = 1000000;
  g_autofree char *zeros = g_malloc0 (piece);

  test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: %" G_GINT64_FORMAT "\r\n\r\n", GIGABYTE);
  for (gint64 sent = 0; sent < GIGABYTE; sent += (gint64) piece)
    test_connection_write (connection, zeros, (gssize) piece);
}

static void
test_gigabyte (TestFixture *self,
               gconstpointer data)
{
  TestServer *server;
  g_autofree char *url = NULL;
  g_autoptr (PillionHttpDownload) result = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_test_slow ())
    {
      g_test_skip ("only with -m slow");
      return;
    }

  server = test_server_new (TEST_SERVER_PLAIN, serve_gigabyte, NULL);
  url = test_server_url (server, "/");
  result = test_fixture_download (self, url, "file", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (pillion_http_download_get_size (result), ==, GIGABYTE);
  g_assert_cmpuint (test_fixture_get_size (self, "file"), ==, GIGABYTE);
  test_server_free (server);
}

/* What has no body must not replace a file */
static void
test_head (TestFixture *self,
           gconstpointer data)
{
  g_autofree char *path = test_fixture_path (self, "target");
  g_autoptr (GFile) target = g_file_new_for_path (path);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("HEAD", "http://127.0.0.1/");
  g_autoptr (PillionHttpDownload) download = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "old", 3, NULL));
  download = test_fixture_await_download (self, pillion_http_client_send_to_file (self->client, request, target, NULL, NULL), &error);
  g_assert_null (download);
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST);
  test_assert_file (path, "old", 3);
}

static void
test_refused (TestFixture *self,
              gconstpointer data)
{
  g_autofree char *path = test_fixture_path (self, "target");
  g_autoptr (GFile) target = g_file_new_for_path (path);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", "http://127.0.0.1/");
  g_autoptr (GError) error = NULL;

  pillion_http_request_set_header (request, "Bad Name", "x");
  g_assert_null (test_fixture_await_download (self, pillion_http_client_send_to_file (self->client, request, target, NULL, NULL), &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST);
  g_assert_false (g_file_query_exists (target, NULL));
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/download/plain", test_plain);
  test_case ("/http/download/framings", test_framings);
  test_case ("/http/download/empty", test_empty);
  test_case ("/http/download/digest-mismatch", test_digest_mismatch);
  test_case ("/http/download/status", test_status);
  test_case ("/http/download/cancel", test_cancel);
  test_case ("/http/download/cancel-verifying", test_cancel_verifying);
  test_case ("/http/download/large", test_large);
  test_case ("/http/download/redirect-tls", test_redirect_tls);
  test_case ("/http/download/many", test_many);
  test_case ("/http/download/gigabyte", test_gigabyte);
  test_case ("/http/download/invalid-request-is-refused", test_refused);
  test_case ("/http/download/head-replaces-no-file", test_head);

  return g_test_run ();
}
