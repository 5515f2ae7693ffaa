/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-test-exchange-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"
#include "http/pillion-http-fields.h"
#include "http/pillion-http-response-private.h"
#include "http/pillion-http-url.h"
#include "http/pillion-http-web-socket-private.h"

/**
 * PillionHttpTestExchange:
 *
 * A request that a [class@PillionHttp.TestServer] got, and the response that it will send.
 *
 * ```c
 * static PillionTask *
 * on_item (PillionHttpTestExchange *exchange, gpointer user_data)
 * {
 *   if (g_str_equal (pillion_http_test_exchange_get_method (exchange), "DELETE"))
 *     pillion_http_test_exchange_set_status (exchange, 204);
 *   else
 *     pillion_http_test_exchange_set_text (exchange, "{\"id\": 1}", "application/json");
 *
 *   return NULL;
 * }
 * ```
 *
 * The status is 200 unless a handler sets another one. A handler that sets nothing at all is a mistake in the test: the
 * response is then 500, and its body and the log say so.
 *
 * ## WebSockets
 *
 * If the request is the handshake of a WebSocket, [method@PillionHttp.TestExchange.accept_web_socket] opens it and returns the server's end,
 * which sends and receives like the client's. When the handler's task ends, the WebSocket is closed: with the code 1000, or with 1011 if
 * the task failed. If the handler returned no task, the WebSocket stays open until it is closed, or nothing refers to it any more.
 *
 * ## Faults
 *
 * [method@PillionHttp.TestExchange.set_delay] makes the server slow, [method@PillionHttp.TestExchange.cut] closes the connection
 * in the middle of the body, and [method@PillionHttp.TestExchange.reset] breaks it there. The last two also end the connection of a WebSocket.
 * [method@PillionHttp.TestExchange.set_mute] makes a server that doesn't answer pings.
 *
 * ## Threads
 *
 * An exchange is used on the thread of the server's loop. Once the response has been sent, it can only be read.
 *
 * Since: 1.0
 */

struct _PillionHttpTestExchange
{
  GObject parent_instance;

  PillionTestDeliverFunc deliver;
  gpointer data;
  PillionTestAnswer *answer; /* NULL once it is sent, and if the exchange was made without a server */

  PillionLoop *loop; /* NULL if it was made without a server, like @closing */
  GCancellable *closing;
  gboolean over_network;
  gboolean waits;               /* the clock doesn't wait for the client */
  PillionTestUpgrade *upgrade; /* NULL unless a WebSocket was accepted */
  PillionHttpWebSocket *web_socket; /* until the handler's task has ended */
  gboolean mute;
  GError *error; /* of the handler, or NULL */

  char *method;
  GUri *uri; /* NULL if it was made without a server */
  char *path;
  char *query; /* NULL if there is none */
  GHashTable *headers; /* lower-case name → value */
  GBytes *body;
};

enum
{
  PROP_METHOD = 1,
  PROP_PATH,
  PROP_QUERY,
  PROP_BODY,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionHttpTestExchange, pillion_http_test_exchange, G_TYPE_OBJECT)

static void
replace (char **text,
         const char *by)
{
  g_free (*text);
  *text = g_strdup (by);
}

static void
send_answer (PillionHttpTestExchange *self)
{
  PillionTestAnswer *answer = g_steal_pointer (&self->answer);

  /* A client that only looks at the status would hide why */
  if (!answer->is_set)
    g_message ("%s %s: the handler set no response", self->method, self->path);

  pillion_test_answer_complete (answer);
  self->deliver (answer, self->data);
}

static void
pillion_http_test_exchange_finalize (GObject *object)
{
  PillionHttpTestExchange *self = PILLION_HTTP_TEST_EXCHANGE (object);

  pillion_sync_acquire (self);

  /* The loop was closed before the handler's turn came */
  if (self->answer != NULL)
    {
      pillion_test_answer_fail (self->answer, "The loop of the test server was closed.");
      send_answer (self);
    }
  pillion_http_test_exchange_set_waits (self, FALSE);
  g_clear_object (&self->web_socket);
  g_clear_pointer (&self->upgrade, pillion_test_upgrade_unref);
  g_clear_object (&self->closing);
  g_clear_object (&self->loop);
  g_clear_error (&self->error);
  g_clear_pointer (&self->uri, g_uri_unref);
  g_free (self->method);
  g_free (self->path);
  g_free (self->query);
  g_clear_pointer (&self->headers, g_hash_table_unref);
  g_clear_pointer (&self->body, g_bytes_unref);

  G_OBJECT_CLASS (pillion_http_test_exchange_parent_class)->finalize (object);
}

