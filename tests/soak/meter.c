/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "meter.h"

#include "base/pillion-sync.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

#define MIB (1024. * 1024.)

void
meter_init (Meter *self,
            const char *path,
            gint64 interval)
{
  *self = (Meter) { .start = g_get_monotonic_time (), .interval = interval };
  if (path == NULL)
    return;

  self->table = fopen (path, "we");
  if (self->table == NULL)
    g_error ("%s: %s", path, g_strerror (errno));
  fprintf (self->table, "# seconds\tround\tname\tRSS, MiB\tPSS, MiB\theap, MiB\tdescriptors\tthreads\tslowest kick, ms\tthe same in processor time, ms\n");
}

void
meter_clear (Meter *self)
{
  if (self->table != NULL)
    fclose (self->table);
}

void
meter_count_kick (Meter *self,
                  gint64 usec,
                  gint64 cpu_usec)
{
  self->slowest_kick = MAX (self->slowest_kick, usec);
  self->costliest_kick = MAX (self->costliest_kick, cpu_usec);
  self->kicks[MIN (g_bit_storage ((gulong) usec), METER_N_BUCKETS - 1)]++;
  self->costs[MIN (g_bit_storage ((gulong) cpu_usec), METER_N_BUCKETS - 1)]++;
}

gint64
meter_get_fraction (const guint64 *buckets,
                    double fraction)
{
  guint64 all = 0, seen = 0;

  for (guint i = 0; i < METER_N_BUCKETS; i++)
    all += buckets[i];
  for (guint i = 0; i < METER_N_BUCKETS; i++)
    {
      seen += buckets[i];
      if ((double) seen >= fraction * (double) all)
        return (gint64) 1 << i;
    }

  return 0;
}

/* A line of a file such as "Pss:  12 kB", in bytes; 0 if there is none */
static gint64
read_kib (const char *path,
          const char *name)
{
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return 0;

  line = strstr (text, name);
  return line != NULL ? g_ascii_strtoll (line + strlen (name), NULL, 10) * 1024 : 0;
}

gboolean
meter_counts_memory (void)
{
#if defined(PILLION_ASAN) || defined(PILLION_TSAN)
  return FALSE;
#else
  return TRUE;
#endif
}

gint64
meter_get_heap (void)
{
  struct mallinfo2 info = mallinfo2 ();

  return (gint64) (info.uordblks + info.hblkhd);
}

gint64
meter_get_rss (void)
{
  return read_kib ("/proc/self/status", "VmRSS:");
}

static guint
count_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

guint
meter_count_descriptors (void)
{
  /* Without that of the folder itself */
  return count_folder ("/proc/self/fd") - 1;
}

guint
meter_count_threads (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *name;
  guint n = 0;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_strdup_printf ("/proc/self/task/%s/comm", name);
      g_autofree char *comm = NULL;

      if (g_file_get_contents (path, &comm, NULL, NULL) && strcmp (comm, "gmain\n") != 0 && strcmp (comm, "pool-spawner\n") != 0)
        n++;
    }

  return n;
}

void
meter_sample (Meter *self,
              int round,
              const char *name)
{
  gint64 now = g_get_monotonic_time ();

  if (now < self->next)
    return;

  self->next = now + self->interval;
  if (self->table != NULL)
    fprintf (self->table, "%.2f\t%d\t%s\t%.2f\t%.2f\t%.2f\t%u\t%u\t%.3f\t%.3f\n", (double) (now - self->start) / G_USEC_PER_SEC, round, name,
             (double) meter_get_rss () / MIB, (double) read_kib ("/proc/self/smaps_rollup", "\nPss:") / MIB,
             (double) meter_get_heap () / MIB, meter_count_descriptors (), count_folder ("/proc/self/task"),
             (double) self->slowest_kick / 1000, (double) self->costliest_kick / 1000);
  self->slowest_kick = self->costliest_kick = 0;
}
