/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "kinds.h"

#include <string.h>

#include "builder.h"
#include "heap.h"
#include <json-glib/json-glib.h>

/* What is uploaded, unless the behaviour wants more: more than is read in one go */
#define UPLOAD (300 * 1000)

static GBytes *
get_bytes (ChaosCell *cell,
           GError **error)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (cell->client, cell->url, NULL);

  return pillion_await_bytes (task, error);
}

static GBytes *
get_json (ChaosCell *cell,
          GError **error)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_json (cell->client, cell->url, NULL);
  g_autoptr (JsonParser) parser = pillion_await_object (task, error);
  g_autofree char *text = NULL;

  if (parser == NULL)
    return NULL;

  text = json_to_string (json_parser_get_root (parser), FALSE);
  return g_bytes_new (text, strlen (text));
}

static GBytes *
await_body (PillionTask *task,
            GError **error)
{
  g_autoptr (PillionHttpResponse) response = pillion_await_object (task, error);

  return response != NULL ? g_bytes_ref (pillion_http_response_get_body (response)) : NULL;
}

static GBytes *
put (ChaosCell *cell,
     GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("PUT", cell->url);
  g_autoptr (PillionTask) task = NULL;

  pillion_http_request_set_body (request, chaos_get_body (), "application/json");
  task = pillion_http_client_send (cell->client, request, NULL);

  return await_body (task, error);
}

/* The same, from a stream that can't be read twice */
static GBytes *
put_once (ChaosCell *cell,
          GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("PUT", cell->url);
  g_autoptr (GInputStream) memory = g_memory_input_stream_new_from_bytes (chaos_get_body ());
  /* Has no way back */
  g_autoptr (GConverter) copier = G_CONVERTER (g_charset_converter_new ("UTF-8", "UTF-8", NULL));
  g_autoptr (GInputStream) stream = g_converter_input_stream_new (memory, copier);
  g_autoptr (PillionTask) task = NULL;

  pillion_http_request_set_body_from_stream (request, stream, CHAOS_BODY_LENGTH, "application/json");
  task = pillion_http_client_send (cell->client, request, NULL);

  return await_body (task, error);
}

static GBytes *
retry (ChaosCell *cell,
       GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", cell->url);
  g_autoptr (PillionTask) task = NULL;

  pillion_http_request_set_max_retries (request, 1);
  task = pillion_http_client_send (cell->client, request, NULL);

  return await_body (task, error);
}

