/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-proxy-stage.h"

#include <string.h>

#include "http/pillion-call.h"
#include "http/pillion-credentials-stage.h"
#include "http/pillion-proxy-finder.h"

typedef struct
{
  PillionStage parent;
  char *origin; /* the server that the call's proxy is for, or NULL */
  gboolean has_credentials; /* the stage for the proxy's */
} PillionProxyStage;

static PillionVerdict
proxy_begin (PillionStage *stage,
             PillionCall *call,
             GError **error)
{
  PillionProxyStage *self = (PillionProxyStage *) stage;
  PillionProxy *proxy;
  PillionVerdict verdict;

  if (!pillion_http_engine_is_outside (call->engine) || (self->origin != NULL && strcmp (self->origin, call->origin) == 0))
    return PILLION_VERDICT_PASS;

  verdict = pillion_proxy_finder_find (call, &proxy, error);
  if (verdict != PILLION_VERDICT_PASS)
    return verdict;

  g_free (self->origin);
  self->origin = g_strdup (call->origin);
  g_clear_pointer (&call->proxy, pillion_proxy_unref);
  call->proxy = proxy;

  /* Most calls have no proxy */
  if (proxy != NULL && pillion_proxy_is_http (proxy) && !self->has_credentials)
    {
      self->has_credentials = TRUE;
      pillion_call_add_stage (call, pillion_credentials_stage_new_for_proxy ());
    }

  return PILLION_VERDICT_PASS;
}

static void
proxy_free (PillionStage *stage)
{
  PillionProxyStage *self = (PillionProxyStage *) stage;

  g_free (self->origin);
  g_free (self);
}

PillionStage *
pillion_proxy_stage_new (void)
{
  static const PillionStageClass klass = {
    .begin = proxy_begin,
    .free = proxy_free,
  };
  PillionProxyStage *self = g_new0 (PillionProxyStage, 1);

  self->parent.klass = &klass;
  return &self->parent;
}
