/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* WebSockets for other people's tests: with a server, and without a network */

#include "await-support.h"

typedef struct
{
  PillionHttpTestServer *server;       /* one of the two */
  PillionHttpTestTransport *transport;
  PillionHttpClient *client;
} Fixture;

static Fixture
fixture_new (PillionLoop *loop,
             gboolean over_network)
{
  Fixture self = { .client = pillion_http_client_new (loop) };
  g_autoptr (GError) error = NULL;

  if (over_network)
    {
      self.server = pillion_http_test_server_new (loop, &error);
      g_assert_no_error (error);
    }
  else
    {
      self.transport = pillion_http_test_transport_new (loop);
      pillion_http_client_set_transport (self.client, self.transport);
    }

  return self;
}

static void
fixture_clear (Fixture *self)
{
  g_clear_object (&self->server);
  g_clear_object (&self->transport);
  g_clear_object (&self->client);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fixture, fixture_clear)

static void
add (Fixture *self,
     const char *path,
     PillionHttpTestHandler func,
     gpointer data)
{
  if (self->server != NULL)
    pillion_http_test_server_add_handler (self->server, path, func, data, NULL);
  else
    pillion_http_test_transport_add_handler (self->transport, path, func, data, NULL);
}

static PillionHttpWebSocket *
open_path (Fixture *self,
           const char *path,
           GError **error)
{
  static const char *const protocols[] = { "superchat", "chat", NULL };
  g_autofree char *url = g_strconcat ("ws", self->server != NULL ? pillion_http_test_server_get_url (self->server) + strlen ("http")
                                                                 : "://example.org", path, NULL);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionTask) task = NULL;

  pillion_http_request_set_header (request, "X-Tag", "tag");
  task = pillion_http_client_open_web_socket (self->client, request, protocols, NULL);
  return pillion_await_object (task, error);
}

static PillionHttpWebSocket *
open_well (Fixture *self,
           const char *path)
{
  g_autoptr (GError) error = NULL;
  PillionHttpWebSocket *web_socket = open_path (self, path, &error);

  g_assert_no_error (error);
  return web_socket;
}

static PillionHttpWebSocketMessage *
receive (PillionHttpWebSocket *web_socket,
         GError **error)
{
  g_autoptr (PillionTask) task = pillion_http_web_socket_receive (web_socket, NULL);

  return pillion_await_boxed (task, PILLION_HTTP_TYPE_WEB_SOCKET_MESSAGE, error);
}

static void
assert_receives (PillionHttpWebSocket *web_socket,
                 const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpWebSocketMessage) message = receive (web_socket, &error);

  g_assert_no_error (error);
  g_assert_nonnull (message);
  g_assert_cmpstr (message->text, ==, text);
}

static void
assert_ends (PillionHttpWebSocket *web_socket,
             guint code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpWebSocketMessage) message = receive (web_socket, &error);

  g_assert_no_error (error);
  g_assert_null (message);
  g_assert_cmpuint (pillion_http_web_socket_get_close_code (web_socket), ==, code);
}

static void
assert_breaks (PillionHttpWebSocket *web_socket,
               GQuark domain,
               int error_code,
               guint code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpWebSocketMessage) message = receive (web_socket, &error);

  g_assert_error (error, domain, error_code);
  g_assert_null (message);
  g_assert_cmpuint (pillion_http_web_socket_get_close_code (web_socket), ==, code);
}

static void
send (PillionHttpWebSocket *web_socket,
      const char *text)
{
  g_autoptr (PillionTask) task = pillion_http_web_socket_send_text (web_socket, text, NULL);
  g_autoptr (GError) error = NULL;

  pillion_await (task, &error);
  g_assert_no_error (error);
}

static void
close_well (PillionHttpWebSocket *web_socket,
            guint code,
            const char *reason)
{
  g_autoptr (PillionTask) task = pillion_http_web_socket_close (web_socket, code, reason, NULL);
  g_autoptr (GError) error = NULL;

  pillion_await (task, &error);
  g_assert_no_error (error);
}

static PillionTask *
spawn (PillionHttpTestExchange *exchange,
       PillionFiberFunc func)
{
  return pillion_loop_spawn (pillion_loop_get_default (), "handler", func, g_object_ref (exchange), g_object_unref);
}

static PillionHttpWebSocket *
accept (PillionHttpTestExchange *exchange,
        const char *protocol)
{
  g_autoptr (GError) error = NULL;
  PillionHttpWebSocket *web_socket = pillion_http_test_exchange_accept_web_socket (exchange, protocol, &error);

  g_assert_no_error (error);
  return web_socket;
}

