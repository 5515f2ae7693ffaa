/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A line with a URL, and then a line each of Set-Cookie. A server can only set cookies for itself and the domains above it, and what is sent
 * back to it is nothing but these. */

#include <string.h>

#include "fuzz.h"
#include "http/pillion-cookie-store.h"
#include "http/pillion-http-url.h"
#include "http/pillion-soup-library.h"

static gboolean
is_text (const char *text)
{
  for (; *text != '\0'; text++)
    if ((guchar) *text < ' ' || *text == '\x7f' || *text == ';')
      return FALSE;

  return TRUE;
}

static void
check_cookie (const PillionHttpCookie *cookie,
              GUri *uri)
{
  g_autofree char *host = pillion_cookie_canonicalize_host (g_uri_get_host (uri));
  gboolean is_https = strcmp (g_uri_get_scheme (uri), "https") == 0;

  g_assert_true (pillion_cookie_check (cookie, NULL));
  g_assert_true (is_text (cookie->name) && is_text (cookie->value) && is_text (cookie->path));
  g_assert_cmpint (cookie->name[0], !=, '\0');
  g_assert_null (strchr (cookie->name, '='));
  g_assert_cmpint (cookie->path[0], ==, '/');
  g_assert_cmpint (cookie->expires_usec, >=, 0);

  if (cookie->host_only)
    g_assert_cmpstr (cookie->domain, ==, host);
  else
    {
      g_assert_true (g_str_has_suffix (host, cookie->domain));
      g_assert_true (strlen (host) == strlen (cookie->domain) || host[strlen (host) - strlen (cookie->domain) - 1] == '.');
      g_assert_nonnull (strchr (cookie->domain, '.'));
    }

  if (g_ascii_strncasecmp (cookie->name, "__Secure-", 9) == 0)
    g_assert_true (cookie->secure && is_https);
  if (g_ascii_strncasecmp (cookie->name, "__Host-", 7) == 0)
    g_assert_true (cookie->secure && is_https && cookie->host_only && strcmp (cookie->path, "/") == 0);
  g_assert_true (is_https || !cookie->secure);
}

/* Each pair that is sent is one of the store's */
static void
check_header (PillionCookieStore *store,
              GUri *uri)
{
  g_autofree char *header = pillion_cookie_store_get_header (store, uri);
  g_autoptr (GPtrArray) cookies = pillion_cookie_store_list (store, uri);
  g_auto (GStrv) pairs = g_strsplit (header != NULL ? header : "", "; ", -1);

  g_assert_cmpuint (g_strv_length (pairs), ==, cookies->len);
  for (guint i = 0; i < cookies->len; i++)
    {
      const PillionHttpCookie *cookie = cookies->pdata[i];
      g_autofree char *pair = g_strconcat (cookie->name, "=", cookie->value, NULL);

      g_assert_cmpstr (pairs[i], ==, pair);
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *url = fuzz_take_line (&data, &size);
  g_autoptr (GUri) uri = NULL;
  PillionCookieStore store = { 0 };

  pillion_soup_library_load (NULL);
  uri = pillion_http_parse_url (url, NULL);
  if (uri == NULL || !pillion_http_check_uri (uri, NULL))
    return 0;

  while (size > 0)
    {
      g_autofree char *line = fuzz_take_line (&data, &size);
      g_autoptr (PillionHttpCookie) cookie = pillion_cookie_store_parse (&store, line, uri);
      guint n_cookies;

      if (cookie == NULL)
        continue;

      check_cookie (cookie, uri);
      pillion_cookie_store_put (&store, cookie);
      n_cookies = store.n_cookies;
      pillion_cookie_store_put (&store, cookie);
      g_assert_cmpuint (store.n_cookies, ==, n_cookies);
    }
  check_header (&store, uri);
  pillion_cookie_store_clear (&store);
  return 0;
}
