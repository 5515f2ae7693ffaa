/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Downloads onto a disk that is slow or fails. The library's calls end up in the functions of these names below, because it is
 * linked into this program. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for RTLD_NEXT */
#endif

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/pillion-sync.h"
#include "http-support.h"

#define OLD "what was there before"
#define SMALL "content"
#define MEGABYTE (1024 * 1024)

/* Once this much has arrived, at least 64 MiB of it have been flushed, or are about to be: a slow worker looks only every 8 MiB */
#define SAVED_AT (72 * MEGABYTE)

typedef int (*SyncFunc) (int fd);
typedef ssize_t (*ReadFunc) (int fd, void *buffer, size_t length, off_t offset);
typedef int (*OpenFunc) (int folder, const char *name, int flags, mode_t mode);
typedef int (*RenameFunc) (int old_folder, const char *old_name, int new_folder, const char *new_name, unsigned int flags);
typedef int (*LinkFunc) (int old_folder, const char *old_name, int new_folder, const char *new_name, int flags);

/* Calls wait here while it is closed */
typedef struct
{
  GMutex lock; /* for the rest */
  GCond cond;
  gboolean closed;
  guint n_waiting;
} Gate;

static Gate sync_gate;
static Gate datasync_gate;
static Gate read_gate;

/* Atomic: what the calls do */
static int sync_errno;     /* how the next fsync () of a file fails, 0 for not at all */
static int datasync_errno; /* likewise fdatasync () */
static const char *open_suffix; /* files whose names end in this can't be opened, for a lack of descriptors */
static int rename_errno;   /* how renameat2 () fails, always */
static int link_errno;     /* likewise linkat () */
static int n_read;         /* bytes that were asked for by pread () */
static int n_folder_syncs; /* how many times a folder was flushed that had its new file already */

static void
gate_wait (Gate *self)
{
  pillion_mutex_lock (&self->lock);
  self->n_waiting++;
  g_cond_broadcast (&self->cond);
  while (self->closed)
    pillion_cond_wait (&self->cond, &self->lock);
  self->n_waiting--;
  pillion_mutex_unlock (&self->lock);
}

static void
gate_close (Gate *self)
{
  pillion_mutex_lock (&self->lock);
  self->closed = TRUE;
  pillion_mutex_unlock (&self->lock);
}

static void
gate_open (Gate *self)
{
  pillion_mutex_lock (&self->lock);
  self->closed = FALSE;
  g_cond_broadcast (&self->cond);
  pillion_mutex_unlock (&self->lock);
}

static void
gate_wait_waiting (Gate *self,
                   guint n)
{
  pillion_mutex_lock (&self->lock);
  while (self->n_waiting < n)
    pillion_cond_wait (&self->cond, &self->lock);
  pillion_mutex_unlock (&self->lock);
}

/* What the kernel does when the disk refuses: it says so once, and forgets the data */
static int
lose_data (int fd,
           int errsv)
{
  g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
  g_autofree char *zeros = NULL;
  struct stat info;
  int again = open (path, O_WRONLY | O_CLOEXEC);

  g_assert_cmpint (again, >=, 0);
  g_assert_cmpint (fstat (fd, &info), ==, 0);
  /* What was flushed earlier stays */
  zeros = g_malloc0 (4096);
  g_assert_cmpint (pwrite (again, zeros, 4096, info.st_size - 4096), ==, 4096);
  close (again);

  errno = errsv;
  return -1;
}

int
fsync (int fd)
{
  struct stat info;

  gate_wait (&sync_gate);
  g_assert_cmpint (fstat (fd, &info), ==, 0);
  if (S_ISDIR (info.st_mode))
    {
      if (faccessat (fd, "file", F_OK, 0) == 0 && faccessat (fd, ".file.pillion-part", F_OK, 0) != 0)
        g_atomic_int_inc (&n_folder_syncs);
    }
  else
    {
      int errsv = g_atomic_int_get (&sync_errno);

      g_atomic_int_set (&sync_errno, 0);
      if (errsv != 0)
        return lose_data (fd, errsv);
    }

  return ((SyncFunc) dlsym (RTLD_NEXT, "fsync")) (fd);
}

