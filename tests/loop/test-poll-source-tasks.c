/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

#include "core/pillion-binding.h"

/* Another loop that waits for Pillion's tasks */

typedef struct
{
  PillionLoop *loop;
  PillionPollSource *source;
  PillionTask *task;
  int n;                 /* how often the callback was called */
  gboolean ends_nested;  /* whether the callback ends the task, in a main loop of its own */
  GPtrArray *taken;
} Fixture;

static gint64
on_ready (PillionPollSource *source,
          gint64 deadline_usec,
          gpointer data)
{
  Fixture *fixture = data;
  PillionTask *task;

  fixture->n++;
  if (fixture->ends_nested)
    {
      fixture->ends_nested = FALSE;
      pillion_task_return_boolean (fixture->task, TRUE);
      for (int i = 0; i < 5; i++)
        g_main_context_iteration (pillion_loop_get_context (fixture->loop), FALSE);
      return -1;
    }
  while ((task = pillion_poll_source_take_task (source)) != NULL)
    g_ptr_array_add (fixture->taken, task);

  return -1;
}

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  fixture->source = pillion_poll_source_new (fixture->loop, -1);
  pillion_poll_source_set_callback (fixture->source, on_ready, fixture, NULL);
  fixture->task = pillion_task_new (fixture->loop, "awaited", NULL);
  fixture->taken = g_ptr_array_new_with_free_func (g_object_unref);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  if (fixture->task != NULL && !pillion_task_is_done (fixture->task))
    pillion_task_return_boolean (fixture->task, TRUE);
  kick_until_quiet (fixture->loop);
  g_clear_pointer (&fixture->taken, g_ptr_array_unref);
  g_clear_object (&fixture->task);
  if (fixture->source != NULL)
    end_object (fixture->source);
  loop_end (fixture->loop);
}

static void
test_pending (Fixture *fixture,
              gconstpointer data)
{
  g_assert_true (pillion_poll_source_watch_task (fixture->source, fixture->task));
  /* A second wait is notified together with the first */
  g_assert_true (pillion_poll_source_watch_task (fixture->source, fixture->task));
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 0);
  g_assert_null (pillion_poll_source_take_task (fixture->source));

  pillion_task_return_boolean (fixture->task, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 1);
  g_assert_cmpuint (fixture->taken->len, ==, 1);
  g_assert_true (fixture->taken->pdata[0] == fixture->task);
}

