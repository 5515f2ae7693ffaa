/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What is asked to take a task of another loop refuses before it looks at anything in it: that belongs to the other loop's thread, which
 * is changing it meanwhile. ThreadSanitizer sees whatever does look. */

#include "../test-support.h"

#include "core/pillion-binding.h"

typedef struct
{
  PillionLoop *loop;
  PillionScope *scope;
  GThread *thread;
  Gate ready;
  int stop;

  /* Belong to the other thread */
  PillionLoop *other;
  PillionTask *task;
  guint n_calls;
} Fixture;

static void
on_done (PillionTask *task,
         gpointer data)
{
  ++*(guint *) data;
}

static gpointer
change_the_task (gpointer data)
{
  Fixture *fixture = data;

  fixture->other = loop_new ();
  fixture->task = pillion_task_new (fixture->other, "stranger", NULL);
  gate_open (&fixture->ready);
  while (!get_atomic (&fixture->stop))
    {
      guint first = pillion_task_add_done_callback (fixture->task, on_done, &fixture->n_calls, NULL);
      guint second = pillion_task_add_done_callback (fixture->task, on_done, &fixture->n_calls, NULL);

      g_assert_true (pillion_task_remove_done_callback (fixture->task, first));
      g_assert_true (pillion_task_remove_done_callback (fixture->task, second));
    }

  /* Nobody else changed what waits for it */
  pillion_task_add_done_callback (fixture->task, on_done, &fixture->n_calls, NULL);
  pillion_task_return_boolean (fixture->task, TRUE);
  kick_until_quiet (fixture->other);
  g_assert_cmpuint (fixture->n_calls, ==, 1);
  end_object (fixture->task);
  loop_end (fixture->other);
  return NULL;
}

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->ready = (Gate) GATE_INIT;
  fixture->loop = loop_new ();
  fixture->scope = pillion_scope_new (fixture->loop, "mine", NULL);
  fixture->thread = g_thread_new ("other", change_the_task, fixture);
  gate_wait (&fixture->ready);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  add_atomic (&fixture->stop, 1);
  g_thread_join (fixture->thread);
  kick_until_quiet (fixture->loop);
  g_object_unref (fixture->scope);
  loop_end (fixture->loop);
}

static void
test_scope (Fixture *fixture,
            gconstpointer data)
{
  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (pillion_scope_add (fixture->scope, fixture->task, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
      g_assert_false (pillion_scope_add_with_key (fixture->scope, "key", fixture->task, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 0);
}

static void
test_completions (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (PillionCompletions) completions = pillion_completions_new (fixture->loop, NULL, 0, NULL);

  g_assert_true (pillion_completions_get_loop (completions) == fixture->loop);
  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (pillion_completions_add (completions, fixture->task, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
      g_assert_null (pillion_completions_new (fixture->loop, &fixture->task, 1, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
  g_assert_cmpuint (pillion_completions_get_n_left (completions), ==, 0);
}

static PillionTask *
give_stranger (guint number,
               gpointer data)
{
  return g_object_ref (((Fixture *) data)->task);
}

static PillionTask *
follow_with_stranger (PillionTask *task,
                      gpointer data)
{
  return g_object_ref (((Fixture *) data)->task);
}

static PillionTask *
start_stranger (gpointer data)
{
  return g_object_ref (((Fixture *) data)->task);
}

static void
assert_refused (Fixture *fixture,
                PillionTask *task)
{
  g_autoptr (GError) error = NULL;

  kick_until_quiet (fixture->loop);
  g_assert_false (pillion_task_check (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  /* A scope keeps its failures */
  g_ptr_array_unref (pillion_scope_take_failed (fixture->scope));
  end_object (task);
}

static void
test_combinators (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (PillionRetry) retry = pillion_retry_new ();

  pillion_scope_set_cancel_on_error (fixture->scope, FALSE);
  for (guint i = 0; i < 100; i++)
    {
      PillionTask *first = pillion_task_new (fixture->loop, "first", NULL);
      PillionTask *tasks[] = { first, fixture->task };

      pillion_task_return_boolean (first, TRUE);
      assert_refused (fixture, pillion_task_all (fixture->loop, tasks, 2));
      assert_refused (fixture, pillion_task_settle (fixture->loop, tasks, 2));
      assert_refused (fixture, pillion_task_any (fixture->loop, tasks, 2));
      assert_refused (fixture, pillion_task_race (fixture->loop, tasks, 2));
      assert_refused (fixture, pillion_task_map (fixture->loop, 1, 0, NULL, give_stranger, fixture, NULL));
      assert_refused (fixture, pillion_task_and_then (first, follow_with_stranger, fixture, NULL));
      pillion_retry_set_attempts (retry, 1);
      assert_refused (fixture, pillion_retry_run (retry, fixture->loop, "retry", NULL, give_stranger, fixture, NULL));
      assert_refused (fixture, pillion_scope_start (fixture->scope, "start", start_stranger, fixture, NULL));
      end_object (first);
    }
}

static void
test_waits (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (PillionPollSource) source = pillion_poll_source_new (fixture->loop, -1);

  for (guint i = 0; i < 1000; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (pillion_poll_source_watch_task (source, fixture->task));
      g_assert_false (pillion_poll_source_give_up_task (source, fixture->task));
      g_assert_false (pillion_loop_run_until_complete (fixture->loop, fixture->task, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
}

/* No error to return: the mistake is logged, and nothing happens */
static void
test_what_belongs_to_its_thread (Fixture *fixture,
                                 gconstpointer data)
{
  const char *const said[] = { "add_done_callback", "remove_done_callback", "get_children", "shield", "with_timeout", "set_name", "set_site",
                               "set_safe_point" };
  guint n_calls = 0;

  for (guint i = 0; i < G_N_ELEMENTS (said); i++)
    {
      g_autofree char *pattern = g_strdup_printf ("pillion_task_%s: *on_thread*failed", said[i]);

      g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, pattern);
    }
  g_assert_cmpuint (pillion_task_add_done_callback (fixture->task, on_done, &n_calls, NULL), ==, 0);
  g_assert_false (pillion_task_remove_done_callback (fixture->task, 1));
  g_assert_null (pillion_task_get_children (fixture->task));
  g_assert_null (pillion_task_shield (fixture->task));
  g_assert_null (pillion_task_with_timeout (fixture->task, 0));
  pillion_task_set_name (fixture->task, "renamed");
  pillion_task_set_site (fixture->task, "here.c:1");
  pillion_task_set_safe_point (fixture->task, TRUE);
  g_test_assert_expected_messages ();
  g_assert_cmpstr (pillion_task_get_name (fixture->task), ==, "stranger");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/other-loop/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("a-scope-refuses-its-task", test_scope);
  ADD ("completions-refuse-its-task", test_completions);
  ADD ("combinators-refuse-its-task", test_combinators);
  ADD ("waits-refuse-its-task", test_waits);
  ADD ("what-belongs-to-its-thread-is-critical-elsewhere", test_what_belongs_to_its_thread);
#undef ADD

  return g_test_run ();
}
