/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-coalescing-stage.h"

#include "http/pillion-call.h"
#include "http/pillion-http-fields.h"

typedef struct
{
  PillionStage parent;
  PillionCall *changing; /* the call, if one of its requests was not safe */
  char *key;
} PillionCoalescingStage;

/* Whether the method changes nothing on the server (RFC 9110, section 9.2.1) */
static gboolean
is_safe (const char *method)
{
  static const char *const methods[] = { "GET", "HEAD", "OPTIONS", "TRACE", NULL };

  return g_strv_contains (methods, method);
}

/* Whether the caller insists on a response to this very request (RFC 9111, sections 5.2.1 and 5.4) */
static gboolean
wants_own_answer (const PillionFieldList *fields)
{
  const char *cache_control = pillion_field_list_get (fields, "Cache-Control");
  const char *pragma = pillion_field_list_get (fields, "Pragma");

  return (cache_control != NULL &&
          (pillion_http_has_element (cache_control, "no-cache") || pillion_http_has_element (cache_control, "no-store"))) ||
         (pragma != NULL && pillion_http_has_element (pragma, "no-cache"));
}

static gboolean
can_share (const PillionCall *call)
{
  const PillionHttpRequest *request = call->request;

  /* With any other mode, the caller insists on a response to this very request */
  gboolean shares_mode = request->cache_mode == PILLION_HTTP_CACHE_MODE_DEFAULT || request->cache_mode == PILLION_HTTP_CACHE_MODE_FORCE_CACHE ||
                         request->cache_mode == PILLION_HTTP_CACHE_MODE_ONLY_IF_CACHED;

  return request->coalescing && shares_mode && !call->after_error && !call->unreadable && call->network_error == NULL && request->rate_limit == 0 && !request->lasting && !call->parted && call->body == NULL && call->sink->klass->in_memory &&
         (g_str_equal (call->method, "GET") || g_str_equal (call->method, "HEAD")) && !wants_own_answer (&request->fields) &&
         !wants_own_answer (&call->engine->config.fields);
}

/* What decides whether another call can use the exchange, as far as it is known before the request leaves.
 * The fields that other stages add are compared then. A body that is known to be large must not share a
 * connection without back-pressure. */
static char *
make_key (const PillionCall *call)
{
  g_autofree char *fields = call->request->fields.n > 0 ? g_strjoinv ("\n", call->request->fields.strv) : NULL;
  const char *given_user = g_uri_get_userinfo (call->uri);
  g_autofree char *user = given_user != NULL ? g_uri_escape_string (given_user, NULL, FALSE) : NULL;
  const char *query = g_uri_get_query (call->uri);
  static const char *const modes[] = { "", "no-store ", "reload ", "no-cache ", "force-cache ", "only-if-cached " };
  char digits[G_N_ELEMENTS ("ffffffffffffffff")];
  char *digit = digits + sizeof digits - 1;

  /* Not with printf (), which would take longer than everything else here, for every request */
  *digit = '\0';
  for (guint64 n = call->engine->n_changes; n > 0; n >>= 4)
    *--digit = "0123456789abcdef"[n & 0xf];

  return g_strconcat (digit, call->bulk ? " bulk " : " ", call->engine->config.offline ? "offline " : "", modes[call->request->cache_mode],
                      call->method, user != NULL ? " user " : " ", user != NULL ? user : "", " ", call->origin,
                      g_uri_get_path (call->uri), query != NULL ? "?" : "", query != NULL ? query : "", "\n",
                      fields != NULL ? fields : "", NULL);
}

/* What a server said before a change must not answer requests made after it */
static void
forbid_sharing (PillionCoalescingStage *self,
                PillionCall *call)
{
  self->changing = call;
  call->engine->n_changes++;
}

static PillionVerdict
coalescing_begin (PillionStage *stage,
                  PillionCall *call,
                  GError **error)
{
  PillionCoalescingStage *self = (PillionCoalescingStage *) stage;

  g_clear_pointer (&self->key, g_free);
  if (!is_safe (call->method))
    forbid_sharing (self, call);
  else if (can_share (call))
    self->key = make_key (call);
  call->key = self->key;

  return PILLION_VERDICT_PASS;
}

/* The caller may learn of the response before the call ends */
static PillionVerdict
coalescing_head (PillionStage *stage,
                 PillionCall *call,
                 const PillionHead *head,
                 GError **error)
{
  if (!is_safe (call->method))
    forbid_sharing ((PillionCoalescingStage *) stage, call);

  return PILLION_VERDICT_PASS;
}

/* The call ends, whatever it has changed, and its caller has not been told yet */
static void
coalescing_clear (PillionStage *stage)
{
  PillionCoalescingStage *self = (PillionCoalescingStage *) stage;

  if (self->changing != NULL)
    forbid_sharing (self, self->changing);
  g_free (self->key);
}

void
pillion_coalescing_stage_add (PillionStages *stages)
{
  static const PillionStageClass klass = {
    .begin = coalescing_begin,
    .head = coalescing_head,
    .clear = coalescing_clear,
  };

  pillion_stages_add (stages, &klass, sizeof (PillionCoalescingStage));
}
