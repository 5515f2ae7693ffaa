/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "bars.h"
#include "fetch-bars.h"
#include "fetch-view.h"
#include "term.h"
#include "text.h"

#include <glib/gi18n.h>
#include <unistd.h>

struct _FetchView
{
  GPtrArray *files;
  GPtrArray *rows;
  Stage *stage;
  Term *term;
  gboolean quiet;
  guint every;
  double rate;
  gint64 rate_time;
  gint64 rate_bytes;
};

FetchView *
fetch_view_new (GPtrArray *files,
                Stage     *stage,
                guint      jobs,
                gboolean   quiet)
{
  FetchView *self = g_new0 (FetchView, 1);

  self->files = g_ptr_array_ref (files);
  self->rows = g_ptr_array_new ();
  g_ptr_array_set_size (self->rows, (int) MIN (jobs, files->len));
  self->stage = stage;
  self->quiet = quiet;
  self->term = quiet ? NULL : term_new (STDOUT_FILENO);
  /* Thirty pictures per second are enough to read numbers */
  self->every = MAX ((guint) (stage->rate / 30), 1);
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

void
fetch_view_started (FetchView *self,
                    FetchFile *file)
{
  g_autofree char *url = text_clean (file->shown_url);

  if (self->term == NULL && !self->quiet)
    /* Translators: one line of a log; the words start, done and failed are in a column */
    g_print (_("start   %s\n"), url);
}

void
fetch_view_settled (FetchView *self,
                    FetchFile *file)
{
  g_autofree char *what = NULL;
  g_autofree char *line = NULL;

  if (file->state == FETCH_DONE)
    {
      if (self->term != NULL || self->quiet)
        return;
      what = fetch_file_describe (file);
      g_print (_("done    %s  %s\n"), file->name, what);
    }
  else if (file->state == FETCH_FAILED)
    {
      g_autofree char *url = text_clean (file->shown_url);

      what = text_clean (text_skip_url (file->error->message, file->shown_url));
      line = g_strdup_printf (_("failed  %s: %s"), url, what);
      if (self->term != NULL)
        term_keep_line (self->term, line);
      else
        g_printerr ("%s\n", line);
    }
}

void
fetch_view_interrupted (FetchView *self)
{
  if (self->quiet)
    return;
  if (self->term != NULL)
    term_keep_line (self->term, _("Stopping; press Ctrl-C again to quit at once."));
  else
    g_printerr ("%s\n", _("Stopping; press Ctrl-C again to quit at once."));
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

void
fetch_view_frame (FetchView *self,
                  guint      frame)
{
  if (self->term == NULL || frame % self->every != 0)
    return;
  measure_rate (self);
  term_begin (self->term);
  fetch_bars_draw (self->term, self->files, self->rows, self->stage, self->rate, frame / self->every);
  term_end (self->term);
}
