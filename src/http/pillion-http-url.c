/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-url.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <pillion-http/pillion-http.h>

/* The flags that libsoup uses: the path and the query are sent to the server as they are */
#define FLAGS (G_URI_FLAGS_HAS_PASSWORD | G_URI_FLAGS_ENCODED_PATH | G_URI_FLAGS_ENCODED_QUERY | \
               G_URI_FLAGS_ENCODED_FRAGMENT | G_URI_FLAGS_SCHEME_NORMALIZE)

/* Percent-encodes everything that isn't ASCII, and spaces if @spaces. Returns NULL if the text has characters
 * that would end the line of a request, or that are invisible. */
static char *
escape (const char *text,
        gboolean spaces)
{
  gsize n_plain = 0;
  GString *result;

  /* Nearly every URL needs no change */
  while ((guchar) text[n_plain] > ' ' && (guchar) text[n_plain] < 0x7f)
    n_plain++;
  if (text[n_plain] == '\0')
    return g_strndup (text, n_plain);

  result = g_string_sized_new (n_plain + strlen (text + n_plain));

  for (const char *p = text; *p != '\0'; p++)
    {
      guchar c = (guchar) *p;

      if (c < ' ' || c == 0x7f || (c == ' ' && !spaces))
        {
          g_string_free (result, TRUE);
          return NULL;
        }

      if (c == ' ' || c >= 0x80)
        g_string_append_printf (result, "%%%02X", c);
      else
        g_string_append_c (result, (char) c);
    }

  return g_string_free (result, FALSE);
}

static gboolean
is_blank (const char *url)
{
  return url[strspn (url, " \t\r\n")] == '\0';
}

void
pillion_http_prefix_url (GError **error,
                         const char *url)
{
  if (!is_blank (url))
    g_prefix_error (error, "%s: ", url);
}

GUri *
pillion_http_parse_url (const char *url,
                        GError **error)
{
  g_autofree char *escaped = escape (url, FALSE);
  g_autoptr (GError) local = NULL;
  GUri *uri;

  if (is_blank (url))
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_URL, _("The URL is empty"));
      return NULL;
    }
  if (escaped == NULL)
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_URL,
                           _("the URL has a space or a control character in it, which has to be percent-encoded"));
      return NULL;
    }

  uri = g_uri_parse (escaped, FLAGS, &local);
  /* GLib's message may quote what it took for a port */
  if (uri == NULL && strchr (url, '@') != NULL)
    g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_URL, _("the URL is not valid"));
  else if (uri == NULL && g_uri_peek_scheme (url) == NULL)
    g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_URL,
                         _("the URL must be absolute, such as https://example.org/path"));
  else if (uri == NULL)
    g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_URL, _("the URL is not valid (%s)"), local->message);

  return uri;
}

char *
pillion_http_join_url (const char *base,
                       const char *url)
{
  g_autofree char *escaped = base != NULL && g_uri_peek_scheme (url) == NULL ? escape (url, FALSE) : NULL;
  g_autoptr (GUri) base_uri = escaped != NULL ? g_uri_parse (base, FLAGS, NULL) : NULL;
  gboolean has_host = base_uri != NULL && g_uri_get_host (base_uri) != NULL;
  g_autoptr (GUri) uri = has_host ? g_uri_parse_relative (base_uri, escaped, FLAGS, NULL) : NULL;

  return uri != NULL ? g_uri_to_string (uri) : g_strdup (url);
}

GUri *
pillion_http_resolve (GUri *base,
                      const char *location,
                      GError **error)
{
  g_autofree char *escaped = escape (location, TRUE);
  g_autoptr (GError) local = NULL;
  GUri *uri = NULL;

  if (escaped != NULL)
    uri = g_uri_parse_relative (base, escaped, FLAGS, &local);
  if (uri == NULL)
    {
      g_autofree char *shown = pillion_http_strip_user (location);

      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                   _("the server redirects to '%s', which is not a valid URL"), shown);
    }

  return uri;
}

gboolean
pillion_http_check_uri (GUri *uri,
                        GError **error)
{
  const char *scheme = g_uri_get_scheme (uri);

  if (strcmp (scheme, "http") != 0 && strcmp (scheme, "https") != 0)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_UNSUPPORTED_SCHEME,
                   _("unsupported URL scheme '%s': expected http or https"), scheme);
      return FALSE;
    }

  if (g_uri_get_host (uri) == NULL || g_uri_get_host (uri)[0] == '\0')
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_URL, _("the URL has no host"));
      return FALSE;
    }

  return TRUE;
}

GRefString *
pillion_http_uri_get_origin (GUri *uri)
{
  const char *scheme = g_uri_get_scheme (uri);
  int port = g_uri_get_port (uri);
  g_autofree char *origin = NULL;
  char digits[12];
  char *digit = digits + sizeof digits;

  if (port < 0)
    port = strcmp (scheme, "https") == 0 ? 443 : 80;

  /* Not with printf (), which takes three times as long, and runs for every request */
  *--digit = '\0';
  do
    *--digit = (char) ('0' + port % 10);
  while ((port /= 10) > 0);

  origin = g_strconcat (scheme, "://", g_uri_get_host (uri), ":", digit, NULL);
  for (char *c = origin + strlen (scheme); *c != '\0'; c++)
    *c = g_ascii_tolower (*c);

  return g_ref_string_new (origin);
}

char *
pillion_http_strip_user (const char *url)
{
  const char *at = strrchr (url, '@');
  g_autofree char *escaped = NULL;
  g_autoptr (GUri) uri = NULL;

  if (at == NULL)
    return g_strdup (url);

  escaped = escape (url, FALSE);
  if (escaped != NULL)
    uri = g_uri_parse (escaped, FLAGS, NULL);

  if (uri != NULL && g_uri_get_host (uri) != NULL)
    {
      const char *authority = strstr (url, "://") + strlen ("://");
      const char *end = authority + strcspn (authority, "/?#");

      at = g_strrstr_len (authority, end - authority, "@");
      return at != NULL ? g_strdup_printf ("%.*s%s", (int) (authority - url), url, at + 1) : g_strdup (url);
    }

  /* The URL can't be parsed, perhaps because of a character in the password: shows only what can't be part of
   * that */
  return g_strconcat ("...", at + 1, NULL);
}

/**
 * pillion_http_redact_url:
 * @url: a URL, or what was given for one
 *
 * Returns a URL without the user name and the password in it, for messages and logs.
 *
 * The errors, the names of tasks and the results of this library have their URLs in this form. Any thread may call it.
 *
 * Returns: (transfer full): the URL as valid UTF-8; if @url is not a valid URL, its part after the last `@`
 *
 * Since: 1.0
 */
char *
pillion_http_redact_url (const char *url)
{
  g_autofree char *stripped = NULL;

  g_return_val_if_fail (url != NULL, NULL);

  stripped = pillion_http_strip_user (url);
  if (g_utf8_validate (stripped, -1, NULL))
    return g_steal_pointer (&stripped);
  return g_utf8_make_valid (stripped, -1);
}
