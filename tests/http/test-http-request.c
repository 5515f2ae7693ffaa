/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#define _GNU_SOURCE
#include "request-support.h"

#include <stdlib.h>
#include <string.h>

#include "base/pillion-sync.h"

/* Requests of one's own, and the responses to them */

static void
test_methods (TestFixture *self,
              gconstpointer data)
{
  static const char *const methods[] = { "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "get" };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, echo, NULL);
  g_autofree char *url = test_server_url (server, "/x?y#z");

  for (guint i = 0; i < G_N_ELEMENTS (methods); i++)
    {
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new (methods[i], url);
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpResponse) response = send_request (self, request, &error);
      g_autofree char *line = g_strdup_printf ("%s /x?y HTTP/1.1\r\n", methods[i]);
      g_autofree char *text = NULL;

      g_assert_no_error (error);
      g_assert_cmpuint (pillion_http_response_get_status (response), ==, 200);
      text = get_text (response);
      g_assert_true (g_str_has_prefix (text, line));
      g_assert_cmpstr (pillion_http_request_get_method (request), ==, methods[i]);
      g_assert_cmpstr (pillion_http_request_get_url (request), ==, url);
    }

  test_server_free (server);
}

static void
test_parameters (TestFixture *self,
                 gconstpointer data)
{
  const struct
  {
    const char *path;
    const char *wanted;
  } cases[] = {
    { "/", "GET /?q=a%20b%26c%3D%C3%A9%2B&q=~-._&empty= HTTP/1.1\r\n" },
    { "/?", "GET /?q=a%20b%26c%3D%C3%A9%2B&q=~-._&empty= HTTP/1.1\r\n" },
    { "/?k=v#end?x", "GET /?k=v&q=a%20b%26c%3D%C3%A9%2B&q=~-._&empty= HTTP/1.1\r\n" },
    { "/#end", "GET /?q=a%20b%26c%3D%C3%A9%2B&q=~-._&empty= HTTP/1.1\r\n" },
  };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, echo, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *url = test_server_url (server, cases[i].path);
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpResponse) response = NULL;
      g_autofree char *text = NULL;

      pillion_http_request_add_parameter (request, "q", "a b&c=é+");
      pillion_http_request_add_parameter (request, "q", "~-._");
      pillion_http_request_add_parameter (request, "empty", "");
      response = send_request (self, request, &error);
      g_assert_no_error (error);
      text = get_text (response);
      g_assert_true (g_str_has_prefix (text, cases[i].wanted));
    }

  test_server_free (server);
}

static guint
count (const char *text,
       const char *part)
{
  guint n = 0;

  for (const char *p = text; (p = strstr (p, part)) != NULL; p++)
    n++;

  return n;
}

