/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http-support.h"

#include <string.h>

/* Servers that code the body of a download although they were asked not to */

#define SIZE 300000

typedef struct
{
  guint8 *bytes; /* SIZE of them, as text so that they can be compressed */
  GByteArray *coded;
  guint n_ranges; /* requests for a part */
  guint n;        /* requests */
} Resource;

static GByteArray *
compress (const guint8 *bytes,
          gsize length)
{
  g_autoptr (GConverter) compressor = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 6));
  GByteArray *coded = g_byte_array_new ();
  gsize n_read;
  gsize n_written;

  g_byte_array_set_size (coded, (guint) length + 1000);
  g_assert_cmpint (g_converter_convert (compressor, bytes, length, coded->data, coded->len, G_CONVERTER_INPUT_AT_END, &n_read, &n_written,
                                        NULL), ==, G_CONVERTER_FINISHED);
  g_byte_array_set_size (coded, (guint) n_written);

  return coded;
}

static Resource *
resource_new (void)
{
  Resource *self = g_new0 (Resource, 1);

  self->bytes = test_bytes_new (SIZE);
  for (guint i = 0; i < SIZE; i++)
    self->bytes[i] = 'a' + self->bytes[i] % 16;
  self->coded = compress (self->bytes, SIZE);

  return self;
}

static void
resource_free (Resource *self)
{
  g_free (self->bytes);
  g_byte_array_unref (self->coded);
  g_free (self);
}

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  Resource *self = data;
  g_autofree char *path = test_request_get_path (request);
  g_autofree char *range = test_request_get_field (request, "Range");
  const char *const strong = "ETag: \"1\"\r\n";

  self->n++;
  self->n_ranges += range != NULL;

  if (strcmp (path, "/asked") == 0)
    {
      g_autofree char *accepted = test_request_get_field (request, "Accept-Encoding");

      if (strcmp (accepted, "gzip") == 0)
        test_connection_answer (connection, "Content-Encoding: gzip\r\n", self->coded->data, self->coded->len);
      else
        test_connection_answer (connection, NULL, self->bytes, SIZE);
    }
  else if (strcmp (path, "/coded") == 0)
    {
      test_connection_answer (connection, "Content-Encoding: gzip\r\nETag: \"1\"\r\n", self->coded->data, self->coded->len);
    }
  else if (strcmp (path, "/archive") == 0)
    {
      test_connection_answer (connection, "Content-Encoding: x-gzip\r\nContent-Type: application/x-gzip; x=y\r\n", self->coded->data,
                              self->coded->len);
    }
  else if (strcmp (path, "/unknown") == 0)
    {
      test_connection_answer (connection, "Content-Encoding: br\r\n", self->coded->data, self->coded->len);
    }
  else if (strcmp (path, "/broken") == 0)
    {
      test_connection_answer (connection, "Content-Encoding: gzip\r\n", self->bytes, SIZE);
    }
  else if (strcmp (path, "/cut") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n%sContent-Length: %u\r\n\r\n", strong,
                              self->coded->len);
      test_connection_write (connection, self->coded->data, self->n == 1 ? self->coded->len / 2 : self->coded->len);
      if (self->n == 1)
        test_connection_close (connection);
    }
  else if (self->n == 1)
    {
      /* The first half as it is, with a validator */
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n", strong, SIZE);
      test_connection_write (connection, self->bytes, SIZE / 2);
      test_connection_close (connection);
    }
  else if (range != NULL)
    {
      /* A part of something else */
      test_connection_printf (connection, "HTTP/1.1 206 Partial Content\r\nContent-Encoding: gzip\r\n%sContent-Range: bytes %d-%d/%d\r\n"
                              "Content-Length: %d\r\n\r\n", strong, SIZE / 2, SIZE - 1, SIZE, SIZE / 2);
      test_connection_write (connection, self->bytes, SIZE / 2);
    }
  else
    {
      test_connection_answer (connection, strong, self->bytes, SIZE);
    }
}

static PillionHttpDownload *
download (TestFixture *self,
          TestServer *server,
          const char *path,
          const char *sha256,
          GError **error)
{
  g_autofree char *url = test_server_url (server, path);
  g_autofree char *target = test_fixture_path (self, "file");
  g_autoptr (GFile) file = g_file_new_for_path (target);

  return test_fixture_await_download (self, pillion_http_client_download (self->client, url, file, sha256, NULL), error);
}

static void
assert_no_target (TestFixture *self)
{
  g_autofree char *target = test_fixture_path (self, "file");

  test_assert_no_file (target);
}

static void
test_decoded (TestFixture *self,
              gconstpointer data)
{
  Resource *resource = resource_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, resource);
  g_autofree char *sha256 = test_sha256 (resource->bytes, SIZE);
  g_autofree char *target = test_fixture_path (self, "file");
  g_autofree char *coding = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpDownload) result = download (self, server, "/coded", sha256, &error);

  g_assert_no_error (error);
  test_assert_file (target, resource->bytes, SIZE);
  g_assert_cmpstr (pillion_http_download_get_content_coding (result), ==, "gzip");
  g_object_get (result, "content-coding", &coding, NULL);
  g_assert_cmpstr (coding, ==, "gzip");
  g_assert_cmpint (pillion_http_download_get_size (result), ==, SIZE);
  g_assert_cmpint (pillion_http_download_get_integrity (result), ==, PILLION_HTTP_INTEGRITY_DIGEST);

  test_server_free (server);
  resource_free (resource);
}

