/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-task-combinators.h>

G_BEGIN_DECLS

#define PILLION_TYPE_RETRY (pillion_retry_get_type ())
PILLION_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionRetry, pillion_retry, PILLION, RETRY, GObject)

/**
 * PillionAttemptFunc:
 * @attempt: which attempt it is, from 1 on
 * @user_data: (closure): the data that was passed with the function
 *
 * Starts an attempt, on the loop's thread.
 *
 * Returns: (transfer full) (nullable): the task that makes it
 *
 * Since: 1.0
 */
typedef PillionTask *(*PillionAttemptFunc) (guint    attempt,
                                            gpointer user_data);

/**
 * PillionRetryFunc:
 * @error: what the attempt failed with
 * @attempt: which attempt it was, from 1 on
 * @user_data: (closure): the data that was passed with the function
 *
 * Decides whether to try again, on the loop's thread. It is not asked after the last attempt.
 *
 * Returns: whether to try again
 *
 * Since: 1.0
 */
typedef gboolean (*PillionRetryFunc) (const GError *error,
                                      guint         attempt,
                                      gpointer      user_data);

PILLION_AVAILABLE_IN_1_0
PillionRetry *pillion_retry_new               (void);

PILLION_AVAILABLE_IN_1_0
guint        pillion_retry_get_attempts           (PillionRetry      *self);
PILLION_AVAILABLE_IN_1_0
void         pillion_retry_set_attempts           (PillionRetry      *self,
                                                   guint              attempts);
PILLION_AVAILABLE_IN_1_0
gint64       pillion_retry_get_initial_delay_usec (PillionRetry      *self);
PILLION_AVAILABLE_IN_1_0
void         pillion_retry_set_initial_delay_usec (PillionRetry      *self,
                                                   gint64             delay_usec);
PILLION_AVAILABLE_IN_1_0
gint64       pillion_retry_get_max_delay_usec     (PillionRetry      *self);
PILLION_AVAILABLE_IN_1_0
void         pillion_retry_set_max_delay_usec     (PillionRetry      *self,
                                                   gint64             delay_usec);
PILLION_AVAILABLE_IN_1_0
double       pillion_retry_get_multiplier         (PillionRetry      *self);
PILLION_AVAILABLE_IN_1_0
void         pillion_retry_set_multiplier         (PillionRetry      *self,
                                                   double             multiplier);
PILLION_AVAILABLE_IN_1_0
double       pillion_retry_get_jitter             (PillionRetry      *self);
PILLION_AVAILABLE_IN_1_0
void         pillion_retry_set_jitter             (PillionRetry      *self,
                                                   double             jitter);
PILLION_AVAILABLE_IN_1_0
guint        pillion_retry_get_seed               (PillionRetry      *self);
PILLION_AVAILABLE_IN_1_0
void         pillion_retry_set_seed               (PillionRetry      *self,
                                                   guint              seed);
PILLION_AVAILABLE_IN_1_0
void         pillion_retry_set_predicate          (PillionRetry      *self,
                                                   PillionRetryFunc   func,
                                                   gpointer           user_data,
                                                   GDestroyNotify     destroy);

PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_retry_run                    (PillionRetry      *self,
                                                   PillionLoop       *loop,
                                                   const char        *name,
                                                   GCancellable      *cancellable,
                                                   PillionAttemptFunc func,
                                                   gpointer           user_data,
                                                   GDestroyNotify     destroy);

/* The same with closures, for language bindings */
PILLION_AVAILABLE_IN_1_0
void         pillion_retry_set_predicate_closure (PillionRetry *self,
                                                  GClosure     *closure);
PILLION_AVAILABLE_IN_1_0
PillionTask *pillion_retry_run_closure           (PillionRetry *self,
                                                  PillionLoop  *loop,
                                                  const char   *name,
                                                  GCancellable *cancellable,
                                                  GClosure     *closure);

#ifndef __GI_SCANNER__
/* Keeps where the task was made */
#define pillion_retry_run(...) pillion_task_made_at (pillion_retry_run (__VA_ARGS__), G_STRLOC)
#endif

G_END_DECLS
