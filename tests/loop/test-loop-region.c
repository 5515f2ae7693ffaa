/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

/* Regions and safe points */

typedef struct
{
  PillionLoop *loop;
  GString *log;
  PillionTask *task; /* what run_until () waits for */
  GError *error;
  int n_woken;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  fixture->log = g_string_new (NULL);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  loop_end (fixture->loop);
  g_clear_error (&fixture->error);
  g_string_free (fixture->log, TRUE);
}

static void
on_done (PillionTask *task,
         gpointer data)
{
  Fixture *fixture = data;

  g_string_append_printf (fixture->log, "%s ", pillion_task_get_name (task));
}

static void
call (gpointer data)
{
  g_string_append (((Fixture *) data)->log, "call ");
}

static void
safe_call (gpointer data)
{
  Fixture *fixture = data;

  g_assert_true (pillion_loop_is_safe_point (fixture->loop));
  g_string_append (fixture->log, "safe ");
}

static void
log_freed (gpointer data)
{
  g_string_append (((Fixture *) data)->log, "freed ");
}

static PillionTask *
task_new (Fixture *fixture,
          const char *name,
          gboolean safe_point)
{
  PillionTask *task = pillion_task_new_at (fixture->loop, name, NULL, NULL);

  pillion_task_add_done_callback (task, on_done, fixture, NULL);
  pillion_task_set_safe_point (task, safe_point);
  return task;
}

static void
finish (PillionTask *task)
{
  pillion_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
assert_log (Fixture *fixture,
            const char *expected)
{
  g_assert_cmpstr (fixture->log->str, ==, expected);
  g_string_truncate (fixture->log, 0);
}

static void
begin (Fixture *fixture,
       const char *name,
       PillionRegionFlags flags)
{
  pillion_loop_begin_region (fixture->loop, name, flags);
}

static void
end (Fixture *fixture,
     const char *name)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_loop_end_region (fixture->loop, name, &error));
  g_assert_no_error (error);
}

static void
test_no_callbacks (Fixture *fixture,
                   gconstpointer data)
{
  PillionKick kick;

  pillion_loop_call_soon (fixture->loop, call, fixture, NULL);
  finish (task_new (fixture, "task", FALSE));
  begin (fixture, "render", PILLION_REGION_NO_CALLBACKS);
  g_assert_false (pillion_loop_is_safe_point (fixture->loop));
  g_assert_true (pillion_loop_kick (fixture->loop));
  g_assert_true (pillion_loop_kick_until (fixture->loop, 0, &kick));
  g_assert_true (kick.held);
  g_assert_false (kick.refused);
  g_assert_cmpuint (kick.items, ==, 0);
  g_assert_cmpint (kick.next_deadline_usec, ==, -1);
  assert_log (fixture, "");

  end (fixture, "render");
  g_assert_true (pillion_loop_is_safe_point (fixture->loop));
  pillion_loop_kick_until (fixture->loop, G_MAXINT64, &kick);
  g_assert_false (kick.held);
  assert_log (fixture, "call task ");
}

/* Even with nothing to do: the host is told so */
static void
test_no_callbacks_idle (Fixture *fixture,
                        gconstpointer data)
{
  PillionKick kick;

  begin (fixture, "render", PILLION_REGION_NO_CALLBACKS);
  g_assert_true (pillion_loop_kick_until (fixture->loop, 0, &kick));
  g_assert_true (kick.held);
  end (fixture, "render");
  g_assert_false (pillion_loop_kick (fixture->loop));
}

static void
test_no_destructive (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (PillionTask) asked = NULL;

  begin (fixture, "undo", PILLION_REGION_NO_DESTRUCTIVE);
  asked = task_new (fixture, "asked", TRUE);
  g_assert_true (pillion_task_get_safe_point (asked));
  g_assert_cmpuint (pillion_loop_call_at_safe_point (fixture->loop, safe_call, fixture, log_freed), !=, 0);
  pillion_task_return_boolean (asked, TRUE);
  finish (task_new (fixture, "plain", FALSE));
  finish (task_new (fixture, "marked", TRUE));
  pillion_loop_call_soon (fixture->loop, call, fixture, NULL);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "plain call ");

  /* It is alive, but does not keep the host awake */
  g_assert_true (pillion_loop_kick (fixture->loop));
  g_assert_cmpuint (pillion_loop_get_live_tasks (fixture->loop), ==, 2);
  g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, -1);
  g_assert_true (pillion_task_get_boolean (asked, NULL));

  /* In order, and before what comes later */
  pillion_loop_call_soon (fixture->loop, call, fixture, NULL);
  end (fixture, "undo");
  g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, 0);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "safe freed asked marked call ");
  g_assert_false (pillion_loop_kick (fixture->loop));
}

