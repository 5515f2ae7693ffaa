/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A body that was cut off, or whose program lost interest, is kept as a part, and only its rest is requested (RFC 9111, sections 3.3 and 3.4) */

#include <string.h>

#include "base/pillion-sync.h"
#include "cache-support.h"
#include "failing-disk.h"
#include "http-support.h"
#include "http/pillion-http-engine.h"

/* The part is too large to be kept in memory */
#define SIZE 300000
#define CUT 200000
#define LONGER 250000

/* What the server says to a request for the rest */
typedef enum
{
  REST_GOOD,
  REST_CHUNKED,
  REST_TO_THE_END,
  REST_CUT,
  REST_CUT_WITHOUT_LENGTH,
  REST_WHOLE,
  REST_CHANGED,
  REST_REFUSED,
  REST_OTHER_TAG,
  REST_NO_TAG,
  REST_OTHER_CODING,
  REST_ELSEWHERE,
  REST_NOT_ALL,
  REST_OTHER_TOTAL,
  REST_TOO_SHORT,
  REST_TOO_LONG,
  REST_ENDLESS,
  REST_NO_STORE,
} Rest;

typedef struct
{
  TestFixture parent;
  TestCacheFolder folder;
  PillionHttpCache *cache;
  TestServer *server;
  char *url;
  guint8 *old;
  guint8 *new;

  GMutex mutex; /* for all that follows, which the server uses */
  Rest rest;
  gboolean gone_on; /* nothing is cut off any more */
  gboolean waiting; /* it waits for the gate before it sends the rest */
  char *fields;     /* of all responses, after their validator */
  char *tag;
  char *range; /* of the last request, or NULL */
  char *condition;
} Fixture;

static void
write_chunk (TestConnection *connection,
             const guint8 *bytes,
             gsize length)
{
  test_connection_printf (connection, "%zx\r\n", length);
  test_connection_write (connection, bytes, (gssize) length);
  test_connection_write (connection, "\r\n", 2);
}

