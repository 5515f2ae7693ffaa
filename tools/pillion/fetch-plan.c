/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fetch-file.h"
#include "fetch-list.h"
#include "fetch-plan.h"

#include <glib/gi18n.h>
#include <string.h>

#define COMMAND "pillion fetch"

static void
set_target (const FetchOptions *options,
            FetchFile          *file,
            const char         *output)
{
  g_autofree char *path = NULL;

  if (options->head)
    file->kind = FETCH_HEAD;
  /* What a server says to an upload is no file */
  else if (output == NULL && options->upload != NULL && !options->remote_name && options->folder == NULL)
    file->kind = FETCH_TO_STDOUT;
  else if (output == NULL)
    file->kind = FETCH_INTO_FOLDER;
  else if (strcmp (output, "-") == 0)
    file->kind = FETCH_TO_STDOUT;
  else
    {
      path = fetch_options_make_path (options, output);
      fetch_file_set_path (file, path);
    }
}

static guint
length_of (char **strv)
{
  return strv != NULL ? g_strv_length (strv) : 0;
}

/* A response that is being printed can't be taken back */
static gboolean
check_mirrors (const FetchOptions *options,
               GPtrArray          *urls)
{
  for (guint i = 0; i < urls->len; i++)
    if (strchr (urls->pdata[i], '\t') != NULL
        && (options->head || (i < length_of (options->outputs) && strcmp (options->outputs[i], "-") == 0)))
      return FALSE;
  return TRUE;
}

/* There is at least one URL, so the option was given more than once */
static void
refuse_too_many (const char *option,
                 guint n_given,
                 guint n_urls)
{
  options_refuse (COMMAND, ngettext ("%s was given %u times, but there is only %u URL", "%s was given %u times, but there are only %u URLs", n_urls),
                  option, n_given, n_urls);
}

/* Adds the URLs on the command line, then those in the list, each with its mirrors behind tabs. If something is wrong with them, the
 * user was told. */
ExitCode
fetch_plan_read_urls (const FetchOptions *options,
                      GPtrArray          *urls)
{
  for (char **url = options->urls; url != NULL && *url != NULL; url++)
    g_ptr_array_add (urls, g_strdelimit (g_strdup (*url), "\t", ' '));
  if (options->list != NULL)
    {
      ExitCode status = fetch_list_read (options->list, urls);

      if (status != EXIT_ALL_WELL)
        return status;
    }
  if (options->mirrors != NULL && urls->len == 1)
    {
      g_autofree char *mirrors = g_strjoinv ("\t", options->mirrors);
      g_autofree char *url = g_ptr_array_steal_index (urls, 0);

      g_ptr_array_add (urls, g_strconcat (url, "\t", mirrors, NULL));
    }
  if (urls->len == 0)
    options_refuse (COMMAND, "%s", _("missing URL: give at least one"));
  else if (options->mirrors != NULL && urls->len > 1)
    options_refuse (COMMAND, "%s", _("--mirror is for one URL: put the mirrors of several into a list, see --input-file"));
  else if (options->upload != NULL && strcmp (options->upload, "-") == 0 && urls->len > 1)
    options_refuse (COMMAND, "%s", _("--upload-file -: standard input can be sent to one URL only"));
  else if (options->range != NULL && length_of (options->outputs) < urls->len)
    options_refuse (COMMAND, "%s", _("--range needs --output for each URL"));
  else if (!check_mirrors (options, urls))
    options_refuse (COMMAND, "%s", _("only a download to a file can have mirrors"));
  else if (length_of (options->digests) > urls->len)
    refuse_too_many ("--sha256", length_of (options->digests), urls->len);
  else if (length_of (options->outputs) > urls->len)
    refuse_too_many ("--output", length_of (options->outputs), urls->len);
  else
    return EXIT_ALL_WELL;
  return EXIT_USAGE;
}

/* The URL and its mirrors, which tabs part */
static char **
split_urls (const char *line)
{
  /* GLib splits "" to nothing */
  char **urls = g_strsplit (*line != '\0' ? line : " ", "\t", -1);

  for (guint i = 0; urls[i] != NULL; i++)
    {
      char *url = fetch_request_complete_url (g_strstrip (urls[i]));

      g_free (urls[i]);
      urls[i] = url;
    }
  return urls;
}

/* Adds what is to be fetched, with its requests, to @files */
void
fetch_plan_make_files (const FetchOptions *options,
                       FetchRequest       *request,
                       GPtrArray          *urls,
                       GPtrArray          *files)
{
  for (guint i = 0; i < urls->len; i++)
    {
      g_auto (GStrv) split = split_urls (urls->pdata[i]);
      FetchFile *file = fetch_file_new (split[0]);

      set_target (options, file, i < length_of (options->outputs) ? options->outputs[i] : NULL);
      if (i < length_of (options->digests) && strcmp (options->digests[i], "-") != 0)
        file->sha256 = options->digests[i];
      file->mirrors = g_strdupv (split + 1);
      file->request = fetch_request_make (request, split[0]);
      if (options->fail_with_body && file->kind == FETCH_TO_STDOUT)
        {
          pillion_http_request_accept_statuses (file->request, 200, 299);
          pillion_http_request_accept_statuses (file->request, 400, 599);
        }
      file->request_head = fetch_request_head (request, file->request, file->shown_url);
      g_ptr_array_add (files, file);
    }
}
