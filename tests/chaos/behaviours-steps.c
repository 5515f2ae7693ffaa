/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* What a server can do in more than one answer, and in fields that lead to more than one request */

#include "builder.h"

#include <string.h>

/* A GET that is answered so often would go on for ever */
#define MANY 30

static ChaosBehaviour *
add_redirect (GPtrArray *list,
              const char *name,
              guint status,
              const char *fields,
              ChaosOutcome outcome)
{
  g_autofree char *answer = g_strdup_printf ("HTTP/1.1 %u There\r\n%sContent-Length: 0\r\n\r\n", status, fields);

  return chaos_add_text (list, name, answer, CHAOS_KEEP, outcome);
}

static GByteArray *
make_good (void)
{
  gsize head_length;

  return chaos_make_answer (CHAOS_FORM_LENGTH, &head_length);
}

/* --- Redirects -------------------------------------------------------------------------------------------------------- */

static void
add_redirects (GPtrArray *list)
{
  static const guint statuses[] = { 301, 302, 303, 307, 308 };
  const struct
  {
    const char *name;
    const char *fields;
    ChaosOutcome outcome;
  } cases[] = {
    { "relative", "Location: ?again\r\n", CHAOS_GOOD },
    { "relative-dots", "Location: ../../../../good\r\n", CHAOS_GOOD },
    { "relative-host", "Location: //127.0.0.1:1/\r\n", CHAOS_FAILS },
    { "spaces", "Location:   /good  \r\n", CHAOS_GOOD },
    { "space-inside", "Location: /a good one\r\n", CHAOS_EITHER },
    { "eight-bits", "Location: /\xe4\xff\r\n", CHAOS_EITHER },
    { "backslashes", "Location: \\\\evil.invalid\\x\r\n", CHAOS_EITHER },
    { "credentials", "Location: http://user:password@127.0.0.1:1/\r\n", CHAOS_FAILS },
    { "https-port-1", "Location: https://127.0.0.1:1/\r\n", CHAOS_FAILS },
    { "ws", "Location: ws://127.0.0.1:1/\r\n", CHAOS_FAILS },
    { "port-zero", "Location: http://127.0.0.1:0/\r\n", CHAOS_FAILS },
    { "port-overflow", "Location: http://127.0.0.1:65616/\r\n", CHAOS_FAILS },
    { "only-fragment", "Location: #there\r\n", CHAOS_GOOD },
    { "only-scheme", "Location: http:\r\n", CHAOS_FAILS },
    { "unknown-scheme", "Location: chaos:x\r\n", CHAOS_FAILS },
    { "blob", "Location: blob:http://127.0.0.1/x\r\n", CHAOS_FAILS },
    { "about", "Location: about:blank\r\n", CHAOS_FAILS },
    { "refresh", "Refresh: 0; url=/good\r\n", CHAOS_FAILS },
    { "list", "Location: /good, /other\r\n", CHAOS_EITHER },
  };
  g_autofree char *huge_path = g_strnfill (60000, 'x');
  g_autofree char *huge = g_strdup_printf ("Location: /%s\r\n", huge_path);
  GString *text = g_string_new (NULL);
  ChaosBehaviour *self;

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = g_strconcat ("redirect/", cases[i].name, NULL);

      /* The same place may answer well the second time */
      self = add_redirect (list, name, statuses[i % G_N_ELEMENTS (statuses)], cases[i].fields, cases[i].outcome);
      if (cases[i].outcome == CHAOS_GOOD)
        chaos_then (self, make_good (), CHAOS_KEEP);
    }

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autofree char *loop = g_strdup_printf ("redirect/loop/%u", statuses[i]);
      g_autofree char *two = g_strdup_printf ("redirect/loop-of-two/%u", statuses[i]);
      g_autofree char *once = g_strdup_printf ("redirect/once/%u", statuses[i]);
      g_autofree char *other = g_strdup_printf ("HTTP/1.1 %u There\r\nLocation: ?one\r\nContent-Length: 0\r\n\r\n", statuses[i]);

      add_redirect (list, loop, statuses[i], "Location: ?\r\n", CHAOS_FAILS);
      self = add_redirect (list, two, statuses[i], "Location: ?two\r\n", CHAOS_FAILS);
      for (guint n = 0; n < MANY; n++)
        self = chaos_then_text (self, other, CHAOS_KEEP);
      chaos_then (add_redirect (list, once, statuses[i], "Location: ?once\r\n", CHAOS_GOOD), make_good (), CHAOS_KEEP);
    }

  /* Each one leads somewhere else */
  self = add_redirect (list, "redirect/endless", 302, "Location: ?0\r\n", CHAOS_FAILS);
  for (guint i = 1; i < 2 * MANY; i++)
    {
      g_autofree char *answer = g_strdup_printf ("HTTP/1.1 302 There\r\nLocation: ?%u\r\nContent-Length: 0\r\n\r\n", i);

      self = chaos_then_text (self, answer, CHAOS_KEEP);
    }

  add_redirect (list, "redirect/huge", 302, huge, CHAOS_EITHER);
  add_redirect (list, "redirect/choices", 300, "Location: /good\r\n", CHAOS_EITHER);
  add_redirect (list, "redirect/use-proxy", 305, "Location: http://127.0.0.1:1/\r\n", CHAOS_FAILS);
  add_redirect (list, "redirect/switch-proxy", 306, "Location: http://127.0.0.1:1/\r\n", CHAOS_FAILS);
  add_redirect (list, "redirect/not-modified", 304, "Location: /good\r\n", CHAOS_FAILS);
  add_redirect (list, "redirect/of-success", 201, "Location: http://127.0.0.1:1/\r\n", CHAOS_GOOD);
  chaos_set_content (list->pdata[list->len - 1], "", 0);

  /* In the body of one, or in its place, there is another answer */
  g_string_append (text, "HTTP/1.1 302 Found\r\nLocation: /good\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n\"WRONG\"");
  chaos_add_text (list, "redirect/second-answer", text->str, CHAOS_KEEP, CHAOS_GOOD);
  g_string_free (text, TRUE);
  chaos_add_text (list, "redirect/gzip-bomb-body",
                  "HTTP/1.1 302 Found\r\nLocation: /good\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\xff", CHAOS_KEEP, CHAOS_GOOD);
}

