/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-private.h"

#include "core/pillion-closure.h"

/* The done callbacks of a task: which are called, and in which order. */

gboolean
pillion_task_take_callback (PillionTask *self,
                            PillionTaskDone *done)
{
  if (self->first.func != NULL)
    {
      *done = self->first;
      self->first.func = NULL;
      return TRUE;
    }

  if (self->others != NULL && !g_queue_is_empty (self->others))
    {
      PillionTaskDone *other = g_queue_pop_head (self->others);

      *done = *other;
      g_free (other);
      return TRUE;
    }

  return FALSE;
}

void
pillion_task_free_callbacks (PillionTask *self)
{
  PillionTaskDone done;

  while (pillion_task_take_callback (self, &done))
    pillion_task_done_clear (&done);
}

static inline gboolean
watches (PillionTaskDone *done)
{
  return done->kind == PILLION_CALLBACK_WATCHES;
}

/* Those that watch come last: they are told when the task is over for everybody else */
static void
add_before_watchers (PillionTask *self,
                     PillionTaskDone *done)
{
  GList *link = self->others->tail;

  while (link != NULL && watches (link->data))
    link = link->prev;

  if (link == NULL && self->first.func != NULL && watches (&self->first))
    {
      g_queue_push_head (self->others, g_memdup2 (&self->first, sizeof self->first));
      self->first = *done;
    }
  else if (link == NULL)
    {
      g_queue_push_head (self->others, g_memdup2 (done, sizeof *done));
    }
  else
    {
      g_queue_insert_after (self->others, link, g_memdup2 (done, sizeof *done));
    }
}

static PillionTaskDone *
find_callback (PillionTask *self,
               guint id)
{
  if (self->first.func != NULL && self->first.id == id)
    return &self->first;

  for (GList *link = self->others != NULL ? self->others->tail : NULL; link != NULL; link = link->prev)
    {
      PillionTaskDone *done = link->data;

      if (done->id == id)
        return done;
    }

  return NULL;
}

/* A task that lives as long as the program, and that all of its requests wait for, runs out of ids within days */
static guint
take_id (PillionTask *self)
{
  do
    {
      self->last_id++;
      if (self->last_id == 0)
        self->ids_again = TRUE;
    }
  while (self->last_id == 0 || (self->ids_again && find_callback (self, self->last_id) != NULL));

  return self->last_id;
}

gboolean
pillion_task_is_deaf (PillionTask *self)
{
  return pillion_core (self->loop)->closed || (!self->live && !pillion_task_is_done (self));
}

guint
pillion_task_add_callback (PillionTask *self,
                           PillionCallbackKind kind,
                           PillionTaskDoneFunc func,
                           gpointer user_data,
                           GDestroyNotify destroy)
{
  PillionTaskDone done = { func, user_data, destroy, take_id (self), kind };
  PillionCore *core = pillion_core (self->loop);

  pillion_task_look (self);
  if (!pillion_task_has_callback (self))
    {
      self->first = done;
    }
  else
    {
      if (self->others == NULL)
        self->others = g_queue_new ();
      if (kind == PILLION_CALLBACK_WATCHES)
        g_queue_push_tail (self->others, g_memdup2 (&done, sizeof done));
      else
        add_before_watchers (self, &done);
    }

  if (!self->queued && !core->closed)
    {
      self->queued = TRUE;
      pillion_core_push_local (core, &g_object_ref (self)->item);
    }

  return done.id;
}

gboolean
pillion_task_is_delivered (PillionTask *self,
                           guint id)
{
  guint next;

  if (self->live)
    return FALSE;
  /* If one of them is on the stack, the rest can't be called before it returns */
  if (!self->queued || self->running || !pillion_task_has_callback (self))
    return TRUE;

  /* Ids start again, so "later" means by less than half of all there are */
  next = self->first.func != NULL ? self->first.id : ((PillionTaskDone *) g_queue_peek_head (self->others))->id;
  return next != id && ((next - id) & ((1 << PILLION_TASK_ID_BITS) - 1)) < 1 << (PILLION_TASK_ID_BITS - 1);
}

void
pillion_task_pass_progress (PillionTask *self,
                            guint id)
{
  PillionTaskDone *done = find_callback (self, id);

  if (done != NULL)
    done->stand_in = TRUE;
}

static inline gboolean
waits (PillionTaskDone *done,
       gconstpointer except)
{
  return done->func != NULL && !watches (done) && (except == NULL || done->data != except);
}

gboolean
pillion_task_is_awaited_by_others (PillionTask *self,
                                   gconstpointer data)
{
  if (waits (&self->first, data))
    return TRUE;

  for (GList *link = self->others != NULL ? self->others->head : NULL; link != NULL; link = link->next)
    {
      if (waits (link->data, data))
        return TRUE;
    }

  return FALSE;
}

gboolean
pillion_task_is_awaited (PillionTask *self)
{
  return pillion_task_is_awaited_by_others (self, NULL);
}

