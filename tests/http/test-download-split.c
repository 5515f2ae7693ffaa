/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Downloads over several connections, from servers that limit the rate */

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
#define RATE (4 * MIB)
#define PIECE (32 * 1024)

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
  gboolean shared;       /* the limit is for all connections together */
  gsize length;          /* of the file, 0 for all */
  guint status;          /* of answers to ranges, 0 for the right one */
  gboolean ignore_range;
  const char *etag;      /* of answers to ranges, NULL for the right one */
  const char *content_range; /* likewise */
  const char *head;      /* more fields of answers to ranges */
  gboolean wrong;        /* ranges have other bytes */
  gsize piece;           /* answers to ranges have no more bytes, 0 for all */
  gsize too_few;         /* they are chunked, and have so many bytes less than they say */
  gsize too_much;        /* answers to ranges are chunked, and have so many bytes too many */
  gsize cut;             /* answers to ranges end after so many bytes, 0 for the right ones */
  gsize cut_first;       /* the answer to a request without a range does, once a range was sent */
  guint n_cuts;          /* how often that happens, 0 for always */
  gint64 hurry;          /* so many µs after the first request there is no limit any more, 0 for never */
  gint64 hurry_on_range; /* the same after the first request for a range */
} Behaviour;

typedef struct
{
  TestServer *server;
  char *url;
  const guint8 *bytes;
  const char *sha256;

  GMutex lock; /* for the rest */
  Behaviour behaviour;
  guint n_whole;   /* requests without a range */
  guint n_ranges;  /* requests with one */
  guint n_cuts;
  gint64 n_sent;   /* bytes of all bodies */
  gint64 n_ranged; /* bytes of ranges */
  gint64 asked;    /* when the first request came, and the first one for a range, in µs, or 0 */
  gint64 asked_range;
  gint64 slot;     /* when all connections together may send again, in µs */
} Server;

/* What all servers have */
static guint8 *content;
static char *content_sha256;

static void
start_sending (Server *self,
               gboolean is_range)
{
  pillion_mutex_lock (&self->lock);
  if (self->asked == 0)
    self->asked = g_get_monotonic_time ();
  if (is_range && self->asked_range == 0)
    self->asked_range = g_get_monotonic_time ();
  if (is_range)
    self->n_ranges++;
  else
    self->n_whole++;
  pillion_mutex_unlock (&self->lock);
}

static gboolean
is_over (gint64 since,
         gint64 usec)
{
  return since > 0 && usec > 0 && g_get_monotonic_time () - since > usec;
}

/* Returns when to send the next piece */
static gint64
count (Server *self,
       gsize n,
       gboolean is_range,
       gint64 due)
{
  gint64 usec = (gint64) n * G_USEC_PER_SEC / RATE;

  pillion_mutex_lock (&self->lock);
  self->n_sent += (gint64) n;
  if (is_range)
    self->n_ranged += (gint64) n;
  if (is_over (self->asked, self->behaviour.hurry) || is_over (self->asked_range, self->behaviour.hurry_on_range))
    due = g_get_monotonic_time ();
  else if (self->behaviour.shared)
    due = self->slot = MAX (self->slot, g_get_monotonic_time ()) + usec;
  else
    due += usec;
  pillion_mutex_unlock (&self->lock);

  return due;
}

static gboolean
should_cut (Server *self,
            const Behaviour *behaviour,
            gsize sent,
            gboolean is_range)
{
  gboolean cut;

  pillion_mutex_lock (&self->lock);
  cut = is_range ? behaviour->cut > 0 && sent >= behaviour->cut : behaviour->cut_first > 0 && sent >= behaviour->cut_first && self->n_ranged > 0;
  cut = cut && (behaviour->n_cuts == 0 || self->n_cuts < behaviour->n_cuts);
  self->n_cuts += cut;
  pillion_mutex_unlock (&self->lock);

  return cut;
}

