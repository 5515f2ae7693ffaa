/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Downloads files in a program on libuv: uv [--stay] FOLDER URL... */

#include "downloads.h"
#include "uv-host.h"

int
main (int argc, char **argv)
{
  g_autoptr(PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  uv_loop_t *uv = uv_default_loop ();
  Downloads downloads;
  UvHost host;
  int status;

  uv_host_init (&host, uv, loop);
  downloads_start (&downloads, loop, host.host, argc, argv);
  while (!downloads_are_over (&downloads))
    uv_run (uv, UV_RUN_ONCE);
  status = downloads_end (&downloads);

  uv_host_clear (&host);
  uv_run (uv, UV_RUN_DEFAULT);
  uv_loop_close (uv);
  return status;
}
