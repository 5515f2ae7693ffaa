/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Lets the cache answer with 504 if the server can't be reached, and if it forbids the use of what is stored without it. It comes outside of the
 * retries. */
void pillion_unreachable_stage_add (PillionStages *stages);
