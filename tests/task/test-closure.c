/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "combinator-support.h"

/* What a closure was called with. Counts the closures that were freed. */
typedef struct
{
  Fixture *fixture;
  PillionTask *task;  /* what it got; not owned */
  PillionTask *given; /* what it returns; it gives it away */
  GError *error;
  GThread *thread;
  gint n_calls;
  guint number;
  gint n_gone;
} Seen;

static void
gone (gpointer data,
      GClosure *closure)
{
  g_atomic_int_inc (&((Seen *) data)->n_gone);
}

static GClosure *
closure_new (gpointer func,
             Seen *seen)
{
  return g_cclosure_new (func, seen, gone);
}

static void
assert_called_and_gone (Seen *seen,
                        gint n_calls)
{
  g_assert_cmpint (g_atomic_int_get (&seen->n_calls), ==, n_calls);
  g_assert_cmpint (g_atomic_int_get (&seen->n_gone), ==, 1);
  *seen = (Seen) { .fixture = seen->fixture };
}

static void
on_call (gpointer data)
{
  g_atomic_int_inc (&((Seen *) data)->n_calls);
}

static void
on_task (PillionTask *task,
         gpointer data)
{
  Seen *seen = data;

  seen->task = task;
  seen->n_calls++;
}

static void
on_worker (PillionTask *task,
           GCancellable *cancellable,
           gpointer data)
{
  Seen *seen = data;

  g_assert_true (cancellable == pillion_task_get_cancellable (task));
  seen->thread = g_thread_self ();
  seen->n_calls++;
  pillion_task_return_int (task, 42);
}

static PillionTask *
on_start (gpointer data)
{
  Seen *seen = data;

  seen->n_calls++;
  return g_steal_pointer (&seen->given);
}

static PillionTask *
on_then (PillionTask *task,
         gpointer data)
{
  on_task (task, data);
  return g_steal_pointer (&((Seen *) data)->given);
}

static PillionTask *
on_number (guint number,
           gpointer data)
{
  Seen *seen = data;
  PillionTask *task = pending (seen->fixture);

  seen->n_calls++;
  seen->number = seen->number * 10 + number;
  if (number == 0)
    succeed (task);
  else
    fail (task);

  return task;
}

static gboolean
on_failure (GError *error,
            guint attempt,
            gpointer data)
{
  Seen *seen = data;

  seen->n_calls++;
  seen->number = attempt;
  g_clear_error (&seen->error);
  seen->error = g_error_copy (error);
  return attempt < 2;
}

static void
test_done (Fixture *fixture,
           gconstpointer data)
{
  Seen seen = { fixture };
  PillionTask *task = pending (fixture);
  guint id;

  g_assert_cmpuint (pillion_task_add_done_closure (task, closure_new (on_task, &seen)), !=, 0);
  id = pillion_task_add_done_closure (task, closure_new (on_task, &seen));
  g_assert_true (pillion_task_remove_done_callback (task, id));
  assert_called_and_gone (&seen, 0);

  succeed (task);
  g_assert_cmpint (seen.n_calls, ==, 0);
  settle (fixture);
  g_assert_true (seen.task == task);
  assert_called_and_gone (&seen, 1);
  end_object (task);
}

/* The closure of another owner is left alone */
static void
test_shared (Fixture *fixture,
             gconstpointer data)
{
  Seen seen = { fixture };
  GClosure *closure = closure_new (on_task, &seen);
  PillionTask *task = pending (fixture);

  g_closure_ref (closure);
  g_closure_sink (closure);
  pillion_task_add_done_closure (task, closure);
  pillion_task_add_done_closure (task, closure);
  succeed (task);
  settle (fixture);
  g_assert_cmpint (seen.n_calls, ==, 2);
  g_assert_cmpint (seen.n_gone, ==, 0);
  g_closure_unref (closure);
  assert_called_and_gone (&seen, 2);
  end_object (task);
}

/* What it was about is gone, so it is not called any more */
static void
test_invalid (Fixture *fixture,
              gconstpointer data)
{
  Seen seen = { fixture };
  GClosure *closure = g_cclosure_new (G_CALLBACK (on_then), &seen, NULL);
  PillionTask *first = pending (fixture);
  PillionTask *task;

  g_closure_add_finalize_notifier (closure, &seen, gone);
  task = pillion_task_and_then_closure (first, closure);
  g_closure_invalidate (closure);
  succeed (first);
  settle (fixture);
  g_assert_true (pillion_task_get_boolean (task, NULL));
  assert_called_and_gone (&seen, 0);
  end_object (task);
  end_object (first);
}

