/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "loop/pillion-loop-private.h"

#include "base/pillion-sync.h"

/* The hooks of the process by name, so that reloaded code finds them. This does not keep the loops alive. */
static GMutex hooks_lock;
static GHashTable *hooks; /* of GWeakRef */

static void
hook_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

PillionLoop *
pillion_loop_ref_by_hook_name (const char *name)
{
  PillionLoop *loop = NULL;
  GWeakRef *hook;

  pillion_mutex_lock (&hooks_lock);
  hook = hooks != NULL ? g_hash_table_lookup (hooks, name) : NULL;
  if (hook != NULL)
    loop = g_weak_ref_get (hook);
  pillion_mutex_unlock (&hooks_lock);

  return loop;
}

void
pillion_loop_add_hook_name (PillionLoop *self,
                            const char *name)
{
  GWeakRef *hook = g_new0 (GWeakRef, 1);

  g_weak_ref_init (hook, self);
  self->hook_name = g_strdup (name);
  pillion_mutex_lock (&hooks_lock);
  if (hooks == NULL)
    hooks = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, hook_free);
  g_hash_table_replace (hooks, g_strdup (name), hook);
  pillion_mutex_unlock (&hooks_lock);
}

void
pillion_loop_remove_hook_name (PillionLoop *self)
{
  if (self->hook_name == NULL)
    return;

  pillion_mutex_lock (&hooks_lock);
  g_hash_table_remove (hooks, self->hook_name);
  pillion_mutex_unlock (&hooks_lock);
  g_clear_pointer (&self->hook_name, g_free);
}

/**
 * pillion_loop_find_by_name:
 * @name: the name of a host
 *
 * Finds the loop that a hook kicks, by the name of the host that has the hook, from any thread. Reloaded code
 * finds the loop of its previous version this way.
 *
 * Returns: (transfer full) (nullable): the loop, or %NULL if no loop was told to ride on a host of this name
 *
 * Since: 1.0
 */
PillionLoop *
pillion_loop_find_by_name (const char *name)
{
  g_return_val_if_fail (name != NULL, NULL);

  return pillion_loop_ref_by_hook_name (name);
}

/**
 * pillion_loop_stop_by_name:
 * @name: the name of a host
 *
 * Stops the loop that rides on a host of this name, like [method@Pillion.Loop.stop], on that loop's thread
 * only.
 *
 * Returns: whether there was one
 *
 * Since: 1.0
 */
gboolean
pillion_loop_stop_by_name (const char *name)
{
  g_autoptr (PillionLoop) loop = NULL;

  g_return_val_if_fail (name != NULL, FALSE);

  loop = pillion_loop_ref_by_hook_name (name);
  if (loop == NULL)
    return FALSE;

  g_return_val_if_fail (pillion_core_on_thread (&loop->core), FALSE);
  pillion_loop_stop (loop);
  return TRUE;
}
