/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

/* The tasks that another event loop waits for. Those that are done stay here until they are fetched, so that the other loop is told
 * once, however many there are. All of it but the last unref belongs to the loop's thread. It may outlast its owner: where the loop is closed that
 * goes on any thread, while tasks of other loops still have their Watch. */
typedef struct _PillionAwaitedTasks PillionAwaitedTasks;

/* @notify is called when one is done, until @loop is closed. As long as that is open @owner clears this, on the loop's thread, before it goes. */
PillionAwaitedTasks *pillion_awaited_tasks_new     (PillionLoop        *loop,
                                                  void              (*notify) (gpointer owner),
                                                  gpointer            owner);
void                pillion_awaited_tasks_unref   (PillionAwaitedTasks *self);

/* Forgets all of them; the tasks go on */
void                pillion_awaited_tasks_clear   (PillionAwaitedTasks *self);

/* FALSE if the task is another thread's, or its loop is closed and tells nobody any more */
gboolean            pillion_awaited_tasks_add     (PillionAwaitedTasks *self,
                                                  PillionTask        *task);

/* Whether the task was waited for. It is cancelled if nobody else waits for it. */
gboolean            pillion_awaited_tasks_give_up (PillionAwaitedTasks *self,
                                                  PillionTask        *task);

/* The one that was done first, or NULL */
PillionTask        *pillion_awaited_tasks_take    (PillionAwaitedTasks *self);
