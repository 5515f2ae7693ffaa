/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What takes tasks, or a function that returns one, treats bad input alike. */

#include "../test-support.h"

typedef struct
{
  PillionLoop *loop;
  PillionScope *scope;
  PillionRetry *retry;
  GCancellable *cancellable;
  PillionTask *answer; /* what the function returns; a reference is added */
  PillionTask *task;   /* the task under test */
  gboolean returns_itself;
  guint n_calls;
  guint n_freed;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  fixture->scope = pillion_scope_new (fixture->loop, "bad-input", NULL);
  fixture->retry = pillion_retry_new ();
  pillion_retry_set_attempts (fixture->retry, 1);
  fixture->cancellable = g_cancellable_new ();
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  g_clear_object (&fixture->task);
  g_clear_object (&fixture->answer);
  if (!pillion_loop_is_closed (fixture->loop))
    kick_until_quiet (fixture->loop);
  g_ptr_array_unref (pillion_scope_take_failed (fixture->scope));
  pillion_scope_close (fixture->scope, 0, NULL);
  end_object (fixture->retry);
  g_object_unref (fixture->scope);
  loop_end (fixture->loop);
  g_object_unref (fixture->cancellable);
}

static void
expect_critical (const char *text)
{
  g_autofree char *pattern = g_strdup_printf ("*%s*failed", text);

  g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, pattern);
}

static void
assert_fails (Fixture *fixture,
              GQuark domain,
              int code)
{
  g_autoptr (GError) error = NULL;

  if (!pillion_loop_is_closed (fixture->loop))
    kick_until_quiet (fixture->loop);
  g_assert_true (pillion_task_is_done (fixture->task));
  g_assert_false (pillion_task_check (fixture->task, &error));
  g_assert_error (error, domain, code);
}

/* --- Sets of tasks --- */

/* The functions of pillion-task-combinators.h are macros in C; completions that ended well give a task that did */
static PillionTask *
make_all (PillionLoop *loop,
          PillionTask **tasks,
          gsize n_tasks)
{
  return pillion_task_all (loop, tasks, n_tasks);
}

static PillionTask *
make_settle (PillionLoop *loop,
             PillionTask **tasks,
             gsize n_tasks)
{
  return pillion_task_settle (loop, tasks, n_tasks);
}

static PillionTask *
make_any (PillionLoop *loop,
          PillionTask **tasks,
          gsize n_tasks)
{
  return pillion_task_any (loop, tasks, n_tasks);
}

static PillionTask *
make_race (PillionLoop *loop,
           PillionTask **tasks,
           gsize n_tasks)
{
  return pillion_task_race (loop, tasks, n_tasks);
}

static PillionTask *
make_completions (PillionLoop *loop,
                  PillionTask **tasks,
                  gsize n_tasks)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionCompletions) completions = pillion_completions_new (loop, tasks, n_tasks, &error);
  PillionTask *task;

  if (completions != NULL)
    return pillion_completions_next (completions);
  if (error == NULL)
    return NULL;

  task = pillion_task_new (loop, "completions", NULL);
  if (!pillion_task_is_done (task))
    pillion_task_return_error (task, g_steal_pointer (&error));
  return task;
}

typedef PillionTask *(*MakeGroup) (PillionLoop  *loop,
                                   PillionTask **tasks,
                                   gsize         n_tasks);

static const MakeGroup groups[] = { make_all, make_settle, make_any, make_race, make_completions };

static void
test_null_set (Fixture *fixture,
               gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    {
      expect_critical ("n_tasks == 0 || tasks != NULL");
      g_assert_null (groups[i] (fixture->loop, NULL, 1));
      g_test_assert_expected_messages ();
    }
}

/* One that is not a task, or belongs to no loop: the others are not touched */
static void
test_bad_member (Fixture *fixture,
                 gconstpointer data)
{
  PillionTask *bare = g_object_new (PILLION_TYPE_TASK, NULL);
  PillionTask *bad[] = { NULL, bare };

  for (guint i = 0; i < G_N_ELEMENTS (groups) * G_N_ELEMENTS (bad); i++)
    {
      PillionTask *good = pillion_task_new (fixture->loop, "good", NULL);
      PillionTask *tasks[] = { good, bad[i % G_N_ELEMENTS (bad)] };

      expect_critical (tasks[1] == NULL ? "PILLION_IS_TASK" : "loop != NULL");
      g_assert_null (groups[i / G_N_ELEMENTS (bad)] (fixture->loop, tasks, 2));
      g_test_assert_expected_messages ();
      kick_until_quiet (fixture->loop);
      g_assert_false (pillion_task_is_done (good));
      pillion_task_return_boolean (good, TRUE);
      kick_until_quiet (fixture->loop);
      end_object (good);
    }
  end_object (bare);
}

