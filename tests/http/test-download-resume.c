/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Downloads that continue what an earlier attempt left */

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "download-support.h"

/* Nothing strong to tell two versions apart: nothing is kept */
static void
test_cut_without_validator (TestFixture *self,
                            gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  const char *const fields[] = {
    NULL, "ETag: W/\"weak\"\r\n", "ETag: unquoted\r\n", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 08:49:40 GMT\r\n",
  };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++)
    {
      test_resource_behave (resource, (TestBehaviour) { .fields = fields[i], .cut = 60000 });
      test_fixture_assert_fails (self, resource, NULL, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED, 0);
    }

  test_resource_behave (resource, (TestBehaviour) { 0 });
  test_fixture_assert_whole (self, resource, NULL, 0, PILLION_HTTP_INTEGRITY_LENGTH);
  test_resource_free (resource);
}

/* Cuts a first attempt, and checks what the second one asks for */
static void
assert_resumes (TestFixture *self,
                const char *fields,
                const char *validator,
                gboolean chunked,
                const char *sha256)
{
  TestResource *resource = test_resource_new ();
  g_autofree char *range = NULL;
  g_autofree char *if_range = NULL;
  gsize part;

  test_resource_behave (resource, (TestBehaviour) { .fields = fields, .validator = validator, .cut = 60000, .chunked = chunked });
  {
    g_autoptr (GError) error = NULL;

    g_assert_null (test_fixture_download (self, resource->url, "file", sha256, &error));
    g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  }
  part = test_fixture_get_size (self, ".file.pillion-part");
  g_assert_cmpuint (part, >, 50000);
  g_assert_cmpuint (part, <=, 60000);

  test_resource_behave (resource, (TestBehaviour) { .fields = fields, .validator = validator, .chunked = chunked });
  test_fixture_assert_whole (self, resource, sha256, (gint64) part,
                             sha256 != NULL ? PILLION_HTTP_INTEGRITY_DIGEST : PILLION_HTTP_INTEGRITY_LENGTH);
  g_assert_cmpuint (test_resource_count_requests (resource), ==, 1);
  range = test_resource_get_field (resource, 0, "Range");
  if_range = test_resource_get_field (resource, 0, "If-Range");
  g_assert_cmpuint (g_ascii_strtoull (range + strlen ("bytes="), NULL, 10), ==, part);
  g_assert_cmpstr (if_range, ==, validator);
  test_resource_free (resource);
}

