/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a server refused with, and that the error carries it wherever it goes */

#include <string.h>

#include "http-support.h"

#define BOUND (64 * 1024)

typedef enum
{
  THEN_NOTHING, /* the connection stays for another request */
  THEN_CLOSE,
  THEN_WAIT, /* until the client closes it */
  THEN_DRIP, /* a byte now and then, until the test has seen enough */
} Then;

typedef struct
{
  const char *head; /* without the empty line at its end */
  const void *body;
  gssize length;    /* of that; -1 for a string */
  Then then;
  gint seen_enough; /* atomic */
} Script;

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  Script *script = data;

  if (g_str_has_prefix (request, "GET /moved "))
    {
      test_connection_printf (connection, "HTTP/1.1 302 Found\r\nLocation: /here?a=b\r\nContent-Length: 0\r\n\r\n");
      return;
    }

  test_connection_printf (connection, "%s\r\n\r\n", script->head);
  if (script->body != NULL)
    test_connection_write (connection, script->body, script->length);

  switch (script->then)
    {
    case THEN_NOTHING:
      break;
    case THEN_CLOSE:
      test_connection_close (connection);
      break;
    case THEN_WAIT:
      test_connection_wait_closed (connection);
      break;
    case THEN_DRIP:
      while (!g_atomic_int_get (&script->seen_enough))
        {
          test_connection_write (connection, ".", 1);
          g_usleep (20 * 1000);
        }
      break;
    }
}

/* Gets, and gives what it was refused with */
static PillionHttpResponse *
get_refused (TestFixture *self,
             TestServer *server,
             const char *path,
             int status)
{
  g_autofree char *url = test_server_url (server, path);
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, url, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpResponse) response = NULL;

  test_fixture_await (self, task);
  g_assert_false (pillion_task_check (task, &error));
  g_assert_error (error, PILLION_HTTP_STATUS_ERROR, status);
  g_assert_nonnull (strstr (error->message, url));
  response = pillion_http_response_from_task (task);
  g_assert_true (pillion_http_response_from_error (error) == response);
  g_assert_cmpuint (pillion_http_response_get_status (response), ==, (guint) status);

  return g_steal_pointer (&response);
}

static void
assert_body (PillionHttpResponse *response,
             const void *bytes,
             gssize length,
             gboolean truncated)
{
  GBytes *body = pillion_http_response_get_body (response);

  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), bytes,
                   length < 0 ? strlen (bytes) : (gsize) length);
  g_assert_cmpint (pillion_http_response_is_body_truncated (response), ==, truncated);
}

/* One server that does as it is told, one request, one body */
static void
check (TestFixture *self,
       Script *script,
       int status,
       const void *bytes,
       gssize length,
       gboolean truncated)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, script);
  g_autoptr (PillionHttpResponse) response = get_refused (self, server, "/", status);

  assert_body (response, bytes, length, truncated);
  g_atomic_int_set (&script->seen_enough, TRUE);
  g_assert_cmpuint (test_server_get_requests (server), ==, 1);
  test_server_free (server);
}

static GByteArray *
compress (const void *bytes,
          gsize length,
          GZlibCompressorFormat format)
{
  g_autoptr (GZlibCompressor) compressor = g_zlib_compressor_new (format, -1);
  GByteArray *out = g_byte_array_new ();
  gsize n_read;
  gsize n_written;

  g_byte_array_set_size (out, (guint) length + 1024);
  g_assert_cmpint (g_converter_convert (G_CONVERTER (compressor), bytes, length, out->data, out->len,
                                        G_CONVERTER_INPUT_AT_END, &n_read, &n_written, NULL),
                   ==, G_CONVERTER_FINISHED);
  g_byte_array_set_size (out, (guint) n_written);

  return out;
}

/* In whatever order */
static void
assert_names (const char *const *names,
              const char *const *expected)
{
  g_assert_cmpuint (g_strv_length ((GStrv) names), ==, g_strv_length ((GStrv) expected));
  for (; *expected != NULL; expected++)
    g_assert_true (g_strv_contains (names, *expected));
}

