/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-timeout-stage.h"

#include <inttypes.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-call.h"

/* How long the rate is measured, in µs: a transfer may pause for a moment */
#define RATE_USEC (5 * G_USEC_PER_SEC)

/* How long a request that is not sent yet may wait for a thread of GLib's that could not be started, in µs */
#define NUDGE_USEC G_USEC_PER_SEC

typedef struct
{
  PillionStage parent;
  PillionCall *call;
  PillionDeadline deadline;
  gboolean has_head;
  gint64 measured_from;    /* when the current measurement of the rate began */
  guint64 received_before; /* by then, in bytes */
} PillionTimeoutStage;

/* Returns whether a time that began at @from is up. If not, it may be the one that is up next. */
static gboolean
is_over (gint64 now,
         gint64 from,
         GTimeSpan timeout,
         gint64 *due)
{
  if (timeout == PILLION_DEADLINE_NEVER)
    return FALSE;

  if (from + timeout > now)
    {
      *due = MIN (*due, from + timeout);
      return FALSE;
    }

  return TRUE;
}

static double
to_seconds (GTimeSpan time)
{
  return (double) time / G_USEC_PER_SEC;
}

/* Whether less than required has arrived since the measurement began. A good measurement is followed by
 * another one. */
static gboolean
is_too_slow (PillionTimeoutStage *self,
             gint64 now,
             gint64 *due,
             GError **error)
{
  PillionCall *call = self->call;
  gint64 rate = call->request->lowest_rate != 0 ? call->request->lowest_rate : call->engine->config.lowest_rate;

  if (rate <= 0)
    return FALSE;

  if (!self->has_head)
    {
      *due = MIN (*due, now + RATE_USEC);
      return FALSE;
    }

  if (now >= self->measured_from + RATE_USEC)
    {
      gint64 measured = (gint64) (call->n_received - self->received_before) * G_USEC_PER_SEC / (now - self->measured_from);

      if (measured < rate)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                       g_dngettext (GETTEXT_PACKAGE, "the server sent %" PRId64 " byte per second, but at least %" PRId64 " were expected",
                                    "the server sent %" PRId64 " bytes per second, but at least %" PRId64 " were expected", (gulong) measured),
                       measured, rate);
          return TRUE;
        }

      self->measured_from = now;
      self->received_before = call->n_received;
    }

  *due = MIN (*due, self->measured_from + RATE_USEC);
  return FALSE;
}

/* The earliest time at which one of the limits can be up, if all begin now */
static gint64
get_first_look (PillionTimeoutStage *self,
                gint64 now)
{
  PillionCall *call = self->call;
  const PillionHttpRequest *request = call->request;
  const PillionHttpConfig *config = &call->engine->config;
  GTimeSpan first = MIN (pillion_call_get_timeout (request->connect_timeout, config->connect_timeout),
                         pillion_call_get_timeout (request->first_byte_timeout, config->first_byte_timeout));

  first = MIN (first, pillion_call_get_timeout (request->idle_timeout, config->idle_timeout));
  if (request->lowest_rate > 0 || config->lowest_rate > 0)
    first = MIN (first, RATE_USEC);
  if (pillion_http_engine_is_outside (call->engine))
    first = MIN (first, NUDGE_USEC);

  return first == PILLION_DEADLINE_NEVER ? PILLION_DEADLINE_NEVER - 1 : now + first;
}

