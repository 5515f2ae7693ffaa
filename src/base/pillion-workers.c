/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "base/pillion-workers.h"

#include "base/pillion-sync.h"

/* How long a thread waits for work before it ends */
#define IDLE_USEC (15 * G_USEC_PER_SEC)

typedef struct
{
  PillionWorkFunc func;
  gpointer data;
} Work;

/* Everything is under the lock */
struct _PillionWorkers
{
  GMutex lock;
  GCond work_cond;
  GCond ended_cond;
  GQueue queue;
  guint max_threads;
  guint n_threads;
  guint n_idle;
  GSList *ended; /* threads to join */
  gboolean closed;
  gboolean abandoned; /* nothing waits for the threads any more: the last one frees the pool */
};

static void
join_ended (PillionWorkers *self)
{
  GSList *ended = g_steal_pointer (&self->ended);

  for (GSList *link = ended; link != NULL; link = link->next)
    g_thread_join (link->data);
  g_slist_free (ended);
}

static void
workers_free (PillionWorkers *self)
{
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->work_cond);
  g_cond_clear (&self->ended_cond);
  g_free (self);
}

/* Whether a thread has nothing to do */
static gboolean
has_spare (PillionWorkers *self)
{
  return self->n_idle > self->queue.length;
}

/* Returns NULL if the thread has to end */
static Work *
wait_for_work (PillionWorkers *self)
{
  gint64 end_time = g_get_monotonic_time () + IDLE_USEC;
  gboolean in_time = TRUE;

  while (g_queue_is_empty (&self->queue) && !self->closed && in_time && self->n_threads <= self->max_threads)
    in_time = pillion_cond_wait_until (&self->work_cond, &self->lock, end_time);
  self->n_idle--;

  if (self->n_threads > self->max_threads && !self->closed)
    {
      /* One too many: the others do what is queued. This one may have been woken for it, so wake another. */
      g_cond_signal (&self->work_cond);
      return NULL;
    }

  return g_queue_pop_head (&self->queue);
}

static gpointer
run (gpointer data)
{
  PillionWorkers *self = data;
  gboolean last_of_abandoned;
  Work *work;

  pillion_mutex_lock (&self->lock);
  while ((work = wait_for_work (self)) != NULL)
    {
      pillion_mutex_unlock (&self->lock);
      work->func (work->data);
      g_free (work);
      pillion_mutex_lock (&self->lock);
      self->n_idle++;
    }

  self->n_threads--;
  last_of_abandoned = self->abandoned && self->n_threads == 0;
  if (self->abandoned)
    g_thread_unref (g_thread_self ());
  else
    self->ended = g_slist_prepend (self->ended, g_thread_self ());
  g_cond_broadcast (&self->ended_cond);
  pillion_mutex_unlock (&self->lock);

  if (last_of_abandoned)
    {
      join_ended (self);
      workers_free (self);
    }

  return NULL;
}

PillionWorkers *
pillion_workers_new (guint max_threads)
{
  PillionWorkers *self = g_new0 (PillionWorkers, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->work_cond);
  g_cond_init (&self->ended_cond);
  g_queue_init (&self->queue);
  self->max_threads = max_threads;

  return self;
}

/* Starts as many threads as there is work that no idle one will take. Sets @error if there is no thread at
 * all. */
static gboolean
add_threads (PillionWorkers *self,
             GError **error)
{
  guint wanted = self->queue.length > self->n_idle ? self->queue.length - self->n_idle : 0;

  while (wanted-- > 0 && self->n_threads < self->max_threads)
    {
      /* If the system can't start more threads, the existing ones do the work */
      if (g_thread_try_new ("pillion-worker", run, self, self->n_threads == 0 ? error : NULL) == NULL)
        return self->n_threads > 0;
      self->n_threads++;
      self->n_idle++; /* until it has taken the work */
    }

  return TRUE;
}

void
pillion_workers_set_max (PillionWorkers *self,
                         guint max_threads)
{
  pillion_mutex_lock (&self->lock);
  self->max_threads = max_threads;
  add_threads (self, NULL);
  g_cond_broadcast (&self->work_cond);
  pillion_mutex_unlock (&self->lock);
}

gboolean
pillion_workers_push (PillionWorkers *self,
                      PillionWorkFunc func,
                      gpointer data,
                      GError **error)
{
  Work *work = g_new (Work, 1);
  gboolean pushed;

  work->func = func;
  work->data = data;

  pillion_mutex_lock (&self->lock);
  g_queue_push_tail (&self->queue, work);
  join_ended (self);
  pushed = add_threads (self, error);
  if (pushed)
    g_cond_signal (&self->work_cond);
  else
    g_free (g_queue_pop_tail (&self->queue));
  pillion_mutex_unlock (&self->lock);

  return pushed;
}

guint
pillion_workers_close (PillionWorkers *self,
                       gint64 busy_time,
                       gint64 idle_time)
{
  gboolean in_time = TRUE;
  guint left;

  pillion_mutex_lock (&self->lock);
  self->closed = TRUE;
  g_cond_broadcast (&self->work_cond);
  while (self->n_threads > 0 && in_time)
    in_time = pillion_cond_wait_until (&self->ended_cond, &self->lock, busy_time);
  in_time = TRUE;
  while (has_spare (self) && in_time)
    in_time = pillion_cond_wait_until (&self->ended_cond, &self->lock, idle_time);
  left = self->n_threads;
  self->abandoned = left > 0;
  join_ended (self);
  pillion_mutex_unlock (&self->lock);

  if (left == 0)
    workers_free (self);

  return left;
}
