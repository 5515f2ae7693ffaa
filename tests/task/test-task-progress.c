/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

typedef struct
{
  PillionLoop *loop;
  PillionTask *task;
  int n_signals;
  gint64 completed;
  GThread *thread;
} Fixture;

static void
on_progress (PillionTask *task,
             gpointer data)
{
  Fixture *fixture = data;

  fixture->n_signals++;
  fixture->completed = pillion_task_get_completed (task);
  fixture->thread = g_thread_self ();
}

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  fixture->task = pillion_task_new (fixture->loop, "job", NULL);
  g_signal_connect (fixture->task, "progress", G_CALLBACK (on_progress), fixture);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  if (!pillion_task_is_done (fixture->task))
    pillion_task_return_boolean (fixture->task, TRUE);
  kick_until_quiet (fixture->loop);
  end_object (fixture->task);
  loop_end (fixture->loop);
}

static void
test_nothing_said (Fixture *fixture,
                   gconstpointer data)
{
  g_assert_cmpint (pillion_task_get_completed (fixture->task), ==, 0);
  g_assert_cmpint (pillion_task_get_total (fixture->task), ==, -1);
  g_assert_null (pillion_task_get_unit (fixture->task));
  g_assert_null (pillion_task_dup_message (fixture->task));
  g_assert_cmpfloat (pillion_task_get_rate (fixture->task), ==, 0.0);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n_signals, ==, 0);
}

static void
test_said (Fixture *fixture,
           gconstpointer data)
{
  g_autofree char *message = NULL;

  pillion_task_set_progress (fixture->task, 30, 100);
  pillion_task_set_unit (fixture->task, "bytes");
  pillion_task_set_message (fixture->task, "halfway");
  pillion_task_set_message (fixture->task, "nearly there");
  g_assert_cmpint (pillion_task_get_completed (fixture->task), ==, 30);
  g_assert_cmpint (pillion_task_get_total (fixture->task), ==, 100);
  g_assert_cmpstr (pillion_task_get_unit (fixture->task), ==, "bytes");
  message = pillion_task_dup_message (fixture->task);
  g_assert_cmpstr (message, ==, "nearly there");

  pillion_task_set_progress (fixture->task, 31, -1);
  g_assert_cmpint (pillion_task_get_total (fixture->task), ==, -1);
  pillion_task_set_unit (fixture->task, NULL);
  g_assert_null (pillion_task_get_unit (fixture->task));
  pillion_task_set_message (fixture->task, NULL);
  g_assert_null (pillion_task_dup_message (fixture->task));
}

static void
on_order (PillionTask *task,
          gpointer data)
{
  g_string_append_printf (data, "%s%d ", pillion_task_is_done (task) ? "done" : "", (int) pillion_task_get_completed (task));
}

static void
on_done_order (PillionTask *task,
               gpointer data)
{
  g_string_append (data, "callback ");
}

static void
on_notify (PillionTask *task,
           GParamSpec *pspec,
           gpointer data)
{
  g_string_append_printf (data, "%s ", pspec->name);
}

/* Even if the work ends within the same kick, and reports more too late */
static void
test_last_before_callbacks (Fixture *fixture,
                            gconstpointer data)
{
  g_autoptr (GString) log = g_string_new (NULL);

  g_signal_connect (fixture->task, "progress", G_CALLBACK (on_order), log);
  pillion_task_add_done_callback (fixture->task, on_done_order, log, NULL);
  pillion_task_set_progress (fixture->task, 1, 3);
  kick_until_quiet (fixture->loop);
  pillion_task_set_progress (fixture->task, 3, 3);
  pillion_task_return_boolean (fixture->task, TRUE);
  pillion_task_set_progress (fixture->task, 4, 3);
  kick_until_quiet (fixture->loop);
  g_assert_cmpstr (log->str, ==, "1 done3 callback ");
}

