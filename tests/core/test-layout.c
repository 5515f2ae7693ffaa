/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Programs are compiled with the layout of what the headers define. If this fails, they have to be
 * recompiled: a new field takes room from the end of the struct, and nothing else may move. */

#include <string.h>

#include <pillion/pillion.h>

/* On other architectures, the rules of the ABI determine the layout of the same fields */
#define LP64 (sizeof (gpointer) == 8 && sizeof (int) == 4)

#define assert_field(Struct, field, offset, size) \
  G_STMT_START \
  { \
    g_assert_cmpuint (G_STRUCT_OFFSET (Struct, field), ==, offset); \
    g_assert_cmpuint (sizeof ((Struct *) NULL)->field, ==, size); \
  } \
  G_STMT_END

static void
test_kick (void)
{
  if (!LP64)
    {
      g_test_skip ("not an LP64 platform");
      return;
    }

  assert_field (PillionKick, items, 0, 4);
  assert_field (PillionKick, more_ready, 4, 4);
  assert_field (PillionKick, refused, 8, 4);
  assert_field (PillionKick, held, 12, 4);
  assert_field (PillionKick, depth, 16, 4);
  assert_field (PillionKick, next_deadline_usec, 24, 8);
  assert_field (PillionKick, duration_usec, 32, 8);
  assert_field (PillionKick, overshoot_usec, 40, 8);
  assert_field (PillionKick, slowest_usec, 48, 8);
  assert_field (PillionKick, slowest_name, 56, 64);
  assert_field (PillionKick, reserved, 120, 64);
  g_assert_cmpuint (sizeof (PillionKick), ==, 184);
}

/* A program that is newer than the library finds 0 in a field that the library doesn't know */
static void
test_kick_clears_what_it_does_not_know (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (PillionLoop) loop = pillion_loop_new (context, PILLION_LOOP_DEFAULT);
  PillionKick kick;

  memset (&kick, 0xff, sizeof kick);
  pillion_loop_kick_until (loop, 0, &kick);

  for (guint i = 0; i < G_N_ELEMENTS (kick.reserved); i++)
    g_assert_cmpint (kick.reserved[i], ==, 0);
  g_assert_true (pillion_loop_close (loop, -1, NULL));
}

static void
test_host_interface (void)
{
  if (!LP64)
    {
      g_test_skip ("not an LP64 platform");
      return;
    }

  assert_field (PillionHostInterface, get_name, 16, 8);
  assert_field (PillionHostInterface, install, 24, 8);
  assert_field (PillionHostInterface, remove, 32, 8);
  assert_field (PillionHostInterface, wake, 40, 8);
  assert_field (PillionHostInterface, get_now, 48, 8);
  assert_field (PillionHostInterface, skip_to, 56, 8);
  assert_field (PillionHostInterface, runs_context, 64, 8);
  assert_field (PillionHostInterface, keeps_hook, 72, 8);
  assert_field (PillionHostInterface, padding, 80, 48);
  g_assert_cmpuint (sizeof (PillionHostInterface), ==, 128);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/core/layout/kick", test_kick);
  g_test_add_func ("/core/layout/kick-clears-what-it-does-not-know", test_kick_clears_what_it_does_not_know);
  g_test_add_func ("/core/layout/host-interface", test_host_interface);

  return g_test_run ();
}
