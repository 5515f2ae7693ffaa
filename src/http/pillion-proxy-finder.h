/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-proxy.h"
#include "http/pillion-stage.h"

/* Finds the proxy for where the request of a call goes now: PASS, and sets @proxy to a reference, or to NULL for none. WAIT: the call is
 * resumed when it is known. FAIL. */
PillionVerdict pillion_proxy_finder_find (PillionCall   *call,
                                          PillionProxy **proxy,
                                          GError       **error);
