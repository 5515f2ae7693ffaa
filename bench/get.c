/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Answers into memory.
 *
 *   bench-get poll URL N AT_ONCE     seconds for N GETs, the host sleeps on the loop's descriptor
 *   bench-get tick URL N AT_ONCE     the same, the host draws 60 frames a second
 *   bench-get ticks URL N            frames at 60 Hz from the call to the done callback, of the first GET of
 *                                    a client and of its second, the median of N clients
 *   bench-get large URL SIZE         seconds for one GET of SIZE bytes, the host sleeps on the loop's descriptor
 *
 * For `ticks` the answer begins with how many requests its connection has seen, so that a connection that was
 * not new, or not kept, is found out. */

#include <pillion-http/pillion-http.h>

#include <stdio.h>
#include <stdlib.h>

#include "host.h"
#include "util.h"

#define RATE 60.0

typedef struct
{
  PillionLoop *loop;
  PillionHost *host;
  PillionHttpClient *client;
  const char *url;
  guint n_wanted;
  guint n_done;
  guint n_frames;
  guint sent_at;
  gboolean idle;
  double *first;
  double *second;
} Job;

static void
one_of_many (PillionTask *task,
             gpointer user_data)
{
  g_autoptr (GBytes) bytes = bench_get_bytes (task);
  Job *job = user_data;

  if (g_bytes_get_size (bytes) != 1024)
    g_error ("an answer has %" G_GSIZE_FORMAT " bytes", g_bytes_get_size (bytes));
  if (++job->n_done == job->n_wanted && job->host != NULL)
    pillion_tick_host_quit (PILLION_TICK_HOST (job->host));
}

static void
run_many (Job *job,
          guint at_once)
{
  gint64 start = bench_now ();

  job->client = pillion_http_client_new (job->loop);
  pillion_http_client_set_max_connections (job->client, at_once);
  pillion_http_client_set_max_connections_per_host (job->client, at_once);

  for (guint i = 0; i < job->n_wanted; i++)
    {
      /* Each has its own address, so that nothing can answer two of them with one request. */
      g_autofree char *url = g_strdup_printf ("%s?%u", job->url, i);
      g_autoptr (PillionTask) task = pillion_http_client_get_bytes (job->client, url, NULL);

      pillion_task_add_done_callback (task, one_of_many, job, NULL);
    }

  if (job->host != NULL)
    pillion_tick_host_run (PILLION_TICK_HOST (job->host), 0);

  while (job->n_done < job->n_wanted)
    bench_sleep_and_kick (job->loop);

  printf ("{\"value\": %.4f}\n", (bench_now () - start) / 1e9);
}

static void
large (PillionTask *task,
       gpointer user_data)
{
  g_autoptr (GBytes) bytes = bench_get_bytes (task);
  Job *job = user_data;

  if (g_bytes_get_size (bytes) != job->n_wanted)
    g_error ("the answer has %" G_GSIZE_FORMAT " bytes", g_bytes_get_size (bytes));
  job->n_done = job->n_wanted;
}

static void
run_large (Job *job)
{
  gint64 start = bench_now ();
  g_autoptr (PillionTask) task = NULL;

  job->client = pillion_http_client_new (job->loop);
  pillion_http_client_set_max_body_size (job->client, 0);
  task = pillion_http_client_get_bytes (job->client, job->url, NULL);
  pillion_task_add_done_callback (task, large, job, NULL);
  while (job->n_done < job->n_wanted)
    bench_sleep_and_kick (job->loop);

  printf ("{\"value\": %.4f}\n", (bench_now () - start) / 1e9);
}

static void
one_alone (PillionTask *task,
           gpointer user_data)
{
  g_autoptr (GBytes) bytes = bench_get_bytes (task);
  Job *job = user_data;
  gboolean again = job->n_done % 2;
  guint n_seen = atoi (g_bytes_get_data (bytes, NULL));

  if (n_seen != (again ? 2 : 1))
    g_error ("the %s request is number %u of its connection", again ? "second" : "first", n_seen);

  /* The frame of the call and that of the callback both count. */
  (again ? job->second : job->first)[job->n_done / 2] = job->n_frames - job->sent_at + 1;

  if (again)
    g_clear_object (&job->client);
  if (++job->n_done == job->n_wanted)
    pillion_tick_host_quit (PILLION_TICK_HOST (job->host));
  job->idle = TRUE;
}

/* The call is made at the start of the frame, before its kick, like one in a key press handler. */
static void
frame (PillionTickHost *host,
       guint number,
       gpointer user_data)
{
  g_autoptr (PillionTask) task = NULL;
  Job *job = user_data;

  job->n_frames++;
  if (!job->idle)
    return;

  if (job->client == NULL)
    job->client = pillion_http_client_new (job->loop);
  job->idle = FALSE;
  job->sent_at = job->n_frames;
  task = pillion_http_client_get_bytes (job->client, job->url, NULL);
  pillion_task_add_done_callback (task, one_alone, job, NULL);
}

static void
run_ticks (Job *job)
{
  guint n = job->n_wanted;

  job->n_wanted = 2 * n;
  job->first = g_new (double, n);
  job->second = g_new (double, n);
  job->idle = TRUE;

  g_signal_connect (job->host, "frame", G_CALLBACK (frame), job);
  pillion_tick_host_run (PILLION_TICK_HOST (job->host), 0);
  if (job->n_done < job->n_wanted)
    g_error ("the host stopped after %u of %u answers", job->n_done, job->n_wanted);

  printf ("{\"value\": %.1f, \"keepalive\": %.1f}\n", bench_median (job->first, n),
          bench_median (job->second, n));
  g_free (job->first);
  g_free (job->second);
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionHost) host = NULL;
  Job job = { 0 };

  if (argc < 4)
    return 2;

  job.loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  job.url = argv[2];
  job.n_wanted = atoi (argv[3]);

  if (g_str_equal (argv[1], "poll") || g_str_equal (argv[1], "large"))
    host = PILLION_HOST (pillion_callback_host_new ("bench"));
  else
    host = job.host = PILLION_HOST (pillion_tick_host_new ("bench", RATE));

  bench_ensure (job.loop, host);

  if (g_str_equal (argv[1], "ticks"))
    run_ticks (&job);
  else if (g_str_equal (argv[1], "large"))
    run_large (&job);
  else if (argc == 5)
    run_many (&job, atoi (argv[4]));
  else
    return 2;

  g_clear_object (&job.client);
  bench_close (job.loop);
  g_object_unref (job.loop);
  return 0;
}