static void
test_stranger (Fixture *fixture,
               gconstpointer data)
{
  PillionLoop *other = loop_new ();
  PillionTask *stranger = pillion_task_new (other, "stranger", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    {
      PillionTask *good = pillion_task_new (fixture->loop, "good", NULL);
      PillionTask *tasks[] = { good, stranger };

      fixture->task = groups[i] (fixture->loop, tasks, 2);
      assert_fails (fixture, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_clear_object (&fixture->task);
      g_assert_false (pillion_task_is_cancelled (good));
      pillion_task_return_boolean (good, TRUE);
      kick_until_quiet (fixture->loop);
      end_object (good);
    }
  pillion_task_return_boolean (stranger, TRUE);
  kick_until_quiet (other);
  end_object (stranger);
  loop_end (other);
}

static void
test_twice (Fixture *fixture,
            gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    {
      PillionTask *good = pillion_task_new (fixture->loop, "good", NULL);
      PillionTask *tasks[] = { good, good };
      g_autoptr (GPtrArray) children = NULL;

      fixture->task = groups[i] (fixture->loop, tasks, 2);
      children = pillion_task_get_children (fixture->task);
      g_assert_cmpuint (children->len, ==, 2);
      g_assert_true (children->pdata[0] == good && children->pdata[1] == good);
      g_clear_pointer (&children, g_ptr_array_unref);
      pillion_task_return_boolean (good, TRUE);
      kick_until_quiet (fixture->loop);
      g_assert_cmpint (pillion_task_get_state (fixture->task), ==, PILLION_TASK_SUCCEEDED);
      end_object (g_steal_pointer (&fixture->task));
      end_object (good);
    }
}

static void
test_empty_set (Fixture *fixture,
                gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    {
      fixture->task = groups[i] (fixture->loop, NULL, 0);
      if (groups[i] == make_any || groups[i] == make_race)
        {
          assert_fails (fixture, PILLION_ERROR, PILLION_ERROR_NOTHING_GIVEN);
        }
      else
        {
          kick_until_quiet (fixture->loop);
          g_assert_cmpint (pillion_task_get_state (fixture->task), ==, PILLION_TASK_SUCCEEDED);
        }
      end_object (g_steal_pointer (&fixture->task));
    }
}

static void
test_closed_set (Fixture *fixture,
                 gconstpointer data)
{
  PillionTask *done = pillion_task_new (fixture->loop, "done", NULL);

  pillion_task_return_boolean (done, TRUE);
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    {
      fixture->task = groups[i] (fixture->loop, &done, 1);
      assert_fails (fixture, PILLION_ERROR, PILLION_ERROR_CLOSED);
      end_object (g_steal_pointer (&fixture->task));
    }
  end_object (done);
}

/* --- Functions that return a task --- */

static PillionTask *
give (Fixture *fixture)
{
  PillionTask *answer = fixture->returns_itself ? fixture->task : fixture->answer;

  fixture->n_calls++;
  return answer != NULL ? g_object_ref (answer) : NULL;
}

static PillionTask *
give_numbered (guint number,
               gpointer data)
{
  return give (data);
}

static PillionTask *
give_next (PillionTask *task,
           gpointer data)
{
  return give (data);
}

static PillionTask *
give_started (gpointer data)
{
  return give (data);
}

static void
on_freed (gpointer data)
{
  ((Fixture *) data)->n_freed++;
}

/* What succeeds if its function returns no task has @null_is_well */
typedef struct
{
  PillionTask *(*make) (Fixture *fixture);
  gboolean null_is_well;
  gboolean takes_cancellable;
} MakeChain;

static PillionTask *
make_map (Fixture *fixture)
{
  return pillion_task_map (fixture->loop, 1, 0, fixture->cancellable, give_numbered, fixture, on_freed);
}

static PillionTask *
make_retry (Fixture *fixture)
{
  return pillion_retry_run (fixture->retry, fixture->loop, "retry", fixture->cancellable, give_numbered, fixture, on_freed);
}

static PillionTask *
make_and_then (Fixture *fixture)
{
  g_autoptr (PillionTask) first = pillion_task_new (fixture->loop, "first", NULL);

  if (!pillion_task_is_done (first))
    pillion_task_return_boolean (first, TRUE);
  return pillion_task_and_then (first, give_next, fixture, on_freed);
}

static PillionTask *
make_start (Fixture *fixture)
{
  return pillion_scope_start (fixture->scope, "start", give_started, fixture, on_freed);
}

static const MakeChain chains[] = {
  { make_map, FALSE, TRUE },
  { make_retry, FALSE, TRUE },
  { make_and_then, TRUE, FALSE },
  { make_start, FALSE, FALSE },
};

static void
begin (Fixture *fixture,
       const MakeChain *chain)
{
  fixture->n_calls = fixture->n_freed = 0;
  fixture->task = chain->make (fixture);
}

/* The function's data is freed, once, and nothing keeps the task */
static void
end (Fixture *fixture,
     guint n_calls)
{
  if (!pillion_loop_is_closed (fixture->loop))
    kick_until_quiet (fixture->loop);
  g_ptr_array_unref (pillion_scope_take_failed (fixture->scope));
  g_assert_cmpuint (fixture->n_calls, ==, n_calls);
  g_assert_cmpuint (fixture->n_freed, ==, 1);
  end_object (g_steal_pointer (&fixture->task));
}

static void
test_returns_null (Fixture *fixture,
                   gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (chains); i++)
    {
      begin (fixture, &chains[i]);
      if (chains[i].null_is_well)
        {
          kick_until_quiet (fixture->loop);
          g_assert_cmpint (pillion_task_get_state (fixture->task), ==, PILLION_TASK_SUCCEEDED);
        }
      else
        {
          assert_fails (fixture, PILLION_ERROR, PILLION_ERROR_FAILED);
        }
      end (fixture, 1);
    }
}

static void
test_returns_stranger (Fixture *fixture,
                       gconstpointer data)
{
  PillionLoop *other = loop_new ();

  fixture->answer = pillion_task_new (other, "stranger", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (chains); i++)
    {
      begin (fixture, &chains[i]);
      assert_fails (fixture, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      end (fixture, 1);
      g_assert_false (pillion_task_is_cancelled (fixture->answer));
    }
  pillion_task_return_boolean (fixture->answer, TRUE);
  kick_until_quiet (other);
  end_object (g_steal_pointer (&fixture->answer));
  loop_end (other);
}

static void
test_returns_itself (Fixture *fixture,
                     gconstpointer data)
{
  fixture->returns_itself = TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (chains); i++)
    {
      begin (fixture, &chains[i]);
      assert_fails (fixture, PILLION_ERROR, PILLION_ERROR_DEADLOCK);
      end (fixture, 1);
    }
}

/* The same through another task */
static void
test_returns_waiter (Fixture *fixture,
                     gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (chains); i++)
    {
      begin (fixture, &chains[i]);
      fixture->answer = pillion_task_settle (fixture->loop, &fixture->task, 1);
      assert_fails (fixture, PILLION_ERROR, PILLION_ERROR_DEADLOCK);
      kick_until_quiet (fixture->loop);
      g_assert_cmpint (pillion_task_get_state (fixture->answer), ==, PILLION_TASK_SUCCEEDED);
      g_clear_object (&fixture->answer);
      end (fixture, 1);
    }
}

