/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-test-transport-private.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"
#include "http/pillion-http-post.h"
#include "http/pillion-http-test-exchange-private.h"
#include "http/pillion-http-url.h"
#include "http/pillion-soup-library.h"
#include "http/pillion-test-routes.h"

/**
 * PillionHttpTestTransport:
 *
 * Answers the requests of a client without a network, on the clock of the loop.
 *
 * ```c
 * g_autoptr (PillionHttpTestTransport) transport = pillion_http_test_transport_new (loop);
 * g_autoptr (GBytes) item = g_bytes_new_static ("{\"id\": 1}", 9);
 *
 * pillion_http_test_transport_add_bytes (transport, "https://api.example.org/item", item, "application/json");
 * pillion_http_client_set_transport (client, transport);
 * ```
 *
 * A client that it is given to sends everything to it, for whatever host: nothing leaves the process, and no thread takes part. The rest
 * is as always: the queue, redirects, cookies, credentials, retries, limits, decompression, downloads.
 *
 * With a [class@Pillion.TestHost], all that takes time is virtual: the delay of a slow answer, each time limit of the client, and the waits
 * between retries. A test of a limit of an hour takes no time.
 *
 * ## URLs
 *
 * What answers is found by the URL without its query, such as `https://api.example.org/item`, or, for all hosts, by its path, `/item`. One that
 * ends in a slash stands for everything below it, too, unless something more specific was added. URLs come before paths. Everything else is
 * answered with 404.
 *
 * Fixed bytes are answered to a `GET` with a `Range` with that range.
 *
 * To test what a program does with a real connection, use a [class@PillionHttp.TestServer].
 *
 * ## Threads
 *
 * It belongs to its loop's thread, and so do the handlers. Files are read and written in kicks.
 *
 * Since: 1.0
 */

/* How much of a body is handed over in one go */
#define PIECE_SIZE (256 * 1024)

struct _PillionHttpTestTransport
{
  GObject parent_instance;

  PillionLoop *loop;
  PillionTestRoutes *routes;
};

enum
{
  PROP_LOOP = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionHttpTestTransport, pillion_http_test_transport, G_TYPE_OBJECT)

/* The transport of an engine */
typedef struct
{
  PillionTransport parent;
  PillionHttpTestTransport *owner;
} Carrier;

struct _PillionExchange
{
  int n_references; /* atomic: one until it is gone, and one for each thing that it waits for */
  PillionHttpTestTransport *transport;
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

  /* The answer, as it is sent */
  PillionTestAnswer *answer; /* NULL before it is there */
  SoupMessageHeaders *answer_headers;
  gsize begin;  /* of what is sent of its body */
  gsize length; /* what is announced of it */
  gsize whole;  /* how much of that is sent */
  gsize n_sent;

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

  g_object_unref (self->transport);
  g_free (self->method);
  g_uri_unref (self->uri);
  pillion_soup.message_headers_unref (self->headers);
  g_clear_object (&self->input);
  g_object_unref (self->cancellable);
  g_free (self->buffer);
  g_byte_array_unref (self->sent);
  g_clear_pointer (&self->answer, pillion_test_answer_free);
  g_clear_pointer (&self->answer_headers, pillion_soup.message_headers_unref);
  g_free (self);
}

/* The key of what answers it: without a query, and with the port only if it isn't the usual one */
static char *
get_key (GUri *uri)
{
  g_autofree char *origin = pillion_http_uri_get_origin (uri);
  const char *path = g_uri_get_path (uri);

  return g_strconcat (origin, *path != '\0' ? path : "/", NULL);
}

static void
gone (gpointer data)
{
  PillionExchange *self = data;

  self->funcs->gone (self->data);
  exchange_unref (self);
}

static void
leave (PillionExchange *self)
{
  self->ended = TRUE;
  g_cancellable_cancel (self->cancellable);
  if (self->delayed != 0)
    pillion_loop_cancel_call (self->transport->loop, self->delayed);
  pillion_http_post (self->transport->loop, gone, self);
}

