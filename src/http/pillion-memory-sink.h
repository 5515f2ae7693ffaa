/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-sink.h"

/* Takes the body into memory: the task's result is a GBytes, or a JsonParser if @json is set */
PillionSink *pillion_memory_sink_new (gboolean json);
