/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#pragma once

#include <gio/gio.h>
#include <sys/stat.h>

/* The folder of a cache:
 *
 *     CACHEDIR.TAG   tells backup programs to leave it out (https://bford.info/cachedir/)
 *     pillion-cache  marks it as ours; processes lock it to change anything
 *     index          pillion-cache-log.h
 *     entries/       a file each
 *     drafts/        of entries that are being written; each is locked by its writer
 *
 * Every file is opened relative to one of the three folders, which stay open, and without following links: nothing outside of them can be
 * reached. A folder can be used on any thread. */
typedef struct
{
  int n_references; /* atomic */
  dev_t device;
  ino_t inode;
  uid_t owner;
  int root;
  int entries;
  int drafts;
  gboolean writable;
} PillionCacheFolder;

/* Longest name of a file in it */
#define PILLION_CACHE_NAME_SIZE 40

#define PILLION_CACHE_INDEX_NAME "index"

/* Opens a folder. If @create, it is made and marked if it doesn't exist or is empty. */
PillionCacheFolder *pillion_cache_folder_open         (const char           *dir,
                                                       gboolean              create,
                                                       GError              **error);

/* Whether it could be made, or has nothing in it */
gboolean            pillion_cache_folder_is_blank     (const char           *dir);

PillionCacheFolder *pillion_cache_folder_ref          (PillionCacheFolder   *self);
void                pillion_cache_folder_unref        (PillionCacheFolder   *self);

/* Waits at most @timeout µs until no other thread or process changes the folder. Returns a descriptor for pillion_cache_folder_unlock (),
 * or -1 with errno. The kernel releases the lock of a process that dies. */
int                 pillion_cache_folder_lock         (PillionCacheFolder   *self,
                                                       gint64                timeout);
void                pillion_cache_folder_unlock       (int                   lock);

/* Whether a file can be an entry or a draft: not if somebody has planted it */
gboolean            pillion_cache_folder_owns         (PillionCacheFolder   *self,
                                                       const struct stat    *info);

/* The names of entries */
void                pillion_cache_folder_format_name  (guint64               key_hash,
                                                       guint64               id,
                                                       char                  name[PILLION_CACHE_NAME_SIZE]);
gboolean            pillion_cache_folder_parse_name   (const char           *name,
                                                       guint64              *key_hash,
                                                       guint64              *id);

/* Returns a descriptor, or -1 with errno */
int                 pillion_cache_folder_open_entry   (PillionCacheFolder   *self,
                                                       guint64               key_hash,
                                                       guint64               id,
                                                       gboolean              writable);

/* Unlinks an entry. Returns FALSE, with errno, if it is still there. */
gboolean            pillion_cache_folder_remove_entry (PillionCacheFolder   *self,
                                                       guint64               key_hash,
                                                       guint64               id);

/* Makes a file for an entry. Returns a descriptor, or -1 with errno. */
int                 pillion_cache_folder_new_draft    (PillionCacheFolder   *self,
                                                       char                  name[PILLION_CACHE_NAME_SIZE]);
void                pillion_cache_folder_remove_draft (PillionCacheFolder   *self,
                                                       const char           *name);

/* The draft becomes the entry, in place of one with the same ID. Returns FALSE with errno. */
gboolean            pillion_cache_folder_publish      (PillionCacheFolder   *self,
                                                       const char           *draft,
                                                       guint64               key_hash,
                                                       guint64               id);

/* Removes the drafts of processes that have died */
void                pillion_cache_folder_clean_drafts (PillionCacheFolder   *self);

/* Calls @func for each entry. Returns FALSE, with errno, if the folder can't be read. */
typedef void (*PillionCacheFileFunc) (guint64             key_hash,
                                      guint64             id,
                                      const struct stat  *info,
                                      gpointer            data);
gboolean            pillion_cache_folder_list         (PillionCacheFolder   *self,
                                                       PillionCacheFileFunc  func,
                                                       gpointer              data);

/* A random number that is not 0 */
guint64             pillion_cache_random              (void);

/* Writes all of it at @offset. Returns FALSE with errno. */
gboolean            pillion_cache_write_all           (int                   fd,
                                                       const void           *bytes,
                                                       gsize                 length,
                                                       guint64               offset);

/* Reads up to @length bytes at @offset, fewer only at the end. Returns how many, or -1 with errno. */
gssize              pillion_cache_read_all            (int                   fd,
                                                       void                 *bytes,
                                                       gsize                 length,
                                                       guint64               offset);
