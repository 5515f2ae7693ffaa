/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-call.h"

#include <inttypes.h>

#include <glib/gi18n-lib.h>

#include "core/pillion-private.h"
#include "http/pillion-cache-choice.h"
#include "http/pillion-cache-transport.h"
#include "http/pillion-http-response-private.h"
#include "http/pillion-http-url.h"
#include "http/pillion-throttled-source.h"

/* How much of a coded body is decoded at once (its coded and its decoded size), and how much before others
 * get their turn */
#define DECODER_INPUT (64 * 1024)
#define DECODER_OUTPUT (64 * 1024)
#define DECODER_TURN (1024 * 1024)
#define DECODER_STEP (16 * 1024)

/* How much of what the cache has is kept in memory for calls that wait in the queue, in bytes */
#define MAX_FOUND (8 * 1024 * 1024)

static const PillionHopFuncs hop_funcs;

PillionCall *
pillion_call_new (PillionHttpEngine *engine,
                  PillionTask *task,
                  PillionHttpRequest *request,
                  char *url)
{
  PillionCall *self = g_new0 (PillionCall, 1);

  self->n_references = 1;
  self->engine = pillion_http_engine_ref (engine);
  self->task = g_object_ref (task);
  pillion_progress_init (&self->progress, engine, task);
  self->request = request;
  self->given_url = url;
  self->renewal = pillion_renewal_get_current ();
  if (self->renewal != NULL)
    pillion_renewal_ref (self->renewal);

  return self;
}

void
pillion_call_set_sink (PillionCall *self,
                       PillionSink *sink)
{
  g_assert (self->sink == NULL);

  self->sink = sink;
  sink->call = self;
}

PillionCall *
pillion_call_ref (PillionCall *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

/* Everything that matters was released when the call finished, because the last reference may be dropped on
 * any thread */
void
pillion_call_unref (PillionCall *self)
{
  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  pillion_sync_unref (self->request);
  pillion_http_engine_unref (self->engine);
  pillion_renewal_unref (self->renewal);
  g_free (self->given_url);
  g_free (self->url);
  g_free (self->other_url);
  g_free (self);
}

static void
cancel_on_thread (gpointer data)
{
  PillionCall *self = data;

  self->cancel_seen = TRUE;
  if (self->submitted)
    pillion_call_abort (self, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, _("the transfer was cancelled")));
  pillion_call_unref (self);
}

static gpointer
ref (gpointer data)
{
  return pillion_call_ref (data);
}

/* On any thread, until the call gives up its task */
static void
cancelled (gpointer data)
{
  PillionCall *self = data;

  pillion_sync_acquire (self);
  pillion_http_engine_post_end (self->engine, cancel_on_thread, self);
}

gboolean
pillion_call_set_uri (PillionCall *self,
                      GUri *uri,
                      GError **error)
{
  if (!pillion_http_check_uri (uri, error))
    return FALSE;

  g_uri_ref (uri);
  g_clear_pointer (&self->uri, g_uri_unref);
  self->uri = uri;
  g_clear_pointer (&self->origin, g_ref_string_release);
  self->origin = pillion_http_uri_get_origin (uri);
  /* A failure of one URL says nothing about another */
  self->after_error = FALSE;
  g_clear_error (&self->network_error);

  return TRUE;
}

void
pillion_call_set_method (PillionCall *self,
                         const char *method,
                         PillionSource *body)
{
  self->method = g_intern_string (method);
  self->body = body;
}

gboolean
pillion_call_can_send_again (PillionCall *self,
                             GError **error)
{
  if (self->body == NULL || !self->body_opened || pillion_source_can_open (self->body))
    return TRUE;

  g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_REWINDABLE,
                       _("the body of the request would have to be sent again, but it can be read only once"));
  return FALSE;
}

/* How large a body may be */
static gint64
get_max_size (PillionCall *self,
              gboolean in_memory)
{
  gint64 max = self->request->max_body_size;

  if (max == 0 && in_memory)
    max = self->engine->config.max_body_size;
  if (max <= 0)
    max = G_MAXINT64;

  return in_memory ? MIN (max, PILLION_CALL_MAX_IN_MEMORY) : max;
}

gboolean
pillion_call_check_size (PillionCall *self,
                         gint64 size,
                         GError **error)
{
  gint64 max = get_max_size (self, self->sink->klass->in_memory);

  if (size <= max)
    return TRUE;

  g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE,
               _("the body is larger than the limit (%" PRId64 " bytes)"), max);
  return FALSE;
}

