/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What pillion_loop_get_deadline () costs, which a host that sleeps asks each time, with N idle descriptors in the loop's context.
 *
 *   bench-deadline N
 */

#include <pillion/pillion.h>

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "util.h"

#define N_CHUNKS 200
#define PER_CHUNK 50

static gboolean
never (int fd,
       GIOCondition condition,
       gpointer data)
{
  g_error ("a pipe that nobody writes to is readable");
  return G_SOURCE_REMOVE;
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionLoop) loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  struct rlimit limit;
  double values[N_CHUNKS];
  int n;

  if (argc != 2)
    return 2;

  n = atoi (argv[1]);
  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);
  for (int i = 0; i < n; i++)
    {
      g_autoptr (GSource) source = NULL;
      int fds[2];

      if (!g_unix_open_pipe (fds, FD_CLOEXEC, NULL))
        g_error ("pipe");
      source = g_unix_fd_source_new (fds[0], G_IO_IN);
      g_source_set_callback (source, G_SOURCE_FUNC (never), NULL, NULL);
      g_source_attach (source, context);
    }

  pillion_loop_hold (loop);
  if (pillion_loop_get_fd (loop) < 0)
    g_error ("the loop has no descriptor here");
  for (int i = 0; i < 10; i++)
    {
      pillion_loop_kick (loop);
      pillion_loop_get_deadline (loop);
    }

  for (int chunk = 0; chunk < N_CHUNKS; chunk++)
    {
      gint64 start = bench_now ();

      for (int i = 0; i < PER_CHUNK; i++)
        pillion_loop_get_deadline (loop);
      values[chunk] = (bench_now () - start) / (double) PER_CHUNK;
    }

  printf ("{\"value\": %.1f}\n", bench_median (values, N_CHUNKS));
  return 0;
}
