/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* for memmem () */
#endif

#include "server.h"

#include <stdlib.h>
#include <string.h>

#include "../http/http-support.h"
#include "scenarios.h"

/* How the large content is sent as long as nobody has requested a range of it: in pieces of this many bytes, with pauses of as many µs, but no
 * more than this many bytes. Further connections help then. */
#define SLOW_PIECE 16384
#define SLOW_PAUSE 8000
#define SLOW_BYTES (4 * 1024 * 1024)

struct _ScenarioServer
{
  const guint8 *content;
  TestServer *plain;
  TestServer *tls;
  char *url;
  char *tls_url;
  int n_ranges; /* requests for a part of the large content; atomic */
};

static void
echo_frames (TestConnection *connection)
{
  guint8 header[6];

  while (test_connection_read (connection, header, sizeof header))
    {
      guint length = header[1] & 0x7f;
      guint8 frame[2 + 125];

      g_assert_cmpuint (length, <=, 125);
      if (!test_connection_read (connection, frame + 2, length))
        break;
      frame[0] = header[0];
      frame[1] = (guint8) length;
      for (guint i = 0; i < length; i++)
        frame[2 + i] ^= header[2 + i % 4];
      test_connection_write (connection, frame, (gssize) (2 + length));
      /* A closing frame is the last one */
      if ((header[0] & 0xf) == 8)
        break;
    }
  test_connection_close (connection);
}

/* Answers with the digest of what was uploaded, if that is whole */
static void
serve_upload (TestConnection *connection,
              const char *request)
{
  g_autoptr (GBytes) body = test_connection_read_body (connection, request);
  g_autofree char *digest = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, body);

  if (g_bytes_get_size (body) == SCENARIO_CONTENT_SIZE)
    test_connection_answer (connection, NULL, digest, -1);
  else
    test_connection_close (connection);
}

/* Answers with the form without the file, if that is whole */
static void
serve_form (ScenarioServer *self,
            TestConnection *connection,
            const char *request)
{
  g_autoptr (GBytes) body = test_connection_read_body (connection, request);
  gsize length;
  const char *bytes = g_bytes_get_data (body, &length);
  const char *file = bytes != NULL ? memmem (bytes, length, self->content, SCENARIO_CONTENT_SIZE) : NULL;
  g_autoptr (GString) rest = NULL;

  if (file == NULL || length < 4 || memcmp (bytes + length - 4, "--\r\n", 4) != 0)
    {
      test_connection_close (connection);
      return;
    }

  rest = g_string_new_len (bytes, file - bytes);
  g_string_append_len (rest, file + SCENARIO_CONTENT_SIZE, (gssize) length - (file - bytes) - SCENARIO_CONTENT_SIZE);
  test_connection_answer (connection, NULL, rest->str, (gssize) rest->len);
}

/* One at a time, so that the client has to come back for each */
static void
serve_event (TestConnection *connection,
             const char *request)
{
  g_autofree char *last = test_request_get_field (request, "Last-Event-ID");
  guint n = last != NULL ? (guint) atoi (last) + 1 : 0;
  static const char *const data[] = { SCENARIO_EVENT_DATA };
  g_autofree char *event = g_strdup_printf ("retry: 1\nid: %u\ndata: %s\n\n", n, data[MIN (n, G_N_ELEMENTS (data) - 1)]);

  test_connection_answer (connection, "Content-Type: text/event-stream\r\n", event, -1);
  test_connection_close (connection);
}

/* The first byte that is wanted, and what comes after the last one */
static gboolean
get_range (const char *request,
           gsize size,
           gsize *first,
           gsize *end)
{
  g_autofree char *range = test_request_get_field (request, "Range");
  char *next;

  *first = 0;
  *end = size;
  if (range == NULL)
    return FALSE;

  *first = g_ascii_strtoull (range + strlen ("bytes="), &next, 10);
  if (next[1] != '\0')
    *end = MIN (size, g_ascii_strtoull (next + 1, NULL, 10) + 1);
  g_assert_cmpuint (*first, <, *end);
  return TRUE;
}

