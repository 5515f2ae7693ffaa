/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http-support.h"

#include <string.h>

#include "base/pillion-sync.h"

/* WebSockets, with a server whose every byte is ours */

#define CLOSE 0x88
#define PING 0x89
#define PONG 0x8a

typedef struct
{
  const char *bytes; /* that the server sends, for "/bytes" */
  gsize length;
  guint code;        /* what the client closed with last; atomic */
  guint n_closed;    /* connections that the client ended; atomic */
  guint n_pings;     /* atomic */
  guint n_compressed; /* messages; atomic */
  gsize n_written;   /* for "/flood"; atomic */
  char *request;     /* the last one, under the lock */
  GMutex lock;
} Peer;

static gboolean
write_frame (TestConnection *connection,
             guint8 first,
             const void *bytes,
             gsize length)
{
  g_autoptr (GByteArray) frame = g_byte_array_new ();
  guint8 header[10] = { first, length < 126 ? (guint8) length : length <= G_MAXUINT16 ? 126 : 127 };
  guint n_length = length < 126 ? 0 : length <= G_MAXUINT16 ? 2 : 8;

  for (guint i = 0; i < n_length; i++)
    header[2 + i] = (guint8) (length >> (8 * (n_length - 1 - i)));
  g_byte_array_append (frame, header, 2 + n_length);
  g_byte_array_append (frame, bytes, (guint) length);

  return test_connection_write (connection, frame->data, (gssize) frame->len);
}

/* Returns the first byte of a frame, or -1 if the connection ends */
static int
read_frame (TestConnection *connection,
            GByteArray *payload)
{
  guint8 header[2];
  guint8 extended[8];
  guint8 mask[4];
  guint64 length;
  guint n_extended;

  if (!test_connection_read (connection, header, 2))
    return -1;
  /* A client masks everything */
  g_assert_cmpuint (header[1] & 0x80, ==, 0x80);
  length = header[1] & 0x7f;
  n_extended = length < 126 ? 0 : length == 126 ? 2 : 8;
  if (n_extended > 0)
    {
      if (!test_connection_read (connection, extended, n_extended))
        return -1;
      length = 0;
      for (guint i = 0; i < n_extended; i++)
        length = length << 8 | extended[i];
    }
  g_byte_array_set_size (payload, (guint) length);
  if (!test_connection_read (connection, mask, 4) || !test_connection_read (connection, payload->data, length))
    return -1;
  for (gsize i = 0; i < length; i++)
    payload->data[i] ^= mask[i & 3];

  return header[0];
}

/* Reads until the client has closed, and sends everything back if @echoes */
static void
read_frames (TestConnection *connection,
             Peer *peer,
             gboolean echoes)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();
  int first;

  while ((first = read_frame (connection, payload)) >= 0)
    {
      if (first == CLOSE)
        {
          __atomic_store_n (&peer->code, payload->len >= 2 ? (guint) payload->data[0] << 8 | payload->data[1] : 1005, __ATOMIC_SEQ_CST);
          if (echoes)
            {
              write_frame (connection, CLOSE, payload->data, payload->len);
              test_connection_close (connection);
              break;
            }
        }
      else if (first == PING)
        {
          __atomic_add_fetch (&peer->n_pings, 1, __ATOMIC_SEQ_CST);
          write_frame (connection, PONG, payload->data, payload->len);
        }
      else if (first == PONG)
        {
          /* That it comes is told to the client */
          write_frame (connection, 0x81, payload->data, payload->len);
        }
      else if (echoes)
        {
          if (first & 0x40)
            __atomic_add_fetch (&peer->n_compressed, 1, __ATOMIC_SEQ_CST);
          write_frame (connection, (guint8) first, payload->data, payload->len);
        }
    }
  __atomic_add_fetch (&peer->n_closed, 1, __ATOMIC_SEQ_CST);
}

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  Peer *peer = data;
  g_autofree char *path = test_request_get_path (request);

  pillion_mutex_lock (&peer->lock);
  g_free (peer->request);
  peer->request = g_strdup (request);
  pillion_mutex_unlock (&peer->lock);

  if (strcmp (path, "/echo") == 0)
    {
      test_connection_accept_web_socket (connection, request, NULL);
      read_frames (connection, peer, TRUE);
    }
  else if (strcmp (path, "/compressed") == 0 || strcmp (path, "/forgets") == 0 || strcmp (path, "/small-window") == 0)
    {
      g_autofree char *offered = test_request_get_field (request, "Sec-WebSocket-Extensions");

      g_assert_nonnull (strstr (offered, "permessage-deflate"));
      test_connection_accept_web_socket (connection, request,
                     strcmp (path, "/compressed") == 0 ? "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                     : strcmp (path, "/forgets") == 0
                       ? "Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover; server_no_context_takeover\r\n"
                       : "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=10\r\n");
      if (peer->bytes != NULL)
        test_connection_write (connection, peer->bytes, (gssize) peer->length);
      read_frames (connection, peer, TRUE);
    }
  else if (strcmp (path, "/protocol") == 0)
    {
      test_connection_accept_web_socket (connection, request, "Sec-WebSocket-Protocol: chat\r\n");
      read_frames (connection, peer, TRUE);
    }
  else if (strcmp (path, "/bytes") == 0)
    {
      test_connection_accept_web_socket (connection, request, NULL);
      /* A client that has seen the fault may be gone, but has said goodbye */
      for (gsize i = 0; i < peer->length; i++)
        test_connection_try_write (connection, peer->bytes + i, 1);
      read_frames (connection, peer, FALSE);
    }
  else if (strcmp (path, "/at-once") == 0)
    {
      /* With the handshake, in one piece or nearly */
      test_connection_accept_web_socket (connection, request, NULL);
      test_connection_write (connection, peer->bytes, (gssize) peer->length);
      read_frames (connection, peer, FALSE);
    }
  else if (strcmp (path, "/cut") == 0 || strcmp (path, "/reset") == 0)
    {
      test_connection_accept_web_socket (connection, request, NULL);
      test_connection_write (connection, "\x81\x01" "a", 3);
      test_connection_wait_gate (connection);
      if (strcmp (path, "/cut") == 0)
        test_connection_close (connection);
      else
        test_connection_reset (connection);
    }
  else if (strcmp (path, "/flood") == 0)
    {
      g_autofree char *block = g_strnfill (65536, 'x');

      test_connection_accept_web_socket (connection, request, NULL);
      for (guint i = 0; i < 1024 && write_frame (connection, 0x82, block, 65536); i++)
        __atomic_add_fetch (&peer->n_written, 65536, __ATOMIC_SEQ_CST);
      read_frames (connection, peer, FALSE);
    }
  else if (strcmp (path, "/slow") == 0)
    {
      test_connection_accept_web_socket (connection, request, NULL);
      test_connection_wait_gate (connection);
      read_frames (connection, peer, TRUE);
    }
  else if (strcmp (path, "/stalls") == 0)
    {
      test_connection_wait_closed (connection);
      __atomic_add_fetch (&peer->n_closed, 1, __ATOMIC_SEQ_CST);
    }
  else if (strcmp (path, "/html") == 0)
    {
      test_connection_answer (connection, "Content-Type: text/html\r\n", "<html>", 6);
    }
  else if (strcmp (path, "/upgrade") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n");
    }
  else if (strcmp (path, "/wrong-key") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                                          "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n\r\n");
      test_connection_wait_closed (connection);
    }
  else if (strcmp (path, "/other-protocol") == 0)
    {
      test_connection_accept_web_socket (connection, request, "Sec-WebSocket-Protocol: other\r\n");
      test_connection_wait_closed (connection);
    }
  else if (strcmp (path, "/no-upgrade") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
      test_connection_wait_closed (connection);
    }
  else if (strcmp (path, "/redirect") == 0)
    {
      test_connection_printf (connection, "HTTP/1.1 302 Found\r\nLocation: /echo\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n");
    }
  else if (strcmp (path, "/drops") == 0)
    {
      test_connection_close (connection);
    }
  else
    {
      test_connection_printf (connection, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\nnone");
    }
}

