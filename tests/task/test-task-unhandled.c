/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

#include "core/pillion-binding.h"

/* Failures that nothing looks at */

typedef struct
{
  PillionLoop *loop;
  GString *log;
  GThread *thread;
} Fixture;

static void
on_unhandled (PillionLoop *loop,
              PillionTask *task,
              GError *error,
              gpointer data)
{
  Fixture *fixture = data;
  const char *site = pillion_task_get_site (task);

  g_assert_true (pillion_task_get_loop (task) == loop);
  fixture->thread = g_thread_self ();
  g_string_append_printf (fixture->log, "[%s|%s|%s]", pillion_task_get_name (task), site != NULL ? site : "",
                          error->message);
}

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  fixture->log = g_string_new (NULL);
  g_signal_connect (fixture->loop, "unhandled-error", G_CALLBACK (on_unhandled), fixture);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  loop_end (fixture->loop);
  g_string_free (fixture->log, TRUE);
}

static PillionTask *
failing (Fixture *fixture)
{
  return pillion_task_new_at (fixture->loop, "job", NULL, "here.c:5");
}

static void
fail (PillionTask *task)
{
  pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "gone");
}

#define REPORT "[job|here.c:5|gone]"
#define assert_log(expected) g_assert_cmpstr (fixture->log->str, ==, expected)

static void
test_once (Fixture *fixture,
           gconstpointer data)
{
  PillionTask *task = failing (fixture);

  fail (task);
  g_object_unref (task);
  assert_log ("");
  kick_until_quiet (fixture->loop);
  assert_log (REPORT);
  kick_until_quiet (fixture->loop);
  assert_log (REPORT);
  g_assert_true (fixture->thread == g_thread_self ());
}

/* While something holds the task, it may still look */
static void
test_while_held (Fixture *fixture,
                 gconstpointer data)
{
  PillionTask *task = failing (fixture);

  fail (task);
  kick_until_quiet (fixture->loop);
  g_assert_true (pillion_task_get_result_type (task) == G_TYPE_NONE); /* no look */
  assert_log ("");
  g_object_unref (task);
  assert_log ("");
  kick_until_quiet (fixture->loop);
  assert_log (REPORT);
}

static void
test_looked_at (Fixture *fixture,
                gconstpointer data)
{
  for (guint way = 0; way < 5; way++)
    {
      PillionTask *task = failing (fixture);
      g_autoptr (GError) error = NULL;
      GValue value = G_VALUE_INIT;

      fail (task);
      switch (way)
        {
        case 0:
          pillion_task_check (task, NULL);
          break;
        case 1:
          pillion_task_get_int (task, NULL);
          break;
        case 2:
          pillion_task_get_value (task, &value, NULL);
          break;
        case 3:
          g_assert_false (pillion_loop_run_until_complete (fixture->loop, task, NULL));
          break;
        case 4:
          pillion_task_wait_async (task, NULL, NULL, NULL);
          break;
        default:
          g_assert_not_reached ();
        }
      kick_until_quiet (fixture->loop);
      end_object (task);
    }
  assert_log ("");
}

static void
ignore (PillionTask *task,
        gpointer data)
{
}

static void
test_callback_looks (Fixture *fixture,
                     gconstpointer data)
{
  PillionTask *before = failing (fixture);
  PillionTask *after = failing (fixture);

  pillion_task_add_done_callback (before, ignore, NULL, NULL);
  fail (before);
  fail (after);
  kick_until_quiet (fixture->loop);
  pillion_task_add_done_callback (after, ignore, NULL, NULL);
  kick_until_quiet (fixture->loop);
  end_object (before);
  end_object (after);
  assert_log ("");
}

/* Asking whether it is done is not looking at how it ended */
static void
test_state_is_no_look (Fixture *fixture,
                       gconstpointer data)
{
  PillionTask *task = failing (fixture);

  fail (task);
  g_assert_true (pillion_task_is_done (task));
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_FAILED);
  g_assert_false (pillion_task_is_cancelled (task));
  g_object_unref (task);
  kick_until_quiet (fixture->loop);
  assert_log (REPORT);
}

static void
test_no_failure (Fixture *fixture,
                 gconstpointer data)
{
  PillionTask *cancelled = failing (fixture);
  PillionTask *fine = failing (fixture);

  pillion_task_cancel (cancelled);
  pillion_task_return_if_cancelled (cancelled);
  pillion_task_return_int (fine, 1);
  g_object_unref (cancelled);
  g_object_unref (fine);
  kick_until_quiet (fixture->loop);
  assert_log ("");
}

static gpointer
fail_and_drop (gpointer task)
{
  fail (task);
  g_object_unref (task);
  return NULL;
}

static void
test_failed_in_thread (Fixture *fixture,
                       gconstpointer data)
{
  g_thread_join (g_thread_new ("failer", fail_and_drop, failing (fixture)));
  kick_until_quiet (fixture->loop);
  assert_log (REPORT);
  g_assert_true (fixture->thread == g_thread_self ());
}

