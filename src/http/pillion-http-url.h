/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* An absolute URL as a user gives it, or PILLION_HTTP_ERROR_INVALID_URL */
GUri    *pillion_http_parse_url             (const char  *url,
                                             GError     **error);

/* Begins an error's message with the URL that it is about, unless that is empty */
void     pillion_http_prefix_url            (GError     **error,
                                             const char  *url);

/* A URL as a user gives it, which may be relative to @base unless that is NULL. What can't be resolved stays as it is. */
char    *pillion_http_join_url              (const char  *base,
                                             const char  *url);

/* Where a Location header leads from @base (RFC 9110, section 10.2.2), or PILLION_HTTP_ERROR_PROTOCOL */
GUri    *pillion_http_resolve               (GUri        *base,
                                             const char  *location,
                                             GError     **error);

/* Whether it is http or https and has a host; else PILLION_HTTP_ERROR_UNSUPPORTED_SCHEME or PILLION_HTTP_ERROR_INVALID_URL */
gboolean pillion_http_check_uri             (GUri        *uri,
                                             GError     **error);

/* Scheme, host and port. A string with references, because much of what a call does has one. */
GRefString *pillion_http_uri_get_origin     (GUri        *uri);

/* The URL without user and password, byte for byte otherwise: see pillion_http_redact_url () */
char    *pillion_http_strip_user            (const char  *url);
