/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What is at a download's target, and what becomes of it */

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "http-support.h"

#define OLD "what was there before"
#define NEW "what is new"

static void
serve_new (TestConnection *connection,
           const char *request,
           gpointer data)
{
  test_connection_answer (connection, NULL, NEW, -1);
}

static PillionTask *
start (TestFixture *self,
       const char *url,
       const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);

  return pillion_http_client_download (self->client, url, file, NULL, NULL);
}

static void
assert_succeeds (TestFixture *self,
                 const char *url,
                 const char *path)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpDownload) download = test_fixture_await_download (self, start (self, url, path), &error);

  g_assert_no_error (error);
  g_assert_cmpstr (g_file_peek_path (pillion_http_download_get_file (download)), ==, path);
  test_assert_file (path, NEW, strlen (NEW));
}

/* Errors name what the user gave, and not what only we know */
static void
assert_fails (TestFixture *self,
              PillionTask *task,
              const char *path,
              int code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (test_fixture_await_download (self, task, &error));
  g_assert_error (error, G_IO_ERROR, code);
  g_assert_nonnull (strstr (error->message, path));
  g_assert_null (strstr (error->message, "pillion-part"));
}

static mode_t
get_mode (const char *path)
{
  struct stat info;

  g_assert_cmpint (lstat (path, &info), ==, 0);
  return info.st_mode;
}

static void
make_socket (const char *path)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  int fd = socket (AF_UNIX, SOCK_STREAM, 0);

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  g_assert_cmpint (bind (fd, (struct sockaddr *) &address, sizeof address), ==, 0);
  close (fd);
}

/* Refused before a server is asked, also behind a link */
static void
test_special (TestFixture *self,
              gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_new, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *fifo = test_fixture_path (self, "fifo");
  g_autofree char *bound = test_fixture_path (self, "socket");
  g_autofree char *link = test_fixture_path (self, "link");
  mode_t null_before = get_mode ("/dev/null");

  g_assert_cmpint (mkfifo (fifo, 0600), ==, 0);
  make_socket (bound);
  g_assert_cmpint (symlink (fifo, link), ==, 0);

  assert_fails (self, start (self, url, fifo), fifo, G_IO_ERROR_NOT_REGULAR_FILE);
  assert_fails (self, start (self, url, bound), bound, G_IO_ERROR_NOT_REGULAR_FILE);
  assert_fails (self, start (self, url, link), link, G_IO_ERROR_NOT_REGULAR_FILE);
  assert_fails (self, start (self, url, "/dev/null"), "/dev/null", G_IO_ERROR_NOT_REGULAR_FILE);
  assert_fails (self, start (self, url, self->folder), self->folder, G_IO_ERROR_IS_DIRECTORY);

  g_assert_true (S_ISFIFO (get_mode (fifo)));
  g_assert_true (S_ISSOCK (get_mode (bound)));
  g_assert_true (S_ISLNK (get_mode (link)));
  g_assert_cmpuint (get_mode ("/dev/null"), ==, null_before);
  g_assert_cmpuint (test_fixture_count_files (self), ==, 3);
  g_assert_cmpuint (test_server_get_requests (server), ==, 0);
  test_server_free (server);
}

typedef struct
{
  const char *path;
  gboolean done;
} Swap;

static void
serve_and_swap (TestConnection *connection,
                const char *request,
                gpointer data)
{
  Swap *swap = data;

  g_assert_cmpint (mkfifo (swap->path, 0600), ==, 0);
  test_connection_answer (connection, NULL, NEW, -1);
}

/* What was put there during the download is not replaced either */
static void
test_special_later (TestFixture *self,
                    gconstpointer data)
{
  g_autofree char *path = test_fixture_path (self, "file");
  Swap swap = { path };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_and_swap, &swap);
  g_autofree char *url = test_server_url (server, "/");

  assert_fails (self, start (self, url, path), path, G_IO_ERROR_NOT_REGULAR_FILE);
  g_assert_true (S_ISFIFO (get_mode (path)));
  g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
  test_server_free (server);
}

