/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-loop-private.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-sync.h"
#include "core/pillion-loop-handle.h"
#include "task/pillion-scope-private.h"
#include "task/pillion-task-private.h"

/**
 * PillionLoop:
 *
 * The second loop, carried along by a program that has its own main loop.
 *
 * ```c
 * g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
 *
 * while (running)
 *   {
 *     draw_frame ();
 *     pillion_loop_kick (loop);
 *   }
 * ```
 *
 * That is all that a host has to do: call [method@Pillion.Loop.kick] once per frame. A kick works for at most
 * [property@Pillion.Loop:budget-usec] and never blocks. Everything that the program starts through Pillion, or
 * through GIO in the loop's context, proceeds in kicks, and its callbacks are called from there.
 *
 * ## Installing the hook
 *
 * If a program can't simply call it, because it does not control the main loop, use a [iface@Pillion.Host],
 * which knows how to be kicked: [method@Pillion.Loop.ensure] installs its hook. When nothing is left (no
 * task, no call that is due later, no [method@Pillion.Loop.hold]), the loop does one last kick for late
 * callbacks and removes the hook; the next task installs it again.
 *
 * ## The context
 *
 * A loop rides on one `GMainContext`: by default the thread-default one of the thread that creates it, so that
 * whatever GIO, libsoup or D-Bus do for the program's scripts just works. While it rides on a host that doesn't
 * run that context itself, it keeps the context acquired between kicks, too. If something else runs the
 * context, the loop becomes a passenger ([method@Pillion.Loop.ensure]).
 *
 * A kick checks the clock between items, which are callbacks of tasks, calls and timers. It can limit what the
 * context dispatches only between iterations. A source with a higher priority comes first and gets more turns,
 * but nothing starves: sources of every priority, and the items, get their share even if some source is always
 * ready.
 *
 * ## Waiting, and the end
 *
 * [method@Pillion.Loop.run_until_complete] blocks until a task is done. [method@Pillion.Loop.close] ends
 * everything by a deadline and reports what was left.
 *
 * ## Hosts that sleep
 *
 * A host that sleeps between events calls [method@Pillion.Loop.get_fd] and [method@Pillion.Loop.get_deadline]
 * to find out what to wait for, or is woken through [method@Pillion.Loop.set_wake_func] or
 * [method@Pillion.Host.wake].
 *
 * ## Threads
 *
 * A loop belongs to the thread that creates it. Other threads can call
 * [method@Pillion.Loop.call_soon_threadsafe], [method@Pillion.Loop.set_wake_func] and
 * [method@Pillion.Loop.is_closed], and finish or cancel tasks.
 *
 * The last reference can be dropped on any thread. If that is another thread, a private context stays the
 * default of the loop's thread until that thread creates, closes or looks for a loop again, or ends.
 *
 * In the child of a `fork ()`, the parent's loops are closed: using them fails with
 * [error@Pillion.Error.CLOSED]. The child can create its own.
 *
 * Since: 1.0
 */

enum
{
  PROP_CONTEXT = 1,
  PROP_FLAGS,
  PROP_BUDGET_USEC,
  PROP_BUDGET_MODE,
  PROP_SLOW_THRESHOLD_USEC,
  PROP_AUTO_STOP,
  PROP_ALLOW_NESTING,
  PROP_MAX_WORKERS,
  PROP_LIVE_TASKS,
  PROP_RIDING,
  PROP_PASSENGER,
  PROP_HOST,
  N_PROPS
};

enum
{
  SIGNAL_TASK_ADDED,
  SIGNAL_TASK_DONE,
  SIGNAL_UNHANDLED_ERROR,
  SIGNAL_SLOW_CALLBACK,
  SIGNAL_CLOSED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (PillionLoop, pillion_loop, G_TYPE_OBJECT)

/* Once a kick, however many tasks came and went */
void
pillion_loop_notify_live_tasks (PillionLoop *self)
{
  if (self->core.scopes_changed)
    pillion_scope_notify_all (&self->core);
  if (!self->live_changed)
    return;

  self->live_changed = FALSE;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LIVE_TASKS]);
}

