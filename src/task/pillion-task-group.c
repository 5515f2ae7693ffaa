/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-combinator.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-callback.h"
#include "base/pillion-sync.h"
#include "core/pillion-closure.h"

/* Tasks that are made of a set of tasks: all, settle, any, race and map. */

typedef enum
{
  GROUP_ALL,
  GROUP_SETTLE,
  GROUP_ANY,
  GROUP_RACE,
  GROUP_MAP,
} GroupKind;

static const char *const kind_names[] = { "all", "settle", "any", "race", "map" };

typedef struct
{
  PillionTask *task;
  guint id; /* of the callback; 0 if the child isn't waited for */
} Child;

typedef struct _Group Group;

/* What only map has */
typedef struct
{
  Group *group;
  PillionItem item;          /* calls the function; has a reference to the task while it is queued */
  gboolean queued;           /* or running */
  PillionCallback *callback; /* NULL once it won't be called any more */
  guint n_inputs;
  guint limit;
} Starter;

struct _Group
{
  PillionCombinator parent;
  GroupKind kind;
  GArray *children;    /* of Child */
  guint n_waiting;     /* how many children are waited for */
  gboolean stopped;    /* whether the rest was cancelled, and nothing more starts */
  gboolean cancelled;  /* whether that was because the task was cancelled */
  PillionTask *winner; /* of any and race; no reference */
  GError *error;       /* of map's function */
  Starter *starter;
};

static inline Child *
get_child (Group *self,
           guint index)
{
  return &g_array_index (self->children, Child, index);
}

/* Cancels the children that are pending, except those that something else waits for. If the group itself was cancelled, it no longer waits for
 * those. Otherwise it does, but lets the others cancel them when they give them up. */
