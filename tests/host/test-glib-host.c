/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

/* A host that runs another context than the loop's */

typedef struct
{
  GMainContext *context; /* the host's */
  GMainLoop *main_loop;
  PillionHost *host;
  PillionLoop *loop;
  int n;
  guint n_kicks;
  int pipe[2];
  GThread *thread;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->context = g_main_context_new ();
  fixture->main_loop = g_main_loop_new (fixture->context, FALSE);
  fixture->host = PILLION_HOST (pillion_glib_host_new ("glib", fixture->context));
  fixture->loop = loop_new ();
  g_assert_true (g_unix_open_pipe (fixture->pipe, FD_CLOEXEC, NULL));
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  loop_end (fixture->loop);
  while (g_main_context_iteration (fixture->context, FALSE))
    ;
  end_object (fixture->host);
  g_main_loop_unref (fixture->main_loop);
  g_main_context_unref (fixture->context);
  close (fixture->pipe[0]);
  close (fixture->pipe[1]);
}

static void
ensure (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_loop_ensure (fixture->loop, fixture->host, &error));
  g_assert_no_error (error);
  g_assert_true (pillion_loop_is_riding (fixture->loop));
}

static void
count (gpointer data)
{
  Fixture *fixture = data;

  fixture->n++;
  fixture->thread = g_thread_self ();
}

static void
count_and_quit (gpointer data)
{
  Fixture *fixture = data;

  count (data);
  g_main_loop_quit (fixture->main_loop);
}

static gboolean
count_and_quit_source (gpointer data)
{
  count_and_quit (data);
  return G_SOURCE_REMOVE;
}

static gboolean
read_and_quit (int fd,
               GIOCondition condition,
               gpointer data)
{
  char byte;

  g_assert_cmpint (read (fd, &byte, 1), ==, 1);
  count_and_quit (data);
  return G_SOURCE_CONTINUE;
}

/* Iterates the host's context until nothing is ready */
static guint
iterate (Fixture *fixture)
{
  guint n = 0;

  while (g_main_context_iteration (fixture->context, FALSE))
    n++;
  return n;
}

static void
test_properties (Fixture *fixture,
                 gconstpointer data)
{
  g_autofree char *name = NULL;
  g_autoptr (GMainContext) context = NULL;
  PillionHost *of_default = PILLION_HOST (pillion_glib_host_new ("default", NULL));

  g_object_get (fixture->host, "name", &name, "context", &context, NULL);
  g_assert_cmpstr (name, ==, "glib");
  g_assert_cmpstr (pillion_host_get_name (fixture->host), ==, "glib");
  g_assert_true (context == fixture->context);
  g_assert_true (pillion_glib_host_get_context (PILLION_GLIB_HOST (fixture->host)) == fixture->context);
  g_assert_true (pillion_glib_host_get_context (PILLION_GLIB_HOST (of_default)) == g_main_context_default ());
  end_object (of_default);
}

static void
test_work (Fixture *fixture,
           gconstpointer data)
{
  ensure (fixture);
  g_assert_false (pillion_loop_is_passenger (fixture->loop));
  pillion_loop_call_soon (fixture->loop, count, fixture, NULL);
  pillion_loop_call_soon (fixture->loop, count_and_quit, fixture, NULL);
  g_main_loop_run (fixture->main_loop);
  g_assert_cmpint (fixture->n, ==, 2);
}

static void
test_timer (Fixture *fixture,
            gconstpointer data)
{
  gint64 start = g_get_monotonic_time ();

  ensure (fixture);
  pillion_loop_call_later (fixture->loop, 20000, count, fixture, NULL);
  pillion_loop_call_later (fixture->loop, 40000, count_and_quit, fixture, NULL);
  g_main_loop_run (fixture->main_loop);
  g_assert_cmpint (fixture->n, ==, 2);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 40000);
}

static void
add_timer (gpointer data)
{
  pillion_loop_call_later (((Fixture *) data)->loop, 5000, count_and_quit, data, NULL);
}

static gboolean
add_timer_source (gpointer data)
{
  add_timer (data);
  return G_SOURCE_REMOVE;
}

/* From the host's own code while it runs, and inside a kick */
static void
test_timer_added_meanwhile (Fixture *fixture,
                            gconstpointer data)
{
  g_autoptr (GSource) source = g_timeout_source_new (2);

  ensure (fixture);
  pillion_loop_call_soon (fixture->loop, add_timer, fixture, NULL);
  g_main_loop_run (fixture->main_loop);
  pillion_loop_hold (fixture->loop);
  g_source_set_callback (source, add_timer_source, fixture, NULL);
  g_source_attach (source, fixture->context);
  g_main_loop_run (fixture->main_loop);
  pillion_loop_release (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 2);
}

