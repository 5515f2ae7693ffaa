/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-loop-private.h"

#include "base/pillion-sync.h"

/* Tasks that wait for the host's next frame.
 *
 * If a host ticks, a frame is a kick: the timer that the tasks wait for is made ready when an outermost kick begins. Other kicks
 * come when there is work, and so never or all the time: those of a passenger, of a host that sleeps until it is woken, and of a
 * dialog that a callback opened. There the timer paces the frames, as it does on a virtual clock. */

/* A host that sleeps, or a dialog, may tick nonetheless. A tick should be a frame then, so the shortest frame is much shorter than
 * the usual one. */
#define MIN_FRAME_USEC 4000

static const PillionTaskBodyClass frame_class = PILLION_WAITER_CLASS (NULL);

/* Whether the host sleeps until there is work, so that a kick need not be a tick */
static gboolean
is_kicked_on_demand (PillionLoop *self)
{
  gboolean has_wake;

  pillion_mutex_lock (&self->wake_lock);
  has_wake = self->wake != NULL;
  pillion_mutex_unlock (&self->wake_lock);
  return has_wake || self->event_fd >= 0;
}

void
pillion_loop_begin_frame (PillionLoop *self)
{
  PillionCore *core = &self->core;

  if (self->ride == PILLION_RIDE_PASSENGER || core->virtual_clock)
    return;
  if ((core->depth > 0 || is_kicked_on_demand (self)) && pillion_core_now (core) - self->last_frame < MIN_FRAME_USEC)
    return;

  pillion_timer_heap_remove (&core->timers, &self->frame_timer);
  pillion_ready_queue_push (&core->ready, &self->frame_timer.item);
}

static void
set_timer (PillionLoop *self)
{
  gint64 now = pillion_core_now (&self->core);

  /* The clock may be another one since the last frame */
  pillion_core_add_timer (&self->core, &self->frame_timer,
                          CLAMP (self->last_frame + PILLION_LOOP_FRAME_USEC, now, now + PILLION_LOOP_FRAME_USEC));
}

static PillionLoop *
loop_from_item (PillionItem *item)
{
  return (PillionLoop *) ((char *) item - G_STRUCT_OFFSET (PillionLoop, frame_timer.item));
}

/* Ends one wait, so that the kick looks at the clock before the next one */
static gboolean
frame_run (PillionItem *item,
           PillionCore *core)
{
  PillionLoop *self = loop_from_item (item);
  PillionTask *task = pillion_wait_queue_peek (&self->frames);

  /* Waits that began in this kick are for the next one */
  if (task != NULL && pillion_waiter_of (task)->order != core->turn)
    {
      pillion_wait_queue_pop (&self->frames);
      pillion_task_return_boolean (task, TRUE);
      return TRUE;
    }

  self->last_frame = pillion_core_now (core);
  self->awaits_frame = task != NULL;
  if (task != NULL)
    set_timer (self);
  return FALSE;
}

/* It is a part of the loop */
static void
frame_drop (PillionItem *item)
{
  loop_from_item (item)->awaits_frame = FALSE;
}

static const char *
frame_get_name (PillionItem *item)
{
  return "frame";
}

static const PillionItemClass frame_item_class = {
  .run = frame_run,
  .get_name = frame_get_name,
  .drop = frame_drop,
};

/**
 * pillion_loop_next_frame:
 * @self: a loop
 *
 * Waits for the host's next frame: the task is done when the next kick begins, and never in the kick that is
 * running. Work that waits for a frame in each round, to move or to draw something, makes one round a kick.
 *
 * If nothing ticks, the loop makes up frames of 1/60 s: for a passenger, on a virtual clock, and in
 * [method@Pillion.Loop.run_until_complete]. It does so too if the host sleeps until there is work, and while a
 * callback has a dialog open; kicks that come within 4 ms after a frame don't count there.
 *
 * A frame is no measure of time: see [method@Pillion.Loop.get_now]. On the loop's thread only.
 *
 * Returns: (transfer full): a task that ends with %TRUE; it fails with `G_IO_ERROR_CANCELLED`, and with
 *   [error@Pillion.Error.CLOSED] if the loop was closed
 *
 * Since: 1.0
 */
PillionTask *
pillion_loop_next_frame (PillionLoop *self)
{
  PillionTask *task;

  g_return_val_if_fail (PILLION_IS_LOOP (self), NULL);
  g_return_val_if_fail (pillion_core_on_thread (&self->core), NULL);

  task = pillion_waiter_new (self, "frame", self, &frame_class);
  if (pillion_task_is_done (task))
    return task;

  pillion_waiter_of (task)->order = self->core.turn;
  pillion_wait_queue_push (&self->frames, task);
  if (!self->awaits_frame)
    {
      self->awaits_frame = TRUE;
      self->frame_timer.item.klass = &frame_item_class;
      set_timer (self);
    }

  return task;
}
