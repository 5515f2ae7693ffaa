/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"
#include "../host/fake-host.h"
#include "stopped-clock.h"

#include <errno.h>
#include <glib-unix.h>
#include <poll.h>
#include <unistd.h>

/* Hosts that sleep, and those that come with the library: their inner loops, and that nothing spins */

typedef struct _Fixture Fixture;
typedef void (*OpenFunc) (Fixture *fixture);

struct _Fixture
{
  PillionLoop *loop;
  OpenFunc open;
  gboolean is_open;
  gboolean from_fiber;
  gboolean over;  /* whether the inner loop has to end */
  guint n_kicks;
  guint n_inside; /* how many calls came while it was open */
  gpointer host;
  GThread *pusher;
};

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  fixture->from_fiber = data != NULL;
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  g_clear_pointer (&fixture->pusher, g_thread_join);
  loop_end (fixture->loop);
}

static void
open_loop (Fixture *fixture)
{
  g_assert_false (fixture->is_open);
  fixture->is_open = TRUE;
  fixture->open (fixture);
  fixture->is_open = FALSE;
}

static void
open_from_done_callback (PillionTask *task,
                         gpointer data)
{
  open_loop (data);
}

static void
open_from_fiber (PillionTask *task,
                 gpointer data)
{
  open_loop (data);
}

static void
begin (Fixture *fixture,
       OpenFunc open)
{
  g_autoptr (PillionTask) task = NULL;

  fixture->open = open;
  if (fixture->from_fiber)
    {
      task = pillion_loop_spawn (fixture->loop, "opener", open_from_fiber, fixture, NULL);
    }
  else
    {
      task = pillion_task_new (fixture->loop, "opener", NULL);
      pillion_task_add_done_callback (task, open_from_done_callback, fixture, NULL);
      pillion_task_return_boolean (task, TRUE);
    }
}

static void
count_inside (gpointer data)
{
  Fixture *fixture = data;

  fixture->n_inside += fixture->is_open;
}

static void
end_inner (gpointer data)
{
  Fixture *fixture = data;

  count_inside (fixture);
  fixture->over = TRUE;
}

static gpointer
push_end_inner (gpointer data)
{
  Fixture *fixture = data;

  pillion_loop_call_soon_threadsafe (fixture->loop, end_inner, fixture, NULL);
  return NULL;
}

/* What each inner loop has to serve: an item, a timer, and work from a thread, which ends it */
static void
start_thread (gpointer data)
{
  Fixture *fixture = data;

  count_inside (fixture);
  fixture->pusher = g_thread_new ("pusher", push_end_inner, fixture);
}

static void
bring_work (Fixture *fixture)
{
  pillion_loop_call_soon (fixture->loop, count_inside, fixture, NULL);
  pillion_loop_call_later (fixture->loop, 5000, start_thread, fixture, NULL);
}

static void
assert_served (Fixture *fixture)
{
  /* It may still be waking a host of the test's */
  g_clear_pointer (&fixture->pusher, g_thread_join);
  g_assert_true (fixture->over);
  g_assert_cmpuint (fixture->n_inside, ==, 3);
  /* Three of them need a kick each, and there is room for a few more: a loop that spins would make thousands */
  g_assert_cmpuint (fixture->n_kicks, <, 30);
}

/* A host that sleeps on the descriptor. Returns whether it kicked. */
static gboolean
sleep_and_kick (Fixture *fixture,
                int longest_msec)
{
  GTimeSpan timeout;
  struct pollfd fd = { -1, POLLIN, 0 };
  PillionSleep sleep = pillion_loop_prepare_sleep (fixture->loop, &fd.fd, &timeout);
  int msec = timeout < 0 ? -1 : (int) ((timeout + 999) / 1000);

  if (longest_msec >= 0 && (msec < 0 || msec > longest_msec))
    msec = longest_msec;
  if (sleep == PILLION_SLEEP_KICK)
    g_assert_cmpint (timeout, ==, 0);
  else if (poll (&fd, 1, msec) == 0 && sleep == PILLION_SLEEP_NOT_YOURS)
    return FALSE;

  fixture->n_kicks++;
  pillion_loop_kick (fixture->loop);
  return TRUE;
}

