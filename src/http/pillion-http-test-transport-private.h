/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "http/pillion-transport.h"

/* Makes the transport for a client's engine, which works in the loop */
PillionTransport *pillion_http_test_transport_make (PillionHttpTestTransport *self);