/* The message counts what was there before, too */
static void
test_cut_again (TestFixture *self,
                gconstpointer data)
{
  TestResource *resource = test_fixture_begin_partly (self);
  g_autoptr (GError) error = NULL;

  test_resource_behave (resource, (TestBehaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"", .cut = 20000 });
  g_assert_null (test_fixture_download (self, resource->url, "file", NULL, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
  g_assert_true (g_str_has_suffix (error->message, " after 80000 of 100000 bytes"));
  test_resource_free (resource);
}

static void
test_resume (TestFixture *self,
             gconstpointer data)
{
  g_autofree guint8 *bytes = test_bytes_new (TEST_SIZE);
  g_autofree char *sha256 = test_sha256 (bytes, TEST_SIZE);
  const char *date = "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 09:49:37 GMT\r\n";

  assert_resumes (self, "ETag: \"one\"\r\n", "\"one\"", FALSE, NULL);
  assert_resumes (self, "ETag: \"one\"\r\n", "\"one\"", FALSE, sha256);
  assert_resumes (self, "ETag: \"one\"\r\n", "\"one\"", TRUE, NULL);
  assert_resumes (self, date, "Sun, 06 Nov 1994 08:49:37 GMT", FALSE, NULL);
  assert_resumes (self, "ETag: W/\"weak\"\r\nLast-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\nDate: Sun, 06 Nov 1994 09:49:37 GMT\r\n",
                  "Sun, 06 Nov 1994 08:49:37 GMT", FALSE, NULL);
}

/* Whatever does not fit begins anew */
static void
test_resume_changed (TestFixture *self,
                     gconstpointer data)
{
  const struct
  {
    TestBehaviour behaviour;
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
    { { .fields = "ETag: \"one\"\r\n", .refuse_range = 416 }, 2 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      TestResource *resource = test_fixture_begin_partly (self);
      guint8 *other = test_bytes_new (2 * TEST_SIZE);
      g_autofree char *range = NULL;

      /* Where it is another version its bytes are others too */
      memcpy (resource->bytes, other + TEST_SIZE, TEST_SIZE);
      g_free (other);
      test_resource_behave (resource, cases[i].behaviour);
      test_fixture_assert_whole (self, resource, NULL, 0, PILLION_HTTP_INTEGRITY_LENGTH);
      g_assert_cmpuint (test_resource_count_requests (resource), ==, cases[i].n_requests);
      range = test_resource_get_field (resource, cases[i].n_requests - 1, "Range");
      g_assert_cmpint (range == NULL, ==, cases[i].n_requests == 2);
      test_resource_free (resource);
    }
}

static void
test_resume_in_pieces (TestFixture *self,
                       gconstpointer data)
{
  TestResource *resource = test_fixture_begin_partly (self);
  g_autofree char *sha256 = test_sha256 (resource->bytes, TEST_SIZE);

  test_resource_behave (resource, (TestBehaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"", .piece = 15000 });
  test_fixture_assert_whole (self, resource, sha256, 60000, PILLION_HTTP_INTEGRITY_DIGEST);
  g_assert_cmpuint (test_resource_count_requests (resource), ==, 3);
  test_resource_free (resource);
}

/* A server that sends a byte at a time is asked for the whole in the end */
static void
test_resume_in_crumbs (TestFixture *self,
                       gconstpointer data)
{
  TestResource *resource = test_fixture_begin_partly (self);

  test_resource_behave (resource, (TestBehaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"", .piece = 1 });
  test_fixture_assert_whole (self, resource, NULL, 0, PILLION_HTTP_INTEGRITY_LENGTH);
  g_assert_cmpuint (test_resource_count_requests (resource), ==, 102);
  test_resource_free (resource);
}

/* A body that ends well, but is not as long as its range says */
static void
test_resume_wrong_length (TestFixture *self,
                          gconstpointer data)
{
  TestResource *resource = test_fixture_begin_partly (self);

  test_resource_behave (resource, (TestBehaviour) { .validator = "\"one\"", .chunked = TRUE, .piece = 1000, .range = "bytes 60000-99999/100000" });
  test_fixture_assert_whole (self, resource, NULL, 0, PILLION_HTTP_INTEGRITY_LENGTH);
  g_assert_cmpuint (test_resource_count_requests (resource), ==, 3);
  test_resource_free (resource);
}

/* Each range is shorter than it says, and the rest of it is asked for until that has happened too often */
static void
test_resume_short (TestFixture *self,
                   gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      TestResource *resource = test_fixture_begin_partly (self);

      test_resource_behave (resource, (TestBehaviour) { .validator = "\"one\"", .chunked = TRUE, .piece = i == 0 ? 10000 : 1000, .lies = TRUE });
      test_fixture_assert_whole (self, resource, NULL, i == 0 ? 60000 : 0, PILLION_HTTP_INTEGRITY_LENGTH);
      g_assert_cmpuint (test_resource_count_requests (resource), ==, i == 0 ? 4 : 7);
      test_resource_free (resource);
    }
}

/* More than the range says, or other bytes than those of the file, as the digest tells: the file comes in one response then */
static void
test_resume_wrong (TestFixture *self,
                   gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      TestResource *resource = test_fixture_begin_partly (self);
      g_autofree char *sha256 = test_sha256 (resource->bytes, TEST_SIZE);

      test_resource_behave (resource, (TestBehaviour) { .validator = "\"one\"", .chunked = TRUE, .shift = i == 0 ? 0 : 1,
                                                        .range = i == 0 ? "bytes 60000-98999/100000" : NULL });
      test_fixture_assert_whole (self, resource, sha256, 0, PILLION_HTTP_INTEGRITY_DIGEST);
      g_assert_cmpuint (test_resource_count_requests (resource), ==, 2);
      test_resource_free (resource);
    }
}

/* Without the range that it refuses, the server has the file */
static void
test_resume_refused (TestFixture *self,
                     gconstpointer data)
{
  static const guint statuses[] = { 400, 416, 501 };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      TestResource *resource = test_fixture_begin_partly (self);

      test_resource_behave (resource, (TestBehaviour) { .refuse_range = statuses[i] });
      test_fixture_assert_whole (self, resource, NULL, 0, PILLION_HTTP_INTEGRITY_LENGTH);
      g_assert_cmpuint (test_resource_count_requests (resource), ==, 2);
      test_resource_free (resource);
    }
}

