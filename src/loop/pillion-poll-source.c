/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-poll-source-private.h"

#include <glib-unix.h>

#include "base/pillion-sync.h"
#include "core/pillion-closure.h"

/**
 * PillionPollSource:
 *
 * A whole other event loop, as one source of a guest loop's context.
 *
 * ```c
 * static gint64
 * run_what_is_ready (PillionPollSource *source,
 *                    gpointer user_data)
 * {
 *   // The other loop polls its descriptors without waiting, and calls what is ready
 *   return -1; // or when it has a timer due, in µs of the loop's clock
 * }
 *
 * static PillionPollSource *
 * carry (PillionLoop *loop,
 *        int epoll_fd)
 * {
 *   PillionPollSource *source = pillion_poll_source_new (loop, epoll_fd);
 *
 *   pillion_poll_source_set_callback (source, run_what_is_ready, NULL, NULL);
 *   return source;
 * }
 * ```
 *
 * An event loop of another language (asyncio, for one) waits for a set of descriptors and for its next timer. Where the set has a
 * descriptor of its own, as that of `epoll` has, both are one source here: the descriptor, and a ready time. Whoever runs the context drives the
 * other loop, be it a host that kicks, a program on GTK, or a [class@Pillion.TestHost], by whose clock the ready time is.
 *
 * ## The context outside
 *
 * When the descriptor is readable or the ready time has come, the callback is called, once a turn of the context. It returns the new ready time.
 * [method@Pillion.PollSource.set_ready_time] is for what begins elsewhere, in the host's own code: it rings the host, which may sleep. A loop
 * that is out of work stops; [method@Pillion.PollSource.set_busy] says that the other loop has some, and so holds it.
 *
 * A main loop that is run from inside the callback does not call it again.
 *
 * ## The other loop outside
 *
 * It may also run by itself for a while, mute the source ([method@Pillion.PollSource.set_muted]), and wait in
 * [method@Pillion.PollSource.wait] instead of in its own call of the system, so that the work of the guest loop and of its context goes on. A main loop
 * that is run from one of its callbacks does not get to see the source then.
 *
 * ## Tasks that it waits for
 *
 * Code in the other loop may wait for a [class@Pillion.Task]: [method@Pillion.PollSource.watch_task]. When the task is done the source is
 * ready, and [method@Pillion.PollSource.take_task] tells which it was. That is one callback for all, while each done callback of
 * [method@Pillion.Task.add_done_callback] costs a binding one of its own.
 *
 * ## Threads, and the end
 *
 * The source belongs to its loop's thread, save for [method@Pillion.PollSource.ring] and [method@Pillion.PollSource.close]. When the last reference goes, or the loop is closed,
 * nothing is called any more. The descriptor stays the caller's: close the source first.
 *
 * Since: 1.0
 */
typedef struct
{
  GSource source;
  GWeakRef owner; /* which destroys the source, perhaps on another thread while this is being dispatched */
} ForeignSource;

struct _PillionReadyTimer
{
  PillionTimer timer;
  PillionPollSource *source; /* which need not last as long; NULL where it did not, or has another one */
};

typedef struct
{
  PillionItem item;
  PillionPollSource *source;
} Ending;

enum
{
  PROP_LOOP = 1,
  PROP_FD,
  PROP_BUSY,
  PROP_MUTED,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionPollSource, pillion_poll_source, G_TYPE_OBJECT)

static void apply_ready_time (PillionPollSource *self);

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
      /* By way of the context, which sees to it that the callback is never called inside itself. While this was in the queue the source may
       * have come to rest, or its time may have been moved. */
      if (!self->resting && self->ready_usec >= 0 && self->ready_usec <= pillion_core_now (core))
        g_source_set_ready_time (self->source, 0);
      else
        apply_ready_time (self);
    }

  return FALSE;
}

static const char *
timer_get_name (PillionItem *item)
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
  .get_name = timer_get_name,
  .drop = timer_drop,
};

/* Not where the loop is closed: that has dropped it */
static void
unset_timer (PillionPollSource *self)
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

