/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "across-kinds.h"

#include <string.h>

#include "builder.h"

/* How much of a body that resumes is there already */
#define HALF (CHAOS_BODY_LENGTH / 2)

/* --- Answers ---------------------------------------------------------------------------------------------------------- */

static void
append_format (GByteArray *out,
               const char *format,
               ...) G_GNUC_PRINTF (2, 3);

static void
append_format (GByteArray *out,
               const char *format,
               ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  chaos_append (out, text);
}

static void
append_body (GByteArray *out,
             const char *head,
             const void *data,
             gsize length,
             const char *fields,
             GByteArray *trailer)
{
  append_format (out, "HTTP/1.1 %s", head);
  if (trailer == NULL)
    {
      append_format (out, "Content-Length: %zu\r\n%s\r\n", length, fields);
      g_byte_array_append (out, data, (guint) length);
      return;
    }

  append_format (out, "Transfer-Encoding: chunked\r\n%s\r\n", fields);
  chaos_append_chunks (out, data, length, 700);
  chaos_append (out, "0\r\n");
  g_byte_array_append (out, trailer->data, trailer->len);
}

static void
answer_whole (GByteArray *out,
              const char *request,
              GBytes *body,
              const char *fields,
              GByteArray *trailer)
{
  append_body (out, "200 OK\r\nContent-Type: application/json\r\n" CHAOS_TAGGED, g_bytes_get_data (body, NULL), g_bytes_get_size (body), fields, trailer);
}

static void
answer_refusal (GByteArray *out,
                const char *request,
                GBytes *body,
                const char *fields,
                GByteArray *trailer)
{
  append_body (out, "404 Not Found\r\n", g_bytes_get_data (body, NULL), g_bytes_get_size (body), fields, trailer);
}

static void
answer_unauthorized (GByteArray *out,
                     const char *request,
                     GBytes *body,
                     const char *fields,
                     GByteArray *trailer)
{
  append_body (out, "401 Unauthorized\r\nWWW-Authenticate: Basic realm=x\r\n", g_bytes_get_data (body, NULL), g_bytes_get_size (body), fields, trailer);
}

static void
answer_rest (GByteArray *out,
             const char *request,
             GBytes *body,
             const char *fields,
             GByteArray *trailer)
{
  const guint8 *data = g_bytes_get_data (body, NULL);

  append_body (out, "206 Partial Content\r\nContent-Range: bytes 1000-1999/2000\r\n" CHAOS_TAGGED, data + HALF, CHAOS_BODY_LENGTH - HALF, fields, trailer);
}

static void
answer_event (GByteArray *out,
              const char *request,
              GBytes *body,
              const char *fields,
              GByteArray *trailer)
{
  g_autofree char *text = g_strdup_printf ("data: %.*s\n\n", (int) g_bytes_get_size (body), (const char *) g_bytes_get_data (body, NULL));

  append_body (out, "200 OK\r\nContent-Type: text/event-stream\r\n", text, strlen (text), fields, trailer);
}

static void
answer_head (GByteArray *out,
             const char *request,
             GBytes *body,
             const char *fields,
             GByteArray *trailer)
{
  append_format (out, "HTTP/1.1 200 OK\r\nX-Content: %.*s\r\nContent-Length: 2000\r\n%s\r\n", (int) g_bytes_get_size (body),
                 (const char *) g_bytes_get_data (body, NULL), fields);
}

static void
answer_empty (GByteArray *out,
              const char *request,
              GBytes *body,
              const char *fields,
              GByteArray *trailer)
{
  append_format (out, "HTTP/1.1 204 No Content\r\nX-Content: %.*s\r\n%s\r\n", (int) g_bytes_get_size (body), (const char *) g_bytes_get_data (body, NULL), fields);
}

static void
answer_not_modified (GByteArray *out,
                     const char *request,
                     GBytes *body,
                     const char *fields,
                     GByteArray *trailer)
{
  append_format (out, "HTTP/1.1 304 Not Modified\r\n" CHAOS_TAGGED "X-Content: %.*s\r\n%s\r\n", (int) g_bytes_get_size (body),
                 (const char *) g_bytes_get_data (body, NULL), fields);
}

