/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Proxies that break the rules */

#include "http-support.h"

#include <string.h>

typedef struct
{
  const char *answer;
  gsize length; /* 0 for a text */
  const char *message;
  gboolean stays; /* the proxy keeps the connection open */
} Lie;

static const Lie lies[] = {
  { "SSH-2.0-OpenSSH_9.2\r\n", 0, "not HTTP", TRUE },
  { "\0\1\2\3\r\n\r\n", 8, "not HTTP", FALSE },
  { "HTTP/1.1 20\r\n\r\n", 0, "not HTTP", FALSE },
  { "HTTP/2 200 OK\r\n\r\n", 0, "not HTTP", FALSE },
  { "HTTP/1.1 200 OK\r\nA: b\r\n", 0, "closed the connection", FALSE },
  { "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 0, "more than its answer", FALSE },
  { "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", 0, "403 Forbidden", FALSE },
  { "HTTP/1.1 302 Found\r\nLocation: https://evil.invalid/\r\n\r\n", 0, "302 Found", FALSE },
  { "HTTP/1.1 407 No\r\n\r\n", 0, "wants other credentials", FALSE },
};

static void
lie (TestConnection *connection,
     const char *request,
     gpointer data)
{
  const Lie *self = *(const Lie **) data;

  g_assert_true (g_str_has_prefix (request, "CONNECT server.invalid:443 HTTP/1."));
  test_connection_write (connection, self->answer, self->length > 0 ? (gssize) self->length : (gssize) strlen (self->answer));
  if (self->stays)
    test_connection_wait_closed (connection);
  else
    test_connection_close (connection);
}

/* The error says what the proxy did, and a retry policy finds the code of a proxy */
static void
test_tunnel (TestFixture *self,
             gconstpointer data)
{
  const Lie *current = NULL;
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, lie, &current);
  g_autofree char *url = test_server_url (server, "");
  g_autoptr (GProxyResolver) resolver = g_simple_proxy_resolver_new (url, NULL);

  pillion_http_client_set_proxy_resolver (self->client, resolver);
  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      g_autoptr (PillionTask) task = NULL;
      g_autoptr (GError) error = NULL;

      current = &lies[i];
      task = pillion_http_client_get_bytes (self->client, "https://server.invalid/", NULL);
      test_fixture_await (self, task);
      g_assert_false (pillion_task_check (task, &error));
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROXY);
      if (strstr (error->message, current->message) == NULL)
        g_error ("%s: %s", current->answer, error->message);
    }

  test_server_free (server);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/http/proxy-lies/tunnel", TestFixture, NULL, test_fixture_set_up, test_tunnel, test_fixture_tear_down);

  return g_test_run ();
}