static void
add_header (const char *name,
            const char *value,
            gpointer response)
{
  pillion_http_response_add_header (response, name, value);
}

gboolean
pillion_call_accepts_status (PillionCall *self,
                             guint status)
{
  return (status <= 299 || !self->sink->klass->only_success) && pillion_http_request_accepts_status (self->request, status);
}

PillionVerdict
pillion_call_check_head (PillionCall *self,
                         const PillionHead *head,
                         GError **error)
{
  if (!pillion_call_accepts_status (self, head->status))
    return PILLION_VERDICT_REFUSED;

  if (head->status == 206 && pillion_field_list_get (&self->fields, "Range") == NULL)
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                           _("the server sent a part of the body (206) although all of it was requested"));
      return PILLION_VERDICT_FAIL;
    }

  return PILLION_VERDICT_PASS;
}

PillionHttpResponse *
pillion_call_make_response (PillionCall *self,
                            const PillionHead *head)
{
  PillionHttpResponse *response = pillion_http_response_new (head->status, head->reason, self->uri);
  PillionHeadDetails details;

  head->foreach_field (head, add_header, response);
  head->get_details (head, &details);
  pillion_http_response_set_details (response, &details, self->begun, self->started);
  if (self->history != NULL)
    pillion_http_response_set_history (response, self->history);
  pillion_http_response_set_from_cache (response, head->stored && !head->missing);
  if (self->store != NULL)
    pillion_http_response_set_store (response, self->store);
  /* What is stored may have become usable in the meantime */
  if (self->network_error != NULL && head->missing)
    pillion_http_response_set_network_error (response, self->network_error);

  return response;
}

void
pillion_call_add_to_history (PillionCall *self,
                             PillionHttpResponse *response)
{
  GPtrArray *history = g_ptr_array_new_with_free_func (g_object_unref);

  /* Responses share the array: it never changes */
  for (guint i = 0; self->history != NULL && i < self->history->len; i++)
    g_ptr_array_add (history, g_object_ref (self->history->pdata[i]));
  g_ptr_array_add (history, response);

  g_clear_pointer (&self->history, g_ptr_array_unref);
  self->history = history;
}

static void
submit_on_thread (gpointer data)
{
  PillionCall *self = data;
  g_autoptr (GUri) uri = NULL;
  GError *error = NULL;

  self->submitted = TRUE;
  self->url = pillion_http_strip_user (self->given_url);
  self->add_stages (&self->stages);
  pillion_call_set_method (self, self->request->method, self->request->body);
  if (self->cancel_seen)
    {
      cancel_on_thread (pillion_call_ref (self));
      return;
    }

  if (self->engine->unavailable != NULL)
    {
      pillion_call_fail (self, g_error_copy (self->engine->unavailable));
      return;
    }

  uri = pillion_http_parse_url (self->given_url, &error);
  if (uri == NULL || !pillion_call_set_uri (self, uri, &error))
    pillion_call_fail (self, error);
  else
    pillion_call_send (self);
}

void
pillion_call_submit (PillionCall *self,
                     void (*add_stages) (PillionStages *stages))
{
  self->add_stages = add_stages;
  self->begun = pillion_http_engine_get_now (self->engine);
  if (pillion_http_engine_is_outside (self->engine))
    {
      PillionHost *host = pillion_loop_get_host (pillion_task_get_loop (self->task));

      pillion_private_task_set_external (self->task, TRUE);
      self->on_virtual_clock = host != NULL && pillion_host_has_virtual_clock (host);
    }

  /* What this posts may arrive before the call itself does, and then waits for it there */
  pillion_sync_release (self);
  pillion_private_task_set_cancel_func (self->task, cancelled, ref, self);

  pillion_http_engine_post (self->engine, submit_on_thread, self);
}

void
pillion_call_keep_coding (PillionCall *self)
{
  g_clear_pointer (&self->decoder, pillion_decoder_free);
  g_clear_error (&self->coding_error);
}

gboolean
pillion_call_is_decoding (PillionCall *self)
{
  return self->decoder != NULL;
}

static void
forget_found (PillionCall *self)
{
  self->engine->found_size -= self->found_size;
  self->found_size = 0;
  g_clear_pointer (&self->found, g_ptr_array_unref);
}

