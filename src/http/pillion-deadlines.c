/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-deadlines.h"

/* From when on the thread was held up, in µs */
#define LATE_USEC 20000

struct _PillionDeadlines
{
  PillionTimerHeap heap;
  GSource *source;
};

static gboolean
on_due (gpointer data)
{
  PillionDeadlines *self = data;
  gint64 now = g_get_monotonic_time ();
  PillionTimer *timer;

  while ((timer = pillion_private_timer_heap_pop (&self->heap, now)) != NULL)
    {
      PillionDeadline *deadline = (PillionDeadline *) timer;
      gint64 due;

      /* What was waited for may be here, and was only not looked at: the sockets come first, once */
      if (now - timer->due > LATE_USEC && timer->due > 0 && !deadline->deferred)
        {
          deadline->deferred = TRUE;
          pillion_private_timer_heap_add (&self->heap, timer, now + 1);
          continue;
        }

      deadline->deferred = FALSE;
      due = deadline->func (deadline->data, now);
      if (due != PILLION_DEADLINE_NEVER)
        pillion_private_timer_heap_add (&self->heap, timer, MAX (due, now + 1));
    }

  timer = pillion_timer_heap_peek (&self->heap);
  g_source_set_ready_time (self->source, timer != NULL ? timer->due : -1);

  return G_SOURCE_CONTINUE;
}

static gboolean
dispatch (GSource *source,
          GSourceFunc callback,
          gpointer data)
{
  return callback (data);
}

static GSourceFuncs source_funcs = {
  .dispatch = dispatch,
};

PillionDeadlines *
pillion_deadlines_new (GMainContext *context)
{
  PillionDeadlines *self = g_new0 (PillionDeadlines, 1);

  pillion_private_timer_heap_init (&self->heap);
  self->source = g_source_new (&source_funcs, sizeof (GSource));
  g_source_set_static_name (self->source, "pillion deadlines");
  g_source_set_callback (self->source, on_due, self, NULL);
  g_source_attach (self->source, context);

  return self;
}

void
pillion_deadlines_free (PillionDeadlines *self)
{
  g_source_destroy (self->source);
  g_source_unref (self->source);
  pillion_private_timer_heap_clear (&self->heap);
  g_free (self);
}

void
pillion_deadlines_set (PillionDeadlines *self,
                       PillionDeadline *deadline,
                       gint64 due,
                       PillionDeadlineFunc func,
                       gpointer data)
{
  gint64 next = g_source_get_ready_time (self->source);

  deadline->func = func;
  deadline->deferred = FALSE;
  deadline->data = data;
  pillion_private_timer_heap_remove (&self->heap, &deadline->timer);
  pillion_private_timer_heap_add (&self->heap, &deadline->timer, due);

  /* A source that is due too early costs one look in vain, setting it costs a system call */
  if (next < 0 || next > due)
    g_source_set_ready_time (self->source, due);
}

void
pillion_deadlines_unset (PillionDeadlines *self,
                         PillionDeadline *deadline)
{
  pillion_private_timer_heap_remove (&self->heap, &deadline->timer);
}

void
pillion_deadlines_look_again (PillionDeadlines *self)
{
  g_autoptr (GPtrArray) timers = g_ptr_array_new ();
  PillionTimer *timer;

  while ((timer = pillion_private_timer_heap_pop (&self->heap, G_MAXINT64)) != NULL)
    g_ptr_array_add (timers, timer);
  for (guint i = 0; i < timers->len; i++)
    pillion_private_timer_heap_add (&self->heap, timers->pdata[i], 0);

  if (timers->len > 0)
    g_source_set_ready_time (self->source, 0);
}
