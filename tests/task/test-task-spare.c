/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"

#include "core/pillion-core.h"
#include "base/pillion-sync.h"

/* Ended tasks are reused, without any visible effect */

#define MANY 3000

static gsize
get_n_spare (PillionLoop *loop)
{
  return pillion_core (loop)->spare.length;
}

/* Ends a task that its caller has a reference to, and checks that the loop releases it */
static void
end_task (PillionTask *task)
{
  PillionLoop *loop = pillion_task_get_loop (task);

  pillion_task_return_boolean (task, TRUE);
  g_object_unref (task);
  pillion_loop_kick (loop);
  g_assert_cmpuint (pillion_loop_get_live_tasks (loop), ==, 0);
}

static void
count (PillionTask *task,
       gpointer counter)
{
  (*(int *) counter)++;
}

static void
test_again (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *first = pillion_task_new (loop, "first", NULL);
  PillionTask *second;

  end_task (first);
  g_assert_cmpuint (get_n_spare (loop), ==, 1);

  second = pillion_task_new (loop, "second", NULL);
  g_assert_true (second == first);
  g_assert_cmpuint (get_n_spare (loop), ==, 0);
  end_task (second);
  loop_end (loop);
}

/* Everything that a task can have, and that the next one must not */
static void
test_as_new (void)
{
  PillionLoop *loop = loop_new ();
  g_autoptr (GCancellable) parent = g_cancellable_new ();
  g_autofree char *name = g_strdup ("made up");
  PillionTask *first = pillion_task_new (loop, name, parent);
  PillionTask *second;
  int n_called = 0;

  pillion_task_set_site (first, "here.c:1");
  pillion_task_set_safe_point (first, TRUE);
  pillion_task_set_progress (first, 3, 4);
  pillion_task_set_unit (first, "bytes");
  pillion_task_set_message (first, "half way");
  pillion_task_get_cancellable (first);
  for (int i = 0; i < 3; i++)
    pillion_task_add_done_callback (first, count, &n_called, NULL);
  pillion_task_cancel (first);
  pillion_task_return_string (first, "a result");
  g_object_unref (first);
  kick_until_quiet (loop);
  g_assert_cmpint (n_called, ==, 3);
  g_assert_cmpuint (get_n_spare (loop), ==, 1);

  second = (pillion_task_new) (loop, "second", NULL);
  g_assert_true (second == first);
  g_assert_true (pillion_task_get_loop (second) == loop);
  g_assert_cmpstr (pillion_task_get_name (second), ==, "second");
  g_assert_null (pillion_task_get_site (second));
  g_assert_cmpint (pillion_task_get_state (second), ==, PILLION_TASK_PENDING);
  g_assert_false (pillion_task_is_cancelled (second));
  g_assert_false (pillion_task_get_safe_point (second));
  g_assert_null (pillion_task_get_async_result (second));
  g_assert_cmpint (pillion_task_get_completed (second), ==, 0);
  g_assert_null (pillion_task_get_unit (second));
  g_assert_null (pillion_task_dup_message (second));
  g_cancellable_cancel (parent);
  g_assert_false (pillion_task_is_cancelled (second));
  g_assert_false (g_cancellable_is_cancelled (pillion_task_get_cancellable (second)));

  pillion_task_return_int (second, 5);
  g_assert_cmpint (pillion_task_get_int (second, NULL), ==, 5);
  g_object_unref (second);
  kick_until_quiet (loop);
  g_assert_cmpint (n_called, ==, 3);
  loop_end (loop);
}

/* Data on the object does not outlive its references: it goes with its task */

static void
on_gone (gpointer counter,
         GObject *object)
{
  (*(int *) counter)++;
}

static void
set_gone (gpointer counter)
{
  (*(int *) counter)++;
}

static void
test_weak_ref (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "watched", NULL);
  int n_gone = 0;

  g_object_weak_ref (G_OBJECT (task), on_gone, &n_gone);
  end_task (task);
  g_assert_cmpint (n_gone, ==, 1);
  loop_end (loop);
}

static void
test_weak_pointer (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "watched", NULL);
  gpointer pointer = task;

  g_object_add_weak_pointer (G_OBJECT (task), &pointer);
  end_task (task);
  g_assert_null (pointer);
  loop_end (loop);
}

static void
test_gweakref (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "watched", NULL);
  GWeakRef weak;

  g_weak_ref_init (&weak, task);
  end_task (task);
  g_assert_null (g_weak_ref_get (&weak));
  g_weak_ref_clear (&weak);
  loop_end (loop);
}

static void
test_data (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "watched", NULL);
  int n_gone = 0;

  g_object_set_data_full (G_OBJECT (task), "data", &n_gone, set_gone);
  end_task (task);
  g_assert_cmpint (n_gone, ==, 1);

  task = pillion_task_new (loop, "next", NULL);
  g_assert_null (g_object_get_data (G_OBJECT (task), "data"));
  end_task (task);
  loop_end (loop);
}