/* What the store has is needed again once the call has its place in the queue. Large files are not kept open until then. */
static void
keep_found (PillionCall *self)
{
  gsize size = 0;
  gboolean small = TRUE;

  for (guint i = 0; self->found != NULL && i < self->found->len; i++)
    {
      const gsize one = pillion_cache_entry_get_memory (self->found->pdata[i]);

      small = small && one > 0;
      size += one;
    }

  if (!small || self->engine->found_size + size > MAX_FOUND)
    {
      forget_found (self);
      return;
    }

  self->found_size = size;
  self->engine->found_size += size;
}

/* From here on, nothing is queued or in flight */
static void
drop_hop (PillionCall *self)
{
  pillion_call_keep_coding (self);
  self->paused = FALSE;
  if (!self->past_cache)
    forget_found (self);
  g_clear_pointer (&self->hop, pillion_hop_drop);
}

/* Acts on a verdict other than to go on */
static void
stop (PillionCall *self,
      PillionVerdict verdict,
      GError *error)
{
  switch (verdict)
    {
    case PILLION_VERDICT_AGAIN:
      pillion_call_send (self);
      break;
    case PILLION_VERDICT_WAIT:
      drop_hop (self);
      self->waiting = TRUE;
      if (self->sink->klass->rest != NULL)
        self->sink->klass->rest (self->sink);
      break;
    case PILLION_VERDICT_DONE:
      drop_hop (self);
      self->sink->klass->whole (self->sink);
      break;
    case PILLION_VERDICT_FAIL:
      pillion_call_fail (self, error);
      break;
    default:
      g_assert_not_reached ();
    }
}

static gboolean
has_directives (const PillionFieldList *fields)
{
  return pillion_field_list_get (fields, "Cache-Control") != NULL;
}

/* Whether something stale may be good enough for reasons of the call's own. Directives come from the program alone. */
static gboolean
may_take_stale (PillionCall *self)
{
  return self->network_error != NULL || has_directives (&self->request->fields) || has_directives (&self->engine->config.fields);
}

/* Whether what was found may be the answer. If the server has to be asked in any case, the request is made only once it has its place in the
 * queue. */
static gboolean
may_be_answer (PillionCall *self)
{
  const PillionFieldList none = { NULL };
  PillionCacheRequest request;
  gboolean may;

  if (may_take_stale (self))
    return TRUE;

  pillion_cache_request_init (&request, self->method, &none, self->request->cache_mode);
  request.after_error = self->after_error;
  may = pillion_cache_choice_is_possible (self->found, &request, pillion_http_engine_get_real_now (self->engine) / G_USEC_PER_SEC);
  pillion_cache_request_clear (&request);

  return may;
}

/* Whether a lookup is worth its time. The index may be wrong, but what it can't answer is looked up again once the request has its place in the
 * queue. */
static gboolean
may_be_good (PillionCall *self,
             const char *key)
{
  if (may_take_stale (self) || self->after_error || self->request->cache_mode == PILLION_HTTP_CACHE_MODE_FORCE_CACHE)
    return TRUE;

  return pillion_cache_store_may_be_good (self->store, key, pillion_http_engine_get_real_now (self->engine) / G_USEC_PER_SEC);
}

/* Whether the cache may have an answer, or nobody else is to be asked: then no place in the queue is needed */
static gboolean
can_answer_locally (PillionCall *self)
{
  g_autofree char *key = NULL;

  if (self->store == NULL || self->past_cache || self->body != NULL)
    return FALSE;
  if (self->engine->config.offline || self->request->cache_mode == PILLION_HTTP_CACHE_MODE_ONLY_IF_CACHED)
    return TRUE;

  if (self->unreadable)
    return FALSE;

  key = pillion_cache_make_key (self->origin, self->uri);
  if (!may_be_good (self, key))
    return FALSE;

  self->found = pillion_cache_store_lookup (self->store, key);
  if (self->found == NULL)
    return FALSE;
  if (may_be_answer (self))
    return TRUE;

  keep_found (self);
  return FALSE;
}

