/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-scope-private.h"

#include <glib/gi18n-lib.h>

/* The tasks of a scope: adding them, their ends, and waiting for those */

/* How many failed tasks are kept */
#define MAX_FAILED 1000

typedef struct
{
  guint64 order;
  PillionTask *task;
} Failure;

static void
failure_clear (gpointer data)
{
  g_object_unref (((Failure *) data)->task);
}

static Failure *
get_failure (PillionScope *self,
             guint index)
{
  return &g_array_index (self->failed, Failure, index);
}

/* The failures that are kept are those of the tasks that were added first, in whichever order they ended */
static void
keep_failure (PillionScope *self,
              PillionScopeMember *member)
{
  Failure failure = { member->order, member->task };
  guint i;

  self->n_failed++;
  if (self->failed == NULL)
    {
      self->failed = g_array_new (FALSE, FALSE, sizeof (Failure));
      g_array_set_clear_func (self->failed, failure_clear);
    }

  for (i = self->failed->len; i > 0 && get_failure (self, i - 1)->order > failure.order; i--)
    ;
  if (i == MAX_FAILED)
    return;

  g_object_ref (failure.task);
  g_array_insert_val (self->failed, i, failure);
  if (self->failed->len > MAX_FAILED)
    g_array_set_size (self->failed, MAX_FAILED);
}

gboolean
pillion_scope_look_at_end (PillionScope *self,
                           PillionScopeMember *member)
{
  if (pillion_task_get_state (member->task) != PILLION_TASK_FAILED)
    return FALSE;

  keep_failure (self, member);
  return TRUE;
}

static gboolean
has_failed (PillionScope *self)
{
  return self->failed != NULL && self->failed->len > 0;
}

gboolean
pillion_scope_check_failed (PillionScope *self,
                            GError **error)
{
  for (PillionScope *each = self; each != NULL; each = each->parent)
    {
      if (!each->cancel_on_error || !has_failed (each))
        continue;

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Everything in the scope '%s' was cancelled, because '%s' failed"),
                   each->name, get_failure (each, 0)->task->name);
      return FALSE;
    }

  return TRUE;
}

static void
end_join (PillionScope *self,
          PillionTask *join)
{
  if (self->left_behind)
    pillion_task_return_new_error (join, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND,
                                   _("The scope '%s' was closed before everything in it had finished"), self->name);
  else if (self->cancel_on_error && has_failed (self))
    pillion_task_return_from (join, get_failure (self, 0)->task);
  else
    pillion_task_return_boolean (join, TRUE);
}

void
pillion_scope_end_joins (PillionScope *self)
{
  PillionTask *join;

  while ((join = pillion_wait_queue_pop (&self->joins)) != NULL)
    end_join (self, join);
}

void
pillion_scope_look_for_end (PillionScope *self)
{
  for (; self != NULL && self->n_live == 0; self = self->parent)
    pillion_scope_end_joins (self);
}

void
pillion_scope_member_leave (PillionScopeMember *self)
{
  PillionScope *scope = g_steal_pointer (&self->scope);

  scope->cursor = NULL;
  pillion_live_list_remove (&scope->members, &self->link);
  for (PillionScope *each = scope; each != NULL; each = each->parent)
    {
      each->n_live--;
      pillion_live_tasks_changed (&each->live_tasks, each, pillion_core (each->loop), self->task, FALSE);
    }
  if (self->key != NULL)
    g_hash_table_remove (scope->keys, self->key);
  pillion_scope_notify_live_tasks (scope);
}

static void
on_member_done (PillionTask *task,
                gpointer data)
{
  PillionScopeMember *self = data;
  PillionScope *scope = self->scope;

  if (scope == NULL)
    return;

  g_object_ref (scope);
  pillion_scope_member_leave (self);
  if (pillion_scope_look_at_end (scope, self))
    {
      pillion_scope_emit_task_failed (scope, task);
      if (scope->cancel_on_error)
        pillion_scope_cancel (scope);
    }
  pillion_scope_start_next (scope);
  pillion_scope_look_for_end (scope);
  g_object_unref (scope);
}

/* After the callback, or instead of it if the loop was closed */
static void
member_free (gpointer data)
{
  PillionScopeMember *self = data;

  if (self->scope != NULL)
    pillion_scope_member_leave (self);
  g_free (self->key);
  g_free (self);
}

