/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-format.h"
#include "http/pillion-cache-store-private.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>

/* Of its limit, which a store can't be asked for with each piece */
#define MAX_SHARE 8

struct _PillionCacheWriter
{
  PillionCacheStore *store;
  guint64 max_size;
  PillionCacheHead head;
  GByteArray *block; /* what is not on disk; at first the whole body */
  guint64 length;
  char *key;
  GBytes *metadata;
  guint32 good_until;

  /* Once the entry isn't small any more */
  PillionCacheFolder *folder; /* or NULL */
  int fd;
  char name[PILLION_CACHE_NAME_SIZE];
  guint64 n_blocks; /* on disk */
};

static gboolean
fail_size (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, _("the response is too large for the cache"));
  return FALSE;
}

static gboolean
fail_errno (PillionCacheWriter *self,
            int errsv,
            GError **error)
{
  pillion_cache_store_report (self->store, errsv);
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errsv), _("the response can't be cached: %s"), g_strerror (errsv));
  return FALSE;
}

static void
make_head (PillionCacheWriter *self,
           gsize metadata_length)
{
  guint64 id = self->head.id != 0 ? self->head.id : pillion_cache_random ();

  pillion_cache_head_init (&self->head, self->key, id, metadata_length);
}

/* Writes the head, with metadata that fit */
static void
put_head (PillionCacheWriter *self,
          GBytes *metadata,
          guint8 *bytes)
{
  gsize metadata_length;
  const void *data = g_bytes_get_data (metadata, &metadata_length);

  pillion_cache_head_put (&self->head, self->key, bytes);
  pillion_cache_slot_fill (bytes + self->head.slots[0], &self->head, 0, 1, self->length, data, metadata_length);
}

static gboolean
write_head (PillionCacheWriter *self,
            GBytes *metadata)
{
  g_autofree guint8 *bytes = g_malloc (self->head.body);

  put_head (self, metadata, bytes);
  return pillion_cache_write_all (self->fd, bytes, self->head.body, 0);
}

PillionCacheWriter *
pillion_cache_writer_new (PillionCacheStore *store,
                          const char *key,
                          GBytes *metadata,
                          gint64 length,
                          GError **error)
{
  guint64 max_size = pillion_cache_store_get_max_bytes (store) / MAX_SHARE;
  gsize metadata_length = g_bytes_get_size (metadata);
  PillionCacheWriter *self;

  if (strlen (key) > PILLION_CACHE_MAX_KEY || metadata_length > PILLION_CACHE_MAX_METADATA || (length >= 0 && (guint64) length > max_size))
    {
      fail_size (error);
      return NULL;
    }

  if (!pillion_cache_store_is_writable (store))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_READ_ONLY, _("the response can't be cached: the cache can only be read"));
      return NULL;
    }

  self = g_new0 (PillionCacheWriter, 1);
  self->store = pillion_cache_store_ref (store);
  self->max_size = max_size;
  self->fd = -1;
  self->key = g_strdup (key);
  self->metadata = g_bytes_ref (metadata);
  make_head (self, metadata_length);
  self->block = g_byte_array_sized_new (length >= 0 ? (guint) MIN (length + 8, PILLION_CACHE_BLOCK_SIZE) : 4096);

  return self;
}

/* From now on the body goes to disk */
static gboolean
make_draft (PillionCacheWriter *self)
{
  self->folder = pillion_cache_store_ref_folder (self->store);
  self->fd = pillion_cache_folder_new_draft (self->folder, self->name);
  return self->fd >= 0;
}

static gboolean
write_block (PillionCacheWriter *self)
{
  guint64 sum = pillion_cache_sum_block (&self->head, self->n_blocks, self->block->data, self->block->len);

  g_byte_array_append (self->block, (const guint8 *) &sum, sizeof sum);
  if (!pillion_cache_write_all (self->fd, self->block->data, self->block->len, self->head.body + self->n_blocks * PILLION_CACHE_BLOCK_SIZE))
    return FALSE;

  self->n_blocks++;
  g_byte_array_set_size (self->block, 0);
  return TRUE;
}

gboolean
pillion_cache_writer_write (PillionCacheWriter *self,
                            const void *bytes,
                            gsize length,
                            GError **error)
{
  const guint8 *next = bytes;

  if (self->length + length > self->max_size)
    return fail_size (error);

  self->length += length;
  while (length > 0)
    {
      gsize n = MIN (length, PILLION_CACHE_BLOCK_LENGTH - self->block->len);

      g_byte_array_append (self->block, next, (guint) n);
      next += n;
      length -= n;

      if (self->folder == NULL && pillion_cache_file_size (&self->head, self->length) > PILLION_CACHE_SMALL && !make_draft (self))
        return fail_errno (self, errno, error);
      if (self->block->len == PILLION_CACHE_BLOCK_LENGTH && !write_block (self))
        return fail_errno (self, errno, error);
    }

  return TRUE;
}

