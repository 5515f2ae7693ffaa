/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-private.h"

#include "base/pillion-sync.h"

/* How a request to end gets to whatever works on a task. */

static PillionTaskBody *
body_from_item (PillionItem *item)
{
  return (PillionTaskBody *) ((char *) item - G_STRUCT_OFFSET (PillionTaskBody, cancel_item));
}

/* If nobody got the task's result, or will get it, it goes to the next in line. On the loop's thread; the task has succeeded. */
static void
give_back (PillionTask *self)
{
  PillionTaskBody *body = self->body;

  if (body->klass->unwanted == NULL || pillion_core (self->loop)->closed || pillion_task_is_taken (self) || pillion_task_is_awaited (self))
    return;

  /* By the next in line */
  pillion_task_take_outcome (self);
  body->klass->unwanted (body);
}

/* On the loop's thread */
static void
ask_body (PillionTaskBody *self)
{
  PillionTask *task = self->task;

  if (pillion_task_load_state (task) == PILLION_TASK_PENDING)
    {
      if (task->live)
        self->klass->cancelled (self);
    }
  else if (pillion_task_load_state (task) == PILLION_TASK_SUCCEEDED)
    {
      /* If somebody waits for it now, they may give it up later */
      __atomic_store_n (&self->told, FALSE, __ATOMIC_SEQ_CST);
      give_back (task);
    }
}

/* A reference of the task came with the item */
static gboolean
body_cancel_run (PillionItem *item,
                 PillionCore *core)
{
  PillionTaskBody *self = body_from_item (item);
  PillionTask *task = self->task;

  pillion_task_take_loop (task);
  ask_body (self);
  pillion_sync_unref (task);

  return FALSE;
}

static const char *
body_cancel_get_name (PillionItem *item)
{
  return body_from_item (item)->task->name;
}

static void
body_cancel_drop (PillionItem *item)
{
  PillionTask *task = body_from_item (item)->task;

  pillion_task_forget_loop (task);
  pillion_sync_unref (task);
}

static const PillionItemClass body_cancel_class = {
  .run = body_cancel_run,
  .get_name = body_cancel_get_name,
  .drop = body_cancel_drop,
};

static gboolean
request_run (PillionItem *item,
             PillionCore *core)
{
  PillionTask *task = pillion_note_release (item);

  if (task != NULL)
    {
      ask_body (task->body);
      pillion_sync_unref (task);
    }

  return FALSE;
}

static const char *
request_get_name (PillionItem *item)
{
  return "request to end";
}

static void
request_drop (PillionItem *item)
{
  PillionTask *task = pillion_note_release (item);

  if (task != NULL)
    pillion_sync_unref (task);
}

static const PillionItemClass request_class = {
  .run = request_run,
  .get_name = request_get_name,
  .drop = request_drop,
};

static void
tell_body (PillionTask *self)
{
  PillionTaskBody *body = __atomic_load_n (&self->body, __ATOMIC_SEQ_CST);
  PillionCore *core = pillion_core (self->loop);

  if (body == NULL || __atomic_exchange_n (&body->told, TRUE, __ATOMIC_SEQ_CST))
    return;

  if (body->klass->cancelled_at_once != NULL)
    {
      body->klass->cancelled_at_once (body);
      return;
    }

  /* While it lives, the loop keeps it */
  if (pillion_core_on_thread (core) && self->live)
    {
      g_object_ref (self);
      pillion_core_push (core, &body->cancel_item);
    }
  else
    {
      PillionNote *note = pillion_note_new (self, &request_class);

      /* With the only reference: there is just one request */
      pillion_core_push (core, &note->item);
    }
}

gboolean
pillion_task_is_left_over (PillionTask *self)
{
  PillionTaskBody *body = self->body;

  if (G_LIKELY (body == NULL || body->klass->unwanted == NULL || !__atomic_load_n (&body->told, __ATOMIC_SEQ_CST)))
    return FALSE;

  pillion_sync_acquire (self);
  return pillion_task_load_state (self) == PILLION_TASK_SUCCEEDED && !pillion_loop_is_closed (self->loop) &&
         !pillion_task_is_taken (self) && !pillion_task_is_awaited (self);
}

