/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

/* Waiting like callers of GIO */

typedef struct
{
  PillionLoop *loop;
  PillionTask *task;
  GError *error;
  gboolean result;
  int n_called;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  fixture->task = pillion_task_new (fixture->loop, "job", NULL);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  /* Nothing waits any more, so nothing holds it */
  end_object (fixture->task);
  loop_end (fixture->loop);
  g_clear_error (&fixture->error);
}

static void
on_waited (GObject *source,
           GAsyncResult *result,
           gpointer data)
{
  Fixture *fixture = data;

  g_assert_true (PILLION_TASK (source) == fixture->task);
  g_clear_error (&fixture->error);
  fixture->result = pillion_task_wait_finish (fixture->task, result, &fixture->error);
  g_assert_true (fixture->result == (fixture->error == NULL));
  fixture->n_called++;
}

static void
wait_for_task (Fixture *fixture,
               GCancellable *cancellable)
{
  pillion_task_wait_async (fixture->task, cancellable, on_waited, fixture);
}

static void
test_ok (Fixture *fixture,
         gconstpointer data)
{
  wait_for_task (fixture, NULL);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n_called, ==, 0);
  pillion_task_return_int (fixture->task, 4);
  g_assert_cmpint (fixture->n_called, ==, 0);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n_called, ==, 1);
  g_assert_true (fixture->result);
  g_assert_cmpint (pillion_task_get_int (fixture->task, NULL), ==, 4);
}

static void
test_done_before (Fixture *fixture,
                  gconstpointer data)
{
  pillion_task_return_int (fixture->task, 4);
  kick_until_quiet (fixture->loop);
  wait_for_task (fixture, NULL);
  g_assert_cmpint (fixture->n_called, ==, 0);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n_called, ==, 1);
  g_assert_true (fixture->result);
}

static void
test_error (Fixture *fixture,
            gconstpointer data)
{
  wait_for_task (fixture, NULL);
  pillion_task_return_new_error (fixture->task, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "gone");
  kick_until_quiet (fixture->loop);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
}

static void
test_several (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  wait_for_task (fixture, NULL);
  wait_for_task (fixture, cancellable);
  wait_for_task (fixture, cancellable);
  pillion_task_return_int (fixture->task, 4);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n_called, ==, 3);
  g_cancellable_cancel (cancellable);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n_called, ==, 3);
}

static void
test_cancelled_before (Fixture *fixture,
                       gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  g_cancellable_cancel (cancellable);
  wait_for_task (fixture, cancellable);
  kick_until_quiet (fixture->loop);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (pillion_task_is_done (fixture->task));
  g_assert_false (pillion_task_is_cancelled (fixture->task));
  pillion_task_return_int (fixture->task, 4);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n_called, ==, 1);
}

static void
test_cancelled (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  wait_for_task (fixture, cancellable);
  kick_until_quiet (fixture->loop);
  g_cancellable_cancel (cancellable);
  g_assert_cmpint (fixture->n_called, ==, 0);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n_called, ==, 1);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (pillion_task_is_cancelled (fixture->task));
  /* The task carries on */
  pillion_task_return_int (fixture->task, 4);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n_called, ==, 1);
}

static gpointer
cancel_there (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return NULL;
}

static void
test_cancelled_in_thread (Fixture *fixture,
                          gconstpointer data)
{
  for (int i = 1; i <= 100; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      GThread *thread = g_thread_new ("canceller", cancel_there, cancellable);

      wait_for_task (fixture, cancellable);
      kick_until (fixture->loop, fixture->n_called == i);
      g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_thread_join (thread);
    }
  pillion_task_return_int (fixture->task, 4);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n_called, ==, 100);
}

static gpointer
finish_there (gpointer task)
{
  pillion_task_return_int (task, 4);
  g_object_unref (task);
  return NULL;
}

