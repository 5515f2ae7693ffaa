/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-private.h"

#include <glib/gi18n-lib.h>

#include "core/pillion-sync.h"

/**
 * PillionTask:
 *
 * Something that will be done: a result to come, callbacks for when it is there, cancellation, progress and a name.
 *
 * ```c
 * static void
 * on_loaded (PillionTask *task,
 *            gpointer user_data)
 * {
 *   g_autoptr (GError) error = NULL;
 *   g_autoptr (GBytes) bytes = pillion_task_propagate_bytes (task, &error);
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
 * Most tasks come from a function that starts something. A program makes its own with
 * [ctor@Pillion.Task.new] and finishes it, once, with one of the `return` functions, from any thread. Or it hands the task to a
 * function of GIO's kind: [func@Pillion.Task.ready] is a ready-made `GAsyncReadyCallback`.
 *
 * ```c
 * task = pillion_task_new (loop, "load settings", NULL);
 * pillion_task_add_done_callback (task, on_done, file, NULL);
 * g_file_load_contents_async (file, pillion_task_get_cancellable (task), pillion_task_ready, task);
 * ```
 *
 * There the done callback reads the outcome with the function's own finish function, from
 * [method@Pillion.Task.get_async_result].
 *
 * ## Done callbacks
 *
 * They run on the loop's thread inside a kick, in the order in which they were added, each once, and never inside the call that added
 * them or that finished the task. One that is added to a task that is done already runs in a kick like any other.
 *
 * ## Results and errors
 *
 * The `propagate` functions give the result and do not consume it: everybody who asks gets one. A result is of one
 * type; who asks for another one gets [error@Pillion.Error.WRONG_TYPE].
 *
 * A failure that nobody looks at (no done callback, no `propagate`, no wait) is reported once, with the
 * name of the task and the place where it was made, through [signal@Pillion.Loop::unhandled-error]. A cancelled task is no failure.
 *
 * ## Cancelling
 *
 * [method@Pillion.Task.cancel] is a request. The task is done when its work says so, and then its error is
 * `G_IO_ERROR_CANCELLED`. The work hears of the request through [method@Pillion.Task.get_cancellable].
 *
 * ## Life
 *
 * While a task is pending its loop keeps a reference to it and does not stop; both last until its callbacks were delivered. A
 * program that only wants a callback may drop its reference at once. When the loop is closed, what is pending is cancelled
 * ([method@Pillion.Loop.close]).
 *
 * ## Threads
 *
 * A task is made on its loop's thread, and callbacks are added, removed and run there. The `return`, `propagate` and progress functions,
 * [method@Pillion.Task.cancel] and the functions that ask for the state may be called from any thread.
 *
 * Since: 1.0
 */

