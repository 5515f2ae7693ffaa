/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-loop-private.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-sync.h"
#include "loop/pillion-passenger.h"

/* How long a hook may be silent, although something is alive, before it seems to be lost, in µs */
#define LOST_USEC 5000

/* How a loop gets onto a host, or into a context that something else runs, and off again. */

gboolean
pillion_loop_acquire (PillionLoop *self)
{
  if (!self->owns_context)
    self->owns_context = g_main_context_acquire (self->core.context);

  return self->owns_context;
}

void
pillion_loop_release_context (PillionLoop *self)
{
  if (self->owns_context && pillion_core_on_thread (&self->core))
    {
      g_main_context_release (self->core.context);
      self->owns_context = FALSE;
    }
}

/* Whether this is called from a source of the loop's context, whatever dispatches it */
gboolean
pillion_loop_is_called_from_context (PillionLoop *self)
{
  return g_main_depth () > 0 && g_source_get_context (g_main_current_source ()) == self->core.context;
}

/* Whether something else runs the context on this thread */
gboolean
pillion_loop_is_run_by_another (PillionLoop *self)
{
  GMainContext *context = self->core.context;

  if (self->core.depth > 0)
    return FALSE;
  if (pillion_loop_is_called_from_context (self))
    return TRUE;

  /* Something has acquired it. That may just be the code that made it the thread's default. */
  return !self->owns_context && g_main_context_is_owner (context) && g_main_context_get_thread_default () != context;
}

static void
set_ride (PillionLoop *self,
          PillionRide ride)
{
  __atomic_store_n (&self->ride, ride, __ATOMIC_SEQ_CST);
  self->winding_down = FALSE;
}

/* The last step of every change: handlers may change it again */
static void
notify_ride (PillionLoop *self,
             PillionRide old,
             gboolean was_passenger)
{
  if ((self->ride == PILLION_RIDE_NONE) != (old == PILLION_RIDE_NONE))
    g_object_notify (G_OBJECT (self), "riding");
  if (pillion_loop_is_passenger (self) != was_passenger)
    g_object_notify (G_OBJECT (self), "passenger");
}

void
pillion_loop_become_passenger (PillionLoop *self)
{
  PillionRide old = self->ride;
  gboolean was_passenger = pillion_loop_is_passenger (self);

  if (old == PILLION_RIDE_HOOK)
    pillion_host_remove (self->host, self);

  /* Whatever runs the context owns it, and wakes it. Inside a kick it is still in use, so the end of the kick
   * releases it. */
  pillion_pump_unwatch (&self->core.pump);
  if (self->core.depth == 0)
    pillion_loop_release_context (self);

  if (self->passenger == NULL)
    self->passenger = pillion_passenger_new (self);
  /* A host that watches the descriptor has nothing left to do */
  pillion_loop_leave_fds (self);
  set_ride (self, PILLION_RIDE_PASSENGER);
  __atomic_store_n (&self->shared, TRUE, __ATOMIC_SEQ_CST);
  notify_ride (self, old, was_passenger);
}

static gboolean
get_on (PillionLoop *self,
        GError **error)
{
  /* A virtual clock moves only while its host kicks, whatever else runs the context */
  if (self->host == NULL || self->shared || pillion_host_runs_context (self->host, self->core.context) ||
      (!self->core.virtual_clock && pillion_loop_is_run_by_another (self)))
    {
      pillion_loop_become_passenger (self);
      return TRUE;
    }

  if (!pillion_loop_acquire (self))
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_BUSY, _("Another thread is running the loop's context"));
      return FALSE;
    }

  /* Before the hook is installed, because the host may kick while installing it */
  set_ride (self, PILLION_RIDE_HOOK);
  if (self->event_fd < 0)
    pillion_pump_watch (&self->core.pump, pillion_loop_on_watch, pillion_loop_hold_for_watch, self);
  self->kicked_usec = g_get_monotonic_time ();
  if (!pillion_host_install (self->host, self, error))
    {
      set_ride (self, PILLION_RIDE_NONE);
      pillion_loop_release_context (self);
      if (error != NULL && *error == NULL)
        g_set_error (error, PILLION_ERROR, PILLION_ERROR_HOST, _("The host '%s' could not install its hook"),
                     pillion_host_get_name (self->host));
      return FALSE;
    }

  notify_ride (self, PILLION_RIDE_NONE, FALSE);
  return TRUE;
}

