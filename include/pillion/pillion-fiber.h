/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-loop.h>
#include <pillion/pillion-task.h>

G_BEGIN_DECLS

/**
 * PillionFiberFunc: (skip)
 * @task: the fiber's task
 * @user_data: the data that was passed with the function
 *
 * The function of a fiber. It runs on the loop's thread, with a stack of its own, and can wait with
 * [func@Pillion.await] and its siblings. As the last thing it does, it finishes @task with one of the `return`
 * functions.
 *
 * Since: 1.0
 */
typedef void (*PillionFiberFunc) (PillionTask *task,
                                  gpointer     user_data);

PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_loop_spawn              (PillionLoop       *self,
                                              const char        *name,
                                              PillionFiberFunc   func,
                                              gpointer           user_data,
                                              GDestroyNotify     destroy);
PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_loop_spawn_full         (PillionLoop       *self,
                                              const char        *name,
                                              gsize              stack_size,
                                              PillionFiberFunc   func,
                                              gpointer           user_data,
                                              GDestroyNotify     destroy);
PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_loop_spawn_at           (PillionLoop       *self,
                                              const char        *name,
                                              gsize              stack_size,
                                              const char        *site,
                                              PillionFiberFunc   func,
                                              gpointer           user_data,
                                              GDestroyNotify     destroy);
PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_loop_spawn_static       (PillionLoop       *self,
                                              const char        *name,
                                              gsize              stack_size,
                                              const char        *site,
                                              PillionFiberFunc   func,
                                              gpointer           user_data,
                                              GDestroyNotify     destroy);
PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_fiber_get_current_task  (void);

PILLION_AVAILABLE_IN_1_0
gboolean     pillion_await                   (PillionTask       *task,
                                              GError           **error);
PILLION_AVAILABLE_IN_1_0
gboolean     pillion_await_boolean           (PillionTask       *task,
                                              GError           **error);
PILLION_AVAILABLE_IN_1_0
gint64       pillion_await_int               (PillionTask       *task,
                                              GError           **error);
PILLION_AVAILABLE_IN_1_0
double       pillion_await_double            (PillionTask       *task,
                                              GError           **error);
PILLION_AVAILABLE_IN_1_0
char        *pillion_await_string            (PillionTask       *task,
                                              GError           **error);
PILLION_AVAILABLE_IN_1_0
GBytes      *pillion_await_bytes             (PillionTask       *task,
                                              GError           **error);
PILLION_AVAILABLE_IN_1_0
GVariant    *pillion_await_variant           (PillionTask       *task,
                                              GError           **error);
PILLION_AVAILABLE_IN_1_0
gpointer     pillion_await_object            (PillionTask       *task,
                                              GError           **error);
PILLION_AVAILABLE_IN_1_0
gpointer     pillion_await_boxed             (PillionTask       *task,
                                              GType              type,
                                              GError           **error);
PILLION_AVAILABLE_IN_1_0
gpointer     pillion_await_pointer           (PillionTask       *task,
                                              GError           **error);
PILLION_AVAILABLE_IN_1_0
gboolean     pillion_yield                   (GError           **error);
PILLION_AVAILABLE_IN_1_0
gboolean     pillion_sleep                   (GTimeSpan          delay,
                                              GError           **error);

#ifndef __GI_SCANNER__
/* Keeps where a fiber was spawned, and doesn't copy a name that is a literal */
#define pillion_loop_spawn_full(loop, name, stack_size, func, user_data, destroy) \
  (__builtin_constant_p (name) \
     ? pillion_loop_spawn_static ((loop), (name), (stack_size), G_STRLOC, (func), (user_data), (destroy)) \
     : pillion_loop_spawn_at ((loop), (name), (stack_size), G_STRLOC, (func), (user_data), (destroy)))
#define pillion_loop_spawn(loop, name, func, user_data, destroy) \
  pillion_loop_spawn_full ((loop), (name), 0, (func), (user_data), (destroy))
#endif

G_END_DECLS