enum
{
  PROP_LOOP = 1,
  PROP_NAME,
  PROP_SITE,
  PROP_STATE,
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

static inline PillionTask *
task_from_item (PillionItem *item)
{
  return (PillionTask *) ((char *) item - G_STRUCT_OFFSET (PillionTask, item));
}

static inline PillionTaskState
get_state (PillionTask *self)
{
  return __atomic_load_n (&self->state, __ATOMIC_ACQUIRE);
}

static void
clear_done (PillionTaskDone *done)
{
  if (done->destroy != NULL)
    done->destroy (done->data);
}

/* The oldest callback, taken out */
static gboolean
take_callback (PillionTask *self,
               PillionTaskDone *done)
{
  if (self->first.func != NULL)
    {
      *done = self->first;
      self->first.func = NULL;
      return TRUE;
    }

  if (self->others != NULL && !g_queue_is_empty (self->others))
    {
      PillionTaskDone *other = g_queue_pop_head (self->others);

      *done = *other;
      g_free (other);
      return TRUE;
    }

  return FALSE;
}

static gboolean
has_callback (PillionTask *self)
{
  return self->first.func != NULL || (self->others != NULL && !g_queue_is_empty (self->others));
}

/* Not g_cancellable_disconnect (), which would wait for the handler, and this may be called from there */
static void
disconnect (GCancellable *cancellable,
            gulong *handler)
{
  if (*handler != 0)
    g_signal_handler_disconnect (cancellable, *handler);
  *handler = 0;
}

/* The work is over: the task counts no more among what lives */
static void
leave (PillionTask *self,
       PillionCore *core)
{
  pillion_live_list_remove (&core->live, &self->link);
  self->live = FALSE;
  if (self->extra != NULL)
    {
      disconnect (self->extra->parent, &self->extra->parent_handler);
      disconnect (self->cancellable, &self->extra->own_handler);
    }
}

/* They are not called any more. What waits is told so by this, and lets go of the task. */
static void
free_callbacks (PillionTask *self)
{
  PillionTaskDone done;

  while (take_callback (self, &done))
    clear_done (&done);
}

void
pillion_task_abandon (PillionTask *self)
{
  g_object_ref (self);
  leave (self, pillion_core (self->loop));
  free_callbacks (self);
  if (get_state (self) == PILLION_TASK_PENDING && self->body != NULL && self->body->klass->abandoned != NULL)
    self->body->klass->abandoned (self->body);
  g_object_unref (self);
}

/* Whether it failed and nobody looks; who asks has looked */
static gboolean
take_unhandled (PillionTask *self)
{
  return get_state (self) == PILLION_TASK_FAILED &&
         __atomic_fetch_or (&self->looked, PILLION_TASK_LOOKED, __ATOMIC_RELAXED) == 0;
}

static void
report (PillionTask *self)
{
  g_autoptr (GError) error = NULL;

  if (!pillion_task_check (self, &error))
    pillion_core (self->loop)->ops->unhandled (self->loop, self, error);
}

/* Delivers one callback. A reference came with the item. */
static gboolean
task_item_run (PillionItem *item,
               PillionCore *core)
{
  PillionTask *self = task_from_item (item);
  PillionTaskDone done;

  if (self->live)
    {
      leave (self, core);
      core->ops->task_done (self->loop, self);
    }

  if (take_callback (self, &done))
    {
      self->told |= !done.owner;
      self->running = TRUE;
      done.func (self, done.data);
      clear_done (&done);
      self->running = FALSE;
      if (has_callback (self))
        return TRUE;
    }

  self->queued = FALSE;
  /* Where nobody else has a reference nobody can look any more; else it is asked again when the last one goes */
  if (self->to_report || (g_atomic_int_get (&self->parent_instance.ref_count) == 1 && take_unhandled (self)))
    report (self);
  self->to_report = FALSE;
  pillion_sync_unref (self);

  return FALSE;
}

static const char *
task_item_get_name (PillionItem *item)
{
  return task_from_item (item)->name;
}

static void
task_item_warm (PillionItem *item)
{
  gconstpointer data = task_from_item (item)->first.data;

  __builtin_prefetch (data);
  __builtin_prefetch ((const char *) data + 64);
}

/* The loop is gone: what lived is let go */
static void
task_item_drop (PillionItem *item)
{
  PillionTask *self = task_from_item (item);

  if (self->live)
    leave (self, pillion_core (self->loop));
  self->queued = FALSE;
  free_callbacks (self);
  pillion_sync_unref (self);
}

static gboolean
task_item_needs_safe_point (PillionItem *item)
{
  return task_from_item (item)->safe_point;
}

static const PillionItemClass task_item_class = {
  .run = task_item_run,
  .get_name = task_item_get_name,
  .warm = task_item_warm,
  .drop = task_item_drop,
  .needs_safe_point = task_item_needs_safe_point,
};

static void
pillion_task_dispose (GObject *object)
{
  PillionTask *self = PILLION_TASK (object);

  if (self->loop != NULL && take_unhandled (self))
    {
      PillionCore *core = pillion_core (self->loop);

      if (pillion_core_on_thread (core))
        {
          report (self);
        }
      else
        {
          /* The report belongs to the loop's thread: the item takes it there, with a reference */
          self->to_report = TRUE;
          self->queued = TRUE;
          pillion_core_push (core, &g_object_ref (self)->item);
        }
    }

  /* With its last reference gone GObject does by itself, right after this, all that its dispose does; that costs a good part of what a task does */
  if (g_atomic_int_get (&object->ref_count) > 1)
    G_OBJECT_CLASS (pillion_task_parent_class)->dispose (object);
}

static void
pillion_task_finalize (GObject *object)
{
  PillionTask *self = PILLION_TASK (object);

  pillion_sync_acquire (self);

  free_callbacks (self);
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
  g_clear_object (&self->loop);

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
      g_value_set_enum (value, get_state (self));
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
   * PillionTask:name: (getter get_name)
   *
   * What the task is called in reports.
   *
   * Since: 1.0
   */
  properties[PROP_NAME] =
    g_param_spec_string ("name", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionTask:site: (getter get_site)
   *
   * Where the task was made, as `file:line`, where that is known.
   *
   * Since: 1.0
   */
  properties[PROP_SITE] =
    g_param_spec_string ("site", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionTask:state: (getter get_state)
   *
   * How the task stands. It changes without notification: add a done callback instead.
   *
   * Since: 1.0
   */
  properties[PROP_STATE] =
    g_param_spec_enum ("state", NULL, NULL, PILLION_TYPE_TASK_STATE, PILLION_TASK_PENDING,
                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * PillionTask::progress:
   * @self: the task
   *
   * Emitted on the loop's thread when the progress has changed, at most once a kick however often it did.
   *
   * Since: 1.0
   */
  signals[SIGNAL_PROGRESS] = g_signal_new ("progress", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                           G_TYPE_NONE, 0);
}

static void
pillion_task_init (PillionTask *self)
{
  self->item.klass = &task_item_class;
}

void
pillion_task_emit_progress (PillionTask *self)
{
  g_signal_emit (self, signals[SIGNAL_PROGRESS], 0);
}

static PillionTaskBody *
body_from_item (PillionItem *item)
{
  return (PillionTaskBody *) ((char *) item - G_STRUCT_OFFSET (PillionTaskBody, cancel_item));
}

/* Whether nobody was told how it ended, nor asked, nor will be */
static gboolean
is_unwanted (PillionTask *self)
{
  return !self->told && __atomic_load_n (&self->looked, __ATOMIC_RELAXED) != PILLION_TASK_ASKED &&
         !pillion_task_has_waiters (self);
}

/* A reference of the task came with the item */
static gboolean
body_cancel_run (PillionItem *item,
                 PillionCore *core)
{
  PillionTaskBody *self = body_from_item (item);
  PillionTask *task = self->task;

  if (get_state (task) == PILLION_TASK_PENDING)
    {
      if (task->live)
        self->klass->cancelled (self);
    }
  else if (get_state (task) == PILLION_TASK_SUCCEEDED && self->klass->unwanted != NULL && is_unwanted (task))
    {
      self->klass->unwanted (self);
    }
  pillion_sync_unref (task);

  return FALSE;
}

static const char *
body_cancel_get_name (PillionItem *item)
{
  return body_from_item (item)->task->name;
}

static void
body_cancel_drop (PillionItem *item)
{
  pillion_sync_unref (body_from_item (item)->task);
}

static const PillionItemClass body_cancel_class = {
  .run = body_cancel_run,
  .get_name = body_cancel_get_name,
  .drop = body_cancel_drop,
};

static void
tell_body (PillionTask *self)
{
  PillionTaskBody *body = __atomic_load_n (&self->body, __ATOMIC_SEQ_CST);

  if (body != NULL && !__atomic_exchange_n (&body->told, TRUE, __ATOMIC_SEQ_CST))
    {
      g_object_ref (self);
      pillion_core_push (pillion_core (self->loop), &body->cancel_item);
    }
}

/* On any thread */
static void
on_cancelled (GCancellable *cancellable,
              gpointer task)
{
  pillion_sync_acquire (task);
  pillion_task_cancel (task);
}

static void
unref_task (gpointer task,
            GClosure *closure)
{
  pillion_sync_unref (task);
}

/* Cancels the task when @cancellable is cancelled. While the handler is there it holds a reference. */
static gulong
follow (PillionTask *self,
        GCancellable *cancellable)
{
  gulong handler;

  pillion_sync_release (self);
  handler = g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (on_cancelled), g_object_ref (self), unref_task, 0);
  /* Looked at after connecting, so that nothing is missed in between */
  if (g_cancellable_is_cancelled (cancellable))
    pillion_task_cancel (self);

  return handler;
}

void
pillion_task_set_body (PillionTask *self,
                       PillionTaskBody *body,
                       const PillionTaskBodyClass *klass)
{
  g_assert (self->body == NULL);

  body->klass = klass;
  body->task = self;
  body->cancel_item.klass = &body_cancel_class;
  body->told = FALSE;
  __atomic_store_n (&self->body, body, __ATOMIC_SEQ_CST);

  /* The cancellable that it was made with may have been cancelled, now or by another thread since */
  if (__atomic_load_n (&self->cancelled, __ATOMIC_SEQ_CST))
    tell_body (self);
  /* Who was told of the task may have asked for its cancellable */
  else if (self->cancellable != NULL && self->live)
    pillion_task_get_extra (self)->own_handler = follow (self, self->cancellable);
}

/**
 * pillion_task_new_static: (skip)
 * @loop: the loop that the task belongs to
 * @name: what the task is called in reports; not copied, so it has to last
 * @cancellable: (nullable): cancels the task when it is cancelled
 * @site: (nullable): where the task is made; not copied, so it has to last
 *
 * Makes a task without copying its name. In C, [ctor@Pillion.Task.new] is a macro that calls this where the name is
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

  self = g_object_new (PILLION_TYPE_TASK, NULL);
  self->loop = g_object_ref (loop);
  self->name = name;
  self->site = site;

  if (G_UNLIKELY (core->closing || core->closed))
    {
      self->returned = TRUE;
      self->looked = TRUE;
      self->result.kind = PILLION_RESULT_ERROR;
      self->result.error = g_error_new (PILLION_ERROR, PILLION_ERROR_CLOSED,
                                        _("The loop was closed before “%s” was begun"), name);
      __atomic_store_n (&self->state, PILLION_TASK_FAILED, __ATOMIC_RELEASE);
      return self;
    }

  if (cancellable != NULL)
    {
      PillionTaskExtra *extra = pillion_task_get_extra (self);

      extra->parent = g_object_ref (cancellable);
      extra->parent_handler = follow (self, cancellable);
    }

  self->live = TRUE;
  self->queued = TRUE; /* it will be, with the reference that the loop has from now on */
  g_object_ref (self);
  pillion_live_list_add (&core->live, &self->link);
  if (core->live.length == 1)
    core->ops->busy (loop);
  core->ops->task_added (loop, self);

  return self;
}

/**
 * pillion_task_new_at: (skip)
 * @loop: the loop that the task belongs to
 * @name: what the task is called in reports
 * @cancellable: (nullable): cancels the task when it is cancelled
 * @site: (nullable): where the task is made; not copied, so it has to last
 *
 * Makes a task. In C, [ctor@Pillion.Task.new] is a macro that calls this where the name is no literal.
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
 * Makes a task that is pending, on the loop's thread. In C this is a macro that keeps the place where it stands.
 *
 * Where @loop was closed, the task has failed with [error@Pillion.Error.CLOSED] already, and its callbacks are never called.
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
 * Gives the loop that the task belongs to.
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
 * Gives what the task is called in reports.
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
 * pillion_task_set_name:
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
  char *copy;

  g_return_if_fail (PILLION_IS_TASK (self));
  g_return_if_fail (name != NULL);

  copy = g_strdup (name);
  if (self->owns_name)
    g_free ((char *) self->name);
  self->name = copy;
  self->owns_name = TRUE;
}

/**
 * pillion_task_get_site: (get-property site)
 * @self: a task
 *
 * Gives the place where the task was made.
 *
 * Returns: (nullable): the place as `file:line`, or %NULL where it is not known
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
 * pillion_task_set_site:
 * @self: a task
 * @site: (nullable): the place as `file:line`
 *
 * Sets the place where the task was made, for bindings, which know it better. On the loop's thread only.
 *
 * Since: 1.0
 */
void
pillion_task_set_site (PillionTask *self,
                       const char *site)
{
  char *copy;

  g_return_if_fail (PILLION_IS_TASK (self));

  copy = g_strdup (site);
  if (self->owns_site)
    g_free ((char *) self->site);
  self->site = copy;
  self->owns_site = TRUE;
}

/**
 * pillion_task_get_cancellable:
 * @self: a task
 *
 * Gives what tells the work of the task that it should end. It is made when this is first called, which is to be on the loop's
 * thread; from then on any thread may use it.
 *
 * Returns: (transfer none): the task's own cancellable
 *
 * Since: 1.0
 */
GCancellable *
pillion_task_get_cancellable (PillionTask *self)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);

