/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Bodies at a limited rate: on a virtual clock, without a network, and over real sockets */

#include <pillion-http/pillion-http.h>

#include <glib/gstdio.h>
#include <string.h>

#define URL "http://example.org/"
#define SIZE 100000
#define SMALL_SIZE 300
#define RATE 10000
#define SECONDS (SIZE / RATE)

typedef struct
{
  PillionLoop *loop;
  PillionHttpTestTransport *transport;
  PillionHttpClient *client;
  GBytes *body;
  gint64 start;
} Fixture;

static PillionTask *
on_upload (PillionHttpTestExchange *exchange,
           gpointer data)
{
  g_autofree char *text = g_strdup_printf ("%u", (guint) g_bytes_get_size (pillion_http_test_exchange_get_body (exchange)));

  pillion_http_test_exchange_set_text (exchange, text, NULL);
  return NULL;
}

static Fixture
fixture_new (PillionLoop *loop)
{
  Fixture self = { loop, pillion_http_test_transport_new (loop), pillion_http_client_new (loop) };
  guint8 *bytes = g_malloc (SIZE);

  for (guint i = 0; i < SIZE; i++)
    bytes[i] = (guint8) (i * 7);
  self.body = g_bytes_new_take (bytes, SIZE);
  pillion_http_test_transport_add_bytes (self.transport, URL, self.body, NULL);
  pillion_http_test_transport_add_handler (self.transport, URL "upload", on_upload, NULL, NULL);
  pillion_http_client_set_transport (self.client, self.transport);
  self.start = pillion_loop_get_now (loop);

  return self;
}

static void
fixture_clear (Fixture *self)
{
  g_clear_object (&self->transport);
  g_clear_object (&self->client);
  g_clear_pointer (&self->body, g_bytes_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fixture, fixture_clear)

/* Within 5 % of so many seconds since it was called last */
static void
assert_seconds (Fixture *self,
                double seconds)
{
  gint64 now = pillion_loop_get_now (self->loop);
  double elapsed = (double) (now - self->start) / G_USEC_PER_SEC;

  g_assert_cmpfloat_with_epsilon (elapsed, seconds, 0.05 * seconds + 0.001);
  self->start = now;
}

/* Takes the task */
static void
assert_done (PillionTask *task)
{
  g_autoptr (GError) error = NULL;

  pillion_await (task, &error);
  g_assert_no_error (error);
  g_object_unref (task);
}

static PillionTask *
get (Fixture *self,
     gint64 rate)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", URL);

  pillion_http_request_set_rate_limit (request, rate);
  return pillion_http_client_send (self->client, request, NULL);
}

static void
assert_gets (Fixture *self,
             gint64 rate)
{
  g_autoptr (PillionTask) task = get (self, rate);
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;

  response = pillion_await_object (task, &error);
  g_assert_no_error (error);
  g_assert_true (g_bytes_equal (pillion_http_response_get_body (response), self->body));
}

static void
test_receiving (PillionLoop *loop,
                gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);

  assert_gets (&self, 0);
  assert_seconds (&self, 0);
  assert_gets (&self, RATE);
  assert_seconds (&self, SECONDS);

  pillion_http_client_set_rate_limit (self.client, 2 * RATE);
  assert_gets (&self, 0);
  assert_seconds (&self, SECONDS / 2.0);

  /* The lower one counts */
  assert_gets (&self, RATE);
  assert_seconds (&self, SECONDS);
  assert_gets (&self, 10 * RATE);
  assert_seconds (&self, SECONDS / 2.0);

  /* So slow that a slice of time is shorter than a byte, and faster than anything */
  pillion_http_client_set_rate_limit (self.client, 0);
  {
    g_autoptr (GBytes) whole = g_steal_pointer (&self.body);

    self.body = g_bytes_new_from_bytes (whole, 0, SMALL_SIZE);
    pillion_http_test_transport_add_bytes (self.transport, URL, self.body, NULL);
    assert_gets (&self, 3);
    assert_seconds (&self, SMALL_SIZE / 3.0);
  }
  assert_gets (&self, G_MAXINT64);
  assert_seconds (&self, 0);
}

