/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include <json-glib/json-glib.h>

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
  const char *const agents[] = { "Pillion/1.0.0", "Something/2 (else)", NULL };

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

#define WANTED_REFUSAL 200000

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

typedef struct
{
  TestServer *other;
} Redirects;

static void
serve_redirects (TestConnection *connection,
                 const char *request,
                 gpointer data)
{
  Redirects *redirects = data;
  g_autofree char *path = test_request_get_path (request);
  g_autofree char *location = NULL;
  const char *status = "302";

  if (g_str_has_prefix (path, "/code/"))
    {
      status = path + 6;
      location = g_strdup ("/target");
    }
  else if (strcmp (path, "/a/relative") == 0)
    location = g_strdup ("../target");
  else if (strcmp (path, "/other") == 0)
    location = test_server_url (redirects->other, "/request");
  else if (strcmp (path, "/loop") == 0)
    location = g_strdup ("/loop");
  else if (g_str_has_prefix (path, "/count/"))
    {
      gint64 n = g_ascii_strtoll (path + 7, NULL, 10);

      location = n > 1 ? g_strdup_printf ("/count/%" G_GINT64_FORMAT, n - 1) : g_strdup ("/target");
    }
  else if (strcmp (path, "/scheme") == 0)
    location = g_strdup ("file:///etc/passwd");
  else if (strcmp (path, "/bad") == 0)
    location = g_strdup ("http://[/");
  else if (strcmp (path, "/nowhere") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
      return;
    }
  else if (strcmp (path, "/endless") == 0)
    {
      /* The body of a redirect is of no use: it is not waited for */
      test_connection_printf (connection, "HTTP/1.1 302 Found\r\nLocation: /target\r\nContent-Length: 1000\r\n\r\nhalf");
      test_connection_wait_closed (connection);
      return;
    }
  else
    {
      test_connection_answer (connection, NULL, "arrived", -1);
      return;
    }

  test_connection_printf (connection, "HTTP/1.1 %s Moved\r\nLocation: %s\r\nContent-Length: 5\r\n\r\nmoved", status, location);
}

static void
test_redirects (TestFixture *self,
                gconstpointer data)
{
  Redirects redirects = { test_server_new (TEST_SERVER_PLAIN, serve, NULL) };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_redirects, &redirects);
  const char *const good[] = { "/code/301", "/code/302", "/code/303", "/code/307", "/code/308", "/a/relative", "/endless",
                               "/count/20" };
  const struct
  {
    const char *path;
    GQuark domain;
    int code;
  } bad[] = {
    { "/loop", PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL },
    { "/count/21", PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL },
    { "/scheme", PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_UNSUPPORTED_SCHEME },
    { "/bad", PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL },
    { "/nowhere", PILLION_HTTP_STATUS_ERROR, 302 },
    { "/code/305", PILLION_HTTP_STATUS_ERROR, 305 },
  };

  /* With one place in the queue a redirect has to wait for its own first hop */
  pillion_http_client_set_max_connections (self->client, 1);

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autofree char *url = test_server_url (server, good[i]);

      test_fixture_assert_get (self, url, "arrived");
    }

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *url = test_server_url (server, bad[i].path);

      test_fixture_assert_error (self, url, bad[i].domain, bad[i].code);
    }

  test_server_free (server);
  test_server_free (redirects.other);
}

/* A password goes to the server that it was given for, and to no other */
static void
test_redirect_keeps_secret (TestFixture *self,
                            gconstpointer data)
{
  Redirects redirects = { test_server_new (TEST_SERVER_PLAIN, serve, NULL) };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_redirects, &redirects);
  g_autofree char *url = test_server_url (server, "/other");
  g_autofree char *with_password = g_strdup_printf ("http://user:secret@%s", url + strlen ("http://"));
  g_autoptr (GBytes) bytes =
    test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, with_password, NULL), NULL);
  g_autofree char *request = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

  g_assert_true (g_str_has_prefix (request, "GET /request "));
  g_assert_null (strstr (request, "Authorization"));

  test_server_free (server);
  test_server_free (redirects.other);
}

