/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "task/pillion-task-private.h"

/* What a task waits for, and what that waits for, as the tasks' bodies tell it. On the loop's thread. */

/* Appends the task's name and the place where it was made */
void     pillion_task_describe              (PillionTask *self,
                                             GString     *text);

/* Appends what the task waits for, and what that waits for; nothing if that is not known */
void     pillion_task_describe_dependencies (PillionTask *self,
                                             GString     *text);

/* Whether the task is known not to be delivered before the caller has returned. That is so if its callbacks wait for a safe point and this
 * isn't one, if one of its callbacks or its own code is on the stack, or if it waits only for tasks of these kinds. FALSE at a safe
 * point. */
gboolean pillion_task_is_held_back          (PillionTask *self);

/* Whether @self is @other, or waits for it, directly or through others */
gboolean pillion_task_waits_for             (PillionTask *self,
                                             PillionTask *other);

/* Whether the task's own code, or that of something it waits for, is on the stack. @seen is the set of tasks that need not be looked at
 * again, for calls in a row: it starts empty. */
gboolean pillion_task_is_on_stack           (PillionTask *self,
                                             GHashTable  *seen);