/* Makes the source, or the timer, stand for the ready time. GLib writes to the context's own descriptor where that changes
 * outside of a dispatch, so it is told of changes alone. */
static void
apply_ready_time (PillionPollSource *self)
{
  PillionCore *core = &self->loop->core;
  gint64 ready_usec = self->resting ? -1 : self->ready_usec;
  gboolean by_timer = core->own_clock && ready_usec > 0;

  unset_timer (self);
  g_source_set_ready_time (self->source, by_timer ? -1 : ready_usec);
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
      apply_ready_time (self);
    }
}

/* On any thread */
static void
poll_descriptor (PillionPollSource *self,
                 gboolean whether)
{
  if (self->tag != NULL)
    g_source_modify_unix_fd (self->source, self->tag, whether ? G_IO_IN : 0);
}

void
pillion_poll_source_set_resting (PillionPollSource *self,
                                 gboolean resting)
{
  if (self->resting != resting)
    {
      self->resting = resting;
      poll_descriptor (self, !resting);
      apply_ready_time (self);
    }
}

/* On any thread, but on another one than the loop's only where that is closed, and so calls nothing any more */
static void
set_callback (PillionPollSource *self,
              PillionCallback *callback)
{
  pillion_callback_unref (__atomic_exchange_n (&self->callback, callback, __ATOMIC_ACQ_REL));
}

/* Returns the new ready time */
static gint64
call (PillionPollSource *self)
{
  PillionCallback *callback = pillion_callback_ref (self->callback);
  gint64 ready_usec;

  self->dispatching = TRUE;
  ready_usec = ((PillionPollFunc) callback->func) (self, callback->data);
  self->dispatching = FALSE;
  pillion_callback_unref (callback);
  if (self->again)
    ready_usec = 0;
  self->again = FALSE;

  return MAX (ready_usec, -1);
}

static PillionPollSource *
from_ring (PillionItem *item)
{
  return (PillionPollSource *) ((char *) item - G_STRUCT_OFFSET (PillionPollSource, ring));
}

static gboolean
ring_run (PillionItem *item,
          PillionCore *core)
{
  PillionPollSource *self = from_ring (item);

  /* First the flag: who rings from here on is heard again */
  __atomic_store_n (&self->rung, FALSE, __ATOMIC_SEQ_CST);
  self->again = self->dispatching;
  if (pillion_poll_source_is_open (self))
    {
      if (__atomic_exchange_n (&self->silenced, FALSE, __ATOMIC_SEQ_CST))
        {
          poll_descriptor (self, !self->resting);
          apply_ready_time (self);
        }
      pillion_poll_source_set_ready_time (self, 0);
    }
  pillion_sync_unref (self);

  return FALSE;
}

static void
ring_drop (PillionItem *item)
{
  PillionPollSource *self = from_ring (item);

  /* The loop is closed: who waits for an answer learns it from the callback's being freed */
  pillion_poll_source_close (self);
  __atomic_store_n (&self->rung, FALSE, __ATOMIC_SEQ_CST);
  pillion_sync_unref (self);
}

static const PillionItemClass ring_class = {
  .run = ring_run,
  .get_name = timer_get_name,
  .drop = ring_drop,
};

/* Who has more to do right away steps back behind everybody else, so that a busy loop does not starve the host's idle work and its
 * redrawing */
static void
set_priority (PillionPollSource *self,
              int priority)
{
  if (g_source_get_priority (self->source) != priority)
    g_source_set_priority (self->source, priority);
}

/* Calls back, and sets what that returns */
static void
dispatch (PillionPollSource *self)
{
  gint64 ready_usec = call (self);

  if (pillion_poll_source_is_open (self))
    {
      /* GLib's own ready time may have come and would come again, so it is set whether that is a change or not */
      self->ready_usec = ready_usec;
      apply_ready_time (self);
      set_priority (self, ready_usec == 0 ? G_PRIORITY_DEFAULT_IDLE : G_PRIORITY_DEFAULT);
    }
}

static PillionPollSource *
from_tell (PillionItem *item)
{
  return (PillionPollSource *) ((char *) item - G_STRUCT_OFFSET (PillionPollSource, tell));
}

