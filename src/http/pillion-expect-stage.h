/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Asks the server whether it wants a large body before sending it */
void pillion_expect_stage_add (PillionStages *stages);
