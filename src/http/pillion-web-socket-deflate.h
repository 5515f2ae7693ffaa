/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* The compression of WebSocket messages: permessage-deflate (RFC 7692). It belongs to one thread. */
typedef struct _PillionWebSocketDeflate PillionWebSocketDeflate;

typedef enum
{
  PILLION_INFLATE_OK,
  PILLION_INFLATE_BROKEN,
  PILLION_INFLATE_TOO_LARGE,
} PillionInflateState;

/* As a server accepted it, in the value of its field Sec-WebSocket-Extensions. NULL if it did not, or if that is NULL. */
PillionWebSocketDeflate *pillion_web_socket_deflate_new          (const char              *extensions);
void                     pillion_web_socket_deflate_free         (PillionWebSocketDeflate *self);

/* Adds to @message what @bytes, the next ones of a message, say. @message may become at most @max bytes long. @last: the message ends. */
PillionInflateState      pillion_web_socket_deflate_decompress   (PillionWebSocketDeflate *self,
                                                                  const guint8            *bytes,
                                                                  gsize                    length,
                                                                  gboolean                 last,
                                                                  gsize                    max,
                                                                  GByteArray              *message);

/* Whether messages may be compressed */
gboolean                 pillion_web_socket_deflate_can_compress (PillionWebSocketDeflate *self);

/* Adds to @out what is to be sent for @bytes, the next ones of a message. That may be nothing, unless @last. */
void                     pillion_web_socket_deflate_compress     (PillionWebSocketDeflate *self,
                                                                  const guint8            *bytes,
                                                                  gsize                    length,
                                                                  gboolean                 last,
                                                                  GByteArray              *out);
