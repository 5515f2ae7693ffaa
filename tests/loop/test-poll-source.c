/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "poll-source-support.h"

/* A poll source that a kick or a main loop serves */

static void
test_properties (Fixture *fixture,
                 gconstpointer data)
{
  PillionLoop *loop;
  gboolean busy, running;
  int fd;

  g_object_get (fixture->source, "loop", &loop, "fd", &fd, "busy", &busy, "running", &running, NULL);
  g_assert_true (loop == fixture->loop);
  g_object_unref (loop);
  g_assert_cmpint (fd, ==, fixture->pipe[0]);
  g_assert_false (busy);
  g_assert_false (running);
  g_assert_true (pillion_poll_source_get_loop (fixture->source) == fixture->loop);
  g_assert_cmpint (pillion_poll_source_get_fd (fixture->source), ==, fixture->pipe[0]);
  g_assert_cmpint (pillion_poll_source_get_ready_time (fixture->source), ==, -1);
  g_assert_cmpuint (pillion_poll_source_get_external (fixture->source), ==, 0);
  g_object_set (fixture->source, "busy", TRUE, "running", TRUE, NULL);
  g_assert_true (pillion_poll_source_get_busy (fixture->source));
  g_assert_true (pillion_poll_source_get_running (fixture->source));
  g_object_set (fixture->source, "busy", FALSE, "running", FALSE, NULL);
}

/* The context outside */

static void
test_readable (Fixture *fixture,
               gconstpointer data)
{
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 0);
  for (int i = 1; i <= 5; i++)
    {
      write_byte (fixture);
      kick_until (fixture->loop, fixture->n == i);
      kick_until_quiet (fixture->loop);
      g_assert_cmpint (fixture->n, ==, i);
    }
}

static void
test_level (Fixture *fixture,
            gconstpointer data)
{
  /* As long as it is readable, like a socket of the context's own */
  fixture->drains = FALSE;
  write_byte (fixture);
  kick_until (fixture->loop, fixture->n >= 3);
  fixture->drains = TRUE;
  kick_until_quiet (fixture->loop);
}

static void
test_now (Fixture *fixture,
          gconstpointer data)
{
  fixture->returns[0] = fixture->returns[1] = 0;
  pillion_poll_source_set_ready_time (fixture->source, 0);
  g_assert_cmpint (pillion_poll_source_get_ready_time (fixture->source), ==, 0);
  g_assert_cmpint (fixture->n, ==, 0);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 3);
  g_assert_cmpint (pillion_poll_source_get_ready_time (fixture->source), ==, -1);
}

static void
test_time (Fixture *fixture,
           gconstpointer data)
{
  gint64 now = g_get_monotonic_time ();

  fixture->returns[0] = now + 40000;
  pillion_poll_source_set_ready_time (fixture->source, now + 20000);
  kick_until (fixture->loop, fixture->n == 2);
  g_assert_cmpint (fixture->times[0], >=, now + 20000);
  g_assert_cmpint (fixture->times[1], >=, now + 40000);
  /* A time that is unset */
  pillion_poll_source_set_ready_time (fixture->source, g_get_monotonic_time () + 1000);
  pillion_poll_source_set_ready_time (fixture->source, -1);
  attach (fixture, g_timeout_source_new (20), count_idle);
  kick_until (fixture->loop, fixture->n_idles == 1);
  g_assert_cmpint (fixture->n, ==, 2);
}

/* The I/O thread may report a wake-up that is over, and then the loop wants one more look */
static gint64
get_deadline_at_rest (PillionLoop *loop)
{
  gint64 deadline;

  do
    {
      kick_until_quiet (loop);
      deadline = pillion_loop_get_deadline (loop);
    }
  while (deadline == 0);

  return deadline;
}

static void
test_deadline (Fixture *fixture,
               gconstpointer data)
{
  gint64 now = g_get_monotonic_time ();
  gint64 deadline;

  g_assert_cmpint (get_deadline_at_rest (fixture->loop), ==, -1);
  pillion_poll_source_set_ready_time (fixture->source, now + 100 * G_USEC_PER_SEC);
  deadline = get_deadline_at_rest (fixture->loop);
  g_assert_cmpint (deadline, >, now + 50 * G_USEC_PER_SEC);
  g_assert_cmpint (deadline, <, now + 200 * G_USEC_PER_SEC);
  pillion_poll_source_set_ready_time (fixture->source, 0);
  g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, 0);
  kick_until_quiet (fixture->loop);
}

