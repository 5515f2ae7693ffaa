/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What servers, other programs and moments of ill luck can do to a transfer that goes well else */

#include <string.h>
#include <sys/stat.h>

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "base/pillion-sync.h"
#include "http-support.h"

#define OLD "what was there before"
#define TEXT "0123456789"
#define TAG "\"tag\""

static PillionTask *
start (TestFixture *self,
       const char *url,
       const char *name)
{
  g_autofree char *path = test_fixture_path (self, name);
  g_autoptr (GFile) file = g_file_new_for_path (path);

  return pillion_http_client_download (self->client, url, file, NULL, NULL);
}

static PillionTask *
start_into (TestFixture *self,
            const char *url)
{
  g_autoptr (GFile) folder = g_file_new_for_path (self->folder);

  return pillion_http_client_download_into (self->client, url, folder, NULL, NULL);
}

static void
assert_fails (TestFixture *self,
              PillionTask *task,
              GQuark domain,
              int code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpDownload) download = test_fixture_await_download (self, task, &error);

  g_assert_null (download);
  g_assert_error (error, domain, code);
}

static PillionHttpDownload *
assert_succeeds (TestFixture *self,
                 PillionTask *task)
{
  g_autoptr (GError) error = NULL;
  PillionHttpDownload *download = test_fixture_await_download (self, task, &error);

  g_assert_no_error (error);
  return download;
}

/* Sends the first half of TEXT, and only with a range the rest, without saying again what it is called */
static void
serve_halves (TestConnection *connection,
              const char *request,
              gpointer data)
{
  g_autofree char *range = test_request_get_field (request, "Range");
  int *broken = data;

  if (range != NULL && g_atomic_int_get (broken))
    {
      test_connection_printf (connection, "HTTP/1.1 206 Partial Content\r\nContent-Length: what\r\n\r\n");
    }
  else if (range != NULL)
    {
      g_assert_cmpstr (range, ==, "bytes=5-");
      test_connection_printf (connection, "HTTP/1.1 206 Partial Content\r\nETag: " TAG "\r\n"
                              "Content-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\n56789");
    }
  else
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nETag: " TAG "\r\nContent-Length: 10\r\n"
                              "Content-Disposition: attachment; filename=\"real name\"\r\n\r\n01234");
      test_connection_close (connection);
    }
}

static void
test_name_lasts (TestFixture *self,
                 gconstpointer data)
{
  int broken = FALSE;
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_halves, &broken);
  g_autofree char *url = test_server_url (server, "/get.php?id=1");
  g_autofree char *path = test_fixture_path (self, "real name");
  g_autoptr (PillionHttpDownload) download = NULL;

  assert_fails (self, start_into (self, url), PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  download = assert_succeeds (self, start_into (self, url));
  g_assert_cmpint (pillion_http_download_get_resumed_from (download), ==, 5);
  g_assert_cmpstr (g_file_peek_path (pillion_http_download_get_file (download)), ==, path);
  test_assert_file (path, TEXT, strlen (TEXT));

  test_server_free (server);
}

/* An answer that is nonsense does not take away what an earlier one brought */
static void
test_nonsense_keeps_part (TestFixture *self,
                          gconstpointer data)
{
  int broken = FALSE;
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_halves, &broken);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *path = test_fixture_path (self, "file");
  g_autoptr (PillionHttpDownload) download = NULL;

  assert_fails (self, start (self, url, "file"), PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_atomic_int_set (&broken, TRUE);
  assert_fails (self, start (self, url, "file"), PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL);
  g_atomic_int_set (&broken, FALSE);
  download = assert_succeeds (self, start (self, url, "file"));
  g_assert_cmpint (pillion_http_download_get_resumed_from (download), ==, 5);
  test_assert_file (path, TEXT, strlen (TEXT));

  test_server_free (server);
}

/* A crash while the record was written leaves its beginning beside it */
static void
test_record_left (TestFixture *self,
                  gconstpointer data)
{
  int broken = FALSE;
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_halves, &broken);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *beside = test_fixture_path (self, ".file.pillion-part.info~");
  g_autofree char *path = test_fixture_path (self, "file");
  g_autofree char *rest = g_strnfill (5000, 'x');
  g_autoptr (PillionHttpDownload) download = NULL;

  g_assert_true (g_file_set_contents (beside, rest, -1, NULL));
  assert_fails (self, start (self, url, "file"), PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  test_assert_no_file (beside);
  download = assert_succeeds (self, start (self, url, "file"));
  g_assert_cmpint (pillion_http_download_get_resumed_from (download), ==, 5);
  test_assert_file (path, TEXT, strlen (TEXT));

  test_server_free (server);
}

