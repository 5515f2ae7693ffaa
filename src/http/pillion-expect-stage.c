/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-expect-stage.h"

#include "http/pillion-call.h"

/* Sending a smaller body takes less time than asking */
#define LARGE (1024 * 1024)

typedef struct
{
  PillionStage parent;
  gboolean asked;
  gboolean refused; /* the server doesn't understand the field */
} PillionExpectStage;

static PillionVerdict
expect_request (PillionStage *stage,
                PillionCall *call,
                PillionFieldList *fields,
                GError **error)
{
  PillionExpectStage *self = (PillionExpectStage *) stage;

  self->asked = !self->refused && call->body != NULL && call->body->length > LARGE && pillion_field_list_get (fields, "Expect") == NULL;
  if (self->asked)
    pillion_field_list_append (fields, "Expect", "100-continue");

  return PILLION_VERDICT_PASS;
}

static PillionVerdict
expect_head (PillionStage *stage,
             PillionCall *call,
             const PillionHead *head,
             GError **error)
{
  PillionExpectStage *self = (PillionExpectStage *) stage;

  /* RFC 9110, section 15.5.18 */
  if (!self->asked || head->status != 417 || !pillion_call_can_send_again (call, NULL))
    return PILLION_VERDICT_PASS;

  self->refused = TRUE;
  return PILLION_VERDICT_AGAIN;
}

void
pillion_expect_stage_add (PillionStages *stages)
{
  static const PillionStageClass klass = {
    .request = expect_request,
    .head = expect_head,
  };

  pillion_stages_add (stages, &klass, sizeof (PillionExpectStage));
}
