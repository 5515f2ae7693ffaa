/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-sink.h"

/* Keeps the body in a ring, for the host to read as it arrives: the task's result is a PillionHttpStream,
 * once the head is there */
PillionSink *pillion_ring_sink_new (void);
