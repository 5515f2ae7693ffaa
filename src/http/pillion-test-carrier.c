/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-test-carrier.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"
#include "http/pillion-http-post.h"
#include "http/pillion-http-test-exchange-private.h"
#include "http/pillion-soup-library.h"
#include "http/pillion-test-pipe.h"

/* How much of a body is passed on at once */
#define PIECE_SIZE (256 * 1024)
#define PACED_PIECE_SIZE (32 * 1024)

typedef struct
{
  PillionTransport parent;
  PillionLoop *loop;
  PillionTestRoutes *routes;
  GCancellable *closing;
  GObject *owner;
} Carrier;

struct _PillionExchange
{
  int n_references; /* atomic: one until it is gone, and one for each pending operation */
  PillionLoop *loop;
  PillionTestRoutes *routes;
  GCancellable *closing;
  GObject *owner; /* of the three */
  const PillionExchangeFuncs *funcs;
  gpointer data;

  char *method;
  GUri *uri;
  SoupMessageHeaders *headers; /* of the request */

  /* The request's body, while it is read */
  GInputStream *input;
  GCancellable *cancellable;
  PillionTask *reading; /* for the clock, which waits for it */
  guint8 *buffer;
  GByteArray *sent;

  PillionExchangeState state;
  guint delayed; /* the call that begins the answer, or 0 */
  gint64 first_byte;

  /* The response, as it is sent */
  PillionTestAnswer *answer; /* NULL before it is there */
  SoupMessageHeaders *answer_headers;
  gboolean is_rest; /* the client has what comes before that */
  gsize begin;  /* of what is sent of its body */
  gsize length; /* what is announced of it */
  gsize whole;  /* how much of that is sent */
  gsize n_sent;

  GIOStream *web_socket; /* the client's end of a WebSocket, or NULL */

  gboolean paused;
  gboolean ended; /* or aborted: only gone () is left */
};

typedef struct
{
  PillionHead parent;
  PillionExchange *exchange;
} Head;

static PillionExchange *
exchange_ref (PillionExchange *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

static void
exchange_unref (gpointer data)
{
  PillionExchange *self = data;

  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  g_object_unref (self->owner);
  g_free (self->method);
  g_uri_unref (self->uri);
  pillion_soup.message_headers_unref (self->headers);
  g_clear_object (&self->input);
  g_clear_object (&self->web_socket);
  g_object_unref (self->cancellable);
  g_free (self->buffer);
  g_byte_array_unref (self->sent);
  g_clear_pointer (&self->answer, pillion_test_answer_free);
  g_clear_pointer (&self->answer_headers, pillion_soup.message_headers_unref);
  g_free (self);
}

static void
gone (gpointer data)
{
  PillionExchange *self = data;

  self->funcs->gone (self->data);
  exchange_unref (self);
}

static void
do_nothing (gpointer data)
{
}

static void
leave (PillionExchange *self)
{
  self->ended = TRUE;
  g_cancellable_cancel (self->cancellable);
  if (self->web_socket != NULL)
    g_io_stream_close (self->web_socket, NULL, NULL);
  if (self->delayed != 0)
    pillion_loop_cancel_call (self->loop, self->delayed);

  /* Even if the loop is closed before that */
  if (self->answer != NULL && self->answer->linger > 0)
    pillion_loop_call_later (self->loop, self->answer->linger, do_nothing, self, gone);
  else
    pillion_http_post (self->loop, gone, self);
}

static void
end (PillionExchange *self,
     GError *error)
{
  self->funcs->end (self->data, error);
  leave (self);
}

static void send_piece (gpointer data);

static void
send_paced_piece (gpointer data)
{
  PillionExchange *self = data;

  self->delayed = 0;
  send_piece (exchange_ref (self));
}

/* Sends the next piece soon, or when the pace allows. Takes the reference. */
static void
send_next (PillionExchange *self,
           gsize n)
{
  const PillionTestAnswer *answer = self->answer;
  GTimeSpan delay;

  if (answer->pace == NULL)
    {
      pillion_http_post (self->loop, send_piece, self);
      return;
    }

  delay = answer->pace (n, answer->pace_data);
  if (delay < 0)
    self->whole = self->n_sent;
  self->delayed = pillion_loop_call_later (self->loop, MAX (delay, 0), send_paced_piece, self, NULL);
  exchange_unref (self);
}

static void
send_piece (gpointer data)
{
  PillionExchange *self = data;
  gsize size = G_MAXSIZE;
  const guint8 *bytes;
  guint8 *room;
  gsize n;

  if (self->ended)
    {
      exchange_unref (self);
      return;
    }

  if (self->n_sent == self->whole)
    {
      const gsize before = self->is_rest ? self->begin : 0;

      end (self, self->whole < self->length
                     ? g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED,
                                    g_dngettext (GETTEXT_PACKAGE, "the connection was closed after %" PRId64 " of %" PRId64 " byte",
                                                 "the connection was closed after %" PRId64 " of %" PRId64 " bytes", before + self->length),
                                    (gint64) (before + self->whole), (gint64) (before + self->length))
                     : NULL);
      exchange_unref (self);
      return;
    }

  room = self->funcs->room (self->data, &size);
  if (size == 0)
    {
      self->paused = TRUE;
      exchange_unref (self);
      return;
    }

  n = MIN (MIN (size, self->answer->pace != NULL ? PACED_PIECE_SIZE : PIECE_SIZE), self->whole - self->n_sent);
  bytes = (const guint8 *) g_bytes_get_data (self->answer->body, NULL) + self->begin + self->n_sent;
  if (room != NULL)
    bytes = memcpy (room, bytes, n);
  self->n_sent += n;
  if (self->funcs->body (self->data, bytes, n))
    {
      send_next (self, n);
      return;
    }

  leave (self);
  exchange_unref (self);
}

