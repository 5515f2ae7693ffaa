/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include <stdio.h>

/* 1 µs, 2 µs, 4 µs… */
#define METER_N_BUCKETS 32

/* What the process takes, as a table with a line for each sample */
typedef struct
{
  FILE *table; /* or NULL */
  gint64 start;
  gint64 interval;
  gint64 next;
  gint64 slowest_kick;  /* since the last sample, in µs */
  gint64 costliest_kick; /* the same in processor time, which does not depend on what else runs */
  guint64 kicks[METER_N_BUCKETS];
  guint64 costs[METER_N_BUCKETS];
} Meter;

void    meter_init             (Meter      *self,
                                const char *path,
                                gint64      interval);
void    meter_clear            (Meter      *self);

/* How long it took, and how much of that the thread was running */
void    meter_count_kick       (Meter      *self,
                                gint64      usec,
                                gint64      cpu_usec);
/* Of one of the two lists: what so many of the kicks took at most, in µs, to the next power of 2 */
gint64  meter_get_fraction     (const guint64 *buckets,
                                double         fraction);

/* Adds a line if it is time; @name is what runs */
void    meter_sample           (Meter      *self,
                                int         round,
                                const char *name);

/* Whether the figures for memory are those of the program, and not of a sanitizer */
gboolean meter_counts_memory   (void);
/* All that malloc () has given out, in bytes */
gint64  meter_get_heap         (void);
gint64  meter_get_rss          (void);
guint   meter_count_descriptors (void);
/* Without those that GLib starts once and never ends */
guint   meter_count_threads    (void);
