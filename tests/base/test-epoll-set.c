/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "base/pillion-epoll-set.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <glib-unix.h>
#include <poll.h>
#include <unistd.h>

typedef struct
{
  PillionEpollSet set;
  int pipes[2][2];
  GPollFD fds[2];
} Fixture;

static void
set_up (Fixture *fixture,
        gconstpointer edge)
{
  pillion_epoll_set_init (&fixture->set, edge != NULL);
  g_assert_cmpint (fixture->set.fd, >=, 0);
  for (guint i = 0; i < 2; i++)
    {
      g_assert_true (g_unix_open_pipe (fixture->pipes[i], FD_CLOEXEC, NULL));
      fixture->fds[i] = (GPollFD) { fixture->pipes[i][0], G_IO_IN, 0 };
    }
}

static void
tear_down (Fixture *fixture,
           gconstpointer data)
{
  pillion_epoll_set_clear (&fixture->set);
  g_assert_cmpint (fixture->set.fd, ==, -1);
  for (guint i = 0; i < 4; i++)
    close (fixture->pipes[i / 2][i % 2]);
}

static gboolean
is_readable (int fd)
{
  struct pollfd poll_fd = { fd, POLLIN, 0 };

  return poll (&poll_fd, 1, 0) == 1;
}

static void
put (int fd)
{
  g_assert_cmpint (write (fd, "x", 1), ==, 1);
}

static void
take (int fd)
{
  char byte;

  g_assert_cmpint (read (fd, &byte, 1), ==, 1);
}

static void
test_follows (Fixture *fixture,
              gconstpointer data)
{
  g_assert_true (pillion_epoll_set_is (&fixture->set, NULL, 0));
  g_assert_true (pillion_epoll_set_update (&fixture->set, fixture->fds, 1, FALSE));
  g_assert_true (pillion_epoll_set_is (&fixture->set, fixture->fds, 1));
  g_assert_false (pillion_epoll_set_is (&fixture->set, fixture->fds, 2));
  g_assert_false (pillion_epoll_set_is (&fixture->set, fixture->fds + 1, 1));

  put (fixture->pipes[1][1]);
  g_assert_false (is_readable (fixture->set.fd));
  put (fixture->pipes[0][1]);
  g_assert_true (is_readable (fixture->set.fd));
  take (fixture->pipes[0][0]);
  g_assert_false (is_readable (fixture->set.fd));

  g_assert_true (pillion_epoll_set_update (&fixture->set, fixture->fds, 2, FALSE));
  g_assert_true (is_readable (fixture->set.fd));
  g_assert_true (pillion_epoll_set_update (&fixture->set, fixture->fds, 1, FALSE));
  g_assert_false (is_readable (fixture->set.fd));
  g_assert_true (pillion_epoll_set_update (&fixture->set, NULL, 0, FALSE));
  put (fixture->pipes[0][1]);
  g_assert_false (is_readable (fixture->set.fd));
}

static void
test_events (Fixture *fixture,
             gconstpointer data)
{
  GPollFD writer = { fixture->pipes[0][1], 0, 0 };

  g_assert_true (pillion_epoll_set_update (&fixture->set, &writer, 1, FALSE));
  g_assert_false (is_readable (fixture->set.fd));
  writer.events = G_IO_OUT;
  g_assert_false (pillion_epoll_set_is (&fixture->set, &writer, 1));
  g_assert_true (pillion_epoll_set_update (&fixture->set, &writer, 1, FALSE));
  g_assert_true (is_readable (fixture->set.fd));
}

static void
test_permanent (Fixture *fixture,
                gconstpointer data)
{
  g_assert_true (pillion_epoll_set_add (&fixture->set, fixture->pipes[0][0]));
  g_assert_true (pillion_epoll_set_update (&fixture->set, fixture->fds + 1, 1, FALSE));
  g_assert_true (pillion_epoll_set_update (&fixture->set, NULL, 0, TRUE));
  put (fixture->pipes[0][1]);
  g_assert_true (is_readable (fixture->set.fd));
}

/* Closing a descriptor removes it from the set, and another file under its number is not a member */
static void
test_reopened (Fixture *fixture,
               gconstpointer data)
{
  int fd = fixture->pipes[0][0];

  g_assert_true (pillion_epoll_set_update (&fixture->set, fixture->fds, 1, FALSE));
  g_assert_cmpint (dup2 (fixture->pipes[1][0], fd), ==, fd);
  put (fixture->pipes[1][1]);
  g_assert_false (is_readable (fixture->set.fd));
  g_assert_true (pillion_epoll_set_update (&fixture->set, fixture->fds, 1, TRUE));
  g_assert_true (is_readable (fixture->set.fd));
}

static void
test_regular_file (Fixture *fixture,
                   gconstpointer data)
{
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("pillion-XXXXXX", &path, NULL);
  GPollFD both[2] = { { fd, G_IO_IN, 0 }, fixture->fds[0] };

  g_assert_false (pillion_epoll_set_update (&fixture->set, both, 2, FALSE));
  /* It is refused each time, and the others still count */
  g_assert_false (pillion_epoll_set_update (&fixture->set, both, 2, FALSE));
  g_assert_false (is_readable (fixture->set.fd));
  put (fixture->pipes[0][1]);
  g_assert_true (is_readable (fixture->set.fd));

  /* What leaves an incomplete set is gone */
  g_assert_false (pillion_epoll_set_update (&fixture->set, both, 1, FALSE));
  g_assert_false (is_readable (fixture->set.fd));
  g_assert_true (pillion_epoll_set_update (&fixture->set, fixture->fds, 1, FALSE));
  g_assert_true (is_readable (fixture->set.fd));
  g_assert_true (pillion_epoll_set_update (&fixture->set, NULL, 0, FALSE));
  g_assert_false (is_readable (fixture->set.fd));

  close (fd);
  g_unlink (path);
}

