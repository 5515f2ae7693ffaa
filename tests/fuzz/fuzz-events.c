/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A stream of server-sent events. However it is divided, the same events come out. */

#include <string.h>

#include "fuzz.h"
#include "http/pillion-event-parser.h"

#define LIMIT 300

static void
add_event (const char *type,
           const char *data,
           const char *id,
           gpointer user_data)
{
  g_assert_true (g_utf8_validate (data, -1, NULL) && g_utf8_validate (type, -1, NULL) && g_utf8_validate (id, -1, NULL));
  g_string_append_printf (user_data, "%s\t%s\t%s\n", type, id, data);
}

static gboolean
parse (const guint8 *data,
       gsize size,
       gsize step,
       GString *events)
{
  PillionEventParser parser;
  gboolean fits = TRUE;

  pillion_event_parser_init (&parser);
  for (gsize position = 0; position < size && fits; position += step)
    fits = pillion_event_parser_feed (&parser, (const char *) data + position, MIN (step, size - position), LIMIT, add_event, events);
  g_assert_cmpint (parser.retry_msec, >=, -1);
  pillion_event_parser_clear (&parser);

  return fits;
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  gsize step = fuzz_take_number (&data, &size, 40);
  g_autoptr (GString) whole = g_string_new (NULL);
  g_autoptr (GString) divided = g_string_new (NULL);

  if (parse (data, size, MAX (size, 1), whole))
    {
      g_assert_true (parse (data, size, step, divided));
      g_assert_cmpstr (divided->str, ==, whole->str);
    }

  return 0;
}
