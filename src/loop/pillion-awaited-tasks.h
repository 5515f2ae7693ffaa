/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

/* The tasks that another event loop waits for. Tasks that are done are kept here until they are fetched, so
 * the other loop is notified once, however many there are. For the loop's thread, except for the last unref:
 * if the loop is closed, the owner may go on any thread while tasks of other loops still have their Watch. */
typedef struct _PillionAwaitedTasks PillionAwaitedTasks;

/* @notify is called when a task is done, until @loop is closed. While the loop is open, @owner clears this on
 * the loop's thread before it goes. */
PillionAwaitedTasks *pillion_awaited_tasks_new     (PillionLoop         *loop,
                                                    void               (*notify) (gpointer owner),
                                                    gpointer             owner);
void                 pillion_awaited_tasks_unref   (PillionAwaitedTasks *self);

/* Forgets all tasks, which carry on */
void                 pillion_awaited_tasks_clear   (PillionAwaitedTasks *self);

/* Returns FALSE if the task belongs to another thread, or to a loop that is closed and will not notify anyone */
gboolean             pillion_awaited_tasks_add     (PillionAwaitedTasks *self,
                                                    PillionTask         *task);

/* Returns whether the task was waited for. The task is cancelled if nothing else waits for it. */
gboolean             pillion_awaited_tasks_give_up (PillionAwaitedTasks *self,
                                                    PillionTask         *task);

/* The task that was done first, or NULL */
PillionTask         *pillion_awaited_tasks_take    (PillionAwaitedTasks *self);
