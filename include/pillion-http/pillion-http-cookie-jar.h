/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <pillion/pillion.h>

#include <pillion-http/pillion-http-cookie.h>
#include <pillion-http/pillion-http-version.h>

G_BEGIN_DECLS

#define PILLION_HTTP_TYPE_COOKIE_JAR (pillion_http_cookie_jar_get_type ())
PILLION_HTTP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionHttpCookieJar, pillion_http_cookie_jar, PILLION_HTTP, COOKIE_JAR, GObject)

PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpCookieJar *pillion_http_cookie_jar_new                      (void);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpCookieJar *pillion_http_cookie_jar_new_for_file             (GFile                   *file);
PILLION_HTTP_AVAILABLE_IN_1_0
GFile                *pillion_http_cookie_jar_get_file                 (PillionHttpCookieJar    *self);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean              pillion_http_cookie_jar_get_save_session_cookies (PillionHttpCookieJar    *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                  pillion_http_cookie_jar_set_save_session_cookies (PillionHttpCookieJar    *self,
                                                                        gboolean                 save);

PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask          *pillion_http_cookie_jar_load                     (PillionHttpCookieJar    *self,
                                                                        PillionLoop             *loop,
                                                                        GCancellable            *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask          *pillion_http_cookie_jar_save                     (PillionHttpCookieJar    *self,
                                                                        PillionLoop             *loop,
                                                                        GCancellable            *cancellable);

PILLION_HTTP_AVAILABLE_IN_1_0
GPtrArray            *pillion_http_cookie_jar_list                     (PillionHttpCookieJar    *self,
                                                                        const char              *url,
                                                                        GError                 **error);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean              pillion_http_cookie_jar_add                      (PillionHttpCookieJar    *self,
                                                                        const PillionHttpCookie *cookie,
                                                                        GError                 **error);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean              pillion_http_cookie_jar_remove                   (PillionHttpCookieJar    *self,
                                                                        const PillionHttpCookie *cookie,
                                                                        GError                 **error);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean              pillion_http_cookie_jar_clear                    (PillionHttpCookieJar    *self,
                                                                        GError                 **error);

G_END_DECLS