gpointer
pillion_task_find_watcher (PillionTask *self,
                           PillionTaskDoneFunc func)
{
  if (self->first.func == func && watches (&self->first))
    return self->first.data;

  for (GList *link = self->others != NULL ? self->others->tail : NULL; link != NULL; link = link->prev)
    {
      PillionTaskDone *done = link->data;

      if (!watches (done))
        break;
      if (done->func == func)
        return done->data;
    }

  return NULL;
}

void
pillion_task_remove_waiters (PillionTask *self)
{
  PillionTaskDone first = self->first;
  GQueue removed = G_QUEUE_INIT;
  PillionTaskDone *done;
  GList *next;

  if (waits (&first, NULL))
    self->first.func = NULL;
  else
    first.func = NULL;
  for (GList *link = self->others != NULL ? self->others->head : NULL; link != NULL; link = next)
    {
      next = link->next;
      if (watches (link->data))
        continue;
      g_queue_unlink (self->others, link);
      g_queue_push_tail_link (&removed, link);
    }

  /* Only now, because callbacks that their destroy functions add are kept */
  if (first.func != NULL)
    pillion_task_done_clear (&first);
  while ((done = g_queue_pop_head (&removed)) != NULL)
    {
      pillion_task_done_clear (done);
      g_free (done);
    }
}

void
pillion_task_stop_waiting (PillionTask *self,
                           guint id)
{
  PillionTaskDone *done = find_callback (self, id);

  if (done != NULL)
    done->kind = PILLION_CALLBACK_WATCHES;
}

void
pillion_task_give_up (PillionTask *self,
                      guint id)
{
  g_object_ref (self);
  pillion_task_remove_done_callback (self, id);
  if (!pillion_task_is_awaited (self))
    pillion_task_cancel (self);
  g_object_unref (self);
}

/**
 * pillion_task_add_done_callback:
 * @self: a task
 * @func: (scope notified) (closure user_data) (destroy destroy): called when the task is done
 * @user_data: data for @func
 * @destroy: frees @user_data after the call, when the callback is removed, or at once if the loop is closed
 *
 * Adds a function that is called once on the loop's thread when the task is done, after those that were added
 * before, and never inside this call, even if the task is already done. If a callback of the same task adds it,
 * it may be called in the same kick. If the loop is closed, it is never called. On the loop's thread only.
 *
 * Returns: a number for [method@Pillion.Task.remove_done_callback], never 0
 *
 * Since: 1.0
 */
guint
pillion_task_add_done_callback (PillionTask *self,
                                PillionTaskDoneFunc func,
                                gpointer user_data,
                                GDestroyNotify destroy)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), 0);
  g_return_val_if_fail (self->loop != NULL, 0);
  g_return_val_if_fail (func != NULL, 0);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (self->loop)), 0);

  /* Whoever ends or drops the task later may be on another thread, so nothing is left to it */
  if (G_UNLIKELY (pillion_task_is_deaf (self)))
    {
      guint id = take_id (self);

      pillion_task_look (self);
      if (destroy != NULL)
        destroy (user_data);
      return id;
    }

  return pillion_task_add_callback (self, PILLION_CALLBACK_WAITS, func, user_data, destroy);
}

/**
 * pillion_task_add_done_closure: (rename-to pillion_task_add_done_callback)
 * @self: a task
 * @closure: what is called when the task is done, with the task
 *
 * Like [method@Pillion.Task.add_done_callback], but takes a closure. For language bindings: PyGObject 3.42 never frees all of what it allocates
 * for a function, but does for a closure.
 *
 * Returns: a number for [method@Pillion.Task.remove_done_callback], never 0
 *
 * Since: 1.0
 */
guint
pillion_task_add_done_closure (PillionTask *self,
                               GClosure *closure)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), 0);
  g_return_val_if_fail (self->loop != NULL, 0);
  g_return_val_if_fail (closure != NULL, 0);
  g_return_val_if_fail (pillion_core_on_thread (pillion_core (self->loop)), 0);

  return pillion_task_add_done_callback (self, pillion_closure_call_done, pillion_closure_take (closure), pillion_closure_let_go);
}

/**
 * pillion_task_remove_done_callback:
 * @self: a task
 * @id: what [method@Pillion.Task.add_done_callback] returned
 *
 * Removes a callback that has not been called yet. On the loop's thread only.
 *
 * Returns: whether it was there
 *
 * Since: 1.0
 */
gboolean
pillion_task_remove_done_callback (PillionTask *self,
                                   guint id)
{
  PillionTaskDone done;

  g_return_val_if_fail (PILLION_IS_TASK (self), FALSE);
  g_return_val_if_fail (self->loop == NULL || pillion_core_on_thread (pillion_core (self->loop)), FALSE);

  if (self->first.func != NULL && self->first.id == id)
    {
      done = self->first;
      self->first.func = NULL;
      pillion_task_done_clear (&done);
      return TRUE;
    }

  for (GList *link = self->others != NULL ? self->others->head : NULL; link != NULL; link = link->next)
    {
      PillionTaskDone *other = link->data;

      if (other->id == id)
        {
          g_queue_delete_link (self->others, link);
          pillion_task_done_clear (other);
          g_free (other);
          return TRUE;
        }
    }

  return FALSE;
}
