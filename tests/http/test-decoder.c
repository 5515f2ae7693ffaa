/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include <pillion-http/pillion-http.h>

#include "http/pillion-decoder.h"

static GByteArray *
compress (const guint8 *bytes,
          gsize length,
          GZlibCompressorFormat format)
{
  g_autoptr (GConverter) compressor = G_CONVERTER (g_zlib_compressor_new (format, 9));
  GByteArray *coded = g_byte_array_new ();
  gsize n_read;
  gsize n_written;

  g_byte_array_set_size (coded, (guint) length + 1024);
  g_assert_cmpint (g_converter_convert (compressor, bytes, length, coded->data, coded->len, G_CONVERTER_INPUT_AT_END, &n_read,
                                        &n_written, NULL), ==, G_CONVERTER_FINISHED);
  g_byte_array_set_size (coded, (guint) n_written);

  return coded;
}

/* Decodes what comes in pieces, into a small buffer. Returns NULL and the error, or all of it. */
static GByteArray *
decode (const char *codings,
        const GByteArray *coded,
        gsize piece,
        gsize room,
        GError **error)
{
  g_autoptr (GByteArray) decoded = g_byte_array_new ();
  g_autofree guint8 *buffer = g_malloc (room);
  PillionDecoder *decoder = pillion_decoder_new (codings, error);
  gboolean whole;
  gssize n = 0;

  if (decoder == NULL)
    return NULL;

  for (gsize i = 0; i < coded->len && n >= 0; i += piece)
    {
      pillion_decoder_feed (decoder, coded->data + i, MIN (piece, coded->len - i));
      while (n >= 0 && pillion_decoder_has_input (decoder))
        {
          n = pillion_decoder_read (decoder, buffer, room, error);
          if (n > 0)
            g_byte_array_append (decoded, buffer, (guint) n);
        }
    }

  whole = n >= 0 && pillion_decoder_end (decoder, error);
  pillion_decoder_free (decoder);

  return whole ? g_steal_pointer (&decoded) : NULL;
}

static guint8 *
make_text (gsize length)
{
  guint8 *text = g_malloc (length);

  for (gsize i = 0; i < length; i++)
    text[i] = (guint8) ("abcdefgh"[i % 8] + i / 1000 % 13);

  return text;
}

static void
test_pieces (void)
{
  const gsize length = 30000;
  const gsize sizes[] = { 1, 2, 3, 7, 100, 4096, 1000000 };
  const struct
  {
    const char *codings;
    GZlibCompressorFormat format;
  } cases[] = {
    { "gzip", G_ZLIB_COMPRESSOR_FORMAT_GZIP },
    { "X-GZIP", G_ZLIB_COMPRESSOR_FORMAT_GZIP },
    { " identity ,, gzip", G_ZLIB_COMPRESSOR_FORMAT_GZIP },
    { "deflate", G_ZLIB_COMPRESSOR_FORMAT_ZLIB },
    { "deflate", G_ZLIB_COMPRESSOR_FORMAT_RAW },
  };
  g_autofree guint8 *text = make_text (length);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GByteArray) coded = compress (text, length, cases[i].format);

      for (guint j = 0; j < G_N_ELEMENTS (sizes); j++)
        for (guint k = 0; k < G_N_ELEMENTS (sizes); k++)
          {
            g_autoptr (GError) error = NULL;
            g_autoptr (GByteArray) decoded = decode (cases[i].codings, coded, sizes[j], sizes[k], &error);

            g_assert_no_error (error);
            g_assert_cmpmem (decoded->data, decoded->len, text, length);
          }
    }
}

