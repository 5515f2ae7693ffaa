/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "file-scenarios.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "scene.h"

#define OLD "what was there before"
#define JAR_HEADER "# Netscape HTTP Cookie File\n"
#define JAR_LINE "127.0.0.1\tFALSE\t/\tFALSE\t3907833377\told\t1\n"

static void
prepare_upload (Scene *scene)
{
  scene_write_file (scene, "upload", (const char *) scene->content, SCENARIO_CONTENT_SIZE);
}

static gboolean
run_upload (Scene *scene,
            GError **error)
{
  g_autofree char *url = scene_get_url (scene, "/upload");
  g_autofree char *digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, scene->content, SCENARIO_CONTENT_SIZE);
  g_autoptr (GFile) file = scene_get_file (scene, "upload");
  g_autoptr (PillionHttpResponse) response =
    scene_await_object (scene, pillion_http_client_upload (scene->client, url, file, NULL), error);
  GBytes *body;

  if (response == NULL)
    return FALSE;

  body = pillion_http_response_get_body (response);
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), digest, strlen (digest));
  return TRUE;
}

static gboolean
run_form (Scene *scene,
          GError **error)
{
  g_autofree char *url = scene_get_url (scene, "/form");
  g_autoptr (GFile) file = scene_get_file (scene, "upload");
  g_autoptr (PillionHttpForm) form = pillion_http_form_new ();
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("POST", url);
  g_autoptr (PillionHttpResponse) response = NULL;
  g_autofree char *text = NULL;

  pillion_http_form_add_field (form, "name", "pillion");
  pillion_http_form_add_file (form, "file", file, "seat.bin", NULL);
  pillion_http_request_set_form (request, form);
  response = scene_await_object (scene, pillion_http_client_send (scene->client, request, NULL), error);
  if (response == NULL)
    return FALSE;

  text = pillion_http_response_dup_text (response, NULL);
  g_assert_nonnull (strstr (text, "name=\"name\"\r\n\r\npillion\r\n"));
  g_assert_nonnull (strstr (text, "filename=\"seat.bin\""));
  g_assert_true (g_str_has_suffix (text, "--\r\n"));
  return TRUE;
}

static gboolean
run_download (Scene *scene,
              GError **error)
{
  g_autofree char *url = scene_get_url (scene, "/content");
  g_autoptr (GFile) file = scene_get_file (scene, "file");
  g_autofree char *digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, scene->content, SCENARIO_CONTENT_SIZE);
  g_autoptr (PillionHttpDownload) download =
    scene_await_object (scene, pillion_http_client_download (scene->client, url, file, digest, NULL), error);

  if (download == NULL)
    return FALSE;

  g_assert_cmpint (pillion_http_download_get_size (download), ==, SCENARIO_CONTENT_SIZE);
  return TRUE;
}

static gboolean
is_content (Scene *scene,
            const char *name,
            const void *bytes,
            gsize length)
{
  g_autofree char *path = scene_get_path (scene, name);
  g_autofree char *content = NULL;
  gsize n;

  return g_file_get_contents (path, &content, &n, NULL) && n == length && memcmp (content, bytes, n) == 0;
}

