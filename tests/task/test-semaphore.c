/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "log-support.h"

typedef struct
{
  PillionLoop *loop;
  PillionSemaphore *semaphore; /* of 2 permits */
  Log log;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  fixture->semaphore = pillion_semaphore_new (fixture->loop, 2);
  log_init (&fixture->log, fixture->loop);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  kick_until_quiet (fixture->loop);
  end_object (fixture->semaphore);
  loop_end (fixture->loop);
  log_clear (&fixture->log);
}

static PillionTask *
acquire (Fixture *fixture,
         const char *name)
{
  return log_task (&fixture->log, pillion_semaphore_acquire (fixture->semaphore), name, log_done);
}

static void
release (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_semaphore_release (fixture->semaphore, &error));
  g_assert_no_error (error);
}

static void
test_new (Fixture *fixture,
          gconstpointer data)
{
  g_autoptr (PillionLoop) loop = NULL;
  guint permits, available;

  g_object_get (fixture->semaphore, "loop", &loop, "permits", &permits, "available", &available, NULL);
  g_assert_true (loop == fixture->loop);
  g_assert_true (pillion_semaphore_get_loop (fixture->semaphore) == loop);
  g_assert_cmpuint (permits, ==, 2);
  g_assert_cmpuint (available, ==, 2);
  g_assert_cmpuint (pillion_semaphore_get_permits (fixture->semaphore), ==, 2);
}

static void
test_fair (Fixture *fixture,
           gconstpointer data)
{
  PillionTask *a = acquire (fixture, "a"), *b = acquire (fixture, "b"), *c = acquire (fixture, "c"),
              *d = acquire (fixture, "d");

  g_assert_cmpuint (pillion_semaphore_get_available (fixture->semaphore), ==, 0);
  assert_log (&fixture->log, "a:1 b:1 ");
  g_assert_true (pillion_task_get_boolean (a, NULL));

  /* Directly to the longest waiter: nothing comes in between */
  release (fixture);
  g_assert_false (pillion_semaphore_try_acquire (fixture->semaphore));
  assert_log (&fixture->log, "c:1 ");
  release (fixture);
  release (fixture);
  assert_log (&fixture->log, "d:1 ");
  g_assert_cmpuint (pillion_semaphore_get_available (fixture->semaphore), ==, 1);
  g_assert_true (pillion_semaphore_try_acquire (fixture->semaphore));
  g_assert_false (pillion_semaphore_try_acquire (fixture->semaphore));
  release (fixture);
  release (fixture);
  g_assert_cmpuint (pillion_semaphore_get_available (fixture->semaphore), ==, 2);
  end_object (a);
  end_object (b);
  end_object (c);
  end_object (d);
}

static void
test_over_released (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_semaphore_try_acquire (fixture->semaphore));
  release (fixture);
  g_assert_false (pillion_semaphore_release (fixture->semaphore, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_OVER_RELEASED);
  g_assert_cmpuint (pillion_semaphore_get_available (fixture->semaphore), ==, 2);
}

static void
take_both (Fixture *fixture)
{
  g_assert_true (pillion_semaphore_try_acquire (fixture->semaphore));
  g_assert_true (pillion_semaphore_try_acquire (fixture->semaphore));
}

static void
test_cancel_waiting (Fixture *fixture,
                     gconstpointer data)
{
  PillionTask *a, *b;

  take_both (fixture);
  a = acquire (fixture, "a");
  b = acquire (fixture, "b");
  pillion_task_cancel (a);
  /* It is passed over from now on, although it is notified later */
  release (fixture);
  g_assert_true (pillion_task_is_done (b));
  assert_log (&fixture->log, "b:1 a:3 ");
  end_object (a);

  /* The same through its own cancellable */
  a = acquire (fixture, "a");
  g_cancellable_cancel (pillion_task_get_cancellable (a));
  assert_log (&fixture->log, "a:3 ");
  end_object (a);

  /* With nothing else in the line, the permit is free */
  a = acquire (fixture, "a");
  pillion_task_cancel (a);
  release (fixture);
  g_assert_true (pillion_semaphore_try_acquire (fixture->semaphore));
  assert_log (&fixture->log, "a:3 ");
  release (fixture);
  release (fixture);
  end_object (a);
  end_object (b);
}

