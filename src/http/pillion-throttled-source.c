/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-throttled-source.h"

#include "http/pillion-throttle.h"

/* --- The stream: it can be read asynchronously only --- */

#define THROTTLED_TYPE_STREAM (throttled_stream_get_type ())
G_DECLARE_FINAL_TYPE (ThrottledStream, throttled_stream, THROTTLED, STREAM, GFilterInputStream)

struct _ThrottledStream
{
  GFilterInputStream parent_instance;

  PillionHttpEngine *engine;
  PillionThrottle *throttle;
  PillionTask *reading; /* tells the clock of a loop, which waits for other threads; or NULL */
  GTask *task; /* of a read that waits for credit, or NULL */
  GCancellable *cancellable;
  gulong cancelled_handler;
  guint8 *buffer;
  gsize size;
  gint64 left; /* bytes of the body, or -1 if its length is not known */
};

/* All happens on the engine's thread, except that a thread of GIO's that has closed the stream may drop the last reference */

G_DEFINE_FINAL_TYPE (ThrottledStream, throttled_stream, G_TYPE_FILTER_INPUT_STREAM)

static void
base_read (GObject *base,
           GAsyncResult *result,
           gpointer data)
{
  g_autoptr (GTask) task = data;
  ThrottledStream *self = g_task_get_source_object (task);
  GError *error = NULL;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (base), result, &error);

  if (self->reading != NULL && !pillion_task_is_done (self->reading))
    pillion_task_return_boolean (self->reading, TRUE);
  g_clear_object (&self->reading);

  if (n > 0)
    pillion_throttle_use (self->throttle, (gsize) n);
  if (n > 0 && self->left >= 0)
    self->left = MAX (self->left - n, 0);
  pillion_sync_release (self);
  if (n >= 0)
    g_task_return_int (task, n);
  else
    g_task_return_error (task, error);
}

/* Takes the task */
static void
read_base (ThrottledStream *self,
           GTask *task,
           guint8 *buffer,
           gsize size)
{
  g_autoptr (PillionLoop) loop = g_weak_ref_get (&self->engine->loop);

  if (loop != NULL)
    {
      self->reading = pillion_task_new (loop, "request body", NULL);
      if (!pillion_task_is_done (self->reading))
        pillion_private_task_set_external (self->reading, TRUE);
    }

  g_input_stream_read_async (g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (self)), buffer, size, g_task_get_priority (task),
                             g_task_get_cancellable (task), base_read, task);
}

/* How many of @size bytes can be read now. The end takes nothing of the rate. */
static gsize
get_credit (ThrottledStream *self,
            gsize size)
{
  if (self->left == 0)
    return size;

  return MIN (size, pillion_throttle_get_credit (self->throttle, self->left > 0 ? (gsize) MIN (self->left, G_MAXSSIZE) : G_MAXSIZE));
}

static void
on_credit (gpointer data)
{
  ThrottledStream *self = data;
  GTask *task = g_steal_pointer (&self->task);
  GMainContext *context;

  if (task == NULL)
    return;

  g_clear_signal_handler (&self->cancelled_handler, self->cancellable);
  g_clear_object (&self->cancellable);

  /* That of the reader, which is not always the thread's default here */
  context = g_task_get_context (task);
  g_main_context_push_thread_default (context);
  read_base (self, task, self->buffer, get_credit (self, self->size));
  g_main_context_pop_thread_default (context);
}

static void
cancelled (GCancellable *cancellable,
           gpointer data)
{
  ThrottledStream *self = data;
  g_autoptr (GTask) task = g_steal_pointer (&self->task);

  g_clear_signal_handler (&self->cancelled_handler, self->cancellable);
  g_clear_object (&self->cancellable);
  /* From here on, nothing keeps the stream alive until there is credit */
  pillion_throttle_rest (self->throttle);
  pillion_sync_release (self);
  g_task_return_error_if_cancelled (task);
}