/* --- Ranges and validators that change -------------------------------------------------------------------------------- */

static void
add_part (GPtrArray *list,
          const char *name,
          const char *fields,
          gsize length,
          ChaosOutcome outcome)
{
  GByteArray *bytes = g_byte_array_new ();
  g_autofree char *head = g_strdup_printf ("HTTP/1.1 206 Partial Content\r\n%sContent-Length: %zu\r\n\r\n", fields, length);

  chaos_append (bytes, head);
  g_byte_array_append (bytes, chaos_get_body_data () + CHAOS_BODY_LENGTH - length, (guint) length);
  /* Whoever asks for all of it then gets that */
  chaos_then (chaos_add (list, name, bytes, CHAOS_KEEP, outcome), make_good (), CHAOS_KEEP);
}

/* To those that did not ask for a part, it is no answer. The others may begin anew, but never mix. */
static void
add_ranges (GPtrArray *list)
{
  static const char *const cases[][2] = {
    { "right", CHAOS_TAGGED "Content-Range: bytes 1000-1999/2000\r\n" },
    { "other-tag", "ETag: \"other\"\r\nContent-Range: bytes 1000-1999/2000\r\n" },
    { "weak-tag", "ETag: W/\"chaos\"\r\nContent-Range: bytes 1000-1999/2000\r\n" },
    { "no-tag", "Content-Range: bytes 1000-1999/2000\r\n" },
    { "no-range", CHAOS_TAGGED },
    { "other-first", CHAOS_TAGGED "Content-Range: bytes 999-1998/2000\r\n" },
    { "other-last", CHAOS_TAGGED "Content-Range: bytes 1000-2998/2000\r\n" },
    { "other-length", CHAOS_TAGGED "Content-Range: bytes 1000-1999/3000\r\n" },
    { "smaller-length", CHAOS_TAGGED "Content-Range: bytes 1000-1999/1500\r\n" },
    { "unknown-length", CHAOS_TAGGED "Content-Range: bytes 1000-1999/*\r\n" },
    { "backwards", CHAOS_TAGGED "Content-Range: bytes 1999-1000/2000\r\n" },
    { "negative", CHAOS_TAGGED "Content-Range: bytes -1000-1999/2000\r\n" },
    { "overflow", CHAOS_TAGGED "Content-Range: bytes 18446744073709552616-18446744073709553615/18446744073709553616\r\n" },
    { "other-unit", CHAOS_TAGGED "Content-Range: lines 1000-1999/2000\r\n" },
    { "words", CHAOS_TAGGED "Content-Range: the second half\r\n" },
    { "two", CHAOS_TAGGED "Content-Range: bytes 1000-1999/2000\r\nContent-Range: bytes 0-999/2000\r\n" },
    { "multipart", CHAOS_TAGGED "Content-Type: multipart/byteranges; boundary=x\r\n" },
    { "coded", CHAOS_TAGGED "Content-Encoding: gzip\r\nContent-Range: bytes 1000-1999/2000\r\n" },
  };
  static const char *const changed[][2] = {
    { "tag", "ETag: \"other\"\r\n" },
    { "no-tag", "" },
    { "length", CHAOS_TAGGED "Content-Range: bytes 0-999/1000\r\n" },
  };

  g_autofree char *other = g_strnfill (1997, 'y');

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = g_strdup_printf ("range/%s", cases[i][0]);

      add_part (list, name, cases[i][1], 1000, CHAOS_EITHER);
    }
  add_part (list, "range/shorter", CHAOS_TAGGED "Content-Range: bytes 1000-1999/2000\r\n", 900, CHAOS_EITHER);
  add_part (list, "range/longer", CHAOS_TAGGED "Content-Range: bytes 1000-1999/2000\r\n", 1100, CHAOS_EITHER);

  /* The resource has changed: a whole new one */
  for (guint i = 0; i < G_N_ELEMENTS (changed); i++)
    {
      g_autofree char *name = g_strdup_printf ("validator/%s", changed[i][0]);
      g_autofree char *head = g_strdup_printf ("HTTP/1.1 200 OK\r\n%sContent-Length: 2001\r\n\r\n", changed[i][1]);
      GByteArray *bytes = chaos_append (g_byte_array_new (), head);

      chaos_append (chaos_append (chaos_append (bytes, "[\""), other), "\"]");
      chaos_set_content (chaos_add (list, name, bytes, CHAOS_KEEP, CHAOS_GOOD), bytes->data + strlen (head), 2001);
    }

  chaos_then (chaos_add_text (list, "range/416", "HTTP/1.1 416 No\r\nContent-Range: bytes */2000\r\nContent-Length: 0\r\n\r\n", CHAOS_KEEP, CHAOS_EITHER),
              make_good (), CHAOS_KEEP);
  chaos_add_text (list, "range/416-always", "HTTP/1.1 416 No\r\nContent-Range: bytes */1000\r\nContent-Length: 0\r\n\r\n", CHAOS_KEEP, CHAOS_FAILS);
  chaos_add_text (list, "range/412-always", "HTTP/1.1 412 No\r\nContent-Length: 0\r\n\r\n", CHAOS_KEEP, CHAOS_FAILS);
}

