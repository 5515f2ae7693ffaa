/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What unfinished downloads leave, as a program finds and deletes it */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for RTLD_NEXT */
#endif

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/pillion-sync.h"
#include "download-support.h"

typedef int (*OpenFunc) (int folder, const char *name, int flags, mode_t mode);

/* Atomic: a file that comes only just after the next one who opens it has looked; or NULL */
static const char *coming;

/* In place of the C library's */
int
openat (int folder,
        const char *name,
        int flags,
        ...)
{
  OpenFunc real = (OpenFunc) dlsym (RTLD_NEXT, sizeof (off_t) == 8 ? "openat64" : "openat");
  const char *awaited = g_atomic_pointer_get (&coming);
  mode_t mode = 0;
  va_list rest;

  if (awaited != NULL && strcmp (name, awaited) == 0)
    {
      g_atomic_pointer_set (&coming, NULL);
      errno = ENOENT;
      return -1;
    }

  va_start (rest, flags);
  if (flags & O_CREAT)
    mode = va_arg (rest, mode_t);
  va_end (rest);
  return real (folder, name, flags, mode);
}

static GListModel *
list_parts (TestFixture *self,
            const char *folder,
            GError **error)
{
  g_autoptr (GFile) file = g_file_new_for_path (folder);
  PillionTask *task = pillion_http_part_list (self->loop, file, NULL);
  GListModel *parts;

  pillion_loop_run_until_complete (self->loop, task, NULL);
  parts = pillion_task_get_object (task, error);
  pillion_sync_unref (task); /* a worker may drop the last reference */
  return parts;
}

static PillionHttpPart *
get_only_part (TestFixture *self)
{
  g_autoptr (GListModel) parts = list_parts (self, self->folder, NULL);

  g_assert_cmpuint (g_list_model_get_n_items (parts), ==, 1);
  return g_list_model_get_item (parts, 0);
}

static gboolean
remove_part (TestFixture *self,
             PillionHttpPart *part,
             GError **error)
{
  g_autoptr (PillionTask) task = pillion_http_part_remove (part, self->loop, NULL);

  return pillion_loop_run_until_complete (self->loop, task, error);
}

static void
test_described (TestFixture *self,
                gconstpointer data)
{
  TestResource *resource = test_fixture_begin_partly (self);
  g_autoptr (PillionHttpPart) part = get_only_part (self);
  g_autofree char *path = test_fixture_path (self, ".file.pillion-part");
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();

  g_assert_cmpstr (g_file_peek_path (pillion_http_part_get_file (part)), ==, path);
  g_assert_cmpstr (pillion_http_part_get_url (part), ==, resource->url);
  g_assert_cmpstr (pillion_http_part_get_name (part), ==, "file");
  g_assert_cmpint (pillion_http_part_get_size (part), ==, 60000);
  g_assert_cmpint (pillion_http_part_get_length (part), ==, TEST_SIZE);
  g_assert_cmpint (ABS (g_date_time_difference (now, pillion_http_part_get_modified (part))), <, G_TIME_SPAN_MINUTE);

  test_resource_free (resource);
}

/* Parts that are named after the URL, because only the response tells the name of the file */
static void
test_named_by_the_response (TestFixture *self,
                   gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autoptr (PillionHttpDownload) download = NULL;
  g_autoptr (PillionHttpPart) part = NULL;
  g_autoptr (PillionHttpPart) named = NULL;

  test_resource_behave (resource, (TestBehaviour) { .fields = "ETag: \"one\"\r\n", .cut = 60000 });
  download = test_fixture_download_into (self, resource, "/some/path", NULL);
  g_assert_null (download);
  part = get_only_part (self);
  g_assert_cmpstr (pillion_http_part_get_name (part), ==, "path");

  test_resource_behave (resource, (TestBehaviour) {
                                    .fields = "ETag: \"two\"\r\nContent-Disposition: attachment; filename=\"monkey\"\r\n",
                                    .cut = 70000,
                                  });
  download = test_fixture_download_into (self, resource, "/some/path", NULL);
  g_assert_null (download);
  named = get_only_part (self);
  g_assert_cmpstr (pillion_http_part_get_name (named), ==, "monkey");
  g_assert_cmpint (pillion_http_part_get_size (named), ==, 70000);

  test_resource_free (resource);
}

