/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "host/pillion-host-loops.h"

#include "core/pillion-core.h"

static void
ref_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

static gboolean
find (GPtrArray *refs,
      PillionLoop *loop,
      guint *index)
{
  for (*index = 0; *index < refs->len; (*index)++)
    {
      g_autoptr (PillionLoop) other = g_weak_ref_get (refs->pdata[*index]);

      if (other == loop)
        return TRUE;
    }

  return FALSE;
}

/* With references. Those that have ended are forgotten. */
static GPtrArray *
list (GPtrArray *refs)
{
  GPtrArray *loops = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < refs->len;)
    {
      PillionLoop *loop = g_weak_ref_get (refs->pdata[i]);

      if (loop == NULL)
        {
          g_ptr_array_remove_index (refs, i);
          continue;
        }

      g_ptr_array_add (loops, loop);
      i++;
    }

  return loops;
}

static void
call_back (PillionHostLoops *self)
{
  g_autoptr (GPtrArray) loops = list (self->away);

  for (guint i = loops->len; i > 0; i--)
    {
      PillionLoop *loop = loops->pdata[i - 1];

      if (pillion_core_has_ready (pillion_core (loop)))
        pillion_loop_busy (loop);
    }
}

void
pillion_host_loops_init (PillionHostLoops *self)
{
  self->riding = g_ptr_array_new_with_free_func (ref_free);
  self->away = g_ptr_array_new_with_free_func (ref_free);
}

void
pillion_host_loops_clear (PillionHostLoops *self)
{
  g_ptr_array_unref (self->riding);
  g_ptr_array_unref (self->away);
}

void
pillion_host_loops_add (PillionHostLoops *self,
                        PillionLoop *loop)
{
  GWeakRef *ref;
  guint index;

  if (find (self->riding, loop, &index))
    return;

  if (find (self->away, loop, &index))
    {
      ref = g_ptr_array_steal_index (self->away, index);
    }
  else
    {
      ref = g_new (GWeakRef, 1);
      g_weak_ref_init (ref, loop);
    }
  g_ptr_array_add (self->riding, ref);
}

void
pillion_host_loops_remove (PillionHostLoops *self,
                           PillionLoop *loop)
{
  guint index;

  if (find (self->riding, loop, &index))
    g_ptr_array_add (self->away, g_ptr_array_steal_index (self->riding, index));
}

GPtrArray *
pillion_host_loops_list (PillionHostLoops *self)
{
  return list (self->riding);
}

guint
pillion_host_loops_kick (PillionHostLoops *self)
{
  g_autoptr (GPtrArray) loops = NULL;
  guint n_kicks = 0;
  guint index;

  call_back (self);
  /* A loop that is out of work leaves during its kick, and a callback may add another one */
  loops = list (self->riding);
  for (guint i = 0; i < loops->len; i++)
    if (find (self->riding, loops->pdata[i], &index))
      {
        pillion_loop_kick (loops->pdata[i]);
        n_kicks++;
      }

  return n_kicks;
}