static gboolean
tell_run (PillionItem *item,
          PillionCore *core)
{
  PillionPollSource *self = from_tell (item);

  self->telling = FALSE;
  if (pillion_poll_source_is_open (self))
    {
      if (self->dispatching || self->n_waits > 0 || self->muted || self->callback == NULL)
        {
          self->again = self->dispatching;
          pillion_poll_source_set_ready_time (self, 0);
        }
      else
        {
          dispatch (self);
        }
    }
  pillion_sync_unref (self);

  return FALSE;
}

static void
tell_drop (PillionItem *item)
{
  from_tell (item)->telling = FALSE;
  pillion_sync_unref (from_tell (item));
}

static const PillionItemClass tell_class = {
  .run = tell_run,
  .get_name = timer_get_name,
  .drop = tell_drop,
};

/* A task that the other loop waits for is done. By way of the ready queue, behind others that are, and not of the context: that would
 * be told through its descriptor. */
static void
on_task_done (gpointer user_data)
{
  PillionPollSource *self = user_data;

  if (self->n_waits > 0)
    {
      pillion_poll_source_set_ready_time (self, 0);
    }
  else if (!self->telling && pillion_poll_source_is_open (self))
    {
      self->telling = TRUE;
      g_object_ref (self);
      pillion_core_push_local (&self->loop->core, &self->tell);
    }
}

static gboolean
foreign_source_dispatch (GSource *source,
                         GSourceFunc func,
                         gpointer user_data)
{
  g_autoptr (PillionPollSource) self = g_weak_ref_get (&((ForeignSource *) source)->owner);

  if (self == NULL || !pillion_poll_source_is_open (self))
    return G_SOURCE_REMOVE;

  if (G_UNLIKELY (!pillion_core_on_thread (&self->loop->core)))
    {
      /* Another thread runs the context. It would dispatch this again and again: the loop's own hears of it, and looks for itself. */
      poll_descriptor (self, FALSE);
      g_source_set_ready_time (source, -1);
      __atomic_store_n (&self->silenced, TRUE, __ATOMIC_SEQ_CST);
      pillion_poll_source_ring (self);
    }
  else if (self->n_waits > 0 && !self->fired)
    {
      self->fired = TRUE;
      pillion_poll_source_change_ready_time (self, -1);
    }
  else if (self->n_waits > 0 || self->muted || self->callback == NULL)
    {
      /* It would be dispatched again and again: it rests until somebody wants it */
      pillion_poll_source_set_resting (self, TRUE);
    }
  else
    {
      dispatch (self);
    }

  return G_SOURCE_CONTINUE;
}

static void
foreign_source_finalize (GSource *source)
{
  g_weak_ref_clear (&((ForeignSource *) source)->owner);
}

/* No prepare and no check: GLib looks at the ready time and at the descriptor */
static GSourceFuncs foreign_source_funcs = {
  .dispatch = foreign_source_dispatch,
  .finalize = foreign_source_finalize,
};

/* The host's clock may be another one now */
static void
on_host_changed (PillionPollSource *self)
{
  if (pillion_poll_source_is_open (self))
    apply_ready_time (self);
}

static void
set_external (PillionPollSource *self,
              guint n_external)
{
  if (self->n_external != n_external)
    {
      pillion_core_external (&self->loop->core, (int) n_external - (int) self->n_external);
      self->n_external = n_external;
    }
}

/* The part of closing that belongs to the loop's thread */
static void
let_go (PillionPollSource *self)
{
  gboolean was_busy = self->busy;

  if (!self->loop->core.closed)
    unset_timer (self);
  pillion_task_watches_clear (self->tasks);
  set_external (self, 0);
  if (was_busy && !self->loop->core.closed)
    pillion_loop_release (self->loop);
  self->busy = FALSE;
  if (self->acquired && self->loop->ride != PILLION_RIDE_HOOK && self->loop->core.depth == 0)
    pillion_loop_release_context (self->loop);
  self->acquired = FALSE;
  set_callback (self, NULL);
  /* Nothing else would end them */
  if (self->n_waits > 0)
    self->fired = TRUE;
  if (was_busy)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BUSY]);
}