/* Links are followed, of any kind, and stay; the part file is beside what they lead to */
static void
test_links (TestFixture *self,
            gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_new, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *real = test_fixture_path (self, "real");
  g_autofree char *folder = test_fixture_path (self, "folder");
  g_autofree char *inside = test_fixture_path (self, "folder/inside");
  g_autofree char *link = test_fixture_path (self, "link");
  g_autofree char *second = test_fixture_path (self, "second");
  const char *const targets[] = { "real", "./folder/../real", real, "folder/inside", "folder/nothing-yet" };

  g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
  g_assert_cmpint (symlink (link, second), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (targets); i++)
    {
      g_autofree char *end = g_path_is_absolute (targets[i]) ? g_strdup (targets[i]) : test_fixture_path (self, targets[i]);

      g_assert_true (g_file_set_contents (real, OLD, -1, NULL));
      g_assert_true (g_file_set_contents (inside, OLD, -1, NULL));
      g_assert_cmpint (symlink (targets[i], link), ==, 0);
      assert_succeeds (self, url, i % 2 == 0 ? link : second);
      g_assert_true (S_ISLNK (get_mode (link)));
      g_assert_true (S_ISLNK (get_mode (second)));
      g_assert_true (S_ISREG (get_mode (end)));
      test_assert_file (end, NEW, strlen (NEW));
      g_assert_cmpint (g_unlink (link), ==, 0);
    }
  g_assert_cmpuint (test_fixture_count_files (self), ==, 3);

  /* In a circle */
  g_assert_cmpint (symlink ("second", link), ==, 0);
  assert_fails (self, start (self, url, link), link, G_IO_ERROR_TOO_MANY_LINKS);
  g_assert_cmpint (g_unlink (link), ==, 0);

  /* To a folder that is not there */
  g_assert_cmpint (symlink ("nowhere/file", link), ==, 0);
  assert_fails (self, start (self, url, link), link, G_IO_ERROR_NOT_FOUND);
  test_server_free (server);
}

static void
test_mode (TestFixture *self,
           gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_new, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *path = test_fixture_path (self, "file");
  const struct
  {
    mode_t before;
    mode_t after;
  } cases[] = {
    { 0600, 0600 }, { 0644, 0644 }, { 0666, 0666 }, { 0755, 0755 }, { 0400, 0400 },
    /* What came from a network does not run as another user */
    { 04755, 0755 }, { 02755, 0755 }, { 01644, 0644 },
  };
  mode_t mask = umask (022);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_true (g_file_set_contents (path, OLD, -1, NULL));
      g_assert_cmpint (g_chmod (path, cases[i].before), ==, 0);
      assert_succeeds (self, url, path);
      g_assert_cmpuint (get_mode (path) & 07777, ==, cases[i].after);
    }

  g_assert_cmpint (g_unlink (path), ==, 0);
  assert_succeeds (self, url, path);
  g_assert_cmpuint (get_mode (path) & 07777, ==, 0644);

  umask (mask);
  test_server_free (server);
}

static void
serve_half (TestConnection *connection,
            const char *request,
            gpointer data)
{
  test_connection_printf (connection, "HTTP/1.1 200 OK\r\nETag: \"one\"\r\nContent-Length: 100\r\n\r\nhalf");
  test_connection_close (connection);
}

