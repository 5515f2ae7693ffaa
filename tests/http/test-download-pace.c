/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* When downloads use several connections, and what becomes of them: on a virtual clock, so that every rate is exact
 * whatever else the machine does. test-download-split.c does the same over real connections. */

#include <pillion-http/pillion-http.h>

#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "http/pillion-http-test-exchange-private.h"

#define MIB (1024 * 1024)
#define SIZE (17 * MIB + 12345)
#define RATE (4 * MIB)
#define URL "http://files.example.org/file"

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

/* How long one connection takes, in µs */
#define ALONE_USEC ((gint64) SIZE * G_USEC_PER_SEC / RATE)

/* What the server does, apart from sending the file */
typedef struct
{
  gboolean shared;           /* the limit is for all connections together */
  gboolean hurries;          /* responses to requests without a range have no limit, once a range was sent */
  gsize length;              /* of the file, 0 for SIZE */
  GTimeSpan late_end;        /* how long the end of a response comes after the last byte of the file */
  GTimeSpan linger;          /* how long a connection takes to close */
  GTimeSpan delay;           /* before responses to ranges */
  guint status;              /* of responses to ranges, 0 for the right one */
  gboolean ignores_ranges;
  const char *etag;          /* of responses to ranges, NULL for the right one */
  const char *content_range; /* likewise */
  const char *coding;        /* likewise */
  gboolean wrong;            /* ranges have other bytes */
  gsize piece;               /* responses to ranges have no more bytes, 0 for all */
  gsize cut;                 /* responses to ranges end after this many bytes, 0 for the right ones */
  gsize cut_first;           /* the response to a request without a range does, once a range was sent */
  guint n_cuts;              /* how often that happens, 0 for always */
  GTimeSpan away;            /* after the first cut, nothing is answered for so long */
  guint away_status;         /* but with this, or with a refused connection if it is 0 */
} Behaviour;

typedef struct
{
  Behaviour behaviour;
  PillionLoop *loop;
  PillionHttpTestTransport *transport;
  PillionHttpClient *client;
  char *folder;
  char *path;
  GBytes *bytes;
  GPtrArray *responses;
  guint n_whole;   /* requests without a range */
  guint n_ranges;  /* requests with one */
  guint n_away;    /* requests that were refused meanwhile */
  guint n_last_bytes; /* requests for nothing but the last byte */
  guint n_cuts;
  gint64 n_ranged; /* bytes of ranges */
  gint64 slot;     /* when all connections together may send again, in µs */
  gint64 back;     /* when the server answers again, in µs */
  gint64 begun;
} Server;

typedef struct
{
  Server *server;
  gboolean is_range;
  gsize n_sent;
  gsize length;
  gboolean is_last; /* of the file */
} Response;

static PillionTask *serve (PillionHttpTestExchange *exchange, gpointer data);

static void
come_back (gpointer data)
{
  Server *self = data;

  pillion_http_test_transport_add_handler (self->transport, URL, serve, self, NULL);
}

static void
go_away (Server *self)
{
  self->back = pillion_loop_get_now (self->loop) + self->behaviour.away;
  if (self->behaviour.away_status == 0)
    {
      g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED, "Connection refused");

      pillion_http_test_transport_add_error (self->transport, URL, error);
      pillion_loop_call_later (self->loop, self->behaviour.away, come_back, self, NULL);
    }
}

static gboolean
is_cut (const Response *self)
{
  const Behaviour *behaviour = &self->server->behaviour;
  gsize cut = self->is_range ? behaviour->cut : behaviour->cut_first;

  return cut > 0 && self->n_sent >= cut && (self->is_range || self->server->n_ranged > 0) &&
         (behaviour->n_cuts == 0 || self->server->n_cuts < behaviour->n_cuts);
}

