/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-event-parser.h"

#include <string.h>

#define BYTE_ORDER_MARK "\xef\xbb\xbf"

void
pillion_event_parser_init (PillionEventParser *self)
{
  self->line = g_string_new (NULL);
  self->data = g_string_new (NULL);
  self->type = g_string_new (NULL);
  self->id = g_string_new (NULL);
  self->next_id = g_string_new (NULL);
  self->retry_msec = -1;
  self->begun = self->after_cr = FALSE;
}

void
pillion_event_parser_clear (PillionEventParser *self)
{
  g_string_free (self->line, TRUE);
  g_string_free (self->data, TRUE);
  g_string_free (self->type, TRUE);
  g_string_free (self->id, TRUE);
  g_string_free (self->next_id, TRUE);
}

void
pillion_event_parser_reset (PillionEventParser *self)
{
  g_string_truncate (self->line, 0);
  g_string_truncate (self->data, 0);
  g_string_truncate (self->type, 0);
  g_string_assign (self->next_id, self->id->str);
  self->begun = self->after_cr = FALSE;
}

static void
dispatch (PillionEventParser *self,
          PillionEventFunc func,
          gpointer user_data)
{
  g_string_assign (self->id, self->next_id->str);
  if (self->data->len > 0)
    {
      /* Each line of data has added a line feed */
      g_string_truncate (self->data, self->data->len - 1);
      func (self->type->len > 0 ? self->type->str : "message", self->data->str, self->id->str, user_data);
    }
  g_string_truncate (self->data, 0);
  g_string_truncate (self->type, 0);
}

static gboolean
parse_digits (const char *text,
              gint64 *value)
{
  if (*text == '\0' || strspn (text, "0123456789") != strlen (text))
    return FALSE;

  /* A longer time is as good as never */
  *value = strlen (text) > 12 ? G_MAXINT : MIN (g_ascii_strtoll (text, NULL, 10), G_MAXINT);
  return TRUE;
}

/* Returns what follows the first colon and a space, if there is one; the line is cut to the name */
static const char *
split (char *line)
{
  char *colon = strchr (line, ':');

  if (colon == NULL)
    return "";

  *colon = '\0';
  return colon[1] == ' ' ? colon + 2 : colon + 1;
}

static void
take_line (PillionEventParser *self,
           PillionEventFunc func,
           gpointer user_data)
{
  g_autofree char *line = NULL;
  const char *value;
  gboolean has_nul = memchr (self->line->str, '\0', self->line->len) != NULL;

  if (self->line->len == 0)
    {
      dispatch (self, func, user_data);
      return;
    }

  /* A C string can't contain NUL, so U+FFFD replaces it, like every other byte that isn't text */
  line = g_utf8_make_valid (self->line->str, self->line->len);
  g_string_truncate (self->line, 0);
  if (line[0] == ':')
    return;

  value = split (line);
  if (strcmp (line, "data") == 0)
    {
      g_string_append (self->data, value);
      g_string_append_c (self->data, '\n');
    }
  else if (strcmp (line, "event") == 0)
    {
      g_string_assign (self->type, value);
    }
  else if (strcmp (line, "id") == 0)
    {
      if (!has_nul && strlen (value) <= PILLION_EVENT_PARSER_MAX_ID)
        g_string_assign (self->next_id, value);
    }
  else if (strcmp (line, "retry") == 0)
    {
      parse_digits (value, &self->retry_msec);
    }
}

/* The first three bytes of the stream may be a byte order mark */
static void
skip_mark (PillionEventParser *self)
{
  if (self->line->len < strlen (BYTE_ORDER_MARK) && memcmp (self->line->str, BYTE_ORDER_MARK, self->line->len) == 0)
    return;

  if (strncmp (self->line->str, BYTE_ORDER_MARK, strlen (BYTE_ORDER_MARK)) == 0)
    g_string_erase (self->line, 0, strlen (BYTE_ORDER_MARK));
  self->begun = TRUE;
}

gboolean
pillion_event_parser_feed (PillionEventParser *self,
                           const char *bytes,
                           gsize length,
                           gsize limit,
                           PillionEventFunc func,
                           gpointer user_data)
{
  const char *end = bytes + length;

  while (bytes < end)
    {
      const char *p = bytes;

      if (self->after_cr)
        {
          self->after_cr = FALSE;
          if (*bytes == '\n')
            {
              bytes++;
              continue;
            }
        }

      /* Byte by byte only as long as a byte order mark may follow */
      while (p < end && *p != '\n' && *p != '\r' && (self->begun || p == bytes))
        p++;
      if ((gsize) (p - bytes) > limit - MIN (limit, self->line->len + self->data->len))
        return FALSE;
      g_string_append_len (self->line, bytes, p - bytes);
      if (!self->begun)
        skip_mark (self);

      bytes = p;
      if (bytes < end && (*bytes == '\n' || *bytes == '\r'))
        {
          self->begun = TRUE;
          self->after_cr = *bytes == '\r';
          bytes++;
          take_line (self, func, user_data);
        }
    }

  return TRUE;
}
