/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Which proxy a client uses; tests/python/test-proxies.py has what proxies do */

#include <pillion-http/pillion-http.h>

#include <string.h>

#include "../test-support.h"
#include "reserved-port.h"

typedef struct
{
  PillionHttpTestServer *server; /* the proxy */
  PillionHttpClient *client;
} Fixture;

static void
fixture_init (Fixture *self,
              PillionLoop *loop)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = g_bytes_new_static ("via proxy", strlen ("via proxy"));

  self->server = pillion_http_test_server_new (loop, &error);
  g_assert_no_error (error);
  self->client = pillion_http_client_new (loop);
  pillion_http_test_server_add_bytes (self->server, "/", bytes, NULL);
}

static void
fixture_clear (Fixture *self)
{
  g_clear_object (&self->client);
  g_clear_object (&self->server);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Fixture, fixture_clear)

static void
assert_via_proxy (Fixture *self)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, "http://example.invalid/", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = pillion_await_bytes (task, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "via proxy", strlen ("via proxy"));
}

static void
assert_fails (Fixture *self,
              const char *url,
              GQuark domain,
              int code)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, url, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, domain, code);
}

static void
test_set (PillionLoop *loop,
          gpointer data)
{
  g_auto (Fixture) self = { NULL };
  const char *url;

  fixture_init (&self, loop);
  url = pillion_http_test_server_get_url (self.server);
  g_assert_null (pillion_http_client_get_proxy (self.client));
  pillion_http_client_set_proxy (self.client, url);
  g_assert_cmpstr (pillion_http_client_get_proxy (self.client), ==, url);
  assert_via_proxy (&self);

  pillion_http_client_set_proxy (self.client, "direct://");
  assert_fails (&self, "http://127.0.0.1:1/", G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  pillion_http_client_set_proxy (self.client, "gopher://127.0.0.1");
  assert_fails (&self, "http://127.0.0.1:1/", PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY);
}

static void
test_resolver (PillionLoop *loop,
               gpointer data)
{
  g_auto (Fixture) self = { NULL };
  g_autoptr (GProxyResolver) resolver = NULL;

  fixture_init (&self, loop);
  resolver = g_simple_proxy_resolver_new (pillion_http_test_server_get_url (self.server), NULL);
  g_assert_null (pillion_http_client_get_proxy_resolver (self.client));
  pillion_http_client_set_proxy_resolver (self.client, resolver);
  g_assert_true (pillion_http_client_get_proxy_resolver (self.client) == resolver);
  assert_via_proxy (&self);
  assert_via_proxy (&self);
}

/* A resolver that never answers, not even if it is cancelled */
typedef struct
{
  GObject parent_instance;
  guint n_asked;
  GTask *task; /* the question, which is answered when the test is over */
} SlowResolver;

typedef struct
{
  GObjectClass parent_class;
} SlowResolverClass;

static void
slow_lookup_async (GProxyResolver *resolver,
                   const char *uri,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer data)
{
  SlowResolver *self = (SlowResolver *) resolver;

  g_assert_true (g_str_equal (uri, "http://127.0.0.1/") || g_str_equal (uri, "http://example.invalid/"));
  self->task = g_task_new (resolver, NULL, callback, data);
  g_atomic_int_inc (&self->n_asked);
}

static char **
slow_lookup_finish (GProxyResolver *resolver,
                    GAsyncResult *result,
                    GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static gboolean
slow_is_supported (GProxyResolver *resolver)
{
  return TRUE;
}

static void
slow_iface_init (GProxyResolverInterface *iface)
{
  iface->is_supported = slow_is_supported;
  iface->lookup_async = slow_lookup_async;
  iface->lookup_finish = slow_lookup_finish;
}

static GType slow_resolver_get_type (void);

G_DEFINE_TYPE_WITH_CODE (SlowResolver, slow_resolver, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (G_TYPE_PROXY_RESOLVER, slow_iface_init))

static void
slow_resolver_class_init (SlowResolverClass *klass)
{
}

static void
slow_resolver_init (SlowResolver *self)
{
}

/* Without a network, a resolver may never answer */
static void
test_offline (PillionLoop *loop,
              gpointer data)
{
  g_auto (Fixture) self = { NULL };
  SlowResolver *resolver = g_object_new (slow_resolver_get_type (), NULL);
  g_autofree char *folder = g_dir_make_tmp ("pillion-cache-XXXXXX", NULL);
  g_autofree char *command = g_strdup_printf ("rm -rf %s", folder);
  g_autoptr (PillionHttpCache) cache = pillion_http_cache_new (folder);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  pillion_http_client_set_proxy_resolver (self.client, G_PROXY_RESOLVER (resolver));
  pillion_http_client_set_cache (self.client, cache);
  pillion_http_client_set_offline (self.client, TRUE);
  task = pillion_http_client_get_bytes (self.client, "http://127.0.0.1:1/", NULL);
  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_CACHED);
  g_assert_cmpuint (g_atomic_int_get (&resolver->n_asked), ==, 0);

  pillion_http_client_set_proxy_resolver (self.client, NULL);
  g_object_unref (resolver);
  g_spawn_command_line_sync (command, NULL, NULL, NULL, NULL);
}

static void
test_slow_resolver (PillionLoop *loop,
                    gpointer data)
{
  g_auto (Fixture) self = { NULL };
  SlowResolver *resolver = g_object_new (slow_resolver_get_type (), NULL);
  PillionTask *tasks[3];
  gint64 start = g_get_monotonic_time ();

  fixture_init (&self, loop);
  /* Long enough for what this thread does meanwhile on a busy machine */
  pillion_http_client_set_connect_timeout_usec (self.client, 3 * G_USEC_PER_SEC);
  pillion_http_client_set_proxy_resolver (self.client, G_PROXY_RESOLVER (resolver));
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = pillion_http_client_get_bytes (self.client, "http://127.0.0.1:1/", NULL);
  pillion_task_cancel (tasks[0]);
  /* Other settings don't end the wait */
  pillion_http_client_set_max_connections (self.client, 5);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autoptr (PillionTask) task = tasks[i];
      g_autoptr (GError) error = NULL;

      g_assert_false (pillion_await (task, &error));
      if (i == 0)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      else
        g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY);
    }
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 3 * G_USEC_PER_SEC);
  g_assert_cmpuint (g_atomic_int_get (&resolver->n_asked), ==, 1);

  /* Nobody waits for its answer any more */
  g_task_return_new_error (resolver->task, G_IO_ERROR, G_IO_ERROR_FAILED, "late");
  g_object_unref (resolver->task);
  g_object_unref (resolver);
}

