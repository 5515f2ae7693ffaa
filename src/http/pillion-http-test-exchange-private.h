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

/* @query may be NULL. On any thread, like the next function, before anything else has a reference. */
PillionHttpTestExchange *pillion_http_test_exchange_new       (const char              *method,
                                                               const char              *path,
                                                               const char              *query,
                                                               GBytes                  *body,
                                                               PillionTestDeliverFunc   deliver,
                                                               gpointer                 data);
void                     pillion_http_test_exchange_add_field (PillionHttpTestExchange *self,
                                                               const char              *name,
                                                               const char              *value);

/* On the loop's thread, once: sends the response */
void                     pillion_http_test_exchange_send      (PillionHttpTestExchange *self);

/* On the loop's thread. Turns it into a response with status 500, whatever it was. */
void                     pillion_http_test_exchange_fail      (PillionHttpTestExchange *self,
                                                               const char              *message);
