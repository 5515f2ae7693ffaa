/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "combinator-support.h"

typedef struct
{
  PillionLoop *loop;
  GPtrArray *children; /* a reference of each */
  guint most_running;
  gboolean is_done;   /* whether each has ended when it is returned */
  gboolean stubborn;
  int nothing_at;     /* the index for which there is no task, or -1 */
  PillionTask *instead; /* what is returned at the end */
  void (*extra) (gpointer data);
  gpointer data;
  int n_freed;
} Source;

/* A done callback can't count them, because it would be a waiter */
static guint
count_running (Source *self)
{
  guint n = 0;

  for (guint i = 0; i < self->children->len; i++)
    n += !pillion_task_is_done (self->children->pdata[i]);
  return n;
}

static PillionTask *
start (guint index,
       gpointer user_data)
{
  Source *self = user_data;
  Fixture fixture = { self->loop, NULL };
  PillionTask *child;

  g_assert_cmpint (self->n_freed, ==, 0);
  if (self->extra != NULL)
    self->extra (self->data);
  if ((int) index == self->nothing_at)
    return g_steal_pointer (&self->instead);

  g_assert_cmpuint (index, ==, self->children->len);
  child = self->stubborn ? pending (&fixture) : obedient (&fixture);
  g_ptr_array_add (self->children, g_object_ref (child));
  if (!self->is_done)
    self->most_running = MAX (self->most_running, count_running (self));
  else if (!pillion_task_is_done (child))
    succeed (child);
  return child;
}

static void
source_freed (gpointer user_data)
{
  ((Source *) user_data)->n_freed++;
}

static void
source_init (Source *self,
             Fixture *fixture)
{
  *self = (Source) { .loop = fixture->loop, .children = g_ptr_array_new (), .nothing_at = -1 };
}

static void
source_end (Source *self)
{
  g_assert_cmpint (self->n_freed, ==, 1);
  g_assert_null (self->instead);
  for (guint i = 0; i < self->children->len; i++)
    end_object (self->children->pdata[i]);
  g_ptr_array_unref (self->children);
}

static PillionTask *
map (Source *self,
     guint n,
     guint limit)
{
  return pillion_task_map (self->loop, n, limit, NULL, start, self, source_freed);
}

static void
test_limit (Fixture *fixture,
            gconstpointer data)
{
  const guint limits[] = { 1, 3, 10, 11, 0 };

  for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      Source source;
      PillionTask *task;
      g_autoptr (GPtrArray) children = NULL;

      source_init (&source, fixture);
      task = map (&source, 10, limits[i]);
      g_assert_cmpstr (pillion_task_get_name (task), ==, "map of 10");
      g_assert_cmpuint (source.children->len, ==, 0);
      settle (fixture);
      g_assert_cmpuint (source.children->len, ==, limits[i] == 0 ? 10 : MIN (limits[i], 10));
      for (guint n = 0; n < 10; n++)
        {
          /* The last one that is running, so that they don't end in order */
          for (guint last = source.children->len; last > 0; last--)
            {
              if (!pillion_task_is_done (source.children->pdata[last - 1]))
                {
                  succeed (source.children->pdata[last - 1]);
                  break;
                }
            }
          assert_state (task, PENDING);
          settle (fixture);
        }
      g_assert_true (pillion_task_get_boolean (task, NULL));
      g_assert_cmpuint (source.most_running, ==, limits[i] == 0 ? 10 : MIN (limits[i], 10));
      children = pillion_task_get_children (task);
      g_assert_cmpuint (children->len, ==, 10);
      for (guint n = 0; n < 10; n++)
        g_assert_true (children->pdata[n] == source.children->pdata[n]);
      g_clear_pointer (&children, g_ptr_array_unref);
      end_object (task);
      source_end (&source);
    }
}

static void
test_empty (Fixture *fixture,
            gconstpointer data)
{
  Source source;
  PillionTask *task;

  source_init (&source, fixture);
  task = map (&source, 0, 0);
  settle (fixture);
  g_assert_true (pillion_task_get_boolean (task, NULL));
  end_object (task);
  source_end (&source);
}

