/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Preloaded into the victims: see crash.h. Every function that changes files is here once, and does three things with the lock: it ends the process
 * if this is the moment, does what it is for, and notes it in the journal. The journal has the operations of all victims in the order in which they
 * happened.
 *
 * Nothing is synced: it takes long, and what would have been on the disk is for the test to say. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

/* It would give the functions here other names */
#undef _FILE_OFFSET_BITS

#include "crash.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* The C library's function of this name */
#define REAL(name) ((__typeof__ (&name)) get_real (#name))

static char root[PATH_MAX];
static size_t root_length;
static CrashShared *shared;
static const char *boot;
static int journal = -1;

static void *
get_real (const char *name)
{
  void *function = dlsym (RTLD_NEXT, name);

  if (function == NULL)
    abort ();
  return function;
}

__attribute__ ((constructor)) static void
set_up (void)
{
  const char *folder = getenv (CRASH_ROOT);
  const char *path = getenv (CRASH_SHARED);
  int fd;

  if (folder == NULL || path == NULL || realpath (folder, root) == NULL)
    return;
  root_length = strlen (root);

  fd = REAL (open) (path, O_RDWR | O_CLOEXEC);
  if (fd < 0)
    abort ();
  shared = mmap (NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (shared == MAP_FAILED)
    abort ();
  close (fd);

  boot = getenv (CRASH_BOOT);
  path = getenv (CRASH_JOURNAL);
  if (path != NULL && (journal = REAL (open) (path, O_WRONLY | O_APPEND | O_CLOEXEC)) < 0)
    abort ();
}

/* --- Which files ------------------------------------------------------------------------------------------------------ */

/* What is below the root, or NULL */
static const char *
get_inner (const char *path)
{
  if (strncmp (path, root, root_length) != 0)
    return NULL;
  if (path[root_length] == '\0')
    return path + root_length;
  return path[root_length] == '/' ? path + root_length + 1 : NULL;
}

static bool
get_path_of (int fd,
             char path[PATH_MAX])
{
  char name[64];
  ssize_t n;

  snprintf (name, sizeof name, "/proc/self/fd/%d", fd);
  n = readlink (name, path, PATH_MAX - 1);
  if (n <= 0)
    return false;
  path[n] = '\0';
  return true;
}

static bool
is_watched (int fd)
{
  char path[PATH_MAX];
  int errsv = errno;
  bool watched = shared != NULL && get_path_of (fd, path) && get_inner (path) != NULL;

  errno = errsv;
  return watched;
}

/* Makes the path below the root of what a call names. False if it is elsewhere. */
static bool
resolve (int folder,
         const char *name,
         char path[PATH_MAX])
{
  char whole[2 * PATH_MAX + 2];
  const char *inner;

  if (shared == NULL)
    return false;

  if (name[0] == '/')
    {
      if (strlen (name) >= PATH_MAX)
        return false;
      strcpy (whole, name);
    }
  else
    {
      if (folder == AT_FDCWD ? getcwd (whole, PATH_MAX) == NULL : !get_path_of (folder, whole))
        return false;
      strcat (whole, "/");
      strncat (whole, name, PATH_MAX);
    }

  inner = get_inner (whole);
  if (inner == NULL)
    return false;
  snprintf (path, PATH_MAX, "%s", inner);
  return true;
}

/* --- The moment ------------------------------------------------------------------------------------------------------- */

static void
lock (void)
{
  int result = pthread_mutex_lock (&shared->lock);

  if (result == EOWNERDEAD)
    pthread_mutex_consistent (&shared->lock);
  else if (result != 0)
    abort ();
}

static void
unlock (void)
{
  pthread_mutex_unlock (&shared->lock);
}

static void __attribute__ ((noreturn))
die (void)
{
  shared->dead = 1;
  /* Not only this thread */
  kill (getpid (), SIGKILL);
  for (;;)
    pause ();
}

/* Locks. If the process is to end in the middle of the write, makes @length what is written before that, and returns true. */
static bool
begin_writing (size_t *length)
{
  uint64_t before;
  uint64_t n_bytes;

  lock ();
  if (shared->dead && shared->all)
    die ();

  before = shared->n_ticks;
  shared->n_ticks += 1 + *length / CRASH_TICK_SIZE;
  if (shared->fatal <= before || shared->fatal > shared->n_ticks)
    return false;

  n_bytes = (shared->fatal - before - 1) * CRASH_TICK_SIZE + (shared->torn ? CRASH_TICK_SIZE / 3 : 0);
  if (n_bytes < *length)
    *length = n_bytes;
  if (*length == 0)
    die ();
  return true;
}

static void
begin (void)
{
  size_t nothing = 0;

  begin_writing (&nothing);
}

/* --- The journal ------------------------------------------------------------------------------------------------------ */

static void
append (struct iovec *parts,
        int n)
{
  while (n > 0)
    {
      ssize_t done = REAL (writev) (journal, parts, n);

      if (done < 0 && errno == EINTR)
        continue;
      if (done < 0)
        abort ();
      while (n > 0 && (size_t) done >= parts->iov_len)
        {
          done -= (ssize_t) parts->iov_len;
          parts++;
          n--;
        }
      if (n > 0)
        {
          parts->iov_base = (char *) parts->iov_base + done;
          parts->iov_len -= (size_t) done;
        }
    }
}

static void
note (CrashRecord record,
      const char *path,
      const char *path2,
      const void *bytes)
{
  int errsv = errno;
  struct iovec parts[4] = { { &record, sizeof record } };

  if (journal < 0)
    return;

  record.path_length = path != NULL ? (uint32_t) strlen (path) : 0;
  record.path2_length = path2 != NULL ? (uint32_t) strlen (path2) : 0;
  parts[1] = (struct iovec) { (void *) path, record.path_length };
  parts[2] = (struct iovec) { (void *) path2, record.path2_length };
  parts[3] = (struct iovec) { (void *) bytes, bytes != NULL ? record.length : 0 };
  append (parts, 4);
  errno = errsv;
}

static void
note_file (CrashRecord record,
           int fd,
           const char *path,
           const void *bytes)
{
  struct stat info;
  int errsv = errno;

  if (journal < 0)
    return;
  if (fstat (fd, &info) != 0)
    abort ();
  errno = errsv;

  record.inode = info.st_ino;
  record.is_folder = S_ISDIR (info.st_mode);
  record.modified = (int64_t) info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
  note (record, path, NULL, bytes);
}

/* --- Opening ---------------------------------------------------------------------------------------------------------- */

static int
open_file (int folder,
           const char *name,
           int flags,
           mode_t mode)
{
  char path[PATH_MAX];
  struct stat info;
  bool is_new;
  int fd;

  if (boot != NULL && strcmp (name, "/proc/sys/kernel/random/boot_id") == 0)
    name = boot;
  if ((flags & (O_CREAT | O_TRUNC)) == 0 || (flags & O_TMPFILE) == O_TMPFILE || !resolve (folder, name, path))
    return REAL (openat) (folder, name, flags, mode);

  begin ();
  is_new = fstatat (folder, name, &info, 0) != 0;
  fd = REAL (openat) (folder, name, flags, mode);
  if (fd >= 0 && is_new)
    note_file ((CrashRecord) { .operation = CRASH_CREATE }, fd, path, NULL);
  else if (fd >= 0 && (flags & O_TRUNC) != 0)
    note_file ((CrashRecord) { .operation = CRASH_TRUNCATE }, fd, NULL, NULL);
  unlock ();

  return fd;
}

static mode_t
get_mode (int flags,
          va_list args)
{
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg (args, mode_t) : 0;
}

#define OPEN_FUNCTION(name)                                                        \
  int name (const char *path, int flags, ...)                                      \
  {                                                                                \
    va_list args;                                                                  \
    mode_t mode;                                                                   \
                                                                                   \
    va_start (args, flags);                                                        \
    mode = get_mode (flags, args);                                                 \
    va_end (args);                                                                 \
    return open_file (AT_FDCWD, path, flags, mode);                                \
  }

#define OPENAT_FUNCTION(name)                                                      \
  int name (int folder, const char *path, int flags, ...)                          \
  {                                                                                \
    va_list args;                                                                  \
    mode_t mode;                                                                   \
                                                                                   \
    va_start (args, flags);                                                        \
    mode = get_mode (flags, args);                                                 \
    va_end (args);                                                                 \
    return open_file (folder, path, flags, mode);                                  \
  }

OPEN_FUNCTION (open)
OPENAT_FUNCTION (openat)

/* --- Writing ---------------------------------------------------------------------------------------------------------- */

static ssize_t
write_file (int fd,
            const void *bytes,
            size_t length,
            off_t offset) /* < 0: where the file is */
{
  bool fatal;
  ssize_t n;

  if (!is_watched (fd))
    return offset < 0 ? REAL (write) (fd, bytes, length) : REAL (pwrite) (fd, bytes, length, offset);

  fatal = begin_writing (&length);
  n = offset < 0 ? REAL (write) (fd, bytes, length) : REAL (pwrite) (fd, bytes, length, offset);
  if (n > 0)
    {
      if (journal >= 0 && offset < 0)
        offset = lseek (fd, 0, SEEK_CUR) - n;
      note_file ((CrashRecord) { .operation = CRASH_WRITE, .offset = (uint64_t) offset, .length = (uint64_t) n }, fd, NULL, bytes);
    }
  if (fatal)
    die ();
  unlock ();

  return n;
}

ssize_t
write (int fd,
       const void *bytes,
       size_t length)
{
  return write_file (fd, bytes, length, -1);
}

ssize_t
pwrite (int fd,
        const void *bytes,
        size_t length,
        off_t offset)
{
  return write_file (fd, bytes, length, offset);
}

int
ftruncate (int fd,
           off_t size)
{
  int result;

  if (!is_watched (fd))
    return REAL (ftruncate) (fd, size);

  begin ();
  result = REAL (ftruncate) (fd, size);
  if (result == 0)
    note_file ((CrashRecord) { .operation = CRASH_TRUNCATE, .offset = (uint64_t) size }, fd, NULL, NULL);
  unlock ();

  return result;
}

/* --- Syncing ---------------------------------------------------------------------------------------------------------- */

static int
sync_file (int fd)
{
  if (!is_watched (fd))
    return 0;

  begin ();
  note_file ((CrashRecord) { .operation = CRASH_SYNC }, fd, NULL, NULL);
  unlock ();

  return 0;
}

int
fsync (int fd)
{
  return sync_file (fd);
}

int
fdatasync (int fd)
{
  return sync_file (fd);
}

/* --- Names ------------------------------------------------------------------------------------------------------------ */

static int
make_folder (int folder,
             const char *name,
             mode_t mode)
{
  char path[PATH_MAX];
  struct stat info;
  int result;

  if (!resolve (folder, name, path))
    return REAL (mkdirat) (folder, name, mode);

  begin ();
  result = REAL (mkdirat) (folder, name, mode);
  if (result == 0 && fstatat (folder, name, &info, 0) == 0)
    note ((CrashRecord) { .operation = CRASH_MKDIR, .inode = info.st_ino }, path, NULL, NULL);
  unlock ();

  return result;
}

int
mkdir (const char *name,
       mode_t mode)
{
  return make_folder (AT_FDCWD, name, mode);
}

int
mkdirat (int folder,
         const char *name,
         mode_t mode)
{
  return make_folder (folder, name, mode);
}

/* Renames or links. @flags are those of the one or the other. */
static int
name_file (CrashOperation operation,
           int from_folder,
           const char *from,
           int to_folder,
           const char *to,
           unsigned int flags)
{
  char path[PATH_MAX];
  char path2[PATH_MAX];
  bool noted = resolve (from_folder, from, path) && resolve (to_folder, to, path2);
  int result;

  if (noted)
    begin ();
  result = operation == CRASH_RENAME ? REAL (renameat2) (from_folder, from, to_folder, to, flags)
                                     : REAL (linkat) (from_folder, from, to_folder, to, (int) flags);
  if (noted && result == 0)
    note ((CrashRecord) { .operation = operation }, path, path2, NULL);
  if (noted)
    unlock ();

  return result;
}

int
renameat2 (int from_folder,
           const char *from,
           int to_folder,
           const char *to,
           unsigned int flags)
{
  return name_file (CRASH_RENAME, from_folder, from, to_folder, to, flags);
}

int
renameat (int from_folder,
          const char *from,
          int to_folder,
          const char *to)
{
  return renameat2 (from_folder, from, to_folder, to, 0);
}

int
rename (const char *from,
        const char *to)
{
  return renameat2 (AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
linkat (int from_folder,
        const char *from,
        int to_folder,
        const char *to,
        int flags)
{
  return name_file (CRASH_LINK, from_folder, from, to_folder, to, (unsigned int) flags);
}

int
link (const char *from,
      const char *to)
{
  return linkat (AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
unlinkat (int folder,
          const char *name,
          int flags)
{
  char path[PATH_MAX];
  int result;

  if (!resolve (folder, name, path))
    return REAL (unlinkat) (folder, name, flags);

  begin ();
  result = REAL (unlinkat) (folder, name, flags);
  if (result == 0)
    note ((CrashRecord) { .operation = CRASH_UNLINK }, path, NULL, NULL);
  unlock ();

  return result;
}

int
unlink (const char *name)
{
  return unlinkat (AT_FDCWD, name, 0);
}

/* --- The same functions under other names ------------------------------------------------------------------------------ */

#if defined (__LP64__) && defined (__GLIBC__)
OPEN_FUNCTION (open64)
OPENAT_FUNCTION (openat64)

ssize_t
pwrite64 (int fd,
          const void *bytes,
          size_t length,
          off64_t offset)
{
  return write_file (fd, bytes, length, offset);
}

int
ftruncate64 (int fd,
             off64_t size)
{
  return ftruncate (fd, size);
}
#endif
