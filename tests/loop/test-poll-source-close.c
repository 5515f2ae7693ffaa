/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "poll-source-support.h"

/* The end of a poll source, and rings from other threads */

/* The end */

static gpointer
close_source (gpointer data)
{
  pillion_poll_source_close (((Fixture *) data)->source);
  return NULL;
}

static void
test_close_from_a_thread (Fixture *fixture,
                          gconstpointer data)
{
  pillion_poll_source_set_busy (fixture->source, TRUE);
  write_byte (fixture);
  g_thread_join (g_thread_new ("closer", close_source, fixture));
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 0);
  g_assert_cmpint (fixture->n_destroyed, ==, 1);
  g_assert_false (pillion_poll_source_get_busy (fixture->source));
  g_assert_false (pillion_loop_kick (fixture->loop));
  pillion_poll_source_close (fixture->source);
}

/* From then on it has no effect */
static void
test_close (Fixture *fixture,
            gconstpointer data)
{
  g_signal_connect (fixture->source, "notify::busy", G_CALLBACK (on_busy), fixture);
  pillion_poll_source_set_busy (fixture->source, TRUE);
  pillion_poll_source_set_external (fixture->source, 2);
  pillion_poll_source_close (fixture->source);
  g_assert_cmpint (fixture->n_busy, ==, 2);
  g_assert_cmpuint (pillion_poll_source_get_external (fixture->source), ==, 0);
  pillion_poll_source_set_external (fixture->source, 1);
  g_assert_cmpuint (pillion_poll_source_get_external (fixture->source), ==, 0);
  g_assert_cmpint (fixture->n_destroyed, ==, 1);
  pillion_poll_source_set_callback (fixture->source, on_ready, fixture, on_destroy);
  g_assert_cmpint (fixture->n_destroyed, ==, 2);
}

static gpointer
ring_and_close (gpointer data)
{
  Fixture *fixture = data;

  gate_wait (&fixture->gate);
  pillion_poll_source_ring (fixture->source);
  pillion_poll_source_close (fixture->source);
  g_object_unref (g_steal_pointer (&fixture->source));
  return NULL;
}

/* Both at once; its time is in the loop's heap */
static void
test_close_with_the_loop (Fixture *fixture,
                          gconstpointer data)
{
  g_clear_object (&fixture->source);
  loop_end (g_steal_pointer (&fixture->loop));
  for (int i = 0; i < 100; i++)
    {
      const Gate gate = GATE_INIT;
      PillionHost *host = PILLION_HOST (pillion_test_host_new ());
      GThread *thread;

      fixture->gate = gate;
      fixture->loop = loop_new ();
      g_assert_true (pillion_loop_ensure (fixture->loop, host, NULL));
      fixture->source = pillion_poll_source_new (fixture->loop, fixture->pipe[0]);
      pillion_poll_source_set_callback (fixture->source, on_ready, fixture, on_destroy);
      pillion_poll_source_set_ready_time (fixture->source, pillion_host_get_now (host) + G_TIME_SPAN_HOUR);
      fixture->n_destroyed = 0;
      thread = g_thread_new ("closer", ring_and_close, fixture);
      gate_open (&fixture->gate);
      pillion_loop_close (fixture->loop, 0, NULL);
      g_thread_join (thread);
      g_assert_cmpint (fixture->n_destroyed, ==, 1);
      end_object (g_steal_pointer (&fixture->loop));
      end_object (host);
    }
}

static gpointer
close_when_told (gpointer data)
{
  gate_wait (&((Fixture *) data)->gate);
  return close_source (data);
}

static void
open_gate_soon (gpointer data)
{
  gate_open (&((Fixture *) data)->gate);
}

static void
test_close_while_it_waits (Fixture *fixture,
                           gconstpointer data)
{
  GThread *thread = g_thread_new ("closer", close_when_told, fixture);

  pillion_loop_call_soon (fixture->loop, open_gate_soon, fixture, NULL);
  g_assert_true (pillion_poll_source_wait (fixture->source, -1));
  g_thread_join (thread);
  g_assert_cmpint (fixture->n_destroyed, ==, 1);
}

static gpointer
unref_source (gpointer data)
{
  Fixture *fixture = data;

  gate_open (&fixture->gate);
  g_object_unref (g_steal_pointer (&fixture->source));
  return NULL;
}

