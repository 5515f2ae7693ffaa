/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <pillion-http/pillion-http-test-exchange.h>

G_BEGIN_DECLS

#define PILLION_HTTP_TYPE_TEST_SERVER (pillion_http_test_server_get_type ())
PILLION_HTTP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionHttpTestServer, pillion_http_test_server, PILLION_HTTP, TEST_SERVER, GObject)

/**
 * PillionHttpTestHandler:
 * @exchange: the request, and the response to be
 * @user_data: the data that was passed with the function
 *
 * Answers a request, on the thread of the server's loop.
 *
 * Returns: (transfer full) (nullable): a task after whose end the response is sent, or `NULL` to send it now
 *
 * Since: 1.0
 */
typedef PillionTask *(*PillionHttpTestHandler) (PillionHttpTestExchange *exchange,
                                                gpointer                 user_data);

PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpTestServer *pillion_http_test_server_new                 (PillionLoop            *loop,
                                                                     GError                **error);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionLoop           *pillion_http_test_server_get_loop            (PillionHttpTestServer  *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char            *pillion_http_test_server_get_url             (PillionHttpTestServer  *self);

PILLION_HTTP_AVAILABLE_IN_1_0
void                   pillion_http_test_server_add_bytes           (PillionHttpTestServer  *self,
                                                                     const char             *path,
                                                                     GBytes                 *body,
                                                                     const char             *content_type);
PILLION_HTTP_AVAILABLE_IN_1_0
void                   pillion_http_test_server_add_handler         (PillionHttpTestServer  *self,
                                                                     const char             *path,
                                                                     PillionHttpTestHandler  func,
                                                                     gpointer                user_data,
                                                                     GDestroyNotify          destroy);
PILLION_HTTP_AVAILABLE_IN_1_0
guint                  pillion_http_test_server_get_n_requests      (PillionHttpTestServer  *self,
                                                                     const char             *path);
PILLION_HTTP_AVAILABLE_IN_1_0
void                   pillion_http_test_server_close               (PillionHttpTestServer  *self);

/* The same with a closure, for language bindings */
PILLION_HTTP_AVAILABLE_IN_1_0
void                   pillion_http_test_server_add_handler_closure (PillionHttpTestServer  *self,
                                                                     const char             *path,
                                                                     GClosure               *closure);

G_END_DECLS
