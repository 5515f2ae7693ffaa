/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

/* What a kick does, how much of it, and what it reports */

typedef struct
{
  PillionLoop *loop;
  int pipe[2];
  int n_items;
  int n_idles;
  int n_fds;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new_with_budget ();
  g_assert_true (g_unix_open_pipe (fixture->pipe, FD_CLOEXEC, NULL));
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  loop_end (fixture->loop);
  close (fixture->pipe[0]);
  close (fixture->pipe[1]);
}

static PillionKick
kick_for (Fixture *fixture,
          gint64 usec)
{
  PillionKick kick;

  pillion_loop_kick_until (fixture->loop, g_get_monotonic_time () + usec, &kick);
  return kick;
}

static PillionKick
kick_late (Fixture *fixture)
{
  PillionKick kick;

  pillion_loop_kick_until (fixture->loop, 0, &kick);
  return kick;
}

static void
count (gpointer data)
{
  (*(int *) data)++;
}

static void
count_1_ms (gpointer data)
{
  spin_for (1000);
  (*(int *) data)++;
}

static gboolean
count_idle (gpointer data)
{
  (*(int *) data)++;
  return G_SOURCE_CONTINUE;
}

static gboolean
count_fd (int fd,
          GIOCondition condition,
          gpointer data)
{
  (*(int *) data)++;
  return G_SOURCE_CONTINUE;
}

static GSource *
attach (Fixture *fixture,
        GSource *source,
        int priority,
        GSourceFunc func,
        gpointer data)
{
  g_source_set_callback (source, func, data, NULL);
  g_source_set_priority (source, priority);
  g_source_attach (source, pillion_loop_get_context (fixture->loop));
  g_source_unref (source);
  return source;
}

static void
test_empty (Fixture *fixture,
            gconstpointer data)
{
  PillionKick kick;

  g_assert_false (pillion_loop_kick (fixture->loop));
  g_assert_false (pillion_loop_kick_until (fixture->loop, 0, NULL));
  kick = kick_for (fixture, 1000);
  g_assert_cmpuint (kick.items, ==, 0);
  g_assert_false (kick.more_ready);
  g_assert_false (kick.refused);
  g_assert_cmpint (kick.next_deadline_usec, ==, -1);
  g_assert_cmpint (kick.slowest_usec, ==, 0);
  g_assert_cmpstr (pillion_kick_get_slowest_name (&kick), ==, "");
}

static void
test_wanted (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *task = pillion_task_new (fixture->loop, "job", NULL);

  g_assert_true (pillion_loop_kick (fixture->loop));
  pillion_task_return_boolean (task, TRUE);
  g_assert_false (pillion_loop_kick (fixture->loop));
  pillion_loop_hold (fixture->loop);
  g_assert_true (pillion_loop_kick (fixture->loop));
  pillion_loop_release (fixture->loop);
  g_assert_false (pillion_loop_kick (fixture->loop));
  pillion_loop_call_later (fixture->loop, G_TIME_SPAN_HOUR, count, &fixture->n_items, NULL);
  g_assert_true (pillion_loop_kick (fixture->loop));
  g_object_unref (task);
}

static void
spin_named (PillionTask *task,
            gpointer data)
{
  spin_for (50000);
}

static void
test_report (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *task = pillion_task_new (fixture->loop, "the slow one", NULL);
  PillionKick kick;
  gint64 before;

  pillion_task_add_done_callback (task, spin_named, NULL, NULL);
  pillion_loop_call_soon (fixture->loop, count, &fixture->n_items, NULL);
  pillion_task_return_boolean (task, TRUE);
  pillion_loop_call_soon (fixture->loop, count, &fixture->n_items, NULL);
  before = g_get_monotonic_time ();
  kick = kick_for (fixture, G_TIME_SPAN_MINUTE);
  g_assert_cmpuint (kick.items, ==, 3);
  g_assert_false (kick.more_ready);
  g_assert_cmpint (kick.slowest_usec, >=, 50000);
  g_assert_cmpint (kick.duration_usec, >=, kick.slowest_usec);
  g_assert_cmpint (kick.duration_usec, <=, g_get_monotonic_time () - before);
  g_assert_cmpint (kick.overshoot_usec, ==, 0);
  g_assert_cmpint (kick.next_deadline_usec, ==, -1);
  g_assert_cmpstr (pillion_kick_get_slowest_name (&kick), ==, "the slow one");
  g_object_unref (task);
}

