/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"
#include "../host/fake-host.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <poll.h>
#include <unistd.h>

/* What sleeping hosts need */

typedef struct
{
  PillionLoop *loop;
  int pipe[2];
  int n;
  GThread *thread;
  int n_wakes; /* atomic */
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  g_assert_true (g_unix_open_pipe (fixture->pipe, FD_CLOEXEC, NULL));
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  loop_end (fixture->loop);
  close (fixture->pipe[0]);
  close (fixture->pipe[1]);
}

static void
count (gpointer data)
{
  Fixture *fixture = data;

  fixture->n++;
  fixture->thread = g_thread_self ();
}

static gboolean
count_source (gpointer data)
{
  count (data);
  return G_SOURCE_REMOVE;
}

static gboolean
read_fd (int fd,
         GIOCondition condition,
         gpointer data)
{
  char byte;

  g_assert_cmpint (read (fd, &byte, 1), ==, 1);
  count (data);
  return G_SOURCE_CONTINUE;
}

static GSource *
attach (Fixture *fixture,
        GSource *source,
        GSourceFunc func)
{
  g_source_set_callback (source, func, fixture, NULL);
  g_source_attach (source, pillion_loop_get_context (fixture->loop));
  g_source_unref (source);
  return source;
}

static gboolean
is_readable (int fd)
{
  struct pollfd poll_fd = { fd, POLLIN, 0 };

  return poll (&poll_fd, 1, 0) == 1;
}

/* A host that sleeps: returns how many kicks it took until @n was reached */
static int
sleep_and_kick (Fixture *fixture,
                int n)
{
  int fd = pillion_loop_get_fd (fixture->loop);
  int n_kicks = 0;

  g_assert_cmpint (fd, >=, 0);
  while (fixture->n < n)
    {
      gint64 deadline = pillion_loop_get_deadline (fixture->loop);
      struct pollfd poll_fd = { fd, pillion_loop_get_events (fixture->loop), 0 };
      int timeout = -1;

      g_assert_cmpint (pillion_loop_get_events (fixture->loop), ==, G_IO_IN);
      if (deadline == 0)
        timeout = 0;
      else if (deadline > 0)
        timeout = MAX (0, (deadline - pillion_loop_get_now (fixture->loop) + 999) / 1000);
      g_assert_cmpint (poll (&poll_fd, 1, timeout), >=, 0);
      pillion_loop_kick (fixture->loop);
      n_kicks++;
    }

  return n_kicks;
}

static void
test_fd_is_one (Fixture *fixture,
                gconstpointer data)
{
  int fd = pillion_loop_get_fd (fixture->loop);

  g_assert_cmpint (fd, >=, 0);
  pillion_loop_kick (fixture->loop);
  g_assert_cmpint (pillion_loop_get_fd (fixture->loop), ==, fd);
  g_assert_false (is_readable (fd));
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, -1);
}

static void
test_fd_of_a_closed_loop (Fixture *fixture,
                          gconstpointer data)
{
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  g_assert_cmpint (pillion_loop_get_fd (fixture->loop), ==, -1);
}

static gpointer
call_from_thread (gpointer data)
{
  Fixture *fixture = data;

  pillion_loop_call_soon_threadsafe (fixture->loop, count, fixture, NULL);
  return NULL;
}

static void
test_fd_thread (Fixture *fixture,
                gconstpointer data)
{
  pillion_loop_hold (fixture->loop);
  for (int i = 1; i <= 50; i++)
    {
      GThread *thread = g_thread_new ("caller", call_from_thread, fixture);

      sleep_and_kick (fixture, i);
      g_thread_join (thread);
      g_assert_true (fixture->thread == g_thread_self ());
    }
  pillion_loop_release (fixture->loop);
}

static void
test_fd_consumed (Fixture *fixture,
                  gconstpointer data)
{
  int fd = pillion_loop_get_fd (fixture->loop);

  g_thread_join (g_thread_new ("caller", call_from_thread, fixture));
  g_thread_join (g_thread_new ("caller", call_from_thread, fixture));
  g_assert_true (is_readable (fd));
  pillion_loop_kick (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 2);
  g_assert_false (is_readable (fd));
}

/* Work that was there before the descriptor was requested */
static void
test_fd_late (Fixture *fixture,
              gconstpointer data)
{
  g_thread_join (g_thread_new ("caller", call_from_thread, fixture));
  g_assert_true (is_readable (pillion_loop_get_fd (fixture->loop)));
  pillion_loop_kick (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 1);
}

