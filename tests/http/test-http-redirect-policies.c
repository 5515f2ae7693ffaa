/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "request-support.h"

#include <stdlib.h>
#include <string.h>

/* What a request allows redirects to do, and what they take along */

/* /STATUS/TARGET redirects, everything else echoes */
static void
serve_redirects (TestConnection *connection,
                 const char *request,
                 gpointer data)
{
  g_autofree char *path = test_request_get_path (request);

  if (g_ascii_isdigit (path[1]))
    {
      g_autoptr (GBytes) body = test_connection_read_body (connection, request);

      test_connection_printf (connection, "HTTP/1.1 %.3s Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", path + 1, path + 4);
      return;
    }

  echo (connection, request, data);
}

static void
test_redirect_methods (TestFixture *self,
                       gconstpointer data)
{
  const struct
  {
    const char *method;
    const char *status;
    const char *then;
  } cases[] = {
    { "POST", "301", "GET" },
    { "POST", "302", "GET" },
    { "POST", "303", "GET" },
    { "POST", "307", "POST" },
    { "POST", "308", "POST" },
    { "PUT", "301", "PUT" },
    { "PUT", "303", "GET" },
    { "DELETE", "302", "DELETE" },
  };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_redirects, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/%s/end", cases[i].status);
      g_autofree char *url = test_server_url (server, path);
      g_autofree char *end = test_server_url (server, "/end");
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new (cases[i].method, url);
      g_autoptr (GBytes) body = g_bytes_new_static ("content", 7);
      g_autoptr (PillionHttpResponse) response = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *text = NULL;
      g_autofree char *line = g_strdup_printf ("%s /end ", cases[i].then);
      GPtrArray *history;
      gboolean kept = strcmp (cases[i].method, cases[i].then) == 0;

      pillion_http_request_set_body (request, body, "text/plain");
      pillion_http_request_set_header (request, "Content-Language", "en");
      response = send_request (self, request, &error);
      g_assert_no_error (error);
      text = get_text (response);
      g_assert_true (g_str_has_prefix (text, line));
      g_assert_cmpint (g_str_has_suffix (text, "\r\n\r\ncontent"), ==, kept);
      g_assert_cmpint (strstr (text, "Content-Type: text/plain") != NULL, ==, kept);
      g_assert_cmpint (strstr (text, "Content-Language: en") != NULL, ==, kept);

      g_assert_cmpstr (pillion_http_response_get_url (response), ==, end);
      history = pillion_http_response_get_history (response);
      g_assert_cmpuint (history->len, ==, 1);
      g_assert_cmpstr (pillion_http_response_get_url (history->pdata[0]), ==, url);
      g_assert_cmpuint (pillion_http_response_get_status (history->pdata[0]), ==, (guint) atoi (cases[i].status));
      g_assert_cmpuint (pillion_http_response_get_history (history->pdata[0])->len, ==, 0);
    }

  test_server_free (server);
}

static void
test_redirect_policies (TestFixture *self,
                        gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_redirects, NULL);
  TestServer *other = test_server_new (TEST_SERVER_PLAIN, echo, NULL);
  g_autofree char *there = test_server_url (other, "/end");
  g_autofree char *path_there = g_strconcat ("/302", there, NULL);
  g_autofree char *away = test_server_url (server, path_there);
  g_autofree char *within = test_server_url (server, "/302/307/end");
  const struct
  {
    PillionHttpRedirectPolicy policy;
    const char *url;
    guint status; /* 0 for an error */
    guint n_redirects;
  } cases[] = {
    { PILLION_HTTP_REDIRECT_POLICY_FOLLOW, within, 200, 2 },
    { PILLION_HTTP_REDIRECT_POLICY_FOLLOW, away, 200, 1 },
    { PILLION_HTTP_REDIRECT_POLICY_SAME_ORIGIN, within, 200, 2 },
    { PILLION_HTTP_REDIRECT_POLICY_SAME_ORIGIN, away, 0, 0 },
    { PILLION_HTTP_REDIRECT_POLICY_ERROR, within, 0, 0 },
    { PILLION_HTTP_REDIRECT_POLICY_MANUAL, within, 302, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", cases[i].url);
      g_autoptr (PillionHttpResponse) response = NULL;
      g_autoptr (GError) error = NULL;

      pillion_http_request_set_redirect_policy (request, cases[i].policy);
      pillion_http_request_set_header (request, "Authorization", "Bearer secret");
      pillion_http_request_set_header (request, "Cookie", "secret=1");
      pillion_http_request_set_header (request, "Host", "mine.example");
      pillion_http_request_set_header (request, "X-Plain", "1");
      response = send_request (self, request, &error);
      if (cases[i].status == 0)
        {
          g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_REDIRECT);
          continue;
        }

      g_assert_no_error (error);
      g_assert_cmpuint (pillion_http_response_get_status (response), ==, cases[i].status);
      g_assert_cmpuint (pillion_http_response_get_history (response)->len, ==, cases[i].n_redirects);
      if (cases[i].status == 302)
        {
          g_assert_cmpstr (pillion_http_response_get_header (response, "Location"), ==, "/307/end");
        }
      else
        {
          g_autofree char *text = get_text (response);

          /* What identifies the user stays with the server that it was meant for */
          g_assert_cmpint (strstr (text, "Authorization: Bearer secret") != NULL, ==, cases[i].url == within);
          g_assert_cmpint (strstr (text, "Cookie: secret=1") != NULL, ==, cases[i].url == within);
          g_assert_cmpint (strstr (text, "mine.example") != NULL, ==, cases[i].url == within);
          g_assert_nonnull (strstr (text, "X-Plain: 1"));
        }
    }

  test_server_free (server);
  test_server_free (other);
}

