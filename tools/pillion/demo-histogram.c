/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "bars.h"
#include "demo-histogram.h"
#include "text.h"
#include "units.h"

#include <glib/gi18n.h>

#define COUNT_CELLS 6
#define GAP_CELLS 3

/* The widths of the columns: a label, then for each run a count and a bar */
typedef struct
{
  GString *text;
  guint label;
  guint bar;
  gboolean colours;
} Layout;

static void
append_cells (Layout     *self,
              const char *text,
              guint       cells)
{
  g_autofree char *fit = text_fit (text, cells);

  g_string_append (self->text, fit);
}

static void
append_label (Layout     *self,
              const char *text)
{
  append_cells (self, text, self->label);
}

static void
append_colour (Layout     *self,
               const char *colour)
{
  if (self->colours)
    g_string_append (self->text, colour);
}

static void
append_gap (Layout *self)
{
  append_cells (self, "", GAP_CELLS);
}

/* Ends a line, without the spaces that pad its last cell */
static void
end_line (Layout *self)
{
  while (self->text->len > 0 && self->text->str[self->text->len - 1] == ' ')
    g_string_truncate (self->text, self->text->len - 1);
  g_string_append_c (self->text, '\n');
}

static void
append_row (Layout           *self,
            const char       *label,
            const DemoColumn *columns,
            guint             n_columns,
            char           *(*get_value) (const FrameStats *stats))
{
  append_label (self, label);
  for (guint i = 0; i < n_columns; i++)
    {
      g_autofree char *value = get_value (columns[i].stats);
      g_autofree char *indented = g_strconcat ("    ", value, NULL);

      append_gap (self);
      append_cells (self, indented, COUNT_CELLS + 1 + self->bar);
    }
  end_line (self);
}

static char *
get_p50 (const FrameStats *stats)
{
  return units_format_usec (stats->p50);
}

static char *
get_p99 (const FrameStats *stats)
{
  return units_format_usec (stats->p99);
}

static char *
get_max (const FrameStats *stats)
{
  return units_format_usec (stats->max);
}

static char *
get_late (const FrameStats *stats)
{
  return g_strdup_printf (_("%u of %u"), stats->late, stats->n);
}

static void
append_rule (Layout     *self,
             const char *label,
             guint       width)
{
  const char *dash = text_has_unicode () ? "─" : "-";

  append_colour (self, BARS_FAINT);
  g_string_append_printf (self->text, "%s%s%s", dash, dash, *label != '\0' ? " " : dash);
  g_string_append (self->text, label);
  g_string_append (self->text, *label != '\0' ? " " : dash);
  for (guint i = text_width (label) + 4; i < width; i++)
    g_string_append (self->text, dash);
  append_colour (self, BARS_PLAIN);
  g_string_append_c (self->text, '\n');
}

static void
append_buckets (Layout             *self,
                const FrameBuckets *buckets,
                const DemoColumn   *columns,
                guint               n_columns,
                guint               width)
{
  g_autofree guint *counts = g_new0 (guint, n_columns * FRAME_BUCKETS_MAX);
  g_autofree char *limit = units_format_usec ((gint64) (buckets->edges[buckets->first_late] + 0.5));
  g_autofree char *late = g_strdup_printf (_("late above %s"), limit);
  guint most = 1;

  for (guint i = 0; i < n_columns; i++)
    {
      frame_buckets_count (buckets, columns[i].stats, counts + i * FRAME_BUCKETS_MAX);
      for (guint j = 0; j < buckets->n; j++)
        most = MAX (most, counts[i * FRAME_BUCKETS_MAX + j]);
    }
  for (guint j = 0; j < buckets->n; j++)
    {
      g_autofree char *label = frame_buckets_get_label (buckets, j);

      if (j == buckets->first_late)
        append_rule (self, late, width);
      append_label (self, label);
      for (guint i = 0; i < n_columns; i++)
        {
          guint n = counts[i * FRAME_BUCKETS_MAX + j];
          g_autofree char *number = g_strdup_printf ("%u", n);
          g_autofree char *fit = text_fit_right (number, COUNT_CELLS);

          append_gap (self);
          g_string_append_printf (self->text, "%s ", fit);
          append_colour (self, j < buckets->first_late ? BARS_GOOD : BARS_BAD);
          bars_append_amount (self->text, (double) n / most, self->bar);
          append_colour (self, BARS_PLAIN);
        }
      end_line (self);
    }
}

/* The histograms of several runs side by side, with the same classes and the same scale */
char *
demo_histogram_draw (const DemoColumn *columns,
                     guint             n_columns,
                     guint             width,
                     gboolean          colours)
{
  Layout self = { .text = g_string_new (NULL), .colours = colours };
  g_autofree FrameStats **stats = g_new (FrameStats *, n_columns);
  FrameBuckets buckets;
  guint fixed;

  for (guint i = 0; i < n_columns; i++)
    stats[i] = (FrameStats *) columns[i].stats;
  frame_buckets_init (&buckets, stats, n_columns);
  self.label = MAX (text_width (_("frame time")), text_width (_("late frames")));
  for (guint j = 0; j < buckets.n; j++)
    {
      g_autofree char *label = frame_buckets_get_label (&buckets, j);

      self.label = MAX (self.label, text_width (label));
    }
  fixed = self.label + n_columns * (GAP_CELLS + COUNT_CELLS + 1);
  self.bar = width > fixed + n_columns * 4 ? MIN ((width - fixed) / n_columns, 34) : 4;
  width = fixed + n_columns * self.bar;

  append_colour (&self, BARS_BOLD);
  append_label (&self, _("frame time"));
  for (guint i = 0; i < n_columns; i++)
    {
      g_autofree char *name = g_strconcat ("    ", columns[i].name, NULL);

      append_gap (&self);
      append_cells (&self, name, COUNT_CELLS + 1 + self.bar);
    }
  append_colour (&self, BARS_PLAIN);
  end_line (&self);
  append_buckets (&self, &buckets, columns, n_columns, width);
  append_rule (&self, "", width);
  append_row (&self, _("p50"), columns, n_columns, get_p50);
  append_row (&self, _("p99"), columns, n_columns, get_p99);
  append_row (&self, _("max"), columns, n_columns, get_max);
  append_row (&self, _("late frames"), columns, n_columns, get_late);
  return g_string_free (self.text, FALSE);
}
