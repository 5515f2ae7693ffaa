/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-soup-request-body.h"

#include <glib/gi18n-lib.h>
#include <pillion-http/pillion-http.h>

#include "http/pillion-pieces-stream.h"

/* How long a server that is asked whether it wants the body has time to answer, in ms. It may never do so,
 * because it need not know the question. */
#define EXPECT_MSEC 1000

static void
stop_expecting (PillionSoupRequestBody *self)
{
  if (self->expecting == NULL)
    return;

  g_source_destroy (self->expecting);
  g_clear_pointer (&self->expecting, g_source_unref);
}

static void
upload_wrote (gpointer data,
              gint64 n_sent)
{
  PillionSoupRequestBody *self = data;

  self->n_sent = n_sent;
  self->funcs->wrote (self->data, n_sent);
}

static void
upload_over (gpointer data,
             GError *error)
{
  PillionSoupRequestBody *self = data;

  self->sent = g_get_monotonic_time ();
  self->funcs->over (self->data, error);
}

/* Takes the body from libsoup, to send it past it, if that can be */
static void
take_upload (PillionSoupRequestBody *self)
{
  static const PillionSoupUploadFuncs upload_funcs = { upload_wrote, upload_over };
  g_autoptr (GIOStream) stream = pillion_soup_connection_ref_stream (self->connection, pillion_soup.message_get_connection_id (self->message));
  SoupMessageHeaders *headers = pillion_soup.message_get_request_headers (self->message);

  if (stream == NULL || self->source->length <= 0)
    return;

  self->upload = pillion_soup_upload_new (stream, self->stream, self->source->length, &upload_funcs, self);
  if (self->upload == NULL)
    return;

  /* The field that describes the body goes with it. The head is sent, but may have to be sent again. */
  g_free (self->content_type);
  self->content_type = g_strdup (pillion_soup.message_headers_get_list (headers, "Content-Type"));
  pillion_soup.message_set_request_body (self->message, NULL, NULL, 0);
}

static gboolean
expected_long_enough (gpointer data)
{
  PillionSoupRequestBody *self = data;

  stop_expecting (self);
  pillion_soup_upload_begin (self->upload);

  return G_SOURCE_REMOVE;
}

/* Lets the body wait until the server asks for it, but not for long */
static void
expect (PillionSoupRequestBody *self)
{
  self->expecting = g_timeout_source_new (EXPECT_MSEC);
  g_source_set_static_name (self->expecting, "pillion expecting");
  g_source_set_callback (self->expecting, expected_long_enough, self, NULL);
  g_source_attach (self->expecting, self->context);
}

static void
wrote_body_data (SoupMessage *message,
                 guint size,
                 gpointer data)
{
  PillionSoupRequestBody *self = data;

  self->n_sent += size;
  self->funcs->wrote (self->data, self->n_sent);
}

static void
wrote_body (SoupMessage *message,
            gpointer data)
{
  PillionSoupRequestBody *self = data;

  if (self->upload == NULL)
    self->sent = g_get_monotonic_time ();
}

static void
got_informational (SoupMessage *message,
                   gpointer data)
{
  PillionSoupRequestBody *self = data;

  if (pillion_soup.message_get_status (message) == SOUP_STATUS_CONTINUE && self->expecting != NULL)
    {
      stop_expecting (self);
      pillion_soup_upload_begin (self->upload);
    }
}

/* What most requests don't need is connected here, because each handler costs a small request several per
 * cent */
static void
wrote_headers (SoupMessage *message,
               gpointer data)
{
  PillionSoupRequestBody *self = data;
  SoupMessageHeaders *headers = pillion_soup.message_get_request_headers (message);
  gboolean expects = pillion_soup.message_headers_header_contains (headers, "Expect", "100-continue");

  take_upload (self);
  if (expects && self->handlers[2] == 0)
    self->handlers[2] = g_signal_connect (message, "got-informational", G_CALLBACK (got_informational), self);
  if (expects && self->upload != NULL)
    expect (self);
  else if (self->upload != NULL)
    pillion_soup_upload_begin (self->upload);

  /* libsoup sends the body */
  if (self->upload == NULL && self->handlers[3] == 0)
    {
      self->handlers[3] = g_signal_connect (message, "wrote-body-data", G_CALLBACK (wrote_body_data), self);
      self->handlers[4] = g_signal_connect (message, "wrote-body", G_CALLBACK (wrote_body), self);
    }
}

