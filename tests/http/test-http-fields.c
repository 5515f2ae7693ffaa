/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include <pillion-http/pillion-http.h>

#include "http/pillion-http-date.h"
#include "http/pillion-http-fields.h"
#include "http/pillion-http-url.h"

static void
test_content_length (void)
{
  static const struct
  {
    const char *value;
    gint64 length; /* -1: none */
  } cases[] = {
    { "0", 0 }, { "17", 17 }, { " 17 ", 17 }, { "17, 17", 17 }, { "17,17,17", 17 },
    { "9223372036854775807", G_MAXINT64 }, { "9223372036854775808", -1 }, { "99999999999999999999", -1 },
    { "", -1 }, { "-1", -1 }, { "+1", -1 }, { "1x", -1 }, { "0x10", -1 }, { "17, 18", -1 }, { "17,", -1 }, { "1 7", -1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gint64 length = -1;

      g_assert_cmpint (pillion_http_parse_content_length (cases[i].value, &length), ==, cases[i].length >= 0);
      if (cases[i].length >= 0)
        g_assert_cmpint (length, ==, cases[i].length);
    }
}

static void
test_content_range (void)
{
  static const char *const bad[] = {
    "", "bytes", "bytes ", "bytes 5-9", "bytes 9-5/20", "bytes 5-9/9", "bytes */20", "bytes -5/20", "bytes 5-/20",
    "items 5-9/20", "bytes=5-9/20", "bytes 5-9/20x", "bytes 5-99999999999999999999/*",
  };
  gint64 first;
  gint64 last;
  gint64 total;

  g_assert_true (pillion_http_parse_content_range ("bytes 5-9/20", &first, &last, &total));
  g_assert_cmpint (first, ==, 5);
  g_assert_cmpint (last, ==, 9);
  g_assert_cmpint (total, ==, 20);
  g_assert_true (pillion_http_parse_content_range ("Bytes 0-0/*", &first, &last, &total));
  g_assert_cmpint (last, ==, 0);
  g_assert_cmpint (total, ==, -1);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    g_assert_false (pillion_http_parse_content_range (bad[i], &first, &last, &total));
}

static void
test_validators (void)
{
  g_assert_true (pillion_http_is_strong_etag ("\"abc\""));
  g_assert_true (pillion_http_is_strong_etag ("\"\""));
  g_assert_false (pillion_http_is_strong_etag (NULL));
  g_assert_false (pillion_http_is_strong_etag ("W/\"abc\""));
  g_assert_false (pillion_http_is_strong_etag ("abc"));
  g_assert_false (pillion_http_is_strong_etag ("\""));
  g_assert_false (pillion_http_is_strong_etag ("\"a\", \"b\""));

  g_assert_true (pillion_http_is_strong_date ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:37 GMT"));
  g_assert_false (pillion_http_is_strong_date ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:36 GMT"));
  g_assert_false (pillion_http_is_strong_date ("Sun, 06 Nov 1994 08:49:37 GMT", NULL));
  g_assert_false (pillion_http_is_strong_date (NULL, "Sun, 06 Nov 1994 08:49:37 GMT"));
  g_assert_false (pillion_http_is_strong_date ("yesterday", "Sun, 06 Nov 1994 08:49:37 GMT"));
  g_assert_false (pillion_http_is_strong_date ("Sun, 06 Xyz 1994 08:49:37 GMT", "Mon, 07 Nov 1994 08:49:37 GMT"));
  g_assert_false (pillion_http_is_strong_date ("Sun, 06 anF 1994 08:49:37 GMT", "Mon, 07 Nov 1994 08:49:37 GMT"));
  g_assert_false (pillion_http_is_strong_date ("Sun, 99 Nov 1994 08:49:37 GMT", "Mon, 07 Nov 1994 08:49:37 GMT"));
}

static void
test_retry_after (void)
{
  const gint64 now = G_GINT64_CONSTANT (784111777) * G_USEC_PER_SEC; /* Sun, 06 Nov 1994 08:49:37 GMT */
  static const struct
  {
    const char *value;
    gint64 seconds; /* -1 if it is not valid */
  } cases[] = {
    { "0", 0 },
    { "120", 120 },
    { "0007", 7 },
    { "Sun, 06 Nov 1994 08:49:38 GMT", 1 },
    { "Sun, 06 Nov 1994 08:49:37 GMT", 0 },
    { "Sat, 05 Nov 1994 08:49:37 GMT", 0 },
    { "Sunday, 06-Nov-94 08:50:37 GMT", 60 },
    { "Tuesday, 06-Nov-46 08:49:37 GMT", 0 }, /* of 1946 */
    { "Sun Nov  6 09:49:37 1994", 3600 },
    { "", -1 },
    { "-1", -1 },
    { "1.5", -1 },
    { "soon", -1 },
    { "Sun, 06 Xyz 1994 08:49:38 GMT", -1 },
    { "Sun, 06 Nov 1994 08:49:38 CET", -1 },
    { "Sun, 99 Nov 1994 08:49:38 GMT", -1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GTimeSpan wait = pillion_http_parse_retry_after (cases[i].value, now);

      g_test_message ("%s", cases[i].value);
      g_assert_cmpint (wait, ==, cases[i].seconds >= 0 ? cases[i].seconds * G_USEC_PER_SEC : -1);
    }
  g_assert_cmpint (pillion_http_parse_retry_after ("99999999999999999999999", now), ==, G_MAXINT64);
}

static void
test_urls (void)
{
  static const char *const bad[] = {
    "", "x", "/path", "//host/path", "http", "http:", "http://", "http:///path", "http://host:99999/", "http://host:x/",
    "http://h/a b", "http://h/\r\nX: y", "http://h/\x7f", "http://[::1/", " http://h/",
    "http://h/100%", "http://h/%zz",
  };
  static const char *const other[] = { "ftp://h/", "file:///etc/passwd", "data:,x", "mailto:a@b", "ws://h/" };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GUri) uri = pillion_http_parse_url (bad[i], &error);

      g_assert_false (uri != NULL && pillion_http_check_uri (uri, &error));
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_URL);
    }

  for (guint i = 0; i < G_N_ELEMENTS (other); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GUri) uri = pillion_http_parse_url (other[i], &error);

      g_assert_no_error (error);
      g_assert_false (pillion_http_check_uri (uri, &error));
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_UNSUPPORTED_SCHEME);
    }
}

