/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "core/pillion-loop-handle.h"

struct _PillionLoopHandle
{
  int n_references;     /* atomic */
  gconstpointer thread; /* the loop's */
  PillionCore *core;    /* atomic: NULL once the loop is gone */
  guint n_entering;     /* atomic: how many threads may have read the core and not entered it yet */
};

PillionLoopHandle *
pillion_loop_handle_ref (PillionLoopHandle *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

void
pillion_loop_handle_unref (PillionLoopHandle *self)
{
  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) == 0)
    g_free (self);
}

PillionLoopHandle *
pillion_loop_handle_get (PillionLoop *loop)
{
  PillionCore *core = pillion_core (loop);
  PillionLoopHandle *self = __atomic_load_n (&core->handle, __ATOMIC_ACQUIRE);
  PillionLoopHandle *made;

  if (self != NULL)
    return self;

  made = g_new0 (PillionLoopHandle, 1);
  made->n_references = 1;
  made->thread = core->thread;
  made->core = core;
  if (__atomic_compare_exchange_n (&core->handle, &self, made, FALSE, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    return made;

  /* Another thread was faster */
  g_free (made);
  return self;
}

gboolean
pillion_loop_handle_on_thread (PillionLoopHandle *self)
{
  return self->thread == pillion_core_this_thread ();
}

void
pillion_loop_handle_push (PillionLoopHandle *self,
                          PillionItem *item)
{
  PillionCore *core;

  /* Whoever detaches either sees that this one is coming, and waits, or has cleared the pointer before it is read */
  __atomic_add_fetch (&self->n_entering, 1, __ATOMIC_SEQ_CST);
  core = __atomic_load_n (&self->core, __ATOMIC_SEQ_CST);
  if (core != NULL)
    pillion_core_enter (core);
  __atomic_sub_fetch (&self->n_entering, 1, __ATOMIC_SEQ_CST);

  if (core != NULL)
    pillion_core_push_entered (core, item);
  else
    item->klass->drop (item);
}

void
pillion_loop_handle_detach (PillionLoop *loop)
{
  PillionLoopHandle *self = __atomic_exchange_n (&pillion_core (loop)->handle, NULL, __ATOMIC_ACQ_REL);

  if (self == NULL)
    return;

  __atomic_store_n (&self->core, NULL, __ATOMIC_SEQ_CST);
  while (__atomic_load_n (&self->n_entering, __ATOMIC_SEQ_CST) > 0)
    g_thread_yield ();
  pillion_loop_handle_unref (self);
}

void
pillion_loop_handle_forked (PillionLoopHandle *self)
{
  __atomic_store_n (&self->n_entering, 0, __ATOMIC_SEQ_CST);
}
