/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Downloads that have several URLs */

#include <string.h>

#include "download-support.h"
#include "reserved-port.h"

#define TAG(tag) "ETag: \"" tag "\"\r\n"
#define TAGGED(tag) .fields = TAG (tag), .validator = "\"" tag "\""

typedef struct
{
  TestResource *resources[3]; /* with the same content */
  char *sha256;
  PillionHttpDownloadOptions *options; /* with the second and the third as mirrors */
} Servers;

static void
servers_init (Servers *self)
{
  const char *mirrors[3] = { NULL };

  for (guint i = 0; i < 3; i++)
    self->resources[i] = test_resource_new ();
  for (guint i = 0; i < 2; i++)
    mirrors[i] = self->resources[i + 1]->url;
  self->sha256 = test_sha256 (self->resources[0]->bytes, TEST_SIZE);
  self->options = pillion_http_download_options_new ();
  pillion_http_download_options_set_mirrors (self->options, mirrors);
}

static void
servers_clear (Servers *self)
{
  for (guint i = 0; i < 3; i++)
    test_resource_free (self->resources[i]);
  g_free (self->sha256);
  g_object_unref (self->options);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Servers, servers_clear)

static PillionTask *
start (TestFixture *self,
       Servers *servers)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", servers->resources[0]->url);
  g_autofree char *path = test_fixture_path (self, "file");
  g_autoptr (GFile) target = g_file_new_for_path (path);

  pillion_http_request_set_header (request, "Authorization", "Bearer mine");
  return pillion_http_client_send_to_file (self->client, request, target, servers->options, NULL);
}

/* Each server got so many requests, and the file is whole */
static void
assert_downloads (TestFixture *self,
                  Servers *servers,
                  guint n_first,
                  guint n_second,
                  guint n_third)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpDownload) download = test_fixture_await_download (self, start (self, servers), &error);
  const guint n_requests[] = { n_first, n_second, n_third };
  guint last = 0;

  g_assert_no_error (error);
  test_fixture_assert_content (self, "file", servers->resources[1]->bytes, TEST_SIZE);
  g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
  for (guint i = 0; i < 3; i++)
    {
      g_assert_cmpuint (test_resource_count_requests (servers->resources[i]), ==, n_requests[i]);
      if (n_requests[i] > 0)
        {
          g_autofree char *credentials = test_resource_get_field (servers->resources[i], 0, "Authorization");

          g_assert_cmpstr (credentials, ==, i == 0 ? "Bearer mine" : NULL);
          last = i;
        }
    }
  g_assert_cmpstr (pillion_http_response_get_url (pillion_http_download_get_response (download)), ==, servers->resources[last]->url);
}

static void
assert_range (Servers *servers,
              guint server,
              const char *range,
              const char *if_range)
{
  g_autofree char *got = test_resource_get_field (servers->resources[server], 0, "Range");
  g_autofree char *got_if = test_resource_get_field (servers->resources[server], 0, "If-Range");

  g_assert_cmpstr (got, ==, range);
  g_assert_cmpstr (got_if, ==, if_range);
}

/* In order, until one has it */
static void
test_order (TestFixture *self,
            gconstpointer data)
{
  g_auto (Servers) servers = { 0 };

  servers_init (&servers);
  assert_downloads (self, &servers, 1, 0, 0);

  test_resource_behave (servers.resources[0], (TestBehaviour) { .status = 404 });
  assert_downloads (self, &servers, 1, 1, 0);

  test_resource_behave (servers.resources[0], (TestBehaviour) { .status = 503 });
  test_resource_behave (servers.resources[1], (TestBehaviour) { .status = 403 });
  assert_downloads (self, &servers, 1, 1, 1);
}