static void
test_report_overshoot (Fixture *fixture,
                       gconstpointer data)
{
  gint64 before = g_get_monotonic_time ();
  PillionKick kick;

  pillion_loop_call_soon (fixture->loop, count_1_ms, &fixture->n_items, NULL);
  kick = kick_for (fixture, 500);
  g_assert_cmpint (kick.overshoot_usec, >=, 400);
  g_assert_cmpint (kick.overshoot_usec, <=, g_get_monotonic_time () - before);
}

static void
test_report_deadline (Fixture *fixture,
                      gconstpointer data)
{
  gint64 before = g_get_monotonic_time ();
  PillionKick kick;
  guint id = pillion_loop_call_later (fixture->loop, G_TIME_SPAN_MINUTE, count, &fixture->n_items, NULL);

  kick = kick_for (fixture, 1000);
  g_assert_cmpint (kick.next_deadline_usec, >=, before + G_TIME_SPAN_MINUTE);
  g_assert_cmpint (kick.next_deadline_usec, <=, g_get_monotonic_time () + G_TIME_SPAN_MINUTE);
  pillion_loop_cancel_call (fixture->loop, id);
  g_assert_cmpint (kick_for (fixture, 1000).next_deadline_usec, ==, -1);

  attach (fixture, g_timeout_source_new (1000), G_PRIORITY_DEFAULT, count_idle, &fixture->n_idles);
  kick = kick_for (fixture, 1000);
  g_assert_cmpint (kick.next_deadline_usec, >=, before);
  g_assert_cmpint (kick.next_deadline_usec, <=, g_get_monotonic_time () + 1001000);
}

static void
test_long_name (Fixture *fixture,
                gconstpointer data)
{
  g_autofree char *name = g_strnfill (200, 'x');
  PillionTask *task = pillion_task_new (fixture->loop, name, NULL);
  PillionKick kick;

  pillion_task_return_boolean (task, TRUE);
  kick = kick_for (fixture, 1000);
  g_assert_cmpuint (strlen (pillion_kick_get_slowest_name (&kick)), ==, 63);
  g_object_unref (task);
}

/* The budget */

static void
test_budget (Fixture *fixture,
             gconstpointer data)
{
  int n_kicks = 0;

  pillion_loop_set_budget_usec (fixture->loop, 5000);
  for (guint i = 0; i < 40; i++)
    pillion_loop_call_soon (fixture->loop, count_1_ms, &fixture->n_items, NULL);
  while (fixture->n_items < 40)
    {
      int before = fixture->n_items;

      pillion_loop_kick (fixture->loop);
      n_kicks++;
      /* No item starts after the deadline, whatever else the machine does */
      g_assert_cmpint (fixture->n_items - before, <=, 5);
      g_assert_cmpint (fixture->n_items - before, >=, 1);
    }
  g_assert_cmpint (n_kicks, >=, 8);
}

static void
test_budget_zero (Fixture *fixture,
                  gconstpointer data)
{
  pillion_loop_set_budget_usec (fixture->loop, 0);
  for (guint i = 0; i < 3; i++)
    pillion_loop_call_soon (fixture->loop, count_1_ms, &fixture->n_items, NULL);
  for (int i = 1; i <= 3; i++)
    {
      pillion_loop_kick (fixture->loop);
      g_assert_cmpint (fixture->n_items, ==, i);
    }
}

