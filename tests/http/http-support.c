/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http-support.h"

#include <gio/gunixsocketaddress.h>

#include <string.h>
#include <sys/socket.h>

#include <glib/gstdio.h>

#include "base/pillion-io-thread.h"
#include "base/pillion-sync.h"
#include "core/pillion-private.h"

/* GIO reads all authorities of the system for each connection, even if the client has its own, and under a sanitizer that takes half a second.
 * The linker finds this before the function of GnuTLS. */
int gnutls_x509_trust_list_add_system_trust (gpointer list,
                                             guint flags,
                                             guint verification);

int
gnutls_x509_trust_list_add_system_trust (gpointer list,
                                         guint flags,
                                         guint verification)
{
  return 0;
}

/* How long what has to come may take, in µs: only ever waited for where something is broken */
#define PATIENCE (60 * G_USEC_PER_SEC)

struct _TestServer
{
  TestServerKind kind;
  TestHandler handler;
  gpointer data;
  GSocket *socket;
  GCancellable *cancellable;
  GThread *thread;
  guint16 port;
  GTlsCertificate *certificate;
  gboolean wants_certificate; /* of the client */

  GMutex lock; /* for the rest */
  GCond cond;
  GPtrArray *threads;
  GPtrArray *connections; /* those that are open */
  guint n_requests;
  guint n_connections;
  guint n_unanswered;
  guint peak;
  gboolean is_peak_right;
  gboolean gate_open;
  guint n_at_gate;
};

struct _TestConnection
{
  TestServer *server;
  GSocket *socket;
  GIOStream *stream;
  GString *input; /* what was read and is not used yet */
  gboolean closed;
  gboolean unanswered;
};

static void
begin_request (TestConnection *self)
{
  TestServer *server = self->server;

  pillion_mutex_lock (&server->lock);
  server->n_requests++;
  server->n_unanswered++;
  server->peak = MAX (server->peak, server->n_unanswered);
  self->unanswered = TRUE;
  g_cond_broadcast (&server->cond);
  pillion_mutex_unlock (&server->lock);
}

/* Comes before the end of the answer is sent: after that, the client may send its next request before this thread gets to run again */
static void
end_request (TestConnection *self)
{
  TestServer *server = self->server;

  pillion_mutex_lock (&server->lock);
  server->n_unanswered--;
  self->unanswered = FALSE;
  pillion_mutex_unlock (&server->lock);
}

/* The client may have taken something else for the end of the answer, and sent its next request already */
static void
end_request_too_late (TestConnection *self)
{
  pillion_mutex_lock (&self->server->lock);
  self->server->is_peak_right = FALSE;
  pillion_mutex_unlock (&self->server->lock);

  end_request (self);
}

static gpointer
serve (gpointer data)
{
  TestConnection *self = data;
  TestServer *server = self->server;
  GInputStream *input = g_io_stream_get_input_stream (self->stream);
  GString *request = self->input = g_string_new (NULL);
  char buffer[4096];
  gssize n;

  while (!self->closed && (n = g_input_stream_read (input, buffer, sizeof buffer, NULL, NULL)) > 0)
    {
      char *end;

      g_string_append_len (request, buffer, n);
      while (!self->closed && (end = strstr (request->str, "\r\n\r\n")) != NULL)
        {
          g_autofree char *one = g_strndup (request->str, (gsize) (end + 4 - request->str));

          g_string_erase (request, 0, end + 4 - request->str);

          begin_request (self);
          server->handler (self, one, server->data);
          if (self->unanswered)
            end_request_too_late (self);
        }
    }

  if (!self->closed)
    test_connection_close (self);
  g_string_free (request, TRUE);
  g_object_unref (self->stream);
  g_object_unref (self->socket);
  g_free (self);

  return NULL;
}

static gboolean
accept_certificate (GTlsConnection *connection,
                    GTlsCertificate *certificate,
                    GTlsCertificateFlags errors,
                    gpointer data)
{
  return TRUE;
}

