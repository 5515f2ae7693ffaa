/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-loop-private.h"

#include <string.h>

/* Whether something is alive, so that kicks are wanted even if nothing is ready */
gboolean
pillion_loop_has_work (PillionLoop *self)
{
  PillionCore *core = &self->core;

  return core->live.length > 0 || core->n_calls > 0 || core->n_holds > 0 || !pillion_ready_queue_is_empty (&core->ready) ||
         !pillion_inbox_is_empty (&core->inbox);
}

static void
note_item (PillionLoop *self,
           PillionKick *report,
           const char *name,
           gint64 duration)
{
  report->items++;
  if (duration > report->slowest_usec || report->items == 1)
    {
      report->slowest_usec = duration;
      g_strlcpy (report->slowest_name, name, sizeof report->slowest_name);
    }
  if (G_UNLIKELY (duration >= self->slow_usec))
    pillion_loop_emit_slow (self, name, duration);
}

/* g_strlcpy () goes byte by byte, which is too slow for something done for each item */
static inline void
keep_name (char *place,
           const char *name,
           gsize size)
{
  gsize length = strnlen (name, size - 1);

  memcpy (place, name, length);
  place[length] = '\0';
}

/* If many are ready, their memory is cold: it can be fetched while others run */
static inline void
warm_next (PillionItem *next)
{
  if (next == NULL)
    return;

  if (next->klass->warm != NULL)
    next->klass->warm (next);
  __builtin_prefetch (next->next);
  __builtin_prefetch ((char *) next->next + 64);
}

/* Whether a callback has done something after which no other may run now. A wait continues after stop (),
 * because it needs no host. */
static inline gboolean
is_halted (PillionLoop *self,
           PillionWorkFlags flags)
{
  return self->core.n_barred > 0 || (self->stopped && (flags & PILLION_WORK_KICK));
}

/* Runs what is ready now, but not what becomes ready meanwhile, so that the context gets its turn. Updates
 * @now. Stops at the deadline, but not before @least items. Returns whether there is time left. */
static gboolean
run_items (PillionLoop *self,
           gint64 deadline,
           guint least,
           PillionWorkFlags flags,
           gint64 *now,
           PillionKick *report)
{
  PillionCore *core = &self->core;
  gsize n = core->ready.length;
  char name[sizeof report->slowest_name];
  PillionItem *item;

  for (gsize i = 0; i < n; i++)
    {
      gint64 before = *now;
      gint64 duration;

      /* The next item is likely to take as long as the last ones did. A rare long one must not hold up short
       * ones for long. */
      if (i >= least && before + MIN (self->item_usec, self->budget_usec / 8) >= deadline)
        return FALSE;

      item = pillion_ready_queue_pop (&core->ready);
      if (item == NULL)
        break;
      warm_next (core->ready.head);
      if (G_UNLIKELY (core->n_unsafe > 0) && item->klass->needs_safe_point != NULL && item->klass->needs_safe_point (item))
        {
          pillion_core_hold (core, item);
          continue;
        }

      /* Copied, because the item may free its name together with itself */
      keep_name (name, item->klass->get_name (item), sizeof name);
      if (item->klass->run (item, core))
        {
          if (G_UNLIKELY (core->closed))
            {
              /* It closed the loop, and after that nothing may be called */
              item->klass->drop (item);
              break;
            }
          pillion_ready_queue_push_front (&core->ready, item);
          n++;
        }

      *now = g_get_monotonic_time ();
      duration = *now - before;
      if (G_UNLIKELY (self->inside_start != 0))
        duration -= pillion_loop_leave_inside (self);
      self->item_usec += (duration - self->item_usec) / 4;
      note_item (self, report, name, duration);
      if (G_UNLIKELY (is_halted (self, flags)))
        return FALSE;
    }

  return *now < deadline;
}

/* The part of a kick that does the work. @is_over, which may be NULL, ends it before the deadline when it
 * becomes TRUE. Returns whether something ready was left. */
