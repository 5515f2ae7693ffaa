/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-format.h"
#include "http/pillion-cache-store-private.h"
#include "http/pillion-restart.h"

#include <errno.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>

/* Of a large file, this much is read for its head */
#define FIRST_READ 4096

/* How often a head is read whose two slots both aren't valid: other processes may have written one after the other in between */
#define MAX_TRIES 4

/* How many blocks are read at once */
#define MAX_BLOCKS 16

struct _PillionCacheEntry
{
  int n_references; /* atomic */
  PillionCacheStore *store;
  guint64 key_hash;
  char *key;
  GBytes *metadata;
  gpointer parsed; /* what somebody has made of them, or NULL */
  GDestroyNotify free_parsed;
  guint64 used; /* as in the index when it was looked up */
  PillionCacheHead head;
  guint64 length;
  PillionCacheBytes *image; /* of a small file, or NULL */

  /* Of a large one */
  int fd;
  guint8 *block; /* that was read last, or NULL */
  guint64 block_number;
  gsize block_length; /* 0 if it can't be used */
};

PillionCacheEntry *
pillion_cache_entry_ref (PillionCacheEntry *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

static void
drop_parsed (PillionCacheEntry *self)
{
  if (self->parsed != NULL)
    self->free_parsed (g_steal_pointer (&self->parsed));
}

void
pillion_cache_entry_unref (PillionCacheEntry *self)
{
  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  if (self->fd >= 0)
    close (self->fd);
  drop_parsed (self);
  g_clear_pointer (&self->image, pillion_cache_bytes_unref);
  g_clear_pointer (&self->metadata, g_bytes_unref);
  g_free (self->block);
  g_free (self->key);
  pillion_cache_store_unref (self->store);
  g_free (self);
}

/* Reads the head of a large file, or all of a small one, and finds its metadata */
static PillionCacheLoad
read_head (PillionCacheEntry *self,
           PillionCacheFolder *folder,
           PillionCacheSlot *slot,
           guint64 *size)
{
  gsize needed = FIRST_READ;
  struct stat info;

  if (fstat (self->fd, &info) != 0)
    return PILLION_CACHE_LOAD_FAILED;
  /* One that was removed in the meantime is as good as before */
  if (!pillion_cache_folder_owns (folder, &info))
    return PILLION_CACHE_LOAD_FOREIGN;

  *size = (guint64) info.st_size;
  if (*size <= PILLION_CACHE_SMALL)
    needed = (gsize) *size;

  for (guint tries = 0; tries < MAX_TRIES; tries++)
    {
      gssize length;

      g_clear_pointer (&self->image, pillion_cache_bytes_unref);
      self->image = pillion_cache_bytes_new (needed);
      length = pillion_cache_read_all (self->fd, self->image->data, needed, 0);
      if (length < 0)
        return PILLION_CACHE_LOAD_FAILED;

      self->image->length = (gsize) length;
      if (pillion_cache_head_parse (&self->head, self->image->data, (gsize) length, &needed))
        {
          needed = (gsize) length;
          if (pillion_cache_slot_find (slot, &self->head, self->image->data))
            return PILLION_CACHE_LOAD_FINE;
        }
      else if (needed == 0 || needed > *size)
        return PILLION_CACHE_LOAD_DAMAGED;
    }

  return PILLION_CACHE_LOAD_DAMAGED;
}

/* The same for a file that isn't on disk yet */
static PillionCacheLoad
parse_head (PillionCacheEntry *self,
            PillionCacheSlot *slot,
            guint64 *size)
{
  gsize needed;

  *size = self->image->length;
  if (!pillion_cache_head_parse (&self->head, self->image->data, self->image->length, &needed) ||
      !pillion_cache_slot_find (slot, &self->head, self->image->data))
    return PILLION_CACHE_LOAD_DAMAGED;

  return PILLION_CACHE_LOAD_FINE;
}

/* Whether the block of a small body is whole */
static gboolean
check_small_body (PillionCacheEntry *self,
                  const guint8 *bytes)
{
  guint64 sum;

  if (self->length == 0)
    return TRUE;

  memcpy (&sum, bytes + self->head.body + self->length, sizeof sum);
  return sum == pillion_cache_sum_block (&self->head, 0, bytes + self->head.body, self->length);
}

static PillionCacheLoad
load (PillionCacheEntry *self,
      PillionCacheFolder *folder,
      guint64 id,
      const char *key,
      PillionCacheBytes *metadata)
{
  PillionCacheSlot slot;
  PillionCacheLoad result;
  const guint8 *bytes;
  guint64 size;
  gsize length;

  result = self->image == NULL ? read_head (self, folder, &slot, &size) : parse_head (self, &slot, &size);
  if (result != PILLION_CACHE_LOAD_FINE)
    return result;

  bytes = self->image->data;
  length = self->image->length;
  if (self->head.id != id || size != pillion_cache_file_size (&self->head, slot.length))
    return PILLION_CACHE_LOAD_DAMAGED;

  self->key = g_strndup ((const char *) bytes + self->head.key, self->head.key_length);
  self->length = slot.length;
  /* The entries of @key were found by its hash */
  if (key == NULL || strcmp (self->key, key) != 0)
    {
      if (pillion_cache_hash_key (self->key) != self->key_hash)
        return PILLION_CACHE_LOAD_DAMAGED;
      if (key != NULL)
        return PILLION_CACHE_LOAD_OTHER;
    }

  self->metadata = metadata != NULL ? pillion_cache_bytes_get_slice (metadata, 0, metadata->length)
                                    : pillion_cache_bytes_get_slice (self->image, slot.offset, slot.metadata_length);
  if (length != size)
    {
      g_clear_pointer (&self->image, pillion_cache_bytes_unref);
      return PILLION_CACHE_LOAD_FINE;
    }

  if (self->fd >= 0)
    {
      close (self->fd);
      self->fd = -1;
    }
  return check_small_body (self, bytes) ? PILLION_CACHE_LOAD_FINE : PILLION_CACHE_LOAD_DAMAGED;
}

PillionCacheEntry *
pillion_cache_entry_load (PillionCacheStore *store,
                          PillionCacheFolder *folder,
                          int fd,
                          PillionCacheBytes *image,
                          guint64 key_hash,
                          guint64 id,
                          const char *key,
                          PillionCacheBytes *metadata,
                          PillionCacheLoad *result)
{
  PillionCacheEntry *self = g_new0 (PillionCacheEntry, 1);

  self->n_references = 1;
  self->store = pillion_cache_store_ref (store);
  self->key_hash = key_hash;
  self->fd = fd;
  self->image = image != NULL ? pillion_cache_bytes_ref (image) : NULL;

  *result = load (self, folder, id, key, metadata);
  if (*result == PILLION_CACHE_LOAD_FINE)
    return self;

  pillion_cache_entry_unref (self);
  return NULL;
}

const char *
pillion_cache_entry_get_key (PillionCacheEntry *self)
{
  return self->key;
}

guint64
pillion_cache_entry_get_key_hash (PillionCacheEntry *self)
{
  return self->key_hash;
}

guint64
pillion_cache_entry_get_id (PillionCacheEntry *self)
{
  return self->head.id;
}

GBytes *
pillion_cache_entry_get_metadata (PillionCacheEntry *self)
{
  return self->metadata;
}

void
pillion_cache_entry_set_metadata (PillionCacheEntry *self,
                                  GBytes *metadata)
{
  drop_parsed (self);
  g_bytes_ref (metadata);
  g_bytes_unref (self->metadata);
  self->metadata = metadata;
}

void
pillion_cache_entry_take_parsed (PillionCacheEntry *self,
                                 gpointer parsed,
                                 GDestroyNotify destroy)
{
  drop_parsed (self);
  self->parsed = parsed;
  self->free_parsed = destroy;
}

gpointer
pillion_cache_entry_steal_parsed (PillionCacheEntry *self)
{
  return g_steal_pointer (&self->parsed);
}

guint64
pillion_cache_entry_get_used (PillionCacheEntry *self)
{
  return self->used;
}

void
pillion_cache_entry_set_used (PillionCacheEntry *self,
                              guint64 used)
{
  self->used = used;
}

gsize
pillion_cache_entry_get_memory (PillionCacheEntry *self)
{
  return self->image != NULL ? self->image->length : 0;
}

guint64
pillion_cache_entry_get_length (PillionCacheEntry *self)
{
  return self->length;
}

static gsize
get_block_length (PillionCacheEntry *self,
                  guint64 number)
{
  return (gsize) MIN (self->length - number * PILLION_CACHE_BLOCK_LENGTH, PILLION_CACHE_BLOCK_LENGTH);
}

static guint64
get_block_offset (PillionCacheEntry *self,
                  guint64 number)
{
  return self->head.body + number * PILLION_CACHE_BLOCK_SIZE;
}

static gssize
fail_damaged (PillionCacheEntry *self,
              GError **error)
{
  pillion_cache_store_remove_id (self->store, self->key_hash, self->head.id);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("the cached response is damaged"));
  return -1;
}

