/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-draft.h"
#include "http/pillion-cache-store-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The only one that changes the folder of an open store: it does what the store's queue says, so that nobody else waits for the disk or for
 * another process.
 *
 * With the lock of the folder, files are removed first, then the log says what happens, and then new files get their names. Whatever kills
 * the process in between, the log may have entries without a file, which are forgotten when somebody looks for them, but there is no file that
 * the log doesn't have. */

/* How many changes are made at once: the lock is held for that long */
#define MAX_BATCH 64

/* How many uses are noted before they are written by themselves */
#define MAX_TOUCHED 256

/* The log is replaced if it has this many records, and twice as many as there are entries */
#define MIN_RECORDS 4096

#define LOCK_TIMEOUT (10 * G_TIME_SPAN_SECOND)

/* New entries and new metadata wait this long for others, in µs, so that the disk doesn't get in the way of the responses that bring them,
 * unless there are this many bytes of them already */
#define DELAY G_TIME_SPAN_SECOND
#define MAX_DELAYED (8 * 1024 * 1024)
#define MAX_DELAYED_DRAFTS 32

/* How long nothing is tried after the disk has said no */
#define PAUSE G_TIME_SPAN_SECOND

/* If nobody asks for it, what is left is tried again after pauses that grow to this */
#define MAX_PAUSE (64 * G_TIME_SPAN_SECOND)

/* A change as it was when the batch began */
typedef struct
{
  PillionCacheChange *change;
  PillionCacheBytes *image;    /* to be written, or NULL */
  PillionCacheBytes *metadata; /* likewise */
  gboolean stored;  /* it has a file */
  gboolean missing; /* or maybe not */
  gboolean removed;
  gboolean gone; /* the file isn't there, or couldn't be written */
  gboolean left; /* its file is still to be updated or looked for */
  int errsv;     /* why it couldn't be written; 0 if that was for no fault of the disk's */
  PillionCacheDraft draft;
} Item;

typedef struct
{
  PillionCacheStore *store;
  PillionCacheFolder *folder;
  Item items[MAX_BATCH];
  guint n_items;
  GArray *touched; /* PillionCacheTouch */
  GArray *victims; /* likewise */
  GArray *records; /* for the log */
  guint64 last;    /* the number of the last change that was queued when it began */
  gboolean folder_gone;
  gboolean incomplete; /* something is to be tried again */
  int errsv;           /* why */
} Batch;

gboolean
pillion_cache_publisher_has_work (PillionCacheStore *self)
{
  if (!self->folder->writable || (self->paused_until > g_get_monotonic_time () && !self->flushing))
    return FALSE;

  return self->queue.length > 0 || self->rewrite || self->remake || self->log.suspect || self->index.n_bytes > pillion_cache_store_get_max_bytes (self) ||
         self->touched->len >= (self->flushing ? 1 : MAX_TOUCHED);
}

static void
take_changes (Batch *self)
{
  PillionCacheStore *store = self->store;

  while (self->n_items < MAX_BATCH && store->queue.length > 0)
    {
      PillionCacheChange *change = g_queue_pop_head (&store->queue);
      Item *item = &self->items[self->n_items++];

      change->queued = FALSE;
      change->busy = TRUE;
      *item = (Item) {
        .change = change,
        .stored = change->stored,
        .missing = change->missing,
        .removed = change->removed,
        .draft = { .fd = -1 },
      };
      change->missing = FALSE;
      if (change->removed)
        continue;
      item->left = change->metadata != NULL || (item->missing && item->stored);
      item->image = change->image != NULL ? pillion_cache_bytes_ref (change->image) : NULL;
      item->metadata = change->metadata != NULL ? pillion_cache_bytes_ref (change->metadata) : NULL;
    }
}

static void
take_touched (Batch *self)
{
  PillionCacheStore *store = self->store;

  for (guint i = 0; i < store->touched->len; i++)
    {
      PillionCacheTouch *touch = &g_array_index (store->touched, PillionCacheTouch, i);
      PillionCacheRecord *record = pillion_cache_index_find (&store->index, touch->key_hash, touch->id);

      if (record != NULL)
        {
          record->touched = FALSE;
          g_array_append_val (self->touched, *touch);
        }
    }
  g_array_set_size (store->touched, 0);
}

/* Notes why a file couldn't be made */
static void
give_up (Batch *self,
         Item *item)
{
  if (errno == ENOENT)
    self->folder_gone = TRUE;
  item->gone = TRUE;
  item->errsv = errno;
}

