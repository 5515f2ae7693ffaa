/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Downloads over several real connections: how they break, and what is left when a download ends early. When there are
 * several, and how many, is tested by test-download-pace.c on a virtual clock. */

#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "../test-support.h"
#include "base/pillion-sync.h"
#include "download-support.h"

#define MIB (1024 * 1024)
#define SIZE (17 * MIB + 12345)
#define PIECE (32 * 1024)

/* How fast the first response is until a range was sent, in bytes per second. It is so slow that even a busy machine has
 * long noticed that another connection helps before everything has arrived. */
#define RATE (512 * 1024)

/* Instead of the C library's: nothing here is about the disk, which would take most of the time */
int
fsync (int fd)
{
  return 0;
}

int
fdatasync (int fd)
{
  return 0;
}

/* What the server does, apart from sending the file */
typedef struct
{
  gboolean fast;   /* from the beginning */
  gsize too_few;   /* responses to ranges are chunked, and have this many bytes less than they say */
  gsize too_much;  /* responses to ranges are chunked, and have this many bytes too many */
  gsize cut;       /* responses to ranges end after this many bytes, 0 for the right ones */
  gsize cut_first; /* the response to a request without a range does, once a range was sent */
  guint n_cuts;    /* how often that happens, 0 for always */
  gboolean silent; /* nothing is sent for a range until something was cut */
  gboolean whole;  /* a request for all that is left gets the whole file, and one for another range nothing. It is slow enough
                    * for further connections. */
  gboolean resets; /* the connection is reset then, and not closed */
  gint64 hold;     /* once this many bytes of ranges were sent, nothing is, and the first response stays slow; 0 for never */
} Behaviour;

typedef struct
{
  TestServer *server;
  char *url;

  GMutex lock; /* for the rest */
  GCond changed;
  Behaviour behaviour;
  guint n_whole;   /* requests without a range */
  guint n_ranges;  /* requests with one */
  guint n_cuts;
  gint64 n_ranged; /* bytes of ranges */
} Server;

/* What all servers have */
static guint8 *content;
static char *content_sha256;

/* Returns how long to wait before the next piece, in µs */
static GTimeSpan
count (Server *self,
       gsize n,
       gboolean is_range)
{
  GTimeSpan wait = 0;

  pillion_mutex_lock (&self->lock);
  if (is_range)
    self->n_ranged += (gint64) n;
  else if ((self->n_ranged == 0 || self->behaviour.hold > 0) && !self->behaviour.fast)
    wait = (GTimeSpan) n * G_USEC_PER_SEC / RATE;
  else if (self->behaviour.whole && self->n_whole > 1)
    wait = (GTimeSpan) n * G_USEC_PER_SEC / RATE / 12;
  while (self->behaviour.hold > 0 && self->n_ranged >= self->behaviour.hold)
    pillion_cond_wait (&self->changed, &self->lock);
  pillion_mutex_unlock (&self->lock);

  return wait;
}

static gboolean
should_cut (Server *self,
            gsize sent,
            gboolean is_range)
{
  const Behaviour *behaviour = &self->behaviour;
  gboolean cut;

  pillion_mutex_lock (&self->lock);
  cut = is_range ? behaviour->cut > 0 && sent >= behaviour->cut
                 : behaviour->cut_first > 0 && sent >= behaviour->cut_first && self->n_ranged > 0;
  cut = cut && (behaviour->n_cuts == 0 || self->n_cuts < behaviour->n_cuts);
  self->n_cuts += cut;
  if (cut)
    g_cond_broadcast (&self->changed);
  pillion_mutex_unlock (&self->lock);

  return cut;
}

/* The first response goes on as if the range had been sent */
static void
wait_for_cut (Server *self)
{
  pillion_mutex_lock (&self->lock);
  self->n_ranged++;
  while (self->behaviour.whole || (self->behaviour.silent && self->n_cuts == 0))
    pillion_cond_wait (&self->changed, &self->lock);
  pillion_mutex_unlock (&self->lock);
}

