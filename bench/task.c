/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a task costs.
 *
 *   bench-task batch ours|theirs     ns a task that is created, returned and delivered to a done callback
 *   bench-task memory ours|theirs    bytes a task that is pending, with one callback
 */

#include <pillion/pillion.h>

#include <stdio.h>
#include <unistd.h>

#include "host.h"
#include "util.h"

#define PER_BATCH 1000
#define N_BATCHES 400
#define N_WARM 20
#define N_PENDING 100000

static guint n_delivered;

static void
task_done (PillionTask *task,
           gpointer user_data)
{
  n_delivered += pillion_task_get_boolean (task, NULL);
}

static void
gtask_done (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  n_delivered += g_task_propagate_boolean (G_TASK (result), NULL);
}

static PillionLoop *
ride (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionHost) host = PILLION_HOST (pillion_callback_host_new ("bench"));
  PillionLoop *loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);

  bench_ensure (loop, host);

  return loop;
}

static void
batch_ours (PillionLoop *loop)
{
  gint64 far = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  n_delivered = 0;
  for (int i = 0; i < PER_BATCH; i++)
    {
      PillionTask *task = pillion_task_new (loop, "batch", NULL);

      pillion_task_add_done_callback (task, task_done, NULL, NULL);
      pillion_task_return_boolean (task, TRUE);
      g_object_unref (task);
    }

  while (n_delivered < PER_BATCH)
    pillion_loop_kick_until (loop, far, NULL);
}

static void
batch_theirs (GMainContext *context)
{
  n_delivered = 0;
  for (int i = 0; i < PER_BATCH; i++)
    {
      GTask *task = g_task_new (NULL, NULL, gtask_done, NULL);

      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
    }

  while (n_delivered < PER_BATCH)
    g_main_context_iteration (context, FALSE);
}

static void
run_batch (gboolean ours)
{
  g_autoptr (PillionLoop) loop = ours ? ride () : NULL;
  g_autoptr (GMainContext) context = g_main_context_new ();
  double values[N_BATCHES];

  if (!ours)
    g_main_context_push_thread_default (context);

  for (int i = -N_WARM; i < N_BATCHES; i++)
    {
      gint64 start = bench_now ();

      if (ours)
        batch_ours (loop);
      else
        batch_theirs (context);
      if (i >= 0)
        values[i] = (bench_now () - start) / (double) PER_BATCH;
    }

  if (!ours)
    g_main_context_pop_thread_default (context);

  printf ("{\"value\": %.2f}\n", bench_median (values, N_BATCHES));
}

static void
run_memory (gboolean ours)
{
  g_autoptr (PillionLoop) loop = ours ? ride () : NULL;
  gsize before;

  /* What is created only once, such as the class and the first blocks of the allocator, is created before. */
  for (int i = 0; i < 100; i++)
    {
      if (ours)
        pillion_task_add_done_callback (pillion_task_new (loop, "pending", NULL), task_done, NULL, NULL);
      else
        g_task_new (NULL, NULL, gtask_done, NULL);
    }

  before = bench_resident ();
  for (int i = 0; i < N_PENDING; i++)
    {
      if (ours)
        {
          PillionTask *task = pillion_task_new (loop, "pending", NULL);

          pillion_task_add_done_callback (task, task_done, NULL, NULL);
          g_object_unref (task);
        }
      else
        g_task_new (NULL, NULL, gtask_done, NULL);
    }

  printf ("{\"value\": %.1f}\n", (bench_resident () - before) / (double) N_PENDING);
  fflush (stdout);
  _exit (0);
}

int
main (int argc,
      char **argv)
{
  gboolean ours;

  if (argc != 3)
    return 2;

  ours = g_str_equal (argv[2], "ours");
  if (g_str_equal (argv[1], "batch"))
    run_batch (ours);
  else
    run_memory (ours);

  return 0;
}