static void
on_toggle (gpointer place,
           GObject *object,
           gboolean is_last)
{
  *(gboolean *) place = is_last;
}

static void
test_toggle_ref (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "watched", NULL);
  gboolean is_last = FALSE;

  g_object_add_toggle_ref (G_OBJECT (task), on_toggle, &is_last);
  end_task (task);
  g_assert_true (is_last);
  g_assert_cmpstr (pillion_task_get_name (task), ==, "watched");
  g_assert_cmpuint (get_n_spare (loop), ==, 0);
  g_object_remove_toggle_ref (G_OBJECT (task), on_toggle, &is_last);
  loop_end (loop);
}

static void
test_watching_closure (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "watched", NULL);
  GClosure *closure = g_closure_ref (g_cclosure_new_object (G_CALLBACK (count), G_OBJECT (task)));

  g_closure_sink (closure);
  end_task (task);
  g_assert_true (closure->is_invalid);
  g_closure_unref (closure);
  loop_end (loop);
}

/* Signals: the handlers go with the task */

static void
unref_handler (gpointer counter,
               GClosure *closure)
{
  (*(int *) counter)++;
}

static void
test_handlers (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "first", NULL);
  int n_progress = 0, n_gone = 0;

  g_signal_connect_data (task, "progress", G_CALLBACK (count), &n_progress, NULL, 0);
  g_signal_connect_data (task, "notify::name", G_CALLBACK (count), &n_gone, unref_handler, 0);
  end_task (task);
  g_assert_cmpint (n_gone, ==, 1);
  g_assert_cmpuint (get_n_spare (loop), ==, 1);

  task = pillion_task_new (loop, "second", NULL);
  pillion_task_set_progress (task, 1, 2);
  kick_until_quiet (loop);
  g_assert_cmpint (n_progress, ==, 0);
  end_task (task);
  loop_end (loop);
}

static void
ref_task (gpointer task,
          GClosure *closure)
{
  g_object_ref (task);
}

static void
test_reference_from_handler (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "saved", NULL);

  g_signal_connect_data (task, "progress", G_CALLBACK (count), task, ref_task, 0);
  end_task (task);
  g_assert_cmpuint (get_n_spare (loop), ==, 0);
  g_assert_cmpstr (pillion_task_get_name (task), ==, "saved");
  g_assert_true (pillion_task_get_boolean (task, NULL));
  end_object (task);
  loop_end (loop);
}

/* A failure that nothing has looked at is reported before */

static void
on_unhandled (PillionLoop *loop,
              PillionTask *task,
              GError *error,
              gpointer kept)
{
  g_assert_cmpstr (pillion_task_get_name (task), ==, "fails");
  *(PillionTask **) kept = g_object_ref (task);
}

static void
test_unhandled (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "fails", NULL);
  PillionTask *kept = NULL;

  g_signal_connect (loop, "unhandled-error", G_CALLBACK (on_unhandled), &kept);
  pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_FAILED, "broken");
  g_object_unref (task);
  kick_until_quiet (loop);
  g_assert_true (kept == task);
  g_assert_cmpuint (get_n_spare (loop), ==, 0);
  g_assert_cmpint (pillion_task_get_state (kept), ==, PILLION_TASK_FAILED);
  end_object (kept);
  loop_end (loop);
}

/* The end */

static void
close_loop (gpointer loop)
{
  g_autoptr (GError) error = NULL;

  pillion_loop_close (loop, 0, &error);
}

static void
test_close_in_result (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "closes", NULL);

  pillion_task_return_pointer (task, loop, close_loop);
  g_object_unref (task);
  kick_until_quiet (loop);
  g_assert_true (pillion_loop_is_closed (loop));
  g_assert_cmpuint (get_n_spare (loop), ==, 0);
  loop_end (loop);
}

static void
make_another (gpointer loop)
{
  PillionTask *task = pillion_task_new (loop, "another", NULL);

  pillion_task_return_boolean (task, TRUE);
  g_object_unref (task);
}

static void
test_task_in_result (void)
{
  PillionLoop *loop = loop_new ();
  PillionTask *task = pillion_task_new (loop, "makes another", NULL);

  pillion_task_return_pointer (task, loop, make_another);
  g_object_unref (task);
  kick_until (loop, pillion_loop_get_live_tasks (loop) == 0);
  g_assert_cmpuint (get_n_spare (loop), ==, 2);
  loop_end (loop);
}

static void
test_closed (void)
{
  PillionLoop *loop = loop_new ();
  gpointer weak = loop;

  end_task (pillion_task_new (loop, "kept", NULL));
  g_assert_cmpuint (get_n_spare (loop), ==, 1);
  g_assert_true (pillion_loop_close (loop, -1, NULL));
  g_assert_cmpuint (get_n_spare (loop), ==, 0);

  g_object_add_weak_pointer (G_OBJECT (loop), &weak);
  g_object_unref (loop);
  g_assert_null (weak);
}

