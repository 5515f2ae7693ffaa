/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

typedef struct _PillionIoThread PillionIoThread;

typedef void (*PillionIoFunc) (gpointer data);

/* The one thread of the process, named "pillion-io", that waits for the network on behalf of all loops. It
 * runs as long as it has references. All functions can be called from any thread. */

/* Returns NULL if it is not running and can't be started; @error is then a GThreadError */
PillionIoThread *pillion_io_thread_ref         (GError         **error);
void             pillion_io_thread_unref       (PillionIoThread *self);

/* The thread's own context; it is the thread-default one there */
GMainContext    *pillion_io_thread_get_context (PillionIoThread *self);

/* Runs @func on the thread, after everything that was posted before. A job posted while a reference is held
 * always runs, even if that reference is dropped right afterwards. */
void             pillion_io_thread_post        (PillionIoThread *self,
                                                PillionIoFunc    func,
                                                gpointer         data);

/* The same for a job that ends something: a host that closes many transfers waits until all of them are told, so more of these run
 * before the sockets get their turn, which then free what is left */
void             pillion_io_thread_post_end    (PillionIoThread *self,
                                                PillionIoFunc    func,
                                                gpointer         data);

/* On the thread itself, runs @func after the current iteration of its context, so that many transfers that
 * end together make one call. On any other thread, does nothing and returns FALSE. */
gboolean         pillion_io_thread_defer       (PillionIoFunc    func,
                                                gpointer         data);

/* On the thread itself, runs now what was put off. Does nothing on any other thread. */
void             pillion_io_thread_run_deferred (void);

/* If nothing refers to the thread any more, waits until all its work is done and only its own exit is left, at most
 * until the monotonic time @end_time. Returns FALSE if it isn't by then; TRUE if it is, or if the thread is still in
 * use. */
gboolean         pillion_io_thread_join        (gint64           end_time);
