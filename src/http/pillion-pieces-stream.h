/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* Reads pieces one after the other, in large blocks, as the default of GIO would read a file in one hop to a thread for each 8 KB
 * that libsoup asks for. It can be read asynchronously only. */
#define PILLION_TYPE_PIECES_STREAM (pillion_pieces_stream_get_type ())
G_DECLARE_FINAL_TYPE (PillionPiecesStream, pillion_pieces_stream, PILLION, PIECES_STREAM, GInputStream)

/* @pieces is an array of PillionPiece, which no longer changes; a reference is taken */
GInputStream *pillion_pieces_stream_new        (GArray              *pieces);

/* Whether a read failed: then an error of the exchange is that of the body, and not of the network */
gboolean      pillion_pieces_stream_has_failed (PillionPiecesStream *self);