static gpointer
drop (gpointer task)
{
  g_object_unref (task);
  return NULL;
}

/* The report is made on the loop's thread */
static void
test_last_reference_in_thread (Fixture *fixture,
                               gconstpointer data)
{
  PillionTask *task = failing (fixture);
  gpointer weak = task;

  g_object_add_weak_pointer (G_OBJECT (task), &weak);
  fail (task);
  kick_until_quiet (fixture->loop);
  g_thread_join (g_thread_new ("dropper", drop, task));
  assert_log ("");
  kick_until_quiet (fixture->loop);
  assert_log (REPORT);
  g_assert_true (fixture->thread == g_thread_self ());
  g_assert_null (weak);
}

static void
test_last_reference_in_thread_when_closed (Fixture *fixture,
                                           gconstpointer data)
{
  PillionTask *task = failing (fixture);
  gpointer weak = task;

  g_object_add_weak_pointer (G_OBJECT (task), &weak);
  fail (task);
  kick_until_quiet (fixture->loop);
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  g_thread_join (g_thread_new ("dropper", drop, task));
  g_assert_null (weak);
  assert_log ("");
}

static void
test_many_places (Fixture *fixture,
                  gconstpointer data)
{
  for (guint i = 0; i < 100; i++)
    {
      PillionTask *task = failing (fixture);

      fail (task);
      g_object_unref (task);
    }
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (fixture->log->len, ==, 100 * strlen (REPORT));
}

/* A handler that keeps a reference does not cause a second report */
static void
keep (PillionLoop *loop,
      PillionTask *task,
      GError *error,
      gpointer data)
{
  *(PillionTask **) data = g_object_ref (task);
}

static void
test_handler_keeps (Fixture *fixture,
                    gconstpointer data)
{
  PillionTask *task = failing (fixture);
  PillionTask *kept = NULL;
  g_autoptr (GError) error = NULL;

  g_signal_connect (fixture->loop, "unhandled-error", G_CALLBACK (keep), &kept);
  fail (task);
  g_object_unref (task);
  kick_until_quiet (fixture->loop);
  g_assert_nonnull (kept);
  g_assert_false (pillion_task_check (kept, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  end_object (kept);
  assert_log (REPORT);
}

static void
test_warning (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task;

  logs_catch ();
  task = pillion_task_new_at (loop, "job", NULL, "here.c:5");
  fail (task);
  g_object_unref (task);
  kick_until_quiet (loop);
  assert_logged ("warning: Unhandled error in 'job', created at here.c:5: gone");

  logs_catch ();
  task = pillion_task_new_at (loop, "job", NULL, NULL);
  fail (task);
  g_object_unref (task);
  kick_until_quiet (loop);
  assert_logged ("warning: Unhandled error in 'job': gone");

  /* At once, because there may be no more kicks */
  logs_catch ();
  task = pillion_task_new_at (loop, "job", NULL, NULL);
  fail (task);
  kick_until_quiet (loop);
  g_object_unref (task);
  assert_logged ("warning: Unhandled error in 'job': gone");
  loop_end (loop);
}

/* Something still has it then, if only the queue */
static void
test_run_dispose (Fixture *fixture,
                  gconstpointer data)
{
  PillionTask *task = failing (fixture);
  PillionTask *next = pillion_task_new (fixture->loop, "next", NULL);

  fail (task);
  pillion_task_return_boolean (next, TRUE);
  g_object_run_dispose (G_OBJECT (task));
  kick_until_quiet (fixture->loop);
  assert_log ("");
  g_assert_cmpuint (pillion_loop_get_live_tasks (fixture->loop), ==, 0);
  g_object_run_dispose (G_OBJECT (task));
  kick_until_quiet (fixture->loop);
  assert_log ("");
  g_object_unref (task);
  kick_until_quiet (fixture->loop);
  assert_log (REPORT);
  g_object_unref (next);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/task/unhandled/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("is-reported-once-with-name-and-site", test_once);
  ADD ("not-while-somebody-may-still-look", test_while_held);
  ADD ("not-when-looked-at", test_looked_at);
  ADD ("not-with-a-done-callback", test_callback_looks);
  ADD ("state-is-no-look", test_state_is_no_look);
  ADD ("not-for-cancelled-or-succeeded", test_no_failure);
  ADD ("failed-on-another-thread", test_failed_in_thread);
  ADD ("last-reference-on-another-thread", test_last_reference_in_thread);
  ADD ("last-reference-on-another-thread-after-close", test_last_reference_in_thread_when_closed);
  ADD ("each-of-many", test_many_places);
  ADD ("handler-may-keep-the-task", test_handler_keeps);
  ADD ("not-when-its-dispose-is-run", test_run_dispose);
  g_test_add_func ("/task/unhandled/without-a-handler-a-warning", test_warning);

  return g_test_run ();
}
