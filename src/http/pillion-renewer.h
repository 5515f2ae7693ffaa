/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion-http/pillion-http.h>

#include "core/pillion-private.h"

/* A program's function that gets tokens, with its data, which belong to the thread of a loop: they are only used there,
 * and freed there, at the latest when the loop is closed */
typedef struct _PillionRenewer PillionRenewer;

PillionRenewer    *pillion_renewer_new        (PillionLoop         *loop,
                                               PillionHttpRenewFunc func,
                                               gpointer             data,
                                               GDestroyNotify       destroy);

/* On any thread */
void               pillion_renewer_free       (PillionRenewer      *self);
PillionLoopHandle *pillion_renewer_get_handle (PillionRenewer      *self);

/* On the loop's thread. Returns NULL if the function gives no task. */
PillionTask       *pillion_renewer_call       (PillionRenewer      *self);