static void
serve_rest (Fixture *self,
            TestConnection *connection,
            Rest rest,
            const char *fields,
            gsize first)
{
  const gsize n = SIZE - first;
  g_autofree char *range = g_strdup_printf ("Content-Range: bytes %zu-%d/%d\r\n", first, SIZE - 1, SIZE);
  static const char *const partial = "HTTP/1.1 206 Partial Content\r\n";

  switch (rest)
    {
    case REST_GOOD:
      test_connection_printf (connection, "%s%s%sContent-Length: %zu\r\n\r\n", partial, fields, range, n);
      test_connection_write (connection, self->old + first, (gssize) n);
      break;
    case REST_NO_STORE:
      test_connection_printf (connection, "%s%sCache-Control: no-store\r\n%sContent-Length: %zu\r\n\r\n", partial, fields, range, n);
      test_connection_write (connection, self->old + first, (gssize) n);
      break;
    case REST_CHUNKED:
      test_connection_printf (connection, "%s%s%sTransfer-Encoding: chunked\r\n\r\n", partial, fields, range);
      write_chunk (connection, self->old + first, n);
      test_connection_write (connection, "0\r\n\r\n", -1);
      break;
    case REST_TO_THE_END:
      test_connection_printf (connection, "%s%s%s\r\n", partial, fields, range);
      test_connection_write (connection, self->old + first, (gssize) n);
      test_connection_close (connection);
      break;
    case REST_CUT:
      test_connection_printf (connection, "%s%s%sContent-Length: %zu\r\n\r\n", partial, fields, range, n);
      test_connection_write (connection, self->old + first, (gssize) (LONGER - first));
      test_connection_close (connection);
      break;
    case REST_CUT_WITHOUT_LENGTH:
      test_connection_printf (connection, "%s%s%s\r\n", partial, fields, range);
      test_connection_write (connection, self->old + first, (gssize) (LONGER - first));
      test_connection_close (connection);
      break;
    case REST_REFUSED:
      test_connection_printf (connection, "HTTP/1.1 416 Range Not Satisfiable\r\n%sContent-Length: 5\r\n\r\nnone!", fields);
      break;
    case REST_OTHER_TAG:
      test_connection_printf (connection, "%sETag: \"other\"\r\n%sContent-Length: %zu\r\n\r\n", partial, range, n);
      test_connection_write (connection, self->new + first, (gssize) n);
      break;
    case REST_NO_TAG:
      test_connection_printf (connection, "%s%sContent-Length: %zu\r\n\r\n", partial, range, n);
      test_connection_write (connection, self->old + first, (gssize) n);
      break;
    case REST_OTHER_CODING:
      test_connection_printf (connection, "%s%s%sContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", partial, fields, range, n);
      test_connection_write (connection, self->new + first, (gssize) n);
      break;
    case REST_ELSEWHERE:
      test_connection_printf (connection, "%s%sContent-Range: bytes %zu-%d/%d\r\nContent-Length: %zu\r\n\r\n", partial, fields, first - 1, SIZE - 1, SIZE,
                              n + 1);
      test_connection_write (connection, self->old + first - 1, (gssize) n + 1);
      break;
    case REST_NOT_ALL:
      test_connection_printf (connection, "%s%sContent-Range: bytes %zu-%d/%d\r\nContent-Length: %zu\r\n\r\n", partial, fields, first, SIZE - 2, SIZE, n - 1);
      test_connection_write (connection, self->old + first, (gssize) n - 1);
      break;
    case REST_OTHER_TOTAL:
      test_connection_printf (connection, "%s%sContent-Range: bytes %zu-%d/%d\r\nContent-Length: %zu\r\n\r\n", partial, fields, first, SIZE, SIZE + 1, n + 1);
      test_connection_write (connection, self->new, (gssize) n + 1);
      break;
    case REST_TOO_SHORT:
      test_connection_printf (connection, "%s%s%sTransfer-Encoding: chunked\r\n\r\n", partial, fields, range);
      write_chunk (connection, self->old + first, n - 1);
      test_connection_write (connection, "0\r\n\r\n", -1);
      break;
    case REST_TOO_LONG:
      test_connection_printf (connection, "%s%s%sTransfer-Encoding: chunked\r\n\r\n", partial, fields, range);
      write_chunk (connection, self->old + first, n);
      write_chunk (connection, self->new, 1);
      test_connection_write (connection, "0\r\n\r\n", -1);
      break;
    case REST_ENDLESS:
      test_connection_printf (connection, "%s%s%sTransfer-Encoding: chunked\r\n\r\n", partial, fields, range);
      write_chunk (connection, self->old + first, n);
      write_chunk (connection, self->new, 1);
      test_connection_wait_closed (connection);
      test_connection_close (connection);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* A coded body whose checksum is wrong, and which is not complete. Decoding it takes several turns. */
static void
serve_damaged (TestConnection *connection,
               const char *fields)
{
  const gsize size = 4 * 1024 * 1024;
  g_autoptr (GConverter) compressor = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 6));
  g_autofree guint8 *zeros = g_malloc0 (size);
  g_autofree guint8 *coded = g_malloc (size);
  gsize n_read, n_written;

  g_assert_cmpint (g_converter_convert (compressor, zeros, size, coded, size, G_CONVERTER_INPUT_AT_END, &n_read, &n_written, NULL), ==,
                   G_CONVERTER_FINISHED);
  coded[n_written - 8] ^= 1;
  test_connection_printf (connection, "HTTP/1.1 200 OK\r\n%sContent-Encoding: gzip\r\nContent-Length: %zu\r\n\r\n", fields, n_written + 1);
  test_connection_write (connection, coded, (gssize) n_written);
  test_connection_wait_closed (connection);
  test_connection_close (connection);
}

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  Fixture *self = data;
  g_autofree char *path = test_request_get_path (request);
  g_autofree char *range = test_request_get_field (request, "Range");
  g_autofree char *fields = NULL;
  gboolean gone_on, waiting;
  Rest rest;
  gsize first = range != NULL && g_str_has_prefix (range, "bytes=") ? (gsize) g_ascii_strtoull (range + 6, NULL, 10) : 0;

  pillion_mutex_lock (&self->mutex);
  g_free (self->range);
  self->range = g_strdup (range);
  g_free (self->condition);
  self->condition = test_request_get_field (request, "If-Range");
  rest = self->rest;
  gone_on = self->gone_on;
  waiting = self->waiting;
  fields = g_strdup_printf ("%s%s", self->tag, self->fields);
  pillion_mutex_unlock (&self->mutex);

  if (g_str_has_prefix (request, "POST "))
    test_connection_answer (connection, NULL, "done", -1);
  else if (first > 0 && rest == REST_CHANGED)
    test_connection_answer (connection, "ETag: \"new\"\r\nCache-Control: max-age=100000\r\n", self->new, SIZE);
  else if (first > 0 && rest != REST_WHOLE)
    {
      if (waiting)
        test_connection_wait_gate (connection);
      serve_rest (self, connection, rest, fields, first);
    }
  else if (gone_on)
    test_connection_answer (connection, fields, self->old, SIZE);
  else if (strcmp (path, "/damaged") == 0)
    serve_damaged (connection, fields);
  else if (strcmp (path, "/chunked") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\n%sTransfer-Encoding: chunked\r\n\r\n", fields);
      write_chunk (connection, self->old, CUT);
      test_connection_close (connection);
    }
  else
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n", fields, SIZE);
      test_connection_write (connection, self->old, CUT);
      if (strcmp (path, "/held") == 0)
        test_connection_wait_closed (connection);
      test_connection_close (connection);
    }
}