/* Removes the hook, or the source; ensure () or the next work brings it back */
void
pillion_loop_get_off (PillionLoop *self)
{
  PillionRide ride = self->ride;
  gboolean was_passenger = pillion_loop_is_passenger (self);

  if (ride == PILLION_RIDE_NONE)
    return;

  set_ride (self, PILLION_RIDE_NONE);
  g_clear_pointer (&self->passenger, pillion_passenger_free);
  if (ride == PILLION_RIDE_HOOK)
    {
      pillion_host_remove (self->host, self);
      /* Inside a kick the context is still in use: the next kick that finds the loop not riding releases it */
      if (self->core.depth == 0)
        pillion_loop_release_context (self);
    }
  notify_ride (self, ride, was_passenger);
}

static void
loop_ref_free (gpointer data,
               GClosure *closure)
{
  g_weak_ref_clear (data);
  g_free (data);
}

/* A host may have changed its mind: then the hook comes, or goes with the next kick. Meanwhile the loop may be ending on another thread. */
static void
on_keeps_hook (PillionHost *host,
               GParamSpec *property,
               gpointer loop)
{
  g_autoptr (PillionLoop) self = g_weak_ref_get (loop);
  gboolean keeps_hook;

  /* The host belongs to the loop's thread, too: it must not be looked at on another one */
  if (self == NULL || !pillion_core_on_thread (&self->core))
    return;

  keeps_hook = pillion_host_keeps_hook (host);
  if (self->keeps_hook == keeps_hook)
    return;

  self->keeps_hook = keeps_hook;
  pillion_core_busy (&self->core);
}

static gulong
listen_to (PillionHost *host,
           PillionLoop *self)
{
  GWeakRef *loop = g_new (GWeakRef, 1);

  g_weak_ref_init (loop, self);
  return g_signal_connect_data (host, "notify::keeps-hook", G_CALLBACK (on_keeps_hook), loop, loop_ref_free, 0);
}

static void
set_host (PillionLoop *self,
          PillionHost *host)
{
  gboolean has_own_clock = host != NULL && pillion_host_has_own_clock (host);
  gint64 old_now = pillion_core_now (&self->core);
  gboolean had_own_clock = self->core.own_clock;
  PillionHost *old;

  if (host != NULL)
    g_object_ref (host);
  pillion_mutex_lock (&self->wake_lock);
  old = self->host;
  self->host = host;
  pillion_mutex_unlock (&self->wake_lock);
  self->core.own_clock = has_own_clock;
  self->core.virtual_clock = self->core.pump.always_poll = host != NULL && pillion_host_has_virtual_clock (host);
  if (old != host)
    g_clear_signal_handler (&self->keeps_hook_handler, old);
  if (old != host && host != NULL)
    self->keeps_hook_handler = listen_to (host, self);
  self->keeps_hook = host != NULL && pillion_host_keeps_hook (host);
  /* Keep the time that is left of timers that were set by another clock */
  if (has_own_clock || had_own_clock)
    pillion_timer_heap_shift (&self->core.timers, pillion_core_now (&self->core) - old_now);

  if (old != host)
    g_object_notify (G_OBJECT (self), "host");
  g_clear_object (&old);
}

void
pillion_loop_busy (PillionLoop *self)
{
  g_autoptr (GError) error = NULL;

  self->winding_down = FALSE;
  if (self->wanted && self->ride == PILLION_RIDE_NONE && !self->core.closing && !get_on (self, &error))
    g_warning ("There is new work, but the host could not install its hook: %s", error->message);
}

/* Whether the hook is removed when the loop is out of work */
gboolean
pillion_loop_stops_alone (PillionLoop *self)
{
  return self->auto_stop && !self->keeps_hook;
}

/* At the end of a kick: returns whether more are wanted. After the first kick that found nothing alive there
 * is one more, for late callbacks; then the hook is removed. */
