/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* Takes the content codings of @value (a Content-Encoding header) off a whole body, which it takes. A body that is cut is
 * PILLION_HTTP_ERROR_TRUNCATED, one that is broken or goes on after its end PILLION_HTTP_ERROR_PROTOCOL. Returns NULL on error.
 * A small body may become a very large one, so it looks at @cancellable as it goes. */
GByteArray *pillion_http_decode (GByteArray    *body,
                                 const char    *value,
                                 GCancellable  *cancellable,
                                 GError       **error);

/* The same for a body of which a part is good enough: what the part that is there decodes to, up to @max bytes. Sets
 * @whole to FALSE if that is not all. A body that is coded otherwise, or not as it says, stays as it is. */
GByteArray *pillion_http_decode_some (GByteArray *body,
                                      const char *value,
                                      gsize       max,
                                      gboolean   *whole);
