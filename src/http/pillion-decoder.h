/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* Takes the content codings off a body as it comes (RFC 9110, section 8.4): gzip and deflate, a few times over */
typedef struct _PillionDecoder PillionDecoder;

/* @codings is a Content-Encoding field. Returns NULL without an error if it asks for nothing, and NULL with PILLION_HTTP_ERROR_PROTOCOL if it asks for
 * what is not known. */
PillionDecoder *pillion_decoder_new       (const char      *codings,
                                           GError         **error);
void            pillion_decoder_free      (PillionDecoder  *self);

/* Adds what came. All that was added before has to be read. */
void            pillion_decoder_feed      (PillionDecoder  *self,
                                           const guint8    *bytes,
                                           gsize            length);

/* Whether something that was added may not have been read yet */
gboolean        pillion_decoder_has_input (PillionDecoder  *self);

/* Reads at most @size decoded bytes. Returns how many, which may be 0 although there is more input, or -1: a body that is broken or goes on
 * after its end is PILLION_HTTP_ERROR_PROTOCOL. */
gssize          pillion_decoder_read      (PillionDecoder  *self,
                                           guint8          *buffer,
                                           gsize            size,
                                           GError         **error);

/* Whether the body may end here; else PILLION_HTTP_ERROR_TRUNCATED */
gboolean        pillion_decoder_end       (PillionDecoder  *self,
                                           GError         **error);
