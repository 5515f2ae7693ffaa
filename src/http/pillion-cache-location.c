/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-cache-location.h"

#include "core/pillion-private.h"
#include "http/pillion-cache-folder.h"

struct _PillionCacheLocation
{
  int n_references; /* atomic */
  char *path;
  GMutex opening;   /* held while the disk is waited for */
  GMutex mutex;     /* of the rest */
  guint64 max_size;
  PillionCacheStore *store; /* NULL before it is open */
  GError *error;            /* why it is not */
};

PillionCacheLocation *
pillion_cache_location_new (const char *path,
                            guint64 max_size)
{
  PillionCacheLocation *self = g_new0 (PillionCacheLocation, 1);

  self->n_references = 1;
  self->path = g_strdup (path);
  self->max_size = max_size;
  g_mutex_init (&self->opening);
  g_mutex_init (&self->mutex);

  return self;
}

PillionCacheLocation *
pillion_cache_location_ref (PillionCacheLocation *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

void
pillion_cache_location_unref (PillionCacheLocation *self)
{
  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  g_clear_pointer (&self->store, pillion_cache_store_unref);
  g_clear_error (&self->error);
  g_mutex_clear (&self->opening);
  g_mutex_clear (&self->mutex);
  g_free (self->path);
  g_free (self);
}

guint64
pillion_cache_location_get_max_size (PillionCacheLocation *self)
{
  guint64 size;

  pillion_mutex_lock (&self->mutex);
  size = self->max_size;
  pillion_mutex_unlock (&self->mutex);

  return size;
}

void
pillion_cache_location_set_max_size (PillionCacheLocation *self,
                                     guint64 max_size)
{
  pillion_mutex_lock (&self->mutex);
  self->max_size = max_size;
  if (self->store != NULL)
    pillion_cache_store_set_max_bytes (self->store, max_size);
  pillion_mutex_unlock (&self->mutex);
}

const char *
pillion_cache_location_get_path (PillionCacheLocation *self)
{
  return self->path;
}

PillionCacheStore *
pillion_cache_location_get_store (PillionCacheLocation *self,
                                  GError **error)
{
  PillionCacheStore *store = NULL;

  pillion_mutex_lock (&self->mutex);
  if (self->store != NULL)
    store = pillion_cache_store_ref (self->store);
  else if (self->error != NULL && error != NULL)
    *error = g_error_copy (self->error);
  pillion_mutex_unlock (&self->mutex);

  return store;
}

/* Whether somebody has tried to open it, successfully or not */
static gboolean
was_opened (PillionCacheLocation *self)
{
  gboolean opened;

  pillion_mutex_lock (&self->mutex);
  opened = self->store != NULL || self->error != NULL;
  pillion_mutex_unlock (&self->mutex);

  return opened;
}

/* Calls go on without a cache, so that nobody would notice otherwise. A folder that is no cache fails the calls instead. */
static void
tell (PillionCacheLocation *self,
      PillionCacheStore *store,
      const GError *problem)
{
  if (store != NULL && !pillion_cache_store_is_writable (store))
    g_message ("No response can be cached, because %s can only be read", self->path);
  else if (store == NULL && !g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY) &&
           !g_error_matches (problem, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY))
    g_message ("No response can be cached: %s", problem->message);
}

static PillionCacheStore *
open_location (PillionCacheLocation *self,
               gboolean create,
               gboolean again,
               GError **error)
{
  PillionCacheStore *store;
  GError *problem = NULL;
  guint64 max_size;

  /* Another thread may hold the other lock for seconds, while it tries again. Whoever takes the earlier failure for an answer must not wait
   * for that: it may be the I/O thread. */
  store = pillion_cache_location_get_store (self, NULL);
  if (store != NULL)
    return store;
  if (!again && was_opened (self))
    return pillion_cache_location_get_store (self, error);

  pillion_mutex_lock (&self->opening);
  store = pillion_cache_location_get_store (self, NULL);
  if (store == NULL && !create && pillion_cache_folder_is_blank (self->path))
    {
      /* It may be made at any time, so there is nothing to remember; and what was wrong before is gone */
      pillion_mutex_lock (&self->mutex);
      if (again)
        g_clear_error (&self->error);
      pillion_mutex_unlock (&self->mutex);
    }
  else if (store == NULL && (again || !was_opened (self)))
    {
      max_size = pillion_cache_location_get_max_size (self);
      store = pillion_cache_store_open (self->path, max_size, &problem);
      /* Whoever tries again gets the error */
      if (store != NULL || !again)
        tell (self, store, problem);

      pillion_mutex_lock (&self->mutex);
      g_clear_error (&self->error);
      self->error = problem;
      self->store = store;
      /* The limit may have been set in the meantime */
      if (store != NULL && self->max_size != max_size)
        pillion_cache_store_set_max_bytes (store, self->max_size);
      pillion_mutex_unlock (&self->mutex);
      store = pillion_cache_location_get_store (self, error);
    }
  else if (store == NULL)
    {
      store = pillion_cache_location_get_store (self, error);
    }
  pillion_mutex_unlock (&self->opening);

  return store;
}

PillionCacheStore *
pillion_cache_location_open (PillionCacheLocation *self,
                             gboolean again,
                             GError **error)
{
  return open_location (self, TRUE, again, error);
}

PillionCacheStore *
pillion_cache_location_open_existing (PillionCacheLocation *self,
                                      gboolean again,
                                      GError **error)
{
  return open_location (self, FALSE, again, error);
}
