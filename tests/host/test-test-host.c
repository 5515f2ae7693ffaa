/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

typedef struct
{
  PillionHost *host;
  PillionTestHost *test;
  PillionLoop *loop;
  GString *log;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->host = PILLION_HOST (pillion_test_host_new ());
  fixture->test = PILLION_TEST_HOST (fixture->host);
  fixture->loop = loop_new ();
  fixture->log = g_string_new (NULL);
  g_assert_true (pillion_loop_ensure (fixture->loop, fixture->host, NULL));
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  loop_end (fixture->loop);
  end_object (fixture->host);
  g_string_free (fixture->log, TRUE);
}

static gint64
now (Fixture *fixture)
{
  return pillion_host_get_now (fixture->host);
}

static void
test_clock (Fixture *fixture,
            gconstpointer data)
{
  g_assert_cmpstr (pillion_host_get_name (fixture->host), ==, "test");
  g_assert_cmpint (now (fixture), ==, G_USEC_PER_SEC);
  g_assert_cmpuint (pillion_test_host_advance (fixture->test, 0), >=, 1);
  g_assert_cmpint (now (fixture), ==, G_USEC_PER_SEC);
  pillion_test_host_advance (fixture->test, 5);
  g_assert_cmpint (now (fixture), ==, G_USEC_PER_SEC + 5);
  g_assert_true (pillion_host_skip_to (fixture->host, G_USEC_PER_SEC + 10));
  g_assert_cmpint (now (fixture), ==, G_USEC_PER_SEC + 10);
  /* Never back */
  g_assert_true (pillion_host_skip_to (fixture->host, 10));
  g_assert_cmpint (now (fixture), ==, G_USEC_PER_SEC + 10);
  g_assert_cmpint (pillion_loop_get_now (fixture->loop), ==, now (fixture));
  pillion_test_host_advance (fixture->test, G_MAXINT64);
  g_assert_cmpint (now (fixture), ==, G_MAXINT64);
}

typedef struct
{
  Fixture *fixture;
  char letter;
  gint64 at;
} Note;

static void
note (PillionTask *task,
      gpointer data)
{
  Note *self = data;

  g_string_append_c (self->fixture->log, self->letter);
  self->at = pillion_loop_get_now (self->fixture->loop);
}

static void
sleep_and_note (Fixture *fixture,
                Note *self,
                char letter,
                gint64 delay)
{
  g_autoptr (PillionTask) task = pillion_loop_sleep (fixture->loop, delay, NULL);

  *self = (Note) { fixture, letter, 0 };
  pillion_task_add_done_callback (task, note, self, NULL);
}

static void
test_advance (Fixture *fixture,
              gconstpointer data)
{
  Note notes[3];

  sleep_and_note (fixture, &notes[0], 'c', 300);
  sleep_and_note (fixture, &notes[1], 'a', 100);
  sleep_and_note (fixture, &notes[2], 'b', 200);
  pillion_test_host_advance (fixture->test, 99);
  g_assert_cmpstr (fixture->log->str, ==, "");
  pillion_test_host_advance (fixture->test, 1);
  g_assert_cmpstr (fixture->log->str, ==, "a");
  /* It stops on the way at each deadline */
  pillion_test_host_advance (fixture->test, 1000);
  g_assert_cmpstr (fixture->log->str, ==, "abc");
  g_assert_cmpint (notes[1].at, ==, G_USEC_PER_SEC + 100);
  g_assert_cmpint (notes[2].at, ==, G_USEC_PER_SEC + 200);
  g_assert_cmpint (notes[0].at, ==, G_USEC_PER_SEC + 300);
  g_assert_cmpint (now (fixture), ==, G_USEC_PER_SEC + 1100);
}

