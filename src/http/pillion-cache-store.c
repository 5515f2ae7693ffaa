/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-cache-format.h"

/* More entries in memory than this are not taken: the disk can't keep up */
#define MAX_WAITING (32 * 1024 * 1024)

/* More drafts than this are not taken: each has a descriptor, of which the program needs some for itself */
#define MAX_DRAFTS 64

/* More variants of a key make room for each other */
#define MAX_VARIANTS 64

/* How long others may change the folder before this gives up, in µs */
#define LOCK_TIMEOUT (10 * G_TIME_SPAN_SECOND)

/* How old what is known of other processes may be where it doesn't matter much, in µs */
#define FOLLOW_INTERVAL 10000

/* Held while one is opened, which may take long */
static GMutex opening_lock;

static void
change_free (gpointer data)
{
  PillionCacheChange *self = data;

  g_clear_pointer (&self->image, pillion_cache_bytes_unref);
  g_clear_pointer (&self->metadata, pillion_cache_bytes_unref);
  if (self->draft >= 0)
    {
      if (!self->stored)
        pillion_cache_folder_remove_draft (self->folder, self->draft_name);
      close (self->draft);
    }
  g_clear_pointer (&self->folder, pillion_cache_folder_unref);
  g_free (self);
}

gboolean
pillion_cache_store_try_ref (PillionCacheStore *self)
{
  int n = __atomic_load_n (&self->n_references, __ATOMIC_RELAXED);

  while (n > 0)
    if (__atomic_compare_exchange_n (&self->n_references, &n, n + 1, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
      return TRUE;

  return FALSE;
}

/* With the mutex */
static void
wait_until_idle (PillionCacheStore *self,
                 gint64 end)
{
  while (self->running && !self->resting && pillion_cond_wait_until (&self->idle, &self->mutex, end))
    ;
}

void
pillion_cache_store_flush_until (PillionCacheStore *self,
                                 gint64 end)
{
  /* A run that is about to fail would leave what came after it had begun */
  pillion_mutex_lock (&self->mutex);
  pillion_cache_store_remove_doomed (self);
  self->flushing = TRUE;
  g_cond_signal (&self->hurry);
  wait_until_idle (self, end);
  self->flushing = TRUE;
  self->resting = FALSE;
  pillion_mutex_unlock (&self->mutex);

  pillion_cache_store_start (self);

  pillion_mutex_lock (&self->mutex);
  wait_until_idle (self, end);
  /* Maybe there was nothing to do */
  if (!self->running)
    self->flushing = FALSE;
  pillion_mutex_unlock (&self->mutex);
}

static PillionCacheStore *
store_new (const char *dir,
           PillionCacheFolder *folder)
{
  PillionCacheStore *self = g_new0 (PillionCacheStore, 1);

  self->n_references = 1;
  self->dir = g_strdup (dir);
  self->real_dir = pillion_cache_stores_resolve (dir);
  self->pid = getpid ();
  g_mutex_init (&self->mutex);
  g_cond_init (&self->idle);
  g_cond_init (&self->hurry);
  self->folder = folder;
  self->log.fd = -1;
  self->max_bytes = G_MAXUINT64;
  self->workers = pillion_private_workers_new (2); /* one to write, and one to end it all while that is busy */
  self->changes = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, change_free);
  self->touched = g_array_new (FALSE, FALSE, sizeof (PillionCacheTouch));
  g_mutex_init (&self->doomed_lock);
  self->doomed = g_array_new (FALSE, FALSE, sizeof (guint64));

  return self;
}

static PillionCacheStore *
open_store (const char *dir,
            gboolean create,
            GError **error)
{
  PillionCacheFolder *folder = pillion_cache_folder_open (dir, create, error);
  PillionCacheStore *self;

  if (folder == NULL)
    return NULL;

  self = pillion_cache_stores_find (folder);
  if (self != NULL)
    {
      pillion_cache_folder_unref (folder);
      return self;
    }

  self = store_new (dir, folder);
  pillion_mutex_lock (&self->mutex);
  pillion_cache_store_load_first (self);
  pillion_mutex_unlock (&self->mutex);
  pillion_cache_stores_add (self);

  return self;
}

PillionCacheStore *
pillion_cache_store_open (const char *dir,
                          guint64 max_bytes,
                          GError **error)
{
  PillionCacheStore *self;

  pillion_mutex_lock (&opening_lock);
  self = open_store (dir, TRUE, error);
  pillion_mutex_unlock (&opening_lock);

  if (self != NULL)
    {
      __atomic_store_n (&self->max_bytes, max_bytes, __ATOMIC_RELAXED);
      pillion_cache_store_start (self);
    }
  return self;
}

PillionCacheStore *
pillion_cache_store_open_existing (const char *dir,
                                   GError **error)
{
  PillionCacheStore *self;

  pillion_mutex_lock (&opening_lock);
  self = open_store (dir, FALSE, error);
  pillion_mutex_unlock (&opening_lock);

  return self;
}

PillionCacheStore *
pillion_cache_store_ref (PillionCacheStore *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

static void
store_free (PillionCacheStore *self)
{
  pillion_cache_stores_remove (self);
  pillion_private_workers_close (self->workers, 0);
  g_queue_clear (&self->queue);
  g_hash_table_unref (self->changes);
  g_array_unref (self->touched);
  g_array_unref (self->doomed);
  g_mutex_clear (&self->doomed_lock);
  pillion_cache_log_close (&self->log);
  pillion_cache_index_clear (&self->index);
  pillion_cache_folder_unref (self->folder);
  g_cond_clear (&self->hurry);
  g_cond_clear (&self->idle);
  g_mutex_clear (&self->mutex);
  g_free (self->real_dir);
  g_free (self->dir);
  g_free (self);
}

/* With the mutex, when nobody has a reference any more. Returns whether the publisher is running: then it frees the store when it stops. */
static gboolean
begin_closing (PillionCacheStore *self)
{
  self->closing = TRUE;
  self->flushing = TRUE;
  self->resting = FALSE;
  g_cond_signal (&self->hurry);

  return self->running;
}

/* Ends the store, or leaves that to the publisher if it is running */
static void
finish (gpointer data)
{
  PillionCacheStore *self = data;
  gboolean running;
  gboolean has_work;

  pillion_mutex_lock (&self->mutex);
  running = begin_closing (self);
  has_work = pillion_cache_publisher_has_work (self);
  pillion_mutex_unlock (&self->mutex);

  if (running)
    return;
  if (has_work)
    pillion_cache_publisher_run (self, FALSE);
  store_free (self);
}

void
pillion_cache_store_unref (PillionCacheStore *self)
{
  gboolean running = FALSE;
  gboolean has_work = TRUE;

  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  /* A child that was forked has the store of its parent, with a mutex that may be locked for good, and drafts that the parent needs */
  if (self->pid != getpid ())
    return;

  /* This may be a host's thread, which must not wait for the disk, and the publisher may have the mutex while it does. Then it is another
   * worker that waits. */
  if (pillion_mutex_trylock (&self->mutex))
    {
      running = begin_closing (self);
      has_work = pillion_cache_publisher_has_work (self);
      pillion_mutex_unlock (&self->mutex);
    }

  if (!running && (!has_work || !pillion_private_workers_push (self->workers, finish, self, NULL)))
    finish (self);
}

static void
run_on_worker (gpointer data)
{
  if (pillion_cache_publisher_run (data, TRUE))
    store_free (data);
}

void
pillion_cache_store_start (PillionCacheStore *self)
{
  gboolean started;

  pillion_mutex_lock (&self->mutex);
  if (self->running || !pillion_cache_publisher_has_work (self))
    {
      if (self->resting && pillion_cache_publisher_has_work (self))
        self->resting = FALSE;
      if (!self->resting && !pillion_cache_publisher_may_wait (self))
        g_cond_signal (&self->hurry);
      pillion_mutex_unlock (&self->mutex);
      return;
    }
  self->running = TRUE;
  started = pillion_private_workers_push (self->workers, run_on_worker, self, NULL);
  /* If the system has no thread left, this one does the work */
  self->urgent = self->urgent || !started;
  pillion_mutex_unlock (&self->mutex);

  /* It has a reference, so there is nothing to free */
  if (!started)
    pillion_cache_publisher_run (self, FALSE);
}

PillionCacheFolder *
pillion_cache_store_ref_folder (PillionCacheStore *self)
{
  PillionCacheFolder *folder;

  pillion_mutex_lock (&self->mutex);
  folder = pillion_cache_folder_ref (self->folder);
  pillion_mutex_unlock (&self->mutex);

  return folder;
}

gboolean
pillion_cache_store_is_writable (PillionCacheStore *self)
{
  gboolean writable;

  pillion_mutex_lock (&self->mutex);
  writable = self->folder->writable;
  pillion_mutex_unlock (&self->mutex);

  return writable;
}

guint64
pillion_cache_store_get_size (PillionCacheStore *self)
{
  guint64 size;

  pillion_mutex_lock (&self->mutex);
  size = self->index.n_bytes;
  pillion_mutex_unlock (&self->mutex);

  return size;
}

guint64
pillion_cache_store_get_n_entries (PillionCacheStore *self)
{
  guint64 n;

  pillion_mutex_lock (&self->mutex);
  n = self->index.n_entries;
  pillion_mutex_unlock (&self->mutex);

  return n;
}

guint64
pillion_cache_store_get_max_bytes (PillionCacheStore *self)
{
  return __atomic_load_n (&self->max_bytes, __ATOMIC_RELAXED);
}

static void
start_on_worker (gpointer data)
{
  pillion_cache_store_start (data);
  pillion_cache_store_unref (data);
}

void
pillion_cache_store_set_max_bytes (PillionCacheStore *self,
                                   guint64 max_bytes)
{
  __atomic_store_n (&self->max_bytes, max_bytes, __ATOMIC_RELAXED);

  /* Whether there is anything to do can't be known without the mutex. If the system has no thread left, the next change starts it. */
  if (!pillion_private_workers_push (self->workers, start_on_worker, pillion_cache_store_ref (self), NULL))
    pillion_cache_store_unref (self);
}

/* With the mutex */
PillionCacheChange *
pillion_cache_store_get_change (PillionCacheStore *self,
                                guint64 key_hash,
                                guint64 id)
{
  PillionCacheChange *change = g_hash_table_lookup (self->changes, &id);

  if (change == NULL)
    {
      change = g_new0 (PillionCacheChange, 1);
      change->id = id;
      change->key_hash = key_hash;
      change->draft = -1;
      change->stored = TRUE;
      g_hash_table_insert (self->changes, &change->id, change);
    }

  return change;
}

void
pillion_cache_store_queue (PillionCacheStore *self,
                           PillionCacheChange *change)
{
  if (change->queued)
    return;

  change->queued = TRUE;
  change->number = ++self->n_queued;
  g_queue_push_tail (&self->queue, change);
}

void
pillion_cache_store_drop_change (PillionCacheStore *self,
                                 PillionCacheChange *change)
{
  if (change->image != NULL)
    self->n_waiting -= change->image->length;
  if (change->draft >= 0)
    self->n_drafts--;
  g_hash_table_remove (self->changes, &change->id);
}

void
pillion_cache_store_remove_record (PillionCacheStore *self,
                                   PillionCacheRecord *record)
{
  PillionCacheChange *change = pillion_cache_store_get_change (self, record->key_hash, record->id);

  change->removed = TRUE;
  self->urgent = TRUE;
  pillion_cache_store_queue (self, change);
  pillion_cache_index_remove (&self->index, record);
}

void
pillion_cache_store_remove_id (PillionCacheStore *self,
                               guint64 key_hash,
                               guint64 id)
{
  PillionCacheRecord *record;

  pillion_mutex_lock (&self->mutex);
  record = pillion_cache_index_find (&self->index, key_hash, id);
  if (record != NULL)
    pillion_cache_store_remove_record (self, record);
  pillion_mutex_unlock (&self->mutex);

  pillion_cache_store_start (self);
}

void
pillion_cache_store_report (PillionCacheStore *self,
                            int errsv)
{
  pillion_mutex_lock (&self->mutex);
  self->n_lost++;
  self->errsv = errsv;
  self->remake = self->remake || errsv == ENOENT;
  pillion_mutex_unlock (&self->mutex);

  if (errsv == ENOENT)
    pillion_cache_store_start (self);
}

/* What a lookup needs to know of an entry after it has released the mutex */
typedef struct
{
  guint64 key_hash;
  guint64 id;
  guint64 used;
  PillionCacheBytes *image;
  PillionCacheBytes *metadata;
  int fd;
} Candidate;

static void
candidate_init (Candidate *self,
                PillionCacheStore *store,
                const PillionCacheRecord *record)
{
  PillionCacheChange *change = g_hash_table_lookup (store->changes, &record->id);

  *self = (Candidate) { .key_hash = record->key_hash, .id = record->id, .used = record->used, .fd = -1 };
  if (change == NULL)
    return;

  self->metadata = change->metadata != NULL ? pillion_cache_bytes_ref (change->metadata) : NULL;
  self->image = change->image != NULL ? pillion_cache_bytes_ref (change->image) : NULL;
  if (change->draft >= 0)
    self->fd = fcntl (change->draft, F_DUPFD_CLOEXEC, 3);
}

/* A file that is not there may just be getting its name: the publisher finds out */
static void
report_missing (PillionCacheStore *self,
                const Candidate *candidate)
{
  PillionCacheRecord *record;

  pillion_mutex_lock (&self->mutex);
  record = pillion_cache_index_find (&self->index, candidate->key_hash, candidate->id);
  if (record != NULL)
    {
      PillionCacheChange *change = pillion_cache_store_get_change (self, candidate->key_hash, candidate->id);

      change->missing = TRUE;
      pillion_cache_store_queue (self, change);
    }
  pillion_mutex_unlock (&self->mutex);

  pillion_cache_store_start (self);
}

static PillionCacheEntry *
candidate_load (Candidate *self,
                PillionCacheStore *store,
                PillionCacheFolder *folder,
                const char *key,
                guint64 *n_damaged)
{
  PillionCacheLoad result = PILLION_CACHE_LOAD_FAILED;
  PillionCacheEntry *entry = NULL;

  if (self->image == NULL && self->fd < 0)
    self->fd = pillion_cache_folder_open_entry (folder, self->key_hash, self->id, FALSE);

  if (self->image != NULL || self->fd >= 0)
    {
      entry = pillion_cache_entry_load (store, folder, self->fd, self->image, self->key_hash, self->id, key, self->metadata, &result);
      self->fd = -1;
    }
  else if (errno == ENOENT || errno == ELOOP || errno == ENXIO)
    report_missing (store, self);

  if (entry != NULL)
    pillion_cache_entry_set_used (entry, self->used);
  if (result == PILLION_CACHE_LOAD_DAMAGED)
    {
      pillion_cache_store_remove_id (store, self->key_hash, self->id);
      ++*n_damaged;
    }
  else if (result == PILLION_CACHE_LOAD_FOREIGN)
    report_missing (store, self);

  g_clear_pointer (&self->image, pillion_cache_bytes_unref);
  g_clear_pointer (&self->metadata, pillion_cache_bytes_unref);
  return entry;
}

GPtrArray *
pillion_cache_store_lookup (PillionCacheStore *self,
                            const char *key)
{
  guint64 key_hash = pillion_cache_hash_key (key);
  Candidate candidates[MAX_VARIANTS];
  PillionCacheFolder *folder;
  GPtrArray *found = NULL;
  guint64 n_damaged = 0;
  gboolean rewrite;
  guint n = 0;

  pillion_mutex_lock (&self->mutex);
  pillion_cache_store_follow_once (self);
  rewrite = self->rewrite;
  for (PillionCacheRecord *record = pillion_cache_index_first (&self->index, key_hash); record != NULL && n < MAX_VARIANTS;
       record = pillion_cache_index_next (&self->index, record))
    candidate_init (&candidates[n++], self, record);
  folder = pillion_cache_folder_ref (self->folder);
  pillion_mutex_unlock (&self->mutex);

  if (rewrite)
    pillion_cache_store_start (self);
  for (guint i = 0; i < n; i++)
    {
      PillionCacheEntry *entry = candidate_load (&candidates[i], self, folder, key, &n_damaged);

      if (entry == NULL)
        continue;
      if (found == NULL)
        found = g_ptr_array_new_full (n, (GDestroyNotify) pillion_cache_entry_unref);
      g_ptr_array_add (found, entry);
    }
  pillion_cache_folder_unref (folder);

  return found;
}

static gboolean
may_be_good (PillionCacheStore *self,
             guint64 key_hash,
             gint64 now)
{
  for (PillionCacheRecord *record = pillion_cache_index_first (&self->index, key_hash); record != NULL;
       record = pillion_cache_index_next (&self->index, record))
    if (record->good_until == PILLION_CACHE_GOOD_UNKNOWN || record->good_until > now)
      return TRUE;

  return FALSE;
}

gboolean
pillion_cache_store_may_be_good (PillionCacheStore *self,
                                 const char *key,
                                 gint64 now)
{
  guint64 key_hash = pillion_cache_hash_key (key);
  gboolean may;

  pillion_mutex_lock (&self->mutex);
  may = may_be_good (self, key_hash, now);
  if (!may && g_get_monotonic_time () - self->followed > FOLLOW_INTERVAL)
    {
      pillion_cache_store_follow (self, FALSE);
      may = may_be_good (self, key_hash, now);
    }
  pillion_mutex_unlock (&self->mutex);

  return may;
}

PillionCacheEntry *
pillion_cache_store_load_entry (PillionCacheStore *self,
                                guint64 key_hash,
                                guint64 id,
                                guint64 *n_damaged)
{
  PillionCacheFolder *folder;
  PillionCacheRecord *record;
  PillionCacheEntry *entry = NULL;
  Candidate candidate;

  pillion_mutex_lock (&self->mutex);
  record = pillion_cache_index_find (&self->index, key_hash, id);
  if (record != NULL)
    candidate_init (&candidate, self, record);
  folder = pillion_cache_folder_ref (self->folder);
  pillion_mutex_unlock (&self->mutex);

  if (record != NULL)
    entry = candidate_load (&candidate, self, folder, NULL, n_damaged);
  pillion_cache_folder_unref (folder);

  return entry;
}

gboolean
pillion_cache_store_is_current (PillionCacheStore *self,
                                const char *key,
                                GPtrArray *entries)
{
  guint64 key_hash = pillion_cache_hash_key (key);
  gboolean current = TRUE;
  guint n = 0;

  pillion_mutex_lock (&self->mutex);
  pillion_cache_store_follow_once (self);
  for (PillionCacheRecord *record = pillion_cache_index_first (&self->index, key_hash); record != NULL && current;
       record = pillion_cache_index_next (&self->index, record), n++)
    current = n < entries->len && pillion_cache_entry_get_id (entries->pdata[n]) == record->id &&
              pillion_cache_entry_get_used (entries->pdata[n]) == record->used;
  pillion_mutex_unlock (&self->mutex);

  return current && n == entries->len;
}

void
pillion_cache_store_touch (PillionCacheStore *self,
                           PillionCacheEntry *entry)
{
  PillionCacheTouch touch = { pillion_cache_entry_get_key_hash (entry), pillion_cache_entry_get_id (entry) };
  PillionCacheRecord *record;
  gboolean start;

  pillion_mutex_lock (&self->mutex);
  record = pillion_cache_index_find (&self->index, touch.key_hash, touch.id);
  if (record != NULL)
    {
      pillion_cache_index_touch (&self->index, record);
      if (!record->touched)
        g_array_append_val (self->touched, touch);
      record->touched = TRUE;
    }
  start = !self->running && pillion_cache_publisher_has_work (self);
  pillion_mutex_unlock (&self->mutex);

  if (start)
    pillion_cache_store_start (self);
}

gboolean
pillion_cache_store_update_metadata (PillionCacheStore *self,
                                     PillionCacheEntry *entry,
                                     GBytes *metadata,
                                     guint32 good_until,
                                     GError **error)
{
  guint64 key_hash = pillion_cache_entry_get_key_hash (entry);
  guint64 id = pillion_cache_entry_get_id (entry);
  PillionCacheRecord *record;

  if (g_bytes_get_size (metadata) > PILLION_CACHE_MAX_METADATA)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE, _("the response is too large for the cache"));
      return FALSE;
    }

  pillion_cache_entry_set_metadata (entry, metadata);

  pillion_mutex_lock (&self->mutex);
  record = pillion_cache_index_find (&self->index, key_hash, id);
  if (record != NULL)
    {
      PillionCacheChange *change = pillion_cache_store_get_change (self, key_hash, id);

      g_clear_pointer (&change->metadata, pillion_cache_bytes_unref);
      change->good_until = good_until;
      change->metadata = pillion_cache_bytes_new_copy (g_bytes_get_data (metadata, NULL), g_bytes_get_size (metadata));
      pillion_cache_store_queue (self, change);
      /* What was looked up before is no longer current */
      pillion_cache_index_touch (&self->index, record);
      record->good_until = good_until;
    }
  pillion_mutex_unlock (&self->mutex);

  pillion_cache_store_start (self);
  if (record == NULL)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _("the cached response is gone"));
  return record != NULL;
}

