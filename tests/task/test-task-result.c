/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "core/pillion-binding.h"
#include "task/pillion-task-result.h"

#include "../test-support.h"

/* Values of every type, as bindings return them */

static GValue value;

static GValue *
fresh (GType type)
{
  if (G_IS_VALUE (&value))
    g_value_unset (&value);
  return g_value_init (&value, type);
}

/* Returns a task's result through a value, and checks the type that it has become */
static PillionTaskResult
keep (PillionResultKind kind)
{
  PillionTaskResult result = { 0 };

  pillion_task_result_set_value (&result, &value);
  g_assert_cmpint (result.kind, ==, kind);
  g_value_unset (&value);
  g_assert_nonnull (pillion_task_result_describe (&result));
  pillion_task_result_get_value (&result, &value);
  return result;
}

static void
test_numbers (void)
{
  PillionTaskResult result;

  g_value_set_boolean (fresh (G_TYPE_BOOLEAN), TRUE);
  result = keep (PILLION_RESULT_BOOLEAN);
  g_assert_true (g_value_get_boolean (&value));

  g_value_set_int (fresh (G_TYPE_INT), -1);
  result = keep (PILLION_RESULT_INT);
  g_assert_cmpint (g_value_get_int64 (&value), ==, -1);

  g_value_set_uint (fresh (G_TYPE_UINT), G_MAXUINT);
  result = keep (PILLION_RESULT_INT);
  g_assert_cmpint (g_value_get_int64 (&value), ==, G_MAXUINT);

  g_value_set_long (fresh (G_TYPE_LONG), G_MINLONG);
  result = keep (PILLION_RESULT_INT);
  g_assert_cmpint (g_value_get_int64 (&value), ==, G_MINLONG);

  g_value_set_int64 (fresh (G_TYPE_INT64), G_MAXINT64);
  result = keep (PILLION_RESULT_INT);
  g_assert_cmpint (g_value_get_int64 (&value), ==, G_MAXINT64);

  g_value_set_float (fresh (G_TYPE_FLOAT), 0.5f);
  result = keep (PILLION_RESULT_DOUBLE);
  g_assert_cmpfloat (g_value_get_double (&value), ==, 0.5);

  g_value_set_double (fresh (G_TYPE_DOUBLE), 0.1);
  result = keep (PILLION_RESULT_DOUBLE);
  g_assert_cmpfloat (g_value_get_double (&value), ==, 0.1);
  pillion_task_result_clear (&result);
  g_assert_cmpint (result.kind, ==, PILLION_RESULT_NONE);
}

/* A number that does not fit into a signed one keeps its type */
static void
test_other_types (void)
{
  PillionTaskResult result;

  g_value_set_uint64 (fresh (G_TYPE_UINT64), G_MAXUINT64);
  result = keep (PILLION_RESULT_BOXED);
  g_assert_true (G_VALUE_HOLDS_UINT64 (&value));
  g_assert_cmpuint (g_value_get_uint64 (&value), ==, G_MAXUINT64);
  pillion_task_result_clear (&result);

  g_value_set_enum (fresh (PILLION_TYPE_TASK_STATE), PILLION_TASK_FAILED);
  result = keep (PILLION_RESULT_BOXED);
  g_assert_true (G_VALUE_HOLDS (&value, PILLION_TYPE_TASK_STATE));
  g_assert_cmpint (g_value_get_enum (&value), ==, PILLION_TASK_FAILED);
  pillion_task_result_clear (&result);

  g_value_set_gtype (fresh (G_TYPE_GTYPE), PILLION_TYPE_TASK);
  result = keep (PILLION_RESULT_BOXED);
  g_assert_true (g_value_get_gtype (&value) == PILLION_TYPE_TASK);
  pillion_task_result_clear (&result);
}

static void
test_owned (void)
{
  g_autoptr (GObject) object = G_OBJECT (g_file_new_for_path ("/"));
  PillionTaskResult result;

  g_value_set_string (fresh (G_TYPE_STRING), "text");
  result = keep (PILLION_RESULT_STRING);
  g_assert_cmpstr (g_value_get_string (&value), ==, "text");
  pillion_task_result_clear (&result);
  g_assert_cmpstr (g_value_get_string (&value), ==, "text");

  g_value_set_variant (fresh (G_TYPE_VARIANT), g_variant_new_int32 (4));
  result = keep (PILLION_RESULT_VARIANT);
  g_assert_cmpint (g_variant_get_int32 (g_value_get_variant (&value)), ==, 4);
  pillion_task_result_clear (&result);

  g_value_set_object (fresh (G_TYPE_OBJECT), object);
  result = keep (PILLION_RESULT_OBJECT);
  g_assert_true (g_value_get_object (&value) == object);
  g_assert_cmpstr (pillion_task_result_describe (&result), ==, G_OBJECT_TYPE_NAME (object));
  pillion_task_result_clear (&result);

  /* By its interface */
  g_value_set_object (fresh (G_TYPE_FILE), object);
  result = keep (PILLION_RESULT_OBJECT);
  g_assert_true (g_value_get_object (&value) == object);
  pillion_task_result_clear (&result);

  g_value_set_object (fresh (G_TYPE_OBJECT), NULL);
  result = keep (PILLION_RESULT_OBJECT);
  g_assert_null (g_value_get_object (&value));
  pillion_task_result_clear (&result);

  g_value_take_boxed (fresh (G_TYPE_BYTES), g_bytes_new ("x", 1));
  result = keep (PILLION_RESULT_BOXED);
  g_assert_true (G_VALUE_HOLDS (&value, G_TYPE_BYTES));
  g_assert_cmpstr (pillion_task_result_describe (&result), ==, "GBytes");
  pillion_task_result_clear (&result);

  fresh (G_TYPE_BYTES);
  result = keep (PILLION_RESULT_BOXED);
  g_assert_null (g_value_get_boxed (&value));
  pillion_task_result_clear (&result);
  g_value_unset (&value);
}

