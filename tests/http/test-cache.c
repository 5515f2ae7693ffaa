/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The cache and the rest of the client: all kinds of calls, failures, the folder. Its rules are in test-cache-rules.c, and the queue in
 * test-cache-lookups.c. */

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/pillion-sync.h"
#include "cached-client.h"
#include "failing-disk.h"
#include "http/pillion-connection-options.h"
#include "http/pillion-http-engine.h"

static void
test_kinds_of_calls (Fixture *self,
                     gconstpointer data)
{
  g_autofree char *url = g_strconcat (self->url, "/json", NULL);
  g_autofree char *target = g_build_filename (self->parent.folder, "file", NULL);
  g_autofree char *contents = NULL;
  g_autoptr (GFile) file = g_file_new_for_path (target);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionTask) json = NULL;
  g_autoptr (PillionTask) opening = NULL;
  g_autoptr (PillionTask) reading = NULL;
  g_autoptr (PillionHttpDownload) download = NULL;
  g_autoptr (GObject) parser = NULL;
  g_autoptr (PillionHttpStream) stream = NULL;
  g_autoptr (GBytes) piece = NULL;

  /* The first one stores it, and all others are answered from there */
  test_fixture_assert_get (&self->parent, url, "1");
  test_fixture_assert_get (&self->parent, url, "1");

  json = pillion_http_client_get_json (self->parent.client, url, NULL);
  test_fixture_await (&self->parent, json);
  parser = pillion_task_get_object (json, NULL);
  g_assert_nonnull (parser);

  opening = pillion_http_client_open (self->parent.client, request, NULL);
  test_fixture_await (&self->parent, opening);
  stream = pillion_task_get_object (opening, NULL);
  g_assert_true (pillion_http_response_is_from_cache (pillion_http_stream_get_response (stream)));
  reading = pillion_http_stream_read (stream, 0, NULL);
  test_fixture_await (&self->parent, reading);
  piece = pillion_task_get_bytes (reading, NULL);
  g_assert_cmpmem (g_bytes_get_data (piece, NULL), g_bytes_get_size (piece), "1", 1);
  pillion_http_stream_close (stream);

  download = test_fixture_await_download (&self->parent, pillion_http_client_download (self->parent.client, url, file, NULL, NULL), NULL);
  g_assert_nonnull (download);
  g_assert_true (g_file_get_contents (target, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "1");

  g_assert_cmpuint (test_server_get_requests (self->server), ==, 1);
}

/* What a download has received answers what comes later */
static void
test_download_stores (Fixture *self,
                      gconstpointer data)
{
  g_autofree char *url = g_strconcat (self->url, "/large", NULL);
  g_autofree char *target = g_build_filename (self->parent.folder, "file", NULL);
  g_autofree guint8 *bytes = test_bytes_new (LARGE);
  g_autoptr (GFile) file = g_file_new_for_path (target);
  g_autoptr (PillionHttpDownload) download = NULL;
  g_autofree char *contents = NULL;
  gsize length;

  download = test_fixture_await_download (&self->parent, pillion_http_client_download (self->parent.client, url, file, NULL, NULL), NULL);
  g_assert_nonnull (download);
  test_fixture_assert_bytes (&self->parent, pillion_http_client_get_bytes (self->parent.client, url, NULL), bytes, LARGE);
  g_clear_object (&download);
  g_assert_cmpint (g_remove (target), ==, 0);
  download = test_fixture_await_download (&self->parent, pillion_http_client_download (self->parent.client, url, file, NULL, NULL), NULL);
  g_assert_nonnull (download);
  g_assert_true (g_file_get_contents (target, &contents, &length, NULL));
  g_assert_cmpmem (contents, length, bytes, LARGE);

  g_assert_cmpuint (test_server_get_requests (self->server), ==, 1);
}

static void
test_redirects_and_refusals (Fixture *self,
                             gconstpointer data)
{
  g_autofree char *missing = g_strconcat (self->url, "/missing", NULL);

  assert_gets (self, "/moved", "2", FALSE);
  assert_gets (self, "/moved", "2", TRUE);
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 2);

  test_fixture_assert_error (&self->parent, missing, PILLION_HTTP_STATUS_ERROR, 404);
  test_fixture_assert_error (&self->parent, missing, PILLION_HTTP_STATUS_ERROR, 404);
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 3);
}

/* What did not arrive whole is not used as though it had, nor is what may be incomplete */
static void
test_incomplete (Fixture *self,
                 gconstpointer data)
{
  g_autofree char *cut = g_strconcat (self->url, "/cut", NULL);

  test_fixture_assert_error (&self->parent, cut, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  test_fixture_assert_error (&self->parent, cut, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 2);

  assert_gets (self, "/to-the-end-for-a-while", "no length", FALSE);
  assert_gets (self, "/to-the-end-for-a-while", "no length", FALSE);
  assert_gets (self, "/nothing-to-the-end", "", FALSE);
  assert_gets (self, "/nothing-to-the-end", "", FALSE);
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 6);
}

/* A body without a length is complete if its connection ended in good order, and if the server says that it may be used again */
static void
test_to_the_end (Fixture *self,
                 gconstpointer data)
{
  g_autofree char *url = g_strconcat (self->url, "/reset", NULL);

  assert_gets (self, "/to-the-end", "no length", FALSE);
  assert_gets (self, "/to-the-end", "no length", TRUE);
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 1);

  test_server_open_gate (self->server);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->parent.client, url, NULL);

      test_fixture_await (&self->parent, task);
      g_assert_false (pillion_task_check (task, NULL));
    }
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 3);
}

/* A head with more fields than any that makes sense would take long to compare with another one */
static void
test_many_fields (Fixture *self,
                  gconstpointer data)
{
  assert_gets (self, "/many-fields", "1", FALSE);
  assert_gets (self, "/many-fields", "2", FALSE);
  assert_gets (self, "/confirmed-by-many", "3", FALSE);
  /* The 304 is of no use */
  assert_gets (self, "/confirmed-by-many", "5", FALSE);
}

