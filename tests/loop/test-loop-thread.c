/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

/* Blocking functions on worker threads */

typedef struct
{
  PillionLoop *loop;
  Gate begun;
  Gate go;
  int n_running; /* atomic */
  int most_running;
  int n_called;
  GThread *freed_on;
  int n_freed;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  const Gate gate = GATE_INIT;

  fixture->loop = loop_new ();
  fixture->begun = fixture->go = gate;
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  loop_end (fixture->loop);
}

static void
on_free (gpointer data)
{
  Fixture *fixture = data;

  fixture->n_freed++;
  fixture->freed_on = g_thread_self ();
}

static PillionTask *
run (Fixture *fixture,
     PillionThreadFunc func,
     GCancellable *cancellable)
{
  return pillion_loop_run_in_thread (fixture->loop, "work", cancellable, func, fixture, on_free);
}

static void
return_int (PillionTask *task,
            GCancellable *cancellable,
            gpointer data)
{
  Fixture *fixture = data;

  g_assert_true (G_IS_CANCELLABLE (cancellable));
  g_assert_false (g_cancellable_is_cancelled (cancellable));
  add_atomic (&fixture->n_called, 1);
  pillion_task_return_int (task, 42);
}

static void
test_result (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *task = run (fixture, return_int, NULL);

  g_assert_cmpstr (pillion_task_get_name (task), ==, "work");
  g_assert_true (pillion_loop_run_until_complete (fixture->loop, task, NULL));
  g_assert_cmpint (pillion_task_get_int (task, NULL), ==, 42);
  kick_until (fixture->loop, fixture->n_freed == 1);
  g_assert_true (fixture->freed_on == g_thread_self ());
  end_object (task);
}

static void
on_done (PillionTask *task,
         gpointer data)
{
  *(GThread **) data = g_thread_self ();
}

static void
test_let_go (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *task = run (fixture, return_int, NULL);
  GThread *thread = NULL;

  pillion_task_add_done_callback (task, on_done, &thread, NULL);
  g_object_unref (task);
  kick_until (fixture->loop, thread != NULL && fixture->n_freed == 1);
  g_assert_true (thread == g_thread_self ());
}

static void
return_error (PillionTask *task,
              GCancellable *cancellable,
              gpointer data)
{
  pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "gone");
}

static void
return_nothing (PillionTask *task,
                GCancellable *cancellable,
                gpointer data)
{
}

static void
test_errors (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *failing = run (fixture, return_error, NULL);
  PillionTask *empty = run (fixture, return_nothing, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_loop_run_until_complete (fixture->loop, failing, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (pillion_loop_run_until_complete (fixture->loop, empty, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "work"));
  kick_until (fixture->loop, fixture->n_freed == 2);
  end_object (failing);
  end_object (empty);
}

static void
block (PillionTask *task,
       GCancellable *cancellable,
       gpointer data)
{
  Fixture *fixture = data;
  int running = __atomic_add_fetch (&fixture->n_running, 1, __ATOMIC_SEQ_CST);
  int most = get_atomic (&fixture->most_running);

  while (running > most && !__atomic_compare_exchange_n (&fixture->most_running, &most, running, FALSE,
                                                         __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
    ;
  add_atomic (&fixture->n_called, 1);
  gate_open (&fixture->begun);
  gate_wait (&fixture->go);
  add_atomic (&fixture->n_running, -1);
  if (!pillion_task_return_if_cancelled (task))
    pillion_task_return_int (task, 1);
}

/* Waits until all tasks are done and released, and drops them */
static void
finish_all (Fixture *fixture,
            PillionTask **tasks,
            guint n_tasks)
{
  for (guint i = 0; i < n_tasks; i++)
    pillion_loop_run_until_complete (fixture->loop, tasks[i], NULL);
  kick_until (fixture->loop, fixture->n_freed == (int) n_tasks);
  for (guint i = 0; i < n_tasks; i++)
    end_object (tasks[i]);
}

static void
test_pool_size (Fixture *fixture,
                gconstpointer data)
{
  PillionTask *tasks[6];

  pillion_loop_set_max_workers (fixture->loop, 2);
  g_assert_cmpuint (pillion_loop_get_max_workers (fixture->loop), ==, 2);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = run (fixture, block, NULL);
  gate_wait_for (&fixture->begun, 2);
  gate_open (&fixture->go);
  finish_all (fixture, tasks, G_N_ELEMENTS (tasks));
  g_assert_cmpint (fixture->most_running, ==, 2);
}

static void
test_pool_grows (Fixture *fixture,
                 gconstpointer data)
{
  PillionTask *tasks[4];

  pillion_loop_set_max_workers (fixture->loop, 1);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = run (fixture, block, NULL);
  gate_wait_for (&fixture->begun, 1);
  pillion_loop_set_max_workers (fixture->loop, 4);
  gate_wait_for (&fixture->begun, 4);
  gate_open (&fixture->go);
  finish_all (fixture, tasks, G_N_ELEMENTS (tasks));
}

static void
test_cancel_before (Fixture *fixture,
                    gconstpointer data)
{
  PillionTask *tasks[3];

  pillion_loop_set_max_workers (fixture->loop, 1);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = run (fixture, block, NULL);
  gate_wait (&fixture->begun);
  pillion_task_cancel (tasks[1]);
  gate_open (&fixture->go);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    pillion_loop_run_until_complete (fixture->loop, tasks[i], NULL);
  g_assert_cmpint (get_atomic (&fixture->n_called), ==, 2);
  g_assert_cmpint (pillion_task_get_state (tasks[1]), ==, PILLION_TASK_CANCELLED);
  g_assert_cmpint (pillion_task_get_state (tasks[2]), ==, PILLION_TASK_SUCCEEDED);
  finish_all (fixture, tasks, G_N_ELEMENTS (tasks));
}

static void
test_cancelled_parent (Fixture *fixture,
                       gconstpointer data)
{
  g_autoptr (GCancellable) parent = g_cancellable_new ();
  PillionTask *task;

  g_cancellable_cancel (parent);
  task = run (fixture, return_int, parent);
  g_assert_false (pillion_loop_run_until_complete (fixture->loop, task, NULL));
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_CANCELLED);
  g_assert_cmpint (fixture->n_called, ==, 0);
  finish_all (fixture, &task, 1);
}

static void
on_cancelled (GCancellable *cancellable,
              gpointer gate)
{
  gate_open (gate);
}

static void
wait_for_cancellation (PillionTask *task,
                       GCancellable *cancellable,
                       gpointer data)
{
  Fixture *fixture = data;
  Gate cancelled = GATE_INIT;
  gulong id;

  gate_open (&fixture->begun);
  id = g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), &cancelled, NULL);
  gate_wait (&cancelled);
  g_cancellable_disconnect (cancellable, id);
  g_assert_true (pillion_task_is_cancelled (task));
  g_assert_true (pillion_task_return_if_cancelled (task));
}

static void
test_cancel_while (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GCancellable) parent = g_cancellable_new ();
  PillionTask *tasks[] = { run (fixture, wait_for_cancellation, NULL), run (fixture, wait_for_cancellation, parent) };

  gate_wait_for (&fixture->begun, 2);
  pillion_task_cancel (tasks[0]);
  g_cancellable_cancel (parent);
  finish_all (fixture, tasks, 2);
}

