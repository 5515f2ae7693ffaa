/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fetch-heads.h"
#include "fetch-request.h"
#include "interrupt.h"
#include "prompt.h"

#include <errno.h>
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

static gboolean
append_stdin (GByteArray *body)
{
  guint8 buffer[65536];
  ssize_t n;

  while ((n = read (STDIN_FILENO, buffer, sizeof buffer)) != 0)
    {
      if (n < 0 && errno != EINTR)
        return complain ("-", errno);
      if (n > 0)
        g_byte_array_append (body, buffer, (guint) n);
    }
  return TRUE;
}

static gboolean
append_file (GByteArray *body,
             const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *contents = NULL;
  gsize length;

  if (strcmp (path, "-") == 0)
    return append_stdin (body);
  if (!g_file_get_contents (path, &contents, &length, &error))
    {
      g_printerr ("pillion: %s\n", error->message);
      return FALSE;
    }
  g_byte_array_append (body, (const guint8 *) contents, (guint) length);
  return TRUE;
}

/* Texts, and files by "@NAME", one after another */
static gboolean
read_body (FetchRequest *self,
           char        **pieces,
           const char   *separator,
           const char   *content_type)
{
  g_autoptr (GByteArray) body = g_byte_array_new ();

  for (guint i = 0; pieces[i] != NULL; i++)
    {
      if (i > 0)
        g_byte_array_append (body, (const guint8 *) separator, (guint) strlen (separator));
      if (pieces[i][0] != '@')
        g_byte_array_append (body, (const guint8 *) pieces[i], (guint) strlen (pieces[i]));
      else if (!append_file (body, pieces[i] + 1))
        return FALSE;
    }
  self->body = g_byte_array_free_to_bytes (g_steal_pointer (&body));
  self->content_type = content_type;
  return TRUE;
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
    well = read_body (self, options->data, "&", "application/x-www-form-urlencoded");
  else if (options->json != NULL)
    well = read_body (self, options->json, "", "application/json");
  else if (options->form != NULL)
    well = check_form_files (options);
  if (!well)
    return EXIT_READ;
  return options->user != NULL ? read_user (self) : EXIT_ALL_WELL;
}

void
fetch_request_clear (FetchRequest *self)
{
  g_clear_pointer (&self->body, g_bytes_unref);
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

PillionHttpRequest *
fetch_request_make (FetchRequest *self,
                    const char   *url)
{
  const FetchOptions *options = self->options;
  g_autofree char *bare = self->credentials != NULL ? remove_user (url) : NULL;
  PillionHttpRequest *request = pillion_http_request_new (get_method (self), bare != NULL ? bare : url);

  pillion_http_request_set_credentials (request, self->credentials);
  if (self->body != NULL)
    pillion_http_request_set_body (request, self->body, self->content_type);
  if (options->form != NULL)
    {
      g_autoptr (PillionHttpForm) form = make_form (options->form);

      pillion_http_request_set_form (request, form);
    }
  if (options->json != NULL)
    pillion_http_request_set_header (request, "Accept", "application/json");
  add_headers (request, options->headers);
  return request;
}

/* What is known of the request before it is sent: the library adds the fields that every request has */
char *
fetch_request_head (FetchRequest       *self,
                    PillionHttpRequest *request,
                    const char         *shown_url)
{
  GString *text = g_string_new (NULL);
  char **headers = self->options->headers;

  g_string_append_printf (text, "> %s %s\n", pillion_http_request_get_method (request), shown_url);
  if (self->credentials != NULL)
    fetch_heads_append_field (text, "> ", "Authorization", "Basic ");
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
