/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Servers and proxies that always have more to send than the client has read. Only the client's limits end that, and nothing else may wait for it. */

#include <string.h>
#include <sys/socket.h>

#include "../http/http-support.h"
#include "base/pillion-sync.h"
#include "behaviours.h"
#include "certificates.h"
#include "http2.h"
#include "server.h"

#define TLS_1_2 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS_1_3 "NORMAL:-VERS-ALL:+VERS-TLS1.3"

/* How long the client waits for the server, in µs */
#define PATIENCE G_USEC_PER_SEC

/* How long it waits for another server, in µs */
#define LONG_PATIENCE (240 * (GTimeSpan) G_USEC_PER_SEC)

/* How much is ready before the first byte of a flood is sent, and how much is made at once afterwards */
#define AHEAD (1024 * 1024)
#define PORTION (64 * 1024)

/* The length of the first record of a server of TLS 1.3 that uses the curve GnuTLS' clients propose */
#define SERVER_HELLO 160

typedef enum
{
  TO_SERVER,
  TO_SERVER_HTTP2,
  TO_PROXY,       /* TLS with the proxy */
  THROUGH_TUNNEL, /* TLS with the server behind a proxy */
  WITHOUT_TLS,
} Route;

typedef enum
{
  FLOOD_KEY_UPDATES,
  FLOOD_TICKETS,
  FLOOD_WARNINGS,
  FLOOD_EMPTY_RECORDS,
  FLOOD_HELLO_REQUESTS,
  FLOOD_DATA_IN_HANDSHAKE, /* a second handshake that the server doesn't go on with */
  FLOOD_HANDSHAKE,         /* "change cipher spec" in the first handshake, where TLS 1.3 ignores it */
  FLOOD_FIELDS,            /* a head without end */
  FLOOD_BODY,              /* of a call that is cancelled */
  FLOOD_FRAMES,            /* of an unknown type */
  FLOOD_WINDOW_UPDATES,
} Flood;

typedef struct
{
  const char *name;
  Route route;
  const char *priorities;
  Flood flood;
} Case;

typedef struct
{
  const Case *test;
  ChaosLine *line;
  GByteArray *made; /* and not sent; by the thread that makes */

  GMutex lock; /* for the rest */
  GCond changed;
  GQueue ready; /* of GByteArrays */
  gboolean ended;
} Source;

static gboolean began; /* atomic */

/* --- The server ------------------------------------------------------------------------------------------------------- */

static gssize
gather (gnutls_transport_ptr_t data,
        const void *bytes,
        size_t length)
{
  Source *self = data;

  g_byte_array_append (self->made, bytes, (guint) length);
  return (gssize) length;
}

static gssize
pull_nothing (gnutls_transport_ptr_t data,
              void *bytes,
              size_t length)
{
  return 0;
}

static void
write_content (Source *self,
               const void *bytes,
               gsize length)
{
  if (self->line->session == NULL)
    g_byte_array_append (self->made, bytes, (guint) length);
  else
    while (gnutls_record_send (self->line->session, bytes, length) < 0)
      ;
}

/* One more of what the flood has */
static void
make (Source *self)
{
  static const guint8 change[] = { 0x14, 3, 3, 0, 1, 1 };
  static char block[16 * 1024];
  g_autoptr (GByteArray) frames = NULL;
  gnutls_session_t session = self->line->session;

  switch (self->test->flood)
    {
    case FLOOD_KEY_UPDATES:
      g_assert_cmpint (gnutls_session_key_update (session, 0), >=, 0);
      break;
    case FLOOD_TICKETS:
      g_assert_cmpint (gnutls_session_ticket_send (session, 1, 0), >=, 0);
      break;
    case FLOOD_WARNINGS:
      g_assert_cmpint (gnutls_alert_send (session, GNUTLS_AL_WARNING, GNUTLS_A_USER_CANCELED), >=, 0);
      break;
    case FLOOD_EMPTY_RECORDS:
      g_assert_cmpint (gnutls_record_send2 (session, "", 0, 1, 0), >=, 0);
      break;
    case FLOOD_HELLO_REQUESTS:
      g_assert_cmpint (gnutls_rehandshake (session), >=, 0);
      break;
    case FLOOD_DATA_IN_HANDSHAKE:
    case FLOOD_BODY:
      write_content (self, block, sizeof block);
      break;
    case FLOOD_HANDSHAKE:
      g_byte_array_append (self->made, change, sizeof change);
      break;
    case FLOOD_FIELDS:
      write_content (self, "X: y\r\n", 6);
      break;
    case FLOOD_FRAMES:
      frames = g_byte_array_new ();
      chaos_frame (frames, 0xfa, 0, 0, NULL, 0);
      write_content (self, frames->data, frames->len);
      break;
    case FLOOD_WINDOW_UPDATES:
      frames = g_byte_array_new ();
      chaos_frame_number (frames, 8, 1, 1);
      write_content (self, frames->data, frames->len);
      break;
    default:
      g_assert_not_reached ();
    }
}

