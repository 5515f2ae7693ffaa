/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-web-socket-sink.h"

#include <glib/gi18n-lib.h>

#include "http/pillion-call.h"
#include "http/pillion-http-web-socket-private.h"

typedef struct
{
  PillionSink parent;
  char *protocols;            /* or NULL */
  PillionWebSocketLink *link; /* NULL until the handshake is over */
} PillionWebSocketSink;

static PillionVerdict
web_socket_request (PillionSink *sink,
                    PillionFieldList *fields,
                    GError **error)
{
  PillionWebSocketSink *self = (PillionWebSocketSink *) sink;

  if (self->protocols != NULL)
    pillion_field_list_append (fields, "Sec-WebSocket-Protocol", self->protocols);

  return PILLION_VERDICT_PASS;
}

/* The stream belongs to the transport, which closes it */
static void
finish_call (gpointer call)
{
  pillion_call_finish (call);
}

static PillionVerdict
web_socket_head (PillionSink *sink,
                 const PillionHead *head,
                 GError **error)
{
  PillionWebSocketSink *self = (PillionWebSocketSink *) sink;
  PillionCall *call = sink->call;
  PillionHttpWebSocket *web_socket;

  if (head->status >= 300)
    return PILLION_VERDICT_REFUSED;
  if (head->stream == NULL)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_WEB_SOCKET, _("the server answered %u instead of opening a WebSocket"),
                   head->status);
      return PILLION_VERDICT_FAIL;
    }

  self->link = pillion_web_socket_link_new (call->engine, FALSE);
  pillion_web_socket_link_begin (self->link, head->stream, call->url, head->get_field (head, "Sec-WebSocket-Extensions"), finish_call,
                                 call);
  web_socket = pillion_http_web_socket_new (pillion_task_get_loop (call->task), self->link, pillion_call_make_response (call, head));
  pillion_private_task_take_object (pillion_call_take_task (call), web_socket);
  /* Soon, but not inside the transport */
  pillion_web_socket_link_resume (self->link);

  return PILLION_VERDICT_PASS;
}

static gboolean
web_socket_body (PillionSink *sink,
                 const guint8 *bytes,
                 gsize length,
                 GError **error)
{
  return TRUE;
}

static void
web_socket_fail (PillionSink *sink,
                 GError *error)
{
  PillionWebSocketSink *self = (PillionWebSocketSink *) sink;

  if (self->link != NULL)
    pillion_web_socket_link_fail (self->link, error);
  else
    pillion_call_finish_failure (sink->call, error);
}

/* A transport without WebSockets has answered, and web_socket_head () has refused that */
static void
web_socket_whole (PillionSink *sink)
{
  web_socket_fail (sink, g_error_new_literal (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_WEB_SOCKET, _("the server opened no WebSocket")));
}

static void
web_socket_free (PillionSink *sink)
{
  PillionWebSocketSink *self = (PillionWebSocketSink *) sink;

  g_clear_pointer (&self->link, pillion_web_socket_link_unref);
  g_free (self->protocols);
  g_free (self);
}

PillionSink *
pillion_web_socket_sink_new (const char *protocols)
{
  static const PillionSinkClass klass = {
    .web_socket = TRUE,
    .accept_encoding = "identity",
    .request = web_socket_request,
    .head = web_socket_head,
    .body = web_socket_body,
    .whole = web_socket_whole,
    .fail = web_socket_fail,
    .free = web_socket_free,
  };
  PillionWebSocketSink *self = g_new0 (PillionWebSocketSink, 1);

  self->parent.klass = &klass;
  self->protocols = g_strdup (protocols);

  return &self->parent;
}
