/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-soup-pool.h"

#include <gio/gunixsocketaddress.h>

#include "http/pillion-soup-closing.h"

/* How long a connection waits for the next request, in µs: less than servers wait, so that requests
 * seldom meet a connection that is closing */
#define KEEP_ALIVE_USEC (30 * G_USEC_PER_SEC)

/* How long any server waits for the next request, in µs */
#define FRESH_USEC G_USEC_PER_SEC

/* How many exchanges share an HTTP/2 connection: few, because the queue of a session is quadratic */
#define MAX_STREAMS 8

/* What the connections to one server have in common; it lives as long as any of them */
struct _PillionSoupKey
{
  char *name;
  GQueue free; /* those that have room, the most recently used one at the end */
  guint n_connections;
};

struct _PillionSoupPool
{
  GMainContext *context;
  GSource *expiry;  /* closes the connections that have waited too long, or NULL if none was waiting */
  GQueue free;      /* the connections that have room, the most recently used one at the end */
  GHashTable *keys; /* by name */
  guint n_connections;
  guint max;
  guint generation;
  PillionConnectionOptions options;
};

static gboolean
has_room (PillionSoupPool *self,
          PillionSoupConnection *connection)
{
  if (connection->n_users == 0)
    return TRUE;

  return connection->http2 && connection->n_users < MAX_STREAMS && connection->generation == self->generation;
}

static void
key_free (gpointer data)
{
  PillionSoupKey *key = data;

  g_free (key->name);
  g_free (key);
}

static void
set_key (PillionSoupPool *self,
         PillionSoupConnection *connection,
         const char *name)
{
  PillionSoupKey *key = g_hash_table_lookup (self->keys, name);

  if (key == NULL)
    {
      key = g_new0 (PillionSoupKey, 1);
      key->name = g_strdup (name);
      g_hash_table_insert (self->keys, key->name, key);
    }

  key->n_connections++;
  connection->key = key;
}

static void
unset_key (PillionSoupPool *self,
           PillionSoupConnection *connection)
{
  PillionSoupKey *key = g_steal_pointer (&connection->key);

  if (--key->n_connections == 0)
    g_hash_table_remove (self->keys, key->name);
}

static void
set_resolver (SoupSession *session,
              const char *proxy)
{
  g_autoptr (GProxyResolver) resolver = g_simple_proxy_resolver_new (proxy, NULL);

  g_object_set (session, "proxy-resolver", resolver, NULL);
}

/* A session begins with GIO's resolver, and ignores NULL unless it had another one before */
static void
unset_resolver (SoupSession *session)
{
  set_resolver (session, NULL);
  g_object_set (session, "proxy-resolver", NULL, NULL);
}

static PillionSoupConnection *
connection_new (PillionSoupPool *self)
{
  PillionSoupConnection *connection = g_new0 (PillionSoupConnection, 1);
  g_autoptr (GSocketAddress) unix_address =
    self->options.unix_socket_path != NULL ? g_unix_socket_address_new (self->options.unix_socket_path) : NULL;

  /* The limit per host is never reached, because of the other one. At this limit, libsoup 3.2 lets a request wait forever if its connection is
   * closed just when libsoup has looked whether it is open. At the other limit it gets rid of that connection.
   *
   * We close idle connections ourselves. If libsoup's timer for them expires in the iteration of the main loop that sends the next request,
   * libsoup stops it too late, and frees a connection that is in use. Then the request never ends, not even if it is cancelled, or if the response
   * has already arrived, libsoup uses freed memory. (Seen with 3.2; 3.7 has the same timer.) */
  connection->session = pillion_soup.session_new_with_options ("max-conns", 1,
                                                               "max-conns-per-host", 2,
                                                               "idle-timeout", 0,
                                                               "timeout", 0,
                                                               "remote-connectable", unix_address,
                                                               "local-address", self->options.local_address,
                                                               NULL);
  unset_resolver (connection->session);
  /* Only if there is one: NULL would mean no database rather than the system's */
  if (self->options.tls_database != NULL)
    pillion_soup.session_set_tls_database (connection->session, self->options.tls_database);
  /* Each feature connects to signals of each message, which is most of the cost of a small response */
  pillion_soup.session_remove_feature_by_type (connection->session, pillion_soup.content_decoder_get_type ());
  pillion_soup.session_remove_feature_by_type (connection->session, pillion_soup.auth_manager_get_type ());
  /* The session may outlive its connection until its last message has left its queue */
  connection->io = pillion_soup_closing_hold_thread (connection->session);
  connection->generation = self->generation;
  g_weak_ref_init (&connection->stream, NULL);
  connection->free_link.data = connection;
  connection->key_link.data = connection;
  self->n_connections++;

  return connection;
}

