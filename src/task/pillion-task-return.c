/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-private.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-sync.h"
#include "core/pillion-private.h"

/* The outcome of a task: how it gets there. */

gboolean
pillion_task_begin_return (PillionTask *self)
{
  /* A binding may have made it without a loop, as a plain object */
  g_return_val_if_fail (self->loop != NULL, FALSE);

  if (__atomic_exchange_n (&self->outcome, PILLION_OUTCOME_RETURNED, __ATOMIC_ACQ_REL) != PILLION_OUTCOME_NONE)
    {
      g_critical ("Task '%s' was finished a second time", self->name);
      return FALSE;
    }

  return TRUE;
}

void
pillion_task_finish (PillionTask *self,
                     PillionTaskState state)
{
  pillion_sync_release (self);
  __atomic_store_n (&self->state, state, __ATOMIC_RELEASE);
  /* With the loop's reference; from here on, the task may be gone */
  pillion_core_push (pillion_core (self->loop), &self->item);
}

void
pillion_task_return_from (PillionTask *self,
                          PillionTask *source)
{
  PillionTaskState state = pillion_task_get_state (source);

  g_assert (state != PILLION_TASK_PENDING);

  if (!pillion_task_begin_return (self))
    return;

  pillion_task_take_outcome (source);
  /* No chain, however often an outcome is passed on */
  self->result.kind = PILLION_RESULT_TASK;
  self->result.task = pillion_task_ref_holder (source);
  pillion_task_finish (self, state);
}

/**
 * pillion_task_return_boolean:
 * @self: a task that is pending
 * @result: the result
 *
 * Finishes a task successfully, with a boolean.
 *
 * Can be called from any thread, once.
 *
 * Since: 1.0
 */
void
pillion_task_return_boolean (PillionTask *self,
                             gboolean result)
{
  g_return_if_fail (PILLION_IS_TASK (self));

  if (!pillion_task_begin_return (self))
    return;

  self->result.kind = PILLION_RESULT_BOOLEAN;
  self->result.boolean = result != FALSE;
  pillion_task_finish (self, PILLION_TASK_SUCCEEDED);
}

/**
 * pillion_task_return_int:
 * @self: a task that is pending
 * @result: the result
 *
 * Finishes a task successfully, with an integer.
 *
 * Can be called from any thread, once.
 *
 * Since: 1.0
 */
void
pillion_task_return_int (PillionTask *self,
                         gint64 result)
{
  g_return_if_fail (PILLION_IS_TASK (self));

  if (!pillion_task_begin_return (self))
    return;

  self->result.kind = PILLION_RESULT_INT;
  self->result.integer = result;
  pillion_task_finish (self, PILLION_TASK_SUCCEEDED);
}

/**
 * pillion_task_return_double:
 * @self: a task that is pending
 * @result: the result
 *
 * Finishes a task successfully, with a floating-point number.
 *
 * Can be called from any thread, once.
 *
 * Since: 1.0
 */
void
pillion_task_return_double (PillionTask *self,
                            double result)
{
  g_return_if_fail (PILLION_IS_TASK (self));

  if (!pillion_task_begin_return (self))
    return;

  self->result.kind = PILLION_RESULT_DOUBLE;
  self->result.number = result;
  pillion_task_finish (self, PILLION_TASK_SUCCEEDED);
}

/**
 * pillion_task_return_string:
 * @self: a task that is pending
 * @result: (nullable): the result
 *
 * Finishes a task successfully, with a copy of a string.
 *
 * Can be called from any thread, once.
 *
 * Since: 1.0
 */
void
pillion_task_return_string (PillionTask *self,
                            const char *result)
{
  g_return_if_fail (PILLION_IS_TASK (self));

  if (!pillion_task_begin_return (self))
    return;

  self->result.kind = PILLION_RESULT_STRING;
  self->result.string = g_strdup (result);
  pillion_task_finish (self, PILLION_TASK_SUCCEEDED);
}

/**
 * pillion_task_return_bytes:
 * @self: a task that is pending
 * @result: (nullable): the result
 *
 * Finishes a task successfully, with bytes, to which it takes a reference.
 *
 * Can be called from any thread, once.
 *
 * Since: 1.0
 */
void
pillion_task_return_bytes (PillionTask *self,
                           GBytes *result)
{
  pillion_task_return_boxed (self, G_TYPE_BYTES, result != NULL ? g_bytes_ref (result) : NULL);
}

/**
 * pillion_task_return_variant:
 * @self: a task that is pending
 * @result: (nullable): the result
 *
 * Finishes a task successfully, with a variant, to which it takes a reference; a floating one is sunk.
 *
 * Can be called from any thread, once.
 *
 * Since: 1.0
 */
void
pillion_task_return_variant (PillionTask *self,
                             GVariant *result)
{
  g_return_if_fail (PILLION_IS_TASK (self));

  if (result != NULL)
    g_variant_ref_sink (result);
  if (!pillion_task_begin_return (self))
    {
      g_clear_pointer (&result, g_variant_unref);
      return;
    }

  self->result.kind = PILLION_RESULT_VARIANT;
  self->result.variant = result;
  pillion_task_finish (self, PILLION_TASK_SUCCEEDED);
}

/**
 * pillion_task_return_object:
 * @self: a task that is pending
 * @result: (type GObject.Object) (nullable) (transfer none): the result
 *
 * Finishes a task successfully, with an object, to which it takes a reference.
 *
 * Can be called from any thread, once.
 *
 * Since: 1.0
 */
