/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A loop in a program on SDL 2 that sleeps until there is an event:
 *
 *   host = sdl_host_new ();                                    after SDL_Init ()
 *   pillion_loop_ensure (loop, host, &error);
 *   while (running)
 *     {
 *       if (sdl_host_wait_event (loop, &event, -1))            instead of SDL_WaitEventTimeout ()
 *         (handle the event)
 *       pillion_loop_kick (loop);
 *       (draw, if something has changed)
 *     }
 *   pillion_loop_close (loop, timeout, &error);                before SDL_Quit ()
 *
 * A program that draws all the time, with SDL_PollEvent (), needs only the kick.
 */

#pragma once

#include <pillion/pillion.h>

#include <SDL.h>

/* An event that means nothing: it only ends the sleep */
static Uint32 sdl_host_event;

/* Called from any thread */
static inline void
sdl_host_wake (gpointer user_data)
{
  SDL_Event event = { .type = sdl_host_event };

  SDL_PushEvent (&event);
}

static inline PillionHost *
sdl_host_new (void)
{
  PillionCallbackHost *host = pillion_callback_host_new ("sdl");

  if (sdl_host_event == 0)
    sdl_host_event = SDL_RegisterEvents (1);
  pillion_callback_host_set_wake (host, sdl_host_wake, NULL, NULL);
  return PILLION_HOST (host);
}

/* Like SDL_WaitEventTimeout (), with -1 for no limit. It also returns, without an event, when it is time to kick. */
static inline gboolean
sdl_host_wait_event (PillionLoop *loop, SDL_Event *event, int timeout_msec)
{
  GTimeSpan due;

  pillion_loop_prepare_sleep (loop, NULL, &due);
  if (due >= 0)
    timeout_msec = (int) MIN ((guint) timeout_msec, (due + 999) / 1000);
  return SDL_WaitEventTimeout (event, timeout_msec) && event->type != sdl_host_event;
}