/* Emitting without handlers costs less than asking whether there are any */
void
pillion_loop_emit_task_added (PillionLoop *self,
                              PillionTask *task)
{
  g_signal_emit (self, signals[SIGNAL_TASK_ADDED], 0, task);
}

void
pillion_loop_emit_task_done (PillionLoop *self,
                             PillionTask *task)
{
  g_signal_emit (self, signals[SIGNAL_TASK_DONE], 0, task);
}

gboolean
pillion_loop_hears_unhandled (PillionLoop *self)
{
  return g_signal_has_handler_pending (self, signals[SIGNAL_UNHANDLED_ERROR], 0, TRUE);
}

void
pillion_loop_emit_unhandled_error (PillionLoop *self,
                                   PillionTask *task,
                                   const GError *error)
{
  const char *site = pillion_task_get_site (task);

  if (pillion_loop_hears_unhandled (self))
    g_signal_emit (self, signals[SIGNAL_UNHANDLED_ERROR], 0, task, error);
  else if (site != NULL)
    g_warning ("Unhandled error in '%s', created at %s: %s", pillion_task_get_name (task), site, error->message);
  else
    g_warning ("Unhandled error in '%s': %s", pillion_task_get_name (task), error->message);
}

void
pillion_loop_emit_slow (PillionLoop *self,
                        const char *name,
                        gint64 duration_usec)
{
  g_signal_emit (self, signals[SIGNAL_SLOW_CALLBACK], 0, name, duration_usec);
}

/* The last steps of closing: from here on nothing is called */
void
pillion_loop_shut (PillionLoop *self)
{
  PillionCore *core = &self->core;

  if (core->closed)
    return;

  pillion_scope_begin_closing_all (core);
  pillion_scope_shut_all (core);
  pillion_loop_stop (self);
  pillion_loop_forget_host (self);
  __atomic_store_n (&core->closed, TRUE, __ATOMIC_SEQ_CST);
  pillion_core_drop_all (core);
  pillion_live_tasks_tell (&self->live_tasks);
  pillion_loop_notify_live_tasks (self);
  pillion_pump_unwatch (&core->pump);
  pillion_loop_mute (self);
  pillion_loop_set_wake_func (self, NULL, NULL, NULL);
  g_signal_emit (self, signals[SIGNAL_CLOSED], 0);

  /* Inside a kick the context is still in use: the end of the kick releases it */
  if (core->depth == 0)
    pillion_loop_release_context (self);
  if (self->pushed && g_main_context_get_thread_default () == core->context)
    g_main_context_pop_thread_default (core->context);
  self->pushed = FALSE;
  pillion_loop_tidy_thread ();
  pillion_loop_forget_default (self);
}

static void
pillion_loop_constructed (GObject *object)
{
  PillionLoop *self = PILLION_LOOP (object);

  G_OBJECT_CLASS (pillion_loop_parent_class)->constructed (object);

  pillion_loop_tidy_thread ();
  if (self->flags & PILLION_LOOP_PRIVATE_CONTEXT)
    {
      g_clear_pointer (&self->core.context, g_main_context_unref);
      self->core.context = g_main_context_new_with_flags (G_MAIN_CONTEXT_FLAGS_OWNERLESS_POLLING);
      g_main_context_push_thread_default (self->core.context);
      self->pushed = TRUE;
      /* Nothing else knows the context, so this thread runs it */
      pillion_loop_make_default (self);
    }
  else if (self->core.context == NULL)
    {
      self->core.context = g_main_context_ref_thread_default ();
    }

  pillion_core_init (&self->core);
  pillion_loop_register (self);
}