/* Kept tasks don't keep the loop alive */
static void
test_loop_goes (void)
{
  PillionLoop *loop = loop_new ();
  gpointer weak = loop;

  end_task (pillion_task_new (loop, "kept", NULL));
  g_object_add_weak_pointer (G_OBJECT (loop), &weak);
  g_object_unref (loop);
  g_assert_null (weak);
}

static void
test_many (void)
{
  PillionLoop *loop = loop_new ();

  for (int i = 0; i < MANY; i++)
    make_another (loop);
  kick_until (loop, pillion_loop_get_live_tasks (loop) == 0);
  g_assert_cmpuint (get_n_spare (loop), >, 0);
  g_assert_cmpuint (get_n_spare (loop), <, MANY);
  loop_end (loop);
}

static gpointer
finish (gpointer task)
{
  pillion_task_return_boolean (task, TRUE);
  return NULL;
}

/* Each is finished by another thread than the previous one */
static void
test_threads (void)
{
  PillionLoop *loop = loop_new ();

  for (int i = 0; i < 50; i++)
    {
      PillionTask *task = pillion_task_new (loop, "elsewhere", NULL);
      GThread *thread = g_thread_new ("finish", finish, task);

      g_object_unref (task);
      kick_until (loop, pillion_loop_get_live_tasks (loop) == 0);
      g_thread_join (thread);
    }
  g_assert_cmpuint (get_n_spare (loop), ==, 1);
  loop_end (loop);
}

/* Another thread turns weak references into strong ones and drops them, while the loop releases the task */

typedef struct
{
  GWeakRef weak;
  gboolean ended; /* atomic */
} Getter;

static gpointer
get_again_and_again (gpointer data)
{
  Getter *self = data;
  guint n = 0;

  while (!__atomic_load_n (&self->ended, __ATOMIC_SEQ_CST))
    {
      PillionTask *task = g_weak_ref_get (&self->weak);

      if (task == NULL)
        {
          g_thread_yield ();
          continue;
        }
      pillion_sync_acquire (task);
      if (++n % 4 == 0)
        g_weak_ref_set (&self->weak, NULL);
      g_assert_cmpstr (pillion_task_get_name (task), ==, "got");
      g_assert_nonnull (pillion_task_get_loop (task));
      pillion_sync_unref (task);
    }

  return NULL;
}

static void
test_got_meanwhile (void)
{
  PillionLoop *loop = loop_new ();
  Getter getter = { .ended = FALSE };
  GThread *thread;

  g_weak_ref_init (&getter.weak, NULL);
  thread = g_thread_new ("getter", get_again_and_again, &getter);
  for (int i = 0; i < MANY; i++)
    {
      PillionTask *task = pillion_task_new (loop, "got", NULL);

      pillion_sync_release (task);
      g_weak_ref_set (&getter.weak, task);
      end_task (task);
    }
  __atomic_store_n (&getter.ended, TRUE, __ATOMIC_SEQ_CST);
  g_thread_join (thread);
  g_weak_ref_clear (&getter.weak);
  loop_end (loop);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/task/spare/used-again", test_again);
  g_test_add_func ("/task/spare/as-new", test_as_new);
  g_test_add_func ("/task/spare/not-with/weak-ref", test_weak_ref);
  g_test_add_func ("/task/spare/not-with/weak-pointer", test_weak_pointer);
  g_test_add_func ("/task/spare/not-with/gweakref", test_gweakref);
  g_test_add_func ("/task/spare/not-with/data", test_data);
  g_test_add_func ("/task/spare/not-with/toggle-ref", test_toggle_ref);
  g_test_add_func ("/task/spare/not-with/watching-closure", test_watching_closure);
  g_test_add_func ("/task/spare/handlers-go", test_handlers);
  g_test_add_func ("/task/spare/reference-from-a-handler-that-goes", test_reference_from_handler);
  g_test_add_func ("/task/spare/failure-is-told-of", test_unhandled);
  g_test_add_func ("/task/spare/loop-closed-as-the-result-goes", test_close_in_result);
  g_test_add_func ("/task/spare/task-made-as-the-result-goes", test_task_in_result);
  g_test_add_func ("/task/spare/dropped-at-close", test_closed);
  g_test_add_func ("/task/spare/keeps-no-loop", test_loop_goes);
  g_test_add_func ("/task/spare/not-more-than-so-many", test_many);
  g_test_add_func ("/task/spare/got-by-another-thread-meanwhile", test_got_meanwhile);
  g_test_add_func ("/task/spare/finished-by-other-threads", test_threads);

  return g_test_run ();
}
