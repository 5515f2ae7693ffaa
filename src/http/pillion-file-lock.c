/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-file-lock.h"

/* By their keys. After a fork, the child has another I/O thread, and so its own table. */
static GPrivate locks = G_PRIVATE_INIT ((GDestroyNotify) g_hash_table_unref);

static GHashTable *
get_locks (void)
{
  GHashTable *table = g_private_get (&locks);

  if (table == NULL)
    {
      table = g_hash_table_new (g_str_hash, g_str_equal);
      g_private_set (&locks, table);
    }

  return table;
}

PillionFileLock *
pillion_file_lock_take (PillionFileLock *self,
                        const char *key)
{
  PillionFileLock *other = g_hash_table_lookup (get_locks (), key);

  if (other == NULL)
    {
      self->key = g_strdup (key);
      g_hash_table_insert (get_locks (), self->key, self);
    }

  return other;
}

PillionFileLock *
pillion_file_lock_find (PillionFileLockFunc func,
                        gconstpointer data)
{
  GHashTableIter iter;
  gpointer lock;

  g_hash_table_iter_init (&iter, get_locks ());
  while (g_hash_table_iter_next (&iter, NULL, &lock))
    if (func (lock, data))
      return lock;

  return NULL;
}

void
pillion_file_lock_wait_for (PillionFileLock *self,
                            PillionFileLock *other,
                            gboolean shares)
{
  self->link.data = self;
  self->waits_for = other;
  self->shares = shares;
  g_queue_push_tail_link (&other->waiting, &self->link);
}

void
pillion_file_lock_stop_waiting (PillionFileLock *self)
{
  if (self->waits_for != NULL)
    g_queue_unlink (&g_steal_pointer (&self->waits_for)->waiting, &self->link);
}

void
pillion_file_lock_release (PillionFileLock *self)
{
  if (self->key == NULL)
    return;

  g_hash_table_remove (get_locks (), self->key);
  g_clear_pointer (&self->key, g_free);
}
