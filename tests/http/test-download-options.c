/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What PillionHttpDownloadOptions says of names that are taken, files that are current, times and digests */

#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "download-support.h"

#define DATE "Sun, 06 Nov 1994 08:49:37 GMT"
#define DATE_SECONDS 784111777
#define ATTRIBUTE "user.pillion.origin"

static PillionHttpDownload *
send_to_file (TestFixture *self,
              TestResource *resource,
              PillionHttpDownloadOptions *options,
              GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", resource->url);
  g_autofree char *path = test_fixture_path (self, "file.bin");
  g_autoptr (GFile) target = g_file_new_for_path (path);

  return test_fixture_await_download (self, pillion_http_client_send_to_file (self->client, request, target, options, NULL), error);
}

static PillionHttpDownload *
send_into (TestFixture *self,
           TestResource *resource,
           PillionHttpDownloadOptions *options,
           GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", resource->url);
  g_autoptr (GFile) folder = g_file_new_for_path (self->folder);

  return test_fixture_await_download (self, pillion_http_client_send_into (self->client, request, folder, options, NULL), error);
}

typedef PillionHttpDownload *(*SendFunc) (TestFixture *self,
                                          TestResource *resource,
                                          PillionHttpDownloadOptions *options,
                                          GError **error);

static const SendFunc funcs[] = { send_to_file, send_into };

static void
assert_outcome (TestFixture *self,
                PillionHttpDownload *download,
                PillionHttpDownloadOutcome outcome,
                const char *name)
{
  g_autofree char *path = test_fixture_path (self, name);
  PillionHttpDownloadOutcome got;
  struct stat info;

  g_assert_nonnull (download);
  g_assert_cmpint (pillion_http_download_get_outcome (download), ==, outcome);
  g_object_get (download, "outcome", &got, NULL);
  g_assert_cmpint (got, ==, outcome);
  g_assert_cmpstr (g_file_peek_path (pillion_http_download_get_file (download)), ==, path);
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpint (pillion_http_download_get_size (download), ==, info.st_size);
}

static void
test_properties (void)
{
  g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();
  g_autofree char *digest = NULL;
  gboolean only_if_changed;
  gboolean preserve_time;
  PillionHttpNameConflict conflict;

  g_assert_null (pillion_http_download_options_get_digest (options));
  g_assert_cmpint (pillion_http_download_options_get_name_conflict (options), ==, PILLION_HTTP_NAME_CONFLICT_DEFAULT);
  g_assert_false (pillion_http_download_options_get_only_if_changed (options));
  g_assert_false (pillion_http_download_options_get_preserve_time (options));

  g_object_set (options, "digest", "AB", "name-conflict", PILLION_HTTP_NAME_CONFLICT_KEEP, "only-if-changed", TRUE, "preserve-time", TRUE,
                NULL);
  g_object_get (options, "digest", &digest, "name-conflict", &conflict, "only-if-changed", &only_if_changed, "preserve-time",
                &preserve_time, NULL);
  g_assert_cmpstr (digest, ==, "ab");
  g_assert_cmpint (conflict, ==, PILLION_HTTP_NAME_CONFLICT_KEEP);
  g_assert_true (only_if_changed);
  g_assert_true (preserve_time);
}

/* Both for a file that the program named, and for one that the server did */
static void
test_unique (TestFixture *self,
             gconstpointer data)
{
  g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();

  pillion_http_download_options_set_name_conflict (options, PILLION_HTTP_NAME_CONFLICT_UNIQUIFY);
  for (guint i = 0; i < G_N_ELEMENTS (funcs); i++)
    {
      static const char *const names[] = { "file.bin", "file (1).bin", "file (2).bin" };
      TestResource *resource = test_resource_new ();

      for (guint j = 0; j < G_N_ELEMENTS (names); j++)
        {
          g_autoptr (GError) error = NULL;
          g_autoptr (PillionHttpDownload) download = funcs[i](self, resource, options, &error);

          g_assert_no_error (error);
          assert_outcome (self, download, PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED, names[j]);
          g_assert_cmpuint (test_fixture_count_files (self), ==, j + 1);
        }

      for (guint j = 0; j < G_N_ELEMENTS (names); j++)
        {
          g_autofree char *path = test_fixture_path (self, names[j]);

          g_assert_cmpint (g_unlink (path), ==, 0);
        }
      test_resource_free (resource);
    }
}

