/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "options.h"
#include "text.h"

#include <glib/gi18n.h>

/* @user_data is passed to the functions of entries that have one. */
GOptionContext *
options_new_context (const char         *parameters,
                     const char         *summary,
                     const GOptionEntry *entries,
                     gpointer            user_data)
{
  GOptionContext *context = g_option_context_new (parameters);
  GOptionGroup *group = g_option_group_new ("main", "", "", user_data, NULL);

  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  g_option_context_set_summary (context, summary);
  g_option_context_set_description (context, N_("Exit status:\n"
                                                "    0  success\n"
                                                "    1  something failed\n"
                                                "    2  wrong usage\n"
                                                "  130  interrupted (Ctrl-C)"));
  g_option_group_set_translation_domain (group, GETTEXT_PACKAGE);
  g_option_group_add_entries (group, entries);
  g_option_context_set_main_group (context, group);
  return context;
}

/* Prints what is wrong with the command line and where to find help; always returns %FALSE */
gboolean
options_refuse (const char *command,
                const char *format,
                ...)
{
  va_list args;
  g_autofree char *message = NULL;
  g_autofree char *clean = NULL;

  va_start (args, format);
  message = g_strdup_vprintf (format, args);
  va_end (args);
  clean = text_clean (message);
  g_printerr ("pillion: %s\n", clean);
  g_printerr (_("Try '%s --help'.\n"), command);
  return FALSE;
}

gboolean
options_parse (GOptionContext *context,
               int             argc,
               char          **argv)
{
  g_autoptr (GError) error = NULL;
  /* A copy, because GOption removes what it has read */
  g_auto (GStrv) arguments = NULL;
  GStrvBuilder *builder = g_strv_builder_new ();

  for (int i = 0; i < argc; i++)
    g_strv_builder_add (builder, argv[i]);
  arguments = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  if (g_option_context_parse_strv (context, &arguments, &error))
    return TRUE;
  return options_refuse (g_get_prgname (), "%s", error->message);
}