static void
pillion_http_test_exchange_get_property (GObject *object,
                                         guint prop_id,
                                         GValue *value,
                                         GParamSpec *pspec)
{
  PillionHttpTestExchange *self = PILLION_HTTP_TEST_EXCHANGE (object);

  switch (prop_id)
    {
    case PROP_METHOD:
      g_value_set_string (value, self->method);
      break;
    case PROP_PATH:
      g_value_set_string (value, self->path);
      break;
    case PROP_QUERY:
      g_value_set_string (value, self->query);
      break;
    case PROP_BODY:
      g_value_set_boxed (value, self->body);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_test_exchange_class_init (PillionHttpTestExchangeClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_http_test_exchange_finalize;
  object_class->get_property = pillion_http_test_exchange_get_property;

  /**
   * PillionHttpTestExchange:method: (getter get_method)
   *
   * The method, such as `GET`.
   *
   * Since: 1.0
   */
  properties[PROP_METHOD] =
      g_param_spec_string ("method", NULL, NULL, "GET", G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionHttpTestExchange:path: (getter get_path)
   *
   * The path, percent-encoded as it came.
   *
   * Since: 1.0
   */
  properties[PROP_PATH] =
      g_param_spec_string ("path", NULL, NULL, "/", G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionHttpTestExchange:query: (getter get_query)
   *
   * What follows the question mark, percent-encoded as it came.
   *
   * Since: 1.0
   */
  properties[PROP_QUERY] =
      g_param_spec_string ("query", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionHttpTestExchange:body: (getter get_body)
   *
   * The body of the request.
   *
   * Since: 1.0
   */
  properties[PROP_BODY] =
      g_param_spec_boxed ("body", NULL, NULL, G_TYPE_BYTES, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_http_test_exchange_init (PillionHttpTestExchange *self)
{
  /* For exchanges that were made without a server */
  self->method = g_strdup ("GET");
  self->path = g_strdup ("/");
  self->body = g_bytes_new (NULL, 0);
}

PillionHttpTestExchange *
pillion_http_test_exchange_new (const char *method,
                                GUri *uri,
                                GBytes *body,
                                PillionTestDeliverFunc deliver,
                                gpointer data)
{
  PillionHttpTestExchange *self = g_object_new (PILLION_HTTP_TYPE_TEST_EXCHANGE, NULL);

  self->deliver = deliver;
  self->data = data;
  self->answer = pillion_test_answer_new ();
  replace (&self->method, method);
  self->uri = g_uri_ref (uri);
  replace (&self->path, g_uri_get_path (uri));
  self->query = g_strdup (g_uri_get_query (uri));
  self->headers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_bytes_unref (self->body);
  self->body = g_bytes_ref (body);

  return self;
}

void
pillion_http_test_exchange_add_field (PillionHttpTestExchange *self,
                                      const char *name,
                                      const char *value)
{
  g_autofree char *key = g_ascii_strdown (name, -1);
  const char *known = g_hash_table_lookup (self->headers, key);
  char *joined = known != NULL ? g_strconcat (known, ", ", value, NULL) : g_strdup (value);

  g_hash_table_replace (self->headers, g_steal_pointer (&key), joined);
}

void
pillion_http_test_exchange_set_place (PillionHttpTestExchange *self,
                                      PillionLoop *loop,
                                      gboolean over_network,
                                      GCancellable *closing)
{
  self->loop = g_object_ref (loop);
  self->over_network = over_network;
  self->closing = g_object_ref (closing);
}

void
pillion_http_test_exchange_set_waits (PillionHttpTestExchange *self,
                                      gboolean waits)
{
  /* The handshake is all that the call waits for */
  if (!self->over_network || self->upgrade != NULL)
    waits = FALSE;
  if (self->waits == waits)
    return;

  self->waits = waits;
  pillion_private_loop_add_external (self->loop, waits ? -1 : 1);
}

/* Nobody waits for that. If the handler has closed it, that stands. */
static void
close_web_socket (PillionHttpTestExchange *self)
{
  g_autoptr (PillionHttpWebSocket) web_socket = g_steal_pointer (&self->web_socket);
  g_autofree char *reason = NULL;

  if (self->error != NULL)
    {
      const char *end;

      /* As much as fits */
      g_utf8_validate_len (self->error->message, MIN (strlen (self->error->message), PILLION_WEB_SOCKET_MAX_CONTROL - 2), &end);
      reason = g_strndup (self->error->message, (gsize) (end - self->error->message));
    }
  pillion_web_socket_link_close (pillion_test_upgrade_get_link (self->upgrade),
                                 self->error != NULL ? PILLION_WEB_SOCKET_SERVER_ERROR : PILLION_WEB_SOCKET_NORMAL, reason, NULL);
}

void
pillion_http_test_exchange_end (PillionHttpTestExchange *self,
                                gboolean had_task)
{
  if (self->upgrade == NULL)
    send_answer (self);
  else if (had_task)
    close_web_socket (self);
  else
    g_clear_object (&self->web_socket);
}

void
pillion_http_test_exchange_fail (PillionHttpTestExchange *self,
                                 const GError *error)
{
  /* A client that only looks at the status would hide why */
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) && !g_cancellable_is_cancelled (self->closing))
    g_message ("%s %s: the handler failed: %s", self->method, self->path, error->message);

  if (self->upgrade == NULL)
    pillion_test_answer_fail (self->answer, error->message);
  else
    self->error = g_error_copy (error);
}

/**
 * pillion_http_test_exchange_get_method: (get-property method)
 * @self: an exchange
 *
 * Gets the method of the request, such as `GET`.
 *
 * Returns: the method
 *
 * Since: 1.0
 */
const char *
pillion_http_test_exchange_get_method (PillionHttpTestExchange *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self), NULL);

  return self->method;
}

/**
 * pillion_http_test_exchange_get_path: (get-property path)
 * @self: an exchange
 *
 * Gets the path of the request, percent-encoded as it came.
 *
 * Returns: the path
 *
 * Since: 1.0
 */
const char *
pillion_http_test_exchange_get_path (PillionHttpTestExchange *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self), NULL);

  return self->path;
}

/**
 * pillion_http_test_exchange_get_query: (get-property query)
 * @self: an exchange
 *
 * Gets the query of the request, percent-encoded as it came, without its question mark.
 *
 * Returns: (nullable): the query, or `NULL` if there is none
 *
 * Since: 1.0
 */
const char *
pillion_http_test_exchange_get_query (PillionHttpTestExchange *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self), NULL);

  return self->query;
}

