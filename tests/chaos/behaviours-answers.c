/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a server can answer over HTTP/1 */

#include "builder.h"

#include <string.h>

/* --- Answers that end too early --------------------------------------------------------------------------------------- */

static void
add_cut (GPtrArray *list,
         ChaosForm form,
         const char *where,
         gsize cut,
         ChaosEnd end)
{
  static const char *const end_names[] = { "kept", "closed", "reset", "silent" };
  g_autofree char *name = NULL;
  gsize head_length;
  GByteArray *bytes = chaos_make_answer (form, &head_length);
  gboolean until_close = form == CHAOS_FORM_UNTIL_CLOSE || form == CHAOS_FORM_GZIP_UNTIL_CLOSE;
  gboolean is_whole = cut >= bytes->len;
  ChaosOutcome outcome = CHAOS_FAILS;
  ChaosBehaviour *behaviour;

  /* Nobody can tell before the next request that it will not be answered */
  if (is_whole && !until_close && end == CHAOS_SILENCE)
    end = CHAOS_KEEP;
  cut = MIN (cut, bytes->len);
  if (is_whole && (end == CHAOS_CLOSE || (!until_close && end != CHAOS_RESET)))
    outcome = CHAOS_GOOD;
  else if (is_whole)
    outcome = end == CHAOS_RESET ? CHAOS_EITHER : CHAOS_FAILS;
  /* Nobody can tell that something is missing */
  else if (form == CHAOS_FORM_UNTIL_CLOSE && cut >= head_length && end == CHAOS_CLOSE)
    outcome = CHAOS_GOOD;
  /* An empty body may lack the frame of its coding, which many servers leave out */
  else if (form == CHAOS_FORM_GZIP_UNTIL_CLOSE && cut == head_length && end == CHAOS_CLOSE)
    outcome = CHAOS_EITHER;
  g_byte_array_set_size (bytes, (guint) cut);

  name = g_strdup_printf ("cut/%s/%s/%s", chaos_form_names[form], where, end_names[end]);
  behaviour = chaos_add (list, name, bytes, end, outcome);
  if (until_close && cut == head_length)
    chaos_set_content (behaviour, "", 0);
  else if (form == CHAOS_FORM_UNTIL_CLOSE && cut > head_length)
    chaos_set_content (behaviour, chaos_get_body_data (), cut - head_length);
}

static void
add_cuts (GPtrArray *list)
{
  for (ChaosForm form = 0; form < CHAOS_N_FORMS; form++)
    {
      gsize head_length;
      g_autoptr (GByteArray) whole = chaos_make_answer (form, &head_length);
      const struct
      {
        const char *name;
        gsize cut;
      } places[] = {
        { "version", 5 },
        { "status", 11 },
        { "reason", 16 },
        { "field-name", 22 },
        { "field-value", 38 },
        { "head-end", head_length - 2 },
        { "head", head_length },
        { "chunk-line", head_length + 2 },
        { "body", head_length + (whole->len - head_length) / 2 },
        { "last-byte", whole->len - 1 },
        { "last-bytes", whole->len - 4 },
        { "nowhere", G_MAXSIZE },
      };

      for (guint i = 0; i < G_N_ELEMENTS (places); i++)
        for (ChaosEnd end = CHAOS_CLOSE; end <= CHAOS_SILENCE; end++)
          add_cut (list, form, places[i].name, places[i].cut, end);
    }

  chaos_add_text (list, "cut/before/closed", "", CHAOS_CLOSE, CHAOS_FAILS);
  chaos_add_text (list, "cut/before/reset", "", CHAOS_RESET, CHAOS_FAILS);
  chaos_add_text (list, "cut/before/silent", "", CHAOS_SILENCE, CHAOS_FAILS);
}

/* --- Lengths that lie ------------------------------------------------------------------------------------------------- */

