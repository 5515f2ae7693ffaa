/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-http-engine.h"
#include "http/pillion-transport.h"

/* Sends a request for the sake of the cache alone, while its program already has a stale response (RFC 5861, section 3). The request is
 * copied. If the same one is under way, nothing is sent. */
void pillion_cache_refresh (PillionHttpEngine       *engine,
                            const PillionWireRequest *request);
