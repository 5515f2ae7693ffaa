/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "combinator-support.h"

#include "core/pillion-binding.h"
#include "core/pillion-core.h"

/* The number of the loop's timers; none may be left */
static guint
get_n_timers (Fixture *fixture)
{
  return pillion_core (fixture->loop)->timers.timers->len;
}

static void
assert_timed_out (PillionTask *task)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_task_check (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  g_assert_nonnull (strstr (error->message, "child"));
}

/* The child ends in time, in each way */
static void
test_in_time (Fixture *fixture,
              gconstpointer data)
{
  void (*const ends[]) (PillionTask *) = { succeed, fail, cancel_from_outside };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      PillionTask *child = pending (fixture);
      PillionTask *task = pillion_task_with_timeout (child, 1000);

      g_assert_cmpstr (pillion_task_get_name (task), ==, "timeout of child");
      g_assert_nonnull (strstr (pillion_task_get_site (task), "test-task-chain.c"));
      advance (fixture, 999);
      assert_state (task, PENDING);
      g_assert_cmpuint (get_n_timers (fixture), ==, 1);
      g_assert_null (pillion_task_get_source (task));
      ends[i](child);
      settle (fixture);
      assert_same (task, child);
      g_assert_true (pillion_task_get_source (task) == child);
      g_assert_null (pillion_task_get_source (child));
      g_assert_cmpuint (get_n_timers (fixture), ==, 0);
      end_object (task);
      end_object (child);
    }
}

static void
test_too_late (Fixture *fixture,
               gconstpointer data)
{
  PillionTask *child = obedient (fixture);
  PillionTask *stubborn = pending (fixture);
  PillionTask *shared = obedient (fixture);
  PillionTask *tasks[] = {
    pillion_task_with_timeout (child, 1000),
    pillion_task_with_deadline (stubborn, pillion_loop_get_now (fixture->loop) + 1000),
    pillion_task_with_timeout (shared, 1000),
  };
  int n_calls = 0;

  pillion_task_add_done_callback (shared, count, &n_calls, NULL);
  advance (fixture, 999);
  assert_state (tasks[0], PENDING);
  advance (fixture, 1);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      assert_timed_out (tasks[i]);
      end_object (tasks[i]);
    }
  assert_cancelled (child);
  g_assert_true (pillion_task_is_cancelled (stubborn));
  assert_state (stubborn, PENDING);
  g_assert_false (pillion_task_is_cancelled (shared));
  succeed (stubborn);
  succeed (shared);
  settle (fixture);
  g_assert_cmpint (n_calls, ==, 1);
  end_object (child);
  end_object (stubborn);
  end_object (shared);
}

/* 0, a negative time, a time that is over, and one that never comes */
static void
test_odd_times (Fixture *fixture,
                gconstpointer data)
{
  PillionTask *done = pending (fixture);
  PillionTask *children[4];
  PillionTask *tasks[6];

  succeed (done);
  advance (fixture, 5000);
  for (guint i = 0; i < 4; i++)
    children[i] = obedient (fixture);
  tasks[0] = pillion_task_with_timeout (children[0], 0);
  tasks[1] = pillion_task_with_timeout (children[1], G_MININT64);
  tasks[2] = pillion_task_with_deadline (children[2], G_MININT64);
  tasks[3] = pillion_task_with_timeout (children[3], G_MAXINT64);
  tasks[4] = pillion_task_with_timeout (done, 0);
  tasks[5] = pillion_task_with_deadline (done, -1);
  assert_state (tasks[0], PENDING);
  advance (fixture, 0);
  for (guint i = 0; i < 3; i++)
    {
      assert_timed_out (tasks[i]);
      assert_cancelled (children[i]);
    }
  assert_state (tasks[3], PENDING);
  g_assert_cmpint (pillion_task_get_int (tasks[4], NULL), ==, 42);
  g_assert_cmpint (pillion_task_get_int (tasks[5], NULL), ==, 42);
  succeed (children[3]);
  settle (fixture);
  assert_state (tasks[3], SUCCEEDED);
  for (guint i = 0; i < 6; i++)
    end_object (tasks[i]);
  for (guint i = 0; i < 4; i++)
    end_object (children[i]);
  end_object (done);
}

