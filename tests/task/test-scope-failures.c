/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "scope-support.h"

/* What a scope does when a task in it fails */

static void
fail (PillionTask *task)
{
  pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_FAILED, "%s broke", pillion_task_get_name (task));
}

static void
test_failures (Fixture *fixture,
               gconstpointer data)
{
  PillionTask *a = add (fixture, "a"), *b = add (fixture, "b"), *c = add (fixture, "c"), *d = add (fixture, "d");
  g_autoptr (PillionTask) join = pillion_scope_join (fixture->scope);
  g_autoptr (GPtrArray) failed = NULL;
  g_autoptr (GError) error = NULL;

  pillion_scope_set_cancel_on_error (fixture->scope, FALSE);
  /* In the order added, whichever failed first; nothing is unhandled */
  fail (c);
  pillion_task_return_boolean (b, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_false (pillion_task_is_done (join));
  fail (a);
  pillion_task_cancel (d);
  g_assert_true (pillion_loop_run_until_complete (fixture->loop, join, NULL));

  g_assert_cmpuint (pillion_scope_get_n_failed (fixture->scope), ==, 2);
  failed = pillion_scope_take_failed (fixture->scope);
  g_assert_cmpuint (failed->len, ==, 2);
  g_assert_true (failed->pdata[0] == a);
  g_assert_true (failed->pdata[1] == c);
  g_assert_false (pillion_task_check (failed->pdata[1], &error));
  g_assert_cmpstr (error->message, ==, "c broke");

  g_assert_cmpuint (pillion_scope_get_n_failed (fixture->scope), ==, 0);
  g_clear_pointer (&failed, g_ptr_array_unref);
  failed = pillion_scope_take_failed (fixture->scope);
  g_assert_cmpuint (failed->len, ==, 0);
  g_object_unref (a);
  g_object_unref (b);
  g_object_unref (c);
  g_object_unref (d);
}

/* However many fail, only a limited number is kept, and which of them does not depend on the order in which
 * they ended */
static void
test_failures_are_bounded (Fixture *fixture,
                           gconstpointer data)
{
  PillionTask *tasks[1200];
  g_autoptr (GPtrArray) failed = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      tasks[i] = pillion_task_new (fixture->loop, "broken", NULL);
      g_assert_true (pillion_scope_add (fixture->scope, tasks[i], NULL));
    }
  for (guint i = G_N_ELEMENTS (tasks); i > 0; i--)
    fail (tasks[i - 1]);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (pillion_scope_get_n_failed (fixture->scope), ==, G_N_ELEMENTS (tasks));

  failed = pillion_scope_take_failed (fixture->scope);
  g_assert_cmpuint (failed->len, ==, 1000);
  for (guint i = 0; i < failed->len; i++)
    g_assert_true (failed->pdata[i] == tasks[i]);
  g_clear_pointer (&failed, g_ptr_array_unref);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    end_object (tasks[i]);
}

static PillionTask *
start_never (gpointer data)
{
  g_assert_not_reached ();
}

static void
test_cancel_on_error (Fixture *fixture,
                      gconstpointer data)
{
  PillionTask *a, *b, *c;
  g_autoptr (PillionScope) child = NULL;
  g_autoptr (PillionTask) join = NULL;
  g_autoptr (PillionTask) started = NULL;
  g_autoptr (GPtrArray) failed = NULL;
  g_autoptr (GError) error = NULL;

  a = add (fixture, "a");
  b = pillion_task_new (fixture->loop, "b", NULL);
  g_assert_true (pillion_scope_add (fixture->scope, b, NULL));
  c = add (fixture, "c");
  join = pillion_scope_join (fixture->scope);

  fail (c);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (pillion_task_get_state (a), ==, PILLION_TASK_CANCELLED);
  g_assert_true (pillion_task_is_cancelled (b));
  g_assert_false (pillion_task_is_done (join));
  /* It fails later, but was added before */
  fail (b);
  g_assert_false (pillion_loop_run_until_complete (fixture->loop, join, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_FAILED);
  g_assert_cmpstr (error->message, ==, "b broke");
  g_object_unref (a);
  g_object_unref (b);
  g_object_unref (c);

  /* The scope is open, but accepts nothing until the failures are taken; nor do its children */
  child = pillion_scope_new_child (fixture->scope, "child", NULL);
  a = task_new (fixture, "a");
  g_clear_error (&error);
  g_assert_false (pillion_scope_add (fixture->scope, a, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (pillion_scope_add (child, a, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (pillion_task_is_cancelled (a));
  started = pillion_scope_start (fixture->scope, "started", start_never, NULL, NULL);
  g_assert_cmpint (pillion_task_get_state (started), ==, PILLION_TASK_CANCELLED);
  g_assert_cmpuint (pillion_scope_get_n_failed (fixture->scope), ==, 2);
  g_clear_object (&join);
  join = pillion_scope_join (fixture->scope);
  g_assert_false (pillion_loop_run_until_complete (fixture->loop, join, &error));
  failed = pillion_scope_take_failed (fixture->scope);
  g_assert_cmpuint (failed->len, ==, 2);
  g_clear_object (&join);
  join = pillion_scope_join (fixture->scope);
  g_assert_true (pillion_loop_run_until_complete (fixture->loop, join, NULL));

  g_assert_true (pillion_scope_add (child, a, NULL));
  pillion_task_return_boolean (a, TRUE);
  kick_until_quiet (fixture->loop);
  end_object (a);
}

static void
on_task_failed (PillionScope *scope,
                PillionTask *task,
                gpointer seen)
{
  /* The others are not cancelled yet */
  g_assert_cmpuint (pillion_scope_get_n_failed (scope), ==, ((GPtrArray *) seen)->len + 1);
  g_ptr_array_add (seen, task);
}

static void
test_task_failed (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (PillionScope) child = pillion_scope_new_child (fixture->scope, "child", NULL);
  g_autoptr (GPtrArray) seen = g_ptr_array_new ();
  PillionTask *a = add (fixture, "a"), *b = add (fixture, "b"), *c = add (fixture, "c");
  PillionTask *other = pillion_task_new (fixture->loop, "other", NULL);

  g_signal_connect (fixture->scope, "task-failed", G_CALLBACK (on_task_failed), seen);
  g_assert_true (pillion_scope_add (child, other, NULL));
  pillion_task_return_boolean (a, TRUE);
  fail (b);
  pillion_task_cancel (c);
  fail (other);
  g_assert_cmpuint (seen->len, ==, 0);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (seen->len, ==, 1);
  g_assert_true (seen->pdata[0] == b);
  g_assert_cmpint (pillion_task_get_state (c), ==, PILLION_TASK_CANCELLED);
  g_object_unref (a);
  g_object_unref (b);
  g_object_unref (c);
  g_object_unref (other);
}

/* The scope looks at a failure in it; nothing is reported anywhere else */
static void
test_failure_is_handled (Fixture *fixture,
                         gconstpointer data)
{
  PillionTask *task;

  logs_catch ();
  task = add (fixture, "a");
  fail (task);
  g_object_unref (task);
  kick_until_quiet (fixture->loop);
  g_ptr_array_unref (pillion_scope_take_failed (fixture->scope));
  assert_logged ("");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add ("/scope/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("failures-in-the-order-added", test_failures);
  ADD ("failures-are-bounded", test_failures_are_bounded);
  ADD ("cancel-on-error", test_cancel_on_error);
  ADD ("task-failed", test_task_failed);
  ADD ("failure-is-handled", test_failure_is_handled);
#undef ADD

  return g_test_run ();
}
