/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-backoff.h"

#define FIRST_DELAY (G_USEC_PER_SEC / 2)
#define MAX_DELAY (30 * G_USEC_PER_SEC)

GTimeSpan
pillion_backoff_get_delay (const PillionBackoff *self)
{
  GTimeSpan delay = self->n < 16 ? MIN (FIRST_DELAY << self->n, MAX_DELAY) : MAX_DELAY;

  return (GTimeSpan) (delay * g_random_double_range (0.5, 1));
}

static gint64
on_due (gpointer data,
        gint64 now)
{
  PillionBackoff *self = data;

  /* All deadlines are checked when the client's settings change */
  if (now < self->due)
    return self->due;

  pillion_call_resume (self->call);
  return PILLION_DEADLINE_NEVER;
}

void
pillion_backoff_start (PillionBackoff *self,
                       PillionCall *call,
                       GTimeSpan delay)
{
  self->call = call;
  self->n++;
  self->due = pillion_http_engine_get_now (call->engine) + delay;
  pillion_deadlines_set (call->engine->deadlines, &self->deadline, self->due, on_due, self);
}

void
pillion_backoff_clear (PillionBackoff *self)
{
  if (self->call != NULL)
    pillion_deadlines_unset (self->call->engine->deadlines, &self->deadline);
}