static void
test_marks_taken_back (Fixture *fixture,
                       gconstpointer data)
{
  PillionTask *task = task_new (fixture, "task", TRUE);
  guint id;

  begin (fixture, "undo", PILLION_REGION_NO_DESTRUCTIVE);
  pillion_task_set_safe_point (task, FALSE);
  g_assert_false (pillion_task_get_safe_point (task));
  finish (task);
  id = pillion_loop_call_at_safe_point (fixture->loop, safe_call, fixture, log_freed);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "task ");
  g_assert_true (pillion_loop_cancel_call (fixture->loop, id));
  assert_log (fixture, "freed ");
  end (fixture, "undo");
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "");
  g_assert_false (pillion_loop_kick (fixture->loop));
}

static void
test_without_region (Fixture *fixture,
                     gconstpointer data)
{
  pillion_loop_call_soon (fixture->loop, call, fixture, NULL);
  pillion_loop_call_at_safe_point (fixture->loop, safe_call, fixture, NULL);
  pillion_loop_call_soon (fixture->loop, call, fixture, NULL);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "call safe call ");
}

/* Until the last one has ended, in any order */
static void
test_regions_overlap (Fixture *fixture,
                      gconstpointer data)
{
  begin (fixture, "a", PILLION_REGION_NO_DESTRUCTIVE);
  begin (fixture, "b", PILLION_REGION_NO_CALLBACKS);
  begin (fixture, "b", PILLION_REGION_NO_CALLBACKS | PILLION_REGION_NO_DESTRUCTIVE);
  begin (fixture, "c", PILLION_REGION_NONE);
  pillion_loop_call_soon (fixture->loop, call, fixture, NULL);
  pillion_loop_call_at_safe_point (fixture->loop, safe_call, fixture, NULL);
  end (fixture, "b");
  pillion_loop_kick (fixture->loop);
  assert_log (fixture, "");
  end (fixture, "b");
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "call ");
  g_assert_false (pillion_loop_is_safe_point (fixture->loop));
  end (fixture, "a");
  g_assert_true (pillion_loop_is_safe_point (fixture->loop));
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "safe ");
  end (fixture, "c");
}

static void
test_end_without_begin (Fixture *fixture,
                        gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_loop_end_region (fixture->loop, "x", &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_OVER_RELEASED);
  g_clear_error (&error);
  begin (fixture, "a", PILLION_REGION_NO_CALLBACKS);
  g_assert_false (pillion_loop_end_region (fixture->loop, "x", &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_OVER_RELEASED);
  g_assert_nonnull (strstr (error->message, "x"));
  end (fixture, "a");
}

static gpointer
end_there (gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_loop_end_region (fixture->loop, "a", &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_THREAD);
  return NULL;
}

static void
test_end_on_another_thread (Fixture *fixture,
                            gconstpointer data)
{
  begin (fixture, "a", PILLION_REGION_NO_CALLBACKS);
  g_thread_join (g_thread_new ("other", end_there, fixture));
  g_assert_false (pillion_loop_is_safe_point (fixture->loop));
  end (fixture, "a");
}

static void
begin_it (gpointer data)
{
  g_string_append (((Fixture *) data)->log, "begin ");
  begin (data, "modal", PILLION_REGION_NO_CALLBACKS);
}

/* Started inside a kick: nothing runs after what started it */
static void
test_begun_in_callback (Fixture *fixture,
                        gconstpointer data)
{
  PillionTask *task = task_new (fixture, "task", FALSE);

  pillion_loop_call_soon (fixture->loop, begin_it, fixture, NULL);
  pillion_loop_call_soon (fixture->loop, call, fixture, NULL);
  finish (task);
  g_assert_true (pillion_loop_kick (fixture->loop));
  g_assert_true (pillion_loop_kick (fixture->loop));
  assert_log (fixture, "begin ");
  end (fixture, "modal");
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "call task ");
}

static void
begin_destructive (PillionTask *task,
                   gpointer data)
{
  begin (data, "undo", PILLION_REGION_NO_DESTRUCTIVE);
}

