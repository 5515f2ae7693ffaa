/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <pillion-http/pillion-http.h>

#include "http/pillion-reconnect.h"

#define S G_TIME_SPAN_SECOND
#define MS G_TIME_SPAN_MILLISECOND

static void
test_pauses_grow (void)
{
  const GTimeSpan expected[] = { 3 * S, 6 * S, 12 * S, 24 * S, 48 * S, 60 * S, 60 * S };
  PillionReconnect reconnect;

  pillion_reconnect_init (&reconnect);
  reconnect.max = -1;
  g_assert_cmpint (pillion_reconnect_get_pause (&reconnect, 0), ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_assert_true (pillion_reconnect_failed (&reconnect, 100 * S));
      g_assert_cmpint (pillion_reconnect_get_pause (&reconnect, 100 * S), ==, expected[i]);
    }
  g_assert_cmpint (pillion_reconnect_get_pause (&reconnect, 1000 * S), ==, 0);

  /* A connection begins them anew */
  pillion_reconnect_connected (&reconnect);
  g_assert_true (pillion_reconnect_failed (&reconnect, 100 * S));
  g_assert_cmpint (pillion_reconnect_get_pause (&reconnect, 100 * S), ==, 3 * S);
  pillion_reconnect_end_pause (&reconnect);
  g_assert_cmpint (pillion_reconnect_get_pause (&reconnect, 100 * S), ==, 0);

  /* What the server asks for may be longer */
  reconnect.interval = 200 * S;
  pillion_reconnect_again (&reconnect, 0);
  g_assert_cmpint (pillion_reconnect_get_pause (&reconnect, 0), ==, 200 * S);
}

static void
test_limit (void)
{
  PillionReconnect reconnect;

  pillion_reconnect_init (&reconnect);
  for (guint i = 0; i < PILLION_RECONNECT_DEFAULT_MAX; i++)
    g_assert_true (pillion_reconnect_failed (&reconnect, 0));
  g_assert_false (pillion_reconnect_failed (&reconnect, 0));
  pillion_reconnect_connected (&reconnect);
  g_assert_true (pillion_reconnect_failed (&reconnect, 0));
}

static void
test_not_too_often (void)
{
  PillionReconnect reconnect;

  pillion_reconnect_init (&reconnect);
  reconnect.interval = 0;
  pillion_reconnect_begin (&reconnect, 10 * S);
  pillion_reconnect_again (&reconnect, 10 * S + 30 * MS);
  g_assert_cmpint (pillion_reconnect_get_pause (&reconnect, 10 * S + 30 * MS), ==, 70 * MS);
}

static void
test_errors (void)
{
  const struct
  {
    GQuark domain;
    int code;
    gboolean helps;
  } cases[] = {
    { G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED, TRUE },
    { G_IO_ERROR, G_IO_ERROR_TIMED_OUT, TRUE },
    { G_IO_ERROR, G_IO_ERROR_CANCELLED, FALSE },
    { G_TLS_ERROR, G_TLS_ERROR_EOF, TRUE },
    { G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, FALSE },
    { G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, TRUE },
    { PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TRUNCATED, TRUE },
    { PILLION_HTTP_ERROR, PILLION_HTTP_ERROR_TOO_LARGE, FALSE },
    { PILLION_HTTP_STATUS_ERROR, 503, FALSE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = g_error_new_literal (cases[i].domain, cases[i].code, "");

      g_assert_cmpint (pillion_reconnect_may_help (error), ==, cases[i].helps);
    }
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/http/reconnect/pauses-grow", test_pauses_grow);
  g_test_add_func ("/http/reconnect/limit", test_limit);
  g_test_add_func ("/http/reconnect/not-too-often", test_not_too_often);
  g_test_add_func ("/http/reconnect/errors-of-the-network", test_errors);

  return g_test_run ();
}
