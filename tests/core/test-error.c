/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <pillion/pillion.h>

static void
test_domains (void)
{
  g_assert_cmpstr (g_quark_to_string (PILLION_ERROR), ==, "pillion-error-quark");
  g_assert_cmpstr (g_quark_to_string (PILLION_HTTP_ERROR), ==, "pillion-http-error-quark");
  g_assert_cmpuint (pillion_error_quark (), ==, PILLION_ERROR);
  g_assert_cmpuint (pillion_http_error_quark (), ==, PILLION_HTTP_ERROR);
  g_assert_cmpuint (PILLION_ERROR, !=, PILLION_HTTP_ERROR);
}

/* Bindings and logs go by these names */
static void
test_nicks (void)
{
  g_autoptr (GEnumClass) errors = g_type_class_ref (PILLION_TYPE_ERROR);
  g_autoptr (GEnumClass) http_errors = g_type_class_ref (PILLION_TYPE_HTTP_ERROR);

  g_assert_cmpuint (errors->n_values, ==, PILLION_ERROR_OVER_RELEASED + 1);
  g_assert_cmpstr (g_enum_get_value (errors, PILLION_ERROR_LEFT_BEHIND)->value_nick, ==, "left-behind");
  g_assert_cmpint (g_enum_get_value_by_nick (http_errors, "not-found")->value, ==, 404);
  g_assert_cmpint (g_enum_get_value_by_nick (http_errors, "service-unavailable")->value, ==, 503);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/core/error/domains-are-two", test_domains);
  g_test_add_func ("/core/error/codes-have-their-names", test_nicks);

  return g_test_run ();
}