  if (self->cancellable == NULL)
    {
      __atomic_store_n (&self->cancellable, g_cancellable_new (), __ATOMIC_SEQ_CST);
      /* Another thread may have cancelled the task before it could see this */
      if (__atomic_load_n (&self->cancelled, __ATOMIC_SEQ_CST))
        g_cancellable_cancel (self->cancellable);
      /* The body has to hear of what is asked of the cancellable alone */
      else if (self->body != NULL && self->live)
        pillion_task_get_extra (self)->own_handler = follow (self, self->cancellable);
    }

  return self->cancellable;
}

/**
 * pillion_task_get_state: (get-property state)
 * @self: a task
 *
 * Tells how the task stands. A task that ended is not pending any more from the moment it was finished, even if its callbacks are
 * yet to be delivered.
 *
 * Returns: the state
 *
 * Since: 1.0
 */
PillionTaskState
pillion_task_get_state (PillionTask *self)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), PILLION_TASK_PENDING);

  return get_state (self);
}

/**
 * pillion_task_is_done:
 * @self: a task
 *
 * Tells whether the task has ended, in whatever way.
 *
 * Returns: whether it has
 *
 * Since: 1.0
 */
gboolean
pillion_task_is_done (PillionTask *self)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), FALSE);

  return get_state (self) != PILLION_TASK_PENDING;
}

