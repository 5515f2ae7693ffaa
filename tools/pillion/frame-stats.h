/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define FRAME_BUCKETS_MAX 40

/* Statistics of the frame times of one run, in µs */
typedef struct
{
  double rate;
  gint64 *times;
  gint64 *sorted;
  guint n;
  gint64 p50;
  gint64 p99;
  gint64 max;
  gint64 total;
  double limit;
  guint late;
  gint64 late_total;
} FrameStats;

/* Classes of frame times, each twice as wide as the previous one; a class holds lower < time <= upper */
typedef struct
{
  double edges[FRAME_BUCKETS_MAX + 1];
  guint n;
  guint first_late;
} FrameBuckets;

FrameStats *frame_stats_new          (const gint64       *times,
                                      gsize               n,
                                      double              rate);
void        frame_stats_free         (FrameStats         *self);

void        frame_buckets_init       (FrameBuckets       *self,
                                      FrameStats *const  *stats,
                                      guint               n_stats);
guint       frame_buckets_find       (const FrameBuckets *self,
                                      gint64              time);
void        frame_buckets_count      (const FrameBuckets *self,
                                      const FrameStats   *stats,
                                      guint              *counts);
char       *frame_buckets_get_label  (const FrameBuckets *self,
                                      guint               bucket);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FrameStats, frame_stats_free)

G_END_DECLS
