/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-draft.h"

#include <errno.h>
#include <unistd.h>

#include "http/pillion-cache-format.h"

/* Most heads are smaller */
#define FIRST_READ 4096

gboolean
pillion_cache_draft_new (PillionCacheDraft *self,
                         PillionCacheFolder *folder,
                         PillionCacheBytes *content)
{
  int errsv;

  self->fd = pillion_cache_folder_new_draft (folder, self->name);
  self->size = content->length;
  if (self->fd < 0)
    return FALSE;
  if (pillion_cache_write_all (self->fd, content->data, content->length, 0))
    return TRUE;

  errsv = errno;
  pillion_cache_draft_clear (self, folder, FALSE);
  errno = errsv;
  return FALSE;
}

void
pillion_cache_draft_clear (PillionCacheDraft *self,
                           PillionCacheFolder *folder,
                           gboolean published)
{
  if (self->fd < 0)
    return;

  if (!published)
    pillion_cache_folder_remove_draft (folder, self->name);
  close (self->fd);
  self->fd = -1;
}

/* Returns the head of a file, or NULL with errno */
static guint8 *
read_head (int fd,
           guint64 id,
           PillionCacheHead *head,
           PillionCacheSlot *slot)
{
  guint8 *bytes = NULL;
  gsize needed = FIRST_READ;
  gssize length = 0;

  do
    {
      g_free (bytes);
      bytes = g_malloc (needed);
      length = pillion_cache_read_all (fd, bytes, needed, 0);
    }
  while (length >= 0 && !pillion_cache_head_parse (head, bytes, (gsize) length, &needed) && needed > (gsize) length);

  if (length >= 0 && needed == 0 && pillion_cache_head_parse (head, bytes, (gsize) length, &needed) && head->id == id &&
      pillion_cache_slot_find (slot, head, bytes))
    return bytes;

  g_free (bytes);
  if (length >= 0)
    errno = EINVAL;
  return NULL;
}

/* Writes the head and what follows it in @fd */
static gboolean
copy (int to,
      GByteArray *head,
      int from,
      guint64 offset,
      guint64 *size)
{
  g_autofree guint8 *buffer = g_malloc (PILLION_CACHE_BLOCK_SIZE);
  gssize n;

  if (!pillion_cache_write_all (to, head->data, head->len, 0))
    return FALSE;

  *size = head->len;
  while ((n = pillion_cache_read_all (from, buffer, PILLION_CACHE_BLOCK_SIZE, offset)) > 0)
    {
      if (!pillion_cache_write_all (to, buffer, (gsize) n, *size))
        return FALSE;
      offset += (guint64) n;
      *size += (guint64) n;
    }

  return n == 0;
}

static gboolean
make_copy (PillionCacheDraft *self,
           PillionCacheFolder *folder,
           int fd,
           const PillionCacheHead *head,
           const PillionCacheSlot *slot,
           const guint8 *bytes,
           PillionCacheBytes *metadata)
{
  g_autofree char *key = g_strndup ((const char *) bytes + head->key, head->key_length);
  g_autoptr (GByteArray) new_bytes = NULL;
  PillionCacheHead new_head;
  int errsv;

  self->fd = pillion_cache_folder_new_draft (folder, self->name);
  if (self->fd < 0)
    return FALSE;

  new_bytes = pillion_cache_head_new (key, head->id, metadata->length, &new_head);
  pillion_cache_slot_fill (new_bytes->data + new_head.slots[0], &new_head, 0, slot->number + 1, slot->length, metadata->data, metadata->length);
  if (copy (self->fd, new_bytes, fd, head->body, &self->size))
    return TRUE;

  errsv = errno;
  pillion_cache_draft_clear (self, folder, FALSE);
  errno = errsv;
  return FALSE;
}

gboolean
pillion_cache_draft_update (PillionCacheFolder *folder,
                            int fd,
                            guint64 id,
                            PillionCacheBytes *metadata,
                            PillionCacheDraft *copy)
{
  PillionCacheHead head;
  PillionCacheSlot slot;
  g_autofree guint8 *bytes = read_head (fd, id, &head, &slot);
  guint which;

  if (bytes == NULL)
    return FALSE;

  which = slot.slot ^ 1;
  if (pillion_cache_slot_fill (bytes + head.slots[which], &head, which, slot.number + 1, slot.length, metadata->data, metadata->length))
    return pillion_cache_write_all (fd, bytes + head.slots[which], head.slot_size, head.slots[which]);

  return make_copy (copy, folder, fd, &head, &slot, bytes, metadata);
}
