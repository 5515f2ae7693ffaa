/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fetch-clean.h"
#include "fetch-status.h"
#include "prompt.h"
#include "text.h"
#include "units.h"

#include <glib/gi18n.h>
#include <pillion-http/pillion-http.h>

#define CLOSE_TIMEOUT (5 * G_TIME_SPAN_SECOND)

static char *
get_shown_name (PillionHttpPart *part)
{
  const char *name = pillion_http_part_get_name (part);
  g_autofree char *hidden = NULL;

  if (name != NULL)
    return text_clean (name);
  hidden = g_file_get_basename (pillion_http_part_get_file (part));
  return text_clean (hidden);
}

/* "big.bin  12.0 MB/200 MB  2026-11-28 14:03  http://example.org/big.bin" */
static void
print_part (PillionHttpPart *part)
{
  gint64 length = pillion_http_part_get_length (part);
  g_autofree char *name = get_shown_name (part);
  g_autofree char *size = units_format_size (pillion_http_part_get_size (part));
  g_autofree char *all = length >= 0 ? units_format_size (length) : g_strdup ("?");
  g_autoptr (GDateTime) local = g_date_time_to_local (pillion_http_part_get_modified (part));
  g_autofree char *date = g_date_time_format (local, "%Y-%m-%d %H:%M");
  const char *known = pillion_http_part_get_url (part);
  g_autofree char *url = text_clean (known != NULL ? known : "?");

  g_print ("%s  %s/%s  %s  %s\n", name, size, all, date, url);
}

static GListModel *
list_parts (PillionLoop *loop,
            const char  *path,
            GError     **error)
{
  g_autoptr (GFile) folder = g_file_new_for_path (path);
  g_autoptr (PillionTask) task = pillion_http_part_list (loop, folder, NULL);

  return pillion_loop_run_until_complete (loop, task, error) ? pillion_task_get_object (task, error) : NULL;
}

static ExitCode
remove_part (PillionLoop     *loop,
             PillionHttpPart *part)
{
  g_autoptr (PillionTask) task = pillion_http_part_remove (part, loop, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;

  if (pillion_loop_run_until_complete (loop, task, &error))
    return EXIT_ALL_WELL;
  name = get_shown_name (part);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BUSY))
    {
      g_printerr (_("kept    %s  a download is writing to it\n"), name);
      return EXIT_ALL_WELL;
    }
  g_printerr (_("failed  %s: %s\n"), name, error->message);
  return fetch_status_from_error (error);
}

static ExitCode
remove_parts (PillionLoop *loop,
              GListModel  *parts)
{
  ExitCode status = EXIT_ALL_WELL;

  for (guint i = 0; i < g_list_model_get_n_items (parts); i++)
    {
      g_autoptr (PillionHttpPart) part = g_list_model_get_item (parts, i);
      ExitCode one = remove_part (loop, part);

      if (status == EXIT_ALL_WELL)
        status = one;
    }
  return status;
}

static ExitCode
ask (const FetchOptions *options,
     guint               n)
{
  g_autofree char *question = NULL;

  if (options->yes)
    return EXIT_ALL_WELL;
  /* Translators: answered with a y for yes */
  question = g_strdup_printf (ngettext ("Remove it? [y/N] ", "Remove all %u? [y/N] ", n), n);
  switch (prompt_yes (question))
    {
    case PROMPT_ANSWERED:
      return EXIT_ALL_WELL;
    case PROMPT_DECLINED:
      return EXIT_SOME_FAILED;
    case PROMPT_INTERRUPTED:
      return EXIT_INTERRUPTED;
    case PROMPT_NO_TERMINAL:
    default:
      g_printerr ("%s\n", _("pillion: nothing was removed, because there is no terminal to ask on: use --yes"));
      return EXIT_USAGE;
    }
}

static ExitCode
clean (const FetchOptions *options,
       PillionLoop        *loop)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GListModel) parts = list_parts (loop, options->clean, &error);
  ExitCode status;
  guint n;

  if (parts == NULL)
    {
      g_printerr ("pillion: %s\n", error->message);
      return fetch_status_from_error (error);
    }
  n = g_list_model_get_n_items (parts);
  for (guint i = 0; i < n && !options->quiet; i++)
    {
      g_autoptr (PillionHttpPart) part = g_list_model_get_item (parts, i);

      print_part (part);
    }
  if (options->dry_run || n == 0)
    return EXIT_ALL_WELL;
  status = ask (options, n);
  return status == EXIT_ALL_WELL ? remove_parts (loop, parts) : status;
}

/* Lists what unfinished downloads left in a folder, and removes it if that is wanted. Returns the exit status. */
int
fetch_clean (const FetchOptions *options)
{
  g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  ExitCode status = clean (options, loop);

  pillion_loop_close (loop, CLOSE_TIMEOUT, NULL);
  return (int) status;
}
