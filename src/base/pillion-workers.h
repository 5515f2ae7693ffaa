/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

typedef struct _PillionWorkers PillionWorkers;

typedef void (*PillionWorkFunc) (gpointer data);

/* A pool of threads for blocking functions. A thread is started if there is work and none is free, and ends
 * after a while without work. */
PillionWorkers *pillion_workers_new     (guint            max_threads);
void            pillion_workers_set_max (PillionWorkers  *self,
                                         guint            max_threads);

/* Makes a thread call @func, now or as soon as one is free. Returns FALSE if there is no thread and none can
 * be started: then @func is not called, and @error is a GThreadError. */
gboolean        pillion_workers_push    (PillionWorkers  *self,
                                         PillionWorkFunc  func,
                                         gpointer         data,
                                         GError         **error);

/* Makes the threads end, waits at most until the monotonic time @busy_time for those that are at work and
 * @idle_time, which is not earlier, for the others, and frees the pool when the last one is gone, which may be
 * later. Queued work is still done. Returns how many threads had not ended. */
guint           pillion_workers_close   (PillionWorkers  *self,
                                         gint64           busy_time,
                                         gint64           idle_time);
