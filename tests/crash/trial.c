/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "trial.h"

#include <stdlib.h>

#include "check.h"

static const CrashTest *test;
static const char *victim;
static const char *preload;

static void
run_trial (gconstpointer data)
{
  const CrashMoment never = { 0 };
  const CrashKind *kind = data;
  const char *wanted = g_getenv (test->variable);
  CrashTrial trial = {
    .kind = kind,
    .world = crash_world_new (victim, preload, kind),
    .n_wanted = crash_kind_get_share (kind, wanted != NULL ? (guint) atoi (wanted) : test->n_sample),
    .is_sample = wanted == NULL,
  };

  trial.random = crash_world_get_random (trial.world);
  crash_world_run (trial.world, &never);
  crash_check_end (trial.world, CRASH_LEFT_BY_PROCESS);
  trial.n_ticks = crash_world_get_ticks (trial.world);
  trial.n_bytes = MAX (crash_world_get_sent (trial.world), 2);
  g_test_message ("%s: %" G_GUINT64_FORMAT " ticks, %" G_GINT64_FORMAT " bytes", kind->name, trial.n_ticks, trial.n_bytes);

  test->run (&trial);
  crash_world_free (trial.world);
}

int
crash_test_main (const CrashTest *the_test,
                 int argc,
                 char **argv)
{
  g_test_init (&argc, &argv, NULL);
  if (argc != 3)
    return 2;
  test = the_test;
  victim = argv[1];
  preload = argv[2];

  for (guint i = 0; i < crash_n_kinds; i++)
    {
      g_autofree char *path = g_strdup_printf ("/crash/%s/%s", test->name, crash_kinds[i].name);

      if (test->has_large || !crash_kinds[i].is_large)
        g_test_add_data_func (path, &crash_kinds[i], run_trial);
    }

  return g_test_run ();
}
