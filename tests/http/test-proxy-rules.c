/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "http/pillion-proxy-rules.h"
#include "http/pillion-proxy.h"

/* What the environment says of proxies, as curl reads it */

static void
set_environment (const char *variables)
{
  static const char *const names[] = {
    "http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
  };
  g_auto (GStrv) items = g_strsplit (variables, " ", -1);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    g_unsetenv (names[i]);
  for (char **item = items; *item != NULL; item++)
    {
      char *value = strchr (*item, '=');

      if (value == NULL)
        continue;
      *value = '\0';
      g_setenv (*item, value + 1, TRUE);
    }
}

static void
test_environment (void)
{
  static const struct
  {
    const char *variables;
    const char *http;
    const char *https;
  } cases[] = {
    { "", NULL, NULL },
    { "no_proxy=*", NULL, NULL },
    { "http_proxy=a", "a", NULL },
    { "HTTP_PROXY=a", NULL, NULL },
    { "https_proxy=a", NULL, "a" },
    { "HTTPS_PROXY=a", NULL, "a" },
    { "https_proxy=a HTTPS_PROXY=b", NULL, "a" },
    { "all_proxy=a", "a", "a" },
    { "ALL_PROXY=a http_proxy=b", "b", "a" },
    { "http_proxy= all_proxy=a", "a", "a" },
    { "https_proxy= HTTPS_PROXY=b", NULL, "b" },
    { "all_proxy=a no_proxy=example.org", NULL, NULL },
    { "all_proxy=a NO_PROXY=example.org", NULL, NULL },
    { "all_proxy=a no_proxy=other NO_PROXY=example.org", "a", "a" },
    { "all_proxy=a no_proxy=*", NULL, NULL },
  };
  g_autoptr (GUri) http = g_uri_parse ("http://example.org/", G_URI_FLAGS_NONE, NULL);
  g_autoptr (GUri) https = g_uri_parse ("https://example.org/", G_URI_FLAGS_NONE, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PillionProxyRules *rules;

      g_test_message ("%s", cases[i].variables);
      set_environment (cases[i].variables);
      rules = pillion_proxy_rules_new ();
      if (rules == NULL)
        {
          g_assert_null (cases[i].http);
          g_assert_null (cases[i].https);
          continue;
        }
      g_assert_cmpstr (pillion_proxy_rules_find (rules, http), ==, cases[i].http);
      g_assert_cmpstr (pillion_proxy_rules_find (rules, https), ==, cases[i].https);
      pillion_proxy_rules_unref (rules);
    }
}