/**
 * pillion_task_cancel:
 * @self: a task
 *
 * Asks the work of the task to end, from any thread. The task is done when the work says so: a task that nobody works on
 * stays pending. It does nothing to a task that is done.
 *
 * Since: 1.0
 */
void
pillion_task_cancel (PillionTask *self)
{
  PillionTaskState state;
  GCancellable *cancellable;

  g_return_if_fail (PILLION_IS_TASK (self));

  state = get_state (self);
  /* It may have got something that nobody was told of */
  if (state == PILLION_TASK_SUCCEEDED)
    {
      PillionTaskBody *body = __atomic_load_n (&self->body, __ATOMIC_SEQ_CST);

      if (body != NULL && body->klass->unwanted != NULL)
        tell_body (self);
    }
  if (state != PILLION_TASK_PENDING || __atomic_exchange_n (&self->cancelled, TRUE, __ATOMIC_SEQ_CST))
    return;

  tell_body (self);

  cancellable = __atomic_load_n (&self->cancellable, __ATOMIC_SEQ_CST);
  if (cancellable != NULL)
    {
      /* A handler may finish the task and drop its last reference */
      g_object_ref (cancellable);
      g_cancellable_cancel (cancellable);
      g_object_unref (cancellable);
    }
}

/**
 * pillion_task_is_cancelled:
 * @self: a task
 *
 * Tells whether the task was asked to end, from any thread. Work that does not use the cancellable looks here between two steps.
 *
 * Returns: whether it was
 *
 * Since: 1.0
 */
