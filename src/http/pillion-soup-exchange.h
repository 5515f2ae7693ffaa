/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-soup-pool.h"
#include "http/pillion-transport.h"
#include "http/pillion-turns.h"

/* PillionExchange on libsoup: a request, sent once, and its response */

/* What the exchanges of a transport share */
typedef struct
{
  GMainContext *context;
  PillionSoupPool *pool;
  PillionTurns *turns;    /* of the exchanges' readers */
  guint8 *buffer;         /* for these */
  GHashTable *http2_only; /* origins that refuse to speak HTTP/1.1 */
} PillionSoupShared;

/* See the functions of the same names in pillion-transport.h. @shared has to outlive the exchange. */
PillionExchange      *pillion_soup_exchange_new         (const PillionSoupShared    *shared,
                                                         const PillionWireRequest   *request,
                                                         const PillionExchangeFuncs *funcs,
                                                         gpointer                    data);
void                  pillion_soup_exchange_abort       (PillionExchange            *self);
void                  pillion_soup_exchange_resume      (PillionExchange            *self);
void                  pillion_soup_exchange_set_lasting (PillionExchange            *self);
PillionExchangeState  pillion_soup_exchange_get_state   (PillionExchange            *self);
