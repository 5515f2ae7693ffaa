/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

typedef struct _PillionWatch PillionWatch;

typedef void (*PillionWatchFunc) (gpointer data);

/* Watches a set of file descriptors from the I/O thread, so that the one who owns them need not ask the kernel. All
 * functions belong to the thread that made it. */

/* @func is called on the I/O thread when a descriptor becomes ready, after the flag was set. Returns NULL if the platform has no epoll, or
 * no descriptor or thread for it is left: then the owner has to ask the kernel itself.
 *
 * @func is called with nothing locked, because it may call code of the program's. So it may still run when pillion_watch_free () has
 * returned. @hold, which may be NULL, is called before it, and not any more after that: it sees to it that @data lasts for @func. */
PillionWatch *pillion_watch_new       (PillionWatchFunc  func,
                                       PillionWatchFunc  hold,
                                       gpointer          data);

/* @hold is not called any more when this returns */
void          pillion_watch_free      (PillionWatch     *self);

/* Makes @fds the watched set; @fresh and the result are those of pillion_epoll_set_update (). A descriptor that is ready
 * when it is added, or all that are when @fresh, set the flag. */
gboolean      pillion_watch_set       (PillionWatch     *self,
                                       const GPollFD    *fds,
                                       guint             n_fds,
                                       gboolean          fresh);

/* It told of something, and nothing was ready: sees to it that it does not because of a file whose number was closed */
void          pillion_watch_doubt     (PillionWatch     *self);

/* Whether @fds are the watched set */
gboolean      pillion_watch_is        (PillionWatch     *self,
                                       const GPollFD    *fds,
                                       guint             n_fds);

/* Whether a descriptor became ready since the flag was last taken */
gboolean      pillion_watch_peek_flag (PillionWatch     *self);
gboolean      pillion_watch_take_flag (PillionWatch     *self);
