/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "base/pillion-pump.h"
#include "base/pillion-io-thread.h"
#include "../test-support.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

typedef struct
{
  GMainContext *context;
  PillionPump pump;
  Gate rung;
  int pipe[2];
} Fixture;

static void
on_ready (gpointer data)
{
  gate_open (data);
}

static void
set_up (Fixture *fixture,
        gconstpointer watch)
{
  const Gate gate = GATE_INIT;

  fixture->context = g_main_context_new ();
  g_assert_true (g_main_context_acquire (fixture->context));
  pillion_pump_init (&fixture->pump, fixture->context);
  fixture->rung = gate;
  g_assert_true (g_unix_open_pipe (fixture->pipe, FD_CLOEXEC, NULL));
  if (watch != NULL)
    pillion_pump_watch (&fixture->pump, on_ready, NULL, &fixture->rung);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  pillion_pump_clear (&fixture->pump);
  g_assert_true (pillion_io_thread_join (G_MAXINT64));
  g_main_context_release (fixture->context);
  g_main_context_unref (fixture->context);
  close (fixture->pipe[0]);
  close (fixture->pipe[1]);
}

static gboolean
count (gpointer data)
{
  (*(int *) data)++;
  return G_SOURCE_CONTINUE;
}

static gboolean
count_once (gpointer data)
{
  (*(int *) data)++;
  return G_SOURCE_REMOVE;
}

static gboolean
count_fd (int fd,
          GIOCondition condition,
          gpointer data)
{
  (*(int *) data)++;
  return G_SOURCE_CONTINUE;
}

static gboolean
read_fd (int fd,
         GIOCondition condition,
         gpointer data)
{
  char byte;

  g_assert_cmpint (read (fd, &byte, 1), ==, 1);
  (*(int *) data)++;
  return G_SOURCE_CONTINUE;
}

static GSource *
add (Fixture *fixture,
     GSource *source,
     int priority,
     GSourceFunc func,
     gpointer data)
{
  g_source_set_callback (source, func, data, NULL);
  g_source_set_priority (source, priority);
  g_source_attach (source, fixture->context);
  g_source_unref (source);
  return source;
}

static void
put (int fd)
{
  g_assert_cmpint (write (fd, "x", 1), ==, 1);
}

/* Turns until nothing is ready */
static guint
settle (Fixture *fixture)
{
  guint n = 0;

  while (pillion_pump_turn (&fixture->pump) > 0)
    n++;
  pillion_pump_settle (&fixture->pump);
  return n;
}

static void
test_empty (Fixture *fixture,
            gconstpointer data)
{
  g_assert_cmpuint (settle (fixture), ==, 0);
  g_assert_cmpint (pillion_pump_get_timeout (&fixture->pump), ==, -1);
}

static void
test_idle (Fixture *fixture,
           gconstpointer data)
{
  int n = 0;

  settle (fixture);
  add (fixture, g_idle_source_new (), G_PRIORITY_DEFAULT_IDLE, count_once, &n);
  g_assert_true (pillion_pump_look (&fixture->pump));
  g_assert_cmpint (pillion_pump_get_timeout (&fixture->pump), ==, 0);
  g_assert_cmpint (n, ==, 0);
  g_assert_cmpuint (pillion_pump_turn (&fixture->pump), ==, 1);
  g_assert_cmpint (n, ==, 1);
  g_assert_cmpuint (settle (fixture), ==, 0);
}

static void
test_priorities (Fixture *fixture,
                 gconstpointer data)
{
  int n_high = 0, n_low = 0;

  add (fixture, g_idle_source_new (), G_PRIORITY_LOW, count_once, &n_low);
  add (fixture, g_idle_source_new (), G_PRIORITY_HIGH, count_once, &n_high);
  pillion_pump_turn (&fixture->pump);
  g_assert_cmpint (n_high, ==, 1);
  g_assert_cmpint (n_low, ==, 0);
  pillion_pump_turn (&fixture->pump);
  g_assert_cmpint (n_low, ==, 1);
}

