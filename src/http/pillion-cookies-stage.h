/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Sends back the cookies that the responses of this call have set: servers set one and redirect, and look whether it comes back */
PillionStage *pillion_cookies_stage_new (void);