static void
test_fd_local_work (Fixture *fixture,
                    gconstpointer data)
{
  int fd = pillion_loop_get_fd (fixture->loop);

  pillion_loop_call_soon (fixture->loop, count, fixture, NULL);
  g_assert_true (is_readable (fd));
  g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, 0);
  pillion_loop_kick (fixture->loop);
  g_assert_false (is_readable (fd));
  g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, -1);
}

static void
test_fd_socket (Fixture *fixture,
                gconstpointer data)
{
  int fd = pillion_loop_get_fd (fixture->loop);

  attach (fixture, g_unix_fd_source_new (fixture->pipe[0], G_IO_IN), G_SOURCE_FUNC (read_fd));
  /* A context that nothing has run yet is woken once */
  kick_until_quiet (fixture->loop);
  for (int i = 1; i <= 20; i++)
    {
      g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, -1);
      g_assert_false (is_readable (fd));
      g_assert_cmpint (write (fixture->pipe[1], "x", 1), ==, 1);
      g_assert_true (is_readable (fd));
      /* One to read, and perhaps one that finds nothing else */
      g_assert_cmpint (sleep_and_kick (fixture, i), <=, 2);
      while (is_readable (fd) || pillion_loop_get_deadline (fixture->loop) == 0)
        pillion_loop_kick (fixture->loop);
    }
}

static void
test_fd_reopened (Fixture *fixture,
                  gconstpointer data)
{
  pillion_loop_get_fd (fixture->loop);
  attach (fixture, g_unix_fd_source_new (fixture->pipe[0], G_IO_IN), G_SOURCE_FUNC (read_fd));
  for (int i = 1; i <= 5; i++)
    {
      int fresh[2];

      kick_until_quiet (fixture->loop);
      g_assert_true (g_unix_open_pipe (fresh, FD_CLOEXEC, NULL));
      g_assert_cmpint (dup2 (fresh[0], fixture->pipe[0]), ==, fixture->pipe[0]);
      g_assert_cmpint (dup2 (fresh[1], fixture->pipe[1]), ==, fixture->pipe[1]);
      close (fresh[0]);
      close (fresh[1]);
      /* Code that does such a thing between two kicks kicks afterwards */
      pillion_loop_call_soon (fixture->loop, count, fixture, NULL);
      fixture->n = 0;
      sleep_and_kick (fixture, 1);
      g_assert_cmpint (write (fixture->pipe[1], "x", 1), ==, 1);
      sleep_and_kick (fixture, 2);
    }
}

static void
test_timers (Fixture *fixture,
             gconstpointer data)
{
  gint64 start = g_get_monotonic_time ();
  gint64 deadline;

  pillion_loop_call_later (fixture->loop, 50000, count, fixture, NULL);
  deadline = pillion_loop_get_deadline (fixture->loop);
  g_assert_cmpint (deadline, >=, start + 50000);
  pillion_loop_call_later (fixture->loop, 20000, count, fixture, NULL);
  /* On a busy machine, the first one may be due by now */
  g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), <=, MIN (deadline, g_get_monotonic_time () + 20000));
  g_assert_cmpint (sleep_and_kick (fixture, 2), <=, 6);
  g_assert_cmpint (g_get_monotonic_time (), >=, deadline);
}

static void
test_far_timer (Fixture *fixture,
                gconstpointer data)
{
  guint id = pillion_loop_call_later (fixture->loop, G_MAXINT64, count, fixture, NULL);

  g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, G_MAXINT64);
  g_assert_true (pillion_loop_cancel_call (fixture->loop, id));
}

/* A source that the host's own code attaches between two kicks wakes nothing, and is seen anyway */
static void
test_blind_spot (Fixture *fixture,
                 gconstpointer data)
{
  gint64 start = g_get_monotonic_time ();
  gint64 deadline;

  pillion_loop_get_fd (fixture->loop);
  pillion_loop_kick (fixture->loop);
  g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, -1);
  attach (fixture, g_timeout_source_new (30), count_source);
  deadline = pillion_loop_get_deadline (fixture->loop);
  g_assert_cmpint (deadline, >=, start + 29000);
  g_assert_cmpint (deadline, <=, g_get_monotonic_time () + 31000);
  sleep_and_kick (fixture, 1);

  attach (fixture, g_idle_source_new (), count_source);
  g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, 0);
  sleep_and_kick (fixture, 2);

  attach (fixture, g_unix_fd_source_new (fixture->pipe[0], G_IO_IN), G_SOURCE_FUNC (read_fd));
  g_assert_cmpint (write (fixture->pipe[1], "x", 1), ==, 1);
  pillion_loop_get_events (fixture->loop);
  g_assert_true (is_readable (pillion_loop_get_fd (fixture->loop)));
  sleep_and_kick (fixture, 3);
}

