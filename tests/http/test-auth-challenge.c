/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "http/pillion-auth-challenge.h"
#include "http/pillion-digest-auth.h"

/* What servers ask for, and what answers it */

static char *
show (const char *value)
{
  g_autoptr (GPtrArray) challenges = pillion_auth_challenges_parse (value);
  GString *shown = g_string_new (NULL);

  for (guint i = 0; i < challenges->len; i++)
    {
      PillionAuthChallenge *challenge = challenges->pdata[i];

      g_string_append_printf (shown, "[%s]", pillion_auth_scheme_get_name (challenge->scheme));
      for (guint k = 0; k < challenge->parameters.n; k += 2)
        g_string_append_printf (shown, "%s=%s;", challenge->parameters.strv[k], challenge->parameters.strv[k + 1]);
    }

  return g_string_free (shown, FALSE);
}

static void
test_parse (void)
{
  static const struct
  {
    const char *value;
    const char *shown;
  } cases[] = {
    { "Basic realm=\"a\"", "[Basic]realm=a;" },
    { "basic REALM=a", "[Basic]REALM=a;" },
    { "Basic realm=\"a, b=\\\"c\\\"\", charset=\"UTF-8\"", "[Basic]realm=a, b=\"c\";charset=UTF-8;" },
    { "Basic", "[Basic]" },
    { "Basic, Bearer", "[Basic][Bearer]" },
    { "Negotiate, Basic realm=a, NTLM", "[][Basic]realm=a;[]" },
    { "Negotiate YWJj==, Basic realm = \"a\"", "[][Basic]realm=a;" },
    { "Digest realm=\"a\", nonce=b,qop=\"auth,auth-int\" , Basic realm=c", "[Digest]realm=a;nonce=b;qop=auth,auth-int;[Basic]realm=c;" },
    { ", ,Basic ,realm=\"a\",,", "[Basic]realm=a;" },
    { "Bearer realm=\"a\", error=\"invalid_token\", error_description=\"it is, well, old\"",
      "[Bearer]realm=a;error=invalid_token;error_description=it is, well, old;" },
    { "Basic realm=\"\\\\\\\"\"", "[Basic]realm=\\\";" },

    /* Not valid: nothing more is made of it than there is */
    { "", "" },
    { ",", "" },
    { "realm=a", "" },
    { "=, Basic realm=a", "[Basic]realm=a;" },
    { "Basic realm=\"a", "[Basic]" },
    { "Basic realm=\"a\\", "[Basic]" },
    { "Basic realm=a b, x=y", "[Basic]realm=a;x=y;" },
    { "Basic realm=", "[Basic]" },
    { "\"Basic realm=a\"", "" },
    { "Basic realm=\"a\"x, Bearer", "[Basic]realm=a;[Bearer]" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *shown = show (cases[i].value);

      g_test_message ("%s", cases[i].value);
      g_assert_cmpstr (shown, ==, cases[i].shown);
    }
}

/* Each prefix of a long one: nothing is read past its end */
static void
test_cut (void)
{
  static const char whole[] = "Digest realm=\"a\\\"b\", nonce=\"c\", algorithm=SHA-256, qop=\"auth\", Negotiate abc==, Basic realm=\"d\"";

  for (gsize length = 0; length < sizeof whole; length++)
    {
      g_autofree char *cut = g_strndup (whole, length);
      g_autofree char *shown = show (cut);

      g_assert_nonnull (shown);
    }
}

static PillionDigestAuth *
make_digest (const char *value)
{
  g_autoptr (GPtrArray) challenges = pillion_auth_challenges_parse (value);

  g_assert_cmpuint (challenges->len, ==, 1);
  return pillion_digest_auth_new (challenges->pdata[0]);
}

#define RFC_7616 \
  "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", " \
  "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""

/* The examples of RFC 7616, section 3.9.1, RFC 2617, section 3.5, and RFC 2069, section 2.4 */
static void
test_digest (void)
{
  static const struct
  {
    const char *challenge;
    const char *cnonce;
    const char *user;
    const char *password;
    const char *target;
    const char *response;
  } cases[] = {
    { RFC_7616 ", algorithm=MD5", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "Mufasa", "Circle of Life", "/dir/index.html",
      "8ca523f5e9506fed4657c9700eebdbec" },
    { RFC_7616 ", algorithm=SHA-256", "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", "Mufasa", "Circle of Life", "/dir/index.html",
      "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1" },
    { "Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"", "0a4f113b", "Mufasa",
      "Circle Of Life", "/dir/index.html", "6629fae49393a05397450978507c4ef1" },
    /* With the erratum */
    { "Digest realm=\"testrealm@host.com\", nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\"", "0a4f113b", "Mufasa", "CircleOfLife",
      "/dir/index.html", "1949323746fe6a43ef61f9606e7febea" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      PillionDigestAuth *digest = make_digest (cases[i].challenge);
      g_autofree char *wanted = g_strdup_printf ("response=\"%s\"", cases[i].response);
      g_autofree char *value = NULL;

      g_assert_nonnull (digest);
      pillion_digest_auth_set_cnonce (digest, cases[i].cnonce);
      value = pillion_digest_auth_authorize (digest, cases[i].user, cases[i].password, "GET", cases[i].target);
      g_test_message ("%s", value);
      g_assert_nonnull (strstr (value, wanted));
      pillion_digest_auth_free (digest);
    }
}

static void
test_digest_fields (void)
{
  PillionDigestAuth *digest = make_digest ("Digest realm=\"a \\\"b\\\\c\\\"\", nonce=\"n\", opaque=\"o\", algorithm=sha-256-sess, qop=auth");
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  pillion_digest_auth_set_cnonce (digest, "c");
  first = pillion_digest_auth_authorize (digest, "me\"", "secret", "GET", "/a?b");
  second = pillion_digest_auth_authorize (digest, "me\"", "secret", "GET", "/a?b");
  g_assert_true (g_str_has_prefix (first, "Digest username=\"me\\\"\", realm=\"a \\\"b\\\\c\\\"\", nonce=\"n\", uri=\"/a?b\", response=\""));
  g_assert_true (g_str_has_suffix (first, "\", algorithm=SHA-256-sess, opaque=\"o\", qop=auth, nc=00000001, cnonce=\"c\""));
  g_assert_nonnull (strstr (second, "nc=00000002"));
  g_assert_null (strstr (first, "secret"));
  pillion_digest_auth_free (digest);
}

static void
test_digest_refused (void)
{
  static const char *const cases[] = {
    "Basic realm=a",
    "Digest realm=a",
    "Digest nonce=a",
    "Digest realm=a, nonce=b, algorithm=SHA-512-256",
    "Digest realm=a, nonce=b, algorithm=MD4",
    "Digest realm=a, nonce=b, qop=auth-int",
    "Digest realm=a, nonce=b, qop=\"\"",
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_null (make_digest (cases[i]));

  g_assert_true (pillion_digest_auth_fits ("J\303\244s\303\270n"));
  g_assert_false (pillion_digest_auth_fits ("a\r\nb"));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/auth/challenges", test_parse);
  g_test_add_func ("/http/auth/challenges/cut-anywhere", test_cut);
  g_test_add_func ("/http/auth/digest/examples-of-the-standards", test_digest);
  g_test_add_func ("/http/auth/digest/fields-are-quoted-and-counted", test_digest_fields);
  g_test_add_func ("/http/auth/digest/what-is-not-supported-is-not-answered", test_digest_refused);

  return g_test_run ();
}