static void
test_headers (TestFixture *self,
              gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, echo, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autofree char *text = NULL;

  pillion_http_client_set_header (self->client, "X-Default", "client");
  pillion_http_client_set_header (self->client, "x-gone", "client");
  pillion_http_client_set_header (self->client, "X-Other", "client");
  pillion_http_client_set_header (self->client, "X-Gone", NULL);
  pillion_http_request_set_header (request, "X-Set", "1");
  pillion_http_request_set_header (request, "x-set", "2");
  pillion_http_request_append_header (request, "X-List", "1");
  pillion_http_request_append_header (request, "X-List", "2");
  pillion_http_request_set_header (request, "X-Removed", "1");
  pillion_http_request_set_header (request, "x-removed", NULL);
  pillion_http_request_set_header (request, "x-other", "request\twith é");
  pillion_http_request_set_header (request, "User-Agent", "mine");
  pillion_http_request_set_header (request, "Accept-Encoding", "identity");
  g_assert_cmpstr (pillion_http_request_get_header (request, "X-SET"), ==, "2");
  g_assert_cmpstr (pillion_http_request_get_header (request, "X-List"), ==, "1");
  g_assert_null (pillion_http_request_get_header (request, "X-Removed"));

  response = send_request (self, request, &error);
  g_assert_no_error (error);
  text = get_text (response);
  g_assert_cmpuint (count (text, "\r\nX-Default: client\r\n"), ==, 1);
  g_assert_null (strcasestr (text, "X-Gone"));
  g_assert_cmpuint (count (text, "\r\nx-set: 2\r\n"), ==, 1);
  g_assert_null (strstr (text, "X-Set"));
  g_assert_nonnull (strstr (text, "\r\nX-List: 1\r\n"));
  g_assert_nonnull (strstr (text, "\r\nX-List: 2\r\n"));
  g_assert_null (strcasestr (text, "X-Removed"));
  g_assert_nonnull (strstr (text, "\r\nx-other: request\twith é\r\n"));
  g_assert_null (strstr (text, "X-Other"));
  g_assert_cmpuint (count (text, "User-Agent: mine\r\n"), ==, 1);
  g_assert_null (strstr (text, "Pillion"));
  g_assert_cmpuint (count (text, "Accept-Encoding"), ==, 1);

  /* It was copied, and can be sent again */
  g_clear_object (&response);
  pillion_http_request_set_header (request, "X-Set", "3");
  response = send_request (self, request, &error);
  g_assert_no_error (error);
  g_free (text);
  text = get_text (response);
  g_assert_nonnull (strstr (text, "\r\nX-Set: 3\r\n"));

  test_server_free (server);
}

static void
test_invalid (TestFixture *self,
              gconstpointer data)
{
  const struct
  {
    const char *method;
    const char *name;
    const char *value;
    gboolean is_default;
  } cases[] = {
    { "", "X", "1" },
    { "GET /", "X", "1" },
    { "GET\r\n", "X", "1" },
    { "G\xc3\x89T", "X", "1" },
    { "CONNECT", "X", "1" },
    { "GET", "", "1" },
    { "GET", "X Y", "1" },
    { "GET", "X:", "1" },
    { "GET", "X\r\nY", "1" },
    { "GET", "X", "secret\r\nY: 2" },
    { "GET", "X", "secret\n" },
    { "GET", "X", "secret\r" },
    { "GET", "X", "secret\x01" },
    { "GET", "X", "secret\x7f" },
    { "GET", "X", "secret\n", TRUE },
    { "POST", "Content-Length", "1" },
    { "POST", "transfer-encoding", "chunked" },
    { "GET", "Connection", "close" },
  };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, echo, NULL);
  g_autofree char *url = test_server_url (server, "/");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new (cases[i].method, url);
      g_autoptr (PillionHttpResponse) response = NULL;
      g_autoptr (GError) error = NULL;

      if (cases[i].is_default)
        pillion_http_client_set_header (self->client, cases[i].name, cases[i].value);
      else
        pillion_http_request_append_header (request, cases[i].name, cases[i].value);
      response = send_request (self, request, &error);
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST);
      g_assert_true (g_str_has_prefix (error->message, url));
      g_assert_null (strstr (error->message, "secret"));
      g_assert_null (strpbrk (error->message, "\r\n"));
      pillion_http_client_set_header (self->client, cases[i].name, NULL);
    }

  /* The media type of a body is such a field too */
  {
    g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("POST", url);
    g_autoptr (GBytes) body = g_bytes_new_static ("x", 1);
    g_autoptr (PillionHttpResponse) response = NULL;
    g_autoptr (GError) error = NULL;

    pillion_http_request_set_body (request, body, "text/plain\r\nX: 1");
    response = send_request (self, request, &error);
    g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST);
  }

  g_assert_cmpuint (test_server_get_requests (server), ==, 0);
  test_server_free (server);
}

