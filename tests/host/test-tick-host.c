/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

typedef struct
{
  PillionHost *host;
  PillionTickHost *tick;
  PillionLoop *loop;
  GString *frames;
  int n;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->host = PILLION_HOST (pillion_tick_host_new ("game", 1000.0));
  fixture->tick = PILLION_TICK_HOST (fixture->host);
  fixture->loop = loop_new ();
  fixture->frames = g_string_new (NULL);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  loop_end (fixture->loop);
  end_object (fixture->host);
  g_string_free (fixture->frames, TRUE);
}

static void
ensure (Fixture *fixture)
{
  g_assert_true (pillion_loop_ensure (fixture->loop, fixture->host, NULL));
}

static void
count (gpointer data)
{
  ((Fixture *) data)->n++;
}

static void
test_properties (Fixture *fixture,
                 gconstpointer data)
{
  g_autofree char *name = NULL;
  double rate;
  gint64 work;
  PillionHost *host = g_object_new (PILLION_TYPE_TICK_HOST, NULL);

  g_object_set (fixture->host, "work-usec", (gint64) 5, NULL);
  g_object_get (fixture->host, "name", &name, "rate", &rate, "work-usec", &work, NULL);
  g_assert_cmpstr (name, ==, "game");
  g_assert_cmpfloat (rate, ==, 1000.0);
  g_assert_cmpint (work, ==, 5);
  g_assert_cmpfloat (pillion_tick_host_get_rate (fixture->tick), ==, 1000.0);
  pillion_tick_host_set_work_usec (fixture->tick, 7);
  g_assert_cmpint (pillion_tick_host_get_work_usec (fixture->tick), ==, 7);
  g_assert_cmpfloat (pillion_tick_host_get_rate (PILLION_TICK_HOST (host)), ==, 60.0);
  g_assert_cmpint (pillion_tick_host_get_work_usec (PILLION_TICK_HOST (host)), ==, 0);
  end_object (host);
}

static void
on_frame (PillionTickHost *host,
          guint frame,
          gpointer data)
{
  Fixture *fixture = data;

  g_assert_cmpuint (pillion_tick_host_get_frames (host), ==, frame);
  g_string_append_printf (fixture->frames, "%u", frame);
}

static void
test_frames (Fixture *fixture,
             gconstpointer data)
{
  gint64 start = g_get_monotonic_time ();
  g_autofree gint64 *times = NULL, *kicks = NULL;
  gsize n_times, n_kicks;
  gint64 sum = 0;

  g_signal_connect (fixture->host, "frame", G_CALLBACK (on_frame), fixture);
  g_assert_cmpuint (pillion_tick_host_get_frames (fixture->tick), ==, 0);
  g_assert_null (pillion_tick_host_get_frame_times (fixture->tick, &n_times));
  g_assert_cmpuint (n_times, ==, 0);
  g_assert_cmpuint (pillion_tick_host_run (fixture->tick, 8), ==, 8);
  g_assert_cmpstr (fixture->frames->str, ==, "01234567");
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 8000);
  g_assert_cmpuint (pillion_tick_host_get_frames (fixture->tick), ==, 8);

  times = pillion_tick_host_get_frame_times (fixture->tick, &n_times);
  kicks = pillion_tick_host_get_kick_times (fixture->tick, &n_kicks);
  g_assert_cmpuint (n_times, ==, 8);
  g_assert_cmpuint (n_kicks, ==, 8);
  for (guint i = 0; i < 8; i++)
    {
      g_assert_cmpint (kicks[i], >=, 0);
      g_assert_cmpint (kicks[i], <=, times[i]);
      sum += times[i];
    }
  g_assert_cmpint (sum, >=, 7900);
  g_assert_cmpint (sum, <=, g_get_monotonic_time () - start);
}

static void
quit_at_3 (PillionTickHost *host,
           guint frame,
           gpointer data)
{
  /* Inside itself it only complains */
  if (frame == 3)
    pillion_tick_host_quit (host);
}

