/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* Parses an absolute URL from a user, or sets PILLION_HTTP_ERROR_INVALID_URL */
GUri    *pillion_http_parse_url             (const char  *url,
                                             GError     **error);

/* Puts the URL before an error's message, unless it is empty */
void     pillion_http_prefix_url            (GError     **error,
                                             const char  *url);

/* Resolves a URL from a user, which may be relative to @base unless that is NULL. A URL that can't be
 * resolved stays as it is. */
char    *pillion_http_join_url              (const char  *base,
                                             const char  *url);

/* Resolves a Location field against @base (RFC 9110, section 10.2.2), or sets PILLION_HTTP_ERROR_PROTOCOL */
GUri    *pillion_http_resolve               (GUri        *base,
                                             const char  *location,
                                             GError     **error);

/* Whether it is http or https and has a host; else PILLION_HTTP_ERROR_UNSUPPORTED_SCHEME or PILLION_HTTP_ERROR_INVALID_URL */
gboolean pillion_http_check_uri             (GUri        *uri,
                                             GError     **error);

/* Scheme, host and port. A reference-counted string, because much of a call refers to it. */
GRefString *pillion_http_uri_get_origin     (GUri        *uri);

/* The URL without user and password, but otherwise byte for byte the same: see pillion_http_redact_url () */
char    *pillion_http_strip_user            (const char  *url);