/* A link has the name too, wherever it leads: it is neither followed nor replaced */
static void
test_unique_link (TestFixture *self,
                  gconstpointer data)
{
  g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();
  g_autofree char *link = test_fixture_path (self, "file.bin");
  g_autofree char *nowhere = test_fixture_path (self, "nowhere");
  TestResource *resource = test_resource_new ();
  g_autoptr (PillionHttpDownload) download = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (symlink ("nowhere", link), ==, 0);
  pillion_http_download_options_set_name_conflict (options, PILLION_HTTP_NAME_CONFLICT_UNIQUIFY);
  download = send_to_file (self, resource, options, &error);
  g_assert_no_error (error);
  assert_outcome (self, download, PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED, "file (1).bin");
  g_assert_true (g_file_test (link, G_FILE_TEST_IS_SYMLINK));
  test_assert_no_file (nowhere);
  test_resource_free (resource);
}

/* One target, two URLs, at the same time: each has its file */
static void
test_unique_at_once (TestFixture *self,
                     gconstpointer data)
{
  g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();
  TestResource *resource = test_resource_new ();
  g_autofree char *path = test_fixture_path (self, "file.bin");
  g_autoptr (GFile) target = g_file_new_for_path (path);
  PillionTask *tasks[2];

  pillion_http_download_options_set_name_conflict (options, PILLION_HTTP_NAME_CONFLICT_UNIQUIFY);
  test_resource_behave (resource, (TestBehaviour) { .gated = TRUE });
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *url = g_strdup_printf ("%s?%u", resource->url, i);
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);

      tasks[i] = pillion_http_client_send_to_file (self->client, request, target, options, NULL);
    }
  test_server_wait_requests (resource->server, 2);
  test_server_open_gate (resource->server);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpDownload) download = test_fixture_await_download (self, tasks[i], &error);

      g_assert_no_error (error);
    }
  test_fixture_assert_content (self, "file.bin", resource->bytes, TEST_SIZE);
  test_fixture_assert_content (self, "file (1).bin", resource->bytes, TEST_SIZE);
  g_assert_cmpuint (test_fixture_count_files (self), ==, 2);
  test_resource_free (resource);
}

static void
test_refuse_and_keep (TestFixture *self,
                      gconstpointer data)
{
  g_autofree char *path = test_fixture_path (self, "file.bin");

  for (guint i = 0; i < G_N_ELEMENTS (funcs); i++)
    for (guint keep = 0; keep < 2; keep++)
      {
        g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();
        TestResource *resource = test_resource_new ();
        g_autoptr (PillionHttpDownload) first = NULL;
        g_autoptr (PillionHttpDownload) download = NULL;
        g_autoptr (GError) error = NULL;

        pillion_http_download_options_set_name_conflict (options,
                                                         keep ? PILLION_HTTP_NAME_CONFLICT_KEEP : PILLION_HTTP_NAME_CONFLICT_REFUSE);
        first = funcs[i](self, resource, options, &error);
        g_assert_no_error (error);
        assert_outcome (self, first, PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED, "file.bin");

        g_assert_true (g_file_set_contents (path, TEST_OLD, -1, NULL));
        test_resource_behave (resource, (TestBehaviour) { 0 });
        download = funcs[i](self, resource, options, &error);
        if (keep)
          {
            g_assert_no_error (error);
            assert_outcome (self, download, PILLION_HTTP_DOWNLOAD_OUTCOME_KEPT, "file.bin");
            g_assert_cmpint (pillion_http_download_get_integrity (download), ==, PILLION_HTTP_INTEGRITY_UNKNOWN);
          }
        else
          {
            g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
            g_assert_nonnull (strstr (error->message, path));
          }
        test_assert_file (path, TEST_OLD, strlen (TEST_OLD));
        g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
        /* For a name that is known there is nothing to ask */
        g_assert_cmpuint (test_resource_count_requests (resource), ==, i);

        g_assert_cmpint (g_unlink (path), ==, 0);
        test_resource_free (resource);
      }
}

