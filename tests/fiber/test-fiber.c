/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fiber-support.h"

#include <fenv.h>
#include <math.h>
#include <string.h>

/* Fibers on their own: how they start, run and end */

/* ThreadSanitizer takes each for a thread, of which it supports 8,000, and valgrind searches all stacks at
 * each switch */
static guint
get_many (void)
{
  return is_alone () ? 10000 : 1000;
}

static void
return_seven (PillionTask *task,
              gpointer data)
{
  *(guint *) data += 1;
  pillion_task_return_int (task, 7);
}

static void
count_destroyed (gpointer data)
{
  *(guint *) data += 100;
}

static void
test_runs_in_a_kick (Fixture *fixture,
                     gconstpointer data)
{
  guint n = 0;
  PillionTask *task = pillion_loop_spawn (fixture->loop, "seven", return_seven, &n, count_destroyed);

  g_assert_cmpuint (n, ==, 0);
  assert_state (task, PILLION_TASK_PENDING);
  g_assert_cmpstr (pillion_task_get_name (task), ==, "seven");
  g_assert_nonnull (strstr (pillion_task_get_site (task), "test-fiber.c"));
  g_assert_cmpuint (pillion_loop_get_live_tasks (fixture->loop), ==, 1);

  advance (fixture, 0);
  g_assert_cmpuint (n, ==, 101);
  g_assert_cmpint (pillion_task_get_int (task, NULL), ==, 7);
  end_object (task);
}

static void
test_names (Fixture *fixture,
            gconstpointer data)
{
  char *name = g_strdup ("made up");
  guint n = 0;
  PillionTask *copied = pillion_loop_spawn (fixture->loop, name, return_seven, &n, NULL);
  PillionTask *function = (pillion_loop_spawn) (fixture->loop, name, return_seven, &n, NULL);
  PillionTask *full = (pillion_loop_spawn_full) (fixture->loop, name, 0, return_seven, &n, NULL);
  PillionTask *at = pillion_loop_spawn_at (fixture->loop, name, 0, "there:1", return_seven, &n, NULL);
  PillionTask *fixed = pillion_loop_spawn_static (fixture->loop, "fixed", 0, "there:2", return_seven, &n, NULL);

  memset (name, 'x', strlen (name));
  g_free (name);
  g_assert_cmpstr (pillion_task_get_name (copied), ==, "made up");
  g_assert_nonnull (strstr (pillion_task_get_site (copied), "test-fiber.c"));
  g_assert_cmpstr (pillion_task_get_name (function), ==, "made up");
  g_assert_null (pillion_task_get_site (function));
  g_assert_cmpstr (pillion_task_get_name (full), ==, "made up");
  g_assert_cmpstr (pillion_task_get_site (at), ==, "there:1");
  g_assert_cmpstr (pillion_task_get_site (fixed), ==, "there:2");

  run_idle (fixture);
  g_assert_cmpuint (n, ==, 5);
  end_object (copied);
  end_object (function);
  end_object (full);
  end_object (at);
  end_object (fixed);
}

static void
test_let_go (Fixture *fixture,
             gconstpointer data)
{
  guint n = 0;

  g_object_unref (pillion_loop_spawn (fixture->loop, "seven", return_seven, &n, NULL));
  run_idle (fixture);
  g_assert_cmpuint (n, ==, 1);
}

static void
return_nothing (PillionTask *task,
                gpointer data)
{
  if (data != NULL)
    pillion_task_cancel (task);
}

static void
test_no_result (Fixture *fixture,
                gconstpointer data)
{
  PillionTask *silent = pillion_loop_spawn (fixture->loop, "silent", return_nothing, NULL, NULL);
  PillionTask *cancelled = pillion_loop_spawn (fixture->loop, "cancelled", return_nothing, fixture, NULL);
  g_autoptr (GError) error = NULL;

  run_idle (fixture);
  g_assert_true (pillion_task_get_boolean (silent, &error));
  g_assert_no_error (error);
  g_assert_cmpint (pillion_task_get_int (silent, &error), ==, 0);
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_TYPE);
  assert_state (cancelled, PILLION_TASK_CANCELLED);
  end_object (silent);
  end_object (cancelled);
}

static void
fail (PillionTask *task,
      gpointer data)
{
  pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "not there");
}