void
pillion_call_send (PillionCall *self)
{
  PillionVerdict verdict;
  GError *error = NULL;
  gboolean local;

  drop_hop (self);
  if (self->held)
    {
      self->waiting = TRUE;
      self->due = TRUE;
      return;
    }

  verdict = pillion_stages_begin (&self->stages, self, &error);
  if (verdict == PILLION_VERDICT_PASS && self->sink->klass->begin != NULL)
    verdict = self->sink->klass->begin (self->sink, &error);
  if (verdict != PILLION_VERDICT_PASS)
    {
      stop (self, verdict, error);
      return;
    }

  self->from_store = self->from_part = self->answered = FALSE;
  local = can_answer_locally (self);
  self->past_cache = FALSE;
  self->hop = pillion_hop_new (self->engine, &hop_funcs, self);
  if (local)
    pillion_hop_send_locally (self->hop, self->origin, self->key);
  else
    pillion_hop_send (self->hop, self->origin, self->bulk ? 0 : self->request->priority, self->request->lasting, self->key);
}

static gboolean
has_ended (PillionCall *self)
{
  return self->failed || self->done;
}

void
pillion_call_pause (PillionCall *self)
{
  if (self->held || has_ended (self))
    return;

  self->held = TRUE;
  self->held_since = pillion_http_engine_get_now (self->engine);
  if (self->sink->klass->hold != NULL)
    self->sink->klass->hold (self->sink);
  if (self->hop != NULL)
    {
      g_clear_pointer (&self->refusal, pillion_refusal_free);
      pillion_call_send (self);
    }
}

void
pillion_call_unpause (PillionCall *self)
{
  if (!self->held || has_ended (self))
    return;

  self->held = FALSE;
  self->held_for += pillion_http_engine_get_now (self->engine) - self->held_since;
  if (self->due)
    {
      self->due = FALSE;
      self->waiting = FALSE;
      pillion_call_send (self);
    }
}

static void
resume (gpointer data)
{
  PillionCall *self = data;

  /* It may have been cancelled in the meantime */
  if (self->waiting && !has_ended (self))
    {
      self->waiting = FALSE;
      pillion_call_send (self);
    }
  pillion_call_unref (self);
}

void
pillion_call_resume (PillionCall *self)
{
  pillion_http_engine_post (self->engine, resume, pillion_call_ref (self));
}

/* The call fails with the refusal, and with as much of its body as has arrived */
static void
end_refusal (PillionCall *self,
             gboolean whole)
{
  pillion_call_fail (self, pillion_refusal_end (g_steal_pointer (&self->refusal), whole));
}

void
pillion_call_end_exchange (PillionCall *self,
                           GError *error)
{
  PillionExchangeState state = { 0 };
  PillionVerdict verdict;

  if (self->refusal != NULL)
    {
      end_refusal (self, error == NULL);
      g_clear_error (&error);
      return;
    }

  if (self->hop != NULL)
    state = pillion_hop_get_state (self->hop);
  if (self->throttle != NULL)
    pillion_throttle_rest (self->throttle);
  self->has_connected = state.connected;
  self->has_sent = state.sending > 0;
  drop_hop (self);

  verdict = pillion_stages_end (&self->stages, self, error);
  if (verdict == PILLION_VERDICT_PASS && error != NULL && self->sink->klass->lost != NULL)
    verdict = self->sink->klass->lost (self->sink, error);
  if (verdict != PILLION_VERDICT_PASS)
    {
      g_clear_error (&error);
      stop (self, verdict, NULL);
    }
  else if (error != NULL)
    pillion_call_fail (self, error);
  else
    self->sink->klass->whole (self->sink);
}

static void
refusal_late (gpointer data)
{
  end_refusal (data, FALSE);
}

gboolean
pillion_call_is_throttled (PillionCall *self)
{
  return self->request->rate_limit > 0 || self->engine->config.rate_limit > 0;
}

/* A transport may have to read the bodies of these into memory, whatever the sink does with them */
static gint64
get_max_refusal (PillionCall *self)
{
  static const guint statuses[] = { 401, 407, 421 };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    if (pillion_call_accepts_status (self, statuses[i]))
      return get_max_size (self, TRUE);

  return 0;
}

/* A range that the program has not asked for itself continues what is there */
static gboolean
is_rest (PillionCall *self)
{
  return pillion_field_list_get (&self->fields, "Range") != NULL && pillion_field_list_get (&self->request->fields, "Range") == NULL;
}

/* The body from its beginning */
static GInputStream *
open_body (PillionCall *self,
           PillionSource *source,
           GError **error)
{
  if (!pillion_call_can_send_again (self, error))
    return NULL;

  self->body_opened = TRUE;
  if (pillion_call_is_upload (self))
    pillion_progress_report (&self->progress, 0, self->body->length);
  return source->klass->open (source, error);
}