static void
test_past_deadline (Fixture *fixture,
                    gconstpointer data)
{
  const gint64 deadlines[] = { 0, -5, G_MININT64 };
  PillionKick kick;

  for (guint i = 0; i < G_N_ELEMENTS (deadlines); i++)
    {
      pillion_loop_call_soon (fixture->loop, count_1_ms, &fixture->n_items, NULL);
      pillion_loop_call_soon (fixture->loop, count_1_ms, &fixture->n_items, NULL);
      attach (fixture, g_idle_source_new (), G_PRIORITY_DEFAULT_IDLE, count_idle, &fixture->n_idles);
      fixture->n_items = fixture->n_idles = 0;
      pillion_loop_kick_until (fixture->loop, deadlines[i], &kick);
      g_assert_cmpint (fixture->n_items, ==, 1);
      g_assert_cmpint (fixture->n_idles, >=, 1);
      g_assert_true (kick.more_ready);
      g_assert_cmpint (kick.next_deadline_usec, ==, 0);
    }
}

/* A kick with enough time does everything, even what becomes ready meanwhile */
static void
call_again (gpointer data)
{
  Fixture *fixture = data;

  if (++fixture->n_items < 100)
    pillion_loop_call_soon (fixture->loop, call_again, fixture, NULL);
}

static void
test_chain (Fixture *fixture,
            gconstpointer data)
{
  PillionKick kick;

  pillion_loop_call_soon (fixture->loop, call_again, fixture, NULL);
  kick = kick_for (fixture, 10 * G_USEC_PER_SEC);
  g_assert_cmpint (fixture->n_items, ==, 100);
  g_assert_false (kick.more_ready);
}

/* Fairness */

static void
call_for_ever (gpointer data)
{
  Fixture *fixture = data;

  fixture->n_items++;
  spin_for (100);
  pillion_loop_call_soon (fixture->loop, call_for_ever, fixture, NULL);
}

static void
test_context_beside_items (Fixture *fixture,
                           gconstpointer data)
{
  attach (fixture, g_idle_source_new (), G_PRIORITY_LOW, count_idle, &fixture->n_idles);
  pillion_loop_call_soon (fixture->loop, call_for_ever, fixture, NULL);
  for (int i = 1; i <= 20; i++)
    {
      pillion_loop_kick (fixture->loop);
      g_assert_cmpint (fixture->n_idles, >=, i);
      g_assert_cmpint (fixture->n_items, >=, i);
    }
}

static gboolean
spin_idle (gpointer data)
{
  (*(int *) data)++;
  spin_for (3000);
  return G_SOURCE_CONTINUE;
}

static void
test_items_beside_context (Fixture *fixture,
                           gconstpointer data)
{
  attach (fixture, g_idle_source_new (), G_PRIORITY_HIGH, spin_idle, &fixture->n_idles);
  pillion_loop_call_soon (fixture->loop, call_for_ever, fixture, NULL);
  for (int i = 1; i <= 20; i++)
    {
      pillion_loop_kick (fixture->loop);
      g_assert_cmpint (fixture->n_idles, >=, i);
      g_assert_cmpint (fixture->n_items, >=, i);
    }
}

static void
test_idle_beside_fd (Fixture *fixture,
                     gconstpointer data)
{
  g_assert_cmpint (write (fixture->pipe[1], "x", 1), ==, 1);
  attach (fixture, g_unix_fd_source_new (fixture->pipe[0], G_IO_IN), G_PRIORITY_DEFAULT, G_SOURCE_FUNC (count_fd),
          &fixture->n_fds);
  attach (fixture, g_idle_source_new (), G_PRIORITY_LOW, count_idle, &fixture->n_idles);
  for (int i = 1; i <= 20; i++)
    {
      kick_late (fixture);
      g_assert_cmpint (fixture->n_idles, >=, i - 1);
      g_assert_cmpint (fixture->n_fds, >=, i - 1);
    }
}

