/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "frame-stats.h"
#include "units.h"

#include <glib/gi18n.h>
#include <string.h>

static int
compare_times (const void *a,
               const void *b)
{
  gint64 first = *(const gint64 *) a;
  gint64 second = *(const gint64 *) b;

  return (first > second) - (first < second);
}

/* The smallest time that at least this share of all times does not exceed (nearest rank) */
static gint64
percentile (const FrameStats *self,
            guint             percent)
{
  guint64 rank = ((guint64) self->n * percent + 99) / 100;

  return self->n == 0 ? 0 : self->sorted[MAX (rank, 1) - 1];
}

FrameStats *
frame_stats_new (const gint64 *times,
                 gsize         n,
                 double        rate)
{
  FrameStats *self = g_new0 (FrameStats, 1);

  self->rate = rate;
  self->n = (guint) n;
  self->times = g_memdup2 (times, n * sizeof *times);
  self->sorted = g_memdup2 (times, n * sizeof *times);
  if (n > 0)
    qsort (self->sorted, n, sizeof *self->sorted, compare_times);
  self->limit = 1.5 * 1000000 / rate;
  for (gsize i = 0; i < n; i++)
    {
      self->total += times[i];
      if ((double) times[i] > self->limit)
        {
          self->late++;
          self->late_total += times[i];
        }
    }
  self->p50 = percentile (self, 50);
  self->p99 = percentile (self, 99);
  self->max = n > 0 ? self->sorted[n - 1] : 0;
  return self;
}

void
frame_stats_free (FrameStats *self)
{
  g_free (self->times);
  g_free (self->sorted);
  g_free (self);
}

/* The classes for these runs, side by side. The first run's limit for late frames is always an edge, with
 * some classes on both sides of it. Frames shorter than a quarter of the limit share one class. */
void
frame_buckets_init (FrameBuckets      *self,
                    FrameStats *const *stats,
                    guint              n_stats)
{
  double limit = stats[0]->limit;
  gint64 shortest = G_MAXINT64;
  gint64 longest = 0;
  double lower = limit / 4;
  double upper = limit * 8;

  for (guint i = 0; i < n_stats; i++)
    if (stats[i]->n > 0)
      {
        shortest = MIN (shortest, stats[i]->sorted[0]);
        longest = MAX (longest, stats[i]->max);
      }
  if ((double) shortest <= limit / 4)
    lower = 0;

  self->n = 0;
  self->edges[0] = lower;
  for (double edge = lower > 0 ? lower * 2 : limit / 4; self->n < FRAME_BUCKETS_MAX; edge *= 2)
    {
      if (edge > limit * 0.75 && edge < limit * 1.5)
        self->first_late = self->n + 1;
      self->edges[++self->n] = edge;
      if (edge >= upper && edge >= (double) longest)
        break;
    }
}

guint
frame_buckets_find (const FrameBuckets *self,
                    gint64              time)
{
  guint i = 0;

  while (i + 1 < self->n && (double) time > self->edges[i + 1])
    i++;
  return i;
}

void
frame_buckets_count (const FrameBuckets *self,
                     const FrameStats   *stats,
                     guint              *counts)
{
  memset (counts, 0, self->n * sizeof *counts);
  for (guint i = 0; i < stats->n; i++)
    counts[frame_buckets_find (self, stats->times[i])]++;
}

char *
frame_buckets_get_label (const FrameBuckets *self,
                         guint               bucket)
{
  g_autofree char *upper = units_format_usec ((gint64) (self->edges[bucket + 1] + 0.5));
  g_autofree char *lower = NULL;

  if (self->edges[bucket] <= 0)
    /* Translators: a class of times, as in "up to 6.25 ms" */
    return g_strdup_printf (_("up to %s"), upper);
  lower = units_format_usec ((gint64) (self->edges[bucket] + 0.5));
  /* Translators: a class of times, from and to, as in "12.5 ms to 25.0 ms" */
  return g_strdup_printf (_("%s to %s"), lower, upper);
}