static void
sleep_inside (Fixture *fixture)
{
  bring_work (fixture);
  while (!fixture->over)
    sleep_and_kick (fixture, -1);
}

static void
test_sleeping (Fixture *fixture,
               gconstpointer data)
{
  pillion_loop_get_fd (fixture->loop);
  begin (fixture, sleep_inside);
  while (!fixture->over)
    sleep_and_kick (fixture, -1);
  assert_served (fixture);
}

/* With the wake function instead of the descriptor */

static void
wake (gpointer data)
{
  gate_open (data);
}

static void
sleep_on_gate (Fixture *fixture)
{
  Gate *gate = fixture->host;

  bring_work (fixture);
  while (!fixture->over)
    {
      int n_rings = gate_get_count (gate);
      GTimeSpan timeout;

      if (pillion_loop_prepare_sleep (fixture->loop, NULL, &timeout) == PILLION_SLEEP_WAIT)
        {
          if (timeout < 0)
            gate_wait_for (gate, n_rings + 1);
          else
            g_usleep (timeout);
        }
      fixture->n_kicks++;
      pillion_loop_kick (fixture->loop);
    }
}

static void
test_woken (Fixture *fixture,
            gconstpointer data)
{
  Gate gate = GATE_INIT;

  fixture->host = &gate;
  pillion_loop_set_wake_func (fixture->loop, wake, &gate, NULL);
  begin (fixture, sleep_on_gate);
  kick_until (fixture->loop, fixture->over);
  assert_served (fixture);
  pillion_loop_set_wake_func (fixture->loop, NULL, NULL, NULL);
}

/* While kicks are refused, the descriptor is not readable; afterwards it is again */

static void
sleep_refused (Fixture *fixture)
{
  PillionSleep sleep;
  struct pollfd fd = { -1, POLLIN, 0 };
  GTimeSpan timeout;

  pillion_loop_call_soon (fixture->loop, count_inside, fixture, NULL);
  g_thread_join (g_thread_new ("pusher", push_end_inner, fixture));
  sleep = pillion_loop_prepare_sleep (fixture->loop, &fd.fd, &timeout);
  g_assert_cmpint (sleep, ==, PILLION_SLEEP_NOT_YOURS);
  g_assert_cmpint (timeout, ==, -1);
  g_assert_cmpint (poll (&fd, 1, 0), ==, 0);
  g_assert_false (fixture->over);
}

static void
test_not_allowed (Fixture *fixture,
                  gconstpointer data)
{
  pillion_loop_get_fd (fixture->loop);
  pillion_loop_set_allow_nesting (fixture->loop, FALSE);
  begin (fixture, sleep_refused);
  while (!fixture->over)
    sleep_and_kick (fixture, -1);
  g_assert_cmpuint (fixture->n_inside, ==, 0);
}

static gboolean
drain_pipe (int fd,
            GIOCondition condition,
            gpointer data)
{
  char byte;

  g_assert_cmpint (read (fd, &byte, 1), ==, 1);
  ((Fixture *) data)->over = TRUE;
  return G_SOURCE_CONTINUE;
}

