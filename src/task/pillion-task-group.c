/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-group-private.h"

#include <glib/gi18n-lib.h>

/* Tasks that are made of a set of tasks: all, settle, any and race; and what they share with map. */

static const char *const kind_names[] = { "all", "settle", "any", "race", "map" };

static inline PillionGroupChild *
get_child (PillionGroup *self,
           guint index)
{
  return &g_array_index (self->children, PillionGroupChild, index);
}

/* If the group itself was cancelled, it no longer waits for what something else waits for. Otherwise it does, but lets the others cancel
 * them when they give them up. */
void
pillion_group_stop (PillionGroup *self)
{
  self->stopped = TRUE;

  for (guint i = 0; i < self->children->len && !self->parent.over; i++)
    {
      PillionGroupChild *child = get_child (self, i);

      if (child->id == 0 || pillion_task_is_done (child->task))
        continue;

      if (pillion_combinator_is_alone (&self->parent, child->task))
        {
          pillion_task_cancel (child->task);
        }
      else if (self->cancelled)
        {
          guint id = child->id;

          child->id = 0;
          self->n_waiting--;
          pillion_combinator_give_up (&self->parent, child->task, id);
        }
      else
        {
          pillion_task_stop_waiting (child->task, child->id);
        }
    }
}

/* The group is over at once, whatever the other children do */
static void
give_up_all (PillionGroup *self)
{
  for (guint i = 0; i < self->children->len; i++)
    {
      PillionGroupChild *child = get_child (self, i);

      if (child->id != 0)
        pillion_combinator_give_up (&self->parent, child->task, child->id);
    }
}

/* The first child with this state */
static PillionTask *
find_child (PillionGroup *self,
            PillionTaskState state)
{
  for (guint i = 0; i < self->children->len; i++)
    {
      PillionTask *task = get_child (self, i)->task;

      if (pillion_task_get_state (task) == state)
        return task;
    }

  return NULL;
}

gboolean
pillion_group_has_more_to_start (PillionGroup *self)
{
  return self->starter != NULL && !self->stopped && self->children->len < self->starter->n_inputs;
}

/* All children have ended: the outcome follows from theirs */
static void
conclude (PillionGroup *self)
{
  PillionCombinator *parent = &self->parent;
  PillionTask *failed = NULL, *cancelled = NULL;

  if (self->kind != PILLION_GROUP_SETTLE)
    {
      failed = find_child (self, PILLION_TASK_FAILED);
      cancelled = find_child (self, PILLION_TASK_CANCELLED);
    }

  if (failed != NULL)
    pillion_combinator_end_from (parent, failed);
  else if (self->error != NULL)
    pillion_combinator_end_error (parent, g_steal_pointer (&self->error));
  else if (pillion_task_is_cancelled (parent->body.task))
    pillion_combinator_end_cancelled (parent);
  else if (cancelled != NULL)
    pillion_combinator_end_from (parent, cancelled);
  else
    pillion_combinator_end_well (parent);
}

void
pillion_group_go_on (PillionGroup *self)
{
  if (self->parent.over)
    return;

  if (pillion_group_has_more_to_start (self))
    {
      PillionGroupStarter *starter = self->starter;

      if (!starter->queued && (starter->limit == 0 || self->n_waiting < starter->limit))
        {
          starter->queued = TRUE;
          g_object_ref (self->parent.body.task);
          pillion_core_push (pillion_combinator_core (&self->parent), &starter->item);
        }
    }
  else if (self->n_waiting == 0 && (self->starter == NULL || !self->starter->queued))
    {
      conclude (self);
    }
}

static void
group_child_done (PillionCombinator *parent,
                  PillionTask *child)
{
  PillionGroup *self = (PillionGroup *) parent;
  gboolean is_well = pillion_task_get_state (child) == PILLION_TASK_SUCCEEDED;

  self->n_waiting--;

  if (self->kind == PILLION_GROUP_ANY || self->kind == PILLION_GROUP_RACE)
    {
      if (self->winner == NULL && (is_well || self->kind == PILLION_GROUP_RACE))
        self->winner = child;
      if (self->winner != NULL)
        {
          pillion_combinator_end_from (parent, self->winner);
          give_up_all (self);
          return;
        }
    }
  else if (!is_well && self->kind != PILLION_GROUP_SETTLE && !self->stopped)
    {
      pillion_group_stop (self);
    }

  pillion_group_go_on (self);
}

static void
group_cancelled (PillionTaskBody *body)
{
  PillionGroup *self = (PillionGroup *) body;

  self->cancelled = TRUE;
  if (self->kind == PILLION_GROUP_ANY || self->kind == PILLION_GROUP_RACE)
    {
      pillion_combinator_end_cancelled (&self->parent);
      give_up_all (self);
    }
  else
    {
      pillion_group_stop (self);
      pillion_group_go_on (self);
    }
}

