/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-test-pipe.h"

#include <errno.h>
#include <string.h>

/* How much is buffered in each direction before the writer has to wait, as with a socket */
#define MAX_BYTES ((gsize) 128 * 1024)

/* One direction */
typedef struct
{
  GByteArray *bytes;
  gboolean ended;  /* nothing more is written */
  gboolean broken; /* nothing more is read */
} Buffer;

static void
buffer_clear (gpointer data)
{
  Buffer *self = data;

  g_byte_array_unref (self->bytes);
}

static void
buffer_unref (Buffer *self)
{
  g_rc_box_release_full (self, buffer_clear);
}

static Buffer *
buffer_new (void)
{
  Buffer *self = g_rc_box_new0 (Buffer);

  self->bytes = g_byte_array_new ();
  return self;
}

static gboolean
is_readable (Buffer *self)
{
  return self->bytes->len > 0 || self->ended || self->broken;
}

static gboolean
is_writable (Buffer *self)
{
  return self->bytes->len < MAX_BYTES || self->ended || self->broken;
}

/* A source that is ready when a buffer is */
typedef struct
{
  GSource parent;
  GObject *stream;
  Buffer *buffer;
  gboolean (*is_ready) (Buffer *buffer);
} BufferSource;

static gboolean
source_prepare (GSource *source,
                int *timeout)
{
  BufferSource *self = (BufferSource *) source;

  *timeout = -1;
  return self->is_ready (self->buffer);
}

static gboolean
source_check (GSource *source)
{
  BufferSource *self = (BufferSource *) source;

  return self->is_ready (self->buffer);
}

static gboolean
source_dispatch (GSource *source,
                 GSourceFunc callback,
                 gpointer data)
{
  BufferSource *self = (BufferSource *) source;

  return callback != NULL ? ((GPollableSourceFunc) (void (*) (void)) callback) (self->stream, data) : G_SOURCE_REMOVE;
}

static void
source_finalize (GSource *source)
{
  BufferSource *self = (BufferSource *) source;

  g_object_unref (self->stream);
  buffer_unref (self->buffer);
}

static GSource *
source_new (gpointer stream,
            Buffer *buffer,
            gboolean (*is_ready) (Buffer *buffer))
{
  static GSourceFuncs funcs = { source_prepare, source_check, source_dispatch, source_finalize, NULL, NULL };
  GSource *source = g_source_new (&funcs, sizeof (BufferSource));
  BufferSource *self = (BufferSource *) source;

  self->stream = g_object_ref (stream);
  self->buffer = g_rc_box_acquire (buffer);
  self->is_ready = is_ready;

  return source;
}

static gssize
would_block (GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, g_strerror (EAGAIN));
  return -1;
}

typedef struct
{
  GInputStream parent_instance;
  Buffer *buffer;
} PillionTestPipeInput;

typedef GInputStreamClass PillionTestPipeInputClass;

static GType pillion_test_pipe_input_get_type (void);
static void input_pollable_iface_init (GPollableInputStreamInterface *iface);

G_DEFINE_TYPE_WITH_CODE (PillionTestPipeInput,
                         pillion_test_pipe_input,
                         G_TYPE_INPUT_STREAM,
                         G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM, input_pollable_iface_init))

static gssize
input_read (GInputStream *stream,
            void *to,
            gsize count,
            GCancellable *cancellable,
            GError **error)
{
  Buffer *buffer = ((PillionTestPipeInput *) stream)->buffer;
  gsize n = MIN (count, buffer->bytes->len);

  if (!is_readable (buffer))
    return would_block (error);

  if (n > 0)
    {
      memcpy (to, buffer->bytes->data, n);
      g_byte_array_remove_range (buffer->bytes, 0, (guint) n);
    }

  return (gssize) n;
}

static gboolean
input_close (GInputStream *stream,
             GCancellable *cancellable,
             GError **error)
{
  Buffer *buffer = ((PillionTestPipeInput *) stream)->buffer;

  buffer->broken = TRUE;
  g_byte_array_set_size (buffer->bytes, 0);
  return TRUE;
}

static gboolean
input_is_readable (GPollableInputStream *stream)
{
  return is_readable (((PillionTestPipeInput *) stream)->buffer);
}

