/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "combinator-support.h"

static void
test_empty (Fixture *fixture,
            gconstpointer data)
{
  for (guint kind = 0; kind < N_KINDS; kind++)
    {
      PillionTask *task = make[kind](fixture->loop, NULL, 0);
      g_autoptr (GPtrArray) children = pillion_task_get_children (task);
      int n_calls = 0;

      g_assert_cmpuint (children->len, ==, 0);
      pillion_task_add_done_callback (task, count, &n_calls, NULL);
      g_assert_cmpint (n_calls, ==, 0);
      settle (fixture);
      g_assert_cmpint (n_calls, ==, 1);
      if (kind == ANY || kind == RACE)
        assert_ended_with (task, PILLION_ERROR, PILLION_ERROR_NOTHING_GIVEN);
      else
        g_assert_true (pillion_task_get_boolean (task, NULL));
      end_object (task);
    }
}

static void
test_names (Fixture *fixture,
            gconstpointer data)
{
  PillionTask *child = pending (fixture);
  PillionTask *all = pillion_task_all (fixture->loop, (PillionTask *[]) { child, child }, 2);
  PillionTask *settled = pillion_task_settle (fixture->loop, &all, 1);
  PillionTask *any = pillion_task_any (fixture->loop, &all, 1);
  PillionTask *race = pillion_task_race (fixture->loop, &all, 1);

  g_assert_cmpstr (pillion_task_get_name (all), ==, "all of 2");
  g_assert_cmpstr (pillion_task_get_name (settled), ==, "settle of 1");
  g_assert_cmpstr (pillion_task_get_name (any), ==, "any of 1");
  g_assert_cmpstr (pillion_task_get_name (race), ==, "race of 1");
  g_assert_nonnull (strstr (pillion_task_get_site (all), "test-task-group.c"));
  g_assert_nonnull (strstr (pillion_task_get_site (race), "test-task-group.c"));
  g_assert_null (pillion_task_made_at (NULL, "nowhere"));
  succeed (child);
  settle (fixture);
  end_object (race);
  end_object (any);
  end_object (settled);
  end_object (all);
  end_object (child);
}

static void
test_no_children (Fixture *fixture,
                  gconstpointer data)
{
  PillionTask *task = pending (fixture);
  g_autoptr (GPtrArray) children = pillion_task_get_children (task);

  g_assert_cmpuint (children->len, ==, 0);
  succeed (task);
  settle (fixture);
  end_object (task);
}

/* Each counts as two positions, and one end counts as one */
static void
test_twice (Fixture *fixture,
            gconstpointer data)
{
  for (guint kind = 0; kind < N_KINDS; kind++)
    {
      for (guint how = 0; how < 3; how++)
        {
          PillionTask *child = obedient (fixture);
          PillionTask *other = obedient (fixture);
          PillionTask *task = make[kind](fixture->loop, (PillionTask *[]) { child, other, child }, 3);
          int n_calls = 0;

          pillion_task_add_done_callback (task, count, &n_calls, NULL);
          if (how == 0)
            {
              succeed (child);
              settle (fixture);
              if (!pillion_task_is_done (other))
                succeed (other);
            }
          else if (how == 1)
            {
              fail (other);
              settle (fixture);
              if (!pillion_task_is_done (child))
                succeed (child);
            }
          else
            {
              pillion_task_cancel (task);
            }
          settle (fixture);
          g_assert_cmpint (n_calls, ==, 1);
          if (how == 2)
            assert_cancelled (task);
          if (how == 2 || (how == 1 && (kind == ALL || kind == RACE)))
            assert_cancelled (child);
          end_object (task);
          end_object (child);
          end_object (other);
        }
    }
}

