/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#if !defined (PILLION_HTTP_INSIDE) && !defined (PILLION_HTTP_COMPILATION)
#error "Only <pillion-http/pillion-http.h> can be included directly."
#endif

#include <pillion/pillion.h>

#include <pillion-http/pillion-http-version.h>

G_BEGIN_DECLS

#define PILLION_HTTP_TYPE_PART (pillion_http_part_get_type ())
PILLION_HTTP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionHttpPart, pillion_http_part, PILLION_HTTP, PART, GObject)

PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask *pillion_http_part_list         (PillionLoop     *loop,
                                             GFile           *folder,
                                             GCancellable    *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask *pillion_http_part_remove       (PillionHttpPart *self,
                                             PillionLoop     *loop,
                                             GCancellable    *cancellable);

PILLION_HTTP_AVAILABLE_IN_1_0
GFile       *pillion_http_part_get_file     (PillionHttpPart *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char  *pillion_http_part_get_url      (PillionHttpPart *self);
PILLION_HTTP_AVAILABLE_IN_1_0
const char  *pillion_http_part_get_name     (PillionHttpPart *self);
PILLION_HTTP_AVAILABLE_IN_1_0
gint64       pillion_http_part_get_size     (PillionHttpPart *self);
PILLION_HTTP_AVAILABLE_IN_1_0
gint64       pillion_http_part_get_length   (PillionHttpPart *self);
PILLION_HTTP_AVAILABLE_IN_1_0
GDateTime   *pillion_http_part_get_modified (PillionHttpPart *self);

G_END_DECLS
