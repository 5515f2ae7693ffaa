/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

typedef enum
{
  PILLION_CHUNKED_SIZE,
  PILLION_CHUNKED_EXTENSION,
  PILLION_CHUNKED_SIZE_LF,
  PILLION_CHUNKED_DATA,
  PILLION_CHUNKED_DATA_CR,
  PILLION_CHUNKED_DATA_LF,
  PILLION_CHUNKED_TRAILER,
  PILLION_CHUNKED_TRAILER_LINE,
  PILLION_CHUNKED_TRAILER_LF,
  PILLION_CHUNKED_DONE,
} PillionChunkedState;

/* Decodes the chunked transfer coding (RFC 9112, section 7.1). Starts as all zero. */
typedef struct
{
  PillionChunkedState state;
  guint64 left;   /* of the chunk */
  guint n_digits;
  guint n_meta;   /* bytes of the line or the trailers, which have a limit */
} PillionChunked;

/* Decodes @length bytes in place. Returns how many bytes of content the buffer now begins with, or -1. Sets
 * @consumed to how many bytes were read: fewer than @length only if the body ends before. */
gssize pillion_chunked_decode (PillionChunked  *self,
                               guint8          *bytes,
                               gsize            length,
                               gsize           *consumed,
                               GError         **error);
