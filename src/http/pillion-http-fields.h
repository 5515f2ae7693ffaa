/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* Parses the values of header fields. Section numbers are those of RFC 9110 unless another RFC is named. */

/* Content-Length (8.6): only digits, and the same number each time if it was sent repeatedly */
gboolean pillion_http_parse_content_length (const char *value,
                                            gint64     *length);

/* Content-Range (14.4) of a 206: "bytes first-last/total". @total is -1 if it is unknown. */
gboolean pillion_http_parse_content_range  (const char *value,
                                            gint64     *first,
                                            gint64     *last,
                                            gint64     *total);

/* Whether a token may contain this character (5.6.2) */
gboolean pillion_http_is_token_char        (char        c);

/* Whether the text is a token, like the name of a field or a method */
gboolean pillion_http_is_token             (const char *text);

/* Whether it is an entity tag that promises the very same bytes (8.8.3) */
gboolean pillion_http_is_strong_etag       (const char *etag);

/* Retry-After (10.2.3), in seconds or as a date: how long to wait from @now_usec, which is a real time; -1 if it is neither */
GTimeSpan pillion_http_parse_retry_after   (const char *value,
                                            gint64      now_usec);

/* Whether a list (5.6.1) contains this token, with or without parameters or a value */
gboolean pillion_http_has_element          (const char *list,
                                            const char *token);

/* The value of a parameter of a field such as Content-Type (5.6.6), or NULL */
char    *pillion_http_get_parameter        (const char *value,
                                            const char *name);

/* The value of an extended parameter (RFC 8187), @name without its asterisk, or NULL if there is none or it can't be decoded */
char    *pillion_http_get_extended_parameter (const char *value,
                                              const char *name);

/* Percent-decoded bytes; an encoded zero byte becomes U+0001 */
char    *pillion_http_unescape             (const char *text);
