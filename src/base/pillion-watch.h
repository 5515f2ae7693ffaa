/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

typedef struct _PillionWatch PillionWatch;

typedef void (*PillionWatchFunc) (gpointer data);

/* Watches a set of file descriptors on the I/O thread, so that their owner does not have to ask the kernel.
 * Call all functions on the thread that created it. */

/* @func is called on the I/O thread when a descriptor becomes ready, after the flag was set. Returns NULL if
 * the platform has no epoll, or if there is no descriptor or thread left for it; then the owner has to ask
 * the kernel itself.
 *
 * @func is called without locks, because it may call code of the program's, so it may still be running when
 * pillion_watch_free () has returned. @hold, which may be NULL, is called before it, and never after
 * pillion_watch_free (): it keeps @data alive for @func. */
PillionWatch *pillion_watch_new       (PillionWatchFunc  func,
                                       PillionWatchFunc  hold,
                                       gpointer          data);

/* @hold is not called after this has returned */
void          pillion_watch_free      (PillionWatch     *self);

/* Makes @fds the watched set; @fresh and the result are those of pillion_epoll_set_update (). Descriptors
 * that are ready when they are added set the flag; with @fresh, all that are ready do. */
gboolean      pillion_watch_set       (PillionWatch     *self,
                                       const GPollFD    *fds,
                                       guint             n_fds,
                                       gboolean          fresh);

/* It reported something although nothing was ready: rebuilds the set if a file whose number was closed may be
 * the reason */
void          pillion_watch_doubt     (PillionWatch     *self);

/* Whether @fds are the watched set */
gboolean      pillion_watch_is        (PillionWatch     *self,
                                       const GPollFD    *fds,
                                       guint             n_fds);

/* Whether a descriptor became ready since the flag was last taken */
gboolean      pillion_watch_peek_flag (PillionWatch     *self);
gboolean      pillion_watch_take_flag (PillionWatch     *self);
