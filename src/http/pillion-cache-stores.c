/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-store-private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long the writing may keep a program from its end, in µs */
#define EXIT_TIMEOUT (2 * G_TIME_SPAN_SECOND)

/* How long the writing may keep the next user of the folder waiting, in µs */
#define CLOSING_TIMEOUT (20 * G_TIME_SPAN_SECOND)

/* How long the writing may keep a program waiting that wants to know how it ends: longer than two tries to get the lock of the folder */
#define WRITE_TIMEOUT (30 * G_TIME_SPAN_SECOND)

/* How soon somebody who waits sees that it was cancelled, in µs. It can't be told: a host's thread, which cancels, must not take the locks. */
#define CANCEL_TIME (G_TIME_SPAN_SECOND / 20)

/* The stores of this process. One that nobody needs any more stays until everything is written: it has no references by then. */
static GMutex stores_lock;
static GPtrArray *stores;
static GCond store_gone; /* or has come */
static GPtrArray *expected; /* the folders that workers are going to open, once for each of them */
static GHashTable *failures; /* of stores that are gone: what the disk said, by the path without links. Another folder may get the inode. */
static pid_t stores_pid; /* atomic: whose they are, if this isn't a child that was forked since */

char *
pillion_cache_stores_resolve (const char *dir)
{
  g_autofree char *canonical = NULL;
  g_autofree char *parent = NULL;
  g_autofree char *real_parent = NULL;
  g_autofree char *name = NULL;
  char *path = realpath (dir, NULL);

  if (path != NULL)
    return path;

  canonical = g_canonicalize_filename (dir, NULL);
  parent = g_path_get_dirname (canonical);
  real_parent = realpath (parent, NULL);
  name = g_path_get_basename (canonical);
  return g_build_filename (real_parent != NULL ? real_parent : parent, name, NULL);
}

void
pillion_cache_stores_expect (const char *dir)
{
  pillion_mutex_lock (&stores_lock);
  if (expected == NULL)
    expected = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (expected, g_strdup (dir));
  pillion_mutex_unlock (&stores_lock);
}

void
pillion_cache_stores_came (const char *dir)
{
  guint i;

  pillion_mutex_lock (&stores_lock);
  if (g_ptr_array_find_with_equal_func (expected, dir, g_str_equal, &i))
    g_ptr_array_remove_index_fast (expected, i);
  g_cond_broadcast (&store_gone);
  pillion_mutex_unlock (&stores_lock);
}

/* With the lock. After a fork, the stores of the parent have no threads. */
static gboolean
is_usable (PillionCacheStore *store)
{
  return store->pid == getpid ();
}

PillionCacheStore *
pillion_cache_stores_find (const PillionCacheFolder *folder)
{
  gint64 end = g_get_monotonic_time () + CLOSING_TIMEOUT;
  PillionCacheStore *found = NULL;
  guint i = 0;

  pillion_mutex_lock (&stores_lock);
  while (found == NULL && stores != NULL && i < stores->len)
    {
      PillionCacheStore *store = stores->pdata[i];

      if (!is_usable (store) || store->device != folder->device || store->inode != folder->inode)
        i++;
      else if (pillion_cache_store_try_ref (store))
        found = store;
      /* What it has accepted would be missing from the log */
      else if (pillion_cond_wait_until (&store_gone, &stores_lock, end))
        i = 0;
      else
        break;
    }
  pillion_mutex_unlock (&stores_lock);

  return found;
}

/* Where stores are looked for */
typedef struct
{
  const char *dir;
  const char *real_dir; /* without links */
  struct stat info;     /* all zeros if there is nothing */
} Place;

/* With the lock. Without a place, any will do. */
static gboolean
is_at (PillionCacheStore *store,
       const Place *place)
{
  return is_usable (store) && (place == NULL || (store->device == place->info.st_dev && store->inode == place->info.st_ino) ||
                               strcmp (store->real_dir, place->real_dir) == 0);
}

/* With the lock. Likewise. */
static gboolean
is_any_closing (const Place *place)
{
  for (guint i = 0; stores != NULL && i < stores->len; i++)
    {
      PillionCacheStore *store = stores->pdata[i];

      if (is_at (store, place) && pillion_cache_store_is_dropped (store))
        return TRUE;
    }

  return FALSE;
}

/* References to those that somebody uses */
static GPtrArray *
ref_stores (const Place *place)
{
  GPtrArray *used = g_ptr_array_new_with_free_func ((GDestroyNotify) pillion_cache_store_unref);

  pillion_mutex_lock (&stores_lock);
  for (guint i = 0; stores != NULL && i < stores->len; i++)
    if (is_at (stores->pdata[i], place) && pillion_cache_store_try_ref (stores->pdata[i]))
      g_ptr_array_add (used, stores->pdata[i]);
  pillion_mutex_unlock (&stores_lock);

  return used;
}

gboolean
pillion_cache_stores_wait (GCond *cond,
                           GMutex *mutex,
                           gint64 end,
                           GCancellable *cancellable)
{
  gint64 now = g_get_monotonic_time ();

  if (now >= end || g_cancellable_is_cancelled (cancellable))
    return FALSE;

  pillion_cond_wait_until (cond, mutex, cancellable != NULL ? MIN (end, now + CANCEL_TIME) : end);
  return TRUE;
}

