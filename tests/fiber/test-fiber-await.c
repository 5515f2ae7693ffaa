/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fiber-support.h"

#include <string.h>

/* What fibers wait for, and what is refused */

typedef struct
{
  PillionLoop *loop;
  PillionTask *task; /* the task that the fiber awaits */
  GError *error;
  gboolean result;
  guint n_ended;
} Wait;

static void
wait_clear (Wait *self)
{
  g_clear_object (&self->task);
  g_clear_error (&self->error);
}

/* Awaits, records the outcome, and ends with it */
static void
await_it (PillionTask *task,
          gpointer data)
{
  Wait *wait = data;

  g_clear_error (&wait->error);
  wait->result = pillion_await (wait->task, &wait->error);
  g_assert_true (wait->result == (wait->error == NULL));
  wait->n_ended++;
  if (wait->error != NULL)
    pillion_task_return_error (task, g_error_copy (wait->error));
  else
    pillion_task_return_boolean (task, TRUE);
}

static void
test_success (Fixture *fixture,
              gconstpointer data)
{
  Wait wait = { .task = pillion_task_new (fixture->loop, "job", NULL) };
  PillionTask *task = pillion_loop_spawn (fixture->loop, "waits", await_it, &wait, NULL);

  advance (fixture, 0);
  g_assert_cmpuint (wait.n_ended, ==, 0);
  pillion_task_return_int (wait.task, 4);
  g_assert_cmpuint (wait.n_ended, ==, 0);
  advance (fixture, 0);
  g_assert_cmpuint (wait.n_ended, ==, 1);
  g_assert_true (wait.result);
  end_object (task);
  wait_clear (&wait);
}

