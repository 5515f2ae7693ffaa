/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-loop-private.h"

#include <errno.h>
#include <unistd.h>

#ifdef HAVE_EVENTFD
#include <sys/eventfd.h>
#endif

#include "base/pillion-sync.h"
#include "core/pillion-closure.h"

/* What sleeping hosts need: a descriptor, a deadline, and something that wakes them. */

/* How often, in µs, a host has to look for what the kernel can't report: regular files, and more descriptors
 * than are worth watching */
#define BLIND_USEC 10000

/* If there are more descriptors than this, they are not all added again before each sleep, but at this
 * interval, in µs */
#define MANY_FDS 64
#define FRESH_USEC 100000

void
pillion_loop_external_init (PillionLoop *self)
{
  g_mutex_init (&self->wake_lock);
  self->fds.fd = -1;
  self->event_fd = -1;
}

void
pillion_loop_external_clear (PillionLoop *self)
{
  pillion_callback_unref (g_steal_pointer (&self->wake));
  pillion_epoll_set_clear (&self->fds);
  if (self->event_fd >= 0)
    close (self->event_fd);
  self->event_fd = -1;
  g_mutex_clear (&self->wake_lock);
}

/* This and the next function run on the I/O thread. The loop must not be freed between the two. */
void
pillion_loop_hold_for_watch (gpointer data)
{
  pillion_core_enter (data);
}

void
pillion_loop_on_watch (gpointer data)
{
  /* Not held while the host's function runs, because the thread that disposes of the loop may be waiting for
   * that */
  pillion_core_ring_entered (data);
}

/* A reference that does not keep the loop alive: the context may never run again, and the loop keeps the
 * context */
typedef GWeakRef LoopRef;

static void
loop_ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

/* A thread brought work while a passenger was away: the passenger comes back on its own thread */
static gboolean
come_back (gpointer data)
{
  g_autoptr (PillionLoop) loop = g_weak_ref_get (data);

  if (loop != NULL && pillion_core_has_ready (pillion_core (loop)))
    pillion_loop_busy (loop);
  return G_SOURCE_REMOVE;
}

static void
call_passenger_back (PillionLoop *self)
{
  GSource *source = g_idle_source_new ();
  LoopRef *loop = g_new (LoopRef, 1);

  g_weak_ref_init (loop, self);
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, come_back, loop, loop_ref_free);
  g_source_attach (source, self->core.context);
  g_source_unref (source);
}

/* On any thread, after entering the core. pillion_core_ring () makes this happen only once between two kicks. */
void
pillion_loop_wake (PillionLoop *self)
{
  int event_fd = __atomic_load_n (&self->event_fd, __ATOMIC_SEQ_CST);
  PillionRide ride = __atomic_load_n (&self->ride, __ATOMIC_SEQ_CST);
  gboolean is_own_thread = pillion_core_on_thread (&self->core);
  PillionCallback *wake;
  PillionHost *host;

  if (__atomic_load_n (&self->blocked, __ATOMIC_SEQ_CST))
    {
      /* Only the loop itself sleeps; it wakes the host when that is over */
      g_main_context_wakeup (self->core.context);
      pillion_core_leave (&self->core);
      return;
    }

  /* A passenger is woken through its context */
  if (event_fd >= 0 && ride != PILLION_RIDE_PASSENGER)
    {
      const guint64 one = 1;

      /* Counted before it is written: the host often gets this thread's processor with the write, and must find
       * what made the descriptor readable, or it would kick for nothing until this thread runs again */
      __atomic_add_fetch (&self->n_rings, 1, __ATOMIC_SEQ_CST);
      while (write (event_fd, &one, sizeof one) < 0 && errno == EINTR)
        ;
    }

  if (ride == PILLION_RIDE_PASSENGER && !is_own_thread)
    g_main_context_wakeup (self->core.context);

  pillion_mutex_lock (&self->wake_lock);
  wake = pillion_callback_ref (self->wake);
  host = self->host != NULL ? g_object_ref (self->host) : NULL;
  pillion_mutex_unlock (&self->wake_lock);

  if ((host == NULL || __atomic_load_n (&self->shared, __ATOMIC_SEQ_CST)) && ride == PILLION_RIDE_NONE && __atomic_load_n (&self->wanted, __ATOMIC_SEQ_CST) && !is_own_thread)
    call_passenger_back (self);
  pillion_core_leave (&self->core);

  if (wake != NULL)
    ((PillionWakeFunc) wake->func) (wake->data);
  pillion_callback_unref (wake);
  if (host != NULL)
    {
      pillion_host_wake (host);
      pillion_sync_unref (host);
    }
}

