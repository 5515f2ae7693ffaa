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
GBytes              *pillion_http_response_get_body          (PillionHttpResponse *self);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean             pillion_http_response_is_body_truncated (PillionHttpResponse *self);

G_END_DECLS