/* Sends at the rate of the server */
static void
send_slowly (Server *self,
             TestConnection *connection,
             const Behaviour *behaviour,
             gsize first,
             gsize end,
             gboolean is_range)
{
  gint64 due = g_get_monotonic_time ();

  for (gsize at = first; at < end;)
    {
      gsize n = MIN (PIECE, end - at);
      gint64 wait;

      if (!test_connection_write (connection, self->bytes + (behaviour->wrong && is_range ? 0 : at), (gssize) n))
        break;
      at += n;
      due = count (self, n, is_range, due);
      if (should_cut (self, behaviour, at - first, is_range))
        {
          test_connection_close (connection);
          break;
        }
      wait = due - g_get_monotonic_time ();
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
  g_autofree char *path = test_request_get_path (request);
  Behaviour behaviour;
  gboolean is_range;
  gsize length;

  if (g_str_equal (path, "/small"))
    {
      test_connection_answer (connection, NULL, "small", 5);
      return;
    }

  pillion_mutex_lock (&self->lock);
  behaviour = self->behaviour;
  pillion_mutex_unlock (&self->lock);
  length = behaviour.length > 0 ? behaviour.length : SIZE;

  is_range = range != NULL && g_strcmp0 (if_range, "\"one\"") == 0;
  start_sending (self, is_range);
  if (is_range && behaviour.status != 0)
    {
      test_connection_printf (connection, "HTTP/1.1 %u Some Reason\r\nContent-Length: 0\r\n\r\n", behaviour.status);
    }
  else if (is_range && !behaviour.ignore_range)
    {
      char *next;
      gsize first = g_ascii_strtoull (range + strlen ("bytes="), &next, 10);
      gsize end = next[1] != '\0' ? g_ascii_strtoull (next + 1, NULL, 10) + 1 : length;

      g_assert_cmpuint (first, <, end);
      g_assert_cmpuint (end, <=, length);
      if (behaviour.piece > 0)
        end = MIN (end, first + behaviour.piece);
      if (behaviour.too_few > 0)
        {
          gsize n = end - first - MIN (behaviour.too_few, end - first - 1);

          test_connection_printf (connection, "HTTP/1.1 206 Partial Content\r\nTransfer-Encoding: chunked\r\nETag: \"one\"\r\n"
                                  "Content-Range: bytes %zu-%zu/%zu\r\n\r\n%zx\r\n", first, end - 1, length, n);
          test_connection_write (connection, self->bytes + first, (gssize) n);
          test_connection_printf (connection, "\r\n0\r\n\r\n");
          return;
        }
      if (behaviour.too_much > 0)
        {
          test_connection_printf (connection, "HTTP/1.1 206 Partial Content\r\nTransfer-Encoding: chunked\r\nETag: \"one\"\r\n"
                                  "Content-Range: bytes %zu-%zu/%zu\r\n\r\n%zx\r\n", first, end - 1, length, end - first + behaviour.too_much);
          test_connection_write (connection, self->bytes + first, (gssize) (end - first));
          test_connection_write (connection, self->bytes, (gssize) behaviour.too_much);
          test_connection_printf (connection, "\r\n0\r\n\r\n");
          return;
        }
      test_connection_printf (connection, "HTTP/1.1 206 Partial Content\r\nContent-Length: %zu\r\nETag: %s\r\n%s", end - first,
                              behaviour.etag != NULL ? behaviour.etag : "\"one\"", behaviour.head != NULL ? behaviour.head : "");
      if (behaviour.content_range != NULL)
        test_connection_printf (connection, "Content-Range: %s\r\n\r\n", behaviour.content_range);
      else
        test_connection_printf (connection, "Content-Range: bytes %zu-%zu/%zu\r\n\r\n", first, end - 1, length);
      send_slowly (self, connection, &behaviour, first, end, TRUE);
    }
  else
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\nETag: %s\r\n\r\n", length,
                              is_range && behaviour.etag != NULL ? behaviour.etag : "\"one\"");
      send_slowly (self, connection, &behaviour, 0, length, FALSE);
    }
}

static void
behave (Server *self,
        Behaviour behaviour)
{
  pillion_mutex_lock (&self->lock);
  self->behaviour = behaviour;
  self->n_whole = self->n_ranges = self->n_cuts = 0;
  self->n_sent = self->n_ranged = self->asked = self->asked_range = 0;
  pillion_mutex_unlock (&self->lock);
}

static Server *
server_new (Behaviour behaviour)
{
  Server *self = g_new0 (Server, 1);

  g_mutex_init (&self->lock);
  self->bytes = content;
  self->sha256 = content_sha256;
  self->behaviour = behaviour;
  self->server = test_server_new (TEST_SERVER_PLAIN, serve, self);
  self->url = test_server_url (self->server, "/file");

  return self;
}

static void
server_free (Server *self)
{
  test_server_free (self->server);
  g_mutex_clear (&self->lock);
  g_free (self->url);
  g_free (self);
}

