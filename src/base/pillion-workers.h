/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <glib.h>

typedef struct _PillionWorkers PillionWorkers;

typedef void (*PillionWorkFunc) (gpointer data);

/* A pool of threads for blocking functions. Threads are made when there is work and none is free, and end when they
 * have had none for a while. */
PillionWorkers *pillion_workers_new     (guint            max_threads);
void            pillion_workers_set_max (PillionWorkers  *self,
                                         guint            max_threads);

/* Has a thread call @func, at once or when one is free. Returns FALSE if there is no thread and none can be started: then @func is not
 * called, and @error is a GThreadError. */
gboolean        pillion_workers_push    (PillionWorkers  *self,
                                         PillionWorkFunc  func,
                                         gpointer         data,
                                         GError         **error);

/* Lets the threads end, waits for them at most until the monotonic time @end_time, and frees the pool when the last one
 * has gone, which may be later. Work that is queued is still done. Returns how many threads had not ended. */
guint           pillion_workers_close   (PillionWorkers  *self,
                                         gint64           end_time);
