/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-stream-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>


#define DEFAULT_MAX_LINE_SIZE (1024 * 1024)

/**
 * PillionHttpStream:
 *
 * A response whose body is read as it arrives: what [method@PillionHttp.Client.open] results in.
 *
 * ```c
 * static void
 * on_piece (PillionTask *task,
 *           gpointer data)
 * {
 *   g_autoptr (GError) error = NULL;
 *   g_autoptr (GBytes) piece = pillion_task_get_bytes (task, &error);
 *   g_autoptr (PillionTask) next = NULL;
 *
 *   if (piece == NULL)
 *     g_printerr ("%s\n", error->message);
 *   if (piece == NULL || g_bytes_get_size (piece) == 0)
 *     return;
 *
 *   g_print ("%" G_GSIZE_FORMAT " bytes\n", g_bytes_get_size (piece));
 *   next = pillion_http_stream_read (data, 0, NULL);
 *   pillion_task_add_done_callback (next, on_piece, data, NULL);
 * }
 * ```
 *
 * The body is read on Pillion's own thread, 1 MiB ahead of the program. If the program reads slowly, or not at all, the server has to wait: a body
 * of any size takes no more memory than that. A program that keeps reading all there is, but only once per frame, would get 60 MiB per second in
 * this way. For such a program about twice as much is read ahead as arrives during a frame, up to 32 MiB for one stream, as long as all streams
 * together don't exceed 64 MiB. While the program lets the server wait, no time limit counts but
 * [property@PillionHttp.Request:total-timeout-usec].
 *
 * A body that the server compressed for the way (gzip, deflate) is decompressed.
 *
 * ## Lines
 *
 * [method@PillionHttp.Stream.read_line] reads a body that consists of lines. If each of them is a JSON value (JSON Lines, NDJSON),
 * [method@PillionHttp.Stream.read_json] reads and parses them; in Python and JavaScript, iterate over `stream.json_lines ()`. For server-sent
 * events see [class@PillionHttp.EventStream].
 *
 * ```c
 * static void
 * on_line (PillionTask *task,
 *          gpointer data)
 * {
 *   g_autoptr (GError) error = NULL;
 *   g_autofree char *line = pillion_task_get_string (task, &error);
 *   g_autoptr (PillionTask) next = NULL;
 *
 *   if (error != NULL)
 *     g_printerr ("%s\n", error->message);
 *   if (line == NULL)
 *     return;
 *
 *   g_print ("%s\n", line);
 *   next = pillion_http_stream_read_line (data, NULL);
 *   pillion_task_add_done_callback (next, on_line, data, NULL);
 * }
 * ```
 *
 * ## Closing
 *
 * A stream keeps its connection until its body was read to the end, or failed, or the stream is closed: by
 * [method@PillionHttp.Stream.close], or because nothing refers to it any more. Close what you don't read: a stream in which nothing has moved for
 * a second keeps no other request waiting, but it keeps its connection ([property@PillionHttp.Client:max-lasting-connections]).
 *
 * ## Threads
 *
 * A stream belongs to its loop's thread. The last reference may be dropped on any thread.
 *
 * Since: 1.0
 */

enum
{
  PROP_RESPONSE = 1,
  PROP_MAX_LINE_SIZE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionHttpStream, pillion_http_stream, G_TYPE_OBJECT)

static void
close_on_thread (gpointer data)
{
  PillionCall *call = data;

  pillion_call_fail (call, g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CLOSED, _("the stream was closed")));
  pillion_call_unref (call);
}

static void
resume_on_thread (gpointer data)
{
  PillionCall *call = data;

  pillion_call_resume_body (call);
  pillion_call_unref (call);
}

static void
pillion_http_stream_finalize (GObject *object)
{
  PillionHttpStream *self = PILLION_HTTP_STREAM (object);

  pillion_sync_acquire (self);

  if (self->call != NULL && !self->closed)
    pillion_http_engine_post (self->call->engine, close_on_thread, pillion_call_ref (self->call));
  g_clear_pointer (&self->call, pillion_call_unref);
  g_clear_pointer (&self->ring, pillion_ring_unref);
  if (self->response != NULL)
    pillion_sync_unref (self->response);
  g_weak_ref_clear (&self->last_read);
  g_free (self->name);
  pillion_line_reader_clear (&self->lines);
  g_queue_clear_full (&self->unwanted_lines, g_free);
  if (self->loop != NULL)
    pillion_sync_unref (self->loop);

  G_OBJECT_CLASS (pillion_http_stream_parent_class)->finalize (object);
}

