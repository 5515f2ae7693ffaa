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

#define PILLION_HTTP_TYPE_CACHE (pillion_http_cache_get_type ())
PILLION_HTTP_AVAILABLE_IN_1_0
G_DECLARE_FINAL_TYPE (PillionHttpCache, pillion_http_cache, PILLION_HTTP, CACHE, GObject)

PILLION_HTTP_AVAILABLE_IN_1_0
PillionHttpCache *pillion_http_cache_new          (const char       *path);

PILLION_HTTP_AVAILABLE_IN_1_0
const char       *pillion_http_cache_get_path     (PillionHttpCache *self);
PILLION_HTTP_AVAILABLE_IN_1_0
gint64            pillion_http_cache_get_max_size (PillionHttpCache *self);
PILLION_HTTP_AVAILABLE_IN_1_0
void              pillion_http_cache_set_max_size (PillionHttpCache *self,
                                                   gint64            size);

PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask      *pillion_http_cache_open         (PillionHttpCache *self,
                                                   PillionLoop      *loop,
                                                   GCancellable     *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask      *pillion_http_cache_remove       (PillionHttpCache *self,
                                                   const char       *url,
                                                   PillionLoop      *loop,
                                                   GCancellable     *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask      *pillion_http_cache_clear        (PillionHttpCache *self,
                                                   PillionLoop      *loop,
                                                   GCancellable     *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask      *pillion_http_cache_flush        (PillionHttpCache *self,
                                                   PillionLoop      *loop,
                                                   GCancellable     *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask      *pillion_http_cache_list         (PillionHttpCache *self,
                                                   const char       *url,
                                                   PillionLoop      *loop,
                                                   GCancellable     *cancellable);
PILLION_HTTP_AVAILABLE_IN_1_0
PillionTask      *pillion_http_cache_verify       (PillionHttpCache *self,
                                                   PillionLoop      *loop,
                                                   GCancellable     *cancellable);

G_END_DECLS