void
pillion_task_set_body (PillionTask *self,
                       PillionTaskBody *body,
                       const PillionTaskBodyClass *klass)
{
  g_assert (self->body == NULL);

  body->klass = klass;
  body->task = self;
  body->cancel_item.klass = &body_cancel_class;
  body->told = FALSE;
  __atomic_store_n (&self->body, body, __ATOMIC_SEQ_CST);

  /* The cancellable that it was made with may be cancelled, by now or from another thread */
  if (__atomic_load_n (&self->cancelled, __ATOMIC_SEQ_CST))
    tell_body (self);
  /* A handler of the task's signal may have asked for its cancellable */
  else if (self->cancellable != NULL && self->live)
    pillion_task_get_extra (self)->own_handler = pillion_task_follow (self, self->cancellable);
}

/* On any thread */
static void
on_cancelled (GCancellable *cancellable,
              gpointer task)
{
  pillion_sync_acquire (task);
  pillion_task_cancel (task);
  /* The closure's reference may be dropped on another thread from here on */
  pillion_sync_release (task);
}

static void
unref_task (gpointer task,
            GClosure *closure)
{
  pillion_sync_unref (task);
}

gulong
pillion_task_follow (PillionTask *self,
                     GCancellable *cancellable)
{
  gulong handler;

  pillion_sync_release (self);
  handler = g_signal_connect_data (cancellable, "cancelled", G_CALLBACK (on_cancelled), g_object_ref (self), unref_task, 0);
  /* Checked after connecting, so that nothing is missed in between */
  if (g_cancellable_is_cancelled (cancellable))
    pillion_task_cancel (self);

  return handler;
}

/**
 * pillion_task_get_cancellable:
 * @self: a task
 *
 * Gets the cancellable that tells the work to end. It is created by the first call, which must be on the loop's
 * thread; after that, any thread may use it.
 *
 * Returns: (transfer none): the task's own cancellable
 *
 * Since: 1.0
 */
GCancellable *
pillion_task_get_cancellable (PillionTask *self)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);

  if (self->cancellable == NULL)
    {
      __atomic_store_n (&self->cancellable, g_cancellable_new (), __ATOMIC_SEQ_CST);
      /* Another thread may have cancelled the task before it saw the cancellable */
      if (__atomic_load_n (&self->cancelled, __ATOMIC_SEQ_CST))
        g_cancellable_cancel (self->cancellable);
      /* The body has to know if only the cancellable is cancelled */
      else if (self->body != NULL && self->live)
        pillion_task_get_extra (self)->own_handler = pillion_task_follow (self, self->cancellable);
    }

  return self->cancellable;
}

/**
 * pillion_task_cancel:
 * @self: a task
 *
 * Asks the work of the task to end, from any thread. The task is done when its work says so; a task that
 * nothing works on stays pending. It does nothing to a task that is done.
 *
 * Since: 1.0
 */
void
pillion_task_cancel (PillionTask *self)
{
  PillionTaskState state;
  GCancellable *cancellable;

  g_return_if_fail (PILLION_IS_TASK (self));

  state = pillion_task_load_state (self);
  /* It may have a result that nobody wants any more */
  if (state == PILLION_TASK_SUCCEEDED)
    {
      PillionTaskBody *body = __atomic_load_n (&self->body, __ATOMIC_SEQ_CST);

      if (body == NULL || body->klass->unwanted == NULL)
        return;
      if (pillion_core_on_thread (pillion_core (self->loop)))
        give_back (self);
      else
        tell_body (self);
    }
  if (state != PILLION_TASK_PENDING || __atomic_exchange_n (&self->cancelled, TRUE, __ATOMIC_SEQ_CST))
    return;

  tell_body (self);

  cancellable = __atomic_load_n (&self->cancellable, __ATOMIC_SEQ_CST);
  if (cancellable != NULL)
    {
      /* A handler may finish the task and drop its last reference */
      g_object_ref (cancellable);
      g_cancellable_cancel (cancellable);
      g_object_unref (cancellable);
    }
}

/**
 * pillion_task_is_cancelled:
 * @self: a task
 *
 * Checks whether the task was asked to end, from any thread. Work that does not use the cancellable checks this
 * between steps.
 *
 * Returns: whether it was
 *
 * Since: 1.0
 */
gboolean
pillion_task_is_cancelled (PillionTask *self)
{
  GCancellable *cancellable;

  g_return_val_if_fail (PILLION_IS_TASK (self), FALSE);

  cancellable = __atomic_load_n (&self->cancellable, __ATOMIC_SEQ_CST);
  return __atomic_load_n (&self->cancelled, __ATOMIC_SEQ_CST) ||
         (cancellable != NULL && g_cancellable_is_cancelled (cancellable));
}
