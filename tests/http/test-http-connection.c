/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* How a client makes connections, and which servers it trusts */

#include "http/pillion-connection-options.h"

#include "http-support.h"

#include <glib/gstdio.h>
#include <string.h>

#define SERVER_PIN "sha256//vPxEyNDcp5sWwgwCk4ktR4MdxHgXAf4XmYBqATQvTTo="
#define CLIENT_PIN "sha256//baQqLAXh47EBy6BIYW8hnQLsb/sQR+cIjGTzIOv38DE="

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  test_connection_answer (connection, NULL, "hello", -1);
}

static GFile *
data_file (const char *name)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "http", "data", name, NULL);

  return g_file_new_for_path (path);
}

/* A file of the test's own */
static GFile *
new_file (TestFixture *self,
          const char *text)
{
  g_autofree char *path = test_fixture_path (self, "file.pem");

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  return g_file_new_for_path (path);
}

static void
trust_server (TestFixture *self)
{
  g_autoptr (GFile) file = data_file ("cert.pem");
  g_autoptr (GError) error = NULL;

  pillion_http_client_load_authorities (self->client, file, &error);
  g_assert_no_error (error);
}

static void
assert_refused (TestFixture *self,
                const char *url,
                const char *why)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, url, NULL);
  g_autoptr (GError) error = NULL;

  test_fixture_await (self, task);
  g_assert_false (pillion_task_check (task, &error));
  g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  g_assert_nonnull (strstr (error->message, why));
}

