/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "http-support.h"
#include "reserved-port.h"

/* An answer, cut after some bytes */
typedef struct
{
  const char *bytes;
  gsize length;
  gboolean reset;
} Answer;

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  Answer *answer = data;

  test_connection_write (connection, answer->bytes, (gssize) answer->length);
  if (answer->reset)
    test_connection_reset (connection);
  else
    test_connection_close (connection);
}

/* Gets it, and returns the error */
static GError *
get_error (TestFixture *self,
           const char *bytes,
           gsize length,
           gboolean reset)
{
  Answer answer = { bytes, length, reset };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &answer);
  g_autofree char *url = test_server_url (server, "/some/path");
  GError *error = NULL;
  g_autoptr (GBytes) got =
    test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, url, NULL), &error);

  if (error != NULL)
    {
      g_assert_null (got);
      g_assert_nonnull (strstr (error->message, url));
    }
  test_server_free (server);

  return error;
}

/* Cut anywhere but at its end it is an error, and one that says so. Only inside of the first two lines a cut head can't be told
 * from one that is malformed. */
static void
assert_every_cut (TestFixture *self,
                  const char *head,
                  const char *body,
                  gsize body_length)
{
  gsize head_length = strlen (head);
  gsize length = head_length + body_length;
  gsize second_line = (gsize) (strchr (strchr (head, '\n') + 1, '\n') + 1 - head);
  g_autofree char *answer = g_malloc (length + 1);
  GError *error;

  memcpy (answer, head, head_length);
  memcpy (answer + head_length, body, body_length);

  for (gsize cut = 0; cut < length; cut++)
    {
      error = get_error (self, answer, cut, FALSE);
      g_assert_nonnull (error);
      g_assert_true (error->domain == PILLION_HTTP_ERROR);
      if (cut < strlen ("HTTP/1.1 200\r\n\r\n") || cut >= second_line || answer[cut - 1] == '\n')
        g_assert_cmpint (error->code, ==, PILLION_HTTP_ERROR_TRUNCATED);
      else
        g_assert_true (error->code == PILLION_HTTP_ERROR_TRUNCATED || error->code == PILLION_HTTP_ERROR_PROTOCOL);
      g_error_free (error);
    }

  error = get_error (self, answer, length, FALSE);
  g_assert_no_error (error);
}

static void
test_cut_length (TestFixture *self,
                 gconstpointer data)
{
  assert_every_cut (self, "HTTP/1.1 200 OK\r\nServer: test\r\nContent-Length: 11\r\nX-Last: field\r\n\r\n", "hello world", 11);
  assert_every_cut (self, "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\n", "hello", 5);
  assert_every_cut (self, "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n", "hello", 5);
}

static void
test_cut_empty (TestFixture *self,
                gconstpointer data)
{
  assert_every_cut (self, "HTTP/1.1 200 OK\r\nServer: test\r\nContent-Length: 0\r\nX-Last: field\r\n\r\n", "", 0);
  assert_every_cut (self, "HTTP/1.1 204 No Content\r\nServer: test\r\n\r\n", "", 0);
  /* Where nothing says how long the body is it may be empty, but the head may not be cut */
  assert_every_cut (self, "HTTP/1.1 200 OK\r\nConnection: close\r\nServer: test\r\n\r\n", "", 0);
  assert_every_cut (self, "HTTP/1.0 200 OK\r\nServer: test\r\n\r\n", "", 0);
}

