/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-private.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-sync.h"

/* Waiting for a task as GIO's callers do, and tasks that wait for GIO. */

typedef struct
{
  PillionTask *task;
  GTask *waiter;
  guint callback; /* 0 once the wait has ended */
  GCancellable *cancellable;
  gulong handler;
  PillionItem give_up_item; /* pushed by the cancellable's signal */
  gboolean given_up;        /* atomic: whether it was; once is enough */
} Wait;

static inline Wait *
wait_from_item (PillionItem *item)
{
  return (Wait *) ((char *) item - G_STRUCT_OFFSET (Wait, give_up_item));
}

static void
wait_free (gpointer data)
{
  Wait *self = data;

  pillion_sync_acquire (self);
  g_clear_object (&self->task);
  g_clear_object (&self->cancellable);
  g_free (self);
}

/* The last reference may be the handler's, on another thread */
static void
unref_waiter (gpointer waiter)
{
  pillion_sync_release (g_task_get_task_data (waiter));
  g_object_unref (waiter);
}

/* Returns whether the wait goes on until now */
static gboolean
end_wait (Wait *self)
{
  if (self->callback == 0)
    return FALSE;

  self->callback = 0;
  if (self->handler != 0)
    g_signal_handler_disconnect (self->cancellable, self->handler);
  return TRUE;
}

static void
on_done (PillionTask *task,
         gpointer user_data)
{
  Wait *self = g_task_get_task_data (user_data);

  if (end_wait (self))
    g_task_return_boolean (self->waiter, TRUE);
}

/* Called after on_done (), or instead of it where the task will never be delivered */
static void
let_go (gpointer user_data)
{
  GTask *waiter = user_data;
  Wait *self = g_task_get_task_data (waiter);

  if (end_wait (self))
    g_task_return_new_error (waiter, PILLION_ERROR, PILLION_ERROR_CLOSED,
                             _("The loop was closed while waiting for '%s'"), self->task->name);
  unref_waiter (waiter);
}

static gboolean
give_up_run (PillionItem *item,
             PillionCore *core)
{
  Wait *self = wait_from_item (item);
  GTask *waiter = self->waiter;
  guint callback = self->callback;

  if (end_wait (self))
    {
      g_task_return_new_error (waiter, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Waiting for '%s' was cancelled"),
                               self->task->name);
      pillion_task_remove_done_callback (self->task, callback);
    }
  unref_waiter (waiter);

  return FALSE;
}

static const char *
give_up_get_name (PillionItem *item)
{
  return "end of a wait";
}

static void
give_up_drop (PillionItem *item)
{
  unref_waiter (wait_from_item (item)->waiter);
}

static const PillionItemClass give_up_class = {
  .run = give_up_run,
  .get_name = give_up_get_name,
  .drop = give_up_drop,
};

/* On any thread: callbacks are removed on the loop's */
static void
on_cancelled (GCancellable *cancellable,
              gpointer waiter)
{
  Wait *self = g_task_get_task_data (waiter);

  pillion_sync_acquire (self);
  if (__atomic_exchange_n (&self->given_up, TRUE, __ATOMIC_SEQ_CST))
    return;

  g_object_ref (waiter);
  pillion_core_push (pillion_core (self->task->loop), &self->give_up_item);
}

static void
release_waiter (gpointer waiter,
                GClosure *closure)
{
  unref_waiter (waiter);
}

/**
 * pillion_task_wait_async:
 * @self: a task
 * @cancellable: (nullable): ends the wait, not the task, when it is cancelled
 * @callback: (scope async) (closure user_data): called when the task is done, in the thread-default context
 * @user_data: data for @callback
 *
 * Waits for the task in the style of GIO. In Vala this is `yield task.wait_async ()`, in JavaScript a promise.
 * On the loop's thread only.
 *
 * Since: 1.0
 */
void
pillion_task_wait_async (PillionTask *self,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) waiter = NULL;
  Wait *wait;

  g_return_if_fail (PILLION_IS_TASK (self));
  g_return_if_fail (self->loop != NULL);
  g_return_if_fail (pillion_core_on_thread (pillion_core (self->loop)));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  waiter = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (waiter, pillion_task_wait_async);
  /* The loop's thread tells how the wait ended */
  g_task_set_check_cancellable (waiter, FALSE);

  if (g_task_return_error_if_cancelled (waiter))
    return;
  if (pillion_core (self->loop)->closed)
    {
      if (pillion_task_is_done (self))
        g_task_return_boolean (waiter, TRUE);
      else
        g_task_return_new_error (waiter, PILLION_ERROR, PILLION_ERROR_CLOSED,
                                 _("The loop was closed before anything waited for '%s'"), self->name);
      return;
    }

  wait = g_new0 (Wait, 1);
  wait->task = g_object_ref (self);
  wait->waiter = waiter;
  wait->give_up_item.klass = &give_up_class;
  g_task_set_task_data (waiter, wait, wait_free);
  wait->callback = pillion_task_add_done_callback (self, on_done, g_object_ref (waiter), let_go);

  if (cancellable != NULL)
    {
      wait->cancellable = g_object_ref (cancellable);
      pillion_sync_release (wait);
      wait->handler = g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (on_cancelled),
                                             g_object_ref (waiter), release_waiter, 0);
      /* Cancelled by another thread since we looked: perhaps nobody called the handler */
      if (g_cancellable_is_cancelled (cancellable))
        on_cancelled (cancellable, waiter);
    }
}

/**
 * pillion_task_wait_finish:
 * @self: a task
 * @result: what the callback was given
 * @error: return location for an error
 *
 * Finishes a wait, and says whether the task succeeded. The `get` function for its type returns the task's
 * result.
 *
 * Returns: whether it succeeded. If not, @error is the task's, or `G_IO_ERROR_CANCELLED` if the wait was cancelled, or
 *   [error@Pillion.Error.CLOSED] if the loop was closed first
 *
 * Since: 1.0
 */
gboolean
pillion_task_wait_finish (PillionTask *self,
                          GAsyncResult *result,
                          GError **error)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  return g_task_propagate_boolean (G_TASK (result), error) && pillion_task_check (self, error);
}

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
  /* The error is left for the finish function: taking it would leave none. A cancelled one looks like any other. */
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