/* A server that must be asked each time can't be reached: a program that wants no 504 gets the error of the network, after all retries */
static void
test_unreachable (Fixture *self,
                  gconstpointer data)
{
  g_autofree char *url = g_strconcat (self->url, "/confirmed-always", NULL);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (PillionTask) bytes = NULL;
  g_autoptr (GError) error = NULL;

  assert_gets (self, "/confirmed-always", "1", FALSE);
  g_atomic_int_set (&self->failing, TRUE);
  bytes = pillion_http_client_get_bytes (self->parent.client, url, NULL);
  test_fixture_await (&self->parent, bytes);
  g_assert_false (pillion_task_check (bytes, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_clear_error (&error);

  pillion_http_request_accept_statuses (request, 504, 504);
  pillion_http_request_set_max_retries (request, 1);
  response = await (self, pillion_http_client_send (self->parent.client, request, NULL), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (pillion_http_response_get_status (response), ==, 504);
  g_assert_false (pillion_http_response_is_from_cache (response));
  g_assert_error (pillion_http_response_get_network_error (response), PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_assert_cmpstr (pillion_http_response_get_header (response, "Cache-Status"), ==, "Pillion; fwd=stale; detail=unreachable");
  g_assert_cmpuint (g_bytes_get_size (pillion_http_response_get_body (response)), ==, 0);
  g_clear_object (&response);

  /* Without something stored there is nothing to be forbidden */
  g_clear_object (&request);
  request = pillion_http_request_new ("GET", self->url);
  pillion_http_request_accept_statuses (request, 504, 504);
  response = await (self, pillion_http_client_send (self->parent.client, request, NULL), &error);
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
}

static PillionTask *
answer_always (PillionHttpTestExchange *exchange,
               gpointer data)
{
  pillion_http_test_exchange_add_header (exchange, "Cache-Control", "no-cache");
  pillion_http_test_exchange_add_header (exchange, "ETag", "\"1\"");
  pillion_http_test_exchange_set_text (exchange, "text", NULL);

  return NULL;
}

/* What the program or its system lacks says nothing about the network */
static void
test_other_errors (Fixture *fixture,
                   gconstpointer data)
{
  static const struct
  {
    int code;
    gboolean unreachable;
  } cases[] = {
    { G_IO_ERROR_CONNECTION_REFUSED, TRUE },
    { G_IO_ERROR_FAILED, TRUE },
    { G_IO_ERROR_TOO_MANY_OPEN_FILES, FALSE },
    { G_IO_ERROR_PERMISSION_DENIED, FALSE },
  };
  PillionHttpClient *client = fixture->parent.client;
  g_autoptr (PillionHttpTestTransport) transport = pillion_http_test_transport_new (fixture->parent.loop);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", "http://server.example/");

  pillion_http_client_set_transport (client, transport);
  pillion_http_request_accept_statuses (request, 200, 999);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) failure = g_error_new_literal (G_IO_ERROR, cases[i].code, "no answer");
      g_autoptr (PillionHttpResponse) first = NULL, second = NULL;
      g_autoptr (GError) error = NULL;

      pillion_http_test_transport_add_handler (transport, "/", answer_always, NULL, NULL);
      first = await (fixture, pillion_http_client_send (client, request, NULL), &error);
      g_assert_no_error (error);
      pillion_http_test_transport_add_error (transport, "/", failure);
      second = await (fixture, pillion_http_client_send (client, request, NULL), &error);
      if (cases[i].unreachable)
        {
          g_assert_no_error (error);
          g_assert_cmpuint (pillion_http_response_get_status (second), ==, 504);
        }
      else
        g_assert_error (error, G_IO_ERROR, cases[i].code);
    }
}

/* A file gets nothing but a success, so a download fails like one that accepts no 504 */
static void
test_unreachable_file (Fixture *self,
                       gconstpointer data)
{
  PillionHttpClient *client = self->parent.client;
  g_autofree char *url = g_strconcat (self->url, "/confirmed-always", NULL);
  g_autofree char *path = test_fixture_path (&self->parent, "file");
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionTask) unreachable = NULL, offline = NULL;
  g_autoptr (GError) error = NULL;

  assert_gets (self, "/confirmed-always", "1", FALSE);
  pillion_http_request_accept_statuses (request, 200, 999);
  g_atomic_int_set (&self->failing, TRUE);
  unreachable = pillion_http_client_send_to_file (client, request, file, NULL, NULL);
  test_fixture_await (&self->parent, unreachable);
  g_assert_false (pillion_task_check (unreachable, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_clear_error (&error);

  pillion_http_client_set_offline (client, TRUE);
  offline = pillion_http_client_send_to_file (client, request, file, NULL, NULL);
  test_fixture_await (&self->parent, offline);
  g_assert_false (pillion_task_check (offline, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_CACHED);
}

/* What turns out to be wrong is asked for again */
static void
test_wrong_content (Fixture *self,
                    gconstpointer data)
{
  g_autofree char *json = g_strconcat (self->url, "/broken-json", NULL);
  g_autofree char *url = g_strconcat (self->url, "/fresh", NULL);
  g_autofree char *target = g_build_filename (self->parent.folder, "file", NULL);
  g_autofree char *digest = g_strnfill (64, '0');
  g_autoptr (GFile) file = g_file_new_for_path (target);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionTask) task = pillion_http_client_get_json (self->parent.client, json, NULL);

      test_fixture_await (&self->parent, task);
      g_assert_false (pillion_task_check (task, &error));
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_JSON);
      g_clear_error (&error);
    }
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 2);

  g_assert_null (test_fixture_await_download (&self->parent, pillion_http_client_download (self->parent.client, url, file, digest, NULL), &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_DIGEST_MISMATCH);
  assert_gets (self, "/fresh", "4", FALSE);
}

static gboolean
await_boolean (Fixture *self,
               PillionTask *task,
               GError **error)
{
  gboolean result;

  test_fixture_await (&self->parent, task);
  result = pillion_task_get_boolean (task, error);
  /* A worker may still have it */
  pillion_sync_unref (task);

  return result;
}

/* Equal requests make one, and none once it is stored */
static void
test_together (Fixture *self,
               gconstpointer data)
{
  PillionTask *tasks[20];

  /* Else each of the calls that come before it is open asks a worker */
  g_assert_true (await_boolean (self, pillion_http_cache_open (self->cache, self->parent.loop, NULL), NULL));
  g_atomic_int_set (&self->closed, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = send_with (self, "/fresh", PILLION_HTTP_CACHE_MODE_DEFAULT);
  test_server_wait_requests (self->server, 1);
  test_wait_io_thread ();
  test_server_open_gate (self->server);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autoptr (PillionHttpResponse) response = await (self, tasks[i], NULL);

      g_assert_nonnull (response);
    }
  assert_gets (self, "/fresh", "1", TRUE);
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 1);
}

/* What a GET with a body gets is not the answer to one without */
static void
test_get_with_body (Fixture *self,
                    gconstpointer data)
{
  g_autofree char *url = g_strconcat (self->url, "/fresh", NULL);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (GBytes) question = g_bytes_new_static ("a question", 10);
  g_autoptr (PillionHttpResponse) response = NULL;

  pillion_http_request_set_body (request, question, "text/plain");
  response = await (self, pillion_http_client_send (self->parent.client, request, NULL), NULL);
  g_assert_nonnull (response);
  assert_gets (self, "/fresh", "2", FALSE);
  assert_gets (self, "/fresh", "2", TRUE);
}