static void
set_up (Fixture *self,
        gconstpointer data)
{
  test_fixture_set_up (&self->parent, data);
  test_cache_folder_init (&self->folder);
  self->cache = pillion_http_cache_new (self->folder.path);
  pillion_http_client_set_cache (self->parent.client, self->cache);
  g_mutex_init (&self->mutex);
  self->old = test_bytes_new (SIZE + 1);
  self->new = test_bytes_new (SIZE + 1);
  for (gsize i = 0; i <= SIZE; i++)
    self->new[i] ^= 0xff;
  self->tag = g_strdup ("ETag: \"1\"\r\n");
  self->fields = g_strdup ("Cache-Control: max-age=100000\r\n");
  self->server = test_server_new (TEST_SERVER_PLAIN, serve, self);
  self->url = test_server_url (self->server, "/file");
}

static void
tear_down (Fixture *self,
           gconstpointer data)
{
  g_clear_object (&self->cache);
  test_server_free (self->server);
  test_fixture_tear_down (&self->parent, data);
  test_cache_folder_clear (&self->folder);
  g_mutex_clear (&self->mutex);
  g_free (self->url);
  g_free (self->old);
  g_free (self->new);
  g_free (self->tag);
  g_free (self->fields);
  g_free (self->range);
  g_free (self->condition);
}

static void
set_server (Fixture *self,
            Rest rest,
            gboolean gone_on)
{
  pillion_mutex_lock (&self->mutex);
  self->rest = rest;
  self->gone_on = gone_on;
  pillion_mutex_unlock (&self->mutex);
}

/* From now on, the rest comes once the gate is open */
static void
let_wait (Fixture *self)
{
  pillion_mutex_lock (&self->mutex);
  self->waiting = TRUE;
  pillion_mutex_unlock (&self->mutex);
}

static void
set_text (Fixture *self,
          char **text,
          const char *value)
{
  pillion_mutex_lock (&self->mutex);
  g_free (*text);
  *text = g_strdup (value);
  pillion_mutex_unlock (&self->mutex);
}

/* Checks what the last request asked for; NULL for everything */
static void
assert_asked (Fixture *self,
              const char *range,
              const char *condition)
{
  pillion_mutex_lock (&self->mutex);
  g_assert_cmpstr (self->range, ==, range);
  g_assert_cmpstr (self->condition, ==, condition);
  pillion_mutex_unlock (&self->mutex);
}

static PillionTask *
send_with (Fixture *self,
           const char *fields,
           PillionHttpCacheMode mode)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", self->url);
  g_auto (GStrv) parts = fields != NULL ? g_strsplit (fields, ": ", 2) : NULL;

  pillion_http_request_set_cache_mode (request, mode);
  if (parts != NULL)
    pillion_http_request_set_header (request, parts[0], parts[1]);
  return pillion_http_client_send (self->parent.client, request, NULL);
}

static void
assert_response (Fixture *self,
                 PillionTask *task,
                 const guint8 *bytes,
                 const char *status)
{
  g_autoptr (PillionTask) owned = task;
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;
  GBytes *body;

  test_fixture_await (&self->parent, owned);
  response = pillion_task_get_object (owned, &error);
  g_assert_no_error (error);
  body = pillion_http_response_get_body (response);
  g_assert_cmpuint (pillion_http_response_get_status (response), ==, 200);
  g_assert_cmpuint (g_bytes_get_size (body), ==, SIZE);
  g_assert_true (memcmp (g_bytes_get_data (body, NULL), bytes, SIZE) == 0);
  g_assert_null (pillion_http_response_get_header (response, "Content-Range"));
  g_assert_cmpstr (pillion_http_response_get_header (response, "Content-Length"), ==, G_STRINGIFY (SIZE));
  if (g_str_has_suffix (status, "ttl="))
    g_assert_true (g_str_has_prefix (pillion_http_response_get_header (response, "Cache-Status"), status));
  else
    g_assert_cmpstr (pillion_http_response_get_header (response, "Cache-Status"), ==, status);
  g_assert_cmpint (pillion_http_response_is_from_cache (response), ==, strstr (status, "hit") != NULL);
}

