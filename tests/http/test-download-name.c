/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The names of files that are downloaded into a folder */

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "download-support.h"

/* A path, the fields of its response, and the name that the file gets */
typedef struct
{
  const char *path;
  const char *fields;
  const char *name;
} NameCase;

static void
assert_names (TestFixture *self,
              const NameCase *cases,
              gsize n_cases)
{
  TestResource *resource = test_resource_new ();

  for (gsize i = 0; i < n_cases; i++)
    {
      g_autofree char *path = test_fixture_path (self, cases[i].name);
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpDownload) result = NULL;

      test_resource_behave (resource, (TestBehaviour) { .fields = cases[i].fields });
      result = test_fixture_download_into (self, resource, cases[i].path, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (g_file_peek_path (pillion_http_download_get_file (result)), ==, path);
      test_assert_file (path, resource->bytes, TEST_SIZE);
      g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
      g_assert_cmpint (g_unlink (path), ==, 0);
    }

  test_resource_free (resource);
}

static void
test_into (TestFixture *self,
           gconstpointer data)
{
  const NameCase cases[] = {
    { "/path/from-url.bin?query=/x", NULL, "from-url.bin" },
    { "/path/with%20space", NULL, "with space" },
    { "/path/", NULL, "index.html" },
    { "/path/x", "Content-Disposition: attachment; filename=\"from header.bin\"\r\n", "from header.bin" },
    { "/path/", "Content-Disposition: attachment; filename*=UTF-8''na%C3%AFve.bin\r\n", "na\xc3\xafve.bin" },
    { "/path/x", "Content-Disposition: inline\r\n", "x" },
  };

  assert_names (self, cases, G_N_ELEMENTS (cases));
}

/* Whatever is proposed ends up in the folder, under a name of its own */
static void
test_into_unsafe (TestFixture *self,
                  gconstpointer data)
{
  const NameCase cases[] = {
    { "/path/a%2Fb", NULL, "b" },
    { "/path/.hidden", NULL, "hidden" },
    { "/path/a%00b", NULL, "a_b" },
    { "/path/%2e%2e%2f", NULL, "index.html" },
    { "/path/export", "Content-Type: application/zip\r\n", "export.zip" },
    { "/path/good", "Content-Disposition: attachment; filename=\"../evil\"\r\n", "evil" },
    { "/path/good", "Content-Disposition: attachment; filename=\"..\"\r\n", "good" },
    { "/path/good", "Content-Disposition: attachment; filename=\"/etc/passwd\"\r\n", "passwd" },
    { "/path/good", "Content-Disposition: attachment; filename=NUL.txt\r\n", "_NUL.txt" },
    { "/path/good", "Content-Disposition: attachment; filename*=UTF-8''%FF; filename=plain\r\n", "plain" },
  };

  assert_names (self, cases, G_N_ELEMENTS (cases));
}