static void
update (Batch *self,
        Item *item,
        int fd)
{
  PillionCacheDraft copy = { .fd = -1 };

  if (!pillion_cache_draft_update (self->folder, fd, item->change->id, item->metadata, &copy))
    {
      /* A damaged file is of no use. If only the disk refuses, the old metadata remain until it no longer does. */
      if (errno == EINVAL)
        item->removed = TRUE;
      else
        self->errsv = errno;
      return;
    }

  item->left = FALSE;
  if (copy.fd >= 0)
    {
      pillion_cache_draft_clear (&item->draft, self->folder, FALSE);
      item->draft = copy;
    }
}

/* Writes the files of new entries, without the lock */
static void
write_drafts (Batch *self)
{
  for (guint i = 0; i < self->n_items; i++)
    {
      Item *item = &self->items[i];
      PillionCacheChange *change = item->change;

      if (item->removed || item->stored)
        continue;

      if (item->image != NULL && !pillion_cache_draft_new (&item->draft, self->folder, item->image))
        give_up (self, item);
      else if (item->image == NULL && change->folder != self->folder)
        {
          item->gone = TRUE; /* the folder of the draft is gone */
          item->errsv = ENOENT;
        }
      else if (item->image == NULL)
        {
          item->draft.fd = fcntl (change->draft, F_DUPFD_CLOEXEC, 3);
          item->draft.size = change->size;
          memcpy (item->draft.name, change->draft_name, sizeof item->draft.name);
          item->gone = item->draft.fd < 0;
          item->errsv = item->gone ? errno : 0;
        }

      if (!item->gone && item->metadata != NULL)
        update (self, item, item->draft.fd);
    }
}

/* Looks after the files that there are, with the lock */
static void
update_files (Batch *self)
{
  for (guint i = 0; i < self->n_items; i++)
    {
      Item *item = &self->items[i];
      struct stat info;
      int fd;

      if (item->removed || !item->stored || (item->metadata == NULL && !item->missing))
        continue;

      fd = pillion_cache_folder_open_entry (self->folder, item->change->key_hash, item->change->id, item->metadata != NULL);
      if (fd < 0)
        {
          item->gone = errno == ENOENT || errno == ELOOP || errno == ENXIO || errno == EISDIR;
          item->removed = errno == EACCES || errno == EPERM;
          if (!item->gone && !item->removed)
            self->errsv = errno;
          continue;
        }

      if (fstat (fd, &info) != 0 || !pillion_cache_folder_owns (self->folder, &info))
        item->gone = TRUE;
      else if (item->metadata != NULL)
        update (self, item, fd);
      else
        item->left = FALSE;
      close (fd);
    }
}

static void
add_record (Batch *self,
            PillionCacheLogOperation operation,
            guint64 key_hash,
            guint64 id)
{
  PillionCacheLogRecord record = { .operation = operation, .id = id, .key_hash = key_hash };

  g_array_append_val (self->records, record);
}

/* Entries that were used or added, in that order */
typedef struct
{
  PillionCacheLogRecord record;
  guint64 used;
} Use;

static gint
compare_uses (gconstpointer a,
              gconstpointer b)
{
  const Use *first = a;
  const Use *second = b;

  return first->used < second->used ? -1 : first->used > second->used;
}

static gboolean
note_use (Batch *self,
          GArray *uses,
          PillionCacheLogOperation operation,
          guint64 key_hash,
          guint64 id)
{
  PillionCacheRecord *record = pillion_cache_index_find (&self->store->index, key_hash, id);
  Use use;

  if (record == NULL)
    return FALSE;

  use.used = record->used;
  use.record = (PillionCacheLogRecord) {
    .operation = operation,
    .good_until = record->good_until,
    .id = id,
    .key_hash = key_hash,
    .size = record->size,
  };
  g_array_append_val (uses, use);
  return TRUE;
}

/* With the mutex */
static void
evict (Batch *self)
{
  PillionCacheStore *store = self->store;
  PillionCacheRecord *oldest;

  while (store->index.n_bytes > pillion_cache_store_get_max_bytes (store) && (oldest = pillion_cache_index_get_oldest (&store->index)) != NULL)
    {
      PillionCacheTouch victim = { oldest->key_hash, oldest->id };
      PillionCacheChange *change = g_hash_table_lookup (store->changes, &victim.id);

      if (change == NULL)
        g_array_append_val (self->victims, victim);
      else
        {
          change->removed = TRUE;
          if (!change->busy)
            pillion_cache_store_queue (store, change);
        }
      pillion_cache_index_remove (&store->index, oldest);
    }
}