static void
test_quit (Fixture *fixture,
           gconstpointer data)
{
  g_signal_connect (fixture->host, "frame", G_CALLBACK (quit_at_3), fixture);
  g_assert_cmpuint (pillion_tick_host_run (fixture->tick, 0), ==, 4);
  /* And again: the count of frames starts over */
  g_assert_cmpuint (pillion_tick_host_run (fixture->tick, 0), ==, 4);
  g_assert_cmpuint (pillion_tick_host_run (fixture->tick, 2), ==, 2);
  g_assert_cmpuint (pillion_tick_host_get_frames (fixture->tick), ==, 2);
}

static void
quit_inner (gpointer data)
{
  pillion_tick_host_quit (((Fixture *) data)->tick);
}

static void
run_inside (gpointer data)
{
  Fixture *fixture = data;

  pillion_loop_call_later (fixture->loop, 0, count, fixture, NULL);
  g_assert_cmpuint (pillion_tick_host_run (fixture->tick, 3), ==, 3);
  g_assert_cmpint (fixture->n, ==, 1);

  /* Quitting ends only the inner one */
  pillion_loop_call_soon (fixture->loop, quit_inner, fixture, NULL);
  g_assert_cmpuint (pillion_tick_host_run (fixture->tick, 100), ==, 1);
}

static void
test_run_inside (Fixture *fixture,
                 gconstpointer data)
{
  ensure (fixture);
  pillion_loop_call_soon (fixture->loop, run_inside, fixture, NULL);
  g_assert_cmpuint (pillion_tick_host_run (fixture->tick, 2), ==, 2);
  g_assert_cmpuint (pillion_tick_host_get_frames (fixture->tick), ==, 6);
}

static void
test_work (Fixture *fixture,
           gconstpointer data)
{
  g_autofree gint64 *times = NULL;
  gsize n_times;

  /* Longer than a period: the next frame waits for the next full one */
  pillion_tick_host_set_work_usec (fixture->tick, 2500);
  pillion_tick_host_run (fixture->tick, 3);
  times = pillion_tick_host_get_frame_times (fixture->tick, &n_times);
  for (guint i = 0; i < n_times; i++)
    g_assert_cmpint (times[i], >=, 2500);
  g_assert_cmpuint (pillion_tick_host_get_late_frames (fixture->tick), ==, 3);
}

static void
test_stall (Fixture *fixture,
            gconstpointer data)
{
  PillionHost *host = PILLION_HOST (pillion_tick_host_new ("stalling", 50.0));
  PillionTickHost *tick = PILLION_TICK_HOST (host);
  g_autofree gint64 *times = NULL;
  gsize n_times;

  pillion_tick_host_add_stall (tick, 1, 1);
  pillion_tick_host_add_stall (tick, 1, 70000);
  pillion_tick_host_add_stall (tick, 100, G_MAXINT64);
  pillion_tick_host_run (tick, 3);
  times = pillion_tick_host_get_frame_times (tick, &n_times);
  g_assert_cmpint (times[1], >=, 70000);
  g_assert_cmpuint (pillion_tick_host_get_late_frames (tick), >=, 1);
  g_assert_cmpuint (pillion_tick_host_get_late_frames (tick), <=, 3);

  /* It is of each run */
  pillion_tick_host_run (tick, 1);
  g_assert_cmpuint (pillion_tick_host_get_frames (tick), ==, 1);
  end_object (host);
}

static void
test_kicks (Fixture *fixture,
            gconstpointer data)
{
  PillionTask *task;

  ensure (fixture);
  task = pillion_loop_sleep (fixture->loop, 3000, NULL);
  for (guint i = 0; i < 5; i++)
    pillion_loop_call_soon (fixture->loop, count, fixture, NULL);
  while (!pillion_task_is_done (task))
    pillion_tick_host_run (fixture->tick, 1);
  g_assert_cmpint (fixture->n, ==, 5);
  /* It carries on without the loop */
  g_assert_cmpuint (pillion_tick_host_run (fixture->tick, 5), ==, 5);
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  end_object (task);
}

static void
spin_3_ms (gpointer data)
{
  spin_for (3000);
}

