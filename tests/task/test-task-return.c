/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

#include "core/pillion-binding.h"

/* Every type of result, from the loop's thread and from another, read with the right function and with wrong
 * ones */

typedef enum
{
  BOOLEAN,
  INT,
  DOUBLE,
  STRING,
  BYTES,
  VARIANT,
  OBJECT,
  BOXED,
  POINTER,
  N_KINDS
} Kind;

static const char *kind_names[N_KINDS] = { "boolean", "int",    "double", "string", "bytes",
                                           "variant", "object", "boxed",  "pointer" };

typedef struct
{
  PillionTask *task;
  Kind kind;
  GObject *object;
  GBytes *bytes;
  Gate *freed;
} Work;

static gpointer
finish (gpointer data)
{
  Work *work = data;
  const char *strv[] = { "one", "two", NULL };

  switch (work->kind)
    {
    case BOOLEAN:
      pillion_task_return_boolean (work->task, 5);
      break;
    case INT:
      pillion_task_return_int (work->task, G_MININT64);
      break;
    case DOUBLE:
      pillion_task_return_double (work->task, 0.25);
      break;
    case STRING:
      pillion_task_return_string (work->task, "text");
      break;
    case BYTES:
      pillion_task_return_bytes (work->task, work->bytes);
      break;
    case VARIANT:
      pillion_task_return_variant (work->task, g_variant_new_uint32 (7));
      break;
    case OBJECT:
      pillion_task_return_object (work->task, work->object);
      break;
    case BOXED:
      pillion_task_return_boxed (work->task, G_TYPE_STRV, g_strdupv ((char **) strv));
      break;
    case POINTER:
      pillion_task_return_pointer (work->task, work->freed, (GDestroyNotify) gate_open);
      break;
    case N_KINDS:
      g_assert_not_reached ();
    }

  return NULL;
}

/* Reads the result as a type; returns whether there was one. The value is checked. */
static gboolean
read_as (Work *work,
         Kind kind,
         GError **error)
{
  PillionTask *task = work->task;
  GError *own = NULL;

  switch (kind)
    {
    case BOOLEAN:
      g_assert_cmpint (pillion_task_get_boolean (task, &own), ==, own == NULL ? TRUE : FALSE);
      break;
    case INT:
      g_assert_cmpint (pillion_task_get_int (task, &own), ==, own == NULL ? G_MININT64 : 0);
      break;
    case DOUBLE:
      g_assert_cmpfloat (pillion_task_get_double (task, &own), ==, own == NULL ? 0.25 : 0.0);
      break;
    case STRING:
      {
        g_autofree char *text = pillion_task_get_string (task, &own);

        g_assert_cmpstr (text, ==, own == NULL ? "text" : NULL);
      }
      break;
    case BYTES:
      {
        g_autoptr (GBytes) bytes = pillion_task_get_bytes (task, &own);

        g_assert_true (bytes == (own == NULL ? work->bytes : NULL));
      }
      break;
    case VARIANT:
      {
        g_autoptr (GVariant) variant = pillion_task_get_variant (task, &own);

        g_assert_true ((variant != NULL) == (own == NULL));
        if (variant != NULL)
          g_assert_cmpuint (g_variant_get_uint32 (variant), ==, 7);
      }
      break;
    case OBJECT:
      {
        g_autoptr (GObject) object = pillion_task_get_object (task, &own);

        g_assert_true (object == (own == NULL ? work->object : NULL));
      }
      break;
    case BOXED:
      {
        g_auto (GStrv) strv = pillion_task_get_boxed (task, G_TYPE_STRV, &own);

        g_assert_true ((strv != NULL) == (own == NULL));
        if (strv != NULL)
          g_assert_cmpstr (strv[1], ==, "two");
      }
      break;
    case POINTER:
      g_assert_true (pillion_task_get_pointer (task, &own) == (own == NULL ? work->freed : NULL));
      break;
    case N_KINDS:
      g_assert_not_reached ();
    }

  if (own == NULL)
    return TRUE;
  g_propagate_error (error, own);
  return FALSE;
}