static void
test_region (Fixture *fixture,
             gconstpointer data)
{
  int pipes[2];
  GSource *source;
  struct pollfd fd = { pillion_loop_get_fd (fixture->loop), POLLIN, 0 };

  g_assert_true (g_unix_open_pipe (pipes, FD_CLOEXEC, NULL));
  source = g_unix_fd_source_new (pipes[0], G_IO_IN);
  g_source_set_callback (source, G_SOURCE_FUNC (drain_pipe), fixture, NULL);
  g_source_attach (source, pillion_loop_get_context (fixture->loop));
  while (sleep_and_kick (fixture, 0) && fixture->n_kicks < 5)
    ;

  pillion_loop_begin_region (fixture->loop, "render", PILLION_REGION_NO_CALLBACKS);
  g_assert_cmpint (write (pipes[1], "x", 1), ==, 1);
  g_thread_join (g_thread_new ("pusher", push_end_inner, fixture));
  pillion_loop_kick (fixture->loop);
  g_assert_cmpint (poll (&fd, 1, 0), ==, 0);
  g_assert_cmpint (pillion_loop_prepare_sleep (fixture->loop, NULL, NULL), ==, PILLION_SLEEP_NOT_YOURS);
  g_assert_true (pillion_loop_end_region (fixture->loop, "render", NULL));
  g_assert_cmpint (poll (&fd, 1, -1), ==, 1);
  while (!fixture->over)
    sleep_and_kick (fixture, -1);

  g_source_destroy (source);
  g_source_unref (source);
  close (pipes[0]);
  close (pipes[1]);
}

/* A loop that is closed with something pending says so, and its descriptor is never readable again */

static void
on_closed (PillionLoop *loop,
           gpointer data)
{
  struct pollfd fd = { pillion_loop_get_fd (loop), POLLIN, 0 };

  g_assert_true (pillion_loop_is_closed (loop));
  /* Its number still belongs to it */
  g_assert_cmpint (fd.fd, >=, 0);
  g_assert_cmpint (poll (&fd, 1, 0), ==, 0);
  (*(guint *) data)++;
}

static void
test_closed (Fixture *fixture,
             gconstpointer data)
{
  guint n_closed = 0;
  struct pollfd fd = { pillion_loop_get_fd (fixture->loop), POLLIN, 0 };

  g_signal_connect (fixture->loop, "closed", G_CALLBACK (on_closed), &n_closed);
  pillion_loop_call_later (fixture->loop, G_TIME_SPAN_HOUR, count_inside, fixture, NULL);
  pillion_loop_call_soon (fixture->loop, count_inside, fixture, NULL);
  g_thread_join (g_thread_new ("pusher", push_end_inner, fixture));
  g_assert_cmpint (poll (&fd, 1, 0), ==, 1);
  g_assert_true (pillion_loop_close (fixture->loop, 0, NULL));
  g_assert_cmpuint (n_closed, ==, 1);
  g_assert_cmpint (poll (&fd, 1, 0), ==, 0);
  g_assert_cmpint (pillion_loop_prepare_sleep (fixture->loop, NULL, NULL), ==, PILLION_SLEEP_NOT_YOURS);
  g_assert_true (pillion_loop_close (fixture->loop, 0, NULL));
  g_assert_cmpuint (n_closed, ==, 1);
}

/* After stop (), a kick, such as that of a timer that was already queued, runs nothing, and nothing asks for
 * one */
static void
test_stopped (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (FakeHost) host = fake_host_new ("stopped");
  struct pollfd fd = { pillion_loop_get_fd (fixture->loop), POLLIN, 0 };

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  pillion_loop_call_soon (fixture->loop, end_inner, fixture, NULL);
  pillion_loop_stop (fixture->loop);
  g_assert_false (pillion_loop_kick (fixture->loop));
  g_assert_false (fixture->over);
  g_assert_cmpint (poll (&fd, 1, 0), ==, 0);
  g_assert_cmpint (pillion_loop_prepare_sleep (fixture->loop, NULL, NULL), ==, PILLION_SLEEP_NOT_YOURS);

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  g_assert_cmpint (poll (&fd, 1, 0), ==, 1);
  g_assert_cmpint (pillion_loop_prepare_sleep (fixture->loop, NULL, NULL), ==, PILLION_SLEEP_KICK);
  pillion_loop_kick (fixture->loop);
  g_assert_true (fixture->over);
  kick_until (fixture->loop, !pillion_loop_is_riding (fixture->loop));
}

/* Hosts of the library */

static void
advance_inside (Fixture *fixture)
{
  bring_work (fixture);
  while (!fixture->over)
    fixture->n_kicks += pillion_test_host_advance (fixture->host, fixture->n_inside < 2 ? 5000 : 0);
}

