/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-combinator.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#include "base/pillion-sync.h"

/* Longer names aren't repeated, so that the name of a task that is wrapped again and again stays short */
#define MAX_REPEATED 48

/* How many tasks are checked to find one that would wait for itself: such circles are short */
#define MAX_LOOKED_AT 64

static inline const PillionCombinatorClass *
get_class (PillionCombinator *self)
{
  return (const PillionCombinatorClass *) self->body.klass;
}

static void
on_child_done (PillionTask *child,
               gpointer task)
{
  PillionCombinator *self = (PillionCombinator *) ((PillionTask *) task)->body;

  self->n_heard++;
  if (!self->over)
    get_class (self)->child_done (self, child);
}

/* After on_child_done (), or instead of it if the child will never be delivered because the loop is closed */
static void
on_callback_freed (gpointer task)
{
  PillionCombinator *self = (PillionCombinator *) ((PillionTask *) task)->body;

  if (self->n_heard > 0)
    self->n_heard--;
  else
    pillion_combinator_end_closed (self);
  pillion_sync_unref (task);
}

void
pillion_combinator_abandoned (PillionTaskBody *body)
{
  pillion_combinator_end_closed ((PillionCombinator *) body);
}

gboolean
pillion_combinator_is_running (PillionTaskBody *body)
{
  return ((PillionCombinator *) body)->n_calls > 0;
}

PillionTask *
pillion_combinator_new (PillionLoop *loop,
                        const char *name,
                        GCancellable *cancellable,
                        const PillionCombinatorClass *klass,
                        gsize size)
{
  PillionTask *task = pillion_task_new_at (loop, name, cancellable, NULL);

  if (!pillion_task_is_done (task))
    pillion_task_set_body (task, g_malloc0 (size), &klass->body);

  return task;
}

PillionTask *
pillion_combinator_new_for (PillionTask *child,
                            const char *kind,
                            const PillionCombinatorClass *klass,
                            gsize size)
{
  g_autofree char *name = NULL;

  if (strlen (child->name) <= MAX_REPEATED)
    name = g_strdup_printf ("%s of %s", kind, child->name);

  return pillion_combinator_new (child->loop, name != NULL ? name : kind, NULL, klass, size);
}

guint
pillion_combinator_wait (PillionCombinator *self,
                         PillionTask *child)
{
  return pillion_task_add_done_callback (child, on_child_done, g_object_ref (self->body.task), on_callback_freed);
}

gboolean
pillion_combinator_is_alone (PillionCombinator *self,
                             PillionTask *child)
{
  return !pillion_task_is_awaited_by_others (child, self->body.task);
}

void
pillion_combinator_give_up (PillionCombinator *self,
                            PillionTask *child,
                            guint id)
{
  /* If the callback is still there, it is freed now without being called */
  self->n_heard++;
  g_object_ref (child);
  if (!pillion_task_remove_done_callback (child, id))
    self->n_heard--;
  if (!pillion_task_is_awaited (child))
    pillion_task_cancel (child);
  g_object_unref (child);
}

/* Whether @child waits for @task, directly or not */
static gboolean
waits_for (PillionTask *child,
           PillionTask *task)
{
  PillionTask *tasks[MAX_LOOKED_AT] = { child };
  guint n_tasks = 1;

  /* Nobody does */
  if (task->first.func == NULL && (task->others == NULL || g_queue_is_empty (task->others)))
    return FALSE;

  for (guint i = 0; i < n_tasks; i++)
    {
      PillionTaskBody *body = tasks[i]->body;
      PillionTask *next;

      if (body == NULL || body->klass->get_child == NULL || pillion_task_is_done (tasks[i]))
        continue;
      for (guint j = 0; n_tasks < MAX_LOOKED_AT && (next = body->klass->get_child (body, j)) != NULL; j++)
        {
          if (next == task)
            return TRUE;
          tasks[n_tasks++] = next;
        }
    }

  return FALSE;
}

