/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Responses that are stored in a cache.
 *
 *   bench-cache hit FOLDER URL SIZE N      µs for a GET of SIZE bytes that the cache answers; the median of N, one after another
 *   bench-cache file PATH SIZE N           µs for a task that reads a file with GIO
 *   bench-cache gets FOLDER URL N AT_ONCE  seconds for N GETs of 1 KB; FOLDER is `-` for no cache
 *   bench-cache open FOLDER URL            ms from a new cache to its first response
 *
 * The host sleeps on the loop's descriptor. */

#include <pillion-http/pillion-http.h>

#include <stdio.h>
#include <stdlib.h>

#include "host.h"
#include "util.h"

typedef struct
{
  PillionLoop *loop;
  PillionHttpClient *client;
  gsize size;
  guint n_done;
} Job;

static void
use_cache (Job *job,
           const char *folder)
{
  g_autoptr (PillionHttpCache) cache = NULL;

  job->client = pillion_http_client_new (job->loop);
  if (g_str_equal (folder, "-"))
    return;

  cache = pillion_http_cache_new (folder);
  pillion_http_cache_set_max_size (cache, 4LL * 1024 * 1024 * 1024);
  pillion_http_client_set_cache (job->client, cache);
}

static void
one_done (PillionTask *task,
          gpointer user_data)
{
  g_autoptr (GBytes) bytes = bench_get_bytes (task);
  Job *job = user_data;

  if (g_bytes_get_size (bytes) != job->size)
    g_error ("%" G_GSIZE_FORMAT " bytes instead of %" G_GSIZE_FORMAT, g_bytes_get_size (bytes), job->size);
  job->n_done++;
}

static void
wait_for (Job *job,
          PillionTask *task)
{
  guint n = job->n_done + 1;

  pillion_task_add_done_callback (task, one_done, job, NULL);
  while (job->n_done < n)
    bench_sleep_and_kick (job->loop);
}

static void
get_one (Job *job,
         const char *url)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (job->client, url, NULL);

  wait_for (job, task);
}

static void
read_in_thread (PillionTask *task,
                GCancellable *cancellable,
                gpointer data)
{
  g_autoptr (GFile) file = g_file_new_for_path (data);
  char *contents;
  gsize length;
  GError *error = NULL;

  if (g_file_load_contents (file, cancellable, &contents, &length, NULL, &error))
    pillion_task_return_boxed (task, G_TYPE_BYTES, g_bytes_new_take (contents, length));
  else
    pillion_task_return_error (task, error);
}

static void
read_one (Job *job,
          const char *path)
{
  g_autoptr (PillionTask) task =
    pillion_loop_run_in_thread (job->loop, "read", NULL, read_in_thread, g_strdup (path), g_free);

  wait_for (job, task);
}

/* The first ones warm up */
static void
measure (Job *job,
         void (*func) (Job *job, const char *what),
         const char *what,
         guint n)
{
  g_autofree double *times = g_new (double, n);

  for (guint i = 0; i < 20; i++)
    func (job, what);
  for (guint i = 0; i < n; i++)
    {
      gint64 start = bench_now ();

      func (job, what);
      times[i] = (bench_now () - start) / 1e3;
    }

  printf ("{\"value\": %.2f}\n", bench_median (times, n));
}

static void
get_many (Job *job,
          const char *url,
          guint n,
          guint at_once)
{
  gint64 start = bench_now ();

  pillion_http_client_set_max_connections (job->client, at_once);
  pillion_http_client_set_max_connections_per_host (job->client, at_once);
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *one = g_strdup_printf ("%s?%u", url, i);
      g_autoptr (PillionTask) task = pillion_http_client_get_bytes (job->client, one, NULL);

      pillion_task_add_done_callback (task, one_done, job, NULL);
    }
  while (job->n_done < n)
    bench_sleep_and_kick (job->loop);

  printf ("{\"value\": %.4f}\n", (bench_now () - start) / 1e9);
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionHost) host = PILLION_HOST (pillion_callback_host_new ("bench"));
  const char *mode = argc > 1 ? argv[1] : "";
  Job job = { 0 };

  job.loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  bench_ensure (job.loop, host);
  job.size = 1024;

  if (g_str_equal (mode, "hit") && argc == 6)
    {
      job.size = strtoul (argv[4], NULL, 10);
      use_cache (&job, argv[2]);
      measure (&job, get_one, argv[3], atoi (argv[5]));
    }
  else if (g_str_equal (mode, "file") && argc == 5)
    {
      job.size = strtoul (argv[3], NULL, 10);
      measure (&job, read_one, argv[2], atoi (argv[4]));
    }
  else if (g_str_equal (mode, "gets") && argc == 6)
    {
      use_cache (&job, argv[2]);
      get_many (&job, argv[3], atoi (argv[4]), atoi (argv[5]));
    }
  else if (g_str_equal (mode, "open") && argc == 4)
    {
      gint64 start = bench_now ();

      use_cache (&job, argv[2]);
      get_one (&job, argv[3]);
      printf ("{\"value\": %.3f}\n", (bench_now () - start) / 1e6);
    }
  else
    return 2;

  g_clear_object (&job.client);
  bench_close (job.loop);
  g_object_unref (job.loop);
  return 0;
}