void
pillion_cache_store_remove (PillionCacheStore *self,
                            PillionCacheEntry *entry)
{
  pillion_cache_store_remove_id (self, pillion_cache_entry_get_key_hash (entry), pillion_cache_entry_get_id (entry));
}

gboolean
pillion_cache_store_remove_key (PillionCacheStore *self,
                                const char *key)
{
  guint64 key_hash = pillion_cache_hash_key (key);
  PillionCacheRecord *record;
  gboolean any = FALSE;

  pillion_mutex_lock (&self->mutex);
  pillion_cache_store_follow (self, FALSE);
  while ((record = pillion_cache_index_first (&self->index, key_hash)) != NULL)
    {
      pillion_cache_store_remove_record (self, record);
      any = TRUE;
    }
  pillion_mutex_unlock (&self->mutex);

  pillion_cache_store_start (self);
  return any;
}

void
pillion_cache_store_remove_doomed (PillionCacheStore *self)
{
  pillion_mutex_lock (&self->doomed_lock);
  for (guint i = 0; i < self->doomed->len; i++)
    {
      PillionCacheRecord *record;

      while ((record = pillion_cache_index_first (&self->index, g_array_index (self->doomed, guint64, i))) != NULL)
        pillion_cache_store_remove_record (self, record);
    }
  g_array_set_size (self->doomed, 0);
  pillion_mutex_unlock (&self->doomed_lock);
}

