/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* A part of a body: exactly one of bytes, file and stream is set */
typedef struct
{
  GBytes *bytes;
  GFile *file;
  GInputStream *stream;
  gint64 length;   /* in bytes; -1 if it is not known, or not yet (a file) */
  gint64 modified; /* when the file was last changed, in µs since the epoch */
  goffset start;   /* the position of the stream when it was given, or -1 if it can't be rewound */
} PillionPiece;

/* These make pieces; references are taken. @length is -1 if it is not known. */
PillionPiece   pillion_piece_of_bytes    (GBytes       *bytes);
PillionPiece   pillion_piece_of_file     (GFile        *file);
PillionPiece   pillion_piece_of_stream   (GInputStream *stream,
                                          gint64        length);

/* Whether something was read of a stream that can't be rewound, by whatever request; the second says that this begins now, and returns FALSE if
 * it had begun before. On the I/O thread. */
gboolean       pillion_piece_is_spent    (PillionPiece *self);
gboolean       pillion_piece_spend       (PillionPiece *self);

void           pillion_piece_clear       (PillionPiece *self);

/* An empty array of pieces, which owns them */
GArray        *pillion_pieces_new        (void);
