/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include "core/pillion-private.h"
#include "http/pillion-cache-bytes.h"
#include "http/pillion-cache-folder.h"
#include "http/pillion-cache-index.h"
#include "http/pillion-cache-log.h"
#include "http/pillion-cache-store.h"

/* Entries whose files are not larger are read at once, and written behind */
#define PILLION_CACHE_SMALL (64 * 1024)

/* What is still to be done on disk for an entry. Until it is done, lookups look here first. */
typedef struct
{
  guint64 id; /* the key in the table of changes */
  guint64 key_hash;
  PillionCacheBytes *image;   /* the file of a small entry that isn't on disk; or NULL */
  PillionCacheFolder *folder; /* of the draft of a large entry that has no name yet; or NULL */
  int draft;
  char draft_name[PILLION_CACHE_NAME_SIZE];
  guint64 size; /* of the file, for those two */
  PillionCacheBytes *metadata; /* newer than those in the file or the image; or NULL */
  guint32 good_until; /* for those three */
  gboolean stored;  /* the file has its name, or is just getting it */
  gboolean removed;
  gboolean missing; /* a lookup didn't find the file */
  gboolean queued;
  guint64 number; /* when it was queued */
  gboolean busy; /* the publisher is at it */
} PillionCacheChange;

typedef struct
{
  guint64 key_hash;
  guint64 id;
} PillionCacheTouch;

struct _PillionCacheStore
{
  int n_references; /* atomic; without any, the publisher frees it when it stops */
  char *dir;
  char *real_dir; /* without links, for the list of stores */
  pid_t pid;
  dev_t device; /* these two are those of the folder, and belong to the list of stores */
  ino_t inode;
  guint64 max_bytes;  /* atomic, because hosts set it */
  PillionWorkers *workers; /* has its own lock */
  guint n_doomed;          /* atomic: how many keys were doomed so far */
  GMutex doomed_lock;      /* nothing waits with it */
  GArray *doomed;          /* the hashes of keys to be removed, which needs the other mutex */

  GMutex mutex; /* protects all that follows; nothing waits for another process with it */
  GCond idle;   /* the publisher has stopped */
  GCond hurry;  /* it need not wait any longer */
  PillionCacheFolder *folder;
  PillionCacheIndex index;
  PillionCacheLog log;
  gint64 followed; /* when that was last read, in µs */
  GHashTable *changes;
  GQueue queue;       /* of changes */
  guint64 n_queued;   /* the number of the last one */
  guint64 n_written;  /* all with numbers up to this are done */
  guint n_failed;     /* how many runs of the publisher left something to be tried again */
  guint n_lost;       /* how many entries the disk did not take, and are gone */
  guint n_lost_told;  /* as many as the last flush has reported */
  int errsv;          /* what the disk said the last time that it said no */
  GArray *touched;    /* uses that other processes don't know of */
  gsize n_waiting;    /* bytes of images */
  guint n_drafts;     /* how many changes have one, each with an open descriptor */
  gboolean rewrite;   /* the log is lost, or has something else in it */
  gboolean remake;    /* the folder is gone */
  gboolean urgent;    /* something is to be removed, which others should know of */
  gboolean flushing;  /* even uses are written now */
  gboolean closing;   /* nobody has a reference any more, and the publisher was told */
  gint64 paused_until; /* the disk has said no */
  gboolean running;   /* the publisher */
  gboolean resting;   /* it waits to try again what has failed; cleared to wake it */
};

/* All of these are called with the mutex */

/* Takes over what other processes have done */
void                pillion_cache_store_follow        (PillionCacheStore  *self,
                                                       gboolean            locked);

/* The same for a lookup, at most once in an iteration of the I/O thread */
void                pillion_cache_store_follow_once   (PillionCacheStore  *self);

/* Reads the log, or else the folder. With the lock of the folder, unless it can't be had. */
void                pillion_cache_store_load          (PillionCacheStore  *self,
                                                       gboolean            locked);

/* The same for a store that was just made: the log of a cache in good order is read without the lock, which a process that was stopped may
 * hold */
void                pillion_cache_store_load_first    (PillionCacheStore  *self);

/* Makes the index what pillion_cache_store_list_folder () has found, and keeps the order of what is known */
void                pillion_cache_store_take_folder   (PillionCacheStore  *self,
                                                       GArray             *found);

/* Replaces the log by one that has what is known, with the lock of the folder */
gboolean            pillion_cache_store_write_log     (PillionCacheStore  *self);

PillionCacheChange *pillion_cache_store_get_change    (PillionCacheStore  *self,
                                                       guint64             key_hash,
                                                       guint64             id);
void                pillion_cache_store_queue         (PillionCacheStore  *self,
                                                       PillionCacheChange *change);
void                pillion_cache_store_drop_change   (PillionCacheStore  *self,
                                                       PillionCacheChange *change);

/* Forgets the keys of pillion_cache_store_remove_key_soon () */
void                pillion_cache_store_remove_doomed (PillionCacheStore  *self);

/* Forgets an entry, and queues the removal of its file */
void                pillion_cache_store_remove_record (PillionCacheStore  *self,
                                                       PillionCacheRecord *record);

/* The rest without */

