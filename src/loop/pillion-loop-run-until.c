/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-loop-private.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-sync.h"
#include "core/pillion-interrupt.h"
#include "task/pillion-task-dependencies.h"
#include "task/pillion-task-private.h"

/* Working until a condition is met, and sleeping when there is nothing to do. Hosts, scopes and close () use
 * this, too. */

/* How long to work before checking the condition again, in µs */
#define SLICE_USEC 1000

/* Whether a virtual clock may jump: not while another thread is working, which takes real time, nor at the
 * end */
static gboolean
may_skip (PillionCore *core)
{
  return core->virtual_clock && !core->closing && __atomic_load_n (&core->n_external, __ATOMIC_SEQ_CST) <= 0;
}

/* The host's time of the next timer, or @skip_end if that comes first; -1 if there is neither */
static gint64
get_next (PillionCore *core,
          gint64 skip_end)
{
  PillionTimer *timer = pillion_timer_heap_peek (&core->timers);

  if (timer == NULL || (skip_end >= 0 && timer->due > skip_end))
    return skip_end;
  return MAX (timer->due, 0);
}

/* How long it is until the host's time @next or the monotonic time @end_time, in µs. For all three, -1 means
 * forever. */
static gint64
get_timeout (PillionCore *core,
             gint64 next,
             gint64 end_time)
{
  gint64 timeout = -1;

  /* Read each clock once: MAX () evaluates its arguments twice, and if time passed in between, a negative
   * result would mean waiting forever */
  if (next >= 0)
    {
      gint64 left = next - pillion_core_now (core);

      timeout = MAX (0, left);
    }
  if (end_time >= 0)
    {
      gint64 left = end_time - g_get_monotonic_time ();

      left = MAX (0, left);
      timeout = timeout < 0 ? left : MIN (timeout, left);
    }
  return timeout;
}

/* Makes a virtual clock jump to the host's time @next, if it may. The check for what is ready comes last: what a
 * thread does becomes ready before it is no longer counted. */
static gboolean
skip_to (PillionLoop *self,
         gint64 next)
{
  return next >= 0 && may_skip (&self->core) && !pillion_core_has_ready (&self->core) && pillion_host_skip_to (self->host, next);
}

/* From here on, whatever brings work wakes the loop itself. Returns whether it may sleep; work that came
 * before is seen now. */
static gboolean
begin_sleep (PillionLoop *self)
{
  /* The flags first, then the check: what another thread brings after it wakes us */
  __atomic_store_n (&self->blocked, TRUE, __ATOMIC_SEQ_CST);
  __atomic_store_n (&self->core.rung, FALSE, __ATOMIC_SEQ_CST);
  return !pillion_core_has_ready (&self->core);
}

static void
end_sleep (PillionLoop *self)
{
  __atomic_store_n (&self->core.rung, TRUE, __ATOMIC_SEQ_CST);
  __atomic_store_n (&self->blocked, FALSE, __ATOMIC_SEQ_CST);
}

/* Call these around a stretch in which the loop works by itself. Inside a callback, that is no safe point;
 * returns whether it is inside one. */
static gboolean
enter (PillionLoop *self)
{
  gboolean nested = self->core.depth > 0;

  pillion_core_begin_work (&self->core);
  self->core.n_unsafe += nested;
  return nested;
}

static void
leave (PillionLoop *self,
       gboolean nested)
{
  PillionCore *core = &self->core;

  pillion_core_end_work (core);
  core->n_unsafe -= nested;
  pillion_core_let_held_go (core);
  if (core->depth > 0)
    return;

  if (core->closed)
    pillion_loop_release_context (self);
  if (!pillion_loop_may_kick (self))
    {
      pillion_loop_mute (self);
      return;
    }
  __atomic_store_n (&core->rung, FALSE, __ATOMIC_SEQ_CST);
  pillion_loop_unmute (self);
  /* Whatever else became ready is for the host */
  if (!core->closing && (pillion_core_has_ready (core) ||
                         (core->pump.watch != NULL && pillion_watch_peek_flag (core->pump.watch))))
    pillion_core_busy (core);
}

/* Works and sleeps until @is_over returns TRUE, nothing may be called any more, or @timeout is over, by the
 * monotonic clock and by a virtual clock of the host; negative means never. The caller has acquired the
 * context. Returns FALSE if it was interrupted. */