static GTimeSpan
pace (gsize n_bytes,
      gpointer data)
{
  Response *response = data;
  Server *self = response->server;
  gint64 now = pillion_loop_get_now (self->loop);
  gint64 usec = (gint64) n_bytes * G_USEC_PER_SEC / RATE;

  response->n_sent += n_bytes;
  if (response->is_range)
    self->n_ranged += (gint64) n_bytes;
  if (is_cut (response))
    {
      if (self->n_cuts++ == 0 && self->behaviour.away > 0)
        go_away (self);
      return -1;
    }

  if (response->is_last && response->n_sent == response->length && self->behaviour.late_end > 0)
    return self->behaviour.late_end;
  if (self->behaviour.hurries && !response->is_range && self->n_ranged > 0)
    return 0;
  if (!self->behaviour.shared)
    return usec;
  self->slot = MAX (self->slot, now) + usec;
  return self->slot - now;
}

static void
send_part (Server *self,
           PillionHttpTestExchange *exchange,
           gsize first,
           gsize end,
           gboolean is_range)
{
  gsize start = self->behaviour.wrong && is_range ? 0 : first;
  g_autoptr (GBytes) body = g_bytes_new_from_bytes (self->bytes, start, end - first);
  Response *response = g_new0 (Response, 1);

  response->server = self;
  response->is_range = is_range;
  response->length = end - first;
  response->is_last = end == g_bytes_get_size (self->bytes);
  g_ptr_array_add (self->responses, response);
  pillion_http_test_exchange_set_body (exchange, body, NULL);
  pillion_http_test_exchange_set_pace (exchange, pace, response, self->behaviour.linger);
}

static PillionTask *
serve (PillionHttpTestExchange *exchange,
       gpointer data)
{
  Server *self = data;
  const Behaviour *behaviour = &self->behaviour;
  const char *range = pillion_http_test_exchange_get_header (exchange, "Range");
  const char *if_range = pillion_http_test_exchange_get_header (exchange, "If-Range");
  gsize length = g_bytes_get_size (self->bytes);

  if (behaviour->away_status != 0 && pillion_loop_get_now (self->loop) < self->back)
    {
      self->n_away++;
      pillion_http_test_exchange_set_status (exchange, behaviour->away_status);
      return NULL;
    }

  if (range == NULL)
    self->n_whole++;
  else
    self->n_ranges++;
  if (range != NULL)
    g_assert_cmpstr (if_range, ==, "\"one\"");
  pillion_http_test_exchange_add_header (exchange, "ETag", range != NULL && behaviour->etag != NULL ? behaviour->etag : "\"one\"");

  if (range != NULL)
    pillion_http_test_exchange_set_delay (exchange, behaviour->delay);

  if (range != NULL && behaviour->status != 0)
    {
      pillion_http_test_exchange_set_status (exchange, behaviour->status);
    }
  else if (range != NULL && !behaviour->ignores_ranges)
    {
      char *next;
      gsize first = g_ascii_strtoull (range + strlen ("bytes="), &next, 10);
      gsize end = next[1] != '\0' ? g_ascii_strtoull (next + 1, NULL, 10) + 1 : length;
      g_autofree char *content_range = NULL;

      g_assert_cmpuint (first, <, end);
      g_assert_cmpuint (end, <=, length);
      self->n_last_bytes += first == length - 1;
      if (behaviour->piece > 0)
        end = MIN (end, first + behaviour->piece);
      content_range = behaviour->content_range != NULL ? g_strdup (behaviour->content_range)
                                                       : g_strdup_printf ("bytes %zu-%zu/%zu", first, end - 1, length);
      pillion_http_test_exchange_set_status (exchange, 206);
      pillion_http_test_exchange_add_header (exchange, "Content-Range", content_range);
      if (behaviour->coding != NULL)
        pillion_http_test_exchange_add_header (exchange, "Content-Encoding", behaviour->coding);
      send_part (self, exchange, first, end, TRUE);
    }
  else
    {
      send_part (self, exchange, 0, length, FALSE);
    }

  return NULL;
}

static GBytes *
make_content (gsize length)
{
  guint32 *words = g_malloc (length + sizeof (guint32));
  guint32 state = 2463534242u;

  for (gsize i = 0; i < length / sizeof (guint32) + 1; i++)
    {
      state ^= state << 13;
      state ^= state >> 17;
      state ^= state << 5;
      words[i] = state;
    }

  return g_bytes_new_take (words, length);
}

