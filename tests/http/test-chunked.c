/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <string.h>

#include <pillion-http/pillion-http.h>

#include "http/pillion-chunked.h"

/* Feeds @text in pieces that end at @cut and at the end; what comes out is appended to @content */
static gboolean
decode (const char *text,
        gsize length,
        gsize cut,
        GString *content,
        gsize *rest,
        GError **error)
{
  PillionChunked chunked = { 0 };
  gsize position = 0;

  while (position < length && chunked.state != PILLION_CHUNKED_DONE)
    {
      gsize end = position < cut ? cut : length;
      g_autofree guint8 *piece = g_memdup2 (text + position, end - position);
      gsize consumed;
      gssize n = pillion_chunked_decode (&chunked, piece, end - position, &consumed, error);

      if (n < 0)
        return FALSE;
      g_string_append_len (content, (const char *) piece, n);
      position += consumed;
    }

  *rest = length - position;
  return chunked.state == PILLION_CHUNKED_DONE;
}

static void
assert_content (const char *text,
                const char *expected,
                gsize expected_rest)
{
  for (gsize cut = 0; cut <= strlen (text); cut++)
    {
      g_autoptr (GString) content = g_string_new (NULL);
      g_autoptr (GError) error = NULL;
      gsize rest;

      g_assert_true (decode (text, strlen (text), cut, content, &rest, &error));
      g_assert_no_error (error);
      g_assert_cmpstr (content->str, ==, expected);
      /* In a piece of its own the rest is not even looked at */
      g_assert_cmpuint (rest, ==, expected_rest);
    }
}

static void
assert_broken (const char *text,
               gsize length)
{
  for (gsize cut = 0; cut <= length; cut++)
    {
      g_autoptr (GString) content = g_string_new (NULL);
      g_autoptr (GError) error = NULL;
      gsize rest;

      g_assert_false (decode (text, length, cut, content, &rest, &error));
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL);
    }
}

static void
test_good (void)
{
  assert_content ("0\r\n\r\n", "", 0);
  assert_content ("5\r\nhello\r\n0\r\n\r\n", "hello", 0);
  assert_content ("5\r\nhello\r\n7\r\n, world\r\n0\r\n\r\n", "hello, world", 0);
  assert_content ("00005\r\nhello\r\n000\r\n\r\n", "hello", 0);
  assert_content ("A\r\n0123456789\r\n0\r\n\r\n", "0123456789", 0);
  assert_content ("a;name=value;other=\"x y\"\r\n0123456789\r\n0;last\r\n\r\n", "0123456789", 0);
  assert_content ("5 \t\r\nhello\r\n0\r\n\r\n", "hello", 0);
  assert_content ("5\nhello\n0\n\n", "hello", 0);
}

static void
test_trailers (void)
{
  assert_content ("5\r\nhello\r\n0\r\nX-One: 1\r\nX-Two: 2\r\n\r\n", "hello", 0);
}

static void
test_rest (void)
{
  assert_content ("5\r\nhello\r\n0\r\n\r\nmore", "hello", 4);
}

static void
test_broken (void)
{
  static const char *const texts[] = {
    "\r\n", "x\r\n", "-1\r\n", "0x5\r\nhello", "5\rhello", "5\r\nhelloo", "5\r\nhello\rx", "g\r\n", ";x\r\n",
    "10000000000000000\r\n", "ffffffffffffffff\r\n", "0\r\n\rx", " 5\r\nhello",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      assert_broken (texts[i], strlen (texts[i]));
    }

  assert_broken ("0\r\nX: \0\r\n\r\n", 10);
}

static void
test_endless (void)
{
  const char *const starts[] = { "5;", "0\r\nX: ", "0\r\n" };

  for (guint i = 0; i < G_N_ELEMENTS (starts); i++)
    {
      g_autoptr (GString) text = g_string_new (starts[i]);
      g_autoptr (GString) content = g_string_new (NULL);
      g_autoptr (GError) error = NULL;
      gsize rest;

      while (text->len < 100000)
        g_string_append (text, i == 2 ? "X: y\r\n" : "xxxxxxxx");
      g_assert_false (decode (text->str, text->len, 1000, content, &rest, &error));
      g_assert_error (error, PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_PROTOCOL);
    }
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/chunked/good", test_good);
  g_test_add_func ("/http/chunked/trailers", test_trailers);
  g_test_add_func ("/http/chunked/rest", test_rest);
  g_test_add_func ("/http/chunked/broken", test_broken);
  g_test_add_func ("/http/chunked/endless", test_endless);

  return g_test_run ();
}