gboolean
pillion_loop_work (PillionLoop *self,
                   gint64 deadline,
                   PillionWorkFlags flags,
                   const gboolean *is_over,
                   PillionKick *report)
{
  PillionCore *core = &self->core;
  gint64 start = g_get_monotonic_time ();
  gint64 now = start;
  gint64 outer_deadline = core->deadline;
  int outer_main_depth = pillion_core_thread_main_depth;
  gboolean was_passenger = self->ride == PILLION_RIDE_PASSENGER;
  gboolean pump = flags & PILLION_WORK_PUMP;
  gboolean more;
  guint least = 1;
  PillionItem *item;

  pillion_core_begin_work (core);
  core->deadline = MAX (deadline, 1);
  core->turn++;
  pillion_core_thread_main_depth = -1;
  __atomic_store_n (&core->rung, TRUE, __ATOMIC_SEQ_CST);
  self->inside_usec = 0;

  /* One item before the context gets its turn: most likely it is what woke a host that slept */
  if (pillion_core_gather (core))
    {
      run_items (self, start, least, flags, &now, report);
      least = 0;
      /* The item may have closed the loop, and then its context must not be dispatched */
      pump = pump && !core->closed;
    }

  do
    {
      more = FALSE;
      /* A main loop inside a callback has reset this */
      if (G_UNLIKELY (!__atomic_load_n (&core->rung, __ATOMIC_RELAXED)))
        __atomic_store_n (&core->rung, TRUE, __ATOMIC_SEQ_CST);

      /* A callback may have left the context to something else that runs it. A run-until of a passenger runs
       * it itself. */
      pump = pump && (was_passenger || self->ride != PILLION_RIDE_PASSENGER);
      if (pump && !is_halted (self, flags))
        {
          guint rounds = pillion_pump_turn (&core->pump);

          if (rounds > 0)
            {
              gint64 before = now;

              now = g_get_monotonic_time ();
              if (G_UNLIKELY (self->inside_start != 0))
                before += pillion_loop_leave_inside (self);
              report->items += rounds - 1;
              note_item (self, report, "context", now - before);
              more = TRUE;
            }
        }

      if (!is_halted (self, flags) && pillion_core_gather (core))
        {
          /* Don't compare the clock again: if the next item is only expected to take too long, the deadline
           * has not come */
          gboolean in_time = run_items (self, deadline, least, flags, &now, report);

          least = 0;
          more |= pillion_core_has_ready (core);
          if (!in_time && more)
            break;
        }

      if (G_UNLIKELY (core->closed))
        {
          more = FALSE;
          break;
        }
      if (G_UNLIKELY (is_halted (self, flags)))
        {
          more = pillion_core_has_ready (core);
          break;
        }

      /* A turn that finds nothing proves nothing: a thread may have added something meanwhile. Nor does one
       * that finds something: a source may say that it is ready and never be, so time has to pass here. */
      if (!more && pump && pillion_pump_get_timeout (&core->pump) == 0)
        {
          more = TRUE;
          now = g_get_monotonic_time ();
        }
    }
  while (more && now < deadline && (is_over == NULL || !*is_over));

  if (pump && !more && !core->closed)
    pillion_pump_settle (&core->pump);

  while ((item = pillion_ready_queue_pop (&core->later)) != NULL)
    pillion_ready_queue_push (&core->ready, item);

  pillion_loop_notify_live_tasks (self);
  core->deadline = outer_deadline;
  pillion_core_thread_main_depth = outer_main_depth;
  pillion_core_drop_spare_refs (core);
  pillion_core_end_work (core);
  if (flags & PILLION_WORK_KICK)
    {
      /* The flag first, then the inbox: whatever comes after the check wakes the host */
      __atomic_store_n (&core->rung, FALSE, __ATOMIC_SEQ_CST);
      more |= pillion_core_has_ready (core);
      /* What the watch saw meanwhile woke nothing */
      if (pump && core->pump.watch != NULL)
        more |= pillion_watch_peek_flag (core->pump.watch);
      if (G_UNLIKELY (self->muted))
        pillion_loop_unmute (self);
    }

  report->more_ready = more;
  report->duration_usec = now - start - self->inside_usec;
  report->overshoot_usec = MAX (0, now - self->inside_usec - deadline);

  return more;
}

