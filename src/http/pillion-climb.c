/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-climb.h"

/* How long a new connection has to get going before it is measured, and how long the measurement takes */
#define SETTLE_USEC 100000
#define MEASURE_USEC 200000

/* How often new connections are measured before they are given up: a busy machine delays what arrives */
#define MAX_DOUBTS 2

/* How long to wait for connections, and for bytes */
#define PATIENCE_USEC (2 * G_USEC_PER_SEC)

/* When to try again what seemed useless, because something else may have slowed all connections down: soon
 * and a few times if the server limits connections, once if a second connection brought nothing. */
#define RETRY_USEC (2 * G_USEC_PER_SEC)
#define MAX_RETRIES 4
#define SINGLE_RETRY_USEC (8 * G_USEC_PER_SEC)

/* A download that takes less than this is not worth the trouble */
#define MIN_LEFT_USEC (2 * G_USEC_PER_SEC)

/* A single connection that brings more than this many bytes per second is not limited by the server */
#define MAX_SINGLE (64e6)

/* A rate that grows by more than this between two measurements still grows by itself */
#define GROWTH 1.25

/* The share of what new connections should bring that is enough to keep them all, and the share that is
 * enough to go on in larger steps */
#define ENOUGH 0.75
#define PLENTY 0.85

void
pillion_climb_init (PillionClimb *self,
                    guint max,
                    gint64 now)
{
  *self = (PillionClimb) { .n = 1, .max = max, .before = -1, .factor = 2, .since = now };
}

static void
settle (PillionClimb *self,
        guint n)
{
  self->n = n;
  self->settled = TRUE;
  self->waiting = self->measuring = FALSE;
  self->retry_at = 0;
}

/* New connections have not brought what they should have */
static void
settle_for_now (PillionClimb *self,
                guint n,
                gint64 now)
{
  settle (self, n);
  if (n > 1 && self->n_retries < MAX_RETRIES)
    self->retry_at = now + (RETRY_USEC << self->n_retries);
  else if (self->n_retries == 0)
    self->retry_at = now + SINGLE_RETRY_USEC;
}

static void
retry (PillionClimb *self,
       gint64 now)
{
  self->n_retries++;
  self->settled = self->based = FALSE;
  self->before = -1;
  self->n_doubts = 0;
  self->factor = 2;
  self->since = now;
}

void
pillion_climb_limit (PillionClimb *self,
                     guint n)
{
  self->max = MIN (self->max, MAX (n, 1));
  self->n = MIN (self->n, self->max);
}

static void
grow (PillionClimb *self,
      const PillionClimbView *view)
{
  if (self->n >= self->max || view->disk_bound || self->best > MAX_SINGLE * self->n ||
      view->left < self->best * MIN_LEFT_USEC / G_USEC_PER_SEC)
    {
      settle (self, self->n);
      return;
    }

  self->n = MIN (self->max, self->n * self->factor);
  self->waiting = TRUE;
  self->since = view->now;
}

/* Returns whether there has to be another measurement first */
static gboolean
judge (PillionClimb *self,
       const PillionClimbView *view)
{
  double expected;

  if (!self->based)
    {
      /* A connection starts slowly, and then gets faster by itself */
      if (self->before < 0 || view->rate > GROWTH * self->before)
        {
          self->before = view->rate;
          return TRUE;
        }

      self->best = view->rate;
      self->n_best = self->n;
      self->based = TRUE;
      grow (self, view);
      return FALSE;
    }

  expected = self->best * self->n / self->n_best;
  if (view->rate < ENOUGH * expected)
    {
      if (++self->n_doubts < MAX_DOUBTS)
        return TRUE;

      guint n = (guint) (self->n_best * view->rate / self->best + 0.3);

      settle_for_now (self, CLAMP (n, self->n_best, self->n), view->now);
      return FALSE;
    }

  self->n_doubts = 0;
  self->factor = view->rate >= PLENTY * expected ? 4 : 2;
  self->best = view->rate;
  self->n_best = self->n;
  grow (self, view);
  return FALSE;
}

gboolean
pillion_climb_step (PillionClimb *self,
                    const PillionClimbView *view)
{
  gint64 passed = view->now - self->since;

  if (self->settled)
    {
      if (self->retry_at > 0 && view->now >= self->retry_at)
        retry (self, view->now);
      return FALSE;
    }

  if (self->waiting)
    {
      /* Some may have been refused in the meantime, or get no place in the queue */
      if (passed >= PATIENCE_USEC)
        pillion_climb_limit (self, view->n_ready);
      if (self->n <= self->n_best)
        {
          settle (self, self->n);
        }
      else if (view->n_ready >= self->n)
        {
          self->waiting = FALSE;
          self->since = view->now;
        }
      return FALSE;
    }

  if (!self->measuring)
    {
      self->measuring = passed >= SETTLE_USEC;
      if (self->measuring)
        self->since = view->now;
      return self->measuring;
    }

  if (passed < MEASURE_USEC)
    return FALSE;

  if (view->rate < 0)
    {
      if (passed >= PATIENCE_USEC)
        settle_for_now (self, MAX (self->n_best, 1), view->now);
      return FALSE;
    }

  self->since = view->now;
  self->measuring = judge (self, view);
  return self->measuring;
}
