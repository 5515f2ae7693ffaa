/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <pillion-http/pillion-http.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "core/pillion-private.h"
#include "http/pillion-http-test-exchange-private.h"
#include "http/pillion-soup-library.h"
#include "http/pillion-test-message.h"
#include "http/pillion-test-routes.h"

/**
 * PillionHttpTestServer:
 *
 * An HTTP server on the loopback address, for tests of programs that use HTTP.
 *
 * ```c
 * g_autoptr (PillionHttpTestServer) server = pillion_http_test_server_new (loop, &error);
 * g_autoptr (GBytes) item = g_bytes_new_static ("{\"id\": 1}", 9);
 * g_autofree char *url = NULL;
 *
 * g_assert_no_error (error);
 * pillion_http_test_server_add_bytes (server, "/item", item, "application/json");
 * url = g_strconcat (pillion_http_test_server_get_url (server), "/item", NULL);
 * ```
 *
 * It listens on a free port from the moment it is made until it is closed or finalized.
 *
 * ## Paths
 *
 * [method@PillionHttp.TestServer.add_bytes] gives a path a fixed body, and [method@PillionHttp.TestServer.add_handler] a function that
 * sees the request and decides about the response. A path that ends in a slash stands for everything below it, too, unless something
 * more specific was added. All other paths are answered with 404.
 *
 * A `GET` of a fixed body with a `Range` is answered with that range.
 *
 * ## Threads
 *
 * The server has a thread of its own, so that a client that blocks the host still gets what needs no handler. Handlers run
 * on the loop's thread, in a kick, like everything else that you write. A handler that has to wait returns a task; the response is
 * sent after that.
 *
 * If the loop is closed, so is the server. A program outside of the process may call a handler only while the loop
 * rides: hold the loop for that.
 *
 * Since: 1.0
 */

/* Otherwise, many clients that connect at once would wait for a second or more */
#define BACKLOG 1024

struct _PillionHttpTestServer
{
  GObject parent_instance;

  PillionLoop *loop;
  PillionTestThread *context; /* NULL before it was initialized */
  GThread *thread;                /* NULL if it does not run */
  pid_t pid;                      /* of the process that it was made in */
  GMainLoop *main_loop;
  char *url;

  /* The thread's own */
  SoupServer *soup;
  GSocketService *service;

  PillionTestRoutes *routes;
  GCancellable *closing; /* cancelled when it closes */
};

