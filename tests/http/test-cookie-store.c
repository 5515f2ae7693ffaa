/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Which cookies are kept, and which requests get them */

#include "http/pillion-cookie-store.h"

#include <string.h>

#include "http/pillion-soup-library.h"

/* Says in a Set-Cookie field that came from @url. Returns whether it was taken. */
static gboolean
set (PillionCookieStore *self,
     const char *url,
     const char *set_cookie)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  g_autoptr (PillionHttpCookie) cookie = pillion_cookie_store_parse (self, set_cookie, uri);

  if (cookie != NULL)
    pillion_cookie_store_put (self, cookie);
  return cookie != NULL;
}

static void
assert_sent (PillionCookieStore *self,
             const char *url,
             const char *expected)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_ENCODED, NULL);
  g_autofree char *header = pillion_cookie_store_get_header (self, uri);

  g_assert_cmpstr (header, ==, expected);
}

static void
test_domains (void)
{
  PillionCookieStore store = { NULL };

  g_assert_true (set (&store, "http://www.Example.org/", "host=1"));
  g_assert_true (set (&store, "http://www.example.org/", "domain=2; Domain=example.org"));
  g_assert_true (set (&store, "http://www.example.org/", "dotted=3; Domain=.EXAMPLE.ORG"));
  g_assert_true (set (&store, "http://127.0.0.1/", "address=4; Domain=127.0.0.1"));
  g_assert_true (set (&store, "http://localhost/", "local=5; Domain=localhost"));
  assert_sent (&store, "http://localhost/", "local=5");
  g_assert_false (set (&store, "http://www.example.org/", "other=5; Domain=other.org"));
  g_assert_false (set (&store, "http://example.org/", "below=6; Domain=www.example.org"));
  g_assert_false (set (&store, "http://badexample.org/", "suffix=7; Domain=example.org"));

  assert_sent (&store, "http://www.example.org/", "host=1; domain=2; dotted=3");
  assert_sent (&store, "http://WWW.EXAMPLE.ORG/", "host=1; domain=2; dotted=3");
  assert_sent (&store, "http://example.org/", "domain=2; dotted=3");
  assert_sent (&store, "http://a.b.example.org/", "domain=2; dotted=3");
  assert_sent (&store, "http://badexample.org/", NULL);
  assert_sent (&store, "http://example.org.uk/", NULL);
  assert_sent (&store, "http://org/", NULL);
  assert_sent (&store, "http://127.0.0.1/", "address=4");

  /* Hosts that don't exist still have a URL */
  assert_sent (&store, "http://../", NULL);
  assert_sent (&store, "http://.example.org/", "domain=2; dotted=3");
  g_assert_false (set (&store, "http://.example.org/", "dot=8"));
  g_assert_false (set (&store, "http://example.1/", "number=9; Domain=1"));
  assert_sent (&store, "http://0.0.1/", NULL);

  pillion_cookie_store_clear (&store);
}

static void
test_public_suffixes (void)
{
  PillionCookieStore store = { NULL };

  g_assert_false (set (&store, "http://example.com/", "a=1; Domain=com"));
  g_assert_false (set (&store, "http://example.com/", "a=1; Domain=.com"));
  g_assert_false (set (&store, "http://example.co.uk/", "a=1; Domain=co.uk"));
  g_assert_false (set (&store, "http://me.github.io/", "a=1; Domain=github.io"));
  g_assert_cmpuint (store.n_cookies, ==, 0);

  /* For itself alone */
  g_assert_true (set (&store, "http://github.io/", "a=1; Domain=github.io"));
  assert_sent (&store, "http://github.io/", "a=1");
  assert_sent (&store, "http://me.github.io/", NULL);

  pillion_cookie_store_clear (&store);
}

