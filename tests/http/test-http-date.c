/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http/pillion-http-date.h"

#define THEN G_GINT64_CONSTANT (784111777) /* Sun, 06 Nov 1994 08:49:37 GMT */

static void
test_forms (void)
{
  static const struct
  {
    const char *value;
    gint64 seconds; /* -1 if it is invalid */
  } cases[] = {
    { "Sun, 06 Nov 1994 08:49:37 GMT", THEN },
    { "sun, 06 NOV 1994 08:49:37 gmt", THEN },
    { "Sunday, 06-Nov-94 08:49:37 GMT", THEN },
    { "Sun Nov  6 08:49:37 1994", THEN },
    { "Sun Nov 06 08:49:37 1994", THEN },
    { "Tue, 19 Jan 2038 14:14:08 GMT", G_GINT64_CONSTANT (2147523248) },
    { "Sun, 21 Nov 2286 04:46:39 GMT", G_GINT64_CONSTANT (10000039599) },
    { "Sat, 30 Jun 2012 23:59:60 GMT", G_GINT64_CONSTANT (1341100799) },
    { "Sun, 06 Nov 1994 08:49:37 UTC", -1 },
    { "Sun, 06 Nov 1994 08:49:37 AEST", -1 },
    { "Sun, 06 Nov 1994 08:49:37", -1 },
    { "Sun, 06 Nov 94 08:49:37 GMT", -1 },
    { "Sun 06 Nov 1994 08:49:37 GMT", -1 },
    { "Sun,  06 Nov 1994 08:49:37 GMT", -1 },
    { "Sun, 06  Nov  1994 08:49:37 GMT", -1 },
    { "Sun, 6 Nov 1994 08:49:37 GMT", -1 },
    { "Sun, 06-Nov-1994 08:49:37 GMT", -1 },
    { "Sun, 06 Nov 1994 08.49.37 GMT", -1 },
    { "Sun, 06 Nov 1994 8:49:37 GMT", -1 },
    { "Sun, 06 Nov 1994 08:49 GMT", -1 },
    { "Sun, 06 Nov 1994 24:49:37 GMT", -1 },
    { "Sun, 31 Feb 1994 08:49:37 GMT", -1 },
    { "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT", -1 },
    { " Sun, 06 Nov 1994 08:49:37 GMT", -1 },
    { "Sun, 06 Nov 1994 08:49:37 GMT ", -1 },
    { "784111777", -1 },
    { "0", -1 },
    { "-1", -1 },
    { "", -1 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      gint64 seconds = -1;

      g_test_message ("%s", cases[i].value);
      g_assert_cmpint (pillion_http_parse_any_date (cases[i].value, THEN, &seconds), ==, cases[i].seconds >= 0);
      g_assert_cmpint (seconds, ==, cases[i].seconds);
    }
  g_assert_false (pillion_http_parse_any_date (NULL, THEN, &(gint64) { 0 }));
}

static void
test_two_digits (void)
{
  gint64 seconds;

  g_assert_true (pillion_http_parse_any_date ("Tuesday, 06-Nov-44 08:49:37 GMT", THEN, &seconds));
  g_assert_cmpint (seconds, ==, G_GINT64_CONSTANT (2362034977)); /* in 2044 */
  g_assert_true (pillion_http_parse_any_date ("Tuesday, 06-Nov-46 08:49:37 GMT", THEN, &seconds));
  g_assert_cmpint (seconds, ==, G_GINT64_CONSTANT (-730653023)); /* in 1946 */
}

static void
test_only_fixdate_is_a_validator (void)
{
  gint64 seconds;

  g_assert_true (pillion_http_parse_date ("Sun, 06 Nov 1994 08:49:37 GMT", &seconds));
  g_assert_cmpint (seconds, ==, THEN);
  g_assert_false (pillion_http_parse_date ("Sunday, 06-Nov-94 08:49:37 GMT", &seconds));
  g_assert_false (pillion_http_parse_date ("Sun Nov  6 08:49:37 1994", &seconds));
  g_assert_false (pillion_http_parse_date (NULL, &seconds));
}

static void
test_format (void)
{
  g_autofree char *text = pillion_http_format_date (THEN);

  g_assert_cmpstr (text, ==, "Sun, 06 Nov 1994 08:49:37 GMT");
  g_assert_null (pillion_http_format_date (G_MAXINT64));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/date/forms", test_forms);
  g_test_add_func ("/http/date/two-digits", test_two_digits);
  g_test_add_func ("/http/date/only-fixdate-is-a-validator", test_only_fixdate_is_a_validator);
  g_test_add_func ("/http/date/format", test_format);

  return g_test_run ();
}
