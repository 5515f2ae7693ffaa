/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a server can do over HTTP/2, which is the only protocol that it speaks */

#include "builder.h"

#include <string.h>

#include "http2.h"

#define END_STREAM NGHTTP2_FLAG_END_STREAM
#define END_HEADERS NGHTTP2_FLAG_END_HEADERS

/* More than anybody may have a use for */
#define MANY 5000

static const char *const good[] = { ":status", "200", "content-type", "application/json", "etag", "\"chaos\"", NULL };

/* --- Pieces of an answer ---------------------------------------------------------------------------------------------- */

/* How much of an ordinary answer comes first */
typedef enum
{
  PLACE_START,
  PLACE_HEAD,
  PLACE_BODY,
  PLACE_WHOLE,
  N_PLACES,
} Place;

static const char *const place_names[] = { "start", "head", "body", "whole" };

static void
append_data (GByteArray *out,
             guint32 stream,
             guint8 flags,
             gsize first,
             gsize length)
{
  chaos_frame (out, NGHTTP2_DATA, flags, stream, chaos_get_body_data () + first, length);
}

static void
append_until (GByteArray *out,
              guint32 stream,
              Place place)
{
  if (place >= PLACE_HEAD)
    chaos_frame_fields (out, END_HEADERS, stream, good);
  if (place >= PLACE_BODY)
    append_data (out, stream, 0, 0, 1000);
  if (place == PLACE_WHOLE)
    append_data (out, stream, END_STREAM, 1000, CHAOS_BODY_LENGTH - 1000);
}

/* The rest of it */
static void
append_from (GByteArray *out,
             guint32 stream,
             Place place)
{
  if (place < PLACE_HEAD)
    chaos_frame_fields (out, END_HEADERS, stream, good);
  if (place < PLACE_BODY)
    append_data (out, stream, 0, 0, 1000);
  if (place < PLACE_WHOLE)
    append_data (out, stream, END_STREAM, 1000, CHAOS_BODY_LENGTH - 1000);
}

static void
append_whole (GByteArray *out,
              guint32 stream,
              guint32 detail)
{
  append_until (out, stream, PLACE_WHOLE);
}

/* A head like the good one, with more fields */
static void
append_head_with (GByteArray *out,
                  guint32 stream,
                  guint8 flags,
                  const char *name,
                  const char *value)
{
  chaos_frame_fields (out, flags | END_HEADERS, stream, (const char *[]) { ":status", "200", name, value, NULL });
}

static ChaosBehaviour *
add (GPtrArray *list,
     const char *name,
     ChaosFrames frames,
     guint32 detail,
     ChaosEnd end,
     ChaosOutcome outcome)
{
  g_autofree char *full = g_strconcat ("http2/", name, NULL);
  ChaosHttp2 *plan = g_new0 (ChaosHttp2, 1);
  ChaosBehaviour *self;

  *plan = (ChaosHttp2) { .frames = frames, .detail = detail };
  self = chaos_add_served (list, full, CHAOS_TLS, chaos_http2_serve, plan, outcome);
  self->end = end;
  /* libsoup does not notice everything that is wrong, and then its end comes with the client's limits */
  self->hasty = outcome != CHAOS_GOOD;

  return self;
}

/* With something else than an empty SETTINGS at first */
static ChaosBehaviour *
add_greeting (GPtrArray *list,
              const char *name,
              ChaosFrames greeting,
              guint32 detail,
              ChaosEnd end,
              ChaosOutcome outcome)
{
  ChaosBehaviour *self = add (list, name, append_whole, 0, end, outcome);

  ((ChaosHttp2 *) self->plan)->greeting = greeting;
  ((ChaosHttp2 *) self->plan)->greeting_detail = detail;

  return self;
}

/* The last @n_repeated bytes without end, all of which is allowed: only the client's limits end it */
static void
add_flood (GPtrArray *list,
           const char *name,
           ChaosFrames frames,
           guint32 detail,
           gsize n_repeated)
{
  ChaosBehaviour *self = add (list, name, frames, detail, CHAOS_FLOOD, CHAOS_FAILS);

  self->n_repeated = n_repeated;
}

/* --- Ends ------------------------------------------------------------------------------------------------------------- */

static void
append_cut (GByteArray *out,
            guint32 stream,
            guint32 detail)
{
  append_until (out, stream, detail);
}

static void
append_half_frame (GByteArray *out,
                   guint32 stream,
                   guint32 detail)
{
  append_until (out, stream, detail);
  g_byte_array_set_size (out, out->len - 7);
}

static void
add_ends (GPtrArray *list)
{
  static const char *const end_names[] = { "kept", "closed", "reset", "silent" };

  for (Place place = 0; place < N_PLACES; place++)
    for (ChaosEnd end = CHAOS_CLOSE; end <= CHAOS_SILENCE; end++)
      {
        g_autofree char *name = g_strdup_printf ("cut/%s/%s", place_names[place], end_names[end]);
        g_autofree char *in_frame = g_strdup_printf ("cut/in-%s/%s", place_names[place], end_names[end]);

        /* A connection that falls silent after an answer is still good for another request */
        add (list, name, append_cut, place, end, place < PLACE_WHOLE ? CHAOS_FAILS : end == CHAOS_CLOSE ? CHAOS_GOOD : CHAOS_EITHER);
        if (place != PLACE_START)
          add (list, in_frame, append_half_frame, place, end, CHAOS_FAILS);
      }

  add (list, "good", append_whole, 0, CHAOS_KEEP, CHAOS_GOOD);
}

