/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"
#include "../host/fake-host.h"

#include <poll.h>

/* Several threads use the loop while the host kicks at random. How much is done depends on the set-up:
 * valgrind and ThreadSanitizer take twenty times as long. */

enum { N_THREADS = 3, N_TASKS = 300, N_CALLS = 1500 };

typedef struct
{
  PillionLoop *loop;
  GThread *loop_thread;
  PillionTask *tasks[N_THREADS][N_TASKS];
  guint n_done;
  guint n_calls;
  guint next_call[N_THREADS];
  guint n_progress;
} Stress;

typedef struct
{
  Stress *stress;
  guint number;
} Worker;

typedef struct
{
  Stress *stress;
  guint thread;
  guint number;
} Call;

static void
on_call (gpointer data)
{
  Call *call = data;

  g_assert_true (g_thread_self () == call->stress->loop_thread);
  /* One thread's calls keep their order */
  g_assert_cmpuint (call->number, ==, call->stress->next_call[call->thread]++);
  call->stress->n_calls++;
}

static void
on_done (PillionTask *task,
         gpointer data)
{
  Stress *stress = data;

  g_assert_true (g_thread_self () == stress->loop_thread);
  g_assert_true (pillion_task_is_done (task));
  stress->n_done++;
}

static void
on_progress (PillionTask *task,
             gpointer data)
{
  Stress *stress = data;

  g_assert_true (g_thread_self () == stress->loop_thread);
  stress->n_progress++;
}

static gpointer
work (gpointer data)
{
  Worker *worker = data;
  Stress *stress = worker->stress;
  guint call_number = 0;

  for (guint i = 0; i < N_TASKS; i++)
    {
      PillionTask *task = stress->tasks[worker->number][i];

      for (guint j = 0; j < N_CALLS / N_TASKS; j++)
        {
          Call *call = g_new (Call, 1);

          *call = (Call) { stress, worker->number, call_number++ };
          pillion_loop_call_soon_threadsafe (stress->loop, on_call, call, g_free);
        }

      pillion_task_set_progress (task, i, N_TASKS);
      switch (i % 4)
        {
        case 0:
          pillion_task_return_int (task, i);
          break;
        case 1:
          pillion_task_return_string (task, "text");
          break;
        case 2:
          pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_FAILED, "number %u", i);
          break;
        default:
          pillion_task_cancel (task);
          g_assert_true (pillion_task_return_if_cancelled (task));
        }
      if (i % 16 == 0)
        g_thread_yield ();
    }

  return NULL;
}

static void
begin (Stress *stress,
       PillionLoop *loop,
       Worker *workers,
       GThread **threads)
{
  stress->loop = loop;
  stress->loop_thread = g_thread_self ();
  for (guint i = 0; i < N_THREADS; i++)
    {
      for (guint j = 0; j < N_TASKS; j++)
        {
          stress->tasks[i][j] = pillion_task_new (loop, "job", NULL);
          pillion_task_add_done_callback (stress->tasks[i][j], on_done, stress, NULL);
          g_signal_connect (stress->tasks[i][j], "progress", G_CALLBACK (on_progress), stress);
        }
      workers[i] = (Worker) { stress, i };
    }
  for (guint i = 0; i < N_THREADS; i++)
    threads[i] = g_thread_new ("worker", work, &workers[i]);
}

static gboolean
is_over (Stress *stress)
{
  return stress->n_done == N_THREADS * N_TASKS && stress->n_calls == N_THREADS * N_CALLS;
}

static void
end (Stress *stress,
     GThread **threads)
{
  for (guint i = 0; i < N_THREADS; i++)
    g_thread_join (threads[i]);
  kick_until_quiet (stress->loop);
  g_assert_cmpuint (stress->n_progress, >, 0);
  g_assert_cmpuint (pillion_loop_get_live_tasks (stress->loop), ==, 0);
  for (guint i = 0; i < N_THREADS; i++)
    for (guint j = 0; j < N_TASKS; j++)
      {
        /* Nothing else refers to it, and it ended as its worker said */
        PillionTask *task = stress->tasks[i][j];

        g_assert_cmpint (pillion_task_get_state (task), ==,
                         j % 4 < 2 ? PILLION_TASK_SUCCEEDED : j % 4 == 2 ? PILLION_TASK_FAILED : PILLION_TASK_CANCELLED);
        end_object (task);
      }
}

static void
test_kicks (void)
{
  g_autofree Stress *stress = g_new0 (Stress, 1);
  PillionLoop *loop = loop_new ();
  GThread *threads[N_THREADS];
  Worker workers[N_THREADS];

  begin (stress, loop, workers, threads);
  while (!is_over (stress))
    {
      pillion_loop_kick_until (loop, g_get_monotonic_time () + g_test_rand_int_range (-100, 500), NULL);
      for (int i = g_test_rand_int_range (0, 4); i > 0; i--)
        g_thread_yield ();
    }
  end (stress, threads);
  loop_end (loop);
}