static void
test_test_host (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (PillionTestHost) host = pillion_test_host_new ();

  fixture->host = host;
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  begin (fixture, advance_inside);
  pillion_test_host_run_until_idle (host);
  g_assert_true (fixture->over);
  g_assert_cmpuint (fixture->n_inside, ==, 3);
  pillion_loop_stop (fixture->loop);
}

static void
idle_inside (Fixture *fixture)
{
  g_autoptr (PillionTask) task = pillion_loop_sleep (fixture->loop, G_TIME_SPAN_HOUR, NULL);

  pillion_test_host_run_until_idle (fixture->host);
  g_assert_true (pillion_task_is_done (task));
  fixture->over = TRUE;
}

static void
test_test_host_until_idle (Fixture *fixture,
                           gconstpointer data)
{
  g_autoptr (PillionTestHost) host = pillion_test_host_new ();

  fixture->host = host;
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  begin (fixture, idle_inside);
  pillion_test_host_run_until_idle (host);
  g_assert_true (fixture->over);
  pillion_loop_stop (fixture->loop);
}

static void
quit_tick_host (PillionTickHost *host,
                guint frame,
                gpointer data)
{
  if (((Fixture *) data)->over)
    pillion_tick_host_quit (host);
}

static void
tick_inside (Fixture *fixture)
{
  bring_work (fixture);
  pillion_tick_host_run (fixture->host, 0);
}

static void
test_tick_host (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (PillionTickHost) host = pillion_tick_host_new ("ticks", 1000.0);

  fixture->host = host;
  g_signal_connect (host, "frame", G_CALLBACK (quit_tick_host), fixture);
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  begin (fixture, tick_inside);
  pillion_tick_host_run (host, 0);
  g_assert_cmpuint (fixture->n_inside, ==, 3);
  pillion_loop_stop (fixture->loop);
}

/* In a GLib main loop, through a hook in another context than the loop's, or as a passenger in its own */

static void
iterate_inside (Fixture *fixture)
{
  bring_work (fixture);
  while (!fixture->over)
    {
      g_main_context_iteration (fixture->host, TRUE);
      fixture->n_kicks++;
    }
}

static void
test_glib_host (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionGlibHost) host = pillion_glib_host_new ("glib", context);

  fixture->host = context;
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  begin (fixture, iterate_inside);
  while (!fixture->over)
    g_main_context_iteration (context, TRUE);
  assert_served (fixture);
  pillion_loop_stop (fixture->loop);
}

static void
test_passenger (Fixture *fixture,
                gconstpointer data)
{
  fixture->host = pillion_loop_get_context (fixture->loop);
  g_assert_true (pillion_loop_ensure (fixture->loop, NULL, NULL));
  begin (fixture, iterate_inside);
  while (!fixture->over)
    g_main_context_iteration (fixture->host, TRUE);
  assert_served (fixture);
  pillion_loop_stop (fixture->loop);
}

/* Lost hooks, and late ones */

static void
test_hook_lost (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (FakeHost) host = fake_host_new ("forgetful");

  clock_stop ();
  pillion_loop_hold (fixture->loop);
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  g_assert_cmpint (host->n_installs, ==, 1);

  host->loop = NULL;
  pillion_loop_hook_lost (fixture->loop);
  g_assert_cmpint (host->n_installs, ==, 2);
  g_assert_cmpint (host->n_removes, ==, 0);
  g_assert_true (pillion_loop_is_riding (fixture->loop));

  /* It does not say so, and was silent for a while */
  spin_for (10000);
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  g_assert_cmpint (host->n_installs, ==, 3);
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  g_assert_cmpint (host->n_installs, ==, 3);

  /* Without work, a hook may be silent for as long as it likes */
  pillion_loop_release (fixture->loop);
  spin_for (10000);
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  g_assert_cmpint (host->n_installs, ==, 3);
  clock_go_on ();
  pillion_loop_stop (fixture->loop);
}

static void
add_ring (gpointer data)
{
  add_atomic (data, 1);
}