/* The timer is ready before the child's callback: what counts is that the child is done */
static void
test_just_in_time (Fixture *fixture,
                   gconstpointer data)
{
  PillionTask *child = pending (fixture);
  PillionTask *first = pillion_loop_sleep (fixture->loop, 1000, NULL);
  PillionTask *task = pillion_task_with_timeout (child, 1000);
  PillionTask *inner = pillion_task_shield (child);
  PillionTask *outer = pillion_task_with_timeout (inner, 1000);

  succeed (child);
  advance (fixture, 1000);
  assert_state (first, SUCCEEDED);
  assert_state (task, SUCCEEDED);
  assert_state (outer, SUCCEEDED);
  end_object (first);
  end_object (outer);
  end_object (inner);
  end_object (task);
  end_object (child);
}

static void
test_timeout_cancelled (Fixture *fixture,
                        gconstpointer data)
{
  PillionTask *children[] = { obedient (fixture), pending (fixture), obedient (fixture) };
  PillionTask *tasks[3];
  int n_calls = 0;

  pillion_task_add_done_callback (children[2], count, &n_calls, NULL);
  for (guint i = 0; i < 3; i++)
    {
      tasks[i] = pillion_task_with_timeout (children[i], 1000);
      pillion_task_cancel (tasks[i]);
      assert_state (tasks[i], PENDING);
    }
  settle (fixture);
  assert_cancelled (tasks[0]);
  assert_cancelled (children[0]);
  /* It is asked to end, and keeps the rest of its time */
  g_assert_true (pillion_task_is_cancelled (children[1]));
  assert_state (tasks[1], PENDING);
  advance (fixture, 1000);
  assert_timed_out (tasks[1]);
  assert_cancelled (tasks[2]);
  g_assert_false (pillion_task_is_cancelled (children[2]));
  succeed (children[1]);
  succeed (children[2]);
  settle (fixture);
  g_assert_cmpuint (get_n_timers (fixture), ==, 0);
  for (guint i = 0; i < 3; i++)
    {
      end_object (tasks[i]);
      end_object (children[i]);
    }
}

static void
test_no_timer_growth (Fixture *fixture,
                      gconstpointer data)
{
  for (guint i = 0; i < 10000; i++)
    {
      PillionTask *child = obedient (fixture);
      PillionTask *task = pillion_task_with_timeout (child, G_TIME_SPAN_DAY);

      g_object_unref (task);
      if (i % 2 == 0)
        succeed (child);
      else
        pillion_task_cancel (task);
      settle (fixture);
      g_assert_true (pillion_task_is_done (child));
      end_object (child);
    }
  g_assert_cmpuint (get_n_timers (fixture), ==, 0);
}

static void
test_shield (Fixture *fixture,
             gconstpointer data)
{
  void (*const ends[]) (PillionTask *) = { succeed, fail, cancel_from_outside };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      PillionTask *child = obedient (fixture);
      PillionTask *cancelled = pillion_task_shield (child);
      PillionTask *task = pillion_task_shield (child);
      int n_calls = 0;

      g_assert_cmpstr (pillion_task_get_name (task), ==, "shield of child");
      pillion_task_add_done_callback (cancelled, count, &n_calls, NULL);
      pillion_task_cancel (cancelled);
      assert_state (cancelled, PENDING);
      settle (fixture);
      assert_cancelled (cancelled);
      g_assert_cmpint (n_calls, ==, 1);
      g_assert_false (pillion_task_is_cancelled (child));
      end_object (cancelled);
      ends[i](child);
      settle (fixture);
      assert_same (task, child);
      end_object (task);
      end_object (child);
    }
}

