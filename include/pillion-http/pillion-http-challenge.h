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

#define PILLION_HTTP_TYPE_CHALLENGE (pillion_http_challenge_get_type ())
PILLION_HTTP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionHttpChallenge, pillion_http_challenge, PILLION_HTTP, CHALLENGE, GObject)

PILLION_HTTP_AVAILABLE_IN_1_0
const char *pillion_http_challenge_get_origin     (PillionHttpChallenge *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char *pillion_http_challenge_get_scheme     (PillionHttpChallenge *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char *pillion_http_challenge_get_realm      (PillionHttpChallenge *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char *pillion_http_challenge_get_parameter  (PillionHttpChallenge *self,
                                                   const char           *name);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean    pillion_http_challenge_get_is_proxy   (PillionHttpChallenge *self);
PILLION_HTTP_AVAILABLE_IN_1_0
guint       pillion_http_challenge_get_n_refused  (PillionHttpChallenge *self);

G_END_DECLS
