/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-web-socket-deflate.h"

/* The frames of WebSocket (RFC 6455, section 5). A client masks what it sends, and a server does not. */

typedef enum
{
  PILLION_WEB_SOCKET_CONTINUATION = 0x0,
  PILLION_WEB_SOCKET_TEXT = 0x1,
  PILLION_WEB_SOCKET_BINARY = 0x2,
  PILLION_WEB_SOCKET_CLOSE = 0x8,
  PILLION_WEB_SOCKET_PING = 0x9,
  PILLION_WEB_SOCKET_PONG = 0xa,
} PillionWebSocketOpcode;

/* Why a connection ended (section 7.4.1) */
#define PILLION_WEB_SOCKET_NORMAL 1000
#define PILLION_WEB_SOCKET_GOING_AWAY 1001
#define PILLION_WEB_SOCKET_PROTOCOL_ERROR 1002
#define PILLION_WEB_SOCKET_NO_STATUS 1005  /* is never sent */
#define PILLION_WEB_SOCKET_ABNORMAL 1006   /* likewise */
#define PILLION_WEB_SOCKET_INVALID_TEXT 1007
#define PILLION_WEB_SOCKET_TOO_LARGE 1009
#define PILLION_WEB_SOCKET_SERVER_ERROR 1011

/* The longest payload of a control frame */
#define PILLION_WEB_SOCKET_MAX_CONTROL 125

/* The longest header of a frame */
#define PILLION_WEB_SOCKET_MAX_HEADER 14

/* Assembles messages from frames */
typedef struct
{
  PillionWebSocketDeflate *deflate; /* NULL if messages are not compressed; not owned */
  gsize max_size;                   /* of a message */
  gboolean masked;                  /* whether the frames come from a client */

  guint8 header[PILLION_WEB_SOCKET_MAX_HEADER];
  guint n_header;
  gboolean in_frame; /* past the header */
  gboolean final;
  guint opcode;      /* of the frame */
  guint64 length;    /* of its payload */
  guint64 n_left;    /* of that */
  guint8 mask[4];

  guint type; /* of the message that is being received: TEXT or BINARY, or 0 */
  gboolean compressed;
  GByteArray *message;
  GByteArray *control; /* the payload of a control frame */
} PillionWebSocketReader;

/* Called for each message and control frame; may take the bytes. FALSE: nothing more is read. */
typedef gboolean (*PillionWebSocketReaderFunc) (PillionWebSocketOpcode  opcode,
                                                GByteArray             *bytes,
                                                gpointer                data);

void     pillion_web_socket_reader_init  (PillionWebSocketReader *self);
void     pillion_web_socket_reader_clear (PillionWebSocketReader *self);

/* Returns 0, or the code that the connection has to be closed with, and the reason. The bytes may be changed. */
guint    pillion_web_socket_reader_feed  (PillionWebSocketReader     *self,
                                          guint8                     *bytes,
                                          gsize                       length,
                                          PillionWebSocketReaderFunc  func,
                                          gpointer                    data,
                                          const char                **reason);

/* Whether a peer may close with this code */
gboolean pillion_web_socket_is_valid_code (guint code);

/* Whether it is UTF-8, which may contain NULs */
gboolean pillion_web_socket_is_text       (const char *text,
                                           gsize       length);

/* Adds the header of a frame. @mask is set to a new mask if it is @masked, and to zeros otherwise. */
void     pillion_web_socket_add_header    (GByteArray             *out,
                                           PillionWebSocketOpcode  opcode,
                                           gboolean                final,
                                           gboolean                compressed,
                                           gboolean                masked,
                                           gsize                   length,
                                           guint8                  mask[4]);

/* Adds a part of its payload. @position: how much of it was added before. */
void     pillion_web_socket_add_payload   (GByteArray             *out,
                                           const guint8           *bytes,
                                           gsize                   length,
                                           gsize                   position,
                                           const guint8            mask[4]);
