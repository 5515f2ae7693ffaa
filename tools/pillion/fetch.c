/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fetch.h"
#include "fetch-file.h"
#include "fetch-options.h"
#include "fetch-view.h"
#include "interrupt.h"
#include "options.h"
#include "summary.h"
#include "svg-report.h"
#include "text.h"
#include "units.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <string.h>

/* How long the loop may take to end its threads after everything is done */
#define CLOSE_TIMEOUT (5 * G_TIME_SPAN_SECOND)

typedef struct
{
  FetchOptions options;
  GPtrArray *files;
  Stage *stage;
  PillionHttpClient *client;
  FetchView *view;
  GCancellable *cancellable;
  guint pending;
  gint64 started;
  gint64 ended;
} Fetch;

static FetchFile *
find_file (Fetch       *self,
           PillionTask *task)
{
  for (guint i = 0; i < self->files->len; i++)
    {
      FetchFile *file = g_ptr_array_index (self->files, i);

      if (file->task == task)
        return file;
    }
  g_assert_not_reached ();
}

static void
start_file (Fetch     *self,
            FetchFile *file)
{
  if (file->state != FETCH_WAITING)
    return;
  file->state = FETCH_ACTIVE;
  file->started = g_get_monotonic_time ();
  fetch_view_started (self->view, file);
}

/* The first progress of a download means that its turn has come */
static void
on_progress (PillionTask *task,
             gpointer     user_data)
{
  Fetch *self = user_data;

  if (pillion_task_get_completed (task) > 0 || pillion_task_get_total (task) >= 0)
    start_file (self, find_file (self, task));
}

static void
on_done (PillionTask *task,
         gpointer     user_data)
{
  Fetch *self = user_data;
  FetchFile *file = find_file (self, task);

  if (!g_cancellable_is_cancelled (self->cancellable))
    start_file (self, file);
  fetch_file_settle (file);
  fetch_view_settled (self->view, file);
  if (--self->pending == 0)
    {
      self->ended = g_get_monotonic_time ();
      stage_quit (self->stage);
    }
}

static void
on_frame (guint    frame,
          gpointer user_data)
{
  Fetch *self = user_data;

  if (interrupt_was_asked () && !g_cancellable_is_cancelled (self->cancellable))
    {
      fetch_view_interrupted (self->view);
      g_cancellable_cancel (self->cancellable);
    }
  fetch_view_frame (self->view, frame);
}

static void
start (Fetch *self)
{
  g_autoptr (GFile) folder = g_file_new_for_path (self->options.folder != NULL ? self->options.folder : ".");
  guint n_digests = self->options.digests != NULL ? g_strv_length (self->options.digests) : 0;

  self->client = pillion_http_client_new (self->stage->loop);
  pillion_http_client_set_max_connections (self->client, (guint) self->options.jobs);
  pillion_http_client_set_max_connections_per_host (self->client, (guint) self->options.jobs);
  self->started = g_get_monotonic_time ();
  self->pending = self->files->len;
  for (guint i = 0; i < self->files->len; i++)
    {
      FetchFile *file = g_ptr_array_index (self->files, i);
      const char *digest = i < n_digests ? self->options.digests[i] : "-";

      file->task = pillion_http_client_download_into (self->client, file->url, folder,
                                                      strcmp (digest, "-") == 0 ? NULL : digest, self->cancellable);
      g_signal_connect (file->task, "progress", G_CALLBACK (on_progress), self);
      pillion_task_add_done_callback (file->task, on_done, self, NULL);
    }
}

static guint
count (Fetch     *self,
       FetchState state)
{
  guint n = 0;

  for (guint i = 0; i < self->files->len; i++)
    n += ((FetchFile *) g_ptr_array_index (self->files, i))->state == state;
  return n;
}

