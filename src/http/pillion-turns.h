/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* Decides how much each reader reads before others get their turn. A reader that has read much is large, and
 * must not keep small ones waiting: a small one takes several iterations of the context, and would wait for
 * every large one in each of them. So while small ones are active, large ones read little, and only one in an
 * iteration. It belongs to the thread of the context. */
typedef struct _PillionTurns PillionTurns;

/* Embedded in the reader. Starts as all zero. */
typedef struct
{
  GList link;
  gboolean waiting;
  gsize n_read; /* altogether; the reader adds to it */
} PillionTurn;

/* @run is called with the owner of each turn that has come, and reads */
PillionTurns *pillion_turns_new      (GMainContext *context,
                                      void        (*run) (gpointer owner));

/* No turn is waiting */
void          pillion_turns_free     (PillionTurns *self);

/* Notes that the owner of @turn is active */
void          pillion_turns_note     (PillionTurns *self,
                                      PillionTurn  *turn);

/* Whether it has to wait for its turn even if the others have had theirs. */
gboolean      pillion_turns_is_short (PillionTurns *self,
                                      PillionTurn  *turn);

/* How many bytes to read in a turn */
gsize         pillion_turns_get_size (PillionTurns *self,
                                      PillionTurn  *turn);

/* Waits for the next turn, in another iteration of the context */
void          pillion_turns_wait     (PillionTurns *self,
                                      PillionTurn  *turn,
                                      gpointer      owner);

/* Does not wait any more */
void          pillion_turns_leave    (PillionTurns *self,
                                      PillionTurn  *turn);