/* Between two callbacks of one task: the others are held back, and keep the loop from stopping */
static void
test_begun_between_callbacks (Fixture *fixture,
                              gconstpointer data)
{
  PillionTask *task = pillion_task_new (fixture->loop, "task", NULL);

  pillion_task_set_safe_point (task, TRUE);
  pillion_task_add_done_callback (task, begin_destructive, fixture, NULL);
  pillion_task_add_done_callback (task, on_done, fixture, NULL);
  finish (task);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "");
  g_assert_true (pillion_loop_kick (fixture->loop));
  g_assert_cmpuint (pillion_loop_get_live_tasks (fixture->loop), ==, 0);
  end (fixture, "undo");
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "task ");
}

static void
test_run_until_in_region (Fixture *fixture,
                          gconstpointer data)
{
  PillionTask *task = task_new (fixture, "task", FALSE), *done = task_new (fixture, "done", FALSE);
  g_autoptr (GError) error = NULL;

  pillion_task_return_boolean (done, TRUE);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "done ");
  begin (fixture, "render", PILLION_REGION_NO_CALLBACKS);
  g_assert_false (pillion_loop_run_until_complete (fixture->loop, task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_BUSY);
  g_assert_nonnull (strstr (error->message, "render"));
  /* One that has ended needs no call */
  g_assert_true (pillion_loop_run_until_complete (fixture->loop, done, NULL));
  end (fixture, "render");
  finish (task);
  g_object_unref (done);
  kick_until_quiet (fixture->loop);
}

