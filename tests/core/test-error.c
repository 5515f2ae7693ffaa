/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <pillion/pillion.h>

static void
test_domain (void)
{
  g_assert_cmpstr (g_quark_to_string (PILLION_ERROR), ==, "pillion-error-quark");
  g_assert_cmpuint (pillion_error_quark (), ==, PILLION_ERROR);
}

/* Bindings and logs use these names */
static void
test_nicks (void)
{
  g_autoptr (GEnumClass) errors = g_type_class_ref (PILLION_TYPE_ERROR);

  g_assert_cmpuint (errors->n_values, ==, PILLION_ERROR_OVER_RELEASED + 1);
  g_assert_cmpstr (g_enum_get_value (errors, PILLION_ERROR_LEFT_BEHIND)->value_nick, ==, "left-behind");
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/core/error/domain-has-its-name", test_domain);
  g_test_add_func ("/core/error/codes-have-their-names", test_nicks);

  return g_test_run ();
}
