/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-passenger.h"

#include "base/pillion-sync.h"

/* Two sources share the work, because GLib serves strictly by priority. The turn has the default priority. If
 * a kick runs out of time with work left, the turn steps back for about as long as that kick took, so that
 * the context's redrawing and idle work get their time. The filler comes after everything else: it only kicks
 * in that time if nothing else in the context has anything to do. So a busy loop keeps the context from
 * nothing, and a context that is always busy keeps the loop from at most every other turn.
 *
 * Neither needs a descriptor: prepare () is called whenever the context is about to sleep, and a thread that
 * brings work wakes the context. */
typedef struct
{
  GSource source;
  PillionPassenger *passenger; /* a reference */
} PassengerSource;

struct _PillionPassenger
{
  GWeakRef loop; /* it may end on another thread while the context looks at the sources */
  GSource *turn;
  GSource *filler;
  gint64 step_back_end; /* until when the turn steps back, monotonic; 0 if it does not */
};

/* The shortest time that the others get, in µs: GLib's own timers are no finer */
#define MIN_STEP_BACK_USEC 1000

/* The longest, in µs: a kick may have taken minutes, because a callback opened a dialog */
#define MAX_STEP_BACK_USEC 100000

/* Even if nothing is left: the last kicks remove the sources */
static gboolean
wants_kick (PillionLoop *loop)
{
  return pillion_core_has_ready (&loop->core) || pillion_loop_has_news (loop) ||
    (loop->core.depth == 0 && pillion_loop_stops_alone (loop) && !pillion_loop_has_work (loop));
}

/* Not if the loop iterates the context itself, in a wait: then it runs its items itself */
static gboolean
may_kick (PillionLoop *loop)
{
  return !loop->core.pump.looking && pillion_loop_may_kick (loop);
}

/* In µs; 0 once the turn may come */
static gint64
get_step_back_left (PillionPassenger *self)
{
  gint64 left;

  if (self->step_back_end == 0)
    return 0;

  left = self->step_back_end - g_get_monotonic_time ();
  return MAX (left, 0);
}

static int
to_timeout (gint64 usec)
{
  gint64 msec = (usec + 999) / 1000;

  return CLAMP (msec, 0, G_MAXINT);
}

static gboolean
turn_prepare (GSource *source,
              int *timeout)
{
  PillionPassenger *self = ((PassengerSource *) source)->passenger;
  g_autoptr (PillionLoop) loop = g_weak_ref_get (&self->loop);
  PillionCore *core;
  PillionTimer *timer;

  *timeout = -1;
  if (loop == NULL || !may_kick (loop))
    return FALSE;

  core = &loop->core;
  if (core->depth > 0)
    pillion_loop_look_inside (loop);

  /* The context checks now, so earlier wake-ups have been seen. The flag first, then the check: a thread that
   * brings work after it wakes the context again. Without this, the wake-up of a timer that was set on this
   * thread would swallow those of other threads. */
  if (__atomic_load_n (&core->rung, __ATOMIC_RELAXED))
    __atomic_store_n (&core->rung, FALSE, __ATOMIC_SEQ_CST);

  if (wants_kick (loop))
    {
      gint64 left = get_step_back_left (self);

      if (left > 0)
        *timeout = to_timeout (left);
      return left == 0;
    }

  timer = pillion_timer_heap_peek (&core->timers);
  if (timer != NULL)
    *timeout = to_timeout (timer->due - pillion_core_now (core));
  return FALSE;
}

static gboolean
turn_check (GSource *source)
{
  PillionPassenger *self = ((PassengerSource *) source)->passenger;
  g_autoptr (PillionLoop) loop = g_weak_ref_get (&self->loop);

  return loop != NULL && may_kick (loop) && wants_kick (loop) && get_step_back_left (self) == 0;
}

static gboolean
filler_check (GSource *source)
{
  PillionPassenger *self = ((PassengerSource *) source)->passenger;
  g_autoptr (PillionLoop) loop = self->step_back_end != 0 ? g_weak_ref_get (&self->loop) : NULL;

  return loop != NULL && may_kick (loop) && wants_kick (loop);
}

static gboolean
filler_prepare (GSource *source,
                int *timeout)
{
  *timeout = -1;
  return filler_check (source);
}

static gboolean
kick (GSource *source,
      GSourceFunc callback,
      gpointer user_data)
{
  PillionPassenger *self = ((PassengerSource *) source)->passenger;
  g_autoptr (PillionLoop) loop = g_weak_ref_get (&self->loop);
  gint64 start = g_get_monotonic_time ();

  if (loop == NULL)
    return G_SOURCE_CONTINUE;

  pillion_loop_kick (loop);

  if (!g_source_is_destroyed (source))
    {
      self->step_back_end = 0;
      if (pillion_core_has_ready (&loop->core))
        {
          gint64 now = g_get_monotonic_time ();

          self->step_back_end = now + CLAMP (now - start, MIN_STEP_BACK_USEC, MAX_STEP_BACK_USEC);
        }
    }

  return G_SOURCE_CONTINUE;
}

static void
passenger_clear (gpointer data)
{
  PillionPassenger *self = data;

  pillion_sync_acquire (self);
  g_weak_ref_clear (&self->loop);
}

static void
passenger_unref (PillionPassenger *self)
{
  pillion_sync_release (self);
  g_atomic_rc_box_release_full (self, passenger_clear);
}

static void
finalize (GSource *source)
{
  passenger_unref (((PassengerSource *) source)->passenger);
}

static GSourceFuncs turn_funcs = {
  .prepare = turn_prepare,
  .check = turn_check,
  .dispatch = kick,
  .finalize = finalize,
};

static GSourceFuncs filler_funcs = {
  .prepare = filler_prepare,
  .check = filler_check,
  .dispatch = kick,
  .finalize = finalize,
};

static GSource *
source_new (PillionPassenger *self,
            GSourceFuncs *funcs,
            const char *name,
            int priority,
            GMainContext *context)
{
  GSource *source = g_source_new (funcs, sizeof (PassengerSource));

  ((PassengerSource *) source)->passenger = g_atomic_rc_box_acquire (self);
  g_source_set_static_name (source, name);
  g_source_set_priority (source, priority);
  /* A callback may open a main loop on the context */
  g_source_set_can_recurse (source, TRUE);
  g_source_attach (source, context);

  return source;
}

PillionPassenger *
pillion_passenger_new (PillionLoop *loop)
{
  PillionPassenger *self = g_atomic_rc_box_new0 (PillionPassenger);

  g_weak_ref_init (&self->loop, loop);
  self->turn = source_new (self, &turn_funcs, "pillion passenger", G_PRIORITY_DEFAULT, loop->core.context);
  self->filler = source_new (self, &filler_funcs, "pillion passenger, idle", G_MAXINT, loop->core.context);

  return self;
}

void
pillion_passenger_free (PillionPassenger *self)
{
  g_source_destroy (self->turn);
  g_source_unref (self->turn);
  g_source_destroy (self->filler);
  g_source_unref (self->filler);
  passenger_unref (self);
}
