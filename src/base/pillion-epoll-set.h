/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* One descriptor that stands for a changing set of others: an epoll set that follows what a GMainContext polls.
 *
 * The kernel keeps files in such a set, not numbers. A file leaves it when its last descriptor is closed, and while a number still stands for it
 * it can be taken out. So one whose number was closed first, while a duplicate or a forked child still holds it, stays in for good and is
 * reported forever. Then the set has to be made anew; its members are in a set of their own inside of the one that others poll, so that
 * the descriptor stays the same. */
typedef struct
{
  int fd; /* -1 if the platform has no epoll */
  int inner;
  guint32 flags;
  GPollFD *members;
  guint n_members;
  guint n_allocated;
  gboolean incomplete; /* whether a member could not be added */
  gboolean suspect;    /* whether a number was closed before it was taken out, so that its file may still be in */
} PillionEpollSet;

/* @edge: each change is told once, instead of as long as it lasts */
void     pillion_epoll_set_init     (PillionEpollSet *self,
                                     gboolean         edge);
void     pillion_epoll_set_clear    (PillionEpollSet *self);

/* A descriptor that belongs to the set whatever pillion_epoll_set_update () says */
gboolean pillion_epoll_set_add      (PillionEpollSet *self,
                                     int              fd);

/* Makes @fds the members. @fresh: a member may have been closed and another one opened under its number; besides, what is
 * ready now is told again. Returns FALSE where one of them can't be a member (a regular file). */
gboolean pillion_epoll_set_update   (PillionEpollSet *self,
                                     const GPollFD   *fds,
                                     guint            n_fds,
                                     gboolean         fresh);

/* Whether @fds are the members */
gboolean pillion_epoll_set_is       (PillionEpollSet *self,
                                     const GPollFD   *fds,
                                     guint            n_fds);

/* Of a set that is not edge-triggered: whether it tells of a file that is none of its members */
gboolean pillion_epoll_set_is_stale (PillionEpollSet *self);

/* Makes it anew, with the same members */
void     pillion_epoll_set_renew    (PillionEpollSet *self);

/* Takes what an edge-triggered set has to tell; returns whether that was anything */
gboolean pillion_epoll_set_drain    (PillionEpollSet *self);
