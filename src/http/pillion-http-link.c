/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-link.h"

#include <string.h>

#define SPACE " \t"

static gboolean
lists_relation (const char *relations,
                const char *relation)
{
  g_auto(GStrv) list = g_strsplit_set (relations, SPACE, -1);

  for (char **item = list; *item != NULL; item++)
    if (g_ascii_strcasecmp (*item, relation) == 0)
      return TRUE;

  return FALSE;
}

static char *
read_quoted (const char **at)
{
  GString *text = g_string_new (NULL);
  const char *s = *at + 1;

  for (; *s != '\0' && *s != '"'; s++)
    {
      if (s[0] == '\\' && s[1] != '\0')
        s++;
      g_string_append_c (text, *s);
    }

  *at = *s == '"' ? s + 1 : s;
  return g_string_free (text, FALSE);
}

static char *
read_plain (const char **at,
            const char *end)
{
  const char *s = *at;

  *at += strcspn (s, end);
  return g_strndup (s, (gsize) (*at - s));
}

static void
skip_space (const char **at)
{
  *at += strspn (*at, SPACE);
}

/* Only the first rel counts (RFC 8288, section 3.3). A comma or a < in a quoted value belongs to the value, so all parameters have to be read. */
static gboolean
read_parameters (const char **at,
                 const char *relation)
{
  g_autofree char *relations = NULL;

  for (skip_space (at); **at == ';'; skip_space (at))
    {
      g_autofree char *name = NULL;
      g_autofree char *value = NULL;

      *at += 1;
      skip_space (at);
      name = read_plain (at, SPACE "=;,<>\"");
      skip_space (at);
      if (**at == '=')
        {
          *at += 1;
          skip_space (at);
          value = **at == '"' ? read_quoted (at) : read_plain (at, SPACE ";,\"");
        }
      if (relations == NULL && g_ascii_strcasecmp (name, "rel") == 0)
        relations = g_steal_pointer (&value);
    }

  return relations != NULL && lists_relation (relations, relation);
}

char *
pillion_http_find_link (const char *field,
                        const char *relation)
{
  const char *target = NULL; /* what began last, or NULL outside of targets */
  const char *at = field;

  while (*at != '\0')
    {
      const char *end = at;

      at++;
      if (*end == '<')
        {
          target = at;
        }
      else if (*end == '>' && target != NULL)
        {
          if (read_parameters (&at, relation))
            return g_strndup (target, (gsize) (end - target));
          target = NULL;
        }
    }

  return NULL;
}
