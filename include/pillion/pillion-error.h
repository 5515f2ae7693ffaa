/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_INSIDE) && !defined (PILLION_COMPILATION)
#error "Only <pillion/pillion.h> can be included directly."
#endif

#include <pillion/pillion-types.h>

G_BEGIN_DECLS

/**
 * PILLION_ERROR:
 *
 * The domain of the errors in [error@Pillion.Error].
 *
 * Since: 1.0
 */
#define PILLION_ERROR (pillion_error_quark ())

/**
 * PILLION_HTTP_ERROR:
 *
 * The domain of errors that an HTTP server answered with: the code is the status (404, 503…) itself.
 *
 * Since: 1.0
 */
#define PILLION_HTTP_ERROR (pillion_http_error_quark ())

/**
 * PillionError:
 * @PILLION_ERROR_FAILED: something failed that has no code of its own
 * @PILLION_ERROR_CLOSED: the loop, the client, the scope or the queue was closed before
 * @PILLION_ERROR_WRONG_THREAD: called from another thread than the host's
 * @PILLION_ERROR_BUSY: the context is run by another thread, or the host is in a region in which nothing may be called
 * @PILLION_ERROR_NESTED: waiting here would wait for the frame that waits
 * @PILLION_ERROR_LEFT_BEHIND: at the deadline of a close something had not ended; the message names it
 * @PILLION_ERROR_HOST: the host could not install or does not hold the hook
 * @PILLION_ERROR_NAME_TAKEN: a hook of this name rides for another loop, or a scope or a task in it has the name
 * @PILLION_ERROR_WRONG_TYPE: the task's result is of another type than the one asked for
 * @PILLION_ERROR_NOT_DONE: the task has no result yet
 * @PILLION_ERROR_INVALID_URL: the text is no absolute URL
 * @PILLION_ERROR_UNSUPPORTED_SCHEME: the URL's scheme is neither `http` nor `https`
 * @PILLION_ERROR_PROTOCOL: the server broke the protocol
 * @PILLION_ERROR_TRUNCATED: the answer ended before it was whole
 * @PILLION_ERROR_LENGTH_MISMATCH: the body has another length than was announced
 * @PILLION_ERROR_DIGEST_MISMATCH: the body has another SHA-256 than was asked for
 * @PILLION_ERROR_UNSAFE_NAME: the server proposed a file name that could leave the folder
 * @PILLION_ERROR_INVALID_JSON: the body is no JSON
 * @PILLION_ERROR_NO_RESOURCES: a stack, or memory or a descriptor for it, was not to be had
 * @PILLION_ERROR_NOT_IN_FIBER: only a fiber can do this, on its loop's thread
 * @PILLION_ERROR_DEADLOCK: it would wait for itself, directly or by way of others
 * @PILLION_ERROR_NOTHING_GIVEN: of no tasks none can succeed, nor be the first
 * @PILLION_ERROR_OVER_RELEASED: more was given back, or ended, than had been taken, or begun
 *
 * What can go wrong in Pillion itself. Errors of the system, the network and TLS keep the domains that
 * GIO gives them (`G_IO_ERROR`, `G_RESOLVER_ERROR`, `G_TLS_ERROR`), a server's refusal is a
 * [error@Pillion.HttpError], and cancellation is `G_IO_ERROR_CANCELLED` everywhere.
 *
 * Since: 1.0
 */
typedef enum
{
  PILLION_ERROR_FAILED,
  PILLION_ERROR_CLOSED,
  PILLION_ERROR_WRONG_THREAD,
  PILLION_ERROR_BUSY,
  PILLION_ERROR_NESTED,
  PILLION_ERROR_LEFT_BEHIND,
  PILLION_ERROR_HOST,
  PILLION_ERROR_NAME_TAKEN,
  PILLION_ERROR_WRONG_TYPE,
  PILLION_ERROR_NOT_DONE,
  PILLION_ERROR_INVALID_URL,
  PILLION_ERROR_UNSUPPORTED_SCHEME,
  PILLION_ERROR_PROTOCOL,
  PILLION_ERROR_TRUNCATED,
  PILLION_ERROR_LENGTH_MISMATCH,
  PILLION_ERROR_DIGEST_MISMATCH,
  PILLION_ERROR_UNSAFE_NAME,
  PILLION_ERROR_INVALID_JSON,
  PILLION_ERROR_NO_RESOURCES,
  PILLION_ERROR_NOT_IN_FIBER,
  PILLION_ERROR_DEADLOCK,
  PILLION_ERROR_NOTHING_GIVEN,
  PILLION_ERROR_OVER_RELEASED,
} PillionError;

