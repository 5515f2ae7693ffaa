/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-json.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <pillion-http/pillion-http.h>

/* JSON-GLib parses and frees recursively, so a server must not decide how deep */
#define MAX_DEPTH 500

static void
skip_digits (const char *text,
             gsize length,
             gsize *i)
{
  while (*i < length && g_ascii_isdigit (text[*i]))
    (*i)++;
}

/* Each of these begins at @i, and moves it past what it recognizes, or returns FALSE */

static gboolean
skip_string (const char *text,
             gsize length,
             gsize *i,
             gboolean *has_escapes)
{
  for ((*i)++; *i < length; (*i)++)
    {
      if (text[*i] == '"')
        {
          (*i)++;
          return TRUE;
        }

      if ((guchar) text[*i] < ' ')
        return FALSE;

      if (text[*i] != '\\')
        continue;

      if (++(*i) >= length)
        return FALSE;
      if (text[*i] == 'u')
        {
          *has_escapes = TRUE;
          for (guint n = 0; n < 4; n++)
            if (++(*i) >= length || !g_ascii_isxdigit (text[*i]))
              return FALSE;
        }
      else if (memchr ("\"\\/bfnrt", text[*i], 8) == NULL)
        return FALSE;
    }

  return FALSE;
}

static gboolean
skip_number (const char *text,
             gsize length,
             gsize *i)
{
  gsize start;

  if (text[*i] == '-')
    (*i)++;

  start = *i;
  skip_digits (text, length, i);
  if (*i == start || (text[start] == '0' && *i > start + 1))
    return FALSE;

  if (*i < length && text[*i] == '.')
    {
      start = ++(*i);
      skip_digits (text, length, i);
      if (*i == start)
        return FALSE;
    }

  if (*i < length && (text[*i] == 'e' || text[*i] == 'E'))
    {
      (*i)++;
      if (*i < length && (text[*i] == '+' || text[*i] == '-'))
        (*i)++;
      start = *i;
      skip_digits (text, length, i);
      if (*i == start)
        return FALSE;
    }

  return TRUE;
}

static gboolean
skip_literal (const char *text,
              gsize length,
              gsize *i)
{
  static const char *const literals[] = { "true", "false", "null" };

  for (guint n = 0; n < G_N_ELEMENTS (literals); n++)
    {
      gsize size = strlen (literals[n]);

      if (length - *i >= size && memcmp (text + *i, literals[n], size) == 0)
        {
          *i += size;
          return TRUE;
        }
    }

  return FALSE;
}

/* Checks the text before JSON-GLib reads it, which accepts more than JSON: comments, other quotes and
 * escapes, C's numbers (010 for 8), and anything after the end. The grammar above that level is left to
 * JSON-GLib. */
static gboolean
check_text (const char *text,
            gsize length,
            gboolean *has_escapes,
            GError **error)
{
  guint depth = 0;
  gboolean ended = FALSE;
  gsize i = 0;

  while (i < length)
    {
      gsize start = i;
      gboolean known = TRUE;

      switch (text[i])
        {
        case ' ':
        case '\t':
        case '\r':
        case '\n':
          i++;
          continue;
        case '[':
        case '{':
          if (++depth > MAX_DEPTH)
            {
              g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_JSON,
                           _("the body's JSON is nested more than %d levels deep"), MAX_DEPTH);
              return FALSE;
            }
          i++;
          break;
        case ']':
        case '}':
          known = depth > 0;
          depth--;
          i++;
          break;
        case ',':
        case ':':
          i++;
          break;
        case '"':
          known = skip_string (text, length, &i, has_escapes);
          break;
        case '-':
        case '0' ... '9':
          known = skip_number (text, length, &i);
          break;
        default:
          known = skip_literal (text, length, &i);
          break;
        }

      if (!known || ended)
        {
          g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_JSON, _("the body is not valid JSON: unexpected character at byte %zu"),
                       ended ? start : MIN (i, length - 1));
          return FALSE;
        }
      ended = depth == 0;
    }

  return TRUE;
}

/* The number that is written with four hexadecimal digits, or -1 if these are not an escape's */
static int
read_escape (const char *text,
             const char *end)
{
  int number = 0;

  if (end - text < 6 || text[0] != '\\' || text[1] != 'u')
    return -1;

  for (guint n = 2; n < 6; n++)
    number = number * 16 + g_ascii_xdigit_value (text[n]);

  return number;
}

static gboolean
is_in (int number,
       int first,
       int last)
{
  return number >= first && number <= last;
}

/* Replaces the escapes of what a string in C can't hold with U+FFFD: half a surrogate pair, which JSON-GLib makes invalid UTF-8 of, and zero,
 * which would end the string. Returns NULL if there are none. The text has to be checked. */
static char *
replace_escapes (const char *text,
                 gsize length)
{
  char *copy = NULL;
  const char *end = text + length;
  const char *p = text;

  while ((p = memchr (p, '\\', (gsize) (end - p))) != NULL)
    {
      int number = read_escape (p, end);

      if (number == -1)
        p += 2;
      else if (is_in (number, 0xd800, 0xdbff) && is_in (read_escape (p + 6, end), 0xdc00, 0xdfff))
        p += 12;
      else
        {
          if (number == 0 || is_in (number, 0xd800, 0xdfff))
            {
              if (copy == NULL)
                copy = g_strndup (text, length);
              memcpy (copy + (p - text) + 2, "fffd", 4);
            }
          p += 6;
        }
    }

  return copy;
}

JsonParser *
pillion_http_parse_json (GBytes *bytes,
                         GError **error)
{
  g_autoptr (JsonParser) parser = NULL;
  g_autoptr (GError) local = NULL;
  g_autofree char *replaced = NULL;
  gboolean has_escapes = FALSE;
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);

  /* A byte order mark must not be sent but may be ignored (section 8.1) */
  if (length >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0)
    {
      text += 3;
      length -= 3;
    }

  if (length == 0)
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_JSON, _("the body is empty, but JSON was expected"));
      return NULL;
    }

  if (!g_utf8_validate_len (text, length, NULL))
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_JSON,
                           _("the body is not valid JSON: it is not UTF-8 text"));
      return NULL;
    }

  if (!check_text (text, length, &has_escapes, error))
    return NULL;
  if (has_escapes && (replaced = replace_escapes (text, length)) != NULL)
    text = replaced;

  parser = json_parser_new_immutable ();
  if (!json_parser_load_from_data (parser, text, (gssize) length, &local))
    {
      g_set_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_JSON, _("the body is not valid JSON: %s"), local->message);
      return NULL;
    }

  /* JSON-GLib accepts blank text as nothing */
  if (json_parser_get_root (parser) == NULL)
    {
      g_set_error_literal (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_INVALID_JSON, _("the body is not valid JSON"));
      return NULL;
    }

  return g_steal_pointer (&parser);
}
