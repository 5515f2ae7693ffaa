/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fetch-data.h"
#include "fetch-heads.h"
#include "fetch-request.h"
#include "interrupt.h"
#include "prompt.h"

#include <errno.h>
#include <gio/gunixinputstream.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

static gboolean
complain (const char *path,
          int         errsv)
{
  g_autofree char *name = g_filename_display_name (path);

  g_printerr (_("pillion: can't read '%s': %s\n"), name, g_strerror (errsv));
  return FALSE;
}

/* The fields of a form, for the body or for the URL */
static gboolean
read_data (FetchRequest *self,
           GPtrArray    *data)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  for (guint i = 0; i < data->len; i++)
    {
      if (i > 0)
        g_byte_array_append (body, (const guint8 *) "&", 1);
      if (!fetch_data_append (data->pdata[i], body))
        return FALSE;
    }
  if (self->options->get)
    self->query = g_strndup ((const char *) body->data, body->len);
  else
    self->body = g_byte_array_free_to_bytes (g_steal_pointer (&body));
  self->content_type = "application/x-www-form-urlencoded";
  return TRUE;
}

static gboolean
read_json (FetchRequest *self,
           char        **pieces)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  for (guint i = 0; pieces[i] != NULL; i++)
    {
      FetchData piece = { FETCH_DATA, pieces[i] };

      if (!fetch_data_append (&piece, body))
        return FALSE;
    }
  self->body = g_byte_array_free_to_bytes (g_steal_pointer (&body));
  self->content_type = "application/json";
  return TRUE;
}

/* Likewise; and standard input can be read only once */
static gboolean
check_upload (const FetchOptions *options)
{
  return strcmp (options->upload, "-") == 0 || access (options->upload, R_OK) == 0 || complain (options->upload, errno);
}

/* Each file of the form is opened by the library when it is sent: here it is only asked whether it is there, because a transfer
 * that fails does not tell a file to send from one to write. */
static gboolean
check_form_files (const FetchOptions *options)
{
  for (guint i = 0; options->form[i] != NULL; i++)
    {
      const char *value = strchr (options->form[i], '=') + 1;

      if (*value == '@' && access (value + 1, R_OK) != 0)
        return complain (value + 1, errno);
    }
  return TRUE;
}

static ExitCode
ask_for_password (const char *user,
                  char      **password)
{
  /* Translators: %s is the name of a user */
  g_autofree char *question = g_strdup_printf (_("Password for %s: "), user);

  switch (prompt_password (question, password))
    {
    case PROMPT_ANSWERED:
      return EXIT_ALL_WELL;
    case PROMPT_INTERRUPTED:
      return interrupt_get_signal () != 0 ? (ExitCode) (128 + interrupt_get_signal ()) : EXIT_INTERRUPTED;
    case PROMPT_DECLINED:
    case PROMPT_NO_TERMINAL:
    default:
      options_refuse ("pillion fetch", "%s", _("--user has no password, and there is no terminal to ask for it"));
      return EXIT_USAGE;
    }
}

static ExitCode
read_user (FetchRequest *self)
{
  const char *colon = strchr (self->options->user, ':');
  g_autofree char *user = colon != NULL ? g_strndup (self->options->user, (gsize) (colon - self->options->user)) : g_strdup (self->options->user);
  g_autofree char *password = colon != NULL ? g_strdup (colon + 1) : NULL;

  if (password == NULL)
    {
      ExitCode status = ask_for_password (user, &password);

      if (status != EXIT_ALL_WELL)
        return status;
    }
  if (!g_utf8_validate (user, -1, NULL) || !g_utf8_validate (password, -1, NULL))
    {
      options_refuse ("pillion fetch", "%s", _("--user: the name and the password must be UTF-8"));
      return EXIT_USAGE;
    }
  self->credentials = pillion_http_credentials_new_basic (user, password);
  return EXIT_ALL_WELL;
}