static void
test_error (Fixture *fixture,
            gconstpointer data)
{
  PillionTask *task = pillion_loop_spawn (fixture->loop, "fails", fail, NULL, NULL);

  run_idle (fixture);
  assert_failed (task, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  end_object (task);
}

static void
test_unhandled (Fixture *fixture,
                gconstpointer data)
{
  logs_catch ();
  g_object_unref (pillion_loop_spawn (fixture->loop, "fails", fail, NULL, NULL));
  run_idle (fixture);
  assert_logged ("warning: *fails*test-fiber.c*not there");
}

static void
test_cancelled_before (Fixture *fixture,
                       gconstpointer data)
{
  guint n = 0;
  PillionTask *task = pillion_loop_spawn (fixture->loop, "seven", return_seven, &n, count_destroyed);

  pillion_task_cancel (task);
  g_assert_cmpuint (n, ==, 0);
  run_idle (fixture);
  g_assert_cmpuint (n, ==, 100);
  assert_state (task, PILLION_TASK_CANCELLED);
  end_object (task);
}

static void
test_closed (Fixture *fixture,
             gconstpointer data)
{
  guint n = 0;
  PillionTask *task;

  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  task = pillion_loop_spawn (fixture->loop, "late", return_seven, &n, count_destroyed);
  g_assert_cmpuint (n, ==, 100);
  assert_failed (task, PILLION_ERROR, PILLION_ERROR_CLOSED);
  end_object (task);
}

static void
close_at_once (PillionLoop *loop,
               PillionTask *task,
               gpointer data)
{
  pillion_loop_close (loop, 0, NULL);
}

/* By a handler that is told about the new task */
static void
test_closed_meanwhile (Fixture *fixture,
                       gconstpointer data)
{
  guint n = 0;
  PillionTask *task;

  g_signal_connect (fixture->loop, "task-added", G_CALLBACK (close_at_once), NULL);
  task = pillion_loop_spawn (fixture->loop, "late", return_seven, &n, count_destroyed);
  g_assert_cmpuint (n, ==, 100);
  assert_failed (task, PILLION_ERROR, PILLION_ERROR_CLOSED);
  end_object (task);
}

static void
see_itself (PillionTask *task,
            gpointer data)
{
  g_assert_true (pillion_fiber_get_current_task () == task);
  g_assert_true (pillion_yield (NULL));
  g_assert_true (pillion_fiber_get_current_task () == task);
  g_assert_true (pillion_task_get_loop (task) == data);
  pillion_task_return_boolean (task, TRUE);
}

static void
test_current (Fixture *fixture,
              gconstpointer data)
{
  PillionTask *one = pillion_loop_spawn (fixture->loop, "one", see_itself, fixture->loop, NULL);
  PillionTask *two = pillion_loop_spawn (fixture->loop, "two", see_itself, fixture->loop, NULL);

  g_assert_null (pillion_fiber_get_current_task ());
  run_idle (fixture);
  g_assert_null (pillion_fiber_get_current_task ());
  assert_state (one, PILLION_TASK_SUCCEEDED);
  assert_state (two, PILLION_TASK_SUCCEEDED);
  end_object (one);
  end_object (two);
}

/* It has a result, and something else to do */
static void
return_early (PillionTask *task,
              gpointer data)
{
  pillion_task_return_int (task, 3);
  g_assert_true (pillion_sleep (G_TIME_SPAN_SECOND, NULL));
  /* It has ended, so there is nothing left to cancel */
  pillion_task_cancel (task);
  g_assert_true (pillion_yield (NULL));
  *(guint *) data += 1;
}

static void
test_early_result (Fixture *fixture,
                   gconstpointer data)
{
  guint n = 0;
  PillionTask *task = pillion_loop_spawn (fixture->loop, "early", return_early, &n, NULL);

  advance (fixture, 0);
  g_assert_cmpint (pillion_task_get_int (task, NULL), ==, 3);
  g_object_unref (task);
  pillion_loop_hold (fixture->loop);
  advance (fixture, G_TIME_SPAN_SECOND);
  pillion_loop_release (fixture->loop);
  g_assert_cmpuint (n, ==, 1);
}

static guint
use_stack (guint n_kilobytes)
{
  volatile char frame[1024];

  memset ((char *) frame, n_kilobytes, sizeof frame);
  return (n_kilobytes > 0 ? use_stack (n_kilobytes - 1) : 0) + frame[n_kilobytes % sizeof frame] % 2;
}

static void
go_deep (PillionTask *task,
         gpointer data)
{
  guint before = use_stack (GPOINTER_TO_UINT (data));

  g_assert_true (pillion_yield (NULL));
  g_assert_cmpuint (use_stack (GPOINTER_TO_UINT (data)), ==, before);
  pillion_task_return_boolean (task, TRUE);
}

static void
test_deep (Fixture *fixture,
           gconstpointer data)
{
  PillionTask *tasks[40];

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = pillion_loop_spawn (fixture->loop, "deep", go_deep, GUINT_TO_POINTER (50), NULL);
  run_idle (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      assert_state (tasks[i], PILLION_TASK_SUCCEEDED);
      end_object (tasks[i]);
    }
}

static void
test_sizes (Fixture *fixture,
            gconstpointer data)
{
  static const struct { gsize size; guint use; } sizes[] = {
    { 1, 1 }, { 1024, 1 }, { 100 * 1024, 50 }, { 1024 * 1024, 600 }, { 8 * 1024 * 1024, 5000 }, { 9 * 1024 * 1024 + 1, 5000 },
  };
  PillionTask *tasks[G_N_ELEMENTS (sizes)];

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    tasks[i] = pillion_loop_spawn_full (fixture->loop, "sized", sizes[i].size, go_deep, GUINT_TO_POINTER (sizes[i].use), NULL);
  run_idle (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      assert_state (tasks[i], PILLION_TASK_SUCCEEDED);
      end_object (tasks[i]);
    }
}

static void
test_absurd_sizes (Fixture *fixture,
                   gconstpointer data)
{
  static const gsize sizes[] = { G_MAXSIZE, G_MAXSIZE / 2, G_MAXSIZE / 2 + 1, (gsize) 1 << 62, ((gsize) 1 << 36) + 1 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      guint n = 0;
      PillionTask *task = pillion_loop_spawn_full (fixture->loop, "absurd", sizes[i], return_seven, &n, count_destroyed);
      g_autoptr (GError) error = NULL;

      run_idle (fixture);
      g_assert_cmpuint (n, ==, 100);
      g_assert_false (pillion_task_check (task, &error));
      g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NO_RESOURCES);
      g_assert_nonnull (strstr (error->message, "absurd"));
      end_object (task);
    }
}

