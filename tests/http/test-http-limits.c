/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* When time limits count, and when they don't: on a virtual clock, so that nothing else takes time. test-http-timeouts.c
 * has what ends a call over real connections. */

#include <pillion-http/pillion-http.h>

#include <string.h>

#include <glib/gstdio.h>

#include "http/pillion-http-test-exchange-private.h"

#define MSEC G_TIME_SPAN_MILLISECOND
#define URL "http://example.org/"
#define SIZE (4 * 1024 * 1024)

typedef struct
{
  PillionLoop *loop;
  PillionHttpTestTransport *transport;
  PillionHttpClient *client;
  GBytes *body;
  gsize n_sent;
  gint64 start;
} Fixture;

static GTimeSpan
never (gsize n_bytes,
       gpointer data)
{
  return G_TIME_SPAN_DAY;
}

static GTimeSpan
count (gsize n_bytes,
       gpointer data)
{
  *(gsize *) data += n_bytes;
  return MSEC;
}

static PillionTask *
on_stalls (PillionHttpTestExchange *exchange,
           gpointer data)
{
  Fixture *self = data;

  pillion_http_test_exchange_set_delay (exchange, 300 * MSEC);
  pillion_http_test_exchange_set_body (exchange, self->body, NULL);
  pillion_http_test_exchange_set_pace (exchange, never, NULL, 0);
  return NULL;
}

static PillionTask *
on_large (PillionHttpTestExchange *exchange,
          gpointer data)
{
  Fixture *self = data;

  pillion_http_test_exchange_set_body (exchange, self->body, NULL);
  pillion_http_test_exchange_set_pace (exchange, count, &self->n_sent, 0);
  return NULL;
}

static PillionTask *
on_slow (PillionHttpTestExchange *exchange,
         gpointer data)
{
  pillion_http_test_exchange_set_delay (exchange, G_TIME_SPAN_MINUTE);
  pillion_http_test_exchange_set_text (exchange, "hello", NULL);
  return NULL;
}

static PillionTask *
on_redirect (PillionHttpTestExchange *exchange,
             gpointer data)
{
  pillion_http_test_exchange_set_status (exchange, 302);
  pillion_http_test_exchange_add_header (exchange, "Location", "http://busy.example.org/end");
  return NULL;
}

static Fixture
fixture_new (PillionLoop *loop)
{
  return (Fixture) {
    .loop = loop,
    .transport = pillion_http_test_transport_new (loop),
    .client = pillion_http_client_new (loop),
    .body = g_bytes_new_take (g_malloc0 (SIZE), SIZE),
    .start = pillion_loop_get_now (loop),
  };
}

static void
fixture_init (Fixture *self)
{
  g_autoptr (GBytes) hello = g_bytes_new_static ("hello", 5);

  pillion_http_test_transport_add_bytes (self->transport, "/end", hello, NULL);
  pillion_http_test_transport_add_handler (self->transport, "/stalls", on_stalls, self, NULL);
  pillion_http_test_transport_add_handler (self->transport, "/large", on_large, self, NULL);
  pillion_http_test_transport_add_handler (self->transport, "/slow", on_slow, self, NULL);
  pillion_http_test_transport_add_handler (self->transport, "/redirect", on_redirect, self, NULL);
  pillion_http_client_set_transport (self->client, self->transport);
}

static void
fixture_clear (Fixture *self)
{
  g_clear_object (&self->client);
  g_clear_object (&self->transport);
  g_clear_pointer (&self->body, g_bytes_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fixture, fixture_clear)

static GTimeSpan
get_elapsed (Fixture *self)
{
  return pillion_loop_get_now (self->loop) - self->start;
}

/* The limit for the first byte is over with the head */
static void
test_first_byte (PillionLoop *loop,
                 gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", URL "stalls");
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self);
  pillion_http_request_set_first_byte_timeout_usec (request, 400 * MSEC);
  pillion_http_request_set_idle_timeout_usec (request, 600 * MSEC);
  task = pillion_http_client_send (self.client, request, NULL);
  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "sent nothing for 0.6 seconds"));
  g_assert_cmpint (get_elapsed (&self), ==, 900 * MSEC);
}

/* What waits for its turn at the server that it was redirected to */
static void
test_queue (PillionLoop *loop,
            gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  g_autoptr (PillionHttpRequest) redirected = pillion_http_request_new ("GET", URL "redirect");
  g_autoptr (PillionTask) holder = NULL;
  g_autoptr (PillionTask) waiting = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self);
  pillion_http_client_set_max_connections_per_host (self.client, 1);
  pillion_http_client_set_first_byte_timeout_usec (self.client, 0);
  pillion_http_client_set_idle_timeout_usec (self.client, 0);
  holder = pillion_http_client_get_bytes (self.client, "http://busy.example.org/slow", NULL);
  pillion_http_request_set_idle_timeout_usec (redirected, MSEC);
  pillion_http_request_set_first_byte_timeout_usec (redirected, MSEC);
  waiting = pillion_http_client_send (self.client, redirected, NULL);
  pillion_await (waiting, &error);
  g_assert_no_error (error);
  g_assert_true (pillion_task_is_done (holder));
  g_assert_cmpint (get_elapsed (&self), >=, G_TIME_SPAN_MINUTE);
}

/* A server has to wait for a program that doesn't read, and no limit counts meanwhile */
static void
test_back_pressure (PillionLoop *loop,
                    gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", URL "large");
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (PillionHttpStream) stream = NULL;
  g_autoptr (GError) error = NULL;
  gsize total = 0;
  gsize length;

  fixture_init (&self);
  pillion_http_request_set_idle_timeout_usec (request, 50 * MSEC);
  pillion_http_request_set_lowest_rate (request, 1000);
  task = pillion_http_client_open (self.client, request, NULL);
  stream = pillion_await_object (task, &error);
  g_assert_no_error (error);

  pillion_sleep (G_TIME_SPAN_MINUTE, NULL);
  g_assert_cmpuint (self.n_sent, <, SIZE / 2);

  do
    {
      g_autoptr (PillionTask) read = pillion_http_stream_read (stream, 0, NULL);
      g_autoptr (GBytes) piece = pillion_await_bytes (read, &error);

      g_assert_no_error (error);
      length = g_bytes_get_size (piece);
      total += length;
    }
  while (length > 0);
  g_assert_cmpuint (total, ==, SIZE);
}

/* Limits don't count while a download is paused, and do afterwards */
static void
test_pause (PillionLoop *loop,
            gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  g_autofree char *folder = g_dir_make_tmp ("pillion-http-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "file", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self);
  pillion_http_client_set_total_timeout_usec (self.client, G_USEC_PER_SEC);
  task = pillion_http_client_download (self.client, URL "slow", file, NULL, NULL);
  pillion_sleep (400 * MSEC, NULL);
  g_assert_true (pillion_http_client_pause_download (self.client, task));
  pillion_sleep (G_TIME_SPAN_HOUR, NULL);
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_PENDING);

  pillion_http_client_resume_download (self.client, task);
  self.start = pillion_loop_get_now (loop);
  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_cmpint (get_elapsed (&self), ==, 600 * MSEC);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  pillion_test_add_func ("/http/limits/first-byte-ends-with-the-head", test_first_byte);
  pillion_test_add_func ("/http/limits/not-in-the-queue-after-a-redirect", test_queue);
  pillion_test_add_func ("/http/limits/not-while-the-program-does-not-read", test_back_pressure);
  pillion_test_add_func ("/http/limits/not-while-paused", test_pause);

  return g_test_run ();
}
