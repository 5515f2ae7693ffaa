/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A line of Sec-WebSocket-Extensions, and what the other side of a WebSocket sends. However it is divided, the same messages come out. */

#include "fuzz.h"
#include "http/pillion-web-socket-frames.h"

#define MAX_SIZE 4096

typedef struct
{
  GByteArray *log;
  gboolean closed;
} Messages;

static gboolean
add_message (PillionWebSocketOpcode opcode,
             GByteArray *bytes,
             gpointer data)
{
  Messages *messages = data;
  guint8 head[] = { (guint8) opcode, (guint8) bytes->len, (guint8) (bytes->len >> 8) };

  g_assert_cmpuint (bytes->len, <=, MAX_SIZE);
  g_byte_array_append (messages->log, head, sizeof head);
  g_byte_array_append (messages->log, bytes->data, bytes->len);
  messages->closed = opcode == PILLION_WEB_SOCKET_CLOSE;
  return !messages->closed;
}

static guint
parse (const char *extensions,
       const guint8 *data,
       gsize size,
       gsize step,
       gboolean masked,
       GByteArray *log)
{
  PillionWebSocketReader reader;
  PillionWebSocketDeflate *deflate = pillion_web_socket_deflate_new (extensions);
  Messages messages = { log, FALSE };
  guint code = 0;

  pillion_web_socket_reader_init (&reader);
  reader.deflate = deflate;
  reader.max_size = MAX_SIZE;
  reader.masked = masked;
  for (gsize position = 0; position < size && code == 0 && !messages.closed; position += step)
    {
      gsize length = MIN (step, size - position);
      g_autofree guint8 *piece = g_memdup2 (data + position, length);
      const char *reason = NULL;

      code = pillion_web_socket_reader_feed (&reader, piece, length, add_message, &messages, &reason);
      g_assert_true (code == 0 || reason != NULL);
      g_assert_true (code == 0 || pillion_web_socket_is_valid_code (code));
    }
  pillion_web_socket_reader_clear (&reader);
  g_clear_pointer (&deflate, pillion_web_socket_deflate_free);

  return code;
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *extensions = fuzz_take_line (&data, &size);
  gsize step = fuzz_take_number (&data, &size, 40);
  gboolean masked = step % 2 == 0;
  g_autoptr (GByteArray) whole = g_byte_array_new ();
  g_autoptr (GByteArray) divided = g_byte_array_new ();
  guint code = parse (extensions, data, size, MAX (size, 1), masked, whole);

  g_assert_cmpuint (parse (extensions, data, size, step, masked, divided), ==, code);
  g_assert_cmpmem (divided->data, divided->len, whole->data, whole->len);
  return 0;
}
