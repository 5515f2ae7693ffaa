/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-store-private.h"

/* What a store knows of its folder: from the log that all processes write, or, if that is lost, from the files that are there */

#define LOCK_TIMEOUT (10 * G_TIME_SPAN_SECOND)

/* On the I/O thread, the store that was followed last in this iteration, or NULL. It is only compared. The thread takes the calls that were made
 * before it does anything else in an iteration, so who makes one because of what another process has done gets a later one. */
static __thread PillionCacheStore *followed;

/* Another process may say something that was true when it last looked: the later of two times, or none, is never wrong */
static void
take_good_until (PillionCacheRecord *record,
                 gboolean is_new,
                 guint32 good_until)
{
  if (is_new)
    record->good_until = good_until;
  else if (record->good_until == PILLION_CACHE_GOOD_UNKNOWN || good_until == PILLION_CACHE_GOOD_UNKNOWN)
    record->good_until = PILLION_CACHE_GOOD_UNKNOWN;
  else
    record->good_until = MAX (record->good_until, good_until);
}

/* With the mutex */
static gboolean
apply (const PillionCacheLogRecord *record,
       gpointer data)
{
  PillionCacheStore *self = data;
  PillionCacheRecord *known = pillion_cache_index_find (&self->index, record->key_hash, record->id);
  PillionCacheChange *change = g_hash_table_lookup (self->changes, &record->id);

  switch (record->operation)
    {
    case PILLION_CACHE_LOG_ADD:
      /* What was removed here stays removed, although the others don't know that yet */
      if (change == NULL || !change->removed)
        take_good_until (pillion_cache_index_add (&self->index, record->key_hash, record->id, record->size), known == NULL, record->good_until);
      break;
    case PILLION_CACHE_LOG_REMOVE:
      if (known != NULL && (change == NULL || change->stored))
        pillion_cache_index_remove (&self->index, known);
      break;
    case PILLION_CACHE_LOG_TOUCH:
      if (known == NULL)
        break;
      pillion_cache_index_touch (&self->index, known);
      take_good_until (known, FALSE, record->good_until);
      break;
    default:
      return FALSE;
    }

  return TRUE;
}

static void
apply_record (const PillionCacheLogRecord *record,
              gpointer data)
{
  PillionCacheStore *self = data;

  /* It was written by a later version */
  if (!apply (record, self))
    self->rewrite = TRUE;
}

/* What the log can't know: entries that have no file yet, and those that were updated */
static void
add_waiting (PillionCacheStore *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->changes);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      PillionCacheChange *change = value;
      PillionCacheRecord *record = NULL;

      if (!change->removed && (change->image != NULL || change->draft >= 0))
        record = pillion_cache_index_add (&self->index, change->key_hash, change->id, change->size);
      else if (!change->removed && change->metadata != NULL)
        record = pillion_cache_index_find (&self->index, change->key_hash, change->id);
      if (record != NULL)
        record->good_until = change->good_until;
    }
}

/* Reads the log from the beginning. Returns whether it is whole. */
static gboolean
read_log (PillionCacheStore *self,
          gboolean locked)
{
  PillionCacheIndex old = self->index;
  PillionCacheLogState state;

  if (!pillion_cache_log_open (&self->log, self->folder))
    return FALSE;

  self->index = (PillionCacheIndex) { NULL };
  pillion_cache_index_reserve (&self->index, pillion_cache_log_count (&self->log));
  state = pillion_cache_log_follow (&self->log, locked, apply_record, self);
  if (state == PILLION_CACHE_LOG_CURRENT && self->log.bad == 0)
    {
      pillion_cache_index_clear (&old);
      g_array_set_size (self->touched, 0);
      add_waiting (self);
      return TRUE;
    }

  pillion_cache_index_clear (&self->index);
  self->index = old;
  pillion_cache_log_close (&self->log);
  return FALSE;
}

typedef struct
{
  guint64 key_hash;
  guint64 id;
  guint64 size;
  gint64 modified;
} Found;

static void
note_found (guint64 key_hash,
            guint64 id,
            const struct stat *info,
            gpointer data)
{
  Found found = { key_hash, id, (guint64) info->st_size, info->st_mtim.tv_sec * G_USEC_PER_SEC + info->st_mtim.tv_nsec / 1000 };

  g_array_append_val ((GArray *) data, found);
}

