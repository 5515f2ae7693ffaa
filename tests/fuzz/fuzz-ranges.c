/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A line of Content-Range, and the ranges of a part's record */

#include "fuzz.h"
#include "http/pillion-http-fields.h"
#include "http/pillion-range-set.h"

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *value = fuzz_take_line (&data, &size);
  g_autofree char *text = fuzz_take_line (&data, &size);
  PillionRangeSet set = { 0 };
  gint64 first, last, total;

  if (pillion_http_parse_content_range (value, &first, &last, &total))
    {
      g_assert_cmpint (first, >=, 0);
      g_assert_cmpint (last, >=, first);
      g_assert_true (total == -1 || total > last);
    }

  if (pillion_range_set_parse (&set, text))
    {
      g_autofree char *written = pillion_range_set_format (&set);
      PillionRangeSet again = { 0 };

      g_assert_cmpint (pillion_range_set_get_size (&set), >=, 0);
      for (guint i = 0; i < set.n; i++)
        {
          g_assert_cmpint (set.ranges[i].start, <, set.ranges[i].end);
          g_assert_true (i == 0 || set.ranges[i - 1].end < set.ranges[i].start);
        }
      g_assert_true (pillion_range_set_parse (&again, written));
      g_assert_cmpint (pillion_range_set_get_size (&again), ==, pillion_range_set_get_size (&set));
      pillion_range_set_clear (&again);
    }
  pillion_range_set_clear (&set);
  return 0;
}
