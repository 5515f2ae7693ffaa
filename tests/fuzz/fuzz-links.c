/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A line with a relation, and one of Link. What is found is a target that stands there; a link before all others is found first. */

#include <string.h>

#include "fuzz.h"
#include "http/pillion-http-fields.h"
#include "http/pillion-http-link.h"

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *relation = fuzz_take_line (&data, &size);
  g_autofree char *field = fuzz_take_line (&data, &size);
  g_autofree char *upper = g_ascii_strup (relation, -1);
  g_autofree char *target = pillion_http_find_link (field, relation);
  g_autofree char *same = pillion_http_find_link (field, upper);

  g_assert_cmpstr (same, ==, target);
  if (target != NULL)
    {
      g_autofree char *written = g_strconcat ("<", target, ">", NULL);

      g_assert_nonnull (strstr (field, written));
      g_assert_null (strpbrk (target, "<>"));
    }

  if (pillion_http_is_token (relation))
    {
      g_autofree char *more = g_strdup_printf ("<first>; title=\"<no, this is not; rel=%s>\"; rel=\"other %s\", %s", relation, relation, field);
      g_autofree char *first = pillion_http_find_link (more, relation);

      g_assert_cmpstr (first, ==, "first");
    }

  return 0;
}
