/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "fetch-heads.h"
#include "text.h"

#include <stdlib.h>
#include <string.h>

/* Of what lets somebody in, only how it does so */
static char *
hide_secrets (const char *name,
              const char *value)
{
  const char *end;

  if (g_ascii_strcasecmp (name, "Authorization") == 0 || g_ascii_strcasecmp (name, "Proxy-Authorization") == 0)
    {
      end = strchr (value, ' ');
      return end != NULL ? g_strdup_printf ("%.*s …", (int) (end - value), value) : g_strdup ("…");
    }
  if (g_ascii_strcasecmp (name, "Cookie") == 0)
    return g_strdup ("…");
  if (g_ascii_strcasecmp (name, "Set-Cookie") == 0)
    {
      const char *attributes = strchr (value, ';');

      end = strchr (value, '=');
      return g_strdup_printf ("%.*s=…%s", end != NULL ? (int) (end - value) : 0, value, attributes != NULL ? attributes : "");
    }
  if (g_ascii_strcasecmp (name, "Location") == 0 || g_ascii_strcasecmp (name, "Content-Location") == 0)
    return pillion_http_redact_url (value);
  return g_strdup (value);
}

/* "Name: value", a line for each value */
void
fetch_heads_append_field (GString    *text,
                          const char *prefix,
                          const char *name,
                          const char *value)
{
  g_auto (GStrv) values = g_strsplit (value, "\n", -1);
  g_autofree char *clean_name = text_clean (name);

  for (guint i = 0; values[i] != NULL; i++)
    {
      g_autofree char *shown = hide_secrets (name, values[i]);
      g_autofree char *clean = text_clean (shown);

      g_string_append_printf (text, "%s%s: %s\n", prefix, clean_name, clean);
    }
}

static int
compare_names (const void *a,
               const void *b)
{
  return g_ascii_strcasecmp (*(const char *const *) a, *(const char *const *) b);
}

static void
append_head (GString             *text,
             PillionHttpResponse *response,
             const char          *prefix)
{
  g_auto (GStrv) names = g_strdupv ((char **) pillion_http_response_get_header_names (response));
  g_autofree char *reason = text_clean (pillion_http_response_get_reason (response));

  g_string_append_printf (text, "%sHTTP/%s %u%s%s\n", prefix, pillion_http_response_get_http_version (response),
                          pillion_http_response_get_status (response), *reason != '\0' ? " " : "", reason);
  qsort (names, g_strv_length (names), sizeof *names, compare_names);
  for (guint i = 0; names[i] != NULL; i++)
    fetch_heads_append_field (text, prefix, names[i], pillion_http_response_get_header (response, names[i]));
  g_string_append (text, prefix);
  while (text->len > 0 && text->str[text->len - 1] == ' ')
    g_string_truncate (text, text->len - 1);
  g_string_append_c (text, '\n');
}

/* The heads of the redirects and of the response itself, each line after @prefix, each followed by an empty line */
char *
fetch_heads_format (PillionHttpResponse *response,
                    const char          *prefix)
{
  GString *text = g_string_new (NULL);
  GPtrArray *history = pillion_http_response_get_history (response);

  for (guint i = 0; i < history->len; i++)
    append_head (text, history->pdata[i], prefix);
  append_head (text, response, prefix);
  return g_string_free (text, FALSE);
}