static PillionTask *
group_get_child (PillionTaskBody *body,
                 guint index)
{
  PillionGroup *self = (PillionGroup *) body;

  return index < self->children->len ? get_child (self, index)->task : NULL;
}

static void
group_ended (PillionCombinator *parent)
{
  PillionGroup *self = (PillionGroup *) parent;

  if (self->starter != NULL)
    g_clear_pointer (&self->starter->callback, pillion_callback_unref);
}

static void
group_free (PillionTaskBody *body)
{
  PillionGroup *self = (PillionGroup *) body;

  for (guint i = 0; i < self->children->len; i++)
    pillion_task_let_go (get_child (self, i)->task);
  g_array_unref (self->children);
  g_clear_error (&self->error);
  if (self->starter != NULL)
    pillion_callback_unref (self->starter->callback);
  g_free (self->starter);
  g_free (self);
}

static const PillionCombinatorClass group_class = {
  .body = {
    .cancelled = group_cancelled,
    .get_child = group_get_child,
    .free = group_free,
    .abandoned = pillion_combinator_abandoned,
    .is_running = pillion_combinator_is_running,
  },
  .child_done = group_child_done,
  .ended = group_ended,
};

PillionTask *
pillion_group_new (PillionLoop *loop,
                   PillionGroupKind kind,
                   gsize n_children,
                   GCancellable *cancellable)
{
  char name[40];
  PillionTask *task;
  PillionGroup *self;

  g_snprintf (name, sizeof name, "%s of %" G_GSIZE_FORMAT, kind_names[kind], n_children);
  task = pillion_combinator_new (loop, name, cancellable, &group_class, sizeof (PillionGroup));
  self = (PillionGroup *) task->body;
  if (self != NULL)
    {
      self->kind = kind;
      /* A map grows as it starts children */
      self->children = g_array_sized_new (FALSE, FALSE, sizeof (PillionGroupChild), kind == PILLION_GROUP_MAP ? 0 : n_children);
    }

  return task;
}

void
pillion_group_add_child (PillionGroup *self,
                         PillionTask *task)
{
  PillionGroupChild child = { task, pillion_combinator_wait (&self->parent, task) };

  g_array_append_val (self->children, child);
  self->n_waiting++;
}

static PillionTask *
make_group (PillionLoop *loop,
            PillionGroupKind kind,
            PillionTask **tasks,
            gsize n_tasks)
{
  PillionTask *stranger = NULL;
  PillionTask *task;
  PillionGroup *self;

  g_return_val_if_fail (PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (loop)), NULL);
  g_return_val_if_fail (n_tasks == 0 || tasks != NULL, NULL);
  for (gsize i = 0; i < n_tasks; i++)
    {
      g_return_val_if_fail (PILLION_IS_TASK (tasks[i]), NULL);
      g_return_val_if_fail (tasks[i]->loop != NULL, NULL);
      if (tasks[i]->loop != loop && stranger == NULL)
        stranger = tasks[i];
    }

  task = pillion_group_new (loop, kind, n_tasks, NULL);
  self = (PillionGroup *) task->body;
  if (self == NULL)
    return task;

  if (stranger != NULL)
    {
      pillion_combinator_end_error (&self->parent, g_error_new (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                                                                _("'%s' belongs to another loop"), stranger->name));
    }
  else if (n_tasks > 0)
    {
      for (gsize i = 0; i < n_tasks; i++)
        {
          PillionTaskState state = pillion_task_get_state (tasks[i]);

          pillion_group_add_child (self, g_object_ref (tasks[i]));
          /* Its callback will report this. Others may be called before. */
          if (self->winner == NULL && (state == PILLION_TASK_SUCCEEDED ||
                                       (kind == PILLION_GROUP_RACE && state != PILLION_TASK_PENDING)))
            self->winner = tasks[i];
        }
    }
  else if (kind == PILLION_GROUP_ANY || kind == PILLION_GROUP_RACE)
    {
      pillion_combinator_end_error (&self->parent, g_error_new (PILLION_ERROR, PILLION_ERROR_NOTHING_GIVEN,
                                                                _("No tasks were given, so none can finish first")));
    }
  else
    {
      pillion_combinator_end_well (&self->parent);
    }

  return task;
}

