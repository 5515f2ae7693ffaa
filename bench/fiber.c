/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a fiber costs.
 *
 *   bench-fiber spawn             ns a fiber, spawned to done, in batches of 1,000
 *   bench-fiber await PAIRS       ns an await of a fresh task that another fiber then finishes
 *   bench-fiber yield             ns a yield among 1,000 fibers
 *   bench-fiber swapcontext       ns a switch among 1,000 stacks by swapcontext () alone
 *   bench-fiber parked            bytes a fiber that is parked, of 100,000
 *   bench-fiber live AT_ONCE      ns a fiber that is spawned, parked, resumed and ended, so many at a time
 */

#include <pillion/pillion.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

#include "host.h"
#include "util.h"

#define PER_BATCH 1000
#define N_BATCHES 300
#define N_WARM 20
#define N_PARKED 100000

static PillionLoop *loop;
static guint n_done;

static void
ride (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionHost) host = PILLION_HOST (pillion_callback_host_new ("bench"));

  loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  bench_ensure (loop, host);

  /* By the time a host runs a fiber, it has long done this: from here on the I/O thread watches the context */
  for (int i = 0; i < 10; i++)
    pillion_loop_kick (loop);
}

static void
kick_until_done (guint wanted)
{
  gint64 far = g_get_monotonic_time () + 100 * G_TIME_SPAN_SECOND;

  while (n_done < wanted)
    pillion_loop_kick_until (loop, far, NULL);
}

static void
print_median (double *values)
{
  printf ("{\"value\": %.2f}\n", bench_median (values, N_BATCHES));
}

/* spawn */

static void
end_at_once (PillionTask *task,
             gpointer user_data)
{
  pillion_task_return_boolean (task, TRUE);
}

static void
count_done (PillionTask *task,
            gpointer user_data)
{
  n_done += pillion_task_get_boolean (task, NULL);
}

static void
run_spawn (void)
{
  double values[N_BATCHES];

  for (int i = -N_WARM; i < N_BATCHES; i++)
    {
      gint64 start = bench_now ();

      n_done = 0;
      for (int j = 0; j < PER_BATCH; j++)
        {
          PillionTask *task = pillion_loop_spawn (loop, "batch", end_at_once, NULL, NULL);

          pillion_task_add_done_callback (task, count_done, NULL, NULL);
          g_object_unref (task);
        }
      kick_until_done (PER_BATCH);
      if (i >= 0)
        values[i] = (bench_now () - start) / (double) PER_BATCH;
    }

  print_median (values);
}

/* await: two fibers, each of which finishes what the other waits for */

typedef struct
{
  PillionTask *waiting[2];
} Pair;

static gboolean over;

static void
play (Pair *pair,
      int me)
{
  while (!over)
    {
      PillionTask *mine = pillion_task_new (loop, "fresh", NULL);
      PillionTask *other = pair->waiting[!me];

      pair->waiting[me] = mine;
      if (other != NULL)
        {
          pair->waiting[!me] = NULL;
          pillion_task_return_boolean (other, TRUE);
        }
      if (!pillion_await_boolean (mine, NULL))
        g_error ("await");
      g_object_unref (mine);
      n_done++;
    }

  /* The other fiber still waits */
  if (pair->waiting[!me] != NULL)
    pillion_task_return_boolean (g_steal_pointer (&pair->waiting[!me]), TRUE);
}

static void
play_first (PillionTask *task,
            gpointer user_data)
{
  play (user_data, 0);
  pillion_task_return_boolean (task, TRUE);
}

static void
play_second (PillionTask *task,
             gpointer user_data)
{
  play (user_data, 1);
  pillion_task_return_boolean (task, TRUE);
}

static void
run_await (guint n_pairs)
{
  Pair *pairs = g_new0 (Pair, n_pairs);
  double values[N_BATCHES];

  for (guint i = 0; i < n_pairs; i++)
    {
      g_object_unref (pillion_loop_spawn (loop, "first", play_first, &pairs[i], NULL));
      g_object_unref (pillion_loop_spawn (loop, "second", play_second, &pairs[i], NULL));
    }

  pillion_loop_set_budget_usec (loop, 100000);
  for (int i = -N_WARM; i < N_BATCHES; i++)
    {
      gint64 start;
      guint before = n_done;

      start = bench_now ();
      /* Short, so that the median leaves out what others did to the processor */
      pillion_loop_kick_until (loop, start / 1000 + 1000, NULL);
      if (i >= 0)
        values[i] = (bench_now () - start) / (double) (n_done - before);
    }

  over = TRUE;
  while (pillion_loop_get_live_tasks (loop) > 0)
    pillion_loop_kick (loop);
  g_free (pairs);
  print_median (values);
}

/* yield */

static void
yield_on (PillionTask *task,
          gpointer user_data)
{
  while (!over)
    {
      n_done++;
      pillion_yield (NULL);
    }
  pillion_task_return_boolean (task, TRUE);
}

