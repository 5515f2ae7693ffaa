/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Cookies that outlive a call, and the program */

#include "../test-support.h"
#include "base/pillion-sync.h"
#include "http-support.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define HEADER "# Netscape HTTP Cookie File\n# Written by Pillion\n\n"
#define FAR "3907833377" /* in 2093 */
#define FAR_SECONDS G_GINT64_CONSTANT (3907833377)

/* Answers with the cookies that came. /set sets some, and /go does and redirects. */
static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  g_autofree char *path = test_request_get_path (request);
  g_autofree char *cookies = test_request_get_field (request, "Cookie");

  if (strcmp (path, "/go") == 0)
    test_connection_printf (connection, "HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\nSet-Cookie: went=1\r\n\r\n");
  else
    test_connection_answer (connection,
                            strcmp (path, "/set") == 0 ? "Set-Cookie: short=1\r\nSet-Cookie: far=2; HttpOnly; Path=/; Expires="
                                                         "Sat, 31 Oct 2093 13:16:17 GMT\r\n"
                                                       : NULL,
                            cookies != NULL ? cookies : "none", -1);
}

static PillionHttpCookieJar *
open_jar (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);

  return pillion_http_cookie_jar_new_for_file (file);
}

/* Takes the task */
static void
assert_done (TestFixture *self,
             PillionTask *task)
{
  g_autoptr (GError) error = NULL;

  pillion_loop_run_until_complete (self->loop, task, &error);
  g_assert_no_error (error);
  g_assert_true (pillion_task_get_boolean (task, &error));
  g_assert_no_error (error);
  pillion_sync_unref (task);
}

static void
assert_failed (TestFixture *self,
               PillionTask *task,
               GQuark domain,
               int code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_loop_run_until_complete (self->loop, task, &error));
  g_assert_error (error, domain, code);
  pillion_sync_unref (task);
}

/* "name=value name=value" */
static void
assert_jar (PillionHttpCookieJar *jar,
            const char *url,
            const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) cookies = pillion_http_cookie_jar_list (jar, url, &error);
  g_autoptr (GString) text = g_string_new (NULL);

  g_assert_no_error (error);
  for (guint i = 0; i < cookies->len; i++)
    {
      const PillionHttpCookie *cookie = cookies->pdata[i];

      g_string_append_printf (text, "%s%s=%s", i > 0 ? " " : "", cookie->name, cookie->value);
    }
  g_assert_cmpstr (text->str, ==, expected);
}

static void
assert_text (const char *path,
             const char *expected)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, expected);
}

static void
add (PillionHttpCookieJar *jar,
     const char *name,
     const char *value,
     const char *domain,
     gint64 seconds)
{
  g_autoptr (PillionHttpCookie) cookie = pillion_http_cookie_new (name, value, domain, NULL);
  g_autoptr (GError) error = NULL;

  cookie->expires_usec = seconds * G_USEC_PER_SEC;
  pillion_http_cookie_jar_add (jar, cookie, &error);
  g_assert_no_error (error);
}

static void
test_memory (TestFixture *self,
             gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *setting = test_server_url (server, "/set");
  g_autofree char *redirecting = test_server_url (server, "/go");
  g_autoptr (PillionHttpCookieJar) jar = pillion_http_cookie_jar_new ();
  g_autoptr (PillionHttpClient) other = pillion_http_client_new (self->loop);
  g_autoptr (GError) error = NULL;

  test_fixture_assert_get (self, setting, "none");
  test_fixture_assert_get (self, url, "none");

  pillion_http_client_set_cookie_jar (self->client, jar);
  test_fixture_assert_get (self, setting, "none");
  test_fixture_assert_get (self, url, "short=1; far=2");
  test_fixture_assert_get (self, redirecting, "short=1; far=2; went=1");

  /* Another client has them too */
  pillion_http_client_set_cookie_jar (other, jar);
  g_set_object (&self->client, other);
  test_fixture_assert_get (self, url, "short=1; far=2; went=1");
  assert_jar (jar, url, "short=1 far=2 went=1");
  assert_jar (jar, "http://example.org/", "");

  assert_done (self, pillion_http_cookie_jar_load (jar, self->loop, NULL));
  assert_done (self, pillion_http_cookie_jar_save (jar, self->loop, NULL));
  g_assert_true (pillion_http_cookie_jar_clear (jar, &error));
  test_fixture_assert_get (self, url, "none");
  pillion_http_client_set_cookie_jar (self->client, NULL);
  test_fixture_assert_get (self, setting, "none");
  assert_jar (jar, NULL, "");
  test_server_free (server);
}

