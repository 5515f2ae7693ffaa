/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "http-support.h"

/* Answers with the request itself */
static void
serve_request (TestConnection *connection,
               const char *request,
               gpointer data)
{
  test_connection_answer (connection, NULL, request, -1);
}

typedef struct
{
  TestServer *other;
} Redirects;

static void
serve_redirects (TestConnection *connection,
                 const char *request,
                 gpointer data)
{
  Redirects *redirects = data;
  g_autofree char *path = test_request_get_path (request);
  g_autofree char *location = NULL;
  const char *status = "302";

  if (g_str_has_prefix (path, "/code/"))
    {
      status = path + 6;
      location = g_strdup ("/target");
    }
  else if (strcmp (path, "/a/relative") == 0)
    location = g_strdup ("../target");
  else if (strcmp (path, "/other") == 0)
    location = test_server_url (redirects->other, "/request");
  else if (strcmp (path, "/loop") == 0)
    location = g_strdup ("/loop");
  else if (g_str_has_prefix (path, "/count/"))
    {
      gint64 n = g_ascii_strtoll (path + 7, NULL, 10);

      location = n > 1 ? g_strdup_printf ("/count/%" G_GINT64_FORMAT, n - 1) : g_strdup ("/target");
    }
  else if (strcmp (path, "/scheme") == 0)
    location = g_strdup ("file:///etc/passwd");
  else if (strcmp (path, "/bad") == 0)
    location = g_strdup ("http://[/");
  else if (strcmp (path, "/nowhere") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n");
      return;
    }
  else if (strcmp (path, "/endless") == 0)
    {
      /* The body of a redirect is of no use: it is not waited for */
      test_connection_printf (connection, "HTTP/1.1 302 Found\r\nLocation: /target\r\nContent-Length: 1000\r\n\r\nhalf");
      test_connection_wait_closed (connection);
      return;
    }
  else
    {
      test_connection_answer (connection, NULL, "arrived", -1);
      return;
    }

  test_connection_printf (connection, "HTTP/1.1 %s Moved\r\nLocation: %s\r\nContent-Length: 5\r\n\r\nmoved", status, location);
}

static void
test_redirects (TestFixture *self,
                gconstpointer data)
{
  Redirects redirects = { test_server_new (TEST_SERVER_PLAIN, serve_request, NULL) };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_redirects, &redirects);
  const char *const good[] = { "/code/301", "/code/302", "/code/303", "/code/307", "/code/308", "/a/relative", "/endless",
                               "/count/20" };
  const struct
  {
    const char *path;
    GQuark domain;
    int code;
  } bad[] = {
    { "/loop", PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_REDIRECT },
    { "/count/21", PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_REDIRECT },
    { "/scheme", PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_UNSUPPORTED_SCHEME },
    { "/bad", PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL },
    { "/nowhere", PILLION_HTTP_STATUS_ERROR, 302 },
    { "/code/305", PILLION_HTTP_STATUS_ERROR, 305 },
  };

  /* With one place in the queue a redirect has to wait for its own first hop */
  pillion_http_client_set_max_connections (self->client, 1);

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    {
      g_autofree char *url = test_server_url (server, good[i]);

      test_fixture_assert_get (self, url, "arrived");
    }

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *url = test_server_url (server, bad[i].path);

      test_fixture_assert_error (self, url, bad[i].domain, bad[i].code);
    }

  test_server_free (server);
  test_server_free (redirects.other);
}

/* It names the URL that was requested, too, which has nothing to do with the scheme */
static void
test_redirect_to_other_scheme (TestFixture *self,
                               gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_redirects, NULL);
  g_autofree char *url = test_server_url (server, "/scheme");
  g_autofree char *expected = g_strconcat (url, ": the server redirects to 'file:///etc/passwd': unsupported URL scheme 'file'", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, url, NULL), &error));
  g_assert_true (g_str_has_prefix (error->message, expected));
  test_server_free (server);
}

/* A password goes to the server that it was given for, and to no other */
static void
test_redirect_keeps_secret (TestFixture *self,
                            gconstpointer data)
{
  Redirects redirects = { test_server_new (TEST_SERVER_PLAIN, serve_request, NULL) };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_redirects, &redirects);
  g_autofree char *url = test_server_url (server, "/other");
  g_autofree char *with_password = g_strdup_printf ("http://user:secret@%s", url + strlen ("http://"));
  g_autoptr (GBytes) bytes =
    test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, with_password, NULL), NULL);
  g_autofree char *request = g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));

  g_assert_true (g_str_has_prefix (request, "GET /request "));
  g_assert_null (strstr (request, "Authorization"));

  test_server_free (server);
  test_server_free (redirects.other);
}

/* As many as the request allows */
static void
test_limit (TestFixture *self,
            gconstpointer data)
{
  Redirects redirects = { NULL };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_redirects, &redirects);

  for (guint max = 0; max < 3; max++)
    {
      g_autofree char *url = test_server_url (server, "/count/2");
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
      g_autoptr (PillionTask) task = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_cmpuint (pillion_http_request_get_max_redirects (request), ==, 20);
      pillion_http_request_set_max_redirects (request, max);
      g_assert_cmpuint (pillion_http_request_get_max_redirects (request), ==, max);
      task = pillion_http_client_send (self->client, request, NULL);
      if (max < 2)
        {
          g_assert_false (pillion_loop_run_until_complete (self->loop, task, &error));
          g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_REDIRECT);
        }
      else
        g_assert_true (pillion_loop_run_until_complete (self->loop, task, &error));
    }
  test_server_free (server);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/redirects/followed-or-refused", test_redirects);
  test_case ("/http/redirects/as-many-as-the-request-allows", test_limit);
  test_case ("/http/redirects/to-another-scheme", test_redirect_to_other_scheme);
  test_case ("/http/redirects/keep-the-password", test_redirect_keeps_secret);

  return g_test_run ();
}
