/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-test-routes.h"

#include <string.h>

#include "core/pillion-private.h"
#include "http/pillion-http-test-exchange-private.h"
#include "http/pillion-http-url.h"

struct _PillionTestRoutes
{
  GMutex lock;
  GHashTable *routes;     /* path → PillionTestRoute; under the lock */
  GHashTable *n_requests; /* path → how many requests came; under the lock */
  guint n_total;          /* under the lock */
};

static void
route_clear (gpointer data)
{
  PillionTestRoute *self = data;

  pillion_sync_acquire (self);
  g_clear_pointer (&self->body, g_bytes_unref);
  g_clear_error (&self->error);
  g_free (self->content_type);
  if (self->destroy != NULL)
    self->destroy (self->data);
}

void
pillion_test_route_unref (PillionTestRoute *self)
{
  pillion_sync_release (self);
  g_atomic_rc_box_release_full (self, route_clear);
}

static void
unref_route (gpointer route)
{
  pillion_test_route_unref (route);
}

PillionTestRoutes *
pillion_test_routes_new (void)
{
  PillionTestRoutes *self = g_new0 (PillionTestRoutes, 1);

  g_mutex_init (&self->lock);
  self->routes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, unref_route);
  self->n_requests = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  return self;
}

void
pillion_test_routes_free (PillionTestRoutes *self)
{
  g_hash_table_unref (self->routes);
  g_hash_table_unref (self->n_requests);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
add_route (PillionTestRoutes *self,
           const char *path,
           PillionTestRoute *route)
{
  gpointer old_path = NULL, old_route = NULL;

  pillion_mutex_lock (&self->lock);
  g_hash_table_steal_extended (self->routes, path, &old_path, &old_route);
  g_hash_table_insert (self->routes, g_strdup (path), route);
  pillion_mutex_unlock (&self->lock);

  /* Its destroy function may call us */
  g_free (old_path);
  if (old_route != NULL)
    pillion_test_route_unref (old_route);
}

void
pillion_test_routes_add_bytes (PillionTestRoutes *self,
                               const char *path,
                               GBytes *body,
                               const char *content_type)
{
  PillionTestRoute *route = g_atomic_rc_box_new0 (PillionTestRoute);

  route->body = g_bytes_ref (body);
  route->content_type = g_strdup (content_type);
  add_route (self, path, route);
}

void
pillion_test_routes_add_error (PillionTestRoutes *self,
                               const char *path,
                               const GError *error)
{
  PillionTestRoute *route = g_atomic_rc_box_new0 (PillionTestRoute);

  route->error = g_error_copy (error);
  add_route (self, path, route);
}

void
pillion_test_routes_add_handler (PillionTestRoutes *self,
                                 const char *path,
                                 PillionHttpTestHandler func,
                                 gpointer data,
                                 GDestroyNotify destroy)
{
  PillionTestRoute *route = g_atomic_rc_box_new0 (PillionTestRoute);

  route->func = func;
  route->data = data;
  route->destroy = destroy;
  add_route (self, path, route);
}

static PillionTask *
call_closure (PillionHttpTestExchange *exchange,
              gpointer closure)
{
  g_auto (GValue) result = G_VALUE_INIT;
  g_auto (GValue) argument = G_VALUE_INIT;

  g_value_init (&result, PILLION_TYPE_TASK);
  g_value_init (&argument, PILLION_HTTP_TYPE_TEST_EXCHANGE);
  g_value_set_object (&argument, exchange);
  g_closure_invoke (closure, &result, 1, &argument, NULL);

  return g_value_dup_object (&result);
}

static void
let_go_of_closure (gpointer closure)
{
  g_closure_unref (closure);
}

void
pillion_test_routes_add_closure (PillionTestRoutes *self,
                                 const char *path,
                                 GClosure *closure)
{
  g_closure_ref (closure);
  g_closure_sink (closure);
  if (G_CLOSURE_NEEDS_MARSHAL (closure))
    g_closure_set_marshal (closure, g_cclosure_marshal_generic);
  pillion_test_routes_add_handler (self, path, call_closure, closure, let_go_of_closure);
}

/* What serves a path, or NULL: the path itself, or else the nearest one above it that ends with a slash */
static PillionTestRoute *
find_route (PillionTestRoutes *self,
            const char *path)
{
  g_autofree char *prefix = g_strdup (path);
  PillionTestRoute *route = g_hash_table_lookup (self->routes, path);

  while (route == NULL && *prefix != '\0')
    {
      char *slash = strrchr (prefix, '/');

      if (slash == NULL)
        break;
      slash[1] = '\0';
      route = g_hash_table_lookup (self->routes, prefix);
      slash[0] = '\0';
    }

  return route != NULL ? g_atomic_rc_box_acquire (route) : NULL;
}

static void
count (PillionTestRoutes *self,
       const char *path)
{
  guint n = GPOINTER_TO_UINT (g_hash_table_lookup (self->n_requests, path));

  g_hash_table_replace (self->n_requests, g_strdup (path), GUINT_TO_POINTER (n + 1));
}

PillionTestRoute *
pillion_test_routes_take (PillionTestRoutes *self,
                          const char *url,
                          const char *path)
{
  PillionTestRoute *route = NULL;

  pillion_mutex_lock (&self->lock);
  self->n_total++;
  count (self, path);
  if (url != NULL)
    {
      count (self, url);
      route = find_route (self, url);
    }
  if (route == NULL)
    route = find_route (self, path);
  pillion_mutex_unlock (&self->lock);

  return route;
}

guint
pillion_test_routes_get_n (PillionTestRoutes *self,
                           const char *path)
{
  guint n;

  pillion_mutex_lock (&self->lock);
  n = path != NULL ? GPOINTER_TO_UINT (g_hash_table_lookup (self->n_requests, path)) : self->n_total;
  pillion_mutex_unlock (&self->lock);

  return n;
}

char *
pillion_test_routes_make_key (GUri *uri)
{
  g_autoptr (GRefString) origin = pillion_http_uri_get_origin (uri);
  const char *path = g_uri_get_path (uri);

  return g_strconcat (origin, *path != '\0' ? path : "/", NULL);
}

/* A handler's turn */
typedef struct
{
  PillionHttpTestExchange *exchange;
  PillionTestRoute *route;
} Call;

static void
call_free (gpointer data)
{
  Call *self = data;

  pillion_sync_unref (self->exchange);
  pillion_test_route_unref (self->route);
  g_free (self);
}

static void
on_handler_done (PillionTask *task,
                 gpointer data)
{
  PillionHttpTestExchange *exchange = data;
  g_autoptr (GError) error = NULL;

  pillion_http_test_exchange_set_waits (exchange, FALSE);
  if (!pillion_task_check (task, &error))
    pillion_http_test_exchange_fail (exchange, error);
  pillion_http_test_exchange_end (exchange, TRUE);
}

static void
run_handler (gpointer data)
{
  Call *self = data;
  g_autoptr (PillionTask) task = self->route->func (self->exchange, self->route->data);

  /* A binding may have made it without a loop, as a plain object */
  if (task != NULL && pillion_task_get_loop (task) == NULL)
    {
      g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "The handler's task has no loop.");

      pillion_http_test_exchange_fail (self->exchange, error);
      pillion_http_test_exchange_end (self->exchange, TRUE);
    }
  else if (task != NULL)
    {
      pillion_http_test_exchange_set_waits (self->exchange, TRUE);
      pillion_task_add_done_callback (task, on_handler_done, g_object_ref (self->exchange), g_object_unref);
    }
  else
    {
      pillion_http_test_exchange_end (self->exchange, FALSE);
    }
}

void
pillion_test_route_call (PillionTestRoute *self,
                         PillionLoop *loop,
                         PillionHttpTestExchange *exchange)
{
  Call *call = g_new0 (Call, 1);

  call->exchange = exchange;
  call->route = self;
  pillion_loop_call_soon_threadsafe (loop, run_handler, call, call_free);
}
