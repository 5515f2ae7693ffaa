/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-body-stage.h"

#include "http/pillion-call.h"

typedef struct
{
  PillionStage parent;
  PillionSource *resolved; /* what is sent in place of the request's body, or NULL */
} PillionBodyStage;

/* What a worker does */
typedef struct
{
  PillionBodyStage *stage; /* valid until the call is done */
  PillionCall *call;       /* a reference */
  PillionSource *source;   /* likewise */
  PillionSource *resolved;
  GError *error;
} Job;

static void
resolved_on_thread (gpointer data)
{
  Job *self = data;
  PillionCall *call = self->call;

  /* It may have been cancelled in the meantime */
  if (call->done || call->failed)
    g_clear_error (&self->error);
  else if (self->error != NULL)
    pillion_call_fail (call, g_steal_pointer (&self->error));
  else
    {
      self->stage->resolved = g_steal_pointer (&self->resolved);
      pillion_call_resume (call);
    }

  g_clear_pointer (&self->resolved, pillion_source_unref);
  pillion_source_unref (self->source);
  g_free (self);
  pillion_call_unref (call);
}

static void
resolve_on_worker (gpointer data)
{
  Job *self = data;

  self->resolved = self->source->klass->resolve (self->source, &self->error);
  pillion_http_engine_post (self->call->engine, resolved_on_thread, self);
}

static PillionVerdict
body_begin (PillionStage *stage,
            PillionCall *call,
            GError **error)
{
  PillionBodyStage *self = (PillionBodyStage *) stage;
  Job *job;

  if (call->body == NULL || call->body->klass->resolve == NULL)
    return PILLION_VERDICT_PASS;

  if (self->resolved != NULL)
    {
      pillion_call_set_method (call, call->method, self->resolved);
      return PILLION_VERDICT_PASS;
    }

  job = g_new0 (Job, 1);
  job->stage = self;
  job->call = pillion_call_ref (call);
  job->source = pillion_source_ref (call->body);
  pillion_http_engine_use_disk (call->engine, resolve_on_worker, job);
  return PILLION_VERDICT_WAIT;
}

static void
body_clear (PillionStage *stage)
{
  PillionBodyStage *self = (PillionBodyStage *) stage;

  g_clear_pointer (&self->resolved, pillion_source_unref);
}

void
pillion_body_stage_add (PillionStages *stages)
{
  static const PillionStageClass klass = {
    .begin = body_begin,
    .clear = body_clear,
  };

  pillion_stages_add (stages, &klass, sizeof (PillionBodyStage));
}