static void
test_without_a_descriptor (Fixture *fixture,
                           gconstpointer data)
{
  g_clear_object (&fixture->source);
  g_assert_cmpint (fixture->n_destroyed, ==, 1);
  fixture->source = pillion_poll_source_new (fixture->loop, -1);
  pillion_poll_source_set_callback (fixture->source, on_ready, fixture, on_destroy);
  pillion_poll_source_set_ready_time (fixture->source, 0);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 1);
}

static void
test_without_a_callback (Fixture *fixture,
                         gconstpointer data)
{
  pillion_poll_source_set_callback (fixture->source, NULL, NULL, NULL);
  g_assert_cmpint (fixture->n_destroyed, ==, 1);
  pillion_poll_source_set_callback (fixture->source, NULL, fixture, on_destroy);
  g_assert_cmpint (fixture->n_destroyed, ==, 2);
  write_byte (fixture);
  /* It does not keep the processor busy */
  kick_until_quiet (fixture->loop);
  pillion_poll_source_set_callback (fixture->source, on_ready, fixture, on_destroy);
  kick_until (fixture->loop, fixture->n == 1);
}

/* Nor is there anything to poll that it could leave out */
static void
test_without_both (Fixture *fixture,
                   gconstpointer data)
{
  g_clear_object (&fixture->source);
  fixture->source = pillion_poll_source_new (fixture->loop, -1);
  pillion_poll_source_set_ready_time (fixture->source, 0);
  kick_until_quiet (fixture->loop);
  pillion_poll_source_set_callback (fixture->source, on_ready, fixture, NULL);
  kick_until (fixture->loop, fixture->n == 1);
}

/* As a binding creates it without arguments */
static void
test_without_a_loop (void)
{
  g_autoptr (PillionPollSource) source = g_object_new (PILLION_TYPE_POLL_SOURCE, NULL);

  g_assert_true (pillion_poll_source_get_loop (source) == pillion_loop_get_default ());
  pillion_poll_source_ring (source);
  pillion_poll_source_close (source);
  pillion_loop_close (pillion_loop_get_default (), -1, NULL);
}

static gint64
replace_itself (PillionPollSource *source,
                gint64 deadline_usec,
                gpointer data)
{
  Fixture *fixture = data;

  pillion_poll_source_set_callback (source, on_ready, fixture, on_destroy);
  /* Not before it has returned */
  g_assert_cmpint (fixture->n_destroyed, ==, 1);
  return 0;
}

static void
test_replaced_inside (Fixture *fixture,
                      gconstpointer data)
{
  pillion_poll_source_set_callback (fixture->source, replace_itself, fixture, on_destroy);
  g_assert_cmpint (fixture->n_destroyed, ==, 1);
  pillion_poll_source_set_ready_time (fixture->source, 0);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 1);
  g_assert_cmpint (fixture->n_destroyed, ==, 2);
}

static gint64
close_inside (PillionPollSource *source,
              gint64 deadline_usec,
              gpointer data)
{
  Fixture *fixture = data;

  fixture->n++;
  pillion_poll_source_close (source);
  g_clear_object (&fixture->source);
  return 0;
}

static void
test_closed_inside (Fixture *fixture,
                    gconstpointer data)
{
  pillion_poll_source_set_callback (fixture->source, close_inside, fixture, NULL);
  pillion_poll_source_set_ready_time (fixture->source, 0);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 1);
}

/* A source that always has more to do gives those of lower priority a turn */
static gint64
go_on_until_idle (PillionPollSource *source,
                  gint64 deadline_usec,
                  gpointer data)
{
  Fixture *fixture = data;

  fixture->n++;
  return fixture->n_idles > 0 ? -1 : 0;
}

static void
test_no_starving (Fixture *fixture,
                  gconstpointer data)
{
  pillion_poll_source_set_callback (fixture->source, go_on_until_idle, fixture, NULL);
  pillion_poll_source_set_ready_time (fixture->source, 0);
  add_idle (fixture, count_idle);
  kick_until (fixture->loop, fixture->n_idles == 1);
  kick_until_quiet (fixture->loop);
}

