/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "scope-support.h"

/* What is in a scope: adding, keys, adopting, joining and cancelling */

static void
test_new (Fixture *fixture,
          gconstpointer data)
{
  g_autofree char *name = NULL;
  g_autoptr (PillionLoop) loop = NULL;
  PillionScope *parent = NULL;
  gboolean closed = TRUE, cancel_on_error = TRUE;
  guint limit = 7, live = 7;

  g_assert_true (pillion_scope_get_loop (fixture->scope) == fixture->loop);
  g_assert_cmpstr (pillion_scope_get_name (fixture->scope), ==, "mine");
  g_assert_null (pillion_scope_get_parent (fixture->scope));
  g_assert_false (pillion_scope_is_closed (fixture->scope));
  g_object_get (fixture->scope, "loop", &loop, "name", &name, "parent", &parent, "closed", &closed, "cancel-on-error",
                &cancel_on_error, "limit", &limit, "live-tasks", &live, NULL);
  g_assert_true (loop == fixture->loop);
  g_assert_cmpstr (name, ==, "mine");
  g_assert_null (parent);
  g_assert_false (closed);
  g_assert_true (cancel_on_error);
  g_assert_cmpuint (limit, ==, 0);
  g_assert_cmpuint (live, ==, 0);

  g_object_set (fixture->scope, "cancel-on-error", FALSE, "limit", 3, NULL);
  g_assert_false (pillion_scope_get_cancel_on_error (fixture->scope));
  g_assert_cmpuint (pillion_scope_get_limit (fixture->scope), ==, 3);
}

static void
test_name_taken (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  PillionScope *again;

  g_assert_null (pillion_scope_new (fixture->loop, "mine", &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NAME_TAKEN);
  g_assert_nonnull (strstr (error->message, "mine"));

  /* Once it is closed, the name is free */
  g_assert_true (pillion_scope_close (fixture->scope, 0, NULL));
  again = pillion_scope_new (fixture->loop, "mine", NULL);
  g_assert_nonnull (again);
  g_assert_true (again != fixture->scope);
  pillion_scope_close (again, 0, NULL);
  end_object (again);
}

static void
test_find (Fixture *fixture,
           gconstpointer data)
{
  PillionScope *scope = pillion_scope_new (fixture->loop, "kept", NULL);
  gpointer weak = scope;

  /* The loop keeps it alive */
  g_object_add_weak_pointer (G_OBJECT (scope), &weak);
  g_object_unref (scope);
  g_assert_nonnull (weak);
  scope = pillion_scope_find (fixture->loop, "kept");
  g_assert_true (scope == weak);
  g_assert_null (pillion_scope_find (fixture->loop, "other"));

  g_assert_true (pillion_scope_close (scope, 0, NULL));
  g_assert_null (pillion_scope_find (fixture->loop, "kept"));
  g_object_unref (scope);
  g_assert_null (weak);
}

static void
test_find_before_any (void)
{
  PillionLoop *loop = loop_new ();

  g_assert_null (pillion_scope_find (loop, "x"));
  loop_end (loop);
}

static void
test_children (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionScope) a = pillion_scope_new_child (fixture->scope, "a", NULL);
  g_autoptr (PillionScope) b = pillion_scope_new_child (a, "b", NULL);
  g_autoptr (PillionScope) c = pillion_scope_new_child (fixture->scope, "c", NULL);
  g_autoptr (PillionScope) found = pillion_scope_find (fixture->loop, "mine/a/b");
  g_autoptr (GPtrArray) children = pillion_scope_get_children (fixture->scope);
  PillionTask *task = task_new (fixture, "deep");

  g_assert_cmpstr (pillion_scope_get_name (b), ==, "mine/a/b");
  g_assert_true (found == b);
  g_assert_true (pillion_scope_get_parent (b) == a);
  g_assert_cmpuint (children->len, ==, 2);
  g_assert_true (children->pdata[0] == a);
  g_assert_true (children->pdata[1] == c);
  g_assert_null (pillion_scope_new_child (a, "b", &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NAME_TAKEN);
  g_clear_error (&error);
  g_assert_null (pillion_scope_new (fixture->loop, "mine/c", &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NAME_TAKEN);
  g_clear_error (&error);

  /* What is alive in a child is alive in its parents, and cancelled with them */
  g_assert_true (pillion_scope_add (b, task, NULL));
  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 1);
  g_assert_cmpuint (pillion_scope_get_live_tasks (a), ==, 1);
  g_assert_cmpuint (pillion_scope_get_live_tasks (c), ==, 0);
  pillion_scope_cancel (fixture->scope);
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_CANCELLED);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 0);
  g_object_unref (task);

  /* A closed child no longer belongs to its parent, and has no children */
  g_assert_true (pillion_scope_close (a, 0, NULL));
  g_assert_true (pillion_scope_is_closed (b));
  g_clear_pointer (&children, g_ptr_array_unref);
  children = pillion_scope_get_children (fixture->scope);
  g_assert_cmpuint (children->len, ==, 1);
  g_assert_null (pillion_scope_new_child (a, "x", &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
}

static void
test_add (Fixture *fixture,
          gconstpointer data)
{
  PillionTask *task = add (fixture, "a");

  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 1);
  pillion_task_return_boolean (task, TRUE);
  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 1);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 0);
  end_object (task);
}

