/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-poll-source-private.h"

#include "core/pillion-binding.h"
#include "task/pillion-task-private.h"

/* The tasks that code in the other loop waits for. */

/**
 * pillion_poll_source_watch_task:
 * @self: a source
 * @task: a task, of this loop or of another one of the same thread
 *
 * For language bindings: makes the callback run, or [method@Pillion.PollSource.wait] return, when the task is
 * done; if it is already done, in the next iteration of the loop. `pillion_poll_source_take_task ()` then returns
 * the task, once, however often this was called. One callback serves all tasks, while
 * [method@Pillion.Task.add_done_callback] costs a binding one for each. On the loop's thread only.
 *
 * Returns: whether the source watches it; %FALSE if the task belongs to a loop of another thread or to a
 *   closed loop, or if the source is closed
 *
 * Since: 1.0
 */
gboolean
pillion_poll_source_watch_task (PillionPollSource *self,
                                PillionTask *task)
{
  g_return_val_if_fail (PILLION_IS_POLL_SOURCE (self), FALSE);
  g_return_val_if_fail (PILLION_IS_TASK (task) && task->loop != NULL, FALSE);
  g_return_val_if_fail (pillion_core_on_thread (&self->loop->core), FALSE);

  return pillion_poll_source_is_open (self) && pillion_awaited_tasks_add (self->tasks, task);
}

/**
 * pillion_poll_source_give_up_task:
 * @self: a source
 * @task: a task that is watched, or was
 *
 * For language bindings: stops waiting for the task, and cancels it if nothing else waits for it either. If
 * the task is done, taken or not, and nothing has asked for its outcome, whatever it got goes to the next
 * waiter: the item of a queue, the permit of a semaphore. Call it when the last waiter that uses this source
 * gives up. On the loop's thread only.
 *
 * Returns: whether it was watched; %FALSE also if it is done
 *
 * Since: 1.0
 */
gboolean
pillion_poll_source_give_up_task (PillionPollSource *self,
                                  PillionTask *task)
{
  g_return_val_if_fail (PILLION_IS_POLL_SOURCE (self), FALSE);
  g_return_val_if_fail (PILLION_IS_TASK (task) && task->loop != NULL, FALSE);
  g_return_val_if_fail (pillion_core_on_thread (&self->loop->core), FALSE);

  return pillion_awaited_tasks_give_up (self->tasks, task);
}

/**
 * pillion_poll_source_take_task:
 * @self: a source
 *
 * For language bindings: takes the next watched task that has ended, in the order in which they ended. If
 * that task is not done, it can no longer be waited for: its loop was closed, or its done callbacks were
 * removed ([method@Pillion.Scope.adopt]). On the loop's thread only.
 *
 * Returns: (transfer full) (nullable): the task, or %NULL if no more have ended
 *
 * Since: 1.0
 */
PillionTask *
pillion_poll_source_take_task (PillionPollSource *self)
{
  g_return_val_if_fail (PILLION_IS_POLL_SOURCE (self), NULL);
  g_return_val_if_fail (pillion_core_on_thread (&self->loop->core), NULL);

  return pillion_awaited_tasks_take (self->tasks);
}
