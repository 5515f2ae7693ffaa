/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

gboolean units_parse_duration    (const char  *text,
                                  gint64      *usec,
                                  GError     **error);
gboolean units_parse_size        (const char  *text,
                                  gint64      *bytes);
gboolean units_is_sha256         (const char  *text);

char    *units_format_size       (gint64       bytes);
char    *units_format_rate       (double       bytes_per_second);
char    *units_format_usec       (gint64       usec);
char    *units_format_seconds    (double       seconds);
char    *units_format_time_left  (double       seconds);

G_END_DECLS