static inline void
drain (PillionLoop *self)
{
  if (G_UNLIKELY (self->event_fd >= 0) && __atomic_load_n (&self->n_rings, __ATOMIC_SEQ_CST) > 0)
    {
      guint64 count;
      gssize n;

      while ((n = read (self->event_fd, &count, sizeof count)) < 0 && errno == EINTR)
        ;
      /* One that is counted, but not written yet, is left for a later kick */
      if (n > 0)
        __atomic_sub_fetch (&self->n_rings, (int) count, __ATOMIC_SEQ_CST);
    }
}

void
pillion_loop_consume_wake (PillionLoop *self)
{
  if (__atomic_load_n (&self->core.rung, __ATOMIC_RELAXED))
    __atomic_store_n (&self->core.rung, FALSE, __ATOMIC_SEQ_CST);
  drain (self);
}

/* Wakes the host although it was woken already, because nothing has reacted to that */
void
pillion_loop_ring_anew (PillionLoop *self)
{
  __atomic_store_n (&self->core.rung, FALSE, __ATOMIC_SEQ_CST);
  pillion_core_ring (&self->core);
}

/* The descriptor stops being readable until something rings or asks for the deadline again */
void
pillion_loop_leave_fds (PillionLoop *self)
{
  drain (self);
  if (self->fds.fd >= 0)
    pillion_epoll_set_update (&self->fds, NULL, 0, FALSE);
}

/* Kicks are refused for now, or forever, so nothing may ask for one: a host that sleeps on the descriptor
 * would spin */
void
pillion_loop_mute (PillionLoop *self)
{
  /* While this is set, threads don't wake the host */
  if (!__atomic_load_n (&self->core.rung, __ATOMIC_RELAXED))
    __atomic_store_n (&self->core.rung, TRUE, __ATOMIC_SEQ_CST);
  if (self->muted)
    drain (self);
  else
    pillion_loop_leave_fds (self);
  self->muted = TRUE;
}

/* Once that is over, ready work wakes the host again, and so does whatever comes later */
void
pillion_loop_unmute (PillionLoop *self)
{
  if (!self->muted || !pillion_loop_may_kick (self))
    return;

  self->muted = FALSE;
  self->core.pump.changed = TRUE;
  __atomic_store_n (&self->core.rung, FALSE, __ATOMIC_SEQ_CST);
  /* This adds what the context polls to the descriptor again */
  if (pillion_loop_get_deadline (self) == 0)
    pillion_core_ring (&self->core);
}

/* Before a host sleeps: makes the descriptor, or the watch, reflect what the context polls now. The host's
 * own code may have put another file under a descriptor's number, which can't be detected, so all descriptors
 * are added again: every time if there are few, and only at intervals if there are many, because each costs a
 * system call. Returns how long the host may sleep, in µs, or -1 for no limit. */