static void
check_value (Work *work)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_task_get_value (work->task, &value, &error));
  g_assert_no_error (error);
  g_assert_true (pillion_task_get_result_type (work->task) == G_VALUE_TYPE (&value));
  switch (work->kind)
    {
    case BOOLEAN:
      g_assert_true (g_value_get_boolean (&value));
      break;
    case INT:
      g_assert_cmpint (g_value_get_int64 (&value), ==, G_MININT64);
      break;
    case DOUBLE:
      g_assert_cmpfloat (g_value_get_double (&value), ==, 0.25);
      break;
    case STRING:
      g_assert_cmpstr (g_value_get_string (&value), ==, "text");
      break;
    case BYTES:
      g_assert_true (G_VALUE_HOLDS (&value, G_TYPE_BYTES));
      g_assert_true (g_value_get_boxed (&value) == work->bytes);
      break;
    case VARIANT:
      g_assert_cmpuint (g_variant_get_uint32 (g_value_get_variant (&value)), ==, 7);
      break;
    case OBJECT:
      g_assert_true (g_value_get_object (&value) == work->object);
      break;
    case BOXED:
      g_assert_true (G_VALUE_HOLDS (&value, G_TYPE_STRV));
      g_assert_cmpstr (((char **) g_value_get_boxed (&value))[0], ==, "one");
      break;
    case POINTER:
      g_assert_true (g_value_get_pointer (&value) == work->freed);
      break;
    case N_KINDS:
      g_assert_not_reached ();
    }
}

static void
run_kind (Kind kind,
          gboolean in_thread)
{
  PillionLoop *loop = loop_new ();
  g_autoptr (GObject) object = g_object_new (G_TYPE_OBJECT, NULL);
  g_autoptr (GBytes) bytes = g_bytes_new_static ("bytes", 5);
  Gate freed = GATE_INIT;
  Work work = { pillion_task_new (loop, kind_names[kind], NULL), kind, object, bytes, &freed };
  g_auto (GValue) unset = G_VALUE_INIT;
  GError *error = NULL;

  g_assert_false (read_as (&work, kind, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NOT_DONE);
  g_clear_error (&error);
  g_assert_false (pillion_task_check (work.task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NOT_DONE);
  g_clear_error (&error);
  g_assert_false (pillion_task_get_value (work.task, &unset, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NOT_DONE);
  g_clear_error (&error);
  g_assert_false (G_IS_VALUE (&unset));
  g_assert_true (pillion_task_get_result_type (work.task) == G_TYPE_NONE);

  if (in_thread)
    {
      GThread *thread = g_thread_new ("finisher", finish, &work);

      g_assert_true (pillion_loop_run_until_complete (loop, work.task, &error));
      g_assert_no_error (error);
      g_thread_join (thread);
    }
  else
    {
      finish (&work);
      pillion_loop_kick (loop);
    }

  g_assert_cmpint (pillion_task_get_state (work.task), ==, PILLION_TASK_SUCCEEDED);
  g_assert_true (pillion_task_check (work.task, &error));
  g_assert_no_error (error);
  for (Kind asked = 0; asked < N_KINDS; asked++)
    {
      gboolean expected = asked == kind;

      /* More than once, because it is not consumed */
      for (guint i = 0; i < 2; i++)
        {
          g_assert_cmpint (read_as (&work, asked, &error), ==, expected);
          if (!expected)
            {
              g_assert_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_TYPE);
              g_assert_nonnull (strstr (error->message, kind_names[kind]));
              g_clear_error (&error);
              read_as (&work, asked, NULL);
            }
        }
    }
  check_value (&work);
  check_value (&work);

  g_assert_cmpint (gate_get_count (&freed), ==, 0);
  end_object (work.task);
  g_assert_cmpint (gate_get_count (&freed), ==, kind == POINTER);
  loop_end (loop);
}

static void
test_here (gconstpointer kind)
{
  run_kind (GPOINTER_TO_INT (kind), FALSE);
}

static void
test_thread (gconstpointer kind)
{
  run_kind (GPOINTER_TO_INT (kind), TRUE);
}

static void
test_null (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *tasks[7];
  GError *error = NULL;
  GValue value = G_VALUE_INIT;

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = pillion_task_new (loop, "nothing", NULL);
  pillion_task_return_string (tasks[0], NULL);
  g_assert_null (pillion_task_get_string (tasks[0], &error));
  pillion_task_return_bytes (tasks[1], NULL);
  g_assert_null (pillion_task_get_bytes (tasks[1], &error));
  pillion_task_return_variant (tasks[2], NULL);
  g_assert_null (pillion_task_get_variant (tasks[2], &error));
  pillion_task_return_object (tasks[3], NULL);
  g_assert_null (pillion_task_get_object (tasks[3], &error));
  pillion_task_return_boxed (tasks[4], G_TYPE_STRV, NULL);
  g_assert_null (pillion_task_get_boxed (tasks[4], G_TYPE_STRV, &error));
  pillion_task_return_pointer (tasks[5], NULL, (GDestroyNotify) abort);
  g_assert_null (pillion_task_get_pointer (tasks[5], &error));
  pillion_task_return_value (tasks[6], NULL);
  g_assert_null (pillion_task_get_pointer (tasks[6], &error));
  g_assert_no_error (error);

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_assert_true (pillion_task_get_value (tasks[i], &value, &error));
      g_assert_no_error (error);
      g_assert_true (G_VALUE_HOLDS (&value, pillion_task_get_result_type (tasks[i])));
      g_value_unset (&value);
      g_object_unref (tasks[i]);
    }
  loop_end (loop);
}

static void
test_references (void)
{
  PillionLoop *loop = loop_new ();
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
  GVariant *variant = g_variant_ref_sink (g_variant_new_string ("kept"));
  PillionTask *task = pillion_task_new (loop, "object", NULL);
  PillionTask *other = pillion_task_new (loop, "variant", NULL);

  pillion_task_return_object (task, object);
  g_assert_cmpuint (object->ref_count, ==, 2);
  g_object_unref (pillion_task_get_object (task, NULL));
  pillion_task_return_variant (other, variant);
  g_variant_unref (pillion_task_get_variant (other, NULL));
  pillion_loop_kick (loop);
  g_object_unref (task);
  g_object_unref (other);
  g_assert_cmpstr (g_variant_get_string (variant, NULL), ==, "kept");
  g_variant_unref (variant);
  end_object (object);
  loop_end (loop);
}

static void
test_boxed_type (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "date", NULL);
  g_autoptr (GError) error = NULL;

  pillion_task_return_boxed (task, G_TYPE_DATE_TIME, g_date_time_new_now_utc ());
  g_assert_null (pillion_task_get_boxed (task, G_TYPE_STRV, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_TYPE);
  g_assert_nonnull (strstr (error->message, "GDateTime"));
  g_assert_nonnull (strstr (error->message, "GStrv"));
  g_date_time_unref (pillion_task_get_boxed (task, G_TYPE_DATE_TIME, NULL));
  g_object_unref (task);
  loop_end (loop);
}

static void
test_value_outlives_task (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "date", NULL);
  g_auto (GValue) value = G_VALUE_INIT;
  GDateTime *date = g_date_time_new_from_unix_utc (86400);

  pillion_task_return_boxed (task, G_TYPE_DATE_TIME, date);
  g_assert_true (pillion_task_get_value (task, &value, NULL));
  g_object_unref (task);
  loop_end (loop);

  g_assert_true (G_VALUE_HOLDS (&value, G_TYPE_DATE_TIME));
  g_assert_cmpint (g_date_time_to_unix (g_value_get_boxed (&value)), ==, 86400);
}

