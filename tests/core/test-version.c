/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include <pillion/pillion.h>

static void
test_running (void)
{
  g_autofree char *running = g_strdup_printf ("%u.%u.%u", pillion_get_major_version (), pillion_get_minor_version (),
                                              pillion_get_micro_version ());

  g_assert_cmpstr (running, ==, PILLION_VERSION_S);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/core/version/the-library-is-of-the-headers-version", test_running);

  return g_test_run ();
}
