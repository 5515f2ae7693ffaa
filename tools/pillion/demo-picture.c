/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "bars.h"
#include "demo-picture.h"
#include "fetch-bars.h"
#include "text.h"

#include <glib/gi18n.h>
#include <math.h>

/* How long the animation takes to cross the screen */
#define CROSSING_USEC 1500000

/* The animation: something that moves back and forth with time. While the host is frozen, so is it. */
static void
append_rider (GString *line,
              guint    cells)
{
  gboolean unicode = text_has_unicode ();
  gint64 phase = g_get_monotonic_time () % (2 * CROSSING_USEC);
  double part = phase < CROSSING_USEC ? (double) phase / CROSSING_USEC : 2 - (double) phase / CROSSING_USEC;
  guint at = (guint) (part * (cells - 1) + 0.5);

  for (guint i = 0; i < cells; i++)
    g_string_append (line, i == at ? (unicode ? "●" : "O") : (unicode ? "·" : "."));
}

/* The progress of the job, in one line */
static char *
describe (const DemoResult *result)
{
  guint ended = 0;
  int big = result->big_size > 0 ? (int) (100 * (double) result->big_completed / (double) result->big_size) : 0;

  for (guint i = 0; i < DEMO_N_BAD; i++)
    ended += result->bad[i] != NULL;
  /* Translators: the progress of the demo's job: thumbnails, per cent of a big file, addresses that fail on
   * purpose */
  return g_strdup_printf (_("thumbnails %u of %u, big file %d %%, bad addresses %u of %u"), result->thumbnails,
                          result->n_thumbnails, big, ended, DEMO_N_BAD);
}

void
demo_picture_draw (Term             *term,
                   Stage            *stage,
                   const char       *title,
                   const DemoResult *result)
{
  g_autoptr (GString) line = g_string_new (NULL);
  g_autofree char *progress = describe (result);
  guint width = term_get_width (term);
  gboolean colours = term_has_colours (term);

  g_string_append_printf (line, "%s%s%s", colours ? BARS_BOLD : "", title, colours ? BARS_PLAIN : "");
  term_add_line (term, line->str);
  g_string_truncate (line, 0);
  append_rider (line, CLAMP (width, 12, 71) - 1);
  term_add_line (term, line->str);
  term_add_line (term, progress);
  fetch_bars_draw_stage (term, stage, MAX (text_width (_("frames")), 6));
}
