/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "combinator-support.h"

#define N 4

typedef struct
{
  Fixture base;
  PillionTask *tasks[N];
  PillionCompletions *completions;
} Completions;

static void
completions_set_up (Completions *self,
                    gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  set_up (&self->base, NULL);
  for (guint i = 0; i < N; i++)
    self->tasks[i] = obedient (&self->base);
  self->completions = pillion_completions_new (self->base.loop, self->tasks, N, &error);
  g_assert_no_error (error);
}

static void
completions_tear_down (Completions *self,
                       gconstpointer data)
{
  if (self->completions != NULL)
    end_object (self->completions);
  for (guint i = 0; i < N; i++)
    {
      if (self->tasks[i] == NULL)
        continue;
      if (!pillion_task_is_done (self->tasks[i]))
        succeed (self->tasks[i]);
    }
  if (!pillion_loop_is_closed (self->base.loop))
    settle (&self->base);
  for (guint i = 0; i < N; i++)
    {
      if (self->tasks[i] != NULL)
        end_object (self->tasks[i]);
    }
  tear_down (&self->base, NULL);
}

static void
assert_gives (PillionTask *next,
              PillionTask *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GObject) finished = pillion_task_get_object (next, &error);

  g_assert_no_error (error);
  g_assert_true (finished == (GObject *) expected);
}

static guint
get_n_left (Completions *self)
{
  return pillion_completions_get_n_left (self->completions);
}

static void
test_order (Completions *self,
            gconstpointer data)
{
  const guint order[N] = { 2, 0, 3, 1 };

  for (guint i = 0; i < N; i++)
    {
      PillionTask *next = pillion_completions_next (self->completions);

      settle (&self->base);
      assert_state (next, PENDING);
      g_assert_cmpuint (get_n_left (self), ==, N - i);
      if (i == 1)
        fail (self->tasks[order[i]]);
      else if (i == 2)
        pillion_task_cancel (self->tasks[order[i]]);
      else
        succeed (self->tasks[order[i]]);
      settle (&self->base);
      assert_gives (next, self->tasks[order[i]]);
      end_object (next);
    }
  g_assert_cmpuint (get_n_left (self), ==, 0);
  for (guint i = 0; i < 2; i++)
    {
      PillionTask *next = pillion_completions_next (self->completions);

      assert_gives (next, NULL);
      settle (&self->base);
      end_object (next);
    }
}

/* A wait that its caller ended gets no completion, and takes none from the next */
/* Done, but not reported */
static void
test_cancel_done (Completions *self,
                  gconstpointer data)
{
  PillionTask *nexts[3];

  for (guint i = 0; i < 3; i++)
    {
      nexts[i] = pillion_completions_next (self->completions);
      succeed (self->tasks[i]);
      settle (&self->base);
      assert_state (nexts[i], SUCCEEDED);
    }
  assert_gives (nexts[1], self->tasks[1]);
  g_assert_cmpuint (get_n_left (self), ==, 1);
  for (guint i = 0; i < 3; i++)
    pillion_task_cancel (nexts[i]);
  settle (&self->base);

  /* The one that asked has it; the others come back in order */
  g_assert_cmpuint (get_n_left (self), ==, 3);
  for (guint i = 0; i < 3; i++)
    end_object (nexts[i]);
  for (guint i = 0; i < 3; i += 2)
    {
      nexts[0] = pillion_completions_next (self->completions);
      assert_gives (nexts[0], self->tasks[i]);
      settle (&self->base);
      end_object (nexts[0]);
    }

  /* A waiter gets it */
  nexts[0] = pillion_completions_next (self->completions);
  succeed (self->tasks[3]);
  settle (&self->base);
  nexts[1] = pillion_completions_next (self->completions);
  g_assert_true (pillion_task_is_done (nexts[1]));
  pillion_task_cancel (nexts[0]);
  settle (&self->base);
  g_assert_cmpuint (get_n_left (self), ==, 1);
  end_object (nexts[0]);
  end_object (nexts[1]);
}