static void
add_lengths (GPtrArray *list)
{
  const struct
  {
    const char *name;
    const char *fields;
    ChaosEnd end;
    ChaosOutcome outcome;
  } cases[] = {
    { "length/negative", "Content-Length: -2000\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "length/plus", "Content-Length: +2000\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "length/hexadecimal", "Content-Length: 0x7d0\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "length/words", "Content-Length: many\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "length/fraction", "Content-Length: 2000.0\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "length/with-unit", "Content-Length: 2000 bytes\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "length/parted", "Content-Length: 2 000\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "length/overflow", "Content-Length: 99999999999999999999999\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "length/overflow-64", "Content-Length: 18446744073709553616\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "length/largest", "Content-Length: 9223372036854775807\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "length/one-more", "Content-Length: 2001\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "length/one-more-silent", "Content-Length: 2001\r\n", CHAOS_SILENCE, CHAOS_FAILS },
    { "length/one-more-reset", "Content-Length: 2001\r\n", CHAOS_RESET, CHAOS_FAILS },
    { "length/two-that-differ", "Content-Length: 2000\r\nContent-Length: 1999\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "length/list-that-differs", "Content-Length: 2000, 1999\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "length/two-alike", "Content-Length: 2000\r\nContent-Length: 2000\r\n", CHAOS_CLOSE, CHAOS_EITHER },
    { "length/list-alike", "Content-Length: 2000, 2000\r\n", CHAOS_CLOSE, CHAOS_EITHER },
    { "length/zeros-before", "Content-Length: 0002000\r\n", CHAOS_KEEP, CHAOS_GOOD },
    { "length/tabs", "Content-Length:\t2000\t\r\n", CHAOS_KEEP, CHAOS_GOOD },
    { "length/case", "cOnTeNt-lEnGtH: 2000\r\n", CHAOS_KEEP, CHAOS_GOOD },
    { "length/empty", "Content-Length:\r\n", CHAOS_CLOSE, CHAOS_EITHER },
    { "length/and-chunked", "Content-Length: 2000\r\nTransfer-Encoding: chunked\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "length/range", "Content-Length: 2000\r\nContent-Range: bytes 0-1999/4000\r\n", CHAOS_CLOSE, CHAOS_EITHER },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *head = g_strdup_printf ("HTTP/1.1 200 OK\r\n%s\r\n", cases[i].fields);

      chaos_add_head (list, cases[i].name, head, cases[i].end, cases[i].outcome);
    }

  chaos_set_content (chaos_add_head (list, "length/too-small", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", CHAOS_CLOSE, CHAOS_GOOD),
               chaos_get_body_data (), 1000);
  chaos_set_content (chaos_add_head (list, "length/zero", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", CHAOS_CLOSE, CHAOS_GOOD), "", 0);
}

/* --- Chunks that lie -------------------------------------------------------------------------------------------------- */

static ChaosBehaviour *
add_chunked (GPtrArray *list,
             const char *name,
             const char *begin,
             const char *end_text,
             ChaosEnd end,
             ChaosOutcome outcome)
{
  GByteArray *bytes = chaos_append (g_byte_array_new (), "HTTP/1.1 200 OK\r\n" CHAOS_TAGGED "Transfer-Encoding: chunked\r\n\r\n");

  chaos_append (bytes, begin);
  chaos_append_body (bytes);
  chaos_append (bytes, end_text);
  return chaos_add (list, name, bytes, end, outcome);
}

static void
add_chunks (GPtrArray *list)
{
  g_autofree char *spaces = g_strnfill (1 << 20, ' ');
  g_autofree char *long_extension = g_strdup_printf ("7d0;a=%s\r\n", spaces);
  g_autofree char *letters = g_strnfill (1 << 20, 'x');
  g_autofree char *long_trailer = g_strdup_printf ("\r\n0\r\nA: %s\r\n\r\n", letters);
  g_autoptr (GByteArray) content = NULL;
  GByteArray *small = chaos_append (g_byte_array_new (), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");

  add_chunked (list, "chunk/plain", "7d0\r\n", "\r\n0\r\n\r\n", CHAOS_KEEP, CHAOS_GOOD);
  add_chunked (list, "chunk/upper-case", "7D0\r\n", "\r\n0\r\n\r\n", CHAOS_KEEP, CHAOS_GOOD);
  add_chunked (list, "chunk/zeros-before", "00007d0\r\n", "\r\n0\r\n\r\n", CHAOS_KEEP, CHAOS_GOOD);
  add_chunked (list, "chunk/extension", "7d0;a=b;c=\"d;e\"\r\n", "\r\n0;x\r\n\r\n", CHAOS_KEEP, CHAOS_GOOD);
  add_chunked (list, "chunk/trailer", "7d0\r\n", "\r\n0\r\nA: b\r\nC: d\r\n\r\n", CHAOS_KEEP, CHAOS_GOOD);
  add_chunked (list, "chunk/zeros-last", "7d0\r\n", "\r\n000\r\n\r\n", CHAOS_KEEP, CHAOS_GOOD);
  chaos_append (chaos_append_chunks (small, chaos_get_body_data (), CHAOS_BODY_LENGTH, 1), "0\r\n\r\n");
  chaos_add (list, "chunk/one-byte-each", small, CHAOS_KEEP, CHAOS_GOOD);

  add_chunked (list, "chunk/space-after", "7d0 \r\n", "\r\n0\r\n\r\n", CHAOS_CLOSE, CHAOS_EITHER);
  add_chunked (list, "chunk/space-before", " 7d0\r\n", "\r\n0\r\n\r\n", CHAOS_CLOSE, CHAOS_EITHER);
  add_chunked (list, "chunk/line-feeds", "7d0\n", "\n0\n\n", CHAOS_CLOSE, CHAOS_EITHER);
  add_chunked (list, "chunk/returns", "7d0\r", "\r0\r\r", CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/no-size", "\r\n", "\r\n0\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/only-extension", ";a=b\r\n", "\r\n0\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/prefix", "0x7d0\r\n", "\r\n0\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/negative", "-7d0\r\n", "\r\n0\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/plus", "+7d0\r\n", "\r\n0\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/words", "many\r\n", "\r\n0\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/no-hexadecimal", "7d0g\r\n", "\r\n0\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/overflow", "100000000000007d0\r\n", "\r\n0\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/largest", "7fffffffffffffff\r\n", "\r\n0\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/all-ones", "ffffffffffffffff\r\n", "\r\n0\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/too-large", "7d2\r\n", "\r\n0\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  /* The chunk takes the return, and libsoup takes the line feed for a line's end */
  content = chaos_append (chaos_append_body (g_byte_array_new ()), "\r");
  chaos_set_content (add_chunked (list, "chunk/one-too-large", "7d1\r\n", "\r\n0\r\n\r\n", CHAOS_CLOSE, CHAOS_EITHER), content->data, content->len);
  add_chunked (list, "chunk/too-small", "7cf\r\n", "\r\n0\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/nothing-between", "7d0\r\n", "0\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/not-chunked", "", "", CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/no-last", "7d0\r\n", "\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/no-last-silent", "7d0\r\n", "\r\n", CHAOS_SILENCE, CHAOS_FAILS);
  add_chunked (list, "chunk/last-without-end", "7d0\r\n", "\r\n0\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/long-extension", long_extension, "\r\n0\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/long-trailer", "7d0\r\n", long_trailer, CHAOS_CLOSE, CHAOS_FAILS);
  add_chunked (list, "chunk/endless-trailer", "7d0\r\n", "\r\n0\r\nA: b\r\n", CHAOS_FLOOD, CHAOS_FAILS)->n_repeated = 6;
  add_chunked (list, "chunk/endless-extension", "7d0\r\n", "\r\n1;aaaaaaaaaaaaaaaa", CHAOS_FLOOD, CHAOS_FAILS)->n_repeated = 8;
  add_chunked (list, "chunk/endless-zeros", "7d0\r\n", "\r\n00000000", CHAOS_FLOOD, CHAOS_FAILS)->n_repeated = 8;

  chaos_add_head (list, "coding/twice-chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  chaos_add_head (list, "coding/unknown-transfer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: wrapped\r\n\r\n", CHAOS_CLOSE, CHAOS_EITHER);
  chaos_add_head (list, "coding/chunked-not-last", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  chaos_add_head (list, "coding/identity-transfer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", CHAOS_CLOSE, CHAOS_EITHER);
}

/* --- Codings that lie ------------------------------------------------------------------------------------------------- */

static ChaosBehaviour *
add_coded (GPtrArray *list,
           const char *name,
           const char *codings,
           GByteArray *content,
           ChaosEnd end,
           ChaosOutcome outcome)
{
  g_autofree char *head = g_strdup_printf ("HTTP/1.1 200 OK\r\nContent-Encoding: %s\r\nContent-Length: %u\r\n\r\n", codings, content->len);
  GByteArray *bytes = chaos_append (g_byte_array_new (), head);

  g_byte_array_append (bytes, content->data, content->len);
  g_byte_array_unref (content);
  return chaos_add (list, name, bytes, end, outcome);
}

static GByteArray *
make_gzip (guint times)
{
  GByteArray *content = chaos_append_body (g_byte_array_new ());

  for (guint i = 0; i < times; i++)
    {
      GByteArray *coded = chaos_append_gzip (g_byte_array_new (), content->data, content->len);

      g_byte_array_unref (content);
      content = coded;
    }

  return content;
}

/* Decodes to 64 MiB, in so many steps, the last of which has this format. Made once, because that takes long. */
static GByteArray *
make_bomb (GZlibCompressorFormat format,
           guint times)
{
  static GByteArray *bombs[G_ZLIB_COMPRESSOR_FORMAT_RAW + 1];
  GByteArray *content;

  if (bombs[format] == NULL)
    {
      gsize length = 64 << 20;
      g_autofree guint8 *zeros = g_malloc0 (length);

      bombs[format] = chaos_append_coded (g_byte_array_new (), format, zeros, length);
    }

  content = g_byte_array_append (g_byte_array_new (), bombs[format]->data, bombs[format]->len);
  for (guint i = 1; i < times; i++)
    {
      GByteArray *coded = chaos_append_gzip (g_byte_array_new (), content->data, content->len);

      g_byte_array_unref (content);
      content = coded;
    }

  return content;
}

static void
add_bombs (GPtrArray *list)
{
  const struct
  {
    const char *name;
    const char *codings;
    GZlibCompressorFormat format;
    guint times;
  } cases[] = {
    { "coding/bomb", "gzip", G_ZLIB_COMPRESSOR_FORMAT_GZIP, 1 },
    { "coding/bomb-twice", "gzip, gzip", G_ZLIB_COMPRESSOR_FORMAT_GZIP, 2 },
    { "coding/bomb-four-times", "gzip, gzip, gzip, gzip", G_ZLIB_COMPRESSOR_FORMAT_GZIP, 4 },
    { "coding/bomb-deflate", "deflate", G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 1 },
    { "coding/bomb-raw-deflate", "deflate", G_ZLIB_COMPRESSOR_FORMAT_RAW, 1 },
    { "coding/bomb-mixed", "deflate, gzip", G_ZLIB_COMPRESSOR_FORMAT_ZLIB, 2 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    add_coded (list, cases[i].name, cases[i].codings, make_bomb (cases[i].format, cases[i].times), CHAOS_KEEP, CHAOS_FAILS)->bomb = TRUE;

  /* Of codings that nobody asked for, nothing is decoded */
  add_coded (list, "coding/bomb-brotli", "br", chaos_append (g_byte_array_new (), "\x5b\xff\xff\xff\xaf"), CHAOS_KEEP, CHAOS_FAILS);
  add_coded (list, "coding/bomb-zstd", "zstd", chaos_append (g_byte_array_new (), "\x28\xb5\x2f\xfd\xa4\xff\xff\xff\xff\xff"), CHAOS_KEEP, CHAOS_FAILS);
  add_coded (list, "coding/bomb-five-times", "gzip, gzip, gzip, gzip, gzip", make_bomb (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 5), CHAOS_KEEP, CHAOS_FAILS);
}

static GByteArray *
flip (GByteArray *bytes,
      guint position)
{
  bytes->data[position] ^= 0x55;
  return bytes;
}

static GByteArray *
flip_from_end (GByteArray *bytes,
               guint distance)
{
  return flip (bytes, bytes->len - distance);
}

static void
add_codings (GPtrArray *list)
{
  GString *many = g_string_new ("gzip");
  GByteArray *bytes;

  for (guint i = 0; i < 200; i++)
    g_string_append (many, ", gzip");

  add_coded (list, "coding/gzip", "gzip", make_gzip (1), CHAOS_KEEP, CHAOS_GOOD);
  add_coded (list, "coding/x-gzip", "x-gzip", make_gzip (1), CHAOS_KEEP, CHAOS_GOOD);
  add_coded (list, "coding/case", "GZip", make_gzip (1), CHAOS_KEEP, CHAOS_GOOD);
  add_coded (list, "coding/twice", "gzip, gzip", make_gzip (2), CHAOS_KEEP, CHAOS_GOOD);
  add_coded (list, "coding/identity", "identity", make_gzip (0), CHAOS_KEEP, CHAOS_GOOD);
  add_coded (list, "coding/none", "", make_gzip (0), CHAOS_KEEP, CHAOS_EITHER);
  add_coded (list, "coding/not-gzip", "gzip", make_gzip (0), CHAOS_KEEP, CHAOS_FAILS);
  add_coded (list, "coding/not-deflate", "deflate", make_gzip (0), CHAOS_KEEP, CHAOS_FAILS);
  add_coded (list, "coding/twice-too-few", "gzip, gzip", make_gzip (1), CHAOS_KEEP, CHAOS_FAILS);
  add_coded (list, "coding/character-set", "utf-8", make_gzip (0), CHAOS_KEEP, CHAOS_GOOD);
  add_coded (list, "coding/unknown", "br", make_gzip (0), CHAOS_KEEP, CHAOS_FAILS);
  add_coded (list, "coding/unknown-after", "gzip, zstd", make_gzip (1), CHAOS_KEEP, CHAOS_FAILS);
  add_coded (list, "coding/many", many->str, make_gzip (1), CHAOS_KEEP, CHAOS_FAILS);
  add_coded (list, "coding/bad-check", "gzip", flip_from_end (make_gzip (1), 6), CHAOS_KEEP, CHAOS_FAILS);
  add_coded (list, "coding/bad-size", "gzip", flip_from_end (make_gzip (1), 1), CHAOS_KEEP, CHAOS_FAILS);
  add_coded (list, "coding/bad-magic", "gzip", flip (make_gzip (1), 0), CHAOS_KEEP, CHAOS_FAILS);
  add_coded (list, "coding/bad-flags", "gzip", flip (make_gzip (1), 3), CHAOS_KEEP, CHAOS_FAILS);
  add_coded (list, "coding/rubbish-after", "gzip", chaos_append (make_gzip (1), "rubbish"), CHAOS_KEEP, CHAOS_FAILS);
  bytes = make_gzip (1);
  add_coded (list, "coding/short", "gzip", g_byte_array_set_size (bytes, bytes->len - 3), CHAOS_KEEP, CHAOS_FAILS);
  bytes = make_gzip (1);
  add_coded (list, "coding/only-head", "gzip", g_byte_array_set_size (bytes, 10), CHAOS_KEEP, CHAOS_FAILS);
  add_bombs (list);
  g_string_free (many, TRUE);
}

/* --- Heads ------------------------------------------------------------------------------------------------------------ */

static void
add_heads (GPtrArray *list)
{
  const struct
  {
    const char *name;
    const char *head;
    ChaosEnd end;
    ChaosOutcome outcome;
  } cases[] = {
    { "head/no-reason", "HTTP/1.1 200 \r\nContent-Length: 2000\r\n\r\n", CHAOS_KEEP, CHAOS_GOOD },
    { "head/no-reason-no-space", "HTTP/1.1 200\r\nContent-Length: 2000\r\n\r\n", CHAOS_KEEP, CHAOS_EITHER },
    { "head/http-1.0", "HTTP/1.0 200 OK\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_GOOD },
    { "head/http-1.0-until-close", "HTTP/1.0 200 OK\r\n\r\n", CHAOS_CLOSE, CHAOS_GOOD },
    { "head/line-feeds", "HTTP/1.1 200 OK\nContent-Length: 2000\n\n", CHAOS_CLOSE, CHAOS_EITHER },
    { "head/folded", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_EITHER },
    { "head/no-colon", "HTTP/1.1 200 OK\r\nrubbish\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_EITHER },
    { "head/space-before-colon", "HTTP/1.1 200 OK\r\nContent-Length : 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_EITHER },
    { "head/empty-name", "HTTP/1.1 200 OK\r\n: x\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_EITHER },
    { "head/eight-bits", "HTTP/1.1 200 \xe4\xff\r\nX: \xff\xfe\r\nContent-Length: 2000\r\n\r\n", CHAOS_KEEP, CHAOS_EITHER },
    { "head/control-characters", "HTTP/1.1 200 OK\r\nX: a\x01\x02\x7f" "b\r\nContent-Length: 2000\r\n\r\n", CHAOS_KEEP, CHAOS_EITHER },
    { "head/lone-return", "HTTP/1.1 200 OK\r\nX: a\rContent-Length: 5\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_EITHER },
    { "head/empty-lines-before", "\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_EITHER },
    { "head/http-2.0", "HTTP/2.0 200 OK\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_EITHER },
    { "head/http-1.9", "HTTP/1.9 200 OK\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_EITHER },
    { "head/http-0.9", "", CHAOS_CLOSE, CHAOS_FAILS },
    { "head/other-protocol", "RTSP/1.0 200 OK\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "head/radio", "ICY 200 OK\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_EITHER },
    { "head/lower-case", "http/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_EITHER },
    { "head/two-spaces", "HTTP/1.1  200 OK\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_EITHER },
    { "head/no-status", "HTTP/1.1 OK\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "head/status-words", "HTTP/1.1 abc OK\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "head/status-negative", "HTTP/1.1 -20 OK\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "head/status-20", "HTTP/1.1 20 OK\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "head/status-2000", "HTTP/1.1 2000 OK\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "head/status-000", "HTTP/1.1 000 OK\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "head/only-line-ends", "\r\n\r\n\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS },
    { "head/tls-alert", "\x15\x03\x01\x00\x02\x02\x46", CHAOS_CLOSE, CHAOS_FAILS },
    { "head/ssh", "SSH-2.0-OpenSSH_9.2\r\n", CHAOS_CLOSE, CHAOS_FAILS },
  };
  GByteArray *bytes;
  GString *fields = g_string_new ("HTTP/1.1 200 OK\r\n");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    chaos_add_head (list, cases[i].name, cases[i].head, cases[i].end, cases[i].outcome);

  for (guint i = 0; i < 1000; i++)
    g_string_append_printf (fields, "X-%u: %u\r\n", i, i);
  g_string_append (fields, "Content-Length: 2000\r\n\r\n");
  chaos_add_head (list, "head/thousand-fields", fields->str, CHAOS_KEEP, CHAOS_EITHER);
  g_string_free (fields, TRUE);

  bytes = chaos_append (g_byte_array_new (), "HTTP/1.1 200 OK\r\nX: a");
  g_byte_array_append (bytes, (const guint8 *) "\0b\r\n", 4);
  chaos_append_body (chaos_append (bytes, "Content-Length: 2000\r\n\r\n"));
  chaos_add (list, "head/zero-byte", bytes, CHAOS_CLOSE, CHAOS_EITHER);

  chaos_add_text (list, "head/endless-fields", "HTTP/1.1 200 OK\r\nX-Field: value\r\n", CHAOS_FLOOD, CHAOS_FAILS)->n_repeated = 16;
  chaos_add_text (list, "head/endless-value", "HTTP/1.1 200 OK\r\nX-Field: value and so on", CHAOS_FLOOD, CHAOS_FAILS)->n_repeated = 16;
  chaos_add_text (list, "head/endless-reason", "HTTP/1.1 200 all is well and so on", CHAOS_FLOOD, CHAOS_FAILS)->n_repeated = 16;
  chaos_add_text (list, "head/endless-status", "HTTP/1.1 2000000000000000", CHAOS_FLOOD, CHAOS_FAILS)->n_repeated = 8;
  chaos_add_text (list, "head/endless-rubbish", "rubbish rubbish rubbish", CHAOS_FLOOD, CHAOS_FAILS)->n_repeated = 8;
  chaos_add_text (list, "head/endless-line-ends", "\r\n\r\n\r\n\r\n", CHAOS_FLOOD, CHAOS_FAILS)->n_repeated = 8;
}

/* --- Statuses --------------------------------------------------------------------------------------------------------- */

static void
add_statuses (GPtrArray *list)
{
  static const guint refused[] = { 205, 300, 304, 305, 306, 400, 403, 404, 405, 406, 408, 409, 410, 411, 412, 413, 414, 416, 417, 418, 421, 425, 426,
                                   428, 429, 431, 451, 500, 501, 502, 503, 504, 505, 508, 511, 520, 599 };
  GString *text;

  for (guint i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autofree char *name = g_strdup_printf ("status/%u", refused[i]);
      g_autofree char *answer = g_strdup_printf ("HTTP/1.1 %u Chaos\r\nContent-Length: %u\r\n\r\n%s", refused[i], refused[i] == 304 || refused[i] == 205 ? 0 : 2,
                                                 refused[i] == 304 || refused[i] == 205 ? "" : "no");

      chaos_add_text (list, name, answer, CHAOS_KEEP, refused[i] == 205 ? CHAOS_EITHER : CHAOS_FAILS);
    }
  chaos_set_no_content (list->pdata[list->len - G_N_ELEMENTS (refused)]);
  chaos_set_no_content (chaos_add_text (list, "status/204", "HTTP/1.1 204 No Content\r\n\r\n", CHAOS_KEEP, CHAOS_GOOD));
  chaos_set_no_content (chaos_add_head (list, "status/204-with-body", "HTTP/1.1 204 No Content\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE, CHAOS_GOOD));
  chaos_add_head (list, "status/201", "HTTP/1.1 201 Created\r\nContent-Length: 2000\r\n\r\n", CHAOS_KEEP, CHAOS_GOOD);
  chaos_add_head (list, "status/299", "HTTP/1.1 299 Fine\r\nContent-Length: 2000\r\n\r\n", CHAOS_KEEP, CHAOS_GOOD);
  chaos_add_head (list, "status/206-unasked", "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1999/4000\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE,
            CHAOS_FAILS);
  chaos_add_text (list, "status/401-without-challenge", "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n", CHAOS_KEEP, CHAOS_FAILS);
  chaos_add_text (list, "status/401-nonsense", "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: ,,=\"\\\r\nContent-Length: 0\r\n\r\n", CHAOS_KEEP, CHAOS_FAILS);
  chaos_add_text (list, "status/407", "HTTP/1.1 407 Proxy\r\nProxy-Authenticate: Basic realm=x\r\nContent-Length: 0\r\n\r\n", CHAOS_KEEP, CHAOS_FAILS);
  chaos_add_text (list, "status/404-cut", "HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\nno", CHAOS_CLOSE, CHAOS_FAILS);
  chaos_add_text (list, "status/404-silent", "HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\nno", CHAOS_SILENCE, CHAOS_FAILS);
  chaos_add_text (list, "status/404-endless", "HTTP/1.1 404 Not Found\r\n\r\nno such thing here", CHAOS_FLOOD, CHAOS_FAILS)->n_repeated = 16;

  chaos_add_head (list, "informational/continue", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", CHAOS_KEEP, CHAOS_GOOD);
  chaos_add_head (list, "informational/hints", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", CHAOS_KEEP,
            CHAOS_GOOD);
  chaos_add_head (list, "informational/unknown", "HTTP/1.1 199 Whatever\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n", CHAOS_KEEP, CHAOS_GOOD);
  chaos_add_text (list, "informational/switching", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: chaos\r\n\r\n", CHAOS_SILENCE, CHAOS_FAILS);
  chaos_add_text (list, "informational/alone", "HTTP/1.1 100 Continue\r\n\r\n", CHAOS_CLOSE, CHAOS_FAILS);
  chaos_add_text (list, "informational/alone-silent", "HTTP/1.1 103 Early Hints\r\n\r\n", CHAOS_SILENCE, CHAOS_FAILS);
  chaos_add_text (list, "informational/flood", "HTTP/1.1 103 Early Hints\r\n\r\n", CHAOS_FLOOD, CHAOS_FAILS)->n_repeated = 28;
  text = g_string_new (NULL);
  for (guint i = 0; i < 20; i++)
    g_string_append (text, "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n");
  g_string_append (text, "HTTP/1.1 200 OK\r\nContent-Length: 2000\r\n\r\n");
  chaos_add_head (list, "informational/twenty", text->str, CHAOS_KEEP, CHAOS_EITHER);
  g_string_free (text, TRUE);
}

/* --- Redirects -------------------------------------------------------------------------------------------------------- */

static void
add_redirects (GPtrArray *list)
{
  const struct
  {
    const char *name;
    const char *location; /* NULL: none */
  } cases[] = {
    { "redirect/nowhere", NULL },
    { "redirect/itself", "" },
    { "redirect/ftp", "ftp://127.0.0.1/" },
    { "redirect/file", "file:///etc/passwd" },
    { "redirect/data", "data:,content" },
    { "redirect/javascript", "javascript:alert(1)" },
    { "redirect/no-host", "http:///x" },
    { "redirect/bad-port", "http://127.0.0.1:99999/" },
    { "redirect/port-words", "http://127.0.0.1:http/" },
    { "redirect/bad-host", "http://[::1/" },
    { "redirect/invisible", "http://127.0.0.1/\x01\x02" },
    { "redirect/closed-port", "http://127.0.0.1:1/" },
    { "redirect/bad-escape", "http://%zz/" },
  };
  g_autofree char *letters = g_strnfill (20000, 'x');
  g_autofree char *long_location = g_strdup_printf ("HTTP/1.1 302 Found\r\nLocation: /%s\r\nContent-Length: 0\r\n\r\n", letters);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      static const guint statuses[] = { 301, 302, 303, 307, 308 };
      g_autofree char *answer = cases[i].location == NULL ? g_strdup_printf ("HTTP/1.1 %u There\r\nContent-Length: 0\r\n\r\n", statuses[i % 5])
                                                          : g_strdup_printf ("HTTP/1.1 %u There\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
                                                                             statuses[i % 5], cases[i].location);

      chaos_add_text (list, cases[i].name, answer, CHAOS_KEEP, CHAOS_FAILS);
    }

  chaos_add_text (list, "redirect/long", long_location, CHAOS_KEEP, CHAOS_EITHER);
  chaos_add_text (list, "redirect/good", "HTTP/1.1 302 Found\r\nLocation: /good\r\nContent-Length: 0\r\n\r\n", CHAOS_KEEP, CHAOS_GOOD);
  chaos_add_text (list, "redirect/good-with-body", "HTTP/1.1 302 Found\r\nLocation: /good\r\nContent-Length: 5\r\n\r\nthere", CHAOS_KEEP, CHAOS_GOOD);
  chaos_add_text (list, "redirect/good-cut", "HTTP/1.1 302 Found\r\nLocation: /good\r\nContent-Length: 5\r\n\r\nth", CHAOS_CLOSE, CHAOS_EITHER);
  chaos_add_text (list, "redirect/good-endless", "HTTP/1.1 302 Found\r\nLocation: /good\r\n\r\nthere is more of it", CHAOS_FLOOD, CHAOS_EITHER)->n_repeated = 16;
  chaos_add_text (list, "redirect/good-silent", "HTTP/1.1 302 Found\r\nLocation: /good\r\nContent-Length: 5\r\n\r\nth", CHAOS_SILENCE, CHAOS_EITHER);
  chaos_add_text (list, "redirect/two", "HTTP/1.1 302 Found\r\nLocation: /good\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n", CHAOS_KEEP, CHAOS_EITHER);
  chaos_add_text (list, "redirect/good-fragment", "HTTP/1.1 302 Found\r\nLocation: /good#there\r\nContent-Length: 0\r\n\r\n", CHAOS_KEEP, CHAOS_GOOD);
}

/* --- Connections ------------------------------------------------------------------------------------------------------ */

static void
add_connections (GPtrArray *list)
{
  GByteArray *bytes = g_byte_array_new ();
  gsize head_length;

  g_byte_array_append (bytes, g_bytes_get_data (chaos_get_answer (), NULL), (guint) g_bytes_get_size (chaos_get_answer ()));
  chaos_append (bytes, "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n\"WRONG\"");
  chaos_add (list, "connection/second-answer", bytes, CHAOS_KEEP, CHAOS_GOOD);
  bytes = g_byte_array_new ();
  g_byte_array_append (bytes, g_bytes_get_data (chaos_get_answer (), NULL), (guint) g_bytes_get_size (chaos_get_answer ()));
  chaos_append (bytes, "more than that");
  chaos_add (list, "connection/rubbish-after", bytes, CHAOS_KEEP, CHAOS_GOOD);
  bytes = g_byte_array_new ();
  g_byte_array_append (bytes, g_bytes_get_data (chaos_get_answer (), NULL), (guint) g_bytes_get_size (chaos_get_answer ()));
  chaos_add (list, "connection/endless-after", chaos_append (bytes, "rubbish"), CHAOS_FLOOD, CHAOS_GOOD)->n_repeated = 7;
  chaos_add_head (list, "connection/says-kept", "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nKeep-Alive: timeout=0, max=0\r\nContent-Length: 2000\r\n\r\n", CHAOS_CLOSE,
            CHAOS_GOOD);
  chaos_add_head (list, "connection/says-closed", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2000\r\n\r\n", CHAOS_KEEP, CHAOS_GOOD);
  chaos_add_head (list, "connection/upgrade-unasked", "HTTP/1.1 200 OK\r\nConnection: upgrade\r\nUpgrade: h2c\r\nContent-Length: 2000\r\n\r\n", CHAOS_KEEP, CHAOS_GOOD);
  chaos_add (list, "trickle/length", chaos_make_answer (CHAOS_FORM_LENGTH, &head_length), CHAOS_KEEP, CHAOS_GOOD)->trickles = TRUE;
  chaos_add (list, "trickle/chunked", chaos_make_answer (CHAOS_FORM_CHUNKED, &head_length), CHAOS_KEEP, CHAOS_GOOD)->trickles = TRUE;
  chaos_add (list, "trickle/gzip", chaos_make_answer (CHAOS_FORM_GZIP_CHUNKED, &head_length), CHAOS_KEEP, CHAOS_GOOD)->trickles = TRUE;
}

void
chaos_add_answers (GPtrArray *list)
{
  add_cuts (list);
  add_lengths (list);
  add_chunks (list);
  add_codings (list);
  add_heads (list);
  add_statuses (list);
  add_redirects (list);
  add_connections (list);
}
