/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-soup-upload.h"

/* How much is read at once; another piece is read while one is sent */
#define PIECE_SIZE (256 * 1024)
#define N_PIECES 2

/* How much is sent before others have their turn */
#define TURN_SIZE (1024 * 1024)

typedef struct
{
  guint8 *data; /* allocated when it is needed */
  gsize begin;  /* of the unsent bytes */
  gsize end;
} Piece;

struct _PillionSoupUpload
{
  guint n_references; /* one more while something is read */
  GInputStream *body;
  GPollableOutputStream *output;
  GIOStream *stream; /* whose that is */
  GSocket *socket;   /* and below */
  gint64 length;
  gint64 n_read;
  gint64 n_sent;
  Piece pieces[N_PIECES];
  guint sending; /* the piece that is sent first */
  gboolean reading;
  gboolean over; /* or stopped */
  GCancellable *cancellable; /* of what is read, or NULL */
  GSource *source;
  const PillionSoupUploadFuncs *funcs;
  gpointer data;
};

static void go_on (PillionSoupUpload *self);

/* The socket of a plain or a TLS connection; NULL for any other */
static GSocket *
get_socket (GIOStream *stream)
{
  g_autoptr (GIOStream) base = NULL;

  if (G_IS_TLS_CONNECTION (stream))
    g_object_get (stream, "base-io-stream", &base, NULL);
  if (base != NULL)
    stream = base;

  return G_IS_SOCKET_CONNECTION (stream) ? g_socket_connection_get_socket (G_SOCKET_CONNECTION (stream)) : NULL;
}

static void
unref (PillionSoupUpload *self)
{
  if (--self->n_references > 0)
    return;

  for (guint i = 0; i < N_PIECES; i++)
    g_free (self->pieces[i].data);
  g_clear_object (&self->cancellable);
  g_object_unref (self->body);
  g_object_unref (self->stream);
  g_free (self);
}

static void
stop_waiting (PillionSoupUpload *self)
{
  if (self->source != NULL)
    {
      g_source_destroy (self->source);
      g_clear_pointer (&self->source, g_source_unref);
    }
}

void
pillion_soup_upload_stop (PillionSoupUpload *self)
{
  self->over = TRUE;
  stop_waiting (self);
  if (self->reading)
    g_cancellable_cancel (self->cancellable);
}

static void
end (PillionSoupUpload *self,
     GError *error)
{
  pillion_soup_upload_stop (self);
  self->funcs->over (self->data, error);
}

static gboolean
is_empty (const Piece *piece)
{
  return piece->begin == piece->end;
}

/* The piece that is to be read next, or NULL if all have something in them */
static Piece *
get_free_piece (PillionSoupUpload *self)
{
  for (guint i = 0; i < N_PIECES; i++)
    {
      Piece *piece = &self->pieces[(self->sending + i) % N_PIECES];

      if (is_empty (piece))
        return piece;
    }

  return NULL;
}

static void
was_read (PillionSoupUpload *self,
          Piece *piece,
          gssize n,
          GError *error)
{
  if (n > 0)
    {
      piece->begin = 0;
      piece->end = (gsize) n;
      self->n_read += n;
      return;
    }

  /* The body's own stream knows its length, and says what is wrong with it */
  if (n == 0)
    error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT, "The body of the request is too short");
  end (self, error);
}

static void
piece_read (GObject *body,
            GAsyncResult *result,
            gpointer data)
{
  PillionSoupUpload *self = data;
  GError *error = NULL;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (body), result, &error);

  self->reading = FALSE;
  if (self->over)
    {
      g_clear_error (&error);
      unref (self);
      return;
    }

  was_read (self, get_free_piece (self), n, error);
  if (!self->over)
    go_on (self);
  unref (self);
}

/* Starts a read if there is a free piece and more to read */
static void
read_ahead (PillionSoupUpload *self)
{
  Piece *piece;

  while (!self->over && !self->reading && self->n_read < self->length && (piece = get_free_piece (self)) != NULL)
    {
      gsize size = (gsize) MIN (self->length - self->n_read, PIECE_SIZE);

      if (piece->data == NULL)
        piece->data = g_malloc (size);

      if (G_IS_POLLABLE_INPUT_STREAM (self->body) && g_pollable_input_stream_can_poll (G_POLLABLE_INPUT_STREAM (self->body)))
        {
          GError *error = NULL;
          gssize n = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (self->body), piece->data, size, NULL, &error);

          if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
            {
              was_read (self, piece, n, error);
              continue;
            }
          g_error_free (error);
        }

      if (self->cancellable == NULL)
        self->cancellable = g_cancellable_new ();
      self->reading = TRUE;
      self->n_references++;
      g_input_stream_read_async (self->body, piece->data, size, G_PRIORITY_DEFAULT, self->cancellable, piece_read, self);
    }
}