/* GLib alone runs the context, and serves strictly by priority */
static gboolean
count_idle_again (gpointer data)
{
  Fixture *fixture = data;

  fixture->n_idles++;
  return fixture->n < 20 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static gint64
go_on_until_called (PillionPollSource *source,
                    gint64 deadline_usec,
                    gpointer data)
{
  Fixture *fixture = data;

  return ++fixture->n < 20 ? 0 : -1;
}

static void
test_not_starved (Fixture *fixture,
                  gconstpointer data)
{
  GMainContext *context = pillion_loop_get_context (fixture->loop);
  gint64 end = g_get_monotonic_time () + 30 * G_TIME_SPAN_SECOND;
  GSource *idle = g_idle_source_new ();

  g_source_set_priority (idle, 1);
  attach (fixture, idle, count_idle_again);
  pillion_poll_source_set_callback (fixture->source, go_on_until_called, fixture, NULL);
  pillion_poll_source_set_ready_time (fixture->source, 0);
  while (fixture->n < 20)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_main_context_iteration (context, TRUE);
    }
  g_assert_cmpint (fixture->n_idles, >, 20);
  while (g_main_context_iteration (context, FALSE))
    g_assert_cmpint (g_get_monotonic_time (), <, end);
  g_assert_cmpint (fixture->n, ==, 20);
}

/* A main loop inside the callback calls it again, for what is ready and for what becomes ready */
static gboolean
quit (gpointer data)
{
  g_main_loop_quit (((Fixture *) data)->main_loop);
  return G_SOURCE_REMOVE;
}

static gboolean
ring_the_source (gpointer data)
{
  Fixture *fixture = data;

  pillion_poll_source_set_ready_time (fixture->source, 0);
  /* Only from now on, so that it comes after the source however late this is */
  attach (fixture, g_timeout_source_new (20), quit);
  return G_SOURCE_REMOVE;
}

static gint64
run_main_loop (PillionPollSource *source,
               gint64 deadline_usec,
               gpointer data)
{
  Fixture *fixture = data;

  if (fixture->n == 0)
    {
      int idles = fixture->n_idles;

      fixture->n++;
      fixture->drains = TRUE;
      fixture->main_loop = g_main_loop_new (pillion_loop_get_context (fixture->loop), FALSE);
      add_idle (fixture, count_idle);
      attach (fixture, g_timeout_source_new (10), ring_the_source);
      g_assert_false (pillion_poll_source_wait (source, 0));
      g_assert_false (pillion_poll_source_iterate (source));
      g_main_loop_run (fixture->main_loop);
      g_main_loop_unref (fixture->main_loop);
      /* Once because the callback was on the stack, and once for the ready time; not over and over */
      g_assert_cmpint (fixture->n, ==, 3);
      g_assert_cmpint (fixture->n_idles, ==, idles + 1);
      return -1;
    }
  return on_ready (source, deadline_usec, data);
}

static void
test_nested_main_loop (Fixture *fixture,
                       gconstpointer data)
{
  pillion_poll_source_set_callback (fixture->source, run_main_loop, fixture, NULL);
  write_byte (fixture);
  kick_until (fixture->loop, fixture->n == 3);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 3);
}

static gint64
note_deadline (PillionPollSource *source,
               gint64 deadline_usec,
               gpointer data)
{
  ((Fixture *) data)->times[0] = deadline_usec;
  ((Fixture *) data)->n++;
  return -1;
}

/* The callback's deadline is the kick's if that is near, and never much later than now */
static void
test_slice (Fixture *fixture,
            gconstpointer data)
{
  gint64 deadline;

  pillion_poll_source_set_callback (fixture->source, note_deadline, fixture, NULL);
  pillion_poll_source_set_ready_time (fixture->source, 0);
  deadline = g_get_monotonic_time () - 5;
  pillion_loop_kick_until (fixture->loop, deadline, NULL);
  g_assert_cmpint (fixture->n, ==, 1);
  g_assert_cmpint (fixture->times[0], ==, deadline);

  pillion_poll_source_set_ready_time (fixture->source, 0);
  pillion_loop_kick_until (fixture->loop, g_get_monotonic_time () + G_TIME_SPAN_HOUR, NULL);
  g_assert_cmpint (fixture->n, ==, 2);
  g_assert_cmpint (fixture->times[0], <, g_get_monotonic_time () + G_TIME_SPAN_SECOND);
}