static void
test_body (TestFixture *self,
           gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, echo, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("PUT", url);
  g_autofree guint8 *bytes = test_bytes_new (3000000);
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GBytes) empty = g_bytes_new_static ("", 0);
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  /* Something that can be compared as text */
  for (guint i = 0; i < 3000000; i++)
    bytes[i] = 'a' + bytes[i] % 26;
  body = g_bytes_new (bytes, 3000000);

  pillion_http_request_set_body (request, body, "application/x-test");
  response = send_request (self, request, &error);
  g_assert_no_error (error);
  text = get_text (response);
  g_assert_nonnull (strstr (text, "Content-Type: application/x-test\r\n"));
  g_assert_nonnull (strstr (text, "Content-Length: 3000000\r\n"));
  g_assert_cmpmem (strstr (text, "\r\n\r\n") + 4, strlen (strstr (text, "\r\n\r\n") + 4), bytes, 3000000);

  /* An empty one, with a type of its own */
  g_clear_object (&response);
  pillion_http_request_set_body (request, empty, "text/plain");
  pillion_http_request_set_header (request, "Content-Type", "text/own");
  response = send_request (self, request, &error);
  g_assert_no_error (error);
  g_free (text);
  text = get_text (response);
  g_assert_nonnull (strstr (text, "Content-Length: 0\r\n"));
  g_assert_nonnull (strstr (text, "Content-Type: text/own\r\n"));
  g_assert_cmpuint (count (text, "Content-Type"), ==, 1);

  /* None at all */
  g_clear_object (&response);
  pillion_http_request_set_body (request, NULL, NULL);
  response = send_request (self, request, &error);
  g_assert_no_error (error);
  g_free (text);
  text = get_text (response);
  g_assert_true (g_str_has_suffix (text, "\r\n\r\n"));

  test_server_free (server);
}

static void
test_short_forms (TestFixture *self,
                  gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, echo, NULL);
  g_autofree char *base = test_server_url (server, "/api/");
  g_autofree char *url = test_server_url (server, "/api/notes");
  g_autoptr (PillionTask) post = NULL;
  g_autoptr (PillionTask) head = NULL;
  g_autoptr (PillionHttpResponse) posted = NULL;
  g_autoptr (PillionHttpResponse) heads = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autofree char *name = g_strdup_printf ("POST %s", url);

  pillion_http_client_set_base_url (self->client, base);
  post = pillion_http_client_post_json (self->client, "notes", "{\"a\": 1}", NULL);
  g_assert_cmpstr (pillion_task_get_name (post), ==, name);
  test_fixture_await (self, post);
  posted = pillion_task_get_object (post, &error);
  g_assert_no_error (error);
  text = get_text (posted);
  g_assert_true (g_str_has_prefix (text, "POST /api/notes HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (text, "Content-Type: application/json\r\n"));
  g_assert_nonnull (strstr (text, "Accept: application/json\r\n"));
  g_assert_true (g_str_has_suffix (text, "\r\n\r\n{\"a\": 1}"));

  /* The length of what is not sent, twice on one connection */
  for (guint i = 0; i < 2; i++)
    {
      g_clear_object (&head);
      g_clear_object (&heads);
      head = pillion_http_client_head (self->client, "/x", NULL);
      test_fixture_await (self, head);
      heads = pillion_task_get_object (head, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (pillion_http_response_get_header (heads, "Content-Length"), ==, "1000000");
      g_assert_cmpuint (g_bytes_get_size (pillion_http_response_get_body (heads)), ==, 0);
    }
  g_assert_cmpuint (test_server_get_connections (server), ==, 1);

  test_server_free (server);
}

static void
test_base_url (TestFixture *self,
               gconstpointer data)
{
  const struct
  {
    const char *base;
    const char *url;
    const char *wanted; /* NULL for an error */
  } cases[] = {
    { "/api/", "items", "GET /api/items " },
    { "/api/v1", "items", "GET /api/items " },
    { "/api/", "/items", "GET /items " },
    { "/api/", "?q=1", "GET /api/?q=1 " },
    { "/api/", "é", "GET /api/%C3%A9 " },
    { "/api/", "", "GET /api/ " },
    { "/api/", "two words", NULL },
    { NULL, "items", NULL },
  };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, echo, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *base = cases[i].base != NULL ? test_server_url (server, cases[i].base) : NULL;
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", cases[i].url);
      g_autoptr (PillionHttpResponse) response = NULL;
      g_autoptr (GError) error = NULL;

      pillion_http_client_set_base_url (self->client, base);
      g_assert_cmpstr (pillion_http_client_get_base_url (self->client), ==, base);
      response = send_request (self, request, &error);
      if (cases[i].wanted != NULL)
        {
          g_autofree char *text = NULL;

          g_assert_no_error (error);
          text = get_text (response);
          g_assert_true (g_str_has_prefix (text, cases[i].wanted));
        }
      else
        {
          g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_URL);
        }
    }

  test_server_free (server);
}

