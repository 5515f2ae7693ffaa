/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"
#include "../host/fake-host.h"
#include "../io-thread-support.h"
#include "core/pillion-binding.h"

#include <glib-unix.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* The last reference to a loop may be dropped anywhere, and a fork may come at any time */

static gpointer
drop (gpointer object)
{
  g_object_unref (object);
  return NULL;
}

static void
drop_elsewhere (gpointer object)
{
  gpointer weak = object;

  g_object_add_weak_pointer (object, &weak);
  g_thread_join (g_thread_new ("collector", drop, object));
  g_assert_null (weak);
}

static void
test_default_loop (void)
{
  PillionLoop *loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  PillionLoop *again;

  g_assert_true (pillion_loop_get_default () == loop);
  g_assert_cmpuint (pillion_loop_get_flags (loop), ==, PILLION_LOOP_PRIVATE_CONTEXT);
  drop_elsewhere (loop);

  /* Nothing is left of it: neither the loop nor its context */
  again = pillion_loop_get_default ();
  g_assert_true (PILLION_IS_LOOP (again));
  g_assert_null (g_main_context_get_thread_default ());
  g_assert_true (pillion_loop_get_context (again) == g_main_context_default ());
  g_assert_true (pillion_loop_close (again, -1, NULL));
}

static gboolean
stop_source (gpointer data)
{
  return G_SOURCE_REMOVE;
}

static void
ask_for_default (gpointer n)
{
  g_assert_nonnull (pillion_loop_get_default ());
  (*(int *) n)++;
}

/* The end of the context, and so of its sources, may call anything */
static void
test_source_in_leftover (void)
{
  PillionLoop *loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  GSource *source = g_idle_source_new ();
  int n = 0;

  g_source_set_callback (source, stop_source, &n, ask_for_default);
  g_source_attach (source, pillion_loop_get_context (loop));
  g_source_unref (source);
  drop_elsewhere (loop);
  g_assert_true (pillion_loop_close (pillion_loop_get_default (), -1, NULL));
  g_assert_cmpint (n, ==, 1);
}

/* A context on top of another is popped once that one is gone */
static void
test_stacked_contexts (void)
{
  PillionLoop *below = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  PillionLoop *above = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);

  drop_elsewhere (below);
  g_assert_true (pillion_loop_get_default () == above);
  loop_end (above);
  g_assert_null (g_main_context_get_thread_default ());
}

static void
test_acquired_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionHost) host = PILLION_HOST (fake_host_new ("lifetime"));
  g_autoptr (PillionHost) next_host = PILLION_HOST (fake_host_new ("lifetime, next"));
  PillionLoop *loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  PillionLoop *next;

  g_assert_true (pillion_loop_ensure (loop, host, NULL));
  g_assert_true (g_main_context_is_owner (context));
  drop_elsewhere (loop);
  /* It would have to be notified on its own thread */
  FAKE_HOST (host)->loop = NULL;

  /* The next one does not believe that something else runs the context */
  next = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  g_assert_false (g_main_context_is_owner (context));
  g_assert_true (pillion_loop_ensure (next, next_host, NULL));
  g_assert_false (pillion_loop_is_passenger (next));
  loop_end (next);
}

static gpointer
end_with_leftover (gpointer data)
{
  PillionLoop *loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);

  drop_elsewhere (loop);
  return NULL;
}

static void
test_thread_ends (void)
{
  for (int i = 0; i < 10; i++)
    g_thread_join (g_thread_new ("short", end_with_leftover, NULL));
}

static void
count (gpointer n)
{
  (*(int *) n)++;
}

static gpointer
leave_private_loop (gpointer n)
{
  PillionLoop *loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  GSource *source = g_idle_source_new ();

  g_source_set_callback (source, stop_source, n, count);
  g_source_attach (source, pillion_loop_get_context (loop));
  g_source_unref (source);
  return loop;
}

/* Nothing is left of it: neither the loop nor its context */
static void
test_thread_ended_before (void)
{
  int n = 0;
  PillionLoop *loop = g_thread_join (g_thread_new ("short", leave_private_loop, &n));

  g_object_unref (loop);
  g_assert_cmpint (n, ==, 1);
}