static gpointer
accept_all (gpointer data)
{
  TestServer *self = data;

  while (TRUE)
    {
      GSocket *socket = g_socket_accept (self->socket, self->cancellable, NULL);
      GSocketConnection *plain;
      TestConnection *connection;

      if (socket == NULL)
        break;

      connection = g_new0 (TestConnection, 1);
      connection->server = self;
      connection->socket = socket;
      plain = g_socket_connection_factory_create_connection (socket);
      connection->stream = G_IO_STREAM (plain);
      if (self->kind == TEST_SERVER_TLS)
        {
          connection->stream = g_tls_server_connection_new (G_IO_STREAM (plain), self->certificate, NULL);
          g_object_unref (plain);
          if (self->wants_certificate)
            {
              g_object_set (connection->stream, "authentication-mode", G_TLS_AUTHENTICATION_REQUIRED, NULL);
              g_signal_connect (connection->stream, "accept-certificate", G_CALLBACK (accept_certificate), NULL);
            }
        }

      pillion_mutex_lock (&self->lock);
      self->n_connections++;
      g_ptr_array_add (self->connections, connection);
      g_ptr_array_add (self->threads, g_thread_new ("connection", serve, connection));
      pillion_mutex_unlock (&self->lock);
    }

  return NULL;
}

static TestServer *
server_new_at (GSocketAddress *address,
               TestServerKind kind,
               TestHandler handler,
               gpointer data)
{
  TestServer *self = g_new0 (TestServer, 1);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;

  self->kind = kind == TEST_SERVER_TLS_FOR_CLIENTS ? TEST_SERVER_TLS : kind;
  self->wants_certificate = kind == TEST_SERVER_TLS_FOR_CLIENTS;
  self->handler = handler;
  self->data = data;
  self->is_peak_right = TRUE;
  self->cancellable = g_cancellable_new ();
  self->threads = g_ptr_array_new ();
  self->connections = g_ptr_array_new ();
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);

  if (self->kind == TEST_SERVER_TLS)
    {
      g_autofree char *cert = g_test_build_filename (G_TEST_DIST, "http", "data", "cert.pem", NULL);
      g_autofree char *key = g_test_build_filename (G_TEST_DIST, "http", "data", "key.pem", NULL);

      self->certificate = g_tls_certificate_new_from_files (cert, key, &error);
      g_assert_no_error (error);
    }

  self->socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, &error);
  g_assert_no_error (error);
  g_socket_set_listen_backlog (self->socket, 1024);
  g_socket_bind (self->socket, address, TRUE, &error);
  g_assert_no_error (error);
  g_socket_listen (self->socket, &error);
  g_assert_no_error (error);
  bound = g_socket_get_local_address (self->socket, &error);
  g_assert_no_error (error);
  if (G_IS_INET_SOCKET_ADDRESS (bound))
    self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));

  self->thread = g_thread_new ("server", accept_all, self);

  return self;
}

TestServer *
test_server_new (TestServerKind kind,
                 TestHandler handler,
                 gpointer data)
{
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);

  return server_new_at (address, kind, handler, data);
}

TestServer *
test_server_new_unix (const char *path,
                      TestHandler handler,
                      gpointer data)
{
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (path);

  return server_new_at (address, TEST_SERVER_PLAIN, handler, data);
}

void
test_server_free (TestServer *self)
{
  test_server_open_gate (self);
  g_cancellable_cancel (self->cancellable);
  g_thread_join (self->thread);

  /* Not by the cancellable, because a TLS connection whose reading is cancelled leaks the error */
  pillion_mutex_lock (&self->lock);
  for (guint i = 0; i < self->connections->len; i++)
    g_socket_shutdown (((TestConnection *) self->connections->pdata[i])->socket, TRUE, TRUE, NULL);
  pillion_mutex_unlock (&self->lock);
  for (guint i = 0; i < self->threads->len; i++)
    g_thread_join (self->threads->pdata[i]);

  g_ptr_array_unref (self->threads);
  g_ptr_array_unref (self->connections);
  g_object_unref (self->socket);
  g_object_unref (self->cancellable);
  g_clear_object (&self->certificate);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}

char *
test_server_url (TestServer *self,
                 const char *path)
{
  return g_strdup_printf ("%s://127.0.0.1:%u%s", self->kind == TEST_SERVER_TLS ? "https" : "http", self->port, path);
}

static guint
get (TestServer *self,
     guint *value)
{
  guint result;

  pillion_mutex_lock (&self->lock);
  result = *value;
  pillion_mutex_unlock (&self->lock);

  return result;
}

char *
test_numbered_url (const char *url,
                   guint number)
{
  return g_strdup_printf ("%s?%u", url, number);
}

guint
test_server_get_requests (TestServer *self)
{
  return get (self, &self->n_requests);
}

guint
test_server_get_connections (TestServer *self)
{
  return get (self, &self->n_connections);
}

guint
test_server_get_peak (TestServer *self)
{
  pillion_mutex_lock (&self->lock);
  g_assert_true (self->is_peak_right);
  pillion_mutex_unlock (&self->lock);

  return get (self, &self->peak);
}