static void
test_late_wakes (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (FakeHost) deaf = fake_host_new ("deaf");
  g_autoptr (FakeHost) next = fake_host_new ("next");
  int n_rings = 0;

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (deaf), NULL));
  g_thread_join (g_thread_new ("pusher", push_end_inner, fixture));
  pillion_loop_set_wake_func (fixture->loop, add_ring, &n_rings, NULL);
  g_assert_cmpint (get_atomic (&n_rings), ==, 1);
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (next), NULL));
  g_assert_cmpint (get_atomic (&next->n_wakes), ==, 1);
  pillion_loop_kick (fixture->loop);
  g_assert_true (fixture->over);
  pillion_loop_set_wake_func (fixture->loop, NULL, NULL, NULL);
  pillion_loop_stop (fixture->loop);
}

/* A host that knows who runs the context */
static void
test_known_passenger (Fixture *fixture,
                      gconstpointer data)
{
  GMainContext *context = pillion_loop_get_context (fixture->loop);
  g_autoptr (PillionCallbackHost) host = g_object_new (PILLION_TYPE_CALLBACK_HOST, "name", "qt", "context", context, NULL);

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  g_assert_true (pillion_loop_is_passenger (fixture->loop));
  g_assert_cmpint (pillion_loop_prepare_sleep (fixture->loop, NULL, NULL), ==, PILLION_SLEEP_NOT_YOURS);
  while (pillion_loop_is_riding (fixture->loop))
    g_main_context_iteration (context, TRUE);

  /* Without work it still is, and the host still has nothing to do */
  g_assert_true (pillion_loop_is_passenger (fixture->loop));
  g_assert_cmpint (pillion_loop_prepare_sleep (fixture->loop, NULL, NULL), ==, PILLION_SLEEP_NOT_YOURS);
  g_thread_join (g_thread_new ("pusher", push_end_inner, fixture));
  while (!fixture->over)
    g_main_context_iteration (context, TRUE);
  pillion_loop_stop (fixture->loop);
  g_assert_false (pillion_loop_is_passenger (fixture->loop));
}

/* This is noticed at the first kick, and from then on the descriptor that the host watches stays silent,
 * whatever the context polls */

static gboolean
kick_once (gpointer data)
{
  pillion_loop_kick (((Fixture *) data)->loop);
  return G_SOURCE_REMOVE;
}

static gboolean
do_nothing (int fd,
            GIOCondition condition,
            gpointer data)
{
  return G_SOURCE_CONTINUE;
}

static void
test_descriptor_of_passenger (Fixture *fixture,
                              gconstpointer data)
{
  GMainContext *context = pillion_loop_get_context (fixture->loop);
  g_autoptr (FakeHost) host = fake_host_new ("qt");
  g_autoptr (GSource) source = NULL;
  g_autoptr (GSource) idle = g_idle_source_new ();
  struct pollfd fd = { pillion_loop_get_fd (fixture->loop), POLLIN, 0 };
  int pipes[2];

  g_assert_true (g_unix_open_pipe (pipes, FD_CLOEXEC, NULL));
  source = g_unix_fd_source_new (pipes[0], G_IO_IN);
  g_source_set_callback (source, G_SOURCE_FUNC (do_nothing), NULL, NULL);
  g_source_attach (source, context);
  pillion_loop_hold (fixture->loop);
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  pillion_loop_kick (fixture->loop);
  pillion_loop_get_deadline (fixture->loop);
  g_assert_cmpint (write (pipes[1], "x", 1), ==, 1);
  g_assert_cmpint (poll (&fd, 1, -1), ==, 1);

  /* Before the source that is always ready */
  g_source_set_priority (idle, G_PRIORITY_HIGH);
  g_source_set_callback (idle, kick_once, fixture, NULL);
  g_source_attach (idle, context);
  while (!pillion_loop_is_passenger (fixture->loop))
    g_main_context_iteration (context, TRUE);
  g_assert_cmpint (poll (&fd, 1, 0), ==, 0);
  g_assert_cmpint (pillion_loop_prepare_sleep (fixture->loop, NULL, NULL), ==, PILLION_SLEEP_NOT_YOURS);
  g_assert_cmpint (poll (&fd, 1, 0), ==, 0);

  pillion_loop_release (fixture->loop);
  pillion_loop_stop (fixture->loop);
  g_source_destroy (source);
  close (pipes[0]);
  close (pipes[1]);
}