/* A response answers only clients that would have asked the same server, as the same user */
static void
test_connections (Fixture *self,
                  gconstpointer data)
{
  PillionHttpClient *client = self->parent.client;
  const char *const pins[] = { "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", NULL };
  g_autofree char *path = test_fixture_path (&self->parent, "one");
  g_autofree char *other_path = test_fixture_path (&self->parent, "other");
  TestServer *server = test_server_new_unix (path, serve, self);
  TestServer *other = test_server_new_unix (other_path, serve, self);

  assert_gets (self, "/fresh", "1", FALSE);
  pillion_http_client_set_insecure (client, TRUE);
  assert_gets (self, "/fresh", "2", FALSE);
  pillion_http_client_set_pinned_keys (client, pins);
  assert_gets (self, "/fresh", "3", FALSE);
  assert_gets (self, "/fresh", "3", TRUE);
  pillion_http_client_set_pinned_keys (client, NULL);
  assert_gets (self, "/fresh", "2", TRUE);
  pillion_http_client_set_insecure (client, FALSE);
  assert_gets (self, "/fresh", "1", TRUE);

  g_free (self->url);
  self->url = g_strdup ("http://localhost");
  pillion_http_client_set_unix_socket_path (client, path);
  assert_gets (self, "/json", "1", FALSE);
  assert_gets (self, "/fresh", "2", FALSE);
  pillion_http_client_set_unix_socket_path (client, other_path);
  assert_gets (self, "/fresh", "1", FALSE);
  pillion_http_client_set_unix_socket_path (client, path);
  assert_gets (self, "/fresh", "2", TRUE);

  test_server_free (server);
  test_server_free (other);
}

static char *
get_identity (GTlsDatabase *database,
              GTlsCertificate *certificate)
{
  return pillion_connection_options_get_identity (&(PillionConnectionOptions) { .tls_database = database, .certificate = certificate });
}

/* Whether two objects are the same for servers, and not whether they are one object */
static void
test_identities (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "http", "data", "cert.pem", NULL);
  g_autofree char *client_path = g_test_build_filename (G_TEST_DIST, "http", "data", "client-cert.pem", NULL);
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_file (path, NULL);
  g_autoptr (GTlsCertificate) copy = g_tls_certificate_new_from_file (path, NULL);
  g_autoptr (GTlsCertificate) other = g_tls_certificate_new_from_file (client_path, NULL);
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (path, NULL);
  g_autoptr (GTlsDatabase) database_copy = g_tls_file_database_new (path, NULL);
  g_autoptr (GTlsDatabase) system = g_tls_backend_get_default_database (g_tls_backend_get_default ());
  g_autofree char *none = get_identity (NULL, NULL);
  g_autofree char *one = get_identity (NULL, certificate);
  g_autofree char *one_copy = get_identity (NULL, copy);
  g_autofree char *another = get_identity (NULL, other);
  g_autofree char *trust = get_identity (database, NULL);
  g_autofree char *trust_copy = get_identity (database_copy, NULL);
  g_autofree char *both = get_identity (database, certificate);

  g_assert_null (none);
  g_assert_nonnull (one);
  g_assert_cmpstr (one, ==, one_copy);
  g_assert_cmpstr (one, !=, another);
  g_assert_nonnull (trust);
  g_assert_cmpstr (trust, ==, trust_copy);
  g_assert_cmpstr (trust, !=, one);
  g_assert_cmpstr (both, !=, one);
  g_assert_cmpstr (both, !=, trust);

  if (system != NULL)
    {
      g_autofree char *unnamed = get_identity (system, NULL);
      g_autofree char *again = get_identity (system, NULL);

      g_assert_cmpstr (unnamed, ==, again);
      g_assert_cmpstr (unnamed, !=, trust);
    }
}

static void
assert_gets_large (Fixture *self,
                   const char *path)
{
  g_autofree char *url = g_strconcat (self->url, path, NULL);
  g_autofree guint8 *bytes = test_bytes_new (LARGE);

  test_fixture_assert_bytes (&self->parent, pillion_http_client_get_bytes (self->parent.client, url, NULL), bytes, LARGE);
}

/* What can't be read counts as not stored */
static void
test_unreadable (Fixture *self,
                 gconstpointer data)
{
  assert_gets_large (self, "/large");
  pillion_cache_store_flush (self->folder.store);
  g_atomic_int_set (&reading_fails, TRUE);
  assert_gets_large (self, "/large");
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 2);

  pillion_cache_store_flush (self->folder.store);
  g_atomic_int_set (&reading_fails, FALSE);
  assert_gets_large (self, "/large");
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 2);
}

/* If neither the server nor the disk has an answer, the call fails */
static void
test_unreadable_after_failure (Fixture *self,
                               gconstpointer data)
{
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;

  assert_gets_large (self, "/large-if-error");
  pillion_cache_store_flush (self->folder.store);
  pillion_http_engine_shift_real_time (1000 * G_TIME_SPAN_SECOND);
  g_atomic_int_set (&self->failing, TRUE);
  g_atomic_int_set (&reading_fails, TRUE);
  pillion_http_client_set_max_retries (self->parent.client, 0);
  response = await (self, send_with (self, "/large-if-error", PILLION_HTTP_CACHE_MODE_DEFAULT), &error);
  g_atomic_int_set (&reading_fails, FALSE);
  g_assert_null (response);
  g_assert_nonnull (error);
}

/* Asks in a mode that doesn't validate it once more */
static gboolean
is_refreshed (Fixture *self)
{
  g_autoptr (PillionHttpResponse) response = await (self, send_with (self, "/refreshed", PILLION_HTTP_CACHE_MODE_FORCE_CACHE), NULL);

  return strcmp (pillion_http_response_get_header (response, "Cache-Control"), "max-age=100000") == 0;
}

/* What is validated in the background goes on when settings change, or when the client has no cache any more */
static void
test_refresh_goes_on (Fixture *self,
                      gconstpointer data)
{
  assert_gets (self, "/refreshed", "1", FALSE);
  pillion_http_engine_shift_real_time (1000 * G_TIME_SPAN_SECOND);
  g_atomic_int_set (&self->closed, TRUE);
  assert_gets (self, "/refreshed", "1", TRUE);
  test_server_wait_at_gate (self->server, 1);
  g_atomic_int_set (&self->closed, FALSE);

  pillion_http_client_set_cache (self->parent.client, NULL);
  assert_gets (self, "/fresh", "3", FALSE);
  pillion_http_client_set_cache (self->parent.client, self->cache);
  assert_gets (self, "/other", "4", FALSE);
  g_assert_false (is_refreshed (self));
  test_server_open_gate (self->server);
  while (!is_refreshed (self))
    ;
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 4);
}

