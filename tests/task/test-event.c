/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "log-support.h"

typedef struct
{
  PillionLoop *loop;
  PillionEvent *event;
  Log log;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  fixture->event = pillion_event_new (fixture->loop);
  log_init (&fixture->log, fixture->loop);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  kick_until_quiet (fixture->loop);
  end_object (fixture->event);
  loop_end (fixture->loop);
  log_clear (&fixture->log);
}

static PillionTask *
wait_for (Fixture *fixture,
          const char *name)
{
  return log_task (&fixture->log, pillion_event_wait (fixture->event), name, log_done);
}

static void
test_new (Fixture *fixture,
          gconstpointer data)
{
  g_autoptr (PillionLoop) loop = NULL;

  g_object_get (fixture->event, "loop", &loop, NULL);
  g_assert_true (loop == fixture->loop);
  g_assert_true (pillion_event_get_loop (fixture->event) == loop);
  g_assert_false (pillion_event_is_set (fixture->event));
}

static void
test_wakes_all (Fixture *fixture,
                gconstpointer data)
{
  PillionTask *a = wait_for (fixture, "a"), *b = wait_for (fixture, "b"), *c = wait_for (fixture, "c"), *d;

  assert_log (&fixture->log, "");
  pillion_task_cancel (b);
  pillion_event_set (fixture->event);
  g_assert_true (pillion_event_is_set (fixture->event));
  /* Setting it again, or clearing it right afterwards, changes nothing for those that waited */
  pillion_event_set (fixture->event);
  pillion_event_clear (fixture->event);
  d = wait_for (fixture, "d");
  assert_log (&fixture->log, "a:1 c:1 b:3 ");
  g_assert_true (pillion_task_get_boolean (a, NULL));
  g_assert_false (pillion_task_is_done (d));
  pillion_event_set (fixture->event);
  assert_log (&fixture->log, "d:1 ");
  end_object (a);
  end_object (b);
  end_object (c);
  end_object (d);
}

/* Those that are cancelled leave the line */
static void
test_many_cancelled (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_new ();
  PillionTask *last;

  for (guint i = 0; i < 1000; i++)
    g_ptr_array_add (tasks, pillion_event_wait (fixture->event));
  last = wait_for (fixture, "last");
  cancel_all (tasks);
  kick_until_quiet (fixture->loop);
  end_all (tasks);
  pillion_event_set (fixture->event);
  assert_log (&fixture->log, "last:1 ");
  end_object (last);
}

static void
test_set_already (Fixture *fixture,
                  gconstpointer data)
{
  PillionTask *task;

  pillion_event_set (fixture->event);
  task = wait_for (fixture, "a");
  g_assert_true (pillion_task_is_done (task));
  assert_log (&fixture->log, "a:1 ");
  end_object (task);
}

static void
test_loop_closed (Fixture *fixture,
                  gconstpointer data)
{
  PillionTask *a = wait_for (fixture, "a"), *late;
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_loop_close (fixture->loop, -1, &error));
  g_assert_cmpstr (fixture->log.text->str, ==, "a:3 ");
  late = pillion_event_wait (fixture->event);
  g_assert_false (pillion_task_get_boolean (late, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  end_object (a);
  end_object (late);
}

/* Waiters are released even without time to notice */
static void
test_loop_closed_at_once (Fixture *fixture,
                          gconstpointer data)
{
  PillionTask *a = wait_for (fixture, "a");

  g_assert_false (pillion_loop_close (fixture->loop, 0, NULL));
  g_assert_cmpint (pillion_task_get_state (a), ==, PILLION_TASK_CANCELLED);
  pillion_event_set (fixture->event);
  g_assert_cmpstr (fixture->log.text->str, ==, "");
  end_object (a);
}

static gpointer
use_from_thread (gpointer data)
{
  Fixture *fixture = data;

  pillion_event_set (fixture->event);
  pillion_event_clear (fixture->event);
  g_assert_null (pillion_event_wait (fixture->event));
  return NULL;
}

static void
test_wrong_thread (Fixture *fixture,
                   gconstpointer data)
{
  for (guint i = 0; i < 3; i++)
    g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, "*on_thread*failed");
  g_thread_join (g_thread_new ("other", use_from_thread, fixture));
  g_test_assert_expected_messages ();
  g_assert_false (pillion_event_is_set (fixture->event));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add ("/event/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("new", test_new);
  ADD ("wakes-all-in-order", test_wakes_all);
  ADD ("set-already", test_set_already);
  ADD ("many-cancelled-leave-the-line", test_many_cancelled);
  ADD ("loop-closed", test_loop_closed);
  ADD ("loop-closed-at-once", test_loop_closed_at_once);
  ADD ("wrong-thread", test_wrong_thread);
#undef ADD

  return g_test_run ();
}
