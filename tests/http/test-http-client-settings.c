/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a client can be set to, and what it can't */

#include <string.h>

#include "../test-support.h"
#include "http-support.h"

static void
on_notify (GObject *object,
           GParamSpec *pspec,
           gpointer data)
{
  g_string_append_printf (data, "%s ", pspec->name);
}

static void
test_properties (TestFixture *self,
                 gconstpointer data)
{
  g_autoptr (GString) notified = g_string_new (NULL);
  g_autoptr (PillionHttpClient) client = NULL;
  g_autoptr (PillionLoop) loop = NULL;
  g_autofree char *agent = NULL;
  g_autofree char *cert = g_test_build_filename (G_TEST_DIST, "http", "data", "cert.pem", NULL);
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (cert, NULL);
  g_autoptr (GTlsDatabase) got = NULL;
  guint max;
  guint per_host;
  gint64 timeout;

  g_assert_true (pillion_http_client_get_loop (self->client) == self->loop);
  g_assert_cmpuint (pillion_http_client_get_max_connections (self->client), ==, 32);
  g_assert_cmpuint (pillion_http_client_get_max_connections_per_host (self->client), ==, 6);
  g_assert_cmpuint (pillion_http_client_get_max_connections_per_download (self->client), ==, 4);
  g_assert_cmpuint (pillion_http_client_get_max_lasting_connections (self->client), ==, 128);
  g_assert_cmpuint (pillion_http_client_get_max_lasting_connections_per_host (self->client), ==, 32);
  /* The fixture has set other time limits */
  client = pillion_http_client_new (self->loop);
  g_assert_cmpint (pillion_http_client_get_idle_timeout_usec (client), ==, 60 * G_USEC_PER_SEC);
  g_clear_object (&client);
  g_assert_cmpstr (pillion_http_client_get_user_agent (self->client), ==, "Pillion/" PILLION_VERSION_S);
  g_assert_null (pillion_http_client_get_tls_database (self->client));

  g_signal_connect (self->client, "notify", G_CALLBACK (on_notify), notified);
  for (guint i = 0; i < 2; i++)
    {
      /* The second time nothing changes */
      pillion_http_client_set_max_connections (self->client, 3);
      pillion_http_client_set_max_connections_per_host (self->client, 2);
      pillion_http_client_set_max_connections_per_download (self->client, 16);
      pillion_http_client_set_max_lasting_connections (self->client, 5);
      pillion_http_client_set_max_lasting_connections_per_host (self->client, 4);
      pillion_http_client_set_idle_timeout_usec (self->client, G_USEC_PER_SEC);
      pillion_http_client_set_user_agent (self->client, "x");
      pillion_http_client_set_tls_database (self->client, database);
    }
  g_assert_cmpstr (notified->str, ==, "max-connections max-connections-per-host max-connections-per-download max-lasting-connections "
                   "max-lasting-connections-per-host idle-timeout-usec user-agent tls-database ");
  g_assert_true (pillion_http_client_get_tls_database (self->client) == database);

  g_object_get (self->client, "loop", &loop, "max-connections", &max, "max-connections-per-host", &per_host, "idle-timeout-usec",
                &timeout, "user-agent", &agent, "tls-database", &got, NULL);
  g_assert_true (loop == self->loop);
  g_assert_cmpuint (max, ==, 3);
  g_assert_cmpuint (per_host, ==, 2);
  g_assert_cmpint (timeout, ==, G_USEC_PER_SEC);
  g_assert_cmpstr (agent, ==, "x");
  g_assert_true (got == database);

  client = g_object_new (PILLION_HTTP_TYPE_CLIENT, "loop", self->loop, "max-connections", 9, "max-connections-per-host", 4,
                         "idle-timeout-usec", (gint64) 7, "user-agent", NULL, "tls-database", database, NULL);
  g_assert_cmpuint (pillion_http_client_get_max_connections (client), ==, 9);
  g_assert_cmpuint (pillion_http_client_get_max_connections_per_host (client), ==, 4);
  g_assert_cmpint (pillion_http_client_get_idle_timeout_usec (client), ==, 7);
  g_assert_null (pillion_http_client_get_user_agent (client));
}

static void
expect_critical (const char *message)
{
  g_test_expect_message ("PillionHttp", G_LOG_LEVEL_CRITICAL, message);
}

static gpointer
call_on_other_thread (gpointer data)
{
  TestFixture *self = data;

  g_assert_null (pillion_http_client_get_bytes (self->client, "http://127.0.0.1/", NULL));
  return NULL;
}

static gpointer
set_on_other_thread (gpointer client)
{
  test_fail_to_set_properties (client, "PillionHttp");

  expect_critical ("*on_thread*");
  pillion_http_client_set_max_connections (client, 7);
  g_test_assert_expected_messages ();
  expect_critical ("*on_thread*");
  pillion_http_client_set_header (client, "A", "b");
  g_test_assert_expected_messages ();

  return NULL;
}

static void
test_other_thread (TestFixture *self,
                   gconstpointer data)
{
  const guint max = pillion_http_client_get_max_connections (self->client);

  g_thread_join (g_thread_new ("other", set_on_other_thread, self->client));
  g_assert_cmpuint (pillion_http_client_get_max_connections (self->client), ==, max);
}

static void
test_programmer_errors (TestFixture *self,
                        gconstpointer data)
{
  g_autoptr (GFile) file = g_file_new_for_path ("/nonexistent");

  expect_critical ("*on_thread*");
  g_thread_join (g_thread_new ("other", call_on_other_thread, self));
  expect_critical ("*url*");
  g_assert_null (pillion_http_client_get_bytes (self->client, NULL, NULL));
  expect_critical ("*url*");
  g_assert_null (pillion_http_client_get_json (self->client, NULL, NULL));
  expect_critical ("*url*");
  g_assert_null (pillion_http_client_download (self->client, NULL, file, NULL, NULL));
  expect_critical ("*G_IS_FILE*");
  g_assert_null (pillion_http_client_download_into (self->client, "http://127.0.0.1/", NULL, NULL, NULL));
  expect_critical ("*max*");
  pillion_http_client_set_max_connections (self->client, 0);
  expect_critical ("*max*");
  pillion_http_client_set_max_connections_per_host (self->client, 0);
  expect_critical ("*max*");
  pillion_http_client_set_max_connections_per_download (self->client, 0);
  g_test_assert_expected_messages ();
}

static void
test_default_loop (void)
{
  g_autoptr (PillionHttpClient) client = pillion_http_client_new (NULL);

  g_assert_true (pillion_http_client_get_loop (client) == pillion_loop_get_default ());
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/client-settings/properties", test_properties);
  test_case ("/http/client-settings/programmer-errors", test_programmer_errors);
  test_case ("/http/client-settings/another-thread-sets-nothing", test_other_thread);
  g_test_add_func ("/http/client-settings/default-loop", test_default_loop);

  return g_test_run ();
}
