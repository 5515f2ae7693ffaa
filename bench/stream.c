/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Bodies read as streams.
 *
 *   bench-stream poll URL SIZE         seconds for one GET of SIZE bytes, until the done callback of the last read; the
 *                                      host sleeps on the loop's descriptor
 *   bench-stream tick URL SIZE         the same, the host draws 60 frames a second
 *   bench-stream stalled URL N SMALL   MiB that N streams add to the program when their host reads one piece each and no
 *                                      more; SMALL is a URL to get before, so that all that a first GET needs is there
 */

#include <pillion-http/pillion-http.h>

#include <stdio.h>
#include <stdlib.h>

#include "host.h"
#include "util.h"

#define RATE 60.0

/* Nothing more comes when the program has not grown for so long */
#define STILL_NSEC (500 * 1000000)

typedef struct
{
  PillionLoop *loop;
  PillionTickHost *ticks;
  PillionHttpClient *client;
  PillionHttpStream *stream;
  gint64 n_received;
  gint64 done_at;
  gboolean done;
  guint n_first;      /* pieces, of as many streams */
  GPtrArray *streams;
} Job;

static void read_next (Job *job);

static PillionTask *
open_stream (Job *job,
             const char *url,
             PillionTaskDoneFunc func)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  PillionTask *task = pillion_http_client_open (job->client, request, NULL);

  pillion_task_add_done_callback (task, func, job, NULL);
  return task;
}

static PillionHttpStream *
get_stream (PillionTask *task)
{
  g_autoptr (GError) error = NULL;
  PillionHttpStream *stream = pillion_task_get_object (task, &error);

  if (stream == NULL)
    g_error ("%s", error->message);
  return stream;
}

static gsize
get_size (PillionTask *task)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = pillion_task_get_bytes (task, &error);

  if (bytes == NULL)
    g_error ("%s", error->message);
  return g_bytes_get_size (bytes);
}

static void
piece (PillionTask *task,
       gpointer user_data)
{
  Job *job = user_data;
  gsize size = get_size (task);

  job->n_received += size;
  if (size > 0)
    {
      read_next (job);
      return;
    }

  job->done = TRUE;
  job->done_at = bench_now ();
  if (job->ticks != NULL)
    pillion_tick_host_quit (job->ticks);
}

static void
read_next (Job *job)
{
  g_autoptr (PillionTask) task = pillion_http_stream_read (job->stream, 0, NULL);

  pillion_task_add_done_callback (task, piece, job, NULL);
}

static void
opened (PillionTask *task,
        gpointer user_data)
{
  Job *job = user_data;

  job->stream = get_stream (task);
  read_next (job);
}

static void
run_one (Job *job,
         const char *url,
         gint64 size)
{
  gint64 start = bench_now ();
  g_autoptr (PillionTask) task = open_stream (job, url, opened);

  if (job->ticks != NULL)
    pillion_tick_host_run (job->ticks, 0);
  while (!job->done)
    bench_sleep_and_kick (job->loop);

  printf ("{\"value\": %.4f}\n", (job->done_at - start) / 1e9);
  if (job->n_received != size)
    g_error ("the body has %" G_GINT64_FORMAT " bytes", job->n_received);
  g_clear_object (&job->stream);
}

static void
got_small (PillionTask *task,
           gpointer user_data)
{
  Job *job = user_data;

  get_size (task);
  job->done = TRUE;
}

static void
first_piece (PillionTask *task,
             gpointer user_data)
{
  Job *job = user_data;

  if (get_size (task) == 0)
    g_error ("the body is empty");
  job->n_first++;
}

static void
opened_to_stall (PillionTask *task,
                 gpointer user_data)
{
  Job *job = user_data;
  PillionHttpStream *stream = get_stream (task);
  g_autoptr (PillionTask) first = pillion_http_stream_read (stream, 0, NULL);

  g_ptr_array_add (job->streams, stream);
  pillion_task_add_done_callback (first, first_piece, job, NULL);
}

static gsize
wait_until_still (void)
{
  gsize most = bench_resident ();

  for (gint64 since = bench_now (); bench_now () - since < STILL_NSEC;)
    {
      gsize now = bench_resident ();

      if (now > most)
        {
          most = now;
          since = bench_now ();
        }
      g_usleep (10000);
    }

  return most;
}

static void
run_stalled (Job *job,
             const char *url,
             guint n,
             const char *small)
{
  g_autoptr (PillionTask) warm = pillion_http_client_get_bytes (job->client, small, NULL);
  gsize before;

  pillion_http_client_set_max_connections (job->client, n);
  pillion_http_client_set_max_connections_per_host (job->client, n);
  pillion_task_add_done_callback (warm, got_small, job, NULL);
  while (!job->done)
    bench_sleep_and_kick (job->loop);

  before = wait_until_still ();
  job->streams = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < n; i++)
    g_object_unref (open_stream (job, url, opened_to_stall));
  while (job->n_first < n)
    bench_sleep_and_kick (job->loop);

  printf ("{\"value\": %.2f}\n", (double) (wait_until_still () - before) / (1 << 20));
  g_ptr_array_unref (job->streams);
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionLoop) loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  g_autoptr (PillionHttpClient) client = pillion_http_client_new (loop);
  g_autoptr (PillionHost) host = NULL;
  Job job = { .loop = loop, .client = client };

  if (argc < 4)
    return 2;

  if (g_str_equal (argv[1], "tick"))
    {
      host = PILLION_HOST (pillion_tick_host_new ("bench", RATE));
      job.ticks = PILLION_TICK_HOST (host);
    }
  else
    {
      host = PILLION_HOST (pillion_callback_host_new ("bench"));
    }
  bench_ensure (loop, host);

  if (g_str_equal (argv[1], "stalled") && argc == 5)
    run_stalled (&job, argv[2], atoi (argv[3]), argv[4]);
  else if (argc == 4)
    run_one (&job, argv[2], g_ascii_strtoll (argv[3], NULL, 10));
  else
    return 2;

  g_clear_object (&client);
  bench_close (loop);
  return 0;
}