/* A question to the old resolver is nobody's answer any more */
static void
test_resolver_changes (PillionLoop *loop,
                       gpointer data)
{
  g_auto (Fixture) self = { NULL };
  SlowResolver *slow = g_object_new (slow_resolver_get_type (), NULL);
  g_autoptr (GProxyResolver) quick = NULL;
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;
  static const char *const wrong[] = { "http://127.0.0.1:1", NULL };

  fixture_init (&self, loop);
  quick = g_simple_proxy_resolver_new (pillion_http_test_server_get_url (self.server), NULL);
  pillion_http_client_set_proxy_resolver (self.client, G_PROXY_RESOLVER (slow));
  task = pillion_http_client_get_bytes (self.client, "http://example.invalid/", NULL);
  while (g_atomic_int_get (&slow->n_asked) == 0)
    g_assert_true (pillion_yield (NULL));
  pillion_http_client_set_proxy_resolver (self.client, quick);
  assert_via_proxy (&self);

  g_task_return_pointer (slow->task, g_strdupv ((char **) wrong), (GDestroyNotify) g_strfreev);
  g_object_unref (slow->task);
  g_assert_true (pillion_await (task, &error));
  g_assert_no_error (error);
  assert_via_proxy (&self);
  g_object_unref (slow);
}

/* The system's resolver may take its time, or name a proxy that can't reach this machine. Servers here don't need to know. */
static void
get_from_here (PillionLoop *loop,
               gpointer data)
{
  g_auto (Fixture) self = { NULL };
  SlowResolver *resolver;
  static const char *const hosts[] = { "127.0.0.1", "127.1.2.3", "localhost", "LOCALHOST", "api.localhost", "[::1]" };

  g_assert_true (g_setenv ("GIO_USE_PROXY_RESOLVER", "slow", TRUE));
  g_io_extension_point_register (G_PROXY_RESOLVER_EXTENSION_POINT_NAME);
  g_io_extension_point_implement (G_PROXY_RESOLVER_EXTENSION_POINT_NAME, slow_resolver_get_type (), "slow", 1000);
  resolver = (SlowResolver *) g_proxy_resolver_get_default ();
  g_assert_cmpstr (G_OBJECT_TYPE_NAME (resolver), ==, "SlowResolver");

  fixture_init (&self, loop);
  pillion_http_client_set_connect_timeout_usec (self.client, 5 * G_USEC_PER_SEC);
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      g_autofree char *url = g_strdup_printf ("http://%s:1/", hosts[i]);
      g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self.client, url, NULL);
      g_autoptr (GError) error = NULL;

      g_assert_false (pillion_await (task, &error));
      g_assert_false (g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY));
    }
  g_assert_cmpuint (g_atomic_int_get (&resolver->n_asked), ==, 0);

  /* Others do */
  pillion_http_client_set_connect_timeout_usec (self.client, 50000);
  assert_fails (&self, "http://example.invalid/", PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY);
  g_assert_cmpuint (g_atomic_int_get (&resolver->n_asked), ==, 1);
  g_task_return_new_error (resolver->task, G_IO_ERROR, G_IO_ERROR_FAILED, "late");
  g_clear_object (&resolver->task);
}

