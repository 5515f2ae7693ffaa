/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-progress.h"

/* The least time between two reports, in µs: often enough for a progress bar */
#define PROGRESS_USEC 30000

/* The same between those of different calls, so that many transfers don't all report in one kick */
#define GAP_USEC 1000

void
pillion_progress_init (PillionProgress *self,
                       PillionHttpEngine *engine,
                       PillionTask *task)
{
  *self = (PillionProgress) { .engine = engine, .task = task };
}

void
pillion_progress_report (PillionProgress *self,
                         gint64 completed,
                         gint64 total)
{
  if (self->task == NULL)
    return;

  if (self->waiting)
    pillion_deadlines_unset (self->engine->deadlines, &self->deadline);
  self->waiting = FALSE;
  if (pillion_task_get_unit (self->task) == NULL)
    pillion_task_set_unit (self->task, "bytes");
  pillion_task_set_progress (self->task, completed, total);
}

static void
report_in_turn (PillionProgress *self,
                gint64 completed,
                gint64 total,
                gint64 now)
{
  self->next = self->engine->next_progress = MAX (now + PROGRESS_USEC, self->engine->next_progress + GAP_USEC);
  pillion_progress_report (self, completed, total);
}

static gint64
on_due (gpointer data,
        gint64 now)
{
  PillionProgress *self = data;

  /* All deadlines are checked when the client's settings change */
  if (now < self->next)
    return self->next;

  report_in_turn (self, self->completed, self->total, now);
  return PILLION_DEADLINE_NEVER;
}

void
pillion_progress_set (PillionProgress *self,
                      gint64 completed,
                      gint64 total)
{
  gint64 now;

  if (self->task == NULL)
    return;

  now = pillion_http_engine_get_now (self->engine);
  if (now >= self->next)
    {
      report_in_turn (self, completed, total, now);
      return;
    }

  self->completed = completed;
  self->total = total;
  if (!self->waiting)
    pillion_deadlines_set (self->engine->deadlines, &self->deadline, self->next, on_due, self);
  self->waiting = TRUE;
}

void
pillion_progress_end (PillionProgress *self)
{
  if (self->waiting)
    pillion_progress_report (self, self->completed, self->total);
  self->task = NULL;
}
