/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-retry-stage.h"

#include "http/pillion-backoff.h"
#include "http/pillion-http-fields.h"

/* A server that wants a longer pause is not asked again */
#define MAX_RETRY_AFTER (120 * G_USEC_PER_SEC)

typedef struct
{
  PillionStage parent;
  PillionBackoff backoff;
} PillionRetryStage;

/* Whether a request that may have arrived can be sent twice (RFC 9110, section 9.2.2) */
static gboolean
is_idempotent (PillionCall *call)
{
  static const char *const methods[] = { "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE", NULL };

  /* A server that knows this field does the work only once */
  return g_strv_contains (methods, call->method) || pillion_field_list_get (&call->request->fields, "Idempotency-Key") != NULL;
}

static gboolean
is_unreachable (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE);
}

/* Whether the request can't have arrived. The system may report an unreachable host even for a connection
 * that was open. */
static gboolean
is_before_the_request (PillionCall *call,
                       const GError *error)
{
  if (call->has_sent)
    return FALSE;

  return g_error_matches (error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED) || is_unreachable (error);
}

static gboolean
is_on_the_way (const GError *error)
{
  return g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE);
}

static gboolean
is_passing_status (guint status)
{
  switch (status)
    {
    case 408:
    case 425:
    case 429:
      return TRUE;
    case 501:
    case 505:
      return FALSE;
    default:
      return status >= 500 && status <= 599;
    }
}

static gboolean
has_retries (PillionRetryStage *self,
             PillionCall *call)
{
  int max = call->request->max_retries != 0 ? call->request->max_retries : (int) call->engine->config.max_retries;

  /* The program may have the beginning of a stream already */
  return (int) self->backoff.n < max && call->task != NULL && pillion_call_can_send_again (call, NULL);
}

static PillionVerdict
retry_head (PillionStage *stage,
            PillionCall *call,
            const PillionHead *head,
            GError **error)
{
  PillionRetryStage *self = (PillionRetryStage *) stage;
  const char *retry_after;
  GTimeSpan delay;

  /* What is stored says the same the next time */
  if (head->stored || !is_passing_status (head->status) || !is_idempotent (call) || !has_retries (self, call))
    return PILLION_VERDICT_PASS;

  delay = pillion_backoff_get_delay (&self->backoff);
  retry_after = head->get_field (head, "Retry-After");
  if (retry_after != NULL)
    {
      GTimeSpan wanted = pillion_http_parse_retry_after (retry_after, pillion_http_engine_get_real_now (call->engine));

      if (wanted > MAX_RETRY_AFTER)
        return PILLION_VERDICT_PASS;
      if (wanted >= 0)
        delay = wanted;
    }

  pillion_backoff_start (&self->backoff, call, delay);
  return PILLION_VERDICT_WAIT;
}

static PillionVerdict
retry_end (PillionStage *stage,
           PillionCall *call,
           const GError *error)
{
  PillionRetryStage *self = (PillionRetryStage *) stage;

  if (error == NULL || !has_retries (self, call))
    return PILLION_VERDICT_PASS;
  if (!is_before_the_request (call, error) && !((is_on_the_way (error) || is_unreachable (error)) && is_idempotent (call)))
    return PILLION_VERDICT_PASS;

  pillion_backoff_start (&self->backoff, call, pillion_backoff_get_delay (&self->backoff));
  return PILLION_VERDICT_WAIT;
}

static void
retry_clear (PillionStage *stage)
{
  PillionRetryStage *self = (PillionRetryStage *) stage;

  pillion_backoff_clear (&self->backoff);
}

void
pillion_retry_stage_add (PillionStages *stages)
{
  static const PillionStageClass klass = {
    .head = retry_head,
    .end = retry_end,
    .clear = retry_clear,
  };

  pillion_stages_add (stages, &klass, sizeof (PillionRetryStage));
}
