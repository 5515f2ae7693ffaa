/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#define _GNU_SOURCE
#include "http-support.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <gio/gunixinputstream.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "base/pillion-sync.h"

/* Bodies that are files, streams and forms */

#define LARGE (3 * 1024 * 1024 + 17)

typedef struct
{
  GMutex mutex;
  GPtrArray *requests;    /* heads */
  GPtrArray *bodies;      /* GBytes */
  guint n_failures;       /* answered with 503 */
  const char *redirect;   /* the status, or NULL */
} Log;

static Log *
log_new (void)
{
  Log *self = g_new0 (Log, 1);

  g_mutex_init (&self->mutex);
  self->requests = g_ptr_array_new_with_free_func (g_free);
  self->bodies = g_ptr_array_new_with_free_func ((GDestroyNotify) g_bytes_unref);
  return self;
}

static void
log_free (Log *self)
{
  g_ptr_array_unref (self->requests);
  g_ptr_array_unref (self->bodies);
  g_mutex_clear (&self->mutex);
  g_free (self);
}

static void
record (TestConnection *connection,
        const char *request,
        gpointer data)
{
  Log *self = data;
  GBytes *body = test_connection_read_body (connection, request);
  guint n;

  pillion_mutex_lock (&self->mutex);
  g_ptr_array_add (self->requests, g_strdup (request));
  g_ptr_array_add (self->bodies, body);
  n = self->bodies->len;
  pillion_mutex_unlock (&self->mutex);

  if (n <= self->n_failures)
    test_connection_printf (connection, "HTTP/1.1 503 Busy\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n");
  else if (n == 1 && self->redirect != NULL)
    test_connection_printf (connection, "HTTP/1.1 %s Elsewhere\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", self->redirect);
  else
    test_connection_answer (connection, NULL, "done", -1);
}

static void
assert_body (Log *self,
             guint i,
             const void *bytes,
             gsize length)
{
  gsize size;
  const void *body;

  g_assert_cmpuint (self->bodies->len, >, i);
  body = g_bytes_get_data (self->bodies->pdata[i], &size);
  g_assert_cmpuint (size, ==, length);
  g_assert_true (length == 0 || memcmp (body, bytes, length) == 0);
}

static GFile *
make_file (TestFixture *self,
           const char *name,
           const void *bytes,
           gsize length)
{
  g_autofree char *path = test_fixture_path (self, name);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, bytes, (gssize) length, &error);
  g_assert_no_error (error);
  return g_file_new_for_path (path);
}

static void
assert_done (TestFixture *self,
             PillionTask *task)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpResponse) response = NULL;

  test_fixture_await (self, task);
  response = pillion_task_get_object (task, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (pillion_http_response_get_status (response), ==, 200);
  g_object_unref (task);
}

static char *
assert_fails (TestFixture *self,
              PillionTask *task,
              GQuark domain,
              int code)
{
  g_autoptr (GError) error = NULL;

  test_fixture_await (self, task);
  g_assert_false (pillion_task_check (task, &error));
  g_assert_error (error, domain, code);
  g_object_unref (task);
  return g_strdup (error->message);
}

static void
on_progress (PillionTask *task,
             GParamSpec *pspec,
             gpointer data)
{
  gint64 *last = data;
  gint64 completed = pillion_task_get_completed (task);

  g_assert_cmpint (completed, >=, *last);
  g_assert_cmpint (pillion_task_get_total (task), ==, LARGE);
  *last = completed;
}

