/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-poll-source-private.h"

#include <glib-unix.h>

#include "base/pillion-sync.h"
#include "loop/pillion-loop-private.h"

/* When the callback of a poll source is called: the source in the context, the ready time, and the items in
 * the ready queue that stand for a timer, a ring and a finished task. */

/* How long one call may take, unless its kick ends sooner. It is a quarter of a kick's default budget, so
 * that others get their turns in the kick. */
#define SLICE_USEC 500

/* How many waits in a row may end without a turn of the context */
#define BRIEF_WAITS 16

/* It may be dispatched inside its own dispatch, by a main loop that the callback runs. For a source that may
 * not recurse, GLib writes to the context's wake-up descriptor whenever its ready time changes, and removes
 * it from the poll set and puts it back at every dispatch, which writes as well. So it may recurse, and keeps
 * its ready time itself. */
typedef struct
{
  GSource source;
  GWeakRef owner; /* the owner, which destroys the source, perhaps on another thread during its dispatch */
  gpointer tag;   /* the tag of the descriptor; NULL if there is no descriptor */
  gint64 ready_usec; /* atomic: monotonic, 0 for now, -1 for never */
} ForeignSource;

struct _PillionReadyTimer
{
  PillionTimer timer;
  PillionPollSource *source; /* not referenced; NULL once the source is gone or has another timer */
};

static gboolean
foreign_source_is_due (GSource *source,
                       int *timeout)
{
  gint64 ready_usec = __atomic_load_n (&((ForeignSource *) source)->ready_usec, __ATOMIC_RELAXED);
  gint64 left;

  *timeout = -1;
  if (ready_usec <= 0)
    return ready_usec == 0;

  left = ready_usec - g_source_get_time (source);
  *timeout = CLAMP ((left + 999) / 1000, 0, G_MAXINT);
  return left <= 0;
}

static gboolean
foreign_source_prepare (GSource *source,
                        int *timeout)
{
  return foreign_source_is_due (source, timeout);
}

/* GLib itself polls the descriptor */
static gboolean
foreign_source_check (GSource *source)
{
  int timeout;

  return foreign_source_is_due (source, &timeout);
}

static gboolean foreign_source_dispatch (GSource    *source,
                                         GSourceFunc func,
                                         gpointer    user_data);

static void
foreign_source_finalize (GSource *source)
{
  g_weak_ref_clear (&((ForeignSource *) source)->owner);
}

static GSourceFuncs foreign_source_funcs = {
  .prepare = foreign_source_prepare,
  .check = foreign_source_check,
  .dispatch = foreign_source_dispatch,
  .finalize = foreign_source_finalize,
};

GSource *
pillion_foreign_source_new (PillionPollSource *owner)
{
  GSource *source = g_source_new (&foreign_source_funcs, sizeof (ForeignSource));
  ForeignSource *self = (ForeignSource *) source;

  g_weak_ref_init (&self->owner, owner);
  self->ready_usec = -1;
  g_source_set_static_name (source, "pillion poll source");
  g_source_set_can_recurse (source, TRUE);
  if (owner->fd >= 0)
    self->tag = g_source_add_unix_fd (source, owner->fd, G_IO_IN);

  return source;
}

static void
set_source_time (PillionPollSource *self,
                 gint64 ready_usec)
{
  __atomic_store_n (&((ForeignSource *) self->source)->ready_usec, ready_usec, __ATOMIC_RELAXED);
}

/* On any thread */
static void
poll_descriptor (PillionPollSource *self,
                 gboolean whether)
{
  gpointer tag = ((ForeignSource *) self->source)->tag;

  if (tag != NULL)
    g_source_modify_unix_fd (self->source, tag, whether ? G_IO_IN : 0);
}

static gboolean
timer_run (PillionItem *item,
           PillionCore *core)
{
  PillionReadyTimer *timer = (PillionReadyTimer *) item;
  PillionPollSource *self = timer->source;

  g_free (timer);
  if (self != NULL)
    {
      self->timer = NULL;
      /* Through the context, like everything that is ready. While this was queued, the source may have come
       * to rest, or its time may have been moved. */
      if (!self->resting && self->ready_usec >= 0 && self->ready_usec <= pillion_core_now (core))
        set_source_time (self, 0);
      else
        pillion_poll_source_apply_ready_time (self);
    }

  return FALSE;
}

static const char *
get_name (PillionItem *item)
{
  return "poll source";
}

/* The loop is closed, and the source may be gone */
static void
timer_drop (PillionItem *item)
{
  g_free (item);
}

static const PillionItemClass timer_class = {
  .run = timer_run,
  .get_name = get_name,
  .drop = timer_drop,
};