static void
test_paths (void)
{
  PillionCookieStore store = { NULL };

  g_assert_true (set (&store, "http://example.org/dir/page?x=/y/z", "default=1"));
  g_assert_true (set (&store, "http://example.org/dir/page", "root=2; Path=/"));
  g_assert_true (set (&store, "http://example.org/dir/page", "deep=3; Path=/dir/page"));
  g_assert_true (set (&store, "http://example.org/dir/page", "slash=4; Path=/dir/"));
  g_assert_true (set (&store, "http://example.org", "relative=5; Path=dir"));

  assert_sent (&store, "http://example.org", "root=2; relative=5");
  assert_sent (&store, "http://example.org/dir", "default=1; root=2; relative=5");
  assert_sent (&store, "http://example.org/dir/", "slash=4; default=1; root=2; relative=5");
  assert_sent (&store, "http://example.org/dir/page/x", "deep=3; slash=4; default=1; root=2; relative=5");
  assert_sent (&store, "http://example.org/dir/pages", "slash=4; default=1; root=2; relative=5");
  assert_sent (&store, "http://example.org/directory", "root=2; relative=5");

  pillion_cookie_store_clear (&store);
}

static void
test_replacing (void)
{
  PillionCookieStore store = { NULL };
  g_autoptr (GPtrArray) list = NULL;

  set (&store, "http://example.org/", "a=1");
  set (&store, "http://example.org/", "b=2; Max-Age=60");
  set (&store, "http://example.org/", "a=3");
  set (&store, "http://example.org/", "A=4");
  set (&store, "http://example.org/", "empty=");
  assert_sent (&store, "http://example.org/", "a=3; b=2; A=4; empty=");

  /* Max-Age and Expires end a cookie, and Max-Age wins whatever the order */
  set (&store, "http://example.org/", "a=; Max-Age=0");
  set (&store, "http://example.org/", "b=; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
  set (&store, "http://example.org/", "A=5; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
  set (&store, "http://example.org/", "empty=; max-age = -1 ; Expires=Fri, 06 Nov 2093 08:49:37 GMT");
  assert_sent (&store, "http://example.org/", "A=5");

  /* More seconds than 32 bits have, or 64 */
  set (&store, "http://example.org/", "A=6; Max-Age=4294967295");
  set (&store, "http://example.org/", "B=7; Max-Age=99999999999999999999");
  assert_sent (&store, "http://example.org/", "A=6; B=7");
  list = pillion_cookie_store_list (&store, NULL);
  g_assert_cmpint (((PillionHttpCookie *) list->pdata[0])->expires_usec - g_get_real_time (), >, 4294967000 * G_USEC_PER_SEC);
  g_assert_cmpint (((PillionHttpCookie *) list->pdata[1])->expires_usec, >, g_get_real_time ());

  pillion_cookie_store_clear (&store);
}

static void
test_secure (void)
{
  PillionCookieStore store = { NULL };

  g_assert_false (set (&store, "http://example.org/", "a=1; Secure"));
  g_assert_true (set (&store, "https://example.org/", "a=2; Secure; Path=/dir; Domain=example.org"));
  assert_sent (&store, "http://example.org/dir", NULL);
  assert_sent (&store, "https://example.org/dir", "a=2");

  /* Plain HTTP replaces it in no way, but may set one elsewhere */
  g_assert_false (set (&store, "http://example.org/", "a=3; Path=/dir"));
  g_assert_false (set (&store, "http://www.example.org/", "a=3; Path=/dir/below"));
  g_assert_true (set (&store, "http://example.org/", "a=4; Path=/"));
  g_assert_true (set (&store, "https://example.org/", "a=5; Path=/dir; Domain=example.org"));
  assert_sent (&store, "http://example.org/dir", "a=5; a=4");

  pillion_cookie_store_clear (&store);
}

static void
test_prefixes (void)
{
  PillionCookieStore store = { NULL };

  g_assert_false (set (&store, "http://example.org/", "__Secure-a=1; Secure"));
  g_assert_false (set (&store, "https://example.org/", "__Secure-a=1"));
  g_assert_false (set (&store, "https://example.org/", "__secure-a=1"));
  g_assert_true (set (&store, "https://example.org/", "__Secure-a=1; Secure; Domain=example.org"));
  g_assert_false (set (&store, "https://example.org/", "__Host-b=1; Secure; Domain=example.org; Path=/"));
  g_assert_false (set (&store, "https://example.org/dir/", "__Host-b=1; Secure; Path=/dir"));
  g_assert_false (set (&store, "https://example.org/", "__Host-b=1; Path=/"));
  g_assert_true (set (&store, "https://example.org/dir/", "__Host-b=1; Secure; Path=/"));
  assert_sent (&store, "https://example.org/", "__Secure-a=1; __Host-b=1");

  pillion_cookie_store_clear (&store);
}

static void
test_malformed (void)
{
  PillionCookieStore store = { NULL };
  g_autofree char *long_value = g_strnfill (4096, 'x');
  g_autofree char *too_long = g_strconcat ("a=", long_value, NULL);
  g_autofree char *long_path = g_strdup_printf ("a=1; Path=/%.1024s", long_value);

  g_assert_false (set (&store, "http://example.org/", ""));
  g_assert_false (set (&store, "http://example.org/", ";"));
  g_assert_false (set (&store, "http://example.org/", "="));
  g_assert_false (set (&store, "http://example.org/", "nameless"));
  g_assert_false (set (&store, "http://example.org/", "=nameless"));
  g_assert_false (set (&store, "http://example.org/", "a\tb=1"));
  g_assert_false (set (&store, "http://example.org/", "a=b\x7f"));
  g_assert_false (set (&store, "http://example.org/", "a=\xff"));
  g_assert_false (set (&store, "http://example.org/", too_long));
  g_assert_true (set (&store, "http://example.org/a/", long_path));
  assert_sent (&store, "http://example.org/a", "a=1");
  pillion_cookie_store_clear (&store);
  g_assert_cmpuint (store.n_cookies, ==, 0);

  g_assert_true (set (&store, "http://example.org/", "a = \"x=y, z\" ; Unknown; Secure2=1;; Max-Age=x; Expires=never"));
  assert_sent (&store, "http://example.org/", "a=\"x=y, z\"");

  pillion_cookie_store_clear (&store);
}

static void
test_limits (void)
{
  PillionCookieStore store = { NULL };
  g_autoptr (GPtrArray) list = NULL;

  /* The one that is used stays */
  set (&store, "http://example.org/x/", "used=1");
  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *text = g_strdup_printf ("c%u=1; Path=/y", i);

      set (&store, "http://example.org/", text);
      assert_sent (&store, "http://example.org/x/", "used=1");
    }
  g_assert_cmpuint (store.n_cookies, ==, 180);
  list = pillion_cookie_store_list (&store, NULL);
  g_assert_cmpstr (((PillionHttpCookie *) list->pdata[0])->name, ==, "used");
  g_assert_cmpstr (((PillionHttpCookie *) list->pdata[1])->name, ==, "c321");

  pillion_cookie_store_clear (&store);
}

static void
test_limits_of_all (void)
{
  PillionCookieStore store = { NULL };
  g_autoptr (GPtrArray) list = NULL;

  for (guint i = 0; i < 3500; i++)
    {
      g_autofree char *url = g_strdup_printf ("http://%u.example.org/", i);

      set (&store, url, "a=1");
    }
  g_assert_cmpuint (store.n_cookies, ==, 3000);
  list = pillion_cookie_store_list (&store, NULL);
  g_assert_cmpuint (list->len, ==, 3000);
  g_assert_cmpstr (((PillionHttpCookie *) list->pdata[0])->domain, ==, "500.example.org");

  pillion_cookie_store_clear (&store);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_assert_true (pillion_soup_library_load (NULL));

  g_test_add_func ("/cookies/domains", test_domains);
  g_test_add_func ("/cookies/none-for-public-suffixes", test_public_suffixes);
  g_test_add_func ("/cookies/paths", test_paths);
  g_test_add_func ("/cookies/replaced-and-expired", test_replacing);
  g_test_add_func ("/cookies/secure-ones-only-over-https", test_secure);
  g_test_add_func ("/cookies/prefixes-of-names", test_prefixes);
  g_test_add_func ("/cookies/malformed-ones-are-ignored", test_malformed);
  g_test_add_func ("/cookies/limit-for-a-domain", test_limits);
  g_test_add_func ("/cookies/limit-for-all", test_limits_of_all);

  return g_test_run ();
}
