/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "svg-report.h"
#include "units.h"

#include <glib/gi18n.h>
#include <math.h>

/* A self-contained picture of frame times: for each run a timeline and a histogram. The colours are the blue
 * and vermilion of the Okabe-Ito palette, which everyone can tell apart. Late frames are also above a dashed
 * line, or below a heading of their own. */

#define WIDTH 960.0
#define HEADER 62.0
#define PANEL 330.0
#define FOOTER 14.0
#define PLOT_TOP 58.0
#define PLOT_HEIGHT 212.0
#define TIMELINE_LEFT 78.0
#define TIMELINE_WIDTH 470.0
#define HISTOGRAM_LEFT 722.0
#define HISTOGRAM_WIDTH 172.0

#define STYLE                                                                                                         \
  "text { font-family: 'DejaVu Sans', 'Noto Sans', 'Noto Sans CJK SC', sans-serif; font-size: 12px; fill: #222; }\n" \
  ".title { font-size: 19px; font-weight: bold; }\n"                                                                  \
  ".name { font-size: 15px; font-weight: bold; }\n"                                                                   \
  ".end { text-anchor: end; }\n"                                                                                      \
  ".middle { text-anchor: middle; }\n"                                                                                \
  ".in-time { fill: #0072b2; }\n"                                                                                     \
  ".late { fill: #d55e00; }\n"                                                                                        \
  ".axis { stroke: #444; stroke-width: 1; }\n"                                                                        \
  ".grid { stroke: #ddd; stroke-width: 1; }\n"                                                                        \
  ".label { paint-order: stroke; stroke: white; stroke-width: 4px; stroke-linejoin: round; }\n"                       \
  ".limit { stroke: #222; stroke-width: 1; stroke-dasharray: 5 3; }\n"

/* What the panels share, so that they can be compared */
typedef struct
{
  GString *svg;
  FrameBuckets buckets;
  double seconds;
  double shortest;
  double longest;
  guint most;
} Picture;

/* Always with a decimal point, whatever the locale */
static void
append_attribute (Picture    *self,
                  const char *name,
                  double      value)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (buffer, sizeof buffer, "%.2f", value);
  g_string_append_printf (self->svg, " %s=\"%s\"", name, buffer);
}

static void
append_rectangle (Picture    *self,
                  const char *style,
                  double      x,
                  double      y,
                  double      width,
                  double      height)
{
  g_string_append_printf (self->svg, "<rect class=\"%s\"", style);
  append_attribute (self, "x", x);
  append_attribute (self, "y", y);
  append_attribute (self, "width", width);
  append_attribute (self, "height", height);
  g_string_append (self->svg, "/>\n");
}

static void
append_line (Picture    *self,
             const char *style,
             double      x1,
             double      y1,
             double      x2,
             double      y2)
{
  g_string_append_printf (self->svg, "<line class=\"%s\"", style);
  append_attribute (self, "x1", x1);
  append_attribute (self, "y1", y1);
  append_attribute (self, "x2", x2);
  append_attribute (self, "y2", y2);
  g_string_append (self->svg, "/>\n");
}

static void
append_text (Picture    *self,
             const char *style,
             double      x,
             double      y,
             const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  g_string_append_printf (self->svg, "<text class=\"%s\"", style);
  append_attribute (self, "x", x);
  append_attribute (self, "y", y);
  g_string_append_printf (self->svg, ">%s</text>\n", escaped);
}

static void
append_upright_text (Picture    *self,
                     double      x,
                     double      y,
                     const char *text)
{
  g_autofree char *escaped = g_markup_escape_text (text, -1);
  char first[G_ASCII_DTOSTR_BUF_SIZE];
  char second[G_ASCII_DTOSTR_BUF_SIZE];

  g_ascii_formatd (first, sizeof first, "%.2f", x);
  g_ascii_formatd (second, sizeof second, "%.2f", y);
  g_string_append_printf (self->svg, "<text class=\"middle\" transform=\"translate(%s %s) rotate(-90)\">%s</text>\n",
                          first, second, escaped);
}

/* The step of 1, 2 or 5 times a power of ten that divides this into a few parts */
static double
choose_step (double range,
             guint  parts)
{
  double rough = range / parts;
  double power = pow (10, floor (log10 (rough)));

  return rough <= power ? power : rough <= 2 * power ? 2 * power : rough <= 5 * power ? 5 * power : 10 * power;
}

static double
get_x (Picture *self,
       double   seconds)
{
  return TIMELINE_LEFT + seconds / self->seconds * TIMELINE_WIDTH;
}

static double
get_y (Picture *self,
       double   top,
       double   usec)
{
  double part = log (CLAMP (usec, self->shortest, self->longest) / self->shortest) / log (self->longest / self->shortest);

  return top + PLOT_HEIGHT * (1 - part);
}