/* If the loop is closed, it has dropped the item already */
void
pillion_poll_source_unset_timer (PillionPollSource *self)
{
  PillionReadyTimer *timer = g_steal_pointer (&self->timer);

  if (timer == NULL)
    return;

  timer->source = NULL;
  if (timer->timer.index != 0)
    {
      pillion_timer_heap_remove (&self->loop->core.timers, &timer->timer);
      g_free (timer);
    }
}

/* Makes the source, or the timer, reflect the ready time */
void
pillion_poll_source_apply_ready_time (PillionPollSource *self)
{
  PillionCore *core = &self->loop->core;
  gint64 ready_usec = self->resting ? -1 : self->untold ? 0 : self->ready_usec;
  gboolean by_timer = core->own_clock && ready_usec > 0;

  if (self->timer != NULL)
    pillion_poll_source_unset_timer (self);
  set_source_time (self, by_timer ? -1 : ready_usec);
  if (by_timer)
    {
      self->timer = g_new0 (PillionReadyTimer, 1);
      self->timer->timer.item.klass = &timer_class;
      self->timer->source = self;
      pillion_core_add_timer (core, &self->timer->timer, ready_usec);
    }
}

void
pillion_poll_source_change_ready_time (PillionPollSource *self,
                                       gint64 ready_usec)
{
  if (self->ready_usec != ready_usec)
    {
      self->ready_usec = ready_usec;
      pillion_poll_source_apply_ready_time (self);
    }
}

void
pillion_poll_source_set_resting (PillionPollSource *self,
                                 gboolean resting)
{
  if (self->resting != resting)
    {
      self->resting = resting;
      poll_descriptor (self, !resting);
      pillion_poll_source_apply_ready_time (self);
    }
}

void
pillion_poll_source_set_untold (PillionPollSource *self,
                                gboolean untold)
{
  if (self->untold != untold)
    {
      self->untold = untold;
      pillion_poll_source_apply_ready_time (self);
    }
}

/* The caller keeps the source and the loop alive. Returns the new ready time. */
static gint64
call (PillionPollSource *self,
      gint64 deadline_usec)
{
  PillionCallback *callback = pillion_callback_ref (self->callback);
  gint64 slice_usec = g_get_monotonic_time () + SLICE_USEC;
  gint64 ready_usec;

  self->n_calls++;
  /* From now on, only the other loop knows what is ready in it. So a main loop that the callback runs asks it
   * first. */
  self->untold = TRUE;
  set_source_time (self, 0);
  ready_usec = ((PillionPollFunc) callback->func) (self, deadline_usec > 0 ? MIN (deadline_usec, slice_usec) : slice_usec,
                                                   callback->data);
  self->untold = FALSE;
  self->n_calls--;
  pillion_callback_unref (callback);
  if (self->again)
    ready_usec = 0;
  self->again = FALSE;

  return MAX (ready_usec, -1);
}

/* A loop that has more to do right away steps back behind everything else, so that it does not starve the
 * host's idle work and redrawing. In a kick, every priority gets its share. But GLib serves strictly by
 * priority: there, sources between the two priorities that are always ready would starve the loop. So a
 * second source keeps the default priority, and takes a turn once the others have had about as long as the
 * last call took. */
typedef struct
{
  GSource source;
  GSource *foreign;
  gint64 due; /* atomic: monotonic, 0 while the other source keeps the default priority */
} TurnSource;

/* The shortest time that the others get, in µs: GLib's own timers are no finer */
#define MIN_STEP_BACK_USEC 1000

/* The longest, in µs: a call may have taken minutes, because it opened a dialog */
#define MAX_STEP_BACK_USEC 100000

static gboolean
turn_is_due (GSource *source,
             int *timeout)
{
  TurnSource *self = (TurnSource *) source;
  gint64 due = __atomic_load_n (&self->due, __ATOMIC_RELAXED);
  gint64 left;

  *timeout = -1;
  if (g_source_is_destroyed (self->foreign))
    return TRUE; /* its dispatch removes this source */
  if (due == 0 || __atomic_load_n (&((ForeignSource *) self->foreign)->ready_usec, __ATOMIC_RELAXED) != 0)
    return FALSE;

  left = due - g_source_get_time (source);
  *timeout = CLAMP ((left + 999) / 1000, 0, G_MAXINT);
  return left <= 0;
}

static gboolean
turn_check (GSource *source)
{
  int timeout;

  return turn_is_due (source, &timeout);
}

static gboolean
turn_dispatch (GSource *source,
               GSourceFunc func,
               gpointer user_data)
{
  return foreign_source_dispatch (((TurnSource *) source)->foreign, func, user_data);
}

static void
turn_finalize (GSource *source)
{
  g_source_unref (((TurnSource *) source)->foreign);
}