/* A program can have the way compressed, and the file is the same */
static void
test_asked (TestFixture *self,
            gconstpointer data)
{
  Resource *resource = resource_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, resource);
  g_autofree char *url = test_server_url (server, "/asked");
  g_autofree char *path = test_fixture_path (self, "file");
  g_autoptr (GFile) target = g_file_new_for_path (path);

  for (guint asked = 0; asked < 2; asked++)
    {
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
      g_autoptr (PillionHttpDownload) result = NULL;
      g_autoptr (GError) error = NULL;

      if (asked)
        pillion_http_request_set_header (request, "Accept-Encoding", "gzip");
      result = test_fixture_await_download (self, pillion_http_client_send_to_file (self->client, request, target, NULL, NULL), &error);
      g_assert_no_error (error);
      g_assert_cmpstr (pillion_http_download_get_content_coding (result), ==, asked ? "gzip" : NULL);
      test_assert_file (path, resource->bytes, SIZE);
    }

  test_server_free (server);
  resource_free (resource);
}

/* What is compressed itself stays so, whatever the server calls that */
static void
test_archive (TestFixture *self,
              gconstpointer data)
{
  Resource *resource = resource_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, resource);
  g_autofree char *target = test_fixture_path (self, "file");
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpDownload) result = download (self, server, "/archive", NULL, &error);

  g_assert_no_error (error);
  test_assert_file (target, resource->coded->data, resource->coded->len);
  g_assert_null (pillion_http_download_get_content_coding (result));
  g_assert_cmpint (pillion_http_download_get_integrity (result), ==, PILLION_HTTP_INTEGRITY_LENGTH);

  test_server_free (server);
  resource_free (resource);
}

static void
test_refused (TestFixture *self,
              gconstpointer data)
{
  static const char *const paths[] = { "/unknown", "/broken" };
  Resource *resource = resource_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, resource);

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (download (self, server, paths[i], NULL, &error));
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL);
      assert_no_target (self);
    }

  test_server_free (server);
  resource_free (resource);
}

/* The rest of a coded body is no rest of what comes of it */
static void
test_cut (TestFixture *self,
          gconstpointer data)
{
  Resource *resource = resource_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, resource);
  g_autofree char *target = test_fixture_path (self, "file");
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpDownload) result = NULL;

  g_assert_null (download (self, server, "/cut", NULL, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_clear_error (&error);
  assert_no_target (self);

  result = download (self, server, "/cut", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (resource->n_ranges, ==, 0);
  test_assert_file (target, resource->bytes, SIZE);

  test_server_free (server);
  resource_free (resource);
}

static void
test_coded_rest (TestFixture *self,
                 gconstpointer data)
{
  Resource *resource = resource_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, resource);
  g_autofree char *target = test_fixture_path (self, "file");
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpDownload) result = NULL;

  g_assert_null (download (self, server, "/rest", NULL, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_clear_error (&error);

  result = download (self, server, "/rest", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (resource->n_ranges, ==, 1);
  g_assert_cmpint (pillion_http_download_get_resumed_from (result), ==, 0);
  test_assert_file (target, resource->bytes, SIZE);

  test_server_free (server);
  resource_free (resource);
}

static void
serve_bomb (TestConnection *connection,
            const char *request,
            gpointer data)
{
  GByteArray *bomb = data;

  test_connection_answer (connection, "Content-Encoding: gzip, gzip\r\n", bomb->data, bomb->len);
}

/* A few KiB become 1 GiB, from a single piece of the body. Decoding that takes far longer than the limit. */
static void
test_time_limit (TestFixture *self,
                 gconstpointer data)
{
  const gsize size = 1024 * 1024;
  g_autofree guint8 *zeros = g_malloc0 (size);
  g_autoptr (GByteArray) member = compress (zeros, size);
  g_autoptr (GByteArray) members = g_byte_array_new ();
  g_autoptr (GByteArray) bomb = NULL;
  g_autofree char *target = test_fixture_path (self, "file");
  g_autoptr (GFile) file = g_file_new_for_path (target);
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionTask) task = NULL;
  g_autofree char *url = NULL;
  TestServer *server;

  for (guint i = 0; i < 1024; i++)
    g_byte_array_append (members, member->data, member->len);
  bomb = compress (members->data, members->len);
  g_assert_cmpuint (bomb->len, <, 64 * 1024);

  server = test_server_new (TEST_SERVER_PLAIN, serve_bomb, bomb);
  url = test_server_url (server, "/");
  pillion_http_client_set_total_timeout_usec (self->client, 100000);
  task = pillion_http_client_download (self->client, url, file, NULL, NULL);
  g_assert_false (pillion_loop_run_until_complete (self->loop, task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpint (pillion_task_get_completed (task), <, 512 * 1024 * 1024);
  assert_no_target (self);

  test_server_free (server);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/download/coding/decoded", test_decoded);
  test_case ("/download/coding/asked-for", test_asked);
  test_case ("/download/coding/archive", test_archive);
  test_case ("/download/coding/refused", test_refused);
  test_case ("/download/coding/cut", test_cut);
  test_case ("/download/coding/coded-rest", test_coded_rest);
  test_case ("/download/coding/time-limit-holds-while-decoding", test_time_limit);

  return g_test_run ();
}
