/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a kick costs that finds nothing to do.
 *
 *   bench-kick ours                   a loop with nothing in it
 *   bench-kick fd                     the same, after the host has asked for the loop's descriptor
 *   bench-kick nested                 a loop with nothing in it, inside a callback
 *   bench-kick theirs                 bare GLib
 *   bench-kick loaded URL             a loop with much pending, and connections to URL's server
 *   bench-kick marked ours|theirs N   N kicks between two marks that a tracer of system calls sees
 */

#include <pillion-http/pillion-http.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "host.h"
#include "util.h"

#define N_CHUNKS 2000
#define PER_CHUNK 500
#define N_TASKS 100000
#define N_TIMERS 10000
#define N_CONNECTIONS 1000

/* The median of many short chunks leaves out those in which another process had the processor */
#define MEASURE(statement)                                            \
  G_STMT_START                                                        \
  {                                                                   \
    double values[N_CHUNKS];                                          \
                                                                      \
    for (int chunk = 0; chunk < N_CHUNKS; chunk++)                    \
      {                                                               \
        gint64 start = bench_now ();                                  \
                                                                      \
        for (int i = 0; i < PER_CHUNK; i++)                           \
          statement;                                                  \
        values[chunk] = (bench_now () - start) / (double) PER_CHUNK;  \
      }                                                               \
    nsec = bench_median (values, N_CHUNKS);                           \
  }                                                                   \
  G_STMT_END

static PillionLoop *
ride (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionHost) host = PILLION_HOST (pillion_callback_host_new ("bench"));
  PillionLoop *loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);

  /* The host keeps ticking although there is no work. */
  bench_ensure (loop, host);

  /* The first kicks find out what the context waits for. */
  for (int i = 0; i < 100; i++)
    pillion_loop_kick (loop);

  return loop;
}

static guint
count_sockets (void)
{
  DIR *dir = opendir ("/proc/self/fd");
  struct dirent *entry;
  guint n = 0;

  while ((entry = readdir (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/fd", entry->d_name, NULL);
      g_autofree char *target = g_file_read_link (path, NULL);

      if (target != NULL && g_str_has_prefix (target, "socket:"))
        n++;
    }

  closedir (dir);
  return n;
}

static void
connection_made (PillionTask *task,
                 gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = pillion_task_get_bytes (task, &error);
  guint *n_done = user_data;

  if (bytes == NULL)
    g_error ("%s: %s", pillion_task_get_name (task), error->message);
  (*n_done)++;
}

static void
never (gpointer user_data)
{
  g_error ("a timer of tomorrow fired");
}

/* The server is so slow that all requests have started before the first ends, so each has its own connection. */
static PillionHttpClient *
connect_all (PillionLoop *loop,
             const char *url)
{
  PillionHttpClient *client = pillion_http_client_new (loop);
  guint n_done = 0;

  pillion_http_client_set_max_connections (client, N_CONNECTIONS);
  pillion_http_client_set_max_connections_per_host (client, N_CONNECTIONS);

  for (int i = 0; i < N_CONNECTIONS; i++)
    {
      g_autofree char *each = g_strdup_printf ("%s?%d", url, i);
      g_autoptr (PillionTask) task = pillion_http_client_get_bytes (client, each, NULL);

      pillion_task_add_done_callback (task, connection_made, &n_done, NULL);
    }

  while (n_done < N_CONNECTIONS)
    {
      /* Like a host with frames; a host that asks for the loop's descriptor is another case. */
      g_usleep (1000);
      pillion_loop_kick (loop);
    }

  return client;
}

static void
run_loaded (const char *url)
{
  g_autoptr (PillionLoop) loop = ride ();
  g_autoptr (PillionHttpClient) client = NULL;
  struct rlimit limit;
  double nsec;

  getrlimit (RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit (RLIMIT_NOFILE, &limit);

  client = connect_all (loop, url);

  for (int i = 0; i < N_TIMERS; i++)
    pillion_loop_call_later (loop, 24 * G_TIME_SPAN_HOUR + i, never, NULL, NULL);
  for (int i = 0; i < N_TASKS; i++)
    g_object_unref (pillion_task_new (loop, "pending", NULL));
  for (int i = 0; i < 1000; i++)
    pillion_loop_kick (loop);

  MEASURE (pillion_loop_kick (loop));
  printf ("{\"value\": %.2f, \"tasks\": %u, \"sockets\": %u}\n", nsec, pillion_loop_get_live_tasks (loop),
          count_sockets ());
  fflush (stdout);

  /* The tasks are left pending: ending them is not measured. */
  _exit (0);
}

static void
mark (const char *text)
{
  /* There is no such descriptor: the call only has to appear in the trace. */
  if (write (-1, text, strlen (text)) >= 0)
    g_error ("descriptor -1 can be written to");
}

static void
run_marked (gboolean ours,
            int n_kicks)
{
  g_autoptr (PillionLoop) loop = ours ? ride () : NULL;
  g_autoptr (GMainContext) context = g_main_context_new ();

  if (ours)
    {
      /* Let the threads that the first kicks started come to rest. */
      g_usleep (100000);
      pillion_loop_kick (loop);
      mark ("mark: begin");
      for (int i = 0; i < n_kicks; i++)
        pillion_loop_kick (loop);
      mark ("mark: end");
    }
  else
    {
      mark ("mark: begin");
      for (int i = 0; i < n_kicks; i++)
        g_main_context_iteration (context, FALSE);
      mark ("mark: end");
    }

  printf ("{\"value\": %d}\n", n_kicks);
}

static void
measure_nested (gpointer loop)
{
  double nsec;

  MEASURE (pillion_loop_kick (loop));
  printf ("{\"value\": %.2f}\n", nsec);
}

int
main (int argc,
      char **argv)
{
  const char *mode = argc > 1 ? argv[1] : "";
  double nsec;

  if (g_str_equal (mode, "ours") || g_str_equal (mode, "fd"))
    {
      g_autoptr (PillionLoop) loop = ride ();

      if (g_str_equal (mode, "fd") && pillion_loop_get_fd (loop) < 0)
        g_error ("the loop has no descriptor here");

      MEASURE (pillion_loop_kick (loop));
      printf ("{\"value\": %.2f}\n", nsec);
    }
  else if (g_str_equal (mode, "nested"))
    {
      g_autoptr (PillionLoop) loop = ride ();

      pillion_loop_call_soon (loop, measure_nested, loop, NULL);
      pillion_loop_kick (loop);
    }
  else if (g_str_equal (mode, "theirs"))
    {
      g_autoptr (GMainContext) context = g_main_context_new ();

      MEASURE (g_main_context_iteration (context, FALSE));
      printf ("{\"value\": %.2f}\n", nsec);
    }
  else if (g_str_equal (mode, "loaded") && argc == 3)
    run_loaded (argv[2]);
  else if (g_str_equal (mode, "marked") && argc == 4)
    run_marked (g_str_equal (argv[2], "ours"), atoi (argv[3]));
  else
    return 2;

  return 0;
}
