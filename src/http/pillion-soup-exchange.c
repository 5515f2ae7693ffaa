/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-soup-exchange.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n-lib.h>
#include "http/pillion-soup-library.h"
#include <pillion-http/pillion-http.h>

#include "http/pillion-http-fields.h"
#include "http/pillion-read-limit.h"
#include "http/pillion-soup-error.h"
#include "http/pillion-soup-gathering.h"
#include "http/pillion-soup-head.h"
#include "http/pillion-soup-reader.h"
#include "http/pillion-soup-request-body.h"
#include "http/pillion-tunnel-head.h"
#include "http/pillion-tunnel.h"

/* How many informational responses may precede the real one */
#define MAX_INFORMATIONAL 100

/* How often libsoup may send a request again that the server has refused over HTTP/2 */
#define MAX_RESTARTS 10

/* How long closing a WebSocket's connection may take, in ms */
#define CLOSE_MSEC 1000

/* How long libsoup may take to let go of a message, in ms */
#define LEAVE_MSEC 5000

struct _PillionExchange
{
  const PillionSoupShared *shared;
  const PillionExchangeFuncs *funcs;
  gpointer data;

  PillionSoupConnection *connection;
  PillionProxy *proxy; /* or NULL */
  char *gio_proxy;     /* its URI for GIO */
  SoupMessage *message;
  gulong status_handler;
  gulong network_handler;    /* or 0 */
  gulong certificate_handler;
  gulong restart_handler;    /* or 0 */
  guint n_restarts;
  GTlsCertificateFlags certificate_errors; /* why the server's certificate was not accepted, or 0 */
  PillionSoupRequestBody request_body;
  GError *failure;           /* why we cancelled it, or NULL */
  GCancellable *cancellable; /* until the head is here */
  GInputStream *stream;      /* from then on */
  SoupWebsocketConnection *web_socket; /* or this */
  GSocket *socket;           /* of that, or NULL */
  PillionSoupReader reader;
  GSource *source;  /* limits what libsoup gathers, or the time to close a WebSocket; or NULL */
  gint64 announced; /* by Content-Length, or -1 */
  gboolean is_rest; /* the response may be the rest of a body */
  gint64 before;    /* then what comes before it, in bytes; else 0 */
  gboolean bulk;
  gboolean is_fed;  /* whether the body of the request is read from something else than memory */
  char *origin;     /* if the server may turn out to speak only HTTP/2, or NULL */
  gboolean web_socket_wanted;
  gboolean limits_reads; /* because there is TLS */
  gboolean connected; /* to the server or its proxy, for this exchange */
  gboolean negotiating; /* with the proxy, which has not connected to the server yet */
  gboolean passed_on; /* the proxy has the connection to the server, and we have only one to the proxy */
  gboolean refused; /* with a status whose body libsoup gathers in memory */
  gint64 max_refusal; /* the largest body of a refusal that is wanted, in bytes, or 0 */
  gboolean aborted;
  gboolean abandoned; /* nobody but libsoup knows of it any more */
  SoupSession *session; /* which must not go before its message, if it is abandoned; else NULL */
  gboolean held;    /* the response is complete, and the request is not */
  guint n_informational; /* responses with a status of 1xx before the real one */
};

static void
stop_waiting (PillionExchange *self)
{
  pillion_soup_reader_stop (&self->reader);
  if (self->source == NULL)
    return;

  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);
}

static void
disconnect (PillionExchange *self)
{
  g_clear_signal_handler (&self->status_handler, self->message);
  g_clear_signal_handler (&self->network_handler, self->message);
  g_clear_signal_handler (&self->certificate_handler, self->message);
  g_clear_signal_handler (&self->restart_handler, self->message);
}

static void
exchange_free (PillionExchange *self)
{
  const PillionSoupShared *shared = self->shared;
  const PillionExchangeFuncs *funcs = self->funcs;
  gpointer data = self->data;
  PillionSoupConnection *connection = self->connection;
  gboolean abandoned = self->abandoned;

  stop_waiting (self);
  g_clear_object (&self->stream);
  g_clear_object (&self->web_socket);
  g_clear_object (&self->socket);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->proxy, pillion_proxy_unref);
  g_free (self->gio_proxy);
  disconnect (self);
  g_free (self->origin);
  g_clear_error (&self->failure);
  pillion_soup_request_body_clear (&self->request_body);
  g_clear_object (&self->message);
  g_clear_object (&self->session);
  g_free (self);

  if (!abandoned)
    {
      pillion_soup_pool_give_back (shared->pool, connection);
      funcs->gone (data);
    }
}