static gint64
sync_fds (PillionLoop *self)
{
  PillionPump *pump = &self->core.pump;
  gint64 next_fresh = -1;
  gint64 now;

  if (self->fds.fd < 0)
    {
      /* The first one is the context's own wake-up */
      pump->changed |= pump->n_fds > 1;
      pillion_pump_settle (pump);
      return pump->watch == NULL || !pump->must_poll ? -1 : BLIND_USEC;
    }

  if (pump->n_fds > MANY_FDS)
    {
      now = pillion_coarse_time ();
      next_fresh = MAX (0, self->last_fresh + FRESH_USEC - now);
      if (next_fresh == 0)
        {
          self->last_fresh = now;
          next_fresh = -1;
          pump->changed = TRUE;
        }
    }
  else
    {
      pump->changed |= pump->n_fds > 1;
    }

  if (!pillion_epoll_set_update (&self->fds, pump->fds, pump->n_fds, pump->changed))
    next_fresh = BLIND_USEC;
  pump->changed = FALSE;

  /* What the kernel reports but poll () does not know would wake the host forever */
  if (G_UNLIKELY (self->fds.suspect) && pump->n_ready == 0 && pillion_epoll_set_is_stale (&self->fds))
    pillion_epoll_set_renew (&self->fds);

  return next_fresh;
}

/* Whether this is called from a source of the loop's context that somebody else's main loop dispatches. That
 * main loop looks at the context by itself; if it found the caller's own timer there, it would set it again
 * forever. */
static gboolean
is_within_context (PillionLoop *self)
{
  return pillion_loop_is_called_from_context (self) && !pillion_pump_is_dispatching (&self->core.pump);
}

/**
 * pillion_loop_get_fd:
 * @self: a loop
 *
 * Gets a file descriptor that is readable when the loop wants a kick, for hosts that sleep in `poll ()`. Before
 * each sleep, call [method@Pillion.Loop.get_deadline] to find out for how long; that call also updates what the
 * descriptor watches.
 *
 * The descriptor belongs to the loop and stays the same. From the first call on, each kick makes a system call,
 * because the host waits instead of the I/O thread. On the loop's thread only.
 *
 * Returns: the descriptor, or -1 if the platform has none: use [method@Pillion.Loop.set_wake_func] and the deadline there
 *
 * Since: 1.0
 */
int
pillion_loop_get_fd (PillionLoop *self)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), -1);
  g_return_val_if_fail (pillion_core_on_thread (&self->core), -1);

#if defined (HAVE_EPOLL) && defined (HAVE_EVENTFD)
  if (self->fds.fd < 0 && !self->core.closed)
    {
      int event_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);

      pillion_epoll_set_init (&self->fds, FALSE);
      if (event_fd < 0 || self->fds.fd < 0 || !pillion_epoll_set_add (&self->fds, event_fd))
        {
          if (event_fd >= 0)
            close (event_fd);
          pillion_epoll_set_clear (&self->fds);
          return -1;
        }

      __atomic_store_n (&self->event_fd, event_fd, __ATOMIC_SEQ_CST);
      pillion_pump_unwatch (&self->core.pump);
      pillion_loop_get_deadline (self);
      /* Earlier wake-ups went elsewhere */
      if (!self->muted && pillion_core_has_ready (&self->core))
        {
          __atomic_store_n (&self->core.rung, FALSE, __ATOMIC_SEQ_CST);
          pillion_core_ring (&self->core);
        }
    }
#endif

  return self->fds.fd;
}

/**
 * pillion_loop_get_events:
 * @self: a loop
 *
 * Gets the events to poll for on the descriptor of [method@Pillion.Loop.get_fd], after checking again what
 * the context waits for. On the loop's thread only.
 *
 * Returns: the conditions
 *
 * Since: 1.0
 */
GIOCondition
pillion_loop_get_events (PillionLoop *self)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), 0);
  g_return_val_if_fail (pillion_core_on_thread (&self->core), 0);

  pillion_loop_get_deadline (self);
  return G_IO_IN;
}

/**
 * pillion_loop_get_deadline:
 * @self: a loop
 *
 * Gets the time when the loop wants a kick even if nothing wakes the host, which says how long the host may
 * sleep. It checks the context again, because a source that the host's own code attached between two kicks
 * wakes nothing; so call it right before each sleep. On the loop's thread only.
 *
 * It returns -1, and the descriptor is not readable, as long as a kick would do nothing: in a region that
 * allows no callbacks, nested too deep inside callbacks, after [method@Pillion.Loop.stop], and once the loop is
 * closed. Whatever ends that state wakes the host.
 *
 * Returns: the time in µs of the loop's clock ([method@Pillion.Loop.get_now]), 0 for now, -1 for never
 *
 * Since: 1.0
 */
