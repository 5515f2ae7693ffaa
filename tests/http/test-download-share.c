/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Several downloads to one target at the same time */

#include <string.h>
#include <unistd.h>

#include "download-support.h"

#define TAGGED .fields = "ETag: \"one\"\r\n", .validator = "\"one\""

static void
wait_half (TestFixture *self)
{
  while (test_fixture_get_size (self, ".file.pillion-part") < TEST_SIZE / 2)
    g_thread_yield ();
}

static PillionHttpDownload *
assert_downloads (TestFixture *self,
                  PillionTask *task,
                  TestResource *resource)
{
  g_autoptr (GError) error = NULL;
  PillionHttpDownload *download = test_fixture_await_download (self, task, &error);

  g_assert_no_error (error);
  test_fixture_assert_content (self, "file", resource->bytes, TEST_SIZE);
  return download;
}

/* One transfer and one result, whether the first has begun or waits in the queue */
static void
test_share (TestFixture *self,
            gconstpointer data)
{
  for (guint begun = 0; begun < 2; begun++)
    {
      TestResource *resource = test_resource_new ();
      TestResource *other = test_resource_new ();
      g_autofree char *path = test_fixture_path (self, "file");
      PillionTask *tasks[3];
      PillionTask *running = NULL;
      PillionHttpDownload *downloads[3];

      pillion_http_client_set_max_connections (self->client, 1);
      test_resource_behave (resource, (TestBehaviour) { .gated = TRUE });
      if (!begun)
        {
          test_resource_behave (other, (TestBehaviour) { .gated = TRUE });
          running = test_fixture_start (self, other->url, "other", NULL);
          test_server_wait_requests (other->server, 1);
        }
      for (guint i = 0; i < 3; i++)
        {
          tasks[i] = test_fixture_start (self, resource->url, "file", NULL);
          if (begun && i == 0)
            wait_half (self);
        }
      test_wait_io_thread ();
      test_server_open_gate (other->server);
      test_server_open_gate (resource->server);
      if (running != NULL)
        {
          test_fixture_await (self, running);
          g_object_unref (running);
        }
      for (guint i = 0; i < 3; i++)
        {
          g_object_ref (tasks[i]);
          downloads[i] = assert_downloads (self, tasks[i], resource);
          g_assert_true (downloads[i] == downloads[0]);
          g_assert_cmpint (pillion_task_get_completed (tasks[i]), ==, TEST_SIZE);
          g_assert_cmpint (pillion_task_get_total (tasks[i]), ==, TEST_SIZE);
          g_object_unref (tasks[i]);
        }
      for (guint i = 0; i < 3; i++)
        g_object_unref (downloads[i]);
      g_assert_cmpuint (test_resource_count_requests (resource), ==, 1);
      g_assert_cmpint (unlink (path), ==, 0);
      test_resource_free (resource);
      test_resource_free (other);
    }
}

/* Cancelling one doesn't cancel the others. If it was the one that worked, the next goes on from where it was. */
static void
test_cancel (TestFixture *self,
             gconstpointer data)
{
  for (guint cancelled = 0; cancelled < 3; cancelled++)
    {
      TestResource *resource = test_resource_new ();
      g_autofree char *path = test_fixture_path (self, "file");
      PillionTask *tasks[3];

      test_resource_behave (resource, (TestBehaviour) { TAGGED, .gated = TRUE });
      for (guint i = 0; i < 3; i++)
        tasks[i] = test_fixture_start (self, resource->url, "file", NULL);
      wait_half (self);
      if (cancelled == 0)
        test_resource_behave (resource, (TestBehaviour) { TAGGED });
      pillion_task_cancel (tasks[cancelled]);
      test_fixture_await (self, tasks[cancelled]);
      g_assert_cmpint (pillion_task_get_state (tasks[cancelled]), ==, PILLION_TASK_CANCELLED);
      test_server_open_gate (resource->server);
      for (guint i = 0; i < 3; i++)
        if (i != cancelled)
          {
            g_autoptr (PillionHttpDownload) download = assert_downloads (self, tasks[i], resource);

            g_assert_cmpint (pillion_http_download_get_resumed_from (download), ==, cancelled == 0 ? TEST_SIZE / 2 : 0);
          }
      g_object_unref (tasks[cancelled]);
      g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
      g_assert_cmpuint (test_resource_count_requests (resource), ==, 1);
      g_assert_cmpint (unlink (path), ==, 0);
      test_resource_free (resource);
    }
}