static void
test_sending (PillionLoop *loop,
              gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("PUT", URL "upload");
  g_autoptr (GFile) file = NULL;
  g_autoptr (GFileIOStream) stream = NULL;
  g_autoptr (PillionHttpForm) form = pillion_http_form_new ();
  g_autoptr (GError) error = NULL;

  file = g_file_new_tmp ("pillion-XXXXXX", &stream, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_replace_contents (file, g_bytes_get_data (self.body, NULL), SIZE, NULL, FALSE, G_FILE_CREATE_NONE, NULL, NULL, NULL));
  pillion_http_form_add_file (form, "file", file, NULL, NULL);
  pillion_http_request_set_rate_limit (request, RATE);

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (PillionTask) task = NULL;
      g_autoptr (PillionHttpResponse) response = NULL;
      g_autofree char *text = NULL;

      if (i == 0)
        pillion_http_request_set_body (request, self.body, NULL);
      else if (i == 1)
        pillion_http_request_set_body_from_file (request, file, NULL);
      else
        pillion_http_request_set_form (request, form);
      task = pillion_http_client_send (self.client, request, NULL);
      response = pillion_await_object (task, &error);
      g_assert_no_error (error);
      text = pillion_http_response_dup_text (response, NULL);
      g_assert_cmpint (g_ascii_strtoll (text, NULL, 10), >=, SIZE);
      assert_seconds (&self, SECONDS);
    }

  g_assert_true (g_file_delete (file, NULL, NULL));
}

static void
test_sharing (PillionLoop *loop,
              gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  PillionTask *tasks[4];

  /* All take turns, so that they end together, and one direction leaves the other alone */
  pillion_http_client_set_rate_limit (self.client, RATE);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autofree char *url = g_strdup_printf (URL "%u", i);

      pillion_http_test_transport_add_bytes (self.transport, url, self.body, NULL);
      tasks[i] = pillion_http_client_get_bytes (self.client, url, NULL);
    }
  assert_done (tasks[0]);
  assert_seconds (&self, 4 * SECONDS);
  for (guint i = 1; i < G_N_ELEMENTS (tasks); i++)
    assert_done (tasks[i]);
  assert_seconds (&self, 3 * 0.02);
}

/* What one call does not use of its turn is for the others, so that many are as fast together as one alone */
static void
test_nothing_is_lost (PillionLoop *loop,
                      gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  const gsize size = RATE / 50 * 3 / 2; /* a turn and a half */
  g_autoptr (GBytes) body = g_bytes_new_from_bytes (self.body, 0, size);
  PillionTask *tasks[40];

  pillion_http_client_set_rate_limit (self.client, RATE);
  pillion_http_client_set_max_connections (self.client, 20);
  pillion_http_client_set_max_connections_per_host (self.client, 20);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autofree char *url = g_strdup_printf (URL "%u", i);

      pillion_http_test_transport_add_bytes (self.transport, url, body, NULL);
      tasks[i] = pillion_http_client_get_bytes (self.client, url, NULL);
    }
  /* The turns of this one come to nothing */
  pillion_task_cancel (tasks[7]);
  g_assert_false (pillion_await (tasks[7], NULL));
  g_object_unref (tasks[7]);

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    if (i != 7)
      assert_done (tasks[i]);
  assert_seconds (&self, (G_N_ELEMENTS (tasks) - 1) * (double) size / RATE);
}

static void
test_streams (PillionLoop *loop,
              gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", URL);
  g_autoptr (PillionTask) opening = NULL;
  g_autoptr (PillionHttpStream) stream = NULL;
  g_autoptr (GError) error = NULL;
  gsize n_read = 0;

  pillion_http_client_set_rate_limit (self.client, RATE);
  opening = pillion_http_client_open (self.client, request, NULL);
  stream = pillion_await_object (opening, &error);
  g_assert_no_error (error);

  while (TRUE)
    {
      g_autoptr (PillionTask) reading = pillion_http_stream_read (stream, 0, NULL);
      g_autoptr (GBytes) piece = pillion_await_bytes (reading, &error);

      g_assert_no_error (error);
      if (g_bytes_get_size (piece) == 0)
        break;
      n_read += g_bytes_get_size (piece);
    }
  g_assert_cmpuint (n_read, ==, SIZE);
  assert_seconds (&self, SECONDS);
}

static void
test_change (PillionLoop *loop,
             gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  PillionTask *task;

  pillion_http_client_set_rate_limit (self.client, RATE);
  task = get (&self, 0);
  assert_done (pillion_loop_sleep (loop, SECONDS / 2 * G_USEC_PER_SEC, NULL));
  pillion_http_client_set_rate_limit (self.client, RATE / 10);
  assert_done (pillion_loop_sleep (loop, SECONDS * G_USEC_PER_SEC, NULL));
  pillion_http_client_set_rate_limit (self.client, RATE);
  assert_done (task);
  assert_seconds (&self, SECONDS / 2.0 + SECONDS + 0.4 * SECONDS);

  /* It doesn't wait for the byte that was allowed once in a while */
  pillion_http_client_set_rate_limit (self.client, 1);
  task = get (&self, 0);
  assert_done (pillion_loop_sleep (loop, G_USEC_PER_SEC / 2, NULL));
  pillion_http_client_set_rate_limit (self.client, 0);
  assert_done (task);
  assert_seconds (&self, 0.5);
}

