/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-scope-private.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-sync.h"

/**
 * PillionScope:
 *
 * A named owner of tasks, which can be waited for, cancelled and ended together.
 *
 * ```c
 * g_autoptr (PillionScope) scope = pillion_scope_new (loop, "my-addon", &error);
 *
 * pillion_scope_add (scope, task, &error);
 *
 * if (!pillion_scope_close (scope, 2 * G_TIME_SPAN_SECOND, &error))
 *   g_warning ("%s", error->message);
 * ```
 *
 * ## Names
 *
 * The loop keeps a scope, and the scope keeps its loop, until the scope is closed. Reloaded code finds the
 * scope of its previous version by name ([func@Pillion.Scope.find]), and what still runs in it by key
 * ([method@Pillion.Scope.adopt]). Each name exists once per loop. The name of a child is its parent's, a slash,
 * and its own: `my-addon/previews`.
 *
 * ## What is in it
 *
 * A task is in at most one scope, from [method@Pillion.Scope.add] or [method@Pillion.Scope.start] until its
 * callbacks have run. The scope looks at the outcome, so no failure in it is reported as unhandled. Tasks that
 * have ended cost nothing: only failed ones are kept, up to 1,000, until [method@Pillion.Scope.take_failed].
 * Being in a scope does not count as being waited for: if every waiter gives a task up, it is cancelled all the
 * same.
 *
 * ## Failures
 *
 * The first failure in a scope cancels all other tasks in it and in its children, unless
 * [property@Pillion.Scope:cancel-on-error] is off. From then on the scope stays open but accepts nothing:
 * [method@Pillion.Scope.add] fails, and a task of [method@Pillion.Scope.start] is cancelled before it begins.
 * [method@Pillion.Scope.take_failed] returns the failures and makes the scope accept tasks again.
 *
 * ## The end
 *
 * [method@Pillion.Scope.join] waits until the scope is empty, [method@Pillion.Scope.cancel] asks everything in
 * it to end, and [method@Pillion.Scope.close] ends it by a deadline and reports what did not end. All three
 * include the children. Closing the loop closes its scopes.
 *
 * ## Threads
 *
 * Use a scope only on the loop's thread.
 *
 * Since: 1.0
 */

enum
{
  PROP_LOOP = 1,
  PROP_NAME,
  PROP_PARENT,
  PROP_LIMIT,
  PROP_CANCEL_ON_ERROR,
  PROP_LIVE_TASKS,
  PROP_CLOSED,
  N_PROPS
};

