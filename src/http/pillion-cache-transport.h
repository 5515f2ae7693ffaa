/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-http-engine.h"

/* The cache, between the requests and the network: a transport on top of the engine's own. It answers with what is stored, validates it, and
 * stores what is received. What it does is decided by pillion-cache-policy.h.
 *
 * A request that is local has no place in the queue, and its exchange is NULL if it needs the network. Made when it is first needed; it
 * belongs to the engine. */
PillionTransport *pillion_cache_transport_get (PillionHttpEngine *engine);
