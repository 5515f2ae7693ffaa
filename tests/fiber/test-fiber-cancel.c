/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fiber-support.h"

#include <string.h>

/* Fibers that are cancelled, and fibers of a loop that is closed */

/* Every way in which a cancelled fiber might wait fails at once */
static void
assert_all_fail (PillionTask *task)
{
  PillionLoop *loop = pillion_task_get_loop (task);
  g_autoptr (PillionTask) done = pillion_task_new (loop, "done", NULL);
  g_autoptr (PillionTask) sleep = pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, NULL);
  g_autoptr (GError) error = NULL;
  gint64 now = pillion_loop_get_now (loop);

  pillion_task_return_boolean (done, TRUE);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_false (pillion_await (done, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      g_assert_false (pillion_await (sleep, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      g_assert_false (pillion_yield (&error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      g_assert_false (pillion_sleep (5000, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);
      g_assert_false (pillion_yield (NULL));
    }
  /* Nothing else would have waited for it */
  assert_state (sleep, PILLION_TASK_CANCELLED);
  g_assert_cmpint (pillion_loop_get_now (loop), ==, now);
}

typedef struct
{
  PillionTask *awaited;
  guint reached;
} Point;

/* Waits in each way, holding something that has to be freed */
static void
go_on_and_on (PillionTask *task,
              gpointer data)
{
  PillionLoop *loop = pillion_task_get_loop (task);
  Point *point = data;
  g_autofree char *held = g_strdup ("held");
  g_autoptr (PillionTask) sleep = pillion_loop_sleep (loop, 1000, NULL);
  g_autoptr (GError) error = NULL;
  gboolean going = TRUE;

  for (guint i = 0; i < 3 && going; i++)
    {
      g_autofree char *inner = g_strdup_printf ("%s %u", held, i);

      point->reached++;
      going = i == 0 ? pillion_await (sleep, &error) : i == 1 ? pillion_sleep (1000, &error) : pillion_yield (&error);
      g_assert_true (going == (error == NULL));
      g_assert_nonnull (strstr (inner, "held"));
    }

  if (going)
    {
      pillion_task_return_boolean (task, TRUE);
      return;
    }

  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_all_fail (task);
  pillion_task_return_error (task, g_steal_pointer (&error));
}

/* Cancels at the time @data: before it starts, in each of its waits, when it is done; and in each way of
 * asking */
static void
test_at_every_point (Fixture *fixture,
                     gconstpointer data)
{
  for (guint way = 0; way < 2; way++)
    {
      for (gint64 time = -1; time < 2500; time += 500)
        {
          Point point = { 0 };
          PillionTask *task = pillion_loop_spawn (fixture->loop, "cancelled", go_on_and_on, &point, NULL);

          if (time >= 0)
            advance (fixture, time);
          if (way == 0)
            pillion_task_cancel (task);
          else
            g_cancellable_cancel (pillion_task_get_cancellable (task));
          run_idle (fixture);

          /* At 999 µs it is in the await, at 1,999 in the sleep, and at 2,000 it has ended */
          g_assert_cmpuint (point.reached, ==, time < 0 ? 0 : time < 1000 ? 1 : time < 2000 ? 2 : 3);
          assert_state (task, time < 2000 ? PILLION_TASK_CANCELLED : PILLION_TASK_SUCCEEDED);
          end_object (task);
        }
    }
}

static void
cancel_and_go_on (PillionTask *task,
                  gpointer data)
{
  g_assert_true (pillion_yield (NULL));
  pillion_task_cancel (task);
  assert_all_fail (task);
}

/* By itself, while it runs */
static void
test_by_itself (Fixture *fixture,
                gconstpointer data)
{
  PillionTask *task = pillion_loop_spawn (fixture->loop, "itself", cancel_and_go_on, NULL, NULL);

  run_idle (fixture);
  assert_state (task, PILLION_TASK_CANCELLED);
  end_object (task);
}

static void
yield_on (PillionTask *task,
          gpointer data)
{
  while (pillion_yield (NULL))
    *(guint *) data += 1;
}

/* While its turn is in the queue */
static void
test_in_a_yield (Fixture *fixture,
                 gconstpointer data)
{
  guint n = 0;
  PillionTask *task = pillion_loop_spawn (fixture->loop, "yields", yield_on, &n, NULL);

  kick_until (fixture->loop, n >= 3);
  pillion_task_cancel (task);
  run_idle (fixture);
  assert_state (task, PILLION_TASK_CANCELLED);
  end_object (task);
}

/* It writes to its waiter's stack until it says that it has ended */
typedef struct
{
  PillionTask *task;
  char *buffer;
} Reader;

static Reader reader;

static void
read_to_stack (PillionTask *task,
               gpointer data)
{
  char buffer[64] = { 0 };
  g_autoptr (GError) error = NULL;

  reader.buffer = buffer;
  g_assert_false (pillion_await (reader.task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpstr (buffer, ==, "the last word");
  *(guint *) data += 1;
}

static void
test_waits_for_the_end (Fixture *fixture,
                        gconstpointer data)
{
  /* Before it waits, and during the wait; the task may still succeed */
  for (guint i = 0; i < 4; i++)
    {
      guint n = 0;
      PillionTask *task;

      reader.task = pillion_task_new (fixture->loop, "reads", NULL);
      task = pillion_loop_spawn (fixture->loop, "waits", read_to_stack, &n, NULL);
      advance (fixture, 0);
      pillion_task_cancel (task);
      g_assert_false (pillion_task_is_cancelled (reader.task));
      advance (fixture, 1000);
      g_assert_true (pillion_task_is_cancelled (reader.task));
      g_assert_cmpuint (n, ==, 0);
      strcpy (reader.buffer, "the last word");
      if (i % 2 == 0)
        pillion_task_return_if_cancelled (reader.task);
      else
        pillion_task_return_boolean (reader.task, TRUE);
      advance (fixture, 0);
      g_assert_cmpuint (n, ==, 1);
      assert_state (task, PILLION_TASK_CANCELLED);
      end_object (task);
      end_object (reader.task);
    }
}

static void
cancel_then_read (PillionTask *task,
                  gpointer data)
{
  pillion_task_cancel (task);
  read_to_stack (task, data);
}

static void
test_waits_for_the_end_though_cancelled_before (Fixture *fixture,
                                                gconstpointer data)
{
  guint n = 0;
  PillionTask *task;

  reader.task = pillion_task_new (fixture->loop, "reads", NULL);
  task = pillion_loop_spawn (fixture->loop, "waits", cancel_then_read, &n, NULL);
  advance (fixture, 1000);
  g_assert_cmpuint (n, ==, 0);
  g_assert_true (pillion_task_is_cancelled (reader.task));
  strcpy (reader.buffer, "the last word");
  pillion_task_return_if_cancelled (reader.task);
  advance (fixture, 0);
  g_assert_cmpuint (n, ==, 1);
  end_object (task);
  end_object (reader.task);
}

static void
await_data (PillionTask *task,
            gpointer data)
{
  g_autoptr (GError) error = NULL;

  if (pillion_await (data, &error))
    pillion_task_return_boolean (task, TRUE);
  else
    pillion_task_return_error (task, g_steal_pointer (&error));
}

static void
count_done (PillionTask *task,
            gpointer data)
{
  *(guint *) data += 1;
}

/* What others wait for carries on, and the fiber is notified at once */
static void
test_others_wait (Fixture *fixture,
                  gconstpointer data)
{
  guint n = 0;
  PillionTask *job = pillion_task_new (fixture->loop, "job", NULL);
  PillionTask *one = pillion_loop_spawn (fixture->loop, "one", await_data, job, NULL);
  PillionTask *two = pillion_loop_spawn (fixture->loop, "two", await_data, job, NULL);

  advance (fixture, 0);
  pillion_task_cancel (one);
  advance (fixture, 0);
  assert_state (one, PILLION_TASK_CANCELLED);
  g_assert_false (pillion_task_is_cancelled (job));

  pillion_task_add_done_callback (job, count_done, &n, NULL);
  pillion_task_cancel (two);
  advance (fixture, 0);
  assert_state (two, PILLION_TASK_CANCELLED);
  g_assert_false (pillion_task_is_cancelled (job));

  pillion_task_return_boolean (job, TRUE);
  advance (fixture, 0);
  g_assert_cmpuint (n, ==, 1);
  end_object (one);
  end_object (two);
  end_object (job);
}

/* The awaited task is done, but the fiber not notified yet, when the request comes: too late for this await */
static void
test_when_done (Fixture *fixture,
                gconstpointer data)
{
  PillionTask *job = pillion_task_new (fixture->loop, "job", NULL);
  PillionTask *task = pillion_loop_spawn (fixture->loop, "waits", await_data, job, NULL);

  advance (fixture, 0);
  pillion_task_cancel (task);
  pillion_task_return_boolean (job, TRUE);
  advance (fixture, 0);
  assert_state (task, PILLION_TASK_CANCELLED);
  assert_state (job, PILLION_TASK_SUCCEEDED);
  end_object (task);
  end_object (job);
}

/* Fibers that wait for fibers: the request travels down, and their ends travel up */
static void
spawn_inner (PillionTask *task,
             gpointer data)
{
  g_autoptr (PillionTask) inner = NULL;

  if (GPOINTER_TO_INT (data) > 0)
    inner = pillion_loop_spawn (pillion_task_get_loop (task), "inner", spawn_inner, GINT_TO_POINTER (GPOINTER_TO_INT (data) - 1), NULL);
  else
    inner = pillion_loop_sleep (pillion_task_get_loop (task), G_TIME_SPAN_DAY, NULL);
  await_data (task, inner);
  assert_state (inner, PILLION_TASK_CANCELLED);
}

static void
test_goes_down (Fixture *fixture,
                gconstpointer data)
{
  PillionTask *task = pillion_loop_spawn (fixture->loop, "outer", spawn_inner, GINT_TO_POINTER (20), NULL);

  advance (fixture, 0);
  g_assert_cmpuint (pillion_loop_get_live_tasks (fixture->loop), ==, 22);
  pillion_task_cancel (task);
  advance (fixture, 0);
  assert_state (task, PILLION_TASK_CANCELLED);
  g_assert_cmpuint (pillion_loop_get_live_tasks (fixture->loop), ==, 0);
  end_object (task);
}

static gpointer
cancel_there (gpointer task)
{
  pillion_task_cancel (task);
  return NULL;
}

static void
await_sleep (PillionTask *task,
             gpointer data)
{
  g_autoptr (PillionTask) sleep = pillion_loop_sleep (pillion_task_get_loop (task), G_TIME_SPAN_DAY, NULL);
  g_autofree char *held = g_strdup ("held");

  g_assert_false (pillion_await (sleep, NULL));
  g_assert_cmpstr (held, ==, "held");
}

static void
test_from_thread (void)
{
  for (guint i = 0; i < 100; i++)
    {
      PillionLoop *loop = loop_new ();
      guint n = 0;
      PillionTask *task = pillion_loop_spawn (loop, "waits", i % 2 == 0 ? await_sleep : yield_on, &n, NULL);
      GThread *thread = g_thread_new ("canceller", cancel_there, task);

      g_assert_false (pillion_loop_run_until_complete (loop, task, NULL));
      assert_state (task, PILLION_TASK_CANCELLED);
      g_thread_join (thread);
      /* The request may come after the fiber has checked for itself */
      kick_until_quiet (loop);
      end_object (task);
      loop_end (loop);
    }
}

static void
sleep_long (PillionTask *task,
            gpointer data)
{
  pillion_sleep (G_TIME_SPAN_DAY, NULL);
}

/* All kinds of parked fibers are notified when the loop is closed, and have ended by the time it is */
static void
test_close (Fixture *fixture,
            gconstpointer data)
{
  PillionTask *job = pillion_loop_sleep (fixture->loop, G_TIME_SPAN_DAY, NULL);
  PillionTask *tasks[] = {
    pillion_loop_spawn (fixture->loop, "awaits", await_data, job, NULL),
    pillion_loop_spawn (fixture->loop, "awaits too", await_sleep, NULL, NULL),
    pillion_loop_spawn (fixture->loop, "sleeps", sleep_long, NULL, NULL),
    pillion_loop_spawn (fixture->loop, "outer", spawn_inner, GINT_TO_POINTER (5), NULL),
  };

  advance (fixture, 1500);
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      assert_state (tasks[i], PILLION_TASK_CANCELLED);
      end_object (tasks[i]);
    }
  end_object (job);
}

static void
add_hundred (gpointer data)
{
  *(guint *) data += 100;
}

static void
await_other (PillionTask *task,
             gpointer data)
{
  pillion_await (data, NULL);
  g_assert_not_reached ();
}

static PillionTask *left_behind_job;

static void
await_left_behind (PillionTask *task,
                   gpointer data)
{
  pillion_await (left_behind_job, NULL);
  g_assert_not_reached ();
}

/* What never ends is named, and never continues */
static void
test_left_behind (Fixture *fixture,
                  gconstpointer data)
{
  guint n = 0;
  PillionTask *waits, *waits_for_it;
  g_autoptr (GError) error = NULL;

  left_behind_job = pillion_task_new (fixture->loop, "never", NULL);
  waits = pillion_loop_spawn (fixture->loop, "left behind", await_left_behind, &n, add_hundred);
  waits_for_it = pillion_loop_spawn (fixture->loop, "left as well", await_other, waits, NULL);

  advance (fixture, 0);
  g_assert_false (pillion_loop_close (fixture->loop, 0, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_nonnull (strstr (error->message, "left behind"));
  g_assert_nonnull (strstr (error->message, "left as well"));
  g_assert_nonnull (strstr (error->message, "never"));
  g_assert_nonnull (strstr (error->message, "test-fiber-cancel.c"));
  g_assert_cmpuint (n, ==, 100);
  assert_state (waits, PILLION_TASK_CANCELLED);
  assert_state (waits_for_it, PILLION_TASK_CANCELLED);

  /* Whatever works on it comes late */
  pillion_task_return_boolean (left_behind_job, TRUE);
  end_object (waits_for_it);
  end_object (waits);
  end_object (left_behind_job);
}

/* No time to notify any of them: those that sleep, those that yield, and those that have not started */
static void
test_no_time (Fixture *fixture,
              gconstpointer data)
{
  guint n = 0, n_yields = 0;
  PillionTask *sleeps = pillion_loop_spawn (fixture->loop, "sleeps", sleep_long, NULL, NULL);
  PillionTask *yields = pillion_loop_spawn (fixture->loop, "yields", yield_on, &n_yields, NULL);
  PillionTask *new;
  g_autoptr (GError) error = NULL;

  kick_until (fixture->loop, n_yields > 2);
  new = pillion_loop_spawn (fixture->loop, "new", yield_on, &n, add_hundred);
  g_assert_false (pillion_loop_close (fixture->loop, 0, &error));
  g_assert_nonnull (strstr (error->message, "sleeps"));
  g_assert_nonnull (strstr (error->message, "yields"));
  g_assert_nonnull (strstr (error->message, "new"));
  g_assert_cmpuint (n, ==, 100);
  assert_state (sleeps, PILLION_TASK_CANCELLED);
  assert_state (yields, PILLION_TASK_CANCELLED);
  assert_state (new, PILLION_TASK_CANCELLED);
  end_object (sleeps);
  end_object (yields);
  end_object (new);
}

static void
close_from_inside (PillionTask *task,
                   gpointer data)
{
  PillionLoop *loop = pillion_task_get_loop (task);
  g_autoptr (PillionTask) pending = pillion_task_new (loop, "pending", NULL);
  g_autoptr (GError) error = NULL;
  guint *n = data;

  pillion_task_return_boolean (pending, TRUE);
  /* It waits for all the others, and names itself */
  g_assert_false (pillion_loop_close (loop, -1, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_nonnull (strstr (error->message, "closes"));
  g_assert_null (strstr (error->message, "awaits"));
  g_assert_true (pillion_loop_is_closed (loop));

  g_clear_error (&error);
  g_assert_false (pillion_yield (&error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (pillion_sleep (1, NULL));
  g_assert_false (pillion_await (pending, NULL));
  *n += 1;
  pillion_task_return_int (task, 5);
}

/* The fiber's own loop */
static void
test_close_inside (Fixture *fixture,
                   gconstpointer data)
{
  guint n = 0;
  PillionTask *awaits = pillion_loop_spawn (fixture->loop, "awaits", await_sleep, NULL, NULL);
  PillionTask *task = pillion_loop_spawn (fixture->loop, "closes", close_from_inside, &n, add_hundred);

  kick_until (fixture->loop, n > 0);
  g_assert_true (pillion_loop_is_closed (fixture->loop));
  g_assert_cmpuint (n, ==, 101);
  g_assert_cmpint (pillion_task_get_int (task, NULL), ==, 5);
  assert_state (awaits, PILLION_TASK_CANCELLED);
  end_object (task);
  end_object (awaits);
}

static void
close_early (PillionTask *task,
             gpointer data)
{
  g_autoptr (GError) error = NULL;

  /* It is no longer a task of the loop, so nothing cancels it */
  pillion_task_return_boolean (task, TRUE);
  g_assert_true (pillion_sleep (1, NULL));
  g_assert_true (pillion_loop_close (data, -1, NULL));
  g_assert_false (pillion_yield (&error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
}

static void
test_close_after_result (Fixture *fixture,
                         gconstpointer data)
{
  PillionTask *task = pillion_loop_spawn (fixture->loop, "closes", close_early, fixture->loop, NULL);

  pillion_loop_hold (fixture->loop);
  advance (fixture, 1);
  g_assert_true (pillion_loop_is_closed (fixture->loop));
  end_object (task);
}

static void
return_and_park (PillionTask *task,
                 gpointer data)
{
  g_autoptr (PillionTask) never = data;

  pillion_task_return_boolean (task, TRUE);
  pillion_await (g_steal_pointer (&never), NULL);
  g_assert_not_reached ();
}

/* A fiber that carried on after its result is no longer a task, but what it waits for is */
static void
test_left_after_result (Fixture *fixture,
                        gconstpointer data)
{
  PillionTask *never = pillion_task_new (fixture->loop, "never", NULL);
  PillionTask *task = pillion_loop_spawn (fixture->loop, "goes on", return_and_park, never, NULL);

  advance (fixture, 0);
  g_assert_false (pillion_loop_close (fixture->loop, 0, NULL));
  assert_state (task, PILLION_TASK_SUCCEEDED);
  end_object (task);
  pillion_task_return_boolean (never, TRUE);
  end_object (never);
}

static void
close_in_callback (PillionTask *task,
                   gpointer data)
{
  pillion_loop_close (data, 0, NULL);
}

static void
run_until_closed (PillionTask *task,
                  gpointer data)
{
  PillionLoop *loop = pillion_task_get_loop (task);
  g_autoptr (PillionTask) sleep = pillion_loop_sleep (loop, 1000, NULL);
  g_autoptr (PillionTask) never = pillion_task_new (loop, "never", NULL);
  g_autoptr (GError) error = NULL;

  pillion_task_add_done_callback (sleep, close_in_callback, loop, NULL);
  g_assert_false (pillion_loop_run_until_complete (loop, never, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  g_assert_false (pillion_yield (NULL));
  *(guint *) data += 1;
  pillion_task_return_boolean (never, TRUE);
}

/* Closed by a callback that runs on the fiber's stack */
static void
test_close_nested (Fixture *fixture,
                   gconstpointer data)
{
  guint n = 0;
  PillionTask *task = pillion_loop_spawn (fixture->loop, "runs", run_until_closed, &n, NULL);

  advance (fixture, 0);
  g_assert_cmpuint (n, ==, 1);
  assert_state (task, PILLION_TASK_CANCELLED);
  end_object (task);
}

static void
drop_loop (PillionTask *task,
           gpointer data)
{
  /* The task has one left */
  g_object_unref (pillion_task_get_loop (task));
  g_assert_true (pillion_yield (NULL));
  pillion_task_return_boolean (task, TRUE);
}

/* A fiber drops the last reference of its loop that is not the task's */
static void
test_ends_its_loop (void)
{
  PillionLoop *loop = loop_new ();
  gpointer weak = loop;
  PillionTask *task = pillion_loop_spawn (loop, "drops", drop_loop, NULL, NULL);

  g_object_add_weak_pointer (G_OBJECT (loop), &weak);
  while (!pillion_task_is_done (task))
    pillion_loop_kick (loop);
  kick_until_quiet (loop);
  g_assert_nonnull (weak);
  g_object_unref (task);
  g_assert_null (weak);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/fiber/" name, Fixture, NULL, fixture_set_up, function, fixture_tear_down)
  ADD ("cancel/at-every-point", test_at_every_point);
  ADD ("cancel/by-itself", test_by_itself);
  ADD ("cancel/in-a-yield", test_in_a_yield);
  ADD ("cancel/waits-for-the-end-of-what-only-it-waits-for", test_waits_for_the_end);
  ADD ("cancel/waits-for-the-end-though-cancelled-before", test_waits_for_the_end_though_cancelled_before);
  ADD ("cancel/leaves-alone-what-others-wait-for", test_others_wait);
  ADD ("cancel/when-the-awaited-is-done", test_when_done);
  ADD ("cancel/goes-down-to-what-is-awaited", test_goes_down);
  g_test_add_func ("/fiber/cancel/from-another-thread", test_from_thread);
  g_test_add_func ("/fiber/close/loop-goes-with-its-last-fiber", test_ends_its_loop);
  ADD ("close/fibers-hear-of-it-and-end", test_close);
  ADD ("close/names-a-fiber-that-is-left", test_left_behind);
  ADD ("close/without-time-lets-them-go", test_no_time);
  ADD ("close/from-inside-a-fiber", test_close_inside);
  ADD ("close/from-a-fiber-with-a-result", test_close_after_result);
  ADD ("close/lets-go-of-a-fiber-with-a-result", test_left_after_result);
  ADD ("close/from-a-callback-on-a-fiber's-stack", test_close_nested);

  return g_test_run ();
}
