/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fetch.h"
#include "fetch-clean.h"
#include "fetch-client.h"
#include "fetch-file.h"
#include "fetch-heads.h"
#include "fetch-options.h"
#include "fetch-output.h"
#include "fetch-plan.h"
#include "fetch-request.h"
#include "fetch-view.h"
#include "fetch-write-out.h"
#include "interrupt.h"
#include "options.h"
#include "summary.h"
#include "svg-report.h"
#include "units.h"

#include <errno.h>
#include <glib-unix.h>
#include <glib/gi18n.h>
#include <signal.h>
#include <stdio.h>

/* How long the loop may take to end its threads after everything is done */
#define CLOSE_TIMEOUT (5 * G_TIME_SPAN_SECOND)

/* Thirty pictures per second are enough to read numbers */
#define PICTURES_PER_SECOND 30

typedef struct
{
  FetchOptions options;
  FetchRequest request;
  GPtrArray *urls;
  GPtrArray *files;
  PillionLoop *loop;
  Stage *stage; /* NULL without --frames */
  PillionHttpClient *client;
  FetchOutput *output;
  FetchView *view;
  PillionTask *all; /* done when all files are */
  gboolean stopped;
  guint n_active;
  guint n_started; /* all files before this one were started */
  guint n_heads; /* how many were printed, or will never be */
  gint64 started;
  gint64 ended;
} Fetch;

static void start_files (Fetch *self);

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

/* Heads are printed in the order of the URLs, whichever comes first */
static void
print_heads (Fetch *self)
{
  for (; self->n_heads < self->files->len; self->n_heads++)
    {
      FetchFile *file = g_ptr_array_index (self->files, self->n_heads);
      g_autofree char *head = NULL;

      if (!fetch_file_is_over (file))
        return;
      if (file->kind != FETCH_HEAD || file->response == NULL)
        continue;
      head = fetch_heads_format (file->response, "");
      if (fputs (head, stdout) == EOF || fflush (stdout) == EOF)
        file->status = EXIT_WRITE;
    }
}

static void
on_done (PillionTask *task,
         gpointer     user_data)
{
  Fetch *self = user_data;
  FetchFile *file = find_file (self, task);

  fetch_file_settle (file);
  fetch_view_settled (self->view, file);
  print_heads (self);
  if (self->options.write_out != NULL && !fetch_write_out (self->options.write_out, file) && file->status == EXIT_ALL_WELL)
    file->status = EXIT_WRITE;
  self->n_active--;
  start_files (self);
}

static PillionHttpDownloadOptions *
make_download_options (Fetch     *self,
                       FetchFile *file)
{
  PillionHttpDownloadOptions *options = pillion_http_download_options_new ();

  pillion_http_download_options_set_digest (options, file->sha256);
  pillion_http_download_options_set_only_if_changed (options, self->options.only_if_newer);
  pillion_http_download_options_set_preserve_time (options, self->options.remote_time);
  pillion_http_download_options_set_resume (options, self->options.resume);
  if (file->mirrors[0] != NULL)
    pillion_http_download_options_set_mirrors (options, (const char *const *) file->mirrors);
  if (self->options.no_clobber)
    pillion_http_download_options_set_name_conflict (options, PILLION_HTTP_NAME_CONFLICT_KEEP);
  return options;
}

static PillionTask *
send_request (Fetch     *self,
              FetchFile *file)
{
  g_autoptr (PillionHttpDownloadOptions) options = make_download_options (self, file);
  g_autoptr (GFile) target = NULL;

  switch (file->kind)
    {
    case FETCH_HEAD:
      return pillion_http_client_send (self->client, file->request, NULL);
    case FETCH_TO_STDOUT:
      return fetch_output_fetch (self->output, self->client, file);
    case FETCH_TO_FILE:
      if (self->options.range != NULL)
        return fetch_output_fetch (self->output, self->client, file);
      target = g_file_new_for_path (file->path);
      return pillion_http_client_send_to_file (self->client, file->request, target, options, NULL);
    case FETCH_INTO_FOLDER:
    default:
      target = g_file_new_for_path (self->options.folder != NULL ? self->options.folder : ".");
      return pillion_http_client_send_into (self->client, file->request, target, options, NULL);
    }
}

static void
start_file (Fetch     *self,
            FetchFile *file)
{
  file->state = FETCH_ACTIVE;
  file->started = g_get_monotonic_time ();
  self->n_active++;
  fetch_view_started (self->view, file);
  file->task = send_request (self, file);
  pillion_task_add_done_callback (file->task, on_done, self, NULL);
}

