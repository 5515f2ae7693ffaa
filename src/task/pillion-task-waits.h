/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "task/pillion-task-private.h"

/* What a task waits for, down to the leaf, as the bodies tell it. All of it on the loop's thread. */

/* Appends the task's name and the place where it was made */
void     pillion_task_describe      (PillionTask *self,
                                     GString     *text);

/* Appends what the task waits for, and what that waits for; nothing where nobody knows */
void     pillion_task_describe_wait (PillionTask *self,
                                     GString     *text);

/* Whether the task is done and its callbacks wait for a safe point, which this is not, or all that it waits for is of that kind */
gboolean pillion_task_is_held_back  (PillionTask *self);

/* Whether the task's own code, or that of something it waits for, is on the stack */
gboolean pillion_task_is_on_stack   (PillionTask *self);