static void
test_guest_sources (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GSource) fd_source = g_unix_fd_source_new (fixture->pipe[0], G_IO_IN);
  g_autoptr (GSource) timeout_source = g_timeout_source_new (10);

  ensure (fixture);
  pillion_loop_hold (fixture->loop);
  g_source_set_callback (fd_source, G_SOURCE_FUNC (read_and_quit), fixture, NULL);
  g_source_attach (fd_source, pillion_loop_get_context (fixture->loop));
  for (int i = 1; i <= 10; i++)
    {
      g_assert_cmpint (write (fixture->pipe[1], "x", 1), ==, 1);
      g_main_loop_run (fixture->main_loop);
      g_assert_cmpint (fixture->n, ==, i);
    }
  g_source_set_callback (timeout_source, count_and_quit_source, fixture, NULL);
  g_source_attach (timeout_source, pillion_loop_get_context (fixture->loop));
  g_main_loop_run (fixture->main_loop);
  g_assert_cmpint (fixture->n, ==, 11);
  g_source_destroy (fd_source);
  pillion_loop_release (fixture->loop);
}

/* While it waits, nothing is polled: between two pieces of work the host iterates only a few times, however
 * long that takes */
static void
test_sleeps (Fixture *fixture,
             gconstpointer data)
{
  guint n_iterations = 0;

  ensure (fixture);
  pillion_loop_call_later (fixture->loop, 300000, count, fixture, NULL);
  iterate (fixture);
  while (fixture->n == 0)
    {
      g_main_context_iteration (fixture->context, TRUE);
      n_iterations++;
    }
  g_assert_cmpuint (n_iterations, <=, 5);
}

static gpointer
call_there (gpointer data)
{
  pillion_loop_call_soon_threadsafe (((Fixture *) data)->loop, count_and_quit, data, NULL);
  return NULL;
}

static void
test_thread (Fixture *fixture,
             gconstpointer data)
{
  ensure (fixture);
  pillion_loop_hold (fixture->loop);
  for (int i = 1; i <= 50; i++)
    {
      GThread *thread = g_thread_new ("caller", call_there, fixture);

      g_main_loop_run (fixture->main_loop);
      g_assert_cmpint (fixture->n, ==, i);
      g_assert_true (fixture->thread == g_thread_self ());
      g_thread_join (thread);
    }
  pillion_loop_release (fixture->loop);
}

static void
test_auto_stop (Fixture *fixture,
                gconstpointer data)
{
  PillionTask *task;

  ensure (fixture);
  iterate (fixture);
  g_assert_false (pillion_loop_is_riding (fixture->loop));

  task = pillion_task_new (fixture->loop, "job", NULL);
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  iterate (fixture);
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  pillion_task_return_boolean (task, TRUE);
  iterate (fixture);
  g_assert_cmpuint (pillion_loop_get_live_tasks (fixture->loop), ==, 0);
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  end_object (task);

  pillion_loop_hold (fixture->loop);
  iterate (fixture);
  pillion_loop_release (fixture->loop);
  iterate (fixture);
  g_assert_false (pillion_loop_is_riding (fixture->loop));
}

static void
test_thread_after_auto_stop (Fixture *fixture,
                             gconstpointer data)
{
  ensure (fixture);
  for (int i = 1; i <= 50; i++)
    {
      GThread *thread;

      iterate (fixture);
      g_assert_false (pillion_loop_is_riding (fixture->loop));
      thread = g_thread_new ("caller", call_there, fixture);
      g_main_loop_run (fixture->main_loop);
      g_assert_cmpint (fixture->n, ==, i);
      g_thread_join (thread);
    }
}

/* Hooks that come and go while threads bring work: no work is lost */
static gpointer
call_often (gpointer data)
{
  Fixture *fixture = data;

  for (guint i = 0; i < 1000; i++)
    {
      pillion_loop_call_soon_threadsafe (fixture->loop, count, fixture, NULL);
      if (i % 8 == 0)
        g_thread_yield ();
    }
  return NULL;
}

static void
test_no_wake_lost (Fixture *fixture,
                   gconstpointer data)
{
  GThread *threads[2];

  ensure (fixture);
  for (guint i = 0; i < 2; i++)
    threads[i] = g_thread_new ("caller", call_often, fixture);
  while (fixture->n < 2000)
    g_main_context_iteration (fixture->context, TRUE);
  for (guint i = 0; i < 2; i++)
    g_thread_join (threads[i]);
}

static void
test_stop (Fixture *fixture,
           gconstpointer data)
{
  ensure (fixture);
  iterate (fixture);
  pillion_loop_call_soon (fixture->loop, count, fixture, NULL);
  pillion_loop_stop (fixture->loop);
  iterate (fixture);
  g_assert_cmpint (fixture->n, ==, 0);
  ensure (fixture);
  iterate (fixture);
  g_assert_cmpint (fixture->n, ==, 1);
}

