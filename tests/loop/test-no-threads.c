/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "../no-threads.h"

#include <glib-unix.h>

/* The system has no more threads */

static void
set_true (gpointer data)
{
  *(gboolean *) data = TRUE;
}

static gboolean
set_true_on_input (int fd,
                   GIOCondition condition,
                   gpointer data)
{
  set_true (data);
  return G_SOURCE_REMOVE;
}

/* Without a thread that watches it, the loop polls */
static void
kick_without_threads (void)
{
  PillionLoop *loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  g_autoptr (GSource) source = NULL;
  gboolean called = FALSE, read = FALSE;
  int fds[2];

  forbid_threads ();

  g_assert_cmpint (pipe (fds), ==, 0);
  source = g_unix_fd_source_new (fds[0], G_IO_IN);
  g_source_set_callback (source, G_SOURCE_FUNC (set_true_on_input), &read, NULL);
  g_source_attach (source, pillion_loop_get_context (loop));

  pillion_loop_call_soon (loop, set_true, &called, NULL);
  pillion_loop_hold (loop);
  pillion_loop_kick (loop);
  g_assert_true (called);
  pillion_loop_kick (loop);
  g_assert_false (read);
  g_assert_cmpint (write (fds[1], "x", 1), ==, 1);
  kick_until (loop, read);
  pillion_loop_release (loop);
  loop_end (loop);
}

static void
work (PillionTask *task,
      GCancellable *cancellable,
      gpointer data)
{
  pillion_task_return_boolean (task, TRUE);
}

static void
work_without_threads (void)
{
  PillionLoop *loop = loop_new ();
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;
  gboolean destroyed = FALSE;

  forbid_threads ();

  task = pillion_loop_run_in_thread (loop, "work", NULL, work, &destroyed, set_true);
  g_assert_false (pillion_loop_run_until_complete (loop, task, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_NO_RESOURCES);
  g_assert_true (destroyed);
  end_object (g_steal_pointer (&task));
  loop_end (loop);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_data_func ("/loop/no-threads/kick-polls", "/loop/no-threads/subprocess/kick", test_without_threads);
  g_test_add_data_func ("/loop/no-threads/run-in-thread-fails", "/loop/no-threads/subprocess/work", test_without_threads);
  g_test_add_func ("/loop/no-threads/subprocess/kick", kick_without_threads);
  g_test_add_func ("/loop/no-threads/subprocess/work", work_without_threads);

  return g_test_run ();
}