static void
test_several (void)
{
  const gsize length = 30000;
  g_autofree guint8 *text = make_text (length);
  g_autoptr (GByteArray) once = compress (text, length, G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr (GByteArray) twice = compress (once->data, once->len, G_ZLIB_COMPRESSOR_FORMAT_ZLIB);
  g_autoptr (GByteArray) members = g_byte_array_new ();
  g_autoptr (GByteArray) nested = NULL;
  g_autoptr (GByteArray) both = NULL;
  g_autoptr (GError) error = NULL;

  /* One coding over the other: the last one was put on last */
  nested = decode ("gzip, deflate", twice, 10, 100, &error);
  g_assert_no_error (error);
  g_assert_cmpmem (nested->data, nested->len, text, length);

  /* One gzip stream after the other is one */
  g_byte_array_append (members, once->data, once->len);
  g_byte_array_append (members, once->data, once->len);
  both = decode ("gzip", members, 1000, 1000, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (both->len, ==, 2 * length);
  g_assert_cmpmem (both->data + length, length, text, length);
}

static void
assert_fails (const char *codings,
              const GByteArray *coded,
              PillionHttpError code)
{
  for (gsize piece = 1; piece <= coded->len + 1; piece += MAX (coded->len, 1))
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (decode (codings, coded, piece, 1000, &error));
      g_assert_error (error, PILLION_HTTP_ERROR, (int) code);
    }
}

static void
test_broken (void)
{
  const gsize length = 5000;
  g_autofree guint8 *text = make_text (length);
  g_autoptr (GByteArray) gzip = compress (text, length, G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr (GByteArray) zlib = compress (text, length, G_ZLIB_COMPRESSOR_FORMAT_ZLIB);
  g_autoptr (GByteArray) plain = g_byte_array_new ();
  const guint whole = gzip->len;

  for (guint cut = 1; cut < whole; cut++)
    {
      gzip->len = cut;
      assert_fails ("gzip", gzip, PILLION_HTTP_ERROR_TRUNCATED);
    }
  gzip->len = whole;

  gzip->data[whole - 8] ^= 1;
  assert_fails ("gzip", gzip, PILLION_HTTP_ERROR_PROTOCOL);
  gzip->data[whole - 8] ^= 1;

  g_byte_array_append (gzip, (const guint8 *) "garbage", 7);
  assert_fails ("gzip", gzip, PILLION_HTTP_ERROR_PROTOCOL);
  g_byte_array_append (zlib, (const guint8 *) "x", 1);
  assert_fails ("deflate", zlib, PILLION_HTTP_ERROR_PROTOCOL);
  g_byte_array_append (plain, text, (guint) length);
  assert_fails ("gzip", plain, PILLION_HTTP_ERROR_PROTOCOL);

  assert_fails ("br", plain, PILLION_HTTP_ERROR_PROTOCOL);
  assert_fails ("utf-8, br", plain, PILLION_HTTP_ERROR_PROTOCOL);
  assert_fails ("gzip, zstd", plain, PILLION_HTTP_ERROR_PROTOCOL);
  assert_fails ("gzip,gzip,gzip,gzip,gzip", plain, PILLION_HTTP_ERROR_PROTOCOL);
}

static void
test_nothing (void)
{
  g_autoptr (GByteArray) empty = g_byte_array_new ();
  g_autoptr (GByteArray) decoded = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (pillion_decoder_new ("", &error));
  g_assert_no_error (error);
  g_assert_null (pillion_decoder_new ("identity, ", &error));
  g_assert_no_error (error);
  g_assert_null (pillion_decoder_new ("UTF-8", &error));
  g_assert_no_error (error);

  decoded = decode ("gzip, deflate", empty, 1, 1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (decoded->len, ==, 0);
}

/* One step never makes more than it was given room for, however much a body grows */
static void
test_bomb (void)
{
  const gsize length = 8 * 1024 * 1024;
  g_autofree guint8 *zeros = g_malloc0 (length);
  g_autoptr (GByteArray) once = compress (zeros, length, G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr (GByteArray) coded = compress (once->data, once->len, G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  PillionDecoder *decoder = pillion_decoder_new ("gzip, gzip", NULL);
  guint8 buffer[1000];
  gsize total = 0;

  g_assert_cmpuint (coded->len, <, 2000);
  pillion_decoder_feed (decoder, coded->data, coded->len);
  while (total < 1000000)
    {
      gssize n = pillion_decoder_read (decoder, buffer, sizeof buffer, NULL);

      g_assert_cmpint (n, >=, 0);
      total += (gsize) n;
    }
  g_assert_true (pillion_decoder_has_input (decoder));
  pillion_decoder_free (decoder);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/decoder/pieces", test_pieces);
  g_test_add_func ("/decoder/several", test_several);
  g_test_add_func ("/decoder/broken", test_broken);
  g_test_add_func ("/decoder/nothing", test_nothing);
  g_test_add_func ("/decoder/bomb", test_bomb);

  return g_test_run ();
}