/* Something waits for it after all: the shield */
/* An outcome that was passed on twice belongs to the task that it came from; one that a combinator made
 * itself is its own */
static void
test_source (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *child = pending (fixture);
  PillionTask *shield = pillion_task_shield (child);
  PillionTask *all = pillion_task_all (fixture->loop, &shield, 1);
  PillionTask *timeout = pillion_task_with_timeout (all, 1000);
  PillionTask *late = pillion_task_with_timeout (child, 10);

  advance (fixture, 10);
  assert_timed_out (late);
  g_assert_null (pillion_task_get_source (late));
  fail (child);
  settle (fixture);
  assert_same (timeout, child);
  assert_same (all, child);
  assert_same (shield, child);
  g_assert_true (pillion_task_get_source (shield) == child);
  g_assert_true (pillion_task_get_source (all) == child);
  g_assert_true (pillion_task_get_source (timeout) == child);
  end_object (late);
  end_object (timeout);
  end_object (all);
  end_object (shield);
  end_object (child);

  child = pending (fixture);
  all = pillion_task_all (fixture->loop, &child, 1);
  timeout = pillion_task_with_timeout (all, 1000);
  succeed (child);
  settle (fixture);
  g_assert_null (pillion_task_get_source (all));
  g_assert_true (pillion_task_get_source (timeout) == all);
  end_object (timeout);
  end_object (all);
  end_object (child);
}

static void
test_shield_in_all (Fixture *fixture,
                    gconstpointer data)
{
  PillionTask *child = obedient (fixture);
  PillionTask *shield = pillion_task_shield (child);
  PillionTask *all = pillion_task_all (fixture->loop, &shield, 1);

  pillion_task_cancel (all);
  settle (fixture);
  assert_cancelled (all);
  assert_cancelled (shield);
  assert_state (child, PENDING);
  succeed (child);
  settle (fixture);
  end_object (all);
  end_object (shield);
  end_object (child);
}

typedef struct
{
  PillionTask *next; /* a reference, given away */
  int n_calls;
  int n_freed;
  void (*extra) (gpointer data);
  gpointer data;
} Sequel;

static PillionTask *
go_on (PillionTask *task,
       gpointer user_data)
{
  Sequel *self = user_data;

  assert_state (task, SUCCEEDED);
  g_assert_cmpint (self->n_freed, ==, 0);
  self->n_calls++;
  if (self->extra != NULL)
    self->extra (self->data);
  return g_steal_pointer (&self->next);
}

static void
sequel_freed (gpointer user_data)
{
  ((Sequel *) user_data)->n_freed++;
}

static void
test_then (Fixture *fixture,
           gconstpointer data)
{
  void (*const ends[]) (PillionTask *) = { succeed, fail, cancel_from_outside };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      PillionTask *child = pending (fixture);
      PillionTask *next = pending (fixture);
      Sequel sequel = { .next = g_object_ref (next) };
      PillionTask *task = pillion_task_and_then (child, go_on, &sequel, sequel_freed);
      g_autoptr (GPtrArray) children = NULL;

      g_assert_cmpstr (pillion_task_get_name (task), ==, "sequel of child");
      succeed (child);
      g_assert_cmpint (sequel.n_calls, ==, 0);
      settle (fixture);
      g_assert_cmpint (sequel.n_calls, ==, 1);
      g_assert_cmpint (sequel.n_freed, ==, 1);
      assert_state (task, PENDING);
      children = pillion_task_get_children (task);
      g_assert_cmpuint (children->len, ==, 2);
      g_assert_true (children->pdata[0] == child && children->pdata[1] == next);
      g_clear_pointer (&children, g_ptr_array_unref);
      ends[i](next);
      settle (fixture);
      assert_same (task, next);
      g_assert_cmpint (sequel.n_freed, ==, 1);
      end_object (task);
      end_object (next);
      end_object (child);
    }
}

