/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <pillion/pillion.h>

#include <pillion-http/pillion-http-version.h>
#include <pillion-http/pillion-http-web-socket.h>

G_BEGIN_DECLS

#define PILLION_HTTP_TYPE_TEST_EXCHANGE (pillion_http_test_exchange_get_type ())
PILLION_HTTP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionHttpTestExchange, pillion_http_test_exchange, PILLION_HTTP, TEST_EXCHANGE, GObject)

PILLION_HTTP_AVAILABLE_IN_1_0
const char *pillion_http_test_exchange_get_method (PillionHttpTestExchange *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char *pillion_http_test_exchange_get_path   (PillionHttpTestExchange *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char *pillion_http_test_exchange_get_query  (PillionHttpTestExchange *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char *pillion_http_test_exchange_get_header (PillionHttpTestExchange *self,
                                                   const char              *name);
PILLION_HTTP_AVAILABLE_IN_1_0
GBytes     *pillion_http_test_exchange_get_body   (PillionHttpTestExchange *self);

PILLION_HTTP_AVAILABLE_IN_1_0
void        pillion_http_test_exchange_set_status (PillionHttpTestExchange *self,
                                                   guint                    status);
PILLION_HTTP_AVAILABLE_IN_1_0
void        pillion_http_test_exchange_add_header (PillionHttpTestExchange *self,
                                                   const char              *name,
                                                   const char              *value);
PILLION_HTTP_AVAILABLE_IN_1_0
void        pillion_http_test_exchange_set_body   (PillionHttpTestExchange *self,
                                                   GBytes                  *body,
                                                   const char              *content_type);
PILLION_HTTP_AVAILABLE_IN_1_0
void        pillion_http_test_exchange_set_text   (PillionHttpTestExchange *self,
                                                   const char              *text,
                                                   const char              *content_type);
PILLION_HTTP_AVAILABLE_IN_1_0
void        pillion_http_test_exchange_set_delay  (PillionHttpTestExchange *self,
                                                   GTimeSpan                delay);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpWebSocket *pillion_http_test_exchange_accept_web_socket (PillionHttpTestExchange  *self,
                                                                    const char               *protocol,
                                                                    GError                  **error);
PILLION_HTTP_AVAILABLE_IN_1_0
void        pillion_http_test_exchange_set_mute   (PillionHttpTestExchange *self,
                                                   gboolean                 mute);
PILLION_HTTP_AVAILABLE_IN_1_0
void        pillion_http_test_exchange_cut        (PillionHttpTestExchange *self,
                                                   gsize                    n_bytes);
PILLION_HTTP_AVAILABLE_IN_1_0
void        pillion_http_test_exchange_reset      (PillionHttpTestExchange *self,
                                                   gsize                    n_bytes);

G_END_DECLS