static gboolean
hop_start (gpointer data,
           PillionWireRequest *request)
{
  PillionCall *self = data;
  PillionSink *sink = self->sink;
  PillionSource *source;
  GInputStream *body = NULL;
  PillionVerdict verdict;
  GError *error = NULL;

  self->started = self->last_activity = pillion_http_engine_get_now (self->engine);
  pillion_field_list_clear (&self->fields);
  verdict = pillion_stages_request (&self->stages, self, &self->fields, &error);
  if (pillion_field_list_get (&self->fields, "Accept-Encoding") == NULL)
    pillion_field_list_append (&self->fields, "Accept-Encoding", sink->klass->accept_encoding);
  if (verdict == PILLION_VERDICT_PASS && sink->klass->request != NULL)
    verdict = sink->klass->request (sink, &self->fields, &error);
  g_clear_pointer (&self->throttled, pillion_source_unref);
  if (self->body != NULL && pillion_call_is_throttled (self))
    self->throttled = pillion_throttled_source_new (self->body, self->engine, self->request->rate_limit);
  source = self->throttled != NULL ? self->throttled : self->body;
  if (verdict == PILLION_VERDICT_PASS && source != NULL && (body = open_body (self, source, &error)) == NULL)
    verdict = PILLION_VERDICT_FAIL;
  if (verdict != PILLION_VERDICT_PASS)
    {
      stop (self, verdict, error);
      return FALSE;
    }

  *request = (PillionWireRequest) {
    .method = self->method,
    .uri = self->uri,
    .origin = self->origin,
    .proxy = self->proxy,
    .proxy_authorization = self->proxy_authorization,
    /* libsoup 3.2 hangs if it has to wait in the middle of a body that it sends over HTTP/2 */
    .bulk = self->bulk || sink->klass->bulk || (self->body != NULL && pillion_source_is_large (self->body)),
    .only_http1 = !self->engine->config.http2 || pillion_call_is_throttled (self),
    .web_socket = sink->klass->web_socket,
    .fields = (const char *const *) self->fields.strv,
    .body = body,
    .source = source,
    .body_length = body != NULL ? self->body->length : 0,
    .is_rest = is_rest (self),
    .max_refusal = get_max_refusal (self),
  };
  if (self->store != NULL)
    {
      /* Makes it, if this is the first request with a cache */
      pillion_cache_transport_get (self->engine);
      request->cache = (PillionWireCache) {
        .store = self->store,
        .mode = self->request->cache_mode,
        .found = self->found,
        .local = pillion_hop_is_local (self->hop),
        .offline = self->engine->config.offline,
        .after_error = self->after_error,
        .error_status = self->error_status,
        .unreachable = self->network_error != NULL,
        .unreadable = self->unreadable,
      };
    }
  return TRUE;
}

static void
hop_part (gpointer data)
{
  PillionCall *self = data;

  self->parted = TRUE;
  pillion_call_send (self);
}

static void
hop_miss (gpointer data)
{
  PillionCall *self = data;

  self->past_cache = TRUE;
  keep_found (self);
  pillion_call_send (self);
}

void
pillion_call_forget (PillionCall *self)
{
  g_autofree char *key = NULL;

  if (self->store == NULL || self->uri == NULL)
    return;

  key = pillion_cache_make_key (self->origin, self->uri);
  pillion_cache_store_remove_key (self->store, key);
}

/* The exchange goes first: of one that is broken off, the cache keeps what has arrived */
static void
forget_content (PillionCall *self)
{
  drop_hop (self);
  pillion_call_forget (self);
}

/* Whether an error is about the content, and that has, or may have, been stored. A transfer that fails stores nothing. */
static gboolean
is_wrong_content (PillionCall *self,
                  const GError *error)
{
  if (error->domain != PILLION_HTTP_ERROR)
    return FALSE;

  return error->code == PILLION_HTTP_ERROR_DIGEST_MISMATCH || error->code == PILLION_HTTP_ERROR_INVALID_JSON ||
         (self->from_part && error->code == PILLION_HTTP_ERROR_PROTOCOL) ||
         (self->from_store && (error->code == PILLION_HTTP_ERROR_PROTOCOL || error->code == PILLION_HTTP_ERROR_TRUNCATED ||
                               error->code == PILLION_HTTP_ERROR_LENGTH_MISMATCH));
}

