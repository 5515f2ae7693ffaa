/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-piece.h"
#include "http/pillion-source.h"

/* Makes a body that is read piece by piece, and is never in memory as a whole. Takes @pieces, an array from
 * pillion_pieces_new (). */
PillionSource *pillion_pieces_source_new (GArray       *pieces,
                                          const char   *content_type);

/* Makes a body of one piece, which is taken */
PillionSource *pillion_piece_source_new  (PillionPiece  piece,
                                          const char   *content_type);