static void
test_file (TestFixture *self,
           gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *setting = test_server_url (server, "/set");
  g_autofree char *path = test_fixture_path (self, "cookies.txt");
  g_autoptr (PillionHttpCookieJar) jar = open_jar (path);
  g_autoptr (PillionHttpCookieJar) again = open_jar (path);
  struct stat info;

  pillion_http_client_set_cookie_jar (self->client, jar);
  test_fixture_assert_get (self, setting, "none");
  assert_done (self, pillion_http_cookie_jar_save (jar, self->loop, NULL));
  assert_text (path, HEADER "#HttpOnly_127.0.0.1\tFALSE\t/\tFALSE\t" FAR "\tfar\t2\n");
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);

  /* Without the one that ends with the session */
  pillion_http_client_set_cookie_jar (self->client, again);
  test_fixture_assert_get (self, url, "far=2");

  /* A session cookie in place of another one ends that on the disk */
  add (again, "far", "3", "127.0.0.1", 0);
  assert_done (self, pillion_http_cookie_jar_save (again, self->loop, NULL));
  assert_text (path, HEADER);
  test_fixture_assert_get (self, url, "far=3");

  pillion_http_cookie_jar_set_save_session_cookies (again, TRUE);
  add (again, "kept", "4", "127.0.0.1", 0);
  assert_done (self, pillion_http_cookie_jar_save (again, self->loop, NULL));
  assert_text (path, HEADER "127.0.0.1\tFALSE\t/\tFALSE\t0\tkept\t4\n");
  test_server_free (server);
}

/* Until somebody else writes the file */
static void
wait_for_text (const char *path,
               const char *wanted)
{
  for (;;)
    {
      g_autofree char *text = NULL;

      if (g_file_get_contents (path, &text, NULL, NULL) && strstr (text, wanted) != NULL)
        return;
      g_usleep (1000);
    }
}

/* Until another thread has opened the file, too */
static void
wait_for_opened (const char *path)
{
  guint n = 0;

  while (n < 2)
    {
      g_autoptr (GDir) fds = g_dir_open ("/proc/self/fd", 0, NULL);
      const char *fd;

      n = 0;
      while ((fd = g_dir_read_name (fds)) != NULL)
        {
          g_autofree char *link = g_build_filename ("/proc/self/fd", fd, NULL);
          g_autofree char *to = g_file_read_link (link, NULL);

          n += g_strcmp0 (to, path) == 0;
        }
      g_thread_yield ();
    }
}

static void
test_by_itself (TestFixture *self,
                gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *setting = test_server_url (server, "/set");
  g_autofree char *path = test_fixture_path (self, "cookies.txt");
  g_autoptr (PillionHttpCookieJar) jar = open_jar (path);

  pillion_http_client_set_cookie_jar (self->client, jar);
  test_fixture_assert_get (self, setting, "none");

  /* Also after the jar is gone */
  pillion_http_client_set_cookie_jar (self->client, NULL);
  g_clear_object (&jar);
  wait_for_text (path, "far\t2");
  test_server_free (server);
}

