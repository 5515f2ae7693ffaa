/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-poll-source-private.h"

#include "base/pillion-resurrect.h"
#include "base/pillion-sync.h"
#include "core/pillion-binding.h"
#include "core/pillion-closure.h"

/**
 * PillionPollSource:
 *
 * Runs another event loop as one source of a guest loop's context.
 *
 * ```c
 * static gint64
 * run_what_is_ready (PillionPollSource *source,
 *                    gint64 deadline_usec,
 *                    gpointer user_data)
 * {
 *   // The other loop polls its descriptors without waiting, and calls what is ready until the deadline
 *   return -1; // or when its next timer is due, in µs of the loop's clock
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
 * The event loop of another language, such as asyncio, waits for a set of descriptors and for its next timer.
 * If the set has a descriptor of its own, as `epoll` has, one source here stands for both: the descriptor, and
 * a ready time. Whatever runs the context drives the other loop: a host that kicks, a program on GTK, or a
 * [class@Pillion.TestHost], whose clock the ready time then uses.
 *
 * ## The context outside
 *
 * When the descriptor is readable or the ready time has come, the callback is called, once per iteration of the
 * context. It returns the new ready time. Call [method@Pillion.PollSource.set_ready_time] for work that begins
 * elsewhere, in the host's own code: it wakes a host that sleeps. A loop that is out of work stops;
 * [method@Pillion.PollSource.set_busy] says that the other loop has work, and holds it.
 *
 * If the callback runs a main loop, as a dialog does, that loop calls the callback again, and whatever is ready
 * and not on the stack continues. The other loop must not re-enter what is on the stack.
 *
 * ## The other loop outside
 *
 * The other loop can also run by itself for a while. It says so with [method@Pillion.PollSource.set_running],
 * and waits in [method@Pillion.PollSource.wait] instead of in its own system call, so that the guest loop and
 * its context carry on. The wait ends when the descriptor is readable or the ready time has come. The callback
 * is not called, except by a main loop that something called by the other loop or the wait runs.
 *
 * ## Threads, and the end
 *
 * The source belongs to its loop's thread, except for [method@Pillion.PollSource.ring] and
 * [method@Pillion.PollSource.close]. After the last reference is dropped or the loop is closed, nothing is
 * called any more. The descriptor remains the caller's: close the source before the descriptor.
 *
 * Since: 1.0
 */
/* What is left of a source whose last reference another thread dropped. It must not keep the loop alive: the
 * item is in the queue of that loop, which may never run again. So meanwhile the source has no reference to
 * its loop. */
typedef struct
{
  PillionItem item;
  PillionPollSource *source;
} Remains;

enum
{
  PROP_LOOP = 1,
  PROP_FD,
  PROP_BUSY,
  PROP_RUNNING,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionPollSource, pillion_poll_source, G_TYPE_OBJECT)

/* On any thread, but on another than the loop's only if the loop is closed, and so calls nothing any more */
static void
set_callback (PillionPollSource *self,
              PillionCallback *callback)
{
  pillion_callback_unref (__atomic_exchange_n (&self->callback, callback, __ATOMIC_ACQ_REL));
}

