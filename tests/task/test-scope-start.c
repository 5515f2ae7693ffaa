/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "scope-support.h"

/* What a scope starts, and its limit */

static PillionTask *
factory (gpointer data)
{
  Fixture *fixture = data;
  PillionTask *task = task_new (fixture, "work");

  g_string_append (fixture->log, "begun ");
  g_ptr_array_add (fixture->made, g_object_ref (task));
  return task;
}

static PillionTask *
start (Fixture *fixture,
       const char *name)
{
  return pillion_scope_start (fixture->scope, name, factory, fixture, log_freed);
}

static void
test_start (Fixture *fixture,
            gconstpointer data)
{
  PillionTask *task = start (fixture, "a");

  /* Never inside the call */
  assert_log (fixture, "");
  g_assert_cmpstr (pillion_task_get_name (task), ==, "a");
  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 1);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "begun freed ");
  pillion_task_return_int (fixture->made->pdata[0], 42);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (pillion_task_get_int (task, NULL), ==, 42);
  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 0);
  end_object (task);
}

static void
test_limit (Fixture *fixture,
            gconstpointer data)
{
  PillionTask *added = add (fixture, "added"), *tasks[5];

  pillion_scope_set_limit (fixture->scope, 3);
  for (guint i = 0; i < 5; i++)
    tasks[i] = start (fixture, "s");
  kick_until_quiet (fixture->loop);
  /* An added task is running already, and counts */
  g_assert_cmpuint (fixture->made->len, ==, 2);
  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 6);

  pillion_task_return_boolean (added, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (fixture->made->len, ==, 3);

  /* In order: leaving the line makes no room */
  pillion_task_cancel (tasks[3]);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (pillion_task_get_state (tasks[3]), ==, PILLION_TASK_CANCELLED);
  g_assert_cmpuint (fixture->made->len, ==, 3);
  pillion_task_return_boolean (fixture->made->pdata[1], TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (pillion_task_get_state (tasks[1]), ==, PILLION_TASK_SUCCEEDED);
  g_assert_cmpuint (fixture->made->len, ==, 4);
  /* What was cancelled before it began needs its data no longer */
  assert_log (fixture, "begun freed begun freed begun freed freed begun freed ");

  for (guint i = 0; i < 4; i++)
    {
      if (!pillion_task_is_done (fixture->made->pdata[i]))
        pillion_task_return_boolean (fixture->made->pdata[i], TRUE);
    }
  kick_until_quiet (fixture->loop);
  for (guint i = 0; i < 5; i++)
    g_object_unref (tasks[i]);
  g_object_unref (added);
}

static void
test_limit_changed (Fixture *fixture,
                    gconstpointer data)
{
  PillionTask *tasks[4];

  pillion_scope_set_limit (fixture->scope, 1);
  for (guint i = 0; i < 4; i++)
    tasks[i] = start (fixture, "s");
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (fixture->made->len, ==, 1);
  pillion_scope_set_limit (fixture->scope, 2);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (fixture->made->len, ==, 2);
  pillion_scope_set_limit (fixture->scope, 0);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (fixture->made->len, ==, 4);
  pillion_scope_cancel (fixture->scope);
  kick_until_quiet (fixture->loop);
  for (guint i = 0; i < 4; i++)
    {
      g_assert_cmpint (pillion_task_get_state (tasks[i]), ==, PILLION_TASK_CANCELLED);
      g_object_unref (tasks[i]);
    }
}

static void
test_cancel_started (Fixture *fixture,
                     gconstpointer data)
{
  PillionTask *task = start (fixture, "a");

  kick_until_quiet (fixture->loop);
  pillion_task_cancel (task);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (pillion_task_get_state (fixture->made->pdata[0]), ==, PILLION_TASK_CANCELLED);
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_CANCELLED);
  g_object_unref (task);

  /* Work that something else waits for carries on */
  task = start (fixture, "b");
  kick_until_quiet (fixture->loop);
  pillion_task_add_done_callback (fixture->made->pdata[1], on_done, fixture, NULL);
  pillion_task_cancel (task);
  g_string_truncate (fixture->log, 0);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_CANCELLED);
  g_assert_false (pillion_task_is_cancelled (fixture->made->pdata[1]));
  pillion_task_return_boolean (fixture->made->pdata[1], TRUE);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "work:1 ");
  end_object (task);
}

