/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "scenarios.h"

#include <errno.h>
#include <string.h>

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "faults.h"

#define OLD "what was there before"
#define FAR "Sat, 31 Oct 2093 13:16:17 GMT"
#define JAR_HEADER "# Netscape HTTP Cookie File\n"
#define JAR_LINE "127.0.0.1\tFALSE\t/\tFALSE\t3907833377\told\t1\n"

/* --- Helpers ---------------------------------------------------------------------------------------------------------- */

static char *
get_path (Scene *scene,
          const char *name)
{
  return g_build_filename (scene->folder, name, NULL);
}

static GFile *
get_file (Scene *scene,
          const char *name)
{
  return g_file_new_build_filename (scene->folder, name, NULL);
}

static char *
get_url (Scene *scene,
         const char *path)
{
  return g_strconcat (scene->url, path, NULL);
}

/* Writes before anything fails */
static void
write_file (Scene *scene,
            const char *name,
            const char *bytes,
            gssize length)
{
  g_autofree char *path = get_path (scene, name);

  g_assert_true (g_file_set_contents_full (path, bytes, length, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

/* Takes the task */
static gboolean
await (Scene *scene,
       PillionTask *task,
       GError **error)
{
  gboolean result = pillion_loop_run_until_complete (scene->loop, task, error);

  g_object_unref (task);
  return result;
}

static gpointer
await_object (Scene *scene,
              PillionTask *task,
              GError **error)
{
  gpointer result = NULL;

  if (pillion_loop_run_until_complete (scene->loop, task, error))
    result = pillion_task_get_object (task, error);
  g_object_unref (task);

  return result;
}

static GBytes *
await_bytes (Scene *scene,
             PillionTask *task,
             GError **error)
{
  GBytes *result = NULL;

  if (pillion_loop_run_until_complete (scene->loop, task, error))
    result = pillion_task_get_bytes (task, error);
  g_object_unref (task);

  return result;
}

static void
assert_content (Scene *scene,
                GBytes *bytes)
{
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), scene->content, SCENARIO_CONTENT_SIZE);
}

static gboolean
get_content (Scene *scene,
             const char *url,
             GError **error)
{
  g_autoptr (GBytes) bytes = await_bytes (scene, pillion_http_client_get_bytes (scene->client, url, NULL), error);

  if (bytes == NULL)
    return FALSE;

  assert_content (scene, bytes);
  return TRUE;
}

static gboolean
get (Scene *scene,
     const char *path,
     GError **error)
{
  g_autofree char *url = get_url (scene, path);

  return get_content (scene, url, error);
}

/* --- In memory -------------------------------------------------------------------------------------------------------- */

static gboolean
run_bytes (Scene *scene,
           GError **error)
{
  return get (scene, "/content", error);
}

static gboolean
run_json (Scene *scene,
          GError **error)
{
  g_autofree char *url = get_url (scene, "/json");
  g_autoptr (JsonParser) parser = await_object (scene, pillion_http_client_get_json (scene->client, url, NULL), error);
  g_autofree char *text = NULL;

  if (parser == NULL)
    return FALSE;

  text = json_to_string (json_parser_get_root (parser), FALSE);
  g_assert_cmpstr (text, ==, SCENARIO_JSON);
  return TRUE;
}

/* The host has a name, which has to be looked up */
static gboolean
run_name (Scene *scene,
          GError **error)
{
  g_autofree char *url = g_strdup_printf ("http://" FAULTS_HOST "%s/content", strrchr (scene->url, ':'));

  return get_content (scene, url, error);
}

/* The server is its own proxy */
static gboolean
run_proxy (Scene *scene,
           GError **error)
{
  pillion_http_client_set_proxy (scene->client, scene->url);
  return get_content (scene, "http://elsewhere.example/content", error);
}

static void
prepare_tls (Scene *scene)
{
  g_autofree char *path = g_build_filename (g_getenv ("G_TEST_SRCDIR"), "http", "data", "cert.pem", NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  write_file (scene, "cert.pem", text, -1);
}

static gboolean
run_tls (Scene *scene,
         GError **error)
{
  g_autofree char *url = g_strconcat (scene->tls_url, "/content", NULL);
  g_autoptr (GFile) file = get_file (scene, "cert.pem");

  return pillion_http_client_load_authorities (scene->client, file, error) && get_content (scene, url, error);
}

static gboolean
run_redirect (Scene *scene,
              GError **error)
{
  return get (scene, "/redirect", error);
}

static void
prepare_netrc (Scene *scene)
{
  g_autofree char *path = get_path (scene, "netrc");

  write_file (scene, "netrc", "machine 127.0.0.1 login me password secret\n", -1);
  g_setenv ("NETRC", path, TRUE);
}

static gboolean
run_netrc (Scene *scene,
           GError **error)
{
  pillion_http_client_set_use_netrc (scene->client, TRUE);
  return get (scene, "/secret", error);
}

/* In a fiber, as most programs in C do it */
static void
be_fiber (PillionTask *task,
          gpointer data)
{
  Scene *scene = data;
  g_autofree char *url = get_url (scene, "/content");
  g_autoptr (PillionTask) get = pillion_http_client_get_bytes (scene->client, url, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = pillion_await_bytes (get, &error);

  if (bytes != NULL)
    {
      assert_content (scene, bytes);
      pillion_task_return_boolean (task, TRUE);
    }
  else
    pillion_task_return_error (task, g_steal_pointer (&error));
}

static gboolean
run_fiber (Scene *scene,
           GError **error)
{
  return await (scene, pillion_loop_spawn (scene->loop, "fiber", be_fiber, scene, NULL), error);
}

/* Two at once, over two connections */
static gboolean
run_several (Scene *scene,
             GError **error)
{
  g_autofree char *one = get_url (scene, "/content?1");
  g_autofree char *other = get_url (scene, "/content?2");
  PillionTask *tasks[] = {
    pillion_http_client_get_bytes (scene->client, one, NULL),
    pillion_http_client_get_bytes (scene->client, other, NULL),
  };
  gboolean result = TRUE;

  for (guint i = 0; i < G_N_ELEMENTS (tasks); i++)
    {
      g_autoptr (GBytes) bytes = await_bytes (scene, tasks[i], result ? error : NULL);

      if (bytes != NULL)
        assert_content (scene, bytes);
      else
        result = FALSE;
    }

  return result;
}

/* --- Streams ---------------------------------------------------------------------------------------------------------- */

static gboolean
run_stream (Scene *scene,
            GError **error)
{
  g_autofree char *url = get_url (scene, "/content");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionHttpStream) stream = await_object (scene, pillion_http_client_open (scene->client, request, NULL), error);
  g_autoptr (GByteArray) content = NULL;

  if (stream == NULL)
    return FALSE;

  content = g_byte_array_new ();
  while (TRUE)
    {
      g_autoptr (GBytes) piece = await_bytes (scene, pillion_http_stream_read (stream, 0, NULL), error);

      if (piece == NULL)
        return FALSE;
      if (g_bytes_get_size (piece) == 0)
        break;
      g_byte_array_append (content, g_bytes_get_data (piece, NULL), (guint) g_bytes_get_size (piece));
    }

  g_assert_cmpmem (content->data, content->len, scene->content, SCENARIO_CONTENT_SIZE);
  return TRUE;
}

static gboolean
run_events (Scene *scene,
            GError **error)
{
  static const char *const expected[] = { "one", "two", "three" };
  g_autofree char *url = get_url (scene, "/events");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionHttpEventStream) stream = pillion_http_event_stream_new (scene->client, request);

  pillion_http_event_stream_set_max_reconnects (stream, 0);
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_autoptr (PillionTask) task = pillion_http_event_stream_next (stream, NULL);
      PillionHttpEvent *event;

      if (!pillion_loop_run_until_complete (scene->loop, task, error))
        return FALSE;
      event = pillion_task_get_boxed (task, PILLION_HTTP_TYPE_EVENT, error);
      g_assert_nonnull (event);
      g_assert_cmpstr (event->data, ==, expected[i]);
      pillion_http_event_free (event);
    }
  pillion_http_event_stream_close (stream);

  return TRUE;
}

