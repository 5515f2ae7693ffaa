/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-task-watches.h"

#include "task/pillion-task-private.h"

/* The data of a done callback */
typedef struct
{
  PillionTaskWatches *watches; /* NULL once it was told or given up */
  PillionTask *task;           /* no reference: the task owns this */
  guint callback;
} Watch;

void
pillion_task_watches_init (PillionTaskWatches *self,
                           void (*notify) (gpointer owner),
                           gpointer owner)
{
  self->pending = NULL;
  g_queue_init (&self->done);
  self->notify = notify;
  self->owner = owner;
}

void
pillion_task_watches_clear (PillionTaskWatches *self)
{
  g_autoptr (GHashTable) pending = g_steal_pointer (&self->pending);
  GHashTableIter iter;
  Watch *watch;

  if (pending != NULL)
    {
      g_hash_table_iter_init (&iter, pending);
      while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &watch))
        {
          watch->watches = NULL;
          g_hash_table_iter_steal (&iter);
          /* The last thing that keeps the task may have been this */
          pillion_task_remove_done_callback (watch->task, watch->callback);
        }
    }

  g_queue_clear_full (&self->done, g_object_unref);
}

/* There is nothing more to wait for */
static void
tell (Watch *self)
{
  PillionTaskWatches *watches = g_steal_pointer (&self->watches);

  g_hash_table_remove (watches->pending, self->task);
  g_queue_push_tail (&watches->done, g_object_ref (self->task));
  watches->notify (watches->owner);
}

static void
on_done (PillionTask *task,
         gpointer user_data)
{
  tell (user_data);
}

/* After on_done (), or instead of it where the task's loop was closed, or somebody else has adopted the task: nobody else would tell */
static void
watch_free (gpointer data)
{
  Watch *self = data;

  if (self->watches != NULL)
    tell (self);
  g_free (self);
}

gboolean
pillion_task_watches_add (PillionTaskWatches *self,
                          PillionTask *task)
{
  PillionCore *core = pillion_core (task->loop);
  Watch *watch;

  if (!pillion_core_on_thread (core) || core->closed)
    return FALSE;

  if (self->pending == NULL)
    self->pending = g_hash_table_new (NULL, NULL);
  if (g_hash_table_contains (self->pending, task))
    return TRUE;

  watch = g_new (Watch, 1);
  watch->watches = self;
  watch->task = task;
  g_hash_table_insert (self->pending, task, watch);
  watch->callback = pillion_task_add_relay_callback (task, on_done, watch, watch_free);
  return TRUE;
}

gboolean
pillion_task_watches_give_up (PillionTaskWatches *self,
                              PillionTask *task)
{
  Watch *watch = self->pending != NULL ? g_hash_table_lookup (self->pending, task) : NULL;

  if (watch == NULL)
    {
      if (pillion_core_on_thread (pillion_core (task->loop)))
        pillion_task_take_back (task);
      return FALSE;
    }

  g_hash_table_remove (self->pending, task);
  watch->watches = NULL;
  pillion_task_give_up (task, watch->callback);
  return TRUE;
}

PillionTask *
pillion_task_watches_take (PillionTaskWatches *self)
{
  return g_queue_pop_head (&self->done);
}
