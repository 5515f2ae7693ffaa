/* SPDX-FileCopyrightText: 2026 The Pillion authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Stands between a program and the C library, and makes calls fail. See faults.h. */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

/* The functions below are defined under both of their names */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE

#include "faults.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#define EXPORTED __attribute__ ((visibility ("default")))
#define ALIAS(name) __attribute__ ((visibility ("default"), alias (#name)))

static FaultsPlan plan;
static const FaultsPlan *current; /* NULL while no call fails */
static FaultsReport *report;

void
faults_begin (const FaultsPlan *new_plan,
              FaultsReport *new_report)
{
  void *frame;

  /* It loads a library when it is called first */
  backtrace (&frame, 1);
  plan = *new_plan;
  report = new_report;
  __atomic_store_n (&current, &plan, __ATOMIC_RELEASE);
}

void
faults_end (void)
{
  __atomic_store_n (&current, NULL, __ATOMIC_RELEASE);
}

/* What a call without a descriptor is about counts as a file */
static FaultsOn
get_kind (int fd)
{
  /* Not by fstat (), which may be the function */
  struct stat info;

  if (fd < 0 || syscall (SYS_fstat, fd, &info) != 0 || S_ISREG (info.st_mode) || S_ISDIR (info.st_mode))
    return FAULTS_ON_FILES;

  return S_ISSOCK (info.st_mode) ? FAULTS_ON_STREAMS : FAULTS_ON_OTHERS;
}

static void
describe (int fd,
          const char *name)
{
  char path[64];
  ssize_t n;

  if (name != NULL)
    {
      strncpy (report->about, name, sizeof report->about - 1);
      return;
    }
  if (fd < 0)
    return;

  snprintf (path, sizeof path, "/proc/self/fd/%d", fd);
  n = syscall (SYS_readlink, path, report->about, sizeof report->about - 1);
  report->about[n > 0 ? n : 0] = '\0';
}

static void
count (const char *name,
       int fd)
{
  static int lock;
  FaultsOn kind = get_kind (fd);
  unsigned int i = 0;

  while (__atomic_exchange_n (&lock, 1, __ATOMIC_ACQUIRE))
    ;
  while (i < report->n_counts && (report->counts[i].kind != kind || strcmp (report->counts[i].function, name) != 0))
    i++;
  if (i < FAULTS_MAX_COUNTS)
    {
      if (i == report->n_counts)
        report->counts[report->n_counts++] = (FaultsCount) { name, kind, 0 };
      report->counts[i].n++;
    }
  __atomic_store_n (&lock, 0, __ATOMIC_RELEASE);
}

static int
is_due (const FaultsPlan *wanted,
        unsigned int n)
{
  switch (wanted->when)
    {
    case FAULTS_ONE:
      return n == wanted->k;
    case FAULTS_FROM:
      return n >= wanted->k;
    case FAULTS_UNTIL:
      return n <= wanted->k;
    }
  return 0;
}

/* The first one is told in full, because usually the others follow from it */
__attribute__ ((noinline)) static void
note_strike (int fd,
             const char *about)
{
  unsigned int n = __atomic_add_fetch (&report->n_struck, 1, __ATOMIC_SEQ_CST);
  void *frames[4];

  if (n == 1)
    {
      describe (fd, about);
      report->n_frames = backtrace (report->frames, FAULTS_N_FRAMES);
    }
  /* Here, strikes (), the function itself, and what calls it */
  if (n <= FAULTS_MAX_CALLERS && backtrace (frames, 4) == 4)
    report->callers[n - 1] = frames[3];
}

/* Whether this call of @name fails; @fd is -1, and @about is NULL, if there is none */
__attribute__ ((noinline)) static int
strikes (const char *name,
         int fd,
         const char *about)
{
  const FaultsPlan *wanted = __atomic_load_n (&current, __ATOMIC_ACQUIRE);
  int errsv = errno;
  int result = 0;

  if (wanted == NULL)
    return 0;

  if (wanted->functions == NULL)
    {
      count (name, fd);
    }
  else if (faults_is_among (name, wanted->functions) && (wanted->on == FAULTS_ON_ANYTHING || get_kind (fd) == wanted->on) &&
           is_due (wanted, __atomic_add_fetch (&report->n_calls, 1, __ATOMIC_SEQ_CST)))
    {
      note_strike (fd, about);
      result = 1;
    }

  errno = errsv;
  return result;
}

/* The next function of that name */
static void *
find (void **found,
      const char *name)
{
  void *result = __atomic_load_n (found, __ATOMIC_RELAXED);

  if (result == NULL)
    {
      result = dlsym (RTLD_NEXT, name);
      __atomic_store_n (found, result, __ATOMIC_RELAXED);
    }
  return result;
}