static void
test_two_loops (Fixture *fixture,
                gconstpointer data)
{
  PillionHost *other_host = PILLION_HOST (pillion_glib_host_new ("glib too", fixture->context));
  PillionLoop *other = loop_new ();

  ensure (fixture);
  g_assert_true (pillion_loop_ensure (other, other_host, NULL));
  pillion_loop_call_soon (fixture->loop, count, fixture, NULL);
  pillion_loop_call_soon (other, count, fixture, NULL);
  iterate (fixture);
  g_assert_cmpint (fixture->n, ==, 2);
  loop_end (other);
  iterate (fixture);
  end_object (other_host);
}

static void
close_inside (gpointer data)
{
  Fixture *fixture = data;

  count_and_quit (data);
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
}

static void
test_close_inside (Fixture *fixture,
                   gconstpointer data)
{
  ensure (fixture);
  pillion_loop_call_soon (fixture->loop, close_inside, fixture, NULL);
  g_main_loop_run (fixture->main_loop);
  iterate (fixture);
  g_assert_cmpint (fixture->n, ==, 1);
}

/* The loop's own context: no hook, and no kicking twice */
static void
test_own_context (Fixture *fixture,
                  gconstpointer data)
{
  PillionLoop *loop = pillion_loop_new (fixture->context, PILLION_LOOP_DEFAULT);

  g_assert_true (pillion_loop_ensure (loop, fixture->host, NULL));
  g_assert_true (pillion_loop_is_passenger (loop));
  pillion_loop_call_soon (loop, count, fixture, NULL);
  iterate (fixture);
  g_assert_cmpint (fixture->n, ==, 1);
  g_assert_false (pillion_loop_is_riding (loop));
  pillion_loop_call_soon (loop, count, fixture, NULL);
  iterate (fixture);
  g_assert_cmpint (fixture->n, ==, 2);
  loop_end (loop);
}

/* The program has dropped its references to the context: the host keeps it */
static void
test_context_dropped (void)
{
  GMainContext *context = g_main_context_new ();
  PillionHost *host = PILLION_HOST (pillion_glib_host_new ("glib", context));
  PillionLoop *loop = loop_new ();
  Fixture fixture = { 0 };

  g_main_context_unref (context);
  g_assert_true (pillion_loop_ensure (loop, host, NULL));
  pillion_loop_call_soon (loop, count, &fixture, NULL);
  while (g_main_context_iteration (context, FALSE))
    ;
  g_assert_cmpint (fixture.n, ==, 1);
  loop_end (loop);
  end_object (host);
}

/* A worker thread's own pair of contexts */
static gpointer
run_in_thread (gpointer data)
{
  Fixture fixture = { 0 };

  set_up (&fixture, NULL);
  test_timer_added_meanwhile (&fixture, NULL);
  tear_down (&fixture, NULL);
  return NULL;
}

static void
test_in_another_thread (void)
{
  g_thread_join (g_thread_new ("host", run_in_thread, NULL));
}

static void
test_private_context (Fixture *fixture,
                      gconstpointer data)
{
  PillionLoop *loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  g_autoptr (GSource) source = g_timeout_source_new (5);

  g_assert_true (pillion_loop_ensure (loop, fixture->host, NULL));
  g_assert_false (pillion_loop_is_passenger (loop));
  pillion_loop_hold (loop);
  g_source_set_callback (source, count_and_quit_source, fixture, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  g_main_loop_run (fixture->main_loop);
  g_assert_cmpint (fixture->n, ==, 1);
  pillion_loop_release (loop);
  loop_end (loop);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/host/glib/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("has-its-properties", test_properties);
  ADD ("does-ready-work", test_work);
  ADD ("keeps-timers", test_timer);
  ADD ("sees-timers-that-are-added-meanwhile", test_timer_added_meanwhile);
  ADD ("serves-the-loops-context", test_guest_sources);
  ADD ("sleeps-without-polling", test_sleeps);
  ADD ("threads-wake-it", test_thread);
  ADD ("hook-goes-and-comes-back", test_auto_stop);
  ADD ("threads-bring-the-hook-back", test_thread_after_auto_stop);
  ADD ("loses-no-wake", test_no_wake_lost);
  ADD ("stop", test_stop);
  ADD ("two-loops", test_two_loops);
  ADD ("close-inside", test_close_inside);
  ADD ("own-context-makes-a-passenger", test_own_context);
  ADD ("private-context", test_private_context);
  g_test_add_func ("/host/glib/keeps-its-context", test_context_dropped);
  g_test_add_func ("/host/glib/in-another-thread", test_in_another_thread);

  return g_test_run ();
}
