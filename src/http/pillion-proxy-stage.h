/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Finds the proxy, if any, that a request goes through, before it joins the queue */
void pillion_proxy_stage_add (PillionStages *stages);