static void
test_cut_chunked (TestFixture *self,
                  gconstpointer data)
{
  const char *body = "5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n";
  const char *with_trailers = "5;x=y\r\nhello\r\n0\r\nX-One: 1\r\nX-Two: 2\r\n\r\n";

  assert_every_cut (self, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", body, strlen (body));
  assert_every_cut (self, "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n", with_trailers,
                    strlen (with_trailers));
}

/* The same with a gzip body inside */
static void
test_cut_gzip (TestFixture *self,
               gconstpointer data)
{
  static const char body[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00";
  const gsize length = sizeof body - 1;
  g_autoptr (GByteArray) chunked = g_byte_array_new ();
  g_autofree char *head =
    g_strdup_printf ("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", length);

  assert_every_cut (self, head, body, length);

  g_byte_array_append (chunked, (const guint8 *) "a\r\n", 3);
  g_byte_array_append (chunked, (const guint8 *) body, 10);
  g_byte_array_append (chunked, (const guint8 *) "\r\nf\r\n", 5);
  g_byte_array_append (chunked, (const guint8 *) body + 10, 15);
  g_byte_array_append (chunked, (const guint8 *) "\r\n0\r\n\r\n", 7);
  assert_every_cut (self, "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
                    (const char *) chunked->data, chunked->len);
}

/* Without a length the end of the connection is the end of the body; a gzip body says by itself that it is cut */
static void
test_cut_gzip_without_length (TestFixture *self,
                              gconstpointer data)
{
  static const char body[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xcb\x48\xcd\xc9\xc9\x07\x00\x86\xa6\x10\x36\x05\x00\x00\x00";
  const char *head = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n";
  const gsize head_length = strlen (head);
  g_autofree char *answer = g_malloc (head_length + sizeof body);

  memcpy (answer, head, head_length);
  memcpy (answer + head_length, body, sizeof body);

  for (gsize cut = head_length + 1; cut < head_length + sizeof body - 1; cut++)
    {
      g_autoptr (GError) error = get_error (self, answer, cut, FALSE);

      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
    }
}

static void
test_protocol (TestFixture *self,
               gconstpointer data)
{
  static const char *const answers[] = {
    "hello, this is no HTTP\r\n\r\n",
    "SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n",
    "<html><body>what was there before HTTP/1.0</body></html>",
    "HTTP/1.1 abc OK\r\n\r\n",
    "HTTP/9.9.9 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello, world\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nhello\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: strange, gzip\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, strange\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Encoding: zstd\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-4/10\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-4/5\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 206 Partial Content\r\nContent-Length: 0\r\n\r\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (GError) error = get_error (self, answers[i], strlen (answers[i]), FALSE);

      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL);
    }
}

/* Lengths that are equal are one */
static void
test_equal_lengths (TestFixture *self,
                    gconstpointer data)
{
  static const char *const answers[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Length: 5,05 ,5\r\ncontent-length: 5\r\n\r\nhello",
  };
  static const char *const different[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5, 6\r\n\r\nhello!",
    "HTTP/1.1 200 OK\r\nContent-Length: 5,\r\n\r\nhello",
    "HTTP/1.1 200 OK\r\nContent-Length: 5, x\r\n\r\nhello",
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (GError) error = get_error (self, answers[i], strlen (answers[i]), FALSE);

      g_assert_no_error (error);
    }

  for (guint i = 0; i < G_N_ELEMENTS (different); i++)
    {
      g_autoptr (GError) error = get_error (self, different[i], strlen (different[i]), FALSE);

      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL);
    }
}

/* libsoup 3.2 would hand it to a property that is never negative, which logs a warning */
static void
test_negative_length (TestFixture *self,
                      gconstpointer data)
{
  const char *answer = "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello";
  g_autoptr (GError) error = get_error (self, answer, strlen (answer), FALSE);

  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL);
}

static void
test_length_mismatch (TestFixture *self,
                      gconstpointer data)
{
  const char *answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  g_autoptr (GError) error = get_error (self, answer, strlen (answer), FALSE);

  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_LENGTH_MISMATCH);
}

/* What comes after the announced end belongs to nothing, and the connection is not used again */
static void
serve_more (TestConnection *connection,
            const char *request,
            gpointer data)
{
  test_connection_write (connection, data, -1);
}

static void
test_more_than_announced (TestFixture *self,
                          gconstpointer data)
{
  const char *const answers[] = {
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_more, (gpointer) answers[i]);
      g_autofree char *url = test_server_url (server, "/");

      for (guint j = 0; j < 5; j++)
        test_fixture_assert_get (self, url, "hello");
      g_assert_cmpuint (test_server_get_connections (server), ==, 5);
      test_server_free (server);
    }
}

static void
serve_informational (TestConnection *connection,
                     const char *request,
                     gpointer data)
{
  guint n = GPOINTER_TO_UINT (data);
  g_autoptr (GString) answer = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append (answer, "HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n");
  g_string_append (answer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
  test_connection_write (connection, answer->str, (gssize) answer->len);
}

/* Answers that only say that the answer is yet to come: some are fine, and not one more than that */
static void
test_informational (TestFixture *self,
                    gconstpointer data)
{
  const guint counts[] = { 1, 100, 101, 10000 };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_informational, GUINT_TO_POINTER (counts[i]));
      g_autofree char *url = test_server_url (server, "/");

      if (counts[i] <= 100)
        test_fixture_assert_get (self, url, "hello");
      else
        test_fixture_assert_error (self, url, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL);
      test_server_free (server);
    }
}

