/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include <libsoup/soup.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>
#endif

#include "base/pillion-sync.h"
#include "http-support.h"

#define SIZE (3 * 1024 * 1024)

/* More than what may come over HTTP/2 */
#define HUGE_SIZE (12 * 1024 * 1024 + 7)
#define MAX_SIZE (8 * 1024 * 1024)

/* libsoup's server speaks HTTP/2 where its environment says so. It runs on a thread of its own. */
typedef struct
{
  GThread *thread;
  GMainContext *context;
  guint8 *bytes;

  GMutex lock; /* for the rest */
  GCond cond;
  char *base;
  gboolean quit;
  guint n_paused;
  guint n_http2;
  GString *log; /* what was asked for */
} Server;

static void
handle (SoupServer *soup,
        SoupServerMessage *message,
        const char *path,
        GHashTable *query,
        gpointer data)
{
  Server *self = data;
  gboolean http2 = soup_server_message_get_http_version (message) == SOUP_HTTP_2_0;

  pillion_mutex_lock (&self->lock);
  self->n_http2 += http2;
  g_string_append_printf (self->log, "%s %s %s\n", soup_server_message_get_method (message), path, http2 ? "2" : "1.1");
  if (strcmp (path, "/paused") == 0)
    {
      self->n_paused++;
      g_cond_broadcast (&self->cond);
    }
  pillion_mutex_unlock (&self->lock);

  soup_server_message_set_status (message, 200, NULL);
  if (strcmp (path, "/version") == 0)
    soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC, http2 ? "2" : "1.1", http2 ? 1 : 3);
  else if (strcmp (path, "/large") == 0)
    soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC, (const char *) self->bytes, SIZE);
  else if (strcmp (path, "/huge") == 0)
    soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC, (const char *) self->bytes, HUGE_SIZE);
  else if (strcmp (path, "/largest") == 0)
    soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_STATIC, (const char *) self->bytes, MAX_SIZE);
  else if (strcmp (path, "/echo") == 0)
    {
      g_autoptr (GBytes) body = soup_message_body_flatten (soup_server_message_get_request_body (message));

      soup_server_message_set_response (message, "text/plain", SOUP_MEMORY_COPY, g_bytes_get_data (body, NULL), g_bytes_get_size (body));
    }
  else if (strcmp (path, "/empty") == 0)
    soup_server_message_set_response (message, NULL, SOUP_MEMORY_STATIC, NULL, 0);
  else if (strcmp (path, "/paused") == 0)
    soup_server_message_pause (message);
  else
    soup_server_message_set_status (message, 404, NULL);
}

static gpointer
serve (gpointer data)
{
  Server *self = data;
  g_autofree char *cert = g_test_build_filename (G_TEST_DIST, "http", "data", "cert.pem", NULL);
  g_autofree char *key = g_test_build_filename (G_TEST_DIST, "http", "data", "key.pem", NULL);
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_files (cert, key, NULL);
  g_autoptr (SoupServer) soup = NULL;
  g_autoptr (GError) error = NULL;
  GSList *uris;
  gboolean quit = FALSE;

#ifdef __SANITIZE_ADDRESS__
  /* libsoup's server leaks its sockets; what is tested is the other side */
  __lsan_disable ();
#endif

  g_main_context_push_thread_default (self->context);
  soup = soup_server_new ("tls-certificate", certificate, NULL);
  soup_server_add_handler (soup, NULL, handle, self, NULL);
  soup_server_listen_local (soup, 0, SOUP_SERVER_LISTEN_HTTPS | SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (soup);

  pillion_mutex_lock (&self->lock);
  self->base = g_strdup_printf ("https://127.0.0.1:%d", g_uri_get_port (uris->data));
  g_cond_broadcast (&self->cond);
  pillion_mutex_unlock (&self->lock);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);

  while (!quit)
    {
      g_main_context_iteration (self->context, TRUE);
      pillion_mutex_lock (&self->lock);
      quit = self->quit;
      pillion_mutex_unlock (&self->lock);
    }

  soup_server_disconnect (soup);
  g_clear_object (&soup);
  while (g_main_context_iteration (self->context, FALSE))
    ;
  g_main_context_pop_thread_default (self->context);

  return NULL;
}

