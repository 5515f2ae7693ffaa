/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fetch-options.h"
#include "options.h"
#include "stage.h"
#include "units.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

static gboolean
parse_budget (const char *name,
              const char *value,
              gpointer    data,
              GError    **error)
{
  FetchOptions *self = data;

  if (strcmp (value, "auto") == 0)
    {
      self->budget = STAGE_BUDGET_AUTO;
      return TRUE;
    }
  return units_parse_duration (value, &self->budget, error);
}

static gboolean
parse_work (const char *name,
            const char *value,
            gpointer    data,
            GError    **error)
{
  FetchOptions *self = data;
  char *end = NULL;
  double msec = g_ascii_strtod (value, &end);

  if (end != value && *end == '\0' && isfinite (msec) && msec >= 0 && msec <= 60000)
    {
      self->work = (gint64) (msec * 1000);
      return TRUE;
    }
  return units_parse_duration (value, &self->work, error);
}

GOptionContext *
fetch_options_new_context (FetchOptions *self)
{
  const GOptionEntry entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &self->folder,
      N_("Folder to save the files in; created if missing (the current one)"), N_("DIR") },
    { "sha256", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->digests,
      N_("Expected SHA-256 digest; give it once per URL, in the same order, '-' for none"), N_("HEX") },
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &self->jobs, N_("Number of files to download at once (4)"), N_("N") },
    { "hz", 0, 0, G_OPTION_ARG_DOUBLE, &self->rate, N_("Frames per second to animate (60)"), N_("RATE") },
    { "budget", 0, 0, G_OPTION_ARG_CALLBACK, parse_budget,
      N_("How long a kick may work, such as 2ms or 500us, or 'auto' (2ms)"), N_("TIME") },
    { "work", 0, 0, G_OPTION_ARG_CALLBACK, parse_work,
      N_("Milliseconds of other work for the host in each frame (0)"), N_("MS") },
    { "report", 0, 0, G_OPTION_ARG_FILENAME, &self->report, N_("Write a chart of the frame times"), N_("FILE.svg") },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &self->quiet, N_("Only report failures"), NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->urls, NULL, NULL },
    { NULL },
  };
  GOptionContext *context
      = options_new_context (N_("URL…"),
                             N_("Download files while a simulated host animates, and report how its frames fared."),
                             entries, self);

  self->jobs = 4;
  self->rate = 60;
  self->budget = 2000;
  return context;
}

static gboolean
check (FetchOptions *self)
{
  const char *command = "pillion fetch";
  guint n_urls = self->urls != NULL ? g_strv_length (self->urls) : 0;
  guint n_digests = self->digests != NULL ? g_strv_length (self->digests) : 0;

  if (n_urls == 0)
    return options_refuse (command, "%s", _("missing URL: give at least one"));
  if (n_digests > n_urls)
    return options_refuse (command, _("--sha256 was given %u times, but there are only %u URLs"), n_digests, n_urls);
  for (guint i = 0; i < n_digests; i++)
    if (strcmp (self->digests[i], "-") != 0 && !units_is_sha256 (self->digests[i]))
      return options_refuse (command, _("'%s' is not a valid SHA-256 digest: expected 64 hexadecimal digits"), self->digests[i]);
  if (self->jobs < 1 || self->jobs > 1000)
    return options_refuse (command, _("--jobs must be between %d and %d"), 1, 1000);
  if (!(self->rate >= 1 && self->rate <= 1000))
    return options_refuse (command, _("--hz must be between %d and %d"), 1, 1000);
  return TRUE;
}

/* %FALSE if the command line is wrong; the user was told */
gboolean
fetch_options_parse (FetchOptions *self,
                     int           argc,
                     char        **argv)
{
  g_autoptr (GOptionContext) context = fetch_options_new_context (self);

  return options_parse (context, argc, argv) && check (self);
}

void
fetch_options_clear (FetchOptions *self)
{
  g_clear_pointer (&self->urls, g_strfreev);
  g_clear_pointer (&self->digests, g_strfreev);
  g_clear_pointer (&self->folder, g_free);
  g_clear_pointer (&self->report, g_free);
}