static void
test_calls (Fixture *fixture,
            gconstpointer data)
{
  Seen soon = { fixture }, threadsafe = { fixture }, later = { fixture }, safe = { fixture }, back = { fixture };
  guint id;

  g_assert_cmpuint (pillion_loop_call_soon_closure (fixture->loop, closure_new (on_call, &soon)), !=, 0);
  pillion_loop_call_soon_threadsafe_closure (fixture->loop, closure_new (on_call, &threadsafe));
  g_assert_cmpuint (pillion_loop_call_later_closure (fixture->loop, 1000, closure_new (on_call, &later)), !=, 0);
  g_assert_cmpuint (pillion_loop_call_at_safe_point_closure (fixture->loop, closure_new (on_call, &safe)), !=, 0);
  id = pillion_loop_call_later_closure (fixture->loop, 1000, closure_new (on_call, &back));
  g_assert_true (pillion_loop_cancel_call (fixture->loop, id));
  assert_called_and_gone (&back, 0);

  pillion_loop_begin_region (fixture->loop, "here", PILLION_REGION_NO_DESTRUCTIVE);
  settle (fixture);
  assert_called_and_gone (&soon, 1);
  assert_called_and_gone (&threadsafe, 1);
  g_assert_cmpint (safe.n_calls, ==, 0);
  g_assert_true (pillion_loop_end_region (fixture->loop, "here", NULL));
  settle (fixture);
  assert_called_and_gone (&safe, 1);

  advance (fixture, 999);
  g_assert_cmpint (later.n_calls, ==, 0);
  advance (fixture, 1);
  assert_called_and_gone (&later, 1);

  g_assert_true (pillion_loop_close (fixture->loop, 10 * G_TIME_SPAN_SECOND, NULL));
  g_assert_cmpuint (pillion_loop_call_soon_closure (fixture->loop, closure_new (on_call, &soon)), ==, 0);
  assert_called_and_gone (&soon, 0);
}

static void
test_thread (Fixture *fixture,
             gconstpointer data)
{
  Seen seen = { fixture };
  PillionTask *task = pillion_loop_run_in_thread_closure (fixture->loop, "work", NULL, closure_new (on_worker, &seen));

  g_assert_true (pillion_loop_run_until_complete (fixture->loop, task, NULL));
  while (g_atomic_int_get (&seen.n_gone) == 0)
    pillion_loop_kick (fixture->loop);
  g_assert_nonnull (seen.thread);
  g_assert_true (seen.thread != g_thread_self ());
  g_assert_cmpint (pillion_task_get_int (task, NULL), ==, 42);
  assert_called_and_gone (&seen, 1);
  end_object (task);
}

static void
test_map (Fixture *fixture,
          gconstpointer data)
{
  Seen seen = { fixture };
  PillionTask *task = pillion_task_map_closure (fixture->loop, 5, 1, NULL, closure_new (on_number, &seen));

  settle (fixture);
  assert_failed (task);
  g_assert_cmpuint (seen.number, ==, 1);
  assert_called_and_gone (&seen, 2);
  end_object (task);
}

static void
test_then (Fixture *fixture,
           gconstpointer data)
{
  Seen seen = { fixture, .given = pending (fixture) };
  PillionTask *first = pending (fixture);
  PillionTask *next = g_object_ref (seen.given);
  PillionTask *task = pillion_task_and_then_closure (first, closure_new (on_then, &seen));

  pillion_task_return_boolean (first, FALSE);
  settle (fixture);
  g_assert_true (seen.task == first);
  assert_called_and_gone (&seen, 1);
  assert_state (task, PENDING);
  succeed (next);
  settle (fixture);
  g_assert_cmpint (pillion_task_get_int (task, NULL), ==, 42);
  end_object (task);
  end_object (next);
  end_object (first);
}

static void
test_scope (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (PillionScope) scope = pillion_scope_new (fixture->loop, "scope", NULL);
  Seen seen = { fixture, .given = pending (fixture) };
  PillionTask *work = g_object_ref (seen.given);
  PillionTask *task = pillion_scope_start_closure (scope, "work", closure_new (on_start, &seen));
  PillionTask *none;

  settle (fixture);
  assert_called_and_gone (&seen, 1);
  succeed (work);
  settle (fixture);
  g_assert_cmpint (pillion_task_get_int (task, NULL), ==, 42);
  end_object (task);
  end_object (work);

  none = pillion_scope_start_closure (scope, "none", closure_new (on_start, &seen));
  settle (fixture);
  assert_failed (none);
  assert_called_and_gone (&seen, 1);
  g_ptr_array_unref (pillion_scope_take_failed (scope));
  end_object (none);
  g_assert_true (pillion_scope_close (scope, 0, NULL));
}