static gboolean
run_web_socket (Scene *scene,
                GError **error)
{
  g_autofree char *url = get_url (scene, "/socket");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionHttpWebSocket) socket =
    await_object (scene, pillion_http_client_open_web_socket (scene->client, request, NULL, NULL), error);
  g_autoptr (PillionTask) receive = NULL;
  PillionHttpWebSocketMessage *message;

  if (socket == NULL || !await (scene, pillion_http_web_socket_send_text (socket, "hello", NULL), error))
    return FALSE;

  receive = pillion_http_web_socket_receive (socket, NULL);
  if (!pillion_loop_run_until_complete (scene->loop, receive, error))
    return FALSE;
  message = pillion_task_get_boxed (receive, PILLION_HTTP_TYPE_WEB_SOCKET_MESSAGE, error);
  g_assert_nonnull (message);
  g_assert_cmpstr (message->text, ==, "hello");
  pillion_http_web_socket_message_free (message);

  return await (scene, pillion_http_web_socket_close (socket, 1000, NULL, NULL), error);
}

/* --- Files ------------------------------------------------------------------------------------------------------------ */

static void
prepare_upload (Scene *scene)
{
  write_file (scene, "upload", (const char *) scene->content, SCENARIO_CONTENT_SIZE);
}

static gboolean
run_upload (Scene *scene,
            GError **error)
{
  g_autofree char *url = get_url (scene, "/upload");
  g_autofree char *digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, scene->content, SCENARIO_CONTENT_SIZE);
  g_autoptr (GFile) file = get_file (scene, "upload");
  g_autoptr (PillionHttpResponse) response =
    await_object (scene, pillion_http_client_upload (scene->client, url, file, NULL), error);
  GBytes *body;

  if (response == NULL)
    return FALSE;

  body = pillion_http_response_get_body (response);
  g_assert_cmpmem (g_bytes_get_data (body, NULL), g_bytes_get_size (body), digest, strlen (digest));
  return TRUE;
}

