/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fetch-data.h"
#include "fetch-options.h"
#include "fetch-resolver.h"
#include "options.h"
#include "stage.h"
#include "units.h"

#include <glib/gi18n.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COMMAND "pillion fetch"

#define NOT_GIVEN G_MININT

static gboolean
parse_budget (const char *name,
              const char *value,
              gpointer    data,
              GError    **error)
{
  FetchOptions *self = data;

  self->frames = TRUE;
  if (strcmp (value, "auto") == 0)
    {
      self->budget_usec = STAGE_BUDGET_AUTO;
      return TRUE;
    }
  return units_parse_duration (value, &self->budget_usec, error);
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

  self->frames = TRUE;
  if (end != value && *end == '\0' && isfinite (msec) && msec >= 0 && msec <= 60000)
    {
      self->work_usec = (gint64) (msec * 1000);
      return TRUE;
    }
  return units_parse_duration (value, &self->work_usec, error);
}

static gboolean
parse_hz (const char *name,
          const char *value,
          gpointer    data,
          GError    **error)
{
  FetchOptions *self = data;
  char *end = NULL;

  self->frames = TRUE;
  self->rate = g_ascii_strtod (value, &end);
  if (end != value && *end == '\0' && self->rate >= 1 && self->rate <= 1000)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("%s must be between %d and %d"), "--hz", 1, 1000);
  return FALSE;
}

/* Seconds, as curl has them: "2", "0.5"; or with a unit: "500ms" */
static gboolean
parse_seconds (const char *name,
               const char *value,
               gpointer    data,
               GError    **error)
{
  FetchOptions *self = data;
  gint64 *usec = strcmp (name, "--connect-timeout") == 0 ? &self->connect_timeout_usec : &self->max_time_usec;
  char *end = NULL;
  double seconds = g_ascii_strtod (value, &end);

  if (end != value && *end == '\0' && seconds < 1e9)
    *usec = (gint64) (seconds * 1000000 + 0.5);
  else if (!units_parse_duration (value, usec, NULL))
    *usec = 0;
  if (*usec > 0)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, _("%s: '%s' is not a time: expected seconds, more than 0"), name, value);
  return FALSE;
}

static gboolean
parse_rate (const char *name,
            const char *value,
            gpointer    data,
            GError    **error)
{
  FetchOptions *self = data;
  gint64 *rate = strcmp (name, "--limit-rate") == 0 ? &self->rate_limit : &self->lowest_rate;

  if (units_parse_size (value, rate) && *rate > 0)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
               _("%s: '%s' is not a rate: expected bytes per second, such as 500k or 2M"), name, value);
  return FALSE;
}

/* In the order of the command line, whatever they are */
static gboolean
parse_data (const char *name,
            const char *value,
            gpointer    data,
            GError    **error)
{
  FetchOptions *self = data;
  FetchDataKind kind = FETCH_DATA;

  if (strcmp (name, "--data-raw") == 0)
    kind = FETCH_DATA_RAW;
  else if (strcmp (name, "--data-urlencode") == 0)
    kind = FETCH_DATA_URLENCODE;
  if (self->data == NULL)
    self->data = g_ptr_array_new_with_free_func ((GDestroyNotify) fetch_data_free);
  g_ptr_array_add (self->data, fetch_data_new (kind, value));
  return TRUE;
}

static gboolean
print_help (const char *name,
            const char *value,
            gpointer    data,
            GError    **error)
{
  FetchOptions unused = { 0 };
  GOptionContext *context = fetch_options_new_context (&unused);
  char *help = g_option_context_get_help (context, FALSE, NULL);

  g_print ("%s", help);
  g_free (help);
  g_option_context_free (context);
  exit (EXIT_ALL_WELL);
}

