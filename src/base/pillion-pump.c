/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "base/pillion-pump.h"

#include <string.h>
#include <time.h>

/* Polling more descriptors than this in each kick costs less than keeping the watch up to date */
#define MAX_WATCHED 64

/* The watch can't see that a descriptor was closed and another one opened under its number between two kicks.
 * So if the context has descriptors of its own, the kernel is asked this often anyway. */
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
  for (guint i = 0; i < G_N_ELEMENTS (self->lifts); i++)
    g_clear_pointer (&self->lifts[i], pillion_lift_free);
  g_clear_pointer (&self->fds, g_free);
  g_clear_pointer (&self->context, g_main_context_unref);
}

void
pillion_pump_watch (PillionPump *self,
                    PillionWatchFunc func,
                    PillionWatchFunc hold,
                    gpointer data)
{
  if (self->watch == NULL)
    {
      self->watch = pillion_watch_new (func, hold, data);
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

/* Keeps the levels in order. Returns whether it is a new one and there was room for it. */
static gboolean
add_level (PillionPump *self,
           int priority)
{
  guint i = 0;

  if (priority == G_MAXINT || self->n_levels == G_N_ELEMENTS (self->levels))
    return FALSE;
  while (i < self->n_levels && self->levels[i] < priority)
    i++;
  if (i < self->n_levels && self->levels[i] == priority)
    return FALSE;

  memmove (&self->levels[i + 1], &self->levels[i], (self->n_levels - i) * sizeof self->levels[0]);
  self->levels[i] = priority;
  self->n_levels++;
  return TRUE;
}

static void
forget_levels (PillionPump *self)
{
  self->n_levels = self->n_next = 0;
}

/* Called between a look and the dispatch: looks again, past the priorities before the one whose turn it is,
 * or past all of them if @to_the_bottom */
static void
look_deeper (PillionPump *self,
             gboolean to_the_bottom)
{
  guint n = to_the_bottom ? self->n_levels : self->n_next;

  if (!self->prepared)
    {
      forget_levels (self);
      return;
    }
  if (n == 0)
    {
      add_level (self, self->max_priority);
      self->n_next = 1;
      return;
    }

  for (guint i = 0; i < n; i++)
    {
      if (self->lifts[i] == NULL)
        self->lifts[i] = pillion_lift_new (self->context);
      pillion_lift_arm_prepare (self->lifts[i], self->levels[i]);
    }
  ask (self);
  self->n_lifted = n;
  if (add_level (self, self->max_priority) || (!to_the_bottom && n < self->n_levels))
    self->n_next = n + 1;
  else if (self->n_levels == G_N_ELEMENTS (self->levels))
    forget_levels (self); /* some of them may no longer be ready */
  else if (!to_the_bottom)
    self->n_next = 0;
}

/* If several descriptors are ready, the context serves those of the highest priority. So every other time it
 * is told about only one of them, each in turn. Returns whether this is such a time. */
static gboolean
is_for_one (PillionPump *self)
{
  return self->n_ready > 1 && self->n_polls++ % 2 == 1;
}

/* The first descriptor is the context's own wake-up, which is always kept */
static void
pick_one (PillionPump *self)
{
  GPollFD *next = NULL, *first = NULL;

  for (guint i = 1; i < self->n_fds; i++)
    {
      GPollFD *fd = &self->fds[i];

      if (fd->revents == 0)
        continue;
      if (first == NULL || fd->fd < first->fd)
        first = fd;
      if (fd->fd > self->last_fd && (next == NULL || fd->fd < next->fd))
        next = fd;
    }
  if (next == NULL)
    next = first;
  if (next == NULL)
    return;

  self->last_fd = next->fd;
  for (guint i = 1; i < self->n_fds; i++)
    if (&self->fds[i] != next)
      self->fds[i].revents = 0;
}

/* Asks the kernel which descriptors are ready */
static int
poll_fds (PillionPump *self,
          int timeout,
          gboolean for_one)
{
  int n_ready;

  forget_conditions (self);
  n_ready = g_poll (self->fds, self->n_fds, timeout);
  self->n_ready = n_ready;
  if (self->n_fds > 0 && self->fds[0].revents != 0)
    {
      /* The context's own wake-up: what it polls has changed, and a number may belong to another file now */
      self->n_ready--;
      self->changed = TRUE;
    }
  self->last_poll = pillion_coarse_time ();
  if (for_one)
    pick_one (self);

  return n_ready;
}

static gboolean
check (PillionPump *self)
{
  guint n_lifted = self->n_lifted;
  gboolean ready;

  for (guint i = 0; i < n_lifted; i++)
    pillion_lift_arm_check (self->lifts[i]);
  self->looking = TRUE;
  ready = g_main_context_check (self->context, self->max_priority, self->fds, self->n_fds);
  self->looking = FALSE;
  for (guint i = 0; i < n_lifted; i++)
    pillion_lift_disarm (self->lifts[i]);
  self->n_lifted = 0;

  return ready;
}

static gboolean
dispatch (PillionPump *self)
{
  int outer_depth = self->depth;

  if (!check (self))
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
  gboolean for_one = FALSE;
  gboolean was_told = FALSE;
  guint rounds = 0;
  int n_ready = 0;

  if (!pillion_pump_look (self))
    {
      forget_levels (self);
      return 0;
    }

  for_one = is_for_one (self);
  look_deeper (self, for_one);
  forget_conditions (self);
  was_told = self->watch != NULL && pillion_watch_take_flag (self->watch);
  if (self->watch == NULL || was_told || self->must_poll || self->always_poll ||
      !pillion_watch_is (self->watch, self->fds, self->n_fds) || !self->prepared)
    {
      n_ready = poll_fds (self, 0, for_one);
      if (was_told && n_ready == 0)
        pillion_watch_doubt (self->watch);
      /* Something may be left unread, and a watch reports only changes: ask again until nothing is ready */
      self->must_poll = n_ready != 0 || self->watch == NULL || self->prepared;
    }

  rounds += dispatch (self);

  /* Its source may not have wanted it */
  if (rounds == 0 && n_ready > 0 && for_one)
    {
      ask (self);
      poll_fds (self, 0, FALSE);
      rounds += dispatch (self);
    }

  if (rounds > 0 && n_ready > 0)
    {
      ask (self);
      look_deeper (self, FALSE);
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
      /* Report again what was seen but not dispatched, and what may be another file by now */
      self->must_poll = !pillion_watch_set (self->watch, self->fds, self->n_fds, self->changed || self->must_poll);
      self->changed = FALSE;
    }
}

/* How long to sleep after a look at the context, in ms */
static int
get_sleep (PillionPump *self,
           gint64 timeout_usec)
{
  gint64 timeout;

  if (self->prepared || self->timeout == 0)
    return 0;

  /* Rounded up: otherwise, just before a timer is due, waits of no length would spin */
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
  gboolean for_one = is_for_one (self);

  ask (self);
  look_deeper (self, for_one);
  poll_fds (self, get_sleep (self, timeout_usec), for_one);
  self->must_poll = TRUE;
}

gboolean
pillion_pump_dispatch (PillionPump *self)
{
  return dispatch (self);
}