static void
test_origin (void)
{
  static const struct
  {
    const char *url;
    const char *origin;
    const char *shown;
  } cases[] = {
    { "http://Host/a", "http://host:80", "http://Host/a" },
    { "HTTPS://host:8443/", "https://host:8443", "HTTPS://host:8443/" },
    { "https://host/", "https://host:443", "https://host/" },
    { "http://user:secret@host/", "http://host:80", "http://host/" },
    { "http://user@host/", "http://host:80", "http://host/" },
    { "http://[::1]:80/", "http://::1:80", "http://[::1]:80/" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GUri) uri = pillion_http_parse_url (cases[i].url, NULL);
      g_autoptr (GRefString) origin = pillion_http_uri_get_origin (uri);
      g_autofree char *shown = pillion_http_redact_url (cases[i].url);

      g_assert_cmpstr (origin, ==, cases[i].origin);
      g_assert_cmpstr (shown, ==, cases[i].shown);
    }
}

/* Whatever was given for a URL: no part of it that may be a password is shown */
static void
test_redact (void)
{
  static const struct
  {
    const char *url;
    const char *shown;
  } cases[] = {
    { "http://host/a?b=c@d#e", "http://host/a?b=c@d#e" },
    { "http://host/me:s3cret@there", "http://host/me:s3cret@there" },
    { "http://me:s3cret@host:81/a?b@c", "http://host:81/a?b@c" },
    { "https://s3cret@host", "https://host" },
    { "https://s3cret:@host", "https://host" },
    { "http://me:s3@cret@host/", "http://host/" },
    { "http://me:s3cret/x@host/", "...host/" },
    { "http://me:s3cret x@host/", "...host/" },
    { " http://me:s3cret@host/", "...host/" },
    { "me:s3cret@host/", "...host/" },
    { "//me:s3cret@host/", "...host/" },
    { "ftp://me:s3cret@host/", "ftp://host/" },
    { "http://me:s3cret@h\xffst/", "...h\xef\xbf\xbdst/" },
    { "nothing", "nothing" },
    { "@", "..." },
    { "", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *shown = pillion_http_redact_url (cases[i].url);

      g_assert_cmpstr (shown, ==, cases[i].shown);
    }
}

static void
test_resolve (void)
{
  static const struct
  {
    const char *location;
    const char *result;
  } cases[] = {
    { "/c", "http://user:pw@host:8080/c" },
    { "c", "http://user:pw@host:8080/a/c" },
    { "../c?x=y", "http://user:pw@host:8080/c?x=y" },
    { "//other/c", "http://other/c" },
    { "https://other/c d", "https://other/c%20d" },
    { "/caf\xc3\xa9", "http://user:pw@host:8080/caf%C3%A9" },
  };
  g_autoptr (GUri) base = pillion_http_parse_url ("http://user:pw@host:8080/a/b", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GUri) uri = pillion_http_resolve (base, cases[i].location, &error);
      g_autofree char *text = NULL;

      g_assert_no_error (error);
      text = g_uri_to_string (uri);
      g_assert_cmpstr (text, ==, cases[i].result);
    }

  {
    g_autoptr (GError) error = NULL;

    g_assert_null (pillion_http_resolve (base, "http://[bad/", &error));
    g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL);
    g_clear_error (&error);
    g_assert_null (pillion_http_resolve (base, "/a\x01", &error));
    g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL);
  }
}

static void
test_has_element (void)
{
  const char *const with[] = { "no-store", "No-Store", " no-store ", "a, no-store", "no-store=1", ",,no-store;q=1,b", "a=\"x\",no-store",
                               "a=\"\\\"\" , no-store" };
  const char *const without[] = { "", ",", "no-stores", "no", "a=no-store", "a no-store", "a=\"b, no-store\"", "a=\"\\\", no-store", "a=\"\\" };

  for (guint i = 0; i < G_N_ELEMENTS (with); i++)
    g_assert_true (pillion_http_has_element (with[i], "no-store"));
  for (guint i = 0; i < G_N_ELEMENTS (without); i++)
    g_assert_false (pillion_http_has_element (without[i], "no-store"));
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/fields/content-length", test_content_length);
  g_test_add_func ("/http/fields/content-range", test_content_range);
  g_test_add_func ("/http/fields/validators", test_validators);
  g_test_add_func ("/http/fields/urls", test_urls);
  g_test_add_func ("/http/fields/origin", test_origin);
  g_test_add_func ("/http/fields/resolve", test_resolve);
  g_test_add_func ("/http/fields/redacted-urls-show-no-password", test_redact);
  g_test_add_func ("/http/fields/retry-after", test_retry_after);
  g_test_add_func ("/http/fields/has-element", test_has_element);

  return g_test_run ();
}