gboolean
pillion_task_is_cancelled (PillionTask *self)
{
  GCancellable *cancellable;

  g_return_val_if_fail (PILLION_IS_TASK (self), FALSE);

  cancellable = __atomic_load_n (&self->cancellable, __ATOMIC_SEQ_CST);
  return __atomic_load_n (&self->cancelled, __ATOMIC_SEQ_CST) ||
         (cancellable != NULL && g_cancellable_is_cancelled (cancellable));
}

/**
 * pillion_task_set_safe_point:
 * @self: a task that is pending
 * @safe_point: whether its done callbacks wait for a safe point
 *
 * Marks that what follows the task must not happen anywhere: its done callbacks, and whoever waits for it, are told at a
 * safe point only ([method@Pillion.Loop.begin_region]), in order with all else that waits for one. The loop does not stop before. On
 * the loop's thread only.
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
 * Tells whether the task's done callbacks wait for a safe point. On the loop's thread only.
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

/* Owners are told last: for them the task is over when everybody else has had their turn */
static void
add_before_owners (PillionTask *self,
                   PillionTaskDone *done)
{
  GList *link = self->others->tail;

  while (link != NULL && ((PillionTaskDone *) link->data)->owner)
    link = link->prev;

  if (link == NULL && self->first.func != NULL && self->first.owner)
    {
      g_queue_push_head (self->others, g_memdup2 (&self->first, sizeof self->first));
      self->first = *done;
    }
  else if (link == NULL)
    {
      g_queue_push_head (self->others, g_memdup2 (done, sizeof *done));
    }
  else
    {
      g_queue_insert_after (self->others, link, g_memdup2 (done, sizeof *done));
    }
}