static gboolean
has_ended (Source *self)
{
  gboolean ended;

  pillion_mutex_lock (&self->lock);
  ended = self->ended;
  pillion_mutex_unlock (&self->lock);

  return ended;
}

static gpointer
make_all (gpointer data)
{
  Source *self = data;
  /* A few of these are enough for GnuTLS */
  gsize portion = self->test->flood == FLOOD_KEY_UPDATES ? PORTION / 16 : AHEAD;

  while (!has_ended (self))
    {
      self->made = g_byte_array_new ();
      while (self->made->len < portion)
        make (self);
      portion = PORTION;

      pillion_mutex_lock (&self->lock);
      g_queue_push_tail (&self->ready, g_steal_pointer (&self->made));
      g_cond_signal (&self->changed);
      while (!self->ended && self->ready.length > 64)
        pillion_cond_wait (&self->changed, &self->lock);
      pillion_mutex_unlock (&self->lock);
    }

  return NULL;
}

static gboolean
send_all (int fd,
          const guint8 *bytes,
          gsize length)
{
  while (length > 0)
    {
      gssize n = send (fd, bytes, length, MSG_NOSIGNAL);

      if (n <= 0)
        return FALSE;
      bytes += n;
      length -= (gsize) n;
    }

  return TRUE;
}

/* Until the client closes: one thread makes, and this one sends */
static void
flood (const Case *test,
       ChaosLine *line)
{
  Source self = { .test = test, .line = line };
  GThread *thread;
  gboolean open = TRUE;

  g_mutex_init (&self.lock);
  g_cond_init (&self.changed);
  if (line->session != NULL)
    {
      gnutls_transport_set_ptr (line->session, &self);
      gnutls_transport_set_push_function (line->session, gather);
      gnutls_transport_set_pull_function (line->session, pull_nothing);
    }

  thread = g_thread_new ("makes", make_all, &self);
  while (open)
    {
      g_autoptr (GByteArray) portion = NULL;

      pillion_mutex_lock (&self.lock);
      while (self.ready.length == 0)
        pillion_cond_wait (&self.changed, &self.lock);
      portion = g_queue_pop_head (&self.ready);
      g_cond_signal (&self.changed);
      pillion_mutex_unlock (&self.lock);

      g_atomic_int_set (&began, TRUE);
      open = send_all (line->fd, portion->data, portion->len);
    }

  pillion_mutex_lock (&self.lock);
  self.ended = TRUE;
  g_cond_signal (&self.changed);
  pillion_mutex_unlock (&self.lock);
  g_thread_join (thread);

  g_queue_clear_full (&self.ready, (GDestroyNotify) g_byte_array_unref);
  g_cond_clear (&self.changed);
  g_mutex_clear (&self.lock);
}

static void
serve (ChaosLine *line,
       const ChaosBehaviour *behaviour)
{
  static const char established[] = "HTTP/1.1 200 Established\r\n\r\n";
  static const char head[] = "HTTP/1.1 200 OK\r\nX: y\r\n";
  static const char data_head[] = "HTTP/1.1 200 OK\r\n\r\n";
  const Case *test = behaviour->plan;
  gboolean http2 = test->route == TO_SERVER_HTTP2;
  char preface[24];

  if (test->route == THROUGH_TUNNEL)
    {
      g_autofree char *request = chaos_line_read_head (line);

      if (request == NULL || !chaos_line_write (line, established, strlen (established)))
        return;
    }

  if (test->flood == FLOOD_HANDSHAKE)
    {
      line->limit = SERVER_HELLO;
      chaos_line_secure (line, chaos_certificates_get (CHAOS_CERTIFICATE_GOOD), test->priorities, NULL);
      flood (test, line);
      return;
    }

  line->sends_tickets = test->flood == FLOOD_TICKETS;
  if (test->route != WITHOUT_TLS &&
      !chaos_line_secure (line, chaos_certificates_get (CHAOS_CERTIFICATE_GOOD), test->priorities, http2 ? "h2" : NULL))
    return;

  if (http2)
    {
      g_autoptr (GByteArray) settings = g_byte_array_new ();

      chaos_frame (settings, 4, 0, 0, NULL, 0);
      if (!chaos_line_read (line, preface, sizeof preface) || !chaos_line_write (line, settings->data, settings->len))
        return;
    }
  else
    {
      g_autofree char *request = chaos_line_read_head (line);

      if (request == NULL)
        return;
    }

  if (test->flood == FLOOD_DATA_IN_HANDSHAKE && gnutls_rehandshake (line->session) < 0)
    return;
  if (test->flood == FLOOD_FIELDS && !chaos_line_write (line, head, strlen (head)))
    return;
  if (test->flood == FLOOD_BODY && !chaos_line_write (line, data_head, strlen (data_head)))
    return;

  flood (test, line);
}

static void
answer (TestConnection *connection,
        const char *request,
        gpointer data)
{
  test_connection_answer (connection, NULL, "good", 4);
}

/* --- The tests -------------------------------------------------------------------------------------------------------- */

