/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-soup-lane.h"

#include "core/pillion-private.h"

/* How long a connection waits for the next request, in seconds: less than servers wait, so that seldom a request goes
 * into a connection that closes */
#define KEEP_ALIVE 30

/* How many exchanges share an HTTP/2 connection: no more, because the queue of a session is quadratic */
#define MAX_STREAMS 8

/* How often a connection that closes is looked at, in ms, and how many times before it is cut */
#define CLOSE_INTERVAL 5
#define CLOSE_TRIES 200

/* What lanes have in common whose connections can serve the same; it is there as long as one of them */
struct _PillionSoupKey
{
  char *name;
  GQueue free; /* those that have room, the one that was used last at the end */
  guint n_lanes;
};

struct _PillionSoupLanes
{
  GQueue free;      /* the lanes that have room, the one that was used last at the end */
  GHashTable *keys; /* by name */
  guint n_lanes;
  guint max;
  guint generation;
  GTlsDatabase *tls_database;
};

static gboolean
has_room (PillionSoupLanes *self,
          PillionSoupLane *lane)
{
  if (lane->n_users == 0)
    return TRUE;

  return lane->http2 && lane->n_users < MAX_STREAMS && lane->generation == self->generation;
}

/* A session may outlive its lane until its last message has left its queue; the thread must run until then */
static void
session_gone (gpointer io,
              GObject *session)
{
  pillion_private_io_thread_unref (io);
}

static void
key_free (gpointer data)
{
  PillionSoupKey *key = data;

  g_free (key->name);
  g_free (key);
}

static void
set_key (PillionSoupLanes *self,
         PillionSoupLane *lane,
         const char *name)
{
  PillionSoupKey *key = g_hash_table_lookup (self->keys, name);

  if (key == NULL)
    {
      key = g_new0 (PillionSoupKey, 1);
      key->name = g_strdup (name);
      g_hash_table_insert (self->keys, key->name, key);
    }

  key->n_lanes++;
  lane->key = key;
}

static void
unset_key (PillionSoupLanes *self,
           PillionSoupLane *lane)
{
  PillionSoupKey *key = g_steal_pointer (&lane->key);

  if (--key->n_lanes == 0)
    g_hash_table_remove (self->keys, key->name);
}

static PillionSoupLane *
lane_new (PillionSoupLanes *self)
{
  PillionSoupLane *lane = g_new0 (PillionSoupLane, 1);

  lane->session = pillion_soup.session_new_with_options ("max-conns", 1,
                                                 "max-conns-per-host", 1,
                                                 "idle-timeout", KEEP_ALIVE,
                                                 "timeout", 0,
                                                 NULL);
  /* Only where there is one: NULL would not mean the system's database but none */
  if (self->tls_database != NULL)
    pillion_soup.session_set_tls_database (lane->session, self->tls_database);
  /* Each feature connects to signals of each message, which is most of what a small answer costs */
  pillion_soup.session_remove_feature_by_type (lane->session, pillion_soup.content_decoder_get_type ());
  pillion_soup.session_remove_feature_by_type (lane->session, pillion_soup.auth_manager_get_type ());
  g_object_weak_ref (G_OBJECT (lane->session), session_gone, pillion_private_io_thread_ref (NULL));
  lane->generation = self->generation;
  lane->free_link.data = lane;
  lane->key_link.data = lane;
  self->n_lanes++;

  return lane;
}

/* A session whose connection is closing */
typedef struct
{
  SoupSession *session;
  gpointer connection; /* weak */
  guint n_tries;
} Closing;

static gboolean
look_whether_closed (gpointer data)
{
  Closing *self = data;

  if (self->connection == NULL)
    {
      g_object_unref (self->session);
      g_free (self);
      return G_SOURCE_REMOVE;
    }

  /* Idle by now, maybe: only then it can be closed */
  pillion_soup.session_abort (self->session);
  if (++self->n_tries == CLOSE_TRIES && self->connection != NULL)
    {
      g_autoptr (GIOStream) base = NULL;

      g_object_get (self->connection, "base-io-stream", &base, NULL);
      if (G_IS_SOCKET_CONNECTION (base))
        g_socket_shutdown (g_socket_connection_get_socket (G_SOCKET_CONNECTION (base)), TRUE, TRUE, NULL);
    }

  return G_SOURCE_CONTINUE;
}

static void
forget_connection (PillionSoupLane *lane)
{
  if (lane->connection != NULL)
    g_object_remove_weak_pointer (lane->connection, &lane->connection);
  lane->connection = NULL;
}

/* An HTTP/2 connection takes leave of the server, and is not idle as long as a stream is being reset. libsoup 3.2 complains where its session
 * goes first, and says to nobody when the connection has gone. */