static void
test_all (TestFixture *self,
          gconstpointer data)
{
  const char *const expected[] = { "Content-Type", "Content-Length", "X-Word", "Set-Cookie", NULL };
  Script script = {
    "HTTP/1.1 404 Not Here\r\ncontent-type: application/json\r\nContent-Length: 13\r\nX-Word: one\r\nSet-Cookie: a=1; "
    "Expires=Wed, 09 Jun 2027 10:18:14 GMT\r\nx-word: two, three\r\nset-cookie: b=2",
    "{\"error\": 17}", -1
  };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &script);
  g_autoptr (PillionHttpResponse) response = get_refused (self, server, "/moved", 404);
  g_autofree char *url = test_server_url (server, "/here?a=b");
  g_autofree char *property = NULL;
  g_auto (GStrv) names = NULL;
  g_autoptr (GBytes) body = NULL;
  gboolean truncated;
  guint status;

  g_assert_cmpstr (pillion_http_response_get_reason (response), ==, "Not Here");
  g_assert_cmpstr (pillion_http_response_get_url (response), ==, url);
  assert_names (pillion_http_response_get_header_names (response), expected);
  g_assert_cmpstr (pillion_http_response_get_header (response, "Content-Type"), ==, "application/json");
  g_assert_cmpstr (pillion_http_response_get_header (response, "X-WORD"), ==, "one, two, three");
  g_assert_cmpstr (pillion_http_response_get_header (response, "set-cookie"), ==,
                   "a=1; Expires=Wed, 09 Jun 2027 10:18:14 GMT\nb=2");
  g_assert_null (pillion_http_response_get_header (response, "X-Wor"));
  assert_body (response, "{\"error\": 17}", -1, FALSE);

  g_object_get (response, "status", &status, "reason", &property, "header-names", &names, "body", &body, "body-truncated",
                &truncated, NULL);
  g_assert_cmpuint (status, ==, 404);
  g_assert_cmpstr (property, ==, "Not Here");
  assert_names ((const char *const *) names, expected);
  g_assert_cmpuint (g_bytes_get_size (body), ==, 13);
  g_assert_false (truncated);
  g_clear_pointer (&property, g_free);
  g_object_get (response, "url", &property, NULL);
  g_assert_cmpstr (property, ==, url);
  test_server_free (server);
}

/* The body was read to its end: the connection is used again */
static void
test_again (TestFixture *self,
            gconstpointer data)
{
  const int codes[] = { 404, 401 };
  Script scripts[] = {
    { "HTTP/1.1 404 Not Found\r\nContent-Length: 7", "why not", -1 },
    { "HTTP/1.1 401 Who\r\nContent-Length: 7", "why not", -1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++)
    {
      TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &scripts[i]);

      for (guint n = 0; n < 3; n++)
        {
          g_autoptr (PillionHttpResponse) response = get_refused (self, server, "/", codes[i]);

          assert_body (response, "why not", -1, FALSE);
        }
      g_assert_cmpuint (test_server_get_requests (server), ==, 3);
      g_assert_cmpuint (test_server_get_connections (server), ==, 1);
      test_server_free (server);
    }
}

static void
test_little (TestFixture *self,
             gconstpointer data)
{
  Script script = { "HTTP/1.1 503 \r\nRetry-After: 120\r\nContent-Length: 0", NULL, 0 };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &script);
  g_autofree char *url = test_server_url (server, "/x");
  g_autofree char *with_password = g_strdup_printf ("http://user:secret@%s", url + strlen ("http://"));
  g_autoptr (PillionTask) task = pillion_http_client_get_json (self->client, with_password, NULL);
  g_autoptr (PillionHttpResponse) response = NULL;

  test_fixture_await (self, task);
  response = pillion_http_response_from_task (task);
  g_assert_cmpuint (pillion_http_response_get_status (response), ==, 503);
  g_assert_null (pillion_http_response_get_reason (response));
  g_assert_cmpstr (pillion_http_response_get_header (response, "retry-after"), ==, "120");
  g_assert_null (strstr (pillion_http_response_get_url (response), "secret"));
  assert_body (response, "", 0, FALSE);
  test_server_free (server);
}

static void
test_no_body (TestFixture *self,
              gconstpointer data)
{
  Script scripts[] = {
    { "HTTP/1.1 304 Not Modified\r\nContent-Length: 1000", NULL, 0 },
    { "HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked", "0\r\n\r\n", -1 },
    { "HTTP/1.1 500 Oh\r\nConnection: close", NULL, 0, THEN_CLOSE },
    { "HTTP/1.1 500 Oh\r\nContent-Encoding: gzip\r\nContent-Length: 0", NULL, 0 },
    { "HTTP/1.1 302 Found\r\nContent-Length: 0", NULL, 0 },
  };
  const int codes[] = { 304, 500, 500, 500, 302 };

  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++)
    check (self, &scripts[i], codes[i], "", 0, FALSE);
}

