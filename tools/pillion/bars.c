/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "bars.h"
#include "text.h"

#include <math.h>

static const char *const left_eighths[] = { "", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
static const char *const lower_eighths[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
static const char *const ascii_levels[] = { "_", ".", "-", "=", "+", "*", "#", "@" };

static void
append_times (GString    *string,
              const char *text,
              guint       n)
{
  while (n-- > 0)
    g_string_append (string, text);
}

/* A bar of blocks without a frame, with at least a sliver if there is anything at all, padded to @cells */
void
bars_append_amount (GString *string,
                    double   fraction,
                    guint    cells)
{
  gboolean unicode = text_has_unicode ();
  guint eighths = (guint) (CLAMP (fraction, 0.0, 1.0) * cells * 8 + 0.5);
  guint full;
  guint rest;

  if (fraction > 0 && eighths == 0)
    eighths = 1;
  if (!unicode)
    eighths = (eighths + 7) / 8 * 8;
  full = eighths / 8;
  rest = eighths % 8;
  append_times (string, unicode ? "█" : "#", full);
  g_string_append (string, left_eighths[rest]);
  append_times (string, " ", cells - full - (rest > 0));
}

/* A framed bar, @cells wide in total. A negative @fraction is unknown: then a block wanders, one place per
 * @step. */
void
bars_append_progress (GString  *string,
                      double    fraction,
                      guint     cells,
                      guint     step,
                      gboolean  colours)
{
  gboolean unicode = text_has_unicode ();
  guint inner = cells > 2 ? cells - 2 : 0;

  g_string_append (string, unicode ? "▕" : "[");
  if (colours)
    g_string_append (string, BARS_GOOD);
  if (fraction < 0)
    {
      guint block = MIN (3, inner);
      guint way = inner - block;
      guint at = way > 0 ? step % (2 * way) : 0;

      at = at > way ? 2 * way - at : at;
      append_times (string, " ", at);
      append_times (string, unicode ? "█" : "=", block);
      append_times (string, " ", inner - at - block);
    }
  else if (unicode)
    {
      guint eighths = (guint) (MIN (fraction, 1.0) * inner * 8);

      append_times (string, "█", eighths / 8);
      g_string_append (string, left_eighths[eighths % 8]);
      append_times (string, " ", inner - eighths / 8 - (eighths % 8 > 0));
    }
  else
    {
      guint full = (guint) (MIN (fraction, 1.0) * inner);

      append_times (string, "=", full);
      append_times (string, " ", inner - full);
    }
  if (colours)
    g_string_append (string, BARS_PLAIN);
  g_string_append (string, unicode ? "▏" : "]");
}

/* One cell per frame. Half the height is @limit, so that a late frame stands out by its height, not just by
 * its colour; twice the limit or more fills the cell. */
void
bars_append_sparkline (GString      *string,
                       const gint64 *times,
                       guint         n,
                       double        limit,
                       gboolean      colours)
{
  gboolean unicode = text_has_unicode ();
  gboolean was_late = FALSE;

  for (guint i = 0; i < n; i++)
    {
      gboolean late = (double) times[i] > limit;
      double height = (double) times[i] / limit * 4;
      guint level = height >= 8 ? 7 : (guint) height;

      if (late && level < 4)
        level = 4;
      if (!late && level > 3)
        level = 3;
      if (colours && late != was_late)
        g_string_append (string, late ? BARS_BAD : BARS_PLAIN);
      was_late = late;
      g_string_append (string, unicode ? lower_eighths[level] : ascii_levels[level]);
    }
  if (colours && was_late)
    g_string_append (string, BARS_PLAIN);
}