/**
 * pillion_http_test_exchange_get_header:
 * @self: an exchange
 * @name: the name of a header, in any case
 *
 * Gets a header of the request. Several with the same name are joined with commas.
 *
 * Returns: (nullable): the value, or `NULL` if the request has no such header
 *
 * Since: 1.0
 */
const char *
pillion_http_test_exchange_get_header (PillionHttpTestExchange *self,
                                       const char *name)
{
  g_autofree char *key = NULL;

  g_return_val_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  if (self->headers == NULL)
    return NULL;

  key = g_ascii_strdown (name, -1);
  return g_hash_table_lookup (self->headers, key);
}

/**
 * pillion_http_test_exchange_get_body: (get-property body)
 * @self: an exchange
 *
 * Gets the body of the request.
 *
 * Returns: (transfer none): the body; empty if there is none
 *
 * Since: 1.0
 */
GBytes *
pillion_http_test_exchange_get_body (PillionHttpTestExchange *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self), NULL);

  return self->body;
}

/**
 * pillion_http_test_exchange_set_status:
 * @self: an exchange
 * @status: a status, 200 to 599
 *
 * Sets the status of the response.
 *
 * Since: 1.0
 */
void
pillion_http_test_exchange_set_status (PillionHttpTestExchange *self,
                                       guint status)
{
  g_return_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self));
  g_return_if_fail (self->answer != NULL);
  g_return_if_fail (status >= 200 && status <= 599);

  self->answer->status = status;
  self->answer->is_set = TRUE;
}

/**
 * pillion_http_test_exchange_add_header:
 * @self: an exchange
 * @name: a name
 * @value: a value, without line breaks
 *
 * Adds a header to the response. The length is added by the server.
 *
 * Since: 1.0
 */
void
pillion_http_test_exchange_add_header (PillionHttpTestExchange *self,
                                       const char *name,
                                       const char *value)
{
  g_return_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self));
  g_return_if_fail (self->answer != NULL);
  g_return_if_fail (name != NULL && pillion_http_is_token (name));
  g_return_if_fail (value != NULL && strpbrk (value, "\r\n") == NULL);

  pillion_field_list_append (&self->answer->fields, name, value);
  self->answer->is_set = TRUE;
}

