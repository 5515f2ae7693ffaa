/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"
#include "stopped-clock.h"
#include "../host/fake-host.h"

/* Creating loops, their properties, the default loops, and signals that no other test is about */

static void
test_defaults (void)
{
  PillionLoop *loop = loop_new_with_budget ();

  g_assert_cmpint (pillion_loop_get_budget_usec (loop), ==, 2000);
  g_assert_cmpint (pillion_loop_get_budget_mode (loop), ==, PILLION_BUDGET_FIXED);
  g_assert_cmpint (pillion_loop_get_slow_threshold_usec (loop), ==, 100000);
  g_assert_true (pillion_loop_get_auto_stop (loop));
  g_assert_cmpuint (pillion_loop_get_max_workers (loop), ==, 8);
  g_assert_cmpuint (pillion_loop_get_live_tasks (loop), ==, 0);
  g_assert_false (pillion_loop_is_riding (loop));
  g_assert_false (pillion_loop_is_passenger (loop));
  g_assert_false (pillion_loop_is_closed (loop));
  g_assert_null (pillion_loop_get_host (loop));
  loop_end (loop);
}

static int n_notified;

static void
on_notify (GObject *object,
           GParamSpec *pspec,
           gpointer data)
{
  n_notified++;
}

static void
test_properties (void)
{
  PillionLoop *loop = loop_new ();
  FakeHost *host = fake_host_new ("properties");
  gint64 budget, slow;
  PillionBudgetMode mode;
  gboolean auto_stop, riding, passenger;
  guint max_workers, live_tasks;
  PillionLoopFlags flags;
  g_autoptr (GMainContext) context = NULL;
  g_autoptr (PillionHost) its_host = NULL;

  n_notified = 0;
  g_signal_connect (loop, "notify", G_CALLBACK (on_notify), NULL);
  g_object_set (loop, "budget-usec", (gint64) 1, "budget-mode", PILLION_BUDGET_AUTOMATIC, "slow-threshold-usec", (gint64) 2,
                "auto-stop", FALSE, "max-workers", 3, NULL);
  g_assert_cmpint (n_notified, ==, 5);
  /* No change, no notification */
  g_object_set (loop, "budget-usec", (gint64) 1, "budget-mode", PILLION_BUDGET_AUTOMATIC, "slow-threshold-usec", (gint64) 2,
                "auto-stop", FALSE, "max-workers", 3, NULL);
  pillion_loop_set_auto_stop (loop, FALSE);
  g_assert_cmpint (n_notified, ==, 5);
  g_assert_cmpint (pillion_loop_get_budget_usec (loop), ==, 1);
  g_assert_cmpint (pillion_loop_get_budget_mode (loop), ==, PILLION_BUDGET_AUTOMATIC);
  g_assert_cmpint (pillion_loop_get_slow_threshold_usec (loop), ==, 2);
  g_assert_false (pillion_loop_get_auto_stop (loop));
  g_assert_cmpuint (pillion_loop_get_max_workers (loop), ==, 3);

  pillion_loop_set_budget_usec (loop, 10);
  pillion_loop_set_budget_mode (loop, PILLION_BUDGET_FIXED);
  pillion_loop_set_slow_threshold_usec (loop, 20);
  pillion_loop_set_auto_stop (loop, TRUE);
  pillion_loop_set_max_workers (loop, 5);
  g_assert_cmpint (n_notified, ==, 10);

  g_assert_true (pillion_loop_ensure (loop, PILLION_HOST (host), NULL));
  g_assert_cmpint (n_notified, ==, 12); /* riding and host */
  g_object_get (loop, "budget-usec", &budget, "budget-mode", &mode, "slow-threshold-usec", &slow, "auto-stop", &auto_stop,
                "max-workers", &max_workers, "live-tasks", &live_tasks, "riding", &riding, "passenger", &passenger,
                "host", &its_host, "context", &context, "flags", &flags, NULL);
  g_assert_cmpint (budget, ==, 10);
  g_assert_cmpint (mode, ==, PILLION_BUDGET_FIXED);
  g_assert_cmpint (slow, ==, 20);
  g_assert_true (auto_stop);
  g_assert_cmpuint (max_workers, ==, 5);
  g_assert_cmpuint (live_tasks, ==, 0);
  g_assert_true (riding);
  g_assert_false (passenger);
  g_assert_true (its_host == PILLION_HOST (host));
  g_assert_true (context == pillion_loop_get_context (loop));
  g_assert_cmpint (flags, ==, PILLION_LOOP_DEFAULT);

  loop_end (loop);
  g_clear_object (&its_host);
  end_object (host);
}

