/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "http-support.h"
#include "reserved-port.h"
#include "base/pillion-sync.h"

/* More than what may come over HTTP/2 */
#define SIZE (12 * 1024 * 1024 + 7)
#define MAX_SIZE (8 * 1024 * 1024)

/* The chunks of a body whose length is not announced */
#define CHUNK (64 * 1024)

/* nginx speaks HTTP/2 with the client, and HTTP/1.1 with a server of the test. libsoup's own server announces the length of every body. */
typedef struct
{
  TestServer *server;
  GSubprocess *nginx;
  char *base;
  guint8 *bytes;

  GMutex lock; /* for the rest */
  GString *log; /* what was asked for, and how */
} Proxy;

static void
answer_chunked (Proxy *self,
                TestConnection *connection,
                const char *etag,
                gsize first)
{
  test_connection_printf (connection, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n");
  if (etag != NULL)
    test_connection_printf (connection, "ETag: %s\r\n", etag);
  test_connection_printf (connection, "\r\n");
  for (gsize i = first; i < SIZE; i += CHUNK)
    {
      const gsize length = MIN (CHUNK, SIZE - i);
      g_autofree char *size = g_strdup_printf ("%zx\r\n", length);

      /* The proxy closes if nobody wants the rest */
      if (!test_connection_write (connection, size, -1) || !test_connection_write (connection, self->bytes + i, (gssize) length) ||
          !test_connection_write (connection, "\r\n", -1))
        return;
    }
  test_connection_write (connection, "0\r\n\r\n", -1);
}

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  Proxy *self = data;
  g_autofree char *path = test_request_get_path (request);
  g_autofree char *protocol = test_request_get_field (request, "X-Protocol");
  g_autofree char *range = test_request_get_field (request, "Range");
  g_autofree char *if_range = test_request_get_field (request, "If-Range");
  const char *etag = strcmp (path, "/plain") == 0 ? NULL : strcmp (path, "/weak") == 0 ? "W/\"1\"" : "\"1\"";
  gsize first = range != NULL ? g_ascii_strtoull (range + strlen ("bytes="), NULL, 10) : 0;

  pillion_mutex_lock (&self->lock);
  g_string_append_printf (self->log, "%.4s %s %s%s\n", request, path, protocol, range != NULL ? " rest" : "");
  pillion_mutex_unlock (&self->lock);

  if (range == NULL && strcmp (path, "/shared") == 0)
    test_connection_wait_gate (connection);
  if (range != NULL)
    {
      g_assert_cmpstr (if_range, ==, etag);
      g_assert_cmpuint (first, >, MAX_SIZE);
    }

  if (range == NULL)
    answer_chunked (self, connection, etag, 0);
  else if (strcmp (path, "/unwilling") == 0)
    test_connection_printf (connection, "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n");
  else if (strcmp (path, "/changing") == 0)
    answer_chunked (self, connection, "\"2\"", 1);
  else
    {
      /* More or less than what was asked for is not taken */
      const gsize from = strcmp (path, "/early") == 0 ? first - 1 : first;
      const gsize end = strcmp (path, "/short") == 0 ? SIZE - 1 : SIZE;
      const gboolean endless = strcmp (path, "/endless") == 0;
      const gboolean cut = endless || strcmp (path, "/cut") == 0;

      test_connection_printf (connection, "HTTP/1.1 206 Partial Content\r\nContent-Length: %zu\r\nContent-Range: bytes %zu-%zu/%d\r\nETag: %s\r\n\r\n",
                              endless ? (gsize) G_MAXINT64 : end - from, from, end - 1, SIZE, etag);
      test_connection_write (connection, self->bytes + from, (gssize) (cut ? 1000 : end - from));
      if (cut)
        test_connection_close (connection);
    }
}

