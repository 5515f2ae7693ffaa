/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Sends the user and password of a URL (RFC 7617) to the server that the URL names, and to no other */
PillionStage *pillion_credentials_stage_new (void);