PillionScopeMember *
pillion_scope_member_of (PillionTask *task)
{
  PillionScopeMember *member = pillion_task_find_watcher (task, on_member_done);

  return member != NULL && member->scope != NULL ? member : NULL;
}

PillionScopeMember *
pillion_scope_take_in (PillionScope *self,
                       PillionTask *task)
{
  PillionScopeMember *member = g_new0 (PillionScopeMember, 1);

  member->scope = self;
  member->task = task;
  member->order = self->next_order++;
  member->since = pillion_core_now (pillion_core (self->loop));
  pillion_live_list_add (&self->members, &member->link);
  for (PillionScope *each = self; each != NULL; each = each->parent)
    {
      each->n_live++;
      pillion_live_tasks_changed (&each->live_tasks, each, pillion_core (each->loop), task, TRUE);
    }
  /* Called after all other callbacks, even those that are added later: then the task is over */
  member->callback = pillion_task_add_callback (task, PILLION_CALLBACK_WATCHES, on_member_done, member, member_free);
  pillion_scope_notify_live_tasks (self);

  return member;
}

/* A task of the scope itself. If the caller goes through them in order, this takes constant time. */
static PillionTask *
get_member (PillionScope *self,
            guint index)
{
  if (self->cursor == NULL || self->cursor_index > index)
    {
      self->cursor = self->members.head;
      self->cursor_index = 0;
    }
  for (; self->cursor_index < index; self->cursor_index++)
    self->cursor = self->cursor->next;

  return pillion_scope_member_from_link (self->cursor)->task;
}

/* Counts @index down through the live tasks of the scope and its children */
static PillionTask *
get_nth (PillionScope *self,
         guint *index)
{
  PillionTask *found = NULL;

  if (*index < self->members.length)
    return get_member (self, *index);
  if (*index >= self->n_live)
    {
      *index -= self->n_live;
      return NULL;
    }

  *index -= self->members.length;
  for (guint i = 0; found == NULL && i < self->children->len; i++)
    found = get_nth (self->children->pdata[i], index);

  return found;
}

static PillionTask *
join_get_child (PillionTaskBody *body,
                guint index)
{
  return get_nth (PILLION_SCOPE (((PillionWaiter *) body)->owner), &index);
}

static const PillionTaskBodyClass join_class = {
  .cancelled = pillion_waiter_cancelled,
  .get_child = join_get_child,
  .free = pillion_waiter_free,
  .abandoned = pillion_waiter_cancelled,
};

/* Whether the task waits for the end of this scope */
static gboolean
is_own_join (PillionScope *self,
             PillionTask *task)
{
  if (task->body == NULL || task->body->klass != &join_class)
    return FALSE;

  for (; self != NULL; self = self->parent)
    {
      if (((PillionWaiter *) task->body)->owner == G_OBJECT (self))
        return TRUE;
    }

  return FALSE;
}

static gboolean
add (PillionScope *self,
     const char *key,
     PillionTask *task,
     GError **error)
{
  PillionScopeMember *member;

  if (!pillion_scope_check_open (self, error))
    return FALSE;
  /* Checked before anything of the task that belongs to its loop's thread */
  if (task->loop != self->loop)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("'%s' belongs to another loop"), task->name);
      return FALSE;
    }
  member = pillion_scope_member_of (task);
  if (is_own_join (self, task))
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_DEADLOCK, _("'%s' would wait for itself"), task->name);
      return FALSE;
    }
  if (member != NULL && (member->scope != self || key == NULL || member->key != NULL))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, _("'%s' is already in the scope '%s'"), task->name,
                   member->scope->name);
      return FALSE;
    }
  if (key != NULL && self->keys != NULL && g_hash_table_contains (self->keys, key))
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_NAME_TAKEN, _("The key '%s' is already taken in the scope '%s'"),
                   key, self->name);
      return FALSE;
    }

  if (member == NULL)
    {
      if (!pillion_scope_check_failed (self, error))
        return FALSE;
      member = pillion_scope_take_in (self, task);
    }
  if (key != NULL)
    {
      member->key = g_strdup (key);
      if (self->keys == NULL)
        self->keys = g_hash_table_new (g_str_hash, g_str_equal);
      g_hash_table_insert (self->keys, member->key, member);
    }

  return TRUE;
}

