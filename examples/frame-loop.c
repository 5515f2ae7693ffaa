/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Downloads files into a folder while a 60 Hz frame loop draws:
 *
 *   frame-loop FOLDER URL...
 */

#include <locale.h>

#include <pillion-http/pillion-http.h>

#define RATE 60

typedef struct
{
  guint pending;
  guint failed;
} Work;

static void
on_progress (PillionTask *task, gpointer user_data)
{
  gint64 total = pillion_task_get_total (task);

  if (total > 0)
    g_print ("%s: %d %%\n", pillion_task_get_name (task), (int) (100 * pillion_task_get_completed (task) / total));
}

static void
on_done (PillionTask *task, gpointer user_data)
{
  Work *work = user_data;
  g_autoptr(GError) error = NULL;
  g_autoptr(PillionHttpDownload) download = pillion_task_get_object (task, &error);

  work->pending--;
  if (download == NULL)
    {
      work->failed++;
      g_printerr ("%s: %s\n", pillion_task_get_name (task), error->message);
      return;
    }
  g_print ("%s: %" G_GINT64_FORMAT " bytes\n", g_file_peek_path (pillion_http_download_get_file (download)),
           pillion_http_download_get_size (download));
}

static void
draw_frame (guint frame)
{
  /* A real program would draw for some milliseconds here */
}

int
main (int argc, char **argv)
{
  const gint64 period = G_USEC_PER_SEC / RATE;

  setlocale (LC_ALL, "");
  if (argc < 3)
    {
      g_printerr ("Usage: %s FOLDER URL...\n", argv[0]);
      return 2;
    }

  g_autoptr(PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  g_autoptr(PillionHttpClient) client = pillion_http_client_new (loop);
  g_autoptr(GFile) folder = g_file_new_for_path (argv[1]);
  Work work = { 0, 0 };

  for (int i = 2; i < argc; i++)
    {
      g_autoptr(PillionTask) task = pillion_http_client_download_into (client, argv[i], folder, NULL, NULL);

      pillion_task_set_name (task, argv[i]);
      g_signal_connect (task, "progress", G_CALLBACK (on_progress), NULL);
      pillion_task_add_done_callback (task, on_done, &work, NULL);
      work.pending++;
    }

  gint64 due = g_get_monotonic_time ();
  for (guint frame = 0; work.pending > 0; frame++)
    {
      PillionKick report;

      draw_frame (frame);

      /* The guest gets the rest of the frame, minus a millisecond to be on time */
      due += period;
      pillion_loop_kick_until (loop, due - G_TIME_SPAN_MILLISECOND, &report);
      if (report.overshoot_usec > G_TIME_SPAN_MILLISECOND)
        g_printerr ("frame %u: %s took %" G_GINT64_FORMAT " us\n", frame, pillion_kick_get_slowest_name (&report),
                    report.slowest_usec);

      gint64 left = due - g_get_monotonic_time ();
      if (left > 0)
        g_usleep ((gulong) left);
    }

  g_autoptr(GError) error = NULL;
  if (!pillion_loop_close (loop, G_TIME_SPAN_SECOND, &error))
    g_printerr ("%s\n", error->message);
  return work.failed > 0 ? 1 : 0;
}
