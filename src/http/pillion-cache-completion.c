/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-completion.h"

#include "http/pillion-cache-fill.h"
#include "http/pillion-cache-policy.h"
#include "http/pillion-http-fields.h"

void
pillion_cache_completion_ask (const PillionStoredResponse *part,
                              gint64 length,
                              PillionFieldList *fields)
{
  g_autofree char *range = g_strdup_printf ("bytes=%" G_GINT64_FORMAT "-", length);

  pillion_field_list_set (fields, "Range", range);
  pillion_field_list_set (fields, "If-Range", pillion_cache_get_strong_validator (part));
}

PillionStoredResponse *
pillion_cache_completion_take (const PillionStoredResponse *part,
                               gint64 length,
                               const PillionHead *head,
                               gint64 requested,
                               gint64 received,
                               gint64 *total)
{
  const char *range = head->get_field (head, "Content-Range");
  g_autoptr (PillionStoredResponse) rest = NULL;
  g_autoptr (PillionStoredResponse) whole = NULL;
  g_autoptr (GBytes) copy = NULL;
  g_autofree char *size = NULL;
  gint64 first, last;

  if (head->status != 206 || range == NULL || !pillion_http_parse_content_range (range, &first, &last, total) || first != length ||
      *total < 0 || last != *total - 1 || (part->total >= 0 && part->total != *total) || (head->length >= 0 && head->length != *total - length))
    return NULL;

  rest = pillion_cache_fill_make_response (head, requested, received);
  if (pillion_cache_has_too_many_fields (&rest->fields) || !pillion_cache_are_parts_of_one (rest, part))
    return NULL;
  /* With If-Range, a 206 need not repeat the fields that it has in common with the part (RFC 9110, section 15.3.7) */
  if (pillion_field_list_get (&rest->fields, "Content-Encoding") != NULL && !pillion_cache_are_coded_alike (rest, part))
    return NULL;

  copy = pillion_stored_response_serialize (part);
  whole = pillion_stored_response_parse (copy);
  if (whole == NULL)
    return NULL;

  pillion_cache_update (whole, &rest->fields, requested, received);
  size = g_strdup_printf ("%" G_GINT64_FORMAT, *total);
  pillion_field_list_set (&whole->fields, "Content-Length", size);
  pillion_field_list_remove (&whole->fields, "Content-Range");
  whole->status = 200;
  g_free (whole->reason);
  whole->reason = g_strdup ("OK");
  whole->total = -1;

  return g_steal_pointer (&whole);
}
