/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-private.h"

#include <glib/gi18n-lib.h>

#include "base/pillion-sync.h"
#include "core/pillion-binding.h"

/* The outcome of a task: how it is read. */

/* Taking the error out of a GAsyncResult changes the result, and several threads may ask for it, through this task or through those that pass
 * its outcome on. No user code runs under this lock. */
static GMutex async_lock;

gboolean
pillion_task_peek_error (PillionTask *self,
                         GError **error)
{
  PillionTaskState state = __atomic_load_n (&self->state, __ATOMIC_ACQUIRE);
  g_autoptr (GAsyncResult) async = NULL;
  PillionTask *source = NULL;
  gboolean is_handed_out = FALSE;

  if (G_LIKELY (state == PILLION_TASK_SUCCEEDED))
    return TRUE;

  if (state == PILLION_TASK_PENDING)
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_NOT_DONE, _("Task '%s' is not done yet"), self->name);
      return FALSE;
    }

  pillion_mutex_lock (&async_lock);
  if (self->result.kind == PILLION_RESULT_TASK)
    {
      source = self->result.task;
    }
  else if (self->result.kind == PILLION_RESULT_ASYNC && self->result.handed_out)
    {
      is_handed_out = TRUE;
    }
  else if (self->result.kind == PILLION_RESULT_ASYNC)
    {
      GError *taken = NULL;

      /* From here on the error is ours, and the call's finish function has none. Any of GTask's functions returns it, whatever the
       * type of the result. */
      async = self->result.async;
      g_task_propagate_boolean (G_TASK (async), &taken);
      self->result.kind = PILLION_RESULT_ERROR;
      self->result.error = taken;
    }
  pillion_mutex_unlock (&async_lock);

  if (source != NULL)
    return pillion_task_peek_error (source, error);

  if (!is_handed_out && error != NULL)
    *error = g_error_copy (self->result.error);
  else if (is_handed_out && state == PILLION_TASK_CANCELLED)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Task '%s' was cancelled"), self->name);
  else if (is_handed_out)
    g_set_error (error, PILLION_ERROR, PILLION_ERROR_FAILED,
                 _("Task '%s' failed; the finish function of its call returns the error"), self->name);
  /* Whoever has asked may drop a reference now, and a worker the last one */
  pillion_sync_release (self);
  return FALSE;
}

GAsyncResult *
pillion_task_hand_out (PillionTask *self)
{
  GAsyncResult *async = NULL;
  PillionTask *source = NULL;

  pillion_mutex_lock (&async_lock);
  if (self->result.kind == PILLION_RESULT_TASK)
    {
      source = self->result.task;
    }
  else if (self->result.kind == PILLION_RESULT_ASYNC)
    {
      self->result.handed_out = TRUE;
      async = self->result.async;
    }
  pillion_mutex_unlock (&async_lock);

  return source != NULL ? pillion_task_hand_out (source) : async;
}

/* The task that has the result, which may be this one */
static inline PillionTask *
get_holder (PillionTask *self)
{
  return self->result.kind == PILLION_RESULT_TASK ? self->result.task : self;
}

PillionTask *
pillion_task_ref_holder (PillionTask *self)
{
  PillionTask *holder;

  pillion_mutex_lock (&async_lock);
  holder = g_object_ref (get_holder (self));
  pillion_mutex_unlock (&async_lock);

  return holder;
}

/* The result, if it is of this kind; if not, NULL, and @error is set */
static const PillionTaskResult *
get_result (PillionTask *self,
            PillionResultKind kind,
            const char *wanted,
            GError **error)
{
  const PillionTaskResult *result;

  pillion_task_look (self);
  if (!pillion_task_peek_error (self, error))
    return NULL;

  pillion_task_take_outcome (self);
  result = &get_holder (self)->result;
  if (G_LIKELY (result->kind == kind))
    return result;

  g_set_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_TYPE, _("The result of task '%s' is %s, not %s"),
               self->name, pillion_task_result_describe (result), wanted);
  return NULL;
}

