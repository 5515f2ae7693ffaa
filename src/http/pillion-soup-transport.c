/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-transport.h"

#include "http/pillion-soup-exchange.h"
#include "http/pillion-soup-reader.h"

typedef struct
{
  PillionTransport parent;
  PillionSoupShared shared;
} PillionSoupTransport;

static PillionExchange *
soup_exchange (PillionTransport *transport,
               const PillionWireRequest *request,
               const PillionExchangeFuncs *funcs,
               gpointer data)
{
  return pillion_soup_exchange_new (&((PillionSoupTransport *) transport)->shared, request, funcs, data);
}

static void
soup_abort (PillionTransport *transport,
            PillionExchange *exchange)
{
  pillion_soup_exchange_abort (exchange);
}

static void
soup_resume (PillionTransport *transport,
             PillionExchange *exchange)
{
  pillion_soup_exchange_resume (exchange);
}

static void
soup_set_lasting (PillionTransport *transport,
                  PillionExchange *exchange)
{
  pillion_soup_exchange_set_lasting (exchange);
}

static PillionExchangeState
soup_get_state (PillionTransport *transport,
                PillionExchange *exchange)
{
  return pillion_soup_exchange_get_state (exchange);
}

static void
soup_set_options (PillionTransport *transport,
                  const PillionConnectionOptions *options)
{
  pillion_soup_pool_set_options (((PillionSoupTransport *) transport)->shared.pool, options);
}

static void
soup_set_max_connections (PillionTransport *transport,
                          guint max)
{
  pillion_soup_pool_set_max (((PillionSoupTransport *) transport)->shared.pool, max);
}

static void
soup_free (PillionTransport *transport)
{
  PillionSoupTransport *self = (PillionSoupTransport *) transport;

  pillion_turns_free (self->shared.turns);
  g_hash_table_unref (self->shared.http2_only);
  pillion_soup_pool_free (self->shared.pool);
  g_main_context_unref (self->shared.context);
  g_free (self->shared.buffer);
  g_free (self);
}

PillionTransport *
pillion_soup_transport_new (GMainContext *context)
{
  static const PillionTransportClass klass = {
    .exchange = soup_exchange,
    .abort = soup_abort,
    .resume = soup_resume,
    .set_lasting = soup_set_lasting,
    .get_state = soup_get_state,
    .set_options = soup_set_options,
    .set_max_connections = soup_set_max_connections,
    .free = soup_free,
  };
  PillionSoupTransport *self = g_new0 (PillionSoupTransport, 1);

  self->parent.klass = &klass;
  self->shared.context = g_main_context_ref (context);
  self->shared.pool = pillion_soup_pool_new (context);
  self->shared.buffer = g_malloc (PILLION_SOUP_READER_BUFFER_SIZE);
  self->shared.turns = pillion_turns_new (context, pillion_soup_reader_run_turn);
  self->shared.http2_only = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return &self->parent;
}
