/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-wait-queue.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-sync.h"

static PillionWaiter *
from_link (PillionLive *link)
{
  return (PillionWaiter *) ((char *) link - G_STRUCT_OFFSET (PillionWaiter, link));
}

static void
leave (PillionWaiter *self)
{
  if (self->queue != NULL)
    pillion_live_list_remove (&self->queue->line, &self->link);
  self->queue = NULL;
}

void
pillion_waiter_cancelled (PillionTaskBody *body)
{
  leave ((PillionWaiter *) body);
  pillion_task_return_new_error (body->task, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Task '%s' was cancelled"),
                                 body->task->name);
}

void
pillion_waiter_free (PillionTaskBody *body)
{
  PillionWaiter *self = (PillionWaiter *) body;

  /* It is still in line if its user has ended the task */
  leave (self);
  pillion_task_result_clear (&self->item);
  if (self->owner != NULL)
    pillion_sync_unref (self->owner);
  g_weak_ref_clear (&self->weak_owner);
  g_free (self);
}

void
pillion_waiter_weaken (PillionTaskBody *body)
{
  PillionWaiter *self = (PillionWaiter *) body;

  g_weak_ref_set (&self->weak_owner, self->owner);
  pillion_sync_unref (g_steal_pointer (&self->owner));
}

gpointer
pillion_waiter_take_owner (PillionWaiter *self)
{
  return self->owner != NULL ? g_steal_pointer (&self->owner) : g_weak_ref_get (&self->weak_owner);
}

PillionTask *
pillion_waiter_new (PillionLoop *loop,
                    const char *name,
                    gpointer owner,
                    const PillionTaskBodyClass *klass)
{
  PillionTask *task = pillion_task_new_static (loop, name, NULL, NULL);
  PillionWaiter *self;

  if (pillion_task_is_done (task))
    return task;

  self = g_new0 (PillionWaiter, 1);
  self->owner = g_object_ref (owner);
  pillion_task_set_body (task, &self->body, klass);
  return task;
}

void
pillion_wait_queue_push (PillionWaitQueue *self,
                         PillionTask *task)
{
  PillionWaiter *waiter = pillion_waiter_of (task);

  waiter->queue = self;
  pillion_live_list_add (&self->line, &waiter->link);
}

PillionTask *
pillion_wait_queue_peek (PillionWaitQueue *self)
{
  /* A cancelled waiter ends in the next kick and must not be served before that. It is taken out here, so that it is passed once at
   * most. */
  while (self->line.head != NULL)
    {
      PillionWaiter *waiter = from_link (self->line.head);
      PillionTask *task = waiter->body.task;

      if (!pillion_task_is_returned (task) && !pillion_task_is_cancelled (task))
        return task;
      leave (waiter);
    }

  return NULL;
}

PillionTask *
pillion_wait_queue_pop (PillionWaitQueue *self)
{
  PillionTask *task = pillion_wait_queue_peek (self);

  if (task != NULL)
    leave (pillion_waiter_of (task));
  return task;
}
