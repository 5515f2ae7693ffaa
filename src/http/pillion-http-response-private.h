/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-cache-store.h"
#include "http/pillion-transport.h"

/* How much of a refusal's body is kept, in bytes, both coded and decoded */
#define PILLION_HTTP_RESPONSE_MAX_BODY (64 * 1024)

/* A response under construction: nothing else has it yet */
PillionHttpResponse *pillion_http_response_new        (guint                status,
                                                       const char          *reason,
                                                       GUri                *uri);

/* A field, after those of its name that came before it */
void                 pillion_http_response_add_header (PillionHttpResponse *self,
                                                       const char          *name,
                                                       const char          *value);

/* @begun: when the call was submitted; @started: when the request left the queue */
void                 pillion_http_response_set_details (PillionHttpResponse      *self,
                                                        const PillionHeadDetails *details,
                                                        gint64                    begun,
                                                        gint64                    started);

/* Responses that led to this one; a reference is taken, and the array must not change after that */
void                 pillion_http_response_set_history (PillionHttpResponse      *self,
                                                        GPtrArray                *history);

/* Where it may be stored; a reference is taken */
void                 pillion_http_response_set_store   (PillionHttpResponse *self,
                                                        PillionCacheStore   *store);

/* Why the cache made it (status 504), rather than a server */
void                 pillion_http_response_set_network_error (PillionHttpResponse *self,
                                                              const GError        *error);

/* Whether its body comes from the cache */
void                 pillion_http_response_set_from_cache (PillionHttpResponse *self,
                                                           gboolean             from_cache);

/* The body is complete now */
void                 pillion_http_response_set_ended  (PillionHttpResponse *self,
                                                          gint64               now);

/* Takes the body */
void                 pillion_http_response_take_body  (PillionHttpResponse *self,
                                                       GBytes              *body,
                                                       gboolean             truncated);

/* The error that carries it; a reference is taken */
GError              *pillion_http_response_to_error   (PillionHttpResponse *self);
