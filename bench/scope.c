/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a scope costs.
 *
 *   bench-scope settle N   ns that a scope with N live tasks adds to a task that is made, returned and delivered beside as many others
 *   bench-scope close      ms to close a scope with 500 live tasks that obey cancellation
 */

#include <pillion/pillion.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "host.h"
#include "util.h"

/* Tasks measured in total, whatever the number at once */
#define N_TASKS 2000000
#define MIN_ROUNDS 11
#define N_LIVE 500
#define N_CLOSES 100

/* Processor time rather than wall time: a large set takes longer than a time slice and a small one does not,
 * so a neighbour would affect only one of them */
static gint64
now_of_thread (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * G_GINT64_CONSTANT (1000000000) + now.tv_nsec;
}

/* @scope may be NULL: then the same tasks are in no scope */
static void
settle (PillionLoop *loop,
        PillionScope *scope,
        PillionTask **tasks,
        guint n)
{
  for (guint i = 0; i < n; i++)
    {
      tasks[i] = pillion_task_new (loop, "settle", NULL);
      if (scope != NULL && !pillion_scope_add (scope, tasks[i], NULL))
        g_error ("the scope takes nothing");
    }

  for (guint i = 0; i < n; i++)
    {
      pillion_task_return_boolean (tasks[i], TRUE);
      g_object_unref (tasks[i]);
    }

  while (pillion_loop_get_live_tasks (loop) > 0)
    pillion_loop_kick_until (loop, g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND, NULL);
}

static double
time_settle (PillionLoop *loop,
             PillionScope *scope,
             PillionTask **tasks,
             guint n)
{
  gint64 start = now_of_thread ();

  settle (loop, scope, tasks, n);
  return (now_of_thread () - start) / (double) n;
}

static void
run_settle (guint n)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionLoop) loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  g_autoptr (PillionScope) scope = pillion_scope_new (loop, "bench", NULL);
  g_autofree PillionTask **tasks = g_new (PillionTask *, n);
  guint n_rounds = MAX (MIN_ROUNDS, N_TASKS / n);
  g_autofree double *inside = g_new (double, n_rounds);
  g_autofree double *outside = g_new (double, n_rounds);

  settle (loop, scope, tasks, n);
  for (guint i = 0; i < n_rounds; i++)
    {
      outside[i] = time_settle (loop, NULL, tasks, n);
      inside[i] = time_settle (loop, scope, tasks, n);
    }

  printf ("{\"value\": %.2f}\n", bench_median (inside, n_rounds) - bench_median (outside, n_rounds));
  bench_close (loop);
}

static void
run_close (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionLoop) loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  double values[N_CLOSES];

  for (guint i = 0; i < N_CLOSES; i++)
    {
      g_autoptr (PillionScope) scope = pillion_scope_new (loop, "bench", NULL);
      gint64 start;

      for (guint j = 0; j < N_LIVE; j++)
        {
          g_autoptr (PillionTask) task = pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, NULL);

          if (!pillion_scope_add (scope, task, NULL))
            g_error ("the scope takes nothing");
        }

      start = bench_now ();
      if (!pillion_scope_close (scope, G_TIME_SPAN_SECOND, NULL))
        g_error ("something would not go");
      values[i] = (bench_now () - start) / 1e6;
    }

  printf ("{\"value\": %.4f}\n", bench_median (values, N_CLOSES));
  bench_close (loop);
}

int
main (int argc,
      char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "settle"))
    run_settle (MAX (1, atoi (argv[2])));
  else if (argc == 2 && g_str_equal (argv[1], "close"))
    run_close ();
  else
    return 2;

  return 0;
}