static void
test_file (TestFixture *self,
           gconstpointer data)
{
  g_autofree guint8 *bytes = test_bytes_new (LARGE);
  g_autoptr (GFile) file = make_file (self, "large", bytes, LARGE);
  Log *log = log_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, record, log);
  g_autofree char *url = test_server_url (server, "/put");
  PillionTask *task = pillion_http_client_upload (self->client, url, file, NULL);
  g_autofree char *field = NULL;
  gint64 last = 0;

  g_signal_connect (task, "notify::completed", G_CALLBACK (on_progress), &last);
  g_object_ref (task);
  assert_done (self, task);
  assert_body (log, 0, bytes, LARGE);
  g_assert_true (g_str_has_prefix (log->requests->pdata[0], "PUT /put HTTP/1.1\r\n"));
  field = test_request_get_field (log->requests->pdata[0], "Content-Type");
  g_assert_null (field);
  g_assert_cmpint (last, ==, LARGE);
  g_assert_cmpstr (pillion_task_get_unit (task), ==, "bytes");
  g_object_unref (task);

  test_server_free (server);
  log_free (log);
}

/* Waits until the test has seen what is to be sent */
static void
record_later (TestConnection *connection,
              const char *request,
              gpointer data)
{
  test_connection_wait_gate (connection);
  record (connection, request, data);
}

/* Sends what the test wants before it has read the request */
static void
answer_early (TestConnection *connection,
              const char *request,
              gpointer data)
{
  GBytes *bytes = data;

  test_connection_answer (connection, NULL, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
  g_bytes_unref (test_connection_read_body (connection, request));
}

static void
note_total (PillionTask *task,
            GParamSpec *pspec,
            gpointer data)
{
  g_hash_table_add (data, GSIZE_TO_POINTER (pillion_task_get_total (task)));
}

/* The progress of a download counts what is sent, and ends with what is received. @data: whether the server answers before it has read all. */
static void
test_download (TestFixture *self,
               gconstpointer data)
{
  g_autofree guint8 *bytes = test_bytes_new (LARGE);
  g_autoptr (GBytes) answer = g_bytes_new (bytes, 100000);
  g_autoptr (GFile) file = make_file (self, "large", bytes, LARGE);
  g_autofree char *path = test_fixture_path (self, "answer");
  g_autoptr (GFile) target = g_file_new_for_path (path);
  g_autoptr (GHashTable) totals = g_hash_table_new (NULL, NULL);
  g_autoptr (PillionHttpRequest) request = NULL;
  g_autoptr (PillionTask) task = NULL;
  g_autoptr (GError) error = NULL;
  Log *log = log_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, data != NULL ? answer_early : record_later, data != NULL ? (gpointer) answer : log);
  g_autofree char *url = test_server_url (server, "/");
  const gint64 size = data != NULL ? 100000 : (gint64) strlen ("done");

  request = pillion_http_request_new ("POST", url);
  pillion_http_request_set_body_from_file (request, file, NULL);
  task = pillion_http_client_send_to_file (self->client, request, target, NULL, NULL);
  g_signal_connect (task, "notify::total", G_CALLBACK (note_total), totals);
  while (data == NULL && !g_hash_table_contains (totals, GSIZE_TO_POINTER (LARGE)))
    pillion_loop_kick (self->loop);
  test_server_open_gate (server);
  test_fixture_await (self, task);
  pillion_task_check (task, &error);
  g_assert_no_error (error);
  g_assert_cmpint (pillion_task_get_completed (task), ==, size);
  g_assert_cmpint (pillion_task_get_total (task), ==, size);

  test_server_free (server);
  log_free (log);
}

static void
test_file_sizes (TestFixture *self,
                 gconstpointer data)
{
  static const gsize sizes[] = { 0, 1, 8191, 8192, 8193, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 512 * 1024 };
  g_autofree guint8 *bytes = test_bytes_new (512 * 1024);
  Log *log = log_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, record, log);
  g_autofree char *url = test_server_url (server, "/");

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autoptr (GFile) file = make_file (self, "file", bytes, sizes[i]);
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("PUT", url);
      g_autofree char *length = g_strdup_printf ("%" G_GSIZE_FORMAT, sizes[i]);
      g_autofree char *length_field = NULL;
      g_autofree char *type_field = NULL;

      pillion_http_request_set_body_from_file (request, file, "image/png");
      assert_done (self, pillion_http_client_send (self->client, request, NULL));
      assert_body (log, i, bytes, sizes[i]);
      length_field = test_request_get_field (log->requests->pdata[i], "Content-Length");
      type_field = test_request_get_field (log->requests->pdata[i], "Content-Type");
      g_assert_cmpstr (length_field, ==, length);
      g_assert_cmpstr (type_field, ==, "image/png");
    }

  /* The connection is kept */
  g_assert_cmpuint (test_server_get_connections (server), ==, 1);

  test_server_free (server);
  log_free (log);
}

