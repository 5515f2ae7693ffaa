/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>

/* The entries of a cache, in a folder. A store knows nothing of HTTP: a key has any number of variants, and each variant is an
 * entry, with metadata and a body that are only bytes here.
 *
 * Clients of one process that open the same folder share a store, and any number of processes can use the folder at the same time.
 * What one of them removes, the others see with their next lookup once the disk has it, and what it stores about a second later. The
 * lookups in one iteration of the I/O thread see the same: every call that they are for was made before the first of them.
 *
 * A cache may forget. Any entry may be gone the next moment, whoever holds it: evicted, removed by another process, or dropped
 * because it was damaged. An open PillionCacheEntry keeps what it refers to. What a cache may not do is give wrong bytes: all that is
 * read is covered by checksums, so that what a crash or a power cut tore is found when it is read, and counts as gone. Nothing is
 * synced to disk.
 *
 * All functions can be called from any thread. They may wait for the disk, so none of them belongs on a host's thread, except for
 * pillion_cache_store_ref (), unref (), set_max_bytes () and remove_key_soon (), which leave the waiting to a worker. Lookups,
 * commits, updates and reads from the page cache take microseconds and are meant for the I/O thread; open (), verify (), foreach ()
 * and clear () can take seconds and are meant for a worker. Entries and writers are not locked: use each on one thread at a time. */
typedef struct _PillionCacheStore PillionCacheStore;

/* An entry as it was when it was looked up. It holds the file open, or all of it in memory if it is small. */
typedef struct _PillionCacheEntry PillionCacheEntry;

/* An entry that is being written */
typedef struct _PillionCacheWriter PillionCacheWriter;

/* What pillion_cache_store_verify () has found */
typedef struct
{
  guint64 n_entries; /* that are good */
  guint64 n_bytes;   /* that they take */
  guint64 n_removed; /* that were damaged */
} PillionCacheReport;

/* Until when an entry is good, if that isn't known */
#define PILLION_CACHE_GOOD_UNKNOWN 0

/* Returns FALSE to stop */
typedef gboolean (*PillionCacheFunc) (PillionCacheEntry *entry,
                                      gpointer           data);

/* Opens the cache in @dir, a path, which is made if it doesn't exist. If the folder is already open in this process, returns a
 * reference to its store, and @max_bytes becomes its limit.
 *
 * The folder has to be empty, or marked as a cache of ours. It fails with G_IO_ERROR_NOT_EMPTY if it is neither, with
 * G_IO_ERROR_NOT_DIRECTORY, or with another error of G_IO_ERROR if the disk says no. A folder that can't be written to, but that has
 * a cache, can be read. */
PillionCacheStore  *pillion_cache_store_open            (const char         *dir,
                                                         guint64             max_bytes,
                                                         GError            **error);

/* The same for a folder that has a cache, without changing its limit; fails with G_IO_ERROR_NOT_FOUND if it has none */
PillionCacheStore  *pillion_cache_store_open_existing   (const char         *dir,
                                                         GError            **error);
PillionCacheStore  *pillion_cache_store_ref             (PillionCacheStore  *self);
void                pillion_cache_store_unref           (PillionCacheStore  *self);

/* The files of all entries together, in bytes, as far as this process knows. The least recently used entries make room for new ones. */
guint64             pillion_cache_store_get_size        (PillionCacheStore  *self);
guint64             pillion_cache_store_get_n_entries   (PillionCacheStore  *self);
guint64             pillion_cache_store_get_max_bytes   (PillionCacheStore  *self);
void                pillion_cache_store_set_max_bytes   (PillionCacheStore  *self,
                                                         guint64             max_bytes);

/* Whether anything can be stored: not if the folder can only be read */
gboolean            pillion_cache_store_is_writable     (PillionCacheStore  *self);

/* Returns the variants of @key, the one stored last first, or NULL if there are none. This is not a use: see
 * pillion_cache_store_touch (). A small entry has been read and checked whole; of larger ones only the metadata was. */
GPtrArray          *pillion_cache_store_lookup          (PillionCacheStore  *self,
                                                         const char         *key);

/* Whether a lookup of @key would find what @entries, a result of an earlier one, has, as far as this process can know without reading
 * files. An entry that was used or updated in the meantime may have other metadata. */
gboolean            pillion_cache_store_is_current      (PillionCacheStore  *self,
                                                         const char         *key,
                                                         GPtrArray          *entries);

/* Whether any variant of @key may be good at @now, in s since 1970, without anybody being asked: when an entry is stored, or updated, it is said
 * until when it is. Of what other processes have done in the last moment it need not know. */
gboolean            pillion_cache_store_may_be_good     (PillionCacheStore  *self,
                                                         const char         *key,
                                                         gint64              now);

/* Says that an entry was used. This only takes a note. */
void                pillion_cache_store_touch           (PillionCacheStore  *self,
                                                         PillionCacheEntry  *entry);

/* Replaces the metadata of a stored entry; @entry itself has them from now on. Returns FALSE if the entry is gone. */
gboolean            pillion_cache_store_update_metadata (PillionCacheStore  *self,
                                                         PillionCacheEntry  *entry,
                                                         GBytes             *metadata,
                                                         guint32             good_until,
                                                         GError            **error);
void                pillion_cache_store_remove          (PillionCacheStore  *self,
                                                         PillionCacheEntry  *entry);

/* Removes all variants of @key. Returns whether there were any. */
gboolean            pillion_cache_store_remove_key      (PillionCacheStore  *self,
                                                         const char         *key);

