/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* Divides a body into lines, piece by piece. A line ends with LF or CR LF. Whatever was not taken as a line
 * can still be taken as bytes. */
typedef struct
{
  GBytes *piece;       /* the newest one, or NULL */
  gsize position;      /* how much of it was taken */
  GByteArray *partial; /* the beginning of the next line, from earlier pieces, or NULL */
} PillionLineReader;

typedef enum
{
  PILLION_LINE_WHOLE,
  PILLION_LINE_PARTIAL,
  PILLION_LINE_TOO_LONG,
} PillionLineState;

void             pillion_line_reader_clear      (PillionLineReader *self);

/* Only after pillion_line_reader_take () has returned PILLION_LINE_PARTIAL */
void             pillion_line_reader_feed       (PillionLineReader *self,
                                                 GBytes            *piece);

/* Takes the next line, without its end, as valid UTF-8. A line of more than @limit bytes is not taken. */
PillionLineState pillion_line_reader_take       (PillionLineReader *self,
                                                 gsize              limit,
                                                 char             **line);

/* At the end of the body: takes a last line without a line end, or returns NULL */
char            *pillion_line_reader_take_last  (PillionLineReader *self);

/* Whether some input was not taken */
gboolean         pillion_line_reader_has_bytes  (PillionLineReader *self);

/* Puts back what was taken last */
void             pillion_line_reader_put_back   (PillionLineReader *self,
                                                 GBytes            *bytes);

/* Takes at most @max bytes of the input (0: without limit), or returns NULL if there are none. */
GBytes          *pillion_line_reader_take_bytes (PillionLineReader *self,
                                                 gsize              max);
