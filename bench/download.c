/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* One large file to disk, timed from the call to the done callback.
 *
 *   bench-download tick URL TARGET [SHA256]       the host draws 60 frames a second, and shows the progress
 *   bench-download split URL TARGET [SHA256]      the same over up to 16 connections
 *   bench-download one URL TARGET [SHA256]        the same over one
 *   bench-download stalled URL TARGET [SHA256]    the host does nothing before TARGET is there, then draws frames
 *
 * Prints the seconds, and the µs that each frame spent in kicks from the call on. */

#include <pillion-http/pillion-http.h>

#include <poll.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "host.h"
#include "util.h"

#define RATE 60.0
#define FIRST_FRAME 3
#define PATIENCE_MSEC 60000

typedef struct
{
  PillionTickHost *host;
  PillionHttpClient *client;
  const char *url;
  const char *sha256; /* or NULL */
  GFile *target;
  guint n_frames;
  guint n_progress;
  gint64 start;
  gint64 end;
} Job;

static void
progressed (PillionTask *task,
            gpointer user_data)
{
  Job *job = user_data;

  job->n_progress++;
}

static void
downloaded (PillionTask *task,
            gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  Job *job = user_data;

  job->end = bench_now ();

  if (!pillion_task_check (task, &error))
    g_error ("%s: %s", job->url, error->message);
  pillion_tick_host_quit (job->host);
}

static void
start (Job *job)
{
  g_autoptr (PillionTask) task = NULL;

  job->start = bench_now ();
  task = pillion_http_client_download (job->client, job->url, job->target, job->sha256, NULL);
  g_signal_connect (task, "progress", G_CALLBACK (progressed), job);
  pillion_task_add_done_callback (task, downloaded, job, NULL);
}

static void
frame (PillionTickHost *host,
       guint number,
       gpointer user_data)
{
  Job *job = user_data;

  if (++job->n_frames == FIRST_FRAME)
    start (job);
}

/* The kernel says when the file gets its name; until then the thread sleeps. */
static void
wait_for_target (Job *job)
{
  g_autoptr (GFile) folder = g_file_get_parent (job->target);
  int fd = inotify_init1 (IN_CLOEXEC);

  if (fd < 0 || inotify_add_watch (fd, g_file_peek_path (folder), IN_MOVED_TO | IN_CREATE) < 0)
    g_error ("inotify");

  start (job);
  while (!g_file_query_exists (job->target, NULL))
    {
      struct pollfd poll_fd = { fd, POLLIN, 0 };
      char events[4096];

      if (poll (&poll_fd, 1, PATIENCE_MSEC) <= 0 || read (fd, events, sizeof events) <= 0)
        g_error ("%s: not there after a minute without a tick", g_file_peek_path (job->target));
    }

  close (fd);
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionLoop) loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  g_autoptr (PillionHost) host = PILLION_HOST (pillion_tick_host_new ("bench", RATE));
  g_autoptr (PillionHttpClient) client = pillion_http_client_new (loop);
  g_autoptr (GFile) target = NULL;
  g_autofree gint64 *kicks = NULL;
  gsize n_kicks, first;
  Job job = { 0 };

  if (argc != 4 && argc != 5)
    return 2;

  target = g_file_new_for_path (argv[3]);
  job.host = PILLION_TICK_HOST (host);
  job.client = client;
  job.url = argv[2];
  job.sha256 = argv[4]; /* NULL at the end */
  job.target = target;

  if (g_str_equal (argv[1], "split"))
    {
      pillion_http_client_set_max_connections_per_host (client, 16);
      pillion_http_client_set_max_connections_per_download (client, 16);
    }
  else if (g_str_equal (argv[1], "one"))
    {
      pillion_http_client_set_max_connections_per_download (client, 1);
    }

  bench_ensure (loop, host);

  if (g_str_equal (argv[1], "stalled"))
    {
      wait_for_target (&job);
      first = 0;
    }
  else
    {
      g_signal_connect (host, "frame", G_CALLBACK (frame), &job);
      first = FIRST_FRAME - 1;
    }
  pillion_tick_host_run (job.host, 0);

  kicks = pillion_tick_host_get_kick_times (job.host, &n_kicks);
  printf ("{\"value\": %.4f, \"progress\": %u, \"late\": %u, \"kicks\": [", (job.end - job.start) / 1e9,
          job.n_progress, pillion_tick_host_get_late_frames (job.host));
  for (gsize i = first; i < n_kicks; i++)
    printf ("%s%" G_GINT64_FORMAT, i > first ? ", " : "", kicks[i]);
  printf ("]}\n");

  bench_close (loop);
  return 0;
}