static void
assert_gets (Fixture *self,
             const guint8 *bytes,
             const char *status)
{
  assert_response (self, send_with (self, NULL, PILLION_HTTP_CACHE_MODE_DEFAULT), bytes, status);
}

static void
assert_fails (Fixture *self,
              int code)
{
  test_fixture_assert_error (&self->parent, self->url, PILLION_HTTP_ERROR, code);
}

#define COMPLETED "Pillion; fwd=partial; fwd-status=206; stored"
#define HIT "Pillion; hit; ttl="
#define TRUNCATED PILLION_HTTP_ERROR_TRUNCATED

/* What the server says to the request for the rest, and what comes of it */
typedef struct
{
  const char *name;
  Rest rest;
  guint n_requests; /* after the first one */
  gboolean changed;
  const char *status;
} RestCase;

static const RestCase rest_cases[] = {
  { "good", REST_GOOD, 1, FALSE, COMPLETED },
  { "chunked", REST_CHUNKED, 1, FALSE, COMPLETED },
  { "to-the-end", REST_TO_THE_END, 1, FALSE, COMPLETED },
  { "whole", REST_WHOLE, 1, FALSE, "Pillion; fwd=partial; stored" },
  { "changed", REST_CHANGED, 1, TRUE, "Pillion; fwd=partial; stored" },
  { "refused", REST_REFUSED, 2, FALSE, "Pillion; fwd=partial; stored" },
  { "other-tag", REST_OTHER_TAG, 2, FALSE, "Pillion; fwd=partial; stored" },
  { "no-tag", REST_NO_TAG, 2, FALSE, "Pillion; fwd=partial; stored" },
  { "other-coding", REST_OTHER_CODING, 2, FALSE, "Pillion; fwd=partial; stored" },
  { "elsewhere", REST_ELSEWHERE, 2, FALSE, "Pillion; fwd=partial; stored" },
  { "not-all", REST_NOT_ALL, 2, FALSE, "Pillion; fwd=partial; stored" },
  { "other-total", REST_OTHER_TOTAL, 2, FALSE, "Pillion; fwd=partial; stored" },
};

static void
test_rest (Fixture *self,
           gconstpointer data)
{
  const RestCase *rest = data;
  const guint8 *bytes = rest->changed ? self->new : self->old;

  assert_fails (self, TRUNCATED);
  assert_asked (self, NULL, NULL);
  set_server (self, rest->rest, TRUE);
  assert_gets (self, bytes, rest->status);
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 1 + rest->n_requests);
  if (rest->n_requests == 1)
    assert_asked (self, "bytes=200000-", "\"1\"");
  else
    assert_asked (self, NULL, NULL);

  assert_gets (self, bytes, HIT);
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 1 + rest->n_requests);
}

/* A body whose length is not known either */
static void
test_chunked (Fixture *self,
              gconstpointer data)
{
  g_free (self->url);
  self->url = test_server_url (self->server, "/chunked");
  assert_fails (self, TRUNCATED);
  assert_gets (self, self->old, COMPLETED);
  assert_gets (self, self->old, HIT);
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 2);
}

/* The longer part is kept, and a retry goes on as well. The message counts all that has come. */
static void
test_cut_again (Fixture *self,
                gconstpointer data)
{
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  set_server (self, GPOINTER_TO_INT (data), FALSE);
  assert_fails (self, TRUNCATED);
  task = pillion_http_client_get_bytes (self->parent.client, self->url, NULL);
  test_fixture_await (&self->parent, task);
  g_assert_false (pillion_task_check (task, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, TRUNCATED);
  g_assert_true (g_str_has_suffix (error->message, " after 250000 of 300000 bytes"));
  assert_asked (self, "bytes=200000-", "\"1\"");
  set_server (self, REST_GOOD, FALSE);
  assert_gets (self, self->old, COMPLETED);
  assert_asked (self, "bytes=250000-", "\"1\"");
  assert_gets (self, self->old, HIT);
}

static void
test_retry (Fixture *self,
            gconstpointer data)
{
  pillion_http_client_set_max_retries (self->parent.client, 1);
  assert_gets (self, self->old, COMPLETED);
  assert_asked (self, "bytes=200000-", "\"1\"");
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 2);
}