/* As after a crash */
static void
forget_how_it_was_left (TestFixture *self)
{
  g_autofree char *info = test_fixture_path (self, ".file.pillion-part.info");
  g_autoptr (GKeyFile) record = g_key_file_new ();

  g_assert_true (g_key_file_load_from_file (record, info, G_KEY_FILE_NONE, NULL));
  g_assert_true (g_key_file_remove_key (record, "pillion-part", "left-size", NULL));
  g_assert_true (g_key_file_remove_key (record, "pillion-part", "left-time", NULL));
  g_assert_true (g_key_file_save_to_file (record, info, NULL));
}

/* What another program did to the part since it was left is not taken for content */
static void
test_resume_tampered (TestFixture *self,
                      gconstpointer data)
{
  g_autofree char *part = test_fixture_path (self, ".file.pillion-part");

  for (guint i = 0; i < 3; i++)
    {
      TestResource *resource = test_fixture_begin_partly (self);
      g_autofree char *bytes = NULL;
      gsize length;

      g_assert_true (g_file_get_contents (part, &bytes, &length, NULL));
      if (i == 0)
        {
          bytes[length / 2] ^= 1;
          g_assert_true (g_file_set_contents_full (part, bytes, (gssize) length, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
        }
      else
        {
          g_assert_cmpint (truncate (part, (off_t) (i == 1 ? length - 1 : length + 1)), ==, 0);
        }

      test_fixture_assert_starts_over (self, resource);
      test_resource_free (resource);
    }
}

/* What ends after all has come, but before the file was put in its place */
static void
test_resume_whole (TestFixture *self,
                   gconstpointer data)
{
  TestResource *resource = test_fixture_begin_partly (self);
  g_autofree char *part = test_fixture_path (self, ".file.pillion-part");
  g_autofree char *range = NULL;

  g_assert_true (g_file_set_contents_full (part, (const char *) resource->bytes, TEST_SIZE, G_FILE_SET_CONTENTS_NONE, 0644, NULL));
  forget_how_it_was_left (self);
  test_resource_behave (resource, (TestBehaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
  test_fixture_assert_whole (self, resource, NULL, TEST_SIZE - 1, PILLION_HTTP_INTEGRITY_LENGTH);
  range = test_resource_get_field (resource, 0, "Range");
  g_assert_cmpstr (range, ==, "bytes=99999-");
  test_resource_free (resource);
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
      TestResource *resource = test_fixture_begin_partly (self);
      g_autoptr (GString) text = NULL;
      g_autofree char *before = NULL;

      forget_how_it_was_left (self);
      g_assert_true (g_file_get_contents (info, &before, NULL, NULL));
      text = g_string_new (before);
      if (i == 0)
        g_assert_cmpuint (g_string_replace (text, "path/file.bin", "path/other.bin", 1), ==, 1);
      else if (i == 1)
        g_assert_cmpuint (g_string_replace (text, "\"one\"", "W/\"one\"", 0), ==, 1);
      else if (i == 2)
        g_assert_cmpint (truncate (part, TEST_SIZE + 1), ==, 0);
      else
        g_assert_cmpint (truncate (part, 0), ==, 0);
      g_assert_true (g_file_set_contents_full (info, text->str, (gssize) text->len, G_FILE_SET_CONTENTS_NONE, 0600, NULL));

      test_fixture_assert_starts_over (self, resource);
      test_resource_free (resource);
    }
}

/* After the machine was started again nothing but what the disk had for sure is used */
static void
test_resume_after_boot (TestFixture *self,
                        gconstpointer data)
{
  g_autofree char *info = test_fixture_path (self, ".file.pillion-part.info");

  for (guint i = 0; i < 2; i++)
    {
      TestResource *resource = test_fixture_begin_partly (self);
      g_autoptr (GKeyFile) record = g_key_file_new ();

      g_assert_true (g_key_file_load_from_file (record, info, G_KEY_FILE_NONE, NULL));
      g_key_file_set_string (record, "pillion-part", "boot", "another one");
      g_key_file_set_int64 (record, "pillion-part", "safe", i == 0 ? 0 : 40000);
      g_assert_true (g_key_file_save_to_file (record, info, NULL));

      test_resource_behave (resource, (TestBehaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
      test_fixture_assert_whole (self, resource, NULL, i == 0 ? 0 : 40000, PILLION_HTTP_INTEGRITY_LENGTH);
      test_resource_free (resource);
    }
}

/* A crash may interrupt the last lines of the record, which say how the part was left */
static void
test_resume_torn_record (TestFixture *self,
                         gconstpointer data)
{
  static const struct
  {
    const char *text;
    gsize length;
  } tails[] = {
    { "left-", 5 },
    { "left-size=6", 11 },
    { "left-size=60000\n", 16 },
    { "left-size=60000\nleft-time=17", 28 },
    { "\0\0\0\0\0\0\0\0", 8 },
    { "left-size=60000\n\0\0\0\0", 20 },
  };
  g_autofree char *info = test_fixture_path (self, ".file.pillion-part.info");

  for (guint i = 0; i < G_N_ELEMENTS (tails); i++)
    {
      TestResource *resource = test_fixture_begin_partly (self);
      g_autofree char *before = NULL;
      g_autofree char *range = NULL;
      g_autoptr (GString) text = NULL;
      const char *left;

      g_assert_true (g_file_get_contents (info, &before, NULL, NULL));
      left = strstr (before, "left-size=");
      g_assert_nonnull (left);
      text = g_string_new_len (before, left - before);
      g_string_append_len (text, tails[i].text, (gssize) tails[i].length);
      g_assert_true (g_file_set_contents_full (info, text->str, (gssize) text->len, G_FILE_SET_CONTENTS_NONE, 0600, NULL));

      test_resource_behave (resource, (TestBehaviour) { .fields = "ETag: \"one\"\r\n", .validator = "\"one\"" });
      test_fixture_assert_whole (self, resource, NULL, 60000, PILLION_HTTP_INTEGRITY_LENGTH);
      range = test_resource_get_field (resource, 0, "Range");
      g_assert_cmpstr (range, ==, "bytes=60000-");
      test_resource_free (resource);
    }
}

/* Where a later attempt fails before anything comes, the part is still there for the next one; where it is said that there
 * is no such thing any more, it is not */
static void
test_resume_later (TestFixture *self,
                   gconstpointer data)
{
  TestResource *resource = test_fixture_begin_partly (self);
  g_autofree char *path = test_fixture_path (self, "file");

  test_resource_behave (resource, (TestBehaviour) { .status = 503 });
  test_fixture_assert_fails (self, resource, NULL, PILLION_HTTP_STATUS_ERROR, 503, 60000);
  test_resource_behave (resource, (TestBehaviour) { .status = 404 });
  test_fixture_assert_fails (self, resource, NULL, PILLION_HTTP_STATUS_ERROR, 404, 0);
  test_resource_free (resource);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/download-resume/cut-without-validator", test_cut_without_validator);
  test_case ("/http/download-resume/resume", test_resume);
  test_case ("/http/download-resume/cut-again", test_cut_again);
  test_case ("/http/download-resume/resume-changed", test_resume_changed);
  test_case ("/http/download-resume/resume-in-pieces", test_resume_in_pieces);
  test_case ("/http/download-resume/resume-in-crumbs", test_resume_in_crumbs);
  test_case ("/http/download-resume/resume-wrong-length", test_resume_wrong_length);
  test_case ("/http/download-resume/resume-short", test_resume_short);
  test_case ("/http/download-resume/resume-wrong-bytes", test_resume_wrong);
  test_case ("/http/download-resume/resume-refused", test_resume_refused);
  test_case ("/http/download-resume/resume-tampered", test_resume_tampered);
  test_case ("/http/download-resume/resume-whole", test_resume_whole);
  test_case ("/http/download-resume/resume-of-something-else", test_resume_other);
  test_case ("/http/download-resume/resume-after-boot", test_resume_after_boot);
  test_case ("/http/download-resume/resume-torn-record", test_resume_torn_record);
  test_case ("/http/download-resume/resume-later", test_resume_later);

  return g_test_run ();
}