static void
test_retry (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (PillionRetry) retry = pillion_retry_new ();
  Seen attempts = { fixture }, predicate = { fixture };
  PillionTask *task;

  pillion_retry_set_attempts (retry, 5);
  pillion_retry_set_predicate_closure (retry, closure_new (on_failure, &predicate));
  task = pillion_retry_run_closure (retry, fixture->loop, "fetch", NULL, closure_new (on_number, &attempts));
  advance (fixture, G_TIME_SPAN_MINUTE);
  assert_failed (task);
  g_assert_cmpuint (attempts.number, ==, 12);
  assert_called_and_gone (&attempts, 2);
  g_assert_cmpuint (predicate.number, ==, 2);
  g_assert_error (predicate.error, PILLION_ERROR, PILLION_ERROR_FAILED);
  g_clear_error (&predicate.error);
  g_assert_cmpint (predicate.n_gone, ==, 0);
  pillion_retry_set_predicate_closure (retry, NULL);
  assert_called_and_gone (&predicate, 2);
  end_object (task);
}

static void
on_hook (PillionLoop *loop,
         gpointer data)
{
  Seen *seen = data;

  seen->n_calls++;
  g_assert_true (loop == seen->fixture->loop);
}

static void
on_nothing (gpointer data)
{
}

static gpointer
ring (gpointer loop)
{
  pillion_loop_call_soon_threadsafe (loop, on_nothing, NULL, NULL);
  return NULL;
}

static void
test_host (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (PillionCallbackHost) host = pillion_callback_host_new ("closures");
  Seen install = { fixture }, removed = { fixture }, wake = { fixture };

  pillion_callback_host_set_install_closure (host, closure_new (on_hook, &install));
  pillion_callback_host_set_remove_closure (host, closure_new (on_hook, &removed));
  pillion_callback_host_set_wake_closure (host, closure_new (on_call, &wake));
  pillion_host_install (PILLION_HOST (host), fixture->loop, NULL);
  pillion_host_wake (PILLION_HOST (host));
  pillion_host_remove (PILLION_HOST (host), fixture->loop);
  pillion_callback_host_set_install_closure (host, NULL);
  pillion_callback_host_set_remove_closure (host, NULL);
  pillion_callback_host_set_wake_closure (host, NULL);
  assert_called_and_gone (&install, 1);
  assert_called_and_gone (&removed, 1);
  assert_called_and_gone (&wake, 1);

  wake = (Seen) { fixture };
  pillion_loop_set_wake_closure (fixture->loop, closure_new (on_call, &wake));
  g_thread_join (g_thread_new ("ring", ring, fixture->loop));
  pillion_loop_set_wake_closure (fixture->loop, NULL);
  assert_called_and_gone (&wake, 1);
}

static gint64
on_ready (PillionPollSource *source,
          gint64 deadline_usec,
          gpointer data)
{
  Seen *seen = data;

  seen->n_calls++;
  g_assert_cmpint (deadline_usec, >, 0);
  g_assert_true (pillion_poll_source_get_loop (source) == seen->fixture->loop);
  return -1;
}

static void
test_poll_source (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (PillionPollSource) source = pillion_poll_source_new (fixture->loop, -1);
  Seen seen = { fixture };

  pillion_poll_source_set_callback_closure (source, closure_new (on_ready, &seen));
  pillion_poll_source_set_ready_time (source, 0);
  settle (fixture);
  pillion_poll_source_close (source);
  assert_called_and_gone (&seen, 1);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/task/closure/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("done-gets-the-task", test_done);
  ADD ("one-that-is-shared-is-not-taken", test_shared);
  ADD ("one-that-is-invalid-is-not-called", test_invalid);
  ADD ("calls", test_calls);
  ADD ("thread-gets-task-and-cancellable-on-a-worker", test_thread);
  ADD ("map-gets-the-number", test_map);
  ADD ("then-gets-the-task-and-gives-another", test_then);
  ADD ("scope-start-gives-the-task-or-none", test_scope);
  ADD ("retry-gets-the-attempt-and-the-error", test_retry);
  ADD ("hooks-get-the-loop", test_host);
  ADD ("poll-source-gets-itself-and-gives-a-time", test_poll_source);

  return g_test_run ();
}