static gboolean
exists (Scene *scene,
        const char *name)
{
  g_autofree char *path = scene_get_path (scene, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static const char *
check_file (Scene *scene,
            gsize size,
            gboolean succeeded)
{
  if (is_content (scene, "file", scene->content, size))
    return NULL;
  if (succeeded)
    return "the file is not what it said";
  return exists (scene, "file") ? "the file is not whole" : NULL;
}

static const char *
check_download (Scene *scene,
                gboolean succeeded)
{
  return check_file (scene, SCENARIO_CONTENT_SIZE, succeeded);
}

/* Leaves half of it */
static void
prepare_resumed (Scene *scene)
{
  g_autoptr (GError) error = NULL;

  pillion_http_client_set_header (scene->client, SCENARIO_CUT, SCENARIO_CUT_CLOSE);
  g_assert_false (run_download (scene, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
}

static gboolean
die (gpointer data)
{
  GStatBuf info;

  if (g_stat (data, &info) == 0 && info.st_size >= SCENARIO_CONTENT_SIZE / 2)
    kill (getpid (), SIGKILL);
  return G_SOURCE_CONTINUE;
}

/* Dies with half of it */
static void
prepare_killed (Scene *scene)
{
  g_autofree char *path = scene_get_path (scene, ".file.pillion-part");
  g_autoptr (GSource) source = g_timeout_source_new (1);
  g_autoptr (GError) error = NULL;

  g_source_set_callback (source, die, path, NULL);
  g_source_attach (source, pillion_loop_get_context (scene->loop));
  pillion_http_client_set_header (scene->client, SCENARIO_CUT, SCENARIO_CUT_HOLD);
  run_download (scene, &error);
  g_error ("it is still alive: %s", error != NULL ? error->message : "it has all");
}

/* The first URL has nothing, the second one breaks off, and the third one has the rest */
static gboolean
run_mirrors (Scene *scene,
             GError **error)
{
  g_autofree char *url = scene_get_url (scene, "/gone");
  g_autofree char *broken = scene_get_url (scene, "/broken");
  g_autofree char *good = scene_get_url (scene, "/content");
  const char *mirrors[] = { broken, good, NULL };
  g_autofree char *digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, scene->content, SCENARIO_CONTENT_SIZE);
  g_autoptr (GFile) file = scene_get_file (scene, "file");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionHttpDownloadOptions) options = pillion_http_download_options_new ();
  g_autoptr (PillionHttpDownload) download = NULL;

  pillion_http_download_options_set_mirrors (options, mirrors);
  pillion_http_download_options_set_digest (options, digest);
  download = scene_await_object (scene, pillion_http_client_send_to_file (scene->client, request, file, options, NULL), error);

  return download != NULL;
}

/* Over several connections */
static gboolean
run_split (Scene *scene,
           GError **error)
{
  g_autofree char *url = scene_get_url (scene, "/large");
  g_autoptr (GFile) file = scene_get_file (scene, "file");
  g_autoptr (PillionHttpDownload) download = NULL;

  if (scene->n_tries > 1)
    pillion_http_client_set_header (scene->client, SCENARIO_FAST, "yes");
  download = scene_await_object (scene, pillion_http_client_download (scene->client, url, file, NULL, NULL), error);

  return download != NULL;
}

static const char *
check_split (Scene *scene,
             gboolean succeeded)
{
  return check_file (scene, SCENARIO_LARGE_SIZE, succeeded);
}

static void
prepare_replaced (Scene *scene)
{
  scene_write_file (scene, "file", OLD, -1);
}

static const char *
check_replaced (Scene *scene,
                gboolean succeeded)
{
  return !succeeded && is_content (scene, "file", OLD, strlen (OLD)) ? NULL : check_download (scene, succeeded);
}

static gboolean
run_into (Scene *scene,
          GError **error)
{
  g_autofree char *url = scene_get_url (scene, "/named");
  g_autoptr (GFile) folder = g_file_new_for_path (scene->folder);
  g_autoptr (PillionHttpDownload) download =
    scene_await_object (scene, pillion_http_client_download_into (scene->client, url, folder, NULL, NULL), error);

  return download != NULL;
}

/* As "file", or "file (1)" if that was there already */
static const char *
check_into (Scene *scene,
            gboolean succeeded)
{
  g_autoptr (GDir) dir = g_dir_open (scene->folder, 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (dir)) != NULL)
    {
      if (name[0] == '.')
        continue;
      if (!is_content (scene, name, scene->content, SCENARIO_CONTENT_SIZE))
        return "a file is not whole";
      n++;
    }

  return succeeded && n == 0 ? "the file is not there" : NULL;
}

static gboolean
run_parts (Scene *scene,
           GError **error)
{
  g_autoptr (GFile) folder = g_file_new_for_path (scene->folder);
  g_autoptr (GListModel) parts = scene_await_object (scene, pillion_http_part_list (scene->loop, folder, NULL), error);

  for (guint i = 0; parts != NULL && i < g_list_model_get_n_items (parts); i++)
    {
      g_autoptr (PillionHttpPart) part = g_list_model_get_item (parts, i);

      if (!scene_await (scene, pillion_http_part_remove (part, scene->loop, NULL), error))
        return FALSE;
    }

  return parts != NULL;
}

static const char *
check_parts (Scene *scene,
             gboolean succeeded)
{
  g_autoptr (GDir) dir = g_dir_open (scene->folder, 0, NULL);

  /* It looks like somebody else's, or like one that has just gone */
  if (scene->error == EACCES || scene->error == EPERM || scene->error == ELOOP || scene->error == ENOENT)
    return NULL;
  return succeeded && g_dir_read_name (dir) != NULL ? "a part is still there" : NULL;
}

/* --- The cache -------------------------------------------------------------------------------------------------------- */

static gboolean
get_through_cache (Scene *scene,
                   const char *path,
                   GError **error)
{
  g_autofree char *cache_path = scene_get_path (scene, "cache");
  g_autoptr (PillionHttpCache) cache = pillion_http_cache_new (cache_path);

  pillion_http_client_set_cache (scene->client, cache);
  return scene_get (scene, path, error);
}

static gboolean
run_fresh (Scene *scene,
           GError **error)
{
  return get_through_cache (scene, "/fresh", error);
}

static void
prepare_fresh (Scene *scene)
{
  g_autoptr (GError) error = NULL;

  run_fresh (scene, &error);
  g_assert_no_error (error);
}

static gboolean
run_stale (Scene *scene,
           GError **error)
{
  return get_through_cache (scene, "/stale", error);
}

static void
prepare_stale (Scene *scene)
{
  g_autoptr (GError) error = NULL;

  run_stale (scene, &error);
  g_assert_no_error (error);
}

/* Half of it is there */
static void
prepare_half (Scene *scene)
{
  g_autoptr (GError) error = NULL;

  pillion_http_client_set_header (scene->client, SCENARIO_CUT, SCENARIO_CUT_CLOSE);
  g_assert_false (run_fresh (scene, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
}

/* Another response needs the room of the one that is wanted */
static gboolean
run_evict (Scene *scene,
           GError **error)
{
  g_autofree char *path = scene_get_path (scene, "cache");
  g_autoptr (PillionHttpCache) cache = pillion_http_cache_new (path);

  pillion_http_cache_set_max_size (cache, SCENARIO_CONTENT_SIZE * 3 / 2);
  pillion_http_client_set_cache (scene->client, cache);
  return scene_get_both (scene, "/fresh?new", "/fresh", error);
}

static gboolean
run_cache_care (Scene *scene,
                GError **error)
{
  g_autofree char *path = scene_get_path (scene, "cache");
  g_autofree char *url = scene_get_url (scene, "/fresh");
  g_autoptr (PillionHttpCache) cache = pillion_http_cache_new (path);

  return scene_await (scene, pillion_http_cache_list (cache, NULL, scene->loop, NULL), error) &&
         scene_await (scene, pillion_http_cache_verify (cache, scene->loop, NULL), error) &&
         scene_await (scene, pillion_http_cache_remove (cache, url, scene->loop, NULL), error) &&
         scene_await (scene, pillion_http_cache_clear (cache, scene->loop, NULL), error);
}

/* --- Cookies ---------------------------------------------------------------------------------------------------------- */

static void
prepare_cookies (Scene *scene)
{
  scene_write_file (scene, "cookies.txt", JAR_HEADER JAR_LINE, -1);
}

static gboolean
run_cookies (Scene *scene,
             GError **error)
{
  g_autoptr (GFile) file = scene_get_file (scene, "cookies.txt");
  g_autoptr (PillionHttpCookieJar) jar = pillion_http_cookie_jar_new_for_file (file);

  pillion_http_client_set_cookie_jar (scene->client, jar);
  return scene_get (scene, "/cookies", error) && scene_await (scene, pillion_http_cookie_jar_save (jar, scene->loop, NULL), error);
}

static const char *
check_cookies (Scene *scene,
               gboolean succeeded)
{
  g_autofree char *path = scene_get_path (scene, "cookies.txt");
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return "the cookies are gone";
  if (strstr (text, "\told\t1\n") == NULL)
    return "a cookie is gone";
  return succeeded && strstr (text, "\tnew\t2\n") == NULL ? "a cookie was not saved" : NULL;
}

/* ---------------------------------------------------------------------------------------------------------------------- */

const Scenario file_scenarios[] = {
  { .name = "upload", .prepare = prepare_upload, .run = run_upload },
  { .name = "form", .prepare = prepare_upload, .run = run_form },
  { .name = "download", .run = run_download, .check = check_download },
  { .name = "resumed", .prepare = prepare_resumed, .run = run_download, .check = check_download },
  { .name = "killed", .prepare = prepare_killed, .dies = TRUE, .run = run_download, .check = check_download },
  { .name = "mirrors", .run = run_mirrors, .check = check_download },
  { .name = "split", .run = run_split, .check = check_split, .waits = TRUE },
  { .name = "replaced", .prepare = prepare_replaced, .run = run_download, .check = check_replaced },
  { .name = "into", .run = run_into, .check = check_into },
  { .name = "parts", .prepare = prepare_resumed, .run = run_parts, .check = check_parts },
  { .name = "cache-fill", .run = run_fresh },
  { .name = "cache-hit", .prepare = prepare_fresh, .run = run_fresh },
  { .name = "cache-half", .prepare = prepare_half, .run = run_fresh },
  { .name = "cache-evict", .prepare = prepare_fresh, .run = run_evict },
  { .name = "cache-revalidate", .prepare = prepare_stale, .run = run_stale },
  { .name = "cache-care", .prepare = prepare_fresh, .run = run_cache_care },
  { .name = "cookies", .prepare = prepare_cookies, .run = run_cookies, .check = check_cookies },
};

const guint n_file_scenarios = G_N_ELEMENTS (file_scenarios);