static void
test_closed_loop (Fixture *fixture,
                  gconstpointer data)
{
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (chains); i++)
    {
      begin (fixture, &chains[i]);
      assert_fails (fixture, PILLION_ERROR, PILLION_ERROR_CLOSED);
      end (fixture, 0);
    }
}

static void
test_cancelled_before (Fixture *fixture,
                       gconstpointer data)
{
  g_cancellable_cancel (fixture->cancellable);
  for (guint i = 0; i < G_N_ELEMENTS (chains); i++)
    {
      begin (fixture, &chains[i]);
      if (!chains[i].takes_cancellable)
        pillion_task_cancel (fixture->task);
      assert_fails (fixture, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      end (fixture, 0);
    }
}

static void
test_no_function (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (PillionTask) first = pillion_task_new (fixture->loop, "first", NULL);

  for (guint i = 0; i < 4; i++)
    expect_critical ("func != NULL");
  g_assert_null (pillion_task_map (fixture->loop, 1, 0, NULL, NULL, NULL, NULL));
  g_assert_null (pillion_retry_run (fixture->retry, fixture->loop, "retry", NULL, NULL, NULL, NULL));
  g_assert_null (pillion_task_and_then (first, NULL, NULL, NULL));
  g_assert_null (pillion_scope_start (fixture->scope, "start", NULL, NULL, NULL));
  g_test_assert_expected_messages ();
  pillion_task_return_boolean (first, TRUE);
}

static void
test_no_loop (Fixture *fixture,
              gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (groups); i++)
    {
      expect_critical ("PILLION_IS_LOOP");
      g_assert_null (groups[i] (NULL, NULL, 0));
      g_test_assert_expected_messages ();
    }
  for (guint i = 0; i < 2; i++)
    expect_critical ("PILLION_IS_LOOP");
  g_assert_null (pillion_task_map (NULL, 1, 0, NULL, give_numbered, fixture, NULL));
  g_assert_null (pillion_retry_run (fixture->retry, NULL, "retry", NULL, give_numbered, fixture, NULL));
  g_test_assert_expected_messages ();
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/bad-input/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("no-loop-is-critical", test_no_loop);
  ADD ("set/null-is-critical", test_null_set);
  ADD ("set/a-member-that-is-no-task-of-a-loop-is-critical", test_bad_member);
  ADD ("set/a-task-of-another-loop-is-refused-and-none-is-touched", test_stranger);
  ADD ("set/a-task-given-twice-counts-twice", test_twice);
  ADD ("set/empty", test_empty_set);
  ADD ("set/closed-loop", test_closed_set);
  ADD ("function/null-is-critical", test_no_function);
  ADD ("function/returns-null", test_returns_null);
  ADD ("function/returns-a-task-of-another-loop", test_returns_stranger);
  ADD ("function/returns-the-very-task", test_returns_itself);
  ADD ("function/returns-a-task-that-waits-for-it", test_returns_waiter);
  ADD ("function/closed-loop", test_closed_loop);
  ADD ("function/cancelled-before-the-call", test_cancelled_before);
#undef ADD

  return g_test_run ();
}