static void
test_notifies (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GString) log = g_string_new (NULL);
  g_autofree char *message = NULL, *unit = NULL;
  gint64 completed, total;
  double rate;
  PillionTaskState state;

  g_signal_connect (fixture->task, "notify", G_CALLBACK (on_notify), log);
  pillion_task_set_progress (fixture->task, 1, 3);
  pillion_task_set_progress (fixture->task, 2, 3);
  g_assert_cmpstr (log->str, ==, "");
  kick_until_quiet (fixture->loop);
  g_assert_cmpstr (log->str, ==, "completed total ");

  pillion_task_set_progress (fixture->task, 3, 3);
  pillion_task_set_unit (fixture->task, "files");
  pillion_task_set_message (fixture->task, "packing");
  kick_until_quiet (fixture->loop);
  g_assert_cmpstr (log->str, ==, "completed total completed unit message ");

  g_object_get (fixture->task, "completed", &completed, "total", &total, "rate", &rate, "unit", &unit, "message", &message, NULL);
  g_assert_cmpint (completed, ==, 3);
  g_assert_cmpint (total, ==, 3);
  g_assert_cmpfloat (rate, ==, 0.0);
  g_assert_cmpstr (unit, ==, "files");
  g_assert_cmpstr (message, ==, "packing");

  g_string_truncate (log, 0);
  pillion_task_add_done_callback (fixture->task, on_done_order, log, NULL);
  pillion_task_return_boolean (fixture->task, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_cmpstr (log->str, ==, "state callback ");
  g_object_get (fixture->task, "state", &state, NULL);
  g_assert_cmpint (state, ==, PILLION_TASK_SUCCEEDED);
}

static void
test_coalesced (Fixture *fixture,
                gconstpointer data)
{
  for (int kick = 1; kick <= 3; kick++)
    {
      for (int i = 0; i < 1000; i++)
        pillion_task_set_progress (fixture->task, kick * 1000 + i, 10000);
      g_assert_cmpint (fixture->n_signals, ==, kick - 1);
      kick_until_quiet (fixture->loop);
      g_assert_cmpint (fixture->n_signals, ==, kick);
      g_assert_cmpint (fixture->completed, ==, kick * 1000 + 999);
    }
}

static void
test_each_setter_tells (Fixture *fixture,
                        gconstpointer data)
{
  pillion_task_set_unit (fixture->task, "files");
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n_signals, ==, 1);
  pillion_task_set_message (fixture->task, "text");
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n_signals, ==, 2);
}

static void
on_progress_again (PillionTask *task,
                   gpointer data)
{
  Fixture *fixture = data;

  if (fixture->n_signals < 5)
    pillion_task_set_progress (task, fixture->n_signals, -1);
}

/* Progress that a handler sets is reported by the next kick */
static void
test_said_inside (Fixture *fixture,
                  gconstpointer data)
{
  g_signal_connect (fixture->task, "progress", G_CALLBACK (on_progress_again), fixture);
  pillion_task_set_progress (fixture->task, 0, -1);
  for (int i = 1; i <= 5; i++)
    {
      pillion_loop_kick (fixture->loop);
      g_assert_cmpint (fixture->n_signals, ==, i);
    }
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n_signals, ==, 5);
}

static gpointer
work (gpointer task)
{
  for (int i = 1; i <= 2000; i++)
    {
      pillion_task_set_progress (task, i, 2000);
      if (i % 100 == 0)
        {
          pillion_task_set_message (task, i % 200 == 0 ? "even" : "odd");
          pillion_task_set_unit (task, "steps");
        }
    }
  g_object_unref (task);
  return NULL;
}

static void
test_threads (Fixture *fixture,
              gconstpointer data)
{
  GThread *threads[3];

  for (guint i = 0; i < 3; i++)
    threads[i] = g_thread_new ("worker", work, g_object_ref (fixture->task));
  for (guint i = 0; i < 200; i++)
    {
      g_free (pillion_task_dup_message (fixture->task));
      pillion_task_get_rate (fixture->task);
      g_assert_cmpint (pillion_task_get_completed (fixture->task), <=, 2000);
      pillion_loop_kick (fixture->loop);
    }
  for (guint i = 0; i < 3; i++)
    g_thread_join (threads[i]);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n_signals, >, 0);
  g_assert_cmpint (fixture->completed, ==, 2000);
  g_assert_true (fixture->thread == g_thread_self ());
}

