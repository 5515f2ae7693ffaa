/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What the cache keeps of a response beside its body. Whatever is accepted is written again byte for byte, and has an age. */

#include "fuzz.h"
#include "http/pillion-cache-policy.h"

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autoptr (PillionStoredResponse) stored = pillion_stored_response_parse (bytes);
  g_autoptr (GBytes) again = NULL;
  gint64 now, age;

  if (stored == NULL)
    return 0;

  again = pillion_stored_response_serialize (stored);
  g_assert_true (g_bytes_equal (again, bytes));

  g_assert_cmpint (pillion_cache_get_lifetime (stored), >=, 0);
  now = stored->received + 100;
  age = pillion_cache_get_age (stored, now);
  g_assert_cmpint (age, >=, 100);
  g_assert_cmpint (age, <=, PILLION_CACHE_MAX_SECONDS);
  return 0;
}
