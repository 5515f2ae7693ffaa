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
  PILLION_RESULT_TASK,  /* another task, whose outcome is passed on */
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

/* Drops a reference from one task to another while the first is finalized. However deeply tasks are nested, they are finalized one after the
 * other, not recursively. */
void        pillion_task_let_go               (PillionTask             *task);

/* Describes the kind of the result in a message */
const char *pillion_task_result_describe      (const PillionTaskResult *self);

/* Takes a copy of a value of any type */
void        pillion_task_result_set_value     (PillionTaskResult       *self,
                                               const GValue            *value);

/* The type of the value below; G_TYPE_NONE if there is none */
GType       pillion_task_result_get_value_type (const PillionTaskResult *self);

/* Initializes @value with a copy of the result. If that is boxed, it isn't copied, and still belongs to this. */
void        pillion_task_result_get_value     (const PillionTaskResult *self,
                                               GValue                  *value);