static Server *
server_new (PillionLoop *loop,
            Behaviour behaviour)
{
  Server *self = g_new0 (Server, 1);
  g_autoptr (GError) error = NULL;

  self->behaviour = behaviour;
  self->loop = loop;
  self->transport = pillion_http_test_transport_new (loop);
  self->client = pillion_http_client_new (loop);
  self->bytes = make_content (behaviour.length > 0 ? behaviour.length : SIZE);
  self->responses = g_ptr_array_new_with_free_func (g_free);
  self->folder = g_dir_make_tmp ("pillion-http-XXXXXX", &error);
  g_assert_no_error (error);
  self->path = g_build_filename (self->folder, "file", NULL);
  self->begun = pillion_loop_get_now (loop);
  pillion_http_test_transport_add_handler (self->transport, URL, serve, self, NULL);
  pillion_http_client_set_transport (self->client, self->transport);

  return self;
}

static void
remove_files (Server *self)
{
  g_autoptr (GDir) dir = g_dir_open (self->folder, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (self->folder, name, NULL);

      g_assert_cmpint (g_unlink (path), ==, 0);
    }
}

static void
server_free (Server *self)
{
  g_clear_object (&self->client);
  g_clear_object (&self->transport);
  remove_files (self);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_ptr_array_unref (self->responses);
  g_bytes_unref (self->bytes);
  g_free (self->folder);
  g_free (self->path);
  g_free (self);
}

static PillionTask *
start (Server *self,
       const char *sha256)
{
  g_autoptr (GFile) file = g_file_new_for_path (self->path);

  return pillion_http_client_download (self->client, URL, file, sha256, NULL);
}

