/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include "http/pillion-connection-options.h"
#include "http/pillion-proxy.h"
#include "http/pillion-source.h"

/* How a request becomes an answer. The rest of the room knows this interface only; libsoup is behind one implementation
 * of it. All of it belongs to the I/O thread. */

typedef struct _PillionTransport PillionTransport;
typedef struct _PillionTransportClass PillionTransportClass;
typedef struct _PillionExchange PillionExchange;
typedef struct _PillionExchangeFuncs PillionExchangeFuncs;
typedef struct _PillionWireRequest PillionWireRequest;
typedef struct _PillionHead PillionHead;

/* How far an exchange is. Times are in µs of the monotonic clock, or 0 if that has not happened yet. */
typedef struct
{
  gboolean connected; /* whether there is a connection to the server, or to its proxy */
  gint64 sending; /* when the connection was there and the request began to be sent */
  gint64 sent;    /* when all of it was sent */
} PillionExchangeState;

typedef void (*PillionFieldFunc) (const char *name,
                                  const char *value,
                                  gpointer    data);

/* A request as it is sent. It is read during the call of pillion_transport_exchange () only. */
struct _PillionWireRequest
{
  const char *method;
  GUri *uri;
  const char *origin;        /* what one connection can serve: scheme, host and port */
  PillionProxy *proxy;       /* or NULL */
  const char *proxy_authorization; /* what it is told when a tunnel is made, or NULL */
  gboolean bulk;             /* a large body is expected: a protocol with back-pressure, if the server speaks one */
  gboolean only_http1;       /* HTTP/2 is not wanted in any case */
  gboolean web_socket;       /* the handshake of a WebSocket: the transport adds its fields, and checks the answer */
  const char *const *fields; /* name, value, name, value, … NULL */
  GInputStream *body;        /* or NULL */
  PillionSource *source;     /* what that is of: it may have to be opened again */
  gint64 body_length;        /* -1 if it is not known */
  gint64 max_refusal;        /* how large the body of a 401, 407 or 421 may be if it is wanted, or 0 if it is only a reason to show */
};

/* What not everybody wants to know. Times are µs of the monotonic clock, or 0 if it did not happen: a connection may have been there already. */
typedef struct
{
  const char *version;  /* of HTTP: "1.0", "1.1", "2" */
  GSocketAddress *peer; /* may be NULL; transfer none */
  gint64 name_found;
  gint64 connected;
  gint64 secured;
  gint64 sending;
  gint64 first_byte;
} PillionHeadDetails;

/* The head of an answer; it lives as long as the call that hands it out */
struct _PillionHead
{
  guint status;
  const char *reason;
  gint64 length;      /* of the body as it is sent, -1 if it is not announced */
  gboolean tunnel;    /* not of the server, but of a proxy that makes no tunnel to it without credentials: for stages only */
  gboolean delimited; /* whether the protocol tells where the body ends, so that a cut is noticed */
  gboolean piles_up;  /* whether the body comes into memory even if there is no credit */
  GIOStream *stream;  /* of a WebSocket, if the status is 101, else NULL. It is pollable, and is closed when the exchange is aborted, which is
                       * how that ends. */

  /* All values of a field joined by commas, or NULL */
  const char *(*get_field) (const PillionHead *self,
                            const char        *name);

  /* All fields, those of one name in the order in which they came */
  void (*foreach_field)    (const PillionHead *self,
                            PillionFieldFunc   func,
                            gpointer           data);

  void (*get_details)      (const PillionHead  *self,
                            PillionHeadDetails *details);
};

/* What an exchange tells. It calls nothing inside pillion_transport_exchange (). */
struct _PillionExchangeFuncs
{
  /* So many bytes of the request's body were sent so far. It may begin anew, and is also called after an abort. */
  void     (*wrote) (gpointer           data,
                     gint64             n_sent);

  /* The head of the answer is here. FALSE: the rest is not wanted, and neither body () nor end () is called. */
  gboolean (*head) (gpointer           data,
                    const PillionHead *head);

  /* The credit for the next piece of the body: how many bytes are wanted at most, and where they are to be read to, so that they need not be
   * copied. NULL: wherever the transport likes. @size is without limit at first; 0 means that nothing is read until
   * pillion_transport_resume () is called, and so the server can't send more than fits on the way. */
  guint8  *(*room) (gpointer           data,
                    gsize             *size);

  /* A piece of the body, at the beginning of the room if there was some. FALSE: as above. */
  gboolean (*body) (gpointer           data,
                    const guint8      *bytes,
                    gsize              length);

  /* The answer is whole, or what went wrong (transfer full). What the answer announced was held against what came. */
  void     (*end)  (gpointer           data,
                    GError            *error);

  /* Always called, last: the connection is free for another request, or closed */
  void     (*gone) (gpointer           data);
};

struct _PillionTransport
{
  const PillionTransportClass *klass;
};

struct _PillionTransportClass
{
  PillionExchange *(*exchange)            (PillionTransport           *self,
                                           const PillionWireRequest   *request,
                                           const PillionExchangeFuncs *funcs,
                                           gpointer                    data);
  void             (*abort)               (PillionTransport           *self,
                                           PillionExchange            *exchange);
  void             (*resume)              (PillionTransport           *self,
                                           PillionExchange            *exchange);
  /* Optional */
  void             (*set_lasting)         (PillionTransport           *self,
                                           PillionExchange            *exchange);
  PillionExchangeState (*get_state)       (PillionTransport           *self,
                                           PillionExchange            *exchange);
  void             (*set_options)         (PillionTransport           *self,
                                           const PillionConnectionOptions *options);
  void             (*set_max_connections) (PillionTransport           *self,
                                           guint                       max);
  void             (*free)                (PillionTransport           *self);
};

static inline PillionExchange *
pillion_transport_exchange (PillionTransport *self,
                            const PillionWireRequest *request,
                            const PillionExchangeFuncs *funcs,
                            gpointer data)
{
  return self->klass->exchange (self, request, funcs, data);
}

/* Ends an exchange that has not called end (): of its functions only gone () is called from now on, later */
static inline void
pillion_transport_abort (PillionTransport *self,
                         PillionExchange *exchange)
{
  self->klass->abort (self, exchange);
}

/* Asks for credit again, if there was none. Calls body () and so on, unless it is called by one of them. */
static inline void
pillion_transport_resume (PillionTransport *self,
                          PillionExchange *exchange)
{
  self->klass->resume (self, exchange);
}

/* The connection of an exchange does not count among those whose number is limited */
static inline void
pillion_transport_set_lasting (PillionTransport *self,
                               PillionExchange *exchange)
{
  if (self->klass->set_lasting != NULL)
    self->klass->set_lasting (self, exchange);
}

static inline PillionExchangeState
pillion_transport_get_state (PillionTransport *self,
                             PillionExchange *exchange)
{
  return self->klass->get_state (self, exchange);
}

/* How connections are made from now on. Idle ones that were made otherwise are closed. */
static inline void
pillion_transport_set_options (PillionTransport *self,
                               const PillionConnectionOptions *options)
{
  self->klass->set_options (self, options);
}

/* How many connections may be open, including idle ones */
static inline void
pillion_transport_set_max_connections (PillionTransport *self,
                                       guint max)
{
  self->klass->set_max_connections (self, max);
}

/* Closes the connections; no exchange may be left */
static inline void
pillion_transport_free (PillionTransport *self)
{
  self->klass->free (self);
}

/* The implementation on libsoup. @context is the I/O thread's. */
PillionTransport *pillion_soup_transport_new (GMainContext *context);
