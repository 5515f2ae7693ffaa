/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-web-socket-link.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-http-engine.h"
#include "http/pillion-http-url.h"
#include "http/pillion-http-web-socket-message-private.h"
#include "http/pillion-web-socket-outbox.h"

/* How much of a message becomes one frame: after each, others get their turn, and pings are answered */
#define CHUNK ((gsize) 128 * 1024)

/* Shorter messages are not worth compressing */
#define MIN_COMPRESSED 128

/* How much is read or written before others get their turn */
#define TURN ((gsize) 512 * 1024)

/* How many bytes of answers to pings may wait to be sent */
#define MAX_CONTROL 4096

/* How long the other side may take to close after it was asked to, and how long to wait for it to close the
 * connection, in µs */
#define CLOSE_USEC (5 * G_USEC_PER_SEC)
#define LINGER_USEC G_USEC_PER_SEC

struct _PillionWebSocketLink
{
  int n_references; /* atomic */
  PillionHttpEngine *engine;
  gboolean server; /* or a client, which masks what it sends and waits for the server to close the connection */
  PillionWebSocketInbox *inbox;
  gint64 max_size;        /* of a message; atomic */
  GTimeSpan ping_interval; /* atomic; 0 for never */
  gboolean mute;           /* atomic: pings are not answered */

  PillionWebSocketOutbox outbox;

  /* The rest is the I/O thread's */
  const char *url;                /* for messages */
  PillionWebSocketEndFunc end;    /* NULL while there is no connection */
  gpointer end_data;
  GPollableInputStream *input;
  GPollableOutputStream *output;
  GSource *input_source;
  GSource *output_source;
  PillionWebSocketDeflate *deflate;
  PillionWebSocketReader reader;
  GByteArray *control; /* frames to be sent before anything else */
  GByteArray *out;     /* what is being written */
  gsize n_written;     /* of that */
  gboolean left;       /* nobody is interested any more */
  gboolean close_sent;
  gboolean close_received;
  gboolean broken;     /* what is received makes no sense any more */
  gboolean paused;     /* there is no room in the inbox */
  gboolean lingering;  /* everything was sent and received, and only the connection has to be closed */
  gint64 received;     /* when something came last */
  gint64 pinged;       /* when the unanswered ping was sent, or 0 */
  gint64 close_due;    /* when to stop waiting, or 0 */
  PillionDeadline deadline;
};

PillionWebSocketLink *
pillion_web_socket_link_new (PillionHttpEngine *engine,
                             gboolean server)
{
  PillionWebSocketLink *self = g_new0 (PillionWebSocketLink, 1);

  self->n_references = 1;
  self->engine = pillion_http_engine_ref (engine);
  self->server = server;
  self->inbox = pillion_web_socket_inbox_new ();
  pillion_web_socket_outbox_init (&self->outbox);
  pillion_web_socket_reader_init (&self->reader);
  self->reader.masked = server;
  self->control = g_byte_array_new ();
  self->out = g_byte_array_new ();

  return self;
}

