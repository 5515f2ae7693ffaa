/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http-support.h"

#include <string.h>

#include <json-glib/json-glib.h>

/* Bodies that are read line by line */

#define N_LINES 20000

typedef struct
{
  const char *text;
  gssize length;
  const char *lines; /* each followed by "|" */
} Case;

static const Case cases[] = {
  { "", -1, "" },
  { "\n", -1, "|" },
  { "a", -1, "a|" },
  { "a\n", -1, "a|" },
  { "a\n\nb\n", -1, "a||b|" },
  { "a\r\nb\r\n\r\n", -1, "a|b||" },
  { "a\rb\r\r\nc\r", -1, "a\rb\r|c\r|" },
  { "\xc3\xa4\xff\n\xc3\n", -1, "\xc3\xa4\xef\xbf\xbd|\xef\xbf\xbd|" },
  { "a\0b\nc", 5, "a\xef\xbf\xbd" "b|c|" },
};

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  const Case *test = data;
  g_autofree char *path = test_request_get_path (request);

  if (strcmp (path, "/whole") == 0)
    {
      test_connection_answer (connection, NULL, test->text, test->length);
    }
  else if (strcmp (path, "/bytes") == 0)
    {
      gsize length = test->length >= 0 ? (gsize) test->length : strlen (test->text);

      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: %" G_GSIZE_FORMAT "\r\n\r\n", length);
      for (gsize i = 0; i < length; i++)
        test_connection_write (connection, test->text + i, 1);
    }
  else if (strcmp (path, "/many") == 0)
    {
      g_autoptr (GString) text = g_string_new (NULL);

      for (guint i = 0; i < N_LINES; i++)
        g_string_append_printf (text, "%u %*s\n", i, (int) (i % 100), "x");
      test_connection_answer (connection, NULL, text->str, (gssize) text->len);
    }
  else if (strcmp (path, "/endless") == 0)
    {
      g_autofree char *block = g_strnfill (65536, 'x');

      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
      while (test_connection_write (connection, block, 65536))
        ;
    }
  else if (strcmp (path, "/cut") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nwhole\npart");
      test_connection_close (connection);
    }
  else if (strcmp (path, "/two") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nhello\n");
      test_connection_wait_gate (connection);
      test_connection_write (connection, "world\n", 6);
    }
  else
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello");
      test_connection_wait_gate (connection);
      test_connection_write (connection, " world", 6);
    }
}

static PillionHttpStream *
open_stream (TestFixture *self,
             TestServer *server,
             const char *path)
{
  g_autofree char *url = test_server_url (server, path);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionTask) task = pillion_http_client_open (self->client, request, NULL);
  g_autoptr (GError) error = NULL;
  PillionHttpStream *stream;

  test_fixture_await (self, task);
  stream = pillion_task_get_object (task, &error);
  g_assert_no_error (error);
  return stream;
}

static char *
read_line (TestFixture *self,
           PillionHttpStream *stream,
           GError **error)
{
  g_autoptr (PillionTask) task = pillion_http_stream_read_line (stream, NULL);

  test_fixture_await (self, task);
  return pillion_task_get_string (task, error);
}

static void
assert_fails (TestFixture *self,
              PillionTask *task,
              GQuark domain,
              int code)
{
  g_autoptr (GError) error = NULL;

  test_fixture_await (self, task);
  g_assert_false (pillion_task_check (task, &error));
  g_assert_error (error, domain, code);
}

static void
test_lines (TestFixture *self,
            gconstpointer data)
{
  static const char *const paths[] = { "/whole", "/bytes" };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint j = 0; j < G_N_ELEMENTS (paths); j++)
      {
        TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, (gpointer) &cases[i]);
        g_autoptr (PillionHttpStream) stream = open_stream (self, server, paths[j]);
        g_autoptr (GString) lines = g_string_new (NULL);
        g_autoptr (GError) error = NULL;
        char *line;

        while ((line = read_line (self, stream, &error)) != NULL)
          {
            g_string_append_printf (lines, "%s|", line);
            g_free (line);
          }
        g_assert_no_error (error);
        g_assert_cmpstr (lines->str, ==, cases[i].lines);
        /* The end stays the end */
        g_assert_null (read_line (self, stream, &error));
        g_assert_no_error (error);
        test_server_free (server);
      }
}

