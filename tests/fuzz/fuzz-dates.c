/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzz.h"
#include "http/pillion-http-date.h"

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *value = fuzz_take_line (&data, &size);
  g_autofree char *other = fuzz_take_line (&data, &size);
  gint64 seconds;

  if (pillion_http_parse_date (value, &seconds))
    {
      g_autofree char *written = pillion_http_format_date (seconds);
      gint64 again;

      g_assert_nonnull (written);
      g_assert_true (pillion_http_parse_date (written, &again));
      g_assert_cmpint (again, ==, seconds);
    }
  pillion_http_parse_any_date (value, 0, &seconds);
  pillion_http_parse_any_date (value, G_GINT64_CONSTANT (1795953600), &seconds);
  pillion_http_is_strong_date (value, other);
  return 0;
}