/* What the file has while it is locked by somebody else must not bring back, or take away, what has changed in the jar since */
static void
test_cleared_while_saving (TestFixture *self,
                           gconstpointer data)
{
  g_autofree char *path = test_fixture_path (self, "cookies.txt");
  g_autoptr (PillionHttpCookieJar) jar = open_jar (path);
  g_autoptr (GError) error = NULL;
  PillionTask *save;
  int fd;

  assert_done (self, pillion_http_cookie_jar_load (jar, self->loop, NULL));
  fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  g_assert_cmpint (flock (fd, LOCK_EX), ==, 0);
  add (jar, "old", "1", "example.org", FAR_SECONDS);
  save = pillion_http_cookie_jar_save (jar, self->loop, NULL);
  wait_for_opened (path);

  g_assert_true (pillion_http_cookie_jar_clear (jar, &error));
  add (jar, "session", "2", "example.org", 0);
  add (jar, "new", "3", "example.org", FAR_SECONDS);
  close (fd);
  assert_done (self, save);
  assert_jar (jar, NULL, "new=3 session=2");
  assert_done (self, pillion_http_cookie_jar_save (jar, self->loop, NULL));
  assert_jar (jar, NULL, "new=3 session=2");
  assert_text (path, HEADER "example.org\tFALSE\t/\tFALSE\t" FAR "\tnew\t3\n");
}

/* The child of a fork has none of the parent's threads */
static void
test_fork (TestFixture *self,
           gconstpointer data)
{
  g_autofree char *path = test_fixture_path (self, "cookies.txt");
  g_autofree char *childs_path = test_fixture_path (self, "child.txt");
  g_autoptr (PillionHttpCookieJar) jar = open_jar (path);
  int status;
  pid_t child;

  if (skip_fork ())
    return;

  assert_done (self, pillion_http_cookie_jar_load (jar, self->loop, NULL));
  add (jar, "a", "1", "example.org", FAR_SECONDS);
  wait_for_text (path, "a\t1");
  /* The thread that wrote it may still have a lock; and then it has a moment to end, as the I/O thread has */
  assert_done (self, pillion_http_cookie_jar_save (jar, self->loop, NULL));
  test_wait_io_thread_gone ();
  g_usleep (20000);

  child = fork ();
  if (child == 0)
    {
      PillionHttpCookieJar *own = open_jar (childs_path);
      PillionLoop *loop = pillion_loop_new (NULL, PILLION_LOOP_PRIVATE_CONTEXT);
      PillionTask *load = pillion_http_cookie_jar_load (own, loop, NULL);

      alarm (20);
      if (!pillion_loop_run_until_complete (loop, load, NULL))
        _exit (1);
      add (own, "b", "2", "example.org", FAR_SECONDS);
      wait_for_text (childs_path, "b\t2");
      /* Not an orderly exit: valgrind would count what the parent's threads have on their stacks as leaked */
      raise (SIGKILL);
    }
  g_assert_cmpint (child, >, 0);
  g_assert_cmpint (waitpid (child, &status, 0), ==, child);
  g_assert_true (WIFSIGNALED (status));
  g_assert_cmpint (WTERMSIG (status), ==, SIGKILL);
}

static void
test_other_programs (TestFixture *self,
                     gconstpointer data)
{
  g_autofree char *path = test_fixture_path (self, "cookies.txt");
  g_autofree char *link_path = test_fixture_path (self, "link.txt");
  g_autoptr (PillionHttpCookieJar) jar = open_jar (link_path);
  const char *text = "# Netscape HTTP Cookie File\r\n\r\n  \r\n# domain\tflag\tpath\tsecure\texpiration\tname\tvalue\r\n"
                     ".example.org\tTRUE\t/\tTRUE\t" FAR "\ta\t1\r\n"
                     "#HttpOnly_www.example.org\tFALSE\t/dir\tFALSE\t0\tb\t2\r\n"
                     "www.example.org\tTRUE\t/\tFALSE\t" FAR ".25\tc\t\r\n"
                     "www.example.org\tFALSE\t/\tFALSE\t\td\r\n"
                     "www.example.org\tFALSE\t/\tFALSE\t1000\told\t5";
  struct stat info;

  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_cmpint (g_chmod (path, 0640), ==, 0);
  g_assert_cmpint (symlink ("cookies.txt", link_path), ==, 0);

  assert_done (self, pillion_http_cookie_jar_load (jar, self->loop, NULL));
  assert_jar (jar, NULL, "a=1 b=2 c= d=");
  assert_jar (jar, "https://www.example.org/dir/", "b=2 a=1 c= d=");
  assert_jar (jar, "http://www.example.org/", "c= d=");
  assert_jar (jar, "https://x.example.org/", "a=1");
  assert_jar (jar, "http://x.www.example.org/", "c=");

  /* What others keep for a session stays */
  add (jar, "e", "6", "example.org", FAR_SECONDS);
  assert_done (self, pillion_http_cookie_jar_save (jar, self->loop, NULL));
  assert_text (path, HEADER ".example.org\tTRUE\t/\tTRUE\t" FAR "\ta\t1\n"
                            "#HttpOnly_www.example.org\tFALSE\t/dir\tFALSE\t0\tb\t2\n"
                            ".www.example.org\tTRUE\t/\tFALSE\t" FAR "\tc\t\n"
                            "www.example.org\tFALSE\t/\tFALSE\t0\td\t\n"
                            "example.org\tFALSE\t/\tFALSE\t" FAR "\te\t6\n");
  g_assert_cmpint (g_stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0640);
  g_assert_true (g_file_test (link_path, G_FILE_TEST_IS_SYMLINK));
}