/* The name is taken while the download runs */
static void
test_taken_meanwhile (TestFixture *self,
                      gconstpointer data)
{
  g_autofree char *path = test_fixture_path (self, "file.bin");
  g_autoptr (GFile) target = g_file_new_for_path (path);

  for (guint keep = 0; keep < 2; keep++)
    {
      g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();
      TestResource *resource = test_resource_new ();
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", resource->url);
      g_autoptr (PillionHttpDownload) download = NULL;
      g_autoptr (GError) error = NULL;
      PillionTask *task;

      pillion_http_download_options_set_name_conflict (options,
                                                       keep ? PILLION_HTTP_NAME_CONFLICT_KEEP : PILLION_HTTP_NAME_CONFLICT_REFUSE);
      test_resource_behave (resource, (TestBehaviour) { .gated = TRUE });
      task = pillion_http_client_send_to_file (self->client, request, target, options, NULL);
      test_server_wait_requests (resource->server, 1);
      g_assert_true (g_file_set_contents (path, TEST_OLD, -1, NULL));
      test_server_open_gate (resource->server);
      download = test_fixture_await_download (self, task, &error);
      if (keep)
        {
          g_assert_no_error (error);
          assert_outcome (self, download, PILLION_HTTP_DOWNLOAD_OUTCOME_KEPT, "file.bin");
        }
      else
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
      test_assert_file (path, TEST_OLD, strlen (TEST_OLD));
      g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
      g_assert_cmpint (g_unlink (path), ==, 0);
      test_resource_free (resource);
    }
}

static time_t
get_time (TestFixture *self,
          const char *name)
{
  g_autofree char *path = test_fixture_path (self, name);
  struct stat info;

  g_assert_cmpint (stat (path, &info), ==, 0);
  return info.st_mtim.tv_sec;
}

static void
test_time (TestFixture *self,
           gconstpointer data)
{
  g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();
  TestResource *resource = test_resource_new ();

  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpDownload) download = NULL;

      test_resource_behave (resource, (TestBehaviour) { .fields = i < 2 ? "Last-Modified: " DATE "\r\n" : "Last-Modified: yesterday\r\n" });
      pillion_http_download_options_set_preserve_time (options, i > 0);
      download = send_to_file (self, resource, options, &error);
      g_assert_no_error (error);
      g_assert_cmpint (get_time (self, "file.bin") == DATE_SECONDS, ==, i == 1);
    }
  test_resource_free (resource);
}

/* A server that knows conditions, or not */
typedef struct
{
  const char *etag;
  const char *date;
  gboolean ignores;
  guint n_bodies;
  guint n_conditions;
} Versioned;

static void
serve_versioned (TestConnection *connection,
                 const char *request,
                 gpointer data)
{
  Versioned *self = data;
  g_autofree char *etag = test_request_get_field (request, "If-None-Match");
  g_autofree char *date = test_request_get_field (request, "If-Modified-Since");
  g_autoptr (GString) fields = g_string_new (NULL);

  if (self->etag != NULL)
    g_string_append_printf (fields, "ETag: %s\r\n", self->etag);
  if (self->date != NULL)
    g_string_append_printf (fields, "Last-Modified: %s\r\n", self->date);

  self->n_conditions += etag != NULL || date != NULL;
  if (!self->ignores && (etag != NULL ? g_strcmp0 (etag, self->etag) == 0 : date != NULL && g_strcmp0 (date, self->date) == 0))
    {
      test_connection_printf (connection, "HTTP/1.1 304 Not Modified\r\n%s\r\n", fields->str);
      return;
    }

  self->n_bodies++;
  test_connection_answer (connection, fields->str, "version", -1);
}

static gboolean
has_attributes (TestFixture *self)
{
  return setxattr (self->folder, "user.pillion.test", "", 0, 0) == 0;
}

static void
test_only_if_changed (TestFixture *self,
                      gconstpointer data)
{
  const struct
  {
    const char *etag;
    const char *date;
    gboolean ignores;
    gboolean needs_attributes;
  } cases[] = {
    { "\"one\"", DATE, FALSE, FALSE },
    { NULL, DATE, FALSE, FALSE },
    { "W/\"one\"", NULL, FALSE, TRUE },
    { "\"one\"", NULL, TRUE, TRUE },
    { NULL, DATE, TRUE, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint into = 0; into < 2; into++)
      {
        g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();
        Versioned versioned = { .etag = cases[i].etag, .date = cases[i].date, .ignores = cases[i].ignores };
        TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_versioned, &versioned);
        TestResource resource = { .url = test_server_url (server, "/path/file.bin") };
        g_autofree char *path = test_fixture_path (self, "file.bin");

        if (cases[i].needs_attributes && !has_attributes (self))
          {
            test_server_free (server);
            g_free (resource.url);
            continue;
          }

        pillion_http_download_options_set_only_if_changed (options, TRUE);
        /* Twice the same version, and then another one */
        for (guint j = 0; j < 3; j++)
          {
            g_autoptr (GError) error = NULL;
            g_autoptr (PillionHttpDownload) download = NULL;

            if (j == 2)
              {
                versioned.etag = cases[i].etag != NULL ? "\"two\"" : NULL;
                versioned.date = "Mon, 07 Nov 1994 08:49:37 GMT";
              }
            download = funcs[into](self, &resource, options, &error);
            g_assert_no_error (error);
            assert_outcome (self, download,
                            j == 1 ? PILLION_HTTP_DOWNLOAD_OUTCOME_NOT_MODIFIED : PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED, "file.bin");
            g_assert_cmpint (pillion_http_download_get_integrity (download), ==,
                             j == 1 ? PILLION_HTTP_INTEGRITY_UNKNOWN : PILLION_HTTP_INTEGRITY_LENGTH);
            test_assert_file (path, "version", 7);
            g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
            g_assert_cmpuint (versioned.n_conditions, ==, j);
            if (!cases[i].ignores)
              g_assert_cmpuint (versioned.n_bodies, ==, j == 2 ? 2 : 1);
          }

        g_assert_cmpint (g_unlink (path), ==, 0);
        test_server_free (server);
        g_free (resource.url);
      }
}

