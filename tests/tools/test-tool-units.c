/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "units.h"

#include <pillion/pillion.h>

static void
test_duration (void)
{
  static const struct
  {
    const char *text;
    gint64 usec;
  } good[] = { { "2ms", 2000 }, { "500us", 500 }, { "500µs", 500 }, { "0.5s", 500000 }, { "1.5 ms", 1500 }, { "0us", 0 } };
  static const char *const bad[] = { "", "2", "ms", "-1ms", "2 m", "2msx", "nan s", "inf s", "1e300s", "2,5ms" };
  gint64 usec;

  for (gsize i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (units_parse_duration (good[i].text, &usec, &error));
      g_assert_no_error (error);
      g_assert_cmpint (usec, ==, good[i].usec);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      usec = 42;
      g_assert_false (units_parse_duration (bad[i], &usec, &error));
      g_assert_error (error, PILLION_ERROR, PILLION_ERROR_FAILED);
      g_assert_cmpint (usec, ==, 42);
    }
}

static void
test_size (void)
{
  gint64 bytes;

  g_assert_true (units_parse_size ("20M", &bytes));
  g_assert_cmpint (bytes, ==, 20000000);
  g_assert_true (units_parse_size ("3", &bytes));
  g_assert_cmpint (bytes, ==, 3);
  g_assert_true (units_parse_size ("20m", &bytes));
  g_assert_cmpint (bytes, ==, 20000000);
  g_assert_true (units_parse_size ("5k", &bytes));
  g_assert_cmpint (bytes, ==, 5000);
  g_assert_false (units_parse_size ("", &bytes));
  g_assert_false (units_parse_size ("M", &bytes));
  g_assert_false (units_parse_size ("-3", &bytes));
  g_assert_false (units_parse_size ("3MB", &bytes));
  g_assert_false (units_parse_size ("99999999999G", &bytes));
}

static void
test_sha256 (void)
{
  g_assert_true (units_is_sha256 ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  g_assert_true (units_is_sha256 ("E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855"));
  g_assert_false (units_is_sha256 ("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85"));
  g_assert_false (units_is_sha256 ("g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"));
  g_assert_false (units_is_sha256 (""));
}

static void
assert_takes (char       *text,
              const char *expected)
{
  g_assert_cmpstr (text, ==, expected);
  g_free (text);
}

/* Three digits, and no "1000 kB" if rounding carries over */
static void
test_format (void)
{
  assert_takes (units_format_size (0), "0 B");
  assert_takes (units_format_size (999), "999 B");
  assert_takes (units_format_size (1000), "1.00 kB");
  assert_takes (units_format_size (12345), "12.3 kB");
  assert_takes (units_format_size (99950), "100 kB");
  assert_takes (units_format_size (999499), "999 kB");
  assert_takes (units_format_size (999500), "1.00 MB");
  assert_takes (units_format_size (200000000), "200 MB");
  assert_takes (units_format_size (G_GINT64_CONSTANT (5000000000000000)), "5000 TB");
  assert_takes (units_format_rate (231000000), "231 MB/s");
  assert_takes (units_format_usec (312), "312 µs");
  assert_takes (units_format_usec (16667), "16.7 ms");
  assert_takes (units_format_usec (2010000), "2.01 s");
  assert_takes (units_format_seconds (0.5), "500 ms");
}

static void
test_time_left (void)
{
  assert_takes (units_format_time_left (0), "0:00");
  assert_takes (units_format_time_left (2.1), "0:03");
  assert_takes (units_format_time_left (760), "12:40");
  assert_takes (units_format_time_left (3723), "1:02:03");
  assert_takes (units_format_time_left (-1), "-:--");
  assert_takes (units_format_time_left (1e12), "-:--");
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tool/units/duration", test_duration);
  g_test_add_func ("/tool/units/size", test_size);
  g_test_add_func ("/tool/units/sha256", test_sha256);
  g_test_add_func ("/tool/units/format", test_format);
  g_test_add_func ("/tool/units/time-left", test_time_left);
  return g_test_run ();
}