/* --- RST_STREAM and GOAWAY -------------------------------------------------------------------------------------------- */

/* The detail is the place and the code */
#define DETAIL(place, code) ((guint32) (place) << 16 | (code))

static void
append_reset (GByteArray *out,
              guint32 stream,
              guint32 detail)
{
  append_until (out, stream, detail >> 16);
  chaos_frame_number (out, NGHTTP2_RST_STREAM, stream, detail & 0xffff);
}

/* A GOAWAY, and the rest of the answer after it; the code 0xffff stands for one that nobody knows */
static void
append_leave (GByteArray *out,
              guint32 stream,
              guint32 detail)
{
  append_until (out, stream, detail >> 16);
  chaos_frame_goaway (out, stream, detail & 0xffff);
  append_from (out, stream, detail >> 16);
}

static void
append_leave_late (GByteArray *out,
                   guint32 stream,
                   guint32 detail)
{
  append_until (out, stream, detail >> 16);
  chaos_frame_goaway (out, 0x7fffffff, detail & 0xffff);
  append_from (out, stream, detail >> 16);
}

/* Says that the request was not looked at, and answers it all the same */
static void
append_disown (GByteArray *out,
               guint32 stream,
               guint32 detail)
{
  append_until (out, stream, detail >> 16);
  chaos_frame_goaway (out, 0, detail & 0xffff);
  append_from (out, stream, detail >> 16);
}

/* The same, without an answer */
static void
append_disown_only (GByteArray *out,
                    guint32 stream,
                    guint32 detail)
{
  append_until (out, stream, detail >> 16);
  chaos_frame_goaway (out, 0, detail & 0xffff);
}

static void
append_leave_only (GByteArray *out,
                   guint32 stream,
                   guint32 detail)
{
  append_until (out, stream, detail >> 16);
  chaos_frame_goaway (out, stream, detail & 0xffff);
}

/* Each with a larger last stream, which is not allowed */
static void
append_leave_rising (GByteArray *out,
                     guint32 stream,
                     guint32 detail)
{
  chaos_frame_goaway (out, stream, NGHTTP2_NO_ERROR);
  chaos_frame_goaway (out, stream + 100, NGHTTP2_NO_ERROR);
  append_whole (out, stream, 0);
}

/* With many bytes of what a person may read */
static void
append_leave_talking (GByteArray *out,
                      guint32 stream,
                      guint32 detail)
{
  g_autofree char *text = g_strnfill (detail, 'x');

  chaos_frame_header (out, NGHTTP2_GOAWAY, 0, 0, 8 + detail);
  g_byte_array_append (out, (const guint8 *) "\0\0\0\1\0\0\0\0", 8);
  chaos_append (out, text);
  append_whole (out, stream, 0);
}

static void
add_goodbyes (GPtrArray *list)
{
  static const guint codes[] = { NGHTTP2_NO_ERROR, NGHTTP2_PROTOCOL_ERROR, NGHTTP2_ENHANCE_YOUR_CALM, 0xffff };

  for (Place place = 0; place < N_PLACES; place++)
    {
      ChaosOutcome whole_only = place == PLACE_WHOLE ? CHAOS_EITHER : CHAOS_FAILS;

      for (guint code = 0; code <= NGHTTP2_HTTP_1_1_REQUIRED + 1; code++)
        {
          g_autofree char *name = g_strdup_printf ("reset/%s/%u", place_names[place], code);

          add (list, name, append_reset, DETAIL (place, code), CHAOS_KEEP, place == PLACE_WHOLE ? CHAOS_GOOD : CHAOS_FAILS);
        }

      for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
        {
          guint32 detail = DETAIL (place, codes[i]);
          g_autofree char *leave = g_strdup_printf ("goaway/%s/%u", place_names[place], codes[i]);
          g_autofree char *late = g_strdup_printf ("goaway/%s-largest/%u", place_names[place], codes[i]);
          g_autofree char *disown = g_strdup_printf ("goaway/%s-not-ours/%u", place_names[place], codes[i]);
          g_autofree char *leave_only = g_strdup_printf ("goaway/%s-only/%u", place_names[place], codes[i]);
          g_autofree char *disown_only = g_strdup_printf ("goaway/%s-only-not-ours/%u", place_names[place], codes[i]);

          /* libsoup 3.2 takes the last stream for one that will not be served any more, even if there was no error */
          add (list, leave, append_leave, detail, CHAOS_CLOSE, CHAOS_EITHER);
          add (list, late, append_leave_late, detail, CHAOS_KEEP, codes[i] == NGHTTP2_NO_ERROR ? CHAOS_GOOD : CHAOS_EITHER);
          add (list, disown, append_disown, detail, CHAOS_CLOSE, CHAOS_EITHER);
          add (list, leave_only, append_leave_only, detail, CHAOS_CLOSE, whole_only);
          add (list, disown_only, append_disown_only, detail, CHAOS_SILENCE, whole_only);
        }
    }

  add_flood (list, "goaway/flood", append_leave_only, NGHTTP2_NO_ERROR, 17);
  add (list, "goaway/rising", append_leave_rising, 0, CHAOS_CLOSE, CHAOS_EITHER);
  add (list, "goaway/talking", append_leave_talking, 1000, CHAOS_CLOSE, CHAOS_EITHER);
  add (list, "goaway/talking-too-much", append_leave_talking, 20000, CHAOS_CLOSE, CHAOS_FAILS);
  add_greeting (list, "goaway/first", append_leave_only, NGHTTP2_NO_ERROR, CHAOS_CLOSE, CHAOS_EITHER);
  add_greeting (list, "goaway/first-not-ours", append_disown_only, NGHTTP2_NO_ERROR, CHAOS_CLOSE, CHAOS_EITHER);
}

