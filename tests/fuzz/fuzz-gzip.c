/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A line of Content-Encoding, and a body. However it is divided, the same comes out, or nothing good. */

#include "fuzz.h"
#include "http/pillion-decoder.h"

#define MAX_CONTENT (1 << 16)

static gboolean
decode (const char *codings,
        const guint8 *data,
        gsize size,
        gsize step,
        gsize room,
        GByteArray *content)
{
  PillionDecoder *decoder = pillion_decoder_new (codings, NULL);
  g_autofree guint8 *buffer = g_malloc (room);
  gboolean ok = TRUE;

  if (decoder == NULL)
    return FALSE;

  for (gsize position = 0; position < size && ok && content->len < MAX_CONTENT; position += step)
    {
      gssize n;

      pillion_decoder_feed (decoder, data + position, MIN (step, size - position));
      do
        {
          g_autoptr (GError) error = NULL;

          n = pillion_decoder_read (decoder, buffer, room, &error);
          ok = n >= 0;
          g_assert_true (ok == (error == NULL));
          if (n > 0)
            g_byte_array_append (content, buffer, (guint) n);
        }
      while (ok && content->len < MAX_CONTENT && (n > 0 || pillion_decoder_has_input (decoder)));
    }
  if (ok && content->len < MAX_CONTENT)
    {
      g_autoptr (GError) error = NULL;

      ok = pillion_decoder_end (decoder, &error);
      g_assert_true (ok == (error == NULL));
    }
  pillion_decoder_free (decoder);

  return ok;
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autofree char *codings = fuzz_take_line (&data, &size);
  gsize step = fuzz_take_number (&data, &size, 60);
  g_autoptr (GByteArray) whole = g_byte_array_new ();
  g_autoptr (GByteArray) divided = g_byte_array_new ();
  gboolean ok = decode (codings, data, size, MAX (size, 1), 4096, whole);
  gboolean divided_ok = decode (codings, data, size, step, 100, divided);
  gsize length = MIN (whole->len, divided->len);

  /* One that reached the limit may not have come to what is wrong */
  if (MAX (whole->len, divided->len) < MAX_CONTENT)
    {
      g_assert_true (divided_ok == ok);
      g_assert_true (!ok || whole->len == divided->len);
    }
  if (ok && divided_ok)
    g_assert_cmpmem (divided->data, length, whole->data, length);

  return 0;
}
