/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#include "config.h"

#include "base/pillion-epoll-set.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#ifdef HAVE_EPOLL
#include <sys/epoll.h>
#endif

#ifdef HAVE_EPOLL
static gboolean
make_inner (PillionEpollSet *self)
{
  struct epoll_event event = { .events = EPOLLIN };

  self->inner = epoll_create1 (EPOLL_CLOEXEC);
  return self->inner >= 0 && epoll_ctl (self->fd, EPOLL_CTL_ADD, self->inner, &event) == 0;
}
#endif

void
pillion_epoll_set_init (PillionEpollSet *self,
                        gboolean edge)
{
  memset (self, 0, sizeof *self);
  self->fd = self->inner = -1;
#ifdef HAVE_EPOLL
  self->fd = epoll_create1 (EPOLL_CLOEXEC);
  self->flags = edge ? EPOLLET : 0;
  if (self->fd >= 0 && !make_inner (self))
    pillion_epoll_set_clear (self);
#endif
}

void
pillion_epoll_set_clear (PillionEpollSet *self)
{
  /* If it was never made, neither was the inner one */
  if (self->fd >= 0)
    {
      if (self->inner >= 0)
        close (self->inner);
      close (self->fd);
    }
  self->fd = self->inner = -1;
  g_clear_pointer (&self->members, g_free);
  self->n_members = self->n_allocated = 0;
}

#ifdef HAVE_EPOLL
static gboolean
control (PillionEpollSet *self,
         int operation,
         const GPollFD *member)
{
  /* On Linux, poll and epoll use the same bits for conditions */
  struct epoll_event event = { .events = member->events | self->flags, .data.fd = member->fd };

  if (epoll_ctl (self->inner, operation, member->fd, &event) == 0)
    return TRUE;

  /* The number may belong to another file now */
  if (operation == EPOLL_CTL_MOD && errno == ENOENT)
    {
      self->suspect = TRUE;
      return epoll_ctl (self->inner, EPOLL_CTL_ADD, member->fd, &event) == 0;
    }
  if (operation == EPOLL_CTL_ADD && errno == EEXIST)
    return epoll_ctl (self->inner, EPOLL_CTL_MOD, member->fd, &event) == 0;

  return FALSE;
}

/* Starts at @start and wraps around: two similar sets have the same descriptor at about the same place */
static const GPollFD *
find (const GPollFD *fds,
      guint n_fds,
      int fd,
      guint start)
{
  for (guint i = 0; i < n_fds; i++)
    {
      const GPollFD *candidate = &fds[(start + i) % n_fds];

      if (candidate->fd == fd)
        return candidate;
    }
  return NULL;
}
#endif

gboolean
pillion_epoll_set_add (PillionEpollSet *self,
                       int fd)
{
#ifdef HAVE_EPOLL
  struct epoll_event event = { .events = EPOLLIN | self->flags };

  return self->fd >= 0 && epoll_ctl (self->fd, EPOLL_CTL_ADD, fd, &event) == 0;
#else
  return FALSE;
#endif
}

gboolean
pillion_epoll_set_is (PillionEpollSet *self,
                      const GPollFD *fds,
                      guint n_fds)
{
  if (self->incomplete || n_fds != self->n_members)
    return FALSE;

  for (guint i = 0; i < n_fds; i++)
    if (fds[i].fd != self->members[i].fd || fds[i].events != self->members[i].events)
      return FALSE;

  return TRUE;
}

gboolean
pillion_epoll_set_update (PillionEpollSet *self,
                          const GPollFD *fds,
                          guint n_fds,
                          gboolean fresh)
{
#ifdef HAVE_EPOLL
  gboolean complete = TRUE;

  if (self->fd < 0)
    return FALSE;
  if (!fresh && pillion_epoll_set_is (self, fds, n_fds))
    return TRUE;

  for (guint i = 0; i < self->n_members; i++)
    if (find (fds, n_fds, self->members[i].fd, i) == NULL &&
        epoll_ctl (self->inner, EPOLL_CTL_DEL, self->members[i].fd, NULL) < 0)
      self->suspect = TRUE;

  for (guint i = 0; i < n_fds; i++)
    {
      const GPollFD *old = find (self->members, self->n_members, fds[i].fd, i);

      if (old == NULL)
        complete &= control (self, EPOLL_CTL_ADD, &fds[i]);
      else if (fresh || self->incomplete || old->events != fds[i].events)
        complete &= control (self, EPOLL_CTL_MOD, &fds[i]);
    }

  if (n_fds > self->n_allocated)
    {
      self->n_allocated = n_fds;
      self->members = g_renew (GPollFD, self->members, n_fds);
    }
  if (n_fds > 0)
    memcpy (self->members, fds, n_fds * sizeof *fds);
  self->n_members = n_fds;
  /* The next update tries again to add what could not be added */
  self->incomplete = !complete;

  return complete;
#else
  return FALSE;
#endif
}

gboolean
pillion_epoll_set_is_stale (PillionEpollSet *self)
{
#ifdef HAVE_EPOLL
  struct epoll_event events[32];
  int n = epoll_wait (self->inner, events, G_N_ELEMENTS (events), 0);

  for (int i = 0; i < n; i++)
    {
      const GPollFD *member = find (self->members, self->n_members, events[i].data.fd, 0);
      GPollFD now;

      if (member == NULL)
        return TRUE;
      /* The number may belong to another file by now, which is another member */
      now = *member;
      if (g_poll (&now, 1, 0) == 0)
        return TRUE;
    }
#endif

  return FALSE;
}

void
pillion_epoll_set_renew (PillionEpollSet *self)
{
#ifdef HAVE_EPOLL
  gboolean complete;

  /* Remove it, rather than just close it: a forked child may have it open, too */
  epoll_ctl (self->fd, EPOLL_CTL_DEL, self->inner, NULL);
  close (self->inner);
  complete = make_inner (self);
  for (guint i = 0; complete && i < self->n_members; i++)
    complete = control (self, EPOLL_CTL_ADD, &self->members[i]);
  self->incomplete = !complete;
  self->suspect = FALSE;
#endif
}

gboolean
pillion_epoll_set_drain (PillionEpollSet *self)
{
#ifdef HAVE_EPOLL
  struct epoll_event events[32];
  gboolean any = FALSE;
  int n;

  do
    {
      n = epoll_wait (self->inner, events, G_N_ELEMENTS (events), 0);
      any |= n > 0;
    }
  while (n == G_N_ELEMENTS (events) && self->flags != 0);

  return any;
#else
  return FALSE;
#endif
}
