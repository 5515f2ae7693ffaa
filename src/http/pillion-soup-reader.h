/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-soup-body.h"
#include "http/pillion-transport.h"
#include "http/pillion-turns.h"

/* How many bytes are passed on at once, unless the receiver has room for more */
#define PILLION_SOUP_READER_BUFFER_SIZE (256 * 1024)

/* Reads the body of a response: as much as the receiver gives credit for, in turns with other readers */
typedef struct
{
  /* The receiver wants no more. The reader must not be freed in here. */
  void (*refused) (gpointer data);

  /* The body is whole, or can't be read (transfer full). Nothing more is called, and the reader can be freed. */
  void (*end)     (gpointer data,
                   GError  *error);
} PillionSoupReaderFuncs;

/* Embedded */
typedef struct
{
  const PillionSoupReaderFuncs *funcs;
  gpointer data;
  const PillionExchangeFuncs *receiver;
  gpointer receiver_data;
  GMainContext *context;
  PillionTurns *turns;
  guint8 *buffer;
  PillionSoupBody body;
  PillionTurn turn;
  GSource *source;  /* not while it waits for its turn */
  gint64 received;  /* bytes */
  gboolean reading; /* in the middle of a turn */
  gboolean resumed; /* meanwhile */
  gboolean paused;  /* without credit, and without a source */
} PillionSoupReader;

/* @turns: made with pillion_soup_reader_run_turn (). @buffer: of PILLION_SOUP_READER_BUFFER_SIZE bytes, for
 * all readers of a thread. @receiver: of its functions only room () and body () are called. */
void     pillion_soup_reader_init     (PillionSoupReader            *self,
                                       GMainContext                 *context,
                                       PillionTurns                 *turns,
                                       guint8                       *buffer,
                                       const PillionExchangeFuncs   *receiver,
                                       gpointer                      receiver_data,
                                       const PillionSoupReaderFuncs *funcs,
                                       gpointer                      data);

/* Says that the exchange is active, before it has a body too (pillion_turns_note ()) */
void     pillion_soup_reader_note     (PillionSoupReader            *self);

/* Reads for one turn, and then waits for its next turn, for the server or for credit, whichever it needs.
 * @self->body has been initialised. */
void     pillion_soup_reader_read     (PillionSoupReader            *self);

/* There may be credit again. Can be called by the receiver's functions. */
void     pillion_soup_reader_resume   (PillionSoupReader            *self);

/* Reads and drops what is here already. Returns whether that is the whole rest of the body. */
gboolean pillion_soup_reader_drain    (PillionSoupReader            *self);

/* Waits for nothing more. Has to be called before the reader is freed. */
void     pillion_soup_reader_stop     (PillionSoupReader            *self);

/* The function for pillion_turns_new () */
void     pillion_soup_reader_run_turn (gpointer                      self);
