/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-soup-body.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <pillion-http/pillion-http.h>

/* The streams that libsoup 3 stacks for HTTP/1 are, from the top: SoupClientInputStream, SoupBodyInputStream
 * (which takes the transfer coding away), SoupFilterInputStream (which holds what was read too much with the
 * head), and the socket's or the TLS connection's. All but the last are GFilterInputStreams. If libsoup
 * stacks them differently, it is left to decode by itself. */
static GInputStream *
get_base (GInputStream *stream,
          const char *type_name)
{
  if (!G_IS_FILTER_INPUT_STREAM (stream) || strcmp (G_OBJECT_TYPE_NAME (stream), type_name) != 0)
    return NULL;

  return g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (stream));
}

typedef struct
{
  GPollableSourceFunc func;
  gpointer data;
} Ready;

gboolean
pillion_soup_message_has_no_body (SoupMessage *message)
{
  guint status = pillion_soup.message_get_status (message);

  return status == SOUP_STATUS_NO_CONTENT || status == SOUP_STATUS_NOT_MODIFIED ||
         strcmp (pillion_soup.message_get_method (message), "HEAD") == 0;
}

void
pillion_soup_body_init (PillionSoupBody *self,
                        SoupMessage *message,
                        GInputStream *stream)
{
  SoupMessageHeaders *headers = pillion_soup.message_get_response_headers (message);
  GInputStream *coded;
  GInputStream *source = NULL;
  GInputStream *raw = NULL;

  *self = (PillionSoupBody) { .stream = stream };

  if (pillion_soup.message_get_http_version (message) != SOUP_HTTP_2_0)
    {
      coded = get_base (stream, "SoupClientInputStream");
      if (coded != NULL)
        source = get_base (coded, "SoupBodyInputStream");
      if (source != NULL)
        raw = get_base (source, "SoupFilterInputStream");
    }

  if (raw != NULL && pillion_soup.message_headers_get_encoding (headers) == SOUP_ENCODING_CHUNKED &&
      !pillion_soup_message_has_no_body (message))
    self->source = source;

  /* After a read that would block, libsoup's streams hold nothing back: it is enough to wait for the lowest
   * one, which saves four sources. */
  if (G_IS_POLLABLE_INPUT_STREAM (raw))
    {
      self->wait = G_POLLABLE_INPUT_STREAM (raw);
    }
  else
    {
      self->wait = G_POLLABLE_INPUT_STREAM (stream);
      self->once = TRUE;
    }
}

/* Shows libsoup the end of a body whose bytes it has not seen */
static void
show_end (PillionSoupBody *self)
{
  GFilterInputStream *filter = G_FILTER_INPUT_STREAM (self->source);
  GInputStream *raw = filter->base_stream;
  GInputStream *empty = g_memory_input_stream_new_from_data ("0\r\n\r\n", 5, NULL);
  char buffer[128];

  filter->base_stream = empty;
  g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (self->stream), buffer, sizeof buffer, NULL, NULL);
  filter->base_stream = raw;
  g_object_unref (empty);
}

static gssize
read_chunked (PillionSoupBody *self,
              guint8 *buffer,
              gsize size,
              GError **error)
{
  if (self->whole)
    return 0;

  while (TRUE)
    {
      gsize consumed;
      gssize n_content;
      gssize n = g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (self->source), buffer, size, NULL,
                                                           error);

      if (n < 0)
        return -1;

      if (n == 0)
        {
          g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED,
                               _("the connection was closed before the last chunk"));
          return -1;
        }

      n_content = pillion_chunked_decode (&self->chunked, buffer, (gsize) n, &consumed, error);
      if (n_content < 0)
        return -1;

      if (self->chunked.state == PILLION_CHUNKED_DONE)
        {
          self->whole = TRUE;
          /* Bytes after the end belong to nothing: if it isn't shown an end, libsoup closes the connection */
          if (consumed == (gsize) n)
            show_end (self);
          return n_content;
        }

      if (n_content > 0)
        return n_content;
    }
}

gssize
pillion_soup_body_read (PillionSoupBody *self,
                        guint8 *buffer,
                        gsize size,
                        GError **error)
{
  if (self->source != NULL)
    return read_chunked (self, buffer, size, error);

  return g_pollable_input_stream_read_nonblocking (G_POLLABLE_INPUT_STREAM (self->stream), buffer, size, NULL, error);
}

/* The socket that one of libsoup's streams reads from, or NULL if there is something else between them, such
 * as TLS */
static GSocket *
get_socket (GPollableInputStream *stream)
{
  GInputStream *base = G_IS_FILTER_INPUT_STREAM (stream) ? g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (stream)) : NULL;
  GSocket *socket = NULL;

  if (base != NULL && strcmp (G_OBJECT_TYPE_NAME (base), "GSocketInputStream") == 0 &&
      g_object_class_find_property (G_OBJECT_GET_CLASS (base), "socket") != NULL)
    g_object_get (base, "socket", &socket, NULL);

  return socket;
}

static gboolean
socket_ready (GSocket *socket,
              GIOCondition condition,
              gpointer data)
{
  Ready *self = data;

  return self->func (NULL, self->data);
}

GSource *
pillion_soup_body_new_source (PillionSoupBody *self,
                              GPollableSourceFunc func,
                              gpointer data)
{
  g_autoptr (GSocket) socket = self->once ? NULL : get_socket (self->wait);
  GSource *source;

  if (socket != NULL)
    {
      Ready *ready = g_new (Ready, 1);

      ready->func = func;
      ready->data = data;
      source = g_socket_create_source (socket, G_IO_IN, NULL);
      g_source_set_callback (source, G_SOURCE_FUNC (socket_ready), ready, g_free);
    }
  else
    {
      source = g_pollable_input_stream_create_source (self->wait, NULL);
      g_source_set_callback (source, G_SOURCE_FUNC (func), data, NULL);
    }

  /* Nothing iterates the context in there. Otherwise GLib would remove the socket from its list for the time
   * of the call, and write to its wake-up descriptor for that, twice. */
  g_source_set_can_recurse (source, TRUE);
  return source;
}