static void
serve_status (TestConnection *connection,
              const char *request,
              gpointer data)
{
  g_autofree char *path = test_request_get_path (request);

  test_connection_printf (connection, "HTTP/1.1 %s Said\r\nContent-Length: 4\r\n\r\nbody", path + 1);
}

static void
test_accepted_statuses (TestFixture *self,
                        gconstpointer data)
{
  const struct
  {
    guint first; /* 0 for the default */
    guint last;
    const char *status;
    gboolean accepted;
  } cases[] = {
    { 0, 0, "200", TRUE },
    { 0, 0, "299", TRUE },
    { 0, 0, "300", FALSE },
    { 0, 0, "404", FALSE },
    { 404, 404, "404", TRUE },
    { 404, 404, "200", FALSE },
    { 404, 404, "405", FALSE },
    { 200, 999, "500", TRUE },
    { 200, 999, "401", TRUE },
  };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_status, NULL);
  g_autofree char *base = test_server_url (server, "/");

  pillion_http_client_set_base_url (self->client, base);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", cases[i].status);
      g_autoptr (PillionHttpResponse) response = NULL;
      g_autoptr (GError) error = NULL;

      if (cases[i].first > 0)
        pillion_http_request_accept_statuses (request, cases[i].first, cases[i].last);
      response = send_request (self, request, &error);
      if (cases[i].accepted)
        {
          g_autofree char *text = NULL;

          g_assert_no_error (error);
          text = get_text (response);
          g_assert_cmpstr (text, ==, "body");
          g_assert_cmpstr (pillion_http_response_get_reason (response), ==, "Said");
        }
      else
        {
          g_assert_error (error, PILLION_HTTP_STATUS_ERROR, atoi (cases[i].status));
        }
    }

  /* The last range does not replace the first */
  {
    g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", "404");
    g_autoptr (PillionHttpResponse) response = NULL;
    g_autoptr (GError) error = NULL;

    pillion_http_request_accept_statuses (request, 404, 404);
    pillion_http_request_accept_statuses (request, 410, 410);
    response = send_request (self, request, &error);
    g_assert_no_error (error);
  }

  test_server_free (server);
}