/* Those that go to standard output go there one after another */
static gboolean
is_blocked (Fetch     *self,
            FetchFile *file)
{
  for (guint i = 0; file->kind == FETCH_TO_STDOUT && i < self->files->len; i++)
    {
      FetchFile *other = g_ptr_array_index (self->files, i);

      if (other->kind == FETCH_TO_STDOUT && other->state == FETCH_ACTIVE)
        return TRUE;
    }
  return FALSE;
}

/* As many as may run at once, in the order of the URLs */
static void
start_files (Fetch *self)
{
  while (self->n_started < self->files->len && ((FetchFile *) self->files->pdata[self->n_started])->state != FETCH_WAITING)
    self->n_started++;
  for (guint i = self->n_started; i < self->files->len && self->n_active < (guint) self->options.jobs && !self->stopped; i++)
    {
      FetchFile *file = g_ptr_array_index (self->files, i);

      if (file->state == FETCH_WAITING && !is_blocked (self, file))
        start_file (self, file);
    }
  if (self->n_active == 0 && pillion_task_get_state (self->all) == PILLION_TASK_PENDING)
    {
      self->ended = g_get_monotonic_time ();
      pillion_task_return_boolean (self->all, TRUE);
    }
}

static gboolean
on_interrupt (int          fd,
              GIOCondition condition,
              gpointer     user_data)
{
  Fetch *self = user_data;

  self->stopped = TRUE;
  fetch_view_interrupted (self->view);
  for (guint i = 0; i < self->files->len; i++)
    {
      FetchFile *file = g_ptr_array_index (self->files, i);

      if (file->state == FETCH_ACTIVE)
        pillion_task_cancel (file->task);
      else if (file->state == FETCH_WAITING)
        file->state = FETCH_CANCELLED;
    }
  start_files (self);
  return G_SOURCE_REMOVE;
}

static void
on_frame (guint    frame,
          gpointer user_data)
{
  Fetch *self = user_data;

  if (frame % MAX ((guint) (self->stage->rate / PICTURES_PER_SECOND), 1) == 0)
    fetch_view_draw (self->view);
}

static gboolean
on_picture (gpointer user_data)
{
  Fetch *self = user_data;

  fetch_view_draw (self->view);
  return G_SOURCE_CONTINUE;
}

static void
on_all_done (PillionTask *task,
             gpointer     user_data)
{
  Fetch *self = user_data;

  if (self->stage != NULL)
    stage_quit (self->stage);
}