GOptionContext *
fetch_options_new_context (FetchOptions *self)
{
  const GOptionEntry main_entries[] = {
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->urls, NULL, NULL },
    { NULL },
  };
  const GOptionEntry source_entries[] = {
    { "input-file", 'i', 0, G_OPTION_ARG_FILENAME, &self->list, N_("Read URLs from LIST, one per line, with mirrors after tabs"), N_("LIST") },
    { "mirror", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->mirrors, N_("Try this URL if the one before fails; may be repeated"), N_("URL") },
    { "jobs", 'j', 0, G_OPTION_ARG_INT, &self->jobs, N_("Fetch N at once (4)"), N_("N") },
    { "split", 0, 0, G_OPTION_ARG_INT, &self->split, N_("Use up to N connections for a file if that is faster (4)"), N_("N") },
    { NULL },
  };
  const GOptionEntry target_entries[] = {
    { "output", 'o', 0, G_OPTION_ARG_FILENAME_ARRAY, &self->outputs,
      N_("Save as FILE ('-': standard output); once per URL"), N_("FILE") },
    { "remote-name", 'O', 0, G_OPTION_ARG_NONE, &self->remote_name, N_("Save under the server's or the URL's name (default)"), NULL },
    { "output-dir", 'P', 0, G_OPTION_ARG_FILENAME, &self->folder, N_("Save in DIR, which is created if missing"), N_("DIR") },
    { "directory-prefix", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_FILENAME, &self->folder, NULL, N_("DIR") },
    { "no-clobber", 0, 0, G_OPTION_ARG_NONE, &self->no_clobber, N_("Skip files that are there already"), NULL },
    { "timestamping", 'N', 0, G_OPTION_ARG_NONE, &self->only_if_newer, N_("Skip files that are still what the server has"), NULL },
    { "remote-time", 'R', 0, G_OPTION_ARG_NONE, &self->remote_time, N_("Give files the server's modification time"), NULL },
    { "continue", 'c', 0, G_OPTION_ARG_NONE, &self->resume, N_("Go on with what an unfinished download left (default)"), NULL },
    { "no-continue", 0, G_OPTION_FLAG_REVERSE, G_OPTION_ARG_NONE, &self->resume, N_("Start over"), NULL },
    { "sha256", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->digests,
      N_("Expected SHA-256 digest; once per URL, '-' for none"), N_("HEX") },
    { NULL },
  };
  const GOptionEntry request_entries[] = {
    { "request", 'X', 0, G_OPTION_ARG_STRING, &self->method, N_("Use this method"), N_("METHOD") },
    { "header", 'H', 0, G_OPTION_ARG_FILENAME_ARRAY, &self->headers, N_("Send 'Name: value'; may be repeated"), N_("FIELD") },
    { "data", 'd', G_OPTION_FLAG_FILENAME, G_OPTION_ARG_CALLBACK, parse_data, N_("Send a form with POST ('@FILE', '@-' as they are)"), N_("DATA") },
    { "data-binary", 0, G_OPTION_FLAG_FILENAME | G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_CALLBACK, parse_data, NULL, N_("DATA") },
    { "data-raw", 0, G_OPTION_FLAG_FILENAME, G_OPTION_ARG_CALLBACK, parse_data, N_("The same, but '@' is nothing special"), N_("DATA") },
    { "data-urlencode", 0, G_OPTION_FLAG_FILENAME, G_OPTION_ARG_CALLBACK, parse_data,
      N_("The same, encoded: 'name=text', 'name@FILE'"), N_("DATA") },
    { "get", 'G', 0, G_OPTION_ARG_NONE, &self->get, N_("Put such data into the URL, and use GET"), NULL },
    { "json", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &self->json, N_("Send JSON with POST ('@FILE', '@-')"), N_("DATA") },
    { "form", 'F', 0, G_OPTION_ARG_FILENAME_ARRAY, &self->form, N_("Send a multipart form: 'name=text', 'name=@FILE'"), N_("PART") },
    { "upload-file", 'T', 0, G_OPTION_ARG_FILENAME, &self->upload, N_("Send FILE with PUT ('-': standard input)"), N_("FILE") },
    { "range", 'r', 0, G_OPTION_ARG_STRING, &self->range, N_("Only get these bytes, such as 0-99"), N_("RANGE") },
    { "head", 'I', 0, G_OPTION_ARG_NONE, &self->head, N_("Only print the response's head"), NULL },
    { "user-agent", 'A', 0, G_OPTION_ARG_STRING, &self->user_agent, N_("Send NAME as the user agent"), N_("NAME") },
    { "cookie", 'b', 0, G_OPTION_ARG_FILENAME_ARRAY, &self->cookies, N_("Send 'name=value', or the cookies in a file"), N_("COOKIE") },
    { "cookie-jar", 0, 0, G_OPTION_ARG_FILENAME, &self->cookie_jar, N_("Send the cookies in FILE, and keep new ones there"), N_("FILE") },
    { "user", 'u', 0, G_OPTION_ARG_FILENAME, &self->user, N_("User and password; a missing password is asked for"), N_("USER[:PASSWORD]") },
    { "netrc", 'n', 0, G_OPTION_ARG_NONE, &self->netrc, N_("Take user and password from ~/.netrc"), NULL },
    { NULL },
  };
  const GOptionEntry connection_entries[] = {
    { "retry", 0, 0, G_OPTION_ARG_INT, &self->retries, N_("Try again N times after a temporary failure (0)"), N_("N") },
    { "max-redirs", 0, 0, G_OPTION_ARG_INT, &self->max_redirects, N_("Follow N redirects at most (20)"), N_("N") },
    { "connect-timeout", 0, 0, G_OPTION_ARG_CALLBACK, parse_seconds, N_("Give up connecting after this time (10)"), N_("SECONDS") },
    { "max-time", 'm', 0, G_OPTION_ARG_CALLBACK, parse_seconds, N_("Give up a transfer after this time"), N_("SECONDS") },
    { "speed-limit", 'Y', 0, G_OPTION_ARG_CALLBACK, parse_rate, N_("Give up a transfer that is slower than this"), N_("RATE") },
    { "limit-rate", 0, 0, G_OPTION_ARG_CALLBACK, parse_rate, N_("Limit the rate of all transfers together"), N_("RATE") },
    { "proxy", 'x', 0, G_OPTION_ARG_STRING, &self->proxy, N_("Use this proxy; '' for none"), N_("URL") },
    { "cacert", 0, 0, G_OPTION_ARG_FILENAME, &self->ca_file, N_("Trust the authorities in this PEM file only"), N_("FILE") },
    { "cert", 'E', 0, G_OPTION_ARG_FILENAME, &self->certificate, N_("Show the server the certificate in this PEM file"), N_("FILE") },
    { "key", 0, 0, G_OPTION_ARG_FILENAME, &self->key, N_("The certificate's private key, if that is in another file"), N_("FILE") },
    { "pinnedpubkey", 0, 0, G_OPTION_ARG_STRING, &self->pins, N_("Only trust servers with one of these public keys"), N_("sha256//…[;…]") },
    { "insecure", 'k', 0, G_OPTION_ARG_NONE, &self->insecure, N_("Trust any certificate of a server, but not of a proxy"), NULL },
    { "http1.1", 0, 0, G_OPTION_ARG_NONE, &self->http1, N_("Don't use HTTP/2"), NULL },
    { "ipv4", '4', 0, G_OPTION_ARG_NONE, &self->ipv4, N_("Only connect over IPv4"), NULL },
    { "ipv6", '6', 0, G_OPTION_ARG_NONE, &self->ipv6, N_("Only connect over IPv6"), NULL },
    { "resolve", 0, 0, G_OPTION_ARG_STRING_ARRAY, &self->resolve, N_("Use this address for HOST; may be repeated"), N_("HOST:PORT:ADDRESS") },
    { "unix-socket", 0, 0, G_OPTION_ARG_FILENAME, &self->unix_socket, N_("Connect to this socket instead of the server"), N_("PATH") },
    { "location", 'L', 0, G_OPTION_ARG_NONE, &self->ignored, N_("Follow redirects (always done)"), NULL },
    { "fail", 'f', 0, G_OPTION_ARG_NONE, &self->ignored, N_("Fail on a status of 400 or more (always done)"), NULL },
    { "fail-with-body", 0, 0, G_OPTION_ARG_NONE, &self->fail_with_body, N_("Print the body of such a response all the same"), NULL },
    { "remote-header-name", 'J', G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &self->ignored, NULL, NULL },
    { "compressed", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &self->ignored, NULL, NULL },
    { "show-error", 'S', G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &self->ignored, NULL, NULL },
    { NULL },
  };
  const GOptionEntry output_entries[] = {
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &self->quiet, N_("Only report failures"), NULL },
    { "silent", 's', G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &self->quiet, NULL, NULL },
    { "write-out", 'w', 0, G_OPTION_ARG_FILENAME, &self->write_out, N_("Print this after each transfer: '%{http_code}\\n'"), N_("FORMAT") },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &self->verbose, N_("Show requests and responses, without credentials"), NULL },
    { "progress", 0, 0, G_OPTION_ARG_NONE, &self->progress, N_("Report progress in lines if there is no terminal"), NULL },
    { "no-progress", 0, 0, G_OPTION_ARG_NONE, &self->no_progress, N_("Don't draw bars on a terminal"), NULL },
    { "help", 'h', G_OPTION_FLAG_NO_ARG, G_OPTION_ARG_CALLBACK, print_help, N_("Print this help"), NULL },
    { NULL },
  };
  const GOptionEntry frame_entries[] = {
    { "frames", 0, 0, G_OPTION_ARG_NONE, &self->frames, N_("Animate a host, kick the loop in its frames, and report on them"), NULL },
    { "hz", 0, 0, G_OPTION_ARG_CALLBACK, parse_hz, N_("Frames per second to animate (60)"), N_("RATE") },
    { "budget", 0, 0, G_OPTION_ARG_CALLBACK, parse_budget,
      N_("How long a kick may work, such as 2ms, or 'auto' (2ms)"), N_("TIME") },
    { "work", 0, 0, G_OPTION_ARG_CALLBACK, parse_work,
      N_("Milliseconds of other work for the host in each frame (0)"), N_("MS") },
    { "report", 0, 0, G_OPTION_ARG_FILENAME, &self->report, N_("Write a chart of the frame times"), N_("FILE.svg") },
    { NULL },
  };
  const GOptionEntry clean_entries[] = {
    { "clean", 0, 0, G_OPTION_ARG_FILENAME, &self->clean, N_("List what unfinished downloads left in DIR, and ask to remove it"), N_("DIR") },
    { "dry-run", 0, 0, G_OPTION_ARG_NONE, &self->dry_run, N_("Only list it"), NULL },
    { "yes", 'y', 0, G_OPTION_ARG_NONE, &self->yes, N_("Don't ask"), NULL },
    { NULL },
  };
  GOptionContext *context = options_new_context (N_("URL…"), N_("Download files."), main_entries, self);

  g_option_context_set_help_enabled (context, FALSE);
  g_option_context_set_description (context, N_("Exit status (as curl's, if curl has one):\n"
                                                "    0  success\n"
                                                "    1  something failed that has no number here\n"
                                                "    2  wrong usage\n"
                                                "    3  invalid URL\n"
                                                "    6  the name of the server could not be looked up\n"
                                                "    7  no connection\n"
                                                "    8  the server broke the protocol\n"
                                                "   18  the connection broke, or the body ended early\n"
                                                "   22  HTTP status of 400 or more\n"
                                                "   23  the file or standard output could not be written\n"
                                                "   26  a file to send could not be read\n"
                                                "   28  a time limit was exceeded\n"
                                                "   32  wrong SHA-256 digest\n"
                                                "   35  TLS failed\n"
                                                "   47  a redirect was not followed\n"
                                                "   58  the file given with --cert or --key could not be used\n"
                                                "   60  the certificate is not trusted\n"
                                                "   77  the file given with --cacert could not be used\n"
                                                "   90  the server has another public key\n"
                                                "   97  the proxy failed\n"
                                                "  130  interrupted (Ctrl-C)\n"
                                                "  143  terminated"));
  options_add_group (context, N_("What to fetch:"), source_entries, self);
  options_add_group (context, N_("Where to save it:"), target_entries, self);
  options_add_group (context, N_("The request:"), request_entries, self);
  options_add_group (context, N_("The connection:"), connection_entries, self);
  options_add_group (context, N_("What is shown:"), output_entries, self);
  options_add_group (context, N_("Frames:"), frame_entries, self);
  options_add_group (context, N_("Tidying up:"), clean_entries, self);

  self->jobs = 4;
  self->split = NOT_GIVEN;
  self->resume = TRUE;
  self->max_redirects = 20;
  self->rate = 60;
  self->budget_usec = 2000;
  return context;
}

