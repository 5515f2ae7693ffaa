/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-pieces-stream.h"

#include <inttypes.h>
#include <string.h>

#include <glib/gi18n-lib.h>
#include <pillion-http/pillion-http.h>

#include "core/pillion-private.h"
#include "http/pillion-file-state.h"
#include "http/pillion-piece.h"

/* How much is read at once */
#define BUFFER_SIZE (256 * 1024)

struct _PillionPiecesStream
{
  GInputStream parent_instance;

  GArray *pieces;
  guint index;         /* the piece that is being read */
  gint64 n_taken;      /* how much of it was read */
  GInputStream *input; /* what it is read from, or NULL */
  gboolean checked;    /* the file was compared with its earlier state, after it was opened or after all of it
                        * was read */
  gboolean failed;

  /* Bytes that were read but not requested yet; allocated when the first piece needs it */
  guint8 *buffer;
  gsize begin;
  gsize end;
};

/* Where the current read puts its bytes */
typedef struct
{
  guint8 *room;
  gsize size;
  gsize fill; /* what it contains that was not given out yet */
} Request;

G_DEFINE_FINAL_TYPE (PillionPiecesStream, pillion_pieces_stream, G_TYPE_INPUT_STREAM)

static void step (PillionPiecesStream *self, GTask *task);

static PillionPiece *
get_piece (PillionPiecesStream *self)
{
  return &g_array_index (self->pieces, PillionPiece, self->index);
}

static void
fail (PillionPiecesStream *self,
      GTask *task,
      GError *error)
{
  PillionPiece *piece = get_piece (self);

  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    self->failed = TRUE;
  if (piece->file != NULL)
    pillion_file_state_prefix (&error, piece->file);
  pillion_sync_release (self);
  g_task_return_error (task, error);
  g_object_unref (task);
}

static void
fail_changed (PillionPiecesStream *self,
              GTask *task)
{
  g_autofree char *name = g_file_get_parse_name (get_piece (self)->file);

  fail (self, task, g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST, _("%s was changed while it was being sent"), name));
}

GError *
pillion_pieces_stream_make_spent_error (void)
{
  return g_error_new_literal (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_REWINDABLE,
                              _("the body of the request was sent before, and can be read only once"));
}

static void
input_closed (GObject *input,
              GAsyncResult *result,
              gpointer data)
{
  g_input_stream_close_finish (G_INPUT_STREAM (input), result, NULL);
}

/* Closing may wait for the disk. The program closes its own streams. */
static void
drop_input (PillionPiecesStream *self)
{
  if (self->input != NULL && self->index < self->pieces->len && get_piece (self)->file != NULL)
    g_input_stream_close_async (self->input, G_PRIORITY_DEFAULT, NULL, input_closed, NULL);
  g_clear_object (&self->input);
}

static void
next_piece (PillionPiecesStream *self)
{
  drop_input (self);
  self->index++;
  self->n_taken = 0;
  self->checked = FALSE;
}

static void
checked (GObject *input,
         GAsyncResult *result,
         gpointer data)
{
  g_autoptr (GFileInfo) info = NULL;
  GTask *task = data;
  PillionPiecesStream *self = g_task_get_source_object (task);
  PillionPiece *piece = get_piece (self);
  GError *error = NULL;

  info = g_file_input_stream_query_info_finish (G_FILE_INPUT_STREAM (input), result, &error);
  if (info == NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED))
    {
      fail (self, task, error);
      return;
    }

  /* If the file system can't tell, the length still can */
  g_clear_error (&error);
  if (info != NULL && (g_file_info_get_size (info) != piece->length || pillion_file_state_get_modified (info) != piece->modified))
    {
      fail_changed (self, task);
      return;
    }

  self->checked = TRUE;
  step (self, task);
}

static void
file_opened (GObject *file,
             GAsyncResult *result,
             gpointer data)
{
  GTask *task = data;
  PillionPiecesStream *self = g_task_get_source_object (task);
  GError *error = NULL;

  self->input = (GInputStream *) g_file_read_finish (G_FILE (file), result, &error);
  if (self->input == NULL)
    fail (self, task, error);
  else
    step (self, task);
}

/* Whether a file or stream is read directly to where the bytes are wanted, past the buffer */
static gboolean
is_direct (const Request *request)
{
  return request->size >= BUFFER_SIZE;
}

static void
input_read (GObject *input,
            GAsyncResult *result,
            gpointer data)
{
  GTask *task = data;
  PillionPiecesStream *self = g_task_get_source_object (task);
  Request *request = g_task_get_task_data (task);
  PillionPiece *piece = get_piece (self);
  GError *error = NULL;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (input), result, &error);

  if (n < 0)
    {
      fail (self, task, error);
      return;
    }

  if (n > 0)
    {
      self->n_taken += n;
      if (is_direct (request))
        request->fill = (gsize) n;
      else
        self->end = (gsize) n;
      /* The last bytes are given out only if the file is still the same, so that the body of a changed file
       * is never complete */
      if (self->n_taken == piece->length)
        self->checked = FALSE;
    }
  else if (piece->length < 0)
    {
      next_piece (self);
    }
  else if (piece->file != NULL)
    {
      fail_changed (self, task);
      return;
    }
  else
    {
      fail (self, task, g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST,
                                     g_dngettext (GETTEXT_PACKAGE,
                                                  "the stream with the body of the request ended after %" PRId64 " of %" PRId64 " byte",
                                                  "the stream with the body of the request ended after %" PRId64 " of %" PRId64 " bytes",
                                                  (gulong) piece->length),
                                     self->n_taken, piece->length));
      return;
    }

  step (self, task);
}