static void
test_system_resolver (void)
{
  gboolean ended_well;
  g_autofree char *said = run_alone ("/http/proxy/subprocess/from-here", &ended_well);

  if (!ended_well)
    g_test_message ("%s", said);
  g_assert_true (ended_well);
}

/* A resolver that knows several proxies */
typedef struct
{
  GObject parent_instance;
  char **urls;
} ListResolver;

typedef struct
{
  GObjectClass parent_class;
} ListResolverClass;

static void
list_lookup_async (GProxyResolver *resolver,
                   const char *uri,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer data)
{
  g_autoptr (GTask) task = g_task_new (resolver, cancellable, callback, data);

  g_task_return_pointer (task, g_strdupv (((ListResolver *) resolver)->urls), (GDestroyNotify) g_strfreev);
}

static char **
list_lookup_finish (GProxyResolver *resolver,
                    GAsyncResult *result,
                    GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
list_iface_init (GProxyResolverInterface *iface)
{
  iface->is_supported = slow_is_supported;
  iface->lookup_async = list_lookup_async;
  iface->lookup_finish = list_lookup_finish;
}

static GType list_resolver_get_type (void);

G_DEFINE_TYPE_WITH_CODE (ListResolver, list_resolver, G_TYPE_OBJECT, G_IMPLEMENT_INTERFACE (G_TYPE_PROXY_RESOLVER, list_iface_init))

static void
list_resolver_finalize (GObject *object)
{
  g_strfreev (((ListResolver *) object)->urls);
  G_OBJECT_CLASS (list_resolver_parent_class)->finalize (object);
}

static void
list_resolver_class_init (ListResolverClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = list_resolver_finalize;
}

static void
list_resolver_init (ListResolver *self)
{
}

/* Has the client ask for proxies, with NULL at the end */
static void
use_proxies (Fixture *self,
             const char *first,
             ...)
{
  ListResolver *resolver = g_object_new (list_resolver_get_type (), NULL);
  g_autoptr (GStrvBuilder) urls = g_strv_builder_new ();
  va_list rest;

  va_start (rest, first);
  for (const char *url = first; url != NULL; url = va_arg (rest, const char *))
    g_strv_builder_add (urls, url);
  va_end (rest);
  resolver->urls = g_strv_builder_end (urls);
  pillion_http_client_set_proxy_resolver (self->client, G_PROXY_RESOLVER (resolver));
  g_object_unref (resolver);
}

static void
test_next_proxy (PillionLoop *loop,
                 gpointer data)
{
  g_auto (Fixture) self = { NULL };
  g_autoptr (GSocket) reserved = reserved_port_new ();
  g_autofree char *refuses = reserved_port_get_url (reserved, "http");
  const char *url;

  fixture_init (&self, loop);
  url = pillion_http_test_server_get_url (self.server);
  use_proxies (&self, refuses, "gopher://what", "http://proxy.invalid:8080", url, "direct://", NULL);
  assert_via_proxy (&self);
  /* Those that can't be reached come last now */
  assert_via_proxy (&self);
  g_assert_cmpuint (pillion_http_test_server_get_n_requests (self.server, "/"), ==, 2);
}

/* A body that can be read only once goes to the next one, too, as long as nothing of it was read */
static void
test_next_gets_body (PillionLoop *loop,
                     gpointer data)
{
  g_auto (Fixture) self = { NULL };
  g_autoptr (GSocket) reserved = reserved_port_new ();
  g_autofree char *refuses = reserved_port_get_url (reserved, "http");

  fixture_init (&self, loop);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("POST", "http://files.invalid/echo");
      g_autoptr (GInputStream) memory = g_memory_input_stream_new_from_data ("text", 4, NULL);
      g_autoptr (GConverter) converter = G_CONVERTER (g_charset_converter_new ("utf-8", "utf-8", NULL));
      g_autoptr (GInputStream) once = g_converter_input_stream_new (memory, converter);
      g_autoptr (PillionTask) task = NULL;
      g_autoptr (GError) error = NULL;

      use_proxies (&self, refuses, "http://proxy.invalid:8080", pillion_http_test_server_get_url (self.server), NULL);
      pillion_http_client_set_rate_limit (self.client, i * 1000000);
      pillion_http_request_set_body_from_stream (request, once, -1, NULL);
      task = pillion_http_client_send (self.client, request, NULL);
      g_assert_true (pillion_await (task, &error));
      g_assert_no_error (error);
    }
  g_assert_cmpuint (pillion_http_test_server_get_n_requests (self.server, "/echo"), ==, 2);
}