static void
test_file_errors (TestFixture *self,
                  gconstpointer data)
{
  g_autofree char *fifo = test_fixture_path (self, "fifo");
  g_autofree char *missing = test_fixture_path (self, "missing");
  const struct
  {
    const char *path;
    int code;
  } cases[] = {
    { missing, G_IO_ERROR_NOT_FOUND },
    { self->folder, G_IO_ERROR_IS_DIRECTORY },
    { fifo, G_IO_ERROR_NOT_REGULAR_FILE },
  };
  Log *log = log_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, record, log);
  g_autofree char *url = test_server_url (server, "/");

  g_assert_no_errno (mkfifo (fifo, 0600));
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GFile) file = g_file_new_for_path (cases[i].path);
      g_autoptr (PillionHttpForm) form = pillion_http_form_new ();
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("POST", url);
      g_autofree char *message = assert_fails (self, pillion_http_client_upload (self->client, url, file, NULL), G_IO_ERROR, cases[i].code);
      g_autofree char *form_message = NULL;

      g_assert_nonnull (strstr (message, cases[i].path));

      pillion_http_form_add_file (form, "f", file, NULL, NULL);
      pillion_http_request_set_form (request, form);
      form_message = assert_fails (self, pillion_http_client_send (self->client, request, NULL), G_IO_ERROR, cases[i].code);
      g_assert_nonnull (strstr (form_message, cases[i].path));
    }

  g_assert_cmpuint (test_server_get_connections (server), ==, 0);

  test_server_free (server);
  log_free (log);
}

/* Something is done to the file once the request is there, with a body that the socket can't take as a whole */
static void
change_file (TestConnection *connection,
             const char *request,
             gpointer data)
{
  void (*change) (void) = data;
  g_autoptr (GBytes) body = NULL;
  g_autofree char *length = test_request_get_field (request, "Content-Length");

  change ();
  body = test_connection_read_body (connection, request);
  g_assert_cmpuint (g_bytes_get_size (body), <, g_ascii_strtoull (length, NULL, 10));
}

static const char *changing;

static void
truncate_it (void)
{
  g_assert_no_errno (truncate (changing, 1000));
}

static void
append_to_it (void)
{
  FILE *file = g_fopen (changing, "a");

  fputs ("more", file);
  fclose (file);
}

static void
write_into_it (void)
{
  FILE *file = g_fopen (changing, "r+");

  fputs ("others", file);
  fclose (file);
}

static void
test_file_changes (TestFixture *self,
                   gconstpointer data)
{
  static void (*const changes[]) (void) = { truncate_it, append_to_it, write_into_it };
  const gsize size = 32 * 1024 * 1024;
  g_autofree guint8 *bytes = test_bytes_new (size);
  g_autofree char *path = test_fixture_path (self, "changing");

  changing = path;
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autoptr (GFile) file = make_file (self, "changing", bytes, size);
      TestServer *server = test_server_new (TEST_SERVER_PLAIN, change_file, changes[i]);
      g_autofree char *url = test_server_url (server, "/");
      g_autofree char *message = assert_fails (self, pillion_http_client_upload (self->client, url, file, NULL),
                                               PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST);

      g_assert_nonnull (strstr (message, path));
      g_assert_nonnull (strstr (message, "changed"));
      test_server_free (server);
    }
}

