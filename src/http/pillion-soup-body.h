/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-soup-library.h"

#include "http/pillion-chunked.h"

/* The body of a response as libsoup hands it out, read without blocking, and with its end checked. libsoup
 * before 3.6.5 takes a chunked body that is cut between two chunks for whole, and a broken chunk size for the
 * last chunk. So a chunked body is decoded here: from the stream below libsoup's own decoder. When the last
 * chunk has come, the decoder is shown an empty chunked body, so that libsoup sees an end and can use the
 * connection again. */
typedef struct
{
  GInputStream *stream;
  GInputStream *source;       /* below libsoup's decoder; NULL if libsoup decodes */
  GPollableInputStream *wait; /* what becomes readable */
  gboolean once;              /* a source fires once, and only for what arrives after it was made */
  PillionChunked chunked;
  gboolean whole;
} PillionSoupBody;

/* Whether a response ends with its head, whatever the head says about a body (RFC 9112, section 6.3) */
gboolean pillion_soup_message_has_no_body (SoupMessage *message);

/* Takes @stream, which soup_session_send_finish () returned */
void     pillion_soup_body_init       (PillionSoupBody *self,
                                       SoupMessage     *message,
                                       GInputStream    *stream);

/* Reads what is there, without blocking. Returns how much, 0 at the end of a whole body, or -1. */
gssize   pillion_soup_body_read       (PillionSoupBody *self,
                                       guint8          *buffer,
                                       gsize            size,
                                       GError         **error);

/* Makes a source that calls @func when there may be more to read, without the stream. It is not attached yet. */
GSource *pillion_soup_body_new_source (PillionSoupBody     *self,
                                       GPollableSourceFunc  func,
                                       gpointer             data);
