/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for RTLD_NEXT */
#endif

#include "base/pillion-io-thread.h"
#include "base/pillion-watch.h"
#include "../test-support.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/pillion-sync.h"

static void
join (void)
{
  g_assert_true (pillion_io_thread_join (g_get_monotonic_time () + 60 * G_USEC_PER_SEC));
}

/* A thread that is held up before it wakes another one: until the I/O thread, which it lets go on, has ended */
typedef struct
{
  PillionIoThread *io;
  Gate let_go;
  Gate dropped;
} Late;

/* Of this thread, or NULL */
static __thread Late *late;

/* In place of GLib's */
void
g_main_context_wakeup (GMainContext *context)
{
  void (*real) (GMainContext *context) = (void (*) (GMainContext *)) dlsym (RTLD_NEXT, "g_main_context_wakeup");

  if (late != NULL)
    {
      Late *self = g_steal_pointer (&late);

      gate_open (&self->let_go);
      gate_wait (&self->dropped);
      join ();
    }

  real (context);
}

typedef struct
{
  PillionIoThread *io;
  GThread *thread;
  GMainContext *context;
  GString *order;
  char letter;
  Gate *gate;
} Job;

static void
note (gpointer data)
{
  Job *self = data;

  self->thread = g_thread_self ();
  self->context = g_main_context_get_thread_default ();
  g_string_append_c (self->order, self->letter);
  if (self->gate != NULL)
    gate_open (self->gate);
}

static void
test_posts (void)
{
  g_autoptr (GString) order = g_string_new (NULL);
  PillionIoThread *io = pillion_io_thread_ref (NULL);
  Gate gate = GATE_INIT;
  Job jobs[3] = { 0 };

  for (guint i = 0; i < 3; i++)
    {
      jobs[i] = (Job) { io, NULL, NULL, order, 'a' + i, i == 2 ? &gate : NULL };
      pillion_io_thread_post (io, note, &jobs[i]);
    }
  gate_wait (&gate);

  g_assert_cmpstr (order->str, ==, "abc");
  for (guint i = 0; i < 3; i++)
    {
      g_assert_true (jobs[i].thread == jobs[0].thread);
      g_assert_true (jobs[i].thread != g_thread_self ());
      g_assert_true (jobs[i].context == pillion_io_thread_get_context (io));
    }

  pillion_io_thread_unref (io);
  join ();
}

typedef struct
{
  PillionIoThread *io;
  guint n_left;
  Gate done;
} Chain;

static void
post_next (gpointer data)
{
  Chain *self = data;

  if (self->n_left-- > 0)
    pillion_io_thread_post (self->io, post_next, self);
  else
    gate_open (&self->done);
}

/* Nothing but the job itself can have the thread run the next one */
static void
test_job_posts (void)
{
  PillionIoThread *io = pillion_io_thread_ref (NULL);
  Chain chain = { io, 1000, GATE_INIT };

  pillion_io_thread_post (io, post_next, &chain);
  gate_wait (&chain.done);

  pillion_io_thread_unref (io);
  join ();
}

static void
test_shared (void)
{
  PillionIoThread *first = pillion_io_thread_ref (NULL);
  PillionIoThread *second = pillion_io_thread_ref (NULL);

  g_assert_true (first == second);
  pillion_io_thread_unref (first);
  /* It is still in use */
  g_assert_true (pillion_io_thread_join (0));
  pillion_io_thread_unref (second);
  join ();
  /* Nothing is left to join */
  g_assert_true (pillion_io_thread_join (0));
}

static void
test_runs_what_was_posted (void)
{
  enum { N = 1000 };
  g_autoptr (GString) order = g_string_new (NULL);
  PillionIoThread *io = pillion_io_thread_ref (NULL);
  Job job = { io, NULL, NULL, order, 'x', NULL };

  for (guint i = 0; i < N; i++)
    pillion_io_thread_post (io, note, &job);
  pillion_io_thread_unref (io);
  join ();
  g_assert_cmpuint (order->len, ==, N);
}

static void
let_go_of_it (gpointer data)
{
  Job *self = data;

  g_string_append_c (self->order, 'x');
  pillion_io_thread_unref (self->io);
  gate_open (self->gate);
}

static void
test_last_reference_on_itself (void)
{
  g_autoptr (GString) order = g_string_new (NULL);
  Gate gate = GATE_INIT;
  Job job = { pillion_io_thread_ref (NULL), NULL, NULL, order, 'x', &gate };

  pillion_io_thread_post (job.io, let_go_of_it, &job);
  gate_wait (&gate);
  join ();
  g_assert_cmpstr (order->str, ==, "x");
}

