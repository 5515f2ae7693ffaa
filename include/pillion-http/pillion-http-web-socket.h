/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <pillion/pillion.h>

#include <pillion-http/pillion-http-response.h>
#include <pillion-http/pillion-http-version.h>
#include <pillion-http/pillion-http-web-socket-message.h>

G_BEGIN_DECLS

#define PILLION_HTTP_TYPE_WEB_SOCKET (pillion_http_web_socket_get_type ())
PILLION_HTTP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionHttpWebSocket, pillion_http_web_socket, PILLION_HTTP, WEB_SOCKET, GObject)

PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpResponse *pillion_http_web_socket_get_response           (PillionHttpWebSocket *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char          *pillion_http_web_socket_get_protocol           (PillionHttpWebSocket *self);

PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask         *pillion_http_web_socket_send_text              (PillionHttpWebSocket *self,
                                                                     const char           *text,
                                                                     GCancellable         *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask         *pillion_http_web_socket_send_bytes             (PillionHttpWebSocket *self,
                                                                     GBytes               *bytes,
                                                                     GCancellable         *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask         *pillion_http_web_socket_receive                (PillionHttpWebSocket *self,
                                                                     GCancellable         *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask         *pillion_http_web_socket_close                  (PillionHttpWebSocket *self,
                                                                     guint                 code,
                                                                     const char           *reason,
                                                                     GCancellable         *cancellable);

PILLION_HTTP_AVAILABLE_IN_1_0
guint                pillion_http_web_socket_get_close_code         (PillionHttpWebSocket *self);
PILLION_HTTP_AVAILABLE_IN_1_0
char                *pillion_http_web_socket_dup_close_reason       (PillionHttpWebSocket *self);
PILLION_HTTP_AVAILABLE_IN_1_0
gint64               pillion_http_web_socket_get_max_message_size   (PillionHttpWebSocket *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                 pillion_http_web_socket_set_max_message_size   (PillionHttpWebSocket *self,
                                                                     gint64                max);
PILLION_HTTP_AVAILABLE_IN_1_0
GTimeSpan            pillion_http_web_socket_get_ping_interval_usec (PillionHttpWebSocket *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                 pillion_http_web_socket_set_ping_interval_usec (PillionHttpWebSocket *self,
                                                                     GTimeSpan             interval);

G_END_DECLS
