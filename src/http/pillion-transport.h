/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

#include <pillion-http/pillion-http.h>

#include "http/pillion-connection-options.h"
#include "http/pillion-proxy.h"
#include "http/pillion-source.h"

/* Turns a request into a response. The rest of the room knows only this interface; libsoup is behind one
 * implementation of it. All of it belongs to the I/O thread. */

typedef struct _PillionTransport PillionTransport;
typedef struct _PillionTransportClass PillionTransportClass;
typedef struct _PillionExchange PillionExchange;
typedef struct _PillionExchangeFuncs PillionExchangeFuncs;
typedef struct _PillionWireRequest PillionWireRequest;
typedef struct _PillionHead PillionHead;

/* How far an exchange has got. Times are in µs of the monotonic clock, or 0 if that has not happened yet. */
typedef struct
{
  gboolean connected; /* whether there is a connection to the server, or to its proxy */
  gint64 sending; /* when the connection was there and the request began to be sent */
  gint64 sent;    /* when all of it was sent */
} PillionExchangeState;

/* How the cache takes part in a request */
typedef struct
{
  gboolean used;
  struct _PillionCacheStore *store; /* or NULL if there is none: then nothing is stored, and the network is forbidden */
  PillionHttpCacheMode mode;
  GPtrArray *found;     /* what the store had for the URL when it was asked last, or NULL */
  gboolean local;       /* the request has no place in the queue: only what is stored can answer it */
  gboolean offline;     /* there is no network to be used */
  gboolean after_error; /* the server has just failed */
  guint error_status;   /* the status that it failed with, or 0 if there was no answer */
  gboolean unreachable; /* the server could not be reached, and is not to be asked again */
  gboolean unreadable;  /* what is stored could not be read: nothing of it is used */
} PillionWireCache;

typedef void (*PillionFieldFunc) (const char *name,
                                  const char *value,
                                  gpointer    data);

/* A request as it is sent. It is only read inside pillion_transport_exchange (). */
struct _PillionWireRequest
{
  const char *method;
  GUri *uri;
  const char *origin;        /* what one connection can serve: scheme, host and port */
  PillionProxy *proxy;       /* or NULL */
  const char *proxy_authorization; /* the authorization that it gets when a tunnel is made, or NULL */
  gboolean bulk;             /* a large body is expected: uses a protocol with back-pressure, if the server
                              * speaks one */
  gboolean only_http1;       /* HTTP/2 is not wanted in any case */
  gboolean web_socket;       /* the handshake of a WebSocket: the transport adds its fields, and checks the answer */
  const char *const *fields; /* name, value, name, value, … NULL */
  GInputStream *body;        /* or NULL */
  PillionSource *source;     /* the source of the body, which may have to be opened again */
  gint64 body_length;        /* -1 if it is not known */
  PillionWireCache cache;    /* how the cache takes part */
  gboolean is_rest;          /* it asks for the rest of a body, so messages count what comes before, too */
  gint64 max_refusal;        /* the largest body of a 401, 407 or 421 that is wanted, in bytes, or 0 if the
                              * body is only shown as a reason */
};

/* Details that few callers need. Times are in µs of the monotonic clock, or 0 if something did not happen,
 * because the connection was there already. */
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
  gboolean tunnel;    /* from a proxy that makes no tunnel to the server without credentials: for stages only */
  gboolean delimited; /* whether the protocol tells where the body ends, so that truncation is noticed */
  gboolean stored;    /* whether what follows comes from the cache */
  gboolean missing;   /* whether this stands for what the cache doesn't have, and nothing else may be used */
  gboolean continued; /* whether what follows begins with bytes from the cache, and goes on with those of the server */
  const PillionHead *validation; /* of the response that has confirmed what is stored, or NULL */
  gboolean piles_up;  /* whether the body is read into memory even without credit */
  GIOStream *stream;  /* of a WebSocket if the status is 101, else NULL. It is pollable. To end it, the
                       * exchange is aborted, which closes it. */

  /* All values of a field joined by commas, or NULL */
  const char *(*get_field) (const PillionHead *self,
                            const char        *name);

  /* All fields, those of one name in the order in which they came. Their strings live as long as the head. */
  void (*foreach_field)    (const PillionHead *self,
                            PillionFieldFunc   func,
                            gpointer           data);

  void (*get_details)      (const PillionHead  *self,
                            PillionHeadDetails *details);
};

/* What an exchange calls, but never inside pillion_transport_exchange () */
struct _PillionExchangeFuncs
{
  /* This many bytes of the request's body were sent so far. The number may start again. Also called after an
   * abort. */
  void     (*wrote) (gpointer           data,
                     gint64             n_sent);

  /* The head of the response is here. FALSE: the rest is not wanted, and neither body () nor end () is
   * called. */
  gboolean (*head) (gpointer           data,
                    const PillionHead *head);

  /* The credit for the next piece of the body: sets @size, without limit at first, to how many bytes are
   * wanted at most, and returns where to read them, so that they need not be copied, or NULL for anywhere.
   * With 0, nothing is read until pillion_transport_resume () is called, so the server can't send more than
   * fits into the buffers of the network. */
  guint8  *(*room) (gpointer           data,
                    gsize             *size);

  /* A piece of the body, at the beginning of the room if there was some. FALSE: as above. */
  gboolean (*body) (gpointer           data,
                    const guint8      *bytes,
                    gsize              length);

  /* The response is complete, or @error (transfer full) tells what went wrong. The announced length was
   * checked. */
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
  void             (*discard)             (PillionTransport           *self,
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

/* Ends an exchange that has not called end (). From now on, only gone () of its functions is called, later. */
static inline void
pillion_transport_abort (PillionTransport *self,
                         PillionExchange *exchange)
{
  self->klass->abort (self, exchange);
}

/* What has arrived is not to be stored; to be called before the exchange is aborted */
static inline void
pillion_transport_discard (PillionTransport *self,
                           PillionExchange *exchange)
{
  if (self->klass->discard != NULL)
    self->klass->discard (self, exchange);
}

/* Asks for credit again if there was none. Calls body () and so on, unless one of them calls this. */
static inline void
pillion_transport_resume (PillionTransport *self,
                          PillionExchange *exchange)
{
  self->klass->resume (self, exchange);
}

/* The connection of an exchange no longer counts against the limit */
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

/* Sets how connections are made from now on. Idle ones that were made differently are closed. */
static inline void
pillion_transport_set_options (PillionTransport *self,
                               const PillionConnectionOptions *options)
{
  self->klass->set_options (self, options);
}

/* Sets how many connections may be open, including idle ones */
static inline void
pillion_transport_set_max_connections (PillionTransport *self,
                                       guint max)
{
  self->klass->set_max_connections (self, max);
}

/* Closes the connections. No exchange may be left. */
static inline void
pillion_transport_free (PillionTransport *self)
{
  self->klass->free (self);
}

/* The implementation on libsoup. @context is the I/O thread's. */
PillionTransport *pillion_soup_transport_new (GMainContext *context);