static void
test_file_vanishes (TestFixture *self,
                    gconstpointer data)
{
  g_autoptr (GFile) file = make_file (self, "file", "text", 4);
  g_autofree char *path = g_file_get_path (file);
  g_autofree char *message = NULL;
  g_autoptr (PillionHttpRequest) request = NULL;
  Log *log = log_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, record, log);
  g_autofree char *url = test_server_url (server, "/");

  /* Not when the request was made, but when it is sent, counts what is there */
  request = pillion_http_request_new ("PUT", url);
  pillion_http_request_set_body_from_file (request, file, NULL);
  g_assert_no_errno (g_unlink (path));
  message = assert_fails (self, pillion_http_client_send (self->client, request, NULL), G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (message, path));

  g_assert_true (g_file_set_contents (path, "another text", -1, NULL));
  assert_done (self, pillion_http_client_send (self->client, request, NULL));
  assert_body (log, 0, "another text", 12);

  test_server_free (server);
  log_free (log);
}

/* A stream that can't seek: a pipe, into which a thread writes */
typedef struct
{
  int fd;
  const guint8 *bytes;
  gsize length;
} Feed;

static gpointer
feed (gpointer data)
{
  Feed *self = data;
  gsize done = 0;

  while (done < self->length)
    {
      gssize n = write (self->fd, self->bytes + done, self->length - done);

      if (n <= 0)
        break;
      done += (gsize) n;
    }
  close (self->fd);
  return NULL;
}

static GInputStream *
make_pipe (Feed *self,
           const guint8 *bytes,
           gsize length,
           GThread **thread)
{
  int fds[2];

  g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, NULL));
  *self = (Feed) { fds[1], bytes, length };
  *thread = g_thread_new ("feed", feed, self);
  return g_unix_input_stream_new (fds[0], TRUE);
}

static void
test_stream (TestFixture *self,
             gconstpointer data)
{
  static const gint64 lengths[] = { -1, LARGE, 100000, 0 };
  g_autofree guint8 *bytes = test_bytes_new (LARGE);
  Log *log = log_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, record, log);
  g_autofree char *url = test_server_url (server, "/");

  signal (SIGPIPE, SIG_IGN);
  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      GThread *thread;
      Feed feeding;
      g_autoptr (GInputStream) stream = make_pipe (&feeding, bytes, LARGE, &thread);
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("POST", url);
      g_autofree char *length = NULL;
      g_autofree char *coding = NULL;

      pillion_http_request_set_body_from_stream (request, stream, lengths[i], "text/plain");
      assert_done (self, pillion_http_client_send (self->client, request, NULL));
      assert_body (log, i, bytes, lengths[i] < 0 ? LARGE : (gsize) lengths[i]);
      length = test_request_get_field (log->requests->pdata[i], "Content-Length");
      coding = test_request_get_field (log->requests->pdata[i], "Transfer-Encoding");
      g_assert_cmpstr (coding, ==, lengths[i] < 0 ? "chunked" : NULL);
      g_assert_true ((length == NULL) == (lengths[i] < 0));

      /* It is the program's to close, which ends the writer too */
      g_assert_false (g_input_stream_is_closed (stream));
      g_input_stream_close (stream, NULL, NULL);
      g_thread_join (thread);
    }

  test_server_free (server);
  log_free (log);
}

static void
test_stream_ends_early (TestFixture *self,
                        gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("short", 5);
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_bytes (bytes);
  Log *log = log_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, record, log);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("PUT", url);
  g_autofree char *message = NULL;

  pillion_http_request_set_body_from_stream (request, stream, 9, NULL);
  message = assert_fails (self, pillion_http_client_send (self->client, request, NULL),
                          PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST);
  g_assert_nonnull (strstr (message, "5 of 9 bytes"));

  test_server_free (server);
  log_free (log);
}

static void
test_stream_fails (TestFixture *self,
                   gconstpointer data)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("text", 4);
  g_autoptr (GInputStream) stream = g_memory_input_stream_new_from_bytes (bytes);
  Log *log = log_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, record, log);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("PUT", url);

  pillion_http_request_set_body_from_stream (request, stream, -1, NULL);
  g_input_stream_close (stream, NULL, NULL);
  g_free (assert_fails (self, pillion_http_client_send (self->client, request, NULL), G_IO_ERROR, G_IO_ERROR_CLOSED));

  test_server_free (server);
  log_free (log);
}