static void
assert_content (Server *self)
{
  g_autofree char *content = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  g_file_get_contents (self->path, &content, &length, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (length, ==, g_bytes_get_size (self->bytes));
  g_assert_true (memcmp (content, g_bytes_get_data (self->bytes, NULL), length) == 0);
}

static void
assert_arrives (Server *self,
                PillionTask *task)
{
  g_autoptr (GError) error = NULL;

  pillion_await (task, &error);
  g_assert_no_error (error);
  assert_content (self);
}

static void
assert_downloads (Server *self)
{
  g_autoptr (PillionTask) task = start (self, NULL);

  assert_arrives (self, task);
}

static gint64
get_elapsed (Server *self)
{
  return pillion_loop_get_now (self->loop) - self->begun;
}

/* Waits until further connections have received so many bytes */
static void
wait_for_ranges (Server *self,
                 gint64 n)
{
  while (self->n_ranged < n)
    pillion_sleep (G_USEC_PER_SEC / 100, NULL);
}

static void
test_limited (PillionLoop *loop,
              gpointer data)
{
  Server *self = server_new (loop, (Behaviour) { 0 });

  assert_downloads (self);
  g_assert_cmpuint (self->n_whole, ==, 1);
  g_assert_cmpuint (self->n_ranges, >, 1);
  g_assert_cmpint (self->n_ranged, >, SIZE / 3);
  g_assert_cmpint (get_elapsed (self), <, ALONE_USEC * 3 / 4);
  server_free (self);
}

static void
test_shared (PillionLoop *loop,
             gpointer data)
{
  Server *self = server_new (loop, (Behaviour) { .shared = TRUE });

  assert_downloads (self);
  g_assert_cmpuint (self->n_whole, ==, 1);
  g_assert_cmpuint (self->n_ranges, <=, 1);
  g_assert_cmpint (self->n_ranged, <, SIZE / 4);
  g_assert_cmpint (get_elapsed (self), <, ALONE_USEC * 5 / 4);
  server_free (self);
}

static void
test_small (PillionLoop *loop,
            gpointer data)
{
  Server *self = server_new (loop, (Behaviour) { .length = 15 * MIB });

  assert_downloads (self);
  g_assert_cmpuint (self->n_whole + self->n_ranges, ==, 1);
  server_free (self);
}

static void
test_one (PillionLoop *loop,
          gpointer data)
{
  Server *self = server_new (loop, (Behaviour) { 0 });

  pillion_http_client_set_max_connections_per_download (self->client, 1);
  assert_downloads (self);
  g_assert_cmpuint (self->n_whole + self->n_ranges, ==, 1);
  server_free (self);
}

/* There is one request for a range, and whatever comes of it does no harm */
static void
test_bad_answer (PillionLoop *loop,
                 gpointer data)
{
  Server *self = server_new (loop, *(const Behaviour *) data);

  assert_downloads (self);
  g_assert_cmpuint (self->n_whole, ==, 1);
  g_assert_cmpuint (self->n_ranges, ==, 1);
  server_free (self);
}

/* Each response that ends early does so as often as it can */
static void
test_broken (PillionLoop *loop,
             gpointer data)
{
  const Behaviour *behaviour = data;
  Server *self = server_new (loop, *behaviour);

  assert_downloads (self);
  g_assert_cmpuint (self->n_ranges, >, 0);
  g_assert_cmpuint (self->n_whole, ==, 1);
  if (behaviour->n_cuts > 0)
    g_assert_cmpuint (self->n_cuts, ==, behaviour->n_cuts);
  else if (behaviour->cut > 0 && !behaviour->hurries)
    g_assert_cmpuint (self->n_cuts, >, 0);
  if (behaviour->away_status != 0)
    g_assert_cmpuint (self->n_away, >, 1);
  server_free (self);
}

/* The call's own connection may want another request just when everything has arrived over the other one, which has
 * not seen the end of its response yet. How long the connection takes to close decides when that is. */
static void
test_last_end (PillionLoop *loop,
               gpointer data)
{
  for (GTimeSpan linger = 0; linger < G_USEC_PER_SEC; linger += G_USEC_PER_SEC / 5)
    {
      Server *self = server_new (loop, (Behaviour) { .late_end = G_USEC_PER_SEC, .linger = linger });

      pillion_http_client_set_max_connections_per_download (self->client, 2);
      pillion_http_client_set_max_connections_per_host (self->client, 2);
      assert_downloads (self);
      g_assert_cmpuint (self->n_last_bytes, ==, 0);
      server_free (self);
    }
}

/* A server that never sends more than a little is not asked forever */
static void
test_hopeless (PillionLoop *loop,
               gpointer data)
{
  Server *self = server_new (loop, *(const Behaviour *) data);
  g_autoptr (PillionTask) task = start (self, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (pillion_await (task, &error));
  if (self->behaviour.away_status != 0)
    g_assert_error (error, PILLION_HTTP_STATUS_ERROR, (int) self->behaviour.away_status);
  else if (self->behaviour.away > 0)
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED);
  else
    g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_assert_cmpuint (self->n_ranges + self->n_away, <=, 40);
  g_assert_cmpint (get_elapsed (self), <, 60 * G_USEC_PER_SEC);

  /* What arrived is continued */
  self->behaviour = (Behaviour) { 0 };
  self->back = 0;
  come_back (self);
  {
    g_autoptr (PillionTask) again = start (self, NULL);
    g_autoptr (GError) again_error = NULL;
    g_autoptr (PillionHttpDownload) result = pillion_await_object (again, &again_error);

    g_assert_no_error (again_error);
    g_assert_cmpint (pillion_http_download_get_resumed_from (result), >, 0);
    assert_content (self);
  }
  server_free (self);
}

/* Ranges have other bytes than the file, as its digest tells: the whole comes over one connection */
static void
test_wrong_bytes (PillionLoop *loop,
                  gpointer data)
{
  Server *self = server_new (loop, (Behaviour) { .wrong = TRUE });
  g_autofree char *sha256 = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, self->bytes);
  g_autoptr (PillionTask) task = start (self, sha256);

  assert_arrives (self, task);
  g_assert_cmpuint (self->n_whole, ==, 2);
  server_free (self);
}