static void
test_other_loop (Fixture *fixture,
                 gconstpointer data)
{
  PillionLoop *loop = loop_new ();

  for (guint kind = 0; kind < N_KINDS; kind++)
    {
      PillionTask *child = pending (fixture);
      PillionTask *stranger = pillion_task_new (loop, "stranger", NULL);
      PillionTask *task = make[kind](fixture->loop, (PillionTask *[]) { child, stranger }, 2);
      g_autoptr (GError) error = NULL;

      g_assert_false (pillion_task_check (task, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_assert_nonnull (strstr (error->message, "stranger"));
      settle (fixture);
      g_assert_false (pillion_task_is_cancelled (child));
      g_assert_false (pillion_task_is_cancelled (stranger));
      succeed (child);
      succeed (stranger);
      settle (fixture);
      kick_until_quiet (loop);
      end_object (task);
      end_object (child);
      end_object (stranger);
    }

  loop_end (loop);
}

static void
test_misuse (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *child = pending (fixture);

  for (guint kind = 0; kind < N_KINDS; kind++)
    {
      expect_critical ("PILLION_IS_TASK");
      g_assert_null (make[kind](fixture->loop, (PillionTask *[]) { child, NULL }, 2));
      expect_critical ("tasks != NULL");
      g_assert_null (make[kind](fixture->loop, NULL, 2));
    }
  expect_critical ("PILLION_IS_TASK");
  g_assert_null (pillion_task_get_children (NULL));
  g_test_assert_expected_messages ();

  g_assert_false (pillion_task_is_cancelled (child));
  succeed (child);
  settle (fixture);
  end_object (child);
}

static void
test_closed (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *child = pending (fixture);

  succeed (child);
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  for (guint kind = 0; kind < N_KINDS; kind++)
    {
      PillionTask *task = make[kind](fixture->loop, &child, 1);

      assert_closed (task);
      end_object (task);
    }
  end_object (child);
}

static void
test_pending_at_close (Fixture *fixture,
                       gconstpointer data)
{
  PillionTask *tasks[N_KINDS];
  PillionTask *children[] = { obedient (fixture), obedient (fixture) };

  for (guint kind = 0; kind < N_KINDS; kind++)
    tasks[kind] = make[kind](fixture->loop, children, 2);
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  for (guint kind = 0; kind < N_KINDS; kind++)
    {
      assert_cancelled (tasks[kind]);
      end_object (tasks[kind]);
    }
  end_object (children[0]);
  end_object (children[1]);
}

/* The child does not obey, and one has ended but not been delivered */
static void
test_left_behind (Fixture *fixture,
                  gconstpointer data)
{
  PillionTask *tasks[N_KINDS];
  PillionTask *children[] = { pending (fixture), pending (fixture), pending (fixture) };
  g_autoptr (GError) error = NULL;
  int n_calls = 0;

  fail (children[2]);
  settle (fixture);
  succeed (children[1]);
  for (guint kind = 0; kind < N_KINDS; kind++)
    {
      tasks[kind] = make[kind](fixture->loop, children, 3);
      pillion_task_add_done_callback (tasks[kind], count, &n_calls, NULL);
    }
  g_assert_false (pillion_loop_close (fixture->loop, 0, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  g_assert_nonnull (strstr (error->message, "all of 3"));
  g_assert_cmpint (n_calls, ==, 0);
  for (guint kind = 0; kind < N_KINDS; kind++)
    {
      assert_closed (tasks[kind]);
      end_object (tasks[kind]);
    }
  succeed (children[0]);
  for (guint i = 0; i < 3; i++)
    end_object (children[i]);
}

static void
close_loop (PillionTask *task,
            gpointer loop)
{
  pillion_loop_close (loop, 0, NULL);
}

static void
test_closed_in_callback (gconstpointer data)
{
  PillionTask *(*const make_one) (PillionLoop *, PillionTask **, gsize) = make[GPOINTER_TO_UINT (data)];

  /* Before the combinator is notified, and after */
  for (guint after = 0; after < 2; after++)
    {
      Fixture fixture;
      PillionTask *children[3], *task, *outer;
      int n_calls = 0;

      set_up (&fixture, NULL);
      for (guint i = 0; i < 3; i++)
        children[i] = pending (&fixture);
      if (!after)
        pillion_task_add_done_callback (children[1], close_loop, fixture.loop, NULL);
      task = make_one (fixture.loop, children, 3);
      outer = make_one (fixture.loop, &task, 1);
      pillion_task_add_done_callback (outer, count, &n_calls, NULL);
      if (after)
        pillion_task_add_done_callback (children[1], close_loop, fixture.loop, NULL);
      fail (children[1]);
      settle (&fixture);
      g_assert_true (pillion_loop_is_closed (fixture.loop));
      g_assert_true (pillion_task_is_done (task));
      g_assert_true (pillion_task_is_done (outer));
      g_assert_cmpint (n_calls, ==, 0);
      end_object (outer);
      end_object (task);
      for (guint i = 0; i < 3; i++)
        {
          if (!pillion_task_is_done (children[i]))
            succeed (children[i]);
          end_object (children[i]);
        }
      tear_down (&fixture, NULL);
    }
}

#define MANY 10000

static void
test_many (Fixture *fixture,
           gconstpointer data)
{
  /* All succeed, one fails, or it is cancelled */
  for (guint kind = 0; kind < N_KINDS; kind++)
    {
      for (guint how = 0; how < 3; how++)
        {
          g_autoptr (GPtrArray) children = NULL;
          PillionTask *task;

          if (kind != ALL && how != (kind == SETTLE ? 2 : kind == ANY ? 1 : 0))
            continue;

          children = g_ptr_array_new ();
          for (guint i = 0; i < MANY; i++)
            g_ptr_array_add (children, obedient (fixture));
          task = make[kind](fixture->loop, (PillionTask **) children->pdata, MANY);
          if (how == 1)
            fail (children->pdata[MANY / 2]);
          if (how == 2)
            pillion_task_cancel (task);
          else
            for (guint i = 0; i < MANY; i++)
              {
                settle (fixture);
                if (!pillion_task_is_done (children->pdata[i]))
                  succeed (children->pdata[i]);
              }
          settle (fixture);
          g_assert_true (pillion_task_is_done (task));
          pillion_task_check (task, NULL);
          end_object (task);
          for (guint i = 0; i < MANY; i++)
            end_object (children->pdata[i]);
        }
    }
}

#define DEEP 1000

/* Each around the previous one, of all kinds in turn */
static PillionTask *
nest (Fixture *fixture,
      PillionTask *child)
{
  PillionTask *task = g_object_ref (child);

  for (guint i = 0; i < DEEP; i++)
    {
      PillionTask *outer;

      switch (i % 7)
        {
        case 4:
          outer = pillion_task_with_timeout (task, G_TIME_SPAN_HOUR);
          break;
        case 5:
          outer = pillion_task_all (fixture->loop, (PillionTask *[]) { task, task }, 2);
          break;
        case 6:
          outer = pillion_task_any (fixture->loop, (PillionTask *[]) { task, task }, 2);
          break;
        default:
          outer = make[i % 4](fixture->loop, &task, 1);
        }
      g_object_unref (task);
      task = outer;
    }

  return task;
}

static void
test_deep (Fixture *fixture,
           gconstpointer data)
{
  for (guint how = 0; how < 2; how++)
    {
      PillionTask *child = obedient (fixture);
      PillionTask *task = nest (fixture, child);

      if (how == 0)
        succeed (child);
      else
        pillion_task_cancel (task);
      settle (fixture);
      g_assert_true (pillion_task_is_done (task));
      assert_state (child, SUCCEEDED + how * (PILLION_TASK_CANCELLED - PILLION_TASK_SUCCEEDED));
      end_object (task);
      end_object (child);
    }
}

static void
test_deep_at_close (Fixture *fixture,
                    gconstpointer data)
{
  PillionTask *child = pending (fixture);
  PillionTask *task = nest (fixture, child);

  g_assert_false (pillion_loop_close (fixture->loop, 0, NULL));
  g_assert_true (pillion_task_is_done (task));
  end_object (task);
  succeed (child);
  end_object (child);
}

static gpointer
cancel_there (gpointer task)
{
  pillion_task_cancel (task);
  return NULL;
}

static gpointer
finish_there (gpointer task)
{
  pillion_task_return_boolean (task, TRUE);
  return NULL;
}

static void
test_threads (void)
{
  for (guint round = 0; round < 100; round++)
    {
      Fixture fixture = { loop_new (), NULL };
      PillionTask *children[] = { pending (&fixture), obedient (&fixture) };
      PillionTask *task = make[round % N_KINDS](fixture.loop, children, 2);
      GThread *finisher = g_thread_new ("finisher", finish_there, children[0]);
      GThread *canceller = g_thread_new ("canceller", cancel_there, task);

      pillion_loop_run_until_complete (fixture.loop, task, NULL);
      g_thread_join (finisher);
      g_thread_join (canceller);
      kick_until (fixture.loop, pillion_loop_get_live_tasks (fixture.loop) == 0 || !pillion_task_is_done (children[1]));
      if (!pillion_task_is_done (children[1]))
        succeed (children[1]);
      kick_until_quiet (fixture.loop);
      g_assert_true (pillion_task_is_done (task));
      end_object (task);
      end_object (children[0]);
      end_object (children[1]);
      loop_end (fixture.loop);
    }
}

/* Two that wait for the same child: one of them alone does not cancel it */
static void
test_shared (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *child = obedient (fixture);
  PillionTask *first = pillion_task_all (fixture->loop, &child, 1);
  PillionTask *second = pillion_task_settle (fixture->loop, &child, 1);

  pillion_task_cancel (first);
  settle (fixture);
  assert_cancelled (first);
  assert_state (child, PENDING);
  pillion_task_cancel (second);
  settle (fixture);
  assert_cancelled (second);
  assert_cancelled (child);
  end_object (first);
  end_object (second);
  end_object (child);
}

/* If something else waits for a child and it carries on, the failed combinator waits for it, too, because its
 * error may be the first */
static void
test_waits_for_shared (Fixture *fixture,
                       gconstpointer data)
{
  PillionTask *children[] = { pending (fixture), pending (fixture) };
  PillionTask *task = pillion_task_all (fixture->loop, children, 2);
  int n_calls = 0;

  pillion_task_add_done_callback (children[0], count, &n_calls, NULL);
  fail (children[1]);
  settle (fixture);
  assert_state (task, PENDING);
  pillion_task_return_new_error (children[0], G_IO_ERROR, G_IO_ERROR_BUSY, "busy");
  settle (fixture);
  assert_ended_with (task, G_IO_ERROR, G_IO_ERROR_BUSY);
  assert_failed (children[1]);
  end_object (task);
  end_object (children[0]);
  end_object (children[1]);
}

/* In whatever way they gave it up, once all have, it is cancelled */
static void
test_shared_by_failed (Fixture *fixture,
                       gconstpointer data)
{
  PillionTask *first = pending (fixture), *second = pending (fixture), *third = pending (fixture), *shared = obedient (fixture);
  PillionTask *one = pillion_task_all (fixture->loop, (PillionTask *[]) { first, shared }, 2);
  PillionTask *two = pillion_task_all (fixture->loop, (PillionTask *[]) { shared, second, shared }, 3);
  PillionTask *race = pillion_task_race (fixture->loop, (PillionTask *[]) { shared, third }, 2);

  fail (first);
  settle (fixture);
  g_assert_false (pillion_task_is_cancelled (shared));
  fail (second);
  settle (fixture);
  g_assert_false (pillion_task_is_cancelled (shared));
  assert_state (one, PENDING);
  assert_state (two, PENDING);
  succeed (third);
  settle (fixture);
  assert_state (race, SUCCEEDED);
  assert_cancelled (shared);
  assert_failed (one);
  assert_failed (two);
  end_object (race);
  end_object (two);
  end_object (one);
  end_object (shared);
  end_object (third);
  end_object (second);
  end_object (first);
}

static void
cancel_when_added (PillionLoop *loop,
                   PillionTask *task)
{
  g_cancellable_cancel (pillion_task_get_cancellable (task));
}

static void
take_cancellable (PillionLoop *loop,
                  PillionTask *task,
                  GCancellable **cancellable)
{
  *cancellable = g_object_ref (pillion_task_get_cancellable (task));
}

/* A handler that is told about a new task may ask for its cancellable, before the task has children */
static void
test_cancellable_when_added (Fixture *fixture,
                             gconstpointer data)
{
  PillionTask *child = obedient (fixture), *all;
  GCancellable *cancellable = NULL;

  g_signal_connect (fixture->loop, "task-added", G_CALLBACK (take_cancellable), &cancellable);
  all = pillion_task_all (fixture->loop, &child, 1);
  g_assert_true (cancellable == pillion_task_get_cancellable (all));
  g_cancellable_cancel (cancellable);
  settle (fixture);
  assert_cancelled (child);
  assert_cancelled (all);
  end_object (all);
  end_object (child);
  g_clear_object (&cancellable);

  /* And may even cancel it */
  g_signal_handlers_disconnect_by_func (fixture->loop, take_cancellable, &cancellable);
  child = obedient (fixture);
  g_signal_connect (fixture->loop, "task-added", G_CALLBACK (cancel_when_added), NULL);
  all = pillion_task_all (fixture->loop, &child, 1);
  settle (fixture);
  assert_cancelled (child);
  assert_cancelled (all);
  end_object (all);
  end_object (child);
}

/* A cancelled combinator is done when its children are, and an error that occurs then is not lost */
static void
test_cancelled_waits (Fixture *fixture,
                      gconstpointer data)
{
  PillionTask *child = pending (fixture);
  PillionTask *all = pillion_task_all (fixture->loop, &child, 1);
  PillionTask *settled = pillion_task_settle (fixture->loop, &all, 1);

  pillion_task_cancel (settled);
  settle (fixture);
  assert_state (settled, PENDING);
  g_assert_true (pillion_task_is_cancelled (child));
  fail (child);
  settle (fixture);
  assert_failed (all);
  assert_cancelled (settled);
  end_object (settled);
  end_object (all);
  end_object (child);
}

static void
on_unhandled (PillionLoop *loop,
              PillionTask *task,
              const GError *error,
              gpointer n_reports)
{
  ++*(int *) n_reports;
}

/* The children's errors were looked at; the combinator's has to be, too */
static void
test_unhandled (Fixture *fixture,
                gconstpointer data)
{
  int n_reports = 0;
  PillionTask *children[] = { pending (fixture), pending (fixture) };

  g_signal_connect (fixture->loop, "unhandled-error", G_CALLBACK (on_unhandled), &n_reports);
  g_object_unref (pillion_task_all (fixture->loop, children, 2));
  g_object_unref (pillion_task_settle (fixture->loop, children, 2));
  fail (children[0]);
  fail (children[1]);
  settle (fixture);
  end_object (children[0]);
  end_object (children[1]);
  g_assert_cmpint (n_reports, ==, 1);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (guint kind = 0; kind < N_KINDS; kind++)
    {
      g_autofree char *path = g_strdup_printf ("/task/%s/loop-closed-inside-a-childs-callback", kind_names[kind]);

      g_test_add_data_func (path, GUINT_TO_POINTER (kind), test_closed_in_callback);
    }

#define ADD(name, function) g_test_add ("/task/group/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("of-no-tasks", test_empty);
  ADD ("names-and-sites", test_names);
  ADD ("other-tasks-have-no-children", test_no_children);
  ADD ("a-child-given-twice-counts-twice", test_twice);
  ADD ("a-child-of-another-loop-is-refused", test_other_loop);
  ADD ("misuse-is-told", test_misuse);
  ADD ("on-a-closed-loop-has-failed", test_closed);
  ADD ("pending-at-close-is-cancelled", test_pending_at_close);
  ADD ("left-behind-at-close-ends", test_left_behind);
  ADD ("ten-thousand-children", test_many);
  ADD ("a-thousand-deep", test_deep);
  ADD ("a-thousand-deep-at-close", test_deep_at_close);
  ADD ("a-shared-child-outlives-one-of-two", test_shared);
  ADD ("a-failed-one-waits-for-a-shared-child", test_waits_for_shared);
  ADD ("a-shared-child-is-cancelled-when-all-have-failed", test_shared_by_failed);
  ADD ("cancellable-asked-for-when-it-is-added", test_cancellable_when_added);
  ADD ("a-cancelled-one-waits-for-its-children", test_cancelled_waits);
  ADD ("an-error-nobody-looks-at-is-reported-once", test_unhandled);
  g_test_add_func ("/task/group/cancelled-from-another-thread", test_threads);

  return g_test_run ();
}