/* An exchange may have ended before the response that says so */
static gboolean
speaks_http2 (PillionSoupConnection *connection)
{
  g_autoptr (GIOStream) stream = NULL;

  if (connection->http2)
    return TRUE;

  stream = g_weak_ref_get (&connection->stream);
  return G_IS_TLS_CONNECTION (stream) && g_strcmp0 (g_tls_connection_get_negotiated_protocol (G_TLS_CONNECTION (stream)), "h2") == 0;
}

static void
connection_free (PillionSoupPool *self,
                 PillionSoupConnection *connection)
{
  self->n_connections--;
  if (speaks_http2 (connection))
    pillion_soup_closing_begin (connection->session, &connection->stream, connection->io);
  g_weak_ref_clear (&connection->stream);
  pillion_soup.session_abort (connection->session);
  g_object_unref (connection->session);
  unset_key (self, connection);
  g_free (connection->proxy);
  g_free (connection);
}

static void
link_connection (PillionSoupPool *self,
                 PillionSoupConnection *connection)
{
  g_queue_push_tail_link (&connection->key->free, &connection->key_link);
  g_queue_push_tail_link (&self->free, &connection->free_link);
}

static void
unlink_connection (PillionSoupPool *self,
                   PillionSoupConnection *connection)
{
  g_queue_unlink (&self->free, &connection->free_link);
  g_queue_unlink (&connection->key->free, &connection->key_link);
}

/* The least recently used of the connections without users */
static PillionSoupConnection *
find_idle (PillionSoupPool *self)
{
  for (GList *l = self->free.head; l != NULL; l = l->next)
    if (((PillionSoupConnection *) l->data)->n_users == 0)
      return l->data;

  return NULL;
}

static void
trim (PillionSoupPool *self)
{
  PillionSoupConnection *connection;

  while (self->n_connections > self->max && (connection = find_idle (self)) != NULL)
    {
      unlink_connection (self, connection);
      connection_free (self, connection);
    }
}

static void watch_idle (PillionSoupPool *self);

static gboolean
close_expired (gpointer data)
{
  PillionSoupPool *self = data;
  gint64 now = g_get_monotonic_time ();
  PillionSoupConnection *connection;

  g_clear_pointer (&self->expiry, g_source_unref);
  while ((connection = find_idle (self)) != NULL && now - connection->given_back >= KEEP_ALIVE_USEC)
    {
      unlink_connection (self, connection);
      connection_free (self, connection);
    }
  watch_idle (self);

  return G_SOURCE_REMOVE;
}

/* The timer is not moved each time a connection is used, because that is a system call. Instead, it sees how long it has to go on when it expires. */
static void
watch_idle (PillionSoupPool *self)
{
  PillionSoupConnection *connection;
  gint64 left;

  if (self->expiry != NULL || (connection = find_idle (self)) == NULL)
    return;

  left = connection->given_back + KEEP_ALIVE_USEC - g_get_monotonic_time ();
  self->expiry = g_timeout_source_new ((guint) (MAX (left, 0) / 1000) + 1);
  g_source_set_static_name (self->expiry, "pillion keep-alive");
  g_source_set_callback (self->expiry, close_expired, self, NULL);
  g_source_attach (self->expiry, self->context);
}

PillionSoupPool *
pillion_soup_pool_new (GMainContext *context)
{
  PillionSoupPool *self = g_new0 (PillionSoupPool, 1);

  self->context = g_main_context_ref (context);
  self->keys = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, key_free);
  self->max = G_MAXUINT;

  return self;
}

void
pillion_soup_pool_free (PillionSoupPool *self)
{
  pillion_soup_pool_set_max (self, 0);
  g_assert (self->n_connections == 0);

  if (self->expiry != NULL)
    g_source_destroy (self->expiry);
  g_clear_pointer (&self->expiry, g_source_unref);
  g_main_context_unref (self->context);
  g_hash_table_unref (self->keys);
  pillion_connection_options_clear (&self->options);
  g_free (self);
}