static gpointer
leave_riding_loop (gpointer context)
{
  g_autoptr (PillionHost) host = PILLION_HOST (fake_host_new ("lifetime, short"));
  PillionLoop *loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);

  g_assert_true (pillion_loop_ensure (loop, host, NULL));
  g_assert_true (g_main_context_is_owner (context));
  FAKE_HOST (host)->loop = NULL;
  return loop;
}

static gpointer
end_riding_loop (gpointer context)
{
  drop_elsewhere (leave_riding_loop (context));
  return NULL;
}

/* Others can have the context that it had acquired, even while the loop lasts */
static void
test_thread_ends_with_context (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PillionLoop *loop = g_thread_join (g_thread_new ("short", leave_riding_loop, context));

  g_assert_true (g_main_context_acquire (context));
  g_main_context_release (context);
  g_object_unref (loop);
  g_assert_true (g_main_context_acquire (context));
  g_main_context_release (context);

  g_thread_join (g_thread_new ("short", end_riding_loop, context));
  g_assert_true (g_main_context_acquire (context));
  g_main_context_release (context);
}

static gpointer
ask_with_context (gpointer context)
{
  g_main_context_push_thread_default (context);
  g_assert_true (pillion_loop_is_on_thread (pillion_loop_get_default ()));
  g_main_context_pop_thread_default (context);
  return NULL;
}

/* The next thread that has the context gets a loop that it can use */
static void
test_default_of_ended_thread (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PillionLoop *loop;

  g_thread_join (g_thread_new ("short", ask_with_context, context));
  g_main_context_push_thread_default (context);
  loop = pillion_loop_get_default ();
  g_assert_true (pillion_loop_is_on_thread (loop));
  g_assert_true (pillion_loop_get_default () == loop);
  g_assert_true (pillion_loop_close (loop, -1, NULL));
  g_main_context_pop_thread_default (context);
}

/* Forks */

static void
work (PillionTask *task,
      GCancellable *cancellable,
      gpointer data)
{
  pillion_task_return_boolean (task, TRUE);
}

static void
never (gpointer data)
{
  g_assert_not_reached ();
}

/* The child's result: 0, or the number of the step that failed */
static char
use_in_child (PillionLoop *loop,
              PillionTask *pending)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionTask) task = NULL;
  PillionLoop *own;

  if (!pillion_loop_is_closed (loop) || pillion_loop_kick (loop))
    return 1;

  task = pillion_loop_run_in_thread (loop, "in the child", NULL, work, NULL, NULL);
  if (pillion_loop_run_until_complete (loop, task, &error) || !g_error_matches (error, PILLION_ERROR, PILLION_ERROR_CLOSED) ||
      strstr (error->message, "fork") == NULL)
    return 2;
  g_clear_error (&error);

  if (pillion_loop_run_until_complete (loop, pending, &error) || !g_error_matches (error, PILLION_ERROR, PILLION_ERROR_CLOSED))
    return 3;
  g_clear_error (&error);

  if (pillion_loop_ensure (loop, NULL, &error) || !g_error_matches (error, PILLION_ERROR, PILLION_ERROR_CLOSED))
    return 4;

  /* Its own loop works, including threads */
  own = pillion_loop_get_default ();
  if (own == loop || pillion_loop_is_closed (own))
    return 5;
  g_clear_object (&task);
  task = pillion_loop_run_in_thread (own, "work", NULL, work, NULL, NULL);
  if (!pillion_loop_run_until_complete (own, task, NULL))
    return 6;
  return pillion_loop_close (own, -1, NULL) ? 0 : 7;
}