/* Pairs of options of which only one can be given */
static gboolean
check_conflicts (FetchOptions *self)
{
  gboolean to_stdout = FALSE;

  for (guint i = 0; self->outputs != NULL && self->outputs[i] != NULL; i++)
    to_stdout = to_stdout || strcmp (self->outputs[i], "-") == 0;

  const struct
  {
    gboolean one;
    const char *one_name;
    gboolean other;
    const char *other_name;
  } conflicts[] = {
    { self->outputs != NULL, "--output", self->remote_name, "--remote-name" },
    { to_stdout, "--output -", self->no_clobber, "--no-clobber" },
    { to_stdout, "--output -", self->only_if_newer, "--timestamping" },
    { to_stdout, "--output -", self->remote_time, "--remote-time" },
    { self->no_clobber, "--no-clobber", self->only_if_newer, "--timestamping" },
    { self->head, "--head", self->only_if_newer, "--timestamping" },
    { self->head, "--head", self->remote_time, "--remote-time" },
    { self->head, "--head", self->outputs != NULL, "--output" },
    { self->head, "--head", self->remote_name, "--remote-name" },
    { self->head, "--head", self->folder != NULL, "--output-dir" },
    { self->head, "--head", self->no_clobber, "--no-clobber" },
    { self->head, "--head", self->digests != NULL, "--sha256" },
    { self->head, "--head", self->method != NULL, "--request" },
    { self->head, "--head", self->data != NULL && !self->get, "--data" },
    { self->head, "--head", self->upload != NULL, "--upload-file" },
    { self->head, "--head", self->range != NULL, "--range" },
    { self->upload != NULL, "--upload-file", self->data != NULL && !self->get, "--data" },
    { self->upload != NULL, "--upload-file", self->json != NULL, "--json" },
    { self->upload != NULL, "--upload-file", self->form != NULL, "--form" },
    { self->get, "--get", self->json != NULL, "--json" },
    { self->get, "--get", self->form != NULL, "--form" },
    { self->range != NULL, "--range", self->mirrors != NULL, "--mirror" },
    { self->range != NULL, "--range", self->only_if_newer, "--timestamping" },
    { self->range != NULL, "--range", self->remote_time, "--remote-time" },
    { self->range != NULL, "--range", self->no_clobber, "--no-clobber" },
    { self->ipv4, "--ipv4", self->ipv6, "--ipv6" },
    { self->head, "--head", self->json != NULL, "--json" },
    { self->head, "--head", self->form != NULL, "--form" },
    { to_stdout, "--output -", self->mirrors != NULL, "--mirror" },
    { self->head, "--head", self->mirrors != NULL, "--mirror" },
    { self->proxy != NULL, "--proxy", self->unix_socket != NULL, "--unix-socket" },
    { self->insecure, "--insecure", self->ca_file != NULL, "--cacert" },
    { self->data != NULL, "--data", self->json != NULL, "--json" },
    { self->data != NULL, "--data", self->form != NULL, "--form" },
    { self->json != NULL, "--json", self->form != NULL, "--form" },
    { self->clean != NULL, "--clean", self->urls != NULL, "URL" },
    { self->clean != NULL, "--clean", self->list != NULL, "--input-file" },
    { self->dry_run, "--dry-run", self->yes, "--yes" },
    { self->quiet, "--quiet", self->verbose, "--verbose" },
    { self->quiet, "--quiet", self->progress, "--progress" },
    { self->progress, "--progress", self->no_progress, "--no-progress" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (conflicts); i++)
    if (conflicts[i].one && conflicts[i].other)
      return options_refuse (COMMAND, _("%s and %s can't be used together"), conflicts[i].one_name, conflicts[i].other_name);
  return TRUE;
}

/* "Name: value", or "Name;" for a field without a value, as curl has them */
static gboolean
check_headers (FetchOptions *self)
{
  for (guint i = 0; self->headers != NULL && self->headers[i] != NULL; i++)
    {
      const char *line = self->headers[i];
      gsize length = strcspn (line, ":;");

      if (length == 0 || line[length] == '\0' || (line[length] == ';' && line[length + 1] != '\0'))
        return options_refuse (COMMAND, _("'%s' is not a header field: expected 'Name: value'"), line);
      if (line[length] == ':' && line[length + 1 + strspn (line + length + 1, " \t")] == '\0')
        return options_refuse (COMMAND, _("'%s' has no value: to send it without one, write '%.*s;'"), line, (int) length, line);
    }
  return TRUE;
}

static gboolean
check_form (FetchOptions *self)
{
  for (guint i = 0; self->form != NULL && self->form[i] != NULL; i++)
    if (strchr (self->form[i], '=') == NULL || self->form[i][0] == '=')
      return options_refuse (COMMAND, _("'%s' is not a part of a form: expected 'name=text' or 'name=@FILE'"), self->form[i]);
  return TRUE;
}

/* "0-99", "100-" or "-100" */
static gboolean
is_range (const char *text)
{
  const char *dash = strchr (text, '-');
  guint64 first;
  guint64 last;

  if (text[strspn (text, "0123456789-")] != '\0' || dash == NULL || strchr (dash + 1, '-') != NULL || strcmp (text, "-") == 0)
    return FALSE;
  if (dash == text || dash[1] == '\0')
    return TRUE;
  first = g_ascii_strtoull (text, NULL, 10);
  last = g_ascii_strtoull (dash + 1, NULL, 10);
  return first <= last;
}

static gboolean
are_ranges (const char *text)
{
  g_auto (GStrv) ranges = g_strsplit (text, ",", -1);

  for (guint i = 0; ranges[i] != NULL; i++)
    if (!is_range (ranges[i]))
      return FALSE;
  return ranges[0] != NULL;
}

/* Of what a server sends of a file, the rest can't be asked for, nor can its name be known */
static gboolean
check_range (FetchOptions *self)
{
  if (self->range == NULL)
    return TRUE;
  if (self->outputs == NULL)
    return options_refuse (COMMAND, "%s", _("--range needs --output"));
  if (!are_ranges (self->range))
    return options_refuse (COMMAND, _("'%s' is not a range of bytes: expected numbers such as 0-99, 100- or -100"), self->range);
  return TRUE;
}

static gboolean
check_resolve (FetchOptions *self)
{
  g_autoptr (FetchResolver) resolver = fetch_resolver_new ();

  for (guint i = 0; self->resolve != NULL && self->resolve[i] != NULL; i++)
    if (!fetch_resolver_add (resolver, self->resolve[i]))
      return options_refuse (COMMAND, _("--resolve: '%s' is not HOST:PORT:ADDRESS"), self->resolve[i]);
  return TRUE;
}

/* There is no file for a response that failed */
static gboolean
check_fail_with_body (FetchOptions *self)
{
  if (!self->fail_with_body)
    return TRUE;
  for (guint i = 0; self->outputs != NULL && self->outputs[i] != NULL; i++)
    if (strcmp (self->outputs[i], "-") == 0)
      return TRUE;
  return options_refuse (COMMAND, "%s", _("--fail-with-body needs --output -"));
}

char *
fetch_options_make_path (const FetchOptions *self,
                         const char         *output)
{
  return self->folder != NULL && !g_path_is_absolute (output) ? g_build_filename (self->folder, output, NULL) : g_strdup (output);
}

static gboolean
is_folder (const FetchOptions *self,
           const char         *output)
{
  g_autofree char *path = fetch_options_make_path (self, output);

  return strcmp (output, "-") != 0 && g_file_test (path, G_FILE_TEST_IS_DIR);
}

static gboolean
check (FetchOptions *self)
{
  for (guint i = 0; self->digests != NULL && self->digests[i] != NULL; i++)
    if (strcmp (self->digests[i], "-") != 0 && !units_is_sha256 (self->digests[i]))
      return options_refuse (COMMAND, _("'%s' is not a valid SHA-256 digest: expected 64 hexadecimal digits"), self->digests[i]);
  for (guint i = 0; self->outputs != NULL && self->outputs[i] != NULL; i++)
    if (*self->outputs[i] == '\0' || g_str_has_suffix (self->outputs[i], "/") || is_folder (self, self->outputs[i]))
      return options_refuse (COMMAND, _("'%s' is not the name of a file: for a folder, use --output-dir"), self->outputs[i]);
  if (self->jobs < 1 || self->jobs > 1000)
    return options_refuse (COMMAND, _("%s must be between %d and %d"), "--jobs", 1, 1000);
  if (self->split != NOT_GIVEN && (self->split < 1 || self->split > 64))
    return options_refuse (COMMAND, _("%s must be between %d and %d"), "--split", 1, 64);
  if (self->retries < 0 || self->retries > 1000)
    return options_refuse (COMMAND, _("%s must be between %d and %d"), "--retry", 0, 1000);
  if (self->max_redirects < 0 || self->max_redirects > 1000)
    return options_refuse (COMMAND, _("%s must be between %d and %d"), "--max-redirs", 0, 1000);
  if (g_strcmp0 (self->method, "HEAD") == 0)
    {
      self->head = TRUE;
      g_clear_pointer (&self->method, g_free);
    }
  if (self->clean == NULL && (self->dry_run || self->yes))
    return options_refuse (COMMAND, _("%s can only be used with --clean"), self->dry_run ? "--dry-run" : "--yes");
  if (self->key != NULL && self->certificate == NULL)
    return options_refuse (COMMAND, "%s", _("--key can only be used with --cert"));
  if (self->user != NULL && (*self->user == '\0' || *self->user == ':'))
    return options_refuse (COMMAND, "%s", _("--user: the name is missing"));
  return check_conflicts (self) && check_headers (self) && check_form (self) && check_range (self) && check_resolve (self) &&
         check_fail_with_body (self);
}

/* %FALSE if the command line is wrong; the user was told */
gboolean
fetch_options_parse (FetchOptions *self,
                     int           argc,
                     char        **argv)
{
  g_autoptr (GOptionContext) context = fetch_options_new_context (self);

  if (!options_parse (context, argc, argv) || !check (self))
    return FALSE;
  if (self->report != NULL)
    self->frames = TRUE;
  return TRUE;
}

void
fetch_options_clear (FetchOptions *self)
{
  g_clear_pointer (&self->urls, g_strfreev);
  g_clear_pointer (&self->list, g_free);
  g_clear_pointer (&self->mirrors, g_strfreev);
  g_clear_pointer (&self->outputs, g_strfreev);
  g_clear_pointer (&self->folder, g_free);
  g_clear_pointer (&self->digests, g_strfreev);
  g_clear_pointer (&self->method, g_free);
  g_clear_pointer (&self->headers, g_strfreev);
  g_clear_pointer (&self->data, g_ptr_array_unref);
  g_clear_pointer (&self->upload, g_free);
  g_clear_pointer (&self->range, g_free);
  g_clear_pointer (&self->cookies, g_strfreev);
  g_clear_pointer (&self->resolve, g_strfreev);
  g_clear_pointer (&self->write_out, g_free);
  g_clear_pointer (&self->json, g_strfreev);
  g_clear_pointer (&self->form, g_strfreev);
  g_clear_pointer (&self->user_agent, g_free);
  g_clear_pointer (&self->user, g_free);
  g_clear_pointer (&self->ca_file, g_free);
  g_clear_pointer (&self->certificate, g_free);
  g_clear_pointer (&self->key, g_free);
  g_clear_pointer (&self->pins, g_free);
  g_clear_pointer (&self->unix_socket, g_free);
  g_clear_pointer (&self->proxy, g_free);
  g_clear_pointer (&self->cookie_jar, g_free);
  g_clear_pointer (&self->report, g_free);
  g_clear_pointer (&self->clean, g_free);
}