static gboolean
false_prepare (GSource *source,
               int *timeout)
{
  *timeout = 0;
  return FALSE;
}

static gboolean
false_check (GSource *source)
{
  return FALSE;
}

static gboolean
false_dispatch (GSource *source,
                GSourceFunc callback,
                gpointer data)
{
  g_assert_not_reached ();
}

/* A source that is always checked and never ready can't hold up a kick */
static void
test_never_ready (Fixture *fixture,
                  gconstpointer data)
{
  static GSourceFuncs funcs = { .prepare = false_prepare, .check = false_check, .dispatch = false_dispatch };

  attach (fixture, g_source_new (&funcs, sizeof (GSource)), G_PRIORITY_DEFAULT, NULL, NULL);
  pillion_loop_call_soon (fixture->loop, count, &fixture->n_items, NULL);
  pillion_loop_kick (fixture->loop);
  kick_for (fixture, 1000);
  kick_late (fixture);
  g_assert_cmpint (fixture->n_items, ==, 1);
}

static gpointer
kick_there (gpointer loop)
{
  PillionKick kick;

  g_assert_false (pillion_loop_kick (loop));
  g_assert_false (pillion_loop_kick_until (loop, 0, &kick));
  g_assert_cmpuint (kick.items, ==, 0);
  return NULL;
}

static void
test_wrong_thread (Fixture *fixture,
                   gconstpointer data)
{
  pillion_loop_call_soon (fixture->loop, count, &fixture->n_items, NULL);
  logs_catch ();
  g_thread_join (g_thread_new ("kicker", kick_there, fixture->loop));
  assert_logged ("critical: *another thread*\ncritical: *another thread*");
  g_assert_cmpint (fixture->n_items, ==, 0);
  pillion_loop_kick (fixture->loop);
  g_assert_cmpint (fixture->n_items, ==, 1);
}

static void
test_closed (Fixture *fixture,
             gconstpointer data)
{
  PillionKick kick;

  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  g_assert_false (pillion_loop_kick (fixture->loop));
  kick = kick_for (fixture, 1000);
  g_assert_cmpuint (kick.items, ==, 0);
  g_assert_cmpint (kick.next_deadline_usec, ==, -1);
}

static void
drop_loop (gpointer loop)
{
  g_object_unref (loop);
}

static void
test_dropped_inside (void)
{
  PillionLoop *loop = loop_new ();
  PillionKick kick;
  gpointer weak = loop;

  g_object_add_weak_pointer (G_OBJECT (loop), &weak);
  pillion_loop_call_soon (loop, drop_loop, loop, NULL);
  pillion_loop_kick_until (loop, 0, &kick);
  g_assert_null (weak);
}

static void
test_two_loops_one_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PillionLoop *loops[] = { pillion_loop_new (context, 0), pillion_loop_new (context, 0) };
  int n[2] = { 0 };

  for (guint round = 0; round < 10; round++)
    for (guint i = 0; i < 2; i++)
      {
        pillion_loop_call_soon (loops[i], count, &n[i], NULL);
        pillion_loop_kick (loops[i]);
        g_assert_cmpint (n[i], ==, (int) round + 1);
      }
  loop_end (loops[0]);
  pillion_loop_call_soon (loops[1], count, &n[1], NULL);
  pillion_loop_kick (loops[1]);
  g_assert_cmpint (n[1], ==, 11);
  loop_end (loops[1]);
}

/* A descriptor that was closed and opened again under its number between two kicks */
static gboolean
read_fd (int fd,
         GIOCondition condition,
         gpointer data)
{
  char byte;

  g_assert_cmpint (read (fd, &byte, 1), ==, 1);
  (*(int *) data)++;
  return G_SOURCE_CONTINUE;
}