/* Whoever can't be reached, and what is no URL */
static void
test_unreachable (TestFixture *self,
                  gconstpointer data)
{
  g_auto (Servers) servers = { 0 };
  g_autoptr (GSocket) gone = reserved_port_new ();
  g_autofree char *base = reserved_port_get_url (gone, "http");
  g_autofree char *url = g_strconcat (base, "/file", NULL);
  const char *mirrors[] = { "nonsense", "ftp://example.org/file", NULL, NULL, NULL };
  g_autoptr (PillionHttpDownload) download = NULL;
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autofree char *path = test_fixture_path (self, "file");
  g_autoptr (GFile) target = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;

  servers_init (&servers);
  mirrors[2] = url;
  mirrors[3] = servers.resources[1]->url;
  pillion_http_download_options_set_mirrors (servers.options, mirrors);
  download = test_fixture_await_download (
    self, pillion_http_client_send_to_file (self->client, request, target, servers.options, NULL), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (pillion_http_download_get_url (download), ==, url);
  test_fixture_assert_content (self, "file", servers.resources[1]->bytes, TEST_SIZE);
}

/* The same tag and length at another server say nothing: without a digest, the mirror is asked for all of it */
static void
test_same_tag (TestFixture *self,
               gconstpointer data)
{
  static const char *const tags[] = { TAG ("one"), TAG ("two") };

  for (guint i = 0; i < G_N_ELEMENTS (tags); i++)
    {
      g_auto (Servers) servers = { 0 };

      servers_init (&servers);
      servers.resources[0]->bytes[0] ^= 1;
      test_resource_behave (servers.resources[0], (TestBehaviour) { TAGGED ("one"), .cut = 60000 });
      test_resource_behave (servers.resources[1], (TestBehaviour) { .fields = tags[i], .validator = "\"one\"" });
      assert_downloads (self, &servers, 1, 1, 0);
      assert_range (&servers, 1, NULL, NULL);
    }
}

/* What broke off at a mirror goes on there, as it would at the first server */
static void
test_goes_on (TestFixture *self,
              gconstpointer data)
{
  g_auto (Servers) servers = { 0 };
  g_autoptr (GError) error = NULL;

  servers_init (&servers);
  servers.resources[0]->bytes[0] ^= 1;
  test_resource_behave (servers.resources[0], (TestBehaviour) { .status = 503 });
  test_resource_behave (servers.resources[1], (TestBehaviour) { TAGGED ("one"), .cut = 60000 });
  test_resource_behave (servers.resources[2], (TestBehaviour) { .status = 503 });
  g_assert_null (test_fixture_await_download (self, start (self, &servers), &error));
  g_assert_error (error, PILLION_HTTP_STATUS_ERROR, 503);
  g_assert_cmpuint (test_fixture_get_size (self, ".file.pillion-part"), ==, 60000);

  /* The first server has the same tag now, and is not asked to go on with what the mirror began */
  test_resource_behave (servers.resources[0], (TestBehaviour) { TAGGED ("one"), .cut = 10 });
  test_resource_behave (servers.resources[1], (TestBehaviour) { TAGGED ("one") });
  test_resource_behave (servers.resources[2], (TestBehaviour) { .status = 503 });
  assert_downloads (self, &servers, 2, 1, 0);
  assert_range (&servers, 0, "bytes=60000-", "\"one\"");
  assert_range (&servers, 1, NULL, NULL);

  test_resource_behave (servers.resources[0], (TestBehaviour) { .status = 503 });
  test_resource_behave (servers.resources[1], (TestBehaviour) { TAGGED ("one"), .cut = 60000 });
  g_clear_error (&error);
  g_assert_null (test_fixture_await_download (self, start (self, &servers), &error));
  test_resource_behave (servers.resources[0], (TestBehaviour) { .status = 503 });
  test_resource_behave (servers.resources[1], (TestBehaviour) { TAGGED ("one") });
  test_resource_behave (servers.resources[2], (TestBehaviour) { .status = 503 });
  assert_downloads (self, &servers, 1, 1, 0);
  assert_range (&servers, 1, "bytes=60000-", "\"one\"");
}

/* Nor do they where a redirect leads to another server than last time */
static void
test_redirect (TestFixture *self,
               gconstpointer data)
{
  g_auto (Servers) servers = { 0 };
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autoptr (GError) error = NULL;

  servers_init (&servers);
  pillion_http_download_options_set_mirrors (servers.options, NULL);
  first = g_strdup_printf ("Location: %s\r\n", servers.resources[1]->url);
  second = g_strdup_printf ("Location: %s\r\n", servers.resources[2]->url);
  servers.resources[1]->bytes[0] ^= 1;
  test_resource_behave (servers.resources[0], (TestBehaviour) { .status = 302, .fields = first });
  test_resource_behave (servers.resources[1], (TestBehaviour) { TAGGED ("one"), .cut = 60000 });
  g_assert_null (test_fixture_await_download (self, start (self, &servers), &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_clear_error (&error);

  test_resource_behave (servers.resources[0], (TestBehaviour) { .status = 302, .fields = second });
  test_resource_behave (servers.resources[2], (TestBehaviour) { TAGGED ("one") });
  g_clear_object (&self->client);
  self->client = pillion_http_client_new (self->loop);
  {
    g_autoptr (PillionHttpDownload) download = test_fixture_await_download (self, start (self, &servers), &error);

    g_assert_no_error (error);
    g_assert_cmpint (pillion_http_download_get_resumed_from (download), ==, 0);
  }
  test_fixture_assert_content (self, "file", servers.resources[2]->bytes, TEST_SIZE);
  g_assert_cmpuint (test_resource_count_requests (servers.resources[2]), ==, 2);

  /* To the same one again, it does go on */
  test_resource_behave (servers.resources[2], (TestBehaviour) { TAGGED ("one"), .cut = 60000 });
  g_assert_null (test_fixture_await_download (self, start (self, &servers), &error));
  g_clear_error (&error);
  test_resource_behave (servers.resources[2], (TestBehaviour) { TAGGED ("one") });
  {
    g_autoptr (PillionHttpDownload) download = test_fixture_await_download (self, start (self, &servers), &error);

    g_assert_no_error (error);
    g_assert_cmpint (pillion_http_download_get_resumed_from (download), ==, 60000);
  }
}

/* A mirror is not believed that what another server once gave under this tag has not changed */
static void
test_conditions (TestFixture *self,
                 gconstpointer data)
{
  g_auto (Servers) servers = { 0 };

  servers_init (&servers);
  pillion_http_download_options_set_only_if_changed (servers.options, TRUE);
  servers.resources[0]->bytes[0] ^= 1;
  test_resource_behave (servers.resources[0], (TestBehaviour) { TAGGED ("one"), .bytes = servers.resources[1]->bytes, .length = TEST_SIZE });
  assert_downloads (self, &servers, 1, 0, 0);

  test_resource_behave (servers.resources[0], (TestBehaviour) { .status = 503 });
  test_resource_behave (servers.resources[1], (TestBehaviour) { TAGGED ("one") });
  servers.resources[1]->bytes[0] ^= 1;
  assert_downloads (self, &servers, 1, 1, 0);
  {
    g_autofree char *condition = test_resource_get_field (servers.resources[0], 0, "If-None-Match");
    g_autofree char *other = test_resource_get_field (servers.resources[1], 0, "If-None-Match");

    /* Where the file system has such attributes */
    g_assert_true (condition == NULL || g_str_equal (condition, "\"one\""));
    g_assert_null (other);
  }
}

/* With a digest the rest is asked for in any case, and it tells whether that fitted */
static void
test_digest_tells (TestFixture *self,
                   gconstpointer data)
{
  for (guint wrong = 0; wrong < 2; wrong++)
    {
      g_auto (Servers) servers = { 0 };

      servers_init (&servers);
      servers.resources[0]->bytes[0] ^= wrong;
      pillion_http_download_options_set_digest (servers.options, servers.sha256);
      test_resource_behave (servers.resources[0], (TestBehaviour) { TAGGED ("one"), .cut = 60000 });
      test_resource_behave (servers.resources[1], (TestBehaviour) { TAGGED ("two") });
      assert_downloads (self, &servers, 1, 1 + wrong, 0);
      assert_range (&servers, 1, "bytes=60000-", NULL);
    }
}

/* Likewise if the first server told its digest */
static void
test_server_digest_tells (TestFixture *self,
                          gconstpointer data)
{
  for (guint wrong = 0; wrong < 2; wrong++)
    {
      g_auto (Servers) servers = { 0 };
      g_autofree guint8 *digest = g_malloc (32);
      g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);
      g_autofree char *base64 = NULL;
      g_autofree char *fields = NULL;
      gsize size = 32;

      servers_init (&servers);
      g_checksum_update (checksum, servers.resources[0]->bytes, TEST_SIZE);
      g_checksum_get_digest (checksum, digest, &size);
      base64 = g_base64_encode (digest, size);
      fields = g_strdup_printf ("ETag: \"one\"\r\nRepr-Digest: sha-256=:%s:\r\n", base64);
      servers.resources[1]->bytes[TEST_SIZE - 1] ^= wrong;
      test_resource_behave (servers.resources[0], (TestBehaviour) { .fields = fields, .validator = "\"one\"", .cut = 60000 });
      test_resource_behave (servers.resources[1], (TestBehaviour) { TAGGED ("two") });
      assert_downloads (self, &servers, 1, 1 + wrong, 0);
      assert_range (&servers, 1, "bytes=60000-", NULL);
    }
}

/* Nothing that may be of two versions is left for other attempts */
static void
test_mixed_part (TestFixture *self,
                 gconstpointer data)
{
  g_auto (Servers) servers = { 0 };
  g_autoptr (GError) error = NULL;

  servers_init (&servers);
  pillion_http_download_options_set_digest (servers.options, servers.sha256);
  test_resource_behave (servers.resources[0], (TestBehaviour) { TAGGED ("one"), .cut = 60000 });
  test_resource_behave (servers.resources[1], (TestBehaviour) { TAGGED ("two"), .cut = 10000 });
  test_resource_behave (servers.resources[2], (TestBehaviour) { TAGGED ("three"), .cut = 10000 });
  g_assert_null (test_fixture_await_download (self, start (self, &servers), &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_assert_nonnull (strstr (error->message, servers.resources[2]->url));
  assert_range (&servers, 1, "bytes=60000-", NULL);
  assert_range (&servers, 2, "bytes=70000-", NULL);
  g_assert_cmpuint (test_fixture_count_files (self), ==, 0);
}

/* Whole, but not what was asked for */
static void
test_wrong (TestFixture *self,
            gconstpointer data)
{
  g_auto (Servers) servers = { 0 };

  servers_init (&servers);
  servers.resources[0]->bytes[TEST_SIZE - 1] ^= 1;
  pillion_http_download_options_set_digest (servers.options, servers.sha256);
  test_resource_behave (servers.resources[0], (TestBehaviour) { TAGGED ("one") });
  test_resource_behave (servers.resources[1], (TestBehaviour) { TAGGED ("one") });
  assert_downloads (self, &servers, 1, 1, 0);
  assert_range (&servers, 1, NULL, NULL);
}

static void
test_all_fail (TestFixture *self,
               gconstpointer data)
{
  g_auto (Servers) servers = { 0 };
  g_autofree char *path = test_fixture_path (self, "file");
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, TEST_OLD, -1, NULL));
  servers_init (&servers);
  for (guint i = 0; i < 3; i++)
    test_resource_behave (servers.resources[i], (TestBehaviour) { .status = 500 + i });
  g_assert_null (test_fixture_await_download (self, start (self, &servers), &error));
  g_assert_error (error, PILLION_HTTP_STATUS_ERROR, 502);
  g_assert_nonnull (strstr (error->message, servers.resources[2]->url));
  test_assert_file (path, TEST_OLD, strlen (TEST_OLD));
  g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
}

/* What no other server can help with */
static void
test_no_mirror (TestFixture *self,
                gconstpointer data)
{
  g_auto (Servers) servers = { 0 };
  PillionTask *task;

  servers_init (&servers);
  test_resource_behave (servers.resources[0], (TestBehaviour) { TAGGED ("one"), .gated = TRUE });
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      if (i == 1)
        pillion_http_client_set_total_timeout_usec (self->client, 50 * G_TIME_SPAN_MILLISECOND);
      task = start (self, &servers);
      if (i == 0)
        {
          test_server_wait_requests (servers.resources[0]->server, 1);
          pillion_task_cancel (task);
        }
      g_assert_null (test_fixture_await_download (self, task, &error));
      g_assert_error (error, G_IO_ERROR, (i == 0 ? G_IO_ERROR_CANCELLED : G_IO_ERROR_TIMED_OUT));
    }
  for (guint i = 1; i < 3; i++)
    g_assert_cmpuint (test_resource_count_requests (servers.resources[i]), ==, 0);
  test_server_open_gate (servers.resources[0]->server);
}

/* Downloads that begin again are no longer among those that wait for the disk, however many they are */
static void
test_many_begin_again (TestFixture *self,
                       gconstpointer data)
{
  static const guint8 good[] = "good", bad[] = "evil";
  g_autofree char *sha256 = test_sha256 (good, sizeof good);
  g_autoptr (GPtrArray) tasks = g_ptr_array_new ();
  g_auto (Servers) servers = { 0 };

  servers_init (&servers);
  pillion_http_client_set_max_retries (self->client, 1);
  pillion_http_download_options_set_digest (servers.options, sha256);
  test_resource_behave (servers.resources[0], (TestBehaviour) { .bytes = bad, .length = sizeof bad });
  test_resource_behave (servers.resources[1], (TestBehaviour) { .status = 503 });
  test_resource_behave (servers.resources[2], (TestBehaviour) { .bytes = good, .length = sizeof good });

  for (guint i = 0; i < 100; i++)
    {
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", servers.resources[0]->url);
      g_autofree char *name = g_strdup_printf ("%u", i);
      g_autofree char *path = test_fixture_path (self, name);
      g_autoptr (GFile) target = g_file_new_for_path (path);

      g_ptr_array_add (tasks, pillion_http_client_send_to_file (self->client, request, target, servers.options, NULL));
    }

  for (guint i = 0; i < tasks->len; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpDownload) download = test_fixture_await_download (self, tasks->pdata[i], &error);

      g_assert_no_error (error);
      g_assert_nonnull (download);
    }
  g_assert_cmpuint (test_resource_count_requests (servers.resources[1]), >=, 2 * tasks->len);
}