static gboolean
read_two (int fd,
          GIOCondition condition,
          gpointer data)
{
  read_fd (fd, condition, data);
  return ((Fixture *) data)->n < 2;
}

static void
test_regular_file (Fixture *fixture,
                   gconstpointer data)
{
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("pillion-XXXXXX", &path, NULL);

  g_assert_cmpint (write (fd, "ab", 2), ==, 2);
  g_assert_cmpint (lseek (fd, 0, SEEK_SET), ==, 0);
  pillion_loop_get_fd (fixture->loop);
  attach (fixture, g_unix_fd_source_new (fd, G_IO_IN), G_SOURCE_FUNC (read_two));
  /* It can't be waited for, but is served anyway */
  sleep_and_kick (fixture, 2);
  unlink (path);
  close (fd);
}

static void
test_riding (Fixture *fixture,
             gconstpointer data)
{
  FakeHost *host = fake_host_new ("sleeper");
  PillionTask *task;

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  task = pillion_task_new (fixture->loop, "job", NULL);
  while (pillion_loop_get_deadline (fixture->loop) == 0)
    fake_host_tick (host);
  g_assert_cmpint (pillion_loop_get_deadline (fixture->loop), ==, -1);
  pillion_task_return_boolean (task, TRUE);
  /* A sleeping host is asked for as many kicks as it takes for the hook to go */
  while (pillion_loop_get_deadline (fixture->loop) == 0)
    fake_host_tick (host);
  g_assert_false (pillion_loop_is_riding (fixture->loop));
  g_object_unref (task);
  loop_end (fixture->loop);
  fixture->loop = loop_new ();
  end_object (host);
}

/* The wake function */

static void
on_wake (gpointer data)
{
  add_atomic (&((Fixture *) data)->n_wakes, 1);
}

static void
test_wake_once (Fixture *fixture,
                gconstpointer data)
{
  pillion_loop_set_wake_func (fixture->loop, on_wake, fixture, NULL);
  for (int round = 1; round <= 5; round++)
    {
      for (guint i = 0; i < 10; i++)
        g_thread_join (g_thread_new ("caller", call_from_thread, fixture));
      g_assert_cmpint (get_atomic (&fixture->n_wakes), ==, round);
      pillion_loop_call_soon (fixture->loop, count, fixture, NULL);
      g_assert_cmpint (get_atomic (&fixture->n_wakes), ==, round);
      pillion_loop_kick (fixture->loop);
    }
  g_assert_cmpint (fixture->n, ==, 55);
}

static void
push_inside (gpointer data)
{
  Fixture *fixture = data;
  int before = get_atomic (&fixture->n_wakes);

  if (fixture->n++ < 3)
    {
      g_thread_join (g_thread_new ("caller", call_from_thread, fixture));
      pillion_loop_call_soon (fixture->loop, push_inside, fixture, NULL);
      g_object_unref (pillion_task_new (fixture->loop, "begun inside", NULL));
    }
  g_assert_cmpint (get_atomic (&fixture->n_wakes), ==, before);
}

static void
finish (PillionLoop *loop,
        PillionTask *task,
        gpointer data)
{
  pillion_task_return_boolean (task, TRUE);
}

static void
test_wake_never_during_a_kick (Fixture *fixture,
                               gconstpointer data)
{
  g_signal_connect (fixture->loop, "task-added", G_CALLBACK (finish), NULL);
  pillion_loop_set_wake_func (fixture->loop, on_wake, fixture, NULL);
  pillion_loop_call_soon (fixture->loop, push_inside, fixture, NULL);
  g_assert_cmpint (get_atomic (&fixture->n_wakes), ==, 1);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (get_atomic (&fixture->n_wakes), ==, 1);
  g_assert_cmpint (fixture->n, >=, 4);
}