static const char *
get_field (const PillionHead *head,
           const char *name)
{
  return pillion_soup.message_headers_get_list (((const Head *) head)->exchange->answer_headers, name);
}

static void
foreach_field (const PillionHead *head,
               PillionFieldFunc func,
               gpointer data)
{
  pillion_soup.message_headers_foreach (((const Head *) head)->exchange->answer_headers, func, data);
}

static void
get_details (const PillionHead *head,
             PillionHeadDetails *details)
{
  PillionExchange *exchange = ((const Head *) head)->exchange;

  *details = (PillionHeadDetails) {
    .version = "1.1",
    .sending = exchange->state.sending,
    .first_byte = exchange->first_byte,
  };
}

/* Sends the requested range, if there is one */
static void
take_range (PillionExchange *self)
{
  gsize size = self->length;
  SoupRange *ranges;
  int n;

  if (self->answer->status != 200 || !g_str_equal (self->method, "GET") ||
      pillion_soup.message_headers_get_list (self->headers, "If-Range") != NULL ||
      !pillion_soup.message_headers_get_ranges (self->headers, (goffset) size, &ranges, &n))
    return;

  if (n == 1)
    {
      self->answer->status = 206;
      self->begin = (gsize) ranges[0].start;
      self->length = (gsize) (ranges[0].end - ranges[0].start + 1);
      pillion_soup.message_headers_set_content_range (self->answer_headers, ranges[0].start, ranges[0].end, (goffset) size);
    }
  pillion_soup.message_headers_free_ranges (self->headers, ranges);
}

static void
take_answer (PillionExchange *self)
{
  PillionTestAnswer *answer = self->answer;
  gboolean bare = g_str_equal (self->method, "HEAD") || answer->status == 101 || answer->status == 204 || answer->status == 304;

  self->answer_headers = pillion_soup.message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  if (answer->content_type != NULL)
    pillion_soup.message_headers_append (self->answer_headers, "Content-Type", answer->content_type);
  for (guint i = 0; i < answer->fields.n; i += 2)
    pillion_soup.message_headers_append (self->answer_headers, answer->fields.strv[i], answer->fields.strv[i + 1]);

  self->length = answer->body != NULL ? g_bytes_get_size (answer->body) : 0;
  take_range (self);
  if (!bare || self->length > 0)
    pillion_soup.message_headers_set_content_length (self->answer_headers, (goffset) self->length);
  if (bare)
    self->length = 0;
  self->whole = answer->fault != PILLION_TEST_FAULT_NONE ? MIN (self->length, answer->n_bytes) : self->length;
}

