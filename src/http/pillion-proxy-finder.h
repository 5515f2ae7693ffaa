/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-proxy.h"
#include "http/pillion-stage.h"

/* Finds the proxies for where the request of a call goes now, the one to try first at the beginning. PASS: sets @proxies to an array
 * (transfer full) in which NULL stands for a direct connection; or to NULL if that is all there is. WAIT: the call is resumed when they are known. FAIL. */
PillionVerdict pillion_proxy_finder_find (PillionCall  *call,
                                          GPtrArray   **proxies,
                                          GError      **error);