static void
send_bytes (Server *self,
            TestConnection *connection,
            gboolean resets,
            gsize first,
            gsize end,
            gboolean is_range)
{
  for (gsize at = first; at < end;)
    {
      gsize n = MIN (PIECE, end - at);
      GTimeSpan wait;

      if (!test_connection_write (connection, content + at, (gssize) n))
        break;
      at += n;
      wait = count (self, n, is_range);
      if (should_cut (self, at - first, is_range))
        {
          if (resets)
            test_connection_reset (connection);
          else
            test_connection_close (connection);
          break;
        }
      if (wait > 0)
        g_usleep ((gulong) wait);
    }
}

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  Server *self = data;
  g_autofree char *range = test_request_get_field (request, "Range");
  g_autofree char *if_range = test_request_get_field (request, "If-Range");
  gboolean is_range = range != NULL && g_strcmp0 (if_range, "\"one\"") == 0;
  Behaviour behaviour;
  gsize first = 0;
  gsize end = SIZE;

  pillion_mutex_lock (&self->lock);
  behaviour = self->behaviour;
  if (is_range && behaviour.whole && g_str_has_suffix (range, "-"))
    is_range = FALSE;
  if (is_range)
    self->n_ranges++;
  else
    self->n_whole++;
  pillion_mutex_unlock (&self->lock);

  if (is_range)
    {
      char *next;

      first = g_ascii_strtoull (range + strlen ("bytes="), &next, 10);
      if (next[1] != '\0')
        end = g_ascii_strtoull (next + 1, NULL, 10) + 1;
      g_assert_cmpuint (first, <, end);
      g_assert_cmpuint (end, <=, SIZE);
    }

  if (is_range && (behaviour.silent || behaviour.whole))
    wait_for_cut (self);

  if (is_range && behaviour.too_few + behaviour.too_much > 0)
    {
      gsize n = end - first - MIN (behaviour.too_few, end - first - 1);

      count (self, n, TRUE);
      test_connection_printf (connection, "HTTP/1.1 206 Partial Content\r\nTransfer-Encoding: chunked\r\nETag: \"one\"\r\n"
                              "Content-Range: bytes %zu-%zu/%d\r\n\r\n%zx\r\n", first, end - 1, SIZE, n + behaviour.too_much);
      test_connection_write (connection, content + first, (gssize) n);
      test_connection_write (connection, content, (gssize) behaviour.too_much);
      test_connection_printf (connection, "\r\n0\r\n\r\n");
      return;
    }

  if (is_range)
    test_connection_printf (connection, "HTTP/1.1 206 Partial Content\r\nContent-Length: %zu\r\nETag: \"one\"\r\n"
                            "Content-Range: bytes %zu-%zu/%d\r\n\r\n", end - first, first, end - 1, SIZE);
  else
    test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\nETag: \"one\"\r\n\r\n", SIZE);
  send_bytes (self, connection, behaviour.resets, first, end, is_range);
}

static void
behave (Server *self,
        Behaviour behaviour)
{
  pillion_mutex_lock (&self->lock);
  self->behaviour = behaviour;
  self->n_whole = self->n_ranges = self->n_cuts = 0;
  g_cond_broadcast (&self->changed);
  pillion_mutex_unlock (&self->lock);
}

static Server *
server_new (Behaviour behaviour)
{
  Server *self = g_new0 (Server, 1);

  g_mutex_init (&self->lock);
  g_cond_init (&self->changed);
  self->behaviour = behaviour;
  self->server = test_server_new (TEST_SERVER_PLAIN, serve, self);
  self->url = test_server_url (self->server, "/file");

  return self;
}

static void
server_free (Server *self)
{
  behave (self, (Behaviour) { .fast = TRUE });
  test_server_free (self->server);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->changed);
  g_free (self->url);
  g_free (self);
}

static gint64
get_ranged (Server *self)
{
  gint64 result;

  pillion_mutex_lock (&self->lock);
  result = self->n_ranged;
  pillion_mutex_unlock (&self->lock);

  return result;
}

static guint
get_count (Server *self,
           const guint *value)
{
  guint result;

  pillion_mutex_lock (&self->lock);
  result = *value;
  pillion_mutex_unlock (&self->lock);

  return result;
}

static void
assert_downloads (TestFixture *self,
                  Server *server,
                  gboolean from_the_beginning)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpDownload) result = test_fixture_download (self, server->url, "file", content_sha256, &error);

  g_assert_no_error (error);
  g_assert_cmpint (pillion_http_download_get_size (result), ==, SIZE);
  if (from_the_beginning)
    g_assert_cmpint (pillion_http_download_get_resumed_from (result), ==, 0);
  else
    g_assert_cmpint (pillion_http_download_get_resumed_from (result), >, 0);
  g_assert_cmpint (pillion_http_download_get_integrity (result), ==, PILLION_HTTP_INTEGRITY_DIGEST);
  test_fixture_assert_content (self, "file", content, SIZE);
  g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
}

/* Whatever a connection for a range does, and the first one once there are others */
static void
test_broken (TestFixture *self,
             gconstpointer data)
{
  Server *server = server_new (*(const Behaviour *) data);

  assert_downloads (self, server, TRUE);
  g_assert_cmpuint (get_count (server, &server->n_ranges), >, 0);
  server_free (server);
}