static gboolean
kick (PillionLoop *self,
      gint64 deadline,
      PillionKick *report)
{
  PillionCore *core = &self->core;
  gboolean pump = TRUE;
  gboolean wanted;
  gint64 now;
  guint turn;

  if (G_UNLIKELY (!pillion_core_on_thread (core)))
    {
      g_critical ("A loop was kicked from another thread than its own");
      return FALSE;
    }
  if (G_UNLIKELY (!pillion_loop_may_kick (self)))
    {
      report->depth = core->depth;
      report->held = core->n_barred > 0;
      report->refused = core->depth > 0;
      pillion_loop_mute (self);
      return !core->closed && !self->stopped;
    }
  if (G_UNLIKELY (self->frame_timer.index != 0))
    pillion_loop_begin_frame (self);
  if (G_UNLIKELY (core->depth > 0))
    {
      report->depth = core->depth;
      return pillion_loop_kick_inside (self, deadline, report);
    }

  /* The host's tick may come out of this very context, and iterating it here would do so inside itself */
  if (G_UNLIKELY (self->ride == PILLION_RIDE_PASSENGER || pillion_loop_is_called_from_context (self)))
    {
      pump = FALSE;
      if (self->ride == PILLION_RIDE_HOOK)
        pillion_loop_become_passenger (self);
    }
  else if (G_UNLIKELY (!self->owns_context))
    {
      pump = pillion_loop_acquire (self);
      if (pump && self->event_fd < 0)
        pillion_pump_watch (&core->pump, pillion_loop_on_watch, pillion_loop_hold_for_watch, self);
    }

  if (self->ride == PILLION_RIDE_HOOK)
    self->kicked_usec = pillion_coarse_time ();
  pillion_loop_consume_wake (self);
  if (G_UNLIKELY (self->ride == PILLION_RIDE_NONE && self->wanted) && pillion_core_has_ready (core))
    pillion_loop_busy (self);

  if (pillion_core_has_ready (core) || (pump && pillion_pump_look (&core->pump)))
    {
      g_object_ref (self);
      now = g_get_monotonic_time ();
      if (self->budget_mode == PILLION_BUDGET_AUTOMATIC)
        pillion_loop_measure_gap (self, now);
      if (deadline < 0)
        deadline = pillion_add_time (now, pillion_loop_get_budget_now (self));
      self->last_kick = 0;
      turn = core->turn;
      /* With kicks inside it, this one says nothing about how often the host ticks */
      if (pillion_loop_work (self, deadline, PILLION_WORK_KICK | (pump ? PILLION_WORK_PUMP : 0), NULL, report) &&
          core->turn == turn + 1)
        self->last_kick = now;
      wanted = pillion_loop_rest (self);
      g_object_unref (self);
    }
  else if (G_UNLIKELY (pillion_loop_has_news (self)))
    {
      g_object_ref (self);
      self->last_kick = 0;
      pillion_core_begin_work (core);
      pillion_loop_notify_live_tasks (self);
      pillion_core_end_work (core);
      wanted = pillion_loop_rest (self);
      g_object_unref (self);
    }
  else
    {
      self->last_kick = 0;
      wanted = pillion_loop_rest (self);
    }

  return wanted;
}

/**
 * pillion_loop_kick:
 * @self: a loop
 *
 * Does a little work without blocking: this is what a host's hook calls once per tick. It works for
 * [property@Pillion.Loop:budget-usec], and does at least one item and one iteration of the context.
 *
 * If there is nothing to do, it makes no system call.
 *
 * A callback may open one of the host's loops, such as that of a dialog, and that loop may kick. Such a kick
 * continues with whatever is ready, within a budget of its own. It never re-enters what is on the stack;
 * whatever becomes ready for that waits until it has returned. See [Opening a dialog from a
 * callback](dialogs.html).
 *
 * A kick does nothing and returns %TRUE in a region that allows no callbacks
 * ([method@Pillion.Loop.begin_region]), 64 levels deep, and inside another kick if
 * [property@Pillion.Loop:allow-nesting] is off. On any thread but the loop's, it only logs a critical message.
 *
 * Returns: whether more kicks are wanted; FALSE when nothing is left, so that the program can remove a hook
 *   of its own, and after [method@Pillion.Loop.stop] until [method@Pillion.Loop.ensure] is called again
 *
 * Since: 1.0
 */
gboolean
pillion_loop_kick (PillionLoop *self)
{
  PillionKick report;

  g_return_val_if_fail (PILLION_IS_LOOP (self), FALSE);

  report.items = 0;
  report.slowest_usec = 0;
  return kick (self, -1, &report);
}

/**
 * pillion_loop_kick_until:
 * @self: a loop
 * @deadline_usec: when to stop, in µs of `g_get_monotonic_time ()`; a time that has passed means at once
 * @report: (out caller-allocates) (optional): what was done and what was left
 *
 * Like [method@Pillion.Loop.kick], but works until a time that the host gives, and reports what it did. It does
 * at least one item and one iteration of the context, whatever the time.
 *
 * Returns: whether more kicks are wanted
 *
 * Since: 1.0
 */
gboolean
pillion_loop_kick_until (PillionLoop *self,
                         gint64 deadline_usec,
                         PillionKick *report)
{
  PillionKick own;
  gboolean wanted;

  if (report == NULL)
    report = &own;
  memset (report, 0, sizeof *report);

  g_return_val_if_fail (PILLION_IS_LOOP (self), FALSE);

  g_object_ref (self);
  wanted = kick (self, MAX (deadline_usec, 0), report);
  if (report != &own && pillion_core_on_thread (&self->core))
    report->next_deadline_usec = report->more_ready ? 0 : pillion_loop_get_deadline (self);
  g_object_unref (self);

  return wanted;
}