/* A limit of the program's own is not circumvented, whether it is there from the beginning or comes later */
static void
test_rate_limit (PillionLoop *loop,
                 gpointer data)
{
  const gboolean later = GPOINTER_TO_INT (data);
  Server *self = server_new (loop, (Behaviour) { 0 });
  g_autoptr (PillionTask) task = NULL;

  if (!later)
    pillion_http_client_set_rate_limit (self->client, 8 * MIB);
  task = start (self, NULL);
  if (later)
    {
      guint n;

      wait_for_ranges (self, MIB);
      pillion_http_client_set_rate_limit (self->client, 8 * MIB);
      n = self->n_ranges;
      assert_arrives (self, task);
      /* The call's own connection may have to request what follows a range */
      g_assert_cmpuint (self->n_ranges, <=, n + 3);
    }
  else
    {
      assert_arrives (self, task);
      g_assert_cmpuint (self->n_ranges, ==, 0);
    }
  server_free (self);
}

static void
assert_gets_small (Server *self)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (self->client, "http://files.example.org/small", NULL);
  g_autoptr (GError) error = NULL;

  pillion_await (task, &error);
  g_assert_no_error (error);
}

static void
add_small (Server *self)
{
  g_autoptr (GBytes) small = g_bytes_new_static ("small", 5);

  pillion_http_test_transport_add_bytes (self->transport, "/small", small, NULL);
}

/* No connection is left meanwhile, and what has arrived stays */
static void
test_pause (PillionLoop *loop,
            gpointer data)
{
  Server *self = server_new (loop, (Behaviour) { 0 });
  g_autoptr (PillionTask) task = NULL;
  gint64 n_ranged;

  add_small (self);
  pillion_http_client_set_max_connections_per_host (self->client, 2);
  task = start (self, NULL);
  wait_for_ranges (self, MIB);
  g_assert_true (pillion_http_client_pause_download (self->client, task));
  for (guint i = 0; i < 2; i++)
    assert_gets_small (self);
  n_ranged = self->n_ranged;
  pillion_sleep (G_USEC_PER_SEC, NULL);
  g_assert_cmpint (self->n_ranged, ==, n_ranged);
  g_assert_true (pillion_http_client_is_download_paused (self->client, task));
  g_assert_cmpint (pillion_task_get_completed (task), >, MIB);
  pillion_http_client_resume_download (self->client, task);
  assert_arrives (self, task);
  g_assert_cmpuint (self->n_whole, ==, 1);
  server_free (self);
}

/* A place that another request needs is given to it, long before the download is through */
static void
test_gives_way (PillionLoop *loop,
                gpointer data)
{
  Server *self = server_new (loop, (Behaviour) { 0 });
  g_autoptr (PillionTask) task = NULL;
  gint64 before;

  add_small (self);
  pillion_http_client_set_max_connections_per_host (self->client, 2);
  task = start (self, NULL);
  wait_for_ranges (self, MIB);
  before = pillion_loop_get_now (loop);
  assert_gets_small (self);
  g_assert_cmpint (pillion_loop_get_now (loop) - before, <, 2 * G_USEC_PER_SEC);
  g_assert_false (pillion_task_is_done (task));
  assert_arrives (self, task);
  server_free (self);
}

static void
test_cancel_and_resume (PillionLoop *loop,
                        gpointer data)
{
  Server *self = server_new (loop, (Behaviour) { 0 });
  g_autoptr (PillionTask) task = start (self, NULL);
  g_autoptr (PillionTask) again = NULL;
  g_autoptr (PillionHttpDownload) result = NULL;
  g_autoptr (GError) error = NULL;
  gint64 n_before;

  wait_for_ranges (self, 3 * MIB);
  pillion_task_cancel (task);
  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  n_before = pillion_task_get_completed (task);
  self->n_whole = 0;
  again = start (self, NULL);
  result = pillion_await_object (again, &error);
  g_assert_no_error (error);
  assert_content (self);
  g_assert_cmpuint (self->n_whole, ==, 0);
  /* Progress is reported a little later than it is made */
  g_assert_cmpint (pillion_http_download_get_resumed_from (result), >=, n_before);
  server_free (self);
}

