/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What is stored is looked up before a call waits in the queue, unless the index says that it can't be good, and in any case when the call has its
 * place */

#include <string.h>

#include "cached-client.h"
#include "failing-disk.h"
#include "http/pillion-http-engine.h"

/* What was stored by the one request so far is had again while another one has the only place in the queue */
static void
assert_hit_needs_no_place (Fixture *self)
{
  g_autoptr (PillionTask) waiting = NULL;

  pillion_http_client_set_max_connections (self->parent.client, 1);
  g_atomic_int_set (&self->closed, TRUE);
  waiting = send_with (self, "/other", PILLION_HTTP_CACHE_MODE_DEFAULT);
  test_server_wait_requests (self->server, 2);
  assert_gets (self, "/fresh", "1", TRUE);
  g_assert_false (pillion_task_is_done (waiting));

  test_server_open_gate (self->server);
  test_fixture_await (&self->parent, waiting);
}

/* A hit does not wait for a place in the queue */
static void
test_no_place (Fixture *self,
               gconstpointer data)
{
  assert_gets (self, "/fresh", "1", FALSE);
  assert_hit_needs_no_place (self);
}

/* Calls that wait in the queue, of which some are cancelled, keep their order, and hits don't wait behind them */
static void
test_behind_others (Fixture *self,
                    gconstpointer data)
{
  g_autoptr (PillionTask) busy = NULL;
  PillionTask *tasks[100];
  guint n_answered = 2;

  assert_gets (self, "/fresh", "1", FALSE);
  pillion_http_client_set_max_connections (self->parent.client, 1);
  g_atomic_int_set (&self->closed, TRUE);
  busy = send_with (self, "/other", PILLION_HTTP_CACHE_MODE_DEFAULT);
  test_server_wait_requests (self->server, 2);

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autofree char *path = g_strdup_printf ("/other/%u", i);

      tasks[i] = send_with (self, path, PILLION_HTTP_CACHE_MODE_DEFAULT);
      if (i % 3 == 1)
        pillion_task_cancel (tasks[i]);
    }
  assert_gets (self, "/fresh", "1", TRUE);
  g_assert_false (pillion_task_is_done (busy));

  test_server_open_gate (self->server);
  test_fixture_await (&self->parent, busy);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PillionHttpResponse) response = await (self, tasks[i], &error);
      g_autofree char *text = response != NULL ? pillion_http_response_dup_text (response, NULL) : NULL;
      g_autofree char *number = g_strdup_printf ("%u", n_answered + 1);

      if (i % 3 == 1)
        {
          g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
          continue;
        }
      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, number);
      n_answered++;
    }
  g_assert_cmpuint (test_server_get_requests (self->server), ==, n_answered);
}

/* A download that waits in the queue has compared its file with the digest, and doesn't compare again when it has its place */
static void
test_files_behind_others (Fixture *self,
                          gconstpointer data)
{
  g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();
  g_autoptr (PillionTask) busy = NULL;
  PillionTask *tasks[20];
  int n_reads;

  pillion_http_download_options_set_only_if_changed (options, TRUE);
  pillion_http_download_options_set_digest (options, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  pillion_http_client_set_max_connections (self->parent.client, 1);
  g_atomic_int_set (&self->closed, TRUE);
  busy = send_with (self, "/other", PILLION_HTTP_CACHE_MODE_DEFAULT);
  test_server_wait_requests (self->server, 1);

  g_atomic_int_set (&n_file_reads, 0);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autofree char *name = g_strdup_printf ("%u", i);
      g_autofree char *path = test_fixture_path (&self->parent, name);
      g_autofree char *url = g_strconcat (self->url, "/", name, NULL);
      g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
      g_autoptr (GFile) file = g_file_new_for_path (path);

      g_assert_true (g_file_set_contents (path, "another", -1, NULL));
      tasks[i] = pillion_http_client_send_to_file (self->parent.client, request, file, options, NULL);
    }

  test_server_open_gate (self->server);
  test_fixture_await (&self->parent, busy);
  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (await (self, tasks[i], &error));
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_DIGEST_MISMATCH);
    }

  /* The content and the end of each */
  n_reads = g_atomic_int_get (&n_file_reads);
  g_assert_cmpint (n_reads, >=, 2 * (int) G_N_ELEMENTS (tasks));
  g_assert_cmpint (n_reads, <, 4 * (int) G_N_ELEMENTS (tasks));
}

