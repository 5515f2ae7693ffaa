/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* The test of a program's function that downloads, as a host: gtester --verbose ./gtester
 *
 * Each body is a fiber, so it waits in a straight line. Nothing leaves the process, and no time passes.
 */

#include <pillion-http/pillion-http.h>

#include <glib/gstdio.h>

#define URL "https://example.org/file.txt"

/* --- What is tested: waits for an hour, and downloads a file --- */

static PillionTask *
download_later (PillionHttpClient *client, GFile *target)
{
  if (!pillion_sleep (G_TIME_SPAN_HOUR, NULL))
    return NULL;
  return pillion_http_client_download (client, URL, target, NULL, NULL);
}

/* --- The tests --- */

typedef struct
{
  PillionHttpClient *client;
  PillionHttpTestTransport *transport;
  char *folder;
  GFile *target;
} Fixture;

static void
set_up (Fixture *self, PillionLoop *loop)
{
  g_autoptr(GError) error = NULL;
  g_autofree char *path = NULL;

  self->client = pillion_http_client_new (loop);
  self->transport = pillion_http_test_transport_new (loop);
  pillion_http_client_set_transport (self->client, self->transport);
  self->folder = g_dir_make_tmp ("gtester-XXXXXX", &error);
  g_assert_no_error (error);
  path = g_build_filename (self->folder, "file.txt", NULL);
  self->target = g_file_new_for_path (path);
}

static void
tear_down (Fixture *self)
{
  g_file_delete (self->target, NULL, NULL);
  g_assert_cmpint (g_rmdir (self->folder), ==, 0);
  g_clear_object (&self->target);
  g_clear_pointer (&self->folder, g_free);
  g_clear_object (&self->transport);
  g_clear_object (&self->client);
}

static void
test_saved (PillionLoop *loop, gpointer user_data)
{
  g_autoptr(GBytes) body = g_bytes_new_static ("Hello", 5);
  g_autoptr(PillionTask) task = NULL;
  g_autoptr(GError) error = NULL;
  g_autofree char *contents = NULL;
  gint64 start = pillion_loop_get_now (loop);
  Fixture fixture;

  set_up (&fixture, loop);
  pillion_http_test_transport_add_bytes (fixture.transport, URL, body, "text/plain");
  task = download_later (fixture.client, fixture.target);
  pillion_await (task, &error);
  g_assert_no_error (error);
  g_assert_true (g_file_load_contents (fixture.target, NULL, &contents, NULL, NULL, &error));
  g_assert_cmpstr (contents, ==, "Hello");
  g_assert_cmpint (pillion_loop_get_now (loop) - start, >=, G_TIME_SPAN_HOUR);
  tear_down (&fixture);
}

static void
test_missing (PillionLoop *loop, gpointer user_data)
{
  g_autoptr(PillionTask) task = NULL;
  g_autoptr(GError) error = NULL;
  Fixture fixture;

  set_up (&fixture, loop);
  task = download_later (fixture.client, fixture.target);
  g_assert_false (pillion_await (task, &error));
  g_assert_error (error, PILLION_HTTP_STATUS_ERROR, PILLION_HTTP_STATUS_ERROR_NOT_FOUND);
  g_assert_false (g_file_query_exists (fixture.target, NULL));
  tear_down (&fixture);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  pillion_test_add_func ("/download-later/is-saved", test_saved);
  pillion_test_add_func ("/download-later/missing-leaves-no-file", test_missing);

  return g_test_run ();
}