/* libsoup has not let go of it in time, and may never do so */
static gboolean
abandon (gpointer data)
{
  PillionExchange *self = data;
  PillionSoupPool *pool = self->shared->pool;
  PillionSoupConnection *connection = g_steal_pointer (&self->connection);
  const PillionExchangeFuncs *funcs = self->funcs;
  gpointer call = self->data;

  g_clear_pointer (&self->source, g_source_unref);
  pillion_soup_reader_stop (&self->reader);
  pillion_soup_request_body_clear (&self->request_body);
  disconnect (self);
  self->abandoned = TRUE;
  self->session = g_object_ref (connection->session);
  /* From here on libsoup may free it */
  pillion_soup_pool_drop (pool, connection);
  funcs->gone (call);

  return G_SOURCE_REMOVE;
}

/* After some errors of HTTP/2, libsoup 3.2 neither ends a message nor lets it be cancelled. It must not keep its place. */
static void
limit_leaving (PillionExchange *self)
{
  if (self->abandoned || self->bulk || self->web_socket_wanted || self->certificate_handler == 0)
    return;

  stop_waiting (self);
  self->source = g_timeout_source_new (LEAVE_MSEC);
  g_source_set_static_name (self->source, "pillion HTTP/2 leave");
  g_source_set_callback (self->source, abandon, self, NULL);
  g_source_attach (self->source, self->shared->context);
}

static void
closed (GObject *stream,
        GAsyncResult *result,
        gpointer data)
{
  g_input_stream_close_finish (G_INPUT_STREAM (stream), result, NULL);
  exchange_free (data);
}

static gboolean
close_stream (gpointer data)
{
  PillionExchange *self = data;

  g_input_stream_close_async (self->stream, G_PRIORITY_DEFAULT, NULL, closed, self);
  return G_SOURCE_REMOVE;
}

/* Ends an exchange whose body was not read to its end. libsoup closes the connection without reading the rest. That takes longer than
 * all else at the end of a transfer, so those that end at the same time do everything else first. */
static void
break_off (PillionExchange *self)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  stop_waiting (self);
  self->aborted = TRUE;
  limit_leaving (self);
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_static_name (source, "pillion break-off");
  g_source_set_callback (source, close_stream, self, NULL);
  g_source_attach (source, self->shared->context);
}

static void
web_socket_closed (GObject *stream,
                   GAsyncResult *result,
                   gpointer data)
{
  g_io_stream_close_finish (G_IO_STREAM (stream), result, NULL);
  exchange_free (data);
}

/* The TLS closing handshake may wait forever for the other side */
static gboolean
cut_off (gpointer data)
{
  PillionExchange *self = data;

  if (self->socket != NULL)
    g_socket_shutdown (self->socket, TRUE, TRUE, NULL);
  return G_SOURCE_REMOVE;
}

static void
close_web_socket (PillionExchange *self)
{
  self->aborted = TRUE;
  self->source = g_timeout_source_new (CLOSE_MSEC);
  g_source_set_static_name (self->source, "pillion WebSocket close");
  g_source_set_callback (self->source, cut_off, self, NULL);
  g_source_attach (self->source, self->shared->context);
  g_io_stream_close_async (pillion_soup.websocket_connection_get_io_stream (self->web_socket), G_PRIORITY_DEFAULT, NULL,
                           web_socket_closed, self);
}

/* Drops a body that nobody wants. If all of it is here already, the connection can be used again. */
static void
discard (PillionExchange *self)
{
  if (!pillion_soup_reader_drain (&self->reader))
    {
      break_off (self);
      return;
    }

  g_input_stream_close (self->stream, NULL, NULL);
  exchange_free (self);
}

/* Whether an error is of the only connection that there is, the one to the proxy */
static gboolean
is_of_connection (PillionExchange *self,
                  const GError *error)
{
  return self->passed_on && !pillion_soup_request_body_has_failed (&self->request_body) &&
         (error->domain == G_IO_ERROR || g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED));
}

/* Gives an error the code that tells a caller what it means. GIO's errors about the network stay, but GIO
 * doesn't say what is wrong with a certificate. */