static void
test_then_nothing (Fixture *fixture,
                   gconstpointer data)
{
  PillionTask *child = pending (fixture);
  Sequel sequel = { NULL };
  PillionTask *task = pillion_task_and_then (child, go_on, &sequel, sequel_freed);

  succeed (child);
  settle (fixture);
  g_assert_true (pillion_task_get_boolean (task, NULL));
  g_assert_cmpint (sequel.n_freed, ==, 1);
  end_object (task);
  end_object (child);
}

static void
test_then_not_called (Fixture *fixture,
                      gconstpointer data)
{
  void (*const ends[]) (PillionTask *) = { fail, cancel_from_outside };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      PillionTask *child = pending (fixture);
      Sequel sequel = { NULL };
      PillionTask *task = pillion_task_and_then (child, go_on, &sequel, sequel_freed);

      ends[i](child);
      settle (fixture);
      assert_same (task, child);
      g_assert_cmpint (sequel.n_calls, ==, 0);
      g_assert_cmpint (sequel.n_freed, ==, 1);
      end_object (task);
      end_object (child);
    }
}

static void
test_then_cancelled (Fixture *fixture,
                     gconstpointer data)
{
  for (guint second = 0; second < 2; second++)
    for (guint shared = 0; shared < 2; shared++)
      {
        PillionTask *child = obedient (fixture);
        PillionTask *next = obedient (fixture);
        PillionTask *current = second ? next : child;
        Sequel sequel = { .next = g_object_ref (next) };
        PillionTask *task = pillion_task_and_then (child, go_on, &sequel, sequel_freed);
        int n_calls = 0;

        if (shared)
          pillion_task_add_done_callback (current, count, &n_calls, NULL);
        if (second)
          {
            succeed (child);
            settle (fixture);
          }
        pillion_task_cancel (task);
        assert_state (task, PENDING);
        settle (fixture);
        assert_cancelled (task);
        g_assert_cmpint (sequel.n_freed, ==, 1);
        g_assert_cmpint (pillion_task_is_cancelled (current), ==, !shared);
        if (!pillion_task_is_done (child))
          succeed (child);
        if (!pillion_task_is_done (next))
          succeed (next);
        settle (fixture);
        g_assert_cmpint (n_calls, ==, shared);
        g_assert_cmpint (sequel.n_calls, ==, second);
        g_clear_object (&sequel.next);
        end_object (task);
        end_object (next);
        end_object (child);
      }
}

/* Asked to end just after the child succeeded: what comes next is not started */
static void
test_then_cancelled_late (Fixture *fixture,
                          gconstpointer data)
{
  PillionTask *child = pending (fixture);
  Sequel sequel = { NULL };
  PillionTask *task = pillion_task_and_then (child, go_on, &sequel, sequel_freed);

  succeed (child);
  pillion_task_cancel (task);
  settle (fixture);
  assert_cancelled (task);
  g_assert_cmpint (sequel.n_calls, ==, 0);
  g_assert_cmpint (sequel.n_freed, ==, 1);
  end_object (task);
  end_object (child);
}

static void
cancel_it (gpointer task)
{
  pillion_task_cancel (*(PillionTask **) task);
}

/* And runs the loop meanwhile, so that the request arrives while there is nothing to pass it on to */
static void
cancel_it_and_run (gpointer task)
{
  g_autoptr (PillionTask) sleep = pillion_loop_sleep (pillion_task_get_loop (*(PillionTask **) task), 1000, NULL);

  cancel_it (task);
  g_assert_true (pillion_loop_run_until_complete (pillion_task_get_loop (sleep), sleep, NULL));
}

