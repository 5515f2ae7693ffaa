/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http-support.h"

#include <string.h>

/* Bodies that are read as they come */

#define SIZE (3 * 1024 * 1024 + 17)
#define LARGE ((gsize) 32 * 1024 * 1024)

typedef struct
{
  guint8 *bytes;    /* SIZE of them */
  gsize n_written;  /* of a large body; atomic */
  gsize n_closed;   /* connections whose other side closed; atomic */
} Body;

static void
serve_large (TestConnection *connection,
             Body *body)
{
  g_autofree guint8 *block = g_malloc0 (65536);

  test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n", LARGE);
  for (gsize n = 0; n < LARGE; n += 65536)
    {
      if (!test_connection_write (connection, block, 65536))
        {
          __atomic_add_fetch (&body->n_closed, 1, __ATOMIC_SEQ_CST);
          return;
        }
      __atomic_add_fetch (&body->n_written, 65536, __ATOMIC_SEQ_CST);
    }
}

static void
serve_gzip (TestConnection *connection,
            gsize length)
{
  g_autofree guint8 *zeros = g_malloc0 (length);
  g_autoptr (GConverter) compressor = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9));
  g_autoptr (GByteArray) coded = g_byte_array_new ();
  gsize n_read;
  gsize n_written;

  g_byte_array_set_size (coded, (guint) length / 100 + 1000);
  g_assert_cmpint (g_converter_convert (compressor, zeros, length, coded->data, coded->len, G_CONVERTER_INPUT_AT_END, &n_read,
                                        &n_written, NULL), ==, G_CONVERTER_FINISHED);
  test_connection_answer (connection, "Content-Encoding: gzip\r\n", coded->data, (gssize) n_written);
}

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  Body *body = data;
  g_autofree char *path = test_request_get_path (request);

  if (strcmp (path, "/whole") == 0)
    {
      test_connection_answer (connection, NULL, body->bytes, SIZE);
    }
  else if (strcmp (path, "/chunked") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      for (gsize n = 0; n < SIZE; n += 100000)
        {
          test_connection_printf (connection, "%x\r\n", (guint) MIN (100000, SIZE - n));
          test_connection_write (connection, body->bytes + n, (gssize) MIN (100000, SIZE - n));
          test_connection_printf (connection, "\r\n");
        }
      test_connection_printf (connection, "0\r\n\r\n");
    }
  else if (strcmp (path, "/bytes") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n");
      for (guint i = 0; i < 3000; i++)
        test_connection_write (connection, body->bytes + i, 1);
    }
  else if (strcmp (path, "/large") == 0)
    {
      serve_large (connection, body);
    }
  else if (strcmp (path, "/cut") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
      test_connection_close (connection);
    }
  else if (strcmp (path, "/held") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
      test_connection_wait_gate (connection);
      test_connection_write (connection, "world", 5);
    }
  else if (strcmp (path, "/stalls") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
      test_connection_wait_closed (connection);
      __atomic_add_fetch (&body->n_closed, 1, __ATOMIC_SEQ_CST);
    }
  else if (strcmp (path, "/empty") == 0)
    {
      test_connection_answer (connection, NULL, "", 0);
    }
  else if (strcmp (path, "/gzip") == 0)
    {
      serve_gzip (connection, LARGE);
    }
  else if (strcmp (path, "/bad-gzip") == 0)
    {
      test_connection_answer (connection, "Content-Encoding: gzip\r\n", "no gzip", 7);
    }
  else
    {
      test_connection_printf (connection, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
    }
}

static PillionHttpStream *
open_stream (TestFixture *self,
             TestServer *server,
             const char *path,
             GError **error)
{
  g_autofree char *url = test_server_url (server, path);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionTask) task = pillion_http_client_open (self->client, request, NULL);

  test_fixture_await (self, task);
  return pillion_task_get_object (task, error);
}

static GBytes *
read_piece (TestFixture *self,
            PillionHttpStream *stream,
            gsize max,
            GError **error)
{
  return test_fixture_await_bytes (self, pillion_http_stream_read (stream, max, NULL), error);
}