static GSourceFuncs turn_funcs = {
  .prepare = turn_is_due,
  .check = turn_check,
  .dispatch = turn_dispatch,
  .finalize = turn_finalize,
};

static void
set_turn (PillionPollSource *self,
          gint64 due)
{
  if (self->turn_source == NULL)
    {
      if (due == 0)
        return;
      self->turn_source = g_source_new (&turn_funcs, sizeof (TurnSource));
      ((TurnSource *) self->turn_source)->foreign = g_source_ref (self->source);
      g_source_set_static_name (self->turn_source, "pillion poll source, turn");
      g_source_set_can_recurse (self->turn_source, TRUE);
      g_source_attach (self->turn_source, self->loop->core.context);
    }
  __atomic_store_n (&((TurnSource *) self->turn_source)->due, due, __ATOMIC_RELAXED);
}

static void
set_priority (PillionPollSource *self,
              int priority)
{
  if (g_source_get_priority (self->source) != priority)
    g_source_set_priority (self->source, priority);
}

void
pillion_poll_source_start_over (PillionPollSource *self,
                                int fd)
{
  ForeignSource *source = (ForeignSource *) self->source;

  if (source->tag != NULL)
    g_source_remove_unix_fd (self->source, source->tag);
  source->tag = fd >= 0 ? g_source_add_unix_fd (self->source, fd, G_IO_IN) : NULL;
  self->fd = fd;
  self->resting = FALSE;
  self->again = FALSE;
  self->ready_usec = -1;
  __atomic_store_n (&self->silenced, FALSE, __ATOMIC_SEQ_CST);
  pillion_poll_source_apply_ready_time (self);
  set_priority (self, G_PRIORITY_DEFAULT);
  set_turn (self, 0);
}

/* Calls the callback, and sets what it returns. @deadline_usec is when the kick has to end, or 0 if this is
 * not part of a kick. */
static void
dispatch (PillionPollSource *self,
          gint64 deadline_usec)
{
  gboolean is_shared = pillion_pump_is_dispatching (&self->loop->core.pump) || self->loop->ride == PILLION_RIDE_HOOK;
  gint64 start = g_get_monotonic_time ();
  gint64 ready_usec = call (self, deadline_usec);

  if (pillion_poll_source_is_open (self))
    {
      gint64 due = 0;

      if (ready_usec == 0 && !is_shared)
        {
          gint64 now = g_get_monotonic_time ();

          due = now + CLAMP (now - start, MIN_STEP_BACK_USEC, MAX_STEP_BACK_USEC);
        }
      self->ready_usec = ready_usec;
      pillion_poll_source_apply_ready_time (self);
      set_priority (self, ready_usec == 0 ? G_PRIORITY_DEFAULT_IDLE : G_PRIORITY_DEFAULT);
      set_turn (self, due);
    }
  /* What an outer wait waits for may have been seen, or may be there by now */
  if (self->n_waits > 0)
    self->fired = TRUE;
}

/* Whether the current work is that of this source's own wait, rather than that of a main loop or a kick
 * inside it */
static gboolean
is_in_own_wait (PillionPollSource *self)
{
  return self->n_waits > 0 && self->n_calls == 0 && self->loop->core.depth <= self->wait_depth;
}

static gboolean
ring_run (PillionItem *item,
          PillionCore *core)
{
  PillionPollSource *self = pillion_note_release (item);

  if (self == NULL)
    return FALSE;

  /* The flag first: a ring from now on counts again */
  __atomic_store_n (&self->rung, FALSE, __ATOMIC_SEQ_CST);
  self->again = self->n_calls > 0;
  if (pillion_poll_source_is_open (self))
    {
      if (__atomic_exchange_n (&self->silenced, FALSE, __ATOMIC_SEQ_CST))
        {
          poll_descriptor (self, !self->resting);
          pillion_poll_source_apply_ready_time (self);
        }
      pillion_poll_source_set_ready_time (self, 0);
    }
  pillion_sync_unref (self);

  return FALSE;
}

static void
ring_drop (PillionItem *item)
{
  PillionPollSource *self = pillion_note_release (item);

  if (self == NULL)
    return;

  /* The loop is closed: a caller that expects an answer notices when the callback is freed */
  pillion_poll_source_close (self);
  __atomic_store_n (&self->rung, FALSE, __ATOMIC_SEQ_CST);
  pillion_sync_unref (self);
}

static const PillionItemClass ring_class = {
  .run = ring_run,
  .get_name = get_name,
  .drop = ring_drop,
};

/* Whether a call still fits into the kick. The first one always does, so that others can't starve the loop.
 * But only the first, whether the ready queue or the context makes it: two long steps would add up. */
