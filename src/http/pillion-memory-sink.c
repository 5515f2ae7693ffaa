/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-memory-sink.h"

#include <glib/gi18n-lib.h>

#include "http/pillion-call.h"
#include "http/pillion-content.h"
#include "http/pillion-http-json.h"
#include "http/pillion-http-response-private.h"

/* From this size on, a worker parses, so that the I/O thread gets back to its sockets soon */
#define LARGE (64 * 1024)

/* Makes the result from the body */
typedef struct
{
  PillionCall *call; /* while a worker has it: a reference */
  PillionMemorySinkResult wanted;
  GBytes *bytes;
  PillionHttpResponse *response; /* NULL if another result is wanted */

  /* What comes of it */
  JsonParser *parser;
  GError *error;
} Outcome;

typedef struct
{
  PillionSink parent;
  PillionMemorySinkResult wanted;
  PillionHttpResponse *response; /* NULL if another result is wanted */
  gint64 announced; /* as it is sent */
  PillionContent *content; /* NULL before the head */
  gsize n_added;           /* bytes of it */
} PillionMemorySink;

/* Forgets a response, for another one or at the end */
static void
clear (PillionMemorySink *self)
{
  g_clear_pointer (&self->content, pillion_content_unref);
  g_clear_object (&self->response);
}

static PillionVerdict
memory_head (PillionSink *sink,
             const PillionHead *head,
             GError **error)
{
  PillionMemorySink *self = (PillionMemorySink *) sink;

  PillionVerdict verdict = pillion_call_check_head (sink->call, head, error);

  if (verdict != PILLION_VERDICT_PASS)
    return verdict;

  clear (self);
  if (self->wanted == PILLION_MEMORY_SINK_RESPONSE)
    self->response = pillion_call_make_response (sink->call, head);
  self->announced = head->length;
  self->content = pillion_hop_get_content (sink->call->hop, pillion_call_is_decoding (sink->call) ? -1 : head->length);
  self->n_added = 0;

  return PILLION_VERDICT_PASS;
}

static guint8 *
memory_room (PillionSink *sink,
             gsize *size)
{
  PillionMemorySink *self = (PillionMemorySink *) sink;

  return pillion_content_get_room (self->content, self->n_added, size);
}

static gboolean
memory_body (PillionSink *sink,
             const guint8 *bytes,
             gsize length,
             GError **error)
{
  PillionMemorySink *self = (PillionMemorySink *) sink;

  pillion_content_add (self->content, self->n_added, bytes, length);
  self->n_added += length;

  /* A body that arrives at once needs no progress */
  if ((self->announced < 0 || sink->call->n_answer < self->announced) && !pillion_call_is_upload (sink->call))
    pillion_call_set_progress (sink->call, sink->call->n_answer, self->announced);

  return TRUE;
}

static void
outcome_clear (Outcome *self)
{
  g_clear_pointer (&self->bytes, g_bytes_unref);
  if (self->response != NULL)
    pillion_sync_unref (self->response);
  g_clear_object (&self->parser);
  g_clear_error (&self->error);
}

static void
make (Outcome *self)
{
  if (self->wanted == PILLION_MEMORY_SINK_JSON)
    self->parser = pillion_http_parse_json (self->bytes, &self->error);
}

static void
deliver (Outcome *self)
{
  PillionCall *call = self->call;
  PillionTask *task;

  if (self->error != NULL)
    {
      pillion_call_fail (call, g_steal_pointer (&self->error));
      return;
    }

  if (self->response != NULL)
    pillion_http_response_take_body (self->response, g_steal_pointer (&self->bytes), FALSE);

  task = pillion_call_finish (call);
  switch (self->wanted)
    {
    case PILLION_MEMORY_SINK_BYTES:
      pillion_task_return_boxed (task, G_TYPE_BYTES, g_steal_pointer (&self->bytes));
      break;
    case PILLION_MEMORY_SINK_JSON:
      pillion_private_task_take_object (task, g_steal_pointer (&self->parser));
      break;
    case PILLION_MEMORY_SINK_RESPONSE:
      pillion_private_task_take_object (task, g_steal_pointer (&self->response));
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
deliver_on_thread (gpointer data)
{
  Outcome *self = data;
  PillionCall *call = self->call;

  /* If it was cancelled in the meantime, nobody waits */
  if (!call->done)
    deliver (self);

  outcome_clear (self);
  g_free (self);
  pillion_call_unref (call);
}

static void
make_on_worker (gpointer data)
{
  Outcome *self = data;

  make (self);
  pillion_http_engine_post (self->call->engine, deliver_on_thread, self);
}

static void
memory_whole (PillionSink *sink)
{
  PillionMemorySink *self = (PillionMemorySink *) sink;
  gboolean large = self->wanted == PILLION_MEMORY_SINK_JSON && self->n_added > LARGE;
  Outcome outcome;

  if (pillion_task_get_unit (sink->call->task) != NULL && !pillion_call_is_upload (sink->call))
    pillion_call_report_progress (sink->call, sink->call->n_answer, sink->call->n_answer);

  if (self->response != NULL)
    pillion_http_response_set_ended (self->response, pillion_http_engine_get_now (sink->call->engine));

  outcome = (Outcome) {
    .call = sink->call,
    .wanted = self->wanted,
    .response = g_steal_pointer (&self->response),
    .bytes = pillion_content_get_bytes (self->content),
  };

  if (large)
    {
      pillion_call_ref (sink->call);
      pillion_http_engine_compute (sink->call->engine, make_on_worker, g_memdup2 (&outcome, sizeof outcome));
    }
  else
    {
      make (&outcome);
      deliver (&outcome);
      outcome_clear (&outcome);
    }
}

static void
memory_free (PillionSink *sink)
{
  PillionMemorySink *self = (PillionMemorySink *) sink;

  clear (self);
  g_free (self);
}

PillionSink *
pillion_memory_sink_new (PillionMemorySinkResult wanted)
{
  static const PillionSinkClass klass = {
    .in_memory = TRUE,
    .accept_encoding = "gzip, deflate",
    .head = memory_head,
    .room = memory_room,
    .body = memory_body,
    .whole = memory_whole,
    .free = memory_free,
  };
  PillionMemorySink *self = g_new0 (PillionMemorySink, 1);

  self->parent.klass = &klass;
  self->wanted = wanted;

  return &self->parent;
}