/* Only the half of it that somebody reads who soon loses interest */
static void
answer_half (GByteArray *out,
             const char *request,
             GBytes *body,
             const char *fields,
             GByteArray *trailer)
{
  append_format (out, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n%s\r\n", fields);
  g_byte_array_append (out, g_bytes_get_data (body, NULL), (guint) g_bytes_get_size (body));
}

static void
answer_web_socket (GByteArray *out,
                   const char *request,
                   GBytes *body,
                   const char *fields,
                   GByteArray *trailer)
{
  const char *field = request != NULL ? strstr (request, "\r\nSec-WebSocket-Key: ") : NULL;
  g_autofree char *salted = NULL;
  g_autofree char *accepted = NULL;
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  guint8 frame[] = { 0x81, 126, CHAOS_BODY_LENGTH >> 8, CHAOS_BODY_LENGTH & 0xff };
  guint8 digest[20];
  gsize length = sizeof digest;

  /* Ahead of the request, nobody knows the key */
  salted = g_strdup_printf ("%.24s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", field != NULL ? field + strlen ("\r\nSec-WebSocket-Key: ") : "AAAAAAAAAAAAAAAAAAAAAA==");
  g_checksum_update (checksum, (const guchar *) salted, -1);
  g_checksum_get_digest (checksum, digest, &length);
  accepted = g_base64_encode (digest, length);
  append_format (out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n%s\r\n", accepted, fields);
  g_byte_array_append (out, frame, sizeof frame);
  g_byte_array_append (out, g_bytes_get_data (body, NULL), (guint) g_bytes_get_size (body));
}

void
across_append_preparation (GByteArray *out,
                           const AcrossKind *kind)
{
  answer_whole (out, NULL, chaos_get_body (), "Cache-Control: no-cache\r\nConnection: close\r\n", NULL);
  /* What there is to resume is one half */
  if (!kind->caches)
    g_byte_array_set_size (out, out->len - (CHAOS_BODY_LENGTH - HALF));
}

/* --- Requests --------------------------------------------------------------------------------------------------------- */

static PillionTask *
send (ChaosCell *cell,
      const char *method,
      gboolean has_body)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new (method, cell->url);

  if (has_body)
    pillion_http_request_set_body (request, chaos_get_body (), "application/json");
  return pillion_http_client_send (cell->client, request, NULL);
}

static GBytes *
post (ChaosCell *cell,
      GError **error)
{
  g_autoptr (PillionTask) task = send (cell, "POST", TRUE);
  g_autoptr (PillionHttpResponse) response = pillion_await_object (task, error);

  return response != NULL ? g_bytes_ref (pillion_http_response_get_body (response)) : NULL;
}

/* What the head says is taken for the content of an answer that has none */
static GBytes *
take_field (PillionTask *task,
            GError **error)
{
  g_autoptr (PillionHttpResponse) response = pillion_await_object (task, error);
  const char *content;

  if (response == NULL)
    return NULL;

  content = pillion_http_response_get_header (response, "X-Content");
  return content != NULL ? g_bytes_new (content, strlen (content)) : g_bytes_new_static ("", 0);
}

static GBytes *
get_head (ChaosCell *cell,
          GError **error)
{
  g_autoptr (PillionTask) task = send (cell, "HEAD", FALSE);

  return take_field (task, error);
}

static GBytes *
delete (ChaosCell *cell,
        GError **error)
{
  g_autoptr (PillionTask) task = send (cell, "DELETE", FALSE);

  return take_field (task, error);
}

/* The answer is to be an error */
static GBytes *
get_refused (ChaosCell *cell,
             GError **error)
{
  g_autoptr (PillionTask) task = send (cell, "GET", FALSE);
  g_autoptr (GError) local = NULL;
  g_autoptr (PillionHttpResponse) response = pillion_await_object (task, &local);

  if (response != NULL)
    return g_bytes_new_static ("a success", 9);
  if (local->domain != PILLION_HTTP_STATUS_ERROR || (local->code != 404 && local->code != 401))
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }

  return g_bytes_ref (chaos_get_body ());
}

