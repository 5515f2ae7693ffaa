/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-cache-store.h"

/* Where a cache is, and its store once it is open: the inside of a PillionHttpCache. For any thread. */
typedef struct _PillionCacheLocation PillionCacheLocation;

PillionCacheLocation *pillion_cache_location_new           (const char           *path,
                                                            guint64               max_size);
PillionCacheLocation *pillion_cache_location_ref           (PillionCacheLocation *self);
void                  pillion_cache_location_unref         (PillionCacheLocation *self);

const char           *pillion_cache_location_get_path      (PillionCacheLocation *self);

/* In bytes */
guint64               pillion_cache_location_get_max_size  (PillionCacheLocation *self);
void                  pillion_cache_location_set_max_size  (PillionCacheLocation *self,
                                                            guint64               max_size);

/* Returns the store, with a reference, or NULL: with the error if it could not be opened, or without one if nobody has tried to. Waits for nothing. */
PillionCacheStore    *pillion_cache_location_get_store     (PillionCacheLocation *self,
                                                            GError              **error);

/* Returns the store, with a reference, or NULL. Opens it first if need be, which waits for the disk. After an earlier failure it tries again if
 * @again, and otherwise returns that failure without waiting for anything. */
PillionCacheStore    *pillion_cache_location_open          (PillionCacheLocation *self,
                                                            gboolean              again,
                                                            GError              **error);

/* Likewise, but makes nothing: if there is no folder, or an empty one, it returns NULL without an error, and remembers nothing: if @again, not even an
 * earlier failure */
PillionCacheStore    *pillion_cache_location_open_existing (PillionCacheLocation *self,
                                                            gboolean              again,
                                                            GError              **error);