/* --- Windows ---------------------------------------------------------------------------------------------------------- */

static void
append_nothing (GByteArray *out,
                guint32 stream,
                guint32 detail)
{
}

static void
append_setting (GByteArray *out,
                guint32 stream,
                guint32 detail)
{
  /* 16 bits are enough for those values that are allowed */
  chaos_frame_setting (out, detail >> 16, detail & 0xffff);
}

static void
append_closed_window (GByteArray *out,
                      guint32 stream,
                      guint32 detail)
{
  chaos_frame_setting (out, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0);
  if (detail > 0)
    chaos_frame_setting (out, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, detail);
}

static void
append_window (GByteArray *out,
               guint32 stream,
               guint32 detail)
{
  chaos_frame_number (out, NGHTTP2_WINDOW_UPDATE, 0, detail);
  append_whole (out, stream, 0);
}

static void
append_stream_window (GByteArray *out,
                      guint32 stream,
                      guint32 detail)
{
  chaos_frame_number (out, NGHTTP2_WINDOW_UPDATE, stream, detail);
  append_whole (out, stream, 0);
}

static void
append_windows (GByteArray *out,
                guint32 stream,
                guint32 detail)
{
  chaos_frame_number (out, NGHTTP2_WINDOW_UPDATE, 0, detail);
}

static void
add_windows (GPtrArray *list)
{
  ChaosBehaviour *self;

  /* They only ever matter to those that have a body to send */
  add_greeting (list, "window/zero", append_closed_window, 0, CHAOS_KEEP, CHAOS_EITHER);
  add_greeting (list, "window/one", append_closed_window, 1, CHAOS_KEEP, CHAOS_EITHER);
  add_greeting (list, "window/zero-then-open", append_closed_window, 0xffff, CHAOS_KEEP, CHAOS_GOOD);
  self = add (list, "window/stalls", append_whole, 0, CHAOS_KEEP, CHAOS_EITHER);
  ((ChaosHttp2 *) self->plan)->stalls = TRUE;

  add (list, "window/update-zero", append_window, 0, CHAOS_KEEP, CHAOS_EITHER);
  add (list, "window/update-overflow", append_window, 0x7fffffff, CHAOS_KEEP, CHAOS_EITHER);
  add (list, "window/update-high-bit", append_window, 0x80000000, CHAOS_KEEP, CHAOS_EITHER);
  add (list, "window/stream-update-zero", append_stream_window, 0, CHAOS_KEEP, CHAOS_EITHER);
  add (list, "window/stream-update-overflow", append_stream_window, 0x7fffffff, CHAOS_KEEP, CHAOS_EITHER);
  add_flood (list, "window/update-flood", append_windows, 1, 13);
}

/* --- Frames that are not about the answer ----------------------------------------------------------------------------- */

static void
append_empty_settings (GByteArray *out,
                       guint32 stream,
                       guint32 detail)
{
  chaos_frame (out, NGHTTP2_SETTINGS, 0, detail, NULL, 0);
}

static void
append_large_setting (GByteArray *out,
                      guint32 stream,
                      guint32 detail)
{
  chaos_frame_setting (out, detail, 0xffffffff);
}

static void
append_many_settings (GByteArray *out,
                      guint32 stream,
                      guint32 detail)
{
  chaos_frame_header (out, NGHTTP2_SETTINGS, 0, 0, 6 * detail);
  for (guint i = 0; i < detail; i++)
    g_byte_array_append (out, (const guint8 *) "\x7f\xff\0\0\0\1", 6);
}

static void
append_setting_with_length (GByteArray *out,
                            guint32 stream,
                            guint32 detail)
{
  chaos_frame (out, NGHTTP2_SETTINGS, 0, 0, "\0\3\0\0\0\1", detail);
}

static void
append_acknowledgement (GByteArray *out,
                        guint32 stream,
                        guint32 detail)
{
  for (guint i = 0; i < 10; i++)
    chaos_frame (out, NGHTTP2_SETTINGS, NGHTTP2_FLAG_ACK, 0, "\0\3\0\0\0\1", detail);
  append_whole (out, stream, 0);
}

/* The detail is how long it is, and its stream */
static void
append_ping (GByteArray *out,
             guint32 stream,
             guint32 detail)
{
  chaos_frame (out, NGHTTP2_PING, 0, detail >> 16, "12345678901234567890", detail & 0xffff);
}

static void
append_pings (GByteArray *out,
              guint32 stream,
              guint32 detail)
{
  for (guint i = 0; i < detail; i++)
    append_ping (out, stream, 8);
  append_whole (out, stream, 0);
}

static void
append_pong (GByteArray *out,
             guint32 stream,
             guint32 detail)
{
  chaos_frame (out, NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, "12345678", 8);
  append_whole (out, stream, 0);
}

/* Of the type that is the detail */
static void
append_strange (GByteArray *out,
                guint32 stream,
                guint32 detail)
{
  chaos_frame (out, detail, 0xff, stream, "some bytes that mean nothing", 28);
  append_whole (out, stream, 0);
}

static void
append_strange_flood (GByteArray *out,
                      guint32 stream,
                      guint32 detail)
{
  chaos_frame (out, detail, 0, 0, NULL, 0);
}

static void
append_priority (GByteArray *out,
                 guint32 stream,
                 guint32 detail)
{
  chaos_frame (out, NGHTTP2_PRIORITY, 0, stream, "\0\0\0\1\x10", detail);
  append_whole (out, stream, 0);
}

