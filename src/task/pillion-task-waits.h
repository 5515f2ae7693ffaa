/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "task/pillion-task-private.h"

/* What a task waits for, down to the leaf, as the bodies tell it. All of it on the loop's thread. */

/* Appends the task's name and the place where it was made */
void     pillion_task_describe      (PillionTask *self,
                                     GString     *text);

/* Appends what the task waits for, and what that waits for; nothing if that is not known */
void     pillion_task_describe_wait (PillionTask *self,
                                     GString     *text);

/* Whether the task can't be delivered before whoever calls this has returned, as far as is known: at a place that is no safe point, a
 * task whose callbacks wait for one; a task one of whose callbacks, or whose own code, is on the stack; and a task all of whose children
 * are of that kind. FALSE at a safe point. */
gboolean pillion_task_is_held_back  (PillionTask *self);

/* Whether the task's own code, or that of something it waits for, is on the stack. @seen is a set of tasks, empty in the beginning: they
 * were looked at for others, and are not again. */
gboolean pillion_task_is_on_stack   (PillionTask *self,
                                     GHashTable  *seen);