/* Reads what is sent. If that fails, the user was told. */
ExitCode
fetch_request_init (FetchRequest       *self,
                    const FetchOptions *options)
{
  gboolean well = TRUE;

  self->options = options;
  if (options->data != NULL)
    well = read_data (self, options->data);
  else if (options->json != NULL)
    well = read_json (self, options->json);
  else if (options->form != NULL)
    well = check_form_files (options);
  if (well && options->upload != NULL)
    well = check_upload (options);
  if (!well)
    return EXIT_READ;
  return options->user != NULL ? read_user (self) : EXIT_ALL_WELL;
}

void
fetch_request_clear (FetchRequest *self)
{
  g_clear_pointer (&self->body, g_bytes_unref);
  g_clear_pointer (&self->query, g_free);
  g_clear_object (&self->credentials);
}

/* "example.org/file" is HTTP, as with curl */
char *
fetch_request_complete_url (const char *text)
{
  const char *scheme = strstr (text, "://");

  return scheme != NULL && strcspn (text, "/?#") > (gsize) (scheme - text) ? g_strdup (text) : g_strconcat ("http://", text, NULL);
}

/* Without what has precedence over the credentials of the command line */
static char *
remove_user (const char *url)
{
  const char *authority = strstr (url, "://");
  const char *end;
  const char *at;

  if (authority == NULL)
    return g_strdup (url);
  authority += strlen ("://");
  end = authority + strcspn (authority, "/?#");
  at = g_strrstr_len (authority, end - authority, "@");
  return at != NULL ? g_strdup_printf ("%.*s%s", (int) (authority - url), url, at + 1) : g_strdup (url);
}

static const char *
get_method (FetchRequest *self)
{
  if (self->options->head)
    return "HEAD";
  if (self->options->method != NULL)
    return self->options->method;
  if (self->options->upload != NULL)
    return "PUT";
  return self->body != NULL || self->options->form != NULL ? "POST" : "GET";
}

/* curl lets a field of the command line replace its own, and sends two of the command line both */
static void
add_headers (PillionHttpRequest *request,
             char              **headers)
{
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; headers != NULL && headers[i] != NULL; i++)
    {
      gsize length = strcspn (headers[i], ":;");
      g_autofree char *name = g_strndup (headers[i], length);
      g_autofree char *value = g_strstrip (g_strdup (headers[i] + length + 1));

      if (g_hash_table_add (seen, g_ascii_strdown (name, -1)))
        pillion_http_request_set_header (request, name, value);
      else
        pillion_http_request_append_header (request, name, value);
    }
}

static PillionHttpForm *
make_form (char **parts)
{
  PillionHttpForm *form = pillion_http_form_new ();

  for (guint i = 0; parts[i] != NULL; i++)
    {
      const char *value = strchr (parts[i], '=') + 1;
      g_autofree char *name = g_strndup (parts[i], (gsize) (value - 1 - parts[i]));

      if (*value == '@')
        {
          g_autoptr (GFile) file = g_file_new_for_path (value + 1);

          pillion_http_form_add_file (form, name, file, NULL, NULL);
        }
      else
        {
          g_autoptr (GBytes) bytes = g_bytes_new (value, strlen (value));

          /* As bytes, so that the form is multipart also if it has no file */
          pillion_http_form_add_bytes (form, name, bytes, NULL, NULL);
        }
    }
  return form;
}

/* The URL that the request goes to: with --get with the data, and with --upload-file below a folder under the name of the file */
static char *
make_url (FetchRequest *self,
          const char   *url)
{
  g_autofree char *bare = self->credentials != NULL ? remove_user (url) : g_strdup (url);
  const char *upload = self->options->upload;
  GString *text = g_string_new_len (bare, (gssize) strcspn (bare, "#"));

  if (upload != NULL && strcmp (upload, "-") != 0 && strchr (bare, '?') == NULL && g_str_has_suffix (text->str, "/"))
    {
      g_autofree char *name = g_path_get_basename (upload);

      g_string_append_uri_escaped (text, name, NULL, FALSE);
    }
  if (self->query != NULL && *self->query != '\0')
    g_string_append_printf (text, "%s%s", strchr (text->str, '?') != NULL ? "&" : "?", self->query);
  g_string_append (text, bare + strcspn (bare, "#"));
  return g_string_free (text, FALSE);
}

