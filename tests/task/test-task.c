/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

/* Creating tasks, their names, and cancelling them */

static void
test_pending (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "job", NULL);

  g_assert_true (PILLION_IS_TASK (task));
  g_assert_true (pillion_task_get_loop (task) == loop);
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_PENDING);
  g_assert_false (pillion_task_is_done (task));
  g_assert_false (pillion_task_is_cancelled (task));
  g_assert_null (pillion_task_get_async_result (task));
  g_assert_cmpuint (pillion_loop_get_live_tasks (loop), ==, 1);

  pillion_task_return_boolean (task, TRUE);
  g_assert_true (pillion_task_is_done (task));
  g_assert_cmpuint (pillion_loop_get_live_tasks (loop), ==, 1);
  pillion_loop_kick (loop);
  g_assert_cmpuint (pillion_loop_get_live_tasks (loop), ==, 0);
  end_object (task);
  loop_end (loop);
}

static void
test_properties (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new_at (loop, "job", NULL, "here.c:1");
  g_autofree char *name = NULL, *site = NULL;
  PillionLoop *its_loop;
  PillionTaskState state;

  pillion_task_return_int (task, 1);
  g_object_get (task, "loop", &its_loop, "name", &name, "site", &site, "state", &state, NULL);
  g_assert_true (its_loop == loop);
  g_assert_cmpstr (name, ==, "job");
  g_assert_cmpstr (site, ==, "here.c:1");
  g_assert_cmpint (state, ==, PILLION_TASK_SUCCEEDED);
  g_object_unref (its_loop);
  g_object_unref (task);
  loop_end (loop);
}

static void
test_names (void)
{
  PillionLoop *loop = loop_new ();
  g_autofree char *made_up = g_strdup ("made up");
  PillionTask *literal = pillion_task_new (loop, "literal", NULL); const char *site = G_STRLOC;
  PillionTask *copied = pillion_task_new (loop, made_up, NULL); const char *copied_site = G_STRLOC;
  PillionTask *bare = (pillion_task_new) (loop, "bare", NULL);

  g_assert_cmpstr (pillion_task_get_name (literal), ==, "literal");
  g_assert_cmpstr (pillion_task_get_site (literal), ==, site);
  g_assert_nonnull (strstr (site, "test-task.c:"));

  memset (made_up, 'x', strlen (made_up));
  g_assert_cmpstr (pillion_task_get_name (copied), ==, "made up");
  g_assert_cmpstr (pillion_task_get_site (copied), ==, copied_site);

  g_assert_cmpstr (pillion_task_get_name (bare), ==, "bare");
  g_assert_null (pillion_task_get_site (bare));

  pillion_task_set_name (literal, "first");
  pillion_task_set_name (literal, pillion_task_get_name (literal));
  g_assert_cmpstr (pillion_task_get_name (literal), ==, "first");
  pillion_task_set_site (literal, "script.py:7");
  pillion_task_set_site (literal, pillion_task_get_site (literal));
  g_assert_cmpstr (pillion_task_get_site (literal), ==, "script.py:7");
  pillion_task_set_site (literal, NULL);
  g_assert_null (pillion_task_get_site (literal));

  pillion_task_return_boolean (literal, TRUE);
  pillion_task_return_boolean (copied, TRUE);
  pillion_task_return_boolean (bare, TRUE);
  g_object_unref (literal);
  g_object_unref (copied);
  g_object_unref (bare);
  loop_end (loop);
}

static void
test_static_name (void)
{
  PillionLoop *loop = loop_new ();
  static const char name[] = "static";
  PillionTask *task = pillion_task_new_static (loop, name, NULL, NULL);

  g_assert_true (pillion_task_get_name (task) == name);
  pillion_task_return_boolean (task, TRUE);
  g_object_unref (task);
  loop_end (loop);
}

