/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-loop-private.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-sync.h"
#include "core/pillion-closure.h"
#include "task/pillion-task-private.h"

/* A function for the workers. What is left of it goes back to the loop's thread to be freed. */
typedef struct
{
  PillionItem item;
  PillionTask *task;
  GCancellable *cancellable;
  PillionThreadFunc func;
  gpointer data;
  GDestroyNotify destroy;
} Job;

static void
job_free (Job *self)
{
  if (self->destroy != NULL)
    self->destroy (self->data);
  g_clear_object (&self->cancellable);
  if (self->task != NULL)
    pillion_sync_unref (self->task);
  g_free (self);
}

static gboolean
job_end_run (PillionItem *item,
             PillionCore *core)
{
  job_free ((Job *) item);
  return FALSE;
}

static const char *
job_get_name (PillionItem *item)
{
  return "end of a thread's work";
}

static void
job_drop (PillionItem *item)
{
  job_free ((Job *) item);
}

static const PillionItemClass job_class = {
  .run = job_end_run,
  .get_name = job_get_name,
  .drop = job_drop,
};

/* On a worker */
static void
work (gpointer data)
{
  Job *self = data;
  PillionTask *task = g_steal_pointer (&self->task);
  PillionCore *core = pillion_core (task->loop);

  if (!pillion_task_return_if_cancelled (task))
    {
      self->func (task, self->cancellable, self->data);
      if (!pillion_task_is_returned (task))
        pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_FAILED,
                                       _("The function of '%s' returned without setting a result"), task->name);
    }
  g_clear_object (&self->cancellable);

  /* In this order: code that sees that it is no longer counted finds the outcome, and code that waits for
   * that is woken by the item. The item holds neither the task nor the loop, which may have been dropped
   * since the outcome is known, because then nothing would ever take the item out of the queue. If this is
   * the last reference, the loop ends here and takes the item with it. */
  pillion_core_external (core, -1);
  pillion_core_push (core, &self->item);
  pillion_sync_unref (task);
}

/**
 * pillion_loop_run_in_thread:
 * @self: a loop
 * @name: what the task is called in reports
 * @cancellable: (nullable): cancels the task when it is cancelled
 * @func: (scope notified) (closure user_data) (destroy destroy): the blocking function
 * @user_data: data for @func
 * @destroy: frees @user_data when @func has ended, on the loop's thread, or on the worker if the loop is gone by then
 *
 * Runs a blocking function on a worker thread. The loop has at most [property@Pillion.Loop:max-workers] of
 * them; further functions wait for their turn. The function gets the task, and finishes it with one of the
 * `return` functions; if it does not, the task fails with [error@Pillion.Error.FAILED].
 *
 * Cancelling the task before the function has started keeps it from being called. After that, the function sees
 * the cancellation in its cancellable, and the task is done when the function says so. On the loop's thread
 * only.
 *
 * Returns: (transfer full): a task that ends as @func ends it
 *
 * Since: 1.0
 */
PillionTask *
pillion_loop_run_in_thread (PillionLoop *self,
                            const char *name,
                            GCancellable *cancellable,
                            PillionThreadFunc func,
                            gpointer user_data,
                            GDestroyNotify destroy)
{
  g_autoptr (GError) error = NULL;
  PillionTask *task;
  Job *job;

  g_return_val_if_fail (PILLION_IS_LOOP (self), NULL);
  g_return_val_if_fail (pillion_core_on_thread (&self->core), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (func != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  task = pillion_task_new_at (self, name, cancellable, NULL);
  if (pillion_task_is_done (task))
    {
      if (destroy != NULL)
        destroy (user_data);
      return task;
    }

  job = g_new0 (Job, 1);
  job->item.klass = &job_class;
  job->task = g_object_ref (task);
  job->cancellable = g_object_ref (pillion_task_get_cancellable (task));
  job->func = func;
  job->data = user_data;
  job->destroy = destroy;

  pillion_core_external (&self->core, 1);
  if (!pillion_workers_push (pillion_core_get_workers (&self->core), work, job, &error))
    {
      pillion_core_external (&self->core, -1);
      pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_NO_RESOURCES, _("No thread could be started: %s"),
                                     error->message);
      job_free (job);
    }

  return task;
}

/**
 * pillion_loop_run_in_thread_closure: (rename-to pillion_loop_run_in_thread)
 * @self: a loop
 * @name: what the task is called in reports
 * @cancellable: (nullable): cancels the task when it is cancelled
 * @closure: the blocking function, called on a worker thread with the task and the task's
 *   [class@Gio.Cancellable]
 *
 * Like [method@Pillion.Loop.run_in_thread], but takes a closure. For language bindings.
 *
 * Returns: (transfer full): a task that ends as @closure ends it
 *
 * Since: 1.0
 */
PillionTask *
pillion_loop_run_in_thread_closure (PillionLoop *self,
                                    const char *name,
                                    GCancellable *cancellable,
                                    GClosure *closure)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), NULL);
  g_return_val_if_fail (pillion_core_on_thread (&self->core), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (closure != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  return pillion_loop_run_in_thread (self, name, cancellable, pillion_closure_work, pillion_closure_take (closure),
                                     pillion_closure_let_go);
}

/**
 * pillion_loop_get_max_workers: (get-property max-workers)
 * @self: a loop
 *
 * Gets the maximum number of worker threads.
 *
 * Returns: the number of threads
 *
 * Since: 1.0
 */
guint
pillion_loop_get_max_workers (PillionLoop *self)
{
  g_return_val_if_fail (PILLION_IS_LOOP (self), 0);

  return self->core.max_workers;
}

/**
 * pillion_loop_set_max_workers: (set-property max-workers)
 * @self: a loop
 * @max_workers: the number of threads, at least 1
 *
 * Sets the maximum number of worker threads. Waiting work gets new threads at once; surplus threads end when
 * they finish their current work. On the loop's thread only.
 *
 * Since: 1.0
 */
void
pillion_loop_set_max_workers (PillionLoop *self,
                              guint max_workers)
{
  g_return_if_fail (PILLION_IS_LOOP (self));
  g_return_if_fail (pillion_core_on_thread (&self->core));
  g_return_if_fail (max_workers > 0);

  if (self->core.max_workers == max_workers)
    return;

  self->core.max_workers = max_workers;
  if (self->core.workers != NULL)
    pillion_workers_set_max (self->core.workers, max_workers);
  g_object_notify (G_OBJECT (self), "max-workers");
}