static void
test_add_done (Fixture *fixture,
               gconstpointer data)
{
  PillionTask *task = task_new (fixture, "a");

  pillion_task_return_boolean (task, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_true (pillion_scope_add (fixture->scope, task, NULL));
  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 1);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 0);
  end_object (task);
}

static void
log_live (PillionTask *task,
          gpointer data)
{
  Fixture *fixture = data;

  g_string_append_printf (fixture->log, "%u ", pillion_scope_get_live_tasks (fixture->scope));
}

/* The scope is notified last, whichever was added first: a task is in it until all its callbacks have run */
static void
test_told_last (Fixture *fixture,
                gconstpointer data)
{
  PillionTask *task = task_new (fixture, "a");
  guint removed;

  pillion_task_add_done_callback (task, log_live, fixture, NULL);
  g_assert_true (pillion_scope_add (fixture->scope, task, NULL));
  pillion_task_add_done_callback (task, log_live, fixture, NULL);
  removed = pillion_task_add_done_callback (task, on_done, fixture, NULL);
  pillion_task_add_done_callback (task, on_done, fixture, NULL);
  g_assert_true (pillion_task_remove_done_callback (task, removed));
  pillion_task_return_boolean (task, TRUE);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "1 1 a:1 ");
  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 0);
  end_object (task);

  /* The same if the scope's was added first of all */
  task = add (fixture, "b");
  pillion_task_add_done_callback (task, log_live, fixture, NULL);
  pillion_task_add_done_callback (task, on_done, fixture, NULL);
  pillion_task_return_boolean (task, TRUE);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "1 b:1 ");
  end_object (task);
}

