/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "cache.h"
#include "demo.h"
#include "fetch.h"
#include "fetch-options.h"
#include "options.h"
#include "serve.h"

#include <fcntl.h>
#include <glib/gi18n.h>
#include <locale.h>
#include <pillion/pillion.h>
#include <string.h>
#include <unistd.h>

static GOptionContext *
new_fetch_context (void)
{
  static FetchOptions options;

  return fetch_options_new_context (&options);
}

static const struct
{
  const char *name;
  const char *full_name;
  const char *summary;
  int (*run) (int argc, char **argv);
  GOptionContext *(*new_context) (void);
} commands[] = {
  { "fetch", "pillion fetch", N_("download files"), fetch_main, new_fetch_context },
  { "cache", "pillion cache", N_("show or clean a folder with cached responses"), cache_main, cache_new_context },
  { "demo", "pillion demo", N_("show a job that blocks its host, then the same job kicked"), demo_main, demo_new_context },
  { "serve", "pillion serve", N_("run the demo's server"), serve_main, serve_new_context },
};

/* A folder with translations to use instead of the installed one, to try those that are not installed yet */
static void
init_translations (void)
{
  const char *folder = g_getenv ("PILLION_LOCALEDIR");

  setlocale (LC_ALL, "");
  /* The library binds the same domain when it initializes the class of loops. Let that happen first, so that
   * ours stays. */
  g_type_class_unref (g_type_class_ref (PILLION_TYPE_LOOP));
  bindtextdomain (GETTEXT_PACKAGE, folder != NULL ? folder : PILLION_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}

static void
print_help (void)
{
  g_print ("%s\n  pillion %s\n\n%s\n\n%s\n", _("Usage:"), _("COMMAND [OPTION…]"),
           _("Asynchronous work for programs that have a main loop of their own."), _("Commands:"));
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    g_print ("  %-7s  %s\n", commands[i].name, _(commands[i].summary));
  g_print ("  %-7s  %s\n", "help", _("describe a command: 'pillion help fetch'"));
  g_print ("\n%s\n  -h, --help     %s\n  --version      %s\n\n%s\n", _("Options:"), _("Print this help"),
           _("Print the version"),
           _("Exit status:\n"
             "    0  success\n"
             "    1  something failed\n"
             "    2  wrong usage\n"
             "  130  interrupted (Ctrl-C)"));
}

/* -1 if there is no such command; the user was told */
static int
find_command (const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (commands); i++)
    if (strcmp (name, commands[i].name) == 0)
      return (int) i;
  options_refuse ("pillion", _("there is no command '%s'"), name);
  return -1;
}

static int
describe (int command)
{
  g_autoptr (GOptionContext) context = NULL;
  g_autofree char *help = NULL;

  g_set_prgname (commands[command].full_name);
  context = commands[command].new_context ();
  help = g_option_context_get_help (context, FALSE, NULL);
  g_print ("%s", help);
  return EXIT_ALL_WELL;
}

static int
run_help (int    argc,
          char **argv)
{
  int found;

  if (argc < 2 || strcmp (argv[1], "help") == 0)
    {
      print_help ();
      return EXIT_ALL_WELL;
    }
  found = find_command (argv[1]);
  return found < 0 ? EXIT_USAGE : describe (found);
}

/* If the caller closed standard streams, the next files and sockets would get their numbers, and what is printed would go there. From these,
 * reading gives nothing, and writing fails. */
static void
fill_standard_streams (void)
{
  int fd;

  do
    fd = open ("/dev/null", O_RDONLY);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd >= 0)
    close (fd);
}

int
main (int    argc,
      char **argv)
{
  const char *name = argc > 1 ? argv[1] : NULL;
  int found;

  fill_standard_streams ();
  init_translations ();
  g_set_prgname ("pillion");
  if (name == NULL)
    {
      options_refuse ("pillion", "%s", _("missing command"));
      return EXIT_USAGE;
    }
  if (strcmp (name, "--version") == 0)
    {
      g_print ("pillion %s\n", PILLION_VERSION);
      return EXIT_ALL_WELL;
    }
  if (strcmp (name, "--help") == 0 || strcmp (name, "-h") == 0)
    {
      print_help ();
      return EXIT_ALL_WELL;
    }
  if (strcmp (name, "help") == 0)
    return run_help (argc - 1, argv + 1);
  found = find_command (name);
  if (found < 0)
    return EXIT_USAGE;
  /* To fetch, that is a server */
  if (argc == 3 && strcmp (argv[2], "help") == 0 && commands[found].run != fetch_main)
    return describe (found);
  g_set_prgname (commands[found].full_name);
  return commands[found].run (argc - 1, argv + 1);
}
