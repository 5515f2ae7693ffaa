/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-sink.h"

/* What the task's result is */
typedef enum
{
  PILLION_MEMORY_SINK_BYTES,    /* a GBytes */
  PILLION_MEMORY_SINK_JSON,     /* a JsonParser */
  PILLION_MEMORY_SINK_RESPONSE, /* a PillionHttpResponse with its body */
} PillionMemorySinkResult;

/* Takes the body into memory */
PillionSink *pillion_memory_sink_new (PillionMemorySinkResult wanted);