/* The record of a file that the user changed, or that came from elsewhere, doesn't count */
static void
test_changed_here (TestFixture *self,
                   gconstpointer data)
{
  g_autofree char *path = test_fixture_path (self, "file.bin");

  if (!has_attributes (self))
    {
      g_test_skip ("no extended attributes here");
      return;
    }

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();
      Versioned versioned = { .etag = "\"one\"" };
      TestServer *server = test_server_new (TEST_SERVER_PLAIN, serve_versioned, &versioned);
      TestResource resource = { .url = test_server_url (server, "/path/file.bin?key=secret") };
      g_autoptr (PillionHttpDownload) first = NULL;
      g_autoptr (PillionHttpDownload) second = NULL;
      g_autoptr (GError) error = NULL;
      char attribute[4096];
      gssize n;

      pillion_http_download_options_set_only_if_changed (options, TRUE);
      first = send_to_file (self, &resource, options, &error);
      g_assert_no_error (error);
      n = getxattr (path, ATTRIBUTE, attribute, sizeof attribute);
      g_assert_cmpint (n, >, 0);
      g_assert_null (g_strstr_len (attribute, n, "secret"));

      if (i == 0)
        {
          FILE *file = fopen (path, "r+");

          g_assert_cmpint (fputs ("changed", file), >=, 0);
          fclose (file);
        }
      else
        {
          g_free (resource.url);
          resource.url = test_server_url (server, "/path/file.bin?key=other");
        }
      second = send_to_file (self, &resource, options, &error);
      g_assert_no_error (error);
      assert_outcome (self, second, PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED, "file.bin");
      test_assert_file (path, "version", 7);
      test_server_free (server);
      g_free (resource.url);
    }
}

/* Whoever has the digest needs no server */
static void
test_digest_is_there (TestFixture *self,
                      gconstpointer data)
{
  static const GChecksumType types[] = { G_CHECKSUM_MD5, G_CHECKSUM_SHA1, G_CHECKSUM_SHA256, G_CHECKSUM_SHA384, G_CHECKSUM_SHA512 };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    for (guint into = 0; into < 2; into++)
      {
        g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();
        TestResource *resource = test_resource_new ();
        g_autofree char *path = test_fixture_path (self, "file.bin");
        g_autofree char *digest = g_compute_checksum_for_data (types[i], resource->bytes, TEST_SIZE);
        g_autofree char *upper = g_ascii_strup (digest, -1);

        pillion_http_download_options_set_digest (options, upper);
        pillion_http_download_options_set_only_if_changed (options, TRUE);
        for (guint j = 0; j < 3; j++)
          {
            g_autoptr (GError) error = NULL;
            g_autoptr (PillionHttpDownload) download = NULL;

            if (j == 2)
              g_assert_true (g_file_set_contents (path, TEST_OLD, -1, NULL));
            download = funcs[into](self, resource, options, &error);
            g_assert_no_error (error);
            assert_outcome (self, download,
                            j == 1 ? PILLION_HTTP_DOWNLOAD_OUTCOME_NOT_MODIFIED : PILLION_HTTP_DOWNLOAD_OUTCOME_SAVED, "file.bin");
            g_assert_cmpint (pillion_http_download_get_integrity (download), ==, PILLION_HTTP_INTEGRITY_DIGEST);
            g_assert_cmpstr (pillion_http_download_get_digest (download), ==, digest);
            g_assert_cmpstr (pillion_http_download_get_sha256 (download), ==, types[i] == G_CHECKSUM_SHA256 ? digest : NULL);
            test_assert_file (path, resource->bytes, TEST_SIZE);
            g_assert_cmpuint (test_resource_count_requests (resource), ==, j == 2 ? 2 : 1);
          }

        g_assert_cmpint (g_unlink (path), ==, 0);
        test_resource_free (resource);
      }
}