static void
test_request_without_object (TestFixture *self,
                             gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, echo, NULL);
  TestServer *refusing = test_server_new (TEST_SERVER_PLAIN, serve_status, NULL);
  g_autofree char *base = test_server_url (server, "/api/");
  g_autofree char *missing = test_server_url (refusing, "/404");
  g_autoptr (GBytes) body = g_bytes_new_static ("a b", 3);
  g_autoptr (PillionTask) put = NULL;
  g_autoptr (PillionTask) get = NULL;
  g_autoptr (PillionTask) refused = NULL;
  g_autoptr (PillionTask) invalid = NULL;
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *sent = NULL;
  g_autofree char *fetched = NULL;

  pillion_http_client_set_base_url (self->client, base);

  put = pillion_http_client_request (self->client, "PUT", "note", body, "text/plain", NULL);
  test_fixture_await (self, put);
  response = pillion_task_get_object (put, &error);
  g_assert_no_error (error);
  sent = get_text (response);
  g_assert_true (g_str_has_prefix (sent, "PUT /api/note HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (sent, "Content-Type: text/plain\r\n"));
  g_assert_true (g_str_has_suffix (sent, "\r\n\r\na b"));

  /* Neither a body nor its length and type */
  get = pillion_http_client_request (self->client, "GET", "note", NULL, NULL, NULL);
  test_fixture_await (self, get);
  g_clear_object (&response);
  response = pillion_task_get_object (get, &error);
  g_assert_no_error (error);
  fetched = get_text (response);
  g_assert_true (g_str_has_prefix (fetched, "GET /api/note HTTP/1.1\r\n"));
  g_assert_null (strstr (fetched, "Content-"));
  g_assert_true (g_str_has_suffix (fetched, "\r\n\r\n"));

  refused = pillion_http_client_request (self->client, "GET", missing, NULL, NULL, NULL);
  test_fixture_await (self, refused);
  g_clear_object (&response);
  response = pillion_task_get_object (refused, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (pillion_http_response_get_status (response), ==, 404);

  invalid = pillion_http_client_request (self->client, "GET IT", "note", NULL, NULL, NULL);
  test_fixture_await (self, invalid);
  g_assert_null (pillion_task_get_object (invalid, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST);

  test_server_free (server);
  test_server_free (refusing);
}

static void
test_response (TestFixture *self,
               gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, echo, NULL);
  g_autofree char *url = test_server_url (server, "/");

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpResponse) response = send_request (self, request, &error);
      g_autoptr (GSocketAddress) peer = NULL;
      g_autofree char *version = NULL;
      GTimeSpan before = -1;

      g_assert_no_error (error);
      g_assert_cmpstr (pillion_http_response_get_reason (response), ==, "OK");
      g_assert_cmpstr (pillion_http_response_get_header (response, "x-twice"), ==, "1, 2");
      g_assert_false (pillion_http_response_is_body_truncated (response));
      g_assert_cmpstr (pillion_http_response_get_http_version (response), ==, "1.1");
      g_assert_true (G_IS_INET_SOCKET_ADDRESS (pillion_http_response_get_peer (response)));
      g_object_get (response, "http-version", &version, "peer", &peer, NULL);
      g_assert_cmpuint (pillion_http_response_get_history (response)->len, ==, 0);
      g_assert_cmpstr (version, ==, "1.1");
      g_assert_true (peer == pillion_http_response_get_peer (response));

      /* One after the other, and on a kept connection without connecting */
      for (guint phase = PILLION_HTTP_PHASE_QUEUE; phase <= PILLION_HTTP_PHASE_BODY; phase++)
        {
          GTimeSpan elapsed = pillion_http_response_get_elapsed (response, phase);
          gboolean is_new = phase == PILLION_HTTP_PHASE_NAME_LOOKUP || phase == PILLION_HTTP_PHASE_CONNECT;

          if (phase == PILLION_HTTP_PHASE_TLS_HANDSHAKE || (is_new && i > 0))
            {
              g_assert_cmpint (elapsed, ==, -1);
              continue;
            }
          g_assert_cmpint (elapsed, >=, MAX (before, 0));
          before = elapsed;
        }
    }

  test_server_free (server);
}

typedef struct
{
  const char *type;
  const char *body;
  gssize length;
  const char *text; /* NULL for an error */
} TextCase;

static void
serve_text (TestConnection *connection,
            const char *request,
            gpointer data)
{
  const TextCase *one = data;
  g_autofree char *field = one->type != NULL ? g_strdup_printf ("Content-Type: %s\r\n", one->type) : NULL;

  test_connection_answer (connection, field, one->body, one->length);
}

