/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "poll-source-support.h"

/* Waiting in the guest loop for a poll source */

/* The other loop outside */

static void
test_wait_readable (Fixture *fixture,
                    gconstpointer data)
{
  GThread *thread = g_thread_new ("writer", write_soon, fixture);

  pillion_poll_source_set_running (fixture->source, TRUE);
  gate_open (&fixture->gate);
  g_assert_true (pillion_poll_source_wait (fixture->source, -1));
  g_thread_join (thread);
  /* Each time it is asked, until something reads */
  g_assert_true (pillion_poll_source_wait (fixture->source, -1));
  pillion_poll_source_set_running (fixture->source, FALSE);
  g_assert_cmpint (fixture->n, ==, 0);
  kick_until (fixture->loop, fixture->n == 1);
}

static void
test_wait_timeout (Fixture *fixture,
                   gconstpointer data)
{
  gint64 start = g_get_monotonic_time ();

  g_assert_true (pillion_poll_source_wait (fixture->source, 0));
  g_assert_true (pillion_poll_source_wait (fixture->source, 10000));
  g_assert_cmpint (g_get_monotonic_time (), >=, start + 10000);
  pillion_poll_source_set_ready_time (fixture->source, g_get_monotonic_time () + 10000);
  g_assert_true (pillion_poll_source_wait (fixture->source, -1));
  g_assert_cmpint (g_get_monotonic_time (), >=, start + 20000);
  g_assert_cmpint (pillion_poll_source_get_ready_time (fixture->source), ==, -1);
  g_assert_cmpint (fixture->n, ==, 0);
}

static void
ring_call (gpointer data)
{
  ring (data);
}

static gpointer
call_soon (gpointer data)
{
  Fixture *fixture = data;

  gate_wait (&fixture->gate);
  pillion_loop_call_soon_threadsafe (fixture->loop, ring_call, fixture, NULL);
  return NULL;
}

/* The context, the loop's own queue, its timers and other threads all continue during a wait */
static void
test_wait_works (Fixture *fixture,
                 gconstpointer data)
{
  GThread *thread = g_thread_new ("caller", call_soon, fixture);

  pillion_poll_source_set_running (fixture->source, TRUE);
  add_idle (fixture, ring);
  g_assert_true (pillion_poll_source_wait (fixture->source, -1));
  g_assert_cmpint (fixture->n_idles, ==, 1);
  pillion_loop_call_soon (fixture->loop, ring_call, fixture, NULL);
  g_assert_true (pillion_poll_source_wait (fixture->source, -1));
  g_assert_cmpint (fixture->n_idles, ==, 2);
  pillion_loop_call_later (fixture->loop, 5000, ring_call, fixture, NULL);
  g_assert_true (pillion_poll_source_wait (fixture->source, -1));
  g_assert_cmpint (fixture->n_idles, ==, 3);
  attach (fixture, g_timeout_source_new (5), ring);
  g_assert_true (pillion_poll_source_wait (fixture->source, -1));
  g_assert_cmpint (fixture->n_idles, ==, 4);
  gate_open (&fixture->gate);
  g_assert_true (pillion_poll_source_wait (fixture->source, -1));
  g_assert_cmpint (fixture->n_idles, ==, 5);
  g_thread_join (thread);
  pillion_poll_source_set_running (fixture->source, FALSE);
  g_assert_cmpint (fixture->n, ==, 0);
}

static void
test_iterate (Fixture *fixture,
              gconstpointer data)
{
  pillion_poll_source_set_running (fixture->source, TRUE);
  write_byte (fixture);
  add_idle (fixture, count_idle);
  pillion_loop_call_soon (fixture->loop, on_wake, fixture, NULL);
  while (fixture->n_idles == 0 || get_atomic (&fixture->n_wakes) == 0)
    g_assert_true (pillion_poll_source_iterate (fixture->source));
  g_assert_cmpint (fixture->n, ==, 0);
  pillion_poll_source_set_running (fixture->source, FALSE);
  kick_until (fixture->loop, fixture->n == 1);
}

/* Something that the other loop has called runs a main loop. That calls the callback: first because only the
 * other loop knows what is ready in it, then for what the source sees, but not over and over. */
static void
test_main_loop_while_it_runs (Fixture *fixture,
                              gconstpointer data)
{
  GMainContext *context = pillion_loop_get_context (fixture->loop);

  fixture->drains = TRUE;
  pillion_poll_source_set_running (fixture->source, TRUE);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_assert_cmpint (fixture->n, ==, 1);
  write_byte (fixture);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_assert_cmpint (fixture->n, ==, 2);

  /* A wait sees the source itself */
  write_byte (fixture);
  g_assert_true (pillion_poll_source_wait (fixture->source, -1));
  g_assert_cmpint (fixture->n, ==, 2);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_assert_cmpint (fixture->n, ==, 3);

  pillion_poll_source_set_running (fixture->source, FALSE);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_assert_cmpint (fixture->n, ==, 3);
}

