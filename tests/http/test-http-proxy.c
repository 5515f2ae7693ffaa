/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Which proxy a client uses; tests/python/test-proxies.py has what proxies do */

#include <pillion-http/pillion-http.h>

#include <string.h>

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
              GQuark domain,
              int code)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, "http://127.0.0.1:1/", NULL);
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
  assert_fails (&self, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  pillion_http_client_set_proxy (self.client, "gopher://127.0.0.1");
  assert_fails (&self, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY);
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

  g_assert_cmpstr (uri, ==, "http://127.0.0.1/");
  g_atomic_int_inc (&self->n_asked);
}

static char **
slow_lookup_finish (GProxyResolver *resolver,
                    GAsyncResult *result,
                    GError **error)
{
  g_assert_not_reached ();
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

static void
test_slow_resolver (PillionLoop *loop,
                    gpointer data)
{
  g_auto (Fixture) self = { NULL };
  SlowResolver *resolver = g_object_new (slow_resolver_get_type (), NULL);
  PillionTask *tasks[3];
  gint64 start = g_get_monotonic_time ();

  fixture_init (&self, loop);
  pillion_http_client_set_connect_timeout_usec (self.client, 50000);
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
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 50000);
  g_assert_cmpuint (g_atomic_int_get (&resolver->n_asked), ==, 1);
  g_object_unref (resolver);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  pillion_test_add_func ("/http/proxy/set", test_set);
  pillion_test_add_func ("/http/proxy/resolver", test_resolver);
  pillion_test_add_func ("/http/proxy/resolver-that-does-not-answer", test_slow_resolver);

  return g_test_run ();
}
