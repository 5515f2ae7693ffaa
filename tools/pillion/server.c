/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "server.h"
#include "server-reply.h"

#include <libsoup/soup.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

struct _Server
{
  GThread *thread;
  GMainContext *context;
  GMainLoop *main_loop;
  guint port;
  ServerContent content;

  /* Atomic, so that a sanitizer that does not know GMutex also sees what was written before it */
  int ready;
  GMutex mutex;
  GCond cond;
  char *url;
  GError *error;
};

static void
on_request (SoupServer        *soup,
            SoupServerMessage *message,
            const char        *path,
            GHashTable        *query,
            gpointer           user_data)
{
  Server *self = user_data;

  server_reply (message, path, query, &self->content);
}

static gboolean
on_incoming (GSocketService    *service,
             GSocketConnection *connection,
             GObject           *source_object,
             gpointer           user_data)
{
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);

  /* Small responses must not wait for the acknowledgement of the previous one */
  g_socket_set_option (g_socket_connection_get_socket (connection), IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  soup_server_accept_iostream (user_data, G_IO_STREAM (connection), local, remote, NULL);
  return TRUE;
}

/* The listening socket, or %NULL. SoupServer's own listener is not used, because libsoup 3.2 leaks a socket
 * per connection. */
static char *
listen_on_loopback (GSocketService *service,
                    guint           port,
                    GError        **error)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new (loopback, (guint16) port);
  g_autoptr (GSocketAddress) effective = NULL;

  /* With the usual backlog of ten, many that connect at once would wait a second or more until they try again */
  g_socket_listener_set_backlog (G_SOCKET_LISTENER (service), 1024);
  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (service), wanted, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                                      NULL, &effective, error))
    return NULL;
  return g_strdup_printf ("http://127.0.0.1:%u/", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective)));
}

/* The thread has its own context: it answers requests whatever the host's thread does, like a server on
 * another machine. */
static gpointer
serve (gpointer data)
{
  Server *self = data;
  SoupServer *soup;
  GSocketService *service;
  GError *error = NULL;
  char *url;

  g_main_context_push_thread_default (self->context);
  soup = soup_server_new ("server-header", "pillion-demo ", NULL);
  soup_server_add_handler (soup, NULL, on_request, self, NULL);
  service = g_socket_service_new ();
  g_signal_connect (service, "incoming", G_CALLBACK (on_incoming), soup);
  url = listen_on_loopback (service, self->port, &error);

  g_mutex_lock (&self->mutex);
  self->url = url;
  self->error = error;
  g_atomic_int_set (&self->ready, TRUE);
  g_cond_signal (&self->cond);
  g_mutex_unlock (&self->mutex);

  if (url != NULL)
    g_main_loop_run (self->main_loop);
  g_socket_service_stop (service);
  g_socket_listener_close (G_SOCKET_LISTENER (service));
  g_object_unref (service);
  soup_server_disconnect (soup);
  g_object_unref (soup);
  /* What was just closed still has callbacks pending */
  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

/* Listens only on the loopback address; a @port of 0 means any free one. */
Server *
server_start (guint    port,
              GError **error)
{
  Server *self = g_new0 (Server, 1);

  self->port = port;
  self->context = g_main_context_new ();
  self->main_loop = g_main_loop_new (self->context, FALSE);
  server_content_init (&self->content, SERVER_THUMBNAILS);
  g_mutex_init (&self->mutex);
  g_cond_init (&self->cond);
  self->thread = g_thread_new ("pillion-server", serve, self);

  g_mutex_lock (&self->mutex);
  while (!g_atomic_int_get (&self->ready))
    g_cond_wait (&self->cond, &self->mutex);
  g_mutex_unlock (&self->mutex);
  if (self->error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&self->error));
      server_stop (self);
      return NULL;
    }
  return self;
}

/* Ends with a slash */
const char *
server_get_url (Server *self)
{
  return self->url;
}

static gboolean
quit (gpointer main_loop)
{
  g_main_loop_quit (main_loop);
  return G_SOURCE_REMOVE;
}

void
server_stop (Server *self)
{
  GSource *source = g_idle_source_new ();

  /* On its own thread, so that it can't run before the loop does */
  g_source_set_callback (source, quit, self->main_loop, NULL);
  g_source_attach (source, self->context);
  g_source_unref (source);
  g_thread_join (self->thread);

  server_content_clear (&self->content);
  g_main_loop_unref (self->main_loop);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->mutex);
  g_cond_clear (&self->cond);
  g_free (self->url);
  g_free (self);
}
