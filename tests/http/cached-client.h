/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

/* A client with a cache, and a server whose answers say all that a cache minds. For one file of a program. */

#include <string.h>

#include "cache-support.h"
#include "http-support.h"

#define FRESH "Cache-Control: max-age=10000\r\nETag: \"1\"\r\n"
#define LARGE (3 * 1024 * 1024)

typedef struct
{
  TestFixture parent;
  TestCacheFolder folder;
  PillionHttpCache *cache;
  TestServer *server;
  char *url; /* of the server, without a path */
  int failing; /* atomic: whether the server closes connections without an answer */
  int closed;  /* atomic: whether the server answers only once the gate is open */
} Fixture;

/* The answer says how many requests there were when it came */
static inline void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  Fixture *self = data;
  g_autofree char *path = test_request_get_path (request);
  g_autofree char *tag = test_request_get_field (request, "If-None-Match");
  g_autofree char *number = g_strdup_printf ("%u", test_server_get_requests (test_connection_get_server (connection)));

  if (g_atomic_int_get (&self->failing))
    {
      test_connection_close (connection);
      return;
    }
  if (g_atomic_int_get (&self->closed))
    test_connection_wait_gate (connection);

  if (strcmp (path, "/large") == 0)
    {
      g_autofree guint8 *bytes = test_bytes_new (LARGE);

      test_connection_answer (connection, FRESH, bytes, LARGE);
    }
  else if (strcmp (path, "/large-if-error") == 0)
    {
      g_autofree guint8 *bytes = test_bytes_new (LARGE);

      test_connection_answer (connection, "Cache-Control: max-age=100, stale-if-error=100000\r\n", bytes, LARGE);
    }
  else if (strcmp (path, "/cut") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\n" FRESH "Content-Length: 100\r\n\r\nonly this");
      test_connection_close (connection);
    }
  else if (strcmp (path, "/to-the-end") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\n" FRESH "\r\nno length");
      test_connection_close (connection);
    }
  else if (strcmp (path, "/to-the-end-for-a-while") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nLast-Modified: Tue, 14 Nov 2023 22:13:20 GMT\r\n\r\nno length");
      test_connection_close (connection);
    }
  else if (strcmp (path, "/nothing-to-the-end") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\n" FRESH "\r\n");
      test_connection_close (connection);
    }
  else if (strcmp (path, "/reset") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nCache-Control: max-age=10000\r\n\r\nonly");
      test_connection_wait_gate (connection);
      test_connection_reset (connection);
    }
  else if (strcmp (path, "/many-fields") == 0 || (strcmp (path, "/confirmed-by-many") == 0 && tag != NULL))
    {
      g_autoptr (GString) many = g_string_new (FRESH);

      for (guint i = 0; i < 1100; i++)
        g_string_append (many, "A: b\r\n");
      if (tag != NULL)
        test_connection_printf (connection, "HTTP/1.1 304 Not Modified\r\n%s\r\n", many->str);
      else
        test_connection_answer (connection, many->str, number, -1);
    }
  else if (strcmp (path, "/confirmed-by-many") == 0)
    test_connection_answer (connection, "Cache-Control: no-cache\r\nETag: \"1\"\r\n", number, -1);
  else if (strcmp (path, "/confirmed-always") == 0)
    test_connection_answer (connection, "Cache-Control: no-cache\r\nETag: \"1\"\r\n", number, -1);
  else if (strcmp (path, "/in-two") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\n" FRESH "Content-Length: 6\r\n\r\none");
      test_connection_wait_gate (connection);
      test_connection_printf (connection, "two");
    }
  else if (strcmp (path, "/moved") == 0)
    test_connection_printf (connection, "HTTP/1.1 301 Moved\r\n" FRESH "Location: /fresh\r\nContent-Length: 5\r\n\r\nmoved");
  else if (strcmp (path, "/moved-at-first") == 0 && strcmp (number, "1") == 0)
    test_connection_printf (connection, "HTTP/1.1 301 Moved\r\nCache-Control: max-age=100, stale-if-error=100000\r\nLocation: /if-error\r\nContent-Length: 0\r\n\r\n");
  else if (strcmp (path, "/moved-at-first") == 0)
    test_connection_printf (connection, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
  else if (strcmp (path, "/missing") == 0)
    test_connection_printf (connection, "HTTP/1.1 404 Not Found\r\n" FRESH "Content-Length: 5\r\n\r\nnone!");
  else if (strcmp (path, "/broken-json") == 0)
    test_connection_answer (connection, FRESH, "{", 1);
  else if (strcmp (path, "/json") == 0)
    test_connection_answer (connection, FRESH, number, -1);
  else if (strcmp (path, "/cookie") == 0)
    test_connection_answer (connection, FRESH "Set-Cookie: a=b\r\n", number, -1);
  else if (strcmp (path, "/refreshed") == 0 && tag != NULL)
    test_connection_printf (connection, "HTTP/1.1 304 Not Modified\r\nCache-Control: max-age=100000\r\nETag: \"1\"\r\n\r\n");
  else if (strcmp (path, "/refreshed") == 0)
    test_connection_answer (connection, "Cache-Control: max-age=100, stale-while-revalidate=100000\r\nETag: \"1\"\r\n", number, -1);
  else if (strcmp (path, "/confirmed") == 0 && tag != NULL)
    test_connection_printf (connection, "HTTP/1.1 304 Not Modified\r\n" FRESH "\r\n");
  else if (strcmp (path, "/if-error") == 0)
    test_connection_answer (connection, "Cache-Control: max-age=100, stale-if-error=100000\r\n", number, -1);
  else
    test_connection_answer (connection, FRESH, number, -1);
}

static inline void
set_up (Fixture *self,
        gconstpointer data)
{
  test_fixture_set_up (&self->parent, data);
  test_cache_folder_init (&self->folder);
  self->cache = pillion_http_cache_new (self->folder.path);
  pillion_http_client_set_cache (self->parent.client, self->cache);
  self->server = test_server_new (TEST_SERVER_PLAIN, serve, self);
  self->url = test_server_url (self->server, "");
}

static inline void
tear_down (Fixture *self,
           gconstpointer data)
{
  g_clear_object (&self->cache);
  g_free (self->url);
  test_server_free (self->server);
  test_fixture_tear_down (&self->parent, data);
  test_cache_folder_clear (&self->folder);
}

static inline PillionTask *
send_with (Fixture *self,
           const char *path,
           PillionHttpCacheMode mode)
{
  g_autofree char *url = g_strconcat (self->url, path, NULL);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);

  pillion_http_request_set_cache_mode (request, mode);
  g_assert_cmpint (pillion_http_request_get_cache_mode (request), ==, mode);
  return pillion_http_client_send (self->parent.client, request, NULL);
}

/* Runs a task to its end, and returns its response with a reference, or NULL and the error */
static inline PillionHttpResponse *
await (Fixture *self,
       PillionTask *task,
       GError **error)
{
  g_autoptr (PillionTask) owned = task;

  test_fixture_await (&self->parent, owned);
  return pillion_task_get_object (owned, error);
}

static inline void
assert_gets (Fixture *self,
             const char *path,
             const char *text,
             gboolean from_cache)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpResponse) response = await (self, send_with (self, path, PILLION_HTTP_CACHE_MODE_DEFAULT), &error);
  g_autofree char *body = NULL;

  g_assert_no_error (error);
  body = pillion_http_response_dup_text (response, NULL);
  g_assert_cmpstr (body, ==, text);
  g_assert_cmpint (pillion_http_response_is_from_cache (response), ==, from_cache);
}