/* If the one that works is paused, the next one goes on from where it was, and the paused one gets the same in the end */
static void
test_pause (TestFixture *self,
            gconstpointer data)
{
  for (guint paused = 0; paused < 2; paused++)
    {
      TestResource *resource = test_resource_new ();
      g_autofree char *sha256 = test_sha256 (resource->bytes, TEST_SIZE);
      g_autofree char *path = test_fixture_path (self, "file");
      g_autoptr (PillionHttpDownload) download = NULL;
      g_autoptr (PillionHttpDownload) other = NULL;
      PillionTask *tasks[2];

      test_resource_behave (resource, (TestBehaviour) { TAGGED, .gated = TRUE });
      for (guint i = 0; i < 2; i++)
        tasks[i] = test_fixture_start (self, resource->url, "file", sha256);
      wait_half (self);
      if (paused == 0)
        test_resource_behave (resource, (TestBehaviour) { TAGGED });
      g_assert_true (pillion_http_client_pause_download (self->client, tasks[paused]));
      test_server_open_gate (resource->server);
      download = assert_downloads (self, tasks[1 - paused], resource);
      g_assert_cmpuint (test_resource_count_requests (resource), ==, 1);

      pillion_http_client_resume_download (self->client, tasks[paused]);
      other = assert_downloads (self, tasks[paused], resource);
      g_assert_cmpint (unlink (path), ==, 0);
      test_resource_free (resource);
    }
}

/* Paused, resumed and cancelled at any moment */
static void
test_pause_often (TestFixture *self,
                  gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autofree char *sha256 = test_sha256 (resource->bytes, TEST_SIZE);

  test_resource_behave (resource, (TestBehaviour) { TAGGED });
  for (guint i = 0; i < 50; i++)
    {
      PillionTask *tasks[3];

      for (guint j = 0; j < 3; j++)
        tasks[j] = test_fixture_start (self, resource->url, "file", sha256);
      for (guint j = 0; j < 6; j++)
        {
          for (guint k = 0; k < i; k++)
            pillion_loop_kick (self->loop);
          pillion_http_client_pause_download (self->client, tasks[j % 3]);
          for (guint k = 0; k < 25; k++)
            pillion_loop_kick (self->loop);
          pillion_http_client_resume_download (self->client, tasks[(j + i) % 3]);
        }
      pillion_task_cancel (tasks[i % 3]);
      for (guint j = 0; j < 3; j++)
        pillion_http_client_resume_download (self->client, tasks[j]);
      for (guint j = 0; j < 3; j++)
        {
          test_fixture_await (self, tasks[j]);
          if (j != i % 3)
            g_assert_cmpint (pillion_task_get_state (tasks[j]), ==, PILLION_TASK_SUCCEEDED);
          g_object_unref (tasks[j]);
        }
      test_fixture_assert_content (self, "file", resource->bytes, TEST_SIZE);
    }
  test_resource_free (resource);
}

/* All at any moment */
static void
test_cancel_all (TestFixture *self,
                 gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autofree char *sha256 = test_sha256 (resource->bytes, TEST_SIZE);

  test_resource_behave (resource, (TestBehaviour) { TAGGED });
  for (guint i = 0; i < 50; i++)
    {
      PillionTask *tasks[4];

      for (guint j = 0; j < 4; j++)
        tasks[j] = test_fixture_start (self, resource->url, "file", sha256);
      for (guint j = 0; j < 4; j++)
        {
          for (guint k = 0; k < i; k++)
            pillion_loop_kick (self->loop);
          if (j != i % 4)
            pillion_task_cancel (tasks[j]);
        }
      for (guint j = 0; j < 4; j++)
        {
          test_fixture_await (self, tasks[j]);
          if (j == i % 4)
            g_assert_cmpint (pillion_task_get_state (tasks[j]), ==, PILLION_TASK_SUCCEEDED);
          g_object_unref (tasks[j]);
        }
      test_fixture_assert_content (self, "file", resource->bytes, TEST_SIZE);
    }
  test_resource_free (resource);
}

static void
test_failure (TestFixture *self,
              gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autofree char *wrong = test_sha256 ("wrong", 5);
  PillionTask *tasks[2];

  test_resource_behave (resource, (TestBehaviour) { .gated = TRUE });
  for (guint i = 0; i < 2; i++)
    tasks[i] = test_fixture_start (self, resource->url, "file", wrong);
  wait_half (self);
  test_wait_io_thread ();
  test_server_open_gate (resource->server);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (test_fixture_await_download (self, tasks[i], &error));
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_DIGEST_MISMATCH);
    }
  g_assert_cmpuint (test_resource_count_requests (resource), ==, 1);
  g_assert_cmpuint (test_fixture_count_files (self), ==, 0);
  test_resource_free (resource);
}

