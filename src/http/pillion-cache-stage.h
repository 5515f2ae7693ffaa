/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Lets the cache take part in a call, and answers with what is stale if the server fails and that is allowed (RFC 5861, section 4). The rest
 * is below the queue: pillion-cache-transport.h. */
void pillion_cache_stage_add (PillionStages *stages);