static void
test_certificate_errors (TestFixture *self,
                         gconstpointer data)
{
  static const struct
  {
    GTlsCertificateFlags flags;
    const char *why;
  } cases[] = {
    { G_TLS_CERTIFICATE_UNKNOWN_CA, "not from a trusted authority" },
    { G_TLS_CERTIFICATE_BAD_IDENTITY, "for another host" },
    { G_TLS_CERTIFICATE_BAD_IDENTITY | G_TLS_CERTIFICATE_UNKNOWN_CA, "for another host" },
    { G_TLS_CERTIFICATE_EXPIRED | G_TLS_CERTIFICATE_UNKNOWN_CA, "has expired" },
    { G_TLS_CERTIFICATE_NOT_ACTIVATED, "not valid yet" },
    { G_TLS_CERTIFICATE_REVOKED, "revoked" },
    { G_TLS_CERTIFICATE_INSECURE, "insecure algorithm" },
    { G_TLS_CERTIFICATE_GENERIC_ERROR, "not accepted" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = pillion_certificate_error_new (cases[i].flags);

      g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
      g_assert_nonnull (strstr (error->message, cases[i].why));
    }
}

static void
test_authorities (TestFixture *self,
                  gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_TLS, serve, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (GFile) own = data_file ("cert.pem");
  g_autoptr (GFile) other = data_file ("client-cert.pem");
  g_autoptr (GFile) key = data_file ("key.pem");
  g_autoptr (GFile) missing = data_file ("missing.pem");
  g_autoptr (GFile) remote = g_file_new_for_uri ("nowhere://example.org/cert.pem");
  g_autoptr (GFile) text = new_file (self, "no PEM");
  g_autoptr (GError) error = NULL;

  assert_refused (self, url, "not from a trusted authority");
  g_assert_true (pillion_http_client_load_authorities (self->client, own, &error));
  g_assert_no_error (error);
  test_fixture_assert_get (self, url, "hello");

  /* What can't be used changes nothing */
  g_assert_false (pillion_http_client_load_authorities (self->client, missing, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (pillion_http_client_load_authorities (self->client, remote, &error));
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_false (pillion_http_client_load_authorities (self->client, text, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING);
  g_assert_nonnull (strstr (error->message, "file.pem"));
  g_clear_error (&error);
  g_assert_false (pillion_http_client_load_authorities (self->client, key, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING);
  g_clear_error (&error);
  g_clear_object (&text);
  text = new_file (self, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
  g_assert_false (pillion_http_client_load_authorities (self->client, text, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING);
  g_clear_error (&error);
  test_fixture_assert_get (self, url, "hello");

  /* A kept connection is not used with other authorities, and its session does not go on */
  g_assert_true (pillion_http_client_load_authorities (self->client, other, &error));
  test_fixture_assert_error (self, url, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  g_assert_cmpuint (test_server_get_requests (server), ==, 2);
  test_server_free (server);
}

/* Answers with the pin of the client's key */
static void
serve_clients (TestConnection *connection,
               const char *request,
               gpointer data)
{
  g_autoptr (GFile) file = data_file ("client-cert.pem");
  g_autofree char *path = g_file_get_path (file);
  g_autoptr (GTlsCertificate) expected = g_tls_certificate_new_from_file (path, NULL);
  GTlsCertificate *certificate = test_connection_get_certificate (connection);

  test_connection_answer (connection, NULL, certificate != NULL && g_tls_certificate_is_same (certificate, expected) ? "known" : "unknown", -1);
}

static void
test_certificate (TestFixture *self,
                  gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_TLS_FOR_CLIENTS, serve_clients, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (GFile) certificate = data_file ("client-cert.pem");
  g_autoptr (GFile) key = data_file ("client-key.pem");
  g_autoptr (GTlsCertificate) loaded = NULL;
  g_autofree char *certificate_text = NULL;
  g_autofree char *key_text = NULL;
  g_autofree char *both = NULL;
  g_autoptr (GFile) both_file = NULL;
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GError) error = NULL;

  trust_server (self);
  body = test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, url, NULL), &error);
  g_assert_null (body);
  g_assert_nonnull (error);
  g_clear_error (&error);
  g_assert_cmpuint (test_server_get_requests (server), ==, 0);

  g_assert_true (pillion_http_client_load_certificate (self->client, certificate, key, &error));
  g_assert_no_error (error);
  test_fixture_assert_get (self, url, "known");
  loaded = g_object_ref (pillion_http_client_get_certificate (self->client));

  /* Also from one file */
  g_assert_true (g_file_load_contents (certificate, NULL, &certificate_text, NULL, NULL, NULL));
  g_assert_true (g_file_load_contents (key, NULL, &key_text, NULL, NULL, NULL));
  both = g_strconcat (key_text, certificate_text, NULL);
  both_file = new_file (self, both);
  g_assert_true (pillion_http_client_load_certificate (self->client, both_file, NULL, &error));
  g_assert_no_error (error);
  test_fixture_assert_get (self, url, "known");

  pillion_http_client_set_certificate (self->client, loaded);
  test_fixture_assert_get (self, url, "known");
  test_server_free (server);
}

static void
test_bad_certificates (TestFixture *self,
                       gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_TLS_FOR_CLIENTS, serve_clients, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (GFile) certificate = data_file ("client-cert.pem");
  g_autofree char *path = g_file_get_path (certificate);
  g_autoptr (GTlsCertificate) without_key = g_tls_certificate_new_from_file (path, NULL);
  g_autoptr (GFile) key = data_file ("client-key.pem");
  g_autoptr (GFile) other_certificate = data_file ("cert.pem");
  g_autoptr (GFile) other_key = data_file ("key.pem");
  g_autoptr (GFile) missing = data_file ("missing.pem");
  g_autoptr (GFile) text = new_file (self, "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n");
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_http_client_load_certificate (self->client, certificate, NULL, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING);
  g_assert_nonnull (strstr (error->message, "no private key"));
  g_clear_error (&error);
  g_assert_false (pillion_http_client_load_certificate (self->client, certificate, missing, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (pillion_http_client_load_certificate (self->client, missing, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_false (pillion_http_client_load_certificate (self->client, text, other_key, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING);
  g_clear_error (&error);
  g_assert_false (pillion_http_client_load_certificate (self->client, other_key, NULL, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING);
  g_clear_error (&error);
  g_assert_false (pillion_http_client_load_certificate (self->client, certificate, other_key, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING);
  g_assert_nonnull (strstr (error->message, "does not belong"));
  g_clear_error (&error);
  g_assert_false (pillion_http_client_load_certificate (self->client, other_certificate, key, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING);
  g_clear_error (&error);
  g_assert_null (pillion_http_client_get_certificate (self->client));

  /* One of an elliptic curve */
  g_assert_true (pillion_http_client_load_certificate (self->client, other_certificate, other_key, &error));
  g_assert_no_error (error);

  pillion_http_client_set_certificate (self->client, without_key);
  test_fixture_assert_error (self, url, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING);
  pillion_http_client_set_certificate (self->client, NULL);
  g_assert_cmpuint (test_server_get_connections (server), ==, 0);
  test_server_free (server);
}

static void
test_pins (TestFixture *self,
           gconstpointer data)
{
  static const char *const right[] = { SERVER_PIN, NULL };
  static const char *const several[] = { CLIENT_PIN, SERVER_PIN, NULL };
  static const char *const wrong[] = { CLIENT_PIN, NULL };
  TestServer *server = test_server_new (TEST_SERVER_TLS, serve, NULL);
  TestServer *plain = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *plain_url = test_server_url (plain, "/");
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GError) error = NULL;

  /* The certificate has to be right as well */
  pillion_http_client_set_pinned_keys (self->client, right);
  test_fixture_assert_error (self, url, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  trust_server (self);
  test_fixture_assert_get (self, url, "hello");
  pillion_http_client_set_pinned_keys (self->client, several);
  test_fixture_assert_get (self, url, "hello");
  g_assert_cmpuint (test_server_get_requests (server), ==, 2);

  /* No byte of a request is sent, and not over a kept connection either */
  pillion_http_client_set_pinned_keys (self->client, wrong);
  body = test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, url, NULL), &error);
  g_assert_null (body);
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PIN_MISMATCH);
  g_assert_nonnull (strstr (error->message, SERVER_PIN));
  for (guint i = 0; i < 10; i++)
    test_fixture_assert_error (self, url, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PIN_MISMATCH);
  pillion_http_client_set_insecure (self->client, TRUE);
  test_fixture_assert_error (self, url, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PIN_MISMATCH);
  g_assert_cmpuint (test_server_get_requests (server), ==, 2);
  pillion_http_client_set_pinned_keys (self->client, right);
  test_fixture_assert_get (self, url, "hello");

  /* There is no key without TLS */
  test_fixture_assert_get (self, plain_url, "hello");
  test_server_free (server);
  test_server_free (plain);
}

static void
test_bad_pins (TestFixture *self,
               gconstpointer data)
{
  static const char *const bad[] = {
    "", "sha256//", "vPxEyNDcp5sWwgwCk4ktR4MdxHgXAf4XmYBqATQvTTo=", "sha256/vPxEyNDcp5sWwgwCk4ktR4MdxHgXAf4XmYBqATQvTTo=",
    "sha1//2jmj7l5rSw0yVb/vlWAYkK/YBwk=", "sha256//vPxEyNDcp5sWwgwCk4ktR4MdxHgXAf4XmYBqATQvTTo", SERVER_PIN "\n", SERVER_PIN ";" CLIENT_PIN,
    "sha256//vPxEyNDcp5sWwgwCk4ktR4MdxHgXAf4XmYBqATQvTQ==", "sha256//vPxEyNDcp5sWwgwCk4ktR4MdxHgXAf4XmYBqATQvT\xc3\xa4=",
  };
  TestServer *server = test_server_new (TEST_SERVER_TLS, serve, NULL);
  g_autofree char *url = test_server_url (server, "/");

  trust_server (self);
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      const char *const pins[] = { SERVER_PIN, bad[i], NULL };

      pillion_http_client_set_pinned_keys (self->client, pins);
      test_fixture_assert_error (self, url, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING);
    }
  g_assert_cmpuint (test_server_get_connections (server), ==, 0);
  pillion_http_client_set_pinned_keys (self->client, NULL);
  test_fixture_assert_get (self, url, "hello");
  test_server_free (server);
}

static void
test_insecure (TestFixture *self,
               gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_TLS, serve, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionHttpClient) insecure = g_object_ref (self->client);
  g_autoptr (PillionHttpClient) secure = pillion_http_client_new (self->loop);

  test_fixture_assert_error (self, url, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  pillion_http_client_set_insecure (insecure, TRUE);
  for (guint i = 0; i < 3; i++)
    {
      /* Connections that are new, with sessions that go on, and kept ones */
      test_fixture_assert_get (self, url, "hello");
      test_fixture_assert_get (self, url, "hello");
      pillion_http_client_set_insecure (insecure, FALSE);
      test_fixture_assert_error (self, url, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
      g_set_object (&self->client, secure);
      test_fixture_assert_error (self, url, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
      g_set_object (&self->client, insecure);
      pillion_http_client_set_insecure (insecure, TRUE);
    }
  g_assert_cmpuint (test_server_get_requests (server), ==, 6);
  test_server_free (server);
}

static void
test_unix_socket (TestFixture *self,
                  gconstpointer data)
{
  g_autofree char *path = test_fixture_path (self, "socket");
  TestServer *server = test_server_new_unix (path, serve, NULL);
  TestServer *other = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *long_path = g_strnfill (108, 'x');
  g_autofree char *other_url = test_server_url (other, "/");

  pillion_http_client_set_unix_socket_path (self->client, path);
  test_fixture_assert_get (self, "http://localhost/v1/info", "hello");
  test_fixture_assert_get (self, "http://no-such-host.invalid/", "hello");
  test_fixture_assert_get (self, other_url, "hello");
  g_assert_cmpuint (test_server_get_requests (server), ==, 3);
  g_assert_cmpuint (test_server_get_requests (other), ==, 0);

  /* Nobody listens any more, and then there is none */
  test_server_free (server);
  test_fixture_assert_error (self, "http://localhost/", G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  g_assert_cmpint (g_unlink (path), ==, 0);
  test_fixture_assert_error (self, "http://localhost/", G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  pillion_http_client_set_unix_socket_path (self->client, long_path);
  test_fixture_assert_error (self, "http://localhost/", PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING);
  pillion_http_client_set_unix_socket_path (self->client, "");
  test_fixture_assert_error (self, "http://localhost/", PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_SETTING);

  pillion_http_client_set_unix_socket_path (self->client, NULL);
  test_fixture_assert_get (self, other_url, "hello");
  test_server_free (other);
}

/* Answers with the address that the connection comes from */
static void
serve_peers (TestConnection *connection,
             const char *request,
             gpointer data)
{
  g_autoptr (GSocketAddress) peer = test_connection_get_peer (connection);
  g_autofree char *text = g_inet_address_to_string (g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (peer)));

  test_connection_answer (connection, NULL, text, -1);
}

static void
test_local_address (TestFixture *self,
                    gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_peers, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (GSocketAddress) second = g_inet_socket_address_new_from_string ("127.0.0.2", 0);
  g_autoptr (GSocketAddress) foreign = g_inet_socket_address_new_from_string ("192.0.2.1", 0);
  g_autoptr (GBytes) body = NULL;
  g_autoptr (GError) error = NULL;

  test_fixture_assert_get (self, url, "127.0.0.1");
  pillion_http_client_set_local_address (self->client, G_INET_SOCKET_ADDRESS (second));
  test_fixture_assert_get (self, url, "127.0.0.2");
  pillion_http_client_set_local_address (self->client, G_INET_SOCKET_ADDRESS (foreign));
  body = test_fixture_await_bytes (self, pillion_http_client_get_bytes (self->client, url, NULL), &error);
  g_assert_null (body);
  g_assert_cmpuint (error->domain, ==, G_IO_ERROR);
  pillion_http_client_set_local_address (self->client, NULL);
  test_fixture_assert_get (self, url, "127.0.0.1");
  test_server_free (server);
}

static void
note (GObject *client,
      GParamSpec *pspec,
      gpointer notes)
{
  g_string_append_printf (notes, "%s ", pspec->name);
}

static void
test_properties (TestFixture *self,
                 gconstpointer data)
{
  static const char *const pins[] = { SERVER_PIN, NULL };
  g_autoptr (GFile) file = data_file ("client-cert.pem");
  g_autofree char *path = g_file_get_path (file);
  g_autoptr (GTlsCertificate) certificate = g_tls_certificate_new_from_file (path, NULL);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.2", 0);
  g_autoptr (GTlsCertificate) got_certificate = NULL;
  g_autoptr (GInetSocketAddress) got_address = NULL;
  g_auto (GStrv) got_pins = NULL;
  g_autofree char *got_path = NULL;
  g_autoptr (GString) notes = g_string_new (NULL);
  gboolean insecure;
  gboolean http2;

  g_assert_null (pillion_http_client_get_certificate (self->client));
  g_assert_null (pillion_http_client_get_pinned_keys (self->client));
  g_assert_false (pillion_http_client_get_insecure (self->client));
  g_assert_true (pillion_http_client_get_http2 (self->client));
  g_assert_null (pillion_http_client_get_unix_socket_path (self->client));
  g_assert_null (pillion_http_client_get_local_address (self->client));

  g_signal_connect (self->client, "notify", G_CALLBACK (note), notes);
  for (guint i = 0; i < 2; i++)
    {
      g_object_set (self->client, "certificate", certificate, NULL);
      g_object_set (self->client, "pinned-keys", pins, NULL);
      g_object_set (self->client, "insecure", TRUE, NULL);
      g_object_set (self->client, "http2", FALSE, NULL);
      g_object_set (self->client, "unix-socket-path", "/socket", NULL);
      g_object_set (self->client, "local-address", address, NULL);
    }
  g_assert_cmpstr (notes->str, ==, "certificate pinned-keys insecure http2 unix-socket-path local-address ");
  g_object_get (self->client, "certificate", &got_certificate, "pinned-keys", &got_pins, "insecure", &insecure, "http2", &http2,
                "unix-socket-path", &got_path, "local-address", &got_address, NULL);
  g_assert_true (got_certificate == certificate);
  g_assert_true (g_strv_equal ((const char *const *) got_pins, pins));
  g_assert_true (g_strv_equal (pillion_http_client_get_pinned_keys (self->client), pins));
  g_assert_true (insecure && pillion_http_client_get_insecure (self->client));
  g_assert_false (http2 || pillion_http_client_get_http2 (self->client));
  g_assert_cmpstr (got_path, ==, "/socket");
  g_assert_cmpstr (pillion_http_client_get_unix_socket_path (self->client), ==, "/socket");
  g_assert_true ((gpointer) got_address == address);
  g_assert_true ((gpointer) pillion_http_client_get_local_address (self->client) == address);

  /* No pins are the same as none */
  g_object_set (self->client, "pinned-keys", (const char *const[]){ NULL }, NULL);
  g_assert_null (pillion_http_client_get_pinned_keys (self->client));
  pillion_http_client_set_http2 (self->client, TRUE);
  g_assert_true (pillion_http_client_get_http2 (self->client));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/connection/authorities-from-a-file", test_authorities);
  test_case ("/http/connection/certificate-errors-say-why", test_certificate_errors);
  test_case ("/http/connection/client-certificate", test_certificate);
  test_case ("/http/connection/client-certificates-that-cannot-be-used-are-errors", test_bad_certificates);
  test_case ("/http/connection/pinned-keys", test_pins);
  test_case ("/http/connection/what-is-not-a-pin-is-an-error", test_bad_pins);
  test_case ("/http/connection/insecure-clients-make-no-others-insecure", test_insecure);
  test_case ("/http/connection/unix-socket", test_unix_socket);
  test_case ("/http/connection/local-address", test_local_address);
  test_case ("/http/connection/properties", test_properties);

  return g_test_run ();
}
