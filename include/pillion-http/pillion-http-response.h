/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <pillion/pillion.h>

#include <pillion-http/pillion-http-version.h>

G_BEGIN_DECLS

/**
 * PillionHttpPhase:
 * @PILLION_HTTP_PHASE_QUEUE: the request left the client's queue
 * @PILLION_HTTP_PHASE_NAME_LOOKUP: the addresses of the server were found
 * @PILLION_HTTP_PHASE_CONNECT: the connection was open
 * @PILLION_HTTP_PHASE_TLS_HANDSHAKE: TLS was set up
 * @PILLION_HTTP_PHASE_REQUEST: the request began to be sent
 * @PILLION_HTTP_PHASE_FIRST_BYTE: the response began to arrive
 * @PILLION_HTTP_PHASE_BODY: the whole body had arrived
 *
 * What a call goes through: see [method@PillionHttp.Response.get_elapsed].
 *
 * Since: 1.0
 */
typedef enum
{
  PILLION_HTTP_PHASE_QUEUE,
  PILLION_HTTP_PHASE_NAME_LOOKUP,
  PILLION_HTTP_PHASE_CONNECT,
  PILLION_HTTP_PHASE_TLS_HANDSHAKE,
  PILLION_HTTP_PHASE_REQUEST,
  PILLION_HTTP_PHASE_FIRST_BYTE,
  PILLION_HTTP_PHASE_BODY,
} PillionHttpPhase;

#define PILLION_HTTP_TYPE_RESPONSE (pillion_http_response_get_type ())
PILLION_HTTP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionHttpResponse, pillion_http_response, PILLION_HTTP, RESPONSE, GObject)

PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpResponse *pillion_http_response_from_error        (const GError        *error);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpResponse *pillion_http_response_from_task         (PillionTask         *task);

PILLION_HTTP_AVAILABLE_IN_1_0
guint                pillion_http_response_get_status        (PillionHttpResponse *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char          *pillion_http_response_get_reason        (PillionHttpResponse *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char          *pillion_http_response_get_url           (PillionHttpResponse *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char          *pillion_http_response_get_header        (PillionHttpResponse *self,
                                                              const char          *name);
PILLION_HTTP_AVAILABLE_IN_1_0
const char *const   *pillion_http_response_get_header_names  (PillionHttpResponse *self);
PILLION_HTTP_AVAILABLE_IN_1_0
char                *pillion_http_response_dup_link          (PillionHttpResponse *self,
                                                              const char          *relation);
PILLION_HTTP_AVAILABLE_IN_1_0
GBytes              *pillion_http_response_get_body          (PillionHttpResponse *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const guint8        *pillion_http_response_peek_body         (PillionHttpResponse *self,
                                                              gsize                max,
                                                              gsize               *size);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean             pillion_http_response_is_body_truncated (PillionHttpResponse *self);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean             pillion_http_response_is_from_cache     (PillionHttpResponse *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const GError        *pillion_http_response_get_network_error (PillionHttpResponse *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                 pillion_http_response_remove_from_cache (PillionHttpResponse *self);
PILLION_HTTP_AVAILABLE_IN_1_0
char                *pillion_http_response_dup_text          (PillionHttpResponse *self,
                                                              GError             **error);

PILLION_HTTP_AVAILABLE_IN_1_0
GPtrArray           *pillion_http_response_get_history       (PillionHttpResponse *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char          *pillion_http_response_get_http_version  (PillionHttpResponse *self);
PILLION_HTTP_AVAILABLE_IN_1_0
GSocketAddress      *pillion_http_response_get_peer          (PillionHttpResponse *self);
PILLION_HTTP_AVAILABLE_IN_1_0
GTimeSpan            pillion_http_response_get_elapsed       (PillionHttpResponse *self,
                                                              PillionHttpPhase     phase);

G_END_DECLS
