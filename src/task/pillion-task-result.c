/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "task/pillion-task-result.h"

#include "base/pillion-sync.h"

void
pillion_task_let_go (PillionTask *task)
{
  static __thread GPtrArray *waiting;

  if (waiting != NULL)
    {
      g_ptr_array_add (waiting, task);
      return;
    }

  if (g_atomic_int_get (&G_OBJECT (task)->ref_count) > 1)
    {
      pillion_sync_unref (task);
      return;
    }

  waiting = g_ptr_array_new ();
  pillion_sync_unref (task);
  while (waiting->len > 0)
    pillion_sync_unref (g_ptr_array_steal_index_fast (waiting, waiting->len - 1));
  g_clear_pointer (&waiting, g_ptr_array_unref);
}

void
pillion_task_result_clear (PillionTaskResult *self)
{
  switch (self->kind)
    {
    case PILLION_RESULT_STRING:
      g_free (self->string);
      break;
    case PILLION_RESULT_VARIANT:
      g_clear_pointer (&self->variant, g_variant_unref);
      break;
    case PILLION_RESULT_OBJECT:
    case PILLION_RESULT_ASYNC:
      g_clear_object (&self->object);
      break;
    case PILLION_RESULT_TASK:
      pillion_task_let_go (g_steal_pointer (&self->task));
      break;
    case PILLION_RESULT_BOXED:
      if (self->pointer != NULL)
        g_boxed_free (self->type, self->pointer);
      break;
    case PILLION_RESULT_POINTER:
      if (self->destroy != NULL && self->pointer != NULL)
        self->destroy (self->pointer);
      break;
    case PILLION_RESULT_ERROR:
      g_clear_error (&self->error);
      break;
    case PILLION_RESULT_NONE:
    case PILLION_RESULT_BOOLEAN:
    case PILLION_RESULT_INT:
    case PILLION_RESULT_DOUBLE:
      break;
    }

  self->kind = PILLION_RESULT_NONE;
}

const char *
pillion_task_result_describe (const PillionTaskResult *self)
{
  switch (self->kind)
    {
    case PILLION_RESULT_NONE:
      return "no result";
    case PILLION_RESULT_BOOLEAN:
      return "a boolean";
    case PILLION_RESULT_INT:
      return "an integer";
    case PILLION_RESULT_DOUBLE:
      return "a double";
    case PILLION_RESULT_STRING:
      return "a string";
    case PILLION_RESULT_VARIANT:
      return "a GVariant";
    case PILLION_RESULT_OBJECT:
      return self->object != NULL ? G_OBJECT_TYPE_NAME (self->object) : "an object";
    case PILLION_RESULT_BOXED:
      return g_type_name (self->type);
    case PILLION_RESULT_POINTER:
      return "a pointer";
    case PILLION_RESULT_ASYNC:
      return "a GAsyncResult";
    case PILLION_RESULT_TASK:
      return "a task's";
    case PILLION_RESULT_ERROR:
      return "an error";
    }

  g_return_val_if_reached (NULL);
}