static void
send_head (gpointer data)
{
  PillionExchange *self = data;
  Head head;

  self->delayed = 0;
  if (self->answer->upgrade != NULL)
    {
      GIOStream *ends[2];

      pillion_test_pipe_new (ends);
      self->web_socket = ends[0];
      pillion_test_answer_upgrade (self->answer, ends[1]);
    }
  self->first_byte = pillion_loop_get_now (self->loop);
  take_answer (self);
  head = (Head) {
    .parent = {
      .status = self->answer->status,
      .reason = pillion_soup.status_get_phrase (self->answer->status),
      .length = (gint64) self->length,
      .delimited = TRUE,
      .stream = self->web_socket,
      .get_field = get_field,
      .foreach_field = foreach_field,
      .get_details = get_details,
    },
    .exchange = self,
  };

  if (!self->funcs->head (self->data, &head.parent))
    leave (self);
  else if (self->web_socket == NULL)
    send_piece (exchange_ref (self));
}

static void
wait_and_send (gpointer data)
{
  PillionExchange *self = data;

  /* It may have been aborted in the meantime, or the loop closed */
  if (!self->ended)
    self->delayed = pillion_loop_call_later (self->loop, self->answer->delay, send_head, self, NULL);
  exchange_unref (self);
}

/* From any thread */
static void
deliver (PillionTestAnswer *answer,
         gpointer data)
{
  PillionExchange *self = data;

  self->answer = answer;
  pillion_http_post (self->loop, wait_and_send, self);
}

static void
add_field (const char *name,
           const char *value,
           gpointer exchange)
{
  pillion_http_test_exchange_add_field (exchange, name, value);
}

static void
call_handler (PillionExchange *self,
              PillionTestRoute *route)
{
  g_autoptr (GBytes) body = g_bytes_new (self->sent->data, self->sent->len);
  PillionHttpTestExchange *exchange =
      pillion_http_test_exchange_new (self->method, self->uri, body, deliver, exchange_ref (self));

  pillion_http_test_exchange_set_place (exchange, self->loop, FALSE, self->closing);
  pillion_soup.message_headers_foreach (self->headers, add_field, exchange);
  pillion_test_route_call (route, self->loop, exchange);
}

/* All of the request is here. Takes a reference. */
static void
answer (gpointer data)
{
  PillionExchange *self = data;
  g_autofree char *key = pillion_test_routes_make_key (self->uri);
  PillionTestRoute *route;

  if (self->ended)
    {
      exchange_unref (self);
      return;
    }

  self->state.sent = pillion_loop_get_now (self->loop);
  route = pillion_test_routes_take (self->routes, key, g_uri_get_path (self->uri));
  if (route != NULL && route->func != NULL)
    {
      call_handler (self, route);
      exchange_unref (self);
      return;
    }

  if (route != NULL && route->error != NULL)
    {
      end (self, g_error_copy (route->error));
    }
  else
    {
      self->answer = pillion_test_answer_new ();
      self->answer->status = route != NULL ? 200 : 404;
      if (route != NULL)
        pillion_test_answer_set_body (self->answer, route->body, route->content_type);
      send_head (self);
    }
  g_clear_pointer (&route, pillion_test_route_unref);
  exchange_unref (self);
}

static void read_on (PillionExchange *self);

/* Files are read on other threads, which a virtual clock has to wait for */
static void
begin_reading (PillionExchange *self)
{
  self->reading = pillion_task_new (self->loop, "request body", NULL);
  if (!pillion_task_is_done (self->reading))
    pillion_private_task_set_external (self->reading, TRUE);
}

static void
end_reading (PillionExchange *self)
{
  if (self->reading != NULL && !pillion_task_is_done (self->reading))
    pillion_task_return_boolean (self->reading, TRUE);
  g_clear_object (&self->reading);
}

static void
on_read (GObject *input,
         GAsyncResult *result,
         gpointer data)
{
  PillionExchange *self = data;
  GError *error = NULL;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (input), result, &error);

  if (n > 0 && !self->ended)
    {
      g_byte_array_append (self->sent, self->buffer, (guint) n);
      self->funcs->wrote (self->data, self->sent->len);
      read_on (self);
      exchange_unref (self);
      return;
    }

  end_reading (self);
  if (n == 0)
    {
      answer (self);
    }
  else
    {
      if (!self->ended && error != NULL)
        end (self, g_steal_pointer (&error));
      g_clear_error (&error);
      exchange_unref (self);
    }
}

