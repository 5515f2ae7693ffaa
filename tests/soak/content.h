/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include <string.h>

/* What the server sends under a key: the server and whoever checks it can tell each byte without storing it. */

/* A prime, so that no two ranges of a file are alike by accident */
#define CONTENT_PERIOD 1048583

/* One period, followed by the beginning of the next one, so that pieces of up to CONTENT_PIECE bytes are in one place */
#define CONTENT_PIECE (256 * 1024)

static inline guint8 *
content_new (void)
{
  guint8 *content = g_malloc (CONTENT_PERIOD + CONTENT_PIECE);
  guint32 state = 1;

  for (gsize i = 0; i < CONTENT_PERIOD; i++)
    {
      state = state * 1664525 + 1013904223;
      content[i] = state >> 24;
    }
  memcpy (content + CONTENT_PERIOD, content, CONTENT_PIECE);

  return content;
}

/* Where @key's byte at @offset is */
static inline gsize
content_locate (guint64 key,
                guint64 offset)
{
  return (key * 7919 + offset) % CONTENT_PERIOD;
}

static inline gboolean
content_is_right (const guint8 *content,
                  guint64 key,
                  guint64 offset,
                  const guint8 *bytes,
                  gsize length)
{
  while (length > 0)
    {
      gsize piece = MIN (length, CONTENT_PIECE);

      if (memcmp (bytes, content + content_locate (key, offset), piece) != 0)
        return FALSE;
      offset += piece;
      bytes += piece;
      length -= piece;
    }

  return TRUE;
}
