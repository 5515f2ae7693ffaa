/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <gio/gio.h>

#include <pillion-http/pillion-http-version.h>

G_BEGIN_DECLS

#define PILLION_HTTP_TYPE_WEB_SOCKET_MESSAGE (pillion_http_web_socket_message_get_type ())

typedef struct _PillionHttpWebSocketMessage PillionHttpWebSocketMessage;

/**
 * PillionHttpWebSocketMessage:
 * @text: (nullable): the text, in UTF-8, or %NULL if the message is binary. It ends at the first NUL.
 * @data: the bytes of the message, of a text too
 *
 * A message of a WebSocket: what [method@PillionHttp.WebSocket.receive] results in.
 *
 * Since: 1.0
 */
struct _PillionHttpWebSocketMessage
{
  char *text;
  GBytes *data;
};

PILLION_HTTP_AVAILABLE_IN_1_0
GType                        pillion_http_web_socket_message_get_type (void);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpWebSocketMessage *pillion_http_web_socket_message_copy     (const PillionHttpWebSocketMessage *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                         pillion_http_web_socket_message_free     (PillionHttpWebSocketMessage       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PillionHttpWebSocketMessage, pillion_http_web_socket_message_free)

G_END_DECLS