static void
test_shared_file (TestFixture *self,
                  gconstpointer data)
{
  g_autofree char *path = test_fixture_path (self, "cookies.txt");
  g_autoptr (PillionHttpCookieJar) first = open_jar (path);
  g_autoptr (PillionHttpCookieJar) second = open_jar (path);
  g_autoptr (PillionHttpCookie) cookie = pillion_http_cookie_new ("a", "", "example.org", NULL);
  g_autoptr (GError) error = NULL;

  add (first, "a", "1", "example.org", FAR_SECONDS);
  add (second, "b", "2", "example.org", FAR_SECONDS);
  add (second, "session", "3", "example.org", 0);
  assert_done (self, pillion_http_cookie_jar_save (first, self->loop, NULL));
  assert_done (self, pillion_http_cookie_jar_save (second, self->loop, NULL));
  assert_jar (second, NULL, "a=1 b=2 session=3");
  assert_jar (first, NULL, "a=1");

  /* What the other one changed and removed is so here too */
  add (second, "b", "4", "example.org", FAR_SECONDS);
  g_assert_true (pillion_http_cookie_jar_remove (second, cookie, &error));
  g_assert_false (pillion_http_cookie_jar_remove (second, cookie, &error));
  g_assert_no_error (error);
  assert_done (self, pillion_http_cookie_jar_save (second, self->loop, NULL));
  add (first, "c", "5", "example.org", FAR_SECONDS);
  assert_done (self, pillion_http_cookie_jar_save (first, self->loop, NULL));
  assert_jar (first, NULL, "b=4 c=5");

  g_assert_true (pillion_http_cookie_jar_clear (second, &error));
  add (second, "d", "6", "example.org", FAR_SECONDS);
  assert_done (self, pillion_http_cookie_jar_save (second, self->loop, NULL));
  assert_text (path, HEADER "example.org\tFALSE\t/\tFALSE\t" FAR "\td\t6\n");
}

typedef struct
{
  PillionHttpCookieJar *jar;
  const char *prefix;
} Writer;

static void
write_many (PillionTask *task,
            GCancellable *cancellable,
            gpointer data)
{
  Writer *self = data;

  for (guint i = 0; i < 20; i++)
    {
      g_autofree char *name = g_strdup_printf ("%s%u", self->prefix, i);

      add (self->jar, name, "1", "example.org", FAR_SECONDS);
    }
  pillion_task_return_boolean (task, TRUE);
}