static Server *
server_new (void)
{
  Server *self = g_new0 (Server, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->bytes = test_bytes_new (HUGE_SIZE);
  self->log = g_string_new (NULL);
  self->context = g_main_context_new ();
  self->thread = g_thread_new ("soup-server", serve, self);

  pillion_mutex_lock (&self->lock);
  while (self->base == NULL)
    pillion_cond_wait (&self->cond, &self->lock);
  pillion_mutex_unlock (&self->lock);

  return self;
}

static void
server_free (Server *self)
{
  pillion_mutex_lock (&self->lock);
  self->quit = TRUE;
  pillion_mutex_unlock (&self->lock);
  g_main_context_wakeup (self->context);
  g_thread_join (self->thread);

  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self->base);
  g_free (self->bytes);
  g_string_free (self->log, TRUE);
  g_free (self);
}

static void
assert_log (Server *self,
            const char *expected)
{
  pillion_mutex_lock (&self->lock);
  g_assert_cmpstr (self->log->str, ==, expected);
  g_string_truncate (self->log, 0);
  pillion_mutex_unlock (&self->lock);
}

static void
wait_paused (Server *self,
             guint n)
{
  pillion_mutex_lock (&self->lock);
  while (self->n_paused < n)
    pillion_cond_wait (&self->cond, &self->lock);
  pillion_mutex_unlock (&self->lock);
}

static void
trust (TestFixture *self)
{
  g_autofree char *cert = g_test_build_filename (G_TEST_DIST, "http", "data", "cert.pem", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (cert, &error);

  g_assert_no_error (error);
  pillion_http_client_set_tls_database (self->client, database);
  /* Under a sanitizer it takes seconds to load the authorities for each connection, and they wait for each other */
  pillion_http_client_set_connect_timeout_usec (self->client, 0);
}

static void
test_versions (TestFixture *self,
               gconstpointer data)
{
  Server *server = server_new ();
  g_autofree char *url = g_strconcat (server->base, "/version", NULL);
  g_autofree char *empty = g_strconcat (server->base, "/empty", NULL);
  g_autofree char *missing = g_strconcat (server->base, "/missing", NULL);
  g_autofree char *path = test_fixture_path (self, "file");
  g_autoptr (GFile) file = g_file_new_for_path (path);

  trust (self);

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (PillionHttpDownload) download = NULL;
      g_autoptr (GError) error = NULL;

      test_fixture_assert_get (self, url, "2");
      test_fixture_assert_get (self, empty, "");
      test_fixture_assert_error (self, missing, PILLION_HTTP_STATUS_ERROR, 404);

      /* What may be large is not taken over a protocol without back-pressure, also where there is such a connection */
      download =
        test_fixture_await_download (self, pillion_http_client_download (self->client, url, file, NULL, NULL), &error);
      g_assert_no_error (error);
      test_assert_file (path, "1.1", 3);
    }

  server_free (server);
}

static void
test_not_allowed (TestFixture *self,
                  gconstpointer data)
{
  Server *server = server_new ();
  g_autofree char *url = g_strconcat (server->base, "/version", NULL);

  trust (self);
  test_fixture_assert_get (self, url, "2");
  pillion_http_client_set_http2 (self->client, FALSE);
  test_fixture_assert_get (self, url, "1.1");
  pillion_http_client_set_http2 (self->client, TRUE);
  test_fixture_assert_get (self, url, "2");
  server_free (server);
}

