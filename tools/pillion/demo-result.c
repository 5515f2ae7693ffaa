/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "demo-result.h"
#include "text.h"
#include "units.h"

#include <glib/gi18n.h>

const char *
demo_bad_get_path (DemoBad bad)
{
  static const char *const paths[DEMO_N_BAD] = { "slow.bin", "failing.bin", "truncated.bin" };

  return paths[bad];
}

DemoResult *
demo_result_new (void)
{
  DemoResult *self = g_new0 (DemoResult, 1);

  self->started = g_get_monotonic_time ();
  return self;
}

void
demo_result_free (DemoResult *self)
{
  for (guint i = 0; i < DEMO_N_BAD; i++)
    g_clear_error (&self->bad[i]);
  g_clear_error (&self->trouble);
  g_clear_pointer (&self->stats, frame_stats_free);
  g_free (self);
}

/* Takes the error of something that should have succeeded; the first one is kept. */
void
demo_result_trouble (DemoResult *self,
                     GError     *error)
{
  if (self->trouble == NULL)
    self->trouble = error;
  else
    g_error_free (error);
}

void
demo_result_end (DemoResult *self)
{
  self->ended = g_get_monotonic_time ();
}

gboolean
demo_result_is_well (const DemoResult *self)
{
  gboolean well = self->trouble == NULL && self->catalogue && self->n_thumbnails > 0
                  && self->thumbnails == self->n_thumbnails && self->big;

  for (guint i = 0; i < DEMO_N_BAD; i++)
    well = well && self->bad_as_promised[i];
  return well;
}

static void
print_line (const char *what,
            gboolean    well,
            const char *text)
{
  g_autofree char *label = text_fit (what, 16);
  g_autofree char *clean = text_clean (text);
  const char *mark = text_has_unicode () ? (well ? "✓" : "✗") : (well ? "ok" : "NOT OK");

  g_print ("  %s %s %s\n", mark, label, clean);
}

/* A line for each part of the job, with the error from each of the bad addresses */
void
demo_result_print (const DemoResult *self,
                   const char       *title,
                   const char       *base_url)
{
  g_autofree char *time = units_format_usec (self->ended - self->started);
  g_autofree char *thumbnails = g_strdup_printf (_("%u of %u"), self->thumbnails, self->n_thumbnails);
  g_autofree char *size = units_format_size (self->big_completed);
  g_autofree char *big = g_strdup_printf (self->big ? _("%s, SHA-256 verified") : "%s", size);
  g_autofree char *catalogue
    = g_strdup_printf (ngettext ("JSON, %u thumbnail", "JSON, %u thumbnails", self->n_thumbnails), self->n_thumbnails);

  /* Translators: first the name of a run, then how long it took */
  g_print (_("%s: the job took %s\n"), title, time);
  print_line (_("catalogue"), self->catalogue, catalogue);
  print_line (_("thumbnails"), self->n_thumbnails > 0 && self->thumbnails == self->n_thumbnails, thumbnails);
  print_line (_("big file"), self->big, big);
  for (DemoBad i = 0; i < DEMO_N_BAD; i++)
    {
      const char *path = demo_bad_get_path (i);
      g_autofree char *url = g_strconcat (base_url, path, NULL);

      print_line (path, self->bad_as_promised[i],
                  self->bad[i] != NULL ? text_skip_url (self->bad[i]->message, url)
                                       : _("no error, but one was expected"));
    }
  if (self->trouble != NULL)
    print_line (_("problem"), FALSE, self->trouble->message);
}
