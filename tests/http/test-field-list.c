/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "http/pillion-field-list.h"

#include <string.h>

static void
test_keeps_order (void)
{
  PillionFieldList list = { NULL };
  g_autofree char *joined = NULL;

  pillion_field_list_append (&list, "A", "1");
  pillion_field_list_append (&list, "B", "");
  pillion_field_list_append (&list, "a", "2");
  joined = pillion_field_list_join (&list, "A");
  g_assert_cmpstr (joined, ==, "1, 2");
  g_assert_true (pillion_field_list_remove (&list, "a"));
  g_assert_false (pillion_field_list_remove (&list, "a"));
  g_assert_cmpuint (list.n, ==, 2);
  g_assert_cmpstr (pillion_field_list_get (&list, "b"), ==, "");
  g_assert_null (list.strv[2]);

  pillion_field_list_clear (&list);
  g_assert_null (list.strv);
}

static void
test_takes_any_length (void)
{
  static const gsize lengths[] = { 0, 1, 100, 495, 496, 497, 10000, 3, 100000, 0 };
  PillionFieldList list = { NULL };

  for (guint i = 0; i < 50 * G_N_ELEMENTS (lengths); i++)
    {
      g_autofree char *name = g_strdup_printf ("X-%u", i);
      g_autofree char *value = g_strnfill (lengths[i % G_N_ELEMENTS (lengths)], 'x');

      pillion_field_list_append (&list, name, value);
    }

  g_assert_cmpuint (list.n, ==, 100 * G_N_ELEMENTS (lengths));
  for (guint i = 0; i < 50 * G_N_ELEMENTS (lengths); i++)
    {
      g_autofree char *name = g_strdup_printf ("x-%u", i);

      g_assert_cmpuint (strlen (pillion_field_list_get (&list, name)), ==, lengths[i % G_N_ELEMENTS (lengths)]);
    }

  pillion_field_list_clear (&list);
}

static void
test_may_be_set_to_its_own_value (void)
{
  PillionFieldList list = { NULL };

  pillion_field_list_append (&list, "A", "one");
  for (guint i = 0; i < 1000; i++)
    pillion_field_list_set (&list, "a", pillion_field_list_get (&list, "A"));
  g_assert_cmpstr (pillion_field_list_get (&list, "A"), ==, "one");

  pillion_field_list_clear (&list);
}

static void
test_may_be_set_by_its_own_name (void)
{
  PillionFieldList list = { NULL };
  g_autofree char *name = g_strnfill (300, 'n');

  pillion_field_list_append (&list, "Before", "1");
  pillion_field_list_append (&list, name, "two");
  pillion_field_list_append (&list, "After", "3");
  for (guint i = 0; i < 1000; i++)
    {
      const char *own = NULL;

      for (guint j = 0; j < list.n; j += 2)
        if (strcmp (list.strv[j], name) == 0)
          own = list.strv[j];
      pillion_field_list_set (&list, own, pillion_field_list_get (&list, own));
      g_assert_cmpuint (list.n, ==, 6);
      g_assert_cmpstr (list.strv[4], ==, name);
      g_assert_null (list.strv[6]);
    }
  g_assert_cmpstr (pillion_field_list_get (&list, name), ==, "two");
  g_assert_cmpstr (pillion_field_list_get (&list, "Before"), ==, "1");
  g_assert_cmpstr (pillion_field_list_get (&list, "After"), ==, "3");

  pillion_field_list_clear (&list);
}

static void
test_setting_often_takes_no_memory (void)
{
  PillionFieldList list = { NULL };

  pillion_field_list_append (&list, "Kept", "always");
  for (guint i = 0; i < 100000; i++)
    {
      g_autofree char *value = g_strdup_printf ("Bearer %u", i);

      pillion_field_list_set (&list, "Authorization", value);
      pillion_field_list_set (&list, "Once", value);
      pillion_field_list_remove (&list, "Once");
      g_assert_cmpuint (list.length, <, 4096);
    }
  g_assert_cmpstr (pillion_field_list_get (&list, "Kept"), ==, "always");
  g_assert_cmpstr (pillion_field_list_get (&list, "Authorization"), ==, "Bearer 99999");

  pillion_field_list_clear (&list);
}

static void
test_removing_often_takes_no_memory (void)
{
  PillionFieldList list = { NULL };

  pillion_field_list_append (&list, "Kept", "always");
  for (guint i = 0; i < 100000; i++)
    {
      pillion_field_list_append (&list, "Once", "not for long");
      pillion_field_list_append (&list, "once", "nor this");
      g_assert_true (pillion_field_list_remove (&list, "Once"));
      g_assert_cmpuint (list.length, <, 4096);
    }
  g_assert_cmpuint (list.n, ==, 2);
  g_assert_cmpstr (pillion_field_list_get (&list, "Kept"), ==, "always");

  pillion_field_list_clear (&list);
}

/* What is borrowed stays where it is, beside copies, and may be replaced by them */
static void
test_borrows (void)
{
  static const char name[] = "Name", value[] = "value";
  PillionFieldList list = { NULL };
  PillionFieldList other = { NULL };

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *copied = g_strdup_printf ("X-%u", i);

      pillion_field_list_borrow (&list, name, value);
      pillion_field_list_append (&list, copied, "1");
    }
  pillion_field_list_borrow_all (&other, &list);
  g_assert_cmpuint (other.n, ==, 400);
  for (guint i = 0; i <= other.n; i++)
    g_assert_true (other.strv[i] == list.strv[i]);
  g_assert_true (pillion_field_list_get (&other, "name") == value);
  g_assert_cmpuint (other.length, ==, 0);

  pillion_field_list_set (&other, name, "another");
  g_assert_cmpuint (other.n, ==, 202);
  g_assert_cmpstr (pillion_field_list_get (&other, "Name"), ==, "another");
  g_assert_true (pillion_field_list_get (&list, "Name") == value);
  pillion_field_list_clear (&other);
  g_assert_cmpstr (pillion_field_list_get (&list, "X-99"), ==, "1");

  pillion_field_list_clear (&list);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/field-list/borrows", test_borrows);
  g_test_add_func ("/http/field-list/keeps-order", test_keeps_order);
  g_test_add_func ("/http/field-list/takes-any-length", test_takes_any_length);
  g_test_add_func ("/http/field-list/may-be-set-to-its-own-value", test_may_be_set_to_its_own_value);
  g_test_add_func ("/http/field-list/may-be-set-by-its-own-name", test_may_be_set_by_its_own_name);
  g_test_add_func ("/http/field-list/setting-often-takes-no-memory", test_setting_often_takes_no_memory);
  g_test_add_func ("/http/field-list/removing-often-takes-no-memory", test_removing_often_takes_no_memory);

  return g_test_run ();
}
