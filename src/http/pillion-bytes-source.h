/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-source.h"

/* A body in memory */
PillionSource *pillion_bytes_source_new (GBytes     *bytes,
                                         const char *content_type);