static void
test_cancel_before_begun (Fixture *fixture,
                          gconstpointer data)
{
  PillionTask *task = start (fixture, "a");

  pillion_task_cancel (task);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_CANCELLED);
  g_assert_cmpuint (fixture->made->len, ==, 0);
  end_object (task);
  assert_log (fixture, "freed ");
}

typedef struct
{
  PillionTask *gives;
  PillionTask *cancels;
} Odd;

static PillionTask *
odd_factory (gpointer data)
{
  Odd *odd = data;

  if (odd->cancels != NULL)
    pillion_task_cancel (odd->cancels);
  return odd->gives != NULL ? g_object_ref (odd->gives) : NULL;
}

static void
test_bad_factories (Fixture *fixture,
                    gconstpointer data)
{
  PillionLoop *other = loop_new ();
  Odd nothing = { NULL }, foreign = { pillion_task_new (other, "foreign", NULL) }, itself = { NULL };
  PillionTask *a = pillion_scope_start (fixture->scope, "a", odd_factory, &nothing, NULL);
  PillionTask *b = pillion_scope_start (fixture->scope, "b", odd_factory, &foreign, NULL);
  PillionTask *c = pillion_scope_start (fixture->scope, "c", odd_factory, &itself, NULL);
  g_autoptr (GError) error = NULL;

  itself.gives = c;
  kick_until_quiet (fixture->loop);
  g_assert_false (pillion_task_check (a, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_FAILED);
  g_clear_error (&error);
  g_assert_false (pillion_task_check (b, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_false (pillion_task_check (c, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_DEADLOCK);
  g_assert_cmpuint (pillion_scope_get_n_failed (fixture->scope), ==, 3);
  g_ptr_array_unref (pillion_scope_take_failed (fixture->scope));
  pillion_task_return_boolean (foreign.gives, TRUE);
  kick_until_quiet (other);
  end_object (foreign.gives);
  end_object (a);
  end_object (b);
  end_object (c);
  loop_end (other);
}

/* A factory that cancels its own task: what it returned is cancelled right afterwards */
static void
test_cancel_while_beginning (Fixture *fixture,
                             gconstpointer data)
{
  Odd odd = { task_new (fixture, "work") };
  PillionTask *task = pillion_scope_start (fixture->scope, "a", odd_factory, &odd, NULL);

  odd.cancels = task;
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (pillion_task_get_state (odd.gives), ==, PILLION_TASK_CANCELLED);
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_CANCELLED);
  end_object (task);
  end_object (odd.gives);
}

static void
test_start_done_work (Fixture *fixture,
                      gconstpointer data)
{
  Odd odd = { task_new (fixture, "work") };
  PillionTask *task;

  pillion_task_return_string (odd.gives, "done");
  kick_until_quiet (fixture->loop);
  task = pillion_scope_start (fixture->scope, "a", odd_factory, &odd, NULL);
  kick_until_quiet (fixture->loop);
  {
    g_autofree char *result = pillion_task_get_string (task, NULL);

    g_assert_cmpstr (result, ==, "done");
  }
  end_object (task);
  end_object (odd.gives);
}

static void
test_start_closed (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  PillionTask *task;

  g_assert_true (pillion_scope_close (fixture->scope, 0, NULL));
  task = start (fixture, "late");
  assert_log (fixture, "freed ");
  g_assert_false (pillion_loop_run_until_complete (fixture->loop, task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  g_assert_cmpuint (fixture->made->len, ==, 0);
  end_object (task);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add ("/scope/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("start", test_start);
  ADD ("limit", test_limit);
  ADD ("limit-changed", test_limit_changed);
  ADD ("cancel-what-was-started", test_cancel_started);
  ADD ("cancel-before-it-was-begun", test_cancel_before_begun);
  ADD ("bad-factories", test_bad_factories);
  ADD ("cancel-while-beginning", test_cancel_while_beginning);
  ADD ("start-work-that-is-done", test_start_done_work);
  ADD ("start-after-close", test_start_closed);
#undef ADD

  return g_test_run ();
}