static void
test_idle (Fixture *fixture,
           gconstpointer data)
{
  Note notes[3];
  gint64 start = g_get_monotonic_time ();

  sleep_and_note (fixture, &notes[0], 'c', 3 * G_TIME_SPAN_HOUR);
  sleep_and_note (fixture, &notes[1], 'a', G_TIME_SPAN_HOUR);
  sleep_and_note (fixture, &notes[2], 'b', 2 * G_TIME_SPAN_HOUR);
  g_assert_cmpuint (pillion_test_host_run_until_idle (fixture->test), >=, 3);
  g_assert_cmpstr (fixture->log->str, ==, "abc");
  g_assert_cmpint (now (fixture), ==, G_USEC_PER_SEC + 3 * G_TIME_SPAN_HOUR);
  g_assert_cmpint (g_get_monotonic_time () - start, <, G_TIME_SPAN_HOUR);
  g_assert_false (pillion_loop_is_riding (fixture->loop));
}

static void
sleep_again (PillionTask *task,
             gpointer data)
{
  Fixture *fixture = data;

  g_string_append_c (fixture->log, 'x');
  if (fixture->log->len < 24)
    {
      g_autoptr (PillionTask) next = pillion_loop_sleep (fixture->loop, G_TIME_SPAN_HOUR, NULL);

      pillion_task_add_done_callback (next, sleep_again, fixture, NULL);
    }
}

static void
test_chain (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (PillionTask) task = pillion_loop_sleep (fixture->loop, G_TIME_SPAN_HOUR, NULL);

  pillion_task_add_done_callback (task, sleep_again, fixture, NULL);
  pillion_test_host_run_until_idle (fixture->test);
  g_assert_cmpint (now (fixture), ==, G_USEC_PER_SEC + G_TIME_SPAN_DAY);
}

static void
test_held (Fixture *fixture,
           gconstpointer data)
{
  PillionTask *task = pillion_task_new (fixture->loop, "never", NULL);

  pillion_loop_hold (fixture->loop);
  pillion_test_host_run_until_idle (fixture->test);
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  pillion_loop_release (fixture->loop);
  pillion_test_host_run_until_idle (fixture->test);
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  pillion_task_return_boolean (task, TRUE);
  pillion_test_host_run_until_idle (fixture->test);
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  end_object (task);
}

static void
work (PillionTask *task,
      GCancellable *cancellable,
      gpointer data)
{
  spin_for (GPOINTER_TO_INT (data));
  pillion_task_return_int (task, 1);
}

/* The clock waits for threads: a timeout of a virtual hour does not overtake them */
static void
test_threads (Fixture *fixture,
              gconstpointer data)
{
  for (guint round = 0; round < 50; round++)
    {
      Note notes[4];
      gint64 before = now (fixture);

      g_string_truncate (fixture->log, 0);
      sleep_and_note (fixture, &notes[0], 's', G_TIME_SPAN_HOUR);
      for (guint i = 1; i < 4; i++)
        {
          g_autoptr (PillionTask) task = pillion_loop_run_in_thread (fixture->loop, "work", NULL,
                                                                     work, GINT_TO_POINTER (round * 20), NULL);

          notes[i] = (Note) { fixture, 'w', 0 };
          pillion_task_add_done_callback (task, note, &notes[i], NULL);
        }
      pillion_test_host_run_until_idle (fixture->test);
      g_assert_cmpstr (fixture->log->str, ==, "wwws");
      for (guint i = 1; i < 4; i++)
        g_assert_cmpint (notes[i].at, ==, before);
      g_assert_cmpint (notes[0].at, ==, before + G_TIME_SPAN_HOUR);
    }
}