gboolean
pillion_loop_rest (PillionLoop *self)
{
  if (G_UNLIKELY (self->core.closed))
    {
      pillion_loop_release_context (self);
      return FALSE;
    }

  if (self->stopped)
    {
      /* Inside the kick */
      pillion_loop_release_context (self);
      return FALSE;
    }

  if (self->ride == PILLION_RIDE_PASSENGER)
    pillion_loop_release_context (self);
  if (pillion_loop_has_work (self))
    {
      self->winding_down = FALSE;
      return TRUE;
    }
  if (!pillion_loop_stops_alone (self))
    return TRUE;
  if (self->ride == PILLION_RIDE_NONE)
    return FALSE;

  if (!self->winding_down)
    {
      self->winding_down = TRUE;
      return TRUE;
    }

  pillion_loop_get_off (self);
  /* A thread may have brought something while the hook was being removed, and woken a host that still seemed
   * to have it */
  if (pillion_core_has_ready (&self->core))
    pillion_loop_busy (self);
  return self->ride != PILLION_RIDE_NONE;
}

/* Whether the hook may be gone without the host saying so: it has not kicked for a while although something
 * is alive. A host that sleeps looks the same, and installing its hook again does no harm. */
static gboolean
seems_lost (PillionLoop *self)
{
  return self->ride == PILLION_RIDE_HOOK && self->core.depth == 0 && pillion_loop_has_work (self) &&
    g_get_monotonic_time () - self->kicked_usec > LOST_USEC;
}

/* For a loop that is being finalized: there still is one only if another thread dropped the last reference */
void
pillion_loop_clear_passenger (PillionLoop *self)
{
  g_clear_pointer (&self->passenger, pillion_passenger_free);
}

/* From now on, nothing is known to run the context */
static void
forget_passenger (PillionLoop *self)
{
  gboolean was_passenger = pillion_loop_is_passenger (self);

  __atomic_store_n (&self->shared, FALSE, __ATOMIC_SEQ_CST);
  if (was_passenger && !pillion_loop_is_passenger (self))
    g_object_notify (G_OBJECT (self), "passenger");
}

/**
 * pillion_loop_ensure:
 * @self: a loop
 * @host: (nullable): the host that kicks; %NULL to ride along with whatever runs the context
 * @error: return location for an error
 *
 * Makes sure that the loop is kicked: installs the hook in @host, once, however often this is called. A second
 * call with the same host does nothing; with another host it moves the hook there.
 *
 * If something already runs the loop's context (a program on GTK, a Qt that was built with GLib), kicking it
 * too would do the work twice. The loop then becomes a passenger, as it does if @host is %NULL: one `GSource`
 * in that context does what is ready, and no hook is installed. The loop finds this out here, or at the first
 * kick.
 *
 * When the loop is out of work, it removes the hook, and the next task installs it again
 * ([property@Pillion.Loop:auto-stop]). Timers use the clock of @host from now on.
 *
 * Returns: whether the loop rides; if not, @error is set: to [error@Pillion.Error.WRONG_THREAD],
 *   [error@Pillion.Error.CLOSED], [error@Pillion.Error.NAME_TAKEN] if a hook of the host's name kicks another loop,
 *   [error@Pillion.Error.BUSY] if another thread runs the context, or to the host's own
 *
 * Since: 1.0
 */
gboolean
pillion_loop_ensure (PillionLoop *self,
                     PillionHost *host,
                     GError **error)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), FALSE);
  g_return_val_if_fail (host == NULL || PILLION_IS_HOST (host), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!pillion_core_check_thread (&self->core, error))
    return FALSE;
  if (self->core.closing || self->core.closed)
    {
      g_set_error_literal (error, PILLION_ERROR, PILLION_ERROR_CLOSED,
                           pillion_core_describe_closed (&self->core));
      return FALSE;
    }
  if (self->ride != PILLION_RIDE_NONE && self->host == host)
    {
      if (!seems_lost (self))
        return TRUE;
      /* Even if it is still there: a host never has two */
      pillion_loop_get_off (self);
    }

  if (host != NULL)
    {
      g_autoptr (PillionLoop) other = pillion_loop_ref_by_hook_name (pillion_host_get_name (host));

      if (other != NULL && other != self)
        {
          g_set_error (error, PILLION_ERROR, PILLION_ERROR_NAME_TAKEN, _("A hook named '%s' already kicks another loop"),
                       pillion_host_get_name (host));
          return FALSE;
        }
    }

  if (self->host != host)
    {
      pillion_loop_get_off (self);
      pillion_loop_remove_hook_name (self);
      forget_passenger (self);
      set_host (self, host);
    }

  if (!get_on (self, error))
    {
      /* The next work doesn't try either: the caller knows that nothing kicks */
      __atomic_store_n (&self->wanted, FALSE, __ATOMIC_SEQ_CST);
      pillion_loop_remove_hook_name (self);
      return FALSE;
    }
  if (self->core.closed)
    {
      /* Closed inside the host's function */
      g_set_error_literal (error, PILLION_ERROR, PILLION_ERROR_CLOSED,
                           pillion_core_describe_closed (&self->core));
      return FALSE;
    }

  __atomic_store_n (&self->wanted, TRUE, __ATOMIC_SEQ_CST);
  self->stopped = FALSE;
  pillion_loop_unmute (self);
  if (host != NULL && self->hook_name == NULL)
    pillion_loop_add_hook_name (self, pillion_host_get_name (host));
  /* Earlier wake-ups went to another host, or to none */
  if (pillion_loop_has_work (self))
    pillion_loop_ring_anew (self);

  return TRUE;
}