PillionWebSocketLink *
pillion_web_socket_link_ref (PillionWebSocketLink *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

void
pillion_web_socket_link_unref (PillionWebSocketLink *self)
{
  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  pillion_web_socket_inbox_unref (self->inbox);
  pillion_web_socket_reader_clear (&self->reader);
  g_clear_pointer (&self->deflate, pillion_web_socket_deflate_free);
  g_byte_array_unref (self->control);
  g_byte_array_unref (self->out);
  pillion_web_socket_outbox_clear (&self->outbox);
  pillion_http_engine_unref (self->engine);
  g_free (self);
}

static void
stop (GSource **source)
{
  if (*source == NULL)
    return;

  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* Everything that waits gets its outcome, once: the receiver gets @error (transfer full), or the end, and senders get its message. The code and
 * the reason are those of the first call. */
static void
tell (PillionWebSocketLink *self,
      guint code,
      const char *reason,
      GError *error)
{
  if (pillion_web_socket_outbox_end (&self->outbox, code, reason, error != NULL ? error->message : NULL))
    pillion_web_socket_inbox_end (self->inbox, error);
  else
    g_clear_error (&error);
}

/* The end of the connection */
static void
finish (PillionWebSocketLink *self)
{
  PillionWebSocketEndFunc end = g_steal_pointer (&self->end);

  if (end == NULL)
    return;

  stop (&self->input_source);
  stop (&self->output_source);
  pillion_deadlines_unset (self->engine->deadlines, &self->deadline);
  end (self->end_data);
}

/* Reports a broken connection, with its URL */
static void
break_down (PillionWebSocketLink *self,
            GError *error)
{
  pillion_http_prefix_url (&error, self->url);
  tell (self, PILLION_WEB_SOCKET_ABNORMAL, NULL, error);
  finish (self);
}

static gint64 on_due (gpointer data, gint64 now);

static void
set_close_due (PillionWebSocketLink *self,
               GTimeSpan timeout)
{
  self->close_due = pillion_http_engine_get_now (self->engine) + timeout;
  pillion_deadlines_set (self->engine->deadlines, &self->deadline, self->close_due, on_due, self);
}

static void
add_control (PillionWebSocketLink *self,
             PillionWebSocketOpcode opcode,
             const guint8 *bytes,
             gsize length)
{
  guint8 mask[4];

  if (self->close_sent)
    return;

  pillion_web_socket_add_header (self->control, opcode, TRUE, FALSE, !self->server, length, mask);
  pillion_web_socket_add_payload (self->control, bytes, length, 0, mask);
  self->close_sent = opcode == PILLION_WEB_SOCKET_CLOSE;
}

static void
add_close (PillionWebSocketLink *self,
           guint code,
           const char *reason)
{
  guint8 payload[PILLION_WEB_SOCKET_MAX_CONTROL];
  gsize length = reason != NULL ? MIN (strlen (reason), sizeof payload - 2) : 0;

  if (code == PILLION_WEB_SOCKET_NO_STATUS)
    {
      add_control (self, PILLION_WEB_SOCKET_CLOSE, NULL, 0);
      return;
    }

  payload[0] = (guint8) (code >> 8);
  payload[1] = (guint8) code;
  if (length > 0)
    memcpy (payload + 2, reason, length);
  add_control (self, PILLION_WEB_SOCKET_CLOSE, payload, length + 2);
}

static void write_on (PillionWebSocketLink *self);

/* Sends only the close frame. Then the other side closes the connection: if we did while it still sends, it
 * might never read that frame. */
static void
linger (PillionWebSocketLink *self)
{
  self->lingering = TRUE;
  set_close_due (self, LINGER_USEC);
  write_on (self);
}

/* The other side broke the rules, or our limits */
static void
refuse (PillionWebSocketLink *self,
        guint code,
        const char *reason)
{
  GError *error = g_error_new (PILLION_HTTP_ERROR,
                               code == PILLION_WEB_SOCKET_TOO_LARGE ? PILLION_HTTP_ERROR_TOO_LARGE : PILLION_HTTP_ERROR_PROTOCOL,
                               _("%s: the WebSocket is closed with the code %u: %s"), self->url, code, reason);

  self->broken = TRUE;
  add_close (self, code, reason);
  tell (self, code, reason, error);
  linger (self);
}

static gboolean
is_normal (guint code)
{
  return code == PILLION_WEB_SOCKET_NORMAL || code == PILLION_WEB_SOCKET_GOING_AWAY || code == PILLION_WEB_SOCKET_NO_STATUS;
}

static void
receive_close (PillionWebSocketLink *self,
               const guint8 *bytes,
               gsize length)
{
  guint code = length >= 2 ? (guint) bytes[0] << 8 | bytes[1] : PILLION_WEB_SOCKET_NO_STATUS;
  g_autofree char *reason = length > 2 ? g_strndup ((const char *) bytes + 2, length - 2) : g_strdup ("");
  GError *error = NULL;

  self->close_received = TRUE;
  if (self->lingering)
    {
      write_on (self);
      return;
    }

  if (length == 1 || (length >= 2 && !pillion_web_socket_is_valid_code (code)))
    {
      refuse (self, PILLION_WEB_SOCKET_PROTOCOL_ERROR, "the close code is not valid");
      return;
    }
  if (length > 2 && !pillion_web_socket_is_text ((const char *) bytes + 2, length - 2))
    {
      refuse (self, PILLION_WEB_SOCKET_INVALID_TEXT, "the reason for closing is not UTF-8");
      return;
    }

  add_close (self, code, NULL);
  if (!is_normal (code))
    error = g_error_new (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_WEB_SOCKET_CLOSED, _("%s: the peer closed the WebSocket with the code %u%s%s"),
                         self->url, code, *reason != '\0' ? ": " : "", reason);
  tell (self, code, reason, error);
  linger (self);
}

static gboolean
on_frame (PillionWebSocketOpcode opcode,
          GByteArray *bytes,
          gpointer data)
{
  PillionWebSocketLink *self = data;

  /* Nobody wants it any more */
  if (self->lingering && opcode != PILLION_WEB_SOCKET_CLOSE)
    return TRUE;

  switch (opcode)
    {
    case PILLION_WEB_SOCKET_TEXT:
    case PILLION_WEB_SOCKET_BINARY:
      pillion_web_socket_inbox_add (self->inbox, pillion_http_web_socket_message_new (opcode == PILLION_WEB_SOCKET_TEXT, bytes));
      break;
    case PILLION_WEB_SOCKET_PING:
      if (self->control->len < MAX_CONTROL && !__atomic_load_n (&self->mute, __ATOMIC_RELAXED))
        add_control (self, PILLION_WEB_SOCKET_PONG, bytes->data, bytes->len);
      break;
    case PILLION_WEB_SOCKET_CLOSE:
      receive_close (self, bytes->data, bytes->len);
      return FALSE;
    case PILLION_WEB_SOCKET_PONG:
    case PILLION_WEB_SOCKET_CONTINUATION:
    default:
      break;
    }

  return TRUE;
}

static gboolean
on_readable (gpointer stream,
             gpointer data);

/* Reads for one turn, and then waits for more. It may be finished afterwards. */
static void
read_on (PillionWebSocketLink *self)
{
  guint8 buffer[32 * 1024];
  gsize n_turn = 0;

  self->paused = FALSE;
  while (self->end != NULL && n_turn < TURN)
    {
      GError *error = NULL;
      const char *reason = NULL;
      guint code = 0;
      gssize n;

      if (!self->lingering && !pillion_web_socket_inbox_has_room (self->inbox))
        {
          stop (&self->input_source);
          self->paused = TRUE;
          break;
        }

      n = g_pollable_input_stream_read_nonblocking (self->input, buffer, sizeof buffer, NULL, &error);
      if (n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          g_error_free (error);
          break;
        }
      if (n <= 0)
        {
          /* A reset closes the connection, too */
          if (error == NULL || error->domain == G_TLS_ERROR || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED))
            {
              g_clear_error (&error);
              error = g_error_new_literal (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED,
                                           _("the connection of the WebSocket was closed without a close frame"));
            }
          break_down (self, error);
          return;
        }

      n_turn += (gsize) n;
      self->received = pillion_http_engine_get_now (self->engine);
      self->pinged = 0;
      /* A client waits for the end of the connection, and a server for the client's close frame */
      if (self->lingering && (!self->server || self->broken))
        continue;

      self->reader.max_size = (gsize) __atomic_load_n (&self->max_size, __ATOMIC_RELAXED);
      code = pillion_web_socket_reader_feed (&self->reader, buffer, (gsize) n, on_frame, self, &reason);
      if (code != 0)
        refuse (self, code, reason);
    }

  if (self->end != NULL && !self->paused && self->input_source == NULL)
    {
      self->input_source = g_pollable_input_stream_create_source (self->input, NULL);
      g_source_set_static_name (self->input_source, "pillion WebSocket input");
      g_source_set_callback (self->input_source, G_SOURCE_FUNC (on_readable), self, NULL);
      pillion_http_engine_attach (self->engine, self->input_source);
    }
  /* Answers to pings */
  if (self->end != NULL && self->control->len > 0)
    write_on (self);
}

static gboolean
on_readable (gpointer stream,
             gpointer data)
{
  PillionWebSocketLink *self = data;

  pillion_web_socket_link_ref (self);
  read_on (self);
  pillion_web_socket_link_unref (self);

  /* Destroyed if it is no longer wanted */
  return G_SOURCE_CONTINUE;
}

/* Makes a frame of the next part of the message */
static void
add_chunk (PillionWebSocketLink *self)
{
  PillionWebSocketOutgoing *item = self->outbox.current;
  gsize size;
  const guint8 *bytes = g_bytes_get_data (item->bytes, &size);
  gsize length = MIN (CHUNK, size - item->position);
  PillionWebSocketOpcode opcode = item->position == 0 ? item->opcode : PILLION_WEB_SOCKET_CONTINUATION;
  gboolean final = item->position + length == size;
  guint8 mask[4];

  bytes = length > 0 ? bytes + item->position : NULL;
  if (self->deflate != NULL && size >= MIN_COMPRESSED && pillion_web_socket_deflate_can_compress (self->deflate))
    {
      g_autoptr (GByteArray) compressed = g_byte_array_new ();

      pillion_web_socket_deflate_compress (self->deflate, bytes, length, final, compressed);
      pillion_web_socket_add_header (self->out, opcode, final, opcode != PILLION_WEB_SOCKET_CONTINUATION, !self->server, compressed->len,
                                     mask);
      pillion_web_socket_add_payload (self->out, compressed->data, compressed->len, 0, mask);
    }
  else
    {
      pillion_web_socket_add_header (self->out, opcode, final, FALSE, !self->server, length, mask);
      pillion_web_socket_add_payload (self->out, bytes, length, 0, mask);
    }
  item->position += length;
}

/* Fills the buffer, which is empty, with what to write next. Returns FALSE if there is nothing. */
static gboolean
fill (PillionWebSocketLink *self)
{
  g_byte_array_set_size (self->out, 0);
  self->n_written = 0;

  if (self->control->len > 0)
    {
      GByteArray *control = self->control;

      self->control = self->out;
      self->out = control;
      return TRUE;
    }

  if (self->close_sent || !pillion_web_socket_outbox_next (&self->outbox))
    return FALSE;

  if (self->outbox.current->opcode == PILLION_WEB_SOCKET_CLOSE)
    {
      const guint8 *payload = g_bytes_get_data (self->outbox.current->bytes, NULL);

      add_control (self, PILLION_WEB_SOCKET_CLOSE, payload, g_bytes_get_size (self->outbox.current->bytes));
      pillion_web_socket_outbox_sent (&self->outbox);
      set_close_due (self, CLOSE_USEC);
      return fill (self);
    }

  add_chunk (self);
  return TRUE;
}

static gboolean
on_writable (gpointer stream,
             gpointer data);

/* Writes for one turn, and then waits until there is room. It may be finished afterwards. */
static void
write_on (PillionWebSocketLink *self)
{
  gsize n_turn = 0;

  for (;;)
    {
      const PillionWebSocketOutgoing *item = self->outbox.current;
      GError *error = NULL;
      gssize n;

      if (self->n_written == self->out->len)
        {
          if (item != NULL && item->position == g_bytes_get_size (item->bytes) && (item->position > 0 || self->out->len > 0))
            pillion_web_socket_outbox_sent (&self->outbox);
          if (n_turn >= TURN || !fill (self))
            break;
        }

      n = g_pollable_output_stream_write_nonblocking (self->output, self->out->data + self->n_written, self->out->len - self->n_written,
                                                      NULL, &error);
      if (n < 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        {
          g_error_free (error);
          break;
        }
      if (n < 0)
        {
          /* What was received before may tell why, and the reader sees the end as well */
          stop (&self->output_source);
          if (self->paused)
            break_down (self, error);
          else
            g_error_free (error);
          return;
        }
      self->n_written += (gsize) n;
      n_turn += (gsize) n;
      /* The time to close begins when everything before the close frame is sent */
      if (self->close_due > 0 && !self->close_sent)
        self->close_due = pillion_http_engine_get_now (self->engine) + CLOSE_USEC;
    }

  if (self->n_written == self->out->len && n_turn < TURN)
    {
      stop (&self->output_source);
      /* The closing handshake is over, and a server closes the connection first (RFC 6455, section 7.1.1) */
      if (self->server && self->close_sent && self->close_received)
        finish (self);
    }
  else if (self->output_source == NULL)
    {
      self->output_source = g_pollable_output_stream_create_source (self->output, NULL);
      g_source_set_static_name (self->output_source, "pillion WebSocket output");
      g_source_set_callback (self->output_source, G_SOURCE_FUNC (on_writable), self, NULL);
      pillion_http_engine_attach (self->engine, self->output_source);
    }
}

static gboolean
on_writable (gpointer stream,
             gpointer data)
{
  PillionWebSocketLink *self = data;

  pillion_web_socket_link_ref (self);
  write_on (self);
  pillion_web_socket_link_unref (self);

  return G_SOURCE_CONTINUE;
}

/* Whether the other side is still there */
static gint64
look_after_peer (PillionWebSocketLink *self,
                 gint64 now)
{
  GTimeSpan interval = __atomic_load_n (&self->ping_interval, __ATOMIC_RELAXED);

  if (interval <= 0 || interval > G_MAXINT64 / 4)
    return PILLION_DEADLINE_NEVER - 1;

  /* Nothing is read, so nothing can arrive */
  if (self->paused)
    {
      self->received = now;
      self->pinged = 0;
    }

  if (self->pinged > 0 && now >= self->pinged + interval)
    {
      break_down (self, g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
                                     g_dngettext (GETTEXT_PACKAGE, "the peer did not answer a ping within %g second",
                                                  "the peer did not answer a ping within %g seconds", pillion_count_seconds (interval)),
                                     (double) interval / G_USEC_PER_SEC));
      return PILLION_DEADLINE_NEVER;
    }

  if (self->pinged == 0 && now >= self->received + interval)
    {
      self->pinged = now;
      add_control (self, PILLION_WEB_SOCKET_PING, NULL, 0);
      write_on (self);
    }

  return (self->pinged > 0 ? self->pinged : self->received) + interval;
}

static gint64
on_due (gpointer data,
        gint64 now)
{
  PillionWebSocketLink *self = data;
  gint64 due;

  if (self->close_due > now)
    return self->close_due;

  pillion_web_socket_link_ref (self);
  if (self->close_due > 0)
    {
      /* It was asked to close, and did not */
      tell (self, PILLION_WEB_SOCKET_ABNORMAL, NULL, NULL);
      finish (self);
      due = PILLION_DEADLINE_NEVER;
    }
  else
    {
      due = look_after_peer (self, now);
      if (self->end == NULL)
        due = PILLION_DEADLINE_NEVER;
      else if (self->close_due > 0)
        due = self->close_due;
    }
  pillion_web_socket_link_unref (self);

  return due;
}

void
pillion_web_socket_link_begin (PillionWebSocketLink *self,
                               GIOStream *stream,
                               const char *url,
                               const char *extensions,
                               PillionWebSocketEndFunc end,
                               gpointer data)
{
  self->url = url;
  self->end = end;
  self->end_data = data;
  self->input = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (stream));
  self->output = G_POLLABLE_OUTPUT_STREAM (g_io_stream_get_output_stream (stream));
  self->deflate = pillion_web_socket_deflate_new (extensions);
  self->reader.deflate = self->deflate;
  self->received = pillion_http_engine_get_now (self->engine);
  pillion_deadlines_set (self->engine->deadlines, &self->deadline, self->received, on_due, self);
}