static void
test_reopened_fd (Fixture *fixture,
                  gconstpointer by_another_source)
{
  GSource *source = attach (fixture, g_unix_fd_source_new (fixture->pipe[0], G_IO_IN), G_PRIORITY_DEFAULT,
                            G_SOURCE_FUNC (read_fd), &fixture->n_fds);

  kick_until_quiet (fixture->loop);
  for (int i = 1; i <= 5; i++)
    {
      int fresh[2];

      g_assert_true (g_unix_open_pipe (fresh, FD_CLOEXEC, NULL));
      g_assert_cmpint (dup2 (fresh[0], fixture->pipe[0]), ==, fixture->pipe[0]);
      g_assert_cmpint (dup2 (fresh[1], fixture->pipe[1]), ==, fixture->pipe[1]);
      close (fresh[0]);
      close (fresh[1]);
      if (by_another_source != NULL)
        {
          g_source_destroy (source);
          source = attach (fixture, g_unix_fd_source_new (fixture->pipe[0], G_IO_IN), G_PRIORITY_DEFAULT,
                           G_SOURCE_FUNC (read_fd), &fixture->n_fds);
        }
      kick_until_quiet (fixture->loop);
      g_assert_cmpint (write (fixture->pipe[1], "x", 1), ==, 1);
      kick_until (fixture->loop, fixture->n_fds == i);
    }
}

static void
test_many_fds (Fixture *fixture,
               gconstpointer data)
{
  enum { N = 100 };
  int pipes[N][2];

  for (guint i = 0; i < N; i++)
    {
      g_assert_true (g_unix_open_pipe (pipes[i], FD_CLOEXEC, NULL));
      attach (fixture, g_unix_fd_source_new (pipes[i][0], G_IO_IN), G_PRIORITY_DEFAULT, G_SOURCE_FUNC (read_fd),
              &fixture->n_fds);
    }
  kick_until_quiet (fixture->loop);
  for (guint round = 1; round <= 3; round++)
    {
      for (guint i = 0; i < N; i++)
        g_assert_cmpint (write (pipes[i][1], "x", 1), ==, 1);
      kick_until (fixture->loop, fixture->n_fds == (int) round * N);
    }
  loop_end (g_steal_pointer (&fixture->loop));
  for (guint i = 0; i < N; i++)
    {
      close (pipes[i][0]);
      close (pipes[i][1]);
    }
  fixture->loop = loop_new ();
}

static void
test_kick_boxed (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "named", NULL);
  g_autoptr (PillionKick) copy = NULL;
  PillionKick kick;
  GValue value = G_VALUE_INIT;

  pillion_task_return_boolean (task, TRUE);
  pillion_loop_kick_until (loop, 0, &kick);
  copy = pillion_kick_copy (&kick);
  g_assert_cmpuint (copy->items, ==, kick.items);
  g_assert_cmpstr (pillion_kick_get_slowest_name (copy), ==, "named");

  g_value_init (&value, PILLION_TYPE_KICK);
  g_value_set_boxed (&value, &kick);
  g_assert_cmpstr (pillion_kick_get_slowest_name (g_value_get_boxed (&value)), ==, "named");
  g_value_unset (&value);
  pillion_kick_free (NULL);
  g_object_unref (task);
  loop_end (loop);
}

static gboolean
count_and_go_on (gpointer data)
{
  (*(int *) data)++;
  return G_SOURCE_CONTINUE;
}

static void
call_endlessly (gpointer data)
{
  Fixture *fixture = data;

  fixture->n_items++;
  pillion_loop_call_soon (fixture->loop, call_endlessly, fixture, NULL);
}