/* The times of each phase, over a connection that is new and over one that is shared */
static void
test_phases (TestFixture *self,
             gconstpointer data)
{
  Server *server = server_new ();
  g_autofree char *url = g_strconcat (server->base, "/version", NULL);

  trust (self);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
      g_autoptr (PillionTask) task = pillion_http_client_send (self->client, request, NULL);
      g_autoptr (PillionHttpResponse) response = NULL;
      g_autoptr (GError) error = NULL;

      test_fixture_await (self, task);
      response = pillion_task_get_object (task, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (pillion_http_response_get_http_version (response), ==, "2");
      g_assert_cmpint (pillion_http_response_get_elapsed (response, PILLION_HTTP_PHASE_TLS_HANDSHAKE) >= 0, ==, i == 0);
      g_assert_cmpint (pillion_http_response_get_elapsed (response, PILLION_HTTP_PHASE_REQUEST), >=, 0);
      g_assert_cmpint (pillion_http_response_get_elapsed (response, PILLION_HTTP_PHASE_FIRST_BYTE), >=,
                       pillion_http_response_get_elapsed (response, PILLION_HTTP_PHASE_REQUEST));
    }

  server_free (server);
}

static void
test_large (TestFixture *self,
            gconstpointer data)
{
  Server *server = server_new ();
  g_autofree char *url = g_strconcat (server->base, "/large", NULL);
  g_autoptr (GPtrArray) tasks = g_ptr_array_new ();

  trust (self);

  /* More than one to a connection, and bodies that take many turns */
  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *numbered = test_numbered_url (url, i);

      g_ptr_array_add (tasks, pillion_http_client_get_bytes (self->client, numbered, NULL));
    }

  for (guint i = 0; i < tasks->len; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = test_fixture_await_bytes (self, tasks->pdata[i], &error);

      g_assert_no_error (error);
      g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), server->bytes, SIZE);
    }

  pillion_mutex_lock (&server->lock);
  g_assert_cmpuint (server->n_http2, ==, 20);
  pillion_mutex_unlock (&server->lock);
  server_free (server);
}