static void
append_text (GByteArray *out,
             guint32 stream,
             guint32 detail)
{
  chaos_append (out, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n\"WRONG\"");
}

static void
append_garbage (GByteArray *out,
                guint32 stream,
                guint32 detail)
{
  append_until (out, stream, detail);
  for (guint i = 0; i < 1000; i++)
    g_byte_array_append (out, (const guint8 *) "\xa5\x5a\xff", 3);
}

static void
add_control (GPtrArray *list)
{
  ((ChaosHttp2 *) add (list, "settings/not-acknowledged", append_whole, 0, CHAOS_KEEP, CHAOS_GOOD)->plan)->mute = TRUE;
  add_greeting (list, "settings/none", append_nothing, 0, CHAOS_KEEP, CHAOS_EITHER);
  add_greeting (list, "settings/on-stream", append_empty_settings, 1, CHAOS_KEEP, CHAOS_FAILS);
  add_greeting (list, "settings/table-zero", append_setting, NGHTTP2_SETTINGS_HEADER_TABLE_SIZE << 16, CHAOS_KEEP, CHAOS_GOOD);
  add_greeting (list, "settings/table-largest", append_large_setting, NGHTTP2_SETTINGS_HEADER_TABLE_SIZE, CHAOS_KEEP, CHAOS_GOOD);
  add_greeting (list, "settings/push-2", append_setting, NGHTTP2_SETTINGS_ENABLE_PUSH << 16 | 2, CHAOS_KEEP, CHAOS_FAILS);
  add_greeting (list, "settings/no-streams", append_setting, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS << 16, CHAOS_KEEP, CHAOS_EITHER);
  add_greeting (list, "settings/streams-largest", append_large_setting, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, CHAOS_KEEP, CHAOS_GOOD);
  add_greeting (list, "settings/window-largest", append_large_setting, NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, CHAOS_KEEP, CHAOS_FAILS);
  add_greeting (list, "settings/frame-1", append_setting, NGHTTP2_SETTINGS_MAX_FRAME_SIZE << 16 | 1, CHAOS_KEEP, CHAOS_FAILS);
  add_greeting (list, "settings/frame-largest", append_large_setting, NGHTTP2_SETTINGS_MAX_FRAME_SIZE, CHAOS_KEEP, CHAOS_FAILS);
  add_greeting (list, "settings/list-1", append_setting, NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE << 16 | 1, CHAOS_KEEP, CHAOS_EITHER);
  add_greeting (list, "settings/unknown", append_setting, 0x7fff0001, CHAOS_KEEP, CHAOS_GOOD);
  add_greeting (list, "settings/thousand", append_many_settings, 1000, CHAOS_KEEP, CHAOS_EITHER);
  add_greeting (list, "settings/five-bytes", append_setting_with_length, 5, CHAOS_KEEP, CHAOS_FAILS);
  add_greeting (list, "settings/text", append_text, 0, CHAOS_KEEP, CHAOS_FAILS);
  add_flood (list, "settings/flood", append_empty_settings, 0, 9);
  add (list, "settings/acknowledged-often", append_acknowledgement, 0, CHAOS_KEEP, CHAOS_EITHER);
  add (list, "settings/acknowledged-with-payload", append_acknowledgement, 6, CHAOS_KEEP, CHAOS_FAILS);

  add (list, "ping/short", append_ping, 7, CHAOS_SILENCE, CHAOS_FAILS);
  add (list, "ping/long", append_ping, 9, CHAOS_SILENCE, CHAOS_FAILS);
  add (list, "ping/on-stream", append_ping, 1 << 16 | 8, CHAOS_SILENCE, CHAOS_FAILS);
  add (list, "ping/many", append_pings, 100, CHAOS_KEEP, CHAOS_GOOD);
  add (list, "ping/too-many", append_pings, MANY, CHAOS_KEEP, CHAOS_EITHER);
  add (list, "ping/unasked-answer", append_pong, 0, CHAOS_KEEP, CHAOS_GOOD);
  add_flood (list, "ping/flood", append_ping, 8, 17);

  add (list, "strange/type", append_strange, 0x42, CHAOS_KEEP, CHAOS_GOOD);
  add (list, "strange/altsvc", append_strange, NGHTTP2_ALTSVC, CHAOS_KEEP, CHAOS_EITHER);
  add (list, "strange/origin", append_strange, NGHTTP2_ORIGIN, CHAOS_KEEP, CHAOS_EITHER);
  add_flood (list, "strange/flood", append_strange_flood, 0x42, 9);
  add (list, "priority/itself", append_priority, 5, CHAOS_KEEP, CHAOS_EITHER);
  add (list, "priority/short", append_priority, 4, CHAOS_KEEP, CHAOS_EITHER);
  add (list, "text/instead", append_text, 0, CHAOS_CLOSE, CHAOS_FAILS);
  for (Place place = 0; place < N_PLACES; place++)
    {
      g_autofree char *name = g_strdup_printf ("garbage/%s", place_names[place]);

      add (list, name, append_garbage, place, CHAOS_CLOSE, place == PLACE_WHOLE ? CHAOS_EITHER : CHAOS_FAILS);
    }
}

/* --- Heads ------------------------------------------------------------------------------------------------------------ */