static void
close_later (PillionSoupLane *lane)
{
  Closing *closing = g_new0 (Closing, 1);
  GSource *source = g_timeout_source_new (CLOSE_INTERVAL);

  closing->session = g_object_ref (lane->session);
  closing->connection = lane->connection;
  g_object_add_weak_pointer (closing->connection, &closing->connection);
  g_source_set_static_name (source, "pillion closing");
  g_source_set_callback (source, look_whether_closed, closing, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  g_source_unref (source);
}

static void
lane_free (PillionSoupLanes *self,
           PillionSoupLane *lane)
{
  self->n_lanes--;
  if (lane->http2 && lane->connection != NULL)
    close_later (lane);
  forget_connection (lane);
  pillion_soup.session_abort (lane->session);
  g_object_unref (lane->session);
  unset_key (self, lane);
  g_free (lane);
}

static void
link_lane (PillionSoupLanes *self,
           PillionSoupLane *lane)
{
  g_queue_push_tail_link (&lane->key->free, &lane->key_link);
  g_queue_push_tail_link (&self->free, &lane->free_link);
}

static void
unlink_lane (PillionSoupLanes *self,
             PillionSoupLane *lane)
{
  g_queue_unlink (&self->free, &lane->free_link);
  g_queue_unlink (&lane->key->free, &lane->key_link);
}

/* The lane without users that was used longest ago */
static PillionSoupLane *
find_idle (PillionSoupLanes *self)
{
  for (GList *l = self->free.head; l != NULL; l = l->next)
    if (((PillionSoupLane *) l->data)->n_users == 0)
      return l->data;

  return NULL;
}

static void
trim (PillionSoupLanes *self)
{
  PillionSoupLane *lane;

  while (self->n_lanes > self->max && (lane = find_idle (self)) != NULL)
    {
      unlink_lane (self, lane);
      lane_free (self, lane);
    }
}

PillionSoupLanes *
pillion_soup_lanes_new (void)
{
  PillionSoupLanes *self = g_new0 (PillionSoupLanes, 1);

  self->keys = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, key_free);
  self->max = G_MAXUINT;

  return self;
}

void
pillion_soup_lanes_free (PillionSoupLanes *self)
{
  pillion_soup_lanes_set_max (self, 0);
  g_assert (self->n_lanes == 0);

  g_hash_table_unref (self->keys);
  g_clear_object (&self->tls_database);
  g_free (self);
}

PillionSoupLane *
pillion_soup_lanes_take (PillionSoupLanes *self,
                         const char *name)
{
  PillionSoupKey *key = g_hash_table_lookup (self->keys, name);
  PillionSoupLane *lane;

  if (key != NULL && key->free.length > 0)
    {
      /* The one that was used last is the likeliest to be open still, and the others may close */
      lane = key->free.tail->data;
      unlink_lane (self, lane);
    }
  else if (self->n_lanes >= self->max && (lane = find_idle (self)) != NULL)
    {
      unlink_lane (self, lane);
      pillion_soup.session_abort (lane->session);
      lane->http2 = FALSE;
      unset_key (self, lane);
      set_key (self, lane, name);
    }
  else
    {
      lane = lane_new (self);
      set_key (self, lane, name);
    }

  lane->n_users++;
  if (has_room (self, lane))
    link_lane (self, lane);

  return lane;
}

void
pillion_soup_lanes_set_http2 (PillionSoupLanes *self,
                              PillionSoupLane *lane)
{
  gboolean had_room = has_room (self, lane);

  lane->http2 = TRUE;
  if (!had_room && has_room (self, lane))
    link_lane (self, lane);
}

void
pillion_soup_lane_set_connection (PillionSoupLane *lane,
                                  GIOStream *connection)
{
  forget_connection (lane);
  lane->connection = connection;
  g_object_add_weak_pointer (lane->connection, &lane->connection);
}

void
pillion_soup_lanes_give_back (PillionSoupLanes *self,
                              PillionSoupLane *lane)
{
  gboolean had_room = has_room (self, lane);

  lane->n_users--;
  if (lane->n_users == 0 && lane->generation != self->generation)
    {
      lane_free (self, lane);
      return;
    }

  if (had_room)
    unlink_lane (self, lane);
  if (has_room (self, lane))
    link_lane (self, lane);
  trim (self);
}

void
pillion_soup_lanes_set_tls_database (PillionSoupLanes *self,
                                     GTlsDatabase *database)
{
  GList *next;

  if (!g_set_object (&self->tls_database, database))
    return;

  for (GList *l = self->free.head; l != NULL; l = next)
    {
      PillionSoupLane *lane = l->data;

      next = l->next;
      unlink_lane (self, lane);
      if (lane->n_users == 0)
        lane_free (self, lane);
    }

  /* The others are closed when they are given back */
  self->generation++;
}

void
pillion_soup_lanes_set_max (PillionSoupLanes *self,
                            guint max)
{
  self->max = max;
  trim (self);
}
