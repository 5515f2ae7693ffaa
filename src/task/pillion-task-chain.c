/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-combinator.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-callback.h"
#include "base/pillion-sync.h"
#include "core/pillion-closure.h"

/* Tasks that are made of one task: with a timeout, shielded, or followed by another. */

typedef enum
{
  CHAIN_TIMEOUT,
  CHAIN_SHIELD,
  CHAIN_THEN,
} ChainKind;

typedef struct
{
  PillionCombinator parent;
  ChainKind kind;
  PillionTask *child;
  PillionTask *next;         /* what the function returned; NULL until then */
  guint id;                  /* of the callback of the task that is waited for */

  PillionTimer timer;        /* of the timeout; it has a reference to the task until it has run */
  PillionCallback *callback; /* NULL once it won't be called any more */
} Chain;

static inline PillionTask *
get_current (Chain *self)
{
  return self->next != NULL ? self->next : self->child;
}

/* Cancels the child, whose end is then the outcome. It is left alone if something else waits for it, or if it is shielded. */
static void
chain_cancelled (PillionTaskBody *body)
{
  Chain *self = (Chain *) body;
  PillionTask *current = get_current (self);

  if (self->kind != CHAIN_SHIELD && pillion_combinator_is_alone (&self->parent, current))
    {
      pillion_task_cancel (current);
      return;
    }

  pillion_combinator_end_cancelled (&self->parent);
  pillion_task_remove_done_callback (current, self->id);
}

static void
call_next (Chain *self)
{
  PillionCombinator *parent = &self->parent;
  PillionCallback *callback = g_steal_pointer (&self->callback);
  PillionTask *next;
  GError *error;

  parent->n_calls++;
  next = ((PillionThenFunc) callback->func) (self->child, callback->data);
  pillion_callback_unref (callback);
  parent->n_calls--;

  /* The function may have done anything, even closed the loop */
  if (parent->over)
    {
      pillion_combinator_discard (parent, next);
    }
  else if (next == NULL)
    {
      pillion_combinator_end_well (parent);
    }
  else if ((error = pillion_combinator_check_child (parent->body.task, next)) != NULL)
    {
      g_object_unref (next);
      pillion_combinator_end_error (parent, error);
    }
  else
    {
      self->next = next;
      self->id = pillion_combinator_wait (parent, next);
      pillion_task_pass_progress (next, self->id);
      /* The task may have been cancelled meanwhile, when there was nothing to pass that on to */
      if (pillion_task_is_cancelled (parent->body.task))
        chain_cancelled (&parent->body);
    }
}

static void
chain_child_done (PillionCombinator *parent,
                  PillionTask *child)
{
  Chain *self = (Chain *) parent;

  if (self->kind != CHAIN_THEN || self->next != NULL || pillion_task_get_state (child) != PILLION_TASK_SUCCEEDED)
    pillion_combinator_end_from (parent, child);
  else if (pillion_task_is_cancelled (parent->body.task))
    pillion_combinator_end_cancelled (parent);
  else
    call_next (self);
}

static PillionTask *
chain_get_child (PillionTaskBody *body,
                 guint index)
{
  Chain *self = (Chain *) body;

  return index == 0 ? self->child : index == 1 ? self->next : NULL;
}

static void
chain_ended (PillionCombinator *parent)
{
  Chain *self = (Chain *) parent;

  g_clear_pointer (&self->callback, pillion_callback_unref);
  if (self->timer.index != 0)
    {
      pillion_timer_heap_remove (&pillion_combinator_core (parent)->timers, &self->timer);
      pillion_sync_unref (parent->body.task);
    }
}

static void
chain_free (PillionTaskBody *body)
{
  Chain *self = (Chain *) body;

  pillion_task_let_go (self->child);
  if (self->next != NULL)
    pillion_task_let_go (self->next);
  pillion_callback_unref (self->callback);
  g_free (self);
}