/* Doesn't look where links lead: nobody waits for the disk with the lock */
static gboolean
is_same_path (gconstpointer a,
              gconstpointer b)
{
  g_autofree char *first = g_canonicalize_filename (a, NULL);
  g_autofree char *second = g_canonicalize_filename (b, NULL);

  return strcmp (first, second) == 0;
}

/* With the lock */
static gboolean
is_expected (const Place *place)
{
  return expected != NULL && g_ptr_array_find_with_equal_func (expected, place->dir, is_same_path, NULL);
}

/* Waits until there is none such */
static gboolean
await_none (gboolean (*is_any) (const Place *place),
            const Place *place,
            gint64 end,
            GCancellable *cancellable,
            GError **error)
{
  gboolean any;

  pillion_mutex_lock (&stores_lock);
  while ((any = is_any (place)) && pillion_cache_stores_wait (&store_gone, &stores_lock, end, cancellable))
    ;
  pillion_mutex_unlock (&stores_lock);

  return !any || (!g_cancellable_set_error_if_cancelled (cancellable, error) && pillion_cache_store_fail (place->dir, EBUSY, error));
}

/* Fails once for what a store could not write that is gone */
static gboolean
check_gone (const Place *place,
            GError **error)
{
  int errsv = 0;

  pillion_mutex_lock (&stores_lock);
  if (failures != NULL)
    {
      errsv = GPOINTER_TO_INT (g_hash_table_lookup (failures, place->real_dir));
      g_hash_table_remove (failures, place->real_dir);
    }
  pillion_mutex_unlock (&stores_lock);

  return errsv == 0 || pillion_cache_store_fail (place->dir, errsv, error);
}

gboolean
pillion_cache_stores_write_out (const char *dir,
                                GCancellable *cancellable,
                                GError **error)
{
  const gint64 end = g_get_monotonic_time () + WRITE_TIMEOUT;
  g_autoptr (GPtrArray) used = NULL;
  g_autofree char *real_dir = NULL;
  Place place = { .dir = dir };

  if (!await_none (is_expected, &place, end, cancellable, error))
    return FALSE;

  place.real_dir = real_dir = pillion_cache_stores_resolve (dir);
  if (stat (dir, &place.info) != 0)
    place.info = (struct stat) { 0 };

  used = ref_stores (&place);
  for (guint i = 0; i < used->len; i++)
    if (!pillion_cache_store_write_out (used->pdata[i], end, cancellable, error))
      return FALSE;
  g_ptr_array_set_size (used, 0);

  return await_none (is_any_closing, &place, end, cancellable, error) && check_gone (&place, error);
}

/* The threads that write don't live to see the end of the program */
static void
flush_at_exit (void)
{
  g_autoptr (GPtrArray) used = NULL;
  gint64 end = g_get_monotonic_time () + EXIT_TIMEOUT;

  if (__atomic_load_n (&stores_pid, __ATOMIC_RELAXED) != getpid ())
    return;

  used = ref_stores (NULL);
  for (guint i = 0; i < used->len; i++)
    pillion_cache_store_flush_until (used->pdata[i], end);
  g_ptr_array_set_size (used, 0);

  pillion_mutex_lock (&stores_lock);
  while (is_any_closing (NULL) && pillion_cond_wait_until (&store_gone, &stores_lock, end))
    ;
  pillion_mutex_unlock (&stores_lock);
}

void
pillion_cache_stores_add (PillionCacheStore *self)
{
  static gboolean registered;

  pillion_mutex_lock (&stores_lock);
  if (stores == NULL)
    stores = g_ptr_array_new ();
  if (!registered)
    {
      registered = TRUE;
      atexit (flush_at_exit);
    }
  if (stores_pid != getpid ())
    {
      __atomic_store_n (&stores_pid, getpid (), __ATOMIC_RELAXED);
      g_ptr_array_set_size (stores, 0);
    }
  self->device = self->folder->device;
  self->inode = self->folder->inode;
  g_ptr_array_add (stores, self);
  pillion_mutex_unlock (&stores_lock);
}

void
pillion_cache_stores_move (PillionCacheStore *self,
                           const PillionCacheFolder *folder)
{
  pillion_mutex_lock (&stores_lock);
  self->device = folder->device;
  self->inode = folder->inode;
  pillion_mutex_unlock (&stores_lock);
}

/* What the disk said to something that nobody knows to be lost; 0 if there is no such thing. Nobody uses the store any more. */
static int
get_failure (PillionCacheStore *self)
{
  /* Whoever has removed the folder wants what is in it to be gone */
  if (self->errsv == ENOENT || (self->n_lost == self->n_lost_told && self->queue.length == 0))
    return 0;

  return self->folder->writable ? self->errsv : EROFS;
}

void
pillion_cache_stores_remove (PillionCacheStore *self)
{
  int errsv = get_failure (self);

  pillion_mutex_lock (&stores_lock);
  if (errsv != 0)
    {
      if (failures == NULL)
        failures = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_hash_table_replace (failures, g_strdup (self->real_dir), GINT_TO_POINTER (errsv));
    }
  g_ptr_array_remove_fast (stores, self);
  g_cond_broadcast (&store_gone);
  pillion_mutex_unlock (&stores_lock);
}
