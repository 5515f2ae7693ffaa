/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../test-support.h"
#include "core/pillion-binding.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <unistd.h>

/* A source that serves one event loop after the other */

typedef struct
{
  PillionLoop *loop;
  PillionPollSource *source;
  int pipes[2][2];
  int n;              /* how often the callback was called */
  gboolean reuses;    /* whether the callback tries to reuse its source */
  gboolean was_reused;
} Fixture;

static gint64
on_ready (PillionPollSource *source,
          gint64 deadline_usec,
          gpointer data)
{
  Fixture *fixture = data;
  char byte;

  fixture->n++;
  for (int i = 0; i < 2; i++)
    while (read (fixture->pipes[i][0], &byte, 1) == 1)
      ;
  if (fixture->reuses)
    fixture->was_reused = pillion_poll_source_reuse (source, -1);
  return -1;
}

static void
set_up (Fixture *fixture,
        gconstpointer data)
{
  fixture->loop = loop_new ();
  for (int i = 0; i < 2; i++)
    {
      g_assert_true (g_unix_open_pipe (fixture->pipes[i], FD_CLOEXEC, NULL));
      g_assert_true (g_unix_set_fd_nonblocking (fixture->pipes[i][0], TRUE, NULL));
    }
  fixture->source = pillion_poll_source_new (fixture->loop, fixture->pipes[0][0]);
  pillion_poll_source_set_callback (fixture->source, on_ready, fixture, NULL);
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  end_object (fixture->source);
  loop_end (fixture->loop);
  for (int i = 0; i < 2; i++)
    for (int j = 0; j < 2; j++)
      close (fixture->pipes[i][j]);
}

static void
write_byte (Fixture *fixture,
            int pipe)
{
  g_assert_cmpint (write (fixture->pipes[pipe][1], "x", 1), ==, 1);
}

static void
test_descriptor (Fixture *fixture,
                 gconstpointer data)
{
  g_assert_true (pillion_poll_source_reuse (fixture->source, -1));
  g_assert_cmpint (pillion_poll_source_get_fd (fixture->source), ==, -1);
  write_byte (fixture, 0);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 0);

  g_assert_true (pillion_poll_source_reuse (fixture->source, fixture->pipes[1][0]));
  g_assert_cmpint (pillion_poll_source_get_fd (fixture->source), ==, fixture->pipes[1][0]);
  kick_until_quiet (fixture->loop);
  g_assert_cmpint (fixture->n, ==, 0);
  write_byte (fixture, 1);
  kick_until (fixture->loop, fixture->n > 0);
}

static void
test_forgets (Fixture *fixture,
              gconstpointer data)
{
  PillionTask *done = pillion_task_new (fixture->loop, "done", NULL);
  PillionTask *pending = pillion_task_new (fixture->loop, "pending", NULL);

  pillion_poll_source_set_running (fixture->source, TRUE);
  pillion_poll_source_set_busy (fixture->source, TRUE);
  pillion_poll_source_set_external (fixture->source, 3);
  pillion_poll_source_set_ready_time (fixture->source, 0);
  g_assert_true (pillion_poll_source_watch_task (fixture->source, done));
  g_assert_true (pillion_poll_source_watch_task (fixture->source, pending));
  pillion_task_return_boolean (done, TRUE);
  write_byte (fixture, 0);
  g_assert_true (pillion_poll_source_reuse (fixture->source, fixture->pipes[1][0]));

  g_assert_false (pillion_poll_source_get_running (fixture->source));
  g_assert_false (pillion_poll_source_get_busy (fixture->source));
  g_assert_cmpuint (pillion_poll_source_get_external (fixture->source), ==, 0);
  g_assert_cmpint (pillion_poll_source_get_ready_time (fixture->source), ==, -1);
  kick_until_quiet (fixture->loop);
  pillion_task_return_boolean (pending, TRUE);
  kick_until_quiet (fixture->loop);
  g_assert_null (pillion_poll_source_take_task (fixture->source));
  g_assert_cmpint (fixture->n, ==, 0);
  end_object (done);
  end_object (pending);
}

static gboolean
reuse_in_wait (gpointer data)
{
  Fixture *fixture = data;

  fixture->was_reused = pillion_poll_source_reuse (fixture->source, -1);
  pillion_poll_source_set_ready_time (fixture->source, 0);
  return G_SOURCE_REMOVE;
}

static void
test_refused (Fixture *fixture,
              gconstpointer data)
{
  GSource *idle = g_idle_source_new ();

  /* Inside the callback */
  fixture->reuses = fixture->was_reused = TRUE;
  write_byte (fixture, 0);
  kick_until (fixture->loop, fixture->n > 0);
  g_assert_false (fixture->was_reused);

  /* Inside a wait */
  fixture->was_reused = TRUE;
  g_source_set_callback (idle, reuse_in_wait, fixture, NULL);
  g_source_attach (idle, pillion_loop_get_context (fixture->loop));
  g_source_unref (idle);
  pillion_poll_source_set_running (fixture->source, TRUE);
  g_assert_true (pillion_poll_source_wait (fixture->source, -1));
  g_assert_false (fixture->was_reused);
  pillion_poll_source_set_running (fixture->source, FALSE);

  /* Closed */
  pillion_poll_source_close (fixture->source);
  g_assert_false (pillion_poll_source_reuse (fixture->source, -1));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) g_test_add ("/poll-source/reuse/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("with-another-descriptor", test_descriptor);
  ADD ("forgets-what-it-was-told", test_forgets);
  ADD ("refused-while-it-is-in-use", test_refused);
#undef ADD

  return g_test_run ();
}
