/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-test-transport-private.h"

#include <string.h>

#include "core/pillion-private.h"
#include "http/pillion-http-url.h"
#include "http/pillion-test-carrier.h"

/**
 * PillionHttpTestTransport:
 *
 * Answers the requests of a client without a network, on the clock of the loop.
 *
 * ```c
 * g_autoptr (PillionHttpTestTransport) transport = pillion_http_test_transport_new (loop);
 * g_autoptr (GBytes) item = g_bytes_new_static ("{\"id\": 1}", 9);
 *
 * pillion_http_test_transport_add_bytes (transport, "https://api.example.org/item", item, "application/json");
 * pillion_http_client_set_transport (client, transport);
 * ```
 *
 * A client that it is given to sends everything to it, for whatever host: nothing leaves the process, and no thread takes part. The rest
 * is as always: the queue, redirects, cookies, credentials, retries, limits, decompression, downloads.
 *
 * With a [class@Pillion.TestHost], all that takes time is virtual: the delay of a slow answer, each time limit of the client, and the waits
 * between retries. A test of a limit of an hour takes no time.
 *
 * ## URLs
 *
 * What answers is found by the URL without its query, such as `https://api.example.org/item`, or, for all hosts, by its path, `/item`. One that
 * ends in a slash stands for everything below it, too, unless something more specific was added. URLs come before paths. Everything else is
 * answered with 404.
 *
 * Fixed bytes are answered to a `GET` with a `Range` with that range.
 *
 * To test what a program does with a real connection, use a [class@PillionHttp.TestServer].
 *
 * ## Threads
 *
 * It belongs to its loop's thread, and so do the handlers. Files are read and written in kicks.
 *
 * Since: 1.0
 */

struct _PillionHttpTestTransport
{
  GObject parent_instance;

  PillionLoop *loop;
  PillionTestRoutes *routes;
  GCancellable *closing; /* cancelled when the loop closes */
};