/* What has to be sent twice, because of a redirect or a retry */
static void
assert_again (TestFixture *self,
              const char *redirect,
              PillionHttpRequest *(*make) (TestFixture *self, const char *url, const guint8 *bytes),
              gboolean rewindable)
{
  g_autofree guint8 *bytes = test_bytes_new (LARGE);
  Log *log = log_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, record, log);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionHttpRequest) request = make (self, url, bytes);

  log->redirect = redirect;
  log->n_failures = redirect == NULL ? 1 : 0;
  pillion_http_request_set_max_retries (request, 1);
  if (rewindable)
    {
      assert_done (self, pillion_http_client_send (self->client, request, NULL));
      g_assert_cmpuint (log->bodies->len, ==, 2);
      g_assert_true (g_bytes_equal (log->bodies->pdata[0], log->bodies->pdata[1]));
      g_assert_cmpuint (g_bytes_get_size (log->bodies->pdata[0]), >=, LARGE);
      if (redirect != NULL)
        g_assert_true (g_str_has_prefix (log->requests->pdata[1], "PUT /elsewhere "));
    }
  else
    {
      g_free (assert_fails (self, pillion_http_client_send (self->client, request, NULL),
                            redirect != NULL ? PILLION_HTTP_ERROR : PILLION_HTTP_STATUS_ERROR,
                            redirect != NULL ? PILLION_HTTP_ERROR_NOT_REWINDABLE : 503));
      g_assert_cmpuint (log->bodies->len, ==, 1);
    }

  test_server_free (server);
  log_free (log);
}

static PillionHttpRequest *
make_file_request (TestFixture *self,
                   const char *url,
                   const guint8 *bytes)
{
  g_autoptr (GFile) file = make_file (self, "file", bytes, LARGE);
  PillionHttpRequest *request = pillion_http_request_new ("PUT", url);

  pillion_http_request_set_body_from_file (request, file, NULL);
  return request;
}

static PillionHttpRequest *
make_form_request (TestFixture *self,
                   const char *url,
                   const guint8 *bytes)
{
  g_autoptr (GFile) file = make_file (self, "file", bytes, LARGE);
  g_autoptr (PillionHttpForm) form = pillion_http_form_new ();
  PillionHttpRequest *request = pillion_http_request_new ("PUT", url);

  pillion_http_form_add_file (form, "f", file, NULL, NULL);
  pillion_http_request_set_form (request, form);
  return request;
}

/* From the middle of a file, as the program left it */
static PillionHttpRequest *
make_seekable_request (TestFixture *self,
                       const char *url,
                       const guint8 *bytes)
{
  g_autofree guint8 *twice = g_malloc (LARGE + 7);
  g_autoptr (GFile) file = NULL;
  g_autoptr (GFileInputStream) stream = NULL;
  PillionHttpRequest *request = pillion_http_request_new ("PUT", url);

  memset (twice, '-', 7);
  memcpy (twice + 7, bytes, LARGE);
  file = make_file (self, "file", twice, LARGE + 7);
  stream = g_file_read (file, NULL, NULL);
  g_assert_true (g_seekable_seek (G_SEEKABLE (stream), 7, G_SEEK_SET, NULL, NULL));
  pillion_http_request_set_body_from_stream (request, G_INPUT_STREAM (stream), -1, NULL);
  return request;
}

static PillionHttpRequest *
make_pipe_request (TestFixture *self,
                   const char *url,
                   const guint8 *bytes)
{
  g_autoptr (GInputStream) stream = NULL;
  PillionHttpRequest *request = pillion_http_request_new ("PUT", url);
  int fds[2];

  g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, NULL));
  g_assert_cmpint (write (fds[1], "text", 4), ==, 4);
  close (fds[1]);
  stream = g_unix_input_stream_new (fds[0], TRUE);
  pillion_http_request_set_body_from_stream (request, stream, -1, NULL);
  return request;
}