GError *
pillion_combinator_check_child (PillionTask *task,
                                PillionTask *child)
{
  if (child == NULL)
    return g_error_new (PILLION_ERROR, PILLION_ERROR_FAILED, _("The function of '%s' did not return a task"), task->name);
  /* A binding may have made it without a loop and a name, as a plain object */
  if (child->loop != task->loop)
    return g_error_new (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("'%s' belongs to another loop"),
                        child->name != NULL ? child->name : G_OBJECT_TYPE_NAME (child));
  if (child == task || waits_for (child, task))
    return g_error_new (PILLION_ERROR, PILLION_ERROR_DEADLOCK, _("'%s' would wait for itself"), task->name);
  /* Callbacks are no longer called, not even those of tasks that are done */
  if (pillion_core (task->loop)->closed)
    return g_error_new (PILLION_ERROR, PILLION_ERROR_CLOSED, _("The loop was closed while waiting for '%s'"),
                        task->name);
  return NULL;
}

void
pillion_combinator_discard (PillionCombinator *self,
                            PillionTask *child)
{
  if (child == NULL)
    return;

  if (child->loop == self->body.task->loop && !pillion_task_is_awaited (child))
    pillion_task_cancel (child);
  g_object_unref (child);
}

static void
end (PillionCombinator *self)
{
  if (get_class (self)->ended != NULL)
    get_class (self)->ended (self);
}

void
pillion_combinator_end_well (PillionCombinator *self)
{
  self->over = TRUE;
  pillion_task_return_boolean (self->body.task, TRUE);
  end (self);
}

void
pillion_combinator_end_from (PillionCombinator *self,
                             PillionTask *child)
{
  self->over = TRUE;
  pillion_task_return_from (self->body.task, child);
  end (self);
}

void
pillion_combinator_end_error (PillionCombinator *self,
                              GError *error)
{
  self->over = TRUE;
  pillion_task_return_error (self->body.task, error);
  end (self);
}

void
pillion_combinator_end_cancelled (PillionCombinator *self)
{
  pillion_combinator_end_error (self, g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Task '%s' was cancelled"),
                                                   self->body.task->name));
}

void
pillion_combinator_end_closed (PillionCombinator *self)
{
  PillionTask *task = self->body.task;

  if (self->over)
    return;

  /* The caller that closed the loop was told what was left */
  pillion_task_look (task);
  pillion_combinator_end_error (self, g_error_new (PILLION_ERROR, PILLION_ERROR_CLOSED,
                                                   _("The loop was closed while waiting for '%s'"), task->name));
}

/**
 * pillion_task_get_children:
 * @self: a task
 *
 * Gets the tasks that a combinator was made of: those passed to [func@Pillion.Task.all] and its siblings, in
 * their order; those that [func@Pillion.Task.map] and [method@Pillion.Retry.run] have started so far; and the
 * one or two of the other combinators. Use it to read all their results and errors. On the loop's thread only.
 *
 * Returns: (transfer container) (element-type PillionTask): the children; empty if the task is made of no others. The array has a
 *   reference to each, and drops them with itself
 *
 * Since: 1.0
 */
GPtrArray *
pillion_task_get_children (PillionTask *self)
{
  GPtrArray *children;
  PillionTask *child;

  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);
  g_return_val_if_fail (self->loop == NULL || pillion_core_on_thread (pillion_core (self->loop)), NULL);

  children = g_ptr_array_new_with_free_func (g_object_unref);
  if (self->body != NULL && self->body->klass->get_child != NULL)
    {
      while ((child = self->body->klass->get_child (self->body, children->len)) != NULL)
        g_ptr_array_add (children, g_object_ref (child));
    }

  return children;
}

/**
 * pillion_task_made_at: (skip)
 * @self: (transfer full) (nullable): a task
 * @site: where it was made; not copied, so it has to last
 *
 * Says where a task was made. In C, the functions that make tasks of tasks are macros that call this.
 *
 * Returns: (transfer full) (nullable): @self
 *
 * Since: 1.0
 */
PillionTask *
pillion_task_made_at (PillionTask *self,
                      const char *site)
{
  g_return_val_if_fail (self == NULL || PILLION_IS_TASK (self), NULL);

  if (self != NULL && !self->owns_site)
    self->site = site;

  return self;
}
