/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-loop-private.h"

/* How long a kick works, and what counts as slow. */

/* What the automatic budget adds for a slower host, and its maximum */
#define GAP_SHARE_PERCENT 30
#define MAX_AUTOMATIC_USEC 100000

/* The shortest of the last gaps, so that one stall of the host, or one sleep, doesn't make the next kick long */
static gint64
get_gap (PillionLoop *self)
{
  gint64 gap = self->gaps[0];

  if (self->n_gaps < PILLION_LOOP_N_GAPS)
    return 0;
  for (guint i = 1; i < PILLION_LOOP_N_GAPS; i++)
    gap = MIN (gap, self->gaps[i]);
  return gap;
}

void
pillion_loop_measure_gap (PillionLoop *self,
                          gint64 now)
{
  /* If there was nothing left to do, the host may have slept until now */
  if (self->last_kick > 0)
    self->gaps[self->n_gaps++ % PILLION_LOOP_N_GAPS] = now - self->last_kick;
  if (self->n_gaps >= 2 * PILLION_LOOP_N_GAPS)
    self->n_gaps -= PILLION_LOOP_N_GAPS;
}

gint64
pillion_loop_get_budget_now (PillionLoop *self)
{
  gint64 extra;

  if (self->budget_mode == PILLION_BUDGET_FIXED)
    return self->budget_usec;

  if (self->budget_usec >= MAX_AUTOMATIC_USEC)
    return self->budget_usec;

  extra = MAX (0, get_gap (self) - PILLION_LOOP_FRAME_USEC) * GAP_SHARE_PERCENT / 100;
  return MIN (self->budget_usec + extra, MAX_AUTOMATIC_USEC);
}

/**
 * pillion_loop_get_budget_usec: (get-property budget-usec)
 * @self: a loop
 *
 * Gets how long a plain kick works.
 *
 * Returns: the time in µs
 *
 * Since: 1.0
 */
gint64
pillion_loop_get_budget_usec (PillionLoop *self)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), 0);

  return self->budget_usec;
}

/**
 * pillion_loop_set_budget_usec: (set-property budget-usec)
 * @self: a loop
 * @budget_usec: the time in µs; with 0 a kick does one item and one iteration of the context
 *
 * Sets how long a plain kick works.
 *
 * Since: 1.0
 */
void
pillion_loop_set_budget_usec (PillionLoop *self,
                              gint64 budget_usec)
{
  g_return_if_fail (PILLION_IS_LOOP (self));
  g_return_if_fail (pillion_core_on_thread (&self->core));
  g_return_if_fail (budget_usec >= 0);

  if (self->budget_usec != budget_usec)
    {
      self->budget_usec = budget_usec;
      g_object_notify (G_OBJECT (self), "budget-usec");
    }
}

/**
 * pillion_loop_get_budget_mode: (get-property budget-mode)
 * @self: a loop
 *
 * Gets whether the budget grows if the host rarely ticks.
 *
 * Returns: the mode
 *
 * Since: 1.0
 */
PillionBudgetMode
pillion_loop_get_budget_mode (PillionLoop *self)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), PILLION_BUDGET_FIXED);

  return self->budget_mode;
}

/**
 * pillion_loop_set_budget_mode: (set-property budget-mode)
 * @self: a loop
 * @mode: the mode
 *
 * Sets whether the budget grows if the host rarely ticks. It only grows while there is more to do than fits
 * into a kick, and starts to grow when that has happened four times in a row.
 *
 * Since: 1.0
 */
void
pillion_loop_set_budget_mode (PillionLoop *self,
                              PillionBudgetMode mode)
{
  g_return_if_fail (PILLION_IS_LOOP (self));
  g_return_if_fail (pillion_core_on_thread (&self->core));
  g_return_if_fail (mode == PILLION_BUDGET_FIXED || mode == PILLION_BUDGET_AUTOMATIC);

  if (self->budget_mode != mode)
    {
      self->budget_mode = mode;
      self->last_kick = 0;
      self->n_gaps = 0;
      g_object_notify (G_OBJECT (self), "budget-mode");
    }
}

/**
 * pillion_loop_get_slow_threshold_usec: (get-property slow-threshold-usec)
 * @self: a loop
 *
 * Gets how long an item must take to be reported as slow.
 *
 * Returns: the time in µs
 *
 * Since: 1.0
 */
gint64
pillion_loop_get_slow_threshold_usec (PillionLoop *self)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), 0);

  return self->slow_usec;
}

/**
 * pillion_loop_set_slow_threshold_usec: (set-property slow-threshold-usec)
 * @self: a loop
 * @threshold_usec: the time in µs
 *
 * Sets how long an item must take to be reported through [signal@Pillion.Loop::slow-callback].
 *
 * Since: 1.0
 */
void
pillion_loop_set_slow_threshold_usec (PillionLoop *self,
                                      gint64 threshold_usec)
{
  g_return_if_fail (PILLION_IS_LOOP (self));
  g_return_if_fail (pillion_core_on_thread (&self->core));
  g_return_if_fail (threshold_usec >= 0);

  if (self->slow_usec != threshold_usec)
    {
      self->slow_usec = threshold_usec;
      g_object_notify (G_OBJECT (self), "slow-threshold-usec");
    }
}