static void
test_failure (Fixture *fixture,
              gconstpointer data)
{
  Wait wait = { .task = pillion_task_new (fixture->loop, "job", NULL) };
  PillionTask *task = pillion_loop_spawn (fixture->loop, "waits", await_it, &wait, NULL);

  advance (fixture, 0);
  pillion_task_return_new_error (wait.task, G_IO_ERROR, G_IO_ERROR_EXISTS, "there");
  advance (fixture, 0);
  g_assert_error (wait.error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  assert_failed (task, G_IO_ERROR, G_IO_ERROR_EXISTS);
  end_object (task);
  wait_clear (&wait);
}

/* The awaited task, not the fiber's */
static void
test_awaited_is_cancelled (Fixture *fixture,
                           gconstpointer data)
{
  Wait wait = { .task = pillion_loop_sleep (fixture->loop, G_TIME_SPAN_HOUR, NULL) };
  PillionTask *task = pillion_loop_spawn (fixture->loop, "waits", await_it, &wait, NULL);

  advance (fixture, 0);
  pillion_task_cancel (wait.task);
  advance (fixture, 0);
  g_assert_error (wait.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (pillion_task_is_cancelled (task));
  end_object (task);
  wait_clear (&wait);
}

static void
test_done (PillionLoop *loop,
           gpointer data)
{
  g_autoptr (PillionTask) good = pillion_task_new (loop, "good", NULL);
  g_autoptr (PillionTask) bad = pillion_task_new (loop, "bad", NULL);
  g_autoptr (GError) error = NULL;

  pillion_task_return_int (good, 1);
  pillion_task_return_new_error (bad, G_IO_ERROR, G_IO_ERROR_BUSY, "busy");
  for (guint i = 0; i < 3; i++)
    {
      g_clear_error (&error);
      g_assert_cmpint (pillion_await_int (good, NULL), ==, 1);
      g_assert_false (pillion_await (bad, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
    }
  g_assert_false (pillion_await (bad, NULL));
}

static void
test_types (PillionLoop *loop,
            gpointer data)
{
  PillionTask *tasks[9];
  g_autoptr (GError) error = NULL;
  g_autofree char *string = NULL;
  g_autoptr (GBytes) bytes = NULL, boxed = NULL;
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (GObject) object = NULL;
  g_autoptr (GBytes) made = g_bytes_new_static ("abc", 3);

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = pillion_task_new (loop, "typed", NULL);
  pillion_task_return_boolean (tasks[0], TRUE);
  pillion_task_return_int (tasks[1], G_MININT64);
  pillion_task_return_double (tasks[2], 1.5);
  pillion_task_return_string (tasks[3], "text");
  pillion_task_return_bytes (tasks[4], made);
  pillion_task_return_variant (tasks[5], g_variant_new_int32 (5));
  pillion_task_return_object (tasks[6], loop);
  pillion_task_return_boxed (tasks[7], G_TYPE_BYTES, g_bytes_ref (made));
  pillion_task_return_pointer (tasks[8], g_strdup ("pointed at"), g_free);

  g_assert_true (pillion_await_boolean (tasks[0], NULL));
  g_assert_cmpint (pillion_await_int (tasks[1], NULL), ==, G_MININT64);
  g_assert_cmpfloat (pillion_await_double (tasks[2], NULL), ==, 1.5);
  string = pillion_await_string (tasks[3], NULL);
  g_assert_cmpstr (string, ==, "text");
  bytes = pillion_await_bytes (tasks[4], NULL);
  g_assert_true (bytes == made);
  variant = pillion_await_variant (tasks[5], NULL);
  g_assert_cmpint (g_variant_get_int32 (variant), ==, 5);
  object = pillion_await_object (tasks[6], NULL);
  g_assert_true (object == (gpointer) loop);
  boxed = pillion_await_boxed (tasks[7], G_TYPE_BYTES, NULL);
  g_assert_true (boxed == made);
  g_assert_cmpstr (pillion_await_pointer (tasks[8], NULL), ==, "pointed at");

  g_assert_null (pillion_await_string (tasks[0], &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_TYPE);

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    g_object_unref (tasks[i]);
}

static void
await_no_types (PillionTask *task,
                gpointer data)
{
  PillionTask *failed = data;

  g_assert_false (pillion_await_boolean (failed, NULL));
  g_assert_cmpint (pillion_await_int (failed, NULL), ==, 0);
  g_assert_cmpfloat (pillion_await_double (failed, NULL), ==, 0.0);
  g_assert_null (pillion_await_string (failed, NULL));
  g_assert_null (pillion_await_bytes (failed, NULL));
  g_assert_null (pillion_await_variant (failed, NULL));
  g_assert_null (pillion_await_object (failed, NULL));
  g_assert_null (pillion_await_boxed (failed, G_TYPE_BYTES, NULL));
  g_assert_null (pillion_await_pointer (failed, NULL));
  pillion_task_return_boolean (task, TRUE);
}

static void
test_types_of_a_failure (Fixture *fixture,
                         gconstpointer data)
{
  PillionTask *failed = pillion_task_new (fixture->loop, "failed", NULL);
  PillionTask *task = pillion_loop_spawn (fixture->loop, "types", await_no_types, failed, NULL);

  advance (fixture, 0);
  pillion_task_return_new_error (failed, G_IO_ERROR, G_IO_ERROR_FAILED, "no");
  run_idle (fixture);
  assert_state (task, PILLION_TASK_SUCCEEDED);
  end_object (task);
  end_object (failed);
}

static void
load (PillionTask *task,
      gpointer data)
{
  g_autoptr (GFile) file = g_file_new_for_path (data);
  g_autoptr (PillionTask) loading = pillion_task_new (pillion_task_get_loop (task), "load", NULL);
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;

  g_file_load_contents_async (file, pillion_task_get_cancellable (loading), pillion_task_ready, loading);
  if (pillion_await (loading, &error) &&
      g_file_load_contents_finish (file, pillion_task_get_async_result (loading), &contents, NULL, NULL, &error))
    pillion_task_return_string (task, contents);
  else
    pillion_task_return_error (task, g_steal_pointer (&error));
}

/* GIO calls are awaited without glue code */
static void
test_gio (void)
{
  PillionLoop *loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  PillionTask *there = pillion_loop_spawn (loop, "there", load, "/proc/version", NULL);
  PillionTask *absent = pillion_loop_spawn (loop, "absent", load, "/proc/self/absent", NULL);
  g_autofree char *contents = NULL;

  g_assert_true (pillion_loop_run_until_complete (loop, there, NULL));
  contents = pillion_task_get_string (there, NULL);
  g_assert_true (g_str_has_prefix (contents, "Linux"));
  g_assert_false (pillion_loop_run_until_complete (loop, absent, NULL));
  assert_failed (absent, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  end_object (there);
  end_object (absent);
  loop_end (loop);
}

static void
multiply (PillionTask *task,
          GCancellable *cancellable,
          gpointer data)
{
  pillion_task_return_int (task, 6 * GPOINTER_TO_INT (data));
}

static void
test_worker (PillionLoop *loop,
             gpointer data)
{
  g_autoptr (PillionTask) work = pillion_loop_run_in_thread (loop, "work", NULL, multiply, GINT_TO_POINTER (7), NULL);

  g_assert_cmpint (pillion_await_int (work, NULL), ==, 42);
}

/* Many fibers and a callback wait for one task: all are notified, in the order in which they came */
static void
test_several_wait (Fixture *fixture,
                   gconstpointer data)
{
  Wait wait = { .task = pillion_task_new (fixture->loop, "job", NULL) };
  PillionTask *tasks[5];

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = pillion_loop_spawn (fixture->loop, "waits", await_it, &wait, NULL);
  advance (fixture, 0);
  pillion_task_return_boolean (wait.task, TRUE);
  advance (fixture, 0);
  g_assert_cmpuint (wait.n_ended, ==, 5);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    end_object (tasks[i]);
  wait_clear (&wait);
}

static void
test_outside (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (PillionTask) task = pillion_task_new (fixture->loop, "job", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NOT_IN_FIBER);
  g_clear_error (&error);
  g_assert_false (pillion_yield (&error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NOT_IN_FIBER);
  g_clear_error (&error);
  g_assert_false (pillion_sleep (1, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NOT_IN_FIBER);
  g_assert_false (pillion_sleep (1, NULL));

  pillion_task_return_boolean (task, TRUE);
  g_clear_error (&error);
  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NOT_IN_FIBER);
  run_idle (fixture);
}

static gpointer
await_there (gpointer data)
{
  GError *error = NULL;

  g_assert_false (pillion_await (data, &error));
  g_assert_null (pillion_fiber_get_current_task ());
  return error;
}

static void
test_other_thread (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (PillionTask) task = pillion_task_new (fixture->loop, "job", NULL);
  g_autoptr (GError) error = g_thread_join (g_thread_new ("other", await_there, task));

  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_THREAD);
  pillion_task_return_boolean (task, TRUE);
  run_idle (fixture);
}

static void
test_itself (PillionLoop *loop,
             gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_await (pillion_fiber_get_current_task (), &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_DEADLOCK);
  g_assert_nonnull (strstr (error->message, "itself"));
}

/* It is deep down among what the combinators wait for, behind a shield that keeps it from being cancelled
 * with them */
static void
test_itself_by_way_of_others (PillionLoop *loop,
                              gpointer data)
{
  g_autoptr (PillionTask) shield = pillion_task_shield (pillion_fiber_get_current_task ());
  g_autoptr (PillionTask) other = pillion_loop_sleep (loop, G_TIME_SPAN_HOUR, NULL);
  g_autoptr (PillionTask) all = pillion_task_all (loop, (PillionTask *[]) { other, shield }, 2);
  g_autoptr (PillionTask) timed = pillion_task_with_timeout (all, G_TIME_SPAN_HOUR);
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_await (timed, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_DEADLOCK);
  g_clear_error (&error);

  pillion_task_cancel (timed);
  g_assert_true (pillion_sleep (G_TIME_SPAN_SECOND, &error));
  g_assert_no_error (error);
  g_assert_false (pillion_await (timed, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
await_and_go_on (PillionTask *task,
                 gpointer data)
{
  Wait *wait = data;

  await_it (task, data);
  g_assert_true (pillion_sleep (G_TIME_SPAN_SECOND, NULL));
  wait->n_ended++;
}

/* The waiter continues when the loop has its turn, and what is on its stack is intact */
static void
test_taken_over (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (PillionScope) scope = pillion_scope_new (fixture->loop, "scope", NULL);
  Wait wait = { .loop = fixture->loop, .task = pillion_task_new (fixture->loop, "job", NULL) };
  g_autoptr (PillionTask) fiber = pillion_loop_spawn (fixture->loop, "fiber", await_and_go_on, &wait, NULL);

  g_assert_true (pillion_scope_add_with_key (scope, "key", wait.task, NULL));
  run_idle (fixture);
  g_object_unref (pillion_scope_adopt (scope, "key"));
  g_assert_cmpuint (wait.n_ended, ==, 0);

  run_idle (fixture);
  g_assert_cmpuint (wait.n_ended, ==, 2);
  g_assert_error (wait.error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  g_assert_nonnull (strstr (wait.error->message, "job"));
  assert_failed (fiber, PILLION_ERROR, PILLION_ERROR_CLOSED);
  assert_state (wait.task, PILLION_TASK_PENDING);

  pillion_task_return_boolean (wait.task, TRUE);
  run_idle (fixture);
  wait_clear (&wait);
}

static void
test_taken_over_then_cancelled (Fixture *fixture,
                                gconstpointer data)
{
  g_autoptr (PillionScope) scope = pillion_scope_new (fixture->loop, "scope", NULL);
  Wait wait = { .loop = fixture->loop, .task = pillion_task_new (fixture->loop, "job", NULL) };
  g_autoptr (PillionTask) fiber = pillion_loop_spawn (fixture->loop, "fiber", await_it, &wait, NULL);

  g_assert_true (pillion_scope_add_with_key (scope, "key", wait.task, NULL));
  run_idle (fixture);
  g_object_unref (pillion_scope_adopt (scope, "key"));
  pillion_task_cancel (fiber);
  run_idle (fixture);
  g_assert_cmpuint (wait.n_ended, ==, 1);
  assert_state (fiber, PILLION_TASK_CANCELLED);
  g_assert_false (pillion_task_is_cancelled (wait.task));

  pillion_task_return_boolean (wait.task, TRUE);
  run_idle (fixture);
  wait_clear (&wait);
}

/* Here it never gets its turn */
static void
test_taken_over_then_closed (Fixture *fixture,
                             gconstpointer data)
{
  g_autoptr (PillionScope) scope = pillion_scope_new (fixture->loop, "scope", NULL);
  Wait wait = { .loop = fixture->loop, .task = pillion_task_new (fixture->loop, "job", NULL) };
  Wait other = { .loop = fixture->loop, .task = pillion_task_new (fixture->loop, "other job", NULL) };
  g_autoptr (PillionTask) first = pillion_loop_spawn (fixture->loop, "first", await_it, &wait, NULL);
  g_autoptr (PillionTask) second = pillion_loop_spawn (fixture->loop, "second", await_it, &other, NULL);

  g_assert_true (pillion_scope_add_with_key (scope, "key", wait.task, NULL));
  run_idle (fixture);
  g_object_unref (pillion_scope_adopt (scope, "key"));
  g_assert_false (pillion_loop_close (fixture->loop, 0, NULL));
  assert_state (first, PILLION_TASK_CANCELLED);
  assert_state (second, PILLION_TASK_CANCELLED);
  g_assert_cmpuint (wait.n_ended + other.n_ended, ==, 0);

  pillion_task_return_boolean (wait.task, TRUE);
  pillion_task_return_boolean (other.task, TRUE);
  wait_clear (&wait);
  wait_clear (&other);
}

/* Before and after it is done, what follows a marked task waits for a safe point */
static void
test_safe_point (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (PillionTask) task = pillion_task_new (fixture->loop, "job", NULL);
  Wait early = { .loop = fixture->loop, .task = g_object_ref (task) };
  Wait late = { .loop = fixture->loop, .task = g_object_ref (task) };
  Wait cancelled = { .loop = fixture->loop, .task = g_object_ref (task) };
  PillionTask *fibers[3] = { pillion_loop_spawn (fixture->loop, "early", await_it, &early, NULL) };

  pillion_task_set_safe_point (task, TRUE);
  run_idle (fixture);
  pillion_loop_begin_region (fixture->loop, "render", PILLION_REGION_NO_DESTRUCTIVE);
  pillion_task_return_boolean (task, TRUE);
  run_idle (fixture);
  fibers[1] = pillion_loop_spawn (fixture->loop, "late", await_it, &late, NULL);
  fibers[2] = pillion_loop_spawn (fixture->loop, "cancelled", await_it, &cancelled, NULL);
  run_idle (fixture);
  g_assert_cmpuint (early.n_ended + late.n_ended + cancelled.n_ended, ==, 0);

  /* Giving up does not wait for that */
  pillion_task_cancel (fibers[2]);
  run_idle (fixture);
  g_assert_cmpuint (cancelled.n_ended, ==, 1);
  assert_state (fibers[2], PILLION_TASK_CANCELLED);
  g_assert_cmpuint (early.n_ended + late.n_ended, ==, 0);

  g_assert_true (pillion_loop_end_region (fixture->loop, "render", NULL));
  run_idle (fixture);
  g_assert_cmpuint (early.n_ended, ==, 1);
  g_assert_cmpuint (late.n_ended, ==, 1);
  g_assert_true (early.result && late.result);
  wait_clear (&early);
  wait_clear (&late);
  wait_clear (&cancelled);
  for (guint i = 0; i < G_N_ELEMENTS (fibers); i++)
    end_object (fibers[i]);
}

static void
close_loop (GCancellable *cancellable,
            gpointer loop)
{
  g_assert_false (pillion_loop_close (loop, 0, NULL));
}

static void
cancel_and_await (PillionTask *task,
                  gpointer data)
{
  pillion_task_cancel (task);
  await_it (task, data);
}

/* Giving up on what it would await closes the loop, so it no longer waits */
static void
test_closed_by_giving_up (Fixture *fixture,
                          gconstpointer data)
{
  Wait wait = { .loop = fixture->loop, .task = pillion_task_new (fixture->loop, "job", NULL) };
  g_autoptr (PillionTask) fiber = pillion_loop_spawn (fixture->loop, "fiber", cancel_and_await, &wait, NULL);

  g_signal_connect (pillion_task_get_cancellable (wait.task), "cancelled", G_CALLBACK (close_loop), fixture->loop);
  run_idle (fixture);
  g_assert_true (pillion_loop_is_closed (fixture->loop));
  g_assert_cmpuint (wait.n_ended, ==, 1);
  g_assert_error (wait.error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  pillion_task_return_boolean (wait.task, TRUE);
  wait_clear (&wait);
}

#define N_DEEP 100

typedef struct
{
  PillionScope *scope;
  PillionTask *root;
  guint depth;
  guint n_refused;
} Deep;

/* Each awaits the next, and the last one would wait for the first */
static void
go_deep (PillionTask *task,
         gpointer data)
{
  PillionLoop *loop = pillion_task_get_loop (task);
  g_autoptr (PillionTask) next = NULL;
  g_autoptr (GError) error = NULL;
  Deep *self = data;

  if (++self->depth < N_DEEP)
    {
      next = pillion_loop_spawn (loop, "next", go_deep, self, NULL);
      g_assert_true (pillion_await (next, NULL));
      return;
    }

  g_assert_false (pillion_loop_run_until_complete (loop, self->root, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NESTED);
  g_clear_error (&error);
  g_assert_false (pillion_scope_close (self->scope, -1, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NESTED);
  self->n_refused++;
}

static void
test_deep (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (PillionScope) scope = pillion_scope_new (fixture->loop, "scope", NULL);
  Deep deep = { .scope = scope };

  deep.root = pillion_loop_spawn (fixture->loop, "root", go_deep, &deep, NULL);
  g_assert_true (pillion_scope_add (scope, deep.root, NULL));
  run_idle (fixture);
  g_assert_cmpuint (deep.n_refused, ==, 1);
  assert_state (deep.root, PILLION_TASK_SUCCEEDED);
  g_object_unref (deep.root);
  g_assert_true (pillion_scope_close (scope, -1, NULL));
}

/* Each awaits the next, and the last the first */
static void
test_circle (Fixture *fixture,
             gconstpointer data)
{
  for (guint n = 2; n < 6; n++)
    {
      Wait waits[6] = { { 0 } };
      PillionTask *tasks[6];
      guint n_deadlocks = 0;

      for (guint i = 0; i < n; i++)
        tasks[i] = pillion_loop_spawn (fixture->loop, "circle", await_it, &waits[i], NULL);
      for (guint i = 0; i < n; i++)
        waits[i].task = g_object_ref (tasks[(i + 1) % n]);
      run_idle (fixture);

      /* The one that would close the cycle is refused, and its error goes around */
      for (guint i = 0; i < n; i++)
        {
          assert_failed (tasks[i], PILLION_ERROR, PILLION_ERROR_DEADLOCK);
          n_deadlocks += g_error_matches (waits[i].error, PILLION_ERROR, PILLION_ERROR_DEADLOCK);
          wait_clear (&waits[i]);
        }
      g_assert_cmpuint (n_deadlocks, ==, n);
      for (guint i = 0; i < n; i++)
        end_object (tasks[i]);
    }
}

/* Two paths lead to the same task, and none back: that is not a cycle */
static void
test_diamond (Fixture *fixture,
              gconstpointer data)
{
  PillionTask *end = pillion_task_new (fixture->loop, "end", NULL);
  Wait left = { .task = g_object_ref (end) }, right = { .task = g_object_ref (end) };
  PillionTask *one = pillion_loop_spawn (fixture->loop, "left", await_it, &left, NULL);
  PillionTask *two = pillion_loop_spawn (fixture->loop, "right", await_it, &right, NULL);
  Wait top = { .task = g_object_ref (one) }, peak = { .task = g_object_ref (two) };
  PillionTask *three = pillion_loop_spawn (fixture->loop, "top", await_it, &top, NULL);
  PillionTask *four = pillion_loop_spawn (fixture->loop, "peak", await_it, &peak, NULL);

  advance (fixture, 0);
  pillion_task_return_boolean (end, TRUE);
  run_idle (fixture);
  g_assert_true (left.result && right.result && top.result && peak.result);
  wait_clear (&left);
  wait_clear (&right);
  wait_clear (&top);
  wait_clear (&peak);
  end_object (one);
  end_object (two);
  end_object (three);
  end_object (four);
  end_object (end);
}

static void
await_foreign (PillionTask *task,
               gpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_await (data, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  pillion_task_return_boolean (task, TRUE);
}

static void
test_other_loop (Fixture *fixture,
                 gconstpointer data)
{
  PillionLoop *other = loop_new ();
  PillionTask *foreign = pillion_task_new (other, "foreign", NULL);
  PillionTask *task = pillion_loop_spawn (fixture->loop, "waits", await_foreign, foreign, NULL);

  run_idle (fixture);
  assert_state (task, PILLION_TASK_SUCCEEDED);
  end_object (task);
  pillion_task_return_boolean (foreign, TRUE);
  kick_until_quiet (other);
  end_object (foreign);
  loop_end (other);
}

static PillionTask *
end_later (PillionLoop *loop)
{
  return pillion_loop_sleep (loop, 1000, NULL);
}

static void
try_all (gpointer data)
{
  PillionTask *task = data;
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NOT_IN_FIBER);
  g_clear_error (&error);
  g_assert_false (pillion_yield (&error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NOT_IN_FIBER);
  g_clear_error (&error);
  g_assert_false (pillion_sleep (5, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NOT_IN_FIBER);
  g_assert_null (pillion_fiber_get_current_task ());
}

static gboolean
try_all_idle (gpointer data)
{
  try_all (data);
  return G_SOURCE_REMOVE;
}

/* Runs the loop inside a fiber, where a callback of the loop and one of GIO want to wait */
static void
test_callback_inside (PillionLoop *loop,
                      gpointer data)
{
  g_autoptr (PillionTask) later = end_later (loop);
  g_autoptr (GSource) source = g_idle_source_new ();
  g_autoptr (GError) error = NULL;
  PillionKick kick;

  pillion_loop_call_soon (loop, try_all, later, NULL);
  g_source_set_callback (source, try_all_idle, later, NULL);
  g_source_attach (source, pillion_loop_get_context (loop));

  pillion_loop_kick_until (loop, g_get_monotonic_time () + G_USEC_PER_SEC, &kick);
  g_assert_cmpuint (kick.depth, >, 0);
  g_assert_cmpuint (kick.items, ==, 2);
  g_assert_true (g_source_is_destroyed (source));

  pillion_loop_call_soon (loop, try_all, later, NULL);
  g_assert_true (pillion_loop_run_until_complete (loop, later, &error));
  g_assert_no_error (error);

  g_assert_true (pillion_yield (NULL));
}

/* A fiber runs another context, and another loop, by hand */
static void
test_callback_of_others (PillionLoop *loop,
                         gpointer data)
{
  g_autoptr (PillionTask) later = end_later (loop);
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GSource) source = g_idle_source_new ();
  PillionLoop *other = loop_new ();

  g_source_set_callback (source, try_all_idle, later, NULL);
  g_source_attach (source, context);
  while (!g_source_is_destroyed (source))
    g_main_context_iteration (context, FALSE);

  pillion_loop_call_soon (other, try_all, later, NULL);
  kick_until_quiet (other);
  loop_end (other);

  g_assert_true (pillion_await (later, NULL));
}

/* A fiber is resumed inside another's run-until, on that one's stack, and later by a kick */
static void
step (PillionTask *task,
      gpointer data)
{
  for (guint i = 0; i < 6; i++)
    {
      *(guint *) data += 1;
      g_assert_true (pillion_fiber_get_current_task () == task);
      g_assert_true (pillion_sleep (1000, NULL));
    }
  pillion_task_return_boolean (task, TRUE);
}

static void
run_nested (PillionTask *task,
            gpointer data)
{
  PillionLoop *loop = pillion_task_get_loop (task);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionTask) a_moment = pillion_loop_sleep (loop, 1500, NULL);

      g_assert_true (pillion_loop_run_until_complete (loop, a_moment, NULL));
      g_assert_true (pillion_fiber_get_current_task () == task);
      g_assert_true (pillion_sleep (1500, NULL));
    }
  pillion_task_return_boolean (task, TRUE);
}

static void
test_nested (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *runners[3], *steppers[3];
  guint n = 0;

  for (guint i = 0; i < 3; i++)
    {
      steppers[i] = pillion_loop_spawn (fixture->loop, "steps", step, &n, NULL);
      runners[i] = pillion_loop_spawn (fixture->loop, "runs", run_nested, NULL, NULL);
    }
  run_idle (fixture);
  g_assert_cmpuint (n, ==, 18);
  for (guint i = 0; i < 3; i++)
    {
      assert_state (steppers[i], PILLION_TASK_SUCCEEDED);
      assert_state (runners[i], PILLION_TASK_SUCCEEDED);
      end_object (steppers[i]);
      end_object (runners[i]);
    }
}

/* If GLib dispatches the hook, and if the program waits by itself */
static void
test_from_everywhere (void)
{
  PillionLoop *loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  guint n = 0;
  PillionTask *task = pillion_loop_spawn (loop, "steps", step, &n, NULL);
  GMainContext *context = pillion_loop_get_context (loop);
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainContext) host_context = g_main_context_new ();
  g_autoptr (PillionHost) host = PILLION_HOST (pillion_glib_host_new ("glib", host_context));

  g_assert_true (pillion_loop_ensure (loop, host, &error));
  while (n < 3)
    g_main_context_iteration (host_context, TRUE);
  g_assert_true (pillion_loop_run_until_complete (loop, task, &error));
  g_assert_no_error (error);
  g_assert_nonnull (context);
  g_assert_cmpuint (n, ==, 6);
  end_object (task);
  loop_end (loop);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/fiber/await/" name, Fixture, NULL, fixture_set_up, function, fixture_tear_down)
  ADD ("goes-on-when-the-task-is-done", test_success);
  ADD ("fails-with-the-task's-error", test_failure);
  ADD ("fails-when-the-awaited-is-cancelled", test_awaited_is_cancelled);
  pillion_test_add_func ("/fiber/await/of-a-done-task-does-not-wait", test_done);
  pillion_test_add_func ("/fiber/await/results-of-all-types", test_types);
  ADD ("no-results-of-a-failure", test_types_of_a_failure);
  g_test_add_func ("/fiber/await/any-call-of-gio", test_gio);
  pillion_test_add_func ("/fiber/await/a-worker", test_worker);
  ADD ("several-wait-for-one", test_several_wait);
  ADD ("outside-of-a-fiber-fails", test_outside);
  ADD ("on-another-thread-fails", test_other_thread);
  pillion_test_add_func ("/fiber/await/of-itself-fails", test_itself);
  pillion_test_add_func ("/fiber/await/of-itself-by-way-of-others-fails", test_itself_by_way_of_others);
  ADD ("in-a-circle-fails", test_circle);
  ADD ("by-two-ways-is-no-circle", test_diamond);
  ADD ("of-another-loop's-task-fails", test_other_loop);
  ADD ("what-is-marked-comes-at-a-safe-point", test_safe_point);
  ADD ("closed-by-giving-up", test_closed_by_giving_up);
  ADD ("of-itself-far-down-is-no-wait", test_deep);
  ADD ("what-is-taken-over-fails", test_taken_over);
  ADD ("what-is-taken-over-fails-cancelled", test_taken_over_then_cancelled);
  ADD ("what-is-taken-over-as-the-loop-closes", test_taken_over_then_closed);
  pillion_test_add_func ("/fiber/await/in-a-callback-inside-of-a-fiber-fails", test_callback_inside);
  pillion_test_add_func ("/fiber/await/in-a-callback-of-another-context-fails", test_callback_of_others);
  ADD ("fibers-run-the-loop-from-inside", test_nested);
  g_test_add_func ("/fiber/await/under-any-host", test_from_everywhere);

  return g_test_run ();
}