static gint64
get (Server *self,
     const gint64 *value)
{
  gint64 result;

  pillion_mutex_lock (&self->lock);
  result = *value;
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
  g_autoptr (PillionHttpDownload) result = test_fixture_download (self, server->url, "file", server->sha256, &error);

  g_assert_no_error (error);
  g_assert_cmpint (pillion_http_download_get_size (result), ==, SIZE);
  if (from_the_beginning)
    g_assert_cmpint (pillion_http_download_get_resumed_from (result), ==, 0);
  else
    g_assert_cmpint (pillion_http_download_get_resumed_from (result), >, 0);
  g_assert_cmpint (pillion_http_download_get_integrity (result), ==, PILLION_HTTP_INTEGRITY_DIGEST);
  test_fixture_assert_content (self, "file", server->bytes, SIZE);
  g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
}

static void
test_limited (TestFixture *self,
              gconstpointer data)
{
  Server *server = server_new ((Behaviour) { 0 });

  assert_downloads (self, server, TRUE);
  g_assert_cmpuint (get_count (server, &server->n_whole), ==, 1);
  g_assert_cmpuint (get_count (server, &server->n_ranges), >, 1);
  g_assert_cmpint (get (server, &server->n_ranged), >, SIZE / 3);
  /* The server may not have noticed yet that some were broken off */
  g_assert_cmpuint (test_server_get_peak (server->server), <=, 8);
  server_free (server);
}

static void
test_shared (TestFixture *self,
             gconstpointer data)
{
  g_autofree char *path = test_fixture_path (self, "file");
  gboolean alone = FALSE;

  /* A machine that is busy with something else for a moment may mislead a measurement, but not each time */
  for (guint i = 0; i < 3 && !alone; i++)
    {
      Server *server = server_new ((Behaviour) { .shared = TRUE, .hurry = 2 * G_USEC_PER_SEC });

      assert_downloads (self, server, TRUE);
      g_assert_cmpuint (get_count (server, &server->n_whole), ==, 1);
      alone = get_count (server, &server->n_ranges) <= 1 && get (server, &server->n_ranged) < SIZE / 4;
      g_assert_cmpint (g_unlink (path), ==, 0);
      server_free (server);
    }
  g_assert_true (alone);
}

/* There is one request for a range, and what comes of it does no harm */
static void
test_bad_answer (TestFixture *self,
                 gconstpointer data)
{
  Behaviour behaviour = *(const Behaviour *) data;
  Server *server;

  behaviour.hurry_on_range = 300000;
  server = server_new (behaviour);
  assert_downloads (self, server, TRUE);
  g_assert_cmpuint (test_server_get_requests (server->server), ==, 2);
  server_free (server);
}

static void
test_broken (TestFixture *self,
             gconstpointer data)
{
  Behaviour behaviour = *(const Behaviour *) data;
  Server *server;

  behaviour.hurry = 3 * G_USEC_PER_SEC;
  server = server_new (behaviour);
  assert_downloads (self, server, TRUE);
  server_free (server);
}

/* Ranges have other bytes than the file, as its digest tells: the whole comes over one connection */
static void
test_wrong_bytes (TestFixture *self,
                  gconstpointer data)
{
  Server *server = server_new ((Behaviour) { .wrong = TRUE, .hurry = 2 * G_USEC_PER_SEC });

  assert_downloads (self, server, TRUE);
  g_assert_cmpuint (get_count (server, &server->n_whole), ==, 2);
  server_free (server);
}

/* Runs the loop until so many bytes of ranges were sent */
static void
wait_for_ranges (TestFixture *self,
                 Server *server,
                 gint64 n)
{
  while (get (server, &server->n_ranged) < n)
    {
      pillion_loop_kick (self->loop);
      g_usleep (1000);
    }
}

