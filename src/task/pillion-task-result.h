/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

typedef enum
{
  PILLION_RESULT_NONE,
  PILLION_RESULT_BOOLEAN,
  PILLION_RESULT_INT,
  PILLION_RESULT_DOUBLE,
  PILLION_RESULT_STRING,
  PILLION_RESULT_VARIANT,
  PILLION_RESULT_OBJECT,
  PILLION_RESULT_BOXED,
  PILLION_RESULT_POINTER,
  PILLION_RESULT_ASYNC, /* a GAsyncResult, whose finish function reads the outcome */
  PILLION_RESULT_TASK,  /* another task, whose outcome it is */
  PILLION_RESULT_ERROR,
} PillionResultKind;

/* What a task ended with */
typedef struct
{
  PillionResultKind kind;
  union
  {
    gboolean boolean;
    gint64 integer;
    double number;
    char *string;
    GVariant *variant;
    GObject *object;
    GAsyncResult *async;
    PillionTask *task;
    gpointer pointer;
    GError *error;
  };
  union
  {
    GType type;             /* of a boxed value */
    GDestroyNotify destroy; /* of a pointer */
    gboolean handed_out;    /* of an async one: whether its finish function may have taken the error */
  };
} PillionTaskResult;

void        pillion_task_result_clear         (PillionTaskResult       *self);

/* Drops a reference that a task has to another one, when the first is finalized. However deeply they are nested, they are finalized one after
 * the other, and not one inside the other. */
void        pillion_task_let_go               (PillionTask             *task);

/* What a message calls the kind of the result */
const char *pillion_task_result_describe      (const PillionTaskResult *self);

/* Takes a copy of a value of any type */
void        pillion_task_result_set_value     (PillionTaskResult       *self,
                                               const GValue            *value);

/* What the value below is of; G_TYPE_NONE if there is none */
GType       pillion_task_result_get_value_type (const PillionTaskResult *self);

/* Gives the result as a value that is initialized here: a copy, but of a boxed one, which stays this result's */
void        pillion_task_result_get_value     (const PillionTaskResult *self,
                                               GValue                  *value);
