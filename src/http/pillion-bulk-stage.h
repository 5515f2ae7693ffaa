/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Moves a response body that turns out to be large to a connection with back-pressure */
void pillion_bulk_stage_add (PillionStages *stages);
