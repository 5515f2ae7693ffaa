/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-proxy.h"
#include "http/pillion-stage.h"

/* Finds the proxies for the current request of a call, best first. PASS: @proxies is set to an array
 * (transfer full), in which NULL stands for a direct connection, or to NULL if there is no other way. WAIT:
 * the call is resumed when they are known. FAIL: it failed. */
PillionVerdict pillion_proxy_finder_find (PillionCall  *call,
                                          GPtrArray   **proxies,
                                          GError      **error);