static void
remove_doomed_on_worker (gpointer data)
{
  PillionCacheStore *self = data;

  /* What other processes have stored under these keys is to go too */
  pillion_mutex_lock (&self->mutex);
  pillion_cache_store_follow (self, FALSE);
  pillion_mutex_unlock (&self->mutex);

  pillion_cache_store_start (self);
  pillion_cache_store_unref (self);
}

void
pillion_cache_store_remove_key_soon (PillionCacheStore *self,
                                     const char *key)
{
  guint64 key_hash = pillion_cache_hash_key (key);

  /* First, so that whoever still finds the old number adds an entry that the removal comes after */
  __atomic_add_fetch (&self->n_doomed, 1, __ATOMIC_SEQ_CST);
  pillion_mutex_lock (&self->doomed_lock);
  g_array_append_val (self->doomed, key_hash);
  pillion_mutex_unlock (&self->doomed_lock);

  /* If the system has no thread left, the next lookup does it */
  if (!pillion_private_workers_push (self->workers, remove_doomed_on_worker, pillion_cache_store_ref (self), NULL))
    pillion_cache_store_unref (self);
}

guint
pillion_cache_store_get_n_doomed (PillionCacheStore *self)
{
  return __atomic_load_n (&self->n_doomed, __ATOMIC_SEQ_CST);
}