static gboolean
has_id (PillionTask *self,
        guint id)
{
  if (self->first.func != NULL && self->first.id == id)
    return TRUE;

  for (GList *link = self->others != NULL ? self->others->head : NULL; link != NULL; link = link->next)
    {
      if (((PillionTaskDone *) link->data)->id == id)
        return TRUE;
    }

  return FALSE;
}

/* A task that lives as long as the program, and that each of its requests waits for, gives out all that there are in a day or two */
static guint
take_id (PillionTask *self)
{
  do
    {
      self->last_id++;
      if (self->last_id == 0)
        self->ids_again = TRUE;
    }
  while (self->last_id == 0 || (self->ids_again && has_id (self, self->last_id)));

  return self->last_id;
}

static guint
add_callback (PillionTask *self,
              PillionTaskDoneFunc func,
              gpointer user_data,
              GDestroyNotify destroy,
              gboolean owner)
{
  PillionTaskDone done = { func, user_data, destroy, take_id (self), owner };
  PillionCore *core = pillion_core (self->loop);

  pillion_task_look (self);
  if (!has_callback (self))
    {
      self->first = done;
    }
  else
    {
      if (self->others == NULL)
        self->others = g_queue_new ();
      if (owner)
        g_queue_push_tail (self->others, g_memdup2 (&done, sizeof done));
      else
        add_before_owners (self, &done);
    }

  if (!self->queued && !core->closed)
    {
      self->queued = TRUE;
      pillion_core_push_local (core, &g_object_ref (self)->item);
    }

  return done.id;
}

guint
pillion_task_add_owner_callback (PillionTask *self,
                                 PillionTaskDoneFunc func,
                                 gpointer user_data,
                                 GDestroyNotify destroy)
{
  return add_callback (self, func, user_data, destroy, TRUE);
}

gboolean
pillion_task_has_waiters (PillionTask *self)
{
  if (self->first.func != NULL && !self->first.owner)
    return TRUE;

  for (GList *link = self->others != NULL ? self->others->head : NULL; link != NULL; link = link->next)
    {
      if (!((PillionTaskDone *) link->data)->owner)
        return TRUE;
    }

  return FALSE;
}

