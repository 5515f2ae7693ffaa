/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-memory-sink.h"

#include <sys/mman.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-call.h"
#include "http/pillion-http-json.h"
#include "http/pillion-http-response-private.h"

/* How much memory an announcement alone can make us take. If addresses are plentiful it may be all: nothing but addresses is
 * taken for what does not come. */
#define MAX_TRUSTED (GLIB_SIZEOF_VOID_P >= 8 ? PILLION_CALL_MAX_IN_MEMORY : 1024 * 1024)

/* From this size on the kernel is asked for large pages */
#define LARGE_PAGES_FROM (4 * 1024 * 1024)

/* From this size on a worker parses, so that the I/O thread is soon back at its sockets */
#define LARGE (64 * 1024)

/* From the body to the result */
typedef struct
{
  PillionCall *call; /* while a worker has it: a reference */
  PillionMemorySinkResult wanted;
  GByteArray *content;
  PillionHttpResponse *response; /* NULL if another result is wanted */

  /* What comes of it: one of them */
  GBytes *bytes;
  JsonParser *parser;
  GError *error;
} Outcome;

typedef struct
{
  PillionSink parent;
  PillionMemorySinkResult wanted;
  PillionHttpResponse *response; /* NULL if another result is wanted */
  gint64 announced; /* as it is sent */
  GByteArray *content;
  gboolean sized; /* whether the content has room for all that was announced */
} PillionMemorySink;

/* With fewer and larger pages the kernel has less to do when they are first written to */
static void
use_large_pages (guint8 *memory,
                 gsize size)
{
#ifdef MADV_HUGEPAGE
  const gsize page = (gsize) sysconf (_SC_PAGESIZE);
  const gsize skip = (page - (gsize) (guintptr) memory % page) % page;

  if (size >= LARGE_PAGES_FROM)
    madvise (memory + skip, (size - skip) / page * page, MADV_HUGEPAGE);
#endif
}

/* Memory for a body whose length was announced. An announcement must not be what ends the program: without the memory it
 * grows as the body comes. */
static GByteArray *
make_content (gint64 announced)
{
  guint8 *memory = NULL;
  GByteArray *content;

  if (announced > 0 && announced <= MAX_TRUSTED)
    memory = g_try_malloc ((gsize) announced);
  if (memory == NULL)
    return NULL;

  use_large_pages (memory, (gsize) announced);
  content = g_byte_array_new_take (memory, (gsize) announced);
  g_byte_array_set_size (content, 0);
  return content;
}

/* Forgets an answer, because of another one or at the end */
static void
clear (PillionMemorySink *self)
{
  g_clear_pointer (&self->content, g_byte_array_unref);
  g_clear_object (&self->response);
}

static PillionVerdict
memory_head (PillionSink *sink,
             const PillionHead *head,
             GError **error)
{
  PillionMemorySink *self = (PillionMemorySink *) sink;

  if (!pillion_http_request_accepts_status (sink->call->request, head->status))
    return PILLION_VERDICT_REFUSED;

  /* A part of what was asked for must not pass for the whole */
  if (head->status == 206 && pillion_field_list_get (&sink->call->fields, "Range") == NULL)
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                           _("the server sent a part of the body (206) although all of it was requested"));
      return PILLION_VERDICT_FAIL;
    }

  clear (self);
  if (self->wanted == PILLION_MEMORY_SINK_RESPONSE)
    self->response = pillion_call_make_response (sink->call, head);
  self->announced = head->length;
  self->content = pillion_call_is_decoding (sink->call) ? NULL : make_content (head->length);
  self->sized = self->content != NULL;
  if (!self->sized)
    self->content = g_byte_array_new ();

  return PILLION_VERDICT_PASS;
}

static guint8 *
memory_room (PillionSink *sink,
             gsize *size)
{
  PillionMemorySink *self = (PillionMemorySink *) sink;

  if (!self->sized || self->content->len >= self->announced)
    return NULL;

  *size = (gsize) self->announced - self->content->len;
  return self->content->data + self->content->len;
}

static gboolean
memory_body (PillionSink *sink,
             const guint8 *bytes,
             gsize length,
             GError **error)
{
  PillionMemorySink *self = (PillionMemorySink *) sink;

  if (bytes == self->content->data + self->content->len)
    g_byte_array_set_size (self->content, self->content->len + (guint) length);
  else
    g_byte_array_append (self->content, bytes, (guint) length);

  /* What comes at once needs no progress */
  if (self->announced < 0 || sink->call->n_answer < self->announced)
    pillion_call_set_progress (sink->call, sink->call->n_answer, self->announced);

  return TRUE;
}

static void
outcome_clear (Outcome *self)
{
  g_clear_pointer (&self->content, g_byte_array_unref);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  if (self->response != NULL)
    pillion_sync_unref (self->response);
  g_clear_object (&self->parser);
  g_clear_error (&self->error);
}

static void
make (Outcome *self)
{
  self->bytes = g_byte_array_free_to_bytes (g_steal_pointer (&self->content));

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
      pillion_task_return_bytes (task, self->bytes);
      break;
    case PILLION_MEMORY_SINK_JSON:
      pillion_task_return_object (task, self->parser);
      break;
    case PILLION_MEMORY_SINK_RESPONSE:
      pillion_task_return_object (task, self->response);
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

  /* It was maybe cancelled meanwhile, and then nobody waits */
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
  gboolean large = self->wanted == PILLION_MEMORY_SINK_JSON && self->content->len > LARGE;
  Outcome outcome;

  if (pillion_task_get_unit (sink->call->task) != NULL && !pillion_call_is_upload (sink->call))
    pillion_task_set_progress (sink->call->task, sink->call->n_answer, sink->call->n_answer);

  if (self->response != NULL)
    pillion_http_response_set_ended (self->response, pillion_http_engine_get_now (sink->call->engine));

  outcome = (Outcome) {
    .call = sink->call,
    .wanted = self->wanted,
    .response = g_steal_pointer (&self->response),
    .content = g_steal_pointer (&self->content),
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