/* The rest is longer or shorter than the server said: the call fails, and the next one requests everything */
static void
test_lying_rest (Fixture *self,
                 gconstpointer data)
{
  assert_fails (self, TRUNCATED);
  set_server (self, GPOINTER_TO_INT (data), TRUE);
  assert_fails (self, PILLION_HTTP_ERROR_LENGTH_MISMATCH);
  assert_gets (self, self->old, "Pillion; fwd=uri-miss; stored");
  assert_asked (self, NULL, NULL);
}

static void
test_no_store (Fixture *self,
               gconstpointer data)
{
  assert_fails (self, TRUNCATED);
  set_server (self, REST_NO_STORE, FALSE);
  assert_gets (self, self->old, "Pillion; fwd=partial; fwd-status=206");
}

/* Without a validator that proves that it is the very same body, nothing is kept */
static void
test_weak (Fixture *self,
           gconstpointer data)
{
  set_text (self, &self->tag, data);
  assert_fails (self, TRUNCATED);
  set_server (self, REST_GOOD, TRUE);
  assert_gets (self, self->old, "Pillion; fwd=uri-miss; stored");
  assert_asked (self, NULL, NULL);
}

/* A date is a strong validator if the server's clock says so */
static void
test_date (Fixture *self,
           gconstpointer data)
{
  set_text (self, &self->tag, "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\nDate: Wed, 15 Nov 2023 22:13:20 GMT\r\n");
  assert_fails (self, TRUNCATED);
  assert_gets (self, self->old, COMPLETED);
  assert_asked (self, "bytes=200000-", "Tue, 14 Nov 2023 22:13:20 GMT");
}

/* Requests that want something else than the whole body, or nothing of the cache */
static void
test_other_requests (Fixture *self,
                     gconstpointer data)
{
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;

  assert_fails (self, TRUNCATED);
  set_server (self, REST_GOOD, TRUE);

  task = send_with (self, "Range: bytes=10-19", PILLION_HTTP_CACHE_MODE_DEFAULT);
  test_fixture_await (&self->parent, task);
  response = pillion_task_get_object (task, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (pillion_http_response_get_status (response), ==, 206);
  g_assert_true (pillion_http_response_is_from_cache (response));
  g_assert_cmpmem (g_bytes_get_data (pillion_http_response_get_body (response), NULL), g_bytes_get_size (pillion_http_response_get_body (response)),
                   self->old + 10, 10);
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 1);

  pillion_http_client_set_offline (self->parent.client, TRUE);
  assert_fails (self, PILLION_HTTP_ERROR_NOT_CACHED);
  pillion_http_client_set_offline (self->parent.client, FALSE);

  assert_response (self, send_with (self, "If-None-Match: \"2\"", PILLION_HTTP_CACHE_MODE_NO_STORE), self->old, "Pillion; fwd=bypass");
  assert_asked (self, NULL, NULL);
  assert_response (self, send_with (self, NULL, PILLION_HTTP_CACHE_MODE_NO_CACHE), self->old, COMPLETED);
  assert_asked (self, "bytes=200000-", "\"1\"");
}

static void
test_reload (Fixture *self,
             gconstpointer data)
{
  assert_fails (self, TRUNCATED);
  set_server (self, REST_GOOD, TRUE);
  assert_response (self, send_with (self, NULL, PILLION_HTTP_CACHE_MODE_RELOAD), self->old, "Pillion; fwd=request; stored");
  assert_asked (self, NULL, NULL);
  assert_gets (self, self->old, HIT);
}

/* An unsafe method makes it invalid like everything else */
static void
test_invalidated (Fixture *self,
                  gconstpointer data)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("POST", self->url);
  g_autoptr (PillionTask) posting = NULL;

  assert_fails (self, TRUNCATED);
  set_server (self, REST_GOOD, TRUE);
  posting = pillion_http_client_send (self->parent.client, request, NULL);
  test_fixture_await (&self->parent, posting);
  g_assert_true (pillion_task_check (posting, NULL));
  assert_gets (self, self->old, "Pillion; fwd=uri-miss; stored");
  assert_asked (self, NULL, NULL);
}

