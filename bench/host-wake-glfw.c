/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "glfw-host.h"

#include "host-wake.h"

static PillionLoop *rider;
static gint posted;

static void
start (PillionLoop *loop)
{
  if (!glfwInit ())
    g_error ("glfwInit");
  glfwWindowHint (GLFW_CLIENT_API, GLFW_NO_API);
  if (glfwCreateWindow (200, 100, "host-wake", NULL, NULL) == NULL)
    g_error ("glfwCreateWindow");
  rider = loop;
  if (loop == NULL)
    return;

  g_autoptr(PillionHost) host = glfw_host_new ();
  if (!pillion_loop_ensure (loop, host, NULL))
    g_error ("ensure failed");
}

static void
turn (void)
{
  if (rider != NULL)
    {
      glfw_host_wait_events (rider, -1);
      pillion_loop_kick (rider);
      return;
    }

  glfwWaitEvents ();
  if (g_atomic_int_compare_and_exchange (&posted, TRUE, FALSE))
    host_wake_arrived ();
}

static void
post (void)
{
  g_atomic_int_set (&posted, TRUE);
  glfwPostEmptyEvent ();
}

int
main (int argc,
      char **argv)
{
  return host_wake_main (argc, argv, &(HostWake) { start, turn, post });
}