static void
run_yield (void)
{
  double values[N_BATCHES];

  for (guint i = 0; i < PER_BATCH; i++)
    g_object_unref (pillion_loop_spawn (loop, "yields", yield_on, NULL, NULL));

  for (int i = -N_WARM; i < N_BATCHES; i++)
    {
      gint64 start = bench_now ();
      guint before = n_done;

      pillion_loop_kick_until (loop, start / 1000 + 1000, NULL);
      if (i >= 0)
        values[i] = (bench_now () - start) / (double) (n_done - before);
    }

  over = TRUE;
  while (pillion_loop_get_live_tasks (loop) > 0)
    pillion_loop_kick (loop);
  print_median (values);
}

#define CONTEXT_STACK_SIZE (128 * 1024)

static ucontext_t contexts[PER_BATCH];
static ucontext_t main_context;
static int current;

static void
pass_on (void)
{
  for (;;)
    {
      int me = current;

      current = me + 1;
      if (current == PER_BATCH)
        swapcontext (&contexts[me], &main_context);
      else
        swapcontext (&contexts[me], &contexts[current]);
    }
}

static void
run_swapcontext (void)
{
  double values[N_BATCHES];

  for (int i = 0; i < PER_BATCH; i++)
    {
      getcontext (&contexts[i]);
      contexts[i].uc_stack.ss_sp = mmap (NULL, CONTEXT_STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      contexts[i].uc_stack.ss_size = CONTEXT_STACK_SIZE;
      makecontext (&contexts[i], pass_on, 0);
    }

  for (int i = -N_WARM; i < N_BATCHES; i++)
    {
      gint64 start = bench_now ();

      current = 0;
      swapcontext (&main_context, &contexts[0]);
      if (i >= 0)
        values[i] = (bench_now () - start) / (double) (PER_BATCH + 1);
    }

  print_median (values);
}

/* parked */

static guint
count_maps (void)
{
  g_autofree char *text = NULL;
  guint n = 0;

  if (!g_file_get_contents ("/proc/self/maps", &text, NULL, NULL))
    g_error ("/proc/self/maps can't be read");
  for (const char *next = text; *next != '\0'; next++)
    n += *next == '\n';
  return n;
}

/* With a task of its own to wait for, like any fiber that does something */
static void
wait_for_own (PillionTask *task,
              gpointer user_data)
{
  g_autoptr (PillionTask) own = pillion_task_new (loop, "own", NULL);
  PillionTask **place = user_data;

  *place = own;
  n_done += pillion_await_boolean (own, NULL);
  pillion_task_return_boolean (task, TRUE);
}

static void
run_parked (void)
{
  PillionTask **waited = g_new0 (PillionTask *, N_PARKED);
  gsize before;
  double each;
  guint maps;

  /* Create first what is created only once */
  g_object_unref (pillion_loop_spawn (loop, "first", wait_for_own, &waited[0], NULL));
  pillion_loop_kick (loop);
  pillion_task_return_boolean (waited[0], TRUE);
  kick_until_done (1);

  before = bench_resident ();
  for (guint i = 0; i < N_PARKED; i++)
    g_object_unref (pillion_loop_spawn (loop, "parked", wait_for_own, &waited[i], NULL));
  pillion_loop_set_budget_usec (loop, 100 * G_TIME_SPAN_SECOND);
  while (pillion_loop_get_live_tasks (loop) < 2 * N_PARKED)
    pillion_loop_kick (loop);
  each = (bench_resident () - before) / (double) N_PARKED;
  maps = count_maps ();

  n_done = 0;
  for (guint i = 0; i < N_PARKED; i++)
    pillion_task_return_boolean (waited[i], TRUE);
  kick_until_done (N_PARKED);

  printf ("{\"value\": %.1f, \"maps\": %u}\n", each, maps);
}

/* live */

static void
run_live (guint at_once)
{
  PillionTask **waited = g_new0 (PillionTask *, PER_BATCH);
  double values[N_BATCHES];

  for (int i = -N_WARM; i < N_BATCHES; i++)
    {
      gint64 start = bench_now ();

      n_done = 0;
      for (guint first = 0; first < PER_BATCH; first += at_once)
        {
          for (guint j = first; j < first + at_once; j++)
            g_object_unref (pillion_loop_spawn (loop, "live", wait_for_own, &waited[j], NULL));
          pillion_loop_kick_until (loop, G_MAXINT64, NULL);
          for (guint j = first; j < first + at_once; j++)
            pillion_task_return_boolean (waited[j], TRUE);
          kick_until_done (first + at_once);
          while (pillion_loop_get_live_tasks (loop) > 0)
            pillion_loop_kick (loop);
        }
      if (i >= 0)
        values[i] = (bench_now () - start) / (double) PER_BATCH;
    }

  print_median (values);
}

int
main (int argc,
      char **argv)
{
  const char *what = argc > 1 ? argv[1] : "";

  ride ();
  if (g_str_equal (what, "spawn"))
    run_spawn ();
  else if (g_str_equal (what, "await") && argc == 3)
    run_await (atoi (argv[2]));
  else if (g_str_equal (what, "yield"))
    run_yield ();
  else if (g_str_equal (what, "swapcontext"))
    run_swapcontext ();
  else if (g_str_equal (what, "parked"))
    run_parked ();
  else if (g_str_equal (what, "live") && argc == 3)
    run_live (atoi (argv[2]));
  else
    return 2;

  return 0;
}