static void
test_wake_timer (Fixture *fixture,
                 gconstpointer data)
{
  pillion_loop_set_wake_func (fixture->loop, on_wake, fixture, NULL);
  /* A new deadline wakes the host; one that is no earlier does not */
  pillion_loop_call_later (fixture->loop, G_TIME_SPAN_HOUR, count, fixture, NULL);
  g_assert_cmpint (get_atomic (&fixture->n_wakes), ==, 1);
  pillion_loop_kick (fixture->loop);
  pillion_loop_call_later (fixture->loop, 2 * G_TIME_SPAN_HOUR, count, fixture, NULL);
  g_assert_cmpint (get_atomic (&fixture->n_wakes), ==, 1);
  pillion_loop_call_later (fixture->loop, G_TIME_SPAN_MINUTE, count, fixture, NULL);
  g_assert_cmpint (get_atomic (&fixture->n_wakes), ==, 2);
  g_assert_cmpint (fixture->n, ==, 0);
}

static void
test_wake_for_context (Fixture *fixture,
                       gconstpointer data)
{
  int before;

  /* The descriptor was not requested: the I/O thread watches, and wakes the host */
  pillion_loop_set_wake_func (fixture->loop, on_wake, fixture, NULL);
  attach (fixture, g_unix_fd_source_new (fixture->pipe[0], G_IO_IN), G_SOURCE_FUNC (read_fd));
  before = get_atomic (&fixture->n_wakes);
  kick_until_quiet (fixture->loop);
  for (int i = 1; i <= 20; i++)
    {
      g_assert_cmpint (write (fixture->pipe[1], "x", 1), ==, 1);
      while (get_atomic (&fixture->n_wakes) == before)
        g_thread_yield ();

      /* The thread may wake it once more while it kicks, and then not again until it has kicked */
      before = get_atomic (&fixture->n_wakes);
      pillion_loop_kick (fixture->loop);
      g_assert_cmpint (fixture->n, ==, i);
      kick_until_quiet (fixture->loop);
    }
}

static gpointer
attach_from_thread (gpointer data)
{
  attach (data, g_idle_source_new (), count_source);
  return NULL;
}

static gpointer
invoke_from_thread (gpointer data)
{
  Fixture *fixture = data;

  g_main_context_invoke (pillion_loop_get_context (fixture->loop), count_source, fixture);
  return NULL;
}

/* Between two kicks the context belongs to the loop's thread: what other threads bring wakes the host, and
 * runs there */
static void
test_context_from_threads (Fixture *fixture,
                           gconstpointer data)
{
  FakeHost *host = fake_host_new ("owner");

  g_assert_true (pillion_loop_ensure (fixture->loop, PILLION_HOST (host), NULL));
  pillion_loop_hold (fixture->loop);
  kick_until_quiet (fixture->loop);
  for (int i = 1; i <= 20; i++)
    {
      int before = get_atomic (&host->n_wakes);

      g_thread_join (g_thread_new ("other", i % 2 == 0 ? attach_from_thread : invoke_from_thread, fixture));
      g_assert_cmpint (fixture->n, ==, i - 1);
      while (get_atomic (&host->n_wakes) == before)
        g_thread_yield ();
      fake_host_tick (host);
      g_assert_cmpint (fixture->n, ==, i);
      g_assert_true (fixture->thread == g_thread_self ());
      kick_until_quiet (fixture->loop);
    }
  pillion_loop_release (fixture->loop);
  loop_end (fixture->loop);
  fixture->loop = loop_new ();
  end_object (host);
}

/* The same for a host that sleeps on the descriptor */
static void
test_context_from_threads_fd (Fixture *fixture,
                              gconstpointer data)
{
  pillion_loop_get_fd (fixture->loop);
  for (int i = 1; i <= 20; i++)
    {
      GThread *thread = g_thread_new ("other", i % 2 == 0 ? attach_from_thread : invoke_from_thread, fixture);

      sleep_and_kick (fixture, i);
      g_assert_true (fixture->thread == g_thread_self ());
      g_thread_join (thread);
    }
}

static void
on_wake_freed (gpointer data)
{
  add_atomic (&((Fixture *) data)->n, 100);
}

