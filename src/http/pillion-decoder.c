/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-decoder.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <pillion-http/pillion-http.h>

/* How many codings a body may have: each one may multiply its size */
#define MAX_CODINGS 4

/* How much one layer hands to the next at once */
#define STEP_SIZE (64 * 1024)

/* One of the codings, with a buffer of what it has not decoded yet */
typedef struct
{
  gboolean deflate;
  GConverter *converter; /* NULL before the first byte, and between two streams */
  GByteArray *input;
  gsize position;        /* in the input */
  gboolean begun;        /* whether anything came */
  gboolean full;         /* the output was full: more may be left, even without input */
} Layer;

struct _PillionDecoder
{
  Layer layers[MAX_CODINGS]; /* the last coding that was applied comes first */
  guint n_layers;
};

/* Whether it is in IANA's registry of content codings. Servers also send other words, such as the name of a character set: those change
 * nothing about the body. */
static gboolean
is_coding (const char *name)
{
  static const char *const names[] = { "aes128gcm", "br",         "compress", "dcb",          "dcz",    "deflate", "exi",
                                       "gzip",      "x-compress", "x-gzip",   "pack200-gzip", "zstd",   "identity" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (g_ascii_strcasecmp (name, names[i]) == 0)
      return TRUE;

  return FALSE;
}

static gboolean
add_layer (PillionDecoder *self,
           const char *coding,
           GError **error)
{
  Layer *layer = &self->layers[self->n_layers];
  gboolean gzip = g_ascii_strcasecmp (coding, "gzip") == 0 || g_ascii_strcasecmp (coding, "x-gzip") == 0;
  gboolean deflate = g_ascii_strcasecmp (coding, "deflate") == 0;

  if (coding[0] == '\0' || g_ascii_strcasecmp (coding, "identity") == 0 || !is_coding (coding))
    return TRUE;

  if (!gzip && !deflate)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                   _("the body has the content coding '%s', but gzip or deflate was expected"), coding);
      return FALSE;
    }

  if (self->n_layers == MAX_CODINGS)
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL, _("the body has more than %d content codings"), MAX_CODINGS);
      return FALSE;
    }

  layer->deflate = deflate;
  layer->input = g_byte_array_new ();
  self->n_layers++;
  return TRUE;
}

PillionDecoder *
pillion_decoder_new (const char *codings,
                     GError **error)
{
  g_auto (GStrv) list = g_strsplit (codings, ",", -1);
  PillionDecoder *self = g_new0 (PillionDecoder, 1);

  for (guint i = g_strv_length (list); i > 0; i--)
    if (!add_layer (self, g_strstrip (list[i - 1]), error))
      {
        pillion_decoder_free (self);
        return NULL;
      }

  if (self->n_layers > 0)
    return self;

  pillion_decoder_free (self);
  return NULL;
}

void
pillion_decoder_free (PillionDecoder *self)
{
  for (guint i = 0; i < self->n_layers; i++)
    {
      g_clear_object (&self->layers[i].converter);
      g_byte_array_unref (self->layers[i].input);
    }

  g_free (self);
}

static gsize
get_left (const Layer *layer)
{
  return layer->input->len - layer->position;
}

static gboolean
has_input (const Layer *layer)
{
  return get_left (layer) > 0 || layer->full;
}

static void
feed (Layer *layer,
      const guint8 *bytes,
      gsize length)
{
  g_assert (!has_input (layer));

  g_byte_array_set_size (layer->input, 0);
  g_byte_array_append (layer->input, bytes, (guint) length);
  layer->position = 0;
}

void
pillion_decoder_feed (PillionDecoder *self,
                      const guint8 *bytes,
                      gsize length)
{
  feed (&self->layers[0], bytes, length);
}

gboolean
pillion_decoder_has_input (PillionDecoder *self)
{
  for (guint i = 0; i < self->n_layers; i++)
    if (has_input (&self->layers[i]))
      return TRUE;

  return FALSE;
}

/* Gets a converter for a stream that begins. Returns FALSE if no stream may begin here. */
static gboolean
begin_stream (Layer *layer,
              GError **error)
{
  GZlibCompressorFormat format = G_ZLIB_COMPRESSOR_FORMAT_GZIP;

  /* In gzip, several streams in a row are one (RFC 1952, section 2.2) */
  if (layer->begun && layer->deflate)
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL, _("the compressed body has data after its end"));
      return FALSE;
    }

  /* Some servers send "deflate" without the zlib frame that RFC 9110, section 8.4.1.2 asks for */
  if (layer->deflate)
    format = (layer->input->data[layer->position] & 0x0f) == 8 ? G_ZLIB_COMPRESSOR_FORMAT_ZLIB : G_ZLIB_COMPRESSOR_FORMAT_RAW;

  layer->begun = TRUE;
  layer->converter = G_CONVERTER (g_zlib_decompressor_new (format));
  return TRUE;
}

static gssize
convert (Layer *layer,
         guint8 *buffer,
         gsize size,
         GError **error)
{
  gsize left = get_left (layer);
  gsize n_read = 0;
  gsize n_written = 0;
  GConverterResult result;
  g_autoptr (GError) local = NULL;

  if (layer->converter == NULL && !begin_stream (layer, error))
    return -1;

  result = g_converter_convert (layer->converter, layer->input->data + layer->position, left, buffer, size, G_CONVERTER_NO_FLAGS, &n_read,
                                &n_written, &local);
  if (result == G_CONVERTER_ERROR)
    {
      /* All input was taken, and more is needed */
      if (g_error_matches (local, G_IO_ERROR, G_IO_ERROR_PARTIAL_INPUT))
        {
          layer->position = layer->input->len;
          layer->full = FALSE;
          return 0;
        }

      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL, _("the compressed body is damaged: %s"), local->message);
      return -1;
    }

  layer->position += n_read;
  layer->full = n_written == size && result != G_CONVERTER_FINISHED;
  if (result == G_CONVERTER_FINISHED)
    g_clear_object (&layer->converter);

  return (gssize) n_written;
}

gssize
pillion_decoder_read (PillionDecoder *self,
                      guint8 *buffer,
                      gsize size,
                      GError **error)
{
  guint8 step[STEP_SIZE];

  /* The last layer that has something to work on */
  for (guint i = self->n_layers; i > 0; i--)
    {
      Layer *layer = &self->layers[i - 1];
      gssize n;

      if (!has_input (layer))
        continue;

      if (i == self->n_layers)
        return convert (layer, buffer, size, error);

      n = convert (layer, step, sizeof step, error);
      if (n > 0)
        feed (layer + 1, step, (gsize) n);
      return MIN (n, 0);
    }

  return 0;
}

gboolean
pillion_decoder_end (PillionDecoder *self,
                     GError **error)
{
  /* No bytes at all are an empty body that was not compressed. That holds even if the end of the connection ends the body, which may then be
   * truncated: servers and proxies name a coding for bodies that they leave out, and browsers and curl accept that. */
  for (guint i = 0; i < self->n_layers; i++)
    if (self->layers[i].converter != NULL || (i > 0 && !self->layers[i].begun && self->layers[0].begun))
      {
        g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED, _("the compressed body is truncated"));
        return FALSE;
      }

  return TRUE;
}
