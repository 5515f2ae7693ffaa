/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-types.h>

G_BEGIN_DECLS

#define PILLION_TYPE_TASK (pillion_task_get_type ())
PILLION_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionTask, pillion_task, PILLION, TASK, GObject)

/**
 * PillionTaskState:
 * @PILLION_TASK_PENDING: there is no result yet
 * @PILLION_TASK_SUCCEEDED: it ended with a result
 * @PILLION_TASK_FAILED: it ended with an error
 * @PILLION_TASK_CANCELLED: it ended with `G_IO_ERROR_CANCELLED`
 *
 * How a task stands.
 *
 * Since: 1.0
 */
typedef enum
{
  PILLION_TASK_PENDING,
  PILLION_TASK_SUCCEEDED,
  PILLION_TASK_FAILED,
  PILLION_TASK_CANCELLED,
} PillionTaskState;

/**
 * PillionTaskDoneFunc:
 * @task: the task that is done
 * @user_data: (closure): the data that was passed with the function
 *
 * Called once on the loop's thread when @task is done, never inside the call that added it or that finished the task.
 *
 * Since: 1.0
 */
typedef void (*PillionTaskDoneFunc) (PillionTask *task,
                                     gpointer     user_data);

/**
 * PillionThreadFunc:
 * @task: the task to finish, with one of the `return` functions
 * @cancellable: cancelled when the work has to end
 * @user_data: (closure): the data that was passed with the function
 *
 * A blocking function that runs on a worker thread. It must finish @task; if it does not, the task fails.
 *
 * Since: 1.0
 */
typedef void (*PillionThreadFunc) (PillionTask  *task,
                                   GCancellable *cancellable,
                                   gpointer      user_data);

PILLION_AVAILABLE_IN_1_0
PillionTask     *pillion_task_new                  (PillionLoop          *loop,
                                                    const char           *name,
                                                    GCancellable         *cancellable);
PILLION_AVAILABLE_IN_1_0
PillionTask     *pillion_task_new_at               (PillionLoop          *loop,
                                                    const char           *name,
                                                    GCancellable         *cancellable,
                                                    const char           *site);
PILLION_AVAILABLE_IN_1_0
PillionTask     *pillion_task_new_static           (PillionLoop          *loop,
                                                    const char           *name,
                                                    GCancellable         *cancellable,
                                                    const char           *site);

PILLION_AVAILABLE_IN_1_0
PillionLoop     *pillion_task_get_loop             (PillionTask          *self);
PILLION_AVAILABLE_IN_1_0
const char      *pillion_task_get_name             (PillionTask          *self);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_set_name             (PillionTask          *self,
                                                    const char           *name);
PILLION_AVAILABLE_IN_1_0
const char      *pillion_task_get_site             (PillionTask          *self);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_set_site             (PillionTask          *self,
                                                    const char           *site);
PILLION_AVAILABLE_IN_1_0
GCancellable    *pillion_task_get_cancellable      (PillionTask          *self);
PILLION_AVAILABLE_IN_1_0
PillionTaskState pillion_task_get_state            (PillionTask          *self);
PILLION_AVAILABLE_IN_1_0
gboolean         pillion_task_is_done              (PillionTask          *self);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_cancel               (PillionTask          *self);
PILLION_AVAILABLE_IN_1_0
gboolean         pillion_task_is_cancelled         (PillionTask          *self);

PILLION_AVAILABLE_IN_1_0
void             pillion_task_set_safe_point       (PillionTask          *self,
                                                    gboolean              safe_point);
PILLION_AVAILABLE_IN_1_0
gboolean         pillion_task_get_safe_point       (PillionTask          *self);

PILLION_AVAILABLE_IN_1_0
guint            pillion_task_add_done_callback    (PillionTask          *self,
                                                    PillionTaskDoneFunc   func,
                                                    gpointer              user_data,
                                                    GDestroyNotify        destroy);
PILLION_AVAILABLE_IN_1_0
gboolean         pillion_task_remove_done_callback (PillionTask          *self,
                                                    guint                 id);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_wait_async           (PillionTask          *self,
                                                    GCancellable         *cancellable,
                                                    GAsyncReadyCallback   callback,
                                                    gpointer              user_data);
PILLION_AVAILABLE_IN_1_0
gboolean         pillion_task_wait_finish          (PillionTask          *self,
                                                    GAsyncResult         *result,
                                                    GError              **error);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_ready                (GObject              *source_object,
                                                    GAsyncResult         *result,
                                                    gpointer              task);