static const PillionCombinatorClass chain_class = {
  .body = {
    .cancelled = chain_cancelled,
    .get_child = chain_get_child,
    .free = chain_free,
    .abandoned = pillion_combinator_abandoned,
    .is_running = pillion_combinator_is_running,
  },
  .child_done = chain_child_done,
  .ended = chain_ended,
};

/* The task waits for the child from the start */
static PillionTask *
chain_new (PillionTask *child,
           ChainKind kind,
           const char *name)
{
  PillionTask *task = pillion_combinator_new_for (child, name, &chain_class, sizeof (Chain));
  Chain *self = (Chain *) task->body;

  if (self != NULL)
    {
      self->kind = kind;
      self->child = g_object_ref (child);
      self->id = pillion_combinator_wait (&self->parent, child);
      pillion_task_pass_progress (child, self->id);
    }

  return task;
}

static inline Chain *
chain_from_item (PillionItem *item)
{
  return (Chain *) ((char *) item - G_STRUCT_OFFSET (Chain, timer.item));
}

static gboolean
timeout_run (PillionItem *item,
             PillionCore *core)
{
  Chain *self = chain_from_item (item);
  PillionCombinator *parent = &self->parent;
  PillionTask *task = parent->body.task;

  if (!parent->over)
    {
      /* It is done just in time, although its callback hasn't been called yet */
      if (pillion_task_is_done (self->child))
        pillion_combinator_end_from (parent, self->child);
      else
        pillion_combinator_end_error (parent, g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                                           _("'%s' timed out"), self->child->name));
      pillion_combinator_give_up (parent, self->child, self->id);
    }
  pillion_sync_unref (task);

  return FALSE;
}

static const char *
timeout_get_name (PillionItem *item)
{
  return chain_from_item (item)->parent.body.task->name;
}

static void
timeout_drop (PillionItem *item)
{
  pillion_sync_unref (chain_from_item (item)->parent.body.task);
}

static const PillionItemClass timeout_class = {
  .run = timeout_run,
  .get_name = timeout_get_name,
  .drop = timeout_drop,
};

/**
 * pillion_task_with_timeout:
 * @self: a task
 * @timeout: how long it may take from now on, in µs
 *
 * Creates a task that has the outcome of @self, or fails with `G_IO_ERROR_TIMED_OUT` when the time on the
 * host's clock is up; then @self is cancelled if nothing else waits for it. With 0 or less, a task that is not
 * done yet times out as soon as timers are next checked.
 *
 * Cancelling the task cancels @self if nothing else waits for it, and the task ends when @self does, or when
 * the time is up. If something else waits for @self, the task ends at once. On the loop's thread only.
 *
 * Returns: (transfer full): a task that ends as @self; it fails with `G_IO_ERROR_TIMED_OUT`, with `G_IO_ERROR_CANCELLED`, or with
 *   [error@Pillion.Error.CLOSED]
 *
 * Since: 1.0
 */
PillionTask *(pillion_task_with_timeout) (PillionTask *self,
                                          GTimeSpan timeout)
{
  gint64 now;

  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);
  g_return_val_if_fail (self->loop != NULL, NULL);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (self->loop)), NULL);

  now = pillion_core_now (pillion_core (self->loop));
  return (pillion_task_with_deadline) (self, now + CLAMP (timeout, 0, G_MAXINT64 - now));
}

/**
 * pillion_task_with_deadline:
 * @self: a task
 * @deadline_usec: until when it may take, in µs of [method@Pillion.Loop.get_now]
 *
 * Like [method@Pillion.Task.with_timeout], but with a point in time, which several tasks can share. A time in
 * the past is like a timeout of 0. On the loop's thread only.
 *
 * Returns: (transfer full): a task that ends as @self; it fails with `G_IO_ERROR_TIMED_OUT`, with `G_IO_ERROR_CANCELLED`, or with
 *   [error@Pillion.Error.CLOSED]
 *
 * Since: 1.0
 */