static GBytes *
get_cached (ChaosCell *cell,
            GError **error)
{
  g_autoptr (PillionTask) task = pillion_http_client_get_bytes (cell->client, cell->url, NULL);

  return pillion_await_bytes (task, error);
}

static gboolean
fill_cache (ChaosCell *cell,
            GError **error)
{
  g_autoptr (GBytes) content = get_cached (cell, error);

  return content != NULL;
}

static GBytes *
resume (ChaosCell *cell,
        GError **error)
{
  return chaos_kind_find ("download")->request (cell, error);
}

static gboolean
begin_download (ChaosCell *cell,
                GError **error)
{
  g_autoptr (GError) local = NULL;
  g_autoptr (GBytes) content = resume (cell, &local);

  if (g_error_matches (local, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED))
    return TRUE;

  if (local != NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  else
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, "half a download succeeds");
  return FALSE;
}

/* Reads the beginning of a body, and closes */
static GBytes *
abandon (ChaosCell *cell,
         GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", cell->url);
  g_autoptr (PillionTask) task = pillion_http_client_open (cell->client, request, NULL);
  g_autoptr (PillionHttpStream) stream = pillion_await_object (task, error);
  g_autoptr (PillionTask) read = NULL;
  g_autoptr (GBytes) piece = NULL;

  if (stream == NULL)
    return NULL;

  read = pillion_http_stream_read (stream, 100, NULL);
  piece = pillion_await_bytes (read, error);
  pillion_http_stream_close (stream);

  return piece != NULL ? g_bytes_ref (chaos_get_body ()) : NULL;
}

/* Takes the head of an answer, and closes */
static GBytes *
ignore (ChaosCell *cell,
        GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", cell->url);
  g_autoptr (PillionTask) task = pillion_http_client_open (cell->client, request, NULL);
  g_autoptr (PillionHttpStream) stream = pillion_await_object (task, error);

  if (stream == NULL)
    return NULL;

  pillion_http_stream_close (stream);

  return g_bytes_ref (chaos_get_body ());
}

static GBytes *
get_event (ChaosCell *cell,
           GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", cell->url);
  g_autoptr (PillionHttpEventStream) stream = pillion_http_event_stream_new (cell->client, request);
  g_autoptr (PillionHttpEvent) event = NULL;
  g_autoptr (PillionTask) task = NULL;

  pillion_http_event_stream_set_max_reconnects (stream, 0);
  task = pillion_http_event_stream_next (stream, NULL);
  event = pillion_await_boxed (task, PILLION_HTTP_TYPE_EVENT, error);
  pillion_http_event_stream_close (stream);
  if (event == NULL)
    return *error == NULL ? g_bytes_new_static ("", 0) : NULL;

  return g_bytes_new (event->data, strlen (event->data));
}

static GBytes *
talk (ChaosCell *cell,
      GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", cell->url);
  g_autoptr (PillionTask) task = pillion_http_client_open_web_socket (cell->client, request, NULL, NULL);
  g_autoptr (PillionHttpWebSocket) socket = pillion_await_object (task, error);
  g_autoptr (PillionTask) receive = NULL;
  g_autoptr (PillionTask) close = NULL;
  g_autoptr (PillionHttpWebSocketMessage) message = NULL;

  if (socket == NULL)
    return NULL;

  receive = pillion_http_web_socket_receive (socket, NULL);
  message = pillion_await_boxed (receive, PILLION_HTTP_TYPE_WEB_SOCKET_MESSAGE, error);
  /* The server may have sent anything in place of the end of the handshake */
  close = pillion_http_web_socket_close (socket, 1000, NULL, NULL);
  pillion_await (close, NULL);
  if (message == NULL)
    return *error == NULL ? g_bytes_new_static ("", 0) : NULL;

  return g_bytes_ref (message->data);
}

