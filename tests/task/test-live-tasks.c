/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "combinator-support.h"

/* What a widget would show: built only from the changes that the list reports */
typedef struct
{
  GListModel *list;
  GPtrArray *names;
  guint n_changes;
} View;

static void
assert_in_step (View *view)
{
  g_assert_cmpuint (view->names->len, ==, g_list_model_get_n_items (view->list));
  for (guint i = 0; i < view->names->len; i++)
    {
      g_autoptr (PillionTask) task = g_list_model_get_item (view->list, i);

      g_assert_cmpstr (pillion_task_get_name (task), ==, view->names->pdata[i]);
    }
}

static void
on_changed (GListModel *list,
            guint position,
            guint removed,
            guint added,
            gpointer data)
{
  View *view = data;

  view->n_changes++;
  if (removed > 0)
    g_ptr_array_remove_range (view->names, position, removed);
  for (guint i = position; i < position + added; i++)
    {
      g_autoptr (PillionTask) task = g_list_model_get_item (list, i);

      g_ptr_array_insert (view->names, i, g_strdup (pillion_task_get_name (task)));
    }
  assert_in_step (view);
}

static void
view_open (View *view,
           GListModel *list)
{
  g_assert_true (g_list_model_get_item_type (list) == PILLION_TYPE_TASK);
  view->list = list;
  view->names = g_ptr_array_new_with_free_func (g_free);
  view->n_changes = 0;
  on_changed (list, 0, 0, g_list_model_get_n_items (list), view);
  view->n_changes = 0;
  g_signal_connect (list, "items-changed", G_CALLBACK (on_changed), view);
}

static void
view_close (View *view)
{
  g_signal_handlers_disconnect_by_data (view->list, view);
  g_object_unref (view->list);
  g_ptr_array_unref (view->names);
}

static void
assert_shows (View *view,
              const char *names)
{
  g_autoptr (GString) shown = g_string_new (NULL);

  for (guint i = 0; i < view->names->len; i++)
    g_string_append (shown, view->names->pdata[i]);
  g_assert_cmpstr (shown->str, ==, names);
}

static void
test_loop (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (PillionTask) a = pillion_task_new (fixture->loop, "a", NULL);
  g_autoptr (PillionTask) b = NULL;
  g_autoptr (PillionTask) c = NULL;
  View view;

  view_open (&view, pillion_loop_observe_tasks (fixture->loop));
  assert_shows (&view, "a");

  b = pillion_task_new (fixture->loop, "b", NULL);
  c = pillion_task_new (fixture->loop, "c", NULL);
  assert_shows (&view, "a");
  settle (fixture);
  assert_shows (&view, "abc");
  g_assert_cmpuint (view.n_changes, ==, 1);

  pillion_task_return_boolean (b, TRUE);
  settle (fixture);
  assert_shows (&view, "ac");
  g_assert_cmpuint (view.n_changes, ==, 2);

  /* Neighbouring changes are reported as one */
  pillion_task_return_boolean (a, TRUE);
  pillion_task_return_boolean (c, TRUE);
  settle (fixture);
  assert_shows (&view, "");
  g_assert_cmpuint (view.n_changes, ==, 3);
  g_assert_null (g_list_model_get_item (view.list, 0));
  view_close (&view);
}

static void
test_same_list (Fixture *fixture,
                gconstpointer data)
{
  GListModel *first = pillion_loop_observe_tasks (fixture->loop);
  GListModel *second = pillion_loop_observe_tasks (fixture->loop);
  g_autoptr (PillionTask) task = NULL;

  g_assert_true (first == second);
  g_object_unref (second);
  g_assert_finalize_object (first);

  /* Nothing observes it any more, and then something does again */
  task = pillion_task_new (fixture->loop, "task", NULL);
  first = pillion_loop_observe_tasks (fixture->loop);
  g_assert_cmpuint (g_list_model_get_n_items (first), ==, 1);
  pillion_task_return_boolean (task, TRUE);
  settle (fixture);
  g_assert_cmpuint (g_list_model_get_n_items (first), ==, 0);
  g_assert_finalize_object (first);
}

static void
test_brief (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (PillionTask) task = NULL;
  View view;

  view_open (&view, pillion_loop_observe_tasks (fixture->loop));
  task = pillion_task_new (fixture->loop, "brief", NULL);
  pillion_task_return_boolean (task, TRUE);
  settle (fixture);
  g_assert_cmpuint (view.names->len, ==, 0);
  view_close (&view);
}

