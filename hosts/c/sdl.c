/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Downloads files in an SDL window that shows how far they are, and how long its frames take: sdl [--stay] FOLDER URL... */

#include "downloads.h"
#include "sdl-host.h"

static void
fill (int x, int y, int width, int height, guint colour, gpointer user_data)
{
  SDL_Renderer *renderer = user_data;

  SDL_SetRenderDrawColor (renderer, (Uint8) (colour >> 16), (Uint8) (colour >> 8), (Uint8) colour, 255);
  SDL_RenderFillRect (renderer, &(SDL_Rect) { x, y, width, height });
}

static void
draw (SDL_Window *window, SDL_Renderer *renderer, Downloads *downloads)
{
  g_autofree char *text = downloads_describe (downloads);
  int width, height;

  SDL_SetWindowTitle (window, text);
  SDL_GetRendererOutputSize (renderer, &width, &height);
  downloads_draw (downloads, width, height, fill, renderer);
  SDL_RenderPresent (renderer);
}

int
main (int argc, char **argv)
{
  g_autoptr(PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  g_autoptr(PillionHost) host = NULL;
  SDL_Window *window;
  SDL_Renderer *renderer;
  Downloads downloads;
  int status;

  /* SIGTERM is the program's business: downloads.c handles it */
  SDL_SetHint (SDL_HINT_NO_SIGNAL_HANDLERS, "1");
  if (SDL_Init (SDL_INIT_VIDEO) < 0 || SDL_CreateWindowAndRenderer (480, 320, SDL_WINDOW_RESIZABLE, &window, &renderer) < 0)
    {
      g_printerr ("%s\n", SDL_GetError ());
      return 1;
    }

  host = sdl_host_new ();
  downloads_start (&downloads, loop, host, argc, argv);
  while (!downloads_are_over (&downloads))
    {
      PillionKick report;
      SDL_Event event;
      gboolean dirty = FALSE;
      gint64 start;

      if (sdl_host_wait_event (loop, &event, -1))
        {
          downloads.quit |= event.type == SDL_QUIT;
          dirty = event.type == SDL_WINDOWEVENT;
        }

      start = g_get_monotonic_time ();
      pillion_loop_kick_until (loop, start + 4 * G_TIME_SPAN_MILLISECOND, &report);
      if (!dirty && report.items == 0)
        continue;
      draw (window, renderer, &downloads);
      downloads_add_frame (&downloads, g_get_monotonic_time () - start, report.duration_usec);
    }
  status = downloads_end (&downloads);

  SDL_DestroyRenderer (renderer);
  SDL_DestroyWindow (window);
  SDL_Quit ();
  return status;
}
