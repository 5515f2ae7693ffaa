/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http-support.h"

#include <string.h>

#include "base/pillion-sync.h"

/* What a server says while the body of the request is still being sent */

/* More than fits between the two */
#define SIZE (16 * 1024 * 1024 + 17)

typedef struct
{
  GMutex mutex;
  GQueue bodies; /* of the PUTs, those that were not looked at yet */
} Seen;

static void
take_body (TestConnection *connection,
           const char *request,
           Seen *seen)
{
  GBytes *body;

  if (!g_str_has_prefix (request, "PUT "))
    return;

  body = test_connection_read_body (connection, request);
  pillion_mutex_lock (&seen->mutex);
  g_queue_push_tail (&seen->bodies, body);
  pillion_mutex_unlock (&seen->mutex);
}

static void
assert_seen (Seen *seen,
             const void *bytes,
             gsize size)
{
  g_autoptr (GBytes) body = NULL;

  pillion_mutex_lock (&seen->mutex);
  body = g_queue_pop_head (&seen->bodies);
  pillion_mutex_unlock (&seen->mutex);
  g_assert_nonnull (body);
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), bytes, size);
}

static PillionTask *
put (TestFixture *self,
     const char *url,
     GBytes *bytes,
     const char *expect)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("PUT", url);

  pillion_http_request_set_body (request, bytes, NULL);
  if (expect != NULL)
    pillion_http_request_set_header (request, "Expect", expect);
  return pillion_http_client_send (self->client, request, NULL);
}

static void
assert_accepted (TestFixture *self,
                 PillionTask *task)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autofree char *text = NULL;

  test_fixture_await (self, task);
  response = pillion_task_get_object (task, &error);
  g_assert_no_error (error);
  text = pillion_http_response_dup_text (response, &error);
  g_assert_cmpstr (text, ==, "done");
  g_object_unref (task);
}

static TestServer *
serve (TestFixture *self,
       TestServerKind kind,
       TestHandler handler,
       gpointer data)
{
  g_autofree char *cert = g_test_build_filename (G_TEST_DIST, "http", "data", "cert.pem", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsDatabase) database = NULL;

  if (kind == TEST_SERVER_TLS)
    {
      database = g_tls_file_database_new (cert, &error);
      g_assert_no_error (error);
    }
  pillion_http_client_set_tls_database (self->client, database);
  return test_server_new (kind, handler, data);
}

/* Refuses the first one, and reads nothing of it */
static void
refuse_first (TestConnection *connection,
              const char *request,
              gpointer data)
{
  if (test_server_get_requests (test_connection_get_server (connection)) > 1)
    {
      test_connection_answer (connection, NULL, "done", -1);
      return;
    }

  test_connection_printf (connection, "HTTP/1.1 413 Too Much\r\nContent-Length: 8\r\n\r\ntoo much");
  test_connection_wait_closed (connection);
}

static void
test_refused (TestFixture *self,
              gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_take (test_bytes_new (SIZE), SIZE);

  for (TestServerKind kind = TEST_SERVER_PLAIN; kind <= TEST_SERVER_TLS; kind++)
    {
      TestServer *server = serve (self, kind, refuse_first, NULL);
      g_autofree char *url = test_server_url (server, "/");
      g_autoptr (PillionTask) task = put (self, url, bytes, NULL);
      g_autoptr (PillionHttpResponse) response = NULL;
      g_autoptr (GError) error = NULL;

      test_fixture_await (self, task);
      g_assert_false (pillion_task_check (task, &error));
      g_assert_error (error, PILLION_HTTP_STATUS_ERROR, 413);
      response = pillion_http_response_from_task (task);
      g_assert_cmpmem (g_bytes_get_data (pillion_http_response_get_body (response), NULL), 8, "too much", 8);

      /* The rest of the request is not taken for another one, and no other one for the rest */
      test_fixture_assert_get (self, url, "done");
      g_assert_cmpuint (test_server_get_connections (server), ==, 2);
      test_server_free (server);
    }
}

static void
answer_first (TestConnection *connection,
              const char *request,
              gpointer data)
{
  /* It says no more after that */
  g_autofree char *unheard = test_request_hide_field (request, "Expect");

  test_connection_answer (connection, NULL, "done", -1);
  take_body (connection, unheard, data);
}

static void
test_early (TestFixture *self,
            gconstpointer data)
{
  g_autofree guint8 *bytes = test_bytes_new (SIZE);
  g_autoptr (GBytes) body = g_bytes_new_static (bytes, SIZE);
  Seen seen = { 0 };

  for (TestServerKind kind = TEST_SERVER_PLAIN; kind <= TEST_SERVER_TLS; kind++)
    {
      TestServer *server = serve (self, kind, answer_first, &seen);
      g_autofree char *url = test_server_url (server, "/");

      assert_accepted (self, put (self, url, body, NULL));
      /* Over the same connection, so the server has read the first one by then */
      assert_accepted (self, put (self, url, body, NULL));
      g_assert_cmpuint (test_server_get_connections (server), ==, 1);
      assert_seen (&seen, bytes, SIZE);
      test_server_free (server);
      g_queue_clear_full (&seen.bodies, (GDestroyNotify) g_bytes_unref);
    }
}

