/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-auth-challenge.h"

#include <string.h>

#include "http/pillion-http-fields.h"

static const char *const names[] = {
  [PILLION_AUTH_SCHEME_DIGEST] = "Digest",
  [PILLION_AUTH_SCHEME_BASIC] = "Basic",
  [PILLION_AUTH_SCHEME_BEARER] = "Bearer",
};

const char *
pillion_auth_scheme_get_name (PillionAuthScheme scheme)
{
  return scheme < G_N_ELEMENTS (names) ? names[scheme] : "";
}

static void
challenge_free (gpointer data)
{
  PillionAuthChallenge *self = data;

  pillion_field_list_clear (&self->parameters);
  g_free (self);
}

static PillionAuthChallenge *
challenge_new (const char *name,
               gsize length)
{
  PillionAuthChallenge *self = g_new0 (PillionAuthChallenge, 1);

  while (self->scheme < G_N_ELEMENTS (names) &&
         (strlen (names[self->scheme]) != length || g_ascii_strncasecmp (names[self->scheme], name, length) != 0))
    self->scheme++;

  return self;
}

static const char *
skip_space (const char *p)
{
  return p + strspn (p, " \t");
}

static const char *
skip_token (const char *p)
{
  while (pillion_http_is_token_char (*p))
    p++;

  return p;
}

/* Skips to the next comma outside quotes */
static const char *
skip_item (const char *p)
{
  gboolean quoted = FALSE;

  for (; *p != '\0' && (quoted || *p != ','); p++)
    if (*p == '"')
      quoted = !quoted;
    else if (quoted && *p == '\\' && p[1] != '\0')
      p++;

  return p;
}

/* A token or a quoted string. Returns NULL if it is neither. */
static char *
read_value (const char **p)
{
  const char *start = *p;
  GString *value;

  if (*start != '"')
    {
      *p = skip_token (start);
      return *p > start ? g_strndup (start, (gsize) (*p - start)) : NULL;
    }

  value = g_string_new (NULL);
  for (start++; *start != '"'; start++)
    {
      if (*start == '\\' && start[1] != '\0')
        start++;
      if (*start == '\0')
        {
          g_string_free (value, TRUE);
          *p = start;
          return NULL;
        }
      g_string_append_c (value, *start);
    }

  *p = start + 1;
  return g_string_free (value, FALSE);
}

/* Some schemes have this instead of parameters: it may end in equals signs, but nothing follows them */
static const char *
skip_token68 (const char *p)
{
  const char *end = p;

  while (g_ascii_isalnum (*end) || (*end != '\0' && strchr ("-._~+/", *end) != NULL))
    end++;
  if (end == p)
    return p;
  end += strspn (end, "=");
  end = skip_space (end);

  return *end == ',' || *end == '\0' ? end : p;
}

GPtrArray *
pillion_auth_challenges_parse (const char *value)
{
  GPtrArray *challenges = g_ptr_array_new_with_free_func (challenge_free);
  PillionAuthChallenge *current = NULL;
  const char *p = value;

  for (p += strspn (p, " \t,"); *p != '\0'; p = skip_item (p), p += strspn (p, " \t,"))
    {
      const char *name = p;
      gsize length = (gsize) (skip_token (p) - p);
      const char *next = skip_space (p + length);

      if (length == 0)
        continue;

      /* A name without an equals sign is a scheme's. The scheme's first parameter is in the same item of the
       * list. */
      if (*next != '=')
        {
          current = challenge_new (name, length);
          g_ptr_array_add (challenges, current);
          p = skip_token68 (next);
          if (p != next)
            continue;
          name = p;
          length = (gsize) (skip_token (p) - p);
          next = skip_space (p + length);
        }

      p = next;
      if (current != NULL && length > 0 && *p == '=')
        {
          g_autofree char *key = g_strndup (name, length);
          g_autofree char *text = NULL;

          p = skip_space (p + 1);
          text = read_value (&p);
          if (text != NULL)
            pillion_field_list_append (&current->parameters, key, text);
        }
    }

  return challenges;
}
