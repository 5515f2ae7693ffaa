/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The proxies of the environment: a line each of http_proxy, https_proxy, all_proxy and no_proxy, and one with a URL. A proxy is one of those
 * that were named; and what GIO is told of it says no more than its URL does. */

#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "http/pillion-http-url.h"
#include "http/pillion-proxy-rules.h"
#include "http/pillion-proxy.h"

static const char *const names[] = { "http_proxy", "https_proxy", "all_proxy", "no_proxy" };

/* setenv () would keep everything that was ever set */
static void
set_variables (char **variables)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    putenv (variables[i]);
}

static void
unset_variables (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_unsetenv (names[i]);
}

static void
check_exceptions (const char *no_proxy,
                  const char *host)
{
  g_autofree char *upper = g_ascii_strup (host, -1);
  g_autofree char *more = g_strconcat (no_proxy, ", ", host, NULL);

  g_assert_true (pillion_proxy_is_excepted (no_proxy, host) == pillion_proxy_is_excepted (no_proxy, upper));
  g_assert_true (pillion_proxy_is_excepted ("*", host));
  /* One that contains a separator can't be named */
  if (strpbrk (host, ", \t") == NULL && host[0] != '.')
    g_assert_true (pillion_proxy_is_excepted (more, host));
}

static void
check_proxy (const char *url,
             GUri *uri)
{
  PillionProxy *proxy = pillion_proxy_new (url, NULL);
  PillionProxy *again;

  if (proxy == NULL)
    return;

  /* Its origin is a URL of the same proxy */
  again = pillion_proxy_new (proxy->origin, NULL);
  g_assert_nonnull (again);
  g_assert_cmpstr (again->origin, ==, proxy->origin);
  g_assert_null (again->credentials);
  pillion_proxy_unref (again);

  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *target = pillion_proxy_make_target (proxy, uri, i % 2 != 0);
      g_autofree char *text = pillion_proxy_make_gio_uri (proxy, uri, i % 2 != 0, i >= 2 ? "Basic dTpw" : NULL);
      g_autoptr (GUri) parsed = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);
      g_autofree char *host = NULL;

      g_assert_null (strpbrk (target, "\r\n"));
      g_assert_null (strpbrk (text, "\r\n"));
      g_assert_nonnull (parsed);
      host = g_strdup_printf (strchr (g_uri_get_host (parsed), ':') != NULL ? "[%s]:%d" : "%s:%d", g_uri_get_host (parsed), g_uri_get_port (parsed));
      g_assert_cmpstr (host, ==, proxy->address);
    }
  pillion_proxy_unref (proxy);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *url = NULL;
  g_autoptr (GUri) uri = NULL;
  char *variables[G_N_ELEMENTS (names)];
  PillionProxyRules *rules;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *value = fuzz_take_line (&data, &size);

      variables[i] = g_strdup_printf ("%s=%s", names[i], value);
    }
  url = fuzz_take_line (&data, &size);
  uri = pillion_http_parse_url (url, NULL);
  if (uri != NULL && pillion_http_check_uri (uri, NULL))
    {
      set_variables (variables);
      rules = pillion_proxy_rules_new ();
      if (rules != NULL)
        {
          const char *proxy = pillion_proxy_rules_find (rules, uri);

          g_assert_true (proxy == NULL || strcmp (proxy, g_getenv ("all_proxy")) == 0 ||
                         strcmp (proxy, g_getenv (strcmp (g_uri_get_scheme (uri), "https") == 0 ? "https_proxy" : "http_proxy")) == 0);
          if (proxy != NULL)
            check_proxy (proxy, uri);
          pillion_proxy_rules_unref (rules);
        }
      check_exceptions (g_getenv ("no_proxy"), g_uri_get_host (uri));
      unset_variables ();
    }

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_free (variables[i]);
  return 0;
}