/* What isn't the same can't be shared, and doesn't disturb the first one, not even by another name of the same file */
static void
test_not_the_same (TestFixture *self,
                   gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autofree char *url = g_strconcat (resource->url, "?other", NULL);
  g_autofree char *path = test_fixture_path (self, "file");
  g_autofree char *link = test_fixture_path (self, "link");
  g_autofree char *sha256 = test_sha256 (resource->bytes, TEST_SIZE);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", resource->url);
  g_autoptr (PillionHttpDownload) download = NULL;
  g_autoptr (PillionHttpDownload) shared = NULL;
  PillionTask *first;
  g_autoptr (PillionHttpRequest) for_somebody = pillion_http_request_new ("GET", resource->url);
  g_autoptr (PillionHttpRequest) limited = pillion_http_request_new ("GET", resource->url);
  g_autoptr (PillionHttpCredentials) credentials = pillion_http_credentials_new_bearer ("other", 0);
  PillionTask *tasks[6];
  PillionTask *through_link;

  g_assert_cmpint (symlink ("file", link), ==, 0);
  pillion_http_request_set_header (request, "Authorization", "Bearer other");
  pillion_http_request_set_credentials (for_somebody, credentials);
  pillion_http_request_set_max_body_size (limited, 2 * TEST_SIZE);
  test_resource_behave (resource, (TestBehaviour) { .gated = TRUE });
  first = test_fixture_start (self, resource->url, "file", NULL);
  wait_half (self);

  tasks[0] = test_fixture_start (self, url, "file", NULL);
  tasks[1] = test_fixture_start (self, resource->url, "file", sha256);
  tasks[2] = pillion_http_client_send_to_file (self->client, request, file, NULL, NULL);
  tasks[3] = test_fixture_start (self, url, "link", NULL);
  tasks[4] = pillion_http_client_send_to_file (self->client, for_somebody, file, NULL, NULL);
  tasks[5] = pillion_http_client_send_to_file (self->client, limited, file, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (test_fixture_await_download (self, tasks[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS);
      g_assert_nonnull (strstr (error->message, i == 3 ? link : path));
      g_assert_cmpint (strstr (error->message, "another URL") != NULL, ==, i == 0 || i == 3);
    }

  through_link = test_fixture_start (self, resource->url, "link", NULL);
  test_server_open_gate (resource->server);
  download = assert_downloads (self, first, resource);
  shared = assert_downloads (self, through_link, resource);
  test_resource_free (resource);
}

/* Another target is none of their business */
static void
test_other_target (TestFixture *self,
                   gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autoptr (PillionHttpDownload) first = NULL;
  g_autoptr (PillionHttpDownload) second = NULL;
  g_autoptr (GError) error = NULL;
  PillionTask *task;

  test_resource_behave (resource, (TestBehaviour) { .gated = TRUE });
  task = test_fixture_start (self, resource->url, "file", NULL);
  wait_half (self);
  test_server_open_gate (resource->server);
  second = test_fixture_download (self, resource->url, "other", NULL, &error);
  g_assert_no_error (error);
  first = assert_downloads (self, task, resource);
  g_assert_true (first != second);
  test_fixture_assert_content (self, "other", resource->bytes, TEST_SIZE);
  test_resource_free (resource);
}

/* Into a folder, the URL is what they have in common */
static void
test_into (TestFixture *self,
           gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autoptr (GFile) folder = g_file_new_for_path (self->folder);
  PillionHttpDownload *downloads[2];
  PillionTask *tasks[2];

  test_resource_behave (resource, (TestBehaviour) { .gated = TRUE });
  for (guint i = 0; i < 2; i++)
    tasks[i] = pillion_http_client_download_into (self->client, resource->url, folder, NULL, NULL);
  test_server_wait_requests (resource->server, 1);
  test_wait_io_thread ();
  test_server_open_gate (resource->server);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      downloads[i] = test_fixture_await_download (self, tasks[i], &error);
      g_assert_no_error (error);
    }
  g_assert_true (downloads[0] == downloads[1]);
  g_object_unref (downloads[0]);
  g_object_unref (downloads[1]);
  g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
  test_resource_free (resource);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/download-share/one-transfer-for-all", test_share);
  test_case ("/http/download-share/cancelling-one-leaves-the-others", test_cancel);
  test_case ("/http/download-share/pausing-one-leaves-the-others", test_pause);
  test_case ("/http/download-share/pausing-at-any-moment", test_pause_often);
  test_case ("/http/download-share/cancelling-at-any-moment", test_cancel_all);
  test_case ("/http/download-share/one-failure-for-all", test_failure);
  test_case ("/http/download-share/only-what-is-the-same", test_not_the_same);
  test_case ("/http/download-share/other-targets", test_other_target);
  test_case ("/http/download-share/into-a-folder", test_into);

  return g_test_run ();
}
