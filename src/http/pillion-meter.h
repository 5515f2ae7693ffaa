/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* Measures how fast something arrives: from the end of one burst to the end of another, because servers that
 * limit the rate send in bursts. Times are µs of any clock. Starts as all zero. */
typedef struct
{
  gint64 n;    /* bytes in all */
  gint64 last; /* when the last of them arrived */
  gint64 n_before;
  gint64 from; /* where the measurement begins */
} PillionMeter;

static inline void
pillion_meter_add (PillionMeter *self,
                   gint64 now,
                   gint64 n)
{
  self->n += n;
  self->last = now;
}

static inline void
pillion_meter_start (PillionMeter *self)
{
  self->n_before = self->n;
  self->from = self->last;
}

/* In bytes per second, or -1 if nothing has arrived since pillion_meter_start () */
static inline double
pillion_meter_get_rate (const PillionMeter *self,
                        gint64 now)
{
  if (self->last <= self->from)
    return -1;

  /* A transfer that has stopped is no burst */
  return (double) (self->n - self->n_before) * G_USEC_PER_SEC / MAX (self->last - self->from, (now - self->from) / 2);
}
