/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-index.h"

#include <string.h>

#define MIN_BUCKETS 64

/* More than this is not taken before it is needed */
#define MAX_RESERVED (1024 * 1024)

void
pillion_cache_index_clear (PillionCacheIndex *self)
{
  g_free (self->records);
  g_free (self->buckets);
  *self = (PillionCacheIndex) { NULL };
}

static guint32 *
get_bucket (PillionCacheIndex *self,
            guint64 key_hash)
{
  return &self->buckets[key_hash & (self->n_buckets - 1)];
}

static inline PillionCacheRecord *
get (PillionCacheIndex *self,
     guint32 position)
{
  return position != 0 ? &self->records[position] : NULL;
}

static inline guint32
get_position (PillionCacheIndex *self,
              const PillionCacheRecord *record)
{
  return (guint32) (record - self->records);
}

static void
link_newest (PillionCacheIndex *self,
             guint32 position)
{
  PillionCacheRecord *record = &self->records[position];

  record->used = ++self->n_uses;
  record->newer = 0;
  record->older = self->newest;
  if (self->newest != 0)
    self->records[self->newest].newer = position;
  else
    self->oldest = position;
  self->newest = position;
}

static void
unlink_record (PillionCacheIndex *self,
               PillionCacheRecord *record)
{
  if (record->newer != 0)
    self->records[record->newer].older = record->older;
  else
    self->newest = record->older;
  if (record->older != 0)
    self->records[record->older].newer = record->newer;
  else
    self->oldest = record->newer;
}

static void
set_n_buckets (PillionCacheIndex *self,
               guint32 n)
{
  self->n_buckets = n;
  g_free (self->buckets);
  self->buckets = g_new0 (guint32, self->n_buckets);

  for (guint32 i = self->oldest; i != 0; i = self->records[i].newer)
    {
      guint32 *bucket = get_bucket (self, self->records[i].key_hash);

      self->records[i].next = *bucket;
      *bucket = i;
    }
}

static void
set_capacity (PillionCacheIndex *self,
              guint32 capacity)
{
  self->capacity = capacity;
  self->records = g_renew (PillionCacheRecord, self->records, capacity);
  memset (self->records, 0, sizeof *self->records);
}

void
pillion_cache_index_reserve (PillionCacheIndex *self,
                             guint64 n)
{
  const guint32 wanted = (guint32) MIN (n, MAX_RESERVED);
  guint32 n_buckets = MIN_BUCKETS;

  while (n_buckets < wanted)
    n_buckets *= 2;

  if (n_buckets > self->n_buckets)
    set_n_buckets (self, n_buckets);
  if (wanted + 1 > self->capacity)
    set_capacity (self, wanted + 1);
}

static guint32
take_position (PillionCacheIndex *self)
{
  guint32 position = self->free;

  if (position != 0)
    {
      self->free = self->records[position].next;
      return position;
    }

  if (self->n_records + 1 >= self->capacity)
    set_capacity (self, MAX (self->capacity * 2, MIN_BUCKETS));

  return ++self->n_records;
}

PillionCacheRecord *
pillion_cache_index_add (PillionCacheIndex *self,
                         guint64 key_hash,
                         guint64 id,
                         guint64 size)
{
  PillionCacheRecord *record = pillion_cache_index_find (self, key_hash, id);
  guint32 *bucket;
  guint32 position;

  if (record != NULL)
    {
      self->n_bytes = self->n_bytes - record->size + size;
      record->size = size;
      return record;
    }

  if (self->n_entries >= self->n_buckets)
    set_n_buckets (self, MAX (self->n_buckets * 2, MIN_BUCKETS));

  position = take_position (self);
  record = &self->records[position];
  bucket = get_bucket (self, key_hash);
  *record = (PillionCacheRecord) { .key_hash = key_hash, .id = id, .size = size, .next = *bucket };
  *bucket = position;
  link_newest (self, position);
  self->n_entries++;
  self->n_bytes += size;

  return record;
}

PillionCacheRecord *
pillion_cache_index_find (PillionCacheIndex *self,
                          guint64 key_hash,
                          guint64 id)
{
  PillionCacheRecord *record = pillion_cache_index_first (self, key_hash);

  while (record != NULL && record->id != id)
    record = pillion_cache_index_next (self, record);

  return record;
}

void
pillion_cache_index_remove (PillionCacheIndex *self,
                            PillionCacheRecord *record)
{
  guint32 position = get_position (self, record);
  guint32 *link = get_bucket (self, record->key_hash);

  while (*link != position)
    link = &self->records[*link].next;
  *link = record->next;

  unlink_record (self, record);
  self->n_entries--;
  self->n_bytes -= record->size;
  record->next = self->free;
  self->free = position;
}

void
pillion_cache_index_touch (PillionCacheIndex *self,
                           PillionCacheRecord *record)
{
  unlink_record (self, record);
  link_newest (self, get_position (self, record));
}

static PillionCacheRecord *
skip_others (PillionCacheIndex *self,
             guint32 position,
             guint64 key_hash)
{
  while (position != 0 && self->records[position].key_hash != key_hash)
    position = self->records[position].next;

  return get (self, position);
}

PillionCacheRecord *
pillion_cache_index_first (PillionCacheIndex *self,
                           guint64 key_hash)
{
  return self->n_buckets > 0 ? skip_others (self, *get_bucket (self, key_hash), key_hash) : NULL;
}

PillionCacheRecord *
pillion_cache_index_next (PillionCacheIndex *self,
                          const PillionCacheRecord *record)
{
  return skip_others (self, record->next, record->key_hash);
}

PillionCacheRecord *
pillion_cache_index_get_oldest (PillionCacheIndex *self)
{
  return get (self, self->oldest);
}

PillionCacheRecord *
pillion_cache_index_get_newer (PillionCacheIndex *self,
                               const PillionCacheRecord *record)
{
  return get (self, record->newer);
}