static GError *
translate_error (PillionExchange *self,
                 GError *error)
{
  if (!pillion_soup_request_body_has_failed (&self->request_body))
    pillion_soup_error_translate (error, self->message, self->stream != NULL, self->announced >= 0 ? self->before + self->announced : -1,
                                  self->before + self->reader.received);

  if (self->certificate_errors != 0 && g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
    {
      g_error_free (error);
      error = pillion_certificate_error_new (self->certificate_errors);
    }

  if (self->negotiating && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
    {
      error->domain = PILLION_HTTP_ERROR;
      error->code = PILLION_HTTP_ERROR_PROXY;
    }

  /* Failures before the request is sent are more likely the proxy's fault than the server's. GIO doesn't say which socket it could not connect
   * to. */
  if (is_of_connection (self, error) ||
      pillion_soup.message_metrics_get_request_start (pillion_soup.message_get_metrics (self->message)) == 0)
    {
      const char *path = pillion_soup_pool_get_options (self->shared->pool)->unix_socket_path;

      if (self->proxy != NULL)
        g_prefix_error (&error, _("proxy %s: "), self->proxy->origin);
      else if (path != NULL)
        g_prefix_error (&error, "%s: ", path);
    }

  return error;
}

/* All was read */
static void
end_read (PillionExchange *self,
          GError *error)
{
  self->aborted = TRUE;
  /* This does not wait */
  g_input_stream_close (self->stream, NULL, NULL);
  self->funcs->end (self->data, error);
  exchange_free (self);
}

static void
end (gpointer data,
     GError *error)
{
  PillionExchange *self = data;

  if (error != NULL)
    {
      self->aborted = TRUE;
      stop_waiting (self);
      self->funcs->end (self->data, translate_error (self, error));
      break_off (self);
      return;
    }

  error = pillion_soup_error_check_whole (self->message, &self->reader.body, self->announced, self->reader.received, self->before);
  if (error == NULL && pillion_soup_request_body_is_going (&self->request_body))
    {
      stop_waiting (self);
      self->held = TRUE;
      return;
    }

  end_read (self, error);
}

static void
refused (gpointer data)
{
  PillionExchange *self = data;

  /* It may have been aborted in there */
  if (!self->aborted)
    break_off (self);
}

static PillionSoupHead
make_head (PillionExchange *self)
{
  return pillion_soup_head_make (self->message, self->announced, self->reader.body.source != NULL);
}

static void
refuse_tunnel (PillionExchange *self,
               const char *challenges)
{
  PillionTunnelHead head = pillion_tunnel_head_make (challenges);

  /* Nobody wants its body */
  self->funcs->head (self->data, &head.parent);
  self->aborted = TRUE;
}

/* There was no body */
static void
sent_nothing (PillionExchange *self,
              GError *error)
{
  const char *challenges = pillion_tunnel_get_challenges (error);

  if (!self->aborted && challenges != NULL)
    refuse_tunnel (self, challenges);

  if (!self->aborted && self->refused)
    {
      PillionSoupHead head = make_head (self);

      head.parent.length = -1;
      head.parent.delimited = FALSE;
      if (!self->funcs->head (self->data, &head.parent))
        {
          self->aborted = TRUE;
        }
      else if (!self->web_socket_wanted && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        {
          g_clear_error (&error);
          error = pillion_soup_gathering_make_error (self->message, self->max_refusal);
        }
    }

  if (!self->aborted && self->n_informational > MAX_INFORMATIONAL)
    {
      g_clear_error (&error);
      error = g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                           _("the server sent more than %d informational responses"), MAX_INFORMATIONAL);
    }

  if (!self->aborted && self->failure != NULL)
    {
      g_clear_error (&error);
      error = g_steal_pointer (&self->failure);
    }

  if (!self->aborted)
    {
      self->aborted = TRUE;
      self->funcs->end (self->data, translate_error (self, g_steal_pointer (&error)));
    }

  g_clear_error (&error);
  exchange_free (self);
}

static GError *
make_length_error (const char *length)
{
  return g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL, _("'%s' is not a valid Content-Length"), length);
}

/* An error, or NULL */
static GError *
check_head (PillionExchange *self)
{
  SoupMessageHeaders *headers = pillion_soup.message_get_response_headers (self->message);
  const char *length = pillion_soup.message_headers_get_list (headers, "Content-Length");
  const char *range = self->is_rest ? pillion_soup.message_headers_get_list (headers, "Content-Range") : NULL;
  gint64 last, total;

  if (range == NULL || pillion_soup.message_get_status (self->message) != 206 ||
      !pillion_http_parse_content_range (range, &self->before, &last, &total))
    self->before = 0;

  self->announced = -1;
  if (length != NULL && !pillion_http_parse_content_length (length, &self->announced))
    return make_length_error (length);

  if (pillion_soup_message_has_no_body (self->message))
    self->announced = -1;
  /* A server may announce anything */
  if (self->announced > G_MAXINT64 - self->before)
    self->before = 0;

  return NULL;
}

static void
take_connection (PillionExchange *self,
                 const char *origin,
                 gboolean web_socket)
{
  g_autofree char *key = NULL;

  if (self->bulk || web_socket || self->proxy != NULL)
    key = g_strconcat (origin, web_socket ? " web socket" : self->bulk ? " bulk" : "", self->proxy != NULL ? " " : NULL,
                       self->proxy != NULL ? self->proxy->origin : NULL, NULL);

  self->connection = pillion_soup_pool_take (self->shared->pool, key != NULL ? key : origin);
  pillion_soup_connection_set_proxy (self->connection, self->gio_proxy);
  pillion_soup_request_body_set_connection (&self->request_body, self->connection);
}

/* If nothing but the end of the connection ends the body, TLS has to say that this is the end: otherwise anybody on the
 * way could cut it off (RFC 9112, section 9.8). Elsewhere a server that doesn't say so does no harm. */
static void
require_end (PillionExchange *self)
{
  g_autoptr (GIOStream) stream = NULL;

  if (pillion_soup.message_headers_get_encoding (pillion_soup.message_get_response_headers (self->message)) != SOUP_ENCODING_EOF ||
      pillion_soup.message_get_http_version (self->message) == SOUP_HTTP_2_0)
    return;

  stream = pillion_soup_connection_ref_stream (self->connection, pillion_soup.message_get_connection_id (self->message));
  if (G_IS_TLS_CONNECTION (stream))
    g_tls_connection_set_require_close_notify (G_TLS_CONNECTION (stream), TRUE);
}

static void sent (GObject *session, GAsyncResult *result, gpointer data);
static void web_socket_connected (GObject *session, GAsyncResult *result, gpointer data);

static void
send_message (PillionExchange *self)
{
  self->cancellable = g_cancellable_new ();
  if (!self->web_socket_wanted)
    {
      pillion_soup.session_send_async (self->connection->session, self->message, G_PRIORITY_DEFAULT, self->cancellable, sent, self);
      return;
    }

  pillion_soup_connection_allow_web_sockets (self->connection);
  pillion_soup.session_websocket_connect_async (self->connection->session, self->message, NULL, NULL, G_PRIORITY_DEFAULT,
                                                self->cancellable, web_socket_connected, self);
}

/* Whether a server broke off the handshake because it was offered only HTTP/1.1. There was no connection yet
 * then, and nothing was sent. */
static gboolean
wants_http2 (PillionExchange *self,
             const GError *error)
{
  return self->origin != NULL && self->bulk && !self->aborted && error->domain == G_TLS_ERROR &&
         !g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE) &&
         !g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_CERTIFICATE_REQUIRED) &&
         pillion_soup.message_metrics_get_request_start (pillion_soup.message_get_metrics (self->message)) == 0;
}

