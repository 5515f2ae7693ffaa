/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "base/pillion-timer-heap.h"

void
pillion_timer_heap_init (PillionTimerHeap *self)
{
  self->timers = g_ptr_array_new ();
  self->next_order = 0;
}

void
pillion_timer_heap_clear (PillionTimerHeap *self)
{
  g_clear_pointer (&self->timers, g_ptr_array_unref);
}

static inline gboolean
is_earlier (const PillionTimer *a,
            const PillionTimer *b)
{
  return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static inline void
place (PillionTimerHeap *self,
       guint index,
       PillionTimer *timer)
{
  self->timers->pdata[index] = timer;
  timer->index = index + 1;
}

static void
sift_up (PillionTimerHeap *self,
         guint index,
         PillionTimer *timer)
{
  while (index > 0)
    {
      guint parent = (index - 1) / 2;

      if (!is_earlier (timer, self->timers->pdata[parent]))
        break;
      place (self, index, self->timers->pdata[parent]);
      index = parent;
    }
  place (self, index, timer);
}

static void
sift_down (PillionTimerHeap *self,
           guint index,
           PillionTimer *timer)
{
  guint n = self->timers->len;

  for (;;)
    {
      guint child = 2 * index + 1;

      if (child >= n)
        break;
      if (child + 1 < n && is_earlier (self->timers->pdata[child + 1], self->timers->pdata[child]))
        child++;
      if (!is_earlier (self->timers->pdata[child], timer))
        break;
      place (self, index, self->timers->pdata[child]);
      index = child;
    }
  place (self, index, timer);
}

void
pillion_timer_heap_add (PillionTimerHeap *self,
                        PillionTimer *timer,
                        gint64 due)
{
  g_assert (timer->index == 0);

  timer->due = due;
  timer->order = self->next_order++;
  g_ptr_array_add (self->timers, timer);
  sift_up (self, self->timers->len - 1, timer);
}

void
pillion_timer_heap_remove (PillionTimerHeap *self,
                           PillionTimer *timer)
{
  guint index = timer->index - 1;
  PillionTimer *last;

  if (timer->index == 0)
    return;

  timer->index = 0;
  last = g_ptr_array_steal_index (self->timers, self->timers->len - 1);
  if (last == timer)
    return;

  if (index > 0 && is_earlier (last, self->timers->pdata[(index - 1) / 2]))
    sift_up (self, index, last);
  else
    sift_down (self, index, last);
}

/* Removes and returns the earliest timer, if it is due at @now */
PillionTimer *
pillion_timer_heap_pop (PillionTimerHeap *self,
                        gint64 now)
{
  PillionTimer *timer = pillion_timer_heap_peek (self);

  if (timer == NULL || timer->due > now)
    return NULL;

  pillion_timer_heap_remove (self, timer);
  return timer;
}

void
pillion_timer_heap_shift (PillionTimerHeap *self,
                          gint64 change)
{
  for (guint i = 0; i < self->timers->len; i++)
    {
      PillionTimer *timer = self->timers->pdata[i];

      /* A timer at the end of time stays there */
      if (change > 0 && timer->due > G_MAXINT64 - change)
        timer->due = G_MAXINT64;
      else if (timer->due != G_MAXINT64)
        timer->due += change;
    }
}
