/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "epoll-host.h"

#include <errno.h>
#include <unistd.h>

static EpollHost host;

static PillionHost *
set_up (PillionLoop *loop,
        gpointer data)
{
  epoll_host_init (&host, epoll_create1 (EPOLL_CLOEXEC), loop);

  return g_object_ref (host.host);
}

static void
turn (GTimeSpan timeout,
      gpointer data)
{
  struct epoll_event events[4];

  g_assert_cmpint (epoll_host_wait (&host, events, G_N_ELEMENTS (events), (int) ((timeout + 999) / 1000)), ==, 0);
}

static void
tear_down (gpointer data)
{
  epoll_host_clear (&host);
  close (host.epoll_fd);
}

int
main (int argc,
      char **argv)
{
  const PillionHostSuite suite = { .set_up = set_up, .turn = turn, .tear_down = tear_down };

  g_test_init (&argc, &argv, NULL);
  pillion_host_suite_add (&suite, "/epoll-host", NULL);

  return g_test_run ();
}
