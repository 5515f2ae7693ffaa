/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "base/pillion-sync.h"
#include "http-support.h"

#define OLD "what was there before"
#define SIZE 100000

/* How a server serves one file */
typedef struct
{
  const guint8 *bytes;
  gsize length;
  const char *fields;      /* more lines of the head, or NULL */
  const char *validator;   /* what If-Range is held against; NULL: no range is served */
  gsize cut;               /* how much of the body is sent before the connection ends, 0 for all */
  gboolean chunked;
  gboolean without_length;
  const char *range;       /* the Content-Range of a 206, NULL for the right one */
  gsize piece;             /* how much of a range is sent at most, 0 for all */
  gboolean refuse_range;   /* 416 to anything with a range */
  gboolean gated;          /* the second half waits for the gate */
  guint status;            /* of all answers, 0 for the right one */
} Behaviour;

typedef struct
{
  TestServer *server;
  char *url;
  guint8 *bytes;

  GMutex lock; /* for the rest */
  Behaviour behaviour;
  GPtrArray *requests;
} Resource;

static void
send_part (TestConnection *connection,
           const Behaviour *behaviour,
           gsize first,
           gsize last,
           gboolean partial)
{
  g_autoptr (GString) answer = g_string_new (partial ? "HTTP/1.1 206 Partial Content\r\n" : "HTTP/1.1 200 OK\r\n");
  gsize head;

  if (partial && behaviour->range != NULL)
    g_string_append_printf (answer, "Content-Range: %s\r\n", behaviour->range);
  else if (partial)
    g_string_append_printf (answer, "Content-Range: bytes %zu-%zu/%zu\r\n", first, last - 1, behaviour->length);
  if (behaviour->fields != NULL)
    g_string_append (answer, behaviour->fields);
  if (behaviour->chunked)
    g_string_append (answer, "Transfer-Encoding: chunked\r\n");
  else if (behaviour->without_length)
    g_string_append (answer, "Connection: close\r\n");
  else
    g_string_append_printf (answer, "Content-Length: %zu\r\n", last - first);
  g_string_append (answer, "\r\n");
  head = answer->len;

  if (behaviour->chunked)
    {
      for (gsize i = first; i < last; i += 1000)
        {
          gsize n = MIN (1000, last - i);

          g_string_append_printf (answer, "%zx\r\n", n);
          g_string_append_len (answer, (const char *) behaviour->bytes + i, (gssize) n);
          g_string_append (answer, "\r\n");
        }
      g_string_append (answer, "0\r\n\r\n");
    }
  else
    g_string_append_len (answer, (const char *) behaviour->bytes + first, (gssize) (last - first));

  if (behaviour->gated)
    {
      gsize half = head + (answer->len - head) / 2;

      test_connection_write (connection, answer->str, (gssize) half);
      test_connection_wait_gate (connection);
      test_connection_write (connection, answer->str + half, (gssize) (answer->len - half));
    }
  else if (behaviour->cut > 0)
    {
      test_connection_write (connection, answer->str, (gssize) MIN (answer->len, head + behaviour->cut));
      test_connection_close (connection);
    }
  else
    test_connection_write (connection, answer->str, (gssize) answer->len);

  if (behaviour->without_length)
    test_connection_close (connection);
}

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  Resource *resource = data;
  g_autofree char *range = test_request_get_field (request, "Range");
  g_autofree char *if_range = test_request_get_field (request, "If-Range");
  Behaviour behaviour;

  pillion_mutex_lock (&resource->lock);
  g_ptr_array_add (resource->requests, g_strdup (request));
  behaviour = resource->behaviour;
  pillion_mutex_unlock (&resource->lock);

  if (behaviour.status != 0)
    test_connection_printf (connection, "HTTP/1.1 %u Some Reason\r\nContent-Length: 0\r\n\r\n", behaviour.status);
  else if (range != NULL && behaviour.refuse_range)
    test_connection_printf (connection, "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n");
  else if (range != NULL && behaviour.validator != NULL && g_strcmp0 (if_range, behaviour.validator) == 0)
    {
      gsize first = g_ascii_strtoull (range + strlen ("bytes="), NULL, 10);
      gsize last = behaviour.piece > 0 ? MIN (behaviour.length, first + behaviour.piece) : behaviour.length;

      g_assert_cmpuint (first, <, behaviour.length);
      send_part (connection, &behaviour, first, last, TRUE);
    }
  else
    send_part (connection, &behaviour, 0, behaviour.length, FALSE);
}

static void
behave (Resource *self,
        Behaviour behaviour)
{
  if (behaviour.bytes == NULL)
    {
      behaviour.bytes = self->bytes;
      behaviour.length = SIZE;
    }

  pillion_mutex_lock (&self->lock);
  self->behaviour = behaviour;
  g_ptr_array_set_size (self->requests, 0);
  pillion_mutex_unlock (&self->lock);
}

/* One with SIZE bytes */
static Resource *
resource_new (void)
{
  Resource *self = g_new0 (Resource, 1);

  g_mutex_init (&self->lock);
  self->bytes = test_bytes_new (SIZE);
  self->requests = g_ptr_array_new_with_free_func (g_free);
  self->behaviour = (Behaviour) { .bytes = self->bytes, .length = SIZE };
  self->server = test_server_new (TEST_SERVER_PLAIN, serve, self);
  self->url = test_server_url (self->server, "/path/file.bin");

  return self;
}

static void
resource_free (Resource *self)
{
  test_server_free (self->server);
  g_ptr_array_unref (self->requests);
  g_mutex_clear (&self->lock);
  g_free (self->url);
  g_free (self->bytes);
  g_free (self);
}

/* A field of the request that came as the given one since the last behave () */
static char *
get_field (Resource *self,
           guint request,
           const char *name)
{
  char *field;

  pillion_mutex_lock (&self->lock);
  g_assert_cmpuint (request, <, self->requests->len);
  field = test_request_get_field (self->requests->pdata[request], name);
  pillion_mutex_unlock (&self->lock);

  return field;
}

static guint
count_requests (Resource *self)
{
  guint n;

  pillion_mutex_lock (&self->lock);
  n = self->requests->len;
  pillion_mutex_unlock (&self->lock);

  return n;
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

static PillionHttpDownload *
download (TestFixture *self,
          const char *url,
          const char *name,
          const char *sha256,
          GError **error)
{
  return test_fixture_await_download (self, start (self, url, name, sha256), error);
}

static void
assert_content (TestFixture *self,
                const char *name,
                const void *bytes,
                gsize length)
{
  g_autofree char *path = test_fixture_path (self, name);

  test_assert_file (path, bytes, length);
}

static guint
count_files (TestFixture *self)
{
  g_autoptr (GDir) dir = g_dir_open (self->folder, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir) != NULL)
    n++;

  return n;
}