static void
test_property (void)
{
  static const char *const mirrors[] = { "http://a/", "http://b/", NULL };
  g_autoptr (PillionHttpDownloadOptions) options = g_object_new (PILLION_HTTP_TYPE_DOWNLOAD_OPTIONS, "mirrors", mirrors, NULL);
  g_auto (GStrv) got = NULL;

  g_object_get (options, "mirrors", &got, NULL);
  g_assert_true (g_strv_equal ((const char *const *) got, mirrors));
  g_assert_true (g_strv_equal (pillion_http_download_options_get_mirrors (options), mirrors));
  pillion_http_download_options_set_mirrors (options, NULL);
  g_assert_null (pillion_http_download_options_get_mirrors (options));
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/download-mirrors/property", test_property);
  test_case ("/http/download-mirrors/in-order-until-one-has-it", test_order);
  test_case ("/http/download-mirrors/unreachable-or-no-url", test_unreachable);
  test_case ("/http/download-mirrors/same-tag-at-another-server-starts-over", test_same_tag);
  test_case ("/http/download-mirrors/goes-on-where-it-broke-off", test_goes_on);
  test_case ("/http/download-mirrors/redirect-to-another-server-starts-over", test_redirect);
  test_case ("/http/download-mirrors/same-tag-at-another-server-is-no-news", test_conditions);
  test_case ("/http/download-mirrors/digest-tells-whether-the-rest-fits", test_digest_tells);
  test_case ("/http/download-mirrors/digest-of-the-server-tells-too", test_server_digest_tells);
  test_case ("/http/download-mirrors/mixed-part-is-not-left", test_mixed_part);
  test_case ("/http/download-mirrors/wrong-content", test_wrong);
  test_case ("/http/download-mirrors/all-fail", test_all_fail);
  test_case ("/http/download-mirrors/many-begin-again", test_many_begin_again);
  test_case ("/http/download-mirrors/not-after-cancellation-or-the-time-limit", test_no_mirror);

  return g_test_run ();
}