/* The host may have another clock now */
static void
on_host_changed (PillionPollSource *self)
{
  if (pillion_poll_source_is_open (self))
    pillion_poll_source_apply_ready_time (self);
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

  self->let_go = TRUE;
  if (!self->loop->core.closed)
    pillion_poll_source_unset_timer (self);
  pillion_awaited_tasks_clear (self->tasks);
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

/* If the loop is closed, perhaps at this very moment, what belongs to its thread is left to it */
static void
let_go_or_drop (PillionPollSource *self)
{
  if (pillion_core_on_thread (&self->loop->core))
    let_go (self);
  else
    set_callback (self, NULL);
}

static const char *
end_get_name (PillionItem *item)
{
  return "poll source";
}

static gboolean
closed_run (PillionItem *item,
            PillionCore *core)
{
  PillionPollSource *self = pillion_note_release (item);

  if (self != NULL)
    {
      let_go (self);
      pillion_sync_unref (self);
    }

  return FALSE;
}

static void
closed_drop (PillionItem *item)
{
  PillionPollSource *self = pillion_note_release (item);

  if (self != NULL)
    {
      let_go_or_drop (self);
      pillion_sync_unref (self);
    }
}

/* Another thread has closed the source */
static const PillionItemClass closed_class = {
  .run = closed_run,
  .get_name = end_get_name,
  .drop = closed_drop,
};

static void
remains_free (Remains *self)
{
  self->source->loop = NULL;
  pillion_sync_unref (self->source);
  g_free (self);
}

static gboolean
remains_run (PillionItem *item,
             PillionCore *core)
{
  Remains *self = (Remains *) item;

  let_go (self->source);
  remains_free (self);

  return FALSE;
}

static void
remains_drop (PillionItem *item)
{
  Remains *self = (Remains *) item;

  let_go_or_drop (self->source);
  remains_free (self);
}

static const PillionItemClass remains_class = {
  .run = remains_run,
  .get_name = end_get_name,
  .drop = remains_drop,
};

/* From now on nothing is called. Returns FALSE if it was closed before. */
static gboolean
begin_closing (PillionPollSource *self)
{
  if (__atomic_exchange_n (&self->closed, TRUE, __ATOMIC_SEQ_CST))
    return FALSE;

  g_source_destroy (self->source);
  return TRUE;
}

/* The last reference has gone, on another thread than the loop's: the queue takes the source over */
static void
leave_remains (gpointer object)
{
  Remains *remains = g_new0 (Remains, 1);
  PillionLoop *loop;

  remains->item.klass = &remains_class;
  remains->source = object;
  loop = remains->source->loop;
  pillion_core_push (&loop->core, &remains->item);
  pillion_sync_unref (loop);
}

static void
pillion_poll_source_constructed (GObject *object)
{
  PillionPollSource *self = PILLION_POLL_SOURCE (object);

  G_OBJECT_CLASS (pillion_poll_source_parent_class)->constructed (object);

  /* A binding's constructor may leave it out */
  if (self->loop == NULL)
    {
      PillionLoop *loop = pillion_loop_get_default ();

      /* There may be no loop, which is the caller's error and was reported. Everything else relies on having
       * one. */
      self->loop = loop != NULL ? g_object_ref (loop) : pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
    }

  self->tasks = pillion_awaited_tasks_new (self->loop, pillion_poll_source_on_task_done, self);
  self->source = pillion_foreign_source_new (self);
  g_source_attach (self->source, pillion_loop_get_context (self->loop));
  g_signal_connect_object (self->loop, "notify::host", G_CALLBACK (on_host_changed), self, G_CONNECT_SWAPPED);
}

static void
pillion_poll_source_dispose (GObject *object)
{
  PillionPollSource *self = PILLION_POLL_SOURCE (object);

  if (g_atomic_int_get (&object->ref_count) > 1)
    {
      pillion_poll_source_close (self);
      G_OBJECT_CLASS (pillion_poll_source_parent_class)->dispose (object);
      return;
    }

  pillion_sync_acquire (self);
  if (self->loop != NULL)
    {
      begin_closing (self);
      if (!self->let_go && pillion_core_on_thread (&self->loop->core))
        let_go (self);
    }

  G_OBJECT_CLASS (pillion_poll_source_parent_class)->dispose (object);
  if (self->loop != NULL && !self->let_go)
    pillion_resurrect (self, "busy", leave_remains);
}

static void
pillion_poll_source_finalize (GObject *object)
{
  PillionPollSource *self = PILLION_POLL_SOURCE (object);

  pillion_sync_acquire (self);
  pillion_poll_source_clear_notes (self);
  if (self->turn_source != NULL)
    g_source_destroy (self->turn_source);
  g_clear_pointer (&self->turn_source, g_source_unref);
  g_clear_pointer (&self->source, g_source_unref);
  g_clear_pointer (&self->callback, pillion_callback_unref);
  g_clear_pointer (&self->tasks, pillion_awaited_tasks_unref);
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
    case PROP_RUNNING:
      g_value_set_boolean (value, self->running);
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
    case PROP_RUNNING:
      pillion_poll_source_set_running (self, g_value_get_boolean (value));
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
   * The loop whose context the source is in. By default, the default loop of the thread's context.
   *
   * Since: 1.0
   */
  properties[PROP_LOOP] = g_param_spec_object ("loop", NULL, NULL, PILLION_TYPE_LOOP,
                                               G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionPollSource:fd: (getter get_fd)
   *
   * The descriptor, or -1 if there is only a ready time.
   *
   * Since: 1.0
   */
  properties[PROP_FD] = g_param_spec_int ("fd", NULL, NULL, -1, G_MAXINT, -1,
                                          G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionPollSource:busy: (getter get_busy) (setter set_busy)
   *
   * Whether the other loop has work, and so holds this one. A host with its own hook may watch this property:
   * the hook is wanted when it becomes true.
   *
   * Since: 1.0
   */
  properties[PROP_BUSY] =
    g_param_spec_boolean ("busy", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionPollSource:running: (getter get_running) (setter set_running)
   *
   * Whether the other loop runs by itself, and waits in [method@Pillion.PollSource.wait].
   *
   * Since: 1.0
   */
  properties[PROP_RUNNING] =
    g_param_spec_boolean ("running", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_poll_source_init (PillionPollSource *self)
{
  self->fd = -1;
  self->ready_usec = -1;
  pillion_poll_source_init_notes (self);
}

/**
 * pillion_poll_source_new:
 * @loop: the loop whose context the source joins
 * @fd: a descriptor that is readable when the other loop has something to do; -1 for none
 *
 * Runs another event loop in @loop. On the loop's thread only.
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
 * Gets the loop whose context the source is in.
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
 * Gets the descriptor.
 *
 * Returns: the descriptor, or -1 if there is none
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
 * @destroy: frees @user_data when it is no longer needed
 *
 * Sets the function to call when the descriptor is readable or the ready time has come. On the loop's thread
 * only. If the source or its loop is closed, @user_data is freed at once.
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

  callback = pillion_callback_new (G_CALLBACK (func), user_data, destroy);
  if (pillion_poll_source_is_open (self))
    {
      if (callback != NULL)
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
 * @closure: (nullable): does what is ready in the other loop. It is called with @self and the deadline, like
 *   a [callback@Pillion.PollFunc], and returns when to be called again
 *
 * The same as `pillion_poll_source_set_callback ()`, with a closure. Language bindings call this one by that
 * name.
 *
 * Since: 1.0
 */
void
pillion_poll_source_set_callback_closure (PillionPollSource *self,
                                          GClosure *closure)
{
  pillion_poll_source_set_callback (self, closure != NULL ? pillion_closure_poll : NULL, pillion_closure_take (closure),
                                    pillion_closure_let_go);
}

/**
 * pillion_poll_source_get_ready_time:
 * @self: a source
 *
 * Gets the time when the callback is called even if the descriptor is not readable.
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
 * Sets when the callback is called even if the descriptor is not readable, or when
 * [method@Pillion.PollSource.wait] returns. In the host's own code, between two kicks, this installs the hook
 * and wakes the host if need be. What the callback returns replaces what was set inside it. On the loop's
 * thread only.
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
  if (!pillion_poll_source_is_open (self) || self->ready_usec == ready_usec)
    return;

  core = &self->loop->core;
  if (self->n_waits > 0 && ready_usec == 0)
    {
      /* The wait sees that before it sleeps again. A main loop inside it sees the ready time. */
      self->fired = TRUE;
      if (core->depth <= self->wait_depth && self->n_calls == 0)
        return;
    }

  pillion_poll_source_change_ready_time (self, ready_usec);
  if (ready_usec >= 0 && core->depth == 0 && !self->running)
    {
      /* Another thread that runs the context may be asleep in it */
      if (!g_main_context_is_owner (core->context))
        g_main_context_wakeup (core->context);
      pillion_core_busy (core);
    }
}

/**
 * pillion_poll_source_ring:
 * @self: a source
 *
 * Makes the callback run soon, or [method@Pillion.PollSource.wait] return, from any thread, and wakes a host
 * that sleeps. Ringing again before the callback has run has no effect. A source whose loop is closed is
 * closed, too.
 *
 * Since: 1.0
 */
void
pillion_poll_source_ring (PillionPollSource *self)
{
  g_return_if_fail (PILLION_IS_POLL_SOURCE (self));

  pillion_poll_source_push_ring (self);
}

/**
 * pillion_poll_source_get_busy: (get-property busy)
 * @self: a source
 *
 * Checks whether the other loop has work.
 *
 * Returns: whether it has, according to [method@Pillion.PollSource.set_busy]
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
 * Says whether the other loop has work. While it has, the guest loop is held ([method@Pillion.Loop.hold]) and
 * does not stop. When work begins, the hook is installed in the host again. On the loop's thread only.
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
 * pillion_poll_source_get_running: (get-property running)
 * @self: a source
 *
 * Checks whether the other loop runs by itself.
 *
 * Returns: whether it was said to
 *
 * Since: 1.0
 */
gboolean
pillion_poll_source_get_running (PillionPollSource *self)
{
  g_return_val_if_fail (PILLION_IS_POLL_SOURCE (self), FALSE);

  return self->running;
}

/**
 * pillion_poll_source_set_running: (set-property running)
 * @self: a source
 * @running: whether the other loop runs by itself
 *
 * Says that the other loop runs by itself, and waits in [method@Pillion.PollSource.wait], or that it has
 * stopped. While it runs, anything else that runs the context is called from it, and so calls the callback
 * there. The loop keeps the context until the other loop stops, unless another thread has it. On the loop's
 * thread only.
 *
 * Since: 1.0
 */
void
pillion_poll_source_set_running (PillionPollSource *self,
                                 gboolean running)
{
  g_return_if_fail (PILLION_IS_POLL_SOURCE (self));
  g_return_if_fail (pillion_core_on_thread (&self->loop->core));

  running = running != FALSE;
  if (!pillion_poll_source_is_open (self) || self->running == running)
    return;

  self->running = running;
  if (running)
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
  pillion_poll_source_set_untold (self, running);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_RUNNING]);
}

/**
 * pillion_poll_source_get_external:
 * @self: a source
 *
 * For language bindings: gets how many operations other threads are performing for the other loop.
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
 * @n_external: how many operations
 *
 * For language bindings: says how many operations other threads are performing for the other loop. Each of
 * them will make its descriptor readable. A virtual clock ([class@Pillion.TestHost]) waits for them, and does
 * not jump. On the loop's thread only.
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
 * pillion_poll_source_reuse:
 * @self: a source
 * @fd: a descriptor, or -1 for none
 *
 * For the Python override: makes the source like a new one with this descriptor, except that it keeps its callback. This
 * takes less time than to create a source and a callback. On the loop's thread only.
 *
 * Returns: whether it did; FALSE if the callback or a wait is on the stack, or the source or its loop is closed
 *
 * Since: 1.0
 */
gboolean
pillion_poll_source_reuse (PillionPollSource *self,
                           int fd)
{
  g_return_val_if_fail (PILLION_IS_POLL_SOURCE (self), FALSE);
  g_return_val_if_fail (pillion_core_on_thread (&self->loop->core), FALSE);
  g_return_val_if_fail (fd >= -1, FALSE);

  if (!pillion_poll_source_is_open (self) || self->n_calls > 0 || self->n_waits > 0)
    return FALSE;

  pillion_poll_source_set_running (self, FALSE);
  pillion_poll_source_set_busy (self, FALSE);
  set_external (self, 0);
  pillion_awaited_tasks_clear (self->tasks);
  pillion_poll_source_start_over (self, fd);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FD]);
  return TRUE;
}

/**
 * pillion_poll_source_close:
 * @self: a source
 *
 * Removes the source from the context and releases the loop, from any thread. After that nothing is called any
 * more, except for a callback that is running on the loop's thread right now. A wait ends. Closing a closed
 * source has no effect.
 *
 * Since: 1.0
 */
void
pillion_poll_source_close (PillionPollSource *self)
{
  g_return_if_fail (PILLION_IS_POLL_SOURCE (self));

  if (!begin_closing (self))
    return;

  if (pillion_core_on_thread (&self->loop->core))
    let_go (self);
  else
    pillion_core_push (&self->loop->core, &pillion_note_new (self, &closed_class)->item);
}
