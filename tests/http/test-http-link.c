/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http/pillion-http-link.h"

/* The targets of links in the header field Link */

static void
test_find (void)
{
  static const struct
  {
    const char *field;
    const char *target; /* of the relation next */
  } cases[] = {
    { "</2>; rel=\"next\"", "/2" },
    { "</2>; rel=next", "/2" },
    { "</2>;rel=NEXT", "/2" },
    { "< /2>; REL = next", " /2" },
    { "</2>; rel=\"last next\"", "/2" },
    { "</1>; rel=prev, </3>; rel=next, </9>; rel=last", "/3" },
    { "</a,b;c>; rel=next", "/a,b;c" },
    { "<>; rel=next", "" },
    { "</1>; title=\"a, <b>; rel=next\"; rel=prev, </3>; rel=next", "/3" },
    { "</1>; title=\"a \\\" b\"; rel=next", "/1" },
    { "</1>; crossorigin; rel=next", "/1" },
    { "</1>;; rel=next;", "/1" },
    { "</1>; rel=prev; rel=next", NULL },
    { "</1>; relation=next", NULL },
    { "</1>; rel=nextish", NULL },
    { "</1>; rel=\"\"", NULL },
    { "</1>; rel", NULL },
    { "</1>", NULL },
    { "</1; rel=next", NULL },
    { "</1 </2>; rel=next", "/2" },
    { "</1>; rel=\"next", "/1" },
    { "</1>; title=\"x\\", NULL },
    { "rel=next", NULL },
    { "", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *target = pillion_http_find_link (cases[i].field, "next");

      g_test_message ("%s", cases[i].field);
      g_assert_cmpstr (target, ==, cases[i].target);
    }
}

/* Whatever a server sends costs no more than reading it once */
static void
test_long (void)
{
  g_autofree char *field = g_strnfill (1000 * 1000, '<');
  g_autofree char *target = pillion_http_find_link (field, "next");

  g_assert_null (target);
}

int
main (int argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/link/finds-the-target-of-a-relation", test_find);
  g_test_add_func ("/http/link/a-long-field-is-read-once", test_long);

  return g_test_run ();
}
