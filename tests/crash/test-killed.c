/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Programs that are killed (SIGKILL) while they download, at moments that are counted in bytes that the server has sent, or in operations on files.
 * PILLION_KILLS says how many moments there are in all, and PILLION_SEED chooses them. */

#include <stdlib.h>
#include <string.h>

#include "world.h"

/* A sample */
#define DEFAULT_KILLS 60

/* At least this share of what was acknowledged as written must not be fetched again. A few moments on a busy machine tell less: there, the worker that
 * keeps the record of a part with holes may come late. */
#define ENOUGH 0.95
#define ENOUGH_OF_SAMPLE 0.8

static const char *victim;
static const char *preload;

/* What was acknowledged when the last victim was killed, in bytes */
typedef struct
{
  gint64 files[CRASH_MAX_FILES];
  gboolean bodies[CRASH_N_BODIES];
} Acknowledged;

typedef struct
{
  const CrashKind *kind;
  CrashWorld *world;
  GRand *random; /* the world's */
  guint64 n_ticks; /* of a run that is not killed */
  gint64 n_bytes;
  gint64 acknowledged;
  gint64 fetched_again;
} Chains;

static CrashMoment
choose_moment (Chains *self)
{
  CrashMoment moment = { .all = self->kind->n_victims == 1 || g_rand_boolean (self->random) };

  if (self->kind->lengths[0] > 0 && g_rand_boolean (self->random))
    moment.bytes = g_rand_int_range (self->random, 1, (gint32) self->n_bytes);
  else
    moment.tick = (guint64) g_rand_int_range (self->random, 1, (gint32) self->n_ticks + 1);
  moment.torn = g_rand_boolean (self->random);

  return moment;
}

static void
take_acknowledged (Chains *self,
                   Acknowledged *acknowledged)
{
  for (guint i = 0; i < self->kind->n_victims; i++)
    {
      const CrashReport *report = crash_world_get_report (self->world, i);

      for (guint j = 0; j < CRASH_MAX_FILES; j++)
        acknowledged->files[j] = report->written[j];
      for (guint j = 0; j < CRASH_N_BODIES; j++)
        acknowledged->bodies[j] = acknowledged->bodies[j] || report->stored[j];
    }
}

/* After the run that followed, which was not killed: what the server had to send that was there already */
static void
compare (Chains *self,
         const Acknowledged *acknowledged)
{
  guint n_files = crash_kind_get_n_files (self->kind);

  /* Several victims fetch the same files, so nobody can tell for whom they were sent */
  for (guint i = 0; i < n_files && self->kind->n_victims == 1; i++)
    {
      gint64 missing = (gint64) self->kind->lengths[i] - acknowledged->files[i];

      self->acknowledged += acknowledged->files[i];
      self->fetched_again += CLAMP (crash_world_get_sent_of (self->world, i) - missing, 0, acknowledged->files[i]);
    }

  for (guint i = 0; i < CRASH_N_BODIES; i++)
    {
      gsize length;

      if (!acknowledged->bodies[i] || !crash_body_is_fixed (i))
        continue;
      crash_body_get (i, 0, &length);
      self->acknowledged += (gint64) length;
      if (crash_world_get_sent_bodies (self->world, i) > 0)
        self->fetched_again += (gint64) length;
    }
}

/* Kills at one moment, and sometimes at more, before everything is downloaded. Returns how often somebody was killed. */
static guint
run_chain (Chains *self)
{
  const CrashMoment never = { 0 };
  Acknowledged acknowledged = { 0 };
  guint n_kills = 0;

  crash_world_reset (self->world);
  if (self->kind->is_cut)
    {
      const CrashMoment stopped = { .stop = g_rand_int_range (self->random, 1, (gint32) self->n_bytes) };

      crash_world_run (self->world, &stopped);
    }

  do
    {
      CrashMoment moment = choose_moment (self);

      crash_world_run (self->world, &moment);
      n_kills += crash_world_was_killed (self->world);
      take_acknowledged (self, &acknowledged);
      crash_world_check_files (self->world);
      if (g_rand_int_range (self->random, 0, 4) == 0)
        crash_world_change (self->world);
    }
  while (g_rand_int_range (self->random, 0, 3) == 0);

  crash_world_run (self->world, &never);
  compare (self, &acknowledged);
  crash_world_check_end (self->world, CRASH_LEFT_BY_PROCESS);

  return n_kills;
}

static void
test_killed (gconstpointer data)
{
  const char *wanted = g_getenv ("PILLION_KILLS");
  guint n_wanted = wanted != NULL ? (guint) atoi (wanted) : DEFAULT_KILLS;
  const CrashMoment never = { 0 };
  Chains self = { .kind = data };
  guint n_kills = 0;
  double share;

  n_wanted = crash_kind_get_share (self.kind, n_wanted);
  self.world = crash_world_new (victim, preload, self.kind);
  self.random = crash_world_get_random (self.world);

  /* How long it takes */
  crash_world_run (self.world, &never);
  crash_world_check_end (self.world, CRASH_LEFT_BY_PROCESS);
  self.n_ticks = crash_world_get_ticks (self.world);
  self.n_bytes = MAX (crash_world_get_sent (self.world), 2);
  g_test_message ("%s: %" G_GUINT64_FORMAT " ticks, %" G_GINT64_FORMAT " bytes", self.kind->name, self.n_ticks, self.n_bytes);

  while (n_kills < n_wanted)
    n_kills += run_chain (&self);
  crash_world_free (self.world);

  if (self.acknowledged == 0)
    return;
  share = 1 - (double) self.fetched_again / (double) self.acknowledged;
  g_test_message ("%s: killed %u times; of %" G_GINT64_FORMAT " bytes that were acknowledged, %.2f %% were not fetched again", self.kind->name, n_kills,
                  self.acknowledged, 100 * share);
  g_assert_cmpfloat (share, >=, wanted != NULL ? ENOUGH : ENOUGH_OF_SAMPLE);
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
      g_autofree char *path = g_strdup_printf ("/crash/killed/%s", crash_kinds[i].name);

      if (!crash_kinds[i].is_large)
        g_test_add_data_func (path, &crash_kinds[i], test_killed);
    }

  return g_test_run ();
}