static void
test_timeout (Fixture *fixture,
              gconstpointer data)
{
  int n = 0;
  int timeout;
  GSource *source = add (fixture, g_timeout_source_new (50000), G_PRIORITY_DEFAULT, count_once, &n);

  settle (fixture);
  timeout = pillion_pump_get_timeout (&fixture->pump);
  g_assert_cmpint (timeout, >, 0);
  g_assert_cmpint (timeout, <=, 50000);
  g_source_set_ready_time (source, g_get_monotonic_time ());
  g_assert_cmpint (pillion_pump_get_timeout (&fixture->pump), ==, 0);
  settle (fixture);
  g_assert_cmpint (n, ==, 1);
  g_assert_cmpint (pillion_pump_get_timeout (&fixture->pump), ==, -1);
}

static void
test_fd (Fixture *fixture,
         gconstpointer watch)
{
  int n = 0;

  add (fixture, g_unix_fd_source_new (fixture->pipe[0], G_IO_IN), G_PRIORITY_DEFAULT, G_SOURCE_FUNC (read_fd), &n);
  settle (fixture);
  for (int i = 1; i <= 50; i++)
    {
      int before = gate_get_count (&fixture->rung);

      put (fixture->pipe[1]);
      /* A wake-up may be late, and be about what was seen before */
      while (watch != NULL && !pillion_pump_look (&fixture->pump))
        gate_wait_for (&fixture->rung, ++before);
      g_assert_true (pillion_pump_look (&fixture->pump));
      settle (fixture);
      g_assert_cmpint (n, ==, i);
    }
}

/* Unread bytes are found again, although the watch reports only changes */
static void
test_fd_left_unread (Fixture *fixture,
                     gconstpointer watch)
{
  int n = 0;

  add (fixture, g_unix_fd_source_new (fixture->pipe[0], G_IO_IN), G_PRIORITY_DEFAULT, G_SOURCE_FUNC (read_fd), &n);
  settle (fixture);
  for (guint i = 0; i < 10; i++)
    put (fixture->pipe[1]);
  if (watch != NULL)
    gate_wait (&fixture->rung);
  /* Each turn reads one byte, and a kick may end after it */
  for (int i = 1; i <= 10; i++)
    {
      g_assert_true (pillion_pump_look (&fixture->pump));
      g_assert_cmpuint (pillion_pump_turn (&fixture->pump), >, 0);
      g_assert_cmpint (n, ==, i);
    }
  g_assert_cmpuint (settle (fixture), ==, 0);
}

static void
test_idle_beside_readable (Fixture *fixture,
                           gconstpointer watch)
{
  int n_fd = 0, n_idle = 0;

  put (fixture->pipe[1]);
  add (fixture, g_unix_fd_source_new (fixture->pipe[0], G_IO_IN), G_PRIORITY_DEFAULT, G_SOURCE_FUNC (count_fd), &n_fd);
  add (fixture, g_idle_source_new (), G_PRIORITY_DEFAULT_IDLE, count, &n_idle);
  for (int i = 1; i <= 10; i++)
    g_assert_cmpuint (pillion_pump_turn (&fixture->pump), >, 0);
  g_assert_cmpint (n_fd, >=, 7);
  g_assert_cmpint (n_idle, >=, 7);
}

static gpointer
attach_idle (gpointer data)
{
  gpointer *arguments = data;
  Fixture *fixture = arguments[0];

  add (fixture, g_idle_source_new (), G_PRIORITY_DEFAULT_IDLE, count_once, arguments[1]);
  return NULL;
}

static void
test_other_thread_attaches (Fixture *fixture,
                            gconstpointer watch)
{
  int n = 0;
  gpointer arguments[] = { fixture, &n };

  settle (fixture);
  for (int i = 1; i <= 20; i++)
    {
      int before = gate_get_count (&fixture->rung);

      g_thread_join (g_thread_new ("attacher", attach_idle, arguments));
      if (watch != NULL)
        gate_wait_for (&fixture->rung, before + 1);
      settle (fixture);
      g_assert_cmpint (n, ==, i);
    }
}

