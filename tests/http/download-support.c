/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "download-support.h"

#include <string.h>
#include <sys/stat.h>

#include "base/pillion-sync.h"

static void
send_part (TestConnection *connection,
           const TestBehaviour *behaviour,
           gsize first,
           gsize last,
           gboolean partial)
{
  g_autoptr (GString) answer = g_string_new (partial ? "HTTP/1.1 206 Partial Content\r\n" : "HTTP/1.1 200 OK\r\n");
  gsize head;

  if (partial && behaviour->range != NULL)
    g_string_append_printf (answer, "Content-Range: %s\r\n", behaviour->range);
  else if (partial)
    g_string_append_printf (answer, "Content-Range: bytes %zu-%zu/%zu\r\n", first, (behaviour->lies ? behaviour->length : last) - 1,
                            behaviour->length);
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
      test_connection_write_end (connection, answer->str + half, (gssize) (answer->len - half));
    }
  else if (behaviour->cut > 0)
    {
      test_connection_write_end (connection, answer->str, (gssize) MIN (answer->len, head + behaviour->cut));
      test_connection_close (connection);
    }
  else
    test_connection_write_end (connection, answer->str, (gssize) answer->len);

  if (behaviour->without_length)
    test_connection_close (connection);
}

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  TestResource *resource = data;
  g_autofree char *range = test_request_get_field (request, "Range");
  g_autofree char *if_range = test_request_get_field (request, "If-Range");
  TestBehaviour behaviour;

  pillion_mutex_lock (&resource->lock);
  g_ptr_array_add (resource->requests, g_strdup (request));
  behaviour = resource->behaviour;
  pillion_mutex_unlock (&resource->lock);

  if (behaviour.status != 0)
    test_connection_printf (connection, "HTTP/1.1 %u Some Reason\r\nContent-Length: 0\r\n%s\r\n", behaviour.status,
                            behaviour.fields != NULL ? behaviour.fields : "");
  else if (range != NULL && behaviour.refuse_range)
    test_connection_printf (connection, "HTTP/1.1 %u No Range\r\nContent-Length: 0\r\n\r\n", behaviour.refuse_range);
  else if (range != NULL && behaviour.validator != NULL && (if_range == NULL || strcmp (if_range, behaviour.validator) == 0))
    {
      gsize first = g_ascii_strtoull (range + strlen ("bytes="), NULL, 10);
      gsize last = behaviour.piece > 0 ? MIN (behaviour.length, first + behaviour.piece) : behaviour.length;

      g_assert_cmpuint (first, <, behaviour.length);
      behaviour.bytes -= behaviour.shift;
      send_part (connection, &behaviour, first, last, TRUE);
    }
  else
    send_part (connection, &behaviour, 0, behaviour.length, FALSE);
}

void
test_resource_behave (TestResource *self,
                      TestBehaviour behaviour)
{
  if (behaviour.bytes == NULL)
    {
      behaviour.bytes = self->bytes;
      behaviour.length = TEST_SIZE;
    }

  pillion_mutex_lock (&self->lock);
  self->behaviour = behaviour;
  g_ptr_array_set_size (self->requests, 0);
  pillion_mutex_unlock (&self->lock);
}

TestResource *
test_resource_new (void)
{
  TestResource *self = g_new0 (TestResource, 1);

  g_mutex_init (&self->lock);
  self->bytes = test_bytes_new (TEST_SIZE);
  self->requests = g_ptr_array_new_with_free_func (g_free);
  self->behaviour = (TestBehaviour) { .bytes = self->bytes, .length = TEST_SIZE };
  self->server = test_server_new (TEST_SERVER_PLAIN, serve, self);
  self->url = test_server_url (self->server, "/path/file.bin");

  return self;
}

void
test_resource_free (TestResource *self)
{
  test_server_free (self->server);
  g_ptr_array_unref (self->requests);
  g_mutex_clear (&self->lock);
  g_free (self->url);
  g_free (self->bytes);
  g_free (self);
}

