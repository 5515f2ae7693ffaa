/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-pieces-source.h"

#include <glib/gi18n-lib.h>
#include <pillion-http/pillion-http.h>

#include "http/pillion-file-state.h"
#include "http/pillion-pieces-stream.h"

typedef struct
{
  PillionSource parent;
  GArray *pieces;
} PillionPiecesSource;

static const PillionSourceClass rewindable_class;
static const PillionSourceClass once_class;
static const PillionSourceClass unresolved_class;

static GInputStream *
pieces_open (PillionSource *source,
             GError **error)
{
  PillionPiecesSource *self = (PillionPiecesSource *) source;

  /* The request may have been sent before, by another call */
  if (!pillion_source_can_open (source))
    {
      g_propagate_error (error, pillion_pieces_stream_make_spent_error ());
      return NULL;
    }

  return pillion_pieces_stream_new (self->pieces);
}

static gboolean
pieces_are_spent (PillionSource *source)
{
  PillionPiecesSource *self = (PillionPiecesSource *) source;

  for (guint i = 0; i < self->pieces->len; i++)
    if (pillion_piece_is_spent (&g_array_index (self->pieces, PillionPiece, i)))
      return TRUE;

  return FALSE;
}

static void
pieces_free (PillionSource *source)
{
  PillionPiecesSource *self = (PillionPiecesSource *) source;

  g_array_unref (self->pieces);
  g_free (self);
}

/* The files are examined anew for each call, because they may have changed since the request was made */
static PillionSource *
pieces_resolve (PillionSource *source,
                GError **error)
{
  PillionPiecesSource *self = (PillionPiecesSource *) source;
  g_autoptr (GArray) pieces = pillion_pieces_new ();

  for (guint i = 0; i < self->pieces->len; i++)
    {
      PillionPiece piece = g_array_index (self->pieces, PillionPiece, i);

      if (piece.file != NULL && !pillion_file_state_query (piece.file, &piece.length, &piece.modified, error))
        return NULL;

      if (piece.bytes != NULL)
        g_bytes_ref (piece.bytes);
      if (piece.file != NULL)
        g_object_ref (piece.file);
      if (piece.stream != NULL)
        g_object_ref (piece.stream);
      g_array_append_val (pieces, piece);
    }

  return pillion_pieces_source_new (g_steal_pointer (&pieces), source->content_type);
}

/* The length of files is known once they were examined */
static const PillionSourceClass *
get_class (GArray *pieces)
{
  gboolean rewindable = TRUE;

  for (guint i = 0; i < pieces->len; i++)
    {
      PillionPiece *piece = &g_array_index (pieces, PillionPiece, i);

      if (piece->file != NULL && piece->length < 0)
        return &unresolved_class;
      if (piece->stream != NULL && piece->start < 0)
        rewindable = FALSE;
    }

  return rewindable ? &rewindable_class : &once_class;
}

static gint64
get_length (GArray *pieces)
{
  gint64 length = 0;

  for (guint i = 0; i < pieces->len; i++)
    {
      PillionPiece *piece = &g_array_index (pieces, PillionPiece, i);

      if (piece->length < 0 || piece->length > G_MAXINT64 - length)
        return -1;
      length += piece->length;
    }

  return length;
}

PillionSource *
pillion_pieces_source_new (GArray *pieces,
                           const char *content_type)
{
  PillionPiecesSource *self = g_new0 (PillionPiecesSource, 1);

  pillion_source_init (&self->parent, get_class (pieces), get_length (pieces), content_type);
  self->pieces = pieces;

  return &self->parent;
}

PillionSource *
pillion_piece_source_new (PillionPiece piece,
                          const char *content_type)
{
  GArray *pieces = pillion_pieces_new ();

  g_array_append_val (pieces, piece);

  return pillion_pieces_source_new (pieces, content_type);
}

static const PillionSourceClass rewindable_class = {
  .rewindable = TRUE,
  .open = pieces_open,
  .free = pieces_free,
};

static const PillionSourceClass once_class = {
  .is_spent = pieces_are_spent,
  .open = pieces_open,
  .free = pieces_free,
};

/* It is never opened */
static const PillionSourceClass unresolved_class = {
  .resolve = pieces_resolve,
  .free = pieces_free,
};