static gboolean
run_download (Scene *scene,
              GError **error)
{
  g_autofree char *url = get_url (scene, "/content");
  g_autoptr (GFile) file = get_file (scene, "file");
  g_autofree char *digest = g_compute_checksum_for_data (G_CHECKSUM_SHA256, scene->content, SCENARIO_CONTENT_SIZE);
  g_autoptr (PillionHttpDownload) download =
    await_object (scene, pillion_http_client_download (scene->client, url, file, digest, NULL), error);

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
  g_autofree char *path = get_path (scene, name);
  g_autofree char *content = NULL;
  gsize n;

  return g_file_get_contents (path, &content, &n, NULL) && n == length && memcmp (content, bytes, n) == 0;
}

static gboolean
exists (Scene *scene,
        const char *name)
{
  g_autofree char *path = get_path (scene, name);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static const char *
check_download (Scene *scene,
                gboolean succeeded)
{
  if (is_content (scene, "file", scene->content, SCENARIO_CONTENT_SIZE))
    return NULL;
  if (succeeded)
    return "the file is not what it said";
  return exists (scene, "file") ? "the file is not whole" : NULL;
}

/* Leaves half of it */
static void
prepare_resumed (Scene *scene)
{
  g_autoptr (GError) error = NULL;

  pillion_http_client_set_header (scene->client, SCENARIO_CUT, "yes");
  g_assert_false (run_download (scene, &error));
  g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED);
}