PillionTask *(pillion_task_with_deadline) (PillionTask *self,
                                           gint64 deadline_usec)
{
  PillionTask *task;
  Chain *chain;

  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);
  g_return_val_if_fail (self->loop != NULL, NULL);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (self->loop)), NULL);

  task = chain_new (self, CHAIN_TIMEOUT, "timeout");
  chain = (Chain *) task->body;
  if (chain != NULL && !pillion_task_is_done (self))
    {
      chain->timer.item.klass = &timeout_class;
      g_object_ref (task);
      pillion_core_add_timer (pillion_core (self->loop), &chain->timer, MAX (deadline_usec, 0));
    }

  return task;
}

/**
 * pillion_task_shield:
 * @self: a task
 *
 * Creates a task that has the outcome of @self, but does not pass on cancellation: cancelling the shield ends
 * it at once, and leaves @self alone. Closing the loop cancels both. On the loop's thread only.
 *
 * Returns: (transfer full): a task that ends as @self; it fails with `G_IO_ERROR_CANCELLED`, or with [error@Pillion.Error.CLOSED]
 *
 * Since: 1.0
 */
PillionTask *(pillion_task_shield) (PillionTask *self)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);
  g_return_val_if_fail (self->loop != NULL, NULL);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (self->loop)), NULL);

  return chain_new (self, CHAIN_SHIELD, "shield");
}

/**
 * pillion_task_and_then:
 * @self: a task
 * @func: (scope notified) (closure user_data) (destroy destroy): starts what comes after it
 * @user_data: data for @func
 * @destroy: frees @user_data after the call, or when there will be none
 *
 * Creates a task that calls @func when @self has succeeded, and has the outcome of the task that @func returns.
 * If that is %NULL, the task succeeds, with %TRUE. If @self does not succeed, @func is not called, and the task
 * ends like @self.
 *
 * Cancelling the task cancels @self, or later the task that @func returned, if nothing else waits for it, and
 * ends when that does. If something else waits for it, the task ends at once. After that, @func is not called.
 * On the loop's thread only.
 *
 * Returns: (transfer full): a task that ends as what @func returns; it fails with the error of @self, with `G_IO_ERROR_CANCELLED`, with
 *   `G_IO_ERROR_INVALID_ARGUMENT` or [error@Pillion.Error.DEADLOCK] if @func returns a task of another loop, or this very
 *   task or one that waits for it, or with [error@Pillion.Error.CLOSED]
 *
 * Since: 1.0
 */
PillionTask *(pillion_task_and_then) (PillionTask *self,
                                      PillionThenFunc func,
                                      gpointer user_data,
                                      GDestroyNotify destroy)
{
  PillionTask *task;
  Chain *chain;

  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);
  g_return_val_if_fail (self->loop != NULL, NULL);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (self->loop)), NULL);
  g_return_val_if_fail (func != NULL, NULL);

  task = chain_new (self, CHAIN_THEN, "sequel");
  chain = (Chain *) task->body;
  if (chain != NULL)
    chain->callback = pillion_callback_new (G_CALLBACK (func), user_data, destroy);
  else if (destroy != NULL)
    destroy (user_data);

  return task;
}

/**
 * pillion_task_and_then_closure: (rename-to pillion_task_and_then)
 * @self: a task
 * @closure: starts what comes after it: called with @self, it returns a [class@Pillion.Task] or nothing
 *
 * Like [method@Pillion.Task.and_then], but takes a closure. For language bindings. A closure
 * whose function has thrown an exception returns nothing: a binding that wants the task to fail then has to catch it.
 *
 * Returns: (transfer full): a task that ends as what @closure returns; it fails as that of [method@Pillion.Task.and_then] does
 *
 * Since: 1.0
 */
PillionTask *
pillion_task_and_then_closure (PillionTask *self,
                               GClosure *closure)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);
  g_return_val_if_fail (self->loop != NULL, NULL);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (self->loop)), NULL);
  g_return_val_if_fail (closure != NULL, NULL);

  return (pillion_task_and_then) (self, pillion_closure_then, pillion_closure_take (closure), pillion_closure_let_go);
}