static void
test_done (Fixture *fixture,
           gconstpointer data)
{
  pillion_task_return_boolean (fixture->task, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_true (pillion_poll_source_watch_task (fixture->source, fixture->task));
  g_assert_cmpint (fixture->n, ==, 0);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (fixture->taken->len, ==, 1);

  /* And again */
  g_assert_true (pillion_poll_source_watch_task (fixture->source, fixture->task));
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (fixture->taken->len, ==, 2);
}

static void
test_order (Fixture *fixture,
            gconstpointer data)
{
  PillionTask *tasks[3];

  for (int i = 0; i < 3; i++)
    {
      tasks[i] = pillion_task_new (fixture->loop, "one of three", NULL);
      g_assert_true (pillion_poll_source_watch_task (fixture->source, tasks[i]));
    }
  pillion_task_return_boolean (tasks[2], TRUE);
  pillion_task_return_boolean (tasks[0], TRUE);
  pillion_task_return_boolean (tasks[1], TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (fixture->taken->len, ==, 3);
  g_assert_true (fixture->taken->pdata[0] == tasks[2]);
  g_assert_true (fixture->taken->pdata[1] == tasks[0]);
  g_assert_true (fixture->taken->pdata[2] == tasks[1]);
  for (int i = 0; i < 3; i++)
    g_object_unref (tasks[i]);
}

static gboolean
finish (gpointer data)
{
  pillion_task_return_boolean (data, TRUE);
  return G_SOURCE_REMOVE;
}

static void
test_wait (Fixture *fixture,
           gconstpointer data)
{
  GSource *idle = g_idle_source_new ();
  PillionTask *task;

  g_source_set_callback (idle, finish, fixture->task, NULL);
  g_source_attach (idle, pillion_loop_get_context (fixture->loop));
  g_source_unref (idle);
  pillion_poll_source_set_running (fixture->source, TRUE);
  g_assert_true (pillion_poll_source_watch_task (fixture->source, fixture->task));
  g_assert_true (pillion_poll_source_wait (fixture->source, -1));
  g_assert_cmpint (fixture->n, ==, 0);
  task = pillion_poll_source_take_task (fixture->source);
  g_assert_true (task == fixture->task);
  g_object_unref (task);
  pillion_poll_source_set_running (fixture->source, FALSE);
}

static gboolean
count_idle (gpointer n)
{
  (*(int *) n)++;
  return G_SOURCE_CONTINUE;
}

static void
do_nothing (PillionTask *task,
            gpointer data)
{
}

/* Waits that tasks end at once need no turn of the context, but must not starve it, whatever else is ready */
static void
test_wait_in_a_row (Fixture *fixture,
                    gconstpointer data)
{
  PillionTask *other = pillion_task_new (fixture->loop, "other", NULL);
  GSource *idle = g_idle_source_new ();
  int n = 0;

  pillion_task_return_boolean (other, TRUE);
  g_source_set_callback (idle, count_idle, &n, NULL);
  g_source_attach (idle, pillion_loop_get_context (fixture->loop));
  pillion_poll_source_set_running (fixture->source, TRUE);
  for (int i = 0; i < 1000; i++)
    {
      PillionTask *task = pillion_loop_sleep (fixture->loop, 0, NULL);
      PillionTask *taken;

      g_assert_true (pillion_poll_source_watch_task (fixture->source, task));
      if (GPOINTER_TO_INT (data))
        pillion_task_add_done_callback (other, do_nothing, NULL, NULL);
      do
        {
          g_assert_true (pillion_poll_source_wait (fixture->source, -1));
          taken = pillion_poll_source_take_task (fixture->source);
        }
      while (taken == NULL);
      g_assert_true (taken == task);
      g_assert_true (pillion_task_is_done (task));
      g_object_unref (task);
      end_object (taken);
    }
  g_assert_cmpint (n, >=, 30);
  end_object (other);
  pillion_poll_source_set_running (fixture->source, FALSE);
  g_source_destroy (idle);
  g_source_unref (idle);
}

/* What is done while the callback is on the stack is reported in another call. The main loop in the callback
 * makes one more, because only the other loop knows what is ready in it. */
static void
test_nested (Fixture *fixture,
             gconstpointer data)
{
  fixture->ends_nested = TRUE;
  g_assert_true (pillion_poll_source_watch_task (fixture->source, fixture->task));
  pillion_poll_source_set_ready_time (fixture->source, 0);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 3);
  g_assert_cmpuint (fixture->taken->len, ==, 1);
}

static void
count (PillionTask *task,
       gpointer n)
{
  (*(int *) n)++;
}

static void
test_give_up (Fixture *fixture,
              gconstpointer data)
{
  int n = 0;

  g_assert_false (pillion_poll_source_give_up_task (fixture->source, fixture->task));

  /* Something else still waits */
  pillion_task_add_done_callback (fixture->task, count, &n, NULL);
  g_assert_true (pillion_poll_source_watch_task (fixture->source, fixture->task));
  g_assert_true (pillion_poll_source_give_up_task (fixture->source, fixture->task));
  g_assert_false (pillion_task_is_cancelled (fixture->task));
  pillion_task_return_boolean (fixture->task, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (n, ==, 1);
  g_assert_cmpuint (fixture->taken->len, ==, 0);

  /* Nothing else waits */
  g_object_unref (fixture->task);
  fixture->task = pillion_loop_sleep (fixture->loop, 3600 * G_TIME_SPAN_SECOND, NULL);
  g_assert_true (pillion_poll_source_watch_task (fixture->source, fixture->task));
  g_assert_true (pillion_poll_source_give_up_task (fixture->source, fixture->task));
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (pillion_task_get_state (fixture->task), ==, PILLION_TASK_CANCELLED);
  g_assert_cmpuint (fixture->taken->len, ==, 0);
}

/* What a task got goes to the next waiter if the first one gave up before it asked */
static void
test_give_up_what_was_got (Fixture *fixture,
                           gconstpointer data)
{
  PillionSemaphore *semaphore = pillion_semaphore_new (fixture->loop, 1);
  PillionTask *task = pillion_semaphore_acquire (semaphore);

  g_assert_true (pillion_poll_source_watch_task (fixture->source, task));
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (fixture->taken->len, ==, 1);
  g_assert_cmpuint (pillion_semaphore_get_available (semaphore), ==, 0);
  pillion_task_cancel (task);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (pillion_semaphore_get_available (semaphore), ==, 1);
  g_object_unref (task);

  /* At once, if the waiter says so */
  for (int taken = 0; taken < 2; taken++)
    {
      task = pillion_semaphore_acquire (semaphore);
      g_assert_true (pillion_poll_source_watch_task (fixture->source, task));
      if (taken)
        kick_until_quiet (fixture->loop);
      else
        pillion_poll_source_set_running (fixture->source, TRUE);
      g_assert_cmpuint (pillion_semaphore_get_available (semaphore), ==, 0);
      g_assert_cmpint (pillion_poll_source_give_up_task (fixture->source, task), ==, !taken);
      if (taken)
        g_assert_cmpuint (pillion_semaphore_get_available (semaphore), ==, 1);
      /* It is only one permit, however often this is said */
      g_assert_false (pillion_poll_source_give_up_task (fixture->source, task));
      pillion_task_cancel (task);
      pillion_poll_source_set_running (fixture->source, FALSE);
      kick_until_quiet (fixture->loop);
      g_assert_cmpuint (pillion_semaphore_get_available (semaphore), ==, 1);
      g_ptr_array_set_size (fixture->taken, 0);
      end_object (task);
    }

  /* Not if it has asked */
  task = pillion_semaphore_acquire (semaphore);
  g_assert_true (pillion_poll_source_watch_task (fixture->source, task));
  kick_until_quiet (fixture->loop);
  g_assert_true (pillion_task_get_boolean (task, NULL));
  pillion_task_cancel (task);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (pillion_semaphore_get_available (semaphore), ==, 0);
  g_object_unref (task);
  g_object_unref (semaphore);
}

static void
test_closed (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *done = pillion_task_new (fixture->loop, "done", NULL);

  pillion_poll_source_set_callback (fixture->source, NULL, NULL, NULL);
  g_assert_true (pillion_poll_source_watch_task (fixture->source, fixture->task));
  g_assert_true (pillion_poll_source_watch_task (fixture->source, done));
  pillion_task_return_boolean (done, TRUE);
  kick_until_quiet (fixture->loop);
  pillion_poll_source_close (fixture->source);
  g_assert_null (pillion_poll_source_take_task (fixture->source));
  g_assert_false (pillion_poll_source_watch_task (fixture->source, fixture->task));
  /* They carry on by themselves */
  g_assert_false (pillion_task_is_cancelled (fixture->task));
  pillion_task_return_boolean (fixture->task, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 0);
  end_object (done);
}

static void
test_loop_closed (Fixture *fixture,
                  gconstpointer data)
{
  PillionTask *task;

  g_assert_true (pillion_poll_source_watch_task (fixture->source, fixture->task));
  g_assert_false (pillion_loop_close (fixture->loop, 0, NULL));
  g_assert_false (pillion_poll_source_watch_task (fixture->source, fixture->task));
  /* Nothing else will report it, and the callback is no longer called */
  g_assert_cmpint (fixture->n, ==, 0);
  task = pillion_poll_source_take_task (fixture->source);
  g_assert_true (task == fixture->task);
  g_assert_false (pillion_task_is_done (task));
  g_object_unref (task);
  g_assert_null (pillion_poll_source_take_task (fixture->source));
}

static gpointer
watch_on_thread (gpointer data)
{
  PillionTask *task = data;
  PillionLoop *loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  PillionPollSource *source = pillion_poll_source_new (loop, -1);

  g_assert_false (pillion_poll_source_watch_task (source, task));
  end_object (source);
  loop_end (loop);
  return NULL;
}

static void
test_other_threads_task (Fixture *fixture,
                         gconstpointer data)
{
  g_thread_join (g_thread_new ("watcher", watch_on_thread, fixture->task));
}

/* A loop of the same thread */
static void
test_other_loops_task (Fixture *fixture,
                       gconstpointer data)
{
  PillionLoop *other = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  PillionTask *task = pillion_task_new (other, "of another loop", NULL);

  g_assert_true (pillion_poll_source_watch_task (fixture->source, task));
  pillion_task_return_boolean (task, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (fixture->taken->len, ==, 0);
  kick_until_quiet (other);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (fixture->taken->len, ==, 1);
  g_ptr_array_set_size (fixture->taken, 0);
  end_object (task);
  loop_end (other);
}

/* A closed loop notifies nobody */
static void
test_closed_loops_task (Fixture *fixture,
                        gconstpointer data)
{
  PillionLoop *other = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  PillionTask *task = pillion_task_new (other, "of a closed loop", NULL);

  g_assert_false (pillion_loop_close (other, 0, NULL));
  g_assert_false (pillion_poll_source_watch_task (fixture->source, task));
  pillion_task_return_boolean (task, TRUE);
  g_assert_false (pillion_poll_source_watch_task (fixture->source, task));
  end_object (task);
  end_object (other);
}

static gpointer
unref_on_thread (gpointer object)
{
  g_object_unref (object);
  return NULL;
}

/* There is no way to reach the loop's thread any more, where the task of another loop still is */
static void
test_last_reference_on_a_thread (Fixture *fixture,
                                 gconstpointer data)
{
  PillionLoop *other = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  PillionTask *task = pillion_task_new (other, "of another loop", NULL);
  PillionPollSource *source = pillion_poll_source_new (fixture->loop, -1);

  g_assert_true (pillion_poll_source_watch_task (source, task));
  g_assert_false (pillion_loop_close (fixture->loop, 0, NULL));
  g_object_add_weak_pointer (G_OBJECT (source), (gpointer *) &source);
  g_thread_join (g_thread_new ("last", unref_on_thread, source));
  g_assert_null (source);
  pillion_task_return_boolean (task, TRUE);
  kick_until_quiet (other);
  end_object (task);
  loop_end (other);
}

static void
test_other_loop_closed (Fixture *fixture,
                        gconstpointer data)
{
  PillionLoop *other = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  PillionTask *task = pillion_task_new (other, "of another loop", NULL);

  g_assert_true (pillion_poll_source_watch_task (fixture->source, task));
  kick_until_quiet (fixture->loop);
  g_assert_false (pillion_loop_close (other, 0, NULL));
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (fixture->taken->len, ==, 1);
  g_assert_true (fixture->taken->pdata[0] == task);
  g_assert_false (pillion_task_is_done (task));
  g_assert_false (pillion_poll_source_give_up_task (fixture->source, task));
  g_ptr_array_set_size (fixture->taken, 0);
  g_object_unref (other);
  pillion_task_return_boolean (task, TRUE);
  end_object (task);
}

static void
test_adopted (Fixture *fixture,
              gconstpointer data)
{
  PillionScope *scope = pillion_scope_new (fixture->loop, "scope", NULL);
  PillionTask *task;

  g_assert_true (pillion_scope_add_with_key (scope, "key", fixture->task, NULL));
  g_assert_true (pillion_poll_source_watch_task (fixture->source, fixture->task));
  task = pillion_scope_adopt (scope, "key");
  g_assert_true (task == fixture->task);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (fixture->taken->len, ==, 1);
  g_assert_false (pillion_task_is_done (task));

  /* It can be watched again */
  g_assert_true (pillion_poll_source_watch_task (fixture->source, task));
  pillion_task_return_boolean (task, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (fixture->taken->len, ==, 2);
  g_object_unref (task);
  g_assert_true (pillion_scope_close (scope, 0, NULL));
  g_object_unref (scope);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) g_test_add ("/poll-source/tasks/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("pending", test_pending);
  ADD ("done-already", test_done);
  ADD ("order-in-which-they-end", test_order);
  ADD ("ends-a-wait", test_wait);
  ADD ("wait-in-a-row", test_wait_in_a_row);
  g_test_add ("/poll-source/tasks/wait-in-a-row-with-others", Fixture, GINT_TO_POINTER (TRUE), set_up, test_wait_in_a_row, tear_down);
  ADD ("done-inside-the-callback", test_nested);
  ADD ("give-up", test_give_up);
  ADD ("give-up-what-was-got", test_give_up_what_was_got);
  ADD ("closed", test_closed);
  ADD ("loop-closed", test_loop_closed);
  ADD ("other-threads-task", test_other_threads_task);
  ADD ("other-loops-task", test_other_loops_task);
  ADD ("closed-loops-task", test_closed_loops_task);
  ADD ("last-reference-on-a-thread", test_last_reference_on_a_thread);
  ADD ("other-loop-closed", test_other_loop_closed);
  ADD ("adopted", test_adopted);
#undef ADD

  return g_test_run ();
}
