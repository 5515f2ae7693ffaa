/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "summary.h"
#include "units.h"

#include <glib/gi18n.h>

/* How the host's frames went */
char *
summary_describe_frames (const FrameStats *stats)
{
  g_autofree char *p50 = units_format_usec (stats->p50);
  g_autofree char *p99 = units_format_usec (stats->p99);
  g_autofree char *max = units_format_usec (stats->max);
  g_autofree char *late = g_strdup_printf (ngettext ("%u late frame", "%u late frames", stats->late), stats->late);
  g_autofree char *frames
    = g_strdup_printf (ngettext ("%u frame at %g Hz", "%u frames at %g Hz", stats->n), stats->n, stats->rate);

  /* Translators: first "86 frames at 60 Hz", then three times and "0 late frames" */
  return g_strdup_printf (_("%s: p50 %s, p99 %s, max %s; %s\n"), frames, p50, p99, max, late);
}

/* How much of the frames the kicks took */
char *
summary_describe_kicks (const StageKicks *kicks,
                        gint64            budget)
{
  g_autofree char *longest = units_format_usec (kicks->longest);
  g_autofree char *n_kicks = g_strdup_printf (ngettext ("%u kick", "%u kicks", kicks->n), kicks->n);
  g_autofree char *allowed = NULL;
  g_autofree char *overshoot = NULL;
  g_autofree char *times = NULL;

  if (budget == STAGE_BUDGET_AUTO)
    /* Translators: first "86 kicks" */
    return g_strdup_printf (_("%s with an automatic budget: the longest took %s\n"), n_kicks, longest);
  allowed = units_format_usec (budget);
  if (kicks->overshot == 0)
    /* Translators: first "86 kicks" */
    return g_strdup_printf (_("%s with a budget of %s: the longest took %s, none exceeded the budget\n"), n_kicks, allowed, longest);
  overshoot = units_format_usec (kicks->overshoot_max);
  times = g_strdup_printf (ngettext ("%u time", "%u times", kicks->overshot), kicks->overshot);
  /* Translators: first "86 kicks"; then by how much and how often ("2 times") a kick took longer than it was allowed */
  return g_strdup_printf (_("%s with a budget of %s: the longest took %s, overshoot up to %s, %s\n"), n_kicks, allowed, longest,
                          overshoot, times);
}