/* With a host that animates, or else in a loop that sleeps until there is something to do */
static gboolean
run_loop (Fetch   *self,
          GError **error)
{
  guint picture = 0;
  gboolean well;

  if (self->stage != NULL)
    {
      stage_run (self->stage, on_frame, self);
      return TRUE;
    }
  if (fetch_view_is_live (self->view))
    picture = g_timeout_add (1000 / PICTURES_PER_SECOND, on_picture, self);
  well = pillion_loop_run_until_complete (self->loop, self->all, error);
  if (picture > 0)
    g_source_remove (picture);
  return well;
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

static void
print_stopped (Fetch *self)
{
  guint stopped = count (self, FETCH_CANCELLED);

  if (stopped > 0)
    g_printerr (ngettext ("%u file was stopped; run the same command again to resume it if the server allows\n",
                          "%u files were stopped; run the same command again to resume them if the server allows\n",
                          stopped),
                stopped);
}

/* "3 files, 205 MB in 1.42 s: 144 MB/s", and what failed */
static void
print_summary (Fetch *self)
{
  gint64 bytes = 0;
  guint done = count (self, FETCH_DONE);
  guint failed = count (self, FETCH_FAILED);
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
  g_printerr (_("%s, %s in %s: %s\n"), files, size, duration, rate);
  if (failed > 0)
    g_printerr (ngettext ("%u file failed\n", "%u files failed\n", failed), failed);
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

/* What there is to say at the end; %FALSE if the report can't be written */
static gboolean
report (Fetch *self)
{
  g_autoptr (FrameStats) stats = self->stage != NULL ? stage_get_stats (self->stage) : NULL;

  if (!self->options.quiet)
    {
      if (self->files->len > 1 || stats != NULL)
        print_summary (self);
      print_stopped (self);
    }
  if (stats != NULL && !self->options.quiet)
    {
      g_autofree char *frames = summary_describe_frames (stats);
      g_autofree char *kicks = summary_describe_kicks (&self->stage->kicks, self->options.budget_usec);

      g_printerr ("%s%s", frames, kicks);
    }
  return self->options.report == NULL || write_report (self, stats);
}

/* The first that failed, in the order of the URLs, decides */
static int
get_status (Fetch *self)
{
  if (self->stopped)
    return 128 + interrupt_get_signal ();
  for (guint i = 0; i < self->files->len; i++)
    {
      FetchFile *file = g_ptr_array_index (self->files, i);

      if (file->status != EXIT_ALL_WELL)
        return (int) file->status;
    }
  return EXIT_ALL_WELL;
}

static int
run (Fetch *self)
{
  g_autoptr (GError) error = NULL;
  guint interrupt = 0;
  gboolean well;

  interrupt_init ();
  self->all = pillion_task_new (self->loop, "all files", NULL);
  pillion_task_add_done_callback (self->all, on_all_done, self, NULL);
  if (interrupt_get_fd () >= 0)
    interrupt = g_unix_fd_add (interrupt_get_fd (), G_IO_IN, on_interrupt, self);
  self->view = fetch_view_new (self->files, self->stage, &self->options);
  self->started = g_get_monotonic_time ();
  start_files (self);
  well = run_loop (self, &error);
  /* Once more, because everything is done now */
  fetch_view_draw (self->view);
  g_clear_pointer (&self->view, fetch_view_free);
  if (interrupt > 0 && !self->stopped)
    g_source_remove (interrupt);

  well = fetch_client_finish (self->client) && well;
  well = report (self) && well;
  if (error == NULL && !pillion_loop_close (self->loop, CLOSE_TIMEOUT, &error))
    well = FALSE;
  if (error != NULL)
    g_printerr ("pillion: %s\n", error->message);
  return well || get_status (self) != EXIT_ALL_WELL ? get_status (self) : EXIT_SOME_FAILED;
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

static ExitCode
make_loop (Fetch *self)
{
  g_autoptr (GError) error = NULL;

  if (!self->options.frames)
    {
      self->loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
      return EXIT_ALL_WELL;
    }
  self->stage = stage_new ("pillion-fetch", self->options.rate, self->options.budget_usec, self->options.work_usec, &error);
  if (self->stage == NULL)
    {
      g_printerr ("pillion: %s\n", error->message);
      return EXIT_SOME_FAILED;
    }
  self->loop = g_object_ref (self->stage->loop);
  return EXIT_ALL_WELL;
}

static int
prepare_and_run (Fetch *self)
{
  ExitCode status = fetch_plan_read_urls (&self->options, self->urls);

  /* It may ask for a password, and from then on Ctrl-C does not end a program that reads standard input */
  if (status == EXIT_ALL_WELL)
    status = fetch_request_init (&self->request, &self->options);
  if (status == EXIT_ALL_WELL)
    status = make_loop (self);
  if (status == EXIT_ALL_WELL)
    status = fetch_client_new (&self->options, self->loop, &self->client);
  if (status != EXIT_ALL_WELL)
    return (int) status;
  if (!make_folder (self))
    return EXIT_WRITE;
  fetch_plan_make_files (&self->options, &self->request, self->urls, self->files);
  self->output = fetch_output_new ();
  return run (self);
}

int
fetch_main (int    argc,
            char **argv)
{
  Fetch self = { 0 };
  int status = EXIT_USAGE;

  /* Whoever reads standard output may stop at any time: that is an error of writing */
  signal (SIGPIPE, SIG_IGN);
  self.urls = g_ptr_array_new_with_free_func (g_free);
  self.files = g_ptr_array_new_with_free_func ((GDestroyNotify) fetch_file_free);
  if (fetch_options_parse (&self.options, argc, argv))
    status = self.options.clean != NULL ? fetch_clean (&self.options) : prepare_and_run (&self);
  g_ptr_array_unref (self.urls);
  g_ptr_array_unref (self.files);
  g_clear_object (&self.all);
  g_clear_pointer (&self.output, fetch_output_free);
  g_clear_object (&self.client);
  g_clear_object (&self.loop);
  g_clear_pointer (&self.stage, stage_free);
  fetch_request_clear (&self.request);
  fetch_options_clear (&self.options);
  return status;
}