static gsize
get_part_size (TestFixture *self,
               const char *name)
{
  g_autofree char *path = test_fixture_path (self, name);
  struct stat info;

  return stat (path, &info) == 0 ? (gsize) info.st_size : 0;
}

static void
assert_whole (TestFixture *self,
              Resource *resource,
              const char *sha256,
              gint64 resumed_from,
              PillionHttpIntegrity integrity)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpDownload) result = download (self, resource->url, "file", sha256, &error);

  g_assert_no_error (error);
  g_assert_cmpint (pillion_http_download_get_size (result), ==, SIZE);
  g_assert_cmpint (pillion_http_download_get_resumed_from (result), ==, resumed_from);
  g_assert_cmpint (pillion_http_download_get_integrity (result), ==, integrity);
  assert_content (self, "file", resource->bytes, SIZE);
  g_assert_cmpuint (count_files (self), ==, 1);
}

static void
assert_fails (TestFixture *self,
              Resource *resource,
              const char *sha256,
              GQuark domain,
              int code,
              gsize part_size)
{
  g_autofree char *path = test_fixture_path (self, "file");
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, OLD, -1, NULL));
  g_assert_null (download (self, resource->url, "file", sha256, &error));
  g_assert_error (error, domain, code);
  g_assert_nonnull (strstr (error->message, resource->url));
  assert_content (self, "file", OLD, strlen (OLD));
  g_assert_cmpuint (get_part_size (self, ".file.pillion-part"), ==, part_size);
  g_assert_cmpuint (count_files (self), ==, part_size > 0 ? 3 : 1);
}

static void
test_plain (TestFixture *self,
            gconstpointer data)
{
  Resource *resource = resource_new ();
  g_autofree char *path = test_fixture_path (self, "file");
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFile) got = NULL;
  g_autoptr (PillionHttpDownload) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *coding = NULL;
  g_autofree char *range = NULL;
  g_autofree char *url = NULL;
  g_autofree char *sha256 = NULL;
  g_autofree char *etag = NULL;
  g_autofree char *type = NULL;
  gint64 size;
  gint64 resumed_from;
  PillionHttpIntegrity integrity;

  behave (resource, (Behaviour) { .fields = "ETag: W/\"weak\"\r\nContent-Type: text/plain; charset=utf-8\r\n" });
  result = download (self, resource->url, "file", NULL, &error);
  g_assert_no_error (error);
  assert_content (self, "file", resource->bytes, SIZE);
  g_assert_cmpuint (count_files (self), ==, 1);

  g_assert_cmpstr (pillion_http_download_get_url (result), ==, resource->url);
  g_assert_true (g_file_equal (pillion_http_download_get_file (result), file));
  g_assert_cmpint (pillion_http_download_get_size (result), ==, SIZE);
  g_assert_cmpint (pillion_http_download_get_resumed_from (result), ==, 0);
  g_assert_null (pillion_http_download_get_sha256 (result));
  g_assert_cmpstr (pillion_http_download_get_etag (result), ==, "W/\"weak\"");
  g_assert_cmpstr (pillion_http_download_get_content_type (result), ==, "text/plain; charset=utf-8");
  g_assert_cmpint (pillion_http_download_get_integrity (result), ==, PILLION_HTTP_INTEGRITY_LENGTH);
  g_object_get (result, "url", &url, "file", &got, "size", &size, "resumed-from", &resumed_from, "sha256", &sha256, "etag",
                &etag, "content-type", &type, "integrity", &integrity, NULL);
  g_assert_cmpstr (url, ==, resource->url);
  g_assert_true (g_file_equal (got, file));
  g_assert_cmpint (size, ==, SIZE);
  g_assert_cmpint (resumed_from, ==, 0);
  g_assert_null (sha256);
  g_assert_cmpstr (etag, ==, "W/\"weak\"");
  g_assert_cmpstr (type, ==, "text/plain; charset=utf-8");
  g_assert_cmpint (integrity, ==, PILLION_HTTP_INTEGRITY_LENGTH);

  coding = get_field (resource, 0, "Accept-Encoding");
  range = get_field (resource, 0, "Range");
  g_assert_cmpstr (coding, ==, "identity");
  g_assert_null (range);
  resource_free (resource);
}

static void
test_framings (TestFixture *self,
               gconstpointer data)
{
  Resource *resource = resource_new ();
  g_autofree char *sha256 = test_sha256 (resource->bytes, SIZE);
  g_autofree char *upper = g_ascii_strup (sha256, -1);
  g_autoptr (PillionHttpDownload) result = NULL;

  behave (resource, (Behaviour) { .chunked = TRUE });
  assert_whole (self, resource, NULL, 0, PILLION_HTTP_INTEGRITY_LENGTH);
  /* Nothing would tell a cut from an end: the result says so */
  behave (resource, (Behaviour) { .without_length = TRUE });
  assert_whole (self, resource, NULL, 0, PILLION_HTTP_INTEGRITY_UNKNOWN);
  assert_whole (self, resource, sha256, 0, PILLION_HTTP_INTEGRITY_DIGEST);
  assert_whole (self, resource, upper, 0, PILLION_HTTP_INTEGRITY_DIGEST);

  result = download (self, resource->url, "file", upper, NULL);
  g_assert_cmpstr (pillion_http_download_get_sha256 (result), ==, sha256);
  resource_free (resource);
}

static void
test_empty (TestFixture *self,
            gconstpointer data)
{
  Resource *resource = resource_new ();
  g_autofree char *sha256 = test_sha256 ("", 0);

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionHttpDownload) result = NULL;
      g_autoptr (GError) error = NULL;

      behave (resource, (Behaviour) { .bytes = (const guint8 *) "", .length = 0, .chunked = i == 1 });
      result = download (self, resource->url, "file", sha256, &error);
      g_assert_no_error (error);
      g_assert_cmpint (pillion_http_download_get_size (result), ==, 0);
      assert_content (self, "file", "", 0);
      g_assert_cmpuint (count_files (self), ==, 1);
    }

  resource_free (resource);
}