/* Numbers in registers, the rounding mode, and what is on the stack all stay the fiber's own */
static void
calculate (PillionTask *task,
           gpointer data)
{
  guint n = GPOINTER_TO_UINT (data);
  double a = n, b = n * 0.5, c = n * 0.25, d = 1.0 / (n + 1);
  gint64 i = n, j = 3 * n, k = 5 * n, l = 7 * n, m = 9 * n;
  long double e = n * 0.125L;
  int rounding = n % 2 == 0 ? FE_UPWARD : FE_DOWNWARD;

  g_assert_cmpint (fegetround (), ==, FE_TONEAREST);
  fesetround (rounding);
  for (guint round = 0; round < 100; round++)
    {
      volatile double one = 1.0, three = 3.0;
      double third = one / three;

      a += 1;
      b += 2;
      c += a;
      d *= 1.5;
      e += 0.5L;
      i++, j += 2, k += 3, l += 4, m += 5;
      g_assert_true (pillion_yield (NULL));
      g_assert_cmpint (fegetround (), ==, rounding);
      g_assert_true (third == one / three);
      g_assert_true ((third * three > 1.0) == (rounding == FE_UPWARD) || third * three == 1.0);
    }
  fesetround (FE_TONEAREST);

  g_assert_true (a == n + 100 && b == n * 0.5 + 200 && e == n * 0.125L + 50);
  g_assert_true (c > 0 && isfinite (d));
  g_assert_cmpint (i, ==, n + 100);
  g_assert_cmpint (j, ==, 3 * n + 200);
  g_assert_cmpint (k, ==, 5 * n + 300);
  g_assert_cmpint (l, ==, 7 * n + 400);
  g_assert_cmpint (m, ==, 9 * n + 500);
  pillion_task_return_double (task, c);
}

