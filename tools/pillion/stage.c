/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "stage.h"

/* The loop does not ride on the tick host itself but on a seat beside it. So we make each kick ourselves,
 * with a deadline, and its report tells the overshoot. With an automatic budget, the loop sets the deadline,
 * and only the length of the kick is known. */
static void
kick (Stage *self)
{
  gint64 start = g_get_monotonic_time ();
  gint64 length;

  if (self->budget == STAGE_BUDGET_AUTO)
    {
      pillion_loop_kick (self->loop);
      length = g_get_monotonic_time () - start;
    }
  else
    {
      PillionKick report = { 0 };

      pillion_loop_kick_until (self->loop, start + self->budget, &report);
      length = report.duration_usec;
      self->kicks.items += report.items;
      self->kicks.overshoot_max = MAX (self->kicks.overshoot_max, report.overshoot_usec);
      self->kicks.overshot += report.overshoot_usec > 0;
    }
  self->kicks.n++;
  self->kicks.longest = MAX (self->kicks.longest, length);
}

static void
on_frame (PillionTickHost *host,
          guint            frame,
          gpointer         user_data)
{
  Stage *self = user_data;
  gint64 now = g_get_monotonic_time ();

  if (self->frame_started > 0)
    {
      gint64 time = now - self->frame_started;

      if (self->recent->len == STAGE_RECENT)
        g_array_remove_index (self->recent, 0);
      g_array_append_val (self->recent, time);
    }
  self->frame_started = now;
  self->func (frame, self->user_data);
  if (self->riding)
    kick (self);
}

static void
on_install (PillionLoop *loop,
            gpointer     user_data)
{
  Stage *self = user_data;

  self->riding = TRUE;
}

static void
on_remove (PillionLoop *loop,
           gpointer     user_data)
{
  Stage *self = user_data;

  self->riding = FALSE;
}

Stage *
stage_new (const char *name,
           double      rate,
           gint64      budget_usec,
           gint64      work_usec,
           GError    **error)
{
  g_autoptr (Stage) self = g_new0 (Stage, 1);
  PillionCallbackHost *seat;

  self->rate = rate;
  self->budget = budget_usec;
  self->recent = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->host = pillion_tick_host_new (name, rate);
  pillion_tick_host_set_work_usec (self->host, work_usec);
  g_signal_connect (self->host, "frame", G_CALLBACK (on_frame), self);

  self->seat = PILLION_HOST (pillion_callback_host_new (name));
  seat = PILLION_CALLBACK_HOST (self->seat);
  pillion_callback_host_set_install (seat, on_install, self, NULL);
  pillion_callback_host_set_remove (seat, on_remove, self, NULL);

  self->loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  if (budget_usec == STAGE_BUDGET_AUTO)
    pillion_loop_set_budget_mode (self->loop, PILLION_BUDGET_AUTOMATIC);
  if (!pillion_loop_ensure (self->loop, self->seat, error))
    return NULL;
  return g_steal_pointer (&self);
}

void
stage_free (Stage *self)
{
  if (self->host != NULL)
    g_signal_handlers_disconnect_by_data (self->host, self);
  g_clear_object (&self->loop);
  g_clear_object (&self->seat);
  g_clear_object (&self->host);
  g_clear_pointer (&self->recent, g_array_unref);
  g_free (self);
}

/* Shows frames until something quits; @func draws each. */
void
stage_run (Stage         *self,
           StageFrameFunc func,
           gpointer       user_data)
{
  self->func = func;
  self->user_data = user_data;
  pillion_tick_host_run (self->host, 0);
}

void
stage_quit (Stage *self)
{
  pillion_tick_host_quit (self->host);
}

/* The last frame times, at most @max of them, oldest first */
const gint64 *
stage_get_recent (Stage *self,
                  guint  max,
                  guint *n)
{
  *n = MIN (max, self->recent->len);
  return &g_array_index (self->recent, gint64, self->recent->len - *n);
}

FrameStats *
stage_get_stats (Stage *self)
{
  gsize n = 0;
  g_autofree gint64 *times = pillion_tick_host_get_frame_times (self->host, &n);

  return frame_stats_new (times, n, self->rate);
}
