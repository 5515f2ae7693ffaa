/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "sdl-host.h"

static PillionLoop *rider; /* weak */

static PillionHost *
set_up (PillionLoop *loop,
        gpointer data)
{
  g_clear_weak_pointer (&rider);
  g_set_weak_pointer (&rider, loop);

  return sdl_host_new ();
}

static void
turn (GTimeSpan timeout,
      gpointer data)
{
  int msec = (int) ((timeout + 999) / 1000);
  SDL_Event event;

  if (rider == NULL)
    {
      SDL_WaitEventTimeout (&event, msec);
      return;
    }
  sdl_host_wait_event (rider, &event, msec);
  pillion_loop_kick (rider);
}

int
main (int argc,
      char **argv)
{
  SDL_Window *window;
  const PillionHostSuite suite = { .set_up = set_up, .turn = turn };
  int status;

  g_test_init (&argc, &argv, NULL);
  if (SDL_Init (SDL_INIT_VIDEO) < 0)
    g_error ("%s", SDL_GetError ());
  window = SDL_CreateWindow ("suite", 0, 0, 200, 100, 0);
  g_assert_nonnull (window);
  pillion_host_suite_add (&suite, "/sdl-host", NULL);

  status = g_test_run ();
  SDL_DestroyWindow (window);
  SDL_Quit ();

  return status;
}