static GBytes *
upload (ChaosCell *cell,
        GError **error)
{
  g_autofree char *path = g_build_filename (cell->folder, ".upload", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (PillionTask) task = NULL;
  gsize length = cell->behaviour->upload > 0 ? cell->behaviour->upload : UPLOAD;
  g_autofree char *content = g_strnfill (length, 'x');

  g_assert_true (g_file_set_contents (path, content, (gssize) length, NULL));
  task = pillion_http_client_upload (cell->client, cell->url, file, NULL);

  return await_body (task, error);
}

/* Keeps nothing of it */
static GBytes *
skim (ChaosCell *cell,
      GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", cell->url);
  g_autoptr (PillionTask) task = pillion_http_client_open (cell->client, request, NULL);
  g_autoptr (PillionHttpStream) stream = pillion_await_object (task, error);

  while (stream != NULL)
    {
      g_autoptr (PillionTask) read = pillion_http_stream_read (stream, 0, NULL);
      g_autoptr (GBytes) piece = pillion_await_bytes (read, error);

      if (piece == NULL)
        return NULL;
      if (g_bytes_get_size (piece) == 0)
        return g_bytes_ref (cell->behaviour->content);
    }

  return NULL;
}

static GBytes *
read_stream (ChaosCell *cell,
             GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", cell->url);
  g_autoptr (PillionTask) task = pillion_http_client_open (cell->client, request, NULL);
  g_autoptr (PillionHttpStream) stream = pillion_await_object (task, error);
  GByteArray *content;

  if (stream == NULL)
    return NULL;

  content = g_byte_array_new ();
  while (TRUE)
    {
      g_autoptr (PillionTask) read = pillion_http_stream_read (stream, 0, NULL);
      g_autoptr (GBytes) piece = pillion_await_bytes (read, error);

      if (piece == NULL)
        {
          g_byte_array_unref (content);
          return NULL;
        }
      if (g_bytes_get_size (piece) == 0)
        return g_byte_array_free_to_bytes (content);
      g_byte_array_append (content, g_bytes_get_data (piece, NULL), (guint) g_bytes_get_size (piece));
    }
}

/* What a download left, under the name that it says */
static GBytes *
take_file (ChaosCell *cell,
           PillionTask *task,
           GError **error)
{
  g_autoptr (PillionHttpDownload) result = pillion_await_object (task, error);
  g_autoptr (GFile) folder = g_file_new_for_path (cell->folder);
  g_autoptr (GFile) parent = NULL;
  GFile *file;
  char *content;
  gsize length;

  /* From here on it is the test that takes memory */
  chaos_heap_end ();
  if (result == NULL)
    return NULL;

  file = pillion_http_download_get_file (result);
  parent = g_file_get_parent (file);
  if (!g_file_equal (parent, folder))
    cell->fault = "a file elsewhere";
  if (g_file_peek_path (file)[strlen (cell->folder) + 1] == '.')
    cell->fault = "a hidden file";
  g_assert_true (g_file_get_contents (g_file_peek_path (file), &content, &length, NULL));
  g_assert_cmpint (pillion_http_download_get_size (result), ==, length);

  return g_bytes_new_take (content, length);
}

static GBytes *
download_with (ChaosCell *cell,
               PillionHttpClient *client,
               GError **error)
{
  g_autofree char *path = g_build_filename (cell->folder, "file", NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (PillionTask) task = pillion_http_client_download (client, cell->url, file, NULL, NULL);

  return take_file (cell, task, error);
}

static GBytes *
download (ChaosCell *cell,
          GError **error)
{
  return download_with (cell, cell->client, error);
}

/* To a name that the server chooses */
static GBytes *
download_into (ChaosCell *cell,
               GError **error)
{
  g_autoptr (GFile) folder = g_file_new_for_path (cell->folder);
  g_autoptr (PillionTask) task = pillion_http_client_download_into (cell->client, cell->url, folder, NULL, NULL);

  return take_file (cell, task, error);
}

static GBytes *
resume (ChaosCell *cell,
        GError **error)
{
  g_autoptr (GError) local = NULL;

  g_assert_null (download_with (cell, cell->patient, &local));
  if (!g_error_matches (local, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED))
    g_error ("%s: %s", cell->behaviour->name, local->message);

  return download (cell, error);
}

/* Through a cache, and again, when it may have learned something wrong */
static GBytes *
get_cached (ChaosCell *cell,
            GError **error)
{
  g_autoptr (GBytes) first = NULL;

  pillion_http_client_set_cache (cell->client, cell->cache);
  first = get_bytes (cell, NULL);
  if (first != NULL && !g_bytes_equal (first, cell->behaviour->content))
    return g_steal_pointer (&first);
  return get_bytes (cell, error);
}

/* None of the behaviours is an event stream, except that some say that there is nothing more */
static GBytes *
get_event (ChaosCell *cell,
           GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", cell->url);
  g_autoptr (PillionHttpEventStream) stream = pillion_http_event_stream_new (cell->client, request);
  g_autoptr (PillionHttpEvent) event = NULL;
  g_autoptr (GError) local = NULL;
  g_autoptr (PillionTask) task = NULL;

  pillion_http_event_stream_set_max_reconnects (stream, 0);
  task = pillion_http_event_stream_next (stream, NULL);
  event = pillion_await_boxed (task, PILLION_HTTP_TYPE_EVENT, &local);
  pillion_http_event_stream_close (stream);
  if (local != NULL)
    g_propagate_error (error, g_steal_pointer (&local));

  return *error == NULL ? g_bytes_new_static ("", 0) : NULL;
}

/* Nor does any of them speak WebSocket */
static GBytes *
open_web_socket (ChaosCell *cell,
                 GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", cell->url);
  g_autoptr (PillionTask) task = pillion_http_client_open_web_socket (cell->client, request, NULL, NULL);
  g_autoptr (PillionHttpWebSocket) socket = pillion_await_object (task, error);

  return socket != NULL ? g_bytes_new_static ("", 0) : NULL;
}

/* Whatever is needed besides the body: above all the head, in several forms for a moment, and what is being received */
#define FIXED (4 << 20)

#define IN_MEMORY (CHAOS_MAX_BODY + FIXED)

/* A stream reads 1 MiB ahead, and up to 32 MiB while the program keeps up */
#define READ_AHEAD ((32 << 20) + FIXED)

const ChaosKind chaos_kinds[] = {
  { "bytes", get_bytes, IN_MEMORY, .in_memory = TRUE },
  { "json", get_json, IN_MEMORY, .in_memory = TRUE, .is_json = TRUE },
  { "put", put, IN_MEMORY, .in_memory = TRUE },
  { "once", put_once, IN_MEMORY, .in_memory = TRUE, .sends_once = TRUE, .only = "redirect/" },
  { "retried", retry, IN_MEMORY, .in_memory = TRUE, .retries = TRUE, .only = "retry-after/" },
  { "upload", upload, IN_MEMORY, .in_memory = TRUE, .from_file = TRUE },
  { "stream", read_stream },
  { "skimmed", skim, READ_AHEAD },
  { "download", download, FIXED, .to_file = TRUE },
  { "named", download_into, FIXED, .to_file = TRUE },
  { "resumed", resume, FIXED, .to_file = TRUE, .resumes = TRUE },
  { "cached", get_cached, IN_MEMORY, .in_memory = TRUE, .asks_twice = TRUE },
  { "event", get_event, FIXED, .refuses_all = TRUE },
  { "web-socket", open_web_socket, FIXED, .refuses_all = TRUE },
  { NULL },
};

const ChaosKind *
chaos_kind_find (const char *name)
{
  for (const ChaosKind *kind = chaos_kinds; kind->name != NULL; kind++)
    if (strcmp (kind->name, name) == 0)
      return kind;

  g_assert_not_reached ();
}

gboolean
chaos_cell_has_file (ChaosCell *cell)
{
  g_autoptr (GDir) dir = g_dir_open (cell->folder, 0, NULL);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    if (*name != '.')
      return TRUE;

  return FALSE;
}