static void
test_numbers (Fixture *fixture,
              gconstpointer data)
{
  PillionTask *tasks[20];

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = pillion_loop_spawn (fixture->loop, "numbers", calculate, GUINT_TO_POINTER (i), NULL);
  run_idle (fixture);
  g_assert_cmpint (fegetround (), ==, FE_TONEAREST);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_assert_cmpfloat (pillion_task_get_double (tasks[i], NULL), ==, 100.0 * i + i * 0.25 + 5050);
      end_object (tasks[i]);
    }
}

static void
note_order (PillionTask *task,
            gpointer data)
{
  for (guint i = 0; i < 3; i++)
    {
      g_string_append (data, pillion_task_get_name (task));
      g_assert_true (pillion_yield (NULL));
    }
  pillion_task_return_boolean (task, TRUE);
}

static void
test_yield (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GString) order = g_string_new (NULL);

  g_object_unref (pillion_loop_spawn (fixture->loop, "a", note_order, order, NULL));
  g_object_unref (pillion_loop_spawn (fixture->loop, "b", note_order, order, NULL));
  g_object_unref (pillion_loop_spawn (fixture->loop, "c", note_order, order, NULL));
  run_idle (fixture);
  g_assert_cmpstr (order->str, ==, "abcabcabc");
}

static gboolean
count_idle (gpointer data)
{
  *(guint *) data += 1;
  return G_SOURCE_CONTINUE;
}

static void
yield_until_idle (PillionTask *task,
                  gpointer data)
{
  while (*(guint *) data < 3)
    g_assert_true (pillion_yield (NULL));
  pillion_task_return_boolean (task, TRUE);
}

/* Fibers that only yield leave the context its turn */
static void
test_yield_leaves_room (Fixture *fixture,
                        gconstpointer data)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  guint n = 0;
  PillionTask *task = pillion_loop_spawn (fixture->loop, "yields", yield_until_idle, &n, NULL);

  g_source_set_callback (source, count_idle, &n, NULL);
  g_source_attach (source, pillion_loop_get_context (fixture->loop));
  kick_until (fixture->loop, pillion_task_is_done (task));
  g_source_destroy (source);
  kick_until_quiet (fixture->loop);
  end_object (task);
}

static void
sleep_for (PillionTask *task,
           gpointer data)
{
  PillionLoop *loop = pillion_task_get_loop (task);
  gint64 start = pillion_loop_get_now (loop);

  g_assert_true (pillion_sleep (GPOINTER_TO_INT (data), NULL));
  pillion_task_return_int (task, pillion_loop_get_now (loop) - start);
}

static void
test_sleep (Fixture *fixture,
            gconstpointer data)
{
  PillionTask *hour = pillion_loop_spawn (fixture->loop, "hour", sleep_for, GINT_TO_POINTER (2000000000), NULL);
  PillionTask *none = pillion_loop_spawn (fixture->loop, "none", sleep_for, GINT_TO_POINTER (0), NULL);
  PillionTask *past = pillion_loop_spawn (fixture->loop, "past", sleep_for, GINT_TO_POINTER (-5), NULL);

  advance (fixture, 0);
  g_assert_cmpint (pillion_task_get_int (none, NULL), ==, 0);
  g_assert_cmpint (pillion_task_get_int (past, NULL), ==, 0);
  assert_state (hour, PILLION_TASK_PENDING);
  advance (fixture, 1999999999);
  assert_state (hour, PILLION_TASK_PENDING);
  advance (fixture, 1);
  g_assert_cmpint (pillion_task_get_int (hour, NULL), ==, 2000000000);
  end_object (hour);
  end_object (none);
  end_object (past);
}

static void
sleep_for_ever (PillionTask *task,
                gpointer data)
{
  pillion_sleep (G_MAXINT64, NULL);
}

static void
test_sleep_for_ever (Fixture *fixture,
                     gconstpointer data)
{
  PillionTask *task = pillion_loop_spawn (fixture->loop, "for ever", sleep_for_ever, NULL, NULL);

  advance (fixture, G_TIME_SPAN_DAY);
  assert_state (task, PILLION_TASK_PENDING);
  pillion_task_cancel (task);
  advance (fixture, 0);
  assert_state (task, PILLION_TASK_CANCELLED);
  end_object (task);
}

