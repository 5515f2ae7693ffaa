/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-poll-source-private.h"

#include "task/pillion-task-private.h"

/* The tasks that code in the other loop waits for. */

/**
 * pillion_poll_source_watch_task:
 * @self: a source
 * @task: a task, of this loop or of another one of the same thread
 *
 * Has the callback called, or [method@Pillion.PollSource.wait] end, when the task is done; in the next turn of the loop where it is
 * done already. Then [method@Pillion.PollSource.take_task] gives it, once, however often this was called. On the loop's thread.
 *
 * Returns: whether it will be told; FALSE where the task belongs to another thread's loop or to one that is closed, or the source is closed
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
 * Waits for the task no more, and cancels it where nobody else waits for it either. Where it is done, taken or not, and nobody has asked for its
 * outcome, what it got goes to the next one: the item of a queue, the permit of a semaphore. To be called for the last of those who waited
 * by this source. On the loop's thread.
 *
 * Returns: whether it was watched; FALSE also where it is done
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
 * Takes a task that was watched and is done, in the order in which they were. It is not done where there is nothing more to wait for: its
 * own loop was closed, or its done callbacks were taken off ([method@Pillion.Scope.adopt]). On the loop's thread.
 *
 * Returns: (transfer full) (nullable): the task, or %NULL where there is no other one
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
