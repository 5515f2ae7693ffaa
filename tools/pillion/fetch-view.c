/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "bars.h"
#include "fetch-bars.h"
#include "fetch-heads.h"
#include "fetch-view.h"
#include "term.h"
#include "text.h"
#include "units.h"

#include <glib/gi18n.h>
#include <unistd.h>

/* How often a line of progress comes if there is no terminal */
#define LINE_USEC G_USEC_PER_SEC

struct _FetchView
{
  GPtrArray *files;
  GPtrArray *rows;
  Stage *stage;
  Term *term;
  gboolean quiet;
  gboolean verbose;
  gboolean lines;
  guint step;
  double rate;
  gint64 rate_time;
  gint64 rate_bytes;
  gint64 lines_time;
};

/* Bars would run into a body that goes to the same terminal */
static gboolean
prints_to_terminal (GPtrArray *files)
{
  for (guint i = 0; i < files->len; i++)
    {
      FetchFile *file = g_ptr_array_index (files, i);

      if (file->kind == FETCH_TO_STDOUT || file->kind == FETCH_HEAD)
        return isatty (STDOUT_FILENO);
    }
  return FALSE;
}

FetchView *
fetch_view_new (GPtrArray          *files,
                Stage              *stage,
                const FetchOptions *options)
{
  FetchView *self = g_new0 (FetchView, 1);

  self->files = g_ptr_array_ref (files);
  self->rows = g_ptr_array_new ();
  g_ptr_array_set_size (self->rows, (int) MIN ((guint) options->jobs, files->len));
  self->stage = stage;
  self->quiet = options->quiet;
  self->verbose = options->verbose;
  if (!options->quiet && !options->no_progress && !prints_to_terminal (files))
    self->term = term_new (STDERR_FILENO);
  self->lines = options->progress && self->term == NULL;
  return self;
}

void
fetch_view_free (FetchView *self)
{
  g_clear_pointer (&self->term, term_free);
  g_ptr_array_unref (self->files);
  g_ptr_array_unref (self->rows);
  g_free (self);
}

/* Whether there is something to draw while files arrive */
gboolean
fetch_view_is_live (FetchView *self)
{
  return self->term != NULL || self->lines;
}

static void
say (FetchView  *self,
     const char *line)
{
  if (self->term != NULL)
    term_keep_line (self->term, line);
  else
    g_printerr ("%s\n", line);
}

static void
say_lines (FetchView  *self,
           const char *text)
{
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);

  for (guint i = 0; lines[i] != NULL && lines[i + 1] != NULL; i++)
    say (self, lines[i]);
}

void
fetch_view_started (FetchView *self,
                    FetchFile *file)
{
  g_autofree char *url = text_clean (file->shown_url);
  g_autofree char *line = NULL;

  if (self->lines)
    {
      /* Translators: one line of a log; the words start, done, kept and failed are in a column */
      line = g_strdup_printf (_("start   %s"), url);
      say (self, line);
    }
  if (self->verbose)
    say_lines (self, file->request_head);
}

/* The bar says it already if there is one */
static char *
describe_end (FetchView *self,
              FetchFile *file)
{
  g_autofree char *what = NULL;
  g_autofree char *url = NULL;

  switch (file->state)
    {
    case FETCH_DONE:
      if (self->term != NULL || self->quiet || file->kind == FETCH_HEAD || (file->kind == FETCH_TO_STDOUT && !self->lines))
        return NULL;
      what = fetch_file_describe (file);
      return g_strdup_printf (_("done    %s  %s"), file->name, what);
    case FETCH_KEPT:
      if (self->quiet)
        return NULL;
      if (pillion_http_download_get_outcome (file->download) == PILLION_HTTP_DOWNLOAD_OUTCOME_NOT_MODIFIED)
        return g_strdup_printf (_("kept    %s  same as on the server"), file->name);
      return g_strdup_printf (_("kept    %s  it is there already"), file->name);
    case FETCH_FAILED:
      /* Whoever reads standard output has had enough */
      if (file->status == EXIT_WRITE && g_error_matches (file->error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE))
        return NULL;
      url = text_clean (file->shown_url);
      what = text_clean (text_skip_url (file->error->message, file->shown_url));
      return g_strdup_printf (_("failed  %s: %s"), url, what);
    case FETCH_WAITING:
    case FETCH_ACTIVE:
    case FETCH_CANCELLED:
    default:
      return NULL;
    }
}

void
fetch_view_settled (FetchView *self,
                    FetchFile *file)
{
  g_autofree char *line = describe_end (self, file);

  if (self->verbose && file->response != NULL)
    {
      g_autofree char *heads = fetch_heads_format (file->response, "< ");

      say_lines (self, heads);
    }
  if (line != NULL)
    say (self, line);
}

void
fetch_view_interrupted (FetchView *self)
{
  if (!self->quiet)
    say (self, _("Stopping; press Ctrl-C again to quit at once."));
}

/* Bytes per second of all files together, smoothed over about a second */
static void
measure_rate (FetchView *self)
{
  gint64 now = g_get_monotonic_time ();
  gint64 bytes = 0;
  double elapsed = (double) (now - self->rate_time) / 1000000;

  if (self->rate_time > 0 && elapsed < 0.1)
    return;
  for (guint i = 0; i < self->files->len; i++)
    bytes += fetch_file_get_completed (g_ptr_array_index (self->files, i));
  if (self->rate_time > 0)
    {
      double rate = (double) MAX (bytes - self->rate_bytes, 0) / elapsed;
      double weight = self->rate > 0 ? MIN (elapsed, 1.0) : 1.0;

      self->rate += (rate - self->rate) * weight;
    }
  self->rate_time = now;
  self->rate_bytes = bytes;
}

/* "        big.bin  106 MB of 200 MB, 53 %, 231 MB/s, 0:03" */
static void
print_progress (FetchFile *file)
{
  gint64 completed = fetch_file_get_completed (file);
  gint64 total = fetch_file_get_total (file);
  double rate = fetch_file_get_rate (file);
  g_autofree char *size = units_format_size (completed);
  GString *line = g_string_new (NULL);

  g_string_append_printf (line, _("so far  %s  %s"), file->name, size);
  if (total > 0 && completed <= total)
    {
      g_autofree char *all = units_format_size (total);

      g_string_append_c (line, '/');
      g_string_append (line, all);
      g_string_append (line, "  ");
      g_string_append_printf (line, _("%d %%"), (int) (100 * (double) completed / (double) total));
    }
  if (rate > 0)
    {
      g_autofree char *speed = units_format_rate (rate);

      g_string_append_printf (line, "  %s", speed);
    }
  if (rate > 0 && total > 0)
    {
      g_autofree char *left = units_format_time_left ((double) (total - completed) / rate);

      g_string_append_printf (line, "  %s", left);
    }
  g_printerr ("%s\n", line->str);
  g_string_free (line, TRUE);
}

static void
print_lines (FetchView *self)
{
  gint64 now = g_get_monotonic_time ();

  if (self->lines_time == 0)
    self->lines_time = now;
  if (now - self->lines_time < LINE_USEC)
    return;
  self->lines_time = now;
  for (guint i = 0; i < self->files->len; i++)
    {
      FetchFile *file = g_ptr_array_index (self->files, i);

      if (file->state == FETCH_ACTIVE)
        print_progress (file);
    }
}

void
fetch_view_draw (FetchView *self)
{
  if (self->lines)
    print_lines (self);
  if (self->term == NULL)
    return;
  measure_rate (self);
  term_begin (self->term);
  fetch_bars_draw (self->term, self->files, self->rows, self->stage, self->rate, self->step++);
  term_end (self->term);
}