static void
draw_timeline_axes (Picture *self,
                    double   top,
                    double   limit)
{
  double bottom = top + PLOT_HEIGHT;
  double right = TIMELINE_LEFT + TIMELINE_WIDTH;
  double step = choose_step (self->seconds, 8);

  for (double usec = self->shortest; usec <= self->longest * 1.001; usec *= 10)
    {
      g_autofree char *label = usec >= 1000000 ? g_strdup_printf (_("%g s"), usec / 1000000)
                                               : g_strdup_printf (_("%g ms"), usec / 1000);

      append_line (self, "grid", TIMELINE_LEFT, get_y (self, top, usec), right, get_y (self, top, usec));
      append_text (self, "end", TIMELINE_LEFT - 6, get_y (self, top, usec) + 4, label);
    }
  for (guint i = 0; i * step <= self->seconds * 1.001; i++)
    {
      g_autofree char *label = g_strdup_printf ("%g", i * step);

      append_line (self, "axis", get_x (self, i * step), bottom, get_x (self, i * step), bottom + 4);
      append_text (self, "middle", get_x (self, i * step), bottom + 17, label);
    }
  append_line (self, "axis", TIMELINE_LEFT, bottom, right, bottom);
  append_text (self, "middle", TIMELINE_LEFT + TIMELINE_WIDTH / 2, bottom + 36, _("time since start (s)"));
  append_upright_text (self, 18, top + PLOT_HEIGHT / 2, _("frame time (logarithmic)"));
}

/* Each frame is as wide as its share of the time and as high as its duration, so a frozen window is a block.
 * Frames that share a pixel become one bar, as high as the highest. */
static void
draw_timeline (Picture          *self,
               double            top,
               const FrameStats *stats)
{
  double bottom = top + PLOT_HEIGHT;
  double pixel = self->seconds / TIMELINE_WIDTH;
  double start = 0;
  double now = 0;
  gint64 highest = 0;
  g_autofree char *limit = units_format_usec ((gint64) (stats->limit + 0.5));
  g_autofree char *label = g_strdup_printf (_("late above %s"), limit);

  draw_timeline_axes (self, top, stats->limit);
  for (guint i = 0; i < stats->n; i++)
    {
      double y;

      now += (double) stats->times[i] / 1000000;
      highest = MAX (highest, stats->times[i]);
      if (now - start < pixel && i + 1 < stats->n)
        continue;
      y = get_y (self, top, (double) highest);
      append_rectangle (self, (double) highest > stats->limit ? "frame late" : "frame in-time", get_x (self, start), y,
                        MAX (get_x (self, now) - get_x (self, start), 0.5), MAX (bottom - y, 0.5));
      start = now;
      highest = 0;
    }
  append_line (self, "limit", TIMELINE_LEFT, get_y (self, top, stats->limit), TIMELINE_LEFT + TIMELINE_WIDTH,
               get_y (self, top, stats->limit));
  append_text (self, "end label", TIMELINE_LEFT + TIMELINE_WIDTH - 4, get_y (self, top, stats->limit) - 6, label);
}

/* A row for each class of frame times, with its count beside its bar */
static void
draw_histogram (Picture          *self,
                double            top,
                const FrameStats *stats)
{
  guint counts[FRAME_BUCKETS_MAX];
  double bottom = top + PLOT_HEIGHT;
  double row = PLOT_HEIGHT / self->buckets.n;
  double thick = MIN (row - 3, 18);
  double step = MAX (choose_step (self->most, 4), 1);

  frame_buckets_count (&self->buckets, stats, counts);
  for (guint i = 0; i * step <= self->most; i++)
    {
      g_autofree char *label = g_strdup_printf ("%g", i * step);
      double x = HISTOGRAM_LEFT + i * step / self->most * HISTOGRAM_WIDTH;

      append_line (self, "grid", x, top, x, bottom + 4);
      append_text (self, "middle", x, bottom + 17, label);
    }
  for (guint i = 0; i < self->buckets.n; i++)
    {
      double y = top + i * row + (row - thick) / 2;
      double width = (double) counts[i] / self->most * HISTOGRAM_WIDTH;
      g_autofree char *label = frame_buckets_get_label (&self->buckets, i);
      g_autofree char *count = g_strdup_printf ("%u", counts[i]);

      append_text (self, "end", HISTOGRAM_LEFT - 6, y + thick / 2 + 4, label);
      append_rectangle (self, i < self->buckets.first_late ? "bar in-time" : "bar late", HISTOGRAM_LEFT, y,
                        counts[i] > 0 ? MAX (width, 1.5) : 0, thick);
      append_text (self, "count", HISTOGRAM_LEFT + MAX (width, 1.5) + 5, y + thick / 2 + 4, count);
    }
  append_line (self, "limit", HISTOGRAM_LEFT - 132, top + self->buckets.first_late * row,
               HISTOGRAM_LEFT + HISTOGRAM_WIDTH, top + self->buckets.first_late * row);
  append_line (self, "axis", HISTOGRAM_LEFT, top, HISTOGRAM_LEFT, bottom);
  append_text (self, "middle", HISTOGRAM_LEFT + HISTOGRAM_WIDTH / 2, bottom + 36, _("number of frames"));
  append_upright_text (self, HISTOGRAM_LEFT - 140, top + PLOT_HEIGHT / 2, _("frame time"));
}

