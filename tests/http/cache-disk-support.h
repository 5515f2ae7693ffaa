/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "cache-store-support.h"
#include "http/pillion-cache-folder.h"

/* A disk, or another process, that keeps a cache waiting or refuses something: the system's functions are replaced */

/* Calls that would wait for the disk wait here as long as it is closed */
typedef struct
{
  GMutex mutex;
  GCond cond;
  gboolean closed;
  guint n_waiting;
} DiskGate;

extern DiskGate disk_locking; /* for flock () */
extern DiskGate disk_writing; /* for pwrite () */

void     disk_gate_close      (DiskGate           *gate);
void     disk_gate_open       (DiskGate           *gate);

/* Waits until somebody waits there */
void     disk_gate_await      (DiskGate           *gate);

/* How pwrite () fails from now on; with 0, it doesn't */
void     disk_fail_writes     (int                 errsv);

/* As if another process were opening the folder just when the next lock is taken, and took away the drafts of dead processes. @still: whether
 * it still has the draft open afterwards. */
void     disk_clean_drafts    (PillionCacheFolder *folder,
                               gboolean            still);
gboolean disk_has_cleaned     (void);

void     store_put_on_disk    (StoreFixture       *self,
                               guint               number);
guint    store_count_entries  (StoreFixture       *self);
goffset  store_get_index_size (StoreFixture       *self);