static void
test_refresh (Fixture *self,
              gconstpointer data)
{
  assert_gets (self, "/refreshed", "1", FALSE);
  pillion_http_engine_shift_real_time (1000 * G_TIME_SPAN_SECOND);
  assert_gets (self, "/refreshed", "1", TRUE);
  /* It is validated in the background */
  test_server_wait_requests (self->server, 2);

  /* Once that is done, it is fresh, and nobody asks */
  while (TRUE)
    {
      g_autoptr (PillionHttpResponse) response = await (self, send_with (self, "/refreshed", PILLION_HTTP_CACHE_MODE_DEFAULT), NULL);
      const char *control = pillion_http_response_get_header (response, "Cache-Control");

      if (strcmp (control, "max-age=100000") == 0)
        break;
    }
}

static void
test_failing_server (Fixture *self,
                     gconstpointer data)
{
  assert_gets (self, "/if-error", "1", FALSE);
  assert_gets (self, "/other", "2", FALSE);
  pillion_http_engine_shift_real_time (20000 * G_TIME_SPAN_SECOND);
  g_atomic_int_set (&self->failing, TRUE);

  assert_gets (self, "/if-error", "1", TRUE);
  {
    g_autoptr (PillionHttpResponse) response = await (self, send_with (self, "/if-error", PILLION_HTTP_CACHE_MODE_DEFAULT), NULL);

    g_assert_cmpstr (pillion_http_response_get_header (response, "Cache-Status"), ==, "Pillion; fwd=stale; detail=stale-if-error");
  }
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (PillionHttpResponse) response = await (self, send_with (self, "/other", PILLION_HTTP_CACHE_MODE_DEFAULT), &error);

    g_assert_null (response);
    g_assert_nonnull (error);
  }
}

/* A stale redirect may be followed after a failure, but that says nothing about the URL that it leads to */
static void
test_failing_redirect (Fixture *self,
                       gconstpointer data)
{
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *body = NULL;
  GPtrArray *history;

  assert_gets (self, "/moved-at-first", "2", FALSE);
  pillion_http_engine_shift_real_time (1000 * G_TIME_SPAN_SECOND);
  pillion_http_client_set_max_retries (self->parent.client, 0);

  response = await (self, send_with (self, "/moved-at-first", PILLION_HTTP_CACHE_MODE_DEFAULT), &error);
  g_assert_no_error (error);
  body = pillion_http_response_dup_text (response, NULL);
  g_assert_cmpstr (body, ==, "4");
  g_assert_cmpstr (pillion_http_response_get_header (response, "Cache-Status"), ==, "Pillion; fwd=stale; stored");
  history = pillion_http_response_get_history (response);
  g_assert_cmpuint (history->len, ==, 1);
  g_assert_cmpstr (pillion_http_response_get_header (history->pdata[0], "Cache-Status"), ==, "Pillion; fwd=stale; fwd-status=503; detail=stale-if-error");
}

/* What was requested before a change must not be found after it */
static void
test_late_response (Fixture *self,
                    gconstpointer data)
{
  g_autofree char *url = g_strconcat (self->url, "/fresh", NULL);
  g_autoptr (PillionHttpRequest) change = pillion_http_request_new ("DELETE", url);
  g_autoptr (PillionTask) early = NULL;
  g_autoptr (PillionHttpResponse) response = NULL;

  g_atomic_int_set (&self->closed, TRUE);
  early = send_with (self, "/fresh", PILLION_HTTP_CACHE_MODE_DEFAULT);
  test_server_wait_at_gate (self->server, 1);
  g_atomic_int_set (&self->closed, FALSE);
  response = await (self, pillion_http_client_send (self->parent.client, change, NULL), NULL);
  g_assert_nonnull (response);
  g_assert_false (pillion_task_is_done (early));
  test_server_open_gate (self->server);
  test_fixture_await (&self->parent, early);

  assert_gets (self, "/fresh", "3", FALSE);
}

static void
test_cookies (Fixture *self,
              gconstpointer data)
{
  g_autoptr (PillionHttpCookieJar) jar = pillion_http_cookie_jar_new ();
  g_autoptr (GPtrArray) cookies = NULL;

  pillion_http_client_set_cookie_jar (self->parent.client, jar);
  assert_gets (self, "/cookie", "1", FALSE);
  g_assert_true (pillion_http_cookie_jar_clear (jar, NULL));
  assert_gets (self, "/cookie", "1", TRUE);
  cookies = pillion_http_cookie_jar_list (jar, NULL, NULL);
  g_assert_cmpuint (cookies->len, ==, 0);
}

static void
test_cancel (Fixture *self,
             gconstpointer data)
{
  assert_gets (self, "/fresh", "1", FALSE);
  for (guint i = 0; i < 20; i++)
    {
      g_autoptr (PillionTask) filling = send_with (self, i % 2 == 0 ? "/large" : "/fresh", PILLION_HTTP_CACHE_MODE_RELOAD);
      g_autoptr (PillionTask) hit = send_with (self, i % 2 == 0 ? "/large" : "/fresh", PILLION_HTTP_CACHE_MODE_DEFAULT);

      /* At different moments, from before the request to after the response */
      for (guint n = 0; n < i; n++)
        pillion_loop_kick (self->parent.loop);
      pillion_task_cancel (filling);
      pillion_task_cancel (hit);
      test_fixture_await (&self->parent, filling);
      test_fixture_await (&self->parent, hit);
    }
}

