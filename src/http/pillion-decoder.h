/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* Decodes the content codings of a body as it arrives (RFC 9110, section 8.4): gzip and deflate, up to a few
 * times over */
typedef struct _PillionDecoder PillionDecoder;

/* @codings is a Content-Encoding field. Returns NULL without an error if there is nothing to decode, and NULL
 * with PILLION_HTTP_ERROR_PROTOCOL if there is a coding that can't be decoded. Names that are no codings at all are ignored. */
PillionDecoder *pillion_decoder_new       (const char      *codings,
                                           GError         **error);
void            pillion_decoder_free      (PillionDecoder  *self);

/* Adds input. Everything that was added before has to have been read. */
void            pillion_decoder_feed      (PillionDecoder  *self,
                                           const guint8    *bytes,
                                           gsize            length);

/* Whether some input may not have been read yet */
gboolean        pillion_decoder_has_input (PillionDecoder  *self);

/* Reads at most @size decoded bytes. Returns how many, which may be 0 even with more input, or -1. A body
 * that is broken, or continues after its end, is PILLION_HTTP_ERROR_PROTOCOL. */
gssize          pillion_decoder_read      (PillionDecoder  *self,
                                           guint8          *buffer,
                                           gsize            size,
                                           GError         **error);

/* Whether the body may end here; else PILLION_HTTP_ERROR_TRUNCATED */
gboolean        pillion_decoder_end       (PillionDecoder  *self,
                                           GError         **error);
