/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

#include "http/pillion-test-routes.h"
#include "http/pillion-transport.h"

/* A transport that answers from routes, in a loop and without a network. @closing: cancelled when the loop closes. @owner owns all three. */
PillionTransport *pillion_test_carrier_new (PillionLoop       *loop,
                                            PillionTestRoutes *routes,
                                            GCancellable      *closing,
                                            GObject           *owner);
