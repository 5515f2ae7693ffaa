/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Where the part file is written, and what else is there */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "download-support.h"

typedef struct
{
  const char *name;    /* in the folder */
  const char *content;
} Planted;

/* What no record vouches for stays as it is, byte for byte: it is neither continued, nor emptied, nor deleted, whether the download
 * succeeds or fails */
static void
test_not_ours (TestFixture *self,
               gconstpointer data)
{
  const Planted planted[] = {
    { "file.part", "of another program" },
    { ".file.pillion-part", "with our name, but without a record" },
    { ".file.pillion-part.info", "garbage" },
    { ".file.pillion-part.info", "[pillion-part]\nversion=99\n" },
    { ".file.pillion-part.info~", "[pillion-part]\nversion=2\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (planted); i++)
    {
      g_autofree char *path = test_fixture_path (self, planted[i].name);
      g_autofree char *file = test_fixture_path (self, "file");
      g_autofree char *other = test_fixture_path (self, "other");
      gboolean is_draft = g_str_has_suffix (planted[i].name, "~");

      for (guint j = 0; j < 2; j++)
        {
          TestResource *resource = test_resource_new ();
          g_autoptr (PillionHttpDownload) result = NULL;
          g_autoptr (GError) error = NULL;

          g_assert_true (g_file_set_contents (path, planted[i].content, -1, NULL));
          /* A second name shows that it is not the draft of a record of ours */
          if (is_draft)
            g_assert_cmpint (link (path, other), ==, 0);

          if (j == 0)
            test_resource_behave (resource, (TestBehaviour) { .status = 404 });
          result = test_fixture_download (self, resource->url, "file", NULL, &error);
          g_assert_cmpint (result != NULL, ==, j == 1);
          test_assert_file (path, planted[i].content, strlen (planted[i].content));
          if (j == 1)
            test_assert_file (file, resource->bytes, TEST_SIZE);
          g_assert_cmpuint (test_fixture_count_files (self), ==, 1 + is_draft + j);

          g_unlink (file);
          if (is_draft)
            g_assert_cmpint (g_unlink (other), ==, 0);
          g_assert_cmpint (g_unlink (path), ==, 0);
          test_resource_free (resource);
        }
    }
}

/* A part that another download can continue, but with a second name, or of another user */
static void
test_not_only_ours (TestFixture *self,
                    gconstpointer data)
{
  g_autofree char *part = test_fixture_path (self, ".file.pillion-part");
  g_autofree char *info = test_fixture_path (self, ".file.pillion-part.info");
  g_autofree char *other = test_fixture_path (self, "other");

  for (guint i = 0; i < 3; i++)
    {
      TestResource *resource = test_fixture_begin_partly (self);
      g_autofree char *file = test_fixture_path (self, "file");
      g_autofree char *range = NULL;
      g_autoptr (PillionHttpDownload) result = NULL;
      g_autoptr (GError) error = NULL;
      struct stat info_before;
      struct stat info_after;

      if (i == 0)
        {
          g_assert_cmpint (link (part, other), ==, 0);
        }
      else if (geteuid () != 0 || chown (i == 1 ? part : info, 1, 1) != 0)
        {
          /* Only root can give files away */
          g_assert_cmpint (g_unlink (part), ==, 0);
          g_assert_cmpint (g_unlink (info), ==, 0);
          test_resource_free (resource);
          continue;
        }
      g_assert_cmpint (lstat (part, &info_before), ==, 0);

      test_resource_behave (resource, (TestBehaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
      result = test_fixture_download (self, resource->url, "file", NULL, &error);
      g_assert_no_error (error);
      range = test_resource_get_field (resource, 0, "Range");
      g_assert_null (range);
      test_assert_file (file, resource->bytes, TEST_SIZE);
      g_assert_cmpint (lstat (part, &info_after), ==, 0);
      g_assert_cmpuint (info_after.st_ino, ==, info_before.st_ino);
      g_assert_cmpint (info_after.st_size, ==, 60000);
      g_assert_cmpint (lstat (file, &info_after), ==, 0);
      g_assert_cmpuint (info_after.st_uid, ==, geteuid ());

      g_assert_cmpint (g_unlink (file), ==, 0);
      g_assert_cmpint (g_unlink (part), ==, 0);
      g_assert_cmpint (g_unlink (info), ==, 0);
      if (i == 0)
        g_assert_cmpint (g_unlink (other), ==, 0);
      g_assert_cmpuint (test_fixture_count_files (self), ==, 0);
      test_resource_free (resource);
    }
}

/* What a crash leaves before there was anything to record does no harm */
static void
test_empty_part_left (TestFixture *self,
                      gconstpointer data)
{
  static const char *const names[] = { ".file.pillion-part", ".file.pillion-part.info", ".file.pillion-part.info~" };
  TestResource *resource = test_resource_new ();

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = test_fixture_path (self, names[i]);

      g_assert_true (g_file_set_contents (path, "", 0, NULL));
      test_fixture_assert_starts_over (self, resource);
    }

  test_resource_free (resource);
}

/* A record whose data a crash of the machine has taken, or some of it: the part is ours, but there is nothing to continue */
static void
test_record_lost (TestFixture *self,
                  gconstpointer data)
{
  static const char zeros[300];
  const struct
  {
    const char *text;
    gsize length;
  } left[] = {
    { "", 0 },
    { zeros, sizeof zeros },
    { "[pillion-part]\nvers", 19 },
    { "[pillion-part]\nversion=2\nurl=http://exam\0\0\0\0", 45 },
    { "[pillion-part]\nversion=3\nurl=http://127.0.0.1/\netag=\"one\"\nlength=100000\nsafe=5\nsize=10", 86 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (left); i++)
    {
      TestResource *resource = test_fixture_begin_partly (self);
      g_autofree char *record = test_fixture_path (self, ".file.pillion-part.info");

      g_assert_true (g_file_set_contents (record, left[i].text, (gssize) left[i].length, NULL));
      test_fixture_assert_starts_over (self, resource);
      test_resource_free (resource);
    }
}

/* What can't be a part of ours is left alone wherever it stands in the way */
static void
test_part_in_the_way (TestFixture *self,
                      gconstpointer data)
{
  static const char *const names[] = { ".file.pillion-part", ".file.pillion-part.info", ".file.pillion-part.info~" };
  TestResource *resource = test_resource_new ();
  g_autofree char *file = test_fixture_path (self, "file");
  g_autofree char *precious = test_fixture_path (self, "precious");

  g_assert_true (g_file_set_contents (precious, TEST_OLD, -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = test_fixture_path (self, names[i]);

      for (guint kind = 0; kind < 4; kind++)
        {
          g_autoptr (PillionHttpDownload) result = NULL;
          g_autoptr (GError) error = NULL;
          struct stat before;
          struct stat after;

          if (kind == 0)
            g_assert_cmpint (symlink ("precious", path), ==, 0);
          else if (kind == 1)
            g_assert_cmpint (mkfifo (path, 0600), ==, 0);
          else if (kind == 2)
            g_assert_cmpint (g_mkdir (path, 0755), ==, 0);
          else
            g_assert_cmpint (symlink ("nowhere", path), ==, 0);
          g_assert_cmpint (lstat (path, &before), ==, 0);

          result = test_fixture_download (self, resource->url, "file", NULL, &error);
          g_assert_no_error (error);
          test_assert_file (file, resource->bytes, TEST_SIZE);
          test_assert_file (precious, TEST_OLD, strlen (TEST_OLD));
          g_assert_cmpint (lstat (path, &after), ==, 0);
          g_assert_cmpuint (before.st_ino, ==, after.st_ino);
          g_assert_cmpuint (before.st_mode, ==, after.st_mode);
          g_assert_cmpuint (test_fixture_count_files (self), ==, 3);
          g_assert_cmpint (kind == 2 ? g_rmdir (path) : g_unlink (path), ==, 0);
        }
    }

  test_resource_free (resource);
}

static void
test_bad_targets (TestFixture *self,
                  gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autofree char *folder = test_fixture_path (self, "folder");
  g_autofree char *locked = test_fixture_path (self, "locked");
  g_autoptr (GFile) remote = g_file_new_for_uri ("sftp://host/file");
  g_autoptr (GFile) here = g_file_new_for_path (self->folder);
  g_autoptr (GError) error = NULL;
  const char *const digests[] = { "", "abc", "zz", NULL };

  g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
  g_assert_null (test_fixture_download (self, resource->url, "folder", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  g_assert_nonnull (strstr (error->message, "download_into ()"));
  g_clear_error (&error);

  g_assert_null (test_fixture_download (self, resource->url, "nowhere/file", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);

  g_assert_null (test_fixture_await_download (
    self, pillion_http_client_download (self->client, resource->url, remote, NULL, NULL), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);

  for (guint i = 0; digests[i] != NULL; i++)
    {
      g_assert_null (test_fixture_download (self, resource->url, "file", digests[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
    }
  {
    g_autofree char *digest = g_strnfill (64, 'g');

    g_assert_null (test_fixture_download (self, resource->url, "file", digest, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    g_clear_error (&error);
  }
  g_assert_cmpuint (test_resource_count_requests (resource), ==, 0);

  /* To who may do everything no folder is locked */
  if (geteuid () != 0)
    {
      g_assert_cmpint (g_mkdir (locked, 0555), ==, 0);
      g_assert_null (test_fixture_download (self, resource->url, "locked/file", NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
      g_assert_cmpint (g_chmod (locked, 0755), ==, 0);
    }

  test_resource_free (resource);
}

/* A folder of the kernel's, where nobody may make files */
static void
test_not_writable (TestFixture *self,
                   gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autoptr (GFile) file = g_file_new_for_path ("/proc/self/pillion-test");
  g_autoptr (GError) error = NULL;

  g_assert_null (test_fixture_await_download (
    self, pillion_http_client_download (self->client, resource->url, file, NULL, NULL), &error));
  g_assert_nonnull (error);
  g_assert_true (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ||
                 g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED));
  test_resource_free (resource);
}

/* Where the test below has put a small disk, the program runs this and nothing else */
static void
test_on_full_disk (TestFixture *self,
                   gconstpointer disk)
{
  const gsize length = 5 * 1024 * 1024;
  g_autofree guint8 *bytes = test_bytes_new (length);
  g_autofree char *path = g_build_filename (disk, "file", NULL);
  g_autofree char *part = g_build_filename (disk, ".file.pillion-part", NULL);
  g_autofree char *other = g_build_filename (disk, "other", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  TestResource *resource = test_resource_new ();

  g_assert_true (g_file_set_contents (path, TEST_OLD, -1, NULL));

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      test_resource_behave (resource, (TestBehaviour) { .bytes = bytes, .length = length, .fields = i == 1 ? "ETag: \"one\"\r\n" : NULL,
                                                    .validator = "\"one\"" });
      g_assert_null (test_fixture_await_download (
        self, pillion_http_client_download (self->client, resource->url, file, NULL, NULL), &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
      test_assert_file (path, TEST_OLD, strlen (TEST_OLD));
      /* Once there is room again it goes on, if it can be told that it is the same */
      g_assert_cmpint (g_file_test (part, G_FILE_TEST_EXISTS), ==, i == 1);
    }

  /* So full that there is no room for anything */
  g_assert_false (g_file_set_contents_full (other, (const char *) bytes, (gssize) length, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
  {
    g_autoptr (GError) error = NULL;

    g_assert_null (test_fixture_await_download (
      self, pillion_http_client_download (self->client, resource->url, file, NULL, NULL), &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
    test_assert_file (path, TEST_OLD, strlen (TEST_OLD));
  }

  test_resource_free (resource);
}

/* A mount needs a namespace of its own, which a process with threads can't enter: so the program is run once more */
static void
test_full_disk (TestFixture *self,
                gconstpointer data)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_auto (GStrv) environment = g_environ_setenv (g_get_environ (), "PILLION_TEST_DISK", self->folder, TRUE);
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;
  const char *script = "mount -t tmpfs -o size=1m none \"$PILLION_TEST_DISK\" && exec \"$0\"";
  const char *const probe[] = { "unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", self->folder,
                                NULL };
  const char *const argv[] = { "unshare", "--user", "--map-root-user", "--mount", "sh", "-c", script, program, NULL };
  g_autoptr (GError) error = NULL;
  int status;

  if (!g_spawn_sync (NULL, (char **) probe, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDERR_TO_DEV_NULL, NULL, NULL, NULL, NULL,
                     &status, NULL) ||
      status != 0)
    {
      g_test_skip ("no small disk can be mounted here");
      return;
    }

  g_spawn_sync (NULL, (char **) argv, environment, G_SPAWN_SEARCH_PATH, NULL, NULL, &output, &errors, &status, &error);
  g_assert_no_error (error);
  if (!g_spawn_check_wait_status (status, &error))
    g_error ("%s: %s%s", error->message, output, errors);
  g_assert_nonnull (strstr (output, "ok 1 /http/download-part/on-full-disk"));
}

/* What can be seen everywhere: a limit on the size of files */
static void
test_file_too_large (TestFixture *self,
                     gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  struct rlimit before;
  struct rlimit limit;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  limit = before;
  limit.rlim_cur = TEST_SIZE / 2;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);

  test_fixture_assert_fails (self, resource, NULL, G_IO_ERROR, (int) g_io_error_from_errno (EFBIG), 0);

  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  signal (SIGXFSZ, SIG_DFL);
  test_resource_free (resource);
}

int
main (int argc,
      char *argv[])
{
  const char *disk = g_getenv ("PILLION_TEST_DISK");

  g_test_init (&argc, &argv, NULL);

  if (disk != NULL)
    {
      g_test_add ("/http/download-part/on-full-disk", TestFixture, disk, test_fixture_set_up, test_on_full_disk,
                  test_fixture_tear_down);
      return g_test_run ();
    }

  test_case ("/http/download-part/what-is-not-ours-stays", test_not_ours);
  test_case ("/http/download-part/what-is-not-only-ours-stays", test_not_only_ours);
  test_case ("/http/download-part/empty-part-left", test_empty_part_left);
  test_case ("/http/download-part/record-lost", test_record_lost);
  test_case ("/http/download-part/bad-targets", test_bad_targets);
  test_case ("/http/download-part/part-in-the-way", test_part_in_the_way);
  test_case ("/http/download-part/not-writable", test_not_writable);
  test_case ("/http/download-part/full-disk", test_full_disk);
  test_case ("/http/download-part/file-too-large", test_file_too_large);

  return g_test_run ();
}
