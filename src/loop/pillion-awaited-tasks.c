/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-awaited-tasks.h"

#include "base/pillion-sync.h"
#include "task/pillion-task-private.h"

struct _PillionAwaitedTasks
{
  int n_refs;          /* atomic: one for the owner, and one for each Watch */
  PillionLoop *loop;   /* not referenced: a queue of this loop may be what keeps this alive */
  GHashTable *pending; /* task → Watch, which the task owns; NULL until there is one */
  GQueue done;         /* of tasks, each with a reference */
  void (*notify) (gpointer owner);
  gpointer owner;      /* not referenced: while the loop is open, the owner clears this before it goes */
};

/* The data of a done callback */
typedef struct
{
  PillionAwaitedTasks *tasks; /* a reference; NULL once it was reported or given up */
  PillionLoop *loop;          /* the loop of those, with a reference if the task, which has one, is of another loop */
  PillionTask *task;          /* not referenced: the task owns this */
  guint callback;
} Watch;

PillionAwaitedTasks *
pillion_awaited_tasks_new (PillionLoop *loop,
                           void (*notify) (gpointer owner),
                           gpointer owner)
{
  PillionAwaitedTasks *self = g_new0 (PillionAwaitedTasks, 1);

  self->n_refs = 1;
  self->loop = loop;
  self->notify = notify;
  self->owner = owner;

  return self;
}

void
pillion_awaited_tasks_unref (PillionAwaitedTasks *self)
{
  if (__atomic_sub_fetch (&self->n_refs, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  g_queue_clear_full (&self->done, g_object_unref);
  g_clear_pointer (&self->pending, g_hash_table_unref);
  g_free (self);
}

/* What has stopped to wait lets go of what it waited for */
static void
release (Watch *watch)
{
  pillion_awaited_tasks_unref (g_steal_pointer (&watch->tasks));
  if (watch->loop != NULL)
    pillion_sync_unref (g_steal_pointer (&watch->loop));
}

/* Stops waiting for the task, which keeps the watch until it drops it */
static void
forget (Watch *watch)
{
  g_hash_table_remove (watch->tasks->pending, watch->task);
  release (watch);
}

void
pillion_awaited_tasks_clear (PillionAwaitedTasks *self)
{
  g_autoptr (GHashTable) pending = g_steal_pointer (&self->pending);
  GHashTableIter iter;
  Watch *watch;

  if (pending != NULL)
    {
      g_hash_table_iter_init (&iter, pending);
      while (g_hash_table_iter_next (&iter, NULL, (gpointer *) &watch))
        {
          release (watch);
          g_hash_table_iter_steal (&iter);
          /* This may have been the last reference to the task */
          pillion_task_remove_done_callback (watch->task, watch->callback);
        }
    }

  g_queue_clear_full (&self->done, g_object_unref);
}

/* There is nothing left to wait for */
static void
tell (Watch *self)
{
  PillionAwaitedTasks *tasks = self->tasks;

  g_hash_table_remove (tasks->pending, self->task);
  g_queue_push_tail (&tasks->done, g_object_ref (self->task));
  /* If its loop is closed, which this thread would know, the owner may be gone */
  if (!pillion_core (tasks->loop)->closed)
    tasks->notify (tasks->owner);
  release (self);
}

static void
on_done (PillionTask *task,
         gpointer user_data)
{
  tell (user_data);
}

/* Called after on_done (), or instead of it if the task's loop was closed or other code has adopted the task:
 * nothing else would report that */
static void
watch_free (gpointer data)
{
  Watch *self = data;

  if (self->tasks != NULL)
    tell (self);
  g_free (self);
}

gboolean
pillion_awaited_tasks_add (PillionAwaitedTasks *self,
                           PillionTask *task)
{
  PillionCore *core = pillion_core (task->loop);
  Watch *watch;

  if (!pillion_core_on_thread (core) || pillion_task_is_deaf (task))
    return FALSE;

  if (self->pending == NULL)
    self->pending = g_hash_table_new (NULL, NULL);
  if (g_hash_table_contains (self->pending, task))
    return TRUE;

  watch = g_new (Watch, 1);
  watch->tasks = self;
  __atomic_add_fetch (&self->n_refs, 1, __ATOMIC_RELAXED);
  watch->loop = task->loop != self->loop ? g_object_ref (self->loop) : NULL;
  watch->task = task;
  g_hash_table_insert (self->pending, task, watch);
  watch->callback = pillion_task_add_callback (task, PILLION_CALLBACK_RELAYS, on_done, watch, watch_free);
  return TRUE;
}

gboolean
pillion_awaited_tasks_give_up (PillionAwaitedTasks *self,
                               PillionTask *task)
{
  Watch *watch = self->pending != NULL ? g_hash_table_lookup (self->pending, task) : NULL;

  if (watch == NULL)
    {
      /* It was told, but may not have asked for the result */
      if (pillion_core_on_thread (pillion_core (task->loop)) && pillion_task_is_done (task))
        pillion_task_cancel (task);
      return FALSE;
    }

  forget (watch);
  pillion_task_give_up (task, watch->callback);
  return TRUE;
}

PillionTask *
pillion_awaited_tasks_take (PillionAwaitedTasks *self)
{
  return g_queue_pop_head (&self->done);
}
