/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-hop.h"

#include "http/pillion-http-fields.h"

/* A place in the queue and an exchange, for one hop or for several */
typedef struct
{
  PillionHttpEngine *engine;
  char *key; /* under which others find it, or NULL if nobody can share it, or can any longer */
  GQueue hops;
  GRefString *origin;
  PillionHttpQueue *queue; /* where its entry is, or NULL if only the cache is asked */
  PillionHttpQueueEntry entry;
  PillionTransport *transport; /* of the exchange */
  PillionExchange *exchange;   /* NULL before it has begun */
  PillionContent *content;   /* NULL until it is needed */
  gboolean inside;           /* a function of one of its hops */
} Flight;

struct _PillionHop
{
  PillionHttpEngine *engine;
  const PillionHopFuncs *funcs;
  gpointer data;
  Flight *flight; /* NULL before it was sent */
  GList link;     /* in the flight's hops */
  const char *const *fields; /* of its request, once it has started */
  gboolean beside;           /* it isn't the first one in its flight */
};

static void
set_beside (PillionHop *self,
            gboolean beside)
{
  if (self->beside == beside)
    return;

  self->beside = beside;
  self->funcs->waits_beside (self->data, beside);
}

/* From now on, no other hop finds it */
static void
flight_close (Flight *self)
{
  if (self->key == NULL)
    return;

  g_hash_table_remove (self->engine->flights, self->key);
  g_clear_pointer (&self->key, g_free);
}

static void
flight_free (Flight *self)
{
  PillionHttpEngine *engine = self->engine;
  PillionHttpQueue *queue = self->queue;
  gboolean had_place = self->entry.running;

  flight_close (self);
  g_clear_pointer (&self->content, pillion_content_unref);
  if (queue != NULL)
    pillion_http_queue_remove (queue, &self->entry);
  g_ref_string_release (self->origin);
  g_free (self);
  if (had_place)
    pillion_http_queue_run (queue);
  pillion_http_engine_unref (engine);
}

/* The last hop has left. If it left inside one of its functions, that function's caller does the rest. */
static void
flight_end (Flight *self)
{
  flight_close (self);
  if (self->inside)
    return;

  if (self->exchange == NULL)
    flight_free (self);
  else
    pillion_transport_abort (self->transport, self->exchange);
}

static void
exchange_wrote (gpointer data,
                gint64 n_sent)
{
  Flight *self = data;

  /* After an abort there are no hops */
  for (GList *l = self->hops.head; l != NULL; l = l->next)
    {
      PillionHop *hop = l->data;

      hop->funcs->wrote (hop->data, n_sent);
    }
}

/* Whether the server allows one response to serve several requests */
static gboolean
is_for_one_only (const PillionHead *head)
{
  const char *cache_control = head->get_field (head, "Cache-Control");
  const char *vary = head->get_field (head, "Vary");

  return (cache_control != NULL && pillion_http_has_element (cache_control, "no-store")) ||
         (vary != NULL && pillion_http_has_element (vary, "*"));
}

static gboolean
exchange_head (gpointer data,
               const PillionHead *head)
{
  Flight *self = data;
  gboolean part = self->hops.length > 1 && is_for_one_only (head);
  GList *next;

  flight_close (self);
  self->inside = TRUE;
  for (GList *l = self->hops.head; l != NULL; l = next)
    {
      PillionHop *hop = l->data;
      gboolean first = l->prev == NULL;

      /* A hop can be dropped only by its own functions */
      next = l->next;
      if (part && !first)
        hop->funcs->part (hop->data);
      else
        hop->funcs->head (hop->data, head);
    }
  self->inside = FALSE;

  return self->hops.length > 0;
}

/* What all of them have credit for */
static guint8 *
exchange_room (gpointer data,
               gsize *size)
{
  Flight *self = data;
  guint8 *room = NULL;
  gsize least = *size;

  for (GList *l = self->hops.head; l != NULL; l = l->next)
    {
      PillionHop *hop = l->data;
      gsize wanted = *size;
      guint8 *own = hop->funcs->room (hop->data, &wanted);

      if (room == NULL)
        room = own;
      least = MIN (least, wanted);
    }

  *size = least;
  return room;
}