int
fdatasync (int fd)
{
  int errsv;

  gate_wait (&datasync_gate);
  errsv = g_atomic_int_get (&datasync_errno);
  g_atomic_int_set (&datasync_errno, 0);
  if (errsv != 0)
    return lose_data (fd, errsv);

  return ((SyncFunc) dlsym (RTLD_NEXT, "fdatasync")) (fd);
}

ssize_t
pread (int fd,
       void *buffer,
       size_t length,
       off_t offset)
{
  gate_wait (&read_gate);
  g_atomic_int_add (&n_read, (int) length);

  return ((ReadFunc) dlsym (RTLD_NEXT, sizeof (off_t) == 8 ? "pread64" : "pread")) (fd, buffer, length, offset);
}

int
openat (int folder,
        const char *name,
        int flags,
        ...)
{
  const char *suffix = g_atomic_pointer_get (&open_suffix);
  mode_t mode = 0;

  if (suffix != NULL && g_str_has_suffix (name, suffix))
    {
      errno = EMFILE;
      return -1;
    }

  if (flags & O_CREAT)
    {
      va_list rest;

      va_start (rest, flags);
      mode = va_arg (rest, mode_t);
      va_end (rest);
    }
  return ((OpenFunc) dlsym (RTLD_NEXT, sizeof (off_t) == 8 ? "openat64" : "openat")) (folder, name, flags, mode);
}

int
renameat2 (int old_folder,
           const char *old_name,
           int new_folder,
           const char *new_name,
           unsigned int flags)
{
  errno = g_atomic_int_get (&rename_errno);
  if (errno != 0)
    return -1;

  return ((RenameFunc) dlsym (RTLD_NEXT, "renameat2")) (old_folder, old_name, new_folder, new_name, flags);
}

int
linkat (int old_folder,
        const char *old_name,
        int new_folder,
        const char *new_name,
        int flags)
{
  errno = g_atomic_int_get (&link_errno);
  if (errno != 0)
    return -1;

  return ((LinkFunc) dlsym (RTLD_NEXT, "linkat")) (old_folder, old_name, new_folder, new_name, flags);
}

/* How far a download gets, and when it flushes, is only certain with a single connection: on a slow machine, further ones would
 * fetch what the server holds back. */
static void
set_up (TestFixture *self,
        gconstpointer data)
{
  test_fixture_set_up (self, data);
  pillion_http_client_set_max_connections_per_download (self->client, 1);
}

static void
serve_json (TestConnection *connection,
            const char *request,
            gpointer data)
{
  g_autofree char *body = g_strnfill (70000, ' ');

  body[0] = '1';
  test_connection_answer (connection, NULL, body, 70000);
}

static PillionTask *
start (TestFixture *self,
       const char *url,
       const char *name,
       const char *sha256)
{
  g_autofree char *path = test_fixture_path (self, name);
  g_autoptr (GFile) file = g_file_new_for_path (path);

  return pillion_http_client_download (self->client, url, file, sha256, NULL);
}

/* However many files wait for the disk, what a worker has to compute goes on */
static void
test_slow_disk (TestFixture *self,
                gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_json, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (GPtrArray) downloads = g_ptr_array_new ();
  g_autoptr (PillionTask) json = NULL;
  g_autoptr (GError) error = NULL;

  gate_close (&sync_gate);
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *name = g_strdup_printf ("file%u", i);

      g_ptr_array_add (downloads, start (self, url, name, NULL));
    }
  gate_wait_waiting (&sync_gate, 4);

  json = pillion_http_client_get_json (self->client, url, NULL);
  test_fixture_await (self, json);
  g_assert_true (pillion_task_check (json, &error));
  g_assert_no_error (error);

  gate_open (&sync_gate);
  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (PillionHttpDownload) download = test_fixture_await_download (self, downloads->pdata[i], &error);

      g_assert_no_error (error);
    }
  test_server_free (server);
}

