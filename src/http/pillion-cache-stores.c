/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-store-private.h"

#include <stdlib.h>
#include <unistd.h>

/* How long the writing may keep a program from its end, in µs */
#define EXIT_TIMEOUT (2 * G_TIME_SPAN_SECOND)

/* The open stores of this process, and how many that nobody needs any more are still being written */
static GMutex stores_lock;
static GPtrArray *stores;
static GCond stores_closed;
static guint n_closing;
static pid_t stores_pid; /* atomic: whose they are, if this isn't a child that was forked since */

/* References to the stores of this process. After a fork, those of the parent have no threads. */
static GPtrArray *
ref_stores (void)
{
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) pillion_cache_store_unref);

  pillion_mutex_lock (&stores_lock);
  for (guint i = 0; stores != NULL && i < stores->len; i++)
    {
      PillionCacheStore *store = stores->pdata[i];

      if (store->pid == getpid () && pillion_cache_store_try_ref (store))
        g_ptr_array_add (all, store);
    }
  pillion_mutex_unlock (&stores_lock);

  return all;
}

PillionCacheStore *
pillion_cache_stores_find (const PillionCacheFolder *folder)
{
  g_autoptr (GPtrArray) open = ref_stores ();

  for (guint i = 0; i < open->len; i++)
    {
      PillionCacheStore *store = open->pdata[i];
      gboolean same;

      pillion_mutex_lock (&store->mutex);
      same = store->folder->device == folder->device && store->folder->inode == folder->inode;
      pillion_mutex_unlock (&store->mutex);
      if (same)
        return pillion_cache_store_ref (store);
    }

  return NULL;
}

/* The threads that write don't live to see the end of the program */
static void
flush_at_exit (void)
{
  gint64 end = g_get_monotonic_time () + EXIT_TIMEOUT;
  GPtrArray *all;

  if (__atomic_load_n (&stores_pid, __ATOMIC_RELAXED) != getpid ())
    return;

  all = ref_stores ();
  for (guint i = 0; i < all->len; i++)
    pillion_cache_store_flush_until (all->pdata[i], end);
  g_ptr_array_unref (all);

  pillion_mutex_lock (&stores_lock);
  while (n_closing > 0 && pillion_cond_wait_until (&stores_closed, &stores_lock, end))
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
      n_closing = 0;
    }
  g_ptr_array_add (stores, self);
  pillion_mutex_unlock (&stores_lock);
}
void
pillion_cache_stores_remove (PillionCacheStore *self)
{
  pillion_mutex_lock (&stores_lock);
  g_ptr_array_remove_fast (stores, self);
  n_closing++;
  pillion_mutex_unlock (&stores_lock);
}

void
pillion_cache_stores_closed (void)
{
  pillion_mutex_lock (&stores_lock);
  n_closing--;
  g_cond_broadcast (&stores_closed);
  pillion_mutex_unlock (&stores_lock);
}