gint64
pillion_loop_get_deadline (PillionLoop *self)
{
  PillionCore *core = &self->core;
  PillionTimer *timer;
  gint64 deadline = -1;
  int timeout = -1;
  gint64 sleep_usec;

  g_return_val_if_fail (PILLION_IS_LOOP (self), -1);
  g_return_val_if_fail (pillion_core_on_thread (core), -1);

  if (!pillion_loop_may_kick (self))
    {
      /* Whatever ends that state wakes the host */
      pillion_loop_mute (self);
      return -1;
    }
  if (core->depth > 0)
    pillion_loop_look_inside (self);
  if (pillion_core_has_ready (core) || pillion_loop_has_news (self))
    return 0;
  /* Out of work, but the hook is still there: the kicks that remove it are wanted now, or a sleeping host
   * would never make them. Inside a callback, kicks don't remove it. */
  if (self->ride == PILLION_RIDE_HOOK && core->depth == 0 && pillion_loop_stops_alone (self) && !pillion_loop_has_work (self))
    return 0;

  /* If something else runs the context, looking at it is their job */
  if (self->ride != PILLION_RIDE_PASSENGER && !self->shared && !is_within_context (self) && g_main_context_acquire (core->context))
    {
      timeout = pillion_pump_get_timeout (&core->pump);
      /* The context's timeouts use the monotonic clock, so they mean nothing to a host with another clock */
      if (timeout > 0 && !core->virtual_clock)
        deadline = pillion_core_now (core) + timeout * G_TIME_SPAN_MILLISECOND;
      sleep_usec = sync_fds (self);
      if (sleep_usec >= 0)
        {
          gint64 look = pillion_core_now (core) + sleep_usec;

          deadline = deadline < 0 ? look : MIN (deadline, look);
        }
      /* While the hook is removed, the loop does not keep the context, but a report still asks */
      if (self->owns_context || core->depth > 0 ||
          (self->ride == PILLION_RIDE_NONE && (self->host != NULL || self->wanted)))
        g_main_context_release (core->context);
      else
        self->owns_context = TRUE;
      if (timeout == 0)
        return 0;
    }

  timer = pillion_timer_heap_peek (&core->timers);
  if (timer != NULL && (deadline < 0 || timer->due < deadline))
    deadline = MAX (timer->due, 1);

  return deadline;
}

/**
 * pillion_loop_prepare_sleep:
 * @self: a loop
 * @fd: (out) (optional): a descriptor to sleep on, the one of [method@Pillion.Loop.get_fd], or -1 if there is
 *   none. In C it may be %NULL, if the host is woken in another way
 * @timeout: (out) (optional): how long to sleep at most, in µs; -1 for as long as it takes
 *
 * Tells a host what to do right before it sleeps. An adapter for a main loop needs nothing else, in any
 * state: out of work, inside a dialog that a callback opened, in a region, and after the loop was closed. It
 * checks the context again, like [method@Pillion.Loop.get_deadline]. On the loop's thread only.
 *
 * - [enum@Pillion.Sleep.KICK]: don't sleep, kick. @timeout is 0.
 * - [enum@Pillion.Sleep.WAIT]: sleep until @fd is readable or @timeout is over, and then kick.
 * - [enum@Pillion.Sleep.NOT_YOURS]: a kick would do nothing, or something else does the work. Sleep as if
 *   there were no loop; @timeout is -1. When this changes, the loop wakes the host. @fd may be watched, but
 *   is not readable meanwhile.
 *
 * Returns: what to do
 *
 * Since: 1.0
 */
