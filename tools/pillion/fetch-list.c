/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fetch-list.h"

#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

static GInputStream *
open_list (const char *path,
           GError    **error)
{
  g_autoptr (GFile) file = NULL;

  if (strcmp (path, "-") == 0)
    return g_unix_input_stream_new (STDIN_FILENO, FALSE);
  file = g_file_new_for_path (path);
  return G_INPUT_STREAM (g_file_read (file, NULL, error));
}

/* Adds the URLs of a file to @urls: one a line, without empty lines and those that begin with '#'. If it fails, the user was told. */
ExitCode
fetch_list_read (const char *path,
                 GPtrArray  *urls)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GInputStream) file = open_list (path, &error);
  g_autoptr (GDataInputStream) lines = NULL;
  char *line;

  if (file != NULL)
    {
      lines = g_data_input_stream_new (file);
      g_data_input_stream_set_newline_type (lines, G_DATA_STREAM_NEWLINE_TYPE_ANY);
      while ((line = g_data_input_stream_read_line (lines, NULL, NULL, &error)) != NULL)
        if (*g_strstrip (line) != '\0' && *line != '#')
          g_ptr_array_add (urls, line);
        else
          g_free (line);
    }
  if (error == NULL)
    return EXIT_ALL_WELL;
  g_printerr ("pillion: %s\n", error->message);
  return EXIT_READ;
}
