/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include <pillion-http/pillion-http.h>

#include "http/pillion-http-web-socket-message-private.h"

G_DEFINE_BOXED_TYPE (PillionHttpWebSocketMessage,
                     pillion_http_web_socket_message,
                     pillion_http_web_socket_message_copy,
                     pillion_http_web_socket_message_free)

static PillionHttpWebSocketMessage *
make (gboolean is_text,
      GBytes *data)
{
  PillionHttpWebSocketMessage *self = g_new (PillionHttpWebSocketMessage, 1);

  self->data = data;
  self->text = is_text ? (char *) g_bytes_get_data (data, NULL) : NULL;

  return self;
}

PillionHttpWebSocketMessage *
pillion_http_web_socket_message_new (gboolean is_text,
                                     GByteArray *bytes)
{
  gsize length;
  guint8 *data;

  /* Not part of it, but a text is read as a string */
  g_byte_array_append (bytes, (const guint8 *) "", 1);
  data = g_byte_array_steal (bytes, &length);

  return make (is_text, g_bytes_new_take (data, length - 1));
}

/**
 * pillion_http_web_socket_message_copy:
 * @self: a message
 *
 * Copies a message. Its data is shared.
 *
 * Returns: (transfer full): a copy
 *
 * Since: 1.0
 */
PillionHttpWebSocketMessage *
pillion_http_web_socket_message_copy (const PillionHttpWebSocketMessage *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return make (self->text != NULL, g_bytes_ref (self->data));
}

/**
 * pillion_http_web_socket_message_free: (skip)
 * @self: (transfer full): a message
 *
 * Frees a message.
 *
 * Since: 1.0
 */
void
pillion_http_web_socket_message_free (PillionHttpWebSocketMessage *self)
{
  g_return_if_fail (self != NULL);

  g_bytes_unref (self->data);
  g_free (self);
}