typedef struct
{
  const char *coding;
  GBytes *body;
} Coded;

static void
serve_coded (TestConnection *connection,
             const char *request,
             gpointer data)
{
  Coded *coded = data;
  g_autofree char *field = g_strdup_printf ("Content-Encoding: %s\r\n", coded->coding);

  test_connection_answer (connection, field, g_bytes_get_data (coded->body, NULL), (gssize) g_bytes_get_size (coded->body));
}

static GBytes *
compress (const void *bytes,
          gsize length,
          GZlibCompressorFormat format)
{
  g_autoptr (GConverter) compressor = G_CONVERTER (g_zlib_compressor_new (format, 6));
  g_autoptr (GInputStream) plain = g_memory_input_stream_new_from_data (bytes, (gssize) length, NULL);
  g_autoptr (GInputStream) coded = g_converter_input_stream_new (plain, compressor);
  g_autoptr (GOutputStream) result = g_memory_output_stream_new_resizable ();

  g_assert_cmpint (g_output_stream_splice (result, coded, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, NULL), >=, 0);
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (result));
}

static void
assert_coded (TestFixture *self,
              const char *coding,
              GBytes *body,
              const void *expected,
              gsize length,
              int code)
{
  Coded coded = { coding, body };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_coded, &coded);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes =
    test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, url, NULL), &error);

  if (expected != NULL)
    {
      g_assert_no_error (error);
      g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected, length);
    }
  else
    {
      g_assert_error (error, PILLION_HTTP_ERROR, code);
      g_assert_null (bytes);
    }

  test_server_free (server);
}

static void
test_codings (TestFixture *self,
              gconstpointer data)
{
  const gsize sizes[] = { 0, 1, 1000, 3 * 1024 * 1024 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree guint8 *bytes = test_bytes_new (sizes[i]);
      g_autoptr (GBytes) plain = g_bytes_new_static (bytes, sizes[i]);
      g_autoptr (GBytes) gzip = compress (bytes, sizes[i], G_ZLIB_COMPRESSOR_FORMAT_GZIP);
      g_autoptr (GBytes) zlib = compress (bytes, sizes[i], G_ZLIB_COMPRESSOR_FORMAT_ZLIB);
      g_autoptr (GBytes) raw = compress (bytes, sizes[i], G_ZLIB_COMPRESSOR_FORMAT_RAW);

      assert_coded (self, "gzip", gzip, bytes, sizes[i], 0);
      assert_coded (self, "X-GZip", gzip, bytes, sizes[i], 0);
      assert_coded (self, "deflate", zlib, bytes, sizes[i], 0);
      assert_coded (self, "deflate", raw, bytes, sizes[i], 0);
      assert_coded (self, "identity", plain, bytes, sizes[i], 0);
      assert_coded (self, "br", gzip, NULL, 0, PILLION_HTTP_ERROR_PROTOCOL);
    }
}

