/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-test-answer.h"

/* Gets the response (transfer full), once. On the loop's thread, or wherever an unanswered exchange is
 * finalized. */
typedef void (*PillionTestDeliverFunc) (PillionTestAnswer *answer,
                                        gpointer           data);

/* On any thread, like the next two functions, before anything else has a reference */
PillionHttpTestExchange *pillion_http_test_exchange_new       (const char              *method,
                                                               GUri                    *uri,
                                                               GBytes                  *body,
                                                               PillionTestDeliverFunc   deliver,
                                                               gpointer                 data);
void                     pillion_http_test_exchange_add_field (PillionHttpTestExchange *self,
                                                               const char              *name,
                                                               const char              *value);

/* Where its handler runs. @over_network: the client waits for another thread. @closing: cancelled when all connections end. */
void                     pillion_http_test_exchange_set_place (PillionHttpTestExchange *self,
                                                               PillionLoop             *loop,
                                                               gboolean                 over_network,
                                                               GCancellable            *closing);

/* On the loop's thread: whether the client's call waits for the handler now, and not for the network, so that the handler may wait
 * for a virtual clock */
void                     pillion_http_test_exchange_set_waits (PillionHttpTestExchange *self,
                                                               gboolean                 waits);

/* On the loop's thread, once: the handler is done. Sends the response, or closes the WebSocket if one was opened and
 * its handler had a task. */
void                     pillion_http_test_exchange_end       (PillionHttpTestExchange *self,
                                                               gboolean                 had_task);

/* On the loop's thread, before that: the handler has failed. The response has status 500, whatever it was, and a WebSocket is closed
 * with 1011. */
void                     pillion_http_test_exchange_fail      (PillionHttpTestExchange *self,
                                                               const GError            *error);

/* On the loop's thread: sends the body at a pace, for a transport without a network only. @data has to outlive the
 * exchange with the client, and @linger is how long its connection takes to close, in µs. */
void                     pillion_http_test_exchange_set_pace  (PillionHttpTestExchange *self,
                                                               PillionTestPace          pace,
                                                               gpointer                 data,
                                                               GTimeSpan                linger);
