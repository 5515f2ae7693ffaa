/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-fill.h"

#include <string.h>

#include "http/pillion-cache-vary.h"
#include "http/pillion-http-fields.h"

/* Parts are put together in one go, so they must not be large */
#define MAX_COMBINED (4 * 1024 * 1024)

typedef struct
{
  PillionStoredResponse *response;
  const char *connection;
} FieldTaker;

static void
take_field (const char *name,
            const char *value,
            gpointer data)
{
  FieldTaker *self = data;

  if (pillion_cache_may_store_field (name, self->connection))
    pillion_field_list_append (&self->response->fields, name, value);
}

PillionStoredResponse *
pillion_cache_fill_make_response (const PillionHead *head,
                                  gint64 requested,
                                  gint64 received)
{
  PillionStoredResponse *self = g_new0 (PillionStoredResponse, 1);
  g_autofree char *connection = g_strdup (head->get_field (head, "Connection"));
  PillionHeadDetails details;

  head->get_details (head, &details);
  self->status = head->status;
  self->reason = g_strdup (head->reason != NULL ? head->reason : "");
  self->version = g_strdup (details.version != NULL ? details.version : "1.1");
  self->requested = requested;
  self->received = received;
  self->total = -1;
  head->foreach_field (head, take_field, &(FieldTaker) { self, connection });
  pillion_stored_response_changed (self);

  return self;
}

/* Takes the response, which may be stored */
static gboolean
begin (PillionCacheFill *self,
       PillionCacheStore *store,
       const char *key,
       const PillionCacheRequest *request,
       PillionStoredResponse *response,
       gint64 length)
{
  g_autoptr (PillionStoredResponse) owned = response;
  g_autofree char *vary = pillion_field_list_join (&response->fields, "Vary");
  g_autoptr (GBytes) metadata = NULL;

  pillion_field_list_clear (&response->selecting);
  pillion_cache_vary_select (vary, request->fields, request->identity, &response->selecting);
  metadata = pillion_stored_response_serialize (response);
  self->announced = -1;
  self->n_doomed = pillion_cache_store_get_n_doomed (store);
  self->writer = pillion_cache_writer_new (store, key, metadata, length, NULL);
  if (self->writer == NULL)
    return FALSE;

  pillion_cache_writer_set_good_until (self->writer, pillion_cache_get_good_until (response));
  self->store = pillion_cache_store_ref (store);
  self->key = g_strdup (key);
  for (guint i = 0; i < request->fields->n; i += 2)
    pillion_field_list_append (&self->selecting, request->fields->strv[i], request->fields->strv[i + 1]);
  self->identity = g_strdup (request->identity);
  self->response = g_steal_pointer (&owned);
  self->of_get = strcmp (request->method, "GET") == 0;
  self->delimited = TRUE;
  self->expected = length;
  self->length = 0;
  return TRUE;
}

gboolean
pillion_cache_fill_begin (PillionCacheFill *self,
                          PillionCacheStore *store,
                          const char *key,
                          const PillionCacheRequest *request,
                          const PillionHead *head,
                          gboolean at_home,
                          gint64 requested,
                          gint64 received)
{
  g_autoptr (PillionStoredResponse) response = pillion_cache_fill_make_response (head, requested, received);
  gint64 last = -1;
  gint64 first;

  if (!pillion_cache_request_may_store (request, response, at_home) || (!head->delimited && !pillion_cache_may_store_undelimited (response)))
    return FALSE;
  if (response->status == 206 && !pillion_http_parse_content_range (head->get_field (head, "Content-Range"), &response->first, &last, &response->total))
    return FALSE;

  first = response->first;
  if (!begin (self, store, key, request, g_steal_pointer (&response), head->length))
    return FALSE;

  self->delimited = head->delimited;
  self->announced = last >= 0 ? last - first + 1 : -1;
  return TRUE;
}