static void
say_continue (TestConnection *connection,
              const char *request,
              gpointer data)
{
  test_connection_printf (connection, "HTTP/1.1 100 Continue\r\n\r\n");
  take_body (connection, request, data);
  test_connection_answer (connection, NULL, "done", -1);
}

static void
test_continue (TestFixture *self,
               gconstpointer data)
{
  g_autofree guint8 *bytes = test_bytes_new (SIZE);
  g_autoptr (GBytes) body = g_bytes_new_static (bytes, SIZE);
  Seen seen = { 0 };

  for (TestServerKind kind = TEST_SERVER_PLAIN; kind <= TEST_SERVER_TLS; kind++)
    {
      TestServer *server = serve (self, kind, say_continue, &seen);
      g_autofree char *url = test_server_url (server, "/");

      assert_accepted (self, put (self, url, body, "100-continue"));
      assert_seen (&seen, bytes, SIZE);
      /* Unasked */
      assert_accepted (self, put (self, url, body, NULL));
      assert_seen (&seen, bytes, SIZE);
      test_server_free (server);
    }
}

static void
answer_last (TestConnection *connection,
             const char *request,
             gpointer data)
{
  take_body (connection, request, data);
  test_connection_answer (connection, NULL, "done", -1);
}

static void
on_completed (PillionTask *task,
              GParamSpec *pspec,
              gpointer data)
{
  gint64 *last = data;

  g_assert_cmpint (pillion_task_get_completed (task), >=, *last);
  *last = pillion_task_get_completed (task);
}

static void
test_kept (TestFixture *self,
           gconstpointer data)
{
  g_autofree guint8 *bytes = test_bytes_new (SIZE);
  Seen seen = { 0 };

  for (TestServerKind kind = TEST_SERVER_PLAIN; kind <= TEST_SERVER_TLS; kind++)
    {
      TestServer *server = serve (self, kind, answer_last, &seen);
      g_autofree char *url = test_server_url (server, "/");

      /* Small ones may have a connection of their own, which must not be idle for as long as a large one may take */
      for (guint i = 0; i < 4; i++)
        {
          const gboolean is_small = i == 1 || i == 2;
          gsize size = is_small ? 10 : SIZE - i;
          g_autoptr (GBytes) body = g_bytes_new_static (bytes + i, size);
          PillionTask *task = put (self, url, body, NULL);
          gint64 last = 0;

          g_signal_connect (task, "notify::completed", G_CALLBACK (on_completed), &last);
          g_object_ref (task);
          assert_accepted (self, task);
          assert_seen (&seen, bytes + i, size);
          g_assert_cmpint (last, ==, is_small ? 0 : (gint64) size);
          g_object_unref (task);
        }
      g_assert_cmpuint (test_server_get_connections (server), ==, kind == TEST_SERVER_TLS ? 2 : 1);
      test_server_free (server);
    }
}

static void
promise_to_keep (TestConnection *connection,
                 const char *request,
                 gpointer data)
{
  take_body (connection, request, data);
  test_connection_answer (connection, "Connection: keep-alive\r\n", "done", -1);
}

/* How long a connection that was promised to stay is trusted */
#define TRUSTED_USEC G_USEC_PER_SEC

/* Returns how many connections three posts in a row take, or 0 if they took too long for an answer */
static guint
count_connections_of_posts (TestFixture *self,
                            TestServerKind kind,
                            TestHandler handler)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("x", 1);
  Seen seen = { 0 };
  TestServer *server = serve (self, kind, handler, &seen);
  g_autofree char *url = test_server_url (server, "/");
  gboolean is_slow = FALSE;
  guint n_connections;

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("POST", url);
      gint64 start = g_get_monotonic_time ();

      pillion_http_request_set_body (request, body, NULL);
      assert_accepted (self, pillion_http_client_send (self->client, request, NULL));
      /* The first one makes the connection, which may take long */
      is_slow = is_slow || (i > 0 && g_get_monotonic_time () - start > TRUSTED_USEC / 2);
    }
  n_connections = test_server_get_connections (server);
  test_server_free (server);

  return is_slow ? 0 : n_connections;
}

static void
test_post (TestFixture *self,
           gconstpointer data)
{
  for (TestServerKind kind = TEST_SERVER_PLAIN; kind <= TEST_SERVER_TLS; kind++)
    for (guint promises = 0; promises < 2; promises++)
      {
        guint n_connections;

        /* On a busy machine, what is measured here may have to be measured again */
        do
          n_connections = count_connections_of_posts (self, kind, promises ? promise_to_keep : answer_last);
        while (n_connections == 0);
        /* A server that closes just then may have acted on the request, which can't be sent again */
        g_assert_cmpuint (n_connections, ==, promises ? 1 : 3);
      }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/upload-answers/refusal-ends-the-upload", test_refused);
  test_case ("/http/upload-answers/early-answer-does-not-cut-the-upload", test_early);
  test_case ("/http/upload-answers/asked-to-continue", test_continue);
  test_case ("/http/upload-answers/kept-connection-carries-the-next-one", test_kept);
  test_case ("/http/upload-answers/posts-in-a-row-share-a-connection-that-is-promised-to-stay", test_post);

  return g_test_run ();
}