static const char *const heads[][9] = {
  { "no-status", "content-type", "text/plain" },
  { "two-statuses", ":status", "200", ":status", "404" },
  { "status-last", "x", "y", ":status", "200" },
  { "status-words", ":status", "fine" },
  { "status-2000", ":status", "2000" },
  { "status-99", ":status", "099" },
  { "status-empty", ":status", "" },
  { "status-101", ":status", "101" },
  { "other-pseudo", ":status", "200", ":path", "/" },
  { "unknown-pseudo", ":status", "200", ":chaos", "x" },
};

/* Those that many servers get wrong */
static const char *const lax_heads[][9] = {
  { "upper-case", ":status", "200", "X-Chaos", "x" },
  { "connection", ":status", "200", "connection", "close" },
  { "transfer-encoding", ":status", "200", "transfer-encoding", "chunked" },
  { "upgrade", ":status", "200", "upgrade", "h2c" },
  { "line-end", ":status", "200", "x", "a\r\ncontent-length: 5" },
  { "name-with-line-end", ":status", "200", "x: a\r\ny", "b" },
  { "empty-name", ":status", "200", "", "x" },
  { "spaces", ":status", "200", " x ", " y " },
  { "eight-bits", ":status", "200", "x", "\xff\xfe" },
};

static void
append_bad_head (GByteArray *out,
                 guint32 stream,
                 guint32 detail)
{
  chaos_frame_fields (out, END_HEADERS, stream, &heads[detail][1]);
  append_from (out, stream, PLACE_HEAD);
}

static void
append_lax_head (GByteArray *out,
                 guint32 stream,
                 guint32 detail)
{
  chaos_frame_fields (out, END_HEADERS, stream, &lax_heads[detail][1]);
  append_from (out, stream, PLACE_HEAD);
}

/* Bytes that are no block of fields */
static const struct
{
  const char *name;
  const char *block;
  gsize length;
} blocks[] = {
  { "index-zero", "\x80", 1 },
  { "index-too-large", "\xff\x7f", 2 },
  { "index-endless", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12 },
  { "string-too-long", "\x88\x00\x7f\xff\xff\xff\xff\x07", 8 },
  { "string-cut", "\x88\x00\x05" "ab", 5 },
  { "bad-huffman", "\x88\x00\x01x\x84\xff\xff\xff\xff", 9 },
  { "table-too-large", "\x3f\xe1\xff\xff\xff\x07\x88", 7 },
  { "table-in-middle", "\x88\x20\x88", 3 },
  { "empty", "", 0 },
};

static void
append_bad_block (GByteArray *out,
                  guint32 stream,
                  guint32 detail)
{
  chaos_frame (out, NGHTTP2_HEADERS, END_HEADERS, stream, blocks[detail].block, blocks[detail].length);
  append_from (out, stream, PLACE_HEAD);
}

/* A long field once, and then again and again, by one byte each */
static void
append_bomb (GByteArray *out,
             guint32 stream,
             guint32 detail)
{
  g_autofree char *value = g_strnfill (3900, 'x');
  g_autoptr (GByteArray) block = g_byte_array_new ();

  chaos_append_block (block, (const char *[]) { ":status", "200", "x", value, NULL });
  for (guint i = 0; i < detail; i++)
    g_byte_array_append (block, (const guint8 *) "\xbe", 1);
  chaos_frame (out, NGHTTP2_HEADERS, END_HEADERS, stream, block->data, block->len);
  append_from (out, stream, PLACE_HEAD);
}

static void
append_many_fields (GByteArray *out,
                    guint32 stream,
                    guint32 detail)
{
  g_autoptr (GByteArray) block = g_byte_array_new ();

  g_byte_array_append (block, (const guint8 *) "\x88", 1);
  for (guint i = 0; i < detail; i++)
    g_byte_array_append (block, (const guint8 *) "\x00\x01x\x01y", 5);
  chaos_frame (out, NGHTTP2_HEADERS, END_HEADERS, stream, block->data, block->len);
  append_from (out, stream, PLACE_HEAD);
}

/* A head in two frames, and what must not come between */
static void
append_between (GByteArray *out,
                guint32 stream,
                guint32 detail)
{
  g_autoptr (GByteArray) block = g_byte_array_new ();

  chaos_append_block (block, good);
  chaos_frame (out, NGHTTP2_HEADERS, 0, stream, block->data, 1);
  if (detail == NGHTTP2_DATA)
    append_data (out, stream, 0, 0, 10);
  else if (detail == NGHTTP2_PING)
    append_ping (out, stream, 8);
  chaos_frame (out, NGHTTP2_CONTINUATION, END_HEADERS, detail == NGHTTP2_CONTINUATION ? stream + 2 : stream, block->data + 1, block->len - 1);
  append_from (out, stream, PLACE_HEAD);
}

/* In as many frames as it has bytes */
static void
append_split (GByteArray *out,
              guint32 stream,
              guint32 detail)
{
  g_autoptr (GByteArray) block = g_byte_array_new ();

  chaos_append_block (block, good);
  chaos_frame (out, NGHTTP2_HEADERS, 0, stream, block->data, 1);
  for (guint i = 1; i < block->len; i++)
    chaos_frame (out, NGHTTP2_CONTINUATION, i + 1 == block->len ? END_HEADERS : 0, stream, block->data + i, 1);
  append_from (out, stream, PLACE_HEAD);
}

/* A head that goes on */
static void
append_endless_head (GByteArray *out,
                     guint32 stream,
                     guint32 detail)
{
  chaos_frame (out, NGHTTP2_HEADERS, 0, stream, "\x88", 1);
  if (detail == 0)
    chaos_frame (out, NGHTTP2_CONTINUATION, 0, stream, NULL, 0);
  else
    chaos_frame (out, NGHTTP2_CONTINUATION, 0, stream, "\x00\x01x\x01y", 5);
}

