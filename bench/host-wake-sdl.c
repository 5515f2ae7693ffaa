/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "sdl-host.h"

#include "host-wake.h"

static PillionLoop *rider;
static Uint32 type;

static void
start (PillionLoop *loop)
{
  if (SDL_Init (SDL_INIT_VIDEO) < 0 || SDL_CreateWindow ("host-wake", 0, 0, 200, 100, 0) == NULL)
    g_error ("%s", SDL_GetError ());
  type = SDL_RegisterEvents (1);
  rider = loop;
  if (loop == NULL)
    return;

  g_autoptr(PillionHost) host = sdl_host_new ();
  if (!pillion_loop_ensure (loop, host, NULL))
    g_error ("ensure failed");
}

static void
turn (void)
{
  SDL_Event event;

  if (rider != NULL)
    {
      sdl_host_wait_event (rider, &event, -1);
      pillion_loop_kick (rider);
    }
  else if (SDL_WaitEvent (&event) && event.type == type)
    {
      host_wake_arrived ();
    }
}

static void
post (void)
{
  SDL_Event event = { .type = type };

  SDL_PushEvent (&event);
}

int
main (int argc,
      char **argv)
{
  return host_wake_main (argc, argv, &(HostWake) { start, turn, post });
}