static void
test_sleeping_host (void)
{
  g_autofree Stress *stress = g_new0 (Stress, 1);
  PillionLoop *loop = loop_new ();
  GThread *threads[N_THREADS];
  Worker workers[N_THREADS];
  struct pollfd poll_fd = { pillion_loop_get_fd (loop), POLLIN, 0 };

  begin (stress, loop, workers, threads);
  while (!is_over (stress))
    {
      /* Forever, unless it is woken */
      if (pillion_loop_get_deadline (loop) != 0)
        poll (&poll_fd, 1, -1);
      pillion_loop_kick (loop);
    }
  end (stress, threads);
  loop_end (loop);
}

static void
on_wake (gpointer gate)
{
  gate_open (gate);
}

static void
test_woken_host (void)
{
  g_autofree Stress *stress = g_new0 (Stress, 1);
  PillionLoop *loop = loop_new ();
  GThread *threads[N_THREADS];
  Worker workers[N_THREADS];
  Gate gate = GATE_INIT;

  pillion_loop_set_wake_func (loop, on_wake, &gate, NULL);
  begin (stress, loop, workers, threads);
  while (!is_over (stress))
    {
      int n_rung = gate_get_count (&gate);

      pillion_loop_kick (loop);
      /* What was left is wanted now; anything else wakes the host */
      if (!is_over (stress) && pillion_loop_get_deadline (loop) != 0)
        gate_wait_for (&gate, n_rung + 1);
    }
  end (stress, threads);
  loop_end (loop);
}

static void
test_run_until (void)
{
  g_autofree Stress *stress = g_new0 (Stress, 1);
  PillionLoop *loop = loop_new ();
  GThread *threads[N_THREADS];
  Worker workers[N_THREADS];

  begin (stress, loop, workers, threads);
  for (guint i = 0; i < N_THREADS; i++)
    for (guint j = 0; j < N_TASKS; j++)
      pillion_loop_run_until_complete (loop, stress->tasks[i][j], NULL);
  kick_until (loop, is_over (stress));
  end (stress, threads);
  loop_end (loop);
}

static gboolean
quit_when_over (gpointer data)
{
  gpointer *arguments = data;

  if (!is_over (arguments[0]))
    return G_SOURCE_CONTINUE;
  g_main_loop_quit (arguments[1]);
  return G_SOURCE_REMOVE;
}

static void
test_passenger (void)
{
  g_autofree Stress *stress = g_new0 (Stress, 1);
  PillionLoop *loop = loop_new ();
  g_autoptr (GMainLoop) main_loop = g_main_loop_new (pillion_loop_get_context (loop), FALSE);
  g_autoptr (GSource) source = g_timeout_source_new (1);
  gpointer arguments[] = { stress, main_loop };
  GThread *threads[N_THREADS];
  Worker workers[N_THREADS];

  g_assert_true (pillion_loop_ensure (loop, NULL, NULL));
  begin (stress, loop, workers, threads);
  g_source_set_callback (source, quit_when_over, arguments, NULL);
  g_source_attach (source, pillion_loop_get_context (loop));
  g_main_loop_run (main_loop);
  end (stress, threads);
  loop_end (loop);
}

static gpointer
end_if_cancelled (gpointer task)
{
  pillion_task_return_if_cancelled (task);
  return NULL;
}

/* Hooks come and go while threads bring work */
static void
test_auto_stop (void)
{
  PillionLoop *loop = loop_new ();
  FakeHost *host = fake_host_new ("stressed");
  guint n_done = 0;

  g_assert_true (pillion_loop_ensure (loop, PILLION_HOST (host), NULL));
  for (guint round = 0; round < 300; round++)
    {
      g_autofree Stress *stress = g_new0 (Stress, 1);
      PillionTask *task = pillion_task_new (loop, "job", NULL);
      GThread *thread;

      stress->loop_thread = g_thread_self ();
      g_assert_true (pillion_loop_is_riding (loop));
      pillion_task_add_done_callback (task, on_done, stress, NULL);
      thread = g_thread_new ("finisher", end_if_cancelled, task);
      pillion_task_cancel (task);
      g_thread_join (thread);
      if (!pillion_task_is_done (task))
        pillion_task_return_boolean (task, TRUE);
      while (fake_host_tick (host))
        ;
      n_done += stress->n_done;
      end_object (task);
    }
  g_assert_cmpuint (n_done, ==, 300);
  g_assert_cmpint (host->n_installs, ==, host->n_removes);
  loop_end (loop);
  end_object (host);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/loop/stress/kicked-at-random", test_kicks);
  g_test_add_func ("/loop/stress/host-that-sleeps-on-the-descriptor", test_sleeping_host);
  g_test_add_func ("/loop/stress/host-that-sleeps-until-woken", test_woken_host);
  g_test_add_func ("/loop/stress/run-until", test_run_until);
  g_test_add_func ("/loop/stress/passenger", test_passenger);
  g_test_add_func ("/loop/stress/hooks-that-come-and-go", test_auto_stop);

  return g_test_run ();
}