static gboolean
exchange_body (gpointer data,
               const guint8 *bytes,
               gsize length)
{
  Flight *self = data;
  GList *next;

  self->inside = TRUE;
  for (GList *l = self->hops.head; l != NULL; l = next)
    {
      PillionHop *hop = l->data;

      next = l->next;
      hop->funcs->body (hop->data, bytes, length);
    }
  self->inside = FALSE;

  return self->hops.length > 0;
}

static void
exchange_end (gpointer data,
              GError *error)
{
  Flight *self = data;
  GList *next;

  flight_close (self);
  self->inside = TRUE;
  for (GList *l = self->hops.head; l != NULL; l = next)
    {
      PillionHop *hop = l->data;

      next = l->next;
      hop->funcs->end (hop->data, error != NULL && next != NULL ? g_error_copy (error) : g_steal_pointer (&error));
    }
  self->inside = FALSE;
}

static void
exchange_gone (gpointer data)
{
  Flight *self = data;

  g_assert (self->hops.length == 0);
  flight_free (self);
}

static const PillionExchangeFuncs exchange_funcs = {
  .wrote = exchange_wrote,
  .head = exchange_head,
  .room = exchange_room,
  .body = exchange_body,
  .end = exchange_end,
  .gone = exchange_gone,
};

/* Starts a hop that is to share an exchange that another one started. Cookies or credentials may have changed
 * in the meantime. */
static void
start_beside (PillionHop *self,
              const PillionHop *other)
{
  PillionWireRequest request = { NULL };

  if (!self->funcs->start (self->data, &request))
    return;

  /* Only requests without a body have a key */
  g_assert (request.body == NULL);
  self->fields = request.fields;
  if (!g_strv_equal (self->fields, other->fields))
    self->funcs->part (self->data);
}

/* The cache has no answer for those that are only asking it */
static void
miss (Flight *self)
{
  GList *next;

  flight_close (self);
  self->inside = TRUE;
  for (GList *l = self->hops.head; l != NULL; l = next)
    {
      PillionHop *hop = l->data;

      next = l->next;
      hop->funcs->miss (hop->data);
    }
  self->inside = FALSE;
  flight_free (self);
}

static void
start (gpointer data)
{
  Flight *self = data;
  PillionWireRequest request = { NULL };
  PillionHop *first = NULL;
  GList *next;

  /* All calls are being cancelled and posts run at once, so an exchange would end inside the function that
   * begins it */
  if (pillion_http_engine_is_closed (self->engine))
    return;

  self->inside = TRUE;
  for (GList *l = self->hops.head; l != NULL; l = next)
    {
      PillionHop *hop = l->data;

      next = l->next;
      if (first != NULL)
        start_beside (hop, first);
      else if (hop->funcs->start (hop->data, &request))
        {
          first = hop;
          hop->fields = request.fields;
        }
    }
  self->inside = FALSE;

  if (first == NULL)
    {
      flight_free (self);
      return;
    }

  self->transport = request.cache.used ? self->engine->caching : self->engine->transport;
  self->exchange = pillion_transport_exchange (self->transport, &request, &exchange_funcs, self);
  g_clear_object (&request.body);
  if (self->exchange == NULL)
    miss (self);
  else if (self->queue == self->engine->lasting_queue)
    pillion_transport_set_lasting (self->transport, self->exchange);
}

static void
join (Flight *self,
      PillionHop *hop,
      guint priority)
{
  const PillionHop *first = self->hops.head->data;

  g_queue_push_tail_link (&self->hops, &hop->link);
  set_beside (hop, TRUE);
  if (self->queue != NULL && priority < self->entry.priority)
    pillion_http_queue_set_priority (self->queue, &self->entry, priority);
  if (self->exchange != NULL)
    start_beside (hop, first);
}

PillionHop *
pillion_hop_new (PillionHttpEngine *engine,
                 const PillionHopFuncs *funcs,
                 gpointer data)
{
  PillionHop *self = g_new0 (PillionHop, 1);

  self->engine = engine;
  self->funcs = funcs;
  self->data = data;
  self->link.data = self;

  return self;
}

