/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

/* One descriptor that stands for a changing set of others: an epoll set that follows what a GMainContext
 * polls.
 *
 * The kernel keeps files in such a set, not numbers. A file leaves it when its last descriptor is closed. It
 * can be removed only while a number still refers to it. So if its number was closed first, and a duplicate
 * or a forked child still holds the file, it stays in the set for good and is reported forever. The set then
 * has to be rebuilt. Its members are in a set of their own inside the one that others poll, so the descriptor
 * stays the same. */
typedef struct
{
  int fd; /* -1 if the platform has no epoll */
  int inner;
  guint32 flags;
  GPollFD *members;
  guint n_members;
  guint n_allocated;
  gboolean incomplete; /* whether a member could not be added */
  gboolean suspect;    /* whether a number was closed before it was removed, so its file may still be in */
} PillionEpollSet;

/* @edge: each change is reported once, instead of for as long as it lasts */
void     pillion_epoll_set_init     (PillionEpollSet *self,
                                     gboolean         edge);
void     pillion_epoll_set_clear    (PillionEpollSet *self);

/* A descriptor that stays in the set, whatever pillion_epoll_set_update () is given */
gboolean pillion_epoll_set_add      (PillionEpollSet *self,
                                     int              fd);

/* Makes @fds the members. @fresh: a member may have been closed and another opened under its number; also,
 * what is ready now is reported again. Returns FALSE if one of them can't be a member (a regular file). */
gboolean pillion_epoll_set_update   (PillionEpollSet *self,
                                     const GPollFD   *fds,
                                     guint            n_fds,
                                     gboolean         fresh);

/* Whether @fds are the members */
gboolean pillion_epoll_set_is       (PillionEpollSet *self,
                                     const GPollFD   *fds,
                                     guint            n_fds);

/* For a set that is not edge-triggered: whether it reports a file that is not one of its members */
gboolean pillion_epoll_set_is_stale (PillionEpollSet *self);

/* Rebuilds it, with the same members */
void     pillion_epoll_set_renew    (PillionEpollSet *self);

/* Takes what an edge-triggered set has to report; returns whether there was anything */
gboolean pillion_epoll_set_drain    (PillionEpollSet *self);