static gboolean
take_turn (PillionPollSource *self,
           PillionCore *core)
{
  if (core->deadline > 0 && self->turn == core->turn && g_get_monotonic_time () >= core->deadline)
    return FALSE;

  self->turn = core->turn;
  return TRUE;
}

static gboolean
tell_run (PillionItem *item,
          PillionCore *core)
{
  PillionPollSource *self = pillion_note_release (item);

  if (self == NULL)
    return FALSE;

  self->telling = FALSE;
  if (pillion_poll_source_is_open (self))
    {
      if (self->callback == NULL || is_in_own_wait (self) || !take_turn (self, core))
        pillion_poll_source_set_ready_time (self, 0);
      else
        dispatch (self, core->deadline);
    }
  pillion_sync_unref (self);

  return FALSE;
}

static void
tell_drop (PillionItem *item)
{
  PillionPollSource *self = pillion_note_release (item);

  if (self != NULL)
    {
      self->telling = FALSE;
      pillion_sync_unref (self);
    }
}

static const PillionItemClass tell_class = {
  .run = tell_run,
  .get_name = get_name,
  .drop = tell_drop,
};

void
pillion_poll_source_init_notes (PillionPollSource *self)
{
  self->ring = pillion_note_new (self, &ring_class);
  self->tell = pillion_note_new (self, &tell_class);
}

void
pillion_poll_source_clear_notes (PillionPollSource *self)
{
  g_clear_pointer (&self->ring, pillion_note_unref);
  g_clear_pointer (&self->tell, pillion_note_unref);
}

/* On any thread */
void
pillion_poll_source_push_ring (PillionPollSource *self)
{
  if (!__atomic_exchange_n (&self->rung, TRUE, __ATOMIC_SEQ_CST))
    pillion_core_push (&self->loop->core, pillion_note_take (self->ring));
}

void
pillion_poll_source_allow_brief (PillionPollSource *self)
{
  self->n_brief = BRIEF_WAITS;
}

/* Through the ready queue, behind other ready items, rather than through the context, which would be notified
 * through its descriptor. A wait ends at once if nothing else is ready, because a turn of the context costs
 * as much as everything else that a task needs; but only a limited number of times in a row. */
void
pillion_poll_source_on_task_done (gpointer user_data)
{
  PillionPollSource *self = user_data;

  if (self->n_waits > 0 && self->loop->core.depth <= self->wait_depth)
    {
      self->fired = TRUE;
    }
  else if (!self->telling && pillion_poll_source_is_open (self))
    {
      self->telling = TRUE;
      pillion_core_push_local (&self->loop->core, pillion_note_take (self->tell));
    }
}

/* It can't be called now, and whatever runs the context would dispatch it over and over. So it stays silent
 * until the next kick. */
static void
put_off (PillionPollSource *self)
{
  poll_descriptor (self, FALSE);
  set_source_time (self, -1);
  __atomic_store_n (&self->silenced, TRUE, __ATOMIC_SEQ_CST);
  pillion_poll_source_push_ring (self);
}

static gboolean
foreign_source_dispatch (GSource *source,
                         GSourceFunc func,
                         gpointer user_data)
{
  g_autoptr (PillionPollSource) self = g_weak_ref_get (&((ForeignSource *) source)->owner);
  PillionCore *core;
  gboolean by_pump;

  if (self == NULL || !pillion_poll_source_is_open (self))
    return G_SOURCE_REMOVE;

  core = &self->loop->core;
  if (G_UNLIKELY (!pillion_core_on_thread (core)))
    {
      /* The loop's own thread is notified, and checks for itself */
      put_off (self);
      return G_SOURCE_CONTINUE;
    }

  by_pump = pillion_pump_is_dispatching (&core->pump);
  if (!by_pump && G_UNLIKELY (!pillion_loop_may_call (self->loop)))
    put_off (self);
  else if (by_pump && is_in_own_wait (self))
    {
      if (self->fired)
        {
          /* It would be dispatched over and over, so it rests until the wait has ended */
          pillion_poll_source_set_resting (self, TRUE);
        }
      else
        {
          self->fired = TRUE;
          pillion_poll_source_allow_brief (self);
          pillion_poll_source_change_ready_time (self, -1);
        }
    }
  else if (self->callback == NULL)
    {
      pillion_poll_source_set_resting (self, TRUE);
    }
  else if (!by_pump)
    {
      PillionLoop *loop = self->loop;

      loop->n_steps++;
      dispatch (self, 0);
      loop->n_steps--;
      pillion_loop_unmute (loop);
    }
  else if (core->deadline == 0)
    {
      dispatch (self, 0);
    }
  else if (take_turn (self, core))
    {
      dispatch (self, core->deadline);
    }

  return G_SOURCE_CONTINUE;
}