/* "3 files, 205 MB in 1.42 s: 144 MB/s", what failed or was stopped, and how the host did */
static void
print_summary (Fetch            *self,
               const FrameStats *stats)
{
  gint64 bytes = 0;
  guint done = count (self, FETCH_DONE);
  guint failed = count (self, FETCH_FAILED);
  guint stopped = count (self, FETCH_CANCELLED);
  gint64 time = MAX (self->ended - self->started, 1);
  g_autofree char *files = g_strdup_printf (ngettext ("%u file", "%u files", done), done);
  g_autofree char *size = NULL;
  g_autofree char *duration = units_format_usec (time);
  g_autofree char *rate = NULL;

  for (guint i = 0; i < self->files->len; i++)
    bytes += fetch_file_get_received (g_ptr_array_index (self->files, i));
  size = units_format_size (bytes);
  rate = units_format_rate ((double) bytes * 1000000 / (double) time);
  /* Translators: "3 files", their size, the time taken, and the rate */
  g_print (_("%s, %s in %s: %s\n"), files, size, duration, rate);
  if (failed > 0)
    g_print (ngettext ("%u file failed\n", "%u files failed\n", failed), failed);
  if (stopped > 0)
    g_print (ngettext ("%u file was stopped; run the same command again to resume it if the server allows\n",
                       "%u files were stopped; run the same command again to resume them if the server allows\n",
                       stopped),
             stopped);
  summary_print_frames (stats);
  summary_print_kicks (&self->stage->kicks, self->options.budget);
}

static gboolean
write_report (Fetch            *self,
              const FrameStats *stats)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *title = g_strdup_printf (ngettext ("Frame times while downloading %u file",
                                                      "Frame times while downloading %u files", self->files->len),
                                            self->files->len);
  SvgRun run = { .name = "pillion fetch", .stats = stats };

  if (svg_report_write (self->options.report, title, &run, 1, &error))
    return TRUE;
  g_printerr ("pillion: %s\n", error->message);
  return FALSE;
}

static gboolean
make_folder (Fetch *self)
{
  g_autofree char *name = NULL;

  if (self->options.folder == NULL || g_mkdir_with_parents (self->options.folder, 0777) == 0)
    return TRUE;
  name = g_filename_display_name (self->options.folder);
  g_printerr (_("pillion: can't create the folder '%s': %s\n"), name, g_strerror (errno));
  return FALSE;
}

static int
run (Fetch *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (FrameStats) stats = NULL;
  gboolean well;

  if (!make_folder (self))
    return EXIT_SOME_FAILED;
  self->stage = stage_new ("pillion-fetch", self->options.rate, self->options.budget, self->options.work, &error);
  if (self->stage == NULL)
    {
      g_printerr ("pillion: %s\n", error->message);
      return EXIT_SOME_FAILED;
    }
  interrupt_init ();
  self->view = fetch_view_new (self->files, self->stage, (guint) self->options.jobs, self->options.quiet);
  start (self);
  stage_run (self->stage, on_frame, self);
  /* Once more, because everything is done now */
  fetch_view_frame (self->view, 0);
  g_clear_pointer (&self->view, fetch_view_free);

  stats = stage_get_stats (self->stage);
  if (!self->options.quiet)
    print_summary (self, stats);
  well = count (self, FETCH_DONE) == self->files->len;
  if (self->options.report != NULL && !write_report (self, stats))
    well = FALSE;
  if (!pillion_loop_close (self->stage->loop, CLOSE_TIMEOUT, &error))
    {
      g_printerr ("pillion: %s\n", error->message);
      well = FALSE;
    }
  if (count (self, FETCH_CANCELLED) > 0)
    return EXIT_INTERRUPTED;
  return well ? EXIT_ALL_WELL : EXIT_SOME_FAILED;
}

int
fetch_main (int    argc,
            char **argv)
{
  Fetch self = { 0 };
  int status = EXIT_USAGE;

  self.files = g_ptr_array_new_with_free_func ((GDestroyNotify) fetch_file_free);
  self.cancellable = g_cancellable_new ();
  if (fetch_options_parse (&self.options, argc, argv))
    {
      for (char **url = self.options.urls; *url != NULL; url++)
        g_ptr_array_add (self.files, fetch_file_new (*url));
      status = run (&self);
    }
  g_ptr_array_unref (self.files);
  g_clear_object (&self.client);
  g_clear_pointer (&self.stage, stage_free);
  g_object_unref (self.cancellable);
  fetch_options_clear (&self.options);
  return status;
}
