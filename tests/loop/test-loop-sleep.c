/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../core/test-support.h"

typedef struct
{
  PillionLoop *loop;
  PillionHost *host;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  fixture->host = pillion_test_host_new ();
  g_assert_true (pillion_loop_ensure (fixture->loop, fixture->host, NULL));
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  loop_end (fixture->loop);
  end_object (fixture->host);
}

static void
advance (Fixture *fixture,
         gint64 usec)
{
  pillion_test_host_advance (PILLION_TEST_HOST (fixture->host), usec);
}

static void
assert_cancelled (PillionTask *task)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_CANCELLED);
  g_assert_false (pillion_task_propagate_boolean (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_ends (Fixture *fixture,
           gconstpointer data)
{
  PillionTask *task = pillion_loop_sleep (fixture->loop, 1000, NULL);
  PillionTask *at_once = pillion_loop_sleep (fixture->loop, 0, NULL);
  PillionTask *before = pillion_loop_sleep (fixture->loop, -7, NULL);

  g_assert_cmpstr (pillion_task_get_name (task), ==, "sleep");
  g_assert_false (pillion_task_is_done (at_once));
  advance (fixture, 0);
  g_assert_true (pillion_task_is_done (at_once));
  g_assert_true (pillion_task_is_done (before));
  advance (fixture, 999);
  g_assert_false (pillion_task_is_done (task));
  advance (fixture, 1);
  g_assert_true (pillion_task_propagate_boolean (task, NULL));
  end_object (task);
  end_object (at_once);
  end_object (before);
}

static void
test_let_go (Fixture *fixture,
             gconstpointer data)
{
  g_object_unref (pillion_loop_sleep (fixture->loop, 1000, NULL));
  g_assert_cmpuint (pillion_loop_get_live_tasks (fixture->loop), ==, 1);
  advance (fixture, 1000);
  g_assert_cmpuint (pillion_loop_get_live_tasks (fixture->loop), ==, 0);
}

static void
test_real_clock (void)
{
  PillionLoop *loop = loop_new ();
  gint64 start = g_get_monotonic_time ();
  PillionTask *task = pillion_loop_sleep (loop, 30000, NULL);

  kick_until (loop, pillion_task_is_done (task));
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 30000);
  g_object_unref (task);
  loop_end (loop);
}

static void
test_cancel_at_once (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  PillionTask *task;

  g_cancellable_cancel (cancellable);
  task = pillion_loop_sleep (fixture->loop, G_TIME_SPAN_HOUR, cancellable);
  g_assert_false (pillion_task_is_done (task));
  advance (fixture, 0);
  assert_cancelled (task);
  end_object (task);
  g_assert_false (pillion_loop_is_riding (fixture->loop));
}

static void
test_cancel_later (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  PillionTask *by_parent = pillion_loop_sleep (fixture->loop, G_TIME_SPAN_HOUR, cancellable);
  PillionTask *by_itself = pillion_loop_sleep (fixture->loop, G_TIME_SPAN_HOUR, NULL);

  advance (fixture, 1000);
  g_cancellable_cancel (cancellable);
  pillion_task_cancel (by_itself);
  g_assert_false (pillion_task_is_done (by_itself));
  advance (fixture, 0);
  assert_cancelled (by_parent);
  assert_cancelled (by_itself);
  end_object (by_parent);
  end_object (by_itself);
}

/* Due and cancelled at the same time: it ended before the request was heard */
static void
test_cancel_when_due (Fixture *fixture,
                      gconstpointer data)
{
  PillionTask *task = pillion_loop_sleep (fixture->loop, 1000, NULL);

  advance (fixture, 1000);
  pillion_task_cancel (task);
  advance (fixture, 0);
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_SUCCEEDED);
  end_object (task);
}

typedef struct
{
  PillionTask *first;
  PillionTask *second;
} Pair;

static void
cancel_second (PillionTask *task,
               gpointer data)
{
  pillion_task_cancel (((Pair *) data)->second);
}

/* Cancelled while its timer is in the ready queue already */
static void
test_cancel_when_ready (Fixture *fixture,
                        gconstpointer data)
{
  Pair pair = { pillion_loop_sleep (fixture->loop, 1000, NULL), pillion_loop_sleep (fixture->loop, 1000, NULL) };

  pillion_task_add_done_callback (pair.first, cancel_second, &pair, NULL);
  advance (fixture, 2000);
  g_assert_true (pillion_task_is_done (pair.second));
  end_object (pair.first);
  end_object (pair.second);
}

static gpointer
cancel_there (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return NULL;
}

static void
test_cancel_from_thread (void)
{
  for (guint i = 0; i < 100; i++)
    {
      PillionLoop *loop = loop_new ();
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      PillionTask *task = pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, cancellable);
      GThread *thread = g_thread_new ("canceller", cancel_there, cancellable);

      g_assert_false (pillion_loop_run_until_complete (loop, task, NULL));
      assert_cancelled (task);
      g_thread_join (thread);
      end_object (task);
      loop_end (loop);
    }
}

/* Its time and another thread's request at about the same moment */
static void
test_race (void)
{
  for (guint i = 0; i < 200; i++)
    {
      PillionLoop *loop = loop_new ();
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      GThread *thread = g_thread_new ("canceller", cancel_there, cancellable);
      PillionTask *task = pillion_loop_sleep (loop, i, cancellable);

      pillion_loop_run_until_complete (loop, task, NULL);
      g_assert_true (pillion_task_is_done (task));
      g_thread_join (thread);
      end_object (task);
      loop_end (loop);
    }
}

static void
test_closed (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *task;
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  task = pillion_loop_sleep (fixture->loop, 1000, NULL);
  g_assert_false (pillion_task_propagate_boolean (task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  end_object (task);
}

static void
test_pending_at_close (Fixture *fixture,
                       gconstpointer data)
{
  PillionTask *task = pillion_loop_sleep (fixture->loop, G_TIME_SPAN_HOUR, NULL);

  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  assert_cancelled (task);
  end_object (task);
}

/* No time to hear of it: it is left behind, and nobody is left who would end it later */
static void
test_left_behind (Fixture *fixture,
                  gconstpointer data)
{
  PillionTask *task = pillion_loop_sleep (fixture->loop, G_TIME_SPAN_HOUR, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_loop_close (fixture->loop, 0, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_nonnull (strstr (error->message, "sleep"));
  assert_cancelled (task);
  end_object (task);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/loop/sleep/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("ends-when-its-time-has-come", test_ends);
  ADD ("nobody-needs-to-hold-it", test_let_go);
  ADD ("cancelled-at-once", test_cancel_at_once);
  ADD ("cancelled-later", test_cancel_later);
  ADD ("cancelled-when-it-is-over", test_cancel_when_due);
  ADD ("cancelled-when-it-is-ready", test_cancel_when_ready);
  ADD ("on-a-closed-loop-has-failed", test_closed);
  ADD ("pending-at-close-is-cancelled", test_pending_at_close);
  ADD ("left-behind-at-close-ends", test_left_behind);
  g_test_add_func ("/loop/sleep/by-the-real-clock-is-not-early", test_real_clock);
  g_test_add_func ("/loop/sleep/cancelled-from-another-thread", test_cancel_from_thread);
  g_test_add_func ("/loop/sleep/cancelled-and-over-at-once", test_race);

  return g_test_run ();
}