/**
 * PillionHttpError:
 * @PILLION_HTTP_ERROR_BAD_REQUEST: 400: the request makes no sense to the server
 * @PILLION_HTTP_ERROR_UNAUTHORIZED: 401: credentials are missing or wrong
 * @PILLION_HTTP_ERROR_PAYMENT_REQUIRED: 402: reserved for payments
 * @PILLION_HTTP_ERROR_FORBIDDEN: 403: the server refuses
 * @PILLION_HTTP_ERROR_NOT_FOUND: 404: there is no such resource
 * @PILLION_HTTP_ERROR_METHOD_NOT_ALLOWED: 405: the resource does not know the method
 * @PILLION_HTTP_ERROR_NOT_ACCEPTABLE: 406: there is no form of the resource that was asked for
 * @PILLION_HTTP_ERROR_PROXY_AUTHENTICATION_REQUIRED: 407: the proxy wants credentials
 * @PILLION_HTTP_ERROR_REQUEST_TIMEOUT: 408: the server waited too long for the request
 * @PILLION_HTTP_ERROR_CONFLICT: 409: the resource is in another state than the request needs
 * @PILLION_HTTP_ERROR_GONE: 410: the resource is gone for good
 * @PILLION_HTTP_ERROR_LENGTH_REQUIRED: 411: the server wants a length
 * @PILLION_HTTP_ERROR_PRECONDITION_FAILED: 412: a condition of the request does not hold
 * @PILLION_HTTP_ERROR_CONTENT_TOO_LARGE: 413: the content of the request is too large
 * @PILLION_HTTP_ERROR_URI_TOO_LONG: 414: the URL is too long
 * @PILLION_HTTP_ERROR_UNSUPPORTED_MEDIA_TYPE: 415: the content of the request is of the wrong type
 * @PILLION_HTTP_ERROR_RANGE_NOT_SATISFIABLE: 416: the resource does not have the range that was asked for
 * @PILLION_HTTP_ERROR_EXPECTATION_FAILED: 417: an expectation of the request can not be met
 * @PILLION_HTTP_ERROR_MISDIRECTED_REQUEST: 421: this server does not answer for that host
 * @PILLION_HTTP_ERROR_UNPROCESSABLE_CONTENT: 422: the content of the request can not be processed
 * @PILLION_HTTP_ERROR_UPGRADE_REQUIRED: 426: the server wants another protocol
 * @PILLION_HTTP_ERROR_TOO_MANY_REQUESTS: 429: too many requests in a given time
 * @PILLION_HTTP_ERROR_INTERNAL_SERVER_ERROR: 500: the server failed
 * @PILLION_HTTP_ERROR_NOT_IMPLEMENTED: 501: the server does not know the method
 * @PILLION_HTTP_ERROR_BAD_GATEWAY: 502: a server behind the server answered wrongly
 * @PILLION_HTTP_ERROR_SERVICE_UNAVAILABLE: 503: the server is overloaded or down for now
 * @PILLION_HTTP_ERROR_GATEWAY_TIMEOUT: 504: a server behind the server did not answer in time
 * @PILLION_HTTP_ERROR_HTTP_VERSION_NOT_SUPPORTED: 505: the server does not speak this version of HTTP
 *
 * Names for what HTTP servers refuse with ([RFC 9110](https://www.rfc-editor.org/rfc/rfc9110#section-15), sections 15.5
 * and 15.6; 429 is RFC 6585's). The code of a [error@Pillion.HttpError] is always the status itself, also where it has
 * no name here.
 *
 * Since: 1.0
 */
typedef enum
{
  PILLION_HTTP_ERROR_BAD_REQUEST = 400,
  PILLION_HTTP_ERROR_UNAUTHORIZED = 401,
  PILLION_HTTP_ERROR_PAYMENT_REQUIRED = 402,
  PILLION_HTTP_ERROR_FORBIDDEN = 403,
  PILLION_HTTP_ERROR_NOT_FOUND = 404,
  PILLION_HTTP_ERROR_METHOD_NOT_ALLOWED = 405,
  PILLION_HTTP_ERROR_NOT_ACCEPTABLE = 406,
  PILLION_HTTP_ERROR_PROXY_AUTHENTICATION_REQUIRED = 407,
  PILLION_HTTP_ERROR_REQUEST_TIMEOUT = 408,
  PILLION_HTTP_ERROR_CONFLICT = 409,
  PILLION_HTTP_ERROR_GONE = 410,
  PILLION_HTTP_ERROR_LENGTH_REQUIRED = 411,
  PILLION_HTTP_ERROR_PRECONDITION_FAILED = 412,
  PILLION_HTTP_ERROR_CONTENT_TOO_LARGE = 413,
  PILLION_HTTP_ERROR_URI_TOO_LONG = 414,
  PILLION_HTTP_ERROR_UNSUPPORTED_MEDIA_TYPE = 415,
  PILLION_HTTP_ERROR_RANGE_NOT_SATISFIABLE = 416,
  PILLION_HTTP_ERROR_EXPECTATION_FAILED = 417,
  PILLION_HTTP_ERROR_MISDIRECTED_REQUEST = 421,
  PILLION_HTTP_ERROR_UNPROCESSABLE_CONTENT = 422,
  PILLION_HTTP_ERROR_UPGRADE_REQUIRED = 426,
  PILLION_HTTP_ERROR_TOO_MANY_REQUESTS = 429,
  PILLION_HTTP_ERROR_INTERNAL_SERVER_ERROR = 500,
  PILLION_HTTP_ERROR_NOT_IMPLEMENTED = 501,
  PILLION_HTTP_ERROR_BAD_GATEWAY = 502,
  PILLION_HTTP_ERROR_SERVICE_UNAVAILABLE = 503,
  PILLION_HTTP_ERROR_GATEWAY_TIMEOUT = 504,
  PILLION_HTTP_ERROR_HTTP_VERSION_NOT_SUPPORTED = 505,
} PillionHttpError;

PILLION_AVAILABLE_IN_1_0
GQuark pillion_error_quark      (void);
PILLION_AVAILABLE_IN_1_0
GQuark pillion_http_error_quark (void);

G_END_DECLS