#define BAD(name, ...) \
  pillion_test_add_data_func ("/download/pace/bad-answers-do-no-harm/" name, (gpointer) &(const Behaviour) { __VA_ARGS__ }, test_bad_answer)
#define BROKEN(name, ...) \
  pillion_test_add_data_func ("/download/pace/broken-connections-do-no-harm/" name, (gpointer) &(const Behaviour) { __VA_ARGS__ }, test_broken)
#define HOPELESS(name, ...) \
  pillion_test_add_data_func ("/download/pace/hopeless-servers-are-given-up/" name, (gpointer) &(const Behaviour) { __VA_ARGS__ }, test_hopeless)

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  pillion_test_add_func ("/download/pace/several-if-each-is-limited", test_limited);
  pillion_test_add_func ("/download/pace/one-if-all-share-the-limit", test_shared);
  pillion_test_add_func ("/download/pace/ends-once", test_last_end);
  pillion_test_add_func ("/download/pace/small-files-are-not-split", test_small);
  pillion_test_add_func ("/download/pace/not-if-one-connection-is-the-limit", test_one);
  pillion_test_add_func ("/download/pace/wrong-bytes-do-no-harm", test_wrong_bytes);
  pillion_test_add_func ("/download/pace/pauses-and-goes-on", test_pause);
  pillion_test_add_func ("/download/pace/gives-way-to-other-requests", test_gives_way);
  pillion_test_add_func ("/download/pace/resumes-after-cancel", test_cancel_and_resume);
  pillion_test_add_data_func ("/download/pace/not-around-a-rate-limit", GINT_TO_POINTER (FALSE), test_rate_limit);
  pillion_test_add_data_func ("/download/pace/not-around-a-later-rate-limit", GINT_TO_POINTER (TRUE), test_rate_limit);

  BAD ("no-range", .ignores_ranges = TRUE);
  BAD ("no-range-and-other-version", .ignores_ranges = TRUE, .etag = "\"two\"");
  BAD ("other-version", .etag = "\"two\"");
  BAD ("other-range", .content_range = "bytes 0-1048575/17838137");
  BAD ("other-range-without-length", .content_range = "bytes 0-1048575/*");
  BAD ("garbage", .content_range = "garbage");
  BAD ("coding", .coding = "gzip");
  BAD ("400", .status = 400);
  BAD ("416", .status = 416);
  BAD ("403", .status = 403);
  BAD ("429", .status = 429);
  BAD ("503", .status = 503);
  BAD ("302", .status = 302);

  BROKEN ("cut-twice", .cut = MIB, .n_cuts = 2);
  BROKEN ("cut", .cut = MIB);
  BROKEN ("cut-often", .cut = 1000000, .n_cuts = 7);
  BROKEN ("cut-soon", .cut = 10000);
  BROKEN ("cut-soon-and-first-hurries", .cut = 10000, .delay = G_USEC_PER_SEC / 10, .hurries = TRUE);
  BROKEN ("cut-and-first-hurries", .cut = MIB, .delay = G_USEC_PER_SEC / 10, .hurries = TRUE);
  BROKEN ("first-is-cut", .cut_first = 5 * MIB, .n_cuts = 1);
  BROKEN ("first-is-cut-too", .cut = MIB, .cut_first = 5 * MIB);
  BROKEN ("small-pieces", .piece = 4000);
  BROKEN ("busy-for-a-while", .cut = 100000, .cut_first = 5 * MIB, .n_cuts = 5, .away = 3 * G_USEC_PER_SEC, .away_status = 503);
  BROKEN ("refused-for-a-while", .cut = 100000, .cut_first = 5 * MIB, .n_cuts = 5, .away = 3 * G_USEC_PER_SEC);

  HOPELESS ("cut-soon", .cut = 10000, .cut_first = 5 * MIB);
  HOPELESS ("busy", .cut = MIB, .cut_first = 5 * MIB, .away = 3600 * (gint64) G_USEC_PER_SEC, .away_status = 503);
  HOPELESS ("refused", .cut = MIB, .cut_first = 5 * MIB, .away = 3600 * (gint64) G_USEC_PER_SEC);

  return g_test_run ();
}