static gint64
on_due (gpointer data,
        gint64 now)
{
  PillionTimeoutStage *self = data;
  PillionCall *call = self->call;
  const PillionHttpRequest *request = call->request;
  const PillionHttpConfig *config = &call->engine->config;
  GTimeSpan connect = pillion_call_get_timeout (request->connect_timeout, config->connect_timeout);
  GTimeSpan first_byte = pillion_call_get_timeout (request->first_byte_timeout, config->first_byte_timeout);
  GTimeSpan idle = pillion_call_get_timeout (request->idle_timeout, config->idle_timeout);
  /* Without any limit, there is still a deadline, which checks again when the client gets a limit */
  gint64 due = PILLION_DEADLINE_NEVER - 1;
  GError *error = NULL;
  PillionExchangeState state;

  if (call->hop == NULL)
    return PILLION_DEADLINE_NEVER;

  state = pillion_hop_get_state (call->hop);
  if (!self->has_head && state.sending == 0 && is_over (now, call->started, connect, &due))
    error = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                         g_dngettext (GETTEXT_PACKAGE, "the connection took longer than %g second", "the connection took longer than %g seconds",
                                      pillion_count_seconds (connect)), to_seconds (connect));
  else if (!self->has_head && state.sent > 0 && is_over (now, MAX (state.sent, call->started), first_byte, &due))
    error = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                         g_dngettext (GETTEXT_PACKAGE, "the server did not answer within %g second", "the server did not answer within %g seconds",
                                      pillion_count_seconds (first_byte)), to_seconds (first_byte));
  else if (!call->paused && is_over (now, call->last_activity, idle, &due))
    error = g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                         g_dngettext (GETTEXT_PACKAGE, "the server sent nothing for %g second", "the server sent nothing for %g seconds",
                                      pillion_count_seconds (idle)), to_seconds (idle));
  else if (!call->paused)
    is_too_slow (self, now, &due, &error);

  if (error != NULL)
    {
      if (call->proxy != NULL && ((!self->has_head && state.sending == 0) ||
                                  pillion_proxy_passes_on (call->proxy, call->uri, call->sink->klass->web_socket)))
        g_prefix_error (&error, _("proxy %s: "), call->proxy->origin);
      pillion_call_end_exchange (call, error);
      return PILLION_DEADLINE_NEVER;
    }

  /* Nothing is requested from the server, so it can't be late */
  if (call->paused)
    {
      self->measured_from = now;
      self->received_before = call->n_received;
      due = MIN (due, get_first_look (self, now));
    }

  /* It may be GLib that looks up the name, does the TLS handshake, or opens the file of the body */
  if (pillion_http_engine_is_outside (call->engine) && !self->has_head && state.sent == 0)
    {
      pillion_http_engine_nudge_tasks (call->engine, now);
      due = MIN (due, now + NUDGE_USEC);
    }

  /* A time that has not begun yet may be up before all that have */
  if (!self->has_head && first_byte != PILLION_DEADLINE_NEVER)
    due = MIN (due, now + first_byte);
  return due;
}

/* The deadline of the previous request must not end one that waits in the queue */
static PillionVerdict
timeout_begin (PillionStage *stage,
               PillionCall *call,
               GError **error)
{
  PillionTimeoutStage *self = (PillionTimeoutStage *) stage;

  pillion_deadlines_unset (call->engine->deadlines, &self->deadline);
  return PILLION_VERDICT_PASS;
}

static PillionVerdict
timeout_request (PillionStage *stage,
                 PillionCall *call,
                 PillionFieldList *fields,
                 GError **error)
{
  PillionTimeoutStage *self = (PillionTimeoutStage *) stage;

  self->call = call;
  self->has_head = FALSE;
  /* At first, it only tells when to check next */
  pillion_deadlines_set (call->engine->deadlines, &self->deadline, get_first_look (self, call->started), on_due, self);
  return PILLION_VERDICT_PASS;
}

static PillionVerdict
timeout_head (PillionStage *stage,
              PillionCall *call,
              const PillionHead *head,
              GError **error)
{
  PillionTimeoutStage *self = (PillionTimeoutStage *) stage;

  self->has_head = TRUE;
  self->measured_from = call->last_activity;
  self->received_before = call->n_received;
  return PILLION_VERDICT_PASS;
}

static PillionVerdict
timeout_end (PillionStage *stage,
             PillionCall *call,
             const GError *error)
{
  PillionTimeoutStage *self = (PillionTimeoutStage *) stage;

  pillion_deadlines_unset (call->engine->deadlines, &self->deadline);
  return PILLION_VERDICT_PASS;
}

static void
timeout_clear (PillionStage *stage)
{
  PillionTimeoutStage *self = (PillionTimeoutStage *) stage;

  if (self->call != NULL)
    pillion_deadlines_unset (self->call->engine->deadlines, &self->deadline);
}

void
pillion_timeout_stage_add (PillionStages *stages)
{
  static const PillionStageClass klass = {
    .begin = timeout_begin,
    .request = timeout_request,
    .head = timeout_head,
    .end = timeout_end,
    .clear = timeout_clear,
  };

  pillion_stages_add (stages, &klass, sizeof (PillionTimeoutStage));
}