static void
test_digest_mismatch (TestFixture *self,
                      gconstpointer data)
{
  Resource *resource = resource_new ();
  g_autofree char *wrong = test_sha256 ("something else", 14);

  behave (resource, (Behaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
  assert_fails (self, resource, wrong, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_DIGEST_MISMATCH, 0);
  resource_free (resource);
}

static void
test_status (TestFixture *self,
             gconstpointer data)
{
  Resource *resource = resource_new ();
  const guint codes[] = { 204, 205, 304, 403, 404, 410, 416, 500, 503 };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      behave (resource, (Behaviour) { .status = codes[i] });
      assert_fails (self, resource, NULL, PILLION_HTTP_STATUS_ERROR, (int) codes[i], 0);
    }

  /* A part of what was asked for as a whole */
  behave (resource, (Behaviour) { .status = 206 });
  assert_fails (self, resource, NULL, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL, 0);
  resource_free (resource);
}

/* Nothing strong to tell two versions apart: nothing is kept */
static void
test_cut_without_validator (TestFixture *self,
                            gconstpointer data)
{
  Resource *resource = resource_new ();
  const char *const fields[] = {
    NULL, "ETag: W/\"weak\"\r\n", "ETag: unquoted\r\n", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 08:49:40 GMT\r\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      behave (resource, (Behaviour) { .fields = fields[i], .cut = 60000 });
      assert_fails (self, resource, NULL, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED, 0);
    }

  behave (resource, (Behaviour) { 0 });
  assert_whole (self, resource, NULL, 0, PILLION_HTTP_INTEGRITY_LENGTH);
  resource_free (resource);
}

/* Cuts a first attempt, and checks what the second one asks for */
static void
assert_resumes (TestFixture *self,
                const char *fields,
                const char *validator,
                gboolean chunked,
                const char *sha256)
{
  Resource *resource = resource_new ();
  g_autofree char *range = NULL;
  g_autofree char *if_range = NULL;
  gsize part;

  behave (resource, (Behaviour) { .fields = fields, .validator = validator, .cut = 60000, .chunked = chunked });
  {
    g_autoptr (GError) error = NULL;

    g_assert_null (download (self, resource->url, "file", sha256, &error));
    g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  }
  part = get_part_size (self, ".file.pillion-part");
  g_assert_cmpuint (part, >, 50000);
  g_assert_cmpuint (part, <=, 60000);

  behave (resource, (Behaviour) { .fields = fields, .validator = validator, .chunked = chunked });
  assert_whole (self, resource, sha256, (gint64) part,
                sha256 != NULL ? PILLION_HTTP_INTEGRITY_DIGEST : PILLION_HTTP_INTEGRITY_LENGTH);
  g_assert_cmpuint (count_requests (resource), ==, 1);
  range = get_field (resource, 0, "Range");
  if_range = get_field (resource, 0, "If-Range");
  g_assert_cmpuint (g_ascii_strtoull (range + strlen ("bytes="), NULL, 10), ==, part);
  g_assert_cmpstr (if_range, ==, validator);
  resource_free (resource);
}

static void
test_resume (TestFixture *self,
             gconstpointer data)
{
  g_autofree guint8 *bytes = test_bytes_new (SIZE);
  g_autofree char *sha256 = test_sha256 (bytes, SIZE);
  const char *date = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 09:49:37 GMT\r\n";

  assert_resumes (self, "ETag: \"one\"\r\n", "\"one\"", FALSE, NULL);
  assert_resumes (self, "ETag: \"one\"\r\n", "\"one\"", FALSE, sha256);
  assert_resumes (self, "ETag: \"one\"\r\n", "\"one\"", TRUE, NULL);
  assert_resumes (self, date, "Sun, 06 Nov 1994 08:49:37 GMT", FALSE, NULL);
  assert_resumes (self, "ETag: W/\"weak\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 09:49:37 GMT\r\n",
                  "Sun, 06 Nov 1994 08:49:37 GMT", FALSE, NULL);
}

/* Leaves 60,000 bytes of what has the tag "one" behind */
static Resource *
begin_partly (TestFixture *self)
{
  Resource *resource = resource_new ();
  g_autoptr (GError) error = NULL;

  behave (resource, (Behaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"", .cut = 60000 });
  g_assert_null (download (self, resource->url, "file", NULL, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_assert_cmpuint (get_part_size (self, ".file.pillion-part"), ==, 60000);

  return resource;
}

/* Whatever does not fit begins anew */
static void
test_resume_changed (TestFixture *self,
                     gconstpointer data)
{
  const struct
  {
    Behaviour behaviour;
    guint n_requests;
  } cases[] = {
    /* Another version: the server sends all of it */
    { { .fields = "ETag: \"two\"\r\n", .validator = "\"two\"" }, 1 },
    /* No ranges any more */
    { { .fields = "ETag: \"one\"\r\n" }, 1 },
    /* A server that ignores If-Range, and has another version */
    { { .fields = "ETag: \"two\"\r\n", .validator = "\"one\"" }, 2 },
    /* Another range than was asked for, in every way */
    { { .validator = "\"one\"", .range = "bytes 0-39999/100000" }, 2 },
    { { .validator = "\"one\"", .range = "bytes 60001-99999/100000" }, 2 },
    { { .validator = "\"one\"", .range = "bytes 60000-99999/100001" }, 2 },
    { { .validator = "\"one\"", .range = "bytes 60000-99998/100000" }, 2 },
    { { .validator = "\"one\"", .range = "bytes 60000-100000/*" }, 2 },
    { { .validator = "\"one\"", .range = "garbage" }, 2 },
    /* Nothing at all */
    { { .fields = "ETag: \"one\"\r\n", .refuse_range = TRUE }, 2 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Resource *resource = begin_partly (self);
      guint8 *other = test_bytes_new (2 * SIZE);
      g_autofree char *range = NULL;

      /* Where it is another version its bytes are others too */
      memcpy (resource->bytes, other + SIZE, SIZE);
      g_free (other);
      behave (resource, cases[i].behaviour);
      assert_whole (self, resource, NULL, 0, PILLION_HTTP_INTEGRITY_LENGTH);
      g_assert_cmpuint (count_requests (resource), ==, cases[i].n_requests);
      range = get_field (resource, cases[i].n_requests - 1, "Range");
      g_assert_cmpint (range == NULL, ==, cases[i].n_requests == 2);
      resource_free (resource);
    }
}

static void
test_resume_in_pieces (TestFixture *self,
                       gconstpointer data)
{
  Resource *resource = begin_partly (self);
  g_autofree char *sha256 = test_sha256 (resource->bytes, SIZE);

  behave (resource, (Behaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"", .piece = 15000 });
  assert_whole (self, resource, sha256, 60000, PILLION_HTTP_INTEGRITY_DIGEST);
  g_assert_cmpuint (count_requests (resource), ==, 3);
  resource_free (resource);
}

/* A server that sends a byte at a time is not asked for ever */
static void
test_resume_in_crumbs (TestFixture *self,
                       gconstpointer data)
{
  Resource *resource = begin_partly (self);

  behave (resource, (Behaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"", .piece = 1 });
  assert_fails (self, resource, NULL, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL, 0);
  g_assert_cmpuint (count_requests (resource), ==, 101);
  resource_free (resource);
}

/* A body that ends well, but is not as long as its range says */
static void
test_resume_wrong_length (TestFixture *self,
                          gconstpointer data)
{
  Resource *resource = begin_partly (self);

  behave (resource, (Behaviour) { .validator = "\"one\"", .chunked = TRUE, .piece = 1000, .range = "bytes 60000-99999/100000" });
  assert_fails (self, resource, NULL, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_LENGTH_MISMATCH, 0);
  resource_free (resource);
}

/* What ends after all has come, but before the file was put in its place */
static void
test_resume_whole (TestFixture *self,
                   gconstpointer data)
{
  Resource *resource = begin_partly (self);
  g_autofree char *part = test_fixture_path (self, ".file.pillion-part");
  g_autofree char *range = NULL;

  g_assert_true (g_file_set_contents_full (part, (const char *) resource->bytes, SIZE, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
  behave (resource, (Behaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
  assert_whole (self, resource, NULL, SIZE - 1, PILLION_HTTP_INTEGRITY_LENGTH);
  range = get_field (resource, 0, "Range");
  g_assert_cmpstr (range, ==, "bytes=99999-");
  resource_free (resource);
}

static void
assert_starts_over (TestFixture *self,
                    Resource *resource)
{
  g_autofree char *range = NULL;

  behave (resource, (Behaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
  assert_whole (self, resource, NULL, 0, PILLION_HTTP_INTEGRITY_LENGTH);
  range = get_field (resource, 0, "Range");
  g_assert_null (range);
}

/* The record says that the part is ours, but not that it is a part of this */
static void
test_resume_other (TestFixture *self,
                   gconstpointer data)
{
  g_autofree char *part = test_fixture_path (self, ".file.pillion-part");
  g_autofree char *info = test_fixture_path (self, ".file.pillion-part.info");

  for (guint i = 0; i < 4; i++)
    {
      Resource *resource = begin_partly (self);
      g_autoptr (GString) text = NULL;
      g_autofree char *before = NULL;

      g_assert_true (g_file_get_contents (info, &before, NULL, NULL));
      text = g_string_new (before);
      if (i == 0)
        g_assert_cmpuint (g_string_replace (text, "path/file.bin", "path/other.bin", 0), ==, 1);
      else if (i == 1)
        g_assert_cmpuint (g_string_replace (text, "\"one\"", "W/\"one\"", 0), ==, 1);
      else if (i == 2)
        g_assert_cmpint (truncate (part, SIZE + 1), ==, 0);
      else
        g_assert_cmpint (truncate (part, 0), ==, 0);
      g_assert_true (g_file_set_contents_full (info, text->str, (gssize) text->len, G_FILE_SET_CONTENTS_NONE, 0600, NULL));

      assert_starts_over (self, resource);
      resource_free (resource);
    }
}

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
          Resource *resource = resource_new ();
          g_autoptr (PillionHttpDownload) result = NULL;
          g_autoptr (GError) error = NULL;

          g_assert_true (g_file_set_contents (path, planted[i].content, -1, NULL));
          /* A second name shows that it is not the draft of a record of ours */
          if (is_draft)
            g_assert_cmpint (link (path, other), ==, 0);

          if (j == 0)
            behave (resource, (Behaviour) { .status = 404 });
          result = download (self, resource->url, "file", NULL, &error);
          g_assert_cmpint (result != NULL, ==, j == 1);
          test_assert_file (path, planted[i].content, strlen (planted[i].content));
          if (j == 1)
            test_assert_file (file, resource->bytes, SIZE);
          g_assert_cmpuint (count_files (self), ==, 1 + is_draft + j);

          g_unlink (file);
          if (is_draft)
            g_assert_cmpint (g_unlink (other), ==, 0);
          g_assert_cmpint (g_unlink (path), ==, 0);
          resource_free (resource);
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
      Resource *resource = begin_partly (self);
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
          resource_free (resource);
          continue;
        }
      g_assert_cmpint (lstat (part, &info_before), ==, 0);

      behave (resource, (Behaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
      result = download (self, resource->url, "file", NULL, &error);
      g_assert_no_error (error);
      range = get_field (resource, 0, "Range");
      g_assert_null (range);
      test_assert_file (file, resource->bytes, SIZE);
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
      g_assert_cmpuint (count_files (self), ==, 0);
      resource_free (resource);
    }
}

/* What a crash leaves before there was anything to record does no harm */
static void
test_empty_part_left (TestFixture *self,
                      gconstpointer data)
{
  static const char *const names[] = { ".file.pillion-part", ".file.pillion-part.info", ".file.pillion-part.info~" };
  Resource *resource = resource_new ();

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = test_fixture_path (self, names[i]);

      g_assert_true (g_file_set_contents (path, "", 0, NULL));
      assert_starts_over (self, resource);
    }

  resource_free (resource);
}

/* After the machine was started again nothing but what the disk had for sure is used */
static void
test_resume_after_boot (TestFixture *self,
                        gconstpointer data)
{
  g_autofree char *info = test_fixture_path (self, ".file.pillion-part.info");

  for (guint i = 0; i < 2; i++)
    {
      Resource *resource = begin_partly (self);
      g_autoptr (GKeyFile) record = g_key_file_new ();

      g_assert_true (g_key_file_load_from_file (record, info, G_KEY_FILE_NONE, NULL));
      g_key_file_set_string (record, "pillion-part", "boot", "another one");
      g_key_file_set_int64 (record, "pillion-part", "safe", i == 0 ? 0 : 40000);
      g_assert_true (g_key_file_save_to_file (record, info, NULL));

      behave (resource, (Behaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
      assert_whole (self, resource, NULL, i == 0 ? 0 : 40000, PILLION_HTTP_INTEGRITY_LENGTH);
      resource_free (resource);
    }
}

/* Where a later attempt fails before anything comes, the part is still there for the next one; where it is said that there
 * is no such thing any more, it is not */
static void
test_resume_later (TestFixture *self,
                   gconstpointer data)
{
  Resource *resource = begin_partly (self);
  g_autofree char *path = test_fixture_path (self, "file");

  behave (resource, (Behaviour) { .status = 503 });
  assert_fails (self, resource, NULL, PILLION_HTTP_STATUS_ERROR, 503, 60000);
  behave (resource, (Behaviour) { .status = 404 });
  assert_fails (self, resource, NULL, PILLION_HTTP_STATUS_ERROR, 404, 0);
  resource_free (resource);
}

static void
assert_cancelled (TestFixture *self,
                  PillionTask *task,
                  gsize part_size)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (test_fixture_await_download (self, task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_content (self, "file", OLD, strlen (OLD));
  g_assert_cmpuint (get_part_size (self, ".file.pillion-part"), ==, part_size);
  g_assert_cmpuint (count_files (self), ==, part_size > 0 ? 3 : 1);
}

static void
test_cancel (TestFixture *self,
             gconstpointer data)
{
  Resource *resource = resource_new ();
  g_autofree char *path = test_fixture_path (self, "file");
  g_autofree char *sha256 = test_sha256 (resource->bytes, SIZE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GFile) file = g_file_new_for_path (path);
  PillionTask *task;

  g_assert_true (g_file_set_contents (path, OLD, -1, NULL));
  pillion_http_client_set_max_connections (self->client, 1);

  /* Before it began */
  g_cancellable_cancel (cancellable);
  assert_cancelled (self, pillion_http_client_download (self->client, resource->url, file, NULL, cancellable), 0);

  /* At once */
  for (guint i = 0; i < 20; i++)
    {
      task = start (self, resource->url, "file", sha256);
      pillion_task_cancel (task);
      assert_cancelled (self, task, 0);
    }

  /* In the body, without and with something to resume by; and one in the queue behind it */
  for (guint i = 0; i < 2; i++)
    {
      PillionTask *queued;

      behave (resource, (Behaviour) { .gated = TRUE, .fields = i == 1 ? "ETag: \"one\"\r\n" : NULL, .validator = "\"one\"" });
      task = start (self, resource->url, "file", NULL);
      queued = start (self, resource->url, "file", NULL);
      /* The second half waits for the gate */
      while (get_part_size (self, ".file.pillion-part") < SIZE / 2)
        g_thread_yield ();
      g_assert_cmpint (pillion_task_get_total (task), ==, SIZE);
      g_assert_cmpstr (pillion_task_get_unit (task), ==, "bytes");
      pillion_task_cancel (queued);
      pillion_task_cancel (task);
      test_fixture_await (self, task);
      assert_cancelled (self, queued, i == 1 ? SIZE / 2 : 0);
      assert_cancelled (self, task, i == 1 ? SIZE / 2 : 0);
    }

  test_server_open_gate (resource->server);
  behave (resource, (Behaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
  assert_whole (self, resource, sha256, SIZE / 2, PILLION_HTTP_INTEGRITY_DIGEST);
  resource_free (resource);
}

/* While the digest is computed: either it comes in time, or it is too late */
static void
test_cancel_verifying (TestFixture *self,
                       gconstpointer data)
{
  const gsize length = 24 * 1024 * 1024;
  g_autofree guint8 *bytes = test_bytes_new (length);
  g_autofree char *sha256 = test_sha256 (bytes, length);
  g_autofree char *path = test_fixture_path (self, "file");
  Resource *resource = resource_new ();
  guint n_cancelled = 0;

  behave (resource, (Behaviour) { .bytes = bytes, .length = length });
  for (guint i = 0; i < 5; i++)
    {
      PillionTask *task;
      g_autoptr (PillionHttpDownload) result = NULL;
      g_autoptr (GError) error = NULL;

      g_assert_true (g_file_set_contents (path, OLD, -1, NULL));
      task = start (self, resource->url, "file", sha256);
      while (pillion_task_get_completed (task) < (gint64) length)
        g_thread_yield ();
      pillion_task_cancel (task);
      result = test_fixture_await_download (self, task, &error);
      if (result != NULL)
        {
          assert_content (self, "file", bytes, length);
        }
      else
        {
          n_cancelled++;
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
          assert_content (self, "file", OLD, strlen (OLD));
        }
      g_assert_cmpuint (count_files (self), ==, 1);
    }

  g_test_message ("%u of 5 in time", n_cancelled);
  resource_free (resource);
}

/* Several workers' steps long, with steps for the digest and the disk on the way; and resumed with a digest */
static void
test_large (TestFixture *self,
            gconstpointer data)
{
  const gsize length = 150 * 1024 * 1024;
  g_autofree guint8 *bytes = test_bytes_new (length);
  g_autofree char *sha256 = test_sha256 (bytes, length);
  Resource *resource = resource_new ();

  behave (resource, (Behaviour) { .bytes = bytes, .length = length, .fields = "ETag: \"one\"\r\n", .validator = "\"one\"",
                                  .cut = 100 * 1024 * 1024 });
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (GKeyFile) record = g_key_file_new ();
    g_autofree char *info = test_fixture_path (self, ".file.pillion-part.info");

    g_assert_null (download (self, resource->url, "file", sha256, &error));
    g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
    g_assert_cmpuint (get_part_size (self, ".file.pillion-part"), ==, 100 * 1024 * 1024);
    g_assert_true (g_key_file_load_from_file (record, info, G_KEY_FILE_NONE, NULL));
    g_assert_cmpint (g_key_file_get_int64 (record, "pillion-part", "safe", NULL), >=, 0);
  }

  behave (resource, (Behaviour) { .bytes = bytes, .length = length, .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (PillionHttpDownload) result = download (self, resource->url, "file", sha256, &error);

    g_assert_no_error (error);
    g_assert_cmpint (pillion_http_download_get_resumed_from (result), ==, 100 * 1024 * 1024);
    assert_content (self, "file", bytes, length);
  }

  resource_free (resource);
}

/* The same target twice: the second one is told so, and the first one is not disturbed. Another target is none of its business. */
static void
test_same_target (TestFixture *self,
                  gconstpointer data)
{
  Resource *resource = resource_new ();
  PillionTask *first;
  g_autoptr (PillionHttpDownload) result = NULL;
  g_autoptr (PillionHttpDownload) other = NULL;
  g_autoptr (GError) error = NULL;

  behave (resource, (Behaviour) { .gated = TRUE });
  first = start (self, resource->url, "file", NULL);
  test_server_wait_requests (resource->server, 1);
  while (get_part_size (self, ".file.pillion-part") < SIZE / 2)
    g_thread_yield ();

  g_assert_null (download (self, resource->url, "file", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
  g_clear_error (&error);

  test_server_open_gate (resource->server);
  other = download (self, resource->url, "other", NULL, &error);
  g_assert_no_error (error);
  result = test_fixture_await_download (self, first, &error);
  g_assert_no_error (error);
  assert_content (self, "file", resource->bytes, SIZE);
  assert_content (self, "other", resource->bytes, SIZE);
  g_assert_cmpuint (count_files (self), ==, 2);
  resource_free (resource);
}

static void
test_bad_targets (TestFixture *self,
                  gconstpointer data)
{
  Resource *resource = resource_new ();
  g_autofree char *folder = test_fixture_path (self, "folder");
  g_autofree char *locked = test_fixture_path (self, "locked");
  g_autoptr (GFile) remote = g_file_new_for_uri ("sftp://host/file");
  g_autoptr (GFile) here = g_file_new_for_path (self->folder);
  g_autoptr (GError) error = NULL;
  const char *const digests[] = { "", "abc", "zz", NULL };

  g_assert_cmpint (g_mkdir (folder, 0755), ==, 0);
  g_assert_null (download (self, resource->url, "folder", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  g_clear_error (&error);

  g_assert_null (download (self, resource->url, "nowhere/file", NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND);
  g_clear_error (&error);

  g_assert_null (test_fixture_await_download (
    self, pillion_http_client_download (self->client, resource->url, remote, NULL, NULL), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED);
  g_clear_error (&error);

  for (guint i = 0; digests[i] != NULL; i++)
    {
      g_assert_null (download (self, resource->url, "file", digests[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
      g_clear_error (&error);
    }
  {
    g_autofree char *digest = g_strnfill (64, 'g');

    g_assert_null (download (self, resource->url, "file", digest, &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    g_clear_error (&error);
  }
  g_assert_cmpuint (count_requests (resource), ==, 0);

  /* To who may do everything no folder is locked */
  if (geteuid () != 0)
    {
      g_assert_cmpint (g_mkdir (locked, 0555), ==, 0);
      g_assert_null (download (self, resource->url, "locked/file", NULL, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED);
      g_assert_cmpint (g_chmod (locked, 0755), ==, 0);
    }

  resource_free (resource);
}

/* What can't be a part of ours is left alone wherever it stands in the way */
static void
test_part_in_the_way (TestFixture *self,
                      gconstpointer data)
{
  static const char *const names[] = { ".file.pillion-part", ".file.pillion-part.info", ".file.pillion-part.info~" };
  Resource *resource = resource_new ();
  g_autofree char *file = test_fixture_path (self, "file");
  g_autofree char *precious = test_fixture_path (self, "precious");

  g_assert_true (g_file_set_contents (precious, OLD, -1, NULL));
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

          result = download (self, resource->url, "file", NULL, &error);
          g_assert_no_error (error);
          test_assert_file (file, resource->bytes, SIZE);
          test_assert_file (precious, OLD, strlen (OLD));
          g_assert_cmpint (lstat (path, &after), ==, 0);
          g_assert_cmpuint (before.st_ino, ==, after.st_ino);
          g_assert_cmpuint (before.st_mode, ==, after.st_mode);
          g_assert_cmpuint (count_files (self), ==, 3);
          g_assert_cmpint (kind == 2 ? g_rmdir (path) : g_unlink (path), ==, 0);
        }
    }

  resource_free (resource);
}

/* A folder of the kernel's, where nobody may make files */
static void
test_not_writable (TestFixture *self,
                   gconstpointer data)
{
  Resource *resource = resource_new ();
  g_autoptr (GFile) file = g_file_new_for_path ("/proc/self/pillion-test");
  g_autoptr (GError) error = NULL;

  g_assert_null (test_fixture_await_download (
    self, pillion_http_client_download (self->client, resource->url, file, NULL, NULL), &error));
  g_assert_nonnull (error);
  g_assert_true (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND) ||
                 g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED));
  resource_free (resource);
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
  Resource *resource = resource_new ();

  g_assert_true (g_file_set_contents (path, OLD, -1, NULL));

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      behave (resource, (Behaviour) { .bytes = bytes, .length = length, .fields = i == 1 ? "ETag: \"one\"\r\n" : NULL,
                                      .validator = "\"one\"" });
      g_assert_null (test_fixture_await_download (
        self, pillion_http_client_download (self->client, resource->url, file, NULL, NULL), &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NO_SPACE);
      test_assert_file (path, OLD, strlen (OLD));
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
    test_assert_file (path, OLD, strlen (OLD));
  }

  resource_free (resource);
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
  g_assert_nonnull (strstr (output, "ok 1 /http/download/on-full-disk"));
}

/* What can be seen everywhere: a limit on the size of files */
static void
test_file_too_large (TestFixture *self,
                     gconstpointer data)
{
  Resource *resource = resource_new ();
  struct rlimit before;
  struct rlimit limit;

  signal (SIGXFSZ, SIG_IGN);
  g_assert_cmpint (getrlimit (RLIMIT_FSIZE, &before), ==, 0);
  limit = before;
  limit.rlim_cur = SIZE / 2;
  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &limit), ==, 0);

  assert_fails (self, resource, NULL, G_IO_ERROR, (int) g_io_error_from_errno (EFBIG), 0);

  g_assert_cmpint (setrlimit (RLIMIT_FSIZE, &before), ==, 0);
  signal (SIGXFSZ, SIG_DFL);
  resource_free (resource);
}

static PillionHttpDownload *
download_into (TestFixture *self,
               Resource *resource,
               const char *path,
               GError **error)
{
  g_autoptr (GFile) folder = g_file_new_for_path (self->folder);
  g_autofree char *url = test_server_url (resource->server, path);

  return test_fixture_await_download (self, pillion_http_client_download_into (self->client, url, folder, NULL, NULL), error);
}

static void
test_into (TestFixture *self,
           gconstpointer data)
{
  Resource *resource = resource_new ();
  const struct
  {
    const char *path;
    const char *fields;
    const char *name;
  } cases[] = {
    { "/path/from-url.bin?query=/x", NULL, "from-url.bin" },
    { "/path/with%20space", NULL, "with space" },
    { "/path/", NULL, "index.html" },
    { "/path/x", "Content-Disposition: attachment; filename=\"from header.bin\"\r\n", "from header.bin" },
    { "/path/", "Content-Disposition: attachment; filename*=UTF-8''na%C3%AFve.bin\r\n", "na\xc3\xafve.bin" },
    { "/path/x", "Content-Disposition: inline\r\n", "x" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = test_fixture_path (self, cases[i].name);
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpDownload) result = NULL;

      behave (resource, (Behaviour) { .fields = cases[i].fields });
      result = download_into (self, resource, cases[i].path, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (g_file_peek_path (pillion_http_download_get_file (result)), ==, path);
      test_assert_file (path, resource->bytes, SIZE);
      g_assert_cmpuint (count_files (self), ==, 1);
      g_assert_cmpint (g_unlink (path), ==, 0);
    }

  resource_free (resource);
}

static void
test_into_unsafe (TestFixture *self,
                  gconstpointer data)
{
  Resource *resource = resource_new ();
  const struct
  {
    const char *path;
    const char *fields;
  } cases[] = {
    { "/path/a%2Fb", NULL },
    { "/path/.hidden", NULL },
    { "/path/a%0Ab", NULL },
    { "/path/a%00b", NULL },
    { "/path/%5C%5Chost%5Cx", NULL },
    { "/path/good", "Content-Disposition: attachment; filename=\"../evil\"\r\n" },
    { "/path/good", "Content-Disposition: attachment; filename=\"..\"\r\n" },
    { "/path/good", "Content-Disposition: attachment; filename=\"/etc/passwd\"\r\n" },
    { "/path/good", "Content-Disposition: attachment; filename=\"a\\\\b\"\r\n" },
    { "/path/good", "Content-Disposition: attachment; filename=\"\"\r\n" },
    { "/path/good", "Content-Disposition: attachment; filename=.bashrc\r\n" },
    { "/path/good", "Content-Disposition: attachment; filename*=UTF-8''..%2Fevil\r\n" },
    { "/path/good", "Content-Disposition: attachment; filename*=UTF-8''evil%00.bin\r\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      behave (resource, (Behaviour) { .fields = cases[i].fields });
      g_assert_null (download_into (self, resource, cases[i].path, &error));
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_UNSAFE_NAME);
      g_assert_cmpuint (count_files (self), ==, 0);
    }

  resource_free (resource);
}

/* The name is known only when the server has told it, and yet a second attempt finds the part of the first one */
static void
test_into_resume (TestFixture *self,
                  gconstpointer data)
{
  Resource *resource = resource_new ();
  const char *fields = "ETag: \"one\"\r\nContent-Disposition: attachment; filename=told\r\n";
  g_autofree char *path = test_fixture_path (self, "told");
  g_autoptr (PillionHttpDownload) result = NULL;
  g_autoptr (GError) error = NULL;

  behave (resource, (Behaviour) { .fields = fields, .validator = "\"one\"", .cut = 60000 });
  g_assert_null (download_into (self, resource, "/path/x", &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_clear_error (&error);
  g_assert_cmpuint (count_files (self), ==, 2);

  behave (resource, (Behaviour) { .fields = fields, .validator = "\"one\"" });
  result = download_into (self, resource, "/path/x", &error);
  g_assert_no_error (error);
  g_assert_cmpint (pillion_http_download_get_resumed_from (result), ==, 60000);
  test_assert_file (path, resource->bytes, SIZE);
  g_assert_cmpuint (count_files (self), ==, 1);

  resource_free (resource);
}

/* What is done when something has the name already, on the way or from the beginning */
static void
test_into_taken (TestFixture *self,
                 gconstpointer data)
{
  Resource *resource = resource_new ();
  g_autofree char *path = test_fixture_path (self, "name.tar.gz");
  g_autofree char *second = test_fixture_path (self, "name (1).tar.gz");
  g_autofree char *third = test_fixture_path (self, "name (2).tar.gz");

  g_assert_cmpint (pillion_http_client_get_name_conflict (self->client), ==, PILLION_HTTP_NAME_CONFLICT_UNIQUIFY);
  g_assert_true (g_file_set_contents (path, OLD, -1, NULL));

  /* Both files are kept, and a folder is in the way as a file is */
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpDownload) result = download_into (self, resource, "/path/name.tar.gz", &error);

      g_assert_no_error (error);
      g_assert_cmpstr (g_file_peek_path (pillion_http_download_get_file (result)), ==, i == 0 ? second : third);
      test_assert_file (i == 0 ? second : third, resource->bytes, SIZE);
      test_assert_file (path, OLD, strlen (OLD));
      g_assert_cmpuint (count_files (self), ==, 2 + i);
      if (i == 0)
        {
          g_assert_cmpint (g_unlink (second), ==, 0);
          g_assert_cmpint (g_mkdir (second, 0755), ==, 0);
        }
    }

  pillion_http_client_set_name_conflict (self->client, PILLION_HTTP_NAME_CONFLICT_REFUSE);
  {
    g_autoptr (GError) error = NULL;

    g_assert_null (download_into (self, resource, "/path/name.tar.gz", &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
    g_assert_nonnull (strstr (error->message, path));
    test_assert_file (path, OLD, strlen (OLD));
    g_assert_cmpuint (count_files (self), ==, 3);
  }

  pillion_http_client_set_name_conflict (self->client, PILLION_HTTP_NAME_CONFLICT_OVERWRITE);
  {
    g_autoptr (GError) error = NULL;
    g_autoptr (PillionHttpDownload) result = download_into (self, resource, "/path/name.tar.gz", &error);

    g_assert_no_error (error);
    test_assert_file (path, resource->bytes, SIZE);
    g_assert_cmpuint (count_files (self), ==, 3);
  }
  {
    g_autoptr (GError) error = NULL;

    g_assert_null (download_into (self, resource, "/path/name%20(1).tar.gz", &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_IS_DIRECTORY);
  }
  /* Where a link leads is not for a server to say */
  {
    g_autofree char *link = test_fixture_path (self, "link");
    g_autoptr (GError) error = NULL;

    g_assert_true (g_file_set_contents (path, OLD, -1, NULL));
    g_assert_cmpint (symlink (path, link), ==, 0);
    g_assert_null (download_into (self, resource, "/path/link", &error));
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_REGULAR_FILE);
    test_assert_file (path, OLD, strlen (OLD));
    g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  }

  resource_free (resource);
}

/* Two URLs with one name, at the same time: each has its file */
static void
test_into_same_name (TestFixture *self,
                     gconstpointer data)
{
  Resource *resources[] = { resource_new (), resource_new () };
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
      behave (resources[i], (Behaviour) { .gated = TRUE });
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
      test_assert_file (paths[i], resources[i]->bytes, SIZE);
      resource_free (resources[i]);
    }
  g_assert_cmpuint (count_files (self), ==, 2);
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
        Resource *resource = resource_new ();
        g_autoptr (GString) name = g_string_new (lengths[j] % 2 == 0 ? "x" : "xx");
        g_autofree char *numbered = NULL;
        g_autoptr (PillionHttpDownload) result = NULL;
        g_autoptr (GError) error = NULL;

        while (name->len + strlen (characters[i]) + 4 <= lengths[j])
          g_string_append (name, characters[i]);
        g_string_append (name, ".zip");

        behave (resource, (Behaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"", .cut = 60000 });
        g_assert_null (download (self, resource->url, name->str, NULL, &error));
        g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
        g_clear_error (&error);
        g_assert_cmpuint (count_files (self), ==, 2);

        behave (resource, (Behaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
        result = download (self, resource->url, name->str, NULL, &error);
        g_assert_no_error (error);
        g_assert_cmpint (pillion_http_download_get_resumed_from (result), ==, 60000);
        assert_content (self, name->str, resource->bytes, SIZE);
        g_assert_cmpuint (count_files (self), ==, 1);
        g_clear_object (&result);

        /* Into a folder where the name is taken: there is room for the number too */
        {
          g_autofree char *escaped = g_uri_escape_string (name->str, NULL, FALSE);
          g_autofree char *path = g_strconcat ("/", escaped, NULL);
          g_autofree char *basename = NULL;

          result = download_into (self, resource, path, &error);
          g_assert_no_error (error);
          basename = g_file_get_basename (pillion_http_download_get_file (result));
          g_assert_true (g_str_has_suffix (basename, " (1).zip"));
          g_assert_true (g_utf8_validate (basename, -1, NULL));
          assert_content (self, basename, resource->bytes, SIZE);
          assert_content (self, name->str, resource->bytes, SIZE);
          numbered = test_fixture_path (self, basename);
          g_assert_cmpint (g_unlink (numbered), ==, 0);
        }

        {
          g_autofree char *path = test_fixture_path (self, name->str);

          g_assert_cmpint (g_unlink (path), ==, 0);
        }
        resource_free (resource);
      }
}

/* Too long for the file system: told before anything is asked for */
static void
test_name_too_long (TestFixture *self,
                    gconstpointer data)
{
  Resource *resource = resource_new ();
  g_autofree char *name = g_strnfill (256, 'n');
  g_autoptr (GError) error = NULL;

  g_assert_null (download (self, resource->url, name, NULL, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG);
  g_assert_cmpuint (count_requests (resource), ==, 0);
  resource_free (resource);
}

/* Redirected, and over TLS, where the connection speaks HTTP/1.1 */
static void
serve_redirect (TestConnection *connection,
                const char *request,
                gpointer data)
{
  g_autofree char *path = test_request_get_path (request);

  if (strcmp (path, "/first") == 0)
    test_connection_printf (connection, "HTTP/1.1 302 Found\r\nLocation: /second\r\nContent-Length: 0\r\n\r\n");
  else
    test_connection_answer (connection, NULL, "hello", -1);
}

static void
test_redirect_tls (TestFixture *self,
                   gconstpointer data)
{
  TestServer *server = test_server_new (TEST_SERVER_TLS, serve_redirect, NULL);
  g_autofree char *url = test_server_url (server, "/first");
  g_autofree char *cert = g_test_build_filename (G_TEST_DIST, "http", "data", "cert.pem", NULL);
  g_autoptr (GTlsDatabase) database = g_tls_file_database_new (cert, NULL);
  g_autoptr (PillionHttpDownload) result = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (download (self, url, "file", NULL, &error));
  g_assert_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE);
  g_clear_error (&error);
  g_assert_cmpuint (count_files (self), ==, 0);

  pillion_http_client_set_tls_database (self->client, database);
  result = download (self, url, "file", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (pillion_http_download_get_url (result), ==, url);
  assert_content (self, "file", "hello", 5);
  test_server_free (server);
}

/* Many at once, with a queue behind them */
static void
test_many (TestFixture *self,
           gconstpointer data)
{
  Resource *resource = resource_new ();
  g_autofree char *sha256 = test_sha256 (resource->bytes, SIZE);
  g_autoptr (GPtrArray) tasks = g_ptr_array_new ();

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *name = g_strdup_printf ("file%u", i);

      g_ptr_array_add (tasks, start (self, resource->url, name, sha256));
    }

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *name = g_strdup_printf ("file%u", i);
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpDownload) result = test_fixture_await_download (self, tasks->pdata[i], &error);

      g_assert_no_error (error);
      assert_content (self, name, resource->bytes, SIZE);
    }

  g_assert_cmpuint (count_files (self), ==, 100);
  g_assert_cmpuint (test_server_get_peak (resource->server), <=, 6);
  resource_free (resource);
}

/* More than a gigabyte, made as it goes, to a disk that keeps no byte of it: it is handled in pieces, and counted right */
#define GIGABYTE G_GINT64_CONSTANT (1200000000)

static void
serve_gigabyte (TestConnection *connection,
                const char *request,
                gpointer data)
{
  const gsize piece = 1000000;
  g_autofree char *zeros = g_malloc0 (piece);

  test_connection_printf (connection, "HTTP/1.1 200 OK\r\nContent-Length: %" G_GINT64_FORMAT "\r\n\r\n", GIGABYTE);
  for (gint64 sent = 0; sent < GIGABYTE; sent += (gint64) piece)
    test_connection_write (connection, zeros, (gssize) piece);
}

static void
test_gigabyte (TestFixture *self,
               gconstpointer data)
{
  TestServer *server;
  g_autofree char *url = NULL;
  g_autoptr (PillionHttpDownload) result = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_test_slow ())
    {
      g_test_skip ("only with -m slow");
      return;
    }

  server = test_server_new (TEST_SERVER_PLAIN, serve_gigabyte, NULL);
  url = test_server_url (server, "/");
  result = download (self, url, "file", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (pillion_http_download_get_size (result), ==, GIGABYTE);
  g_assert_cmpuint (get_part_size (self, "file"), ==, GIGABYTE);
  test_server_free (server);
}

/* What has no body must not replace a file */
static void
test_head (TestFixture *self,
           gconstpointer data)
{
  g_autofree char *path = test_fixture_path (self, "target");
  g_autoptr (GFile) target = g_file_new_for_path (path);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("HEAD", "http://127.0.0.1/");
  g_autoptr (PillionHttpDownload) download = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "old", 3, NULL));
  download = test_fixture_await_download (self, pillion_http_client_send_to_file (self->client, request, target, NULL, NULL), &error);
  g_assert_null (download);
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST);
  test_assert_file (path, "old", 3);
}

int
main (int argc,
      char *argv[])
{
  const char *disk = g_getenv ("PILLION_TEST_DISK");

  g_test_init (&argc, &argv, NULL);

  if (disk != NULL)
    {
      g_test_add ("/http/download/on-full-disk", TestFixture, disk, test_fixture_set_up, test_on_full_disk,
                  test_fixture_tear_down);
      return g_test_run ();
    }

  test_case ("/http/download/plain", test_plain);
  test_case ("/http/download/framings", test_framings);
  test_case ("/http/download/empty", test_empty);
  test_case ("/http/download/digest-mismatch", test_digest_mismatch);
  test_case ("/http/download/status", test_status);
  test_case ("/http/download/cut-without-validator", test_cut_without_validator);
  test_case ("/http/download/resume", test_resume);
  test_case ("/http/download/resume-changed", test_resume_changed);
  test_case ("/http/download/resume-in-pieces", test_resume_in_pieces);
  test_case ("/http/download/resume-in-crumbs", test_resume_in_crumbs);
  test_case ("/http/download/resume-wrong-length", test_resume_wrong_length);
  test_case ("/http/download/resume-whole", test_resume_whole);
  test_case ("/http/download/resume-of-something-else", test_resume_other);
  test_case ("/http/download/what-is-not-ours-stays", test_not_ours);
  test_case ("/http/download/what-is-not-only-ours-stays", test_not_only_ours);
  test_case ("/http/download/empty-part-left", test_empty_part_left);
  test_case ("/http/download/resume-after-boot", test_resume_after_boot);
  test_case ("/http/download/resume-later", test_resume_later);
  test_case ("/http/download/cancel", test_cancel);
  test_case ("/http/download/cancel-verifying", test_cancel_verifying);
  test_case ("/http/download/large", test_large);
  test_case ("/http/download/same-target", test_same_target);
  test_case ("/http/download/bad-targets", test_bad_targets);
  test_case ("/http/download/part-in-the-way", test_part_in_the_way);
  test_case ("/http/download/not-writable", test_not_writable);
  test_case ("/http/download/full-disk", test_full_disk);
  test_case ("/http/download/file-too-large", test_file_too_large);
  test_case ("/http/download/into", test_into);
  test_case ("/http/download/into-unsafe", test_into_unsafe);
  test_case ("/http/download/into-resume", test_into_resume);
  test_case ("/http/download/into-taken-name", test_into_taken);
  test_case ("/http/download/into-one-name-twice", test_into_same_name);
  test_case ("/http/download/long-names", test_long_names);
  test_case ("/http/download/name-too-long", test_name_too_long);
  test_case ("/http/download/redirect-tls", test_redirect_tls);
  test_case ("/http/download/many", test_many);
  test_case ("/http/download/gigabyte", test_gigabyte);
  test_case ("/http/download/head-replaces-no-file", test_head);

  return g_test_run ();
}
