/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-private.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-resurrect.h"
#include "base/pillion-sync.h"

/**
 * PillionTask:
 *
 * Work that will be done: a result to come, callbacks for when it is there, cancellation, progress and a name.
 *
 * ```c
 * static void
 * on_loaded (PillionTask *task,
 *            gpointer user_data)
 * {
 *   g_autoptr (GError) error = NULL;
 *   g_autoptr (GBytes) bytes = pillion_task_get_bytes (task, &error);
 *
 *   if (bytes != NULL)
 *     g_print ("%zu bytes\n", g_bytes_get_size (bytes));
 *   else
 *     g_printerr ("%s\n", error->message);
 * }
 *
 * task = pillion_http_client_get_bytes (client, url, NULL);
 * pillion_task_add_done_callback (task, on_loaded, NULL, NULL);
 * ```
 *
 * ## Making and finishing one
 *
 * Most tasks come from a function that starts something. To make your own, create it with
 * [ctor@Pillion.Task.new] and finish it, once, with one of the `return` functions, from any thread. Or pass the
 * task to an asynchronous function of GIO: [func@Pillion.Task.ready] is a ready-made `GAsyncReadyCallback`.
 *
 * ```c
 * task = pillion_task_new (loop, "load settings", NULL);
 * pillion_task_add_done_callback (task, on_done, file, NULL);
 * g_file_load_contents_async (file, pillion_task_get_cancellable (task), pillion_task_ready, task);
 * ```
 *
 * The done callback then reads the outcome with the function's own finish function, from
 * [method@Pillion.Task.get_async_result].
 *
 * ## Done callbacks
 *
 * They run on the loop's thread inside a kick, in the order in which they were added, each once, and never
 * inside the call that added them or that finished the task. A callback added to a task that is already done
 * runs in a kick like any other.
 *
 * ## Results and errors
 *
 * The `get` functions ([method@Pillion.Task.get_int], [method@Pillion.Task.get_bytes]…) return the result and
 * keep it: call them as often as you like. [method@Pillion.Task.check] only says whether the task succeeded. A
 * result has one type; asking for another fails with [error@Pillion.Error.WRONG_TYPE].
 *
 * A failure that nothing looks at (no done callback, no `get` or `check`, no wait) is reported once, with the
 * task's name and the place where it was made, through [signal@Pillion.Loop::unhandled-error]. Cancellation
 * does not count as a failure.
 *
 * ## Cancelling
 *
 * [method@Pillion.Task.cancel] is a request. The task is done when its work says so, with the error
 * `G_IO_ERROR_CANCELLED`. The work learns about the request through [method@Pillion.Task.get_cancellable].
 *
 * ## Life
 *
 * While a task is pending, its loop keeps a reference to it and does not stop, until the task's callbacks have
 * run. A program that only wants a callback can drop its reference at once. When the loop is closed, pending
 * tasks are cancelled ([method@Pillion.Loop.close]).
 *
 * ## Threads
 *
 * Create a task, and add, remove and run its callbacks, on its loop's thread. The `return`, `get` and progress
 * functions, [method@Pillion.Task.cancel], and the functions that ask for the state can be called from any
 * thread.
 *
 * Since: 1.0
 */

enum
{
  PROP_LOOP = 1,
  PROP_NAME,
  PROP_SITE,
  PROP_STATE,
  PROP_COMPLETED,
  PROP_TOTAL,
  PROP_RATE,
  PROP_UNIT,
  PROP_MESSAGE,
  N_PROPS
};