static Proxy *
proxy_new (TestFixture *fixture)
{
  g_autofree char *program = g_find_program_in_path ("nginx");
  g_autofree char *cert = g_test_build_filename (G_TEST_DIST, "http", "data", "cert.pem", NULL);
  g_autofree char *key = g_test_build_filename (G_TEST_DIST, "http", "data", "key.pem", NULL);
  g_autofree char *path = test_fixture_path (fixture, "nginx.conf");
  g_autofree char *log = test_fixture_path (fixture, "error.log");
  g_autofree char *config = NULL;
  g_autofree char *upstream = NULL;
  g_autoptr (GTlsDatabase) database = NULL;
  g_autoptr (GSubprocessLauncher) launcher = NULL;
  g_autoptr (GSocket) listening = NULL;
  g_autoptr (GError) error = NULL;
  Proxy *self;

  if (program == NULL && g_file_test ("/usr/sbin/nginx", G_FILE_TEST_IS_EXECUTABLE))
    program = g_strdup ("/usr/sbin/nginx");
  if (program == NULL)
    {
      g_test_skip ("needs nginx");
      return NULL;
    }

  listening = reserved_port_new ();
  g_assert_true (g_socket_listen (listening, NULL));
  self = g_new0 (Proxy, 1);
  g_mutex_init (&self->lock);
  self->log = g_string_new (NULL);
  self->bytes = test_bytes_new (SIZE);
  self->server = test_server_new (TEST_SERVER_PLAIN, serve, self);
  self->base = reserved_port_get_url (listening, "https");
  upstream = test_server_url (self->server, "");
  /* Without a process of its own to take over the socket, it crashes. Run by root, its workers must be able to use the folder. */
  config = g_strdup_printf ("daemon off; worker_processes 1; %6$s pid %1$s/pid; events {} http { access_log off;"
                            "client_body_temp_path %1$s/t1; proxy_temp_path %1$s/t2; fastcgi_temp_path %1$s/t3;"
                            "uwsgi_temp_path %1$s/t4; scgi_temp_path %1$s/t5;"
                            "server { listen %2$s ssl http2; ssl_certificate %3$s; ssl_certificate_key %4$s;"
                            "location / { proxy_pass %5$s; proxy_http_version 1.1; proxy_buffering off; proxy_set_header X-Protocol $server_protocol; } } }",
                            fixture->folder, self->base + strlen ("https://"), cert, key, upstream, geteuid () == 0 ? "user root;" : "");
  g_file_set_contents (path, config, -1, &error);
  g_assert_no_error (error);
  /* It takes over a socket that listens already, as it does from its predecessor: no other program gets the port, and connections wait in it */
  launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  g_subprocess_launcher_take_fd (launcher, dup (g_socket_get_fd (listening)), 3);
  g_subprocess_launcher_setenv (launcher, "NGINX", "3;", TRUE);
  self->nginx = g_subprocess_launcher_spawn (launcher, &error, program, "-p", fixture->folder, "-c", path, "-e", log, NULL);
  g_assert_no_error (error);

  database = g_tls_file_database_new (cert, &error);
  g_assert_no_error (error);
  pillion_http_client_set_tls_database (fixture->client, database);
  pillion_http_client_set_connect_timeout_usec (fixture->client, 0);
  pillion_http_client_set_max_body_size (fixture->client, 0);

  return self;
}

static void
proxy_free (Proxy *self)
{
  g_subprocess_send_signal (self->nginx, SIGTERM);
  g_subprocess_wait (self->nginx, NULL, NULL);
  g_object_unref (self->nginx);
  test_server_free (self->server);
  g_mutex_clear (&self->lock);
  g_string_free (self->log, TRUE);
  g_free (self->bytes);
  g_free (self->base);
  g_free (self);
}

static void
assert_log (Proxy *self,
            const char *expected)
{
  pillion_mutex_lock (&self->lock);
  g_assert_cmpstr (self->log->str, ==, expected);
  g_string_truncate (self->log, 0);
  pillion_mutex_unlock (&self->lock);
}

/* Once too much of it has come over HTTP/2, the rest comes over HTTP/1.1 if the server can say that it is the rest, and else all of it */
static void
test_moves (TestFixture *self,
            gconstpointer data)
{
  static const struct
  {
    const char *path;
    const char *log;
    gsize skip;
  } cases[] = {
    { "/plain", "GET  /plain HTTP/2.0\nGET  /plain HTTP/1.1\n", 0 },
    { "/weak", "GET  /weak HTTP/2.0\nGET  /weak HTTP/1.1\n", 0 },
    { "/tagged", "GET  /tagged HTTP/2.0\nGET  /tagged HTTP/1.1 rest\n", 0 },
    { "/changing", "GET  /changing HTTP/2.0\nGET  /changing HTTP/1.1 rest\n", 1 },
    { "/unwilling", "GET  /unwilling HTTP/2.0\nGET  /unwilling HTTP/1.1 rest\nGET  /unwilling HTTP/1.1\n", 0 },
    { "/early", "GET  /early HTTP/2.0\nGET  /early HTTP/1.1 rest\nGET  /early HTTP/1.1\n", 0 },
    { "/short", "GET  /short HTTP/2.0\nGET  /short HTTP/1.1 rest\nGET  /short HTTP/1.1\n", 0 },
  };
  Proxy *proxy = proxy_new (self);

  if (proxy == NULL)
    return;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *url = g_strconcat (proxy->base, cases[i].path, NULL);

      test_fixture_assert_bytes (self, pillion_http_client_get_bytes (self->client, url, NULL), proxy->bytes + cases[i].skip, SIZE - cases[i].skip);
      assert_log (proxy, cases[i].log);
    }

  proxy_free (proxy);
}

