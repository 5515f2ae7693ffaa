/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-deadlines.h"

/* The delay from which on the thread counts as held up, in µs */
#define LATE_USEC 20000

struct _PillionDeadlines
{
  PillionTimerHeap heap;
  gint64 next;       /* when they are checked, or -1 */

  GSource *source;   /* NULL if the clock is a loop's */
  PillionLoop *loop; /* NULL if there is a source; alive while there are deadlines */
  guint call;        /* its number there, or 0 */
};

static void on_call_due (gpointer data);

static gint64
get_now (PillionDeadlines *self)
{
  return self->loop != NULL ? pillion_loop_get_now (self->loop) : g_get_monotonic_time ();
}

static void
look_at (PillionDeadlines *self,
         gint64 next)
{
  self->next = next;
  if (self->source != NULL)
    {
      g_source_set_ready_time (self->source, next);
      return;
    }

  if (self->call != 0)
    pillion_loop_cancel_call (self->loop, self->call);
  self->call = next >= 0 ? pillion_loop_call_later (self->loop, next - get_now (self), on_call_due, self, NULL) : 0;
}

static void
look (PillionDeadlines *self)
{
  gint64 now = get_now (self);
  PillionTimer *timer;

  while ((timer = pillion_private_timer_heap_pop (&self->heap, now)) != NULL)
    {
      PillionDeadline *deadline = (PillionDeadline *) timer;
      gint64 due;

      /* What was waited for may have arrived unnoticed, so the sockets come first, once */
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
  look_at (self, timer != NULL ? timer->due : -1);
}

static gboolean
on_due (gpointer data)
{
  look (data);

  return G_SOURCE_CONTINUE;
}

static void
on_call_due (gpointer data)
{
  PillionDeadlines *self = data;

  self->call = 0;
  look (self);
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
  self->next = -1;
  self->source = g_source_new (&source_funcs, sizeof (GSource));
  g_source_set_static_name (self->source, "pillion deadlines");
  g_source_set_callback (self->source, on_due, self, NULL);
  g_source_attach (self->source, context);

  return self;
}

PillionDeadlines *
pillion_deadlines_new_in_loop (PillionLoop *loop)
{
  PillionDeadlines *self = g_new0 (PillionDeadlines, 1);

  pillion_private_timer_heap_init (&self->heap);
  self->next = -1;
  self->loop = loop;

  return self;
}

void
pillion_deadlines_free (PillionDeadlines *self)
{
  if (self->source != NULL)
    {
      g_source_destroy (self->source);
      g_source_unref (self->source);
    }
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
  deadline->func = func;
  deadline->deferred = FALSE;
  deadline->data = data;
  pillion_private_timer_heap_remove (&self->heap, &deadline->timer);
  pillion_private_timer_heap_add (&self->heap, &deadline->timer, due);

  /* A source that is due too early costs one useless check; setting it costs a system call */
  if (self->next < 0 || self->next > due)
    look_at (self, due);
}

void
pillion_deadlines_unset (PillionDeadlines *self,
                         PillionDeadline *deadline)
{
  pillion_private_timer_heap_remove (&self->heap, &deadline->timer);

  /* A call that a loop is to make keeps it alive */
  if (self->call != 0 && pillion_timer_heap_peek (&self->heap) == NULL)
    look_at (self, -1);
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
    look_at (self, 0);
}
