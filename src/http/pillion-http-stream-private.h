/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-call.h"
#include "http/pillion-ring.h"

/* On the I/O thread. Takes the response, and references to the rest. */
PillionHttpStream *pillion_http_stream_new (PillionLoop         *loop,
                                            PillionCall         *call,
                                            PillionRing         *ring,
                                            PillionHttpResponse *response);