static void
test_wrong_values (void)
{
  PillionLoop *loop = loop_new ();

  g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, "*budget_usec >= 0*failed*");
  pillion_loop_set_budget_usec (loop, -1);
  g_test_assert_expected_messages ();
  g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, "*threshold_usec >= 0*failed*");
  pillion_loop_set_slow_threshold_usec (loop, -1);
  g_test_assert_expected_messages ();
  g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, "*max_workers > 0*failed*");
  pillion_loop_set_max_workers (loop, 0);
  g_test_assert_expected_messages ();
  g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, "*n_holds > 0*failed*");
  pillion_loop_release (loop);
  g_test_assert_expected_messages ();
  g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, "*failed*");
  g_assert_null (pillion_loop_new (pillion_loop_get_context (loop), PILLION_LOOP_PRIVATE_CONTEXT));
  g_test_assert_expected_messages ();
  loop_end (loop);
}

static gpointer
set_on_other_thread (gpointer object)
{
  test_fail_to_set_properties (object, "Pillion");

  return NULL;
}

static void
test_other_thread (void)
{
  PillionLoop *loop = loop_new ();
  PillionScope *scope = pillion_scope_new (loop, "scope", NULL);

  g_thread_join (g_thread_new ("other", set_on_other_thread, loop));
  g_thread_join (g_thread_new ("other", set_on_other_thread, scope));
  g_assert_true (pillion_scope_close (scope, 0, NULL));
  end_object (scope);
  loop_end (loop);
}

/* Contexts */

static void
test_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PillionLoop *given = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  PillionLoop *pushed, *plain;

  g_main_context_push_thread_default (context);
  pushed = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  g_main_context_pop_thread_default (context);
  plain = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);

  g_assert_true (pillion_loop_get_context (given) == context);
  g_assert_true (pillion_loop_get_context (pushed) == context);
  g_assert_true (pillion_loop_get_context (plain) == g_main_context_default ());
  loop_end (given);
  loop_end (pushed);
  loop_end (plain);
}

static void
test_private_context (void)
{
  PillionLoop *loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  GMainContext *context = pillion_loop_get_context (loop);

  g_assert_true (context != g_main_context_default ());
  g_assert_true (g_main_context_get_thread_default () == context);
  g_assert_true (g_main_context_is_owner (context));
  /* It is the loop of its context as long as it is open and referenced */
  g_assert_true (pillion_loop_get_default () == loop);
  g_assert_true (pillion_loop_close (loop, -1, NULL));
  g_assert_null (g_main_context_get_thread_default ());
  loop_end (loop);
}

static gpointer
ask_on_thread (gpointer loop)
{
  g_assert_false (pillion_loop_is_on_thread (loop));
  return NULL;
}

static void
test_is_on_thread (void)
{
  PillionLoop *loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);

  g_assert_true (pillion_loop_is_on_thread (loop));
  g_thread_join (g_thread_new ("other", ask_on_thread, loop));
  loop_end (loop);
}

static void
test_private_context_of_a_dropped_loop (void)
{
  PillionLoop *loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);

  end_object (loop);
  g_assert_null (g_main_context_get_thread_default ());
}

