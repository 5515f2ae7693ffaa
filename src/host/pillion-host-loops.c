/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "host/pillion-host-loops.h"

#include "core/pillion-core.h"

static void
on_loop_finalized (gpointer data,
                   GObject *loop)
{
  PillionHostLoops *self = data;

  if (!g_ptr_array_remove (self->riding, loop))
    g_ptr_array_remove (self->away, loop);
}

static void
call_back (PillionHostLoops *self)
{
  for (guint i = self->away->len; i > 0; i--)
    {
      PillionLoop *loop = self->away->pdata[i - 1];

      if (pillion_core_has_ready (pillion_core (loop)))
        pillion_loop_busy (loop);
    }
}

void
pillion_host_loops_init (PillionHostLoops *self)
{
  self->riding = g_ptr_array_new ();
  self->away = g_ptr_array_new ();
}

void
pillion_host_loops_clear (PillionHostLoops *self)
{
  for (guint i = 0; i < self->riding->len; i++)
    g_object_weak_unref (self->riding->pdata[i], on_loop_finalized, self);
  for (guint i = 0; i < self->away->len; i++)
    g_object_weak_unref (self->away->pdata[i], on_loop_finalized, self);
  g_ptr_array_unref (self->riding);
  g_ptr_array_unref (self->away);
}

void
pillion_host_loops_add (PillionHostLoops *self,
                        PillionLoop *loop)
{
  if (g_ptr_array_find (self->riding, loop, NULL))
    return;

  g_ptr_array_add (self->riding, loop);
  if (!g_ptr_array_remove (self->away, loop))
    g_object_weak_ref (G_OBJECT (loop), on_loop_finalized, self);
}

void
pillion_host_loops_remove (PillionHostLoops *self,
                           PillionLoop *loop)
{
  if (g_ptr_array_remove (self->riding, loop))
    g_ptr_array_add (self->away, loop);
}

guint
pillion_host_loops_kick (PillionHostLoops *self)
{
  /* A loop that is out of work leaves during its kick, and a callback may add another one */
  g_autoptr (GPtrArray) loops = g_ptr_array_new_with_free_func (g_object_unref);
  guint n_kicks = 0;

  call_back (self);
  for (guint i = 0; i < self->riding->len; i++)
    g_ptr_array_add (loops, g_object_ref (self->riding->pdata[i]));

  for (guint i = 0; i < loops->len; i++)
    if (g_ptr_array_find (self->riding, loops->pdata[i], NULL))
      {
        pillion_loop_kick (loops->pdata[i]);
        n_kicks++;
      }

  return n_kicks;
}
