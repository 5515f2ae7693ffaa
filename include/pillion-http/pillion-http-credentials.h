/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <pillion-http/pillion-http-challenge.h>

G_BEGIN_DECLS

#define PILLION_HTTP_TYPE_CREDENTIALS (pillion_http_credentials_get_type ())
PILLION_HTTP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionHttpCredentials, pillion_http_credentials, PILLION_HTTP, CREDENTIALS, GObject)

/**
 * PillionHttpRenewFunc:
 * @user_data: the data that was passed with the function
 *
 * Gets a token, on the thread of the loop that was passed with it.
 *
 * Returns: (transfer full) (nullable): a task whose result is a [class@PillionHttp.Credentials], or %NULL if there is no token
 *
 * Since: 1.0
 */
typedef PillionTask *(*PillionHttpRenewFunc) (gpointer user_data);

PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpCredentials *pillion_http_credentials_new        (const char *user,
                                                             const char *password);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpCredentials *pillion_http_credentials_new_basic  (const char *user,
                                                             const char *password);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpCredentials *pillion_http_credentials_new_bearer (const char *token,
                                                             GTimeSpan   lifetime);

PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpCredentials *pillion_http_credentials_new_renewing (PillionLoop          *loop,
                                                               PillionHttpRenewFunc  func,
                                                               gpointer              user_data,
                                                               GDestroyNotify        destroy);

/* The same with a closure, for language bindings */
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpCredentials *pillion_http_credentials_new_renewing_closure (PillionLoop *loop,
                                                                       GClosure    *closure);

PILLION_HTTP_AVAILABLE_IN_1_0
const char             *pillion_http_credentials_get_user   (PillionHttpCredentials *self);

G_END_DECLS