/**
 * pillion_scope_add:
 * @self: a scope
 * @task: a task of the same loop that is in no scope
 * @error: return location for an error
 *
 * Adds a task to the scope, until its callbacks have run. It is running already, so
 * [property@Pillion.Scope:limit] does not stop it.
 *
 * If this fails, the task is unchanged: it is not cancelled, and the caller decides what becomes of it.
 *
 * Returns: whether it is in the scope now; if not, @error is set: to `G_IO_ERROR_CANCELLED` if a task in it has failed
 *   ([property@Pillion.Scope:cancel-on-error]), to [error@Pillion.Error.CLOSED] if the scope was closed, or is
 *   being closed, to `G_IO_ERROR_INVALID_ARGUMENT` if the task belongs to another loop, to `G_IO_ERROR_EXISTS` if it is in a
 *   scope already, this one or another, to [error@Pillion.Error.DEADLOCK] if it waits for the end of this scope, or to
 *   [error@Pillion.Error.WRONG_THREAD]
 *
 * Since: 1.0
 */
gboolean
pillion_scope_add (PillionScope *self,
                   PillionTask *task,
                   GError **error)
{
  g_return_val_if_fail (PILLION_IS_SCOPE (self), FALSE);
  g_return_val_if_fail (self->loop != NULL, FALSE);
  g_return_val_if_fail (PILLION_IS_TASK (task), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return add (self, NULL, task, error);
}

/**
 * pillion_scope_add_with_key:
 * @self: a scope
 * @key: by what the task is found in the scope
 * @task: a task of the same loop that is in no scope, or in this one without a key
 * @error: return location for an error
 *
 * Adds a task like [method@Pillion.Scope.add], so that it can be found again by a key, such as the address of
 * what it fetches. A task that is already in this scope, because [method@Pillion.Scope.start] returned it, gets
 * the key.
 *
 * Returns: whether it is in the scope with that key now; if not, @error is set as by [method@Pillion.Scope.add], or to
 *   [error@Pillion.Error.NAME_TAKEN] if another task that lives in the scope has the key
 *
 * Since: 1.0
 */
gboolean
pillion_scope_add_with_key (PillionScope *self,
                            const char *key,
                            PillionTask *task,
                            GError **error)
{
  g_return_val_if_fail (PILLION_IS_SCOPE (self), FALSE);
  g_return_val_if_fail (self->loop != NULL, FALSE);
  g_return_val_if_fail (key != NULL, FALSE);
  g_return_val_if_fail (PILLION_IS_TASK (task), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return add (self, key, task, error);
}

/**
 * pillion_scope_find_task:
 * @self: a scope
 * @key: the key that the task was added with
 *
 * Finds a task of the scope itself, not of its children, whose callbacks have not all run yet. On the loop's
 * thread only.
 *
 * Returns: (transfer full) (nullable): the task, or %NULL if there is none
 *
 * Since: 1.0
 */
PillionTask *
pillion_scope_find_task (PillionScope *self,
                         const char *key)
{
  PillionScopeMember *member;

  g_return_val_if_fail (PILLION_IS_SCOPE (self), NULL);
  g_return_val_if_fail (self->loop == NULL || pillion_core_on_thread (pillion_core (self->loop)), NULL);
  g_return_val_if_fail (key != NULL, NULL);

  member = self->keys != NULL ? g_hash_table_lookup (self->keys, key) : NULL;
  return member != NULL ? g_object_ref (member->task) : NULL;
}

/**
 * pillion_scope_adopt:
 * @self: a scope
 * @key: the key that the task was added with
 *
 * Takes over a task from code that was there before a reload. It finds the task like
 * [method@Pillion.Scope.find_task], takes it out of the scope, and removes every done callback that has not
 * been called yet. Their destroy functions are called, so whatever waited for the task is told, as when a loop
 * is closed; a fiber continues in a later kick, and its await fails. On the loop's thread only.
 *
 * The new code adds its own callbacks, and adds the task to a scope of its own ([method@Pillion.Scope.add]).
 * Until then the task belongs to the loop alone. If it was still waiting for room in the old scope, it starts
 * in the next kick.
 *
 * Returns: (transfer full) (nullable): the task, which may be done already; %NULL if there is none
 *
 * Since: 1.0
 */
PillionTask *
pillion_scope_adopt (PillionScope *self,
                     const char *key)
{
  PillionTask *task = pillion_scope_find_task (self, key);
  PillionScopeMember *member = task != NULL ? pillion_scope_member_of (task) : NULL;

  if (member == NULL)
    return task;

  g_object_ref (self);
  pillion_scope_start_alone (task);
  pillion_scope_member_leave (member);
  pillion_task_remove_done_callback (task, member->callback);
  pillion_task_remove_waiters (task);
  pillion_task_unlook (task);
  pillion_scope_start_next (self);
  pillion_scope_look_for_end (self);
  g_object_unref (self);

  return task;
}

/**
 * pillion_scope_get_n_failed:
 * @self: a scope
 *
 * Gets how many tasks of the scope itself have failed since [method@Pillion.Scope.take_failed] was last called,
 * including those that are not kept. Cancellation does not count as a failure.
 *
 * Returns: the number of tasks
 *
 * Since: 1.0
 */
guint
pillion_scope_get_n_failed (PillionScope *self)
{
  g_return_val_if_fail (PILLION_IS_SCOPE (self), 0);

  return self->n_failed;
}

/**
 * pillion_scope_take_failed:
 * @self: a scope
 *
 * Gets the tasks of the scope itself that have failed since the last call, so that their errors can be read,
 * and forgets them. They are in the order in which they were added, whichever failed first; if more than 1,000
 * failed, those that were added first. A scope that had cancelled its tasks accepts new ones again. On the
 * loop's thread only; it works after the scope was closed, too.
 *
 * Returns: (transfer container) (element-type Pillion.Task): the tasks
 *
 * Since: 1.0
 */
GPtrArray *
pillion_scope_take_failed (PillionScope *self)
{
  GPtrArray *tasks;

  g_return_val_if_fail (PILLION_IS_SCOPE (self), NULL);
  g_return_val_if_fail (self->loop == NULL || pillion_core_on_thread (pillion_core (self->loop)), NULL);

  tasks = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; has_failed (self) && i < self->failed->len; i++)
    g_ptr_array_add (tasks, g_object_ref (get_failure (self, i)->task));
  g_clear_pointer (&self->failed, g_array_unref);
  self->n_failed = 0;

  return tasks;
}

/**
 * pillion_scope_join:
 * @self: a scope
 *
 * Waits until nothing is left in the scope and its children, including what is added meanwhile. Cancelling the
 * task only ends the wait. On the loop's thread only.
 *
 * With [property@Pillion.Scope:cancel-on-error], the task fails like the first failed task, in the order in
 * which they were added, of those that [method@Pillion.Scope.take_failed] would return.
 *
 * Returns: (transfer full): a task that ends with %TRUE; besides what was said, it fails with `G_IO_ERROR_CANCELLED`, with
 *   [error@Pillion.Error.LEFT_BEHIND] if the scope is closed, or was before, and not all of it had ended, and with [error@Pillion.Error.CLOSED] if the
 *   loop was closed
 *
 * Since: 1.0
 */
PillionTask *
pillion_scope_join (PillionScope *self)
{
  PillionTask *task;

  g_return_val_if_fail (PILLION_IS_SCOPE (self), NULL);
  g_return_val_if_fail (self->loop != NULL, NULL);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (self->loop)), NULL);

  task = pillion_waiter_new (self->loop, "join", self, &join_class);
  if (pillion_task_is_done (task))
    return task;

  if (self->n_live == 0)
    end_join (self, task);
  else
    pillion_wait_queue_push (&self->joins, task);

  return task;
}

