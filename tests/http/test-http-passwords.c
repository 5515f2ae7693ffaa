/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include "http-support.h"

/* A password in a URL goes to its server, and shows up nowhere else: names, messages, logs, reports, results or files */

#define SECRET "s3cret"

/* What is not logged by us is none of ours, but must not have it either */
static GLogWriterOutput
refuse_secrets (GLogLevelFlags level,
                const GLogField *fields,
                gsize n_fields,
                gpointer data)
{
  int *n_seen = data;

  for (gsize i = 0; i < n_fields; i++)
    {
      g_autofree char *value = fields[i].length < 0 ? g_strdup (fields[i].value) : g_strndup (fields[i].value, (gsize) fields[i].length);

      g_assert_null (strstr (value, SECRET));
      if (g_str_equal (fields[i].key, "GLIB_DOMAIN") && g_str_has_prefix (value, "Pillion"))
        (*n_seen)++;
    }

  return G_LOG_WRITER_HANDLED;
}

static void
assert_shown (const char *text)
{
  g_assert_nonnull (text);
  g_assert_null (strstr (text, SECRET));
}

static char *
with_password (const char *url)
{
  return g_strdup_printf ("http://me:" SECRET "@%s", url + strlen ("http://"));
}

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  g_autofree char *path = test_request_get_path (request);
  g_autofree char *authorization = test_request_get_field (request, "Authorization");

  if (g_str_equal (path, "/redirect"))
    test_connection_printf (connection, "HTTP/1.1 302 Found\r\nLocation: http://me:" SECRET "@bad host/\r\n"
                                        "Content-Length: 0\r\n\r\n");
  else if (g_str_equal (path, "/missing") || authorization == NULL)
    test_connection_printf (connection, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  else if (g_str_equal (path, "/cut"))
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: 100\r\n\r\nhalf");
      test_connection_close (connection);
    }
  else
    test_connection_answer (connection, NULL, "whole", -1);
}

static void
assert_fails_without (TestFixture *self,
                      const char *url)
{
  g_autofree char *path = test_fixture_path (self, "file");
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFile) folder = g_file_new_for_path (self->folder);
  PillionTask *tasks[] = {
    pillion_http_client_get_bytes (self->client, url, NULL),
    pillion_http_client_get_json (self->client, url, NULL),
    pillion_http_client_download (self->client, url, file, NULL, NULL),
    pillion_http_client_download_into (self->client, url, folder, NULL, NULL),
  };

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autoptr (GError) error = NULL;

      assert_shown (pillion_task_get_name (tasks[i]));
      test_fixture_await (self, tasks[i]);
      g_assert_false (pillion_task_check (tasks[i], &error));
      assert_shown (error->message);
      g_object_unref (tasks[i]);
    }
}

static void
test_errors (TestFixture *self,
             gconstpointer data)
{
  static const char *const malformed[] = {
    "http://me:" SECRET "/x@127.0.0.1/", "http://me:" SECRET " @127.0.0.1/", "http://me:" SECRET "\x01@127.0.0.1/",
    "ftp://me:" SECRET "@127.0.0.1/",    "me:" SECRET "@127.0.0.1/",         "//me:" SECRET "@127.0.0.1/",
    "http://" SECRET "@/",               "http://me:" SECRET "@127.0.0.1:1/",
  };
  static const char *const paths[] = { "/missing", "/redirect", "/cut" };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (malformed); i++)
    assert_fails_without (self, malformed[i]);

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *plain = test_server_url (server, paths[i]);
      g_autofree char *url = with_password (plain);

      assert_fails_without (self, url);
    }

  test_server_free (server);
}

static void
test_nobody_looks (TestFixture *self,
                   gconstpointer data)
{
  /* The one that the program set when it began */
  int *n_seen = (int *) data;
  int before = *n_seen;
  PillionKick kick = { 0 };

  g_object_unref (pillion_http_client_get_bytes (self->client, "http://me:" SECRET "@127.0.0.1:1/", NULL));
  do
    {
      pillion_loop_kick_until (self->loop, g_get_monotonic_time () + 1000, &kick);
      assert_shown (pillion_kick_get_slowest_name (&kick));
    }
  while (*n_seen == before);
}

static void
test_left_behind (TestFixture *self,
                  gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, "http://me:" SECRET "@127.0.0.1:1/", NULL);
  gboolean closed = pillion_loop_close (self->loop, 0, &error);

  g_assert_true (closed || error != NULL);
  if (error != NULL)
    assert_shown (error->message);
}

static void
assert_folder_without (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *file = g_build_filename (path, name, NULL);
      g_autofree char *content = NULL;

      assert_shown (name);
      if (g_file_get_contents (file, &content, NULL, NULL))
        assert_shown (content);
    }
}

static void
test_files (TestFixture *self,
            gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *plain = test_server_url (server, "/cut");
  g_autofree char *cut = with_password (plain);
  g_autofree char *path = test_fixture_path (self, "file");
  g_autofree char *whole = NULL;
  g_autofree char *good = NULL;
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (PillionHttpDownload) download = NULL;
  g_autoptr (PillionTask) task = pillion_http_client_download (self->client, cut, file, NULL, NULL);
  guint n_files = 0;

  /* What is left for another attempt */
  test_fixture_await (self, task);
  assert_folder_without (self->folder);
  g_autoptr (GDir) dir = g_dir_open (self->folder, 0, NULL);
  while (g_dir_read_name (dir) != NULL)
    n_files++;
  g_assert_cmpuint (n_files, >=, 1);

  whole = test_server_url (server, "/whole");
  good = with_password (whole);
  download = test_fixture_await_download (self, pillion_http_client_download (self->client, good, file, NULL, NULL), NULL);
  g_assert_cmpstr (pillion_http_download_get_url (download), ==, whole);

  test_server_free (server);
}

int
main (int argc,
      char **argv)
{
  static int n_seen;

  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (refuse_secrets, &n_seen, NULL);

  test_case ("/http/passwords/are-in-no-name-and-no-error", test_errors);
  g_test_add ("/http/passwords/are-in-no-log-and-no-report", TestFixture, &n_seen, test_fixture_set_up, test_nobody_looks,
              test_fixture_tear_down);
  test_case ("/http/passwords/are-not-in-what-a-close-leaves-behind", test_left_behind);
  test_case ("/http/passwords/are-in-no-file-and-no-result", test_files);

  return g_test_run ();
}
