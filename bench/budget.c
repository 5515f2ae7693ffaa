/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How well a kick keeps to its time when more is ready than fits.
 *
 *   bench-budget p99 ours|theirs     ms, the 99th percentile of the kicks that do 10,000 items of 100 µs
 *   bench-budget auto ours|theirs    ms of work a tick of a host at 5 Hz, the budget automatic or fixed
 */

#include <pillion/pillion.h>

#include <stdio.h>

#include "util.h"

#define N_ITEMS 10000
#define ITEM_USEC 100
#define BUDGET_USEC 2000
#define SLOW_RATE 5.0
#define N_FRAMES 14
#define N_WARM_FRAMES 3

static guint n_run;
static gint64 worked; /* ns that items took; more than asked for if one was preempted */

static void
burn (gpointer user_data)
{
  gint64 start = bench_now ();

  bench_burn (ITEM_USEC);
  worked += bench_now () - start;
  n_run++;
}

static gboolean
burn_source (gpointer user_data)
{
  burn (user_data);
  return G_SOURCE_REMOVE;
}

static void
run_p99 (gboolean ours)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionLoop) loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  g_autoptr (PillionHost) host = PILLION_HOST (pillion_callback_host_new ("bench"));
  g_autofree double *values = g_new (double, N_ITEMS + 1);
  gsize n_values = 0;

  if (ours)
    {
      pillion_loop_set_budget_mode (loop, PILLION_BUDGET_FIXED);
      pillion_loop_set_budget_usec (loop, BUDGET_USEC);
      if (!pillion_loop_ensure (loop, host, NULL))
        g_error ("ensure failed");
      for (int i = 0; i < N_ITEMS; i++)
        pillion_loop_call_soon (loop, burn, NULL, NULL);
    }
  else
    {
      for (int i = 0; i < N_ITEMS; i++)
        {
          GSource *source = g_idle_source_new ();

          g_source_set_callback (source, burn_source, NULL, NULL);
          g_source_attach (source, context);
          g_source_unref (source);
        }
    }

  while (n_run < N_ITEMS)
    {
      gint64 start = bench_now ();

      if (ours)
        pillion_loop_kick (loop);
      else
        g_main_context_iteration (context, FALSE);
      values[n_values++] = (bench_now () - start) / 1e6;
    }

  printf ("{\"value\": %.3f, \"kicks\": %" G_GSIZE_FORMAT "}\n",
          bench_percentile (values, n_values, 0.99), n_values);
}

typedef struct
{
  guint n_frames;
  gint64 before;
  double values[N_FRAMES];
} Ticks;

/* Runs before the frame's kick, so it sees what the previous frame's kick did. */
static void
frame (PillionTickHost *host,
       guint number,
       gpointer user_data)
{
  Ticks *ticks = user_data;

  if (ticks->n_frames > 0)
    ticks->values[ticks->n_frames - 1] = (worked - ticks->before) / 1e6;
  ticks->before = worked;
  if (++ticks->n_frames == N_FRAMES)
    pillion_tick_host_quit (host);
}

static void
run_auto (gboolean ours)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionLoop) loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  g_autoptr (PillionHost) host = PILLION_HOST (pillion_tick_host_new ("bench", SLOW_RATE));
  Ticks ticks = { 0 };

  pillion_loop_set_budget_mode (loop, ours ? PILLION_BUDGET_AUTOMATIC : PILLION_BUDGET_FIXED);
  pillion_loop_set_budget_usec (loop, BUDGET_USEC);
  if (!pillion_loop_ensure (loop, host, NULL))
    g_error ("ensure failed");
  g_signal_connect (host, "frame", G_CALLBACK (frame), &ticks);

  /* More than the frames can handle */
  for (int i = 0; i < 2 * N_ITEMS; i++)
    pillion_loop_call_soon (loop, burn, NULL, NULL);

  pillion_tick_host_run (PILLION_TICK_HOST (host), 0);
  if (ticks.n_frames < N_FRAMES)
    g_error ("the host ran %u frames only", ticks.n_frames);

  /* The first ticks have no gap to go by. */
  printf ("{\"value\": %.3f}\n",
          bench_median (ticks.values + N_WARM_FRAMES, N_FRAMES - 1 - N_WARM_FRAMES));
}

int
main (int argc,
      char **argv)
{
  gboolean ours;

  if (argc != 3)
    return 2;

  ours = g_str_equal (argv[2], "ours");
  if (g_str_equal (argv[1], "p99"))
    run_p99 (ours);
  else
    run_auto (ours);

  return 0;
}