static void
wait_inside (gpointer data)
{
  Fixture *fixture = data;

  pillion_poll_source_set_running (fixture->source, TRUE);
  add_idle (fixture, ring);
  g_assert_true (pillion_poll_source_wait (fixture->source, -1));
  g_assert_cmpint (fixture->n_idles, ==, 1);
  pillion_poll_source_set_running (fixture->source, FALSE);
  fixture->n_busy++;
}

static void
test_wait_in_a_kick (Fixture *fixture,
                     gconstpointer data)
{
  pillion_loop_call_soon (fixture->loop, wait_inside, fixture, NULL);
  kick_until (fixture->loop, fixture->n_busy == 1);
}

static gboolean
wait_inside_source (gpointer data)
{
  wait_inside (data);
  return G_SOURCE_REMOVE;
}

static void
test_wait_as_passenger (Fixture *fixture,
                        gconstpointer data)
{
  GMainContext *context = pillion_loop_get_context (fixture->loop);

  g_assert_true (pillion_loop_ensure (fixture->loop, NULL, NULL));
  add_idle (fixture, wait_inside_source);
  while (fixture->n_busy == 0)
    g_main_context_iteration (context, TRUE);
  /* Without a wait, too: a run-until of a passenger runs the context */
  add_idle (fixture, count_idle);
  pillion_poll_source_set_running (fixture->source, TRUE);
  while (fixture->n_idles < 2)
    g_assert_true (pillion_poll_source_iterate (fixture->source));
  pillion_poll_source_set_running (fixture->source, FALSE);
  pillion_loop_stop (fixture->loop);
}

static void
test_wait_virtual (Fixture *fixture,
                   gconstpointer data)
{
  PillionHost *host = PILLION_HOST (pillion_test_host_new ());
  gint64 start = pillion_host_get_now (host);

  g_assert_true (pillion_loop_ensure (fixture->loop, host, NULL));
  pillion_poll_source_set_running (fixture->source, TRUE);
  g_assert_true (pillion_poll_source_wait (fixture->source, G_TIME_SPAN_HOUR));
  g_assert_cmpint (pillion_host_get_now (host), ==, start + G_TIME_SPAN_HOUR);
  /* What is readable comes before the jump */
  write_byte (fixture);
  g_assert_true (pillion_poll_source_wait (fixture->source, G_TIME_SPAN_HOUR));
  g_assert_cmpint (pillion_host_get_now (host), ==, start + G_TIME_SPAN_HOUR);
  pillion_poll_source_set_running (fixture->source, FALSE);

  pillion_loop_stop (fixture->loop);
  g_clear_object (&fixture->source);
  loop_end (g_steal_pointer (&fixture->loop));
  end_object (host);
}

/* An inner wait may use up what an outer wait waits for: the outer wait ends, and its caller checks again */
static gboolean
wait_again (gpointer data)
{
  Fixture *fixture = data;

  fixture->n_idles++;
  g_assert_true (pillion_poll_source_wait (fixture->source, 0));
  return G_SOURCE_REMOVE;
}

static void
test_wait_in_a_wait (Fixture *fixture,
                     gconstpointer data)
{
  add_idle (fixture, wait_again);
  g_assert_true (pillion_poll_source_wait (fixture->source, -1));
  g_assert_cmpint (fixture->n_idles, ==, 1);
}

static gboolean
drain_context (gpointer data)
{
  Fixture *fixture = data;

  fixture->drains = TRUE;
  write_byte (fixture);
  while (g_main_context_iteration (pillion_loop_get_context (fixture->loop), FALSE))
    ;
  g_assert_cmpint (fixture->n, ==, 1);
  fixture->n_idles++;
  return G_SOURCE_REMOVE;
}

/* A main loop inside a wait calls the callback, and then the wait ends, because that may be what it was for */
static void
test_main_loop_in_a_wait (Fixture *fixture,
                          gconstpointer data)
{
  add_idle (fixture, drain_context);
  g_assert_true (pillion_poll_source_wait (fixture->source, -1));
  g_assert_cmpint (fixture->n_idles, ==, 1);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 1);
}

static gpointer
hold_context (gpointer data)
{
  Fixture *fixture = data;
  GMainContext *context = pillion_loop_get_context (fixture->loop);

  g_assert_true (g_main_context_acquire (context));
  gate_open (&fixture->gate);
  gate_wait_for (&fixture->gate, 2);
  g_main_context_release (context);
  return NULL;
}

