/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "fuzz.h"
#include "http/pillion-http-fields.h"

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *value = fuzz_take_text (&data, &size);
  /* 29 November 2026, the epoch, and the end of 9999 */
  gint64 times[] = { G_GINT64_CONSTANT (1795953600000000), 0, G_GINT64_CONSTANT (253402300799000000) };

  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    g_assert_cmpint (pillion_http_parse_retry_after (value, times[i]), >=, -1);

  return 0;
}
