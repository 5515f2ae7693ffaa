/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

/* Messages of a WebSocket that have arrived and were not taken yet, between the I/O thread, which adds them,
 * and the loop's thread, which takes them. References may be taken and dropped on any thread. */
typedef struct _PillionWebSocketInbox PillionWebSocketInbox;

PillionWebSocketInbox *pillion_web_socket_inbox_new        (void);
PillionWebSocketInbox *pillion_web_socket_inbox_ref        (PillionWebSocketInbox *self);
void                   pillion_web_socket_inbox_unref      (PillionWebSocketInbox *self);

/* On the I/O thread */

/* Whether more may be added. FALSE: pillion_web_socket_inbox_take () will ask for more. */
gboolean               pillion_web_socket_inbox_has_room   (PillionWebSocketInbox *self);

/* Takes the message */
void                   pillion_web_socket_inbox_add        (PillionWebSocketInbox       *self,
                                                            PillionHttpWebSocketMessage *message);

/* No more messages follow, because the other side has closed, or because of @error (transfer full) */
void                   pillion_web_socket_inbox_end        (PillionWebSocketInbox *self,
                                                            GError                *error);

/* On the loop's thread */

/* Gives @task the next message, NULL at the end, or the error. Returns FALSE if it has to wait. Sets
 * @wants_more if the I/O thread has stopped adding, and has to be told that there is room again. */
gboolean               pillion_web_socket_inbox_take       (PillionWebSocketInbox *self,
                                                            PillionTask           *task,
                                                            gboolean              *wants_more);

/* Has @task return what would be taken, as soon as there is something. Returns FALSE if there is something
 * already. Only one task can wait. */
gboolean               pillion_web_socket_inbox_wait       (PillionWebSocketInbox *self,
                                                            PillionTask           *task);
gboolean               pillion_web_socket_inbox_is_waiting (PillionWebSocketInbox *self);

/* Puts back (transfer full) what was taken last. A waiting task gets it. */
void                   pillion_web_socket_inbox_put_back   (PillionWebSocketInbox       *self,
                                                            PillionHttpWebSocketMessage *message);

/* Drops all messages, now and later */
void                   pillion_web_socket_inbox_close      (PillionWebSocketInbox *self);

/* On any thread: @task is no longer wanted. Returns FALSE if it is not waiting: then it has an outcome, or is
 * about to get one. */
gboolean               pillion_web_socket_inbox_forget     (PillionWebSocketInbox *self,
                                                            PillionTask           *task);
