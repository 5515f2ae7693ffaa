/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Colours that people with red-green colour blindness can tell apart, too */
#define BARS_GOOD "\033[36m"
#define BARS_BAD "\033[33m"
#define BARS_FAINT "\033[2m"
#define BARS_BOLD "\033[1m"
#define BARS_PLAIN "\033[0m"

void bars_append_progress  (GString      *string,
                            double        fraction,
                            guint         cells,
                            guint         step,
                            gboolean      colours);
void bars_append_amount    (GString      *string,
                            double        fraction,
                            guint         cells);
void bars_append_sparkline (GString      *string,
                            const gint64 *times,
                            guint         n,
                            double        limit,
                            gboolean      colours);

G_END_DECLS