/* Each kick has time for one turn only */
static void
test_every_priority (Fixture *fixture,
                     gconstpointer data)
{
  static const int priorities[] = { G_PRIORITY_HIGH, G_PRIORITY_DEFAULT, 120, G_PRIORITY_DEFAULT_IDLE, G_PRIORITY_LOW };
  GSource *sources[G_N_ELEMENTS (priorities)];
  int counts[G_N_ELEMENTS (priorities)] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (priorities); i++)
    {
      sources[i] = g_idle_source_new ();
      g_source_set_priority (sources[i], priorities[i]);
      g_source_set_callback (sources[i], count_and_go_on, &counts[i], NULL);
      g_source_attach (sources[i], pillion_loop_get_context (fixture->loop));
    }
  pillion_loop_call_soon (fixture->loop, call_endlessly, fixture, NULL);
  for (int i = 0; i < 100; i++)
    pillion_loop_kick_until (fixture->loop, 0, NULL);

  g_assert_cmpint (fixture->n_items, >=, 100);
  for (guint i = 0; i < G_N_ELEMENTS (priorities); i++)
    {
      g_assert_cmpint (counts[i], >=, 10);
      g_source_destroy (sources[i]);
      g_source_unref (sources[i]);
    }
}

/* A task that depends on a source of low priority ends although another source is always ready */
static gboolean
finish (gpointer task)
{
  pillion_task_return_boolean (task, TRUE);
  return G_SOURCE_REMOVE;
}

static void
test_low_priority_in_a_wait (Fixture *fixture,
                             gconstpointer data)
{
  g_autoptr (PillionTask) task = pillion_task_new (fixture->loop, "low", NULL);
  GMainContext *context = pillion_loop_get_context (fixture->loop);
  GSource *busy = g_idle_source_new ();
  g_autoptr (GSource) low = g_idle_source_new ();
  int n = 0;

  g_source_set_priority (busy, G_PRIORITY_HIGH);
  g_source_set_callback (busy, count_and_go_on, &n, NULL);
  g_source_attach (busy, context);
  g_source_set_priority (low, G_PRIORITY_LOW);
  g_source_set_callback (low, finish, task, NULL);
  g_source_attach (low, context);

  g_assert_true (pillion_loop_run_until_complete (fixture->loop, task, NULL));
  g_source_destroy (busy);
  g_source_unref (busy);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/loop/kick/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("empty-does-nothing", test_empty);
  ADD ("wanted-while-something-lives", test_wanted);
  ADD ("report-tells-what-was-done", test_report);
  ADD ("report-tells-the-overshoot", test_report_overshoot);
  ADD ("report-tells-the-next-deadline", test_report_deadline);
  ADD ("report-cuts-long-names", test_long_name);
  ADD ("budget-ends-it-between-items", test_budget);
  ADD ("budget-of-zero-is-one-item", test_budget_zero);
  ADD ("past-deadline-is-one-item-and-one-iteration", test_past_deadline);
  ADD ("does-what-becomes-ready-meanwhile", test_chain);
  ADD ("context-is-served-beside-endless-items", test_context_beside_items);
  ADD ("items-are-served-beside-an-endless-source", test_items_beside_context);
  ADD ("idle-is-served-beside-an-always-readable-descriptor", test_idle_beside_fd);
  ADD ("source-that-is-never-ready-does-not-hold-it", test_never_ready);
  ADD ("on-another-thread-is-critical", test_wrong_thread);
  ADD ("on-a-closed-loop-does-nothing", test_closed);
  ADD ("sees-a-descriptor-under-a-reused-number", test_reopened_fd);
  ADD ("serves-many-descriptors", test_many_fds);
  g_test_add ("/loop/kick/sees-a-new-source-under-a-reused-number", Fixture, "new", set_up, test_reopened_fd, tear_down);
  ADD ("every-priority-has-a-share", test_every_priority);
  ADD ("every-priority-has-a-share-in-a-wait", test_low_priority_in_a_wait);
  g_test_add_func ("/loop/kick/loop-may-be-dropped-inside", test_dropped_inside);
  g_test_add_func ("/loop/kick/two-loops-on-one-context", test_two_loops_one_context);
  g_test_add_func ("/loop/kick/report-is-a-boxed-type", test_kick_boxed);

  return g_test_run ();
}
