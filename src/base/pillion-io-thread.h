/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

typedef struct _PillionIoThread PillionIoThread;

typedef void (*PillionIoFunc) (gpointer data);

/* The one thread of the process, named "pillion-io", that waits for the network on behalf of all loops. It runs as long as
 * somebody holds a reference. All functions may be called from any thread. */

/* Returns NULL if it does not run yet and can't be started: then @error is a GThreadError */
PillionIoThread *pillion_io_thread_ref         (GError         **error);
void             pillion_io_thread_unref       (PillionIoThread *self);

/* The thread's own context; it is the thread-default one there */
GMainContext    *pillion_io_thread_get_context (PillionIoThread *self);

/* Runs @func on the thread, after all that was posted before. A job that was posted while a reference is held always
 * runs, also when that reference is dropped right after. */
void             pillion_io_thread_post        (PillionIoThread *self,
                                                PillionIoFunc    func,
                                                gpointer         data);

/* Called on the thread itself, runs @func when its context's iteration is over, and not before: many ends of transfers make one call. Returns
 * FALSE on any other thread, and does nothing there. */
gboolean         pillion_io_thread_defer       (PillionIoFunc    func,
                                                gpointer         data);

/* Waits until the thread has ended, once nobody refers to it, at most until the monotonic time @end_time.
 * Returns FALSE when it has not ended by then; TRUE when it has, or when others still use it. */
gboolean         pillion_io_thread_join        (gint64           end_time);
