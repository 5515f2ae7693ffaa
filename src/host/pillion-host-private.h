/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

/* Whether the host's clock is another one than the monotonic clock */
gboolean pillion_host_has_own_clock (PillionHost *host);
