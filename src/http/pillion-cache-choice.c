/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-choice.h"

#include "http/pillion-http-date.h"

char *
pillion_cache_make_key (const char *origin,
                        GUri *uri)
{
  const char *path = g_uri_get_path (uri);
  const char *query = g_uri_get_query (uri);

  return g_strconcat (origin, path[0] != '\0' ? path : "/", query != NULL ? "?" : "", query != NULL ? query : "", NULL);
}

/* Of several that fit, the one that the server has sent last is used (RFC 9111, section 4.1) */
static gint64
get_time (const PillionStoredResponse *stored)
{
  gint64 date;

  return pillion_http_parse_any_date (pillion_stored_response_get (stored, "Date"), stored->received, &date) ? date : stored->received;
}

static gboolean
is_better (const PillionStoredResponse *stored,
           const PillionCacheChoice *than)
{
  return than->stored == NULL || get_time (stored) > get_time (than->stored);
}

void
pillion_cache_choice_init (PillionCacheChoice *self,
                           GPtrArray *entries,
                           const PillionCacheRequest *request,
                           gint64 now)
{
  if (!pillion_cache_request_may_use (request))
    entries = NULL;

  *self = (PillionCacheChoice) { .use = PILLION_CACHE_USE_VALIDATED };
  for (guint i = 0; entries != NULL && i < entries->len; i++)
    {
      PillionCacheEntry *entry = entries->pdata[i];
      g_autoptr (PillionStoredResponse) stored = pillion_stored_response_parse (pillion_cache_entry_get_metadata (entry));

      if (stored == NULL || !pillion_cache_request_fits (request, stored))
        {
          self->other_variants = TRUE;
        }
      else if (!pillion_cache_request_has_bytes (request, stored, (gint64) pillion_cache_entry_get_length (entry)))
        {
          self->other_parts = TRUE;
        }
      else if (is_better (stored, self))
        {
          g_clear_pointer (&self->entry, pillion_cache_entry_unref);
          g_clear_pointer (&self->stored, pillion_stored_response_free);
          self->entry = pillion_cache_entry_ref (entry);
          self->stored = g_steal_pointer (&stored);
        }
    }

  if (self->stored != NULL)
    self->use = pillion_cache_request_judge (request, self->stored, now);
}

void
pillion_cache_choice_clear (PillionCacheChoice *self)
{
  g_clear_pointer (&self->entry, pillion_cache_entry_unref);
  g_clear_pointer (&self->stored, pillion_stored_response_free);
}
