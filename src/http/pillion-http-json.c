/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "http/pillion-http-json.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <pillion/pillion.h>

/* JSON-GLib parses and frees recursively: how deep is not for a server to say */
#define MAX_DEPTH 500

/* Looks at the text before JSON-GLib does, which also reads comments and other quotes than JSON has: where it would see
 * strings at other places than this does, the depth could not be told. */
static gboolean
check_shape (const char *text,
             gsize length,
             GError **error)
{
  guint depth = 0;
  gboolean in_string = FALSE;

  for (gsize i = 0; i < length; i++)
    {
      char c = text[i];

      if (in_string)
        {
          if (c == '"')
            in_string = FALSE;
          else if (c == '\\')
            i++;
          continue;
        }

      switch (c)
        {
        case '"':
          in_string = TRUE;
          break;
        case '[':
        case '{':
          if (++depth > MAX_DEPTH)
            {
              g_set_error (error, PILLION_ERROR, PILLION_ERROR_INVALID_JSON,
                           _("the JSON in the body is nested more than %d deep"), MAX_DEPTH);
              return FALSE;
            }
          break;
        case ']':
        case '}':
          if (depth > 0)
            depth--;
          break;
        case '\'':
        case '/':
        case '#':
        case '\\':
        case '\0':
          g_set_error (error, PILLION_ERROR, PILLION_ERROR_INVALID_JSON, _("the body is no JSON: byte %zu is out of place"), i);
          return FALSE;
        default:
          break;
        }
    }

  return TRUE;
}

JsonNode *
pillion_http_parse_json (GBytes *bytes,
                         GError **error)
{
  g_autoptr (JsonParser) parser = NULL;
  g_autoptr (GError) local = NULL;
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);

  /* A mark of byte order is not to be sent but may be ignored (section 8.1) */
  if (length >= 3 && memcmp (text, "\xef\xbb\xbf", 3) == 0)
    {
      text += 3;
      length -= 3;
    }

  if (length == 0)
    {
      g_set_error_literal (error, PILLION_ERROR, PILLION_ERROR_INVALID_JSON, _("the body is empty, where JSON was expected"));
      return NULL;
    }

  if (!g_utf8_validate_len (text, length, NULL))
    {
      g_set_error_literal (error, PILLION_ERROR, PILLION_ERROR_INVALID_JSON,
                           _("the body is no UTF-8 text, where JSON was expected"));
      return NULL;
    }

  if (!check_shape (text, length, error))
    return NULL;

  parser = json_parser_new_immutable ();
  if (!json_parser_load_from_data (parser, text, (gssize) length, &local))
    {
      g_set_error (error, PILLION_ERROR, PILLION_ERROR_INVALID_JSON, _("the body is no JSON: %s"), local->message);
      return NULL;
    }

  /* JSON-GLib takes scripts that assign for JSON, and blank text for nothing */
  if (json_parser_has_assignment (parser, NULL) || json_parser_get_root (parser) == NULL)
    {
      g_set_error_literal (error, PILLION_ERROR, PILLION_ERROR_INVALID_JSON, _("the body is no JSON"));
      return NULL;
    }

  return json_parser_steal_root (parser);
}
