/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-call.h"
#include "http/pillion-web-socket-frames.h"
#include "http/pillion-web-socket-inbox.h"

/* The connection of a WebSocket: what it sends and receives, on the I/O thread, and what the loop's thread asks of it. References may be taken
 * and dropped on any thread. */
typedef struct _PillionWebSocketLink PillionWebSocketLink;

PillionWebSocketLink  *pillion_web_socket_link_new               (PillionHttpEngine    *engine);
PillionWebSocketLink  *pillion_web_socket_link_ref               (PillionWebSocketLink *self);
void                   pillion_web_socket_link_unref             (PillionWebSocketLink *self);

/* On the I/O thread */

/* The handshake is over. @stream belongs to the transport, and lives until the call is finished, which the
 * link does at the end. @extensions: what was negotiated, or NULL. */
void                   pillion_web_socket_link_begin             (PillionWebSocketLink *self,
                                                                  PillionCall          *call,
                                                                  GIOStream            *stream,
                                                                  const char           *extensions);

/* The call failed with @error (transfer full) for a reason of its own, and has to be finished */
void                   pillion_web_socket_link_fail              (PillionWebSocketLink *self,
                                                                  GError               *error);

/* On the loop's thread */

PillionWebSocketInbox *pillion_web_socket_link_get_inbox         (PillionWebSocketLink *self);

/* There is room in the inbox again */
void                   pillion_web_socket_link_resume            (PillionWebSocketLink *self);

/* Sends a message. @task, which is pending, returns TRUE once the socket has taken it, or fails. */
void                   pillion_web_socket_link_send              (PillionWebSocketLink   *self,
                                                                  PillionWebSocketOpcode  opcode,
                                                                  GBytes                 *bytes,
                                                                  PillionTask            *task);

/* Closes after everything is sent. @task, which is pending, returns TRUE when that is done, one way or
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

/* On any thread: @task is no longer wanted. Returns FALSE if it has an outcome, or is about to get one. A
 * message is not sent if nothing of it was sent yet. */
gboolean               pillion_web_socket_link_forget            (PillionWebSocketLink *self,
                                                                  PillionTask          *task);
