/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"
#include "../host/fake-host.h"
#include "core/pillion-binding.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

/* The other loop in these tests: a pipe, and a list of what its callback has to return */

typedef struct
{
  PillionLoop *loop;
  PillionPollSource *source;
  int pipe[2];
  int n;             /* how often the callback was called */
  gint64 returns[8]; /* what it returns; -1 after that */
  gint64 times[8];   /* when it was called */
  gboolean drains;   /* whether it reads from the pipe */
  int n_idles;
  int n_destroyed;
  int n_busy;
  int n_wakes;       /* atomic */
  GMainLoop *main_loop;
  Gate gate;
} Fixture;

static gint64
on_ready (PillionPollSource *source,
          gint64 deadline_usec,
          gpointer data)
{
  Fixture *fixture = data;
  int n = MIN (fixture->n, (int) G_N_ELEMENTS (fixture->returns) - 1);
  char byte;

  g_assert_true (source == fixture->source);
  fixture->n++;
  fixture->times[n] = pillion_loop_get_now (fixture->loop);
  if (fixture->drains)
    while (read (fixture->pipe[0], &byte, 1) == 1)
      ;
  return fixture->returns[n];
}

static void
on_destroy (gpointer data)
{
  ((Fixture *) data)->n_destroyed++;
}

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  const Gate gate = GATE_INIT;

  fixture->gate = gate;
  fixture->loop = loop_new ();
  g_assert_true (g_unix_open_pipe (fixture->pipe, FD_CLOEXEC, NULL));
  g_assert_true (g_unix_set_fd_nonblocking (fixture->pipe[0], TRUE, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (fixture->returns); i++)
    fixture->returns[i] = -1;
  fixture->drains = TRUE;
  fixture->source = pillion_poll_source_new (fixture->loop, fixture->pipe[0]);
  pillion_poll_source_set_callback (fixture->source, on_ready, fixture, on_destroy);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  if (fixture->source != NULL)
    end_object (fixture->source);
  if (fixture->loop != NULL)
    loop_end (fixture->loop);
  close (fixture->pipe[0]);
  close (fixture->pipe[1]);
}

static void
write_byte (Fixture *fixture)
{
  g_assert_cmpint (write (fixture->pipe[1], "x", 1), ==, 1);
}

static gboolean
count_idle (gpointer data)
{
  ((Fixture *) data)->n_idles++;
  return G_SOURCE_REMOVE;
}

static void
attach (Fixture *fixture,
        GSource *source,
        GSourceFunc func)
{
  g_source_set_callback (source, func, fixture, NULL);
  g_source_attach (source, pillion_loop_get_context (fixture->loop));
  g_source_unref (source);
}

static void
add_idle (Fixture *fixture,
          GSourceFunc func)
{
  attach (fixture, g_idle_source_new (), func);
}

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
      attach (fixture, g_timeout_source_new (30), quit);
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
on_busy (GObject *object,
         GParamSpec *pspec,
         gpointer data)
{
  ((Fixture *) data)->n_busy++;
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

/* The I/O thread sees the descriptor of a host that sleeps */
static void
on_wake (gpointer data)
{
  add_atomic (&((Fixture *) data)->n_wakes, 1);
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

static gpointer
write_soon (gpointer data)
{
  Fixture *fixture = data;

  gate_wait (&fixture->gate);
  write_byte (fixture);
  return NULL;
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

static gboolean
ring (gpointer data)
{
  Fixture *fixture = data;

  fixture->n_idles++;
  pillion_poll_source_set_ready_time (fixture->source, 0);
  return G_SOURCE_REMOVE;
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

static gint64
count_call (PillionPollSource *source,
            gint64 deadline_usec,
            gpointer data)
{
  add_atomic (data, 1);
  return 0;
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

#define ADD(name, func) g_test_add ("/poll-source/" name, Fixture, NULL, set_up, func, tear_down)

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
  ADD ("wait/refused", test_wait_for_nothing);
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
