/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* What the programs share. Each prints one JSON object on one line, which bench.py reads. */

/* The monotonic clock in ns */
gint64 bench_now        (void);

/* Burns the processor until @usec have passed on the wall */
void   bench_burn       (gint64        usec);

/* Both sort @values. @fraction is 0.99 for the 99th percentile, taken as the nearest rank. */
double bench_median     (double       *values,
                         gsize         n_values);
double bench_percentile (double       *values,
                         gsize         n_values,
                         double        fraction);

/* Opens @target + ".part" for writing, and makes it @target when it is whole: flushed to the disk where @sync
 * is set, then renamed, which is what every download here does. Both end the program when they fail. */
int    bench_part_open  (const char   *target);
void   bench_part_done  (int           fd,
                         const char   *target,
                         gboolean      sync);
void   bench_write_all  (int           fd,
                         gconstpointer data,
                         gsize         length);