static gboolean
ending_run (PillionItem *item,
            PillionCore *core)
{
  Ending *self = (Ending *) item;

  let_go (self->source);
  pillion_sync_unref (self->source);
  g_free (self);

  return FALSE;
}

/* The loop is closed, perhaps at this very moment, and then what belongs to its thread is left to that */
static void
ending_drop (PillionItem *item)
{
  Ending *self = (Ending *) item;

  if (pillion_core_on_thread (&self->source->loop->core))
    let_go (self->source);
  else
    set_callback (self->source, NULL);
  pillion_sync_unref (self->source);
  g_free (self);
}

static const PillionItemClass ending_class = {
  .run = ending_run,
  .get_name = timer_get_name,
  .drop = ending_drop,
};

static void
pillion_poll_source_constructed (GObject *object)
{
  PillionPollSource *self = PILLION_POLL_SOURCE (object);

  G_OBJECT_CLASS (pillion_poll_source_parent_class)->constructed (object);

  /* A binding's constructor may leave it out */
  if (self->loop == NULL)
    {
      PillionLoop *loop = pillion_loop_get_default ();

      /* There may be none, which is the caller's error and was reported. Everything else relies on having one. */
      self->loop = loop != NULL ? g_object_ref (loop) : pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
    }

  self->tasks = pillion_task_watches_new (self->loop, on_task_done, self);
  self->source = g_source_new (&foreign_source_funcs, sizeof (ForeignSource));
  g_weak_ref_init (&((ForeignSource *) self->source)->owner, self);
  g_source_set_static_name (self->source, "pillion poll source");
  if (self->fd >= 0)
    self->tag = g_source_add_unix_fd (self->source, self->fd, G_IO_IN);
  g_source_attach (self->source, pillion_loop_get_context (self->loop));
  g_signal_connect_object (self->loop, "notify::host", G_CALLBACK (on_host_changed), self, G_CONNECT_SWAPPED);
}

static void
pillion_poll_source_dispose (GObject *object)
{
  PillionPollSource *self = PILLION_POLL_SOURCE (object);

  pillion_poll_source_close (self);

  G_OBJECT_CLASS (pillion_poll_source_parent_class)->dispose (object);
}

static void
pillion_poll_source_finalize (GObject *object)
{
  PillionPollSource *self = PILLION_POLL_SOURCE (object);

  pillion_sync_acquire (self);
  g_clear_pointer (&self->source, g_source_unref);
  g_clear_pointer (&self->callback, pillion_callback_unref);
  g_clear_pointer (&self->tasks, pillion_task_watches_unref);
  g_clear_object (&self->loop);

  G_OBJECT_CLASS (pillion_poll_source_parent_class)->finalize (object);
}

