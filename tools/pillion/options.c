/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "options.h"
#include "text.h"

#include <glib/gi18n.h>
#include <string.h>

/* The names of all options that have a value: "--output", "-o" */
static GHashTable *with_value;

static void
note_entries (const GOptionEntry *entries)
{
  if (with_value == NULL)
    with_value = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  for (const GOptionEntry *entry = entries; entry->long_name != NULL; entry++)
    if (entry->arg != G_OPTION_ARG_NONE && (entry->flags & G_OPTION_FLAG_NO_ARG) == 0)
      {
        g_hash_table_add (with_value, g_strconcat ("--", entry->long_name, NULL));
        if (entry->short_name != 0)
          g_hash_table_add (with_value, g_strdup_printf ("-%c", entry->short_name));
      }
}

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
  note_entries (entries);
  g_option_context_set_main_group (context, group);
  return context;
}

/* Adds options under a title of their own, which the help shows after the others' */
void
options_add_group (GOptionContext     *context,
                   const char         *title,
                   const GOptionEntry *entries,
                   gpointer            user_data)
{
  /* GLib translates the options of a group, but not its heading */
  GOptionGroup *group = g_option_group_new (title, _(title), "", user_data, NULL);

  g_option_group_set_translation_domain (group, GETTEXT_PACKAGE);
  g_option_group_add_entries (group, entries);
  note_entries (entries);
  g_option_context_add_group (context, group);
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

/* How many bytes of "-vj8" are options: those up to the first that has a value */
static gsize
count_options (const char *argument,
               gboolean   *has_value)
{
  char option[] = "-?";
  gsize n = 1;

  for (*has_value = FALSE; argument[n] != '\0' && !*has_value; n++)
    {
      option[1] = argument[n];
      *has_value = g_hash_table_contains (with_value, option);
    }
  return n;
}

/* "-j8" becomes "-j" and "8", which GOption can't read together */
static char **
split_values (int    argc,
              char **argv)
{
  GStrvBuilder *builder = g_strv_builder_new ();
  char **arguments;
  gboolean is_value = TRUE; /* or the name of the program */
  gboolean is_rest = FALSE;

  for (int i = 0; i < argc; i++)
    {
      const char *argument = argv[i];

      if (is_value || is_rest || argument[0] != '-' || argument[1] == '\0')
        is_value = FALSE;
      else if (argument[1] == '-')
        {
          is_rest = argument[2] == '\0';
          is_value = g_hash_table_contains (with_value, argument);
        }
      else
        {
          gsize n = count_options (argument, &is_value);

          if (is_value && argument[n] != '\0')
            {
              g_autofree char *options = g_strndup (argument, n);

              g_strv_builder_add (builder, options);
              argument += n;
              is_value = FALSE;
            }
        }
      g_strv_builder_add (builder, argument);
    }
  arguments = g_strv_builder_end (builder);
  g_strv_builder_unref (builder);
  return arguments;
}

gboolean
options_parse (GOptionContext *context,
               int             argc,
               char          **argv)
{
  g_autoptr (GError) error = NULL;
  /* A copy, because GOption removes what it has read */
  g_auto (GStrv) arguments = split_values (argc, argv);

  if (!g_option_context_parse_strv (context, &arguments, &error))
    return options_refuse (g_get_prgname (), "%s", error->message);
  /* What a command takes that is no option, GOption has removed as well */
  if (g_strv_length (arguments) > 1)
    return options_refuse (g_get_prgname (), _("unexpected argument '%s'"), arguments[1]);
  return TRUE;
}