static void
test_add_twice (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionScope) other = pillion_scope_new (fixture->loop, "other", NULL);
  PillionTask *task = add (fixture, "a");

  g_assert_false (pillion_scope_add (fixture->scope, task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_clear_error (&error);
  g_assert_false (pillion_scope_add (other, task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_assert_nonnull (strstr (error->message, "mine"));
  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 1);
  g_assert_cmpuint (pillion_scope_get_live_tasks (other), ==, 0);
  pillion_task_return_boolean (task, TRUE);
  kick_until_quiet (fixture->loop);
  end_object (task);
  pillion_scope_close (other, 0, NULL);
}

static void
test_add_other_loop (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  PillionLoop *other = loop_new ();
  PillionTask *task = pillion_task_new (other, "a", NULL);

  g_assert_false (pillion_scope_add (fixture->scope, task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  pillion_task_return_boolean (task, TRUE);
  kick_until_quiet (other);
  g_object_unref (task);
  loop_end (other);
}

static void
test_add_own_join (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionScope) child = pillion_scope_new_child (fixture->scope, "child", NULL);
  PillionTask *task = add (fixture, "a");
  g_autoptr (PillionTask) join = pillion_scope_join (fixture->scope);

  g_assert_false (pillion_scope_add (fixture->scope, join, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_DEADLOCK);
  g_clear_error (&error);
  g_assert_false (pillion_scope_add (child, join, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_DEADLOCK);
  pillion_task_return_boolean (task, TRUE);
  g_assert_true (pillion_loop_run_until_complete (fixture->loop, join, NULL));
  g_object_unref (task);
}

static void
test_closed (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  PillionTask *task = task_new (fixture, "a");
  g_autoptr (PillionTask) join = NULL;

  g_assert_true (pillion_scope_close (fixture->scope, 0, NULL));
  g_assert_true (pillion_scope_is_closed (fixture->scope));

  /* Nothing happens to the task */
  g_assert_false (pillion_scope_add (fixture->scope, task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  g_clear_error (&error);
  g_assert_false (pillion_scope_add_with_key (fixture->scope, "key", task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  g_assert_false (pillion_task_is_cancelled (task));
  pillion_task_return_boolean (task, TRUE);

  g_assert_null (pillion_scope_find_task (fixture->scope, "key"));
  pillion_scope_cancel (fixture->scope);
  join = pillion_scope_join (fixture->scope);
  g_assert_true (pillion_loop_run_until_complete (fixture->loop, join, NULL));
  kick_until_quiet (fixture->loop);
  end_object (task);
}

static void
test_keys (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  PillionTask *a = task_new (fixture, "a"), *b = task_new (fixture, "b"), *found;

  g_assert_null (pillion_scope_find_task (fixture->scope, "key"));
  g_assert_null (pillion_scope_adopt (fixture->scope, "key"));
  g_assert_true (pillion_scope_add_with_key (fixture->scope, "key", a, NULL));
  g_assert_false (pillion_scope_add_with_key (fixture->scope, "key", b, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NAME_TAKEN);
  g_clear_error (&error);
  g_assert_false (pillion_scope_add_with_key (fixture->scope, "second", a, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);

  /* One that was added without a key gets it */
  g_assert_true (pillion_scope_add (fixture->scope, b, NULL));
  g_assert_true (pillion_scope_add_with_key (fixture->scope, "other", b, NULL));
  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 2);

  found = pillion_scope_find_task (fixture->scope, "key");
  g_assert_true (found == a);
  g_object_unref (found);
  found = pillion_scope_find_task (fixture->scope, "other");
  g_assert_true (found == b);
  g_object_unref (found);

  pillion_task_return_boolean (a, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_null (pillion_scope_find_task (fixture->scope, "key"));
  pillion_task_return_boolean (b, TRUE);
  kick_until_quiet (fixture->loop);
  end_object (a);
  end_object (b);
}

static void
test_adopt (Fixture *fixture,
            gconstpointer data)
{
  PillionTask *task = task_new (fixture, "a"), *adopted;

  pillion_task_add_done_callback (task, on_done, fixture, log_freed);
  g_assert_true (pillion_scope_add_with_key (fixture->scope, "key", task, NULL));
  pillion_task_add_done_callback (task, on_done, fixture, log_freed);
  pillion_task_add_done_callback (task, on_done, fixture, log_freed);

  adopted = pillion_scope_adopt (fixture->scope, "key");
  g_assert_true (adopted == task);
  assert_log (fixture, "freed freed freed ");
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_PENDING);
  g_assert_cmpuint (pillion_scope_get_live_tasks (fixture->scope), ==, 0);
  g_assert_null (pillion_scope_find_task (fixture->scope, "key"));

  /* Even after it was done, as long as its callbacks have not run */
  g_assert_true (pillion_scope_add_with_key (fixture->scope, "key", task, NULL));
  pillion_task_add_done_callback (adopted, on_done, fixture, NULL);
  pillion_task_return_boolean (task, TRUE);
  g_object_unref (adopted);
  adopted = pillion_scope_adopt (fixture->scope, "key");
  g_assert_true (adopted == task);
  pillion_task_add_done_callback (adopted, on_done, fixture, NULL);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "a:1 ");
  g_assert_null (pillion_scope_adopt (fixture->scope, "key"));
  g_object_unref (adopted);
  end_object (task);
}

/* Another scope takes it, and what becomes of the old one does not matter to it */
static void
test_adopt_into_another (Fixture *fixture,
                         gconstpointer data)
{
  PillionTask *task = task_new (fixture, "a"), *adopted;
  g_autoptr (PillionScope) other = pillion_scope_new (fixture->loop, "other", NULL);
  g_autoptr (PillionTask) join = pillion_scope_join (fixture->scope);

  g_assert_true (pillion_scope_add_with_key (fixture->scope, "key", task, NULL));
  adopted = pillion_scope_adopt (fixture->scope, "key");
  g_assert_true (pillion_scope_add_with_key (other, "key", adopted, NULL));
  kick_until_quiet (fixture->loop);
  g_assert_true (pillion_task_is_done (join));

  g_assert_true (pillion_scope_close (fixture->scope, 0, NULL));
  g_assert_false (pillion_task_is_cancelled (task));
  g_assert_cmpuint (pillion_scope_get_live_tasks (other), ==, 1);
  pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_FAILED, "failed");
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (pillion_scope_get_n_failed (fixture->scope), ==, 0);
  g_assert_cmpuint (pillion_scope_get_n_failed (other), ==, 1);
  g_ptr_array_unref (pillion_scope_take_failed (other));
  g_object_unref (adopted);
  end_object (task);
}

static PillionTask *
start_adopted (gpointer data)
{
  return pillion_loop_sleep (data, 0, NULL);
}

/* It no longer waits for the old scope's limit */
static void
test_adopt_from_line (Fixture *fixture,
                      gconstpointer data)
{
  g_autoptr (PillionTask) first = task_new (fixture, "first");
  g_autoptr (PillionTask) waiting = NULL;
  g_autoptr (PillionTask) last = NULL;
  g_autoptr (PillionTask) adopted = NULL;

  pillion_scope_set_limit (fixture->scope, 1);
  g_assert_true (pillion_scope_add (fixture->scope, first, NULL));
  waiting = pillion_scope_start (fixture->scope, "waiting", start_adopted, fixture->loop, NULL);
  last = pillion_scope_start (fixture->scope, "last", start_adopted, fixture->loop, NULL);
  g_assert_true (pillion_scope_add_with_key (fixture->scope, "key", waiting, NULL));
  pillion_loop_kick (fixture->loop);
  adopted = pillion_scope_adopt (fixture->scope, "key");
  g_assert_true (adopted == waiting);
  g_assert_true (pillion_loop_run_until_complete (fixture->loop, adopted, NULL));
  g_assert_false (pillion_task_is_done (last));

  pillion_task_return_boolean (first, TRUE);
  g_assert_true (pillion_loop_run_until_complete (fixture->loop, last, NULL));
  kick_until_quiet (fixture->loop);
}

static void
add_another (gpointer data)
{
  PillionTask *task = g_object_get_data (data, "task");

  pillion_task_add_done_callback (task, on_done, g_object_get_data (data, "fixture"), NULL);
  g_object_unref (data);
}

/* What a destroy function adds is new, and stays */
static void
test_adopt_adding (Fixture *fixture,
                   gconstpointer data)
{
  PillionTask *task = task_new (fixture, "a"), *adopted;
  GObject *box = g_object_new (G_TYPE_OBJECT, NULL);

  g_object_set_data (box, "task", task);
  g_object_set_data (box, "fixture", fixture);
  g_assert_true (pillion_scope_add_with_key (fixture->scope, "key", task, NULL));
  pillion_task_add_done_callback (task, on_done, fixture, log_freed);
  pillion_task_add_done_callback (task, on_done, box, add_another);
  pillion_task_add_done_callback (task, on_done, fixture, log_freed);
  adopted = pillion_scope_adopt (fixture->scope, "key");
  assert_log (fixture, "freed freed ");
  pillion_task_return_boolean (task, TRUE);
  kick_until_quiet (fixture->loop);
  assert_log (fixture, "a:1 ");
  g_object_unref (adopted);
  end_object (task);
}

static void
test_join (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (PillionScope) child = pillion_scope_new_child (fixture->scope, "child", NULL);
  g_autoptr (PillionTask) empty = pillion_scope_join (fixture->scope);
  g_autoptr (PillionTask) join = NULL, given_up = NULL;
  PillionTask *a, *b;

  g_assert_true (pillion_task_is_done (empty));
  g_assert_true (pillion_task_get_boolean (empty, NULL));

  a = add (fixture, "a");
  join = pillion_scope_join (fixture->scope);
  given_up = pillion_scope_join (fixture->scope);
  b = task_new (fixture, "b");
  g_assert_true (pillion_scope_add (child, b, NULL));

  /* Ending the wait ends nothing else */
  pillion_task_cancel (given_up);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (pillion_task_get_state (given_up), ==, PILLION_TASK_CANCELLED);
  g_assert_false (pillion_task_is_cancelled (a));

  pillion_task_return_boolean (a, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_false (pillion_task_is_done (join));
  pillion_task_return_boolean (b, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (pillion_task_get_state (join), ==, PILLION_TASK_SUCCEEDED);
  g_object_unref (a);
  g_object_unref (b);
}

static void
test_cancel_leaves_it_open (Fixture *fixture,
                            gconstpointer data)
{
  PillionTask *a = add (fixture, "a"), *b;

  pillion_scope_cancel (fixture->scope);
  g_assert_cmpint (pillion_task_get_state (a), ==, PILLION_TASK_CANCELLED);
  b = add (fixture, "b");
  kick_until_quiet (fixture->loop);
  g_assert_false (pillion_task_is_cancelled (b));
  pillion_task_return_boolean (b, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_cmpuint (pillion_scope_get_n_failed (fixture->scope), ==, 0);
  g_object_unref (a);
  g_object_unref (b);
}

/* Creates a task, which is kept in fixture->made */
static void
assert_children (PillionTask *task,
                 const char *expected)
{
  g_autoptr (GPtrArray) children = pillion_task_get_children (task);
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < children->len; i++)
    g_string_append (names, pillion_task_get_name (children->pdata[i]));
  g_assert_cmpstr (names->str, ==, expected);
}

/* It reports what it waits for, whatever has come and gone since it was last asked */
static void
test_join_children (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (PillionScope) first = pillion_scope_new_child (fixture->scope, "first", NULL);
  g_autoptr (PillionScope) second = pillion_scope_new_child (fixture->scope, "second", NULL);
  PillionTask *a = add (fixture, "a"), *b = add (fixture, "b"), *c = add (fixture, "c"), *d, *e = task_new (fixture, "e");
  g_autoptr (PillionTask) join = pillion_scope_join (fixture->scope);

  g_assert_true (pillion_scope_add (second, e, NULL));
  assert_children (join, "abce");
  assert_children (join, "abce");
  pillion_task_cancel (c);
  kick_until_quiet (fixture->loop);
  assert_children (join, "abe");
  pillion_task_cancel (a);
  kick_until_quiet (fixture->loop);
  d = add (fixture, "d");
  assert_children (join, "bde");
  pillion_scope_cancel (fixture->scope);
  kick_until_quiet (fixture->loop);
  assert_children (join, "");
  end_object (a);
  end_object (b);
  end_object (c);
  end_object (d);
  end_object (e);
}

static void
on_live_tasks (PillionScope *scope,
               GParamSpec *property,
               gpointer data)
{
  Fixture *fixture = data;

  g_string_append_printf (fixture->log, "%s:%u ", pillion_scope_get_name (scope), pillion_scope_get_live_tasks (scope));
}

/* In the parents, too */
static void
test_live_tasks_notify (Fixture *fixture,
                        gconstpointer data)
{
  g_autoptr (PillionScope) child = pillion_scope_new_child (fixture->scope, "child", NULL);
  PillionTask *tasks[3];

  g_signal_connect (fixture->scope, "notify::live-tasks", G_CALLBACK (on_live_tasks), fixture);
  g_signal_connect (child, "notify::live-tasks", G_CALLBACK (on_live_tasks), fixture);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      tasks[i] = task_new (fixture, "task");
      g_assert_true (pillion_scope_add (child, tasks[i], NULL));
    }
  assert_log (fixture, "");
  pillion_task_return_boolean (tasks[0], TRUE);
  pillion_loop_kick (fixture->loop);
  assert_log (fixture, "mine:2 mine/child:2 ");

  /* Nothing has changed */
  pillion_loop_kick (fixture->loop);
  assert_log (fixture, "");

  /* close () tells the end, too; what it leaves behind is not in the scope any more */
  pillion_task_return_boolean (tasks[1], TRUE);
  g_signal_handlers_disconnect_by_func (pillion_task_get_cancellable (tasks[2]), obey, tasks[2]);
  g_assert_false (pillion_scope_close (child, 0, NULL));
  g_assert_true (g_str_has_suffix (fixture->log->str, "mine/child:0 "));
  pillion_task_return_boolean (tasks[2], TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_true (g_str_has_suffix (fixture->log->str, "mine:0 "));
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    end_object (tasks[i]);
  g_signal_handlers_disconnect_by_func (fixture->scope, on_live_tasks, fixture);
}

static gpointer
use_from_thread (gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GError) error = NULL;

  g_assert_null (pillion_scope_new (fixture->loop, "theirs", &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_THREAD);
  g_clear_error (&error);
  g_assert_null (pillion_scope_new_child (fixture->scope, "theirs", &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_THREAD);
  g_clear_error (&error);
  g_assert_false (pillion_scope_close (fixture->scope, 0, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_THREAD);
  return NULL;
}

static void
test_wrong_thread (Fixture *fixture,
                   gconstpointer data)
{
  g_thread_join (g_thread_new ("other", use_from_thread, fixture));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/scope/find-before-any", test_find_before_any);
#define ADD(path, func) g_test_add ("/scope/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("new", test_new);
  ADD ("name-taken", test_name_taken);
  ADD ("found-by-name-until-closed", test_find);
  ADD ("children", test_children);
  ADD ("add", test_add);
  ADD ("add-one-that-is-done", test_add_done);
  ADD ("told-after-all-callbacks", test_told_last);
  ADD ("add-twice", test_add_twice);
  ADD ("add-of-another-loop", test_add_other_loop);
  ADD ("add-the-wait-for-itself", test_add_own_join);
  ADD ("used-after-close", test_closed);
  ADD ("keys", test_keys);
  ADD ("adopt-takes-callbacks-off", test_adopt);
  ADD ("adopt-keeps-what-is-added-meanwhile", test_adopt_adding);
  ADD ("adopt-takes-out-of-the-old-scope", test_adopt_into_another);
  ADD ("adopt-takes-out-of-the-line", test_adopt_from_line);
  ADD ("join", test_join);
  ADD ("join-children", test_join_children);
  ADD ("cancel-leaves-it-open", test_cancel_leaves_it_open);
  ADD ("live-tasks-notifies-once-a-kick", test_live_tasks_notify);
  ADD ("wrong-thread", test_wrong_thread);
#undef ADD

  return g_test_run ();
}
