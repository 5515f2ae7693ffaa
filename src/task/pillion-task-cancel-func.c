/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "core/pillion-private.h"
#include "task/pillion-task-private.h"

/* Tells work on another thread that its task was cancelled. A handler of the task's cancellable would do the same for ten times the cost, with the
 * cancellable that has to be made for it. */
typedef struct
{
  PillionTaskBody parent;
  GMutex lock;
  gpointer data; /* under the lock: NULL once the work is over */
  PillionCancelRef ref;
  PillionCancelFunc func;
} CancelFunc;

/* On any thread. The function is called without the lock, because it may be what ends the work. */
static void
cancel_func_cancelled (PillionTaskBody *body)
{
  CancelFunc *self = (CancelFunc *) body;
  PillionCancelFunc func = self->func;
  gpointer data;

  pillion_mutex_lock (&self->lock);
  data = self->data != NULL ? self->ref (self->data) : NULL;
  pillion_mutex_unlock (&self->lock);

  /* The task may be gone by now */
  if (data != NULL)
    func (data);
}

static void
cancel_func_free (PillionTaskBody *body)
{
  CancelFunc *self = (CancelFunc *) body;

  g_mutex_clear (&self->lock);
  g_free (self);
}

static const PillionTaskBodyClass cancel_func_class = {
  .cancelled_at_once = cancel_func_cancelled,
  .free = cancel_func_free,
};

void
pillion_private_task_set_cancel_func (PillionTask *task,
                                      PillionCancelFunc func,
                                      PillionCancelRef ref,
                                      gpointer data)
{
  CancelFunc *self = g_new0 (CancelFunc, 1);

  g_mutex_init (&self->lock);
  self->func = func;
  self->ref = ref;
  self->data = data;
  pillion_task_set_body (task, &self->parent, &cancel_func_class);
}

void
pillion_private_task_unset_cancel_func (PillionTask *task)
{
  CancelFunc *self = (CancelFunc *) task->body;

  g_assert (self->parent.klass == &cancel_func_class);

  pillion_mutex_lock (&self->lock);
  self->data = NULL;
  pillion_mutex_unlock (&self->lock);
}