static void
test_again (TestFixture *self,
            gconstpointer data)
{
  static const char *const redirects[] = { "307", "308", NULL };

  for (guint i = 0; i < G_N_ELEMENTS (redirects); i++)
    {
      assert_again (self, redirects[i], make_file_request, TRUE);
      assert_again (self, redirects[i], make_form_request, TRUE);
      assert_again (self, redirects[i], make_seekable_request, TRUE);
      assert_again (self, redirects[i], make_pipe_request, FALSE);
    }
}

static void
test_once (TestFixture *self,
           gconstpointer data)
{
  Log *log = log_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, record, log);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionHttpRequest) request = make_pipe_request (self, url, NULL);

  assert_done (self, pillion_http_client_send (self->client, request, NULL));
  assert_body (log, 0, "text", 4);
  g_free (assert_fails (self, pillion_http_client_send (self->client, request, NULL),
                        PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_REWINDABLE));
  g_assert_cmpuint (log->bodies->len, ==, 1);

  test_server_free (server);
  log_free (log);
}

/* After a 303 nothing of the body is sent, nor said */
static void
test_redirect_to_get (TestFixture *self,
                      gconstpointer data)
{
  Log *log = log_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, record, log);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionHttpRequest) request = make_pipe_request (self, url, NULL);

  log->redirect = "303";
  assert_done (self, pillion_http_client_send (self->client, request, NULL));
  g_assert_true (g_str_has_prefix (log->requests->pdata[1], "GET /elsewhere "));
  assert_body (log, 1, NULL, 0);

  test_server_free (server);
  log_free (log);
}

static void
hold (TestConnection *connection,
      const char *request,
      gpointer data)
{
  test_connection_wait_closed (connection);
}

static void
cancel_when_sent (PillionTask *task,
                  GParamSpec *pspec,
                  gpointer cancellable)
{
  if (pillion_task_get_completed (task) > 0)
    g_cancellable_cancel (cancellable);
}

/* The server does not read, so the body is never sent as a whole */
static void
test_cancel (TestFixture *self,
             gconstpointer data)
{
  const gsize size = 32 * 1024 * 1024;
  g_autofree guint8 *bytes = test_bytes_new (size);
  g_autoptr (GFile) file = make_file (self, "file", bytes, size);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, hold, NULL);
  g_autofree char *url = test_server_url (server, "/");
  PillionTask *task = pillion_http_client_upload (self->client, url, file, cancellable);

  g_signal_connect (task, "notify::completed", G_CALLBACK (cancel_when_sent), cancellable);
  g_free (assert_fails (self, task, G_IO_ERROR, G_IO_ERROR_CANCELLED));

  test_server_free (server);
}

static void
close_it (TestConnection *connection,
          const char *request,
          gpointer data)
{
  test_connection_reset (connection);
}

static void
test_server_closes (TestFixture *self,
                    gconstpointer data)
{
  const gsize size = 32 * 1024 * 1024;
  g_autofree guint8 *bytes = test_bytes_new (size);
  g_autoptr (GFile) file = make_file (self, "file", bytes, size);
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, close_it, NULL);
  g_autofree char *url = test_server_url (server, "/");
  PillionTask *task = pillion_http_client_upload (self->client, url, file, NULL);
  g_autoptr (GError) error = NULL;

  test_fixture_await (self, task);
  g_assert_false (pillion_task_check (task, &error));
  /* By what it notices it: nothing arrives, or nothing can be sent */
  g_assert_true (g_error_matches (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED) ||
                 g_error_matches (error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE));
  g_object_unref (task);

  test_server_free (server);
}