/* libsoup's HTTP/2 can't wait for a body to be read. It ends the process if the server's window has become smaller in the meantime, and writes to
 * freed memory if the answer has come. (Seen with 3.2.) */
static GError *
refuse_http2 (GError *error)
{
  GError *longer = g_error_new (error->domain, error->code, _("%s; files and streams are sent over HTTP/1.1 only, which the server may not speak"),
                                error->message);

  g_error_free (error);

  return longer;
}

/* Tries again, and offers HTTP/2 as well. A transfer without back-pressure is better than none. */
static void
send_over_http2 (PillionExchange *self)
{
  PillionSoupConnection *old = self->connection;

  self->bulk = FALSE;
  /* libsoup implements that only for HTTP/1.1 */
  pillion_soup.message_headers_remove (pillion_soup.message_get_request_headers (self->message), "Expect");
  /* Only then the old one is given back: its session may not be through with the message, and would refuse it */
  take_connection (self, self->origin, FALSE);
  pillion_soup_pool_give_back (self->shared->pool, old);
  send_message (self);
}

/* libsoup (3.2) closes the connection after a response that has no body and so need not say how long that is */
static void
expect_no_body (SoupMessage *message)
{
  SoupMessageHeaders *headers = pillion_soup.message_get_response_headers (message);
  guint status = pillion_soup.message_get_status (message);

  if ((status == SOUP_STATUS_NO_CONTENT || status == SOUP_STATUS_NOT_MODIFIED) &&
      pillion_soup.message_headers_get_encoding (headers) == SOUP_ENCODING_EOF)
    pillion_soup.message_headers_set_encoding (headers, SOUP_ENCODING_NONE);
}