/* Both at once: one of the two outcomes, once */
static void
test_race (Fixture *fixture,
           gconstpointer data)
{
  for (int i = 1; i <= 100; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      GThread *threads[2];

      wait_for_task (fixture, cancellable);
      threads[0] = g_thread_new ("canceller", cancel_there, cancellable);
      threads[1] = g_thread_new ("finisher", finish_there, g_object_ref (fixture->task));
      kick_until (fixture->loop, fixture->n_called == i);
      g_assert_true (fixture->result || g_error_matches (fixture->error, G_IO_ERROR, G_IO_ERROR_CANCELLED));
      g_thread_join (threads[0]);
      g_thread_join (threads[1]);
      kick_until_quiet (fixture->loop);
      g_assert_cmpint (fixture->n_called, ==, i);
      end_object (fixture->task);
      fixture->task = pillion_task_new (fixture->loop, "job", NULL);
    }
  pillion_task_return_int (fixture->task, 4);
  kick_until_quiet (fixture->loop);
}

static void
test_closed_before (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  pillion_task_return_int (fixture->task, 4);
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  g_main_context_push_thread_default (context);
  wait_for_task (fixture, NULL);
  while (fixture->n_called == 0)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  g_assert_true (fixture->result);
}

/* A wait in another context is told that nothing will be delivered any more */
static void
test_closed_while (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GError) error = NULL;

  g_main_context_push_thread_default (context);
  wait_for_task (fixture, NULL);
  g_main_context_pop_thread_default (context);
  g_assert_false (pillion_loop_close (fixture->loop, 0, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  while (fixture->n_called == 0)
    g_main_context_iteration (context, TRUE);
  g_assert_error (fixture->error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  pillion_task_return_int (fixture->task, 4);
}

static void
test_closed_undelivered (Fixture *fixture,
                         gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  wait_for_task (fixture, NULL);
  g_main_context_pop_thread_default (context);
  pillion_task_return_int (fixture->task, 4);
  pillion_loop_close (fixture->loop, 0, NULL);
  while (fixture->n_called == 0)
    g_main_context_iteration (context, TRUE);
  g_assert_error (fixture->error, PILLION_ERROR, PILLION_ERROR_CLOSED);
}

static void
test_wait_on_closed_fails (Fixture *fixture,
                           gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_loop_close (fixture->loop, 0, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_main_context_push_thread_default (context);
  wait_for_task (fixture, NULL);
  while (fixture->n_called == 0)
    g_main_context_iteration (context, TRUE);
  g_main_context_pop_thread_default (context);
  g_assert_error (fixture->error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  pillion_task_return_int (fixture->task, 4);
}

static void
test_other_result (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GTask) other = g_task_new (fixture->loop, NULL, NULL, NULL);

  g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, "*g_task_is_valid*failed*");
  g_assert_false (pillion_task_wait_finish (fixture->task, G_ASYNC_RESULT (other), NULL));
  g_test_assert_expected_messages ();
  pillion_task_return_int (fixture->task, 4);
  kick_until_quiet (fixture->loop);
}

static void
test_no_callback (Fixture *fixture,
                  gconstpointer data)
{
  pillion_task_wait_async (fixture->task, NULL, NULL, NULL);
  pillion_task_return_int (fixture->task, 4);
  kick_until_quiet (fixture->loop);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/task/wait/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("ends-with-the-task", test_ok);
  ADD ("for-a-task-that-is-done", test_done_before);
  ADD ("gives-the-tasks-error", test_error);
  ADD ("several-for-one-task", test_several);
  ADD ("without-a-callback", test_no_callback);
  ADD ("cancelled-before", test_cancelled_before);
  ADD ("cancelled-leaves-the-task-alone", test_cancelled);
  ADD ("cancelled-from-another-thread", test_cancelled_in_thread);
  ADD ("cancelled-and-done-at-once", test_race);
  ADD ("loop-closed-before-and-done", test_closed_before);
  ADD ("loop-closed-before-and-pending", test_wait_on_closed_fails);
  ADD ("loop-closed-while-waiting", test_closed_while);
  ADD ("loop-closed-before-it-was-told", test_closed_undelivered);
  ADD ("finish-with-another-result-is-critical", test_other_result);

  return g_test_run ();
}
