/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-store-private.h"

#include <errno.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-cache-format.h"

/* What is done to all entries at once */

#define LOCK_TIMEOUT (10 * G_TIME_SPAN_SECOND)

/* How often the writing is tried while somebody waits for it. A try that has already begun may be about to fail for a reason that is gone. */
#define MAX_TRIES 2

gboolean
pillion_cache_store_fail (const char *dir,
                          int errsv,
                          GError **error)
{
  g_autofree char *name = g_filename_display_name (dir);

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errsv), _("the cache '%s' can't be changed: %s"), name, g_strerror (errsv));
  return FALSE;
}

/* Locks the folder, for both of the next two */
static int
lock_folder (PillionCacheStore *self,
             PillionCacheFolder **folder,
             GError **error)
{
  int lock;

  *folder = pillion_cache_store_ref_folder (self);
  lock = pillion_cache_folder_lock (*folder, LOCK_TIMEOUT);
  if (lock < 0)
    {
      pillion_cache_store_fail (self->dir, errno, error);
      pillion_cache_folder_unref (*folder);
    }

  return lock;
}

static void
unlock_folder (PillionCacheFolder *folder,
               int lock)
{
  pillion_cache_folder_unlock (lock);
  pillion_cache_folder_unref (folder);
}

static void
remove_found (guint64 key_hash,
              guint64 id,
              const struct stat *info,
              gpointer data)
{
  PillionCacheFolder *folder = ((gpointer *) data)[0];
  int *errsv = ((gpointer *) data)[1];

  if (!pillion_cache_folder_remove_entry (folder, key_hash, id))
    *errsv = errno;
}

gboolean
pillion_cache_store_clear (PillionCacheStore *self,
                           GError **error)
{
  PillionCacheFolder *folder;
  PillionCacheRecord *record;
  int errsv = 0;
  gpointer data[2];
  int lock;

  /* Whatever happens to the files, this process forgets them */
  pillion_mutex_lock (&self->mutex);
  pillion_cache_store_follow (self, FALSE);
  while ((record = pillion_cache_index_get_oldest (&self->index)) != NULL)
    pillion_cache_store_remove_record (self, record);
  pillion_mutex_unlock (&self->mutex);

  lock = lock_folder (self, &folder, error);
  if (lock < 0)
    return FALSE;

  data[0] = folder;
  data[1] = &errsv;
  if (!pillion_cache_folder_list (folder, remove_found, data))
    errsv = errno;
  pillion_cache_folder_clean_drafts (folder);

  pillion_mutex_lock (&self->mutex);
  if (errsv == 0 && !pillion_cache_store_write_log (self))
    errsv = errno;
  pillion_mutex_unlock (&self->mutex);
  unlock_folder (folder, lock);

  pillion_cache_store_flush (self);
  return errsv == 0 || pillion_cache_store_fail (self->dir, errsv, error);
}

/* With the mutex. Whether a run has ended that knew of all changes up to this one, or none is needed. */
static gboolean
is_written (PillionCacheStore *self,
            guint64 number)
{
  return self->n_written >= number || (!self->running && !pillion_cache_publisher_has_work (self));
}

/* With the mutex, which it releases. Returns FALSE if it gives up. */
static gboolean
try_to_write (PillionCacheStore *self,
              gint64 end,
              GCancellable *cancellable)
{
  /* Uses have no number, so this is one that comes after all of them */
  const guint64 number = ++self->n_queued;
  const guint n_failed = self->n_failed;

  self->flushing = TRUE;
  self->resting = FALSE;
  pillion_mutex_unlock (&self->mutex);
  pillion_cache_store_start (self);
  pillion_mutex_lock (&self->mutex);

  while (self->n_failed == n_failed && !is_written (self, number) && pillion_cache_stores_wait (&self->idle, &self->mutex, end, cancellable))
    ;
  /* Maybe there was nothing to do */
  if (!self->running)
    self->flushing = FALSE;

  return self->n_failed == n_failed && is_written (self, number);
}

gboolean
pillion_cache_store_write_out (PillionCacheStore *self,
                               gint64 end,
                               GCancellable *cancellable,
                               GError **error)
{
  gboolean written = FALSE;
  gboolean cancelled;
  guint n_lost_told;
  int errsv = 0;

  pillion_mutex_lock (&self->mutex);
  n_lost_told = self->n_lost_told;
  pillion_cache_store_remove_doomed (self);
  for (guint i = 0; i < MAX_TRIES && !written; i++)
    written = try_to_write (self, end, cancellable);

  cancelled = !written && g_cancellable_set_error_if_cancelled (cancellable, error);
  if (!cancelled)
    {
      if (!written && g_get_monotonic_time () >= end)
        errsv = EBUSY;
      else if (!written || self->n_lost != n_lost_told)
        errsv = self->errsv;
      else if (!self->folder->writable && self->queue.length > 0)
        errsv = EROFS;
      self->n_lost_told = self->n_lost;
    }
  pillion_mutex_unlock (&self->mutex);

  return !cancelled && (errsv == 0 || pillion_cache_store_fail (self->dir, errsv, error));
}