/* The beginning of a newer version comes before what is whole and stale */
static void
test_newer (Fixture *self,
            gconstpointer data)
{
  set_text (self, &self->fields, "Cache-Control: max-age=100\r\n");
  set_server (self, REST_GOOD, TRUE);
  assert_gets (self, self->old, "Pillion; fwd=uri-miss; stored");
  pillion_http_engine_shift_real_time (1000 * G_USEC_PER_SEC);
  set_server (self, REST_GOOD, FALSE);
  set_text (self, &self->tag, "ETag: \"2\"\r\n");
  assert_fails (self, TRUNCATED);
  assert_gets (self, self->old, COMPLETED);
  assert_asked (self, "bytes=200000-", "\"2\"");
}

/* Reads the beginning, and ends the stream */
static void
read_beginning (Fixture *self)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", self->url);
  g_autoptr (PillionTask) opening = pillion_http_client_open (self->parent.client, request, NULL);
  g_autoptr (PillionHttpStream) stream = NULL;
  gsize n = 0;

  test_fixture_await (&self->parent, opening);
  stream = pillion_task_get_object (opening, NULL);
  g_assert_nonnull (stream);
  while (n < CUT)
    {
      g_autoptr (PillionTask) reading = pillion_http_stream_read (stream, 0, NULL);
      g_autoptr (GBytes) piece = NULL;

      test_fixture_await (&self->parent, reading);
      piece = pillion_task_get_bytes (reading, NULL);
      g_assert_nonnull (piece);
      g_assert_true (memcmp (g_bytes_get_data (piece, NULL), self->old + n, g_bytes_get_size (piece)) == 0);
      n += g_bytes_get_size (piece);
    }
  pillion_http_stream_close (stream);
}

/* What a program did not wait for is there when it comes back */
static void
test_cancelled (Fixture *self,
                gconstpointer data)
{
  g_free (self->url);
  self->url = test_server_url (self->server, "/held");
  read_beginning (self);
  assert_gets (self, self->old, COMPLETED);
  assert_asked (self, "bytes=200000-", "\"1\"");
}

/* A program's own limit means that it does not want it */
static void
test_limit (Fixture *self,
            gconstpointer data)
{
  g_free (self->url);
  self->url = test_server_url (self->server, "/chunked");
  pillion_http_client_set_max_body_size (self->parent.client, 1000);
  assert_fails (self, PILLION_HTTP_ERROR_TOO_LARGE);
  pillion_http_client_set_max_body_size (self->parent.client, 64 * 1024 * 1024);
  set_server (self, REST_GOOD, TRUE);
  assert_gets (self, self->old, "Pillion; fwd=uri-miss; stored");
  assert_asked (self, NULL, NULL);
}

/* Even if it is found out long after the bytes came */
static void
test_late_limit (Fixture *self,
                 gconstpointer data)
{
  g_free (self->url);
  self->url = test_server_url (self->server, "/damaged");
  pillion_http_client_set_max_body_size (self->parent.client, 3 * 1024 * 1024);
  assert_fails (self, PILLION_HTTP_ERROR_TOO_LARGE);
  set_server (self, REST_GOOD, TRUE);
  assert_gets (self, self->old, "Pillion; fwd=uri-miss; stored");
  assert_asked (self, NULL, NULL);
}

/* What can't be decoded is of no use as a beginning either */
static void
test_damaged (Fixture *self,
              gconstpointer data)
{
  g_free (self->url);
  self->url = test_server_url (self->server, "/damaged");
  assert_fails (self, PILLION_HTTP_ERROR_PROTOCOL);
  set_server (self, REST_GOOD, TRUE);
  assert_gets (self, self->old, "Pillion; fwd=uri-miss; stored");
  assert_asked (self, NULL, NULL);
}