static void
test_bound (TestFixture *self,
            gconstpointer data)
{
  g_autofree guint8 *bytes = test_bytes_new (2 * BOUND);
  g_autoptr (GByteArray) chunks = g_byte_array_new ();
  Script whole = { "HTTP/1.1 500 Oh\r\nContent-Length: 65536", bytes, BOUND };
  Script more = { "HTTP/1.1 500 Oh\r\nContent-Length: 65537", bytes, BOUND + 1 };
  Script endless = { "HTTP/1.1 500 Oh\r\nContent-Length: 1000000000", bytes, 2 * BOUND, THEN_WAIT };
  Script chunked = { "HTTP/1.1 500 Oh\r\nTransfer-Encoding: chunked", NULL, 0, THEN_WAIT };

  check (self, &whole, 500, bytes, BOUND, FALSE);
  check (self, &more, 500, bytes, BOUND, TRUE);
  check (self, &endless, 500, bytes, BOUND, TRUE);

  g_byte_array_append (chunks, (const guint8 *) "20000\r\n", 7);
  g_byte_array_append (chunks, bytes, 2 * BOUND);
  chunked.body = chunks->data;
  chunked.length = chunks->len;
  check (self, &chunked, 500, bytes, BOUND, TRUE);
}

static void
test_codings (TestFixture *self,
              gconstpointer data)
{
  g_autofree guint8 *zeros = g_malloc0 (100 * BOUND);
  g_autoptr (GByteArray) gzip = compress ("why not", 7, G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr (GByteArray) twice = compress (gzip->data, gzip->len, G_ZLIB_COMPRESSOR_FORMAT_ZLIB);
  g_autoptr (GByteArray) raw = compress ("why not", 7, G_ZLIB_COMPRESSOR_FORMAT_RAW);
  g_autoptr (GByteArray) bomb = compress (zeros, 100 * BOUND, G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr (GByteArray) full = compress (zeros, BOUND, G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr (GByteArray) over = compress (zeros, BOUND + 1, G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autofree guint8 *noise = test_bytes_new (2 * BOUND);
  g_autoptr (GByteArray) large = compress (noise, 2 * BOUND, G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr (GByteArray) members = g_byte_array_new ();
  g_autoptr (PillionHttpResponse) response = NULL;
  TestServer *server;

#define CODED(coding, bytes, n) { "HTTP/1.1 500 Oh\r\nContent-Encoding: " coding, bytes, n, THEN_CLOSE }
  Script scripts[] = {
    CODED ("gzip", gzip->data, gzip->len),
    CODED ("X-GZIP, deflate", twice->data, twice->len),
    CODED ("deflate", raw->data, raw->len),
    CODED ("identity", "why not", 7),
    CODED ("br", "why not", 7),
    CODED ("gzip, br", gzip->data, gzip->len),
    CODED ("gzip", "why not", 7),
    CODED ("gzip,gzip,gzip,gzip,gzip", "why not", 7),
  };
  Script cut = CODED ("gzip", gzip->data, gzip->len - 9);
  Script large_bomb = CODED ("gzip", bomb->data, bomb->len);
  Script fits = CODED ("gzip", full->data, full->len);
  Script one_more = CODED ("gzip", over->data, over->len);
  Script part = CODED ("gzip", large->data, large->len);
  Script two = CODED ("gzip", NULL, 0);
#undef CODED

  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++)
    check (self, &scripts[i], 500, i == 5 ? (const void *) gzip->data : "why not", i == 5 ? (gssize) gzip->len : 7, FALSE);

  check (self, &large_bomb, 500, zeros, BOUND, TRUE);
  check (self, &fits, 500, zeros, BOUND, FALSE);
  check (self, &one_more, 500, zeros, BOUND, TRUE);

  g_byte_array_append (members, gzip->data, gzip->len);
  g_byte_array_append (members, gzip->data, gzip->len);
  two.body = members->data;
  two.length = members->len;
  check (self, &two, 500, "why notwhy not", -1, FALSE);

  /* Of a compressed body that is cut comes what can be had */
  server = test_server_new (TEST_SERVER_PLAIN, serve, &cut);
  response = get_refused (self, server, "/", 500);
  g_assert_true (pillion_http_response_is_body_truncated (response));
  g_clear_object (&response);
  test_server_free (server);

  server = test_server_new (TEST_SERVER_PLAIN, serve, &part);
  response = get_refused (self, server, "/", 500);
  g_assert_true (pillion_http_response_is_body_truncated (response));
  g_assert_cmpuint (g_bytes_get_size (pillion_http_response_get_body (response)), >, BOUND / 2);
  g_assert_true (memcmp (g_bytes_get_data (pillion_http_response_get_body (response), NULL), noise, BOUND / 2) == 0);
  test_server_free (server);
}

/* What is small, and takes very long to decode to nothing */
static void
test_coded_nothing (TestFixture *self,
                    gconstpointer data)
{
  g_autoptr (GByteArray) nothing = compress ("", 0, G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr (GByteArray) many = g_byte_array_new ();
  g_autoptr (GByteArray) coded = NULL;
  Script script = { "HTTP/1.1 500 Oh\r\nContent-Encoding: gzip, gzip", NULL, 0, THEN_CLOSE };

  for (guint i = 0; i < 100000; i++)
    g_byte_array_append (many, nothing->data, nothing->len);
  coded = compress (many->data, many->len, G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  script.body = coded->data;
  script.length = coded->len;
  check (self, &script, 500, "", 0, TRUE);
}

static void
test_cut (TestFixture *self,
          gconstpointer data)
{
  Script scripts[] = {
    { "HTTP/1.1 404 Not Found\r\nContent-Length: 1000", "begin", -1, THEN_CLOSE },
    { "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked", "5\r\nbegin\r\n", -1, THEN_CLOSE },
    { "HTTP/1.1 404 Not Found\r\nContent-Length: 1000", "begin", -1, THEN_WAIT },
  };

  /* No chunk: of what is read along with it nothing is taken */
  Script nonsense = { "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked", "nonsense\r\n", -1, THEN_WAIT };

  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++)
    check (self, &scripts[i], 404, "begin", -1, TRUE);
  check (self, &nonsense, 404, "", 0, TRUE);
}

static void
test_cut_head (TestFixture *self,
               gconstpointer data)
{
  Script script = { "HTTP/1.1 404 Not Found\r\nContent-Length: 1000", NULL, 0, THEN_CLOSE };

  check (self, &script, 404, "", 0, TRUE);
}

static void
test_drip (TestFixture *self,
           gconstpointer data)
{
  const int codes[] = { 500, 401 };
  const char *const heads[] = {
    "HTTP/1.1 500 Oh\r\nContent-Length: 60000",
    "HTTP/1.1 401 Who\r\nContent-Length: 60000",
  };

  for (guint i = 0; i < G_N_ELEMENTS (heads); i++)
    {
      Script script = { heads[i], NULL, 0, THEN_DRIP };
      TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &script);
      g_autoptr (PillionHttpResponse) response = get_refused (self, server, "/", codes[i]);

      g_assert_true (pillion_http_response_is_body_truncated (response));
      g_atomic_int_set (&script.seen_enough, TRUE);
      test_server_free (server);
    }
}

/* Those that libsoup has its own ideas about */
static void
test_unauthorized (TestFixture *self,
                   gconstpointer data)
{
  g_autofree guint8 *bytes = test_bytes_new (2 * BOUND);
  g_autoptr (GByteArray) chunks = g_byte_array_new ();
  Script scripts[] = {
    { "HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm=\"here\"\r\nContent-Length: 7", "why not", -1 },
    { "HTTP/1.1 407 Who\r\nTransfer-Encoding: chunked", "3\r\nwhy\r\n4\r\n not\r\n0\r\n\r\n", -1 },
    { "HTTP/1.1 401 Who\r\nConnection: close", "why not", -1, THEN_CLOSE },
    { "HTTP/1.1 421 Not here\r\nContent-Length: 7", "why not", -1, THEN_WAIT },
  };
  Script nothing[] = {
    { "HTTP/1.1 401 Who\r\nContent-Length: 1000", "begin", -1, THEN_CLOSE },
    { "HTTP/1.1 401 Who\r\nContent-Length: 131072", bytes, 2 * BOUND, THEN_WAIT },
    { "HTTP/1.1 401 Who\r\nTransfer-Encoding: chunked", NULL, 0, THEN_WAIT },
    { "HTTP/1.1 407 Who\r\nContent-Length: 1000", "begin", -1, THEN_WAIT },
  };
  const int codes[] = { 401, 401, 401, 407 };

  check (self, &scripts[0], 401, "why not", -1, FALSE);
  check (self, &scripts[1], 407, "why not", -1, FALSE);
  check (self, &scripts[2], 401, "why not", -1, FALSE);
  check (self, &scripts[3], 421, "why not", -1, FALSE);

  /* All of it would come, and soon */
  for (guint i = 0; i < 8; i++)
    {
      g_byte_array_append (chunks, (const guint8 *) "20000\r\n", 7);
      g_byte_array_append (chunks, bytes, 2 * BOUND);
      g_byte_array_append (chunks, (const guint8 *) "\r\n", 2);
    }
  g_byte_array_append (chunks, (const guint8 *) "0\r\n\r\n", 5);
  nothing[2].body = chunks->data;
  nothing[2].length = chunks->len;
  for (guint i = 0; i < G_N_ELEMENTS (nothing); i++)
    check (self, &nothing[i], codes[i], "", 0, TRUE);
}

static PillionTask *
attempt (guint number,
         gpointer task)
{
  return g_object_ref (task);
}

static void
on_waited (GObject *source,
           GAsyncResult *result,
           gpointer data)
{
  pillion_task_wait_finish (PILLION_TASK (source), result, data);
}

/* Wherever the error goes, the response goes too */
static void
test_handed_on (TestFixture *self,
                gconstpointer data)
{
  Script script = { "HTTP/1.1 404 Not Found\r\nContent-Length: 7", "why not", -1 };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &script);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, url, NULL);
  g_autoptr (PillionRetry) retry = pillion_retry_new ();
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) waited = NULL;
  g_autoptr (GError) prefixed = NULL;
  GError *copies[3];

  g_assert_null (pillion_http_response_from_task (task));
  pillion_retry_set_attempts (retry, 1);
  {
    PillionTask *children[] = { task, task };
    PillionTask *made[] = {
      pillion_task_all (self->loop, children, 2),
      pillion_task_shield (task),
      pillion_task_with_timeout (task, G_TIME_SPAN_HOUR),
      pillion_retry_run (retry, self->loop, "retry", NULL, attempt, task, NULL),
      pillion_task_race (self->loop, children, 1),
    };

    pillion_task_wait_async (made[0], NULL, on_waited, &waited);
    for (guint i = 0; i < G_N_ELEMENTS (made); i++)
      test_fixture_await (self, made[i]);
    while (waited == NULL)
      pillion_loop_kick (self->loop);
    response = pillion_http_response_from_task (task);
    g_assert_nonnull (response);
    for (guint i = 0; i < G_N_ELEMENTS (made); i++)
      {
        g_autoptr (PillionHttpResponse) same = pillion_http_response_from_task (made[i]);

        g_assert_true (same == response);
        g_clear_object (&made[i]);
      }
  }
  g_assert_true (pillion_http_response_from_error (waited) == response);

  copies[0] = g_error_copy (waited);
  copies[1] = g_error_copy (copies[0]);
  g_propagate_prefixed_error (&prefixed, g_error_copy (waited), "before: ");
  copies[2] = g_error_copy (prefixed);
  g_clear_object (&task);
  g_clear_error (&waited);
  for (guint i = 0; i < G_N_ELEMENTS (copies); i++)
    {
      g_assert_true (pillion_http_response_from_error (copies[i]) == response);
      g_error_free (copies[i]);
    }
  assert_body (response, "why not", -1, FALSE);
  test_server_free (server);
}

static void
test_others (TestFixture *self,
             gconstpointer data)
{
  g_autoptr (GError) error = g_error_new (PILLION_HTTP_STATUS_ERROR, 404, "made by hand");
  g_autoptr (GError) copy = g_error_copy (error);
  g_autoptr (GError) other = g_error_new (PILLION_ERROR, PILLION_ERROR_FAILED, "another");
  g_autoptr (PillionTask) failed = pillion_task_new (self->loop, "failed", NULL);
  g_autoptr (PillionTask) well = pillion_task_new (self->loop, "well", NULL);

  g_assert_null (pillion_http_response_from_error (NULL));
  g_assert_null (pillion_http_response_from_error (error));
  g_assert_null (pillion_http_response_from_error (copy));
  g_assert_null (pillion_http_response_from_error (other));

  pillion_task_return_error (failed, g_steal_pointer (&copy));
  pillion_task_return_boolean (well, TRUE);
  g_assert_null (pillion_http_response_from_task (failed));
  g_assert_null (pillion_http_response_from_task (well));
}

static void
test_download (TestFixture *self,
               gconstpointer data)
{
  g_autoptr (GByteArray) gzip = compress ("why not", 7, G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  Script script = { "HTTP/1.1 410 Gone\r\nContent-Encoding: gzip", gzip->data, gzip->len, THEN_CLOSE };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &script);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *path = test_fixture_path (self, "file");
  g_autofree char *part = test_fixture_path (self, ".file.pillion-part");
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (PillionTask) task = pillion_http_client_download (self->client, url, file, NULL, NULL);
  g_autoptr (PillionHttpResponse) response = NULL;

  test_fixture_await (self, task);
  response = pillion_http_response_from_task (task);
  g_assert_cmpuint (pillion_http_response_get_status (response), ==, 410);
  assert_body (response, "why not", -1, FALSE);
  test_assert_no_file (path);
  test_assert_no_file (part);
  test_server_free (server);
}

static void
serve_and_cancel (TestConnection *connection,
                  const char *request,
                  gpointer cancellable)
{
  test_connection_printf (connection, "HTTP/1.1 500 Oh\r\nContent-Length: 1000\r\n\r\nbegin");
  g_cancellable_cancel (cancellable);
  test_connection_wait_closed (connection);
}

/* While the body comes */
static void
test_cancel (TestFixture *self,
             gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_and_cancel, cancellable);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, url, cancellable);

  test_fixture_await (self, task);
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_CANCELLED);
  g_assert_null (pillion_http_response_from_task (task));
  test_server_free (server);
}

