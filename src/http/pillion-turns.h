/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* Who reads how much before the others do. What has read much is large, and must not keep small ones waiting: one of these takes several
 * iterations of the context, in each of which it would wait for every large one. So while something small goes on, the large ones read
 * little, and only one of them in an iteration. It belongs to the thread of the context. */
typedef struct _PillionTurns PillionTurns;

/* Embedded in what reads; all zero at first */
typedef struct
{
  GList link;
  gboolean waiting;
  gsize n_read; /* in all; whoever reads adds to it */
} PillionTurn;

/* @run is called with the owner of a turn that has come, in which it reads */
PillionTurns *pillion_turns_new      (GMainContext *context,
                                      void        (*run) (gpointer owner));

/* No turn is waiting */
void          pillion_turns_free     (PillionTurns *self);

/* Something happens to the owner of @turn */
void          pillion_turns_note     (PillionTurns *self,
                                      PillionTurn  *turn);

/* Whether it has to wait for its turn even if the others have had theirs */
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
