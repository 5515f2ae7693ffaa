/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http/pillion-received-fields.h"

/* The header fields of a response */

static void
test_none (void)
{
  PillionReceivedFields fields = { NULL };

  g_assert_null (pillion_received_fields_get (&fields, "Date"));
  g_assert_null (pillion_received_fields_get_names (&fields)[0]);
  pillion_received_fields_clear (&fields);
}

static void
test_joined_in_order (void)
{
  PillionReceivedFields fields = { NULL };
  const char *const *names;

  pillion_received_fields_append (&fields, "X-Word", "one");
  pillion_received_fields_append (&fields, "set-cookie", "a=1");
  pillion_received_fields_append (&fields, "x-word", "");
  pillion_received_fields_append (&fields, "X-WORD", "three");
  pillion_received_fields_append (&fields, "Set-Cookie", "b=2");

  names = pillion_received_fields_get_names (&fields);
  g_assert_cmpstr (names[0], ==, "X-Word");
  g_assert_cmpstr (names[1], ==, "set-cookie");
  g_assert_null (names[2]);
  g_assert_cmpstr (pillion_received_fields_get (&fields, "x-WORD"), ==, "one, , three");
  g_assert_cmpstr (pillion_received_fields_get (&fields, "SET-COOKIE"), ==, "a=1\nb=2");
  g_assert_null (pillion_received_fields_get (&fields, "X-Words"));
  pillion_received_fields_clear (&fields);
}

static void
test_bad_bytes (void)
{
  PillionReceivedFields fields = { NULL };

  pillion_received_fields_append (&fields, "X-\xff", "a\xe9");
  g_assert_cmpstr (pillion_received_fields_get_names (&fields)[0], ==, "X-\xef\xbf\xbd");
  g_assert_cmpstr (pillion_received_fields_get (&fields, "X-\xef\xbf\xbd"), ==, "a\xef\xbf\xbd");
  pillion_received_fields_clear (&fields);
}

static void
test_many (void)
{
  PillionReceivedFields fields = { NULL };

  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *name = g_strdup_printf ("X-%u", i);
      g_autofree char *value = g_strnfill (i * 3, 'v');

      pillion_received_fields_append (&fields, name, value);
    }

  g_assert_cmpuint (g_strv_length ((char **) pillion_received_fields_get_names (&fields)), ==, 500);
  for (guint i = 0; i < 500; i++)
    {
      g_autofree char *name = g_strdup_printf ("X-%u", i);
      g_autofree char *value = g_strnfill (i * 3, 'v');

      g_assert_cmpstr (pillion_received_fields_get (&fields, name), ==, value);
    }
  pillion_received_fields_clear (&fields);
}

static gpointer
ask (gpointer fields)
{
  return (gpointer) pillion_received_fields_get (fields, "Date");
}

/* What they return stays valid, whichever was first */
static void
test_two_threads_ask_first (void)
{
  for (guint i = 0; i < 200; i++)
    {
      PillionReceivedFields fields = { NULL };
      GThread *other;
      const char *here;

      pillion_received_fields_append (&fields, "Date", "today");
      other = g_thread_new ("asks", ask, &fields);
      here = pillion_received_fields_get (&fields, "Date");
      g_assert_cmpstr (here, ==, "today");
      g_assert_true (g_thread_join (other) == here);
      pillion_received_fields_clear (&fields);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/received-fields/none", test_none);
  g_test_add_func ("/http/received-fields/joined-in-order", test_joined_in_order);
  g_test_add_func ("/http/received-fields/bad-bytes", test_bad_bytes);
  g_test_add_func ("/http/received-fields/many", test_many);
  g_test_add_func ("/http/received-fields/two-threads-ask-first", test_two_threads_ask_first);

  return g_test_run ();
}
