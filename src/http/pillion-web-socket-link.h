/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-http-engine.h"
#include "http/pillion-web-socket-frames.h"
#include "http/pillion-web-socket-inbox.h"

/* The connection of a WebSocket: what it sends and receives, on the I/O thread, and what the loop's thread asks of it. References may be taken
 * and dropped on any thread. */
typedef struct _PillionWebSocketLink PillionWebSocketLink;

/* The connection is over, one way or another, and nothing of it is used any more. On the I/O thread. */
typedef void (*PillionWebSocketEndFunc) (gpointer data);

/* @server: whether it is the end of the server */
PillionWebSocketLink  *pillion_web_socket_link_new               (PillionHttpEngine    *engine,
                                                                  gboolean              server);
PillionWebSocketLink  *pillion_web_socket_link_ref               (PillionWebSocketLink *self);
void                   pillion_web_socket_link_unref             (PillionWebSocketLink *self);

/* On the I/O thread */

/* The handshake is over. @stream and @url have to live until @end is called. @extensions: what was negotiated, or
 * NULL. Nothing is sent or received before pillion_web_socket_link_resume (). */
void                   pillion_web_socket_link_begin             (PillionWebSocketLink    *self,
                                                                  GIOStream               *stream,
                                                                  const char              *url,
                                                                  const char              *extensions,
                                                                  PillionWebSocketEndFunc  end,
                                                                  gpointer                 data);

/* The connection failed with @error (transfer full), or was never made */
void                   pillion_web_socket_link_fail              (PillionWebSocketLink *self,
                                                                  GError               *error);

/* On the loop's thread */

PillionWebSocketInbox *pillion_web_socket_link_get_inbox         (PillionWebSocketLink *self);

/* Begins to send and receive, or goes on because there is room in the inbox again. On any thread. */
void                   pillion_web_socket_link_resume            (PillionWebSocketLink *self);

/* Sends a message. @task, which is pending, returns TRUE once the socket has taken it, or fails. */
void                   pillion_web_socket_link_send              (PillionWebSocketLink   *self,
                                                                  PillionWebSocketOpcode  opcode,
                                                                  GBytes                 *bytes,
                                                                  PillionTask            *task);

/* Closes after everything is sent. @task, which is pending or NULL, returns TRUE when that is done, one way or
 * another. */
void                   pillion_web_socket_link_close             (PillionWebSocketLink *self,
                                                                  guint                 code,
                                                                  const char           *reason,
                                                                  PillionTask          *task);

/* Nobody is interested any more */
void                   pillion_web_socket_link_leave             (PillionWebSocketLink *self);

/* 0 while it is open */
guint                  pillion_web_socket_link_get_close_code    (PillionWebSocketLink *self);
char                  *pillion_web_socket_link_dup_close_reason  (PillionWebSocketLink *self);

void                   pillion_web_socket_link_set_max_size      (PillionWebSocketLink *self,
                                                                  gint64                max);
void                   pillion_web_socket_link_set_ping_interval (PillionWebSocketLink *self,
                                                                  GTimeSpan             interval);

/* Whether pings are left unanswered */
void                   pillion_web_socket_link_set_mute          (PillionWebSocketLink *self,
                                                                  gboolean              mute);

/* Whether a virtual clock has to wait for the other side */
gboolean               pillion_web_socket_link_is_external       (PillionWebSocketLink *self);

/* On any thread: @task is no longer wanted. Returns FALSE if it has an outcome, or is about to get one. A
 * message is not sent if nothing of it was sent yet. */
gboolean               pillion_web_socket_link_forget            (PillionWebSocketLink *self,
                                                                  PillionTask          *task);