static void
test_then_cancelled_inside (Fixture *fixture,
                            gconstpointer data)
{
  void (*const ways[]) (gpointer) = { cancel_it, cancel_it_and_run };

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      PillionTask *child = pending (fixture);
      PillionTask *next = obedient (fixture);
      PillionTask *task;
      Sequel sequel = { .next = g_object_ref (next), .extra = ways[i], .data = &task };

      task = pillion_task_and_then (child, go_on, &sequel, sequel_freed);
      succeed (child);
      settle (fixture);
      assert_cancelled (task);
      assert_cancelled (next);
      g_assert_cmpint (sequel.n_freed, ==, 1);
      end_object (task);
      end_object (next);
      end_object (child);
    }
}

static void
close_it (gpointer loop)
{
  pillion_loop_close (loop, 0, NULL);
}

static void
test_then_closed_inside (Fixture *fixture,
                         gconstpointer data)
{
  PillionTask *child = pending (fixture);
  PillionTask *next = pending (fixture);
  Sequel sequel = { .next = g_object_ref (next), .extra = close_it, .data = fixture->loop };
  PillionTask *task = pillion_task_and_then (child, go_on, &sequel, sequel_freed);

  succeed (child);
  settle (fixture);
  assert_closed (task);
  g_assert_cmpint (sequel.n_freed, ==, 1);
  end_object (task);
  succeed (next);
  end_object (next);
  end_object (child);
}

static void
test_then_odd_tasks (Fixture *fixture,
                     gconstpointer data)
{
  PillionLoop *loop = loop_new ();
  PillionTask *child = pending (fixture);
  PillionTask *stranger = pillion_task_new (loop, "stranger", NULL);
  Sequel itself = { NULL }, waiting = { NULL }, other = { .next = g_object_ref (stranger) };
  PillionTask *task = pillion_task_and_then (child, go_on, &itself, sequel_freed);
  PillionTask *second = pillion_task_and_then (child, go_on, &other, sequel_freed);
  PillionTask *third = pillion_task_and_then (child, go_on, &waiting, sequel_freed);
  PillionTask *shield = pillion_task_shield (third);

  itself.next = g_object_ref (task);
  waiting.next = g_object_ref (shield);
  succeed (child);
  settle (fixture);
  assert_ended_with (task, PILLION_ERROR, PILLION_ERROR_DEADLOCK);
  assert_ended_with (second, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  assert_ended_with (third, PILLION_ERROR, PILLION_ERROR_DEADLOCK);
  assert_same (shield, third);
  g_assert_false (pillion_task_is_cancelled (stranger));
  succeed (stranger);
  kick_until_quiet (loop);
  end_object (task);
  end_object (second);
  end_object (shield);
  end_object (third);
  end_object (child);
  end_object (stranger);
  loop_end (loop);
}

/* The loop before is the one that the program knows, so its name is repeated, but not without end */
static void
test_long_chain (Fixture *fixture,
                 gconstpointer data)
{
  PillionTask *child = pending (fixture);
  PillionTask *task = g_object_ref (child);
  Sequel sequel = { NULL };
  int n_links = 1000;

  for (int i = 0; i < n_links; i++)
    {
      PillionTask *outer = pillion_task_and_then (task, go_on, &sequel, NULL);

      g_assert_cmpuint (strlen (pillion_task_get_name (outer)), <, 100);
      g_object_unref (task);
      task = outer;
    }
  succeed (child);
  settle (fixture);
  assert_state (task, SUCCEEDED);
  g_assert_cmpint (sequel.n_calls, ==, n_links);
  end_object (task);
  end_object (child);
}

static void
test_at_close (Fixture *fixture,
               gconstpointer data)
{
  gint64 patience = GPOINTER_TO_INT (data);
  PillionTask *child = patience != 0 ? obedient (fixture) : pending (fixture);
  Sequel sequel = { NULL };
  PillionTask *tasks[] = {
    pillion_task_with_timeout (child, G_TIME_SPAN_HOUR),
    pillion_task_shield (child),
    pillion_task_and_then (child, go_on, &sequel, sequel_freed),
  };

  g_assert_cmpint (pillion_loop_close (fixture->loop, patience, NULL), ==, patience != 0);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      if (patience != 0)
        assert_cancelled (tasks[i]);
      else
        assert_closed (tasks[i]);
      end_object (tasks[i]);
    }
  g_assert_cmpint (sequel.n_freed, ==, 1);
  if (!pillion_task_is_done (child))
    succeed (child);
  end_object (child);
}