/* What is for one user's eyes is so from its first byte */
static void
test_mode_of_part (TestFixture *self,
                   gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_half, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *path = test_fixture_path (self, "file");
  g_autofree char *part = test_fixture_path (self, ".file.pillion-part");
  g_autofree char *record = test_fixture_path (self, ".file.pillion-part.info");
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, OLD, -1, NULL));
  g_assert_cmpint (g_chmod (path, 0600), ==, 0);
  g_assert_null (test_fixture_await_download (self, start (self, url, path), &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  test_assert_file (part, "half", 4);
  g_assert_cmpuint (get_mode (part) & 07777, ==, 0600);
  g_assert_cmpuint (get_mode (record) & 07777, ==, 0600);
  test_server_free (server);
}

static void
test_owner (TestFixture *self,
            gconstpointer data)
{
  TestServer *server;
  g_autofree char *url = NULL;
  g_autofree char *path = test_fixture_path (self, "file");
  struct stat info;

  g_assert_true (g_file_set_contents (path, OLD, -1, NULL));
  g_assert_cmpint (g_chmod (path, 0640), ==, 0);
  if (chown (path, 1, 2) != 0)
    {
      g_test_skip ("only root can give files away");
      return;
    }

  server = test_server_new (TEST_SERVER_PLAIN, serve_new, NULL);
  url = test_server_url (server, "/");
  assert_succeeds (self, url, path);
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpuint (info.st_uid, ==, 1);
  g_assert_cmpuint (info.st_gid, ==, 2);
  g_assert_cmpuint (info.st_mode & 07777, ==, 0640);
  test_server_free (server);
}

/* What a list lets one more user do, the mode's bits for the group do not let the group do */
static void
test_acl (TestFixture *self,
          gconstpointer data)
{
  /* Version 2: user::rw-, user:1:rw-, group::---, mask::rw-, other::--- */
  static const guint8 acl[] = {
    2, 0, 0, 0,
    1, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,
    2, 0, 6, 0, 1, 0, 0, 0,
    4, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
    16, 0, 6, 0, 0xff, 0xff, 0xff, 0xff,
    32, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
  };
  static const char attribute[] = "system.posix_acl_access";
  TestServer *server;
  g_autofree char *url = NULL;
  g_autofree char *path = test_fixture_path (self, "file");
  char after[256];

  g_assert_true (g_file_set_contents (path, OLD, -1, NULL));
  if (setxattr (path, attribute, acl, sizeof acl, 0) != 0)
    {
      g_test_skip ("no access control lists here");
      return;
    }

  server = test_server_new (TEST_SERVER_PLAIN, serve_new, NULL);
  url = test_server_url (server, "/");
  assert_succeeds (self, url, path);
  g_assert_cmpint (getxattr (path, attribute, after, sizeof after), ==, sizeof acl);
  g_assert_cmpmem (after, sizeof acl, acl, sizeof acl);
  g_assert_cmpuint (get_mode (path) & 07777, ==, 0660);
  test_server_free (server);
}

static void
serve_gated (TestConnection *connection,
             const char *request,
             gpointer data)
{
  g_autofree char *range = test_request_get_field (request, "Range");

  if (range != NULL)
    {
      g_assert_cmpstr (range, ==, "bytes=5-");
      test_connection_printf (connection, "HTTP/1.1 206 Partial Content\r\nETag: \"one\"\r\n"
                              "Content-Range: bytes 5-9/10\r\nContent-Length: 5\r\n\r\n56789");
      return;
    }

  test_connection_printf (connection, "HTTP/1.1 200 OK\r\nETag: \"one\"\r\nContent-Length: 10\r\n\r\n01234");
  test_connection_wait_gate (connection);
  test_connection_printf (connection, "56789");
}

static void
wait_for_half (const char *part)
{
  struct stat info;

  while (stat (part, &info) != 0 || info.st_size < 5)
    g_thread_yield ();
}

/* A file is whole, and has no byte that did not come from the server, whatever another program does to its part */
static void
test_part_changed (TestFixture *self,
                   gconstpointer data)
{
  g_autofree char *path = test_fixture_path (self, "file");
  g_autofree char *part = test_fixture_path (self, ".file.pillion-part");
  g_autofree char *other = test_fixture_path (self, "other");

  for (guint i = 0; i < 4; i++)
    {
      TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_gated, NULL);
      g_autofree char *url = test_server_url (server, "/");
      PillionTask *task;

      g_assert_true (g_file_set_contents (path, OLD, -1, NULL));
      task = start (self, url, path);
      wait_for_half (part);
      if (i == 0)
        g_assert_cmpint (truncate (part, 0), ==, 0);
      else if (i == 1)
        g_assert_cmpint (truncate (part, 2), ==, 0);
      else if (i == 2)
        g_assert_cmpint (truncate (part, 7), ==, 0);
      else
        g_assert_cmpint (link (part, other), ==, 0);
      test_server_open_gate (server);
      assert_fails (self, task, path, G_IO_ERROR_FAILED);
      test_assert_file (path, OLD, strlen (OLD));
      g_assert_cmpuint (test_fixture_count_files (self), ==, i == 3 ? 2 : 1);
      test_server_free (server);
    }
}

