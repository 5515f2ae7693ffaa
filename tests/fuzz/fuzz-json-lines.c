/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A body of JSON, a value on each line */

#include <string.h>

#include <json-glib/json-glib.h>

#include "fuzz.h"
#include "http/pillion-http-json.h"
#include "http/pillion-line-reader.h"

#define LIMIT 500

static void
read_line (const char *line)
{
  g_autoptr (GBytes) bytes = g_bytes_new (line, strlen (line));
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonParser) parser = pillion_http_parse_json (bytes, &error);

  g_assert_true (g_utf8_validate (line, -1, NULL));
  g_assert_true ((parser != NULL) == (error == NULL));
  if (parser != NULL)
    {
      g_autofree char *text = json_to_string (json_parser_get_root (parser), FALSE);

      g_assert_true (g_utf8_validate (text, -1, NULL));
    }
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  gsize step = fuzz_take_number (&data, &size, 100);
  PillionLineReader reader = { 0 };
  PillionLineState state = PILLION_LINE_PARTIAL;
  g_autofree char *last = NULL;

  for (gsize position = 0; position < size && state != PILLION_LINE_TOO_LONG; position += step)
    {
      g_autoptr (GBytes) piece = g_bytes_new (data + position, MIN (step, size - position));
      char *line;

      pillion_line_reader_feed (&reader, piece);
      while ((state = pillion_line_reader_take (&reader, LIMIT, &line)) == PILLION_LINE_WHOLE)
        {
          g_assert_null (strchr (line, '\n'));
          read_line (line);
          g_free (line);
        }
    }
  if (state == PILLION_LINE_PARTIAL && (last = pillion_line_reader_take_last (&reader)) != NULL)
    read_line (last);
  pillion_line_reader_clear (&reader);
  return 0;
}
