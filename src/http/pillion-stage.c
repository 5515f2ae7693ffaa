/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-stage.h"

void
pillion_stages_add (PillionStages *self,
                    PillionStage *stage)
{
  stage->outer = self->innermost;
  if (self->innermost != NULL)
    self->innermost->inner = stage;
  else
    self->outermost = stage;
  self->innermost = stage;
}

void
pillion_stages_clear (PillionStages *self)
{
  PillionStage *inner;

  for (PillionStage *stage = self->outermost; stage != NULL; stage = inner)
    {
      inner = stage->inner;
      stage->klass->free (stage);
    }

  *self = (PillionStages) { NULL };
}

PillionVerdict
pillion_stages_begin (PillionStages *self,
                      PillionCall *call,
                      GError **error)
{
  PillionVerdict verdict = PILLION_VERDICT_PASS;

  for (PillionStage *stage = self->outermost; stage != NULL && verdict == PILLION_VERDICT_PASS; stage = stage->inner)
    if (stage->klass->begin != NULL)
      verdict = stage->klass->begin (stage, call, error);

  return verdict;
}

PillionVerdict
pillion_stages_request (PillionStages *self,
                        PillionCall *call,
                        PillionFieldList *fields,
                        GError **error)
{
  PillionVerdict verdict = PILLION_VERDICT_PASS;

  for (PillionStage *stage = self->outermost; stage != NULL && verdict == PILLION_VERDICT_PASS; stage = stage->inner)
    if (stage->klass->request != NULL)
      verdict = stage->klass->request (stage, call, fields, error);

  return verdict;
}

PillionVerdict
pillion_stages_head (PillionStages *self,
                     PillionCall *call,
                     const PillionHead *head,
                     GError **error)
{
  PillionVerdict verdict = PILLION_VERDICT_PASS;

  for (PillionStage *stage = self->innermost; stage != NULL && verdict == PILLION_VERDICT_PASS; stage = stage->outer)
    if (stage->klass->head != NULL)
      verdict = stage->klass->head (stage, call, head, error);

  return verdict;
}

PillionVerdict
pillion_stages_body (PillionStages *self,
                     PillionCall *call)
{
  PillionVerdict verdict = PILLION_VERDICT_PASS;

  for (PillionStage *stage = self->innermost; stage != NULL && verdict == PILLION_VERDICT_PASS; stage = stage->outer)
    if (stage->klass->body != NULL)
      verdict = stage->klass->body (stage, call);

  return verdict;
}

PillionVerdict
pillion_stages_end (PillionStages *self,
                    PillionCall *call,
                    const GError *error)
{
  PillionVerdict verdict = PILLION_VERDICT_PASS;

  for (PillionStage *stage = self->innermost; stage != NULL && verdict == PILLION_VERDICT_PASS; stage = stage->outer)
    if (stage->klass->end != NULL)
      verdict = stage->klass->end (stage, call, error);

  return verdict;
}
