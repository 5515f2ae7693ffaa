/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-unreachable-stage.h"

#include "http/pillion-cache-choice.h"
#include "http/pillion-call.h"

/* Whether the network, or the server, is to blame. GLib has no code of its own for a network or a host that is down, or for a connection that was aborted,
 * and a Unix socket that nobody has made is not found. */
static gboolean
is_io_error_about_network (int code)
{
  switch (code)
    {
    case G_IO_ERROR_FAILED:
    case G_IO_ERROR_NOT_FOUND:
    case G_IO_ERROR_TIMED_OUT:
    case G_IO_ERROR_HOST_NOT_FOUND:
    case G_IO_ERROR_HOST_UNREACHABLE:
    case G_IO_ERROR_NETWORK_UNREACHABLE:
    case G_IO_ERROR_CONNECTION_REFUSED:
    case G_IO_ERROR_CONNECTION_CLOSED:
    case G_IO_ERROR_NOT_CONNECTED:
      return TRUE;
    default:
      return FALSE;
    }
}

/* Errors of a certificate are not among them: those say more than a status, and nobody should overlook them. The same goes for a program or a system
 * that has no descriptors left, or no right to connect. */
static gboolean
is_about_network (const GError *error)
{
  return error->domain == G_RESOLVER_ERROR || (error->domain == G_IO_ERROR && is_io_error_about_network (error->code)) ||
         g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_EOF) || g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
}

/* Whether there is something that the server must confirm each time, or once it is stale: RFC 9111, sections 5.2.2.2 and 5.2.2.4 */
static gboolean
has_forbidden (PillionCall *call)
{
  g_autofree char *key = pillion_cache_make_key (call->origin, call->uri);
  g_autoptr (GPtrArray) entries = pillion_cache_store_lookup (call->store, key);
  PillionCacheRequest request;
  PillionCacheChoice choice;
  gboolean forbidden;

  pillion_cache_request_init (&request, call->method, &call->fields, call->request->cache_mode);
  request.identity = call->engine->identity;
  pillion_cache_choice_init (&choice, entries, &request, pillion_http_engine_get_real_now (call->engine) / G_USEC_PER_SEC);
  forbidden = choice.stored != NULL && (choice.stored->control.flags & (PILLION_CACHE_MUST_REVALIDATE | PILLION_CACHE_NO_CACHE)) != 0;
  pillion_cache_choice_clear (&choice);
  pillion_cache_request_clear (&request);

  return forbidden;
}

static PillionVerdict
unreachable_end (PillionStage *stage,
                 PillionCall *call,
                 const GError *error)
{
  if (error == NULL || call->answered || call->network_error != NULL || call->store == NULL || call->unreadable || call->task == NULL ||
      call->body != NULL || !is_about_network (error) || !pillion_call_accepts_status (call, 504) || !has_forbidden (call))
    return PILLION_VERDICT_PASS;

  call->network_error = g_error_copy (error);
  return PILLION_VERDICT_AGAIN;
}

void
pillion_unreachable_stage_add (PillionStages *stages)
{
  static const PillionStageClass klass = {
    .end = unreachable_end,
  };

  pillion_stages_add (stages, &klass, sizeof (PillionStage));
}
