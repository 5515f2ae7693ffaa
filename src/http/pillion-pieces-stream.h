/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* Reads pieces one after the other, in large blocks: by default, GIO would visit a thread for each 8 KB that
 * libsoup asks for. Can be read only asynchronously. */
#define PILLION_TYPE_PIECES_STREAM (pillion_pieces_stream_get_type ())
G_DECLARE_FINAL_TYPE (PillionPiecesStream, pillion_pieces_stream, PILLION, PIECES_STREAM, GInputStream)

/* @pieces is an array of PillionPiece, which no longer changes; a reference is taken */
GInputStream *pillion_pieces_stream_new        (GArray              *pieces);

/* The error of a body that can be read only once */
GError       *pillion_pieces_stream_make_spent_error (void);

/* Whether a read failed: then the error of an exchange is the body's, and not the network's */
gboolean      pillion_pieces_stream_has_failed (PillionPiecesStream *self);