static void
test_bad_digests (TestFixture *self,
                  gconstpointer data)
{
  static const char *const digests[] = { "", "abc", "d41d8cd98f00b204e9800998ecf8427", "d41d8cd98f00b204e9800998ecf8427g",
                                         "d41d8cd98f00b204e9800998ecf8427e " };
  TestResource *resource = test_resource_new ();

  for (guint i = 0; i < G_N_ELEMENTS (digests); i++)
    {
      g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();
      g_autoptr (GError) error = NULL;

      pillion_http_download_options_set_digest (options, digests[i]);
      g_assert_null (send_to_file (self, resource, options, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
  {
    g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();
    g_autoptr (GError) error = NULL;

    pillion_http_download_options_set_digest (options, "d41d8cd98f00b204e9800998ecf8427e");
    g_assert_null (send_to_file (self, resource, options, &error));
    g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_DIGEST_MISMATCH);
    g_assert_nonnull (strstr (error->message, "MD5"));
  }
  g_assert_cmpuint (test_fixture_count_files (self), ==, 0);
  test_resource_free (resource);
}

/* What the server says of the whole is verified if the program says nothing */
static void
test_server_digest (TestFixture *self,
                    gconstpointer data)
{
  static const struct
  {
    const char *format; /* with the digest in base64, or NULL for that of something else */
    GChecksumType type;
    gboolean is_used;
  } cases[] = {
    { "Repr-Digest: sha-256=:%s:\r\n", G_CHECKSUM_SHA256, TRUE },
    { "Repr-Digest: unixsum=:AAAA:, sha-512=:%s:;x=1\r\n", G_CHECKSUM_SHA512, TRUE },
    { "Digest: SHA-256=%s\r\n", G_CHECKSUM_SHA256, TRUE },
    { "Digest: md5=%s\r\n", G_CHECKSUM_MD5, TRUE },
    { "Digest: UNIXsum=30637 , SHA=%s\r\n", G_CHECKSUM_SHA1, TRUE },
    { "Repr-Digest: md5=:%s:\r\n", G_CHECKSUM_MD5, FALSE },
    { "Repr-Digest: sha-256=:%.8s:\r\n", G_CHECKSUM_SHA256, FALSE },
    { "Repr-Digest: sha-256\r\nDigest: =\r\nX: %s\r\n", G_CHECKSUM_SHA256, FALSE },
    { "Content-Digest: sha-256=:%s:\r\n", G_CHECKSUM_SHA256, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint wrong = 0; wrong < 2; wrong++)
      {
        TestResource *resource = test_resource_new ();
        g_autoptr (GChecksum) checksum = g_checksum_new (cases[i].type);
        guint8 digest[64];
        gsize n = sizeof digest;
        g_autofree char *base64 = NULL;
        g_autofree char *fields = NULL;
        g_autoptr (PillionHttpDownload) download = NULL;
        g_autoptr (GError) error = NULL;

        g_checksum_update (checksum, resource->bytes, TEST_SIZE - wrong);
        g_checksum_get_digest (checksum, digest, &n);
        base64 = g_base64_encode (digest, n);
        fields = g_strdup_printf (cases[i].format, base64);
        test_resource_behave (resource, (TestBehaviour) { .fields = fields });
        download = send_to_file (self, resource, NULL, &error);
        if (wrong && cases[i].is_used)
          {
            g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_DIGEST_MISMATCH);
          }
        else
          {
            g_assert_no_error (error);
            g_assert_cmpint (pillion_http_download_get_integrity (download), ==,
                             cases[i].is_used ? PILLION_HTTP_INTEGRITY_SERVER_DIGEST : PILLION_HTTP_INTEGRITY_LENGTH);
            g_assert_cmpstr (pillion_http_download_get_digest (download), ==,
                             cases[i].is_used ? g_checksum_get_string (checksum) : NULL);
          }
        test_resource_free (resource);
      }
}

/* Cancelled while the digest of the file that is there is computed */
static void
test_cancel_looking (TestFixture *self,
                     gconstpointer data)
{
  const gsize length = 24 * 1024 * 1024;
  g_autofree guint8 *bytes = test_bytes_new (length);
  g_autofree char *sha256 = test_sha256 (bytes, length);
  g_autofree char *path = test_fixture_path (self, "file.bin");
  g_autoptr (GFile) target = g_file_new_for_path (path);
  g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();
  TestResource *resource = test_resource_new ();

  g_assert_true (g_file_set_contents (path, (const char *) bytes, (gssize) length, NULL));
  pillion_http_download_options_set_digest (options, sha256);
  pillion_http_download_options_set_only_if_changed (options, TRUE);
  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", resource->url);
      PillionTask *task = pillion_http_client_send_to_file (self->client, request, target, options, NULL);
      g_autoptr (PillionHttpDownload) download = NULL;
      g_autoptr (GError) error = NULL;

      for (guint j = 0; j < i * 20; j++)
        g_thread_yield ();
      pillion_task_cancel (task);
      download = test_fixture_await_download (self, task, &error);
      if (download == NULL)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
    }
  g_assert_cmpuint (test_resource_count_requests (resource), ==, 0);
  test_resource_free (resource);
}

/* These are for the library to set */
static void
test_own_conditions (TestFixture *self,
                     gconstpointer data)
{
  g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", "http://127.0.0.1:1/");
  g_autofree char *path = test_fixture_path (self, "file.bin");
  g_autoptr (GFile) target = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;

  pillion_http_download_options_set_only_if_changed (options, TRUE);
  pillion_http_request_set_header (request, "If-None-Match", "\"one\"");
  g_assert_null (
    test_fixture_await_download (self, pillion_http_client_send_to_file (self->client, request, target, options, NULL), &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_REQUEST);
}

static void
test_resume (TestFixture *self,
             gconstpointer data)
{
  const TestBehaviour whole = { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" };
  const TestBehaviour cut = { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"", .cut = 60000 };
  TestResource *resource = test_resource_new ();
  g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();

  g_assert_true (pillion_http_download_options_get_resume (options));
  for (guint i = 0; i < G_N_ELEMENTS (funcs); i++)
    for (gboolean resume = FALSE; resume <= TRUE; resume++)
      {
        g_autoptr (GError) error = NULL;
        g_autoptr (PillionHttpDownload) failed = NULL;
        g_autoptr (PillionHttpDownload) download = NULL;

        test_resource_behave (resource, cut);
        failed = funcs[i](self, resource, options, &error);
        g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
        g_clear_error (&error);

        pillion_http_download_options_set_resume (options, resume);
        test_resource_behave (resource, whole);
        download = funcs[i](self, resource, options, &error);
        g_assert_no_error (error);
        g_assert_cmpint (pillion_http_download_get_resumed_from (download), ==, resume ? 60000 : 0);
        g_assert_cmpint (pillion_http_download_get_size (download), ==, TEST_SIZE);
        g_assert_cmpint (g_unlink (g_file_peek_path (pillion_http_download_get_file (download))), ==, 0);
        g_assert_cmpuint (test_fixture_count_files (self), ==, 0);
      }

  test_resource_free (resource);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/download-options/properties", test_properties);
  test_case ("/http/download-options/unique-names", test_unique);
  test_case ("/http/download-options/unique-names-beside-a-link", test_unique_link);
  test_case ("/http/download-options/unique-names-at-once", test_unique_at_once);
  test_case ("/http/download-options/refuse-and-keep", test_refuse_and_keep);
  test_case ("/http/download-options/name-taken-meanwhile", test_taken_meanwhile);
  test_case ("/http/download-options/preserve-time", test_time);
  test_case ("/http/download-options/only-if-changed-fetches-no-current-file", test_only_if_changed);
  test_case ("/http/download-options/only-if-changed-replaces-what-changed-here", test_changed_here);
  test_case ("/http/download-options/file-with-the-digest-needs-no-request", test_digest_is_there);
  test_case ("/http/download-options/digest-of-the-server", test_server_digest);
  test_case ("/http/download-options/bad-digests", test_bad_digests);
  test_case ("/http/download-options/cancel-while-the-digest-is-computed", test_cancel_looking);
  test_case ("/http/download-options/conditions-of-the-program", test_own_conditions);
  test_case ("/http/download-options/resume-only-if-wanted", test_resume);

  return g_test_run ();
}
