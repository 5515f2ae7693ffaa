/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

#define _GNU_SOURCE /* for O_NOATIME */

#include "config.h"

#include "http/pillion-cache-folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>

#include "http/pillion-restart.h"

#define MARK "pillion-cache"
#define MARK_TEXT "A cache of libpillion-http. Its files can be removed at any time.\n"
#define TAG "CACHEDIR.TAG"
#define TAG_TEXT "Signature: 8a477f597d28d172789f06886806bc55\n# See https://bford.info/cachedir/\n"
#define ENTRIES "entries"
#define DRAFTS "drafts"

/* How often a lock is tried, in µs */
#define LOCK_PAUSE_MIN 100
#define LOCK_PAUSE_MAX 10000

/* How many new names may be taken: more often than that, it is the file system that contradicts itself */
#define MAX_RACES 1000

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)
#define FILE_FLAGS (O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

/* The log knows when an entry was last used. Without this, most file systems write the inode after each first read of new metadata. */
#define ENTRY_FLAGS (FILE_FLAGS | O_NOATIME)

guint64
pillion_cache_random (void)
{
  guint64 value = 0;

  while (value == 0)
    if (pillion_restart (getrandom (&value, sizeof value, 0)) != sizeof value)
      value = ((guint64) g_random_int () << 32) | g_random_int ();

  return value;
}

gboolean
pillion_cache_write_all (int fd,
                         const void *bytes,
                         gsize length,
                         guint64 offset)
{
  const guint8 *next = bytes;

  while (length > 0)
    {
      gssize n = pillion_restart (pwrite (fd, next, length, (off_t) offset));

      if (n <= 0)
        {
          if (n == 0)
            errno = ENOSPC;
          return FALSE;
        }
      next += n;
      length -= (gsize) n;
      offset += (guint64) n;
    }

  return TRUE;
}

gssize
pillion_cache_read_all (int fd,
                        void *bytes,
                        gsize length,
                        guint64 offset)
{
  guint8 *next = bytes;
  gsize done = 0;

  while (done < length)
    {
      gssize n = pillion_restart (pread (fd, next + done, length - done, (off_t) (offset + done)));

      if (n < 0)
        return -1;
      if (n == 0)
        break;
      done += (gsize) n;
    }

  return (gssize) done;
}

static gboolean
fail (const char *dir,
      int errsv,
      GError **error)
{
  g_autofree char *name = g_filename_display_name (dir);

  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errsv), _("the cache '%s' can't be opened: %s"), name, g_strerror (errsv));
  return FALSE;
}

/* Whether a folder has nothing in it. Sets @errsv if nobody can tell, else to 0. */
static gboolean
is_empty (int folder,
          int *errsv)
{
  int fd = pillion_restart (openat (folder, ".", FOLDER_FLAGS));
  DIR *stream = fd >= 0 ? fdopendir (fd) : NULL;
  gboolean empty = stream != NULL;
  struct dirent *item;

  *errsv = 0;
  if (stream == NULL)
    {
      *errsv = errno;
      if (fd >= 0)
        close (fd);
      return FALSE;
    }

  errno = 0;
  while (empty && (item = readdir (stream)) != NULL)
    empty = strcmp (item->d_name, ".") == 0 || strcmp (item->d_name, "..") == 0;
  if (empty)
    *errsv = errno;
  closedir (stream);

  return empty && *errsv == 0;
}

/* Another process may be at the same: its mark is as good as ours */
static gboolean
put_file (int folder,
          const char *name,
          const char *text)
{
  int fd = pillion_restart (openat (folder, name, O_WRONLY | O_CREAT | O_EXCL | FILE_FLAGS, 0600));

  if (fd < 0)
    return errno == EEXIST;

  /* What counts is that it is there */
  (void) pillion_cache_write_all (fd, text, strlen (text), 0);
  (void) pillion_restart (fsync (fd));
  close (fd);
  return TRUE;
}

/* Whether it is the text of the mark. A crash of the machine may have left only the beginning, or zeros. */
static gboolean
is_mark_text (const char *text,
              gsize length)
{
  gsize n = 0;

  while (n < length && text[n] == MARK_TEXT[n])
    n++;
  while (n < length && text[n] == '\0')
    n++;

  return n == length;
}

