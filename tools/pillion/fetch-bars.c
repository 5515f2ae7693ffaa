/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "bars.h"
#include "fetch-bars.h"
#include "fetch-file.h"
#include "text.h"
#include "units.h"

#include <glib/gi18n.h>

/* The columns of one line: name, bar, percent, size, rate, time left. If there is not enough room, the last
 * ones are left out. */
typedef struct
{
  guint name;
  guint bar;
  gboolean sizes;
  gboolean rates;
} Columns;

#define PERCENT_CELLS 6
#define SIZE_CELLS 18
#define RATE_CELLS 20

static Columns
choose_columns (guint      width,
                GPtrArray *files)
{
  Columns columns = { .name = MAX (text_width (_("frames")), 10) };
  guint room = width - 1;
  guint rest;

  columns.sizes = room >= 60;
  columns.rates = room >= 74;
  rest = room - PERCENT_CELLS - (columns.sizes ? SIZE_CELLS : 0) - (columns.rates ? RATE_CELLS : 0);
  if (width <= PERCENT_CELLS + 8)
    {
      columns.name = width > 1 ? width - 1 : 1;
      return columns;
    }
  for (guint i = 0; i < files->len; i++)
    columns.name = MAX (columns.name, text_width (((FetchFile *) g_ptr_array_index (files, i))->name));
  columns.name = MIN (columns.name, rest / 2);
  columns.bar = MIN (rest - columns.name - 1, 50);
  return columns;
}

static void
append_left (GString    *line,
             const char *text,
             guint       cells)
{
  g_autofree char *fit = text_fit (text, cells);

  g_string_append (line, fit);
}

static void
append_right (GString    *line,
              const char *text,
              guint       cells)
{
  g_autofree char *fit = text_fit_right (text, cells);

  g_string_append (line, fit);
}

/* "53 % 106 MB/200 MB 231 MB/s 0:03", as much as there is room for */
static void
append_figures (GString       *line,
                const Columns *columns,
                gint64         completed,
                gint64         total,
                double         rate,
                gboolean       ended)
{
  g_autofree char *done = units_format_size (completed);
  g_autofree char *percent = total >= 0 && completed <= total
                               /* Translators: a percentage, with the space that your language puts before the
                                * sign */
                               ? g_strdup_printf (_("%d %%"), total > 0 ? (int) (100 * (double) completed / total) : 100)
                               : NULL;

  append_right (line, percent != NULL ? percent : "", PERCENT_CELLS);
  if (columns->sizes)
    {
      g_autofree char *all = total >= 0 && !ended ? units_format_size (total) : NULL;
      g_autofree char *both = all != NULL ? g_strdup_printf ("%s/%s", done, all) : NULL;

      append_right (line, both != NULL ? both : done, SIZE_CELLS);
    }
  if (columns->rates)
    {
      g_autofree char *speed = rate > 0 ? units_format_rate (rate) : NULL;
      g_autofree char *left
        = !ended && rate > 0 && total >= 0 ? units_format_time_left ((double) (total - completed) / rate) : NULL;

      append_right (line, speed != NULL ? speed : "", RATE_CELLS - 8);
      append_right (line, left != NULL ? left : "", 8);
    }
}

static void
draw_file (Term          *term,
           const Columns *columns,
           FetchFile     *file,
           guint          step)
{
  g_autoptr (GString) line = g_string_new (NULL);
  gint64 completed = fetch_file_get_completed (file);
  gint64 total = fetch_file_get_total (file);
  gboolean colours = term_has_colours (term);

  append_left (line, file->name, columns->name);
  if (columns->bar > 0)
    {
      g_string_append_c (line, ' ');
      switch (file->state)
        {
        case FETCH_FAILED:
        case FETCH_CANCELLED:
          if (colours)
            g_string_append (line, BARS_BAD);
          g_string_append (line, file->state == FETCH_FAILED ? _("failed") : _("stopped"));
          if (colours)
            g_string_append (line, BARS_PLAIN);
          break;
        case FETCH_KEPT:
          if (colours)
            g_string_append (line, BARS_FAINT);
          g_string_append (line, _("kept"));
          if (colours)
            g_string_append (line, BARS_PLAIN);
          break;
        case FETCH_WAITING:
          if (colours)
            g_string_append (line, BARS_FAINT);
          g_string_append (line, _("waiting"));
          if (colours)
            g_string_append (line, BARS_PLAIN);
          break;
        case FETCH_ACTIVE:
        case FETCH_DONE:
        default:
          bars_append_progress (line, total > 0 ? (double) completed / total : total == 0 ? 1 : -1, columns->bar, step,
                                colours);
          append_figures (line, columns, completed, total, fetch_file_get_rate (file), file->state == FETCH_DONE);
        }
    }
  term_add_line (term, line->str);
}

/* The total: how many files, and how many bytes. It is a bar of bytes only if the length of every file is
 * known. */
