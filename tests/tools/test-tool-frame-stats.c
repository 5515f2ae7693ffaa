/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "frame-stats.h"
#include "svg-report.h"

#include <string.h>

/* 98 frames in time, one slightly late, one very late */
static FrameStats *
make_stats (void)
{
  gint64 times[100];

  for (guint i = 0; i < 98; i++)
    times[i] = 16667;
  times[98] = 40000;
  times[99] = 2000000;
  return frame_stats_new (times, G_N_ELEMENTS (times), 60);
}

static void
test_figures (void)
{
  g_autoptr (FrameStats) stats = make_stats ();

  g_assert_cmpint (stats->p50, ==, 16667);
  g_assert_cmpint (stats->p99, ==, 40000);
  g_assert_cmpint (stats->max, ==, 2000000);
  g_assert_cmpuint (stats->late, ==, 2);
  g_assert_cmpint (stats->late_total, ==, 2040000);
  g_assert_cmpint (stats->total, ==, 98 * 16667 + 2040000);
}

static void
test_nothing (void)
{
  g_autoptr (FrameStats) stats = frame_stats_new (NULL, 0, 60);
  FrameStats *list[] = { stats };
  FrameBuckets buckets;
  guint counts[FRAME_BUCKETS_MAX];

  g_assert_cmpint (stats->p50, ==, 0);
  g_assert_cmpint (stats->max, ==, 0);
  frame_buckets_init (&buckets, list, 1);
  frame_buckets_count (&buckets, stats, counts);
  for (guint i = 0; i < buckets.n; i++)
    g_assert_cmpuint (counts[i], ==, 0);
}

/* The limit for late frames is an edge, a frame of exactly that length is in time, and each frame counts once */
static void
test_buckets (void)
{
  g_autoptr (FrameStats) stats = make_stats ();
  FrameStats *list[] = { stats };
  FrameBuckets buckets;
  guint counts[FRAME_BUCKETS_MAX];
  guint in_time = 0;
  guint late = 0;

  frame_buckets_init (&buckets, list, 1);
  g_assert_cmpfloat (buckets.edges[buckets.first_late], ==, 25000);
  g_assert_cmpuint (frame_buckets_find (&buckets, 25000), ==, buckets.first_late - 1);
  g_assert_cmpuint (frame_buckets_find (&buckets, 25001), ==, buckets.first_late);
  g_assert_cmpfloat (buckets.edges[buckets.n], >=, 2000000);
  g_assert_cmpfloat (buckets.edges[buckets.n - 1], <, 2000000);
  for (guint i = 1; i < buckets.n; i++)
    g_assert_cmpfloat (buckets.edges[i + 1], ==, 2 * buckets.edges[i]);

  frame_buckets_count (&buckets, stats, counts);
  for (guint i = 0; i < buckets.n; i++)
    if (i < buckets.first_late)
      in_time += counts[i];
    else
      late += counts[i];
  g_assert_cmpuint (in_time, ==, 98);
  g_assert_cmpuint (late, ==, stats->late);
}

/* If one run is fast and one is late, both fit into the same classes */
static void
test_shared_buckets (void)
{
  const gint64 short_times[] = { 100, 7000, 16667 };
  g_autoptr (FrameStats) first = frame_stats_new (short_times, G_N_ELEMENTS (short_times), 60);
  g_autoptr (FrameStats) second = make_stats ();
  FrameStats *list[] = { first, second };
  FrameBuckets buckets;
  guint counts[FRAME_BUCKETS_MAX];
  g_autofree char *label = NULL;

  frame_buckets_init (&buckets, list, 2);
  g_assert_cmpfloat (buckets.edges[0], ==, 0);
  g_assert_cmpfloat (buckets.edges[buckets.n], >=, 2000000);
  frame_buckets_count (&buckets, first, counts);
  g_assert_cmpuint (counts[0], ==, 1);
  g_assert_cmpuint (counts[1], ==, 1);
  g_assert_cmpuint (counts[2], ==, 1);
  label = frame_buckets_get_label (&buckets, 0);
  g_assert_cmpstr (label, ==, "up to 6.25 ms");
}

static guint
count_text (const char *text,
            const char *part)
{
  guint n = 0;

  for (const char *p = strstr (text, part); p != NULL; p = strstr (p + 1, part))
    n++;
  return n;
}

/* The bars show all frames, and names are escaped for XML */
static void
test_svg (void)
{
  g_autoptr (FrameStats) stats = make_stats ();
  SvgRun runs[] = { { "<first> & last", stats }, { "second", stats } };
  g_autofree char *svg = svg_report_draw ("a \"title\"", runs, G_N_ELEMENTS (runs));

  g_assert_true (g_utf8_validate (svg, -1, NULL));
  g_assert_nonnull (strstr (svg, "&lt;first&gt; &amp; last"));
  g_assert_null (strstr (svg, "<first>"));
  g_assert_null (strstr (svg, "nan"));
  g_assert_null (strstr (svg, "inf"));
  g_assert_cmpuint (count_text (svg, "class=\"bar in-time\""), >=, 2);
  g_assert_cmpuint (count_text (svg, "class=\"bar late\""), >=, 2);
  g_assert_cmpuint (count_text (svg, "class=\"frame late\""), ==, 4);
  g_assert_nonnull (strstr (svg, ">98</text>"));
}

/* A run that ended before its first frame makes a picture, too */
static void
test_svg_nothing (void)
{
  g_autoptr (FrameStats) stats = frame_stats_new (NULL, 0, 1000);
  SvgRun run = { "nothing", stats };
  g_autofree char *svg = svg_report_draw ("nothing", &run, 1);

  g_assert_null (strstr (svg, "nan"));
  g_assert_null (strstr (svg, "inf"));
  g_assert_cmpuint (count_text (svg, "class=\"frame"), ==, 0);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tool/frame-stats/figures", test_figures);
  g_test_add_func ("/tool/frame-stats/nothing", test_nothing);
  g_test_add_func ("/tool/frame-stats/buckets", test_buckets);
  g_test_add_func ("/tool/frame-stats/shared-buckets", test_shared_buckets);
  g_test_add_func ("/tool/svg-report/bars", test_svg);
  g_test_add_func ("/tool/svg-report/nothing", test_svg_nothing);
  return g_test_run ();
}