static void
test_text (TestFixture *self,
           gconstpointer data)
{
  static const TextCase cases[] = {
    { NULL, "", 0, "" },
    { "text/plain", "gr\xc3\xbc\xc3\x9f", -1, "grüß" },
    { "text/plain", "gr\xfc\xdf", -1, "grüß" },
    { "text/plain; charset=utf-8", "gr\xfc", -1, "gr\xef\xbf\xbd" },
    { "text/plain; charset=\"ISO-8859-1\"", "gr\xfc\xdf", -1, "grüß" },
    { "text/plain;format=flowed;CHARSET=koi8-r", "\xc4\xc1", -1, "да" },
    { "text/plain; charset=utf-8", "\xef\xbb\xbfx", -1, "x" },
    { "text/plain; charset=utf-8", "a\0b", 3, "a\xef\xbf\xbd" "b" },
    { "text/plain; charset=utf-16le", "a\0b\0", 4, "ab" },
    { "text/plain; charset=nonsense", "a", -1, NULL },
    { "text/plain; charset=ascii", "\xff", -1, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_text, (gpointer) &cases[i]);
      g_autofree char *url = test_server_url (server, "/");
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpResponse) response = send_request (self, request, &error);
      g_autofree char *text = NULL;

      g_assert_no_error (error);
      text = pillion_http_response_dup_text (response, &error);
      g_assert_cmpstr (text, ==, cases[i].text);
      g_assert_true ((text == NULL) == (error != NULL && error->domain == G_CONVERT_ERROR));
      test_server_free (server);
    }
}

static void
test_max_body_size (TestFixture *self,
                    gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_status, NULL);
  g_autofree char *url = test_server_url (server, "/200");
  const struct
  {
    gint64 clients;
    gint64 requests;
    gboolean fits;
  } cases[] = {
    { 0, 0, TRUE }, { 3, 0, FALSE }, { 4, 0, TRUE }, { 3, 4, TRUE }, { 4, 3, FALSE }, { 3, -1, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
      g_autoptr (PillionHttpResponse) response = NULL;
      g_autoptr (GError) error = NULL;

      pillion_http_client_set_max_body_size (self->client, cases[i].clients);
      g_assert_cmpint (pillion_http_client_get_max_body_size (self->client), ==, cases[i].clients);
      pillion_http_request_set_max_body_size (request, cases[i].requests);
      response = send_request (self, request, &error);
      if (cases[i].fits)
        g_assert_no_error (error);
      else
        g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE);
    }

  test_server_free (server);
}

typedef struct
{
  GMutex lock;
  GString *order;
} Order;

static void
serve_in_order (TestConnection *connection,
                const char *request,
                gpointer data)
{
  Order *self = data;
  g_autofree char *path = test_request_get_path (request);

  pillion_mutex_lock (&self->lock);
  g_string_append (self->order, path + 1);
  pillion_mutex_unlock (&self->lock);

  if (strcmp (path, "/first") == 0)
    test_connection_wait_gate (connection);
  test_connection_answer (connection, NULL, "", 0);
}

static void
test_priority (TestFixture *self,
               gconstpointer data)
{
  const struct
  {
    const char *name;
    PillionHttpPriority priority;
  } cases[] = {
    { "first", PILLION_HTTP_PRIORITY_LOW }, { "e", PILLION_HTTP_PRIORITY_LOW },  { "c", PILLION_HTTP_PRIORITY_NORMAL },
    { "a", PILLION_HTTP_PRIORITY_HIGH },    { "f", PILLION_HTTP_PRIORITY_LOW },  { "b", PILLION_HTTP_PRIORITY_HIGH },
    { "d", PILLION_HTTP_PRIORITY_NORMAL },
  };
  Order order = { .order = g_string_new (NULL) };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_in_order, &order);
  g_autofree char *base = test_server_url (server, "/");
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);

  g_mutex_init (&order.lock);
  pillion_http_client_set_base_url (self->client, base);
  pillion_http_client_set_max_connections_per_host (self->client, 1);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", cases[i].name);

      pillion_http_request_set_priority (request, cases[i].priority);
      g_ptr_array_add (tasks, pillion_http_client_send (self->client, request, NULL));
      if (i == 0)
        test_server_wait_requests (server, 1);
    }

  /* A call that comes after these on the I/O thread shows that they are in the queue */
  {
    TestServer *other = test_server_new (TEST_SERVER_PLAIN, echo, NULL);
    g_autofree char *url = test_server_url (other, "/");
    g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
    g_autoptr (PillionHttpResponse) response = send_request (self, request, NULL);

    g_assert_nonnull (response);
    test_server_free (other);
  }

  test_server_open_gate (server);
  for (guint i = 0; i < tasks->len; i++)
    test_fixture_await (self, tasks->pdata[i]);
  g_assert_cmpstr (order.order->str, ==, "firstabcdef");

  test_server_free (server);
  g_string_free (order.order, TRUE);
  g_mutex_clear (&order.lock);
}

