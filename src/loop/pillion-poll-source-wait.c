/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-poll-source-private.h"

/* The other loop outside: how it waits in the guest loop instead of on its descriptors */

/* Waiting is one level of the loop's depth, and working inside it another */
#define WAIT_LEVELS 2

/* Returns whether a wait makes sense now and the context was acquired for it. Sets what end_wait () needs. */
static gboolean
begin_wait (PillionPollSource *self,
            guint *outer_depth)
{
  if (!pillion_poll_source_is_open (self) || self->n_calls > 0 || !g_main_context_acquire (self->loop->core.context))
    return FALSE;

  g_object_ref (self);
  self->n_waits++;
  *outer_depth = self->wait_depth;
  self->wait_depth = self->loop->core.depth + WAIT_LEVELS;
  self->fired = FALSE;
  pillion_poll_source_set_untold (self, FALSE);
  pillion_poll_source_set_resting (self, FALSE);
  return TRUE;
}

static void
end_wait (PillionPollSource *self,
          guint outer_depth)
{
  self->n_waits--;
  self->wait_depth = outer_depth;
  /* An outer wait checks again: what it waits for may have been seen, or taken back, in this one */
  if (self->n_waits > 0)
    self->fired = TRUE;
  if (pillion_poll_source_is_open (self))
    {
      pillion_poll_source_set_resting (self, FALSE);
      pillion_poll_source_set_untold (self, self->running && self->n_waits == 0);
    }
  g_main_context_release (self->loop->core.context);
  g_object_unref (self);
}

/**
 * pillion_poll_source_wait:
 * @self: a source
 * @timeout: how long to wait, in µs of the loop's clock; negative for as long as it takes
 *
 * Waits until the descriptor is readable, the ready time has come, or @timeout is over, while the loop and
 * its context carry on. Another loop that runs by itself calls this instead of waiting on its descriptors.
 * The callback is not called. Afterwards the ready time is -1. A virtual clock jumps.
 *
 * On the loop's thread only. You can call it between two kicks, in a callback inside a kick, and while another
 * loop waits. A wait inside a wait for the same source ends the outer one, too.
 *
 * Returns: whether it waited; FALSE if another thread runs the context, if the loop is closed, or inside the source's own
 *   callback
 *
 * Since: 1.0
 */
gboolean
pillion_poll_source_wait (PillionPollSource *self,
                          GTimeSpan timeout)
{
  PillionCore *core;
  gint64 end_time = -1;
  guint outer_depth;
  gboolean brief;

  g_return_val_if_fail (PILLION_IS_POLL_SOURCE (self), FALSE);
  g_return_val_if_fail (pillion_core_on_thread (&self->loop->core), FALSE);

  if (!begin_wait (self, &outer_depth))
    return FALSE;

  core = &self->loop->core;
  brief = self->n_brief > 0;
  if (brief)
    self->n_brief--;
  else
    pillion_poll_source_allow_brief (self);
  if (timeout >= 0)
    {
      /* Set the ready time too, so that a main loop inside this wait sees it */
      gint64 due = pillion_add_time (pillion_core_now (core), timeout);

      if (self->ready_usec < 0 || due < self->ready_usec)
        pillion_poll_source_change_ready_time (self, due);
      if (!core->virtual_clock)
        end_time = pillion_add_time (g_get_monotonic_time (), timeout);
    }

  pillion_loop_turn_until (self->loop, &self->fired, end_time, brief);
  if (pillion_poll_source_is_open (self))
    pillion_poll_source_change_ready_time (self, -1);
  end_wait (self, outer_depth);

  return TRUE;
}

/**
 * pillion_poll_source_iterate:
 * @self: a source
 *
 * Does a little of what is ready in the loop and in its context, without waiting and without calling the
 * callback. Another loop that runs by itself and never has to wait calls this now and then. If the ready time
 * has come, it is -1 afterwards. On the loop's thread only.
 *
 * Returns: whether it could, as with [method@Pillion.PollSource.wait]
 *
 * Since: 1.0
 */
gboolean
pillion_poll_source_iterate (PillionPollSource *self)
{
  guint outer_depth;

  g_return_val_if_fail (PILLION_IS_POLL_SOURCE (self), FALSE);
  g_return_val_if_fail (pillion_core_on_thread (&self->loop->core), FALSE);

  if (!begin_wait (self, &outer_depth))
    return FALSE;

  pillion_loop_turn (self->loop, self->fd >= 0 ? 1 : 0, &self->fired);
  pillion_poll_source_allow_brief (self);
  end_wait (self, outer_depth);

  return TRUE;
}
