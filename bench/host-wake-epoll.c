/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "epoll-host.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "host-wake.h"

static EpollHost host;
static int epoll_fd;
static int bell;

static void
start (PillionLoop *loop)
{
  struct epoll_event event = { .events = EPOLLIN | EPOLLET };

  epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  bell = eventfd (0, EFD_CLOEXEC);
  if (epoll_ctl (epoll_fd, EPOLL_CTL_ADD, bell, &event) < 0)
    g_error ("epoll_ctl");
  if (loop == NULL)
    return;

  epoll_host_init (&host, epoll_fd, loop);
  if (!pillion_loop_ensure (loop, host.host, NULL))
    g_error ("ensure failed");
}

static void
turn (void)
{
  struct epoll_event event;

  if (host.loop != NULL)
    epoll_host_wait (&host, &event, 1, -1);
  else if (epoll_wait (epoll_fd, &event, 1, -1) > 0)
    host_wake_arrived ();
}

static void
post (void)
{
  const uint64_t one = 1;

  if (write (bell, &one, sizeof one) != sizeof one)
    g_error ("eventfd");
}

int
main (int argc,
      char **argv)
{
  return host_wake_main (argc, argv, &(HostWake) { start, turn, post });
}
