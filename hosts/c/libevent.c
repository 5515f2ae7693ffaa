/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Downloads files in a program on libevent: libevent [--stay] FOLDER URL... */

#include "downloads.h"
#include "libevent-host.h"

int
main (int argc, char **argv)
{
  g_autoptr(PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  struct event_base *base = event_base_new ();
  Downloads downloads;
  LibeventHost host;
  int status;

  libevent_host_init (&host, base, loop);
  downloads_start (&downloads, loop, host.host, argc, argv);
  while (!downloads_are_over (&downloads))
    libevent_host_loop (&host, EVLOOP_ONCE);
  status = downloads_end (&downloads);

  libevent_host_clear (&host);
  event_base_free (base);
  return status;
}