static void
test_cancel_and_resume (TestFixture *self,
                        gconstpointer data)
{
  Server *server = server_new ((Behaviour) { 0 });
  g_autoptr (GError) error = NULL;
  PillionTask *task = test_fixture_start (self, server->url, "file", server->sha256);
  gint64 n_before;
  gint64 n_after;

  wait_for_ranges (self, server, 3 * MIB);
  pillion_task_cancel (task);
  g_assert_null (test_fixture_await_download (self, task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (test_fixture_get_size (self, ".file.pillion-part"), ==, SIZE);
  n_before = get (server, &server->n_sent);

  behave (server, (Behaviour) { .hurry = 1 });
  assert_downloads (self, server, FALSE);
  g_assert_cmpuint (get_count (server, &server->n_whole), ==, 0);
  /* What had come is not sent again, but for what was on its way */
  n_after = get (server, &server->n_sent);
  g_assert_cmpint (n_after, <, SIZE - n_before / 4);
  server_free (server);
}

/* As when the machine loses its power: nothing is trusted that the disk does not have for certain */
static void
test_resume_after_crash (TestFixture *self,
                         gconstpointer data)
{
  Server *server = server_new ((Behaviour) { 0 });
  g_autofree char *info = test_fixture_path (self, ".file.pillion-part.info");
  g_autoptr (GError) error = NULL;
  g_autoptr (GKeyFile) record = g_key_file_new ();
  PillionTask *task = test_fixture_start (self, server->url, "file", server->sha256);

  wait_for_ranges (self, server, 3 * MIB);
  pillion_task_cancel (task);
  g_assert_null (test_fixture_await_download (self, task, &error));

  /* Of what is there, the disk has these, and the other ones are zero */
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

    memcpy (bytes, server->bytes, 1000);
    memcpy (bytes + 1000000, server->bytes + 1000000, 10);
    g_assert_true (g_file_set_contents_full (part, (const char *) bytes, SIZE, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
  }

  behave (server, (Behaviour) { .hurry = 1 });
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
  char *arguments[] = { program, (char *) "--download", server->url, path, NULL };
  g_autoptr (GError) error = NULL;
  GPid pid;

  for (guint i = 0; i < 3; i++)
    {
      gint64 before = get (server, &server->n_ranged);

      g_assert_true (g_spawn_async (NULL, arguments, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error));
      g_assert_no_error (error);
      wait_for_ranges (self, server, before + (i + 1) * MIB);
      g_assert_cmpint (kill (pid, SIGKILL), ==, 0);
      g_assert_cmpint (waitpid (pid, NULL, 0), ==, pid);
      g_spawn_close_pid (pid);
      test_assert_no_file (path);
      g_assert_cmpuint (test_fixture_count_files (self), ==, 2);
    }

  behave (server, (Behaviour) { .hurry = 1 });
  assert_downloads (self, server, FALSE);
  server_free (server);
}

static void
test_small (TestFixture *self,
            gconstpointer data)
{
  Server *server = server_new ((Behaviour) { .length = 15 * MIB, .hurry = 2 * G_USEC_PER_SEC });
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpDownload) result = test_fixture_download (self, server->url, "file", NULL, &error);

  g_assert_no_error (error);
  test_fixture_assert_content (self, "file", server->bytes, 15 * MIB);
  g_assert_cmpuint (test_server_get_requests (server->server), ==, 1);
  server_free (server);
}

static void
test_one (TestFixture *self,
          gconstpointer data)
{
  Server *server = server_new ((Behaviour) { .hurry = 2 * G_USEC_PER_SEC });

  pillion_http_client_set_max_connections_per_download (self->client, 1);
  assert_downloads (self, server, TRUE);
  g_assert_cmpuint (test_server_get_requests (server->server), ==, 1);
  server_free (server);
}

/* Another program makes the part file shorter, so that there is a hole where something had been */
static void
test_part_changed (TestFixture *self,
                   gconstpointer data)
{
  Server *server = server_new ((Behaviour) { 0 });
  g_autofree char *part = test_fixture_path (self, ".file.pillion-part");
  g_autoptr (GError) error = NULL;
  PillionTask *task = test_fixture_start (self, server->url, "file", NULL);

  wait_for_ranges (self, server, 2 * MIB);
  g_assert_cmpuint (test_fixture_get_size (self, ".file.pillion-part"), ==, SIZE);
  g_assert_cmpint (truncate (part, 1000), ==, 0);
  g_assert_null (test_fixture_await_download (self, task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FAILED);
  g_assert_nonnull (strstr (error->message, "another program changed the part file"));
  g_assert_cmpuint (test_fixture_count_files (self), ==, 0);
  server_free (server);
}

/* No connection is left meanwhile, and what has come stays */
static void
test_pause (TestFixture *self,
            gconstpointer data)
{
  Server *server = server_new ((Behaviour) { .hurry = 3 * G_USEC_PER_SEC });
  g_autofree char *small = test_server_url (server->server, "/small");
  g_autoptr (PillionHttpDownload) result = NULL;
  g_autoptr (GError) error = NULL;
  PillionTask *task;

  pillion_http_client_set_max_connections_per_host (self->client, 2);
  task = test_fixture_start (self, server->url, "file", server->sha256);
  wait_for_ranges (self, server, MIB);
  g_assert_true (pillion_http_client_pause_download (self->client, task));
  /* Two places at once, which the download does not have any more */
  for (guint i = 0; i < 2; i++)
    test_fixture_assert_get (self, small, "small");
  g_assert_true (pillion_http_client_is_download_paused (self->client, task));
  g_assert_cmpint (pillion_task_get_completed (task), >, MIB);
  pillion_http_client_resume_download (self->client, task);
  result = test_fixture_await_download (self, task, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (get_count (server, &server->n_whole), ==, 1);
  test_fixture_assert_content (self, "file", server->bytes, SIZE);
  server_free (server);
}

/* What another request needs is given to it, long before the download is through */
static void
test_gives_way (TestFixture *self,
                gconstpointer data)
{
  Server *server = server_new ((Behaviour) { .hurry = 3 * G_USEC_PER_SEC });
  g_autofree char *small = test_server_url (server->server, "/small");
  g_autoptr (PillionHttpDownload) result = NULL;
  g_autoptr (GError) error = NULL;
  PillionTask *task;

  pillion_http_client_set_max_connections_per_host (self->client, 2);
  task = test_fixture_start (self, server->url, "file", NULL);
  wait_for_ranges (self, server, MIB);
  test_fixture_assert_get (self, small, "small");
  g_assert_false (pillion_task_is_done (task));
  result = test_fixture_await_download (self, task, &error);
  g_assert_no_error (error);
  test_fixture_assert_content (self, "file", server->bytes, SIZE);
  server_free (server);
}

/* All connections go through the proxy */
static void
test_proxy (TestFixture *self,
            gconstpointer data)
{
  Server *server = server_new ((Behaviour) { .hurry = 3 * G_USEC_PER_SEC });
  g_autofree char *proxy = test_server_url (server->server, "");

  pillion_http_client_set_proxy (self->client, proxy);
  g_free (server->url);
  server->url = g_strdup ("http://files.invalid/file");
  assert_downloads (self, server, TRUE);
  g_assert_cmpuint (get_count (server, &server->n_ranges), >, 0);
  g_assert_cmpint (get (server, &server->n_ranged), >, 0);
  server_free (server);
}

/* A limit of the program's own is not got around, whether it is there from the beginning or comes later */
static void
test_rate_limit (TestFixture *self,
                 gconstpointer data)
{
  const gboolean later = GPOINTER_TO_INT (data);
  Server *server = server_new ((Behaviour) { .hurry = later ? 3 * G_USEC_PER_SEC : 1 });
  g_autoptr (PillionHttpDownload) result = NULL;
  g_autoptr (GError) error = NULL;
  PillionTask *task;

  if (!later)
    pillion_http_client_set_rate_limit (self->client, 8 * MIB);
  task = test_fixture_start (self, server->url, "file", NULL);
  if (later)
    {
      wait_for_ranges (self, server, MIB);
      pillion_http_client_set_rate_limit (self->client, 8 * MIB);
    }
  result = test_fixture_await_download (self, task, &error);
  g_assert_no_error (error);
  test_fixture_assert_content (self, "file", server->bytes, SIZE);
  g_assert_cmpuint (get_count (server, &server->n_ranges), <=, later ? 8 : 0);
  server_free (server);
}

/* The program that test_resume_after_kill () kills */
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

typedef struct
{
  const char *path;
  void (*func) (TestFixture   *self,
                gconstpointer  data);
  gconstpointer data;
  gboolean alone; /* what it measures is disturbed by others */
  gboolean done;
} Case;

#define BAD(name, ...) { "/download/split/bad-answers-do-no-harm/" name, test_bad_answer, &(const Behaviour) { __VA_ARGS__ }, FALSE, FALSE }
#define BROKEN(name, ...) { "/download/split/broken-ranges-do-no-harm/" name, test_broken, &(const Behaviour) { __VA_ARGS__ }, FALSE, FALSE }

/* Those that take the longest go first */
static Case cases[] = {
  { "/download/split/several-if-each-is-limited", test_limited, NULL, TRUE, FALSE },
  { "/download/split/one-if-all-share-the-limit", test_shared, NULL, TRUE, FALSE },
  { "/download/split/not-around-a-rate-limit", test_rate_limit, GINT_TO_POINTER (FALSE), FALSE, FALSE },
  { "/download/split/not-around-a-later-rate-limit", test_rate_limit, GINT_TO_POINTER (TRUE), FALSE, FALSE },
  { "/download/split/pauses-and-goes-on", test_pause, NULL, FALSE, FALSE },
  { "/download/split/gives-way-to-other-requests", test_gives_way, NULL, FALSE, FALSE },
  { "/download/split/resumes-after-kill", test_resume_after_kill, NULL, FALSE, FALSE },
  { "/download/split/through-the-proxy", test_proxy, NULL, FALSE, FALSE },
  { "/download/split/wrong-bytes-do-no-harm", test_wrong_bytes, NULL, FALSE, FALSE },
  BROKEN ("cut-twice", .cut = MIB, .n_cuts = 2),
  BROKEN ("cut", .cut = MIB),
  BROKEN ("cut-often", .cut = 1000000, .n_cuts = 7),
  BROKEN ("first-is-cut", .cut_first = 5 * MIB, .n_cuts = 1),
  BROKEN ("small-pieces", .piece = 4000),
  BROKEN ("less-than-announced", .too_few = 100000),
  BROKEN ("almost-nothing", .too_few = SIZE),
  { "/download/split/small-files-are-not-split", test_small, NULL, FALSE, FALSE },
  { "/download/split/not-if-one-connection-is-the-limit", test_one, NULL, FALSE, FALSE },
  { "/download/split/resumes-after-cancel", test_cancel_and_resume, NULL, FALSE, FALSE },
  { "/download/split/resumes-what-is-safe-after-crash", test_resume_after_crash, NULL, FALSE, FALSE },
  { "/download/split/changed-part-is-noticed", test_part_changed, NULL, FALSE, FALSE },
  BAD ("no-range", .ignore_range = TRUE),
  BAD ("no-range-and-other-version", .ignore_range = TRUE, .etag = "\"two\""),
  BAD ("other-version", .etag = "\"two\""),
  BAD ("other-range", .content_range = "bytes 0-1048575/17838137"),
  BAD ("other-range-without-length", .content_range = "bytes 0-1048575/*"),
  BAD ("garbage", .content_range = "garbage"),
  BAD ("coding", .head = "Content-Encoding: gzip\r\n"),
  BAD ("one-too-many", .too_much = 1),
  BAD ("many-too-many", .too_much = 1000000),
  BAD ("400", .status = 400),
  BAD ("416", .status = 416),
  BAD ("403", .status = 403),
  BAD ("429", .status = 429),
  BAD ("503", .status = 503),
  BAD ("302", .status = 302),
};

/* At a time: they mostly wait for their servers */
#define MAX_TOGETHER 10

static GMutex cases_lock; /* for Case.done */
static GCond cases_changed;
static GThreadPool *pool;

static void
run_case (gpointer data,
          gpointer user_data)
{
  Case *self = data;
  TestFixture fixture = { NULL };

  test_fixture_set_up (&fixture, NULL);
  self->func (&fixture, self->data);
  test_fixture_tear_down (&fixture, NULL);

  pillion_mutex_lock (&cases_lock);
  self->done = TRUE;
  g_cond_broadcast (&cases_changed);
  pillion_mutex_unlock (&cases_lock);
}

static void
test_alone (gconstpointer data)
{
  run_case ((gpointer) data, NULL);
}

static void
test_among_others (gconstpointer data)
{
  const Case *self = data;

  if (pool == NULL)
    {
      pool = g_thread_pool_new (run_case, NULL, MAX_TOGETHER, TRUE, NULL);
      for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
        if (!cases[i].alone)
          g_thread_pool_push (pool, &cases[i], NULL);
    }

  pillion_mutex_lock (&cases_lock);
  while (!self->done)
    pillion_cond_wait (&cases_changed, &cases_lock);
  pillion_mutex_unlock (&cases_lock);
}

int
main (int argc,
      char **argv)
{
  gboolean together;
  int status;

  if (argc == 4 && g_str_equal (argv[1], "--download"))
    return download (argv[2], argv[3]);

  /* Valgrind lets only one thread run, so none would have its rate */
  together = !is_under_valgrind ();
  /* Whoever chose some gets only those */
  for (int i = 1; i < argc; i++)
    together = together && !g_str_has_prefix (argv[i], "-p") && !g_str_has_prefix (argv[i], "-s");

  g_test_init (&argc, &argv, NULL);
  content = test_bytes_new (SIZE);
  content_sha256 = test_sha256 (content, SIZE);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    g_test_add_data_func (cases[i].path, &cases[i], together && !cases[i].alone ? test_among_others : test_alone);

  status = g_test_run ();
  if (pool != NULL)
    g_thread_pool_free (pool, FALSE, TRUE);
  g_free (content);
  g_free (content_sha256);
  return status;
}
