/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-fields.h"

#include <string.h>

#include "http/pillion-http-date.h"

/* Reads digits; returns FALSE if there are none or the number overflows */
static gboolean
read_number (const char **p,
             gint64 *number)
{
  const char *start = *p;

  *number = 0;
  for (; g_ascii_isdigit (**p); (*p)++)
    {
      int digit = **p - '0';

      if (*number > (G_MAXINT64 - digit) / 10)
        return FALSE;
      *number = *number * 10 + digit;
    }

  return *p > start;
}

static void
skip_space (const char **p)
{
  while (**p == ' ' || **p == '\t')
    (*p)++;
}

gboolean
pillion_http_parse_content_length (const char *value,
                                   gint64 *length)
{
  const char *p = value;
  gint64 first = -1;

  while (TRUE)
    {
      gint64 number;

      skip_space (&p);
      if (!read_number (&p, &number) || (first >= 0 && number != first))
        return FALSE;
      first = number;

      skip_space (&p);
      if (*p == '\0')
        break;
      if (*p++ != ',')
        return FALSE;
    }

  *length = first;
  return TRUE;
}

gboolean
pillion_http_parse_content_range (const char *value,
                                  gint64 *first,
                                  gint64 *last,
                                  gint64 *total)
{
  const char *p = value;

  if (g_ascii_strncasecmp (p, "bytes", 5) != 0)
    return FALSE;
  p += 5;
  if (*p != ' ' && *p != '\t')
    return FALSE;
  skip_space (&p);

  if (!read_number (&p, first) || *p++ != '-' || !read_number (&p, last) || *p++ != '/' || *last < *first)
    return FALSE;

  if (*p == '*')
    {
      p++;
      *total = -1;
    }
  else if (!read_number (&p, total) || *total <= *last)
    return FALSE;

  skip_space (&p);
  return *p == '\0';
}

gboolean
pillion_http_is_strong_etag (const char *etag)
{
  gsize length = etag != NULL ? strlen (etag) : 0;

  if (length < 2 || etag[0] != '"' || etag[length - 1] != '"')
    return FALSE;

  for (gsize i = 1; i < length - 1; i++)
    if (etag[i] == '"' || (guchar) etag[i] <= ' ' || etag[i] == 0x7f)
      return FALSE;

  return TRUE;
}

GTimeSpan
pillion_http_parse_retry_after (const char *value,
                                gint64 now_usec)
{
  gint64 then;

  if (*value != '\0' && value[strspn (value, "0123456789")] == '\0')
    {
      guint64 seconds = g_ascii_strtoull (value, NULL, 10);

      return seconds < G_MAXINT64 / G_USEC_PER_SEC ? (GTimeSpan) seconds * G_USEC_PER_SEC : G_MAXINT64;
    }

  if (!pillion_http_parse_any_date (value, now_usec / G_USEC_PER_SEC, &then))
    return -1;

  return MAX (0, then * G_USEC_PER_SEC - now_usec);
}

gboolean
pillion_http_is_token_char (char c)
{
  return g_ascii_isalnum (c) || (c != '\0' && strchr ("!#$%&'*+-.^_`|~", c) != NULL);
}

gboolean
pillion_http_is_token (const char *text)
{
  for (const char *p = text; *p != '\0'; p++)
    if (!pillion_http_is_token_char (*p))
      return FALSE;

  return text[0] != '\0';
}

/* A token or a quoted string */
static char *
read_value (const char **p)
{
  GString *value = g_string_new (NULL);

  if (**p != '"')
    {
      /* More than tokens in practice: everything up to the next parameter */
      while (**p != '\0' && **p != ';')
        g_string_append_c (value, *(*p)++);
      return g_strchomp (g_string_free (value, FALSE));
    }

  for ((*p)++; **p != '\0' && **p != '"'; (*p)++)
    {
      if (**p == '\\' && (*p)[1] != '\0')
        (*p)++;
      g_string_append_c (value, **p);
    }
  if (**p == '"')
    (*p)++;

  return g_string_free (value, FALSE);
}

char *
pillion_http_unescape (const char *text)
{
  GString *result = g_string_new (NULL);

  for (const char *p = text; *p != '\0'; p++)
    {
      if (*p == '%' && g_ascii_isxdigit (p[1]) && g_ascii_isxdigit (p[2]))
        {
          int byte = g_ascii_xdigit_value (p[1]) * 16 + g_ascii_xdigit_value (p[2]);

          /* A zero byte would hide the rest */
          g_string_append_c (result, byte != 0 ? (char) byte : '\x01');
          p += 2;
        }
      else
        g_string_append_c (result, *p);
    }

  return g_string_free (result, FALSE);
}

/* charset'language'percent-encoded; NULL if it isn't that, or isn't text in the charset */
static char *
decode_extended (const char *value)
{
  const char *quote = strchr (value, '\'');
  const char *text = quote != NULL ? strchr (quote + 1, '\'') : NULL;
  g_autofree char *charset = NULL;
  g_autofree char *bytes = NULL;

  if (text == NULL)
    return NULL;

  charset = g_strndup (value, (gsize) (quote - value));
  bytes = pillion_http_unescape (text + 1);
  if (g_ascii_strcasecmp (charset, "UTF-8") == 0)
    return g_utf8_validate (bytes, -1, NULL) ? g_steal_pointer (&bytes) : NULL;
  if (g_ascii_strcasecmp (charset, "ISO-8859-1") == 0)
    return g_convert (bytes, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);

  return NULL;
}

/* Reads one parameter from @p, which is at a semicolon, and moves it to the next one or to NULL. The name is not ended. Returns FALSE if
 * there is none. */
static gboolean
read_parameter (const char **p,
                const char **name,
                gsize *length,
                char **value)
{
  const char *q = *p + 1;

  skip_space (&q);
  *name = q;
  while (pillion_http_is_token_char (*q))
    q++;
  *length = (gsize) (q - *name);
  skip_space (&q);
  if (*q != '=')
    {
      *p = strchr (q, ';');
      return FALSE;
    }

  q++;
  skip_space (&q);
  *value = read_value (&q);
  *p = strchr (q, ';');
  return TRUE;
}

static gboolean
is_named (const char *name,
          gsize length,
          const char *wanted)
{
  return length == strlen (wanted) && g_ascii_strncasecmp (name, wanted, length) == 0;
}

gboolean
pillion_http_has_element (const char *list,
                          const char *token)
{
  const char *p = list;

  while (TRUE)
    {
      gboolean quoted = FALSE;
      const char *start;

      p += strspn (p, " \t,");
      start = p;
      p += strcspn (p, " \t,;=");
      if (is_named (start, (gsize) (p - start), token))
        return TRUE;

      /* A value in quotation marks may have commas in it */
      for (; *p != '\0' && (quoted || *p != ','); p++)
        if (*p == '"')
          quoted = !quoted;
        else if (quoted && *p == '\\' && p[1] != '\0')
          p++;
      if (*p == '\0')
        return FALSE;
    }
}

char *
pillion_http_get_parameter (const char *value,
                            const char *name)
{
  const char *p = strchr (value, ';');

  while (p != NULL)
    {
      g_autofree char *found = NULL;
      const char *start;
      gsize length;

      if (read_parameter (&p, &start, &length, &found) && is_named (start, length, name))
        return g_steal_pointer (&found);
    }

  return NULL;
}

char *
pillion_http_get_extended_parameter (const char *value,
                                     const char *name)
{
  g_autofree char *starred = g_strconcat (name, "*", NULL);
  g_autofree char *text = pillion_http_get_parameter (value, starred);

  return text != NULL ? decode_extended (text) : NULL;
}