static void
test_object (Fixture *self,
             gconstpointer data)
{
  PillionLoop *loop = self->parent.loop;
  g_autofree char *url = g_strconcat (self->url, "/fresh", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (pillion_http_cache_get_path (self->cache), ==, self->folder.path);
  g_assert_true (pillion_http_client_get_cache (self->parent.client) == self->cache);
  pillion_http_cache_set_max_size (self->cache, 100 * 1024 * 1024);
  g_assert_cmpint (pillion_http_cache_get_max_size (self->cache), ==, 100 * 1024 * 1024);
  g_assert_true (await_boolean (self, pillion_http_cache_open (self->cache, loop, NULL), &error));

  assert_gets (self, "/fresh", "1", FALSE);
  g_assert_true (await_boolean (self, pillion_http_cache_remove (self->cache, url, loop, NULL), &error));
  g_assert_false (await_boolean (self, pillion_http_cache_remove (self->cache, url, loop, NULL), &error));
  g_assert_no_error (error);
  assert_gets (self, "/fresh", "2", FALSE);
  g_assert_true (await_boolean (self, pillion_http_cache_clear (self->cache, loop, NULL), &error));
  assert_gets (self, "/fresh", "3", FALSE);
  g_assert_true (await_boolean (self, pillion_http_cache_flush (self->cache, loop, NULL), &error));

  g_assert_false (await_boolean (self, pillion_http_cache_remove (self->cache, "nothing", loop, NULL), &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_URL);
  g_assert_true (g_str_has_prefix (error->message, "nothing: "));

  pillion_http_client_set_cache (self->parent.client, NULL);
  assert_gets (self, "/fresh", "4", FALSE);
}

static gpointer
await_object (Fixture *self,
              PillionTask *task,
              GError **error)
{
  gpointer result;

  test_fixture_await (&self->parent, task);
  result = pillion_task_get_object (task, error);
  pillion_sync_unref (task);

  return result;
}

static guint
count_listed (Fixture *self,
              const char *url,
              const char *length)
{
  g_autoptr (GListModel) list = NULL;
  g_autoptr (GError) error = NULL;

  list = await_object (self, pillion_http_cache_list (self->cache, url, self->parent.loop, NULL), &error);
  g_assert_no_error (error);
  for (guint i = 0; i < g_list_model_get_n_items (list); i++)
    {
      g_autoptr (PillionHttpResponse) response = g_list_model_get_item (list, i);

      g_assert_cmpuint (pillion_http_response_get_status (response), ==, 200);
      g_assert_true (pillion_http_response_is_from_cache (response));
      g_assert_cmpstr (pillion_http_response_get_header (response, "Content-Length"), ==, length);
      g_assert_nonnull (strstr (pillion_http_response_get_header (response, "Cache-Status"), "ttl="));
      g_assert_nonnull (pillion_http_response_get_header (response, "Age"));
    }

  return g_list_model_get_n_items (list);
}

static void
test_listed (Fixture *self,
             gconstpointer data)
{
  g_autofree char *url = g_strconcat (self->url, "/fresh", NULL);
  g_autofree char *other = g_strconcat (self->url, "/other", NULL);
  PillionTask *verification;
  g_autoptr (GError) error = NULL;

  assert_gets (self, "/fresh", "1", FALSE);
  g_assert_cmpuint (count_listed (self, NULL, "1"), ==, 1);
  g_assert_cmpuint (count_listed (self, url, "1"), ==, 1);
  g_assert_cmpuint (count_listed (self, other, "1"), ==, 0);

  verification = pillion_http_cache_verify (self->cache, self->parent.loop, NULL);
  test_fixture_await (&self->parent, verification);
  g_assert_cmpint (pillion_task_get_int (verification, &error), ==, 0);
  pillion_sync_unref (verification);
  g_assert_no_error (error);
  assert_gets (self, "/fresh", "1", TRUE);

  /* What is listed can be removed */
  {
    g_autoptr (GListModel) list = await_object (self, pillion_http_cache_list (self->cache, url, self->parent.loop, NULL), &error);
    g_autoptr (PillionHttpResponse) response = NULL;

    g_assert_no_error (error);
    response = g_list_model_get_item (list, 0);
    pillion_http_response_remove_from_cache (response);
  }
  assert_gets (self, "/fresh", "2", FALSE);
}

static int n_told; /* atomic: how often the log said that nothing can be cached */

/* g_test_expect_message () doesn't see structured logs */
static GLogWriterOutput
on_log (GLogLevelFlags level,
        const GLogField *fields,
        gsize n_fields,
        gpointer data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, "MESSAGE") == 0 && strstr (fields[i].value, "No response can be cached") != NULL)
      g_atomic_int_inc (&n_told);

  return g_log_writer_default (level, fields, n_fields, data);
}

/* Calls go on without a cache that can't be made, and the log says so once. A superuser can write everywhere but there. */
static void
test_no_folder (Fixture *self,
                gconstpointer data)
{
  g_autoptr (PillionHttpCache) cache = pillion_http_cache_new ("/proc/self/no-such-folder/cache");

  pillion_http_client_set_cache (self->parent.client, cache);
  assert_gets (self, "/fresh", "1", FALSE);
  assert_gets (self, "/fresh", "2", FALSE);
  g_assert_cmpint (g_atomic_int_get (&n_told), ==, 1);
}

/* @directives may be NULL */
static PillionHttpResponse *
send_for_any_status (Fixture *self,
                     const char *path,
                     PillionHttpCacheMode mode,
                     const char *directives)
{
  g_autofree char *url = g_strconcat (self->url, path, NULL);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (GError) error = NULL;
  PillionHttpResponse *response;

  pillion_http_request_set_cache_mode (request, mode);
  if (directives != NULL)
    pillion_http_request_set_header (request, "Cache-Control", directives);
  pillion_http_request_accept_statuses (request, 200, 999);
  response = await (self, pillion_http_client_send (self->parent.client, request, NULL), &error);
  g_assert_no_error (error);

  return response;
}

