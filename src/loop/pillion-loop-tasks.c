/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-loop-private.h"

#include "task/pillion-task-private.h"

/* The live tasks of a loop. */

void
pillion_loop_list_task (PillionLoop *self,
                        PillionTask *task,
                        gboolean lives)
{
  self->live_changed = TRUE;
  pillion_live_tasks_changed (&self->live_tasks, self, &self->core, task, lives);
}

/**
 * pillion_loop_get_live_tasks: (get-property live-tasks)
 * @self: a loop
 *
 * Gets the number of tasks that are pending or whose callbacks have not run yet.
 *
 * Returns: the number of tasks
 *
 * Since: 1.0
 */
guint
pillion_loop_get_live_tasks (PillionLoop *self)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), 0);

  return self->core.live.length;
}

/**
 * pillion_loop_observe_tasks:
 * @self: a loop
 *
 * Gets the tasks that are pending or whose callbacks have not run yet, as a list model for a list widget,
 * oldest first. The list changes once per kick, and costs nothing after its last reference is dropped. The list
 * of a closed loop is empty. On the loop's thread only.
 *
 * A list widget can show the properties of [class@Pillion.Task], such as [property@Pillion.Task:completed].
 *
 * Returns: (transfer full): a list of [class@Pillion.Task]
 *
 * Since: 1.0
 */
GListModel *
pillion_loop_observe_tasks (PillionLoop *self)
{
  g_autoptr (GPtrArray) tasks = NULL;
  GListModel *list;

  g_return_val_if_fail (PILLION_IS_LOOP (self), NULL);
  g_return_val_if_fail (pillion_core_on_thread (&self->core), NULL);

  list = pillion_live_tasks_find (&self->live_tasks);
  if (list != NULL)
    return list;

  tasks = g_ptr_array_new ();
  for (PillionLive *link = self->core.live.head; link != NULL; link = link->next)
    g_ptr_array_add (tasks, pillion_task_from_link (link));
  return pillion_live_tasks_start (&self->live_tasks, tasks);
}
