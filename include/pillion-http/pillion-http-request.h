/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <pillion/pillion.h>

#include <pillion-http/pillion-http-credentials.h>
#include <pillion-http/pillion-http-form.h>
#include <pillion-http/pillion-http-version.h>

G_BEGIN_DECLS

/**
 * PillionHttpRedirectPolicy:
 * @PILLION_HTTP_REDIRECT_POLICY_FOLLOW: follow redirects, to any server
 * @PILLION_HTTP_REDIRECT_POLICY_SAME_ORIGIN: follow redirects within one server (scheme, host and port); any other is an error
 * @PILLION_HTTP_REDIRECT_POLICY_ERROR: a redirect is an error
 * @PILLION_HTTP_REDIRECT_POLICY_MANUAL: a redirect is a response like any other, and no error
 *
 * What happens if a server redirects.
 *
 * Since: 1.0
 */
typedef enum
{
  PILLION_HTTP_REDIRECT_POLICY_FOLLOW,
  PILLION_HTTP_REDIRECT_POLICY_SAME_ORIGIN,
  PILLION_HTTP_REDIRECT_POLICY_ERROR,
  PILLION_HTTP_REDIRECT_POLICY_MANUAL,
} PillionHttpRedirectPolicy;

/**
 * PillionHttpPriority:
 * @PILLION_HTTP_PRIORITY_HIGH: before the others: somebody waits for it
 * @PILLION_HTTP_PRIORITY_NORMAL: the default
 * @PILLION_HTTP_PRIORITY_LOW: after the others: it may be needed later
 *
 * In which order requests leave the client's queue.
 *
 * Since: 1.0
 */
typedef enum
{
  PILLION_HTTP_PRIORITY_HIGH,
  PILLION_HTTP_PRIORITY_NORMAL,
  PILLION_HTTP_PRIORITY_LOW,
} PillionHttpPriority;

/**
 * PillionHttpCacheMode:
 * @PILLION_HTTP_CACHE_MODE_DEFAULT: what is stored and fresh answers the request; what is stale is validated first
 * @PILLION_HTTP_CACHE_MODE_NO_STORE: the request goes to the server as if there were no cache, and the response is not stored
 * @PILLION_HTTP_CACHE_MODE_RELOAD: the request goes to the server, and the response replaces what is stored
 * @PILLION_HTTP_CACHE_MODE_NO_CACHE: what is stored is validated first, even if it is fresh, unless the server has said that it is immutable
 *   as long as it is fresh
 * @PILLION_HTTP_CACHE_MODE_FORCE_CACHE: what is stored answers the request, even if it is stale; the server is asked only if nothing is
 *   stored
 * @PILLION_HTTP_CACHE_MODE_ONLY_IF_CACHED: what is stored answers the request, even if it is stale; if nothing is stored, the call fails with
 *   [error@PillionHttp.Error.NOT_CACHED]
 *
 * How a request uses the client's cache. The modes are those of the
 * [Fetch standard](https://fetch.spec.whatwg.org/#concept-request-cache-mode).
 *
 * A server can forbid the use of stale responses with `must-revalidate` or `no-cache`. Then no mode uses them.
 *
 * Since: 1.0
 */
typedef enum
{
  PILLION_HTTP_CACHE_MODE_DEFAULT,
  PILLION_HTTP_CACHE_MODE_NO_STORE,
  PILLION_HTTP_CACHE_MODE_RELOAD,
  PILLION_HTTP_CACHE_MODE_NO_CACHE,
  PILLION_HTTP_CACHE_MODE_FORCE_CACHE,
  PILLION_HTTP_CACHE_MODE_ONLY_IF_CACHED,
} PillionHttpCacheMode;

#define PILLION_HTTP_TYPE_REQUEST (pillion_http_request_get_type ())
PILLION_HTTP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionHttpRequest, pillion_http_request, PILLION_HTTP, REQUEST, GObject)

PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpRequest        *pillion_http_request_new                         (const char                *method,
                                                                             const char                *url);