/* Decides what is to happen, with what other processes have done in the meantime */
static void
decide (Batch *self)
{
  PillionCacheStore *store = self->store;
  g_autoptr (GArray) uses = g_array_new (FALSE, FALSE, sizeof (Use));

  pillion_mutex_lock (&store->mutex);
  pillion_cache_store_follow (store, TRUE);

  for (guint i = 0; i < self->n_items; i++)
    {
      Item *item = &self->items[i];
      PillionCacheRecord *record = pillion_cache_index_find (&store->index, item->change->key_hash, item->change->id);

      if (record != NULL && (item->gone || item->removed))
        pillion_cache_index_remove (&store->index, record);
      else if (record != NULL && item->draft.fd >= 0)
        pillion_cache_index_add (&store->index, record->key_hash, record->id, item->draft.size);
    }

  evict (self);
  for (guint i = 0; i < self->victims->len; i++)
    {
      PillionCacheTouch *victim = &g_array_index (self->victims, PillionCacheTouch, i);

      add_record (self, PILLION_CACHE_LOG_REMOVE, victim->key_hash, victim->id);
    }

  for (guint i = 0; i < self->n_items; i++)
    {
      Item *item = &self->items[i];
      PillionCacheChange *change = item->change;

      item->removed = item->removed || change->removed;
      if (item->stored && (item->removed || item->gone))
        add_record (self, PILLION_CACHE_LOG_REMOVE, change->key_hash, change->id);
      else if (!item->removed && !item->gone && item->draft.fd >= 0)
        {
          change->stored = note_use (self, uses, PILLION_CACHE_LOG_ADD, change->key_hash, change->id);
          item->gone = !change->stored;
        }
    }

  /* The others are to know until when they are good */
  for (guint i = 0; i < self->n_items; i++)
    {
      Item *item = &self->items[i];

      if (item->stored && item->metadata != NULL && !item->removed && !item->gone)
        note_use (self, uses, PILLION_CACHE_LOG_TOUCH, item->change->key_hash, item->change->id);
    }
  for (guint i = 0; i < self->touched->len; i++)
    {
      PillionCacheTouch *touch = &g_array_index (self->touched, PillionCacheTouch, i);

      note_use (self, uses, PILLION_CACHE_LOG_TOUCH, touch->key_hash, touch->id);
    }
  pillion_mutex_unlock (&store->mutex);

  /* An entry that was used, or updated, right after it was added comes more than once: the first one says it all */
  g_array_sort (uses, compare_uses);
  for (guint i = 0; i < uses->len; i++)
    if (i == 0 || g_array_index (uses, Use, i).used != g_array_index (uses, Use, i - 1).used)
      g_array_append_val (self->records, g_array_index (uses, Use, i).record);
}

static gboolean
write_log (Batch *self)
{
  PillionCacheStore *store = self->store;
  gboolean success;

  pillion_mutex_lock (&store->mutex);
  if (store->rewrite || store->log.n_records > MAX (MIN_RECORDS, 2 * store->index.n_entries))
    success = pillion_cache_store_write_log (store);
  else
    success = pillion_cache_log_append (&store->log, (PillionCacheLogRecord *) (void *) self->records->data, self->records->len);
  pillion_mutex_unlock (&store->mutex);

  return success;
}

/* This needs no lock. It is done without one first, so that what a program has removed is gone even if the lock can't be had, or the program
 * ends before. With the lock it is done again: another process may just have renamed its copy of the file. */
static void
remove_files (Batch *self)
{
  for (guint i = 0; i < self->n_items; i++)
    {
      Item *item = &self->items[i];

      if (item->removed && item->stored)
        pillion_cache_folder_remove_entry (self->folder, item->change->key_hash, item->change->id);
    }
}

/* Returns FALSE if the disk says no */
static gboolean
change_files (Batch *self)
{
  gboolean success;

  for (guint i = 0; i < self->victims->len; i++)
    {
      PillionCacheTouch *victim = &g_array_index (self->victims, PillionCacheTouch, i);

      pillion_cache_folder_remove_entry (self->folder, victim->key_hash, victim->id);
    }
  remove_files (self);

  success = write_log (self);
  if (!success)
    self->errsv = errno;

  for (guint i = 0; i < self->n_items; i++)
    {
      Item *item = &self->items[i];

      if (item->removed || item->gone || item->draft.fd < 0)
        continue;
      if (!success || !pillion_cache_folder_publish (self->folder, item->draft.name, item->change->key_hash, item->change->id))
        {
          item->gone = TRUE;
          item->errsv = success ? errno : self->errsv;
        }
    }

  return success;
}

/* Nothing could be done: what has no file is forgotten */
static void
fail_all (Batch *self)
{
  for (guint i = 0; i < self->n_items; i++)
    {
      Item *item = &self->items[i];

      if (item->removed || item->stored || item->gone)
        continue;
      item->gone = TRUE;
      item->errsv = self->errsv;
    }
}