/* Whether the folder has our mark, and whose it is */
static gboolean
is_marked (PillionCacheFolder *self,
           int *errsv)
{
  char text[sizeof MARK_TEXT];
  struct stat info;
  gboolean regular;
  gssize length;
  int fd = pillion_restart (openat (self->root, MARK, O_RDONLY | FILE_FLAGS));

  *errsv = 0;
  if (fd < 0)
    {
      if (errno == EACCES || errno == EMFILE || errno == ENFILE || errno == EIO || errno == ENOMEM)
        *errsv = errno;
      return FALSE;
    }

  regular = fstat (fd, &info) == 0 && S_ISREG (info.st_mode);
  length = regular ? pillion_cache_read_all (fd, text, sizeof text - 1, 0) : -1;
  if (regular && length < 0)
    *errsv = errno;
  close (fd);
  if (length < 0 || !is_mark_text (text, (gsize) length))
    return FALSE;

  self->owner = info.st_uid;
  return TRUE;
}

/* Whether the folder is a cache that may be used. Sets @error if it is one that may not, or if nobody can tell. */
static gboolean
is_ours (PillionCacheFolder *self,
         const char *dir,
         GError **error)
{
  g_autofree char *name = NULL;
  int errsv;

  if (!is_marked (self, &errsv))
    {
      if (errsv != 0)
        fail (dir, errsv, error);
      return FALSE;
    }

  /* What somebody else has put into it would be believed */
  if (self->owner == geteuid () || geteuid () == 0)
    return TRUE;

  name = g_filename_display_name (dir);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, _("the cache '%s' can't be opened: it belongs to another user"), name);
  return FALSE;
}

static void
fail_unmarked (const char *name,
               GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _("the folder '%s' is not a cache: it has no valid file '%s', which marks one"), name, MARK);
}

static gboolean
mark (PillionCacheFolder *self,
      const char *dir,
      gboolean create,
      GError **error)
{
  g_autofree char *name = g_filename_display_name (dir);
  g_autoptr (GError) problem = NULL;
  gboolean ours = is_ours (self, dir, &problem);
  gboolean empty = FALSE;
  int errsv;

  /* Another process may mark it at any moment, so the mark counts only if it is looked at after everything else */
  if (!ours && problem == NULL)
    {
      empty = is_empty (self->root, &errsv);
      if (errsv != 0)
        fail (dir, errsv, &problem);
    }
  if (!ours && problem == NULL && !empty)
    {
      ours = is_ours (self, dir, &problem);
      if (!ours && problem == NULL && create)
        g_set_error (&problem, G_IO_ERROR, G_IO_ERROR_NOT_EMPTY,
                     _("the folder '%s' can't be a cache: it is not empty, and has no valid file '%s', which marks one; empty it, or use another"),
                     name, MARK);
      else if (!ours && problem == NULL)
        fail_unmarked (name, &problem);
    }
  else if (!ours && problem == NULL && !create)
    fail_unmarked (name, &problem);
  else if (!ours && problem == NULL)
    {
      if (!put_file (self->root, MARK, MARK_TEXT))
        return fail (dir, errno, error);
      ours = is_ours (self, dir, &problem);
      if (!ours && problem == NULL)
        fail (dir, EEXIST, &problem);
      if (ours)
        {
          /* Without the mark, everything that comes into the folder from now on would make it somebody else's */
          (void) pillion_restart (fsync (self->root));
          (void) put_file (self->root, TAG, TAG_TEXT);
        }
    }

  if (problem != NULL)
    g_propagate_error (error, g_steal_pointer (&problem));
  return ours;
}

static int
open_inner (PillionCacheFolder *self,
            const char *name)
{
  int fd = pillion_restart (openat (self->root, name, FOLDER_FLAGS | O_NOFOLLOW));

  if (fd < 0 && errno == ENOENT && (mkdirat (self->root, name, 0700) == 0 || errno == EEXIST))
    fd = pillion_restart (openat (self->root, name, FOLDER_FLAGS | O_NOFOLLOW));

  return fd;
}

gboolean
pillion_cache_folder_is_blank (const char *dir)
{
  int fd = pillion_restart (open (dir, FOLDER_FLAGS));
  int errsv;
  gboolean blank = fd >= 0 ? is_empty (fd, &errsv) : errno == ENOENT;

  if (fd >= 0)
    close (fd);

  return blank;
}