enum
{
  SIGNAL_PROGRESS,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (PillionTask, pillion_task, G_TYPE_OBJECT)

/* The queue takes over a reference to a task that has no other one, and an item does the rest in a kick. There may never be another kick: so
 * that the loop can go all the same, the task has no reference to it meanwhile. */
static void
lend (gpointer data)
{
  PillionTask *self = data;
  PillionLoop *loop = self->loop;

  self->lent = TRUE;
  pillion_core_push (pillion_core (loop), self->to_report ? &self->item : &self->body->cancel_item);
  pillion_sync_unref (loop);
}

/* With the last reference going. On the loop's own thread no kick comes between. */
static void
lend_last (PillionTask *self)
{
  if (pillion_core_on_thread (pillion_core (self->loop)))
    lend (g_object_ref (self));
  else
    pillion_resurrect (self, "site", lend);
}

static void
pillion_task_dispose (GObject *object)
{
  PillionTask *self = PILLION_TASK (object);

  /* With more than one reference this is g_object_run_dispose (): the others may still look, and one of them may be the queue's. With the
   * last one, GObject itself does right afterwards what its dispose () does, which would be a good part of a task's cost. */
  if (g_atomic_int_get (&object->ref_count) > 1)
    {
      G_OBJECT_CLASS (pillion_task_parent_class)->dispose (object);
      return;
    }

  pillion_sync_acquire (self);
  if (self->loop != NULL && pillion_task_take_unhandled (self))
    {
      PillionCore *core = pillion_core (self->loop);

      if (pillion_core_on_thread (core) && (core->closed || !pillion_loop_hears_unhandled (self->loop)))
        {
          pillion_task_report (self);
        }
      else
        {
          /* Handlers are called in a kick, to which the item takes the report, with a reference: this may be inside JavaScript's garbage
           * collection, where they can't be called. From here on, they may have the task on the loop's thread. */
          self->to_report = TRUE;
          self->queued = TRUE;
          lend_last (self);
        }
    }
  else if (self->loop != NULL && G_UNLIKELY (pillion_task_is_left_over (self)))
    {
      self->body->klass->weaken (self->body);
      lend_last (self);
    }
}

void
pillion_task_empty (PillionTask *self)
{
  pillion_task_free_callbacks (self);
  g_clear_pointer (&self->others, g_queue_free);
  if (self->body != NULL)
    self->body->klass->free (self->body);
  pillion_task_result_clear (&self->result);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->extra, pillion_task_extra_free);
  if (self->owns_name)
    g_free ((char *) self->name);
  if (self->owns_site)
    g_free ((char *) self->site);
}

static void
pillion_task_finalize (GObject *object)
{
  PillionTask *self = PILLION_TASK (object);

  pillion_sync_acquire (self);

  pillion_task_empty (self);
  if (self->loop != NULL)
    pillion_core_give_ref (pillion_core (g_steal_pointer (&self->loop)));

  G_OBJECT_CLASS (pillion_task_parent_class)->finalize (object);
}

