/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-scope-private.h"

#include <glib/gi18n-lib.h>

#include "core/pillion-closure.h"
#include "task/pillion-combinator.h"

/* Starting work when there is room for it */

/* The task that stands for the work from the beginning, and ends as the task that the function will make */
typedef struct
{
  PillionTaskBody body;
  PillionLive link;
  PillionScope *scope; /* NULL once it has left the line */
  PillionStartFunc func;
  gpointer data;
  GDestroyNotify destroy;
  gboolean calling;    /* whether the function is on the stack */
  PillionTask *work;   /* the task that it made */
  guint callback;      /* of that task */
} Start;

static Start *
start_from_link (PillionLive *link)
{
  return (Start *) ((char *) link - G_STRUCT_OFFSET (Start, link));
}

static void
leave_line (Start *self)
{
  if (self->scope != NULL)
    pillion_live_list_remove (&self->scope->line, &self->link);
  self->scope = NULL;
}

static void
forget_func (Start *self)
{
  GDestroyNotify destroy = g_steal_pointer (&self->destroy);

  self->func = NULL;
  if (destroy != NULL)
    destroy (self->data);
}

static void
return_cancelled (Start *self)
{
  PillionTask *task = self->body.task;

  leave_line (self);
  pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Task '%s' was cancelled"), task->name);
  if (!self->calling)
    forget_func (self);
}

static void
on_work_done (PillionTask *work,
              gpointer data)
{
  PillionTask *task = data;

  if (!pillion_task_is_done (task))
    pillion_task_return_from (task, work);
}

/* After that, or instead of it if the work will never be delivered */
static void
let_go (gpointer data)
{
  g_autoptr (PillionTask) task = data;

  if (!pillion_task_is_done (task))
    pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_CLOSED,
                                   _("The loop was closed while waiting for '%s'"), task->name);
}

/* The work ends the task. If something else waits for the work, it goes on without the task. */
static void
cancel_work (Start *self)
{
  if (!pillion_task_is_awaited (self->work))
    {
      pillion_task_cancel (self->work);
      return;
    }

  g_object_ref (self->body.task);
  return_cancelled (self);
  pillion_task_remove_done_callback (self->work, self->callback);
  g_object_unref (self->body.task);
}

static void
start_cancelled (PillionTaskBody *body)
{
  Start *self = (Start *) body;

  /* While the function runs, there is nothing to cancel yet: this is checked afterwards */
  if (self->work != NULL)
    cancel_work (self);
  else if (!self->calling)
    return_cancelled (self);
}

static PillionTask *
start_get_child (PillionTaskBody *body,
                 guint index)
{
  return index == 0 ? ((Start *) body)->work : NULL;
}

static void
start_free (PillionTaskBody *body)
{
  Start *self = (Start *) body;

  forget_func (self);
  g_clear_object (&self->work);
  g_free (self);
}

/* If there is work, its callback lets go of the task */
static void
start_abandoned (PillionTaskBody *body)
{
  Start *self = (Start *) body;

  if (self->work == NULL)
    return_cancelled (self);
}

static gboolean
start_is_running (PillionTaskBody *body)
{
  return ((Start *) body)->calling;
}

static const PillionTaskBodyClass start_class = {
  .cancelled = start_cancelled,
  .get_child = start_get_child,
  .free = start_free,
  .abandoned = start_abandoned,
  .is_running = start_is_running,
};

/* Calls the function. The caller holds a reference to the task. */
static void
begin (Start *self)
{
  PillionTask *task = self->body.task;
  g_autoptr (PillionTask) work = NULL;
  GError *error;

  leave_line (self);
  self->calling = TRUE;
  work = self->func (self->data);
  forget_func (self);
  self->calling = FALSE;

  /* The function may have closed the loop */
  if (pillion_task_is_done (task))
    return;

  error = pillion_combinator_check_child (task, work);
  if (error != NULL)
    {
      pillion_task_return_error (task, error);
    }
  else
    {
      self->work = g_object_ref (work);
      self->callback = pillion_task_add_callback (work, PILLION_CALLBACK_WATCHES, on_work_done, g_object_ref (task), let_go);
      pillion_task_pass_progress (work, self->callback);
      if (pillion_task_is_cancelled (task))
        cancel_work (self);
    }
}

static gboolean
has_room (PillionScope *self)
{
  return self->limit == 0 || self->members.length - self->line.length < self->limit;
}

/* The first that isn't cancelled: those that are leave by themselves */
static Start *
get_first (PillionScope *self)
{
  for (PillionLive *link = self->line.head; link != NULL; link = link->next)
    {
      Start *start = start_from_link (link);

      if (!pillion_task_is_cancelled (start->body.task))
        return start;
    }

  return NULL;
}

static PillionScope *
scope_from_item (PillionItem *item)
{
  return (PillionScope *) ((char *) item - G_STRUCT_OFFSET (PillionScope, start_item));
}

/* Begins one, and stays queued for the next */
static gboolean
start_item_run (PillionItem *item,
                PillionCore *core)
{
  PillionScope *self = scope_from_item (item);
  Start *first = !self->closing && !core->closing && has_room (self) ? get_first (self) : NULL;

  if (first != NULL)
    {
      PillionTask *task = g_object_ref (first->body.task);

      begin (first);
      g_object_unref (task);
      return TRUE;
    }

  self->start_queued = FALSE;
  g_object_unref (self);
  return FALSE;
}

