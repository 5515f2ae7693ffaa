/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "options.h"
#include "serve.h"
#include "server.h"

#include <glib-unix.h>
#include <glib/gi18n.h>

static int port;

GOptionContext *
serve_new_context (void)
{
  const GOptionEntry entries[] = {
    { "port", 0, 0, G_OPTION_ARG_INT, &port, N_("Port to listen on (any free port)"), N_("PORT") },
    { NULL },
  };
  GOptionContext *context = options_new_context (NULL, N_("Run the demo's server, reachable from this machine only, until Ctrl-C."), entries, NULL);

  /* Ctrl-C is the normal way to end it */
  g_option_context_set_description (context, N_("Exit status:\n"
                                                "    0  ended by Ctrl-C\n"
                                                "    1  something failed\n"
                                                "    2  wrong usage"));
  return context;
}

static gboolean
on_signal (gpointer main_loop)
{
  g_main_loop_quit (main_loop);
  return G_SOURCE_CONTINUE;
}

int
serve_main (int    argc,
            char **argv)
{
  g_autoptr (GOptionContext) context = serve_new_context ();
  g_autoptr (GMainLoop) main_loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GError) error = NULL;
  g_autoptr (Server) server = NULL;

  if (!options_parse (context, argc, argv))
    return EXIT_USAGE;
  if (port < 0 || port > 65535)
    {
      options_refuse ("pillion serve", _("--port must be between %d and %d"), 0, 65535);
      return EXIT_USAGE;
    }
  server = server_start ((guint) port, &error);
  if (server == NULL)
    {
      g_printerr ("pillion: %s\n", error->message);
      return EXIT_SOME_FAILED;
    }
  g_unix_signal_add (SIGINT, on_signal, main_loop);
  g_unix_signal_add (SIGTERM, on_signal, main_loop);
  /* Only the address, so that a script can read it */
  g_print ("%s\n", server_get_url (server));
  g_main_loop_run (main_loop);
  return EXIT_ALL_WELL;
}