char *
test_resource_get_field (TestResource *self,
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

guint
test_resource_count_requests (TestResource *self)
{
  guint n;

  pillion_mutex_lock (&self->lock);
  n = self->requests->len;
  pillion_mutex_unlock (&self->lock);

  return n;
}

PillionTask *
test_fixture_start (TestFixture *self,
                    const char *url,
                    const char *name,
                    const char *sha256)
{
  g_autofree char *path = test_fixture_path (self, name);
  g_autoptr (GFile) file = g_file_new_for_path (path);

  return pillion_http_client_download (self->client, url, file, sha256, NULL);
}

PillionHttpDownload *
test_fixture_download (TestFixture *self,
                       const char *url,
                       const char *name,
                       const char *sha256,
                       GError **error)
{
  return test_fixture_await_download (self, test_fixture_start (self, url, name, sha256), error);
}

PillionHttpDownload *
test_fixture_download_into (TestFixture *self,
                            TestResource *resource,
                            const char *path,
                            GError **error)
{
  g_autoptr (GFile) folder = g_file_new_for_path (self->folder);
  g_autofree char *url = test_server_url (resource->server, path);

  return test_fixture_await_download (self, pillion_http_client_download_into (self->client, url, folder, NULL, NULL), error);
}

void
test_fixture_assert_content (TestFixture *self,
                             const char *name,
                             const void *bytes,
                             gsize length)
{
  g_autofree char *path = test_fixture_path (self, name);

  test_assert_file (path, bytes, length);
}

gsize
test_fixture_get_size (TestFixture *self,
                       const char *name)
{
  g_autofree char *path = test_fixture_path (self, name);
  struct stat info;

  return stat (path, &info) == 0 ? (gsize) info.st_size : 0;
}

void
test_fixture_assert_whole (TestFixture *self,
                           TestResource *resource,
                           const char *sha256,
                           gint64 resumed_from,
                           PillionHttpIntegrity integrity)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpDownload) result = test_fixture_download (self, resource->url, "file", sha256, &error);

  g_assert_no_error (error);
  g_assert_cmpint (pillion_http_download_get_size (result), ==, TEST_SIZE);
  g_assert_cmpint (pillion_http_download_get_resumed_from (result), ==, resumed_from);
  g_assert_cmpint (pillion_http_download_get_integrity (result), ==, integrity);
  test_fixture_assert_content (self, "file", resource->bytes, TEST_SIZE);
  g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
}

void
test_fixture_assert_fails (TestFixture *self,
                           TestResource *resource,
                           const char *sha256,
                           GQuark domain,
                           int code,
                           gsize part_size)
{
  g_autofree char *path = test_fixture_path (self, "file");
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, TEST_OLD, -1, NULL));
  g_assert_null (test_fixture_download (self, resource->url, "file", sha256, &error));
  g_assert_error (error, domain, code);
  g_assert_nonnull (strstr (error->message, resource->url));
  test_fixture_assert_content (self, "file", TEST_OLD, strlen (TEST_OLD));
  g_assert_cmpuint (test_fixture_get_size (self, ".file.pillion-part"), ==, part_size);
  g_assert_cmpuint (test_fixture_count_files (self), ==, part_size > 0 ? 3 : 1);
}

TestResource *
test_fixture_begin_partly (TestFixture *self)
{
  TestResource *resource = test_resource_new ();
  g_autoptr (GError) error = NULL;

  test_resource_behave (resource, (TestBehaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"", .cut = 60000 });
  g_assert_null (test_fixture_download (self, resource->url, "file", NULL, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_assert_cmpuint (test_fixture_get_size (self, ".file.pillion-part"), ==, 60000);

  return resource;
}

void
test_fixture_assert_starts_over (TestFixture *self,
                                 TestResource *resource)
{
  g_autofree char *range = NULL;

  test_resource_behave (resource, (TestBehaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
  test_fixture_assert_whole (self, resource, NULL, 0, PILLION_HTTP_INTEGRITY_LENGTH);
  range = test_resource_get_field (resource, 0, "Range");
  g_assert_null (range);
}
