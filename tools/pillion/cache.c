/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "cache.h"
#include "options.h"
#include "text.h"
#include "units.h"

#include <glib/gi18n.h>
#include <pillion-http/pillion-http.h>
#include <stdio.h>
#include <string.h>

#define CLOSE_TIMEOUT (5 * G_TIME_SPAN_SECOND)

typedef struct
{
  PillionLoop *loop;
  PillionHttpCache *cache;
  const char *url; /* or NULL */
} Job;

/* What is to be done, and then a URL or a folder */
static char **words;

GOptionContext *
cache_new_context (void)
{
  const GOptionEntry entries[] = {
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &words, NULL, NULL },
    { NULL },
  };

  return options_new_context (N_("list|show URL|verify|clear [FOLDER]"),
                              N_("Show or clean a folder in which programs keep responses (the current one).\n\n"
                                 "  list      list what is stored, the most recently used first\n"
                                 "  show URL  print what is stored for a URL, without the bodies\n"
                                 "  verify    read all of it, and remove what is damaged\n"
                                 "  clear     remove all of it, but no file of anybody else"),
                              entries, NULL);
}

static ExitCode
report (GError *error)
{
  g_printerr ("pillion: %s\n", error->message);
  g_error_free (error);
  return EXIT_SOME_FAILED;
}

/* Returns the result of the task, which it takes, or NULL */
static GListModel *
await_list (const Job *job,
            GError   **error)
{
  g_autoptr (PillionTask) task = pillion_http_cache_list (job->cache, job->url, job->loop, NULL);

  return pillion_loop_run_until_complete (job->loop, task, error) ? pillion_task_get_object (task, error) : NULL;
}

static gint64
get_length (PillionHttpResponse *response)
{
  const char *length = pillion_http_response_get_header (response, "Content-Length");

  return length != NULL ? g_ascii_strtoll (length, NULL, 10) : 0;
}

/* "15 responses (1.2 MB)" */
static char *
describe (GListModel *responses)
{
  guint n = g_list_model_get_n_items (responses);
  gint64 sum = 0;
  g_autofree char *size = NULL;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (PillionHttpResponse) response = g_list_model_get_item (responses, i);

      sum += get_length (response);
    }

  size = units_format_size (sum);
  return g_strdup_printf (ngettext ("%u response (%s)", "%u responses (%s)", n), n, size);
}

static gboolean
is_fresh (PillionHttpResponse *response)
{
  const char *status = pillion_http_response_get_header (response, "Cache-Status");
  const char *ttl = status != NULL ? strstr (status, "ttl=") : NULL;

  return ttl != NULL && g_ascii_strtoll (ttl + strlen ("ttl="), NULL, 10) > 0;
}

/* "200    1.2 kB  fresh  https://example.org/" */
static void
print_line (PillionHttpResponse *response)
{
  g_autofree char *size = units_format_size (get_length (response));
  g_autofree char *url = text_clean (pillion_http_response_get_url (response));

  g_print ("%3u  %10s  %s  %s\n", pillion_http_response_get_status (response), size, is_fresh (response) ? _("fresh") : _("stale"), url);
}

static ExitCode
list (const Job *job)
{
  g_autoptr (GListModel) responses = NULL;
  g_autofree char *total = NULL;
  GError *error = NULL;

  responses = await_list (job, &error);
  if (responses == NULL)
    return report (error);

  for (guint i = 0; i < g_list_model_get_n_items (responses); i++)
    {
      g_autoptr (PillionHttpResponse) response = g_list_model_get_item (responses, i);

      print_line (response);
    }
  /* Not among what another program may read, but after it */
  fflush (stdout);
  total = describe (responses);
  if (g_list_model_get_n_items (responses) == 0)
    g_printerr ("%s\n", _("pillion: the cache is empty"));
  else
    g_printerr ("pillion: %s\n", total);
  return EXIT_ALL_WELL;
}

