/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Limits the times of one request (to connect, until the first byte, between two bytes), and the lowest rate
 * of the response */
void pillion_timeout_stage_add (PillionStages *stages);
