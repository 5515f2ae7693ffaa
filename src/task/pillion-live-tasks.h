/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include <pillion/pillion.h>

#include "core/pillion-core.h"

typedef struct _PillionLiveTasksTold PillionLiveTasksTold;

/* The list model of the live tasks of an owner, a loop or a scope, which is told of changes once a kick. It costs nothing until somebody
 * asks for it. Embedded in the owner; all of it belongs to the loop's thread. */
typedef struct
{
  GWeakRef *list;             /* NULL until there was a list */
  PillionLiveTasksTold *told; /* queued while something is yet to be told */
} PillionLiveTasks;

void        pillion_live_tasks_clear   (PillionLiveTasks *self);

/* The task has begun, or ceased, to be one of the owner's. If the loop is closed, only pillion_live_tasks_tell () tells the list. */
void        pillion_live_tasks_changed (PillionLiveTasks *self,
                                        gpointer          owner,
                                        PillionCore      *core,
                                        PillionTask      *task,
                                        gboolean          lives);

/* Tells the list at once */
void        pillion_live_tasks_tell    (PillionLiveTasks *self);

/* The list that there is, with a reference, or NULL; then pillion_live_tasks_start () makes one of the tasks that live now */
GListModel *pillion_live_tasks_find    (PillionLiveTasks *self);
GListModel *pillion_live_tasks_start   (PillionLiveTasks *self,
                                        GPtrArray        *tasks);