/* Some bytes, whole or from where a range begins */
typedef struct
{
  const guint8 *bytes;
  gsize length;
  gsize pause;          /* after so many the rest waits for the gate, 0 for never */
  int n_requests;       /* atomic */
  gint64 last_first;    /* where the last answer began; read when it is over */
} Content;

static void
serve_content (TestConnection *connection,
               const char *request,
               gpointer data)
{
  Content *content = data;
  g_autofree char *range = test_request_get_field (request, "Range");
  gsize first = range != NULL ? g_ascii_strtoull (range + strlen ("bytes="), NULL, 10) : 0;

  g_atomic_int_inc (&content->n_requests);
  content->last_first = (gint64) first;
  if (range != NULL)
    test_connection_printf (connection, "HTTP/1.1 206 Partial Content\r\nETag: \"one\"\r\n"
                            "Content-Range: bytes %zu-%zu/%zu\r\nContent-Length: %zu\r\n\r\n",
                            first, content->length - 1, content->length, content->length - first);
  else
    test_connection_printf (connection, "HTTP/1.1 200 OK\r\nETag: \"one\"\r\nContent-Length: %zu\r\n\r\n", content->length);

  if (range == NULL && content->pause > 0)
    {
      test_connection_write (connection, content->bytes, (gssize) content->pause);
      test_connection_wait_gate (connection);
      first = content->pause;
    }
  test_connection_write (connection, content->bytes + first, (gssize) (content->length - first));
}

/* A server with a small file, which has this URL on it */
static TestServer *
small_server_new (const char *path,
                  char **url)
{
  static Content content = { (const guint8 *) SMALL, sizeof SMALL - 1 };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_content, &content);

  *url = test_server_url (server, path);
  return server;
}

/* All of it has come, and waits for the disk */
static PillionTask *
start_and_hold (TestFixture *self,
                const char *url,
                const char *name)
{
  PillionTask *task;

  gate_close (&sync_gate);
  task = start (self, url, name, NULL);
  gate_wait_waiting (&sync_gate, 1);
  return task;
}

/* What the disk refused is not taken for good the next time, although it looks good */
static void
assert_lost_and_sent_again (TestFixture *self,
                            gsize length,
                            int *fails,
                            int errsv,
                            int code,
                            gint64 safe)
{
  g_autofree guint8 *bytes = test_bytes_new (length);
  g_autofree char *path = test_fixture_path (self, "file");
  Content content = { bytes, length, .pause = length - 1 };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_content, &content);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionHttpDownload) download = NULL;
  g_autoptr (GError) error = NULL;
  PillionTask *task;

  g_assert_true (g_file_set_contents (path, OLD, -1, NULL));
  g_atomic_int_set (fails, errsv);
  task = start (self, url, "file", NULL);
  /* A download whose last byte is there is not flushed on the way any more */
  while (fails == &datasync_errno && g_atomic_int_get (fails) != 0)
    g_thread_yield ();
  test_server_open_gate (server);
  g_assert_null (test_fixture_await_download (self, task, &error));
  g_assert_error (error, G_IO_ERROR, code);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_null (strstr (error->message, "pillion-part"));
  g_clear_error (&error);
  test_assert_file (path, OLD, strlen (OLD));
  g_assert_cmpuint (test_fixture_count_files (self), ==, safe > 0 ? 3 : 1);

  download = test_fixture_await_download (self, start (self, url, "file", NULL), &error);
  g_assert_no_error (error);
  g_assert_cmpint (pillion_http_download_get_resumed_from (download), ==, safe);
  test_assert_file (path, bytes, length);
  g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
  test_server_free (server);
}

static void
test_sync_fails (TestFixture *self,
                 gconstpointer data)
{
  assert_lost_and_sent_again (self, 100000, &sync_errno, EIO, (int) g_io_error_from_errno (EIO), 0);
  assert_lost_and_sent_again (self, 100000, &sync_errno, ENOSPC, G_IO_ERROR_NO_SPACE, 0);
  assert_lost_and_sent_again (self, 100000, &sync_errno, EDQUOT, G_IO_ERROR_NO_SPACE, 0);
}