static void
test_properties (TestFixture *self,
                 gconstpointer data)
{
  static const char *const usec[] = {
    "connect-timeout-usec", "first-byte-timeout-usec", "idle-timeout-usec", "total-timeout-usec", "lowest-rate", "max-body-size",
  };
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", "http://example.org/");
  g_autofree char *method = NULL;
  g_autofree char *url = NULL;
  PillionHttpRedirectPolicy policy;
  PillionHttpPriority priority;
  gboolean allow;

  for (guint i = 0; i < G_N_ELEMENTS (usec); i++)
    {
      gint64 value;

      g_object_get (request, usec[i], &value, NULL);
      g_assert_cmpint (value, ==, 0);
      g_object_set (request, usec[i], (gint64) i + 5, NULL);
      g_object_get (request, usec[i], &value, NULL);
      g_assert_cmpint (value, ==, i + 5);
    }
  pillion_http_request_set_connect_timeout_usec (request, 15);
  pillion_http_request_set_first_byte_timeout_usec (request, 16);
  pillion_http_request_set_idle_timeout_usec (request, 17);
  pillion_http_request_set_total_timeout_usec (request, 18);
  pillion_http_request_set_lowest_rate (request, 19);
  pillion_http_request_set_max_retries (request, 20);
  g_assert_cmpint (pillion_http_request_get_connect_timeout_usec (request), ==, 15);
  g_assert_cmpint (pillion_http_request_get_first_byte_timeout_usec (request), ==, 16);
  g_assert_cmpint (pillion_http_request_get_idle_timeout_usec (request), ==, 17);
  g_assert_cmpint (pillion_http_request_get_total_timeout_usec (request), ==, 18);
  g_assert_cmpint (pillion_http_request_get_lowest_rate (request), ==, 19);
  g_assert_cmpint (pillion_http_request_get_max_retries (request), ==, 20);
  g_assert_cmpint (pillion_http_request_get_max_body_size (request), ==, 10);

  g_object_set (request, "redirect-policy", PILLION_HTTP_REDIRECT_POLICY_ERROR, "allow-downgrade", TRUE, "priority",
                PILLION_HTTP_PRIORITY_LOW, NULL);
  g_object_get (request, "redirect-policy", &policy, "allow-downgrade", &allow, "priority", &priority, "method", &method, "url", &url,
                NULL);
  g_assert_cmpint (policy, ==, pillion_http_request_get_redirect_policy (request));
  g_assert_cmpint (policy, ==, PILLION_HTTP_REDIRECT_POLICY_ERROR);
  g_assert_true (allow && pillion_http_request_get_allow_downgrade (request));
  g_assert_cmpint (priority, ==, pillion_http_request_get_priority (request));
  g_assert_cmpint (priority, ==, PILLION_HTTP_PRIORITY_LOW);
  g_assert_cmpstr (method, ==, "GET");
  g_assert_cmpstr (url, ==, "http://example.org/");
}