/* Raw GIO lands in the private context, and kicks serve it */
static gboolean
set_flag (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

static void
test_private_context_is_served (void)
{
  PillionLoop *loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  g_autoptr (GSource) source = g_idle_source_new ();
  gboolean flag = FALSE;

  g_source_set_callback (source, set_flag, &flag, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  pillion_loop_kick (loop);
  g_assert_true (flag);
  loop_end (loop);
}

/* Default loops */

static void
test_default_loop (void)
{
  PillionLoop *loop = pillion_loop_get_default ();
  gpointer weak = loop;

  g_assert_true (PILLION_IS_LOOP (loop));
  g_assert_true (pillion_loop_get_default () == loop);
  g_assert_true (pillion_loop_get_context (loop) == g_main_context_default ());

  g_object_add_weak_pointer (G_OBJECT (loop), &weak);
  g_assert_true (pillion_loop_close (loop, -1, NULL));
  g_assert_null (weak);
  loop = pillion_loop_get_default ();
  g_assert_false (pillion_loop_is_closed (loop));
  g_assert_true (pillion_loop_close (loop, -1, NULL));
}

static void
test_default_loop_per_context (void)
{
  PillionLoop *main_loop = pillion_loop_get_default ();
  g_autoptr (GMainContext) context = g_main_context_new ();
  PillionLoop *loop;

  g_main_context_push_thread_default (context);
  loop = pillion_loop_get_default ();
  g_assert_true (loop != main_loop);
  g_assert_true (pillion_loop_get_default () == loop);
  g_assert_true (pillion_loop_get_context (loop) == context);
  g_main_context_pop_thread_default (context);
  g_assert_true (pillion_loop_get_default () == main_loop);
  g_assert_true (pillion_loop_close (loop, -1, NULL));
  g_assert_true (pillion_loop_close (main_loop, -1, NULL));
}

static gpointer
use_default (gpointer data)
{
  PillionLoop *loop = data;
  g_autoptr (GError) error = NULL;

  /* The default context is the main thread's, and so is its loop */
  logs_catch ();
  g_assert_null (pillion_loop_get_default ());
  assert_logged ("critical: *no default loop*main thread*PILLION_LOOP_PRIVATE_CONTEXT*");
  g_assert_false (pillion_loop_ensure (loop, NULL, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_THREAD);
  g_clear_error (&error);
  g_assert_false (pillion_loop_close (loop, 0, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_THREAD);
  return NULL;
}

static gpointer
use_own (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PillionLoop *loop;

  g_main_context_push_thread_default (context);
  loop = pillion_loop_get_default ();
  g_assert_true (loop != data);
  g_assert_true (pillion_loop_kick (loop) == FALSE);
  g_assert_true (pillion_loop_close (loop, -1, NULL));
  g_main_context_pop_thread_default (context);
  return NULL;
}

static void
test_default_loop_of_threads (void)
{
  PillionLoop *loop = pillion_loop_get_default ();

  g_thread_join (g_thread_new ("shares", use_default, loop));
  g_thread_join (g_thread_new ("own", use_own, loop));
  g_assert_true (pillion_loop_close (loop, -1, NULL));
}

/* Signals */

static void
on_task_added (PillionLoop *loop,
               PillionTask *task,
               gpointer log)
{
  g_string_append_printf (log, "+%s", pillion_task_get_name (task));
}

static void
on_task_done (PillionLoop *loop,
              PillionTask *task,
              gpointer log)
{
  g_assert_true (pillion_task_is_done (task));
  g_string_append_printf (log, "-%s", pillion_task_get_name (task));
}

static void
on_done (PillionTask *task,
         gpointer log)
{
  g_string_append_printf (log, "!%s", pillion_task_get_name (task));
}

static void
close_loop (PillionLoop *loop)
{
  g_assert_true (pillion_loop_close (loop, 0, NULL));
}

static void
close_with_task (PillionLoop *loop)
{
  g_autoptr (GError) error = NULL;

  /* The task that was added has not ended */
  g_assert_false (pillion_loop_close (loop, 0, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
}

/* A handler may close the loop: nothing is called after that, and no task is left pending */
static void
test_closed_in_task_done (void)
{
  PillionLoop *loop = loop_new ();
  g_autoptr (GString) log = g_string_new (NULL);
  PillionTask *task = pillion_task_new (loop, "a", NULL);

  g_signal_connect (loop, "task-done", G_CALLBACK (close_loop), NULL);
  pillion_task_add_done_callback (task, on_done, log, NULL);
  pillion_task_return_boolean (task, TRUE);
  pillion_loop_kick (loop);
  g_assert_true (pillion_loop_is_closed (loop));
  g_assert_cmpstr (log->str, ==, "");
  end_object (task);
  end_object (loop);
}

static void
test_closed_in_task_added (void)
{
  for (int i = 0; i < 4; i++)
    {
      PillionLoop *loop = loop_new ();
      PillionSemaphore *semaphore = pillion_semaphore_new (loop, 1);
      PillionQueue *queue = pillion_queue_new (loop, 0);
      g_autoptr (GError) error = NULL;
      PillionTask *task;

      g_signal_connect (loop, "task-added", G_CALLBACK (close_with_task), NULL);
      task = i == 0   ? pillion_task_new (loop, "a", NULL)
             : i == 1 ? pillion_loop_next_frame (loop)
             : i == 2 ? pillion_semaphore_acquire (semaphore)
                      : pillion_queue_get (queue);
      g_assert_true (pillion_task_is_done (task));
      g_assert_false (pillion_task_check (task, &error));
      g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
      end_object (task);
      end_object (semaphore);
      end_object (queue);
      end_object (loop);
    }
}

static void
test_task_signals (void)
{
  PillionLoop *loop = loop_new ();
  g_autoptr (GString) log = g_string_new (NULL);
  PillionTask *tasks[2];

  g_signal_connect (loop, "task-added", G_CALLBACK (on_task_added), log);
  g_signal_connect (loop, "task-done", G_CALLBACK (on_task_done), log);
  tasks[0] = pillion_task_new (loop, "a", NULL);
  tasks[1] = pillion_task_new (loop, "b", NULL);
  pillion_task_add_done_callback (tasks[1], on_done, log, NULL);
  pillion_task_add_done_callback (tasks[1], on_done, log, NULL);
  pillion_task_return_boolean (tasks[1], TRUE);
  pillion_task_return_boolean (tasks[0], TRUE);
  g_assert_cmpstr (log->str, ==, "+a+b");
  kick_until_quiet (loop);
  /* Once for each, before its callbacks */
  g_assert_cmpstr (log->str, ==, "+a+b-b!b!b-a");
  pillion_task_add_done_callback (tasks[0], on_done, log, NULL);
  kick_until_quiet (loop);
  g_assert_cmpstr (log->str, ==, "+a+b-b!b!b-a!a");
  end_object (tasks[0]);
  end_object (tasks[1]);
  loop_end (loop);
}

static void
on_live_tasks (PillionLoop *loop,
               GParamSpec *property,
               gpointer data)
{
  GArray *numbers = data;
  guint number = pillion_loop_get_live_tasks (loop);

  g_array_append_val (numbers, number);
}

static void
test_live_tasks_notify (void)
{
  PillionLoop *loop = loop_new ();
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (guint));
  PillionTask *tasks[3], *begun;

  g_signal_connect (loop, "notify::live-tasks", G_CALLBACK (on_live_tasks), numbers);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = pillion_task_new (loop, "task", NULL);
  g_assert_cmpuint (numbers->len, ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (tasks) - 1; i++)
    pillion_task_return_boolean (tasks[i], TRUE);
  pillion_loop_kick (loop);
  g_assert_cmpuint (numbers->len, ==, 1);
  g_assert_cmpuint (g_array_index (numbers, guint, 0), ==, 1);

  /* Nothing has changed */
  pillion_loop_kick (loop);
  g_assert_cmpuint (numbers->len, ==, 1);

  /* Nothing is ready, but a task has begun */
  begun = pillion_task_new (loop, "begun", NULL);
  g_assert_cmpint (pillion_loop_get_deadline (loop), ==, 0);
  pillion_loop_kick (loop);
  g_assert_cmpint (pillion_loop_get_deadline (loop), ==, -1);
  g_assert_cmpuint (numbers->len, ==, 2);
  g_assert_cmpuint (g_array_index (numbers, guint, 1), ==, 2);
  pillion_task_return_boolean (begun, TRUE);
  kick_until_quiet (loop);
  end_object (begun);

  /* close () tells the end, too */
  g_assert_false (pillion_loop_close (loop, 0, NULL));
  g_assert_cmpuint (g_array_index (numbers, guint, numbers->len - 1), ==, 0);
  pillion_task_return_boolean (tasks[2], TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    end_object (tasks[i]);
  loop_end (loop);
}

static void
spin_10_ms (gpointer data)
{
  spin_for (10000);
}

static void
spin_10_ms_done (PillionTask *task,
                 gpointer data)
{
  spin_for (10000);
}

static void
on_slow (PillionLoop *loop,
         const char *name,
         gint64 duration_usec,
         gpointer log)
{
  g_assert_cmpint (duration_usec, >=, 10000);
  g_string_append_printf (log, "[%s]", name);
}

static void
quick (gpointer data)
{
}

static void
test_slow_callback (void)
{
  PillionLoop *loop = loop_new ();
  g_autoptr (GString) log = g_string_new (NULL);
  PillionTask *task = pillion_task_new (loop, "sluggish", NULL);

  clock_stop ();
  g_signal_connect (loop, "slow-callback", G_CALLBACK (on_slow), log);
  pillion_loop_set_slow_threshold_usec (loop, 10000);
  pillion_loop_call_soon (loop, spin_10_ms, NULL, NULL);
  pillion_task_add_done_callback (task, spin_10_ms_done, NULL, NULL);
  pillion_task_return_boolean (task, TRUE);
  kick_until_quiet (loop);
  g_assert_cmpstr (log->str, ==, "[call][sluggish]");

  g_string_truncate (log, 0);
  pillion_loop_set_slow_threshold_usec (loop, G_MAXINT64);
  pillion_loop_call_soon (loop, spin_10_ms, NULL, NULL);
  pillion_loop_call_soon (loop, quick, NULL, NULL);
  kick_until_quiet (loop);
  g_assert_cmpstr (log->str, ==, "");
  end_object (task);
  clock_go_on ();
  loop_end (loop);
}

static gboolean
spin_source (gpointer data)
{
  spin_for (10000);
  return G_SOURCE_REMOVE;
}

static void
test_slow_source (void)
{
  PillionLoop *loop = loop_new ();
  g_autoptr (GString) log = g_string_new (NULL);
  g_autoptr (GSource) source = g_idle_source_new ();

  clock_stop ();
  g_signal_connect (loop, "slow-callback", G_CALLBACK (on_slow), log);
  pillion_loop_set_slow_threshold_usec (loop, 10000);
  g_source_set_callback (source, spin_source, NULL, NULL);
  g_source_attach (source, pillion_loop_get_context (loop));
  kick_until_quiet (loop);
  g_assert_cmpstr (log->str, ==, "[context]");
  clock_go_on ();
  loop_end (loop);
}

/* Finalized by another thread: what belongs to the loop's thread is left to it */
static gpointer
drop (gpointer object)
{
  g_object_unref (object);
  return NULL;
}

static void
test_dropped_by_another_thread (void)
{
  PillionLoop *loop = loop_new ();
  gpointer weak = loop;

  pillion_loop_kick (loop);
  g_object_add_weak_pointer (G_OBJECT (loop), &weak);
  g_thread_join (g_thread_new ("dropper", drop, loop));
  g_assert_null (weak);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/loop/new/has-its-defaults", test_defaults);
  g_test_add_func ("/loop/new/properties-are-set-and-told", test_properties);
  g_test_add_func ("/loop/new/wrong-values-are-critical", test_wrong_values);
  g_test_add_func ("/loop/new/another-thread-sets-nothing", test_other_thread);
  g_test_add_func ("/loop/context/given-or-the-threads", test_context);
  g_test_add_func ("/loop/context/private-one-is-pushed-until-close", test_private_context);
  g_test_add_func ("/loop/is-on-thread", test_is_on_thread);
  g_test_add_func ("/loop/context/private-one-is-popped-with-the-loop", test_private_context_of_a_dropped_loop);
  g_test_add_func ("/loop/context/private-one-is-served", test_private_context_is_served);
  g_test_add_func ("/loop/default/is-the-same-until-closed", test_default_loop);
  g_test_add_func ("/loop/default/is-one-a-context", test_default_loop_per_context);
  g_test_add_func ("/loop/default/seen-from-other-threads", test_default_loop_of_threads);
  g_test_add_func ("/loop/signals/task-added-and-task-done", test_task_signals);
  g_test_add_func ("/loop/signals/nothing-is-called-once-task-done-has-closed-the-loop", test_closed_in_task_done);
  g_test_add_func ("/loop/signals/no-task-is-pending-once-task-added-has-closed-the-loop", test_closed_in_task_added);
  g_test_add_func ("/loop/signals/live-tasks-notifies-once-a-kick", test_live_tasks_notify);
  g_test_add_func ("/loop/signals/slow-callback-names-the-item", test_slow_callback);
  g_test_add_func ("/loop/signals/slow-callback-of-a-source", test_slow_source);
  g_test_add_func ("/loop/new/may-be-dropped-by-another-thread", test_dropped_by_another_thread);

  return g_test_run ();
}
