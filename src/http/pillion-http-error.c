/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <pillion-http/pillion-http.h>

#include "core/pillion-private.h"

/**
 * pillion_http_error_quark:
 *
 * Returns the domain of the errors of transfers.
 *
 * Returns: the domain of [error@PillionHttp.Error]
 *
 * Since: 1.0
 */
PILLION_DEFINE_QUARK ("pillion-http-error-quark", pillion_http_error_quark)
