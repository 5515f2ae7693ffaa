/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "base/pillion-pump.h"

#include <time.h>

/* More descriptors than this are polled in each kick: to keep the watch true about them would cost more */
#define MAX_WATCHED 64

/* A descriptor that was closed and opened again under its number between two kicks is invisible to the watch. So where the
 * context has any of its own, the kernel is asked all the same this often. */
#define STALE_USEC 100000

gint64
pillion_coarse_time (void)
{
#ifdef CLOCK_MONOTONIC_COARSE
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC_COARSE, &now);
  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
#else
  return g_get_monotonic_time ();
#endif
}

void
pillion_pump_init (PillionPump *self,
                   GMainContext *context)
{
  self->context = g_main_context_ref (context);
  self->n_allocated = 8;
  self->fds = g_new (GPollFD, self->n_allocated);
  self->must_poll = TRUE;
}

void
pillion_pump_clear (PillionPump *self)
{
  pillion_pump_unwatch (self);
  g_clear_pointer (&self->fds, g_free);
  g_clear_pointer (&self->context, g_main_context_unref);
}

void
pillion_pump_watch (PillionPump *self,
                    PillionWatchFunc func,
                    gpointer data)
{
  if (self->watch == NULL)
    {
      self->watch = pillion_watch_new (func, data);
      self->must_poll = TRUE;
    }
}

void
pillion_pump_unwatch (PillionPump *self)
{
  g_clear_pointer (&self->watch, pillion_watch_free);
  self->must_poll = TRUE;
}

static void
ask (PillionPump *self)
{
  int n;

  self->looking = TRUE;
  self->prepared = g_main_context_prepare (self->context, &self->max_priority);
  self->looking = FALSE;
  while ((n = g_main_context_query (self->context, self->max_priority, &self->timeout, self->fds,
                                    self->n_allocated)) > (int) self->n_allocated)
    {
      self->n_allocated = 2 * n;
      self->fds = g_renew (GPollFD, self->fds, self->n_allocated);
    }
  self->n_fds = n;
}

gboolean
pillion_pump_look (PillionPump *self)
{
  ask (self);

  if (self->prepared || self->timeout == 0 || self->must_poll || self->always_poll)
    return TRUE;
  if (pillion_watch_peek_flag (self->watch) || !pillion_watch_is (self->watch, self->fds, self->n_fds))
    return TRUE;

  /* The first one is the context's own wake-up */
  return self->n_fds > 1 && pillion_coarse_time () - self->last_poll > STALE_USEC;
}

int
pillion_pump_get_timeout (PillionPump *self)
{
  ask (self);

  if (self->prepared || (self->watch != NULL && pillion_watch_peek_flag (self->watch)))
    return 0;
  return self->timeout;
}

gboolean
pillion_pump_has_others (PillionPump *self,
                         guint n_known)
{
  ask (self);
  return self->prepared || self->timeout == 0 || self->n_fds > 1 + n_known;
}

static void
forget_conditions (PillionPump *self)
{
  for (guint i = 0; i < self->n_fds; i++)
    self->fds[i].revents = 0;
}

static gboolean
dispatch (PillionPump *self)
{
  int outer_depth = self->depth;
  gboolean ready;

  self->looking = TRUE;
  ready = g_main_context_check (self->context, self->max_priority, self->fds, self->n_fds);
  self->looking = FALSE;
  if (!ready)
    return FALSE;

  self->depth = g_main_depth () + 1;
  g_main_context_dispatch (self->context);
  self->depth = outer_depth;
  self->changed = TRUE;
  return TRUE;
}

guint
pillion_pump_turn (PillionPump *self)
{
  guint rounds = 0;
  int n_ready = 0;

  if (!pillion_pump_look (self))
    return 0;

  forget_conditions (self);
  if (self->watch == NULL || pillion_watch_take_flag (self->watch) || self->must_poll || self->always_poll ||
      !pillion_watch_is (self->watch, self->fds, self->n_fds) || !self->prepared)
    {
      n_ready = g_poll (self->fds, self->n_fds, 0);
      self->last_poll = pillion_coarse_time ();
      /* Something may have been left unread, and a watch tells of changes only: ask again until nothing is there */
      self->must_poll = n_ready != 0 || self->watch == NULL || self->prepared;
    }

  rounds += dispatch (self);

  if (rounds > 0 && n_ready > 0)
    {
      ask (self);
      forget_conditions (self);
      rounds += dispatch (self);
    }

  return rounds;
}

void
pillion_pump_settle (PillionPump *self)
{
  if (self->watch == NULL)
    return;

  if (self->n_fds > MAX_WATCHED)
    {
      self->must_poll = TRUE;
    }
  else if (self->changed || self->must_poll || !pillion_watch_is (self->watch, self->fds, self->n_fds))
    {
      /* What was seen and not dispatched has to be told again, as has what may be another file by now */
      self->must_poll = !pillion_watch_set (self->watch, self->fds, self->n_fds, self->changed || self->must_poll);
      self->changed = FALSE;
    }
}

/* For how long to sleep, in ms, after a look at the context */
static int
get_sleep (PillionPump *self,
           gint64 timeout_usec)
{
  gint64 timeout;

  if (self->prepared || self->timeout == 0)
    return 0;

  /* Rounded up: a timer that is not due yet would make a circle of waits of no length */
  timeout = timeout_usec < 0 ? -1 : MIN ((timeout_usec + 999) / 1000, G_MAXINT);
  if (self->timeout >= 0 && (timeout < 0 || self->timeout < timeout))
    timeout = self->timeout;

  return (int) timeout;
}

void
pillion_pump_wait (PillionPump *self,
                   gint64 timeout_usec)
{
  int timeout;

  ask (self);
  timeout = get_sleep (self, timeout_usec);
  if (timeout == 0 && (self->prepared || self->timeout == 0))
    return;

  g_poll (self->fds, self->n_fds, timeout);
  self->must_poll = TRUE;
}

void
pillion_pump_poll (PillionPump *self,
                   gint64 timeout_usec)
{
  ask (self);
  forget_conditions (self);
  g_poll (self->fds, self->n_fds, get_sleep (self, timeout_usec));
  self->last_poll = pillion_coarse_time ();
  self->must_poll = TRUE;
}

gboolean
pillion_pump_dispatch (PillionPump *self)
{
  return dispatch (self);
}