static void
stop (Group *self)
{
  self->stopped = TRUE;

  for (guint i = 0; i < self->children->len && !self->parent.over; i++)
    {
      Child *child = get_child (self, i);

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
give_up_all (Group *self)
{
  for (guint i = 0; i < self->children->len; i++)
    {
      Child *child = get_child (self, i);

      if (child->id != 0)
        pillion_combinator_give_up (&self->parent, child->task, child->id);
    }
}

/* The first child with this state */
static PillionTask *
find_child (Group *self,
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

static gboolean
has_more_to_start (Group *self)
{
  return self->starter != NULL && !self->stopped && self->children->len < self->starter->n_inputs;
}

/* All children have ended: the outcome follows from theirs */
static void
conclude (Group *self)
{
  PillionCombinator *parent = &self->parent;
  PillionTask *failed = NULL, *cancelled = NULL;

  if (self->kind != GROUP_SETTLE)
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

static void
go_on (Group *self)
{
  if (self->parent.over)
    return;

  if (has_more_to_start (self))
    {
      Starter *starter = self->starter;

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
  Group *self = (Group *) parent;
  gboolean is_well = pillion_task_get_state (child) == PILLION_TASK_SUCCEEDED;

  self->n_waiting--;

  if (self->kind == GROUP_ANY || self->kind == GROUP_RACE)
    {
      if (self->winner == NULL && (is_well || self->kind == GROUP_RACE))
        self->winner = child;
      if (self->winner != NULL)
        {
          pillion_combinator_end_from (parent, self->winner);
          give_up_all (self);
          return;
        }
    }
  else if (!is_well && self->kind != GROUP_SETTLE && !self->stopped)
    {
      stop (self);
    }

  go_on (self);
}

static void
group_cancelled (PillionTaskBody *body)
{
  Group *self = (Group *) body;

  self->cancelled = TRUE;
  if (self->kind == GROUP_ANY || self->kind == GROUP_RACE)
    {
      pillion_combinator_end_cancelled (&self->parent);
      give_up_all (self);
    }
  else
    {
      stop (self);
      go_on (self);
    }
}

static PillionTask *
group_get_child (PillionTaskBody *body,
                 guint index)
{
  Group *self = (Group *) body;

  return index < self->children->len ? get_child (self, index)->task : NULL;
}

static void
group_ended (PillionCombinator *parent)
{
  Group *self = (Group *) parent;

  if (self->starter != NULL)
    g_clear_pointer (&self->starter->callback, pillion_callback_unref);
}

static void
group_free (PillionTaskBody *body)
{
  Group *self = (Group *) body;

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

static PillionTask *
group_new (PillionLoop *loop,
           GroupKind kind,
           gsize n_children,
           GCancellable *cancellable)
{
  char name[40];
  PillionTask *task;
  Group *self;

  g_snprintf (name, sizeof name, "%s of %" G_GSIZE_FORMAT, kind_names[kind], n_children);
  task = pillion_combinator_new (loop, name, cancellable, &group_class, sizeof (Group));
  self = (Group *) task->body;
  if (self != NULL)
    {
      self->kind = kind;
      /* A map grows as it starts children */
      self->children = g_array_sized_new (FALSE, FALSE, sizeof (Child), kind == GROUP_MAP ? 0 : n_children);
    }

  return task;
}

/* Takes the reference */
static void
add_child (Group *self,
           PillionTask *task)
{
  Child child = { task, pillion_combinator_wait (&self->parent, task) };

  g_array_append_val (self->children, child);
  self->n_waiting++;
}

static PillionTask *
make_group (PillionLoop *loop,
            GroupKind kind,
            PillionTask **tasks,
            gsize n_tasks)
{
  PillionTask *stranger = NULL;
  PillionTask *task;
  Group *self;

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

  task = group_new (loop, kind, n_tasks, NULL);
  self = (Group *) task->body;
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

          add_child (self, g_object_ref (tasks[i]));
          /* Its callback will report this. Others may be called before. */
          if (self->winner == NULL && (state == PILLION_TASK_SUCCEEDED ||
                                       (kind == GROUP_RACE && state != PILLION_TASK_PENDING)))
            self->winner = tasks[i];
        }
    }
  else if (kind == GROUP_ANY || kind == GROUP_RACE)
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
  return make_group (loop, GROUP_ALL, tasks, n_tasks);
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
  return make_group (loop, GROUP_SETTLE, tasks, n_tasks);
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
  return make_group (loop, GROUP_ANY, tasks, n_tasks);
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
  return make_group (loop, GROUP_RACE, tasks, n_tasks);
}

/* The function gets the index of the child to come, so it must not be called from inside itself */
static void
start_one (Group *self)
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
      add_child (self, child);
      /* Not needed any more if the map was stopped meanwhile */
      if (self->stopped)
        stop (self);
    }
  else
    {
      g_clear_object (&child);
      stop (self);
    }
}

static inline Group *
group_from_item (PillionItem *item)
{
  Starter *starter = (Starter *) ((char *) item - G_STRUCT_OFFSET (Starter, item));

  return starter->group;
}

/* One call per item, so that many calls don't make a kick long */
static gboolean
starter_run (PillionItem *item,
             PillionCore *core)
{
  Group *self = group_from_item (item);
  PillionTask *task = self->parent.body.task;

  if (!self->parent.over && has_more_to_start (self) && !pillion_task_is_cancelled (task))
    start_one (self);
  self->starter->queued = FALSE;
  go_on (self);
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
  Group *self = group_from_item (item);
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
  Group *self;

  g_return_val_if_fail (PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (loop)), NULL);
  g_return_val_if_fail (func != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  task = group_new (loop, GROUP_MAP, n_inputs, cancellable);
  self = (Group *) task->body;
  if (self == NULL)
    {
      if (destroy != NULL)
        destroy (user_data);
      return task;
    }

  self->starter = g_new0 (Starter, 1);
  self->starter->item.klass = &starter_class;
  self->starter->group = self;
  self->starter->callback = pillion_callback_new (G_CALLBACK (func), user_data, destroy);
  self->starter->n_inputs = n_inputs;
  self->starter->limit = limit;
  go_on (self);

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
