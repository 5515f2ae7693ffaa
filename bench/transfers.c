/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What kicks cost the host's thread during many downloads, each with a progress handler.
 *
 *   bench-transfers URL FOLDER N SECONDS   N downloads at a time, the host draws 60 frames a second
 *
 * Prints the 99th percentile of a kick in µs: of processor time, and of wall time.
 */

#include <pillion-http/pillion-http.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "host.h"
#include "util.h"

#define FRAME_NSEC 16666667

typedef struct
{
  PillionHttpClient *client;
  const char *url;
  GFile *target;
  guint n_progress;
  guint n_done;
  gboolean over;
} Slot;

static void begin (Slot *slot);

static void
progressed (PillionTask *task,
            gpointer data)
{
  ((Slot *) data)->n_progress++;
}

static void
downloaded (PillionTask *task,
            gpointer data)
{
  g_autoptr (GError) error = NULL;
  Slot *slot = data;

  if (!pillion_task_check (task, &error) && !slot->over)
    g_error ("%s", error->message);
  slot->n_done++;
  if (!slot->over)
    begin (slot);
}

static void
begin (Slot *slot)
{
  g_autoptr (PillionTask) task = pillion_http_client_download (slot->client, slot->url, slot->target, NULL, NULL);

  g_signal_connect (task, "progress", G_CALLBACK (progressed), slot);
  pillion_task_add_done_callback (task, downloaded, slot, NULL);
}

static double
thread_usec (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionLoop) loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  g_autoptr (PillionHost) host = PILLION_HOST (pillion_callback_host_new ("bench"));
  g_autoptr (PillionHttpClient) client = pillion_http_client_new (loop);
  g_autofree double *processor = NULL;
  g_autofree double *wall = NULL;
  g_autofree Slot *slots = NULL;
  int n_slots, n_kicks = 0, max_kicks;
  guint n_done = 0, n_progress = 0;
  gint64 next;

  if (argc != 5)
    return 2;

  n_slots = atoi (argv[3]);
  max_kicks = atoi (argv[4]) * 60;
  processor = g_new (double, max_kicks);
  wall = g_new (double, max_kicks);
  slots = g_new0 (Slot, n_slots);
  g_object_set (client, "max-connections", (guint) n_slots, "max-connections-per-host", (guint) n_slots, NULL);
  bench_ensure (loop, host);

  for (int i = 0; i < n_slots; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s/%d", argv[2], i);

      slots[i] = (Slot) { .client = client, .url = argv[1], .target = g_file_new_for_path (name) };
      begin (&slots[i]);
    }

  for (next = bench_now (); n_kicks < max_kicks; n_kicks++)
    {
      double processor_start = thread_usec ();
      gint64 wall_start = bench_now ();

      pillion_loop_kick (loop);
      wall[n_kicks] = (bench_now () - wall_start) / 1e3;
      processor[n_kicks] = thread_usec () - processor_start;

      next += FRAME_NSEC;
      if (next > bench_now ())
        g_usleep ((next - bench_now ()) / 1000);
    }

  for (int i = 0; i < n_slots; i++)
    {
      slots[i].over = TRUE;
      n_done += slots[i].n_done;
      n_progress += slots[i].n_progress;
    }
  printf ("{\"value\": %.1f, \"wall\": %.1f, \"downloads\": %u, \"progress\": %u, \"median\": %.1f}\n",
          bench_percentile (processor, n_kicks, 0.99), bench_percentile (wall, n_kicks, 0.99), n_done, n_progress,
          bench_median (processor, n_kicks));

  bench_close (loop);
  for (int i = 0; i < n_slots; i++)
    g_object_unref (slots[i].target);
  return 0;
}
