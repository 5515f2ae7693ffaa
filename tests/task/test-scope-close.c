/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "scope-close-support.h"

/* The end of a scope: that it happens, and what it reports */

/* What the program does with a task that was left */
static void
end_left (Fixture *fixture,
          PillionTask *task)
{
  pillion_task_return_boolean (task, TRUE);
  kick_until_quiet (fixture->loop);
  end_object (task);
}

static void
test_empty (Fixture *fixture,
            gconstpointer data)
{
  close_well (fixture, 0);
  /* Closing again does nothing */
  close_well (fixture, 0);
  close_well (fixture, -1);
}

static void
test_everything_is_delivered (Fixture *fixture,
                              gconstpointer data)
{
  g_autoptr (PillionScope) child = pillion_scope_new_child (fixture->scope, "child", NULL);
  PillionTask *a = obedient (fixture, fixture->scope, "a"), *b = obedient (fixture, child, "b");
  g_autoptr (PillionTask) join = pillion_scope_join (fixture->scope), childs_join = pillion_scope_join (child);

  close_well (fixture, -1);
  g_assert_cmpstr (fixture->log->str, ==, "a:3 b:3 ");
  g_assert_true (pillion_scope_is_closed (child));
  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 0);
  g_assert_true (pillion_task_get_boolean (join, NULL));
  g_assert_true (pillion_task_get_boolean (childs_join, NULL));
  kick_until_quiet (fixture->loop);
  end_object (a);
  end_object (b);
}

/* A wait for the end reports what was left, whether it started before or after; a child that left nothing
 * ended without an error */
static void
test_joins_of_left (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (PillionScope) child = pillion_scope_new_child (fixture->scope, "child", NULL);
  PillionTask *a = stubborn (fixture, fixture->scope, "a");
  g_autoptr (PillionTask) early = pillion_scope_join (fixture->scope), late = NULL, childs = NULL;
  g_autoptr (GError) early_error = NULL, late_error = NULL;

  g_assert_false (pillion_scope_close (fixture->scope, 0, NULL));
  late = pillion_scope_join (fixture->scope);
  childs = pillion_scope_join (child);
  g_assert_false (pillion_task_get_boolean (early, &early_error));
  g_assert_error (early_error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_false (pillion_task_get_boolean (late, &late_error));
  g_assert_error (late_error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_true (pillion_task_get_boolean (childs, NULL));
  end_left (fixture, a);
}

/* The kick's time is up when all callbacks have run, but the scope doesn't know yet */
static void
test_ended_at_the_end_of_a_kick (Fixture *fixture,
                                 gconstpointer failing)
{
  PillionTask *task = pillion_task_new_at (fixture->loop, "task", NULL, NULL);

  pillion_scope_set_cancel_on_error (fixture->scope, FALSE);
  g_assert_true (pillion_scope_add (fixture->scope, task, NULL));
  pillion_task_add_done_callback (task, on_done, fixture, NULL);
  if (GPOINTER_TO_INT (failing))
    pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_FAILED, "bad");
  else
    pillion_task_return_boolean (task, TRUE);
  pillion_loop_set_budget_usec (fixture->loop, 0);
  g_assert_true (pillion_loop_kick (fixture->loop));
  g_assert_cmpuint (fixture->log->len, >, 0);
  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 1);

  close_well (fixture, 0);
  g_assert_cmpuint (pillion_scope_get_n_failed (fixture->scope), ==, GPOINTER_TO_INT (failing));
  g_ptr_array_unref (pillion_scope_take_failed (fixture->scope));
  kick_until_quiet (fixture->loop);
  end_object (task);
}

/* What is not in the scope carries on */
static void
test_others_go_on (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (PillionScope) other = pillion_scope_new (fixture->loop, "other", NULL);
  PillionTask *a = obedient (fixture, other, "a"), *b = obedient (fixture, fixture->scope, "b");

  close_well (fixture, -1);
  g_assert_false (pillion_task_is_cancelled (a));
  g_assert_cmpuint (pillion_scope_get_live_tasks (other), ==, 1);
  g_assert_true (pillion_scope_close (other, -1, NULL));
  g_object_unref (a);
  g_object_unref (b);
}

static void
test_waits_for_what_takes_time (Fixture *fixture,
                                gconstpointer data)
{
  g_autoptr (PillionTask) sleep = pillion_loop_sleep (fixture->loop, G_TIME_SPAN_DAY, NULL);

  g_assert_true (pillion_scope_add (fixture->scope, sleep, NULL));
  close_well (fixture, 60 * G_TIME_SPAN_SECOND);
  g_assert_cmpint (pillion_task_get_state (sleep), ==, PILLION_TASK_CANCELLED);
}