/* Nor does one that is stale, if the program says that this is good enough */
static void
test_stale_no_place (Fixture *self,
                     gconstpointer data)
{
  assert_gets (self, "/fresh", "1", FALSE);
  pillion_http_engine_shift_real_time (20000 * G_TIME_SPAN_SECOND);
  pillion_http_client_set_header (self->parent.client, "Cache-Control", "max-stale");
  assert_hit_needs_no_place (self);
}

/* One that waits together with another one asks the server when its turn comes, even if the other one is gone by then */
static void
test_waits_for_place (Fixture *self,
                      gconstpointer data)
{
  g_autoptr (PillionTask) busy = NULL;
  g_autoptr (PillionTask) first = NULL;
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autofree char *text = NULL;
  PillionTask *second;

  assert_gets (self, "/fresh", "1", FALSE);
  pillion_http_engine_shift_real_time (20000 * G_TIME_SPAN_SECOND);
  pillion_http_client_set_max_connections (self->parent.client, 1);
  g_atomic_int_set (&self->closed, TRUE);
  busy = send_with (self, "/other", PILLION_HTTP_CACHE_MODE_DEFAULT);
  test_server_wait_requests (self->server, 2);

  /* What is stored is stale, so both wait for the only place */
  first = send_with (self, "/fresh", PILLION_HTTP_CACHE_MODE_DEFAULT);
  second = send_with (self, "/fresh", PILLION_HTTP_CACHE_MODE_DEFAULT);
  pillion_task_cancel (first);
  test_fixture_await (&self->parent, first);
  g_assert_false (pillion_task_is_done (second));

  test_server_open_gate (self->server);
  test_fixture_await (&self->parent, busy);
  response = await (self, second, NULL);
  g_assert_nonnull (response);
  text = pillion_http_response_dup_text (response, NULL);
  g_assert_cmpstr (text, ==, "3");
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 3);
}

/* What is stored may get better while a call waits for its place, which must not ask the server then. @data: the path */
static void
test_better_meanwhile (Fixture *self,
                       gconstpointer data)
{
  const char *path = data;
  g_autofree char *url = g_strconcat (self->url, path, NULL);
  g_autoptr (PillionTask) busy = NULL;
  g_autoptr (PillionTask) first = NULL;
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionHttpResponse) response = NULL;
  PillionTask *second;

  assert_gets (self, path, "1", FALSE);
  pillion_http_engine_shift_real_time (20000 * G_TIME_SPAN_SECOND);
  pillion_http_client_set_max_connections (self->parent.client, 1);
  g_atomic_int_set (&self->closed, TRUE);
  busy = send_with (self, "/other", PILLION_HTTP_CACHE_MODE_DEFAULT);
  test_server_wait_requests (self->server, 2);

  /* They ask for the same in different ways, so neither gets the answer of the other one */
  first = send_with (self, path, PILLION_HTTP_CACHE_MODE_DEFAULT);
  pillion_http_request_set_header (request, "X-Call", "second");
  second = pillion_http_client_send (self->parent.client, request, NULL);

  test_server_open_gate (self->server);
  test_fixture_await (&self->parent, busy);
  response = await (self, second, NULL);
  g_assert_nonnull (response);
  g_assert_true (pillion_http_response_is_from_cache (response));
  test_fixture_await (&self->parent, first);
  g_assert_cmpuint (test_server_get_requests (self->server), ==, 3);
}

#define ADD(path, func) g_test_add ("/http/cache-lookups/" path, Fixture, NULL, set_up, func, tear_down)

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("no-place", test_no_place);
  ADD ("behind-others", test_behind_others);
  ADD ("files-behind-others", test_files_behind_others);
  ADD ("stale-no-place", test_stale_no_place);
  ADD ("waits-for-place", test_waits_for_place);
  g_test_add ("/http/cache-lookups/better-meanwhile/replaced", Fixture, "/fresh", set_up, test_better_meanwhile, tear_down);
  g_test_add ("/http/cache-lookups/better-meanwhile/confirmed", Fixture, "/confirmed", set_up, test_better_meanwhile, tear_down);

  return g_test_run ();
}