void
pillion_web_socket_link_fail (PillionWebSocketLink *self,
                              GError *error)
{
  pillion_web_socket_link_ref (self);
  tell (self, PILLION_WEB_SOCKET_ABNORMAL, NULL, error);
  finish (self);
  pillion_web_socket_link_unref (self);
}

PillionWebSocketInbox *
pillion_web_socket_link_get_inbox (PillionWebSocketLink *self)
{
  return self->inbox;
}

/* Closes without waiting for what is to be sent. If the program has closed, it relies on that being sent, and there is a time limit for
 * it. */
static void
go_away (PillionWebSocketLink *self)
{
  if (self->lingering || pillion_web_socket_outbox_is_closing (&self->outbox))
    return;

  add_close (self, PILLION_WEB_SOCKET_GOING_AWAY, NULL);
  tell (self, PILLION_WEB_SOCKET_GOING_AWAY, NULL, NULL);
  linger (self);
}

static void
resume_on_thread (gpointer data)
{
  PillionWebSocketLink *self = data;

  /* Also for the first time */
  if (self->end != NULL && self->input_source == NULL)
    {
      self->received = pillion_http_engine_get_now (self->engine);
      if (self->left)
        go_away (self);
      if (self->close_due == 0 && pillion_web_socket_outbox_is_closing (&self->outbox))
        set_close_due (self, CLOSE_USEC);
      if (self->end != NULL && self->output_source == NULL)
        write_on (self);
      if (self->end != NULL)
        read_on (self);
    }
  pillion_web_socket_link_unref (self);
}