void
pillion_task_return_object (PillionTask *self,
                            gpointer result)
{
  g_return_if_fail (PILLION_IS_TASK (self));
  g_return_if_fail (result == NULL || G_IS_OBJECT (result));

  pillion_private_task_take_object (self, result != NULL ? g_object_ref (result) : NULL);
}

void
pillion_private_task_take_object (PillionTask *task,
                                  gpointer object)
{
  if (!pillion_task_begin_return (task))
    {
      g_clear_object (&object);
      return;
    }

  if (object != NULL)
    pillion_sync_release (object);
  task->result.kind = PILLION_RESULT_OBJECT;
  task->result.object = object;
  pillion_task_finish (task, PILLION_TASK_SUCCEEDED);
}

/**
 * pillion_task_return_boxed: (skip)
 * @self: a task that is pending
 * @type: the boxed type of @result
 * @result: (nullable) (transfer full): the result
 *
 * Finishes a task successfully, with a boxed value, which it takes ownership of.
 *
 * Can be called from any thread, once. Bindings use [method@Pillion.Task.return_value].
 *
 * Since: 1.0
 */
void
pillion_task_return_boxed (PillionTask *self,
                           GType type,
                           gpointer result)
{
  g_return_if_fail (PILLION_IS_TASK (self));
  g_return_if_fail (G_TYPE_IS_BOXED (type));

  if (!pillion_task_begin_return (self))
    {
      if (result != NULL)
        g_boxed_free (type, result);
      return;
    }

  self->result.kind = PILLION_RESULT_BOXED;
  self->result.pointer = result;
  self->result.type = type;
  pillion_task_finish (self, PILLION_TASK_SUCCEEDED);
}

/**
 * pillion_task_return_pointer: (skip)
 * @self: a task that is pending
 * @result: (nullable) (transfer full): the result
 * @destroy: (nullable): frees @result with the task
 *
 * Finishes a task successfully, with a pointer, which it takes ownership of.
 *
 * Can be called from any thread, once.
 *
 * Since: 1.0
 */
void
pillion_task_return_pointer (PillionTask *self,
                             gpointer result,
                             GDestroyNotify destroy)
{
  g_return_if_fail (PILLION_IS_TASK (self));

  if (!pillion_task_begin_return (self))
    {
      if (destroy != NULL && result != NULL)
        destroy (result);
      return;
    }

  self->result.kind = PILLION_RESULT_POINTER;
  self->result.pointer = result;
  self->result.destroy = destroy;
  pillion_task_finish (self, PILLION_TASK_SUCCEEDED);
}

/**
 * pillion_task_return_value:
 * @self: a task that is pending
 * @result: (nullable): the result
 *
 * Finishes a task successfully, with a copy of a value of any type, as bindings have it. A result whose type has a `get` function is read with
 * that, and any result with [method@Pillion.Task.get_value].
 *
 * Can be called from any thread, once.
 *
 * Since: 1.0
 */
void
pillion_task_return_value (PillionTask *self,
                           const GValue *result)
{
  g_return_if_fail (PILLION_IS_TASK (self));
  g_return_if_fail (result == NULL || G_IS_VALUE (result));

  if (!pillion_task_begin_return (self))
    return;

  if (result != NULL)
    pillion_task_result_set_value (&self->result, result);
  else
    self->result.kind = PILLION_RESULT_POINTER;
  pillion_task_finish (self, PILLION_TASK_SUCCEEDED);
}

/**
 * pillion_task_return_error:
 * @self: a task that is pending
 * @error: (transfer full): why it failed
 *
 * Finishes a task with an error, which it takes ownership of. With `G_IO_ERROR_CANCELLED` the task is
 * cancelled, with any other error it has failed.
 *
 * Can be called from any thread, once.
 *
 * Since: 1.0
 */
void
pillion_task_return_error (PillionTask *self,
                           GError *error)
{
  g_return_if_fail (PILLION_IS_TASK (self));
  g_return_if_fail (error != NULL);

  if (!pillion_task_begin_return (self))
    {
      g_error_free (error);
      return;
    }

  self->result.kind = PILLION_RESULT_ERROR;
  self->result.error = error;
  pillion_task_finish (self, g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) ? PILLION_TASK_CANCELLED
                                                                                      : PILLION_TASK_FAILED);
}

/**
 * pillion_task_return_new_error: (skip)
 * @self: a task that is pending
 * @domain: the domain of the error
 * @code: the code of the error
 * @format: the message, as for `printf ()`
 * @...: what @format speaks of
 *
 * Finishes a task with a new error.
 *
 * Can be called from any thread, once.
 *
 * Since: 1.0
 */
void
pillion_task_return_new_error (PillionTask *self,
                               GQuark domain,
                               int code,
                               const char *format,
                               ...)
{
  va_list arguments;

  va_start (arguments, format);
  pillion_task_return_error (self, g_error_new_valist (domain, code, format, arguments));
  va_end (arguments);
}

/**
 * pillion_task_return_if_cancelled:
 * @self: a task that is pending
 *
 * Finishes a task with `G_IO_ERROR_CANCELLED` if it was asked to end.
 *
 * Can be called from any thread.
 *
 * Returns: whether it was, so that the caller stops here
 *
 * Since: 1.0
 */
gboolean
pillion_task_return_if_cancelled (PillionTask *self)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), FALSE);

  if (!pillion_task_is_cancelled (self))
    return FALSE;

  pillion_task_return_new_error (self, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Task '%s' was cancelled"), self->name);
  return TRUE;
}