static void
test_already_done (Fixture *fixture,
                   gconstpointer data)
{
  Source source;
  PillionTask *task;

  source_init (&source, fixture);
  source.is_done = TRUE;
  task = map (&source, 1000, 1);
  settle (fixture);
  g_assert_true (pillion_task_get_boolean (task, NULL));
  end_object (task);
  source_end (&source);
}

static void
test_failure (Fixture *fixture,
              gconstpointer data)
{
  void (*const ends[]) (PillionTask *) = { fail, cancel_from_outside };

  for (guint i = 0; i < G_N_ELEMENTS (ends); i++)
    {
      Source source;
      PillionTask *task;

      source_init (&source, fixture);
      task = map (&source, 10, 3);
      settle (fixture);
      ends[i](source.children->pdata[1]);
      settle (fixture);
      g_assert_cmpuint (source.children->len, ==, 3);
      assert_cancelled (source.children->pdata[0]);
      assert_cancelled (source.children->pdata[2]);
      if (i == 0)
        assert_failed (task);
      else
        assert_cancelled (task);
      end_object (task);
      source_end (&source);
    }
}

static void
test_cancel (Fixture *fixture,
             gconstpointer data)
{
  for (guint when = 0; when < 4; when++)
    {
      Source source;
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      PillionTask *task;
      guint n_started = when < 2 ? 0 : 3;

      source_init (&source, fixture);
      if (when == 0)
        g_cancellable_cancel (cancellable);
      task = pillion_task_map (source.loop, 10, 3, cancellable, start, &source, source_freed);
      if (when > 1)
        settle (fixture);
      /* One ends at the same moment: the next is not started */
      if (when == 3)
        succeed (source.children->pdata[0]);
      g_cancellable_cancel (cancellable);
      assert_state (task, PENDING);
      settle (fixture);
      assert_cancelled (task);
      g_assert_cmpuint (source.children->len, ==, n_started);
      end_object (task);
      source_end (&source);
    }
}

static void
test_nothing (Fixture *fixture,
              gconstpointer data)
{
  PillionLoop *loop = loop_new ();
  PillionTask *stranger = pillion_task_new (loop, "stranger", NULL);

  for (guint how = 0; how < 4; how++)
    {
      Source source;
      PillionTask *task, *waiting = NULL;
      int n_calls = 0;

      source_init (&source, fixture);
      source.nothing_at = 2;
      task = map (&source, 10, 0);
      if (how == 1)
        source.instead = g_object_ref (stranger);
      else if (how == 2)
        source.instead = g_object_ref (task);
      else if (how == 3)
        {
          /* Through others */
          PillionTask *others[] = { obedient (fixture), pillion_task_with_timeout (task, G_TIME_SPAN_MINUTE) };

          waiting = pillion_task_all (fixture->loop, others, 2);
          pillion_task_add_done_callback (waiting, count, &n_calls, NULL);
          source.instead = g_object_ref (waiting);
          g_object_unref (others[0]);
          g_object_unref (others[1]);
        }
      settle (fixture);
      g_assert_cmpuint (source.children->len, ==, 2);
      assert_cancelled (source.children->pdata[0]);
      if (how == 0)
        assert_failed (task);
      else if (how == 1)
        assert_ended_with (task, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      else
        assert_ended_with (task, PILLION_ERROR, PILLION_ERROR_DEADLOCK);
      if (waiting != NULL)
        {
          assert_same (waiting, task);
          g_assert_cmpint (n_calls, ==, 1);
          end_object (waiting);
        }
      end_object (task);
      source_end (&source);
    }

  g_assert_false (pillion_task_is_cancelled (stranger));
  succeed (stranger);
  kick_until_quiet (loop);
  end_object (stranger);
  loop_end (loop);
}

static void
close_it (gpointer loop)
{
  pillion_loop_close (loop, 0, NULL);
}

static void
test_closed_inside (Fixture *fixture,
                    gconstpointer data)
{
  Source source;
  PillionTask *task;

  source_init (&source, fixture);
  source.extra = close_it;
  source.data = fixture->loop;
  source.nothing_at = GPOINTER_TO_INT (data);
  task = map (&source, 10, 0);
  settle (fixture);
  g_assert_true (pillion_loop_is_closed (fixture->loop));
  assert_closed (task);
  end_object (task);
  source_end (&source);
}

static void
fail_first_and_run (gpointer data)
{
  Source *self = data;
  g_autoptr (PillionTask) sleep = NULL;

  if (self->children->len == 0)
    return;
  sleep = pillion_loop_sleep (self->loop, 1000, NULL);
  fail (self->children->pdata[0]);
  g_assert_true (pillion_loop_run_until_complete (self->loop, sleep, NULL));
}

/* The failure arrives while the function runs: what it starts then is cancelled at once */
static void
test_failure_inside (Fixture *fixture,
                     gconstpointer data)
{
  Source source;
  PillionTask *task;

  source_init (&source, fixture);
  source.extra = fail_first_and_run;
  source.data = &source;
  task = map (&source, 10, 0);
  settle (fixture);
  g_assert_cmpuint (source.children->len, ==, 2);
  assert_cancelled (source.children->pdata[1]);
  assert_failed (task);
  end_object (task);
  source_end (&source);
}

static void
test_at_close (Fixture *fixture,
               gconstpointer data)
{
  gint64 patience = GPOINTER_TO_INT (data);

  Source started, not_started;
  PillionTask *tasks[2];

  source_init (&started, fixture);
  started.stubborn = patience == 0;
  tasks[0] = map (&started, 10, 2);
  settle (fixture);
  source_init (&not_started, fixture);
  tasks[1] = map (&not_started, 10, 2);

  g_assert_cmpint (pillion_loop_close (fixture->loop, patience, NULL), ==, patience != 0);
  g_assert_cmpuint (not_started.children->len, ==, 0);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (pillion_task_is_done (tasks[i]));
      pillion_task_check (tasks[i], NULL);
      end_object (tasks[i]);
    }
  for (guint i = 0; i < started.children->len; i++)
    {
      if (!pillion_task_is_done (started.children->pdata[i]))
        succeed (started.children->pdata[i]);
    }
  source_end (&started);
  source_end (&not_started);
}

