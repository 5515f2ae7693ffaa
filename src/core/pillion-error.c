/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <pillion/pillion.h>

#include "base/pillion-quark.h"

/**
 * pillion_error_quark:
 *
 * Gets the domain of Pillion's own errors.
 *
 * Returns: the domain of [error@Pillion.Error]
 *
 * Since: 1.0
 */
PILLION_DEFINE_QUARK ("pillion-error-quark", pillion_error_quark)