gboolean
pillion_cache_fill_begin_whole (PillionCacheFill *self,
                                PillionCacheStore *store,
                                const char *key,
                                const PillionCacheRequest *request,
                                const PillionStoredResponse *response,
                                gint64 length)
{
  g_autoptr (GBytes) copy = pillion_stored_response_serialize (response);
  PillionStoredResponse *own = pillion_cache_request_may_store (request, response, FALSE) ? pillion_stored_response_parse (copy) : NULL;

  return own != NULL && begin (self, store, key, request, own, length);
}

void
pillion_cache_fill_write (PillionCacheFill *self,
                          const guint8 *bytes,
                          gsize length)
{
  if (self->writer == NULL)
    return;

  self->length += (gint64) length;
  if (!pillion_cache_writer_write (self->writer, bytes, length, NULL))
    g_clear_pointer (&self->writer, pillion_cache_writer_free);
}

static gint64
get_end (PillionCacheEntry *entry,
         const PillionStoredResponse *stored)
{
  return stored->first + (gint64) pillion_cache_entry_get_length (entry);
}

/* Adds the bytes from @offset on */
static gboolean
copy (PillionCacheEntry *entry,
      gint64 offset,
      PillionCacheWriter *writer)
{
  const gsize size = 128 * 1024;
  g_autofree guint8 *buffer = g_malloc (size);

  while (TRUE)
    {
      gssize n = pillion_cache_entry_read (entry, (guint64) offset, buffer, size, NULL);

      if (n <= 0)
        return n == 0;
      if (!pillion_cache_writer_write (writer, buffer, (gsize) n, NULL))
        return FALSE;
      offset += n;
    }
}

/* A response with this many bytes becomes whole, if these are all there are */
static void
set_length (PillionStoredResponse *response,
            gint64 length)
{
  g_autofree char *size = g_strdup_printf ("%" G_GINT64_FORMAT, length);

  pillion_field_list_set (&response->fields, "Content-Length", size);
  pillion_field_list_remove (&response->fields, "Content-Range");
  if (response->first == 0 && length == response->total)
    {
      response->status = 200;
      g_free (response->reason);
      response->reason = g_strdup ("OK");
    }
}

/* The entry of what both parts have, which replaces both (RFC 9111, section 3.4). Returns its ID, or 0. */
static guint64
combine (PillionCacheFill *self,
         PillionCacheEntry *first,
         const PillionStoredResponse *first_stored,
         PillionCacheEntry *second,
         const PillionStoredResponse *second_stored)
{
  const gint64 end = get_end (second, second_stored);
  const gint64 length = end - first_stored->first;
  g_autoptr (PillionStoredResponse) response = pillion_stored_response_parse (pillion_cache_entry_get_metadata (first));
  g_autoptr (PillionCacheWriter) writer = NULL;
  g_autoptr (GBytes) metadata = NULL;

  if (response == NULL)
    return 0;

  /* The newer one has the newer fields */
  pillion_cache_update (response, &self->response->fields, self->response->requested, self->response->received);
  pillion_field_list_clear (&response->selecting);
  for (guint i = 0; i < self->response->selecting.n; i += 2)
    pillion_field_list_append (&response->selecting, self->response->selecting.strv[i], self->response->selecting.strv[i + 1]);
  set_length (response, length);

  metadata = pillion_stored_response_serialize (response);
  writer = pillion_cache_writer_new (self->store, self->key, metadata, length, NULL);
  if (writer != NULL)
    pillion_cache_writer_set_good_until (writer, pillion_cache_get_good_until (response));
  if (writer == NULL || !copy (first, 0, writer) || !copy (second, get_end (first, first_stored) - second_stored->first, writer) ||
      !pillion_cache_writer_commit (writer, NULL, first, NULL))
    return 0;

  pillion_cache_store_remove (self->store, second);
  return pillion_cache_writer_get_id (writer);
}

