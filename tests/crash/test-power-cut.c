/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Machines whose power fails while a program downloads, in any operation on a file or right after the program has ended. Whatever of it was on the disk:
 * what was reported as done is there and right, nothing else is taken for what it isn't, and the next program finishes the work.
 * PILLION_POWER_CUTS says how often the power fails in all, and PILLION_SEED chooses when, and what is left. */

#include <stdlib.h>
#include <string.h>

#include <glib/gstdio.h>

#include "disk.h"
#include "world.h"

/* A sample */
#define DEFAULT_CUTS 60

static const char *victim;
static const char *preload;

typedef struct
{
  const CrashKind *kind;
  CrashWorld *world;
  GRand *random; /* the world's */
  char *journal;
  guint64 n_ticks; /* of a run that nothing interrupts */
  guint n_continued;    /* files of which something was there when all was done in the end */
} Cuts;

static void
cut (Cuts *self,
     CrashDiskKind kind)
{
  const char *root = crash_world_get_root (self->world);
  CrashDisk *disk = crash_disk_new (root);
  g_autoptr (GError) error = NULL;
  /* One in 16 is after the end */
  double first = self->kind->is_large ? 0.85 : 0;
  CrashMoment moment = {
    .tick = 1 + (guint64) (g_rand_double_range (self->random, first, 1 + 1. / 16) * (double) self->n_ticks),
    .torn = g_rand_boolean (self->random),
    .all = TRUE,
    .journal = self->journal,
  };

  /* Some programs end in good order before */
  if (self->kind->lengths[0] > 0 && !self->kind->is_large && g_rand_int_range (self->random, 0, 4) == 0)
    moment.stop = g_rand_int_range (self->random, 1, (gint32) self->kind->lengths[0]);

  g_file_set_contents (self->journal, "", 0, &error);
  g_assert_no_error (error);
  crash_world_run (self->world, &moment);
  crash_disk_follow (disk, self->journal);
  crash_disk_fail (disk, kind, self->random, root);
  crash_disk_free (disk);
  crash_world_boot (self->world);
  crash_world_check_files (self->world);
}

static guint
run_chain (Cuts *self)
{
  const CrashMoment never = { 0 };
  CrashDiskKind kind = g_rand_boolean (self->random) ? CRASH_DISK_LAWLESS : CRASH_DISK_ORDERED;
  guint n = 0;

  crash_world_reset (self->world);
  do
    {
      cut (self, kind);
      n++;
      if (g_rand_int_range (self->random, 0, 4) == 0)
        crash_world_change (self->world);
    }
  while (g_rand_int_range (self->random, 0, 3) == 0);

  crash_world_run (self->world, &never);
  for (guint i = 0; i < crash_kind_get_n_files (self->kind); i++)
    {
      gint64 sent = crash_world_get_sent_of (self->world, i);

      self->n_continued += sent > 0 && sent < (gint64) self->kind->lengths[i];
    }
  crash_world_check_end (self->world, kind == CRASH_DISK_LAWLESS ? CRASH_LEFT_BY_LAWLESS_DISK : CRASH_LEFT_BY_DISK);

  return n;
}

static void
test_power_cut (gconstpointer data)
{
  const char *wanted = g_getenv ("PILLION_POWER_CUTS");
  guint n_wanted = wanted != NULL ? (guint) atoi (wanted) : DEFAULT_CUTS;
  const CrashMoment never = { 0 };
  Cuts self = { .kind = data };
  int fd;

  n_wanted = crash_kind_get_share (self.kind, n_wanted);
  self.world = crash_world_new (victim, preload, self.kind);
  self.random = crash_world_get_random (self.world);
  fd = g_file_open_tmp ("pillion-journal-XXXXXX", &self.journal, NULL);
  g_assert_no_errno (fd);
  g_close (fd, NULL);

  crash_world_run (self.world, &never);
  crash_world_check_end (self.world, CRASH_LEFT_BY_PROCESS);
  self.n_ticks = crash_world_get_ticks (self.world);

  for (guint n = 0; n < n_wanted;)
    n += run_chain (&self);

  g_test_message ("%s: after power cuts, %u files were continued", self.kind->name, self.n_continued);
  crash_world_free (self.world);
  g_assert_no_errno (g_unlink (self.journal));
  g_free (self.journal);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (argc != 3)
    return 2;
  victim = argv[1];
  preload = argv[2];

  for (guint i = 0; i < crash_n_kinds; i++)
    {
      g_autofree char *path = g_strdup_printf ("/crash/power-cut/%s", crash_kinds[i].name);

      g_test_add_data_func (path, &crash_kinds[i], test_power_cut);
    }

  return g_test_run ();
}