/* Returns whether it is there now; if not, the task continues later, or has failed */
static gboolean
open_input (PillionPiecesStream *self,
            GTask *task)
{
  PillionPiece *piece = get_piece (self);
  GError *error = NULL;

  if (piece->file != NULL)
    {
      pillion_sync_release (self);
      g_file_read_async (piece->file, g_task_get_priority (task), g_task_get_cancellable (task), file_opened, task);
      return FALSE;
    }

  if (piece->start >= 0 && !g_seekable_seek (G_SEEKABLE (piece->stream), piece->start, G_SEEK_SET, NULL, &error))
    {
      fail (self, task, error);
      return FALSE;
    }

  if (!pillion_piece_spend (piece))
    {
      fail (self, task, pillion_pieces_stream_make_spent_error ());
      return FALSE;
    }

  self->input = g_object_ref (piece->stream);
  return TRUE;
}

/* How much the room contains already */
static void
give (GTask *task,
      gsize length)
{
  pillion_sync_release (g_task_get_source_object (task));
  g_task_return_int (task, (gssize) length);
  g_object_unref (task);
}

static void
copy (GTask *task,
      const guint8 *bytes,
      gsize length)
{
  Request *request = g_task_get_task_data (task);

  memcpy (request->room, bytes, length);
  give (task, length);
}

/* Gives what is there, or has something read */
static void
step (PillionPiecesStream *self,
      GTask *task)
{
  Request *request = g_task_get_task_data (task);

  while (self->index < self->pieces->len)
    {
      PillionPiece *piece = get_piece (self);
      guint8 *room;
      gsize size;

      if (piece->bytes != NULL)
        {
          const guint8 *bytes = g_bytes_get_data (piece->bytes, NULL);
          gsize n = MIN ((gsize) (piece->length - self->n_taken), request->size);

          if (n > 0)
            {
              self->n_taken += (gint64) n;
              copy (task, bytes + self->n_taken - n, n);
              return;
            }

          next_piece (self);
          continue;
        }

      if (self->input == NULL && !open_input (self, task))
        return;

      if (piece->file != NULL && !self->checked && G_IS_FILE_INPUT_STREAM (self->input))
        {
          pillion_sync_release (self);
          g_file_input_stream_query_info_async (G_FILE_INPUT_STREAM (self->input), PILLION_FILE_STATE_ATTRIBUTES,
                                                g_task_get_priority (task), g_task_get_cancellable (task), checked, task);
          return;
        }

      if (request->fill > 0)
        {
          give (task, request->fill);
          return;
        }

      if (self->begin < self->end)
        {
          gsize n = MIN (self->end - self->begin, request->size);

          self->begin += n;
          copy (task, self->buffer + self->begin - n, n);
          return;
        }

      self->begin = self->end = 0;
      if (self->n_taken == piece->length)
        {
          next_piece (self);
          continue;
        }

      if (self->buffer == NULL && !is_direct (request))
        self->buffer = g_malloc (BUFFER_SIZE);
      room = is_direct (request) ? request->room : self->buffer;
      size = is_direct (request) ? request->size : BUFFER_SIZE;
      pillion_sync_release (self);
      g_input_stream_read_async (self->input, room,
                                 piece->length < 0 ? size : (gsize) MIN (piece->length - self->n_taken, (gint64) size),
                                 g_task_get_priority (task), g_task_get_cancellable (task), input_read, task);
      return;
    }

  pillion_sync_release (self);
  g_task_return_int (task, 0);
  g_object_unref (task);
}

static void
pillion_pieces_stream_read_async (GInputStream *stream,
                                  void *buffer,
                                  gsize size,
                                  int priority,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer data)
{
  PillionPiecesStream *self = PILLION_PIECES_STREAM (stream);
  GTask *task = g_task_new (self, cancellable, callback, data);
  Request *request = g_new0 (Request, 1);

  request->room = buffer;
  request->size = size;
  g_task_set_source_tag (task, pillion_pieces_stream_read_async);
  g_task_set_priority (task, priority);
  g_task_set_task_data (task, request, g_free);
  step (self, task);
}

static gssize
pillion_pieces_stream_read_finish (GInputStream *stream,
                                   GAsyncResult *result,
                                   GError **error)
{
  return g_task_propagate_int (G_TASK (result), error);
}

static gssize
pillion_pieces_stream_read (GInputStream *stream,
                            void *buffer,
                            gsize size,
                            GCancellable *cancellable,
                            GError **error)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED, "The body of a request can only be read asynchronously");
  return -1;
}

static void
pillion_pieces_stream_finalize (GObject *object)
{
  PillionPiecesStream *self = PILLION_PIECES_STREAM (object);

  /* A thread of GIO's may have had the last reference, and has no context that an asynchronous close could end in */
  pillion_sync_acquire (self);
  g_clear_object (&self->input);
  g_array_unref (self->pieces);
  g_free (self->buffer);

  G_OBJECT_CLASS (pillion_pieces_stream_parent_class)->finalize (object);
}

static void
pillion_pieces_stream_class_init (PillionPiecesStreamClass *klass)
{
  GInputStreamClass *stream_class = G_INPUT_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = pillion_pieces_stream_finalize;
  stream_class->read_fn = pillion_pieces_stream_read;
  stream_class->read_async = pillion_pieces_stream_read_async;
  stream_class->read_finish = pillion_pieces_stream_read_finish;
}

static void
pillion_pieces_stream_init (PillionPiecesStream *self)
{
}

GInputStream *
pillion_pieces_stream_new (GArray *pieces)
{
  PillionPiecesStream *self = g_object_new (PILLION_TYPE_PIECES_STREAM, NULL);

  self->pieces = g_array_ref (pieces);
  return G_INPUT_STREAM (self);
}

gboolean
pillion_pieces_stream_has_failed (PillionPiecesStream *self)
{
  return self->failed;
}