static gpointer
run_context (gpointer data)
{
  Fixture *fixture = data;
  GMainContext *context = pillion_loop_get_context (fixture->loop);

  g_assert_true (g_main_context_acquire (context));
  /* It ends, because the source does not stay ready */
  while (g_main_context_iteration (context, FALSE))
    ;
  g_main_context_release (context);
  return NULL;
}

/* A thread that runs the context for a while calls nothing, and takes nothing away from the loop's own */
static void
test_context_on_a_thread (Fixture *fixture,
                          gconstpointer data)
{
  for (int i = 1; i <= 5; i++)
    {
      write_byte (fixture);
      g_thread_join (g_thread_new ("runner", run_context, fixture));
      g_assert_cmpint (fixture->n, ==, 0);
      kick_until (fixture->loop, fixture->n == 1);
      /* After a kick, this thread owns the context, so use another one for the next round */
      fixture->n = 0;
      end_object (g_steal_pointer (&fixture->source));
      loop_end (g_steal_pointer (&fixture->loop));
      fixture->loop = loop_new ();
      fixture->source = pillion_poll_source_new (fixture->loop, fixture->pipe[0]);
      pillion_poll_source_set_callback (fixture->source, on_ready, fixture, on_destroy);
    }
}

/* While the loop does not ride, whatever runs the context drives the source */
static void
test_plain_context (Fixture *fixture,
                    gconstpointer data)
{
  GMainContext *context = pillion_loop_get_context (fixture->loop);

  fixture->returns[0] = g_get_monotonic_time () + 5000;
  write_byte (fixture);
  while (fixture->n < 2)
    g_main_context_iteration (context, TRUE);
  pillion_poll_source_set_ready_time (fixture->source, 0);
  while (fixture->n < 3)
    g_main_context_iteration (context, TRUE);
  g_assert_false (g_main_context_pending (context));
}

static void
test_passenger (Fixture *fixture,
                gconstpointer data)
{
  GMainContext *context = pillion_loop_get_context (fixture->loop);

  g_assert_true (pillion_loop_ensure (fixture->loop, NULL, NULL));
  pillion_poll_source_set_busy (fixture->source, TRUE);
  g_assert_true (pillion_loop_is_passenger (fixture->loop));
  write_byte (fixture);
  while (fixture->n < 1)
    g_main_context_iteration (context, TRUE);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  pillion_poll_source_set_busy (fixture->source, FALSE);
  while (pillion_loop_is_riding (fixture->loop))
    g_main_context_iteration (context, TRUE);
  /* The first work brings the loop back */
  pillion_poll_source_set_busy (fixture->source, TRUE);
  g_assert_true (pillion_loop_is_passenger (fixture->loop));
  pillion_poll_source_set_busy (fixture->source, FALSE);
  pillion_loop_stop (fixture->loop);
}

/* In such a region nothing is called, whatever runs the context, and what is ready does not make that spin */
static void
test_passenger_in_a_region (Fixture *fixture,
                            gconstpointer data)
{
  GMainContext *context = pillion_loop_get_context (fixture->loop);
  int n_iterations = 0;

  g_assert_true (pillion_loop_ensure (fixture->loop, NULL, NULL));
  pillion_poll_source_set_busy (fixture->source, TRUE);
  pillion_loop_begin_region (fixture->loop, "render", PILLION_REGION_NO_CALLBACKS);
  write_byte (fixture);
  pillion_poll_source_set_ready_time (fixture->source, 0);
  while (g_main_context_iteration (context, FALSE))
    g_assert_cmpint (++n_iterations, <, 10);
  g_assert_cmpint (fixture->n, ==, 0);

  g_assert_true (pillion_loop_end_region (fixture->loop, "render", NULL));
  while (fixture->n < 1)
    g_main_context_iteration (context, TRUE);
  /* And it continues as before */
  write_byte (fixture);
  while (fixture->n < 2)
    g_main_context_iteration (context, TRUE);
  pillion_poll_source_set_busy (fixture->source, FALSE);
  pillion_loop_stop (fixture->loop);
}