PILLION_AVAILABLE_IN_1_0
GAsyncResult    *pillion_task_get_async_result     (PillionTask          *self);

/* The same with closures, for language bindings */
PILLION_AVAILABLE_IN_1_0
guint            pillion_task_add_done_closure     (PillionTask          *self,
                                                    GClosure             *closure);

PILLION_AVAILABLE_IN_1_0
void             pillion_task_return_boolean       (PillionTask          *self,
                                                    gboolean              result);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_return_int           (PillionTask          *self,
                                                    gint64                result);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_return_double        (PillionTask          *self,
                                                    double                result);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_return_string        (PillionTask          *self,
                                                    const char           *result);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_return_bytes         (PillionTask          *self,
                                                    GBytes               *result);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_return_variant       (PillionTask          *self,
                                                    GVariant             *result);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_return_object        (PillionTask          *self,
                                                    gpointer              result);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_return_boxed         (PillionTask          *self,
                                                    GType                 type,
                                                    gpointer              result);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_return_pointer       (PillionTask          *self,
                                                    gpointer              result,
                                                    GDestroyNotify        destroy);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_return_value         (PillionTask          *self,
                                                    const GValue         *result);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_return_error         (PillionTask          *self,
                                                    GError               *error);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_return_new_error     (PillionTask          *self,
                                                    GQuark                domain,
                                                    int                   code,
                                                    const char           *format,
                                                    ...) G_GNUC_PRINTF (4, 5);
PILLION_AVAILABLE_IN_1_0
gboolean         pillion_task_return_if_cancelled  (PillionTask          *self);

PILLION_AVAILABLE_IN_1_0
gboolean         pillion_task_get_boolean          (PillionTask          *self,
                                                    GError              **error);
PILLION_AVAILABLE_IN_1_0
gint64           pillion_task_get_int              (PillionTask          *self,
                                                    GError              **error);
PILLION_AVAILABLE_IN_1_0
double           pillion_task_get_double           (PillionTask          *self,
                                                    GError              **error);
PILLION_AVAILABLE_IN_1_0
char            *pillion_task_get_string           (PillionTask          *self,
                                                    GError              **error);
PILLION_AVAILABLE_IN_1_0
GBytes          *pillion_task_get_bytes            (PillionTask          *self,
                                                    GError              **error);
PILLION_AVAILABLE_IN_1_0
GVariant        *pillion_task_get_variant          (PillionTask          *self,
                                                    GError              **error);
PILLION_AVAILABLE_IN_1_0
gpointer         pillion_task_get_object           (PillionTask          *self,
                                                    GError              **error);
PILLION_AVAILABLE_IN_1_0
gpointer         pillion_task_get_boxed            (PillionTask          *self,
                                                    GType                 type,
                                                    GError              **error);
PILLION_AVAILABLE_IN_1_0
gpointer         pillion_task_get_pointer          (PillionTask          *self,
                                                    GError              **error);
PILLION_AVAILABLE_IN_1_0
gboolean         pillion_task_get_value            (PillionTask          *self,
                                                    GValue               *value,
                                                    GError              **error);
PILLION_AVAILABLE_IN_1_0
gboolean         pillion_task_check                (PillionTask          *self,
                                                    GError              **error);

PILLION_AVAILABLE_IN_1_0
void             pillion_task_set_progress         (PillionTask          *self,
                                                    gint64                completed,
                                                    gint64                total);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_set_unit             (PillionTask          *self,
                                                    const char           *unit);
PILLION_AVAILABLE_IN_1_0
void             pillion_task_set_message          (PillionTask          *self,
                                                    const char           *message);
PILLION_AVAILABLE_IN_1_0
gint64           pillion_task_get_completed        (PillionTask          *self);
PILLION_AVAILABLE_IN_1_0
gint64           pillion_task_get_total            (PillionTask          *self);
PILLION_AVAILABLE_IN_1_0
const char      *pillion_task_get_unit             (PillionTask          *self);
PILLION_AVAILABLE_IN_1_0
char            *pillion_task_dup_message          (PillionTask          *self);
PILLION_AVAILABLE_IN_1_0
double           pillion_task_get_rate             (PillionTask          *self);

#ifndef __GI_SCANNER__
/* Keeps where a task was made, and doesn't copy a name that is a literal */
#define pillion_task_new(loop, name, cancellable) \
  (__builtin_constant_p (name) ? pillion_task_new_static ((loop), (name), (cancellable), G_STRLOC) \
                               : pillion_task_new_at ((loop), (name), (cancellable), G_STRLOC))
#endif

G_END_DECLS