static void
test_wait_for_nothing (Fixture *fixture,
                       gconstpointer data)
{
  GThread *thread = g_thread_new ("owner", hold_context, fixture);

  gate_wait (&fixture->gate);
  g_assert_false (pillion_poll_source_wait (fixture->source, -1));
  g_assert_false (pillion_poll_source_iterate (fixture->source));
  pillion_poll_source_set_running (fixture->source, TRUE);
  pillion_poll_source_set_running (fixture->source, FALSE);
  gate_open (&fixture->gate);
  g_thread_join (thread);
  pillion_poll_source_close (fixture->source);
  g_assert_false (pillion_poll_source_wait (fixture->source, -1));
  g_assert_false (pillion_poll_source_iterate (fixture->source));
}

static void
note_call (gpointer data)
{
  (*(int *) data)++;
}

/* In a region in which nothing may be called, the other loop only waits for its own */
static void
test_wait_in_a_region (Fixture *fixture,
                       gconstpointer data)
{
  int n_calls = 0;

  pillion_poll_source_set_running (fixture->source, TRUE);
  pillion_loop_begin_region (fixture->loop, "render", PILLION_REGION_NO_CALLBACKS);
  for (int i = 0; i < 3; i++)
    pillion_loop_call_soon (fixture->loop, note_call, &n_calls, NULL);
  g_assert_true (pillion_poll_source_wait (fixture->source, 0));
  g_assert_true (pillion_poll_source_iterate (fixture->source));
  g_assert_cmpint (n_calls, ==, 0);
  g_assert_cmpint (write (fixture->pipe[1], "x", 1), ==, 1);
  g_assert_true (pillion_poll_source_wait (fixture->source, -1));
  g_assert_cmpint (n_calls, ==, 0);
  g_assert_true (pillion_loop_end_region (fixture->loop, "render", NULL));
  pillion_poll_source_set_running (fixture->source, FALSE);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (n_calls, ==, 3);
}

static void
on_live_tasks (PillionLoop *loop,
               GParamSpec *pspec,
               gpointer n_calls)
{
  pillion_loop_call_soon (loop, note_call, n_calls, NULL);
}

/* A virtual clock needs its timers, so there all goes on, even what comes just before the other loop would wait */
static void
test_wait_in_a_region_virtual (Fixture *fixture,
                               gconstpointer data)
{
  PillionHost *host = PILLION_HOST (pillion_test_host_new ());
  PillionTask *sleep;
  int n_calls = 0;

  g_assert_true (pillion_loop_ensure (fixture->loop, host, NULL));
  pillion_poll_source_set_running (fixture->source, TRUE);
  sleep = pillion_loop_sleep (fixture->loop, G_TIME_SPAN_SECOND, NULL);
  pillion_loop_begin_region (fixture->loop, "render", PILLION_REGION_NO_CALLBACKS);
  g_signal_connect (fixture->loop, "notify::live-tasks", G_CALLBACK (on_live_tasks), &n_calls);
  g_assert_true (pillion_poll_source_wait (fixture->source, G_TIME_SPAN_HOUR));
  g_assert_true (pillion_task_is_done (sleep));
  g_assert_cmpint (n_calls, >, 0);
  g_assert_true (pillion_loop_end_region (fixture->loop, "render", NULL));
  pillion_poll_source_set_running (fixture->source, FALSE);

  end_object (sleep);
  pillion_loop_stop (fixture->loop);
  g_clear_object (&fixture->source);
  loop_end (g_steal_pointer (&fixture->loop));
  end_object (host);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("wait/readable", test_wait_readable);
  ADD ("wait/timeout", test_wait_timeout);
  ADD ("wait/everything-goes-on", test_wait_works);
  ADD ("wait/iterate", test_iterate);
  ADD ("wait/main-loop-in-between-calls-back", test_main_loop_while_it_runs);
  ADD ("wait/inside-a-kick", test_wait_in_a_kick);
  ADD ("wait/as-passenger", test_wait_as_passenger);
  ADD ("wait/virtual-clock", test_wait_virtual);
  ADD ("wait/inside-a-wait", test_wait_in_a_wait);
  ADD ("wait/main-loop-inside-calls-back", test_main_loop_in_a_wait);
  ADD ("wait/in-a-region", test_wait_in_a_region);
  ADD ("wait/in-a-region-on-a-virtual-clock", test_wait_in_a_region_virtual);
  ADD ("wait/refused", test_wait_for_nothing);

  return g_test_run ();
}