/* Puts a new part together with one that it continues, or that continues it. Returns the ID of what has both, or 0. */
static guint64
combine_parts (PillionCacheFill *self,
               PillionCacheEntry *entry,
               PillionCacheEntry *other)
{
  g_autoptr (PillionStoredResponse) stored = pillion_stored_response_parse (pillion_cache_entry_get_metadata (entry));
  g_autoptr (PillionStoredResponse) other_stored = pillion_stored_response_parse (pillion_cache_entry_get_metadata (other));

  if (stored == NULL || other_stored == NULL || stored->total != other_stored->total || !pillion_cache_are_parts_of_one (stored, other_stored) ||
      !pillion_cache_are_coded_alike (stored, other_stored) ||
      MAX (get_end (entry, stored), get_end (other, other_stored)) - MIN (stored->first, other_stored->first) > MAX_COMBINED)
    return 0;

  if (stored->first <= other_stored->first && get_end (entry, stored) >= other_stored->first && get_end (entry, stored) < get_end (other, other_stored))
    return combine (self, entry, stored, other, other_stored);
  if (other_stored->first <= stored->first && get_end (other, other_stored) >= stored->first &&
      get_end (other, other_stored) < get_end (entry, stored))
    return combine (self, other, other_stored, entry, stored);

  return 0;
}

/* A new part, with all that it was put together with so far */
typedef struct
{
  guint64 id;
  gint64 first;
  gint64 length; /* rather than the end: a server may say that the new part begins at the largest number */
} Growth;

/* Puts @part together with it, if there is no gap between them */
static void
add_part (PillionCacheFill *self,
          Growth *growth,
          PillionCacheEntry *part)
{
  g_autoptr (PillionStoredResponse) stored = pillion_stored_response_parse (pillion_cache_entry_get_metadata (part));
  g_autoptr (GPtrArray) now = NULL;
  guint64 combined = 0;

  /* Looking up again takes time, and most parts are elsewhere */
  if (stored == NULL || stored->first - growth->length > growth->first || get_end (part, stored) < growth->first)
    return;

  /* Another process may have stored something in between */
  now = pillion_cache_store_lookup (self->store, self->key);
  for (guint i = 0; now != NULL && i < now->len && combined == 0; i++)
    if (pillion_cache_entry_get_id (now->pdata[i]) == growth->id)
      combined = combine_parts (self, now->pdata[i], part);

  if (combined != 0)
    {
      const gint64 first = MIN (growth->first, stored->first);
      const gint64 end = MAX (growth->first + growth->length, get_end (part, stored));

      *growth = (Growth) { combined, first, end - first };
    }
}

/* Whether what is stored is of no use any more beside the new response, which the same requests select */
static gboolean
is_replaced (PillionCacheFill *self,
             PillionCacheEntry *entry,
             const PillionStoredResponse *stored)
{
  if (!pillion_stored_response_is_part (self->response) || !pillion_cache_are_parts_of_one (self->response, stored))
    return TRUE;

  return pillion_stored_response_is_part (stored) && stored->first >= self->response->first &&
         get_end (entry, stored) <= self->response->first + self->length;
}

/* The program may have found out from the beginning of the body that it is wrong */
static void
check_doomed (PillionCacheFill *self)
{
  if (pillion_cache_store_get_n_doomed (self->store) != self->n_doomed)
    pillion_cache_store_remove_key (self->store, self->key);
}