static void
sent (GObject *session,
      GAsyncResult *result,
      gpointer data)
{
  PillionExchange *self = data;
  PillionSoupHead head;
  GError *error = NULL;

  stop_waiting (self);
  g_clear_object (&self->cancellable);
  self->stream = pillion_soup.session_send_finish ((SoupSession *) session, result, &error);

  if (self->abandoned)
    {
      g_clear_error (&error);
      exchange_free (self);
      return;
    }

  pillion_soup_reader_note (&self->reader);

  if (self->stream == NULL && wants_http2 (self, error))
    {
      if (!self->is_fed)
        {
          g_error_free (error);
          send_over_http2 (self);
          return;
        }
      error = refuse_http2 (error);
    }

  if (self->stream == NULL)
    {
      sent_nothing (self, error);
      return;
    }

  if (pillion_soup.message_get_http_version (self->message) == SOUP_HTTP_2_0 && self->origin != NULL)
    g_hash_table_add (self->shared->http2_only, g_steal_pointer (&self->origin));
  if (pillion_soup.message_get_http_version (self->message) == SOUP_HTTP_2_0)
    pillion_soup_pool_set_http2 (self->shared->pool, self->connection);
  /* In HTTP/1.1, no field means the same, but some servers close then */
  self->connection->promised = self->connection->http2 || pillion_soup.message_headers_header_contains (
    pillion_soup.message_get_response_headers (self->message), "Connection", "keep-alive");
  expect_no_body (self->message);
  require_end (self);
  pillion_soup_body_init (&self->reader.body, self->message, self->stream);

  if (self->aborted)
    {
      break_off (self);
      return;
    }

  error = check_head (self);
  if (error != NULL)
    {
      end (self, error);
      return;
    }

  pillion_soup_request_body_note_response (&self->request_body);

  head = make_head (self);
  if (!self->funcs->head (self->data, &head.parent))
    {
      if (!self->aborted)
        discard (self);
      return;
    }

  pillion_soup_reader_read (&self->reader);
}

/* libsoup makes the handshake, but nothing after it: it can't be told to stop reading, and doesn't say when a
 * message was sent. So it gets no chance to read. */
static void
web_socket_connected (GObject *session,
                      GAsyncResult *result,
                      gpointer data)
{
  PillionExchange *self = data;
  PillionSoupHead head;
  GSource *reads;
  GError *error = NULL;

  stop_waiting (self);
  g_clear_object (&self->cancellable);
  self->web_socket = pillion_soup.session_websocket_connect_finish ((SoupSession *) session, result, &error);

  if (self->web_socket == NULL)
    {
      sent_nothing (self, error);
      return;
    }

  reads = g_main_context_find_source_by_user_data (self->shared->context, self->web_socket);
  if (reads != NULL)
    g_source_destroy (reads);

  if (!self->aborted)
    {
      self->announced = -1;
      head = make_head (self);
      head.parent.stream = pillion_soup.websocket_connection_get_io_stream (self->web_socket);
      if (self->funcs->head (self->data, &head.parent))
        return;
    }

  /* Unless it was aborted in there */
  if (self->source == NULL)
    close_web_socket (self);
}

static void
watch_gathering (PillionExchange *self)
{
  self->source = pillion_soup_gathering_new_source (self->message, self->max_refusal, self->cancellable);
  g_source_attach (self->source, self->shared->context);
}

/* Equal lengths count as one (RFC 9112, section 6.3), but libsoup refuses a list of them in one line. It takes a
 * negative length, and logs a warning later. Returns FALSE if the message was cancelled. */
