/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Server-sent events, by the rules of the HTML standard, however the network cuts them */

#include "http/pillion-event-parser.h"

#include <string.h>

#define NO_LIMIT G_MAXSIZE

typedef struct
{
  const char *name;
  const char *stream;
  const char *events; /* type|data|id, each followed by a semicolon */
  gint64 retry_msec;
} Case;

static const Case cases[] = {
  { "plain", "data: hello\n\n", "message|hello|;", -1 },
  { "lines-of-data", "data: YHOO\ndata: +2\ndata: 10\n\n", "message|YHOO\n+2\n10|;", -1 },
  { "type", "event: add\ndata: 73857293\n\nevent: remove\ndata: 2153\n\n", "add|73857293|;remove|2153|;", -1 },
  { "type-is-for-one-event", "event: add\ndata: 1\n\ndata: 2\n\n", "add|1|;message|2|;", -1 },
  { "comment", ": test stream\n\ndata: first event\nid: 1\n\n", "message|first event|1;", -1 },
  { "id-stays", "data: a\nid: 1\n\ndata: b\n\n", "message|a|1;message|b|1;", -1 },
  { "id-without-value-is-reset", "data: a\nid: 1\n\ndata: b\nid\n\n", "message|a|1;message|b|;", -1 },
  { "id-without-data", "id: 9\n\ndata: b\n\n", "message|b|9;", -1 },
  { "only-the-first-space-is-dropped", "data:a\n\ndata:  b\n\n", "message|a|;message| b|;", -1 },
  { "data-without-value", "data\n\ndata\ndata\n\ndata:", "message||;message|\n|;", -1 },
  { "without-data-there-is-no-event", "event: add\n\ndata: a\n\n", "message|a|;", -1 },
  { "unfinished-event-is-dropped", "data: a\n\ndata: b\n", "message|a|;", -1 },
  { "unfinished-line-is-dropped", "data: a\n\ndata: b", "message|a|;", -1 },
  { "carriage-returns", "data: a\r\rdata: b\r\n\r\ndata: c\n\r\n", "message|a|;message|b|;message|c|;", -1 },
  { "mark", "\xef\xbb\xbf" "data: a\n\n", "message|a|;", -1 },
  { "one-mark-alone", "\xef\xbb\xbf\xef\xbb\xbf" "data: a\n\ndata: b\n\n", "message|b|;", -1 },
  { "mark-in-the-middle-is-no-mark", "data: a\n\n\xef\xbb\xbf" "data: b\n\n", "message|a|;", -1 },
  { "half-a-mark", "\xef\xbb\ndata: a\n\n", "message|a|;", -1 },
  { "retry", "retry: 1500\ndata: a\n\n", "message|a|;", 1500 },
  { "retry-has-digits-alone", "retry: 15s\nretry: -1\nretry:\ndata: a\n\n", "message|a|;", -1 },
  { "retry-that-is-too-long", "retry: 99999999999999999999\n", "", G_MAXINT },
  { "unknown-field", "tada: a\ndata: b\nDATA: c\n data: d\n\n", "message|b|;", -1 },
  { "value-with-colons", "data: a:b: c\n\n", "message|a:b: c|;", -1 },
  { "not-utf-8", "data: a\xff\xc3\n\n", "message|a\xef\xbf\xbd\xef\xbf\xbd|;", -1 },
  { "empty", "", "", -1 },
  { "blank-lines", "\n\r\n\r\n\n", "", -1 },
};

static void
add_event (const char *type,
           const char *data,
           const char *id,
           gpointer user_data)
{
  g_string_append_printf (user_data, "%s|%s|%s;", type, data, id);
}