/* --- Fields that want something --------------------------------------------------------------------------------------- */

static void
add_fields (GPtrArray *list)
{
  static const char *const cases[][2] = {
    { "disposition/parent", "Content-Disposition: attachment; filename=\"../../../evil\"\r\n" },
    { "disposition/absolute", "Content-Disposition: attachment; filename=\"/tmp/evil\"\r\n" },
    { "disposition/backslashes", "Content-Disposition: attachment; filename=\"..\\\\..\\\\evil\"\r\n" },
    { "disposition/encoded", "Content-Disposition: attachment; filename*=UTF-8''%2e%2e%2fevil\r\n" },
    { "disposition/zero", "Content-Disposition: attachment; filename*=UTF-8''evil%00.txt\r\n" },
    { "disposition/bad-utf-8", "Content-Disposition: attachment; filename*=UTF-8''%ff%fe\r\n" },
    { "disposition/hidden", "Content-Disposition: attachment; filename=\".bashrc\"\r\n" },
    { "disposition/part", "Content-Disposition: attachment; filename=\".x.pillion-part\"\r\n" },
    { "disposition/dots", "Content-Disposition: attachment; filename=\"..\"\r\n" },
    { "disposition/empty", "Content-Disposition: attachment; filename=\"\"\r\n" },
    { "disposition/device", "Content-Disposition: attachment; filename=\"CON\"\r\n" },
    { "disposition/stream", "Content-Disposition: attachment; filename=\"x:evil\"\r\n" },
    { "disposition/line-ends", "Content-Disposition: attachment; filename*=UTF-8''a%0d%0ab\r\n" },
    { "disposition/turned", "Content-Disposition: attachment; filename*=UTF-8''a%e2%80%aeexe.txt\r\n" },
    { "disposition/unclosed", "Content-Disposition: attachment; filename=\"abc\r\n" },
    { "disposition/two", "Content-Disposition: attachment; filename=a; filename=b\r\nContent-Disposition: attachment; filename=c\r\n" },
    { "disposition/nonsense", "Content-Disposition: ;;;=;\"\\\r\n" },
    { "alt-svc", "Alt-Svc: h3=\":1\", h2=\"evil.invalid:1\"; ma=99999999\r\n" },
    { "hsts", "Strict-Transport-Security: max-age=99999999999999999999; includeSubDomains\r\n" },
    { "clear-site-data", "Clear-Site-Data: \"*\"\r\n" },
    { "link", "Link: <<<>; rel=\"\"next\", ,,\r\n" },
    { "date", "Date: yesterday\r\nLast-Modified: Thu, 99 Foo 99999 25:61:61 GMT\r\nExpires: -1\r\nAge: -5\r\n" },
    { "cache-control", "Cache-Control: max-age=99999999999999999999, max-age=-1, \"=\", no-cache=\"\r\nVary: *, ,\r\n" },
    { "digest", "Repr-Digest: sha-256=:nonsense:\r\nContent-MD5: x\r\n" },
    { "content-type", "Content-Type: ;charset=\"\r\n" },
    { "retry-after", "Retry-After: 99999999999999999999\r\n" },
    { "accept-ranges", "Accept-Ranges: none, bytes, chaos\r\n" },
  };
  static const char *const delays[][2] = {
    { "negative", "-1" },
    { "huge", "99999999999999999999" },
    { "date-of-past", "Thu, 01 Jan 1970 00:00:00 GMT" },
    { "date-of-future", "Fri, 31 Dec 9999 23:59:59 GMT" },
    { "nonsense", "soon" },
    { "fraction", "0.5" },
  };
  /* To those who do ask. What makes no sense counts for nothing, and what is too far in the future is no reason to wait. */
  const struct
  {
    const char *name;
    const char *fields;
    gboolean passes;
  } lies[] = {
    { "none", "", TRUE },
    { "zero", "Retry-After: 0\r\n", TRUE },
    { "one", "Retry-After: 1\r\n", TRUE },
    { "zeros", "Retry-After: 0000000000000000000000000000000\r\n", TRUE },
    { "negative", "Retry-After: -1\r\n", TRUE },
    { "fraction", "Retry-After: 0.5\r\n", TRUE },
    { "nonsense", "Retry-After: soon\r\n", TRUE },
    { "empty", "Retry-After: \r\n", TRUE },
    { "unit", "Retry-After: 1 s\r\n", TRUE },
    { "date-of-past", "Retry-After: Thu, 01 Jan 1970 00:00:00 GMT\r\n", TRUE },
    { "date-of-nonsense", "Retry-After: Thu, 99 Foo 99999 25:61:61 GMT\r\n", TRUE },
    { "two", "Retry-After: 0\r\nRetry-After: 0\r\n", TRUE },
    { "too-long", "Retry-After: 121\r\n", FALSE },
    { "overflow-32", "Retry-After: 4294967296\r\n", FALSE },
    { "overflow-64", "Retry-After: 18446744073709551616\r\n", FALSE },
    { "overflow-usec", "Retry-After: 18446744073710\r\n", FALSE },
    { "huge", "Retry-After: 99999999999999999999999999999999999999\r\n", FALSE },
    { "date-of-future", "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", FALSE },
  };
  g_autofree char *long_name = g_strnfill (5000, 'n');
  g_autofree char *disposition =
    g_strdup_printf ("HTTP/1.1 200 OK\r\nContent-Disposition: attachment; filename=\"%s\"\r\nContent-Length: 2000\r\n\r\n", long_name);
  GString *cookies = g_string_new ("HTTP/1.1 200 OK\r\n");

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = g_strconcat ("field/", cases[i][0], NULL);
      g_autofree char *head = g_strdup_printf ("HTTP/1.1 200 OK\r\n%sContent-Length: 2000\r\n\r\n", cases[i][1]);

      chaos_add_head (list, name, head, CHAOS_KEEP, CHAOS_GOOD);
    }
  chaos_add_head (list, "field/disposition/long", disposition, CHAOS_KEEP, CHAOS_GOOD);

  for (guint i = 0; i < 500; i++)
    g_string_append_printf (cookies, "Set-Cookie: c%u=%u; Domain=.invalid; Max-Age=99999999999999999999; Path=/\r\n", i, i);
  g_string_append (cookies, "Content-Length: 2000\r\n\r\n");
  chaos_add_head (list, "field/cookies", cookies->str, CHAOS_KEEP, CHAOS_EITHER);
  g_string_free (cookies, TRUE);

  /* Nobody asked for another attempt, so none of them keeps anybody waiting */
  for (guint i = 0; i < G_N_ELEMENTS (delays); i++)
    {
      g_autofree char *name = g_strconcat ("retry-after/", delays[i][0], NULL);
      g_autofree char *answer = g_strdup_printf ("HTTP/1.1 %u Later\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", i % 2 == 0 ? 503 : 429, delays[i][1]);

      chaos_add_text (list, name, answer, CHAOS_KEEP, CHAOS_FAILS);
    }

  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    {
      g_autofree char *name = g_strconcat ("retry-after/then-good/", lies[i].name, NULL);
      g_autofree char *answer =
        g_strdup_printf ("HTTP/1.1 %u Later\r\n%sContent-Length: 0\r\n\r\n", i % 2 == 0 ? 503 : 429, lies[i].fields);
      ChaosBehaviour *self = chaos_add_text (list, name, answer, CHAOS_KEEP, CHAOS_FAILS);

      chaos_then (self, make_good (), CHAOS_KEEP);
      self->then_good = TRUE;
      self->passes = lies[i].passes;
    }
}

void
chaos_add_steps (GPtrArray *list)
{
  add_redirects (list);
  add_ranges (list);
  add_fields (list);
}
