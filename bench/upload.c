/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* bench-upload URL FILE: seconds to send a file, from the call to the done callback; the host sleeps on the loop's descriptor, and
 * shows the progress */

#include <pillion-http/pillion-http.h>

#include <stdio.h>

#include "host.h"
#include "util.h"

typedef struct
{
  guint n_progress;
  gboolean done;
} Job;

static void
progressed (PillionTask *task,
            gpointer user_data)
{
  ((Job *) user_data)->n_progress++;
}

static void
uploaded (PillionTask *task,
          gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!pillion_task_check (task, &error))
    g_error ("%s", error->message);
  ((Job *) user_data)->done = TRUE;
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionLoop) loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  g_autoptr (PillionHost) host = PILLION_HOST (pillion_callback_host_new ("bench"));
  g_autoptr (PillionHttpClient) client = pillion_http_client_new (loop);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GFile) file = NULL;
  Job job = { 0 };
  gint64 start;

  if (argc != 3)
    return 2;

  file = g_file_new_for_path (argv[2]);
  bench_ensure (loop, host);

  start = bench_now ();
  task = pillion_http_client_upload (client, argv[1], file, NULL);
  g_signal_connect (task, "progress", G_CALLBACK (progressed), &job);
  pillion_task_add_done_callback (task, uploaded, &job, NULL);
  while (!job.done)
    bench_sleep_and_kick (loop);

  printf ("{\"value\": %.4f, \"progress\": %u}\n", (bench_now () - start) / 1e9, job.n_progress);

  g_clear_object (&client);
  bench_close (loop);
  return 0;
}