static TestServer *
start (Peer *peer)
{
  return test_server_new (TEST_SERVER_PLAIN, serve, peer);
}

static PillionTask *
begin_opening (TestFixture *self,
               TestServer *server,
               const char *path,
               GCancellable *cancellable)
{
  static const char *const protocols[] = { "superchat", "chat", NULL };
  g_autofree char *http = test_server_url (server, path);
  g_autofree char *url = g_strconcat ("ws", http + strlen ("http"), NULL);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);

  return pillion_http_client_open_web_socket (self->client, request, strcmp (path, "/protocol") == 0 ? protocols : NULL, cancellable);
}

static PillionHttpWebSocket *
open_socket (TestFixture *self,
             TestServer *server,
             const char *path)
{
  g_autoptr (PillionTask) task = begin_opening (self, server, path, NULL);
  g_autoptr (GError) error = NULL;
  PillionHttpWebSocket *socket;

  test_fixture_await (self, task);
  socket = pillion_task_get_object (task, &error);
  g_assert_no_error (error);
  return socket;
}

static void
assert_fails (TestFixture *self,
              PillionTask *task,
              GQuark domain,
              int code)
{
  g_autoptr (GError) error = NULL;

  test_fixture_await (self, task);
  g_assert_false (pillion_task_check (task, &error));
  g_assert_error (error, domain, code);
}

static void
assert_sent (TestFixture *self,
             PillionTask *task)
{
  g_autoptr (PillionTask) owned = task;
  g_autoptr (GError) error = NULL;

  test_fixture_await (self, task);
  g_assert_true (pillion_task_check (task, &error));
  g_assert_no_error (error);
}

static PillionHttpWebSocketMessage *
receive (TestFixture *self,
         PillionHttpWebSocket *socket,
         GError **error)
{
  g_autoptr (PillionTask) task = pillion_http_web_socket_receive (socket, NULL);

  test_fixture_await (self, task);
  return pillion_task_get_boxed (task, PILLION_HTTP_TYPE_WEB_SOCKET_MESSAGE, error);
}

static void
assert_text (TestFixture *self,
             PillionHttpWebSocket *socket,
             const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpWebSocketMessage) message = receive (self, socket, &error);

  g_assert_no_error (error);
  g_assert_nonnull (message);
  g_assert_cmpstr (message->text, ==, text);
  g_assert_cmpmem (g_bytes_get_data (message->data, NULL), g_bytes_get_size (message->data), text, strlen (text));
}

