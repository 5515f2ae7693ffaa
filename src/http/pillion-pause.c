/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-pause.h"

#include "http/pillion-call.h"

static GQuark
get_quark (void)
{
  return g_quark_from_static_string ("pillion-http-pause");
}

static PillionPause *
ref (PillionPause *self)
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
                   PillionCall *call)
{
  PillionPause *self = g_new0 (PillionPause, 1);

  self->n_references = 1;
  self->call = call;
  g_object_set_qdata_full (G_OBJECT (task), get_quark (), ref (self), (GDestroyNotify) pillion_pause_unref);

  return self;
}

PillionPause *
pillion_pause_of_task (PillionTask *task)
{
  return g_object_get_qdata (G_OBJECT (task), get_quark ());
}

static void
pause_there (gpointer data)
{
  PillionPause *self = data;

  if (self->call != NULL)
    pillion_call_pause (self->call);
  pillion_pause_unref (self);
}

static void
unpause_there (gpointer data)
{
  PillionPause *self = data;

  if (self->call != NULL)
    pillion_call_unpause (self->call);
  pillion_pause_unref (self);
}

void
pillion_pause_set (PillionPause *self,
                   PillionHttpEngine *engine,
                   gboolean paused)
{
  if (self->paused == paused)
    return;

  self->paused = paused;
  pillion_http_engine_post (engine, paused ? pause_there : unpause_there, ref (self));
}