static gboolean
mend_length (PillionExchange *self,
             SoupMessageHeaders *headers,
             guint status)
{
  const char *list = pillion_soup.message_headers_get_list (headers, "Content-Length");
  gint64 length;

  if (list == NULL)
    return TRUE;

  if (pillion_http_parse_content_length (list, &length))
    {
      if (strchr (list, ',') != NULL)
        {
          g_autofree char *one = g_strdup_printf ("%" PRId64, length);

          pillion_soup.message_headers_replace (headers, "Content-Length", one);
        }
      return TRUE;
    }

  /* An informational response has no body */
  if (status < 200)
    return TRUE;

  if (self->failure == NULL)
    self->failure = make_length_error (list);
  pillion_soup.message_headers_replace (headers, "Content-Length", "0");
  g_cancellable_cancel (self->cancellable);
  return FALSE;
}

/* After a 421, libsoup sends the request again by itself, from a handler that we can't name */
static void
prevent_resending (SoupMessage *message)
{
  guint signal_id = g_signal_lookup ("got-body", G_OBJECT_TYPE (message));
  gulong handler;

  while ((handler = g_signal_handler_find (message, G_SIGNAL_MATCH_ID | G_SIGNAL_MATCH_UNBLOCKED, signal_id, 0, NULL, NULL, NULL)) != 0)
    g_signal_handler_block (message, handler);
}

/* libsoup sets the status of HTTP/1 after it has parsed the head, and before it looks at the length.
 * Everything about a head is found out here, because each further signal costs a small request several per
 * cent. */
static void
status_known (SoupMessage *message,
              GParamSpec *pspec,
              gpointer data)
{
  PillionExchange *self = data;
  SoupMessageHeaders *headers = pillion_soup.message_get_response_headers (message);
  guint status = pillion_soup.message_get_status (message);

  pillion_soup_head_mend_coding (headers);
  if (!mend_length (self, headers, status))
    return;

  if (self->web_socket_wanted && status >= 200)
    {
      /* Whatever this is, it is no WebSocket */
      self->refused = TRUE;
      g_cancellable_cancel (self->cancellable);
      return;
    }

  switch (status)
    {
    /* libsoup gathers the bodies of these in memory */
    case SOUP_STATUS_UNAUTHORIZED:
    case SOUP_STATUS_PROXY_UNAUTHORIZED:
    case SOUP_STATUS_MISDIRECTED_REQUEST:
      self->refused = TRUE;
      if (status == SOUP_STATUS_MISDIRECTED_REQUEST)
        prevent_resending (message);
      if (pillion_soup_gathering_is_too_large (message, self->max_refusal))
        g_cancellable_cancel (self->cancellable);
      else if (self->source == NULL)
        watch_gathering (self);
      break;
    default:
      /* The real response is still to come, and a server may repeat this forever */
      if (status / 100 == 1 && ++self->n_informational > MAX_INFORMATIONAL)
        g_cancellable_cancel (self->cancellable);
      break;
    }
}

static void
wrote (gpointer data,
       gint64 n_sent)
{
  PillionExchange *self = data;

  self->funcs->wrote (self->data, n_sent);
}

static void
body_over (gpointer data,
           GError *error)
{
  PillionExchange *self = data;

  if (self->aborted)
    {
      g_clear_error (&error);
    }
  else if (error != NULL && self->stream == NULL)
    {
      g_clear_error (&self->failure);
      self->failure = error;
      g_cancellable_cancel (self->cancellable);
    }
  else if (error != NULL)
    {
      end (self, error);
    }
  else if (self->held)
    {
      end_read (self, NULL);
    }
}

/* The handshake is done, and nothing of the request has been sent. If an earlier TLS session is resumed, GIO
 * does not check the certificate again, which may have been accepted with other options. */
static void
check_peer (PillionExchange *self,
            GTlsConnection *connection)
{
  const PillionConnectionOptions *options = pillion_soup_pool_get_options (self->shared->pool);

  if (!options->insecure && g_tls_connection_get_peer_certificate_errors (connection) != 0)
    self->failure = pillion_certificate_error_new (g_tls_connection_get_peer_certificate_errors (connection));
  else
    pillion_connection_options_check_key (options, g_tls_connection_get_peer_certificate (connection), &self->failure);

  if (self->failure != NULL)
    g_cancellable_cancel (self->cancellable);
}

