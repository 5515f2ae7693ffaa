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

/* Lets @loop ride on @host until bench_close () */
static inline void
bench_ensure (PillionLoop *loop,
              PillionHost *host)
{
  g_autoptr (GError) error = NULL;

  pillion_loop_set_auto_stop (loop, FALSE);
  if (!pillion_loop_ensure (loop, host, &error))
    g_error ("ensure: %s", error->message);
}

/* Without a time limit: a busy disk may take long to flush what was downloaded, and what is still running here must not outlive the
 * program's data. bench.py ends a program that hangs. */
static inline void
bench_close (PillionLoop *loop)
{
  g_autoptr (GError) error = NULL;

  if (!pillion_loop_close (loop, -1, &error))
    g_error ("close: %s", error->message);
}

/* The bytes that a task returned (transfer full) */
static inline GBytes *
bench_get_bytes (PillionTask *task)
{
  g_autoptr (GError) error = NULL;
  GBytes *bytes = pillion_task_get_bytes (task, &error);

  if (bytes == NULL)
    g_error ("%s: %s", pillion_task_get_name (task), error->message);

  return bytes;
}