static Flight *
flight_new (PillionHop *hop,
            GRefString *origin,
            const char *key)
{
  PillionHttpEngine *engine = hop->engine;
  Flight *self = hop->flight = g_new0 (Flight, 1);

  self->engine = pillion_http_engine_ref (engine);
  self->origin = g_ref_string_acquire (origin);
  self->entry.start = start;
  g_queue_push_tail_link (&self->hops, &hop->link);
  if (key != NULL)
    {
      self->key = g_strdup (key);
      g_hash_table_insert (engine->flights, self->key, self);
    }

  return self;
}

/* Shares the exchange of a flight, if there is one with its key */
static gboolean
join_other (PillionHop *self,
            guint priority,
            const char *key)
{
  Flight *flight = key != NULL ? g_hash_table_lookup (self->engine->flights, key) : NULL;

  if (flight == NULL)
    return FALSE;

  self->flight = flight;
  join (flight, self, priority);
  return TRUE;
}

void
pillion_hop_send (PillionHop *self,
                  GRefString *origin,
                  guint priority,
                  gboolean lasting,
                  const char *key)
{
  PillionHttpEngine *engine = self->engine;
  Flight *flight;

  if (join_other (self, priority, key))
    return;

  flight = flight_new (self, origin, key);
  flight->queue = lasting ? engine->lasting_queue : engine->queue;
  flight->entry.priority = priority;
  pillion_http_queue_push (flight->queue, origin, &flight->entry, flight);
  pillion_http_queue_run (flight->queue);
}

void
pillion_hop_send_locally (PillionHop *self,
                          GRefString *origin,
                          const char *key)
{
  if (!join_other (self, G_MAXUINT, key))
    start (flight_new (self, origin, key));
}

gboolean
pillion_hop_is_local (PillionHop *self)
{
  return self->flight->queue == NULL;
}

void
pillion_hop_set_lasting (PillionHop *self)
{
  Flight *flight = self->flight;
  PillionHttpQueue *queue = flight->queue;

  if (flight->exchange == NULL || queue == NULL || queue == self->engine->lasting_queue)
    return;

  pillion_http_queue_remove (queue, &flight->entry);
  flight->queue = self->engine->lasting_queue;
  pillion_http_queue_enter (flight->queue, flight->origin, &flight->entry, flight);
  pillion_transport_set_lasting (flight->transport, flight->exchange);
  pillion_http_queue_run (queue);
}

gboolean
pillion_hop_is_in_the_way (PillionHop *self)
{
  const Flight *flight = self->flight;

  return flight->queue != NULL && flight->entry.running && pillion_http_queue_is_in_the_way (flight->queue, &flight->entry);
}

void
pillion_hop_resume (PillionHop *self)
{
  if (self->flight != NULL && self->flight->exchange != NULL)
    pillion_transport_resume (self->flight->transport, self->flight->exchange);
}

PillionExchangeState
pillion_hop_get_state (PillionHop *self)
{
  if (self->flight == NULL || self->flight->exchange == NULL)
    return (PillionExchangeState) { 0 };

  return pillion_transport_get_state (self->flight->transport, self->flight->exchange);
}

PillionContent *
pillion_hop_get_content (PillionHop *self,
                         gint64 announced)
{
  if (self->flight->content == NULL)
    self->flight->content = pillion_content_new (announced);

  return pillion_content_ref (self->flight->content);
}

void
pillion_hop_discard (PillionHop *self)
{
  Flight *flight = self->flight;

  if (flight != NULL && flight->exchange != NULL && flight->hops.length == 1)
    pillion_transport_discard (flight->transport, flight->exchange);
}

void
pillion_hop_drop (PillionHop *self)
{
  Flight *flight = self->flight;

  if (flight != NULL)
    {
      g_queue_unlink (&flight->hops, &self->link);
      set_beside (self, FALSE);
      if (flight->hops.length > 0)
        set_beside (flight->hops.head->data, FALSE);
    }
  g_free (self);
  if (flight != NULL && flight->hops.length == 0)
    flight_end (flight);
}