static void
test_sync_fails_on_the_way (TestFixture *self,
                            gconstpointer data)
{
  assert_lost_and_sent_again (self, SAVED_AT + MEGABYTE, &datasync_errno, EIO, (int) g_io_error_from_errno (EIO), 0);
}

/* What was flushed before is kept */
static void
test_sync_fails_later (TestFixture *self,
                       gconstpointer data)
{
  const gsize length = 80 * MEGABYTE;
  g_autofree guint8 *bytes = test_bytes_new (length);
  g_autofree char *path = test_fixture_path (self, "file");
  g_autofree char *record_path = test_fixture_path (self, ".file.pillion-part.info");
  Content content = { bytes, length, .pause = SAVED_AT };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_content, &content);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionHttpDownload) download = NULL;
  g_autoptr (GError) error = NULL;
  PillionTask *task;
  gint64 safe = 0;

  task = start (self, url, "file", NULL);
  while (safe == 0)
    {
      g_autoptr (GKeyFile) record = g_key_file_new ();

      if (g_key_file_load_from_file (record, record_path, G_KEY_FILE_NONE, NULL))
        safe = g_key_file_get_int64 (record, "pillion-part", "safe", NULL);
      g_thread_yield ();
    }
  g_assert_cmpint (safe, >=, 64 * MEGABYTE);

  g_atomic_int_set (&sync_errno, EIO);
  test_server_open_gate (server);
  g_assert_null (test_fixture_await_download (self, task, &error));
  g_assert_error (error, G_IO_ERROR, (int) g_io_error_from_errno (EIO));
  g_clear_error (&error);

  download = test_fixture_await_download (self, start (self, url, "file", NULL), &error);
  g_assert_no_error (error);
  g_assert_cmpint (pillion_http_download_get_resumed_from (download), ==, safe);
  test_assert_file (path, bytes, length);
  test_server_free (server);
}

/* The name of the new file outlasts a crash as its content does */
static void
test_folder_synced (TestFixture *self,
                    gconstpointer data)
{
  g_autofree char *url = NULL;
  TestServer *server = small_server_new ("/file", &url);
  g_autoptr (GFile) folder = g_file_new_for_path (self->folder);
  g_autofree char *path = test_fixture_path (self, "file");

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionHttpDownload) download = NULL;
      g_autoptr (GError) error = NULL;
      PillionTask *task;

      g_atomic_int_set (&n_folder_syncs, 0);
      task = i == 0 ? start (self, url, "file", NULL) : pillion_http_client_download_into (self->client, url, folder, NULL, NULL);
      download = test_fixture_await_download (self, task, &error);
      g_assert_no_error (error);
      g_assert_cmpint (g_atomic_int_get (&n_folder_syncs), ==, 1);
      g_assert_cmpint (g_unlink (path), ==, 0);
    }

  test_server_free (server);
}

/* Whatever the kernel and the file system can't do, no file is replaced that should not be */
static void
test_no_rename (TestFixture *self,
                gconstpointer data)
{
  g_autofree char *url = NULL;
  TestServer *server = small_server_new ("/name.txt", &url);
  g_autofree char *path = test_fixture_path (self, "name.txt");
  g_autofree char *numbered = test_fixture_path (self, "name (1).txt");
  g_autoptr (GFile) folder = g_file_new_for_path (self->folder);
  const struct
  {
    int rename;
    int link;
  } cases[] = { { 0, 0 }, { EINVAL, 0 }, { ENOSYS, 0 }, { EINVAL, EPERM }, { EINVAL, EOPNOTSUPP } };

  g_assert_true (g_file_set_contents (path, OLD, -1, NULL));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (PillionHttpDownload) download = NULL;
      g_autoptr (GError) error = NULL;

      g_atomic_int_set (&rename_errno, cases[i].rename);
      g_atomic_int_set (&link_errno, cases[i].link);
      download = test_fixture_await_download (
        self, pillion_http_client_download_into (self->client, url, folder, NULL, NULL), &error);
      g_assert_no_error (error);
      g_assert_cmpstr (g_file_peek_path (pillion_http_download_get_file (download)), ==, numbered);
      test_assert_file (numbered, SMALL, strlen (SMALL));
      test_assert_file (path, OLD, strlen (OLD));
      g_assert_cmpuint (test_fixture_count_files (self), ==, 2);
      g_assert_cmpint (g_unlink (numbered), ==, 0);
    }
  g_atomic_int_set (&rename_errno, 0);
  g_atomic_int_set (&link_errno, 0);
  test_server_free (server);
}

