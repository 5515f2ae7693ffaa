/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

G_BEGIN_DECLS

void  fetch_heads_append_field (GString              *text,
                                const char           *prefix,
                                const char           *name,
                                const char           *value);
char *fetch_heads_format       (PillionHttpResponse  *response,
                                const char           *prefix);

G_END_DECLS