static void
serve_locations (TestConnection *connection,
                 const char *request,
                 gpointer data)
{
  g_autofree char *path = test_request_get_path (request);

  if (strcmp (path, "/from") == 0)
    test_connection_printf (connection, "HTTP/1.1 302 Found\r\n%sContent-Length: 0\r\n\r\n", (const char *) data);
  else
    test_connection_answer (connection, NULL, path, -1);
}

/* Two that differ lead nowhere, equal ones are one, and an empty one is none */
static void
test_locations (TestFixture *self,
                gconstpointer data)
{
  const struct
  {
    const char *fields;
    const char *text; /* NULL: an error */
    gboolean refused;
  } cases[] = {
    { "Location: /a,b\r\n", "/a,b", FALSE },
    { "Location: /a\r\nLocation: /a\r\n", "/a", FALSE },
    { "Location: /a\r\nlocation: /b\r\n", NULL, FALSE },
    { "Location:\r\n", NULL, TRUE },
    { "Location: \r\nLocation: /a\r\n", "/a", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_locations, (gpointer) cases[i].fields);
      g_autofree char *url = test_server_url (server, "/from");

      if (cases[i].text != NULL)
        test_fixture_assert_get (self, url, cases[i].text);
      else if (cases[i].refused)
        test_fixture_assert_error (self, url, PILLION_HTTP_STATUS_ERROR, 302);
      else
        test_fixture_assert_error (self, url, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL);
      g_assert_cmpuint (test_server_get_requests (server), ==, cases[i].text != NULL ? 2 : 1);
      test_server_free (server);
    }
}

static void
test_reset (TestFixture *self,
            gconstpointer data)
{
  const char *answer = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello world";

  for (gsize cut = 0; cut < strlen (answer); cut += 7)
    {
      g_autoptr (GError) error = get_error (self, answer, cut, TRUE);

      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
    }
}

static void
test_refused (TestFixture *self,
              gconstpointer data)
{
  g_autoptr (GSocket) reserved = reserved_port_new ();
  g_autofree char *url = reserved_port_get_url (reserved, "http");

  test_fixture_assert_error (self, url, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
}

static void
test_no_such_host (TestFixture *self,
                   gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes =
    test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, "http://no-such-host.invalid/", NULL), &error);

  g_assert_null (bytes);
  g_assert_nonnull (error);
  /* A machine without a name server says that it can't tell */
  g_assert_true (error->domain == G_RESOLVER_ERROR);
  g_assert_nonnull (strstr (error->message, "http://no-such-host.invalid/"));
}

static void
test_urls (TestFixture *self,
           gconstpointer data)
{
  static const char *const none[] = { "", "x", "/path", "//host/path", "http://", "http:///x", "http://host:99999/",
                                      "http://h/a b", "http://h/\r\nX: y" };
  static const char *const other[] = { "ftp://127.0.0.1/", "file:///etc/passwd", "data:,x" };

  for (guint i = 0; i < G_N_ELEMENTS (none); i++)
    test_fixture_assert_error (self, none[i], PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_URL);
  for (guint i = 0; i < G_N_ELEMENTS (other); i++)
    test_fixture_assert_error (self, other[i], PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_UNSUPPORTED_SCHEME);
}

static void
test_cut_messages (TestFixture *self,
                   gconstpointer data)
{
  const struct
  {
    const char *answer;
    const char *message;
  } cases[] = {
    { "", "the connection was closed before the server answered" },
    { "HTTP/1.1 200 OK\r\nContent-Length: 11\r\nContent-T", "the connection was closed in the middle of the response header" },
    { "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello", "the connection was closed after 5 of 11 bytes" },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
      "the connection was closed before the last chunk, after 5 bytes" },
    { "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n", "the connection was closed after 0 of 1 byte" },
    { "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nh\r\n",
      "the connection was closed before the last chunk, after 1 byte" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = get_error (self, cases[i].answer, strlen (cases[i].answer), FALSE);

      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
      g_test_message ("%s", error->message);
      g_assert_true (g_str_has_suffix (error->message, cases[i].message));
    }
}

static void
test_url_messages (TestFixture *self,
                   gconstpointer data)
{
  static const char *const cases[][2] = {
    { "host/path", "the URL must be absolute" },
    { "http://", "the URL has no host" },
    { "http://host:99999/", "the URL is not valid (" },
    { "http://host:port/", "the URL is not valid (" },
    { "http://host/a b", "the URL has a space or a control character in it" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes =
        test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, cases[i][0], NULL), &error);

      g_assert_null (bytes);
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_URL);
      g_assert_nonnull (strstr (error->message, cases[i][1]));
    }
}

