/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Sends the cookies of the client's jar, and takes those that responses set. Without a jar, a call has one of its own: servers set a cookie
 * and redirect, and look whether it comes back. */
void pillion_cookies_stage_add (PillionStages *stages);