static const char *
start_item_get_name (PillionItem *item)
{
  return scope_from_item (item)->name;
}

static void
start_item_drop (PillionItem *item)
{
  PillionScope *self = scope_from_item (item);

  self->start_queued = FALSE;
  g_object_unref (self);
}

const PillionItemClass pillion_scope_start_item_class = {
  .run = start_item_run,
  .get_name = start_item_get_name,
  .drop = start_item_drop,
};

/* There may be room, or something in the line */
void
pillion_scope_start_next (PillionScope *self)
{
  if (self->start_queued || self->line.length == 0 || !has_room (self))
    return;

  self->start_queued = TRUE;
  g_object_ref (self);
  pillion_core_push_local (pillion_core (self->loop), &self->start_item);
}

static void
begin_now (gpointer data)
{
  PillionTask *task = data;
  Start *self = (Start *) task->body;

  if (!pillion_task_is_done (task) && self->func != NULL && !pillion_task_is_cancelled (task))
    begin (self);
}

void
pillion_scope_start_alone (PillionTask *task)
{
  Start *self = (Start *) task->body;

  if (self == NULL || self->body.klass != &start_class || self->scope == NULL)
    return;

  leave_line (self);
  pillion_loop_call_soon (task->loop, begin_now, g_object_ref (task), g_object_unref);
}

/* The scope is closed: tasks leave the line, and end when they see that they are cancelled */
void
pillion_scope_dissolve_line (PillionScope *self)
{
  while (self->line.head != NULL)
    leave_line (start_from_link (self->line.head));
}

/**
 * pillion_scope_start:
 * @self: a scope
 * @name: what the task is called in reports
 * @func: (scope notified) (closure user_data) (destroy destroy): begins the work
 * @user_data: data for @func
 * @destroy: frees @user_data after the call, or when the task was cancelled before
 *
 * Starts work when there is room for it: when fewer than [property@Pillion.Scope:limit] tasks run in the scope.
 * @func is called once, in a kick and never inside this call, in the order in which functions were given. On
 * the loop's thread only.
 *
 * The returned task is in the scope from now on. It stands for the task that @func returns: it has its outcome
 * and its progress. Cancelling it gives up its turn, or cancels the work, unless something else waits for that.
 *
 * In a scope that is closed or being closed, the task has already failed, and @func is not called. In one that
 * has cancelled its tasks because one failed ([property@Pillion.Scope:cancel-on-error]), it is cancelled.
 *
 * Returns: (transfer full): a task that ends as the work does; it fails with `G_IO_ERROR_CANCELLED`, with
 *   [error@Pillion.Error.FAILED] if @func returns %NULL, with `G_IO_ERROR_INVALID_ARGUMENT` or
 *   [error@Pillion.Error.DEADLOCK] if it returns a task of another loop, or this very task or one that waits for it,
 *   or with [error@Pillion.Error.CLOSED]
 *
 * Since: 1.0
 */
PillionTask *
pillion_scope_start (PillionScope *self,
                     const char *name,
                     PillionStartFunc func,
                     gpointer user_data,
                     GDestroyNotify destroy)
{
  g_autoptr (GError) error = NULL;
  PillionTask *task;
  Start *start;

  g_return_val_if_fail (PILLION_IS_SCOPE (self), NULL);
  g_return_val_if_fail (self->loop != NULL, NULL);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (self->loop)), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (func != NULL, NULL);

  task = pillion_task_new_at (self->loop, name, NULL, NULL);
  if (!pillion_task_is_done (task) && (self->closing || self->closed))
    pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_CLOSED, _("The scope '%s' was closed"), self->name);
  if (!pillion_task_is_done (task) && !pillion_scope_check_failed (self, &error))
    pillion_task_return_error (task, g_steal_pointer (&error));
  if (pillion_task_is_done (task))
    {
      if (destroy != NULL)
        destroy (user_data);
      return task;
    }

  start = g_new0 (Start, 1);
  start->func = func;
  start->data = user_data;
  start->destroy = destroy;
  start->scope = self;
  pillion_task_set_body (task, &start->body, &start_class);
  pillion_scope_take_in (self, task);
  pillion_live_list_add (&self->line, &start->link);
  pillion_scope_start_next (self);

  return task;
}

/**
 * pillion_scope_start_closure: (rename-to pillion_scope_start)
 * @self: a scope
 * @name: what the task is called in reports
 * @closure: begins the work: called without arguments, it returns a [class@Pillion.Task]
 *
 * Like [method@Pillion.Scope.start], but takes a closure. For language bindings.
 *
 * Returns: (transfer full): a task that ends as the work does
 *
 * Since: 1.0
 */
PillionTask *
pillion_scope_start_closure (PillionScope *self,
                             const char *name,
                             GClosure *closure)
{
  g_return_val_if_fail (PILLION_IS_SCOPE (self), NULL);
  g_return_val_if_fail (self->loop != NULL, NULL);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (self->loop)), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (closure != NULL, NULL);

  return pillion_scope_start (self, name, pillion_closure_start, pillion_closure_take (closure), pillion_closure_let_go);
}