static void
test_fork (void)
{
  g_autoptr (PillionTask) pending = NULL;
  g_autoptr (PillionTask) task = NULL;
  PillionLoop *loop;
  char failed_step = -1;
  int pipe[2];
  pid_t child;

  if (skip_fork ())
    return;

  loop = pillion_loop_get_default ();
  task = pillion_loop_run_in_thread (loop, "before", NULL, work, NULL, NULL);
  pending = pillion_task_new (loop, "pending", NULL);
  g_assert_true (pillion_loop_run_until_complete (loop, task, NULL));
  pillion_loop_kick (loop);
  pillion_loop_call_later (loop, G_TIME_SPAN_HOUR, never, NULL, NULL);
  /* A thread that is just starting has locks that the child would find locked */
  test_wait_io_thread ();

  g_assert_true (g_unix_open_pipe (pipe, FD_CLOEXEC, NULL));
  child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      /* Kills a child that hangs */
      alarm (20);
      failed_step = use_in_child (loop, pending);
      if (write (pipe[1], &failed_step, 1) != 1)
        _exit (1);
      /* Not an orderly exit: valgrind would count what the parent's threads have on their stacks as leaked */
      raise (SIGKILL);
    }

  close (pipe[1]);
  g_assert_cmpint (read (pipe[0], &failed_step, 1), ==, 1);
  g_assert_cmpint (failed_step, ==, 0);
  close (pipe[0]);
  g_assert_cmpint (waitpid (child, NULL, 0), ==, child);

  /* The parent's loop carries on */
  g_assert_false (pillion_loop_is_closed (loop));
  g_clear_object (&task);
  task = pillion_loop_run_in_thread (loop, "after", NULL, work, NULL, NULL);
  g_assert_true (pillion_loop_run_until_complete (loop, task, NULL));
  pillion_task_return_boolean (pending, TRUE);
  g_assert_true (pillion_loop_close (loop, -1, NULL));
}

/* Code that waits for a task may drop the loop right afterwards, whatever the threads that worked on it still
 * have to do */

typedef struct
{
  Gate dropped;
  Gate freed;
  Gate loop_gone;
} Drop;

static void
work_on (PillionTask *task,
         GCancellable *cancellable,
         gpointer data)
{
  pillion_task_return_boolean (task, TRUE);
  /* The waiter is faster than this thread */
  gate_wait (&((Drop *) data)->dropped);
}

static void
data_freed (gpointer data)
{
  gate_open (&((Drop *) data)->freed);
}

static void
loop_gone (gpointer data,
           GObject *loop)
{
  gate_open (data);
}

static void
test_dropped_after_a_wait (void)
{
  static Drop drops[50]; /* the threads release their gates last */

  for (gsize i = 0; i < G_N_ELEMENTS (drops); i++)
    {
      PillionLoop *loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
      PillionTask *task;

      drops[i] = (Drop) { GATE_INIT, GATE_INIT, GATE_INIT };
      task = pillion_loop_run_in_thread (loop, "work", NULL, work_on, &drops[i], data_freed);
      g_object_weak_ref (G_OBJECT (loop), loop_gone, &drops[i].loop_gone);
      g_assert_true (pillion_loop_run_until_complete (loop, task, NULL));
      g_object_unref (task);
      g_object_unref (loop);
      gate_open (&drops[i].dropped);
      gate_wait (&drops[i].freed);
      gate_wait (&drops[i].loop_gone);
    }
}

static gpointer
cancel (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return NULL;
}

static void
cancel_elsewhere (PillionTask *task,
                  gpointer cancellable)
{
  g_thread_join (g_thread_new ("canceller", cancel, cancellable));
}

static void
on_waited (GObject *source,
           GAsyncResult *result,
           gpointer data)
{
  g_assert_true (pillion_task_wait_finish (PILLION_TASK (source), result, NULL));
  *(gboolean *) data = TRUE;
}

static void
use_up_the_slice (PillionTask *task,
                  gpointer data)
{
  spin_for (2000);
}

/* A thread ends a wait that is about to be over, and what it pushes is in the loop's queue when the loop is
 * dropped */
