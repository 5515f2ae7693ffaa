/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Calls beside other calls.
 *
 *   bench-calls queue URL N                   µs of processor time of a GET if N are made at once, over 8 connections
 *   bench-calls thumbnails URL N SIZE         seconds for N GETs of SIZE bytes over 8 connections, the host draws 60 frames a second
 *   bench-calls beside SMALL LARGE N CERT     ms that a GET of SMALL takes at the median while N GETs of LARGE run: one GET after another,
 *                                             over HTTP/2; the server has the certificate CERT
 *
 * Each address gets a query of its own, so that nothing can answer two calls with one request. */

#include <pillion-http/pillion-http.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "host.h"
#include "util.h"

#define RATE 60.0
#define CONNECTIONS 8

/* How many GETs come before those that are timed: the first one loads libsoup, and the next ones open connections */
#define N_WARM 200

/* How many small ones are timed at most */
#define MAX_SMALL 20000
#define N_ALONE 2000

typedef struct
{
  PillionLoop *loop;
  PillionHost *host; /* NULL if the host sleeps on the loop's descriptor */
  PillionHttpClient *client;
  gsize size; /* of each answer */
  guint n_sent;
  guint n_wanted;
  guint n_done;
  guint n_large; /* large ones that are not done yet */
} Job;

static PillionTask *
get (Job *job,
     const char *url,
     PillionTaskDoneFunc done)
{
  g_autofree char *own = g_strdup_printf ("%s?%u", url, job->n_sent++);
  PillionTask *task = pillion_http_client_get_bytes (job->client, own, NULL);

  pillion_task_add_done_callback (task, done, job, NULL);
  return task;
}

static void
got (PillionTask *task,
     gpointer user_data)
{
  g_autoptr (GBytes) bytes = bench_get_bytes (task);
  Job *job = user_data;

  if (g_bytes_get_size (bytes) != job->size)
    g_error ("an answer has %" G_GSIZE_FORMAT " bytes", g_bytes_get_size (bytes));
  if (++job->n_done == job->n_wanted && job->host != NULL)
    pillion_tick_host_quit (PILLION_TICK_HOST (job->host));
}

/* Gets @n at once, and returns the ns that it took */
static gint64
get_many (Job *job,
          const char *url,
          guint n)
{
  gint64 start = bench_now ();

  job->n_wanted = n;
  job->n_done = 0;
  for (guint i = 0; i < n; i++)
    g_object_unref (get (job, url, got));

  if (job->host != NULL)
    pillion_tick_host_run (PILLION_TICK_HOST (job->host), 0);
  while (job->n_done < n)
    bench_sleep_and_kick (job->loop);

  return bench_now () - start;
}

static double
process_usec (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static void
run_queue (Job *job,
           const char *url,
           guint n)
{
  double start;
  gint64 wall;

  job->size = 1024;
  get_many (job, url, N_WARM);
  start = process_usec ();
  wall = get_many (job, url, n);
  printf ("{\"value\": %.3f, \"wall\": %.3f}\n", (process_usec () - start) / n, wall / 1e3 / n);
}

static void
run_thumbnails (Job *job,
                const char *url,
                guint n,
                gsize size)
{
  job->size = size;
  printf ("{\"value\": %.4f}\n", get_many (job, url, n) / 1e9);
}

static void
got_large (PillionTask *task,
           gpointer user_data)
{
  g_autoptr (GBytes) bytes = bench_get_bytes (task);

  ((Job *) user_data)->n_large--;
}

static void
run_beside (Job *job,
            const char *small,
            const char *large,
            guint n_large,
            const char *certificate)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (certificate, &error);
  g_autofree double *times = g_new (double, MAX_SMALL);
  gboolean alone = n_large == 0;
  guint n = 0;
  double median;

  if (database == NULL)
    g_error ("%s", error->message);
  pillion_http_client_set_tls_database (job->client, database);
  pillion_http_client_set_max_body_size (job->client, 0);
  job->size = 1024;
  for (guint i = 0; i < N_WARM; i++)
    get_many (job, small, 1);

  for (job->n_large = 0; job->n_large < n_large; job->n_large++)
    g_object_unref (get (job, large, got_large));
  while (n < (alone ? N_ALONE : MAX_SMALL) && (alone || job->n_large > 0))
    times[n++] = get_many (job, small, 1) / 1e6;
  while (job->n_large > 0)
    bench_sleep_and_kick (job->loop);

  median = bench_median (times, n);
  printf ("{\"value\": %.3f, \"p99\": %.3f, \"worst\": %.3f, \"small\": %u}\n", median, bench_percentile (times, n, 0.99),
          bench_percentile (times, n, 1), n);
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
  if (g_str_equal (argv[1], "thumbnails"))
    host = job.host = PILLION_HOST (pillion_tick_host_new ("bench", RATE));
  else
    host = PILLION_HOST (pillion_callback_host_new ("bench"));
  bench_ensure (job.loop, host);

  job.client = pillion_http_client_new (job.loop);
  pillion_http_client_set_max_connections_per_host (job.client, CONNECTIONS);

  if (g_str_equal (argv[1], "queue"))
    run_queue (&job, argv[2], atoi (argv[3]));
  else if (g_str_equal (argv[1], "thumbnails") && argc == 5)
    run_thumbnails (&job, argv[2], atoi (argv[3]), atoi (argv[4]));
  else if (g_str_equal (argv[1], "beside") && argc == 6)
    run_beside (&job, argv[2], argv[3], atoi (argv[4]), argv[5]);
  else
    return 2;

  g_clear_object (&job.client);
  bench_close (job.loop);
  g_object_unref (job.loop);
  return 0;
}
