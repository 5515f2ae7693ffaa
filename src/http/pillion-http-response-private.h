/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

/* How much of a refusal's body is kept, in bytes, as it came and decoded */
#define PILLION_HTTP_RESPONSE_MAX_BODY (64 * 1024)

/* A response under construction: nothing else has it yet */
PillionHttpResponse *pillion_http_response_new        (guint                status,
                                                       const char          *reason,
                                                       const char          *url);

/* A field, after those of its name that came before it */
void                 pillion_http_response_add_header (PillionHttpResponse *self,
                                                       const char          *name,
                                                       const char          *value);

/* Takes the body */
void                 pillion_http_response_take_body  (PillionHttpResponse *self,
                                                       GByteArray          *body,
                                                       gboolean             truncated);

/* The error that carries it; a reference is taken */
GError              *pillion_http_response_to_error   (PillionHttpResponse *self);