void
pillion_task_result_set_value (PillionTaskResult *self,
                               const GValue *value)
{
  switch (G_TYPE_FUNDAMENTAL (G_VALUE_TYPE (value)))
    {
    case G_TYPE_BOOLEAN:
      self->kind = PILLION_RESULT_BOOLEAN;
      self->boolean = g_value_get_boolean (value);
      return;
    case G_TYPE_INT:
      self->kind = PILLION_RESULT_INT;
      self->integer = g_value_get_int (value);
      return;
    case G_TYPE_UINT:
      self->kind = PILLION_RESULT_INT;
      self->integer = g_value_get_uint (value);
      return;
    case G_TYPE_LONG:
      self->kind = PILLION_RESULT_INT;
      self->integer = g_value_get_long (value);
      return;
    case G_TYPE_INT64:
      self->kind = PILLION_RESULT_INT;
      self->integer = g_value_get_int64 (value);
      return;
    case G_TYPE_FLOAT:
      self->kind = PILLION_RESULT_DOUBLE;
      self->number = g_value_get_float (value);
      return;
    case G_TYPE_DOUBLE:
      self->kind = PILLION_RESULT_DOUBLE;
      self->number = g_value_get_double (value);
      return;
    case G_TYPE_STRING:
      self->kind = PILLION_RESULT_STRING;
      self->string = g_value_dup_string (value);
      return;
    case G_TYPE_VARIANT:
      self->kind = PILLION_RESULT_VARIANT;
      self->variant = g_value_dup_variant (value);
      return;
    case G_TYPE_OBJECT:
    case G_TYPE_INTERFACE:
      if (G_VALUE_HOLDS_OBJECT (value))
        {
          self->kind = PILLION_RESULT_OBJECT;
          self->object = g_value_dup_object (value);
          return;
        }
      break;
    case G_TYPE_BOXED:
      self->kind = PILLION_RESULT_BOXED;
      self->type = G_VALUE_TYPE (value);
      self->pointer = g_value_dup_boxed (value);
      return;
    default:
      break;
    }

  /* A value of any other type is kept as a GValue */
  self->kind = PILLION_RESULT_BOXED;
  self->type = G_TYPE_VALUE;
  self->pointer = g_boxed_copy (G_TYPE_VALUE, value);
}

GType
pillion_task_result_get_value_type (const PillionTaskResult *self)
{
  switch (self->kind)
    {
    case PILLION_RESULT_BOOLEAN:
      return G_TYPE_BOOLEAN;
    case PILLION_RESULT_INT:
      return G_TYPE_INT64;
    case PILLION_RESULT_DOUBLE:
      return G_TYPE_DOUBLE;
    case PILLION_RESULT_STRING:
      return G_TYPE_STRING;
    case PILLION_RESULT_VARIANT:
      return G_TYPE_VARIANT;
    case PILLION_RESULT_OBJECT:
    case PILLION_RESULT_ASYNC:
      return self->object != NULL ? G_OBJECT_TYPE (self->object) : G_TYPE_OBJECT;
    case PILLION_RESULT_BOXED:
      return self->type == G_TYPE_VALUE && self->pointer != NULL ? G_VALUE_TYPE ((GValue *) self->pointer) : self->type;
    case PILLION_RESULT_POINTER:
      return G_TYPE_POINTER;
    case PILLION_RESULT_NONE:
    case PILLION_RESULT_TASK:
    case PILLION_RESULT_ERROR:
      return G_TYPE_NONE;
    }

  g_return_val_if_reached (G_TYPE_NONE);
}

void
pillion_task_result_get_value (const PillionTaskResult *self,
                               GValue *value)
{
  GType type = pillion_task_result_get_value_type (self);

  g_return_if_fail (type != G_TYPE_NONE);

  g_value_init (value, type);
  switch (self->kind)
    {
    case PILLION_RESULT_BOOLEAN:
      g_value_set_boolean (value, self->boolean);
      break;
    case PILLION_RESULT_INT:
      g_value_set_int64 (value, self->integer);
      break;
    case PILLION_RESULT_DOUBLE:
      g_value_set_double (value, self->number);
      break;
    case PILLION_RESULT_STRING:
      g_value_set_string (value, self->string);
      break;
    case PILLION_RESULT_VARIANT:
      g_value_set_variant (value, self->variant);
      break;
    case PILLION_RESULT_OBJECT:
    case PILLION_RESULT_ASYNC:
      g_value_set_object (value, self->object);
      break;
    case PILLION_RESULT_BOXED:
      if (self->type == G_TYPE_VALUE && self->pointer != NULL)
        g_value_copy (self->pointer, value);
      else
        /* Not a copy: PyGObject 3.42 unsets the value before its content is read */
        g_value_set_static_boxed (value, self->pointer);
      break;
    case PILLION_RESULT_POINTER:
      g_value_set_pointer (value, self->pointer);
      break;
    case PILLION_RESULT_NONE:
    case PILLION_RESULT_TASK:
    case PILLION_RESULT_ERROR:
      g_assert_not_reached ();
    }
}