/* There is nothing to be found or removed, and so no reason to make a folder, or to mark an empty one */
static void
test_nothing_made (Fixture *self,
                   gconstpointer data)
{
  PillionHttpClient *client = self->parent.client;
  PillionLoop *loop = self->parent.loop;
  g_autofree char *path = g_build_filename (self->parent.folder, "parent", "cache", NULL);
  g_autofree char *mark = g_build_filename (path, "pillion-cache", NULL);
  g_autofree char *parent = g_path_get_dirname (path);
  g_autofree char *url = g_strconcat (self->url, "/fresh", NULL);
  g_autoptr (PillionHttpCache) cache = pillion_http_cache_new (path);
  g_autoptr (GError) error = NULL;

  pillion_http_client_set_cache (client, cache);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionHttpResponse) only_cached = NULL, directed = NULL, directed_by_client = NULL, offline = NULL, posted = NULL;
      g_autoptr (PillionHttpRequest) post = pillion_http_request_new ("POST", url);

      g_assert_true (await_boolean (self, pillion_http_cache_clear (cache, loop, NULL), &error));
      g_assert_false (await_boolean (self, pillion_http_cache_remove (cache, url, loop, NULL), &error));
      g_assert_no_error (error);

      only_cached = send_for_any_status (self, "/fresh", PILLION_HTTP_CACHE_MODE_ONLY_IF_CACHED, NULL);
      g_assert_cmpuint (pillion_http_response_get_status (only_cached), ==, 504);
      directed = send_for_any_status (self, "/fresh", PILLION_HTTP_CACHE_MODE_DEFAULT, "max-stale, only-if-cached");
      g_assert_cmpuint (pillion_http_response_get_status (directed), ==, 504);
      pillion_http_client_set_header (client, "Cache-Control", "only-if-cached");
      directed_by_client = send_for_any_status (self, "/fresh", PILLION_HTTP_CACHE_MODE_DEFAULT, NULL);
      g_assert_cmpuint (pillion_http_response_get_status (directed_by_client), ==, 504);
      pillion_http_client_set_header (client, "Cache-Control", NULL);
      pillion_http_client_set_offline (client, TRUE);
      offline = send_for_any_status (self, "/fresh", PILLION_HTTP_CACHE_MODE_DEFAULT, NULL);
      g_assert_cmpuint (pillion_http_response_get_status (offline), ==, 504);
      g_assert_cmpstr (pillion_http_response_get_header (offline, "Cache-Status"), ==, "Pillion; detail=only-if-cached");
      test_fixture_assert_error (&self->parent, url, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_CACHED);
      posted = await (self, pillion_http_client_send (client, post, NULL), &error);
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_CACHED);
      g_clear_error (&error);
      pillion_http_client_set_offline (client, FALSE);

      if (i == 0)
        {
          g_assert_false (g_file_test (parent, G_FILE_TEST_EXISTS));
          g_assert_cmpint (g_mkdir_with_parents (path, 0700), ==, 0);
        }
      else
        g_assert_false (g_file_test (mark, G_FILE_TEST_EXISTS));
    }
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 0);

  /* A folder of somebody else's is still refused, until it is gone */
  g_assert_true (g_file_set_contents (mark, "not ours", -1, NULL));
  g_assert_false (await_boolean (self, pillion_http_cache_clear (cache, loop, NULL), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY);
  g_clear_error (&error);
  g_assert_cmpint (g_remove (mark), ==, 0);
  g_assert_true (await_boolean (self, pillion_http_cache_clear (cache, loop, NULL), &error));
  g_assert_no_error (error);

  assert_gets (self, "/fresh", "1", FALSE);
  assert_gets (self, "/fresh", "1", TRUE);
  g_assert_true (await_boolean (self, pillion_http_cache_remove (cache, url, loop, NULL), &error));
  assert_gets (self, "/fresh", "2", FALSE);
  g_assert_true (await_boolean (self, pillion_http_cache_flush (cache, loop, NULL), &error));
  g_assert_no_error (error);
}

/* A lack of descriptors passes, and the cache is then used as ever */
static void
test_no_descriptors (Fixture *self,
                     gconstpointer data)
{
  g_autofree char *path = g_build_filename (self->parent.folder, "cache", NULL);
  g_autoptr (PillionHttpCache) cache = pillion_http_cache_new (path);
  g_autoptr (GArray) taken = g_array_new (FALSE, FALSE, sizeof (int));
  struct rlimit before, limit;
  int fd;

  /* This connection stays open */
  pillion_http_client_set_cache (self->parent.client, NULL);
  assert_gets (self, "/fresh", "1", FALSE);
  pillion_http_client_set_cache (self->parent.client, cache);

  g_assert_cmpint (getrlimit (RLIMIT_NOFILE, &before), ==, 0);
  limit = before;
  limit.rlim_cur = MIN (before.rlim_cur, 1024);
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &limit), ==, 0);
  while ((fd = fcntl (STDIN_FILENO, F_DUPFD_CLOEXEC, 3)) >= 0)
    g_array_append_val (taken, fd);
  assert_gets (self, "/fresh", "2", FALSE);
  for (guint i = 0; i < taken->len; i++)
    close (g_array_index (taken, int, i));
  g_assert_cmpint (setrlimit (RLIMIT_NOFILE, &before), ==, 0);

  assert_gets (self, "/fresh", "3", FALSE);
  assert_gets (self, "/fresh", "3", TRUE);
  g_assert_true (await_boolean (self, pillion_http_cache_flush (cache, self->parent.loop, NULL), NULL));
}

/* A client that comes later finds what another one has stored */
static void
test_shared (Fixture *self,
             gconstpointer data)
{
  g_autoptr (PillionHttpCache) other = pillion_http_cache_new (self->folder.path);

  assert_gets (self, "/fresh", "1", FALSE);
  g_object_unref (self->parent.client);
  self->parent.client = pillion_http_client_new (self->parent.loop);
  pillion_http_client_set_cache (self->parent.client, other);
  assert_gets (self, "/fresh", "1", TRUE);
}

static void
test_without_cache (Fixture *self,
                    gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpResponse) response = NULL;

  pillion_http_client_set_cache (self->parent.client, NULL);
  response = await (self, send_with (self, "/fresh", PILLION_HTTP_CACHE_MODE_ONLY_IF_CACHED), &error);
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_CACHED);
  g_clear_error (&error);

  pillion_http_client_set_offline (self->parent.client, TRUE);
  g_assert_true (pillion_http_client_get_offline (self->parent.client));
  response = await (self, send_with (self, "/fresh", PILLION_HTTP_CACHE_MODE_DEFAULT), &error);
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_CACHED);
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 0);
}

/* A program that finds a body wrong gets another one the next time, without having to wait for anything */
static void
test_removed_by_program (Fixture *self,
                         gconstpointer data)
{
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (PillionHttpResponse) uncached = NULL;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *text = g_strdup_printf ("%u", i + 1);

      assert_gets (self, "/fresh", text, FALSE);
      g_clear_object (&response);
      response = await (self, send_with (self, "/fresh", PILLION_HTTP_CACHE_MODE_DEFAULT), NULL);
      g_assert_true (pillion_http_response_is_from_cache (response));
      pillion_http_response_remove_from_cache (response);
    }

  /* It keeps its store, and may be the last one who does */
  pillion_http_client_set_cache (self->parent.client, NULL);
  uncached = await (self, send_with (self, "/fresh", PILLION_HTTP_CACHE_MODE_DEFAULT), NULL);
  pillion_http_response_remove_from_cache (uncached);
  pillion_http_response_remove_from_cache (response);
}

/* The beginning of a body may be enough to see that it is wrong: then it isn't stored when the rest comes */
static void
test_removed_while_it_comes (Fixture *self,
                             gconstpointer data)
{
  g_autofree char *url = g_strconcat (self->url, "/in-two", NULL);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionTask) opening = pillion_http_client_open (self->parent.client, request, NULL);
  g_autoptr (PillionHttpStream) stream = NULL;
  gsize length;

  test_fixture_await (&self->parent, opening);
  stream = pillion_task_get_object (opening, NULL);
  pillion_http_response_remove_from_cache (pillion_http_stream_get_response (stream));
  /* From here on, the store has removed what there was */
  assert_gets (self, "/other", "2", FALSE);

  test_server_open_gate (self->server);
  do
    {
      g_autoptr (PillionTask) reading = pillion_http_stream_read (stream, 0, NULL);
      g_autoptr (GBytes) piece = NULL;

      test_fixture_await (&self->parent, reading);
      piece = pillion_task_get_bytes (reading, NULL);
      length = g_bytes_get_size (piece);
    }
  while (length > 0);
  pillion_http_stream_close (stream);
  assert_gets (self, "/in-two", "onetwo", FALSE);
  assert_gets (self, "/in-two", "onetwo", TRUE);
}