static void
test_two_loops (Fixture *fixture,
                gconstpointer data)
{
  PillionLoop *other = loop_new ();
  g_autoptr (PillionTask) task = pillion_loop_sleep (fixture->loop, 100, NULL);
  g_autoptr (GError) error = NULL;

  /* Its name is taken */
  g_assert_false (pillion_loop_ensure (other, fixture->host, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NAME_TAKEN);
  pillion_test_host_run_until_idle (fixture->test);
  g_assert_true (pillion_task_is_done (task));
  loop_end (other);
}

static void
count (gpointer data)
{
  (*(int *) data)++;
}

static gpointer
call_there (gpointer data)
{
  gpointer *arguments = data;

  pillion_loop_call_soon_threadsafe (arguments[0], count, arguments[1], NULL);
  return NULL;
}

static void
test_thread_while_away (Fixture *fixture,
                        gconstpointer data)
{
  int n = 0;
  gpointer arguments[] = { fixture->loop, &n };

  for (int i = 1; i <= 5; i++)
    {
      pillion_test_host_run_until_idle (fixture->test);
      g_assert_false (pillion_loop_is_riding (fixture->loop));
      g_thread_join (g_thread_new ("caller", call_there, arguments));
      pillion_test_host_run_until_idle (fixture->test);
      g_assert_cmpint (n, ==, i);
    }
}

static gboolean
count_source (gpointer data)
{
  (*(int *) data)++;
  return G_SOURCE_REMOVE;
}

/* GLib's own sources are served, by the real clock, and do not hold up the virtual one */
static void
test_context (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GSource) idle = g_idle_source_new ();
  g_autoptr (GSource) timeout = g_timeout_source_new (G_MAXINT / 2);
  int n = 0;

  g_source_set_callback (idle, count_source, &n, NULL);
  g_source_attach (idle, pillion_loop_get_context (fixture->loop));
  g_source_set_callback (timeout, count_source, &n, NULL);
  g_source_attach (timeout, pillion_loop_get_context (fixture->loop));
  pillion_loop_hold (fixture->loop);
  pillion_test_host_run_until_idle (fixture->test);
  g_assert_cmpint (n, ==, 1);
  g_assert_cmpint (now (fixture), ==, G_USEC_PER_SEC);
  pillion_loop_release (fixture->loop);
  g_source_destroy (timeout);
}

static gboolean
start_sleep (gpointer data)
{
  PillionTask **task = data;

  *task = pillion_loop_sleep (pillion_task_get_loop (*task), G_TIME_SPAN_HOUR, NULL);
  return G_SOURCE_REMOVE;
}

/* As a passenger, the loop would wait for kicks that never come: time passes only in those of the host */
static void
test_work_from_the_context (Fixture *fixture,
                            gconstpointer data)
{
  g_autoptr (PillionTask) first = pillion_loop_sleep (fixture->loop, 1, NULL);
  g_autoptr (GSource) idle = g_idle_source_new ();
  PillionTask *task = first;

  pillion_test_host_run_until_idle (fixture->test);
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  g_source_set_callback (idle, start_sleep, &task, NULL);
  g_source_attach (idle, pillion_loop_get_context (fixture->loop));
  g_assert_true (g_main_context_iteration (pillion_loop_get_context (fixture->loop), FALSE));
  g_assert_true (task != first);
  g_assert_false (pillion_loop_is_passenger (fixture->loop));

  pillion_test_host_advance (fixture->test, G_TIME_SPAN_HOUR);
  g_assert_true (pillion_task_is_done (task));
  end_object (task);
}

static void
test_without_loop (void)
{
  PillionHost *host = PILLION_HOST (pillion_test_host_new ());

  g_assert_cmpuint (pillion_test_host_advance (PILLION_TEST_HOST (host), 100), ==, 0);
  g_assert_cmpuint (pillion_test_host_run_until_idle (PILLION_TEST_HOST (host)), ==, 0);
  g_assert_cmpint (pillion_host_get_now (host), ==, G_USEC_PER_SEC + 100);
  end_object (host);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/host/test/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("clock-moves-when-told", test_clock);
  ADD ("advance-stops-at-each-deadline", test_advance);
  ADD ("idle-jumps-from-deadline-to-deadline", test_idle);
  ADD ("idle-follows-chains", test_chain);
  ADD ("idle-is-also-held-or-waiting-for-nobody", test_held);
  ADD ("idle-waits-for-threads", test_threads);
  ADD ("name-is-taken-by-one-loop", test_two_loops);
  ADD ("thread-brings-work-while-the-hook-is-away", test_thread_while_away);
  ADD ("context-is-served", test_context);
  ADD ("work-that-comes-from-the-context-is-kicked", test_work_from_the_context);
  g_test_add_func ("/host/test/without-a-loop", test_without_loop);

  return g_test_run ();
}