static void
test_wake_replaced (Fixture *fixture,
                    gconstpointer data)
{
  pillion_loop_set_wake_func (fixture->loop, on_wake, fixture, on_wake_freed);
  pillion_loop_set_wake_func (fixture->loop, on_wake, fixture, on_wake_freed);
  g_assert_cmpint (fixture->n, ==, 100);
  pillion_loop_set_wake_func (fixture->loop, NULL, NULL, NULL);
  g_assert_cmpint (fixture->n, ==, 200);
  pillion_loop_call_soon (fixture->loop, count, fixture, NULL);
  g_assert_cmpint (fixture->n_wakes, ==, 0);
  pillion_loop_set_wake_func (fixture->loop, on_wake, fixture, on_wake_freed);
  g_assert_true (pillion_loop_close (fixture->loop, -1, NULL));
  g_assert_cmpint (fixture->n, >=, 300);
}

static void
replace_itself (gpointer data)
{
  Fixture *fixture = data;

  on_wake (data);
  pillion_loop_set_wake_func (fixture->loop, on_wake, fixture, on_wake_freed);
}

static void
test_wake_replaces_itself (Fixture *fixture,
                           gconstpointer data)
{
  pillion_loop_set_wake_func (fixture->loop, replace_itself, fixture, on_wake_freed);
  g_thread_join (g_thread_new ("caller", call_from_thread, fixture));
  g_assert_cmpint (get_atomic (&fixture->n_wakes), ==, 1);
  g_assert_cmpint (get_atomic (&fixture->n), ==, 100);
  pillion_loop_kick (fixture->loop);
  g_thread_join (g_thread_new ("caller", call_from_thread, fixture));
  g_assert_cmpint (get_atomic (&fixture->n_wakes), ==, 2);
}

/* Loses no wake-up: a host that sleeps until it is woken, and threads that wake it all the time */
static gpointer
call_often (gpointer data)
{
  Fixture *fixture = data;

  for (guint i = 0; i < 2000; i++)
    {
      pillion_loop_call_soon_threadsafe (fixture->loop, count, fixture, NULL);
      if (i % 16 == 0)
        g_thread_yield ();
    }
  return NULL;
}

