/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "glfw-host.h"

static PillionLoop *rider; /* weak */

static PillionHost *
set_up (PillionLoop *loop,
        gpointer data)
{
  g_clear_weak_pointer (&rider);
  g_set_weak_pointer (&rider, loop);

  return glfw_host_new ();
}

static void
turn (GTimeSpan timeout,
      gpointer data)
{
  if (rider == NULL)
    {
      glfwWaitEventsTimeout ((double) timeout / G_USEC_PER_SEC);
      return;
    }
  glfw_host_wait_events (rider, (double) timeout / G_USEC_PER_SEC);
  pillion_loop_kick (rider);
}

int
main (int argc,
      char **argv)
{
  GLFWwindow *window;
  const PillionHostSuite suite = { .set_up = set_up, .turn = turn };
  int status;

  g_test_init (&argc, &argv, NULL);
  g_assert_true (glfwInit ());
  glfwWindowHint (GLFW_CLIENT_API, GLFW_NO_API);
  window = glfwCreateWindow (200, 100, "suite", NULL, NULL);
  g_assert_nonnull (window);
  pillion_host_suite_add (&suite, "/glfw-host", NULL);

  status = g_test_run ();
  glfwDestroyWindow (window);
  glfwTerminate ();

  return status;
}
