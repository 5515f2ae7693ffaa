/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Sends credentials to the server that they are for, and to no other: those of the URL, the request or the
 * client, or those that a handler gives if the server asks. While the handler is asked, the call holds no
 * place in the queue. */
void pillion_credentials_stage_add           (PillionStages *stages);

/* Does the same for the call's proxy if that speaks HTTP, whatever the server is */
void pillion_credentials_stage_add_for_proxy (PillionStages *stages);