/* Whether the last reference was dropped */
static inline gboolean
pillion_cache_store_is_dropped (PillionCacheStore *self)
{
  return __atomic_load_n (&self->n_references, __ATOMIC_RELAXED) == 0;
}

/* Fails if it was */
gboolean            pillion_cache_store_try_ref       (PillionCacheStore  *self);

/* Writes even what is not urgent, and waits for that, at most until @end */
void                pillion_cache_store_flush_until   (PillionCacheStore  *self,
                                                       gint64              end);

/* The part of pillion_cache_stores_write_out () for one store. Waits at most until @end. */
gboolean            pillion_cache_store_write_out     (PillionCacheStore  *self,
                                                       gint64              end,
                                                       GCancellable       *cancellable,
                                                       GError            **error);

/* Says that the disk, or another process, doesn't let the folder @dir be changed. Returns FALSE. */
gboolean            pillion_cache_store_fail          (const char         *dir,
                                                       int                 errsv,
                                                       GError            **error);

/* Returns an entry that is in the index, or NULL. Adds to @n_damaged if it is damaged, in which case it is removed. */
PillionCacheEntry  *pillion_cache_store_load_entry    (PillionCacheStore  *self,
                                                       guint64             key_hash,
                                                       guint64             id,
                                                       guint64            *n_damaged);

/* Looks for the entries, with the lock of the folder. Returns NULL, with errno, if the disk says no. */
GArray             *pillion_cache_store_list_folder   (PillionCacheFolder *folder);

/* Has the publisher run if there is something to do */
void                pillion_cache_store_start         (PillionCacheStore  *self);

/* Does what is queued, on a worker (pillion-cache-publisher.c). If @may_rest, tries again what fails, after a pause. Returns whether the store
 * is to be freed. */
gboolean            pillion_cache_publisher_run       (PillionCacheStore  *self,
                                                       gboolean            may_rest);
/* Both with the mutex: whether there is anything to do, and whether it can be done later */
gboolean            pillion_cache_publisher_has_work  (PillionCacheStore  *self);
gboolean            pillion_cache_publisher_may_wait  (PillionCacheStore  *self);

/* Removes a damaged entry */
void                pillion_cache_store_remove_id     (PillionCacheStore  *self,
                                                       guint64             key_hash,
                                                       guint64             id);

typedef enum
{
  PILLION_CACHE_LOAD_FINE,
  PILLION_CACHE_LOAD_OTHER,   /* it belongs to another key with the same hash */
  PILLION_CACHE_LOAD_DAMAGED,
  PILLION_CACHE_LOAD_FOREIGN, /* something else has the name */
  PILLION_CACHE_LOAD_FAILED,  /* the disk says no */
} PillionCacheLoad;

/* Makes an entry from a file, taking the descriptor, or from the image of one. @key: NULL for any. @metadata: newer than those in the file,
 * or NULL. */
PillionCacheEntry  *pillion_cache_entry_load          (PillionCacheStore  *store,
                                                       PillionCacheFolder *folder,
                                                       int                 fd,
                                                       PillionCacheBytes  *image,
                                                       guint64             key_hash,
                                                       guint64             id,
                                                       const char         *key,
                                                       PillionCacheBytes  *metadata,
                                                       PillionCacheLoad   *result);
guint64             pillion_cache_entry_get_key_hash  (PillionCacheEntry  *self);

/* What the index said of its last use when it was looked up */
guint64             pillion_cache_entry_get_used      (PillionCacheEntry  *self);
void                pillion_cache_entry_set_used      (PillionCacheEntry  *self,
                                                       guint64             used);
void                pillion_cache_entry_set_metadata  (PillionCacheEntry  *self,
                                                       GBytes             *metadata);

/* Takes @change, with the image or the draft of a new entry */
gboolean            pillion_cache_store_add           (PillionCacheStore  *self,
                                                       PillionCacheChange *change,
                                                       PillionCacheEntry  *replaced,
                                                       GError            **error);
PillionCacheFolder *pillion_cache_store_ref_folder    (PillionCacheStore  *self);

/* Says that the disk refused a new entry, which is lost: maybe the folder is gone */
void                pillion_cache_store_report        (PillionCacheStore  *self,
                                                       int                 errsv);

/* The open stores of this process (pillion-cache-stores.c). What they still have to write is written before the program ends. */

/* Returns a reference to the store of a folder, or NULL. Waits for one that is being closed, since a new one would not know of what that one
 * still has to write. */
PillionCacheStore  *pillion_cache_stores_find         (const PillionCacheFolder *folder);
void                pillion_cache_stores_add          (PillionCacheStore        *self);

/* Returns the path of a folder without links; if the folder is gone, the path that it had */
char               *pillion_cache_stores_resolve      (const char               *dir);

/* Waits for @cond until it is signalled, which it can also seem to be. Returns FALSE, without waiting, if it is past @end, or cancelled. */
gboolean            pillion_cache_stores_wait         (GCond                    *cond,
                                                       GMutex                   *mutex,
                                                       gint64                    end,
                                                       GCancellable             *cancellable);

/* Its folder had to be made anew */
void                pillion_cache_stores_move         (PillionCacheStore        *self,
                                                       const PillionCacheFolder *folder);

/* Nobody has a reference any more, and everything is written that can be */
void                pillion_cache_stores_remove       (PillionCacheStore        *self);