/* The folder is moved, and another one is in its place */
static void
test_folder_moved (TestFixture *self,
                   gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_gated, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *folder = test_fixture_path (self, "folder");
  g_autofree char *moved = test_fixture_path (self, "moved");
  g_autofree char *path = test_fixture_path (self, "folder/file");
  g_autofree char *part = test_fixture_path (self, "folder/.file.pillion-part");
  PillionTask *task;

  g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
  task = start (self, url, path);
  wait_for_half (part);
  g_assert_cmpint (g_rename (folder, moved), ==, 0);
  g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
  test_server_open_gate (server);
  assert_fails (self, task, folder, G_IO_ERROR_NOT_FOUND);
  test_assert_no_file (path);
  test_server_free (server);
}

/* A child of a fork has the part file open, but does not hold it */
static void
test_fork (TestFixture *self,
           gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_gated, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *path = test_fixture_path (self, "file");
  g_autofree char *part = test_fixture_path (self, ".file.pillion-part");
  g_autoptr (PillionHttpDownload) download = NULL;
  g_autoptr (GError) error = NULL;
  PillionTask *task = start (self, url, path);
  int pipe_fds[2];
  char byte;
  pid_t child;

  wait_for_half (part);
  g_assert_cmpint (pipe (pipe_fds), ==, 0);
  child = fork ();
  if (child == 0)
    {
      close (pipe_fds[1]);
      _exit (read (pipe_fds[0], &byte, 1) == 0 ? 0 : 1);
    }
  g_assert_cmpint (child, >, 0);

  pillion_task_cancel (task);
  assert_fails (self, task, url, G_IO_ERROR_CANCELLED);
  download = test_fixture_await_download (self, start (self, url, path), &error);
  g_assert_no_error (error);
  g_assert_cmpint (pillion_http_download_get_resumed_from (download), ==, 5);
  test_assert_file (path, "0123456789", 10);

  /* It has lived until now */
  g_assert_cmpint (waitpid (child, NULL, WNOHANG), ==, 0);
  close (pipe_fds[1]);
  g_assert_cmpint (waitpid (child, NULL, 0), ==, child);
  close (pipe_fds[0]);
  test_server_free (server);
}

/* Files outlast no name on disk with a password in it */
static void
test_no_password (TestFixture *self,
                  gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_half, NULL);
  g_autofree char *plain = test_server_url (server, "/");
  g_autofree char *url = g_strconcat ("http://user:secret@", plain + strlen ("http://"), NULL);
  g_autofree char *path = test_fixture_path (self, "file");
  g_autofree char *record = test_fixture_path (self, ".file.pillion-part.info");
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (test_fixture_await_download (self, start (self, url, path), &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_assert_true (g_file_get_contents (record, &text, NULL, NULL));
  g_assert_null (strstr (text, "secret"));
  test_server_free (server);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/download-target/what-is-no-file-is-refused", test_special);
  test_case ("/http/download-target/what-is-no-file-any-more-is-refused", test_special_later);
  test_case ("/http/download-target/links-are-followed", test_links);
  test_case ("/http/download-target/mode-is-kept", test_mode);
  test_case ("/http/download-target/mode-of-the-part", test_mode_of_part);
  test_case ("/http/download-target/owner-is-kept", test_owner);
  test_case ("/http/download-target/access-control-list-is-kept", test_acl);
  test_case ("/http/download-target/part-changed-by-another-program", test_part_changed);
  test_case ("/http/download-target/folder-moved", test_folder_moved);
  test_case ("/http/download-target/forked-child-does-not-hold-the-part", test_fork);
  test_case ("/http/download-target/record-has-no-password", test_no_password);

  return g_test_run ();
}