static void
assert_refuses (Fixture *self,
                PillionTask *task,
                const char *reason)
{
  g_autoptr (PillionTask) owned = task;
  g_autoptr (GError) error = NULL;
  gboolean done = pillion_loop_run_until_complete (self->parent.loop, owned, &error);

  g_assert_false (done);
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_CACHED);
  g_assert_nonnull (strstr (error->message, reason));
}

static void
assert_refuses_events (Fixture *self,
                       PillionHttpRequest *request,
                       const char *reason)
{
  g_autoptr (PillionHttpEventStream) stream = pillion_http_event_stream_new (self->parent.client, request);

  assert_refuses (self, pillion_http_event_stream_next (stream, NULL), reason);
  pillion_http_event_stream_close (stream);
}

/* An error says what the matter is: the cache has nothing to do with what never comes from one */
static void
test_offline_says_why (Fixture *self,
                       gconstpointer data)
{
  g_autofree char *url = g_strconcat (self->url, "/fresh", NULL);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autofree char *long_name = g_strnfill (NAME_MAX + 1, 'x');
  g_autofree char *path = g_build_filename (self->parent.folder, long_name, NULL);
  g_autoptr (PillionHttpCache) unusable = pillion_http_cache_new (path); /* by a superuser, too */
  PillionHttpClient *client = self->parent.client;

  pillion_http_client_set_offline (client, TRUE);
  assert_refuses (self, pillion_http_client_open_web_socket (client, request, NULL, NULL), "a WebSocket needs the network");
  assert_refuses_events (self, request, "an event stream needs the network");
  assert_refuses (self, pillion_http_client_send (client, request, NULL), "no response that can be used");
  pillion_http_client_set_cache (client, unusable);
  assert_refuses (self, pillion_http_client_send (client, request, NULL), path);
  pillion_http_client_set_cache (client, NULL);
  assert_refuses (self, pillion_http_client_send (client, request, NULL), "has no cache");

  pillion_http_client_set_offline (client, FALSE);
  pillion_http_request_set_cache_mode (request, PILLION_HTTP_CACHE_MODE_ONLY_IF_CACHED);
  assert_refuses (self, pillion_http_client_open_web_socket (client, request, NULL, NULL), "a WebSocket can't come from the cache");
  assert_refuses_events (self, request, "an event stream can't come from the cache");
  assert_refuses (self, pillion_http_client_send (client, request, NULL), "the client has none");
  pillion_http_client_set_cache (client, unusable);
  assert_refuses (self, pillion_http_client_send (client, request, NULL), "it can't be used");
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 0);
}

/* A program that takes a 504 for an answer gets one */
static void
test_gateway_timeout (Fixture *self,
                      gconstpointer data)
{
  g_autofree char *url = g_strconcat (self->url, "/fresh", NULL);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionHttpResponse) response = NULL;

  pillion_http_request_set_header (request, "Cache-Control", "only-if-cached");
  pillion_http_request_accept_statuses (request, 200, 999);
  response = await (self, pillion_http_client_send (self->parent.client, request, NULL), NULL);
  g_assert_nonnull (response);
  g_assert_cmpuint (pillion_http_response_get_status (response), ==, 504);
  g_assert_false (pillion_http_response_is_from_cache (response));
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 0);
}

/* Says how many requests there were, and for how long that may be used */
static PillionTask *
handle (PillionHttpTestExchange *exchange,
        gpointer data)
{
  guint *n_requests = data;
  g_autofree char *number = g_strdup_printf ("%u", ++*n_requests);

  pillion_http_test_exchange_add_header (exchange, "Cache-Control", *n_requests == 1 ? "max-age=100, stale-while-revalidate=100000" : "max-age=100000");
  pillion_http_test_exchange_set_text (exchange, number, "text/plain");
  if (*n_requests == 2)
    pillion_http_test_exchange_set_delay (exchange, 20 * G_TIME_SPAN_SECOND);
  return NULL;
}

static PillionTask *
send_in_loop (PillionHttpClient *client)
{
  return pillion_http_client_get_bytes (client, "http://server.example/", NULL);
}

static void
assert_bytes (PillionTask *task,
              const char *text)
{
  g_autoptr (PillionTask) owned = task;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = pillion_task_get_bytes (owned, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), text, strlen (text));
}

/* On a virtual clock, what is validated in the background belongs to the loop, whose clock waits for it */
static void
test_refresh_in_loop (Fixture *fixture,
                      gconstpointer data)
{
  TestFixture *self = &fixture->parent;
  g_autoptr (PillionTestHost) host = pillion_test_host_new ();
  g_autoptr (PillionHttpTestTransport) transport = pillion_http_test_transport_new (self->loop);
  guint n_requests = 0;
  PillionTask *task;

  g_assert_true (pillion_loop_ensure (self->loop, PILLION_HOST (host), NULL));
  pillion_http_test_transport_add_handler (transport, "/", handle, &n_requests, NULL);
  pillion_http_client_set_transport (self->client, transport);

  task = send_in_loop (self->client);
  pillion_test_host_run_until_idle (host);
  assert_bytes (task, "1");

  pillion_http_engine_shift_real_time (1000 * G_TIME_SPAN_SECOND);
  task = send_in_loop (self->client);
  pillion_test_host_run_until_idle (host);
  assert_bytes (task, "1");
  g_assert_cmpuint (n_requests, ==, 2);

  task = send_in_loop (self->client);
  pillion_test_host_run_until_idle (host);
  assert_bytes (task, "2");
  g_assert_cmpuint (n_requests, ==, 2);
}

static void
test_refresh_ends_with_loop (Fixture *fixture,
                             gconstpointer data)
{
  TestFixture *self = &fixture->parent;
  g_autoptr (PillionHttpTestTransport) transport = pillion_http_test_transport_new (self->loop);
  guint n_requests = 0;
  PillionTask *task;

  pillion_http_test_transport_add_handler (transport, "/", handle, &n_requests, NULL);
  pillion_http_client_set_transport (self->client, transport);

  task = send_in_loop (self->client);
  test_fixture_await (self, task);
  assert_bytes (task, "1");

  pillion_http_engine_shift_real_time (1000 * G_TIME_SPAN_SECOND);
  task = send_in_loop (self->client);
  test_fixture_await (self, task);
  assert_bytes (task, "1");
  while (n_requests < 2)
    pillion_loop_kick (self->loop);

  g_assert_true (pillion_loop_close (self->loop, -1, NULL));
}

