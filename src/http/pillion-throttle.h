/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-http-engine.h"
#include "http/pillion-rate-limit.h"

/* Tells when how much of a body may be moved in one direction, within the client's rate and one of its own.
 * For the I/O thread. */
typedef struct _PillionThrottle PillionThrottle;

typedef void (*PillionThrottleFunc) (gpointer data);

/* @func is called when there is credit again after there was none. @rate: its own rate, or 0. */
PillionThrottle *pillion_throttle_new        (PillionHttpEngine   *engine,
                                              PillionRateLimit    *shared,
                                              gint64               rate,
                                              PillionThrottleFunc  func,
                                              gpointer             data);
void             pillion_throttle_free       (PillionThrottle     *self);

/* How many bytes may be moved now; no more than @wanted, which is not 0, are asked of the rate. 0: none, and the function will be called. */
gsize            pillion_throttle_get_credit (PillionThrottle     *self,
                                              gsize                wanted);

/* No more is moved for now: what is not used of the client's rate is free for others */
void             pillion_throttle_rest       (PillionThrottle     *self);

/* So many of them were */
void             pillion_throttle_use        (PillionThrottle     *self,
                                              gsize                n);
