/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-gunzip.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <pillion-http/pillion-http.h>

/* GByteArray counts with 32 bits, and grows by doubling */
#define MAX_SIZE (1u << 30)

/* How much is decoded before it is looked whether anybody still wants it */
#define STEP_SIZE (1024 * 1024)

static gboolean
is_gzip (const char *coding)
{
  return g_ascii_strcasecmp (coding, "gzip") == 0 || g_ascii_strcasecmp (coding, "x-gzip") == 0;
}

static gboolean
is_deflate (const char *coding)
{
  return g_ascii_strcasecmp (coding, "deflate") == 0;
}

static gboolean
is_identity (const char *coding)
{
  return coding[0] == '\0' || g_ascii_strcasecmp (coding, "identity") == 0;
}

static gboolean
grow (GByteArray *out,
      gsize *used,
      GError **error)
{
  if (out->len - *used > 0)
    return TRUE;

  if (out->len >= MAX_SIZE)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE,
                   _("the body is larger than the limit for bodies in memory (%u bytes)"), MAX_SIZE);
      return FALSE;
    }

  g_byte_array_set_size (out, MAX (out->len * 2, 4096));
  return TRUE;
}

/* How many times a body may be coded: each one may make it larger again */
#define MAX_CODINGS 4

/* One stream of @format, or several in a row where gzip allows it (RFC 1952, section 2.2) */
static gboolean
inflate_all (GByteArray *in,
             GByteArray *out,
             GZlibCompressorFormat format,
             GCancellable *cancellable,
             GError **error)
{
  g_autoptr (GZlibDecompressor) decompressor = g_zlib_decompressor_new (format);
  gsize position = 0;
  gsize used = 0;

  g_byte_array_set_size (out, (guint) CLAMP ((gsize) in->len * 4, 4096, MAX_SIZE));

  while (TRUE)
    {
      g_autoptr (GError) local = NULL;
      GConverterResult result;
      gsize n_read = 0;
      gsize n_written = 0;

      if (g_cancellable_set_error_if_cancelled (cancellable, error) || !grow (out, &used, error))
        return FALSE;

      result = g_converter_convert (G_CONVERTER (decompressor), in->data + position, in->len - position,
                                    out->data + used, MIN (out->len - used, STEP_SIZE), G_CONVERTER_INPUT_AT_END, &n_read, &n_written,
                                    &local);
      if (result == G_CONVERTER_ERROR)
        {
          if (g_error_matches (local, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT))
            g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED,
                                 _("the compressed body is truncated"));
          else
            g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL, _("the compressed body is damaged: %s"),
                         local->message);
          return FALSE;
        }

      position += n_read;
      used += n_written;
      if (result != G_CONVERTER_FINISHED)
        continue;
      if (position == in->len)
        break;
      if (format != G_ZLIB_COMPRESSOR_FORMAT_GZIP)
        {
          g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                               _("the compressed body has data after its end"));
          return FALSE;
        }
      g_converter_reset (G_CONVERTER (decompressor));
    }

  g_byte_array_set_size (out, (guint) used);
  return TRUE;
}

static GByteArray *
decode_one (GByteArray *body,
            const char *coding,
            GCancellable *cancellable,
            GError **error)
{
  g_autoptr (GByteArray) in = body;
  g_autoptr (GByteArray) out = NULL;
  gboolean deflate = is_deflate (coding);
  GError *local = NULL;

  if (is_identity (coding))
    return g_steal_pointer (&in);

  if (!deflate && !is_gzip (coding))
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                   _("the body has the content coding '%s', but gzip or deflate was expected"), coding);
      return NULL;
    }

  /* Nothing at all is an empty body that nobody compressed */
  if (in->len == 0)
    return g_steal_pointer (&in);

  out = g_byte_array_new ();
  if (inflate_all (in, out, deflate ? G_ZLIB_COMPRESSOR_FORMAT_ZLIB : G_ZLIB_COMPRESSOR_FORMAT_GZIP, cancellable,
                   &local))
    return g_steal_pointer (&out);

  /* Some servers send "deflate" without the zlib frame that RFC 9110, section 8.4.1.2 asks for */
  if (deflate && (in->data[0] & 0x0f) != 8)
    {
      g_clear_error (&local);
      if (inflate_all (in, out, G_ZLIB_COMPRESSOR_FORMAT_RAW, cancellable, &local))
        return g_steal_pointer (&out);
    }

  g_propagate_error (error, local);
  return NULL;
}