/**
 * pillion_task_all:
 * @loop: the loop that the tasks belong to
 * @tasks: (array length=n_tasks) (element-type PillionTask) (nullable): the tasks
 * @n_tasks: how many there are
 *
 * Creates a task that succeeds, with %TRUE, when all of @tasks have. Read the results from the tasks
 * themselves.
 *
 * If one of them fails or is cancelled, those that nothing else waits for are cancelled. The task ends when all
 * have ended: like the first in the list that failed by itself, otherwise with `G_IO_ERROR_CANCELLED`. The
 * errors of all are kept in [method@Pillion.Task.get_children]. Cancelling the task cancels those that nothing
 * else waits for; it ends when they have ended.
 *
 * With no tasks, it succeeds. A task that is given twice counts twice. On the loop's thread only.
 *
 * Returns: (transfer full): a task that ends with a boolean; it fails with the error of one of @tasks, with `G_IO_ERROR_INVALID_ARGUMENT` if one
 *   belongs to another loop (then none is touched), or with [error@Pillion.Error.CLOSED]
 *
 * Since: 1.0
 */
PillionTask *(pillion_task_all) (PillionLoop *loop,
                                 PillionTask **tasks,
                                 gsize n_tasks)
{
  return make_group (loop, PILLION_GROUP_ALL, tasks, n_tasks);
}

/**
 * pillion_task_settle:
 * @loop: the loop that the tasks belong to
 * @tasks: (array length=n_tasks) (element-type PillionTask) (nullable): the tasks
 * @n_tasks: how many there are
 *
 * Creates a task that succeeds, with %TRUE, when all of @tasks have ended, whatever their outcomes. None is
 * cancelled because of another.
 *
 * Cancelling it cancels those that nothing else waits for; when they have ended, the task ends with `G_IO_ERROR_CANCELLED`. A task that is given
 * twice counts twice. On the loop's thread only.
 *
 * Returns: (transfer full): a task that ends with a boolean; it fails with `G_IO_ERROR_INVALID_ARGUMENT` if one of @tasks belongs to another loop
 *   (then none is touched), with `G_IO_ERROR_CANCELLED`, or with [error@Pillion.Error.CLOSED]
 *
 * Since: 1.0
 */
PillionTask *(pillion_task_settle) (PillionLoop *loop,
                                    PillionTask **tasks,
                                    gsize n_tasks)
{
  return make_group (loop, PILLION_GROUP_SETTLE, tasks, n_tasks);
}

/**
 * pillion_task_any:
 * @loop: the loop that the tasks belong to
 * @tasks: (array length=n_tasks) (element-type PillionTask) (nullable): the tasks
 * @n_tasks: how many there are
 *
 * Creates a task that ends as soon as the first of @tasks succeeds, with its result. If several had already
 * succeeded, the first in the list counts. The others are cancelled if nothing else waits for them.
 *
 * If none succeeds, it ends when all have ended: like the first in the list that failed by itself, otherwise
 * with `G_IO_ERROR_CANCELLED`. The errors of all are kept in [method@Pillion.Task.get_children]. Cancelling the
 * task ends it at once, and cancels those that nothing else waits for. A task that is given twice counts twice.
 * On the loop's thread only.
 *
 * Returns: (transfer full): a task that ends as one of @tasks; it fails with [error@Pillion.Error.NOTHING_GIVEN] if there are none, with
 *   `G_IO_ERROR_INVALID_ARGUMENT` if one belongs to another loop (then none is touched), or with [error@Pillion.Error.CLOSED]
 *
 * Since: 1.0
 */
PillionTask *(pillion_task_any) (PillionLoop *loop,
                                 PillionTask **tasks,
                                 gsize n_tasks)
{
  return make_group (loop, PILLION_GROUP_ANY, tasks, n_tasks);
}

/**
 * pillion_task_race:
 * @loop: the loop that the tasks belong to
 * @tasks: (array length=n_tasks) (element-type PillionTask) (nullable): the tasks
 * @n_tasks: how many there are
 *
 * Creates a task that ends as soon as the first of @tasks ends, with its outcome. If several had already ended,
 * the first in the list counts. The others are cancelled if nothing else waits for them.
 *
 * Cancelling it ends it at once, and cancels those that nothing else waits for. A task that is given twice counts twice. On the loop's
 * thread only.
 *
 * Returns: (transfer full): a task that ends as one of @tasks; it fails with [error@Pillion.Error.NOTHING_GIVEN] if there are none, with
 *   `G_IO_ERROR_INVALID_ARGUMENT` if one belongs to another loop (then none is touched), or with [error@Pillion.Error.CLOSED]
 *
 * Since: 1.0
 */
PillionTask *(pillion_task_race) (PillionLoop *loop,
                                  PillionTask **tasks,
                                  gsize n_tasks)
{
  return make_group (loop, PILLION_GROUP_RACE, tasks, n_tasks);
}