static void
set_limits (PillionHttpClient *client,
            GTimeSpan patience)
{
  pillion_http_client_set_connect_timeout_usec (client, patience);
  pillion_http_client_set_first_byte_timeout_usec (client, patience);
  pillion_http_client_set_idle_timeout_usec (client, patience);
}

static void
test_flood (TestFixture *self,
            gconstpointer data)
{
  const Case *test = data;
  ChaosBehaviour behaviour = { .serve = serve, .plan = (gpointer) test };
  ChaosServer *flooding = chaos_server_new (&behaviour, FALSE);
  TestServer *other = test_server_new (TEST_SERVER_PLAIN, answer, NULL);
  g_autofree char *other_url = test_server_url (other, "/");
  g_autoptr (GTlsDatabase) database = chaos_certificates_make_database (self->folder);
  g_autoptr (PillionHttpClient) client = pillion_http_client_new (self->loop);
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *url = NULL;
  guint port = chaos_server_get_port (flooding);

  g_atomic_int_set (&began, FALSE);
  /* A proxy is always checked against the system's authorities */
  g_tls_backend_set_default_database (g_tls_backend_get_default (), database);
  set_limits (self->client, LONG_PATIENCE);
  pillion_http_client_set_proxy (self->client, "direct:");
  set_limits (client, PATIENCE);
  pillion_http_client_set_max_body_size (client, 8 << 20);
  pillion_http_client_set_tls_database (client, database);
  if (test->route == TO_PROXY || test->route == THROUGH_TUNNEL)
    {
      g_autofree char *proxy = g_strdup_printf ("%s://127.0.0.1:%u", test->route == TO_PROXY ? "https" : "http", port);

      pillion_http_client_set_proxy (client, proxy);
      /* Nothing listens there */
      port = 1;
    }
  else
    {
      pillion_http_client_set_proxy (client, "direct:");
    }
  url = g_strdup_printf ("%s://127.0.0.1:%u/", test->route == WITHOUT_TLS ? "http" : "https", port);

  task = pillion_http_client_get_bytes (client, url, NULL);
  while (!g_atomic_int_get (&began) && !pillion_task_is_done (task))
    {
      g_thread_yield ();
      pillion_loop_kick (self->loop);
    }
  /* On a busy machine, its limits may have ended it */
  test_fixture_assert_get (self, other_url, "good");

  test_fixture_await_bytes (self, g_object_ref (task), &error);
  g_assert_nonnull (error);
  g_test_message ("%s", error->message);
  /* GnuTLS doesn't take all of it */
  if (error->domain != PILLION_HTTP_ERROR && error->domain != G_TLS_ERROR)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
  test_fixture_assert_get (self, other_url, "good");

  g_clear_object (&client);
  chaos_server_free (flooding);
  test_server_free (other);
}

int
main (int argc,
      char **argv)
{
  static const Case cases[] = {
    { "key-updates", TO_SERVER, TLS_1_3, FLOOD_KEY_UPDATES },
    { "tickets", TO_SERVER, TLS_1_3, FLOOD_TICKETS },
    { "warnings", TO_SERVER, TLS_1_2, FLOOD_WARNINGS },
    { "empty-records", TO_SERVER, TLS_1_3, FLOOD_EMPTY_RECORDS },
    { "hello-requests", TO_SERVER, TLS_1_2, FLOOD_HELLO_REQUESTS },
    { "data-in-handshake", TO_SERVER, TLS_1_2, FLOOD_DATA_IN_HANDSHAKE },
    { "handshake", TO_SERVER, TLS_1_3, FLOOD_HANDSHAKE },
    { "fields", TO_SERVER, TLS_1_3, FLOOD_FIELDS },
    { "body", TO_SERVER, TLS_1_3, FLOOD_BODY },
    { "fields-without-tls", WITHOUT_TLS, NULL, FLOOD_FIELDS },
    { "http2/key-updates", TO_SERVER_HTTP2, TLS_1_3, FLOOD_KEY_UPDATES },
    { "http2/empty-records", TO_SERVER_HTTP2, TLS_1_3, FLOOD_EMPTY_RECORDS },
    { "http2/frames", TO_SERVER_HTTP2, TLS_1_3, FLOOD_FRAMES },
    { "http2/window-updates", TO_SERVER_HTTP2, TLS_1_3, FLOOD_WINDOW_UPDATES },
    { "proxy/empty-records", TO_PROXY, TLS_1_3, FLOOD_EMPTY_RECORDS },
    { "proxy/handshake", TO_PROXY, TLS_1_3, FLOOD_HANDSHAKE },
    { "tunnel/empty-records", THROUGH_TUNNEL, TLS_1_3, FLOOD_EMPTY_RECORDS },
    { "tunnel/handshake", THROUGH_TUNNEL, TLS_1_3, FLOOD_HANDSHAKE },
  };

  g_test_init (&argc, &argv, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/floods/%s", cases[i].name);

      g_test_add (path, TestFixture, &cases[i], test_fixture_set_up, test_flood, test_fixture_tear_down);
    }

  return g_test_run ();
}