/* The last test: ThreadSanitizer reports a thread that needs to be joined, and was not */
static void
test_not_joined (void)
{
  g_autoptr (GString) order = g_string_new (NULL);
  static Gate gate = GATE_INIT; /* the thread lets go of it last of all */
  Job job = { pillion_io_thread_ref (NULL), NULL, NULL, order, 'x', &gate };

  pillion_io_thread_post (job.io, let_go_of_it, &job);
  gate_wait (&gate);
}

static void
block (gpointer data)
{
  Gate **gates = data;

  gate_open (gates[0]);
  gate_wait (gates[1]);
}

static void
test_join_in_time (void)
{
  PillionIoThread *io = pillion_io_thread_ref (NULL);
  Gate begun = GATE_INIT, let_go = GATE_INIT;
  Gate *gates[] = { &begun, &let_go };

  pillion_io_thread_post (io, block, gates);
  gate_wait (&begun);
  pillion_io_thread_unref (io);
  g_assert_false (pillion_io_thread_join (g_get_monotonic_time () + 1000));
  gate_open (&let_go);
  join ();
}

static void
drop (gpointer data)
{
  Late *self = data;

  pillion_io_thread_unref (self->io);
  gate_open (&self->dropped);
}

/* Whoever posts what drops the last reference may be held up before it wakes the thread, which is awake already */
static void
test_late_wakeup (void)
{
  Late self = { pillion_io_thread_ref (NULL), GATE_INIT, GATE_INIT };
  Gate begun = GATE_INIT;
  Gate *gates[] = { &begun, &self.let_go };

  pillion_io_thread_post (self.io, block, gates);
  gate_wait (&begun);
  late = &self;
  pillion_io_thread_post (self.io, drop, &self);
  g_assert_null (late);
}

static void
count (gpointer data)
{
  add_atomic (data, 1);
}

static void
test_new_one_after_the_end (void)
{
  int n = 0;

  for (guint i = 0; i < 20; i++)
    {
      PillionIoThread *io = pillion_io_thread_ref (NULL);

      pillion_io_thread_post (io, count, &n);
      pillion_io_thread_unref (io);
    }
  join ();
  g_assert_cmpint (n, ==, 20);
}

typedef struct
{
  GMainContext *context;
  Gate done;
  guint n_jobs;
  guint n_before; /* how many jobs had run when another source had its turn */
} Turn;

static gboolean
take_turn (gpointer data)
{
  Turn *self = data;

  self->n_before = self->n_jobs;
  return G_SOURCE_REMOVE;
}

static void
want_turn (gpointer data)
{
  Turn *self = data;
  GSource *source = g_idle_source_new ();

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, take_turn, self, NULL);
  g_source_attach (source, self->context);
  g_source_unref (source);
}

static void
count_job (gpointer data)
{
  ((Turn *) data)->n_jobs++;
}

static void
end_turn (gpointer data)
{
  gate_open (&((Turn *) data)->done);
}

typedef void (*Post) (PillionIoThread *io,
                      PillionIoFunc    func,
                      gpointer         data);

/* Another source has its turn before all of many jobs have run; more of those that end something come first */
static guint
get_jobs_before_turn (Post post_job)
{
  enum { N = 1000 };
  PillionIoThread *io = pillion_io_thread_ref (NULL);
  Gate begun = GATE_INIT, let_go = GATE_INIT;
  Gate *gates[] = { &begun, &let_go };
  Turn turn = { .context = pillion_io_thread_get_context (io), .done = GATE_INIT, .n_before = G_MAXUINT };

  /* So that all of them are there when the thread looks */
  pillion_io_thread_post (io, block, gates);
  gate_wait (&begun);
  pillion_io_thread_post (io, want_turn, &turn);
  for (guint i = 0; i < N; i++)
    post_job (io, count_job, &turn);
  pillion_io_thread_post (io, end_turn, &turn);
  gate_open (&let_go);
  gate_wait (&turn.done);

  g_assert_cmpuint (turn.n_jobs, ==, N);
  g_assert_cmpuint (turn.n_before, <, N);
  pillion_io_thread_unref (io);
  join ();

  return turn.n_before;
}

static void
test_takes_turns (void)
{
  guint n_jobs = get_jobs_before_turn (pillion_io_thread_post), n_ends = get_jobs_before_turn (pillion_io_thread_post_end);

  g_assert_cmpuint (n_ends, >, 4 * n_jobs);
}

/* The watch */

typedef struct
{
  PillionWatch *watch;
  Gate rung;
  int pipes[2][2];
  GPollFD fds[2];
} Fixture;

