/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-transfer.h"

/* A GET whose body is taken into memory: the task's result is a GBytes, or a JsonParser where @json is set */
PillionTransfer *pillion_http_call_new (PillionHttpEngine *engine,
                                        PillionTask       *task,
                                        const char        *url,
                                        gboolean           json);