static void
assert_ended (TestFixture *self,
              PillionHttpWebSocket *socket,
              GQuark domain,
              int code,
              guint close_code)
{
  g_autoptr (PillionTask) late = NULL;
  g_autofree char *problem = NULL;
  g_autoptr (GError) late_error = NULL;

  /* The end stays the end */
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (receive (self, socket, &error));
      if (domain == 0)
        {
          g_assert_no_error (error);
        }
      else
        {
          g_assert_error (error, domain, code);
          g_free (problem);
          problem = g_strdup (error->message);
        }
    }
  g_assert_cmpuint (pillion_http_web_socket_get_close_code (socket), ==, close_code);
  late = pillion_http_web_socket_send_text (socket, "late", NULL);
  test_fixture_await (self, late);
  g_assert_false (pillion_task_check (late, &late_error));
  g_assert_error (late_error, G_IO_ERROR, G_IO_ERROR_CLOSED);
  /* It says what went wrong, too */
  if (problem != NULL)
    g_assert_cmpstr (late_error->message, ==, problem);
}

static void
wait_for (const guint *counter,
          guint value)
{
  while (__atomic_load_n (counter, __ATOMIC_SEQ_CST) < value)
    g_thread_yield ();
}

static void
close_socket (TestFixture *self,
              PillionHttpWebSocket *socket)
{
  assert_sent (self, pillion_http_web_socket_close (socket, 1000, NULL, NULL));
}

static void
test_messages (TestFixture *self,
               gconstpointer data)
{
  const gsize lengths[] = { 0, 1, 125, 126, 127, 65535, 65536, 131072, 131073, 1000000 };
  const char *const paths[] = { "/echo", "/compressed", "/forgets", "/small-window" };
  Peer peer = { NULL };
  TestServer *server = start (&peer);

  for (guint p = 0; p < G_N_ELEMENTS (paths); p++)
    {
      g_autoptr (PillionHttpWebSocket) socket = open_socket (self, server, paths[p]);
      g_autoptr (PillionHttpResponse) response = NULL;

      g_object_get (socket, "response", &response, NULL);
      g_assert_cmpuint (pillion_http_response_get_status (response), ==, 101);
      g_assert_true (response == pillion_http_web_socket_get_response (socket));
      g_assert_null (pillion_http_web_socket_get_protocol (socket));
      for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
        {
          g_autofree guint8 *random = test_bytes_new (MAX (lengths[i], 1));
          g_autofree char *text = g_strnfill (lengths[i], 'a');
          g_autoptr (GBytes) bytes = g_bytes_new (random, lengths[i]);
          g_autoptr (PillionHttpWebSocketMessage) message = NULL;
          g_autoptr (GError) error = NULL;

          assert_sent (self, pillion_http_web_socket_send_bytes (socket, bytes, NULL));
          assert_sent (self, pillion_http_web_socket_send_text (socket, text, NULL));
          message = receive (self, socket, &error);
          g_assert_no_error (error);
          g_assert_null (message->text);
          g_assert_true (g_bytes_equal (message->data, bytes));
          assert_text (self, socket, text);
        }
      g_assert_cmpuint (pillion_http_web_socket_get_close_code (socket), ==, 0);
      close_socket (self, socket);
      g_assert_cmpuint (pillion_http_web_socket_get_close_code (socket), ==, 1000);
      g_assert_cmpuint (peer.code, ==, 1000);
      g_assert_cmpuint (peer.n_compressed > 0, ==, p > 0);
      if (p == 2)
        break;
    }
  __atomic_store_n (&peer.n_compressed, 0, __ATOMIC_SEQ_CST);
  {
    g_autoptr (PillionHttpWebSocket) socket = open_socket (self, server, "/small-window");
    g_autofree char *text = g_strnfill (1000, 'a');

    assert_sent (self, pillion_http_web_socket_send_text (socket, text, NULL));
    assert_text (self, socket, text);
    g_assert_cmpuint (peer.n_compressed, ==, 0);
  }
  test_server_free (server);
  g_free (peer.request);
}