static void
test_form_urlencoded (TestFixture *self,
                      gconstpointer data)
{
  const char *wanted = "a+b=1%262%3D3&a+b=&%C3%A9=%7E*-._%0D%0A%2B";
  g_autoptr (PillionHttpForm) form = pillion_http_form_new ();
  Log *log = log_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, record, log);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("POST", url);
  g_autofree char *type = NULL;

  pillion_http_form_add_field (form, "a b", "1&2=3");
  pillion_http_form_add_field (form, "a b", "");
  pillion_http_form_add_field (form, "é", "~*-._\r\n+");
  pillion_http_request_set_form (request, form);
  /* That is too late */
  pillion_http_form_add_field (form, "z", "z");
  assert_done (self, pillion_http_client_send (self->client, request, NULL));
  assert_body (log, 0, wanted, strlen (wanted));
  type = test_request_get_field (log->requests->pdata[0], "Content-Type");
  g_assert_cmpstr (type, ==, "application/x-www-form-urlencoded");

  test_server_free (server);
  log_free (log);
}

static void
test_form_multipart (TestFixture *self,
                     gconstpointer data)
{
  g_autofree guint8 *bytes = test_bytes_new (LARGE);
  g_autoptr (GFile) large = make_file (self, "large.png", bytes, LARGE);
  g_autoptr (GFile) empty = make_file (self, "empty.txt", "", 0);
  g_autoptr (PillionHttpForm) form = pillion_http_form_new ();
  g_autoptr (GBytes) some = g_bytes_new_static ("\0\r\n", 3);
  g_autoptr (GString) wanted = g_string_new (NULL);
  Log *log = log_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, record, log);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("POST", url);
  g_autofree char *type = NULL;
  g_autofree char *length = NULL;
  const char *boundary;

  pillion_http_form_add_field (form, "a \"b\"\r\n", "1 \"2\"\r\n");
  pillion_http_form_add_bytes (form, "bytes", some, NULL, NULL);
  pillion_http_form_add_bytes (form, "named", some, "é\"\n.bin", "application/x-any");
  pillion_http_form_add_file (form, "large", large, NULL, NULL);
  pillion_http_form_add_file (form, "empty", empty, "other", "text/x-none");
  pillion_http_request_set_form (request, form);
  assert_done (self, pillion_http_client_send (self->client, request, NULL));

  type = test_request_get_field (log->requests->pdata[0], "Content-Type");
  g_assert_true (g_str_has_prefix (type, "multipart/form-data; boundary="));
  boundary = strchr (type, '=') + 1;
  g_string_append_printf (wanted, "--%s\r\nContent-Disposition: form-data; name=\"a %%22b%%22%%0D%%0A\"\r\n\r\n1 \"2\"\r\n\r\n", boundary);
  g_string_append_printf (wanted, "--%s\r\nContent-Disposition: form-data; name=\"bytes\"\r\n\r\n", boundary);
  g_string_append_len (wanted, "\0\r\n", 3);
  g_string_append_printf (wanted, "\r\n--%s\r\nContent-Disposition: form-data; name=\"named\"; filename=\"é%%22%%0A.bin\"\r\n"
                          "Content-Type: application/x-any\r\n\r\n", boundary);
  g_string_append_len (wanted, "\0\r\n", 3);
  g_string_append_printf (wanted, "\r\n--%s\r\nContent-Disposition: form-data; name=\"large\"; filename=\"large.png\"\r\n"
                          "Content-Type: image/png\r\n\r\n", boundary);
  g_string_append_len (wanted, (const char *) bytes, LARGE);
  g_string_append_printf (wanted, "\r\n--%s\r\nContent-Disposition: form-data; name=\"empty\"; filename=\"other\"\r\n"
                          "Content-Type: text/x-none\r\n\r\n\r\n--%s--\r\n", boundary, boundary);
  assert_body (log, 0, wanted->str, wanted->len);
  length = test_request_get_field (log->requests->pdata[0], "Content-Length");
  g_assert_cmpuint (g_ascii_strtoull (length, NULL, 10), ==, wanted->len);

  test_server_free (server);
  log_free (log);
}

