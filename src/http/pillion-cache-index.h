/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* What a process knows of a cache's entries: their sizes, which of them belong to a key, and the order in which they were used. It is all
 * in memory; pillion-cache-log.h keeps it on disk. */
typedef struct
{
  guint64 key_hash;
  guint64 id;
  guint64 size : 56;   /* of the file */
  guint64 touched : 1; /* a use that other processes don't know of yet */
  guint64 used;        /* a higher number than that of all older ones */

  /* Positions in the array of records */
  guint32 next; /* with a hash of the same bucket, or free */
  guint32 newer;
  guint32 older;

  guint32 good_until; /* see pillion_cache_store_may_be_good () */
} PillionCacheRecord;

typedef struct
{
  PillionCacheRecord *records; /* the first one is no record: position 0 is none */
  guint32 n_records;           /* positions that were ever used */
  guint32 capacity;
  guint32 free;     /* the first free position */
  guint32 *buckets; /* a power of two of them */
  guint32 n_buckets;
  guint32 newest;
  guint32 oldest;
  guint64 n_entries;
  guint64 n_bytes;
  guint64 n_uses;
} PillionCacheIndex;

/* All zero is an empty index */
void                pillion_cache_index_clear    (PillionCacheIndex        *self);

/* Takes the memory for @n entries at once */
void                pillion_cache_index_reserve  (PillionCacheIndex        *self,
                                                  guint64                   n);

/* Adds an entry as the newest one. If it is there already, its size changes, and nothing else. A pointer to a record is valid until the next
 * call of this. */
PillionCacheRecord *pillion_cache_index_add      (PillionCacheIndex        *self,
                                                  guint64                   key_hash,
                                                  guint64                   id,
                                                  guint64                   size);
PillionCacheRecord *pillion_cache_index_find     (PillionCacheIndex        *self,
                                                  guint64                   key_hash,
                                                  guint64                   id);
void                pillion_cache_index_remove   (PillionCacheIndex        *self,
                                                  PillionCacheRecord       *record);

/* Makes it the newest one */
void                pillion_cache_index_touch    (PillionCacheIndex        *self,
                                                  PillionCacheRecord       *record);

/* All of these return NULL at the end. The first two iterate over the records of a key. */
PillionCacheRecord *pillion_cache_index_first    (PillionCacheIndex        *self,
                                                  guint64                   key_hash);
PillionCacheRecord *pillion_cache_index_next     (PillionCacheIndex        *self,
                                                  const PillionCacheRecord *record);
PillionCacheRecord *pillion_cache_index_get_oldest (PillionCacheIndex        *self);
PillionCacheRecord *pillion_cache_index_get_newer  (PillionCacheIndex        *self,
                                                    const PillionCacheRecord *record);
