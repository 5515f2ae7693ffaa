/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "core/pillion-private.h"
#include "task/pillion-task-private.h"

/* Takes back what a task got for whoever waited for it. It owns nothing that keeps the loop alive. */
typedef struct
{
  PillionTaskBody parent;
  GWeakRef owner;
  PillionUnwantedFunc func;
} Unwanted;

static void
unwanted_cancelled (PillionTaskBody *body)
{
  /* The work sees it in the task's cancellable */
}

static void
unwanted_unwanted (PillionTaskBody *body)
{
  Unwanted *self = (Unwanted *) body;
  g_autoptr (GObject) owner = g_weak_ref_get (&self->owner);

  if (owner != NULL)
    self->func (owner, body->task);
}

static void
unwanted_weaken (PillionTaskBody *body)
{
}

static void
unwanted_free (PillionTaskBody *body)
{
  Unwanted *self = (Unwanted *) body;

  g_weak_ref_clear (&self->owner);
  g_free (self);
}

void
pillion_private_task_set_unwanted (PillionTask *task,
                                   gpointer owner,
                                   PillionUnwantedFunc func)
{
  static const PillionTaskBodyClass klass = {
    .cancelled = unwanted_cancelled,
    .free = unwanted_free,
    .unwanted = unwanted_unwanted,
    .weaken = unwanted_weaken,
  };
  Unwanted *self = g_new0 (Unwanted, 1);

  g_weak_ref_init (&self->owner, owner);
  self->func = func;
  pillion_task_set_body (task, &self->parent, &klass);
}