static void
test_wait_given_up_late (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  PillionLoop *loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  PillionTask *task = pillion_task_new (loop, "work", NULL);
  gboolean waited = FALSE;

  g_main_context_push_thread_default (context);
  pillion_task_add_done_callback (task, cancel_elsewhere, cancellable, NULL);
  pillion_task_wait_async (task, cancellable, on_waited, &waited);
  pillion_task_add_done_callback (task, use_up_the_slice, NULL, NULL);
  g_main_context_pop_thread_default (context);
  pillion_task_return_boolean (task, TRUE);
  g_assert_true (pillion_loop_run_until_complete (loop, task, NULL));
  /* GLib calls back in a turn of the context that is not one of the loop's */
  while (!waited)
    g_main_context_iteration (context, TRUE);
  g_assert_cmpint (pillion_loop_get_deadline (loop), ==, 0);

  g_object_add_weak_pointer (G_OBJECT (loop), (gpointer *) &loop);
  g_object_unref (task);
  g_object_unref (loop);
  g_assert_null (loop);
}

static gint64
report_nothing (PillionPollSource *source,
                gint64 deadline_usec,
                gpointer data)
{
  return -1;
}

static gpointer
ring (gpointer source)
{
  pillion_poll_source_ring (source);
  return NULL;
}

static void
ring_elsewhere (PillionTask *task,
                gpointer source)
{
  g_thread_join (g_thread_new ("ringer", ring, source));
}

static void
test_poll_source_rung_late (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PillionLoop *loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  PillionPollSource *source = pillion_poll_source_new (loop, -1);
  PillionTask *task = pillion_task_new (loop, "work", NULL);

  pillion_poll_source_set_callback (source, report_nothing, NULL, NULL);
  pillion_task_add_done_callback (task, ring_elsewhere, source, NULL);
  pillion_task_return_boolean (task, TRUE);
  g_assert_true (pillion_loop_run_until_complete (loop, task, NULL));

  g_object_add_weak_pointer (G_OBJECT (loop), (gpointer *) &loop);
  g_object_unref (task);
  pillion_poll_source_close (source);
  g_object_unref (source);
  g_object_unref (loop);
  g_assert_null (loop);
}

/* The source is notified of the task in the same kick that ends the wait for it */
static void
test_poll_source_told_late (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PillionLoop *loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  PillionPollSource *source = pillion_poll_source_new (loop, -1);
  PillionTask *task = pillion_task_new (loop, "work", NULL);

  pillion_poll_source_set_callback (source, report_nothing, NULL, NULL);
  g_assert_true (pillion_poll_source_watch_task (source, task));
  pillion_task_return_boolean (task, TRUE);
  g_assert_true (pillion_loop_run_until_complete (loop, task, NULL));

  g_object_add_weak_pointer (G_OBJECT (loop), (gpointer *) &loop);
  g_object_unref (task);
  pillion_poll_source_close (source);
  g_object_unref (source);
  g_object_unref (loop);
  g_assert_null (loop);
}

static gpointer
close_source (gpointer source)
{
  pillion_poll_source_close (source);
  return NULL;
}

static void
free_flag (gpointer data)
{
  *(gboolean *) data = TRUE;
}

/* The loop's part of the end is in its queue, and is done when the loop is dropped */
static void
test_poll_source_closed_elsewhere (gconstpointer func)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PillionLoop *loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  PillionPollSource *source = pillion_poll_source_new (loop, -1);
  g_autoptr (PillionTask) pending = pillion_task_new (loop, "pending", NULL);
  gboolean freed = FALSE;

  pillion_poll_source_set_callback (source, report_nothing, &freed, free_flag);
  pillion_poll_source_set_busy (source, TRUE);
  g_assert_true (pillion_poll_source_watch_task (source, pending));
  g_thread_join (g_thread_new ("closer", (GThreadFunc) (gpointer) func, source));
  if (func == close_source)
    g_object_unref (source);
  pillion_task_return_boolean (pending, TRUE);
  g_assert_true (pillion_loop_run_until_complete (loop, pending, NULL));
  g_assert_true (freed);

  freed = FALSE;
  source = pillion_poll_source_new (loop, -1);
  pillion_poll_source_set_callback (source, report_nothing, &freed, free_flag);
  pillion_poll_source_set_busy (source, TRUE);
  g_thread_join (g_thread_new ("closer", (GThreadFunc) (gpointer) func, source));
  if (func == close_source)
    g_object_unref (source);
  g_clear_object (&pending);
  g_object_add_weak_pointer (G_OBJECT (loop), (gpointer *) &loop);
  g_object_unref (loop);
  g_assert_null (loop);
  g_assert_true (freed);
}