static gboolean
accept_certificate (SoupMessage *message,
                    GTlsCertificate *certificate,
                    GTlsCertificateFlags errors,
                    gpointer data)
{
  PillionExchange *self = data;

  if (pillion_soup_pool_get_options (self->shared->pool)->insecure)
    return TRUE;
  self->certificate_errors = errors;

  return FALSE;
}

/* libsoup sends a request again as often as the server refuses the stream, and at once */
static void
restarted (SoupMessage *message,
           gpointer data)
{
  PillionExchange *self = data;

  if (++self->n_restarts <= MAX_RESTARTS || self->failure != NULL || self->cancellable == NULL)
    return;

  self->failure = g_error_new_literal (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED, "HTTP/2 Error: REFUSED_STREAM");
  g_cancellable_cancel (self->cancellable);
}

/* For bulk transfers, HTTP/2 is not offered to the server: libsoup's HTTP/2 has no back-pressure, and reads
 * everything into memory. libsoup 3.2 has no other way to insist on HTTP/1.1. (3.4 has
 * soup_message_set_force_http1 ().) */
static void
network_event (SoupMessage *message,
               GSocketClientEvent event,
               GIOStream *connection,
               gpointer data)
{
  static const char *const protocols[] = { "http/1.1", NULL };
  PillionExchange *self = data;

  if (event == G_SOCKET_CLIENT_CONNECTED)
    {
      self->connected = TRUE;
      if (self->limits_reads && G_IS_SOCKET_CONNECTION (connection))
        pillion_read_limit_apply (G_SOCKET_CONNECTION (connection));
      if (self->web_socket_wanted && G_IS_SOCKET_CONNECTION (connection))
        g_set_object (&self->socket, g_socket_connection_get_socket (G_SOCKET_CONNECTION (connection)));
    }
  else if (event == G_SOCKET_CLIENT_PROXY_NEGOTIATED)
    self->negotiating = FALSE;
  else if (event == G_SOCKET_CLIENT_PROXY_NEGOTIATING)
    {
      self->negotiating = TRUE;
      GTlsDatabase *database = pillion_soup_pool_get_options (self->shared->pool)->tls_database;

      if (database != NULL)
        pillion_tunnel_set_database (connection, database);
    }
  else if (event == G_SOCKET_CLIENT_TLS_HANDSHAKING && G_IS_TLS_CONNECTION (connection))
    {
      const PillionConnectionOptions *options = pillion_soup_pool_get_options (self->shared->pool);

      if (self->bulk)
        g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (connection), protocols);
      /* Before the handshake rather than when the server asks, so that no TLS session is resumed that began
       * with another certificate, or without one */
      if (options->certificate != NULL)
        g_tls_connection_set_certificate (G_TLS_CONNECTION (connection), options->certificate);
    }
  else if (event == G_SOCKET_CLIENT_TLS_HANDSHAKED && G_IS_TLS_CONNECTION (connection))
    check_peer (self, G_TLS_CONNECTION (connection));
  else if (event == G_SOCKET_CLIENT_COMPLETE)
    pillion_soup_connection_set_stream (self->connection, connection, pillion_soup.message_get_connection_id (message));
}

/* If libsoup 3.2 recognizes the value, it waits for "100 Continue" without a limit, and after any other
 * response it waits for one more, in a call that blocks. The space before the value hides it from libsoup,
 * but means nothing to servers (RFC 9112, section 5.1). */
static void
append_field (SoupMessageHeaders *headers,
              const char *name,
              const char *value)
{
  if (g_ascii_strcasecmp (name, "Expect") == 0)
    {
      g_autofree char *unnoticed = g_strconcat (" ", value, NULL);

      pillion_soup.message_headers_append (headers, name, unnoticed);
    }
  else
    {
      pillion_soup.message_headers_append (headers, name, value);
    }
}