static void
on_ready (gpointer data)
{
  gate_open (data);
}

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  const Gate gate = GATE_INIT;

  fixture->rung = gate;
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (g_unix_open_pipe (fixture->pipes[i], FD_CLOEXEC, NULL));
      fixture->fds[i] = (GPollFD) { fixture->pipes[i][0], G_IO_IN, 0 };
    }
  fixture->watch = pillion_watch_new (on_ready, NULL, &fixture->rung);
  g_assert_nonnull (fixture->watch);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  pillion_watch_free (fixture->watch);
  join ();
  for (guint i = 0; i < 4; i++)
    close (fixture->pipes[i / 2][i % 2]);
}

static void
put (int fd)
{
  g_assert_cmpint (write (fd, "x", 1), ==, 1);
}

static void
test_watch_rings (Fixture *fixture,
                  gconstpointer data)
{
  g_assert_true (pillion_watch_set (fixture->watch, fixture->fds, 2, FALSE));
  g_assert_true (pillion_watch_is (fixture->watch, fixture->fds, 2));
  g_assert_false (pillion_watch_is (fixture->watch, fixture->fds, 1));
  g_assert_false (pillion_watch_peek_flag (fixture->watch));
  g_assert_false (pillion_watch_take_flag (fixture->watch));

  put (fixture->pipes[0][1]);
  gate_wait_for (&fixture->rung, 1);
  g_assert_true (pillion_watch_peek_flag (fixture->watch));
  g_assert_true (pillion_watch_take_flag (fixture->watch));
  g_assert_false (pillion_watch_take_flag (fixture->watch));

  /* Each change is reported, even if the last one was not read */
  put (fixture->pipes[1][1]);
  gate_wait_for (&fixture->rung, 2);
  put (fixture->pipes[1][1]);
  gate_wait_for (&fixture->rung, 3);
  g_assert_true (pillion_watch_take_flag (fixture->watch));
}

static void
test_watch_sees_what_is_ready (Fixture *fixture,
                               gconstpointer data)
{
  put (fixture->pipes[0][1]);
  g_assert_true (pillion_watch_set (fixture->watch, fixture->fds, 1, FALSE));
  gate_wait_for (&fixture->rung, 1);
  g_assert_true (pillion_watch_take_flag (fixture->watch));

  /* Reported again if asked for */
  g_assert_true (pillion_watch_set (fixture->watch, fixture->fds, 1, TRUE));
  gate_wait_for (&fixture->rung, 2);
}

static void
test_watch_freed_is_silent (Fixture *fixture,
                            gconstpointer data)
{
  for (guint i = 0; i < 200; i++)
    {
      Gate gate = GATE_INIT;
      PillionWatch *watch = pillion_watch_new (on_ready, NULL, &gate);
      int before;

      pillion_watch_set (watch, fixture->fds, 1, FALSE);
      put (fixture->pipes[0][1]);
      pillion_watch_free (watch);
      before = gate_get_count (&gate);
      g_thread_yield ();
      g_assert_cmpint (gate_get_count (&gate), ==, before);
    }
}

/* What closing a loop guarantees: once the last watch is freed, the thread can be waited for */
static void
test_watch_lets_the_thread_go (void)
{
  for (guint i = 0; i < 200; i++)
    {
      PillionWatch *watch = pillion_watch_new (on_ready, NULL, NULL);
      PillionIoThread *io = pillion_io_thread_ref (NULL);
      GMainContext *context = g_main_context_ref (pillion_io_thread_get_context (io));

      pillion_io_thread_unref (io);
      pillion_watch_free (watch);
      join ();
      /* Nothing runs it any more */
      g_assert_true (g_main_context_acquire (context));
      g_main_context_release (context);
      g_main_context_unref (context);
    }
}

/* A thread that is starting holds locks of GLib's, which a child would never get */
static void
wait_for_start (PillionIoThread *io)
{
  g_autoptr (GString) order = g_string_new (NULL);
  Gate gate = GATE_INIT;
  Job job = { io, NULL, NULL, order, 'a', &gate };

  pillion_io_thread_post (io, note, &job);
  gate_wait (&gate);
}

