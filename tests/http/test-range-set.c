/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Sets of ranges, against a map of bytes */

#include "http/pillion-range-set.h"

#define SIZE 64

static void
assert_text (const PillionRangeSet *set,
             const char *expected)
{
  g_autofree char *text = pillion_range_set_format (set);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_add (void)
{
  PillionRangeSet set = { NULL };

  assert_text (&set, "");
  pillion_range_set_add (&set, 20, 30);
  pillion_range_set_add (&set, 40, 50);
  pillion_range_set_add (&set, 5, 5);
  assert_text (&set, "20-30 40-50");
  pillion_range_set_add (&set, 0, 10);
  assert_text (&set, "0-10 20-30 40-50");
  pillion_range_set_add (&set, 30, 40);
  assert_text (&set, "0-10 20-50");
  pillion_range_set_add (&set, 22, 25);
  assert_text (&set, "0-10 20-50");
  pillion_range_set_add (&set, 5, 60);
  assert_text (&set, "0-60");
  g_assert_cmpint (pillion_range_set_get_size (&set), ==, 60);
  pillion_range_set_clear (&set);
  assert_text (&set, "");
}

static void
test_random (void)
{
  for (guint round = 0; round < 500; round++)
    {
      PillionRangeSet set = { NULL };
      PillionRangeSet copy = { NULL };
      gboolean map[SIZE] = { FALSE };
      g_autofree char *text = NULL;

      for (guint i = 0; i < 20; i++)
        {
          gint64 start = g_test_rand_int_range (0, SIZE);
          gint64 end = g_test_rand_int_range ((gint32) start, MIN (SIZE, (gint32) start + 10));
          gint64 size = 0;

          if (i % 7 == 6)
            {
              pillion_range_set_cut (&set, start);
              for (gint64 j = 0; j < start; j++)
                map[j] = FALSE;
            }
          else
            {
              pillion_range_set_add (&set, start, end);
              for (gint64 j = start; j < end; j++)
                map[j] = TRUE;
            }

          for (gint64 j = 0; j < SIZE; j++)
            {
              const PillionRange *range = pillion_range_set_find (&set, j);

              g_assert_true ((range != NULL && range->start <= j) == map[j]);
              size += map[j];
            }
          g_assert_cmpint (pillion_range_set_get_size (&set), ==, size);
          for (guint j = 1; j < set.n; j++)
            g_assert_cmpint (set.ranges[j - 1].end, <, set.ranges[j].start);
        }

      text = pillion_range_set_format (&set);
      g_assert_true (pillion_range_set_parse (&copy, text));
      assert_text (&copy, text);
      pillion_range_set_copy (&copy, &set);
      assert_text (&copy, text);
      pillion_range_set_clear (&copy);
      pillion_range_set_clear (&set);
    }
}

static void
test_parse_garbage (void)
{
  static const char *const garbage[] = {
    " ", "1", "1-", "-1", "1-2-3", "1-2,3-4", "2-1", "1-1", "1-2 2-3", "5-6 1-2", "1-2  3-4", "+1-2", "1- 2", "a-b", "1-2x", "1-99999999999999999999", "-1-2",
  };

  for (guint i = 0; i < G_N_ELEMENTS (garbage); i++)
    {
      PillionRangeSet set = { NULL };

      g_test_message ("'%s'", garbage[i]);
      pillion_range_set_add (&set, 1, 2);
      g_assert_false (pillion_range_set_parse (&set, garbage[i]));
      g_assert_cmpuint (set.n, ==, 0);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/range-set/ranges-that-touch-become-one", test_add);
  g_test_add_func ("/range-set/same-as-a-map-of-bytes", test_random);
  g_test_add_func ("/range-set/garbage-is-refused", test_parse_garbage);

  return g_test_run ();
}