static void
say_progress_and_end (PillionTask *task,
                      gpointer other)
{
  pillion_task_set_progress (other, 2, 2);
  pillion_task_return_boolean (other, TRUE);
}

/* What is reported at most once per kick waits for the next one, and there is none */
static void
test_progress_said_late (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PillionLoop *loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  PillionTask *task = pillion_task_new (loop, "work", NULL);
  PillionTask *first = pillion_task_new (loop, "first", NULL);

  pillion_task_set_progress (task, 1, 2);
  pillion_task_add_done_callback (first, say_progress_and_end, task, NULL);
  pillion_task_return_boolean (first, TRUE);
  g_assert_true (pillion_loop_run_until_complete (loop, task, NULL));
  g_assert_cmpint (pillion_task_get_completed (task), ==, 2);

  g_object_add_weak_pointer (G_OBJECT (loop), (gpointer *) &loop);
  g_object_unref (first);
  g_object_unref (task);
  g_object_unref (loop);
  g_assert_null (loop);
}

/* Nobody looks at what a task got, or at why it failed, and another thread has the last reference to the task */

static gpointer
cancel_and_drop (gpointer task)
{
  pillion_task_cancel (task);
  g_object_unref (task);
  return NULL;
}

static PillionTask *
get_permit (PillionLoop *loop,
            gpointer *giver)
{
  *giver = pillion_semaphore_new (loop, 1);
  return pillion_semaphore_acquire (*giver);
}

static PillionTask *
get_item (PillionLoop *loop,
          gpointer *giver)
{
  *giver = pillion_queue_new (loop, 0);
  g_object_unref (pillion_queue_put_pointer (*giver, "item", NULL));
  return pillion_queue_get (*giver);
}

static PillionTask *
get_completion (PillionLoop *loop,
                gpointer *giver)
{
  PillionTask *task = pillion_task_new (loop, "work", NULL);

  *giver = pillion_completions_new (loop, &task, 1, NULL);
  pillion_task_return_boolean (task, TRUE);
  g_object_unref (task);
  return pillion_completions_next (*giver);
}

static void
test_unwanted_elsewhere (gconstpointer func)
{
  PillionTask *(*get) (PillionLoop *loop, gpointer *giver) = (gpointer) func;

  for (int i = 0; i < 2; i++)
    {
      gboolean kicked = i == 0;
      g_autoptr (GMainContext) context = g_main_context_new ();
      PillionLoop *loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
      gpointer giver;
      PillionTask *task = get (loop, &giver);

      while (pillion_loop_get_live_tasks (loop) > 0)
        pillion_loop_kick (loop);
      g_assert_true (pillion_task_is_done (task));
      g_thread_join (g_thread_new ("canceller", cancel_and_drop, task));
      if (kicked)
        {
          pillion_loop_kick (loop);
          if (PILLION_IS_SEMAPHORE (giver))
            g_assert_cmpuint (pillion_semaphore_get_available (giver), ==, 1);
          else if (PILLION_IS_QUEUE (giver))
            g_assert_cmpuint (pillion_queue_get_length (giver), ==, 1);
          else
            g_assert_cmpuint (pillion_completions_get_n_left (giver), ==, 1);
        }

      g_object_unref (giver);
      g_object_add_weak_pointer (G_OBJECT (loop), (gpointer *) &loop);
      g_object_unref (loop);
      g_assert_null (loop);
    }
}

/* Tasks that were not handed out keep the loop no longer than the completions */
static void
test_completions_elsewhere (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  PillionLoop *loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  gpointer completions;
  PillionTask *task = get_completion (loop, &completions);

  while (pillion_loop_get_live_tasks (loop) > 0)
    pillion_loop_kick (loop);
  pillion_task_cancel (task);
  g_object_unref (task);
  g_assert_cmpuint (pillion_completions_get_n_left (completions), ==, 1);
  drop_elsewhere (completions);
  g_object_add_weak_pointer (G_OBJECT (loop), (gpointer *) &loop);
  g_object_unref (loop);
  g_assert_null (loop);
}