static void
begin_decoding (PillionCall *self,
                const PillionHead *head)
{
  const char *codings = head->get_field (head, "Content-Encoding");

  if (codings != NULL)
    self->decoder = pillion_decoder_new (codings, &self->coding_error);
}

/* How much of the request's body the socket has taken */
static void
hop_wrote (gpointer data,
           gint64 n_sent)
{
  PillionCall *self = data;

  self->last_activity = pillion_http_engine_get_now (self->engine);
  /* What is downloaded counts from its beginning on, although the server may still be reading */
  if (!pillion_call_is_upload (self) || (self->answered && !self->sink->klass->in_memory))
    return;

  if (n_sent < self->body->length)
    pillion_progress_set (&self->progress, n_sent, self->body->length);
  else
    pillion_progress_report (&self->progress, n_sent, self->body->length);
}

/* How long the whole body is of which @length is announced to be left. A server may announce anything. */
static gint64
add_length (PillionCall *self,
            gint64 length)
{
  return length <= G_MAXINT64 - self->offset ? self->offset + MAX (length, 0) : G_MAXINT64;
}

static void
hop_head (gpointer data,
          const PillionHead *head)
{
  PillionCall *self = data;
  PillionVerdict verdict;
  GError *error = NULL;

  self->last_activity = pillion_http_engine_get_now (self->engine);

  self->n_answer = 0;
  self->n_decoded = 0;
  self->announced = head->length;
  self->from_store = head->stored;
  self->from_part = head->continued;
  self->answered = TRUE;

  verdict = pillion_stages_head (&self->stages, self, head, &error);
  if (verdict == PILLION_VERDICT_PASS && head->tunnel)
    {
      g_set_error (&error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY, _("the proxy %s wants other credentials"), self->proxy->origin);
      verdict = PILLION_VERDICT_FAIL;
    }
  if (verdict == PILLION_VERDICT_PASS && self->offset > 0)
    {
      self->n_answer = self->n_decoded = self->offset;
      self->announced = head->length >= 0 ? add_length (self, head->length) : -1;
    }
  else if (verdict == PILLION_VERDICT_PASS)
    {
      begin_decoding (self, head);
      verdict = self->sink->klass->head (self->sink, head, &error);
    }
  if (verdict == PILLION_VERDICT_PASS && (self->coding_error != NULL || !pillion_call_check_size (self, add_length (self, head->length), &error)))
    {
      if (self->coding_error != NULL)
        error = g_steal_pointer (&self->coding_error);
      verdict = PILLION_VERDICT_FAIL;
    }

  if (verdict == PILLION_VERDICT_REFUSED)
    {
      pillion_call_keep_coding (self);
      self->refusal = pillion_refusal_new (pillion_call_make_response (self, head), refusal_late, self);
    }
  else if (verdict != PILLION_VERDICT_PASS)
    stop (self, verdict, error);
}

static guint8 *
get_sink_room (PillionCall *self,
               gsize *size)
{
  PillionSink *sink = self->sink;

  return sink->klass->room != NULL ? sink->klass->room (sink, size) : NULL;
}

static void
on_throttle (gpointer data)
{
  pillion_call_resume_body (data);
}

static void
throttle (PillionCall *self,
          gsize *size)
{
  gsize left = self->announced >= 0 ? (gsize) MIN (self->announced - self->n_answer, G_MAXSSIZE) : G_MAXSIZE;

  if (self->throttle == NULL)
    self->throttle = pillion_throttle_new (self->engine, &self->engine->receiving, self->request->rate_limit, on_throttle, self);

  *size = MIN (*size, pillion_throttle_get_credit (self->throttle, left));
}

static guint8 *
hop_room (gpointer data,
          gsize *size)
{
  PillionCall *self = data;
  guint8 *room = NULL;

  if (self->refusal != NULL)
    return NULL;

  /* The sink's room is for decoded bytes, not for the coded ones that are read */
  if (self->decoder == NULL)
    room = get_sink_room (self, size);
  else if (pillion_decoder_has_input (self->decoder))
    *size = 0;
  else
    {
      get_sink_room (self, size);
      *size = *size > 0 ? DECODER_INPUT : 0;
    }

  /* The end takes nothing of the rate */
  if (*size > 0 && pillion_call_is_throttled (self) && (self->announced < 0 || self->n_answer < self->announced))
    throttle (self, size);
  self->paused = *size == 0;
  return room;
}