enum
{
  SIGNAL_TASK_FAILED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (PillionScope, pillion_scope, G_TYPE_OBJECT)

static void
pillion_scope_finalize (GObject *object)
{
  PillionScope *self = PILLION_SCOPE (object);

  pillion_sync_acquire (self);
  pillion_live_tasks_clear (&self->live_tasks);
  g_clear_pointer (&self->failed, g_array_unref);
  g_clear_pointer (&self->keys, g_hash_table_unref);
  g_clear_pointer (&self->children, g_ptr_array_unref);
  g_clear_pointer (&self->name, g_free);
  g_clear_object (&self->parent);
  g_clear_object (&self->loop);

  G_OBJECT_CLASS (pillion_scope_parent_class)->finalize (object);
}

static void
pillion_scope_get_property (GObject *object,
                            guint prop_id,
                            GValue *value,
                            GParamSpec *pspec)
{
  PillionScope *self = PILLION_SCOPE (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      g_value_set_object (value, self->loop);
      break;
    case PROP_NAME:
      g_value_set_string (value, self->name);
      break;
    case PROP_PARENT:
      g_value_set_object (value, self->parent);
      break;
    case PROP_LIMIT:
      g_value_set_uint (value, self->limit);
      break;
    case PROP_CANCEL_ON_ERROR:
      g_value_set_boolean (value, self->cancel_on_error);
      break;
    case PROP_LIVE_TASKS:
      g_value_set_uint (value, self->n_live);
      break;
    case PROP_CLOSED:
      g_value_set_boolean (value, pillion_scope_is_closed (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_scope_set_property (GObject *object,
                            guint prop_id,
                            const GValue *value,
                            GParamSpec *pspec)
{
  PillionScope *self = PILLION_SCOPE (object);

  switch (prop_id)
    {
    case PROP_LIMIT:
      pillion_scope_set_limit (self, g_value_get_uint (value));
      break;
    case PROP_CANCEL_ON_ERROR:
      pillion_scope_set_cancel_on_error (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_scope_class_init (PillionScopeClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_scope_finalize;
  object_class->get_property = pillion_scope_get_property;
  object_class->set_property = pillion_scope_set_property;

  /**
   * PillionScope:loop: (getter get_loop)
   *
   * The loop whose tasks can be in the scope.
   *
   * Since: 1.0
   */
  properties[PROP_LOOP] =
    g_param_spec_object ("loop", NULL, NULL, PILLION_TYPE_LOOP, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionScope:name: (getter get_name)
   *
   * The name by which the loop finds the scope. A child's name begins with its parent's and a slash.
   *
   * Since: 1.0
   */
  properties[PROP_NAME] =
    g_param_spec_string ("name", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionScope:parent: (getter get_parent)
   *
   * The parent scope.
   *
   * Since: 1.0
   */
  properties[PROP_PARENT] =
    g_param_spec_object ("parent", NULL, NULL, PILLION_TYPE_SCOPE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionScope:limit: (getter get_limit) (setter set_limit)
   *
   * How many tasks of the scope itself run at once before [method@Pillion.Scope.start] makes others wait; 0 for
   * no limit.
   *
   * Since: 1.0
   */
  properties[PROP_LIMIT] =
    g_param_spec_uint ("limit", NULL, NULL, 0, G_MAXUINT, 0,
                       G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionScope:cancel-on-error: (getter get_cancel_on_error) (setter set_cancel_on_error)
   *
   * Whether a failure of one of the scope's own tasks cancels all other tasks in the scope and its children,
   * and keeps new ones out until [method@Pillion.Scope.take_failed] is called. On by default; turn it off for
   * tasks that have nothing to do with each other.
   *
   * Since: 1.0
   */
  properties[PROP_CANCEL_ON_ERROR] =
    g_param_spec_boolean ("cancel-on-error", NULL, NULL, TRUE,
                          G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionScope:live-tasks: (getter get_live_tasks)
   *
   * The number of tasks of the scope and its children that are pending or whose callbacks have not run yet. It
   * notifies once a kick.
   *
   * Since: 1.0
   */
  properties[PROP_LIVE_TASKS] =
    g_param_spec_uint ("live-tasks", NULL, NULL, 0, G_MAXUINT, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionScope:closed: (getter is_closed)
   *
   * Whether the scope was closed, or is being closed.
   *
   * Since: 1.0
   */
  properties[PROP_CLOSED] =
    g_param_spec_boolean ("closed", NULL, NULL, FALSE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * PillionScope::task-failed:
   * @self: the scope
   * @task: the task
   *
   * Emitted on the loop's thread when one of the scope's own tasks has failed, after its callbacks ran and
   * before [property@Pillion.Scope:cancel-on-error] cancels the others. It lets code that runs beside the
   * tasks, without being one of them, know that it should end. Not emitted for cancelled tasks, nor for one
   * whose own callback closes the scope: [method@Pillion.Scope.take_failed] returns that one, too.
   *
   * Since: 1.0
   */
  signals[SIGNAL_TASK_FAILED] = g_signal_new ("task-failed", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                              G_TYPE_NONE, 1, PILLION_TYPE_TASK);
}

static void
pillion_scope_init (PillionScope *self)
{
  self->start_item.klass = &pillion_scope_start_item_class;
  self->cancel_on_error = TRUE;
  self->children = g_ptr_array_new ();
}

void
pillion_scope_notify_live_tasks (PillionScope *self)
{
  pillion_core (self->loop)->scopes_changed = TRUE;
  for (; self != NULL; self = self->parent)
    self->live_changed = TRUE;
}

void
pillion_scope_notify_now (PillionScope *self)
{
  if (!self->live_changed)
    return;

  self->live_changed = FALSE;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LIVE_TASKS]);
}

void
pillion_scope_notify_all (PillionCore *core)
{
  g_autoptr (GPtrArray) scopes = g_ptr_array_new_with_free_func (g_object_unref);

  core->scopes_changed = FALSE;
  /* Handlers may open and close scopes */
  for (PillionLive *link = core->scopes.head; link != NULL; link = link->next)
    {
      PillionScope *scope = (PillionScope *) ((char *) link - G_STRUCT_OFFSET (PillionScope, link));

      if (scope->live_changed)
        g_ptr_array_add (scopes, g_object_ref (scope));
    }
  for (guint i = 0; i < scopes->len; i++)
    pillion_scope_notify_now (scopes->pdata[i]);
}

void
pillion_scope_notify_closed (PillionScope *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CLOSED]);
}

void
pillion_scope_emit_task_failed (PillionScope *self,
                                PillionTask *task)
{
  g_signal_emit (self, signals[SIGNAL_TASK_FAILED], 0, task);
}

gboolean
pillion_scope_check_open (PillionScope *self,
                          GError **error)
{
  if (!pillion_core_check_thread (pillion_core (self->loop), error))
    return FALSE;
  if (!pillion_scope_is_closed (self))
    return TRUE;

  g_set_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED, _("The scope '%s' was closed"), self->name);
  return FALSE;
}

static PillionScope *
open_scope (PillionLoop *loop,
            PillionScope *parent,
            const char *name,
            GError **error)
{
  PillionCore *core = pillion_core (loop);
  g_autofree char *path = parent != NULL ? g_strconcat (parent->name, "/", name, NULL) : g_strdup (name);
  PillionScope *self;

  if (!pillion_core_check_thread (core, error))
    return NULL;
  if (core->closing || core->closed)
    {
      g_set_error_literal (error, PILLION_ERROR, PILLION_ERROR_CLOSED, pillion_core_describe_closed (core));
      return NULL;
    }
  if (core->scope_names == NULL)
    core->scope_names = g_hash_table_new (g_str_hash, g_str_equal);
  if (g_hash_table_contains (core->scope_names, path))
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_NAME_TAKEN, _("A scope named '%s' already exists"), path);
      return NULL;
    }

  self = g_object_new (PILLION_TYPE_SCOPE, NULL);
  self->loop = g_object_ref (loop);
  self->name = g_steal_pointer (&path);
  if (parent != NULL)
    {
      self->parent = g_object_ref (parent);
      g_ptr_array_add (parent->children, self);
    }
  pillion_live_list_add (&core->scopes, &self->link);
  g_hash_table_insert (core->scope_names, self->name, g_object_ref (self));

  return self;
}

/**
 * pillion_scope_new:
 * @loop: the loop whose tasks can be in the scope
 * @name: the name by which the loop finds it
 * @error: return location for an error
 *
 * Creates a scope. The loop keeps it until it is closed.
 *
 * Returns: (transfer full): a new scope; %NULL if @error is set: to [error@Pillion.Error.NAME_TAKEN] if a scope of this name
 *   is open, to [error@Pillion.Error.CLOSED] if the loop was closed, or to [error@Pillion.Error.WRONG_THREAD]
 *
 * Since: 1.0
 */
PillionScope *
pillion_scope_new (PillionLoop *loop,
                   const char *name,
                   GError **error)
{
  g_return_val_if_fail (PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (name != NULL && *name != '\0', NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return open_scope (loop, NULL, name, error);
}

/**
 * pillion_scope_new_child: (constructor)
 * @parent: the scope that the new one is a part of
 * @name: its name within @parent
 * @error: return location for an error
 *
 * Creates a scope inside another. Waiting for, cancelling or closing the parent includes it. The loop finds it
 * by the parent's name, a slash, and @name.
 *
 * Returns: (transfer full): a new scope; %NULL if @error is set: to [error@Pillion.Error.NAME_TAKEN] if a scope of this name
 *   is open, to [error@Pillion.Error.CLOSED] if @parent was closed, or to [error@Pillion.Error.WRONG_THREAD]
 *
 * Since: 1.0
 */
PillionScope *
pillion_scope_new_child (PillionScope *parent,
                         const char *name,
                         GError **error)
{
  g_return_val_if_fail (PILLION_IS_SCOPE (parent), NULL);
  g_return_val_if_fail (parent->loop != NULL, NULL);
  g_return_val_if_fail (name != NULL && *name != '\0', NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!pillion_scope_check_open (parent, error))
    return NULL;

  return open_scope (parent->loop, parent, name, error);
}

/**
 * pillion_scope_find:
 * @loop: a loop
 * @name: the name of a scope, with those of its parents in front
 *
 * Finds a scope by its name, if it is open or its close is not over yet. Reloaded code finds the scope of its
 * previous version this way. On the loop's thread only.
 *
 * Returns: (transfer full) (nullable): the scope, or %NULL if none of this name is open
 *
 * Since: 1.0
 */
PillionScope *
pillion_scope_find (PillionLoop *loop,
                    const char *name)
{
  PillionCore *core = pillion_core (loop);
  PillionScope *self;

  g_return_val_if_fail (PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (pillion_core_on_thread (core), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  self = core->scope_names != NULL ? g_hash_table_lookup (core->scope_names, name) : NULL;
  return self != NULL ? g_object_ref (self) : NULL;
}

/**
 * pillion_scope_get_loop: (get-property loop)
 * @self: a scope
 *
 * Gets the loop whose tasks can be in the scope.
 *
 * Returns: (transfer none): the loop
 *
 * Since: 1.0
 */
PillionLoop *
pillion_scope_get_loop (PillionScope *self)
{
  g_return_val_if_fail (PILLION_IS_SCOPE (self), NULL);

  return self->loop;
}

/**
 * pillion_scope_get_name: (get-property name)
 * @self: a scope
 *
 * Gets the name by which the loop finds the scope, beginning with those of its parents.
 *
 * Returns: the name
 *
 * Since: 1.0
 */
const char *
pillion_scope_get_name (PillionScope *self)
{
  g_return_val_if_fail (PILLION_IS_SCOPE (self), NULL);

  return self->name;
}

/**
 * pillion_scope_get_parent: (get-property parent)
 * @self: a scope
 *
 * Gets the parent scope.
 *
 * Returns: (transfer none) (nullable): the parent, or %NULL if there is none
 *
 * Since: 1.0
 */
PillionScope *
pillion_scope_get_parent (PillionScope *self)
{
  g_return_val_if_fail (PILLION_IS_SCOPE (self), NULL);

  return self->parent;
}

/**
 * pillion_scope_get_children:
 * @self: a scope
 *
 * Gets the open children of the scope, in the order in which they were created.
 *
 * Returns: (transfer container) (element-type Pillion.Scope): the children
 *
 * Since: 1.0
 */
GPtrArray *
pillion_scope_get_children (PillionScope *self)
{
  /* The array owns its elements: PyGObject 3.42 unrefs them twice if they are annotated as the caller's */
  GPtrArray *children = g_ptr_array_new_with_free_func (g_object_unref);

  g_return_val_if_fail (PILLION_IS_SCOPE (self), children);

  for (guint i = 0; i < self->children->len; i++)
    g_ptr_array_add (children, g_object_ref (self->children->pdata[i]));
  return children;
}

/**
 * pillion_scope_get_limit: (get-property limit)
 * @self: a scope
 *
 * Gets how many tasks of the scope itself run at once before others wait.
 *
 * Returns: the number of tasks; 0 for any number
 *
 * Since: 1.0
 */
guint
pillion_scope_get_limit (PillionScope *self)
{
  g_return_val_if_fail (PILLION_IS_SCOPE (self), 0);

  return self->limit;
}

/**
 * pillion_scope_set_limit: (set-property limit)
 * @self: a scope
 * @limit: the number of tasks; 0 for any number
 *
 * Sets how many tasks of the scope itself run at once before [method@Pillion.Scope.start] makes others wait.
 * Tasks that were added are running already: they count, and never wait. On the loop's thread only.
 *
 * Since: 1.0
 */
void
pillion_scope_set_limit (PillionScope *self,
                         guint limit)
{
  g_return_if_fail (PILLION_IS_SCOPE (self));
  g_return_if_fail (self->loop == NULL || pillion_core_on_thread (pillion_core (self->loop)));

  if (self->limit != limit)
    {
      self->limit = limit;
      pillion_scope_start_next (self);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LIMIT]);
    }
}

/**
 * pillion_scope_get_cancel_on_error: (get-property cancel-on-error)
 * @self: a scope
 *
 * Checks whether a failure cancels all other tasks.
 *
 * Returns: whether it does
 *
 * Since: 1.0
 */
gboolean
pillion_scope_get_cancel_on_error (PillionScope *self)
{
  g_return_val_if_fail (PILLION_IS_SCOPE (self), FALSE);

  return self->cancel_on_error;
}

/**
 * pillion_scope_set_cancel_on_error: (set-property cancel-on-error)
 * @self: a scope
 * @cancel_on_error: whether one is to
 *
 * Sets whether a task of the scope itself that fails cancels, after its callbacks were called, all others that are in the scope and its
 * children by then. The scope stays open. [method@Pillion.Scope.join] fails with the error of such a task then.
 *
 * Since: 1.0
 */
void
pillion_scope_set_cancel_on_error (PillionScope *self,
                                   gboolean cancel_on_error)
{
  g_return_if_fail (PILLION_IS_SCOPE (self));
  g_return_if_fail (self->loop == NULL || pillion_core_on_thread (pillion_core (self->loop)));

  cancel_on_error = cancel_on_error != FALSE;
  if (self->cancel_on_error != cancel_on_error)
    {
      self->cancel_on_error = cancel_on_error;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CANCEL_ON_ERROR]);
    }
}

/**
 * pillion_scope_get_live_tasks: (get-property live-tasks)
 * @self: a scope
 *
 * Gets the number of tasks of the scope and its children that are pending or whose callbacks have not run yet.
 *
 * Returns: the number of tasks
 *
 * Since: 1.0
 */
guint
pillion_scope_get_live_tasks (PillionScope *self)
{
  g_return_val_if_fail (PILLION_IS_SCOPE (self), 0);

  return self->n_live;
}

/**
 * pillion_scope_is_closed: (get-property closed)
 * @self: a scope
 *
 * Checks whether the scope was closed, by itself, with its parent or with its loop. This is true from the
 * moment when the close begins, so that nothing new is started meanwhile, and false again if
 * [method@Pillion.Scope.close] fails with an error that says so. On the loop's thread only.
 *
 * Returns: whether it was
 *
 * Since: 1.0
 */
gboolean
pillion_scope_is_closed (PillionScope *self)
{
  g_return_val_if_fail (PILLION_IS_SCOPE (self), FALSE);

  return self->closed || self->closing || (self->loop != NULL && pillion_core (self->loop)->closing);
}
