/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-stage.h"

/* Sends credentials to the server that they are for, and to no other: those of the URL, of the request or of the client, or those that a
 * handler gives if the server asks. No place in the queue is held while one is asked. */
void pillion_credentials_stage_add           (PillionStages *stages);

/* The same for the proxy of the call, if that speaks HTTP, whatever the server is */
void pillion_credentials_stage_add_for_proxy (PillionStages *stages);
