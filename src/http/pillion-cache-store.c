/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-store.h"

#include <string.h>

struct _PillionCacheStore
{
  int n_references; /* under the lock of the table of stores */
  char *dir;
  GMutex mutex;
  guint64 max_bytes;
  guint64 size;
  guint64 last_id;
  GQueue entries; /* most recently used first */
};

struct _PillionCacheEntry
{
  int n_references; /* atomic */
  char *key;
  guint64 id;
  GBytes *metadata;
  GBytes *body;
};

struct _PillionCacheWriter
{
  PillionCacheStore *store;
  char *key;
  GBytes *metadata;
  GByteArray *body;
};

static GMutex stores_mutex;
static GHashTable *stores;

static guint64
get_entry_size (PillionCacheEntry *entry)
{
  return g_bytes_get_size (entry->body) + g_bytes_get_size (entry->metadata);
}

static void
drop (PillionCacheStore *self,
      GList *link)
{
  self->size -= get_entry_size (link->data);
  pillion_cache_entry_unref (link->data);
  g_queue_delete_link (&self->entries, link);
}

static GList *
find (PillionCacheStore *self,
      guint64 id)
{
  for (GList *l = self->entries.head; l != NULL; l = l->next)
    if (((PillionCacheEntry *) l->data)->id == id)
      return l;

  return NULL;
}

static void
evict (PillionCacheStore *self)
{
  while (self->size > self->max_bytes && self->entries.tail != NULL)
    drop (self, self->entries.tail);
}

PillionCacheStore *
pillion_cache_store_open (const char *dir,
                          guint64 max_bytes,
                          GError **error)
{
  PillionCacheStore *self;

  g_mutex_lock (&stores_mutex);
  if (stores == NULL)
    stores = g_hash_table_new (g_str_hash, g_str_equal);
  self = g_hash_table_lookup (stores, dir);
  if (self == NULL)
    {
      self = g_new0 (PillionCacheStore, 1);
      self->dir = g_strdup (dir);
      g_mutex_init (&self->mutex);
      g_hash_table_insert (stores, self->dir, self);
    }
  self->n_references++;
  self->max_bytes = max_bytes;
  g_mutex_unlock (&stores_mutex);

  return self;
}

PillionCacheStore *
pillion_cache_store_open_existing (const char *dir,
                                   GError **error)
{
  return pillion_cache_store_open (dir, G_MAXUINT64, error);
}

PillionCacheStore *
pillion_cache_store_ref (PillionCacheStore *self)
{
  g_mutex_lock (&stores_mutex);
  self->n_references++;
  g_mutex_unlock (&stores_mutex);

  return self;
}

void
pillion_cache_store_unref (PillionCacheStore *self)
{
  gboolean last;

  g_mutex_lock (&stores_mutex);
  last = --self->n_references == 0;
  if (last)
    g_hash_table_remove (stores, self->dir);
  g_mutex_unlock (&stores_mutex);

  if (!last)
    return;

  g_queue_clear_full (&self->entries, (GDestroyNotify) pillion_cache_entry_unref);
  g_mutex_clear (&self->mutex);
  g_free (self->dir);
  g_free (self);
}

guint64
pillion_cache_store_get_size (PillionCacheStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return self->size;
}

guint64
pillion_cache_store_get_n_entries (PillionCacheStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return self->entries.length;
}

guint64
pillion_cache_store_get_max_bytes (PillionCacheStore *self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  return self->max_bytes;
}

void
pillion_cache_store_set_max_bytes (PillionCacheStore *self,
                                   guint64 max_bytes)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  self->max_bytes = max_bytes;
  evict (self);
}

static gint
compare_ids (gconstpointer a,
             gconstpointer b)
{
  const PillionCacheEntry *first = *(const PillionCacheEntry *const *) a;
  const PillionCacheEntry *second = *(const PillionCacheEntry *const *) b;

  return first->id < second->id ? 1 : -1;
}

static PillionCacheEntry *
copy_entry (PillionCacheEntry *entry)
{
  PillionCacheEntry *copy = g_new0 (PillionCacheEntry, 1);

  copy->n_references = 1;
  copy->key = g_strdup (entry->key);
  copy->id = entry->id;
  copy->metadata = g_bytes_ref (entry->metadata);
  copy->body = g_bytes_ref (entry->body);
  return copy;
}

GPtrArray *
pillion_cache_store_lookup (PillionCacheStore *self,
                            const char *key)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  GPtrArray *found = NULL;

  for (GList *l = self->entries.head; l != NULL; l = l->next)
    {
      PillionCacheEntry *entry = l->data;

      if (strcmp (entry->key, key) != 0)
        continue;
      if (found == NULL)
        found = g_ptr_array_new_with_free_func ((GDestroyNotify) pillion_cache_entry_unref);
      g_ptr_array_add (found, copy_entry (entry));
    }
  if (found != NULL)
    g_ptr_array_sort (found, compare_ids);

  return found;
}

void
pillion_cache_store_touch (PillionCacheStore *self,
                           PillionCacheEntry *entry)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  GList *link = find (self, entry->id);

  if (link != NULL)
    {
      g_queue_unlink (&self->entries, link);
      g_queue_push_head_link (&self->entries, link);
    }
}

gboolean
pillion_cache_store_update_metadata (PillionCacheStore *self,
                                     PillionCacheEntry *entry,
                                     GBytes *metadata,
                                     GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  GList *link = find (self, entry->id);
  PillionCacheEntry *stored;

  g_bytes_ref (metadata);
  g_bytes_unref (entry->metadata);
  entry->metadata = metadata;
  if (link == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "the entry is gone");
      return FALSE;
    }

  stored = link->data;
  self->size -= get_entry_size (stored);
  g_bytes_unref (stored->metadata);
  stored->metadata = g_bytes_ref (metadata);
  self->size += get_entry_size (stored);
  return TRUE;
}

