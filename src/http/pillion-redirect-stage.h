/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Follows redirects (RFC 9110, section 15.4) */
void pillion_redirect_stage_add (PillionStages *stages);