PillionSleep
pillion_loop_prepare_sleep (PillionLoop *self,
                            int *fd,
                            GTimeSpan *timeout)
{
  gint64 deadline, left = -1;

  if (fd != NULL)
    *fd = -1;
  if (timeout != NULL)
    *timeout = -1;

  g_return_val_if_fail (PILLION_IS_LOOP (self), PILLION_SLEEP_NOT_YOURS);
  g_return_val_if_fail (pillion_core_on_thread (&self->core), PILLION_SLEEP_NOT_YOURS);

  if (fd != NULL)
    *fd = pillion_loop_get_fd (self);
  /* The host's own timers are sources of the context */
  if (self->ride == PILLION_RIDE_HOOK && self->core.depth == 0 && is_within_context (self))
    pillion_loop_become_passenger (self);
  deadline = pillion_loop_get_deadline (self);
  if (pillion_loop_is_passenger (self) || !pillion_loop_may_kick (self))
    return PILLION_SLEEP_NOT_YOURS;

  if (deadline >= 0)
    {
      left = deadline - pillion_core_now (&self->core);
      left = MAX (left, 0);
    }
  /* In this case nothing wakes a host for the context's descriptors */
  if (fd != NULL && *fd < 0)
    left = left < 0 ? BLIND_USEC : MIN (left, BLIND_USEC);
  if (timeout != NULL)
    *timeout = left;

  return left == 0 ? PILLION_SLEEP_KICK : PILLION_SLEEP_WAIT;
}

/**
 * pillion_loop_get_now:
 * @self: a loop
 *
 * Gets the time that the loop's timers use: the host's.
 *
 * Returns: the time in µs
 *
 * Since: 1.0
 */
gint64
pillion_loop_get_now (PillionLoop *self)
{
  PillionHost *host;
  gint64 now;

  g_return_val_if_fail (PILLION_IS_LOOP (self), 0);

  if (!self->core.own_clock)
    return g_get_monotonic_time ();

  pillion_mutex_lock (&self->wake_lock);
  host = self->host != NULL ? g_object_ref (self->host) : NULL;
  pillion_mutex_unlock (&self->wake_lock);
  if (host == NULL)
    return g_get_monotonic_time ();

  now = pillion_host_get_now (host);
  g_object_unref (host);
  return now;
}

/**
 * pillion_loop_set_wake_func:
 * @self: a loop
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): wakes the host
 * @user_data: data for @func
 * @destroy: frees @user_data when it is no longer needed, on any thread
 *
 * Sets a function that is called when the loop wants a kick: when work arrived, or its deadline or what it
 * polls has changed. It is called from any thread, at most once between two kicks, and never during a kick. It
 * must only wake the host.
 *
 * Since: 1.0
 */
void
pillion_loop_set_wake_func (PillionLoop *self,
                            PillionWakeFunc func,
                            gpointer user_data,
                            GDestroyNotify destroy)
{
  PillionCallback *wake, *old;
  gboolean is_first;

  g_return_if_fail (PILLION_IS_LOOP (self));

  wake = pillion_callback_new (G_CALLBACK (func), user_data, destroy);
  pillion_mutex_lock (&self->wake_lock);
  old = self->wake;
  self->wake = wake;
  pillion_mutex_unlock (&self->wake_lock);

  is_first = old == NULL;
  pillion_callback_unref (old);
  /* Nothing has reacted to earlier wake-ups. Another thread can't check what is ready, so there it always
   * wakes the host. */
  if (is_first && func != NULL && !__atomic_load_n (&self->core.closed, __ATOMIC_SEQ_CST) &&
      (!pillion_core_on_thread (&self->core) ||
       (self->core.depth == 0 && pillion_loop_may_kick (self) && pillion_core_has_ready (&self->core))))
    pillion_loop_ring_anew (self);
}

/**
 * pillion_loop_set_wake_closure: (rename-to pillion_loop_set_wake_func)
 * @self: a loop
 * @closure: (nullable): wakes the host; called without arguments, from any thread
 *
 * The same as `pillion_loop_set_wake_func ()`, with a closure. Language bindings call this one by that name.
 *
 * Since: 1.0
 */
void
pillion_loop_set_wake_closure (PillionLoop *self,
                               GClosure *closure)
{
  pillion_loop_set_wake_func (self, closure != NULL ? pillion_closure_call : NULL, pillion_closure_take (closure),
                              pillion_closure_let_go);
}
