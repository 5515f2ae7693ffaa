/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "loop/pillion-loop-private.h"

/* A loop's part in a context that something else runs: the sources that kick it there */

/* Attaches the sources to the loop's context. They hold no reference to the loop. */
PillionPassenger *pillion_passenger_new  (PillionLoop      *loop);

/* From any thread, even inside one of the kicks */
void              pillion_passenger_free (PillionPassenger *self);
