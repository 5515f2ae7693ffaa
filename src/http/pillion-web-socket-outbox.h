/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-web-socket-frames.h"

/* A message of a WebSocket that is to be sent */
typedef struct
{
  PillionWebSocketOpcode opcode;
  GBytes *bytes;
  PillionTask *task; /* no reference: the loop keeps it as long as it is pending. NULL if nobody waits. */
  gsize position;    /* how many bytes became frames; the I/O thread's */
} PillionWebSocketOutgoing;

/* What a WebSocket has to send and who waits for it to be sent or closed, between the loop's thread, which
 * adds messages, and the I/O thread, which sends them. Embedded. */
typedef struct
{
  GMutex lock; /* for all of it, but the I/O thread may read what only it writes */
  GQueue messages;
  gsize n_bytes; /* of these and the current one */
  PillionWebSocketOutgoing *current; /* the message that is being sent, or NULL; the I/O thread's, except for its task */
  gboolean posted;  /* the I/O thread has been told to look */
  gboolean closing; /* the program has asked for it */
  GQueue closers;   /* pending tasks, without references */
  gboolean ended;
  guint close_code;
  char *close_reason;
  char *problem; /* why it had to be closed, or NULL */
} PillionWebSocketOutbox;

void     pillion_web_socket_outbox_init             (PillionWebSocketOutbox *self);

/* It has ended */
void     pillion_web_socket_outbox_clear            (PillionWebSocketOutbox *self);

/* On the loop's thread */

/* Adds a message. @task, which is pending, returns TRUE when it was sent, or fails. Returns whether the I/O
 * thread has to be told. */
gboolean pillion_web_socket_outbox_add              (PillionWebSocketOutbox *self,
                                                     PillionWebSocketOpcode  opcode,
                                                     GBytes                 *bytes,
                                                     PillionTask            *task);

/* Adds a close frame, and takes no messages after it. @task, which is pending or NULL, returns TRUE at the end.
 * Returns whether the I/O thread has to be told. */
gboolean pillion_web_socket_outbox_close            (PillionWebSocketOutbox *self,
                                                     guint                   code,
                                                     const char             *reason,
                                                     PillionTask            *task);

/* Whether the program has asked to close. On any thread. */
gboolean pillion_web_socket_outbox_is_closing       (PillionWebSocketOutbox *self);

/* Those of the end, or 0 and NULL before */
guint    pillion_web_socket_outbox_get_close_code   (PillionWebSocketOutbox *self);
char    *pillion_web_socket_outbox_dup_close_reason (PillionWebSocketOutbox *self);

/* On the I/O thread */

/* Notes that the thread was told to look. Returns whether the program has asked to close. */
gboolean pillion_web_socket_outbox_look             (PillionWebSocketOutbox *self);

/* Makes the next message the current one, unless there is one. Returns FALSE if there is none to send. */
gboolean pillion_web_socket_outbox_next             (PillionWebSocketOutbox *self);

/* The socket has taken the current message */
void     pillion_web_socket_outbox_sent             (PillionWebSocketOutbox *self);

/* Nothing more is sent: the tasks get their outcome. @problem, or NULL, is what errors say from now on. Only the first call counts; returns
 * whether this is it. */
gboolean pillion_web_socket_outbox_end              (PillionWebSocketOutbox *self,
                                                     guint                   code,
                                                     const char             *reason,
                                                     const char             *problem);

/* On any thread: @task is no longer wanted. Returns FALSE if it has an outcome, or is about to get one. A
 * message is not sent if nothing of it was sent yet. */
gboolean pillion_web_socket_outbox_forget           (PillionWebSocketOutbox *self,
                                                     PillionTask            *task);