static void
test_next_is_direct (PillionLoop *loop,
                     gpointer data)
{
  g_auto (Fixture) self = { NULL };
  g_autoptr (GSocket) reserved = reserved_port_new ();
  g_autofree char *refuses = reserved_port_get_url (reserved, "socks5");
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  use_proxies (&self, refuses, "direct://", NULL);
  task = pillion_http_client_get_bytes (self.client, pillion_http_test_server_get_url (self.server), NULL);
  g_assert_true (pillion_await (task, &error));
  g_assert_no_error (error);
}

static void
test_all_proxies_fail (PillionLoop *loop,
                       gpointer data)
{
  g_auto (Fixture) self = { NULL };
  g_autoptr (GSocket) first_reserved = reserved_port_new ();
  g_autoptr (GSocket) last_reserved = reserved_port_new ();
  g_autofree char *first = reserved_port_get_url (first_reserved, "http");
  g_autofree char *last = reserved_port_get_url (last_reserved, "http");

  fixture_init (&self, loop);
  use_proxies (&self, first, last, NULL);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self.client, "http://example.invalid/", NULL);
      g_autoptr (GError) error = NULL;

      g_assert_false (pillion_await (task, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
      g_assert_nonnull (strstr (error->message, last));
    }

  use_proxies (&self, "gopher://a", "gopher://b", NULL);
  assert_fails (&self, "http://127.0.0.1:1/", PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY);
}