static void
test_kick_times (Fixture *fixture,
                 gconstpointer data)
{
  g_autofree gint64 *kicks = NULL;
  gsize n_kicks;

  ensure (fixture);
  pillion_loop_call_soon (fixture->loop, spin_3_ms, NULL, NULL);
  pillion_tick_host_run (fixture->tick, 2);
  kicks = pillion_tick_host_get_kick_times (fixture->tick, &n_kicks);
  g_assert_cmpuint (n_kicks, ==, 2);
  g_assert_cmpint (kicks[0], >=, 3000);
  g_assert_cmpuint (pillion_tick_host_get_late_frames (fixture->tick), >=, 1);
}

typedef struct
{
  Fixture *fixture;
  PillionLoop *other;
} Pair;

static void
close_other (gpointer data)
{
  Pair *pair = data;

  loop_end (g_steal_pointer (&pair->other));
  count (pair->fixture);
}

/* One loop's callback ends another loop that rides on the same host */
static void
test_ends_another (Fixture *fixture,
                   gconstpointer data)
{
  Pair pair = { fixture, loop_new () };
  gpointer weak = pair.other;

  g_object_add_weak_pointer (G_OBJECT (pair.other), &weak);
  ensure (fixture);
  pillion_host_install (fixture->host, pair.other, NULL);
  pillion_loop_hold (pair.other);
  g_object_unref (pair.other);
  g_assert_null (weak);
  pillion_tick_host_run (fixture->tick, 2);

  pair.other = loop_new ();
  g_assert_true (pillion_loop_get_host (pair.other) == NULL);
  pillion_loop_call_soon (fixture->loop, close_other, &pair, NULL);
  pillion_tick_host_run (fixture->tick, 2);
  g_assert_cmpint (fixture->n, ==, 1);
}

static gpointer
call_there (gpointer data)
{
  pillion_loop_call_soon_threadsafe (((Fixture *) data)->loop, count, data, NULL);
  return NULL;
}

static void
test_thread_while_away (Fixture *fixture,
                        gconstpointer data)
{
  ensure (fixture);
  for (int i = 1; i <= 5; i++)
    {
      pillion_tick_host_run (fixture->tick, 3);
      g_assert_false (pillion_loop_is_riding (fixture->loop));
      g_thread_join (g_thread_new ("caller", call_there, fixture));
      pillion_tick_host_run (fixture->tick, 1);
      g_assert_cmpint (fixture->n, ==, i);
    }
}

static void
drop_host (PillionTickHost *host,
           guint frame,
           gpointer data)
{
  if (frame == 1)
    g_object_unref (host);
}

static void
test_dropped_inside (void)
{
  PillionHost *host = PILLION_HOST (pillion_tick_host_new ("dropped", 1000.0));
  gpointer weak = host;

  g_object_add_weak_pointer (G_OBJECT (host), &weak);
  g_signal_connect (host, "frame", G_CALLBACK (drop_host), NULL);
  g_assert_cmpuint (pillion_tick_host_run (PILLION_TICK_HOST (host), 3), ==, 3);
  g_assert_null (weak);
}

static void
test_wrong (void)
{
  const double rates[] = { 0.0, -1.0, 0.009, 100001.0 };

  for (guint i = 0; i < G_N_ELEMENTS (rates); i++)
    {
      g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, "*rate*failed*");
      g_assert_null (pillion_tick_host_new ("wrong", rates[i]));
      g_test_assert_expected_messages ();
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/host/tick/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("has-its-properties", test_properties);
  ADD ("draws-frames-at-its-rate", test_frames);
  ADD ("quits-after-the-frame-and-runs-again", test_quit);
  ADD ("runs-an-inner-loop-inside-of-a-callback", test_run_inside);
  ADD ("work-makes-frames-late", test_work);
  ADD ("stalls-once", test_stall);
  ADD ("kicks-the-loops-that-ride", test_kicks);
  ADD ("kick-times-are-kept", test_kick_times);
  ADD ("loops-may-end-meanwhile", test_ends_another);
  ADD ("thread-brings-work-while-the-hook-is-away", test_thread_while_away);
  g_test_add_func ("/host/tick/may-be-dropped-inside", test_dropped_inside);
  g_test_add_func ("/host/tick/wrong-rates-are-critical", test_wrong);

  return g_test_run ();
}