enum
{
  PROP_LOOP = 1,
  PROP_URL,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void initable_iface_init (GInitableIface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (PillionHttpTestServer,
                               pillion_http_test_server,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_INITABLE, initable_iface_init))

/* On the server's thread */
static void
on_request (SoupServer *soup,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer data)
{
  PillionHttpTestServer *self = data;
  PillionTestRoute *route = pillion_test_routes_take (self->routes, NULL, path);

  if (route == NULL)
    {
      pillion_soup.server_message_set_status (message, 404, NULL);
    }
  else if (route->func == NULL)
    {
      pillion_soup.server_message_set_status (message, 200, NULL);
      pillion_test_message_set_body (message, route->body, route->content_type);
      pillion_test_route_unref (route);
    }
  else
    {
      PillionHttpTestExchange *exchange = pillion_test_message_exchange (message, self->context);

      pillion_http_test_exchange_set_place (exchange, self->loop, TRUE, self->closing);
      pillion_sync_release (exchange);
      pillion_test_route_call (route, self->loop, exchange);
    }
}

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *connection,
             GObject *source_object,
             gpointer data)
{
  PillionHttpTestServer *self = data;
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (connection, NULL);
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (connection, NULL);

  /* A small response must not wait for the acknowledgement of the previous one */
  g_socket_set_option (g_socket_connection_get_socket (connection), IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  pillion_soup.server_accept_iostream (self->soup, G_IO_STREAM (connection), local, remote, NULL);

  return TRUE;
}

static gpointer
serve (gpointer data)
{
  PillionHttpTestServer *self = data;
  PillionTestThread *context = self->context;

  pillion_sync_acquire (self);
  g_main_context_push_thread_default (context->context);
  g_main_loop_run (self->main_loop);

  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  pillion_soup.server_disconnect (self->soup);

  /* Connections that were just closed still have callbacks pending, which find them closed */
  pillion_mutex_lock (&context->lock);
  context->closed = TRUE;
  pillion_mutex_unlock (&context->lock);
  while (g_main_context_iteration (context->context, FALSE))
    ;
  g_clear_object (&self->service);
  g_clear_object (&self->soup);
  g_main_context_pop_thread_default (context->context);
  pillion_sync_release (self);

  return NULL;
}

static gboolean
quit (gpointer data)
{
  g_main_loop_quit (data);

  return G_SOURCE_REMOVE;
}

static void
on_loop_closed (PillionLoop *loop,
                gpointer data)
{
  pillion_http_test_server_close (data);
}

/* The service belongs to the context that is the thread's default when it is made */
static gboolean
listen_on_loopback (PillionHttpTestServer *self,
                    GError **error)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) wanted = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) effective = NULL;

  /* Not with SoupServer's own listener, which leaks a socket for each connection in libsoup 3.2 */
  self->service = g_socket_service_new ();
  g_socket_service_stop (self->service);
  g_socket_listener_set_backlog (G_SOCKET_LISTENER (self->service), BACKLOG);
  g_signal_connect (self->service, "incoming", G_CALLBACK (on_incoming), self);
  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), wanted, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL,
                                      &effective, error))
    return FALSE;

  self->url = g_strdup_printf ("http://127.0.0.1:%u", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective)));
  return TRUE;
}

static gboolean
start (PillionHttpTestServer *self,
       GError **error)
{
  gboolean listens;

  g_main_context_push_thread_default (self->context->context);
  self->soup = pillion_soup.server_new ("server-header", "Pillion", "raw-paths", TRUE, NULL);
  pillion_soup.server_add_handler (self->soup, NULL, on_request, self, NULL);
  listens = listen_on_loopback (self, error);
  /* Not on the new thread, which would have locks of GObject if the program forks now */
  if (listens)
    g_socket_service_start (self->service);
  g_main_context_pop_thread_default (self->context->context);
  if (!listens)
    return FALSE;

  pillion_sync_release (self);
  self->main_loop = g_main_loop_new (self->context->context, FALSE);
  self->pid = getpid ();
  self->thread = g_thread_try_new ("pillion-test", serve, self, error);
  if (self->thread == NULL)
    {
      g_socket_service_stop (self->service);
      while (g_main_context_iteration (self->context->context, FALSE))
        ;
    }

  return self->thread != NULL;
}

static gboolean
pillion_http_test_server_initable_init (GInitable *initable,
                                        GCancellable *cancellable,
                                        GError **error)
{
  PillionHttpTestServer *self = PILLION_HTTP_TEST_SERVER (initable);

  g_return_val_if_fail (self->loop != NULL, FALSE);

  if (self->context != NULL)
    return self->url != NULL;
  if (!pillion_soup_library_load (error))
    return FALSE;

  self->context = pillion_test_thread_new ();
  if (!start (self, error))
    {
      g_clear_pointer (&self->url, g_free);
      return FALSE;
    }
  g_signal_connect_object (self->loop, "closed", G_CALLBACK (on_loop_closed), self, 0);

  return TRUE;
}

static void
initable_iface_init (GInitableIface *iface)
{
  iface->init = pillion_http_test_server_initable_init;
}

static void
pillion_http_test_server_finalize (GObject *object)
{
  PillionHttpTestServer *self = PILLION_HTTP_TEST_SERVER (object);

  pillion_http_test_server_close (self);
  g_clear_object (&self->service);
  g_clear_object (&self->soup);
  g_clear_pointer (&self->context, pillion_test_thread_unref);
  g_clear_pointer (&self->main_loop, g_main_loop_unref);
  g_free (self->url);
  pillion_test_routes_free (self->routes);
  g_clear_object (&self->closing);
  g_clear_object (&self->loop);

  G_OBJECT_CLASS (pillion_http_test_server_parent_class)->finalize (object);
}

