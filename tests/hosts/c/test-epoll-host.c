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

typedef struct
{
  int ends[2]; /* of a pipe; -1 once they are closed */
} Connection;

static void
close_connection (gpointer data)
{
  Connection *self = data;

  for (guint i = 0; i < 2; i++)
    {
      close (self->ends[i]);
      self->ends[i] = -1;
    }
}

/* The program gets no event of what a callback has closed */
static void
test_closed_in_callback (void)
{
  g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  Connection connection;
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = &connection };
  struct epoll_event events[4];
  int n;

  g_object_unref (set_up (loop, NULL));
  g_assert_true (pillion_loop_ensure (loop, host.host, NULL));
  g_assert_no_errno (pipe (connection.ends));
  g_assert_no_errno (epoll_ctl (host.epoll_fd, EPOLL_CTL_ADD, connection.ends[0], &event));
  g_assert_cmpint (write (connection.ends[1], "x", 1), ==, 1);
  pillion_loop_call_soon (loop, close_connection, &connection, NULL);
  do
    {
      n = epoll_host_wait (&host, events, G_N_ELEMENTS (events), 0);
      for (int i = 0; i < n; i++)
        g_assert_cmpint (((Connection *) events[i].data.ptr)->ends[0], >=, 0);
    }
  while (connection.ends[0] >= 0);
  tear_down (NULL);
}

static void
spoil_errno (gpointer data)
{
  errno = 0;
}

/* Callbacks don't change what the program is told of its own mistake */
static void
test_error (void)
{
  g_autoptr (PillionLoop) loop = pillion_loop_new (NULL, PILLION_LOOP_DEFAULT);
  struct epoll_event events[4];

  g_object_unref (set_up (loop, NULL));
  g_assert_true (pillion_loop_ensure (loop, host.host, NULL));
  pillion_loop_call_soon (loop, spoil_errno, NULL, NULL);
  g_assert_cmpint (epoll_host_wait (&host, events, 0, 0), ==, -1);
  g_assert_cmpint (errno, ==, EINVAL);
  tear_down (NULL);
}

int
main (int argc,
      char **argv)
{
  const PillionHostSuite suite = { .set_up = set_up, .turn = turn, .tear_down = tear_down };

  g_test_init (&argc, &argv, NULL);
  pillion_host_suite_add (&suite, "/epoll-host", NULL);
  g_test_add_func ("/epoll-host/no-event-of-what-a-callback-closed", test_closed_in_callback);
  g_test_add_func ("/epoll-host/errors-are-those-of-the-wait", test_error);

  return g_test_run ();
}