static void
echo (PillionTask *task,
      gpointer exchange)
{
  g_autoptr (PillionHttpWebSocket) web_socket = accept (exchange, "chat");
  g_autoptr (GError) error = NULL;

  for (;;)
    {
      g_autoptr (PillionHttpWebSocketMessage) message = receive (web_socket, &error);
      g_autoptr (PillionTask) sending = NULL;

      if (message == NULL)
        break;
      sending = message->text != NULL ? pillion_http_web_socket_send_text (web_socket, message->text, NULL)
                                      : pillion_http_web_socket_send_bytes (web_socket, message->data, NULL);
      if (!pillion_await (sending, &error))
        break;
    }

  if (error != NULL)
    pillion_task_return_error (task, g_steal_pointer (&error));
  else
    pillion_task_return_boolean (task, TRUE);
}

static PillionTask *
on_echo (PillionHttpTestExchange *exchange,
         gpointer data)
{
  g_assert_cmpstr (pillion_http_test_exchange_get_header (exchange, "Sec-WebSocket-Protocol"), ==, "superchat, chat");
  g_assert_cmpstr (pillion_http_test_exchange_get_header (exchange, "X-Tag"), ==, "tag");
  pillion_http_test_exchange_add_header (exchange, "X-Answer", "answer");
  return spawn (exchange, echo);
}

/* Longer than what a socket buffers, so both sides have to wait for room */
#define LONG_MESSAGE (4 * 1024 * 1024)

static void
test_messages (PillionLoop *loop,
               gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop, GPOINTER_TO_INT (data));
  g_autoptr (PillionHttpWebSocket) web_socket = NULL;
  g_autofree char *text = g_strnfill (LONG_MESSAGE, 'x');
  PillionHttpResponse *response;

  add (&self, "/echo", on_echo, NULL);
  web_socket = open_well (&self, "/echo?a=b");
  response = pillion_http_web_socket_get_response (web_socket);
  g_assert_cmpuint (pillion_http_response_get_status (response), ==, 101);
  g_assert_cmpstr (pillion_http_response_get_header (response, "X-Answer"), ==, "answer");
  g_assert_cmpstr (pillion_http_web_socket_get_protocol (web_socket), ==, "chat");

  send (web_socket, "hello");
  assert_receives (web_socket, "hello");
  send (web_socket, "");
  assert_receives (web_socket, "");
  send (web_socket, text);
  assert_receives (web_socket, text);
  close_well (web_socket, 1000, NULL);
  g_assert_cmpuint (pillion_http_web_socket_get_close_code (web_socket), ==, 1000);
}

/* Whoever keeps the cancellable of a receiver that is long over does not end another one, not even if that has got its memory */
static void
test_late_cancel (PillionLoop *loop,
                  gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop, GPOINTER_TO_INT (data));
  g_autoptr (PillionHttpWebSocket) web_socket = NULL;
  g_autoptr (PillionTask) waiting = NULL;
  g_autoptr (GError) error = NULL;
  gboolean reused = FALSE;

  add (&self, "/echo", on_echo, NULL);
  web_socket = open_well (&self, "/echo");
  waiting = pillion_http_web_socket_receive (web_socket, NULL);
  for (guint i = 0; i < 100 && !reused; i++)
    {
      g_autoptr (GCancellable) kept = g_object_ref (pillion_task_get_cancellable (waiting));
      g_autoptr (PillionTask) pause = NULL;
      gconstpointer address = waiting;

      send (web_socket, "hello");
      g_assert_true (pillion_await (waiting, &error));
      /* The loop lets go of it, too */
      pause = pillion_loop_sleep (loop, 0, NULL);
      g_assert_true (pillion_await (pause, &error));
      g_clear_object (&waiting);

      waiting = pillion_http_web_socket_receive (web_socket, NULL);
      reused = waiting == address;
      g_cancellable_cancel (kept);
      g_assert_false (pillion_task_is_done (waiting));
    }
  g_test_message (reused ? "a task has got the memory of an earlier one" : "no task has got the memory of an earlier one");

  send (web_socket, "hello");
  g_assert_true (pillion_await (waiting, &error));
  close_well (web_socket, 1000, NULL);
}