static gboolean
writable (GObject *output,
          gpointer data)
{
  PillionSoupUpload *self = data;

  self->n_references++;
  go_on (self);
  unref (self);

  /* Destroyed if it is no longer wanted */
  return G_SOURCE_CONTINUE;
}

static void
wait_for_room (PillionSoupUpload *self)
{
  if (self->source != NULL)
    return;

  self->source = g_pollable_output_stream_create_source (self->output, NULL);
  g_source_set_static_name (self->source, "pillion upload");
  g_source_set_callback (self->source, G_SOURCE_FUNC (writable), self, NULL);
  g_source_attach (self->source, g_main_context_get_thread_default ());
}

/* Takes the error of a write */
static void
fail (PillionSoupUpload *self,
      GError *error)
{
  /* Nothing is wrong with the connection, so the server would wait for the rest, and we for the server */
  if (error->domain == G_IO_ERROR && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE) &&
      !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED) && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED))
    {
      end (self, error);
      return;
    }

  /* The reader of the response finds out why, or what the server said before it closed the connection. If it didn't, it does now. */
  g_error_free (error);
  g_socket_shutdown (self->socket, FALSE, TRUE, NULL);
  end (self, NULL);
}

/* Sends and reads until it has to wait. The caller has a reference. */
static void
go_on (PillionSoupUpload *self)
{
  gsize n_turn = 0;

  while (TRUE)
    {
      Piece *piece = &self->pieces[self->sending];
      GError *error = NULL;
      gssize n;

      read_ahead (self);
      if (self->over)
        return;

      if (is_empty (piece))
        {
          stop_waiting (self);
          return;
        }

      if (n_turn >= TURN_SIZE)
        {
          wait_for_room (self);
          return;
        }

      n = g_pollable_output_stream_write_nonblocking (self->output, piece->data + piece->begin, piece->end - piece->begin, NULL, &error);
      if (n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          g_error_free (error);
          wait_for_room (self);
          return;
        }

      if (n < 0)
        {
          fail (self, error);
          return;
        }

      piece->begin += (gsize) n;
      n_turn += (gsize) n;
      self->n_sent += n;
      if (is_empty (piece))
        self->sending = (self->sending + 1) % N_PIECES;
      self->funcs->wrote (self->data, self->n_sent);

      if (!self->over && self->n_sent == self->length)
        end (self, NULL);
      if (self->over)
        return;
    }
}

PillionSoupUpload *
pillion_soup_upload_new (GIOStream *stream,
                         GInputStream *body,
                         gint64 length,
                         const PillionSoupUploadFuncs *funcs,
                         gpointer data)
{
  GOutputStream *output = g_io_stream_get_output_stream (stream);
  GSocket *socket = get_socket (stream);
  PillionSoupUpload *self;

  if (socket == NULL)
    return NULL;

  if (G_IS_TLS_CONNECTION (stream) && g_strcmp0 (g_tls_connection_get_negotiated_protocol (G_TLS_CONNECTION (stream)), "h2") == 0)
    return NULL;

  if (!G_IS_POLLABLE_OUTPUT_STREAM (output) || !g_pollable_output_stream_can_poll (G_POLLABLE_OUTPUT_STREAM (output)))
    return NULL;

  self = g_new0 (PillionSoupUpload, 1);
  self->n_references = 1;
  self->body = g_object_ref (body);
  self->output = G_POLLABLE_OUTPUT_STREAM (output);
  self->stream = g_object_ref (stream);
  self->socket = socket;
  self->length = length;
  self->funcs = funcs;
  self->data = data;

  return self;
}

void
pillion_soup_upload_begin (PillionSoupUpload *self)
{
  self->n_references++;
  go_on (self);
  unref (self);
}

gboolean
pillion_soup_upload_is_going (PillionSoupUpload *self)
{
  return !self->over;
}

void
pillion_soup_upload_free (PillionSoupUpload *self)
{
  pillion_soup_upload_stop (self);
  /* The server would take another request for the rest of this one. Before libsoup reuses a connection, it
   * checks whether it is closed. */
  if (self->n_sent < self->length)
    g_socket_shutdown (self->socket, TRUE, TRUE, NULL);
  unref (self);
}