void
pillion_cache_store_remove (PillionCacheStore *self,
                            PillionCacheEntry *entry)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  GList *link = find (self, entry->id);

  if (link != NULL)
    drop (self, link);
}

gboolean
pillion_cache_store_remove_key (PillionCacheStore *self,
                                const char *key)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);
  gboolean any = FALSE;
  GList *next;

  for (GList *l = self->entries.head; l != NULL; l = next)
    {
      next = l->next;
      if (strcmp (((PillionCacheEntry *) l->data)->key, key) == 0)
        {
          any = TRUE;
          drop (self, l);
        }
    }

  return any;
}

void
pillion_cache_store_flush (PillionCacheStore *self)
{
}

gboolean
pillion_cache_store_clear (PillionCacheStore *self,
                           GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  while (self->entries.head != NULL)
    drop (self, self->entries.head);

  return TRUE;
}

gboolean
pillion_cache_store_verify (PillionCacheStore *self,
                            GCancellable *cancellable,
                            PillionCacheReport *report,
                            GError **error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->mutex);

  *report = (PillionCacheReport) { .n_entries = self->entries.length, .n_bytes = self->size };
  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}

gboolean
pillion_cache_store_foreach (PillionCacheStore *self,
                             PillionCacheFunc func,
                             gpointer data,
                             GCancellable *cancellable,
                             GError **error)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify) pillion_cache_entry_unref);

  g_mutex_lock (&self->mutex);
  for (GList *l = self->entries.head; l != NULL; l = l->next)
    g_ptr_array_add (all, copy_entry (l->data));
  g_mutex_unlock (&self->mutex);

  for (guint i = 0; i < all->len; i++)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (!func (all->pdata[i], data))
        break;
    }

  return TRUE;
}

PillionCacheEntry *
pillion_cache_entry_ref (PillionCacheEntry *self)
{
  g_atomic_int_inc (&self->n_references);
  return self;
}

void
pillion_cache_entry_unref (PillionCacheEntry *self)
{
  if (!g_atomic_int_dec_and_test (&self->n_references))
    return;

  g_free (self->key);
  g_bytes_unref (self->metadata);
  g_bytes_unref (self->body);
  g_free (self);
}

const char *
pillion_cache_entry_get_key (PillionCacheEntry *self)
{
  return self->key;
}

guint64
pillion_cache_entry_get_id (PillionCacheEntry *self)
{
  return self->id;
}

GBytes *
pillion_cache_entry_get_metadata (PillionCacheEntry *self)
{
  return self->metadata;
}

guint64
pillion_cache_entry_get_length (PillionCacheEntry *self)
{
  return g_bytes_get_size (self->body);
}

gssize
pillion_cache_entry_read (PillionCacheEntry *self,
                          guint64 offset,
                          void *buffer,
                          gsize size,
                          GError **error)
{
  gsize length;
  const guint8 *bytes = g_bytes_get_data (self->body, &length);

  if (offset >= length)
    return 0;

  size = MIN (size, length - offset);
  memcpy (buffer, bytes + offset, size);
  return (gssize) size;
}

static gboolean
check_size (PillionCacheStore *store,
            guint64 size,
            GError **error)
{
  if (size <= pillion_cache_store_get_max_bytes (store) / 8)
    return TRUE;

  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, "the entry is too large for the cache");
  return FALSE;
}

PillionCacheWriter *
pillion_cache_writer_new (PillionCacheStore *store,
                          const char *key,
                          GBytes *metadata,
                          gint64 length,
                          GError **error)
{
  PillionCacheWriter *self;

  if (length >= 0 && !check_size (store, (guint64) length, error))
    return NULL;

  self = g_new0 (PillionCacheWriter, 1);
  self->store = pillion_cache_store_ref (store);
  self->key = g_strdup (key);
  self->metadata = g_bytes_ref (metadata);
  self->body = g_byte_array_new ();
  return self;
}

gboolean
pillion_cache_writer_write (PillionCacheWriter *self,
                            const void *bytes,
                            gsize length,
                            GError **error)
{
  if (!check_size (self->store, self->body->len + length, error))
    return FALSE;

  g_byte_array_append (self->body, bytes, (guint) length);
  return TRUE;
}

gboolean
pillion_cache_writer_commit (PillionCacheWriter *self,
                             GBytes *metadata,
                             PillionCacheEntry *replaced,
                             GError **error)
{
  PillionCacheStore *store = self->store;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&store->mutex);
  PillionCacheEntry *entry = g_new0 (PillionCacheEntry, 1);
  GList *old = replaced != NULL ? find (store, replaced->id) : NULL;

  if (old != NULL)
    drop (store, old);
  entry->n_references = 1;
  entry->key = g_strdup (self->key);
  entry->id = ++store->last_id;
  entry->metadata = g_bytes_ref (metadata != NULL ? metadata : self->metadata);
  entry->body = g_byte_array_free_to_bytes (g_steal_pointer (&self->body));
  g_queue_push_head (&store->entries, entry);
  store->size += get_entry_size (entry);
  evict (store);
  return TRUE;
}

void
pillion_cache_writer_free (PillionCacheWriter *self)
{
  g_clear_pointer (&self->body, g_byte_array_unref);
  g_bytes_unref (self->metadata);
  g_free (self->key);
  pillion_cache_store_unref (self->store);
  g_free (self);
}