static void
pillion_loop_dispose (GObject *object)
{
  PillionLoop *self = PILLION_LOOP (object);

  /* Pending work keeps its loop alive, so here nothing is pending. The last reference may be dropped on any
   * thread, such as that of a garbage collector. What only the loop's own thread can undo is left to it. */
  if (self->core.forked)
    pillion_loop_forget_default (self);
  else if (pillion_core_on_thread (&self->core))
    pillion_loop_shut (self);
  else
    pillion_loop_leave_thread (self);
  pillion_loop_handle_detach (self);
  pillion_core_wait_until_left (&self->core);

  G_OBJECT_CLASS (pillion_loop_parent_class)->dispose (object);
}

static void
pillion_loop_finalize (GObject *object)
{
  PillionLoop *self = PILLION_LOOP (object);
  PillionCore *core = &self->core;

  pillion_sync_acquire (self);
  pillion_loop_unregister (self);

  pillion_loop_clear_passenger (self);
  __atomic_store_n (&core->closed, TRUE, __ATOMIC_SEQ_CST);
  if (core->workers != NULL)
    pillion_workers_close (g_steal_pointer (&core->workers), 0, 0);
  pillion_core_clear (core);
  pillion_loop_calls_clear (self);
  pillion_live_tasks_clear (&self->live_tasks);
  pillion_loop_regions_clear (self);
  pillion_loop_external_clear (self);
  g_clear_signal_handler (&self->keeps_hook_handler, self->host);
  g_clear_object (&self->host);
  g_free (self->hook_name);

  G_OBJECT_CLASS (pillion_loop_parent_class)->finalize (object);
}