/* One that is cancelled disturbs none of those that share its connection */
static void
test_cancel (TestFixture *self,
             gconstpointer data)
{
  Server *server = server_new ();
  g_autofree char *version = g_strconcat (server->base, "/version", NULL);
  g_autofree char *large = g_strconcat (server->base, "/large", NULL);
  g_autofree char *paused = g_strconcat (server->base, "/paused", NULL);
  g_autoptr (GPtrArray) cancelled = g_ptr_array_new ();
  g_autoptr (GPtrArray) others = g_ptr_array_new ();

  trust (self);
  pillion_http_client_set_max_connections_per_host (self->client, 8);
  test_fixture_assert_get (self, version, "2");

  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *numbered_paused = test_numbered_url (paused, i);
      g_autofree char *numbered_large = test_numbered_url (large, i);

      g_ptr_array_add (cancelled, pillion_http_client_get_bytes (self->client, numbered_paused, NULL));
      g_ptr_array_add (others, pillion_http_client_get_bytes (self->client, numbered_large, NULL));
    }
  wait_paused (server, 4);
  for (guint i = 0; i < cancelled->len; i++)
    pillion_task_cancel (cancelled->pdata[i]);

  for (guint i = 0; i < cancelled->len; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (test_fixture_await_bytes (self, cancelled->pdata[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
  for (guint i = 0; i < others->len; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = test_fixture_await_bytes (self, others->pdata[i], &error);

      g_assert_no_error (error);
      g_assert_cmpuint (g_bytes_get_size (bytes), ==, SIZE);
    }

  test_fixture_assert_get (self, version, "2");
  server_free (server);
}

/* In the middle of bodies, wherever they are */
static void
test_cancel_bodies (TestFixture *self,
                    gconstpointer data)
{
  Server *server = server_new ();
  g_autofree char *version = g_strconcat (server->base, "/version", NULL);
  g_autofree char *large = g_strconcat (server->base, "/large", NULL);
  g_autoptr (GPtrArray) tasks = g_ptr_array_new ();

  trust (self);
  test_fixture_assert_get (self, version, "2");

  for (guint i = 0; i < 12; i++)
    {
      g_autofree char *numbered = test_numbered_url (large, i);

      g_ptr_array_add (tasks, pillion_http_client_get_bytes (self->client, numbered, NULL));
    }
  while (pillion_task_get_completed (tasks->pdata[0]) == 0 && !pillion_task_is_done (tasks->pdata[0]))
    g_thread_yield ();
  for (guint i = 0; i < tasks->len; i += 2)
    pillion_task_cancel (tasks->pdata[i]);

  for (guint i = 0; i < tasks->len; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = test_fixture_await_bytes (self, tasks->pdata[i], &error);

      /* One may have been done just before */
      if (bytes != NULL)
        g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), server->bytes, SIZE);
      else
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      if (i % 2 == 1)
        g_assert_no_error (error);
    }

  test_fixture_assert_get (self, version, "2");
  server_free (server);
}

/* Bytes, files, and streams with and without a length. Only bytes go over HTTP/2, and only less than 32 KiB. */
static void
test_upload (TestFixture *self,
             gconstpointer data)
{
  static const gsize sizes[] = { 0, 1, 16384, 32767, 32768, 65535, 65536, SIZE };
  Server *server = server_new ();
  g_autofree char *echo = g_strconcat (server->base, "/echo", NULL);
  g_autofree char *path = test_fixture_path (self, "file");
  g_autoptr (GFile) file = g_file_new_for_path (path);

  trust (self);
  for (guint i = 0; i < 4 * G_N_ELEMENTS (sizes); i++)
    {
      gsize size = sizes[i / 4];
      g_autoptr (GBytes) bytes = g_bytes_new_static (server->bytes, size);
      g_autoptr (GError) error = NULL;
      g_autoptr (GFileInputStream) stream = NULL;
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("PUT", echo);
      g_autoptr (PillionTask) task = NULL;
      g_autoptr (PillionHttpResponse) response = NULL;
      GBytes *body;

      g_file_set_contents (path, (const char *) server->bytes, (gssize) size, &error);
      g_assert_no_error (error);
      stream = g_file_read (file, NULL, &error);
      g_assert_no_error (error);
      if (i % 4 == 0)
        pillion_http_request_set_body (request, bytes, NULL);
      else if (i % 4 == 1)
        pillion_http_request_set_body_from_file (request, file, NULL);
      else
        pillion_http_request_set_body_from_stream (request, G_INPUT_STREAM (stream), i % 4 == 2 ? (gint64) size : -1, NULL);

      task = pillion_http_client_send (self->client, request, NULL);
      test_fixture_await (self, task);
      response = pillion_task_get_object (task, &error);
      g_assert_no_error (error);
      body = pillion_http_response_get_body (response);
      g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), server->bytes, size);
      g_assert_cmpstr (pillion_http_response_get_http_version (response), ==, size >= 32768 || i % 4 != 0 ? "1.1" : "2");
    }

  server_free (server);
}

/* Small ones that share a connection, and its window */
static void
test_upload_many (TestFixture *self,
                  gconstpointer data)
{
  Server *server = server_new ();
  g_autofree char *echo = g_strconcat (server->base, "/echo", NULL);
  g_autoptr (GBytes) bytes = g_bytes_new_static (server->bytes, 32767);
  PillionTask *tasks[40];

  trust (self);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("PUT", echo);

      pillion_http_request_set_body (request, bytes, NULL);
      tasks[i] = pillion_http_client_send (self->client, request, NULL);
    }
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpResponse) response = NULL;

      test_fixture_await (self, tasks[i]);
      response = pillion_task_get_object (tasks[i], &error);
      g_assert_no_error (error);
      g_assert_true (g_bytes_equal (pillion_http_response_get_body (response), bytes));
      g_object_unref (tasks[i]);
    }

  server_free (server);
}

/* It comes over a connection where a reader that stops makes the server wait */
static void
test_huge (TestFixture *self,
           gconstpointer data)
{
  Server *server = server_new ();
  g_autofree char *huge = g_strconcat (server->base, "/huge", NULL);
  g_autofree char *largest = g_strconcat (server->base, "/largest", NULL);

  trust (self);
  test_fixture_assert_bytes (self, pillion_http_client_get_bytes (self->client, huge, NULL), server->bytes, HUGE_SIZE);
  assert_log (server, "GET /huge 2\nGET /huge 1.1\n");
  test_fixture_assert_bytes (self, pillion_http_client_get_bytes (self->client, largest, NULL), server->bytes, MAX_SIZE);
  assert_log (server, "GET /largest 2\n");

  server_free (server);
}

