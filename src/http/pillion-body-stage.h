/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Has a worker examine the files that a body is read from, before the first request joins the queue */
void pillion_body_stage_add (PillionStages *stages);