/* All that share an exchange go on together */
static void
test_shared (TestFixture *self,
             gconstpointer data)
{
  Proxy *proxy = proxy_new (self);
  g_autofree char *url = NULL;
  PillionTask *tasks[5];

  if (proxy == NULL)
    return;

  url = g_strconcat (proxy->base, "/shared", NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = pillion_http_client_get_bytes (self->client, url, NULL);
  test_wait_io_thread ();
  test_server_open_gate (proxy->server);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    test_fixture_assert_bytes (self, tasks[i], proxy->bytes, SIZE);
  assert_log (proxy, "GET  /shared HTTP/2.0\nGET  /shared HTTP/1.1 rest\n");

  proxy_free (proxy);
}

/* A rest that is cut is not taken for one, and a retry begins anew */
static void
test_cut (TestFixture *self,
          gconstpointer data)
{
  Proxy *proxy = proxy_new (self);
  g_autofree char *url = NULL;

  if (proxy == NULL)
    return;

  url = g_strconcat (proxy->base, "/cut", NULL);
  test_fixture_assert_error (self, url, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  assert_log (proxy, "GET  /cut HTTP/2.0\nGET  /cut HTTP/1.1 rest\n");

  pillion_http_client_set_max_retries (self->client, 1);
  test_fixture_assert_bytes (self, pillion_http_client_get_bytes (self->client, url, NULL), proxy->bytes, SIZE);
  assert_log (proxy, "GET  /cut HTTP/2.0\nGET  /cut HTTP/1.1 rest\nGET  /cut HTTP/1.1\n");

  proxy_free (proxy);
}

/* More than can be counted is not too little */
static void
test_endless (TestFixture *self,
              gconstpointer data)
{
  Proxy *proxy = proxy_new (self);
  g_autofree char *url = NULL;

  if (proxy == NULL)
    return;

  url = g_strconcat (proxy->base, "/endless", NULL);
  pillion_http_client_set_max_body_size (self->client, 2 * SIZE);
  test_fixture_assert_error (self, url, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE);
  assert_log (proxy, "GET  /endless HTTP/2.0\nGET  /endless HTTP/1.1 rest\n");

  proxy_free (proxy);
}

/* What may change something is not asked for twice, nor what is larger than the limit */
static void
test_stays (TestFixture *self,
            gconstpointer data)
{
  Proxy *proxy = proxy_new (self);
  g_autofree char *url = NULL;
  g_autoptr (PillionHttpRequest) request = NULL;
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;

  if (proxy == NULL)
    return;

  url = g_strconcat (proxy->base, "/tagged", NULL);
  request = pillion_http_request_new ("POST", url);
  task = pillion_http_client_send (self->client, request, NULL);
  test_fixture_await (self, task);
  response = pillion_task_get_object (task, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (pillion_http_response_get_body (response)), ==, SIZE);
  assert_log (proxy, "POST /tagged HTTP/2.0\n");

  pillion_http_client_set_max_body_size (self->client, MAX_SIZE);
  test_fixture_assert_error (self, url, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE);
  assert_log (proxy, "GET  /tagged HTTP/2.0\n");

  proxy_free (proxy);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/http2-proxy/unknown-lengths-move-to-http1", test_moves);
  test_case ("/http/http2-proxy/shared-bodies-move-together", test_shared);
  test_case ("/http/http2-proxy/cut-rests-are-seen", test_cut);
  test_case ("/http/http2-proxy/rests-without-an-end-are-too-large", test_endless);
  test_case ("/http/http2-proxy/what-must-not-be-repeated-stays", test_stays);

  return g_test_run ();
}