void
test_server_wait_requests (TestServer *self,
                           guint n)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  pillion_mutex_lock (&self->lock);
  while (self->n_requests < n)
    g_assert_true (pillion_cond_wait_until (&self->cond, &self->lock, end));
  pillion_mutex_unlock (&self->lock);
}

void
test_server_wait_at_gate (TestServer *self,
                          guint n)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  pillion_mutex_lock (&self->lock);
  while (self->n_at_gate < n)
    g_assert_true (pillion_cond_wait_until (&self->cond, &self->lock, end));
  pillion_mutex_unlock (&self->lock);
}

void
test_server_open_gate (TestServer *self)
{
  pillion_mutex_lock (&self->lock);
  self->gate_open = TRUE;
  g_cond_broadcast (&self->cond);
  pillion_mutex_unlock (&self->lock);
}

GTlsCertificate *
test_connection_get_certificate (TestConnection *self)
{
  return g_tls_connection_get_peer_certificate (G_TLS_CONNECTION (self->stream));
}

GSocketAddress *
test_connection_get_peer (TestConnection *self)
{
  return g_socket_get_remote_address (self->socket, NULL);
}

TestServer *
test_connection_get_server (TestConnection *self)
{
  return self->server;
}

/* Reads until there are so many bytes of input. Returns FALSE if the connection ends before. */
static gboolean
fill (TestConnection *self,
      gsize length)
{
  GInputStream *input = g_io_stream_get_input_stream (self->stream);
  char buffer[65536];

  while (self->input->len < length)
    {
      gssize n = g_input_stream_read (input, buffer, sizeof buffer, NULL, NULL);

      if (n <= 0)
        return FALSE;
      g_string_append_len (self->input, buffer, n);
    }

  return TRUE;
}

static gsize
read_chunk_size (TestConnection *self)
{
  char *end;
  gsize size;

  while ((end = strstr (self->input->str, "\r\n")) == NULL)
    if (!fill (self, self->input->len + 1))
      return 0;

  size = (gsize) g_ascii_strtoull (self->input->str, NULL, 16);
  g_string_erase (self->input, 0, end + 2 - self->input->str);
  return size;
}

gboolean
test_connection_read (TestConnection *self,
                      void *bytes,
                      gsize length)
{
  if (!fill (self, length))
    return FALSE;

  if (length > 0)
    memcpy (bytes, self->input->str, length);
  g_string_erase (self->input, 0, (gssize) length);

  return TRUE;
}

GBytes *
test_connection_read_body (TestConnection *self,
                           const char *request)
{
  g_autofree char *length = test_request_get_field (request, "Content-Length");
  g_autofree char *coding = test_request_get_field (request, "Transfer-Encoding");
  GByteArray *body = g_byte_array_new ();
  g_autofree char *expect = test_request_get_field (request, "Expect");
  gsize size;

  if (expect != NULL)
    test_connection_printf (self, "HTTP/1.1 100 Continue\r\n\r\n");

  if (length != NULL)
    {
      size = (gsize) g_ascii_strtoull (length, NULL, 10);
      fill (self, size);
      size = MIN (size, self->input->len);
      g_byte_array_append (body, (guint8 *) self->input->str, (guint) size);
      g_string_erase (self->input, 0, (gssize) size);
    }
  else if (coding != NULL)
    {
      do
        {
          size = read_chunk_size (self);
          if (!fill (self, size + 2))
            break;
          g_byte_array_append (body, (guint8 *) self->input->str, (guint) size);
          g_string_erase (self->input, 0, (gssize) size + 2);
        }
      while (size > 0);
    }

  return g_byte_array_free_to_bytes (body);
}

gboolean
test_connection_try_write (TestConnection *self,
                           const void *bytes,
                           gsize length)
{
  return g_output_stream_write_all (g_io_stream_get_output_stream (self->stream), bytes, length, NULL, NULL, NULL);
}

gboolean
test_connection_write (TestConnection *self,
                       const void *bytes,
                       gssize length)
{
  if (length < 0)
    length = (gssize) strlen (bytes);

  if (!test_connection_try_write (self, bytes, (gsize) length) && !self->closed)
    test_connection_close (self);

  return !self->closed;
}

void
test_connection_write_end (TestConnection *self,
                           const void *bytes,
                           gssize length)
{
  if (self->unanswered)
    end_request (self);

  test_connection_write (self, bytes, length);
}

void
test_connection_printf (TestConnection *self,
                        const char *format,
                        ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);

  test_connection_write (self, text, -1);
}

