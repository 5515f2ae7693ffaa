/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-call.h"

/* Has a worker find what @store has for @key, while @call waits, and then calls pillion_call_take_found (). Calls come back in the order in
 * which they came. @key: NULL if the call only has to wait for those before it. */
void     pillion_cache_lookups_add     (PillionHttpEngine *engine,
                                        PillionCall       *call,
                                        PillionCacheStore *store,
                                        const char        *key);

/* Whether any call waits for that */
gboolean pillion_cache_lookups_has_any (PillionHttpEngine *engine);
