/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-piece.h"

PillionPiece
pillion_piece_of_bytes (GBytes *bytes)
{
  return (PillionPiece) { .bytes = g_bytes_ref (bytes), .length = (gint64) g_bytes_get_size (bytes) };
}

PillionPiece
pillion_piece_of_file (GFile *file)
{
  return (PillionPiece) { .file = g_object_ref (file), .length = -1 };
}

PillionPiece
pillion_piece_of_stream (GInputStream *stream,
                         gint64 length)
{
  gboolean seekable = G_IS_SEEKABLE (stream) && g_seekable_can_seek (G_SEEKABLE (stream));

  return (PillionPiece) {
    .stream = g_object_ref (stream),
    .length = length,
    .start = seekable ? g_seekable_tell (G_SEEKABLE (stream)) : -1,
  };
}

static GQuark
get_quark (void)
{
  return g_quark_from_static_string ("pillion-http-spent");
}

/* The stream itself knows: several requests may have it */
gboolean
pillion_piece_is_spent (PillionPiece *self)
{
  return self->stream != NULL && self->start < 0 && g_object_get_qdata (G_OBJECT (self->stream), get_quark ()) != NULL;
}

gboolean
pillion_piece_spend (PillionPiece *self)
{
  return self->stream == NULL || self->start >= 0 ||
         g_object_replace_qdata (G_OBJECT (self->stream), get_quark (), NULL, GINT_TO_POINTER (TRUE), NULL, NULL);
}

void
pillion_piece_clear (PillionPiece *self)
{
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_object (&self->file);
  g_clear_object (&self->stream);
}

GArray *
pillion_pieces_new (void)
{
  GArray *pieces = g_array_new (FALSE, FALSE, sizeof (PillionPiece));

  g_array_set_clear_func (pieces, (GDestroyNotify) pillion_piece_clear);
  return pieces;
}