gpointer
pillion_task_find_owner (PillionTask *self,
                         PillionTaskDoneFunc func)
{
  if (self->first.func == func && self->first.owner)
    return self->first.data;

  for (GList *link = self->others != NULL ? self->others->tail : NULL; link != NULL; link = link->prev)
    {
      PillionTaskDone *done = link->data;

      if (!done->owner)
        break;
      if (done->func == func)
        return done->data;
    }

  return NULL;
}

void
pillion_task_remove_waiters (PillionTask *self)
{
  PillionTaskDone first = self->first;
  GQueue removed = G_QUEUE_INIT;
  PillionTaskDone *done;
  GList *next;

  if (first.func != NULL && !first.owner)
    self->first.func = NULL;
  else
    first.func = NULL;
  for (GList *link = self->others != NULL ? self->others->head : NULL; link != NULL; link = next)
    {
      next = link->next;
      if (((PillionTaskDone *) link->data)->owner)
        continue;
      g_queue_unlink (self->others, link);
      g_queue_push_tail_link (&removed, link);
    }

  /* Only now, because what their destroy functions add stays */
  if (first.func != NULL)
    clear_done (&first);
  while ((done = g_queue_pop_head (&removed)) != NULL)
    {
      clear_done (done);
      g_free (done);
    }
}

void
pillion_task_step_back (PillionTask *self,
                        guint id)
{
  if (self->first.func != NULL && self->first.id == id)
    {
      self->first.owner = TRUE;
      return;
    }

  for (GList *link = self->others != NULL ? self->others->head : NULL; link != NULL; link = link->next)
    {
      PillionTaskDone *other = link->data;

      if (other->id == id)
        {
          other->owner = TRUE;
          return;
        }
    }
}

void
pillion_task_give_up (PillionTask *self,
                      guint id)
{
  g_object_ref (self);
  pillion_task_remove_done_callback (self, id);
  if (!pillion_task_has_waiters (self))
    pillion_task_cancel (self);
  g_object_unref (self);
}

/**
 * pillion_task_add_done_callback:
 * @self: a task
 * @func: (scope notified) (closure user_data) (destroy destroy): called when the task is done
 * @user_data: data for @func
 * @destroy: frees @user_data after the call, or when the callback is removed
 *
 * Adds a function that is called on the loop's thread when the task is done: after those that were added before, once, and
 * never inside this call, even if the task is done already; added by a callback of the same task, it may be called in the same kick. On
 * the loop's thread only.
 *
 * Returns: a number for [method@Pillion.Task.remove_done_callback], never 0
 *
 * Since: 1.0
 */
guint
pillion_task_add_done_callback (PillionTask *self,
                                PillionTaskDoneFunc func,
                                gpointer user_data,
                                GDestroyNotify destroy)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), 0);
  g_return_val_if_fail (self->loop != NULL, 0);
  g_return_val_if_fail (func != NULL, 0);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (self->loop)), 0);

  return add_callback (self, func, user_data, destroy, FALSE);
}

/**
 * pillion_task_remove_done_callback:
 * @self: a task
 * @id: what [method@Pillion.Task.add_done_callback] returned
 *
 * Removes a callback that was not called yet. On the loop's thread only.
 *
 * Returns: whether it was there
 *
 * Since: 1.0
 */
gboolean
pillion_task_remove_done_callback (PillionTask *self,
                                   guint id)
{
  PillionTaskDone done;

  g_return_val_if_fail (PILLION_IS_TASK (self), FALSE);

  if (self->first.func != NULL && self->first.id == id)
    {
      done = self->first;
      self->first.func = NULL;
      clear_done (&done);
      return TRUE;
    }

  for (GList *link = self->others != NULL ? self->others->head : NULL; link != NULL; link = link->next)
    {
      PillionTaskDone *other = link->data;

      if (other->id == id)
        {
          g_queue_delete_link (self->others, link);
          clear_done (other);
          g_free (other);
          return TRUE;
        }
    }

  return FALSE;
}
