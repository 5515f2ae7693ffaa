/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Which requests a stored response fits: a byte for the options, a line of Vary, and the fields of two requests. The request that a response
 * was stored for always fits; and if one request gets the response of another, so does the other get its. */

#include "fuzz.h"
#include "http/pillion-cache-vary.h"

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  gsize options = fuzz_take_number (&data, &size, 4) - 1;
  g_autofree char *vary = fuzz_take_line (&data, &size);
  const char *identity = (options & 1) != 0 ? "somebody" : NULL;
  const char *language = (options & 2) != 0 ? "de" : NULL;
  PillionFieldList one = { 0 };
  PillionFieldList other = { 0 };
  PillionFieldList selected_by_one = { 0 };
  PillionFieldList selected_by_other = { 0 };

  fuzz_take_fields (&data, &size, &one);
  fuzz_take_fields (&data, &size, &other);
  pillion_cache_vary_select (vary, &one, identity, &selected_by_one);
  pillion_cache_vary_select (vary, &other, identity, &selected_by_other);

  g_assert_true (pillion_cache_vary_fits (&selected_by_one, &one, identity, language));
  g_assert_true (pillion_cache_vary_fits (&selected_by_other, &other, identity, language));
  g_assert_false (pillion_cache_vary_fits (&selected_by_one, &one, "somebody else", language));
  g_assert_true (pillion_cache_vary_fits (&selected_by_one, &other, identity, NULL) ==
                 pillion_cache_vary_fits (&selected_by_other, &one, identity, NULL));
  pillion_cache_vary_never_fits (vary);

  pillion_field_list_clear (&one);
  pillion_field_list_clear (&other);
  pillion_field_list_clear (&selected_by_one);
  pillion_field_list_clear (&selected_by_other);
  return 0;
}
