/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How long it takes from a thread to a function in a program that runs GLib's main loop and has timers set.
 *
 *   bench-passenger ours     the loop is a passenger, a thread finishes a task, a done callback runs
 *   bench-passenger theirs   the thread calls g_main_context_invoke ()
 */

#include <pillion/pillion.h>

#include <stdio.h>

#include "util.h"

#define N_ROUNDS 2000
#define N_WARM 50

typedef struct
{
  GMainLoop *main_loop;
  GMainContext *context;
  PillionLoop *loop; /* NULL on their side */
  PillionTask *task;
  GAsyncQueue *rounds;
  gint64 start;
  double values[N_ROUNDS];
  int n;
} Bench;

static gboolean begin_round (gpointer data);

static void
arrived (Bench *bench)
{
  if (bench->n >= N_WARM)
    bench->values[bench->n - N_WARM] = (bench_now () - bench->start) / 1e3;
  if (++bench->n == N_WARM + N_ROUNDS)
    g_main_loop_quit (bench->main_loop);
  else
    g_timeout_add (0, begin_round, bench);
}

static void
task_done (PillionTask *task,
           gpointer data)
{
  arrived (data);
}

static gboolean
invoked (gpointer data)
{
  arrived (data);
  return G_SOURCE_REMOVE;
}

static gboolean
begin_round (gpointer data)
{
  Bench *bench = data;

  if (bench->loop != NULL)
    {
      g_clear_object (&bench->task);
      bench->task = pillion_task_new (bench->loop, "wake", NULL);
      pillion_task_add_done_callback (bench->task, task_done, bench, NULL);
    }
  g_async_queue_push (bench->rounds, bench);
  return G_SOURCE_REMOVE;
}

static gpointer
finisher (gpointer data)
{
  Bench *bench = data;

  for (int i = 0; i < N_WARM + N_ROUNDS; i++)
    {
      g_async_queue_pop (bench->rounds);
      /* Long enough for the main loop to be asleep for certain, and not always equally long */
      g_usleep (150 + i * 37 % 100);
      if (bench->loop != NULL)
        {
          g_autoptr (PillionTask) task = g_object_ref (bench->task);

          bench->start = bench_now ();
          pillion_task_return_boolean (task, TRUE);
        }
      else
        {
          bench->start = bench_now ();
          g_main_context_invoke (bench->context, invoked, bench);
        }
    }

  return NULL;
}

static void
nothing (gpointer data)
{
}

static gboolean
nothing_due (gpointer data)
{
  return G_SOURCE_REMOVE;
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GError) error = NULL;
  Bench bench = { .n = 0 };
  GThread *thread;

  if (argc != 2)
    return 2;

  bench.context = g_main_context_default ();
  bench.main_loop = g_main_loop_new (NULL, FALSE);
  bench.rounds = g_async_queue_new ();
  if (g_str_equal (argv[1], "ours"))
    {
      bench.loop = pillion_loop_get_default ();
      if (!pillion_loop_ensure (bench.loop, NULL, &error))
        g_error ("%s", error->message);
      pillion_loop_call_later (bench.loop, G_TIME_SPAN_HOUR, nothing, NULL, NULL);
    }
  g_timeout_add_seconds (3600, nothing_due, NULL);

  thread = g_thread_new ("finisher", finisher, &bench);
  g_timeout_add (0, begin_round, &bench);
  g_main_loop_run (bench.main_loop);
  g_thread_join (thread);

  printf ("{\"value\": %.3f}\n", bench_median (bench.values, N_ROUNDS));
  return 0;
}