/* Equal requests make one request for the rest; a stream and a download that come at the same time get theirs, too */
static void
test_together (Fixture *self,
               gconstpointer data)
{
  g_autofree char *target = test_fixture_path (&self->parent, "file");
  g_autoptr (GFile) file = g_file_new_for_path (target);
  g_autoptr (PillionHttpDownload) download = NULL;
  PillionTask *tasks[10];
  PillionTask *downloading;

  assert_fails (self, TRUNCATED);
  let_wait (self);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = send_with (self, NULL, PILLION_HTTP_CACHE_MODE_DEFAULT);
  downloading = pillion_http_client_download (self->parent.client, self->url, file, NULL, NULL);
  test_server_wait_requests (self->server, 3);
  test_server_open_gate (self->server);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    assert_response (self, tasks[i], self->old, COMPLETED);
  download = test_fixture_await_download (&self->parent, downloading, NULL);
  g_assert_nonnull (download);
  test_assert_file (target, self->old, SIZE);
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 3);
  assert_gets (self, self->old, HIT);
}

/* Somebody else removes it while the rest is on its way */
static void
test_removed_meanwhile (Fixture *self,
                        gconstpointer data)
{
  PillionTask *task;

  assert_fails (self, TRUNCATED);
  let_wait (self);
  task = send_with (self, NULL, PILLION_HTTP_CACHE_MODE_DEFAULT);
  test_server_wait_requests (self->server, 2);
  g_assert_true (pillion_cache_store_remove_key (self->folder.store, self->url));
  test_server_open_gate (self->server);
  assert_response (self, task, self->old, COMPLETED);
}

/* The disk can't read what is stored: everything is requested */
static void
test_unreadable (Fixture *self,
                 gconstpointer data)
{
  assert_fails (self, TRUNCATED);
  set_server (self, REST_GOOD, TRUE);
  g_atomic_int_set (&reading_fails, TRUE);
  assert_gets (self, self->old, "Pillion; fwd=uri-miss; stored");
  g_atomic_int_set (&reading_fails, FALSE);
  assert_asked (self, NULL, NULL);
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 3);
}

/* A part is there for the next program, too */
static void
test_next_program (Fixture *self,
                   gconstpointer data)
{
  assert_fails (self, TRUNCATED);
  pillion_cache_store_flush (self->folder.store);
  pillion_http_client_set_cache (self->parent.client, NULL);
  g_clear_object (&self->cache);
  pillion_cache_store_unref (self->folder.store);
  self->folder.store = NULL;

  self->cache = pillion_http_cache_new (self->folder.path);
  pillion_http_client_set_cache (self->parent.client, self->cache);
  assert_gets (self, self->old, COMPLETED);
  self->folder.store = pillion_cache_store_open (self->folder.path, 256 * 1024 * 1024, NULL);
  g_assert_nonnull (self->folder.store);
}

#define ADD(name, data, func) g_test_add ("/http/cache-completion/" name, Fixture, data, set_up, func, tear_down)

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rest_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/http/cache-completion/rest/", rest_cases[i].name, NULL);

      g_test_add (path, Fixture, &rest_cases[i], set_up, test_rest, tear_down);
    }
  ADD ("rest/too-short", GINT_TO_POINTER (REST_TOO_SHORT), test_lying_rest);
  ADD ("rest/too-long", GINT_TO_POINTER (REST_TOO_LONG), test_lying_rest);
  ADD ("rest/endless", GINT_TO_POINTER (REST_ENDLESS), test_lying_rest);
  ADD ("rest/no-store", NULL, test_no_store);
  ADD ("chunked", NULL, test_chunked);
  ADD ("cut-again", GINT_TO_POINTER (REST_CUT), test_cut_again);
  ADD ("cut-again-without-length", GINT_TO_POINTER (REST_CUT_WITHOUT_LENGTH), test_cut_again);
  ADD ("retry", NULL, test_retry);
  ADD ("weak-tag", "ETag: W/\"1\"\r\n", test_weak);
  ADD ("weak-date", "Last-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\nDate: Tue, 14 Nov 2023 22:13:20 GMT\r\n", test_weak);
  ADD ("date", NULL, test_date);
  ADD ("other-requests", NULL, test_other_requests);
  ADD ("reload", NULL, test_reload);
  ADD ("invalidated", NULL, test_invalidated);
  ADD ("newer", NULL, test_newer);
  ADD ("cancelled", NULL, test_cancelled);
  ADD ("limit", NULL, test_limit);
  ADD ("late-limit", NULL, test_late_limit);
  ADD ("damaged", NULL, test_damaged);
  ADD ("together", NULL, test_together);
  ADD ("removed-meanwhile", NULL, test_removed_meanwhile);
  ADD ("unreadable", NULL, test_unreadable);
  ADD ("next-program", NULL, test_next_program);

  return g_test_run ();
}