/* Without getting what it has got */
static void
wait_done (TestFixture *self,
           PillionTask *task)
{
  while (!pillion_task_is_done (task))
    pillion_loop_kick (self->loop);
}

static void
wait_closed (Body *body,
             gsize n)
{
  while (__atomic_load_n (&body->n_closed, __ATOMIC_SEQ_CST) < n)
    g_thread_yield ();
}

static void
test_whole (TestFixture *self,
            gconstpointer data)
{
  const struct
  {
    const char *path;
    gsize max;
    gsize length;
  } cases[] = {
    { "/whole", 0, SIZE }, { "/whole", 100000, SIZE }, { "/chunked", 0, SIZE }, { "/bytes", 0, 3000 }, { "/bytes", 7, 3000 },
    { "/empty", 0, 0 },
  };
  Body body = { .bytes = test_bytes_new (SIZE) };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &body);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpStream) stream = open_stream (self, server, cases[i].path, &error);
      g_autoptr (PillionHttpResponse) response = NULL;
      g_autoptr (GByteArray) all = g_byte_array_new ();
      gsize length;

      g_assert_no_error (error);
      g_object_get (stream, "response", &response, NULL);
      g_assert_true (response == pillion_http_stream_get_response (stream));
      g_assert_cmpuint (pillion_http_response_get_status (response), ==, 200);
      do
        {
          g_autoptr (GBytes) piece = read_piece (self, stream, cases[i].max, &error);

          g_assert_no_error (error);
          length = g_bytes_get_size (piece);
          g_assert_cmpuint (length, <=, cases[i].max > 0 ? cases[i].max : 256 * 1024);
          g_byte_array_append (all, g_bytes_get_data (piece, NULL), (guint) length);
        }
      while (length > 0);
      g_assert_cmpmem (all->data, all->len, body.bytes, cases[i].length);

      /* The end stays the end */
      for (guint j = 0; j < 2; j++)
        {
          g_autoptr (GBytes) piece = read_piece (self, stream, 0, &error);

          g_assert_no_error (error);
          g_assert_cmpuint (g_bytes_get_size (piece), ==, 0);
        }
    }
  /* Each was read to its end, so the connection was used again */
  g_assert_cmpuint (test_server_get_connections (server), ==, 1);

  test_server_free (server);
  g_free (body.bytes);
}

/* A server has to wait for a program that doesn't read */
static void
test_back_pressure (TestFixture *self,
                    gconstpointer data)
{
  Body body = { NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &body);
  g_autofree char *small = test_server_url (server, "/empty");
  g_autofree char *url = test_server_url (server, "/large");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (PillionTask) pause = NULL;
  g_autoptr (PillionHttpStream) stream = NULL;
  g_autoptr (GError) error = NULL;
  gsize total = 0;
  gsize length;

  task = pillion_http_client_open (self->client, request, NULL);
  test_fixture_await (self, task);
  stream = pillion_task_get_object (task, &error);
  g_assert_no_error (error);

  /* Others are not held up */
  for (guint i = 0; i < 20; i++)
    test_fixture_assert_get (self, small, "");
  pause = pillion_loop_sleep (self->loop, 200 * G_TIME_SPAN_MILLISECOND, NULL);
  test_fixture_await (self, pause);
  g_assert_cmpuint (__atomic_load_n (&body.n_written, __ATOMIC_SEQ_CST), <, LARGE / 2);

  do
    {
      g_autoptr (GBytes) piece = read_piece (self, stream, 0, &error);

      g_assert_no_error (error);
      length = g_bytes_get_size (piece);
      total += length;
    }
  while (length > 0);
  g_assert_cmpuint (total, ==, LARGE);

  test_server_free (server);
}

