/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "util.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

gint64
bench_now (void)
{
  struct timespec ts;

  clock_gettime (CLOCK_MONOTONIC, &ts);
  return ts.tv_sec * G_GINT64_CONSTANT (1000000000) + ts.tv_nsec;
}

void
bench_burn (gint64 usec)
{
  gint64 end = bench_now () + usec * 1000;

  while (bench_now () < end)
    ;
}

static int
compare (const void *a,
         const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return x < y ? -1 : x > y;
}

double
bench_percentile (double *values,
                  gsize n_values,
                  double fraction)
{
  gsize rank;

  g_assert (n_values > 0);
  qsort (values, n_values, sizeof (double), compare);

  /* The smallest value that at least this share of all does not exceed */
  rank = (gsize) ceil (fraction * n_values);
  return values[CLAMP (rank, 1, n_values) - 1];
}

double
bench_median (double *values,
              gsize n_values)
{
  g_assert (n_values > 0);
  qsort (values, n_values, sizeof (double), compare);
  return (values[(n_values - 1) / 2] + values[n_values / 2]) / 2;
}

gsize
bench_resident (void)
{
  g_autofree char *text = NULL;
  unsigned long size, pages;

  if (!g_file_get_contents ("/proc/self/statm", &text, NULL, NULL) || sscanf (text, "%lu %lu", &size, &pages) != 2)
    g_error ("/proc/self/statm can't be read");
  return (gsize) pages * sysconf (_SC_PAGESIZE);
}

int
bench_part_open (const char *target)
{
  g_autofree char *part = g_strconcat (target, ".part", NULL);
  int fd = open (part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

  if (fd < 0)
    g_error ("%s: %s", part, g_strerror (errno));

  return fd;
}

void
bench_part_done (int fd,
                 const char *target,
                 gboolean sync)
{
  g_autofree char *part = g_strconcat (target, ".part", NULL);

  if ((sync && fsync (fd) < 0) || close (fd) < 0 || rename (part, target) < 0)
    g_error ("%s: %s", target, g_strerror (errno));
}

void
bench_write_all (int fd,
                 gconstpointer data,
                 gsize length)
{
  const char *next = data;

  while (length > 0)
    {
      gssize n = write (fd, next, length);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        g_error ("write: %s", g_strerror (errno));
      next += n;
      length -= n;
    }
}
