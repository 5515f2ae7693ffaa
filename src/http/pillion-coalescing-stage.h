/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Has equal requests share one exchange, as long as nothing has come of it */
void pillion_coalescing_stage_add (PillionStages *stages);
