/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

/* The tasks that another event loop waits for. Those that are done are kept here until they are fetched, so that the other loop is told
 * once, however many there are. For the loop's thread, except for the last unref: if the loop is closed, the owner may go on any thread while
 * tasks of other loops still have their Watch. */
typedef struct _PillionAwaitedTasks PillionAwaitedTasks;

/* @notify is called when a task is done, until @loop is closed. While the loop is open, @owner clears this before it goes, on the loop's
 * thread. */
PillionAwaitedTasks *pillion_awaited_tasks_new     (PillionLoop         *loop,
                                                    void               (*notify) (gpointer owner),
                                                    gpointer             owner);
void                 pillion_awaited_tasks_unref   (PillionAwaitedTasks *self);

/* Forgets all of them; the tasks go on */
void                 pillion_awaited_tasks_clear   (PillionAwaitedTasks *self);

/* FALSE if the task belongs to another thread, or to a loop that is closed and will tell nobody */
gboolean             pillion_awaited_tasks_add     (PillionAwaitedTasks *self,
                                                    PillionTask         *task);

/* Returns whether the task was waited for. It is cancelled if nothing else waits for it. */
gboolean             pillion_awaited_tasks_give_up (PillionAwaitedTasks *self,
                                                    PillionTask         *task);

/* The one that was done first, or NULL */
PillionTask         *pillion_awaited_tasks_take    (PillionAwaitedTasks *self);
