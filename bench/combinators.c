/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What it costs to wait for many tasks at once.
 *
 *   bench-combinators all     ns a task: 1,000 are waited for with all (), returned, delivered and read
 *   bench-combinators whole   the same with making and dropping them
 */

#include <pillion/pillion.h>

#include <stdio.h>

#include "host.h"
#include "util.h"

#define PER_BATCH 1000
#define N_BATCHES 400
#define N_WARM 20

typedef struct
{
  PillionTask *tasks[PER_BATCH];
  gint64 sum;
  gboolean is_done;
} Batch;

static void
on_done (PillionTask *all,
         gpointer user_data)
{
  Batch *self = user_data;

  if (!pillion_task_get_boolean (all, NULL))
    g_error ("all () failed");
  for (int i = 0; i < PER_BATCH; i++)
    self->sum += pillion_task_get_int (self->tasks[i], NULL);
  self->is_done = TRUE;
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionHost) host = PILLION_HOST (pillion_callback_host_new ("bench"));
  g_autoptr (PillionLoop) loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  double values[N_BATCHES];
  gboolean whole;

  if (argc != 2)
    return 2;

  whole = g_str_equal (argv[1], "whole");
  bench_ensure (loop, host);

  for (int n = -N_WARM; n < N_BATCHES; n++)
    {
      gint64 far = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
      gint64 start = bench_now ();
      Batch batch = { .sum = 0 };
      PillionTask *all;

      for (int i = 0; i < PER_BATCH; i++)
        batch.tasks[i] = pillion_task_new (loop, "child", NULL);
      if (!whole)
        start = bench_now ();

      all = pillion_task_all (loop, batch.tasks, PER_BATCH);
      pillion_task_add_done_callback (all, on_done, &batch, NULL);
      for (int i = 0; i < PER_BATCH; i++)
        pillion_task_return_int (batch.tasks[i], i);
      while (!batch.is_done)
        pillion_loop_kick_until (loop, far, NULL);
      if (n >= 0 && !whole)
        values[n] = (bench_now () - start) / (double) PER_BATCH;

      g_object_unref (all);
      for (int i = 0; i < PER_BATCH; i++)
        g_object_unref (batch.tasks[i]);
      if (n >= 0 && whole)
        values[n] = (bench_now () - start) / (double) PER_BATCH;
      if (batch.sum != (gint64) PER_BATCH * (PER_BATCH - 1) / 2)
        g_error ("a result is missing");
    }

  printf ("{\"value\": %.2f}\n", bench_median (values, N_BATCHES));
  return 0;
}