void
test_connection_answer (TestConnection *self,
                        const char *fields,
                        const void *body,
                        gssize length)
{
  g_autoptr (GByteArray) answer = g_byte_array_new ();
  g_autofree char *head = NULL;

  if (length < 0)
    length = (gssize) strlen (body);

  head = g_strdup_printf ("HTTP/1.1 200 OK\r\nContent-Length: %zd\r\n%s\r\n", length, fields != NULL ? fields : "");
  g_byte_array_append (answer, (const guint8 *) head, (guint) strlen (head));
  g_byte_array_append (answer, body, (guint) length);
  test_connection_write_end (self, answer->data, answer->len);
}

/* From here on the socket is its own thread's alone */
static void
leave (TestConnection *self)
{
  pillion_mutex_lock (&self->server->lock);
  g_ptr_array_remove (self->server->connections, self);
  pillion_mutex_unlock (&self->server->lock);
  self->closed = TRUE;
}

void
test_connection_accept_web_socket (TestConnection *self,
                                   const char *request,
                                   const char *fields)
{
  g_autofree char *key = test_request_get_field (request, "Sec-WebSocket-Key");
  g_autofree char *salted = g_strconcat (key, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11", NULL);
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 digest[20];
  gsize length = sizeof digest;
  g_autofree char *accepted = NULL;

  g_checksum_update (checksum, (const guchar *) salted, -1);
  g_checksum_get_digest (checksum, digest, &length);
  accepted = g_base64_encode (digest, length);
  test_connection_printf (self, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                "Sec-WebSocket-Accept: %s\r\n%s\r\n", accepted, fields != NULL ? fields : "");
}

void
test_connection_close (TestConnection *self)
{
  leave (self);
  g_io_stream_close (self->stream, NULL, NULL);
}

void
test_connection_reset (TestConnection *self)
{
  struct linger linger = { .l_onoff = 1, .l_linger = 0 };

  setsockopt (g_socket_get_fd (self->socket), SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
  leave (self);
  g_socket_close (self->socket, NULL);
}

gsize
test_connection_wait_closed (TestConnection *self)
{
  gsize length = self->input->len;
  char buffer[65536];
  gssize n;

  while ((n = g_input_stream_read (g_io_stream_get_input_stream (self->stream), buffer, sizeof buffer, NULL, NULL)) > 0)
    length += (gsize) n;
  test_connection_close (self);

  return length;
}

void
test_connection_wait_gate (TestConnection *self)
{
  TestServer *server = self->server;
  gint64 end = g_get_monotonic_time () + PATIENCE;

  pillion_mutex_lock (&server->lock);
  server->n_at_gate++;
  g_cond_broadcast (&server->cond);
  while (!server->gate_open)
    g_assert_true (pillion_cond_wait_until (&server->cond, &server->lock, end));
  pillion_mutex_unlock (&server->lock);
}

char *
test_request_get_field (const char *request,
                        const char *name)
{
  g_auto (GStrv) lines = g_strsplit (request, "\r\n", -1);

  for (guint i = 1; lines[i] != NULL; i++)
    {
      char *colon = strchr (lines[i], ':');

      if (colon == NULL)
        continue;
      *colon = '\0';
      if (g_ascii_strcasecmp (lines[i], name) == 0)
        return g_strstrip (g_strdup (colon + 1));
    }

  return NULL;
}

char *
test_request_get_path (const char *request)
{
  g_auto (GStrv) words = g_strsplit (request, " ", 3);

  return g_strdup (words[1]);
}

char *
test_request_hide_field (const char *request,
                         const char *name)
{
  g_autofree char *line = g_strdup_printf ("\r\n%s:", name);
  g_auto (GStrv) parts = g_strsplit (request, line, 2);

  return g_strjoinv ("\r\nX-Hidden:", parts);
}

void
test_fixture_set_up (TestFixture *self,
                     gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
  self->client = pillion_http_client_new (self->loop);
  /* The first connection with TLS reads all authorities of the system, which takes long under a sanitizer on a busy machine */
  pillion_http_client_set_connect_timeout_usec (self->client, PATIENCE);
  /* Under valgrind a server may take long to make what it answers with */
  pillion_http_client_set_first_byte_timeout_usec (self->client, 10 * (GTimeSpan) PATIENCE);
  pillion_http_client_set_idle_timeout_usec (self->client, 10 * (GTimeSpan) PATIENCE);
  self->folder = g_dir_make_tmp ("pillion-http-XXXXXX", &error);
  g_assert_no_error (error);
}

static void
remove_folder (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
        remove_folder (child);
      else
        g_assert_cmpint (g_unlink (child), ==, 0);
    }

  g_assert_cmpint (g_rmdir (path), ==, 0);
}

static gboolean
is_io_thread_running (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *id;

  g_assert_nonnull (dir);
  while ((id = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/task", id, "comm", NULL);
      g_autofree char *name = NULL;

      if (g_file_get_contents (path, &name, NULL, NULL) && g_str_has_prefix (name, "pillion-io"))
        return TRUE;
    }

  return FALSE;
}

void
test_wait_io_thread_gone (void)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;

  while (is_io_thread_running ())
    {
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      /* libsoup may hold it for seconds */
      g_usleep (1000);
      g_assert_true (pillion_io_thread_join (end));
    }
  /* It may have gone after the last time that it was asked for */
  g_assert_true (pillion_io_thread_join (end));
}

static void
wait_gone (GWeakRef *ref)
{
  gint64 end = g_get_monotonic_time () + PATIENCE;
  gpointer object;

  while ((object = g_weak_ref_get (ref)) != NULL)
    {
      pillion_sync_unref (object);
      g_assert_cmpint (g_get_monotonic_time (), <, end);
      g_thread_yield ();
    }
}

void
test_fixture_tear_down (TestFixture *self,
                        gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  gboolean was_closed = pillion_loop_is_closed (self->loop);
  GWeakRef loop;

  g_clear_object (&self->client);
  g_assert_true (pillion_loop_close (self->loop, PATIENCE, &error));
  g_assert_no_error (error);

  g_weak_ref_init (&loop, self->loop);
  pillion_sync_unref (self->loop);
  /* What the test itself has left behind, when it closed the loop, the I/O thread may be about to drop */
  if (was_closed)
    wait_gone (&loop);
  g_assert_null (g_weak_ref_get (&loop));
  g_weak_ref_clear (&loop);
  test_wait_io_thread_gone ();
  remove_folder (self->folder);
  g_free (self->folder);
}

void
test_fixture_await (TestFixture *self,
                    PillionTask *task)
{
  pillion_loop_run_until_complete (self->loop, task, NULL);
  g_assert_true (pillion_task_is_done (task));
}

GBytes *
test_fixture_await_bytes (TestFixture *self,
                          PillionTask *task,
                          GError **error)
{
  GBytes *bytes;

  test_fixture_await (self, task);
  bytes = pillion_task_get_bytes (task, error);
  pillion_sync_unref (task);

  return bytes;
}

PillionHttpDownload *
test_fixture_await_download (TestFixture *self,
                             PillionTask *task,
                             GError **error)
{
  PillionHttpDownload *download;

  test_fixture_await (self, task);
  download = pillion_task_get_object (task, error);
  g_object_unref (task);

  return download;
}

void
test_fixture_assert_bytes (TestFixture *self,
                           PillionTask *task,
                           const void *bytes,
                           gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) got = test_fixture_await_bytes (self, task, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (got, NULL), g_bytes_get_size (got), bytes, length);
}