static void
spawn_next (PillionTask *task,
            gpointer data)
{
  guint *left = data;

  if (*left > 0)
    {
      g_autoptr (PillionTask) next = NULL;
      g_autoptr (GError) error = NULL;

      *left -= 1;
      next = pillion_loop_spawn (pillion_task_get_loop (task), "next", spawn_next, left, NULL);
      pillion_task_return_int (task, pillion_await_int (next, &error) + 1);
      g_assert_no_error (error);
    }
  else
    {
      pillion_task_return_int (task, 0);
    }
}

/* Each waits for the next */
static void
test_chain (Fixture *fixture,
            gconstpointer data)
{
  guint left = get_many () / 10;
  PillionTask *task = pillion_loop_spawn (fixture->loop, "first", spawn_next, &left, NULL);

  run_idle (fixture);
  g_assert_cmpint (pillion_task_get_int (task, NULL), ==, get_many () / 10);
  end_object (task);
}

static void
work_a_while (PillionTask *task,
              gpointer data)
{
  guint n = GPOINTER_TO_UINT (data);
  guint sum = 0;

  for (guint i = 0; i < n % 5; i++)
    {
      sum += n;
      g_assert_true (i % 2 == 0 ? pillion_yield (NULL) : pillion_sleep (n % 1000, NULL));
    }
  pillion_task_return_int (task, sum);
}

static void
test_many (Fixture *fixture,
           gconstpointer data)
{
  const guint n_fibers = get_many ();
  g_autofree PillionTask **tasks = g_new (PillionTask *, n_fibers);

  for (guint i = 0; i < n_fibers; i++)
    tasks[i] = pillion_loop_spawn (fixture->loop, "many", work_a_while, GUINT_TO_POINTER (i), NULL);
  run_idle (fixture);
  for (guint i = 0; i < n_fibers; i++)
    {
      g_assert_cmpint (pillion_task_get_int (tasks[i], NULL), ==, i % 5 * i);
      end_object (tasks[i]);
    }
}

static gpointer
run_a_loop (gpointer data)
{
  PillionLoop *loop = loop_new ();
  PillionTask *tasks[100];

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = pillion_loop_spawn (loop, "there", work_a_while, GUINT_TO_POINTER (i), NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_assert_true (pillion_loop_run_until_complete (loop, tasks[i], NULL));
      g_object_unref (tasks[i]);
    }
  loop_end (loop);

  return NULL;
}

/* Each thread has a loop of its own */
static void
test_threads (void)
{
  GThread *threads[4];

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("fibers", run_a_loop, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/fiber/" name, Fixture, NULL, fixture_set_up, function, fixture_tear_down)
  ADD ("runs-in-a-kick-and-ends-with-its-result", test_runs_in_a_kick);
  ADD ("knows-its-name-and-where-it-was-spawned", test_names);
  ADD ("nobody-needs-to-hold-it", test_let_go);
  ADD ("without-a-result-it-has-ended-well", test_no_result);
  ADD ("ends-with-its-error", test_error);
  ADD ("a-failure-that-nobody-looks-at-is-reported", test_unhandled);
  ADD ("cancelled-before-it-ran-never-runs", test_cancelled_before);
  ADD ("on-a-closed-loop-has-failed", test_closed);
  ADD ("loop-closed-by-who-hears-of-it", test_closed_meanwhile);
  ADD ("knows-its-task", test_current);
  ADD ("goes-on-after-its-result", test_early_result);
  ADD ("goes-deep-into-its-stack", test_deep);
  ADD ("stacks-of-all-sizes", test_sizes);
  ADD ("absurd-sizes-fail", test_absurd_sizes);
  ADD ("keeps-its-numbers-and-their-rounding", test_numbers);
  ADD ("yields-in-turn", test_yield);
  ADD ("yielding-leaves-the-context-its-turn", test_yield_leaves_room);
  ADD ("sleeps-by-the-host's-clock", test_sleep);
  ADD ("sleeps-to-the-end-of-time", test_sleep_for_ever);
  ADD ("waits-in-a-long-chain", test_chain);
  ADD ("thousands-at-once", test_many);
  g_test_add_func ("/fiber/loops-of-several-threads", test_threads);

  return g_test_run ();
}