static void
test_wait_fd (Fixture *fixture,
              gconstpointer data)
{
  int n = 0;

  add (fixture, g_unix_fd_source_new (fixture->pipe[0], G_IO_IN), G_PRIORITY_DEFAULT, G_SOURCE_FUNC (read_fd), &n);
  settle (fixture);
  put (fixture->pipe[1]);
  pillion_pump_wait (&fixture->pump, -1);
  settle (fixture);
  g_assert_cmpint (n, ==, 1);
}

static gpointer
wake_up (gpointer context)
{
  g_main_context_wakeup (context);
  return NULL;
}

static void
test_wait_ends (Fixture *fixture,
                gconstpointer data)
{
  GThread *thread;
  gint64 start = g_get_monotonic_time ();
  int n = 0;

  settle (fixture);
  pillion_pump_wait (&fixture->pump, 5000);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 5000);

  thread = g_thread_new ("waker", wake_up, fixture->context);
  pillion_pump_wait (&fixture->pump, -1);
  g_thread_join (thread);
  settle (fixture);

  add (fixture, g_timeout_source_new (5), G_PRIORITY_DEFAULT, count_once, &n);
  while (n == 0)
    {
      pillion_pump_wait (&fixture->pump, -1);
      settle (fixture);
    }

  add (fixture, g_idle_source_new (), G_PRIORITY_DEFAULT_IDLE, count_once, &n);
  pillion_pump_wait (&fixture->pump, -1);
  settle (fixture);
  g_assert_cmpint (n, ==, 2);
}

/* More than are watched, and more than the first array holds */
static void
test_many_fds (Fixture *fixture,
               gconstpointer watch)
{
  enum { N = 100 };
  int pipes[N][2];
  GSource *sources[N];
  int n = 0;

  for (guint i = 0; i < N; i++)
    {
      g_assert_true (g_unix_open_pipe (pipes[i], FD_CLOEXEC, NULL));
      sources[i] = add (fixture, g_unix_fd_source_new (pipes[i][0], G_IO_IN), G_PRIORITY_DEFAULT, G_SOURCE_FUNC (read_fd),
                        &n);
    }
  settle (fixture);
  for (guint i = 0; i < N; i++)
    put (pipes[i][1]);
  while (n < N)
    settle (fixture);

  for (guint i = 0; i < N; i++)
    {
      g_source_destroy (sources[i]);
      close (pipes[i][0]);
      close (pipes[i][1]);
    }
  settle (fixture);
  g_assert_cmpuint (fixture->pump.n_fds, ==, 1);
}

/* Fairness: sources that are always ready */

static const int priorities[] = { G_PRIORITY_HIGH, G_PRIORITY_DEFAULT, 1, 120, G_PRIORITY_DEFAULT_IDLE, G_PRIORITY_LOW, G_MAXINT - 1 };

#define N_PRIORITIES G_N_ELEMENTS (priorities)

static void
test_every_priority (Fixture *fixture,
                     gconstpointer data)
{
  int counts[N_PRIORITIES] = { 0 };
  GSource *sources[N_PRIORITIES];

  for (guint i = 0; i < N_PRIORITIES; i++)
    sources[i] = add (fixture, g_idle_source_new (), priorities[i], count, &counts[i]);
  for (guint i = 0; i < 10 * N_PRIORITIES; i++)
    g_assert_cmpuint (pillion_pump_turn (&fixture->pump), >, 0);
  for (guint i = 0; i < N_PRIORITIES; i++)
    {
      g_assert_cmpint (counts[i], >=, 8);
      g_source_destroy (sources[i]);
    }
}

static gboolean
log_name (gpointer data)
{
  GString *log = *(GString **) data;

  g_string_append_c (log, ((char *) data)[sizeof (GString *)]);
  return G_SOURCE_CONTINUE;
}

typedef struct
{
  GString *log;
  char name;
} Named;

