/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-rate-limit.h"

/* How long a slice is, in µs: short enough for an even transfer, but long enough to be cheap */
#define SLICE_USEC 20000
#define MAX_SLICE (256 * 1024)

/* How much lateness is made up for, in µs. After a longer pause, nothing is. */
#define LATE_USEC (3 * SLICE_USEC)

gsize
pillion_rate_limit_get_slice (gint64 rate)
{
  return rate > 0 ? (gsize) CLAMP (rate / (G_USEC_PER_SEC / SLICE_USEC), 1, MAX_SLICE) : MAX_SLICE;
}

/* How long so many bytes take, in µs */
static gint64
get_time (gint64 rate,
          gsize n)
{
  return MAX ((gint64) ((double) n * G_USEC_PER_SEC / (double) rate), 1);
}

gint64
pillion_rate_limit_reserve (PillionRateLimit *self,
                            gint64 rate,
                            gsize n,
                            gint64 now)
{
  gint64 turn;

  if (self->rate != rate || self->next < now - LATE_USEC)
    self->next = now;
  self->rate = rate;
  turn = self->next;
  self->next += get_time (rate, n);

  return turn;
}

void
pillion_rate_limit_give_back (PillionRateLimit *self,
                              gint64 rate,
                              gsize n)
{
  if (self->rate == rate && n > 0)
    self->next -= get_time (rate, n);
}
