/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "base/pillion-item.h"

typedef struct _PillionTimer PillionTimer;

/* A timer waits in the heap until it is due; then its item is ready. It is embedded in what it belongs to. */
struct _PillionTimer
{
  PillionItem item;
  gint64 due;
  guint64 order;
  guint index; /* its place in the heap, counted from 1; 0 if it is not in the heap */
};

typedef struct
{
  GPtrArray *timers;
  guint64 next_order;
} PillionTimerHeap;

void          pillion_timer_heap_init   (PillionTimerHeap *self);
void          pillion_timer_heap_clear  (PillionTimerHeap *self);
void          pillion_timer_heap_add    (PillionTimerHeap *self,
                                         PillionTimer     *timer,
                                         gint64            due);
void          pillion_timer_heap_remove (PillionTimerHeap *self,
                                         PillionTimer     *timer);
PillionTimer *pillion_timer_heap_pop    (PillionTimerHeap *self,
                                         gint64            now);

/* Moves all of them by @change, which keeps their order */
void          pillion_timer_heap_shift  (PillionTimerHeap *self,
                                         gint64            change);

static inline PillionTimer *
pillion_timer_heap_peek (PillionTimerHeap *self)
{
  return self->timers->len > 0 ? self->timers->pdata[0] : NULL;
}