PillionCacheFolder *
pillion_cache_folder_open (const char *dir,
                           gboolean create,
                           GError **error)
{
  PillionCacheFolder *self = g_new0 (PillionCacheFolder, 1);
  struct stat info;

  self->n_references = 1;
  self->root = self->entries = self->drafts = -1;

  if (create && g_mkdir_with_parents (dir, 0700) != 0 && errno != EEXIST)
    {
      fail (dir, errno, error);
      goto out;
    }

  self->root = pillion_restart (open (dir, FOLDER_FLAGS));
  if (self->root < 0 || fstat (self->root, &info) != 0)
    {
      fail (dir, errno, error);
      goto out;
    }
  self->device = info.st_dev;
  self->inode = info.st_ino;

  if (!mark (self, dir, create, error))
    goto out;

  self->entries = open_inner (self, ENTRIES);
  if (self->entries < 0)
    {
      fail (dir, errno == ELOOP ? ENOTDIR : errno, error);
      goto out;
    }

  /* Without it the cache can be read */
  self->drafts = open_inner (self, DRAFTS);
  self->writable = self->drafts >= 0 && faccessat (self->root, ".", W_OK, AT_EACCESS) == 0 &&
                   faccessat (self->entries, ".", W_OK, AT_EACCESS) == 0 && faccessat (self->drafts, ".", W_OK, AT_EACCESS) == 0;

  return self;

out:
  pillion_cache_folder_unref (self);
  return NULL;
}

PillionCacheFolder *
pillion_cache_folder_ref (PillionCacheFolder *self)
{
  __atomic_add_fetch (&self->n_references, 1, __ATOMIC_RELAXED);
  return self;
}

void
pillion_cache_folder_unref (PillionCacheFolder *self)
{
  if (__atomic_sub_fetch (&self->n_references, 1, __ATOMIC_ACQ_REL) > 0)
    return;

  if (self->drafts >= 0)
    close (self->drafts);
  if (self->entries >= 0)
    close (self->entries);
  if (self->root >= 0)
    close (self->root);
  g_free (self);
}

int
pillion_cache_folder_lock (PillionCacheFolder *self,
                           gint64 timeout)
{
  gint64 end = g_get_monotonic_time () + timeout;
  gulong pause = LOCK_PAUSE_MIN;
  int fd = pillion_restart (openat (self->root, MARK, O_RDWR | FILE_FLAGS));

  if (fd < 0)
    return -1;

  while (pillion_restart (flock (fd, LOCK_EX | LOCK_NB)) != 0)
    {
      /* Some network file systems have no locks: then checksums are all that there is */
      if (errno != EWOULDBLOCK)
        return fd;
      if (g_get_monotonic_time () >= end)
        {
          close (fd);
          errno = EBUSY;
          return -1;
        }
      g_usleep (pause);
      pause = MIN (pause * 2, LOCK_PAUSE_MAX);
    }

  return fd;
}

void
pillion_cache_folder_unlock (int lock)
{
  /* A child that was forked in the meantime has the descriptor too, and would hold the lock */
  flock (lock, LOCK_UN);
  close (lock);
}

gboolean
pillion_cache_folder_owns (PillionCacheFolder *self,
                           const struct stat *info)
{
  return S_ISREG (info->st_mode) && info->st_nlink <= 1 && (info->st_uid == self->owner || info->st_uid == geteuid ());
}

void
pillion_cache_folder_format_name (guint64 key_hash,
                                  guint64 id,
                                  char name[PILLION_CACHE_NAME_SIZE])
{
  static const char digits[] = "0123456789abcdef";

  for (guint i = 0; i < 16; i++)
    {
      name[i] = digits[(key_hash >> (60 - 4 * i)) & 15];
      name[16 + i] = digits[(id >> (60 - 4 * i)) & 15];
    }
  name[32] = '\0';
}

gboolean
pillion_cache_folder_parse_name (const char *name,
                                 guint64 *key_hash,
                                 guint64 *id)
{
  *key_hash = 0;
  *id = 0;
  if (strlen (name) != 32)
    return FALSE;

  for (guint i = 0; i < 32; i++)
    {
      guint64 *number = i < 16 ? key_hash : id;

      if (!g_ascii_isxdigit (name[i]) || g_ascii_isupper (name[i]))
        return FALSE;
      *number = (*number << 4) | (guint64) g_ascii_xdigit_value (name[i]);
    }

  return *id != 0;
}

int
pillion_cache_folder_open_entry (PillionCacheFolder *self,
                                 guint64 key_hash,
                                 guint64 id,
                                 gboolean writable)
{
  const int mode = writable ? O_RDWR : O_RDONLY;
  char name[PILLION_CACHE_NAME_SIZE];
  int fd;

  pillion_cache_folder_format_name (key_hash, id, name);
  fd = pillion_restart (openat (self->entries, name, mode | ENTRY_FLAGS));
  /* Only the owner of a file may leave its time alone */
  if (fd < 0 && errno == EPERM)
    fd = pillion_restart (openat (self->entries, name, mode | FILE_FLAGS));

  return fd;
}