static void
test_order_of_priorities (Fixture *fixture,
                          gconstpointer data)
{
  g_autoptr (GString) log = g_string_new (NULL);
  Named named[] = { { log, 'a' }, { log, 'b' }, { log, 'c' } };
  GSource *sources[3];

  sources[2] = add (fixture, g_idle_source_new (), 200, log_name, &named[2]);
  sources[0] = add (fixture, g_idle_source_new (), 0, log_name, &named[0]);
  sources[1] = add (fixture, g_idle_source_new (), 100, log_name, &named[1]);
  for (guint i = 0; i < 5; i++)
    pillion_pump_turn (&fixture->pump);

  /* The highest alone, then one more priority in each turn, and again from the top */
  g_assert_cmpstr (log->str, ==, "a" "ab" "abc" "abc" "a");
  for (guint i = 0; i < 3; i++)
    g_source_destroy (sources[i]);
}

static void
add_readable (Fixture *fixture,
              int (*pipes)[2],
              GSource **sources,
              int *counts)
{
  for (guint i = 0; i < N_PRIORITIES; i++)
    {
      g_assert_true (g_unix_open_pipe (pipes[i], FD_CLOEXEC, NULL));
      put (pipes[i][1]);
      sources[i] = add (fixture, g_unix_fd_source_new (pipes[i][0], G_IO_IN), priorities[i], G_SOURCE_FUNC (count_fd), &counts[i]);
    }
}

static void
remove_readable (int (*pipes)[2],
                 GSource **sources)
{
  for (guint i = 0; i < N_PRIORITIES; i++)
    {
      g_source_destroy (sources[i]);
      close (pipes[i][0]);
      close (pipes[i][1]);
    }
}

static void
test_every_descriptor (Fixture *fixture,
                       gconstpointer data)
{
  int counts[N_PRIORITIES] = { 0 };
  int pipes[N_PRIORITIES][2];
  GSource *sources[N_PRIORITIES];
  GSource *busy;
  int n_busy = 0;

  add_readable (fixture, pipes, sources, counts);
  for (guint i = 0; i < 20 * N_PRIORITIES; i++)
    g_assert_cmpuint (pillion_pump_turn (&fixture->pump), >, 0);
  for (guint i = 0; i < N_PRIORITIES; i++)
    g_assert_cmpint (counts[i], >=, 5);

  /* And below and above a source that needs no descriptor */
  busy = add (fixture, g_idle_source_new (), G_PRIORITY_DEFAULT_IDLE - 1, count, &n_busy);
  memset (counts, 0, sizeof counts);
  for (guint i = 0; i < 40 * N_PRIORITIES; i++)
    g_assert_cmpuint (pillion_pump_turn (&fixture->pump), >, 0);
  for (guint i = 0; i < N_PRIORITIES; i++)
    g_assert_cmpint (counts[i], >=, 3);
  g_assert_cmpint (n_busy, >=, 20);

  g_source_destroy (busy);
  remove_readable (pipes, sources);
}

static void
test_every_descriptor_in_wait (Fixture *fixture,
                               gconstpointer data)
{
  int counts[N_PRIORITIES] = { 0 };
  int pipes[N_PRIORITIES][2];
  GSource *sources[N_PRIORITIES];
  GSource *busy;
  int n_busy = 0;

  add_readable (fixture, pipes, sources, counts);
  busy = add (fixture, g_idle_source_new (), G_PRIORITY_HIGH - 1, count, &n_busy);
  for (guint i = 0; i < 40 * N_PRIORITIES; i++)
    {
      pillion_pump_poll (&fixture->pump, -1);
      pillion_pump_dispatch (&fixture->pump);
    }
  for (guint i = 0; i < N_PRIORITIES; i++)
    g_assert_cmpint (counts[i], >=, 3);
  g_assert_cmpint (n_busy, >=, 20);

  g_source_destroy (busy);
  remove_readable (pipes, sources);
}

typedef struct
{
  GSource source;
  gboolean prepared;
  int n;
} Picky;

static gboolean
picky_prepare (GSource *source,
               int *timeout)
{
  *timeout = -1;
  return ((Picky *) source)->prepared = TRUE;
}

static gboolean
picky_check (GSource *source)
{
  /* GLib does not check sources that were not prepared */
  g_assert_true (((Picky *) source)->prepared);
  return FALSE;
}

