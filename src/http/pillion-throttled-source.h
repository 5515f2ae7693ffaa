/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-http-engine.h"
#include "http/pillion-source.h"

/* A body that is read no faster than the client's rate, and @rate unless that is 0. A reference to @source is
 * taken. */
PillionSource *pillion_throttled_source_new (PillionSource     *source,
                                             PillionHttpEngine *engine,
                                             gint64             rate);