/**
 * pillion_task_get_boolean:
 * @self: a task
 * @error: return location for an error
 *
 * Gets the result of a task that ended with a boolean. Can be called from any thread, any number of times.
 *
 * Returns: the result; %FALSE also if @error is set: to the task's own error, to [error@Pillion.Error.NOT_DONE], or to
 *   [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
gboolean
pillion_task_get_boolean (PillionTask *self,
                          GError **error)
{
  const PillionTaskResult *result;

  g_return_val_if_fail (PILLION_IS_TASK (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  result = get_result (self, PILLION_RESULT_BOOLEAN, "a boolean", error);
  return result != NULL ? result->boolean : FALSE;
}

/**
 * pillion_task_get_int:
 * @self: a task
 * @error: return location for an error
 *
 * Gets the result of a task that ended with an integer. Can be called from any thread, any number of times.
 *
 * Returns: the result; 0 also if @error is set: to the task's own error, to [error@Pillion.Error.NOT_DONE], or to
 *   [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
gint64
pillion_task_get_int (PillionTask *self,
                      GError **error)
{
  const PillionTaskResult *result;

  g_return_val_if_fail (PILLION_IS_TASK (self), 0);
  g_return_val_if_fail (error == NULL || *error == NULL, 0);

  result = get_result (self, PILLION_RESULT_INT, "an integer", error);
  return result != NULL ? result->integer : 0;
}

/**
 * pillion_task_get_double:
 * @self: a task
 * @error: return location for an error
 *
 * Gets the result of a task that ended with a floating-point number. Can be called from any thread, any number of times.
 *
 * Returns: the result; 0 also if @error is set: to the task's own error, to [error@Pillion.Error.NOT_DONE], or to
 *   [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
double
pillion_task_get_double (PillionTask *self,
                         GError **error)
{
  const PillionTaskResult *result;

  g_return_val_if_fail (PILLION_IS_TASK (self), 0.0);
  g_return_val_if_fail (error == NULL || *error == NULL, 0.0);

  result = get_result (self, PILLION_RESULT_DOUBLE, "a double", error);
  return result != NULL ? result->number : 0.0;
}

/**
 * pillion_task_get_string:
 * @self: a task
 * @error: return location for an error
 *
 * Gets the result of a task that ended with a string. Can be called from any thread, any number of times.
 *
 * Returns: (transfer full) (nullable): a copy of the result; %NULL also if @error is set: to the task's own error, to [error@Pillion.Error.NOT_DONE], or to
 *   [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
char *
pillion_task_get_string (PillionTask *self,
                         GError **error)
{
  const PillionTaskResult *result;

  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  result = get_result (self, PILLION_RESULT_STRING, "a string", error);
  return result != NULL ? g_strdup (result->string) : NULL;
}

/**
 * pillion_task_get_bytes:
 * @self: a task
 * @error: return location for an error
 *
 * Gets the result of a task that ended with bytes. Can be called from any thread, any number of times.
 *
 * Returns: (transfer full) (nullable): the result; %NULL also if @error is set: to the task's own error, to [error@Pillion.Error.NOT_DONE], or to
 *   [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
GBytes *
pillion_task_get_bytes (PillionTask *self,
                        GError **error)
{
  return pillion_task_get_boxed (self, G_TYPE_BYTES, error);
}

/**
 * pillion_task_get_variant:
 * @self: a task
 * @error: return location for an error
 *
 * Gets the result of a task that ended with a variant. Can be called from any thread, any number of times.
 *
 * Returns: (transfer full) (nullable): the result; %NULL also if @error is set: to the task's own error, to [error@Pillion.Error.NOT_DONE], or to
 *   [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
GVariant *
pillion_task_get_variant (PillionTask *self,
                          GError **error)
{
  const PillionTaskResult *result;

  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  result = get_result (self, PILLION_RESULT_VARIANT, "a GVariant", error);
  return result != NULL && result->variant != NULL ? g_variant_ref (result->variant) : NULL;
}

/**
 * pillion_task_get_object:
 * @self: a task
 * @error: return location for an error
 *
 * Gets the result of a task that ended with an object. Can be called from any thread, any number of times.
 *
 * Returns: (transfer full) (nullable) (type GObject.Object): a reference to the result; %NULL also if @error is set: to the task's own error, to [error@Pillion.Error.NOT_DONE], or to
 *   [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
gpointer
pillion_task_get_object (PillionTask *self,
                         GError **error)
{
  const PillionTaskResult *result;

  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  result = get_result (self, PILLION_RESULT_OBJECT, "an object", error);
  return result != NULL && result->object != NULL ? g_object_ref (result->object) : NULL;
}

/**
 * pillion_task_get_boxed: (skip)
 * @self: a task
 * @type: the boxed type that is wanted
 * @error: return location for an error
 *
 * Gets the result of a task that ended with a boxed value. Can be called from any thread, any number of times.
 *
 * Returns: (transfer full) (nullable): a copy of the result; %NULL also if @error is set: to the task's own error, to [error@Pillion.Error.NOT_DONE], or to
 *   [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
gpointer
pillion_task_get_boxed (PillionTask *self,
                        GType type,
                        GError **error)
{
  const PillionTaskResult *result;

  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);
  g_return_val_if_fail (G_TYPE_IS_BOXED (type), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  result = get_result (self, PILLION_RESULT_BOXED, g_type_name (type), error);
  if (result == NULL)
    return NULL;

  if (result->type != type)
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_TYPE, _("The result of task '%s' is %s, not %s"),
                   self->name, g_type_name (result->type), g_type_name (type));
      return NULL;
    }

  return result->pointer != NULL ? g_boxed_copy (type, result->pointer) : NULL;
}

/**
 * pillion_task_get_pointer: (skip)
 * @self: a task
 * @error: return location for an error
 *
 * Gets the result of a task that ended with a pointer. Can be called from any thread, any number of times.
 *
 * Returns: (transfer none) (nullable): the result, which belongs to the task; %NULL also if @error is set: to the task's own error, to [error@Pillion.Error.NOT_DONE], or to
 *   [error@Pillion.Error.WRONG_TYPE]
 *
 * Since: 1.0
 */