static void
append_lone_continuation (GByteArray *out,
                          guint32 stream,
                          guint32 detail)
{
  chaos_frame (out, NGHTTP2_CONTINUATION, END_HEADERS, stream, "\x88", 1);
}

static void
append_interim (GByteArray *out,
                guint32 stream,
                guint32 detail)
{
  for (guint i = 0; i < detail; i++)
    chaos_frame_fields (out, END_HEADERS, stream, (const char *[]) { ":status", i % 2 == 0 ? "103" : "100", "x", "y", NULL });
  append_whole (out, stream, 0);
}

static void
append_interim_end (GByteArray *out,
                    guint32 stream,
                    guint32 detail)
{
  chaos_frame_fields (out, END_HEADERS | END_STREAM, stream, (const char *[]) { ":status", "103", NULL });
}

static void
append_interims (GByteArray *out,
                 guint32 stream,
                 guint32 detail)
{
  chaos_frame (out, NGHTTP2_HEADERS, END_HEADERS, stream, "\x08\x03" "103", 5);
}

static void
append_stray_head (GByteArray *out,
                   guint32 stream,
                   guint32 detail)
{
  chaos_frame_fields (out, END_HEADERS, detail, good);
  append_whole (out, stream, 0);
}

static void
append_empty_head (GByteArray *out,
                   guint32 stream,
                   guint32 detail)
{
  chaos_frame_fields (out, END_HEADERS | END_STREAM, stream, good);
}

static void
append_promise (GByteArray *out,
                guint32 stream,
                guint32 detail)
{
  g_autoptr (GByteArray) payload = g_byte_array_new ();

  g_byte_array_append (payload, (const guint8 *) "\0\0\0\2", 4);
  chaos_append_block (payload, (const char *[]) { ":method", "GET", ":scheme", "https", ":authority", "127.0.0.1", ":path", "/pushed", NULL });
  chaos_frame (out, NGHTTP2_PUSH_PROMISE, END_HEADERS, stream, payload->data, payload->len);
  chaos_frame_fields (out, END_HEADERS, 2, good);
  chaos_frame (out, NGHTTP2_DATA, END_STREAM, 2, "WRONG", 5);
  append_whole (out, stream, 0);
}

static void
add_named_heads (GPtrArray *list,
                 const char *const (*table)[9],
                 guint n,
                 ChaosFrames frames,
                 ChaosOutcome outcome)
{
  for (guint i = 0; i < n; i++)
    {
      g_autofree char *name = g_strconcat ("head/", table[i][0], NULL);

      add (list, name, frames, i, CHAOS_KEEP, outcome);
    }
}

static void
add_heads (GPtrArray *list)
{
  ChaosBehaviour *self;

  add_named_heads (list, heads, G_N_ELEMENTS (heads), append_bad_head, CHAOS_FAILS);
  add_named_heads (list, lax_heads, G_N_ELEMENTS (lax_heads), append_lax_head, CHAOS_EITHER);
  for (guint i = 0; i < G_N_ELEMENTS (blocks); i++)
    {
      g_autofree char *name = g_strconcat ("block/", blocks[i].name, NULL);

      add (list, name, append_bad_block, i, CHAOS_KEEP, CHAOS_FAILS);
    }

  add (list, "block/bomb", append_bomb, 10000, CHAOS_KEEP, CHAOS_FAILS);
  add (list, "block/hundred-fields", append_many_fields, 100, CHAOS_KEEP, CHAOS_GOOD);
  add (list, "block/many-fields", append_many_fields, 3000, CHAOS_KEEP, CHAOS_EITHER);
  add (list, "continuation/split", append_split, 0, CHAOS_KEEP, CHAOS_EITHER);
  add (list, "continuation/after-data", append_between, NGHTTP2_DATA, CHAOS_KEEP, CHAOS_FAILS);
  add (list, "continuation/after-ping", append_between, NGHTTP2_PING, CHAOS_KEEP, CHAOS_FAILS);
  add (list, "continuation/other-stream", append_between, NGHTTP2_CONTINUATION, CHAOS_KEEP, CHAOS_FAILS);
  add (list, "continuation/two", append_between, 0xff, CHAOS_KEEP, CHAOS_GOOD);
  add (list, "continuation/alone", append_lone_continuation, 0, CHAOS_KEEP, CHAOS_FAILS);
  self = add (list, "continuation/flood", append_endless_head, 1, CHAOS_FLOOD, CHAOS_FAILS);
  self->n_repeated = 14;
  self = add (list, "continuation/empty-flood", append_endless_head, 0, CHAOS_FLOOD, CHAOS_FAILS);
  self->n_repeated = 9;

  add (list, "interim/two", append_interim, 2, CHAOS_KEEP, CHAOS_GOOD);
  add (list, "interim/many", append_interim, 1000, CHAOS_KEEP, CHAOS_EITHER);
  add (list, "interim/ends", append_interim_end, 0, CHAOS_KEEP, CHAOS_FAILS);
  self = add (list, "interim/flood", append_interims, 0, CHAOS_FLOOD, CHAOS_FAILS);
  self->n_repeated = 14;

  add (list, "head/on-zero", append_stray_head, 0, CHAOS_KEEP, CHAOS_FAILS);
  add (list, "head/even-stream", append_stray_head, 2, CHAOS_KEEP, CHAOS_EITHER);
  add (list, "head/idle-stream", append_stray_head, 99, CHAOS_KEEP, CHAOS_EITHER);
  add (list, "head/push", append_promise, 0, CHAOS_KEEP, CHAOS_EITHER);
  chaos_set_content (add (list, "head/no-body", append_empty_head, 0, CHAOS_KEEP, CHAOS_GOOD), "", 0);
}