static void
serve_gated (TestConnection *connection,
             const char *request,
             gpointer data)
{
  test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
  test_connection_wait_gate (connection);
  test_connection_printf (connection, "56789");
}

/* What takes the target's place is what was written, and not what somebody put there under its name */
static void
test_part_replaced (TestFixture *self,
                    gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_gated, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *path = test_fixture_path (self, "file");
  g_autofree char *part = test_fixture_path (self, ".file.pillion-part");
  g_autofree char *other = test_fixture_path (self, "other");
  PillionTask *task;

  g_assert_true (g_file_set_contents (path, OLD, -1, NULL));
  task = start (self, url, "file");
  test_server_wait_requests (server, 1);
  g_assert_true (g_file_set_contents (other, "evil", -1, NULL));
  g_assert_cmpint (g_rename (other, part), ==, 0);
  test_server_open_gate (server);
  assert_fails (self, task, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_file (path, OLD, strlen (OLD));

  test_server_free (server);
}

static void
serve_name_of_part (TestConnection *connection,
                    const char *request,
                    gpointer data)
{
  g_autofree char *path = test_request_get_path (request);

  test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n"
                          "Content-Disposition: attachment; filename=\"%s\"\r\n\r\nhi", path + 1);
}

/* Part files are hidden, so no name that a server proposes becomes that of one */
static void
test_name_of_part (TestFixture *self,
                   gconstpointer data)
{
  static const char *const fine[] = { "/file.part", "/file.part.info", "/file.pillion-part" };
  static const char *const hidden[] = { "/.file.pillion-part", "/.file.pillion-part.info" };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_name_of_part, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (fine); i++)
    {
      g_autofree char *url = test_server_url (server, fine[i]);
      g_autofree char *path = test_fixture_path (self, fine[i] + 1);
      g_autoptr (PillionHttpDownload) download = assert_succeeds (self, start_into (self, url));

      test_assert_file (path, "hi", 2);
    }

  for (guint i = 0; i < G_N_ELEMENTS (hidden); i++)
    {
      g_autofree char *url = test_server_url (server, hidden[i]);

      g_autofree char *path = test_fixture_path (self, hidden[i] + 1);
      g_autoptr (PillionHttpDownload) download = assert_succeeds (self, start_into (self, url));

      /* Without the dot */
      test_assert_no_file (path);
    }

  test_server_free (server);
}

typedef struct
{
  GMutex lock;
  const char *location;
  char *seen; /* the last Authorization, or "none" */
} Redirect;

static void
serve_redirect (TestConnection *connection,
                const char *request,
                gpointer data)
{
  Redirect *redirect = data;
  g_autofree char *path = test_request_get_path (request);
  char *authorization = test_request_get_field (request, "Authorization");
  const char *location;

  pillion_mutex_lock (&redirect->lock);
  g_free (redirect->seen);
  redirect->seen = authorization != NULL ? authorization : g_strdup ("none");
  location = redirect->location;
  pillion_mutex_unlock (&redirect->lock);

  if (strcmp (path, "/from") == 0)
    test_connection_printf (connection, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", location);
  else
    test_connection_answer (connection, NULL, "ok", 2);
}

/* The password goes with a redirect to the same server, however that is written, and to no other */
static void
test_redirect_password (TestFixture *self,
                        gconstpointer data)
{
  Redirect redirect = { 0 };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_redirect, &redirect);
  TestServer *other = test_server_new (TEST_SERVER_PLAIN, serve_redirect, &redirect);
  g_autofree char *from = test_server_url (server, "/from");
  g_autofree char *url = g_strconcat ("http://user:secret@", from + strlen ("http://"), NULL);
  g_autofree char *here = test_server_url (server, "/to");
  g_autofree char *there = test_server_url (other, "/to");
  const struct
  {
    const char *location;
    gboolean sent;
  } cases[] = {
    { "/to", TRUE },
    { here, TRUE },
    { there, FALSE },
    { there + strlen ("http:"), FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      pillion_mutex_lock (&redirect.lock);
      redirect.location = cases[i].location;
      pillion_mutex_unlock (&redirect.lock);
      test_fixture_assert_get (self, url, "ok");
      pillion_mutex_lock (&redirect.lock);
      g_assert_cmpstr (redirect.seen, ==, cases[i].sent ? "Basic dXNlcjpzZWNyZXQ=" : "none");
      pillion_mutex_unlock (&redirect.lock);
    }

  test_server_free (server);
  test_server_free (other);
  g_free (redirect.seen);
}

static void
serve_latin1 (TestConnection *connection,
              const char *request,
              gpointer data)
{
  g_autofree char *path = test_request_get_path (request);

  if (strcmp (path, "/fail") == 0)
    test_connection_printf (connection, "HTTP/1.1 404 N\xe3o existe\r\nContent-Length: 0\r\n\r\n");
  else
    test_connection_answer (connection, "ETag: \"\xe3\"\r\nContent-Type: text/\xe3\r\n", "ok", 2);
}

/* A message is text, whatever a server says */
static void
test_no_utf8 (TestFixture *self,
              gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_latin1, NULL);
  g_autofree char *bad = test_server_url (server, "/fail");
  g_autofree char *good = test_server_url (server, "/good");
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpDownload) download = NULL;

  g_assert_null (test_fixture_await_download (self, start (self, bad, "file"), &error));
  g_assert_error (error, PILLION_HTTP_STATUS_ERROR, 404);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));

  download = assert_succeeds (self, start (self, good, "file"));
  g_assert_true (g_utf8_validate (pillion_http_download_get_etag (download), -1, NULL));
  g_assert_true (g_utf8_validate (pillion_http_download_get_content_type (download), -1, NULL));

  test_server_free (server);
}