static void
test_tls (TestFixture *self,
          gconstpointer data)
{
  Peer peer = { NULL };
  TestServer *server = test_server_new (TEST_SERVER_TLS, serve, &peer);
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "http", "data", "cert.pem", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (path, &error);
  g_autoptr (PillionTask) untrusted = begin_opening (self, server, "/echo", NULL);
  g_autoptr (PillionHttpWebSocket) socket = NULL;
  g_autoptr (PillionHttpWebSocket) dropped = NULL;
  g_autofree char *text = g_strnfill (1000000, 'a');

  g_assert_no_error (error);
  assert_fails (self, untrusted, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  pillion_http_client_set_tls_database (self->client, database);
  socket = open_socket (self, server, "/echo");
  assert_sent (self, pillion_http_web_socket_send_text (socket, text, NULL));
  assert_text (self, socket, text);
  close_socket (self, socket);
  g_assert_cmpuint (pillion_http_web_socket_get_close_code (socket), ==, 1000);

  dropped = open_socket (self, server, "/cut");
  assert_text (self, dropped, "a");
  test_server_open_gate (server);
  assert_ended (self, dropped, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED, 1006);
  test_server_free (server);
  g_free (peer.request);
}

static void
test_handshake (TestFixture *self,
                gconstpointer data)
{
  Peer peer = { NULL };
  TestServer *server = start (&peer);
  g_autoptr (PillionHttpWebSocket) socket = NULL;
  g_autoptr (PillionHttpWebSocket) redirected = NULL;
  g_autofree char *protocol = NULL;
  g_autofree char *cookie = NULL;
  g_autofree char *field = NULL;
  g_autofree char *agent = NULL;

  pillion_http_client_set_header (self->client, "X-Mine", "1");
  socket = open_socket (self, server, "/protocol");
  g_object_get (socket, "protocol", &protocol, NULL);
  g_assert_cmpstr (protocol, ==, "chat");
  g_clear_pointer (&protocol, g_free);
  protocol = test_request_get_field (peer.request, "Sec-WebSocket-Protocol");
  g_assert_cmpstr (protocol, ==, "superchat, chat");
  field = test_request_get_field (peer.request, "X-Mine");
  g_assert_cmpstr (field, ==, "1");
  agent = test_request_get_field (peer.request, "User-Agent");
  g_assert_nonnull (agent);

  redirected = open_socket (self, server, "/redirect");
  cookie = test_request_get_field (peer.request, "Cookie");
  g_assert_cmpstr (cookie, ==, "a=b");
  close_socket (self, redirected);
  close_socket (self, socket);
  test_server_free (server);
  g_free (peer.request);
}

static void
test_refused (TestFixture *self,
              gconstpointer data)
{
  const struct
  {
    const char *path;
    gboolean status;
    int code;
  } cases[] = {
    { "/html", FALSE, PILLION_HTTP_ERROR_NOT_WEB_SOCKET },     { "/missing", TRUE, 404 },
    { "/upgrade", TRUE, 426 },                                 { "/wrong-key", FALSE, PILLION_HTTP_ERROR_NOT_WEB_SOCKET },
    { "/no-upgrade", FALSE, PILLION_HTTP_ERROR_NOT_WEB_SOCKET }, { "/other-protocol", FALSE, PILLION_HTTP_ERROR_NOT_WEB_SOCKET },
    { "/drops", FALSE, PILLION_HTTP_ERROR_TRUNCATED },
  };
  static const char *const bad_protocols[] = { "a b", NULL };
  Peer peer = { NULL };
  TestServer *server = start (&peer);
  g_autofree char *url = test_server_url (server, "/echo");
  g_autoptr (PillionHttpRequest) post = pillion_http_request_new ("POST", url);
  g_autoptr (PillionHttpRequest) get = pillion_http_request_new ("GET", url);
  g_autoptr (PillionTask) posted = pillion_http_client_open_web_socket (self->client, post, NULL, NULL);
  g_autoptr (PillionTask) named = pillion_http_client_open_web_socket (self->client, get, bad_protocols, NULL);
  g_autofree char *ftp = g_strconcat ("ftp", url + 4, NULL);
  g_autoptr (PillionHttpRequest) other = pillion_http_request_new ("GET", ftp);
  g_autoptr (PillionTask) scheme = pillion_http_client_open_web_socket (self->client, other, NULL, NULL);

  assert_fails (self, posted, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST);
  assert_fails (self, named, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST);
  assert_fails (self, scheme, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_UNSUPPORTED_SCHEME);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PillionTask) task = begin_opening (self, server, cases[i].path, NULL);

      assert_fails (self, task, cases[i].status ? PILLION_HTTP_STATUS_ERROR : PILLION_HTTP_ERROR, cases[i].code);
    }
  test_server_free (server);
  g_free (peer.request);
}

static void
test_bad_frames (TestFixture *self,
                 gconstpointer data)
{
#define BYTES(text) (text), sizeof (text) - 1
  const struct
  {
    const char *name;
    const char *bytes;
    gsize length;
    guint code;
  } cases[] = {
    { "a reserved bit", BYTES ("\xa1\x00"), 1002 },
    { "masked", BYTES ("\x81\x81\x00\x00\x00\x00" "a"), 1002 },
    { "an unknown opcode", BYTES ("\x83\x00"), 1002 },
    { "an unknown control opcode", BYTES ("\x8b\x00"), 1002 },
    { "a control frame in fragments", BYTES ("\x09\x00"), 1002 },
    { "a long control frame", BYTES ("\x89\x7e\x00\x7e"), 1002 },
    { "a continuation of nothing", BYTES ("\x80\x00"), 1002 },
    { "a text in a text", BYTES ("\x01\x01" "a" "\x81\x01" "b"), 1002 },
    { "compressed unasked", BYTES ("\xc1\x00"), 1002 },
    { "a length past 63 bits", BYTES ("\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff"), 1002 },
    { "too large", BYTES ("\x82\x7f\x00\x00\x00\x00\x40\x00\x00\x00"), 1009 },
    { "too large in fragments", BYTES ("\x02\x01" "a" "\x80\x7f\x00\x00\x00\x00\x01\x00\x00\x00"), 1009 },
    { "not UTF-8", BYTES ("\x81\x02\xc3\x28"), 1007 },
    { "a cut character", BYTES ("\x81\x01\xc3"), 1007 },
    { "a close code of one byte", BYTES ("\x88\x01\x03"), 1002 },
    { "a close code that is never sent", BYTES ("\x88\x02\x03\xed"), 1002 },
    { "a reason that is not UTF-8", BYTES ("\x88\x04\x03\xe8\xc3\x28"), 1007 },
  };
  Peer peer = { NULL };
  TestServer *server = start (&peer);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint whole = 0; whole < 2; whole++)
      {
        g_autoptr (PillionHttpWebSocket) socket = NULL;

        g_test_message ("%s", cases[i].name);
        peer.bytes = cases[i].bytes;
        peer.length = cases[i].length;
        __atomic_store_n (&peer.code, 0, __ATOMIC_SEQ_CST);
        socket = open_socket (self, server, whole ? "/at-once" : "/bytes");
        assert_ended (self, socket, PILLION_HTTP_ERROR, cases[i].code == 1009 ? PILLION_HTTP_ERROR_TOO_LARGE : PILLION_HTTP_ERROR_PROTOCOL,
                      cases[i].code);
        /* The server is told */
        wait_for (&peer.code, 1);
        g_assert_cmpuint (peer.code, ==, cases[i].code);
      }
  test_server_free (server);
  g_free (peer.request);
}