static void
test_hook (Fixture *fixture,
           gconstpointer data)
{
  FakeHost *host = fake_host_new ("busy");

  g_signal_connect (fixture->source, "notify::busy", G_CALLBACK (on_busy), fixture);
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  while (fake_host_tick (host))
    ;
  g_assert_cmpint (host->n_removes, ==, 1);

  /* Work that starts between two kicks installs the hook and wakes the host */
  pillion_poll_source_set_ready_time (fixture->source, 0);
  g_assert_cmpint (host->n_installs, ==, 2);
  g_assert_cmpint (get_atomic (&host->n_wakes), >=, 1);
  pillion_poll_source_set_busy (fixture->source, TRUE);
  pillion_poll_source_set_busy (fixture->source, TRUE);
  g_assert_cmpint (fixture->n_busy, ==, 1);
  for (int i = 0; i < 20; i++)
    g_assert_true (fake_host_tick (host));
  g_assert_cmpint (fixture->n, ==, 1);

  pillion_poll_source_set_busy (fixture->source, FALSE);
  g_assert_cmpint (fixture->n_busy, ==, 2);
  while (fake_host_tick (host))
    ;
  g_assert_cmpint (host->n_removes, ==, 2);

  /* So does busy alone */
  pillion_poll_source_set_busy (fixture->source, TRUE);
  g_assert_cmpint (host->n_installs, ==, 3);
  pillion_poll_source_close (fixture->source);
  g_assert_false (pillion_poll_source_get_busy (fixture->source));
  while (fake_host_tick (host))
    ;

  pillion_loop_stop (fixture->loop);
  g_clear_object (&fixture->source);
  loop_end (g_steal_pointer (&fixture->loop));
  end_object (host);
}

static void
test_watched (Fixture *fixture,
              gconstpointer data)
{
  pillion_loop_set_wake_func (fixture->loop, on_wake, fixture, NULL);
  kick_until_quiet (fixture->loop);
  for (int i = 1; i <= 10; i++)
    {
      int before = get_atomic (&fixture->n_wakes);

      fixture->n = 0;
      write_byte (fixture);
      while (get_atomic (&fixture->n_wakes) == before)
        g_thread_yield ();
      pillion_loop_kick (fixture->loop);
      g_assert_cmpint (fixture->n, ==, 1);
      kick_until_quiet (fixture->loop);
    }
  pillion_loop_set_wake_func (fixture->loop, NULL, NULL, NULL);
}

/* With a virtual clock */

static void
test_virtual (Fixture *fixture,
              gconstpointer data)
{
  PillionHost *host = PILLION_HOST (pillion_test_host_new ());
  gint64 start = pillion_host_get_now (host);

  g_assert_true (pillion_host_has_own_clock (host));
  g_assert_true (pillion_loop_ensure (fixture->loop, host, NULL));
  pillion_poll_source_set_busy (fixture->source, TRUE);
  fixture->returns[0] = start + G_TIME_SPAN_HOUR;
  fixture->returns[1] = 0;
  pillion_poll_source_set_ready_time (fixture->source, start + G_TIME_SPAN_MINUTE);
  g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, start + G_TIME_SPAN_MINUTE);
  pillion_test_host_advance (PILLION_TEST_HOST (host), G_TIME_SPAN_SECOND);
  g_assert_cmpint (fixture->n, ==, 0);
  pillion_test_host_run_until_idle (PILLION_TEST_HOST (host));
  g_assert_cmpint (fixture->n, ==, 3);
  g_assert_cmpint (fixture->times[0], ==, start + G_TIME_SPAN_MINUTE);
  g_assert_cmpint (fixture->times[1], ==, start + G_TIME_SPAN_HOUR);
  g_assert_cmpint (fixture->times[2], ==, start + G_TIME_SPAN_HOUR);

  /* A time that is moved, and one that is unset */
  fixture->n = 0;
  fixture->returns[0] = -1;
  pillion_poll_source_set_ready_time (fixture->source, start + 2 * G_TIME_SPAN_DAY);
  pillion_poll_source_set_ready_time (fixture->source, start + G_TIME_SPAN_DAY);
  pillion_test_host_run_until_idle (PILLION_TEST_HOST (host));
  g_assert_cmpint (fixture->n, ==, 1);
  g_assert_cmpint (fixture->times[0], ==, start + G_TIME_SPAN_DAY);
  pillion_poll_source_set_ready_time (fixture->source, start + 2 * G_TIME_SPAN_DAY);
  pillion_poll_source_set_ready_time (fixture->source, -1);
  pillion_test_host_run_until_idle (PILLION_TEST_HOST (host));
  g_assert_cmpint (fixture->n, ==, 1);

  pillion_poll_source_set_ready_time (fixture->source, start + 3 * G_TIME_SPAN_DAY);
  pillion_poll_source_set_busy (fixture->source, FALSE);
  pillion_loop_stop (fixture->loop);
  g_clear_object (&fixture->source);
  loop_end (g_steal_pointer (&fixture->loop));
  end_object (host);
}

