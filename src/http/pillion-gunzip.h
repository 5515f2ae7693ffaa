/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* Takes the content codings of @value (a Content-Encoding header) off a whole body, which it takes. A body that is cut is
 * PILLION_ERROR_TRUNCATED, one that is broken or goes on after its end PILLION_ERROR_PROTOCOL. Returns NULL on error. */
GByteArray *pillion_http_decode (GByteArray  *body,
                                 const char  *value,
                                 GError     **error);