static void
collect (PillionScope *self,
         GPtrArray *tasks)
{
  for (PillionLive *link = self->members.head; link != NULL; link = link->next)
    g_ptr_array_add (tasks, pillion_scope_member_from_link (link)->task);
  for (guint i = 0; i < self->children->len; i++)
    collect (self->children->pdata[i], tasks);
}

/**
 * pillion_scope_observe_tasks:
 * @self: a scope
 *
 * Gets the tasks of the scope and its children that are pending or whose callbacks have not run yet, as a list
 * model for a list widget. New tasks are added at the end. The list changes once per kick, and costs nothing
 * after its last reference is dropped. On the loop's thread only.
 *
 * Returns: (transfer full): a list of [class@Pillion.Task]
 *
 * Since: 1.0
 */
GListModel *
pillion_scope_observe_tasks (PillionScope *self)
{
  g_autoptr (GPtrArray) tasks = NULL;
  GListModel *list;

  g_return_val_if_fail (PILLION_IS_SCOPE (self), NULL);
  g_return_val_if_fail (self->loop != NULL, NULL);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (self->loop)), NULL);

  list = pillion_live_tasks_find (&self->live_tasks);
  if (list != NULL)
    return list;

  tasks = g_ptr_array_new ();
  collect (self, tasks);
  return pillion_live_tasks_start (&self->live_tasks, tasks);
}
