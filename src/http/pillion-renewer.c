/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-renewer.h"

struct _PillionRenewer
{
  int n_references; /* atomic: one is the owner's, one that of the handler below */
  PillionLoopHandle *handle;

  /* The loop's thread's own */
  GWeakRef loop;
  gulong closed_handler;
  PillionHttpRenewFunc func; /* NULL once it is not called any more */
  gpointer data;
  GDestroyNotify destroy;
  guint n_running; /* calls of the function that have not returned */
};

static void
free_data (PillionRenewer *self)
{
  GDestroyNotify destroy;

  self->func = NULL;
  /* The function may close the loop, and needs its data until it returns */
  if (self->n_running > 0)
    return;

  destroy = g_steal_pointer (&self->destroy);
  if (destroy != NULL)
    destroy (self->data);
}

static void
renewer_unref (gpointer data)
{
  PillionRenewer *self = data;

  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  /* Only if the loop was dropped without being closed, and so by whoever does this */
  free_data (self);
  pillion_private_loop_handle_unref (self->handle);
  g_weak_ref_clear (&self->loop);
  g_free (self);
}

static void
unref_in_closure (gpointer data,
                  GClosure *closure)
{
  renewer_unref (data);
}

static void
on_closed (PillionLoop *loop,
           gpointer data)
{
  free_data (data);
}

PillionRenewer *
pillion_renewer_new (PillionLoop *loop,
                     PillionHttpRenewFunc func,
                     gpointer data,
                     GDestroyNotify destroy)
{
  PillionRenewer *self = g_new0 (PillionRenewer, 1);

  self->n_references = 2;
  self->handle = pillion_private_loop_handle_ref (pillion_private_loop_get_handle (loop));
  g_weak_ref_init (&self->loop, loop);
  self->func = func;
  self->data = data;
  self->destroy = destroy;
  self->closed_handler = g_signal_connect_data (loop, "closed", G_CALLBACK (on_closed), self, unref_in_closure, 0);

  return self;
}

static void
let_go (gpointer data)
{
  PillionRenewer *self = data;
  g_autoptr (PillionLoop) loop = g_weak_ref_get (&self->loop);

  if (loop != NULL)
    g_signal_handler_disconnect (loop, self->closed_handler);
  free_data (self);
}

void
pillion_renewer_free (PillionRenewer *self)
{
  if (!pillion_private_loop_handle_on_thread (self->handle))
    {
      /* If that comes too late, the loop has freed the data, or is about to */
      pillion_private_loop_handle_call (self->handle, let_go, self, renewer_unref);
      return;
    }

  let_go (self);
  renewer_unref (self);
}

PillionLoopHandle *
pillion_renewer_get_handle (PillionRenewer *self)
{
  return self->handle;
}

PillionTask *
pillion_renewer_call (PillionRenewer *self)
{
  PillionTask *task;

  if (self->func == NULL)
    return NULL;

  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  self->n_running++;
  task = self->func (self->data);
  self->n_running--;
  if (self->func == NULL)
    free_data (self);
  renewer_unref (self);

  return task;
}