/* Counts the damaged entries, which are removed */
static gboolean
foreach (PillionCacheStore *self,
         PillionCacheFunc func,
         gpointer data,
         guint64 *n_damaged,
         GCancellable *cancellable,
         GError **error)
{
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (PillionCacheTouch));
  gboolean go_on = TRUE;

  pillion_mutex_lock (&self->mutex);
  pillion_cache_store_follow (self, FALSE);
  for (PillionCacheRecord *record = pillion_cache_index_get_oldest (&self->index); record != NULL;
       record = pillion_cache_index_get_newer (&self->index, record))
    {
      PillionCacheTouch entry = { record->key_hash, record->id };

      g_array_append_val (all, entry);
    }
  pillion_mutex_unlock (&self->mutex);

  for (guint i = all->len; i > 0 && go_on; i--)
    {
      PillionCacheTouch *one = &g_array_index (all, PillionCacheTouch, i - 1);
      PillionCacheEntry *entry;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;

      entry = pillion_cache_store_load_entry (self, one->key_hash, one->id, n_damaged);
      if (entry != NULL)
        {
          go_on = func (entry, data);
          pillion_cache_entry_unref (entry);
        }
    }

  return TRUE;
}

gboolean
pillion_cache_store_foreach (PillionCacheStore *self,
                             PillionCacheFunc func,
                             gpointer data,
                             GCancellable *cancellable,
                             GError **error)
{
  guint64 n_damaged = 0;

  return foreach (self, func, data, &n_damaged, cancellable, error);
}

typedef struct
{
  PillionCacheReport *report;
  GCancellable *cancellable;
  guint8 *buffer;
  GError *error;
} Verification;

/* A damaged entry removes itself */
static gboolean
verify_entry (PillionCacheEntry *entry,
              gpointer data)
{
  Verification *self = data;
  guint64 offset = 0;
  gssize n;

  while ((n = pillion_cache_entry_read (entry, offset, self->buffer, PILLION_CACHE_BLOCK_SIZE, &self->error)) > 0)
    {
      offset += (guint64) n;
      if (g_cancellable_is_cancelled (self->cancellable))
        return FALSE;
    }

  if (g_error_matches (self->error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA))
    {
      self->report->n_removed++;
      g_clear_error (&self->error);
    }

  return self->error == NULL;
}

gboolean
pillion_cache_store_verify (PillionCacheStore *self,
                            GCancellable *cancellable,
                            PillionCacheReport *report,
                            GError **error)
{
  g_autofree guint8 *buffer = g_malloc (PILLION_CACHE_BLOCK_SIZE);
  Verification verification = { report, cancellable, buffer, NULL };
  g_autoptr (GArray) found = NULL;
  PillionCacheFolder *folder;
  int errsv = 0;
  int lock;

  *report = (PillionCacheReport) { 0 };
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  pillion_cache_store_flush (self);
  lock = lock_folder (self, &folder, error);
  if (lock < 0)
    return FALSE;

  pillion_cache_folder_clean_drafts (folder);
  found = pillion_cache_store_list_folder (folder);
  if (found == NULL)
    errsv = errno;

  pillion_mutex_lock (&self->mutex);
  pillion_cache_store_follow (self, TRUE);
  if (found != NULL)
    {
      pillion_cache_store_take_folder (self, found);
      /* If the disk is full, that is no reason not to look for damage. The next change tries it again. */
      pillion_cache_store_write_log (self);
    }
  pillion_mutex_unlock (&self->mutex);
  unlock_folder (folder, lock);
  if (errsv != 0)
    return pillion_cache_store_fail (self->dir, errsv, error);

  if (!foreach (self, verify_entry, &verification, &report->n_removed, cancellable, error))
    return FALSE;
  if (verification.error != NULL)
    {
      g_autofree char *name = g_filename_display_name (self->dir);

      g_propagate_prefixed_error (error, verification.error, "%s: ", name);
      return FALSE;
    }
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;

  pillion_cache_store_flush (self);
  pillion_mutex_lock (&self->mutex);
  report->n_entries = self->index.n_entries;
  report->n_bytes = self->index.n_bytes;
  pillion_mutex_unlock (&self->mutex);

  return TRUE;
}