static void
test_scope (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (PillionScope) parent = pillion_scope_new (fixture->loop, "parent", NULL);
  g_autoptr (PillionScope) child = pillion_scope_new_child (parent, "child", NULL);
  g_autoptr (PillionTask) a = pillion_task_new (fixture->loop, "a", NULL);
  g_autoptr (PillionTask) b = pillion_task_new (fixture->loop, "b", NULL);
  g_autoptr (PillionTask) c = pillion_task_new (fixture->loop, "c", NULL);
  View all;
  View own;

  g_assert_true (pillion_scope_add (child, a, NULL));
  view_open (&all, pillion_scope_observe_tasks (parent));
  view_open (&own, pillion_scope_observe_tasks (child));
  assert_shows (&all, "a");

  g_assert_true (pillion_scope_add (parent, b, NULL));
  g_assert_true (pillion_scope_add (child, c, NULL));
  settle (fixture);
  assert_shows (&all, "abc");
  assert_shows (&own, "ac");

  pillion_task_return_boolean (a, TRUE);
  settle (fixture);
  assert_shows (&all, "bc");
  assert_shows (&own, "c");

  pillion_task_return_boolean (b, TRUE);
  pillion_task_return_boolean (c, TRUE);
  settle (fixture);
  g_assert_true (pillion_scope_close (parent, 0, NULL));
  assert_shows (&all, "");
  assert_shows (&own, "");
  view_close (&own);
  view_close (&all);
}

/* Even the list of a loop that is closed with something pending */
static void
test_close (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (PillionScope) scope = pillion_scope_new (fixture->loop, "scope", NULL);
  g_autoptr (PillionTask) task = pillion_task_new (fixture->loop, "t", NULL);
  g_autoptr (GError) error = NULL;
  View of_loop;
  View of_scope;

  g_assert_true (pillion_scope_add (scope, task, NULL));
  view_open (&of_loop, pillion_loop_observe_tasks (fixture->loop));
  view_open (&of_scope, pillion_scope_observe_tasks (scope));
  assert_shows (&of_loop, "t");
  g_assert_false (pillion_loop_close (fixture->loop, 0, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_LEFT_BEHIND);
  assert_shows (&of_loop, "");
  assert_shows (&of_scope, "");
  view_close (&of_scope);
  view_close (&of_loop);
  pillion_task_return_boolean (task, TRUE);
}

/* A change that was not reported does not keep the loop alive */
static void
test_dropped (void)
{
  PillionLoop *loop = loop_new ();
  GListModel *list = pillion_loop_observe_tasks (loop);
  PillionTask *task = pillion_task_new (loop, "task", NULL);

  pillion_task_return_boolean (task, TRUE);
  kick_until_quiet (loop);
  g_object_unref (task);
  task = pillion_task_new (loop, "task", NULL);
  g_object_unref (list);
  pillion_task_return_boolean (task, TRUE);
  kick_until_quiet (loop);
  g_object_unref (task);
  g_assert_finalize_object (loop);
}

/* Tasks start and end at random; the changes always add up to what the list contains */
static void
test_random (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);
  View view;

  view_open (&view, pillion_loop_observe_tasks (fixture->loop));
  for (guint round = 0; round < 100; round++)
    {
      guint n = g_test_rand_int_range (0, 200);

      for (guint i = 0; i < n; i++)
        {
          if (tasks->len > 0 && g_test_rand_bit ())
            {
              guint index = g_test_rand_int_range (0, tasks->len);

              pillion_task_return_boolean (tasks->pdata[index], TRUE);
              g_ptr_array_remove_index (tasks, index);
            }
          else
            {
              g_autofree char *name = g_strdup_printf ("%u-%u", round, i);

              g_ptr_array_add (tasks, pillion_task_new (fixture->loop, name, NULL));
            }
        }
      settle (fixture);
      assert_in_step (&view);
      g_assert_cmpuint (view.names->len, ==, tasks->len);
    }

  for (guint i = 0; i < tasks->len; i++)
    pillion_task_return_boolean (tasks->pdata[i], TRUE);
  settle (fixture);
  g_assert_cmpuint (view.names->len, ==, 0);
  view_close (&view);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define add(name, func) g_test_add ("/live-tasks/" name, Fixture, NULL, set_up, func, tear_down)
  add ("a-loop-shows-its-own-once-a-kick", test_loop);
  add ("there-is-one-list-while-somebody-has-it", test_same_list);
  add ("what-comes-and-goes-in-one-kick-is-not-shown", test_brief);
  add ("a-scope-shows-its-childrens-too", test_scope);
  add ("close-empties-the-lists", test_close);
  g_test_add_func ("/live-tasks/a-change-that-is-not-told-keeps-no-loop", test_dropped);
  add ("changes-add-up-to-the-list", test_random);
#undef add

  return g_test_run ();
}
