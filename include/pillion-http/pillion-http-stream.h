/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <pillion/pillion.h>

#include <pillion-http/pillion-http-response.h>
#include <pillion-http/pillion-http-version.h>

G_BEGIN_DECLS

#define PILLION_HTTP_TYPE_STREAM (pillion_http_stream_get_type ())
PILLION_HTTP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionHttpStream, pillion_http_stream, PILLION_HTTP, STREAM, GObject)

PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpResponse *pillion_http_stream_get_response      (PillionHttpStream *self);
PILLION_HTTP_AVAILABLE_IN_1_0
gint64               pillion_http_stream_get_max_line_size (PillionHttpStream *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                 pillion_http_stream_set_max_line_size (PillionHttpStream *self,
                                                            gint64             max);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask         *pillion_http_stream_read              (PillionHttpStream *self,
                                                            gsize              max,
                                                            GCancellable      *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
GBytes              *pillion_http_stream_try_read          (PillionHttpStream *self,
                                                            gsize              max);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask         *pillion_http_stream_read_line         (PillionHttpStream *self,
                                                            GCancellable      *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
guint                pillion_http_stream_get_line_number   (PillionHttpStream *self);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask         *pillion_http_stream_read_json         (PillionHttpStream *self,
                                                            GCancellable      *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
void                 pillion_http_stream_close             (PillionHttpStream *self);

G_END_DECLS