static void
pillion_task_get_property (GObject *object,
                           guint prop_id,
                           GValue *value,
                           GParamSpec *pspec)
{
  PillionTask *self = PILLION_TASK (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      g_value_set_object (value, self->loop);
      break;
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_SITE:
      g_value_set_string (value, self->site);
      break;
    case PROP_STATE:
      g_value_set_enum (value, pillion_task_load_state (self));
      break;
    case PROP_COMPLETED:
      g_value_set_int64 (value, pillion_task_get_completed (self));
      break;
    case PROP_TOTAL:
      g_value_set_int64 (value, pillion_task_get_total (self));
      break;
    case PROP_RATE:
      g_value_set_double (value, pillion_task_get_rate (self));
      break;
    case PROP_UNIT:
      g_value_set_static_string (value, pillion_task_get_unit (self));
      break;
    case PROP_MESSAGE:
      g_value_take_string (value, pillion_task_dup_message (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_task_set_property (GObject *object,
                           guint prop_id,
                           const GValue *value,
                           GParamSpec *pspec)
{
  PillionTask *self = PILLION_TASK (object);

  switch (prop_id)
    {
    case PROP_NAME:
      pillion_task_set_name (self, g_value_get_string (value));
      break;
    case PROP_SITE:
      pillion_task_set_site (self, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_task_class_init (PillionTaskClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = pillion_task_dispose;
  object_class->finalize = pillion_task_finalize;
  object_class->get_property = pillion_task_get_property;
  object_class->set_property = pillion_task_set_property;

  /**
   * PillionTask:loop: (getter get_loop)
   *
   * The loop that the task belongs to.
   *
   * Since: 1.0
   */
  properties[PROP_LOOP] =
    g_param_spec_object ("loop", NULL, NULL, PILLION_TYPE_LOOP, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionTask:name: (getter get_name) (setter set_name)
   *
   * What the task is called in reports.
   *
   * Since: 1.0
   */
  properties[PROP_NAME] =
    g_param_spec_string ("name", NULL, NULL, NULL, G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionTask:site: (getter get_site) (setter set_site)
   *
   * Where the task was made, as `file:line`, if that is known.
   *
   * Since: 1.0
   */
  properties[PROP_SITE] =
    g_param_spec_string ("site", NULL, NULL, NULL, G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionTask:state: (getter get_state)
   *
   * Whether the task is pending, and if not, how it ended. It notifies on the loop's thread, right before the done callbacks.
   *
   * Since: 1.0
   */
  properties[PROP_STATE] =
    g_param_spec_enum ("state", NULL, NULL, PILLION_TYPE_TASK_STATE, PILLION_TASK_PENDING,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionTask:completed: (getter get_completed)
   *
   * How much of the work is done, in the task's unit. Like the other properties of progress it notifies on the loop's thread, once a
   * kick, and for the last time right before the done callbacks.
   *
   * Since: 1.0
   */
  properties[PROP_COMPLETED] =
    g_param_spec_int64 ("completed", NULL, NULL, 0, G_MAXINT64, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionTask:total: (getter get_total)
   *
   * How much work there is, in the task's unit; -1 if that is not known.
   *
   * Since: 1.0
   */
  properties[PROP_TOTAL] =
    g_param_spec_int64 ("total", NULL, NULL, -1, G_MAXINT64, -1, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionTask:rate: (getter get_rate)
   *
   * How much is done a second, in the task's unit, smoothed over about a second.
   *
   * Since: 1.0
   */
  properties[PROP_RATE] =
    g_param_spec_double ("rate", NULL, NULL, 0.0, G_MAXDOUBLE, 0.0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionTask:unit: (getter get_unit)
   *
   * What the progress counts, such as `bytes`.
   *
   * Since: 1.0
   */
  properties[PROP_UNIT] =
    g_param_spec_string ("unit", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionTask:message: (getter dup_message)
   *
   * What is being done, for a person to read.
   *
   * Since: 1.0
   */
  properties[PROP_MESSAGE] =
    g_param_spec_string ("message", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * PillionTask::progress:
   * @self: the task
   *
   * Emitted on the loop's thread when the progress has changed, once a kick however often it did, and for the last time right before the
   * done callbacks.
   *
   * Since: 1.0
   */
  signals[SIGNAL_PROGRESS] = g_signal_new ("progress", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 0);
}

static void
pillion_task_init (PillionTask *self)
{
}

void
pillion_task_notify_state (PillionTask *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

void
pillion_task_emit_progress (PillionTask *self,
                            PillionTaskProgress changed)
{
  static const guint of_bit[] = { PROP_COMPLETED, PROP_TOTAL, PROP_RATE, PROP_UNIT, PROP_MESSAGE };

  for (guint i = 0; i < G_N_ELEMENTS (of_bit); i++)
    {
      if (changed & 1u << i)
        g_object_notify_by_pspec (G_OBJECT (self), properties[of_bit[i]]);
    }
  g_signal_emit (self, signals[SIGNAL_PROGRESS], 0);
}

/**
 * pillion_task_new_static: (skip)
 * @loop: the loop that the task belongs to
 * @name: what the task is called in reports; not copied, so it has to last
 * @cancellable: (nullable): cancels the task when it is cancelled
 * @site: (nullable): where the task is made; not copied, so it has to last
 *
 * Creates a task without copying its name. In C, [ctor@Pillion.Task.new] is a macro that calls this if the name is
 * a literal.
 *
 * Returns: (transfer full): a new task
 *
 * Since: 1.0
 */
PillionTask *
pillion_task_new_static (PillionLoop *loop,
                         const char *name,
                         GCancellable *cancellable,
                         const char *site)
{
  PillionCore *core = pillion_core (loop);
  PillionTask *self;

  g_return_val_if_fail (PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (pillion_core_on_thread (core), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  self = pillion_task_take_spare (core);
  if (self == NULL)
    self = (PillionTask *) g_object_new_with_properties (PILLION_TYPE_TASK, 0, NULL, NULL);
  self->item.klass = &pillion_task_item_class;
  self->loop = pillion_core_take_ref (core);
  self->name = name;
  self->site = site;

  if (G_UNLIKELY (core->closing || core->closed))
    {
      self->outcome = PILLION_OUTCOME_RETURNED;
      self->looked = TRUE;
      self->result.kind = PILLION_RESULT_ERROR;
      self->result.error = core->forked ?
        g_error_new_literal (PILLION_ERROR, PILLION_ERROR_CLOSED, pillion_core_describe_closed (core)) :
        g_error_new (PILLION_ERROR, PILLION_ERROR_CLOSED, _("The loop was closed before '%s' started"), name);
      __atomic_store_n (&self->state, PILLION_TASK_FAILED, __ATOMIC_RELEASE);
      return self;
    }

  if (cancellable != NULL)
    {
      PillionTaskExtra *extra = pillion_task_get_extra (self);

      extra->parent = g_object_ref (cancellable);
      extra->parent_handler = pillion_task_follow (self, cancellable);
    }

  self->live = TRUE;
  self->queued = TRUE; /* it will be, with the loop's reference */
  g_object_ref (self);
  pillion_live_list_add (&core->live, &self->link);
  pillion_loop_list_task (loop, self, TRUE);
  if (core->live.length == 1)
    pillion_loop_busy (loop);
  pillion_loop_emit_task_added (loop, self);
  /* A handler may have closed the loop. What that left behind has no body yet, and nothing would end it. */
  if (G_UNLIKELY (core->closed) && !pillion_task_is_returned (self))
    {
      pillion_task_look (self);
      pillion_task_return_new_error (self, PILLION_ERROR, PILLION_ERROR_CLOSED, _("The loop was closed before '%s' started"), name);
    }

  return self;
}

/**
 * pillion_task_new_at: (skip)
 * @loop: the loop that the task belongs to
 * @name: what the task is called in reports
 * @cancellable: (nullable): cancels the task when it is cancelled
 * @site: (nullable): where the task is made; not copied, so it has to last
 *
 * Creates a task. In C, [ctor@Pillion.Task.new] is a macro that calls this if the name is not a literal.
 *
 * Returns: (transfer full): a new task
 *
 * Since: 1.0
 */
PillionTask *
pillion_task_new_at (PillionLoop *loop,
                     const char *name,
                     GCancellable *cancellable,
                     const char *site)
{
  PillionTask *self = pillion_task_new_static (loop, name, cancellable, site);

  if (self != NULL)
    pillion_task_set_name (self, name);

  return self;
}

/**
 * pillion_task_new:
 * @loop: the loop that the task belongs to
 * @name: what the task is called in reports
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Creates a pending task, on the loop's thread. In C, this is a macro that records the place where it is
 * called.
 *
 * If @loop was closed, the task has already failed with [error@Pillion.Error.CLOSED], and its callbacks are
 * never called.
 *
 * Returns: (transfer full): a new task
 *
 * Since: 1.0
 */
PillionTask *(pillion_task_new) (PillionLoop *loop,
                                 const char *name,
                                 GCancellable *cancellable)
{
  return pillion_task_new_at (loop, name, cancellable, NULL);
}

/**
 * pillion_task_get_loop: (get-property loop)
 * @self: a task
 *
 * Gets the loop that the task belongs to.
 *
 * Returns: (transfer none): the loop
 *
 * Since: 1.0
 */
PillionLoop *
pillion_task_get_loop (PillionTask *self)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);

  return self->loop;
}

/**
 * pillion_task_get_name: (get-property name)
 * @self: a task
 *
 * Gets what the task is called in reports.
 *
 * Returns: the name
 *
 * Since: 1.0
 */
const char *
pillion_task_get_name (PillionTask *self)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);

  return self->name;
}

/**
 * pillion_task_set_name: (set-property name)
 * @self: a task
 * @name: the name
 *
 * Sets what the task is called in reports. On the loop's thread only, and before another thread is given the task.
 *
 * Since: 1.0
 */
void
pillion_task_set_name (PillionTask *self,
                       const char *name)
{
  gboolean is_new;
  char *copy;

  g_return_if_fail (PILLION_IS_TASK (self));
  g_return_if_fail (self->loop == NULL || pillion_core_on_thread (pillion_core (self->loop)));
  g_return_if_fail (name != NULL);

  is_new = g_strcmp0 (self->name, name) != 0;
  copy = g_strdup (name);
  if (self->owns_name)
    g_free ((char *) self->name);
  self->name = copy;
  self->owns_name = TRUE;
  if (is_new)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NAME]);
}

/**
 * pillion_task_get_site: (get-property site)
 * @self: a task
 *
 * Gets the place where the task was made.
 *
 * Returns: (nullable): the place as `file:line`, or %NULL if it is not known
 *
 * Since: 1.0
 */
const char *
pillion_task_get_site (PillionTask *self)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);

  return self->site;
}

/**
 * pillion_task_set_site: (set-property site)
 * @self: a task
 * @site: (nullable): the place as `file:line`
 *
 * Sets the place where the task was made. In C, the functions that make tasks are macros that know it; a
 * binding sets the place in its own language. On the loop's thread only.
 *
 * Since: 1.0
 */
void
pillion_task_set_site (PillionTask *self,
                       const char *site)
{
  gboolean is_new;
  char *copy;

  g_return_if_fail (PILLION_IS_TASK (self));
  g_return_if_fail (self->loop == NULL || pillion_core_on_thread (pillion_core (self->loop)));

  is_new = g_strcmp0 (self->site, site) != 0;
  copy = g_strdup (site);
  if (self->owns_site)
    g_free ((char *) self->site);
  self->site = copy;
  self->owns_site = TRUE;
  if (is_new)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SITE]);
}

/**
 * pillion_task_get_state: (get-property state)
 * @self: a task
 *
 * Gets the state of the task. A finished task is no longer pending, even if its callbacks have not run yet.
 *
 * Returns: the state
 *
 * Since: 1.0
 */
PillionTaskState
pillion_task_get_state (PillionTask *self)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), PILLION_TASK_PENDING);

  return pillion_task_load_state (self);
}

/**
 * pillion_task_is_done:
 * @self: a task
 *
 * Checks whether the task has ended, whatever its outcome.
 *
 * Returns: whether it has
 *
 * Since: 1.0
 */
gboolean
pillion_task_is_done (PillionTask *self)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), FALSE);

  return pillion_task_load_state (self) != PILLION_TASK_PENDING;
}

/**
 * pillion_task_set_safe_point:
 * @self: a task that is pending
 * @safe_point: whether its done callbacks wait for a safe point
 *
 * Marks a task whose consequences must not happen just anywhere. Its done callbacks run, and its waiters are
 * told, only at a safe point ([method@Pillion.Loop.begin_region]), in order with everything else that waits for
 * one. The loop does not stop before. On the loop's thread only.
 *
 * Since: 1.0
 */
void
pillion_task_set_safe_point (PillionTask *self,
                             gboolean safe_point)
{
  g_return_if_fail (PILLION_IS_TASK (self));
  g_return_if_fail (self->loop != NULL);
  g_return_if_fail (pillion_core_on_thread (pillion_core (self->loop)));

  self->safe_point = safe_point != FALSE;
}

/**
 * pillion_task_get_safe_point:
 * @self: a task
 *
 * Checks whether the task's done callbacks wait for a safe point. On the loop's thread only.
 *
 * Returns: whether they do
 *
 * Since: 1.0
 */
gboolean
pillion_task_get_safe_point (PillionTask *self)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), FALSE);

  return self->safe_point;
}