static GSource *
input_create_source (GPollableInputStream *stream,
                     GCancellable *cancellable)
{
  return source_new (stream, ((PillionTestPipeInput *) stream)->buffer, is_readable);
}

static void
pillion_test_pipe_input_finalize (GObject *object)
{
  buffer_unref (((PillionTestPipeInput *) object)->buffer);

  G_OBJECT_CLASS (pillion_test_pipe_input_parent_class)->finalize (object);
}

static void
pillion_test_pipe_input_class_init (PillionTestPipeInputClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = pillion_test_pipe_input_finalize;
  klass->read_fn = input_read;
  klass->close_fn = input_close;
}

static void
input_pollable_iface_init (GPollableInputStreamInterface *iface)
{
  iface->is_readable = input_is_readable;
  iface->create_source = input_create_source;
}

static void
pillion_test_pipe_input_init (PillionTestPipeInput *self)
{
}

typedef struct
{
  GOutputStream parent_instance;
  Buffer *buffer;
} PillionTestPipeOutput;

typedef GOutputStreamClass PillionTestPipeOutputClass;

static GType pillion_test_pipe_output_get_type (void);
static void output_pollable_iface_init (GPollableOutputStreamInterface *iface);

G_DEFINE_TYPE_WITH_CODE (PillionTestPipeOutput,
                         pillion_test_pipe_output,
                         G_TYPE_OUTPUT_STREAM,
                         G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM, output_pollable_iface_init))

static gssize
output_write (GOutputStream *stream,
              const void *from,
              gsize count,
              GCancellable *cancellable,
              GError **error)
{
  Buffer *buffer = ((PillionTestPipeOutput *) stream)->buffer;
  gsize n;

  if (buffer->broken || buffer->ended)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE, g_strerror (EPIPE));
      return -1;
    }
  if (!is_writable (buffer))
    return would_block (error);

  n = MIN (count, MAX_BYTES - buffer->bytes->len);
  g_byte_array_append (buffer->bytes, from, (guint) n);

  return (gssize) n;
}

static gboolean
output_close (GOutputStream *stream,
              GCancellable *cancellable,
              GError **error)
{
  ((PillionTestPipeOutput *) stream)->buffer->ended = TRUE;
  return TRUE;
}

static gboolean
output_is_writable (GPollableOutputStream *stream)
{
  return is_writable (((PillionTestPipeOutput *) stream)->buffer);
}

static GSource *
output_create_source (GPollableOutputStream *stream,
                      GCancellable *cancellable)
{
  return source_new (stream, ((PillionTestPipeOutput *) stream)->buffer, is_writable);
}

static void
pillion_test_pipe_output_finalize (GObject *object)
{
  buffer_unref (((PillionTestPipeOutput *) object)->buffer);

  G_OBJECT_CLASS (pillion_test_pipe_output_parent_class)->finalize (object);
}

static void
pillion_test_pipe_output_class_init (PillionTestPipeOutputClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = pillion_test_pipe_output_finalize;
  klass->write_fn = output_write;
  klass->close_fn = output_close;
}

static void
output_pollable_iface_init (GPollableOutputStreamInterface *iface)
{
  iface->is_writable = output_is_writable;
  iface->create_source = output_create_source;
}

static void
pillion_test_pipe_output_init (PillionTestPipeOutput *self)
{
}

static GIOStream *
end_new (Buffer *reads,
         Buffer *writes)
{
  g_autoptr (GInputStream) input = g_object_new (pillion_test_pipe_input_get_type (), NULL);
  g_autoptr (GOutputStream) output = g_object_new (pillion_test_pipe_output_get_type (), NULL);

  ((PillionTestPipeInput *) input)->buffer = g_rc_box_acquire (reads);
  ((PillionTestPipeOutput *) output)->buffer = g_rc_box_acquire (writes);

  return g_simple_io_stream_new (input, output);
}

void
pillion_test_pipe_new (GIOStream *ends[2])
{
  Buffer *there = buffer_new ();
  Buffer *back = buffer_new ();

  ends[0] = end_new (back, there);
  ends[1] = end_new (there, back);
  buffer_unref (there);
  buffer_unref (back);
}