/* Those that are cancelled leave the line, so that it does not grow, and a release has nobody to pass */
static void
test_many_cancelled (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_new ();
  PillionTask *last;

  take_both (fixture);
  for (guint i = 0; i < 1000; i++)
    g_ptr_array_add (tasks, pillion_semaphore_acquire (fixture->semaphore));
  last = acquire (fixture, "last");
  cancel_all (tasks);
  release (fixture);
  g_assert_true (pillion_task_is_done (last));
  assert_log (&fixture->log, "last:1 ");
  end_object (last);

  /* Nothing has them any more: the semaphore neither */
  end_all (tasks);

  /* The same for those that hear of it before anything is released */
  for (guint i = 0; i < 1000; i++)
    g_ptr_array_add (tasks, pillion_semaphore_acquire (fixture->semaphore));
  cancel_all (tasks);
  kick_until_quiet (fixture->loop);
  end_all (tasks);
  release (fixture);
  g_assert_cmpuint (pillion_semaphore_get_available (fixture->semaphore), ==, 1);
  release (fixture);
}

/* A permit that was not delivered goes to the next */
static void
test_unwanted (Fixture *fixture,
               gconstpointer data)
{
  PillionTask *a, *b;
  guint id;

  take_both (fixture);
  a = pillion_semaphore_acquire (fixture->semaphore);
  id = pillion_task_add_done_callback (a, log_done, &fixture->log, NULL);
  b = acquire (fixture, "b");
  release (fixture);
  g_assert_true (pillion_task_is_done (a));

  /* The waiter goes away before it is notified */
  g_assert_true (pillion_task_remove_done_callback (a, id));
  pillion_task_cancel (a);
  assert_log (&fixture->log, "b:1 ");
  end_object (a);
  end_object (b);

  /* The same with no other waiter */
  a = pillion_semaphore_acquire (fixture->semaphore);
  release (fixture);
  pillion_task_cancel (a);
  pillion_task_cancel (a);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (pillion_semaphore_get_available (fixture->semaphore), ==, 1);
  end_object (a);
  release (fixture);
}

/* A cancellation that changes nothing, because somebody waits for the permit, is forgotten */
static void
test_unwanted_later (Fixture *fixture,
                     gconstpointer data)
{
  PillionTask *task = pillion_semaphore_acquire (fixture->semaphore);
  guint id = pillion_task_add_done_callback (task, log_done, &fixture->log, NULL);

  pillion_task_cancel (task);
  g_assert_cmpuint (pillion_semaphore_get_available (fixture->semaphore), ==, 1);
  g_assert_true (pillion_task_remove_done_callback (task, id));
  pillion_task_cancel (task);
  assert_log (&fixture->log, "");
  g_assert_cmpuint (pillion_semaphore_get_available (fixture->semaphore), ==, 2);
  end_object (task);
}

/* Tasks that were ended by whoever has them had no permit, so they have none to give back, and they get none */
static void
test_ended_by_caller (Fixture *fixture,
                      gconstpointer data)
{
  PillionTask *ended, *gone, *next;

  take_both (fixture);
  ended = pillion_semaphore_acquire (fixture->semaphore);
  gone = pillion_semaphore_acquire (fixture->semaphore);
  next = acquire (fixture, "next");
  pillion_task_return_boolean (ended, TRUE);
  pillion_task_cancel (ended);
  pillion_task_return_boolean (gone, TRUE);
  kick_until_quiet (fixture->loop);
  end_object (gone);
  assert_log (&fixture->log, "");
  g_assert_cmpuint (pillion_semaphore_get_available (fixture->semaphore), ==, 0);

  release (fixture);
  assert_log (&fixture->log, "next:1 ");
  pillion_task_cancel (ended);
  g_assert_cmpuint (pillion_semaphore_get_available (fixture->semaphore), ==, 0);
  end_object (ended);
  end_object (next);
  release (fixture);
  release (fixture);
}

/* A delivered permit has an owner, whatever is asked afterwards */
static void
test_handed_over (Fixture *fixture,
                  gconstpointer data)
{
  PillionTask *told = acquire (fixture, "told"), *asked = pillion_semaphore_acquire (fixture->semaphore);

  /* Cancelled before it is notified, but it is notified */
  pillion_task_cancel (told);
  g_assert_true (pillion_task_get_boolean (asked, NULL));
  pillion_task_cancel (asked);
  assert_log (&fixture->log, "told:1 ");
  pillion_task_cancel (told);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (pillion_semaphore_get_available (fixture->semaphore), ==, 0);
  release (fixture);
  release (fixture);
  end_object (told);
  end_object (asked);

  /* Nor is one lost that was waited for */
  told = pillion_semaphore_acquire (fixture->semaphore);
  g_assert_true (pillion_loop_run_until_complete (fixture->loop, told, NULL));
  pillion_task_cancel (told);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (pillion_semaphore_get_available (fixture->semaphore), ==, 1);
  release (fixture);
  end_object (told);
}

