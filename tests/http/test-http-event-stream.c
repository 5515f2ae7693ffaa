/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http-support.h"

#include <string.h>

#include "base/pillion-sync.h"

/* Server-sent events from a real server, with pauses on a virtual clock */

#define OK "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Type: text/event-stream; charset=utf-8\r\n"

typedef struct
{
  TestServer *server;
  PillionHttpClient *client;
  PillionHttpEventStream *stream;
  GMutex lock;
  GPtrArray *requests; /* their heads */
  gsize n_closed;      /* atomic */
} Fixture;

static void
send_and_close (TestConnection *connection,
                const char *body)
{
  test_connection_printf (connection, OK "\r\n%s", body);
  test_connection_close (connection);
}

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  Fixture *self = data;
  g_autofree char *path = test_request_get_path (request);
  guint n;

  pillion_mutex_lock (&self->lock);
  g_ptr_array_add (self->requests, g_strdup (request));
  n = self->requests->len;
  pillion_mutex_unlock (&self->lock);

  if (strcmp (path, "/reconnects") == 0)
    {
      if (n == 1)
        send_and_close (connection, "retry: 250\nid: one\nevent: greeting\ndata: hello\ndata: world\n\ndata: b\n\ndata: lost");
      else if (n == 2)
        send_and_close (connection, "id\ndata: c\n\n");
      else if (n == 3)
        send_and_close (connection, "id: bad\x01id\n\ndata: d\n\n");
      else
        test_connection_printf (connection, "HTTP/1.1 204 No Content\r\n\r\n");
    }
  else if (strcmp (path, "/drops") == 0)
    {
      if (n == 2)
        send_and_close (connection, "data: again\n\n");
      else
        test_connection_reset (connection);
    }
  else if (strcmp (path, "/cut") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 100\r\n\r\ndata: %u\n\n", n);
      test_connection_close (connection);
    }
  else if (strcmp (path, "/hasty") == 0)
    {
      if (n < 10)
        send_and_close (connection, "retry: 0\n\n");
      else
        send_and_close (connection, "data: at last\n\n");
    }
  else if (strcmp (path, "/held") == 0)
    {
      test_connection_printf (connection, OK "\r\ndata: a\n\n");
      test_connection_wait_gate (connection);
      test_connection_printf (connection, "data: b\n\n");
      test_connection_wait_closed (connection);
      __atomic_add_fetch (&self->n_closed, 1, __ATOMIC_SEQ_CST);
    }
  else if (strcmp (path, "/stalls") == 0)
    {
      test_connection_wait_closed (connection);
      __atomic_add_fetch (&self->n_closed, 1, __ATOMIC_SEQ_CST);
    }
  else if (strcmp (path, "/endless") == 0)
    {
      g_autofree char *block = g_strnfill (65536, 'x');

      test_connection_printf (connection, OK "\r\ndata: a\n\ndata: ");
      while (test_connection_write (connection, block, 65536))
        ;
    }
  else if (strcmp (path, "/redirect") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 307 Temporary Redirect\r\nLocation: /held\r\nContent-Length: 0\r\n\r\n");
    }
  else if (strcmp (path, "/html") == 0)
    {
      test_connection_answer (connection, "Content-Type: text/html\r\n", "data: a\n\n", 9);
    }
  else if (strcmp (path, "/nearly") == 0)
    {
      test_connection_answer (connection, "Content-Type: text/event-streams\r\n", "data: a\n\n", 9);
    }
  else if (strcmp (path, "/accepted") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nContent-Type: text/event-stream\r\n\r\n");
    }
  else
    {
      test_connection_printf (connection, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
    }
}

static void
set_up (Fixture *self,
        PillionLoop *loop)
{
  self->requests = g_ptr_array_new_with_free_func (g_free);
  self->server = test_server_new (TEST_SERVER_PLAIN, serve, self);
  self->client = pillion_http_client_new (loop);
}

static void
open_events (Fixture *self,
             const char *method,
             const char *path)
{
  g_autofree char *url = test_server_url (self->server, path);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new (method, url);

  g_clear_object (&self->stream);
  self->stream = pillion_http_event_stream_new (self->client, request);
}

