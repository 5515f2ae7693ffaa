/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "fuzz.h"
#include "http/pillion-cache-policy.h"

/* A request, a response that is stored, and a moment at which the one may be answered by the other */
typedef struct
{
  char *method;
  PillionFieldList fields; /* of the request */
  PillionCacheRequest request;
  PillionStoredResponse *stored;
  gint64 now;
} FuzzExchange;

/* Takes a byte each for the mode and for the options; a line each for the method, the status, and the times at which the head was received and
 * the answer is wanted, after that of the request; and the fields of both */
void fuzz_take_exchange   (const guint8 **data,
                           gsize         *size,
                           FuzzExchange  *self);
void fuzz_exchange_clear  (FuzzExchange  *self);
