/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Limits the time of the whole call, from the time when it was submitted */
void pillion_total_timeout_stage_add (PillionStages *stages);
