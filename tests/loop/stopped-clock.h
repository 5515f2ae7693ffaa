/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

#include <time.h>

/* A clock for a test of its own thread that can be stopped: then time passes only when something looks at it, so that nothing but what spins is
 * slow, however busy the machine is. Nothing that waits may be under way meanwhile. */

static gint64 stopped_time; /* 0 unless it is stopped */

/* Takes the place of GLib's */
gint64
g_get_monotonic_time (void)
{
  struct timespec now;

  if (stopped_time != 0)
    return ++stopped_time;

  clock_gettime (CLOCK_MONOTONIC, &now);

  return (gint64) now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static inline void
clock_stop (void)
{
  stopped_time = g_get_monotonic_time ();
}

static inline void
clock_go_on (void)
{
  stopped_time = 0;
}