/* All has come, and another program writes into it before it is in its place */
static void
test_changed_at_the_end (TestFixture *self,
                         gconstpointer data)
{
  g_autofree char *url = NULL;
  TestServer *server = small_server_new ("/", &url);
  g_autofree char *path = test_fixture_path (self, "file");
  g_autofree char *part = test_fixture_path (self, ".file.pillion-part");
  g_autoptr (GError) error = NULL;
  struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 1 } };
  PillionTask *task;
  int fd;

  g_assert_true (g_file_set_contents (path, OLD, -1, NULL));
  task = start_and_hold (self, url, "file");
  fd = open (part, O_WRONLY | O_CLOEXEC);
  g_assert_cmpint (pwrite (fd, "X", 1, 0), ==, 1);
  /* Clocks of files are coarse: it may be the same tick */
  g_assert_cmpint (futimens (fd, times), ==, 0);
  close (fd);
  gate_open (&sync_gate);

  g_assert_null (test_fixture_await_download (self, task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  test_assert_file (path, OLD, strlen (OLD));
  g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
  test_server_free (server);
}

/* Likewise, and another program removes it, or the folder that it is in */
static void
test_gone_at_the_end (TestFixture *self,
                      gconstpointer data)
{
  g_autofree char *url = NULL;
  TestServer *server = small_server_new ("/", &url);
  g_autofree char *folder = test_fixture_path (self, "folder");
  g_autofree char *path = test_fixture_path (self, "folder/file");
  g_autofree char *part = test_fixture_path (self, "folder/.file.pillion-part");
  g_autofree char *record = test_fixture_path (self, "folder/.file.pillion-part.info");
  g_autofree char *message = g_strdup_printf ("the part file of '%s' is gone: another program removed it, or its folder", path);

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;
      PillionTask *task = start_and_hold (self, url, "folder/file");

      g_assert_cmpint (g_unlink (part), ==, 0);
      if (i == 1)
        {
          g_assert_cmpint (g_unlink (record), ==, 0);
          g_assert_cmpint (g_rmdir (folder), ==, 0);
        }
      gate_open (&sync_gate);

      g_assert_null (test_fixture_await_download (self, task, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
      g_assert_nonnull (strstr (error->message, message));
      test_assert_no_file (path);
    }
  test_server_free (server);
}

/* Likewise while much of it is still to come */
static void
test_gone_on_the_way (TestFixture *self,
                      gconstpointer data)
{
  const gsize length = 80 * MEGABYTE;
  g_autofree guint8 *bytes = test_bytes_new (length);
  Content content = { bytes, length, .pause = SAVED_AT };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_content, &content);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *folder = test_fixture_path (self, "folder");
  g_autofree char *path = test_fixture_path (self, "folder/file");
  g_autofree char *part = test_fixture_path (self, "folder/.file.pillion-part");
  g_autofree char *record = test_fixture_path (self, "folder/.file.pillion-part.info");
  g_autofree char *message = g_strdup_printf ("the part file of '%s' is gone: another program removed it, or its folder", path);
  g_autoptr (GError) error = NULL;
  PillionTask *task;

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  gate_close (&datasync_gate);
  task = start (self, url, "folder/file", NULL);
  gate_wait_waiting (&datasync_gate, 1);
  g_assert_cmpint (g_unlink (part), ==, 0);
  g_assert_cmpint (g_unlink (record), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
  gate_open (&datasync_gate);

  g_assert_null (test_fixture_await_download (self, task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, message));
  test_server_open_gate (server);
  test_server_free (server);
}

/* What is cancelled and requested again at once waits until the part is put away, and goes on from there */
static void
test_ask_again (TestFixture *self,
                gconstpointer data)
{
  const gsize length = 20 * MEGABYTE;
  g_autofree guint8 *bytes = test_bytes_new (length);
  g_autofree char *sha256 = test_sha256 (bytes, length);
  g_autofree char *path = test_fixture_path (self, "file");
  g_autofree char *part = test_fixture_path (self, ".file.pillion-part");
  Content content = { bytes, length, .pause = 10 * MEGABYTE };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_content, &content);
  TestServer *json = test_server_new (TEST_SERVER_PLAIN, serve_json, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *json_url = test_server_url (json, "/");
  g_autoptr (PillionHttpDownload) download = NULL;
  g_autoptr (GError) error = NULL;
  PillionTask *first;
  PillionTask *second;
  PillionTask *third;
  PillionTask *fourth;
  struct stat info;

  /* Two places: the second and the third have them while they wait, and the fourth gets that of the third */
  pillion_http_client_set_max_connections (self->client, 2);

  /* A worker is computing the digest, and is slow */
  gate_close (&read_gate);
  first = start (self, url, "file", sha256);
  gate_wait_waiting (&read_gate, 1);
  while (stat (part, &info) != 0 || info.st_size < 10 * MEGABYTE)
    g_thread_yield ();

  pillion_task_cancel (first);
  second = start (self, url, "file", sha256);
  third = start (self, url, "file", sha256);

  /* It waits, with no answer yet, and so does the one after it, which is cancelled */
  pillion_task_cancel (third);
  test_fixture_await (self, third);
  g_assert_cmpint (pillion_task_get_state (third), ==, PILLION_TASK_CANCELLED);
  g_assert_false (pillion_task_is_done (first));
  g_assert_false (pillion_task_is_done (second));
  g_assert_cmpint (g_atomic_int_get (&content.n_requests), ==, 1);
  g_object_unref (third);

  fourth = pillion_http_client_get_json (self->client, json_url, NULL);
  test_fixture_await (self, fourth);
  g_assert_true (pillion_task_check (fourth, NULL));
  g_object_unref (fourth);

  gate_open (&read_gate);
  g_assert_null (test_fixture_await_download (self, first, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  download = test_fixture_await_download (self, second, &error);
  g_assert_no_error (error);
  g_assert_cmpint (pillion_http_download_get_resumed_from (download), ==, 10 * MEGABYTE);
  test_assert_file (path, bytes, length);
  g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
  test_server_free (server);
  test_server_free (json);
}

/* The same where the first one can't be stopped any more */
static void
test_ask_again_too_late (TestFixture *self,
                         gconstpointer data)
{
  g_autofree char *url = NULL;
  TestServer *server = small_server_new ("/", &url);
  g_autofree char *path = test_fixture_path (self, "file");
  PillionTask *tasks[2];

  tasks[0] = start_and_hold (self, url, "file");
  pillion_task_cancel (tasks[0]);
  tasks[1] = start (self, url, "file", NULL);
  gate_open (&sync_gate);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpDownload) download = test_fixture_await_download (self, tasks[i], &error);

      g_assert_no_error (error);
    }
  test_assert_file (path, SMALL, strlen (SMALL));
  g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
  test_server_free (server);
}

/* What this process has computed of a digest is not computed again, unless somebody changed the file */
static void
test_digest_kept (TestFixture *self,
                  gconstpointer data)
{
  const gsize length = 60 * MEGABYTE;
  g_autofree guint8 *bytes = test_bytes_new (length);
  g_autofree char *sha256 = test_sha256 (bytes, length);
  g_autofree char *part = test_fixture_path (self, ".file.pillion-part");

  for (guint touched = 0; touched < 2; touched++)
    {
      Content content = { bytes, length, 50 * MEGABYTE };
      TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_content, &content);
      g_autofree char *url = test_server_url (server, "/");
      g_autoptr (PillionHttpDownload) download = NULL;
      g_autoptr (GError) error = NULL;
      PillionTask *task;
      struct stat info = { 0 };

      g_atomic_int_set (&n_read, 0);
      task = start (self, url, "file", sha256);
      while (info.st_size < 50 * MEGABYTE || g_atomic_int_get (&n_read) < 40 * MEGABYTE)
        {
          g_thread_yield ();
          stat (part, &info);
        }
      pillion_task_cancel (task);
      g_assert_null (test_fixture_await_download (self, task, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_error (&error);

      if (touched)
        {
          const struct timespec times[2] = { { .tv_nsec = UTIME_OMIT }, { .tv_sec = 1000000000 } };

          g_assert_cmpint (utimensat (AT_FDCWD, part, times, 0), ==, 0);
        }
      g_atomic_int_set (&n_read, 0);
      test_server_open_gate (server);
      download = test_fixture_await_download (self, start (self, url, "file", sha256), &error);
      g_assert_no_error (error);
      g_assert_cmpint (pillion_http_download_get_resumed_from (download), ==, touched ? 0 : 50 * MEGABYTE);
      g_assert_cmpint (pillion_http_download_get_integrity (download), ==, PILLION_HTTP_INTEGRITY_DIGEST);
      if (touched)
        g_assert_cmpint (g_atomic_int_get (&n_read), >=, (int) length);
      else
        g_assert_cmpint (g_atomic_int_get (&n_read), <=, 21 * MEGABYTE);
      test_server_free (server);
    }
}

/* What is wrong then is not that another file has the name */
static void
test_no_descriptors (TestFixture *self,
                     gconstpointer data)
{
  const char *const suffixes[] = { ".pillion-part", ".pillion-part.info" };
  g_autofree char *url = NULL;
  TestServer *server = small_server_new ("/", &url);
  g_autofree char *path = test_fixture_path (self, "file");
  g_autoptr (PillionHttpDownload) download = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (suffixes); i++)
    {
      g_atomic_pointer_set (&open_suffix, suffixes[i]);
      g_assert_null (test_fixture_await_download (self, start (self, url, "file", NULL), &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES);
      g_clear_error (&error);
      g_assert_cmpuint (test_fixture_count_files (self), ==, 0);
    }

  g_atomic_pointer_set (&open_suffix, NULL);
  download = test_fixture_await_download (self, start (self, url, "file", NULL), &error);
  g_assert_no_error (error);
  test_assert_file (path, SMALL, strlen (SMALL));
  test_server_free (server);
}

#define disk_case(path, func) g_test_add (path, TestFixture, NULL, set_up, func, test_fixture_tear_down)

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  disk_case ("/http/download-disk/slow-disk-holds-up-no-json", test_slow_disk);
  disk_case ("/http/download-disk/what-was-not-flushed-is-lost", test_sync_fails);
  disk_case ("/http/download-disk/what-was-not-flushed-is-lost-on-the-way", test_sync_fails_on_the_way);
  disk_case ("/http/download-disk/what-was-flushed-is-kept", test_sync_fails_later);
  disk_case ("/http/download-disk/folder-is-flushed", test_folder_synced);
  disk_case ("/http/download-disk/no-rename-without-replacing", test_no_rename);
  disk_case ("/http/download-disk/changed-at-the-end", test_changed_at_the_end);
  disk_case ("/http/download-disk/gone-at-the-end", test_gone_at_the_end);
  disk_case ("/http/download-disk/gone-on-the-way", test_gone_on_the_way);
  disk_case ("/http/download-disk/no-descriptors", test_no_descriptors);
  disk_case ("/http/download-disk/ask-again-goes-on", test_ask_again);
  disk_case ("/http/download-disk/ask-again-too-late", test_ask_again_too_late);
  disk_case ("/http/download-disk/digest-is-kept-for-another-attempt", test_digest_kept);

  return g_test_run ();
}
