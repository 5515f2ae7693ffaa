/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Downloads files while a loop draws 60 frames per second: game-loop [--stay] FOLDER URL... */

#include "downloads.h"

#define RATE 60

static void
draw_frame (void)
{
  /* A real program would draw for some milliseconds here */
}

/* --- What carries the loop: the frame's last part --- */

/* The rest of the frame is Pillion's, except for a millisecond to be on time. Then sleeps until the next frame. */
static void
end_frame (PillionLoop *loop, gint64 *due, PillionKick *report)
{
  const gint64 period = G_USEC_PER_SEC / RATE;
  gint64 now = g_get_monotonic_time ();

  /* After a long pause there is nothing to catch up with */
  *due = MAX (*due + period, now);
  pillion_loop_kick_until (loop, *due - G_TIME_SPAN_MILLISECOND, report);
  now = g_get_monotonic_time ();
  if (*due > now)
    g_usleep ((gulong) (*due - now));
}

/* --- The program --- */

int
main (int argc, char **argv)
{
  g_autoptr(PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  g_autoptr(PillionHost) host = PILLION_HOST (pillion_callback_host_new ("game-loop"));
  g_autofree char *text = NULL;
  gint64 due = g_get_monotonic_time ();
  Downloads downloads;

  downloads_start (&downloads, loop, host, argc, argv);
  while (!downloads_are_over (&downloads))
    {
      gint64 start = g_get_monotonic_time ();
      PillionKick report;

      draw_frame ();
      end_frame (loop, &due, &report);
      downloads_add_frame (&downloads, g_get_monotonic_time () - start, report.duration_usec);
    }
  text = downloads_describe (&downloads);
  g_print ("%s\n", text);
  return downloads_end (&downloads);
}
