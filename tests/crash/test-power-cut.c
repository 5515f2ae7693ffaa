/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Machines whose power fails while a program downloads, in any operation on a file or right after the program has ended. Whatever of it was on the disk:
 * what was reported as done is there and right, nothing else is taken for what it isn't, and the next program finishes the work.
 * PILLION_POWER_CUTS says how often the power fails in all, and PILLION_SEED chooses when, and what is left. */

#include <glib/gstdio.h>

#include "check.h"
#include "disk.h"
#include "trial.h"

static void
cut (const CrashTrial *trial,
     const char *journal,
     CrashDiskKind kind)
{
  const char *root = crash_world_get_root (trial->world);
  CrashDisk *disk = crash_disk_new (root);
  g_autoptr (GError) error = NULL;
  /* One in 16 is after the end */
  double first = trial->kind->is_large ? 0.85 : 0;
  CrashMoment moment = {
    .tick = 1 + (guint64) (g_rand_double_range (trial->random, first, 1 + 1. / 16) * (double) trial->n_ticks),
    .torn = g_rand_boolean (trial->random),
    .all = TRUE,
    .journal = journal,
  };

  /* Some programs end in good order before */
  if (trial->kind->lengths[0] > 0 && !trial->kind->is_large && g_rand_int_range (trial->random, 0, 4) == 0)
    moment.stop = g_rand_int_range (trial->random, 1, (gint32) trial->kind->lengths[0]);

  g_file_set_contents (journal, "", 0, &error);
  g_assert_no_error (error);
  crash_world_run (trial->world, &moment);
  crash_disk_follow (disk, journal);
  crash_disk_fail (disk, kind, trial->random, root);
  crash_disk_free (disk);
  crash_world_boot (trial->world);
  crash_check_files (trial->world);
}

static guint
run_chain (const CrashTrial *trial,
           const char *journal,
           guint *n_continued)
{
  const CrashMoment never = { 0 };
  CrashDiskKind kind = g_rand_boolean (trial->random) ? CRASH_DISK_LAWLESS : CRASH_DISK_ORDERED;
  guint n = 0;

  crash_world_reset (trial->world);
  do
    {
      cut (trial, journal, kind);
      n++;
      if (g_rand_int_range (trial->random, 0, 4) == 0)
        crash_world_change (trial->world);
    }
  while (g_rand_int_range (trial->random, 0, 3) == 0);

  crash_world_run (trial->world, &never);
  for (guint i = 0; i < crash_kind_get_n_files (trial->kind); i++)
    {
      gint64 sent = crash_world_get_sent_of (trial->world, i);

      *n_continued += sent > 0 && sent < (gint64) trial->kind->lengths[i];
    }
  crash_check_end (trial->world, kind == CRASH_DISK_LAWLESS ? CRASH_LEFT_BY_LAWLESS_DISK : CRASH_LEFT_BY_DISK);

  return n;
}

static void
test_power_cut (const CrashTrial *trial)
{
  g_autofree char *journal = NULL;
  guint n_continued = 0;
  int fd = g_file_open_tmp ("pillion-journal-XXXXXX", &journal, NULL);

  g_assert_no_errno (fd);
  g_close (fd, NULL);

  for (guint n = 0; n < trial->n_wanted;)
    n += run_chain (trial, journal, &n_continued);

  g_test_message ("%s: after power cuts, %u files were continued", trial->kind->name, n_continued);
  g_assert_no_errno (g_unlink (journal));
}

int
main (int argc,
      char **argv)
{
  const CrashTest test = { .name = "power-cut", .variable = "PILLION_POWER_CUTS", .n_sample = 40, .has_large = TRUE, .run = test_power_cut };

  return crash_test_main (&test, argc, argv);
}
