/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "http/pillion-cache-folder.h"
#include "http/pillion-cache-index.h"

/* The file `index` of a cache: what happened to its entries, in the order in which it happened. Processes append to it while they hold the
 * lock of the folder, and read what others have appended. When most of it is of no use any more, it is replaced by a shorter one.
 *
 * It is in the byte order of the machine, and each record has a checksum. Entries are valid without it: if it is lost or damaged, it is made
 * from their names and sizes. */
typedef struct
{
  int fd; /* -1 if there is none */
  guint64 generation;
  guint64 offset; /* of the next record */
  guint64 bad;    /* offset of a record that was not whole, or 0 */
  guint64 n_records;
  gboolean suspect; /* it is from before the machine was started: a power cut may have taken its end */
} PillionCacheLog;

typedef enum
{
  PILLION_CACHE_LOG_ADD = 1,
  PILLION_CACHE_LOG_REMOVE = 2,
  PILLION_CACHE_LOG_TOUCH = 3,
} PillionCacheLogOperation;

typedef struct
{
  guint32 checksum;
  guint32 good_until; /* see pillion_cache_store_may_be_good () */
  guint64 id;
  guint64 key_hash;
  guint64 size : 56;
  guint64 operation : 8;
} PillionCacheLogRecord;

typedef enum
{
  PILLION_CACHE_LOG_CURRENT,  /* everything was read */
  PILLION_CACHE_LOG_DAMAGED,  /* likewise, but some of it is no record */
  PILLION_CACHE_LOG_REPLACED, /* by a new one: open that */
  PILLION_CACHE_LOG_LOST,     /* there is none, or something else */
} PillionCacheLogState;

typedef void (*PillionCacheLogFunc) (const PillionCacheLogRecord *record,
                                     gpointer                     data);

/* Opens the log, before its first record. Returns FALSE if there is none. */
gboolean             pillion_cache_log_open   (PillionCacheLog             *self,
                                               PillionCacheFolder          *folder);
void                 pillion_cache_log_close  (PillionCacheLog             *self);

/* How many records were not read yet */
guint64              pillion_cache_log_count  (PillionCacheLog             *self);

/* Calls @func for each of them. With the lock of the folder, nobody can be at writing the last one. */
PillionCacheLogState pillion_cache_log_follow (PillionCacheLog             *self,
                                               gboolean                     locked,
                                               PillionCacheLogFunc          func,
                                               gpointer                     data);

/* Both need the lock of the folder. They return FALSE, with errno, if the disk says no. Sets the checksums. */
gboolean             pillion_cache_log_append (PillionCacheLog             *self,
                                               PillionCacheLogRecord       *records,
                                               gsize                        n);

/* Replaces the log by one with the entries of @index for which @filter returns TRUE, and opens it, after its last record */
gboolean             pillion_cache_log_write  (PillionCacheLog             *self,
                                               PillionCacheFolder          *folder,
                                               PillionCacheIndex           *index,
                                               gboolean                   (*filter) (const PillionCacheRecord *record, gpointer data),
                                               gpointer                     data);
