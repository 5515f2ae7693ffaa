/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-hop.h"

struct _PillionHop
{
  PillionHttpEngine *engine;
  const PillionHopFuncs *funcs;
  gpointer data;             /* NULL once it was dropped */
  char *origin;
  PillionHttpQueue *queue;   /* where its entry is */
  PillionHttpQueueEntry entry;
  PillionExchange *exchange; /* NULL before it has begun */
  gboolean inside;           /* one of the exchange's functions */
};

static void
hop_free (PillionHop *self)
{
  PillionHttpEngine *engine = self->engine;
  PillionHttpQueue *queue = self->queue;
  gboolean had_place = self->entry.running;

  if (queue != NULL)
    pillion_http_queue_remove (queue, &self->entry);
  g_free (self->origin);
  g_free (self);
  if (had_place)
    pillion_http_queue_run (queue);
  pillion_http_engine_unref (engine);
}

static void
exchange_wrote (gpointer data,
                gint64 n_sent)
{
  PillionHop *self = data;

  /* It was maybe dropped, and is not gone yet */
  if (self->data != NULL)
    self->funcs->wrote (self->data, n_sent);
}

static gboolean
exchange_head (gpointer data,
               const PillionHead *head)
{
  PillionHop *self = data;

  self->inside = TRUE;
  self->funcs->head (self->data, head);
  self->inside = FALSE;

  return self->data != NULL;
}

static guint8 *
exchange_room (gpointer data,
               gsize *size)
{
  PillionHop *self = data;

  return self->funcs->room (self->data, size);
}

static gboolean
exchange_body (gpointer data,
               const guint8 *bytes,
               gsize length)
{
  PillionHop *self = data;

  self->inside = TRUE;
  self->funcs->body (self->data, bytes, length);
  self->inside = FALSE;

  return self->data != NULL;
}

static void
exchange_end (gpointer data,
              GError *error)
{
  PillionHop *self = data;

  self->inside = TRUE;
  self->funcs->end (self->data, error);
  self->inside = FALSE;
}

static void
exchange_gone (gpointer data)
{
  PillionHop *self = data;

  g_assert (self->data == NULL);
  hop_free (self);
}

static const PillionExchangeFuncs exchange_funcs = {
  .wrote = exchange_wrote,
  .head = exchange_head,
  .room = exchange_room,
  .body = exchange_body,
  .end = exchange_end,
  .gone = exchange_gone,
};

static void
start (gpointer data)
{
  PillionHop *self = data;
  PillionWireRequest request = { NULL };

  if (!self->funcs->start (self->data, &request))
    return;

  self->exchange = pillion_transport_exchange (self->engine->transport, &request, &exchange_funcs, self);
  if (self->queue == self->engine->lasting_queue)
    pillion_transport_set_lasting (self->engine->transport, self->exchange);
  g_clear_object (&request.body);
}

PillionHop *
pillion_hop_new (PillionHttpEngine *engine,
                 const PillionHopFuncs *funcs,
                 gpointer data)
{
  PillionHop *self = g_new0 (PillionHop, 1);

  self->engine = pillion_http_engine_ref (engine);
  self->funcs = funcs;
  self->data = data;
  self->entry.start = start;

  return self;
}

void
pillion_hop_send (PillionHop *self,
                  const char *origin,
                  guint priority,
                  gboolean lasting)
{
  PillionHttpQueue *queue = lasting ? self->engine->lasting_queue : self->engine->queue;

  self->origin = g_strdup (origin);
  self->queue = queue;
  self->entry.priority = priority;
  pillion_http_queue_push (queue, origin, &self->entry, self);
  pillion_http_queue_run (queue);
}

void
pillion_hop_set_lasting (PillionHop *self)
{
  PillionHttpQueue *queue = self->queue;

  if (self->exchange == NULL || queue == self->engine->lasting_queue)
    return;

  pillion_http_queue_remove (queue, &self->entry);
  self->queue = self->engine->lasting_queue;
  pillion_http_queue_enter (self->queue, self->origin, &self->entry, self);
  pillion_transport_set_lasting (self->engine->transport, self->exchange);
  pillion_http_queue_run (queue);
}

void
pillion_hop_resume (PillionHop *self)
{
  if (self->exchange != NULL)
    pillion_transport_resume (self->engine->transport, self->exchange);
}

PillionExchangeState
pillion_hop_get_state (PillionHop *self)
{
  return self->exchange != NULL ? pillion_transport_get_state (self->engine->transport, self->exchange) : (PillionExchangeState) { 0 };
}

void
pillion_hop_drop (PillionHop *self)
{
  self->data = NULL;

  if (self->exchange == NULL)
    hop_free (self);
  else if (!self->inside)
    pillion_transport_abort (self->engine->transport, self->exchange);
}
