/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "big-file.h"
#include "png.h"

#include <string.h>

/* The digest in the catalogue is that of what is sent */
static void
test_digest (void)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA256);

  for (gint64 offset = 0; offset < BIG_FILE_SIZE; offset += BIG_FILE_CHUNK)
    {
      g_autoptr (GBytes) bytes = big_file_read (offset, BIG_FILE_SIZE);

      g_checksum_update (checksum, g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
    }
  g_assert_cmpstr (g_checksum_get_string (checksum), ==, BIG_FILE_SHA256);
}

/* Wherever reading starts, a byte is the same */
static void
test_offsets (void)
{
  g_autoptr (GBytes) whole = big_file_read (0, 100000);
  const guint8 *expected = g_bytes_get_data (whole, NULL);

  for (gint64 offset = 0; offset < 100000; offset += 1 + offset % 997)
    {
      g_autoptr (GBytes) rest = big_file_read (offset, 100000);

      g_assert_cmpmem (g_bytes_get_data (rest, NULL), g_bytes_get_size (rest), expected + offset,
                       (gsize) (100000 - offset));
    }
}

/* The blocks differ, so a file put together from the wrong pieces has another digest */
static void
test_blocks_differ (void)
{
  g_autoptr (GBytes) bytes = big_file_read (0, BIG_FILE_CHUNK);
  const guint8 *data = g_bytes_get_data (bytes, NULL);

  for (gsize block = 4096; block < BIG_FILE_CHUNK; block += 4096)
    g_assert_cmpint (memcmp (data, data + block, 4096), !=, 0);
}

static void
test_png (void)
{
  static const guint8 rgb[12] = { 255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9 };
  g_autoptr (GBytes) png = png_encode (rgb, 2, 2);
  const guint8 *data = g_bytes_get_data (png, NULL);
  gsize size = g_bytes_get_size (png);
  /* The last chunk of every PNG, with the checksum that the standard prints */
  static const guint8 end[] = { 0, 0, 0, 0, 'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82 };

  g_assert_cmpuint (size, >, 8 + 25 + sizeof end);
  g_assert_cmpmem (data, 8, "\x89PNG\r\n\x1a\n", 8);
  g_assert_cmpmem (data + 16, 8, "\0\0\0\2\0\0\0\2", 8);
  g_assert_cmpmem (data + size - sizeof end, sizeof end, end, sizeof end);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tool/big-file/digest", test_digest);
  g_test_add_func ("/tool/big-file/offsets", test_offsets);
  g_test_add_func ("/tool/big-file/blocks-differ", test_blocks_differ);
  g_test_add_func ("/tool/png/chunks", test_png);
  return g_test_run ();
}