static void
test_clock_changes (Fixture *fixture,
                    gconstpointer data)
{
  PillionHost *host = PILLION_HOST (pillion_test_host_new ());
  gint64 due = pillion_host_get_now (host) + G_TIME_SPAN_DAY;

  /* By the monotonic clock that time may be long past; by the host's clock it is tomorrow */
  pillion_poll_source_set_ready_time (fixture->source, due);
  g_assert_true (pillion_loop_ensure (fixture->loop, host, NULL));
  pillion_poll_source_set_busy (fixture->source, TRUE);
  pillion_test_host_advance (PILLION_TEST_HOST (host), G_TIME_SPAN_HOUR);
  g_assert_cmpint (fixture->n, ==, 0);
  pillion_test_host_run_until_idle (PILLION_TEST_HOST (host));
  g_assert_cmpint (fixture->n, ==, 1);
  g_assert_cmpint (fixture->times[0], ==, due);

  pillion_poll_source_set_busy (fixture->source, FALSE);
  pillion_loop_stop (fixture->loop);
  g_clear_object (&fixture->source);
  loop_end (g_steal_pointer (&fixture->loop));
  end_object (host);
}

static void
move_by_an_hour (gpointer data)
{
  Fixture *fixture = data;

  pillion_poll_source_set_ready_time (fixture->source, pillion_loop_get_now (fixture->loop) + G_TIME_SPAN_HOUR);
}

/* The time is moved after it has come, just before it is delivered */
static void
test_moved_while_due (Fixture *fixture,
                      gconstpointer data)
{
  PillionHost *host = PILLION_HOST (pillion_test_host_new ());
  gint64 start = pillion_host_get_now (host);

  g_assert_true (pillion_loop_ensure (fixture->loop, host, NULL));
  pillion_poll_source_set_busy (fixture->source, TRUE);
  pillion_loop_call_later (fixture->loop, G_TIME_SPAN_MINUTE, move_by_an_hour, fixture, NULL);
  pillion_poll_source_set_ready_time (fixture->source, start + G_TIME_SPAN_MINUTE);
  pillion_test_host_run_until_idle (PILLION_TEST_HOST (host));
  g_assert_cmpint (fixture->n, ==, 1);
  g_assert_cmpint (fixture->times[0], ==, start + G_TIME_SPAN_MINUTE + G_TIME_SPAN_HOUR);

  pillion_poll_source_set_busy (fixture->source, FALSE);
  pillion_loop_stop (fixture->loop);
  g_clear_object (&fixture->source);
  loop_end (g_steal_pointer (&fixture->loop));
  end_object (host);
}

static void
drop_source (gpointer data)
{
  end_object (g_steal_pointer (&((Fixture *) data)->source));
}

/* Setting a time keeps nothing alive */
static void
test_dropped (Fixture *fixture,
              gconstpointer data)
{
  PillionHost *host = PILLION_HOST (pillion_test_host_new ());
  gint64 start = pillion_host_get_now (host);

  g_assert_true (pillion_loop_ensure (fixture->loop, host, NULL));
  pillion_poll_source_set_ready_time (fixture->source, start + G_TIME_SPAN_HOUR);
  drop_source (fixture);
  g_assert_cmpint (fixture->n_destroyed, ==, 1);

  /* After it has come, just before it is delivered */
  fixture->source = pillion_poll_source_new (fixture->loop, fixture->pipe[0]);
  pillion_poll_source_set_callback (fixture->source, on_ready, fixture, on_destroy);
  pillion_loop_call_later (fixture->loop, G_TIME_SPAN_MINUTE, drop_source, fixture, NULL);
  pillion_poll_source_set_ready_time (fixture->source, start + G_TIME_SPAN_MINUTE);
  pillion_test_host_run_until_idle (PILLION_TEST_HOST (host));
  g_assert_null (fixture->source);
  g_assert_cmpint (fixture->n, ==, 0);
  g_assert_cmpint (fixture->n_destroyed, ==, 2);

  pillion_loop_stop (fixture->loop);
  loop_end (g_steal_pointer (&fixture->loop));
  end_object (host);
}

