/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-private.h"

/* Tasks that stand for an asynchronous call of GIO. */

/**
 * pillion_task_ready:
 * @source_object: (nullable): the object that the asynchronous call was made on
 * @result: the outcome of the call
 * @task: (type PillionTask) (not nullable): the task to finish
 *
 * Finishes a task when an asynchronous GIO call is done: pass this function as the callback and the task as its
 * data.
 *
 * The done callback then calls the finish function of the call, with [method@Pillion.Task.get_async_result]
 * and, if needed, `g_async_result_get_source_object ()`. If the call failed, so has the task, provided that the
 * call uses a `GTask`, as nearly all do.
 *
 * Since: 1.0
 */
void
pillion_task_ready (GObject *source_object,
                    GAsyncResult *result,
                    gpointer task)
{
  PillionTask *self = task;
  PillionTaskState state = PILLION_TASK_SUCCEEDED;

  g_return_if_fail (PILLION_IS_TASK (self));
  g_return_if_fail (G_IS_ASYNC_RESULT (result));

  if (!pillion_task_begin_return (self))
    return;

  self->result.kind = PILLION_RESULT_ASYNC;
  self->result.async = g_object_ref (result);
  self->result.handed_out = FALSE;
  /* The error is left for the finish function, which could not get it a second time. So cancellation can't be told from other errors. */
  if (G_IS_TASK (result) && g_task_had_error (G_TASK (result)))
    state = pillion_task_is_cancelled (self) ? PILLION_TASK_CANCELLED : PILLION_TASK_FAILED;
  pillion_task_finish (self, state);
}

/**
 * pillion_task_get_async_result:
 * @self: a task that [func@Pillion.Task.ready] finished
 *
 * Gets the result of the asynchronous call that the task stands for.
 *
 * Returns: (transfer none) (nullable): the result, or %NULL if the task was not, or not yet, finished that way
 *
 * Since: 1.0
 */
GAsyncResult *
pillion_task_get_async_result (PillionTask *self)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);

  if (!pillion_task_is_done (self))
    return NULL;

  pillion_task_look (self);
  return pillion_task_hand_out (self);
}
