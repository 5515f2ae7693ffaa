/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

/* The automatic budget. Upper bounds are counted in items that take half a millisecond or more, and lower
 * bounds are the time that the kick took, so other load on the machine does not matter. */

typedef struct
{
  PillionLoop *loop;
  int n_items;
  gint64 duration; /* of the last kick */
  gint64 first_item; /* when the first item of the last kick ran */
  gint64 last_start;
  gint64 periods[3];
  guint n_periods;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new_with_budget ();
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  loop_end (fixture->loop);
}

static void
item (gpointer data)
{
  Fixture *fixture = data;

  if (fixture->first_item == 0)
    fixture->first_item = g_get_monotonic_time ();
  fixture->n_items++;
  spin_for (500);
  pillion_loop_call_soon (fixture->loop, item, fixture, NULL);
}

/* How many items a kick may do given the actual periods of the host, which a busy machine makes longer */
static int
get_most_items (Fixture *fixture)
{
  gint64 period = MIN (MIN (fixture->periods[0], fixture->periods[1]), fixture->periods[2]);

  return (2000 + (fixture->n_periods >= 3 ? MAX (0, period - 16667) * 3 / 10 : 0)) / 500 + 1;
}

/* Kicks with a gap in between; returns how many items the last kick did */
static int
kick_with_gap (Fixture *fixture,
               guint n_kicks,
               gint64 gap_usec)
{
  int before = 0;
  gint64 start;

  for (guint i = 0; i < n_kicks; i++)
    {
      if (i > 0)
        spin_for (gap_usec);
      before = fixture->n_items;
      start = g_get_monotonic_time ();
      fixture->first_item = 0;
      pillion_loop_kick (fixture->loop);
      fixture->duration = g_get_monotonic_time () - start;
      /* By the kick's own measure, it was at most this */
      if (fixture->last_start > 0)
        fixture->periods[fixture->n_periods++ % 3] = fixture->first_item - fixture->last_start;
      fixture->last_start = start;
    }

  return fixture->n_items - before;
}

static void
test_fixed (Fixture *fixture,
            gconstpointer data)
{
  pillion_loop_call_soon (fixture->loop, item, fixture, NULL);
  g_assert_cmpint (kick_with_gap (fixture, 5, 60000), <=, 4);
}

static void
test_grows (Fixture *fixture,
            gconstpointer data)
{
  int n;

  pillion_loop_set_budget_mode (fixture->loop, PILLION_BUDGET_AUTOMATIC);
  pillion_loop_call_soon (fixture->loop, item, fixture, NULL);
  /* Nothing is known of the first gaps */
  g_assert_cmpint (kick_with_gap (fixture, 3, 60000), <=, 4);
  n = kick_with_gap (fixture, 6, 60000);
  /* 2 ms, plus 0.3 of what exceeds 16.7 ms, is 15 ms or more; far from the maximum of 100 ms */
  g_assert_cmpint (fixture->duration, >=, 10000);
  g_assert_cmpint (n, <=, 150);
}

static void
test_fast_host (Fixture *fixture,
                gconstpointer data)
{
  pillion_loop_set_budget_mode (fixture->loop, PILLION_BUDGET_AUTOMATIC);
  pillion_loop_call_soon (fixture->loop, item, fixture, NULL);
  g_assert_cmpint (kick_with_gap (fixture, 10, 1000), <=, get_most_items (fixture));
}

/* One stall among fast ticks does not make the next kick long */
static void
test_one_stall (Fixture *fixture,
                gconstpointer data)
{
  pillion_loop_set_budget_mode (fixture->loop, PILLION_BUDGET_AUTOMATIC);
  pillion_loop_call_soon (fixture->loop, item, fixture, NULL);
  kick_with_gap (fixture, 10, 1000);
  spin_for (200000);
  g_assert_cmpint (kick_with_gap (fixture, 1, 0), <=, get_most_items (fixture));
}

static void
test_bounded (Fixture *fixture,
              gconstpointer data)
{
  int n;

  pillion_loop_set_budget_mode (fixture->loop, PILLION_BUDGET_AUTOMATIC);
  pillion_loop_call_soon (fixture->loop, item, fixture, NULL);
  n = kick_with_gap (fixture, 5, 500000);
  /* 100 ms at most */
  g_assert_cmpint (fixture->duration, >=, 80000);
  g_assert_cmpint (n, <=, 200);
}

static void
test_forgotten (Fixture *fixture,
                gconstpointer data)
{
  pillion_loop_set_budget_mode (fixture->loop, PILLION_BUDGET_AUTOMATIC);
  pillion_loop_call_soon (fixture->loop, item, fixture, NULL);
  kick_with_gap (fixture, 6, 60000);
  g_assert_cmpint (fixture->duration, >=, 10000);
  pillion_loop_set_budget_mode (fixture->loop, PILLION_BUDGET_FIXED);
  g_assert_cmpint (kick_with_gap (fixture, 2, 60000), <=, 4);
  pillion_loop_set_budget_mode (fixture->loop, PILLION_BUDGET_AUTOMATIC);
  g_assert_cmpint (kick_with_gap (fixture, 2, 60000), <=, 4);
}

static gint64
run_for_longest_kick (PillionTickHost *host)
{
  g_autofree gint64 *times = NULL;
  gsize n_times;
  gint64 longest = 0;

  g_assert_cmpuint (pillion_tick_host_run (host, 8), ==, 8);
  times = pillion_tick_host_get_kick_times (host, &n_times);
  g_assert_cmpuint (n_times, ==, 8);
  for (guint i = 5; i < n_times; i++)
    longest = MAX (longest, times[i]);

  return longest;
}

/* Driven by a host that draws ten frames a second */
static void
test_tick_host (Fixture *fixture,
                gconstpointer automatic)
{
  PillionHost *host = PILLION_HOST (pillion_tick_host_new ("slow", 10.0));
  gint64 longest;

  if (automatic != NULL)
    pillion_loop_set_budget_mode (fixture->loop, PILLION_BUDGET_AUTOMATIC);
  g_assert_true (pillion_loop_ensure (fixture->loop, host, NULL));
  pillion_loop_call_soon (fixture->loop, item, fixture, NULL);
  longest = run_for_longest_kick (PILLION_TICK_HOST (host));
  if (automatic == NULL)
    {
      /* 4 items in 2 ms */
      g_assert_cmpint (fixture->n_items, <=, 32);
    }
  else
    {
      /* With 0.3 of 83 ms on top, it is 27 ms in each frame after the fourth. But if a busy machine makes a frame late, the next period is
       * short, and that counts for three frames. */
      while (longest < 15000)
        longest = run_for_longest_kick (PILLION_TICK_HOST (host));
    }
  loop_end (fixture->loop);
  fixture->loop = loop_new_with_budget ();
  end_object (host);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, data, function) g_test_add ("/loop/budget/" name, Fixture, data, set_up, function, tear_down)
  ADD ("fixed-stays", NULL, test_fixed);
  ADD ("automatic-grows-where-the-host-is-slow", NULL, test_grows);
  ADD ("automatic-stays-where-the-host-is-fast", NULL, test_fast_host);
  ADD ("automatic-ignores-one-stall", NULL, test_one_stall);
  ADD ("automatic-has-an-end", NULL, test_bounded);
  ADD ("automatic-begins-anew", NULL, test_forgotten);
  ADD ("tick-host-at-10-hz/fixed", NULL, test_tick_host);
  ADD ("tick-host-at-10-hz/automatic", "automatic", test_tick_host);

  return g_test_run ();
}
