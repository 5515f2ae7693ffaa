/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* Shared by the programs, each of which prints one JSON object on one line for bench.py. */

/* The monotonic clock in ns */
gint64 bench_now        (void);

/* Keeps the processor busy for @usec of wall time */
void   bench_burn       (gint64        usec);

/* Both sort @values. @fraction is 0.99 for the 99th percentile (nearest rank). */
double bench_median     (double       *values,
                         gsize         n_values);
double bench_percentile (double       *values,
                         gsize         n_values,
                         double        fraction);

/* How much memory the program has that is there, in bytes */
gsize  bench_resident   (void);

/* Opens @target + ".part" for writing, and renames it to @target when it is complete: flushed to disk if
 * @sync is set, then renamed, like every download here. Both functions end the program if they fail. */
int    bench_part_open  (const char   *target);
void   bench_part_done  (int           fd,
                         const char   *target,
                         gboolean      sync);
void   bench_write_all  (int           fd,
                         gconstpointer data,
                         gsize         length);
