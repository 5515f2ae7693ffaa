/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-pause.h"

#include "core/pillion-private.h"

static PILLION_DEFINE_QUARK ("pillion-http-pause", pause_quark)

PillionPause *
pillion_pause_ref (PillionPause *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

void
pillion_pause_unref (PillionPause *self)
{
  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) == 0)
    g_free (self);
}

PillionPause *
pillion_pause_new (PillionTask *task,
                   PillionCall *call,
                   PillionHttpEngine *engine)
{
  PillionPause *self = g_new0 (PillionPause, 1);

  self->n_references = 1;
  self->call = call;
  self->engine = engine;
  g_object_set_qdata_full (G_OBJECT (task), pause_quark (), pillion_pause_ref (self), (GDestroyNotify) pillion_pause_unref);

  return self;
}

PillionPause *
pillion_pause_of_task (PillionTask *task)
{
  return g_object_get_qdata (G_OBJECT (task), pause_quark ());
}