static void
serve_stall (TestConnection *connection,
             const char *request,
             gpointer data)
{
  g_autofree char *path = test_request_get_path (request);

  if (strcmp (path, "/good") == 0)
    test_connection_answer (connection, NULL, "ok", 2);
  else
    test_connection_wait_closed (connection);
}

/* A timeout that was made shorter while nothing ran counts for what runs next */
static void
test_shorter_timeout (TestFixture *self,
                      gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_stall, NULL);
  g_autofree char *good = test_server_url (server, "/good");
  g_autofree char *stall = test_server_url (server, "/stall");

  pillion_http_client_set_idle_timeout_usec (self->client, 100000 * (GTimeSpan) G_USEC_PER_SEC);
  test_fixture_assert_get (self, good, "ok");
  pillion_http_client_set_idle_timeout_usec (self->client, G_USEC_PER_SEC);
  test_fixture_assert_error (self, stall, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);

  test_server_free (server);
}

static void
serve_half (TestConnection *connection,
            const char *request,
            gpointer data)
{
  g_autofree char *path = test_request_get_path (request);

  if (strcmp (path, "/good") == 0)
    {
      test_connection_answer (connection, NULL, "ok", 2);
      return;
    }

  test_connection_printf (connection, "%s", (const char *) data);
  test_connection_wait_closed (connection);
}

/* Wherever a server stops for good, a cancelled transfer gives its connection back */
static void
test_cancel_stalled (TestFixture *self,
                     gconstpointer data)
{
  const struct
  {
    const char *start;
    gint64 n_body;
  } cases[] = {
    { "", 0 },
    { "HTTP/1.1 200 O", 0 },
    { "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", 0 },
    { "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n012", 3 },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n012", 3 },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n012\r\n", 3 },
    { "HTTP/1.1 200 OK\r\n\r\n012", 3 },
  };

  pillion_http_client_set_max_connections (self->client, 1);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_half, (gpointer) cases[i].start);
      g_autofree char *good = test_server_url (server, "/good");
      g_autofree char *stall = test_server_url (server, "/stall");
      PillionTask *task = start (self, stall, "file");

      test_server_wait_requests (server, 1);
      while (pillion_task_get_completed (task) < cases[i].n_body)
        g_thread_yield ();
      pillion_task_cancel (task);
      assert_fails (self, task, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      test_fixture_assert_get (self, good, "ok");
      test_server_free (server);
    }
}

static const char *const empty_heads[] = {
  "Content-Length:0\r\nServer:test\r\n",
  "Content-Length:0\r\nConnection:close\r\n",
  "Content-Length: 0\r\nConnection: close\r\n",
  "Content-Length: 0\r\nConnection:  close \r\n",
};

/* The path is the number of one of them */
static void
serve_empty (TestConnection *connection,
             const char *request,
             gpointer data)
{
  g_autofree char *path = test_request_get_path (request);
  const char *head = empty_heads[g_ascii_strtoull (path + 1, NULL, 10)];

  test_connection_printf (connection, "HTTP/1.1 200 OK\r\n%s\r\n", head);
  if (strstr (head, "close") != NULL)
    test_connection_close (connection);
}

/* Spaces after a colon are for a server to write or not (RFC 9112, section 5) */
static void
test_empty (TestFixture *self,
            gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_empty, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (empty_heads); i++)
    {
      g_autofree char *path = g_strdup_printf ("/%u", i);
      g_autofree char *url = test_server_url (server, path);

      test_fixture_assert_get (self, url, "");
    }

  test_server_free (server);
}

