/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-call-private.h"

#include <glib/gi18n-lib.h>

#include "http/pillion-cache-transport.h"
#include "http/pillion-http-response-private.h"
#include "http/pillion-throttled-source.h"

/* What a call sends in a hop, and what it makes of what comes back: it decodes and throttles the body, and gives it to the sink. */

/* How much of a coded body is decoded at once (its coded and its decoded size), and how much before others
 * get their turn */
#define DECODER_INPUT (64 * 1024)
#define DECODER_OUTPUT (64 * 1024)
#define DECODER_TURN (1024 * 1024)
#define DECODER_STEP (16 * 1024)

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
  pillion_call_drop_hop (self);

  verdict = pillion_stages_end (&self->stages, self, error);
  if (verdict == PILLION_VERDICT_PASS && error != NULL && self->sink->klass->lost != NULL)
    verdict = self->sink->klass->lost (self->sink, error);
  if (verdict != PILLION_VERDICT_PASS)
    {
      g_clear_error (&error);
      pillion_call_stop (self, verdict, NULL);
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
      return pillion_call_get_max_size (self, TRUE);

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

  /* The client has gone offline while this was in the queue */
  if (pillion_call_forbids_network (self) && !pillion_call_uses_cache (self))
    {
      pillion_call_stop (self, PILLION_VERDICT_AGAIN, NULL);
      return FALSE;
    }

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
      pillion_call_stop (self, verdict, error);
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
  if (pillion_call_uses_cache (self))
    {
      /* Makes it, if this is the first request with a cache */
      pillion_cache_transport_get (self->engine);
      request->cache = (PillionWireCache) {
        .used = TRUE,
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
  pillion_call_keep_found (self);
  pillion_call_send (self);
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
    pillion_call_stop (self, verdict, error);
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
          pillion_call_forget_content (self);
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

const PillionHopFuncs pillion_call_hop_funcs = {
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
