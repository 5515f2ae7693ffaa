/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-stage.h"

#include <stddef.h>
#include <string.h>

/* Large enough for the usual stages, and one more */
#define BLOCK_SIZE 1024

#define ALIGNMENT G_ALIGNOF (max_align_t)
#define ALIGN(size) (((size) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT)

static gpointer
take_memory (PillionStages *self,
             gsize size)
{
  guint8 *memory;

  g_assert (size <= BLOCK_SIZE - ALIGN (sizeof (guint8 *)));

  if (self->block == NULL || self->n_used + size > BLOCK_SIZE)
    {
      guint8 *block = g_malloc0 (BLOCK_SIZE);

      memcpy (block, &self->block, sizeof (guint8 *));
      self->block = block;
      self->n_used = ALIGN (sizeof (guint8 *));
    }

  memory = self->block + self->n_used;
  self->n_used += ALIGN (size);
  return memory;
}

gpointer
pillion_stages_add (PillionStages *self,
                    const PillionStageClass *klass,
                    gsize size)
{
  PillionStage *stage = take_memory (self, size);

  stage->klass = klass;
  stage->outer = self->innermost;
  if (self->innermost != NULL)
    self->innermost->inner = stage;
  else
    self->outermost = stage;
  self->innermost = stage;

  return stage;
}

void
pillion_stages_clear (PillionStages *self)
{
  guint8 *block = self->block;
  guint8 *previous;

  for (PillionStage *stage = self->outermost; stage != NULL; stage = stage->inner)
    if (stage->klass->clear != NULL)
      stage->klass->clear (stage);

  for (; block != NULL; block = previous)
    {
      memcpy (&previous, block, sizeof previous);
      g_free (block);
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
