/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Adds the fields of the request and the client. Those that identify the user go only to the server that they
 * were meant for. */
void pillion_fields_stage_add (PillionStages *stages);