void
test_fixture_assert_get (TestFixture *self,
                         const char *url,
                         const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes =
    test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, url, NULL), &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), text, strlen (text));
}

void
test_fixture_assert_error (TestFixture *self,
                           const char *url,
                           GQuark domain,
                           int code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes =
    test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, url, NULL), &error);

  g_assert_null (bytes);
  g_assert_error (error, domain, code);
  g_assert_nonnull (strstr (error->message, url));
}

char *
test_fixture_path (TestFixture *self,
                   const char *name)
{
  return g_build_filename (self->folder, name, NULL);
}

guint
test_fixture_count_files (TestFixture *self)
{
  g_autoptr (GDir) dir = g_dir_open (self->folder, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

void
test_assert_file (const char *path,
                  const void *bytes,
                  gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *content = NULL;
  gsize n;

  g_file_get_contents (path, &content, &n, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (content, n, bytes, length);
}

void
test_assert_no_file (const char *path)
{
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS) || g_file_test (path, G_FILE_TEST_IS_SYMLINK));
}

guint8 *
test_bytes_new (gsize length)
{
  guint8 *bytes = g_malloc (MAX (length, 1));
  guint64 state = G_GUINT64_CONSTANT (88172645463325252);

  /* Many at a time: there are tests that use a hundred million, and valgrind makes each step twenty times as long */
  for (gsize i = 0; i < length; i += sizeof state)
    {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      memcpy (bytes + i, &state, MIN (sizeof state, length - i));
    }

  return bytes;
}

char *
test_sha256 (const void *bytes,
             gsize length)
{
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, bytes, length);
}