/* With the head, so that the client need not wait for the second packet */
static void
serve_content (ScenarioServer *self,
               TestConnection *connection,
               const char *request,
               const char *cut,
               const char *fields)
{
  g_autoptr (GString) answer = g_string_new (NULL);
  gsize first, end;

  if (get_range (request, SCENARIO_CONTENT_SIZE, &first, &end))
    g_string_printf (answer, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes %zu-%zu/%u\r\n", first, end - 1, SCENARIO_CONTENT_SIZE);
  else
    g_string_printf (answer, "HTTP/1.1 200 OK\r\n");
  g_string_append_printf (answer, "ETag: \"1\"\r\nContent-Length: %zu\r\n%s\r\n", end - first, fields);
  if (cut != NULL)
    end = MAX (first, SCENARIO_CONTENT_SIZE / 2);
  g_string_append_len (answer, (const char *) self->content + first, (gssize) (end - first));
  test_connection_write (connection, answer->str, (gssize) answer->len);

  if (g_strcmp0 (cut, SCENARIO_CUT_HOLD) == 0)
    test_connection_wait_closed (connection);
  if (cut != NULL)
    test_connection_close (connection);
}

static void
serve_large (ScenarioServer *self,
             TestConnection *connection,
             const char *request)
{
  g_autofree char *fast = test_request_get_field (request, SCENARIO_FAST);
  int n_ranges = g_atomic_int_get (&self->n_ranges);
  gsize first, end;

  if (get_range (request, SCENARIO_LARGE_SIZE, &first, &end))
    {
      g_atomic_int_inc (&self->n_ranges);
      test_connection_printf (connection, "HTTP/1.1 206 Partial Content\r\nETag: \"1\"\r\nContent-Length: %zu\r\nContent-Range: bytes %zu-%zu/%u\r\n\r\n",
                              end - first, first, end - 1, SCENARIO_LARGE_SIZE);
    }
  else
    {
      test_connection_printf (connection, "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: %u\r\n\r\n", SCENARIO_LARGE_SIZE);
      while (fast == NULL && first < SLOW_BYTES && g_atomic_int_get (&self->n_ranges) == n_ranges &&
             test_connection_write (connection, self->content + first, SLOW_PIECE))
        {
          first += SLOW_PIECE;
          g_usleep (SLOW_PAUSE);
        }
    }
  test_connection_write (connection, self->content + first, (gssize) (end - first));
}

static void
serve (TestConnection *connection,
       const char *request,
       gpointer data)
{
  ScenarioServer *self = data;
  g_autofree char *whole_path = test_request_get_path (request);
  /* As a proxy gets it */
  const char *path = g_str_has_prefix (whole_path, "http://") ? strchr (whole_path + strlen ("http://"), '/') : whole_path;
  g_autofree char *authorization = test_request_get_field (request, "Authorization");
  g_autofree char *tag = test_request_get_field (request, "If-None-Match");
  g_autofree char *cut = test_request_get_field (request, SCENARIO_CUT);

  if (strcmp (path, "/socket") == 0)
    {
      test_connection_accept_web_socket (connection, request, NULL);
      echo_frames (connection);
    }
  else if (strcmp (path, "/upload") == 0)
    serve_upload (connection, request);
  else if (strcmp (path, "/form") == 0)
    serve_form (self, connection, request);
  else if (strcmp (path, "/json") == 0)
    test_connection_answer (connection, "Content-Type: application/json\r\n", SCENARIO_JSON, -1);
  else if (strcmp (path, "/events") == 0)
    {
      test_connection_answer (connection, "Content-Type: text/event-stream\r\n", SCENARIO_EVENTS, -1);
      test_connection_close (connection);
    }
  else if (strcmp (path, "/event") == 0)
    serve_event (connection, request);
  else if (strcmp (path, "/redirect") == 0)
    test_connection_printf (connection, "HTTP/1.1 302 Found\r\nLocation: /content\r\nContent-Length: 0\r\n\r\n");
  else if (strcmp (path, "/gone") == 0)
    test_connection_printf (connection, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n");
  else if (strcmp (path, "/secret") == 0 && authorization == NULL)
    test_connection_printf (connection, "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"r\"\r\nContent-Length: 0\r\n\r\n");
  else if (strcmp (path, "/stale") == 0 && tag != NULL)
    test_connection_printf (connection, "HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\nCache-Control: no-cache\r\n\r\n");
  else if (strcmp (path, "/stale") == 0)
    serve_content (self, connection, request, cut, "Cache-Control: no-cache\r\n");
  else if (g_str_has_prefix (path, "/fresh"))
    serve_content (self, connection, request, cut, "Cache-Control: max-age=1000\r\n");
  else if (strcmp (path, "/named") == 0)
    serve_content (self, connection, request, cut, "Content-Disposition: attachment; filename=file\r\n");
  else if (strcmp (path, "/cookies") == 0)
    serve_content (self, connection, request, cut, "Set-Cookie: new=2; Path=/; Expires=Sat, 31 Oct 2093 13:16:17 GMT\r\n");
  else if (strcmp (path, "/broken") == 0)
    serve_content (self, connection, request, SCENARIO_CUT_CLOSE, "");
  else if (strcmp (path, "/large") == 0)
    serve_large (self, connection, request);
  else
    serve_content (self, connection, request, cut, "");
}

ScenarioServer *
scenario_server_new (const guint8 *content,
                     gboolean over_tls)
{
  ScenarioServer *self = g_new0 (ScenarioServer, 1);

  self->content = content;
  self->plain = test_server_new (TEST_SERVER_PLAIN, serve, self);
  self->url = test_server_url (self->plain, "");
  self->tls = over_tls ? test_server_new (TEST_SERVER_TLS, serve, self) : NULL;
  self->tls_url = over_tls ? test_server_url (self->tls, "") : g_strdup ("-");

  return self;
}

void
scenario_server_free (ScenarioServer *self)
{
  test_server_free (self->plain);
  g_clear_pointer (&self->tls, test_server_free);
  g_free (self->url);
  g_free (self->tls_url);
  g_free (self);
}

const char *
scenario_server_get_url (const ScenarioServer *self)
{
  return self->url;
}

const char *
scenario_server_get_tls_url (const ScenarioServer *self)
{
  return self->tls_url;
}