static void
prepare_replaced (Scene *scene)
{
  write_file (scene, "file", OLD, -1);
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
  g_autofree char *url = get_url (scene, "/named");
  g_autoptr (GFile) folder = g_file_new_for_path (scene->folder);
  g_autoptr (PillionHttpDownload) download =
    await_object (scene, pillion_http_client_download_into (scene->client, url, folder, NULL, NULL), error);

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
  g_autoptr (GListModel) parts = await_object (scene, pillion_http_part_list (scene->loop, folder, NULL), error);

  for (guint i = 0; parts != NULL && i < g_list_model_get_n_items (parts); i++)
    {
      g_autoptr (PillionHttpPart) part = g_list_model_get_item (parts, i);

      if (!await (scene, pillion_http_part_remove (part, scene->loop, NULL), error))
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
  g_autofree char *cache_path = get_path (scene, "cache");
  g_autoptr (PillionHttpCache) cache = pillion_http_cache_new (cache_path);

  pillion_http_client_set_cache (scene->client, cache);
  return get (scene, path, error);
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

static gboolean
run_cache_care (Scene *scene,
                GError **error)
{
  g_autofree char *path = get_path (scene, "cache");
  g_autofree char *url = get_url (scene, "/fresh");
  g_autoptr (PillionHttpCache) cache = pillion_http_cache_new (path);

  return await (scene, pillion_http_cache_list (cache, NULL, scene->loop, NULL), error) &&
         await (scene, pillion_http_cache_verify (cache, scene->loop, NULL), error) &&
         await (scene, pillion_http_cache_remove (cache, url, scene->loop, NULL), error) &&
         await (scene, pillion_http_cache_clear (cache, scene->loop, NULL), error);
}

/* --- Cookies ---------------------------------------------------------------------------------------------------------- */

static void
prepare_cookies (Scene *scene)
{
  write_file (scene, "cookies.txt", JAR_HEADER JAR_LINE, -1);
}

static gboolean
run_cookies (Scene *scene,
             GError **error)
{
  g_autoptr (GFile) file = get_file (scene, "cookies.txt");
  g_autoptr (PillionHttpCookieJar) jar = pillion_http_cookie_jar_new_for_file (file);

  pillion_http_client_set_cookie_jar (scene->client, jar);
  return get (scene, "/cookies", error) && await (scene, pillion_http_cookie_jar_save (jar, scene->loop, NULL), error);
}

static const char *
check_cookies (Scene *scene,
               gboolean succeeded)
{
  g_autofree char *path = get_path (scene, "cookies.txt");
  g_autofree char *text = NULL;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return "the cookies are gone";
  if (strstr (text, "\told\t1\n") == NULL)
    return "a cookie is gone";
  return succeeded && strstr (text, "\tnew\t2\n") == NULL ? "a cookie was not saved" : NULL;
}

/* ---------------------------------------------------------------------------------------------------------------------- */

const Scenario scenarios[] = {
  { .name = "bytes", .run = run_bytes },
  { .name = "json", .run = run_json },
  { .name = "name", .run = run_name },
  { .name = "proxy", .run = run_proxy },
  { .name = "tls", .prepare = prepare_tls, .run = run_tls, .over_tls = TRUE },
  { .name = "redirect", .run = run_redirect },
  { .name = "netrc", .prepare = prepare_netrc, .run = run_netrc },
  { .name = "fiber", .run = run_fiber },
  { .name = "several", .run = run_several },
  { .name = "stream", .run = run_stream },
  { .name = "events", .run = run_events },
  { .name = "web-socket", .run = run_web_socket },
  { .name = "upload", .prepare = prepare_upload, .run = run_upload },
  { .name = "download", .run = run_download, .check = check_download },
  { .name = "resumed", .prepare = prepare_resumed, .run = run_download, .check = check_download },
  { .name = "replaced", .prepare = prepare_replaced, .run = run_download, .check = check_replaced },
  { .name = "into", .run = run_into, .check = check_into },
  { .name = "parts", .prepare = prepare_resumed, .run = run_parts, .check = check_parts },
  { .name = "cache-fill", .run = run_fresh },
  { .name = "cache-hit", .prepare = prepare_fresh, .run = run_fresh },
  { .name = "cache-revalidate", .prepare = prepare_stale, .run = run_stale },
  { .name = "cache-care", .prepare = prepare_fresh, .run = run_cache_care },
  { .name = "cookies", .prepare = prepare_cookies, .run = run_cookies, .check = check_cookies },
};

const guint n_scenarios = G_N_ELEMENTS (scenarios);
