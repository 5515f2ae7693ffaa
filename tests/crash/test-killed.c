/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Programs that are killed (SIGKILL) while they download, at moments that are counted in bytes that the server has sent, or in operations on files.
 * PILLION_KILLS says how many moments there are in all, and PILLION_SEED chooses them. */

#include "check.h"
#include "trial.h"

/* At least this share of what was acknowledged as written must not be fetched again. A few moments on a busy machine tell less: there, the worker that
 * keeps the record of a part with holes may come late. */
#define ENOUGH 0.95
#define ENOUGH_OF_SAMPLE 0.8

/* What was acknowledged when the last victim was killed, in bytes */
typedef struct
{
  gint64 files[CRASH_MAX_FILES];
  gboolean bodies[CRASH_N_BODIES];
} Acknowledged;

typedef struct
{
  gint64 acknowledged;
  gint64 fetched_again;
} Sums;

static CrashMoment
choose_moment (const CrashTrial *trial)
{
  CrashMoment moment = { .all = trial->kind->n_victims == 1 || g_rand_boolean (trial->random) };

  if (trial->kind->lengths[0] > 0 && g_rand_boolean (trial->random))
    moment.bytes = g_rand_int_range (trial->random, 1, (gint32) trial->n_bytes);
  else
    moment.tick = (guint64) g_rand_int_range (trial->random, 1, (gint32) trial->n_ticks + 1);
  moment.torn = g_rand_boolean (trial->random);

  return moment;
}

static void
take_acknowledged (const CrashTrial *trial,
                   Acknowledged *acknowledged)
{
  for (guint i = 0; i < trial->kind->n_victims; i++)
    {
      const CrashReport *report = crash_world_get_report (trial->world, i);

      for (guint j = 0; j < CRASH_MAX_FILES; j++)
        acknowledged->files[j] = report->written[j];
      for (guint j = 0; j < CRASH_N_BODIES; j++)
        acknowledged->bodies[j] = acknowledged->bodies[j] || report->stored[j];
    }
}

/* After the run that followed, which was not killed: what the server had to send that was there already */
static void
compare (const CrashTrial *trial,
         Sums *sums,
         const Acknowledged *acknowledged)
{
  guint n_files = crash_kind_get_n_files (trial->kind);

  /* Several victims fetch the same files, so nobody can tell for whom they were sent */
  for (guint i = 0; i < n_files && trial->kind->n_victims == 1; i++)
    {
      gint64 missing = (gint64) trial->kind->lengths[i] - acknowledged->files[i];

      sums->acknowledged += acknowledged->files[i];
      sums->fetched_again += CLAMP (crash_world_get_sent_of (trial->world, i) - missing, 0, acknowledged->files[i]);
    }

  for (guint i = 0; i < CRASH_N_BODIES; i++)
    {
      gsize length;

      if (!acknowledged->bodies[i] || !crash_body_is_fixed (i))
        continue;
      crash_body_get (i, 0, &length);
      sums->acknowledged += (gint64) length;
      if (crash_world_get_sent_bodies (trial->world, i) > 0)
        sums->fetched_again += (gint64) length;
    }
}

/* Kills at one moment, and sometimes at more, before everything is downloaded. Returns how often somebody was killed. */
static guint
run_chain (const CrashTrial *trial,
           Sums *sums)
{
  const CrashMoment never = { 0 };
  Acknowledged acknowledged = { 0 };
  guint n_kills = 0;

  crash_world_reset (trial->world);
  if (trial->kind->is_cut)
    {
      const CrashMoment stopped = { .stop = g_rand_int_range (trial->random, 1, (gint32) trial->n_bytes) };

      crash_world_run (trial->world, &stopped);
    }

  do
    {
      CrashMoment moment = choose_moment (trial);

      crash_world_run (trial->world, &moment);
      n_kills += crash_world_was_killed (trial->world);
      take_acknowledged (trial, &acknowledged);
      crash_check_files (trial->world);
      if (g_rand_int_range (trial->random, 0, 4) == 0)
        crash_world_change (trial->world);
    }
  while (g_rand_int_range (trial->random, 0, 3) == 0);

  crash_world_run (trial->world, &never);
  compare (trial, sums, &acknowledged);
  crash_check_end (trial->world, CRASH_LEFT_BY_PROCESS);

  return n_kills;
}

static void
test_killed (const CrashTrial *trial)
{
  Sums sums = { 0 };
  guint n_kills = 0;
  double share;

  while (n_kills < trial->n_wanted)
    n_kills += run_chain (trial, &sums);

  if (sums.acknowledged == 0)
    return;
  share = 1 - (double) sums.fetched_again / (double) sums.acknowledged;
  g_test_message ("%s: killed %u times; of %" G_GINT64_FORMAT " bytes that were acknowledged, %.2f %% were not fetched again", trial->kind->name, n_kills,
                  sums.acknowledged, 100 * share);
  g_assert_cmpfloat (share, >=, trial->is_sample ? ENOUGH_OF_SAMPLE : ENOUGH);
}

int
main (int argc,
      char **argv)
{
  const CrashTest test = { .name = "killed", .variable = "PILLION_KILLS", .n_sample = 40, .run = test_killed };

  return crash_test_main (&test, argc, argv);
}
