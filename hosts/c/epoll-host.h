/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* A loop in a main loop of your own on epoll:
 *
 *   epoll_host_init (&host, epoll_fd, loop);
 *   pillion_loop_ensure (loop, host.host, &error);
 *   while (running)
 *     {
 *       n = epoll_host_wait (&host, events, G_N_ELEMENTS (events), -1);
 *       (handle the events; there may be none)
 *     }
 *   epoll_host_clear (&host);
 */

#pragma once

#include <pillion/pillion.h>

#include <errno.h>
#include <sys/epoll.h>

typedef struct
{
  PillionHost *host;
  PillionLoop *loop; /* NULL once it is closed */
  int epoll_fd;
  int fd;
} EpollHost;

/* Its descriptor is still open, but soon the number may be somebody else's */
static inline void
epoll_host_on_closed (PillionLoop *loop, gpointer user_data)
{
  EpollHost *self = user_data;

  epoll_ctl (self->epoll_fd, EPOLL_CTL_DEL, self->fd, NULL);
  self->loop = NULL;
}

/* Watches the loop's descriptor until the loop is closed, whether it has work or not: a thread may bring some */
static inline void
epoll_host_init (EpollHost *self, int epoll_fd, PillionLoop *loop)
{
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = self };

  self->host = PILLION_HOST (pillion_callback_host_new ("epoll"));
  self->loop = loop;
  self->epoll_fd = epoll_fd;
  self->fd = pillion_loop_get_fd (loop);
  if (epoll_ctl (epoll_fd, EPOLL_CTL_ADD, self->fd, &event) < 0)
    g_error ("epoll_ctl: %s", g_strerror (errno));
  g_signal_connect (loop, "closed", G_CALLBACK (epoll_host_on_closed), self);
}

/* Like epoll_wait (). Returns the number of the program's own events, which may be 0 although the time is not over. */
static inline int
epoll_host_wait (EpollHost *self, struct epoll_event *events, int max_events, int timeout_msec)
{
  GPollFD ready = { self->epoll_fd, G_IO_IN, 0 };
  GTimeSpan due = -1;
  int n, n_own = 0;

  if (self->loop != NULL)
    pillion_loop_prepare_sleep (self->loop, NULL, &due);
  if (due >= 0)
    timeout_msec = (int) MIN ((guint) timeout_msec, (due + 999) / 1000);

  /* The events are taken after the kick: they would be out of date if one of its callbacks closed a descriptor of the program's */
  g_poll (&ready, 1, timeout_msec);
  if (self->loop != NULL)
    pillion_loop_kick (self->loop);

  n = epoll_wait (self->epoll_fd, events, max_events, 0);
  for (int i = 0; i < n; i++)
    if (events[i].data.ptr != self)
      events[n_own++] = events[i];
  return n < 0 ? n : n_own;
}

static inline void
epoll_host_clear (EpollHost *self)
{
  if (self->loop != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->loop, self);
      epoll_host_on_closed (self->loop, self);
    }
  g_clear_object (&self->host);
}
