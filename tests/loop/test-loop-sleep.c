/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

static void
assert_cancelled (PillionTask *task)
{
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_CANCELLED);
  g_assert_false (pillion_task_get_boolean (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
test_ends (PillionLoop *loop,
           gpointer data)
{
  gint64 start = pillion_loop_get_now (loop);
  g_autoptr (PillionTask) task = pillion_loop_sleep (loop, 1000, NULL);
  g_autoptr (PillionTask) at_once = pillion_loop_sleep (loop, 0, NULL);
  g_autoptr (PillionTask) before = pillion_loop_sleep (loop, -7, NULL);

  g_assert_cmpstr (pillion_task_get_name (task), ==, "sleep");
  g_assert_false (pillion_task_is_done (at_once));
  g_assert_true (pillion_await_boolean (at_once, NULL));
  g_assert_true (pillion_await_boolean (before, NULL));
  g_assert_cmpint (pillion_loop_get_now (loop), ==, start);

  g_assert_true (pillion_sleep (999, NULL));
  g_assert_false (pillion_task_is_done (task));
  g_assert_true (pillion_await_boolean (task, NULL));
  g_assert_cmpint (pillion_loop_get_now (loop), ==, start + 1000);
}

static void
test_let_go (PillionLoop *loop,
             gpointer data)
{
  g_object_unref (pillion_loop_sleep (loop, 1000, NULL));
  /* One for itself, and one for the test */
  g_assert_cmpuint (pillion_loop_get_live_tasks (loop), ==, 2);
  g_assert_true (pillion_sleep (1001, NULL));
  g_assert_cmpuint (pillion_loop_get_live_tasks (loop), ==, 1);
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
test_cancel_at_once (PillionLoop *loop,
                     gpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (PillionTask) task = NULL;
  gint64 start = pillion_loop_get_now (loop);

  g_cancellable_cancel (cancellable);
  task = pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, cancellable);
  g_assert_false (pillion_task_is_done (task));
  g_assert_false (pillion_await (task, NULL));
  assert_cancelled (task);
  g_assert_cmpint (pillion_loop_get_now (loop), ==, start);
}

static void
test_cancel_later (PillionLoop *loop,
                   gpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (PillionTask) by_parent = pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, cancellable);
  g_autoptr (PillionTask) by_itself = pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, NULL);
  gint64 start = pillion_loop_get_now (loop);

  g_assert_true (pillion_sleep (1000, NULL));
  g_cancellable_cancel (cancellable);
  pillion_task_cancel (by_itself);
  g_assert_false (pillion_task_is_done (by_itself));
  g_assert_false (pillion_await (by_parent, NULL));
  g_assert_false (pillion_await (by_itself, NULL));
  assert_cancelled (by_parent);
  assert_cancelled (by_itself);
  g_assert_cmpint (pillion_loop_get_now (loop), ==, start + 1000);
}

/* Due and cancelled at the same time: it had ended before the request was seen */
static void
test_cancel_when_due (PillionLoop *loop,
                      gpointer data)
{
  g_autoptr (PillionTask) task = pillion_loop_sleep (loop, 1000, NULL);

  g_assert_true (pillion_sleep (1000, NULL));
  pillion_task_cancel (task);
  g_assert_true (pillion_await (task, NULL));
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_SUCCEEDED);
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
test_cancel_when_ready (PillionLoop *loop,
                        gpointer data)
{
  Pair pair = { pillion_loop_sleep (loop, 1000, NULL), pillion_loop_sleep (loop, 1000, NULL) };

  pillion_task_add_done_callback (pair.first, cancel_second, &pair, NULL);
  g_assert_true (pillion_sleep (2000, NULL));
  g_assert_true (pillion_task_is_done (pair.second));
  g_object_unref (pair.first);
  g_object_unref (pair.second);
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

/* Its time comes at about the same moment as another thread's request */
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
test_closed (PillionLoop *loop,
             gpointer data)
{
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  /* Only the test's own is left */
  g_assert_false (pillion_loop_close (loop, -1, NULL));
  task = pillion_loop_sleep (loop, 1000, NULL);
  g_assert_false (pillion_task_get_boolean (task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
}

static void
test_pending_at_close (PillionLoop *loop,
                       gpointer data)
{
  g_autoptr (PillionTask) task = pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_loop_close (loop, -1, &error));
  g_assert_null (strstr (error->message, "'sleep'"));
  assert_cancelled (task);
}

/* No time to react: it is left behind, and nothing is left that would end it later */
static void
test_left_behind (PillionLoop *loop,
                  gpointer data)
{
  g_autoptr (PillionTask) task = pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_loop_close (loop, 0, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_nonnull (strstr (error->message, "'sleep'"));
  assert_cancelled (task);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) pillion_test_add_func ("/loop/sleep/" name, function)
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