static void
test_closed (Fixture *fixture,
             gconstpointer data)
{
  Source source;
  PillionTask *task;

  source_init (&source, fixture);
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  task = map (&source, 10, 0);
  assert_closed (task);
  end_object (task);
  source_end (&source);
}

/* The clock is read between two calls, so that many of them don't make a kick long */
static void
test_one_at_a_time (Fixture *fixture,
                    gconstpointer data)
{
  Source source;
  PillionTask *task;

  source_init (&source, fixture);
  task = map (&source, 3, 0);
  pillion_loop_kick_until (fixture->loop, 0, NULL);
  g_assert_cmpuint (source.children->len, ==, 1);
  pillion_task_cancel (task);
  settle (fixture);
  assert_cancelled (task);
  g_assert_cmpuint (source.children->len, <=, 2);
  end_object (task);
  source_end (&source);
}

static void
test_many (Fixture *fixture,
           gconstpointer data)
{
  Source source;
  PillionTask *task;

  source_init (&source, fixture);
  source.is_done = TRUE;
  task = map (&source, 10000, 100);
  settle (fixture);
  g_assert_true (pillion_task_get_boolean (task, NULL));
  end_object (task);
  source_end (&source);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/task/map/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("no-more-run-than-the-limit", test_limit);
  ADD ("of-no-inputs", test_empty);
  ADD ("tasks-that-are-done-already", test_already_done);
  ADD ("a-failure-ends-it", test_failure);
  ADD ("cancelled", test_cancel);
  ADD ("a-task-that-can-not-be-waited-for", test_nothing);
  ADD ("loop-closed-inside-the-function-that-gives-no-task", test_closed_inside);
  ADD ("a-failure-inside-the-function", test_failure_inside);
  ADD ("on-a-closed-loop-has-failed", test_closed);
  ADD ("one-call-at-a-time", test_one_at_a_time);
  ADD ("ten-thousand-inputs", test_many);
  g_test_add ("/task/map/loop-closed-inside-the-function", Fixture, GINT_TO_POINTER (-1), set_up, test_closed_inside, tear_down);
  g_test_add ("/task/map/pending-at-close-is-cancelled", Fixture, GINT_TO_POINTER (-1), set_up, test_at_close, tear_down);
  g_test_add ("/task/map/left-behind-at-close-ends", Fixture, GINT_TO_POINTER (0), set_up, test_at_close, tear_down);

  return g_test_run ();
}
