/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-test-message.h"

#include "core/pillion-private.h"
#include "http/pillion-http-test-exchange-private.h"
#include "http/pillion-soup-library.h"

PillionTestThread *
pillion_test_thread_new (void)
{
  PillionTestThread *self = g_atomic_rc_box_new0 (PillionTestThread);

  self->context = g_main_context_new ();
  g_mutex_init (&self->lock);

  return self;
}

static void
thread_clear (gpointer data)
{
  PillionTestThread *self = data;

  pillion_sync_acquire (self);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);
}

void
pillion_test_thread_unref (PillionTestThread *self)
{
  pillion_sync_release (self);
  g_atomic_rc_box_release_full (self, thread_clear);
}

void
pillion_test_thread_post (PillionTestThread *self,
                               GTimeSpan delay,
                               GSourceFunc func,
                               gpointer data,
                               GDestroyNotify destroy)
{
  g_autoptr (GSource) source = NULL;
  gboolean closed;

  if (delay > 0)
    source = g_timeout_source_new (MIN (delay / 1000 + (delay % 1000 > 0), G_MAXINT));
  else
    source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, func, data, destroy);

  pillion_mutex_lock (&self->lock);
  closed = self->closed;
  if (!closed)
    g_source_attach (source, self->context);
  pillion_mutex_unlock (&self->lock);

  if (closed)
    g_source_destroy (source);
}

void
pillion_test_message_set_body (SoupServerMessage *message,
                            GBytes *body,
                            const char *content_type)
{
  if (content_type != NULL)
    pillion_soup.message_headers_append (pillion_soup.server_message_get_response_headers (message), "Content-Type", content_type);
  if (g_bytes_get_size (body) > 0)
    pillion_soup.message_body_append_bytes (pillion_soup.server_message_get_response_body (message), body);
}

static void
on_closed (GObject *source,
           GAsyncResult *result,
           gpointer data)
{
  g_io_stream_close_finish (G_IO_STREAM (source), result, NULL);
}

/* What is written without libsoup, and the connection for it */
typedef struct
{
  GIOStream *stream;
  GString *bytes;
  PillionTestAnswer *answer;
} Raw;

static void
raw_free (Raw *self)
{
  g_clear_object (&self->stream);
  g_string_free (self->bytes, TRUE);
  pillion_test_answer_free (self->answer);
  g_free (self);
}

static void
on_raw_written (GObject *source,
                GAsyncResult *result,
                gpointer data)
{
  Raw *self = data;

  g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, NULL);
  if (self->answer->upgrade != NULL)
    {
      pillion_test_answer_upgrade (self->answer, g_steal_pointer (&self->stream));
    }
  else
    {
      if (self->answer->fault == PILLION_TEST_FAULT_RESET)
        pillion_test_stream_set_reset (self->stream);
      g_io_stream_close_async (self->stream, G_PRIORITY_DEFAULT, NULL, on_closed, NULL);
    }
  raw_free (self);
}

/* Takes the answer */
static void
send_raw (SoupServerMessage *message,
          PillionTestAnswer *answer)
{
  gsize size = answer->body != NULL ? g_bytes_get_size (answer->body) : 0;
  GIOStream *stream = pillion_soup.server_message_steal_connection (message);
  Raw *self;

  /* The client may have left */
  if (stream == NULL)
    {
      pillion_test_answer_free (answer);
      return;
    }

  self = g_new0 (Raw, 1);
  self->stream = stream;
  self->answer = answer;
  self->bytes = g_string_new (NULL);
  g_string_append_printf (self->bytes, "HTTP/1.1 %u %s\r\n", answer->status, pillion_soup.status_get_phrase (answer->status));
  for (guint i = 0; i < answer->fields.n; i += 2)
    g_string_append_printf (self->bytes, "%s: %s\r\n", answer->fields.strv[i], answer->fields.strv[i + 1]);
  if (answer->upgrade == NULL)
    {
      if (answer->content_type != NULL)
        g_string_append_printf (self->bytes, "Content-Type: %s\r\n", answer->content_type);
      g_string_append_printf (self->bytes, "Content-Length: %" G_GSIZE_FORMAT "\r\n", size);
    }
  g_string_append (self->bytes, "\r\n");
  if (answer->upgrade == NULL && size > 0)
    g_string_append_len (self->bytes, g_bytes_get_data (answer->body, NULL), MIN (answer->n_bytes, size));

  g_output_stream_write_all_async (g_io_stream_get_output_stream (self->stream), self->bytes->str, self->bytes->len,
                                   G_PRIORITY_DEFAULT, NULL, on_raw_written, self);
}

/* What an exchange on the loop's thread needs to answer on the server's thread */
typedef struct
{
  SoupServerMessage *message;
  PillionTestThread *thread;
  PillionTestAnswer *answer; /* NULL until it is there */
} Reply;

static void
reply_free (gpointer data)
{
  Reply *self = data;

  pillion_sync_acquire (self);
  g_clear_pointer (&self->answer, pillion_test_answer_free);
  g_object_unref (self->message);
  pillion_test_thread_unref (self->thread);
  g_free (self);
}

static gboolean
reply_send (gpointer data)
{
  Reply *self = data;
  PillionTestAnswer *answer;
  SoupMessageHeaders *headers = pillion_soup.server_message_get_response_headers (self->message);

  pillion_sync_acquire (self);
  answer = self->answer;
  if (answer->fault != PILLION_TEST_FAULT_NONE || answer->upgrade != NULL)
    {
      send_raw (self->message, g_steal_pointer (&self->answer));
      return G_SOURCE_REMOVE;
    }

  pillion_soup.server_message_set_status (self->message, answer->status, NULL);
  if (answer->body != NULL)
    pillion_test_message_set_body (self->message, answer->body, answer->content_type);
  for (guint i = 0; i < answer->fields.n; i += 2)
    pillion_soup.message_headers_append (headers, answer->fields.strv[i], answer->fields.strv[i + 1]);
  pillion_soup.server_message_unpause (self->message);

  return G_SOURCE_REMOVE;
}

static void
reply_deliver (PillionTestAnswer *answer,
               gpointer data)
{
  Reply *self = data;

  self->answer = answer;
  pillion_sync_release (self);
  pillion_test_thread_post (self->thread, answer->delay, reply_send, self, reply_free);
}

static void
add_field (const char *name,
           const char *value,
           gpointer exchange)
{
  pillion_http_test_exchange_add_field (exchange, name, value);
}

PillionHttpTestExchange *
pillion_test_message_exchange (SoupServerMessage *message,
                               PillionTestThread *thread)
{
  GUri *uri = pillion_soup.server_message_get_uri (message);
  g_autoptr (GBytes) body = pillion_soup.message_body_flatten (pillion_soup.server_message_get_request_body (message));
  Reply *reply = g_new0 (Reply, 1);
  PillionHttpTestExchange *exchange;

  pillion_soup.server_message_pause (message);
  reply->message = g_object_ref (message);
  reply->thread = g_atomic_rc_box_acquire (thread);

  exchange = pillion_http_test_exchange_new (pillion_soup.server_message_get_method (message), uri, body, reply_deliver, reply);
  pillion_soup.message_headers_foreach (pillion_soup.server_message_get_request_headers (message), add_field, exchange);

  return exchange;
}