PillionSoupConnection *
pillion_soup_pool_take (PillionSoupPool *self,
                        const char *name)
{
  PillionSoupKey *key = g_hash_table_lookup (self->keys, name);
  PillionSoupConnection *connection;

  if (key != NULL && key->free.length > 0)
    {
      /* The most recently used one is the likeliest to be open still, and the others may close */
      connection = key->free.tail->data;
      unlink_connection (self, connection);
    }
  else if (self->n_connections >= self->max && (connection = find_idle (self)) != NULL && !speaks_http2 (connection))
    {
      unlink_connection (self, connection);
      pillion_soup.session_abort (connection->session);
      unset_key (self, connection);
      set_key (self, connection, name);
    }
  else
    {
      connection = connection_new (self);
      set_key (self, connection, name);
      /* Only HTTP/1.1 connections are closed so fast that their session can be used again */
      trim (self);
    }

  connection->n_users++;
  if (has_room (self, connection))
    link_connection (self, connection);

  return connection;
}

gboolean
pillion_soup_connection_is_fresh (PillionSoupConnection *connection)
{
  return connection->n_users > 1 || (connection->promised && g_get_monotonic_time () - connection->given_back < FRESH_USEC);
}

void
pillion_soup_connection_set_proxy (PillionSoupConnection *connection,
                                   const char *proxy)
{
  if (g_strcmp0 (connection->proxy, proxy) == 0)
    return;

  g_free (connection->proxy);
  connection->proxy = g_strdup (proxy);
  if (proxy != NULL)
    set_resolver (connection->session, proxy);
  else
    unset_resolver (connection->session);
}

void
pillion_soup_pool_set_http2 (PillionSoupPool *self,
                             PillionSoupConnection *connection)
{
  gboolean had_room = has_room (self, connection);

  connection->http2 = TRUE;
  if (!had_room && has_room (self, connection))
    link_connection (self, connection);
}

void
pillion_soup_pool_set_lasting (PillionSoupPool *self,
                               PillionSoupConnection *connection)
{
  if (connection->lasting)
    return;

  connection->lasting = TRUE;
  self->n_connections--;
}

void
pillion_soup_connection_allow_web_sockets (PillionSoupConnection *connection)
{
  GType type = pillion_soup.websocket_extension_manager_get_type ();

  if (!pillion_soup.session_has_feature (connection->session, type))
    pillion_soup.session_add_feature_by_type (connection->session, type);
}

void
pillion_soup_connection_set_stream (PillionSoupConnection *connection,
                                    GIOStream *stream,
                                    guint64 id)
{
  g_weak_ref_set (&connection->stream, stream);
  connection->stream_id = id;
}

GIOStream *
pillion_soup_connection_ref_stream (PillionSoupConnection *connection,
                                    guint64 id)
{
  return connection->stream_id == id ? g_weak_ref_get (&connection->stream) : NULL;
}

gboolean
pillion_soup_connection_has_stream (PillionSoupConnection *connection)
{
  g_autoptr (GIOStream) stream = g_weak_ref_get (&connection->stream);

  return stream != NULL;
}

void
pillion_soup_pool_give_back (PillionSoupPool *self,
                             PillionSoupConnection *connection)
{
  gboolean had_room = has_room (self, connection);

  connection->n_users--;
  connection->given_back = g_get_monotonic_time ();
  if (connection->n_users == 0 && connection->lasting)
    {
      connection->lasting = FALSE;
      self->n_connections++;
    }
  if (connection->n_users == 0 && connection->generation != self->generation)
    {
      connection_free (self, connection);
      return;
    }

  if (had_room)
    unlink_connection (self, connection);
  if (has_room (self, connection))
    link_connection (self, connection);
  trim (self);
  watch_idle (self);
}

void
pillion_soup_pool_drop (PillionSoupPool *self,
                        PillionSoupConnection *connection)
{
  gboolean had_room = has_room (self, connection);

  /* No generation that will ever be the pool's */
  connection->generation = self->generation - 1;
  if (had_room)
    unlink_connection (self, connection);
  /* It may be HTTP/2, and not idle */
  connection->http2 = TRUE;
  pillion_soup_pool_give_back (self, connection);
}

void
pillion_soup_pool_set_options (PillionSoupPool *self,
                               const PillionConnectionOptions *options)
{
  GList *next;

  if (pillion_connection_options_equal (&self->options, options))
    return;

  pillion_connection_options_clear (&self->options);
  pillion_connection_options_copy (&self->options, options);

  for (GList *l = self->free.head; l != NULL; l = next)
    {
      PillionSoupConnection *connection = l->data;

      next = l->next;
      unlink_connection (self, connection);
      if (connection->n_users == 0)
        connection_free (self, connection);
    }

  /* The others are closed when they are given back */
  self->generation++;
}

const PillionConnectionOptions *
pillion_soup_pool_get_options (PillionSoupPool *self)
{
  return &self->options;
}

void
pillion_soup_pool_set_max (PillionSoupPool *self,
                           guint max)
{
  self->max = max;
  trim (self);
}