/**
 * pillion_loop_hook_lost:
 * @self: a loop
 *
 * Says that the host has dropped the hook by itself, as some do with their timers when they open another
 * file. If there is work, the hook is installed again at once, otherwise with the next work. The host's
 * function to remove it is not called. It does nothing if no hook was installed. On the loop's thread only.
 *
 * Without this, [method@Pillion.Loop.ensure] reinstalls a hook that has not kicked for a few milliseconds
 * although there was work.
 *
 * Since: 1.0
 */
void
pillion_loop_hook_lost (PillionLoop *self)
{
  g_return_if_fail (PILLION_IS_LOOP (self));
  g_return_if_fail (pillion_core_on_thread (&self->core));

  if (self->ride != PILLION_RIDE_HOOK)
    return;

  set_ride (self, PILLION_RIDE_NONE);
  if (self->core.depth == 0)
    pillion_loop_release_context (self);
  notify_ride (self, PILLION_RIDE_HOOK, FALSE);
  if (pillion_loop_has_work (self))
    {
      pillion_loop_busy (self);
      pillion_loop_ring_anew (self);
    }
}

/**
 * pillion_loop_stop:
 * @self: a loop
 *
 * Removes the hook from the host, or leaves the context in which the loop is a passenger. Pending work stays
 * pending and continues after the next [method@Pillion.Loop.ensure]; transfers and threads carry on meanwhile.
 * It does nothing if the loop does not ride. You can call it inside a callback. On the loop's thread only.
 *
 * The loop releases its host, and uses the monotonic clock. A hook that is called once more, such as a timer
 * that was already queued, runs nothing.
 *
 * Since: 1.0
 */
void
pillion_loop_stop (PillionLoop *self)
{
  g_return_if_fail (PILLION_IS_LOOP (self));
  g_return_if_fail (pillion_core_on_thread (&self->core));

  /* A hook that is called once more, such as a timer that was already queued, must run nothing. Without a
   * host there is no hook. */
  self->stopped |= self->wanted && self->host != NULL;
  __atomic_store_n (&self->wanted, FALSE, __ATOMIC_SEQ_CST);
  pillion_loop_get_off (self);
  forget_passenger (self);
  pillion_loop_remove_hook_name (self);
  set_host (self, NULL);
}

/**
 * pillion_loop_is_riding: (get-property riding)
 * @self: a loop
 *
 * Checks whether a hook kicks the loop, or it is a passenger.
 *
 * Returns: whether it rides
 *
 * Since: 1.0
 */
gboolean
pillion_loop_is_riding (PillionLoop *self)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), FALSE);

  return self->ride != PILLION_RIDE_NONE;
}

/**
 * pillion_loop_is_passenger: (get-property passenger)
 * @self: a loop
 *
 * Checks whether the loop is a passenger: whether something else runs its context, so that it has no hook.
 *
 * Returns: whether it is a passenger
 *
 * Since: 1.0
 */
gboolean
pillion_loop_is_passenger (PillionLoop *self)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), FALSE);

  return self->ride == PILLION_RIDE_PASSENGER || (self->shared && self->wanted);
}

/**
 * pillion_loop_get_host: (get-property host)
 * @self: a loop
 *
 * Gets the host that [method@Pillion.Loop.ensure] was last given.
 *
 * Returns: (transfer none) (nullable): the host, or %NULL if there is none
 *
 * Since: 1.0
 */
PillionHost *
pillion_loop_get_host (PillionLoop *self)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), NULL);

  return self->host;
}

void
pillion_loop_forget_host (PillionLoop *self)
{
  pillion_loop_get_off (self);
  pillion_loop_remove_hook_name (self);
  set_host (self, NULL);
}