/* A server that can't send the rest, and may have broken off the first response because of other connections */
static void
test_begins_again_once (TestFixture *self,
                        gconstpointer data)
{
  Server *server = server_new ((Behaviour) { .cut_first = 16 * MIB, .whole = TRUE });
  g_autoptr (GError) error = NULL;

  g_assert_null (test_fixture_download (self, server->url, "file", content_sha256, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_assert_cmpuint (get_count (server, &server->n_ranges), >, 0);
  /* The second response is dropped if it comes while a worker has the part file */
  g_assert_cmpuint (get_count (server, &server->n_whole), >=, 2);
  g_assert_cmpuint (get_count (server, &server->n_whole), <=, 3);
  server_free (server);
}

/* All connections go through the proxy */
static void
test_proxy (TestFixture *self,
            gconstpointer data)
{
  Server *server = server_new ((Behaviour) { 0 });
  g_autofree char *proxy = test_server_url (server->server, "");

  pillion_http_client_set_proxy (self->client, proxy);
  g_free (server->url);
  server->url = g_strdup ("http://files.invalid/file");
  assert_downloads (self, server, TRUE);
  g_assert_cmpuint (get_count (server, &server->n_ranges), >, 0);
  g_assert_cmpint (get_ranged (server), >, 0);
  server_free (server);
}

/* Runs the loop until this many bytes of ranges were sent, and the part file has holes for them, as its record says */
static void
wait_for_ranges (TestFixture *self,
                 Server *server,
                 gint64 n)
{
  while (get_ranged (server) < n || test_fixture_get_size (self, ".file.pillion-part") < SIZE)
    {
      pillion_loop_kick (self->loop);
      g_usleep (1000);
    }
}

/* As when the machine loses its power: only what the disk certainly has is trusted */
static void
test_resume_after_crash (TestFixture *self,
                         gconstpointer data)
{
  Server *server = server_new ((Behaviour) { .hold = MIB });
  g_autofree char *info = test_fixture_path (self, ".file.pillion-part.info");
  g_autoptr (GError) error = NULL;
  g_autoptr (GKeyFile) record = g_key_file_new ();
  PillionTask *task = test_fixture_start (self, server->url, "file", content_sha256);

  wait_for_ranges (self, server, MIB);
  pillion_task_cancel (task);
  g_assert_null (test_fixture_await_download (self, task, &error));

  /* The disk has these of the bytes that arrived, and zeros instead of the others */
  g_assert_true (g_key_file_load_from_file (record, info, G_KEY_FILE_NONE, NULL));
  g_key_file_set_string (record, "pillion-part", "boot", "another");
  g_key_file_set_int64 (record, "pillion-part", "safe", 1000);
  g_key_file_set_string (record, "pillion-part", "safe-pieces", "1000000-1000010");
  g_assert_true (g_key_file_remove_key (record, "pillion-part", "left-size", NULL));
  g_assert_true (g_key_file_remove_key (record, "pillion-part", "left-time", NULL));
  g_assert_true (g_key_file_save_to_file (record, info, NULL));
  {
    g_autofree char *part = test_fixture_path (self, ".file.pillion-part");
    g_autofree guint8 *bytes = g_malloc0 (SIZE);

    memcpy (bytes, content, 1000);
    memcpy (bytes + 1000000, content + 1000000, 10);
    g_assert_true (g_file_set_contents_full (part, (const char *) bytes, SIZE, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  }

  behave (server, (Behaviour) { .fast = TRUE });
  assert_downloads (self, server, FALSE);
  server_free (server);
}

/* The program is killed in the middle; see main () */
static void
test_resume_after_kill (TestFixture *self,
                        gconstpointer data)
{
  Server *server = server_new ((Behaviour) { 0 });
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *path = test_fixture_path (self, "file");
  g_autofree char *draft = test_fixture_path (self, ".file.pillion-part.info~");
  char *arguments[] = { program, (char *) "--download", server->url, path, NULL };
  g_autoptr (GError) error = NULL;
  GPid pid;

  for (guint i = 0; i < 3; i++)
    {
      gint64 enough = get_ranged (server) + MIB;

      behave (server, (Behaviour) { .hold = enough });
      g_assert_true (g_spawn_async (NULL, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error));
      g_assert_no_error (error);
      wait_for_ranges (self, server, enough);
      g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
      g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
      g_spawn_close_pid (pid);
      test_assert_no_file (path);
      /* It may have been about to replace the record */
      g_assert_cmpuint (test_fixture_count_files (self), ==, g_file_test (draft, G_FILE_TEST_EXISTS) ? 3 : 2);
    }

  behave (server, (Behaviour) { .fast = TRUE });
  assert_downloads (self, server, FALSE);
  g_assert_cmpuint (get_count (server, &server->n_whole), ==, 0);
  server_free (server);
}

static void
assert_change_is_noticed (TestFixture *self,
                          PillionTask *task)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (test_fixture_await_download (self, task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "another program changed the part file"));
  g_assert_cmpuint (test_fixture_count_files (self), ==, 0);
}

/* Another program makes the part file shorter while there is one connection, so that more of them would hide it */
static void
test_part_changed_early (TestFixture *self,
                         gconstpointer data)
{
  Server *server = server_new ((Behaviour) { 0 });
  g_autofree char *part = test_fixture_path (self, ".file.pillion-part");
  PillionTask *task = test_fixture_start (self, server->url, "file", NULL);

  while (test_fixture_get_size (self, ".file.pillion-part") < 1001)
    {
      pillion_loop_kick (self->loop);
      g_usleep (1000);
    }
  g_assert_cmpint (truncate (part, 1000), ==, 0);
  assert_change_is_noticed (self, task);
  server_free (server);
}

/* Another program makes the part file shorter, so that there is a hole where something had been */
static void
test_part_changed (TestFixture *self,
                   gconstpointer data)
{
  Server *server = server_new ((Behaviour) { .hold = MIB });
  g_autofree char *part = test_fixture_path (self, ".file.pillion-part");
  PillionTask *task = test_fixture_start (self, server->url, "file", NULL);

  wait_for_ranges (self, server, MIB);
  g_assert_cmpint (truncate (part, 1000), ==, 0);
  behave (server, (Behaviour) { 0 });
  assert_change_is_noticed (self, task);
  server_free (server);
}

static int
download (const char *url,
          const char *path)
{
  g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  g_autoptr (PillionHttpClient) client = pillion_http_client_new (loop);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (PillionTask) task = pillion_http_client_download (client, url, file, NULL, NULL);

  return pillion_loop_run_until_complete (loop, task, NULL) ? 0 : 1;
}

static void
add (const char *path,
     void (*func) (TestFixture *self, gconstpointer data),
     const Behaviour *behaviour)
{
  g_test_add (path, TestFixture, behaviour, test_fixture_set_up, func, test_fixture_tear_down);
}

#define BROKEN(name, ...) \
  add ("/download/split/broken-connections-do-no-harm/" name, test_broken, &(const Behaviour) { __VA_ARGS__ })

int
main (int argc,
      char **argv)
{
  int status;

  if (argc == 4 && g_str_equal (argv[1], "--download"))
    return download (argv[2], argv[3]);

  g_test_init (&argc, &argv, NULL);
  content = test_bytes_new (SIZE);
  content_sha256 = test_sha256 (content, SIZE);

  add ("/download/split/through-the-proxy", test_proxy, NULL);
  add ("/download/split/resumes-after-kill", test_resume_after_kill, NULL);
  add ("/download/split/resumes-what-is-safe-after-crash", test_resume_after_crash, NULL);
  add ("/download/split/changed-part-is-noticed", test_part_changed, NULL);
  add ("/download/split/part-changed-early-is-noticed", test_part_changed_early, NULL);
  add ("/download/split/begins-again-once-without-ranges", test_begins_again_once, NULL);
  BROKEN ("none", 0);
  BROKEN ("cut", .cut = MIB);
  BROKEN ("cut-soon", .cut = 10000);
  BROKEN ("cut-often", .cut = 1000000, .n_cuts = 7);
  BROKEN ("reset", .cut = MIB, .resets = TRUE);
  BROKEN ("first-is-cut", .cut_first = 5 * MIB, .n_cuts = 1);
  BROKEN ("first-is-reset", .cut_first = 5 * MIB, .n_cuts = 1, .resets = TRUE);
  /* The further connections have brought nothing by then, and were given up */
  BROKEN ("first-is-cut-late", .cut_first = 16 * MIB, .n_cuts = 1, .silent = TRUE);
  BROKEN ("all-are-cut", .cut = MIB, .cut_first = 5 * MIB);
  BROKEN ("all-are-reset", .cut = MIB, .cut_first = 5 * MIB, .resets = TRUE);
  BROKEN ("less-than-announced", .too_few = 100000);
  BROKEN ("almost-nothing", .too_few = SIZE);
  BROKEN ("one-too-many", .too_much = 1);
  BROKEN ("many-too-many", .too_much = 1000000);

  status = g_test_run ();
  g_free (content);
  g_free (content_sha256);
  return status;
}