static void
test_closed (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *child = pending (fixture);
  Sequel sequel = { NULL };
  PillionTask *tasks[4];

  succeed (child);
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  tasks[0] = pillion_task_with_timeout (child, 0);
  tasks[1] = pillion_task_with_deadline (child, 0);
  tasks[2] = pillion_task_shield (child);
  tasks[3] = pillion_task_and_then (child, go_on, &sequel, sequel_freed);
  g_assert_cmpint (sequel.n_freed, ==, 1);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      assert_closed (tasks[i]);
      end_object (tasks[i]);
    }
  end_object (child);
}

static gpointer
cancel_there (gpointer task)
{
  pillion_task_cancel (task);
  return NULL;
}

static void
test_threads (void)
{
  for (guint round = 0; round < 100; round++)
    {
      Fixture fixture = { loop_new (), NULL };
      PillionTask *child = pillion_loop_sleep (fixture.loop, round, NULL);
      PillionTask *tasks[] = { pillion_task_with_timeout (child, 50), pillion_task_shield (child) };
      GThread *threads[] = {
        g_thread_new ("first", cancel_there, tasks[0]),
        g_thread_new ("second", cancel_there, tasks[1]),
      };

      for (guint i = 0; i < 2; i++)
        {
          pillion_loop_run_until_complete (fixture.loop, tasks[i], NULL);
          g_thread_join (threads[i]);
        }
      pillion_loop_run_until_complete (fixture.loop, child, NULL);
      kick_until_quiet (fixture.loop);
      end_object (tasks[0]);
      end_object (tasks[1]);
      end_object (child);
      loop_end (fixture.loop);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/task/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("timeout/ends-in-time", test_in_time);
  ADD ("timeout/ends-too-late", test_too_late);
  ADD ("timeout/times-that-have-passed-or-never-come", test_odd_times);
  ADD ("timeout/done-when-the-time-is-over-is-in-time", test_just_in_time);
  ADD ("timeout/cancelled", test_timeout_cancelled);
  ADD ("timeout/leaves-no-timers", test_no_timer_growth);
  ADD ("shield/keeps-cancellation-off", test_shield);
  ADD ("shield/in-all", test_shield_in_all);
  ADD ("chain/the-source-of-an-outcome", test_source);
  ADD ("then/ends-as-the-next-one", test_then);
  ADD ("then/nothing-more-to-do", test_then_nothing);
  ADD ("then/not-called-after-a-failure", test_then_not_called);
  ADD ("then/cancelled", test_then_cancelled);
  ADD ("then/cancelled-when-the-first-is-done", test_then_cancelled_late);
  ADD ("then/cancelled-inside-the-function", test_then_cancelled_inside);
  ADD ("then/loop-closed-inside-the-function", test_then_closed_inside);
  ADD ("then/a-task-that-can-not-be-waited-for", test_then_odd_tasks);
  ADD ("then/a-thousand-links", test_long_chain);
  ADD ("chain/on-a-closed-loop-has-failed", test_closed);
  g_test_add ("/task/chain/pending-at-close-is-cancelled", Fixture, GINT_TO_POINTER (-1), set_up, test_at_close, tear_down);
  g_test_add ("/task/chain/left-behind-at-close-ends", Fixture, GINT_TO_POINTER (0), set_up, test_at_close, tear_down);
  g_test_add_func ("/task/chain/cancelled-from-another-thread", test_threads);

  return g_test_run ();
}
