/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "uv-host.h"

#include "host-wake.h"

static UvHost host;
static uv_async_t async;

static void
on_async (uv_async_t *handle)
{
  host_wake_arrived ();
}

static void
start (PillionLoop *loop)
{
  uv_async_init (uv_default_loop (), &async, on_async);
  if (loop == NULL)
    return;

  uv_host_init (&host, uv_default_loop (), loop);
  if (!pillion_loop_ensure (loop, host.host, NULL))
    g_error ("ensure failed");
}

static void
turn (void)
{
  uv_run (uv_default_loop (), UV_RUN_ONCE);
}

static void
post (void)
{
  uv_async_send (&async);
}

int
main (int argc,
      char **argv)
{
  return host_wake_main (argc, argv, &(HostWake) { start, turn, post });
}
