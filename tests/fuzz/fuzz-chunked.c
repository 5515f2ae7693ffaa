/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A chunked body. However it is divided, the same content comes out, or the same refusal. */

#include "fuzz.h"
#include "http/pillion-chunked.h"

static gboolean
decode (const guint8 *data,
        gsize size,
        gsize step,
        GByteArray *content,
        gsize *end)
{
  PillionChunked chunked = { 0 };
  gsize position = 0;

  while (position < size && chunked.state != PILLION_CHUNKED_DONE)
    {
      gsize length = MIN (step, size - position);
      g_autofree guint8 *piece = g_memdup2 (data + position, length);
      g_autoptr (GError) error = NULL;
      gsize consumed;
      gssize n = pillion_chunked_decode (&chunked, piece, length, &consumed, &error);

      if (n < 0)
        {
          g_assert_nonnull (error);
          return FALSE;
        }
      g_assert_cmpuint (consumed, <=, length);
      g_assert_true (consumed == length || chunked.state == PILLION_CHUNKED_DONE);
      g_assert_cmpuint (n, <=, consumed);
      g_byte_array_append (content, piece, (guint) n);
      position += consumed;
    }

  *end = position;
  return TRUE;
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  gsize step = fuzz_take_number (&data, &size, 30);
  g_autoptr (GByteArray) whole = g_byte_array_new ();
  g_autoptr (GByteArray) divided = g_byte_array_new ();
  gsize whole_end = 0;
  gsize divided_end = 0;
  gboolean ok = decode (data, size, MAX (size, 1), whole, &whole_end);

  g_assert_true (decode (data, size, step, divided, &divided_end) == ok);
  if (ok)
    {
      g_assert_cmpmem (divided->data, divided->len, whole->data, whole->len);
      g_assert_cmpuint (divided_end, ==, whole_end);
    }

  return 0;
}