/* What may change something is not asked for twice, nor what is larger than the limit */
static void
test_huge_stays (TestFixture *self,
                 gconstpointer data)
{
  Server *server = server_new ();
  g_autofree char *url = g_strconcat (server->base, "/huge", NULL);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("POST", url);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autoptr (GError) error = NULL;
  GBytes *body;

  trust (self);
  task = pillion_http_client_send (self->client, request, NULL);
  test_fixture_await (self, task);
  response = pillion_task_get_object (task, &error);
  g_assert_no_error (error);
  body = pillion_http_response_get_body (response);
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), server->bytes, HUGE_SIZE);
  assert_log (server, "POST /huge 2\n");

  pillion_http_client_set_max_body_size (self->client, MAX_SIZE);
  test_fixture_assert_error (self, url, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE);
  assert_log (server, "GET /huge 2\n");

  server_free (server);
}

/* Takes connections for a server, and refuses those that don't offer HTTP/2, as some servers do */
typedef struct
{
  GThread *thread;
  GSocketListener *listener;
  guint16 port;
  guint16 to;
  GCancellable *cancellable;
} Front;

typedef struct
{
  GIOStream *from;
  GIOStream *to;
} Direction;

static gpointer
copy (gpointer data)
{
  Direction *self = data;

  g_output_stream_splice (g_io_stream_get_output_stream (self->to), g_io_stream_get_input_stream (self->from),
                          G_OUTPUT_STREAM_SPLICE_NONE, NULL, NULL);
  g_socket_shutdown (g_socket_connection_get_socket (G_SOCKET_CONNECTION (self->to)), FALSE, TRUE, NULL);

  return NULL;
}

static gboolean
offers_http2 (const char *hello,
              gsize length)
{
  for (gsize i = 0; i + 3 <= length; i++)
    if (memcmp (hello + i, "\002h2", 3) == 0)
      return TRUE;

  return FALSE;
}

static gpointer
relay (gpointer data)
{
  static const guint8 no_application_protocol[] = { 21, 3, 3, 0, 2, 2, 120 };
  Direction *self = data;
  GInputStream *input = g_io_stream_get_input_stream (self->from);
  char hello[16384];
  gsize length = 5;

  /* The record with the ClientHello has its length in the bytes 3 and 4 */
  if (g_input_stream_read_all (input, hello, 5, NULL, NULL, NULL))
    length += (gsize) ((guint8) hello[3] << 8 | (guint8) hello[4]);
  g_assert_cmpuint (length, <=, sizeof hello);
  g_input_stream_read_all (input, hello + 5, length - 5, NULL, NULL, NULL);

  if (!offers_http2 (hello, length))
    g_output_stream_write_all (g_io_stream_get_output_stream (self->from), no_application_protocol, sizeof no_application_protocol,
                               NULL, NULL, NULL);
  else
    {
      Direction back = { self->to, self->from };
      GThread *thread;

      g_output_stream_write_all (g_io_stream_get_output_stream (self->to), hello, length, NULL, NULL, NULL);
      thread = g_thread_new ("front back", copy, &back);
      copy (self);
      g_thread_join (thread);
    }

  g_object_unref (self->from);
  g_object_unref (self->to);
  g_free (self);

  return NULL;
}

static gpointer
accept_all (gpointer data)
{
  Front *self = data;
  g_autoptr (GPtrArray) threads = g_ptr_array_new ();
  GSocketConnection *connection;

  while ((connection = g_socket_listener_accept (self->listener, NULL, self->cancellable, NULL)) != NULL)
    {
      g_autoptr (GSocketClient) client = g_socket_client_new ();
      Direction *direction = g_new0 (Direction, 1);
      g_autoptr (GError) error = NULL;

      direction->from = G_IO_STREAM (connection);
      direction->to = G_IO_STREAM (g_socket_client_connect_to_host (client, "127.0.0.1", self->to, NULL, &error));
      g_assert_no_error (error);
      g_ptr_array_add (threads, g_thread_new ("front", relay, direction));
    }

  for (guint i = 0; i < threads->len; i++)
    g_thread_join (threads->pdata[i]);

  return NULL;
}