/* There is nothing that the message could begin with */
static void
test_empty_urls (TestFixture *self,
                 gconstpointer data)
{
  static const char *const empty[] = { "", " ", "\r\n" };

  for (guint i = 0; i < G_N_ELEMENTS (empty); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes =
        test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, empty[i], NULL), &error);

      g_assert_null (bytes);
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_URL);
      g_assert_cmpstr (error->message, ==, "The URL is empty");
    }
}

/* A head without end is not waited for, and not kept */
static void
serve_endless_head (TestConnection *connection,
                    const char *request,
                    gpointer data)
{
  g_autofree char *line = g_strnfill (1000, 'x');

  test_connection_printf (connection, "HTTP/1.1 200 OK\r\n");
  for (guint i = 0; i < 200; i++)
    test_connection_printf (connection, "X-%u: %s\r\n", i, line);
  test_connection_wait_closed (connection);
}

static void
test_endless_head (TestFixture *self,
                   gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_endless_head, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes =
    test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, url, NULL), &error);

  g_assert_null (bytes);
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL);
  test_server_free (server);
}

static void
serve_hello (TestConnection *connection,
             const char *request,
             gpointer data)
{
  test_connection_answer (connection, NULL, "hello", -1);
}

/* Certificates are verified, always: nothing but the right authority makes the test's own certificate good */
static void
test_tls (TestFixture *self,
          gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_TLS, serve_hello, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *cert = g_test_build_filename (G_TEST_DIST, "http", "data", "cert.pem", NULL);
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GError) error = NULL;

  test_fixture_assert_error (self, url, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);

  database = g_tls_file_database_new (cert, &error);
  g_assert_no_error (error);
  pillion_http_client_set_tls_database (self->client, database);
  for (guint i = 0; i < 3; i++)
    test_fixture_assert_get (self, url, "hello");

  /* The system's authorities again: the connection that is open already does not count */
  pillion_http_client_set_tls_database (self->client, NULL);
  test_fixture_assert_error (self, url, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);

  test_server_free (server);
}

/* No TLS where TLS is expected, and the other way round */
static void
test_tls_mixed_up (TestFixture *self,
                   gconstpointer data)
{
  TestServer *plain = test_server_new (TEST_SERVER_PLAIN, serve_hello, NULL);
  g_autofree char *url = test_server_url (plain, "/");
  g_autofree char *https = g_strdup_printf ("https%s", url + strlen ("http"));
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  pillion_http_client_set_idle_timeout_usec (self->client, G_USEC_PER_SEC);
  task = pillion_http_client_get_bytes (self->client, https, NULL);
  test_fixture_await (self, task);
  g_assert_false (pillion_task_check (task, &error));
  /* The server waits for the rest of a request, and the client for the other half of the handshake */
  g_assert_true (error->domain == G_TLS_ERROR || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT));
  test_server_free (plain);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/bad-input/equal-lengths", test_equal_lengths);
  test_case ("/http/bad-input/cut-length", test_cut_length);
  test_case ("/http/bad-input/cut-empty", test_cut_empty);
  test_case ("/http/bad-input/cut-chunked", test_cut_chunked);
  test_case ("/http/bad-input/cut-gzip", test_cut_gzip);
  test_case ("/http/bad-input/cut-gzip-without-length", test_cut_gzip_without_length);
  test_case ("/http/bad-input/protocol", test_protocol);
  test_case ("/http/bad-input/negative-length", test_negative_length);
  test_case ("/http/bad-input/informational-without-end", test_informational);
  test_case ("/http/bad-input/locations", test_locations);
  test_case ("/http/bad-input/length-mismatch", test_length_mismatch);
  test_case ("/http/bad-input/more-than-announced", test_more_than_announced);
  test_case ("/http/bad-input/reset", test_reset);
  test_case ("/http/bad-input/refused", test_refused);
  test_case ("/http/bad-input/no-such-host", test_no_such_host);
  test_case ("/http/bad-input/urls", test_urls);
  test_case ("/http/bad-input/empty-urls", test_empty_urls);
  test_case ("/http/bad-input/what-is-wrong-with-a-url-is-said", test_url_messages);
  test_case ("/http/bad-input/how-much-had-arrived-is-said", test_cut_messages);
  test_case ("/http/bad-input/endless-head", test_endless_head);
  test_case ("/http/bad-input/tls", test_tls);
  test_case ("/http/bad-input/tls-mixed-up", test_tls_mixed_up);

  return g_test_run ();
}