static void
on_unhandled (PillionLoop *loop,
              PillionTask *task,
              GError *error,
              gpointer kept)
{
  *(PillionTask **) kept = g_object_ref (task);
}

static void
test_failure_elsewhere (void)
{
  for (int i = 0; i < 2; i++)
    {
      gboolean kicked = i == 0;
      g_autoptr (GMainContext) context = g_main_context_new ();
      PillionLoop *loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
      PillionTask *task = pillion_task_new (loop, "failing", NULL);
      PillionTask *kept = NULL;

      g_signal_connect (loop, "unhandled-error", G_CALLBACK (on_unhandled), &kept);
      pillion_task_return_new_error (task, PILLION_ERROR, PILLION_ERROR_FAILED, "broken");
      while (pillion_loop_get_live_tasks (loop) > 0)
        pillion_loop_kick (loop);
      g_thread_join (g_thread_new ("collector", drop, task));
      if (kicked)
        {
          pillion_loop_kick (loop);
          g_assert_true (kept == task);
          g_assert_true (pillion_task_get_loop (kept) == loop);
          g_object_unref (kept);
        }

      g_object_add_weak_pointer (G_OBJECT (loop), (gpointer *) &loop);
      g_object_unref (loop);
      g_assert_null (loop);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/loop/lifetime/dropped-elsewhere-leaves-no-default", test_default_loop);
  g_test_add_func ("/loop/lifetime/source-in-a-context-that-was-left", test_source_in_leftover);
  g_test_add_func ("/loop/lifetime/completions-dropped-elsewhere", test_completions_elsewhere);
  g_test_add_func ("/loop/lifetime/dropped-elsewhere-below-another", test_stacked_contexts);
  g_test_add_func ("/loop/lifetime/dropped-elsewhere-gives-the-context-back", test_acquired_context);
  g_test_add_func ("/loop/lifetime/dropped-elsewhere-and-the-thread-ends", test_thread_ends);
  g_test_add_func ("/loop/lifetime/dropped-after-the-thread-has-ended", test_thread_ended_before);
  g_test_add_func ("/loop/lifetime/a-thread-that-ends-gives-its-contexts-back", test_thread_ends_with_context);
  g_test_add_func ("/loop/lifetime/default-of-a-thread-that-has-ended", test_default_of_ended_thread);
  g_test_add_func ("/loop/lifetime/dropped-after-a-wait-leaves-nothing", test_dropped_after_a_wait);
  g_test_add_func ("/loop/lifetime/dropped-after-a-wait-that-was-given-up-late", test_wait_given_up_late);
  g_test_add_func ("/loop/lifetime/dropped-after-a-poll-source-was-rung", test_poll_source_rung_late);
  g_test_add_func ("/loop/lifetime/dropped-after-a-poll-source-was-told", test_poll_source_told_late);
  g_test_add_data_func ("/loop/lifetime/dropped-after-a-poll-source-was-closed-elsewhere", close_source, test_poll_source_closed_elsewhere);
  g_test_add_data_func ("/loop/lifetime/dropped-after-a-poll-source-was-dropped-elsewhere", drop, test_poll_source_closed_elsewhere);
  g_test_add_func ("/loop/lifetime/dropped-after-progress", test_progress_said_late);
  g_test_add_data_func ("/loop/lifetime/dropped-after-a-permit-that-nobody-took", get_permit, test_unwanted_elsewhere);
  g_test_add_data_func ("/loop/lifetime/dropped-after-an-item-that-nobody-took", get_item, test_unwanted_elsewhere);
  g_test_add_data_func ("/loop/lifetime/completion-that-nobody-took-goes-back", get_completion, test_unwanted_elsewhere);
  g_test_add_func ("/loop/lifetime/dropped-after-a-failure-that-nobody-looked-at", test_failure_elsewhere);
  g_test_add_func ("/loop/lifetime/closed-in-a-forked-child", test_fork);

  return g_test_run ();
}
