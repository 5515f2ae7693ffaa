/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <glib-object.h>

#include <pillion-http/pillion-http-version.h>

G_BEGIN_DECLS

#define PILLION_HTTP_TYPE_COOKIE (pillion_http_cookie_get_type ())

/**
 * PillionHttpSameSite:
 * @PILLION_HTTP_SAME_SITE_NONE: `None`, or the server did not say
 * @PILLION_HTTP_SAME_SITE_LAX: `Lax`
 * @PILLION_HTTP_SAME_SITE_STRICT: `Strict`
 *
 * What a server wants a browser to do with a cookie when another site causes the request. A client that shows no pages has no other sites,
 * so it makes no difference here.
 *
 * Since: 1.0
 */
typedef enum
{
  PILLION_HTTP_SAME_SITE_NONE,
  PILLION_HTTP_SAME_SITE_LAX,
  PILLION_HTTP_SAME_SITE_STRICT,
} PillionHttpSameSite;

typedef struct _PillionHttpCookie PillionHttpCookie;

/**
 * PillionHttpCookie:
 * @name: the name
 * @value: the value
 * @domain: the host that it is sent to, without a dot at the beginning
 * @path: the path below which it is sent
 * @expires_usec: when it expires, in µs since 1970 as in [func@GLib.get_real_time], or 0 if it ends with the session
 * @host_only: whether it is sent to @domain only, and not to the hosts below it
 * @secure: whether it is sent over HTTPS only
 * @http_only: whether the server wants it to be hidden from scripts
 * @same_site: what the server said about requests from other sites
 *
 * A cookie in a [class@PillionHttp.CookieJar].
 *
 * Since: 1.0
 */
struct _PillionHttpCookie
{
  char *name;
  char *value;
  char *domain;
  char *path;
  gint64 expires_usec;
  gboolean host_only;
  gboolean secure;
  gboolean http_only;
  PillionHttpSameSite same_site;
};

PILLION_HTTP_AVAILABLE_IN_1_0
GType              pillion_http_cookie_get_type (void);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpCookie *pillion_http_cookie_new      (const char              *name,
                                                 const char              *value,
                                                 const char              *domain,
                                                 const char              *path);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpCookie *pillion_http_cookie_copy     (const PillionHttpCookie *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void               pillion_http_cookie_free     (PillionHttpCookie       *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PillionHttpCookie, pillion_http_cookie_free)

G_END_DECLS
