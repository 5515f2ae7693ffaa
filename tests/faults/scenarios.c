/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "scenarios.h"

#include <string.h>

#include <json-glib/json-glib.h>

#include "faults.h"
#include "file-scenarios.h"
#include "scene.h"

/* --- In memory -------------------------------------------------------------------------------------------------------- */

static gboolean
run_bytes (Scene *scene,
           GError **error)
{
  return scene_get (scene, "/content", error);
}

static gboolean
run_json (Scene *scene,
          GError **error)
{
  g_autofree char *url = scene_get_url (scene, "/json");
  g_autoptr (JsonParser) parser = scene_await_object (scene, pillion_http_client_get_json (scene->client, url, NULL), error);
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

  return scene_get_content (scene, url, error);
}

/* The server is its own proxy */
static gboolean
run_proxy (Scene *scene,
           GError **error)
{
  pillion_http_client_set_proxy (scene->client, scene->url);
  return scene_get_content (scene, "http://elsewhere.example/content", error);
}

static void
prepare_tls (Scene *scene)
{
  g_autofree char *path = g_build_filename (g_getenv ("G_TEST_SRCDIR"), "http", "data", "cert.pem", NULL);
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  scene_write_file (scene, "cert.pem", text, -1);
}

static gboolean
run_tls (Scene *scene,
         GError **error)
{
  g_autofree char *url = g_strconcat (scene->tls_url, "/content", NULL);
  g_autoptr (GFile) file = scene_get_file (scene, "cert.pem");

  return pillion_http_client_load_authorities (scene->client, file, error) && scene_get_content (scene, url, error);
}

static gboolean
run_redirect (Scene *scene,
              GError **error)
{
  return scene_get (scene, "/redirect", error);
}

/* A failed attempt is followed by two more */
static gboolean
run_retry (Scene *scene,
           GError **error)
{
  pillion_http_client_set_max_retries (scene->client, 2);
  return scene_get (scene, "/content", error);
}

static void
prepare_netrc (Scene *scene)
{
  g_autofree char *path = scene_get_path (scene, "netrc");

  scene_write_file (scene, "netrc", "machine 127.0.0.1 login me password secret\n", -1);
  g_setenv ("NETRC", path, TRUE);
}

static gboolean
run_netrc (Scene *scene,
           GError **error)
{
  pillion_http_client_set_use_netrc (scene->client, TRUE);
  return scene_get (scene, "/secret", error);
}

/* In a fiber, as most programs in C do it */
static void
be_fiber (PillionTask *task,
          gpointer data)
{
  Scene *scene = data;
  g_autofree char *url = scene_get_url (scene, "/content");
  g_autoptr (PillionTask) get = pillion_http_client_get_bytes (scene->client, url, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = pillion_await_bytes (get, &error);

  if (bytes != NULL)
    {
      scene_assert_content (scene, bytes);
      pillion_task_return_boolean (task, TRUE);
    }
  else
    pillion_task_return_error (task, g_steal_pointer (&error));
}

static gboolean
run_fiber (Scene *scene,
           GError **error)
{
  return scene_await (scene, pillion_loop_spawn (scene->loop, "fiber", be_fiber, scene, NULL), error);
}

/* Over two connections */
static gboolean
run_several (Scene *scene,
             GError **error)
{
  return scene_get_both (scene, "/content?1", "/content?2", error);
}

/* --- Streams ---------------------------------------------------------------------------------------------------------- */

static gboolean
run_stream (Scene *scene,
            GError **error)
{
  g_autofree char *url = scene_get_url (scene, "/content");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionHttpStream) stream = scene_await_object (scene, pillion_http_client_open (scene->client, request, NULL), error);
  g_autoptr (GByteArray) content = NULL;

  if (stream == NULL)
    return FALSE;

  content = g_byte_array_new ();
  while (TRUE)
    {
      g_autoptr (GBytes) piece = scene_await_bytes (scene, pillion_http_stream_read (stream, 0, NULL), error);

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
receive_events (Scene *scene,
                const char *url,
                int max_reconnects,
                const char *const *expected,
                guint n_expected,
                GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionHttpEventStream) stream = pillion_http_event_stream_new (scene->client, request);

  pillion_http_event_stream_set_max_reconnects (stream, max_reconnects);
  pillion_http_event_stream_set_retry_interval_usec (stream, 1000);
  for (guint i = 0; i < n_expected; i++)
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
run_events (Scene *scene,
            GError **error)
{
  static const char *const expected[] = { "one", "two", "three" };
  g_autofree char *url = scene_get_url (scene, "/events");

  return receive_events (scene, url, 0, expected, G_N_ELEMENTS (expected), error);
}

/* The server sends one at a time, and closes the connection after each */
static gboolean
run_reconnect (Scene *scene,
               GError **error)
{
  static const char *const expected[] = { SCENARIO_EVENT_DATA };
  g_autofree char *url = scene_get_url (scene, "/event");

  return receive_events (scene, url, 3, expected, G_N_ELEMENTS (expected), error);
}

static gboolean
run_web_socket (Scene *scene,
                GError **error)
{
  g_autofree char *url = scene_get_url (scene, "/socket");
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", url);
  g_autoptr (PillionHttpWebSocket) socket =
    scene_await_object (scene, pillion_http_client_open_web_socket (scene->client, request, NULL, NULL), error);
  g_autoptr (PillionTask) receive = NULL;
  PillionHttpWebSocketMessage *message;

  if (socket == NULL || !scene_await (scene, pillion_http_web_socket_send_text (socket, "hello", NULL), error))
    return FALSE;

  receive = pillion_http_web_socket_receive (socket, NULL);
  if (!pillion_loop_run_until_complete (scene->loop, receive, error))
    return FALSE;
  message = pillion_task_get_boxed (receive, PILLION_HTTP_TYPE_WEB_SOCKET_MESSAGE, error);
  g_assert_nonnull (message);
  g_assert_cmpstr (message->text, ==, "hello");
  pillion_http_web_socket_message_free (message);

  return scene_await (scene, pillion_http_web_socket_close (socket, 1000, NULL, NULL), error);
}

/* ---------------------------------------------------------------------------------------------------------------------- */

static const Scenario scenarios[] = {
  { .name = "bytes", .run = run_bytes },
  { .name = "json", .run = run_json },
  { .name = "name", .run = run_name },
  { .name = "proxy", .run = run_proxy },
  { .name = "tls", .prepare = prepare_tls, .run = run_tls, .over_tls = TRUE },
  { .name = "redirect", .run = run_redirect },
  { .name = "retry", .run = run_retry },
  { .name = "netrc", .prepare = prepare_netrc, .run = run_netrc },
  { .name = "fiber", .run = run_fiber },
  { .name = "several", .run = run_several },
  { .name = "stream", .run = run_stream },
  { .name = "events", .run = run_events },
  { .name = "reconnect", .run = run_reconnect },
  { .name = "web-socket", .run = run_web_socket },
};

const Scenario *
scenario_get (guint i)
{
  if (i < G_N_ELEMENTS (scenarios))
    return &scenarios[i];

  i -= G_N_ELEMENTS (scenarios);
  return i < n_file_scenarios ? &file_scenarios[i] : NULL;
}
