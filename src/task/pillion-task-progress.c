/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-private.h"

#include "base/pillion-sync.h"

/* How much time lies between two samples of the rate, in µs, and how much of it a sample replaces */
#define SAMPLE_USEC 250000
#define SAMPLE_WEIGHT 0.4

static const PillionItemClass progress_class;

/* Ends a change. Called with the lock held, and releases it. */
static void
changed (PillionTask *self,
         PillionTaskExtra *extra,
         PillionTaskProgress what)
{
  gboolean is_first = !extra->progress_queued;

  extra->progress_changed |= what | PILLION_PROGRESS_SAID;
  extra->progress_queued = TRUE;
  if (extra->progress_note == NULL)
    extra->progress_note = pillion_note_new (self, &progress_class);
  pillion_mutex_unlock (&extra->lock);

  if (is_first)
    {
      pillion_core_push (pillion_core (self->loop), pillion_note_take (extra->progress_note));
    }
}

static void
pass_on (PillionTaskExtra *from,
         PillionTaskDone *done)
{
  PillionTaskExtra *to;
  gint64 completed, total;
  const char *unit;
  char *message, *old;
  double rate;

  if (done->func == NULL || !done->stand_in || pillion_task_is_done (done->data))
    return;

  pillion_mutex_lock (&from->lock);
  completed = from->completed;
  total = from->total;
  rate = from->rate;
  unit = from->unit;
  message = g_strdup (from->message);
  pillion_mutex_unlock (&from->lock);

  to = pillion_task_get_extra (done->data);
  pillion_mutex_lock (&to->lock);
  to->completed = completed;
  to->total = total;
  to->rate = rate;
  to->unit = unit;
  old = to->message;
  to->message = message;
  changed (done->data, to, PILLION_PROGRESS_COMPLETED | PILLION_PROGRESS_TOTAL | PILLION_PROGRESS_RATE | PILLION_PROGRESS_UNIT |
                           PILLION_PROGRESS_MESSAGE);
  g_free (old);
}

void
pillion_task_flush_progress (PillionTask *self)
{
  PillionTaskExtra *extra = __atomic_load_n (&self->extra, __ATOMIC_ACQUIRE);
  PillionTaskProgress what;

  if (extra == NULL)
    return;

  /* Before the signal, so that later changes are reported again */
  pillion_mutex_lock (&extra->lock);
  what = extra->progress_changed;
  extra->progress_changed = 0;
  pillion_mutex_unlock (&extra->lock);
  if (what == 0)
    return;

  pillion_task_emit_progress (self, what);

  /* Tasks that stand for this one */
  pass_on (extra, &self->first);
  for (GList *link = self->others != NULL ? self->others->head : NULL; link != NULL; link = link->next)
    pass_on (extra, link->data);
}

static gboolean
progress_run (PillionItem *item,
              PillionCore *core)
{
  PillionTask *task = pillion_note_release (item);
  PillionTaskExtra *extra;

  if (task == NULL)
    return FALSE;

  extra = task->extra;
  if (extra->progress_turn == core->turn)
    {
      /* Once a kick */
      pillion_core_push_later (core, pillion_note_take (extra->progress_note));
    }
  else
    {
      extra->progress_turn = core->turn;

      /* Before the signal, so that later changes queue the item again */
      pillion_mutex_lock (&extra->lock);
      extra->progress_queued = FALSE;
      pillion_mutex_unlock (&extra->lock);

      pillion_task_flush_progress (task);
    }
  pillion_sync_unref (task);

  return FALSE;
}

static const char *
progress_get_name (PillionItem *item)
{
  PillionTask *task = g_weak_ref_get (&((PillionNote *) item)->object);
  const char *name = "progress";

  /* While the task is live, the loop keeps it, and so its name */
  if (task != NULL && task->live)
    name = task->name;
  if (task != NULL)
    pillion_sync_unref (task);

  return name;
}

static void
progress_drop (PillionItem *item)
{
  PillionTask *task = pillion_note_release (item);

  if (task != NULL)
    pillion_sync_unref (task);
}

static const PillionItemClass progress_class = {
  .run = progress_run,
  .get_name = progress_get_name,
  .drop = progress_drop,
};