typedef struct
{
  guint depth;
  guint deepest;
  guint n_calls;
  gboolean over;
} Steps;

/* A step of another loop that opens a main loop */
static gint64
step (PillionPollSource *source,
      gint64 deadline_usec,
      gpointer data)
{
  Steps *steps = data;
  GMainContext *context = pillion_loop_get_context (pillion_poll_source_get_loop (source));

  steps->n_calls++;
  steps->depth++;
  steps->deepest = MAX (steps->deepest, steps->depth);
  if (!steps->over)
    {
      pillion_poll_source_set_ready_time (source, 0);
      for (int i = 0; i < 4; i++)
        g_main_context_iteration (context, FALSE);
    }
  /* The innermost returns first */
  steps->over = TRUE;
  steps->depth--;
  return -1;
}

/* On a passenger, GLib dispatches the source: the limits are the same as in kicks */
static void
test_steps_of_a_passenger (Fixture *fixture,
                           gconstpointer data)
{
  GMainContext *context = pillion_loop_get_context (fixture->loop);
  gboolean allowed = data != NULL;
  PillionPollSource *source = pillion_poll_source_new (fixture->loop, -1);
  Steps steps = { 0 };

  pillion_loop_set_allow_nesting (fixture->loop, allowed);
  g_assert_true (pillion_loop_ensure (fixture->loop, NULL, NULL));
  pillion_poll_source_set_callback (source, step, &steps, NULL);
  pillion_poll_source_set_ready_time (source, 0);
  while (!steps.over)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpuint (steps.deepest, ==, allowed ? 64 : 1);

  /* What was put off meanwhile goes on */
  steps.n_calls = 0;
  pillion_poll_source_set_ready_time (source, 0);
  while (steps.n_calls == 0)
    g_main_context_iteration (context, TRUE);

  pillion_poll_source_close (source);
  g_object_unref (source);
  pillion_loop_stop (fixture->loop);
}

static void
test_keeps_hook (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (PillionCallbackHost) host = pillion_callback_host_new ("keeper");

  pillion_callback_host_set_keeps_hook (host, TRUE);
  g_assert_true (pillion_callback_host_get_keeps_hook (host));
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  for (guint i = 0; i < 5; i++)
    g_assert_true (pillion_loop_kick (fixture->loop));
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, -1);
  pillion_loop_stop (fixture->loop);
}

static void
count_hook (PillionLoop *loop,
            gpointer count)
{
  (*(int *) count)++;
}

static void
test_changes_its_mind (Fixture *fixture,
                       gconstpointer data)
{
  g_autoptr (PillionCallbackHost) host = pillion_callback_host_new ("undecided");
  int n_installed = 0, n_removed = 0;

  pillion_callback_host_set_install (host, count_hook, &n_installed, NULL);
  pillion_callback_host_set_remove (host, count_hook, &n_removed, NULL);
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  while (pillion_loop_kick (fixture->loop))
    ;
  g_assert_cmpint (n_installed, ==, 1);
  g_assert_cmpint (n_removed, ==, 1);

  pillion_callback_host_set_keeps_hook (host, TRUE);
  g_assert_cmpint (n_installed, ==, 2);
  for (guint i = 0; i < 5; i++)
    g_assert_true (pillion_loop_kick (fixture->loop));

  pillion_callback_host_set_keeps_hook (host, FALSE);
  while (pillion_loop_kick (fixture->loop))
    ;
  g_assert_cmpint (n_installed, ==, 2);
  g_assert_cmpint (n_removed, ==, 2);

  /* A loop that has stopped doesn't want it back */
  pillion_loop_stop (fixture->loop);
  pillion_callback_host_set_keeps_hook (host, TRUE);
  g_assert_cmpint (n_installed, ==, 2);
}