static void
draw_run (Picture      *self,
          double        top,
          const SvgRun *run)
{
  const FrameStats *stats = run->stats;
  g_autofree char *p50 = units_format_usec (stats->p50);
  g_autofree char *p99 = units_format_usec (stats->p99);
  g_autofree char *max = units_format_usec (stats->max);
  g_autofree char *late = g_strdup_printf (ngettext ("%u late frame", "%u late frames", stats->late), stats->late);
  g_autofree char *frames
    = g_strdup_printf (ngettext ("%u frame at %g Hz", "%u frames at %g Hz", stats->n), stats->n, stats->rate);
  g_autofree char *figures = g_strdup_printf (_("%s: p50 %s, p99 %s, max %s; %s"), frames, p50, p99, max, late);

  append_text (self, "name", TIMELINE_LEFT, top + 18, run->name);
  append_text (self, "figures", TIMELINE_LEFT, top + 37, figures);
  draw_timeline (self, top + PLOT_TOP, stats);
  draw_histogram (self, top + PLOT_TOP, stats);
}

static void
draw_legend (Picture *self)
{
  double y = 46;

  append_rectangle (self, "in-time", TIMELINE_LEFT, y - 10, 12, 12);
  append_text (self, "legend", TIMELINE_LEFT + 18, y, _("frame on time"));
  append_rectangle (self, "late", TIMELINE_LEFT + 190, y - 10, 12, 12);
  append_text (self, "legend", TIMELINE_LEFT + 208, y, _("late frame: longer than 1.5 frame periods"));
}

/* The scale for all runs, so that the same length means the same in each */
static void
measure (Picture      *self,
         const SvgRun *runs,
         guint         n_runs)
{
  g_autofree FrameStats **stats = g_new (FrameStats *, n_runs);
  double shortest = runs[0].stats->limit / 5;
  double longest = runs[0].stats->limit * 2;

  self->most = 1;
  for (guint i = 0; i < n_runs; i++)
    {
      stats[i] = (FrameStats *) runs[i].stats;
      self->seconds = MAX (self->seconds, (double) stats[i]->total / 1000000);
      longest = MAX (longest, (double) stats[i]->max);
    }
  self->seconds = MAX (self->seconds, 0.1);
  self->shortest = pow (10, floor (log10 (shortest)));
  self->longest = MAX (pow (10, ceil (log10 (longest))), self->shortest * 100);
  frame_buckets_init (&self->buckets, stats, n_runs);
  for (guint i = 0; i < n_runs; i++)
    {
      guint counts[FRAME_BUCKETS_MAX];

      frame_buckets_count (&self->buckets, stats[i], counts);
      for (guint j = 0; j < self->buckets.n; j++)
        self->most = MAX (self->most, counts[j]);
    }
}

char *
svg_report_draw (const char   *title,
                 const SvgRun *runs,
                 guint         n_runs)
{
  Picture self = { .svg = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") };
  guint height = (guint) (HEADER + n_runs * PANEL + FOOTER);
  g_autofree char *escaped = g_markup_escape_text (title, -1);

  measure (&self, runs, n_runs);
  g_string_append_printf (self.svg,
                          "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\""
                          " viewBox=\"0 0 %u %u\" role=\"img\">\n<title>%s</title>\n<style>\n%s</style>\n"
                          "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
                          (guint) WIDTH, height, (guint) WIDTH, height, escaped, STYLE);
  append_text (&self, "title", TIMELINE_LEFT, 26, title);
  draw_legend (&self);
  for (guint i = 0; i < n_runs; i++)
    draw_run (&self, HEADER + i * PANEL, &runs[i]);
  g_string_append (self.svg, "</svg>\n");
  return g_string_free (self.svg, FALSE);
}

gboolean
svg_report_write (const char   *path,
                  const char   *title,
                  const SvgRun *runs,
                  guint         n_runs,
                  GError      **error)
{
  g_autofree char *svg = svg_report_draw (title, runs, n_runs);

  return g_file_set_contents (path, svg, -1, error);
}