static void
test_downgrade (TestFixture *self,
                gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_TLS, serve_redirects, NULL);
  TestServer *plain = test_server_new (TEST_SERVER_PLAIN, echo, NULL);
  g_autofree char *there = test_server_url (plain, "/end");
  g_autofree char *path_there = g_strconcat ("/302", there, NULL);
  g_autofree char *url = test_server_url (server, path_there);
  g_autofree char *cert = g_test_build_filename (G_TEST_DIST, "http", "data", "cert.pem", NULL);
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (cert, NULL);
  g_autoptr (GError) error = NULL;

  pillion_http_client_set_tls_database (self->client, database);
  for (guint allow = 0; allow < 2; allow++)
    {
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
      g_autoptr (PillionHttpResponse) response = NULL;

      pillion_http_request_set_allow_downgrade (request, allow);
      g_clear_error (&error);
      response = send_request (self, request, &error);
      if (allow)
        g_assert_no_error (error);
      else
        g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_REDIRECT);
    }
  g_assert_cmpuint (test_server_get_requests (plain), ==, 1);

  test_server_free (server);
  test_server_free (plain);
}

/* Redirects from step to step, and sets cookies as it does */
static void
serve_cookies (TestConnection *connection,
               const char *request,
               gpointer data)
{
  g_autofree char *path = test_request_get_path (request);
  g_autofree char *cookie = test_request_get_field (request, "Cookie");

  if (strcmp (path, "/1") == 0)
    test_connection_printf (connection, "HTTP/1.1 302 Found\r\nLocation: /2\r\nContent-Length: 0\r\n"
                                        "Set-Cookie: a=1\r\nSet-Cookie: far=2; Domain=example.org\r\nSet-Cookie: deep=3; Path=/3\r\n"
                                        "Set-Cookie: tls=4; Secure\r\nSet-Cookie: b=5; Expires=Fri, 06 Nov 2093 08:49:37 GMT\r\n\r\n");
  else if (strcmp (path, "/2") == 0)
    test_connection_printf (connection, "HTTP/1.1 302 Found\r\nLocation: /3/x\r\nContent-Length: 0\r\n"
                                        "X-Cookie: %s\r\nSet-Cookie: a=; Max-Age=0\r\nSet-Cookie: =\r\nSet-Cookie: \r\n\r\n",
                            cookie != NULL ? cookie : "none");
  else
    test_connection_answer (connection, NULL, cookie != NULL ? cookie : "none", -1);
}

static void
test_cookies (TestFixture *self,
              gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_cookies, NULL);
  g_autofree char *first = test_server_url (server, "/1");
  g_autofree char *last = test_server_url (server, "/3/x");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", first);
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  PillionHttpResponse *second;

  pillion_http_request_set_header (request, "Cookie", "own=0");
  response = send_request (self, request, &error);
  g_assert_no_error (error);
  second = pillion_http_response_get_history (response)->pdata[1];
  g_assert_cmpstr (pillion_http_response_get_header (second, "X-Cookie"), ==, "own=0; a=1; b=5");
  text = get_text (response);
  g_assert_true (g_str_equal (text, "own=0; deep=3; b=5") || g_str_equal (text, "own=0; b=5; deep=3"));

  /* For the length of a call */
  test_fixture_assert_get (self, last, "none");
  test_server_free (server);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/request/redirect-methods", test_redirect_methods);
  test_case ("/http/request/redirects-get-their-cookies-back", test_cookies);
  test_case ("/http/request/redirect-policies", test_redirect_policies);
  test_case ("/http/request/no-redirect-from-https-to-http", test_downgrade);

  return g_test_run ();
}