static void
test_pointer (void)
{
  PillionTaskResult result;
  int pointee;

  g_value_set_pointer (fresh (G_TYPE_POINTER), &pointee);
  result = keep (PILLION_RESULT_BOXED);
  g_assert_true (G_VALUE_HOLDS_POINTER (&value));
  g_assert_true (g_value_get_pointer (&value) == &pointee);
  pillion_task_result_clear (&result);
  g_value_unset (&value);
}

static void
test_describe (void)
{
  const PillionResultKind kinds[] = {
    PILLION_RESULT_NONE,   PILLION_RESULT_BOOLEAN, PILLION_RESULT_INT,     PILLION_RESULT_DOUBLE, PILLION_RESULT_STRING,
    PILLION_RESULT_VARIANT, PILLION_RESULT_OBJECT, PILLION_RESULT_POINTER, PILLION_RESULT_ASYNC,  PILLION_RESULT_ERROR,
  };
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      PillionTaskResult result = { .kind = kinds[i] };

      g_assert_true (g_hash_table_add (seen, (gpointer) pillion_task_result_describe (&result)));
    }
}

/* The way through a task */
static void
test_through_task (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *number = pillion_task_new (loop, "number", NULL);
  PillionTask *strv = pillion_task_new (loop, "strings", NULL);
  g_auto (GStrv) got = NULL;
  const char *strings[] = { "a", "b", NULL };

  g_value_set_int (fresh (G_TYPE_INT), 12);
  pillion_task_return_value (number, &value);
  g_assert_cmpint (pillion_task_get_int (number, NULL), ==, 12);

  g_value_set_boxed (fresh (G_TYPE_STRV), strings);
  pillion_task_return_value (strv, &value);
  got = pillion_task_get_boxed (strv, G_TYPE_STRV, NULL);
  g_assert_true (g_strv_equal ((const char *const *) got, strings));

  g_value_unset (&value);
  g_object_unref (number);
  g_object_unref (strv);
  loop_end (loop);
}

/* A task that did not succeed, or whose outcome is another one's, has none of its own */
static void
assert_nothing_to_peek (PillionTask *task)
{
  g_auto (GValue) peeked = G_VALUE_INIT;

  pillion_task_peek_value (task, &peeked);
  g_assert_true (G_VALUE_HOLDS_OBJECT (&peeked));
  g_assert_null (g_value_get_object (&peeked));
}

static void
test_peek (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "strings", NULL);
  PillionTask *shield = pillion_task_shield (task);
  PillionTask *failed = pillion_task_new (loop, "failed", NULL);
  g_auto (GValue) peeked = G_VALUE_INIT;
  const char *strings[] = { "a", "b", NULL };

  assert_nothing_to_peek (task);
  g_value_set_boxed (fresh (G_TYPE_STRV), strings);
  pillion_task_return_value (task, &value);
  kick_until_quiet (loop);
  pillion_task_peek_value (task, &peeked);
  g_assert_true (G_VALUE_HOLDS (&peeked, G_TYPE_STRV));
  g_assert_true (g_strv_equal (g_value_get_boxed (&peeked), strings));
  /* It is the task's own */
  g_assert_true (peeked.data[1].v_uint & G_VALUE_NOCOPY_CONTENTS);
  assert_nothing_to_peek (shield);

  pillion_task_return_new_error (failed, G_IO_ERROR, G_IO_ERROR_FAILED, "no luck");
  assert_nothing_to_peek (failed);
  /* Peeking does not count as looking at the failure */
  logs_catch ();
  g_object_unref (failed);
  kick_until_quiet (loop);
  assert_logged ("warning: *no luck");

  g_value_unset (&value);
  g_object_unref (task);
  g_object_unref (shield);
  loop_end (loop);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/task/result/numbers-become-three-types", test_numbers);
  g_test_add_func ("/task/result/other-types-are-kept-as-they-came", test_other_types);
  g_test_add_func ("/task/result/owned-types-are-copied", test_owned);
  g_test_add_func ("/task/result/pointer-is-kept", test_pointer);
  g_test_add_func ("/task/result/each-kind-has-a-description", test_describe);
  g_test_add_func ("/task/result/value-goes-through-a-task", test_through_task);
  g_test_add_func ("/task/result/peek-gives-what-a-task-got-itself", test_peek);

  return g_test_run ();
}
