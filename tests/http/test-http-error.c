/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <pillion-http/pillion-http.h>

static void
test_domains (void)
{
  g_assert_cmpstr (g_quark_to_string (PILLION_HTTP_ERROR), ==, "pillion-http-error-quark");
  g_assert_cmpstr (g_quark_to_string (PILLION_HTTP_STATUS_ERROR), ==, "pillion-http-status-error-quark");
  g_assert_cmpuint (pillion_http_error_quark (), ==, PILLION_HTTP_ERROR);
  g_assert_cmpuint (pillion_http_status_error_quark (), ==, PILLION_HTTP_STATUS_ERROR);
  g_assert_cmpuint (PILLION_HTTP_ERROR, !=, PILLION_ERROR);
  g_assert_cmpuint (PILLION_HTTP_ERROR, !=, PILLION_HTTP_STATUS_ERROR);
}

/* Bindings and logs go by these names */
static void
test_nicks (void)
{
  g_autoptr (GEnumClass) faults = g_type_class_ref (PILLION_HTTP_TYPE_ERROR);
  g_autoptr (GEnumClass) statuses = g_type_class_ref (PILLION_HTTP_TYPE_STATUS_ERROR);

  g_assert_cmpstr (g_enum_get_value (faults, PILLION_HTTP_ERROR_DIGEST_MISMATCH)->value_nick, ==, "digest-mismatch");
  g_assert_cmpint (g_enum_get_value_by_nick (statuses, "not-found")->value, ==, 404);
  g_assert_cmpint (g_enum_get_value_by_nick (statuses, "service-unavailable")->value, ==, 503);
}

static void
test_version (void)
{
  g_assert_cmpuint (pillion_http_get_major_version (), ==, PILLION_HTTP_MAJOR_VERSION);
  g_assert_cmpuint (pillion_http_get_minor_version (), ==, PILLION_HTTP_MINOR_VERSION);
  g_assert_cmpuint (pillion_http_get_micro_version (), ==, PILLION_HTTP_MICRO_VERSION);
  g_assert_cmpstr (PILLION_HTTP_VERSION_S, ==, PILLION_VERSION_S);
  g_assert_true (PILLION_HTTP_CHECK_VERSION (PILLION_HTTP_MAJOR_VERSION, 0, 0));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/error/domains-are-two", test_domains);
  g_test_add_func ("/http/error/codes-have-their-names", test_nicks);
  g_test_add_func ("/http/version/library-and-headers-agree", test_version);

  return g_test_run ();
}
