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

/* Of a large file, this much is read for its head. A small one that isn't larger is read onto the stack, and only what is needed of it gets
 * memory of its own: malloc () is slow for the whole. */
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
  PillionCacheBytes *image; /* of a small file, or of its body; or NULL */
  guint32 body;             /* where the body begins in it */

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

/* What is known of a file */
typedef struct
{
  guint64 size;
  const guint8 *bytes; /* its beginning, in the image or in the room */
  gsize length;        /* how many of them there are */
  guint8 room[FIRST_READ];
  PillionCacheSlot slot;
} File;

/* Reads the head of a large file, or all of a small one, and finds its metadata */
static PillionCacheLoad
read_head (PillionCacheEntry *self,
           PillionCacheFolder *folder,
           File *file)
{
  gsize needed = FIRST_READ;
  struct stat info;

  if (fstat (self->fd, &info) != 0)
    return PILLION_CACHE_LOAD_FAILED;
  /* One that was removed in the meantime is as good as before */
  if (!pillion_cache_folder_owns (folder, &info))
    return PILLION_CACHE_LOAD_FOREIGN;

  file->size = (guint64) info.st_size;
  if (file->size <= PILLION_CACHE_SMALL)
    needed = (gsize) file->size;

  for (guint tries = 0; tries < MAX_TRIES; tries++)
    {
      guint8 *to = file->room;
      gssize length;

      g_clear_pointer (&self->image, pillion_cache_bytes_unref);
      if (needed > sizeof file->room)
        {
          self->image = pillion_cache_bytes_new (needed);
          to = self->image->data;
        }
      length = pillion_cache_read_all (self->fd, to, needed, 0);
      if (length < 0)
        return PILLION_CACHE_LOAD_FAILED;

      if (self->image != NULL)
        self->image->length = (guint32) length;
      file->bytes = to;
      file->length = (gsize) length;
      if (pillion_cache_head_parse (&self->head, to, file->length, &needed))
        {
          needed = file->length;
          if (pillion_cache_slot_find (&file->slot, &self->head, to))
            return PILLION_CACHE_LOAD_FINE;
        }
      else if (needed == 0 || needed > file->size)
        return PILLION_CACHE_LOAD_DAMAGED;
    }

  return PILLION_CACHE_LOAD_DAMAGED;
}

/* The same for a file that isn't on disk yet */
static PillionCacheLoad
parse_head (PillionCacheEntry *self,
            File *file)
{
  gsize needed;

  file->bytes = self->image->data;
  file->size = file->length = self->image->length;
  if (!pillion_cache_head_parse (&self->head, file->bytes, file->length, &needed) ||
      !pillion_cache_slot_find (&file->slot, &self->head, file->bytes))
    return PILLION_CACHE_LOAD_DAMAGED;

  return PILLION_CACHE_LOAD_FINE;
}

/* Takes the body of a small file, if its block is whole */
static gboolean
take_small_body (PillionCacheEntry *self,
                 const File *file)
{
  const guint8 *body = file->bytes + self->head.body;
  guint64 sum;

  if (self->length > 0)
    {
      memcpy (&sum, body + self->length, sizeof sum);
      if (sum != pillion_cache_sum_block (&self->head, 0, body, self->length))
        return FALSE;
    }

  if (self->image != NULL)
    self->body = self->head.body;
  else
    self->image = pillion_cache_bytes_new_copy (body, self->length);
  return TRUE;
}

static PillionCacheLoad
load (PillionCacheEntry *self,
      PillionCacheFolder *folder,
      guint64 id,
      const char *key,
      PillionCacheBytes *metadata)
{
  File file;
  PillionCacheLoad result = self->image == NULL ? read_head (self, folder, &file) : parse_head (self, &file);

  if (result != PILLION_CACHE_LOAD_FINE)
    return result;
  if (self->head.id != id || file.size != pillion_cache_file_size (&self->head, file.slot.length))
    return PILLION_CACHE_LOAD_DAMAGED;

  self->key = g_strndup ((const char *) file.bytes + self->head.key, self->head.key_length);
  self->length = file.slot.length;
  /* The entries of @key were found by its hash */
  if (key == NULL || strcmp (self->key, key) != 0)
    {
      if (pillion_cache_hash_key (self->key) != self->key_hash)
        return PILLION_CACHE_LOAD_DAMAGED;
      if (key != NULL)
        return PILLION_CACHE_LOAD_OTHER;
    }

  if (metadata != NULL)
    self->metadata = pillion_cache_bytes_get_slice (metadata, 0, metadata->length);
  else if (self->image != NULL)
    self->metadata = pillion_cache_bytes_get_slice (self->image, file.slot.offset, file.slot.metadata_length);
  else
    self->metadata = g_bytes_new (file.bytes + file.slot.offset, file.slot.metadata_length);

  if (file.length != file.size)
    {
      g_clear_pointer (&self->image, pillion_cache_bytes_unref);
      return PILLION_CACHE_LOAD_FINE;
    }

  if (self->fd >= 0)
    {
      close (self->fd);
      self->fd = -1;
    }
  return take_small_body (self, &file) ? PILLION_CACHE_LOAD_FINE : PILLION_CACHE_LOAD_DAMAGED;
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
  return self->image != NULL ? sizeof *self + g_bytes_get_size (self->metadata) + self->image->length : 0;
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
      memcpy (buffer, self->image->data + self->body + offset, size);
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