static void
test_frames (TestFixture *self,
             gconstpointer data)
{
  const char *const paths[] = { "/bytes", "/at-once" };
  Peer peer = { .bytes = BYTES ("\x01\x03Hel" "\x89\x01p" "\x8a\x00" "\x00\x00" "\x80\x02lo"
                                "\x81\x03" "a\0b" "\x82\x7e\x00\x01" "c" "\x81\x00") };
  TestServer *server = start (&peer);

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autoptr (PillionHttpWebSocket) socket = open_socket (self, server, paths[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpWebSocketMessage) nul = NULL;
      g_autoptr (PillionHttpWebSocketMessage) copy = NULL;
      g_autoptr (PillionHttpWebSocketMessage) binary = NULL;

      assert_text (self, socket, "Hello");
      nul = receive (self, socket, &error);
      copy = pillion_http_web_socket_message_copy (nul);
      g_clear_pointer (&nul, pillion_http_web_socket_message_free);
      g_assert_cmpstr (copy->text, ==, "a");
      g_assert_cmpmem (g_bytes_get_data (copy->data, NULL), g_bytes_get_size (copy->data), "a\0b", 3);
      binary = receive (self, socket, &error);
      g_assert_null (binary->text);
      g_assert_cmpuint (g_bytes_get_size (binary->data), ==, 1);
      assert_text (self, socket, "");
      /* The ping was answered */
      assert_text (self, socket, "p");
    }
  test_server_free (server);
  g_free (peer.request);
}

/* A small message that becomes a very large one */
static void
test_bomb (TestFixture *self,
           gconstpointer data)
{
  const gsize size = 20 * 1024 * 1024;
  g_autofree guint8 *zeros = g_malloc0 (size);
  g_autofree guint8 *frame = g_malloc0 (size / 100);
  g_autoptr (GConverter) compressor = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW, 9));
  gsize n_read, n_written;
  Peer peer = { NULL };
  TestServer *server = start (&peer);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionHttpWebSocket) socket = NULL;

      g_converter_reset (compressor);
      g_assert_cmpint (g_converter_convert (compressor, zeros, size, frame + 10, size / 100 - 10, G_CONVERTER_INPUT_AT_END, &n_read,
                                            &n_written, NULL), ==, G_CONVERTER_FINISHED);
      frame[0] = 0xc2;
      frame[1] = 127;
      for (guint j = 0; j < 8; j++)
        frame[2 + j] = (guint8) ((guint64) n_written >> (8 * (7 - j)));
      if (i == 1)
        memset (frame + 10, 0xff, n_written);
      peer.bytes = (const char *) frame;
      peer.length = n_written + 10;
      socket = open_socket (self, server, "/compressed");
      assert_ended (self, socket, PILLION_HTTP_ERROR, i == 0 ? PILLION_HTTP_ERROR_TOO_LARGE : PILLION_HTTP_ERROR_PROTOCOL, i == 0 ? 1009 : 1002);
    }
  test_server_free (server);
  g_free (peer.request);
}

static void
test_server_closes (TestFixture *self,
                    gconstpointer data)
{
  const struct
  {
    const char *bytes;
    gsize length;
    guint code;
    const char *reason;
    gboolean normal;
    guint answer;
  } cases[] = {
    { BYTES ("\x81\x01" "a" "\x88\x05\x03\xe8" "bye"), 1000, "bye", TRUE, 1000 },
    { BYTES ("\x81\x01" "a" "\x88\x02\x03\xe9"), 1001, "", TRUE, 1001 },
    { BYTES ("\x81\x01" "a" "\x88\x00"), 1005, "", TRUE, 1005 },
    { BYTES ("\x81\x01" "a" "\x88\x02\x03\xf3"), 1011, "", FALSE, 1011 },
    { BYTES ("\x81\x01" "a" "\x88\x03\x0f\xa0" "x"), 4000, "x", FALSE, 4000 },
  };
  Peer peer = { NULL };
  TestServer *server = start (&peer);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PillionHttpWebSocket) socket = NULL;
      g_autofree char *reason = NULL;

      peer.bytes = cases[i].bytes;
      peer.length = cases[i].length;
      __atomic_store_n (&peer.code, 0, __ATOMIC_SEQ_CST);
      socket = open_socket (self, server, "/bytes");
      /* What came before is received first */
      assert_text (self, socket, "a");
      assert_ended (self, socket, cases[i].normal ? 0 : PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_WEB_SOCKET_CLOSED, cases[i].code);
      reason = pillion_http_web_socket_dup_close_reason (socket);
      g_assert_cmpstr (reason, ==, cases[i].reason);
      wait_for (&peer.code, 1);
      g_assert_cmpuint (peer.code, ==, cases[i].answer);
      close_socket (self, socket);
    }
  test_server_free (server);
  g_free (peer.request);
}

static void
test_broken (TestFixture *self,
             gconstpointer data)
{
  const char *const paths[] = { "/cut", "/reset" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      Peer peer = { NULL };
      TestServer *server = start (&peer);
      g_autoptr (PillionHttpWebSocket) socket = open_socket (self, server, paths[i]);

      assert_text (self, socket, "a");
      test_server_open_gate (server);
      assert_ended (self, socket, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED, 1006);
      test_server_free (server);
      g_free (peer.request);
    }
}