GByteArray *
pillion_http_decode (GByteArray *body,
                     const char *value,
                     GCancellable *cancellable,
                     GError **error)
{
  g_auto (GStrv) codings = g_strsplit (value, ",", MAX_CODINGS + 1);

  if (g_strv_length (codings) > MAX_CODINGS)
    {
      g_byte_array_unref (body);
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL, _("the body has more than %d content codings"), MAX_CODINGS);
      return NULL;
    }

  /* The last one was put on last */
  for (guint i = g_strv_length (codings); i > 0 && body != NULL; i--)
    body = decode_one (body, g_strstrip (codings[i - 1]), cancellable, error);

  return body;
}

/* What comes of the stream before it ends, breaks, is cut, or has given @max bytes. NULL if it is not of @format. */
static GByteArray *
inflate_some (GByteArray *in,
              GZlibCompressorFormat format,
              gsize max,
              gboolean *whole)
{
  g_autoptr (GZlibDecompressor) decompressor = g_zlib_decompressor_new (format);
  GByteArray *out = g_byte_array_new ();
  GConverterResult result = G_CONVERTER_CONVERTED;
  gsize position = 0;
  gsize used = 0;

  /* One more than wanted, which tells whether there is more */
  g_byte_array_set_size (out, (guint) max + 1);
  while (used <= max && position < in->len)
    {
      g_autoptr (GError) error = NULL;
      gsize n_read = 0;
      gsize n_written = 0;

      result = g_converter_convert (G_CONVERTER (decompressor), in->data + position, in->len - position, out->data + used,
                                    out->len - used, G_CONVERTER_INPUT_AT_END, &n_read, &n_written, &error);
      if (result == G_CONVERTER_ERROR && used == 0 && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT))
        {
          g_byte_array_unref (out);
          return NULL;
        }
      if (result == G_CONVERTER_ERROR)
        break;

      position += n_read;
      used += n_written;
      if (result == G_CONVERTER_FINISHED)
        g_converter_reset (G_CONVERTER (decompressor));
    }

  if (result != G_CONVERTER_FINISHED || used > max)
    *whole = FALSE;
  g_byte_array_set_size (out, (guint) MIN (used, max));

  return out;
}

GByteArray *
pillion_http_decode_some (GByteArray *body,
                          const char *value,
                          gsize max,
                          gboolean *whole)
{
  g_auto (GStrv) codings = g_strsplit (value, ",", MAX_CODINGS + 1);
  guint n = g_strv_length (codings);

  for (guint i = 0; i < n; i++)
    {
      g_strstrip (codings[i]);
      if (n > MAX_CODINGS || !(is_identity (codings[i]) || is_gzip (codings[i]) || is_deflate (codings[i])))
        return body;
    }

  for (guint i = n; i > 0; i--)
    {
      gboolean deflate = is_deflate (codings[i - 1]);
      GByteArray *out;

      if (is_identity (codings[i - 1]) || body->len == 0)
        continue;

      out = inflate_some (body, deflate ? G_ZLIB_COMPRESSOR_FORMAT_ZLIB : G_ZLIB_COMPRESSOR_FORMAT_GZIP, max, whole);
      if (out == NULL && deflate)
        out = inflate_some (body, G_ZLIB_COMPRESSOR_FORMAT_RAW, max, whole);
      if (out == NULL)
        return body;

      g_byte_array_unref (body);
      body = out;
    }

  return body;
}
