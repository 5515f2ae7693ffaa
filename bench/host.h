/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pillion/pillion.h>

#include <poll.h>

/* One turn of a host that has nothing of its own to do: it sleeps on the loop's descriptor, and kicks */
static inline void
bench_sleep_and_kick (PillionLoop *loop)
{
  struct pollfd fd = { pillion_loop_get_fd (loop), pillion_loop_get_events (loop), 0 };
  gint64 deadline = pillion_loop_get_deadline (loop);
  int timeout = -1;

  if (deadline == 0)
    timeout = 0;
  else if (deadline > 0)
    timeout = CLAMP ((deadline - pillion_loop_get_now (loop) + 999) / 1000, 0, 10000);

  poll (&fd, 1, timeout);
  pillion_loop_kick (loop);
}