static void
test_many (TestFixture *self,
           gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/many");
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < N_LINES; i++)
    {
      g_autofree char *line = read_line (self, stream, &error);
      g_autofree char *wanted = g_strdup_printf ("%u %*s", i, (int) (i % 100), "x");

      g_assert_no_error (error);
      g_assert_cmpstr (line, ==, wanted);
    }
  g_assert_null (read_line (self, stream, &error));
  g_assert_no_error (error);
  test_server_free (server);
}

static void
test_limit (TestFixture *self,
            gconstpointer data)
{
  const Case text = { "123456\n1234567\n", -1, NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, (gpointer) &text);
  g_autoptr (PillionHttpStream) endless = open_stream (self, server, "/endless");
  g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/bytes");
  g_autoptr (PillionTask) task = pillion_http_stream_read_line (endless, NULL);
  g_autoptr (PillionTask) second = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL, *longer = NULL;

  assert_fails (self, task, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE);
  pillion_http_stream_close (endless);

  g_assert_cmpint (pillion_http_stream_get_max_line_size (stream), ==, 1024 * 1024);
  pillion_http_stream_set_max_line_size (stream, 6);
  line = read_line (self, stream, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (line, ==, "123456");
  second = pillion_http_stream_read_line (stream, NULL);
  assert_fails (self, second, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE);

  /* Nothing is lost */
  pillion_http_stream_set_max_line_size (stream, 7);
  longer = read_line (self, stream, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (longer, ==, "1234567");
  test_server_free (server);
}

static void
test_bytes_after_lines (TestFixture *self,
                        gconstpointer data)
{
  const Case text = { "one\ntwo", -1, NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, (gpointer) &text);
  g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/whole");
  g_autoptr (GString) rest = g_string_new (NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *line = read_line (self, stream, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (line, ==, "one");
  while (rest->len < 3)
    {
      g_autoptr (GBytes) piece = test_fixture_await_bytes (self, pillion_http_stream_read (stream, 2, NULL), &error);

      g_assert_no_error (error);
      g_assert_cmpuint (g_bytes_get_size (piece), <=, 2);
      g_string_append_len (rest, g_bytes_get_data (piece, NULL), (gssize) g_bytes_get_size (piece));
    }
  g_assert_cmpstr (rest->str, ==, "two");
  g_assert_null (read_line (self, stream, &error));
  g_assert_no_error (error);
  test_server_free (server);
}

static void
test_cut (TestFixture *self,
          gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/cut");
  g_autoptr (GError) error = NULL;
  g_autofree char *line = read_line (self, stream, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (line, ==, "whole");
  g_assert_null (read_line (self, stream, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  test_server_free (server);
}

static void
test_one_at_a_time (TestFixture *self,
                    gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/held");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (PillionTask) waiting = pillion_http_stream_read_line (stream, cancellable);
  g_autoptr (PillionTask) line_beside = pillion_http_stream_read_line (stream, NULL);
  g_autoptr (PillionTask) bytes_beside = pillion_http_stream_read (stream, 0, NULL);
  g_autoptr (PillionTask) again = NULL, late = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL;

  assert_fails (self, line_beside, G_IO_ERROR, G_IO_ERROR_PENDING);
  assert_fails (self, bytes_beside, G_IO_ERROR, G_IO_ERROR_PENDING);
  g_cancellable_cancel (cancellable);
  /* At once, before the loop has run */
  again = pillion_http_stream_read_line (stream, NULL);
  g_assert_false (pillion_task_is_done (again));
  pillion_task_cancel (again);
  assert_fails (self, again, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_fails (self, waiting, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  late = pillion_http_stream_read_line (stream, cancellable);
  assert_fails (self, late, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  test_server_open_gate (server);
  line = read_line (self, stream, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (line, ==, "hello world");
  test_server_free (server);
}

/* Without getting what it has got */
static void
wait_done (TestFixture *self,
           PillionTask *task)
{
  while (!pillion_task_is_done (task))
    pillion_loop_kick (self->loop);
}

/* A line that came when its reader was being cancelled is the next one's */
static void
test_unwanted (TestFixture *self,
               gconstpointer data)
{
  const Case text = { "one\ntwo\nthree\nfour", -1, NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, (gpointer) &text);
  g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/whole");
  g_autoptr (PillionTask) one = pillion_http_stream_read_line (stream, NULL), two = NULL, three = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL, *again = NULL, *last = NULL;
  g_autoptr (GBytes) bytes = NULL;

  wait_done (self, one);
  two = pillion_http_stream_read_line (stream, NULL);
  wait_done (self, two);
  pillion_task_cancel (two);
  pillion_task_cancel (one);
  line = read_line (self, stream, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (line, ==, "one");

  /* Also as bytes */
  bytes = test_fixture_await_bytes (self, pillion_http_stream_read (stream, 2, NULL), &error);
  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "tw", 2);
  again = read_line (self, stream, &error);
  g_assert_cmpstr (again, ==, "o");

  /* One that somebody has got stays theirs */
  three = pillion_http_stream_read_line (stream, NULL);
  wait_done (self, three);
  g_free (pillion_task_get_string (three, NULL));
  pillion_task_cancel (three);
  last = read_line (self, stream, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (last, ==, "four");
  g_assert_null (read_line (self, stream, &error));
  g_assert_no_error (error);
  test_server_free (server);
}

/* It goes to the one that waits, if there is one */
static void
test_unwanted_while_one_waits (TestFixture *self,
                               gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/two");
  g_autoptr (PillionTask) one = pillion_http_stream_read_line (stream, NULL);
  g_autoptr (PillionTask) waiting = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = NULL, *rest = NULL;

  wait_done (self, one);
  waiting = pillion_http_stream_read_line (stream, NULL);
  g_assert_false (pillion_task_is_done (waiting));
  pillion_task_cancel (one);
  g_assert_true (pillion_task_is_done (waiting));
  line = pillion_task_get_string (waiting, &error);
  g_assert_cmpstr (line, ==, "hello");

  test_server_open_gate (server);
  rest = read_line (self, stream, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (rest, ==, "world");
  test_server_free (server);
}

static JsonParser *
read_json (TestFixture *self,
           PillionHttpStream *stream,
           GError **error)
{
  g_autoptr (PillionTask) task = pillion_http_stream_read_json (stream, NULL);

  test_fixture_await (self, task);
  return pillion_task_get_object (task, error);
}

static void
assert_json (TestFixture *self,
             PillionHttpStream *stream,
             const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonParser) parser = read_json (self, stream, &error);
  g_autofree char *got = NULL;

  g_assert_no_error (error);
  g_assert_nonnull (parser);
  got = json_to_string (json_parser_get_root (parser), FALSE);
  g_assert_cmpstr (got, ==, text);
}

static void
test_json (TestFixture *self,
           gconstpointer data)
{
  const Case text = { "{\"a\": 1}\r\n\n \t\r\n\nnull\n[1,\n\"next\"\n[]", -1, NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, (gpointer) &text);
  const char *const paths[] = { "/whole", "/bytes" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (PillionHttpStream) stream = open_stream (self, server, paths[i]);
      g_autoptr (GError) error = NULL;
      g_autofree char *bad = NULL;

      g_assert_cmpuint (pillion_http_stream_get_line_number (stream), ==, 0);
      assert_json (self, stream, "{\"a\":1}");
      assert_json (self, stream, "null");
      g_assert_cmpuint (pillion_http_stream_get_line_number (stream), ==, 5);

      /* The error names the line, and the stream goes on with the next one */
      g_assert_null (read_json (self, stream, &error));
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_JSON);
      g_assert_nonnull (strstr (error->message, ": line 6: "));
      g_clear_error (&error);
      assert_json (self, stream, "\"next\"");

      /* The last one needs no end */
      assert_json (self, stream, "[]");
      for (guint j = 0; j < 2; j++)
        {
          g_assert_null (read_json (self, stream, &error));
          g_assert_no_error (error);
        }
      g_assert_cmpuint (pillion_http_stream_get_line_number (stream), ==, 8);
    }

  test_server_free (server);
}

/* A long line is parsed on another thread; that it is cancelled meanwhile, at any time, loses nothing */
static void
test_long_json (TestFixture *self,
                gconstpointer data)
{
  g_autofree char *digits = g_strnfill (100000, '1');
  g_autofree char *body = g_strdup_printf ("\"%s\"\n2\n", digits);
  g_autofree char *expected = g_strdup_printf ("\"%s\"", digits);
  const Case text = { body, -1, NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, (gpointer) &text);

  for (guint n_kicks = 0; n_kicks < 8; n_kicks++)
    {
      g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/whole");
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionTask) task = pillion_http_stream_read_json (stream, NULL);
      g_autoptr (PillionTask) closed = NULL;

      for (guint i = 0; i < n_kicks; i++)
        pillion_loop_kick (self->loop);
      if (n_kicks == 7)
        wait_done (self, task);
      pillion_task_cancel (task);
      assert_json (self, stream, expected);
      g_assert_cmpuint (pillion_http_stream_get_line_number (stream), ==, 1);

      if (n_kicks % 2 == 0)
        {
          assert_json (self, stream, "2");
          continue;
        }
      closed = pillion_http_stream_read_json (stream, NULL);
      pillion_http_stream_close (stream);
      test_fixture_await (self, closed);
    }

  test_server_free (server);
}

static void
test_json_limit (TestFixture *self,
                 gconstpointer data)
{
  const Case text = { "[1,2,3]\n", -1, NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, (gpointer) &text);
  g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/whole");
  g_autoptr (GError) error = NULL;

  pillion_http_stream_set_max_line_size (stream, 6);
  g_assert_null (read_json (self, stream, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE);
  pillion_http_stream_set_max_line_size (stream, 7);
  assert_json (self, stream, "[1,2,3]");
  test_server_free (server);
}

static void
test_close (TestFixture *self,
            gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/held");
  g_autoptr (PillionTask) waiting = pillion_http_stream_read_line (stream, NULL);
  g_autoptr (PillionTask) after = NULL;

  pillion_http_stream_close (stream);
  after = pillion_http_stream_read_line (stream, NULL);
  assert_fails (self, waiting, G_IO_ERROR, G_IO_ERROR_CLOSED);
  assert_fails (self, after, G_IO_ERROR, G_IO_ERROR_CLOSED);
  test_server_open_gate (server);
  test_server_free (server);
}

static void
test_loop_closes (TestFixture *self,
                  gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autoptr (PillionHttpStream) stream = open_stream (self, server, "/held");
  g_autoptr (PillionTask) waiting = pillion_http_stream_read_line (stream, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_loop_close (self->loop, -1, &error));
  g_assert_no_error (error);
  g_assert_false (pillion_task_check (waiting, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_object (&stream);
  test_server_open_gate (server);
  test_server_free (server);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/stream-lines/lines", test_lines);
  test_case ("/http/stream-lines/many", test_many);
  test_case ("/http/stream-lines/limit", test_limit);
  test_case ("/http/stream-lines/bytes-after-lines", test_bytes_after_lines);
  test_case ("/http/stream-lines/cut", test_cut);
  test_case ("/http/stream-lines/one-at-a-time", test_one_at_a_time);
  test_case ("/http/stream-lines/unwanted-line-goes-to-the-next-reader", test_unwanted);
  test_case ("/http/stream-lines/unwanted-line-goes-to-one-that-waits", test_unwanted_while_one_waits);
  test_case ("/http/stream-lines/json", test_json);
  test_case ("/http/stream-lines/long-json-is-not-lost-when-cancelled", test_long_json);
  test_case ("/http/stream-lines/json-limit", test_json_limit);
  test_case ("/http/stream-lines/close", test_close);
  test_case ("/http/stream-lines/loop-closes", test_loop_closes);

  return g_test_run ();
}
