/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-store-private.h"

#include <stdlib.h>
#include <unistd.h>

/* How long the writing may keep a program from its end, in µs */
#define EXIT_TIMEOUT (2 * G_TIME_SPAN_SECOND)

/* How long the writing may keep the next user of the folder waiting, in µs */
#define CLOSING_TIMEOUT (20 * G_TIME_SPAN_SECOND)

/* The stores of this process. One that nobody needs any more stays until everything is written: it has no references by then. */
static GMutex stores_lock;
static GPtrArray *stores;
static GCond store_gone;
static pid_t stores_pid; /* atomic: whose they are, if this isn't a child that was forked since */

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

/* With the lock */
static gboolean
is_any_closing (void)
{
  for (guint i = 0; stores != NULL && i < stores->len; i++)
    {
      PillionCacheStore *store = stores->pdata[i];

      if (is_usable (store) && __atomic_load_n (&store->n_references, __ATOMIC_RELAXED) == 0)
        return TRUE;
    }

  return FALSE;
}

/* The threads that write don't live to see the end of the program */
static void
flush_at_exit (void)
{
  g_autoptr (GPtrArray) used = g_ptr_array_new_with_free_func ((GDestroyNotify) pillion_cache_store_unref);
  gint64 end = g_get_monotonic_time () + EXIT_TIMEOUT;

  if (__atomic_load_n (&stores_pid, __ATOMIC_RELAXED) != getpid ())
    return;

  pillion_mutex_lock (&stores_lock);
  for (guint i = 0; i < stores->len; i++)
    if (is_usable (stores->pdata[i]) && pillion_cache_store_try_ref (stores->pdata[i]))
      g_ptr_array_add (used, stores->pdata[i]);
  pillion_mutex_unlock (&stores_lock);

  for (guint i = 0; i < used->len; i++)
    pillion_cache_store_flush_until (used->pdata[i], end);
  g_ptr_array_set_size (used, 0);

  pillion_mutex_lock (&stores_lock);
  while (is_any_closing () && pillion_cond_wait_until (&store_gone, &stores_lock, end))
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

void
pillion_cache_stores_remove (PillionCacheStore *self)
{
  pillion_mutex_lock (&stores_lock);
  g_ptr_array_remove_fast (stores, self);
  g_cond_broadcast (&store_gone);
  pillion_mutex_unlock (&stores_lock);
}
