/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* Dates in header fields (RFC 9110, section 5.6.7), in seconds since the epoch. Case does not matter; everything else has to be exactly
 * right. */

/* The one form that is not obsolete */
gboolean pillion_http_parse_date     (const char *value,
                                      gint64     *seconds);

/* Any of the three forms. @now decides which century a year with two digits belongs to. */
gboolean pillion_http_parse_any_date (const char *value,
                                      gint64      now,
                                      gint64     *seconds);

/* Writes a date in the form that is not obsolete. Returns NULL for a time that has no such form. */
char    *pillion_http_format_date    (gint64      seconds);

/* Whether a Last-Modified date is old enough, compared with the response's Date, to be as good as a strong entity tag (RFC 9110, section
 * 8.8.2.2) */
gboolean pillion_http_is_strong_date (const char *last_modified,
                                      const char *date);
