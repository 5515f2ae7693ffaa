/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <pillion-http/pillion-http-test-server.h>

G_BEGIN_DECLS

#define PILLION_HTTP_TYPE_TEST_TRANSPORT (pillion_http_test_transport_get_type ())
PILLION_HTTP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionHttpTestTransport, pillion_http_test_transport, PILLION_HTTP, TEST_TRANSPORT, GObject)

PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpTestTransport *pillion_http_test_transport_new                 (PillionLoop              *loop);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionLoop              *pillion_http_test_transport_get_loop            (PillionHttpTestTransport *self);

PILLION_HTTP_AVAILABLE_IN_1_0
void                      pillion_http_test_transport_add_bytes           (PillionHttpTestTransport *self,
                                                                           const char               *url,
                                                                           GBytes                   *body,
                                                                           const char               *content_type);
PILLION_HTTP_AVAILABLE_IN_1_0
void                      pillion_http_test_transport_add_error           (PillionHttpTestTransport *self,
                                                                           const char               *url,
                                                                           const GError             *error);
PILLION_HTTP_AVAILABLE_IN_1_0
void                      pillion_http_test_transport_add_handler         (PillionHttpTestTransport *self,
                                                                           const char               *url,
                                                                           PillionHttpTestHandler    func,
                                                                           gpointer                  user_data,
                                                                           GDestroyNotify            destroy);
PILLION_HTTP_AVAILABLE_IN_1_0
guint                     pillion_http_test_transport_get_n_requests      (PillionHttpTestTransport *self,
                                                                           const char               *url);

/* The same with a closure, for language bindings */
PILLION_HTTP_AVAILABLE_IN_1_0
void                      pillion_http_test_transport_add_handler_closure (PillionHttpTestTransport *self,
                                                                           const char               *url,
                                                                           GClosure                 *closure);

G_END_DECLS
