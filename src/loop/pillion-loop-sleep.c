/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-loop-private.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-sync.h"
#include "task/pillion-task-private.h"

/* A sleep ends by its timer or by its cancellable, whichever comes first; the other one finds it over. */
typedef struct
{
  PillionTimer timer;
  PillionItem cancel_item;
  PillionTask *task; /* NULL once it is over */
  PillionLoop *loop; /* a handler may still be running on another thread when the task is over */
  GCancellable *cancellable;
  gulong handler;
  gboolean cancelled; /* atomic: whether the item was pushed */
} Sleep;

static void
sleep_clear (gpointer data)
{
  Sleep *self = data;

  pillion_sync_acquire (self);
  g_clear_object (&self->task);
  g_clear_object (&self->cancellable);
  if (self->loop != NULL)
    pillion_sync_unref (self->loop);
}

static void
sleep_unref (gpointer data)
{
  pillion_sync_release (data);
  g_atomic_rc_box_release_full (data, sleep_clear);
}

static PillionTask *
end_sleep (Sleep *self)
{
  PillionTask *task = g_steal_pointer (&self->task);

  if (task != NULL && self->handler != 0)
    g_signal_handler_disconnect (self->cancellable, self->handler);
  return task;
}

static gboolean
sleep_run (PillionItem *item,
           PillionCore *core)
{
  Sleep *self = (Sleep *) item;
  g_autoptr (PillionTask) task = end_sleep (self);

  if (task != NULL)
    pillion_task_return_boolean (task, TRUE);
  sleep_unref (self);

  return FALSE;
}

/* The loop is gone, and with it whatever would end the task */
static void
sleep_drop (PillionItem *item)
{
  Sleep *self = (Sleep *) item;
  g_autoptr (PillionTask) task = end_sleep (self);

  if (task != NULL)
    pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Task '%s' was cancelled"), task->name);
  sleep_unref (self);
}

static gboolean
sleep_cancel_run (PillionItem *item,
                  PillionCore *core)
{
  Sleep *self = (Sleep *) ((char *) item - G_STRUCT_OFFSET (Sleep, cancel_item));
  g_autoptr (PillionTask) task = end_sleep (self);

  if (task != NULL)
    pillion_task_return_if_cancelled (task);
  if (self->timer.index != 0)
    {
      pillion_timer_heap_remove (&core->timers, &self->timer);
      sleep_unref (self);
    }
  sleep_unref (self);

  return FALSE;
}

static void
sleep_cancel_drop (PillionItem *item)
{
  sleep_unref ((char *) item - G_STRUCT_OFFSET (Sleep, cancel_item));
}

static const char *
sleep_get_name (PillionItem *item)
{
  return "sleep";
}

static const PillionItemClass sleep_class = {
  .run = sleep_run,
  .get_name = sleep_get_name,
  .drop = sleep_drop,
};

static const PillionItemClass sleep_cancel_class = {
  .run = sleep_cancel_run,
  .get_name = sleep_get_name,
  .drop = sleep_cancel_drop,
};

/* On any thread */
static void
on_sleep_cancelled (GCancellable *cancellable,
                    gpointer data)
{
  Sleep *self = data;

  pillion_sync_acquire (self);
  if (!__atomic_exchange_n (&self->cancelled, TRUE, __ATOMIC_SEQ_CST))
    {
      /* The loop may have been dropped, and then nobody would take the item out of its queue: the item must not keep it */
      PillionLoop *loop = g_steal_pointer (&self->loop);

      g_atomic_rc_box_acquire (self);
      pillion_core_push (pillion_core (loop), &self->cancel_item);
      pillion_sync_unref (loop);
    }
}

static void
release_sleep (gpointer data,
               GClosure *closure)
{
  sleep_unref (data);
}

/**
 * pillion_loop_sleep:
 * @self: a loop
 * @delay: how long, in µs; 0 or less means until timers are next looked at
 * @cancellable: (nullable): ends the sleep when it is cancelled
 *
 * Creates a task that succeeds, with %TRUE, after some time has passed on the host's clock. Cancelling it ends
 * it at once. On the loop's thread only.
 *
 * Returns: (transfer full): a task that ends with a boolean; it fails with `G_IO_ERROR_CANCELLED`
 *
 * Since: 1.0
 */
PillionTask *
pillion_loop_sleep (PillionLoop *self,
                    GTimeSpan delay,
                    GCancellable *cancellable)
{
  PillionTask *task;
  gint64 now;
  Sleep *sleep;

  g_return_val_if_fail (PILLION_IS_LOOP (self), NULL);
  g_return_val_if_fail (pillion_core_on_thread (&self->core), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  task = pillion_task_new_static (self, "sleep", cancellable, NULL);
  if (self->core.closed && !pillion_task_is_done (task))
    pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_CLOSED,
                                   "%s", pillion_core_describe_closed (&self->core));
  if (pillion_task_is_done (task))
    return task;

  sleep = g_atomic_rc_box_new0 (Sleep);
  sleep->timer.item.klass = &sleep_class;
  sleep->cancel_item.klass = &sleep_cancel_class;
  sleep->task = g_object_ref (task);
  sleep->loop = g_object_ref (self);
  now = pillion_core_now (&self->core);
  pillion_core_add_timer (&self->core, &sleep->timer, now + CLAMP (delay, 0, G_MAXINT64 - now));

  sleep->cancellable = g_object_ref (pillion_task_get_cancellable (task));
  pillion_sync_release (sleep);
  sleep->handler = g_signal_connect_data (sleep->cancellable, "cancelled", G_CALLBACK (on_sleep_cancelled),
                                          g_atomic_rc_box_acquire (sleep), release_sleep, 0);
  if (g_cancellable_is_cancelled (sleep->cancellable))
    on_sleep_cancelled (sleep->cancellable, sleep);

  return task;
}
