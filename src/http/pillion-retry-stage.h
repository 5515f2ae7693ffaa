/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Sends a request again after a failure that may be temporary */
void pillion_retry_stage_add (PillionStages *stages);
