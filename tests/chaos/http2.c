/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http2.h"

#include <string.h>

#include "certificates.h"

#define FRAME_HEADER 9

/* --- Writing ---------------------------------------------------------------------------------------------------------- */

static void
append_number (GByteArray *out,
               guint32 number,
               guint n_bytes)
{
  guint32 big = GUINT32_TO_BE (number);

  g_byte_array_append (out, (const guint8 *) &big + 4 - n_bytes, n_bytes);
}

void
chaos_frame_header (GByteArray *out,
                    guint8 type,
                    guint8 flags,
                    guint32 stream,
                    guint32 length)
{
  append_number (out, length, 3);
  append_number (out, type, 1);
  append_number (out, flags, 1);
  append_number (out, stream, 4);
}

void
chaos_frame (GByteArray *out,
             guint8 type,
             guint8 flags,
             guint32 stream,
             const void *payload,
             gsize length)
{
  chaos_frame_header (out, type, flags, stream, (guint32) length);
  g_byte_array_append (out, payload, (guint) length);
}

void
chaos_frame_number (GByteArray *out,
                    guint8 type,
                    guint32 stream,
                    guint32 number)
{
  chaos_frame_header (out, type, 0, stream, 4);
  append_number (out, number, 4);
}

void
chaos_frame_setting (GByteArray *out,
                     guint16 id,
                     guint32 value)
{
  chaos_frame_header (out, NGHTTP2_SETTINGS, 0, 0, 6);
  append_number (out, id, 2);
  append_number (out, value, 4);
}

void
chaos_frame_goaway (GByteArray *out,
                    guint32 last,
                    guint32 code)
{
  chaos_frame_header (out, NGHTTP2_GOAWAY, 0, 0, 8);
  append_number (out, last, 4);
  append_number (out, code, 4);
}

void
chaos_append_block (GByteArray *out,
                    const char *const *fields)
{
  nghttp2_hd_deflater *deflater;
  nghttp2_nv pairs[32];
  gsize n = 0;
  guint8 block[16384];
  gssize length;

  for (; fields[2 * n] != NULL; n++)
    pairs[n] = (nghttp2_nv) { (guint8 *) fields[2 * n], (guint8 *) fields[2 * n + 1], strlen (fields[2 * n]), strlen (fields[2 * n + 1]), 0 };

  /* A new one knows only what it adds itself, which comes before all that the other side knows */
  g_assert_cmpint (nghttp2_hd_deflate_new (&deflater, 4096), ==, 0);
  length = nghttp2_hd_deflate_hd (deflater, block, sizeof block, pairs, n);
  g_assert_cmpint (length, >, 0);
  nghttp2_hd_deflate_del (deflater);
  g_byte_array_append (out, block, (guint) length);
}

void
chaos_frame_fields (GByteArray *out,
                    guint8 flags,
                    guint32 stream,
                    const char *const *fields)
{
  g_autoptr (GByteArray) block = g_byte_array_new ();

  chaos_append_block (block, fields);
  chaos_frame (out, NGHTTP2_HEADERS, flags, stream, block->data, block->len);
}

/* --- Serving ---------------------------------------------------------------------------------------------------------- */

/* The answer, and what comes after it. FALSE if there will be no other one. */
static gboolean
answer (ChaosLine *line,
        const ChaosBehaviour *behaviour,
        guint32 stream)
{
  const ChaosHttp2 *self = behaviour->plan;
  g_autoptr (GByteArray) out = g_byte_array_new ();

  self->frames (out, stream, self->detail);
  if (out->len > 0 && !chaos_line_write (line, out->data, out->len))
    return FALSE;

  switch (behaviour->end)
    {
    case CHAOS_KEEP:
      return TRUE;
    case CHAOS_CLOSE:
      gnutls_bye (line->session, GNUTLS_SHUT_WR);
      chaos_line_close (line);
      return FALSE;
    case CHAOS_RESET:
      chaos_line_reset (line);
      return FALSE;
    case CHAOS_SILENCE:
      chaos_line_wait (line);
      return FALSE;
    case CHAOS_FLOOD:
      chaos_line_flood (line, out->data + out->len - behaviour->n_repeated, behaviour->n_repeated);
      return FALSE;
    default:
      g_assert_not_reached ();
    }
}

/* FALSE if it can't be answered */
static gboolean
acknowledge (ChaosLine *line,
             guint8 type,
             const guint8 *payload,
             gsize length)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  chaos_frame (out, type, NGHTTP2_FLAG_ACK, 0, payload, length);
  return chaos_line_write (line, out->data, out->len);
}

static gboolean
give_window (ChaosLine *line,
             guint32 stream,
             gsize length)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  if (length == 0)
    return TRUE;

  chaos_frame_number (out, NGHTTP2_WINDOW_UPDATE, 0, (guint32) length);
  chaos_frame_number (out, NGHTTP2_WINDOW_UPDATE, stream, (guint32) length);
  return chaos_line_write (line, out->data, out->len);
}

/* One frame. FALSE if the connection ends. */
static gboolean
serve_frame (ChaosLine *line,
             const ChaosBehaviour *behaviour)
{
  const ChaosHttp2 *self = behaviour->plan;
  guint8 header[FRAME_HEADER];
  g_autofree guint8 *payload = NULL;
  gsize length;
  guint32 stream;
  gboolean ends;

  if (!chaos_line_read (line, header, sizeof header))
    return FALSE;
  length = (gsize) header[0] << 16 | header[1] << 8 | header[2];
  stream = (guint32) (header[5] & 0x7f) << 24 | header[6] << 16 | header[7] << 8 | header[8];
  payload = g_malloc (length + 1);
  if (!chaos_line_read (line, payload, length))
    return FALSE;

  ends = (header[4] & NGHTTP2_FLAG_END_STREAM) != 0;
  switch (header[3])
    {
    case NGHTTP2_SETTINGS:
      return self->mute || (header[4] & NGHTTP2_FLAG_ACK) != 0 || acknowledge (line, NGHTTP2_SETTINGS, NULL, 0);
    case NGHTTP2_PING:
      return self->mute || (header[4] & NGHTTP2_FLAG_ACK) != 0 || acknowledge (line, NGHTTP2_PING, payload, length);
    case NGHTTP2_HEADERS:
      return (!ends && !self->early) || answer (line, behaviour, stream);
    case NGHTTP2_DATA:
      if (!self->stalls && !give_window (line, stream, length))
        return FALSE;
      return !ends || self->early || answer (line, behaviour, stream);
    default:
      return TRUE;
    }
}

void
chaos_http2_serve (ChaosLine *line,
                   const ChaosBehaviour *behaviour)
{
  const ChaosHttp2 *self = behaviour->plan;
  guint8 magic[NGHTTP2_CLIENT_MAGIC_LEN];
  g_autoptr (GByteArray) out = g_byte_array_new ();

  if (!chaos_line_secure (line, chaos_certificates_get (CHAOS_CERTIFICATE_GOOD), "NORMAL", "h2"))
    {
      /* So that the client hears why, and comes again */
      chaos_line_close (line);
      return;
    }

  if (!chaos_line_read (line, magic, sizeof magic))
    return;
  if (self->greeting == NULL)
    chaos_frame (out, NGHTTP2_SETTINGS, 0, 0, NULL, 0);
  else
    self->greeting (out, 1, self->greeting_detail);
  if (out->len > 0 && !chaos_line_write (line, out->data, out->len))
    return;

  while (serve_frame (line, behaviour))
    ;
}
