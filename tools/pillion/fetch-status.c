/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fetch-status.h"

#include <pillion-http/pillion-http.h>

static ExitCode
from_http_error (int code)
{
  switch ((PillionHttpError) code)
    {
    case PILLION_HTTP_ERROR_INVALID_URL:
    case PILLION_HTTP_ERROR_UNSUPPORTED_SCHEME:
      return EXIT_URL;
    case PILLION_HTTP_ERROR_PROTOCOL:
      return EXIT_PROTOCOL;
    case PILLION_HTTP_ERROR_TRUNCATED:
    case PILLION_HTTP_ERROR_LENGTH_MISMATCH:
      return EXIT_PARTIAL;
    case PILLION_HTTP_ERROR_DIGEST_MISMATCH:
      return EXIT_DIGEST;
    case PILLION_HTTP_ERROR_PROXY:
      return EXIT_PROXY;
    case PILLION_HTTP_ERROR_PIN_MISMATCH:
      return EXIT_PIN;
    case PILLION_HTTP_ERROR_INVALID_SETTING:
    case PILLION_HTTP_ERROR_INVALID_REQUEST:
      return EXIT_USAGE;
    case PILLION_HTTP_ERROR_REDIRECT:
      return EXIT_REDIRECT;
    case PILLION_HTTP_ERROR_INVALID_COOKIE:
    case PILLION_HTTP_ERROR_INVALID_JSON:
    case PILLION_HTTP_ERROR_TOO_LARGE:
    case PILLION_HTTP_ERROR_UNAVAILABLE:
    case PILLION_HTTP_ERROR_NOT_REWINDABLE: /* everything that is sent can be read again */
    default:
      return EXIT_SOME_FAILED;
    }
}

/* Errors that a socket and a disk both have are those of the disk: the library tells those of a socket in the others' codes. */
static ExitCode
from_io_error (int code)
{
  switch (code)
    {
    case G_IO_ERROR_CONNECTION_REFUSED:
    case G_IO_ERROR_HOST_UNREACHABLE:
    case G_IO_ERROR_NETWORK_UNREACHABLE:
    case G_IO_ERROR_HOST_NOT_FOUND:
      return EXIT_CONNECT;
    case G_IO_ERROR_TIMED_OUT:
      return EXIT_TIMEOUT;
    case G_IO_ERROR_CONNECTION_CLOSED:
    case G_IO_ERROR_NOT_CONNECTED:
      return EXIT_PARTIAL;
    case G_IO_ERROR_PROXY_FAILED:
    case G_IO_ERROR_PROXY_AUTH_FAILED:
    case G_IO_ERROR_PROXY_NEED_AUTH:
    case G_IO_ERROR_PROXY_NOT_ALLOWED:
      return EXIT_PROXY;
    case G_IO_ERROR_CANCELLED:
      return EXIT_INTERRUPTED;
    case G_IO_ERROR_NO_SPACE:
    case G_IO_ERROR_PERMISSION_DENIED:
    case G_IO_ERROR_READ_ONLY:
    case G_IO_ERROR_NOT_FOUND:
    case G_IO_ERROR_EXISTS:
    case G_IO_ERROR_IS_DIRECTORY:
    case G_IO_ERROR_NOT_DIRECTORY:
    case G_IO_ERROR_NOT_REGULAR_FILE:
    case G_IO_ERROR_FILENAME_TOO_LONG:
    case G_IO_ERROR_INVALID_FILENAME:
    case G_IO_ERROR_TOO_MANY_LINKS:
    case G_IO_ERROR_TOO_MANY_OPEN_FILES:
      return EXIT_WRITE;
    default:
      return EXIT_SOME_FAILED;
    }
}

/* The exit status that tells what kind of failure it was */
ExitCode
fetch_status_from_error (const GError *error)
{
  if (error->domain == PILLION_HTTP_STATUS_ERROR)
    return EXIT_HTTP_STATUS;
  if (error->domain == PILLION_HTTP_ERROR)
    return from_http_error (error->code);
  if (error->domain == G_RESOLVER_ERROR)
    return EXIT_NAME_LOOKUP;
  if (error->domain == G_TLS_ERROR)
    return error->code == G_TLS_ERROR_BAD_CERTIFICATE ? EXIT_CERTIFICATE : EXIT_TLS;
  if (error->domain == G_IO_ERROR)
    return from_io_error (error->code);
  return EXIT_SOME_FAILED;
}