gboolean
pillion_cache_store_add (PillionCacheStore *self,
                         PillionCacheChange *change,
                         PillionCacheEntry *replaced,
                         GError **error)
{
  gsize n_waiting = change->image != NULL ? change->image->length : 0;
  PillionCacheRecord *old = NULL;
  guint n = 0;

  pillion_mutex_lock (&self->mutex);
  if (self->n_waiting + n_waiting > MAX_WAITING || (change->draft >= 0 && self->n_drafts >= MAX_DRAFTS))
    {
      self->n_lost++;
      self->errsv = EBUSY;
      pillion_mutex_unlock (&self->mutex);
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BUSY, _("the response can't be cached: the disk is too slow"));
      change_free (change);
      return FALSE;
    }

  if (replaced != NULL)
    old = pillion_cache_index_find (&self->index, pillion_cache_entry_get_key_hash (replaced), pillion_cache_entry_get_id (replaced));
  if (old != NULL)
    pillion_cache_store_remove_record (self, old);

  /* The last one of a bucket is the one that was added first */
  old = NULL;
  for (PillionCacheRecord *record = pillion_cache_index_first (&self->index, change->key_hash); record != NULL;
       record = pillion_cache_index_next (&self->index, record), n++)
    old = record;
  if (n >= MAX_VARIANTS)
    pillion_cache_store_remove_record (self, old);

  self->n_waiting += n_waiting;
  if (change->draft >= 0)
    self->n_drafts++;
  g_hash_table_insert (self->changes, &change->id, change);
  pillion_cache_index_add (&self->index, change->key_hash, change->id, change->size)->good_until = change->good_until;
  pillion_cache_store_queue (self, change);
  pillion_mutex_unlock (&self->mutex);

  pillion_cache_store_start (self);
  return TRUE;
}

void
pillion_cache_store_flush (PillionCacheStore *self)
{
  pillion_cache_store_flush_until (self, g_get_monotonic_time () + LOCK_TIMEOUT);
}
