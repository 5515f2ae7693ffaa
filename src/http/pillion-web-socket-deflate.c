/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-web-socket-deflate.h"

#include <gio/gio.h>
#include <string.h>

#define STEP ((gsize) 16 * 1024)

/* What a sender omits at the end of each message (RFC 7692, section 7.2) */
static const guint8 tail[] = { 0x00, 0x00, 0xff, 0xff };

struct _PillionWebSocketDeflate
{
  GConverter *decompressor;
  GConverter *compressor; /* NULL if the server wants a smaller window than zlib's */
  gboolean forgets_received; /* the server compresses each message independently */
  gboolean forgets_sent;     /* and wants the same of us */
};

PillionWebSocketDeflate *
pillion_web_socket_deflate_new (const char *extensions)
{
  PillionWebSocketDeflate *self;
  g_auto (GStrv) parameters = NULL;
  gboolean small_window = FALSE;

  /* Nothing else was offered, and libsoup has checked the response */
  if (extensions == NULL || strstr (extensions, "permessage-deflate") == NULL)
    return NULL;

  self = g_new0 (PillionWebSocketDeflate, 1);
  parameters = g_strsplit (extensions, ";", -1);
  for (guint i = 0; parameters[i] != NULL; i++)
    {
      const char *parameter = g_strstrip (parameters[i]);

      if (g_str_equal (parameter, "server_no_context_takeover"))
        self->forgets_received = TRUE;
      else if (g_str_equal (parameter, "client_no_context_takeover"))
        self->forgets_sent = TRUE;
      else if (g_str_has_prefix (parameter, "client_max_window_bits") && strstr (parameter, "15") == NULL)
        small_window = TRUE;
    }

  self->decompressor = G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW));
  /* Compressing is optional, message by message */
  if (!small_window)
    self->compressor = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_RAW, -1));

  return self;
}

void
pillion_web_socket_deflate_free (PillionWebSocketDeflate *self)
{
  g_object_unref (self->decompressor);
  g_clear_object (&self->compressor);
  g_free (self);
}

static PillionInflateState
decompress (PillionWebSocketDeflate *self,
            const guint8 *bytes,
            gsize length,
            gsize max,
            GByteArray *message)
{
  for (;;)
    {
      guint8 buffer[STEP];
      gsize n_read = 0;
      gsize n_written = 0;
      g_autoptr (GError) error = NULL;

      switch (g_converter_convert (self->decompressor, bytes, length, buffer, sizeof buffer, G_CONVERTER_FLUSH, &n_read, &n_written, &error))
        {
        case G_CONVERTER_CONVERTED:
          break;
        case G_CONVERTER_FINISHED:
          /* A sender may end a stream; what follows is another one */
          g_converter_reset (self->decompressor);
          break;
        case G_CONVERTER_FLUSHED:
          return PILLION_INFLATE_OK;
        case G_CONVERTER_ERROR:
        default:
          /* It needs more than there is */
          return length == 0 && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT) ? PILLION_INFLATE_OK : PILLION_INFLATE_BROKEN;
        }

      if (n_written > max - message->len)
        return PILLION_INFLATE_TOO_LARGE;
      g_byte_array_append (message, buffer, (guint) n_written);
      bytes += n_read;
      length -= n_read;
      if (length == 0 && n_written < sizeof buffer)
        return PILLION_INFLATE_OK;
    }
}

PillionInflateState
pillion_web_socket_deflate_decompress (PillionWebSocketDeflate *self,
                                       const guint8 *bytes,
                                       gsize length,
                                       gboolean last,
                                       gsize max,
                                       GByteArray *message)
{
  PillionInflateState state = length > 0 ? decompress (self, bytes, length, max, message) : PILLION_INFLATE_OK;

  if (state == PILLION_INFLATE_OK && last)
    {
      state = decompress (self, tail, sizeof tail, max, message);
      if (self->forgets_received)
        g_converter_reset (self->decompressor);
    }

  return state;
}

gboolean
pillion_web_socket_deflate_can_compress (PillionWebSocketDeflate *self)
{
  return self->compressor != NULL;
}

void
pillion_web_socket_deflate_compress (PillionWebSocketDeflate *self,
                                     const guint8 *bytes,
                                     gsize length,
                                     gboolean last,
                                     GByteArray *out)
{
  GConverterResult result = G_CONVERTER_CONVERTED;

  while (length > 0 || (last && result != G_CONVERTER_FLUSHED))
    {
      guint8 buffer[STEP];
      gsize n_read = 0;
      gsize n_written = 0;

      result = g_converter_convert (self->compressor, bytes, length, buffer, sizeof buffer,
                                    last ? G_CONVERTER_FLUSH : G_CONVERTER_NO_FLAGS, &n_read, &n_written, NULL);
      /* There is always room, and always something to do */
      g_assert (result != G_CONVERTER_ERROR);
      if (result == G_CONVERTER_FLUSHED)
        break;
      g_byte_array_append (out, buffer, (guint) n_written);
      bytes += n_read;
      length -= n_read;
    }

  if (last)
    {
      g_assert (out->len >= sizeof tail);
      g_byte_array_set_size (out, out->len - (guint) sizeof tail);
      if (self->forgets_sent)
        g_converter_reset (self->compressor);
    }
}
