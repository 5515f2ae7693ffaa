/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-file-claim.h"

/* By their keys. A child of a fork has another I/O thread, and so a table of its own. */
static GPrivate claims = G_PRIVATE_INIT ((GDestroyNotify) g_hash_table_unref);

static GHashTable *
get_claims (void)
{
  GHashTable *table = g_private_get (&claims);

  if (table == NULL)
    {
      table = g_hash_table_new (g_str_hash, g_str_equal);
      g_private_set (&claims, table);
    }

  return table;
}

PillionFileClaim *
pillion_file_claim_take (PillionFileClaim *self,
                         const char *key)
{
  PillionFileClaim *other = g_hash_table_lookup (get_claims (), key);

  if (other == NULL)
    {
      self->key = g_strdup (key);
      g_hash_table_insert (get_claims (), self->key, self);
    }

  return other;
}

PillionFileClaim *
pillion_file_claim_find (PillionFileClaimFunc func,
                         gconstpointer data)
{
  GHashTableIter iter;
  gpointer claim;

  g_hash_table_iter_init (&iter, get_claims ());
  while (g_hash_table_iter_next (&iter, NULL, &claim))
    if (func (claim, data))
      return claim;

  return NULL;
}

void
pillion_file_claim_wait_for (PillionFileClaim *self,
                             PillionFileClaim *other,
                             gboolean shares)
{
  self->link.data = self;
  self->waits_for = other;
  self->shares = shares;
  g_queue_push_tail_link (&other->waiting, &self->link);
}

void
pillion_file_claim_stop_waiting (PillionFileClaim *self)
{
  if (self->waits_for != NULL)
    g_queue_unlink (&g_steal_pointer (&self->waits_for)->waiting, &self->link);
}

void
pillion_file_claim_release (PillionFileClaim *self)
{
  if (self->key == NULL)
    return;

  g_hash_table_remove (get_claims (), self->key);
  g_clear_pointer (&self->key, g_free);
}