static void
pillion_http_stream_get_property (GObject *object,
                                  guint prop_id,
                                  GValue *value,
                                  GParamSpec *pspec)
{
  PillionHttpStream *self = PILLION_HTTP_STREAM (object);

  switch (prop_id)
    {
    case PROP_RESPONSE:
      g_value_set_object (value, self->response);
      break;
    case PROP_MAX_LINE_SIZE:
      g_value_set_int64 (value, self->max_line_size);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_stream_set_property (GObject *object,
                                  guint prop_id,
                                  const GValue *value,
                                  GParamSpec *pspec)
{
  PillionHttpStream *self = PILLION_HTTP_STREAM (object);

  switch (prop_id)
    {
    case PROP_MAX_LINE_SIZE:
      pillion_http_stream_set_max_line_size (self, g_value_get_int64 (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_stream_class_init (PillionHttpStreamClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_http_stream_finalize;
  object_class->get_property = pillion_http_stream_get_property;
  object_class->set_property = pillion_http_stream_set_property;

  /**
   * PillionHttpStream:response: (getter get_response)
   *
   * The response, without its body.
   *
   * Since: 1.0
   */
  properties[PROP_RESPONSE] = g_param_spec_object ("response", NULL, NULL, PILLION_HTTP_TYPE_RESPONSE,
                                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * PillionHttpStream:max-line-size: (getter get_max_line_size) (setter set_max_line_size)
   *
   * The longest line that [method@PillionHttp.Stream.read_line] accepts, in bytes.
   *
   * Since: 1.0
   */
  properties[PROP_MAX_LINE_SIZE] =
    g_param_spec_int64 ("max-line-size", NULL, NULL, 1, G_MAXINT, DEFAULT_MAX_LINE_SIZE,
                        G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_http_stream_init (PillionHttpStream *self)
{
  g_weak_ref_init (&self->last_read, NULL);
  self->max_line_size = DEFAULT_MAX_LINE_SIZE;
}

PillionHttpStream *
pillion_http_stream_new (PillionLoop *loop,
                         PillionCall *call,
                         PillionRing *ring,
                         PillionHttpResponse *response)
{
  PillionHttpStream *self = g_object_new (PILLION_HTTP_TYPE_STREAM, NULL);

  self->loop = g_object_ref (loop);
  self->call = pillion_call_ref (call);
  self->ring = pillion_ring_ref (ring);
  self->response = response;
  self->name = g_strconcat ("read ", pillion_http_response_get_url (response), NULL);

  return self;
}

/**
 * pillion_http_stream_get_response: (get-property response)
 * @self: a stream
 *
 * Gets the response. It has no body, and no time for [enum@PillionHttp.Phase.BODY].
 *
 * Returns: (transfer none): the response
 *
 * Since: 1.0
 */
PillionHttpResponse *
pillion_http_stream_get_response (PillionHttpStream *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_STREAM (self), NULL);

  return self->response;
}

/**
 * pillion_http_stream_get_max_line_size: (get-property max-line-size)
 * @self: a stream
 *
 * Gets the longest line that is accepted.
 *
 * Returns: a number of bytes
 *
 * Since: 1.0
 */
gint64
pillion_http_stream_get_max_line_size (PillionHttpStream *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_STREAM (self), 0);

  return self->max_line_size;
}

/**
 * pillion_http_stream_set_max_line_size: (set-property max-line-size)
 * @self: a stream
 * @max: a number of bytes, from 1 to 2147483647
 *
 * Sets the longest line that is accepted.
 *
 * Since: 1.0
 */
void
pillion_http_stream_set_max_line_size (PillionHttpStream *self,
                                       gint64 max)
{
  g_return_if_fail (PILLION_HTTP_IS_STREAM (self));
  g_return_if_fail (self->loop == NULL || pillion_private_loop_on_thread (self->loop));
  g_return_if_fail (max >= 1 && max <= G_MAXINT);

  if (self->max_line_size == max)
    return;

  self->max_line_size = max;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_MAX_LINE_SIZE]);
}

/* A read that waits */
typedef struct
{
  PillionRing *ring;
  GWeakRef task; /* somebody may keep its cancellable for longer, and another task may get its address */
} Read;

static void
read_free (gpointer data,
           GClosure *closure)
{
  Read *read = data;

  pillion_sync_acquire (read);
  pillion_ring_unref (read->ring);
  g_weak_ref_clear (&read->task);
  g_free (read);
}

void
pillion_http_stream_return_cancelled (PillionTask *task)
{
  pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("the read was cancelled"));
}

/* On any thread */
static void
read_cancelled (GCancellable *cancellable,
                gpointer data)
{
  Read *read = data;
  PillionTask *task;

  pillion_sync_acquire (read);
  task = g_weak_ref_get (&read->task);
  if (task != NULL && pillion_ring_forget (read->ring, task))
    pillion_http_stream_return_cancelled (task);
  pillion_sync_release (read);
  if (task != NULL)
    pillion_sync_unref (task);
}

/* Lets @task be cancelled while it waits */
static void
watch_cancellable (PillionHttpStream *self,
                   PillionTask *task)
{
  Read *read = g_new0 (Read, 1);

  read->ring = pillion_ring_ref (self->ring);
  g_weak_ref_init (&read->task, task);
  pillion_sync_release (read);
  g_signal_connect_data (pillion_task_get_cancellable (task), "cancelled", G_CALLBACK (read_cancelled), read, read_free, 0);
}

static PillionRingState
take_from_ring (PillionHttpStream *self,
                gsize max,
                GBytes **bytes,
                GError **error)
{
  gboolean wants_more;
  PillionRingState state = pillion_ring_take (self->ring, max, bytes, &wants_more, error);

  if (wants_more)
    pillion_http_engine_post (self->call->engine, resume_on_thread, pillion_call_ref (self->call));
  return state;
}

/* Gives @task what is there. Returns FALSE if there is nothing. */
static gboolean
take (PillionHttpStream *self,
      gsize max,
      PillionTask *task)
{
  g_autoptr (GBytes) bytes = NULL;
  GError *error = NULL;

  switch (take_from_ring (self, max, &bytes, &error))
    {
    case PILLION_RING_BYTES:
    case PILLION_RING_END:
      pillion_task_return_bytes (task, bytes);
      break;
    case PILLION_RING_ERROR:
      pillion_task_return_error (task, error);
      break;
    case PILLION_RING_EMPTY:
      return FALSE;
    default:
      g_assert_not_reached ();
    }

  return TRUE;
}

gboolean
pillion_http_stream_fail_if_cancelled (PillionTask *task)
{
  if (!g_cancellable_is_cancelled (pillion_task_get_cancellable (task)))
    return FALSE;

  pillion_http_stream_return_cancelled (task);
  return TRUE;
}

/* The I/O thread may be about to give a piece to a cancelled read: that piece comes before what is read now */
static void
settle_cancelled_read (PillionHttpStream *self)
{
  g_autoptr (PillionTask) task = g_weak_ref_get (&self->last_read);

  if (task == NULL || !g_cancellable_is_cancelled (pillion_task_get_cancellable (task)))
    return;

  while (!pillion_task_is_done (task))
    g_thread_yield ();
  /* Puts the piece back, unless somebody has received it */
  pillion_task_cancel (task);
  g_weak_ref_set (&self->last_read, NULL);
}

static gboolean
has_reader (PillionHttpStream *self)
{
  return pillion_http_stream_is_reading_line (self) || pillion_http_stream_is_parsing (self) || pillion_ring_is_waiting (self->ring);
}

/* Makes the task of a read, which has failed already if nothing can be read now */
PillionTask *
pillion_http_stream_begin (PillionHttpStream *self,
                           GCancellable *cancellable)
{
  /* The error would name this line rather than the caller's, which is unknown */
  PillionTask *task = pillion_task_new_at (self->loop, self->name, cancellable, NULL);

  settle_cancelled_read (self);
  if (pillion_task_is_done (task))
    {
      /* The loop is closed, and so the task has failed */
    }
  else if (self->closed)
    pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CLOSED, _("the stream was closed"));
  else if (has_reader (self))
    pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_PENDING, _("another read waits for the stream"));
  else
    pillion_http_stream_fail_if_cancelled (task);

  return task;
}

void
pillion_http_stream_receive (PillionHttpStream *self,
                             gsize max,
                             PillionTask *task)
{
  if (take (self, max, task))
    return;

  if (pillion_http_engine_is_outside (self->call->engine))
    pillion_private_task_set_external (task, TRUE);
  watch_cancellable (self, task);
  /* Something may arrive between the check and the wait */
  while (!pillion_ring_wait (self->ring, max, task))
    if (take (self, max, task))
      return;

  /* Another thread may have cancelled it before it was in the ring, or before the handler was connected */
  if (g_cancellable_is_cancelled (pillion_task_get_cancellable (task)) && pillion_ring_forget (self->ring, task))
    pillion_http_stream_return_cancelled (task);
}

/* A piece that nobody received goes to the next reader */
static void
put_back (gpointer stream,
          PillionTask *task)
{
  PillionHttpStream *self = stream;
  g_autoptr (GBytes) bytes = pillion_task_get_bytes (task, NULL);

  if (self->closed || g_bytes_get_size (bytes) == 0)
    return;

  if (self->line_read == NULL && pillion_line_reader_has_bytes (&self->lines))
    pillion_line_reader_put_back (&self->lines, bytes);
  else
    pillion_ring_put_back (self->ring, bytes);
}

/* What was read for lines already, or NULL */
static GBytes *
take_rest (PillionHttpStream *self,
           gsize max)
{
  char *line = g_queue_pop_head (&self->unwanted_lines);

  if (line != NULL)
    {
      g_autofree char *text = g_strconcat (line, "\n", NULL);
      g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

      pillion_line_reader_put_back (&self->lines, bytes);
      g_free (line);
    }

  return pillion_line_reader_take_bytes (&self->lines, max);
}

/**
 * pillion_http_stream_read:
 * @self: a stream
 * @max: how many bytes at most, or 0 for as many as there are at once, 256 KiB at most
 * @cancellable: (nullable): cancels the task when it is cancelled
 *
 * Reads the next piece of the body.
 *
 * The task's result is a [struct@GLib.Bytes]: [method@Pillion.Task.get_bytes]. It has at least one byte; an
 * empty one means that the body has ended, and is complete as far as HTTP can tell. If something has arrived
 * already, the task is done at once.
 *
 * The task fails as the [table of the class](class.Client.html#errors) says, with `G_IO_ERROR_PENDING` if another read waits, and with
 * `G_IO_ERROR_CLOSED` if the stream is closed. What arrived before an error is read first. A read that is cancelled takes nothing away: the
 * next one goes on from there, even if the piece came at the moment of cancelling and nobody got it. On the loop's thread only.
 *
 * Returns: (transfer full): a task
 *
 * Since: 1.0
 */
PillionTask *
pillion_http_stream_read (PillionHttpStream *self,
                          gsize max,
                          GCancellable *cancellable)
{
  PillionTask *task;
  g_autoptr (GBytes) rest = NULL;

  g_return_val_if_fail (PILLION_HTTP_IS_STREAM (self), NULL);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (self->loop != NULL && pillion_private_loop_on_thread (self->loop), NULL);

  task = pillion_http_stream_begin (self, cancellable);
  if (pillion_task_is_done (task))
    return task;

  /* A piece may be on its way to a line that nobody wants any more */
  if (self->line_read != NULL)
    {
      pillion_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_PENDING, _("another read waits for the stream"));
      return task;
    }

  rest = take_rest (self, max);
  if (rest != NULL)
    {
      pillion_task_return_bytes (task, rest);
      pillion_private_task_set_unwanted (task, self, put_back);
    }
  else if (take (self, max, task))
    {
      pillion_private_task_set_unwanted (task, self, put_back);
    }
  else
    {
      /* Another thread may give it a result right away */
      pillion_private_task_set_unwanted (task, self, put_back);
      g_weak_ref_set (&self->last_read, task);
      pillion_http_stream_receive (self, max, task);
    }

  return task;
}

/**
 * pillion_http_stream_try_read:
 * @self: a stream
 * @max: how many bytes at most, or 0 for as many as there are at once, 256 KiB at most
 *
 * Reads the next piece of the body if it has arrived already. This makes no task, so it is cheaper than
 * [method@PillionHttp.Stream.read] in a loop that reads many pieces. On the loop's thread only.
 *
 * Returns: (transfer full) (nullable): a piece of at least one byte, or %NULL if there is none at the moment. Call
 *   [method@PillionHttp.Stream.read] then: it waits for the next piece, or tells that the body has ended, or why there is nothing to read.
 *
 * Since: 1.0
 */
GBytes *
pillion_http_stream_try_read (PillionHttpStream *self,
                              gsize max)
{
  GBytes *bytes = NULL;

  g_return_val_if_fail (PILLION_HTTP_IS_STREAM (self), NULL);
  g_return_val_if_fail (self->loop != NULL && pillion_private_loop_on_thread (self->loop), NULL);

  settle_cancelled_read (self);
  /* A piece may be on its way to a line that is not wanted any more */
  if (self->closed || pillion_loop_is_closed (self->loop) || has_reader (self) || self->line_read != NULL)
    return NULL;

  bytes = take_rest (self, max);
  if (bytes == NULL && take_from_ring (self, max, &bytes, NULL) == PILLION_RING_END)
    g_clear_pointer (&bytes, g_bytes_unref);

  return bytes;
}

/**
 * pillion_http_stream_close:
 * @self: a stream
 *
 * Closes the stream, and its connection if the body has not ended. A read that waits fails with `G_IO_ERROR_CLOSED`, and so do all
 * that follow. Nothing happens if the stream is closed. On the loop's thread only.
 *
 * Since: 1.0
 */
void
pillion_http_stream_close (PillionHttpStream *self)
{
  g_return_if_fail (PILLION_HTTP_IS_STREAM (self));
  g_return_if_fail (self->loop != NULL && pillion_private_loop_on_thread (self->loop));

  if (self->closed)
    return;

  self->closed = TRUE;
  pillion_http_engine_post (self->call->engine, close_on_thread, pillion_call_ref (self->call));
}