#define REAL(name) \
  ({ \
    static void *found; \
    (__typeof__ (&name)) find (&found, #name); \
  })

#define FAIL \
  do \
    { \
      errno = plan.error; \
      return -1; \
    } \
  while (0)

/* A call that fails with an errno, about a descriptor or a name */
#define FAILS(name, fd, about, arguments) \
  do \
    { \
      if (strikes (#name, fd, about)) \
        FAIL; \
      return REAL (name) arguments; \
    } \
  while (0)

/* The same for one that takes a number of bytes */
#define FALLS_SHORT(name, fd, n, arguments) \
  do \
    { \
      if (strikes (#name, fd, NULL)) \
        { \
          if (plan.error != FAULTS_SHORT) \
            FAIL; \
          if (n > 1) \
            n /= 2; \
        } \
      return REAL (name) arguments; \
    } \
  while (0)

/* --- Files ------------------------------------------------------------------------------------------------------------ */

static mode_t
get_mode (int flags,
          va_list arguments)
{
  return flags & (O_CREAT | (O_TMPFILE & ~O_DIRECTORY)) ? (mode_t) va_arg (arguments, int) : 0;
}

EXPORTED int
open (const char *path,
      int flags,
      ...)
{
  va_list arguments;
  mode_t mode;

  va_start (arguments, flags);
  mode = get_mode (flags, arguments);
  va_end (arguments);
  FAILS (open, -1, path, (path, flags, mode));
}

ALIAS (open) int open64 (const char *path, int flags, ...);

EXPORTED int
openat (int folder,
        const char *path,
        int flags,
        ...)
{
  va_list arguments;
  mode_t mode;

  va_start (arguments, flags);
  mode = get_mode (flags, arguments);
  va_end (arguments);
  FAILS (openat, -1, path, (folder, path, flags, mode));
}

ALIAS (openat) int openat64 (int folder, const char *path, int flags, ...);

EXPORTED int
close (int fd)
{
  int struck = strikes ("close", fd, NULL);
  int result = REAL (close) (fd);

  /* Linux closes a descriptor whatever it says */
  if (struck)
    FAIL;
  return result;
}

EXPORTED ssize_t
read (int fd,
      void *buffer,
      size_t n)
{
  FALLS_SHORT (read, fd, n, (fd, buffer, n));
}

EXPORTED ssize_t
pread (int fd,
       void *buffer,
       size_t n,
       off_t offset)
{
  FALLS_SHORT (pread, fd, n, (fd, buffer, n, offset));
}

ALIAS (pread) ssize_t pread64 (int fd, void *buffer, size_t n, off_t offset);

EXPORTED ssize_t
preadv (int fd,
        const struct iovec *vectors,
        int n_vectors,
        off_t offset)
{
  if (strikes ("preadv", fd, NULL))
    {
      if (plan.error != FAULTS_SHORT)
        FAIL;
      return REAL (pread) (fd, vectors[0].iov_base, (vectors[0].iov_len + 1) / 2, offset);
    }
  return REAL (preadv) (fd, vectors, n_vectors, offset);
}

ALIAS (preadv) ssize_t preadv64 (int fd, const struct iovec *vectors, int n_vectors, off_t offset);

EXPORTED ssize_t
write (int fd,
       const void *buffer,
       size_t n)
{
  FALLS_SHORT (write, fd, n, (fd, buffer, n));
}

EXPORTED ssize_t
writev (int fd,
        const struct iovec *vectors,
        int n_vectors)
{
  if (strikes ("writev", fd, NULL))
    {
      if (plan.error != FAULTS_SHORT)
        FAIL;
      return REAL (write) (fd, vectors[0].iov_base, (vectors[0].iov_len + 1) / 2);
    }
  return REAL (writev) (fd, vectors, n_vectors);
}

EXPORTED ssize_t
pwrite (int fd,
        const void *buffer,
        size_t n,
        off_t offset)
{
  FALLS_SHORT (pwrite, fd, n, (fd, buffer, n, offset));
}

ALIAS (pwrite) ssize_t pwrite64 (int fd, const void *buffer, size_t n, off_t offset);

EXPORTED ssize_t
splice (int in,
        off64_t *in_offset,
        int out,
        off64_t *out_offset,
        size_t n,
        unsigned int flags)
{
  FALLS_SHORT (splice, out, n, (in, in_offset, out, out_offset, n, flags));
}

EXPORTED int
fsync (int fd)
{
  FAILS (fsync, fd, NULL, (fd));
}

EXPORTED int
fdatasync (int fd)
{
  FAILS (fdatasync, fd, NULL, (fd));
}

EXPORTED int
sync_file_range (int fd,
                 off64_t offset,
                 off64_t n,
                 unsigned int flags)
{
  FAILS (sync_file_range, fd, NULL, (fd, offset, n, flags));
}

EXPORTED int
ftruncate (int fd,
           off_t length)
{
  FAILS (ftruncate, fd, NULL, (fd, length));
}

ALIAS (ftruncate) int ftruncate64 (int fd, off_t length);

EXPORTED int
rename (const char *from,
        const char *to)
{
  FAILS (rename, -1, to, (from, to));
}

EXPORTED int
renameat (int from_folder,
          const char *from,
          int to_folder,
          const char *to)
{
  FAILS (renameat, -1, to, (from_folder, from, to_folder, to));
}

EXPORTED int
renameat2 (int from_folder,
           const char *from,
           int to_folder,
           const char *to,
           unsigned int flags)
{
  FAILS (renameat2, -1, to, (from_folder, from, to_folder, to, flags));
}

EXPORTED int
link (const char *from,
      const char *to)
{
  FAILS (link, -1, to, (from, to));
}

EXPORTED int
linkat (int from_folder,
        const char *from,
        int to_folder,
        const char *to,
        int flags)
{
  FAILS (linkat, -1, to, (from_folder, from, to_folder, to, flags));
}

EXPORTED int
unlink (const char *path)
{
  FAILS (unlink, -1, path, (path));
}

EXPORTED int
unlinkat (int folder,
          const char *path,
          int flags)
{
  FAILS (unlinkat, -1, path, (folder, path, flags));
}

EXPORTED int
mkdir (const char *path,
       mode_t mode)
{
  FAILS (mkdir, -1, path, (path, mode));
}

EXPORTED int
mkdirat (int folder,
         const char *path,
         mode_t mode)
{
  FAILS (mkdirat, -1, path, (folder, path, mode));
}

EXPORTED int
stat (const char *path,
      struct stat *info)
{
  FAILS (stat, -1, path, (path, info));
}

ALIAS (stat) int stat64 (const char *path, struct stat64 *info);

EXPORTED int
lstat (const char *path,
       struct stat *info)
{
  FAILS (lstat, -1, path, (path, info));
}

ALIAS (lstat) int lstat64 (const char *path, struct stat64 *info);

EXPORTED int
fstat (int fd,
       struct stat *info)
{
  FAILS (fstat, fd, NULL, (fd, info));
}

ALIAS (fstat) int fstat64 (int fd, struct stat64 *info);

EXPORTED int
fstatat (int folder,
         const char *path,
         struct stat *info,
         int flags)
{
  FAILS (fstatat, -1, path, (folder, path, info, flags));
}

ALIAS (fstatat) int fstatat64 (int folder, const char *path, struct stat64 *info, int flags);

EXPORTED int
statx (int folder,
       const char *path,
       int flags,
       unsigned int mask,
       struct statx *info)
{
  FAILS (statx, -1, path, (folder, path, flags, mask, info));
}

EXPORTED int
faccessat (int folder,
           const char *path,
           int mode,
           int flags)
{
  FAILS (faccessat, -1, path, (folder, path, mode, flags));
}

EXPORTED int
fchmod (int fd,
        mode_t mode)
{
  FAILS (fchmod, fd, NULL, (fd, mode));
}

EXPORTED int
futimens (int fd,
          const struct timespec times[2])
{
  FAILS (futimens, fd, NULL, (fd, times));
}

EXPORTED ssize_t
fgetxattr (int fd,
           const char *name,
           void *value,
           size_t size)
{
  FAILS (fgetxattr, fd, NULL, (fd, name, value, size));
}

EXPORTED int
fsetxattr (int fd,
           const char *name,
           const void *value,
           size_t size,
           int flags)
{
  FAILS (fsetxattr, fd, NULL, (fd, name, value, size, flags));
}

EXPORTED int
flock (int fd,
       int operation)
{
  FAILS (flock, fd, NULL, (fd, operation));
}

EXPORTED int
dup (int fd)
{
  FAILS (dup, fd, NULL, (fd));
}

EXPORTED DIR *
opendir (const char *path)
{
  if (strikes ("opendir", -1, path))
    {
      errno = plan.error;
      return NULL;
    }
  return REAL (opendir) (path);
}

EXPORTED DIR *
fdopendir (int fd)
{
  if (strikes ("fdopendir", fd, NULL))
    {
      errno = plan.error;
      return NULL;
    }
  return REAL (fdopendir) (fd);
}

EXPORTED struct dirent *
readdir (DIR *dir)
{
  if (strikes ("readdir", -1, NULL))
    {
      errno = plan.error;
      return NULL;
    }
  return REAL (readdir) (dir);
}

ALIAS (readdir) struct dirent64 *readdir64 (DIR *dir);

/* --- The network ------------------------------------------------------------------------------------------------------ */

EXPORTED int
socket (int domain,
        int type,
        int protocol)
{
  FAILS (socket, -1, NULL, (domain, type, protocol));
}

EXPORTED int
connect (int fd,
         const struct sockaddr *address,
         socklen_t length)
{
  FAILS (connect, fd, NULL, (fd, address, length));
}

EXPORTED ssize_t
send (int fd,
      const void *buffer,
      size_t n,
      int flags)
{
  FALLS_SHORT (send, fd, n, (fd, buffer, n, flags));
}

EXPORTED ssize_t
sendmsg (int fd,
         const struct msghdr *message,
         int flags)
{
  if (strikes ("sendmsg", fd, NULL))
    {
      if (plan.error != FAULTS_SHORT)
        FAIL;
      return REAL (send) (fd, message->msg_iov[0].iov_base, (message->msg_iov[0].iov_len + 1) / 2, flags);
    }
  return REAL (sendmsg) (fd, message, flags);
}

EXPORTED ssize_t
recv (int fd,
      void *buffer,
      size_t n,
      int flags)
{
  FALLS_SHORT (recv, fd, n, (fd, buffer, n, flags));
}

EXPORTED ssize_t
recvmsg (int fd,
         struct msghdr *message,
         int flags)
{
  if (strikes ("recvmsg", fd, NULL))
    {
      if (plan.error != FAULTS_SHORT)
        FAIL;
      message->msg_controllen = 0;
      return REAL (recv) (fd, message->msg_iov[0].iov_base, (message->msg_iov[0].iov_len + 1) / 2, flags);
    }
  return REAL (recvmsg) (fd, message, flags);
}

EXPORTED int
setsockopt (int fd,
            int level,
            int option,
            const void *value,
            socklen_t length)
{
  FAILS (setsockopt, fd, NULL, (fd, level, option, value, length));
}

EXPORTED int
getaddrinfo (const char *node,
             const char *service,
             const struct addrinfo *hints,
             struct addrinfo **result)
{
  if (strikes ("getaddrinfo", -1, node))
    {
      if (plan.error >= 0)
        {
          errno = plan.error;
          return EAI_SYSTEM;
        }
      return plan.error;
    }
  return REAL (getaddrinfo) (node != NULL && strcmp (node, FAULTS_HOST) == 0 ? "127.0.0.1" : node, service, hints, result);
}

/* --- The machine ------------------------------------------------------------------------------------------------------ */

EXPORTED void *
mmap (void *address,
      size_t length,
      int protection,
      int flags,
      int fd,
      off_t offset)
{
  if (strikes ("mmap", fd, NULL))
    {
      errno = plan.error;
      return MAP_FAILED;
    }
  return REAL (mmap) (address, length, protection, flags, fd, offset);
}

ALIAS (mmap) void *mmap64 (void *address, size_t length, int protection, int flags, int fd, off_t offset);

EXPORTED int
mprotect (void *address,
          size_t length,
          int protection)
{
  FAILS (mprotect, -1, NULL, (address, length, protection));
}

EXPORTED int
madvise (void *address,
         size_t length,
         int advice)
{
  FAILS (madvise, -1, NULL, (address, length, advice));
}

EXPORTED int
eventfd (unsigned int value,
         int flags)
{
  FAILS (eventfd, -1, NULL, (value, flags));
}

EXPORTED int
pipe (int fds[2])
{
  FAILS (pipe, -1, NULL, (fds));
}

EXPORTED int
pipe2 (int fds[2],
       int flags)
{
  FAILS (pipe2, -1, NULL, (fds, flags));
}

EXPORTED int
epoll_create1 (int flags)
{
  FAILS (epoll_create1, -1, NULL, (flags));
}

EXPORTED int
epoll_ctl (int epoll,
           int operation,
           int fd,
           struct epoll_event *event)
{
  FAILS (epoll_ctl, fd, NULL, (epoll, operation, fd, event));
}

EXPORTED int
epoll_wait (int epoll,
            struct epoll_event *events,
            int max,
            int timeout)
{
  FAILS (epoll_wait, epoll, NULL, (epoll, events, max, timeout));
}

EXPORTED int
poll (struct pollfd *fds,
      nfds_t n,
      int timeout)
{
  FAILS (poll, -1, NULL, (fds, n, timeout));
}

EXPORTED ssize_t
getrandom (void *buffer,
           size_t n,
           unsigned int flags)
{
  FALLS_SHORT (getrandom, -1, n, (buffer, n, flags));
}

EXPORTED int
pthread_create (pthread_t *thread,
                const pthread_attr_t *attributes,
                void *(*func) (void *),
                void *data)
{
  if (strikes ("pthread_create", -1, NULL))
    return plan.error;
  return REAL (pthread_create) (thread, attributes, func, data);
}
