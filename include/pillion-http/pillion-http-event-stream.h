/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <pillion/pillion.h>

#include <pillion-http/pillion-http-client.h>
#include <pillion-http/pillion-http-event.h>
#include <pillion-http/pillion-http-request.h>
#include <pillion-http/pillion-http-version.h>

G_BEGIN_DECLS

#define PILLION_HTTP_TYPE_EVENT_STREAM (pillion_http_event_stream_get_type ())
PILLION_HTTP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionHttpEventStream, pillion_http_event_stream, PILLION_HTTP, EVENT_STREAM, GObject)

PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpEventStream *pillion_http_event_stream_new                     (PillionHttpClient      *client,
                                                                           PillionHttpRequest     *request);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask            *pillion_http_event_stream_next                    (PillionHttpEventStream *self,
                                                                           GCancellable           *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
void                    pillion_http_event_stream_close                   (PillionHttpEventStream *self);

PILLION_HTTP_AVAILABLE_IN_1_0
const char             *pillion_http_event_stream_get_last_event_id       (PillionHttpEventStream *self);
PILLION_HTTP_AVAILABLE_IN_1_0
GTimeSpan               pillion_http_event_stream_get_retry_interval_usec (PillionHttpEventStream *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                    pillion_http_event_stream_set_retry_interval_usec (PillionHttpEventStream *self,
                                                                           GTimeSpan               interval);
PILLION_HTTP_AVAILABLE_IN_1_0
int                     pillion_http_event_stream_get_max_reconnects      (PillionHttpEventStream *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                    pillion_http_event_stream_set_max_reconnects      (PillionHttpEventStream *self,
                                                                           int                     max);
PILLION_HTTP_AVAILABLE_IN_1_0
gint64                  pillion_http_event_stream_get_max_event_size      (PillionHttpEventStream *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                    pillion_http_event_stream_set_max_event_size      (PillionHttpEventStream *self,
                                                                           gint64                  max);

G_END_DECLS
