/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-waiters.h"

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
  if (self->waiters != NULL)
    pillion_live_list_remove (&self->waiters->line, &self->link);
  self->waiters = NULL;
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

  pillion_task_result_clear (&self->item);
  if (self->owner != NULL)
    pillion_sync_unref (self->owner);
  g_free (self);
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
pillion_waiters_add (PillionWaiters *self,
                     PillionTask *task)
{
  PillionWaiter *waiter = pillion_waiter_of (task);

  waiter->waiters = self;
  pillion_live_list_add (&self->line, &waiter->link);
}

PillionTask *
pillion_waiters_peek (PillionWaiters *self)
{
  /* A waiter that was asked to end does so in the next kick and is not served any more. It leaves the line right here, so that nobody passes
   * it twice: a crowd of them costs what it cost to come. */
  while (self->line.head != NULL)
    {
      PillionWaiter *waiter = from_link (self->line.head);

      if (!pillion_task_is_cancelled (waiter->body.task))
        return waiter->body.task;
      leave (waiter);
    }

  return NULL;
}

PillionTask *
pillion_waiters_pop (PillionWaiters *self)
{
  PillionTask *task = pillion_waiters_peek (self);

  if (task != NULL)
    leave (pillion_waiter_of (task));
  return task;
}