gpointer
pillion_task_get_pointer (PillionTask *self,
                          GError **error)
{
  const PillionTaskResult *result;

  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  result = get_result (self, PILLION_RESULT_POINTER, "a pointer", error);
  return result != NULL ? result->pointer : NULL;
}

/**
 * pillion_task_get_value:
 * @self: a task
 * @value: (out caller-allocates): where to put the result; uninitialized, and left so if @error is set
 * @error: return location for an error
 *
 * Gets a copy of the result of a task, whatever its type. Can be called from any thread, any number of times.
 *
 * Returns: whether the task succeeded; if not, @error is set to the task's own error or to [error@Pillion.Error.NOT_DONE]
 *
 * Since: 1.0
 */
gboolean
pillion_task_get_value (PillionTask *self,
                        GValue *value,
                        GError **error)
{
  g_auto (GValue) peeked = G_VALUE_INIT;

  g_return_val_if_fail (PILLION_IS_TASK (self), FALSE);
  g_return_val_if_fail (value != NULL, FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  if (!pillion_task_check (self, error))
    return FALSE;

  /* A boxed value isn't a copy */
  pillion_task_result_get_value (&get_holder (self)->result, &peeked);
  g_value_init (value, G_VALUE_TYPE (&peeked));
  g_value_copy (&peeked, value);
  return TRUE;
}

/**
 * pillion_task_peek_value:
 * @self: a task
 * @value: (out caller-allocates): where to put the result; uninitialized
 *
 * For the Python override: gets the result of a task that succeeded, with one call and without an error to free. If the task did not succeed,
 * is not done, or passes on the outcome of another one, the value is an object, %NULL. A boxed result is not a copy and belongs to the task:
 * PyGObject 3.42 unsets a value before it looks at what is in it. From any thread.
 *
 * Since: 1.0
 */
void
pillion_task_peek_value (PillionTask *self,
                         GValue *value)
{
  g_return_if_fail (PILLION_IS_TASK (self));
  g_return_if_fail (value != NULL);

  if (pillion_task_load_state (self) == PILLION_TASK_SUCCEEDED && self->result.kind != PILLION_RESULT_TASK)
    {
      pillion_task_take_outcome (self);
      pillion_task_result_get_value (&self->result, value);
    }
  else
    {
      g_value_init (value, G_TYPE_OBJECT);
    }
}

/**
 * pillion_task_get_source:
 * @self: a task
 *
 * For language bindings, which may know more about a task than its outcome: gets the task whose outcome this one
 * passes on, such as the one that came first in a race, the one that a timeout was put on, or the one whose failure
 * made [func@Pillion.Task.all] fail. However often an outcome was passed on, this is the task in which it began. Can be
 * called from any thread.
 *
 * Returns: (transfer none) (nullable): the task; %NULL if the outcome is this one's own, and while there is none
 *
 * Since: 1.0
 */
PillionTask *
pillion_task_get_source (PillionTask *self)
{
  PillionTask *source = NULL;

  g_return_val_if_fail (PILLION_IS_TASK (self), NULL);

  if (!pillion_task_is_done (self))
    return NULL;

  pillion_mutex_lock (&async_lock);
  if (self->result.kind == PILLION_RESULT_TASK)
    source = self->result.task;
  pillion_mutex_unlock (&async_lock);

  return source;
}

/**
 * pillion_task_get_result_type:
 * @self: a task
 *
 * For language bindings: gets the type of the value that [method@Pillion.Task.get_value] returns, so that a binding can
 * choose the right function. Integers are 64 bits wide, an object has its own type, and if [func@Pillion.Task.ready]
 * finished the task, the type is that of the `GAsyncResult`. Can be called from any thread, and does not count
 * as looking at the outcome.
 *
 * Returns: the type of the result, or %G_TYPE_NONE if the task did not succeed, or not yet
 *
 * Since: 1.0
 */
GType
pillion_task_get_result_type (PillionTask *self)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), G_TYPE_NONE);

  if (pillion_task_get_state (self) != PILLION_TASK_SUCCEEDED)
    return G_TYPE_NONE;

  return pillion_task_result_get_value_type (&get_holder (self)->result);
}

/**
 * pillion_task_check:
 * @self: a task
 * @error: return location for an error
 *
 * Gets the error of a task that did not succeed. Can be called from any thread, any number of times.
 *
 * If [func@Pillion.Task.ready] finished the task, this calls the finish function to get the error, so don't
 * call it afterwards. After [method@Pillion.Task.get_async_result] was called, the error is left to the finish
 * function: this then fails with [error@Pillion.Error.FAILED], or with `G_IO_ERROR_CANCELLED` if the task was
 * cancelled.
 *
 * Returns: whether the task succeeded; if not, @error is set to the task's own error or to
 *   [error@Pillion.Error.NOT_DONE]
 *
 * Since: 1.0
 */
gboolean
pillion_task_check (PillionTask *self,
                    GError **error)
{
  g_return_val_if_fail (PILLION_IS_TASK (self), FALSE);
  g_return_val_if_fail (error == NULL || *error == NULL, FALSE);

  pillion_task_look (self);
  if (!pillion_task_peek_error (self, error))
    return FALSE;

  pillion_task_take_outcome (self);
  return TRUE;
}