/* Metadata that don't fit need a head of another size, and so the body has to move */
static gboolean
move_body (PillionCacheWriter *self,
           gsize metadata_length)
{
  g_autofree guint8 *buffer = g_malloc (PILLION_CACHE_BLOCK_SIZE);
  guint64 from = self->head.body;
  int old_fd = self->fd;
  char old_name[PILLION_CACHE_NAME_SIZE];
  gboolean success;
  int errsv;

  memcpy (old_name, self->name, sizeof old_name);
  make_head (self, metadata_length);
  self->fd = pillion_cache_folder_new_draft (self->folder, self->name);
  success = self->fd >= 0;

  for (guint64 i = 0; success && i < self->n_blocks; i++)
    {
      gssize n = pillion_cache_read_all (old_fd, buffer, PILLION_CACHE_BLOCK_SIZE, from + i * PILLION_CACHE_BLOCK_SIZE);

      if (n >= 0 && n != PILLION_CACHE_BLOCK_SIZE)
        errno = EIO;
      success = n == PILLION_CACHE_BLOCK_SIZE && pillion_cache_write_all (self->fd, buffer, (gsize) n, self->head.body + i * PILLION_CACHE_BLOCK_SIZE);
    }

  errsv = errno;
  pillion_cache_folder_remove_draft (self->folder, old_name);
  close (old_fd);
  errno = errsv;
  return success;
}

static void
add_draft (PillionCacheWriter *self,
           PillionCacheChange *change)
{
  change->folder = g_steal_pointer (&self->folder);
  change->draft = self->fd;
  memcpy (change->draft_name, self->name, sizeof change->draft_name);
  self->fd = -1;
}

gboolean
pillion_cache_writer_commit (PillionCacheWriter *self,
                             GBytes *metadata,
                             PillionCacheEntry *replaced,
                             GError **error)
{
  PillionCacheChange *change;
  gsize metadata_length;
  guint64 size;

  if (metadata == NULL)
    metadata = self->metadata;
  metadata_length = g_bytes_get_size (metadata);
  if (metadata_length > PILLION_CACHE_MAX_METADATA)
    return fail_size (error);

  if (!pillion_cache_slot_fits (&self->head, metadata_length))
    {
      if (self->folder == NULL)
        make_head (self, metadata_length);
      else if (!move_body (self, metadata_length))
        return fail_errno (self, errno, error);
    }

  size = pillion_cache_file_size (&self->head, self->length);
  if (size > self->max_size)
    return fail_size (error);
  if (self->folder == NULL && size > PILLION_CACHE_SMALL && !make_draft (self))
    return fail_errno (self, errno, error);

  if (self->folder != NULL && ((self->block->len > 0 && !write_block (self)) || !write_head (self, metadata)))
    return fail_errno (self, errno, error);

  change = g_new0 (PillionCacheChange, 1);
  change->id = self->head.id;
  change->key_hash = pillion_cache_hash_key (self->key);
  change->size = size;
  change->good_until = self->good_until;
  change->draft = -1;
  if (self->folder != NULL)
    add_draft (self, change);
  else
    {
      change->image = pillion_cache_bytes_new (size);
      put_head (self, metadata, change->image->data);
      if (self->length > 0)
        {
          guint64 sum = pillion_cache_sum_block (&self->head, 0, self->block->data, self->block->len);

          memcpy (change->image->data + self->head.body, self->block->data, self->block->len);
          memcpy (change->image->data + self->head.body + self->block->len, &sum, sizeof sum);
        }
    }

  return pillion_cache_store_add (self->store, change, replaced, error);
}

void
pillion_cache_writer_set_good_until (PillionCacheWriter *self,
                                     guint32 good_until)
{
  self->good_until = good_until;
}

guint64
pillion_cache_writer_get_id (PillionCacheWriter *self)
{
  return self->head.id;
}

void
pillion_cache_writer_free (PillionCacheWriter *self)
{
  if (self->fd >= 0)
    {
      pillion_cache_folder_remove_draft (self->folder, self->name);
      close (self->fd);
    }
  g_clear_pointer (&self->folder, pillion_cache_folder_unref);
  g_byte_array_unref (self->block);
  g_bytes_unref (self->metadata);
  g_free (self->key);
  pillion_cache_store_unref (self->store);
  g_free (self);
}
