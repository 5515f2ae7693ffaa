/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "text.h"

#include <string.h>

/* Whether the output may contain more than ASCII */
gboolean
text_has_unicode (void)
{
  return g_get_charset (NULL);
}

/* What a server or a user has named may contain escape sequences, so no control character of it may reach a
 * terminal. */
char *
text_clean (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *clean = g_string_new (NULL);

  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c == '\n' || c == '\t')
        g_string_append_c (clean, ' ');
      else if (g_unichar_iscntrl (c) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
        g_string_append_c (clean, '?');
      else
        g_string_append_unichar (clean, c);
    }
  return g_string_free (clean, FALSE);
}

static guint
char_width (gunichar c)
{
  if (g_unichar_iszerowidth (c))
    return 0;
  return g_unichar_iswide (c) ? 2 : 1;
}

/* The end of the colour sequence that starts at @p, or @p if there is none */
static const char *
skip_sequence (const char *p)
{
  if (p[0] != '\033' || p[1] != '[')
    return p;
  p += 2;
  while (*p != '\0' && (*p < '@' || *p > '~'))
    p++;
  return *p != '\0' ? p + 1 : p;
}

/* How many cells of a terminal the text takes, not counting colour sequences */
guint
text_width (const char *text)
{
  guint cells = 0;

  for (const char *p = text; *p != '\0';)
    {
      const char *end = skip_sequence (p);

      if (end != p)
        {
          p = end;
          continue;
        }
      cells += char_width (g_utf8_get_char (p));
      p = g_utf8_next_char (p);
    }
  return cells;
}

static void
append_spaces (GString *string,
               guint    n)
{
  while (n-- > 0)
    g_string_append_c (string, ' ');
}

/* Shortened in the middle (both ends of a file name are telling), or padded, to exactly this many cells */
char *
text_fit (const char *text,
          guint       cells)
{
  const char *ellipsis = text_has_unicode () ? "…" : "~";
  guint width = text_width (text);
  GString *fit = g_string_new (NULL);

  if (width <= cells)
    {
      g_string_append (fit, text);
      append_spaces (fit, cells - width);
    }
  else if (cells > 0)
    {
      guint head = (cells - 1) / 2;
      guint tail = cells - 1 - head;
      guint used = 0;
      const char *p = text;
      const char *end = text + strlen (text);
      guint tail_used = 0;

      for (; used + char_width (g_utf8_get_char (p)) <= head; p = g_utf8_next_char (p))
        used += char_width (g_utf8_get_char (p));
      g_string_append_len (fit, text, p - text);
      g_string_append (fit, ellipsis);
      while (end > p)
        {
          const char *previous = g_utf8_prev_char (end);
          guint cell = char_width (g_utf8_get_char (previous));

          if (tail_used + cell > tail)
            break;
          tail_used += cell;
          end = previous;
        }
      g_string_append (fit, end);
      append_spaces (fit, cells - used - 1 - tail_used);
    }
  return g_string_free (fit, FALSE);
}

/* Padded on the left; text that is too long is left as it is */
char *
text_fit_right (const char *text,
                guint       cells)
{
  guint width = text_width (text);
  GString *fit = g_string_new (NULL);

  append_spaces (fit, width < cells ? cells - width : 0);
  g_string_append (fit, text);
  return g_string_free (fit, FALSE);
}

/* As much of the start of the text as there is room for; colour sequences are all kept, so that none stays
 * open */
char *
text_cut (const char *text,
          guint       cells)
{
  GString *cut = g_string_new (NULL);
  guint used = 0;

  for (const char *p = text; *p != '\0';)
    {
      const char *end = skip_sequence (p);
      guint cell;

      if (end != p)
        {
          g_string_append_len (cut, p, end - p);
          p = end;
          continue;
        }
      cell = char_width (g_utf8_get_char (p));
      end = g_utf8_next_char (p);
      if (used + cell <= cells)
        g_string_append_len (cut, p, end - p);
      used += cell;
      p = end;
    }
  return g_string_free (cut, FALSE);
}

/* The text in the encoding of the locale, with "?" for what it can't express */
char *
text_to_locale (const char *text)
{
  const char *charset;
  g_autofree char *converted = NULL;

  if (g_get_charset (&charset))
    return g_strdup (text);
  converted = g_convert_with_fallback (text, -1, charset, "UTF-8", "?", NULL, NULL, NULL);
  return converted != NULL ? g_steal_pointer (&converted) : g_str_to_ascii (text, "C");
}

/* The rest of an error message after the URL and a colon, for use beside the URL */
const char *
text_skip_url (const char *text,
               const char *url)
{
  gsize length = strlen (url);

  return strncmp (text, url, length) == 0 && strncmp (text + length, ": ", 2) == 0 ? text + length + 2 : text;
}