static gssize
fail_errno (int errsv,
            GError **error)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errsv), _("the cached response can't be read: %s"), g_strerror (errsv));
  return -1;
}

/* Reads whole blocks straight to where they are wanted. Returns how many bytes, or 0 if not all of them could be read. */
static gssize
read_blocks (PillionCacheEntry *self,
             guint64 first,
             guint8 *buffer,
             gsize size,
             GError **error)
{
  struct iovec parts[2 * MAX_BLOCKS];
  guint64 sums[MAX_BLOCKS];
  guint64 n_blocks = (self->length + PILLION_CACHE_BLOCK_LENGTH - 1) / PILLION_CACHE_BLOCK_LENGTH;
  gsize length = 0;
  gssize n_read;
  int n = 0;

  while (n < MAX_BLOCKS && first + n < n_blocks && get_block_length (self, first + n) <= size - length)
    {
      parts[2 * n] = (struct iovec) { buffer + length, get_block_length (self, first + n) };
      parts[2 * n + 1] = (struct iovec) { &sums[n], sizeof sums[n] };
      length += parts[2 * n].iov_len;
      n++;
    }

  n_read = pillion_restart (preadv (self->fd, parts, 2 * n, (off_t) get_block_offset (self, first)));
  if (n_read < 0)
    return fail_errno (errno, error);
  if ((gsize) n_read != length + n * sizeof *sums)
    return 0;

  for (int i = 0; i < n; i++)
    if (sums[i] != pillion_cache_sum_block (&self->head, first + i, parts[2 * i].iov_base, parts[2 * i].iov_len))
      return fail_damaged (self, error);

  return (gssize) length;
}

