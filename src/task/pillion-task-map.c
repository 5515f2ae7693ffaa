/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-group-private.h"

#include "base/pillion-sync.h"
#include "core/pillion-closure.h"

/* Calling a function for each of many inputs. */

/* The function gets the index of the child to come, so it must not be called from inside itself */
static void
start_one (PillionGroup *self)
{
  PillionCombinator *parent = &self->parent;
  PillionCallback *callback = pillion_callback_ref (self->starter->callback);
  PillionTask *child;

  parent->n_calls++;
  child = ((PillionMapFunc) callback->func) (self->children->len, callback->data);
  pillion_callback_unref (callback);
  parent->n_calls--;

  /* The function may have done anything, even closed the loop */
  if (parent->over)
    {
      pillion_combinator_discard (parent, child);
      return;
    }

  self->error = pillion_combinator_check_child (parent->body.task, child);
  if (self->error == NULL)
    {
      pillion_group_add_child (self, child);
      /* Not needed any more if the map was stopped meanwhile */
      if (self->stopped)
        pillion_group_stop (self);
    }
  else
    {
      g_clear_object (&child);
      pillion_group_stop (self);
    }
}

static inline PillionGroup *
group_from_item (PillionItem *item)
{
  PillionGroupStarter *starter = (PillionGroupStarter *) ((char *) item - G_STRUCT_OFFSET (PillionGroupStarter, item));

  return starter->group;
}

/* One call per item, so that many calls don't make a kick long */
static gboolean
starter_run (PillionItem *item,
             PillionCore *core)
{
  PillionGroup *self = group_from_item (item);
  PillionTask *task = self->parent.body.task;

  if (!self->parent.over && pillion_group_has_more_to_start (self) && !pillion_task_is_cancelled (task))
    start_one (self);
  self->starter->queued = FALSE;
  pillion_group_go_on (self);
  pillion_sync_unref (task);

  return FALSE;
}

static const char *
starter_get_name (PillionItem *item)
{
  return group_from_item (item)->parent.body.task->name;
}

/* The loop is gone: nothing more starts */
static void
starter_drop (PillionItem *item)
{
  PillionGroup *self = group_from_item (item);
  PillionTask *task = self->parent.body.task;

  self->starter->queued = FALSE;
  pillion_combinator_end_closed (&self->parent);
  pillion_sync_unref (task);
}

static const PillionItemClass starter_class = {
  .run = starter_run,
  .get_name = starter_get_name,
  .drop = starter_drop,
};

/**
 * pillion_task_map:
 * @loop: the loop that the tasks will belong to
 * @n_inputs: how many inputs there are
 * @limit: how many tasks run at the same time, at most; 0 for no limit
 * @cancellable: (nullable): cancels the task when it is cancelled
 * @func: (scope notified) (closure user_data) (destroy destroy): starts the work for one input
 * @user_data: data for @func
 * @destroy: frees @user_data when @func is not called any more
 *
 * Calls a function for each of many inputs, and creates a task that succeeds, with %TRUE, when all the tasks
 * that it returned have. The function is called with 0, 1, 2 and so on, never inside this call, and only while
 * fewer than @limit of its tasks are pending.
 *
 * As with [func@Pillion.Task.all], if one of the tasks fails or is cancelled, no more are started and those
 * that nothing else waits for are cancelled. When all have ended, the task ends like the first that failed by
 * itself, otherwise with `G_IO_ERROR_CANCELLED`. If @func returns %NULL, that counts as a failure with
 * [error@Pillion.Error.FAILED].
 *
 * Cancelling the task starts no more, and cancels those that nothing else waits for.
 * [method@Pillion.Task.get_children] returns the tasks that were started, in the order of their inputs. On the
 * loop's thread only.
 *
 * Returns: (transfer full): a task that ends with a boolean; it fails with the error of one of the tasks, with [error@Pillion.Error.FAILED] if
 *   @func returns none, with `G_IO_ERROR_INVALID_ARGUMENT` or [error@Pillion.Error.DEADLOCK] if it returns one of another loop, or this very
 *   task or one that waits for it, or with [error@Pillion.Error.CLOSED]
 *
 * Since: 1.0
 */
PillionTask *(pillion_task_map) (PillionLoop *loop,
                                 guint n_inputs,
                                 guint limit,
                                 GCancellable *cancellable,
                                 PillionMapFunc func,
                                 gpointer user_data,
                                 GDestroyNotify destroy)
{
  PillionTask *task;
  PillionGroup *self;

  g_return_val_if_fail (PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (loop)), NULL);
  g_return_val_if_fail (func != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  task = pillion_group_new (loop, PILLION_GROUP_MAP, n_inputs, cancellable);
  self = (PillionGroup *) task->body;
  if (self == NULL)
    {
      if (destroy != NULL)
        destroy (user_data);
      return task;
    }

  self->starter = g_new0 (PillionGroupStarter, 1);
  self->starter->item.klass = &starter_class;
  self->starter->group = self;
  self->starter->callback = pillion_callback_new (G_CALLBACK (func), user_data, destroy);
  self->starter->n_inputs = n_inputs;
  self->starter->limit = limit;
  pillion_group_go_on (self);

  return task;
}

/**
 * pillion_task_map_closure: (rename-to pillion_task_map)
 * @loop: the loop that the tasks will belong to
 * @n_inputs: how many inputs there are
 * @limit: how many tasks run at the same time, at most; 0 for no limit
 * @cancellable: (nullable): cancels the task when it is cancelled
 * @closure: starts the work for one input: called with its number, a `guint`, it returns a [class@Pillion.Task]
 *
 * Like [func@Pillion.Task.map], but takes a closure. For language bindings.
 *
 * Returns: (transfer full): a task that ends with a boolean; it fails as that of [func@Pillion.Task.map] does
 *
 * Since: 1.0
 */
PillionTask *
pillion_task_map_closure (PillionLoop *loop,
                          guint n_inputs,
                          guint limit,
                          GCancellable *cancellable,
                          GClosure *closure)
{
  g_return_val_if_fail (PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (loop)), NULL);
  g_return_val_if_fail (closure != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  return (pillion_task_map) (loop, n_inputs, limit, cancellable, pillion_closure_number,
                             pillion_closure_take (closure), pillion_closure_let_go);
}