static void
work_on (PillionTask *task,
         GCancellable *cancellable,
         gpointer gate)
{
  gate_wait (gate);
  pillion_task_return_boolean (task, TRUE);
}

static void
open_gate (GCancellable *cancellable,
           gpointer gate)
{
  gate_open (gate);
}

static void
test_waits_for_threads (Fixture *fixture,
                        gconstpointer data)
{
  Gate gate = GATE_INIT;
  PillionTask *task = pillion_loop_run_in_thread (fixture->loop, "thread", NULL, work_on, &gate, NULL);

  g_assert_true (pillion_scope_add (fixture->scope, task, NULL));
  pillion_task_add_done_callback (task, on_done, fixture, NULL);
  g_signal_connect (pillion_task_get_cancellable (task), "cancelled", G_CALLBACK (open_gate), &gate);
  close_well (fixture, -1);
  g_assert_true (pillion_task_is_done (task));
  g_assert_cmpuint (fixture->log->len, >, 0);
  g_object_unref (task);
}

static void
test_names_what_was_left (Fixture *fixture,
                          gconstpointer data)
{
  g_autoptr (PillionScope) child = pillion_scope_new_child (fixture->scope, "child", NULL);
  PillionTask *a = stubborn (fixture, fixture->scope, "stubborn"), *b = obedient (fixture, fixture->scope, "obedient"),
              *c = stubborn (fixture, child, "inner");
  g_autoptr (PillionTask) join = pillion_scope_join (fixture->scope);
  g_autoptr (GError) error = NULL;

  pillion_test_host_advance (PILLION_TEST_HOST (fixture->host), 2 * G_TIME_SPAN_SECOND);
  g_assert_false (pillion_scope_close (fixture->scope, 500 * G_TIME_SPAN_MILLISECOND, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_cmpstr (error->message, ==,
                   "Still running when the scope 'mine' was closed: 'stubborn' (there.c:7), 2.5 s old; "
                   "'inner' (there.c:7) in scope 'mine/child', 2.5 s old");
  g_assert_cmpstr (fixture->log->str, ==, "obedient:3 ");

  /* They belong to the loop, and to no scope */
  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 0);
  kick_until_quiet (fixture->loop);
  g_clear_error (&error);
  g_assert_false (pillion_task_get_boolean (join, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_cmpuint (pillion_loop_get_live_tasks (fixture->loop), ==, 2);
  end_left (fixture, a);
  end_left (fixture, c);
  end_object (b);
}

static void
test_says_what_it_waits_for (Fixture *fixture,
                             gconstpointer data)
{
  g_autoptr (PillionScope) outer = pillion_scope_new (fixture->loop, "outer", NULL);
  PillionTask *started = pillion_scope_start (fixture->scope, "started", make_stuck, fixture, NULL);
  g_autoptr (GError) error = NULL;

  kick_until_quiet (fixture->loop);
  g_assert_false (pillion_scope_close (fixture->scope, 1000, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_true (g_pattern_match_simple ("*'started', ?.? s old, waiting for 'leaf' (leaf.c:3)*", error->message));
  g_clear_error (&error);

  /* It is in no scope now, so another can take it */
  g_assert_true (pillion_scope_add (outer, started, NULL));
  g_assert_false (pillion_scope_close (outer, 0, &error));
  g_assert_true (g_pattern_match_simple ("*'started', ?.? s old, waiting for 'leaf'*", error->message));
  pillion_task_return_boolean (fixture->task, TRUE);
  kick_until_quiet (fixture->loop);
  end_object (started);
  end_object (fixture->task);
}

static void
test_many_left (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  PillionTask *tasks[12];

  for (guint i = 0; i < 12; i++)
    tasks[i] = stubborn (fixture, fixture->scope, "stubborn");
  g_assert_false (pillion_scope_close (fixture->scope, 0, &error));
  assert_contains (error->message, "; and 2 more tasks");
  for (guint i = 0; i < 12; i++)
    end_left (fixture, tasks[i]);
}

/* Without time, nothing is worked on, but everything is cancelled */
static void
test_no_time (Fixture *fixture,
              gconstpointer data)
{
  PillionTask *a = obedient (fixture, fixture->scope, "a");
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_scope_close (fixture->scope, 0, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_cmpint (pillion_task_get_state (a), ==, PILLION_TASK_CANCELLED);
  g_assert_cmpuint (fixture->log->len, ==, 0);
  kick_until_quiet (fixture->loop);
  g_assert_cmpstr (fixture->log->str, ==, "a:3 ");
  end_object (a);
}

/* A task that is left and fails later is reported, because the scope no longer looks */
static void
test_left_one_is_reported (Fixture *fixture,
                           gconstpointer data)
{
  PillionTask *a = stubborn (fixture, fixture->scope, "a");

  logs_catch ();
  g_assert_false (pillion_scope_close (fixture->scope, 0, NULL));
  pillion_task_return_new_error (a, PILLION_ERROR, PILLION_ERROR_FAILED, "broke");
  g_object_unref (a);
  kick_until_quiet (fixture->loop);
  assert_logged ("warning: *'a'*broke");
}

static gboolean
keep_busy (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* It ends by the deadline, whatever the rest of the loop does */
static void
test_deadline_under_load (Fixture *fixture,
                          gconstpointer data)
{
  PillionTask *a = stubborn (fixture, fixture->scope, "a");
  GSource *source = g_idle_source_new ();
  gint64 start = g_get_monotonic_time ();
  g_autoptr (GError) error = NULL;

  g_source_set_callback (source, keep_busy, NULL, NULL);
  g_source_attach (source, pillion_loop_get_context (fixture->loop));
  g_assert_false (pillion_scope_close (fixture->scope, 20 * G_TIME_SPAN_MILLISECOND, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 20 * G_TIME_SPAN_MILLISECOND);
  g_source_destroy (source);
  g_source_unref (source);
  end_left (fixture, a);
}

/* A virtual clock jumps to the end of what obeys in time, and then to the deadline */
static void
end_later (gpointer task)
{
  pillion_task_return_boolean (task, TRUE);
}

static void
obey_later (GCancellable *cancellable,
            gpointer task)
{
  pillion_loop_call_later (pillion_task_get_loop (task), 10 * G_TIME_SPAN_SECOND, end_later, task, NULL);
}

static void
test_virtual_time (Fixture *fixture,
                   gconstpointer data)
{
  PillionTask *task = pillion_task_new (fixture->loop, "slow", NULL);
  PillionScope *again;
  gint64 start = pillion_loop_get_now (fixture->loop);
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_scope_add (fixture->scope, task, NULL));
  g_signal_connect (pillion_task_get_cancellable (task), "cancelled", G_CALLBACK (obey_later), task);
  close_well (fixture, 20 * G_TIME_SPAN_SECOND);
  g_assert_cmpint (pillion_loop_get_now (fixture->loop) - start, ==, 10 * G_TIME_SPAN_SECOND);
  g_object_unref (task);

  again = pillion_scope_new (fixture->loop, "again", NULL);
  task = stubborn (fixture, again, "stuck");
  start = pillion_loop_get_now (fixture->loop);
  g_assert_false (pillion_scope_close (again, 3600 * G_TIME_SPAN_SECOND, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_cmpint (pillion_loop_get_now (fixture->loop) - start, ==, 3600 * G_TIME_SPAN_SECOND);
  end_left (fixture, task);
  end_object (again);
}

/* Work that waits for room is ended, not started */
static void
test_line (Fixture *fixture,
           gconstpointer data)
{
  PillionTask *first = obedient (fixture, fixture->scope, "first");
  PillionTask *waiting = pillion_scope_start (fixture->scope, "waiting", make_stuck, fixture, NULL);

  pillion_scope_set_limit (fixture->scope, 1);
  close_well (fixture, -1);
  g_assert_cmpint (pillion_task_get_state (waiting), ==, PILLION_TASK_CANCELLED);
  g_assert_null (fixture->task);
  end_object (first);
  end_object (waiting);
}

static void
test_line_without_time (Fixture *fixture,
                        gconstpointer data)
{
  PillionTask *first = obedient (fixture, fixture->scope, "first");
  PillionTask *waiting = pillion_scope_start (fixture->scope, "waiting", make_stuck, fixture, NULL);

  pillion_scope_set_limit (fixture->scope, 1);
  g_assert_false (pillion_scope_close (fixture->scope, 0, NULL));
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (pillion_task_get_state (waiting), ==, PILLION_TASK_CANCELLED);
  g_assert_null (fixture->task);
  end_object (first);
  end_object (waiting);
}

static void
add_late (PillionTask *task,
          gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (PillionTask) late = pillion_task_new (fixture->loop, "late", NULL);
  g_autoptr (PillionTask) started = pillion_scope_start (fixture->scope, "late", make_stuck, fixture, NULL);

  g_assert_false (pillion_scope_add (fixture->scope, late, &fixture->error));
  g_assert_true (pillion_task_is_done (started));
  g_assert_false (pillion_task_check (started, NULL));
  g_assert_null (pillion_scope_new_child (fixture->scope, "late", NULL));
  pillion_task_return_boolean (late, TRUE);
}

static void
test_nothing_is_added_meanwhile (Fixture *fixture,
                                 gconstpointer data)
{
  PillionTask *a = obedient (fixture, fixture->scope, "a");

  pillion_task_add_done_callback (a, add_late, fixture, NULL);
  close_well (fixture, -1);
  g_assert_error (fixture->error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  kick_until_quiet (fixture->loop);
  end_object (a);
}

/* 500 that obey, as in a reload */
static void
test_many (Fixture *fixture,
           gconstpointer data)
{
  PillionTask *tasks[500];

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = obedient (fixture, fixture->scope, "t");
  close_well (fixture, -1);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    end_object (tasks[i]);
}

/* In a region in which nothing may be called, it says so, and can be tried again */
static void
test_in_region (Fixture *fixture,
                gconstpointer data)
{
  PillionTask *a = obedient (fixture, fixture->scope, "a"), *b;
  g_autoptr (GError) error = NULL;

  pillion_loop_begin_region (fixture->loop, "render", PILLION_REGION_NO_CALLBACKS);
  g_assert_false (pillion_scope_close (fixture->scope, -1, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_BUSY);
  assert_contains (error->message, "render");
  g_assert_true (pillion_task_is_cancelled (a));
  g_assert_false (pillion_scope_is_closed (fixture->scope));
  b = obedient (fixture, fixture->scope, "b");
  g_assert_true (pillion_loop_end_region (fixture->loop, "render", NULL));
  close_well (fixture, -1);
  g_assert_cmpstr (fixture->log->str, ==, "a:3 b:3 ");
  end_object (a);
  end_object (b);
}

/* Outside a safe point, it does not wait for what needs one */
static void
test_held_back (Fixture *fixture,
                gconstpointer data)
{
  PillionTask *a = obedient (fixture, fixture->scope, "a"), *b = obedient (fixture, fixture->scope, "b");
  g_autoptr (GError) error = NULL;

  pillion_task_set_safe_point (a, TRUE);
  pillion_loop_begin_region (fixture->loop, "undo", PILLION_REGION_NO_DESTRUCTIVE);
  g_assert_false (pillion_scope_close (fixture->scope, -1, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_true (g_pattern_match_simple ("*'a' (here.c:9), ?.? s old, held back until a safe point*", error->message));
  g_assert_cmpstr (fixture->log->str, ==, "b:3 ");
  g_assert_true (pillion_loop_end_region (fixture->loop, "undo", NULL));
  kick_until_quiet (fixture->loop);
  g_assert_cmpstr (fixture->log->str, ==, "b:3 a:3 ");
  end_object (a);
  end_object (b);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add ("/scope/close/" path, Fixture, NULL, set_up, func, tear_down)
#define ADD_VIRTUAL(path, func) g_test_add ("/scope/close/" path, Fixture, NULL, set_up_virtual, func, tear_down)
  ADD ("empty", test_empty);
  ADD ("everything-is-delivered", test_everything_is_delivered);
  ADD ("joins-of-left", test_joins_of_left);
  g_test_add ("/scope/close/ended-at-the-end-of-a-kick", Fixture, GINT_TO_POINTER (FALSE), set_up,
              test_ended_at_the_end_of_a_kick, tear_down);
  g_test_add ("/scope/close/failed-at-the-end-of-a-kick", Fixture, GINT_TO_POINTER (TRUE), set_up,
              test_ended_at_the_end_of_a_kick, tear_down);
  ADD ("others-go-on", test_others_go_on);
  ADD ("waits-for-what-takes-time", test_waits_for_what_takes_time);
  ADD ("waits-for-threads", test_waits_for_threads);
  ADD_VIRTUAL ("names-what-was-left", test_names_what_was_left);
  ADD ("says-what-it-waits-for", test_says_what_it_waits_for);
  ADD ("many-left", test_many_left);
  ADD ("no-time", test_no_time);
  ADD ("left-one-is-reported", test_left_one_is_reported);
  ADD ("deadline-under-load", test_deadline_under_load);
  ADD_VIRTUAL ("virtual-time", test_virtual_time);
  ADD ("line", test_line);
  ADD ("line-without-time", test_line_without_time);
  ADD ("nothing-is-added-meanwhile", test_nothing_is_added_meanwhile);
  ADD ("many", test_many);
  ADD ("in-region", test_in_region);
  ADD ("held-back", test_held_back);
#undef ADD
#undef ADD_VIRTUAL

  return g_test_run ();
}