static int
compare_names (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static void
print_head (PillionHttpResponse *response)
{
  const char *const *names = pillion_http_response_get_header_names (response);
  g_autoptr (GPtrArray) sorted = g_ptr_array_new ();

  print_line (response);
  for (guint i = 0; names[i] != NULL; i++)
    g_ptr_array_add (sorted, (gpointer) names[i]);
  g_ptr_array_sort (sorted, compare_names);
  for (guint i = 0; i < sorted->len; i++)
    {
      g_autofree char *name = text_clean (sorted->pdata[i]);
      g_autofree char *value = text_clean (pillion_http_response_get_header (response, sorted->pdata[i]));

      g_print ("  %s: %s\n", name, value);
    }
}

static ExitCode
show (const Job *job)
{
  g_autoptr (GListModel) responses = NULL;
  GError *error = NULL;
  guint n;

  responses = await_list (job, &error);
  if (responses == NULL)
    return report (error);

  n = g_list_model_get_n_items (responses);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (PillionHttpResponse) response = g_list_model_get_item (responses, i);

      print_head (response);
    }
  if (n > 0)
    return EXIT_ALL_WELL;

  g_printerr ("%s\n", _("pillion: nothing is stored for this URL"));
  return EXIT_SOME_FAILED;
}

static ExitCode
verify (const Job *job)
{
  g_autoptr (PillionTask) task = pillion_http_cache_verify (job->cache, job->loop, NULL);
  g_autoptr (GListModel) responses = NULL;
  g_autofree char *good = NULL;
  GError *error = NULL;
  gint64 n;

  if (!pillion_loop_run_until_complete (job->loop, task, &error))
    return report (error);
  responses = await_list (job, &error);
  if (responses == NULL)
    return report (error);

  good = describe (responses);
  g_print (_("Verified: %s\n"), good);
  n = pillion_task_get_int (task, NULL);
  if (n == 0)
    return EXIT_ALL_WELL;

  g_printerr (ngettext ("pillion: removed %u damaged response\n", "pillion: removed %u damaged responses\n", (gulong) n), (guint) n);
  return EXIT_SOME_FAILED;
}

static ExitCode
clear (const Job *job)
{
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GListModel) responses = NULL;
  g_autofree char *removed = NULL;
  GError *error = NULL;

  /* Fails for a folder that is not a cache, which must not become one */
  responses = await_list (job, &error);
  if (responses == NULL)
    return report (error);

  task = pillion_http_cache_clear (job->cache, job->loop, NULL);
  if (!pillion_loop_run_until_complete (job->loop, task, &error))
    return report (error);

  removed = describe (responses);
  g_print (_("Removed: %s\n"), removed);
  return EXIT_ALL_WELL;
}

static const struct
{
  const char *name;
  gboolean with_url;
  ExitCode (*run) (const Job *job);
} actions[] = {
  { "list", FALSE, list },
  { "show", TRUE, show },
  { "verify", FALSE, verify },
  { "clear", FALSE, clear },
};

int
cache_main (int    argc,
            char **argv)
{
  g_autoptr (GOptionContext) context = cache_new_context ();
  g_autoptr (PillionLoop) loop = NULL;
  g_autoptr (PillionHttpCache) cache = NULL;
  ExitCode status;
  guint n_before;
  guint n_words;
  gsize i = 0;
  Job job;

  if (!options_parse (context, argc, argv))
    return EXIT_USAGE;
  n_words = words != NULL ? g_strv_length (words) : 0;
  if (n_words == 0)
    {
      options_refuse ("pillion cache", "%s", _("missing command: list, show, verify or clear"));
      return EXIT_USAGE;
    }
  while (i < G_N_ELEMENTS (actions) && strcmp (actions[i].name, words[0]) != 0)
    i++;
  if (i == G_N_ELEMENTS (actions))
    {
      options_refuse ("pillion cache", _("there is no command '%s'"), words[0]);
      return EXIT_USAGE;
    }

  n_before = actions[i].with_url ? 2 : 1;
  if (n_words < n_before)
    {
      options_refuse ("pillion cache", "%s", _("missing URL"));
      return EXIT_USAGE;
    }
  if (actions[i].with_url && n_words == n_before && g_file_test (words[1], G_FILE_TEST_IS_DIR))
    {
      options_refuse ("pillion cache", _("missing URL: it comes before the folder '%s'"), words[1]);
      return EXIT_USAGE;
    }
  if (n_words > n_before + 1)
    {
      options_refuse ("pillion cache", _("unexpected argument '%s'"), words[n_before + 1]);
      return EXIT_USAGE;
    }

  loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  cache = pillion_http_cache_new (n_words > n_before && words[n_before][0] != '\0' ? words[n_before] : ".");
  job = (Job) { loop, cache, actions[i].with_url ? words[1] : NULL };
  status = actions[i].run (&job);
  pillion_loop_close (loop, CLOSE_TIMEOUT, NULL);
  g_clear_pointer (&words, g_strfreev);
  return (int) status;
}
