/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <pthread.h>
#include <stdint.h>

/* What the test, its victims and the library that is preloaded into them share.
 *
 * A victim (victim.c) downloads from a server in the test. The preloaded library (preload.c) counts the victims' operations on files below a
 * folder, ends them in one of them, and can keep a journal of all of them. */

#define CRASH_ROOT "PILLION_CRASH_ROOT"       /* the folder */
#define CRASH_SHARED "PILLION_CRASH_SHARED"   /* a file with a CrashShared, which all victims map */
#define CRASH_JOURNAL "PILLION_CRASH_JOURNAL" /* the journal; without it, there is none */
#define CRASH_BOOT "PILLION_CRASH_BOOT"       /* stands for the file with the ID of the machine's run */

/* Moments are counted in ticks: one for each operation, and one more for each time that so many bytes are written. How much is written at once
 * depends on how busy the machine is. */
#define CRASH_TICK_SIZE 4096

typedef struct
{
  pthread_mutex_t lock; /* robust, and shared by processes */
  uint64_t n_ticks;
  uint64_t fatal;       /* the tick that ends a victim, from 1 on; 0 for none */
  uint32_t torn;        /* whether a fatal write goes on a little after the tick */
  uint32_t all;         /* whether all victims end, each with its next operation */
  uint32_t dead;        /* whether it has happened */
} CrashShared;

/* The journal is a sequence of these, each with two strings and the bytes behind it */
typedef enum
{
  CRASH_CREATE = 1, /* of a file: a path and an inode */
  CRASH_MKDIR,      /* likewise */
  CRASH_WRITE,      /* an inode, an offset and bytes */
  CRASH_TRUNCATE,   /* an inode and a size */
  CRASH_RENAME,     /* two paths */
  CRASH_LINK,       /* likewise */
  CRASH_UNLINK,     /* a path */
  CRASH_SYNC,       /* an inode */
} CrashOperation;

typedef struct
{
  uint32_t operation;
  uint32_t path_length;  /* below the root, without a slash at the beginning */
  uint32_t path2_length;
  uint32_t is_folder;    /* what was synced */
  uint64_t inode;
  uint64_t offset;       /* or the size */
  uint64_t length;
  int64_t modified;      /* when the file was last changed, in ns since the epoch */
} CrashRecord;
