/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-task.h>

G_BEGIN_DECLS

/**
 * PillionMapFunc:
 * @index: which input it is about, from 0 on
 * @user_data: (closure): the data that was passed with the function
 *
 * Starts the work for one input, on the loop's thread.
 *
 * Returns: (transfer full) (nullable): the task that does it
 *
 * Since: 1.0
 */
typedef PillionTask *(*PillionMapFunc) (guint    index,
                                        gpointer user_data);

/**
 * PillionThenFunc:
 * @task: the task that succeeded
 * @user_data: (closure): the data that was passed with the function
 *
 * Starts what comes after a task, on the loop's thread.
 *
 * Returns: (transfer full) (nullable): the task that does it, or %NULL if there is nothing more to do
 *
 * Since: 1.0
 */
typedef PillionTask *(*PillionThenFunc) (PillionTask *task,
                                         gpointer     user_data);

PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_task_all           (PillionLoop     *loop,
                                         PillionTask    **tasks,
                                         gsize            n_tasks);
PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_task_settle        (PillionLoop     *loop,
                                         PillionTask    **tasks,
                                         gsize            n_tasks);
PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_task_any           (PillionLoop     *loop,
                                         PillionTask    **tasks,
                                         gsize            n_tasks);
PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_task_race          (PillionLoop     *loop,
                                         PillionTask    **tasks,
                                         gsize            n_tasks);
PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_task_map           (PillionLoop     *loop,
                                         guint            n_inputs,
                                         guint            limit,
                                         GCancellable    *cancellable,
                                         PillionMapFunc   func,
                                         gpointer         user_data,
                                         GDestroyNotify   destroy);

PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_task_with_timeout  (PillionTask     *self,
                                         GTimeSpan        timeout);
PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_task_with_deadline (PillionTask     *self,
                                         gint64           deadline_usec);
PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_task_shield        (PillionTask     *self);
PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_task_and_then      (PillionTask     *self,
                                         PillionThenFunc  func,
                                         gpointer         user_data,
                                         GDestroyNotify   destroy);

/* The same with closures, for language bindings */
PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_task_map_closure      (PillionLoop  *loop,
                                            guint         n_inputs,
                                            guint         limit,
                                            GCancellable *cancellable,
                                            GClosure     *closure);
PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_task_and_then_closure (PillionTask  *self,
                                            GClosure     *closure);

PILLION_AVAILABLE_IN_1_0
GPtrArray   *pillion_task_get_children  (PillionTask     *self);

PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_task_made_at       (PillionTask     *self,
                                         const char      *site);

#ifndef __GI_SCANNER__
/* These keep where a task was made. They are variadic because a compound literal of an array has commas. */
#define pillion_task_all(...) pillion_task_made_at (pillion_task_all (__VA_ARGS__), G_STRLOC)
#define pillion_task_settle(...) pillion_task_made_at (pillion_task_settle (__VA_ARGS__), G_STRLOC)
#define pillion_task_any(...) pillion_task_made_at (pillion_task_any (__VA_ARGS__), G_STRLOC)
#define pillion_task_race(...) pillion_task_made_at (pillion_task_race (__VA_ARGS__), G_STRLOC)
#define pillion_task_map(...) pillion_task_made_at (pillion_task_map (__VA_ARGS__), G_STRLOC)
#define pillion_task_with_timeout(...) pillion_task_made_at (pillion_task_with_timeout (__VA_ARGS__), G_STRLOC)
#define pillion_task_with_deadline(...) pillion_task_made_at (pillion_task_with_deadline (__VA_ARGS__), G_STRLOC)
#define pillion_task_shield(...) pillion_task_made_at (pillion_task_shield (__VA_ARGS__), G_STRLOC)
#define pillion_task_and_then(...) pillion_task_made_at (pillion_task_and_then (__VA_ARGS__), G_STRLOC)
#endif

G_END_DECLS