/* What is requested while the client is offline has nothing to do with what is requested right before or after */
static void
test_offline_for_a_moment (Fixture *fixture,
                           gconstpointer data)
{
  TestFixture *self = &fixture->parent;
  g_autoptr (PillionHttpTestTransport) transport = pillion_http_test_transport_new (self->loop);
  guint n_requests = 0;
  PillionTask *before;
  PillionTask *offline;
  PillionTask *after;
  g_autoptr (GError) error = NULL;

  pillion_http_test_transport_add_handler (transport, "/", handle, &n_requests, NULL);
  pillion_http_client_set_transport (self->client, transport);
  g_assert_true (await_boolean (fixture, pillion_http_cache_open (fixture->cache, self->loop, NULL), NULL));

  before = send_in_loop (self->client);
  pillion_http_client_set_offline (self->client, TRUE);
  offline = send_in_loop (self->client);
  pillion_http_client_set_offline (self->client, FALSE);
  after = send_in_loop (self->client);

  test_fixture_await (self, offline);
  g_assert_null (pillion_task_get_bytes (offline, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_CACHED);
  g_object_unref (offline);
  test_fixture_await (self, before);
  assert_bytes (before, "1");
  test_fixture_await (self, after);
  assert_bytes (after, "1");
  g_assert_cmpuint (n_requests, ==, 1);
}

/* Goes offline. The I/O thread knows of it at the end: it may be in the middle of what it reads. */
static void
go_offline (Fixture *self)
{
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;

  pillion_http_client_set_offline (self->parent.client, TRUE);
  response = await (self, send_with (self, "/unknown", PILLION_HTTP_CACHE_MODE_DEFAULT), &error);
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_CACHED);
  g_assert_null (response);
}

/* What is still waiting in the queue then is not sent, although there is no cache to ask */
static void
test_offline_while_queued (Fixture *self,
                           gconstpointer data)
{
  PillionHttpClient *client = self->parent.client;
  g_autoptr (PillionHttpResponse) first = NULL;
  g_autoptr (PillionHttpResponse) second = NULL;
  g_autoptr (GError) error = NULL;
  PillionTask *running;
  PillionTask *queued;

  pillion_http_client_set_cache (client, NULL);
  pillion_http_client_set_max_connections (client, 1);
  running = send_with (self, "/in-two", PILLION_HTTP_CACHE_MODE_DEFAULT);
  test_server_wait_requests (self->server, 1);
  queued = send_with (self, "/fresh", PILLION_HTTP_CACHE_MODE_DEFAULT);
  go_offline (self);
  test_server_open_gate (self->server);

  first = await (self, running, &error);
  g_assert_no_error (error);
  second = await (self, queued, &error);
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_CACHED);
  g_assert_null (second);
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 1);
}

/* Nor is what was to be validated in the background */
static void
test_offline_before_refresh (Fixture *self,
                             gconstpointer data)
{
  PillionHttpClient *client = self->parent.client;
  g_autoptr (PillionHttpResponse) response = NULL;
  PillionTask *running;

  pillion_http_client_set_max_connections (client, 1);
  assert_gets (self, "/refreshed", "1", FALSE);
  pillion_http_engine_shift_real_time (1000 * G_TIME_SPAN_SECOND);
  running = send_with (self, "/in-two", PILLION_HTTP_CACHE_MODE_DEFAULT);
  test_server_wait_requests (self->server, 2);
  assert_gets (self, "/refreshed", "1", TRUE);
  go_offline (self);
  test_server_open_gate (self->server);

  response = await (self, running, NULL);
  g_assert_nonnull (response);
  /* It has had its turn by then */
  pillion_http_client_set_offline (client, FALSE);
  assert_gets (self, "/fresh", "3", FALSE);
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 3);
}

/* The client ends while a response is being stored */
static void
test_client_ends (Fixture *self,
                  gconstpointer data)
{
  g_autoptr (PillionTask) task = send_with (self, "/large", PILLION_HTTP_CACHE_MODE_DEFAULT);

  test_server_wait_requests (self->server, 1);
  pillion_loop_close (self->parent.loop, -1, NULL);
  g_assert_true (pillion_task_is_done (task));
}

#define ADD(path, func) g_test_add ("/http/cache/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (on_log, NULL, NULL);

  ADD ("kinds-of-calls", test_kinds_of_calls);
  ADD ("download-stores", test_download_stores);
  ADD ("redirects-and-refusals", test_redirects_and_refusals);
  ADD ("incomplete", test_incomplete);
  ADD ("to-the-end", test_to_the_end);
  ADD ("unreachable", test_unreachable);
  ADD ("unreachable-or-not", test_other_errors);
  ADD ("unreachable-for-a-file", test_unreachable_file);
  ADD ("many-fields", test_many_fields);
  ADD ("wrong-content", test_wrong_content);
  ADD ("together", test_together);
  ADD ("get-with-body", test_get_with_body);
  ADD ("connections", test_connections);
  g_test_add_func ("/http/cache/identities", test_identities);
  ADD ("unreadable", test_unreadable);
  ADD ("unreadable-after-failure", test_unreadable_after_failure);
  ADD ("refresh-goes-on", test_refresh_goes_on);
  ADD ("refresh", test_refresh);
  ADD ("refresh-in-loop", test_refresh_in_loop);
  ADD ("refresh-ends-with-loop", test_refresh_ends_with_loop);
  ADD ("failing-server", test_failing_server);
  ADD ("failing-redirect", test_failing_redirect);
  ADD ("late-response", test_late_response);
  ADD ("cookies", test_cookies);
  ADD ("cancel", test_cancel);
  ADD ("object", test_object);
  ADD ("listed", test_listed);
  ADD ("no-folder", test_no_folder);
  ADD ("nothing-made", test_nothing_made);
  ADD ("no-descriptors", test_no_descriptors);
  ADD ("shared", test_shared);
  ADD ("without-cache", test_without_cache);
  ADD ("removed-by-program", test_removed_by_program);
  ADD ("removed-while-it-comes", test_removed_while_it_comes);
  ADD ("offline-says-why", test_offline_says_why);
  ADD ("gateway-timeout", test_gateway_timeout);
  ADD ("offline-for-a-moment", test_offline_for_a_moment);
  ADD ("offline-while-queued", test_offline_while_queued);
  ADD ("offline-before-refresh", test_offline_before_refresh);
  ADD ("client-ends", test_client_ends);

  return g_test_run ();
}