static gboolean
run_until (PillionLoop *self,
           gboolean (*is_over) (PillionLoop *self,
           gpointer     data),
           gpointer data,
           GTimeSpan timeout)
{
  PillionCore *core = &self->core;
  PillionKick report = { 0 };
  gint64 end_time = timeout < 0 ? -1 : pillion_add_time (g_get_monotonic_time (), timeout);
  gint64 skip_end = timeout < 0 || !core->virtual_clock ? -1 : pillion_add_time (pillion_core_now (core), timeout);
  gboolean nested = enter (self);
  gboolean interrupted = FALSE;
  gint64 ask_time = 0;

  while (!is_over (self, data))
    {
      gint64 now = g_get_monotonic_time ();
      gint64 deadline = now + SLICE_USEC;
      gint64 next;

      if (now >= ask_time)
        {
          interrupted = pillion_interrupt_is_due ();
          if (interrupted)
            break;
          ask_time = now + PILLION_INTERRUPT_SLICE_USEC;
        }

      if (core->closed || core->n_barred > 0 || (end_time >= 0 && now >= end_time) ||
          (skip_end >= 0 && may_skip (core) && pillion_core_now (core) >= skip_end))
        break;
      if (end_time >= 0)
        deadline = MIN (deadline, end_time);
      if (pillion_loop_work (self, deadline, PILLION_WORK_PUMP, NULL, &report) || core->closed || core->n_barred > 0 || is_over (self, data))
        continue;

      if (begin_sleep (self))
        {
          next = get_next (core, skip_end);
          if (!skip_to (self, next))
            {
              pillion_pump_wait (&core->pump, pillion_interrupt_limit (get_timeout (core, next, end_time)));
              ask_time = 0;
            }
        }
      end_sleep (self);
    }

  leave (self, nested);
  return !interrupted;
}

void
pillion_loop_turn (PillionLoop *self,
                   guint n_known,
                   const gboolean *is_over)
{
  PillionKick report = { 0 };
  gboolean nested;
  gint64 deadline;

  /* If there is nothing but the waiting source, or nothing may be called, this costs no system call */
  if (self->core.n_barred > 0)
    return;
  if (!pillion_core_has_ready (&self->core) && pillion_ready_queue_is_empty (&self->core.later) &&
      !pillion_pump_has_others (&self->core.pump, n_known))
    return;

  deadline = g_get_monotonic_time () + SLICE_USEC;
  nested = enter (self);
  /* The waiting source stays ready, and would use up the time that is left */
  pillion_loop_work (self, deadline, PILLION_WORK_PUMP, is_over, &report);
  leave (self, nested);
}

void
pillion_loop_turn_until (PillionLoop *self,
                         const gboolean *is_over,
                         gint64 end_time,
                         gboolean brief)
{
  PillionCore *core = &self->core;
  PillionKick report = { 0 };
  gboolean nested = enter (self);
  gboolean polled;
  gint64 outer_deadline = core->deadline;

  /* What is dispatched right after a sleep gets a time slice of its own, rather than what an outer kick has
   * left */
  core->deadline = 0;
  do
    {
      /* In this case the loop calls nothing. A virtual clock only moves by its timers, so they continue. */
      gboolean barred = core->n_barred > 0 && !core->virtual_clock;
      gboolean idle;
      gint64 next;

      /* Run what is ready already; otherwise the turn comes after the sleep. Before a jump in time, look at
       * everything. */
      if (!barred && (pillion_core_has_ready (core) || !pillion_ready_queue_is_empty (&core->later) || core->virtual_clock))
        {
          gint64 deadline = g_get_monotonic_time () + SLICE_USEC;
          /* The context's turn costs as much as everything else that a short task needs */
          PillionWorkFlags flags = brief && !core->virtual_clock ? PILLION_WORK_ITEMS : PILLION_WORK_PUMP;

          brief = FALSE;
          if (pillion_loop_work (self, end_time < 0 ? deadline : MIN (deadline, end_time), flags, is_over, &report) ||
              core->closed || *is_over)
            continue;
        }

      /* In a region that allows no callbacks, what is ready stays ready: only the waiting source is polled. On a
       * virtual clock it is called in the next turn. */
      idle = begin_sleep (self);
      polled = idle || core->n_barred > 0;
      if (polled)
        {
          next = barred ? -1 : get_next (core, -1);
          polled = !skip_to (self, next);
          if (polled)
            pillion_pump_poll (&core->pump, idle || barred ? get_timeout (core, next, end_time) : 0);
        }
      end_sleep (self);
      if (polled)
        pillion_pump_dispatch (&core->pump);
      if (self->inside_start != 0)
        pillion_loop_leave_inside (self);
    }
  while (!*is_over && !core->closed && (end_time < 0 || g_get_monotonic_time () < end_time));

  core->deadline = outer_deadline;
  leave (self, nested);
}

/* Fails if nothing may be called now */
static gboolean
check_barred (PillionLoop *self,
              GError **error)
{
  if (self->core.n_barred == 0)
    return TRUE;

  g_set_error (error, PILLION_ERROR, PILLION_ERROR_BUSY, _("No callbacks may run now: the host is in the region '%s'"),
               pillion_loop_get_barring (self));
  return FALSE;
}

static void
set_interrupted (GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("The wait was interrupted"));
}

gboolean
pillion_loop_run_until (PillionLoop *self,
                        gboolean (*is_over) (PillionLoop *self,
                        gpointer     data),
                        gpointer data,
                        GTimeSpan timeout,
                        GError **error)
{
  gboolean uninterrupted;

  if (!check_barred (self, error))
    return FALSE;
  if (!g_main_context_acquire (self->core.context))
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_BUSY, _("Another thread is running the loop's context"));
      return FALSE;
    }

  g_object_ref (self);
  uninterrupted = run_until (self, is_over, data, timeout);
  g_main_context_release (self->core.context);
  g_object_unref (self);
  if (!uninterrupted)
    set_interrupted (error);
  return uninterrupted;
}

