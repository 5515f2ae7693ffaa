/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-web-socket-frames.h"

#include <string.h>

#define FINAL 0x80
#define COMPRESSED 0x40
#define RESERVED 0x30
#define MASKED 0x80

void
pillion_web_socket_reader_init (PillionWebSocketReader *self)
{
  *self = (PillionWebSocketReader) { .max_size = G_MAXINT, .message = g_byte_array_new (), .control = g_byte_array_new () };
}

void
pillion_web_socket_reader_clear (PillionWebSocketReader *self)
{
  g_byte_array_unref (self->message);
  g_byte_array_unref (self->control);
}

static inline gboolean
is_control (guint opcode)
{
  return (opcode & 0x8) != 0;
}

static guint
fail (guint code,
      const char **reason,
      const char *why)
{
  *reason = why;
  return code;
}

/* How long the header is, as far as it is known */
static guint
get_header_size (PillionWebSocketReader *self)
{
  guint length;
  guint size;

  if (self->n_header < 2)
    return 2;

  length = self->header[1] & 0x7f;
  size = length == 127 ? 10 : length == 126 ? 4 : 2;
  return (self->header[1] & MASKED) != 0 ? size + 4 : size;
}

/* The header is whole */
static guint
begin_frame (PillionWebSocketReader *self,
             const char **reason)
{
  guint first = self->header[0];
  guint64 length = self->header[1] & 0x7f;
  gboolean compressed = (first & COMPRESSED) != 0;

  if (length == 126)
    {
      length = (guint64) self->header[2] << 8 | self->header[3];
    }
  else if (length == 127)
    {
      length = 0;
      for (guint i = 2; i < 10; i++)
        length = length << 8 | self->header[i];
      if (length > G_MAXINT64)
        return fail (PILLION_WEB_SOCKET_PROTOCOL_ERROR, reason, "a frame has no valid length");
    }

  memset (self->mask, 0, sizeof self->mask);
  if ((self->header[1] & MASKED) != 0)
    memcpy (self->mask, self->header + self->n_header - 4, 4);
  self->n_header = 0;
  self->in_frame = TRUE;
  self->opcode = first & 0xf;
  self->final = (first & FINAL) != 0;
  self->length = length;
  self->n_left = length;

  if ((first & RESERVED) != 0)
    return fail (PILLION_WEB_SOCKET_PROTOCOL_ERROR, reason, "a reserved bit is set");
  if (((self->header[1] & MASKED) != 0) != self->masked)
    return fail (PILLION_WEB_SOCKET_PROTOCOL_ERROR, reason, self->masked ? "a frame is not masked" : "a frame is masked");

  if (is_control (self->opcode))
    {
      if (self->opcode > PILLION_WEB_SOCKET_PONG)
        return fail (PILLION_WEB_SOCKET_PROTOCOL_ERROR, reason, "unknown opcode");
      if (!self->final || length > PILLION_WEB_SOCKET_MAX_CONTROL || compressed)
        return fail (PILLION_WEB_SOCKET_PROTOCOL_ERROR, reason, "a control frame is fragmented, compressed or too long");
      return 0;
    }

  if (self->opcode > PILLION_WEB_SOCKET_BINARY)
    return fail (PILLION_WEB_SOCKET_PROTOCOL_ERROR, reason, "unknown opcode");
  if ((self->opcode == PILLION_WEB_SOCKET_CONTINUATION) != (self->type != 0))
    return fail (PILLION_WEB_SOCKET_PROTOCOL_ERROR, reason, "a fragment is out of place");
  if (compressed && (self->deflate == NULL || self->opcode == PILLION_WEB_SOCKET_CONTINUATION))
    return fail (PILLION_WEB_SOCKET_PROTOCOL_ERROR, reason, "unexpected compression");

  if (self->opcode != PILLION_WEB_SOCKET_CONTINUATION)
    {
      self->type = self->opcode;
      self->compressed = compressed;
    }

  /* Before any of it arrives; the size of a compressed message isn't known */
  if (!self->compressed && length > self->max_size - MIN (self->message->len, self->max_size))
    return fail (PILLION_WEB_SOCKET_TOO_LARGE, reason, "the message is too large");

  return 0;
}

static void
unmask (PillionWebSocketReader *self,
        guint8 *bytes,
        gsize length)
{
  guint64 position = self->length - self->n_left;

  for (gsize i = 0; i < length; i++)
    bytes[i] ^= self->mask[(position + i) & 3];
}