static gint
compare_found (gconstpointer a,
               gconstpointer b)
{
  const Found *first = a;
  const Found *second = b;

  return first->modified < second->modified ? -1 : first->modified > second->modified;
}

GArray *
pillion_cache_store_list_folder (PillionCacheFolder *folder)
{
  GArray *found = g_array_new (FALSE, FALSE, sizeof (Found));

  if (!pillion_cache_folder_list (folder, note_found, found))
    {
      g_array_unref (found);
      return NULL;
    }

  g_array_sort (found, compare_found);
  return found;
}

void
pillion_cache_store_take_folder (PillionCacheStore *self,
                                 GArray *found)
{
  g_autoptr (GHashTable) present = g_hash_table_new (g_int64_hash, g_int64_equal);
  PillionCacheRecord *next;

  for (guint i = 0; i < found->len; i++)
    {
      Found *entry = &g_array_index (found, Found, i);
      PillionCacheChange *change = g_hash_table_lookup (self->changes, &entry->id);

      g_hash_table_add (present, &entry->id);
      /* The log may have lost what was said about it last */
      if (change == NULL || !change->removed)
        pillion_cache_index_add (&self->index, entry->key_hash, entry->id, entry->size)->good_until = PILLION_CACHE_GOOD_UNKNOWN;
    }

  for (PillionCacheRecord *record = pillion_cache_index_get_oldest (&self->index); record != NULL; record = next)
    {
      next = pillion_cache_index_get_newer (&self->index, record);
      if (!g_hash_table_contains (present, &record->id))
        pillion_cache_index_remove (&self->index, record);
    }

  add_waiting (self);
}

static gboolean
is_stored (const PillionCacheRecord *record,
           gpointer data)
{
  PillionCacheStore *self = data;
  PillionCacheChange *change = g_hash_table_lookup (self->changes, &record->id);

  return change == NULL || change->stored;
}

gboolean
pillion_cache_store_write_log (PillionCacheStore *self)
{
  gboolean success = pillion_cache_log_write (&self->log, self->folder, &self->index, is_stored, self);

  self->rewrite = !success;
  return success;
}

void
pillion_cache_store_load (PillionCacheStore *self,
                          gboolean locked)
{
  g_autoptr (GArray) found = NULL;

  if (read_log (self, locked))
    return;

  found = pillion_cache_store_list_folder (self->folder);
  if (found != NULL)
    pillion_cache_store_take_folder (self, found);
  if (!locked || !pillion_cache_store_write_log (self))
    self->rewrite = TRUE;
}

void
pillion_cache_store_follow (PillionCacheStore *self,
                            gboolean locked)
{
  pillion_cache_store_remove_doomed (self);
  self->followed = g_get_monotonic_time ();
  switch (pillion_cache_log_follow (&self->log, locked, apply_record, self))
    {
    case PILLION_CACHE_LOG_CURRENT:
      break;
    case PILLION_CACHE_LOG_REPLACED:
      /* One of another version has what this process doesn't know of */
      if (!read_log (self, locked))
        self->rewrite = self->log.suspect = TRUE;
      break;
    case PILLION_CACHE_LOG_DAMAGED:
    case PILLION_CACHE_LOG_LOST:
    default:
      self->rewrite = TRUE;
    }
}

static void
forget_followed (gpointer data)
{
  followed = NULL;
}

void
pillion_cache_store_follow_once (PillionCacheStore *self)
{
  if (followed == self)
    {
      pillion_cache_store_remove_doomed (self);
      return;
    }

  pillion_cache_store_follow (self, FALSE);
  if (followed != NULL || pillion_private_io_thread_defer (forget_followed, NULL))
    followed = self;
}

/* The log of a cache in good order is read without the lock, which a process that was stopped may hold */
void
pillion_cache_store_load_first (PillionCacheStore *self)
{
  int lock;

  pillion_cache_folder_clean_drafts (self->folder);
  if (read_log (self, FALSE))
    return;

  lock = pillion_cache_folder_lock (self->folder, LOCK_TIMEOUT);
  pillion_cache_store_load (self, lock >= 0);
  if (lock >= 0)
    pillion_cache_folder_unlock (lock);
}