static void
end (PillionTask *task,
     gpointer exchange)
{
  g_autoptr (PillionHttpWebSocket) web_socket = accept (exchange, NULL);

  send (web_socket, "last");
  if (strcmp (pillion_http_test_exchange_get_path (exchange), "/close") == 0)
    close_well (web_socket, 4000, "enough");

  if (strcmp (pillion_http_test_exchange_get_path (exchange), "/fail") == 0)
    pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_FAILED, "out of order");
  else
    pillion_task_return_boolean (task, TRUE);
}

static PillionTask *
on_end (PillionHttpTestExchange *exchange,
        gpointer data)
{
  return spawn (exchange, end);
}

static void
test_ends (PillionLoop *loop,
           gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop, GPOINTER_TO_INT (data));
  g_autoptr (PillionHttpWebSocket) ended = NULL;
  g_autoptr (PillionHttpWebSocket) closed = NULL;
  g_autoptr (PillionHttpWebSocket) failed = NULL;
  g_autofree char *reason = NULL;
  g_autofree char *failure = NULL;

  add (&self, "/", on_end, NULL);

  ended = open_well (&self, "/end");
  assert_receives (ended, "last");
  assert_ends (ended, 1000);

  closed = open_well (&self, "/close");
  assert_receives (closed, "last");
  assert_breaks (closed, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_WEB_SOCKET_CLOSED, 4000);
  reason = pillion_http_web_socket_dup_close_reason (closed);
  g_assert_cmpstr (reason, ==, "enough");

  failed = open_well (&self, "/fail");
  assert_receives (failed, "last");
  assert_breaks (failed, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_WEB_SOCKET_CLOSED, 1011);
  failure = pillion_http_web_socket_dup_close_reason (failed);
  g_assert_cmpstr (failure, ==, "out of order");
}

/* Not in a fiber */
static PillionTask *
on_kept (PillionHttpTestExchange *exchange,
         gpointer data)
{
  PillionHttpWebSocket **kept = data;

  *kept = accept (exchange, NULL);
  return NULL;
}

static PillionTask *
on_dropped (PillionHttpTestExchange *exchange,
            gpointer data)
{
  g_autoptr (PillionHttpWebSocket) web_socket = accept (exchange, NULL);

  return NULL;
}

static void
test_no_task (PillionLoop *loop,
              gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop, GPOINTER_TO_INT (data));
  g_autoptr (PillionHttpWebSocket) kept = NULL;
  g_autoptr (PillionHttpWebSocket) dropped = NULL;
  g_autoptr (PillionHttpWebSocket) server_end = NULL;

  add (&self, "/kept", on_kept, &server_end);
  add (&self, "/dropped", on_dropped, NULL);

  kept = open_well (&self, "/kept");
  send (server_end, "from the test itself");
  assert_receives (kept, "from the test itself");
  send (kept, "and back");
  assert_receives (server_end, "and back");
  close_well (kept, 1000, NULL);
  assert_ends (server_end, 1000);

  dropped = open_well (&self, "/dropped");
  assert_ends (dropped, 1001);
}

static void
break_off (PillionTask *task,
           gpointer exchange)
{
  g_autoptr (PillionHttpWebSocket) web_socket = accept (exchange, NULL);

  send (web_socket, "last");
  assert_receives (web_socket, "got it");
  if (strcmp (pillion_http_test_exchange_get_path (exchange), "/cut") == 0)
    pillion_http_test_exchange_cut (exchange, 0);
  else
    pillion_http_test_exchange_reset (exchange, 0);

  pillion_task_return_boolean (task, TRUE);
}

static PillionTask *
on_break (PillionHttpTestExchange *exchange,
          gpointer data)
{
  return spawn (exchange, break_off);
}

static PillionTask *
on_mute (PillionHttpTestExchange *exchange,
         gpointer data)
{
  pillion_http_test_exchange_set_mute (exchange, TRUE);
  return on_kept (exchange, data);
}

static void
test_faults (PillionLoop *loop,
             gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop, GPOINTER_TO_INT (data));
  g_autoptr (PillionHttpWebSocket) cut = NULL;
  g_autoptr (PillionHttpWebSocket) reset = NULL;
  g_autoptr (PillionHttpWebSocket) mute = NULL;
  g_autoptr (PillionHttpWebSocket) mute_end = NULL;

  add (&self, "/cut", on_break, NULL);
  add (&self, "/reset", on_break, NULL);
  add (&self, "/mute", on_mute, &mute_end);

  cut = open_well (&self, "/cut");
  assert_receives (cut, "last");
  send (cut, "got it");
  assert_breaks (cut, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED, 1006);

  reset = open_well (&self, "/reset");
  assert_receives (reset, "last");
  send (reset, "got it");
  assert_breaks (reset, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED, 1006);

  mute = open_well (&self, "/mute");
  pillion_http_web_socket_set_ping_interval_usec (mute, 50 * G_TIME_SPAN_MILLISECOND);
  assert_breaks (mute, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, 1006);
  assert_breaks (mute_end, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED, 1006);
}