static void
test_threads (TestFixture *self,
              gconstpointer data)
{
  g_autofree char *path = test_fixture_path (self, "cookies.txt");
  g_autoptr (PillionHttpCookieJar) jar = open_jar (path);
  g_autoptr (PillionHttpCookieJar) other = open_jar (path);
  g_autoptr (PillionHttpCookieJar) reader = open_jar (path);
  g_autoptr (GPtrArray) cookies = NULL;
  Writer writers[] = { { jar, "a" }, { jar, "b" }, { other, "c" }, { other, "d" } };
  PillionTask *tasks[G_N_ELEMENTS (writers) + 2];

  for (guint i = 0; i < G_N_ELEMENTS (writers); i++)
    tasks[i] = pillion_loop_run_in_thread (self->loop, "writer", NULL, write_many, &writers[i], NULL);
  tasks[4] = pillion_http_cookie_jar_save (jar, self->loop, NULL);
  tasks[5] = pillion_http_cookie_jar_save (other, self->loop, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    assert_done (self, tasks[i]);
  assert_done (self, pillion_http_cookie_jar_save (jar, self->loop, NULL));
  assert_done (self, pillion_http_cookie_jar_save (other, self->loop, NULL));

  cookies = pillion_http_cookie_jar_list (reader, NULL, NULL);
  g_assert_cmpuint (cookies->len, ==, 80);
}

static void
test_broken (TestFixture *self,
             gconstpointer data)
{
  static const char *const broken[] = {
    "\x89PNG\r\n\x1a\n",
    "example.org\tFALSE\t/\tFALSE\t" FAR,
    "example.org FALSE / FALSE 0 a 1",
    "example.org\tFALSE\t/\tMAYBE\t" FAR "\ta\t1",
    "example.org\tFALSE\t/\tFALSE\tsoon\ta\t1",
    "example.org\tFALSE\t/\tFALSE\t" FAR "\ta\t1\textra",
    "example.org\tFALSE\t/\tFALSE\t" FAR "\t\t1",
    ".com\tTRUE\t/\tFALSE\t" FAR "\ta\t1",
    "example.org\tFALSE\tpath\tFALSE\t" FAR "\ta\t1",
  };
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/");

  for (guint i = 0; i < G_N_ELEMENTS (broken); i++)
    {
      g_autofree char *name = g_strdup_printf ("cookies-%u.txt", i);
      g_autofree char *path = test_fixture_path (self, name);
      g_autofree char *aside = g_strconcat (path, ".broken", NULL);
      g_autofree char *second_aside = g_strconcat (path, ".broken-2", NULL);
      g_autofree char *text = g_strdup_printf ("127.0.0.1\tFALSE\t/\tFALSE\t" FAR "\tgood\t1\n%s\n", broken[i]);
      g_autoptr (PillionHttpCookieJar) jar = open_jar (path);
      g_autoptr (PillionHttpCookieJar) second = open_jar (path);
      g_autoptr (PillionHttpCookieJar) third = open_jar (path);

      /* A call takes what is good, and load () says what was not */
      g_assert_true (g_file_set_contents (path, text, -1, NULL));
      pillion_http_client_set_cookie_jar (self->client, jar);
      test_fixture_assert_get (self, url, "good=1");
      assert_failed (self, pillion_http_cookie_jar_load (jar, self->loop, NULL), PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_COOKIE);
      assert_text (aside, text);
      assert_text (path, HEADER "127.0.0.1\tFALSE\t/\tFALSE\t" FAR "\tgood\t1\n");
      assert_done (self, pillion_http_cookie_jar_load (second, self->loop, NULL));

      /* One that breaks later loses nothing either, nor does the first one that was put aside */
      g_assert_true (g_file_set_contents (path, text, -1, NULL));
      add (second, "more", "2", "127.0.0.1", FAR_SECONDS);
      assert_done (self, pillion_http_cookie_jar_save (second, self->loop, NULL));
      assert_text (aside, text);
      assert_text (second_aside, text);
      assert_jar (third, NULL, "good=1 more=2");
    }
  test_server_free (server);
}

static void
test_unreadable (TestFixture *self,
                 gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve, NULL);
  g_autofree char *url = test_server_url (server, "/");
  g_autofree char *path = test_fixture_path (self, "cookies.txt");
  g_autofree char *large = test_fixture_path (self, "large.txt");
  g_autoptr (PillionHttpCookieJar) jar = open_jar (path);
  g_autoptr (PillionHttpCookieJar) large_jar = open_jar (large);
  g_autoptr (GFile) remote = g_file_new_for_uri ("http://example.org/cookies.txt");
  g_autoptr (PillionHttpCookieJar) remote_jar = pillion_http_cookie_jar_new_for_file (remote);
  g_autoptr (PillionHttpCookie) cookie = pillion_http_cookie_new ("a", "1", "example.org", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  pillion_http_client_set_cookie_jar (self->client, jar);
  test_fixture_assert_error (self, url, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  g_assert_cmpuint (test_server_get_requests (server), ==, 0);
  assert_failed (self, pillion_http_cookie_jar_load (jar, self->loop, NULL), G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  g_assert_null (pillion_http_cookie_jar_list (jar, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  g_clear_error (&error);
  g_assert_false (pillion_http_cookie_jar_add (jar, cookie, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  g_clear_error (&error);
  g_assert_false (pillion_http_cookie_jar_remove (jar, cookie, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  g_clear_error (&error);
  g_assert_false (pillion_http_cookie_jar_clear (jar, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  g_clear_error (&error);

  /* The next call tries again */
  g_assert_cmpint (g_rmdir (path), ==, 0);
  test_fixture_assert_get (self, url, "none");

  assert_failed (self, pillion_http_cookie_jar_load (remote_jar, self->loop, NULL), G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  pillion_http_client_set_cookie_jar (self->client, remote_jar);
  test_fixture_assert_error (self, url, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);

  /* Somebody's film is not renamed */
  g_assert_true (g_file_set_contents (large, "", 0, NULL));
  g_assert_cmpint (truncate (large, 17 * 1024 * 1024), ==, 0);
  assert_failed (self, pillion_http_cookie_jar_load (large_jar, self->loop, NULL), PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE);
  test_server_free (server);
}

static void
test_unwritable (TestFixture *self,
                 gconstpointer data)
{
  g_autofree char *folder = test_fixture_path (self, "folder");
  g_autofree char *path = g_build_filename (folder, "cookies.txt", NULL);
  g_autoptr (PillionHttpCookieJar) jar = open_jar (path);

  add (jar, "a", "1", "example.org", FAR_SECONDS);
  assert_failed (self, pillion_http_cookie_jar_save (jar, self->loop, NULL), G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  add (jar, "b", "2", "example.org", FAR_SECONDS);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  assert_done (self, pillion_http_cookie_jar_save (jar, self->loop, NULL));
  assert_jar (jar, NULL, "a=1 b=2");
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static void
test_cookies (TestFixture *self,
              gconstpointer data)
{
  static const char *const invalid[][4] = {
    { "", "1", "example.org", "/" },
    { "a=b", "1", "example.org", "/" },
    { "a\n", "1", "example.org", "/" },
    { "a", "1;2", "example.org", "/" },
    { "a", "\xff", "example.org", "/" },
    { "a", "1", "", "/" },
    { "a", "1", ".", "/" },
    { "a", "1", "http://example.org", "/" },
    { "a", "1", ".com", "/" },
    { "a", "1", ".127.0.0.1", "/" },
    { "a", "1", "example.org", "dir" },
    { "__Secure-a", "1", "example.org", "/" },
    { "__Host-a", "1", "example.org", "/" },
  };
  g_autoptr (PillionHttpCookieJar) jar = pillion_http_cookie_jar_new ();
  g_autoptr (PillionHttpCookie) cookie = pillion_http_cookie_new ("a", "1", ".Example.ORG", NULL);
  PillionHttpCookie *copy = pillion_http_cookie_copy (cookie);
  g_autoptr (GError) error = NULL;

  g_assert_cmpstr (copy->domain, ==, "example.org");
  g_assert_cmpstr (copy->path, ==, "/");
  g_assert_false (copy->host_only);
  g_assert_cmpint (copy->expires_usec, ==, 0);
  g_assert_true (pillion_http_cookie_jar_add (jar, copy, &error));
  assert_jar (jar, "http://www.example.org/", "a=1");
  copy->expires_usec = 1;
  g_assert_true (pillion_http_cookie_jar_add (jar, copy, &error));
  assert_jar (jar, NULL, "");
  g_assert_no_error (error);
  pillion_http_cookie_free (copy);

  for (guint i = 0; i < G_N_ELEMENTS (invalid); i++)
    {
      g_autoptr (PillionHttpCookie) bad = pillion_http_cookie_new (invalid[i][0], invalid[i][1], invalid[i][2], invalid[i][3]);

      g_assert_false (pillion_http_cookie_jar_add (jar, bad, &error));
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_COOKIE);
      g_clear_error (&error);
    }

  g_assert_null (pillion_http_cookie_jar_list (jar, "example.org", &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_URL);
  g_clear_error (&error);
  g_assert_null (pillion_http_cookie_jar_list (jar, "ftp://example.org", &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_UNSUPPORTED_SCHEME);
}

static void
count (guint *n)
{
  ++*n;
}

static void
test_properties (TestFixture *self,
                 gconstpointer data)
{
  g_autoptr (GFile) file = g_file_new_for_path ("/nowhere/cookies.txt");
  g_autoptr (PillionHttpCookieJar) jar = pillion_http_cookie_jar_new_for_file (file);
  g_autoptr (PillionHttpCookieJar) got = NULL;
  g_autoptr (GFile) got_file = NULL;
  gboolean save;
  guint n = 0;

  g_object_get (jar, "file", &got_file, "save-session-cookies", &save, NULL);
  g_assert_true (got_file == file);
  g_assert_true (pillion_http_cookie_jar_get_file (jar) == file);
  g_assert_false (save);
  g_signal_connect_swapped (jar, "notify::save-session-cookies", G_CALLBACK (count), &n);
  g_object_set (jar, "save-session-cookies", TRUE, NULL);
  g_object_set (jar, "save-session-cookies", TRUE, NULL);
  g_assert_true (pillion_http_cookie_jar_get_save_session_cookies (jar));
  g_assert_cmpuint (n, ==, 1);

  g_signal_connect_swapped (self->client, "notify::cookie-jar", G_CALLBACK (count), &n);
  g_object_set (self->client, "cookie-jar", jar, NULL);
  g_object_set (self->client, "cookie-jar", jar, NULL);
  g_object_get (self->client, "cookie-jar", &got, NULL);
  g_assert_true (got == jar);
  g_assert_true (pillion_http_client_get_cookie_jar (self->client) == jar);
  g_assert_cmpuint (n, ==, 2);
}

static PillionTask *
set_virtual (PillionHttpTestExchange *exchange,
             gpointer data)
{
  const char *cookies = pillion_http_test_exchange_get_header (exchange, "Cookie");

  pillion_http_test_exchange_add_header (exchange, "Set-Cookie", "a=1; Max-Age=10000000");
  pillion_http_test_exchange_set_text (exchange, cookies != NULL ? cookies : "none", NULL);
  return NULL;
}

/* A worker reads the file, for a client that has no other threads */
static void
test_virtual_clock (PillionLoop *loop,
                    gpointer data)
{
  g_autofree char *folder = g_dir_make_tmp ("pillion-http-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "cookies.txt", NULL);
  g_autoptr (PillionHttpTestTransport) transport = pillion_http_test_transport_new (loop);

  pillion_http_test_transport_add_handler (transport, "/", set_virtual, NULL, NULL);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionHttpClient) client = pillion_http_client_new (loop);
      g_autoptr (PillionHttpCookieJar) jar = open_jar (path);
      g_autoptr (PillionTask) task = NULL;
      g_autoptr (PillionTask) save = NULL;
      g_autoptr (GBytes) body = NULL;
      g_autoptr (GError) error = NULL;
      const char *expected = i == 0 ? "none" : "a=1";

      pillion_http_client_set_transport (client, transport);
      pillion_http_client_set_cookie_jar (client, jar);
      task = pillion_http_client_get_bytes (client, "http://example.org/", NULL);
      body = pillion_await_bytes (task, &error);
      g_assert_no_error (error);
      g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), expected, strlen (expected));
      save = pillion_http_cookie_jar_save (jar, loop, NULL);
      g_assert_true (pillion_await (save, &error));
    }

  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

/* The program that test_at_exit () runs: it ends at once */
static int
add_and_exit (const char *path)
{
  g_autoptr (PillionHttpCookieJar) jar = open_jar (path);
  g_autoptr (PillionHttpCookie) cookie = pillion_http_cookie_new ("last", "1", "example.org", "/");

  cookie->expires_usec = FAR_SECONDS * G_USEC_PER_SEC;
  return pillion_http_cookie_jar_add (jar, cookie, NULL) ? 0 : 1;
}

static void
test_at_exit (TestFixture *self,
              gconstpointer data)
{
  g_autofree char *path = test_fixture_path (self, "cookies.txt");
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  char *arguments[] = { program, (char *) "--add", path, NULL };
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  int status;

  g_assert_true (g_spawn_sync (NULL, arguments, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, NULL, &status, &error));
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "last\t1\n"));
}

/* In a comment, since the format has no field for it */
static void
test_same_site (TestFixture *self,
                gconstpointer data)
{
  static const PillionHttpSameSite values[] = { PILLION_HTTP_SAME_SITE_STRICT, PILLION_HTTP_SAME_SITE_NONE, PILLION_HTTP_SAME_SITE_LAX };
  g_autofree char *path = test_fixture_path (self, "cookies.txt");
  g_autoptr (GPtrArray) cookies = NULL;

  /* The second time nothing else about them changes */
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (PillionHttpCookieJar) jar = open_jar (path);

      for (guint j = 0; i < 2 && j < G_N_ELEMENTS (values); j++)
        {
          g_autofree char *name = g_strdup_printf ("c%u", j);
          g_autoptr (PillionHttpCookie) cookie = pillion_http_cookie_new (name, "1", "example.org", "/");

          cookie->expires_usec = FAR_SECONDS * G_USEC_PER_SEC;
          cookie->same_site = i == 0 ? PILLION_HTTP_SAME_SITE_NONE : values[j];
          cookie->http_only = j == 2;
          g_assert_true (pillion_http_cookie_jar_add (jar, cookie, NULL));
        }
      if (i < 2)
        assert_done (self, pillion_http_cookie_jar_save (jar, self->loop, NULL));
      else
        cookies = pillion_http_cookie_jar_list (jar, NULL, NULL);
    }

  g_assert_cmpuint (cookies->len, ==, G_N_ELEMENTS (values));
  for (guint i = 0; i < cookies->len; i++)
    {
      const PillionHttpCookie *cookie = cookies->pdata[i];

      g_assert_cmpint (cookie->same_site, ==, values[cookie->name[1] - '0']);
    }
}

int
main (int argc,
      char **argv)
{
  if (argc == 3 && g_str_equal (argv[1], "--add"))
    return add_and_exit (argv[2]);

  g_test_init (&argc, &argv, NULL);

  test_case ("/http/jar/in-memory-and-shared-by-clients", test_memory);
  test_case ("/http/jar/in-a-file", test_file);
  test_case ("/http/jar/is-written-by-itself", test_by_itself);
  test_case ("/http/jar/emptied-while-it-is-written", test_cleared_while_saving);
  test_case ("/http/jar/is-written-in-the-child-of-a-fork", test_fork);
  test_case ("/http/jar/takes-files-of-other-programs", test_other_programs);
  test_case ("/http/jar/several-with-one-file", test_shared_file);
  test_case ("/http/jar/threads", test_threads);
  test_case ("/http/jar/broken-file-is-kept-aside", test_broken);
  test_case ("/http/jar/file-that-cannot-be-read-is-an-error", test_unreadable);
  test_case ("/http/jar/file-that-cannot-be-written-is-tried-again", test_unwritable);
  test_case ("/http/jar/cookies", test_cookies);
  test_case ("/http/jar/is-written-at-exit", test_at_exit);
  test_case ("/http/jar/keeps-same-site", test_same_site);
  test_case ("/http/jar/properties", test_properties);
  pillion_test_add_func ("/http/jar/on-a-virtual-clock", test_virtual_clock);

  return g_test_run ();
}