static void
set_upload (PillionHttpRequest *request,
            const char         *upload)
{
  if (strcmp (upload, "-") == 0)
    {
      g_autoptr (GInputStream) stream = g_unix_input_stream_new (STDIN_FILENO, FALSE);

      pillion_http_request_set_body_from_stream (request, stream, -1, NULL);
    }
  else
    {
      g_autoptr (GFile) file = g_file_new_for_path (upload);

      pillion_http_request_set_body_from_file (request, file, NULL);
    }
}

/* All that are given are one field, and files are not among them */
static void
add_cookies (PillionHttpRequest *request,
             char              **cookies)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; cookies != NULL && cookies[i] != NULL; i++)
    if (strchr (cookies[i], '=') != NULL)
      g_string_append_printf (text, "%s%s", text->len > 0 ? "; " : "", cookies[i]);
  if (text->len > 0)
    pillion_http_request_set_header (request, "Cookie", text->str);
}

PillionHttpRequest *
fetch_request_make (FetchRequest *self,
                    const char   *url)
{
  const FetchOptions *options = self->options;
  g_autofree char *whole = make_url (self, url);
  PillionHttpRequest *request = pillion_http_request_new (get_method (self), whole);

  pillion_http_request_set_max_redirects (request, (guint) options->max_redirects);
  pillion_http_request_set_credentials (request, self->credentials);
  if (self->body != NULL)
    pillion_http_request_set_body (request, self->body, self->content_type);
  if (options->form != NULL)
    {
      g_autoptr (PillionHttpForm) form = make_form (options->form);

      pillion_http_request_set_form (request, form);
    }
  if (options->upload != NULL)
    set_upload (request, options->upload);
  if (options->json != NULL)
    pillion_http_request_set_header (request, "Accept", "application/json");
  if (options->range != NULL)
    {
      g_autofree char *range = g_strconcat ("bytes=", options->range, NULL);

      pillion_http_request_set_header (request, "Range", range);
    }
  add_cookies (request, options->cookies);
  add_headers (request, options->headers);
  return request;
}

/* Whether --header has it */
static gboolean
is_given (char      **headers,
          const char *name)
{
  for (guint i = 0; headers != NULL && headers[i] != NULL; i++)
    if (strcspn (headers[i], ":;") == strlen (name) && g_ascii_strncasecmp (headers[i], name, strlen (name)) == 0)
      return TRUE;
  return FALSE;
}

/* What is known of the request before it is sent: the library adds the fields that every request has */
char *
fetch_request_head (FetchRequest       *self,
                    PillionHttpRequest *request,
                    const char         *shown_url)
{
  static const char *const of_options[] = { "Accept", "Cookie", "Range" };
  GString *text = g_string_new (NULL);
  char **headers = self->options->headers;

  g_string_append_printf (text, "> %s %s\n", pillion_http_request_get_method (request), shown_url);
  if (self->credentials != NULL)
    fetch_heads_append_field (text, "> ", "Authorization", "Basic ");
  for (guint i = 0; i < G_N_ELEMENTS (of_options); i++)
    {
      const char *value = pillion_http_request_get_header (request, of_options[i]);

      if (value != NULL && !is_given (headers, of_options[i]))
        fetch_heads_append_field (text, "> ", of_options[i], value);
    }
  for (guint i = 0; headers != NULL && headers[i] != NULL; i++)
    {
      gsize length = strcspn (headers[i], ":;");
      g_autofree char *name = g_strndup (headers[i], length);
      g_autofree char *value = g_strstrip (g_strdup (headers[i] + length + 1));

      fetch_heads_append_field (text, "> ", name, value);
    }
  g_string_append (text, ">\n");
  return g_string_free (text, FALSE);
}
