/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "base/pillion-lift.h"

typedef struct
{
  GSource source;
  gboolean armed;
} LiftSource;

/* A source that prepare () has found ready is not checked again, so each of the two looks has its own source.
 * While one of them steps down, the other stays: GLib is iterating over the list of that priority, which must
 * not become empty meanwhile. */
struct _PillionLift
{
  LiftSource *preparing;
  LiftSource *checking;
  int priority;
};

static gboolean
step_down (LiftSource *self)
{
  if (!self->armed)
    return FALSE;

  self->armed = FALSE;
  g_source_set_priority (&self->source, G_MAXINT);
  return TRUE;
}

static gboolean
lift_prepare (GSource *source,
              int *timeout)
{
  *timeout = -1;
  return step_down ((LiftSource *) source);
}

static gboolean
lift_check (GSource *source)
{
  return step_down ((LiftSource *) source);
}

static gboolean
lift_dispatch (GSource *source,
               GSourceFunc callback,
               gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

static GSourceFuncs preparing_funcs = {
  .prepare = lift_prepare,
  .dispatch = lift_dispatch,
};

static GSourceFuncs checking_funcs = {
  .check = lift_check,
  .dispatch = lift_dispatch,
};

static LiftSource *
lift_source_new (GSourceFuncs *funcs,
                 GMainContext *context)
{
  GSource *source = g_source_new (funcs, sizeof (LiftSource));

  g_source_set_priority (source, G_MAXINT);
  g_source_set_static_name (source, "pillion lift");
  g_source_attach (source, context);

  return (LiftSource *) source;
}

static void
lift_source_free (LiftSource *self)
{
  g_source_destroy (&self->source);
  g_source_unref (&self->source);
}

PillionLift *
pillion_lift_new (GMainContext *context)
{
  PillionLift *self = g_new0 (PillionLift, 1);

  self->preparing = lift_source_new (&preparing_funcs, context);
  self->checking = lift_source_new (&checking_funcs, context);

  return self;
}

void
pillion_lift_free (PillionLift *self)
{
  lift_source_free (self->preparing);
  lift_source_free (self->checking);
  g_free (self);
}

/* Moves it behind all others of the priority, even if it has that priority already */
static void
place (LiftSource *source,
       int priority)
{
  g_source_set_priority (&source->source, priority);
}

void
pillion_lift_arm_prepare (PillionLift *self,
                          int priority)
{
  self->priority = priority;
  place (self->checking, priority);
  place (self->preparing, priority);
  self->preparing->armed = TRUE;
}

void
pillion_lift_arm_check (PillionLift *self)
{
  place (self->preparing, self->priority);
  place (self->checking, self->priority);
  self->checking->armed = TRUE;
}

void
pillion_lift_disarm (PillionLift *self)
{
  self->preparing->armed = FALSE;
  self->checking->armed = FALSE;
}
