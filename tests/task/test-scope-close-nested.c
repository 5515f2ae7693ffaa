/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "scope-close-support.h"

/* Scopes that are closed from inside, or while their loop is */

static void
close_it (PillionTask *task,
          gpointer data)
{
  Fixture *fixture = data;

  g_string_append (fixture->log, "( ");
  fixture->closed = pillion_scope_close (fixture->scope, -1, &fixture->error);
  g_string_append (fixture->log, ") ");
}

/* The task whose callback closes the scope counts as ended; its other callbacks run afterwards */
static void
test_from_own_callback (Fixture *fixture,
                        gconstpointer data)
{
  PillionTask *a = pillion_task_new (fixture->loop, "a", NULL), *b = obedient (fixture, fixture->scope, "b");

  pillion_task_add_done_callback (a, close_it, fixture, NULL);
  pillion_task_add_done_callback (a, on_done, fixture, NULL);
  g_assert_true (pillion_scope_add (fixture->scope, a, NULL));
  pillion_task_return_boolean (a, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_no_error (fixture->error);
  g_assert_true (fixture->closed);
  g_assert_cmpstr (fixture->log->str, ==, "( b:3 ) a:1 ");
  end_object (a);
  end_object (b);
}

/* A failed one was looked at, by its callback and by the scope */
static void
test_from_callback_of_failed (Fixture *fixture,
                              gconstpointer data)
{
  PillionTask *a = pillion_task_new (fixture->loop, "a", NULL);
  g_autoptr (GPtrArray) failed = NULL;

  logs_catch ();
  pillion_task_add_done_callback (a, close_it, fixture, NULL);
  g_assert_true (pillion_scope_add (fixture->scope, a, NULL));
  pillion_task_return_new_error (a, PILLION_ERROR, PILLION_ERROR_FAILED, "broke");
  g_object_unref (a);
  kick_until_quiet (fixture->loop);
  g_assert_true (fixture->closed);
  failed = pillion_scope_take_failed (fixture->scope);
  g_assert_cmpuint (failed->len, ==, 1);
  g_clear_pointer (&failed, g_ptr_array_unref);
  assert_logged ("");
}

/* What waits for the task whose callback closes the scope can't continue before that returns, so the close
 * does not wait for it */
static void
test_from_callback_of_child (Fixture *fixture,
                             gconstpointer data)
{
  PillionTask *a = pillion_task_new (fixture->loop, "a", NULL), *b = obedient (fixture, fixture->scope, "b");
  PillionTask *children[] = { a, b };
  g_autoptr (PillionTask) all = NULL, shield = NULL;

  pillion_task_add_done_callback (a, close_it, fixture, NULL);
  all = pillion_task_all (fixture->loop, children, 2);
  shield = pillion_task_shield (all);
  g_assert_true (pillion_scope_add (fixture->scope, all, NULL));
  g_assert_true (pillion_scope_add (fixture->scope, a, NULL));
  pillion_task_return_boolean (a, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_false (fixture->closed);
  g_assert_error (fixture->error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  assert_contains (fixture->error->message, "waiting for 'a'");
  g_assert_cmpstr (fixture->log->str, ==, "( b:3 ) ");
  g_assert_cmpint (pillion_task_get_state (all), ==, PILLION_TASK_CANCELLED);
  end_object (g_steal_pointer (&shield));
  end_object (g_steal_pointer (&all));
  end_object (a);
  end_object (b);
}

static PillionTask *
close_in_map (guint index,
              gpointer data)
{
  close_it (NULL, data);
  return NULL;
}

static PillionTask *
close_in_sequel (PillionTask *task,
                 gpointer data)
{
  close_it (NULL, data);
  return NULL;
}

static gboolean
close_in_predicate (const GError *error,
                    guint number,
                    gpointer data)
{
  close_it (NULL, data);
  return FALSE;
}

static PillionTask *
fail_attempt (guint number,
              gpointer data)
{
  Fixture *fixture = data;
  PillionTask *task = pillion_task_new (fixture->loop, "attempt", NULL);

  pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_FAILED, "broke");
  return task;
}

/* The close would wait for its caller: it fails at once, in every function that a task may call */
static void
test_from_own_function (Fixture *fixture,
                        gconstpointer data)
{
  g_autoptr (PillionRetry) retry = pillion_retry_new (), choosy = pillion_retry_new ();
  PillionTask *tasks[4];

  pillion_retry_set_attempts (retry, 1);
  pillion_retry_set_predicate (choosy, close_in_predicate, fixture, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autoptr (PillionTask) sleep = pillion_loop_sleep (fixture->loop, 0, NULL);

      tasks[i] = i == 0   ? pillion_task_map (fixture->loop, 1, 0, NULL, close_in_map, fixture, NULL)
                 : i == 1 ? pillion_task_and_then (sleep, close_in_sequel, fixture, NULL)
                 : i == 2 ? pillion_retry_run (retry, fixture->loop, "retry", NULL, close_in_map, fixture, NULL)
                          : pillion_retry_run (choosy, fixture->loop, "choosy", NULL, fail_attempt, fixture, NULL);
      g_assert_true (pillion_scope_add (fixture->scope, tasks[i], NULL));
      g_assert_no_error (fixture->error);
      pillion_loop_run_until_complete (fixture->loop, tasks[i], NULL);
      g_assert_error (fixture->error, PILLION_ERROR, PILLION_ERROR_NESTED);
      g_clear_error (&fixture->error);
      kick_until_quiet (fixture->loop);
      /* The scope keeps those that failed */
      g_ptr_array_unref (pillion_scope_take_failed (fixture->scope));
      end_object (tasks[i]);
    }
  close_well (fixture, -1);
}

/* Tasks that wait for the end of the scope that they are in: all of them wait for all */
static void
test_tangle (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *a = stubborn (fixture, fixture->scope, "a");
  PillionTask *tasks[200];

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autoptr (PillionTask) join = pillion_scope_join (fixture->scope);

      tasks[i] = pillion_task_shield (join);
      g_assert_true (pillion_scope_add (fixture->scope, tasks[i], NULL));
    }
  pillion_task_return_boolean (a, TRUE);
  pillion_task_add_done_callback (a, close_it, fixture, NULL);
  kick_until_quiet (fixture->loop);
  g_assert_true (fixture->closed);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    end_object (tasks[i]);
  end_object (a);
}

/* A close inside a close: the inner one fails, and the outer one continues */
static void
test_nested (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (PillionScope) child = pillion_scope_new_child (fixture->scope, "child", NULL);
  PillionTask *a = obedient (fixture, fixture->scope, "a"), *b = obedient (fixture, child, "b");

  pillion_task_add_done_callback (a, close_it, fixture, NULL);
  close_well (fixture, -1);
  g_assert_false (fixture->closed);
  g_assert_error (fixture->error, PILLION_ERROR, PILLION_ERROR_NESTED);
  g_assert_cmpstr (fixture->log->str, ==, "a:3 ( ) b:3 ");
  end_object (a);
  end_object (b);
}

static void
close_in_handler (GCancellable *cancellable,
                  gpointer data)
{
  close_it (NULL, data);
}

static void
test_from_cancel_handler (Fixture *fixture,
                          gconstpointer data)
{
  PillionTask *a = obedient (fixture, fixture->scope, "a");

  g_signal_connect (pillion_task_get_cancellable (a), "cancelled", G_CALLBACK (close_in_handler), fixture);
  close_well (fixture, -1);
  g_assert_error (fixture->error, PILLION_ERROR, PILLION_ERROR_NESTED);
  end_object (a);
}

/* A parent can't be closed while a close of its child is on the stack, nor the other way round */
static void
close_parent (PillionTask *task,
              gpointer data)
{
  close_it (task, data);
}

static void
test_parent_in_child (Fixture *fixture,
                      gconstpointer data)
{
  g_autoptr (PillionScope) child = pillion_scope_new_child (fixture->scope, "child", NULL);
  PillionTask *b = obedient (fixture, child, "b");

  pillion_task_add_done_callback (b, close_parent, fixture, NULL);
  g_assert_true (pillion_scope_close (child, -1, NULL));
  g_assert_error (fixture->error, PILLION_ERROR, PILLION_ERROR_NESTED);
  g_assert_false (pillion_scope_is_closed (fixture->scope));
  close_well (fixture, -1);
  end_object (b);
}

static PillionTask *
close_in_factory (gpointer data)
{
  Fixture *fixture = data;

  close_it (NULL, data);
  fixture->task = pillion_task_new (fixture->loop, "work", NULL);
  return g_object_ref (fixture->task);
}

static void
test_from_own_factory (Fixture *fixture,
                       gconstpointer data)
{
  PillionTask *task = pillion_scope_start (fixture->scope, "started", close_in_factory, fixture, NULL);
  g_autoptr (GError) error = NULL;

  kick_until_quiet (fixture->loop);
  g_assert_false (fixture->closed);
  g_assert_error (fixture->error, PILLION_ERROR, PILLION_ERROR_NESTED);
  assert_contains (fixture->error->message, "started");
  g_assert_false (pillion_task_is_cancelled (task));
  g_assert_false (pillion_scope_close (fixture->scope, 0, &error));
  assert_contains (error->message, "waiting for 'work'");
  kick_until_quiet (fixture->loop);
  g_assert_true (pillion_task_is_cancelled (fixture->task));
  pillion_task_return_boolean (fixture->task, TRUE);
  kick_until_quiet (fixture->loop);
  end_object (task);
  end_object (fixture->task);
}

static void
ask_whether_closed (gpointer source,
                    gpointer data)
{
  PillionScope *scope = data;
  gboolean property;

  g_object_get (scope, "closed", &property, NULL);
  g_assert_true (property);
  g_assert_true (pillion_scope_is_closed (scope));
}

/* A scope is closed from the moment when the close starts, and so are its children */
static void
test_is_closed_meanwhile (Fixture *fixture,
                          gconstpointer data)
{
  g_autoptr (PillionScope) child = pillion_scope_new_child (fixture->scope, "child", NULL);
  PillionTask *a = obedient (fixture, fixture->scope, "a");

  g_assert_false (pillion_scope_is_closed (fixture->scope));
  pillion_task_add_done_callback (a, (PillionTaskDoneFunc) ask_whether_closed, fixture->scope, NULL);
  pillion_task_add_done_callback (a, (PillionTaskDoneFunc) ask_whether_closed, child, NULL);
  g_signal_connect (pillion_task_get_cancellable (a), "cancelled", G_CALLBACK (ask_whether_closed), fixture->scope);
  if (data != NULL)
    g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  else
    close_well (fixture, -1);
  end_object (a);
}

static void
test_with_the_loop (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (PillionScope) child = pillion_scope_new_child (fixture->scope, "child", NULL);
  PillionTask *a = obedient (fixture, fixture->scope, "a"), *b = obedient (fixture, child, "b");
  g_autoptr (PillionTask) join = pillion_scope_join (fixture->scope);
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  g_assert_cmpstr (fixture->log->str, ==, "a:3 b:3 ");
  g_assert_true (pillion_scope_is_closed (fixture->scope));
  g_assert_true (pillion_scope_is_closed (child));
  g_assert_true (pillion_task_is_done (join));
  close_well (fixture, -1);
  g_assert_null (pillion_scope_new (fixture->loop, "late", &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  end_object (a);
  end_object (b);
}

/* What is left says which scope it was in, and lines, waits and starts are released */
static void
test_left_with_the_loop (Fixture *fixture,
                         gconstpointer data)
{
  PillionTask *a = stubborn (fixture, fixture->scope, "a");
  PillionTask *started = pillion_scope_start (fixture->scope, "started", make_stuck, fixture, NULL);
  PillionTask *waiting, *join = pillion_scope_join (fixture->scope);
  g_autoptr (PillionSemaphore) semaphore = pillion_semaphore_new (fixture->loop, 1);
  PillionTask *acquire;
  g_autoptr (GError) error = NULL;

  pillion_scope_set_limit (fixture->scope, 2);
  waiting = pillion_scope_start (fixture->scope, "waiting", make_stuck, fixture, NULL);
  kick_until_quiet (fixture->loop);
  g_assert_true (pillion_semaphore_try_acquire (semaphore));
  acquire = pillion_semaphore_acquire (semaphore);

  g_assert_false (pillion_loop_close (fixture->loop, 0, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  assert_contains (error->message, "'a' (there.c:7) in scope 'mine'");
  assert_contains (error->message, "waiting for 'leaf'");
  g_assert_true (pillion_scope_is_closed (fixture->scope));
  pillion_task_return_boolean (a, TRUE);
  end_object (a);
  end_object (waiting);
  end_object (join);
  end_object (acquire);
  end_object (started);
  pillion_task_return_boolean (fixture->task, TRUE);
  end_object (fixture->task);
}

static void
close_loop (PillionTask *task,
            gpointer data)
{
  Fixture *fixture = data;

  fixture->closed = pillion_loop_close (fixture->loop, 0, NULL);
}

/* A callback inside the close closes the loop itself */
static void
test_loop_closed_meanwhile (Fixture *fixture,
                            gconstpointer data)
{
  PillionTask *a = obedient (fixture, fixture->scope, "a"), *b = stubborn (fixture, fixture->scope, "b");
  g_autoptr (GError) error = NULL;

  pillion_task_add_done_callback (a, close_loop, fixture, NULL);
  g_assert_false (pillion_scope_close (fixture->scope, -1, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  pillion_task_return_boolean (b, TRUE);
  end_object (a);
  end_object (b);
}

static void
test_while_the_loop_is_closed (Fixture *fixture,
                               gconstpointer data)
{
  PillionTask *a = obedient (fixture, fixture->scope, "a");

  pillion_task_add_done_callback (a, close_it, fixture, NULL);
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  g_assert_error (fixture->error, PILLION_ERROR, PILLION_ERROR_NESTED);
  end_object (a);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add ("/scope/close/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("from-own-callback", test_from_own_callback);
  ADD ("from-callback-of-failed", test_from_callback_of_failed);
  ADD ("from-callback-of-child", test_from_callback_of_child);
  ADD ("from-own-function", test_from_own_function);
  ADD ("tangle", test_tangle);
  ADD ("nested", test_nested);
  ADD ("from-cancel-handler", test_from_cancel_handler);
  ADD ("parent-in-child", test_parent_in_child);
  ADD ("from-own-factory", test_from_own_factory);
  ADD ("is-closed-meanwhile", test_is_closed_meanwhile);
  g_test_add ("/scope/close/is-closed-meanwhile-with-the-loop", Fixture, "loop", set_up, test_is_closed_meanwhile, tear_down);
  ADD ("with-the-loop", test_with_the_loop);
  ADD ("left-with-the-loop", test_left_with_the_loop);
  ADD ("loop-closed-meanwhile", test_loop_closed_meanwhile);
  ADD ("while-the-loop-is-closed", test_while_the_loop_is_closed);
#undef ADD

  return g_test_run ();
}
