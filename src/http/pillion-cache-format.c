/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-format.h"

#include <string.h>

#include "http/pillion-xxh64.h"

typedef struct
{
  char magic[8];
  guint32 version;
  guint32 key_length;
  guint32 slot_size;
  guint32 reserved;
  guint64 id;
  guint64 checksum; /* of all this and the key */
} Fixed;

typedef struct
{
  guint64 checksum; /* of what follows */
  guint64 number;   /* from 1 on */
  guint64 length;
  guint32 metadata_length;
  guint32 reserved;
} SlotHead;

G_STATIC_ASSERT (sizeof (Fixed) == 40);
G_STATIC_ASSERT (sizeof (SlotHead) == 32);

static const Fixed template = { "PillionE", 1, 0, 0, 0, 0, 0 };

#define ALIGN(size) (((size) + 7) & ~(gsize) 7)

/* A 304 may add some fields */
#define SPARE 128

guint64
pillion_cache_hash_key (const char *key)
{
  return pillion_xxh64 (key, strlen (key), 0);
}

static void
lay_out (PillionCacheHead *self)
{
  self->key = sizeof (Fixed);
  self->slots[0] = self->key + ALIGN (self->key_length);
  self->slots[1] = self->slots[0] + self->slot_size;
  self->body = self->slots[1] + self->slot_size;
}

static guint64
sum_fixed (const Fixed *fixed,
           const guint8 *key)
{
  return pillion_xxh64 (key, fixed->key_length, pillion_xxh64 (fixed, G_STRUCT_OFFSET (Fixed, checksum), 0));
}

gsize
pillion_cache_slot_measure (gsize metadata_length)
{
  return ALIGN (sizeof (SlotHead) + metadata_length + metadata_length / 8 + SPARE);
}

void
pillion_cache_head_init (PillionCacheHead *self,
                         const char *key,
                         guint64 id,
                         gsize metadata_length)
{
  *self = (PillionCacheHead) {
    .id = id,
    .key_length = (guint32) strlen (key),
    .slot_size = (guint32) pillion_cache_slot_measure (metadata_length),
  };
  lay_out (self);
}

void
pillion_cache_head_put (const PillionCacheHead *self,
                        const char *key,
                        guint8 *bytes)
{
  Fixed fixed = template;

  fixed.key_length = self->key_length;
  fixed.slot_size = self->slot_size;
  fixed.id = self->id;
  fixed.checksum = sum_fixed (&fixed, (const guint8 *) key);

  memset (bytes, 0, self->body);
  memcpy (bytes, &fixed, sizeof fixed);
  memcpy (bytes + self->key, key, self->key_length);
}

GByteArray *
pillion_cache_head_new (const char *key,
                        guint64 id,
                        gsize metadata_length,
                        PillionCacheHead *head)
{
  GByteArray *bytes = g_byte_array_new ();

  pillion_cache_head_init (head, key, id, metadata_length);
  g_byte_array_set_size (bytes, head->body);
  pillion_cache_head_put (head, key, bytes->data);

  return bytes;
}

gboolean
pillion_cache_head_parse (PillionCacheHead *self,
                          const guint8 *bytes,
                          gsize length,
                          gsize *needed)
{
  Fixed fixed;

  *needed = 0;
  if (length < sizeof fixed)
    return FALSE;

  memcpy (&fixed, bytes, sizeof fixed);
  if (memcmp (fixed.magic, template.magic, sizeof fixed.magic) != 0 || fixed.version != template.version || fixed.id == 0 ||
      fixed.key_length > PILLION_CACHE_MAX_KEY || fixed.slot_size % 8 != 0 || fixed.slot_size < sizeof (SlotHead) ||
      fixed.slot_size > pillion_cache_slot_measure (PILLION_CACHE_MAX_METADATA))
    return FALSE;

  *self = (PillionCacheHead) { .id = fixed.id, .key_length = fixed.key_length, .slot_size = fixed.slot_size };
  lay_out (self);
  if (length < self->body)
    {
      *needed = self->body;
      return FALSE;
    }

  return fixed.checksum == sum_fixed (&fixed, bytes + self->key) && memchr (bytes + self->key, '\0', self->key_length) == NULL;
}

static guint64
sum_slot (const PillionCacheHead *head,
          guint which,
          const guint8 *slot,
          gsize metadata_length)
{
  return pillion_xxh64 (slot + sizeof (guint64), sizeof (SlotHead) - sizeof (guint64) + metadata_length, head->id ^ (which + 1));
}

gboolean
pillion_cache_slot_find (PillionCacheSlot *self,
                         const PillionCacheHead *head,
                         const guint8 *bytes)
{
  *self = (PillionCacheSlot) { 0 };

  for (guint i = 0; i < 2; i++)
    {
      const guint8 *slot = bytes + head->slots[i];
      SlotHead info;

      memcpy (&info, slot, sizeof info);
      if (info.number > self->number && info.metadata_length <= head->slot_size - sizeof info && info.length <= G_MAXINT64 / 2 &&
          info.checksum == sum_slot (head, i, slot, info.metadata_length))
        *self = (PillionCacheSlot) { info.number, info.length, head->slots[i] + (guint32) sizeof info, info.metadata_length, i };
    }

  return self->number > 0;
}

gboolean
pillion_cache_slot_fits (const PillionCacheHead *head,
                         gsize metadata_length)
{
  return metadata_length <= head->slot_size - sizeof (SlotHead);
}

gboolean
pillion_cache_slot_fill (guint8 *slot,
                         const PillionCacheHead *head,
                         guint which,
                         guint64 number,
                         guint64 length,
                         const void *metadata,
                         gsize metadata_length)
{
  SlotHead info = { 0, number, length, (guint32) metadata_length, 0 };

  if (!pillion_cache_slot_fits (head, metadata_length))
    return FALSE;

  memset (slot, 0, head->slot_size);
  memcpy (slot, &info, sizeof info);
  if (metadata_length > 0)
    memcpy (slot + sizeof info, metadata, metadata_length);
  info.checksum = sum_slot (head, which, slot, metadata_length);
  memcpy (slot, &info.checksum, sizeof info.checksum);

  return TRUE;
}

guint64
pillion_cache_sum_block (const PillionCacheHead *head,
                         guint64 number,
                         const void *bytes,
                         gsize length)
{
  return pillion_xxh64 (bytes, length, head->id + number * 4);
}

guint64
pillion_cache_file_size (const PillionCacheHead *head,
                         guint64 length)
{
  return head->body + length + (length + PILLION_CACHE_BLOCK_LENGTH - 1) / PILLION_CACHE_BLOCK_LENGTH * sizeof (guint64);
}
