/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-chunked.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <pillion-http/pillion-http.h>

/* 15 hexadecimal digits don't overflow, and no chunk is as long */
#define MAX_DIGITS 15
#define MAX_META (64 * 1024)

static gboolean
fail (GError **error)
{
  g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL,
                       _("the server sent a malformed chunk: a chunk size or the end of a line was expected"));
  return FALSE;
}

/* Reads one byte that isn't content */
static gboolean
read_meta (PillionChunked *self,
           guint8 byte,
           GError **error)
{
  if (++self->n_meta > MAX_META)
    return fail (error);

  switch (self->state)
    {
    case PILLION_CHUNKED_SIZE:
      if (g_ascii_isxdigit (byte))
        {
          if (++self->n_digits > MAX_DIGITS)
            return fail (error);
          self->left = self->left * 16 + (guint) g_ascii_xdigit_value ((char) byte);
          return TRUE;
        }
      if (self->n_digits == 0)
        return fail (error);
      self->state = PILLION_CHUNKED_EXTENSION;
      if (byte != '\r' && byte != '\n' && byte != ';' && byte != ' ' && byte != '\t')
        return fail (error);
      G_GNUC_FALLTHROUGH;

    case PILLION_CHUNKED_EXTENSION:
      if (byte == '\r')
        {
          self->state = PILLION_CHUNKED_SIZE_LF;
          return TRUE;
        }
      if (byte != '\n')
        return TRUE;
      G_GNUC_FALLTHROUGH;

    case PILLION_CHUNKED_SIZE_LF:
      if (byte != '\n')
        return fail (error);
      self->state = self->left > 0 ? PILLION_CHUNKED_DATA : PILLION_CHUNKED_TRAILER;
      if (self->left > 0)
        self->n_meta = 0;
      self->n_digits = 0;
      return TRUE;

    case PILLION_CHUNKED_DATA_CR:
      if (byte == '\r')
        {
          self->state = PILLION_CHUNKED_DATA_LF;
          return TRUE;
        }
      G_GNUC_FALLTHROUGH;

    case PILLION_CHUNKED_DATA_LF:
      if (byte != '\n')
        return fail (error);
      self->state = PILLION_CHUNKED_SIZE;
      return TRUE;

    case PILLION_CHUNKED_TRAILER:
      if (byte == '\r')
        self->state = PILLION_CHUNKED_TRAILER_LF;
      else if (byte == '\n')
        self->state = PILLION_CHUNKED_DONE;
      else
        self->state = PILLION_CHUNKED_TRAILER_LINE;
      return TRUE;

    case PILLION_CHUNKED_TRAILER_LINE:
      if (byte == '\0')
        return fail (error);
      if (byte == '\n')
        self->state = PILLION_CHUNKED_TRAILER;
      return TRUE;

    case PILLION_CHUNKED_TRAILER_LF:
      if (byte != '\n')
        return fail (error);
      self->state = PILLION_CHUNKED_DONE;
      return TRUE;

    case PILLION_CHUNKED_DATA:
    case PILLION_CHUNKED_DONE:
    default:
      g_return_val_if_reached (FALSE);
    }
}

gssize
pillion_chunked_decode (PillionChunked *self,
                        guint8 *bytes,
                        gsize length,
                        gsize *consumed,
                        GError **error)
{
  gsize in = 0;
  gsize out = 0;

  while (in < length && self->state != PILLION_CHUNKED_DONE)
    {
      if (self->state == PILLION_CHUNKED_DATA)
        {
          gsize n = (gsize) MIN (self->left, length - in);

          if (in != out)
            memmove (bytes + out, bytes + in, n);
          in += n;
          out += n;
          self->left -= n;
          if (self->left == 0)
            self->state = PILLION_CHUNKED_DATA_CR;
        }
      else if (!read_meta (self, bytes[in++], error))
        return -1;
    }

  *consumed = in;
  return (gssize) out;
}