static void
read_on (PillionExchange *self)
{
  GMainContext *context = pillion_loop_get_context (self->loop);

  g_main_context_push_thread_default (context);
  g_input_stream_read_async (self->input, self->buffer, PIECE_SIZE, G_PRIORITY_DEFAULT, self->cancellable, on_read, exchange_ref (self));
  g_main_context_pop_thread_default (context);
}

/* What libsoup adds for a WebSocket */
static void
add_handshake (SoupMessageHeaders *headers)
{
  guint32 key[4];
  g_autofree char *encoded = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (key); i++)
    key[i] = g_random_int ();
  encoded = g_base64_encode ((const guchar *) key, sizeof key);
  pillion_soup.message_headers_append (headers, "Upgrade", "websocket");
  pillion_soup.message_headers_append (headers, "Connection", "Upgrade");
  pillion_soup.message_headers_append (headers, "Sec-WebSocket-Key", encoded);
  pillion_soup.message_headers_append (headers, "Sec-WebSocket-Version", "13");
}

static PillionExchange *
test_exchange (PillionTransport *transport,
               const PillionWireRequest *request,
               const PillionExchangeFuncs *funcs,
               gpointer data)
{
  Carrier *carrier = (Carrier *) transport;
  PillionExchange *self = g_new0 (PillionExchange, 1);
  g_autofree char *host = NULL;

  self->n_references = 1;
  self->loop = carrier->loop;
  self->routes = carrier->routes;
  self->closing = carrier->closing;
  self->owner = g_object_ref (carrier->owner);
  self->funcs = funcs;
  self->data = data;
  self->method = g_strdup (request->method);
  self->is_rest = request->is_rest;
  self->uri = g_uri_ref (request->uri);
  self->headers = pillion_soup.message_headers_new (SOUP_MESSAGE_HEADERS_REQUEST);
  host = g_uri_get_port (request->uri) > 0
             ? g_strdup_printf ("%s:%d", g_uri_get_host (request->uri), g_uri_get_port (request->uri))
             : g_strdup (g_uri_get_host (request->uri));
  pillion_soup.message_headers_append (self->headers, "Host", host);
  if (request->web_socket)
    add_handshake (self->headers);
  for (const char *const *field = request->fields; *field != NULL; field += 2)
    pillion_soup.message_headers_append (self->headers, field[0], field[1]);
  self->cancellable = g_cancellable_new ();
  self->sent = g_byte_array_new ();
  self->state.sending = pillion_loop_get_now (self->loop);

  if (request->body != NULL)
    {
      self->input = g_object_ref (request->body);
      self->buffer = g_malloc (PIECE_SIZE);
      /* A body with a limited rate waits for the clock, and itself tells when it reads */
      if (!G_IS_FILTER_INPUT_STREAM (self->input))
        begin_reading (self);
      read_on (self);
    }
  else
    {
      pillion_http_post (self->loop, answer, exchange_ref (self));
    }

  return self;
}

static void
test_abort (PillionTransport *transport,
            PillionExchange *self)
{
  if (!self->ended)
    leave (self);
}

static void
test_resume (PillionTransport *transport,
             PillionExchange *self)
{
  if (!self->paused || self->ended)
    return;

  self->paused = FALSE;
  send_piece (exchange_ref (self));
}

static PillionExchangeState
test_get_state (PillionTransport *transport,
                PillionExchange *self)
{
  return self->state;
}

static void
test_set_options (PillionTransport *transport,
                  const PillionConnectionOptions *options)
{
}

static void
test_set_max_connections (PillionTransport *transport,
                          guint max)
{
}

static void
test_free (PillionTransport *transport)
{
  Carrier *self = (Carrier *) transport;

  g_object_unref (self->owner);
  g_free (self);
}

static const PillionTransportClass transport_class = {
  .exchange = test_exchange,
  .abort = test_abort,
  .resume = test_resume,
  .get_state = test_get_state,
  .set_options = test_set_options,
  .set_max_connections = test_set_max_connections,
  .free = test_free,
};

PillionTransport *
pillion_test_carrier_new (PillionLoop *loop,
                          PillionTestRoutes *routes,
                          GCancellable *closing,
                          GObject *owner)
{
  Carrier *self = g_new0 (Carrier, 1);

  self->parent.klass = &transport_class;
  self->loop = loop;
  self->routes = routes;
  self->closing = closing;
  self->owner = g_object_ref (owner);

  return &self->parent;
}