static void
test_excepted (void)
{
  static const struct
  {
    const char *no_proxy;
    const char *host;
    gboolean excepted;
  } cases[] = {
    { "*", "anything", TRUE },
    { "a,*", "anything", FALSE },
    { "example.org", "example.org", TRUE },
    { "example.org", "www.example.org", TRUE },
    { "example.org", "badexample.org", FALSE },
    { "example.org", "example.org.evil", FALSE },
    { ".example.org", "example.org", TRUE },
    { ".example.org", "www.Example.ORG", TRUE },
    { "example.org.", "example.org", TRUE },
    { "example.org", "example.org.", TRUE },
    { "a b,example.org", "example.org", TRUE },
    { " ,, example.org ", "example.org", TRUE },
    { "", "example.org", FALSE },
    { ".", "example.org", FALSE },
    { "example.org:80", "example.org", FALSE },
    { "127.0.0.1", "127.0.0.1", TRUE },
    { "127.0.0.1", "127.0.0.10", FALSE },
    { "0.0.1", "127.0.0.1", FALSE },
    { "10.0.0.0/8", "10.200.3.4", TRUE },
    { "10.0.0.0/8", "11.0.0.1", FALSE },
    { "192.168.1.0/33", "192.168.1.1", FALSE },
    { "10.0.0.0/8", "10.example.org", FALSE },
    { "::1", "::1", TRUE },
    { "[::1]", "::1", TRUE },
    { "fd00::/8", "fd12:3456::1", TRUE },
    { "fd00::/8", "fe80::1", FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_test_message ("%s of '%s'", cases[i].host, cases[i].no_proxy);
      g_assert_cmpint (pillion_proxy_is_excepted (cases[i].no_proxy, cases[i].host), ==, cases[i].excepted);
    }
}

static void
test_urls (void)
{
  static const struct
  {
    const char *url;
    const char *origin; /* NULL if it is none */
    const char *http;   /* as GIO is told of it, for these schemes */
    const char *https;
  } cases[] = {
    { "proxy", "http://proxy:1080", "http://proxy:1080", "pillion-tunnel://A%3A%20b@proxy:1080" },
    { "proxy:8080", "http://proxy:8080", "http://proxy:8080", "pillion-tunnel://A%3A%20b@proxy:8080" },
    { "http://me:a%40b@proxy:8080/", "http://proxy:8080", "http://proxy:8080", "pillion-tunnel://A%3A%20b@proxy:8080" },
    { "HTTP://[::1]:3128", "http://[::1]:3128", "http://[::1]:3128", "pillion-tunnel://A%3A%20b@[::1]:3128" },
    { "https://proxy", "https://proxy:443", "pillion-tunnel-tls://A%3A%20b@proxy:443", "pillion-tunnel-tls://A%3A%20b@proxy:443" },
    { "socks5h://me:a%40b@proxy", "socks5://proxy:1080", "socks5://me:a%40b@proxy:1080", "socks5://me:a%40b@proxy:1080" },
    { "socks://proxy:9", "socks4://proxy:9", "pillion-socks4://proxy:9", "pillion-socks4://proxy:9" },
    { "socks4a://me@proxy:9", "socks4a://proxy:9", "pillion-socks4a://me:@proxy:9", "pillion-socks4a://me:@proxy:9" },
    { "ftp://proxy", NULL, NULL, NULL },
    { "http://", NULL, NULL, NULL },
    { "http://a b", NULL, NULL, NULL },
    { "http://a%00b", NULL, NULL, NULL },
    { "http://a%0ab", NULL, NULL, NULL },
    { "http://me@you@proxy", NULL, NULL, NULL },
    { "http://you%40proxy", NULL, NULL, NULL },
    { "http://a%3fb", NULL, NULL, NULL },
    { "", NULL, NULL, NULL },
  };
  g_autoptr (GUri) http = g_uri_parse ("http://example.org/", G_URI_FLAGS_NONE, NULL);
  g_autoptr (GUri) https = g_uri_parse ("https://example.org/", G_URI_FLAGS_NONE, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      PillionProxy *proxy = pillion_proxy_new (cases[i].url, &error);
      g_autofree char *for_http = NULL;
      g_autofree char *for_https = NULL;
      g_autofree char *for_web_socket = NULL;

      g_test_message ("%s", cases[i].url);
      if (cases[i].origin == NULL)
        {
          g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY);
          continue;
        }
      g_assert_no_error (error);
      g_assert_cmpstr (proxy->origin, ==, cases[i].origin);
      for_http = pillion_proxy_make_gio_uri (proxy, http, FALSE, "A: b");
      for_https = pillion_proxy_make_gio_uri (proxy, https, FALSE, "A: b");
      for_web_socket = pillion_proxy_make_gio_uri (proxy, http, TRUE, "A: b");
      g_assert_cmpstr (for_http, ==, cases[i].http);
      g_assert_cmpstr (for_https, ==, cases[i].https);
      g_assert_cmpstr (for_web_socket, ==, cases[i].https);
      pillion_proxy_unref (proxy);
    }

  g_assert_true (pillion_proxy_is_direct ("direct://"));
}

/* Others would believe what a client of the server has sent, so they are not asked */
static void
test_cgi (void)
{
  g_autoptr (GUri) uri = g_uri_parse ("http://example.org/", G_URI_FLAGS_NONE, NULL);

  for (guint i = 0; i < 4; i++)
    {
      PillionProxyRules *rules;

      set_environment (i & 1 ? "HTTP_PROXY=a" : "");
      if (i & 2)
        g_setenv ("REQUEST_METHOD", "GET", TRUE);
      rules = pillion_proxy_rules_new ();
      g_assert_cmpint (rules != NULL, ==, i == 3);
      if (rules != NULL)
        {
          g_assert_null (pillion_proxy_rules_find (rules, uri));
          pillion_proxy_rules_unref (rules);
        }
      g_unsetenv ("REQUEST_METHOD");
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/proxy-rules/cgi", test_cgi);
  g_test_add_func ("/http/proxy/environment", test_environment);
  g_test_add_func ("/http/proxy/exceptions", test_excepted);
  g_test_add_func ("/http/proxy/urls", test_urls);

  return g_test_run ();
}
