/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include <pillion/pillion.h>

#include "core/pillion-core.h"

typedef struct _PillionLiveTasksTold PillionLiveTasksTold;

/* The list model of an owner's live tasks; the owner is a loop or a scope. It changes once a kick, and costs nothing until somebody asks for
 * it. It is embedded in the owner and belongs to the loop's thread. */
typedef struct
{
  GWeakRef *list;             /* NULL until the first list */
  PillionLiveTasksTold *told; /* queued while the list doesn't know of a change */
} PillionLiveTasks;

void        pillion_live_tasks_clear   (PillionLiveTasks *self);

/* The owner has gained or lost the task. If the loop is closed, only pillion_live_tasks_tell () updates the list. */
void        pillion_live_tasks_changed (PillionLiveTasks *self,
                                        gpointer          owner,
                                        PillionCore      *core,
                                        PillionTask      *task,
                                        gboolean          lives);

/* Updates the list at once */
void        pillion_live_tasks_tell    (PillionLiveTasks *self);

/* The list, with a reference. If this is NULL, pillion_live_tasks_start () makes one of the tasks that are live now. */
GListModel *pillion_live_tasks_find    (PillionLiveTasks *self);
GListModel *pillion_live_tasks_start   (PillionLiveTasks *self,
                                        GPtrArray        *tasks);