static void
test_close (TestFixture *self,
            gconstpointer data)
{
  Peer peer = { NULL };
  TestServer *server = start (&peer);
  g_autoptr (PillionHttpWebSocket) socket = open_socket (self, server, "/echo");
  g_autofree char *long_reason = g_strnfill (124, 'x');
  g_autofree char *longest_reason = g_strnfill (123, 'x');
  g_autofree char *reason = NULL;
  g_autoptr (PillionTask) bad_code = pillion_http_web_socket_close (socket, 1006, NULL, NULL);
  g_autoptr (PillionTask) bad_reason = pillion_http_web_socket_close (socket, 1000, long_reason, NULL);
  g_autoptr (PillionTask) last = pillion_http_web_socket_send_text (socket, "last", NULL);
  g_autoptr (PillionTask) waiting = pillion_http_web_socket_receive (socket, NULL);
  g_autoptr (PillionTask) closing = pillion_http_web_socket_close (socket, 3000, longest_reason, NULL);
  g_autoptr (PillionTask) again = pillion_http_web_socket_close (socket, 1000, NULL, NULL);
  g_autoptr (PillionTask) late = pillion_http_web_socket_send_text (socket, "late", NULL);
  g_autoptr (PillionHttpWebSocketMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  assert_fails (self, bad_code, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  assert_fails (self, bad_reason, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
  assert_fails (self, late, G_IO_ERROR, G_IO_ERROR_CLOSED);
  /* What was sent before goes first */
  assert_sent (self, g_object_ref (last));
  assert_sent (self, g_object_ref (closing));
  assert_sent (self, g_object_ref (again));
  g_assert_cmpuint (peer.code, ==, 3000);
  g_assert_cmpuint (pillion_http_web_socket_get_close_code (socket), ==, 3000);
  reason = pillion_http_web_socket_dup_close_reason (socket);
  g_assert_cmpstr (reason, ==, longest_reason);
  test_fixture_await (self, waiting);
  /* The echo may be faster than the close */
  message = pillion_task_get_boxed (waiting, PILLION_HTTP_TYPE_WEB_SOCKET_MESSAGE, &error);
  if (message != NULL)
    g_assert_cmpstr (message->text, ==, "last");

  test_server_free (server);
  g_free (peer.request);
}

/* Neither one that does not answer nor one that does not even read */
static void
test_close_is_bounded (TestFixture *self,
                       gconstpointer data)
{
  Peer peer = { .bytes = "", .length = 0 };
  TestServer *server = start (&peer);
  g_autoptr (PillionHttpWebSocket) silent = open_socket (self, server, "/bytes");
  g_autoptr (PillionHttpWebSocket) slow = open_socket (self, server, "/slow");
  g_autofree guint8 *random = test_bytes_new (16 * 1024 * 1024);
  g_autoptr (GBytes) bytes = g_bytes_new (random, 16 * 1024 * 1024);
  g_autoptr (PillionTask) stuck = pillion_http_web_socket_send_bytes (slow, bytes, NULL);
  g_autoptr (PillionTask) first = pillion_http_web_socket_close (silent, 1000, NULL, NULL);
  g_autoptr (PillionTask) second = pillion_http_web_socket_close (slow, 1000, NULL, NULL);

  assert_sent (self, g_steal_pointer (&first));
  assert_sent (self, g_steal_pointer (&second));
  assert_fails (self, stuck, G_IO_ERROR, G_IO_ERROR_CLOSED);
  g_assert_cmpuint (pillion_http_web_socket_get_close_code (silent), ==, 1006);
  test_server_open_gate (server);
  test_server_free (server);
  g_free (peer.request);
}

/* The server has to wait for a program that does not receive */
static void
test_incoming_back_pressure (TestFixture *self,
                             gconstpointer data)
{
  Peer peer = { NULL };
  TestServer *server = start (&peer);
  g_autoptr (PillionHttpWebSocket) socket = open_socket (self, server, "/flood");
  g_autoptr (PillionTask) pause = NULL;

  /* Nor is it taken for dead. All that the client takes has been sent before that counts. */
  while (__atomic_load_n (&peer.n_written, __ATOMIC_SEQ_CST) < 1024 * 1024 + 2 * 65536)
    g_thread_yield ();
  pillion_http_web_socket_set_ping_interval_usec (socket, 100 * G_TIME_SPAN_MILLISECOND);
  pause = pillion_loop_sleep (self->loop, 500 * G_TIME_SPAN_MILLISECOND, NULL);
  test_fixture_await (self, pause);
  g_assert_cmpuint (__atomic_load_n (&peer.n_written, __ATOMIC_SEQ_CST), <, 32 * 1024 * 1024);
  pillion_http_web_socket_set_ping_interval_usec (socket, 0);

  for (guint i = 0; i < 1024; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpWebSocketMessage) message = receive (self, socket, &error);

      g_assert_no_error (error);
      g_assert_cmpuint (g_bytes_get_size (message->data), ==, 65536);
    }
  g_clear_object (&socket);
  test_server_free (server);
  g_free (peer.request);
}

static void
test_outgoing_back_pressure (TestFixture *self,
                             gconstpointer data)
{
  Peer peer = { NULL };
  TestServer *server = start (&peer);
  g_autoptr (PillionHttpWebSocket) socket = open_socket (self, server, "/slow");
  g_autoptr (GPtrArray) tasks = g_ptr_array_new_with_free_func (g_object_unref);
  g_autofree guint8 *random = test_bytes_new (1024 * 1024);
  g_autoptr (GBytes) bytes = g_bytes_new (random, 1024 * 1024);
  g_autoptr (PillionTask) full = NULL;
  g_autoptr (PillionTask) last = NULL;

  pillion_http_web_socket_set_ping_interval_usec (socket, 0);
  /* The socket takes some of them */
  while (full == NULL)
    {
      g_autoptr (PillionTask) task = pillion_http_web_socket_send_bytes (socket, bytes, NULL);

      g_assert_cmpuint (tasks->len, <, 64);
      /* Those that the socket has taken are done, too */
      if (pillion_task_is_done (task) && !pillion_task_check (task, NULL))
        full = g_steal_pointer (&task);
      else
        g_ptr_array_add (tasks, g_steal_pointer (&task));
    }
  assert_fails (self, full, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK);
  g_assert_cmpuint (tasks->len, >=, 16);
  last = g_object_ref (g_ptr_array_index (tasks, tasks->len - 1));
  g_assert_false (pillion_task_is_done (last));
  /* One that waits can be taken back */
  pillion_task_cancel (last);
  assert_fails (self, last, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  test_server_open_gate (server);
  for (guint i = 0; i < tasks->len - 1; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpWebSocketMessage) message = receive (self, socket, &error);

      g_assert_no_error (error);
      g_assert_true (g_bytes_equal (message->data, bytes));
      assert_sent (self, g_object_ref (g_ptr_array_index (tasks, i)));
    }
  close_socket (self, socket);
  test_server_free (server);
  g_free (peer.request);
}

static void
ask_while_freed (gpointer socket)
{
  g_assert_cmpuint (pillion_http_web_socket_get_close_code (socket), ==, 0);
  g_object_set_data (socket, "freed", socket);
}

static void
test_taken_back_bytes (TestFixture *self,
                       gconstpointer data)
{
  Peer peer = { NULL };
  TestServer *server = start (&peer);
  g_autoptr (PillionHttpWebSocket) socket = open_socket (self, server, "/slow");
  g_autofree guint8 *random = test_bytes_new (15 * 1024 * 1024);
  g_autoptr (GBytes) much = g_bytes_new_static (random, 15 * 1024 * 1024);
  GBytes *bytes = g_bytes_new_with_free_func ("a", 1, ask_while_freed, socket);
  g_autoptr (PillionTask) first = NULL;
  g_autoptr (PillionTask) second = NULL;

  pillion_http_web_socket_set_ping_interval_usec (socket, 0);
  first = pillion_http_web_socket_send_bytes (socket, much, NULL);
  second = pillion_http_web_socket_send_bytes (socket, bytes, NULL);
  g_bytes_unref (bytes);
  g_assert_null (g_object_get_data (G_OBJECT (socket), "freed"));
  pillion_task_cancel (second);
  assert_fails (self, second, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_nonnull (g_object_get_data (G_OBJECT (socket), "freed"));
  test_server_open_gate (server);
  g_assert_true (pillion_loop_run_until_complete (self->loop, first, NULL));
  test_server_free (server);
  g_free (peer.request);
}

static void
test_pings (TestFixture *self,
            gconstpointer data)
{
  Peer peer = { NULL };
  TestServer *server = start (&peer);
  g_autoptr (PillionHttpWebSocket) alive = open_socket (self, server, "/echo");
  g_autoptr (PillionHttpWebSocket) dead = open_socket (self, server, "/slow");
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (pillion_http_web_socket_get_ping_interval_usec (alive), ==, 20 * G_TIME_SPAN_SECOND);
  /* Long enough for an answer on a busy machine */
  pillion_http_web_socket_set_ping_interval_usec (alive, 2 * G_USEC_PER_SEC);
  pillion_http_web_socket_set_ping_interval_usec (dead, 100 * G_TIME_SPAN_MILLISECOND);
  assert_ended (self, dead, G_IO_ERROR, G_IO_ERROR_TIMED_OUT, 1006);
  wait_for (&peer.n_pings, 2);
  assert_sent (self, pillion_http_web_socket_send_text (alive, "still here", NULL));
  assert_text (self, alive, "still here");
  test_server_open_gate (server);
  test_server_free (server);
  g_free (peer.request);
}

static void
test_settings (TestFixture *self,
               gconstpointer data)
{
  Peer peer = { NULL };
  TestServer *server = start (&peer);
  g_autoptr (PillionHttpWebSocket) socket = open_socket (self, server, "/echo");

  g_assert_cmpint (pillion_http_web_socket_get_max_message_size (socket), ==, 16 * 1024 * 1024);
  pillion_http_web_socket_set_max_message_size (socket, 4);
  g_object_set (socket, "max-message-size", (gint64) 3, "ping-interval-usec", (gint64) 0, NULL);
  g_assert_cmpint (pillion_http_web_socket_get_ping_interval_usec (socket), ==, 0);
  assert_sent (self, pillion_http_web_socket_send_text (socket, "abc", NULL));
  assert_text (self, socket, "abc");
  assert_sent (self, pillion_http_web_socket_send_text (socket, "abcd", NULL));
  assert_ended (self, socket, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE, 1009);
  test_server_free (server);
  g_free (peer.request);
}

static void
test_one_receiver (TestFixture *self,
                   gconstpointer data)
{
  Peer peer = { NULL };
  TestServer *server = start (&peer);
  g_autoptr (PillionHttpWebSocket) socket = open_socket (self, server, "/echo");
  g_autoptr (PillionTask) waiting = pillion_http_web_socket_receive (socket, NULL);
  g_autoptr (PillionTask) beside = pillion_http_web_socket_receive (socket, NULL);
  g_autoptr (PillionTask) unwanted = NULL;

  assert_fails (self, beside, G_IO_ERROR, G_IO_ERROR_PENDING);
  pillion_task_cancel (waiting);
  /* At once, before the loop has run */
  unwanted = pillion_http_web_socket_receive (socket, NULL);
  assert_fails (self, waiting, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_sent (self, pillion_http_web_socket_send_text (socket, "one", NULL));
  assert_sent (self, pillion_http_web_socket_send_text (socket, "two", NULL));
  while (!pillion_task_is_done (unwanted))
    pillion_loop_kick (self->loop);

  /* What nobody got is the next one's */
  pillion_task_cancel (unwanted);
  assert_text (self, socket, "one");
  assert_text (self, socket, "two");
  close_socket (self, socket);
  test_server_free (server);
  g_free (peer.request);
}

static void
test_gone (TestFixture *self,
           gconstpointer data)
{
  Peer peer = { NULL };
  TestServer *server = start (&peer);
  g_autoptr (PillionHttpWebSocket) socket = open_socket (self, server, "/echo");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (PillionTask) opening = begin_opening (self, server, "/stalls", cancellable);

  test_server_wait_requests (server, 2);
  g_cancellable_cancel (cancellable);
  assert_fails (self, opening, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  wait_for (&peer.n_closed, 1);

  g_clear_object (&socket);
  wait_for (&peer.n_closed, 2);
  g_assert_cmpuint (peer.code, ==, 1001);
  test_server_free (server);
  g_free (peer.request);
}

static void
test_loop_closes (TestFixture *self,
                  gconstpointer data)
{
  Peer peer = { NULL };
  TestServer *server = start (&peer);
  g_autoptr (PillionHttpWebSocket) socket = open_socket (self, server, "/slow");
  g_autoptr (PillionTask) waiting = pillion_http_web_socket_receive (socket, NULL);
  g_autofree guint8 *random = test_bytes_new (16 * 1024 * 1024);
  g_autoptr (GBytes) bytes = g_bytes_new (random, 16 * 1024 * 1024);
  g_autoptr (PillionTask) sending = pillion_http_web_socket_send_bytes (socket, bytes, NULL);
  g_autoptr (PillionTask) after = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (pillion_loop_close (self->loop, -1, &error));
  g_assert_no_error (error);
  g_assert_false (pillion_task_check (sending, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_false (pillion_task_check (waiting, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  after = pillion_http_web_socket_receive (socket, NULL);
  g_assert_false (pillion_task_check (after, &error));
  g_assert_error (error, PILLION_ERROR, PILLION_ERROR_CLOSED);
  g_clear_object (&socket);
  test_server_open_gate (server);
  wait_for (&peer.n_closed, 1);
  test_server_free (server);
  g_free (peer.request);
}

static void
test_places (TestFixture *self,
             gconstpointer data)
{
  Peer peer = { NULL };
  TestServer *server = start (&peer);
  g_autofree char *html = test_server_url (server, "/html");
  g_autoptr (PillionHttpWebSocket) first = NULL;
  g_autoptr (PillionHttpWebSocket) second = NULL;
  g_autoptr (PillionHttpWebSocket) third = NULL;
  g_autoptr (PillionTask) opening = NULL;

  pillion_http_client_set_max_connections (self->client, 1);
  pillion_http_client_set_max_lasting_connections_per_host (self->client, 2);
  first = open_socket (self, server, "/echo");
  second = open_socket (self, server, "/echo");
  opening = begin_opening (self, server, "/echo", NULL);
  test_fixture_assert_get (self, html, "<html>");
  g_assert_false (pillion_task_is_done (opening));
  close_socket (self, first);
  test_fixture_await (self, opening);
  third = pillion_task_get_object (opening, NULL);
  close_socket (self, second);
  close_socket (self, third);
  test_server_free (server);
  g_free (peer.request);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/web-socket/messages", test_messages);
  test_case ("/http/web-socket/tls", test_tls);
  test_case ("/http/web-socket/handshake", test_handshake);
  test_case ("/http/web-socket/refused", test_refused);
  test_case ("/http/web-socket/frames", test_frames);
  test_case ("/http/web-socket/bad-frames", test_bad_frames);
  test_case ("/http/web-socket/decompression-is-limited", test_bomb);
  test_case ("/http/web-socket/server-closes", test_server_closes);
  test_case ("/http/web-socket/broken-connection", test_broken);
  test_case ("/http/web-socket/close", test_close);
  test_case ("/http/web-socket/close-is-bounded", test_close_is_bounded);
  test_case ("/http/web-socket/incoming-back-pressure", test_incoming_back_pressure);
  test_case ("/http/web-socket/outgoing-back-pressure", test_outgoing_back_pressure);
  test_case ("/http/web-socket/taken-back-bytes-are-freed-without-a-lock", test_taken_back_bytes);
  test_case ("/http/web-socket/pings", test_pings);
  test_case ("/http/web-socket/settings", test_settings);
  test_case ("/http/web-socket/one-receiver", test_one_receiver);
  test_case ("/http/web-socket/closed-when-nothing-refers-to-it", test_gone);
  test_case ("/http/web-socket/loop-closes", test_loop_closes);
  test_case ("/http/web-socket/places-of-their-own", test_places);

  return g_test_run ();
}
