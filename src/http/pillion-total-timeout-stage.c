/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-total-timeout-stage.h"

#include <glib/gi18n-lib.h>

#include "http/pillion-call.h"

typedef struct
{
  PillionStage parent;
  PillionDeadline deadline;
  PillionCall *call; /* NULL before the first request */
} PillionTotalTimeoutStage;

static gint64
total_due (gpointer data,
           gint64 now)
{
  PillionTotalTimeoutStage *self = data;
  PillionCall *call = self->call;
  GTimeSpan timeout = pillion_call_get_timeout (call->request->total_timeout, call->engine->config.total_timeout);

  /* A call that is held is sent again when it continues, and checks the time then */
  if (timeout == PILLION_DEADLINE_NEVER || call->held)
    return PILLION_DEADLINE_NEVER - 1;
  if (call->begun + call->held_for + timeout > now)
    return call->begun + call->held_for + timeout;

  pillion_call_abort (call, g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                         g_dngettext (GETTEXT_PACKAGE, "the whole call took longer than %.3g second",
                                                      "the whole call took longer than %.3g seconds", pillion_count_seconds (timeout)),
                                         (double) timeout / G_USEC_PER_SEC));
  return PILLION_DEADLINE_NEVER;
}

static PillionVerdict
total_begin (PillionStage *stage,
             PillionCall *call,
             GError **error)
{
  PillionTotalTimeoutStage *self = (PillionTotalTimeoutStage *) stage;

  if (self->call == NULL || call->held_for > 0)
    {
      GTimeSpan timeout = pillion_call_get_timeout (call->request->total_timeout, call->engine->config.total_timeout);

      self->call = call;
      /* Without a limit, there is still a deadline, which checks again when the client gets a limit */
      pillion_deadlines_set (call->engine->deadlines, &self->deadline,
                             timeout == PILLION_DEADLINE_NEVER ? PILLION_DEADLINE_NEVER - 1 : call->begun + call->held_for + timeout, total_due, self);
    }

  return PILLION_VERDICT_PASS;
}

static void
total_clear (PillionStage *stage)
{
  PillionTotalTimeoutStage *self = (PillionTotalTimeoutStage *) stage;

  if (self->call != NULL)
    pillion_deadlines_unset (self->call->engine->deadlines, &self->deadline);
}

void
pillion_total_timeout_stage_add (PillionStages *stages)
{
  static const PillionStageClass klass = {
    .begin = total_begin,
    .clear = total_clear,
  };

  pillion_stages_add (stages, &klass, sizeof (PillionTotalTimeoutStage));
}