static void
tear_down (Fixture *self)
{
  g_clear_object (&self->stream);
  g_clear_object (&self->client);
  test_server_open_gate (self->server);
  test_server_free (self->server);
  g_ptr_array_unref (self->requests);
}

static PillionHttpEvent *
next_event (Fixture *self,
            GError **error)
{
  g_autoptr (PillionTask) task = pillion_http_event_stream_next (self->stream, NULL);

  if (!pillion_await (task, error))
    return NULL;
  return pillion_task_get_boxed (task, PILLION_HTTP_TYPE_EVENT, error);
}

static void
assert_event (Fixture *self,
              const char *type,
              const char *data,
              const char *id)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpEvent) event = next_event (self, &error);

  g_assert_no_error (error);
  g_assert_nonnull (event);
  g_assert_cmpstr (event->type, ==, type);
  g_assert_cmpstr (event->data, ==, data);
  g_assert_cmpstr (event->id, ==, id);
}

static void
assert_end (Fixture *self)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (next_event (self, &error));
  g_assert_no_error (error);
}

static void
assert_error (Fixture *self,
              GQuark domain,
              int code)
{
  /* An error is final */
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (next_event (self, &error));
      g_assert_error (error, domain, code);
    }
}

static void
assert_task_fails (PillionTask *task,
                   int code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, G_IO_ERROR, code);
}

static void
assert_field (Fixture *self,
              guint n,
              const char *name,
              const char *value)
{
  g_autofree char *got = test_request_get_field (self->requests->pdata[n], name);

  g_assert_cmpstr (got, ==, value);
}

static void
on_notify (GObject *object,
           GParamSpec *property,
           gpointer data)
{
  g_string_append_printf (data, "%s ", property->name);
}