static void
test_timeouts (PillionLoop *loop,
               gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);

  /* The server is not slow */
  pillion_http_client_set_idle_timeout_usec (self.client, G_USEC_PER_SEC / 10);
  pillion_http_client_set_lowest_rate (self.client, RATE);
  assert_gets (&self, RATE / 10);
  assert_seconds (&self, 10 * SECONDS);
}

static void
test_cancel (PillionLoop *loop,
             gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("PUT", URL "upload");

  pillion_http_request_set_body (request, self.body, NULL);
  pillion_http_request_set_rate_limit (request, 1);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionTask) task = i == 0 ? get (&self, 1) : pillion_http_client_send (self.client, request, NULL);
      g_autoptr (GError) error = NULL;

      assert_done (pillion_loop_sleep (loop, 10 * G_USEC_PER_SEC, NULL));
      pillion_task_cancel (task);
      g_assert_false (pillion_await (task, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      assert_seconds (&self, 10);
    }
}

/* Over sockets, through all of libsoup: it takes its time, and arrives whole */
static void
test_sockets (void)
{
  const gsize size = 300000;
  const gint64 rate = 1000000;
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  g_autoptr (PillionHttpTestServer) server = pillion_http_test_server_new (loop, &error);
  g_autoptr (PillionHttpClient) client = pillion_http_client_new (loop);
  g_autofree char *url = g_strconcat (pillion_http_test_server_get_url (server), "/", NULL);
  g_autofree char *upload_url = g_strconcat (url, "upload", NULL);
  g_autoptr (GBytes) body = g_bytes_new_take (g_malloc0 (size), size);
  g_autofree char *folder = g_dir_make_tmp ("pillion-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "file", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("PUT", upload_url);

  pillion_http_test_server_add_bytes (server, "/", body, NULL);
  pillion_http_test_server_add_handler (server, "/upload", on_upload, NULL, NULL);
  pillion_http_request_set_body (request, body, NULL);
  pillion_http_client_set_rate_limit (client, rate);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (PillionTask) task = NULL;
      gint64 start = g_get_monotonic_time ();

      /* As a chunked one, libsoup sends it */
      if (i == 3)
        {
          g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_bytes (body);

          pillion_http_request_set_body_from_stream (request, stream, -1, NULL);
        }
      task = i == 0   ? pillion_http_client_get_bytes (client, url, NULL)
             : i == 1 ? pillion_http_client_download (client, url, file, NULL, NULL)
                      : pillion_http_client_send (client, request, NULL);
      pillion_loop_run_until_complete (loop, task, &error);
      g_assert_no_error (error);
      /* The first slice comes at once, and so do the next three if the system paused the program */
      g_assert_cmpint (g_get_monotonic_time () - start, >=, 0.7 * size * G_USEC_PER_SEC / rate);
      if (i >= 2)
        {
          g_autoptr (PillionHttpResponse) response = pillion_task_get_object (task, &error);
          g_autofree char *text = pillion_http_response_dup_text (response, NULL);

          g_assert_cmpstr (text, ==, "300000");
        }
    }

  pillion_http_test_server_close (server);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  g_assert_true (pillion_loop_close (loop, -1, &error));
}

static void
test_properties (PillionLoop *loop,
                 gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", URL);
  gint64 rate;

  g_assert_cmpint (pillion_http_client_get_rate_limit (self.client), ==, 0);
  g_assert_cmpint (pillion_http_request_get_rate_limit (request), ==, 0);
  g_object_set (self.client, "rate-limit", G_GINT64_CONSTANT (5), NULL);
  g_object_get (self.client, "rate-limit", &rate, NULL);
  g_assert_cmpint (rate, ==, 5);
  g_object_set (request, "rate-limit", G_GINT64_CONSTANT (6), NULL);
  g_object_get (request, "rate-limit", &rate, NULL);
  g_assert_cmpint (rate, ==, 6);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  pillion_test_add_func ("/http/rate/receiving", test_receiving);
  pillion_test_add_func ("/http/rate/sending", test_sending);
  pillion_test_add_func ("/http/rate/calls-take-turns", test_sharing);
  pillion_test_add_func ("/http/rate/nothing-is-lost", test_nothing_is_lost);
  pillion_test_add_func ("/http/rate/streams", test_streams);
  pillion_test_add_func ("/http/rate/can-change", test_change);
  pillion_test_add_func ("/http/rate/is-no-fault-of-the-server", test_timeouts);
  pillion_test_add_func ("/http/rate/cancel", test_cancel);
  pillion_test_add_func ("/http/rate/properties", test_properties);
  g_test_add_func ("/http/rate/sockets", test_sockets);

  return g_test_run ();
}