/* The child of a fork has no such thread, and gets its own */
static void
test_fork (void)
{
  PillionIoThread *io;
  char answer = 'n';
  int pipe[2];
  pid_t child;

  if (skip_fork ())
    return;

  io = pillion_io_thread_ref (NULL);
  wait_for_start (io);
  g_assert_true (g_unix_open_pipe (pipe, FD_CLOEXEC, NULL));
  child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      PillionIoThread *own = pillion_io_thread_ref (NULL);
      g_autoptr (GString) order = g_string_new (NULL);
      Gate gate = GATE_INIT;
      Job job = { own, NULL, NULL, order, 'a', &gate };

      /* Kills a child that hangs */
      alarm (60);
      /* The last reference to the parent's thread leaves this one alone */
      pillion_io_thread_unref (io);
      g_assert_true (pillion_io_thread_ref (NULL) == own);
      pillion_io_thread_unref (own);
      pillion_io_thread_post (own, note, &job);
      gate_wait (&gate);
      pillion_io_thread_unref (own);
      join ();
      answer = own != io ? 'y' : 'n';
      g_assert_cmpint (write (pipe[1], &answer, 1), ==, 1);
      /* Without an orderly exit: what the parent's threads have on their stacks would count as leaked */
      raise (SIGKILL);
    }

  close (pipe[1]);
  g_assert_cmpint (read (pipe[0], &answer, 1), ==, 1);
  g_assert_cmpint (answer, ==, 'y');
  close (pipe[0]);
  g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
  pillion_io_thread_unref (io);
  join ();
}

static void
open_gate (GTask *task,
           gpointer source_object,
           gpointer gate,
           GCancellable *cancellable)
{
  gate_open (gate);
  g_task_return_boolean (task, TRUE);
}

static void
run_gtask (void)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);
  Gate gate = GATE_INIT;

  g_task_set_task_data (task, &gate, NULL);
  g_task_run_in_thread (task, open_gate);
  gate_wait (&gate);
  while (!g_task_get_completed (task))
    g_main_context_iteration (NULL, TRUE);
}

/* GIO looks up names and proxies on threads that a forked child does not have */
static void
test_gtask_after_fork (void)
{
  PillionIoThread *io;
  int status;
  pid_t child;

  if (skip_fork ())
    return;

  io = pillion_io_thread_ref (NULL);
  wait_for_start (io);
  run_gtask ();
  while (g_thread_pool_get_num_unused_threads () == 0)
    g_usleep (1000);
  /* It is counted a moment before it waits without a lock */
  g_usleep (20000);
  child = fork ();
  g_assert_cmpint (child, >=, 0);
  if (child == 0)
    {
      g_autoptr (GString) order = g_string_new (NULL);
      PillionIoThread *own = pillion_io_thread_ref (NULL);
      Gate gate = GATE_INIT;
      Job job = { own, NULL, NULL, order, 'a', &gate };

      /* Kills a child that hangs */
      alarm (10);
      pillion_io_thread_post (own, note, &job);
      gate_wait (&gate);
      run_gtask ();
      /* Without an orderly exit: what the parent's threads have on their stacks would count as leaked */
      raise (SIGKILL);
    }

  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (WTERMSIG (status), ==, SIGKILL);
  pillion_io_thread_unref (io);
  join ();
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/core/io-thread/runs-posts-in-order-in-its-own-context", test_posts);
  g_test_add_func ("/core/io-thread/jobs-post-jobs", test_job_posts);
  g_test_add_func ("/core/io-thread/is-one-for-all-and-ends-with-the-last", test_shared);
  g_test_add_func ("/core/io-thread/runs-all-that-was-posted-before-it-ends", test_runs_what_was_posted);
  g_test_add_func ("/core/io-thread/gives-other-sources-their-turn-between-jobs", test_takes_turns);
  g_test_add_func ("/core/io-thread/join-has-a-deadline", test_join_in_time);
  g_test_add_func ("/core/io-thread/may-drop-its-own-last-reference", test_last_reference_on_itself);
  g_test_add_func ("/core/io-thread/may-end-before-it-is-woken", test_late_wakeup);
  g_test_add_func ("/core/io-thread/begins-anew-after-its-end", test_new_one_after_the_end);
  g_test_add_func ("/core/io-thread/begins-anew-after-a-fork", test_fork);
  g_test_add_func ("/core/io-thread/gtask-has-threads-after-a-fork", test_gtask_after_fork);
#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/core/watch/rings-at-each-change", test_watch_rings);
  ADD ("/core/watch/rings-for-what-is-ready-when-it-is-set", test_watch_sees_what_is_ready);
  ADD ("/core/watch/is-silent-once-freed", test_watch_freed_is_silent);
  g_test_add_func ("/core/watch/lets-the-thread-be-joined-once-freed", test_watch_lets_the_thread_go);
  g_test_add_func ("/core/io-thread/needs-no-join", test_not_joined);

  return g_test_run ();
}
