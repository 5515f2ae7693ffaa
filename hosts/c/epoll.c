/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Downloads files in a program whose main loop is epoll_wait (): epoll [--stay] FOLDER URL... */

#include "downloads.h"
#include "epoll-host.h"

#include <unistd.h>

int
main (int argc, char **argv)
{
  g_autoptr(PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  int epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  Downloads downloads;
  EpollHost host;
  int status;

  epoll_host_init (&host, epoll_fd, loop);
  downloads_start (&downloads, loop, host.host, argc, argv);
  while (!downloads_are_over (&downloads))
    {
      struct epoll_event events[16];

      /* The program would add descriptors of its own, and handle their events here */
      epoll_host_wait (&host, events, G_N_ELEMENTS (events), -1);
    }
  status = downloads_end (&downloads);

  epoll_host_clear (&host);
  close (epoll_fd);
  return status;
}
