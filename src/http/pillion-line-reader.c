/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-line-reader.h"

#include <string.h>

void
pillion_line_reader_clear (PillionLineReader *self)
{
  g_clear_pointer (&self->piece, g_bytes_unref);
  g_clear_pointer (&self->partial, g_byte_array_unref);
  self->position = 0;
}

void
pillion_line_reader_feed (PillionLineReader *self,
                          GBytes *piece)
{
  g_assert (self->piece == NULL);

  self->piece = g_bytes_ref (piece);
}

static const char *
get_rest (PillionLineReader *self,
          gsize *length)
{
  gsize size;
  const char *bytes;

  if (self->piece == NULL)
    {
      *length = 0;
      return "";
    }

  bytes = g_bytes_get_data (self->piece, &size);
  *length = size - self->position;
  return bytes + self->position;
}

static void
advance (PillionLineReader *self,
         gsize length)
{
  self->position += length;
  if (self->piece != NULL && self->position == g_bytes_get_size (self->piece))
    {
      g_clear_pointer (&self->piece, g_bytes_unref);
      self->position = 0;
    }
}

static void
append (PillionLineReader *self,
        const char *bytes,
        gsize length)
{
  if (length == 0)
    return;

  if (self->partial == NULL)
    self->partial = g_byte_array_new ();
  g_byte_array_append (self->partial, (const guint8 *) bytes, (guint) length);
}

/* Without the CR of a CR LF */
static char *
make_line (const char *bytes,
           gsize length,
           gboolean has_end)
{
  if (has_end && length > 0 && bytes[length - 1] == '\r')
    length--;

  return g_utf8_make_valid (bytes, (gssize) length);
}

PillionLineState
pillion_line_reader_take (PillionLineReader *self,
                          gsize limit,
                          char **line)
{
  gsize begun = self->partial != NULL ? self->partial->len : 0;
  gsize length;
  const char *bytes = get_rest (self, &length);
  const char *end = memchr (bytes, '\n', length);
  gsize n = end != NULL ? (gsize) (end - bytes) : length;

  if (n > limit - MIN (limit, begun))
    return PILLION_LINE_TOO_LONG;

  if (end == NULL)
    {
      append (self, bytes, n);
      advance (self, n);
      return PILLION_LINE_PARTIAL;
    }

  if (begun > 0)
    {
      append (self, bytes, n);
      *line = make_line ((const char *) self->partial->data, self->partial->len, TRUE);
      g_clear_pointer (&self->partial, g_byte_array_unref);
    }
  else
    {
      *line = make_line (bytes, n, TRUE);
    }
  advance (self, n + 1);

  return PILLION_LINE_WHOLE;
}

char *
pillion_line_reader_take_last (PillionLineReader *self)
{
  char *line;

  if (self->partial == NULL)
    return NULL;

  line = make_line ((const char *) self->partial->data, self->partial->len, FALSE);
  g_clear_pointer (&self->partial, g_byte_array_unref);
  return line;
}

gboolean
pillion_line_reader_has_bytes (PillionLineReader *self)
{
  return self->piece != NULL || self->partial != NULL;
}

void
pillion_line_reader_put_back (PillionLineReader *self,
                              GBytes *bytes)
{
  gsize length;
  const char *rest = get_rest (self, &length);
  GByteArray *all = g_byte_array_new ();

  g_byte_array_append (all, g_bytes_get_data (bytes, NULL), (guint) g_bytes_get_size (bytes));
  if (self->partial != NULL)
    g_byte_array_append (all, self->partial->data, self->partial->len);
  g_byte_array_append (all, (const guint8 *) rest, (guint) length);

  pillion_line_reader_clear (self);
  self->piece = g_byte_array_free_to_bytes (all);
}

GBytes *
pillion_line_reader_take_bytes (PillionLineReader *self,
                                gsize max)
{
  GBytes *bytes;
  gsize length;
  const char *rest = get_rest (self, &length);

  /* Once only, so that small reads don't move the rest each time */
  if (self->partial != NULL)
    {
      append (self, rest, length);
      g_clear_pointer (&self->piece, g_bytes_unref);
      self->piece = g_byte_array_free_to_bytes (g_steal_pointer (&self->partial));
      self->position = 0;
      length = g_bytes_get_size (self->piece);
    }

  if (length == 0)
    return NULL;

  length = max > 0 ? MIN (max, length) : length;
  bytes = g_bytes_new_from_bytes (self->piece, self->position, length);
  advance (self, length);
  return bytes;
}