/* Gives the sink a piece of the body. Returns FALSE if that ended the exchange: the call may be gone then. */
static gboolean
deliver (PillionCall *self,
         const guint8 *bytes,
         gsize length)
{
  GError *error = NULL;

  self->n_decoded += (gint64) length;
  if (pillion_call_check_size (self, self->n_decoded, &error) && self->sink->klass->body (self->sink, bytes, length, &error))
    return TRUE;

  if (error != NULL)
    pillion_call_fail (self, error);
  return FALSE;
}

static void
decode_on (gpointer data)
{
  PillionCall *self = data;

  if (self->hop != NULL && self->decoder != NULL)
    pillion_call_resume_body (self);
  pillion_call_unref (self);
}

/* Decodes what has arrived, as far as the sink has credit, and for one turn only: a small body may become a
 * very large one, and others wait. Returns FALSE if that ended the call. */
static gboolean
decode (PillionCall *self)
{
  guint8 buffer[DECODER_OUTPUT];
  gsize n_turn = 0;

  while (pillion_decoder_has_input (self->decoder))
    {
      GError *error = NULL;
      gsize size = G_MAXSIZE;
      guint8 *room = get_sink_room (self, &size);
      gssize n;

      if (size == 0)
        {
          self->paused = TRUE;
          break;
        }

      if (n_turn >= DECODER_TURN)
        {
          pillion_http_engine_yield (self->engine, decode_on, pillion_call_ref (self));
          break;
        }

      if (room == NULL)
        {
          room = buffer;
          size = MIN (size, sizeof buffer);
        }
      n = pillion_decoder_read (self->decoder, room, MIN (size, DECODER_TURN), &error);
      if (n < 0)
        {
          forget_content (self);
          pillion_call_fail (self, error);
          return FALSE;
        }
      if (n > 0 && !deliver (self, room, (gsize) n))
        return FALSE;
      /* With two codings, much work may produce no output */
      n_turn += MAX ((gsize) n, DECODER_STEP);
    }

  return TRUE;
}

void
pillion_call_resume_body (PillionCall *self)
{
  if (self->hop == NULL)
    return;

  self->paused = FALSE;
  self->last_activity = pillion_http_engine_get_now (self->engine);
  if (self->decoder == NULL || (decode (self) && !pillion_decoder_has_input (self->decoder)))
    pillion_hop_resume (self->hop);
}

static void
hop_body (gpointer data,
          const guint8 *bytes,
          gsize length)
{
  PillionCall *self = data;
  GError *error = NULL;

  self->last_activity = pillion_http_engine_get_now (self->engine);
  self->n_received += length;
  self->n_answer += (gint64) length;
  if (self->throttle != NULL)
    pillion_throttle_use (self->throttle, length);

  if (self->refusal != NULL)
    {
      if (!pillion_refusal_add (self->refusal, bytes, length))
        end_refusal (self, FALSE);
    }
  else if (!pillion_call_check_size (self, self->n_answer, &error))
    {
      pillion_call_fail (self, error);
    }
  else
    {
      gboolean goes_on;

      if (self->decoder != NULL)
        {
          pillion_decoder_feed (self->decoder, bytes, length);
          goes_on = decode (self);
        }
      else
        {
          goes_on = deliver (self, bytes, length);
        }
      if (goes_on && pillion_stages_body (&self->stages, self) == PILLION_VERDICT_AGAIN)
        pillion_call_send (self);
    }
}

static void
hop_end (gpointer data,
         GError *error)
{
  PillionCall *self = data;

  if (error == NULL && self->decoder != NULL && !pillion_decoder_end (self->decoder, &error))
    pillion_call_forget (self);
  pillion_call_end_exchange (self, error);
}

static void
lend_external (gpointer loop)
{
  pillion_private_loop_add_external (loop, -1);
}

/* A virtual clock waits for one of the calls that share an exchange, and not for each: a test's server lets it go on once, while a
 * handler sleeps. The clock learns in its own thread that there is less to wait for, which wakes it. */
static void
hop_waits_beside (gpointer data,
                  gboolean beside)
{
  PillionCall *self = data;

  if (!self->on_virtual_clock)
    return;

  if (beside)
    pillion_loop_call_soon_threadsafe (pillion_task_get_loop (self->task), lend_external, pillion_task_get_loop (self->task), NULL);
  else
    pillion_private_loop_add_external (pillion_task_get_loop (self->task), 1);
}