/* A handshake that the server refuses */
static GBytes *
knock (ChaosCell *cell,
       GError **error)
{
  g_autoptr (PillionHttpRequest) request = pillion_http_request_new ("GET", cell->url);
  g_autoptr (PillionTask) task = pillion_http_client_open_web_socket (cell->client, request, NULL, NULL);
  g_autoptr (GError) local = NULL;
  g_autoptr (PillionHttpWebSocket) socket = pillion_await_object (task, &local);

  if (socket != NULL)
    return g_bytes_new_static ("a success", 9);
  if (local->domain != PILLION_HTTP_STATUS_ERROR)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return NULL;
    }

  return g_bytes_ref (chaos_get_body ());
}

static GBytes *
get_bytes (ChaosCell *cell,
           GError **error)
{
  return chaos_kind_find ("bytes")->request (cell, error);
}

static GBytes *
get_json (ChaosCell *cell,
          GError **error)
{
  return chaos_kind_find ("json")->request (cell, error);
}

static GBytes *
put (ChaosCell *cell,
     GError **error)
{
  return chaos_kind_find ("put")->request (cell, error);
}

static GBytes *
upload (ChaosCell *cell,
        GError **error)
{
  return chaos_kind_find ("upload")->request (cell, error);
}

static GBytes *
read_stream (ChaosCell *cell,
             GError **error)
{
  return chaos_kind_find ("stream")->request (cell, error);
}

static GBytes *
download (ChaosCell *cell,
          GError **error)
{
  return chaos_kind_find ("download")->request (cell, error);
}

static GBytes *
download_into (ChaosCell *cell,
               GError **error)
{
  return chaos_kind_find ("named")->request (cell, error);
}

const AcrossKind across_kinds[] = {
  { "bytes", NULL, get_bytes, answer_whole, .may_chunk = TRUE, .leaves = TRUE, .safe = TRUE },
  { "json", NULL, get_json, answer_whole, .may_chunk = TRUE, .leaves = TRUE, .safe = TRUE },
  { "head", NULL, get_head, answer_head, .leaves = TRUE, .safe = TRUE },
  { "refused", NULL, get_refused, answer_refusal, .may_chunk = TRUE, .leaves = TRUE, .safe = TRUE },
  { "unauthorized", NULL, get_refused, answer_unauthorized, .may_chunk = TRUE, .leaves = TRUE, .safe = TRUE },
  { "put", NULL, put, answer_whole, .may_chunk = TRUE, .leaves = TRUE },
  { "post", NULL, post, answer_whole, .may_chunk = TRUE, .leaves = TRUE },
  { "delete", NULL, delete, answer_empty, .leaves = TRUE },
  { "upload", NULL, upload, answer_whole, .on_disk = TRUE, .may_chunk = TRUE, .leaves = TRUE },
  { "stream", NULL, read_stream, answer_whole, .may_chunk = TRUE, .leaves = TRUE, .safe = TRUE },
  { "ignored", NULL, ignore, answer_whole, .may_chunk = TRUE, .safe = TRUE },
  { "abandoned", NULL, abandon, answer_half, .safe = TRUE },
  { "download", NULL, download, answer_whole, .on_disk = TRUE, .may_chunk = TRUE, .leaves = TRUE, .safe = TRUE },
  { "named", NULL, download_into, answer_whole, .on_disk = TRUE, .may_chunk = TRUE, .leaves = TRUE, .safe = TRUE },
  { "resumed", begin_download, resume, answer_rest, .on_disk = TRUE, .may_chunk = TRUE, .leaves = TRUE, .safe = TRUE },
  { "cached", NULL, get_cached, answer_whole, .caches = TRUE, .may_chunk = TRUE, .leaves = TRUE, .safe = TRUE },
  { "validated", fill_cache, get_cached, answer_not_modified, .caches = TRUE, .leaves = TRUE, .safe = TRUE },
  { "event", NULL, get_event, answer_event, .may_chunk = TRUE, .safe = TRUE },
  { "web-socket", NULL, talk, answer_web_socket },
  { "no-web-socket", NULL, knock, answer_refusal, .may_chunk = TRUE },
};

const guint across_n_kinds = G_N_ELEMENTS (across_kinds);