/* The client's own timeout is shorter */
static void
test_idle_timeout (TestFixture *self,
                   gconstpointer data)
{
  Script script = { "HTTP/1.1 500 Oh\r\nContent-Length: 1000", "begin", -1, THEN_WAIT };

  pillion_http_client_set_idle_timeout_usec (self->client, G_USEC_PER_SEC);
  check (self, &script, 500, "begin", -1, TRUE);
}

static void
test_no_utf8 (TestFixture *self,
              gconstpointer data)
{
  Script script = { "HTTP/1.1 500 Gr\xfc\xdf\x65\r\nX-Word: \xfc\r\nContent-Length: 1", "\xfc", 1 };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &script);
  g_autoptr (PillionHttpResponse) response = get_refused (self, server, "/", 500);

  g_assert_true (g_utf8_validate (pillion_http_response_get_reason (response), -1, NULL));
  g_assert_cmpstr (pillion_http_response_get_header (response, "X-Word"), ==, "\xef\xbf\xbd");
  assert_body (response, "\xfc", 1, FALSE);
  test_server_free (server);
}

static void
test_link (TestFixture *self,
           gconstpointer data)
{
  Script script = { "HTTP/1.1 500 Oh\r\nLink: </1>; rel=prev\r\nLink: <?page=3>; rel=next\r\nContent-Length: 0" };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &script);
  g_autoptr (PillionHttpResponse) response = get_refused (self, server, "/items?page=2", 500);
  g_autofree char *expected = test_server_url (server, "/items?page=3");
  g_autofree char *next = pillion_http_response_dup_link (response, "next");
  g_autofree char *last = pillion_http_response_dup_link (response, "last");

  g_assert_cmpstr (next, ==, expected);
  g_assert_null (last);
  test_server_free (server);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/response/all-of-it", test_all);
  test_case ("/http/response/leaves-the-connection-for-the-next", test_again);
  test_case ("/http/response/little-of-it", test_little);
  test_case ("/http/response/no-body", test_no_body);
  test_case ("/http/response/bound", test_bound);
  test_case ("/http/response/codings", test_codings);
  test_case ("/http/response/cut-is-still-a-refusal", test_cut);
  test_case ("/http/response/cut-after-the-head", test_cut_head);
  test_case ("/http/response/drip-is-not-waited-for", test_drip);
  test_case ("/http/response/unauthorized-has-all-or-nothing", test_unauthorized);
  test_case ("/http/response/handed-on-with-the-error", test_handed_on);
  test_case ("/http/response/none-in-other-errors", test_others);
  test_case ("/http/response/of-a-download", test_download);
  test_case ("/http/response/cancel-while-the-body-comes", test_cancel);
  test_case ("/http/response/idle-timeout-is-no-other-error", test_idle_timeout);
  test_case ("/http/response/no-utf8", test_no_utf8);
  test_case ("/http/response/link-is-absolute", test_link);
  test_case ("/http/response/coded-nothing-is-not-decoded-forever", test_coded_nothing);

  return g_test_run ();
}
