/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Downloads files in a GLFW window that shows how far they are, and how long its frames take: glfw [--stay] FOLDER URL... */

#include "downloads.h"
#include "glfw-host.h"

#include <GL/gl.h>

/* Enough of OpenGL for rectangles */
static void
fill (int x, int y, int width, int height, guint colour, gpointer user_data)
{
  const int *window_height = user_data;

  glScissor (x, *window_height - y - height, width, height);
  glClearColor ((float) (colour >> 16 & 255) / 255, (float) (colour >> 8 & 255) / 255, (float) (colour & 255) / 255, 1);
  glClear (GL_COLOR_BUFFER_BIT);
}

static void
draw (GLFWwindow *window, Downloads *downloads)
{
  g_autofree char *text = downloads_describe (downloads);
  int width, height;

  glfwSetWindowTitle (window, text);
  glfwGetFramebufferSize (window, &width, &height);
  glViewport (0, 0, width, height);
  glEnable (GL_SCISSOR_TEST);
  downloads_draw (downloads, width, height, fill, &height);
  glfwSwapBuffers (window);
}

static void
on_refresh (GLFWwindow *window)
{
  *(gboolean *) glfwGetWindowUserPointer (window) = TRUE;
}

int
main (int argc, char **argv)
{
  g_autoptr(PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  g_autoptr(PillionHost) host = NULL;
  GLFWwindow *window = NULL;
  gboolean dirty = TRUE;
  Downloads downloads;
  int status;

  if (glfwInit ())
    window = glfwCreateWindow (480, 320, "Downloads", NULL, NULL);
  if (window == NULL)
    {
      g_printerr ("There is no window to be had\n");
      return 1;
    }
  glfwMakeContextCurrent (window);
  glfwSetWindowUserPointer (window, &dirty);
  glfwSetWindowRefreshCallback (window, on_refresh);

  host = glfw_host_new ();
  downloads_start (&downloads, loop, host, argc, argv);
  while (!downloads_are_over (&downloads))
    {
      PillionKick report;
      gint64 start;

      glfw_host_wait_events (loop, -1);
      downloads.quit |= glfwWindowShouldClose (window);

      start = g_get_monotonic_time ();
      pillion_loop_kick_until (loop, start + 4 * G_TIME_SPAN_MILLISECOND, &report);
      if (!dirty && report.items == 0)
        continue;
      draw (window, &downloads);
      dirty = FALSE;
      downloads_add_frame (&downloads, g_get_monotonic_time () - start, report.duration_usec);
    }
  status = downloads_end (&downloads);

  glfwDestroyWindow (window);
  glfwTerminate ();
  return status;
}
