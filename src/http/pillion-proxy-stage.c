/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-proxy-stage.h"

#include <string.h>

#include "http/pillion-call.h"
#include "http/pillion-credentials-stage.h"
#include "http/pillion-proxy-finder.h"

/* How long a proxy that could not be reached comes after all others, in µs; as in browsers */
#define UNREACHABLE_USEC (5 * 60 * G_USEC_PER_SEC)

typedef struct
{
  PillionStage parent;
  GRefString *origin; /* the server that the call's proxy is for, or NULL */
  GPtrArray *proxies; /* the call's possible proxies, or NULL for none; NULL in it stands for a direct
                       * connection */
  guint n_tried;      /* the index of the current one */
  gboolean has_credentials; /* the stage for the proxy's */
} PillionProxyStage;

static void
use_proxy (PillionProxyStage *self,
           PillionCall *call)
{
  PillionProxy *proxy = self->proxies != NULL ? self->proxies->pdata[self->n_tried] : NULL;

  g_clear_pointer (&call->proxy, pillion_proxy_unref);
  if (proxy == NULL)
    return;

  call->proxy = pillion_proxy_ref (proxy);
  /* Most calls have no proxy */
  if (pillion_proxy_is_http (proxy) && !self->has_credentials)
    {
      self->has_credentials = TRUE;
      pillion_credentials_stage_add_for_proxy (&call->stages);
    }
}

static PillionVerdict
proxy_begin (PillionStage *stage,
             PillionCall *call,
             GError **error)
{
  PillionProxyStage *self = (PillionProxyStage *) stage;
  GPtrArray *proxies;
  PillionVerdict verdict;

  /* Offline, looking for one could fail, or never end */
  if (!pillion_http_engine_is_outside (call->engine) || pillion_call_forbids_network (call) ||
      (self->origin != NULL && strcmp (self->origin, call->origin) == 0))
    return PILLION_VERDICT_PASS;

  verdict = pillion_proxy_finder_find (call, &proxies, error);
  if (verdict != PILLION_VERDICT_PASS)
    return verdict;

  g_clear_pointer (&self->origin, g_ref_string_release);
  self->origin = g_ref_string_acquire (call->origin);
  g_clear_pointer (&self->proxies, g_ptr_array_unref);
  self->proxies = proxies;
  self->n_tried = 0;
  use_proxy (self, call);

  return PILLION_VERDICT_PASS;
}

/* Whoever answers can be reached, except that the cache answers for somebody else */
static PillionVerdict
proxy_head (PillionStage *stage,
            PillionCall *call,
            const PillionHead *head,
            GError **error)
{
  if (call->proxy != NULL && (!head->stored || head->validation != NULL))
    call->proxy->unreachable_until = 0;

  return PILLION_VERDICT_PASS;
}

static gboolean
is_of_network (const GError *error)
{
  return error->domain == G_RESOLVER_ERROR || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_HOST_NOT_FOUND) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_HOST_UNREACHABLE) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NETWORK_UNREACHABLE) || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED);
}

/* Another proxy is tried if this one could not be reached, or did nothing in time. What a proxy itself
 * answers is final: it may refuse for a reason. */
static PillionVerdict
proxy_end (PillionStage *stage,
           PillionCall *call,
           const GError *error)
{
  PillionProxyStage *self = (PillionProxyStage *) stage;
  gboolean more;

  if (error == NULL || call->has_sent || !is_of_network (error) ||
      (call->has_connected && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT)))
    return PILLION_VERDICT_PASS;

  if (call->proxy != NULL && !call->has_connected)
    call->proxy->unreachable_until = pillion_http_engine_get_now (call->engine) + UNREACHABLE_USEC;
  if (self->proxies == NULL || self->proxies->len == 1 || !pillion_call_can_send_again (call, NULL))
    return PILLION_VERDICT_PASS;

  /* A later attempt begins with the first one again */
  more = self->n_tried + 1 < self->proxies->len;
  self->n_tried = more ? self->n_tried + 1 : 0;
  use_proxy (self, call);

  return more ? PILLION_VERDICT_AGAIN : PILLION_VERDICT_PASS;
}

static void
proxy_clear (PillionStage *stage)
{
  PillionProxyStage *self = (PillionProxyStage *) stage;

  g_clear_pointer (&self->proxies, g_ptr_array_unref);
  g_clear_pointer (&self->origin, g_ref_string_release);
}

void
pillion_proxy_stage_add (PillionStages *stages)
{
  static const PillionStageClass klass = {
    .begin = proxy_begin,
    .head = proxy_head,
    .end = proxy_end,
    .clear = proxy_clear,
  };

  pillion_stages_add (stages, &klass, sizeof (PillionProxyStage));
}
