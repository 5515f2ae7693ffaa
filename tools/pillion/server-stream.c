/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "big-file.h"
#include "server-stream.h"
#include "units.h"

#include <string.h>

/* Responses that take time: late ones, long ones, and ones that never end */

#define ETAG "\"big-1\""
#define TRUNCATED_LENGTH 1000000
#define TRUNCATED_AT 250000

/* Owned by the message, and freed with it */
typedef struct
{
  SoupServerMessage *message;
  GSource *timer;
  gint64 start;
  gint64 position;
  gint64 end;
  gint64 rate;
  gint64 started;
} Stream;

static void
stream_free (gpointer data)
{
  Stream *self = data;

  if (self->timer != NULL)
    {
      g_source_destroy (self->timer);
      g_source_unref (self->timer);
    }
  g_free (self);
}

static Stream *
stream_new (SoupServerMessage *message)
{
  Stream *self = g_new0 (Stream, 1);

  self->message = message;
  g_object_set_data_full (G_OBJECT (message), "pillion-stream", self, stream_free);
  return self;
}

static void
stream_start_timer (Stream     *self,
                    guint       msec,
                    GSourceFunc func)
{
  g_clear_pointer (&self->timer, g_source_unref);
  self->timer = g_timeout_source_new (msec);
  g_source_set_callback (self->timer, func, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

static gboolean
on_delay_over (gpointer data)
{
  Stream *self = data;

  soup_server_message_unpause (self->message);
  return G_SOURCE_REMOVE;
}

/* Delays a response */
void
server_stream_delay (SoupServerMessage *message,
                     guint              msec)
{
  soup_server_message_pause (message);
  stream_start_timer (stream_new (message), msec, on_delay_over);
}

static void
append_next (Stream *self)
{
  gint64 end = self->end;
  g_autoptr (GBytes) bytes = NULL;

  if (self->position >= self->end)
    return;
  if (self->rate > 0)
    end = MIN (end, self->position + MAX (self->rate / 50, 1));
  bytes = big_file_read (self->position, end);
  self->position += (gint64) g_bytes_get_size (bytes);
  soup_message_body_append_bytes (soup_server_message_get_response_body (self->message), bytes);
}

static gboolean
on_pace (gpointer data)
{
  Stream *self = data;

  append_next (self);
  soup_server_message_unpause (self->message);
  return G_SOURCE_REMOVE;
}

/* A message without a next chunk pauses itself. The next chunk is sent when enough bytes are due. */
static void
on_wrote_chunk (SoupServerMessage *message,
                gpointer           user_data)
{
  Stream *self = user_data;
  gint64 due, left;

  if (self->rate == 0)
    {
      append_next (self);
      return;
    }
  due = self->started + (gint64) ((double) (self->position - self->start) / (double) self->rate * 1000000);
  left = due - g_get_monotonic_time ();
  stream_start_timer (self, (guint) (MAX (left, 0) / 1000), on_pace);
}

/* Whether the request is for one satisfiable range of this very version; if not, the whole file is sent. */
static gboolean
get_range (SoupMessageHeaders *headers,
           gint64             *start,
           gint64             *end)
{
  const char *version = soup_message_headers_get_one (headers, "If-Range");
  SoupRange *ranges;
  int n_ranges;
  gboolean found = FALSE;

  if (version != NULL && strcmp (version, ETAG) != 0)
    return FALSE;
  if (!soup_message_headers_get_ranges (headers, BIG_FILE_SIZE, &ranges, &n_ranges))
    return FALSE;
  if (n_ranges == 1)
    {
      *start = ranges[0].start;
      *end = ranges[0].end + 1;
      found = TRUE;
    }
  soup_message_headers_free_ranges (headers, ranges);
  return found;
}

/* With "?rate=20M" in the address, this many bytes per second over each connection */
void
server_stream_big_file (SoupServerMessage *message,
                        GHashTable        *query)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  SoupMessageBody *body = soup_server_message_get_response_body (message);
  const char *rate = query != NULL ? g_hash_table_lookup (query, "rate") : NULL;
  Stream *self = stream_new (message);

  self->end = BIG_FILE_SIZE;
  if (rate != NULL && !units_parse_size (rate, &self->rate))
    {
      soup_server_message_set_status (message, SOUP_STATUS_BAD_REQUEST, NULL);
      return;
    }
  if (get_range (soup_server_message_get_request_headers (message), &self->position, &self->end))
    {
      soup_server_message_set_status (message, SOUP_STATUS_PARTIAL_CONTENT, NULL);
      soup_message_headers_set_content_range (headers, self->position, self->end - 1, BIG_FILE_SIZE);
    }
  else
    soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);

  self->start = self->position;
  self->started = g_get_monotonic_time ();

  soup_message_headers_set_content_type (headers, "application/octet-stream", NULL);
  soup_message_headers_replace (headers, "ETag", ETAG);
  soup_message_headers_replace (headers, "Accept-Ranges", "bytes");
  soup_message_headers_set_content_length (headers, self->end - self->position);
  /* Chunks are dropped once they are sent, so that the body is never in memory as a whole */
  soup_message_body_set_accumulate (body, FALSE);
  g_signal_connect (message, "wrote-chunk", G_CALLBACK (on_wrote_chunk), self);
  append_next (self);
}

/* A header and the beginning of the body, and then nothing, forever */
void
server_stream_stalled (SoupServerMessage *message)
{
  g_autoptr (GBytes) start = big_file_read (0, 1024);

  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_message_headers_set_content_length (soup_server_message_get_response_headers (message), TRUNCATED_LENGTH);
  soup_message_body_append_bytes (soup_server_message_get_response_body (message), start);
}

static gboolean
hang_up (gpointer data)
{
  Stream *self = data;
  g_autoptr (GIOStream) connection = soup_server_message_steal_connection (self->message);

  g_io_stream_close (connection, NULL, NULL);
  return G_SOURCE_REMOVE;
}

/* Not right here, where the message is still in use. There is no next chunk, so it pauses itself. */
static void
on_wrote_enough (SoupServerMessage *message,
                 gpointer           user_data)
{
  stream_start_timer (user_data, 0, hang_up);
}

/* Announces more than it sends, and hangs up */
void
server_stream_truncated (SoupServerMessage *message)
{
  SoupMessageBody *body = soup_server_message_get_response_body (message);
  g_autoptr (GBytes) start = big_file_read (0, TRUNCATED_AT);

  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_message_headers_set_content_length (soup_server_message_get_response_headers (message), TRUNCATED_LENGTH);
  soup_message_body_append_bytes (body, start);
  g_signal_connect (message, "wrote-chunk", G_CALLBACK (on_wrote_enough), stream_new (message));
}