/* The path is how many times the body is to be coded */
static void
serve_coded (TestConnection *connection,
             const char *request,
             gpointer data)
{
  g_autofree char *path = test_request_get_path (request);
  g_autoptr (GString) field = g_string_new ("Content-Encoding: gzip");
  g_autoptr (GBytes) body = g_bytes_new_static (TEXT, strlen (TEXT));
  guint n = (guint) g_ascii_strtoull (path + 1, NULL, 10);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GZlibCompressor) gzip = g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1);
      g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
      g_autoptr (GOutputStream) coder = g_converter_output_stream_new (memory, G_CONVERTER (gzip));

      g_assert_true (g_output_stream_write_all (coder, g_bytes_get_data (body, NULL), g_bytes_get_size (body), NULL, NULL, NULL));
      g_assert_true (g_output_stream_close (coder, NULL, NULL));
      g_bytes_unref (body);
      body = g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
      if (i > 0)
        g_string_append (field, ", gzip");
    }
  g_string_append (field, "\r\n");

  test_connection_answer (connection, field->str, g_bytes_get_data (body, NULL), (gssize) g_bytes_get_size (body));
}

/* Each coding may make a body a thousand times as large as it came */
static void
test_codings (TestFixture *self,
              gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_coded, NULL);
  g_autofree char *some = test_server_url (server, "/4");
  g_autofree char *many = test_server_url (server, "/5");

  test_fixture_assert_get (self, some, TEXT);
  test_fixture_assert_error (self, many, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL);

  test_server_free (server);
}

/* The path is the number of a text */
static void
serve_text (TestConnection *connection,
            const char *request,
            gpointer data)
{
  const char *const *texts = data;
  g_autofree char *path = test_request_get_path (request);
  const char *text = texts[g_ascii_strtoull (path + 1, NULL, 10)];

  test_connection_answer (connection, NULL, text, (gssize) strlen (text));
}

static JsonNode *
get_json (TestFixture *self,
          const char *url,
          GError **error)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_json (self->client, url, NULL);
  g_autoptr (JsonParser) parser = NULL;

  test_fixture_await (self, task);
  parser = pillion_task_get_object (task, error);
  return parser != NULL ? json_node_ref (json_parser_get_root (parser)) : NULL;
}

/* JSON-GLib alone would take most of these */
static void
test_json_strict (TestFixture *self,
                  gconstpointer data)
{
  static const char *const texts[] = {
    "[010]", "[0x10]", "[+1]", "[1.]", "[.5]", "[1e]", "[1e+]", "[-]", "[- 1]", "[-01]", "[0b1]", "[TRUE]", "[nul]", "[NaN]",
    "[1][2]", "[1] x", "1 2", "]", "[\"a\tb\"]", "[\"\\q\"]", "[\"\\x41\"]", "[\"\\101\"]", "[\"\\u00g0\"]", "[\"\\u00", "[\"\\",
    "[\"", "[\"\\'\"]", "/**/1", "# x\n1", "'a'", "var a = 1", "[1,]", "[1 2]", "{\"a\" 1}", "{\"a\":1 \"b\":2}", "{1:2}", "[}", "[1",
    "[1-2]", "\f1", " ", "-", "tru",
    NULL,
    "[0, -0, 10, 1.5, -1.5E+3, 1e5, 0.1e-1]", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"", " [ true , false , null ] \r\n", "1", "-1",
    "{\"a\": {\"b\": []}}", "\xef\xbb\xbf[1]",
  };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_text, (gpointer) texts);
  gboolean is_bad = TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autofree char *path = g_strdup_printf ("/%u", i);
      g_autofree char *url = test_server_url (server, path);
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = NULL;

      if (texts[i] == NULL)
        {
          is_bad = FALSE;
          continue;
        }

      g_test_message ("%s", texts[i]);
      node = get_json (self, url, &error);
      if (is_bad)
        g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_JSON);
      else
        g_assert_no_error (error);
    }

  test_server_free (server);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/edges/name-lasts", test_name_lasts);
  test_case ("/http/edges/nonsense-keeps-part", test_nonsense_keeps_part);
  test_case ("/http/edges/record-left", test_record_left);
  test_case ("/http/edges/part-replaced", test_part_replaced);
  test_case ("/http/edges/name-of-part", test_name_of_part);
  test_case ("/http/edges/redirect-password", test_redirect_password);
  test_case ("/http/edges/no-utf8", test_no_utf8);
  test_case ("/http/edges/shorter-timeout", test_shorter_timeout);
  test_case ("/http/edges/cancel-stalled", test_cancel_stalled);
  test_case ("/http/edges/empty", test_empty);
  test_case ("/http/edges/codings", test_codings);
  test_case ("/http/edges/json-strict", test_json_strict);

  return g_test_run ();
}