/* A stream that the program does not read, or to which the server sends nothing, keeps no call waiting */
static void
test_gives_place_back (TestFixture *self,
                       gconstpointer data)
{
  const char *const paths[] = { "/large", "/stalls" };
  Body body = { NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &body);
  g_autofree char *small = test_server_url (server, "/empty");

  pillion_http_client_set_max_connections_per_host (self->client, 2);
  pillion_http_client_set_max_connections (self->client, 3);
  pillion_http_client_set_max_lasting_connections (self->client, 1);
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (GPtrArray) streams = g_ptr_array_new_with_free_func (g_object_unref);
      guint n_connections;

      /* More than either limit allows, because none of them may be kept from going on */
      for (guint j = 0; j < 5; j++)
        {
          g_autoptr (GError) error = NULL;

          g_ptr_array_add (streams, open_stream (self, server, paths[i], &error));
          g_assert_no_error (error);
        }
      test_fixture_assert_get (self, small, "");
      n_connections = test_server_get_connections (server);

      /* And its connection is kept for the next one */
      test_fixture_assert_get (self, small, "");
      g_assert_cmpuint (test_server_get_connections (server), ==, n_connections);
    }

  test_server_free (server);
}

static void
test_cut (TestFixture *self,
          gconstpointer data)
{
  Body body = { NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &body);
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/cut", &error);
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_no_error (error);
  /* What came is read first */
  while (text->len < 5)
    {
      g_autoptr (GBytes) piece = read_piece (self, stream, 0, &error);

      g_assert_no_error (error);
      g_string_append_len (text, g_bytes_get_data (piece, NULL), (gssize) g_bytes_get_size (piece));
    }
  g_assert_cmpstr (text->str, ==, "hello");

  for (guint i = 0; i < 2; i++)
    {
      g_assert_null (read_piece (self, stream, 0, &error));
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
      g_clear_error (&error);
    }

  test_server_free (server);
}