gboolean
pillion_cache_folder_remove_entry (PillionCacheFolder *self,
                                   guint64 key_hash,
                                   guint64 id)
{
  char name[PILLION_CACHE_NAME_SIZE];
  struct stat info;

  pillion_cache_folder_format_name (key_hash, id, name);
  if (unlinkat (self->entries, name, 0) == 0 || errno == ENOENT)
    return TRUE;

  /* Somebody has put a folder there: no entry of ours, and so none that is left */
  return fstatat (self->entries, name, &info, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR (info.st_mode);
}

/* Until a draft is locked, whoever opens the cache takes it for that of a dead process: see pillion_cache_folder_clean_drafts (). Returns FALSE
 * if somebody just has, so that it is gone or about to go. */
static gboolean
lock_draft (PillionCacheFolder *self,
            int fd,
            const char *name)
{
  struct stat info;

  /* On a file system without locks nobody takes anything away */
  if (pillion_restart (flock (fd, LOCK_EX | LOCK_NB)) != 0)
    return errno != EWOULDBLOCK;

  /* Not by the number of links, which is always zero on some file systems */
  return fstatat (self->drafts, name, &info, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

int
pillion_cache_folder_new_draft (PillionCacheFolder *self,
                                char name[PILLION_CACHE_NAME_SIZE])
{
  int fd;

  if (self->drafts < 0)
    {
      errno = EROFS;
      return -1;
    }

  for (guint i = 0; i < MAX_RACES; i++)
    {
      pillion_cache_folder_format_name (pillion_cache_random (), pillion_cache_random (), name);
      fd = pillion_restart (openat (self->drafts, name, O_RDWR | O_CREAT | O_EXCL | FILE_FLAGS, 0600));
      if (fd >= 0 && lock_draft (self, fd, name))
        return fd;
      if (fd >= 0)
        close (fd);
      else if (errno != EEXIST)
        return -1;
    }

  errno = EBUSY;
  return -1;
}

void
pillion_cache_folder_remove_draft (PillionCacheFolder *self,
                                   const char *name)
{
  unlinkat (self->drafts, name, 0);
}

gboolean
pillion_cache_folder_publish (PillionCacheFolder *self,
                              const char *draft,
                              guint64 key_hash,
                              guint64 id)
{
  char name[PILLION_CACHE_NAME_SIZE];

  pillion_cache_folder_format_name (key_hash, id, name);
  return renameat (self->drafts, draft, self->entries, name) == 0;
}

/* A stream over a folder, or NULL with errno */
static DIR *
open_stream (int folder)
{
  int fd = pillion_restart (openat (folder, ".", FOLDER_FLAGS));
  DIR *stream = fd >= 0 ? fdopendir (fd) : NULL;

  if (stream == NULL && fd >= 0)
    close (fd);

  return stream;
}

void
pillion_cache_folder_clean_drafts (PillionCacheFolder *self)
{
  DIR *stream = self->drafts >= 0 ? open_stream (self->drafts) : NULL;
  struct dirent *item;

  if (stream == NULL)
    return;

  while ((item = readdir (stream)) != NULL)
    {
      guint64 first;
      guint64 second;
      struct stat info;
      int fd;

      if (!pillion_cache_folder_parse_name (item->d_name, &first, &second))
        continue;
      fd = pillion_restart (openat (self->drafts, item->d_name, O_RDWR | FILE_FLAGS));
      if (fd < 0)
        continue;
      if (pillion_restart (flock (fd, LOCK_EX | LOCK_NB)) == 0 && fstat (fd, &info) == 0 && pillion_cache_folder_owns (self, &info))
        unlinkat (self->drafts, item->d_name, 0);
      close (fd);
    }

  closedir (stream);
}

gboolean
pillion_cache_folder_list (PillionCacheFolder *self,
                           PillionCacheFileFunc func,
                           gpointer data)
{
  DIR *stream = open_stream (self->entries);
  struct dirent *item;
  int errsv;

  if (stream == NULL)
    return FALSE;

  while (errno = 0, (item = readdir (stream)) != NULL)
    {
      guint64 key_hash;
      guint64 id;
      struct stat info;

      if (pillion_cache_folder_parse_name (item->d_name, &key_hash, &id) &&
          fstatat (self->entries, item->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 && pillion_cache_folder_owns (self, &info))
        func (key_hash, id, &info, data);
    }

  errsv = errno;
  closedir (stream);
  errno = errsv;
  return errsv == 0;
}