static void
draw_total (Term          *term,
            const Columns *columns,
            GPtrArray     *files,
            double         rate)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *label = NULL;
  gint64 completed = 0;
  gint64 total = 0;
  guint ended = 0;
  gboolean known = TRUE;

  for (guint i = 0; i < files->len; i++)
    {
      FetchFile *file = g_ptr_array_index (files, i);
      gint64 length = fetch_file_get_total (file);

      completed += fetch_file_get_completed (file);
      if (file->state == FETCH_DONE || file->state == FETCH_KEPT || file->state == FETCH_FAILED)
        {
          ended++;
          total += fetch_file_get_completed (file);
        }
      else if (length < 0)
        known = FALSE;
      else
        total += length;
    }
  /* Translators: how many files of how many are done */
  label = g_strdup_printf (_("%u of %u"), ended, files->len);
  append_left (line, label, columns->name);
  if (columns->bar > 0)
    {
      g_string_append_c (line, ' ');
      bars_append_progress (line, known && total > 0 ? (double) completed / total : (double) ended / files->len,
                            columns->bar, 0, term_has_colours (term));
      append_figures (line, columns, completed, known ? total : -1, rate, ended == files->len);
    }
  term_add_line (term, line->str);
}

static int
compare_times (const void *a,
               const void *b)
{
  gint64 first = *(const gint64 *) a;
  gint64 second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

/* The host's last frames as a live line, with their median and their longest */
void
fetch_bars_draw_stage (Term  *term,
                       Stage *stage,
                       guint  label_cells)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *figures = NULL;
  g_autofree char *median = NULL;
  g_autofree char *longest = NULL;
  g_autofree gint64 *sorted = NULL;
  const gint64 *recent;
  guint width = term_get_width (term);
  guint room;
  guint n;

  recent = stage_get_recent (stage, STAGE_RECENT, &n);
  if (n == 0)
    {
      term_add_line (term, _("frames"));
      return;
    }
  sorted = g_memdup2 (recent, n * sizeof *recent);
  qsort (sorted, n, sizeof *sorted, compare_times);
  median = units_format_usec (sorted[n / 2]);
  longest = units_format_usec (sorted[n - 1]);
  /* Translators: the median and the longest of the last frame times */
  figures = g_strdup_printf (_("p50 %s  max %s"), median, longest);

  append_left (line, _("frames"), label_cells);
  g_string_append_c (line, ' ');
  room = text_width (line->str) + text_width (figures) + 4;
  recent = stage_get_recent (stage, width > room ? MIN (width - room, 60) : 0, &n);
  bars_append_sparkline (line, recent, n, 1.5 * 1000000 / stage->rate, term_has_colours (term));
  g_string_append_printf (line, "  %s", figures);
  term_add_line (term, line->str);
}

static gboolean
is_arriving (FetchFile *file)
{
  return file->state == FETCH_ACTIVE && fetch_file_get_completed (file) != fetch_file_get_total (file);
}

/* If there are too many files to show, those that are arriving. Each stays in its row, and a row stays empty
 * until the next file comes, so nothing jumps. */
static void
draw_rows (Term          *term,
           const Columns *columns,
           GPtrArray     *files,
           GPtrArray     *rows,
           guint          room,
           guint          step)
{
  guint next = 0;
  gboolean any = FALSE;

  for (guint i = 0; i < rows->len; i++)
    if (rows->pdata[i] != NULL && !is_arriving (rows->pdata[i]))
      rows->pdata[i] = NULL;
  for (guint i = 0; i < rows->len; i++)
    for (; rows->pdata[i] == NULL && next < files->len; next++)
      if (is_arriving (files->pdata[next]) && !g_ptr_array_find (rows, files->pdata[next], NULL))
        rows->pdata[i] = files->pdata[next];
  for (guint i = 0; i < files->len; i++)
    any = any || ((FetchFile *) files->pdata[i])->state <= FETCH_ACTIVE;
  for (guint i = 0; i < MIN (rows->len, room) && any; i++)
    if (rows->pdata[i] != NULL)
      draw_file (term, columns, rows->pdata[i], step);
    else
      term_add_line (term, "");
}

/* All files if there is room, otherwise those that are arriving; then the total and, if there is a host, its frames */
void
fetch_bars_draw (Term      *term,
                 GPtrArray *files,
                 GPtrArray *rows,
                 Stage     *stage,
                 double     rate,
                 guint      step)
{
  guint height = term_get_height (term);
  guint room = height > 4 ? height - 4 : 1;
  Columns columns = choose_columns (term_get_width (term), files);

  if (files->len <= MIN (room, 20))
    for (guint i = 0; i < files->len; i++)
      draw_file (term, &columns, g_ptr_array_index (files, i), step);
  else
    draw_rows (term, &columns, files, rows, room, step);
  if (files->len > 1)
    draw_total (term, &columns, files, rate);
  if (stage != NULL)
    fetch_bars_draw_stage (term, stage, columns.name);
}