/**
 * pillion_http_test_exchange_set_body:
 * @self: an exchange
 * @body: the body
 * @content_type: (nullable): its type, such as `application/json`
 *
 * Sets the body of the response.
 *
 * Since: 1.0
 */
void
pillion_http_test_exchange_set_body (PillionHttpTestExchange *self,
                                     GBytes *body,
                                     const char *content_type)
{
  g_return_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self));
  g_return_if_fail (self->answer != NULL);
  g_return_if_fail (body != NULL);
  g_return_if_fail (content_type == NULL || (strchr (content_type, '/') != NULL && strpbrk (content_type, "\r\n") == NULL));

  pillion_test_answer_set_body (self->answer, body, content_type);
}

/**
 * pillion_http_test_exchange_set_text:
 * @self: an exchange
 * @text: the body
 * @content_type: (nullable): its type; `NULL` means `text/plain; charset=utf-8`
 *
 * Sets the body of the response to a text.
 *
 * Since: 1.0
 */
void
pillion_http_test_exchange_set_text (PillionHttpTestExchange *self,
                                     const char *text,
                                     const char *content_type)
{
  g_autoptr (GBytes) body = NULL;

  g_return_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self));
  g_return_if_fail (text != NULL);

  body = g_bytes_new (text, strlen (text));
  pillion_http_test_exchange_set_body (self, body, content_type != NULL ? content_type : "text/plain; charset=utf-8");
}

/**
 * pillion_http_test_exchange_set_delay:
 * @self: an exchange
 * @delay: how long to wait before the first byte of the response, in µs
 *
 * Makes the server slow. The delay begins when the handler has answered, and takes real time: a virtual clock waits for it
 * while a task waits for the response.
 *
 * Since: 1.0
 */
void
pillion_http_test_exchange_set_delay (PillionHttpTestExchange *self,
                                      GTimeSpan delay)
{
  g_return_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self));
  g_return_if_fail (self->answer != NULL);
  g_return_if_fail (delay >= 0);

  self->answer->delay = delay;
}

void
pillion_http_test_exchange_set_pace (PillionHttpTestExchange *self,
                                     PillionTestPace pace,
                                     gpointer data,
                                     GTimeSpan linger)
{
  self->answer->pace = pace;
  self->answer->pace_data = data;
  self->answer->linger = linger;
}

static void
set_fault (PillionHttpTestExchange *self,
           PillionTestFault fault,
           gsize n_bytes)
{
  if (self->upgrade != NULL)
    {
      pillion_test_upgrade_cut (self->upgrade, fault == PILLION_TEST_FAULT_RESET);
      return;
    }

  self->answer->fault = fault;
  self->answer->n_bytes = n_bytes;
  self->answer->is_set = TRUE;
}

/* What a server answers to the key of a handshake (RFC 6455, section 4.2.2) */
static char *
make_accept (const char *key)
{
  g_autoptr (GChecksum) sum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize length = sizeof digest;

  g_checksum_update (sum, (const guchar *) key, -1);
  g_checksum_update (sum, (const guchar *) "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", -1);
  g_checksum_get_digest (sum, digest, &length);

  return g_base64_encode (digest, length);
}

/* The response to the handshake */
static PillionHttpResponse *
make_response (PillionHttpTestExchange *self)
{
  PillionHttpResponse *response = pillion_http_response_new (self->answer->status, "Switching Protocols", self->uri);

  for (guint i = 0; i < self->answer->fields.n; i += 2)
    pillion_http_response_add_header (response, self->answer->fields.strv[i], self->answer->fields.strv[i + 1]);

  return response;
}

/**
 * pillion_http_test_exchange_accept_web_socket:
 * @self: an exchange
 * @protocol: (nullable): the protocol that the server chooses, one of those in the request's `Sec-WebSocket-Protocol`; %NULL for none
 * @error: return location for an error
 *
 * Opens the WebSocket that the request asks for, and sends the response: it has the headers that were added before, and the delay that
 * was set.
 *
 * The result is the server's end. What is sent and received with it waits until the response has been sent. It sends no pings unless
 * [property@PillionHttp.WebSocket:ping-interval-usec] is set, and compresses nothing.
 *
 * It fails with [error@PillionHttp.Error.NOT_WEB_SOCKET] if the request is no handshake of a WebSocket, and with
 * [error@Pillion.Error.WRONG_THREAD] on another thread than the loop's.
 *
 * Returns: (transfer full): the server's end of the WebSocket, or %NULL with @error set
 *
 * Since: 1.0
 */
