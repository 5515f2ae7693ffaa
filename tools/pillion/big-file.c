/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "big-file.h"

#include <string.h>

/* The content of the big file, made piece by piece and never held as a whole: 4 KiB blocks of the same noise,
 * each starting with its number, so that a file put together in a wrong way has another digest. */

#define BLOCK 4096

static guint8 noise[BLOCK];

static gpointer
make_noise (gpointer data)
{
  guint32 state = 2463534242u;

  for (guint i = 0; i < BLOCK; i++)
    {
      state ^= state << 13;
      state ^= state >> 17;
      state ^= state << 5;
      noise[i] = (guint8) (state >> 11);
    }
  return NULL;
}

/* The bytes from @offset on: BIG_FILE_CHUNK of them, or up to @end */
GBytes *
big_file_read (gint64 offset,
               gint64 end)
{
  static GOnce once = G_ONCE_INIT;
  gsize length = (gsize) MIN (end - offset, BIG_FILE_CHUNK);
  guint8 *data = g_malloc (length);

  g_once (&once, make_noise, NULL);
  for (gsize done = 0; done < length;)
    {
      guint64 number = GUINT64_TO_LE ((guint64) (offset + (gint64) done) / BLOCK);
      gsize at = (gsize) ((offset + (gint64) done) % BLOCK);
      gsize part = MIN (length - done, BLOCK - at);

      memcpy (data + done, noise + at, part);
      if (at < sizeof number)
        memcpy (data + done, (const guint8 *) &number + at, MIN (part, sizeof number - at));
      done += part;
    }
  return g_bytes_new_take (data, length);
}
