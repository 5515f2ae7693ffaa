/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "png.h"

#include <gio/gio.h>
#include <string.h>

/* Just enough of PNG (RFC 2083) for a small true-colour picture */

static guint32
crc32_of (const guint8 *data,
          gsize         length)
{
  guint32 crc = 0xffffffff;

  for (gsize i = 0; i < length; i++)
    {
      crc ^= data[i];
      for (guint bit = 0; bit < 8; bit++)
        crc = (crc >> 1) ^ (0xedb88320 & (0u - (crc & 1)));
    }
  return ~crc;
}

static void
append_number (GByteArray *array,
               guint32     number)
{
  guint32 big_endian = GUINT32_TO_BE (number);

  g_byte_array_append (array, (const guint8 *) &big_endian, sizeof big_endian);
}

/* Length, type, data, and the checksum of type and data */
static void
append_chunk (GByteArray   *png,
              const char   *type,
              const guint8 *data,
              gsize         length)
{
  gsize start;

  append_number (png, (guint32) length);
  start = png->len;
  g_byte_array_append (png, (const guint8 *) type, 4);
  g_byte_array_append (png, data, (guint) length);
  append_number (png, crc32_of (png->data + start, png->len - start));
}

static GByteArray *
deflate (const GByteArray *raw)
{
  g_autoptr (GConverter) zlib = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 9));
  GByteArray *packed = g_byte_array_new ();
  gsize room = raw->len + raw->len / 100 + 64;
  gsize n_read = 0;
  gsize n_written = 0;
  GConverterResult result;

  g_byte_array_set_size (packed, (guint) room);
  result = g_converter_convert (zlib, raw->data, raw->len, packed->data, room, G_CONVERTER_INPUT_AT_END,
                                &n_read, &n_written, NULL);
  /* There is more room than the worst case needs, so this takes one call */
  g_assert (result == G_CONVERTER_FINISHED && n_read == raw->len);
  g_byte_array_set_size (packed, (guint) n_written);
  return packed;
}

GBytes *
png_encode (const guint8 *rgb,
            guint         width,
            guint         height)
{
  static const guint8 signature[] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n' };
  /* Width and height are filled in; 8 bits, true colour, deflate, adaptive filters, not interlaced */
  guint8 header[13] = { 0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0 };
  guint32 sizes[2] = { GUINT32_TO_BE (width), GUINT32_TO_BE (height) };
  GByteArray *png = g_byte_array_new ();
  g_autoptr (GByteArray) rows = g_byte_array_new ();
  g_autoptr (GByteArray) packed = NULL;

  memcpy (header, sizes, sizeof sizes);
  for (guint y = 0; y < height; y++)
    {
      const guint8 no_filter = 0;

      g_byte_array_append (rows, &no_filter, 1);
      g_byte_array_append (rows, rgb + (gsize) y * width * 3, width * 3);
    }
  packed = deflate (rows);

  g_byte_array_append (png, signature, sizeof signature);
  append_chunk (png, "IHDR", header, sizeof header);
  append_chunk (png, "IDAT", packed->data, packed->len);
  append_chunk (png, "IEND", NULL, 0);
  return g_byte_array_free_to_bytes (png);
}