static void
test_ended_by_caller (Completions *self,
                      gconstpointer data)
{
  PillionTask *ended = pillion_completions_next (self->completions);
  PillionTask *next = pillion_completions_next (self->completions);

  succeed (ended);
  settle (&self->base);
  g_object_unref (ended);
  succeed (self->tasks[1]);
  settle (&self->base);
  assert_gives (next, self->tasks[1]);
  g_assert_cmpuint (get_n_left (self), ==, N - 1);
  end_object (next);
}

static void
test_ended_by_caller_at_close (Completions *self,
                               gconstpointer data)
{
  PillionTask *ended = pillion_completions_next (self->completions);

  succeed (ended);
  pillion_loop_close (self->base.loop, 0, NULL);
  g_assert_cmpint (pillion_task_get_int (ended, NULL), ==, 42);
  end_object (ended);
}

/* They are kept for later requests, and returned at once */
static void
test_kept (Completions *self,
           gconstpointer data)
{
  succeed (self->tasks[3]);
  succeed (self->tasks[1]);
  settle (&self->base);
  for (guint i = 0; i < 2; i++)
    {
      PillionTask *next = pillion_completions_next (self->completions);

      assert_gives (next, self->tasks[i == 0 ? 3 : 1]);
      settle (&self->base);
      end_object (next);
    }
}

static void
test_try (Completions *self,
          gconstpointer data)
{
  g_autoptr (PillionTask) taken = NULL;
  PillionTask *next;

  g_assert_null (pillion_completions_try_next (self->completions));
  succeed (self->tasks[3]);
  fail (self->tasks[1]);
  settle (&self->base);
  g_assert_cmpuint (get_n_left (self), ==, N);
  taken = pillion_completions_try_next (self->completions);
  g_assert_true (taken == self->tasks[3]);
  g_assert_cmpuint (get_n_left (self), ==, N - 1);

  /* A wait gets what is left */
  next = pillion_completions_next (self->completions);
  assert_gives (next, self->tasks[1]);
  settle (&self->base);
  end_object (next);
  g_assert_null (pillion_completions_try_next (self->completions));

  /* And goes first */
  next = pillion_completions_next (self->completions);
  succeed (self->tasks[0]);
  settle (&self->base);
  g_assert_null (pillion_completions_try_next (self->completions));
  assert_gives (next, self->tasks[0]);
  settle (&self->base);
  end_object (next);

  g_set_object (&taken, NULL);
  pillion_task_cancel (self->tasks[2]);
  settle (&self->base);
  taken = pillion_completions_try_next (self->completions);
  g_assert_true (taken == self->tasks[2]);
  g_assert_null (pillion_completions_try_next (self->completions));
  g_assert_cmpuint (get_n_left (self), ==, 0);
}

/* Those that are cancelled leave the line */
static void
test_many_cancelled (Completions *self,
                     gconstpointer data)
{
  g_autoptr (GPtrArray) nexts = g_ptr_array_new ();
  PillionTask *last;

  for (guint i = 0; i < 1000; i++)
    g_ptr_array_add (nexts, pillion_completions_next (self->completions));
  last = pillion_completions_next (self->completions);
  cancel_all (nexts);
  settle (&self->base);
  end_all (nexts);
  succeed (self->tasks[2]);
  settle (&self->base);
  assert_gives (last, self->tasks[2]);
  end_object (last);
}