/* If libsoup reused a connection that was closed meanwhile, it sends an idempotent request once more by
 * itself, and without a body unless it is given a new one */
static void
restarted (SoupMessage *message,
           gpointer data)
{
  PillionSoupRequestBody *self = data;
  SoupMessageHeaders *headers = pillion_soup.message_get_request_headers (message);
  g_autofree char *content_type = g_strdup (pillion_soup.message_headers_get_list (headers, "Content-Type"));
  g_autoptr (GInputStream) stream = NULL;
  GError *error = NULL;

  stop_expecting (self);
  if (self->upload != NULL)
    {
      g_free (content_type);
      content_type = g_steal_pointer (&self->content_type);
      g_clear_pointer (&self->upload, pillion_soup_upload_free);
    }

  if (pillion_source_can_open (self->source))
    stream = self->source->klass->open (self->source, &error);
  else
    error = g_error_new_literal (PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_NOT_REWINDABLE,
                                 _("the connection was lost, and the body of the request can be read only once"));
  if (stream == NULL)
    {
      self->funcs->over (self->data, error);
      return;
    }

  pillion_soup.message_set_request_body (message, NULL, stream, self->source->length);
  g_set_object (&self->stream, stream);
  self->n_sent = 0;
  self->sent = 0;
  if (content_type != NULL)
    pillion_soup.message_headers_append (headers, "Content-Type", content_type);
}

void
pillion_soup_request_body_init (PillionSoupRequestBody *self,
                                const PillionWireRequest *request,
                                SoupMessage *message,
                                GMainContext *context,
                                const PillionSoupRequestBodyFuncs *funcs,
                                gpointer data)
{
  if (request->body == NULL)
    return;

  self->funcs = funcs;
  self->data = data;
  self->message = message;
  self->context = context;
  self->source = pillion_source_ref (request->source);
  self->stream = g_object_ref (request->body);
  pillion_soup.message_set_request_body (message, NULL, request->body, request->body_length);
  self->handlers[0] = g_signal_connect (message, "wrote-headers", G_CALLBACK (wrote_headers), self);
  self->handlers[1] = g_signal_connect (message, "restarted", G_CALLBACK (restarted), self);
}

void
pillion_soup_request_body_clear (PillionSoupRequestBody *self)
{
  if (self->message == NULL)
    return;

  stop_expecting (self);
  for (guint i = 0; i < G_N_ELEMENTS (self->handlers); i++)
    g_clear_signal_handler (&self->handlers[i], self->message);
  g_clear_pointer (&self->source, pillion_source_unref);
  g_clear_object (&self->stream);
  g_clear_pointer (&self->content_type, g_free);
  g_clear_pointer (&self->upload, pillion_soup_upload_free);
}

void
pillion_soup_request_body_set_connection (PillionSoupRequestBody *self,
                                          PillionSoupConnection *connection)
{
  self->connection = connection;
}

void
pillion_soup_request_body_note_response (PillionSoupRequestBody *self)
{
  guint status;

  if (self->message == NULL)
    return;

  /* A server that was asked whether it wants the body wants none if it redirects or refuses (RFC 9110,
   * section 10.1.1), and is going to read it if it accepts. If it was not asked, a refusal ends the sending
   * (RFC 9112, section 9.5). */
  status = pillion_soup.message_get_status (self->message);
  if (status >= (self->expecting != NULL ? SOUP_STATUS_MULTIPLE_CHOICES : SOUP_STATUS_BAD_REQUEST))
    pillion_soup_request_body_stop (self);
  else if (self->expecting != NULL)
    g_source_set_ready_time (self->expecting, 0);
}

gboolean
pillion_soup_request_body_is_going (PillionSoupRequestBody *self)
{
  return self->upload != NULL && pillion_soup_upload_is_going (self->upload);
}

gboolean
pillion_soup_request_body_has_failed (PillionSoupRequestBody *self)
{
  GInputStream *stream = self->stream;

  /* A body that is sent at a limited rate is read through another stream */
  if (G_IS_FILTER_INPUT_STREAM (stream))
    stream = g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (stream));

  return PILLION_IS_PIECES_STREAM (stream) && pillion_pieces_stream_has_failed (PILLION_PIECES_STREAM (stream));
}

void
pillion_soup_request_body_stop (PillionSoupRequestBody *self)
{
  stop_expecting (self);
  if (self->upload != NULL)
    pillion_soup_upload_stop (self->upload);
}