enum
{
  PROP_LOOP = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (PillionHttpTestTransport, pillion_http_test_transport, G_TYPE_OBJECT)

/* Every user of the routes keeps their owner alive */
PillionTransport *
pillion_http_test_transport_make (PillionHttpTestTransport *self)
{
  return pillion_test_carrier_new (self->loop, self->routes, self->closing, G_OBJECT (self));
}

static void
pillion_http_test_transport_finalize (GObject *object)
{
  PillionHttpTestTransport *self = PILLION_HTTP_TEST_TRANSPORT (object);

  pillion_test_routes_free (self->routes);
  g_clear_object (&self->closing);
  g_clear_object (&self->loop);

  G_OBJECT_CLASS (pillion_http_test_transport_parent_class)->finalize (object);
}

static void
on_loop_closed (PillionLoop *loop,
                gpointer data)
{
  PillionHttpTestTransport *self = data;

  g_cancellable_cancel (self->closing);
}

static void
pillion_http_test_transport_constructed (GObject *object)
{
  PillionHttpTestTransport *self = PILLION_HTTP_TEST_TRANSPORT (object);

  G_OBJECT_CLASS (pillion_http_test_transport_parent_class)->constructed (object);

  if (self->loop == NULL)
    {
      PillionLoop *loop = pillion_loop_get_default ();

      /* The loop may be missing: that is the caller's error, and was reported. Everything else relies on
       * having one. */
      self->loop = loop != NULL ? g_object_ref (loop) : pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
    }
  g_signal_connect_object (self->loop, "closed", G_CALLBACK (on_loop_closed), self, 0);
}

static void
pillion_http_test_transport_get_property (GObject *object,
                                          guint prop_id,
                                          GValue *value,
                                          GParamSpec *pspec)
{
  PillionHttpTestTransport *self = PILLION_HTTP_TEST_TRANSPORT (object);

  switch (prop_id)
    {
    case PROP_LOOP:
      g_value_set_object (value, self->loop);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
pillion_http_test_transport_set_property (GObject *object,
                                          guint prop_id,
                                          const GValue *value,
                                          GParamSpec *pspec)
{
  PillionHttpTestTransport *self = PILLION_HTTP_TEST_TRANSPORT (object);

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
pillion_http_test_transport_class_init (PillionHttpTestTransportClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = pillion_http_test_transport_constructed;
  object_class->finalize = pillion_http_test_transport_finalize;
  object_class->get_property = pillion_http_test_transport_get_property;
  object_class->set_property = pillion_http_test_transport_set_property;

  /**
   * PillionHttpTestTransport:loop: (getter get_loop)
   *
   * The loop that handlers run in. If none is given it is the calling thread's default loop.
   *
   * Since: 1.0
   */
  properties[PROP_LOOP] =
      g_param_spec_object ("loop", NULL, NULL, PILLION_TYPE_LOOP, G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
pillion_http_test_transport_init (PillionHttpTestTransport *self)
{
  self->routes = pillion_test_routes_new ();
  self->closing = g_cancellable_new ();
}

/**
 * pillion_http_test_transport_new:
 * @loop: (nullable): a loop, on its thread; `NULL` for the calling thread's default loop
 *
 * Creates a transport that answers everything with 404.
 *
 * Returns: (transfer full): a new transport
 *
 * Since: 1.0
 */
PillionHttpTestTransport *
pillion_http_test_transport_new (PillionLoop *loop)
{
  g_return_val_if_fail (loop == NULL || PILLION_IS_LOOP (loop), NULL);
  g_return_val_if_fail (loop == NULL || pillion_private_loop_on_thread (loop), NULL);

  return g_object_new (PILLION_HTTP_TYPE_TEST_TRANSPORT, "loop", loop, NULL);
}

/**
 * pillion_http_test_transport_get_loop: (get-property loop)
 * @self: a transport
 *
 * Gets the loop that handlers run in.
 *
 * Returns: (transfer none): the loop
 *
 * Since: 1.0
 */
PillionLoop *
pillion_http_test_transport_get_loop (PillionHttpTestTransport *self)
{
  g_return_val_if_fail (PILLION_HTTP_IS_TEST_TRANSPORT (self), NULL);

  return self->loop;
}

/* The key that a program's URL or path has, or NULL if it is neither */
static char *
make_key (const char *url)
{
  g_autoptr (GUri) uri = NULL;

  if (url[0] == '/')
    return g_strdup (url);

  uri = pillion_http_parse_url (url, NULL);
  return uri != NULL && pillion_http_check_uri (uri, NULL) ? pillion_test_routes_make_key (uri) : NULL;
}

/**
 * pillion_http_test_transport_add_bytes:
 * @self: a transport
 * @url: a URL without query, or a path, which begins with a slash; percent-encoded
 * @body: the body
 * @content_type: (nullable): its type, such as `application/json`
 *
 * Answers requests for @url with a fixed body. It replaces what @url had before.
 *
 * Since: 1.0
 */
void
pillion_http_test_transport_add_bytes (PillionHttpTestTransport *self,
                                       const char *url,
                                       GBytes *body,
                                       const char *content_type)
{
  g_autofree char *key = NULL;

  g_return_if_fail (PILLION_HTTP_IS_TEST_TRANSPORT (self));
  g_return_if_fail (url != NULL);
  key = make_key (url);
  g_return_if_fail (key != NULL);
  g_return_if_fail (body != NULL);
  g_return_if_fail (content_type == NULL || (strchr (content_type, '/') != NULL && strpbrk (content_type, "\r\n") == NULL));

  pillion_test_routes_add_bytes (self->routes, key, body, content_type);
}

/**
 * pillion_http_test_transport_add_error:
 * @self: a transport
 * @url: a URL without query, or a path, which begins with a slash; percent-encoded
 * @error: the error, such as one of `G_RESOLVER_ERROR` or `G_IO_ERROR_CONNECTION_REFUSED`
 *
 * Lets requests for @url fail, as they do without a network. It replaces what @url had before.
 *
 * Since: 1.0
 */
void
pillion_http_test_transport_add_error (PillionHttpTestTransport *self,
                                       const char *url,
                                       const GError *error)
{
  g_autofree char *key = NULL;

  g_return_if_fail (PILLION_HTTP_IS_TEST_TRANSPORT (self));
  g_return_if_fail (url != NULL);
  key = make_key (url);
  g_return_if_fail (key != NULL);
  g_return_if_fail (error != NULL);

  pillion_test_routes_add_error (self->routes, key, error);
}

/**
 * pillion_http_test_transport_add_handler:
 * @self: a transport
 * @url: a URL without query, or a path, which begins with a slash; percent-encoded
 * @func: (scope notified) (closure user_data) (destroy destroy): answers the requests
 * @user_data: data for @func
 * @destroy: frees @user_data when the URL gets something else, or with the transport
 *
 * Answers requests for @url with what a function sets. It replaces what @url had before.
 *
 * @func runs in a kick. If the task that it returns fails, the response has status 500 and the error's message as its body,
 * and the message is logged.
 *
 * Since: 1.0
 */
void
pillion_http_test_transport_add_handler (PillionHttpTestTransport *self,
                                         const char *url,
                                         PillionHttpTestHandler func,
                                         gpointer user_data,
                                         GDestroyNotify destroy)
{
  g_autofree char *key = NULL;

  g_return_if_fail (PILLION_HTTP_IS_TEST_TRANSPORT (self));
  g_return_if_fail (url != NULL);
  key = make_key (url);
  g_return_if_fail (key != NULL);
  g_return_if_fail (func != NULL);

  pillion_test_routes_add_handler (self->routes, key, func, user_data, destroy);
}

/**
 * pillion_http_test_transport_add_handler_closure: (rename-to pillion_http_test_transport_add_handler)
 * @self: a transport
 * @url: a URL without query, or a path, which begins with a slash; percent-encoded
 * @closure: answers the requests: it gets a [class@PillionHttp.TestExchange], and returns a [class@Pillion.Task] after whose end the
 *   response is sent, or nothing to send it now
 *
 * Like [method@PillionHttp.TestTransport.add_handler], but takes a closure. For language bindings.
 *
 * Since: 1.0
 */
void
pillion_http_test_transport_add_handler_closure (PillionHttpTestTransport *self,
                                                 const char *url,
                                                 GClosure *closure)
{
  g_autofree char *key = NULL;

  g_return_if_fail (PILLION_HTTP_IS_TEST_TRANSPORT (self));
  g_return_if_fail (url != NULL);
  key = make_key (url);
  g_return_if_fail (key != NULL);
  g_return_if_fail (closure != NULL);

  pillion_test_routes_add_closure (self->routes, key, closure);
}

/**
 * pillion_http_test_transport_get_n_requests:
 * @self: a transport
 * @url: (nullable): a URL without query, or a path for all hosts, or `NULL` for all
 *
 * Tells how many requests there were, also those that were answered with 404.
 *
 * Returns: how many
 *
 * Since: 1.0
 */
guint
pillion_http_test_transport_get_n_requests (PillionHttpTestTransport *self,
                                            const char *url)
{
  g_autofree char *key = NULL;

  g_return_val_if_fail (PILLION_HTTP_IS_TEST_TRANSPORT (self), 0);
  key = url != NULL ? make_key (url) : NULL;
  g_return_val_if_fail (url == NULL || key != NULL, 0);

  return pillion_test_routes_get_n (self->routes, key);
}