/* Reads a block for some of it */
static gboolean
read_block (PillionCacheEntry *self,
            guint64 number,
            GError **error)
{
  gsize length = get_block_length (self, number);
  guint64 sum;
  gssize n;

  if (self->block_length > 0 && self->block_number == number)
    return TRUE;

  if (self->block == NULL)
    self->block = g_malloc (PILLION_CACHE_BLOCK_SIZE);
  self->block_length = 0;
  n = pillion_cache_read_all (self->fd, self->block, length + sizeof sum, get_block_offset (self, number));
  if (n < 0)
    return fail_errno (errno, error) >= 0;

  if ((gsize) n == length + sizeof sum)
    memcpy (&sum, self->block + length, sizeof sum);
  if ((gsize) n != length + sizeof sum || sum != pillion_cache_sum_block (&self->head, number, self->block, length))
    return fail_damaged (self, error) >= 0;

  self->block_number = number;
  self->block_length = length;
  return TRUE;
}

gssize
pillion_cache_entry_read (PillionCacheEntry *self,
                          guint64 offset,
                          void *buffer,
                          gsize size,
                          GError **error)
{
  guint64 number = offset / PILLION_CACHE_BLOCK_LENGTH;
  gsize start = (gsize) (offset % PILLION_CACHE_BLOCK_LENGTH);

  if (offset >= self->length || size == 0)
    return 0;
  size = (gsize) MIN (size, self->length - offset);

  if (self->image != NULL)
    {
      memcpy (buffer, self->image->data + self->head.body + offset, size);
      return (gssize) size;
    }

  if (start == 0 && size >= get_block_length (self, number))
    {
      gssize n = read_blocks (self, number, buffer, size, error);

      if (n != 0)
        return n;
    }

  if (!read_block (self, number, error))
    return -1;

  size = MIN (size, self->block_length - start);
  memcpy (buffer, self->block + start, size);
  return (gssize) size;
}
