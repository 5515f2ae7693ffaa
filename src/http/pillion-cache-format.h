/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* The file of an entry:
 *
 *     head    fixed part, key, and two slots for metadata
 *     body    blocks of 64 KiB, the last one shorter, of which the last 8 bytes are a checksum
 *
 * The metadata are those of the valid slot with the higher number. To replace them, the other slot is written: whatever interrupts that, one
 * of the two is valid. Every checksum depends on the ID of the entry, and on the place of what it covers.
 *
 * Numbers are in the byte order of the machine. To another machine the file is damaged. */

#define PILLION_CACHE_BLOCK_SIZE (64 * 1024)
#define PILLION_CACHE_BLOCK_LENGTH (PILLION_CACHE_BLOCK_SIZE - 8)

#define PILLION_CACHE_MAX_KEY (256 * 1024)
#define PILLION_CACHE_MAX_METADATA (1024 * 1024)

typedef struct
{
  guint64 id;
  guint32 key_length;
  guint32 slot_size;
  guint32 key;     /* offsets in the file */
  guint32 slots[2];
  guint32 body;
} PillionCacheHead;

typedef struct
{
  guint64 number;
  guint64 length; /* of the body */
  guint32 offset; /* of the metadata */
  guint32 metadata_length;
  guint slot;
} PillionCacheSlot;

guint64    pillion_cache_hash_key      (const char             *key);

/* Lays out a head for metadata of about the given length */
void       pillion_cache_head_init     (PillionCacheHead       *self,
                                        const char             *key,
                                        guint64                 id,
                                        gsize                   metadata_length);

/* Writes such a head, of self->body bytes, with empty slots */
void       pillion_cache_head_put      (const PillionCacheHead *self,
                                        const char             *key,
                                        guint8                 *bytes);

/* Both in one, with new bytes */
GByteArray *pillion_cache_head_new     (const char             *key,
                                        guint64                 id,
                                        gsize                   metadata_length,
                                        PillionCacheHead       *head);

/* Reads a head of which @length bytes are there. If those are too few, returns FALSE, and @needed is how many it takes; 0 if it is not a
 * head. The slots are not looked at. */
gboolean    pillion_cache_head_parse   (PillionCacheHead       *self,
                                        const guint8           *bytes,
                                        gsize                   length,
                                        gsize                  *needed);

/* Finds the valid slot. FALSE if there is none. */
gboolean    pillion_cache_slot_find    (PillionCacheSlot       *self,
                                        const PillionCacheHead *head,
                                        const guint8           *bytes);

/* How large a slot for the metadata is */
gsize       pillion_cache_slot_measure (gsize                   metadata_length);

/* Whether metadata of this length fit into a slot */
gboolean    pillion_cache_slot_fits    (const PillionCacheHead *head,
                                        gsize                   metadata_length);

/* Writes a slot, of head->slot_size bytes, if the metadata fit */
gboolean    pillion_cache_slot_fill    (guint8                 *slot,
                                        const PillionCacheHead *head,
                                        guint                   which,
                                        guint64                 number,
                                        guint64                 length,
                                        const void             *metadata,
                                        gsize                   metadata_length);

/* The checksum of a block of the body */
guint64     pillion_cache_sum_block    (const PillionCacheHead *head,
                                        guint64                 number,
                                        const void             *bytes,
                                        gsize                   length);

/* How large the file is with a body of this length */
guint64     pillion_cache_file_size    (const PillionCacheHead *head,
                                        guint64                 length);