/* A wait for a task */
typedef struct
{
  PillionTask *task;
  gboolean seen_done;
  guint last_callback; /* the last one that the task had by then: later ones don't prolong the wait */
} TaskWait;

/* Whether the task is done and its callbacks have been called, or can only be called after this wait */
static gboolean
is_delivered (PillionLoop *self,
              gpointer data)
{
  TaskWait *wait = data;
  PillionTask *task = wait->task;

  if (pillion_task_is_done (task))
    {
      if (!wait->seen_done)
        {
          wait->seen_done = TRUE;
          wait->last_callback = task->last_id;
        }
      if (pillion_task_is_delivered (task, wait->last_callback))
        return TRUE;
    }

  return pillion_task_is_held_back (task);
}

/**
 * pillion_loop_run_until_complete:
 * @self: a loop
 * @task: the task to wait for
 * @error: return location for an error
 *
 * Blocks until a task is done and its done callbacks have run, so that synchronous code can call asynchronous
 * code. Meanwhile everything else of the loop and its context carries on. Callbacks that are added after the task
 * is done, or after this is called if that is later, may be left for the next kick.
 *
 * It works without a host, in a host's code between two kicks, and nested inside a callback. Nested, it runs
 * other callbacks, but never resumes the one that called it, so two callbacks that wait for each other wait
 * forever. If the loop knows that @task waits for the caller (a callback of one of its children, or a function
 * that it called itself), this fails with [error@Pillion.Error.NESTED].
 *
 * Nested, or in a region, work that is marked for a safe point does not run
 * ([method@Pillion.Task.set_safe_point]). Waiting for a marked task ends when the task is done; its callbacks
 * run at the next safe point. Waiting for something that depends on such a task would never end, so it fails
 * with [error@Pillion.Error.NESTED].
 *
 * Returns: whether the task succeeded; if not, @error is set: to the task's own,
 *   [error@Pillion.Error.WRONG_THREAD], [error@Pillion.Error.CLOSED], [error@Pillion.Error.NESTED],
 *   [error@Pillion.Error.BUSY] if another thread runs the context, or if the host is in a region in which nothing may be
 *   called, or `G_IO_ERROR_INVALID_ARGUMENT` if the task belongs to another loop
 *
 * Since: 1.0
 */
gboolean
pillion_loop_run_until_complete (PillionLoop *self,
                                 PillionTask *task,
                                 GError **error)
{
  TaskWait wait = { task };
  gboolean acquired, ended_well, uninterrupted = TRUE;

  g_return_val_if_fail (PILLION_IS_LOOP (self), FALSE);
  g_return_val_if_fail (PILLION_IS_TASK (task), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  pillion_task_look (task);
  if (!pillion_core_check_thread (&self->core, error))
    return FALSE;
  if (task->loop != self)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("'%s' belongs to another loop"), task->name);
      return FALSE;
    }
  if (!pillion_task_is_done (task) && self->core.closed)
    {
      g_set_error_literal (error, PILLION_ERROR, PILLION_ERROR_CLOSED,
                           pillion_core_describe_closed (&self->core));
      return FALSE;
    }

  if (!is_delivered (self, &wait) && !check_barred (self, error))
    return FALSE;

  acquired = g_main_context_acquire (self->core.context);
  if (!acquired && !is_delivered (self, &wait))
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_BUSY, _("Another thread is running the loop's context"));
      return FALSE;
    }

  g_object_ref (self);
  g_object_ref (task);
  if (acquired)
    {
      uninterrupted = run_until (self, is_delivered, &wait, -1);
      g_main_context_release (self->core.context);
    }

  if (pillion_task_is_done (task))
    {
      pillion_task_take_outcome (task);
      ended_well = pillion_task_peek_error (task, error);
    }
  else
    {
      /* A callback may have closed the loop, or started a region, while the task was pending */
      if (self->core.closed)
        g_set_error_literal (error, PILLION_ERROR, PILLION_ERROR_CLOSED,
                             pillion_core_describe_closed (&self->core));
      else if (!uninterrupted)
        set_interrupted (error);
      else if (check_barred (self, error))
        g_set_error (error, PILLION_ERROR, PILLION_ERROR_NESTED,
                     _("This would wait forever: '%s' depends on something that can't run until this call returns"), task->name);
      ended_well = FALSE;
    }
  pillion_sync_release (task);
  g_object_unref (task);
  g_object_unref (self);

  return ended_well;
}

/**
 * pillion_loop_is_on_thread:
 * @self: a loop
 *
 * Checks whether the calling thread is the loop's own: the one that kicks it and uses its tasks. From any
 * thread.
 *
 * Returns: whether it is
 *
 * Since: 1.0
 */
gboolean
pillion_loop_is_on_thread (PillionLoop *self)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), FALSE);

  return pillion_core_on_thread (&self->core);
}