static void
check (const Case *test,
       gsize first,
       gsize step)
{
  PillionEventParser parser;
  g_autoptr (GString) events = g_string_new (NULL);
  gsize length = strlen (test->stream);

  pillion_event_parser_init (&parser);
  g_assert_true (pillion_event_parser_feed (&parser, test->stream, first, NO_LIMIT, add_event, events));
  for (gsize i = first; i < length; i += step)
    g_assert_true (pillion_event_parser_feed (&parser, test->stream + i, MIN (step, length - i), NO_LIMIT, add_event, events));
  g_assert_cmpstr (events->str, ==, test->events);
  g_assert_cmpint (parser.retry_msec, ==, test->retry_msec);
  pillion_event_parser_clear (&parser);
}

static void
test_case (gconstpointer data)
{
  const Case *test = data;
  gsize length = strlen (test->stream);

  for (gsize first = 0; first <= length; first++)
    {
      check (test, first, length + 1);
      check (test, first, 1);
    }
}

static void
test_nul (void)
{
  static const char stream[] = "id: 1\ndata: a\0b\n\nid: 2\0\ndata: c\n\n";
  PillionEventParser parser;
  g_autoptr (GString) events = g_string_new (NULL);

  pillion_event_parser_init (&parser);
  g_assert_true (pillion_event_parser_feed (&parser, stream, sizeof stream - 1, NO_LIMIT, add_event, events));
  g_assert_cmpstr (events->str, ==, "message|a\xef\xbf\xbd" "b|1;message|c|1;");
  pillion_event_parser_clear (&parser);
}

static void
test_reset (void)
{
  PillionEventParser parser;
  g_autoptr (GString) events = g_string_new (NULL);
  const char *first = "id: 1\ndata: a\n\nevent: lost\nid: 2\ndata: lost\nda";
  const char *second = "\xef\xbb\xbf" "data: b\n\n";

  pillion_event_parser_init (&parser);
  g_assert_true (pillion_event_parser_feed (&parser, first, strlen (first), NO_LIMIT, add_event, events));
  pillion_event_parser_reset (&parser);
  g_assert_true (pillion_event_parser_feed (&parser, second, strlen (second), NO_LIMIT, add_event, events));
  g_assert_cmpstr (events->str, ==, "message|a|1;message|b|1;");
  pillion_event_parser_clear (&parser);
}

static void
test_limit (void)
{
  PillionEventParser parser;
  g_autoptr (GString) events = g_string_new (NULL);

  pillion_event_parser_init (&parser);
  g_assert_true (pillion_event_parser_feed (&parser, "data: 12\n\n", 10, 8, add_event, events));
  g_assert_false (pillion_event_parser_feed (&parser, "data: 123\n\n", 11, 8, add_event, events));
  pillion_event_parser_reset (&parser);
  g_assert_true (pillion_event_parser_feed (&parser, "data:1\n", 7, 8, add_event, events));
  g_assert_false (pillion_event_parser_feed (&parser, "data:23\n", 8, 8, add_event, events));
  pillion_event_parser_clear (&parser);
}

static void
test_long_id (void)
{
  g_autofree char *id = g_strnfill (PILLION_EVENT_PARSER_MAX_ID + 1, 'i');
  g_autofree char *stream = g_strdup_printf ("id: 1\ndata: a\n\nid: %s\ndata: b\n\nid: %s\ndata: c\n\n", id, id + 1);
  g_autofree char *expected = g_strdup_printf ("message|a|1;message|b|1;message|c|%s;", id + 1);
  g_autoptr (GString) events = g_string_new (NULL);
  PillionEventParser parser;

  pillion_event_parser_init (&parser);
  g_assert_true (pillion_event_parser_feed (&parser, stream, strlen (stream), NO_LIMIT, add_event, events));
  g_assert_cmpstr (events->str, ==, expected);
  pillion_event_parser_clear (&parser);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/http/event-parser/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/http/event-parser/nul", test_nul);
  g_test_add_func ("/http/event-parser/reset", test_reset);
  g_test_add_func ("/http/event-parser/limit", test_limit);
  g_test_add_func ("/http/event-parser/long-id-is-ignored", test_long_id);

  return g_test_run ();
}
