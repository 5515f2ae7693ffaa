/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-call.h"

#include <sys/mman.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-gunzip.h"
#include "http/pillion-http-json.h"

/* A GByteArray counts with 32 bits */
#define MAX_SIZE (1u << 30)

/* How much memory an announcement alone can make us take. If addresses are plentiful it may be all: nothing but addresses is
 * taken for what does not come. */
#define MAX_TRUSTED (GLIB_SIZEOF_VOID_P >= 8 ? MAX_SIZE : 1024 * 1024)

/* From this size on the kernel is asked for large pages */
#define LARGE_PAGES_FROM (4 * 1024 * 1024)

/* From this size on a worker parses, so that the I/O thread is soon back at its sockets. What is compressed may become a
 * thousand times as large. */
#define LARGE (64 * 1024)
#define LARGE_CODED (8 * 1024)

/* From the body as it came to the result */
typedef struct
{
  PillionTransfer *transfer; /* while a worker has it: a reference */
  gboolean json;
  char *coding;
  GByteArray *content;

  /* What comes of it: one of them */
  GBytes *bytes;
  JsonParser *parser;
  GError *error;
} Decoding;

typedef struct
{
  PillionTransfer parent;
  gboolean json;
  gint64 announced;
  char *coding;
  GByteArray *content;
  gboolean sized; /* whether the content has room for all that was announced */
} PillionHttpCall;

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

static PillionVerdict
call_head (PillionTransfer *transfer,
           const PillionResponse *response,
           GError **error)
{
  PillionHttpCall *self = (PillionHttpCall *) transfer;

  if (response->status < 200 || response->status > 299)
    return PILLION_VERDICT_REFUSED;

  /* A part of what was asked for must not pass for the whole */
  if (response->status == 206)
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                           _("the server sent a part of the body (206) although all of it was requested"));
      return PILLION_VERDICT_FAIL;
    }

  self->announced = response->length;
  self->coding = g_strdup (response->get_header (response, "Content-Encoding"));
  self->content = make_content (response->length);
  self->sized = self->content != NULL;
  if (!self->sized)
    self->content = g_byte_array_new ();

  return PILLION_VERDICT_READ;
}

static guint8 *
call_room (PillionTransfer *transfer,
           gsize *size)
{
  PillionHttpCall *self = (PillionHttpCall *) transfer;

  if (!self->sized || self->content->len >= self->announced)
    return NULL;

  *size = (gsize) self->announced - self->content->len;
  return self->content->data + self->content->len;
}

static gboolean
call_body (PillionTransfer *transfer,
           const guint8 *bytes,
           gsize length,
           GError **error)
{
  PillionHttpCall *self = (PillionHttpCall *) transfer;

  if (length > MAX_SIZE - self->content->len || self->announced > MAX_SIZE)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE,
                   _("the body is larger than the limit for bodies in memory (%u bytes)"), MAX_SIZE);
      return FALSE;
    }

  if (bytes == self->content->data + self->content->len)
    g_byte_array_set_size (self->content, self->content->len + (guint) length);
  else
    g_byte_array_append (self->content, bytes, (guint) length);

  /* What comes at once needs no progress */
  if (self->announced < 0 || self->content->len < self->announced)
    {
      if (pillion_task_get_unit (transfer->task) == NULL)
        pillion_task_set_unit (transfer->task, "bytes");
      pillion_transfer_set_progress (transfer, self->content->len, self->announced);
    }

  return TRUE;
}

static void
decoding_clear (Decoding *self)
{
  g_free (self->coding);
  g_clear_pointer (&self->content, g_byte_array_unref);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_object (&self->parser);
  g_clear_error (&self->error);
}

static void
decode (Decoding *self)
{
  if (self->coding != NULL)
    self->content = pillion_http_decode (self->content, self->coding, self->transfer->cancellable, &self->error);

  if (self->content != NULL)
    self->bytes = g_byte_array_free_to_bytes (g_steal_pointer (&self->content));

  if (self->json && self->bytes != NULL)
    self->parser = pillion_http_parse_json (self->bytes, &self->error);
}

static void
deliver (Decoding *self)
{
  PillionTransfer *transfer = self->transfer;
  PillionTask *task;

  if (self->error != NULL)
    {
      pillion_transfer_fail (transfer, g_steal_pointer (&self->error));
      return;
    }

  task = pillion_transfer_finish (transfer);
  if (self->json)
    pillion_task_return_object (task, self->parser);
  else
    pillion_task_return_bytes (task, self->bytes);
}

static void
deliver_on_thread (gpointer data)
{
  Decoding *self = data;
  PillionTransfer *transfer = self->transfer;

  /* It was maybe cancelled meanwhile, and then nobody waits */
  if (!transfer->done)
    deliver (self);

  decoding_clear (self);
  g_free (self);
  pillion_transfer_unref (transfer);
}

static void
decode_on_worker (gpointer data)
{
  Decoding *self = data;

  decode (self);
  pillion_private_io_thread_post (self->transfer->engine->io, deliver_on_thread, self);
}

static void
call_whole (PillionTransfer *transfer)
{
  PillionHttpCall *self = (PillionHttpCall *) transfer;
  gboolean large = (self->json && self->content->len > LARGE) || (self->coding != NULL && self->content->len > LARGE_CODED);
  Decoding decoding;

  if (pillion_task_get_unit (transfer->task) != NULL)
    pillion_task_set_progress (transfer->task, self->content->len, self->content->len);

  decoding = (Decoding) {
    .transfer = transfer,
    .json = self->json,
    .coding = g_steal_pointer (&self->coding),
    .content = g_steal_pointer (&self->content),
  };

  if (large)
    {
      pillion_transfer_ref (transfer);
      pillion_http_engine_compute (transfer->engine, decode_on_worker, g_memdup2 (&decoding, sizeof decoding));
    }
  else
    {
      decode (&decoding);
      deliver (&decoding);
      decoding_clear (&decoding);
    }
}

static void
call_clear (PillionTransfer *transfer)
{
  PillionHttpCall *self = (PillionHttpCall *) transfer;

  g_free (self->coding);
  g_clear_pointer (&self->content, g_byte_array_unref);
}

PillionTransfer *
pillion_http_call_new (PillionHttpEngine *engine,
                       PillionTask *task,
                       const char *url,
                       gboolean json)
{
  static const PillionTransferClass klass = {
    .size = sizeof (PillionHttpCall),
    .accept_encoding = "gzip, deflate",
    .head = call_head,
    .room = call_room,
    .body = call_body,
    .whole = call_whole,
    .clear = call_clear,
  };
  PillionTransfer *transfer = pillion_transfer_new (&klass, engine, task, url);

  ((PillionHttpCall *) transfer)->json = json;

  return transfer;
}