PillionHttpWebSocket *
pillion_http_test_exchange_accept_web_socket (PillionHttpTestExchange *self,
                                              const char *protocol,
                                              GError **error)
{
  g_autofree char *url = NULL;
  g_autofree char *accept = NULL;
  const char *upgrade;
  const char *key;

  g_return_val_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self), NULL);
  g_return_val_if_fail (self->answer != NULL, NULL);
  g_return_val_if_fail (protocol == NULL || pillion_http_is_token (protocol), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!pillion_private_loop_check_thread (self->loop, error))
    return NULL;

  upgrade = pillion_http_test_exchange_get_header (self, "Upgrade");
  key = pillion_http_test_exchange_get_header (self, "Sec-WebSocket-Key");
  if (upgrade == NULL || key == NULL || g_ascii_strcasecmp (upgrade, "websocket") != 0)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_WEB_SOCKET, _("%s %s: the request doesn't ask for a WebSocket"),
                   self->method, self->path);
      return NULL;
    }

  url = g_uri_to_string (self->uri);
  self->upgrade = pillion_test_upgrade_new (self->loop, self->over_network, url, self->closing, error);
  if (self->upgrade == NULL)
    return NULL;

  accept = make_accept (key);
  self->answer->status = 101;
  self->answer->is_set = TRUE;
  self->answer->upgrade = pillion_test_upgrade_ref (self->upgrade);
  pillion_field_list_append (&self->answer->fields, "Upgrade", "websocket");
  pillion_field_list_append (&self->answer->fields, "Connection", "Upgrade");
  pillion_field_list_append (&self->answer->fields, "Sec-WebSocket-Accept", accept);
  if (protocol != NULL)
    pillion_field_list_append (&self->answer->fields, "Sec-WebSocket-Protocol", protocol);

  pillion_web_socket_link_set_mute (pillion_test_upgrade_get_link (self->upgrade), self->mute);
  self->web_socket = pillion_http_web_socket_new (self->loop, pillion_test_upgrade_get_link (self->upgrade), make_response (self));
  pillion_http_web_socket_set_ping_interval_usec (self->web_socket, 0);

  /* It waits for the response, and then for messages */
  pillion_http_test_exchange_set_waits (self, FALSE);
  send_answer (self);

  return g_object_ref (self->web_socket);
}

/**
 * pillion_http_test_exchange_set_mute:
 * @self: an exchange
 * @mute: whether pings are left unanswered
 *
 * Makes the server's end of a WebSocket leave pings unanswered, as if the connection were dead. It can be changed at any time.
 *
 * Since: 1.0
 */
void
pillion_http_test_exchange_set_mute (PillionHttpTestExchange *self,
                                     gboolean mute)
{
  g_return_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self));

  self->mute = mute;
  if (self->upgrade != NULL)
    pillion_web_socket_link_set_mute (pillion_test_upgrade_get_link (self->upgrade), mute);
}

/**
 * pillion_http_test_exchange_cut:
 * @self: an exchange
 * @n_bytes: how many bytes of the body to send
 *
 * Closes the connection after @n_bytes of the body. The header announces all of it.
 *
 * With a WebSocket that was accepted, @n_bytes means nothing: its connection ends at once, without a close frame. A message whose sending has
 * ended still arrives.
 *
 * Since: 1.0
 */
void
pillion_http_test_exchange_cut (PillionHttpTestExchange *self,
                                gsize n_bytes)
{
  g_return_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self));
  g_return_if_fail (self->answer != NULL || self->upgrade != NULL);

  set_fault (self, PILLION_TEST_FAULT_CUT, n_bytes);
}

/**
 * pillion_http_test_exchange_reset:
 * @self: an exchange
 * @n_bytes: how many bytes of the body to send
 *
 * Resets the connection after @n_bytes of the body: the client gets `ECONNRESET`, and may lose bytes that it has not read yet.
 * The header announces all of the body.
 *
 * With a WebSocket that was accepted, @n_bytes means nothing: its connection ends at once, without a close frame. A message whose sending has
 * ended still arrives, unless the reset overtakes it.
 *
 * Since: 1.0
 */
void
pillion_http_test_exchange_reset (PillionHttpTestExchange *self,
                                  gsize n_bytes)
{
  g_return_if_fail (PILLION_HTTP_IS_TEST_EXCHANGE (self));
  g_return_if_fail (self->answer != NULL || self->upgrade != NULL);

  set_fault (self, PILLION_TEST_FAULT_RESET, n_bytes);
}
