/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Lets equal requests share one exchange, as long as no response has arrived */
void pillion_coalescing_stage_add (PillionStages *stages);