/* A download that begins makes the part after its record was read */
static void
test_coming (TestFixture *self,
             gconstpointer data)
{
  TestResource *resource = test_fixture_begin_partly (self);
  g_autoptr (PillionHttpPart) part = get_only_part (self);
  g_autoptr (GError) error = NULL;

  g_atomic_pointer_set (&coming, ".file.pillion-part");
  g_assert_false (remove_part (self, part, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  g_assert_null (g_atomic_pointer_get (&coming));
  g_assert_cmpuint (test_fixture_count_files (self), ==, 2);

  test_resource_free (resource);
}

static void
test_removed (TestFixture *self,
              gconstpointer data)
{
  TestResource *resource = test_fixture_begin_partly (self);
  g_autoptr (PillionHttpPart) part = get_only_part (self);
  g_autofree char *draft = test_fixture_path (self, ".file.pillion-part.info~");
  g_autoptr (GError) error = NULL;

  /* A crash left it */
  g_assert_true (g_file_set_contents (draft, "[pillion-part]", -1, NULL));
  g_assert_true (remove_part (self, part, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (test_fixture_count_files (self), ==, 0);

  /* There is nothing left to do */
  g_assert_true (remove_part (self, part, &error));
  g_assert_no_error (error);

  test_resource_behave (resource, (TestBehaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
  test_fixture_assert_whole (self, resource, NULL, 0, PILLION_HTTP_INTEGRITY_LENGTH);
  test_resource_free (resource);
}

static void
test_record_alone (TestFixture *self,
                   gconstpointer data)
{
  TestResource *resource = test_fixture_begin_partly (self);
  g_autofree char *path = test_fixture_path (self, ".file.pillion-part");
  g_autoptr (PillionHttpPart) part = NULL;

  g_assert_cmpint (g_unlink (path), ==, 0);
  part = get_only_part (self);
  g_assert_cmpint (pillion_http_part_get_size (part), ==, 0);
  g_assert_true (remove_part (self, part, NULL));
  g_assert_cmpuint (test_fixture_count_files (self), ==, 0);
  test_resource_free (resource);
}

/* A crash of the machine has taken what the record said */
static void
test_record_lost (TestFixture *self,
                  gconstpointer data)
{
  TestResource *resource = test_fixture_begin_partly (self);
  g_autofree char *record = test_fixture_path (self, ".file.pillion-part.info");
  g_autoptr (PillionHttpPart) part = NULL;

  g_assert_true (g_file_set_contents (record, "", 0, NULL));
  part = get_only_part (self);
  g_assert_null (pillion_http_part_get_url (part));
  g_assert_cmpstr (pillion_http_part_get_name (part), ==, "file");
  g_assert_cmpint (pillion_http_part_get_size (part), ==, 60000);
  g_assert_cmpint (pillion_http_part_get_length (part), ==, -1);
  g_assert_true (remove_part (self, part, NULL));
  g_assert_cmpuint (test_fixture_count_files (self), ==, 0);
  test_resource_free (resource);
}

static void
test_in_use (TestFixture *self,
             gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autoptr (PillionHttpDownload) download = NULL;
  g_autoptr (PillionHttpPart) part = NULL;
  g_autoptr (GError) error = NULL;
  PillionTask *task;

  test_resource_behave (resource, (TestBehaviour) { .fields = "ETag: \"one\"\r\n", .gated = TRUE });
  task = test_fixture_start (self, resource->url, "file", NULL);
  while (test_fixture_get_size (self, ".file.pillion-part") < TEST_SIZE / 2)
    g_thread_yield ();

  part = get_only_part (self);
  g_assert_false (remove_part (self, part, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_BUSY);
  test_server_open_gate (resource->server);
  download = test_fixture_await_download (self, task, NULL);
  g_assert_nonnull (download);

  /* The file that it became is not touched */
  g_assert_true (remove_part (self, part, NULL));
  test_fixture_assert_content (self, "file", resource->bytes, TEST_SIZE);
  test_resource_free (resource);
}

/* What no record vouches for is neither listed nor deleted */
static void
test_not_ours (TestFixture *self,
               gconstpointer data)
{
  const char *const planted[] = { "file.part", ".other.pillion-part", ".third.pillion-part.info", ".pillion-part.info", ".fourth.info" };
  TestResource *resource = test_fixture_begin_partly (self);
  g_autofree char *path = test_fixture_path (self, ".file.pillion-part");
  g_autofree char *second = test_fixture_path (self, "second-name");
  g_autoptr (PillionHttpPart) part = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GListModel) parts = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (planted); i++)
    {
      g_autofree char *name = test_fixture_path (self, planted[i]);

      g_assert_true (g_file_set_contents (name, "of another program", -1, NULL));
    }
  part = get_only_part (self);

  /* Something else by now */
  g_assert_cmpint (link (path, second), ==, 0);
  g_assert_false (remove_part (self, part, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
  parts = list_parts (self, self->folder, NULL);
  g_assert_cmpuint (g_list_model_get_n_items (parts), ==, 0);
  g_assert_cmpuint (test_fixture_count_files (self), ==, G_N_ELEMENTS (planted) + 3);
  test_resource_free (resource);
}

static void
test_bad_folders (TestFixture *self,
                  gconstpointer data)
{
  g_autofree char *nowhere = test_fixture_path (self, "nowhere");
  g_autofree char *file = test_fixture_path (self, "file");
  g_autoptr (GFile) remote = g_file_new_for_uri ("http://127.0.0.1/");
  g_autoptr (PillionTask) task = pillion_http_part_list (self->loop, remote, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_null (list_parts (self, nowhere, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  g_assert_null (list_parts (self, file, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_DIRECTORY);
  g_clear_error (&error);
  g_assert_false (pillion_loop_run_until_complete (self->loop, task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/part/described", test_described);
  test_case ("/http/part/named-by-the-response", test_named_by_the_response);
  test_case ("/http/part/removed-with-its-record", test_removed);
  test_case ("/http/part/record-alone", test_record_alone);
  test_case ("/http/part/record-lost", test_record_lost);
  test_case ("/http/part/in-use", test_in_use);
  test_case ("/http/part/only-just-there", test_coming);
  test_case ("/http/part/what-is-not-ours-stays", test_not_ours);
  test_case ("/http/part/bad-folders", test_bad_folders);

  return g_test_run ();
}
