/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-cache-location.h"

/* What the I/O thread uses of it; it belongs to the object */
PillionCacheLocation *pillion_http_cache_get_location (PillionHttpCache *self);
