/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "base/pillion-sync.h"
#include "core/pillion-closure.h"
#include "task/pillion-combinator.h"
#include "task/pillion-retry-private.h"

/* A run of a retry: the attempts, and the pauses between them. */

/* The body of a run's task */
typedef struct
{
  PillionCombinator parent;
  PillionRetrySettings settings;
  PillionCallback *predicate; /* this and the next are NULL once they won't be called any more */
  PillionCallback *callback;
  GPtrArray *attempts;        /* the tasks */
  guint id;                   /* of the last one's callback; 0 between two attempts */
  PillionTimer timer;         /* its item begins an attempt; while it is queued, it has a reference to the task */
  double delay;               /* the last one, before chance shortened it */
  GRand *random;              /* NULL until it is needed */
} Run;

static inline PillionTask *
get_last (Run *self)
{
  return self->attempts->pdata[self->attempts->len - 1];
}

/* How long to wait after the last attempt */
static GTimeSpan
choose_delay (Run *self)
{
  const PillionRetrySettings *settings = &self->settings;
  double delay;

  self->delay = self->attempts->len == 1 ? settings->initial_delay : self->delay * settings->multiplier;
  self->delay = MIN (self->delay, settings->max_delay);

  delay = self->delay;
  if (settings->jitter > 0.0)
    {
      if (self->random == NULL)
        self->random = settings->seed != 0 ? g_rand_new_with_seed (settings->seed) : g_rand_new ();
      delay -= delay * settings->jitter * g_rand_double (self->random);
    }

  return delay < (double) G_MAXINT64 ? (GTimeSpan) delay : G_MAXINT64;
}

/* Whether to try again. The user's function may do anything. */
static gboolean
is_worth_it (Run *self,
             PillionTask *child)
{
  g_autoptr (GError) error = NULL;
  PillionCallback *predicate;
  gboolean is_worth;

  if (self->attempts->len >= self->settings.attempts || pillion_task_is_cancelled (self->parent.body.task))
    return FALSE;
  if (self->predicate == NULL)
    return pillion_task_get_state (child) == PILLION_TASK_FAILED;

  pillion_task_check (child, &error);
  predicate = pillion_callback_ref (self->predicate);
  self->parent.n_calls++;
  is_worth = ((PillionRetryFunc) predicate->func) (error, self->attempts->len, predicate->data);
  pillion_callback_unref (predicate);
  self->parent.n_calls--;

  return is_worth && !pillion_task_is_cancelled (self->parent.body.task);
}

static void
run_child_done (PillionCombinator *parent,
                PillionTask *child)
{
  Run *self = (Run *) parent;
  PillionCore *core = pillion_combinator_core (parent);
  gboolean goes_on;

  self->id = 0;
  goes_on = pillion_task_get_state (child) != PILLION_TASK_SUCCEEDED && is_worth_it (self, child);
  if (parent->over)
    return;

  if (!goes_on || core->closed)
    {
      pillion_combinator_end_from (parent, child);
      return;
    }

  g_object_ref (parent->body.task);
  pillion_core_add_timer (core, &self->timer, pillion_add_time (pillion_core_now (core), choose_delay (self)));
}

/* The attempt is cancelled, and how it ends is the outcome. Between two attempts, or if something else waits for this one, the run is over
 * at once. */
static void
run_cancelled (PillionTaskBody *body)
{
  Run *self = (Run *) body;
  guint id = self->id;

  if (id != 0 && pillion_combinator_is_alone (&self->parent, get_last (self)))
    {
      pillion_task_cancel (get_last (self));
      return;
    }

  pillion_combinator_end_cancelled (&self->parent);
  if (id != 0)
    pillion_task_remove_done_callback (get_last (self), id);
}

static PillionTask *
run_get_child (PillionTaskBody *body,
               guint index)
{
  Run *self = (Run *) body;

  return index < self->attempts->len ? self->attempts->pdata[index] : NULL;
}

static void
run_ended (PillionCombinator *parent)
{
  Run *self = (Run *) parent;

  g_clear_pointer (&self->callback, pillion_callback_unref);
  g_clear_pointer (&self->predicate, pillion_callback_unref);
  g_clear_pointer (&self->random, g_rand_free);
  if (self->timer.index != 0)
    {
      pillion_timer_heap_remove (&pillion_combinator_core (parent)->timers, &self->timer);
      pillion_sync_unref (parent->body.task);
    }
}

static void
run_free (PillionTaskBody *body)
{
  Run *self = (Run *) body;

  for (guint i = 0; i < self->attempts->len; i++)
    pillion_task_let_go (self->attempts->pdata[i]);
  g_ptr_array_unref (self->attempts);
  pillion_callback_unref (self->callback);
  pillion_callback_unref (self->predicate);
  g_clear_pointer (&self->random, g_rand_free);
  g_free (self);
}

static const PillionCombinatorClass run_class = {
  .body = {
    .cancelled = run_cancelled,
    .get_child = run_get_child,
    .free = run_free,
    .abandoned = pillion_combinator_abandoned,
    .is_running = pillion_combinator_is_running,
  },
  .child_done = run_child_done,
  .ended = run_ended,
};