/* --- Bodies ----------------------------------------------------------------------------------------------------------- */

static const char *const lengths[][2] = {
  { "one-more", "2001" },
  { "one-less", "1999" },
  { "zero", "0" },
  { "negative", "-2000" },
  { "words", "many" },
  { "overflow", "99999999999999999999999" },
  { "differing", "2000, 1999" },
};

static void
append_length (GByteArray *out,
               guint32 stream,
               guint32 detail)
{
  append_head_with (out, stream, 0, "content-length", lengths[detail][1]);
  append_from (out, stream, PLACE_HEAD);
}

static void
append_right_length (GByteArray *out,
                     guint32 stream,
                     guint32 detail)
{
  append_head_with (out, stream, 0, "content-length", "2000");
  append_from (out, stream, PLACE_HEAD);
}

static void
append_two_lengths (GByteArray *out,
                    guint32 stream,
                    guint32 detail)
{
  chaos_frame_fields (out, END_HEADERS, stream, (const char *[]) { ":status", "200", "content-length", "2000", "content-length", "1999", NULL });
  append_from (out, stream, PLACE_HEAD);
}

static void
append_trailer (GByteArray *out,
                guint32 stream,
                guint32 detail)
{
  chaos_frame_fields (out, END_HEADERS, stream, good);
  append_data (out, stream, 0, 0, CHAOS_BODY_LENGTH);
  chaos_frame_fields (out, END_HEADERS | detail, stream, (const char *[]) { "x-sum", "17", NULL });
}

static void
append_status_trailer (GByteArray *out,
                       guint32 stream,
                       guint32 detail)
{
  chaos_frame_fields (out, END_HEADERS, stream, good);
  append_data (out, stream, 0, 0, CHAOS_BODY_LENGTH);
  chaos_frame_fields (out, END_HEADERS | END_STREAM, stream, (const char *[]) { ":status", "404", NULL });
}

/* Something that would be another answer */
static void
append_second (GByteArray *out,
               guint32 stream,
               guint32 detail)
{
  append_whole (out, stream, 0);
  chaos_frame_fields (out, END_HEADERS, stream, good);
  chaos_frame (out, NGHTTP2_DATA, END_STREAM, stream, "\"WRONG\"", 7);
}

/* For a request that will come */
static void
append_next (GByteArray *out,
             guint32 stream,
             guint32 detail)
{
  append_whole (out, stream, 0);
  chaos_frame_fields (out, END_HEADERS, stream + 2, good);
  chaos_frame (out, NGHTTP2_DATA, END_STREAM, stream + 2, "\"WRONG\"", 7);
}

static void
append_more_data (GByteArray *out,
                  guint32 stream,
                  guint32 detail)
{
  append_whole (out, stream, 0);
  chaos_frame (out, NGHTTP2_DATA, 0, stream, "WRONG", 5);
}

/* Before the head, or where there is no request */
static void
append_stray_data (GByteArray *out,
                   guint32 stream,
                   guint32 detail)
{
  chaos_frame (out, NGHTTP2_DATA, 0, detail == 1 ? stream : detail, "WRONG", 5);
  append_whole (out, stream, 0);
}

/* The detail is what the frame says is padding */
static void
append_padded (GByteArray *out,
               guint32 stream,
               guint32 detail)
{
  guint8 pad = (guint8) detail;

  chaos_frame_fields (out, END_HEADERS, stream, good);
  append_data (out, stream, 0, 0, 1990);
  chaos_frame_header (out, NGHTTP2_DATA, END_STREAM | NGHTTP2_FLAG_PADDED, stream, 1 + 10 + 5);
  g_byte_array_append (out, &pad, 1);
  g_byte_array_append (out, chaos_get_body_data () + 1990, 10);
  g_byte_array_append (out, (const guint8 *) "\0\0\0\0\0", 5);
}

static void
append_empty_data (GByteArray *out,
                   guint32 stream,
                   guint32 detail)
{
  chaos_frame_fields (out, END_HEADERS, stream, good);
  append_data (out, stream, 0, 0, detail);
}

/* The frame's length lies: far more than may be */
static void
append_too_large (GByteArray *out,
                  guint32 stream,
                  guint32 detail)
{
  g_autofree char *content = g_strnfill (16385, 'x');

  chaos_frame_fields (out, END_HEADERS, stream, good);
  chaos_frame_header (out, NGHTTP2_DATA, 0, stream, detail);
  chaos_append (out, content);
}

/* Without regard to the window */
static void
append_beyond (GByteArray *out,
               guint32 stream,
               guint32 detail)
{
  g_autofree char *content = g_strnfill (16384, 'x');

  chaos_frame_fields (out, END_HEADERS, stream, good);
  chaos_frame (out, NGHTTP2_DATA, 0, stream, content, 16384);
}

/* More than is taken over HTTP/2 if it can be had over HTTP/1.1, and not the end of it */
static void
append_much (GByteArray *out,
             guint32 stream,
             guint32 detail)
{
  g_autofree char *content = g_strnfill (16384, 'x');

  chaos_frame_fields (out, END_HEADERS, stream, good);
  for (guint i = 0; i < detail; i++)
    chaos_frame (out, NGHTTP2_DATA, 0, stream, content, 16384);
  chaos_frame_number (out, NGHTTP2_RST_STREAM, stream, NGHTTP2_INTERNAL_ERROR);
}

