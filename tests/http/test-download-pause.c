/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Downloads that are paused and go on */

#include <string.h>

#include "download-support.h"

#define TAGGED .fields = "ETag: \"one\"\r\n", .validator = "\"one\""

/* One whose first half has come */
static PillionTask *
start_half (TestFixture *self,
            TestResource *resource,
            const char *sha256)
{
  PillionTask *task = test_fixture_start (self, resource->url, "file", sha256);

  while (test_fixture_get_size (self, ".file.pillion-part") < TEST_SIZE / 2)
    g_thread_yield ();

  return task;
}

static void
assert_downloads (TestFixture *self,
                  PillionTask *task,
                  TestResource *resource)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PillionHttpDownload) download = test_fixture_await_download (self, task, &error);

  g_assert_no_error (error);
  g_assert_cmpint (pillion_http_download_get_size (download), ==, TEST_SIZE);
  test_fixture_assert_content (self, "file", resource->bytes, TEST_SIZE);
}

/* Neither its connection nor its place is held, and it goes on from where it was, with its digest */
static void
test_pause (TestFixture *self,
            gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  TestResource *other = test_resource_new ();
  g_autofree char *sha256 = test_sha256 (resource->bytes, TEST_SIZE);
  g_autofree char *range = NULL;
  g_autofree char *if_range = NULL;
  g_autoptr (PillionHttpDownload) beside = NULL;
  g_autoptr (GError) error = NULL;
  PillionTask *task;

  pillion_http_client_set_max_connections (self->client, 1);
  test_resource_behave (resource, (TestBehaviour) { TAGGED, .gated = TRUE });
  task = start_half (self, resource, sha256);
  g_assert_false (pillion_http_client_is_download_paused (self->client, task));
  g_assert_true (pillion_http_client_pause_download (self->client, task));
  g_assert_true (pillion_http_client_pause_download (self->client, task));
  g_assert_true (pillion_http_client_is_download_paused (self->client, task));

  beside = test_fixture_download (self, other->url, "beside", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (pillion_task_get_state (task), ==, PILLION_TASK_PENDING);
  g_assert_cmpuint (test_fixture_get_size (self, ".file.pillion-part"), ==, TEST_SIZE / 2);

  test_resource_behave (resource, (TestBehaviour) { TAGGED });
  pillion_http_client_resume_download (self->client, task);
  g_assert_false (pillion_http_client_is_download_paused (self->client, task));
  assert_downloads (self, task, resource);
  g_assert_cmpuint (test_resource_count_requests (resource), ==, 1);
  range = test_resource_get_field (resource, 0, "Range");
  if_range = test_resource_get_field (resource, 0, "If-Range");
  g_assert_cmpstr (range, ==, "bytes=50000-");
  g_assert_cmpstr (if_range, ==, "\"one\"");

  test_server_open_gate (resource->server);
  test_resource_free (resource);
  test_resource_free (other);
}

/* Again and again, at any moment */
static void
test_often (TestFixture *self,
            gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autofree char *sha256 = test_sha256 (resource->bytes, TEST_SIZE);

  test_resource_behave (resource, (TestBehaviour) { TAGGED });
  for (guint i = 0; i < 50; i++)
    {
      PillionTask *task = test_fixture_start (self, resource->url, "file", sha256);

      for (guint j = 0; j < 3; j++)
        {
          for (guint k = 0; k < i; k++)
            pillion_loop_kick (self->loop);
          pillion_http_client_pause_download (self->client, task);
          for (guint k = 0; k < 50 - i; k++)
            pillion_loop_kick (self->loop);
          pillion_http_client_resume_download (self->client, task);
        }
      assert_downloads (self, task, resource);
      g_assert_cmpuint (test_fixture_count_files (self), ==, 1);
    }
  test_resource_free (resource);
}

/* Before it began, and while it waits for a place: nothing is sent */
static void
test_queued (TestFixture *self,
             gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  TestResource *first = test_resource_new ();
  PillionTask *running;
  PillionTask *task;

  pillion_http_client_set_max_connections (self->client, 1);
  test_resource_behave (first, (TestBehaviour) { .gated = TRUE });
  running = test_fixture_start (self, first->url, "first", NULL);
  test_server_wait_requests (first->server, 1);
  task = test_fixture_start (self, resource->url, "file", NULL);
  g_assert_true (pillion_http_client_pause_download (self->client, task));
  test_server_open_gate (first->server);
  test_fixture_await (self, running);
  g_object_unref (running);
  running = test_fixture_start (self, first->url, "first", NULL);
  test_fixture_await (self, running);
  g_object_unref (running);
  g_assert_cmpuint (test_resource_count_requests (resource), ==, 0);

  pillion_http_client_resume_download (self->client, task);
  assert_downloads (self, task, resource);
  test_resource_free (resource);
  test_resource_free (first);
}

/* Without a validator there is nothing to go on from */
static void
test_starts_over (TestFixture *self,
                  gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autofree char *sha256 = test_sha256 (resource->bytes, TEST_SIZE);
  g_autofree char *range = NULL;
  PillionTask *task;

  test_resource_behave (resource, (TestBehaviour) { .gated = TRUE });
  task = start_half (self, resource, sha256);
  g_assert_true (pillion_http_client_pause_download (self->client, task));
  test_resource_behave (resource, (TestBehaviour) { 0 });
  pillion_http_client_resume_download (self->client, task);
  assert_downloads (self, task, resource);
  range = test_resource_get_field (resource, 0, "Range");
  g_assert_null (range);
  test_server_open_gate (resource->server);
  test_resource_free (resource);
}

static void
test_cancel (TestFixture *self,
             gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autoptr (GError) error = NULL;
  PillionTask *task;

  test_resource_behave (resource, (TestBehaviour) { TAGGED, .gated = TRUE });
  task = start_half (self, resource, NULL);
  g_assert_true (pillion_http_client_pause_download (self->client, task));
  pillion_task_cancel (task);
  g_object_ref (task);
  g_assert_null (test_fixture_await_download (self, task, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (pillion_http_client_is_download_paused (self->client, task));
  pillion_http_client_resume_download (self->client, task);
  g_object_unref (task);
  g_assert_cmpuint (test_fixture_get_size (self, ".file.pillion-part"), ==, TEST_SIZE / 2);
  test_server_open_gate (resource->server);
  test_resource_free (resource);
}

/* What is done, what is no download, and what can't be asked for again */
static void
test_others (TestFixture *self,
             gconstpointer data)
{
  TestResource *resource = test_resource_new ();
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("POST", resource->url);
  g_autofree char *path = test_fixture_path (self, "file");
  g_autoptr (GFile) target = g_file_new_for_path (path);
  PillionTask *tasks[3];

  tasks[0] = test_fixture_start (self, resource->url, "file", NULL);
  test_fixture_await (self, tasks[0]);
  tasks[1] = pillion_http_client_get_bytes (self->client, resource->url, NULL);
  tasks[2] = pillion_http_client_send_to_file (self->client, request, target, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_assert_false (pillion_http_client_pause_download (self->client, tasks[i]));
      g_assert_false (pillion_http_client_is_download_paused (self->client, tasks[i]));
      pillion_http_client_resume_download (self->client, tasks[i]);
      test_fixture_await (self, tasks[i]);
      g_assert_cmpint (pillion_task_get_state (tasks[i]), ==, PILLION_TASK_SUCCEEDED);
      g_object_unref (tasks[i]);
    }
  test_resource_free (resource);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  test_case ("/http/download-pause/goes-on-from-the-offset", test_pause);
  test_case ("/http/download-pause/at-any-moment", test_often);
  test_case ("/http/download-pause/queued", test_queued);
  test_case ("/http/download-pause/starts-over-without-a-validator", test_starts_over);
  test_case ("/http/download-pause/cancelled", test_cancel);
  test_case ("/http/download-pause/other-tasks-can-not-be-paused", test_others);

  return g_test_run ();
}