/* The last reference is dropped during its dispatch, or at another time */
static void
test_unref_from_a_thread (Fixture *fixture,
                          gconstpointer data)
{
  for (int i = 0; i < 20; i++)
    {
      static int n_calls;
      GThread *thread;

      if (fixture->source == NULL)
        fixture->source = pillion_poll_source_new (fixture->loop, fixture->pipe[0]);
      pillion_poll_source_set_callback (fixture->source, count_call, &n_calls, NULL);
      pillion_poll_source_set_ready_time (fixture->source, 0);
      thread = g_thread_new ("closer", unref_source, fixture);
      gate_wait_for (&fixture->gate, i + 1);
      kick_until_quiet (fixture->loop);
      g_thread_join (thread);
      kick_until_quiet (fixture->loop);
    }
}

static void
test_loop_closed (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_ref (pillion_loop_get_context (fixture->loop));

  pillion_poll_source_set_busy (fixture->source, TRUE);
  pillion_poll_source_set_ready_time (fixture->source, g_get_monotonic_time () + 1000);
  write_byte (fixture);
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  g_assert_false (pillion_poll_source_wait (fixture->source, -1));
  pillion_poll_source_set_ready_time (fixture->source, 0);
  pillion_poll_source_set_busy (fixture->source, FALSE);
  pillion_poll_source_set_running (fixture->source, TRUE);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_assert_cmpint (fixture->n, ==, 0);
}

static gint64
close_loop (PillionPollSource *source,
            gint64 deadline_usec,
            gpointer data)
{
  Fixture *fixture = data;

  fixture->n++;
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  return 0;
}

static void
test_loop_closed_inside (Fixture *fixture,
                         gconstpointer data)
{
  pillion_poll_source_set_callback (fixture->source, close_loop, fixture, NULL);
  pillion_poll_source_set_ready_time (fixture->source, 0);
  while (fixture->n == 0)
    pillion_loop_kick (fixture->loop);
  g_assert_false (pillion_loop_kick (fixture->loop));
  g_assert_cmpint (fixture->n, ==, 1);
}

static gpointer
ring_often (gpointer data)
{
  Fixture *fixture = data;

  for (guint i = 0; i < 1000; i++)
    pillion_poll_source_ring (fixture->source);
  return NULL;
}

static void
test_ring (Fixture *fixture,
           gconstpointer data)
{
  pillion_loop_set_wake_func (fixture->loop, on_wake, fixture, NULL);
  kick_until_quiet (fixture->loop);
  g_thread_join (g_thread_new ("ringer", ring_often, fixture));
  g_assert_cmpint (get_atomic (&fixture->n_wakes), >=, 1);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 1);

  for (guint i = 0; i < 20; i++)
    {
      GThread *thread = g_thread_new ("ringer", ring_often, fixture);
      int before = fixture->n;

      kick_until (fixture->loop, fixture->n > before);
      g_thread_join (thread);
      kick_until_quiet (fixture->loop);
    }
  pillion_loop_set_wake_func (fixture->loop, NULL, NULL, NULL);
}

static gint64
ring_inside (PillionPollSource *source,
             gint64 deadline_usec,
             gpointer data)
{
  Fixture *fixture = data;

  if (fixture->n++ == 0)
    pillion_poll_source_ring (source);
  return -1;
}

static void
test_ring_inside (Fixture *fixture,
                  gconstpointer data)
{
  pillion_poll_source_set_callback (fixture->source, ring_inside, fixture, NULL);
  pillion_poll_source_ring (fixture->source);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 2);
}

static void
test_ring_a_wait (Fixture *fixture,
                  gconstpointer data)
{
  GThread *thread = g_thread_new ("ringer", ring_often, fixture);

  g_assert_true (pillion_poll_source_wait (fixture->source, -1));
  g_thread_join (thread);
  /* What woke it after the wait */
  kick_until_quiet (fixture->loop);
}

static void
test_ring_and_close (Fixture *fixture,
                     gconstpointer data)
{
  g_thread_join (g_thread_new ("ringer", ring_often, fixture));
  pillion_loop_close (fixture->loop, 0, NULL);
  g_assert_cmpint (fixture->n_destroyed, ==, 1);
  pillion_poll_source_ring (fixture->source);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("ring/from-threads", test_ring);
  ADD ("ring/inside-the-callback", test_ring_inside);
  ADD ("ring/ends-a-wait", test_ring_a_wait);
  ADD ("ring/closed-before-it-was-heard", test_ring_and_close);
  ADD ("close/lets-go", test_close);
  ADD ("close/ends-a-wait", test_close_while_it_waits);
  ADD ("close/at-once-with-the-loop", test_close_with_the_loop);
  ADD ("close/from-a-thread", test_close_from_a_thread);
  ADD ("close/last-reference-on-a-thread", test_unref_from_a_thread);
  ADD ("close/with-the-loop", test_loop_closed);
  ADD ("close/loop-closed-inside", test_loop_closed_inside);

  return g_test_run ();
}
