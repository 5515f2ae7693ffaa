/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-throttle.h"

struct _PillionThrottle
{
  PillionHttpEngine *engine;
  PillionRateLimit *shared; /* of the engine */
  PillionRateLimit own;
  gint64 rate;          /* its own, or 0 */
  gsize credit;
  gsize reserved;       /* what it is waiting for, or 0 */
  gint64 due;           /* when that is there */
  gint64 reserved_rate; /* the client's when that or the credit was reserved */
  PillionDeadline deadline;
  PillionThrottleFunc func;
  gpointer data;
};

PillionThrottle *
pillion_throttle_new (PillionHttpEngine *engine,
                      PillionRateLimit *shared,
                      gint64 rate,
                      PillionThrottleFunc func,
                      gpointer data)
{
  PillionThrottle *self = g_new0 (PillionThrottle, 1);

  self->engine = pillion_http_engine_ref (engine);
  self->shared = shared;
  self->rate = rate;
  self->func = func;
  self->data = data;

  return self;
}

void
pillion_throttle_rest (PillionThrottle *self)
{
  if (self->reserved > 0)
    pillion_deadlines_unset (self->engine->deadlines, &self->deadline);
  if (self->reserved_rate > 0)
    pillion_rate_limit_give_back (self->shared, self->reserved_rate, self->reserved + self->credit);
  self->reserved = self->credit = 0;
}

void
pillion_throttle_free (PillionThrottle *self)
{
  pillion_throttle_rest (self);
  pillion_http_engine_unref (self->engine);
  g_free (self);
}

static gint64
on_due (gpointer data,
        gint64 now)
{
  PillionThrottle *self = data;

  /* It may be called early because the client's rate has changed, which then applies */
  if (now < self->due && self->engine->config.rate_limit == self->reserved_rate)
    return self->due;

  self->credit = self->reserved;
  self->reserved = 0;
  self->func (self->data);

  return PILLION_DEADLINE_NEVER;
}

gsize
pillion_throttle_get_credit (PillionThrottle *self,
                             gsize wanted)
{
  gint64 shared_rate = self->engine->config.rate_limit;
  gint64 now;
  gint64 own_turn;
  gint64 shared_turn;
  gsize n;

  if (self->rate <= 0 && shared_rate <= 0)
    return G_MAXSIZE;
  if (self->credit > 0)
    return self->credit;
  if (self->reserved > 0)
    return 0;

  now = own_turn = shared_turn = pillion_http_engine_get_now (self->engine);
  n = MIN (pillion_rate_limit_get_slice (self->rate), pillion_rate_limit_get_slice (shared_rate));
  n = MIN (n, wanted);
  if (self->rate > 0)
    own_turn = pillion_rate_limit_reserve (&self->own, self->rate, n, now);
  if (shared_rate > 0)
    shared_turn = pillion_rate_limit_reserve (self->shared, shared_rate, n, now);

  self->due = MAX (own_turn, shared_turn);
  self->reserved_rate = shared_rate;
  if (self->due > now)
    {
      self->reserved = n;
      pillion_deadlines_set (self->engine->deadlines, &self->deadline, self->due, on_due, self);
      return 0;
    }

  self->credit = n;
  return n;
}

void
pillion_throttle_use (PillionThrottle *self,
                      gsize n)
{
  self->credit -= MIN (n, self->credit);
}