void
pillion_web_socket_link_resume (PillionWebSocketLink *self)
{
  pillion_http_engine_post (self->engine, resume_on_thread, pillion_web_socket_link_ref (self));
}

static void
write_on_thread (gpointer data)
{
  PillionWebSocketLink *self = data;
  gboolean closing = pillion_web_socket_outbox_look (&self->outbox);

  if (self->end != NULL && closing && self->close_due == 0)
    set_close_due (self, CLOSE_USEC);
  if (self->end != NULL && self->output_source == NULL)
    write_on (self);
  pillion_web_socket_link_unref (self);
}

void
pillion_web_socket_link_send (PillionWebSocketLink *self,
                              PillionWebSocketOpcode opcode,
                              GBytes *bytes,
                              PillionTask *task)
{
  if (pillion_web_socket_outbox_add (&self->outbox, opcode, bytes, task))
    pillion_http_engine_post (self->engine, write_on_thread, pillion_web_socket_link_ref (self));
}

void
pillion_web_socket_link_close (PillionWebSocketLink *self,
                               guint code,
                               const char *reason,
                               PillionTask *task)
{
  /* Messages are no longer wanted, and must not hold up the end */
  pillion_web_socket_inbox_close (self->inbox);
  if (!pillion_web_socket_outbox_close (&self->outbox, code, reason, task))
    return;

  pillion_http_engine_post (self->engine, write_on_thread, pillion_web_socket_link_ref (self));
  pillion_web_socket_link_resume (self);
}