static void
begin_attempt (Run *self)
{
  PillionCombinator *parent = &self->parent;
  PillionCallback *callback = pillion_callback_ref (self->callback);
  PillionTask *child;
  GError *error;

  parent->n_calls++;
  child = ((PillionAttemptFunc) callback->func) (self->attempts->len + 1, callback->data);
  pillion_callback_unref (callback);
  parent->n_calls--;

  /* The function may have done anything, even closed the loop */
  if (parent->over)
    {
      pillion_combinator_discard (parent, child);
    }
  else if ((error = pillion_combinator_check_child (parent->body.task, child)) != NULL)
    {
      g_clear_object (&child);
      pillion_combinator_end_error (parent, error);
    }
  else
    {
      g_ptr_array_add (self->attempts, child);
      self->id = pillion_combinator_wait (parent, child);
      pillion_task_pass_progress (child, self->id);
    }
}

static inline Run *
run_from_item (PillionItem *item)
{
  return (Run *) ((char *) item - G_STRUCT_OFFSET (Run, timer.item));
}

static gboolean
attempt_run (PillionItem *item,
             PillionCore *core)
{
  Run *self = run_from_item (item);
  PillionTask *task = self->parent.body.task;

  if (!self->parent.over)
    {
      if (pillion_task_is_cancelled (task))
        pillion_combinator_end_cancelled (&self->parent);
      else
        begin_attempt (self);
    }
  pillion_sync_unref (task);

  return FALSE;
}

static const char *
attempt_get_name (PillionItem *item)
{
  return run_from_item (item)->parent.body.task->name;
}

/* The loop is gone: there won't be another attempt */
static void
attempt_drop (PillionItem *item)
{
  Run *self = run_from_item (item);
  PillionTask *task = self->parent.body.task;

  pillion_combinator_end_closed (&self->parent);
  pillion_sync_unref (task);
}

static const PillionItemClass attempt_class = {
  .run = attempt_run,
  .get_name = attempt_get_name,
  .drop = attempt_drop,
};

/**
 * pillion_retry_run:
 * @self: a retry
 * @loop: the loop that the attempts belong to
 * @name: what the task is called in reports
 * @cancellable: (nullable): cancels the task when it is cancelled
 * @func: (scope notified) (closure user_data) (destroy destroy): starts an attempt
 * @user_data: data for @func
 * @destroy: frees @user_data when @func is not called any more
 *
 * Creates a task that has the outcome of the first attempt that succeeds. The first attempt starts in a kick,
 * not inside this call. If an attempt does not succeed, another one starts after a pause; if that was the last
 * one, or trying again makes no sense, the task has its outcome.
 *
 * Cancelling the task between two attempts ends it at once. During an attempt, it cancels the attempt, if
 * nothing else waits for it, and the task ends like that. If @func returns %NULL, the task fails, and nothing
 * more is tried. [method@Pillion.Task.get_children] returns the attempts.
 *
 * Returns: (transfer full): a task that ends as an attempt; it fails with `G_IO_ERROR_CANCELLED`, with [error@Pillion.Error.FAILED] if @func returns no
 *   task, with `G_IO_ERROR_INVALID_ARGUMENT` or [error@Pillion.Error.DEADLOCK] if it returns one of another loop, or this very task or one that
 *   waits for it, or with [error@Pillion.Error.CLOSED]
 *
 * Since: 1.0
 */
PillionTask *(pillion_retry_run) (PillionRetry *self,
                                  PillionLoop *loop,
                                  const char *name,
                                  GCancellable *cancellable,
                                  PillionAttemptFunc func,
                                  gpointer user_data,
                                  GDestroyNotify destroy)
{
  PillionTask *task;
  Run *run;

  g_return_val_if_fail (PILLION_IS_RETRY (self), NULL);
  g_return_val_if_fail (PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (loop)), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (func != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  task = pillion_combinator_new (loop, name, cancellable, &run_class, sizeof (Run));
  run = (Run *) task->body;
  if (run == NULL)
    {
      if (destroy != NULL)
        destroy (user_data);
      return task;
    }

  run->settings = self->settings;
  run->predicate = pillion_callback_ref (self->predicate);
  run->callback = pillion_callback_new (G_CALLBACK (func), user_data, destroy);
  run->attempts = g_ptr_array_new ();
  run->timer.item.klass = &attempt_class;
  g_object_ref (task);
  pillion_core_push (pillion_core (loop), &run->timer.item);

  return task;
}

/**
 * pillion_retry_run_closure: (rename-to pillion_retry_run)
 * @self: a retry
 * @loop: the loop that the attempts belong to
 * @name: what the task is called in reports
 * @cancellable: (nullable): cancels the task when it is cancelled
 * @closure: starts an attempt: called with its number, a `guint`, it returns a [class@Pillion.Task]
 *
 * Like [method@Pillion.Retry.run], but takes a closure. For language bindings.
 *
 * Returns: (transfer full): a task that ends as an attempt; it fails as that of [method@Pillion.Retry.run] does
 *
 * Since: 1.0
 */
PillionTask *
pillion_retry_run_closure (PillionRetry *self,
                           PillionLoop *loop,
                           const char *name,
                           GCancellable *cancellable,
                           GClosure *closure)
{
  g_return_val_if_fail (PILLION_IS_RETRY (self), NULL);
  g_return_val_if_fail (PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (loop)), NULL);
  g_return_val_if_fail (name != NULL, NULL);
  g_return_val_if_fail (closure != NULL, NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);

  return (pillion_retry_run) (self, loop, name, cancellable, pillion_closure_number, pillion_closure_take (closure),
                              pillion_closure_let_go);
}