static void
pillion_poll_source_get_property (GObject *object,
                                  guint prop_id,
                                  GValue *value,
                                  GParamSpec *pspec)
{
  PillionPollSource *self = PILLION_POLL_SOURCE (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      g_value_set_object (value, self->loop);
      break;
    case PROP_FD:
      g_value_set_int (value, self->fd);
      break;
    case PROP_BUSY:
      g_value_set_boolean (value, self->busy);
      break;
    case PROP_MUTED:
      g_value_set_boolean (value, self->muted);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_poll_source_set_property (GObject *object,
                                  guint prop_id,
                                  const GValue *value,
                                  GParamSpec *pspec)
{
  PillionPollSource *self = PILLION_POLL_SOURCE (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      self->loop = g_value_dup_object (value);
      break;
    case PROP_FD:
      self->fd = g_value_get_int (value);
      break;
    case PROP_BUSY:
      pillion_poll_source_set_busy (self, g_value_get_boolean (value));
      break;
    case PROP_MUTED:
      pillion_poll_source_set_muted (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_poll_source_class_init (PillionPollSourceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = pillion_poll_source_constructed;
  object_class->dispose = pillion_poll_source_dispose;
  object_class->finalize = pillion_poll_source_finalize;
  object_class->get_property = pillion_poll_source_get_property;
  object_class->set_property = pillion_poll_source_set_property;

  /**
   * PillionPollSource:loop: (getter get_loop)
   *
   * The loop in whose context the source is. Where none is given, it is the default one of the thread's context.
   *
   * Since: 1.0
   */
  properties[PROP_LOOP] = g_param_spec_object ("loop", NULL, NULL, PILLION_TYPE_LOOP,
                                               G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionPollSource:fd: (getter get_fd)
   *
   * The descriptor, or -1 where there is only a ready time.
   *
   * Since: 1.0
   */
  properties[PROP_FD] = g_param_spec_int ("fd", NULL, NULL, -1, G_MAXINT, -1,
                                          G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionPollSource:busy: (getter get_busy) (setter set_busy)
   *
   * Whether the other loop has work, and so holds this one. A host with a hook of its own may follow its notification: the hook is wanted
   * when it becomes true.
   *
   * Since: 1.0
   */
  properties[PROP_BUSY] =
    g_param_spec_boolean ("busy", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionPollSource:muted: (getter get_muted) (setter set_muted)
   *
   * Whether the callback is not called, because the other loop runs by itself.
   *
   * Since: 1.0
   */
  properties[PROP_MUTED] =
    g_param_spec_boolean ("muted", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_poll_source_init (PillionPollSource *self)
{
  self->fd = -1;
  self->ready_usec = -1;
  self->ring.klass = &ring_class;
  self->tell.klass = &tell_class;
}

/**
 * pillion_poll_source_new:
 * @loop: the loop in whose context the source is to be
 * @fd: a descriptor that is readable when the other loop has something to do; -1 for none
 *
 * Carries another event loop in @loop. On the loop's thread.
 *
 * Nothing happens until there is a callback.
 *
 * Returns: (transfer full): a new source
 *
 * Since: 1.0
 */
PillionPollSource *
pillion_poll_source_new (PillionLoop *loop,
                         int fd)
{
  g_return_val_if_fail (PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (pillion_core_on_thread (&loop->core), NULL);
  g_return_val_if_fail (fd >= -1, NULL);

  return g_object_new (PILLION_TYPE_POLL_SOURCE, "loop", loop, "fd", fd, NULL);
}

/**
 * pillion_poll_source_get_loop: (get-property loop)
 * @self: a source
 *
 * Gives the loop in whose context the source is.
 *
 * Returns: (transfer none): the loop
 *
 * Since: 1.0
 */
PillionLoop *
pillion_poll_source_get_loop (PillionPollSource *self)
{
  g_return_val_if_fail (PILLION_IS_POLL_SOURCE (self), NULL);

  return self->loop;
}

/**
 * pillion_poll_source_get_fd: (get-property fd)
 * @self: a source
 *
 * Gives the descriptor.
 *
 * Returns: the descriptor, or -1 where there is none
 *
 * Since: 1.0
 */
int
pillion_poll_source_get_fd (PillionPollSource *self)
{
  g_return_val_if_fail (PILLION_IS_POLL_SOURCE (self), -1);

  return self->fd;
}

/**
 * pillion_poll_source_set_callback:
 * @self: a source
 * @func: (nullable) (scope notified) (closure user_data) (destroy destroy): does what is ready in the other loop
 * @user_data: data for @func
 * @destroy: frees @user_data when it is needed no more
 *
 * Sets what is called when the descriptor is readable or the ready time has come. On the loop's thread. Where the source or its loop is closed,
 * @user_data is freed at once.
 *
 * Since: 1.0
 */
void
pillion_poll_source_set_callback (PillionPollSource *self,
                                  PillionPollFunc func,
                                  gpointer user_data,
                                  GDestroyNotify destroy)
{
  PillionCallback *callback;

  g_return_if_fail (PILLION_IS_POLL_SOURCE (self));
  g_return_if_fail (pillion_core_on_thread (&self->loop->core));

  callback = func != NULL ? pillion_callback_new (G_CALLBACK (func), user_data, destroy) : NULL;
  if (pillion_poll_source_is_open (self))
    {
      if (callback != NULL && !self->muted)
        pillion_poll_source_set_resting (self, FALSE);
      set_callback (self, callback);
    }
  else
    {
      pillion_callback_unref (callback);
    }
}

/**
 * pillion_poll_source_set_callback_closure: (rename-to pillion_poll_source_set_callback)
 * @self: a source
 * @closure: (nullable): does what is ready in the other loop; called with @self, returns when it is to be called again, as a [callback@Pillion.PollFunc] does
 *
 * Does what `pillion_poll_source_set_callback ()` does, with a closure, and is what language bindings call by that name.
 *
 * Since: 1.0
 */
void
pillion_poll_source_set_callback_closure (PillionPollSource *self,
                                          GClosure *closure)
{
  pillion_poll_source_set_callback (self, closure != NULL ? pillion_closure_poll : NULL, closure != NULL ? pillion_closure_take (closure) : NULL,
                                    pillion_closure_let_go);
}

/**
 * pillion_poll_source_get_ready_time:
 * @self: a source
 *
 * Tells when the callback is to be called even if the descriptor is not readable.
 *
 * Returns: the time in µs of the loop's clock, 0 for now, -1 for never
 *
 * Since: 1.0
 */
gint64
pillion_poll_source_get_ready_time (PillionPollSource *self)
{
  g_return_val_if_fail (PILLION_IS_POLL_SOURCE (self), -1);

  return self->ready_usec;
}

/**
 * pillion_poll_source_set_ready_time:
 * @self: a source
 * @ready_usec: the time in µs of the loop's clock ([method@Pillion.Loop.get_now]), 0 for now, -1 for never
 *
 * Sets when the callback is to be called even if the descriptor is not readable; or when [method@Pillion.PollSource.wait] is to
 * end. In the host's own code, between two kicks, this installs the hook and rings where it is needed. From inside the callback it does nothing: that
 * returns the time. On the loop's thread.
 *
 * Since: 1.0
 */
void
pillion_poll_source_set_ready_time (PillionPollSource *self,
                                    gint64 ready_usec)
{
  PillionCore *core;

  g_return_if_fail (PILLION_IS_POLL_SOURCE (self));
  g_return_if_fail (pillion_core_on_thread (&self->loop->core));

  ready_usec = MAX (ready_usec, -1);
  if (!pillion_poll_source_is_open (self) || self->dispatching || self->ready_usec == ready_usec)
    return;

  core = &self->loop->core;
  if (self->n_waits > 0 && ready_usec == 0)
    {
      /* The wait sees that before it sleeps again */
      self->fired = TRUE;
      return;
    }

  pillion_poll_source_change_ready_time (self, ready_usec);
  if (ready_usec >= 0 && core->depth == 0 && !self->muted)
    pillion_core_busy (core);
}

/**
 * pillion_poll_source_ring:
 * @self: a source
 *
 * Has the callback called soon, or [method@Pillion.PollSource.wait] end, from any thread; a host that sleeps is woken. To ring
 * again before it was heard costs nothing, and adds nothing. Where the loop is closed, so is the source.
 *
 * Since: 1.0
 */
void
pillion_poll_source_ring (PillionPollSource *self)
{
  g_return_if_fail (PILLION_IS_POLL_SOURCE (self));

  if (!__atomic_exchange_n (&self->rung, TRUE, __ATOMIC_SEQ_CST))
    {
      g_object_ref (self);
      pillion_core_push (&self->loop->core, &self->ring);
    }
}

/**
 * pillion_poll_source_get_busy: (get-property busy)
 * @self: a source
 *
 * Tells whether the other loop has work.
 *
 * Returns: whether it was said to have
 *
 * Since: 1.0
 */
gboolean
pillion_poll_source_get_busy (PillionPollSource *self)
{
  g_return_val_if_fail (PILLION_IS_POLL_SOURCE (self), FALSE);

  return self->busy;
}

/**
 * pillion_poll_source_set_busy: (set-property busy)
 * @self: a source
 * @busy: whether the other loop has work: something ready, a timer, or something that it waits for
 *
 * Says whether the other loop has work. While it has, the guest loop is held ([method@Pillion.Loop.hold]) and does not stop. When it
 * begins to have, the hook is installed in the host again. On the loop's thread.
 *
 * Since: 1.0
 */
void
pillion_poll_source_set_busy (PillionPollSource *self,
                              gboolean busy)
{
  g_return_if_fail (PILLION_IS_POLL_SOURCE (self));
  g_return_if_fail (pillion_core_on_thread (&self->loop->core));

  busy = busy != FALSE;
  if (!pillion_poll_source_is_open (self) || self->busy == busy)
    return;

  self->busy = busy;
  if (busy)
    pillion_loop_hold (self->loop);
  else
    pillion_loop_release (self->loop);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BUSY]);
}

/**
 * pillion_poll_source_get_muted: (get-property muted)
 * @self: a source
 *
 * Tells whether the callback is not called at present.
 *
 * Returns: whether the source is muted
 *
 * Since: 1.0
 */
gboolean
pillion_poll_source_get_muted (PillionPollSource *self)
{
  g_return_val_if_fail (PILLION_IS_POLL_SOURCE (self), FALSE);

  return self->muted;
}

/**
 * pillion_poll_source_set_muted: (set-property muted)
 * @self: a source
 * @muted: whether the callback is not to be called
 *
 * Mutes the source while the other loop runs by itself: then the callback is not called, whoever runs the context, and only
 * [method@Pillion.PollSource.wait] sees the descriptor and the ready time. The context is the loop's until then, unless another thread has it. On
 * the loop's thread.
 *
 * Since: 1.0
 */
void
pillion_poll_source_set_muted (PillionPollSource *self,
                               gboolean muted)
{
  g_return_if_fail (PILLION_IS_POLL_SOURCE (self));
  g_return_if_fail (pillion_core_on_thread (&self->loop->core));

  muted = muted != FALSE;
  if (!pillion_poll_source_is_open (self) || self->muted == muted)
    return;

  self->muted = muted;
  if (muted)
    {
      self->acquired = !self->loop->owns_context && pillion_loop_acquire (self->loop);
    }
  else
    {
      if (self->acquired && self->loop->ride != PILLION_RIDE_HOOK && self->loop->core.depth == 0)
        pillion_loop_release_context (self->loop);
      self->acquired = FALSE;
      pillion_poll_source_set_resting (self, FALSE);
    }
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MUTED]);
}

/**
 * pillion_poll_source_get_external:
 * @self: a source
 *
 * Tells how many things other threads are at for the other loop.
 *
 * Returns: the number that was set
 *
 * Since: 1.0
 */
guint
pillion_poll_source_get_external (PillionPollSource *self)
{
  g_return_val_if_fail (PILLION_IS_POLL_SOURCE (self), 0);

  return self->n_external;
}

/**
 * pillion_poll_source_set_external:
 * @self: a source
 * @n_external: a number of things
 *
 * Says how many things other threads are at for the other loop, which will make its descriptor readable. A virtual clock
 * ([class@Pillion.TestHost]) waits for them, and does not jump. On the loop's thread.
 *
 * Since: 1.0
 */
void
pillion_poll_source_set_external (PillionPollSource *self,
                                  guint n_external)
{
  g_return_if_fail (PILLION_IS_POLL_SOURCE (self));
  g_return_if_fail (pillion_core_on_thread (&self->loop->core));

  if (pillion_poll_source_is_open (self))
    set_external (self, n_external);
}

/**
 * pillion_poll_source_close:
 * @self: a source
 *
 * Takes the source out of the context and lets go of the loop, from any thread. From then on nothing is called any more, save where
 * that is being done on the loop's thread right now. A wait ends. To close a second time does nothing.
 *
 * Since: 1.0
 */
void
pillion_poll_source_close (PillionPollSource *self)
{
  g_return_if_fail (PILLION_IS_POLL_SOURCE (self));

  if (__atomic_exchange_n (&self->closed, TRUE, __ATOMIC_SEQ_CST))
    return;

  g_source_destroy (self->source);
  if (pillion_core_on_thread (&self->loop->core))
    {
      let_go (self);
    }
  else
    {
      Ending *ending = g_new0 (Ending, 1);

      ending->item.klass = &ending_class;
      ending->source = g_object_ref (self);
      pillion_core_push (&self->loop->core, &ending->item);
    }
}