/* A virtual clock waits for what another thread is doing */
static gint64
open_gate (PillionPollSource *source,
           gint64 deadline_usec,
           gpointer data)
{
  Fixture *fixture = data;
  gint64 now = pillion_loop_get_now (fixture->loop);
  char byte;

  fixture->times[fixture->n++] = now;
  if (fixture->n == 1)
    {
      pillion_poll_source_set_external (source, 1);
      g_assert_cmpuint (pillion_poll_source_get_external (source), ==, 1);
      gate_open (&fixture->gate);
      return now + G_TIME_SPAN_HOUR;
    }
  g_assert_cmpint (read (fixture->pipe[0], &byte, 1), ==, 1);
  pillion_poll_source_set_external (source, 0);
  pillion_poll_source_set_busy (source, FALSE);
  return -1;
}

static void
test_external (Fixture *fixture,
               gconstpointer data)
{
  PillionHost *host = PILLION_HOST (pillion_test_host_new ());
  gint64 start = pillion_host_get_now (host);
  GThread *thread = g_thread_new ("writer", write_soon, fixture);

  pillion_poll_source_set_callback (fixture->source, open_gate, fixture, NULL);
  g_assert_true (pillion_loop_ensure (fixture->loop, host, NULL));
  pillion_poll_source_set_busy (fixture->source, TRUE);
  pillion_poll_source_set_ready_time (fixture->source, 0);
  pillion_test_host_run_until_idle (PILLION_TEST_HOST (host));
  g_thread_join (thread);
  g_assert_cmpint (fixture->n, ==, 2);
  g_assert_cmpint (fixture->times[1], ==, start);

  g_clear_object (&fixture->source);
  loop_end (g_steal_pointer (&fixture->loop));
  end_object (host);
}

/* Two other loops on one context: one kick drives both */
static void
test_two (Fixture *fixture,
          gconstpointer data)
{
  PillionPollSource *other = pillion_poll_source_new (fixture->loop, -1);
  int n = 0;

  pillion_poll_source_set_callback (other, count_call, &n, NULL);
  pillion_poll_source_set_ready_time (other, 0);
  pillion_poll_source_set_ready_time (fixture->source, 0);
  pillion_loop_kick (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 1);
  g_assert_cmpint (n, >=, 1);
  end_object (other);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("properties", test_properties);
  ADD ("context-outside/readable", test_readable);
  ADD ("context-outside/as-long-as-it-is-readable", test_level);
  ADD ("context-outside/ready-now", test_now);
  ADD ("context-outside/ready-time", test_time);
  ADD ("context-outside/deadline-of-the-loop", test_deadline);
  ADD ("context-outside/without-a-descriptor", test_without_a_descriptor);
  ADD ("context-outside/without-a-callback", test_without_a_callback);
  ADD ("context-outside/without-both", test_without_both);
  g_test_add_func ("/poll-source/context-outside/without-a-loop", test_without_a_loop);
  ADD ("context-outside/another-thread-runs-the-context", test_context_on_a_thread);
  ADD ("context-outside/replaced-inside", test_replaced_inside);
  ADD ("context-outside/closed-inside", test_closed_inside);
  ADD ("context-outside/does-not-starve-others", test_no_starving);
  ADD ("context-outside/is-not-starved-by-others", test_not_starved);
  ADD ("context-outside/told-when-to-stop", test_slice);
  ADD ("context-outside/main-loop-inside-the-callback-calls-it-again", test_nested_main_loop);
  ADD ("context-outside/nobody-rides", test_plain_context);
  ADD ("context-outside/passenger", test_passenger);
  ADD ("context-outside/passenger-in-a-region", test_passenger_in_a_region);
  ADD ("context-outside/work-installs-the-hook", test_hook);
  ADD ("context-outside/watched", test_watched);
  ADD ("context-outside/two-in-one-kick", test_two);
  ADD ("virtual-clock/ready-time", test_virtual);
  ADD ("virtual-clock/clock-changes", test_clock_changes);
  ADD ("virtual-clock/moved-when-it-has-come", test_moved_while_due);
  ADD ("virtual-clock/dropped-with-a-time-set", test_dropped);
  ADD ("virtual-clock/waits-for-threads", test_external);

  return g_test_run ();
}