static void
append_gzip (GByteArray *out,
             guint32 stream,
             guint32 detail)
{
  g_autoptr (GByteArray) coded = chaos_append_gzip (g_byte_array_new (), chaos_get_body_data (), CHAOS_BODY_LENGTH);

  append_head_with (out, stream, 0, "content-encoding", "gzip");
  chaos_frame (out, NGHTTP2_DATA, END_STREAM, stream, coded->data, coded->len - detail);
}

static void
append_bytes (GByteArray *out,
              guint32 stream,
              guint32 detail)
{
  chaos_frame_fields (out, END_HEADERS, stream, good);
  for (gsize i = 0; i < CHAOS_BODY_LENGTH; i++)
    append_data (out, stream, i + 1 == CHAOS_BODY_LENGTH ? END_STREAM : 0, i, 1);
}

static void
append_refusal (GByteArray *out,
                guint32 stream,
                guint32 detail)
{
  g_autofree char *status = g_strdup_printf ("%u", detail);

  chaos_frame_fields (out, END_HEADERS, stream, (const char *[]) { ":status", status, "location", "", "www-authenticate", "Basic realm=x", NULL });
  chaos_frame (out, NGHTTP2_DATA, END_STREAM, stream, "no", 2);
}

static void
add_bodies (GPtrArray *list)
{
  static const guint refusals[] = { 301, 303, 307, 401, 404, 407, 413, 421, 425, 429, 500, 503 };
  ChaosBehaviour *self;

  for (guint i = 0; i < G_N_ELEMENTS (lengths); i++)
    {
      g_autofree char *name = g_strconcat ("length/", lengths[i][0], NULL);

      add (list, name, append_length, i, CHAOS_KEEP, CHAOS_FAILS);
    }
  add (list, "length/right", append_right_length, 0, CHAOS_KEEP, CHAOS_GOOD);
  add (list, "length/two", append_two_lengths, 0, CHAOS_KEEP, CHAOS_FAILS);

  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *name = g_strdup_printf ("status/%u", refusals[i]);

      add (list, name, append_refusal, refusals[i], CHAOS_KEEP, CHAOS_FAILS);
    }

  /* libsoup 3.2 takes it for another head, and may wait for a body then */
  add (list, "trailer/good", append_trailer, END_STREAM, CHAOS_KEEP, CHAOS_EITHER);
  add (list, "trailer/without-end", append_trailer, 0, CHAOS_SILENCE, CHAOS_FAILS);
  add (list, "trailer/status", append_status_trailer, 0, CHAOS_KEEP, CHAOS_FAILS);

  add (list, "data/second-answer", append_second, 0, CHAOS_KEEP, CHAOS_GOOD);
  add (list, "data/next-answer", append_next, 0, CHAOS_KEEP, CHAOS_EITHER);
  add (list, "data/after-end", append_more_data, 0, CHAOS_KEEP, CHAOS_GOOD);
  add (list, "data/before-head", append_stray_data, 1, CHAOS_KEEP, CHAOS_FAILS);
  add (list, "data/on-zero", append_stray_data, 0, CHAOS_KEEP, CHAOS_FAILS);
  add (list, "data/idle-stream", append_stray_data, 99, CHAOS_KEEP, CHAOS_FAILS);
  add (list, "data/padded", append_padded, 5, CHAOS_KEEP, CHAOS_GOOD);
  add (list, "data/padding-too-long", append_padded, 16, CHAOS_KEEP, CHAOS_FAILS);
  add (list, "data/padding-much-too-long", append_padded, 255, CHAOS_KEEP, CHAOS_FAILS);
  add (list, "data/byte-each", append_bytes, 0, CHAOS_KEEP, CHAOS_GOOD);
  add_flood (list, "data/empty-flood", append_empty_data, 0, 9);
  add (list, "data/frame-too-large", append_too_large, 16385, CHAOS_SILENCE, CHAOS_FAILS);
  add (list, "data/frame-largest", append_too_large, 0xffffff, CHAOS_SILENCE, CHAOS_FAILS);
  add (list, "data/much", append_much, 600, CHAOS_KEEP, CHAOS_FAILS);
  self = add (list, "data/flood", append_beyond, 0, CHAOS_FLOOD, CHAOS_FAILS);
  self->bomb = TRUE;
  self->n_repeated = 16384 + 9;

  add (list, "coding/gzip", append_gzip, 0, CHAOS_KEEP, CHAOS_GOOD);
  add (list, "coding/short", append_gzip, 5, CHAOS_KEEP, CHAOS_FAILS);

  /* The first one is a success that was not earned, but it is what the server says */
  self = add (list, "early/whole", append_whole, 0, CHAOS_KEEP, CHAOS_EITHER);
  ((ChaosHttp2 *) self->plan)->early = TRUE;
  self = add (list, "early/refusal", append_refusal, 413, CHAOS_KEEP, CHAOS_FAILS);
  ((ChaosHttp2 *) self->plan)->early = TRUE;
  self = add (list, "early/reset", append_reset, DETAIL (PLACE_WHOLE, NGHTTP2_NO_ERROR), CHAOS_KEEP, CHAOS_EITHER);
  ((ChaosHttp2 *) self->plan)->early = TRUE;
}

void
chaos_add_http2 (GPtrArray *list)
{
  add_ends (list);
  add_goodbyes (list);
  add_windows (list);
  add_control (list);
  add_heads (list);
  add_bodies (list);
}