static guint
add (PillionWebSocketReader *self,
     guint8 *bytes,
     gsize length,
     const char **reason)
{
  if (self->masked)
    unmask (self, bytes, length);

  if (is_control (self->opcode))
    {
      g_byte_array_append (self->control, bytes, (guint) length);
    }
  else if (!self->compressed)
    {
      g_byte_array_append (self->message, bytes, (guint) length);
    }
  else
    {
      switch (pillion_web_socket_deflate_decompress (self->deflate, bytes, length, self->final && self->n_left == length, self->max_size,
                                                     self->message))
        {
        case PILLION_INFLATE_OK:
          break;
        case PILLION_INFLATE_TOO_LARGE:
          return fail (PILLION_WEB_SOCKET_TOO_LARGE, reason, "the message is too large");
        case PILLION_INFLATE_BROKEN:
        default:
          return fail (PILLION_WEB_SOCKET_PROTOCOL_ERROR, reason, "a message can't be decompressed");
        }
    }

  self->n_left -= length;
  return 0;
}

guint
pillion_web_socket_reader_feed (PillionWebSocketReader *self,
                                guint8 *bytes,
                                gsize length,
                                PillionWebSocketReaderFunc func,
                                gpointer data,
                                const char **reason)
{
  gsize i = 0;

  while (i < length)
    {
      guint code = 0;
      gsize n;

      if (!self->in_frame)
        {
          self->header[self->n_header++] = bytes[i++];
          if (self->n_header < get_header_size (self))
            continue;
          code = begin_frame (self, reason);
          if (code != 0)
            return code;
        }

      n = MIN (self->n_left, length - i);
      code = add (self, bytes + i, n, reason);
      if (code != 0)
        return code;
      i += n;
      if (self->n_left > 0)
        continue;

      self->in_frame = FALSE;
      if (is_control (self->opcode))
        {
          gboolean goes_on = func (self->opcode, self->control, data);

          g_byte_array_set_size (self->control, 0);
          if (!goes_on)
            return 0;
        }
      else if (self->final)
        {
          GByteArray *message = self->message;
          PillionWebSocketOpcode type = self->type;
          gboolean goes_on;

          self->type = 0;
          if (type == PILLION_WEB_SOCKET_TEXT && !pillion_web_socket_is_text ((const char *) message->data, message->len))
            return fail (PILLION_WEB_SOCKET_INVALID_TEXT, reason, "a text is not UTF-8");

          self->message = g_byte_array_new ();
          goes_on = func (type, message, data);
          g_byte_array_unref (message);
          if (!goes_on)
            return 0;
        }
    }

  return 0;
}

gboolean
pillion_web_socket_is_valid_code (guint code)
{
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

gboolean
pillion_web_socket_is_text (const char *text,
                            gsize length)
{
  const char *end = text;

  while (length > 0)
    {
      if (g_utf8_validate_len (text, length, &end))
        return TRUE;
      /* GLib's functions don't accept NUL */
      if (*end != '\0')
        return FALSE;
      length -= (gsize) (end + 1 - text);
      text = end + 1;
    }

  return TRUE;
}

void
pillion_web_socket_add_header (GByteArray *out,
                               PillionWebSocketOpcode opcode,
                               gboolean final,
                               gboolean compressed,
                               gboolean masked,
                               gsize length,
                               guint8 mask[4])
{
  guint8 header[PILLION_WEB_SOCKET_MAX_HEADER];
  guint n = 0;
  guint8 mask_bit = masked ? MASKED : 0;
  guint32 random = masked ? g_random_int () : 0;

  header[n++] = (guint8) ((final ? FINAL : 0) | (compressed ? COMPRESSED : 0) | opcode);
  if (length < 126)
    {
      header[n++] = (guint8) (mask_bit | length);
    }
  else if (length <= G_MAXUINT16)
    {
      header[n++] = mask_bit | 126;
      header[n++] = (guint8) (length >> 8);
      header[n++] = (guint8) length;
    }
  else
    {
      header[n++] = mask_bit | 127;
      for (int shift = 56; shift >= 0; shift -= 8)
        header[n++] = (guint8) ((guint64) length >> shift);
    }

  memcpy (mask, &random, 4);
  if (masked)
    {
      memcpy (header + n, mask, 4);
      n += 4;
    }
  g_byte_array_append (out, header, n);
}

void
pillion_web_socket_add_payload (GByteArray *out,
                                const guint8 *bytes,
                                gsize length,
                                gsize position,
                                const guint8 mask[4])
{
  guint begin = out->len;
  guint8 *to;

  g_byte_array_set_size (out, begin + (guint) length);
  to = out->data + begin;
  for (gsize i = 0; i < length; i++)
    to[i] = bytes[i] ^ mask[(position + i) & 3];
}
