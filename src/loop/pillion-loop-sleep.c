/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-loop-private.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-sync.h"
#include "task/pillion-task-private.h"

/* A sleep ends by its timer or its cancellable, whichever comes first; the other one finds it over. */
typedef struct
{
  PillionTaskBody body;
  PillionTimer timer;
} Sleep;

static Sleep *
sleep_from_item (PillionItem *item)
{
  return (Sleep *) ((char *) item - G_STRUCT_OFFSET (Sleep, timer.item));
}

static void
return_cancelled (PillionTask *task)
{
  pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Task '%s' was cancelled"), task->name);
}

static gboolean
sleep_run (PillionItem *item,
           PillionCore *core)
{
  PillionTask *task = sleep_from_item (item)->body.task;

  if (pillion_task_load_state (task) == PILLION_TASK_PENDING)
    pillion_task_return_boolean (task, TRUE);
  pillion_sync_unref (task);

  return FALSE;
}

/* The loop is gone, and so is everything that would end the task */
static void
sleep_drop (PillionItem *item)
{
  PillionTask *task = sleep_from_item (item)->body.task;

  if (pillion_task_load_state (task) == PILLION_TASK_PENDING)
    return_cancelled (task);
  pillion_sync_unref (task);
}

static const char *
sleep_get_name (PillionItem *item)
{
  return "sleep";
}

static const PillionItemClass sleep_item_class = {
  .run = sleep_run,
  .get_name = sleep_get_name,
  .drop = sleep_drop,
};

static void
sleep_cancelled (PillionTaskBody *body)
{
  Sleep *self = (Sleep *) body;
  PillionTask *task = body->task;

  return_cancelled (task);
  /* If it is due, it is in the ready queue, and finds the task done */
  if (self->timer.index != 0)
    {
      pillion_timer_heap_remove (&pillion_core (task->loop)->timers, &self->timer);
      pillion_sync_unref (task);
    }
}

static void
sleep_free (PillionTaskBody *body)
{
  g_free (body);
}

static const PillionTaskBodyClass sleep_class = {
  .cancelled = sleep_cancelled,
  .free = sleep_free,
};

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
  if (pillion_task_is_done (task))
    return task;

  sleep = g_new0 (Sleep, 1);
  sleep->timer.item.klass = &sleep_item_class;
  pillion_task_set_body (task, &sleep->body, &sleep_class);
  now = pillion_core_now (&self->core);
  g_object_ref (task);
  pillion_core_add_timer (&self->core, &sleep->timer, now + CLAMP (delay, 0, G_MAXINT64 - now));

  return task;
}