static void
pillion_loop_get_property (GObject *object,
                           guint prop_id,
                           GValue *value,
                           GParamSpec *pspec)
{
  PillionLoop *self = PILLION_LOOP (object);

  switch (prop_id)
    {
    case PROP_CONTEXT:
      g_value_set_boxed (value, self->core.context);
      break;
    case PROP_FLAGS:
      g_value_set_flags (value, self->flags);
      break;
    case PROP_BUDGET_USEC:
      g_value_set_int64 (value, self->budget_usec);
      break;
    case PROP_BUDGET_MODE:
      g_value_set_enum (value, self->budget_mode);
      break;
    case PROP_SLOW_THRESHOLD_USEC:
      g_value_set_int64 (value, self->slow_usec);
      break;
    case PROP_AUTO_STOP:
      g_value_set_boolean (value, self->auto_stop);
      break;
    case PROP_ALLOW_NESTING:
      g_value_set_boolean (value, self->allow_nesting);
      break;
    case PROP_MAX_WORKERS:
      g_value_set_uint (value, self->core.max_workers);
      break;
    case PROP_LIVE_TASKS:
      g_value_set_uint (value, self->core.live.length);
      break;
    case PROP_RIDING:
      g_value_set_boolean (value, pillion_loop_is_riding (self));
      break;
    case PROP_PASSENGER:
      g_value_set_boolean (value, pillion_loop_is_passenger (self));
      break;
    case PROP_HOST:
      g_value_set_object (value, self->host);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_loop_set_property (GObject *object,
                           guint prop_id,
                           const GValue *value,
                           GParamSpec *pspec)
{
  PillionLoop *self = PILLION_LOOP (object);

  switch (prop_id)
    {
    case PROP_CONTEXT:
      self->core.context = g_value_dup_boxed (value);
      break;
    case PROP_FLAGS:
      self->flags = g_value_get_flags (value);
      break;
    case PROP_BUDGET_USEC:
      pillion_loop_set_budget_usec (self, g_value_get_int64 (value));
      break;
    case PROP_BUDGET_MODE:
      pillion_loop_set_budget_mode (self, g_value_get_enum (value));
      break;
    case PROP_SLOW_THRESHOLD_USEC:
      pillion_loop_set_slow_threshold_usec (self, g_value_get_int64 (value));
      break;
    case PROP_AUTO_STOP:
      pillion_loop_set_auto_stop (self, g_value_get_boolean (value));
      break;
    case PROP_ALLOW_NESTING:
      pillion_loop_set_allow_nesting (self, g_value_get_boolean (value));
      break;
    case PROP_MAX_WORKERS:
      pillion_loop_set_max_workers (self, g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_loop_class_init (PillionLoopClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  /* Everything starts with a loop, so this comes before the first message */
  bindtextdomain (GETTEXT_PACKAGE, PILLION_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");

  object_class->constructed = pillion_loop_constructed;
  object_class->dispose = pillion_loop_dispose;
  object_class->finalize = pillion_loop_finalize;
  object_class->get_property = pillion_loop_get_property;
  object_class->set_property = pillion_loop_set_property;

  /**
   * PillionLoop:context: (getter get_context)
   *
   * The context that the loop rides on.
   *
   * Since: 1.0
   */
  properties[PROP_CONTEXT] =
    g_param_spec_boxed ("context", NULL, NULL, G_TYPE_MAIN_CONTEXT,
                        G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionLoop:flags: (getter get_flags)
   *
   * How the loop got its context.
   *
   * Since: 1.0
   */
  properties[PROP_FLAGS] =
    g_param_spec_flags ("flags", NULL, NULL, PILLION_TYPE_LOOP_FLAGS, PILLION_LOOP_DEFAULT,
                        G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionLoop:budget-usec: (getter get_budget_usec) (setter set_budget_usec)
   *
   * How long a plain kick works, in µs.
   *
   * Since: 1.0
   */
  properties[PROP_BUDGET_USEC] =
    g_param_spec_int64 ("budget-usec", NULL, NULL, 0, G_MAXINT64, 2000,
                        G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionLoop:budget-mode: (getter get_budget_mode) (setter set_budget_mode)
   *
   * Whether the budget grows if the host rarely ticks.
   *
   * Since: 1.0
   */
  properties[PROP_BUDGET_MODE] =
    g_param_spec_enum ("budget-mode", NULL, NULL, PILLION_TYPE_BUDGET_MODE, PILLION_BUDGET_FIXED,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionLoop:slow-threshold-usec: (getter get_slow_threshold_usec) (setter set_slow_threshold_usec)
   *
   * How long an item must take, in µs, to be reported as slow.
   *
   * Since: 1.0
   */
  properties[PROP_SLOW_THRESHOLD_USEC] =
    g_param_spec_int64 ("slow-threshold-usec", NULL, NULL, 0, G_MAXINT64, 100000,
                        G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionLoop:auto-stop: (getter get_auto_stop) (setter set_auto_stop)
   *
   * Whether the hook is removed when nothing is left. Turn it off if scripts use GIO without wrapping it in
   * tasks, which the loop can't count.
   *
   * Since: 1.0
   */
  properties[PROP_AUTO_STOP] =
    g_param_spec_boolean ("auto-stop", NULL, NULL, TRUE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionLoop:allow-nesting: (getter get_allow_nesting) (setter set_allow_nesting)
   *
   * Whether a kick inside a callback works. Turn it off for a host that ticks inside callbacks by accident,
   * rather than because a callback opened one of the host's loops: such kicks then do nothing.
   *
   * Since: 1.0
   */
  properties[PROP_ALLOW_NESTING] =
    g_param_spec_boolean ("allow-nesting", NULL, NULL, TRUE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionLoop:max-workers: (getter get_max_workers) (setter set_max_workers)
   *
   * The maximum number of worker threads.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_WORKERS] =
    g_param_spec_uint ("max-workers", NULL, NULL, 1, G_MAXUINT, 8,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionLoop:live-tasks: (getter get_live_tasks)
   *
   * The number of tasks that are pending or whose callbacks have not run yet. It notifies once a kick.
   *
   * Since: 1.0
   */
  properties[PROP_LIVE_TASKS] =
    g_param_spec_uint ("live-tasks", NULL, NULL, 0, G_MAXUINT, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionLoop:riding: (getter is_riding)
   *
   * Whether a hook kicks the loop, or it is a passenger.
   *
   * Since: 1.0
   */
  properties[PROP_RIDING] =
    g_param_spec_boolean ("riding", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionLoop:passenger: (getter is_passenger)
   *
   * Whether something else runs the context, so that the loop rides along without a hook.
   *
   * Since: 1.0
   */
  properties[PROP_PASSENGER] =
    g_param_spec_boolean ("passenger", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionLoop:host: (getter get_host)
   *
   * The host that was last given to [method@Pillion.Loop.ensure].
   *
   * Since: 1.0
   */
  properties[PROP_HOST] =
    g_param_spec_object ("host", NULL, NULL, PILLION_TYPE_HOST, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * PillionLoop::task-added:
   * @self: the loop
   * @task: the task
   *
   * Emitted when a task is created.
   *
   * Since: 1.0
   */
  signals[SIGNAL_TASK_ADDED] = g_signal_new ("task-added", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                             NULL, G_TYPE_NONE, 1, PILLION_TYPE_TASK);

  /**
   * PillionLoop::task-done:
   * @self: the loop
   * @task: the task
   *
   * Emitted in a kick when a task is done, before its callbacks.
   *
   * Since: 1.0
   */
  signals[SIGNAL_TASK_DONE] = g_signal_new ("task-done", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                            NULL, G_TYPE_NONE, 1, PILLION_TYPE_TASK);

  /**
   * PillionLoop::unhandled-error:
   * @self: the loop
   * @task: the task that failed
   * @error: its error
   *
   * Emitted once, in a kick, for a task that failed and whose error nothing looks at. If no handler is
   * connected, a warning is logged.
   *
   * Since: 1.0
   */
  signals[SIGNAL_UNHANDLED_ERROR] =
    g_signal_new ("unhandled-error", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                  PILLION_TYPE_TASK, G_TYPE_ERROR);

  /**
   * PillionLoop::slow-callback:
   * @self: the loop
   * @name: the name of the task, or what else the item is called
   * @duration_usec: how long it took, in µs
   *
   * Emitted in a kick after an item that took as long as [property@Pillion.Loop:slow-threshold-usec], or longer.
   *
   * Since: 1.0
   */
  signals[SIGNAL_SLOW_CALLBACK] =
    g_signal_new ("slow-callback", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 2,
                  G_TYPE_STRING, G_TYPE_INT64);

  /**
   * PillionLoop::closed:
   * @self: the loop
   *
   * Emitted once, when the loop has been closed. A host that watches the descriptor of
   * [method@Pillion.Loop.get_fd] stops here: it is never readable again, and its number is free once the loop
   * is finalized.
   *
   * Since: 1.0
   */
  signals[SIGNAL_CLOSED] = g_signal_new ("closed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                         G_TYPE_NONE, 0);
}

static void
pillion_loop_init (PillionLoop *self)
{
  self->budget_usec = 2000;
  self->slow_usec = 100000;
  self->auto_stop = TRUE;
  self->allow_nesting = TRUE;
  self->core.max_workers = 8;
  self->core.thread = pillion_core_this_thread ();
  pillion_loop_external_init (self);
  pillion_loop_calls_init (self);
}

/**
 * pillion_loop_new:
 * @context: (nullable): the context to ride on; %NULL for the thread-default one. It has to be %NULL with
 *   [flags@Pillion.LoopFlags.PRIVATE_CONTEXT]
 * @flags: how to get the context
 *
 * Creates a loop that belongs to the calling thread.
 *
 * Returns: (transfer full): a new loop
 *
 * Since: 1.0
 */
PillionLoop *
pillion_loop_new (GMainContext *context,
                  PillionLoopFlags flags)
{
  g_return_val_if_fail (context == NULL || !(flags & PILLION_LOOP_PRIVATE_CONTEXT), NULL);

  return g_object_new (PILLION_TYPE_LOOP, "context", context, "flags", flags, NULL);
}

/**
 * pillion_loop_get_context: (get-property context)
 * @self: a loop
 *
 * Gets the context that the loop rides on.
 *
 * Returns: (transfer none): the context
 *
 * Since: 1.0
 */
GMainContext *
pillion_loop_get_context (PillionLoop *self)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), NULL);

  return self->core.context;
}

/**
 * pillion_loop_get_flags: (get-property flags)
 * @self: a loop
 *
 * Gets how the loop came by its context.
 *
 * Returns: the flags
 *
 * Since: 1.0
 */
PillionLoopFlags
pillion_loop_get_flags (PillionLoop *self)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), PILLION_LOOP_DEFAULT);

  return self->flags;
}

/**
 * pillion_loop_hold:
 * @self: a loop
 *
 * Keeps the loop from stopping when it is out of work, until [method@Pillion.Loop.release] is called the same
 * number of times. On the loop's thread only.
 *
 * Since: 1.0
 */
void
pillion_loop_hold (PillionLoop *self)
{
  g_return_if_fail (PILLION_IS_LOOP (self));
  g_return_if_fail (pillion_core_on_thread (&self->core));

  self->core.n_holds++;
  if (self->core.n_holds == 1)
    pillion_loop_busy (self);
}

/**
 * pillion_loop_release:
 * @self: a loop that is held
 *
 * Undoes one [method@Pillion.Loop.hold]. On the loop's thread only.
 *
 * Since: 1.0
 */
void
pillion_loop_release (PillionLoop *self)
{
  g_return_if_fail (PILLION_IS_LOOP (self));
  g_return_if_fail (pillion_core_on_thread (&self->core));
  g_return_if_fail (self->core.n_holds > 0);

  self->core.n_holds--;
  /* A sleeping host has to wake up to see that nothing is left */
  if (self->core.n_holds == 0 && self->ride != PILLION_RIDE_NONE)
    pillion_core_ring (&self->core);
}

/**
 * pillion_loop_get_auto_stop: (get-property auto-stop)
 * @self: a loop
 *
 * Checks whether the hook is removed when nothing is left.
 *
 * Returns: whether it does
 *
 * Since: 1.0
 */
gboolean
pillion_loop_get_auto_stop (PillionLoop *self)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), FALSE);

  return self->auto_stop;
}

/**
 * pillion_loop_set_auto_stop: (set-property auto-stop)
 * @self: a loop
 * @auto_stop: whether to remove it
 *
 * Sets whether the hook is removed when nothing is left.
 *
 * Since: 1.0
 */
void
pillion_loop_set_auto_stop (PillionLoop *self,
                            gboolean auto_stop)
{
  g_return_if_fail (PILLION_IS_LOOP (self));
  g_return_if_fail (pillion_core_on_thread (&self->core));

  auto_stop = auto_stop != FALSE;
  if (self->auto_stop != auto_stop)
    {
      self->auto_stop = auto_stop;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_AUTO_STOP]);
    }
}

/**
 * pillion_loop_get_allow_nesting: (get-property allow-nesting)
 * @self: a loop
 *
 * Checks whether a kick inside a callback works.
 *
 * Returns: whether it does
 *
 * Since: 1.0
 */
gboolean
pillion_loop_get_allow_nesting (PillionLoop *self)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), FALSE);

  return self->allow_nesting;
}

/**
 * pillion_loop_set_allow_nesting: (set-property allow-nesting)
 * @self: a loop
 * @allow_nesting: whether it works
 *
 * Sets whether a kick inside a callback works. On the loop's thread only.
 *
 * Since: 1.0
 */
void
pillion_loop_set_allow_nesting (PillionLoop *self,
                                gboolean allow_nesting)
{
  g_return_if_fail (PILLION_IS_LOOP (self));
  g_return_if_fail (pillion_core_on_thread (&self->core));

  allow_nesting = allow_nesting != FALSE;
  if (self->allow_nesting != allow_nesting)
    {
      self->allow_nesting = allow_nesting;
      pillion_loop_unmute (self);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ALLOW_NESTING]);
    }
}
