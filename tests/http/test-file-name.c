/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <pillion-http/pillion-http.h>

#include "http/pillion-file-name.h"
#include "http/pillion-http-url.h"

static void
test_sanitize (void)
{
  static const struct
  {
    const char *proposed;
    const char *name;
  } cases[] = {
    { "a", "a" },
    { "a.tar.gz", "a.tar.gz" },
    { "two words.txt", "two words.txt" },
    { "na\xc3\xafve.txt", "na\xc3\xafve.txt" },
    { "-", "-" },
    { "a..b", "a..b" },
    { "caf\xc3\xa9 \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb.png", "caf\xc3\xa9 \xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb.png" },
    /* Nothing that can be used */
    { "", NULL },
    { ".", NULL },
    { "..", NULL },
    { " . . ", NULL },
    { "/", NULL },
    { "../..", NULL },
    { "\x01\x02", NULL },
    { "\xe2\x80\xae", NULL },
    { "???", NULL },
    /* Paths */
    { "../evil", "evil" },
    { "/etc/passwd", "passwd" },
    { "a/b/", "b" },
    { "..\\..\\evil", "evil" },
    { "C:\\Users\\me\\render.png", "render.png" },
    { "C:render.png", "C_render.png" },
    { "a/..", NULL },
    { "\\\\host\\share\\x", "x" },
    /* Hidden, and what Windows drops */
    { ".bashrc", "bashrc" },
    { "...a", "a" },
    { "  . a", "a" },
    { "\xc2\xa0" "a", "a" },
    { "a.txt.", "a.txt" },
    { "a.txt . .", "a.txt" },
    { "a ", "a" },
    /* Characters */
    { "a\nb", "a_b" },
    { "a\x7f.txt", "a_.txt" },
    { "a\xc2\x85" "b", "a_b" },
    { "what?*<>|\".txt", "what______.txt" },
    { "12:30.log", "12_30.log" },
    { "a\xe2\x80\xaegpj.exe", "a_gpj.exe" },
    { "a\xe2\x81\xa6" "b", "a_b" },
    { "a\xe2\x80\xa8" "b", "a_b" },
    { "\xff\xfe.txt", "\xef\xbf\xbd\xef\xbf\xbd.txt" },
    /* Windows' devices */
    { "con", "_con" },
    { "CON.txt", "_CON.txt" },
    { "nul.tar.gz", "_nul.tar.gz" },
    { "aux .c", "_aux .c" },
    { "NUL.", "_NUL" },
    { "CONIN$", "_CONIN$" },
    { "com1", "_com1" },
    { "LPT9.dat", "_LPT9.dat" },
    { "COM\xc2\xb9.txt", "_COM\xc2\xb9.txt" },
    { "com10", "com10" },
    { "console", "console" },
    { "comet.txt", "comet.txt" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = pillion_file_name_sanitize (cases[i].proposed, 255);
      g_autofree char *again = name != NULL ? pillion_file_name_sanitize (name, 255) : NULL;

      g_assert_cmpstr (name, ==, cases[i].name);
      g_assert_cmpstr (again, ==, name);
    }
}

static void
test_long (void)
{
  static const struct
  {
    const char *proposed;
    gsize max;
    const char *name;
  } cases[] = {
    { "abcdefgh.txt", 12, "abcdefgh.txt" },
    { "abcdefgh.txt", 11, "abcdefg.txt" },
    { "abcdefgh.tar.gz", 11, "abcd.tar.gz" },
    /* Never in the middle of a character */
    { "\xc3\xa9\xc3\xa9\xc3\xa9.txt", 9, "\xc3\xa9\xc3\xa9.txt" },
    /* What is left ends well */
    { "abc .txtx", 5, "abc" },
    { "abcdefgh...", 11, "abcdefgh" },
    /* Not much of an extension */
    { "a.bcdefghijklmnopqrstuvwxyz0123456789abcdef", 10, "a.bcdefghi" },
    { "a.txt", 4, "a.tx" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = pillion_file_name_sanitize (cases[i].proposed, cases[i].max);

      g_assert_cmpstr (name, ==, cases[i].name);
    }
}

static void
test_disposition (void)
{
  static const struct
  {
    const char *value;
    const char *name;
  } cases[] = {
    { "", NULL },
    { "attachment", NULL },
    { "attachment; filename=plain.txt", "plain.txt" },
    { "attachment; filename=\"quoted name.txt\"", "quoted name.txt" },
    { "attachment; filename=\"a \\\"b\\\" c\"", "a _b_ c" },
    { "attachment;filename=\"semi;colon\" ; size=3", "semi;colon" },
    { "attachment; FileName=case.txt", "case.txt" },
    { "attachment; filename=\"open", "open" },
    { "attachment; filename", NULL },
    { "attachment; filename; filename=x", "x" },
    { "attachment; filename=\"\"", NULL },
    { "attachment; filename=\"..\"", NULL },
    { "attachment; filename=\"../../etc/passwd\"", "passwd" },
    /* Extended */
    { "attachment; filename*=UTF-8''na%C3%AFve.txt", "na\xc3\xafve.txt" },
    { "attachment; filename=\"fallback.txt\"; filename*=UTF-8''%e2%82%ac.txt", "\xe2\x82\xac.txt" },
    { "attachment; filename*=UTF-8''%e2%82%ac.txt; filename=\"fallback.txt\"", "\xe2\x82\xac.txt" },
    { "attachment; filename*=iso-8859-1'en'%A3.txt", "\xc2\xa3.txt" },
    { "attachment; filename*=UTF-8''..%2Fevil", "evil" },
    { "attachment; filename*=UTF-8''evil%00.bin", "evil_.bin" },
    /* Extended, but broken */
    { "attachment; filename*=unknown''x.txt; filename=plain.txt", "plain.txt" },
    { "attachment; filename*=nothing; filename=plain.txt", "plain.txt" },
    { "attachment; filename*=UTF-8''%ff%fe.txt; filename=plain.txt", "plain.txt" },
    { "attachment; filename*=UTF-8''%2e%2e; filename=plain.txt", "plain.txt" },
    { "attachment; filename*=UTF-8''%ff%fe.txt", NULL },
    /* Not what the standard says, but what servers do */
    { "attachment; filename=\"caf\xe9.txt\"", "caf\xc3\xa9.txt" },
    { "attachment; filename=\"caf\xc3\xa9.txt\"", "caf\xc3\xa9.txt" },
    { "attachment; filename=\"na%C3%AFve%20file.txt\"", "na\xc3\xafve file.txt" },
    { "attachment; filename=\"100%.txt\"", "100%.txt" },
    { "attachment; filename=\"%ff.txt\"", "%ff.txt" },
    { "attachment; filename=\"=?UTF-8?B?w6kudHh0?=\"", "\xc3\xa9.txt" },
    { "attachment; filename=\"=?utf-8?q?na=C3=AFve_file?=.txt\"", "na\xc3\xafve file.txt" },
    { "attachment; filename=\"=?ISO-8859-1?Q?caf=E9?= =?ISO-8859-1?Q?s.txt?=\"", "caf\xc3\xa9s.txt" },
    { "attachment; filename=\"=?UTF-8?X?abc?=.txt\"", "=_UTF-8_X_abc_=.txt" },
    { "attachment; filename=\"=?UTF-8?B?.txt\"", "=_UTF-8_B_.txt" },
    { "attachment; filename=\"=?nonsense?B?w6kudHh0?=\"", "=_nonsense_B_w6kudHh0_=" },
    { "attachment; filename=\"=?UTF-8?B?Li4vZXZpbA==?=\"", "evil" },
    { "attachment; filename=\"=?UTF-8?B?YQBi?=.txt\"", "=_UTF-8_B_YQBi_=.txt" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *name = pillion_file_name_from_disposition (cases[i].value, 255);
      g_autofree char *shown = g_strescape (cases[i].value, NULL);

      g_test_message ("%s", shown);
      g_assert_cmpstr (name, ==, cases[i].name);
    }
}

static void
test_url (void)
{
  static const struct
  {
    const char *url;
    const char *content_type;
    const char *name;
  } cases[] = {
    { "http://h/a/b.txt", NULL, "b.txt" },
    { "http://h/b.txt?x=/y", NULL, "b.txt" },
    { "http://h/a%20b.txt", NULL, "a b.txt" },
    { "http://h/a/", NULL, "index.html" },
    { "http://h", NULL, "index.html" },
    { "http://h/a/", "application/json; charset=utf-8", "index.json" },
    { "http://h/a%2Fb", NULL, "b" },
    { "http://h/a/%2e%2e%2f", NULL, "index.html" },
    { "http://h/a%00b", NULL, "a_b" },
    { "http://h/.hidden", NULL, "hidden" },
    { "http://h/%5C%5Chost%5Cx", NULL, "x" },
    { "http://h/caf%E9.txt", NULL, "caf%E9.txt" },
    { "http://h/nul", NULL, "_nul" },
    /* The media type has the extension that the URL lacks */
    { "http://h/wiki/Monkey", "text/html", "Monkey.html" },
    { "http://h/export?id=3", "Application/ZIP ; x=y", "export.zip" },
    { "http://h/monkey.png", "image/jpeg", "monkey.png" },
    { "http://h/README", "text/plain", "README" },
    { "http://h/blob", "application/octet-stream", "blob" },
    { "http://h/blob", "nonsense", "blob" },
    { "http://h/blob", "", "blob" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GUri) uri = pillion_http_parse_url (cases[i].url, NULL);
      g_autofree char *name = NULL;

      g_assert_nonnull (uri);
      name = pillion_file_name_from_url (uri, cases[i].content_type, 255);
      g_assert_cmpstr (name, ==, cases[i].name);
    }
}

static void
test_numbers (void)
{
  static const struct
  {
    const char *name;
    guint number;
    gsize max;
    const char *numbered;
  } cases[] = {
    { "name", 1, 255, "name (1)" },
    { "name.ext", 2, 255, "name (2).ext" },
    { "name.tar.gz", 10, 255, "name (10).tar.gz" },
    { "NAME.TAR.XZ", 1, 255, "NAME (1).TAR.XZ" },
    { "a.b.c", 1, 255, "a.b (1).c" },
    { "tar.gz", 1, 255, "tar (1).gz" },
    { "name.ext", 1, 12, "name (1).ext" },
    { "name.ext", 1, 11, "nam (1).ext" },
    { "\xc3\xa9\xc3\xa9.ext", 1, 11, "\xc3\xa9 (1).ext" },
    { "name.extension", 1, 9, "name. (1)" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *numbered = pillion_file_name_add_number (cases[i].name, cases[i].number, cases[i].max);

      g_assert_cmpstr (numbered, ==, cases[i].numbered);
    }
}

typedef struct
{
  GHashTable *taken;
  guint n_asked;
} Numbers;

static gboolean
is_taken (guint number,
          gpointer data)
{
  Numbers *numbers = data;

  numbers->n_asked++;
  return g_hash_table_contains (numbers->taken, GUINT_TO_POINTER (number));
}

/* Each of many files with one name costs a few looks, not one for each that is there */
static void
test_find_number (void)
{
  g_autoptr (GHashTable) taken = g_hash_table_new (NULL, NULL);
  Numbers numbers = { .taken = taken };

  for (guint i = 1; i <= 5000; i++)
    {
      numbers.n_asked = 0;
      g_assert_cmpuint (pillion_file_name_find_number (0, is_taken, &numbers), ==, i);
      g_assert_cmpuint (numbers.n_asked, <=, 2 * g_bit_storage (i));
      g_hash_table_add (taken, GUINT_TO_POINTER (i));
    }
}

static void
test_find_number_with_gaps (void)
{
  static const struct
  {
    guint taken[4]; /* up to 0 */
    guint after;
    guint number;
  } cases[] = {
    { { 0 }, 0, 1 },
    { { 0 }, 7, 8 },
    { { 2, 3 }, 0, 1 },
    { { 1, 3 }, 0, 4 },
    { { 1, 2, 4 }, 0, 3 },
    { { 1, 2, 3, 5 }, 0, 6 },
    { { 1, 2, 3, 5 }, 4, 6 },
    { { 8, 9 }, 7, 10 },
    { { 1, G_MAXINT }, 0, 2 },
    { { G_MAXINT - 1 }, G_MAXINT - 2, G_MAXINT },
    { { G_MAXINT }, G_MAXINT - 1, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GHashTable) taken = g_hash_table_new (NULL, NULL);
      Numbers numbers = { .taken = taken };

      for (guint j = 0; j < G_N_ELEMENTS (cases[i].taken) && cases[i].taken[j] != 0; j++)
        g_hash_table_add (taken, GUINT_TO_POINTER (cases[i].taken[j]));
      g_assert_cmpuint (pillion_file_name_find_number (cases[i].after, is_taken, &numbers), ==, cases[i].number);
    }
}

static gboolean
is_always_taken (guint number,
                 gpointer data)
{
  ++*(guint *) data;
  return TRUE;
}

static void
test_find_number_without_end (void)
{
  guint n_asked = 0;

  g_assert_cmpuint (pillion_file_name_find_number (0, is_always_taken, &n_asked), ==, 0);
  g_assert_cmpuint (n_asked, <=, 32);
  g_assert_cmpuint (pillion_file_name_find_number (G_MAXINT, is_always_taken, &n_asked), ==, 0);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/file-name/proposed-names-become-safe", test_sanitize);
  g_test_add_func ("/http/file-name/long-names-keep-their-extension", test_long);
  g_test_add_func ("/http/file-name/from-content-disposition", test_disposition);
  g_test_add_func ("/http/file-name/from-the-url", test_url);
  g_test_add_func ("/http/file-name/numbers", test_numbers);
  g_test_add_func ("/http/file-name/a-number-is-found-with-few-looks", test_find_number);
  g_test_add_func ("/http/file-name/a-number-is-free-whatever-gaps-there-are", test_find_number_with_gaps);
  g_test_add_func ("/http/file-name/without-a-free-number-the-search-ends", test_find_number_without_end);

  return g_test_run ();
}