static void
test_edge (Fixture *fixture,
           gconstpointer data)
{
  g_assert_true (pillion_epoll_set_update (&fixture->set, fixture->fds, 2, FALSE));
  g_assert_false (pillion_epoll_set_drain (&fixture->set));

  put (fixture->pipes[0][1]);
  g_assert_true (is_readable (fixture->set.fd));
  g_assert_true (pillion_epoll_set_drain (&fixture->set));
  /* Once, even though nothing has read it */
  g_assert_false (pillion_epoll_set_drain (&fixture->set));
  g_assert_false (is_readable (fixture->set.fd));

  g_assert_true (pillion_epoll_set_update (&fixture->set, fixture->fds, 2, FALSE));
  g_assert_false (pillion_epoll_set_drain (&fixture->set));
  g_assert_true (pillion_epoll_set_update (&fixture->set, fixture->fds, 2, TRUE));
  g_assert_true (pillion_epoll_set_drain (&fixture->set));
}

static void
test_many (Fixture *fixture,
           gconstpointer data)
{
  enum { N = 100 };
  GPollFD fds[N];
  int pipes[N][2];

  for (guint i = 0; i < N; i++)
    {
      g_assert_true (g_unix_open_pipe (pipes[i], FD_CLOEXEC, NULL));
      fds[i] = (GPollFD) { pipes[i][0], G_IO_IN, 0 };
      put (pipes[i][1]);
    }
  g_assert_true (pillion_epoll_set_update (&fixture->set, fds, N, FALSE));
  g_assert_true (pillion_epoll_set_drain (&fixture->set));
  g_assert_false (pillion_epoll_set_drain (&fixture->set));

  for (guint i = 0; i < N; i++)
    {
      close (pipes[i][0]);
      close (pipes[i][1]);
    }
  /* All of them closed already */
  g_assert_true (pillion_epoll_set_update (&fixture->set, fixture->fds, 2, TRUE));
}

static void
test_closed (Fixture *fixture,
             gconstpointer data)
{
  pillion_epoll_set_clear (&fixture->set);
  g_assert_false (pillion_epoll_set_add (&fixture->set, fixture->pipes[0][0]));
  g_assert_false (pillion_epoll_set_update (&fixture->set, fixture->fds, 1, FALSE));
}

/* A duplicate keeps a file in the set whose number was closed: that has to be detected, and to end */
static void
test_stale (Fixture *fixture,
            gconstpointer data)
{
  int copy = dup (fixture->pipes[0][0]);
  int fd = fixture->set.fd;

  g_assert_true (pillion_epoll_set_update (&fixture->set, fixture->fds, 2, FALSE));
  close (fixture->pipes[0][0]);
  g_assert_true (pillion_epoll_set_update (&fixture->set, fixture->fds + 1, 1, FALSE));
  g_assert_true (fixture->set.suspect);
  g_assert_false (pillion_epoll_set_is_stale (&fixture->set));

  put (fixture->pipes[0][1]);
  g_assert_true (is_readable (fd));
  g_assert_true (pillion_epoll_set_is_stale (&fixture->set));
  pillion_epoll_set_renew (&fixture->set);
  g_assert_false (is_readable (fd));
  g_assert_cmpint (fixture->set.fd, ==, fd);

  /* The other one is still a member */
  put (fixture->pipes[1][1]);
  g_assert_true (is_readable (fd));
  g_assert_false (pillion_epoll_set_is_stale (&fixture->set));
  fixture->pipes[0][0] = copy;
}

/* The number is a member again, with another file */
static void
test_stale_under_a_reused_number (Fixture *fixture,
                                  gconstpointer data)
{
  int fd = fixture->pipes[0][0];
  int copy = dup (fd);

  g_assert_true (pillion_epoll_set_update (&fixture->set, fixture->fds, 1, FALSE));
  g_assert_cmpint (dup2 (fixture->pipes[1][0], fd), ==, fd);
  g_assert_true (pillion_epoll_set_update (&fixture->set, fixture->fds, 1, TRUE));
  g_assert_true (fixture->set.suspect);
  put (fixture->pipes[0][1]);
  g_assert_true (pillion_epoll_set_is_stale (&fixture->set));
  pillion_epoll_set_renew (&fixture->set);
  g_assert_false (is_readable (fixture->set.fd));
  put (fixture->pipes[1][1]);
  g_assert_true (is_readable (fixture->set.fd));
  close (copy);
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, edge, function) g_test_add (path, Fixture, edge, set_up, function, tear_down)
  ADD ("/core/epoll-set/follows-what-it-is-given", NULL, test_follows);
  ADD ("/core/epoll-set/follows-the-conditions", NULL, test_events);
  ADD ("/core/epoll-set/keeps-what-was-added-for-good", NULL, test_permanent);
  ADD ("/core/epoll-set/sees-another-file-under-the-same-number", NULL, test_reopened);
  ADD ("/core/epoll-set/finds-a-file-whose-number-was-closed", NULL, test_stale);
  ADD ("/core/epoll-set/finds-a-file-whose-number-was-reused", NULL, test_stale_under_a_reused_number);
  ADD ("/core/epoll-set/regular-file-makes-it-incomplete", NULL, test_regular_file);
  ADD ("/core/epoll-set/edge-tells-each-change-once", "edge", test_edge);
  ADD ("/core/epoll-set/edge-drains-more-than-one-batch", "edge", test_many);
  ADD ("/core/epoll-set/cleared-refuses-all", NULL, test_closed);

  return g_test_run ();
}
