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

/**
 * PILLION_HTTP_ERROR:
 *
 * The domain of the errors in [error@PillionHttp.Error].
 *
 * Since: 1.0
 */
#define PILLION_HTTP_ERROR (pillion_http_error_quark ())

/**
 * PILLION_HTTP_STATUS_ERROR:
 *
 * The domain of the errors that an HTTP server answers with: the code is the status (404, 503…) itself.
 *
 * Since: 1.0
 */
#define PILLION_HTTP_STATUS_ERROR (pillion_http_status_error_quark ())

/**
 * PillionHttpError:
 * @PILLION_HTTP_ERROR_INVALID_URL: the text is not an absolute URL
 * @PILLION_HTTP_ERROR_UNSUPPORTED_SCHEME: the URL's scheme is neither `http` nor `https`
 * @PILLION_HTTP_ERROR_PROTOCOL: the server broke the protocol
 * @PILLION_HTTP_ERROR_TRUNCATED: the response ended early
 * @PILLION_HTTP_ERROR_LENGTH_MISMATCH: the body does not have the announced length
 * @PILLION_HTTP_ERROR_DIGEST_MISMATCH: the body does not have the expected SHA-256 digest
 * @PILLION_HTTP_ERROR_INVALID_JSON: the body is not valid JSON
 * @PILLION_HTTP_ERROR_TOO_LARGE: a body, a line or an event is larger than its limit
 * @PILLION_HTTP_ERROR_UNAVAILABLE: HTTP cannot be used in this process, because it has loaded libsoup 2, or because libsoup 3 is not
 *   installed
 * @PILLION_HTTP_ERROR_INVALID_REQUEST: the request has a method, a header field or a body that cannot be sent
 * @PILLION_HTTP_ERROR_REDIRECT: the server redirects, and the request does not allow that, or not so often
 * @PILLION_HTTP_ERROR_NOT_REWINDABLE: the body of the request would have to be sent again, but it can be read only once
 * @PILLION_HTTP_ERROR_INVALID_COOKIE: a cookie cannot be kept, or a file with cookies has something else in it
 * @PILLION_HTTP_ERROR_INVALID_SETTING: the client is set to something that is not valid, such as a certificate without its key
 * @PILLION_HTTP_ERROR_PIN_MISMATCH: the public key of the server is not one of the pinned keys
 * @PILLION_HTTP_ERROR_NOT_WEB_SOCKET: the server does not speak WebSocket
 * @PILLION_HTTP_ERROR_WEB_SOCKET_CLOSED: the server closed a WebSocket with a code that tells of a failure
 * @PILLION_HTTP_ERROR_PROXY: the proxy is not usable: it refuses, wants other credentials, or does not speak its protocol
 * @PILLION_HTTP_ERROR_NOT_CACHED: the request or the client allows nothing but the cache, which has no response that can be used
 *
 * What can go wrong with a transfer, on our side of the connection or on the way. What the server refuses is an
 * [error@PillionHttp.StatusError] instead. Errors of the network, of TLS and of the disk keep the domains that GIO gives them
 * (`G_IO_ERROR`, `G_RESOLVER_ERROR`, `G_TLS_ERROR`), and cancellation is `G_IO_ERROR_CANCELLED`.
 *
 * Since: 1.0
 */
typedef enum
{
  PILLION_HTTP_ERROR_INVALID_URL,
  PILLION_HTTP_ERROR_UNSUPPORTED_SCHEME,
  PILLION_HTTP_ERROR_PROTOCOL,
  PILLION_HTTP_ERROR_TRUNCATED,
  PILLION_HTTP_ERROR_LENGTH_MISMATCH,
  PILLION_HTTP_ERROR_DIGEST_MISMATCH,
  PILLION_HTTP_ERROR_INVALID_JSON,
  PILLION_HTTP_ERROR_TOO_LARGE,
  PILLION_HTTP_ERROR_UNAVAILABLE,
  PILLION_HTTP_ERROR_INVALID_REQUEST,
  PILLION_HTTP_ERROR_REDIRECT,
  PILLION_HTTP_ERROR_NOT_REWINDABLE,
  PILLION_HTTP_ERROR_INVALID_COOKIE,
  PILLION_HTTP_ERROR_INVALID_SETTING,
  PILLION_HTTP_ERROR_PIN_MISMATCH,
  PILLION_HTTP_ERROR_NOT_WEB_SOCKET,
  PILLION_HTTP_ERROR_WEB_SOCKET_CLOSED,
  PILLION_HTTP_ERROR_PROXY,
  PILLION_HTTP_ERROR_NOT_CACHED,
} PillionHttpError;

