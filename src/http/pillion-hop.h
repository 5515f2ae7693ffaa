/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-content.h"
#include "http/pillion-http-engine.h"
#include "http/pillion-transport.h"

/* One request and its response: a place in the queue, then an exchange. Hops with the same key share both;
 * one that is dropped leaves the others alone. The place is free again when the exchange is gone, which may
 * be after the callers have lost interest. All of it belongs to the I/O thread. */
typedef struct _PillionHop PillionHop;
typedef struct _PillionHopFuncs PillionHopFuncs;

/* Each of these may call pillion_hop_drop (); none of them is called after that */
struct _PillionHopFuncs
{
  /* There is a place: sets the request to send, with a reference to its body. FALSE: nothing is sent, and the
   * hop was dropped. With a key, this is called for each hop that shares the exchange, and the fields must
   * not change as long as the hop lives. */
  gboolean (*start) (gpointer            data,
                     PillionWireRequest *request);

  /* The hop can't share the exchange after all. The caller drops it in here, and makes another one without a
   * key. */
  void     (*part)  (gpointer            data);

  /* Whether the hop only waits for an exchange that another hop waits for */
  void     (*waits_beside) (gpointer     data,
                            gboolean     beside);

  /* The cache can't answer it: it needs the network. The caller drops the hop in here, and makes another one. */
  void     (*miss)  (gpointer            data);

  /* As in PillionExchangeFuncs */
  void     (*wrote) (gpointer            data,
                     gint64              n_sent);
  void     (*head)  (gpointer            data,
                     const PillionHead  *head);
  guint8  *(*room)  (gpointer            data,
                     gsize              *size);
  void     (*body)  (gpointer            data,
                     const guint8       *bytes,
                     gsize               length);

  /* The caller drops the hop in here */
  void     (*end)   (gpointer            data,
                     GError             *error);
};

PillionHop *pillion_hop_new  (PillionHttpEngine     *engine,
                              const PillionHopFuncs *funcs,
                              gpointer               data);

/* Waits for a place in the queue for @origin, with one of the queue's priorities. @lasting: uses the queue
 * for exchanges that last. @key stands for what is requested; NULL if the exchange can't be shared. May call
 * start () at once. */
void        pillion_hop_send (PillionHop            *self,
                              GRefString            *origin,
                              guint                  priority,
                              gboolean               lasting,
                              const char            *key);

/* Lets the cache answer it, without a place in the queue. Calls start (), and perhaps miss (), at once. */
void        pillion_hop_send_locally (PillionHop    *self,
                                      GRefString    *origin,
                                      const char    *key);

/* Whether the exchange was begun by pillion_hop_send_locally () */
gboolean    pillion_hop_is_local (PillionHop        *self);

/* The exchange turned out to last: it gives back its place, and takes one in the other queue, regardless of
 * the limits */
void        pillion_hop_set_lasting (PillionHop     *self);

/* Whether an entry with a better priority waits for the hop's place */
gboolean    pillion_hop_is_in_the_way (PillionHop    *self);

/* The body has credit again after it had none */
void        pillion_hop_resume (PillionHop          *self);

/* How far its exchange has got; all zero before it begins */
PillionExchangeState pillion_hop_get_state (PillionHop *self);

/* The body in memory that everyone who shares the exchange has in common, with a reference. @announced: the
 * length that it is going to have, or -1. */
PillionContent *pillion_hop_get_content (PillionHop *self,
                                         gint64      announced);

/* Nothing of what has arrived is wanted, not even in the cache, unless another hop that shares the exchange wants it */
void        pillion_hop_discard (PillionHop         *self);

/* Ends the hop; can be called at any time */
void        pillion_hop_drop (PillionHop            *self);