static void
test_kept_alive (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "job", NULL);
  gpointer weak = task;

  g_object_add_weak_pointer (G_OBJECT (task), &weak);
  g_object_unref (task);
  pillion_loop_kick (loop);
  g_assert_nonnull (weak);
  pillion_task_return_boolean (task, TRUE);
  g_assert_nonnull (weak);
  pillion_loop_kick (loop);
  g_assert_null (weak);
  loop_end (loop);
}

static void
test_keeps_loop (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "job", NULL);
  gpointer weak = loop;

  g_object_add_weak_pointer (G_OBJECT (loop), &weak);
  g_object_unref (loop);
  g_assert_nonnull (weak);
  pillion_task_return_boolean (task, TRUE);
  pillion_loop_kick (pillion_task_get_loop (task));
  g_object_unref (task);
  g_assert_null (weak);
}

static void
test_closed_loop (void)
{
  PillionLoop *loop = loop_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) again = NULL;
  PillionTask *task;

  g_assert_true (pillion_loop_close (loop, -1, NULL));
  task = pillion_task_new (loop, "late", cancellable);
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_FAILED);
  g_assert_false (pillion_task_get_boolean (task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  g_assert_nonnull (strstr (error->message, "late"));
  g_assert_false (pillion_task_check (task, &again));
  g_assert_error (again, PILLION_ERROR, PILLION_ERROR_CLOSED);
  g_assert_cmpuint (pillion_loop_get_live_tasks (loop), ==, 0);

  pillion_task_cancel (task);
  g_assert_cmpuint (pillion_task_add_done_callback (task, (PillionTaskDoneFunc) abort, NULL, NULL), !=, 0);
  end_object (task);
  end_object (loop);
}

static void
test_closed_loop_frees_callback_data (void)
{
  PillionLoop *loop = loop_new ();
  Gate freed = GATE_INIT;
  PillionTask *task;

  g_assert_true (pillion_loop_close (loop, -1, NULL));
  task = pillion_task_new (loop, "late", NULL);
  pillion_task_add_done_callback (task, (PillionTaskDoneFunc) abort, &freed, (GDestroyNotify) gate_open);
  end_object (task);
  g_assert_cmpint (gate_get_count (&freed), ==, 1);
  end_object (loop);
}

static gpointer
make_task (gpointer loop)
{
  return pillion_task_new (loop, "elsewhere", NULL);
}

static void
test_wrong_thread (void)
{
  PillionLoop *loop = loop_new ();

  g_test_expect_message ("Pillion", G_LOG_LEVEL_CRITICAL, "*on_thread*failed*");
  g_assert_null (g_thread_join (g_thread_new ("other", make_task, loop)));
  g_test_assert_expected_messages ();
  loop_end (loop);
}

/* Cancelling */

static void
test_cancel_is_a_request (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "job", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_task_return_if_cancelled (task));
  pillion_task_cancel (task);
  pillion_task_cancel (task);
  g_assert_true (pillion_task_is_cancelled (task));
  pillion_loop_kick (loop);
  g_assert_false (pillion_task_is_done (task));

  g_assert_true (pillion_task_return_if_cancelled (task));
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_CANCELLED);
  g_assert_false (pillion_task_get_boolean (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_nonnull (strstr (error->message, "job"));
  pillion_loop_kick (loop);
  end_object (task);
  loop_end (loop);
}

static void
test_cancelled_may_succeed (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "job", NULL);

  pillion_task_cancel (task);
  pillion_task_return_int (task, 3);
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_SUCCEEDED);
  g_assert_cmpint (pillion_task_get_int (task, NULL), ==, 3);
  g_object_unref (task);
  loop_end (loop);
}

static void
test_cancel_when_done (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "job", NULL);
  GCancellable *cancellable = pillion_task_get_cancellable (task);

  pillion_task_return_int (task, 3);
  pillion_task_cancel (task);
  g_assert_false (pillion_task_is_cancelled (task));
  g_assert_false (g_cancellable_is_cancelled (cancellable));
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_SUCCEEDED);
  g_object_unref (task);
  loop_end (loop);
}