/* Without a task, and without a loss when both ways are used */
static void
test_try_read (TestFixture *self,
               gconstpointer data)
{
  Body body = { .bytes = test_bytes_new (SIZE) };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &body);
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpStream) whole = open_stream (self, server, "/whole", &error);
  g_autoptr (PillionHttpStream) held = open_stream (self, server, "/held", &error);
  g_autoptr (PillionHttpStream) cut = open_stream (self, server, "/cut", &error);
  g_autoptr (PillionTask) waiting = NULL;
  g_autoptr (GByteArray) all = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  guint n_tried = 0;

  while (TRUE)
    {
      g_autoptr (GBytes) piece = pillion_http_stream_try_read (whole, all->len % 3 == 0 ? 1000 : 0);

      if (piece == NULL)
        {
          piece = read_piece (self, whole, 1000, &error);
          g_assert_no_error (error);
          if (g_bytes_get_size (piece) == 0)
            break;
        }
      else
        {
          n_tried++;
        }
      g_assert_cmpuint (g_bytes_get_size (piece), >, 0);
      g_byte_array_append (all, g_bytes_get_data (piece, NULL), (guint) g_bytes_get_size (piece));
    }
  g_assert_cmpmem (all->data, all->len, body.bytes, SIZE);
  g_assert_cmpuint (n_tried, >, 0);
  /* The end is for those who wait */
  g_assert_null (pillion_http_stream_try_read (whole, 0));

  /* Nothing while another read waits, or after closing */
  bytes = read_piece (self, held, 3, &error);
  g_assert_no_error (error);
  g_clear_pointer (&bytes, g_bytes_unref);
  bytes = pillion_http_stream_try_read (held, 0);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "lo", 2);
  g_assert_null (pillion_http_stream_try_read (held, 0));
  waiting = pillion_http_stream_read (held, 1, NULL);
  g_assert_null (pillion_http_stream_try_read (held, 0));
  test_server_open_gate (server);
  wait_done (self, waiting);
  g_clear_pointer (&bytes, g_bytes_unref);
  bytes = pillion_task_get_bytes (waiting, &error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "w", 1);
  pillion_http_stream_close (held);
  g_assert_null (pillion_http_stream_try_read (held, 0));

  /* An error is told by a read, and stays */
  g_clear_pointer (&bytes, g_bytes_unref);
  bytes = read_piece (self, cut, 0, &error);
  g_assert_no_error (error);
  g_assert_null (read_piece (self, cut, 0, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_clear_error (&error);
  g_assert_null (pillion_http_stream_try_read (cut, 0));
  g_assert_null (read_piece (self, cut, 0, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);

  test_server_free (server);
  g_free (body.bytes);
}

static void
test_refused (TestFixture *self,
              gconstpointer data)
{
  Body body = { NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &body);
  g_autoptr (GError) error = NULL;

  g_assert_null (open_stream (self, server, "/missing", &error));
  g_assert_error (error, PILLION_HTTP_STATUS_ERROR, 404);
  test_server_free (server);
}

static void
test_one_read (TestFixture *self,
               gconstpointer data)
{
  Body body = { NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &body);
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/held", &error);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GBytes) second = NULL;
  g_autoptr (PillionTask) waiting = NULL;
  g_autoptr (PillionTask) beside = NULL;
  g_autoptr (PillionTask) late = NULL;

  g_assert_no_error (error);
  first = read_piece (self, stream, 0, &error);
  g_assert_cmpmem (g_bytes_get_data (first, NULL), g_bytes_get_size (first), "hello", 5);

  waiting = pillion_http_stream_read (stream, 0, cancellable);
  g_assert_false (pillion_task_is_done (waiting));
  beside = pillion_http_stream_read (stream, 0, NULL);
  g_assert_false (pillion_task_check (beside, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_clear_error (&error);

  g_cancellable_cancel (cancellable);
  test_fixture_await (self, waiting);
  g_assert_false (pillion_task_check (waiting, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  /* Cancelled before it began */
  late = pillion_http_stream_read (stream, 0, cancellable);
  test_fixture_await (self, late);
  g_assert_false (pillion_task_check (late, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  /* And nothing is lost */
  test_server_open_gate (server);
  second = read_piece (self, stream, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (second, NULL), g_bytes_get_size (second), "world", 5);

  test_server_free (server);
}

/* A piece that came when its reader was being cancelled is the next one's */
static void
test_unwanted (TestFixture *self,
               gconstpointer data)
{
  Body body = { .bytes = test_bytes_new (SIZE) };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &body);
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpStream) held = open_stream (self, server, "/held", &error);
  g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/whole", &error);
  g_autoptr (PillionTask) first = pillion_http_stream_read (held, 3, NULL);
  g_autoptr (PillionTask) waiting = NULL;
  g_autoptr (GByteArray) all = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;

  /* To one that waits, in as many pieces as it takes */
  wait_done (self, first);
  g_bytes_unref (read_piece (self, held, 0, &error));
  waiting = pillion_http_stream_read (held, 2, NULL);
  pillion_task_cancel (first);
  g_assert_true (pillion_task_is_done (waiting));
  bytes = pillion_task_get_bytes (waiting, &error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "he", 2);
  g_clear_pointer (&bytes, g_bytes_unref);
  bytes = read_piece (self, held, 0, &error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "l", 1);

  /* Each second one is cancelled, some while they wait and some when they are done */
  for (guint i = 0;; i++)
    {
      g_autoptr (PillionTask) task = pillion_http_stream_read (stream, 1 + i * 7919 % 100000, NULL);
      g_autoptr (GBytes) piece = NULL;

      if (i % 4 == 1)
        wait_done (self, task);
      if (i % 2 == 1)
        {
          pillion_task_cancel (task);
          continue;
        }
      test_fixture_await (self, task);
      piece = pillion_task_get_bytes (task, &error);
      g_assert_no_error (error);
      if (g_bytes_get_size (piece) == 0)
        break;
      g_byte_array_append (all, g_bytes_get_data (piece, NULL), (guint) g_bytes_get_size (piece));
    }
  g_assert_cmpmem (all->data, all->len, body.bytes, SIZE);

  test_server_open_gate (server);
  test_server_free (server);
  g_free (body.bytes);
}

static void
test_close (TestFixture *self,
            gconstpointer data)
{
  Body body = { NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &body);

  /* With and without a read that waits, and by dropping it, and while the server waits */
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpStream) stream = open_stream (self, server, i < 3 ? "/stalls" : "/large", &error);
      g_autoptr (PillionTask) waiting = i == 1 ? pillion_http_stream_read (stream, 0, NULL) : NULL;
      g_autoptr (PillionTask) after = NULL;

      g_assert_no_error (error);
      if (i == 2)
        {
          g_clear_object (&stream);
        }
      else
        {
          pillion_http_stream_close (stream);
          pillion_http_stream_close (stream);
          after = pillion_http_stream_read (stream, 0, NULL);
          g_assert_false (pillion_task_check (after, &error));
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
          g_clear_error (&error);
        }
      if (waiting != NULL)
        {
          test_fixture_await (self, waiting);
          g_assert_false (pillion_task_check (waiting, &error));
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
        }
      wait_closed (&body, i + 1);
    }

  test_server_free (server);
}

static void
test_loop_closes (TestFixture *self,
                  gconstpointer data)
{
  Body body = { NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &body);
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/stalls", &error);
  g_autoptr (PillionTask) waiting = pillion_http_stream_read (stream, 0, NULL);
  g_autoptr (PillionTask) after = NULL;

  g_assert_no_error (error);
  g_assert_true (pillion_loop_close (self->loop, -1, &error));
  g_assert_no_error (error);
  g_assert_false (pillion_task_check (waiting, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  after = pillion_http_stream_read (stream, 0, NULL);
  g_assert_false (pillion_task_check (after, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);

  g_clear_object (&stream);
  wait_closed (&body, 1);
  test_server_free (server);
}

static void
test_coded (TestFixture *self,
            gconstpointer data)
{
  Body body = { NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &body);
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/gzip", &error);
  g_autoptr (PillionHttpStream) broken = NULL;
  gsize total = 0;
  gsize length;

  g_assert_no_error (error);
  do
    {
      g_autoptr (GBytes) piece = read_piece (self, stream, 0, &error);

      g_assert_no_error (error);
      length = g_bytes_get_size (piece);
      total += length;
    }
  while (length > 0);
  g_assert_cmpuint (total, ==, LARGE);

  broken = open_stream (self, server, "/bad-gzip", &error);
  g_assert_no_error (error);
  g_assert_null (read_piece (self, broken, 0, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL);

  test_server_free (server);
}

static void
test_limit (TestFixture *self,
            gconstpointer data)
{
  static const char *const paths[] = { "/gzip", "/large" };
  Body body = { NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &body);

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *url = test_server_url (server, paths[i]);
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
      g_autoptr (PillionTask) task = NULL;
      g_autoptr (PillionHttpStream) stream = NULL;
      g_autoptr (GError) error = NULL;
      gsize total = 0;

      pillion_http_request_set_max_body_size (request, 1000000);
      task = pillion_http_client_open (self->client, request, NULL);
      test_fixture_await (self, task);
      stream = pillion_task_get_object (task, &error);
      while (error == NULL)
        {
          g_autoptr (GBytes) piece = read_piece (self, stream, 0, &error);

          total += piece != NULL ? g_bytes_get_size (piece) : 0;
        }
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE);
      g_assert_cmpuint (total, <=, 1000000);
    }

  test_server_free (server);
}

/* In memory: a body that grows a thousandfold meets the limit as it comes, and nobody waits for it */
static void
test_bomb_in_memory (TestFixture *self,
                     gconstpointer data)
{
  Body body = { NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &body);
  g_autofree char *url = test_server_url (server, "/gzip");
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;

  pillion_http_client_set_max_body_size (self->client, LARGE - 1);
  test_fixture_assert_error (self, url, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE);

  pillion_http_client_set_max_body_size (self->client, LARGE);
  bytes = test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, url, NULL), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (bytes), ==, LARGE);

  test_server_free (server);
}

#define N_CANCELLED 2000

/* What the other thread is to cancel next; atomic */
typedef struct
{
  GCancellable *cancellable;
} Canceller;

/* Each a little later than the one before, so that they hit all of the read */
static gpointer
cancel_each (gpointer data)
{
  Canceller *self = data;

  for (guint i = 0; i < N_CANCELLED; i++)
    {
      GCancellable *cancellable;

      while ((cancellable = __atomic_exchange_n (&self->cancellable, NULL, __ATOMIC_SEQ_CST)) == NULL)
        g_thread_yield ();
      for (volatile guint wait = 0; wait < i * 10; wait++)
        ;
      g_cancellable_cancel (cancellable);
      g_object_unref (cancellable);
    }

  return NULL;
}

/* Between any two steps of the read */
static void
test_cancel_from_thread (TestFixture *self,
                         gconstpointer data)
{
  Body body = { NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &body);
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/stalls", &error);
  Canceller canceller = { NULL };
  GThread *thread;

  g_assert_no_error (error);
  thread = g_thread_new ("cancels", cancel_each, &canceller);
  for (guint i = 0; i < N_CANCELLED; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GBytes) bytes = NULL;

      __atomic_store_n (&canceller.cancellable, g_object_ref (cancellable), __ATOMIC_SEQ_CST);
      bytes = test_fixture_await_bytes (self, pillion_http_stream_read (stream, 0, cancellable), &error);
      g_assert_null (bytes);
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
    }
  g_thread_join (thread);

  pillion_http_stream_close (stream);
  wait_closed (&body, 1);
  test_server_free (server);
}

/* Whoever keeps the cancellable of a read that is long over does not end another one, not even if that has got its memory */
static void
test_late_cancel (TestFixture *self,
                  gconstpointer data)
{
  Body body = { NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, &body);
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/held", &error);
  g_autoptr (PillionTask) holder = NULL;
  g_autoptr (PillionTask) waiting = NULL;
  g_autoptr (GBytes) rest = NULL;
  gboolean reused = FALSE;

  g_assert_no_error (error);
  holder = pillion_http_stream_read (stream, 3, NULL);
  wait_done (self, holder);
  rest = read_piece (self, stream, 0, &error);
  g_assert_no_error (error);

  waiting = pillion_http_stream_read (stream, 3, NULL);
  for (guint i = 0; i < 100 && !reused; i++)
    {
      g_autoptr (GCancellable) kept = g_object_ref (pillion_task_get_cancellable (waiting));
      gconstpointer address = waiting;

      /* What the one has goes to the one that waits, and on to the next one */
      pillion_task_cancel (holder);
      g_assert_true (pillion_task_is_done (waiting));
      g_clear_object (&holder);
      pillion_loop_kick (self->loop);
      pillion_task_cancel (waiting);
      holder = pillion_http_stream_read (stream, 3, NULL);
      g_assert_true (pillion_task_is_done (holder));
      g_clear_object (&waiting);

      waiting = pillion_http_stream_read (stream, 3, NULL);
      reused = waiting == address;
      g_cancellable_cancel (kept);
      g_assert_false (pillion_task_is_done (waiting));
    }
  g_test_message (reused ? "a task has got the memory of an earlier one" : "no task has got the memory of an earlier one");

  test_server_open_gate (server);
  test_fixture_await (self, waiting);
  g_assert_true (pillion_task_check (waiting, &error));
  g_assert_no_error (error);
  test_server_free (server);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/stream/whole", test_whole);
  test_case ("/http/stream/back-pressure", test_back_pressure);
  test_case ("/http/stream/stalled-streams-keep-no-call-waiting", test_gives_place_back);
  test_case ("/http/stream/cut", test_cut);
  test_case ("/http/stream/try-read", test_try_read);
  test_case ("/http/stream/refused", test_refused);
  test_case ("/http/stream/one-read-at-a-time", test_one_read);
  test_case ("/http/stream/unwanted-piece-goes-to-the-next-reader", test_unwanted);
  test_case ("/http/stream/close", test_close);
  test_case ("/http/stream/read-ends-whenever-another-thread-cancels-it", test_cancel_from_thread);
  test_case ("/http/stream/cancellable-of-an-earlier-read-ends-no-other", test_late_cancel);
  test_case ("/http/stream/loop-closes", test_loop_closes);
  test_case ("/http/stream/coded", test_coded);
  test_case ("/http/stream/limit", test_limit);
  test_case ("/http/stream/bomb-in-memory", test_bomb_in_memory);

  return g_test_run ();
}