static void
finish_item (Batch *self,
             Item *item,
             gboolean success)
{
  PillionCacheStore *store = self->store;
  PillionCacheChange *change = item->change;
  gboolean published = !item->gone && !item->removed && item->draft.fd >= 0;

  change->busy = FALSE;
  if (item->gone && !change->removed)
    {
      PillionCacheRecord *record = pillion_cache_index_find (&store->index, change->key_hash, change->id);

      if (item->errsv != 0)
        {
          store->n_lost++;
          store->errsv = item->errsv;
        }
      if (record != NULL)
        pillion_cache_index_remove (&store->index, record);
      if (change->queued)
        g_queue_remove (&store->queue, change);
      change->stored = FALSE;
      pillion_cache_store_drop_change (store, change);
    }
  else if (change->removed || item->removed)
    {
      /* Until the others know of it, it must not come back */
      if (!success)
        {
          change->removed = TRUE;
          pillion_cache_store_queue (store, change);
        }
      else if (!change->queued)
        pillion_cache_store_drop_change (store, change);
    }
  else
    {
      if (change->image != NULL && published)
        {
          store->n_waiting -= change->image->length;
          g_clear_pointer (&change->image, pillion_cache_bytes_unref);
        }
      if (change->draft >= 0 && published)
        {
          close (change->draft);
          change->draft = -1;
          store->n_drafts--;
          g_clear_pointer (&change->folder, pillion_cache_folder_unref);
        }
      if (item->left)
        {
          change->missing = change->missing || item->missing;
          pillion_cache_store_queue (store, change);
          self->incomplete = TRUE;
        }
      else if (change->metadata == item->metadata)
        g_clear_pointer (&change->metadata, pillion_cache_bytes_unref);
      if (!change->queued)
        pillion_cache_store_drop_change (store, change);
    }

  pillion_cache_draft_clear (&item->draft, self->folder, published);
  g_clear_pointer (&item->image, pillion_cache_bytes_unref);
  g_clear_pointer (&item->metadata, pillion_cache_bytes_unref);
}

/* The folder, or something in it, was removed: makes it anew */
static gboolean
remake (PillionCacheStore *store)
{
  PillionCacheFolder *folder;
  PillionCacheFolder *old;
  int lock;

  /* Whoever has removed the folder after the program closed it wants it to be gone */
  folder = !pillion_cache_store_is_dropped (store) ? pillion_cache_folder_open (store->dir, TRUE, NULL) : NULL;
  if (folder == NULL)
    return FALSE;

  lock = pillion_cache_folder_lock (folder, LOCK_TIMEOUT);
  pillion_mutex_lock (&store->mutex);
  old = store->folder;
  store->folder = folder;
  store->remake = FALSE;
  pillion_cache_log_close (&store->log);
  pillion_cache_store_load (store, lock >= 0);
  pillion_mutex_unlock (&store->mutex);
  pillion_cache_stores_move (store, folder);
  if (lock >= 0)
    pillion_cache_folder_unlock (lock);
  pillion_cache_folder_unref (old);

  return lock >= 0;
}

static void
forget_drafts (Batch *self)
{
  for (guint i = 0; i < self->n_items; i++)
    {
      pillion_cache_draft_clear (&self->items[i].draft, self->folder, FALSE);
      self->items[i].gone = FALSE;
      self->items[i].errsv = 0;
    }
}

/* What a power cut took from the end of the log is found in the folder, which takes long if there is much in it */
static void
look_for_lost (Batch *self)
{
  PillionCacheStore *store = self->store;
  g_autoptr (GArray) found = NULL;
  gboolean suspect;

  pillion_mutex_lock (&store->mutex);
  pillion_cache_store_follow (store, TRUE);
  suspect = store->log.suspect;
  pillion_mutex_unlock (&store->mutex);

  if (!suspect)
    return;

  found = pillion_cache_store_list_folder (self->folder);
  if (found == NULL)
    {
      self->incomplete = TRUE;
      self->errsv = errno;
      return;
    }

  pillion_mutex_lock (&store->mutex);
  store->log.suspect = FALSE;
  pillion_cache_store_take_folder (store, found);
  store->rewrite = TRUE;
  pillion_mutex_unlock (&store->mutex);
}

/* Returns FALSE if the disk says no */
static gboolean
run_locked (Batch *self,
            int lock)
{
  gboolean success;

  look_for_lost (self);
  update_files (self);
  decide (self);
  success = change_files (self);
  pillion_cache_folder_unlock (lock);

  return success;
}