static gpointer
use_from_thread (gpointer data)
{
  Completions *self = data;
  g_autoptr (GError) error = NULL;

  g_assert_null (pillion_completions_new (self->base.loop, self->tasks, N, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_THREAD);
  g_clear_error (&error);
  g_assert_false (pillion_completions_add (self->completions, self->tasks[0], &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_THREAD);
  return NULL;
}

static void
test_wrong_thread (Completions *self,
                   gconstpointer data)
{
  guint n_left = pillion_completions_get_n_left (self->completions);

  g_thread_join (g_thread_new ("other", use_from_thread, self));
  g_assert_cmpuint (pillion_completions_get_n_left (self->completions), ==, n_left);
}

static void
test_first_come (Completions *self,
                 gconstpointer data)
{
  PillionTask *nexts[N + 2];
  g_autoptr (GPtrArray) children = NULL;

  for (guint i = 0; i < N + 2; i++)
    nexts[i] = pillion_completions_next (self->completions);
  children = pillion_task_get_children (nexts[0]);
  g_assert_cmpuint (children->len, ==, N);
  g_clear_pointer (&children, g_ptr_array_unref);
  for (guint i = N; i > 0; i--)
    succeed (self->tasks[i - 1]);
  settle (&self->base);
  for (guint i = 0; i < N + 2; i++)
    {
      assert_gives (nexts[i], i < N ? self->tasks[N - 1 - i] : NULL);
      end_object (nexts[i]);
    }
}

/* Cancelled before a task ends, and at the same moment */
static void
test_cancel (Completions *self,
             gconstpointer data)
{
  for (guint at_once = 0; at_once < 2; at_once++)
    {
      PillionTask *first = pillion_completions_next (self->completions);
      PillionTask *second = pillion_completions_next (self->completions);

      if (at_once)
        succeed (self->tasks[at_once]);
      pillion_task_cancel (first);
      assert_state (first, PENDING);
      settle (&self->base);
      assert_cancelled (first);
      if (!at_once)
        {
          assert_state (second, PENDING);
          succeed (self->tasks[at_once]);
          settle (&self->base);
        }
      assert_gives (second, self->tasks[at_once]);
      end_object (first);
      end_object (second);
    }
  g_assert_cmpuint (get_n_left (self), ==, N - 2);
  g_assert_false (pillion_task_is_cancelled (self->tasks[2]));
}

typedef struct
{
  Completions *completions;
  guint n_seen;
} Iteration;

/* Tasks that are added during the iteration come, too */
static void
on_next (PillionTask *next,
         gpointer user_data)
{
  Iteration *iteration = user_data;
  Completions *self = iteration->completions;
  g_autoptr (PillionTask) finished = pillion_task_get_object (next, NULL);

  if (finished == NULL)
    return;

  if (iteration->n_seen++ == 0)
    {
      g_autoptr (PillionTask) late = pending (&self->base);
      g_autoptr (PillionTask) done = pending (&self->base);

      succeed (done);
      g_assert_true (pillion_completions_add (self->completions, late, NULL));
      g_assert_true (pillion_completions_add (self->completions, done, NULL));
      succeed (late);
    }
  next = pillion_completions_next (self->completions);
  pillion_task_add_done_callback (next, on_next, iteration, NULL);
  g_object_unref (next);
}

static void
test_add (Completions *self,
          gconstpointer data)
{
  Iteration iteration = { self, 0 };
  PillionTask *next = pillion_completions_next (self->completions);

  pillion_task_add_done_callback (next, on_next, &iteration, NULL);
  g_object_unref (next);
  for (guint i = 0; i < N; i++)
    succeed (self->tasks[i]);
  settle (&self->base);
  g_assert_cmpuint (iteration.n_seen, ==, N + 2);
}

/* For one that is waiting already */
static void
test_add_for_waiter (Completions *self,
                     gconstpointer data)
{
  PillionTask *next = pillion_completions_next (self->completions);
  PillionTask *done = pending (&self->base);

  succeed (done);
  g_assert_true (pillion_completions_add (self->completions, done, NULL));
  assert_gives (next, done);
  settle (&self->base);
  end_object (next);
  end_object (done);
}

static void
test_already_done (Fixture *fixture,
                   gconstpointer data)
{
  PillionTask *tasks[] = { pending (fixture), pending (fixture), pending (fixture) };
  PillionCompletions *completions;

  succeed (tasks[2]);
  fail (tasks[0]);
  completions = pillion_completions_new (fixture->loop, (PillionTask *[]) { tasks[0], tasks[1], tasks[2], tasks[2] }, 4, NULL);
  for (guint i = 0; i < 3; i++)
    {
      PillionTask *next = pillion_completions_next (completions);

      assert_gives (next, tasks[i == 0 ? 0 : 2]);
      settle (fixture);
      end_object (next);
    }
  end_object (completions);
  succeed (tasks[1]);
  settle (fixture);
  for (guint i = 0; i < 3; i++)
    end_object (tasks[i]);
}

static void
test_empty (Fixture *fixture,
            gconstpointer data)
{
  PillionCompletions *completions = pillion_completions_new (fixture->loop, NULL, 0, NULL);
  PillionTask *next = pillion_completions_next (completions);

  assert_gives (next, NULL);
  settle (fixture);
  end_object (next);
  end_object (completions);
}

static void
test_twice (Completions *self,
            gconstpointer data)
{
  PillionTask *nexts[2];

  g_assert_true (pillion_completions_add (self->completions, self->tasks[0], NULL));
  nexts[0] = pillion_completions_next (self->completions);
  nexts[1] = pillion_completions_next (self->completions);
  succeed (self->tasks[0]);
  settle (&self->base);
  for (guint i = 0; i < 2; i++)
    {
      assert_gives (nexts[i], self->tasks[0]);
      end_object (nexts[i]);
    }
}

static void
test_other_loop (Completions *self,
                 gconstpointer data)
{
  PillionLoop *loop = loop_new ();
  PillionTask *stranger = pillion_task_new (loop, "stranger", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_completions_add (self->completions, stranger, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_clear_error (&error);
  g_assert_null (pillion_completions_new (self->base.loop, &stranger, 1, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_cmpuint (get_n_left (self), ==, N);
  succeed (stranger);
  kick_until_quiet (loop);
  end_object (stranger);
  loop_end (loop);
}

/* The object is gone: nothing waits for the tasks any more, and they carry on */
static void
test_let_go (Completions *self,
             gconstpointer data)
{
  PillionTask *all = pillion_task_all (self->base.loop, self->tasks, N);

  succeed (self->tasks[0]);
  settle (&self->base);
  end_object (g_steal_pointer (&self->completions));
  for (guint i = 1; i < N; i++)
    g_assert_false (pillion_task_is_cancelled (self->tasks[i]));
  pillion_task_cancel (all);
  settle (&self->base);
  for (guint i = 1; i < N; i++)
    assert_cancelled (self->tasks[i]);
  end_object (all);
}

/* A waiter keeps it alive */
static void
test_let_go_while_waiting (Completions *self,
                           gconstpointer data)
{
  PillionTask *next = pillion_completions_next (self->completions);

  g_object_unref (g_steal_pointer (&self->completions));
  succeed (self->tasks[1]);
  settle (&self->base);
  assert_gives (next, self->tasks[1]);
  end_object (next);
}

static gpointer
unref_there (gpointer completions)
{
  g_object_unref (completions);
  return NULL;
}

static void
test_let_go_in_thread (Completions *self,
                       gconstpointer data)
{
  succeed (self->tasks[0]);
  settle (&self->base);
  g_thread_join (g_thread_new ("unref", unref_there, g_steal_pointer (&self->completions)));
  settle (&self->base);
  /* Now nothing waits for them */
  for (guint i = 1; i < N; i++)
    {
      PillionTask *shield = pillion_task_with_timeout (self->tasks[i], 0);

      advance (&self->base, 0);
      assert_cancelled (self->tasks[i]);
      pillion_task_check (shield, NULL);
      end_object (shield);
    }
}

static void
test_let_go_in_thread_when_closed (Completions *self,
                                   gconstpointer data)
{
  g_assert_true (pillion_loop_close (self->base.loop, -1, NULL));
  g_thread_join (g_thread_new ("unref", unref_there, g_steal_pointer (&self->completions)));
}

static void
test_pending_at_close (Completions *self,
                       gconstpointer data)
{
  PillionTask *next = pillion_completions_next (self->completions);
  g_autoptr (GError) error = NULL;

  /* They end first, and one of them is returned */
  g_assert_true (pillion_loop_close (self->base.loop, -1, NULL));
  assert_cancelled (next);
  end_object (next);

  next = pillion_completions_next (self->completions);
  assert_closed (next);
  end_object (next);
  g_assert_false (pillion_completions_add (self->completions, self->tasks[0], &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_null (pillion_completions_new (self->base.loop, self->tasks, N, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
}

static void
test_left_behind (Completions *self,
                  gconstpointer data)
{
  PillionTask *stubborn = pending (&self->base);
  PillionTask *nexts[2];

  g_assert_true (pillion_completions_add (self->completions, stubborn, NULL));
  nexts[0] = pillion_completions_next (self->completions);
  nexts[1] = pillion_completions_next (self->completions);
  g_assert_false (pillion_loop_close (self->base.loop, 0, NULL));
  for (guint i = 0; i < 2; i++)
    {
      assert_closed (nexts[i]);
      end_object (nexts[i]);
    }
  succeed (stubborn);
  end_object (stubborn);
}

static void
close_loop (PillionTask *task,
            gpointer loop)
{
  pillion_loop_close (loop, 0, NULL);
}

static void
test_closed_in_callback (Completions *self,
                         gconstpointer data)
{
  PillionTask *nexts[] = { pillion_completions_next (self->completions), pillion_completions_next (self->completions) };

  pillion_task_add_done_callback (nexts[0], close_loop, self->base.loop, NULL);
  succeed (self->tasks[2]);
  settle (&self->base);
  g_assert_true (pillion_loop_is_closed (self->base.loop));
  assert_gives (nexts[0], self->tasks[2]);
  assert_closed (nexts[1]);
  end_object (nexts[0]);
  end_object (nexts[1]);
}

static void
test_plain_object (void)
{
  PillionCompletions *completions = g_object_new (PILLION_TYPE_COMPLETIONS, NULL);

  g_assert_cmpuint (pillion_completions_get_n_left (completions), ==, 0);
  expect_critical ("state != NULL");
  g_assert_null (pillion_completions_next (completions));
  g_test_assert_expected_messages ();
  end_object (completions);
}

#define MANY 10000

static void
test_many (Fixture *fixture,
           gconstpointer data)
{
  PillionCompletions *completions = pillion_completions_new (fixture->loop, NULL, 0, NULL);
  g_autoptr (GPtrArray) tasks = g_ptr_array_new ();

  for (guint i = 0; i < MANY; i++)
    {
      g_ptr_array_add (tasks, pending (fixture));
      g_assert_true (pillion_completions_add (completions, tasks->pdata[i], NULL));
    }
  for (guint i = 0; i < MANY; i++)
    {
      PillionTask *next = pillion_completions_next (completions);

      succeed (tasks->pdata[MANY - 1 - i]);
      settle (fixture);
      assert_gives (next, tasks->pdata[MANY - 1 - i]);
      end_object (next);
    }
  for (guint i = 0; i < MANY; i++)
    end_object (tasks->pdata[i]);
  end_object (completions);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) \
  g_test_add ("/completions/" name, Completions, NULL, completions_set_up, function, completions_tear_down)
#define ADD_PLAIN(name, function) g_test_add ("/completions/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("in-the-order-in-which-they-end", test_order);
  ADD ("kept-until-somebody-asks", test_kept);
  ADD ("taken-without-waiting", test_try);
  ADD ("first-come-first-served", test_first_come);
  ADD ("a-cancelled-one-gives-its-turn-back", test_cancel);
  ADD ("many-cancelled-leave-the-line", test_many_cancelled);
  ADD ("wrong-thread", test_wrong_thread);
  ADD ("a-cancelled-one-that-nobody-was-told-of-gives-it-back", test_cancel_done);
  ADD ("one-that-the-caller-ended-takes-none", test_ended_by_caller);
  ADD ("one-that-the-caller-ended-at-close", test_ended_by_caller_at_close);
  ADD ("added-while-iterating", test_add);
  ADD ("added-for-one-who-waits", test_add_for_waiter);
  ADD ("a-task-given-twice-is-given-out-twice", test_twice);
  ADD ("a-task-of-another-loop-is-refused", test_other_loop);
  ADD ("let-go", test_let_go);
  ADD ("let-go-while-somebody-waits", test_let_go_while_waiting);
  ADD ("let-go-in-another-thread", test_let_go_in_thread);
  ADD ("let-go-in-another-thread-when-closed", test_let_go_in_thread_when_closed);
  ADD ("pending-at-close-is-cancelled", test_pending_at_close);
  ADD ("left-behind-at-close-ends", test_left_behind);
  ADD ("loop-closed-inside-a-callback", test_closed_in_callback);
  ADD_PLAIN ("done-already", test_already_done);
  ADD_PLAIN ("of-no-tasks", test_empty);
  ADD_PLAIN ("ten-thousand", test_many);
  g_test_add_func ("/completions/made-without-a-loop", test_plain_object);

  return g_test_run ();
}