static void
test_cancellable (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *early = pillion_task_new (loop, "early", NULL);
  PillionTask *late = pillion_task_new (loop, "late", NULL);
  GCancellable *cancellable = pillion_task_get_cancellable (early);

  g_assert_true (pillion_task_get_cancellable (early) == cancellable);
  g_assert_false (g_cancellable_is_cancelled (cancellable));
  pillion_task_cancel (early);
  g_assert_true (g_cancellable_is_cancelled (cancellable));

  /* Created only after the request */
  pillion_task_cancel (late);
  g_assert_true (g_cancellable_is_cancelled (pillion_task_get_cancellable (late)));

  pillion_task_return_if_cancelled (early);
  pillion_task_return_if_cancelled (late);
  g_object_unref (early);
  g_object_unref (late);
  loop_end (loop);
}

static void
test_own_cancellable_cancelled (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "job", NULL);

  g_cancellable_cancel (pillion_task_get_cancellable (task));
  g_assert_true (pillion_task_is_cancelled (task));
  g_assert_true (pillion_task_return_if_cancelled (task));
  g_object_unref (task);
  loop_end (loop);
}

static void
finish_cancelled (GCancellable *cancellable,
                  gpointer task)
{
  pillion_task_return_if_cancelled (task);
}

/* The handler ends the task and drops its last reference while the request is still being made */
static void
drop_and_finish (GCancellable *cancellable,
                 gpointer task)
{
  PillionLoop *loop = pillion_task_get_loop (task);

  pillion_task_return_if_cancelled (task);
  g_object_unref (task);
  pillion_loop_kick (loop);
}

static void
test_last_reference_in_cancel (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "job", NULL);
  gpointer weak = task;

  g_object_add_weak_pointer (G_OBJECT (task), &weak);
  g_signal_connect (pillion_task_get_cancellable (task), "cancelled", G_CALLBACK (drop_and_finish), task);
  pillion_task_cancel (task);
  g_assert_null (weak);
  loop_end (loop);
}

static void
test_parent_before (void)
{
  PillionLoop *loop = loop_new ();
  g_autoptr (GCancellable) parent = g_cancellable_new ();
  PillionTask *task;

  g_cancellable_cancel (parent);
  task = pillion_task_new (loop, "job", parent);
  g_assert_true (pillion_task_is_cancelled (task));
  g_assert_false (pillion_task_is_done (task));
  g_assert_true (pillion_task_return_if_cancelled (task));
  pillion_loop_kick (loop);
  end_object (task);
  loop_end (loop);
}

static void
test_parent_later (void)
{
  PillionLoop *loop = loop_new ();
  g_autoptr (GCancellable) parent = g_cancellable_new ();
  PillionTask *task = pillion_task_new (loop, "job", parent);
  PillionTask *sibling = pillion_task_new (loop, "sibling", parent);

  g_assert_true (pillion_task_get_cancellable (task) != parent);
  g_signal_connect (pillion_task_get_cancellable (task), "cancelled", G_CALLBACK (finish_cancelled), task);
  g_cancellable_cancel (parent);
  g_assert_true (pillion_task_is_cancelled (sibling));
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_CANCELLED);
  pillion_task_return_if_cancelled (sibling);
  pillion_loop_kick (loop);
  end_object (task);
  end_object (sibling);
  loop_end (loop);
}

static void
test_parent_not_cancelled (void)
{
  PillionLoop *loop = loop_new ();
  GCancellable *parent = g_cancellable_new ();
  PillionTask *task = pillion_task_new (loop, "job", parent);

  pillion_task_cancel (task);
  g_assert_false (g_cancellable_is_cancelled (parent));
  pillion_task_return_if_cancelled (task);
  pillion_loop_kick (loop);
  g_object_unref (task);
  end_object (parent);
  loop_end (loop);
}

