/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

/* The tasks that another event loop waits for. Those that are done stay here until they are fetched, so that the other loop is told
 * once, however many there are. All of it belongs to the loop's thread. */
typedef struct
{
  GHashTable *pending; /* of tasks to their Watch, which the task owns; NULL where there was never one */
  GQueue done;         /* of tasks, each with a reference */
  void (*notify) (gpointer owner);
  gpointer owner;      /* no reference: it clears this before it goes */
} PillionTaskWatches;

void         pillion_task_watches_init    (PillionTaskWatches *self,
                                           void              (*notify) (gpointer owner),
                                           gpointer            owner);

/* Forgets all of them; the tasks go on */
void         pillion_task_watches_clear   (PillionTaskWatches *self);

/* FALSE where the task is another thread's */
gboolean     pillion_task_watches_add     (PillionTaskWatches *self,
                                           PillionTask        *task);

/* Whether the task was waited for. It is cancelled where nobody else waits for it. */
gboolean     pillion_task_watches_give_up (PillionTaskWatches *self,
                                           PillionTask        *task);

/* The one that was done first, or NULL */
PillionTask *pillion_task_watches_take    (PillionTaskWatches *self);