static void
test_many (Fixture *fixture,
           gconstpointer data)
{
  enum { N = 1000 };
  PillionTask *tasks[N];

  for (guint i = 0; i < N; i++)
    tasks[i] = run (fixture, return_int, NULL);
  finish_all (fixture, tasks, N);
  g_assert_cmpint (fixture->n_called, ==, N);
}

static void
report_progress (PillionTask *task,
                 GCancellable *cancellable,
                 gpointer data)
{
  for (guint i = 1; i <= 1000; i++)
    pillion_task_set_progress (task, i, 1000);
  pillion_task_return_boolean (task, TRUE);
}

static void
test_progress (Fixture *fixture,
               gconstpointer data)
{
  PillionTask *task = run (fixture, report_progress, NULL);

  g_assert_true (pillion_loop_run_until_complete (fixture->loop, task, NULL));
  g_assert_cmpint (pillion_task_get_completed (task), ==, 1000);
  kick_until_quiet (fixture->loop);
  finish_all (fixture, &task, 1);
}

/* A worker may hold a finished task for a while: the loop may end first */
static void
return_and_linger (PillionTask *task,
                   GCancellable *cancellable,
                   gpointer data)
{
  Fixture *fixture = data;

  pillion_task_return_int (task, 1);
  gate_wait (&fixture->go);
}

static void
test_lingers_at_close (Fixture *fixture,
                       gconstpointer data)
{
  PillionTask *task = run (fixture, return_and_linger, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_loop_run_until_complete (fixture->loop, task, NULL));
  g_assert_false (pillion_loop_close (fixture->loop, 1000, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  gate_open (&fixture->go);
  while (__atomic_load_n (&G_OBJECT (task)->ref_count, __ATOMIC_SEQ_CST) > 1)
    g_thread_yield ();
  end_object (task);
  while (__atomic_load_n (&G_OBJECT (fixture->loop)->ref_count, __ATOMIC_SEQ_CST) > 1)
    g_thread_yield ();
}

static void
test_closed (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *task;
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  task = run (fixture, return_int, NULL);
  g_assert_false (pillion_task_check (task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  g_assert_cmpint (fixture->n_freed, ==, 1);
  g_assert_cmpint (fixture->n_called, ==, 0);
  end_object (task);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/loop/run-in-thread/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("gives-its-result", test_result);
  ADD ("nobody-needs-to-hold-the-task", test_let_go);
  ADD ("errors-and-no-result", test_errors);
  ADD ("progress-comes-home", test_progress);
  ADD ("pool-has-its-size", test_pool_size);
  ADD ("pool-grows", test_pool_grows);
  ADD ("many", test_many);
  ADD ("cancelled-before-it-began-is-not-called", test_cancel_before);
  ADD ("cancelled-by-its-parent-before", test_cancelled_parent);
  ADD ("cancelled-while-it-runs", test_cancel_while);
  ADD ("worker-lingers-after-close", test_lingers_at_close);
  ADD ("on-a-closed-loop-has-failed", test_closed);

  return g_test_run ();
}
