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

/* Makes what a server accepted in its field Sec-WebSocket-Extensions. NULL if it did not accept it, or if
 * there is no field. */
PillionWebSocketDeflate *pillion_web_socket_deflate_new          (const char              *extensions);
void                     pillion_web_socket_deflate_free         (PillionWebSocketDeflate *self);

/* Decompresses the next bytes of a message, and appends them to @message, which may become at most @max bytes
 * long. @last: the message ends. */
PillionInflateState      pillion_web_socket_deflate_decompress   (PillionWebSocketDeflate *self,
                                                                  const guint8            *bytes,
                                                                  gsize                    length,
                                                                  gboolean                 last,
                                                                  gsize                    max,
                                                                  GByteArray              *message);

/* Whether messages may be compressed */
gboolean                 pillion_web_socket_deflate_can_compress (PillionWebSocketDeflate *self);

/* Compresses the next bytes of a message, and appends what has to be sent to @out. That may be nothing,
 * unless @last. */
void                     pillion_web_socket_deflate_compress     (PillionWebSocketDeflate *self,
                                                                  const guint8            *bytes,
                                                                  gsize                    length,
                                                                  gboolean                 last,
                                                                  GByteArray              *out);