static void
test_no_wake_lost (Fixture *fixture,
                   gconstpointer data)
{
  GThread *threads[2];

  pillion_loop_get_fd (fixture->loop);
  for (guint i = 0; i < 2; i++)
    threads[i] = g_thread_new ("caller", call_often, fixture);
  sleep_and_kick (fixture, 4000);
  for (guint i = 0; i < 2; i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (fixture->n, ==, 4000);
}

static void
test_now (Fixture *fixture,
          gconstpointer data)
{
  PillionHost *host = PILLION_HOST (pillion_test_host_new ());
  gint64 before = g_get_monotonic_time ();
  gint64 now = pillion_loop_get_now (fixture->loop);

  g_assert_cmpint (now, >=, before);
  g_assert_cmpint (now, <=, g_get_monotonic_time ());
  g_assert_true (pillion_loop_ensure (fixture->loop, host, NULL));
  g_assert_cmpint (pillion_loop_get_now (fixture->loop), ==, G_USEC_PER_SEC);
  loop_end (fixture->loop);
  fixture->loop = loop_new ();
  end_object (host);
}

/* A loop whose descriptor was never requested closes none, least of all number 0 */
static void
test_closes_nothing_else (Fixture *fixture,
                          gconstpointer data)
{
  int copy = dup (STDIN_FILENO);

  g_assert_cmpint (dup2 (fixture->pipe[0], STDIN_FILENO), ==, STDIN_FILENO);
  loop_end (loop_new ());
  g_assert_cmpint (fcntl (STDIN_FILENO, F_GETFD), >=, 0);
  if (copy >= 0)
    {
      dup2 (copy, STDIN_FILENO);
      close (copy);
    }
}

/* A forked child, here a duplicate, still has a file whose descriptor the host closed: its readiness must not
 * keep the host awake */
static void
test_stale_file (Fixture *fixture,
                 gconstpointer data)
{
  int fd = pillion_loop_get_fd (fixture->loop);
  GSource *source = g_unix_fd_source_new (fixture->pipe[0], G_IO_IN);
  struct pollfd poll_fd = { fd, POLLIN, 0 };
  int copy, n_woken = 0;

  pillion_loop_hold (fixture->loop);
  g_source_set_callback (source, G_SOURCE_FUNC (read_fd), fixture, NULL);
  g_source_attach (source, pillion_loop_get_context (fixture->loop));
  pillion_loop_kick (fixture->loop);
  pillion_loop_get_deadline (fixture->loop);

  copy = dup (fixture->pipe[0]);
  g_source_destroy (source);
  g_source_unref (source);
  close (fixture->pipe[0]);
  g_assert_cmpint (write (fixture->pipe[1], "x", 1), ==, 1);
  for (int i = 0; i < 20; i++)
    {
      pillion_loop_get_deadline (fixture->loop);
      n_woken += poll (&poll_fd, 1, 0);
      pillion_loop_kick (fixture->loop);
    }
  g_assert_cmpint (n_woken, <=, 3);

  fixture->pipe[0] = copy;
  pillion_loop_release (fixture->loop);
}

/* Many descriptors: those that stay the same cost nothing, and another file under an old number is soon
 * noticed */
static void
test_many_fds (Fixture *fixture,
               gconstpointer data)
{
  int fd = pillion_loop_get_fd (fixture->loop);
  GSource *sources[100];
  int pipes[100][2];
  struct pollfd poll_fd = { fd, POLLIN, 0 };
  gint64 deadline;

  for (guint i = 0; i < G_N_ELEMENTS (pipes); i++)
    {
      g_assert_true (g_unix_open_pipe (pipes[i], FD_CLOEXEC, NULL));
      sources[i] = g_unix_fd_source_new (pipes[i][0], G_IO_IN);
      g_source_set_callback (sources[i], G_SOURCE_FUNC (read_fd), fixture, NULL);
      g_source_attach (sources[i], pillion_loop_get_context (fixture->loop));
    }
  pillion_loop_hold (fixture->loop);
  for (int i = 0; i < 3; i++)
    {
      pillion_loop_kick (fixture->loop);
      pillion_loop_get_deadline (fixture->loop);
    }

  /* Without anything noticing */
  g_assert_cmpint (dup2 (fixture->pipe[0], pipes[50][0]), ==, pipes[50][0]);
  g_assert_cmpint (write (fixture->pipe[1], "x", 1), ==, 1);
  while (fixture->n == 0)
    {
      deadline = pillion_loop_get_deadline (fixture->loop);
      g_assert_cmpint (poll (&poll_fd, 1, deadline < 0 ? 10000 : 100), >=, 0);
      pillion_loop_kick (fixture->loop);
    }

  pillion_loop_release (fixture->loop);
  for (guint i = 0; i < G_N_ELEMENTS (pipes); i++)
    {
      g_source_destroy (sources[i]);
      g_source_unref (sources[i]);
      close (pipes[i][0]);
      close (pipes[i][1]);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, function) g_test_add ("/loop/" name, Fixture, NULL, set_up, function, tear_down)
  ADD ("fd/stays-the-same", test_fd_is_one);
  ADD ("fd/none-of-a-closed-loop", test_fd_of_a_closed_loop);
  ADD ("fd/work-from-a-thread", test_fd_thread);
  ADD ("fd/kick-consumes-the-wake", test_fd_consumed);
  ADD ("fd/asked-for-late", test_fd_late);
  ADD ("fd/own-work-rings", test_fd_local_work);
  ADD ("fd/descriptor-of-the-context", test_fd_socket);
  ADD ("fd/descriptor-under-a-reused-number", test_fd_reopened);
  ADD ("fd/closes-no-other-descriptor", test_closes_nothing_else);
  ADD ("fd/file-whose-number-was-closed", test_stale_file);
  ADD ("fd/many-descriptors", test_many_fds);
  ADD ("fd/regular-file", test_regular_file);
  ADD ("fd/sources-from-threads", test_context_from_threads_fd);
  ADD ("fd/no-wake-is-lost", test_no_wake_lost);
  ADD ("deadline/follows-the-timers", test_timers);
  ADD ("deadline/far-timer-does-not-overflow", test_far_timer);
  ADD ("deadline/sees-what-the-host-attached-between-kicks", test_blind_spot);
  ADD ("deadline/lets-the-hook-go", test_riding);
  ADD ("wake/once-between-two-kicks", test_wake_once);
  ADD ("wake/never-during-a-kick", test_wake_never_during_a_kick);
  ADD ("wake/for-a-nearer-deadline", test_wake_timer);
  ADD ("wake/for-a-descriptor-of-the-context", test_wake_for_context);
  ADD ("wake/replaced-and-freed", test_wake_replaced);
  ADD ("wake/may-replace-itself", test_wake_replaces_itself);
  ADD ("ownership/sources-from-threads-run-here", test_context_from_threads);
  ADD ("now/is-the-hosts", test_now);

  return g_test_run ();
}
