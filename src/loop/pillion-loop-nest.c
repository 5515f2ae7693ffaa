/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-loop-private.h"

/* Kicks inside a callback: the callback opened one of the host's loops, such as that of a dialog, and that
 * loop ticks.
 *
 * Such a kick continues with whatever is ready. Nothing is entered twice: the item on the stack was taken off
 * the queue before it ran, the context does not dispatch a source inside itself, and a fiber on the stack is
 * not parked, so nothing can resume it. */

/* How many kicks, waits and calls of poll sources may be on the stack */
#define MAX_DEPTH 64

/* Whether callbacks may be called now: not in a region that forbids it, and not inside others if nesting is
 * off or too deep */
gboolean
pillion_loop_may_call (PillionLoop *self)
{
  guint depth = self->core.depth + self->n_steps;

  return self->core.n_barred == 0 && (depth == 0 || (self->allow_nesting && depth < MAX_DEPTH));
}

/* Whether a kick would do anything. If not, nothing may ask for one, or the host would spin. */
gboolean
pillion_loop_may_kick (PillionLoop *self)
{
  return !self->core.closed && !self->stopped && pillion_loop_may_call (self);
}

static void
bring_later (PillionCore *core)
{
  PillionItem *item;

  while ((item = pillion_ready_queue_pop (&core->later)) != NULL)
    pillion_ready_queue_push (&core->ready, item);
}

static void
note_inside (PillionLoop *self)
{
  self->inside_end = g_get_monotonic_time ();
  if (self->inside_start == 0)
    self->inside_start = self->inside_end;
}

/* A main loop inside a callback is about to sleep: from now on, wake it */
void
pillion_loop_look_inside (PillionLoop *self)
{
  bring_later (&self->core);
  note_inside (self);
  /* The flag first; the caller then checks what is ready: a thread that brings work after the check wakes the
   * host */
  if (__atomic_load_n (&self->core.rung, __ATOMIC_RELAXED))
    __atomic_store_n (&self->core.rung, FALSE, __ATOMIC_SEQ_CST);
}

/* An item has returned inside which the host ran a loop. Returns how long that loop took, in µs, which does
 * not count as the item's time. */
gint64
pillion_loop_leave_inside (PillionLoop *self)
{
  gint64 duration = self->inside_end - self->inside_start;

  self->inside_start = 0;
  self->inside_usec += duration;
  /* Kicks inside it held back what waits for a safe point */
  pillion_core_let_held_go (&self->core);

  return duration;
}

/* The loop may iterate the context unless a main loop does so, either because the loop is a passenger or
 * because the callback opened one */
static gboolean
may_pump (PillionLoop *self)
{
  if (self->ride == PILLION_RIDE_PASSENGER)
    return FALSE;
  return !pillion_loop_is_called_from_context (self) || pillion_pump_is_dispatching (&self->core.pump);
}

/* A kick while others are on the stack. It changes nothing about riding, and never ends it: the outermost
 * kick does that. Returns whether more kicks are wanted. */
gboolean
pillion_loop_kick_inside (PillionLoop *self,
                          gint64 deadline,
                          PillionKick *report)
{
  PillionCore *core = &self->core;
  gboolean pump = may_pump (self) && g_main_context_acquire (core->context);
  gint64 outer_start, outer_usec;

  pillion_loop_look_inside (self);
  pillion_loop_consume_wake (self);
  if (!pillion_core_has_ready (core) && !(pump && pillion_pump_look (&core->pump)))
    {
      if (pump)
        g_main_context_release (core->context);
      if (pillion_loop_has_news (self))
        pillion_loop_notify_live_tasks (self);
      return !core->closed && !self->stopped;
    }

  g_object_ref (self);
  outer_start = self->inside_start;
  outer_usec = self->inside_usec;
  self->inside_start = 0;
  if (deadline < 0)
    deadline = pillion_add_time (self->inside_end, pillion_loop_get_budget_now (self));

  /* The callback on the stack does not expect calls that are marked for a safe point */
  core->n_unsafe++;
  pillion_loop_work (self, deadline, PILLION_WORK_KICK | (pump ? PILLION_WORK_PUMP : 0), NULL, report);
  core->n_unsafe--;

  self->inside_start = outer_start;
  self->inside_usec = outer_usec;
  note_inside (self);
  if (pump)
    g_main_context_release (core->context);
  pump = !core->closed && !self->stopped;
  g_object_unref (self);

  return pump;
}