/* A proxy that takes connections, and says nothing */
static void
test_silent_proxy (PillionLoop *loop,
                   gpointer data)
{
  g_auto (Fixture) self = { NULL };
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autofree char *silent = g_strdup_printf ("http://127.0.0.1:%u", g_socket_listener_add_any_inet_port (listener, NULL, NULL));
  g_autoptr (PillionHttpRequest) request = NULL;
  gint64 start;

  fixture_init (&self, loop);
  request = pillion_http_request_new ("GET", pillion_http_test_server_get_url (self.server));
  for (guint i = 0; i < 2; i++)
    {
      /* On a busy machine, even a good connection takes a while */
      const gint64 timeout = i == 0 ? 2 * G_USEC_PER_SEC : G_USEC_PER_SEC;
      g_autoptr (PillionTask) task = NULL;
      g_autoptr (GError) error = NULL;

      pillion_http_client_set_connect_timeout_usec (self.client, timeout);
      start = g_get_monotonic_time ();
      use_proxies (&self, silent, i == 0 ? "direct://" : silent, NULL);
      /* The handshake needs a tunnel */
      task = pillion_http_client_open_web_socket (self.client, request, NULL, NULL);
      g_assert_false (pillion_await (task, &error));
      if (i == 0)
        {
          g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_WEB_SOCKET);
          g_assert_cmpint (g_get_monotonic_time () - start, >=, timeout);
        }
      else
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
          g_assert_nonnull (strstr (error->message, silent));
          g_assert_cmpint (g_get_monotonic_time () - start, >=, 2 * timeout);
        }
    }
}

/* Makes a tunnel, but not to a server that speaks TLS. What that says comes after the client has spoken, because a client takes all that comes with
 * the head for a part of that. */
static gpointer
make_useless_tunnel (gpointer data)
{
  g_autoptr (GSocketConnection) connection = g_socket_listener_accept (data, NULL, NULL, NULL);
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  GOutputStream *output = g_io_stream_get_output_stream (G_IO_STREAM (connection));
  static const char *const answers[] = { "HTTP/1.1 200 OK\r\n\r\n", "No TLS here" };
  char buffer[4096];

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_assert_cmpint (g_input_stream_read (input, buffer, sizeof buffer, NULL, NULL), >, 0);
      g_assert_true (g_output_stream_write_all (output, answers[i], strlen (answers[i]), NULL, NULL, NULL));
    }

  return NULL;
}

static void
test_reached_proxy_is_final (PillionLoop *loop,
                             gpointer data)
{
  g_auto (Fixture) self = { NULL };
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u", g_socket_listener_add_any_inet_port (listener, NULL, NULL));
  GThread *thread = g_thread_new ("proxy", make_useless_tunnel, listener);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;

  fixture_init (&self, loop);
  /* The first use of TLS reads all certificates of the system, which takes long under a sanitizer */
  pillion_http_client_set_connect_timeout_usec (self.client, 600 * G_USEC_PER_SEC);
  use_proxies (&self, url, "direct://", NULL);
  task = pillion_http_client_get_bytes (self.client, "https://example.invalid/", NULL);
  g_assert_false (pillion_await (task, &error));
  g_thread_join (thread);
  /* A direct connection would find no such host. Whether the answer comes before the end of the connection is chance. */
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
    g_assert_cmpstr (g_quark_to_string (error->domain), ==, g_quark_to_string (G_TLS_ERROR));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  pillion_test_add_func ("/http/proxy/set", test_set);
  pillion_test_add_func ("/http/proxy/resolver", test_resolver);
  pillion_test_add_func ("/http/proxy/resolver-that-does-not-answer", test_slow_resolver);
  pillion_test_add_func ("/http/proxy/resolver-changes", test_resolver_changes);
  pillion_test_add_func ("/http/proxy/offline-asks-no-resolver", test_offline);

  pillion_test_add_func ("/http/proxy/next-if-one-cannot-be-reached", test_next_proxy);
  pillion_test_add_func ("/http/proxy/next-gets-a-body-that-was-not-read", test_next_gets_body);
  pillion_test_add_func ("/http/proxy/next-is-direct", test_next_is_direct);
  pillion_test_add_func ("/http/proxy/all-fail", test_all_proxies_fail);
  pillion_test_add_func ("/http/proxy/next-if-one-is-silent", test_silent_proxy);
  pillion_test_add_func ("/http/proxy/one-that-can-be-reached-is-final", test_reached_proxy_is_final);

  g_test_add_func ("/http/proxy/system-resolver-is-for-other-machines", test_system_resolver);
  pillion_test_add_func ("/http/proxy/subprocess/from-here", get_from_here);

  return g_test_run ();
}