static void
throttled_stream_read_async (GInputStream *stream,
                             void *buffer,
                             gsize size,
                             int priority,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer data)
{
  ThrottledStream *self = THROTTLED_STREAM (stream);
  GTask *task = g_task_new (stream, cancellable, callback, data);
  gsize credit;

  g_task_set_source_tag (task, throttled_stream_read_async);
  g_task_set_priority (task, priority);
  if (g_task_return_error_if_cancelled (task))
    {
      g_object_unref (task);
      return;
    }

  credit = get_credit (self, size);
  if (credit > 0)
    {
      read_base (self, task, buffer, credit);
      return;
    }

  self->task = task;
  self->buffer = buffer;
  self->size = size;
  if (cancellable != NULL)
    {
      self->cancellable = g_object_ref (cancellable);
      self->cancelled_handler = g_signal_connect (cancellable, "cancelled", G_CALLBACK (cancelled), self);
    }
}

static gssize
throttled_stream_read_finish (GInputStream *stream,
                              GAsyncResult *result,
                              GError **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}

static gssize
throttled_stream_read (GInputStream *stream,
                       void *buffer,
                       gsize size,
                       GCancellable *cancellable,
                       GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "Only asynchronous reading is supported");
  return -1;
}

static void
free_throttle (gpointer data)
{
  pillion_throttle_free (data);
}

static void
throttled_stream_finalize (GObject *object)
{
  ThrottledStream *self = THROTTLED_STREAM (object);

  pillion_sync_acquire (self);
  pillion_http_engine_post (self->engine, free_throttle, self->throttle);
  pillion_http_engine_unref (self->engine);

  G_OBJECT_CLASS (throttled_stream_parent_class)->finalize (object);
}

static void
throttled_stream_class_init (ThrottledStreamClass *klass)
{
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = throttled_stream_finalize;
  stream_class->read_fn = throttled_stream_read;
  stream_class->read_async = throttled_stream_read_async;
  stream_class->read_finish = throttled_stream_read_finish;
}

static void
throttled_stream_init (ThrottledStream *self)
{
}

/* --- The source --- */

typedef struct
{
  PillionSource parent;
  PillionSource *source;
  PillionHttpEngine *engine;
  gint64 rate;
} ThrottledSource;

static GInputStream *
throttled_open (PillionSource *source,
                GError **error)
{
  ThrottledSource *self = (ThrottledSource *) source;
  g_autoptr (GInputStream) base = self->source->klass->open (self->source, error);
  ThrottledStream *stream;

  if (base == NULL)
    return NULL;

  stream = g_object_new (THROTTLED_TYPE_STREAM, "base-stream", base, NULL);
  stream->engine = pillion_http_engine_ref (self->engine);
  stream->left = self->source->length;
  stream->throttle = pillion_throttle_new (self->engine, &self->engine->sending, self->rate, on_credit, stream);
  pillion_sync_release (stream);
  return G_INPUT_STREAM (stream);
}

static gboolean
throttled_is_spent (PillionSource *source)
{
  return !pillion_source_can_open (((ThrottledSource *) source)->source);
}

static void
throttled_free (PillionSource *source)
{
  ThrottledSource *self = (ThrottledSource *) source;

  pillion_source_unref (self->source);
  pillion_http_engine_unref (self->engine);
  g_free (self);
}

PillionSource *
pillion_throttled_source_new (PillionSource *source,
                              PillionHttpEngine *engine,
                              gint64 rate)
{
  static const PillionSourceClass once = { .is_spent = throttled_is_spent, .open = throttled_open, .free = throttled_free };
  static const PillionSourceClass rewindable = { .rewindable = TRUE, .open = throttled_open, .free = throttled_free };
  ThrottledSource *self = g_new0 (ThrottledSource, 1);

  pillion_source_init (&self->parent, source->klass->rewindable ? &rewindable : &once, source->length, source->content_type);
  self->source = pillion_source_ref (source);
  self->engine = pillion_http_engine_ref (engine);
  self->rate = rate;

  return &self->parent;
}