static gboolean
attempt (Batch *self)
{
  int lock;

  write_drafts (self);
  if (self->folder_gone)
    return FALSE;

  remove_files (self);
  lock = pillion_cache_folder_lock (self->folder, LOCK_TIMEOUT);
  if (lock < 0)
    {
      self->folder_gone = errno == ENOENT;
      self->errsv = errno;
      return FALSE;
    }

  return run_locked (self, lock);
}

/* With the mutex, when all are finished */
static void
note_outcome (Batch *self,
              gboolean success)
{
  PillionCacheStore *store = self->store;
  PillionCacheChange *next = g_queue_peek_head (&store->queue);

  if (success)
    store->n_written = next != NULL ? MIN (self->last, next->number - 1) : self->last;
  else
    {
      store->n_failed++;
      if (self->errsv != 0)
        store->errsv = self->errsv;
    }
  store->paused_until = success ? 0 : g_get_monotonic_time () + PAUSE;
  g_cond_broadcast (&store->idle);
}

/* With the mutex, which it releases while it waits for the disk. Whoever gets it next, after a failure, must find the publisher resting, or
 * not running. */
static gboolean
run_batch (PillionCacheStore *store)
{
  Batch batch = { .store = store };
  gboolean success;

  batch.touched = g_array_new (FALSE, FALSE, sizeof (PillionCacheTouch));
  batch.victims = g_array_new (FALSE, FALSE, sizeof (PillionCacheTouch));
  batch.records = g_array_new (FALSE, FALSE, sizeof (PillionCacheLogRecord));

  batch.folder = pillion_cache_folder_ref (store->folder);
  batch.folder_gone = store->remake;
  batch.last = store->n_queued;
  store->urgent = FALSE;
  take_changes (&batch);
  take_touched (&batch);
  pillion_mutex_unlock (&store->mutex);

  success = !batch.folder_gone && attempt (&batch);
  if (batch.folder_gone)
    {
      forget_drafts (&batch);
      batch.folder_gone = FALSE;
      batch.errsv = ENOENT;
      if (remake (store))
        {
          pillion_cache_folder_unref (batch.folder);
          batch.folder = pillion_cache_store_ref_folder (store);
          success = attempt (&batch);
        }
    }
  if (!success)
    fail_all (&batch);

  pillion_mutex_lock (&store->mutex);
  for (guint i = 0; i < batch.n_items; i++)
    finish_item (&batch, &batch.items[i], success);
  success = success && !batch.incomplete;
  note_outcome (&batch, success);

  g_array_unref (batch.touched);
  g_array_unref (batch.victims);
  g_array_unref (batch.records);
  pillion_cache_folder_unref (batch.folder);
  return success;
}

gboolean
pillion_cache_publisher_may_wait (PillionCacheStore *self)
{
  return !self->urgent && !self->flushing && !self->closing && !self->rewrite && !self->remake && self->index.n_bytes <= pillion_cache_store_get_max_bytes (self) &&
         self->n_waiting < MAX_DELAYED && self->n_drafts < MAX_DELAYED_DRAFTS;
}

/* With the mutex: waits until it is time for another try, or until somebody wants one */
static void
rest (PillionCacheStore *self,
      gint64 pause)
{
  gint64 end = g_get_monotonic_time () + pause;

  self->flushing = FALSE;
  self->resting = TRUE;
  g_cond_broadcast (&self->idle);
  while (self->resting && pillion_cond_wait_until (&self->hurry, &self->mutex, end))
    ;
  self->resting = FALSE;
}

gboolean
pillion_cache_publisher_run (PillionCacheStore *self,
                             gboolean may_rest)
{
  gint64 pause = PAUSE;
  gint64 end = g_get_monotonic_time () + DELAY;
  gboolean more;
  gboolean closing = FALSE;

  pillion_mutex_lock (&self->mutex);
  while (pillion_cache_publisher_may_wait (self) && pillion_cond_wait_until (&self->hurry, &self->mutex, end))
    ;

  do
    {
      gboolean success = run_batch (self);

      if (success)
        pause = PAUSE;
      else if (may_rest && self->queue.length > 0 && !pillion_cache_store_is_dropped (self))
        {
          rest (self, pause);
          pause = MIN (2 * pause, MAX_PAUSE);
          success = TRUE;
        }
      more = success && pillion_cache_publisher_has_work (self);
      if (!more)
        {
          self->running = FALSE;
          self->flushing = FALSE;
          closing = self->closing;
          g_cond_broadcast (&self->idle);
        }
    }
  while (more);
  pillion_mutex_unlock (&self->mutex);

  return closing;
}
