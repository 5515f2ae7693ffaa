/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "bars.h"
#include "text.h"

#include <locale.h>

static void
assert_takes (char       *text,
              const char *expected)
{
  g_assert_cmpstr (text, ==, expected);
  g_free (text);
}

/* Nothing that a server says reaches a terminal as a control sequence */
static void
test_clean (void)
{
  assert_takes (text_clean ("plain Größe 大"), "plain Größe 大");
  assert_takes (text_clean ("a\033[31mb\007\r"), "a?[31mb??");
  assert_takes (text_clean ("two\nlines"), "two lines");
  assert_takes (text_clean ("c1 \xc2\x9b"), "c1 ?");
  assert_takes (text_clean ("turned \xe2\x80\xaegnp"), "turned ?gnp");
  assert_takes (text_clean ("broken \xff"), "broken \xef\xbf\xbd");
}

static void
test_width (void)
{
  g_assert_cmpuint (text_width (""), ==, 0);
  g_assert_cmpuint (text_width ("abc"), ==, 3);
  g_assert_cmpuint (text_width ("Größe"), ==, 5);
  g_assert_cmpuint (text_width ("大小"), ==, 4);
  g_assert_cmpuint (text_width ("e\xcc\x81"), ==, 1);
  g_assert_cmpuint (text_width ("\033[36mab\033[0m"), ==, 2);
}

static void
test_fit (void)
{
  assert_takes (text_fit ("abc", 5), "abc  ");
  assert_takes (text_fit ("abcdefgh", 5), "ab…gh");
  assert_takes (text_fit ("abcdefgh", 1), "…");
  assert_takes (text_fit ("abcdefgh", 0), "");
  assert_takes (text_fit_right ("abc", 5), "  abc");
  assert_takes (text_fit_right ("abcdef", 5), "abcdef");
  assert_takes (text_cut ("abcdef", 3), "abc");
  assert_takes (text_cut ("\033[36mabcdef\033[0m", 3), "\033[36mabc\033[0m");
  /* Wherever it is cut, the width is exact: wide characters leave a space */
  for (guint cells = 1; cells < 12; cells++)
    {
      g_autofree char *fit = text_fit ("大小大小大小", cells);

      g_assert_cmpuint (text_width (fit), ==, cells);
    }
}

static void
test_progress (void)
{
  for (guint cells = 4; cells < 30; cells++)
    for (guint i = 0; i <= 110; i++)
      {
        g_autoptr (GString) bar = g_string_new (NULL);

        bars_append_progress (bar, i / 100.0, cells, 0, i % 2);
        g_assert_cmpuint (text_width (bar->str), ==, cells);
        g_string_truncate (bar, 0);
        bars_append_progress (bar, -1, cells, i, FALSE);
        g_assert_cmpuint (text_width (bar->str), ==, cells);
        g_string_truncate (bar, 0);
        bars_append_amount (bar, i / 100.0, cells);
        g_assert_cmpuint (text_width (bar->str), ==, cells);
      }
}

/* One frame in a thousand must be visible */
static void
test_sliver (void)
{
  g_autoptr (GString) bar = g_string_new (NULL);

  bars_append_amount (bar, 0.001, 4);
  g_assert_cmpstr (bar->str, ==, "▏   ");
  g_string_truncate (bar, 0);
  bars_append_amount (bar, 0, 4);
  g_assert_cmpstr (bar->str, ==, "    ");
}

/* Late frames are the upper half of the cell, all others the lower one */
static void
test_sparkline (void)
{
  const gint64 times[] = { 100, 16667, 25000, 25001, 60000, 2000000 };
  g_autoptr (GString) line = g_string_new (NULL);

  bars_append_sparkline (line, times, G_N_ELEMENTS (times), 25000, FALSE);
  g_assert_cmpstr (line->str, ==, "▁▃▄▅██");
}

int
main (int    argc,
      char **argv)
{
  /* Blocks are only used if the locale can print them */
  setlocale (LC_ALL, "C.UTF-8");
  g_setenv ("LC_ALL", "C.UTF-8", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tool/text/clean", test_clean);
  g_test_add_func ("/tool/text/width", test_width);
  g_test_add_func ("/tool/text/fit", test_fit);
  g_test_add_func ("/tool/bars/progress", test_progress);
  g_test_add_func ("/tool/bars/sliver", test_sliver);
  g_test_add_func ("/tool/bars/sparkline", test_sparkline);
  return g_test_run ();
}