/* The second request closes its connection, which was kept from the first one */
static void
serve_closed (TestConnection *connection,
              const char *request,
              gpointer data)
{
  guint *n_requests = data;
  g_autoptr (GBytes) body = NULL;
  g_autofree char *type = test_request_get_field (request, "Content-Type");

  if (++*n_requests == 2)
    {
      test_connection_close (connection);
      return;
    }

  body = test_connection_read_body (connection, request);
  g_assert_cmpstr (type, ==, "text/plain");
  test_connection_answer (connection, NULL, g_bytes_get_data (body, NULL), (gssize) g_bytes_get_size (body));
}

static void
test_kept_connection (TestFixture *self,
                      gconstpointer data)
{
  guint n_requests = 0;
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_closed, &n_requests);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("PUT", url);
  g_autoptr (GBytes) sent = g_bytes_new_static ("abc", 3);

  pillion_http_request_set_body (request, sent, "text/plain");
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionTask) task = pillion_http_client_send (self->client, request, NULL);
      g_autoptr (PillionHttpResponse) response = NULL;
      g_autoptr (GError) error = NULL;

      test_fixture_await (self, task);
      response = pillion_task_get_object (task, &error);
      g_assert_no_error (error);
      g_assert_true (g_bytes_equal (pillion_http_response_get_body (response), sent));
    }
  g_assert_cmpuint (n_requests, ==, 3);
  test_server_free (server);
}

/* A default that can't be sent is also an error of calls that wait in the queue when it is set */
static void
test_late_default (TestFixture *self,
                   gconstpointer data)
{
  Order order = { .order = g_string_new (NULL) };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_in_order, &order);
  g_autofree char *first_url = test_server_url (server, "/first");
  g_autofree char *second_url = test_server_url (server, "/second");
  g_autoptr (PillionHttpRequest) first = pillion_http_request_new ("GET", first_url);
  g_autoptr (PillionHttpRequest) second = pillion_http_request_new ("GET", second_url);
  g_autoptr (PillionTask) running = NULL;
  g_autoptr (PillionTask) waiting = NULL;
  g_autoptr (GError) error = NULL;

  g_mutex_init (&order.lock);
  pillion_http_client_set_max_connections_per_host (self->client, 1);
  running = pillion_http_client_send (self->client, first, NULL);
  test_server_wait_requests (server, 1);
  waiting = pillion_http_client_send (self->client, second, NULL);
  pillion_http_client_set_header (self->client, "X-Bad", "a\r\nX-Other: b");
  test_server_open_gate (server);

  test_fixture_await (self, running);
  g_assert_true (pillion_task_check (running, NULL));
  test_fixture_await (self, waiting);
  g_assert_false (pillion_task_check (waiting, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST);
  g_assert_cmpuint (test_server_get_requests (server), ==, 1);

  test_server_free (server);
  g_string_free (order.order, TRUE);
  g_mutex_clear (&order.lock);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/request/methods", test_methods);
  test_case ("/http/request/parameters", test_parameters);
  test_case ("/http/request/headers", test_headers);
  test_case ("/http/request/what-cannot-be-sent-is-an-error", test_invalid);
  test_case ("/http/request/body", test_body);
  test_case ("/http/request/kept-connection-that-was-closed", test_kept_connection);
  test_case ("/http/request/short-forms", test_short_forms);
  test_case ("/http/request/without-an-object", test_request_without_object);
  test_case ("/http/request/base-url", test_base_url);
  test_case ("/http/request/accepted-statuses", test_accepted_statuses);
  test_case ("/http/request/max-body-size", test_max_body_size);
  test_case ("/http/request/priority", test_priority);
  test_case ("/http/request/properties", test_properties);
  test_case ("/http/response/of-a-success", test_response);
  test_case ("/http/response/text", test_text);
  test_case ("/http/request/default-that-cannot-be-sent-is-an-error-of-waiting-calls", test_late_default);

  return g_test_run ();
}