void
pillion_cache_fill_end (PillionCacheFill *self)
{
  g_autoptr (GPtrArray) others = NULL;
  g_autoptr (GPtrArray) parts = NULL;
  g_autoptr (GBytes) metadata = NULL;
  PillionCacheEntry *replaced = NULL;

  /* A part may be shorter than it says, but not longer. An empty body that ended with its connection is what a dying server leaves. */
  if (self->writer == NULL || (self->announced >= 0 && self->length > self->announced) || (!self->delimited && self->length == 0))
    return;

  /* The answer to a request for all bytes from the first one on */
  if (pillion_stored_response_is_part (self->response) && self->response->first == 0 && self->length == self->response->total)
    {
      set_length (self->response, self->length);
      metadata = pillion_stored_response_serialize (self->response);
    }

  others = pillion_cache_store_lookup (self->store, self->key);
  parts = g_ptr_array_new ();
  for (guint i = 0; others != NULL && i < others->len; i++)
    {
      PillionCacheEntry *entry = others->pdata[i];
      g_autoptr (PillionStoredResponse) stored = pillion_stored_response_parse (pillion_cache_entry_get_metadata (entry));

      if (stored != NULL && !pillion_cache_vary_fits (&stored->selecting, &self->selecting, self->identity, NULL))
        continue;
      if (stored != NULL && !is_replaced (self, entry, stored))
        {
          if (pillion_stored_response_is_part (stored))
            g_ptr_array_add (parts, entry);
          continue;
        }
      if (replaced == NULL)
        replaced = entry;
      else
        pillion_cache_store_remove (self->store, entry);
    }

  if (pillion_cache_writer_commit (self->writer, metadata, replaced, NULL))
    {
      Growth growth = { pillion_cache_writer_get_id (self->writer), self->response->first, self->length };

      /* It may fill the gap between two of them */
      for (guint i = 0; i < parts->len; i++)
        add_part (self, &growth, parts->pdata[i]);

      check_doomed (self);
    }
  g_clear_pointer (&self->writer, pillion_cache_writer_free);
}

/* The response becomes a part, if more can be put to it. Returns FALSE if not. */
static gboolean
become_part (PillionCacheFill *self)
{
  PillionStoredResponse *response = self->response;

  if (!self->of_get || self->length == 0 || (self->announced >= 0 && self->length > self->announced) ||
      (self->expected >= 0 && self->length >= self->expected) || pillion_cache_get_strong_validator (response) == NULL)
    return FALSE;
  if (pillion_stored_response_is_part (response))
    return TRUE;
  if (response->status != 200)
    return FALSE;

  response->status = 206;
  g_free (response->reason);
  response->reason = g_strdup ("Partial Content");
  response->total = self->expected;
  return TRUE;
}

void
pillion_cache_fill_keep (PillionCacheFill *self)
{
  g_autoptr (GPtrArray) others = NULL;
  g_autoptr (GBytes) metadata = NULL;
  PillionCacheEntry *replaced = NULL;
  gboolean longest = TRUE;

  if (self->writer == NULL || !become_part (self))
    {
      pillion_cache_fill_clear (self);
      return;
    }

  others = pillion_cache_store_lookup (self->store, self->key);
  for (guint i = 0; others != NULL && i < others->len && longest; i++)
    {
      PillionCacheEntry *entry = others->pdata[i];
      g_autoptr (PillionStoredResponse) stored = pillion_stored_response_parse (pillion_cache_entry_get_metadata (entry));
      gboolean same;

      if (stored == NULL || !pillion_cache_vary_fits (&stored->selecting, &self->selecting, self->identity, NULL))
        continue;

      same = pillion_cache_are_parts_of_one (self->response, stored);
      if (same && stored->first <= self->response->first &&
          (!pillion_stored_response_is_part (stored) || get_end (entry, stored) >= self->response->first + self->length))
        longest = FALSE;
      /* Something whole may still be of use, whatever its version */
      else if (replaced == NULL && pillion_stored_response_is_part (stored) && is_replaced (self, entry, stored))
        replaced = entry;
    }

  metadata = pillion_stored_response_serialize (self->response);
  if (longest && pillion_cache_writer_commit (self->writer, metadata, replaced, NULL))
    check_doomed (self);
  pillion_cache_fill_clear (self);
}

void
pillion_cache_fill_clear (PillionCacheFill *self)
{
  g_clear_pointer (&self->writer, pillion_cache_writer_free);
  g_clear_pointer (&self->store, pillion_cache_store_unref);
  g_clear_pointer (&self->key, g_free);
  g_clear_pointer (&self->response, pillion_stored_response_free);
  pillion_field_list_clear (&self->selecting);
  g_clear_pointer (&self->identity, g_free);
}