static void
release_it (PillionTask *task,
            gpointer data)
{
  Fixture *fixture = data;

  release (fixture);
}

/* More workers than permits; never more at once than permits */
static void
test_throughput (Fixture *fixture,
                 gconstpointer data)
{
  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (PillionTask) task = acquire (fixture, "");

      pillion_task_add_done_callback (task, release_it, fixture, NULL);
    }
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (fixture->log.text->len, ==, 300);
  g_assert_cmpuint (pillion_semaphore_get_available (fixture->semaphore), ==, 2);
}

/* A waiter keeps it alive */
static void
test_kept (Fixture *fixture,
           gconstpointer data)
{
  PillionSemaphore *other = pillion_semaphore_new (fixture->loop, 1);
  gpointer weak = other;
  PillionTask *task;

  g_object_add_weak_pointer (G_OBJECT (other), &weak);
  g_assert_true (pillion_semaphore_try_acquire (other));
  task = pillion_semaphore_acquire (other);
  g_object_unref (other);
  g_assert_nonnull (weak);
  pillion_task_cancel (task);
  kick_until_quiet (fixture->loop);
  end_object (task);
  g_assert_null (weak);
}

static void
test_loop_closed (Fixture *fixture,
                  gconstpointer data)
{
  PillionTask *a, *late;
  g_autoptr (GError) error = NULL;

  take_both (fixture);
  a = acquire (fixture, "a");
  g_assert_true (pillion_loop_close (fixture->loop, -1, &error));
  g_assert_cmpstr (fixture->log.text->str, ==, "a:3 ");
  late = pillion_semaphore_acquire (fixture->semaphore);
  g_assert_false (pillion_task_get_boolean (late, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  release (fixture);
  end_object (a);
  end_object (late);
}

static gpointer
use_from_thread (gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GError) error = NULL;

  g_assert_null (pillion_semaphore_acquire (fixture->semaphore));
  g_assert_false (pillion_semaphore_try_acquire (fixture->semaphore));
  g_assert_false (pillion_semaphore_release (fixture->semaphore, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_THREAD);
  return NULL;
}

static void
test_wrong_thread (Fixture *fixture,
                   gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, "*on_thread*failed");
  g_thread_join (g_thread_new ("other", use_from_thread, fixture));
  g_test_assert_expected_messages ();
}

static void
count_notify (GObject *object,
              GParamSpec *pspec,
              gpointer data)
{
  ++*(guint *) data;
}

static void
test_notifies (Fixture *fixture,
               gconstpointer data)
{
  guint n = 0;

  g_signal_connect (fixture->semaphore, "notify::available", G_CALLBACK (count_notify), &n);
  g_assert_true (pillion_semaphore_try_acquire (fixture->semaphore));
  g_assert_cmpuint (n, ==, 1);
  release (fixture);
  g_assert_cmpuint (n, ==, 2);
}

static void
close_loop (PillionLoop *loop)
{
  pillion_loop_close (loop, 0, NULL);
}

static void
test_closed_in_handler (Fixture *fixture,
                        gconstpointer data)
{
  PillionTask *task;

  g_signal_connect_swapped (fixture->semaphore, "notify::available", G_CALLBACK (close_loop), fixture->loop);
  task = pillion_semaphore_acquire (fixture->semaphore);
  g_assert_true (pillion_loop_is_closed (fixture->loop));
  g_assert_true (pillion_task_is_done (task));
  end_object (task);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, func) g_test_add ("/semaphore/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("new", test_new);
  ADD ("loop-closed-in-notification", test_closed_in_handler);
  ADD ("first-come-first-served", test_fair);
  ADD ("over-released", test_over_released);
  ADD ("cancel-while-waiting", test_cancel_waiting);
  ADD ("many-cancelled-leave-the-line", test_many_cancelled);
  ADD ("unwanted-permit-goes-on", test_unwanted);
  ADD ("unwanted-after-a-cancellation-that-changed-nothing", test_unwanted_later);
  ADD ("one-that-the-caller-ended-has-none", test_ended_by_caller);
  ADD ("handed-over-when-told", test_handed_over);
  ADD ("all-get-through", test_throughput);
  ADD ("kept-by-who-waits", test_kept);
  ADD ("loop-closed", test_loop_closed);
  ADD ("wrong-thread", test_wrong_thread);
  ADD ("available-notifies", test_notifies);
#undef ADD

  return g_test_run ();
}