/* A parent that outlives many tasks does not accumulate handlers */
static void
test_parent_let_go (void)
{
  PillionLoop *loop = loop_new ();
  GCancellable *parent = g_cancellable_new ();

  for (guint i = 0; i < 10; i++)
    {
      PillionTask *task = pillion_task_new (loop, "job", parent);

      pillion_task_return_boolean (task, TRUE);
      pillion_loop_kick (loop);
      g_assert_false (g_signal_has_handler_pending (parent, g_signal_lookup ("cancelled", G_TYPE_CANCELLABLE), 0, TRUE));
      g_cancellable_cancel (parent);
      g_assert_false (pillion_task_is_cancelled (task));
      g_cancellable_reset (parent);
      end_object (task);
    }
  end_object (parent);
  loop_end (loop);
}

static gpointer
cancel_parent (gpointer parent)
{
  g_cancellable_cancel (parent);
  return NULL;
}

static gpointer
cancel_task (gpointer task)
{
  pillion_task_cancel (task);
  return NULL;
}

static void
test_cancel_from_thread (void)
{
  for (guint i = 0; i < 100; i++)
    {
      PillionLoop *loop = loop_new ();
      g_autoptr (GCancellable) parent = g_cancellable_new ();
      PillionTask *by_parent = pillion_task_new (loop, "by its parent", parent);
      PillionTask *by_itself = pillion_task_new (loop, "by itself", NULL);
      GThread *threads[] = {
        g_thread_new ("parent", cancel_parent, parent),
        g_thread_new ("task", cancel_task, by_itself),
      };

      /* Created while another thread may be cancelling: whichever comes second sees the other */
      GCancellable *own = pillion_task_get_cancellable (by_itself);

      g_thread_join (threads[0]);
      g_thread_join (threads[1]);
      g_assert_true (g_cancellable_is_cancelled (own));
      g_assert_true (pillion_task_return_if_cancelled (by_parent));
      g_assert_true (pillion_task_return_if_cancelled (by_itself));
      kick_until_quiet (loop);
      end_object (by_parent);
      end_object (by_itself);
      loop_end (loop);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/task/new/is-pending-and-lives", test_pending);
  g_test_add_func ("/task/new/has-its-properties", test_properties);
  g_test_add_func ("/task/new/keeps-name-and-site", test_names);
  g_test_add_func ("/task/new/static-name-is-not-copied", test_static_name);
  g_test_add_func ("/task/new/pending-one-is-kept-alive", test_kept_alive);
  g_test_add_func ("/task/new/keeps-its-loop", test_keeps_loop);
  g_test_add_func ("/task/new/on-a-closed-loop-has-failed", test_closed_loop);
  g_test_add_func ("/task/new/on-a-closed-loop-frees-callback-data", test_closed_loop_frees_callback_data);
  g_test_add_func ("/task/new/on-another-thread-is-critical", test_wrong_thread);
  g_test_add_func ("/task/cancel/is-a-request", test_cancel_is_a_request);
  g_test_add_func ("/task/cancel/work-may-succeed-all-the-same", test_cancelled_may_succeed);
  g_test_add_func ("/task/cancel/when-done-does-nothing", test_cancel_when_done);
  g_test_add_func ("/task/cancel/sets-the-cancellable-early-and-late", test_cancellable);
  g_test_add_func ("/task/cancel/own-cancellable-cancels", test_own_cancellable_cancelled);
  g_test_add_func ("/task/cancel/handler-may-drop-the-last-reference", test_last_reference_in_cancel);
  g_test_add_func ("/task/cancel/by-a-parent-that-was-cancelled-before", test_parent_before);
  g_test_add_func ("/task/cancel/by-its-parent-later", test_parent_later);
  g_test_add_func ("/task/cancel/leaves-its-parent-alone", test_parent_not_cancelled);
  g_test_add_func ("/task/cancel/lets-its-parent-go-when-done", test_parent_let_go);
  g_test_add_func ("/task/cancel/from-other-threads", test_cancel_from_thread);

  return g_test_run ();
}