PILLION_HTTP_AVAILABLE_IN_1_0
const char                *pillion_http_request_get_method                  (PillionHttpRequest        *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char                *pillion_http_request_get_url                     (PillionHttpRequest        *self);

PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_add_parameter               (PillionHttpRequest        *self,
                                                                             const char                *name,
                                                                             const char                *value);

PILLION_HTTP_AVAILABLE_IN_1_0
const char                *pillion_http_request_get_header                  (PillionHttpRequest        *self,
                                                                             const char                *name);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_header                  (PillionHttpRequest        *self,
                                                                             const char                *name,
                                                                             const char                *value);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_append_header               (PillionHttpRequest        *self,
                                                                             const char                *name,
                                                                             const char                *value);

PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_body                    (PillionHttpRequest        *self,
                                                                             GBytes                    *body,
                                                                             const char                *content_type);

PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_body_from_file          (PillionHttpRequest        *self,
                                                                             GFile                     *file,
                                                                             const char                *content_type);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_body_from_stream        (PillionHttpRequest        *self,
                                                                             GInputStream              *stream,
                                                                             gint64                     length,
                                                                             const char                *content_type);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_form                    (PillionHttpRequest        *self,
                                                                             PillionHttpForm           *form);

PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_accept_statuses             (PillionHttpRequest        *self,
                                                                             guint                      first,
                                                                             guint                      last);

PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpRedirectPolicy  pillion_http_request_get_redirect_policy         (PillionHttpRequest        *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_redirect_policy         (PillionHttpRequest        *self,
                                                                             PillionHttpRedirectPolicy  policy);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean                   pillion_http_request_get_allow_downgrade         (PillionHttpRequest        *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_allow_downgrade         (PillionHttpRequest        *self,
                                                                             gboolean                   allow);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean                   pillion_http_request_get_coalescing              (PillionHttpRequest        *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_coalescing              (PillionHttpRequest        *self,
                                                                             gboolean                   coalescing);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpCacheMode       pillion_http_request_get_cache_mode              (PillionHttpRequest        *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_cache_mode              (PillionHttpRequest        *self,
                                                                             PillionHttpCacheMode       mode);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpPriority        pillion_http_request_get_priority                (PillionHttpRequest        *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_priority                (PillionHttpRequest        *self,
                                                                             PillionHttpPriority        priority);
PILLION_HTTP_AVAILABLE_IN_1_0
gint64                     pillion_http_request_get_max_body_size           (PillionHttpRequest        *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_max_body_size           (PillionHttpRequest        *self,
                                                                             gint64                     max);
PILLION_HTTP_AVAILABLE_IN_1_0
GTimeSpan                  pillion_http_request_get_connect_timeout_usec    (PillionHttpRequest        *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_connect_timeout_usec    (PillionHttpRequest        *self,
                                                                             GTimeSpan                  timeout);
PILLION_HTTP_AVAILABLE_IN_1_0
GTimeSpan                  pillion_http_request_get_first_byte_timeout_usec (PillionHttpRequest        *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_first_byte_timeout_usec (PillionHttpRequest        *self,
                                                                             GTimeSpan                  timeout);
PILLION_HTTP_AVAILABLE_IN_1_0
GTimeSpan                  pillion_http_request_get_idle_timeout_usec       (PillionHttpRequest        *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_idle_timeout_usec       (PillionHttpRequest        *self,
                                                                             GTimeSpan                  timeout);
PILLION_HTTP_AVAILABLE_IN_1_0
GTimeSpan                  pillion_http_request_get_total_timeout_usec      (PillionHttpRequest        *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_total_timeout_usec      (PillionHttpRequest        *self,
                                                                             GTimeSpan                  timeout);
PILLION_HTTP_AVAILABLE_IN_1_0
gint64                     pillion_http_request_get_rate_limit              (PillionHttpRequest        *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_rate_limit              (PillionHttpRequest        *self,
                                                                             gint64                     rate);
PILLION_HTTP_AVAILABLE_IN_1_0
gint64                     pillion_http_request_get_lowest_rate             (PillionHttpRequest        *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_lowest_rate             (PillionHttpRequest        *self,
                                                                             gint64                     rate);
PILLION_HTTP_AVAILABLE_IN_1_0
int                        pillion_http_request_get_max_retries             (PillionHttpRequest        *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_max_retries             (PillionHttpRequest        *self,
                                                                             int                        max);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpCredentials    *pillion_http_request_get_credentials             (PillionHttpRequest        *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_credentials             (PillionHttpRequest        *self,
                                                                             PillionHttpCredentials    *credentials);
PILLION_HTTP_AVAILABLE_IN_1_0
gboolean                   pillion_http_request_get_use_credentials         (PillionHttpRequest        *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_use_credentials         (PillionHttpRequest        *self,
                                                                             gboolean                   use_credentials);
PILLION_HTTP_AVAILABLE_IN_1_0
guint                      pillion_http_request_get_max_redirects           (PillionHttpRequest        *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void                       pillion_http_request_set_max_redirects           (PillionHttpRequest        *self,
                                                                             guint                      max);

G_END_DECLS