/* About as much as was reported in the time that passed; half and double are as near as a busy machine allows */
static void
test_rate (Fixture *fixture,
           gconstpointer data)
{
  gint64 start = g_get_monotonic_time ();
  gint64 now = start;
  double rate;

  pillion_task_set_progress (fixture->task, 0, -1);
  g_assert_cmpfloat (pillion_task_get_rate (fixture->task), ==, 0.0);
  while (now < start + 600000)
    {
      spin_for (1000);
      now = g_get_monotonic_time ();
      pillion_task_set_progress (fixture->task, (now - start) * 3, -1);
    }
  rate = pillion_task_get_rate (fixture->task);
  g_assert_cmpfloat (rate, >, 1.5e6);
  g_assert_cmpfloat (rate, <, 6e6);

  /* Started over: nothing is known */
  pillion_task_set_progress (fixture->task, 0, -1);
  g_assert_cmpfloat (pillion_task_get_rate (fixture->task), ==, 0.0);
}

static void
test_after_close (Fixture *fixture,
                  gconstpointer data)
{
  pillion_task_return_boolean (fixture->task, TRUE);
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  pillion_task_set_progress (fixture->task, 5, 6);
  g_assert_cmpint (pillion_task_get_completed (fixture->task), ==, 0);
  g_assert_cmpint (fixture->n_signals, ==, 0);
}

static void
test_pending_at_close (Fixture *fixture,
                       gconstpointer data)
{
  pillion_task_set_progress (fixture->task, 5, 6);
  pillion_loop_close (fixture->loop, 0, NULL);
  g_assert_cmpint (fixture->n_signals, ==, 0);
}

static void
test_wrong (Fixture *fixture,
            gconstpointer data)
{
  g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, "*completed >= 0*failed*");
  pillion_task_set_progress (fixture->task, -1, 5);
  g_test_assert_expected_messages ();
  g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, "*total >= -1*failed*");
  pillion_task_set_progress (fixture->task, 1, -2);
  g_test_assert_expected_messages ();
}

static PillionTask *
give_task (gpointer data)
{
  return g_object_ref (data);
}

static PillionTask *
try_task (guint attempt,
          gpointer data)
{
  return g_object_ref (data);
}

static void
assert_passed_on (Fixture *fixture,
                  PillionTask *stand_in)
{
  g_autofree char *message = NULL;
  int n_signals;

  g_signal_connect (stand_in, "progress", G_CALLBACK (on_progress), fixture);
  kick_until_quiet (fixture->loop);
  n_signals = fixture->n_signals;
  pillion_task_set_progress (fixture->task, 3, 7);
  pillion_task_set_unit (fixture->task, "files");
  pillion_task_set_message (fixture->task, "third");
  kick_until_quiet (fixture->loop);

  g_assert_cmpint (fixture->n_signals, ==, n_signals + 2);
  g_assert_cmpint (pillion_task_get_completed (stand_in), ==, 3);
  g_assert_cmpint (pillion_task_get_total (stand_in), ==, 7);
  g_assert_cmpstr (pillion_task_get_unit (stand_in), ==, "files");
  message = pillion_task_dup_message (stand_in);
  g_assert_cmpstr (message, ==, "third");
  pillion_task_return_boolean (fixture->task, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_true (pillion_task_is_done (stand_in));
}

static PillionTask *
give_first (PillionTask *task,
            gpointer data)
{
  return g_object_ref (data);
}

/* Tasks that stand for another one have its progress */
static void
test_stand_ins (Fixture *fixture,
                gconstpointer data)
{
  static const char *const kinds[] = { "start", "and-then", "timeout", "shield", "retry", "nested" };
  g_autoptr (PillionScope) scope = pillion_scope_new (fixture->loop, "scope", NULL);
  g_autoptr (PillionRetry) retry = pillion_retry_new ();

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr (PillionTask) stand_in = NULL;
      g_autoptr (PillionTask) first = pillion_loop_sleep (fixture->loop, 0, NULL);

      if (pillion_task_is_done (fixture->task))
        {
          g_object_unref (fixture->task);
          fixture->task = pillion_task_new (fixture->loop, "job", NULL);
          g_signal_connect (fixture->task, "progress", G_CALLBACK (on_progress), fixture);
        }
      switch (i)
        {
        case 0:
          stand_in = pillion_scope_start (scope, "start", give_task, fixture->task, NULL);
          break;
        case 1:
          stand_in = pillion_task_and_then (first, give_first, fixture->task, NULL);
          break;
        case 2:
          stand_in = pillion_task_with_timeout (fixture->task, G_TIME_SPAN_HOUR);
          break;
        case 3:
          stand_in = pillion_task_shield (fixture->task);
          break;
        case 4:
          stand_in = pillion_retry_run (retry, fixture->loop, "retry", NULL, try_task, fixture->task, NULL);
          break;
        default:
          {
            g_autoptr (PillionTask) shield = pillion_task_shield (fixture->task);

            stand_in = pillion_task_with_timeout (shield, G_TIME_SPAN_HOUR);
          }
        }
      g_test_message ("%s", kinds[i]);
      pillion_loop_run_until_complete (fixture->loop, first, NULL);
      assert_passed_on (fixture, stand_in);
    }
  g_assert_true (pillion_scope_close (scope, 0, NULL));
}

