/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "core/pillion-private.h"
#include "http/pillion-connection-options.h"
#include "http/pillion-soup-library.h"

typedef struct _PillionSoupPool PillionSoupPool;
typedef struct _PillionSoupConnection PillionSoupConnection;
typedef struct _PillionSoupKey PillionSoupKey;

/* Each connection has a session of its own. At each step of each message, a SoupSession goes through all
 * messages in its queue and all idle connections: a single session would be quadratic, and would connect to
 * one host after another. So a connection takes one exchange at a time, or a few if it turns out to speak
 * HTTP/2. */
struct _PillionSoupConnection
{
  SoupSession *session;
  PillionIoThread *io; /* the thread that the session keeps */
  PillionSoupKey *key; /* the server that it goes to */
  guint n_users;
  gboolean http2;
  gboolean lasting; /* it is not counted */
  GWeakRef stream; /* the one that was opened last; that of TLS if there is TLS. One of GIO's threads may drop the last reference to it. */
  guint64 stream_id; /* what libsoup calls it */
  gint64 given_back; /* when it was last, in µs, or 0 */
  gboolean promised; /* whether the last answer said that the connection stays open */
  guint generation; /* of the options that it was made with */
  char *proxy; /* the URI for GIO of the proxy that it is made through, or NULL */
  GList free_link;  /* in the list of connections that have room */
  GList key_link;   /* in the list of those with the same key */
};

/* Everything else happens in the thread that runs @context */
PillionSoupPool       *pillion_soup_pool_new              (GMainContext *context);
void                   pillion_soup_pool_free             (PillionSoupPool *self);

/* Takes a connection for an exchange with the key of this name, preferably one that is open already */
PillionSoupConnection *pillion_soup_pool_take             (PillionSoupPool *self,
                                                           const char      *name);

/* Whether a connection that was taken was in use a moment ago, and the server promised to keep it open, so
 * that it can't be closing yet */
gboolean               pillion_soup_connection_is_fresh   (PillionSoupConnection *connection);

/* Says that a connection that was taken speaks HTTP/2 */
void                   pillion_soup_pool_set_http2        (PillionSoupPool       *self,
                                                           PillionSoupConnection *connection);

/* Lets the handshakes of WebSockets offer compression */
void                   pillion_soup_connection_allow_web_sockets (PillionSoupConnection *connection);

/* Excludes a connection that was taken from the maximum until it is given back, so that others can stay open */
void                   pillion_soup_pool_set_lasting      (PillionSoupPool       *self,
                                                           PillionSoupConnection *connection);

/* Sets the proxy that a connection that was taken is made through, if it is not open already: its URI for
 * GIO, or NULL for none */
void                   pillion_soup_connection_set_proxy  (PillionSoupConnection *connection,
                                                           const char            *proxy);

/* Sets the stream of a connection that was taken */
void                   pillion_soup_connection_set_stream (PillionSoupConnection *connection,
                                                           GIOStream             *stream,
                                                           guint64                id);

/* The stream to which libsoup gave this number (transfer full), or NULL if it is not known, or gone */
GIOStream             *pillion_soup_connection_ref_stream (PillionSoupConnection *connection,
                                                           guint64                id);

/* Whether the stream of a connection that was taken is still there */
gboolean               pillion_soup_connection_has_stream (PillionSoupConnection *connection);

void                   pillion_soup_pool_give_back        (PillionSoupPool       *self,
                                                           PillionSoupConnection *connection);

/* The same, for a connection that must not be used again */
void                   pillion_soup_pool_drop             (PillionSoupPool       *self,
                                                           PillionSoupConnection *connection);

/* Sets how connections are made from now on */
void                   pillion_soup_pool_set_options      (PillionSoupPool                *self,
                                                           const PillionConnectionOptions *options);

const PillionConnectionOptions *pillion_soup_pool_get_options (PillionSoupPool *self);

/* Sets how many there may be while none of them is taken */
void                   pillion_soup_pool_set_max          (PillionSoupPool *self,
                                                           guint            max);
