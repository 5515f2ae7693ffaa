/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-choice.h"

#include <string.h>

#include "http/pillion-http-date.h"

/* The server has to look at all of them, and how long a field may be is for it to decide */
#define MAX_VARIANTS 16
#define MAX_TAGS 1024

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

static void
take_part (PillionCacheChoice *self,
           PillionCacheEntry *entry,
           PillionStoredResponse *stored)
{
  const guint64 length = pillion_cache_entry_get_length (entry);

  /* After its last byte there is nothing to request */
  if (length == 0 || (stored->total >= 0 && length >= (guint64) stored->total) ||
      (self->part != NULL && pillion_cache_entry_get_length (self->part) >= length))
    {
      pillion_stored_response_free (stored);
      return;
    }

  pillion_cache_choice_drop_part (self);
  self->part = pillion_cache_entry_ref (entry);
  self->part_stored = stored;
}

/* Whether what is whole is of no use any more, because the part is of a newer version */
static gboolean
is_outdated_by_part (const PillionCacheChoice *self)
{
  return self->use == PILLION_CACHE_USE_VALIDATED && get_time (self->part_stored) >= get_time (self->stored) &&
         !pillion_cache_are_parts_of_one (self->part_stored, self->stored);
}

static void
add_variant (PillionCacheChoice *self,
             PillionCacheEntry *entry)
{
  if (self->variants == NULL)
    self->variants = g_ptr_array_new_with_free_func ((GDestroyNotify) pillion_cache_entry_unref);
  if (self->variants->len < MAX_VARIANTS)
    g_ptr_array_add (self->variants, pillion_cache_entry_ref (entry));
}

static PillionStoredResponse *
take_stored (PillionCacheEntry *entry)
{
  PillionStoredResponse *stored = pillion_cache_entry_steal_parsed (entry);

  return stored != NULL ? stored : pillion_stored_response_parse (pillion_cache_entry_get_metadata (entry));
}

static void
give_stored (PillionCacheEntry *entry,
             PillionStoredResponse *stored)
{
  pillion_cache_entry_take_parsed (entry, stored, (GDestroyNotify) pillion_stored_response_free);
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
      g_autoptr (PillionStoredResponse) stored = take_stored (entry);

      if (stored == NULL || !pillion_cache_request_fits (request, stored))
        {
          self->other_variants = TRUE;
          if (stored != NULL && pillion_cache_request_may_select (request, stored))
            add_variant (self, entry);
        }
      else if (!pillion_cache_request_has_bytes (request, stored, (gint64) pillion_cache_entry_get_length (entry)))
        {
          self->other_parts = TRUE;
          if (pillion_cache_request_may_complete (request, stored))
            take_part (self, entry, g_steal_pointer (&stored));
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
  if (self->stored != NULL && self->part != NULL && !is_outdated_by_part (self))
    pillion_cache_choice_drop_part (self);
}

gboolean
pillion_cache_choice_is_possible (GPtrArray *entries,
                                  const PillionCacheRequest *request,
                                  gint64 now)
{
  for (guint i = 0; i < entries->len; i++)
    {
      PillionCacheEntry *entry = entries->pdata[i];
      PillionStoredResponse *stored = take_stored (entry);

      if (stored == NULL)
        continue;

      give_stored (entry, stored);
      if (pillion_cache_may_be_fresh (stored, now) || pillion_cache_request_judge (request, stored, now) != PILLION_CACHE_USE_VALIDATED)
        return TRUE;
    }

  return FALSE;
}

void
pillion_cache_choice_drop_part (PillionCacheChoice *self)
{
  g_clear_pointer (&self->part, pillion_cache_entry_unref);
  g_clear_pointer (&self->part_stored, pillion_stored_response_free);
}

void
pillion_cache_choice_clear (PillionCacheChoice *self)
{
  pillion_cache_choice_drop_part (self);
  g_clear_pointer (&self->entry, pillion_cache_entry_unref);
  g_clear_pointer (&self->stored, pillion_stored_response_free);
  g_clear_pointer (&self->variants, g_ptr_array_unref);
}

void
pillion_cache_choice_give_back (PillionCacheChoice *self)
{
  if (self->stored != NULL)
    give_stored (self->entry, g_steal_pointer (&self->stored));
  pillion_cache_choice_clear (self);
}

gboolean
pillion_cache_choice_add_validators (PillionCacheChoice *self,
                                     PillionFieldList *fields)
{
  const gboolean validating = self->stored != NULL && pillion_cache_add_validators (self->stored, fields);
  g_autoptr (GString) tags = NULL;
  const char *own;

  if (self->variants == NULL)
    return validating;

  /* With a tag, the server ignores the date */
  own = pillion_field_list_get (fields, "If-None-Match");
  if (validating && own == NULL)
    {
      g_clear_pointer (&self->variants, g_ptr_array_unref);
      return validating;
    }

  tags = g_string_new (own);
  for (guint i = 0; i < self->variants->len; i++)
    {
      g_autoptr (PillionStoredResponse) stored = pillion_stored_response_parse (pillion_cache_entry_get_metadata (self->variants->pdata[i]));
      const char *etag = pillion_stored_response_get (stored, "ETag");

      if (tags->len + strlen (etag) < MAX_TAGS)
        g_string_append_printf (tags, "%s%s", tags->len > 0 ? ", " : "", etag);
    }
  if (tags->len > 0)
    pillion_field_list_set (fields, "If-None-Match", tags->str);

  return validating || tags->len > 0;
}

gboolean
pillion_cache_choice_select (PillionCacheChoice *self,
                             const char *etag)
{
  for (guint i = 0; self->variants != NULL && i < self->variants->len; i++)
    {
      PillionCacheEntry *entry = self->variants->pdata[i];
      g_autoptr (PillionStoredResponse) stored = pillion_stored_response_parse (pillion_cache_entry_get_metadata (entry));

      if (!pillion_cache_has_tag (stored, etag))
        continue;

      g_clear_pointer (&self->entry, pillion_cache_entry_unref);
      g_clear_pointer (&self->stored, pillion_stored_response_free);
      self->entry = pillion_cache_entry_ref (entry);
      self->stored = g_steal_pointer (&stored);
      return TRUE;
    }

  return FALSE;
}
