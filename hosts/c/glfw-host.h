/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A loop in a program on GLFW 3 that sleeps until there is an event:
 *
 *   host = glfw_host_new ();                                   after glfwInit ()
 *   pillion_loop_ensure (loop, host, &error);
 *   while (!glfwWindowShouldClose (window))
 *     {
 *       glfw_host_wait_events (loop, -1);                      instead of glfwWaitEvents ()
 *       pillion_loop_kick (loop);
 *       (draw, if something has changed)
 *     }
 *   pillion_loop_close (loop, timeout, &error);                before glfwTerminate ()
 *
 * A program that draws all the time, with glfwPollEvents (), needs only the kick.
 */

#pragma once

#include <pillion/pillion.h>

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

/* Called from any thread */
static inline void
glfw_host_wake (gpointer user_data)
{
  glfwPostEmptyEvent ();
}

static inline PillionHost *
glfw_host_new (void)
{
  PillionCallbackHost *host = pillion_callback_host_new ("glfw");

  pillion_callback_host_set_wake (host, glfw_host_wake, NULL, NULL);
  return PILLION_HOST (host);
}

/* Like glfwWaitEventsTimeout (), in seconds, with a negative number for no limit. It also returns when it is time to kick. */
static inline void
glfw_host_wait_events (PillionLoop *loop, double timeout)
{
  GTimeSpan due;

  pillion_loop_prepare_sleep (loop, NULL, &due);
  if (due >= 0 && (timeout < 0 || timeout > (double) due / G_USEC_PER_SEC))
    timeout = (double) due / G_USEC_PER_SEC;

  if (timeout > 0)
    glfwWaitEventsTimeout (timeout);
  else if (timeout == 0)
    glfwPollEvents ();
  else
    glfwWaitEvents ();
}