static void
leave_on_thread (gpointer data)
{
  PillionWebSocketLink *self = data;

  self->left = TRUE;
  if (self->end != NULL)
    {
      go_away (self);
      if (self->end != NULL && self->input_source == NULL)
        read_on (self);
    }
  pillion_web_socket_link_unref (self);
}

void
pillion_web_socket_link_leave (PillionWebSocketLink *self)
{
  pillion_web_socket_inbox_close (self->inbox);
  pillion_http_engine_post (self->engine, leave_on_thread, pillion_web_socket_link_ref (self));
}

guint
pillion_web_socket_link_get_close_code (PillionWebSocketLink *self)
{
  return pillion_web_socket_outbox_get_close_code (&self->outbox);
}

char *
pillion_web_socket_link_dup_close_reason (PillionWebSocketLink *self)
{
  return pillion_web_socket_outbox_dup_close_reason (&self->outbox);
}

void
pillion_web_socket_link_set_max_size (PillionWebSocketLink *self,
                                      gint64 max)
{
  __atomic_store_n (&self->max_size, max, __ATOMIC_RELAXED);
}

void
pillion_web_socket_link_set_mute (PillionWebSocketLink *self,
                                  gboolean mute)
{
  __atomic_store_n (&self->mute, mute, __ATOMIC_RELAXED);
}

gboolean
pillion_web_socket_link_is_external (PillionWebSocketLink *self)
{
  return !self->server && pillion_http_engine_is_outside (self->engine);
}

static void
look_on_thread (gpointer data)
{
  PillionWebSocketLink *self = data;

  if (self->end != NULL && self->close_due == 0)
    pillion_deadlines_set (self->engine->deadlines, &self->deadline, 0, on_due, self);
  pillion_web_socket_link_unref (self);
}

void
pillion_web_socket_link_set_ping_interval (PillionWebSocketLink *self,
                                           GTimeSpan interval)
{
  __atomic_store_n (&self->ping_interval, interval, __ATOMIC_RELAXED);
  pillion_http_engine_post (self->engine, look_on_thread, pillion_web_socket_link_ref (self));
}

gboolean
pillion_web_socket_link_forget (PillionWebSocketLink *self,
                                PillionTask *task)
{
  return pillion_web_socket_outbox_forget (&self->outbox, task);
}
