/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Finds the proxy that a request goes through, if any, before it asks for a place in the queue */
void pillion_proxy_stage_add (PillionStages *stages);