static const PillionHopFuncs hop_funcs = {
  .start = hop_start,
  .part = hop_part,
  .waits_beside = hop_waits_beside,
  .miss = hop_miss,
  .wrote = hop_wrote,
  .head = hop_head,
  .room = hop_room,
  .body = hop_body,
  .end = hop_end,
};

gboolean
pillion_call_is_upload (PillionCall *self)
{
  return self->request->body != NULL && (self->request->body->klass->resolve != NULL || pillion_source_is_large (self->request->body));
}

void
pillion_call_set_progress (PillionCall *self,
                           gint64 completed,
                           gint64 total)
{
  pillion_progress_set (&self->progress, completed, total);
}

void
pillion_call_report_progress (PillionCall *self,
                              gint64 completed,
                              gint64 total)
{
  pillion_progress_report (&self->progress, completed, total);
}

gboolean
pillion_call_set_url (PillionCall *self,
                      const char *url,
                      GError **error)
{
  g_autoptr (GUri) uri = pillion_http_parse_url (url, error);

  if (uri == NULL || !pillion_call_set_uri (self, uri, error))
    return FALSE;

  pillion_call_set_method (self, self->request->method, self->request->body);
  g_free (self->other_url);
  self->other_url = pillion_http_strip_user (url);
  return TRUE;
}

void
pillion_call_fail (PillionCall *self,
                   GError *error)
{
  if (is_wrong_content (self, error))
    forget_content (self);
  else if (self->hop != NULL && g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE))
    pillion_hop_discard (self->hop);
  if (!self->failed && !self->done && self->sink->klass->recover != NULL)
    {
      g_clear_pointer (&self->refusal, pillion_refusal_free);
      drop_hop (self);
      if (self->sink->klass->recover (self->sink, error))
        {
          g_error_free (error);
          self->waiting = TRUE;
          pillion_call_resume (self);
          return;
        }
    }

  pillion_call_abort (self, error);
}

void
pillion_call_abort (PillionCall *self,
                    GError *error)
{
  if (self->failed || self->done)
    {
      g_error_free (error);
      return;
    }

  self->failed = TRUE;
  g_clear_pointer (&self->refusal, pillion_refusal_free);
  drop_hop (self);

  pillion_http_prefix_url (&error, self->other_url != NULL ? self->other_url : self->url);
  /* It may quote what a server sent, or a path */
  if (!g_utf8_validate (error->message, -1, NULL))
    {
      char *text = g_utf8_make_valid (error->message, -1);

      g_free (error->message);
      error->message = text;
    }

  if (self->sink->klass->fail != NULL)
    self->sink->klass->fail (self->sink, error);
  else
    pillion_call_finish_failure (self, error);
}

void
pillion_call_finish_failure (PillionCall *self,
                             GError *error)
{
  pillion_task_return_error (pillion_call_finish (self), error);
}

PillionTask *
pillion_call_take_task (PillionCall *self)
{
  PillionTask *task = g_steal_pointer (&self->task);

  pillion_progress_end (&self->progress);
  if (task != NULL)
    pillion_private_task_unset_cancel_func (task);
  /* Now rather than after the task has its outcome: then the loop's thread may drop the task and the loop,
   * and the last references to them must not be this thread's */
  if (task != NULL)
    pillion_sync_unref (task);

  return task;
}

PillionTask *
pillion_call_finish (PillionCall *self)
{
  PillionTask *task;
  PillionSink *sink = g_steal_pointer (&self->sink);

  self->done = TRUE;
  drop_hop (self);
  forget_found (self);
  task = pillion_call_take_task (self);

  if (self->pause != NULL)
    {
      self->pause->call = NULL;
      g_clear_pointer (&self->pause, pillion_pause_unref);
    }
  sink->klass->free (sink);
  pillion_stages_clear (&self->stages);
  g_clear_pointer (&self->throttle, pillion_throttle_free);
  g_clear_pointer (&self->throttled, pillion_source_unref);
  pillion_field_list_clear (&self->fields);
  g_clear_pointer (&self->uri, g_uri_unref);
  g_clear_pointer (&self->origin, g_ref_string_release);
  g_clear_pointer (&self->history, g_ptr_array_unref);
  g_clear_pointer (&self->proxy, pillion_proxy_unref);
  g_clear_pointer (&self->proxy_authorization, g_free);
  g_clear_error (&self->network_error);
  pillion_call_unref (self);

  return task;
}