/* The name is known only when the server has told it, and yet a second attempt finds the part of the first one */
static void
test_into_resume (TestFixture *self,
                  gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  const char *fields = "ETag: \"one\"\r\nContent-Disposition: attachment; filename=told\r\n";
  g_autofree char *path = test_fixture_path (self, "told");
  g_autoptr (PillionHttpDownload) result = NULL;
  g_autoptr (GError) error = NULL;

  test_resource_behave (resource, (TestBehaviour) { .fields = fields, .validator = "\"one\"", .cut = 60000 });
  g_assert_null (test_fixture_download_into (self, resource, "/path/x", &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_clear_error (&error);
  g_assert_cmpuint (test_fixture_count_files (self), ==, 2);

  test_resource_behave (resource, (TestBehaviour) { .fields = fields, .validator = "\"one\"" });
  result = test_fixture_download_into (self, resource, "/path/x", &error);
  g_assert_no_error (error);
  g_assert_cmpint (pillion_http_download_get_resumed_from (result), ==, 60000);
  test_assert_file (path, resource->bytes, TEST_SIZE);
  g_assert_cmpuint (test_fixture_count_files (self), ==, 1);

  test_resource_free (resource);
}

/* What is done when something has the name already, on the way or from the beginning */
static void
test_into_taken (TestFixture *self,
                 gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autofree char *path = test_fixture_path (self, "name.tar.gz");
  g_autofree char *second = test_fixture_path (self, "name (1).tar.gz");
  g_autofree char *third = test_fixture_path (self, "name (2).tar.gz");

  g_assert_cmpint (pillion_http_client_get_name_conflict (self->client), ==, PILLION_HTTP_NAME_CONFLICT_UNIQUIFY);
  g_assert_true (g_file_set_contents (path, TEST_OLD, -1, NULL));

  /* Both files are kept, and a folder is in the way as a file is */
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpDownload) result = test_fixture_download_into (self, resource, "/path/name.tar.gz", &error);

      g_assert_no_error (error);
      g_assert_cmpstr (g_file_peek_path (pillion_http_download_get_file (result)), ==, i == 0 ? second : third);
      test_assert_file (i == 0 ? second : third, resource->bytes, TEST_SIZE);
      test_assert_file (path, TEST_OLD, strlen (TEST_OLD));
      g_assert_cmpuint (test_fixture_count_files (self), ==, 2 + i);
      if (i == 0)
        {
          g_assert_cmpint (g_unlink (second), ==, 0);
          g_assert_cmpint (g_mkdir (second, 0755), ==, 0);
        }
    }

  pillion_http_client_set_name_conflict (self->client, PILLION_HTTP_NAME_CONFLICT_REFUSE);
  {
    g_autoptr (GError) error = NULL;

    g_assert_null (test_fixture_download_into (self, resource, "/path/name.tar.gz", &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
    g_assert_nonnull (strstr (error->message, path));
    test_assert_file (path, TEST_OLD, strlen (TEST_OLD));
    g_assert_cmpuint (test_fixture_count_files (self), ==, 3);
  }

  pillion_http_client_set_name_conflict (self->client, PILLION_HTTP_NAME_CONFLICT_OVERWRITE);
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (PillionHttpDownload) result = test_fixture_download_into (self, resource, "/path/name.tar.gz", &error);

    g_assert_no_error (error);
    test_assert_file (path, resource->bytes, TEST_SIZE);
    g_assert_cmpuint (test_fixture_count_files (self), ==, 3);
  }
  {
    g_autoptr (GError) error = NULL;

    g_assert_null (test_fixture_download_into (self, resource, "/path/name%20(1).tar.gz", &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
    g_assert_null (strstr (error->message, "download_into ()"));
  }
  /* Where a link leads is not for a server to say */
  {
    g_autofree char *link = test_fixture_path (self, "link");
    g_autoptr (GError) error = NULL;

    g_assert_true (g_file_set_contents (path, TEST_OLD, -1, NULL));
    g_assert_cmpint (symlink (path, link), ==, 0);
    g_assert_null (test_fixture_download_into (self, resource, "/path/link", &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE);
    test_assert_file (path, TEST_OLD, strlen (TEST_OLD));
    g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  }

  test_resource_free (resource);
}

/* Two URLs with one name, at the same time: each has its file */
static void
test_into_same_name (TestFixture *self,
                     gconstpointer data)
{
  TestResource *resources[] = { test_resource_new (), test_resource_new () };
  g_autoptr (GFile) folder = g_file_new_for_path (self->folder);
  PillionTask *tasks[2];
  const char *paths[2];
  g_autoptr (PillionHttpDownload) first = NULL;
  g_autoptr (PillionHttpDownload) second = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = test_fixture_path (self, "file.bin");
  g_autofree char *numbered = test_fixture_path (self, "file (1).bin");

  resources[1]->bytes[0] ^= 0xff;
  for (guint i = 0; i < 2; i++)
    {
      test_resource_behave (resources[i], (TestBehaviour) { .gated = TRUE });
      tasks[i] = pillion_http_client_download_into (self->client, resources[i]->url, folder, NULL, NULL);
      test_server_wait_requests (resources[i]->server, 1);
    }
  for (guint i = 0; i < 2; i++)
    test_server_open_gate (resources[i]->server);

  first = test_fixture_await_download (self, tasks[0], &error);
  g_assert_no_error (error);
  second = test_fixture_await_download (self, tasks[1], &error);
  g_assert_no_error (error);
  paths[0] = g_file_peek_path (pillion_http_download_get_file (first));
  paths[1] = g_file_peek_path (pillion_http_download_get_file (second));
  g_assert_cmpstr (paths[0], !=, paths[1]);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (strcmp (paths[i], path) == 0 || strcmp (paths[i], numbered) == 0);
      test_assert_file (paths[i], resources[i]->bytes, TEST_SIZE);
      test_resource_free (resources[i]);
    }
  g_assert_cmpuint (test_fixture_count_files (self), ==, 2);
}

/* Names that the file system takes, with no room for a word more */
static void
test_long_names (TestFixture *self,
                 gconstpointer data)
{
  static const char *const characters[] = { "n", "\xc3\xa9" };
  static const guint lengths[] = { 100, 230, 231, 232, 233, 240, 241, 245, 246, 254, 255 };

  for (guint i = 0; i < G_N_ELEMENTS (characters); i++)
    for (guint j = 0; j < G_N_ELEMENTS (lengths); j++)
      {
        TestResource *resource = test_resource_new ();
        g_autoptr (GString) name = g_string_new (lengths[j] % 2 == 0 ? "x" : "xx");
        g_autofree char *numbered = NULL;
        g_autoptr (PillionHttpDownload) result = NULL;
        g_autoptr (GError) error = NULL;

        while (name->len + strlen (characters[i]) + 4 <= lengths[j])
          g_string_append (name, characters[i]);
        g_string_append (name, ".zip");

        test_resource_behave (resource, (TestBehaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"", .cut = 60000 });
        g_assert_null (test_fixture_download (self, resource->url, name->str, NULL, &error));
        g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
        g_clear_error (&error);
        g_assert_cmpuint (test_fixture_count_files (self), ==, 2);

        test_resource_behave (resource, (TestBehaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
        result = test_fixture_download (self, resource->url, name->str, NULL, &error);
        g_assert_no_error (error);
        g_assert_cmpint (pillion_http_download_get_resumed_from (result), ==, 60000);
        test_fixture_assert_content (self, name->str, resource->bytes, TEST_SIZE);
        g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
        g_clear_object (&result);

        /* Into a folder where the name is taken: there is room for the number too */
        {
          g_autofree char *escaped = g_uri_escape_string (name->str, NULL, FALSE);
          g_autofree char *path = g_strconcat ("/", escaped, NULL);
          g_autofree char *basename = NULL;

          result = test_fixture_download_into (self, resource, path, &error);
          g_assert_no_error (error);
          basename = g_file_get_basename (pillion_http_download_get_file (result));
          g_assert_true (g_str_has_suffix (basename, " (1).zip"));
          g_assert_true (g_utf8_validate (basename, -1, NULL));
          test_fixture_assert_content (self, basename, resource->bytes, TEST_SIZE);
          test_fixture_assert_content (self, name->str, resource->bytes, TEST_SIZE);
          numbered = test_fixture_path (self, basename);
          g_assert_cmpint (g_unlink (numbered), ==, 0);
        }

        {
          g_autofree char *path = test_fixture_path (self, name->str);

          g_assert_cmpint (g_unlink (path), ==, 0);
        }
        test_resource_free (resource);
      }
}

/* Too long for the file system: told before anything is asked for */
static void
test_name_too_long (TestFixture *self,
                    gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autofree char *name = g_strnfill (256, 'n');
  g_autoptr (GError) error = NULL;

  g_assert_null (test_fixture_download (self, resource->url, name, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG);
  g_assert_cmpuint (test_resource_count_requests (resource), ==, 0);
  test_resource_free (resource);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/download-name/into", test_into);
  test_case ("/http/download-name/into-with-an-unsafe-name", test_into_unsafe);
  test_case ("/http/download-name/into-resume", test_into_resume);
  test_case ("/http/download-name/into-taken-name", test_into_taken);
  test_case ("/http/download-name/into-one-name-twice", test_into_same_name);
  test_case ("/http/download-name/long-names", test_long_names);
  test_case ("/http/download-name/name-too-long", test_name_too_long);

  return g_test_run ();
}