static void
end (PillionExchange *self,
     GError *error)
{
  self->funcs->end (self->data, error);
  leave (self);
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
      end (self, self->whole < self->length
                     ? g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED,
                                    _("the connection was closed after %" PRId64 " of %" PRId64 " bytes"),
                                    (gint64) self->whole, (gint64) self->length)
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

  n = MIN (MIN (size, PIECE_SIZE), self->whole - self->n_sent);
  bytes = (const guint8 *) g_bytes_get_data (self->answer->body, NULL) + self->begin + self->n_sent;
  if (room != NULL)
    bytes = memcpy (room, bytes, n);
  self->n_sent += n;
  if (self->funcs->body (self->data, bytes, n))
    {
      pillion_http_post (self->transport->loop, send_piece, self);
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

/* Sends the range that was asked for, if it was one */
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
  gboolean bare = g_str_equal (self->method, "HEAD") || answer->status == 204 || answer->status == 304;

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
  self->first_byte = pillion_loop_get_now (self->transport->loop);
  take_answer (self);
  head = (Head) {
    .parent = {
      .status = self->answer->status,
      .reason = pillion_soup.status_get_phrase (self->answer->status),
      .length = (gint64) self->length,
      .delimited = TRUE,
      .get_field = get_field,
      .foreach_field = foreach_field,
      .get_details = get_details,
    },
    .exchange = self,
  };

  if (self->funcs->head (self->data, &head.parent))
    send_piece (exchange_ref (self));
  else
    leave (self);
}

static void
wait_and_send (gpointer data)
{
  PillionExchange *self = data;

  /* It may have been aborted since, or the loop was closed */
  if (!self->ended)
    self->delayed = pillion_loop_call_later (self->transport->loop, self->answer->delay, send_head, self, NULL);
  exchange_unref (self);
}

/* From any thread */
static void
deliver (PillionTestAnswer *answer,
         gpointer data)
{
  PillionExchange *self = data;

  self->answer = answer;
  pillion_http_post (self->transport->loop, wait_and_send, self);
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
      pillion_http_test_exchange_new (self->method, g_uri_get_path (self->uri), g_uri_get_query (self->uri), body, deliver, exchange_ref (self));

  pillion_soup.message_headers_foreach (self->headers, add_field, exchange);
  pillion_test_route_call (route, self->transport->loop, exchange);
}

/* All of the request is here. Takes a reference. */
static void
answer (gpointer data)
{
  PillionExchange *self = data;
  g_autofree char *key = get_key (self->uri);
  PillionTestRoute *route;

  if (self->ended)
    {
      exchange_unref (self);
      return;
    }

  self->state.sent = pillion_loop_get_now (self->transport->loop);
  route = pillion_test_routes_take (self->transport->routes, key, g_uri_get_path (self->uri));
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
  self->reading = pillion_task_new (self->transport->loop, "request body", NULL);
  if (!pillion_task_is_done (self->reading))
    pillion_private_task_set_external (self->reading);
}

static void
end_reading (PillionExchange *self)
{
  if (!pillion_task_is_done (self->reading))
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
  GMainContext *context = pillion_loop_get_context (self->transport->loop);

  g_main_context_push_thread_default (context);
  g_input_stream_read_async (self->input, self->buffer, PIECE_SIZE, G_PRIORITY_DEFAULT, self->cancellable, on_read, exchange_ref (self));
  g_main_context_pop_thread_default (context);
}

static PillionExchange *
test_exchange (PillionTransport *transport,
               const PillionWireRequest *request,
               const PillionExchangeFuncs *funcs,
               gpointer data)
{
  PillionHttpTestTransport *owner = ((Carrier *) transport)->owner;
  PillionExchange *self = g_new0 (PillionExchange, 1);
  g_autofree char *host = NULL;

  self->n_references = 1;
  self->transport = g_object_ref (owner);
  self->funcs = funcs;
  self->data = data;
  self->method = g_strdup (request->method);
  self->uri = g_uri_ref (request->uri);
  self->headers = pillion_soup.message_headers_new (SOUP_MESSAGE_HEADERS_REQUEST);
  host = g_uri_get_port (request->uri) > 0
             ? g_strdup_printf ("%s:%d", g_uri_get_host (request->uri), g_uri_get_port (request->uri))
             : g_strdup (g_uri_get_host (request->uri));
  pillion_soup.message_headers_append (self->headers, "Host", host);
  for (const char *const *field = request->fields; *field != NULL; field += 2)
    pillion_soup.message_headers_append (self->headers, field[0], field[1]);
  self->cancellable = g_cancellable_new ();
  self->sent = g_byte_array_new ();
  self->state.sending = pillion_loop_get_now (owner->loop);

  if (request->body != NULL)
    {
      self->input = g_object_ref (request->body);
      self->buffer = g_malloc (PIECE_SIZE);
      begin_reading (self);
      read_on (self);
    }
  else
    {
      pillion_http_post (owner->loop, answer, exchange_ref (self));
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
test_set_tls_database (PillionTransport *transport,
                       GTlsDatabase *database)
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
  .set_tls_database = test_set_tls_database,
  .set_max_connections = test_set_max_connections,
  .free = test_free,
};

PillionTransport *
pillion_http_test_transport_make (PillionHttpTestTransport *self)
{
  Carrier *carrier = g_new0 (Carrier, 1);

  carrier->parent.klass = &transport_class;
  carrier->owner = g_object_ref (self);

  return &carrier->parent;
}

static void
pillion_http_test_transport_finalize (GObject *object)
{
  PillionHttpTestTransport *self = PILLION_HTTP_TEST_TRANSPORT (object);

  pillion_test_routes_free (self->routes);
  g_clear_object (&self->loop);

  G_OBJECT_CLASS (pillion_http_test_transport_parent_class)->finalize (object);
}

static void
pillion_http_test_transport_constructed (GObject *object)
{
  PillionHttpTestTransport *self = PILLION_HTTP_TEST_TRANSPORT (object);

  G_OBJECT_CLASS (pillion_http_test_transport_parent_class)->constructed (object);

  if (self->loop == NULL)
    {
      PillionLoop *loop = pillion_loop_get_default ();

      /* There may be none, which is the caller's error and was reported. Everything else relies on having one. */
      self->loop = loop != NULL ? g_object_ref (loop) : pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
    }
}

static void
pillion_http_test_transport_get_property (GObject *object,
                                          guint prop_id,
                                          GValue *value,
                                          GParamSpec *pspec)
{
  PillionHttpTestTransport *self = PILLION_HTTP_TEST_TRANSPORT (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      g_value_set_object (value, self->loop);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_test_transport_set_property (GObject *object,
                                          guint prop_id,
                                          const GValue *value,
                                          GParamSpec *pspec)
{
  PillionHttpTestTransport *self = PILLION_HTTP_TEST_TRANSPORT (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      self->loop = g_value_dup_object (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_test_transport_class_init (PillionHttpTestTransportClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = pillion_http_test_transport_constructed;
  object_class->finalize = pillion_http_test_transport_finalize;
  object_class->get_property = pillion_http_test_transport_get_property;
  object_class->set_property = pillion_http_test_transport_set_property;

  /**
   * PillionHttpTestTransport:loop: (getter get_loop)
   *
   * The loop that handlers run in. If none is given it is the calling thread's default loop.
   *
   * Since: 1.0
   */
  properties[PROP_LOOP] =
      g_param_spec_object ("loop", NULL, NULL, PILLION_TYPE_LOOP, G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_http_test_transport_init (PillionHttpTestTransport *self)
{
  self->routes = pillion_test_routes_new ();
}

/**
 * pillion_http_test_transport_new:
 * @loop: (nullable): a loop, on its thread; `NULL` for the calling thread's default loop
 *
 * Creates a transport that answers everything with 404.
 *
 * Returns: (transfer full): a new transport
 *
 * Since: 1.0
 */
PillionHttpTestTransport *
pillion_http_test_transport_new (PillionLoop *loop)
{
  g_return_val_if_fail (loop == NULL || PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (loop == NULL || pillion_private_loop_on_thread (loop), NULL);

  return g_object_new (PILLION_HTTP_TYPE_TEST_TRANSPORT, "loop", loop, NULL);
}

/**
 * pillion_http_test_transport_get_loop: (get-property loop)
 * @self: a transport
 *
 * Gets the loop that handlers run in.
 *
 * Returns: (transfer none): the loop
 *
 * Since: 1.0
 */
PillionLoop *
pillion_http_test_transport_get_loop (PillionHttpTestTransport *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_TEST_TRANSPORT (self), NULL);

  return self->loop;
}

/* The key that a program's URL or path has, or NULL if it is neither */
static char *
make_key (const char *url)
{
  g_autoptr (GUri) uri = NULL;

  if (url[0] == '/')
    return g_strdup (url);

  uri = pillion_http_parse_url (url, NULL);
  return uri != NULL && pillion_http_check_uri (uri, NULL) ? get_key (uri) : NULL;
}

/**
 * pillion_http_test_transport_add_bytes:
 * @self: a transport
 * @url: a URL without query, or a path, which begins with a slash; percent-encoded
 * @body: the body
 * @content_type: (nullable): its type, such as `application/json`
 *
 * Answers requests for @url with a fixed body. It replaces what @url had before.
 *
 * Since: 1.0
 */
void
pillion_http_test_transport_add_bytes (PillionHttpTestTransport *self,
                                       const char *url,
                                       GBytes *body,
                                       const char *content_type)
{
  g_autofree char *key = NULL;

  g_return_if_fail (PILLION_HTTP_IS_TEST_TRANSPORT (self));
  g_return_if_fail (url != NULL);
  key = make_key (url);
  g_return_if_fail (key != NULL);
  g_return_if_fail (body != NULL);
  g_return_if_fail (content_type == NULL || (strchr (content_type, '/') != NULL && strpbrk (content_type, "\r\n") == NULL));

  pillion_test_routes_add_bytes (self->routes, key, body, content_type);
}

/**
 * pillion_http_test_transport_add_error:
 * @self: a transport
 * @url: a URL without query, or a path, which begins with a slash; percent-encoded
 * @error: the error, such as one of `G_RESOLVER_ERROR` or `G_IO_ERROR_CONNECTION_REFUSED`
 *
 * Lets requests for @url fail, as they do without a network. It replaces what @url had before.
 *
 * Since: 1.0
 */
void
pillion_http_test_transport_add_error (PillionHttpTestTransport *self,
                                       const char *url,
                                       const GError *error)
{
  g_autofree char *key = NULL;

  g_return_if_fail (PILLION_HTTP_IS_TEST_TRANSPORT (self));
  g_return_if_fail (url != NULL);
  key = make_key (url);
  g_return_if_fail (key != NULL);
  g_return_if_fail (error != NULL);

  pillion_test_routes_add_error (self->routes, key, error);
}

/**
 * pillion_http_test_transport_add_handler:
 * @self: a transport
 * @url: a URL without query, or a path, which begins with a slash; percent-encoded
 * @func: (scope notified) (closure user_data) (destroy destroy): answers the requests
 * @user_data: data for @func
 * @destroy: frees @user_data when the URL gets something else, or with the transport
 *
 * Answers requests for @url with what a function sets. It replaces what @url had before.
 *
 * @func runs in a kick. If the task that it returns fails, the response has status 500 and the error's message as its body,
 * and the message is logged.
 *
 * Since: 1.0
 */
void
pillion_http_test_transport_add_handler (PillionHttpTestTransport *self,
                                         const char *url,
                                         PillionHttpTestHandler func,
                                         gpointer user_data,
                                         GDestroyNotify destroy)
{
  g_autofree char *key = NULL;

  g_return_if_fail (PILLION_HTTP_IS_TEST_TRANSPORT (self));
  g_return_if_fail (url != NULL);
  key = make_key (url);
  g_return_if_fail (key != NULL);
  g_return_if_fail (func != NULL);

  pillion_test_routes_add_handler (self->routes, key, func, user_data, destroy);
}

/**
 * pillion_http_test_transport_add_handler_closure: (rename-to pillion_http_test_transport_add_handler)
 * @self: a transport
 * @url: a URL without query, or a path, which begins with a slash; percent-encoded
 * @closure: answers the requests: it gets a [class@PillionHttp.TestExchange], and returns a [class@Pillion.Task] after whose end the
 *   response is sent, or nothing to send it now
 *
 * Like [method@PillionHttp.TestTransport.add_handler], but takes a closure. For language bindings.
 *
 * Since: 1.0
 */
void
pillion_http_test_transport_add_handler_closure (PillionHttpTestTransport *self,
                                                 const char *url,
                                                 GClosure *closure)
{
  g_autofree char *key = NULL;

  g_return_if_fail (PILLION_HTTP_IS_TEST_TRANSPORT (self));
  g_return_if_fail (url != NULL);
  key = make_key (url);
  g_return_if_fail (key != NULL);
  g_return_if_fail (closure != NULL);

  pillion_test_routes_add_closure (self->routes, key, closure);
}

/**
 * pillion_http_test_transport_get_n_requests:
 * @self: a transport
 * @url: (nullable): a URL without query, or a path for all hosts, or `NULL` for all
 *
 * Tells how many requests there were, also those that were answered with 404.
 *
 * Returns: how many
 *
 * Since: 1.0
 */
guint
pillion_http_test_transport_get_n_requests (PillionHttpTestTransport *self,
                                            const char *url)
{
  g_autofree char *key = NULL;

  g_return_val_if_fail (PILLION_HTTP_IS_TEST_TRANSPORT (self), 0);
  key = url != NULL ? make_key (url) : NULL;
  g_return_val_if_fail (url == NULL || key != NULL, 0);

  return pillion_test_routes_get_n (self->routes, key);
}
