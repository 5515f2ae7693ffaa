/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"
#include "../host/fake-host.h"

/* Synchronous code calls asynchronous code */

typedef struct
{
  PillionLoop *loop;
  GString *log;
  PillionTask *task;
  int n;
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  fixture->log = g_string_new (NULL);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  g_clear_object (&fixture->task);
  loop_end (fixture->loop);
  g_string_free (fixture->log, TRUE);
}

static gboolean
run (Fixture *fixture,
     PillionTask *task,
     GError **error)
{
  return pillion_loop_run_until_complete (fixture->loop, task, error);
}

static void
on_done (PillionTask *task,
         gpointer data)
{
  Fixture *fixture = data;

  g_string_append_c (fixture->log, pillion_task_get_name (task)[0]);
}

static void
finish (gpointer task)
{
  pillion_task_return_int (task, 1);
}

static void
test_plain (Fixture *fixture,
            gconstpointer data)
{
  PillionTask *task = pillion_task_new (fixture->loop, "a", NULL);
  g_autoptr (GError) error = NULL;

  pillion_task_add_done_callback (task, on_done, fixture, NULL);
  pillion_loop_call_later (fixture->loop, 2000, finish, task, NULL);
  g_assert_true (run (fixture, task, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (fixture->log->str, ==, "a");
  g_assert_cmpint (pillion_task_get_int (task, NULL), ==, 1);
  /* Again: it is done */
  g_assert_true (run (fixture, task, NULL));
  end_object (task);
}

/* However long they take: a wait works in slices of 1 ms */
static void
on_done_slowly (PillionTask *task,
                gpointer data)
{
  spin_for (2000);
  on_done (task, data);
}

static void
test_all_callbacks (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (PillionScope) scope = pillion_scope_new (fixture->loop, "scope", NULL);
  PillionTask *task = pillion_task_new (fixture->loop, "a", NULL);

  g_assert_true (pillion_scope_add (scope, task, NULL));
  for (int i = 0; i < 3; i++)
    pillion_task_add_done_callback (task, on_done_slowly, fixture, NULL);
  pillion_loop_call_soon (fixture->loop, finish, task, NULL);
  g_assert_true (run (fixture, task, NULL));
  g_assert_cmpstr (fixture->log->str, ==, "aaa");
  g_assert_cmpuint (pillion_scope_get_live_tasks (scope), ==, 0);

  /* Those that were added to a task that was done, too */
  pillion_task_add_done_callback (task, on_done_slowly, fixture, NULL);
  pillion_task_add_done_callback (task, on_done_slowly, fixture, NULL);
  g_assert_true (run (fixture, task, NULL));
  g_assert_cmpstr (fixture->log->str, ==, "aaaaa");
  g_assert_true (pillion_scope_close (scope, -1, NULL));
  end_object (task);
}

static void
add_itself_again (PillionTask *task,
                  gpointer data)
{
  Fixture *fixture = data;

  if (fixture->n++ < 100000)
    pillion_task_add_done_callback (task, add_itself_again, fixture, NULL);
}

static void
test_endless_callbacks (Fixture *fixture,
                        gconstpointer data)
{
  PillionTask *task = pillion_task_new (fixture->loop, "a", NULL);

  pillion_task_add_done_callback (task, add_itself_again, fixture, NULL);
  pillion_task_add_done_callback (task, on_done, fixture, NULL);
  pillion_task_return_boolean (task, TRUE);
  g_assert_true (run (fixture, task, NULL));
  g_assert_cmpstr (fixture->log->str, ==, "a");
  g_assert_cmpint (fixture->n, <, 100000);
  fixture->n = 100000;
  kick_until_quiet (fixture->loop);
  end_object (task);
}

static void
test_failed (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *failing = pillion_task_new (fixture->loop, "failing", NULL);
  PillionTask *cancelled = pillion_loop_sleep (fixture->loop, G_TIME_SPAN_HOUR, NULL);
  g_autoptr (GError) error = NULL;

  pillion_task_return_new_error (failing, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "gone");
  g_assert_false (run (fixture, failing, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (run (fixture, failing, NULL));

  pillion_task_cancel (cancelled);
  g_assert_false (run (fixture, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  end_object (failing);
  end_object (cancelled);
}

static gpointer
finish_there (gpointer task)
{
  pillion_task_return_int (task, 1);
  return NULL;
}

static void
test_thread (Fixture *fixture,
             gconstpointer data)
{
  for (guint i = 0; i < 200; i++)
    {
      PillionTask *task = pillion_task_new (fixture->loop, "job", NULL);
      GThread *thread = g_thread_new ("finisher", finish_there, task);

      g_assert_true (run (fixture, task, NULL));
      g_thread_join (thread);
      end_object (task);
    }
}

static gboolean
finish_source (gpointer task)
{
  pillion_task_return_int (task, 1);
  return G_SOURCE_REMOVE;
}

static void
test_context (Fixture *fixture,
              gconstpointer data)
{
  PillionTask *task = pillion_task_new (fixture->loop, "job", NULL);
  g_autoptr (GSource) source = g_timeout_source_new (5);

  g_source_set_callback (source, finish_source, task, NULL);
  g_source_attach (source, pillion_loop_get_context (fixture->loop));
  g_assert_true (run (fixture, task, NULL));
  end_object (task);
}

static void
test_other_loop (Fixture *fixture,
                 gconstpointer data)
{
  PillionLoop *other = loop_new ();
  PillionTask *task = pillion_task_new (other, "foreign", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (run (fixture, task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  g_assert_nonnull (strstr (error->message, "foreign"));
  pillion_task_return_int (task, 1);
  g_object_unref (task);
  loop_end (other);
}

static gpointer
run_there (gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GError) error = NULL;

  g_assert_false (run (fixture, fixture->task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_WRONG_THREAD);
  return NULL;
}

static void
test_wrong_thread (Fixture *fixture,
                   gconstpointer data)
{
  fixture->task = pillion_task_new (fixture->loop, "job", NULL);
  g_thread_join (g_thread_new ("other", run_there, fixture));
  pillion_task_return_int (fixture->task, 1);
}

static void
test_closed (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *done = pillion_task_new (fixture->loop, "done", NULL);
  PillionTask *pending = pillion_task_new (fixture->loop, "pending", NULL);
  g_autoptr (GError) error = NULL;

  pillion_task_return_int (done, 1);
  g_assert_false (pillion_loop_close (fixture->loop, 1000, NULL));
  g_assert_true (run (fixture, done, &error));
  g_assert_no_error (error);
  g_assert_false (run (fixture, pending, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  pillion_task_return_int (pending, 1);
  end_object (done);
  end_object (pending);
}

static void
test_busy (Fixture *fixture,
           gconstpointer data)
{
  Owner owner;
  PillionTask *task = pillion_task_new (fixture->loop, "job", NULL);
  g_autoptr (GError) error = NULL;

  owner_begin (&owner, pillion_loop_get_context (fixture->loop));
  g_assert_false (run (fixture, task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_BUSY);
  owner_end (&owner);
  pillion_task_return_int (task, 1);
  g_assert_true (run (fixture, task, NULL));
  end_object (task);
}

/* Nested */

static void
run_nested (PillionTask *task,
            gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (PillionTask) sleep = pillion_loop_sleep (fixture->loop, 2000, NULL);

  g_string_append_c (fixture->log, '(');
  g_assert_true (run (fixture, sleep, NULL));
  /* The task whose callback this is counts as delivered */
  g_assert_true (run (fixture, task, NULL));
  g_string_append_c (fixture->log, ')');
}

static void
test_nested (Fixture *fixture,
             gconstpointer data)
{
  PillionTask *a = pillion_task_new (fixture->loop, "a", NULL);
  PillionTask *b = pillion_task_new (fixture->loop, "b", NULL);

  pillion_task_add_done_callback (a, run_nested, fixture, NULL);
  pillion_task_add_done_callback (a, on_done, fixture, NULL);
  pillion_task_add_done_callback (b, on_done, fixture, NULL);
  pillion_task_return_int (a, 1);
  pillion_task_return_int (b, 1);
  kick_until_quiet (fixture->loop);
  /* Others continue inside it, and the waiting frame is not resumed */
  g_assert_cmpstr (fixture->log->str, ==, "(b)a");
  end_object (a);
  end_object (b);
}

static void
run_deep (gpointer data)
{
  Fixture *fixture = data;
  int depth = fixture->n++;
  PillionTask *task = pillion_loop_sleep (fixture->loop, 1000, NULL);

  if (depth < 10)
    pillion_loop_call_soon (fixture->loop, run_deep, fixture, NULL);
  g_assert_true (run (fixture, task, NULL));
  g_object_unref (task);
}

static void
test_deep (Fixture *fixture,
           gconstpointer data)
{
  pillion_loop_call_soon (fixture->loop, run_deep, fixture, NULL);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 11);
}

static void
run_then_count (gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (PillionTask) sleep = pillion_loop_sleep (fixture->loop, 1000, NULL);

  g_assert_true (run (fixture, sleep, NULL));
  g_assert_true (pillion_loop_kick (fixture->loop)); /* still in a kick */
  fixture->n++;
}

/* In a host's code between two kicks */
static void
test_beside_a_host (Fixture *fixture,
                    gconstpointer data)
{
  FakeHost *host = fake_host_new ("host");
  PillionTask *task, *other;
  int n_wakes;

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  task = pillion_loop_sleep (fixture->loop, 3000, NULL);
  other = pillion_task_new (fixture->loop, "other", NULL);
  g_assert_true (run (fixture, task, NULL));
  g_assert_true (pillion_loop_is_riding (fixture->loop));
  g_assert_false (pillion_task_is_done (other));

  pillion_loop_call_soon (fixture->loop, run_then_count, fixture, NULL);
  fake_host_tick (host);
  g_assert_cmpint (fixture->n, ==, 1);

  /* The last one leaves nothing, and the host is told so that the hook can be removed */
  pillion_loop_call_later (fixture->loop, 1000, finish, other, NULL);
  n_wakes = get_atomic (&host->n_wakes);
  g_assert_true (run (fixture, other, NULL));
  g_assert_cmpint (get_atomic (&host->n_wakes), >=, n_wakes);
  while (fake_host_tick (host))
    ;
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  end_object (task);
  end_object (other);
  loop_end (fixture->loop);
  fixture->loop = loop_new ();
  end_object (host);
}

/* What else became ready, and was not done, wakes the host */
static void
count (gpointer data)
{
  ((Fixture *) data)->n++;
}

static void
finish_and_call (gpointer data)
{
  Fixture *fixture = data;

  pillion_task_return_int (fixture->task, 1);
  for (guint i = 0; i < 100; i++)
    pillion_loop_call_soon (fixture->loop, count, fixture, NULL);
}

static void
on_wake (gpointer data)
{
  add_atomic (data, 1);
}

static void
test_leftovers (Fixture *fixture,
                gconstpointer data)
{
  int n_wakes = 0;

  fixture->task = pillion_task_new (fixture->loop, "job", NULL);
  pillion_loop_call_soon (fixture->loop, finish_and_call, fixture, NULL);
  pillion_loop_set_wake_func (fixture->loop, on_wake, &n_wakes, NULL);
  pillion_loop_kick (fixture->loop);
  g_assert_true (run (fixture, fixture->task, NULL));
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 100);
}

static void
close_inside (gpointer data)
{
  Fixture *fixture = data;

  pillion_loop_close (fixture->loop, 1000, NULL);
}

/* The loop is closed during a wait for a task that does not obey */
static void
wait_for_waiter (PillionTask *task,
                 gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GError) error = NULL;

  g_assert_false (run (fixture, fixture->task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NESTED);
  fixture->n++;
}

static PillionTask *
wait_for_caller (guint index,
                 gpointer data)
{
  wait_for_waiter (NULL, data);
  return NULL;
}

/* What waits for the caller can't end before the caller continues, so the wait does not last forever */
static void
test_waits_for_caller (Fixture *fixture,
                       gconstpointer data)
{
  g_autoptr (PillionTask) task = pillion_task_new (fixture->loop, "task", NULL);

  pillion_task_add_done_callback (task, wait_for_waiter, fixture, NULL);
  fixture->task = pillion_task_all (fixture->loop, &task, 1);
  pillion_task_return_boolean (task, TRUE);
  g_assert_true (run (fixture, fixture->task, NULL));
  g_assert_cmpint (fixture->n, ==, 1);
  g_clear_object (&fixture->task);

  fixture->task = pillion_task_map (fixture->loop, 1, 0, NULL, wait_for_caller, fixture, NULL);
  g_assert_false (run (fixture, fixture->task, NULL));
  g_assert_cmpint (fixture->n, ==, 2);
}

static void
test_closed_inside (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->task = pillion_task_new (fixture->loop, "stubborn", NULL);
  pillion_loop_call_soon (fixture->loop, close_inside, fixture, NULL);
  g_assert_false (run (fixture, fixture->task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  pillion_task_return_int (fixture->task, 1);
}

/* And if it obeys, its own outcome counts */
static void
test_closed_inside_obeyed (Fixture *fixture,
                           gconstpointer data)
{
  PillionTask *task = pillion_loop_sleep (fixture->loop, G_TIME_SPAN_HOUR, NULL);
  g_autoptr (GError) error = NULL;

  pillion_loop_call_soon (fixture->loop, close_inside, fixture, NULL);
  g_assert_false (run (fixture, task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  end_object (task);
}

static void
test_virtual_clock (Fixture *fixture,
                    gconstpointer data)
{
  PillionHost *host = PILLION_HOST (pillion_test_host_new ());
  PillionTask *task;
  gint64 start = g_get_monotonic_time ();

  g_assert_true (pillion_loop_ensure (fixture->loop, host, NULL));
  task = pillion_loop_sleep (fixture->loop, G_TIME_SPAN_DAY, NULL);
  g_assert_true (run (fixture, task, NULL));
  g_assert_cmpint (g_get_monotonic_time () - start, <, G_TIME_SPAN_HOUR);
  g_assert_cmpint (pillion_loop_get_now (fixture->loop), >=, G_TIME_SPAN_DAY);
  end_object (task);
  loop_end (fixture->loop);
  fixture->loop = loop_new ();
  end_object (host);
}

static void
work_a_little (PillionTask *task,
               GCancellable *cancellable,
               gpointer data)
{
  spin_for (2000);
  pillion_task_return_int (task, 1);
}

/* The virtual clock waits for a thread, and jumps only then */
static void
test_virtual_clock_and_thread (Fixture *fixture,
                               gconstpointer data)
{
  PillionHost *host = PILLION_HOST (pillion_test_host_new ());

  g_assert_true (pillion_loop_ensure (fixture->loop, host, NULL));
  for (guint i = 0; i < 50; i++)
    {
      PillionTask *sleep = pillion_loop_sleep (fixture->loop, G_TIME_SPAN_HOUR, NULL);
      PillionTask *work = pillion_loop_run_in_thread (fixture->loop, "work", NULL, work_a_little, NULL, NULL);
      gint64 before = pillion_loop_get_now (fixture->loop);

      g_assert_true (run (fixture, work, NULL));
      g_assert_cmpint (pillion_loop_get_now (fixture->loop), ==, before);
      g_assert_true (run (fixture, sleep, NULL));
      g_assert_cmpint (pillion_loop_get_now (fixture->loop), ==, before + G_TIME_SPAN_HOUR);
      g_object_unref (work);
      end_object (sleep);
    }
  loop_end (fixture->loop);
  fixture->loop = loop_new ();
  end_object (host);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/loop/run-until/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("plain", test_plain);
  ADD ("returns-after-all-callbacks", test_all_callbacks);
  ADD ("callbacks-added-without-end", test_endless_callbacks);
  ADD ("gives-the-tasks-error", test_failed);
  ADD ("task-of-a-thread", test_thread);
  ADD ("serves-the-context", test_context);
  ADD ("task-of-another-loop", test_other_loop);
  ADD ("on-another-thread", test_wrong_thread);
  ADD ("closed", test_closed);
  ADD ("context-run-by-another-thread", test_busy);
  ADD ("nested-in-a-callback", test_nested);
  ADD ("nested-deeply", test_deep);
  ADD ("nested-in-what-is-waited-for", test_waits_for_caller);
  ADD ("between-two-kicks", test_beside_a_host);
  ADD ("leaves-the-rest-to-the-host", test_leftovers);
  ADD ("closed-inside", test_closed_inside);
  ADD ("closed-inside-and-obeyed", test_closed_inside_obeyed);
  ADD ("virtual-clock-jumps", test_virtual_clock);
  ADD ("virtual-clock-waits-for-threads", test_virtual_clock_and_thread);

  return g_test_run ();
}