/**
 * PillionHttpStatusError:
 * @PILLION_HTTP_STATUS_ERROR_BAD_REQUEST: 400: the request makes no sense to the server
 * @PILLION_HTTP_STATUS_ERROR_UNAUTHORIZED: 401: credentials are missing or wrong
 * @PILLION_HTTP_STATUS_ERROR_PAYMENT_REQUIRED: 402: reserved for payments
 * @PILLION_HTTP_STATUS_ERROR_FORBIDDEN: 403: the server refuses
 * @PILLION_HTTP_STATUS_ERROR_NOT_FOUND: 404: there is no such resource
 * @PILLION_HTTP_STATUS_ERROR_METHOD_NOT_ALLOWED: 405: the resource does not know the method
 * @PILLION_HTTP_STATUS_ERROR_NOT_ACCEPTABLE: 406: there is no form of the resource that was asked for
 * @PILLION_HTTP_STATUS_ERROR_PROXY_AUTHENTICATION_REQUIRED: 407: the proxy wants credentials
 * @PILLION_HTTP_STATUS_ERROR_REQUEST_TIMEOUT: 408: the server waited too long for the request
 * @PILLION_HTTP_STATUS_ERROR_CONFLICT: 409: the resource is in another state than the request needs
 * @PILLION_HTTP_STATUS_ERROR_GONE: 410: the resource is gone for good
 * @PILLION_HTTP_STATUS_ERROR_LENGTH_REQUIRED: 411: the server wants a length
 * @PILLION_HTTP_STATUS_ERROR_PRECONDITION_FAILED: 412: a condition of the request does not hold
 * @PILLION_HTTP_STATUS_ERROR_CONTENT_TOO_LARGE: 413: the content of the request is too large
 * @PILLION_HTTP_STATUS_ERROR_URI_TOO_LONG: 414: the URL is too long
 * @PILLION_HTTP_STATUS_ERROR_UNSUPPORTED_MEDIA_TYPE: 415: the content of the request is of the wrong type
 * @PILLION_HTTP_STATUS_ERROR_RANGE_NOT_SATISFIABLE: 416: the resource does not have the range that was asked for
 * @PILLION_HTTP_STATUS_ERROR_EXPECTATION_FAILED: 417: an expectation of the request cannot be met
 * @PILLION_HTTP_STATUS_ERROR_MISDIRECTED_REQUEST: 421: this server does not answer for that host
 * @PILLION_HTTP_STATUS_ERROR_UNPROCESSABLE_CONTENT: 422: the content of the request cannot be processed
 * @PILLION_HTTP_STATUS_ERROR_UPGRADE_REQUIRED: 426: the server wants another protocol
 * @PILLION_HTTP_STATUS_ERROR_TOO_MANY_REQUESTS: 429: too many requests in a given time
 * @PILLION_HTTP_STATUS_ERROR_INTERNAL_SERVER_ERROR: 500: the server failed
 * @PILLION_HTTP_STATUS_ERROR_NOT_IMPLEMENTED: 501: the server does not know the method
 * @PILLION_HTTP_STATUS_ERROR_BAD_GATEWAY: 502: a server behind the server answered wrongly
 * @PILLION_HTTP_STATUS_ERROR_SERVICE_UNAVAILABLE: 503: the server is overloaded or down for now
 * @PILLION_HTTP_STATUS_ERROR_GATEWAY_TIMEOUT: 504: a server behind the server did not answer in time
 * @PILLION_HTTP_STATUS_ERROR_HTTP_VERSION_NOT_SUPPORTED: 505: the server does not speak this version of HTTP
 *
 * Names for what HTTP servers refuse with ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-15), sections 15.5
 * and 15.6; 429 is RFC 6585's). The code of a [error@PillionHttp.StatusError] is always the status itself, also if it has
 * no name here.
 *
 * Since: 1.0
 */
typedef enum
{
  PILLION_HTTP_STATUS_ERROR_BAD_REQUEST = 400,
  PILLION_HTTP_STATUS_ERROR_UNAUTHORIZED = 401,
  PILLION_HTTP_STATUS_ERROR_PAYMENT_REQUIRED = 402,
  PILLION_HTTP_STATUS_ERROR_FORBIDDEN = 403,
  PILLION_HTTP_STATUS_ERROR_NOT_FOUND = 404,
  PILLION_HTTP_STATUS_ERROR_METHOD_NOT_ALLOWED = 405,
  PILLION_HTTP_STATUS_ERROR_NOT_ACCEPTABLE = 406,
  PILLION_HTTP_STATUS_ERROR_PROXY_AUTHENTICATION_REQUIRED = 407,
  PILLION_HTTP_STATUS_ERROR_REQUEST_TIMEOUT = 408,
  PILLION_HTTP_STATUS_ERROR_CONFLICT = 409,
  PILLION_HTTP_STATUS_ERROR_GONE = 410,
  PILLION_HTTP_STATUS_ERROR_LENGTH_REQUIRED = 411,
  PILLION_HTTP_STATUS_ERROR_PRECONDITION_FAILED = 412,
  PILLION_HTTP_STATUS_ERROR_CONTENT_TOO_LARGE = 413,
  PILLION_HTTP_STATUS_ERROR_URI_TOO_LONG = 414,
  PILLION_HTTP_STATUS_ERROR_UNSUPPORTED_MEDIA_TYPE = 415,
  PILLION_HTTP_STATUS_ERROR_RANGE_NOT_SATISFIABLE = 416,
  PILLION_HTTP_STATUS_ERROR_EXPECTATION_FAILED = 417,
  PILLION_HTTP_STATUS_ERROR_MISDIRECTED_REQUEST = 421,
  PILLION_HTTP_STATUS_ERROR_UNPROCESSABLE_CONTENT = 422,
  PILLION_HTTP_STATUS_ERROR_UPGRADE_REQUIRED = 426,
  PILLION_HTTP_STATUS_ERROR_TOO_MANY_REQUESTS = 429,
  PILLION_HTTP_STATUS_ERROR_INTERNAL_SERVER_ERROR = 500,
  PILLION_HTTP_STATUS_ERROR_NOT_IMPLEMENTED = 501,
  PILLION_HTTP_STATUS_ERROR_BAD_GATEWAY = 502,
  PILLION_HTTP_STATUS_ERROR_SERVICE_UNAVAILABLE = 503,
  PILLION_HTTP_STATUS_ERROR_GATEWAY_TIMEOUT = 504,
  PILLION_HTTP_STATUS_ERROR_HTTP_VERSION_NOT_SUPPORTED = 505,
} PillionHttpStatusError;

PILLION_HTTP_AVAILABLE_IN_1_0
GQuark pillion_http_error_quark        (void);
PILLION_HTTP_AVAILABLE_IN_1_0
GQuark pillion_http_status_error_quark (void);

G_END_DECLS
