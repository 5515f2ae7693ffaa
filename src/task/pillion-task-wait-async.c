/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-private.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-sync.h"

/* Waiting for a task in the style of GIO, which is what Vala and JavaScript await. */

/* The cancellable's handler, which may run on any thread, and the item that it pushes have a reference, and may outlive the wait. Neither
 * keeps the task or its loop alive: if the loop were dropped, nothing would remove the item from its queue. */
typedef struct
{
  GTask *waiter;     /* NULL once the wait has ended; the loop's thread */
  guint callback;
  PillionLoop *loop; /* NULL once the item has been pushed */
  GCancellable *cancellable;
  gulong handler;
  PillionItem give_up_item; /* pushed by the cancellable's signal */
  gboolean given_up;        /* atomic: whether that was pushed */
} Wait;

static inline Wait *
wait_from_item (PillionItem *item)
{
  return (Wait *) ((char *) item - G_STRUCT_OFFSET (Wait, give_up_item));
}

static void
wait_clear (gpointer data)
{
  Wait *self = data;

  pillion_sync_acquire (self);
  g_clear_object (&self->cancellable);
  if (self->loop != NULL)
    pillion_sync_unref (self->loop);
}

/* The last reference may be the handler's, on another thread */
static void
wait_unref (gpointer data)
{
  pillion_sync_release (data);
  g_atomic_rc_box_release_full (data, wait_clear);
}

/* Returns the waiter, if it still waits */
static GTask *
end_wait (Wait *self)
{
  GTask *waiter = g_steal_pointer (&self->waiter);

  if (waiter != NULL && self->handler != 0)
    g_signal_handler_disconnect (self->cancellable, self->handler);
  return waiter;
}

static void
on_done (PillionTask *task,
         gpointer user_data)
{
  g_autoptr (GTask) waiter = end_wait (user_data);

  if (waiter != NULL)
    g_task_return_boolean (waiter, TRUE);
}

/* Called after on_done (), or instead of it if the task will never be delivered */
static void
let_go (gpointer user_data)
{
  g_autoptr (GTask) waiter = end_wait (user_data);

  if (waiter != NULL)
    g_task_return_new_error (waiter, PILLION_ERROR, PILLION_ERROR_CLOSED, _("The loop was closed while waiting for '%s'"),
                             pillion_task_get_name (g_task_get_source_object (waiter)));
  wait_unref (user_data);
}

static gboolean
give_up_run (PillionItem *item,
             PillionCore *core)
{
  Wait *self = wait_from_item (item);
  g_autoptr (GTask) waiter = end_wait (self);

  if (waiter != NULL)
    {
      PillionTask *task = g_task_get_source_object (waiter);

      g_task_return_new_error (waiter, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Waiting for '%s' was cancelled"), task->name);
      pillion_task_remove_done_callback (task, self->callback);
    }
  wait_unref (self);

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
  wait_unref (wait_from_item (item));
}

static const PillionItemClass give_up_class = {
  .run = give_up_run,
  .get_name = give_up_get_name,
  .drop = give_up_drop,
};

/* On any thread, but callbacks are removed on the loop's */
static void
on_cancelled (GCancellable *cancellable,
              gpointer data)
{
  Wait *self = data;
  PillionLoop *loop;

  pillion_sync_acquire (self);
  if (__atomic_exchange_n (&self->given_up, TRUE, __ATOMIC_SEQ_CST))
    return;

  loop = g_steal_pointer (&self->loop);
  g_atomic_rc_box_acquire (self);
  pillion_core_push (pillion_core (loop), &self->give_up_item);
  pillion_sync_unref (loop);
}

static void
release_wait (gpointer data,
              GClosure *closure)
{
  wait_unref (data);
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
  /* The loop's thread decides how the wait ends */
  g_task_set_check_cancellable (waiter, FALSE);

  if (g_task_return_error_if_cancelled (waiter))
    return;
  if (pillion_task_is_deaf (self))
    {
      if (pillion_task_is_done (self))
        g_task_return_boolean (waiter, TRUE);
      else
        g_task_return_new_error (waiter, PILLION_ERROR, PILLION_ERROR_CLOSED,
                                 _("The loop was closed before anything waited for '%s'"), self->name);
      return;
    }

  wait = g_atomic_rc_box_new0 (Wait);
  wait->waiter = g_object_ref (waiter);
  wait->loop = g_object_ref (self->loop);
  wait->give_up_item.klass = &give_up_class;
  wait->callback = pillion_task_add_done_callback (self, on_done, wait, let_go);

  if (cancellable != NULL)
    {
      wait->cancellable = g_object_ref (cancellable);
      pillion_sync_release (wait);
      wait->handler = g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (on_cancelled), g_atomic_rc_box_acquire (wait),
                                             release_wait, 0);
      /* If another thread cancelled it in between, the handler may not have been called */
      if (g_cancellable_is_cancelled (cancellable))
        on_cancelled (cancellable, wait);
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