PillionExchange *
pillion_soup_exchange_new (const PillionSoupShared *shared,
                           const PillionWireRequest *request,
                           const PillionExchangeFuncs *funcs,
                           gpointer data)
{
  static const PillionSoupReaderFuncs reader_funcs = { refused, end };
  static const PillionSoupRequestBodyFuncs body_funcs = { wrote, body_over };
  PillionExchange *self = g_new0 (PillionExchange, 1);
  gboolean tls = strcmp (g_uri_get_scheme (request->uri), "https") == 0;
  SoupMessageFlags flags = SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_COLLECT_METRICS;
  SoupMessageHeaders *headers;

  self->shared = shared;
  self->funcs = funcs;
  self->data = data;
  pillion_soup_reader_init (&self->reader, self->shared->context, self->shared->turns, self->shared->buffer, funcs, data,
                            &reader_funcs, self);
  pillion_soup_reader_note (&self->reader);
  /* Without TLS there is no HTTP/2 */
  self->web_socket_wanted = request->web_socket;
  self->max_refusal = request->max_refusal;
  self->is_rest = request->is_rest;
  self->is_fed = request->body != NULL && !G_IS_MEMORY_INPUT_STREAM (request->body);
  self->bulk = tls && !request->web_socket && (request->only_http1 || self->is_fed ||
                       (request->bulk && !g_hash_table_contains (self->shared->http2_only, request->origin)));

  self->message = pillion_soup.message_new_from_uri (request->method, request->uri);
  self->status_handler = g_signal_connect (self->message, "notify::status-code", G_CALLBACK (status_known), self);
  /* Before the fields, because it takes Content-Type away */
  pillion_soup_request_body_init (&self->request_body, request, self->message, self->shared->context, &body_funcs, self);
  headers = pillion_soup.message_get_request_headers (self->message);
  for (const char *const *field = request->fields; *field != NULL; field += 2)
    append_field (headers, field[0], field[1]);

  if (tls)
    {
      self->certificate_handler = g_signal_connect (self->message, "accept-certificate", G_CALLBACK (accept_certificate), self);
      self->restart_handler = g_signal_connect (self->message, "restarted", G_CALLBACK (restarted), self);
    }

  self->limits_reads = tls || (request->proxy != NULL && pillion_proxy_tunnels (request->proxy, request->uri, request->web_socket));
  if (self->bulk && !request->only_http1 && !request->web_socket)
    self->origin = g_strdup (request->origin);
  if (request->proxy != NULL)
    {
      self->proxy = pillion_proxy_ref (request->proxy);
      self->passed_on = pillion_proxy_passes_on (request->proxy, request->uri, request->web_socket);
      self->gio_proxy = pillion_proxy_make_gio_uri (request->proxy, request->uri, request->web_socket, request->proxy_authorization);
    }
  take_connection (self, request->origin, request->web_socket);

  /* libsoup opens a new connection for each request that must not be sent twice, in case the server is just
   * closing the old one. This flag prevents that; it does not make libsoup send a request twice. */
  if (pillion_soup_connection_is_fresh (self->connection))
    flags |= SOUP_MESSAGE_IDEMPOTENT;
  /* Redirects are left to the caller, because they lead to other hosts with limits of their own */
  pillion_soup.message_set_flags (self->message, flags);

  /* Only new connections have events, but one that was kept may turn out to be closed */
  if (tls || request->body != NULL || request->web_socket || request->proxy != NULL || !pillion_soup_connection_has_stream (self->connection))
    self->network_handler = g_signal_connect (self->message, "network-event", G_CALLBACK (network_event), self);

  send_message (self);

  return self;
}

void
pillion_soup_exchange_abort (PillionExchange *self)
{
  if (self->aborted)
    return;

  self->aborted = TRUE;
  pillion_soup_request_body_stop (&self->request_body);
  if (self->web_socket != NULL)
    close_web_socket (self);
  else if (self->stream != NULL)
    break_off (self);
  else
    {
      limit_leaving (self);
      g_cancellable_cancel (self->cancellable);
    }
}

void
pillion_soup_exchange_resume (PillionExchange *self)
{
  if (!self->aborted)
    pillion_soup_reader_resume (&self->reader);
}

void
pillion_soup_exchange_set_lasting (PillionExchange *self)
{
  pillion_soup_pool_set_lasting (self->shared->pool, self->connection);
}

PillionExchangeState
pillion_soup_exchange_get_state (PillionExchange *self)
{
  SoupMessageMetrics *metrics = pillion_soup.message_get_metrics (self->message);
  gint64 sending = (gint64) pillion_soup.message_metrics_get_request_start (metrics);

  return (PillionExchangeState) {
    .connected = self->connected || sending > 0,
    .sending = sending,
    .sent = self->request_body.message == NULL ? sending : self->request_body.sent,
  };
}