/* The same for a host's thread, which must not wait: no lookup finds them any more, and a worker removes the files */
void                pillion_cache_store_remove_key_soon (PillionCacheStore *self,
                                                         const char        *key);

/* How many keys were removed that way. If it changes while a response is received, the response itself may be what is wrong. */
guint               pillion_cache_store_get_n_doomed    (PillionCacheStore *self);

/* Says that a worker is going to open the cache in @dir, and that it has: pillion_cache_stores_write_out () waits for that */
void                pillion_cache_stores_expect         (const char         *dir);
void                pillion_cache_stores_came           (const char         *dir);

/* Waits until everything that was committed and updated is written, and other processes can see it */
void                pillion_cache_store_flush           (PillionCacheStore  *self);

/* The same for all stores of this process that have this folder, even those that nobody has a reference to any more, and for a program
 * that wants to know: fails if something that was stored since the last time could not be written, with G_IO_ERROR_BUSY if that takes too
 * long, or if it is cancelled, which leaves the writing to be done. If there is no store, there is nothing to do. */
gboolean            pillion_cache_stores_write_out      (const char         *dir,
                                                         GCancellable       *cancellable,
                                                         GError            **error);

/* Removes all entries, and nothing else that may be in the folder */
gboolean            pillion_cache_store_clear           (PillionCacheStore  *self,
                                                         GError            **error);

/* Reads all entries, removes the damaged ones and what dead processes left, and makes the index anew. Fails if it is cancelled, or
 * with an error of the disk's. */
gboolean            pillion_cache_store_verify          (PillionCacheStore  *self,
                                                         GCancellable       *cancellable,
                                                         PillionCacheReport *report,
                                                         GError            **error);

/* Calls @func for each entry, the most recently used first. @func may remove the entry. */
gboolean            pillion_cache_store_foreach         (PillionCacheStore  *self,
                                                         PillionCacheFunc    func,
                                                         gpointer            data,
                                                         GCancellable       *cancellable,
                                                         GError            **error);

PillionCacheEntry  *pillion_cache_entry_ref             (PillionCacheEntry  *self);
void                pillion_cache_entry_unref           (PillionCacheEntry  *self);

const char         *pillion_cache_entry_get_key         (PillionCacheEntry  *self);

/* Unique in the store, never 0 */
guint64             pillion_cache_entry_get_id          (PillionCacheEntry  *self);
GBytes             *pillion_cache_entry_get_metadata    (PillionCacheEntry  *self);

/* What the caller has made of the metadata, for the next one who asks. It is dropped if the metadata change. @parsed is taken. */
void                pillion_cache_entry_take_parsed     (PillionCacheEntry  *self,
                                                         gpointer            parsed,
                                                         GDestroyNotify      destroy);

/* Returns that, or NULL; transfer full */
gpointer            pillion_cache_entry_steal_parsed    (PillionCacheEntry  *self);

/* How many bytes of memory a small entry takes, or 0 if the entry is a large one, which has its file open */
gsize               pillion_cache_entry_get_memory      (PillionCacheEntry  *self);

/* The length of the body */
guint64             pillion_cache_entry_get_length      (PillionCacheEntry  *self);

/* Reads up to @size bytes of the body, at most as many as there are from @offset on, into @buffer. Returns how many, 0 only at the
 * end, or -1: with G_IO_ERROR_INVALID_DATA if the entry is damaged, in which case it has been removed and its @buffer must not be
 * used, or with another error. It is fastest if it continues where it ended, with 128 KiB or more. */
gssize              pillion_cache_entry_read            (PillionCacheEntry  *self,
                                                         guint64             offset,
                                                         void               *buffer,
                                                         gsize               size,
                                                         GError            **error);

/* Begins an entry. @metadata are those that it will have, as far as they are known. Nothing can be found before it is committed. It
 * fails if the disk says no, and with G_IO_ERROR_NO_SPACE if @length, the length of the body or -1, is too large for the store: an
 * entry can take at most an eighth of its limit. */
PillionCacheWriter *pillion_cache_writer_new            (PillionCacheStore  *store,
                                                         const char         *key,
                                                         GBytes             *metadata,
                                                         gint64              length,
                                                         GError            **error);

/* Adds to the body. Fails as pillion_cache_writer_new () does; the writer is of no use then but to be freed. */
gboolean            pillion_cache_writer_write          (PillionCacheWriter *self,
                                                         const void         *bytes,
                                                         gsize               length,
                                                         GError            **error);

/* Publishes the entry: whoever looks up the key from now on finds it, whole. @metadata replaces what was given before, unless it is
 * NULL. The entry @replaced, or NULL, is removed in the same step. Small entries are written behind: if the disk fails then, the
 * entry disappears again. The writer can only be freed afterwards. */
gboolean            pillion_cache_writer_commit         (PillionCacheWriter *self,
                                                         GBytes             *metadata,
                                                         PillionCacheEntry  *replaced,
                                                         GError            **error);

/* For pillion_cache_store_may_be_good (), before the writer is committed; by default it is not known */
void                pillion_cache_writer_set_good_until (PillionCacheWriter *self,
                                                         guint32             good_until);

/* That of the entry */
guint64             pillion_cache_writer_get_id         (PillionCacheWriter *self);

/* Drops the entry, unless it was committed */
void                pillion_cache_writer_free           (PillionCacheWriter *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PillionCacheStore, pillion_cache_store_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PillionCacheEntry, pillion_cache_entry_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PillionCacheWriter, pillion_cache_writer_free)
