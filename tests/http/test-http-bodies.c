/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What becomes of a body: it is decoded, and parsed */

#include <string.h>

#include <json-glib/json-glib.h>

#include "http-support.h"

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

/* The path says how many bytes are sent */
static void
serve_cut (TestConnection *connection,
           const char *request,
           gpointer data)
{
  g_autofree char *path = test_request_get_path (request);

  test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n");
  test_connection_write (connection, g_bytes_get_data (data, NULL), (gssize) g_ascii_strtoull (path + 1, NULL, 10));
  test_connection_close (connection);
}

/* If only the end of the connection ends the body, the coding tells whether it is whole; no byte at all is an empty body, as with curl */
static void
test_codings_without_a_length (TestFixture *self,
                               gconstpointer data)
{
  g_autoptr (GBytes) whole = compress ("hello", 5, G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  gsize length = g_bytes_get_size (whole);
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_cut, whole);

  for (gsize i = 0; i <= length; i++)
    {
      g_autofree char *path = g_strdup_printf ("/%zu", i);
      g_autofree char *url = test_server_url (server, path);

      if (i == 0)
        test_fixture_assert_get (self, url, "");
      else if (i == length)
        test_fixture_assert_get (self, url, "hello");
      else
        test_fixture_assert_error (self, url, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
    }

  test_server_free (server);
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

/* A string in C can't hold half a surrogate pair, which would not be UTF-8, or a zero, which would end it */
static void
test_json_escapes (TestFixture *self,
                   gconstpointer data)
{
  const struct
  {
    const char *text;
    const char *value;
  } cases[] = {
    { "[\"\\ud83d\\ude00\"]", "\xf0\x9f\x98\x80" },
    { "[\"a\\ud83d\"]", "a\xef\xbf\xbd" },
    { "[\"\\ude00b\"]", "\xef\xbf\xbd" "b" },
    { "[\"\\ud83dud83d\"]", "\xef\xbf\xbdud83d" },
    { "[\"\\uD83D\\uD83D\\uDE00\"]", "\xef\xbf\xbd\xf0\x9f\x98\x80" },
    { "[\"a\\u0000b\"]", "a\xef\xbf\xbd" "b" },
    { "[\"\\\\u0000\"]", "\\u0000" },
    { "[\"\\u00e9\\n\"]", "\xc3\xa9\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (JsonNode) node = get_json (self, cases[i].text, strlen (cases[i].text), &error);

      g_assert_no_error (error);
      g_assert_cmpstr (json_array_get_string_element (json_node_get_array (node), 0), ==, cases[i].value);
    }
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

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/bodies/codings", test_codings);
  test_case ("/http/bodies/codings-stacked", test_codings_stacked);
  test_case ("/http/bodies/codings-without-a-length", test_codings_without_a_length);
  test_case ("/http/bodies/codings-broken", test_codings_broken);
  test_case ("/http/bodies/json", test_json);
  test_case ("/http/bodies/json-escapes", test_json_escapes);
  test_case ("/http/bodies/json-invalid", test_json_invalid);

  return g_test_run ();
}