static void
test_form_invalid (TestFixture *self,
                   gconstpointer data)
{
  Log *log = log_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, record, log);
  g_autofree char *url = test_server_url (server, "/");
  g_autoptr (GBytes) some = g_bytes_new_static ("x", 1);

  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (PillionHttpForm) form = pillion_http_form_new ();
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("POST", url);
      g_autofree char *message = NULL;

      pillion_http_form_add_field (form, "fine", "fine");
      if (i == 0)
        pillion_http_form_add_field (form, "", "x");
      else if (i == 1)
        pillion_http_form_add_bytes (form, "", some, "x", NULL);
      else
        pillion_http_form_add_bytes (form, "x", some, "x", i == 2 ? "text/plain\r\nX: y" : "text/\x7f");
      pillion_http_request_set_form (request, form);
      message = assert_fails (self, pillion_http_client_send (self->client, request, NULL),
                              PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST);
      g_assert_nonnull (strstr (message, i < 2 ? "no name" : "media type"));
    }

  g_assert_cmpuint (test_server_get_connections (server), ==, 0);

  test_server_free (server);
  log_free (log);
}

static void
test_many (TestFixture *self,
           gconstpointer data)
{
  g_autofree guint8 *bytes = test_bytes_new (LARGE);
  g_autoptr (GFile) file = make_file (self, "file", bytes, LARGE);
  Log *log = log_new ();
  TestServer *server = test_server_new (TEST_SERVER_PLAIN, record, log);
  g_autofree char *url = test_server_url (server, "/");
  PillionTask *tasks[12];

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    tasks[i] = pillion_http_client_upload (self->client, url, file, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    assert_done (self, tasks[i]);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    assert_body (log, i, bytes, LARGE);

  test_server_free (server);
  log_free (log);
}

/* Where the network takes less at a time than is read from the disk */
static void
test_tls (TestFixture *self,
          gconstpointer data)
{
  g_autofree char *cert = g_test_build_filename (G_TEST_DIST, "http", "data", "cert.pem", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (cert, &error);
  g_autofree guint8 *bytes = test_bytes_new (LARGE);
  g_autoptr (GFile) file = make_file (self, "file", bytes, LARGE);
  Log *log = log_new ();
  TestServer *server = test_server_new (TEST_SERVER_TLS, record, log);
  g_autofree char *url = test_server_url (server, "/");

  g_assert_no_error (error);
  pillion_http_client_set_tls_database (self->client, database);
  assert_done (self, pillion_http_client_upload (self->client, url, file, NULL));
  assert_body (log, 0, bytes, LARGE);

  test_server_free (server);
  log_free (log);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/upload/file-is-sent-with-progress", test_file);
  test_case ("/http/upload/progress-of-a-download", test_download);
  g_test_add ("/http/upload/progress-of-a-download-of-an-early-answer", TestFixture, "early", test_fixture_set_up, test_download, test_fixture_tear_down);
  test_case ("/http/upload/file-of-any-size", test_file_sizes);
  test_case ("/http/upload/file-that-cannot-be-read-is-named", test_file_errors);
  test_case ("/http/upload/file-that-changes-is-an-error", test_file_changes);
  test_case ("/http/upload/file-is-looked-at-when-sent", test_file_vanishes);
  test_case ("/http/upload/many-files-at-once", test_many);
  test_case ("/http/upload/file-over-tls", test_tls);
  test_case ("/http/upload/stream-with-and-without-length", test_stream);
  test_case ("/http/upload/stream-that-ends-early-is-an-error", test_stream_ends_early);
  test_case ("/http/upload/stream-that-fails-is-an-error", test_stream_fails);
  test_case ("/http/upload/sent-again-from-the-beginning-or-not-at-all", test_again);
  test_case ("/http/upload/stream-cannot-be-sent-by-two-calls", test_once);
  test_case ("/http/upload/no-body-after-see-other", test_redirect_to_get);
  test_case ("/http/upload/cancelled-in-the-middle", test_cancel);
  test_case ("/http/upload/server-closes-in-the-middle", test_server_closes);
  test_case ("/http/form/urlencoded", test_form_urlencoded);
  test_case ("/http/form/multipart", test_form_multipart);
  test_case ("/http/form/invalid-is-not-sent", test_form_invalid);

  return g_test_run ();
}