/* Errors */

static void
test_error (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "job", NULL);
  g_autoptr (GError) first = NULL, second = NULL, third = NULL;
  g_auto (GValue) value = G_VALUE_INIT;

  pillion_task_return_error (task, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "not there"));
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_FAILED);
  g_assert_cmpint (pillion_task_get_int (task, &first), ==, 0);
  g_assert_error (first, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_cmpstr (first->message, ==, "not there");
  g_assert_false (pillion_task_check (task, &second));
  g_assert_true (first != second);
  g_assert_error (second, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_false (pillion_task_get_value (task, &value, &third));
  g_assert_error (third, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_false (G_IS_VALUE (&value));
  g_assert_null (pillion_task_get_string (task, NULL));
  pillion_loop_kick (loop);
  end_object (task);
  loop_end (loop);
}

static void
test_new_error (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *failed = pillion_task_new (loop, "failed", NULL);
  PillionTask *cancelled = pillion_task_new (loop, "cancelled", NULL);
  g_autoptr (GError) error = NULL;

  pillion_task_return_new_error (failed, PILLION_ERROR, PILLION_ERROR_CLOSED, "%d of %s", 2, "them");
  g_assert_false (pillion_task_check (failed, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  g_assert_cmpstr (error->message, ==, "2 of them");
  pillion_task_return_new_error (cancelled, G_IO_ERROR, G_IO_ERROR_CANCELLED, "enough");
  g_assert_cmpint (pillion_task_get_state (cancelled), ==, PILLION_TASK_CANCELLED);
  g_object_unref (failed);
  g_object_unref (cancelled);
  loop_end (loop);
}

static void
test_twice (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "job", NULL);

  pillion_task_return_int (task, 1);
  logs_catch ();
  pillion_task_return_int (task, 2);
  assert_logged ("critical: Task 'job' was finished a second time");
  logs_catch ();
  pillion_task_return_error (task, g_error_new_literal (PILLION_ERROR, 0, "too late"));
  assert_logged ("critical: *");
  pillion_loop_kick (loop);
  logs_catch ();
  pillion_task_return_string (task, "late");
  pillion_task_return_double (task, 2.0);
  pillion_task_return_boolean (task, TRUE);
  pillion_task_return_variant (task, NULL);
  pillion_task_return_object (task, NULL);
  pillion_task_return_value (task, NULL);
  assert_logged ("critical: *\ncritical: *\ncritical: *\ncritical: *\ncritical: *\ncritical: *");

  g_assert_cmpint (pillion_task_get_int (task, NULL), ==, 1);
  end_object (task);
  loop_end (loop);
}

/* What was passed to the refused call is not leaked */
static void
test_twice_frees (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "job", NULL);
  Gate freed = GATE_INIT;

  pillion_task_return_int (task, 1);
  logs_catch ();
  pillion_task_return_pointer (task, &freed, (GDestroyNotify) gate_open);
  pillion_task_return_boxed (task, G_TYPE_DATE_TIME, g_date_time_new_now_utc ());
  pillion_task_return_variant (task, g_variant_new_string ("floating"));
  assert_logged ("critical: *");
  g_assert_cmpint (gate_get_count (&freed), ==, 1);
  g_object_unref (task);
  loop_end (loop);
}

static void
test_race (void)
{
  for (guint i = 0; i < 200; i++)
    {
      PillionLoop *loop = loop_new ();
      Work works[2];
      GThread *threads[2];
      PillionTask *task = pillion_task_new (loop, "contended", NULL);

      logs_catch ();
      for (guint j = 0; j < 2; j++)
        {
          works[j] = (Work) { task, j == 0 ? INT : DOUBLE, NULL, NULL, NULL };
          threads[j] = g_thread_new ("finisher", finish, &works[j]);
        }
      g_thread_join (threads[0]);
      g_thread_join (threads[1]);
      assert_logged ("critical: Task 'contended' was finished a second time");
      pillion_loop_kick (loop);
      end_object (task);
      loop_end (loop);
    }
}

static gpointer
read_twice (gpointer data)
{
  Work *work = data;

  while (!pillion_task_is_done (work->task))
    ;
  for (guint i = 0; i < 100; i++)
    g_assert_true (read_as (work, work->kind, NULL));
  return NULL;
}

static void
test_read_from_threads (void)
{
  PillionLoop *loop = loop_new ();
  Work work = { pillion_task_new (loop, "text", NULL), STRING, NULL, NULL, NULL };
  GThread *threads[3];

  for (guint i = 0; i < 3; i++)
    threads[i] = g_thread_new ("reader", read_twice, &work);
  finish (&work);
  for (guint i = 0; i < 3; i++)
    g_thread_join (threads[i]);
  pillion_loop_kick (loop);
  end_object (work.task);
  loop_end (loop);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (int kind = 0; kind < N_KINDS; kind++)
    {
      g_autofree char *here = g_strdup_printf ("/task/return/%s/on-the-loops-thread", kind_names[kind]);
      g_autofree char *thread = g_strdup_printf ("/task/return/%s/from-another-thread", kind_names[kind]);

      g_test_add_data_func (here, GINT_TO_POINTER (kind), test_here);
      g_test_add_data_func (thread, GINT_TO_POINTER (kind), test_thread);
    }
  g_test_add_func ("/task/return/null-is-a-result", test_null);
  g_test_add_func ("/task/return/takes-references-of-its-own", test_references);
  g_test_add_func ("/task/return/boxed-is-of-its-type", test_boxed_type);
  g_test_add_func ("/task/return/value-outlives-its-task", test_value_outlives_task);
  g_test_add_func ("/task/return/error-is-copied-for-each", test_error);
  g_test_add_func ("/task/return/new-error-is-formatted", test_new_error);
  g_test_add_func ("/task/return/twice-is-critical-and-the-first-holds", test_twice);
  g_test_add_func ("/task/return/twice-frees-what-it-was-given", test_twice_frees);
  g_test_add_func ("/task/return/two-threads-one-wins", test_race);
  g_test_add_func ("/task/return/is-read-from-other-threads", test_read_from_threads);

  return g_test_run ();
}
