/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "test-support.h"

#include <sys/resource.h>
#include <unistd.h>

/* A system that has no more threads. The limit is real: a child process sets it, and gives up its privileges,
 * which would override it. */

#define NOBODY 65534
#define CANNOT_FORBID 77

static inline gpointer
do_nothing (gpointer data)
{
  return NULL;
}

/* In a subprocess: no thread can be started after this. Ends the process if that can't be arranged. */
static inline void
forbid_threads (void)
{
  const struct rlimit none = { 0, 0 };
  GThread *thread = NULL;

  if ((geteuid () == 0 && (setgid (NOBODY) < 0 || setuid (NOBODY) < 0)) || setrlimit (RLIMIT_NPROC, &none) < 0 ||
      (thread = g_thread_try_new ("forbidden", do_nothing, NULL, NULL)) != NULL)
    {
      g_clear_pointer (&thread, g_thread_join);
      _exit (CANNOT_FORBID);
    }
}

/* Runs the test of that path in a subprocess */
static inline void
test_without_threads (gconstpointer path)
{
  const char *argv[] = { g_get_prgname (), "-p", path, NULL };
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  g_autoptr (GError) error = NULL;
  int status;

#ifdef __SANITIZE_ADDRESS__
  g_test_skip ("the search for leaks needs a thread");
  return;
#endif

  argv[0] = program;
  if (!g_spawn_sync (NULL, (char **) argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &output, &errors, &status, &error))
    g_error ("%s", error->message);
  if (g_spawn_check_wait_status (status, &error))
    return;
  if (error->domain == G_SPAWN_EXIT_ERROR && error->code == CANNOT_FORBID)
    g_test_skip ("the number of threads can't be limited here");
  else
    g_error ("%s: %s%s", error->message, output, errors);
}