static void
test_reconnects (PillionLoop *loop,
                 gpointer data)
{
  Fixture self = { NULL };
  g_autoptr (GString) notified = g_string_new (NULL);
  gint64 start = pillion_loop_get_now (loop);

  set_up (&self, loop);
  open_events (&self, "GET", "/reconnects");
  g_assert_cmpint (pillion_http_event_stream_get_retry_interval_usec (self.stream), ==, 3 * G_TIME_SPAN_SECOND);
  g_signal_connect (self.stream, "notify", G_CALLBACK (on_notify), notified);

  assert_event (&self, "greeting", "hello\nworld", "one");
  g_assert_cmpstr (notified->str, ==, "last-event-id retry-interval-usec ");
  g_assert_cmpstr (pillion_http_event_stream_get_last_event_id (self.stream), ==, "one");
  g_assert_cmpint (pillion_http_event_stream_get_retry_interval_usec (self.stream), ==, 250 * G_TIME_SPAN_MILLISECOND);
  assert_event (&self, "message", "b", "one");
  g_assert_cmpint (pillion_loop_get_now (loop) - start, <, 250 * G_TIME_SPAN_MILLISECOND);

  /* What was not whole is dropped. An empty ID resets it. */
  assert_event (&self, "message", "c", "");
  g_assert_cmpint (pillion_loop_get_now (loop) - start, >=, 250 * G_TIME_SPAN_MILLISECOND);
  assert_event (&self, "message", "d", "bad\x01id");
  assert_end (&self);
  assert_end (&self);
  g_assert_cmpint (pillion_loop_get_now (loop) - start, >=, 750 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpint (pillion_loop_get_now (loop) - start, <, 3 * G_TIME_SPAN_SECOND);

  g_assert_cmpuint (self.requests->len, ==, 4);
  assert_field (&self, 0, "Accept", "text/event-stream");
  assert_field (&self, 0, "Cache-Control", "no-store");
  assert_field (&self, 0, "Last-Event-ID", NULL);
  assert_field (&self, 1, "Last-Event-ID", "one");
  assert_field (&self, 2, "Last-Event-ID", NULL);
  /* It can't be sent */
  assert_field (&self, 3, "Last-Event-ID", NULL);
  tear_down (&self);
}

static void
test_network_errors (PillionLoop *loop,
                     gpointer data)
{
  Fixture self = { NULL };
  gint64 start = pillion_loop_get_now (loop);

  set_up (&self, loop);
  open_events (&self, "GET", "/cut");
  assert_event (&self, "message", "1", "");
  assert_event (&self, "message", "2", "");
  g_assert_cmpint (pillion_loop_get_now (loop) - start, >=, 3 * G_TIME_SPAN_SECOND);

  g_ptr_array_set_size (self.requests, 0);
  open_events (&self, "GET", "/drops");
  pillion_http_event_stream_set_max_reconnects (self.stream, 2);
  start = pillion_loop_get_now (loop);
  assert_event (&self, "message", "again", "");
  /* Then it fails for good: 3 s after the end, and 3 s and 6 s after failures */
  assert_error (&self, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_assert_cmpint (pillion_loop_get_now (loop) - start, >=, 15 * G_TIME_SPAN_SECOND);
  g_assert_cmpint (pillion_loop_get_now (loop) - start, <, 16 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (self.requests->len, ==, 5);
  tear_down (&self);
}

/* A server that closes each connection at once, and wants no pause */
static void
test_hasty (PillionLoop *loop,
            gpointer data)
{
  Fixture self = { NULL };
  g_autoptr (PillionHttpRequest) gone = pillion_http_request_new ("GET", "http://127.0.0.1:1/");
  gint64 start = pillion_loop_get_now (loop);

  set_up (&self, loop);
  open_events (&self, "GET", "/hasty");
  assert_event (&self, "message", "at last", "");
  g_assert_cmpint (pillion_http_event_stream_get_retry_interval_usec (self.stream), ==, 0);
  g_assert_cmpint (pillion_loop_get_now (loop) - start, >=, 900 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpint (pillion_loop_get_now (loop) - start, <, 3 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (self.requests->len, ==, 10);

  g_clear_object (&self.stream);
  self.stream = pillion_http_event_stream_new (self.client, gone);
  pillion_http_event_stream_set_retry_interval_usec (self.stream, 0);
  start = pillion_loop_get_now (loop);
  assert_error (&self, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpint (pillion_loop_get_now (loop) - start, >=, 500 * G_TIME_SPAN_MILLISECOND);
  tear_down (&self);
}

static void
test_server_gone (PillionLoop *loop,
                  gpointer data)
{
  Fixture self = { NULL };
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", "http://127.0.0.1:1/");
  gint64 start = pillion_loop_get_now (loop);

  set_up (&self, loop);
  self.stream = pillion_http_event_stream_new (self.client, request);
  assert_error (&self, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  /* 3, 6, 12, 24 and 48 s */
  g_assert_cmpint (pillion_loop_get_now (loop) - start, >=, 93 * G_TIME_SPAN_SECOND);
  g_assert_cmpint (pillion_loop_get_now (loop) - start, <, 94 * G_TIME_SPAN_SECOND);

  g_clear_object (&self.stream);
  self.stream = pillion_http_event_stream_new (self.client, request);
  pillion_http_event_stream_set_max_reconnects (self.stream, 0);
  start = pillion_loop_get_now (loop);
  assert_error (&self, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpint (pillion_loop_get_now (loop) - start, <, G_TIME_SPAN_SECOND);
  tear_down (&self);
}

static void
test_refused (PillionLoop *loop,
              gpointer data)
{
  Fixture self = { NULL };
  g_autoptr (PillionHttpRequest) nonsense = pillion_http_request_new ("GET", "nonsense");
  gint64 start = pillion_loop_get_now (loop);

  set_up (&self, loop);
  open_events (&self, "GET", "/html");
  assert_error (&self, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL);
  open_events (&self, "GET", "/nearly");
  assert_error (&self, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL);
  open_events (&self, "GET", "/accepted");
  assert_error (&self, PILLION_HTTP_STATUS_ERROR, 202);
  open_events (&self, "GET", "/unavailable");
  assert_error (&self, PILLION_HTTP_STATUS_ERROR, 503);
  g_clear_object (&self.stream);
  self.stream = pillion_http_event_stream_new (self.client, nonsense);
  assert_error (&self, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_URL);
  g_assert_cmpint (pillion_loop_get_now (loop) - start, <, G_TIME_SPAN_SECOND);
  tear_down (&self);
}

static void
test_too_large (PillionLoop *loop,
                gpointer data)
{
  Fixture self = { NULL };

  set_up (&self, loop);
  open_events (&self, "GET", "/endless");
  assert_event (&self, "message", "a", "");
  assert_error (&self, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE);
  tear_down (&self);
}

/* A request that is not safe to repeat is sent once */
static void
test_post (PillionLoop *loop,
           gpointer data)
{
  Fixture self = { NULL };

  set_up (&self, loop);
  open_events (&self, "POST", "/reconnects");
  assert_event (&self, "greeting", "hello\nworld", "one");
  assert_event (&self, "message", "b", "one");
  assert_end (&self);
  open_events (&self, "POST", "/cut");
  assert_event (&self, "message", "2", "");
  assert_error (&self, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_assert_cmpuint (self.requests->len, ==, 2);
  tear_down (&self);
}

static void
test_fields_of_the_request (PillionLoop *loop,
                            gpointer data)
{
  Fixture self = { NULL };
  g_autofree char *url = NULL;
  g_autoptr (PillionHttpRequest) request = NULL;

  set_up (&self, loop);
  url = test_server_url (self.server, "/redirect");
  request = pillion_http_request_new ("GET", url);
  pillion_http_request_set_header (request, "Last-Event-ID", "42");
  pillion_http_request_set_header (request, "Accept", "*/*");
  self.stream = pillion_http_event_stream_new (self.client, request);
  g_assert_cmpstr (pillion_http_event_stream_get_last_event_id (self.stream), ==, "42");
  assert_event (&self, "message", "a", "42");
  g_assert_cmpuint (self.requests->len, ==, 2);
  for (guint i = 0; i < 2; i++)
    {
      assert_field (&self, i, "Last-Event-ID", "42");
      assert_field (&self, i, "Accept", "*/*");
    }
  tear_down (&self);
}

static void
test_settings (PillionLoop *loop,
               gpointer data)
{
  Fixture self = { NULL };
  PillionHttpEvent event = { (char *) "a", (char *) "b", (char *) "c" };
  PillionHttpEvent *copy = pillion_http_event_copy (&event);

  g_assert_cmpstr (copy->type, ==, "a");
  g_assert_cmpstr (copy->data, ==, "b");
  g_assert_cmpstr (copy->id, ==, "c");
  pillion_http_event_free (copy);

  set_up (&self, loop);
  open_events (&self, "GET", "/held");
  g_assert_cmpint (pillion_http_event_stream_get_max_reconnects (self.stream), ==, 5);
  pillion_http_event_stream_set_max_reconnects (self.stream, -1);
  g_assert_cmpint (pillion_http_event_stream_get_max_reconnects (self.stream), ==, -1);
  pillion_http_event_stream_set_retry_interval_usec (self.stream, 10);
  g_assert_cmpint (pillion_http_event_stream_get_retry_interval_usec (self.stream), ==, 10);
  g_assert_cmpint (pillion_http_event_stream_get_max_event_size (self.stream), ==, 1024 * 1024);
  pillion_http_event_stream_set_max_event_size (self.stream, 6);
  g_assert_cmpint (pillion_http_event_stream_get_max_event_size (self.stream), ==, 6);
  assert_error (&self, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE);
  tear_down (&self);
}

static void
test_cancel (PillionLoop *loop,
             gpointer data)
{
  Fixture self = { NULL };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (PillionTask) connecting = NULL, waiting = NULL, beside = NULL, again = NULL, late = NULL, pausing = NULL;
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", "http://127.0.0.1:1/");
  g_autoptr (PillionTask) pause = NULL;
  gint64 start;

  set_up (&self, loop);

  /* While it connects; the next one connects again */
  open_events (&self, "GET", "/stalls");
  connecting = pillion_http_event_stream_next (self.stream, NULL);
  test_server_wait_requests (self.server, 1);
  pillion_task_cancel (connecting);
  assert_task_fails (connecting, G_IO_ERROR_CANCELLED);

  /* While it reads: nothing is lost */
  open_events (&self, "GET", "/held");
  assert_event (&self, "message", "a", "");
  waiting = pillion_http_event_stream_next (self.stream, cancellable);
  beside = pillion_http_event_stream_next (self.stream, NULL);
  assert_task_fails (beside, G_IO_ERROR_PENDING);
  g_cancellable_cancel (cancellable);
  /* At once, before the loop has run */
  again = pillion_http_event_stream_next (self.stream, NULL);
  g_assert_false (pillion_task_is_done (again));
  pillion_task_cancel (again);
  assert_task_fails (waiting, G_IO_ERROR_CANCELLED);
  assert_task_fails (again, G_IO_ERROR_CANCELLED);
  late = pillion_http_event_stream_next (self.stream, cancellable);
  assert_task_fails (late, G_IO_ERROR_CANCELLED);
  test_server_open_gate (self.server);
  assert_event (&self, "message", "b", "");

  /* In a pause, which goes on */
  g_clear_object (&self.stream);
  self.stream = pillion_http_event_stream_new (self.client, request);
  pillion_http_event_stream_set_max_reconnects (self.stream, 1);
  start = pillion_loop_get_now (loop);
  pausing = pillion_http_event_stream_next (self.stream, NULL);
  pause = pillion_loop_sleep (loop, 2 * G_TIME_SPAN_SECOND, NULL);
  pillion_await (pause, NULL);
  pillion_task_cancel (pausing);
  assert_task_fails (pausing, G_IO_ERROR_CANCELLED);
  assert_error (&self, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpint (pillion_loop_get_now (loop) - start, >=, 3 * G_TIME_SPAN_SECOND);
  g_assert_cmpint (pillion_loop_get_now (loop) - start, <, 4 * G_TIME_SPAN_SECOND);
  tear_down (&self);
}

static void
test_close (PillionLoop *loop,
            gpointer data)
{
  static const char *const paths[] = { "/stalls", "/held", "/held" };
  Fixture self = { NULL };

  set_up (&self, loop);
  test_server_open_gate (self.server);
  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (PillionTask) waiting = NULL, after = NULL;

      open_events (&self, "GET", paths[i]);
      if (i > 0)
        {
          assert_event (&self, "message", "a", "");
          assert_event (&self, "message", "b", "");
        }
      if (i < 2)
        {
          waiting = pillion_http_event_stream_next (self.stream, NULL);
          test_server_wait_requests (self.server, i + 1);
          pillion_http_event_stream_close (self.stream);
          pillion_http_event_stream_close (self.stream);
          assert_task_fails (waiting, G_IO_ERROR_CLOSED);
          after = pillion_http_event_stream_next (self.stream, NULL);
          assert_task_fails (after, G_IO_ERROR_CLOSED);
        }
      else
        {
          g_clear_object (&self.stream);
        }
      while (__atomic_load_n (&self.n_closed, __ATOMIC_SEQ_CST) < i + 1)
        g_thread_yield ();
    }

  /* Before it connects */
  open_events (&self, "GET", "/held");
  pillion_http_event_stream_close (self.stream);
  tear_down (&self);
}

/* Without getting what it has got */
static void
wait_done (PillionLoop *loop,
           PillionTask *task)
{
  while (!pillion_task_is_done (task))
    {
      g_autoptr (PillionTask) pause = pillion_loop_sleep (loop, 1, NULL);

      pillion_await (pause, NULL);
    }
}

/* An event that came when its receiver was being cancelled is the next one's */
static void
test_unwanted (PillionLoop *loop,
               gpointer data)
{
  Fixture self = { NULL };
  g_autoptr (PillionTask) first = NULL, waiting = NULL, third = NULL;
  g_autoptr (PillionHttpEvent) event = NULL;
  g_autoptr (GError) error = NULL;

  set_up (&self, loop);
  open_events (&self, "GET", "/held");
  first = pillion_http_event_stream_next (self.stream, NULL);
  wait_done (loop, first);
  pillion_task_cancel (first);
  assert_event (&self, "message", "a", "");

  g_clear_object (&first);
  open_events (&self, "GET", "/held");
  first = pillion_http_event_stream_next (self.stream, NULL);
  wait_done (loop, first);
  waiting = pillion_http_event_stream_next (self.stream, NULL);
  g_assert_false (pillion_task_is_done (waiting));
  pillion_task_cancel (first);
  g_assert_true (pillion_task_is_done (waiting));
  event = pillion_task_get_boxed (waiting, PILLION_HTTP_TYPE_EVENT, &error);
  g_assert_cmpstr (event->data, ==, "a");

  /* And the stream goes on */
  third = pillion_http_event_stream_next (self.stream, NULL);
  test_server_open_gate (self.server);
  g_assert_true (pillion_await (third, &error));
  tear_down (&self);
}

static void
assert_answered (Fixture *self)
{
  g_autofree char *url = test_server_url (self->server, "/other");
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, url, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, PILLION_HTTP_STATUS_ERROR, 503);
}

/* Event streams have places of their own, so that they keep no call waiting, and are limited themselves */
static void
test_places (PillionLoop *loop,
             gpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      Fixture self = { NULL };
      g_autoptr (PillionHttpEventStream) first = NULL;
      g_autoptr (PillionTask) waiting = NULL, other = NULL;

      set_up (&self, loop);
      pillion_http_client_set_max_connections (self.client, 1);
      if (i == 0)
        pillion_http_client_set_max_lasting_connections (self.client, 1);
      else
        pillion_http_client_set_max_lasting_connections_per_host (self.client, 1);

      open_events (&self, "GET", "/stalls");
      first = g_steal_pointer (&self.stream);
      waiting = pillion_http_event_stream_next (first, NULL);
      test_server_wait_requests (self.server, 1);
      assert_answered (&self);

      open_events (&self, "GET", "/stalls");
      other = pillion_http_event_stream_next (self.stream, NULL);
      assert_answered (&self);
      g_assert_cmpuint (test_server_get_requests (self.server), ==, 3);

      pillion_http_event_stream_close (first);
      test_server_wait_requests (self.server, 4);
      assert_answered (&self);

      pillion_http_event_stream_close (self.stream);
      assert_task_fails (waiting, G_IO_ERROR_CLOSED);
      assert_task_fails (other, G_IO_ERROR_CLOSED);
      /* The calls end, too */
      while (__atomic_load_n (&self.n_closed, __ATOMIC_SEQ_CST) < 2)
        g_thread_yield ();
      assert_answered (&self);
      tear_down (&self);
    }
}

/* Without a test's loop, because it is closed */
static void
test_loop_closed (void)
{
  g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  Fixture self = { NULL };
  g_autoptr (PillionTask) waiting = NULL, after = NULL;
  g_autoptr (GError) error = NULL;

  set_up (&self, loop);
  open_events (&self, "GET", "/stalls");
  waiting = pillion_http_event_stream_next (self.stream, NULL);
  test_server_wait_requests (self.server, 1);
  g_assert_true (pillion_loop_close (loop, -1, &error));
  g_assert_no_error (error);
  g_assert_false (pillion_task_check (waiting, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  after = pillion_http_event_stream_next (self.stream, NULL);
  g_assert_false (pillion_task_check (after, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  tear_down (&self);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  pillion_test_add_func ("/http/event-stream/reconnects", test_reconnects);
  pillion_test_add_func ("/http/event-stream/network-errors", test_network_errors);
  pillion_test_add_func ("/http/event-stream/connects-ten-times-per-second-at-most", test_hasty);
  pillion_test_add_func ("/http/event-stream/server-gone", test_server_gone);
  pillion_test_add_func ("/http/event-stream/refused", test_refused);
  pillion_test_add_func ("/http/event-stream/too-large", test_too_large);
  pillion_test_add_func ("/http/event-stream/post-is-sent-once", test_post);
  pillion_test_add_func ("/http/event-stream/fields-of-the-request", test_fields_of_the_request);
  pillion_test_add_func ("/http/event-stream/settings", test_settings);
  pillion_test_add_func ("/http/event-stream/cancel", test_cancel);
  pillion_test_add_func ("/http/event-stream/close", test_close);
  pillion_test_add_func ("/http/event-stream/places-of-their-own", test_places);
  pillion_test_add_func ("/http/event-stream/unwanted-event-goes-to-the-next", test_unwanted);
  g_test_add_func ("/http/event-stream/loop-closed", test_loop_closed);

  return g_test_run ();
}