static void
pillion_http_test_server_get_property (GObject *object,
                                       guint prop_id,
                                       GValue *value,
                                       GParamSpec *pspec)
{
  PillionHttpTestServer *self = PILLION_HTTP_TEST_SERVER (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      g_value_set_object (value, self->loop);
      break;
    case PROP_URL:
      g_value_set_string (value, self->url);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_test_server_set_property (GObject *object,
                                       guint prop_id,
                                       const GValue *value,
                                       GParamSpec *pspec)
{
  PillionHttpTestServer *self = PILLION_HTTP_TEST_SERVER (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      self->loop = g_value_dup_object (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_test_server_class_init (PillionHttpTestServerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = pillion_http_test_server_finalize;
  object_class->get_property = pillion_http_test_server_get_property;
  object_class->set_property = pillion_http_test_server_set_property;

  /**
   * PillionHttpTestServer:loop: (getter get_loop)
   *
   * The loop that handlers run in.
   *
   * Since: 1.0
   */
  properties[PROP_LOOP] =
      g_param_spec_object ("loop", NULL, NULL, PILLION_TYPE_LOOP, G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * PillionHttpTestServer:url: (getter get_url)
   *
   * The URL of the server, without a slash at its end.
   *
   * Since: 1.0
   */
  properties[PROP_URL] =
      g_param_spec_string ("url", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_http_test_server_init (PillionHttpTestServer *self)
{
  self->routes = pillion_test_routes_new ();
  self->closing = g_cancellable_new ();
}

/**
 * pillion_http_test_server_new:
 * @loop: a loop, on its thread
 * @error: return location for an error
 *
 * Creates a server that listens on a free port of 127.0.0.1.
 *
 * It fails with [error@PillionHttp.Error.UNAVAILABLE] if libsoup 3 can't be used, and with an error of GIO's if the system gives
 * no socket or no thread. On another thread than the loop's it fails with [error@Pillion.Error.WRONG_THREAD].
 *
 * Returns: (transfer full): a new server, or `NULL` with @error set
 *
 * Since: 1.0
 */
PillionHttpTestServer *
pillion_http_test_server_new (PillionLoop *loop,
                              GError **error)
{
  g_return_val_if_fail (PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!pillion_private_loop_check_thread (loop, error))
    return NULL;

  return g_initable_new (PILLION_HTTP_TYPE_TEST_SERVER, NULL, error, "loop", loop, NULL);
}

/**
 * pillion_http_test_server_get_loop: (get-property loop)
 * @self: a server
 *
 * Gets the loop that handlers run in.
 *
 * Returns: (transfer none): the loop
 *
 * Since: 1.0
 */
PillionLoop *
pillion_http_test_server_get_loop (PillionHttpTestServer *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_TEST_SERVER (self), NULL);

  return self->loop;
}

/**
 * pillion_http_test_server_get_url: (get-property url)
 * @self: a server
 *
 * Gets the URL of the server, such as `http://127.0.0.1:34567`: paths are appended to it. It stays the same after the server was
 * closed, so that connecting to it is refused.
 *
 * Returns: the URL
 *
 * Since: 1.0
 */
const char *
pillion_http_test_server_get_url (PillionHttpTestServer *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_TEST_SERVER (self), NULL);

  return self->url;
}

/**
 * pillion_http_test_server_add_bytes:
 * @self: a server
 * @path: a path, which begins with a slash; percent-encoded
 * @body: the body
 * @content_type: (nullable): its type, such as `application/json`
 *
 * Answers requests for @path with a fixed body. It replaces what @path had before.
 *
 * Since: 1.0
 */
void
pillion_http_test_server_add_bytes (PillionHttpTestServer *self,
                                    const char *path,
                                    GBytes *body,
                                    const char *content_type)
{
  g_return_if_fail (PILLION_HTTP_IS_TEST_SERVER (self));
  g_return_if_fail (path != NULL && path[0] == '/');
  g_return_if_fail (body != NULL);
  g_return_if_fail (content_type == NULL || (strchr (content_type, '/') != NULL && strpbrk (content_type, "\r\n") == NULL));

  pillion_test_routes_add_bytes (self->routes, path, body, content_type);
}

/**
 * pillion_http_test_server_add_handler:
 * @self: a server
 * @path: a path, which begins with a slash; percent-encoded
 * @func: (scope notified) (closure user_data) (destroy destroy): answers the requests
 * @user_data: data for @func
 * @destroy: frees @user_data when the path gets something else, or with the server
 *
 * Answers requests for @path with what a function sets. It replaces what @path had before.
 *
 * @func runs on the loop's thread. If the task that it returns fails, the response has status 500 and the error's message as its body,
 * and the message is logged.
 *
 * Since: 1.0
 */
void
pillion_http_test_server_add_handler (PillionHttpTestServer *self,
                                      const char *path,
                                      PillionHttpTestHandler func,
                                      gpointer user_data,
                                      GDestroyNotify destroy)
{
  g_return_if_fail (PILLION_HTTP_IS_TEST_SERVER (self));
  g_return_if_fail (path != NULL && path[0] == '/');
  g_return_if_fail (func != NULL);

  pillion_test_routes_add_handler (self->routes, path, func, user_data, destroy);
}

/**
 * pillion_http_test_server_add_handler_closure: (rename-to pillion_http_test_server_add_handler)
 * @self: a server
 * @path: a path, which begins with a slash; percent-encoded
 * @closure: answers the requests: it gets a [class@PillionHttp.TestExchange], and returns a [class@Pillion.Task] after whose end the
 *   response is sent, or nothing to send it now
 *
 * Like [method@PillionHttp.TestServer.add_handler], but takes a closure. For language bindings.
 *
 * Since: 1.0
 */
void
pillion_http_test_server_add_handler_closure (PillionHttpTestServer *self,
                                              const char *path,
                                              GClosure *closure)
{
  g_return_if_fail (PILLION_HTTP_IS_TEST_SERVER (self));
  g_return_if_fail (path != NULL && path[0] == '/');
  g_return_if_fail (closure != NULL);

  pillion_test_routes_add_closure (self->routes, path, closure);
}

/**
 * pillion_http_test_server_get_n_requests:
 * @self: a server
 * @path: (nullable): a path, as requests have it, or `NULL` for all
 *
 * Tells how many requests the server got, also those that it answered with 404.
 *
 * Returns: how many
 *
 * Since: 1.0
 */
guint
pillion_http_test_server_get_n_requests (PillionHttpTestServer *self,
                                         const char *path)
{
  g_return_val_if_fail (PILLION_HTTP_IS_TEST_SERVER (self), 0);

  return pillion_test_routes_get_n (self->routes, path);
}

/**
 * pillion_http_test_server_close:
 * @self: a server
 *
 * Closes all connections and stops listening. A server that is closed stays so; calling this again does nothing.
 *
 * Since: 1.0
 */
void
pillion_http_test_server_close (PillionHttpTestServer *self)
{
  g_return_if_fail (PILLION_HTTP_IS_TEST_SERVER (self));

  if (self->thread == NULL)
    return;

  /* In the child of a fork (), the thread doesn't exist, and what it had locked stays locked */
  if (self->pid != getpid ())
    {
      self->thread = NULL;
      self->service = NULL;
      self->soup = NULL;
      self->main_loop = NULL;
      self->context = NULL;
      return;
    }

  /* libsoup no longer knows the connections of WebSockets */
  g_cancellable_cancel (self->closing);
  /* On its own thread, so that it can't happen before the main loop runs */
  pillion_test_thread_post (self->context, 0, quit, self->main_loop, NULL);
  g_thread_join (g_steal_pointer (&self->thread));
  pillion_sync_acquire (self);
}