static PillionTask *
on_refuse (PillionHttpTestExchange *exchange,
           gpointer data)
{
  pillion_http_test_exchange_set_status (exchange, 403);
  return NULL;
}

static PillionTask *
on_text (PillionHttpTestExchange *exchange,
         gpointer data)
{
  g_autoptr (GError) error = NULL;
  gboolean asked = pillion_http_test_exchange_get_header (exchange, "Sec-WebSocket-Key") != NULL;

  if (!asked)
    {
      g_assert_null (pillion_http_test_exchange_accept_web_socket (exchange, NULL, &error));
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_WEB_SOCKET);
    }
  pillion_http_test_exchange_set_text (exchange, "text", NULL);
  return NULL;
}

static void
test_refused (PillionLoop *loop,
              gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop, GPOINTER_TO_INT (data));
  g_autoptr (GError) refusal = NULL;
  g_autoptr (GError) missing = NULL;
  g_autoptr (GError) text = NULL;
  g_autofree char *url = g_strconcat (self.server != NULL ? pillion_http_test_server_get_url (self.server) : "http://example.org",
                                      "/text", NULL);
  g_autoptr (PillionTask) get = NULL;

  add (&self, "/refuse", on_refuse, NULL);
  add (&self, "/text", on_text, NULL);

  g_assert_null (open_path (&self, "/refuse", &refusal));
  g_assert_error (refusal, PILLION_HTTP_STATUS_ERROR, 403);
  g_assert_null (open_path (&self, "/missing", &missing));
  g_assert_error (missing, PILLION_HTTP_STATUS_ERROR, 404);
  g_assert_null (open_path (&self, "/text", &text));
  g_assert_error (text, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_WEB_SOCKET);

  get = pillion_http_client_get_bytes (self.client, url, NULL);
  assert_text (get, "text");
}

/* The client ends first, and the server's end must hear of it */
static void
test_client_leaves (PillionLoop *loop,
                    gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop, GPOINTER_TO_INT (data));
  g_autoptr (PillionHttpWebSocket) server_end = NULL;
  PillionHttpWebSocket *web_socket;

  add (&self, "/kept", on_kept, &server_end);
  web_socket = open_well (&self, "/kept");
  g_object_unref (web_socket);
  assert_ends (server_end, 1001);
}

static void
test_server_closes (PillionLoop *loop,
                    gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop, TRUE);
  g_autoptr (PillionHttpWebSocket) web_socket = NULL;
  g_autoptr (PillionHttpWebSocket) server_end = NULL;

  add (&self, "/kept", on_kept, &server_end);
  web_socket = open_well (&self, "/kept");
  pillion_http_test_server_close (self.server);
  assert_breaks (web_socket, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED, 1006);
  assert_breaks (server_end, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED, 1006);
}

static void
slow (PillionTask *task,
      gpointer exchange)
{
  g_autoptr (PillionHttpWebSocket) web_socket = NULL;

  pillion_http_test_exchange_set_delay (exchange, 7 * G_TIME_SPAN_SECOND);
  web_socket = accept (exchange, NULL);
  send (web_socket, "soon");
  g_assert_true (pillion_sleep (G_TIME_SPAN_HOUR, NULL));
  send (web_socket, "late");
  pillion_task_return_boolean (task, TRUE);
}

static PillionTask *
on_slow (PillionHttpTestExchange *exchange,
         gpointer data)
{
  return spawn (exchange, slow);
}

static void
test_time (PillionLoop *loop,
           gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop, FALSE);
  g_autoptr (PillionHttpWebSocket) web_socket = NULL;
  gint64 start = pillion_loop_get_now (loop);

  add (&self, "/slow", on_slow, NULL);
  web_socket = open_well (&self, "/slow");
  g_assert_cmpint (pillion_loop_get_now (loop) - start, ==, 7 * G_TIME_SPAN_SECOND);
  assert_receives (web_socket, "soon");
  g_assert_cmpint (pillion_loop_get_now (loop) - start, ==, 7 * G_TIME_SPAN_SECOND);
  assert_receives (web_socket, "late");
  g_assert_cmpint (pillion_loop_get_now (loop) - start, ==, 7 * G_TIME_SPAN_SECOND + G_TIME_SPAN_HOUR);
  assert_ends (web_socket, 1000);
}