/* What is better not sent over HTTP/2 is so where there is nothing else */
static void
test_http2_only (TestFixture *self,
                 gconstpointer data)
{
  Server *server = server_new ();
  g_autoptr (GUri) uri = g_uri_parse (server->base, G_URI_FLAGS_NONE, NULL);
  g_autoptr (GError) error = NULL;
  Front front = { .listener = g_socket_listener_new (), .to = (guint16) g_uri_get_port (uri), .cancellable = g_cancellable_new () };
  g_autofree char *huge = NULL;
  g_autofree char *version = NULL;
  g_autofree char *path = test_fixture_path (self, "file");
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (PillionHttpRequest) upload = NULL;
  g_autoptr (PillionTask) task = NULL;

  front.port = g_socket_listener_add_any_inet_port (front.listener, NULL, &error);
  g_assert_no_error (error);
  front.thread = g_thread_new ("front", accept_all, &front);
  huge = g_strdup_printf ("https://127.0.0.1:%u/huge", front.port);
  version = g_strdup_printf ("https://127.0.0.1:%u/version", front.port);

  trust (self);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionHttpDownload) download =
        test_fixture_await_download (self, pillion_http_client_download (self->client, version, file, NULL, NULL), &error);

      g_assert_no_error (error);
      test_assert_file (path, "2", 1);
      assert_log (server, "GET /version 2\n");
    }

  test_fixture_assert_bytes (self, pillion_http_client_get_bytes (self->client, huge, NULL), server->bytes, HUGE_SIZE);
  assert_log (server, "GET /huge 2\nGET /huge 2\n");

  /* Files never go over HTTP/2 */
  upload = pillion_http_request_new ("PUT", version);
  pillion_http_request_set_body_from_file (upload, file, NULL);
  task = pillion_http_client_send (self->client, upload, NULL);
  test_fixture_await (self, task);
  g_assert_null (pillion_task_get_object (task, &error));
  g_assert_true (error->domain == G_TLS_ERROR);
  g_assert_nonnull (strstr (error->message, "over HTTP/1.1 only"));
  g_clear_error (&error);
  assert_log (server, "");

  /* Unless the program wants none of it */
  pillion_http_client_set_http2 (self->client, FALSE);
  g_assert_null (test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, version, NULL), &error));
  g_assert_true (error->domain == G_TLS_ERROR);
  assert_log (server, "");

  g_clear_object (&self->client);
  g_assert_true (pillion_loop_close (self->loop, 60 * G_TIME_SPAN_SECOND, NULL));
  server_free (server);
  g_cancellable_cancel (front.cancellable);
  g_thread_join (front.thread);
  g_socket_listener_close (front.listener);
  g_object_unref (front.listener);
  g_object_unref (front.cancellable);
}

int
main (int argc,
      char *argv[])
{
  g_setenv ("SOUP_SERVER_HTTP2", "1", TRUE);
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/http2/phases", test_phases);
  test_case ("/http/http2/versions", test_versions);
  test_case ("/http/http2/only-if-it-is-allowed", test_not_allowed);
  test_case ("/http/http2/large", test_large);
  test_case ("/http/http2/huge-bodies-move-to-http1", test_huge);
  test_case ("/http/http2/what-must-not-be-repeated-stays", test_huge_stays);
  test_case ("/http/http2/servers-without-http1", test_http2_only);
  test_case ("/http/http2/upload", test_upload);
  test_case ("/http/http2/upload-many", test_upload_many);
  test_case ("/http/http2/cancel", test_cancel);
  test_case ("/http/http2/cancel-bodies", test_cancel_bodies);

  return g_test_run ();
}