static void
test_codings_stacked (TestFixture *self,
                      gconstpointer data)
{
  const char *text = "hello, hello, hello";
  g_autoptr (GBytes) once = compress (text, strlen (text), G_ZLIB_COMPRESSOR_FORMAT_ZLIB);
  g_autoptr (GBytes) twice =
    compress (g_bytes_get_data (once, NULL), g_bytes_get_size (once), G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr (GByteArray) members = g_byte_array_new ();
  g_autoptr (GBytes) first = compress ("hello, ", 7, G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr (GBytes) second = compress ("world", 5, G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr (GBytes) both = NULL;
  g_autoptr (GBytes) none = g_bytes_new_static ("", 0);

  assert_coded (self, "deflate, gzip", twice, text, strlen (text), 0);

  /* Several gzip members follow each other */
  g_byte_array_append (members, g_bytes_get_data (first, NULL), (guint) g_bytes_get_size (first));
  g_byte_array_append (members, g_bytes_get_data (second, NULL), (guint) g_bytes_get_size (second));
  both = g_byte_array_free_to_bytes (g_steal_pointer (&members));
  assert_coded (self, "gzip", both, "hello, world", 12, 0);

  /* Nothing, compressed or not, is nothing */
  assert_coded (self, "gzip", none, "", 0, 0);
}

static void
test_codings_broken (TestFixture *self,
                     gconstpointer data)
{
  const char *text = "Some text that is long enough to be compressed, and compressed, and compressed.";
  g_autoptr (GBytes) whole = compress (text, strlen (text), G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  gsize length;
  const guint8 *bytes = g_bytes_get_data (whole, &length);

  /* Cut at every place */
  for (gsize cut = 1; cut < length; cut++)
    {
      g_autoptr (GBytes) body = g_bytes_new (bytes, cut);

      assert_coded (self, "gzip", body, NULL, 0, PILLION_HTTP_ERROR_TRUNCATED);
    }

  /* A wrong byte where the checksum sees it, and where the decoder does */
  for (guint i = 0; i < 2; i++)
    {
      g_autofree guint8 *copy = g_memdup2 (bytes, length);
      g_autoptr (GBytes) body = NULL;

      copy[i == 0 ? length - 6 : 0] ^= 0x55;
      body = g_bytes_new (copy, length);
      assert_coded (self, "gzip", body, NULL, 0, PILLION_HTTP_ERROR_PROTOCOL);
    }

  /* More after the end */
  {
    g_autofree guint8 *longer = g_malloc (length + 3);
    g_autoptr (GBytes) body = NULL;

    memcpy (longer, bytes, length);
    memcpy (longer + length, "xyz", 3);
    body = g_bytes_new (longer, length + 3);
    assert_coded (self, "gzip", body, NULL, 0, PILLION_HTTP_ERROR_PROTOCOL);
  }
}

static void
serve_text (TestConnection *connection,
            const char *request,
            gpointer data)
{
  GBytes *text = data;

  test_connection_answer (connection, NULL, g_bytes_get_data (text, NULL), (gssize) g_bytes_get_size (text));
}

static JsonNode *
get_json (TestFixture *self,
          const char *text,
          gsize length,
          GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, length);
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_text, bytes);
  g_autofree char *url = test_server_url (server, "/x.json");
  g_autoptr (PillionTask) task = pillion_http_client_get_json (self->client, url, NULL);
  g_autoptr (JsonParser) parser = NULL;

  test_fixture_await (self, task);
  parser = pillion_task_get_object (task, error);
  test_server_free (server);

  return parser != NULL ? json_node_ref (json_parser_get_root (parser)) : NULL;
}

static void
test_json (TestFixture *self,
           gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  const char *text = "\xef\xbb\xbf{ \"name\": \"a \\\"b\\\" [ { \", \"list\": [1, 2, 3] }\n";
  g_autoptr (JsonNode) node = get_json (self, text, strlen (text), &error);
  g_autoptr (GString) large = g_string_new ("[0");
  g_autoptr (JsonNode) array = NULL;

  g_assert_no_error (error);
  g_assert_cmpstr (json_object_get_string_member (json_node_get_object (node), "name"), ==, "a \"b\" [ { ");
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (json_node_get_object (node), "list")), ==, 3);

  /* So large that a worker parses it */
  for (guint i = 1; i < 300000; i++)
    g_string_append_printf (large, ",%u", i);
  g_string_append_c (large, ']');
  array = get_json (self, large->str, large->len, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (json_array_get_length (json_node_get_array (array)), ==, 300000);
}

static void
test_json_invalid (TestFixture *self,
                   gconstpointer data)
{
  static const char *const texts[] = {
    "", " ", "{", "[1,", "{\"a\":}", "hello", "var x = {};", "[1] /* comment */", "['single']", "\xff\xfe", "[1,2",
    "# comment\n[]", "<html></html>",
  };
  g_autofree char *deep = g_strnfill (100000, '[');
  g_autoptr (GString) fine = g_string_new (NULL);
  g_autoptr (JsonNode) nested = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) local = NULL;

      g_assert_null (get_json (self, texts[i], strlen (texts[i]), &local));
      g_assert_error (local, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_JSON);
    }

  g_assert_null (get_json (self, "[\"\0\"]", 5, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_JSON);
  g_clear_error (&error);

  /* No text makes the parser run out of stack */
  g_assert_null (get_json (self, deep, 100000, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_JSON);
  g_clear_error (&error);

  for (guint i = 0; i < 500; i++)
    g_string_append_c (fine, '[');
  for (guint i = 0; i < 500; i++)
    g_string_append_c (fine, ']');
  nested = get_json (self, fine->str, fine->len, &error);
  g_assert_no_error (error);
  g_assert_nonnull (nested);
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
  tasks[0] = pillion_http_client_get_bytes (self->client, silent, NULL);
  test_server_wait_requests (server, 3);
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

  pillion_http_client_set_idle_timeout_usec (self->client, G_USEC_PER_SEC);
  task = pillion_http_client_get_bytes (self->client, hello, NULL);
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

static void
on_notify (GObject *object,
           GParamSpec *pspec,
           gpointer data)
{
  g_string_append_printf (data, "%s ", pspec->name);
}

static void
test_properties (TestFixture *self,
                 gconstpointer data)
{
  g_autoptr (GString) notified = g_string_new (NULL);
  g_autoptr (PillionHttpClient) client = NULL;
  g_autoptr (PillionLoop) loop = NULL;
  g_autofree char *agent = NULL;
  g_autofree char *cert = g_test_build_filename (G_TEST_DIST, "http", "data", "cert.pem", NULL);
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (cert, NULL);
  g_autoptr (GTlsDatabase) got = NULL;
  guint max;
  guint per_host;
  gint64 timeout;

  g_assert_true (pillion_http_client_get_loop (self->client) == self->loop);
  g_assert_cmpuint (pillion_http_client_get_max_connections (self->client), ==, 32);
  g_assert_cmpuint (pillion_http_client_get_max_connections_per_host (self->client), ==, 6);
  g_assert_cmpuint (pillion_http_client_get_max_connections_per_download (self->client), ==, 4);
  g_assert_cmpuint (pillion_http_client_get_max_lasting_connections (self->client), ==, 128);
  g_assert_cmpuint (pillion_http_client_get_max_lasting_connections_per_host (self->client), ==, 32);
  g_assert_cmpint (pillion_http_client_get_idle_timeout_usec (self->client), ==, 60 * G_USEC_PER_SEC);
  g_assert_cmpstr (pillion_http_client_get_user_agent (self->client), ==, "Pillion/" PILLION_VERSION_S);
  g_assert_null (pillion_http_client_get_tls_database (self->client));

  g_signal_connect (self->client, "notify", G_CALLBACK (on_notify), notified);
  for (guint i = 0; i < 2; i++)
    {
      /* The second time nothing changes */
      pillion_http_client_set_max_connections (self->client, 3);
      pillion_http_client_set_max_connections_per_host (self->client, 2);
      pillion_http_client_set_max_connections_per_download (self->client, 16);
      pillion_http_client_set_max_lasting_connections (self->client, 5);
      pillion_http_client_set_max_lasting_connections_per_host (self->client, 4);
      pillion_http_client_set_idle_timeout_usec (self->client, G_USEC_PER_SEC);
      pillion_http_client_set_user_agent (self->client, "x");
      pillion_http_client_set_tls_database (self->client, database);
    }
  g_assert_cmpstr (notified->str, ==, "max-connections max-connections-per-host max-connections-per-download max-lasting-connections "
                   "max-lasting-connections-per-host idle-timeout-usec user-agent tls-database ");
  g_assert_true (pillion_http_client_get_tls_database (self->client) == database);

  g_object_get (self->client, "loop", &loop, "max-connections", &max, "max-connections-per-host", &per_host, "idle-timeout-usec",
                &timeout, "user-agent", &agent, "tls-database", &got, NULL);
  g_assert_true (loop == self->loop);
  g_assert_cmpuint (max, ==, 3);
  g_assert_cmpuint (per_host, ==, 2);
  g_assert_cmpint (timeout, ==, G_USEC_PER_SEC);
  g_assert_cmpstr (agent, ==, "x");
  g_assert_true (got == database);

  client = g_object_new (PILLION_HTTP_TYPE_CLIENT, "loop", self->loop, "max-connections", 9, "max-connections-per-host", 4,
                         "idle-timeout-usec", (gint64) 7, "user-agent", NULL, "tls-database", database, NULL);
  g_assert_cmpuint (pillion_http_client_get_max_connections (client), ==, 9);
  g_assert_cmpuint (pillion_http_client_get_max_connections_per_host (client), ==, 4);
  g_assert_cmpint (pillion_http_client_get_idle_timeout_usec (client), ==, 7);
  g_assert_null (pillion_http_client_get_user_agent (client));
}

static void
expect_critical (const char *message)
{
  g_test_expect_message ("PillionHttp", G_LOG_LEVEL_CRITICAL, message);
}

static gpointer
call_on_other_thread (gpointer data)
{
  TestFixture *self = data;

  g_assert_null (pillion_http_client_get_bytes (self->client, "http://127.0.0.1/", NULL));
  return NULL;
}

static void
test_programmer_errors (TestFixture *self,
                        gconstpointer data)
{
  g_autoptr (GFile) file = g_file_new_for_path ("/nonexistent");

  expect_critical ("*on_thread*");
  g_thread_join (g_thread_new ("other", call_on_other_thread, self));
  expect_critical ("*url*");
  g_assert_null (pillion_http_client_get_bytes (self->client, NULL, NULL));
  expect_critical ("*url*");
  g_assert_null (pillion_http_client_get_json (self->client, NULL, NULL));
  expect_critical ("*url*");
  g_assert_null (pillion_http_client_download (self->client, NULL, file, NULL, NULL));
  expect_critical ("*G_IS_FILE*");
  g_assert_null (pillion_http_client_download_into (self->client, "http://127.0.0.1/", NULL, NULL, NULL));
  expect_critical ("*max*");
  pillion_http_client_set_max_connections (self->client, 0);
  expect_critical ("*max*");
  pillion_http_client_set_max_connections_per_host (self->client, 0);
  expect_critical ("*max*");
  pillion_http_client_set_max_connections_per_download (self->client, 0);
  expect_critical ("*isprint*");
  pillion_http_client_set_user_agent (self->client, "a\r\nX: y");
  g_test_assert_expected_messages ();
}

static void
test_default_loop (void)
{
  g_autoptr (PillionHttpClient) client = pillion_http_client_new (NULL);

  g_assert_true (pillion_http_client_get_loop (client) == pillion_loop_get_default ());
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
  test_case ("/http/client/endless-refusal", test_endless_refusal);
  test_case ("/http/client/wanted-refusal", test_wanted_refusal);
  test_case ("/http/client/no-password", test_no_password);
  test_case ("/http/client/redirects", test_redirects);
  test_case ("/http/client/redirect-keeps-secret", test_redirect_keeps_secret);
  test_case ("/http/client/codings", test_codings);
  test_case ("/http/client/codings-stacked", test_codings_stacked);
  test_case ("/http/client/codings-broken", test_codings_broken);
  test_case ("/http/client/json", test_json);
  test_case ("/http/client/json-invalid", test_json_invalid);
  test_case ("/http/client/limits", test_limits);
  test_case ("/http/client/thousand", test_thousand);
  test_case ("/http/client/stalled-host", test_stalled_host);
  test_case ("/http/client/cancel", test_cancel);
  test_case ("/http/client/close", test_close);
  test_case ("/http/client/client-first", test_client_first);
  test_case ("/http/client/idle-timeout", test_idle_timeout);
  test_case ("/http/client/idle-timeout-stalled-host", test_idle_timeout_stalled_host);
  test_case ("/http/client/properties", test_properties);
  test_case ("/http/client/programmer-errors", test_programmer_errors);
  g_test_add_func ("/http/client/default-loop", test_default_loop);

  return g_test_run ();
}