static gboolean
picky_dispatch (GSource *source,
                GSourceFunc callback,
                gpointer data)
{
  Picky *self = (Picky *) source;

  g_assert_true (self->prepared);
  self->prepared = FALSE;
  self->n++;
  return G_SOURCE_CONTINUE;
}

static void
test_prepare_alone (Fixture *fixture,
                    gconstpointer data)
{
  static GSourceFuncs funcs = { .prepare = picky_prepare, .check = picky_check, .dispatch = picky_dispatch };
  GSource *picky = g_source_new (&funcs, sizeof (Picky));
  GSource *busy;
  int n = 0;

  busy = add (fixture, g_idle_source_new (), G_PRIORITY_DEFAULT, count, &n);
  g_source_set_priority (picky, G_PRIORITY_LOW);
  g_source_attach (picky, fixture->context);
  for (guint i = 0; i < 40; i++)
    pillion_pump_turn (&fixture->pump);
  g_assert_cmpint (((Picky *) picky)->n, >=, 10);

  g_source_destroy (busy);
  g_source_destroy (picky);
  g_source_unref (picky);
}

static void
test_quiet_again (Fixture *fixture,
                  gconstpointer data)
{
  GSource *busy;
  int n = 0, n_low = 0;

  busy = add (fixture, g_idle_source_new (), G_PRIORITY_DEFAULT, count, &n);
  for (guint i = 0; i < 10; i++)
    {
      add (fixture, g_idle_source_new (), G_PRIORITY_LOW, count_once, &n_low);
      pillion_pump_turn (&fixture->pump);
    }
  g_assert_cmpint (n_low, >, 0);
  g_source_destroy (busy);
  settle (fixture);
  g_assert_cmpint (n_low, ==, 10);

  n = 0;
  g_assert_cmpuint (settle (fixture), ==, 0);
  g_assert_cmpint (pillion_pump_get_timeout (&fixture->pump), ==, -1);
  g_assert_cmpint (n, ==, 0);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, watch, function) g_test_add (path, Fixture, watch, set_up, function, tear_down)
#define ADD_BOTH(path, function) \
  ADD (path, NULL, function); \
  ADD (path "/watched", "watch", function)

  ADD_BOTH ("/core/pump/empty-context-has-nothing", test_empty);
  ADD_BOTH ("/core/pump/look-does-not-dispatch", test_idle);
  ADD_BOTH ("/core/pump/highest-priority-first", test_priorities);
  ADD_BOTH ("/core/pump/timeout-is-the-next-source", test_timeout);
  ADD_BOTH ("/core/pump/descriptor-is-dispatched", test_fd);
  ADD_BOTH ("/core/pump/what-is-left-unread-is-found-again", test_fd_left_unread);
  ADD_BOTH ("/core/pump/idle-is-served-beside-an-always-readable-descriptor", test_idle_beside_readable);
  ADD_BOTH ("/core/pump/what-another-thread-attaches-is-dispatched", test_other_thread_attaches);
  ADD_BOTH ("/core/pump/many-descriptors", test_many_fds);
  ADD_BOTH ("/core/pump/fair/every-priority-has-its-turns", test_every_priority);
  ADD_BOTH ("/core/pump/fair/higher-priorities-come-first-and-more-often", test_order_of_priorities);
  ADD_BOTH ("/core/pump/fair/every-descriptor-has-its-turns", test_every_descriptor);
  ADD_BOTH ("/core/pump/fair/every-descriptor-has-its-turns-in-a-wait", test_every_descriptor_in_wait);
  ADD_BOTH ("/core/pump/fair/sources-that-are-ready-in-prepare-alone", test_prepare_alone);
  ADD_BOTH ("/core/pump/fair/is-quiet-when-the-busy-ones-have-gone", test_quiet_again);
  ADD ("/core/pump/wait-ends-with-a-descriptor", NULL, test_wait_fd);
  ADD ("/core/pump/wait-ends-in-time-or-with-work", NULL, test_wait_ends);

  return g_test_run ();
}