static void
refuse (PillionLoop *loop,
        gpointer data)
{
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "no timers here");

  pillion_callback_host_refuse_install (data, error);
}

static void
test_install_fails (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (PillionCallbackHost) host = pillion_callback_host_new ("none");
  g_autoptr (GError) error = NULL;

  pillion_callback_host_set_install (host, refuse, host, NULL);
  g_assert_false (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_assert_false (pillion_loop_is_riding (fixture->loop));

  /* Next time it may */
  pillion_callback_host_set_install (host, NULL, NULL, NULL);
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  pillion_loop_stop (fixture->loop);
}

/* Timers keep the time that is left when the clock changes */
static void
test_clock_changes (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (PillionTestHost) host = pillion_test_host_new ();
  gint64 left;

  g_object_unref (pillion_loop_sleep (fixture->loop, G_TIME_SPAN_HOUR, NULL));
  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  /* One kick says that there is a task */
  pillion_loop_kick (fixture->loop);
  left = pillion_loop_get_deadline (fixture->loop) - pillion_loop_get_now (fixture->loop);
  g_assert_cmpint (left, >, G_TIME_SPAN_HOUR - G_TIME_SPAN_MINUTE);
  g_assert_cmpint (left, <=, G_TIME_SPAN_HOUR);
  pillion_test_host_advance (host, 30 * G_TIME_SPAN_MINUTE);
  pillion_loop_stop (fixture->loop);
  pillion_loop_ensure (fixture->loop, NULL, NULL);
  left = pillion_loop_get_deadline (fixture->loop) - pillion_loop_get_now (fixture->loop);
  g_assert_cmpint (left, >, 29 * G_TIME_SPAN_MINUTE);
  g_assert_cmpint (left, <=, 30 * G_TIME_SPAN_MINUTE);
  pillion_loop_stop (fixture->loop);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/loop/nest-hosts/" name, Fixture, NULL, set_up, function, tear_down)
#define ADD_BOTH(name, function) \
  G_STMT_START \
    { \
      g_test_add ("/loop/nest-hosts/done-callback/" name, Fixture, NULL, set_up, function, tear_down); \
      g_test_add ("/loop/nest-hosts/fiber/" name, Fixture, "fiber", set_up, function, tear_down); \
    } \
  G_STMT_END
  ADD_BOTH ("sleeps-on-the-descriptor", test_sleeping);
  ADD_BOTH ("sleeps-until-woken", test_woken);
  ADD_BOTH ("does-not-spin-where-refused", test_not_allowed);
  ADD_BOTH ("test-host-advances", test_test_host);
  ADD_BOTH ("test-host-runs-until-idle", test_test_host_until_idle);
  ADD_BOTH ("tick-host", test_tick_host);
  ADD_BOTH ("glib-host", test_glib_host);
  ADD_BOTH ("passenger", test_passenger);
  ADD ("does-not-spin-in-a-region", test_region);
  ADD ("does-not-spin-when-closed", test_closed);
  ADD ("does-not-spin-when-stopped", test_stopped);
  ADD ("lost-hook-is-installed-again", test_hook_lost);
  ADD ("late-hosts-hear-of-what-came-before", test_late_wakes);
  ADD ("passenger-is-known-from-the-host", test_known_passenger);
  ADD ("does-not-spin-as-passenger", test_descriptor_of_passenger);
  g_test_add ("/loop/nest-hosts/steps-of-a-passenger/limited", Fixture, "nesting", set_up, test_steps_of_a_passenger, tear_down);
  g_test_add ("/loop/nest-hosts/steps-of-a-passenger/not-if-nesting-is-off", Fixture, NULL, set_up, test_steps_of_a_passenger, tear_down);
  ADD ("hook-stays-if-the-host-keeps-it", test_keeps_hook);
  ADD ("hook-comes-and-goes-as-the-host-wants", test_changes_its_mind);
  ADD ("install-function-fails-with-an-error", test_install_fails);
  ADD ("timers-keep-their-distance-under-another-clock", test_clock_changes);

  return g_test_run ();
}
