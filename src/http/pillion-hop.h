/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-content.h"
#include "http/pillion-http-engine.h"
#include "http/pillion-transport.h"

/* One request and its answer: a place in the queue, then an exchange. Hops with the same key share both until one of them is
 * dropped; the others don't notice that. The place is free again when the exchange is gone, which may be later than the
 * callers' interest in it. All of it belongs to the I/O thread. */
typedef struct _PillionHop PillionHop;
typedef struct _PillionHopFuncs PillionHopFuncs;

/* Each of these may call pillion_hop_drop (), and then none of them is called again */
struct _PillionHopFuncs
{
  /* There is a place: the request is to be sent, with a reference to its body. FALSE: it is not; the hop was dropped. With a key this is
   * called for each of those that share the exchange, and the fields stay as they are as long as the hop. */
  gboolean (*start) (gpointer            data,
                     PillionWireRequest *request);

  /* It can't share the exchange after all: the caller drops the hop in here, and sends another one without a key */
  void     (*part)  (gpointer            data);

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

/* Waits for a place in the queue for @origin, with one of the queue's priorities. @lasting: the queue is that for exchanges which last.
 * @key stands for what is asked for, or is NULL if the exchange can't be shared. May call start () at once. */
void        pillion_hop_send (PillionHop            *self,
                              GRefString            *origin,
                              guint                  priority,
                              gboolean               lasting,
                              const char            *key);

/* The exchange turned out to last: gives its place back, and has one in the other queue from now on, whatever the limits */
void        pillion_hop_set_lasting (PillionHop     *self);

/* Whether it has a place that something with a better priority waits for */
gboolean    pillion_hop_is_in_the_way (PillionHop    *self);

/* There is credit for the body again, after there was none */
void        pillion_hop_resume (PillionHop          *self);

/* How far its exchange is; all zero before it has begun */
PillionExchangeState pillion_hop_get_state (PillionHop *self);

/* The body in memory that all who share the exchange have together, with a reference. @announced is how long it is going to be, or -1. */
PillionContent *pillion_hop_get_content (PillionHop *self,
                                         gint64      announced);

/* Ends it, at any time */
void        pillion_hop_drop (PillionHop            *self);