static void
test_region_begun_in_run_until (Fixture *fixture,
                                gconstpointer data)
{
  PillionTask *task = task_new (fixture, "task", FALSE);
  g_autoptr (GError) error = NULL;

  pillion_loop_call_soon (fixture->loop, begin_it, fixture, NULL);
  g_assert_false (pillion_loop_run_until_complete (fixture->loop, task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_BUSY);
  end (fixture, "modal");
  finish (task);
  kick_until_quiet (fixture->loop);
}

/* A wait that was not started by a callback is a safe point */
static void
test_run_until_is_one (Fixture *fixture,
                       gconstpointer data)
{
  PillionTask *task = task_new (fixture, "task", TRUE);

  pillion_loop_call_at_safe_point (fixture->loop, safe_call, fixture, NULL);
  pillion_task_return_boolean (task, TRUE);
  g_assert_true (pillion_loop_run_until_complete (fixture->loop, task, NULL));
  assert_log (fixture, "safe task ");
  g_object_unref (task);
}

static void
run_until (gpointer data)
{
  Fixture *fixture = data;

  g_string_append (fixture->log, "( ");
  pillion_loop_run_until_complete (fixture->loop, fixture->task, &fixture->error);
  g_assert_true (pillion_loop_is_safe_point (fixture->loop));
  g_string_append (fixture->log, ") ");
}

/* One that a callback started is not: marked work comes after it */
static void
test_nested_run_until (Fixture *fixture,
                       gconstpointer data)
{
  PillionTask *other = task_new (fixture, "other", TRUE);

  fixture->task = task_new (fixture, "task", FALSE);
  pillion_loop_call_soon (fixture->loop, run_until, fixture, NULL);
  pillion_loop_call_at_safe_point (fixture->loop, safe_call, fixture, NULL);
  finish (other);
  pillion_task_return_boolean (fixture->task, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_no_error (fixture->error);
  assert_log (fixture, "( task ) safe other ");
  g_object_unref (fixture->task);
}

/* Waiting for a marked task ends when it is done: its callbacks come later */
static void
test_wait_for_marked (Fixture *fixture,
                      gconstpointer data)
{
  fixture->task = task_new (fixture, "task", TRUE);
  pillion_loop_call_soon (fixture->loop, run_until, fixture, NULL);
  pillion_loop_call_later (fixture->loop, 1000, (PillionCallFunc) finish, g_object_ref (fixture->task), NULL);
  while (fixture->log->len < 4)
    kick_until_quiet (fixture->loop);
  kick_until_quiet (fixture->loop);
  g_assert_no_error (fixture->error);
  assert_log (fixture, "( ) task ");
  g_object_unref (fixture->task);

  /* The same in a region */
  begin (fixture, "undo", PILLION_REGION_NO_DESTRUCTIVE);
  fixture->task = task_new (fixture, "again", TRUE);
  pillion_task_return_boolean (fixture->task, TRUE);
  g_assert_true (pillion_loop_run_until_complete (fixture->loop, fixture->task, NULL));
  assert_log (fixture, "");
  end (fixture, "undo");
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "again ");
  g_object_unref (fixture->task);
}

static PillionTask *
make_marked (gpointer data)
{
  PillionTask *inner = task_new (data, "inner", TRUE);

  pillion_task_return_boolean (inner, TRUE);
  return inner;
}

/* What waits for a marked task can't end before the next safe point, and waiting for it says so */
static void
test_wait_for_what_waits_for_marked (Fixture *fixture,
                                     gconstpointer data)
{
  g_autoptr (PillionScope) scope = pillion_scope_new (fixture->loop, "scope", NULL);
  PillionTask *outer = pillion_scope_start (scope, "outer", make_marked, fixture, NULL);
  g_autoptr (PillionTask) join = pillion_scope_join (scope);
  g_autoptr (GError) error = NULL;

  begin (fixture, "undo", PILLION_REGION_NO_DESTRUCTIVE);
  g_assert_false (pillion_loop_run_until_complete (fixture->loop, outer, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NESTED);
  g_clear_error (&error);
  g_assert_false (pillion_loop_run_until_complete (fixture->loop, join, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NESTED);
  assert_log (fixture, "");
  end (fixture, "undo");
  g_assert_true (pillion_loop_run_until_complete (fixture->loop, join, NULL));
  assert_log (fixture, "inner ");
  g_assert_true (pillion_task_get_boolean (outer, NULL));
  g_assert_true (pillion_scope_close (scope, -1, NULL));
  g_object_unref (outer);
}

static void
wake (gpointer data)
{
  ((Fixture *) data)->n_woken++;
}

/* Nothing may be called, so nothing wakes the host. What came meanwhile is not lost: the end of the region
 * wakes the host for it. */
static void
test_wakes (Fixture *fixture,
            gconstpointer data)
{
  pillion_loop_set_wake_func (fixture->loop, wake, fixture, NULL);
  begin (fixture, "render", PILLION_REGION_NO_CALLBACKS);
  pillion_loop_call_soon (fixture->loop, call, fixture, NULL);
  pillion_loop_kick (fixture->loop);
  pillion_loop_call_soon (fixture->loop, call, fixture, NULL);
  pillion_loop_kick (fixture->loop);
  g_assert_cmpint (fixture->n_woken, ==, 0);
  end (fixture, "render");
  g_assert_cmpint (fixture->n_woken, ==, 1);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "call call ");

  begin (fixture, "undo", PILLION_REGION_NO_DESTRUCTIVE);
  pillion_loop_call_at_safe_point (fixture->loop, safe_call, fixture, NULL);
  kick_until_quiet (fixture->loop);
  fixture->n_woken = 0;
  end (fixture, "undo");
  g_assert_cmpint (fixture->n_woken, ==, 1);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "safe ");
}

static void
push_from_thread (PillionTask *task,
                  GCancellable *cancellable,
                  gpointer data)
{
  pillion_task_return_boolean (task, TRUE);
  gate_open (data);
}

static void
test_threads_go_on (Fixture *fixture,
                    gconstpointer data)
{
  Gate gate = GATE_INIT;
  PillionTask *task;

  begin (fixture, "render", PILLION_REGION_NO_CALLBACKS);
  task = pillion_loop_run_in_thread (fixture->loop, "thread", NULL, push_from_thread, &gate, NULL);
  pillion_task_add_done_callback (task, on_done, fixture, NULL);
  gate_wait (&gate);
  pillion_loop_kick (fixture->loop);
  assert_log (fixture, "");
  end (fixture, "render");
  kick_until (fixture->loop, fixture->log->len > 0);
  assert_log (fixture, "thread ");
  g_object_unref (task);
}

static void
test_hook_stays (Fixture *fixture,
                 gconstpointer data)
{
  PillionHost *host = PILLION_HOST (pillion_callback_host_new ("region"));

  g_assert_true (pillion_loop_ensure (fixture->loop, host, NULL));
  begin (fixture, "undo", PILLION_REGION_NO_DESTRUCTIVE);
  pillion_loop_call_at_safe_point (fixture->loop, safe_call, fixture, NULL);
  for (guint i = 0; i < 5; i++)
    g_assert_true (pillion_loop_kick (fixture->loop));
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  end (fixture, "undo");
  while (pillion_loop_kick (fixture->loop))
    ;
  assert_log (fixture, "safe ");
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  pillion_loop_close (fixture->loop, -1, NULL);
  g_object_unref (host);
}

/* Nor does another main loop, in which it is a passenger, call anything or spin */
static void
test_passenger (Fixture *fixture,
                gconstpointer data)
{
  GMainContext *context = pillion_loop_get_context (fixture->loop);

  g_assert_true (pillion_loop_ensure (fixture->loop, NULL, NULL));
  pillion_loop_call_soon (fixture->loop, call, fixture, NULL);
  begin (fixture, "modal", PILLION_REGION_NO_CALLBACKS);
  g_assert_false (g_main_context_iteration (context, FALSE));
  assert_log (fixture, "");
  end (fixture, "modal");
  g_assert_true (g_main_context_iteration (context, FALSE));
  assert_log (fixture, "call ");
}

/* A region that is open when the loop is closed: nothing is called, and it is named */
static void
test_close_in_region (Fixture *fixture,
                      gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  PillionTask *task = task_new (fixture, "task", FALSE);

  pillion_loop_call_soon (fixture->loop, call, fixture, log_freed);
  begin (fixture, "render", PILLION_REGION_NO_CALLBACKS);
  pillion_task_return_boolean (task, TRUE);
  g_assert_false (pillion_loop_close (fixture->loop, -1, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_nonnull (strstr (error->message, "'task'"));
  g_assert_nonnull (strstr (error->message, "region 'render'"));
  assert_log (fixture, "freed ");
  end_object (task);
  g_assert_true (pillion_loop_end_region (fixture->loop, "render", NULL));
}

static void
test_close_holding_back (Fixture *fixture,
                         gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  PillionTask *task = task_new (fixture, "task", TRUE);

  begin (fixture, "undo", PILLION_REGION_NO_DESTRUCTIVE);
  pillion_loop_call_at_safe_point (fixture->loop, safe_call, fixture, log_freed);
  pillion_task_return_boolean (task, TRUE);
  g_assert_false (pillion_loop_close (fixture->loop, -1, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_nonnull (strstr (error->message, "'task', held back until a safe point"));
  assert_log (fixture, "freed ");
  end_object (task);
  g_assert_cmpuint (pillion_loop_call_at_safe_point (fixture->loop, safe_call, fixture, log_freed), ==, 0);
  assert_log (fixture, "freed ");
}

/* Closed at a safe point, it delivers */
static void
test_close_at_safe_point (Fixture *fixture,
                          gconstpointer data)
{
  PillionTask *task = task_new (fixture, "task", TRUE);

  pillion_loop_call_at_safe_point (fixture->loop, safe_call, fixture, NULL);
  pillion_task_return_boolean (task, TRUE);
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  assert_log (fixture, "safe task ");
  end_object (task);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add ("/loop/region/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("no-callbacks", test_no_callbacks);
  ADD ("no-callbacks-idle", test_no_callbacks_idle);
  ADD ("no-destructive", test_no_destructive);
  ADD ("marks-taken-back", test_marks_taken_back);
  ADD ("without-region", test_without_region);
  ADD ("regions-overlap", test_regions_overlap);
  ADD ("end-without-begin", test_end_without_begin);
  ADD ("ended-on-another-thread", test_end_on_another_thread);
  ADD ("begun-in-callback", test_begun_in_callback);
  ADD ("begun-between-callbacks", test_begun_between_callbacks);
  ADD ("run-until-in-region", test_run_until_in_region);
  ADD ("begun-in-run-until", test_region_begun_in_run_until);
  ADD ("run-until-is-a-safe-point", test_run_until_is_one);
  ADD ("nested-run-until-is-none", test_nested_run_until);
  ADD ("wait-for-marked", test_wait_for_marked);
  ADD ("wait-for-what-waits-for-marked", test_wait_for_what_waits_for_marked);
  ADD ("wakes", test_wakes);
  ADD ("threads-go-on", test_threads_go_on);
  ADD ("hook-stays", test_hook_stays);
  ADD ("passenger", test_passenger);
  ADD ("close-in-region", test_close_in_region);
  ADD ("close-holding-back", test_close_holding_back);
  ADD ("close-at-safe-point", test_close_at_safe_point);
#undef ADD

  return g_test_run ();
}