static void
end_task (gpointer data)
{
  Fixture *fixture = data;

  pillion_task_set_progress (fixture->task, 2, 2);
  pillion_task_return_boolean (fixture->task, TRUE);
}

static void
report_and_end (gpointer data)
{
  Fixture *fixture = data;

  pillion_task_set_progress (fixture->task, 1, 2);
  pillion_loop_call_soon (fixture->loop, end_task, fixture, NULL);
}

static void
close_loop (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  if (!pillion_task_is_done (fixture->task))
    return;

  /* This doesn't wait for the task, which can't be delivered before the handler returns */
  g_assert_false (pillion_loop_close (fixture->loop, -1, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
}

static void
on_done (PillionTask *task,
         gpointer n)
{
  (*(int *) n)++;
}

/* The last report comes right before the callbacks */
static void
test_handler_closes_loop (Fixture *fixture,
                          gconstpointer data)
{
  int n = 0;

  g_signal_connect_swapped (fixture->task, "progress", G_CALLBACK (close_loop), fixture);
  pillion_task_add_done_callback (fixture->task, on_done, &n, NULL);
  pillion_loop_call_soon (fixture->loop, report_and_end, fixture, NULL);
  kick_until_quiet (fixture->loop);
  g_assert_true (pillion_loop_is_closed (fixture->loop));
  g_assert_cmpint (n, ==, 0);
}

static void
wait_for_task (Fixture *fixture)
{
  if (pillion_task_is_done (fixture->task))
    g_assert_true (pillion_loop_run_until_complete (fixture->loop, fixture->task, NULL));
}

static void
test_handler_waits (Fixture *fixture,
                    gconstpointer signal)
{
  int n = 0;

  g_signal_connect_swapped (fixture->task, signal, G_CALLBACK (wait_for_task), fixture);
  pillion_task_add_done_callback (fixture->task, on_done, &n, NULL);
  pillion_loop_call_soon (fixture->loop, report_and_end, fixture, NULL);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (n, ==, 1);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/task/progress/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("nothing-said-is-unknown", test_nothing_said);
  ADD ("handler-of-the-last-report-closes-the-loop", test_handler_closes_loop);
  g_test_add ("/task/progress/handler-of-the-last-report-waits-for-the-task", Fixture, "progress", set_up, test_handler_waits, tear_down);
  g_test_add ("/task/progress/handler-of-the-state-waits-for-the-task", Fixture, "notify::state", set_up, test_handler_waits, tear_down);
  ADD ("is-what-was-said", test_said);
  ADD ("signal-comes-once-a-kick", test_coalesced);
  ADD ("last-one-comes-before-the-done-callbacks", test_last_before_callbacks);
  ADD ("properties-notify-once-a-kick", test_notifies);
  ADD ("each-setter-tells", test_each_setter_tells);
  ADD ("said-inside-a-handler-is-told-by-the-next-kick", test_said_inside);
  ADD ("from-threads", test_threads);
  ADD ("rate-is-about-right", test_rate);
  ADD ("after-the-end-is-not-told", test_after_close);
  ADD ("pending-at-close-is-not-told", test_pending_at_close);
  ADD ("passed-on-to-what-stands-for-the-task", test_stand_ins);
  ADD ("out-of-range-is-critical", test_wrong);

  return g_test_run ();
}