/* The pings of an hour are all answered */
static void
test_long (PillionLoop *loop,
           gpointer data)
{
  g_auto (Fixture) self = fixture_new (loop, FALSE);
  g_autoptr (PillionHttpWebSocket) web_socket = NULL;

  add (&self, "/echo", on_echo, NULL);
  web_socket = open_well (&self, "/echo");
  g_assert_true (pillion_sleep (G_TIME_SPAN_HOUR, NULL));
  send (web_socket, "still there");
  assert_receives (web_socket, "still there");
}

static void
test_loop_closes (gconstpointer data)
{
  g_autoptr (PillionTestHost) host = pillion_test_host_new ();
  g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  g_autoptr (PillionHttpWebSocket) web_socket = NULL;
  g_autoptr (PillionHttpWebSocket) server_end = NULL;

  g_assert_true (pillion_loop_ensure (loop, PILLION_HOST (host), NULL));
  {
    g_auto (Fixture) self = fixture_new (loop, GPOINTER_TO_INT (data));
    g_autofree char *url = g_strconcat (self.server != NULL ? pillion_http_test_server_get_url (self.server) : "http://example.org",
                                        "/kept", NULL);
    g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
    g_autoptr (PillionTask) opening = NULL;
    g_autoptr (PillionTask) receiving = NULL;
    g_autoptr (PillionTask) serving = NULL;
    g_autoptr (GError) error = NULL;

    add (&self, "/kept", on_kept, &server_end);
    opening = pillion_http_client_open_web_socket (self.client, request, NULL, NULL);
    g_assert_true (pillion_loop_run_until_complete (loop, opening, &error));
    web_socket = pillion_task_get_object (opening, &error);
    g_assert_no_error (error);
    receiving = pillion_http_web_socket_receive (web_socket, NULL);
    serving = pillion_http_web_socket_receive (server_end, NULL);
    pillion_loop_close (loop, 0, NULL);
    g_assert_true (pillion_task_is_done (receiving));
    g_assert_true (pillion_task_is_done (serving));
  }
}

static void
test_mistakes (PillionLoop *loop,
               gpointer data)
{
  g_autoptr (PillionHttpTestExchange) bare = g_object_new (PILLION_HTTP_TYPE_TEST_EXCHANGE, NULL);

  pillion_http_test_exchange_set_mute (bare, TRUE);
  ASSERT_CRITICAL (pillion_http_test_exchange_accept_web_socket (bare, NULL, NULL));
  ASSERT_CRITICAL (pillion_http_test_exchange_cut (bare, 0));
  ASSERT_CRITICAL (pillion_http_test_exchange_set_mute (NULL, TRUE));
}

static void
add_both (const char *name,
          PillionTestFunc func)
{
  g_autofree char *server = g_strconcat ("/http/test-web-socket/server/", name, NULL);
  g_autofree char *transport = g_strconcat ("/http/test-web-socket/transport/", name, NULL);

  pillion_test_add_data_func (server, GINT_TO_POINTER (TRUE), func);
  pillion_test_add_data_func (transport, GINT_TO_POINTER (FALSE), func);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  add_both ("messages-go-both-ways", test_messages);
  add_both ("cancellable-of-an-earlier-receiver-ends-no-other", test_late_cancel);
  add_both ("the-end-of-the-handler-closes", test_ends);
  add_both ("a-handler-without-a-task-may-keep-it", test_no_task);
  add_both ("faults-arrive", test_faults);
  add_both ("a-handshake-may-be-refused", test_refused);
  add_both ("the-client-may-leave", test_client_leaves);
  pillion_test_add_func ("/http/test-web-socket/server/closing-it-breaks-connections", test_server_closes);
  pillion_test_add_func ("/http/test-web-socket/transport/delays-and-sleeps-take-virtual-time", test_time);
  pillion_test_add_func ("/http/test-web-socket/transport/stays-open-for-an-hour", test_long);
  g_test_add_data_func ("/http/test-web-socket/server/closing-the-loop-ends-it", GINT_TO_POINTER (TRUE), test_loop_closes);
  g_test_add_data_func ("/http/test-web-socket/transport/closing-the-loop-ends-it", GINT_TO_POINTER (FALSE), test_loop_closes);
  pillion_test_add_func ("/http/test-web-socket/mistakes-are-told", test_mistakes);

  return g_test_run ();
}