PillionTaskExtra *
pillion_task_get_extra (PillionTask *self)
{
  PillionTaskExtra *extra = __atomic_load_n (&self->extra, __ATOMIC_ACQUIRE);
  PillionTaskExtra *other = NULL;

  if (extra != NULL)
    return extra;

  extra = g_new0 (PillionTaskExtra, 1);
  extra->total = -1;
  g_mutex_init (&extra->lock);

  if (__atomic_compare_exchange_n (&self->extra, &other, extra, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    return extra;

  /* Another thread was faster */
  g_mutex_clear (&extra->lock);
  g_free (extra);
  return other;
}

void
pillion_task_extra_free (PillionTaskExtra *extra)
{
  g_clear_pointer (&extra->progress_note, pillion_note_unref);
  g_clear_object (&extra->parent);
  g_mutex_clear (&extra->lock);
  g_free (extra->message);
  g_free (extra);
}

/* Returns whether the rate has changed */
static gboolean
sample_rate (PillionTaskExtra *extra,
             gint64 completed)
{
  double before = extra->rate;
  gint64 now = g_get_monotonic_time ();
  gint64 elapsed = now - extra->sample_time;

  if (extra->sample_time == 0 || completed < extra->sample_completed)
    {
      extra->sample_time = now;
      extra->sample_completed = completed;
      extra->rate = 0.0;
    }
  else if (elapsed >= SAMPLE_USEC)
    {
      double rate = (double) (completed - extra->sample_completed) * G_USEC_PER_SEC / elapsed;

      extra->rate = extra->rate == 0.0 ? rate : (1.0 - SAMPLE_WEIGHT) * extra->rate + SAMPLE_WEIGHT * rate;
      extra->sample_time = now;
      extra->sample_completed = completed;
    }

  return extra->rate != before;
}

/**
 * pillion_task_set_progress:
 * @self: a task
 * @completed: how much is done, in the task's unit
 * @total: how much there is, or -1 if that is not known
 *
 * Sets how far the work of the task has come, from any thread. However often it is called, the properties notify and
 * [signal@Pillion.Task::progress] is emitted once a kick, the last time right before the done callbacks. It does nothing to a task that is
 * done.
 *
 * Since: 1.0
 */
void
pillion_task_set_progress (PillionTask *self,
                           gint64 completed,
                           gint64 total)
{
  PillionTaskProgress what = 0;
  PillionTaskExtra *extra;

  g_return_if_fail (PILLION_IS_TASK (self));
  g_return_if_fail (self->loop != NULL);
  g_return_if_fail (completed >= 0);
  g_return_if_fail (total >= -1);

  /* A late change must not be reported after the done callbacks */
  if (pillion_task_is_done (self))
    return;

  extra = pillion_task_get_extra (self);
  pillion_mutex_lock (&extra->lock);
  if (extra->completed != completed)
    what |= PILLION_PROGRESS_COMPLETED;
  if (extra->total != total)
    what |= PILLION_PROGRESS_TOTAL;
  extra->completed = completed;
  extra->total = total;
  if (sample_rate (extra, completed))
    what |= PILLION_PROGRESS_RATE;
  changed (self, extra, what);
}

/**
 * pillion_task_set_unit:
 * @self: a task
 * @unit: (nullable): what the progress counts, such as `bytes`
 *
 * Sets what the progress counts, from any thread.
 *
 * Since: 1.0
 */
void
pillion_task_set_unit (PillionTask *self,
                       const char *unit)
{
  PillionTaskExtra *extra;

  g_return_if_fail (PILLION_IS_TASK (self));
  g_return_if_fail (self->loop != NULL);

  if (pillion_task_is_done (self))
    return;

  extra = pillion_task_get_extra (self);
  pillion_mutex_lock (&extra->lock);
  /* A program has few units, and this way they stay valid for those that asked */
  extra->unit = g_intern_string (unit);
  changed (self, extra, PILLION_PROGRESS_UNIT);
}

/**
 * pillion_task_set_message:
 * @self: a task
 * @message: (nullable): what is being done, for a person to read
 *
 * Sets a message that says what the task is doing, from any thread.
 *
 * Since: 1.0
 */
void
pillion_task_set_message (PillionTask *self,
                          const char *message)
{
  PillionTaskExtra *extra;
  char *copy, *old;

  g_return_if_fail (PILLION_IS_TASK (self));
  g_return_if_fail (self->loop != NULL);

  if (pillion_task_is_done (self))
    return;

  copy = g_strdup (message);
  extra = pillion_task_get_extra (self);
  pillion_mutex_lock (&extra->lock);
  old = extra->message;
  extra->message = copy;
  changed (self, extra, PILLION_PROGRESS_MESSAGE);
  g_free (old);
}

/**
 * pillion_task_get_completed: (get-property completed)
 * @self: a task
 *
 * Returns how much of the work is done, from any thread.
 *
 * Returns: how much, in the task's unit; 0 if nothing was said
 *
 * Since: 1.0
 */
gint64
pillion_task_get_completed (PillionTask *self)
{
  PillionTaskExtra *extra;
  gint64 completed = 0;

  g_return_val_if_fail (PILLION_IS_TASK (self), 0);

  extra = __atomic_load_n (&self->extra, __ATOMIC_ACQUIRE);
  if (extra != NULL)
    {
      pillion_mutex_lock (&extra->lock);
      completed = extra->completed;
      pillion_mutex_unlock (&extra->lock);
    }

  return completed;
}

/**
 * pillion_task_get_total: (get-property total)
 * @self: a task
 *
 * Returns how much work there is, from any thread.
 *
 * Returns: how much, in the task's unit; -1 if that is not known
 *
 * Since: 1.0
 */
gint64
pillion_task_get_total (PillionTask *self)
{
  PillionTaskExtra *extra;
  gint64 total = -1;

  g_return_val_if_fail (PILLION_IS_TASK (self), -1);

  extra = __atomic_load_n (&self->extra, __ATOMIC_ACQUIRE);
  if (extra != NULL)
    {
      pillion_mutex_lock (&extra->lock);
      total = extra->total;
      pillion_mutex_unlock (&extra->lock);
    }

  return total;
}

/**
 * pillion_task_get_unit: (get-property unit)
 * @self: a task
 *
 * Returns what the progress counts, from any thread.
 *
 * Returns: (nullable): the unit, or %NULL if nothing was said
 *
 * Since: 1.0
 */
const char *
pillion_task_get_unit (PillionTask *self)
{
  PillionTaskExtra *extra;
  const char *unit = NULL;

  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);

  extra = __atomic_load_n (&self->extra, __ATOMIC_ACQUIRE);
  if (extra != NULL)
    {
      pillion_mutex_lock (&extra->lock);
      unit = extra->unit;
      pillion_mutex_unlock (&extra->lock);
    }

  return unit;
}

/**
 * pillion_task_dup_message: (get-property message)
 * @self: a task
 *
 * Gets the message that says what the task is doing, from any thread.
 *
 * Returns: (transfer full) (nullable): the message, or %NULL if nothing was said
 *
 * Since: 1.0
 */
char *
pillion_task_dup_message (PillionTask *self)
{
  PillionTaskExtra *extra;
  char *message = NULL;

  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);

  extra = __atomic_load_n (&self->extra, __ATOMIC_ACQUIRE);
  if (extra != NULL)
    {
      pillion_mutex_lock (&extra->lock);
      message = g_strdup (extra->message);
      pillion_mutex_unlock (&extra->lock);
    }

  return message;
}

/**
 * pillion_task_get_rate: (get-property rate)
 * @self: a task
 *
 * Gets how fast the work proceeds, averaged over about a second, from any thread.
 *
 * Returns: how much is done a second, in the task's unit; 0 if too little was seen
 *
 * Since: 1.0
 */
double
pillion_task_get_rate (PillionTask *self)
{
  PillionTaskExtra *extra;
  double rate = 0.0;

  g_return_val_if_fail (PILLION_IS_TASK (self), 0.0);

  extra = __atomic_load_n (&self->extra, __ATOMIC_ACQUIRE);
  if (extra != NULL)
    {
      pillion_mutex_lock (&extra->lock);
      rate = extra->rate;
      pillion_mutex_unlock (&extra->lock);
    }

  return rate;
}
